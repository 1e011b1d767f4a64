use super::fixtures::{World, closed, open, seen};
use super::*;
use crate::limits::QUIET_AFTER;
use crate::log::snapshot;
use proptest::prelude::*;

const WEB: &str = "web";

/// Opened with 200 ACT and 5 AKT, of which both grants stand.
fn opened() -> World {
    let mut world = World::funded(260_000_000, 8_000_000);
    world.adopt(|_| {});
    world.event(Event::OwnerDerived {
        budget: WEB.into(),
        owner: "akash1g".into(),
    });
    world.event(Event::Credited {
        budget: WEB.into(),
        uact: Uact(200_000_000),
        uakt: Uakt(5_000_000),
    });
    grant(
        &mut world,
        Change::Grant(Uact(200_000_000)),
        Change::Grant(Uakt(5_000_000)),
    );
    world.observe(None, vec![seen(Some(200_000_000), Some(5_000_000), vec![])]);
    world.event(Event::ChangeEnded { budget: WEB.into() });
    world.check();
    world
}

const FEE: u64 = 15_000;

/// Signs and includes a transaction of T.
fn grant(world: &mut World, deposit: Change<Uact>, fees: Change<Uakt>) {
    sign(world, deposit, fees);
    world.event(Event::TxAccepted);
    world.height += 1;
    world.event(Event::TxIncluded {
        height: world.height,
    });
}

fn sign(world: &mut World, deposit: Change<Uact>, fees: Change<Uakt>) {
    let timeout_ns = world.state.last_timeout + 1;
    world.event(Event::TxSigned {
        plan: GrantPlan {
            budget: WEB.into(),
            deposit,
            fees,
            replaces_fees: false,
        },
        bytes: vec![1],
        hash: format!("{timeout_ns:X}"),
        timeout_ns,
        fee: Uakt(FEE),
    });
}

fn web(world: &World) -> &Budget {
    &world.state.budgets[WEB]
}

#[track_caller]
fn accounts(world: &World, expected: &[(&str, i128)]) {
    world.check();
    for (account, amount) in expected {
        assert_eq!(world.balance(account, Asset::Uact), *amount, "{account}");
    }
}

#[test]
fn should_book_what_t_had_at_first_and_nothing_twice() {
    let mut world = World::funded(100, 70);
    accounts(&world, &[("outside", -100), ("unallocated", 100)]);
    assert_eq!(world.balance("unallocated", Asset::Uakt), 70);
    world.observe(Some((100, 70)), vec![]);
    assert_eq!(world.entries.len(), 1);
}

#[test]
fn should_wait_for_the_account_to_be_there() {
    let mut world = World::new();
    world.event(Event::AccountDerived {
        public_key: [2; 33],
        address: "akash1t".into(),
    });
    let nothing = OwnSeen {
        account_number: None,
        uakt: Uakt::ZERO,
        uact: Uact::ZERO,
    };
    world.event(Event::Observed {
        seen: Observation {
            height: 1,
            block_time: 1,
            own: Some(nothing),
            budgets: vec![],
            thorough: true,
        },
    });
    assert!(world.entries.is_empty());
    world.observe(Some((5, 6)), vec![]);
    accounts(&world, &[("outside", -5), ("suspense", 0)]);
}

#[test]
fn should_put_into_suspense_what_is_seen_twice() {
    let mut world = World::funded(100, 70);
    world.observe(Some((130, 60)), vec![]);
    assert_eq!(world.entries.len(), 1, "once is not enough");
    let own = world.state.own.clone().expect("known");
    assert_eq!(own.unexplained, (-10, 30));
    assert_eq!(own.look_again, Some(world.now + SECOND_LOOK));
    world.observe(Some((130, 60)), vec![]);
    accounts(&world, &[("suspense", -30), ("unallocated", 130)]);
    assert_eq!(world.balance("suspense", Asset::Uakt), 10);
    let own = world.state.own.clone().expect("known");
    assert_eq!((own.unexplained, own.look_again), ((0, 0), None));
}

#[test]
fn should_forget_a_difference_that_goes_away() {
    let mut world = World::funded(100, 70);
    world.observe(Some((130, 70)), vec![]);
    world.observe(Some((100, 70)), vec![]);
    world.observe(Some((130, 70)), vec![]);
    accounts(&world, &[("suspense", 0), ("unallocated", 100)]);
}

