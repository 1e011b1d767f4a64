//! Stable memory: every `MemoryId`, and nothing that knows what the bytes mean.

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use ic_stable_structures::{DefaultMemoryImpl, Log, Memory as _, Vec as StableVec};
use std::cell::RefCell;

type Memory = VirtualMemory<DefaultMemoryImpl>;

/// Where each block of the log ends.
const BLOCK_INDEX: MemoryId = MemoryId::new(0);
/// The blocks of the log.
const BLOCK_DATA: MemoryId = MemoryId::new(1);
/// Which block has each entry of the books.
const ENTRIES: MemoryId = MemoryId::new(2);
/// The state as it was before the last upgrade.
const SNAPSHOT: MemoryId = MemoryId::new(3);

/// **Units** bytes. **Source** WebAssembly.
const PAGE: u64 = 65_536;

/// Where the bytes of the snapshot begin; their number stands before them.
const SNAPSHOT_START: u64 = 8;

thread_local! {
    static MANAGER: RefCell<MemoryManager<DefaultMemoryImpl>> =
        RefCell::new(MemoryManager::init(DefaultMemoryImpl::default()));
    static BLOCKS: RefCell<Log<Vec<u8>, Memory, Memory>> =
        RefCell::new(Log::init(memory(BLOCK_INDEX), memory(BLOCK_DATA)));
    static ENTRY_BLOCKS: RefCell<StableVec<u64, Memory>> =
        RefCell::new(StableVec::init(memory(ENTRIES)));
}

fn memory(id: MemoryId) -> Memory {
    MANAGER.with_borrow(|manager| manager.get(id))
}

/// Appends a block that has so many entries.
///
/// **Panics** when stable memory is full: the message is undone and nothing happened.
pub fn append(block: &[u8], entries: usize) {
    let index = BLOCKS.with_borrow(|log| {
        log.append(&block.to_vec())
            .expect("BUG: stable memory is full")
    });
    ENTRY_BLOCKS.with_borrow(|blocks| (0..entries).for_each(|_| blocks.push(&index)));
}

/// How many blocks there are.
#[must_use]
pub fn block_count() -> u64 {
    BLOCKS.with_borrow(Log::len)
}

/// Bytes of all blocks.
#[must_use]
pub fn block_bytes() -> u64 {
    BLOCKS.with_borrow(Log::data_size_bytes)
}

/// One block. The first is 0.
#[must_use]
pub fn block(index: u64) -> Option<Vec<u8>> {
    BLOCKS.with_borrow(|log| log.get(index))
}

/// All blocks, in order.
pub fn for_each_block(mut reader: impl FnMut(&[u8])) {
    BLOCKS.with_borrow(|log| log.iter().for_each(|block| reader(&block)));
}

/// How many entries all blocks have.
#[must_use]
pub fn entry_count() -> u64 {
    ENTRY_BLOCKS.with_borrow(StableVec::len)
}

/// Which block has an entry. The first is 0.
#[must_use]
pub fn entry_block(number: u64) -> Option<u64> {
    ENTRY_BLOCKS.with_borrow(|blocks| blocks.get(number))
}

/// Keeps a snapshot in place of the one before. Without room for it there is none from now on:
/// whoever saves one may not panic, or no upgrade would ever go through.
pub fn save_snapshot(bytes: &[u8]) {
    let memory = memory(SNAPSHOT);
    let length = bytes.len() as u64;
    let missing = (SNAPSHOT_START + length)
        .div_ceil(PAGE)
        .saturating_sub(memory.size());
    if memory.grow(missing) < 0 {
        if memory.size() > 0 {
            memory.write(0, &0_u64.to_le_bytes());
        }
        return;
    }
    memory.write(0, &length.to_le_bytes());
    memory.write(SNAPSHOT_START, bytes);
}

/// The snapshot; nothing when there is none.
#[must_use]
pub fn snapshot() -> Vec<u8> {
    let memory = memory(SNAPSHOT);
    if memory.size() == 0 {
        return Vec::new();
    }
    let mut length = [0; 8];
    memory.read(0, &mut length);
    let length = u64::from_le_bytes(length);
    // A damaged length may say anything: there is no more than there is.
    let length = length.min(memory.size() * PAGE - SNAPSHOT_START);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    memory.read(SNAPSHOT_START, &mut bytes);
    bytes
}
