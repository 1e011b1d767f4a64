//! The canister, its subnet, time, timer, certified data, variables, logs.

use super::letters::{ALL, ANY, C, CQ, G, I, NRQ, RQ, RT, RY, T, U};
use super::{Ctx, Done, Link, Word, blob, import, length, long, message, number, parts};
use super::{range, slice, slice_mut, spent, take, text};
use crate::instructions::{DEBUG_PRINT, IS_CONTROLLER, PERFORMANCE_COUNTER};
use crate::message::{Message, Trap};
use candid::Principal;
use std::borrow::Cow;

/// Largest certified data. **Source** interface specification.
const MAX_CERTIFIED_BYTES: usize = 32;
/// Longest name of a variable.
const MAX_VARIABLE_BYTES: usize = 128;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    blob::<W>(l, "canister_self_size", "canister_self_copy", ALL, |m| {
        Ok(Cow::Borrowed(m.canister.as_slice()))
    })?;
    blob::<W>(l, "subnet_self_size", "subnet_self_copy", ALL, |m| {
        Ok(Cow::Borrowed(m.subnet.id.as_slice()))
    })?;
    number(l, import("subnet_self_node_count", ANY), |m| {
        m.subnet.fees.nodes
    })?;
    number(l, import("canister_status", ALL), |m| m.status)?;
    long(l, import("canister_version", ALL), |m| Ok(m.version))?;
    long(l, import("time", ALL), |m| Ok(m.now))?;
    number(l, import("in_replicated_execution", ANY), |m| {
        u32::from(m.mode.is_replicated())
    })?;

    const REPLICATED: u32 = I | G | U | RQ | RY | RT | C | T;
    blob::<W>(l, "root_key_size", "root_key_copy", REPLICATED, |m| {
        Ok(Cow::Borrowed(&m.subnet.root_key))
    })?;
    take::<W>(
        l,
        import("certified_data_set", I | G | U | RY | RT | T),
        |m, bytes| {
            if bytes.len() > MAX_CERTIFIED_BYTES {
                let got = bytes.len();
                return Err(Trap::Contract(format!(
                    "ic0.certified_data_set: expected at most {MAX_CERTIFIED_BYTES} bytes, got {got}"
                )));
            }
            m.certified_data = Some(bytes.to_vec());
            Ok(())
        },
    )?;
    number(l, import("data_certificate_present", ALL), |m| {
        u32::from(m.certificate.is_some())
    })?;
    blob::<W>(
        l,
        "data_certificate_size",
        "data_certificate_copy",
        NRQ | CQ,
        |m| match &m.certificate {
            Some(certified) => Ok(Cow::Owned(certified.data_certificate(m.canister))),
            None => Err(Trap::Contract(
                "ic0.data_certificate_copy: not present".to_owned(),
            )),
        },
    )?;
    let f = import("global_timer_set", I | G | U | RY | RT | C | T);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, at: u64| -> Done<u64> {
            f.enter(&mut ctx, 0)?;
            Ok(std::mem::replace(&mut message(&mut ctx).timer, at))
        },
    )?;
    let f = import("performance_counter", ANY).costing(PERFORMANCE_COUNTER);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, kind: u32| -> Done<u64> {
            f.enter(&mut ctx, 0)?;
            let spent = spent(&mut ctx)?;
            match kind {
                0 => Ok(spent),
                1 => Ok(spent + message(&mut ctx).context_instructions),
                _ => {
                    Err(Trap::Contract(format!("performance counter {kind} does not exist")).into())
                }
            }
        },
    )?;
    let f = import("is_controller", ANY).costing(IS_CONTROLLER);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: W, size: W| -> Done<u32> {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            let bytes = slice(heap, src.into(), size.into())?;
            let principal = Principal::try_from_slice(bytes)
                .map_err(|error| Trap::Contract(format!("ic0.is_controller: {error}")))?;
            Ok(u32::from(message.settings.controllers.contains(&principal)))
        },
    )?;
    take::<W>(
        l,
        import("debug_print", ANY).costing(DEBUG_PRINT),
        |m, bytes| {
            m.log.push(bytes.to_vec());
            Ok(())
        },
    )?;
    take::<W>(l, import("trap", ANY), |_, bytes| {
        Err(Trap::Called(String::from_utf8_lossy(bytes).into_owned()))
    })?;
    variables::<W>(l)
}

fn variables<W: Word>(l: &mut Link) -> Done<()> {
    let f = import("env_var_count", ALL);
    l.func_wrap("ic0", f.name, move |mut ctx: Ctx<'_>| -> Done<W> {
        f.enter(&mut ctx, 0)?;
        W::from_wide(u64::try_from(message(&mut ctx).settings.variables.len())?)
    })?;
    let f = import("env_var_name_size", ALL);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, index: W| -> Done<W> {
            f.enter(&mut ctx, 0)?;
            W::from_wide(length(name_at(message(&mut ctx), index.into())?.as_bytes()))
        },
    )?;
    let f = import("env_var_name_copy", ALL);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, index: W, dst: W, offset: W, size: W| -> Done<()> {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            let name = name_at(message, index.into())?.as_bytes();
            copy_out(heap, name, dst.into(), offset.into(), size.into())
        },
    )?;
    let f = import("env_var_name_exists", ALL);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: W, size: W| -> Done<u32> {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            Ok(u32::from(
                value_of(message, heap, src.into(), size.into())?.is_some(),
            ))
        },
    )?;
    let f = import("env_var_value_size", ALL);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: W, size: W| -> Done<W> {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            let value = value_of(message, heap, src.into(), size.into())?.ok_or_else(unknown)?;
            W::from_wide(length(value.as_bytes()))
        },
    )?;
    let f = import("env_var_value_copy", ALL);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: W, name_size: W, dst: W, offset: W, size: W| -> Done<()> {
            f.enter(&mut ctx, name_size.into().saturating_add(size.into()))?;
            let (heap, message) = parts(&mut ctx);
            let value = value_of(message, heap, src.into(), name_size.into())?;
            let value = value.ok_or_else(unknown)?.to_owned();
            copy_out(
                heap,
                value.as_bytes(),
                dst.into(),
                offset.into(),
                size.into(),
            )
        },
    )?;
    Ok(())
}

fn unknown() -> Trap {
    Trap::Contract("there is no environment variable of this name".to_owned())
}

fn name_at(m: &Message, index: u64) -> Result<&str, Trap> {
    usize::try_from(index)
        .ok()
        .and_then(|index| m.settings.variables.get(index))
        .map(|(name, _)| name.as_str())
        .ok_or_else(|| Trap::Contract(format!("there is no environment variable {index}")))
}

fn value_of<'a>(m: &'a Message, heap: &[u8], at: u64, size: u64) -> Result<Option<&'a str>, Trap> {
    let name = text(slice(heap, at, size)?)?;
    if name.len() > MAX_VARIABLE_BYTES {
        return Err(Trap::Contract(
            "the name of the environment variable is too long".to_owned(),
        ));
    }
    let variables = &m.settings.variables;
    Ok(variables
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.as_str()))
}

fn copy_out(heap: &mut [u8], from: &[u8], dst: u64, offset: u64, size: u64) -> Done<()> {
    let source = &from[range(offset, size, from.len(), "value")?];
    slice_mut(heap, dst, size)?.copy_from_slice(source);
    Ok(())
}