#[test]
fn should_follow_a_deployment_from_deposit_to_refund() {
    let mut world = opened();
    let budget = |limit, escrows| seen(Some(limit), Some(5_000_000), escrows);
    world.observe(
        None,
        vec![budget(150_000_000, vec![open(7, 50_000_000, 0)])],
    );
    accounts(
        &world,
        &[("budget:web", 150_000_000), ("escrow:web/7", 50_000_000)],
    );
    let running = vec![open(7, 44_000_000, 6_000_000)];
    world.observe(None, vec![budget(150_000_000, running)]);
    accounts(
        &world,
        &[("escrow:web/7", 44_000_000), ("spent:web", 6_000_000)],
    );
    // Topped up by 5, and 1 more paid.
    let running = vec![open(7, 48_000_000, 7_000_000)];
    world.observe(None, vec![budget(145_000_000, running)]);
    accounts(
        &world,
        &[("escrow:web/7", 48_000_000), ("spent:web", 7_000_000)],
    );
    // Closed: 2 more paid, 46 back.
    world.observe(None, vec![budget(191_000_000, vec![closed(7, 9_000_000)])]);
    accounts(
        &world,
        &[
            ("escrow:web/7", 0),
            ("spent:web", 9_000_000),
            ("budget:web", 191_000_000),
            ("unallocated", 60_000_000),
            ("suspense", 0),
        ],
    );
    assert!(web(&world).deployments.is_empty());
    assert_eq!(web(&world).limit, Some(Uact(191_000_000)));
}

#[test]
fn should_see_by_the_limit_what_came_and_went_unseen() {
    let mut world = opened();
    world.observe(None, vec![seen(Some(197_000_000), Some(4_900_000), vec![])]);
    accounts(
        &world,
        &[("spent:web", 3_000_000), ("budget:web", 197_000_000)],
    );
    assert_eq!(world.balance("gas:web", Asset::Uakt), 100_000);
    assert_eq!(world.balance("budget:web", Asset::Uakt), 4_900_000);
}

#[test]
fn should_not_take_strangers_money_for_ours() {
    let mut world = opened();
    let shared = |ours, others, transferred| {
        let mut escrow = open(7, ours, transferred);
        escrow.others = Uact(others);
        escrow
    };
    let budget = |limit, escrow| seen(Some(limit), Some(5_000_000), vec![escrow]);
    world.observe(None, vec![budget(150_000_000, open(7, 50_000_000, 0))]);
    // A stranger adds 9. Ours is spent first: it came first.
    world.observe(
        None,
        vec![budget(
            150_000_000,
            shared(48_000_000, 9_000_000, 2_000_000),
        )],
    );
    accounts(
        &world,
        &[("escrow:web/7", 48_000_000), ("spent:web", 2_000_000)],
    );
    // Ours is gone, and the stranger's is being spent.
    world.observe(
        None,
        vec![budget(150_000_000, shared(0, 5_000_000, 54_000_000))],
    );
    accounts(&world, &[("escrow:web/7", 0), ("spent:web", 50_000_000)]);
    world.observe(None, vec![budget(150_000_000, closed(7, 56_000_000))]);
    accounts(
        &world,
        &[("spent:web", 50_000_000), ("budget:web", 150_000_000)],
    );
}

#[test]
fn should_take_an_allowance_that_is_gone_for_used_up() {
    let mut world = opened();
    world.observe(None, vec![seen(Some(200_000_000), None, vec![])]);
    assert_eq!(world.balance("gas:web", Asset::Uakt), 5_000_000);
    assert_eq!(web(&world).gas, None);
    world.check();
}

#[test]
fn should_free_money_only_when_the_smaller_grant_is_in_a_block() {
    let mut world = opened();
    sign(
        &mut world,
        Change::Grant(Uact(80_000_000)),
        Change::Grant(Uakt(2_000_000)),
    );
    accounts(
        &world,
        &[("budget:web", 200_000_000), ("unallocated", 60_000_000)],
    );
    world.height += 1;
    world.event(Event::TxIncluded {
        height: world.height,
    });
    accounts(
        &world,
        &[("budget:web", 80_000_000), ("unallocated", 180_000_000)],
    );
    assert_eq!(world.balance("budget:web", Asset::Uakt), 2_000_000);
    assert_eq!(
        world.balance("own_gas:web", Asset::Uakt),
        2 * i128::from(FEE)
    );
    let last = world.entries.last().expect("an entry");
    assert_eq!(last.height, Some(world.height));
    assert_eq!(last.order.map(|order| order.nonce), Some(1));
    assert!(last.tx_hash.is_some());
}

#[test]
fn should_not_mind_a_refund_that_a_new_grant_overwrote() {
    let mut world = opened();
    let budget = |limit, escrows| seen(Some(limit), Some(5_000_000), escrows);
    world.observe(
        None,
        vec![budget(150_000_000, vec![open(7, 50_000_000, 0)])],
    );
    // The close puts 45 back into the limit, and the grant of 100 comes right after.
    grant(&mut world, Change::Grant(Uact(100_000_000)), Change::Keep);
    world.observe(None, vec![budget(100_000_000, vec![closed(7, 5_000_000)])]);
    accounts(
        &world,
        &[("spent:web", 5_000_000), ("budget:web", 145_000_000)],
    );
    assert_eq!(web(&world).limit, Some(Uact(100_000_000)));
}

