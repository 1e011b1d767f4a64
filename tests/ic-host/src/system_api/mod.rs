//! The functions that a module may import from `ic0`.
//!
//! **Source** interface specification, system API; `ic0` 1.2.0 and the older 32-bit forms.

mod calls;
mod costs;
mod cycles;
mod message;
mod stable;
mod state;

use crate::instructions::{FUNCTION_ENTRY, SYSTEM_CALL};
use crate::message::{Host, Message, Mode, Trap};
use std::borrow::Cow;
use wasmtime::{Caller, Engine, Linker, WasmTy};

/// Sets of entry points, with the letters of the specification.
mod letters {
    use crate::message::Mode;

    pub(super) const I: u32 = Mode::INIT.0;
    pub(super) const G: u32 = Mode::PRE_UPGRADE.0;
    pub(super) const U: u32 = Mode::UPDATE.0;
    pub(super) const RQ: u32 = Mode::REPLICATED_QUERY.0;
    pub(super) const NRQ: u32 = Mode::QUERY.0;
    pub(super) const TQ: u32 = Mode::TRANSFORM.0;
    pub(super) const CQ: u32 = Mode::COMPOSITE.0;
    pub(super) const RY: u32 = Mode::REPLY.0;
    pub(super) const RT: u32 = Mode::REJECT.0;
    pub(super) const CRY: u32 = Mode::COMPOSITE_REPLY.0;
    pub(super) const CRT: u32 = Mode::COMPOSITE_REJECT.0;
    pub(super) const C: u32 = Mode::CLEANUP.0;
    pub(super) const CC: u32 = Mode::COMPOSITE_CLEANUP.0;
    pub(super) const F: u32 = Mode::INSPECT.0;
    pub(super) const T: u32 = Mode::SYSTEM_TASK.0;
    pub(super) const S: u32 = Mode::START.0;
    /// Every entry point but the start function.
    pub(super) const ALL: u32 = !S;
    /// Every entry point.
    pub(super) const ANY: u32 = u32::MAX;
}

/// A pointer or length of the module: 32 or 64 bits.
pub(crate) trait Word: WasmTy + Copy + Into<u64> {
    fn from_wide(value: u64) -> wasmtime::Result<Self>;
}

impl Word for u32 {
    fn from_wide(value: u64) -> wasmtime::Result<Self> {
        Ok(u32::try_from(value)?)
    }
}

impl Word for u64 {
    fn from_wide(value: u64) -> wasmtime::Result<Self> {
        Ok(value)
    }
}

type Ctx<'a> = Caller<'a, Host>;
type Link = Linker<Host>;
type Done<T> = wasmtime::Result<T>;

/// All imports for modules with pointers of width `I`.
pub(crate) fn linker<I: Word>(engine: &Engine) -> Done<Link> {
    let mut linker = Linker::new(engine);
    message::link::<I>(&mut linker)?;
    cycles::link::<I>(&mut linker)?;
    calls::link::<I>(&mut linker)?;
    stable::link::<I>(&mut linker)?;
    state::link::<I>(&mut linker)?;
    costs::link::<I>(&mut linker)?;
    Ok(linker)
}

/// A function with the entry points in which it may be called, and its price.
#[derive(Clone, Copy)]
struct Import {
    name: &'static str,
    modes: u32,
    cost: u64,
}

fn import(name: &'static str, modes: u32) -> Import {
    Import {
        name,
        modes,
        cost: SYSTEM_CALL,
    }
}

impl Import {
    fn costing(self, cost: u64) -> Self {
        Self { cost, ..self }
    }

    /// Checks the entry point and charges the call and `bytes` copied.
    fn enter(&self, ctx: &mut Ctx<'_>, bytes: u64) -> Done<()> {
        let mode = ctx.data_mut().message().mode;
        if !mode.is_in(self.modes) {
            return Err(self.not_here(mode).into());
        }
        charge(ctx, (self.cost + FUNCTION_ENTRY).saturating_add(bytes))
    }

    fn not_here(&self, mode: Mode) -> Trap {
        Trap::Contract(format!(
            "\"ic0.{}\" cannot be executed in {} mode",
            self.name,
            mode.name()
        ))
    }
}

/// Takes instructions; traps if there are not enough.
fn charge(ctx: &mut Ctx<'_>, instructions: u64) -> Done<()> {
    let left = ctx.get_fuel()?;
    match left.checked_sub(instructions) {
        Some(left) => ctx.set_fuel(left),
        None => {
            ctx.set_fuel(0)?;
            Err(Trap::Instructions(ctx.data_mut().message().limit).into())
        }
    }
}

/// Instructions of this message so far.
fn spent(ctx: &mut Ctx<'_>) -> Done<u64> {
    let left = ctx.get_fuel()?;
    let message = ctx.data_mut().message();
    Ok(message.limit.saturating_sub(left) + message.uncounted)
}

