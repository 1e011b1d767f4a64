//! Is the log what was certified, and does it lead to what the canister and both chains say?

use super::{Audited, Dump, certificate};
use std::fmt;
use treasury::book::{Asset, Holder};
use treasury::log::{Replay, Value};
use treasury::state::State;
use treasury::types::{Balances, Snapshot};
use treasury::view;

/// How many of the newest blocks are looked at for the moment at which the canister said something:
/// its log grows while it is asked.
const LOOK_BACK: u64 = 100;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It holds.
    Green(String),
    /// It could not be checked, for want of an answer.
    Skipped(String),
    /// It does not hold.
    Red(String),
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Green(text) => write!(f, "ok       {text}"),
            Self::Skipped(text) => write!(f, "skipped  {text}"),
            Self::Red(text) => write!(f, "RED      {text}"),
        }
    }
}

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
    /// The replayed log, when it could be.
    pub audited: Option<Audited>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_green(&self) -> bool {
        !self
            .checks
            .iter()
            .any(|check| matches!(check, Check::Red(_)))
    }

    fn green(&mut self, text: String) {
        self.checks.push(Check::Green(text));
    }

    fn red(&mut self, text: String) {
        self.checks.push(Check::Red(text));
    }

    /// A green line where it holds, else a red one.
    fn judge(&mut self, holds: bool, green: String, red: impl FnOnce() -> String) {
        if holds {
            self.green(green);
        } else {
            self.red(red());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks
            .iter()
            .try_for_each(|check| writeln!(f, "{check}"))?;
        let verdict = if self.is_green() { "green" } else { "RED" };
        write!(f, "{verdict}")
    }
}

/// Checks everything that the answers allow. `root_key`: DER.
#[must_use]
pub fn verify(dump: &Dump, root_key: &[u8]) -> Report {
    let mut report = Report::default();
    let read = dump
        .principal()
        .and_then(|canister| Ok((canister, dump.values()?, dump.certificate()?)));
    let (canister, values, certificate) = match read {
        Ok(read) => read,
        Err(why) => {
            report.red(why.to_string());
            return report;
        }
    };
    let tip = match certificate::tip(certificate.as_ref(), canister, root_key) {
        Ok((tip, at)) => {
            let at = orchestrator::kernel::time::rfc3339(at);
            report.green(format!(
                "certificate: block {} of {canister} was the newest at {at}",
                tip.index
            ));
            Some(tip)
        }
        Err(why) => {
            report.red(format!("certificate: {why}"));
            None
        }
    };
    let certified = tip.map_or(values.len() as u64, |tip| tip.index.saturating_add(1));
    if certified > values.len() as u64 {
        report.red(format!(
            "log: expected {certified} blocks, got {}",
            values.len()
        ));
        return report;
    }
    let said = match dump
        .said_balances()
        .and_then(|b| Ok((b, dump.said_snapshot()?)))
    {
        Ok(said) => said,
        Err(why) => {
            report.red(why.to_string());
            return report;
        }
    };
    let Some(seen) = replay(&mut report, &values, certified, &said) else {
        return report;
    };
    if let Some(tip) = tip {
        let got = seen.replay.tip.map(|tip| hex::encode(tip.hash));
        let expected = hex::encode(tip.hash);
        report.judge(
            got.as_ref() == Some(&expected),
            format!("log: the chain of {certified} blocks ends in the certified hash"),
            || format!("log: expected the hash {expected} of the last block, got {got:?}"),
        );
    }
    let state = &seen.replay.state;
    books(&mut report, state);
    told(&mut report, "get_balances", said.0.is_some(), seen.balances);
    told(&mut report, "snapshot", said.1.is_some(), seen.snapshot);
    chains(&mut report, dump, state);
    if report.is_green() {
        report.audited = Some(Audited {
            blocks: seen.blocks,
            state: seen.replay.state,
        });
    }
    report
}

struct Seen {
    replay: Replay,
    blocks: Vec<treasury::log::Block>,
    /// After which block the canister's answers are true.
    balances: Option<u64>,
    snapshot: Option<u64>,
}