#[test]
fn should_pay_for_a_transaction_that_failed_and_not_for_one_that_died() {
    let mut world = opened();
    let spent = world.balance("own_gas:web", Asset::Uakt);
    sign(&mut world, Change::Revoke, Change::Keep);
    world.event(Event::TxDead);
    assert_eq!(world.balance("own_gas:web", Asset::Uakt), spent);
    assert_eq!(web(&world).failures, 1);
    sign(&mut world, Change::Revoke, Change::Keep);
    world.height += 1;
    world.event(Event::TxFailed {
        height: world.height,
        code: "authz 2".into(),
        log: "not found".into(),
    });
    assert_eq!(
        world.balance("own_gas:web", Asset::Uakt),
        spent + i128::from(FEE)
    );
    assert_eq!(web(&world).limit, Some(Uact(200_000_000)));
    assert_eq!(web(&world).failures, 2);
    assert!(web(&world).not_before > world.now);
    assert_eq!(web(&world).read_at, 0, "what stands must be read again");
    world.check();
}

#[test]
fn should_not_believe_readings_from_before() {
    let mut world = opened();
    let before = world.height - 2;
    let old = Observation {
        height: before,
        block_time: world.now,
        own: None,
        budgets: vec![seen(None, None, vec![])],
        thorough: true,
    };
    world.event(Event::Observed { seen: old });
    assert_eq!(web(&world).limit, Some(Uact(200_000_000)));
    assert_eq!(world.state.ignored, 1);
}

#[test]
fn should_stop_new_deployments_while_a_mandate_changes() {
    for (desc, change, phase) in [
        ("the same", (|_| {}) as fn(&mut Order), Phase::Open),
        ("another purpose", |o| o.purpose = "y".into(), Phase::Open),
        ("each", |o| o.per_deployment = Uact(1_000_000), Phase::Open),
        ("longer", |o| o.valid_until_s += 1, Phase::Open),
        ("more", |o| o.total = Uact(201_000_000), Phase::Changing),
        ("less", |o| o.total = Uact(100_000_000), Phase::Changing),
        ("gas", |o| o.gas = Uakt(6_000_000), Phase::Changing),
        ("close", |o| o.total = Uact::ZERO, Phase::Closed),
    ] {
        let mut world = opened();
        world.adopt(change);
        assert_eq!(web(&world).phase, phase, "{desc}");
        assert_eq!(
            web(&world).change_since,
            (phase == Phase::Changing).then_some(world.now),
            "{desc}"
        );
    }
    let mut world = opened();
    world.adopt(|o| o.total = Uact::ZERO);
    assert_eq!(
        web(&world).mandate.gas,
        Uakt(5_000_000),
        "gas for closing stays"
    );
    world.adopt(|_| {});
    assert_eq!(web(&world).phase, Phase::Changing, "opened again");
}

#[test]
fn should_be_quiet_only_after_a_late_enough_block() {
    let mut world = opened();
    world.adopt(|o| o.total = Uact(100_000_000));
    let since = world.now;
    let budget = || vec![seen(Some(200_000_000), Some(5_000_000), vec![])];
    world.now = since + QUIET_AFTER;
    world.observe(None, budget());
    assert!(!web(&world).quiet, "at the edge");
    world.now += 1;
    world.observe(None, budget());
    assert!(web(&world).quiet);
    world.adopt(|o| o.total = Uact(90_000_000));
    assert!(!web(&world).quiet, "another change begins anew");
}

#[test]
fn should_take_an_order_once() {
    let mut world = opened();
    let order = fixtures::order(1);
    world.event(Event::Adopted {
        order: Order {
            total: Uact(1),
            ..order
        },
        payload_hash: [8; 32],
    });
    assert_eq!(web(&world).mandate.total, Uact(200_000_000));
    assert_eq!(world.state.ignored, 1);
}

