use super::*;
use crate::template::{Moment, build, build_file};
use candid::Encode;
use gateway::types::{EventEntry, Events};
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::money::{Uact, Uakt};
use std::path::{Path, PathBuf};

const NOW_S: u64 = 1_800_000_000;

const MOMENT: Moment = Moment {
    now_s: NOW_S,
    fresh_nonce: 77,
};

fn template(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("templates")
        .join(name)
}

fn chain() -> ChainConfig {
    ChainConfig {
        chain_id: "akashnet-2".into(),
        endpoints: vec![],
        agreement: 1,
        gas_price_milli_uakt: 25,
    }
}

fn page(total: u64, first: u64, entries: Vec<Vec<u8>>) -> Vec<u8> {
    let entries = (first..).zip(entries).map(|(index, bytes)| EventEntry {
        index,
        at_ns: 0,
        bytes,
    });
    let events = Events {
        total,
        entries: entries.collect(),
    };
    Encode!(&events).expect("our own types")
}

fn gateway_log() -> Vec<Vec<u8>> {
    let config = gateway::state::Config {
        governance: vec![1],
        treasury: vec![2],
        key_name: "key_1".into(),
        chain: chain(),
        voting: Voting::ORDINARY,
    };
    let recorded = gateway::state::Recorded {
        at: 1,
        event: gateway::state::Event::Configured { config },
    };
    vec![recorded.encode()]
}

/// Configured; and a budget for web sites adopted, if so wished.
fn treasury_log(with_budget: bool) -> Vec<Vec<u8>> {
    let config = treasury::state::Config {
        governance: vec![1],
        gateway: vec![3],
        exchange_rates: vec![4],
        key_name: "key_1".into(),
        chain: chain(),
        voting: Voting::CRITICAL,
    };
    let order = treasury::state::Order {
        nonce: 16,
        budget: "web".into(),
        purpose: "Web sites".into(),
        total: Uact(200_000_000),
        per_deployment: Uact(50_000_000),
        gas: Uakt(5_000_000),
        valid_until_s: NOW_S + 31_536_000,
    };
    let adopted = treasury::state::Event::Adopted {
        order,
        payload_hash: [0; 32],
    };
    let mut events = vec![treasury::state::Event::Configured { config }];
    events.extend(with_budget.then_some(adopted));
    events
        .into_iter()
        .map(|event| Recorded { at: 1, event }.encode())
        .collect()
}

fn world(with_budget: bool) -> World {
    let treasury = treasury_log(with_budget);
    let total = u64::try_from(treasury.len()).expect("small");
    World::read(
        NOW_S,
        &[page(1, 0, gateway_log())],
        &[page(total, 0, treasury)],
    )
    .expect("a world")
}

#[test]
fn should_render_what_voters_will_read() {
    for (name, with_budget, words) in [
        ("budget.yaml", false, "The DAO's web site"),
        ("deploy.yaml", true, "Site of the DAO"),
    ] {
        let built = build_file(&template(name), MOMENT).expect(name);
        let text = world(with_budget)
            .check(&built)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(text.starts_with("### ") && text.contains(words), "{text}");
    }
}

#[test]
fn should_refuse_what_the_canisters_refuse() {
    for (desc, name, old, new, with_budget, words) in [
        ("no budget", "deploy.yaml", "", "", false, "budget"),
        (
            "a term beyond the cap",
            "deploy.yaml",
            "term: 30 days",
            "term: 90 days",
            true,
            "one deployment may hold",
        ),
        (
            "no deployment",
            "close.yaml",
            "",
            "",
            true,
            "an adopted deploy order",
        ),
        (
            "a short life",
            "budget.yaml",
            "expires_in: 20 days",
            "expires_in: 1 day",
            false,
            "expires_at_s",
        ),
        (
            "a used nonce",
            "budget.yaml",
            "# nonce:",
            "nonce:",
            true,
            "nonce",
        ),
    ] {
        let text = std::fs::read_to_string(template(name)).expect(name);
        let text = if old.is_empty() {
            text
        } else {
            text.replacen(old, new, 1)
        };
        let built = build(&template(name), &text, MOMENT).expect(desc);
        let problems = world(with_budget).check(&built).expect_err(desc);
        assert!(problems.contains(words), "{desc}: {problems}");
    }
}

#[test]
fn should_refuse_to_know_half_a_world() {
    let treasury = treasury_log(true);
    let (first, second) = (vec![treasury[0].clone()], vec![treasury[1].clone()]);
    let gateway = || vec![page(1, 0, gateway_log())];
    let read = |pages: &[Vec<u8>]| World::read(NOW_S, &gateway(), pages).map(drop);
    assert_eq!(
        read(&[page(2, 0, first.clone()), page(2, 1, second.clone())]),
        Ok(())
    );
    let gap = |total, got| {
        Err(WorldError::Gap {
            canister: "treasury",
            total,
            got,
        })
    };
    assert_eq!(
        read(&[page(2, 0, first.clone())]),
        gap(2, 1),
        "the second page is missing"
    );
    assert_eq!(
        read(&[page(2, 1, second.clone())]),
        gap(2, 0),
        "the first page is missing"
    );
    let swapped = [page(2, 1, second), page(2, 0, first.clone())];
    assert_eq!(read(&swapped), gap(2, 0), "the pages are out of order");
    let error = read(&[vec![0]]).expect_err("no Candid");
    assert!(
        matches!(
            error,
            WorldError::Answer {
                canister: "treasury",
                ..
            }
        ),
        "{error}"
    );
    let error = read(&[page(1, 0, vec![vec![0xff]])]).expect_err("no event");
    assert!(
        matches!(error, WorldError::Event { index: 0, .. }),
        "{error}"
    );
}
