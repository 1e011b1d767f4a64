//! Stable memory: sparse pages, and an undo log for the message that runs.

use std::collections::BTreeMap;

/// Bytes in a page as canisters count them.
pub(crate) const WASM_PAGE: u64 = 65_536;
/// Most pages. **Source** resource limits: 500 GiB.
const MAX_WASM_PAGES: u64 = 500 * 16_384;
/// Bytes in a page as we keep, undo and charge them.
const PAGE: usize = 4096;
const PAGE_BYTES: u64 = 4096;

type Page = Box<[u8; PAGE]>;

/// Stable memory of one canister.
#[derive(Default)]
pub(crate) struct Stable {
    wasm_pages: u64,
    pages: BTreeMap<u64, Page>,
    undo: BTreeMap<u64, Option<Page>>,
    undo_wasm_pages: Option<u64>,
}

/// Outside the bounds of stable memory.
#[derive(Debug)]
pub(crate) struct OutOfBounds;

impl Stable {
    pub(crate) fn wasm_pages(&self) -> u64 {
        self.wasm_pages
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.wasm_pages * WASM_PAGE
    }

    /// Returns the size before, or none if the limit does not allow it.
    pub(crate) fn grow(&mut self, by: u64) -> Option<u64> {
        let before = self.wasm_pages;
        let after = before
            .checked_add(by)
            .filter(|after| *after <= MAX_WASM_PAGES)?;
        self.undo_wasm_pages.get_or_insert(before);
        self.wasm_pages = after;
        Some(before)
    }

    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), OutOfBounds> {
        self.check(offset, out.len())?;
        each_page(offset, out.len(), |page, at, range| {
            let target = &mut out[range.clone()];
            match self.pages.get(&page) {
                Some(bytes) => target.copy_from_slice(&bytes[at..at + range.len()]),
                None => target.fill(0),
            }
        });
        Ok(())
    }

    /// Returns how many pages became dirty for the first time in this message.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<u64, OutOfBounds> {
        self.check(offset, bytes.len())?;
        let mut fresh = 0;
        let (pages, undo) = (&mut self.pages, &mut self.undo);
        each_page(offset, bytes.len(), |page, at, range| {
            undo.entry(page).or_insert_with(|| {
                fresh += 1;
                pages.get(&page).cloned()
            });
            let target = pages.entry(page).or_insert_with(|| Box::new([0; PAGE]));
            target[at..at + range.len()].copy_from_slice(&bytes[range]);
        });
        Ok(fresh)
    }

    /// The content up to the end of the last page that was written.
    pub(crate) fn content(&self) -> Vec<u8> {
        let Some((last, _)) = self.pages.last_key_value() else {
            return Vec::new();
        };
        let length = usize::try_from(last + 1).expect("it fits in memory") * PAGE;
        let mut out = vec![0; length];
        for (page, bytes) in &self.pages {
            let start = usize::try_from(*page).expect("it fits in memory") * PAGE;
            out[start..start + PAGE].copy_from_slice(bytes.as_slice());
        }
        out
    }

    pub(crate) fn commit(&mut self) {
        self.undo.clear();
        self.undo_wasm_pages = None;
    }

    pub(crate) fn rollback(&mut self) {
        for (page, before) in std::mem::take(&mut self.undo) {
            match before {
                Some(bytes) => self.pages.insert(page, bytes),
                None => self.pages.remove(&page),
            };
        }
        if let Some(before) = self.undo_wasm_pages.take() {
            self.wasm_pages = before;
        }
    }

    fn check(&self, offset: u64, length: usize) -> Result<(), OutOfBounds> {
        let end = u64::try_from(length)
            .ok()
            .and_then(|length| offset.checked_add(length));
        match end {
            Some(end) if end <= self.bytes() => Ok(()),
            _ => Err(OutOfBounds),
        }
    }
}

/// Calls `f(page, offset in the page, range in the buffer)` for each page that is touched.
fn each_page(offset: u64, length: usize, mut f: impl FnMut(u64, usize, std::ops::Range<usize>)) {
    let mut done = 0;
    let mut page = offset / PAGE_BYTES;
    let mut at = usize::try_from(offset % PAGE_BYTES).expect("less than a page");
    while done < length {
        let end = length.min(done + PAGE - at);
        f(page, at, done..end);
        done = end;
        page += 1;
        at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stable: &Stable, offset: u64, length: usize) -> Vec<u8> {
        let mut out = vec![0xff; length];
        stable.read(offset, &mut out).expect("in bounds");
        out
    }

    #[test]
    fn should_read_back_what_spans_pages_and_zero_elsewhere() {
        let mut stable = Stable::default();
        assert_eq!(stable.grow(1), Some(0));
        assert_eq!(stable.write(4090, &[7; 10]).expect("in bounds"), 2);
        assert_eq!(
            stable.write(4090, &[8]).expect("in bounds"),
            0,
            "already dirty"
        );
        assert_eq!(
            read(&stable, 4088, 14),
            [0, 0, 8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0]
        );
    }

    #[test]
    fn should_undo_writes_and_growth() {
        let mut stable = Stable::default();
        stable.grow(1);
        stable.write(0, b"kept").expect("in bounds");
        stable.commit();
        stable.grow(3);
        stable.write(2, b"lost").expect("in bounds");
        stable.write(WASM_PAGE * 2, b"lost").expect("in bounds");
        stable.rollback();
        assert_eq!(stable.wasm_pages(), 1);
        assert_eq!(read(&stable, 0, 6), b"kept\0\0");
        assert_eq!(stable.pages.len(), 1);
    }

    #[test]
    fn should_refuse_what_is_out_of_bounds() {
        let mut stable = Stable::default();
        stable.grow(1);
        for (desc, offset, length, accepted) in [
            ("the last byte", WASM_PAGE - 1, 1, true),
            ("nothing at the end", WASM_PAGE, 0, true),
            ("one byte too far", WASM_PAGE - 1, 2, false),
            ("an offset that overflows", u64::MAX, 2, false),
        ] {
            assert_eq!(
                stable.write(offset, &vec![1; length]).is_ok(),
                accepted,
                "{desc}"
            );
            assert_eq!(
                stable.read(offset, &mut vec![1; length]).is_ok(),
                accepted,
                "{desc}"
            );
        }
        assert_eq!(
            stable.grow(MAX_WASM_PAGES),
            None,
            "one page more than the limit"
        );
        assert_eq!(stable.grow(MAX_WASM_PAGES - 1), Some(1));
    }
}
