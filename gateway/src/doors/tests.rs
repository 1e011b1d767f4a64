//! Bad orders are refused with every problem, good ones are rendered as the golden files say.

use super::*;
use crate::state::Event;
use crate::test_fixtures::{DAY_S, GOVERNANCE, NOW_S, RICH, WEB, World, bytes, close_order, order};
use crate::types::{Attribute, DeployOrder};
use candid::CandidType;
use orchestrator::kernel::NANOS_PER_SECOND;
use orchestrator::kernel::money::Uact;
use orchestrator::kernel::order::MAX_ORDER_LIFE_S;
use orchestrator::lease::{self, Purpose, Terms};
use orchestrator::sdl::MAX_SDL_BYTES;
use treasury::types::BudgetPhase;

/// Compares with `golden/<name>.md`, or writes it when `UPDATE_GOLDEN` is set.
fn check_golden(name: &str, text: &str) {
    let file = format!("{}/golden/{name}.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, text).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&file).expect("there is a golden file");
    assert!(
        golden == text,
        "{file} differs; if that is meant, run again with UPDATE_GOLDEN=1. Got:\n{text}"
    );
}

fn refusals(change: impl Fn(&mut DeployOrder, &mut World)) -> Vec<String> {
    let (mut order, mut world) = (order(), World::new());
    change(&mut order, &mut world);
    let verdict = validate_deploy(&bytes(&order), &world.context());
    verdict.map_or_else(
        |text| text.lines().map(ToString::to_string).collect(),
        |_| vec![],
    )
}

type Change = fn(&mut DeployOrder, &mut World);

#[test]
fn should_refuse_a_bad_deploy_order_for_each_reason() {
    let rows: Vec<(&str, Change, &[&str])> = vec![
        ("as it is", |_, _| {}, &[]),
        (
            "repeated nonce",
            |_, w| w.adopt(&order()).expect("a good order"),
            &["nonce: expected one that was never used, got 17"],
        ),
        (
            "expired",
            |o, _| o.expires_at_s = NOW_S,
            &["expires_at_s: the order expired at"],
        ),
        (
            "expires as the vote may end",
            |o, _| o.expires_at_s = NOW_S + 6 * DAY_S,
            &["expires_at_s: expected later than"],
        ),
        (
            "expires a second later",
            |o, _| o.expires_at_s = NOW_S + 6 * DAY_S + 1,
            &[],
        ),
        (
            "expires as late as may be",
            |o, _| o.expires_at_s = NOW_S + MAX_ORDER_LIFE_S,
            &[],
        ),
        (
            "expires too late",
            |o, _| o.expires_at_s = NOW_S + MAX_ORDER_LIFE_S + 1,
            &["expires_at_s: expected at most"],
        ),
        (
            "unknown budget",
            |o, _| o.budget = "other".into(),
            &["budget: expected one of [web], got \"other\""],
        ),
        (
            "nothing told",
            |_, w| w.told = None,
            &["budget: the treasury has told nothing yet"],
        ),
        (
            "closed budget",
            |_, w| w.budget_mut().phase = BudgetPhase::Closed,
            &["budget \"web\": expected an open one, it is closed"],
        ),
        (
            "budget that is opening",
            |_, w| {
                w.budget_mut().phase = BudgetPhase::Opening;
                w.budget_mut().limit_left_uact = 0;
            },
            &[],
        ),
        (
            "budget past its end",
            |_, w| w.budget_mut().valid_until_s = NOW_S,
            &["budget \"web\": no deployment may begin after"],
        ),
        (
            "mandate just enough",
            |_, w| w.budget_mut().total_uact = 8_640_000,
            &[],
        ),
        (
            "mandate too small by the smallest unit",
            |_, w| w.budget_mut().total_uact = 8_639_999,
            &["budget \"web\": of 8.639999 ACT there are 8.639999 ACT left"],
        ),
        (
            "used up by another deployment",
            |_, w| {
                let other = DeployOrder {
                    nonce: 1,
                    ..order()
                };
                w.adopt(&other).expect("a good order");
                w.budget_mut().total_uact = 2 * 8_640_000 - 1;
            },
            &["(8.64 ACT reserved by deployments, 0 ACT spent)"],
        ),
        (
            "cap of one deployment just enough",
            |_, w| w.budget_mut().per_deployment_uact = 8_640_000,
            &[],
        ),
        (
            "cap of one deployment too small",
            |_, w| w.budget_mut().per_deployment_uact = 8_639_999,
            &["budget \"web\": one deployment may hold 8.639999 ACT, this one needs 8.64 ACT"],
        ),
        (
            "grant just enough",
            |_, w| w.budget_mut().limit_left_uact = 8_640_000,
            &[],
        ),
        (
            "grant too small",
            |_, w| w.budget_mut().limit_left_uact = 8_639_999,
            &["budget \"web\": the grant on Akash has 8.639999 ACT left"],
        ),
        (
            "tag",
            |o, _| o.sdl = with_tag(),
            &["expected a digest (@sha256:...)"],
        ),
        (
            "tag that is allowed",
            |o, _| {
                o.sdl = with_tag();
                o.allow_tags = true;
            },
            &[],
        ),
        (
            "price in a wrong denom",
            |o, _| o.sdl = WEB.replace("denom: uact", "denom: uakt"),
            &["sdl: line 27, column 18: profiles.placement.anywhere.pricing.small.denom"],
        ),
        (
            "SDL that is too long",
            |o, _| o.sdl = "#".repeat(MAX_SDL_BYTES + 1),
            &["sdl: line 1, column 1: expected at most 65536 bytes, got 65537"],
        ),
        (
            "SDL that is none",
            |o, _| o.sdl = "a: [".into(),
            &["sdl: line 1"],
        ),
        (
            "no name",
            |o, _| o.name.clear(),
            &["name: expected 1 to 64 printable characters"],
        ),
        (
            "name with hidden characters",
            |o, _| o.name = "Site\u{202e}".into(),
            &["name: expected characters that can be seen"],
        ),
        ("no term", |o, _| o.term_s = 0, &["term_s: expected"]),
        (
            "no price",
            |o, _| o.policy.max_uact_per_block = 0,
            &["policy.max_uact_per_block: expected at least 1, got 0"],
        ),
        (
            "auditor that is no address",
            |o, _| o.policy.audited_by = vec!["akash1nobody".into()],
            &["policy.audited_by: expected an address akash1..., got \"akash1nobody\""],
        ),
        (
            "several at once",
            |o, w| {
                o.expires_at_s = 1;
                o.term_s = 0;
                o.budget = "x".into();
                w.told = None;
            },
            &["expires_at_s:", "term_s:", "budget:"],
        ),
    ];
    for (desc, change, expected) in rows {
        let got = refusals(change);
        assert_eq!(got.len(), expected.len(), "{desc}: {got:?}");
        for (got, expected) in got.iter().zip(expected) {
            assert!(got.contains(expected), "{desc}: {got}");
        }
    }
}

fn with_tag() -> String {
    let digest = WEB.find("@sha256:").expect("the example is pinned");
    format!("{}:1.27{}", &WEB[..digest], &WEB[digest + 8 + 64..])
}

#[test]
fn should_refuse_payloads_that_are_no_orders() {
    #[derive(CandidType)]
    struct Longer {
        nonce: u64,
        expires_at_s: u64,
        deployment: u64,
        reason: String,
        refund_to: String,
    }
    let longer = Longer {
        nonce: 18,
        expires_at_s: NOW_S + 10 * DAY_S,
        deployment: 17,
        reason: "x".into(),
        refund_to: "akash1me".into(),
    };
    let world = World::new();
    type Door = fn(&[u8], &Context<'_>) -> Result<String, String>;
    let doors: [(&str, Door); 2] = [("deploy", validate_deploy), ("close", validate_close)];
    for (name, door) in doors {
        for (desc, payload, expected) in [
            ("nothing", vec![], "payload: expected one"),
            ("noise", b"DIDL\xff\xff".to_vec(), "payload: expected one"),
            ("text", b"nonce: 1".to_vec(), "payload: expected one"),
            (
                "the other order",
                bytes(&(1_u64, "x")),
                "payload: expected one",
            ),
            (
                "too large",
                vec![0; live_runtime::payload::MAX_PAYLOAD_BYTES + 1],
                "payload: expected at most 100000 bytes, got 100001",
            ),
        ] {
            let got = door(&payload, &world.context()).expect_err(desc);
            assert!(got.starts_with(expected), "{name}, {desc}: {got}");
        }
    }
    let got = validate_close(&bytes(&longer), &world.context()).expect_err("an unknown field");
    assert!(got.contains("no other field"), "{got}");
}

#[test]
fn should_cut_a_refusal_that_is_too_long() {
    let text = refusals(|o, _| {
        o.policy.audited_by = vec!["ä".repeat(1_000); 30];
    })
    .join("\n");
    assert!(text.len() <= MAX_REFUSAL_BYTES);
    assert!(text.ends_with("(more problems are not shown)"), "{text}");
}

#[test]
fn should_execute_only_what_governance_calls() {
    let mut world = World::new();
    let payload = bytes(&order());
    for caller in [&[][..], &[4], &[1, 2, 3, 0]] {
        let refused = deploy(caller, &payload, &world.context());
        assert!(refused.is_err_and(|why| why.starts_with("caller:")));
    }
    let event = deploy(GOVERNANCE, &payload, &world.context()).expect("a good order");
    let Event::DeployAdopted { order, deposit, .. } = &event else {
        panic!("expected an adoption, got {event:?}");
    };
    assert_eq!((order.nonce, *deposit), (17, Uact(8_640_000)));
    assert_eq!(order.dseq, NOW_S);
    world.record(event);
    let again = deploy(GOVERNANCE, &payload, &world.context());
    assert!(again.is_err_and(|why| why.starts_with("nonce:")));
}

#[test]
fn should_refuse_everybody_before_it_is_configured() {
    let mut world = World::new();
    world.state = crate::state::State::default();
    let refused = deploy(GOVERNANCE, &bytes(&order()), &world.context());
    assert!(refused.is_err_and(|why| why.starts_with("caller:")));
}

#[test]
fn should_check_again_when_it_executes() {
    let mut world = World::new();
    let payload = bytes(&order());
    assert!(validate_deploy(&payload, &world.context()).is_ok());
    // The vote took its time, but not too long: the bound of submissions does not apply.
    world.now = (NOW_S + 10 * DAY_S) * NANOS_PER_SECOND - 1;
    assert!(deploy(GOVERNANCE, &payload, &world.context()).is_ok());
    assert!(validate_deploy(&payload, &world.context()).is_err());
    world.now += 1;
    let late = deploy(GOVERNANCE, &payload, &world.context());
    assert!(late.is_err_and(|why| why.contains("expired")));
    // Meanwhile the budget was used up.
    let mut world = World::new();
    world.budget_mut().total_uact = 10_000_000;
    let first = DeployOrder {
        nonce: 1,
        ..order()
    };
    world.adopt(&first).expect("there is room for one");
    let refused = deploy(GOVERNANCE, &payload, &world.context());
    assert!(refused.is_err_and(|why| why.contains("there are 1.36 ACT left")));
}

#[test]
fn should_give_each_deployment_its_own_sequence() {
    let mut world = World::new();
    world.budget_mut().total_uact = u64::MAX;
    world.budget_mut().limit_left_uact = u64::MAX;
    for nonce in 1..=3 {
        world
            .adopt(&DeployOrder { nonce, ..order() })
            .expect("a good order");
    }
    let dseqs: Vec<u64> = world
        .state
        .deployments(None)
        .map(|(_, adopted)| adopted.deployment.order.dseq)
        .collect();
    assert_eq!(dseqs, [NOW_S, NOW_S + 1, NOW_S + 2]);
}

#[test]
fn should_render_a_deploy_order() {
    let world = World::new();
    let text = validate_deploy(&bytes(&order()), &world.context()).expect("a good order");
    check_golden("deploy_web", &text);
}

#[test]
fn should_render_everything_that_an_order_may_say() {
    let mut world = World::new();
    world.adopt(&order()).expect("a good order");
    world.budget_mut().total_uact = 9_000_000_000;
    world.budget_mut().per_deployment_uact = 9_000_000_000;
    world.budget_mut().limit_left_uact = 9_000_000_000;
    world.budget_mut().valid_until_s = NOW_S + 5 * DAY_S;
    world.told.as_mut().expect("told").snapshot.rates = None;
    let mut order = DeployOrder {
        nonce: 21,
        name: "`` # Big ``` <script>alert(1)</script>".into(),
        sdl: RICH.into(),
        allow_tags: true,
        term_s: 30 * DAY_S + 1,
        ..order()
    };
    order.policy.max_uact_per_block = 6_000;
    order.policy.required_attributes = vec![Attribute {
        key: "host".into(),
        value: "akash`|](x)".into(),
    }];
    let auditor = "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63".to_string();
    order.policy.audited_by = vec![auditor.clone()];
    order.policy.denied_providers = vec![auditor];
    let text = validate_deploy(&bytes(&order), &world.context()).expect("a good order");
    check_golden("deploy_rich", &text);
}

#[test]
fn should_render_a_close_order() {
    let mut world = World::new();
    world.adopt(&order()).expect("a good order");
    world.now += 3_600 * NANOS_PER_SECOND;
    let text = validate_close(&bytes(&close_order()), &world.context()).expect("a good order");
    check_golden("close_waiting", &text);
}

/// Lines of a rendered text that a Markdown reader takes for structure: outside of fences.
fn structure(text: &str) -> Vec<String> {
    let mut fence: Option<String> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let run: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if run.len() >= 3 && !line[run.len()..].contains('`') => fence = Some(run),
            None => lines.push(line.to_string()),
        }
    }
    assert_eq!(fence, None, "a fence stays open");
    lines
}

