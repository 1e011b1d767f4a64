//! The dashboard: one plain page.

use super::Report;
use crate::grants::{Step, next};
use crate::view;
use orchestrator::kernel::NANOS_PER_SECOND;
use orchestrator::kernel::amount::{act, akt, span};
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::time::rfc3339;
use std::fmt::Write;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2em;max-width:90em}\
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;\
text-align:left;vertical-align:top}th{background:#eee}";

pub(super) fn page(report: &Report<'_>) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Treasury</title>\
         <style>{STYLE}</style></head><body><h1>Treasury</h1>"
    );
    let state = report.state;
    if let Some(own) = &state.own {
        paragraph(
            &mut html,
            &format!(
                "Account {} held {} and {} when it was last read, {}.",
                own.address,
                act(own.uact),
                akt(own.uakt),
                ago(report, own.read_at)
            ),
        );
    }
    paragraph(&mut html, &now(report));
    budgets(&mut html, report);
    let rows = state.book.balances().map(|(account, asset, amount)| {
        vec![account.to_string(), format!("{amount} {}", asset.symbol())]
    });
    table(&mut html, "Books", &["account", "balance"], rows);
    let findings = state.book.findings();
    let rows = findings.into_iter().map(|finding| vec![finding]);
    table(&mut html, "Findings", &["what is wrong"], rows);
    let rows = state.transactions.iter().rev().map(|tx| {
        vec![
            rfc3339(tx.signed_at),
            tx.budget.clone(),
            tx.what.clone(),
            tx.hash.clone(),
            tx.state.to_string(),
        ]
    });
    let head = ["signed", "budget", "what", "hash", "state"];
    table(&mut html, "Transactions", &head, rows);
    entries(&mut html, report);
    html.push_str("</body></html>\n");
    html
}

fn now(report: &Report<'_>) -> String {
    if report.at_work {
        return "The reconciler is at work.".into();
    }
    match next(report.state, report.now, false) {
        Step::Do(_) => "The reconciler acts at its next wake.".into(),
        Step::Wait { until, why } => {
            format!("The reconciler waits until {} for {why}.", rfc3339(until))
        }
    }
}

fn budgets(html: &mut String, report: &Report<'_>) {
    let views = view::snapshot(report.state, report.now).budgets;
    let rows = views.into_iter().map(|budget| {
        vec![
            budget.id,
            budget.purpose,
            format!("{:?}", budget.phase),
            act(Uact(budget.total_uact)),
            act(Uact(budget.limit_left_uact)),
            act(Uact(budget.escrow_uact)),
            act(Uact(budget.spent_uact)),
            akt(Uakt(budget.gas_left_uakt)),
            rfc3339(budget.valid_until_s.saturating_mul(NANOS_PER_SECOND)),
            budget.problem.unwrap_or_default(),
        ]
    });
    let head = [
        "budget",
        "purpose",
        "phase",
        "mandate",
        "grant left",
        "in escrow",
        "spent",
        "gas left",
        "until",
        "problem",
    ];
    table(html, "Budgets", &head, rows);
}

fn entries(html: &mut String, report: &Report<'_>) {
    let rows = report.newest.iter().map(|booked| {
        let entry = &booked.entry;
        let postings: Vec<String> = entry
            .postings
            .iter()
            .map(|p| format!("{} {:+} {}", p.account, p.amount, p.asset.symbol()))
            .collect();
        vec![
            booked.number.to_string(),
            rfc3339(booked.at),
            entry.why.clone(),
            entry
                .order
                .map_or(String::new(), |order| order.nonce.to_string()),
            postings.join("; "),
        ]
    });
    let head = ["entry", "booked", "why", "order", "postings"];
    table(html, "Newest entries", &head, rows);
}

fn ago(report: &Report<'_>, at: u64) -> String {
    if at == 0 {
        return "which was never".into();
    }
    let seconds = report.now.saturating_sub(at) / NANOS_PER_SECOND;
    format!("{} ago", span(seconds))
}

fn paragraph(html: &mut String, text: &str) {
    write!(html, "<p>{}</p>", escape(text)).expect("no write fails in memory");
}

/// A table, or nothing where there are no rows.
fn table(html: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
        cells
            .map(|cell| format!("<{tag}>{}</{tag}>", escape(cell)))
            .collect::<String>()
    };
    let head = cells("th", &mut head.iter().copied());
    write!(html, "<h2>{}</h2><table><tr>{head}</tr>", escape(title))
        .expect("no write fails in memory");
    for row in rows {
        let row = cells("td", &mut row.iter().map(String::as_str));
        write!(html, "<tr>{row}</tr>").expect("no write fails in memory");
    }
    html.push_str("</table>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
