//! What came with the message, and its answer.

use super::letters::{ALL, C, CC, CQ, CRT, CRY, F, I, NRQ, RQ, RT, RY, TQ, U};
use super::{Done, Link, Word, action, blob, import, long, number, take, text};
use crate::fees::MAX_REPLY_BYTES;
use crate::message::{Answer, Message, Trap};
use std::borrow::Cow;

/// Largest answer of a query. **Source** resource limits: 3 MiB.
const MAX_QUERY_REPLY_BYTES: usize = 3 << 20;
const ANSWERS: u32 = U | RQ | NRQ | TQ | CQ | RY | RT | CRY | CRT;
const INFO: u32 = U | RQ | NRQ | CQ | RY | RT | CRY | CRT | C | CC | F;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    blob::<W>(
        l,
        "msg_arg_data_size",
        "msg_arg_data_copy",
        I | U | RQ | NRQ | TQ | CQ | RY | CRY | F,
        |m| Ok(Cow::Borrowed(&m.arg)),
    )?;
    blob::<W>(l, "msg_caller_size", "msg_caller_copy", ALL, |m| {
        Ok(Cow::Borrowed(&m.caller))
    })?;
    // Identity attributes come only with ingress that carries them; ours never does.
    blob::<W>(
        l,
        "msg_caller_info_data_size",
        "msg_caller_info_data_copy",
        INFO,
        |_| Ok(Cow::Borrowed(&[])),
    )?;
    blob::<W>(
        l,
        "msg_caller_info_signer_size",
        "msg_caller_info_signer_copy",
        INFO,
        |_| Ok(Cow::Borrowed(&[])),
    )?;
    blob::<W>(
        l,
        "msg_reject_msg_size",
        "msg_reject_msg_copy",
        RT | CRT,
        |m| match &m.reject {
            Some((_, text)) => Ok(Cow::Borrowed(text.as_bytes())),
            None => Err(Trap::Contract("there is no reject message".to_owned())),
        },
    )?;
    blob::<W>(l, "msg_method_name_size", "msg_method_name_copy", F, |m| {
        Ok(Cow::Borrowed(m.method.as_bytes()))
    })?;
    number(
        l,
        import("msg_reject_code", RY | RT | CRY | CRT | C | CC),
        |m| m.reject.as_ref().map_or(0, |(code, _)| *code),
    )?;
    long(
        l,
        import("msg_deadline", U | RQ | NRQ | CQ | RY | RT | CRY | CRT),
        |m| Ok(m.deadline),
    )?;
    take::<W>(l, import("msg_reply_data_append", ANSWERS), append)?;
    action(l, import("msg_reply", ANSWERS), |m| {
        let data = std::mem::take(&mut m.reply_data);
        answer(m, Answer::Reply(data))
    })?;
    take::<W>(l, import("msg_reject", ANSWERS), |m, bytes| {
        let text = text(bytes)?;
        m.reply_data.clear();
        answer(m, Answer::Reject(text))
    })?;
    action(l, import("accept_message", F), |m| {
        if std::mem::replace(&mut m.accepted, true) {
            return Err(Trap::Contract(
                "ic0.accept_message: called twice".to_owned(),
            ));
        }
        Ok(())
    })
}

fn append(m: &mut Message, bytes: &[u8]) -> Result<(), Trap> {
    not_answered(m)?;
    let limit = if m.mode.is_replicated() {
        MAX_REPLY_BYTES
    } else {
        MAX_QUERY_REPLY_BYTES
    };
    let size = m.reply_data.len() + bytes.len();
    if size > limit {
        return Err(Trap::Contract(format!(
            "ic0.msg_reply_data_append: expected at most {limit} bytes, got {size}"
        )));
    }
    m.reply_data.extend_from_slice(bytes);
    Ok(())
}

fn answer(m: &mut Message, answer: Answer) -> Result<(), Trap> {
    not_answered(m)?;
    m.answered = true;
    m.answer = Some(answer);
    Ok(())
}

fn not_answered(m: &Message) -> Result<(), Trap> {
    if m.answered {
        return Err(Trap::Contract("the call was answered already".to_owned()));
    }
    Ok(())
}
