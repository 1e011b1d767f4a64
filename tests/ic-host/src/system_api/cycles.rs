//! Cycles: of the canister, and of the call.

use super::letters::{ALL, C, G, I, RQ, RT, RY, T, U};
use super::write_amount;
use super::{Ctx, Done, Link, Word, amount, exchange, import, join, long, message, parts};
use crate::message::{Message, Trap};
use candid::Principal;

/// `rkp4c-7iaaa-aaaaa-aaaca-cai`.
const CYCLES_MINTING_CANISTER: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 4, 1, 1];
const WITH_CYCLES: u32 = U | RQ | RY | RT;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    amount::<W>(l, import("msg_cycles_available128", WITH_CYCLES), available)?;
    amount::<W>(l, import("msg_cycles_refunded128", RY | RT), |m| m.refunded)?;
    amount::<W>(l, import("canister_cycle_balance128", ALL), |m| m.balance)?;
    amount::<W>(l, import("canister_liquid_cycle_balance128", ALL), |m| {
        m.liquid()
    })?;
    exchange::<W>(l, import("msg_cycles_accept128", WITH_CYCLES), accept)?;
    exchange::<W>(
        l,
        import("cycles_burn128", I | G | U | RQ | RY | RT | C | T),
        |m, most| {
            let burned = most.min(m.liquid());
            m.balance -= burned;
            burned
        },
    )?;
    let f = import("mint_cycles128", WITH_CYCLES | T);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, high: u64, low: u64, dst: W| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            let (heap, message) = parts(&mut ctx);
            mint(message, join(high, low))?;
            write_amount(heap, dst.into(), join(high, low))
        },
    )?;
    let f = import("mint_cycles", WITH_CYCLES | T);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, amount: u64| -> Done<u64> {
            f.enter(&mut ctx, 0)?;
            mint(message(&mut ctx), u128::from(amount))?;
            Ok(amount)
        },
    )?;
    long(l, import("msg_cycles_available", WITH_CYCLES), |m| {
        narrow(available(m))
    })?;
    long(l, import("msg_cycles_refunded", RY | RT), |m| {
        narrow(m.refunded)
    })?;
    long(l, import("canister_cycle_balance", ALL), |m| {
        narrow(m.balance)
    })?;
    let f = import("msg_cycles_accept", WITH_CYCLES);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, most: u64| -> Done<u64> {
            f.enter(&mut ctx, 0)?;
            Ok(narrow(accept(message(&mut ctx), u128::from(most)))?)
        },
    )?;
    Ok(())
}

/// What is still on the call; nothing once it was answered, since that goes back.
fn available(m: &mut Message) -> u128 {
    if m.answered { 0 } else { m.available }
}

fn accept(m: &mut Message, most: u128) -> u128 {
    let moved = most.min(available(m));
    m.available -= moved;
    m.balance += moved;
    moved
}

/// Only the cycles minting canister of the network may do it.
fn mint(m: &mut Message, amount: u128) -> Result<(), Trap> {
    if m.canister != Principal::from_slice(CYCLES_MINTING_CANISTER) {
        let text = format!("ic0.mint_cycles cannot be executed by {}", m.canister);
        return Err(Trap::Contract(text));
    }
    m.balance += amount;
    Ok(())
}

fn narrow(amount: u128) -> Result<u64, Trap> {
    u64::try_from(amount)
        .map_err(|_| Trap::Contract(format!("the amount {amount} needs more than 64 bits")))
}
