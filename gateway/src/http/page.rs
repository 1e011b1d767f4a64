//! The dashboard: one plain page.

use super::{Report, age_s, by_phase};
use crate::state::Adopted;
use crate::view;
use orchestrator::kernel::amount::{act, span};
use orchestrator::kernel::money::Uact;
use orchestrator::kernel::time::rfc3339;
use std::fmt::Write;

/// Most deployments on the page: those that were adopted last.
const MAX_ROWS: usize = 200;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2em;max-width:90em}\
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;\
text-align:left;vertical-align:top}th{background:#eee}";

pub(super) fn page(report: &Report<'_>) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Gateway</title>\
         <style>{STYLE}</style></head><body><h1>Gateway</h1>\n<p>{}. {} events, {} deployments at \
         work, {} cycles. See also <code>/deployments.json</code> and <code>/metrics</code>.</p>\n",
        rfc3339(report.now),
        report.events,
        report.at_work,
        report.cycles
    );
    phases(&mut html, report);
    budgets(&mut html, report);
    deployments(&mut html, report);
    html.push_str("</body></html>\n");
    html
}

fn phases(html: &mut String, report: &Report<'_>) {
    let rows = by_phase(report).into_iter().map(|(phase, count, oldest)| {
        [
            format!("{phase:?}"),
            count.to_string(),
            oldest.map_or(String::new(), span),
        ]
    });
    table(html, "Phases", ["phase", "deployments", "oldest for"], rows);
}

fn budgets(html: &mut String, report: &Report<'_>) {
    let told = match report.told {
        Some(told) => format!(
            "The treasury told this {} ago.",
            span(age_s(report.now, told.told_at))
        ),
        None => "The treasury has told nothing yet.".to_string(),
    };
    let rows = view::budgets(report.state, report.told)
        .into_iter()
        .map(|budget| {
            let taken = u128::from(budget.reserved_uact) + u128::from(budget.spent_uact);
            let left = u128::from(budget.total_uact).saturating_sub(taken);
            [
                budget.id,
                act(Uact(budget.total_uact)),
                act(Uact(budget.reserved_uact)),
                act(Uact(budget.spent_uact)),
                act(Uact(u64::try_from(left).unwrap_or(0))),
            ]
        });
    let head = ["budget", "mandate", "reserved", "spent", "left"];
    table(html, "Budgets", head, rows);
    writeln!(html, "<p>{told}</p>").expect("no write fails in memory");
}

fn deployments(html: &mut String, report: &Report<'_>) {
    let mut newest: Vec<(u64, &Adopted)> = report.state.deployments(None).collect();
    newest.sort_by_key(|(nonce, adopted)| (adopted.deployment.adopted_at, *nonce));
    let rows = newest
        .into_iter()
        .rev()
        .take(MAX_ROWS)
        .map(|(nonce, adopted)| {
            let d = &adopted.deployment;
            let waits = report
                .waits
                .get(&nonce)
                .map_or(String::new(), |(until, why)| {
                    format!("{why}, until {}", rfc3339(*until))
                });
            let uris: Vec<&str> = d
                .leases()
                .flat_map(|lease| lease.uris.iter().map(String::as_str))
                .collect();
            [
                nonce.to_string(),
                d.order.name.clone(),
                d.order.budget.clone(),
                format!("{:?}", d.phase()),
                span(age_s(report.now, d.phase_since())),
                d.order.dseq.to_string(),
                act(adopted.reserved()),
                d.spent.map_or(String::new(), act),
                uris.join(" "),
                d.reason().unwrap_or_default().to_string(),
                waits,
            ]
        });
    let head = [
        "nonce",
        "name",
        "budget",
        "phase",
        "for",
        "dseq",
        "reserved",
        "spent",
        "answers at",
        "reason",
        "waits for",
    ];
    table(html, "Deployments", head, rows);
}

/// Every cell is escaped: most of them hold words of others.
fn table<const N: usize>(
    html: &mut String,
    title: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let row = |cells: &[String], tag: &str| {
        let cells: String = cells
            .iter()
            .map(|cell| format!("<{tag}>{}</{tag}>", escape(cell)))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let head = row(&head.map(ToString::to_string), "th");
    let body: String = rows.map(|cells| row(&cells, "td")).collect();
    write!(html, "<h2>{title}</h2>\n<table>\n{head}{body}</table>\n")
        .expect("no write fails in memory");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
