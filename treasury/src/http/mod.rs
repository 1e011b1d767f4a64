//! What people and machines see over HTTP: a page and metrics.
//!
//! Everything is rendered from a [`Report`], which is read once. Nothing here is certified: what
//! a decision hangs on is asked of the canister itself.

mod metrics;
mod page;

use crate::live::Booked;
use crate::log::block_types;
use crate::state::State;
use crate::types::{HttpRequest, HttpResponse};
use orchestrator::kernel::Nanos;

/// Most entries of the books on the page: the newest.
pub const MAX_ENTRIES: u64 = 50;

/// What is shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The time of the message.
    pub now: Nanos,
    /// Everything that is known.
    pub state: &'a State,
    /// Whether the reconciler is at work.
    pub at_work: bool,
    /// The newest entries of the books, newest first.
    pub newest: &'a [Booked],
    /// Blocks of the log.
    pub events: u64,
    /// Their size. **Units** bytes.
    pub event_bytes: u64,
    /// Cycles of the canister.
    pub cycles: u128,
}

/// Answers a request.
#[must_use]
pub fn respond(request: &HttpRequest, report: &Report<'_>) -> HttpResponse {
    let path = request.url.split('?').next().unwrap_or_default();
    let (status_code, kind, body) = match path {
        "/" => (200, "text/html; charset=utf-8", page::page(report)),
        "/metrics" => (200, "text/plain; version=0.0.4", metrics::metrics(report)),
        "/block-types" => (200, "text/plain; charset=utf-8", types()),
        _ => (404, "text/plain", "not found\n".to_string()),
    };
    HttpResponse {
        status_code,
        headers: [
            ("content-type", kind),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'",
            ),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .to_vec(),
        body: body.into_bytes(),
    }
}

/// What `icrc3_supported_block_types` refers to.
fn types() -> String {
    let mut text = "Blocks of the treasury's log. Each is a map of:\n\
         phash    hash of the block before it; the first has none\n\
         btype    its type, which names what happened\n\
         ts       when, in ns since the Unix epoch\n\
         event    what happened: CBOR, read by the treasury's library\n\
         entries  what it did to the books, where it did anything: maps of why, nonce and\n         \
         payload_hash of the order, tx_hash and height on Akash, and postings: arrays of account,\n         \
         asset, what came in and what went out, which are the same sum in each asset\n\nTypes:\n"
        .to_string();
    for name in block_types() {
        text.push_str(name);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
