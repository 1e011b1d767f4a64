//! The document.

use crate::claims::{self, Claim, Part};
use crate::corrections;
use crate::report::{Outcome, Report};
use crate::suite::{Grade, Suite};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# Conformance

What this project relies on in the world outside, and who confirmed it.
`cargo xtask conformance --write` made this page; nothing in it is written by hand.
It runs the tests that meet a counterpart, and fails when a counterpart contradicts a row, or was there and did not confirm a row that names it.
Each row names the file that would have to change if the row were wrong.

Grades, best first:

- **run**: the real thing was run and behaved so; or the code that it runs, where the row says so.
- **compared**: bytes or verdicts were compared, both ways where that is possible, with an implementation that shares no code with ours, or with output of one that is kept in this repository.
- **read**: read in the source of the real thing at the commit that is named, and not run.
- **open**: neither; the row says why, and what makes being wrong harmless.

A row that says *not confirmed here* has a check whose counterpart was missing when the page was made.
";

/// Writes the document.
#[must_use]
pub fn document(report: &Report, ran: &BTreeSet<Suite>) -> String {
    let mut out = String::from(INTRODUCTION);
    write_counts(&mut out, report, ran);
    write_counterparts(&mut out, report, ran);
    for part in Part::ALL {
        let rows = claims::all().filter(|claim| claim.part == part);
        let _ = write!(
            out,
            "\n## {}\n\n| claim | what we rely on | where | grade | counterpart |\n| --- | --- | --- | --- | --- |\n",
            part.title()
        );
        for claim in rows {
            write_row(&mut out, claim, &report.outcome(claim, ran));
        }
    }
    out.push_str("\n## What earlier notes said, and what it is\n\n| earlier notes said | it is | shown by |\n| --- | --- | --- |\n");
    for row in corrections::CORRECTIONS {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            cell(row.said),
            cell(row.is),
            cell(row.shown_by)
        );
    }
    out.push_str("\n## Where a counterpart differs, and we do not follow\n\n| counterpart | it | we | why |\n| --- | --- | --- | --- |\n");
    for row in corrections::DIFFERENCES {
        let cells = [row.counterpart, row.theirs, row.ours, row.why].map(cell);
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// The rows alone, for a terminal.
#[must_use]
pub fn listing(report: &Report, ran: &BTreeSet<Suite>) -> String {
    let mut out = String::new();
    for claim in claims::all() {
        let (grade, by) = described(&report.outcome(claim, ran));
        let _ = writeln!(out, "{grade:<9} {:<44} {by}", claim.id);
    }
    write_counts(&mut out, report, ran);
    out
}

/// Names of the claims that a document has a row for, in its order.
pub fn named(document: &str) -> impl Iterator<Item = &str> {
    document.lines().filter_map(|line| {
        let (id, _) = line.strip_prefix("| `")?.split_once("` |")?;
        Some(id)
    })
}

fn write_counts(out: &mut String, report: &Report, ran: &BTreeSet<Suite>) {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for claim in claims::all() {
        *counts
            .entry(described(&report.outcome(claim, ran)).0)
            .or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(k, n)| format!("{n} {k}")).collect();
    let _ = writeln!(
        out,
        "\n{} rows: {}.",
        claims::all().count(),
        counts.join(", ")
    );
}

fn write_counterparts(out: &mut String, report: &Report, ran: &BTreeSet<Suite>) {
    out.push_str("\n## Counterparts\n\n| suite | counterpart | when this page was made |\n| --- | --- | --- |\n");
    for suite in Suite::ALL {
        let state = match (ran.contains(&suite), report.why_absent(suite)) {
            (false, _) => "its tests were not run".to_string(),
            (true, Some(reason)) => format!("not there: {reason}"),
            (true, None) => "met".to_string(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            suite.name(),
            cell(suite.counterpart()),
            cell(&state)
        );
    }
}

fn write_row(out: &mut String, claim: &Claim, outcome: &Outcome) {
    let (grade, by) = described(outcome);
    let _ = writeln!(
        out,
        "| `{}` | {} | {} | {grade} | {} |",
        claim.id,
        cell(claim.what),
        claim.at,
        cell(&by)
    );
}

/// Grade, and by whom or why not.
fn described(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Confirmed(founded) => {
            let best = founded.first().map_or(Grade::Open, |(grade, _)| *grade);
            let by: Vec<String> = founded
                .iter()
                .map(|(grade, who)| {
                    if *grade == best {
                        who.clone()
                    } else {
                        format!("{}: {who}", grade.name())
                    }
                })
                .collect();
            (best.name(), by.join("; "))
        }
        Outcome::Differs(how) => ("differs", how.clone()),
        Outcome::Forgotten(suite) => ("forgotten", format!("{} was met", suite.counterpart())),
        Outcome::NotHere(reason) => ("not here", format!("not confirmed here: {reason}")),
        Outcome::Open(why, guard) => ("open", format!("{why}; {guard}")),
    }
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
