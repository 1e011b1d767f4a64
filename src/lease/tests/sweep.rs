//! The saga against a small world: the straight way counted, and every call going wrong in every
//! way.

use super::super::limits::{
    BID_WAIT, BIDDING_WINDOW, MAX_LEASE_ATTEMPTS, STUCK_AFTER, WATCH_EVERY,
};
use super::super::{
    Act, BudgetFacts, Deployment, Event, Order, Phase, Policy, Step, Surroundings, Tokens, TxState,
    next, perform, plan,
};
use super::world::{FAULTS, Fault, Manners, Trouble, World};
use crate::akash::address::address;
use crate::kernel::money::{Uact, Uakt};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const SECOND: Nanos = NANOS_PER_SECOND;
const T0: Nanos = 1_800_000_000 * SECOND;
const TERM_S: u64 = 6 * 3_600;
const TREASURY: &str = "akash1treasury";
const CHEAP: &str = "akash1cheap";
const DEAR: &str = "akash1dear";

pub(super) const SDL: &str = r#"---
version: "2.0"
services:
  web:
    image: nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    expose:
      - port: 80
        as: 80
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu:
          units: 100m
        memory:
          size: 128Mi
        storage:
          - size: 512Mi
  placement:
    one:
      pricing:
        web:
          denom: uact
          amount: 1000
deployment:
  web:
    one:
      profile: web
      count: 1
"#;

pub(super) fn order() -> Order {
    Order {
        nonce: 7,
        payload_hash: [9; 32],
        budget: "web".into(),
        name: "hello".into(),
        sdl: SDL.into(),
        policy: Policy {
            max_uact_per_block: 1_000,
            ..Policy::default()
        },
        term_s: TERM_S,
        allow_tags: false,
        dseq: 1_700_000_000_123,
        expires_at_s: T0 / SECOND + 7 * 24 * 3_600,
    }
}

/// Everything here answers at once.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing in this world waits"),
    }
}

/// Drives one deployment as the canister does, and checks at every step what must always hold.
struct Driver {
    world: World,
    d: Deployment,
    log: Vec<(Nanos, Event)>,
    now: Nanos,
    tokens: Tokens,
    /// The outcome of this step is lost, as by a trap after the call; so are the tokens.
    trap_at: Option<usize>,
    steps: usize,
    was_stuck: bool,
}

impl Driver {
    fn new(world: World) -> Self {
        Self::with_order(world, order())
    }

    fn with_order(world: World, order: Order) -> Self {
        Self {
            world,
            d: Deployment::adopted(order, T0),
            log: Vec::new(),
            now: T0,
            tokens: Tokens::default(),
            trap_at: None,
            steps: 0,
            was_stuck: false,
        }
    }

    fn surroundings(&self) -> Surroundings {
        let mut s = super::surroundings(self.now);
        s.budget = Some(BudgetFacts {
            told_at: self.now,
            open: true,
            owner: address(&self.world.public_key()),
            account_number: Some(12),
            treasury_account: TREASURY.into(),
            limit_left: Uact(50_000_000),
            per_deployment: Uact(50_000_000),
            gas_left: Uakt(10_000_000),
            valid_until_s: u64::MAX,
            problem: None,
        });
        s
    }

    fn record(&mut self, event: Event) {
        let ignored = self.d.ignored;
        self.d.apply(self.now, &event);
        assert_eq!(ignored, self.d.ignored, "{event:?} does not fit");
        self.log.push((self.now, event));
        let mut replayed = Deployment::adopted(self.d.order.clone(), T0);
        for (at, event) in &self.log {
            let bytes = minicbor::to_vec(event).expect("memory does not fail");
            let event = minicbor::decode(&bytes).expect("as written");
            replayed.apply(*at, &event);
        }
        assert_eq!(replayed, self.d, "replay differs from live");
    }

    /// One step; `false` when there is nothing left to do before `until`.
    fn step(&mut self, until: Nanos) -> bool {
        self.now = self.now.max(crate::kernel::port::Runtime::now(&self.world));
        let s = self.surroundings();
        match next(&self.d, &s) {
            Step::Done => return false,
            Step::NeedBudget => panic!("the facts are fresh"),
            Step::Wait { until: at, .. } if at > until => return false,
            Step::Wait { until: at, .. } => {
                assert!(at > self.now, "a wait that is over");
                self.now = at;
                self.world.advance_to(at);
            }
            Step::Do(act) => {
                self.world.learn(&self.d);
                let sent = matches!(act, Act::Broadcast);
                let events = block_on(perform(&self.world, &self.d, act, &s, &mut self.tokens));
                assert!(!sent || self.d.flight.is_some());
                self.now = crate::kernel::port::Runtime::now(&self.world);
                if self.trap_at == Some(self.steps) {
                    self.tokens = Tokens::default();
                } else {
                    for event in events {
                        self.record(event);
                    }
                }
                self.steps += 1;
                assert!(self.steps < 20_000, "it never ends: {:?}", self.log.last());
            }
        }
        self.was_stuck |= self.d.phase() == Phase::Stuck;
        true
    }

