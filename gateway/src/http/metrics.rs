//! Metrics in the text format of Prometheus.

use super::{Report, age_s, by_phase};
use crate::view;
use std::fmt::{Display, Write};

struct Metrics(String);

impl Metrics {
    fn describe(&mut self, name: &str, kind: &str, help: &str) {
        write!(
            self.0,
            "# HELP gateway_{name} {help}\n# TYPE gateway_{name} {kind}\n"
        )
        .expect("no write fails in memory");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, text)| format!("{key}=\"{}\"", escape(text)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        writeln!(self.0, "gateway_{name}{labels} {value}").expect("no write fails in memory");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.describe(name, "gauge", help);
        self.value(name, &[], value);
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

pub(super) fn metrics(report: &Report<'_>) -> String {
    let mut metrics = Metrics(String::new());
    let phases = by_phase(report);
    metrics.describe("deployments", "gauge", "Deployments in each phase.");
    for (phase, count, _) in &phases {
        metrics.value("deployments", &[("phase", &format!("{phase:?}"))], count);
    }
    metrics.describe(
        "oldest_seconds",
        "gauge",
        "How long the oldest unfinished deployment has been in its phase.",
    );
    for (phase, _, oldest) in &phases {
        if let Some(age) = oldest {
            metrics.value("oldest_seconds", &[("phase", &format!("{phase:?}"))], age);
        }
    }
    metrics.describe(
        "budget_uact",
        "gauge",
        "Mandate of each budget, and its use.",
    );
    for budget in view::budgets(report.state, report.told) {
        for (kind, uact) in [
            ("total", budget.total_uact),
            ("reserved", budget.reserved_uact),
            ("spent", budget.spent_uact),
        ] {
            metrics.value(
                "budget_uact",
                &[("budget", &budget.id), ("kind", kind)],
                uact,
            );
        }
    }
    if let Some(told) = report.told {
        metrics.gauge(
            "treasury_told_age_seconds",
            "Age of what the treasury last told.",
            age_s(report.now, told.told_at),
        );
    }
    metrics.gauge(
        "at_work",
        "Deployments that are being driven.",
        report.at_work,
    );
    metrics.gauge(
        "ignored_events",
        "Events that did not fit: an audit finding.",
        report.state.ignored(),
    );
    metrics.gauge("event_bytes", "Size of the event log.", report.event_bytes);
    metrics.describe("events_total", "counter", "Entries of the event log.");
    metrics.value("events_total", &[], report.events);
    metrics.gauge("cycles", "Cycles of the canister.", report.cycles);
    metrics.0
}