#[test]
fn should_slow_down_and_start_afresh() {
    let mut world = opened();
    let mut waits = vec![];
    for _ in 0..9 {
        world.event(Event::Fruitless { why: "down".into() });
        waits.push((world.state.retry.not_before - world.now) / 1_000_000_000);
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    let rates = Rates {
        akt_usd_e9: 1,
        icp_usd_e9: 1,
        at_s: 1,
    };
    world.event(Event::RatesRead { rates });
    assert_eq!(
        world.state.retry.tries, 9,
        "rates say nothing about endpoints"
    );
    world.observe(None, vec![]);
    assert_eq!(world.state.retry, Retry::default());
}

/// Numbers on disk: changing one breaks every log that exists.
#[test]
fn should_never_change_how_events_are_kept() {
    for (event, bytes) in [
        (Event::TxAccepted, "82008208"),
        (Event::TxPending, "8200820c"),
        (Event::TxDead, "8200820d"),
        (Event::TxUnanswered, "82008212"),
    ] {
        let recorded = Recorded { at: 0, event };
        let kept = hex::encode(recorded.encode());
        assert!(kept.starts_with(bytes), "{recorded:?}: {kept}");
    }
}

pub(crate) fn arb_event() -> impl Strategy<Value = Event> {
    let amount = 0..300_000_000_u64;
    let escrow = (
        0..4_u64,
        any::<bool>(),
        0..60_000_000_u64,
        0..9_u64,
        0..60_000_000_u64,
    )
        .prop_map(|(dseq, open, ours, others, transferred)| EscrowSeen {
            dseq,
            open,
            ours: Uact(if open { ours } else { 0 }),
            others: Uact(if others > 6 { others } else { 0 }),
            transferred: Uact(transferred),
        });
    let budget = (
        proptest::option::of(amount.clone()),
        proptest::option::of(amount.clone()),
        proptest::collection::vec(escrow, 0..4),
    )
        .prop_map(|(limit, gas, escrows)| seen(limit, gas, escrows));
    let observed = (
        0..8_u64,
        proptest::option::of((amount.clone(), amount.clone())),
        budget,
    )
        .prop_map(|(height, own, budget)| Event::Observed {
            seen: Observation {
                height: 200 + height,
                block_time: 1,
                own: own.map(|(uact, uakt)| OwnSeen {
                    account_number: Some(7),
                    uakt: Uakt(uakt),
                    uact: Uact(uact),
                }),
                budgets: vec![budget],
                thorough: true,
            },
        });
    let change = |amount: u64, kind: u8| match kind {
        0 => Change::Keep,
        1 => Change::Revoke,
        _ => Change::Grant(amount),
    };
    let signed = (amount.clone(), 0..4_u8, amount.clone(), 0..4_u8).prop_map(
        move |(deposit, kind, fees, fee_kind)| Event::TxSigned {
            plan: GrantPlan {
                budget: WEB.into(),
                deposit: match change(deposit, kind) {
                    Change::Keep => Change::Keep,
                    Change::Revoke => Change::Revoke,
                    Change::Grant(amount) => Change::Grant(Uact(amount)),
                },
                fees: match change(fees, fee_kind) {
                    Change::Keep => Change::Keep,
                    Change::Revoke => Change::Revoke,
                    Change::Grant(amount) => Change::Grant(Uakt(amount)),
                },
                replaces_fees: true,
            },
            bytes: vec![],
            hash: "AB".into(),
            timeout_ns: 1,
            fee: Uakt(FEE),
        },
    );
    let adopted = (0..9_u64, amount.clone()).prop_map(|(nonce, total)| Event::Adopted {
        order: Order {
            total: Uact(total),
            ..fixtures::order(nonce)
        },
        payload_hash: [3; 32],
    });
    let money = (amount.clone(), amount).prop_map(|(uact, uakt)| Event::Credited {
        budget: WEB.into(),
        uact: Uact(uact),
        uakt: Uakt(uakt),
    });
    prop_oneof![
        observed.clone(),
        observed,
        signed,
        adopted,
        money,
        (0..9_u64).prop_map(|height| Event::TxIncluded {
            height: 200 + height
        }),
        Just(Event::TxAccepted),
        Just(Event::TxDead),
        Just(Event::ChangeEnded { budget: WEB.into() }),
        Just(Event::Fruitless { why: "x".into() }),
    ]
}

proptest! {
    /// Whatever happens in whatever order: entries balance, and the log alone rebuilds all.
    #[test]
    fn should_balance_and_replay_whatever_happens(
        events in proptest::collection::vec(arb_event(), 0..40),
    ) {
        let mut world = World::funded(260_000_000, 8_000_000);
        for event in events {
            world.now += 1;
            world.event(event);
        }
        let unbalanced: Vec<String> = world
            .state
            .book
            .findings()
            .into_iter()
            // Random events credit what is not there; that the reconciler never does.
            .filter(|finding| !finding.contains(" has -"))
            .collect();
        prop_assert_eq!(unbalanced, Vec::<String>::new());
        prop_assert_eq!(&replay(&world.log), &world.state);
        let saved = snapshot::encode(None, &world.state);
        prop_assert_eq!(snapshot::decode(&saved, None), Ok(world.state));
    }
}
