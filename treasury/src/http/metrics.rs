//! Metrics in the text format of Prometheus.

use super::Report;
use crate::book::Asset;
use crate::grants::{Step, next};
use crate::view;
use orchestrator::kernel::NANOS_PER_SECOND;
use std::fmt::{Display, Write};

struct Metrics(String);

impl Metrics {
    fn describe(&mut self, name: &str, kind: &str, help: &str) {
        write!(
            self.0,
            "# HELP treasury_{name} {help}\n# TYPE treasury_{name} {kind}\n"
        )
        .expect("no write fails in memory");
    }

    /// Values of labels are ids and names of accounts: letters, digits and a few marks.
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, text)| format!("{key}=\"{text}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        writeln!(self.0, "treasury_{name}{labels} {value}").expect("no write fails in memory");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.describe(name, "gauge", help);
        self.value(name, &[], value);
    }
}

pub(super) fn metrics(report: &Report<'_>) -> String {
    let mut metrics = Metrics(String::new());
    let state = report.state;
    let age = |at| report.now.saturating_sub(at) / NANOS_PER_SECOND;
    metrics.describe("account", "gauge", "Balance of each account of the books.");
    for (account, asset, amount) in state.book.balances() {
        let account = account.to_string();
        let labels = [("account", account.as_str()), ("asset", asset.symbol())];
        metrics.value("account", &labels, amount);
    }
    metrics.describe("held", "gauge", "What T should hold, by the books.");
    for asset in [Asset::Uakt, Asset::Uact] {
        metrics.value("held", &[("asset", asset.symbol())], state.book.held(asset));
    }
    if let Some(own) = &state.own {
        metrics.describe("chain", "gauge", "What T held when last read.");
        metrics.value("chain", &[("asset", "uakt")], own.uakt.0);
        metrics.value("chain", &[("asset", "uact")], own.uact.0);
        let help = "Since T and all budgets were read.";
        metrics.gauge("read_age_seconds", help, age(own.read_at));
    }
    metrics.describe("budget", "gauge", "Mandate, grant, and use of each budget.");
    for budget in view::snapshot(state, report.now).budgets {
        for (kind, amount) in [
            ("total_uact", budget.total_uact),
            ("limit_left_uact", budget.limit_left_uact),
            ("escrow_uact", budget.escrow_uact),
            ("spent_uact", budget.spent_uact),
            ("gas_left_uakt", budget.gas_left_uakt),
        ] {
            metrics.value("budget", &[("budget", &budget.id), ("kind", kind)], amount);
        }
        let blocked = u8::from(budget.problem.is_some());
        let labels = [("budget", budget.id.as_str()), ("kind", "blocked")];
        metrics.value("budget", &labels, blocked);
    }
    if let Some(flight) = &state.flight {
        let left = flight.timeout_ns.saturating_sub(report.now) / NANOS_PER_SECOND;
        metrics.gauge(
            "flight_seconds_left",
            "Life of the transaction in flight.",
            left,
        );
    }
    if let Step::Wait { until, .. } = next(state, report.now, false) {
        let wait = until.saturating_sub(report.now) / NANOS_PER_SECOND;
        metrics.gauge("next_act_seconds", "Until the reconciler acts again.", wait);
    }
    let findings = state.book.findings().len();
    metrics.gauge("book_findings", "What is wrong with the books.", findings);
    let help = "Events that did not fit: an audit finding.";
    metrics.gauge("ignored_events", help, state.ignored);
    let help = "Failures of the reconciler in a row.";
    metrics.gauge("retries", help, state.retry.tries);
    metrics.gauge(
        "at_work",
        "Whether the reconciler works.",
        u8::from(report.at_work),
    );
    metrics.gauge("event_bytes", "Size of the log.", report.event_bytes);
    metrics.describe("events_total", "counter", "Blocks of the log.");
    metrics.value("events_total", &[], report.events);
    metrics.gauge("cycles", "Cycles of the canister.", report.cycles);
    metrics.0
}
