//! Stable memory: every `MemoryId`, and nothing that knows what the bytes mean.

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use ic_stable_structures::{DefaultMemoryImpl, Log};
use std::cell::RefCell;

type Memory = VirtualMemory<DefaultMemoryImpl>;

/// Where each event of the log ends.
const EVENT_INDEX: MemoryId = MemoryId::new(0);
/// The events of the log.
const EVENT_DATA: MemoryId = MemoryId::new(1);

thread_local! {
    static MANAGER: RefCell<MemoryManager<DefaultMemoryImpl>> =
        RefCell::new(MemoryManager::init(DefaultMemoryImpl::default()));
    static EVENTS: RefCell<Log<Vec<u8>, Memory, Memory>> =
        RefCell::new(Log::init(memory(EVENT_INDEX), memory(EVENT_DATA)));
}

fn memory(id: MemoryId) -> Memory {
    MANAGER.with_borrow(|manager| manager.get(id))
}

/// Appends an event.
///
/// **Panics** when stable memory is full: the message is undone and nothing happened.
pub fn append(entry: &[u8]) {
    EVENTS.with_borrow(|log| {
        log.append(&entry.to_vec())
            .expect("BUG: stable memory is full");
    });
}

/// How many events there are.
#[must_use]
pub fn event_count() -> u64 {
    EVENTS.with_borrow(Log::len)
}

/// Bytes of all events.
#[must_use]
pub fn event_bytes() -> u64 {
    EVENTS.with_borrow(Log::data_size_bytes)
}

/// One event. The first is 0.
#[must_use]
pub fn event(index: u64) -> Option<Vec<u8>> {
    EVENTS.with_borrow(|log| log.get(index))
}

/// All events, in order.
pub fn for_each_event(mut reader: impl FnMut(&[u8])) {
    EVENTS.with_borrow(|log| log.iter().for_each(|entry| reader(&entry)));
}
