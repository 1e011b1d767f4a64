//! What happened: the only thing that changes the gateway's state.
//!
//! Variants and fields are numbered and the numbers are never reused: the log outlives upgrades.

use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::money::Uact;
use orchestrator::kernel::order::Voting;
use orchestrator::lease::{self, Order};

/// A past fact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// The canister was installed, or an upgrade changed its configuration.
    #[n(0)]
    Configured {
        /// What holds from now on.
        #[n(0)]
        config: Config,
    },
    /// Governance executed a deploy order.
    #[n(1)]
    DeployAdopted {
        /// What was adopted.
        #[n(0)]
        order: Order,
        /// Reserved in its budget from now on.
        #[n(1)]
        deposit: Uact,
        /// Which word of the treasury the budget was checked against.
        #[n(2)]
        told_at: Nanos,
    },
    /// Governance executed a close order.
    #[n(2)]
    CloseAdopted {
        /// Nonce of the close order.
        #[n(0)]
        nonce: u64,
        /// SHA-256 of its payload.
        #[cbor(n(1), with = "minicbor::bytes")]
        payload_hash: [u8; 32],
        /// Nonce of the deploy order.
        #[n(2)]
        deployment: u64,
        /// In the words of the order.
        #[n(3)]
        reason: String,
    },
    /// Something happened to a deployment.
    #[n(3)]
    Deployment {
        /// Nonce of its order.
        #[n(0)]
        nonce: u64,
        /// What.
        #[n(1)]
        event: lease::Event,
    },
}

/// What the canister was installed with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Config {
    /// SNS governance: a raw principal.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub governance: Vec<u8>,
    /// The treasury canister: a raw principal.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub treasury: Vec<u8>,
    /// Name of the threshold key.
    #[n(2)]
    pub key_name: String,
    /// The chain and its endpoints.
    #[n(3)]
    pub chain: ChainConfig,
    /// How long a vote on an ordinary topic may take.
    #[n(4)]
    pub voting: Voting,
}

/// An event and its time: one entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Recorded {
    /// When.
    #[n(0)]
    pub at: Nanos,
    /// What.
    #[n(1)]
    pub event: Event,
}

/// Bytes in the log that are no event of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry does not decode: {0}")]
pub struct EntryError(String);

impl Recorded {
    /// The entry, as the log keeps it and `get_events` shows it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("no write fails in memory")
    }

    /// Reads an entry. **Errors** anything else, and anything behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let entry = decoder.decode().map_err(|e| EntryError(e.to_string()))?;
        if decoder.position() == bytes.len() {
            Ok(entry)
        } else {
            Err(EntryError(format!(
                "expected {} bytes, got {}",
                decoder.position(),
                bytes.len()
            )))
        }
    }
}
