//! What was ordered.

use crate::sdl::Attribute;
use minicbor::{Decode, Encode};

/// An adopted order to run something.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Order {
    /// Chosen by the proposer, never used twice.
    #[n(0)]
    pub nonce: u64,
    /// SHA-256 of the payload that was voted on.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
    /// Id of the budget that pays.
    #[n(2)]
    pub budget: String,
    /// What to call the deployment.
    #[n(3)]
    pub name: String,
    /// The SDL.
    #[n(4)]
    pub sdl: String,
    /// By which rule a provider is chosen.
    #[n(5)]
    pub policy: Policy,
    /// How long the service runs, from the moment it is live. **Units** seconds.
    #[n(6)]
    pub term_s: u64,
    /// Whether images may be named by a tag alone.
    #[n(7)]
    pub allow_tags: bool,
    /// Sequence number on the chain: chosen when the order is adopted, never used twice, from 1
    /// and below [`MAX_DSEQ`](super::limits::MAX_DSEQ).
    #[n(8)]
    pub dseq: u64,
    /// An order that could not begin by then is given up. **Units** seconds since the Unix epoch.
    #[n(9)]
    pub expires_at_s: u64,
}

/// The rule by which a provider is chosen: the cheapest bid that satisfies all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Policy {
    /// Most that all bids together may cost. **Units** uact per block.
    #[n(0)]
    pub max_uact_per_block: u64,
    /// Added to the requirements on the chain.
    #[n(1)]
    pub required_attributes: Vec<Attribute>,
    /// Auditors, each of whom must have signed the attributes; added on the chain.
    #[n(2)]
    pub audited_by: Vec<String>,
    /// When not empty, only these providers.
    #[n(3)]
    pub allowed_providers: Vec<String>,
    /// Never these providers.
    #[n(4)]
    pub denied_providers: Vec<String>,
}
