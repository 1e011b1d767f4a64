//! A light client of the chain's consensus: which headers the validators really signed.
//!
//! Anyone may push a header. It is believed when more than two thirds of its own validators signed
//! it, and enough of the validators that an already believed header named as next
//! ([`TrustLevel`]). The first header is believed because an adopted proposal names its hash.
//! Headers that contradict one another, all of them signed, freeze the client for good: only a new
//! anchor thaws it.
//!
//! Everything here is pure, total and bounded: time comes in as an argument, every list and every
//! blob has a named limit, and what is cheap to refuse is refused before a signature is checked.
//!
//! **Source** CometBFT, `spec/light-client/verification`, and the crate
//! `tendermint-light-client-verifier`, which counts the votes.

mod block;
mod client;
mod event;
mod params;
mod rpc;
mod signature;

#[cfg(test)]
mod tests;

pub use block::{MAX_SIGNED_HEADER_BYTES, MAX_VALIDATORS, MAX_VALIDATORS_BYTES, Push};
pub use client::{Client, MAX_ANCHORS, MAX_PINNED, MAX_TRUSTED, Verified};
pub use event::{Anchor, AnchorError, Event, Evidence, MAX_ANCHOR_AGE, Trusted};
pub use params::{
    CLOCK_DRIFT, MAX_TRUSTING_PERIOD, Params, ParamsError, TrustLevel, trusting_period,
};
pub use rpc::{
    COMMIT_MAX_BYTES, MAX_VALIDATOR_PAGES, STATUS_MAX_BYTES, Status, VALIDATORS_MAX_BYTES,
    VALIDATORS_PER_PAGE, commit_request, status_reply, status_request, validators_request,
};

/// Why a push is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LightError {
    /// Headers that contradict one another were signed.
    #[error(
        "the client is frozen since two signed headers contradict each other at height {height}"
    )]
    Frozen {
        /// Where.
        height: u64,
    },
    /// No anchor was ever set.
    #[error("the client has no anchor")]
    NoAnchor,
    /// Nothing is believed yet, and this is not the header that the vote named.
    #[error("expected the anchor at height {expected}, got height {got}")]
    NotTheAnchor {
        /// The anchor's height.
        expected: u64,
        /// The push's.
        got: u64,
    },
    /// Another hash at the height of an anchor.
    #[error(
        "expected the anchor {} at height {height}, got {}",
        hex::encode(expected),
        hex::encode(got)
    )]
    AnchorHash {
        /// The anchor's height.
        height: u64,
        /// The anchor's hash.
        expected: [u8; 32],
        /// The push's.
        got: [u8; 32],
    },
    /// A blob past its limit.
    #[error("{what}: expected at most {max} bytes, got {got}")]
    TooLarge {
        /// Which blob.
        what: &'static str,
        /// Its limit. **Units** bytes.
        max: usize,
        /// Its size. **Units** bytes.
        got: usize,
    },
    /// Not what the protocol writes.
    #[error("{what}: cannot read it: {why}")]
    Unreadable {
        /// Which part.
        what: &'static str,
        /// For people.
        why: String,
    },
    /// More validators or votes than are looked at.
    #[error("{what}: expected 1 to {MAX_VALIDATORS} entries, got {got}")]
    Count {
        /// Which list.
        what: &'static str,
        /// Its length.
        got: usize,
    },
    /// One validator twice.
    #[error("{what}: one validator is listed twice")]
    Twice {
        /// Which list.
        what: &'static str,
    },
    /// A header of another chain.
    #[error("expected a header of {expected}, got one of {got:?}")]
    ChainId {
        /// Ours.
        expected: String,
        /// Its own.
        got: String,
    },
    /// A time before 1970 or past the year 2554.
    #[error("the header's time does not fit 64 bits of nanoseconds")]
    Time,
    /// A header later than our clock and the drift that is allowed.
    #[error("expected a header's time before {latest} ns, got {got} ns")]
    FromTheFuture {
        /// Our clock and the drift. **Units** nanoseconds since 1970.
        latest: u64,
        /// The header's time. **Units** nanoseconds since 1970.
        got: u64,
    },
    /// Nothing below is believed, so nothing vouches for it.
    #[error("expected a header above height {lowest}, the lowest that is believed, got {got}")]
    Below {
        /// The lowest believed height.
        lowest: u64,
        /// The push's.
        got: u64,
    },
    /// What would vouch for it is older than the trusting period.
    #[error("the header believed at height {height} vouched until {until} ns, it is {now} ns")]
    Expired {
        /// Height of what would vouch.
        height: u64,
        /// When it ceased to. **Units** nanoseconds since 1970.
        until: u64,
        /// Our clock. **Units** nanoseconds since 1970.
        now: u64,
    },
    /// A set of validators that the header does not name.
    #[error(
        "{what}: expected a set with hash {}, got {}",
        hex::encode(expected),
        hex::encode(got)
    )]
    ValidatorsHash {
        /// Which set.
        what: &'static str,
        /// The hash in the header.
        expected: [u8; 32],
        /// The hash of the set.
        got: [u8; 32],
    },
    /// The set changed since the believed header, whose next validators did not come along.
    #[error("the validators changed since height {height}: its next validators must come along")]
    TrustedNextMissing {
        /// Height of the believed header.
        height: u64,
    },
    /// The next header must have exactly the validators that were named.
    #[error(
        "expected validators with hash {} right above a believed header, got {}",
        hex::encode(expected),
        hex::encode(got)
    )]
    NotNext {
        /// What the believed header names.
        expected: [u8; 32],
        /// What this header has.
        got: [u8; 32],
    },
    /// Too few of the believed validators signed: a header in between must come first.
    #[error(
        "expected more than {level} of the power {total} of the believed validators, got {signed}: a header in between must come first"
    )]
    NotEnoughTrust {
        /// What is asked.
        level: TrustLevel,
        /// Power of the believed set.
        total: u64,
        /// Power of those of them who signed.
        signed: u64,
    },
    /// Not more than two thirds of its own validators signed.
    #[error("expected more than 2/3 of the power {total} of the header's validators, got {signed}")]
    NotEnoughSigners {
        /// Power of its own set.
        total: u64,
        /// Power of those who signed.
        signed: u64,
    },
    /// The votes do not hold; the first bad signature ends the search.
    #[error("the commit does not hold: {why}")]
    Invalid {
        /// For people.
        why: String,
    },
}