/// Heap and message at once.
fn parts<'a>(ctx: &'a mut Ctx<'_>) -> (&'a mut [u8], &'a mut Message) {
    match ctx.data().memory {
        Some(memory) => {
            let (heap, host) = memory.data_and_store_mut(ctx);
            (heap, host.message())
        }
        None => (&mut [], ctx.data_mut().message()),
    }
}

fn message<'a>(ctx: &'a mut Ctx<'_>) -> &'a mut Message {
    ctx.data_mut().message()
}

fn range(at: u64, length: u64, within: usize, what: &str) -> Result<std::ops::Range<usize>, Trap> {
    let end = at
        .checked_add(length)
        .and_then(|end| usize::try_from(end).ok());
    match (usize::try_from(at), end) {
        (Ok(start), Some(end)) if end <= within => Ok(start..end),
        _ => Err(Trap::Contract(format!(
            "expected {at} + {length} to be within the {within} bytes of the {what}"
        ))),
    }
}

fn slice(heap: &[u8], at: u64, length: u64) -> Result<&[u8], Trap> {
    Ok(&heap[range(at, length, heap.len(), "heap")?])
}

fn slice_mut(heap: &mut [u8], at: u64, length: u64) -> Result<&mut [u8], Trap> {
    let range = range(at, length, heap.len(), "heap")?;
    Ok(&mut heap[range])
}

fn text(bytes: &[u8]) -> Result<String, Trap> {
    String::from_utf8(bytes.to_vec())
        .map_err(|error| Trap::Contract(format!("expected UTF-8: {error}")))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("addresses have at most 64 bits")
}

type Blob = for<'a> fn(&'a mut Message) -> Result<Cow<'a, [u8]>, Trap>;

/// A pair `<name>_size`, `<name>_copy`.
fn blob<I: Word>(
    linker: &mut Link,
    size_name: &'static str,
    copy_name: &'static str,
    modes: u32,
    get: Blob,
) -> Done<()> {
    let size = import(size_name, modes);
    linker.func_wrap("ic0", size_name, move |mut ctx: Ctx<'_>| -> Done<I> {
        size.enter(&mut ctx, 0)?;
        I::from_wide(length(&get(message(&mut ctx))?))
    })?;
    let copy = import(copy_name, modes);
    linker.func_wrap(
        "ic0",
        copy_name,
        move |mut ctx: Ctx<'_>, dst: I, offset: I, size: I| -> Done<()> {
            copy.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            let source = get(message)?;
            let source = &source[range(offset.into(), size.into(), source.len(), "blob")?];
            slice_mut(heap, dst.into(), size.into())?.copy_from_slice(source);
            Ok(())
        },
    )?;
    Ok(())
}

/// `() -> i32`.
fn number(linker: &mut Link, f: Import, get: fn(&mut Message) -> u32) -> Done<()> {
    linker.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<u32> {
        f.enter(&mut ctx, 0)?;
        Ok(get(message(&mut ctx)))
    })?;
    Ok(())
}

/// `() -> i64`.
fn long(linker: &mut Link, f: Import, get: fn(&mut Message) -> Result<u64, Trap>) -> Done<()> {
    linker.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<u64> {
        f.enter(&mut ctx, 0)?;
        Ok(get(message(&mut ctx))?)
    })?;
    Ok(())
}

/// `(dst)`: writes an amount, 16 bytes little-endian.
fn amount<I: Word>(linker: &mut Link, f: Import, get: fn(&mut Message) -> u128) -> Done<()> {
    linker.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>, dst: I| -> Done<()> {
        f.enter(&mut ctx, 0)?;
        let (heap, message) = parts(&mut ctx);
        write_amount(heap, dst.into(), get(message))
    })?;
    Ok(())
}

/// `(high, low, dst)`: takes an amount, writes an amount.
fn exchange<I: Word>(
    linker: &mut Link,
    f: Import,
    act: fn(&mut Message, u128) -> u128,
) -> Done<()> {
    linker.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, high: u64, low: u64, dst: I| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            let (heap, message) = parts(&mut ctx);
            // Bounds first: the amount must not move if it cannot be told.
            slice(heap, dst.into(), 16)?;
            let moved = act(message, join(high, low));
            write_amount(heap, dst.into(), moved)
        },
    )?;
    Ok(())
}

/// `(src, size)`: hands over bytes.
fn take<I: Word>(
    linker: &mut Link,
    f: Import,
    act: fn(&mut Message, &[u8]) -> Result<(), Trap>,
) -> Done<()> {
    linker.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: I, size: I| -> Done<()> {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            Ok(act(message, slice(heap, src.into(), size.into())?)?)
        },
    )?;
    Ok(())
}

/// `()`.
fn action(linker: &mut Link, f: Import, act: fn(&mut Message) -> Result<(), Trap>) -> Done<()> {
    linker.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<()> {
        f.enter(&mut ctx, 0)?;
        Ok(act(message(&mut ctx))?)
    })?;
    Ok(())
}

fn write_amount(heap: &mut [u8], dst: u64, amount: u128) -> Done<()> {
    slice_mut(heap, dst, 16)?.copy_from_slice(&amount.to_le_bytes());
    Ok(())
}

fn join(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}
