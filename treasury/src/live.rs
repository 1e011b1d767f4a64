//! The one state of the running canister, and the one way to change it.

use crate::state::{Event, Recorded, State};
use crate::storage;
use orchestrator::kernel::Nanos;
use std::cell::RefCell;

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Reads the state.
pub fn read<R>(reader: impl FnOnce(&State) -> R) -> R {
    STATE.with_borrow(reader)
}

/// Records an event and applies it. The log and the state change in one message or not at all.
pub fn process(at: Nanos, event: Event) {
    let recorded = Recorded { at, event };
    storage::append(&recorded.encode());
    STATE.with_borrow_mut(|state| state.apply(&recorded));
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
}
