//! Single decisions, at their edges.

use crate::grants::{Act, Step, Target, closing_gas, next, targets};
use crate::limits::{
    DEATH_MARGIN, FIRST_LOOK, FUNDS_EVERY, LOOKS_BEFORE_RESEND, MIN_PER_DEPLOYMENT_UACT,
    MIN_RAISE_UACT, MIRROR_EVERY, NUDGE_EVERY, OBSERVATION_FRESH, OWN_GAS_RESERVE_UAKT, RESIGN,
    TX_LIFE,
};
use crate::state::fixtures::{World, open, seen};
use crate::state::{Change, Event, GrantPlan};
use orchestrator::kernel::money::{Uact, Uakt};

const ACT: u64 = 1_000_000;
const AKT: u64 = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    Account,
    Owner,
    Look { everything: bool },
    Sign(GrantPlan),
    Send(String),
    Probe,
    Conclude(Event),
    Wait(u64),
}

/// What comes next, in short.
fn then(world: &World) -> Next {
    nudged(world, false)
}

fn nudged(world: &World, nudged: bool) -> Next {
    match next(&world.state, world.now, nudged) {
        Step::Wait { until, .. } => Next::Wait(until - world.now),
        Step::Do(act) => match *act {
            Act::DeriveAccount => Next::Account,
            Act::DeriveOwner { .. } => Next::Owner,
            Act::Observe { query, .. } => Next::Look {
                everything: query.balances,
            },
            Act::Sign { plan, .. } => Next::Sign(plan),
            Act::Broadcast { endpoint, .. } => Next::Send(endpoint.rest),
            Act::Probe { .. } => Next::Probe,
            Act::Conclude(event) => Next::Conclude(event),
        },
    }
}

fn plan(deposit: Change<Uact>, fees: Change<Uakt>, replaces_fees: bool) -> GrantPlan {
    GrantPlan {
        budget: "web".into(),
        deposit,
        fees,
        replaces_fees,
    }
}

fn credit(world: &mut World, uact: u64, uakt: u64) {
    world.event(Event::Credited {
        budget: "web".into(),
        uact: Uact(uact),
        uakt: Uakt(uakt),
    });
}

/// A budget of 200 ACT and 5 AKT that got so much when it opened.
fn opened(uact: u64, uakt: u64) -> World {
    let mut world = World::funded(uact, uakt + OWN_GAS_RESERVE_UAKT);
    world.adopt(|_| {});
    world.event(Event::OwnerDerived {
        budget: "web".into(),
        owner: "akash1g".into(),
    });
    credit(&mut world, uact, uakt);
    world.observe(None, vec![seen(Some(uact), Some(uakt), vec![])]);
    world.event(Event::ChangeEnded {
        budget: "web".into(),
    });
    world
}

/// Whatever comes into T is seen twice.
fn fund(world: &mut World, uact: u64, uakt: u64) {
    for _ in 0..2 {
        world.observe(Some((uact, uakt)), vec![]);
    }
    world.check();
}

#[test]
fn should_begin_with_its_own_account() {
    let mut world = World::new();
    assert_eq!(then(&world), Next::Account);
    world.event(Event::AccountDerived {
        public_key: [2; 33],
        address: "akash1t".into(),
    });
    assert_eq!(then(&world), Next::Look { everything: true });
    world.observe(Some((300 * ACT, 20 * AKT)), vec![]);
    assert_eq!(then(&world), Next::Wait(MIRROR_EVERY));
    world.adopt(|_| {});
    assert_eq!(then(&world), Next::Owner);
    world.event(Event::OwnerDerived {
        budget: "web".into(),
        owner: "akash1g".into(),
    });
    let credited = Event::Credited {
        budget: "web".into(),
        uact: Uact(200 * ACT),
        uakt: Uakt(5 * AKT),
    };
    assert_eq!(then(&world), Next::Conclude(credited.clone()));
    world.event(credited);
    let both = plan(
        Change::Grant(Uact(200 * ACT)),
        Change::Grant(Uakt(5 * AKT)),
        false,
    );
    assert_eq!(then(&world), Next::Sign(both));
}

#[test]
fn should_give_both_grants_or_none() {
    let least = MIN_PER_DEPLOYMENT_UACT;
    for (desc, uact, uakt, waits) in [
        ("enough", least, OWN_GAS_RESERVE_UAKT + 1, false),
        ("too little to deposit", least - 1, 20 * AKT, true),
        (
            "no gas beside the reserve",
            least,
            OWN_GAS_RESERVE_UAKT,
            true,
        ),
    ] {
        let mut world = World::funded(uact, uakt);
        world.adopt(|_| {});
        world.event(Event::OwnerDerived {
            budget: "web".into(),
            owner: "akash1g".into(),
        });
        let waiting = then(&world) == Next::Wait(FUNDS_EVERY);
        assert_eq!(waiting, waits, "{desc}: {:?}", then(&world));
    }
}

