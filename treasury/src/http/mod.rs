//! What people and machines see over HTTP: a page and metrics.
//!
//! Everything is rendered from a [`Report`], which is read once. Nothing here is certified: what
//! a decision hangs on is asked of the canister itself.

mod metrics;
mod page;

pub use live_runtime::certificate::{certified_data, skip_header};

use crate::state::State;
use crate::types::{HttpRequest, HttpResponse};
use orchestrator::kernel::Nanos;

/// What is shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The time of the message.
    pub now: Nanos,
    /// Everything that is known.
    pub state: &'a State,
    /// Whether the reconciler is at work.
    pub at_work: bool,
    /// Entries of the event log.
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

#[cfg(test)]
mod tests;
