//! Transactions.

use super::wire::number;
use super::{NOT_FOUND, ReadError, body, get, grpc_code, plain, words};
use crate::akash::tx::SignedTx;
use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A receipt without events, and the log of a refusal. **Units** bytes.
const MAX_BROADCAST: u64 = 8_192;

/// A transaction with its events. Taking a bid closes up to twenty others, each with events of
/// 2.5 KB, and the transaction itself comes twice, decoded. **Units** bytes.
const MAX_TX: u64 = 131_072;

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
    /// Which transaction, upper-case hexadecimal: a cache may answer with another one's.
    pub hash: String,
    /// Block.
    pub height: u64,
    /// 0 when it did what it is for.
    pub code: u32,
    /// Which module refused.
    pub codespace: String,
    /// Its words. Not under consensus: for people.
    pub log: String,
    /// What its messages answered: protobuf, `cosmos.base.abci.v1beta1.TxMsgData`.
    pub data: Vec<u8>,
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
    #[derive(Deserialize)]
    struct Envelope {
        tx_response: Receipt,
    }
    #[derive(Deserialize)]
    struct Receipt {
        code: u32,
        codespace: String,
        raw_log: String,
    }
    let Envelope { tx_response: tx } = body("a receipt", response)?;
    Ok(match (tx.code, tx.codespace.as_str()) {
        (0, _) => BroadcastReply::Accepted,
        (IN_MEMPOOL, SDK) => BroadcastReply::AlreadyKnown,
        _ => BroadcastReply::Refused {
            log: words(tx.raw_log.as_bytes()),
            codespace: words(tx.codespace.as_bytes()),
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
    #[derive(Deserialize)]
    struct Envelope {
        tx_response: Executed,
    }
    #[derive(Deserialize)]
    struct Executed {
        txhash: String,
        #[serde(deserialize_with = "number")]
        height: u64,
        code: u32,
        codespace: String,
        raw_log: String,
        #[serde(default)]
        data: String,
    }
    if grpc_code(response) == Some(NOT_FOUND) {
        return Ok(None);
    }
    let Envelope { tx_response: tx } = body("a transaction", response)?;
    let data = hex::decode(&tx.data).map_err(|_| ReadError::Shape {
        expected: "what the messages answered, in hexadecimal",
        got: words(tx.data.as_bytes()),
    })?;
    Ok(Some(TxResult {
        data,
        hash: words(tx.txhash.as_bytes()).to_ascii_uppercase(),
        height: tx.height,
        code: tx.code,
        codespace: words(tx.codespace.as_bytes()),
        log: words(tx.raw_log.as_bytes()),
    }))
}