#[test]
fn should_stop_new_deployments_before_a_standing_grant_is_raised() {
    let mut world = opened(100 * ACT, 5 * AKT);
    assert!(matches!(then(&world), Next::Wait(_)));
    fund(&mut world, 100 * ACT + MIN_RAISE_UACT - 1, 6 * AKT);
    assert!(matches!(then(&world), Next::Wait(_)), "not worth it");
    fund(&mut world, 100 * ACT + MIN_RAISE_UACT, 6 * AKT);
    let Next::Conclude(event @ Event::ChangeBegan { .. }) = then(&world) else {
        panic!("{:?}", then(&world));
    };
    world.event(event);
    assert!(
        matches!(then(&world), Next::Wait(_)),
        "deposits die out first"
    );
}

#[test]
fn should_grant_anew_only_on_a_fresh_reading() {
    let mut world = opened(200 * ACT, 5 * AKT);
    // The grant is gone from the chain.
    world.observe(None, vec![seen(None, Some(5 * AKT), vec![])]);
    let again = plan(Change::Grant(Uact(200 * ACT)), Change::Keep, true);
    world.now += OBSERVATION_FRESH - 1;
    assert_eq!(then(&world), Next::Sign(again));
    world.now += 1;
    assert_eq!(then(&world), Next::Look { everything: false });
}

#[test]
fn should_grant_nothing_while_t_is_not_understood() {
    let mut world = opened(100 * ACT, 5 * AKT);
    world.adopt(|o| o.budget = "another".into());
    assert_eq!(then(&world), Next::Owner);
    world.observe(Some((190 * ACT, 6 * AKT)), vec![]);
    let own = world.state.own.as_ref().expect("known");
    let again = own.look_again.expect("a second look");
    assert_eq!(then(&world), Next::Wait(again - world.now));
    world.now = again;
    assert_eq!(then(&world), Next::Look { everything: true });
}

#[test]
fn should_look_at_everything_now_and_then_and_when_told() {
    let mut world = World::funded(300 * ACT, 20 * AKT);
    world.now += NUDGE_EVERY - 1;
    assert_eq!(nudged(&world, true), Next::Wait(1));
    world.now += 1;
    assert_eq!(nudged(&world, true), Next::Look { everything: true });
    world.now += MIRROR_EVERY - NUDGE_EVERY - 1;
    assert_eq!(then(&world), Next::Wait(1));
    world.now += 1;
    assert_eq!(then(&world), Next::Look { everything: true });
}

#[test]
fn should_promise_nothing_of_the_reserve_and_take_nothing_back_for_it() {
    let mut world = World::funded(500 * ACT, OWN_GAS_RESERVE_UAKT + 5 * AKT - 1);
    world.adopt(|_| {});
    let web = |world: &World| {
        let chain = &world.state.config.as_ref().expect("configured").chain;
        targets(&world.state, chain, world.now)["web"]
    };
    let expected = Target {
        uact: Uact(200 * ACT),
        uakt: Uakt(5 * AKT - 1),
    };
    assert_eq!(web(&world), expected);
    credit(&mut world, 200 * ACT, 5 * AKT - 1);
    // T's own transactions burn half of the reserve.
    fund(
        &mut world,
        500 * ACT,
        OWN_GAS_RESERVE_UAKT / 2 + 5 * AKT - 1,
    );
    assert_eq!(web(&world), expected);
}

#[test]
fn should_share_by_age_and_leave_to_each_what_it_has() {
    let mut world = World::funded(300 * ACT, 20 * AKT);
    world.adopt(|o| o.budget = "z-old".into());
    world.adopt(|o| o.budget = "a-new".into());
    let chain = world
        .state
        .config
        .as_ref()
        .expect("configured")
        .chain
        .clone();
    let uact = |world: &World| {
        let targets = targets(&world.state, &chain, world.now);
        ["z-old", "a-new"].map(|id| targets[id].uact.0 / ACT)
    };
    assert_eq!(uact(&world), [200, 100]);
    // What the younger one has, the older one does not take.
    world.event(Event::Credited {
        budget: "a-new".into(),
        uact: Uact(150 * ACT),
        uakt: Uakt(0),
    });
    assert_eq!(uact(&world), [150, 150]);
    // T has lost money: the younger one gives first.
    fund(&mut world, 170 * ACT, 20 * AKT);
    assert_eq!(uact(&world), [20, 150]);
    world.event(Event::Credited {
        budget: "z-old".into(),
        uact: Uact(20 * ACT),
        uakt: Uakt(0),
    });
    assert_eq!(uact(&world), [20, 150]);
}