    fn run_until(&mut self, until: Nanos, stop: impl Fn(&Deployment) -> bool) {
        while !stop(&self.d) && self.step(until) {}
    }

    fn run_to_rest(&mut self, until: Nanos) {
        self.run_until(until, |d| matches!(d.stage, Phase::Live | Phase::Settled));
    }

    /// Whatever happened: when it is over, nothing is left open and the books agree.
    fn settle(&mut self, desc: &str) {
        let until = self.now + 3 * STUCK_AFTER;
        if self.d.close_ordered.is_none() && self.d.stage != Phase::Settled {
            self.record(Event::CloseOrdered {
                reason: "enough".into(),
            });
        }
        self.run_until(until, |d| d.stage == Phase::Settled);
        assert_eq!(self.d.stage, Phase::Settled, "{desc}: {:?}", self.tail());
        assert!(self.d.reason.is_some(), "{desc}");
        assert_eq!(self.d.reserved(), Uact::ZERO, "{desc}");
        let (spent, refund) = match (self.d.spent, self.d.refund) {
            (Some(spent), Some(refund)) => (u128::from(spent.0), u128::from(refund.0)),
            other => panic!("{desc}: {other:?}"),
        };
        match self.world.truth() {
            None => assert_eq!((spent, refund), (0, 0), "{desc}"),
            Some((open, paid, back)) => {
                assert!(!open, "{desc}: left open");
                assert_eq!((spent, refund), (paid, back), "{desc}");
            }
        }
    }

    fn tail(&self) -> Vec<&Event> {
        self.log.iter().rev().take(8).map(|(_, e)| e).collect()
    }
}

fn honest() -> World {
    World::new(T0, order().dseq, TREASURY)
        .with(DEAR, 900, Manners::Honest)
        .with(CHEAP, 800, Manners::Honest)
}

fn one(manners: Manners) -> World {
    World::new(T0, order().dseq, TREASURY).with(CHEAP, 800, manners)
}

#[test]
fn should_be_live_after_three_signatures_and_seven_outcalls() {
    let mut driver = Driver::new(honest());
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Live, "{:?}", driver.tail());
    let calls = driver.world.outcalls.borrow().clone();
    let expected = [
        "Post",
        "/akash/market/v1beta5/bids/list",
        "/akash/provider/v1beta4/providers/akash1cheap",
        "https://akash1cheap.test:8443/address",
        "Post",
        "Put https://akash1cheap.test:8443/deployment/",
        "https://akash1cheap.test:8443/lease/",
    ];
    assert_eq!(calls.len(), expected.len(), "{calls:#?}");
    for (call, expected) in calls.iter().zip(expected) {
        assert!(call.contains(expected), "expected {expected}, got {call}");
    }
    assert_eq!(*driver.world.signatures.borrow(), 3);
    let lease = driver.d.leases().next().expect("a lease");
    assert_eq!(
        (lease.bid.provider.as_str(), lease.uris.as_slice()),
        (CHEAP, &["hello.test".to_string()][..])
    );
    let states: Vec<_> = driver.d.transactions.iter().map(|t| &t.state).collect();
    assert_eq!(states, [&TxState::Confirmed, &TxState::Confirmed]);
    assert_eq!(
        driver.d.deposit,
        plan(&order()).expect("a good order").deposit
    );
    driver.settle("straight");
}

#[test]
fn should_close_at_the_end_of_the_term_and_get_the_rest_back() {
    let mut driver = Driver::new(honest());
    driver.run_until(T0 + 2 * STUCK_AFTER, |_| false);
    assert_eq!(driver.d.reason.as_deref(), Some("end of term"));
    let live_at = driver.d.live_at.expect("it was live");
    let closing = driver
        .log
        .iter()
        .find(|(_, e)| matches!(e, Event::CloseDecided { .. }))
        .expect("it was closed");
    assert!(
        closing.0 >= live_at + TERM_S * SECOND
            && closing.0 < live_at + TERM_S * SECOND + 60 * SECOND
    );
    assert!(driver.d.refund > Some(Uact::ZERO) && driver.d.spent > Some(Uact::ZERO));
    driver.settle("end of term");
}

