//! Reads, and the one write: requests to an endpoint, and what its answers mean.
//!
//! An answer is the claim of one endpoint. Who believes it when is decided elsewhere.
//! Bounds on answers are as tight as is safe, since outcalls are paid by reserved bytes.

mod account;
mod bme;
mod deployment;
mod market;
mod node;
mod tx;
pub(super) mod wire;

#[cfg(test)]
mod tests;

pub use account::{
    Account, account_reply, account_request, balance_reply, balance_request, deposit_limit_reply,
    deposit_limit_request, fee_limit_reply, fee_limit_request,
};
pub use bme::{
    AktPrice, BmeStatus, Executed, LedgerOutcome, LedgerStatus, MAX_PENDING, akt_price_reply,
    akt_price_request, bme_status_reply, bme_status_request, ledger_reply, ledger_request,
    requests_made,
};
pub use deployment::{
    DeploymentInfo, Deposited, Escrow, GroupState, MAX_ACTIVE, active_deployments_reply,
    active_deployments_request, deployment_reply, deployment_request,
};
pub use market::{
    Bid, LeaseInfo, LeaseState, MAX_BIDS_PER_ORDER, ProviderInfo, bids_reply, bids_request,
    leases_reply, leases_request, provider_reply, provider_request,
};
pub use node::{Block, status_reply, status_request};
pub use tx::{BroadcastReply, TxResult, broadcast_reply, broadcast_request, tx_reply, tx_request};

use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse};

/// gRPC code of "not found" in the body of a REST error. **Source** grpc-gateway.
const NOT_FOUND: i64 = 5;

/// Most characters of an endpoint's words that are kept.
pub const MAX_WORDS: usize = 200;

/// Why an answer says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Neither success nor "not found".
    #[error("expected status 200, got {status}: {words}")]
    Status {
        /// HTTP status.
        status: u16,
        /// Beginning of the body, for people.
        words: String,
    },
    /// A body of another shape.
    #[error("expected {expected}, got {got}")]
    Shape {
        /// What was asked for.
        expected: &'static str,
        /// What is wrong.
        got: String,
    },
}

pub(super) fn get(url: String, max_response_bytes: u64) -> HttpRequest {
    HttpRequest {
        url,
        method: HttpMethod::Get,
        headers: vec![("accept".into(), "application/json".into())],
        body: vec![],
        max_response_bytes,
    }
}

/// The body of a success.
pub(super) fn body<T: serde::de::DeserializeOwned>(
    expected: &'static str,
    response: &HttpResponse,
) -> Result<T, ReadError> {
    if response.status != 200 {
        return Err(ReadError::Status {
            status: response.status,
            words: words(&response.body),
        });
    }
    serde_json::from_slice(&response.body).map_err(|why| ReadError::Shape {
        expected,
        got: words(why.to_string().as_bytes()),
    })
}

/// The body of a success, or `None` where the endpoint says that there is no such thing.
fn body_or_absent<T: serde::de::DeserializeOwned>(
    expected: &'static str,
    response: &HttpResponse,
) -> Result<Option<T>, ReadError> {
    if grpc_code(response) == Some(NOT_FOUND) {
        return Ok(None);
    }
    body(expected, response).map(Some)
}

/// The gRPC code of a REST error; a page of some proxy has none.
fn grpc_code(response: &HttpResponse) -> Option<i64> {
    #[derive(serde::Deserialize)]
    struct Status {
        code: i64,
    }
    if response.status < 400 {
        return None;
    }
    let status: Status = serde_json::from_slice(&response.body).ok()?;
    Some(status.code)
}

/// The beginning of a text, for people.
pub(super) fn words(body: &[u8]) -> String {
    // Four bytes hold any character: what is behind them is not among the first, and need not be
    // looked at.
    let head = body.get(..4 * MAX_WORDS).unwrap_or(body);
    String::from_utf8_lossy(head)
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_WORDS)
        .collect()
}

/// Whether a text may stand in a path or a query as it is: addresses and hashes may.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A text for a path or a query; anything that is no address or hash becomes a name that no
/// endpoint knows, so that a hostile text cannot ask for something else.
fn plain(text: &str) -> &str {
    if is_plain(text) { text } else { "none" }
}
