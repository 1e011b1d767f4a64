//! The only unsafe code of this crate: memory mappings of heaps, and loading compiled modules.
//!
//! A canister's heap is a private mapping of an anonymous file. What the canister writes stays in
//! private pages; the file holds what was committed. Dropping the private pages is a rollback.
#![expect(
    unsafe_code,
    reason = "copy-on-write heaps need mmap, and wasmtime cannot check a compiled module"
)]

use rustix::fs::MemfdFlags;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mprotect, munmap};
use std::cell::RefCell;
use std::ffi::c_void;
use std::fs::File;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::{Engine, LinearMemory, MemoryCreator, MemoryType, Module};

/// Room for the largest heap of a 64-bit module. **Source** resource limits: 6 GiB.
const RESERVED_64: usize = 6 << 30;

thread_local! {
    static NEXT_FILE: RefCell<Option<Arc<File>>> = const { RefCell::new(None) };
    static LAST_MAPPING: RefCell<Option<Arc<Mapping>>> = const { RefCell::new(None) };
}

/// An empty anonymous file.
pub(crate) fn heap_file() -> std::io::Result<Arc<File>> {
    let descriptor = rustix::fs::memfd_create("canister-heap", MemfdFlags::CLOEXEC)?;
    Ok(Arc::new(File::from(descriptor)))
}

/// Runs `instantiate`, whose memory will be a mapping of `file`, and returns that mapping
/// (none if the module has no memory).
pub(crate) fn with_heap<T>(
    file: Arc<File>,
    instantiate: impl FnOnce() -> T,
) -> (T, Option<Arc<Mapping>>) {
    NEXT_FILE.set(Some(file));
    LAST_MAPPING.set(None);
    let result = instantiate();
    NEXT_FILE.set(None);
    (result, LAST_MAPPING.take())
}

/// A private mapping of a heap file, with guard pages behind it.
pub(crate) struct Mapping {
    base: NonNull<c_void>,
    reserved: usize,
    guarded: usize,
    size: AtomicUsize,
    file: Arc<File>,
}

// SAFETY: the mapping is plain memory that lives until `drop`; access to its bytes goes through
// wasmtime's store, which is exclusive.
unsafe impl Send for Mapping {}
// SAFETY: as above; the only shared field that changes is atomic.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: Arc<File>, size: usize, reserved: usize, guard: usize) -> std::io::Result<Self> {
        let guarded = reserved
            .checked_add(guard)
            .ok_or_else(|| std::io::Error::other("the reservation overflows"))?;
        // SAFETY: a fresh mapping at an address of the kernel's choice touches nothing of ours.
        let base = unsafe {
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
            mmap(
                std::ptr::null_mut(),
                guarded,
                ProtFlags::empty(),
                flags,
                &file,
                0,
            )?
        };
        let base = NonNull::new(base).ok_or_else(|| std::io::Error::other("mapped at zero"))?;
        let mapping = Self {
            base,
            reserved,
            guarded,
            size: AtomicUsize::new(0),
            file,
        };
        mapping.resize(size)?;
        Ok(mapping)
    }

    fn resize(&self, size: usize) -> std::io::Result<()> {
        if size > self.reserved {
            return Err(std::io::Error::other(
                "the heap is larger than its reservation",
            ));
        }
        let length = u64::try_from(size).map_err(std::io::Error::other)?;
        if self.file.metadata()?.len() < length {
            self.file.set_len(length)?;
        }
        if size > 0 {
            // SAFETY: the range lies in our own mapping, and the file is long enough to back it.
            unsafe {
                let access = MprotectFlags::READ | MprotectFlags::WRITE;
                mprotect(self.base.as_ptr(), size, access)?;
            }
        }
        self.size.store(size, Ordering::Relaxed);
        Ok(())
    }

    /// Address and length in bytes of the part that the module may use.
    pub(crate) fn extent(&self) -> (usize, usize) {
        (self.base.as_ptr().addr(), self.size.load(Ordering::Relaxed))
    }

    /// Drops private pages: the bytes read as in the file again.
    ///
    /// The caller holds the store exclusively, so that no wasm runs and no slice is borrowed.
    pub(crate) fn discard(&self) -> std::io::Result<()> {
        let (_, size) = self.extent();
        if size > 0 {
            // SAFETY: the range is our own private file mapping, nobody looks at it (see above),
            // and any byte pattern is a valid heap.
            unsafe { madvise(self.base.as_ptr(), size, Advice::LinuxDontNeed)? };
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: wasmtime's handle and ours are both gone. A failure would only leak addresses.
        let unmapped = unsafe { munmap(self.base.as_ptr(), self.guarded) };
        debug_assert!(unmapped.is_ok(), "our own mapping could not be unmapped");
    }
}

/// Hands wasmtime mappings of heap files.
pub(crate) struct HeapCreator;

struct Heap(Arc<Mapping>);

// SAFETY: `base..base + byte_size` is readable and writable, the rest up to reservation and guard
// is inaccessible, and the base never moves.
unsafe impl LinearMemory for Heap {
    fn byte_size(&self) -> usize {
        self.0.extent().1
    }

    fn byte_capacity(&self) -> usize {
        self.0.reserved
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.0.resize(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.base.as_ptr().cast()
    }
}

// SAFETY: reservation and guard are at least what wasmtime asks for.
unsafe impl MemoryCreator for HeapCreator {
    fn new_memory(
        &self,
        ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved_size_in_bytes: Option<usize>,
        guard_size_in_bytes: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let asked = reserved_size_in_bytes.unwrap_or(0).max(minimum);
        let reserved = if ty.is_64() {
            asked.max(RESERVED_64)
        } else {
            asked
        };
        let file = match NEXT_FILE.take() {
            Some(file) => file,
            None => heap_file().map_err(|error| error.to_string())?,
        };
        let mapping = Mapping::new(file, minimum, reserved, guard_size_in_bytes)
            .map_err(|error| format!("cannot map a heap: {error}"))?;
        let mapping = Arc::new(mapping);
        LAST_MAPPING.set(Some(Arc::clone(&mapping)));
        Ok(Box::new(Heap(mapping)))
    }
}

/// Loads a module that this host compiled earlier.
///
/// The file must come from [`Module::serialize`]; wasmtime checks its own version and settings,
/// the file's name binds it to the wasm.
pub(crate) fn load_compiled(engine: &Engine, path: &Path) -> wasmtime::Result<Module> {
    // SAFETY: only this crate writes into the cache folder, complete files, by rename.
    unsafe { Module::deserialize_file(engine, path) }
}