#[test]
fn should_end_well_whatever_providers_do() {
    let spare = |manners| one(manners).with(DEAR, 900, Manners::Honest);
    let rows: Vec<(&str, World, Phase, &str)> = vec![
        (
            "no bids",
            World::new(T0, order().dseq, TREASURY),
            Phase::Settled,
            "no bids",
        ),
        (
            "only greedy bids",
            World::new(T0, order().dseq, TREASURY).with(CHEAP, 1_001, Manners::Greedy),
            Phase::Settled,
            "price",
        ),
        ("bid gone", spare(Manners::Vanishes), Phase::Live, ""),
        (
            "the only bid gone",
            one(Manners::Vanishes),
            Phase::Settled,
            "no bids",
        ),
        ("refuses", spare(Manners::RefusesManifest), Phase::Live, ""),
        ("silent", spare(Manners::SilentManifest), Phase::Live, ""),
        ("never ready", spare(Manners::NeverReady), Phase::Live, ""),
        ("gone", spare(Manners::Gone), Phase::Live, ""),
        (
            "somebody else",
            spare(Manners::WrongAddress),
            Phase::Live,
            "",
        ),
        (
            "the only one refuses",
            one(Manners::RefusesManifest),
            Phase::Settled,
            "admit",
        ),
        (
            "all refuse",
            ["a", "b", "c", "d"]
                .into_iter()
                .fold(World::new(T0, order().dseq, TREASURY), |world, name| {
                    world.with(name, 800, Manners::RefusesManifest)
                }),
            Phase::Settled,
            "3 leases failed",
        ),
    ];
    for (desc, world, phase, reason) in rows {
        let mut driver = Driver::new(world);
        driver.run_to_rest(T0 + STUCK_AFTER);
        assert_eq!(driver.d.phase(), phase, "{desc}: {:?}", driver.tail());
        assert!(!driver.was_stuck, "{desc}");
        assert!(driver.d.lease_failures <= MAX_LEASE_ATTEMPTS, "{desc}");
        if phase == Phase::Live {
            let lease = driver.d.leases().next().expect("a lease");
            assert_eq!(lease.bid.provider, DEAR, "{desc}");
        } else {
            let got = driver.d.reason.clone().unwrap_or_default();
            assert!(got.contains(reason), "{desc}: {got}");
        }
        driver.settle(desc);
    }
}

#[test]
fn should_wait_a_whole_window_for_bids() {
    let mut driver = Driver::new(World::new(T0, order().dseq, TREASURY));
    driver.run_to_rest(T0 + STUCK_AFTER);
    let decided = driver
        .log
        .iter()
        .find(|(_, e)| matches!(e, Event::CloseDecided { .. }))
        .expect("it was given up");
    assert!(decided.0 >= T0 + BID_WAIT + BIDDING_WINDOW, "{decided:?}");
    assert!(decided.0 < T0 + 3 * BIDDING_WINDOW, "{decided:?}");
}

#[test]
fn should_spend_nothing_when_the_chain_refuses_the_deposit() {
    let mut world = honest();
    world.no_grant = true;
    let mut driver = Driver::new(world);
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Settled);
    let reason = driver.d.reason.clone().unwrap_or_default();
    assert!(
        reason.contains("refused") && reason.contains("28"),
        "{reason}"
    );
    driver.settle("no grant");
}

#[test]
fn should_spend_nothing_when_all_nodes_refuse_the_create() {
    let world = honest().trouble(Trouble {
        fault: Fault::Refused,
        from: 0,
        count: 3,
    });
    let mut driver = Driver::new(world);
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Settled);
    let reason = driver.d.reason.clone().unwrap_or_default();
    assert!(reason.contains("refused the deployment"), "{reason}");
    assert_eq!(driver.d.transactions.len(), 1, "no second try");
    driver.settle("refused by all");
}

#[test]
fn should_take_what_exists_for_its_own() {
    let world = World::new(T0, order().dseq, TREASURY);
    world.open_already(plan(&order()).expect("a good order").deposit.0);
    let mut driver = Driver::new(world);
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert!(driver.d.exists, "{:?}", driver.tail());
    driver.settle("opened already");
}

