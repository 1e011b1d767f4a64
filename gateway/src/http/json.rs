//! Deployments as JSON, a page at a time.

use super::Report;
use crate::types::DeploymentView;
use crate::view;
use serde_json::{Value, json};

/// Most deployments on one page.
const MAX_ROWS: usize = 100;

/// `?after=<nonce>` begins behind that deployment; `next` in the answer names the value for the
/// page behind this one, and is `null` on the last.
pub(super) fn deployments(report: &Report<'_>, query: &str) -> String {
    let after = query
        .split('&')
        .find_map(|part| part.strip_prefix("after="))
        .and_then(|nonce| nonce.parse().ok());
    let mut rows: Vec<Value> = Vec::new();
    let mut last = None;
    let mut rest = report.state.deployments(after);
    for (nonce, adopted) in rest.by_ref().take(MAX_ROWS) {
        let waits_for = report.waits.get(&nonce).map(|(_, why)| why.as_str());
        rows.push(row(view::deployment(adopted), waits_for));
        last = Some(nonce);
    }
    let next = rest.next().and(last);
    json!({ "now_ns": report.now, "deployments": rows, "next": next }).to_string()
}

fn row(view: DeploymentView, waits_for: Option<&str>) -> Value {
    let hash = hex::encode(&view.payload_hash);
    let mut row = serde_json::to_value(view).expect("numbers, texts and lists are JSON");
    row["payload_hash"] = hash.into();
    row["waits_for"] = waits_for.into();
    row
}
