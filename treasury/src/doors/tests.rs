use super::*;
use crate::limits::{
    MAX_AMOUNT, MAX_BUDGET_ID_BYTES, MAX_BUDGETS, MAX_PAYLOAD_BYTES, MAX_PURPOSE_CHARS,
    MAX_VALIDITY_S, MIN_PER_DEPLOYMENT_UACT,
};
use crate::state::Rates;
use crate::state::fixtures::{DAY_S, GOVERNANCE, START_S, World, open, seen};
use crate::types::BudgetOrder;
use candid::{CandidType, encode_one};
use proptest::prelude::*;

fn order() -> BudgetOrder {
    BudgetOrder {
        nonce: 77,
        expires_at_s: START_S + 20 * DAY_S,
        budget: "web".into(),
        purpose: "The DAO's web site".into(),
        total_uact: 200_000_000,
        per_deployment_uact: 50_000_000,
        gas_uakt: 5_000_000,
        valid_until_s: START_S + 365 * DAY_S,
    }
}

fn encoded(change: impl FnOnce(&mut BudgetOrder)) -> Vec<u8> {
    let mut order = order();
    change(&mut order);
    encode_one(order).expect("encodes")
}

fn context(world: &World) -> Context<'_> {
    Context {
        now: world.now,
        voting: Voting::CRITICAL,
        state: &world.state,
    }
}

#[derive(CandidType)]
struct WithMore {
    nonce: u64,
    expires_at_s: u64,
    budget: String,
    purpose: String,
    total_uact: u64,
    per_deployment_uact: u64,
    gas_uakt: u64,
    valid_until_s: u64,
    and_pay_me: u64,
}

#[test]
fn should_refuse_what_is_no_order() {
    let world = World::funded(0, 0);
    let more = {
        let o = order();
        WithMore {
            nonce: o.nonce,
            expires_at_s: o.expires_at_s,
            budget: o.budget,
            purpose: o.purpose,
            total_uact: o.total_uact,
            per_deployment_uact: o.per_deployment_uact,
            gas_uakt: o.gas_uakt,
            valid_until_s: o.valid_until_s,
            and_pay_me: 1,
        }
    };
    let good = encoded(|_| {});
    let padded = |length: usize| {
        let chars = length - encoded(|o| o.purpose.clear()).len() - 1;
        encoded(|o| o.purpose = "x".repeat(chars))
    };
    assert_eq!(padded(MAX_PAYLOAD_BYTES).len(), MAX_PAYLOAD_BYTES);
    let too_long = padded(MAX_PAYLOAD_BYTES + 1);
    for (desc, bytes, start) in [
        (
            "nothing",
            vec![],
            "payload: expected one BudgetOrder in Candid",
        ),
        (
            "text",
            b"open web".to_vec(),
            "payload: expected one BudgetOrder in Candid",
        ),
        (
            "cut",
            good[..good.len() - 1].to_vec(),
            "payload: expected one BudgetOrder in Candid",
        ),
        (
            "another type",
            encode_one("open web").expect("encodes"),
            "payload: expected one BudgetOrder in Candid",
        ),
        (
            "unknown field",
            encode_one(more).expect("encodes"),
            "payload: expected one BudgetOrder and no other field",
        ),
        (
            "oversized",
            too_long,
            "payload: expected at most 4096 bytes, got 4097",
        ),
        (
            "as large as may be: the purpose is what is wrong",
            padded(MAX_PAYLOAD_BYTES),
            "purpose: expected 1 to 500 characters",
        ),
    ] {
        let context = context(&world);
        let refusal = validate_budget(&bytes, &context).expect_err(desc);
        assert!(refusal.starts_with(start), "{desc}: {refusal}");
        let refusal = budget(&GOVERNANCE, &bytes, &context).expect_err(desc);
        assert!(refusal.starts_with(start), "{desc}: {refusal}");
    }
}

