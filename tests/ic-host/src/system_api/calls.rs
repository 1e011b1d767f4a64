//! Calls to other canisters.

use super::letters::{CQ, CRT, CRY, RT, RY, T, U};
use super::{Ctx, Done, Import, Link, Word, charge, import, join, length, message, parts, slice};
use super::{take, text};
use crate::instructions::{CALL_NEW, CALL_PERFORM, LIMIT_UPDATE};
use crate::message::{Call, Closure, Draft, Message, Trap};
use candid::Principal;

/// Longest bounded wait. **Source** dfinity/ic, `embedders`, system_api: 300 s.
pub(crate) const MAX_TIMEOUT_S: u32 = 300;
/// Calls of one canister to another that may wait for an answer.
pub(crate) const MAX_OPEN_CALLS: usize = 500;
/// Largest request on one subnet.
const MAX_REQUEST_BYTES: usize = 10 << 20;
/// Longest method name in a call.
const MAX_NAME_BYTES: u64 = 20_000;
const CALLERS: u32 = U | CQ | RY | RT | CRY | CRT | T;
/// What `call_perform` returns when the system does not take the call.
const NOT_PERFORMED: u32 = 2;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    call_new::<W>(l)?;
    let f = import("call_on_cleanup", CALLERS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, fun: W, env: W| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            let draft = draft(message(&mut ctx), &f)?;
            if draft.on_cleanup.is_some() {
                return Err(Trap::Contract("ic0.call_on_cleanup: called twice".to_owned()).into());
            }
            draft.on_cleanup = Some(Closure {
                fun: fun.into(),
                env: env.into(),
            });
            Ok(())
        },
    )?;
    take::<W>(l, import("call_data_append", CALLERS), |m, bytes| {
        let draft = draft(m, &import("call_data_append", CALLERS))?;
        if draft.arg.len() + bytes.len() > MAX_REQUEST_BYTES {
            let text = format!("ic0.call_data_append: more than {MAX_REQUEST_BYTES} bytes");
            return Err(Trap::Contract(text));
        }
        draft.arg.extend_from_slice(bytes);
        Ok(())
    })?;
    let f = import("call_with_best_effort_response", CALLERS);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, timeout_s: u32| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            let draft = draft(message(&mut ctx), &f)?;
            if draft.timeout_s.is_some() {
                let text = "ic0.call_with_best_effort_response: called twice".to_owned();
                return Err(Trap::Contract(text).into());
            }
            draft.timeout_s = Some(timeout_s.min(MAX_TIMEOUT_S));
            Ok(())
        },
    )?;
    let f = import("call_cycles_add128", U | RY | RT | T);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, high: u64, low: u64| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            Ok(add_cycles(message(&mut ctx), &f, join(high, low))?)
        },
    )?;
    let f = import("call_cycles_add", U | RY | RT | T);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, cycles: u64| -> Done<()> {
            f.enter(&mut ctx, 0)?;
            Ok(add_cycles(message(&mut ctx), &f, u128::from(cycles))?)
        },
    )?;
    let f = import("call_perform", CALLERS).costing(CALL_PERFORM);
    l.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<u32> {
        f.enter(&mut ctx, 0)?;
        Ok(perform(message(&mut ctx), &f)?)
    })?;
    Ok(())
}

fn call_new<W: Word>(l: &mut Link) -> Done<()> {
    let f = import("call_new", CALLERS).costing(CALL_NEW);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>,
              callee_src: W,
              callee_size: W,
              name_src: W,
              name_size: W,
              reply_fun: W,
              reply_env: W,
              reject_fun: W,
              reject_env: W|
              -> Done<()> {
            f.enter(&mut ctx, 0)?;
            charge(
                &mut ctx,
                callee_size.into().saturating_add(name_size.into()),
            )?;
            let (heap, message) = parts(&mut ctx);
            let callee = slice(heap, callee_src.into(), callee_size.into())?;
            let callee = Principal::try_from_slice(callee)
                .map_err(|error| Trap::Contract(format!("ic0.call_new: {error}")))?;
            let name = slice(heap, name_src.into(), name_size.into())?;
            if length(name) > MAX_NAME_BYTES {
                return Err(Trap::Contract("ic0.call_new: the name is too long".to_owned()).into());
            }
            let method = text(name)?;
            message.drop_draft();
            message.draft = Some(Draft {
                callee,
                method,
                on_reply: Closure {
                    fun: reply_fun.into(),
                    env: reply_env.into(),
                },
                on_reject: Closure {
                    fun: reject_fun.into(),
                    env: reject_env.into(),
                },
                on_cleanup: None,
                arg: Vec::new(),
                cycles: 0,
                timeout_s: None,
            });
            Ok(())
        },
    )?;
    Ok(())
}

fn draft<'a>(m: &'a mut Message, f: &Import) -> Result<&'a mut Draft, Trap> {
    let name = f.name;
    m.draft
        .as_mut()
        .ok_or_else(|| Trap::Contract(format!("ic0.{name}: no call under construction")))
}

fn add_cycles(m: &mut Message, f: &Import, cycles: u128) -> Result<(), Trap> {
    draft(m, f)?;
    if cycles > m.liquid() {
        return Err(Trap::Contract(format!(
            "ic0.{}: expected at most {} cycles, got {cycles}",
            f.name,
            m.liquid()
        )));
    }
    m.balance -= cycles;
    draft(m, f)?.cycles += cycles;
    Ok(())
}

fn perform(m: &mut Message, f: &Import) -> Result<u32, Trap> {
    let draft = draft(m, f)?;
    let callee = draft.callee;
    let size = length(draft.method.as_bytes()) + length(&draft.arg);
    let fee = m.subnet.fees.call(size, LIMIT_UPDATE);
    let open = m.open_calls.get(&callee).copied().unwrap_or(0);
    let composite = !m.mode.is_replicated();
    if !composite && (open >= MAX_OPEN_CALLS || m.liquid() < fee.total()) {
        m.drop_draft();
        return Ok(NOT_PERFORMED);
    }
    if !composite {
        m.balance -= fee.total();
    }
    *m.open_calls.entry(callee).or_default() += 1;
    let draft = m.draft.take().expect("checked above");
    m.calls.push(Call { draft, fee });
    Ok(0)
}
