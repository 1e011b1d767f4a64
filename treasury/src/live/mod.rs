//! The one state of the running canister, the one way to change it, and what is read of its log.

use crate::book::Entry;
use crate::limits::{MAX_PAGE, MAX_PAGE_BYTES};
use crate::log::snapshot::{self, SnapshotError};
use crate::log::{Block, Tip};
use crate::state::{Event, Recorded, State};
use crate::storage;
use live_runtime::certificate::certified_data;
use orchestrator::kernel::Nanos;
use std::cell::{Cell, RefCell};

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    static TIP: Cell<Option<Tip>> = const { Cell::new(None) };
}

/// Reads the state.
pub fn read<R>(reader: impl FnOnce(&State) -> R) -> R {
    STATE.with_borrow(reader)
}

/// The newest block.
#[must_use]
pub fn tip() -> Option<Tip> {
    TIP.get()
}

/// Applies an event, records it as a block, and has the subnet certify that block's hash. The log
/// and the state change in one message or not at all.
pub fn process(at: Nanos, event: Event) {
    append(at, event);
    certify();
}

/// What the subnet certifies from now on: the newest block. Called after install and upgrade, too.
pub fn certify() {
    ic_cdk::api::certified_data_set(certified_data(tip().as_ref()));
}

/// Applies an event and records it.
pub fn append(at: Nanos, event: Event) {
    let recorded = Recorded { at, event };
    let entries = STATE.with_borrow_mut(|state| state.apply(&recorded));
    let number = entries.len();
    let tip = TIP.get();
    let block = Block::new(tip.as_ref(), &recorded, entries);
    storage::append(&block.encode(), number);
    TIP.set(Some(Tip {
        index: tip.map_or(0, |tip| tip.index + 1),
        hash: block.hash(),
    }));
}

/// Keeps the state over an upgrade.
pub fn save() {
    let bytes = STATE.with_borrow(|state| snapshot::encode(TIP.get(), state));
    storage::save_snapshot(&bytes);
}

/// Rebuilds the state after an upgrade: from the snapshot, where there is one of the newest block,
/// else from the log. Says why it was the log.
///
/// **Panics** when a block of the log does not decode: the upgrade is then undone, and the old
/// module, which wrote it, goes on.
pub fn restore() -> Option<SnapshotError> {
    let tip = last_block();
    let (state, why) = match snapshot::decode(&storage::snapshot(), tip) {
        Ok(state) => (state, None),
        Err(why) => (replay(), Some(why)),
    };
    STATE.with_borrow_mut(|live| *live = state);
    TIP.set(tip);
    why
}

const OURS: &str = "BUG: the log holds blocks of ours alone";

fn last_block() -> Option<Tip> {
    let index = storage::block_count().checked_sub(1)?;
    let block = Block::decode(&storage::block(index)?).expect(OURS);
    Some(Tip {
        index,
        hash: block.hash(),
    })
}

fn replay() -> State {
    let mut state = State::default();
    storage::for_each_block(|bytes| {
        let block = Block::decode(bytes).expect(OURS);
        state.apply(&block.recorded().expect(OURS));
    });
    state
}

/// An entry of the books, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// From 0, without gaps.
    pub number: u64,
    /// The block of the log that has it.
    pub block: u64,
    /// When it was booked.
    pub at: Nanos,
    /// It.
    pub entry: Entry,
}

/// A page of entries, oldest first: at most [`MAX_PAGE`], of about [`MAX_PAGE_BYTES`] in all.
#[must_use]
pub fn entries(start: u64, length: u64) -> Vec<Booked> {
    let mut found = Vec::new();
    let mut size = 0;
    let Some(mut index) = storage::entry_block(start) else {
        return found;
    };
    // Entries of the first block that come before the page.
    let before = (0..start).rev();
    let mut skip = before
        .take_while(|number| storage::entry_block(*number) == Some(index))
        .count();
    let length = length.min(MAX_PAGE);
    let mut number = start;
    while (found.len() as u64) < length {
        let Some(bytes) = storage::block(index) else {
            break;
        };
        size += bytes.len();
        if size > MAX_PAGE_BYTES && !found.is_empty() {
            break;
        }
        let block = Block::decode(&bytes).expect(OURS);
        for entry in block.entries.into_iter().skip(skip) {
            if found.len() as u64 == length {
                break;
            }
            found.push(Booked {
                number,
                block: index,
                at: block.at,
                entry,
            });
            number += 1;
        }
        skip = 0;
        match storage::entry_block(number) {
            Some(next) => index = next,
            None => break,
        }
    }
    found
}

/// The newest entries, newest first.
#[must_use]
pub fn newest_entries(length: u64) -> Vec<Booked> {
    let start = storage::entry_count().saturating_sub(length);
    let mut entries = entries(start, length);
    entries.reverse();
    entries
}

#[cfg(test)]
mod tests;
