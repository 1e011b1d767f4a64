//! Whatever is lost on the way, an order ends live, closed, or stuck with a reason; never twice.

mod common;

use anyhow::ensure;
use candid::Principal;
use common::{HOUR, MINUTE, close, deploy, outcome, world};
use gateway::types::{DeploymentView, Phase};
use ic_host::{Fault, Faults, Point, RandomFaults, RejectCode};
use local_network::checks;
use local_network::orders::Deploy;
use local_network::world::{Told, World};
use std::cell::Cell;
use std::rc::Rc;

/// What strikes where.
type Strikes = fn(&Point) -> Option<Fault>;

/// Whether a point is in the life of one of our canisters. The world's own are not on trial.
fn is_ours(ours: &[Principal], point: &Point) -> bool {
    match point {
        Point::Request { from, to, .. } | Point::BoundedReply { from, to } => {
            ours.contains(from) || (ours.contains(to) && ours.contains(from))
        }
        // The callback of the timer library's own call counts, and does nothing that could trap.
        Point::Callback {
            canister, method, ..
        } => ours.contains(canister) && method != "canister_global_timer",
        Point::OutcallReply { canister, .. } | Point::Signing { canister } => {
            ours.contains(canister)
        }
    }
}

fn ours(w: &World) -> Vec<Principal> {
    vec![w.canisters.gateway, w.canisters.treasury]
}

/// Strikes once, at the n-th chance.
struct Once {
    at: u32,
    seen: Rc<Cell<u32>>,
    strikes: Strikes,
    ours: Vec<Principal>,
}

impl Faults for Once {
    fn at(&mut self, point: &Point) -> Fault {
        let Some(fault) = (self.strikes)(point).filter(|_| is_ours(&self.ours, point)) else {
            return Fault::None;
        };
        let seen = self.seen.get();
        self.seen.set(seen + 1);
        if seen == self.at { fault } else { Fault::None }
    }
}

/// Strikes at random, at our canisters.
struct Random {
    faults: RandomFaults,
    ours: Vec<Principal>,
}

impl Faults for Random {
    fn at(&mut self, point: &Point) -> Fault {
        if is_ours(&self.ours, point) {
            self.faults.at(point)
        } else {
            Fault::None
        }
    }
}

/// Deploys and closes with one fault at the n-th chance. Returns how many chances there were.
fn with_fault_at(at: u32, strikes: Strikes) -> Told<u32> {
    let mut w = world(20)?;
    let seen = Rc::new(Cell::new(0));
    w.ic.set_faults(Some(Box::new(Once {
        at,
        seen: Rc::clone(&seen),
        strikes,
        ours: ours(&w),
    })));
    let live = deploy(&mut w)?;
    ensure!(
        live.phase == Phase::Live,
        "fault {at}: {:?} {:?}",
        live.phase,
        live.reason
    );
    let closed = close(&mut w, live.nonce)?;
    ensure!(
        closed.phase == Phase::Settled,
        "fault {at}: {:?}",
        closed.reason
    );
    w.ic.set_faults(None);
    checks::settled(&mut w)?;
    Ok(seen.get())
}

/// Strikes at every chance in turn, as long as there are chances.
fn sweep(strikes: Strikes) -> Told<()> {
    let mut at = 0;
    let mut chances = 0;
    while at <= chances {
        chances = with_fault_at(at, strikes)?;
        at += 1;
    }
    ensure!(
        chances > 3,
        "only {chances} chances: the sweep strikes at nothing"
    );
    Ok(())
}

#[test]
fn should_survive_a_trap_in_any_callback() -> Told<()> {
    sweep(|point| match point {
        Point::Callback { .. } => Some(Fault::Trap),
        _ => None,
    })
}

#[test]
fn should_survive_the_loss_of_any_answer_to_an_outcall() -> Told<()> {
    sweep(|point| match point {
        Point::OutcallReply { .. } => Some(Fault::Reject(
            RejectCode::SysTransient,
            "the answer is lost".into(),
        )),
        _ => None,
    })
}

#[test]
fn should_survive_a_signer_that_refuses_once() -> Told<()> {
    sweep(|point| match point {
        Point::Signing { .. } => Some(Fault::Reject(
            RejectCode::SysTransient,
            "the queue is full".into(),
        )),
        _ => None,
    })
}

/// An upgrade of either canister after every number of steps.
#[test]
fn should_survive_an_upgrade_at_any_moment() -> Told<()> {
    for steps in 0..60_u64 {
        let mut w = world(21)?;
        let nonce = w.deploy(&Deploy::default())?;
        for _ in 0..steps {
            w.tick()?;
        }
        let before = w.deployment(nonce)?;
        w.upgrade("gateway")?;
        w.upgrade("treasury")?;
        same(&before, &w.deployment(nonce)?)?;
        let live = outcome(&mut w, nonce)?;
        ensure!(
            live.phase == Phase::Live,
            "after {steps} steps: {:?} {:?}",
            live.phase,
            live.reason
        );
        if steps % 10 == 0 {
            let closed = close(&mut w, nonce)?;
            ensure!(closed.phase == Phase::Settled, "{:?}", closed.reason);
        }
        checks::settled(&mut w)?;
    }
    Ok(())
}

fn same(before: &DeploymentView, after: &DeploymentView) -> Told<()> {
    ensure!(
        before == after,
        "an upgrade changed {before:?} to {after:?}"
    );
    Ok(())
}

/// Faults of all kinds for hours; then they stop, and everything must settle.
#[test]
fn should_settle_after_faults_stop() -> Told<()> {
    for seed in 30..38 {
        let mut w = world(seed)?;
        w.ic.set_faults(Some(Box::new(Random {
            faults: RandomFaults::new(seed, 40),
            ours: ours(&w),
        })));
        for _ in 0..6 {
            w.deploy(&Deploy::default())?;
            w.pass(10 * MINUTE)?;
        }
        w.pass(HOUR)?;
        checks::all(&mut w)?;
        w.ic.set_faults(None);
        for d in checks::deployments(&mut w)? {
            let ended = outcome(&mut w, d.nonce)?;
            ensure!(
                ended.phase != Phase::Stuck,
                "seed {seed}: {} is stuck: {:?}",
                d.nonce,
                ended.reason
            );
        }
        checks::settled(&mut w)?;
    }
    Ok(())
}
