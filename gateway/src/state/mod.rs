//! What the gateway knows, rebuilt from its events alone.
//!
//! [`State::apply`] is pure and total; live and replay call it alone. Nothing here reads a clock,
//! a store or the world.

mod event;
pub mod live;

pub use event::{Config, EntryError, Event, Recorded};

use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::Uact;
use orchestrator::lease::{self, Deployment, Phase};
use std::collections::BTreeMap;

/// The gateway's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    config: Option<Config>,
    deployments: BTreeMap<u64, Adopted>,
    /// Nonce of each close order, and of the deployment that it closes.
    closes: BTreeMap<u64, u64>,
    by_hash: BTreeMap<[u8; 32], u64>,
    last_dseq: u64,
    ignored: u64,
}

/// A deployment and what was reserved for it when it was adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The saga.
    pub deployment: Deployment,
    /// Reserved from the adoption on, before the saga has planned anything.
    deposit: Uact,
}

impl Adopted {
    /// What it holds of its budget: its deposit until it is settled.
    #[must_use]
    pub fn reserved(&self) -> Uact {
        let d = &self.deployment;
        if d.stage == Phase::Settled || d.given_up {
            return Uact::ZERO;
        }
        d.reserved().max(self.deposit)
    }

    /// What it has cost, once settled.
    #[must_use]
    pub fn spent(&self) -> Uact {
        match self.deployment.stage {
            Phase::Settled => self.deployment.spent.unwrap_or_default(),
            _ => Uact::ZERO,
        }
    }
}

impl State {
    /// The configuration; `None` before the first event.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// A deployment by the nonce of its order.
    #[must_use]
    pub fn deployment(&self, nonce: u64) -> Option<&Adopted> {
        self.deployments.get(&nonce)
    }

    /// A deployment by the hash of the payload that was voted on: of its own order, or of one
    /// that closed it.
    #[must_use]
    pub fn by_hash(&self, payload_hash: &[u8]) -> Option<&Adopted> {
        let hash: [u8; 32] = payload_hash.try_into().ok()?;
        self.deployment(*self.by_hash.get(&hash)?)
    }

    /// All deployments, by nonce, those with a nonce above `after` only.
    pub fn deployments(&self, after: Option<u64>) -> impl Iterator<Item = (u64, &Adopted)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.deployments
            .range((from, Unbounded))
            .map(|(nonce, adopted)| (*nonce, adopted))
    }

    /// Whether an adopted order had this nonce.
    #[must_use]
    pub fn is_used(&self, nonce: u64) -> bool {
        self.deployments.contains_key(&nonce) || self.closes.contains_key(&nonce)
    }

    /// Sequence number on the chain for the next deployment: one more than the last, so that it
    /// is never used twice and any million of them differ in the digits that name transactions.
    /// The first is the time, so that a canister that was installed anew never meets the numbers
    /// of its former life. **Units** of the argument: seconds since the Unix epoch.
    #[must_use]
    pub fn next_dseq(&self, now_s: u64) -> u64 {
        match self.last_dseq {
            0 => now_s.max(1),
            last => last.saturating_add(1),
        }
    }

    /// Events that did not fit and changed nothing: an audit finding when it is not zero.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        let inside = self.deployments.values().map(|a| &a.deployment);
        inside.fold(self.ignored, |sum, d| {
            sum.saturating_add(u64::from(d.ignored))
        })
    }

    /// Applies one event. An event that does not fit changes nothing but a counter, so that a log
    /// can always be replayed.
    pub fn apply(&mut self, recorded: &Recorded) {
        if self.change(recorded.at, &recorded.event).is_none() {
            self.ignored = self.ignored.saturating_add(1);
        }
    }

    fn change(&mut self, at: Nanos, event: &Event) -> Option<()> {
        match event {
            Event::Configured { config } => self.config = Some(config.clone()),
            Event::DeployAdopted { order, deposit, .. } => {
                if self.is_used(order.nonce) || order.dseq <= self.last_dseq {
                    return None;
                }
                self.last_dseq = order.dseq;
                self.by_hash.insert(order.payload_hash, order.nonce);
                let adopted = Adopted {
                    deployment: Deployment::adopted(order.clone(), at),
                    deposit: *deposit,
                };
                self.deployments.insert(order.nonce, adopted);
            }
            Event::CloseAdopted {
                nonce,
                payload_hash,
                deployment,
                reason,
            } => {
                if self.is_used(*nonce) {
                    return None;
                }
                let reason = reason.clone();
                self.deployments
                    .get_mut(deployment)?
                    .deployment
                    .apply(at, &lease::Event::CloseOrdered { reason });
                self.closes.insert(*nonce, *deployment);
                self.by_hash.insert(*payload_hash, *deployment);
            }
            Event::Deployment { nonce, event } => {
                self.deployments.get_mut(nonce)?.deployment.apply(at, event);
            }
        }
        Some(())
    }
}

/// The state that follows from a log, as the canister rebuilds it at each upgrade and as an
/// auditor does from what `get_events` returns.
///
/// **Errors** the first entry that does not decode.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<State, EntryError> {
    let mut state = State::default();
    for entry in entries {
        state.apply(&Recorded::decode(entry)?);
    }
    Ok(state)
}

#[cfg(test)]
mod tests;