/// Replays up to the certified block; a few blocks more only to see what the answers speak of.
fn replay(
    report: &mut Report,
    values: &[Value],
    certified: u64,
    said: &(Option<Balances>, Option<Snapshot>),
) -> Option<Seen> {
    let mut replay = Replay::default();
    let mut seen = Seen {
        replay: Replay::default(),
        blocks: Vec::new(),
        balances: None,
        snapshot: None,
    };
    for (index, value) in (0_u64..).zip(values) {
        let block = match replay.next(value) {
            Ok(block) => block,
            // What comes after the certified block is no part of what is audited.
            Err(_) if index >= certified => break,
            Err(why) => {
                report.red(format!("log: {why}"));
                return None;
            }
        };
        if index.saturating_add(LOOK_BACK) >= certified {
            let (balances, snapshot) = said;
            let is = |said: &Balances| view::balances(&replay.state) == *said;
            if balances.as_ref().is_some_and(is) {
                seen.balances = Some(index);
            }
            let is = |said: &Snapshot| view::snapshot(&replay.state, said.at_ns) == *said;
            if snapshot.as_ref().is_some_and(is) {
                seen.snapshot = Some(index);
            }
        }
        if index < certified {
            seen.blocks.push(block);
        }
        if index + 1 == certified {
            seen.replay = replay.clone();
        }
    }
    let entries: usize = seen.blocks.iter().map(|block| block.entries.len()).sum();
    report.green(format!(
        "log: {certified} blocks replay, and each of {entries} entries is what its event does to \
         the books"
    ));
    Some(seen)
}

fn books(report: &mut Report, state: &State) {
    let findings = state.book.findings();
    report.judge(
        findings.is_empty(),
        "books: all accounts sum to zero in each asset, and none is overdrawn".into(),
        || format!("books: {}", findings.join("; ")),
    );
    report.judge(
        state.ignored == 0,
        "log: every event fits the state that it met".into(),
        || {
            format!(
                "log: {} events did not fit and changed nothing",
                state.ignored
            )
        },
    );
}

fn told(report: &mut Report, method: &str, is_there: bool, after: Option<u64>) {
    match (is_there, after) {
        (false, _) => report.checks.push(Check::Skipped(format!(
            "{method}: no answer of it was given"
        ))),
        (true, Some(block)) => report.green(format!(
            "{method}: what the canister says is what the log says after block {block}"
        )),
        (true, None) => report.red(format!(
            "{method}: what the canister says is not what the log says after any of the last \
             {LOOK_BACK} blocks"
        )),
    }
}

/// The books against readings of both chains. They are readings of one moment: money on its way
/// makes a difference for a while, and shows as one here.
fn chains(report: &mut Report, dump: &Dump, state: &State) {
    match dump.ledger_e8s() {
        Err(why) => report.red(why.to_string()),
        Ok(None) => report.checks.push(Check::Skipped(
            "ICP ledger: no balance of it was given".into(),
        )),
        Ok(Some(found)) => {
            let booked = state.book.holds(Holder::IcpLedger, Asset::Icp);
            report.judge(
                found.to_string().replace('_', "") == booked.to_string(),
                format!("ICP ledger: it has {booked} e8s for the treasury, as the books say"),
                || format!("ICP ledger: expected {booked} e8s by the books, got {found}"),
            );
        }
    }
    match dump.chain_balances() {
        Err(why) => report.red(why.to_string()),
        Ok(None) => report
            .checks
            .push(Check::Skipped("Akash: no balances of T were given".into())),
        Ok(Some((uakt, uact))) => {
            for (asset, found) in [(Asset::Uakt, uakt), (Asset::Uact, uact)] {
                let booked = state.book.held(asset);
                let unit = asset.symbol();
                report.judge(
                    booked == i128::from(found),
                    format!("Akash: T has {found} {unit}, as the books say"),
                    || {
                        format!(
                            "Akash: expected T to have {booked} {unit} by the books, got {found}"
                        )
                    },
                );
            }
        }
    }
}
