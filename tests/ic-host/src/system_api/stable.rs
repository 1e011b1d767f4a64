//! Stable memory, with 64-bit offsets and in the older 32-bit form.

use super::letters::ANY;
use super::{Ctx, Done, Import, Link, Word, charge, import, message, parts, slice, slice_mut};
use crate::instructions::{STABLE_ACCESS, STABLE_DIRTY_PAGE};
use crate::message::Trap;

/// The 32-bit functions stop working beyond 4 GiB.
const MAX_PAGES_32: u64 = 65_536;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    let f = import("stable64_size", ANY).costing(STABLE_ACCESS);
    l.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<u64> {
        f.enter(&mut ctx, 0)?;
        Ok(message(&mut ctx).stable.wasm_pages())
    })?;
    let f = import("stable64_grow", ANY);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, pages: u64| -> Done<u64> {
            f.enter(&mut ctx, 0)?;
            Ok(message(&mut ctx).stable.grow(pages).unwrap_or(u64::MAX))
        },
    )?;
    let f = import("stable64_write", ANY).costing(STABLE_ACCESS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, at: u64, src: u64, size: u64| write(&mut ctx, &f, at, src, size),
    )?;
    let f = import("stable64_read", ANY).costing(STABLE_ACCESS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, dst: u64, at: u64, size: u64| read(&mut ctx, &f, dst, at, size),
    )?;

    let f = import("stable_size", ANY).costing(STABLE_ACCESS);
    l.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<u32> {
        f.enter(&mut ctx, 0)?;
        small(&mut ctx, &f)
    })?;
    let f = import("stable_grow", ANY);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, pages: u32| -> Done<u32> {
            f.enter(&mut ctx, 0)?;
            let before = small(&mut ctx, &f)?;
            let stable = &mut message(&mut ctx).stable;
            if u64::from(before) + u64::from(pages) > MAX_PAGES_32 {
                return Ok(u32::MAX);
            }
            Ok(stable.grow(pages.into()).map_or(u32::MAX, |_| before))
        },
    )?;
    let f = import("stable_write", ANY).costing(STABLE_ACCESS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, at: u32, src: u32, size: u32| {
            small(&mut ctx, &f)?;
            write(&mut ctx, &f, at.into(), src.into(), size.into())
        },
    )?;
    let f = import("stable_read", ANY).costing(STABLE_ACCESS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, dst: u32, at: u32, size: u32| {
            small(&mut ctx, &f)?;
            read(&mut ctx, &f, dst.into(), at.into(), size.into())
        },
    )?;
    Ok(())
}

fn small(ctx: &mut Ctx<'_>, f: &Import) -> Done<u32> {
    let pages = message(ctx).stable.wasm_pages();
    if pages > MAX_PAGES_32 {
        let text = format!("ic0.{}: stable memory is larger than 4 GiB", f.name);
        return Err(Trap::Contract(text).into());
    }
    Ok(u32::try_from(pages)?)
}

fn write(ctx: &mut Ctx<'_>, f: &Import, at: u64, src: u64, size: u64) -> Done<()> {
    f.enter(ctx, size)?;
    let (heap, message) = parts(ctx);
    let bytes = slice(heap, src, size)?;
    let dirty = message
        .stable
        .write(at, bytes)
        .map_err(|_| outside(f, at, size))?;
    charge(ctx, dirty * STABLE_DIRTY_PAGE)
}

fn read(ctx: &mut Ctx<'_>, f: &Import, dst: u64, at: u64, size: u64) -> Done<()> {
    f.enter(ctx, size)?;
    let (heap, message) = parts(ctx);
    let target = slice_mut(heap, dst, size)?;
    message
        .stable
        .read(at, target)
        .map_err(|_| outside(f, at, size))?;
    Ok(())
}

fn outside(f: &Import, at: u64, size: u64) -> Trap {
    Trap::Wasm(format!(
        "ic0.{}: {at} + {size} is out of bounds of stable memory",
        f.name
    ))
}
