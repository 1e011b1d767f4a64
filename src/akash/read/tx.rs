//! Transactions and blocks.

use super::wire::number;
use super::{NOT_FOUND, ReadError, body, get, grpc_code, plain, words};
use crate::akash::tx::SignedTx;
use crate::kernel::Nanos;
use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse};
use crate::kernel::time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A receipt without events, and the log of a refusal. **Units** bytes.
const MAX_BROADCAST: u64 = 8_192;

/// A transaction with its events; a lease on an order with twenty bids has many. **Units** bytes.
const MAX_TX: u64 = 262_144;

/// A block with its transactions: only the header matters, but all of it comes. **Units** bytes.
const MAX_BLOCK: u64 = 1_000_000;

/// The transaction is in the mempool already. **Source** Cosmos SDK, `ErrTxInMempoolCache`.
const IN_MEMPOOL: u32 = 19;

/// Codespace of the SDK's own errors.
const SDK: &str = "sdk";

/// What an endpoint says to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BroadcastReply {
    /// It passed the checks and is in the mempool.
    Accepted,
    /// It is in the mempool already.
    AlreadyKnown,
    /// It did not pass the checks. One that is in a block already does not pass them either.
    Refused {
        /// Which module refused.
        codespace: String,
        /// Its code.
        code: u32,
        /// Its words.
        log: String,
    },
}

/// What became of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxResult {
    /// Block.
    pub height: u64,
    /// 0 when it did what it is for.
    pub code: u32,
    /// Which module refused.
    pub codespace: String,
    /// Its words. Not under consensus: for people.
    pub log: String,
}

/// A block's place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Height.
    pub height: u64,
    /// When its proposer says it was made.
    pub time_ns: Nanos,
}

#[derive(Deserialize)]
struct TxEnvelope {
    tx_response: WireTx,
}

#[derive(Deserialize)]
struct WireTx {
    #[serde(deserialize_with = "number")]
    height: u64,
    code: u32,
    #[serde(default)]
    codespace: String,
    #[serde(default)]
    raw_log: String,
}

/// Sends a transaction.
#[must_use]
pub fn broadcast_request(rest: &str, tx: &SignedTx) -> HttpRequest {
    let body = format!(
        r#"{{"tx_bytes":"{}","mode":"BROADCAST_MODE_SYNC"}}"#,
        STANDARD.encode(&tx.bytes)
    );
    HttpRequest {
        url: format!("{rest}/cosmos/tx/v1beta1/txs"),
        method: HttpMethod::Post,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into_bytes(),
        max_response_bytes: MAX_BROADCAST,
    }
}

/// **Errors** an answer that is no receipt: whether the transaction was taken is unknown.
pub fn broadcast_reply(response: &HttpResponse) -> Result<BroadcastReply, ReadError> {
    let TxEnvelope { tx_response: tx } = body("a receipt", response)?;
    Ok(match (tx.code, tx.codespace.as_str()) {
        (0, _) => BroadcastReply::Accepted,
        (IN_MEMPOOL, SDK) => BroadcastReply::AlreadyKnown,
        _ => BroadcastReply::Refused {
            log: words(tx.raw_log.as_bytes()),
            codespace: tx.codespace,
            code: tx.code,
        },
    })
}

/// Looks a transaction up by its hash.
#[must_use]
pub fn tx_request(rest: &str, hash: &str) -> HttpRequest {
    get(
        format!("{rest}/cosmos/tx/v1beta1/txs/{}", plain(hash)),
        MAX_TX,
    )
}

/// `None` when it is in no block that the endpoint has indexed.
pub fn tx_reply(response: &HttpResponse) -> Result<Option<TxResult>, ReadError> {
    if grpc_code(response) == Some(NOT_FOUND) {
        return Ok(None);
    }
    let TxEnvelope { tx_response: tx } = body("a transaction", response)?;
    Ok(Some(TxResult {
        height: tx.height,
        code: tx.code,
        codespace: tx.codespace,
        log: words(tx.raw_log.as_bytes()),
    }))
}

/// Asks for the newest block.
#[must_use]
pub fn latest_block_request(rest: &str) -> HttpRequest {
    get(
        format!("{rest}/cosmos/base/tendermint/v1beta1/blocks/latest"),
        MAX_BLOCK,
    )
}

/// The newest block that the endpoint has.
pub fn latest_block_reply(response: &HttpResponse) -> Result<Block, ReadError> {
    #[derive(Deserialize)]
    struct Envelope {
        block: WireBlock,
    }
    #[derive(Deserialize)]
    struct WireBlock {
        header: Header,
    }
    #[derive(Deserialize)]
    struct Header {
        #[serde(deserialize_with = "number")]
        height: u64,
        time: String,
    }
    let header = body::<Envelope>("a block", response)?.block.header;
    let time_ns = time::parse_rfc3339(&header.time).ok_or_else(|| ReadError::Shape {
        expected: "a block's time (RFC 3339, UTC)",
        got: words(header.time.as_bytes()),
    })?;
    Ok(Block {
        height: header.height,
        time_ns,
    })
}
