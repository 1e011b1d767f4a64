//! What we rely on outside, and which counterpart confirmed it.
//!
//! [`claims::all`] is the table: each message, query, key, rule and figure of the world outside
//! that this project rests on. An ordinary test that meets a counterpart calls [`confirm`] after
//! its assertions; where the counterpart is missing it calls [`absent`] instead and ends. `cargo
//! xtask conformance` names a report file, runs the suites, and puts the report and the table
//! together: a claim whose suite met its counterpart and did not confirm it is a failure.
//! Outside that command the calls only check that the claim exists.
//!
//! The crate depends on nothing, so that every other may use it in its tests.

pub mod claims;
pub mod corrections;
pub mod render;
pub mod report;
pub mod suite;

pub use claims::{Basis, Claim, Part};
pub use suite::Suite;

use std::io::Write as _;

/// Names the file that [`confirm`], [`differs`] and [`absent`] append to.
pub const REPORT: &str = "CONFORMANCE_REPORT";

/// Says that a counterpart confirmed a claim. Call it after the assertions.
/// `counterpart` is its name with its version, as an auditor would look for it.
///
/// **Panics** when the table has no such claim, or does not name that suite for it.
pub fn confirm(suite: Suite, id: &str, counterpart: &str) {
    known(suite, id);
    append(&["confirmed", id, suite.name(), counterpart]);
}

/// Says that a counterpart contradicts a claim: the command then fails.
///
/// **Panics** as [`confirm`] does.
pub fn differs(suite: Suite, id: &str, counterpart: &str, how: &str) {
    known(suite, id);
    append(&["differs", id, suite.name(), counterpart, how]);
}

/// Says why a suite could not meet its counterpart, to the report and to whoever reads the test's
/// output.
pub fn absent(suite: Suite, reason: &str) {
    println!("skipped: {}: {reason}", suite.counterpart());
    append(&["absent", suite.name(), reason]);
}

fn known(suite: Suite, id: &str) {
    let claim = claims::all().find(|claim| claim.id == id);
    let claim = claim.unwrap_or_else(|| panic!("expected a claim of the table, got {id:?}"));
    assert!(
        claim.suites().any(|named| named == suite),
        "expected a suite that the table names for {id:?}, got {suite:?}"
    );
}

/// One line, in one write, so that tests that run at once do not mix theirs.
fn append(fields: &[&str]) {
    let Some(path) = std::env::var_os(REPORT) else {
        return;
    };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", path.display()));
    let line = report::line(fields);
    file.write_all(line.as_bytes())
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
