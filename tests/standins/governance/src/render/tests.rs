use candid::Encode;

use super::*;
use crate::calls::Reject;
use crate::types::{Ballot, FunctionType, GenericNervousSystemFunction, Topic};

fn function() -> NervousSystemFunction {
    let canister = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").ok();
    NervousSystemFunction {
        id: 1_000,
        name: "a".to_string(),
        description: None,
        function_type: Some(FunctionType::GenericNervousSystemFunction(
            GenericNervousSystemFunction {
                target_canister_id: canister,
                target_method_name: Some("test_method".to_string()),
                validator_canister_id: canister,
                validator_method_name: Some("test_validator_method".to_string()),
                topic: Some(Topic::DaoCommunitySettings),
            },
        )),
    }
}

fn call(payload: &[u8]) -> ExecuteGenericNervousSystemFunction {
    ExecuteGenericNervousSystemFunction {
        function_id: 1_000,
        payload: payload.to_vec(),
    }
}

fn reply(outcome: Result<&str, &str>) -> Answer {
    let outcome = outcome.map(str::to_string).map_err(str::to_string);
    Ok(Encode!(&outcome).expect("a result of texts encodes"))
}

#[test]
fn should_render_a_call_as_the_real_canister_does() {
    // The hash is SHA-256 of the bytes 1, 2, 3.
    let expected = "# Proposal to execute nervous system function:

## Nervous system function:

NervousSystemFunction {
    id: 1000,
    name: \"a\",
    description: None,
    function_type: Some(
        GenericNervousSystemFunction(
            GenericNervousSystemFunction {
                target_canister_id: Some(
                    rrkah-fqaaa-aaaaa-aaaaq-cai,
                ),
                target_method_name: Some(
                    \"test_method\",
                ),
                validator_canister_id: Some(
                    rrkah-fqaaa-aaaaa-aaaaq-cai,
                ),
                validator_method_name: Some(
                    \"test_validator_method\",
                ),
                topic: Some(
                    DaoCommunitySettings,
                ),
            },
        ),
    ),
}

## Payload sha256:\u{20}

039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81

## Payload:

Payload rendering here";
    let text = execute_generic(
        &call(&[1, 2, 3]),
        &function(),
        &reply(Ok("Payload rendering here")),
    );
    assert_eq!(text.as_deref(), Ok(expected));
}

#[test]
fn should_refuse_what_a_validator_does_not_answer_with_a_text() {
    let trapped = Reject {
        code: 5,
        message: "no \"quotes\"".to_string(),
    };
    let undecodable = "Error decoding reply from proposal payload validate and render call: ";
    let rows: [(&str, Answer, &str); 7] = [
        (
            "refusal",
            reply(Err("bad nonce")),
            "Invalid proposal: bad nonce",
        ),
        (
            "reject",
            Err(trapped),
            "Canister method call to validate and render proposal payload of \
             NervousSystemFunction: 1000 failed: (Some(5), \"no \\\"quotes\\\"\")",
        ),
        ("nothing", Ok(Vec::new()), undecodable),
        ("no value", Ok(Encode!().expect("encodes")), undecodable),
        (
            "a text alone",
            Ok(Encode!(&"text").expect("encodes")),
            undecodable,
        ),
        (
            "Ok without a text",
            Ok(Encode!(&Ok::<(), String>(())).expect("encodes")),
            undecodable,
        ),
        (
            "Ok with a number",
            Ok(Encode!(&Ok::<u64, String>(1)).expect("encodes")),
            undecodable,
        ),
    ];
    for (desc, answer, expected) in rows {
        let refused = execute_generic(&call(&[]), &function(), &answer).expect_err(desc);
        assert!(refused.starts_with(expected), "{desc}: {refused}");
    }
}

#[test]
fn should_accept_further_tags_and_further_values() {
    #[derive(candid::CandidType)]
    enum Wider {
        Ok(String),
        #[allow(dead_code)]
        Err(String),
        #[allow(dead_code)]
        Later(u64),
    }
    let wider = Encode!(&Wider::Ok("text".to_string())).expect("encodes");
    let more = Encode!(&Ok::<String, String>("text".to_string()), &7_u64).expect("encodes");
    for answer in [wider, more] {
        let text = execute_generic(&call(&[]), &function(), &Ok(answer)).expect("accepted");
        assert!(text.ends_with("\n\n## Payload:\n\ntext"));
    }
}

