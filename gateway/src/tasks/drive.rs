//! Driving one deployment, and hearing the treasury.

use super::guard::{Guard, Key};
use crate::budget::{self, Told};
use crate::state::{Event, live};
use orchestrator::kernel::port::Runtime;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::lease::{Act, Deployment, Phase, Step, Surroundings, Tokens, next, perform};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use treasury::types::Snapshot;

/// Most acts in one run; what is left is done in the next one. The happy path takes fewer between
/// two waits.
pub const MAX_STEPS: usize = 16;

/// Pause when somebody else is at work on what is needed.
const BUSY_WAIT: Nanos = 5 * NANOS_PER_SECOND;

/// Pause after a question that the treasury did not answer.
const TREASURY_WAIT: Nanos = 15 * NANOS_PER_SECOND;

/// The treasury, as tasks see it.
pub trait Treasury {
    /// Asks for a snapshot. **Errors** no answer, or one that does not decode; in words.
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot, String>>;
}

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// At this time. **Units** ns since the Unix epoch.
    At(Nanos),
    /// Never: nothing is left to do.
    Never,
    /// Somebody else is at work on it and will see to it; or too many are, and the heartbeat will.
    Busy,
}

thread_local! {
    /// When each deployment is due, and what it waits for. Lost by an upgrade: then all are due.
    static WAITS: RefCell<BTreeMap<u64, (Nanos, String)>> = const { RefCell::new(BTreeMap::new()) };
    /// Tokens for providers: secrets that live minutes, never stored.
    static TOKENS: RefCell<BTreeMap<u64, Tokens>> = const { RefCell::new(BTreeMap::new()) };
}

/// Deployments that are due: not settled, and not waiting for a later moment.
#[must_use]
pub fn due(now: Nanos) -> Vec<u64> {
    let open: Vec<u64> = live::read(|state| {
        let all = state.deployments(None);
        all.filter(|(_, adopted)| adopted.deployment.stage != Phase::Settled)
            .map(|(nonce, _)| nonce)
            .collect()
    });
    WAITS.with_borrow(|waits| {
        let is_due = |nonce: &u64| waits.get(nonce).is_none_or(|(until, _)| *until <= now);
        open.into_iter().filter(is_due).collect()
    })
}

/// What a deployment waits for, and until when.
#[must_use]
pub fn waiting_for(nonce: u64) -> Option<(Nanos, String)> {
    WAITS.with_borrow(|waits| waits.get(&nonce).cloned())
}

/// Drives one deployment until it waits, has nothing to do, or [`MAX_STEPS`] are done.
///
/// `is_running` says whether the canister may make calls: one that is being stopped must let its
/// open calls end.
pub async fn drive(
    rt: &impl Runtime,
    treasury: &impl Treasury,
    is_running: impl Fn() -> bool,
    nonce: u64,
) -> After {
    let Some(_guard) = Guard::take(Key::Deployment(nonce)) else {
        return After::Busy;
    };
    WAITS.with_borrow_mut(|waits| waits.remove(&nonce));
    let mut tokens = TOKENS
        .with_borrow_mut(|all| all.remove(&nonce))
        .unwrap_or_default();
    let after = steps(rt, treasury, is_running, nonce, &mut tokens).await;
    match after {
        After::At(_) => TOKENS.with_borrow_mut(|all| {
            all.insert(nonce, tokens);
        }),
        After::Never | After::Busy => {}
    }
    after
}

async fn steps(
    rt: &impl Runtime,
    treasury: &impl Treasury,
    is_running: impl Fn() -> bool,
    nonce: u64,
    tokens: &mut Tokens,
) -> After {
    let mut asked = false;
    for _ in 0..MAX_STEPS {
        if !is_running() {
            return wait(rt, nonce, BUSY_WAIT, "the canister is being stopped");
        }
        let Some((d, s)) = look(rt, nonce) else {
            return After::Never;
        };
        match next(&d, &s) {
            Step::Do(act) => {
                let _deposit = if act == Act::SignCreate {
                    match Guard::take(Key::Deposit(d.order.budget.clone())) {
                        Some(guard) => Some(guard),
                        None => return wait(rt, nonce, BUSY_WAIT, "another deposit of the budget"),
                    }
                } else {
                    None
                };
                for event in perform(rt, &d, act, &s, tokens).await {
                    live::process(rt.now(), Event::Deployment { nonce, event });
                }
            }
            Step::NeedBudget if asked => {
                return wait(rt, nonce, TREASURY_WAIT, "the treasury to tell");
            }
            Step::NeedBudget => {
                asked = true;
                hear(rt, treasury).await;
            }
            Step::Wait { until, why } => {
                WAITS.with_borrow_mut(|waits| waits.insert(nonce, (until, why)));
                return After::At(until);
            }
            Step::Done => return After::Never,
        }
    }
    // More to do: at once, but in a message of its own.
    After::At(rt.now())
}

fn wait(rt: &impl Runtime, nonce: u64, pause: Nanos, why: &str) -> After {
    let until = rt.now().saturating_add(pause);
    WAITS.with_borrow_mut(|waits| waits.insert(nonce, (until, why.to_string())));
    After::At(until)
}

/// A deployment and what is known around it, now.
fn look(rt: &impl Runtime, nonce: u64) -> Option<(Deployment, Surroundings)> {
    live::read_with_told(|state, told| {
        let surroundings = Surroundings {
            now: rt.now(),
            chain: state.config()?.chain.clone(),
            budget: budget::facts(state, told, nonce),
        };
        Some((state.deployment(nonce)?.deployment.clone(), surroundings))
    })
}

/// Asks the treasury, unless somebody is asking already.
pub async fn hear(rt: &impl Runtime, treasury: &impl Treasury) {
    let Some(_guard) = Guard::take(Key::Treasury) else {
        return;
    };
    let asked_at = rt.now();
    match treasury.snapshot().await {
        Ok(snapshot) => live::tell(Told::new(asked_at, snapshot)),
        Err(why) => ic_cdk::println!("the treasury did not tell: {why}"),
    }
}

/// Forgets what a deployment waits for, so that it is due at once.
pub(super) fn nudge(nonce: u64) {
    WAITS.with_borrow_mut(|waits| waits.remove(&nonce));
}