#[test]
fn should_ask_the_next_node_after_a_failure() {
    let world = honest().trouble(Trouble {
        fault: Fault::Lost,
        from: 0,
        count: 2,
    });
    let mut driver = Driver::new(world);
    driver.run_to_rest(T0 + STUCK_AFTER);
    let calls = driver.world.outcalls.borrow().clone();
    let hosts: Vec<&str> = calls[..3]
        .iter()
        .filter_map(|call| call.split('/').nth(2))
        .collect();
    assert_ne!(hosts[0], hosts[1]);
    assert_ne!(hosts[1], hosts[2]);
    assert_ne!(hosts[0], hosts[2]);
}

#[test]
fn should_close_when_a_provider_ends_the_lease() {
    let mut driver = Driver::new(honest());
    driver.run_to_rest(T0 + STUCK_AFTER);
    driver.world.provider_closes();
    let until = driver.now + 2 * WATCH_EVERY;
    driver.run_until(until, |_| false);
    assert_eq!(driver.d.phase(), Phase::Settled, "{:?}", driver.tail());
    let reason = driver.d.reason.clone().unwrap_or_default();
    assert!(reason.contains("unstable"), "{reason}");
    driver.settle("lease ended");
}

fn two_groups() -> Order {
    let sdl = SDL
        .replace(
            "profiles:\n",
            "  api:\n    image: nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789\
             abcdef\n    expose:\n      - port: 80\n        as: 80\n        to:\n          - \
             global: true\nprofiles:\n",
        )
        .replace(
            "deployment:\n",
            "    two:\n      pricing:\n        web:\n          denom: uact\n          amount: \
             1000\ndeployment:\n  api:\n    two:\n      profile: web\n      count: 1\n",
        );
    let policy = Policy {
        max_uact_per_block: 2_000,
        ..Policy::default()
    };
    Order {
        sdl,
        policy,
        ..order()
    }
}

#[test]
fn should_take_one_bid_for_each_group_in_one_transaction() {
    let mut world = honest();
    world.groups = 2;
    let mut driver = Driver::with_order(world, two_groups());
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Live, "{:?}", driver.tail());
    assert_eq!(driver.d.leases().count(), 2);
    assert_eq!(driver.d.transactions.len(), 2);
    assert_eq!(
        *driver.world.signatures.borrow(),
        3,
        "one token serves both leases"
    );
    driver.settle("two groups");
}

#[test]
fn should_replace_only_the_lease_that_failed() {
    let mut world = honest().with("akash1third", 950, Manners::Honest);
    world.groups = 2;
    let order = Order {
        policy: Policy {
            max_uact_per_block: 2_000,
            ..Policy::default()
        },
        ..two_groups()
    };
    let mut driver = Driver::with_order(world, order);
    // The cheap provider serves the first group and not the second.
    driver.world.only_group = Some((CHEAP.into(), 1));
    driver.world.providers[1].2 = Manners::NeverReady;
    driver.run_to_rest(T0 + STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Live, "{:?}", driver.tail());
    let providers: Vec<_> = driver.d.leases().map(|l| l.bid.provider.as_str()).collect();
    assert_eq!(providers, [DEAR, DEAR]);
    let closed = driver
        .d
        .transactions
        .iter()
        .filter(|t| t.purpose == "close lease")
        .count();
    assert_eq!(closed, 1);
    driver.settle("one of two groups replaced");
}

/// The straight way has so many calls; what comes after the close order has more.
const CALLS: usize = 24;

#[test]
fn should_end_well_whichever_call_goes_wrong_once_or_for_a_while() {
    for fault in FAULTS {
        for from in 0..CALLS {
            for count in [1, 2, 5, 40] {
                let desc = format!("{fault:?} from call {from}, {count} times");
                let world = honest().trouble(Trouble { fault, from, count });
                let mut driver = Driver::new(world);
                driver.run_to_rest(T0 + STUCK_AFTER);
                assert!(
                    matches!(driver.d.phase(), Phase::Live | Phase::Settled),
                    "{desc}: {:?} {:?}",
                    driver.d.phase(),
                    driver.tail()
                );
                if driver.d.stage == Phase::Settled {
                    assert!(driver.d.reason.is_some(), "{desc}");
                }
                driver.settle(&desc);
            }
        }
    }
}

#[test]
fn should_end_well_whenever_a_signature_cannot_be_had() {
    for from in 0..4 {
        for count in [1, 6] {
            let desc = format!("signature {from}, {count} times");
            let world = honest();
            *world.sign_trouble.borrow_mut() = Some((from, count));
            let mut driver = Driver::new(world);
            driver.run_to_rest(T0 + STUCK_AFTER);
            assert_eq!(driver.d.phase(), Phase::Live, "{desc}: {:?}", driver.tail());
            driver.settle(&desc);
        }
    }
}

