//! What people and machines see over HTTP: a page, metrics, and deployments as JSON.
//!
//! Everything is rendered from a [`Report`], which is read once. Nothing here is certified: what
//! a decision hangs on is asked of the canister itself.

mod json;
mod metrics;
mod page;

pub use live_runtime::certificate::{certified_data, skip_header};

use crate::budget::Told;
use crate::state::State;
use crate::types::{HttpRequest, HttpResponse};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::lease::Phase;
use std::collections::BTreeMap;

/// What is shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The time of the message.
    pub now: Nanos,
    /// All that was adopted.
    pub state: &'a State,
    /// What the treasury last told.
    pub told: Option<&'a Told>,
    /// What each deployment waits for, and until when.
    pub waits: BTreeMap<u64, (Nanos, String)>,
    /// Deployments that are being driven.
    pub at_work: usize,
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
    let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let (status_code, kind, body) = match path {
        "/" => (200, "text/html; charset=utf-8", page::page(report)),
        "/metrics" => (200, "text/plain; version=0.0.4", metrics::metrics(report)),
        "/deployments.json" => (200, "application/json", json::deployments(report, query)),
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

/// Deployments in each phase, and how long the oldest of them has been there. **Units** seconds.
/// Settled ones are finished and have no age.
fn by_phase(report: &Report<'_>) -> Vec<(Phase, usize, Option<u64>)> {
    const PHASES: [Phase; 10] = [
        Phase::Ordered,
        Phase::Created,
        Phase::Bidding,
        Phase::Leased,
        Phase::ManifestSent,
        Phase::Live,
        Phase::Closing,
        Phase::Closed,
        Phase::Stuck,
        Phase::Settled,
    ];
    let mut found: BTreeMap<Phase, (usize, Nanos)> = BTreeMap::new();
    for (_, adopted) in report.state.deployments(None) {
        let d = &adopted.deployment;
        let (count, oldest) = found.entry(d.phase()).or_insert((0, d.phase_since()));
        *count += 1;
        *oldest = (*oldest).min(d.phase_since());
    }
    PHASES
        .into_iter()
        .map(|phase| match found.get(&phase) {
            None => (phase, 0, None),
            Some((count, _)) if phase == Phase::Settled => (phase, *count, None),
            Some((count, oldest)) => (phase, *count, Some(age_s(report.now, *oldest))),
        })
        .collect()
}

fn age_s(now: Nanos, since: Nanos) -> u64 {
    now.saturating_sub(since) / NANOS_PER_SECOND
}

#[cfg(test)]
mod tests;
