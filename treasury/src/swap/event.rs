//! What happened to orders and fills. Facts, never wishes: [`super::Swaps::apply`] draws the
//! conclusions.

use super::fill::{Excuse, Seen, Terms};
use super::order::SwapOrder;
use super::sweep::SweepTx;
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;

/// A past fact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// Governance executed an order to sell ICP, or to stop.
    #[n(0)]
    Adopted {
        /// It.
        #[n(0)]
        order: SwapOrder,
        /// SHA-256 of the payload that was voted on.
        #[cbor(n(1), with = "minicbor::bytes")]
        payload_hash: [u8; 32],
    },
    /// Random bytes for the addresses of an order.
    #[n(1)]
    Seeded {
        /// Nonce of the order.
        #[n(0)]
        order: u64,
        /// They.
        #[cbor(n(1), with = "minicbor::bytes")]
        seed: [u8; 32],
    },
    /// When the next slice begins was drawn by lot.
    #[n(2)]
    SliceDrawn {
        /// Nonce of the order.
        #[n(0)]
        order: u64,
        /// When.
        #[n(1)]
        begins_at: Nanos,
    },
    /// A single-use address is known.
    #[n(3)]
    AddressDerived {
        /// Nonce of the order.
        #[n(0)]
        order: u64,
        /// Counts all addresses; the number of the fill that will use it.
        #[n(1)]
        fill: u64,
        /// Compressed secp256k1 point.
        #[cbor(n(2), with = "minicbor::bytes")]
        public_key: [u8; 33],
    },
    /// A maker committed to deliver.
    #[n(4)]
    Committed {
        /// Number of the fill, and of its address.
        #[n(0)]
        fill: u64,
        /// What was agreed. Nothing changes it.
        #[n(1)]
        terms: Terms,
    },
    /// What is at a fill's address was proven at a verified header.
    #[n(5)]
    Proven {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// What.
        #[n(1)]
        seen: Seen,
    },
    /// A reason for which the maker is not to blame was shown.
    #[n(6)]
    Excused {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// The reason.
        #[n(1)]
        excuse: Excuse,
    },
    /// The time for proofs is over, or none can change anything any more.
    #[n(7)]
    Concluded {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// Whether headers could not be verified when the time for proofs ended.
        #[n(1)]
        dark: bool,
    },
    /// The time for excuses is over.
    #[n(8)]
    BondSettled {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// Whether headers could not be verified when the time for proofs ended.
        #[n(1)]
        dark: bool,
    },
    /// A sweep was signed. It has not been sent yet.
    #[n(9)]
    SweepSigned {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// It.
        #[n(1)]
        tx: SweepTx,
    },
    /// The sweep is in a block and did what it is for.
    #[n(11)]
    SweepIncluded {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// Block.
        #[n(1)]
        height: u64,
    },
    /// The sweep is in a block and failed there.
    #[n(12)]
    SweepFailed {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// Block.
        #[n(1)]
        height: u64,
        /// Why, in words.
        #[n(2)]
        why: String,
    },
    /// The sweep is in no block and cannot come any more.
    #[n(13)]
    SweepDead {
        /// Which fill.
        #[n(0)]
        fill: u64,
    },
    /// Somebody paid for another sweep, of what arrived after the first.
    #[n(14)]
    ReturnAsked {
        /// Which fill.
        #[n(0)]
        fill: u64,
        /// Who pays. Raw principal.
        #[cbor(n(1), with = "minicbor::bytes")]
        maker: Vec<u8>,
    },
    /// New commits are accepted, or not.
    #[n(15)]
    Paused {
        /// Which.
        #[n(0)]
        paused: bool,
    },
    /// Headers cannot be verified any more: two contradict one another, or none came for too long.
    #[n(16)]
    WentDark,
    /// Headers can be verified again.
    #[n(17)]
    CameBack,
}
