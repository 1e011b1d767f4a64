use super::*;

fn canister() -> Principal {
    Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").expect("a principal")
}

fn function() -> NervousSystemFunction {
    NervousSystemFunction {
        id: 1_000,
        name: "a".to_string(),
        description: None,
        function_type: Some(FunctionType::GenericNervousSystemFunction(
            GenericNervousSystemFunction {
                target_canister_id: Some(canister()),
                target_method_name: Some("do".to_string()),
                validator_canister_id: Some(canister()),
                validator_method_name: Some("check".to_string()),
                topic: Some(Topic::ApplicationBusinessLogic),
            },
        )),
    }
}

fn generic(function: &mut NervousSystemFunction) -> &mut GenericNervousSystemFunction {
    match &mut function.function_type {
        Some(FunctionType::GenericNervousSystemFunction(generic)) => generic,
        _ => unreachable!("the function is generic"),
    }
}

#[test]
fn should_know_everything_that_is_wrong_with_a_function() {
    type Change = fn(&mut NervousSystemFunction);
    let rows: [(&str, Change, Option<&str>); 13] = [
        ("as it should be", |_| {}, None),
        ("id too small", |f| f.id = 999, Some("ids starting at 1000")),
        (
            "no name",
            |f| f.name = String::new(),
            Some("max of 255 bytes"),
        ),
        ("longest name", |f| f.name = "n".repeat(256), None),
        (
            "name too long",
            |f| f.name = "n".repeat(257),
            Some("max of 255 bytes"),
        ),
        (
            "longest description",
            |f| f.description = Some("d".repeat(10_000)),
            None,
        ),
        (
            "description too long",
            |f| f.description = Some("d".repeat(10_001)),
            Some("at most 10000 bytes"),
        ),
        (
            "no target",
            |f| generic(f).target_canister_id = None,
            Some("target_canister_id field"),
        ),
        (
            "no validator",
            |f| generic(f).validator_canister_id = None,
            Some("validator_canister_id field"),
        ),
        (
            "empty target method",
            |f| generic(f).target_method_name = Some(String::new()),
            Some("target_method_name was empty."),
        ),
        (
            "no validator method",
            |f| generic(f).validator_method_name = None,
            Some("validator_method_name was empty."),
        ),
        (
            "no type",
            |f| f.function_type = None,
            Some("must have a function_type"),
        ),
        ("no topic", |f| generic(f).topic = None, None),
    ];
    for (desc, change, expected) in rows {
        let mut changed = function();
        change(&mut changed);
        match (changed.validated(), expected) {
            (Ok(valid), None) => assert_eq!(valid.target.name, "do", "{desc}"),
            (Err(defects), Some(part)) => assert!(defects.contains(part), "{desc}: {defects}"),
            (other, _) => unreachable!("{desc}: {other:?}"),
        }
    }
    let mut wrong = function();
    wrong.id = 1;
    generic(&mut wrong).target_canister_id = None;
    let defects = wrong.validated().expect_err("two defects");
    assert_eq!(defects.lines().count(), 3, "{defects}");
    assert!(deletion_marker().validated().is_err());
}

#[test]
fn should_dump_a_function_as_voters_see_it() {
    let mut described = function();
    described.description = Some("d".to_string());
    let expected = "NervousSystemFunction {
    id: 1000,
    name: \"a\",
    description: Some(
        \"d\",
    ),
    function_type: Some(
        GenericNervousSystemFunction(
            GenericNervousSystemFunction {
                target_canister_id: Some(
                    rrkah-fqaaa-aaaaa-aaaaq-cai,
                ),
                target_method_name: Some(
                    \"do\",
                ),
                validator_canister_id: Some(
                    rrkah-fqaaa-aaaaa-aaaaq-cai,
                ),
                validator_method_name: Some(
                    \"check\",
                ),
                topic: Some(
                    ApplicationBusinessLogic,
                ),
            },
        ),
    ),
}";
    assert_eq!(format!("{:#?}", Dump(&described)), expected);
}

#[test]
fn should_list_native_functions_by_id_and_each_topic_once() {
    let ids: Vec<u64> = native_functions()
        .map(|(function, _)| function.id)
        .collect();
    assert_eq!(ids, (0..20).collect::<Vec<u64>>());
    let without: Vec<u64> = native_functions()
        .filter(|(_, topic)| topic.is_none())
        .map(|(function, _)| function.id)
        .collect();
    assert_eq!(without, [0, 6, 18]);
    let topics: Vec<Topic> = TOPIC_TEXTS.iter().map(|(topic, ..)| *topic).collect();
    assert_eq!(topics, Topic::ALL);
    let numbers: Vec<i32> = Topic::ALL.iter().map(|topic| topic.number()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
}
