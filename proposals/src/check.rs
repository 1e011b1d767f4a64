//! What the canister will say to a payload, before anybody proposes it.
//!
//! The validators are the canisters' own functions, and so is the state that they look at: it is
//! rebuilt from the canisters' event logs, as anybody can read them. So a refusal here is a
//! refusal there, unless the world moves in between.

use crate::functions;
use crate::template::Built;
use candid::Decode;
use gateway::budget::Told;
use gateway::types::EventEntry;
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use treasury::state::Recorded;

/// What both canisters know, at one moment.
#[derive(Clone, Debug)]
pub struct World {
    now: Nanos,
    gateway: gateway::State,
    told: Told,
    treasury: treasury::state::State,
}

/// Why the answers of the canisters are no world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Not what `get_events` answers.
    #[error("{canister}: expected an answer of get_events, got {why}")]
    Answer {
        /// Whose.
        canister: &'static str,
        /// Why not.
        why: String,
    },
    /// A page is missing, or the log grew between two pages.
    #[error("{canister}: expected all {total} events in order, got {got} without a gap")]
    Gap {
        /// Whose.
        canister: &'static str,
        /// How many the last page speaks of.
        total: u64,
        /// How many there are.
        got: u64,
    },
    /// An event that this version does not know.
    #[error("{canister}: event {index}: {why}")]
    Event {
        /// Whose.
        canister: &'static str,
        /// Which.
        index: u64,
        /// Why not.
        why: String,
    },
}

impl World {
    /// From all pages of `get_events` of both canisters, as Candid, each list in order.
    ///
    /// # Errors
    ///
    /// Other answers, gaps, and events of another version.
    pub fn read(
        now_s: u64,
        gateway_pages: &[Vec<u8>],
        treasury_pages: &[Vec<u8>],
    ) -> Result<Self, WorldError> {
        let now = now_s.saturating_mul(NANOS_PER_SECOND);
        let mut gateway = gateway::State::default();
        for entry in log("gateway", gateway_pages)? {
            let recorded = gateway::state::Recorded::decode(&entry.bytes);
            gateway.apply(&recorded.map_err(|why| WorldError::Event {
                canister: "gateway",
                index: entry.index,
                why: why.to_string(),
            })?);
        }
        let mut treasury = treasury::state::State::default();
        for entry in log("treasury", treasury_pages)? {
            let recorded = Recorded::decode(&entry.bytes);
            treasury.apply(&recorded.map_err(|why| WorldError::Event {
                canister: "treasury",
                index: entry.index,
                why: why.to_string(),
            })?);
        }
        // The gateway asks the treasury again and again: this is what it will have heard.
        let told = Told::new(now, treasury::view::snapshot(&treasury, now));
        Ok(Self {
            now,
            gateway,
            told,
            treasury,
        })
    }

    /// What voters will read about `built`.
    ///
    /// # Errors
    ///
    /// Every problem for which the canister would refuse the proposal, one a line.
    pub fn check(&self, built: &Built) -> Result<String, String> {
        let door = gateway::doors::Context {
            now: self.now,
            voting: self
                .gateway
                .config()
                .map_or(Voting::ORDINARY, |config| config.voting),
            state: &self.gateway,
            told: Some(&self.told),
        };
        match built.function_id {
            functions::DEPLOY => gateway::doors::validate_deploy(&built.payload, &door),
            functions::CLOSE => gateway::doors::validate_close(&built.payload, &door),
            functions::BUDGET => {
                let config = self.treasury.config.as_ref();
                let door = treasury::doors::Context {
                    now: self.now,
                    voting: config.map_or(Voting::CRITICAL, |config| config.voting),
                    state: &self.treasury,
                };
                treasury::doors::validate_budget(&built.payload, &door)
            }
            other => Err(format!("function: expected one of ours, got {other}")),
        }
    }
}

/// One log from its pages. Both canisters answer in the same shape.
fn log(canister: &'static str, pages: &[Vec<u8>]) -> Result<Vec<EventEntry>, WorldError> {
    let (mut total, mut entries) = (0, Vec::new());
    for page in pages {
        let page = Decode!(page, gateway::types::Events).map_err(|why| WorldError::Answer {
            canister,
            why: why.to_string(),
        })?;
        total = page.total;
        entries.extend(page.entries);
    }
    let in_order = (0..)
        .zip(&entries)
        .take_while(|(index, entry)| *index == entry.index)
        .count();
    let got = u64::try_from(in_order).unwrap_or(u64::MAX);
    if got == total && in_order == entries.len() {
        Ok(entries)
    } else {
        Err(WorldError::Gap {
            canister,
            total,
            got,
        })
    }
}

#[cfg(test)]
mod tests;