#[test]
fn should_leave_gas_for_closing_what_runs() {
    let mut world = opened(200 * ACT, 5 * AKT);
    let running = vec![open(1, 10 * ACT, 0), open(2, 10 * ACT, 0)];
    world.observe(None, vec![seen(Some(180 * ACT), Some(2 * AKT), running)]);
    // 3 AKT are burned, and the mandate is lowered below that.
    world.adopt(|o| o.gas = Uakt(AKT));
    let chain = &world.state.config.as_ref().expect("configured").chain;
    let left = targets(&world.state, chain, world.now)["web"].uakt;
    assert_eq!(left, closing_gas(2, chain));
    assert!(left > Uakt::ZERO);
}

#[test]
fn should_never_use_a_timeout_twice() {
    let mut world = opened(200 * ACT, 5 * AKT);
    let timeout = |world: &World| match next(&world.state, world.now, false) {
        Step::Do(act) => match *act {
            Act::Sign { tx, .. } => tx.timeout_ns.expect("unordered"),
            act => panic!("{act:?}"),
        },
        step => panic!("{step:?}"),
    };
    world.observe(None, vec![seen(None, Some(5 * AKT), vec![])]);
    let first = timeout(&world);
    assert_eq!(first, world.now + TX_LIFE);
    sign(&mut world, first);
    world.event(Event::TxDead);
    world.observe(None, vec![seen(None, Some(5 * AKT), vec![])]);
    let wait = world.state.budgets["web"].not_before;
    assert_eq!(wait, world.now + RESIGN);
    assert_eq!(then(&world), Next::Wait(RESIGN));
    world.now = wait;
    // As if a signature had been made for a later time before.
    world.state.last_timeout = world.now + TX_LIFE;
    assert_eq!(timeout(&world), world.now + TX_LIFE + 1);
}

fn sign(world: &mut World, timeout_ns: u64) {
    world.event(Event::TxSigned {
        plan: plan(Change::Grant(Uact(200 * ACT)), Change::Keep, true),
        bytes: vec![1],
        hash: "AB".into(),
        timeout_ns,
        fee: Uakt(7),
    });
}

#[test]
fn should_watch_a_transaction_until_its_fate_is_known() {
    let mut world = opened(200 * ACT, 5 * AKT);
    let send = |i: u8| Next::Send(format!("https://rest-{i}.test"));
    let timeout = world.now + TX_LIFE;
    sign(&mut world, timeout);
    assert_eq!(then(&world), send(0));
    world.event(Event::TxUnanswered);
    let Next::Wait(pause) = then(&world) else {
        panic!("at once again");
    };
    world.now += pause;
    assert_eq!(then(&world), send(1), "the next endpoint");
    world.event(Event::TxAccepted);
    assert_eq!(then(&world), Next::Wait(FIRST_LOOK));
    world.now += FIRST_LOOK;
    for _ in 0..LOOKS_BEFORE_RESEND {
        assert_eq!(then(&world), Next::Probe);
        world.event(Event::TxPending);
        if let Next::Wait(pause) = then(&world) {
            world.now += pause;
        }
    }
    assert_eq!(then(&world), send(2), "it may have been lost");
    let refused = |i: u8| Event::TxRefused {
        endpoint: format!("https://rest-{i}.test"),
        why: "no".into(),
    };
    world.event(refused(2));
    assert_eq!(then(&world), send(0), "one claim is not enough");
    world.event(refused(0));
    let Next::Wait(_) = then(&world) else {
        panic!("two claims: it can only die, {:?}", then(&world));
    };
    world.now = timeout + DEATH_MARGIN - 1;
    assert_eq!(then(&world), Next::Wait(1));
    world.now += 1;
    assert_eq!(then(&world), Next::Probe);
    world.event(Event::TxPending);
    assert!(matches!(then(&world), Next::Wait(_)), "no haste");
    world.event(Event::TxDead);
    assert_eq!(world.state.flight, None);
}

/// A node refuses what is in a block already, too.
#[test]
fn should_look_before_it_takes_two_refusals_for_a_fact() {
    let mut world = opened(200 * ACT, 5 * AKT);
    let timeout = world.now + TX_LIFE;
    sign(&mut world, timeout);
    for i in 0..2 {
        world.event(Event::TxRefused {
            endpoint: format!("https://rest-{i}.test"),
            why: "no".into(),
        });
    }
    assert_eq!(then(&world), Next::Probe);
}