#[test]
fn should_hold_each_field_to_its_edge() {
    type Edit = fn(&mut BudgetOrder);
    let accepted: [(&str, Edit); 12] = [
        ("as it is", |_| {}),
        ("shortest id", |o| o.budget = "a".into()),
        ("longest id", |o| o.budget = "a".repeat(MAX_BUDGET_ID_BYTES)),
        ("id of all kinds", |o| o.budget = "a-0".into()),
        ("shortest purpose", |o| o.purpose = "x".into()),
        ("longest purpose", |o| {
            o.purpose = "漢".repeat(MAX_PURPOSE_CHARS)
        }),
        ("smallest", |o| {
            o.total_uact = MIN_PER_DEPLOYMENT_UACT;
            o.per_deployment_uact = MIN_PER_DEPLOYMENT_UACT;
        }),
        ("one takes all", |o| o.per_deployment_uact = o.total_uact),
        ("largest", |o| {
            o.total_uact = MAX_AMOUNT;
            o.gas_uakt = MAX_AMOUNT;
        }),
        ("least gas", |o| o.gas_uakt = least_gas(25).0),
        ("a second after the vote", |o| {
            o.valid_until_s = START_S + 10 * DAY_S + 1;
            o.expires_at_s = START_S + 10 * DAY_S + 1;
        }),
        ("longest", |o| {
            o.valid_until_s = START_S + MAX_VALIDITY_S;
            o.expires_at_s = START_S + 60 * DAY_S;
        }),
    ];
    let world = World::funded(0, 0);
    for (desc, edit) in accepted {
        let text = validate_budget(&encoded(edit), &context(&world));
        assert!(text.is_ok(), "{desc}: {text:?}");
    }
    let refused: [(&str, Edit, &str); 20] = [
        ("no id", |o| o.budget.clear(), "budget:"),
        (
            "longer id",
            |o| o.budget = "a".repeat(MAX_BUDGET_ID_BYTES + 1),
            "budget:",
        ),
        ("id of a digit", |o| o.budget = "0a".into(), "budget:"),
        ("id in capitals", |o| o.budget = "Web".into(), "budget:"),
        (
            "id of other letters",
            |o| o.budget = "wéb".into(),
            "budget:",
        ),
        ("id with a space", |o| o.budget = "a b".into(), "budget:"),
        ("no purpose", |o| o.purpose.clear(), "purpose:"),
        (
            "longer purpose",
            |o| o.purpose = "x".repeat(MAX_PURPOSE_CHARS + 1),
            "purpose:",
        ),
        ("two lines", |o| o.purpose = "a\n# b".into(), "purpose:"),
        (
            "turned around",
            |o| o.purpose = "a\u{202e}b".into(),
            "purpose:",
        ),
        (
            "nothing for one",
            |o| o.per_deployment_uact = 0,
            "per_deployment_uact:",
        ),
        (
            "too little for one",
            |o| o.per_deployment_uact = MIN_PER_DEPLOYMENT_UACT - 1,
            "per_deployment_uact:",
        ),
        (
            "one above all",
            |o| o.per_deployment_uact = o.total_uact + 1,
            "per_deployment_uact:",
        ),
        (
            "more than there can be",
            |o| o.total_uact = MAX_AMOUNT + 1,
            "total_uact:",
        ),
        ("no gas", |o| o.gas_uakt = 0, "gas_uakt:"),
        (
            "too little gas",
            |o| o.gas_uakt = least_gas(25).0 - 1,
            "gas_uakt:",
        ),
        ("too much gas", |o| o.gas_uakt = MAX_AMOUNT + 1, "gas_uakt:"),
        (
            "over when the vote is",
            |o| o.valid_until_s = START_S + 10 * DAY_S,
            "valid_until_s:",
        ),
        (
            "for ever",
            |o| o.valid_until_s = START_S + MAX_VALIDITY_S + 1,
            "valid_until_s:",
        ),
        (
            "expires with the vote",
            |o| o.expires_at_s = START_S + 10 * DAY_S,
            "expires_at_s:",
        ),
    ];
    for (desc, edit, start) in refused {
        let refusal = validate_budget(&encoded(edit), &context(&world)).expect_err(desc);
        assert!(refusal.starts_with(start), "{desc}: {refusal}");
        assert_eq!(refusal.lines().count(), 1, "{desc}: {refusal}");
    }
}

#[test]
fn should_name_all_problems_at_once() {
    let world = World::funded(0, 0);
    let bytes = encoded(|o| {
        o.budget = "!".into();
        o.purpose.clear();
        o.per_deployment_uact = 0;
        o.gas_uakt = 0;
        o.valid_until_s = 0;
        o.expires_at_s = 0;
    });
    let refusal = validate_budget(&bytes, &context(&world)).expect_err("bad");
    assert_eq!(refusal.lines().count(), 6, "{refusal}");
}

