//! The timers of the running canister: the only file of the tasks that knows `ic-cdk`.

use super::drive::{After, Treasury, drive, due, hear, nudge};
use crate::state::live;
use candid::Principal;
use ic_cdk::api::CanisterStatusCode;
use ic_cdk::call::Call;
use live_runtime::LiveRuntime;
use orchestrator::kernel::Nanos;
use std::time::Duration;
use treasury::types::Snapshot;

/// How often everything that is due is looked for, whatever became of its own timer, and the
/// treasury is asked.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// How long the treasury may take to answer. **Units** seconds.
const TREASURY_TIMEOUT_S: u32 = 60;

struct LiveTreasury(Principal);

impl Treasury for LiveTreasury {
    async fn snapshot(&self) -> Result<Snapshot, String> {
        let reply = Call::bounded_wait(self.0, "snapshot")
            .change_timeout(TREASURY_TIMEOUT_S)
            .await
            .map_err(|e| e.to_string())?;
        candid::decode_one(&reply.into_bytes()).map_err(|e| e.to_string())
    }
}

impl LiveTreasury {
    /// Has the treasury look at the chain. It looks now and then anyway, so that nothing depends
    /// on this.
    fn nudge(&self) {
        if let Err(why) = Call::bounded_wait(self.0, "nudge").oneway() {
            ic_cdk::println!("the treasury was not nudged: {why}");
        }
    }
}

/// Starts all timers. Called once after install and after each upgrade: both begin without any.
pub fn start() {
    live_runtime::beat::start(HEARTBEAT, || Box::pin(heartbeat()));
}

/// Drives a deployment at once: something happened to it.
pub fn wake(nonce: u64) {
    nudge(nonce);
    ic_cdk_timers::set_timer(Duration::ZERO, run(nonce));
}

async fn heartbeat() {
    for nonce in due(ic_cdk::api::time()) {
        ic_cdk_timers::set_timer(Duration::ZERO, run(nonce));
    }
    if let (Some((rt, treasury)), true) = (world(), is_running()) {
        hear(&rt, &treasury).await;
    }
}

async fn run(nonce: u64) {
    let Some((rt, treasury)) = world() else {
        return;
    };
    match drive(&rt, &treasury, is_running, nonce).await {
        After::At(at) => {
            ic_cdk_timers::set_timer(until(at), run_again(nonce));
        }
        // Its deposit has come back: the sooner the treasury sees it, the sooner it can be used.
        After::Never => treasury.nudge(),
        After::Busy => {}
    }
}

/// The next run, unless the time has come for a later one: a deployment that was woken in between
/// has set another timer.
fn run_again(nonce: u64) -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        if due(ic_cdk::api::time()).contains(&nonce) {
            run(nonce).await;
        }
    })
}

fn until(at: Nanos) -> Duration {
    Duration::from_nanos(at.saturating_sub(ic_cdk::api::time()))
}

fn world() -> Option<(LiveRuntime, LiveTreasury)> {
    live::read(|state| {
        let config = state.config()?;
        let rt = LiveRuntime {
            key_name: config.key_name.clone(),
        };
        Some((rt, LiveTreasury(Principal::from_slice(&config.treasury))))
    })
}

fn is_running() -> bool {
    ic_cdk::api::canister_status() == CanisterStatusCode::Running
}
