//! What calls and services cost.

use super::letters::ANY;
use super::{Ctx, Done, Link, Word, amount, import, parts, slice, text, write_amount};
use crate::ecdsa;
use crate::fees::HttpResources;
use crate::instructions::{COST_HTTP_V2, LIMIT_UPDATE};
use crate::message::Trap;
use candid::{CandidType, Deserialize, Reserved};

/// Answers of the functions that price signatures.
const OK: u32 = 0;
const UNKNOWN_CURVE: u32 = 1;
const UNKNOWN_KEY: u32 = 2;

pub(super) fn link<W: Word>(l: &mut Link) -> Done<()> {
    let f = import("cost_call", ANY);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, name: u64, payload: u64, dst: W| {
            f.enter(&mut ctx, 0)?;
            let (heap, message) = parts(&mut ctx);
            let fee = message
                .subnet
                .fees
                .call(name.saturating_add(payload), LIMIT_UPDATE);
            write_amount(heap, dst.into(), fee.total())
        },
    )?;
    amount::<W>(l, import("cost_create_canister", ANY), |m| {
        m.subnet.fees.canister_creation()
    })?;
    let f = import("cost_http_request", ANY);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, request: u64, response: u64, dst: W| {
            f.enter(&mut ctx, 0)?;
            let (heap, message) = parts(&mut ctx);
            write_amount(
                heap,
                dst.into(),
                message.subnet.fees.http(request, response),
            )
        },
    )?;
    let f = import("cost_http_request_v2", ANY).costing(COST_HTTP_V2);
    l.func_wrap(
        "ic0",
        f.name,
        move |mut ctx: Ctx<'_>, src: W, size: W, dst: W| {
            f.enter(&mut ctx, size.into())?;
            let (heap, message) = parts(&mut ctx);
            let params: HttpCostParams = candid::decode_one(slice(heap, src.into(), size.into())?)
                .map_err(|error| Trap::Contract(format!("ic0.{}: {error}", f.name)))?;
            let fees = message.subnet.fees;
            // This host charges the legacy price for every outcall, so the answer covers both.
            let legacy = fees.http(params.request_bytes, params.raw_response_bytes);
            write_amount(
                heap,
                dst.into(),
                fees.http_v2(&params.resources()).max(legacy),
            )
        },
    )?;
    signature::<W>(l, "cost_sign_with_ecdsa", &["secp256k1", "secp256r1"])?;
    signature::<W>(l, "cost_sign_with_schnorr", &["bip340secp256k1", "ed25519"])?;
    signature::<W>(l, "cost_vetkd_derive_key", &["bls12_381"])
}

/// `(name, name size, curve or algorithm, dst) -> i32`. All kinds of keys cost the same and have
/// the same names.
fn signature<W: Word>(
    l: &mut Link,
    name: &'static str,
    kinds: &'static [&'static str],
) -> Done<()> {
    let f = import(name, ANY);
    l.func_wrap(
        "ic0",
        name,
        move |mut ctx: Ctx<'_>, src: W, size: W, kind: u32, dst: W| -> Done<u32> {
            f.enter(&mut ctx, size.into())?;
            let (heap, _) = parts(&mut ctx);
            let key = text(slice(heap, src.into(), size.into())?)?;
            if usize::try_from(kind).map_or(true, |kind| kind >= kinds.len()) {
                return Ok(UNKNOWN_CURVE);
            }
            let Some(fee) = ecdsa::signature_fee(&key) else {
                return Ok(UNKNOWN_KEY);
            };
            write_amount(heap, dst.into(), fee)?;
            Ok(OK)
        },
    )?;
    Ok(())
}

#[derive(CandidType, Deserialize)]
struct HttpCostParams {
    request_bytes: u64,
    http_roundtrip_time_ms: u64,
    raw_response_bytes: u64,
    transformed_response_bytes: u64,
    transform_instructions: u64,
    outcall_type: Option<OutcallType>,
}

#[derive(CandidType, Deserialize)]
enum OutcallType {
    #[serde(rename = "fully_replicated")]
    FullyReplicated(Reserved),
    #[serde(rename = "non_replicated")]
    NonReplicated(Reserved),
    #[serde(rename = "flexible")]
    Flexible(Reserved),
}

impl HttpCostParams {
    fn resources(&self) -> HttpResources {
        HttpResources {
            request_bytes: self.request_bytes,
            http_roundtrip_time_ms: self.http_roundtrip_time_ms,
            raw_response_bytes: self.raw_response_bytes,
            transformed_response_bytes: self.transformed_response_bytes,
            transform_instructions: self.transform_instructions,
            // A flexible outcall is priced like a replicated one, which is the upper bound.
            fully_replicated: !matches!(self.outcall_type, Some(OutcallType::NonReplicated(_))),
        }
    }
}
