//! The one state of the running canister, and the one way to change it.

use super::{Event, Recorded, State};
use crate::budget::Told;
use crate::storage;
use orchestrator::kernel::Nanos;
use orchestrator::lease::Phase;
use std::cell::RefCell;

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    static TOLD: RefCell<Option<Told>> = const { RefCell::new(None) };
}

/// Reads the state.
pub fn read<R>(reader: impl FnOnce(&State) -> R) -> R {
    STATE.with_borrow(reader)
}

/// Reads the state and what the treasury last told.
pub fn read_with_told<R>(reader: impl FnOnce(&State, Option<&Told>) -> R) -> R {
    STATE.with_borrow(|state| TOLD.with_borrow(|told| reader(state, told.as_ref())))
}

/// Records an event and applies it. The log and the state change in one message or not at all.
pub fn process(at: Nanos, event: Event) {
    let recorded = Recorded { at, event };
    let touched = match &recorded.event {
        Event::Configured { .. } => None,
        Event::DeployAdopted { order, .. } => Some(order.nonce),
        Event::CloseAdopted { deployment, .. } => Some(*deployment),
        Event::Deployment { nonce, .. } => Some(*nonce),
    };
    storage::append(&recorded.encode());
    STATE.with_borrow_mut(|state| {
        let before = touched.and_then(|nonce| phase(state, nonce));
        state.apply(&recorded);
        let after = touched.and_then(|nonce| phase(state, nonce));
        if let (Some(nonce), true) = (touched, before != after) {
            log_transition(state, nonce, before, after);
        }
    });
}

/// Keeps what the treasury told: in memory, and in stable memory for the time after an upgrade.
pub fn tell(told: Told) {
    storage::keep_told(&told.encode());
    TOLD.with_borrow_mut(|kept| *kept = Some(told));
}

/// Rebuilds the state after an upgrade.
///
/// **Panics** when an entry of the log does not decode: the upgrade is then undone, and the old
/// module, which wrote it, goes on.
pub fn restore() {
    let mut state = State::default();
    storage::for_each_event(|entry| {
        state.apply(&Recorded::decode(entry).expect("BUG: the log holds entries of ours alone"));
    });
    STATE.with_borrow_mut(|live| *live = state);
    // What does not decode was told by another version of the treasury: it is told again soon.
    let told = storage::told().and_then(|bytes| Told::decode(&bytes));
    TOLD.with_borrow_mut(|kept| *kept = told);
}

fn phase(state: &State, nonce: u64) -> Option<Phase> {
    Some(state.deployment(nonce)?.deployment.phase())
}

fn log_transition(state: &State, nonce: u64, before: Option<Phase>, after: Option<Phase>) {
    let name = |phase: Option<Phase>| phase.map_or("none".to_string(), |p| format!("{p:?}"));
    let reason = state
        .deployment(nonce)
        .and_then(|a| a.deployment.reason())
        .map_or(String::new(), |why| format!(" ({why})"));
    ic_cdk::println!(
        "deployment {nonce}: {} -> {}{reason}",
        name(before),
        name(after)
    );
}
