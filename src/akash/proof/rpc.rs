//! Proofs from a node: what to ask, and how its JSON becomes a proof.

use super::key::Key;
use super::verify::StoreProof;
use crate::akash::read::wire::number;
use crate::akash::read::{ReadError, body, get};
use crate::kernel::port::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Two neighbours 30 steps deep, of about 50 bytes each, and the tree of stores, in base64, with
/// room for values of a kilobyte and for response headers. **Units** bytes.
pub const PROOF_MAX_BYTES: u64 = 14 * 1024;

/// Asks for a key and its proof in the state after block `height`, which must be below the newest
/// block: the header above it is what the proof is checked against.
#[must_use]
pub fn request(rpc: &str, key: &Key, height: u64) -> HttpRequest {
    let (store, data) = (key.store(), hex::encode(key.bytes()));
    let path = format!("%22/store/{store}/key%22");
    let url = format!("{rpc}/abci_query?path={path}&data=0x{data}&height={height}&prove=true");
    get(url, PROOF_MAX_BYTES)
}

/// The proof in an answer. Nothing of it is believed before [`super::verify`].
///
/// **Errors** another height than the one that was asked for, a node's refusal, another shape.
pub fn reply(response: &HttpResponse, height: u64) -> Result<StoreProof, ReadError> {
    const EXPECTED: &str = "an answer with two proofs";
    #[derive(Deserialize)]
    struct Envelope {
        result: Outer,
    }
    #[derive(Deserialize)]
    struct Outer {
        response: Answer,
    }
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        code: u64,
        #[serde(deserialize_with = "number")]
        height: u64,
        #[serde(rename = "proofOps")]
        proof_ops: Option<Ops>,
    }
    #[derive(Deserialize)]
    struct Ops {
        ops: Vec<Op>,
    }
    #[derive(Deserialize)]
    struct Op {
        #[serde(rename = "type")]
        kind: String,
        data: String,
    }
    let shape = |got: String| ReadError::Shape {
        expected: EXPECTED,
        got,
    };
    let answer = body::<Envelope>(EXPECTED, response)?.result.response;
    if answer.code != 0 {
        return Err(shape(format!("code {}", answer.code)));
    }
    if answer.height != height {
        return Err(shape(format!("height {}, not {height}", answer.height)));
    }
    let ops = answer.proof_ops.map(|proof| proof.ops).unwrap_or_default();
    let [iavl, simple] = ops.as_slice() else {
        return Err(shape(format!("{} proofs", ops.len())));
    };
    let data = |op: &Op, kind: &str| {
        if op.kind != kind {
            return Err(shape(format!("a proof that is not {kind}")));
        }
        let data = STANDARD.decode(&op.data);
        data.map_err(|_| shape(format!("a proof {kind} that is not base64")))
    };
    Ok(StoreProof {
        iavl: data(iavl, "ics23:iavl")?,
        simple: data(simple, "ics23:simple")?,
    })
}