fn proposal(title: &str, url: &str, summary: &str) -> Proposal {
    Proposal {
        title: title.to_string(),
        url: url.to_string(),
        summary: summary.to_string(),
        action: None,
    }
}

#[test]
fn should_report_defects_of_texts_and_action_together() {
    let fine = proposal(&"t".repeat(256), &"ü".repeat(2_048), &"s".repeat(30_000));
    assert_eq!(with_text_defects(&fine, Ok(1)), Ok(1));
    assert_eq!(
        with_text_defects::<()>(&fine, Err("no".to_string())),
        Err("1 defects in Proposal:\nno".to_string())
    );
    let long = proposal(&"t".repeat(257), &"u".repeat(2_049), &"s".repeat(30_001));
    let refused = with_text_defects::<()>(&long, Err("no".to_string())).expect_err("four defects");
    assert!(refused.starts_with("4 defects in Proposal:\n"), "{refused}");
    assert!(refused.ends_with("\nno"), "{refused}");
    assert!(with_text_defects(&long, Ok(1)).is_err_and(|why| why.starts_with("3 defects")));
}

#[test]
fn should_render_motions_up_to_their_limit() {
    let text = |length: usize| Motion {
        motion_text: "m".repeat(length),
    };
    assert_eq!(
        motion(&text(1)).as_deref(),
        Ok("# Motion Proposal:\n## Motion Text:\n\nm")
    );
    assert!(motion(&text(MAX_MOTION_BYTES)).is_ok());
    assert!(motion(&text(MAX_MOTION_BYTES + 1)).is_err());
}

#[test]
fn should_show_small_payloads_and_describe_large_ones() {
    assert_eq!(summary_of(&[7; 64]), vec![7; 64]);
    let mut payload = vec![1_u8; 65];
    payload[64] = 0xab;
    let text = String::from_utf8(summary_of(&payload)).expect("a text");
    let leading = ["01"; 32].join(" ");
    let trailing = format!("{} AB", ["01"; 31].join(" "));
    let hash: Vec<String> = Sha256::digest(&payload)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let expected = format!(
        "⚠️ NOT THE ORIGINAL CONTENTS OF THIS FIELD ⚠️

The original value had the following properties:
- Length: 65
- SHA256 Hash:                {}
- Leading  32 Bytes (in hex): {leading}
- Trailing 32 Bytes (in hex): {trailing}",
        hash.join(" ")
    );
    assert_eq!(text, expected);
}

#[test]
fn should_trim_what_queries_show() {
    let payload = vec![1; 65];
    let ballot = Ballot {
        vote: 1,
        cast_timestamp_seconds: 0,
        voting_power: 1,
    };
    let mut data: ProposalData = crate::governance::tests::empty_proposal();
    data.payload_text_rendering = Some("text".to_string());
    data.ballots = ["a", "b"]
        .into_iter()
        .map(|id| (id.to_string(), ballot))
        .collect();
    data.proposal = Some(Proposal {
        action: Some(Action::ExecuteGenericNervousSystemFunction(call(&payload))),
        ..proposal("t", "u", "s")
    });
    let shown = |data: &ProposalData| match &data.proposal {
        Some(Proposal {
            action: Some(Action::ExecuteGenericNervousSystemFunction(call)),
            ..
        }) => call.payload.clone(),
        _ => unreachable!("the action is a call"),
    };
    let got = data.for_get();
    assert_eq!(shown(&got), summary_of(&payload));
    assert_eq!(
        (got.ballots.len(), got.payload_text_rendering.as_deref()),
        (2, Some("text"))
    );
    let own = BTreeSet::from(["b".to_string(), "c".to_string()]);
    let listed = data.for_list(&own);
    assert!(shown(&listed).is_empty());
    assert_eq!(listed.payload_text_rendering, None);
    assert_eq!(listed.ballots.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(shown(&data), payload, "what is stored stays whole");
}

#[test]
fn should_list_at_most_100_ballots() {
    let mut data: ProposalData = crate::governance::tests::empty_proposal();
    let ballot = Ballot {
        vote: 1,
        cast_timestamp_seconds: 0,
        voting_power: 1,
    };
    data.ballots = (0..101)
        .map(|index| (format!("{index:03}"), ballot))
        .collect();
    let own: BTreeSet<String> = data.ballots.keys().cloned().collect();
    assert_eq!(data.for_list(&own).ballots.len(), MAX_LISTED_BALLOTS);
}