/// What stands outside of code spans in a line.
fn outside_of_spans(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let ticks = rest[start..].chars().take_while(|c| *c == '`').count();
        let body = &rest[start + ticks..];
        // The span ends at the first run of exactly as many.
        let mut at = 0;
        let end = loop {
            let found = at + body[at..].find('`').expect("a span stays open");
            let run = body[found..].chars().take_while(|c| *c == '`').count();
            if run == ticks {
                break found;
            }
            at = found + run;
        };
        rest = &body[end + ticks..];
    }
    outside.push_str(rest);
    outside
}

#[test]
fn should_let_no_text_of_a_proposer_become_structure() {
    let attacks = [
        "`x`",
        "``` \n",
        "a\n\n### Fake\n",
        "\n# Payload sha256:",
        "[pay](https://evil.example)",
        "https://evil.example",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/x.png)",
        "~~~\n# x",
        "&lt;b&gt; *x* _y_ | z |",
        "a\r\n\r\n## b",
        "x\u{2028}## y",
        "\u{202e}evil",
    ];
    let plain = validate_deploy(&bytes(&order()), &World::new().context()).expect("a good order");
    let headings = |text: &str| -> Vec<String> {
        let lines = structure(text);
        let marked = lines.iter().filter(|line| line.starts_with('#'));
        marked.map(|line| outside_of_spans(line)).collect()
    };
    for attack in attacks {
        let mut world = World::new();
        world.budget_mut().purpose = attack.into();
        world.budget_mut().problem = Some(attack.into());
        let mut order = order();
        order.sdl = format!("{WEB}\n# {}", attack.replace(['\r', '\n'], "\n# "));
        order.sdl = order.sdl.replace(
            "    expose:",
            &format!("    env:\n      - {}\n    expose:", quoted(attack)),
        );
        // Where the rules leave no room for it, the name stays as it is.
        if !attack.chars().any(char::is_control)
            && orchestrator::kernel::markdown::is_printable(attack)
        {
            order.name = attack.chars().take(64).collect();
        }
        let text = match validate_deploy(&bytes(&order), &world.context()) {
            Ok(text) => text,
            // What YAML itself does not allow cannot reach a voter.
            Err(why) => {
                assert!(why.contains("sdl:"), "{attack:?}: {why}");
                continue;
            }
        };
        assert_eq!(headings(&text), headings(&plain), "{attack:?}");
        for line in structure(&text) {
            let outside = outside_of_spans(&line);
            for mark in ["evil", "<", "](", "![", "~~~"] {
                assert!(!outside.contains(mark), "{attack:?}: {line}");
            }
        }
    }
}

