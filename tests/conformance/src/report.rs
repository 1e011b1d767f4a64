//! What a run of the suites found, and what follows for each claim.

use crate::claims::{self, Basis, Claim};
use crate::suite::{Grade, Suite};
use std::collections::{BTreeMap, BTreeSet};

/// A line of the report file: fields between tabs.
pub(crate) fn line(fields: &[&str]) -> String {
    let clean = |field: &&str| field.replace(['\t', '\n', '\r'], " ");
    let fields: Vec<String> = fields.iter().map(clean).collect();
    format!("{}\n", fields.join("\t"))
}

/// What the suites found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Claim to the suites that confirmed it, with the counterpart that each met.
    confirmed: BTreeMap<String, BTreeSet<(Suite, String)>>,
    /// Claim to who contradicts it, and how.
    differs: BTreeMap<String, BTreeSet<String>>,
    /// Suite to the reasons why it did not meet its counterpart.
    absent: BTreeMap<Suite, BTreeSet<String>>,
}

/// What is known of one claim after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By whom, best grade first.
    Confirmed(Vec<(Grade, String)>),
    /// Contradicted.
    Differs(String),
    /// A counterpart was met, and its tests did not confirm the claim.
    Forgotten(Suite),
    /// Its counterpart is not here.
    NotHere(String),
    /// Nobody could: why, and what makes being wrong harmless.
    Open(&'static str, &'static str),
}

impl Report {
    /// Reads report files. **Errors** on a line that [`crate::confirm`] and its siblings never
    /// write.
    pub fn read(text: &str) -> Result<Report, String> {
        let mut report = Report::default();
        for (number, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split('\t').collect();
            let wrong = || format!("line {}: not of a report: {line:?}", number + 1);
            match fields[..] {
                ["confirmed", id, suite, counterpart] => {
                    let suite = Suite::of(suite).ok_or_else(wrong)?;
                    let of_claim = report.confirmed.entry(id.into()).or_default();
                    of_claim.insert((suite, counterpart.into()));
                }
                ["differs", id, _, counterpart, how] => {
                    let of_claim = report.differs.entry(id.into()).or_default();
                    of_claim.insert(format!("{counterpart}: {how}"));
                }
                ["absent", suite, reason] => {
                    let suite = Suite::of(suite).ok_or_else(wrong)?;
                    report
                        .absent
                        .entry(suite)
                        .or_default()
                        .insert(reason.into());
                }
                _ => return Err(wrong()),
            }
        }
        Ok(report)
    }

    /// Why a suite did not meet its counterpart, if it did not.
    #[must_use]
    pub fn why_absent(&self, suite: Suite) -> Option<&str> {
        let reasons = self.absent.get(&suite)?;
        reasons.first().map(String::as_str)
    }

    /// What follows for one claim, when the suites of `ran` were run.
    #[must_use]
    pub fn outcome(&self, claim: &Claim, ran: &BTreeSet<Suite>) -> Outcome {
        if let Some(how) = self.differs.get(claim.id).and_then(BTreeSet::first) {
            return Outcome::Differs(how.clone());
        }
        let none = BTreeSet::new();
        let confirmed = self.confirmed.get(claim.id).unwrap_or(&none);
        let met = |suite: &Suite| ran.contains(suite) && self.why_absent(*suite).is_none();
        let says_nothing = |suite: &Suite| confirmed.iter().all(|(by, _)| by != suite);
        if let Some(suite) = claim.suites().find(|s| met(s) && says_nothing(s)) {
            return Outcome::Forgotten(suite);
        }
        let mut founded: Vec<_> = confirmed
            .iter()
            .map(|(suite, counterpart)| (suite.grade(), counterpart.clone()))
            .collect();
        for basis in claim.bases {
            if let Basis::Read(source, place) = basis {
                founded.push((Grade::Read, format!("{} ({place})", source.name())));
            }
        }
        if !founded.is_empty() {
            founded.sort();
            return Outcome::Confirmed(founded);
        }
        let open = claim.bases.iter().find_map(|basis| match basis {
            Basis::Open(why, guard) => Some(Outcome::Open(why, guard)),
            Basis::Check(_) | Basis::Read(..) => None,
        });
        open.unwrap_or_else(|| {
            let reasons = claim.suites().map(|suite| {
                let told = self.why_absent(suite);
                let told = told.unwrap_or("its tests were not run");
                format!("{}: {told}", suite.counterpart())
            });
            Outcome::NotHere(reasons.collect::<Vec<_>>().join("; "))
        })
    }

    /// What makes the command fail. **Errors** every finding at once.
    pub fn check(&self, ran: &BTreeSet<Suite>) -> Result<(), Vec<String>> {
        let findings = claims::all().filter_map(|claim| match self.outcome(claim, ran) {
            Outcome::Differs(how) => Some(format!("{}: differs: {how}", claim.id)),
            Outcome::Forgotten(suite) => Some(format!(
                "{}: {} was met, and did not confirm it",
                claim.id,
                suite.counterpart()
            )),
            Outcome::Confirmed(_) | Outcome::NotHere(_) | Outcome::Open(..) => None,
        });
        let findings: Vec<String> = findings.collect();
        if findings.is_empty() {
            Ok(())
        } else {
            Err(findings)
        }
    }
}
