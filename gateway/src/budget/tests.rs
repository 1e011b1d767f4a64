//! What a budget can bear: each bound, and what the treasury's last look may have missed.

use super::*;
use crate::test_fixtures::{NOW, World, order};
use crate::types::DeployOrder;
use orchestrator::kernel::decimal::Decimal;
use orchestrator::lease::{self, Terms};

const SECOND: Nanos = NANOS_PER_SECOND;
const DEPOSIT: u64 = 8_640_000;

/// The other deployment of the budget.
const OTHER: u64 = 1;

/// Two adopted orders of one budget, both planned; the grant holds one and a half deposits.
fn world() -> World {
    let mut world = World::new();
    for nonce in [OTHER, 17] {
        let order = DeployOrder { nonce, ..order() };
        world.adopt(&order).expect("a good order");
        let terms = Terms {
            deposit: Uact(DEPOSIT),
            max_price: Decimal::from_whole(50),
            group_max: vec![Decimal::from_whole(50)],
            fees: Uakt(30_000),
        };
        world.happened(nonce, lease::Event::Planned { terms });
    }
    world.budget_mut().limit_left_uact = DEPOSIT / 2 * 3;
    world.budget_mut().read_at_ns = NOW;
    world
}

fn create(world: &mut World) {
    let event = lease::Event::TxSigned {
        purpose: Purpose::Create {
            account_number: 12,
            treasury: "akash1treasury".into(),
            deposit: Uact(DEPOSIT),
        },
        bytes: vec![1],
        hash: "AB".into(),
        timeout_ns: world.now + 240 * SECOND,
    };
    world.happened(OTHER, event);
}

fn left(world: &World) -> u64 {
    let facts = facts(&world.state, world.told.as_ref(), 17).expect("it was told");
    facts.limit_left.0
}

#[test]
fn should_count_what_the_last_look_at_the_chain_may_have_missed() {
    let whole = DEPOSIT / 2 * 3;
    let rest = DEPOSIT / 2;
    let mut world = world();
    // Adopted, but nothing is on its way: first come, first served.
    assert_eq!(left(&world), whole);
    world.now = NOW + 10 * SECOND;
    create(&mut world);
    let timeout = world.now + 240 * SECOND;
    // Before, and while it may still be on its way.
    for (read_at, expected) in [
        (NOW, rest),
        (timeout, rest),
        (timeout + DEATH_MARGIN + READ_LAG, rest),
        (timeout + DEATH_MARGIN + READ_LAG + 1, whole),
    ] {
        world.budget_mut().read_at_ns = read_at;
        assert_eq!(left(&world), expected, "{read_at}");
    }
    // Confirmed early: a later look has seen it.
    world.now = NOW + 20 * SECOND;
    world.happened(OTHER, lease::Event::TxConfirmed { height: Some(5) });
    let d = &world.state.deployment(OTHER).expect("adopted").deployment;
    let since = d.bidding_since;
    assert!(since < timeout);
    for (read_at, expected) in [(since + READ_LAG, rest), (since + READ_LAG + 1, whole)] {
        world.budget_mut().read_at_ns = read_at;
        assert_eq!(left(&world), expected, "{read_at}");
    }
}

#[test]
fn should_not_count_a_create_that_came_to_nothing() {
    let mut world = world();
    create(&mut world);
    world.happened(OTHER, lease::Event::TxDead { refused: None });
    assert_eq!(left(&world), DEPOSIT / 2 * 3);
}

#[test]
fn should_hold_the_mandate_against_every_other_deployment() {
    let problem = |total: u64| {
        let mut world = world();
        world.budget_mut().total_uact = total;
        facts(&world.state, world.told.as_ref(), 17)
            .expect("it was told")
            .problem
    };
    assert_eq!(problem(2 * DEPOSIT), None);
    let refused = problem(2 * DEPOSIT - 1).expect("one of two has no room");
    assert!(refused.contains("8.64 ACT reserved"), "{refused}");
}

#[test]
fn should_count_what_a_settled_deployment_has_cost() {
    let mut world = world();
    create(&mut world);
    world.happened(OTHER, lease::Event::TxConfirmed { height: None });
    let reason = "end of term".to_string();
    world.happened(OTHER, lease::Event::CloseDecided { reason });
    let settled = lease::Event::Settled {
        spent: Uact(1_000_000),
        refund: Uact(DEPOSIT - 1_000_000),
    };
    world.happened(OTHER, settled);
    let used = Use::of(&world.state, "web", Some(17));
    assert_eq!((used.reserved, used.spent), (Uact::ZERO, Uact(1_000_000)));
    assert_eq!(
        Use::of(&world.state, "web", None).total(),
        Uact(DEPOSIT + 1_000_000)
    );
    assert_eq!(Use::of(&world.state, "other", None), Use::default());
    // What it drew came back.
    assert_eq!(left(&world), DEPOSIT / 2 * 3);
}

#[test]
fn should_say_what_is_missing_instead_of_guessing() {
    let mut world = world();
    assert_eq!(facts(&world.state, None, 17), None);
    assert_eq!(facts(&world.state, world.told.as_ref(), 5), None);
    world.budget_mut().owner = None;
    let facts = facts(&world.state, world.told.as_ref(), 17).expect("it was told");
    assert!(!facts.open);
    assert_eq!(
        facts.problem.as_deref(),
        Some("its accounts are not derived yet")
    );
}

#[test]
fn should_take_the_older_of_two_clocks() {
    let snapshot = crate::test_fixtures::snapshot();
    let told_at = snapshot.at_ns;
    for (asked_at, expected) in [
        (told_at - 1, told_at - 1),
        (told_at, told_at),
        (told_at + 1, told_at),
    ] {
        assert_eq!(Told::new(asked_at, snapshot.clone()).told_at, expected);
    }
}

#[test]
fn should_survive_storage() {
    let told = Told::new(NOW, crate::test_fixtures::snapshot());
    assert_eq!(Told::decode(&told.encode()), Some(told));
}
