//! What is kept of headers, and the facts from which a client is rebuilt.

use super::params::Params;
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use minicbor::{Decode, Encode};

/// Oldest anchor that a proposal may name when it is submitted.
pub const MAX_ANCHOR_AGE: Nanos = 24 * 60 * 60 * NANOS_PER_SECOND;

/// What is kept of a verified header.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Trusted {
    /// Height.
    #[n(0)]
    pub height: u64,
    /// Time of the block.
    #[n(1)]
    pub time: Nanos,
    /// Hash of the header.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Root of the state after the block *below*: a proof of height h needs the header of h + 1.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub app_hash: [u8; 32],
    /// Hash of the set of validators that signed.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub validators_hash: [u8; 32],
    /// Hash of the set that signs the next header.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub next_validators_hash: [u8; 32],
    /// Version of the application. It changes when the chain's rules do.
    #[n(6)]
    pub app_version: u64,
}

/// A header that is believed because a vote names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Anchor {
    /// Height.
    #[n(0)]
    pub height: u64,
    /// Time of the block.
    #[n(1)]
    pub time: Nanos,
    /// Hash of the header.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// Why an anchor is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Blocks count from 1.
    #[error("anchor: expected a height of at least 1")]
    Height,
    /// Validators could have left since.
    #[error("anchor: expected a time after {earliest} ns, got {got} ns")]
    TooOld {
        /// Oldest time that is taken.
        earliest: Nanos,
        /// The anchor's.
        got: Nanos,
    },
    /// Later than our clock and the drift that is allowed.
    #[error("anchor: expected a time before {latest} ns, got {got} ns")]
    FromTheFuture {
        /// Our clock and the drift.
        latest: Nanos,
        /// The anchor's.
        got: Nanos,
    },
}

impl Anchor {
    /// Whether a proposal may name it: at most a day old. **Errors** the first bound that is broken.
    pub fn check_at_submission(&self, now: Nanos, params: &Params) -> Result<(), AnchorError> {
        self.check(now, MAX_ANCHOR_AGE, params)
    }

    /// Whether an adopted proposal may still set it: a vote may take longer than a day, and even
    /// than the trusting period, but not than the unbonding period. **Errors** the first bound that
    /// is broken.
    pub fn check_at_adoption(&self, now: Nanos, params: &Params) -> Result<(), AnchorError> {
        self.check(now, params.unbonding_period, params)
    }

    fn check(&self, now: Nanos, age: Nanos, params: &Params) -> Result<(), AnchorError> {
        let got = self.time;
        if self.height == 0 {
            return Err(AnchorError::Height);
        }
        let latest = now.saturating_add(params.clock_drift);
        if got >= latest {
            return Err(AnchorError::FromTheFuture { latest, got });
        }
        let earliest = now.saturating_sub(age);
        if got <= earliest {
            return Err(AnchorError::TooOld { earliest, got });
        }
        Ok(())
    }
}

/// Two signed headers that cannot both be of one chain. The second is the one that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// Believed before.
    #[n(0)]
    pub believed: Trusted,
    /// As well signed.
    #[n(1)]
    pub pushed: Trusted,
}

/// What happened to a client.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// It was told a chain. Headers of another chain are forgotten.
    #[n(0)]
    Configured(#[n(0)] Params),
    /// A vote named headers. The first is the anchor from which others are verified; further ones
    /// are below it and are wanted for proofs. A frozen client thaws and forgets what it believed.
    #[n(1)]
    Anchored(#[n(0)] Vec<Anchor>),
    /// A header was verified, or is one that the vote named.
    #[n(2)]
    Verified(#[n(0)] Trusted),
    /// Signed headers contradict one another.
    #[n(3)]
    Conflicted(#[n(0)] Evidence),
    /// The header at this height is to stay, or will when it comes.
    #[n(4)]
    Pinned(#[n(0)] u64),
    /// One of those who wanted it to stay no longer does.
    #[n(5)]
    Unpinned(#[n(0)] u64),
}