#[test]
fn should_close_only_what_is_there() {
    let mut world = World::funded(300_000_000, 10_000_000);
    let close = encoded(|o| o.total_uact = 0);
    let refusal = validate_budget(&close, &context(&world)).expect_err("unknown");
    assert!(refusal.contains("there is none named"), "{refusal}");
    world.adopt(|_| {});
    let text = validate_budget(&close, &context(&world)).expect("it is there");
    assert!(text.starts_with("### Close budget `web`"), "{text}");
    // The other figures play no part.
    let bare = encoded(|o| {
        o.total_uact = 0;
        o.per_deployment_uact = 0;
        o.gas_uakt = 0;
        o.valid_until_s = 0;
    });
    assert!(validate_budget(&bare, &context(&world)).is_ok());
    world.adopt(|o| o.total.0 = 0);
    let refusal = validate_budget(&close, &context(&world)).expect_err("closed");
    assert!(refusal.contains("closed already"), "{refusal}");
    let again = validate_budget(&encoded(|_| {}), &context(&world)).expect("a new one");
    assert!(again.starts_with("### Open again budget `web`"), "{again}");
}

#[test]
fn should_know_so_many_budgets() {
    let mut world = World::funded(0, 0);
    for i in 0..MAX_BUDGETS - 1 {
        world.adopt(|o| o.budget = format!("b{i}"));
    }
    assert!(validate_budget(&encoded(|_| {}), &context(&world)).is_ok());
    world.adopt(|o| o.budget = "last".into());
    let refusal = validate_budget(&encoded(|_| {}), &context(&world)).expect_err("full");
    assert!(
        refusal.starts_with("budget: expected one of the 64"),
        "{refusal}"
    );
    let known = encoded(|o| o.budget = "b0".into());
    assert!(validate_budget(&known, &context(&world)).is_ok());
}

#[test]
fn should_keep_gas_for_closing_what_runs() {
    let mut world = World::funded(300_000_000, 10_000_000);
    world.adopt(|_| {});
    world.event(Event::OwnerDerived {
        budget: "web".into(),
        owner: "akash1g".into(),
    });
    world.event(Event::Credited {
        budget: "web".into(),
        uact: order_total(),
        uakt: orchestrator::kernel::money::Uakt(5_000_000),
    });
    // Granted, then 1 AKT burned by two deployments that run.
    world.observe(None, vec![seen(Some(200_000_000), Some(5_000_000), vec![])]);
    let running = vec![open(1, 10_000_000, 0), open(2, 10_000_000, 0)];
    world.observe(
        None,
        vec![seen(Some(180_000_000), Some(4_000_000), running)],
    );
    let config = world.state.config.as_ref().expect("configured");
    let closing = crate::grants::closing_gas(2, &config.chain).0;
    let least = least_gas(25).0 + 1_000_000 + closing;
    assert!(closing > 0);
    let at = |gas| validate_budget(&encoded(|o| o.gas_uakt = gas), &context(&world));
    assert!(at(least).is_ok());
    let refusal = at(least - 1).expect_err("too little");
    assert!(
        refusal.starts_with(&format!("gas_uakt: expected {least} ")),
        "{refusal}"
    );
}

fn order_total() -> orchestrator::kernel::money::Uact {
    orchestrator::kernel::money::Uact(200_000_000)
}

#[test]
fn should_execute_for_governance_alone_and_once() {
    let mut world = World::funded(0, 0);
    let bytes = encoded(|_| {});
    let refusal = budget(&[7; 10], &bytes, &context(&world)).expect_err("a stranger");
    assert!(
        refusal.starts_with("caller: expected SNS governance"),
        "{refusal}"
    );
    let event = budget(&GOVERNANCE, &bytes, &context(&world)).expect("adopted");
    let Event::Adopted {
        order,
        payload_hash,
    } = &event
    else {
        panic!("{event:?}");
    };
    assert_eq!(order.nonce, 77);
    assert_eq!(
        hex::encode(payload_hash),
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes))
    );
    world.event(event);
    assert!(world.state.budgets.contains_key("web"));
    for refusal in [
        budget(&GOVERNANCE, &bytes, &context(&world)).map(|_| String::new()),
        validate_budget(&bytes, &context(&world)),
    ] {
        let refusal = refusal.expect_err("twice");
        assert!(
            refusal.starts_with("nonce: expected one that was never used"),
            "{refusal}"
        );
    }
    assert_eq!(world.state.ignored, 0);
}