#[test]
fn should_end_well_whichever_outcome_is_lost_by_a_trap() {
    for trap_at in 0..24 {
        let mut driver = Driver::new(honest());
        driver.trap_at = Some(trap_at);
        driver.run_to_rest(T0 + STUCK_AFTER);
        assert_eq!(
            driver.d.phase(),
            Phase::Live,
            "trap at {trap_at}: {:?}",
            driver.tail()
        );
        driver.settle(&format!("trap at {trap_at}"));
    }
}

#[test]
fn should_close_from_any_step() {
    let mut steps = 0;
    loop {
        let mut driver = Driver::new(honest());
        let mut left = steps;
        while left > 0 && driver.d.stage != Phase::Live && driver.step(T0 + STUCK_AFTER) {
            left -= 1;
        }
        if driver.d.stage == Phase::Live {
            break;
        }
        driver.settle(&format!("closed after {steps} steps"));
        assert_eq!(driver.d.live_at, None);
        steps += 1;
    }
    assert!(steps > 10, "the straight way has more steps than {steps}");
}

#[test]
fn should_be_stuck_while_the_world_is_gone_and_name_what_is_at_risk() {
    // From the fourth call on, nothing answers for a very long time.
    for from in [1, 4, 7] {
        let world = honest().trouble(Trouble {
            fault: Fault::Lost,
            from,
            count: 1_500,
        });
        let mut driver = Driver::new(world);
        driver.run_until(T0 + 3 * STUCK_AFTER, |d| d.phase() == Phase::Stuck);
        assert_eq!(
            driver.d.phase(),
            Phase::Stuck,
            "{from}: {:?}",
            driver.tail()
        );
        assert_eq!(driver.d.at_risk(), Some(driver.d.deposit), "{from}");
        assert!(driver.d.deposit > Uact::ZERO, "{from}");
        assert!(driver.d.reason().is_some(), "{from}");
        driver.run_until(T0 + 60 * STUCK_AFTER, |d| d.phase() != Phase::Stuck);
        assert_ne!(driver.d.phase(), Phase::Stuck, "a later success leaves it");
        driver.settle(&format!("stuck from call {from}"));
    }
}

#[test]
fn should_outlive_a_halt_of_the_chain() {
    let mut driver = Driver::new(honest());
    driver.run_until(T0 + STUCK_AFTER, |d| d.stage == Phase::Created);
    *driver.world.halted.borrow_mut() = true;
    driver.run_until(T0 + STUCK_AFTER / 2, |_| false);
    assert_eq!(driver.d.stage, Phase::Created, "nothing is known");
    *driver.world.halted.borrow_mut() = false;
    driver.run_to_rest(T0 + 2 * STUCK_AFTER);
    assert_eq!(driver.d.phase(), Phase::Live, "{:?}", driver.tail());
    driver.settle("halt");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    /// Faults, a trap and a close order wherever they fall.
    #[test]
    fn should_end_well_whatever_comes_together(
        troubles in proptest::collection::vec((0..FAULTS.len(), 0_usize..60, 1_usize..12), 0..6),
        trap_at in proptest::option::of(0_usize..40),
        close_after in proptest::option::of(0_usize..40),
        sign_trouble in proptest::option::of((0_usize..5, 1_usize..4)),
        manners in 0_usize..8,
    ) {
        const MANNERS: [Manners; 8] = [
            Manners::Honest, Manners::Vanishes, Manners::RefusesManifest, Manners::SilentManifest,
            Manners::NeverReady, Manners::Gone, Manners::WrongAddress, Manners::Honest,
        ];
        let desc = format!("{troubles:?} {trap_at:?} {close_after:?} {sign_trouble:?} {manners}");
        let mut world = one(MANNERS[manners]).with(DEAR, 900, Manners::Honest);
        for (fault, from, count) in troubles {
            let fault = FAULTS[fault];
            world = world.trouble(Trouble { fault, from, count });
        }
        *world.sign_trouble.borrow_mut() = sign_trouble;
        let mut driver = Driver::new(world);
        driver.trap_at = trap_at;
        match close_after {
            Some(steps) => {
                for _ in 0..steps {
                    let _ = driver.step(T0 + STUCK_AFTER);
                }
            }
            None => {
                driver.run_to_rest(T0 + STUCK_AFTER);
                assert!(
                    matches!(driver.d.phase(), Phase::Live | Phase::Settled),
                    "{desc}: {:?}",
                    driver.tail()
                );
            }
        }
        driver.settle(&desc);
    }
}
