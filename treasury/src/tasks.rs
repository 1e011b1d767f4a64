//! The tasks of the running canister: the reconciler, and the reading of rates.
//!
//! Timers only wake them; they take no input and may run twice. Nothing but [`start`] and the
//! wakes knows `ic-cdk`.

use crate::grants::{Step, next, perform};
use crate::limits::{HEARTBEAT, NUDGE_EVERY, RATES_EVERY, RATES_RETRY};
use crate::live;
use crate::rates::{self, Answer};
use crate::state::Event;
use candid::Principal;
use ic_cdk::api::{CanisterStatusCode, canister_status, time};
use ic_cdk::call::Call;
use live_runtime::LiveRuntime;
use orchestrator::kernel::Nanos;
use std::cell::Cell;
use std::time::Duration;

/// Most acts of one run. The next run goes on at once; in between other messages come in.
const MAX_ACTS: usize = 50;

/// How long the exchange-rate canister may take to answer. **Units** seconds.
const RATES_TIMEOUT_S: u32 = 120;

/// Most cycles that a question for a rate may cost; what is not used comes back.
const RATES_CYCLES: u128 = rates::CYCLES;

thread_local! {
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
    static READING_RATES: Cell<bool> = const { Cell::new(false) };
    static NUDGED_AT: Cell<Option<Nanos>> = const { Cell::new(None) };
    static RATES_DUE: Cell<Nanos> = const { Cell::new(0) };
    static WAITING: Cell<Nanos> = const { Cell::new(0) };
}

/// Held while a task works; dropped also when it traps.
struct Guard(&'static std::thread::LocalKey<Cell<bool>>);

impl Guard {
    fn take(flag: &'static std::thread::LocalKey<Cell<bool>>) -> Option<Self> {
        // Built only when it is ours: dropping another one's guard would let two in.
        (!flag.replace(true)).then(|| Self(flag))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Starts all timers. Called once after install and after each upgrade: both begin without any.
pub fn start() {
    live_runtime::beat::start(Duration::from_nanos(HEARTBEAT), || Box::pin(heartbeat()));
}

/// Runs the reconciler at once: something was adopted.
pub fn wake() {
    ic_cdk_timers::set_timer(Duration::ZERO, reconcile());
}

/// Somebody knows of news on the chain. It is looked at soon, and at most once a minute.
pub fn nudge() {
    let now = time();
    let recent = NUDGED_AT
        .get()
        .is_some_and(|at| now < at.saturating_add(NUDGE_EVERY));
    if !recent {
        NUDGED_AT.set(Some(now));
        wake();
    }
}

/// Whether the reconciler is at work.
#[must_use]
pub fn is_at_work() -> bool {
    AT_WORK.get()
}

async fn heartbeat() {
    if time() >= WAITING.get() {
        reconcile().await;
    }
    read_rates().await;
}

/// A nudge counts until everything was read after it.
fn is_nudged() -> bool {
    let read_at = live::read(|state| state.own.as_ref().map_or(0, |own| own.read_at));
    NUDGED_AT.get().is_some_and(|at| at >= read_at)
}

async fn reconcile() {
    let Some(_guard) = Guard::take(&AT_WORK) else {
        return;
    };
    for _ in 0..MAX_ACTS {
        let Some(rt) = runtime() else { return };
        let step = live::read(|state| next(state, time(), is_nudged()));
        match step {
            Step::Do(act) => {
                let event = perform(&rt, *act).await;
                live::process(time(), event);
            }
            Step::Wait { until, .. } => {
                WAITING.set(until);
                let wait = Duration::from_nanos(until.saturating_sub(time()));
                // The heartbeat sees to longer waits, and timers do not pile up.
                if wait < Duration::from_nanos(HEARTBEAT) {
                    ic_cdk_timers::set_timer(wait, run_if_due());
                }
                return;
            }
        }
    }
    WAITING.set(0);
    ic_cdk_timers::set_timer(Duration::ZERO, run_if_due());
}

fn run_if_due() -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async {
        if time() >= WAITING.get() {
            reconcile().await;
        }
    })
}

/// `None` while the canister is stopping: calls that are open then keep it from being upgraded.
fn runtime() -> Option<LiveRuntime> {
    let running = canister_status() == CanisterStatusCode::Running;
    live::read(|state| {
        let config = state.config.as_ref().filter(|_| running)?;
        Some(LiveRuntime {
            key_name: config.key_name.clone(),
        })
    })
}

/// Rates that voters read amounts with. A failure is no matter: the next turn comes.
async fn read_rates() {
    if time() < RATES_DUE.get() || runtime().is_none() {
        return;
    }
    let Some(_guard) = Guard::take(&READING_RATES) else {
        return;
    };
    let canister = live::read(|state| {
        let config = state.config.as_ref()?;
        Some(Principal::from_slice(&config.exchange_rates))
    });
    let Some(canister) = canister else { return };
    let answers = (ask(canister, "AKT").await, ask(canister, "ICP").await);
    let found = match &answers {
        (Ok(akt), Ok(icp)) => rates::judge(akt, icp),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    };
    match found {
        Ok(rates) => {
            RATES_DUE.set(time().saturating_add(RATES_EVERY));
            live::process(time(), Event::RatesRead { rates });
        }
        Err(why) => {
            RATES_DUE.set(time().saturating_add(RATES_RETRY));
            ic_cdk::println!("rates: {why}");
        }
    }
}

async fn ask(canister: Principal, symbol: &str) -> Result<Answer, String> {
    let reply = Call::bounded_wait(canister, "get_exchange_rate")
        .change_timeout(RATES_TIMEOUT_S)
        .with_arg(rates::in_usd(symbol))
        .with_cycles(RATES_CYCLES)
        .await
        .map_err(|e| e.to_string())?;
    candid::decode_one(&reply.into_bytes()).map_err(|e| e.to_string())
}