#[test]
fn should_execute_until_it_expires() {
    let mut world = World::funded(0, 0);
    let bytes = encoded(|_| {});
    world.now = (START_S + 20 * DAY_S - 1) * NANOS_PER_SECOND;
    assert!(budget(&GOVERNANCE, &bytes, &context(&world)).is_ok());
    let refusal = validate_budget(&bytes, &context(&world)).expect_err("too late to vote");
    assert!(refusal.starts_with("expires_at_s:"), "{refusal}");
    world.now += NANOS_PER_SECOND;
    let refusal = budget(&GOVERNANCE, &bytes, &context(&world)).expect_err("expired");
    assert!(
        refusal.starts_with("expires_at_s: the order expired"),
        "{refusal}"
    );
}

#[test]
fn should_execute_nothing_before_it_is_configured() {
    let state = State::default();
    let context = Context {
        now: START_S * NANOS_PER_SECOND,
        voting: Voting::CRITICAL,
        state: &state,
    };
    assert!(budget(&[], &encoded(|_| {}), &context).is_err());
}

/// Compares with the file of this name; with `UPDATE_GOLDEN` set, writes it.
fn golden(name: &str, text: &str) {
    let file = format!("{}/golden/{name}.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, text).expect("can write");
    }
    let expected = std::fs::read_to_string(&file).expect("a golden file");
    assert_eq!(
        text, expected,
        "{file} differs; set UPDATE_GOLDEN to write it"
    );
}

fn headings_are_low(text: &str) {
    for line in text.lines().filter(|line| line.starts_with('#')) {
        assert!(line.starts_with("###"), "{line}");
    }
}

#[test]
fn should_show_voters_what_they_decide() {
    let mut world = World::funded(260_000_000, 4_000_000);
    let bytes = encoded(|o| o.purpose = "`# Fake` [x](https://y.z) <b>".into());
    let text = validate_budget(&bytes, &context(&world)).expect("good");
    headings_are_low(&text);
    golden("open", &text);

    world.event(Event::RatesRead {
        rates: Rates {
            akt_usd_e9: 612_300_000,
            icp_usd_e9: 4_120_000_000,
            at_s: START_S - 3_600,
        },
    });
    world.adopt(|_| {});
    world.event(Event::OwnerDerived {
        budget: "web".into(),
        owner: "akash1g".into(),
    });
    world.event(Event::Credited {
        budget: "web".into(),
        uact: order_total(),
        uakt: orchestrator::kernel::money::Uakt(3_000_000),
    });
    world.observe(None, vec![seen(Some(200_000_000), Some(3_000_000), vec![])]);
    let running = vec![open(1, 30_000_000, 20_000_000)];
    world.observe(
        None,
        vec![seen(Some(150_000_000), Some(2_900_000), running)],
    );
    world.event(Event::ChangeEnded {
        budget: "web".into(),
    });
    world.now += 120 * NANOS_PER_SECOND;
    let bytes = encoded(|o| o.total_uact = 300_000_000);
    let text = validate_budget(&bytes, &context(&world)).expect("good");
    headings_are_low(&text);
    golden("change", &text);

    let bytes = encoded(|o| {
        o.total_uact = 50_000_000;
        o.per_deployment_uact = 50_000_000;
    });
    let text = validate_budget(&bytes, &context(&world)).expect("good");
    golden("shrink", &text);

    let bytes = encoded(|o| o.total_uact = 0);
    let text = validate_budget(&bytes, &context(&world)).expect("good");
    headings_are_low(&text);
    golden("close", &text);
}

proptest! {
    /// Bytes come from strangers, and what a validator accepts its executor accepts.
    #[test]
    fn should_answer_anything_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        purpose in "\\PC{0,60}",
        figures in proptest::array::uniform5(any::<u64>()),
    ) {
        let world = World::funded(5, 5);
        let context = context(&world);
        let mut almost = encoded(|_| {});
        let at = at.index(almost.len());
        almost[at] = byte;
        let [total, each, gas, until, expiry] = figures;
        let any = encoded(|o| {
            o.purpose = purpose;
            o.total_uact = total;
            o.per_deployment_uact = each;
            o.gas_uakt = gas;
            o.valid_until_s = until;
            o.expires_at_s = expiry;
        });
        for bytes in [bytes, almost, any] {
            let validated = validate_budget(&bytes, &context);
            let executed = budget(&GOVERNANCE, &bytes, &context);
            prop_assert!(validated.is_err() || executed.is_ok(), "{validated:?} {executed:?}");
            if let Ok(text) = validated {
                headings_are_low(&text);
            }
        }
    }
}
