//! The heap of a canister: what is committed, and what the running message changed.

use crate::raw::Mapping;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

/// Size of a page as the kernel tracks it.
const PAGE: usize = 4096;
/// Bits of an entry of `/proc/self/pagemap`. **Source** Linux, admin-guide/mm/pagemap.
const PRESENT_OR_SWAPPED: u64 = (1 << 63) | (1 << 62);
const BACKED_BY_FILE: u64 = 1 << 61;

/// Writes the pages that differ from `file` into it, and drops the private copies.
pub(crate) fn commit(file: &File, mapping: &Mapping, heap: &[u8]) -> std::io::Result<()> {
    let mut written = false;
    let mut run_start = None;
    let pages = heap.len() / PAGE;
    let dirty = dirty_pages(file, mapping, heap)?;
    for page in 0..=pages {
        let is_dirty = dirty.get(page).copied().unwrap_or(false);
        match (run_start, is_dirty) {
            (None, true) => run_start = Some(page * PAGE),
            (Some(start), false) => {
                let bytes = &heap[start..(page * PAGE).min(heap.len())];
                let offset = u64::try_from(start).map_err(std::io::Error::other)?;
                file.write_all_at(bytes, offset)?;
                written = true;
                run_start = None;
            }
            _ => {}
        }
    }
    if written { mapping.discard() } else { Ok(()) }
}

/// One flag a page. Asks the kernel; where it does not tell, compares all bytes.
fn dirty_pages(file: &File, mapping: &Mapping, heap: &[u8]) -> std::io::Result<Vec<bool>> {
    match page_map() {
        Some(map) => {
            let (address, size) = mapping.extent();
            let mut entries = vec![0; size / PAGE * 8];
            let offset = u64::try_from(address / PAGE * 8).map_err(std::io::Error::other)?;
            map.read_exact_at(&mut entries, offset)?;
            let (entries, _) = entries.as_chunks::<8>();
            Ok(entries
                .iter()
                .map(|entry| {
                    let bits = u64::from_le_bytes(*entry);
                    bits & PRESENT_OR_SWAPPED != 0 && bits & BACKED_BY_FILE == 0
                })
                .collect())
        }
        None => {
            let mut committed = vec![0; heap.len()];
            file.read_exact_at(&mut committed, 0)?;
            Ok(heap
                .chunks(PAGE)
                .zip(committed.chunks(PAGE))
                .map(|(a, b)| a != b)
                .collect())
        }
    }
}

fn page_map() -> Option<&'static File> {
    static MAP: OnceLock<Option<File>> = OnceLock::new();
    MAP.get_or_init(|| File::open("/proc/self/pagemap").ok())
        .as_ref()
}

/// A copy of `heap` in a file of its own.
pub(crate) fn copy(heap: &[u8]) -> std::io::Result<Arc<File>> {
    let file = crate::raw::heap_file()?;
    file.write_all_at(heap, 0)?;
    Ok(file)
}