/// A double-quoted YAML text.
fn quoted(text: &str) -> String {
    serde_json::to_string(&format!("X={text}")).expect("a text is JSON")
}

#[test]
fn should_keep_headings_below_those_of_governance() {
    for name in ["deploy_web", "deploy_rich", "close_waiting"] {
        let file = format!("{}/golden/{name}.md", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).expect("there is a golden file");
        for line in structure(&text) {
            assert!(
                !line.starts_with("# ") && !line.starts_with("## "),
                "{line}"
            );
        }
    }
}

#[test]
fn should_refuse_a_bad_close_order_for_each_reason() {
    type Change = fn(&mut crate::types::CloseOrder, &mut World);
    fn planned(w: &mut World) {
        let terms = Terms {
            deposit: Uact(8_640_000),
            max_price: orchestrator::kernel::decimal::Decimal::from_whole(50),
            group_max: vec![orchestrator::kernel::decimal::Decimal::from_whole(50)],
            fees: orchestrator::kernel::money::Uakt(1),
        };
        w.happened(17, lease::Event::Planned { terms });
        w.happened(
            17,
            lease::Event::KeyDerived {
                public_key: [2; 33],
                owner: "akash1owner".into(),
            },
        );
        let purpose = Purpose::Create {
            account_number: 12,
            treasury: "akash1treasury".into(),
            deposit: Uact(8_640_000),
        };
        w.happened(
            17,
            lease::Event::TxSigned {
                purpose,
                bytes: vec![1],
                hash: "AB".into(),
                timeout_ns: w.now + 240 * NANOS_PER_SECOND,
            },
        );
    }
    let rows: Vec<(&str, Change, &[&str])> = vec![
        ("as it is", |_, _| {}, &[]),
        ("while it is created", |_, w| planned(w), &[]),
        (
            "unknown deployment",
            |o, _| o.deployment = 5,
            &["deployment: expected the nonce of an adopted deploy order, got 5"],
        ),
        (
            "nonce of the deploy order",
            |o, _| o.nonce = 17,
            &["nonce: expected one that was never used, got 17"],
        ),
        (
            "expired",
            |o, _| o.expires_at_s = NOW_S - 1,
            &["expires_at_s: the order expired"],
        ),
        (
            "no reason",
            |o, _| o.reason.clear(),
            &["reason: expected 1 to"],
        ),
        (
            "longest reason",
            |o, _| o.reason = "x".repeat(check::MAX_REASON_BYTES),
            &[],
        ),
        (
            "longer reason",
            |o, _| o.reason = "x".repeat(check::MAX_REASON_BYTES + 1),
            &["reason: expected 1 to"],
        ),
        (
            "reason of two lines",
            |o, _| o.reason = "a\nb".into(),
            &["reason: expected 1 to"],
        ),
        (
            "ordered before",
            |_, w| {
                let mut first = close_order();
                first.nonce = 99;
                let event = close(GOVERNANCE, &bytes(&first), &w.context()).expect("good");
                w.record(event);
            },
            &["deployment: expected one that runs or waits, 17 was ordered to close before"],
        ),
        (
            "being closed",
            |_, w| {
                planned(w);
                let reason = "end of term".into();
                w.happened(17, lease::Event::CloseDecided { reason });
            },
            &["17 is being closed (end of term)"],
        ),
        (
            "settled",
            |_, w| {
                let reason = "no time".into();
                w.happened(17, lease::Event::GivenUp { reason });
                w.happened(
                    17,
                    lease::Event::Settled {
                        spent: Uact::ZERO,
                        refund: Uact::ZERO,
                    },
                );
            },
            &["17 is settled (no time)"],
        ),
    ];
    for (desc, change, expected) in rows {
        let (mut order, mut world) = (close_order(), World::new());
        world.adopt(&crate::test_fixtures::order()).expect("good");
        change(&mut order, &mut world);
        let got = validate_close(&bytes(&order), &world.context());
        let executed = close(GOVERNANCE, &bytes(&order), &world.context());
        assert_eq!(got.is_ok(), executed.is_ok(), "{desc}");
        let got: Vec<String> = got.map_or_else(
            |text| text.lines().map(ToString::to_string).collect(),
            |_| vec![],
        );
        assert_eq!(got.len(), expected.len(), "{desc}: {got:?}");
        for (got, expected) in got.iter().zip(expected) {
            assert!(got.contains(expected), "{desc}: {got}");
        }
    }
}

#[test]
fn should_close_only_for_governance() {
    let mut world = World::new();
    world.adopt(&order()).expect("a good order");
    let payload = bytes(&close_order());
    let refused = close(&[9], &payload, &world.context());
    assert!(refused.is_err_and(|why| why.starts_with("caller:")));
    let event = close(GOVERNANCE, &payload, &world.context()).expect("a good order");
    world.record(event);
    let d = &world.state.deployment(17).expect("adopted").deployment;
    assert_eq!(d.close_ordered.as_deref(), Some("The site moves"));
}
