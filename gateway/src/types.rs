//! The gateway's public shapes, as Candid shows them.
//!
//! Border types: they carry no rule. Domain types live elsewhere and are mapped here and back.

use candid::{CandidType, Deserialize, Principal};
use serde::Serialize;

pub use treasury::types::{
    ChainArgs, Endpoint, EventEntry, Events, HttpRequest, HttpResponse, Rates, VotingArgs,
};

/// What the gateway is installed with. Only an upgrade, itself a vote, changes it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct InitArgs {
    /// SNS governance: the only caller whose orders are adopted orders.
    pub governance: Principal,
    /// The treasury canister, which says what a budget is.
    pub treasury: Principal,
    /// Name of the threshold key, `key_1` on the main network.
    pub key_name: String,
    /// The Akash chain and where to reach it.
    pub chain: ChainArgs,
    /// How long a vote on an ordinary topic may take; left out, what an SNS has by default.
    pub voting: Option<VotingArgs>,
}

/// Payload of proposal 1000: run this.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct DeployOrder {
    /// Chosen by the proposer, never used twice.
    pub nonce: u64,
    /// After this moment the order is refused. **Units** seconds since the Unix epoch.
    pub expires_at_s: u64,
    /// Id of the budget that pays.
    pub budget: String,
    /// What to call the deployment: 1 to 64 printable characters.
    pub name: String,
    /// The SDL, version 2.0 or 2.1.
    pub sdl: String,
    /// By which rule a provider is chosen.
    pub policy: BidPolicy,
    /// How long the service runs. **Units** seconds.
    pub term_s: u64,
    /// Whether images may be named by a tag alone, which its owner can move.
    pub allow_tags: bool,
}

/// The rule by which a provider is chosen: the cheapest bid that satisfies all of it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BidPolicy {
    /// Most that all bids together may cost. **Units** uact per block.
    pub max_uact_per_block: u64,
    /// Attributes that a provider must have; added to the requirements on the chain.
    pub required_attributes: Vec<Attribute>,
    /// Auditors, each of whom must have signed the attributes; added on the chain.
    pub audited_by: Vec<String>,
    /// When not empty, only these providers.
    pub allowed_providers: Vec<String>,
    /// Never these providers.
    pub denied_providers: Vec<String>,
}

/// A provider attribute.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Attribute {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Payload of proposal 1002: stop a deployment and return what is left.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct CloseOrder {
    /// Chosen by the proposer, never used twice.
    pub nonce: u64,
    /// After this moment the order is refused. **Units** seconds since the Unix epoch.
    pub expires_at_s: u64,
    /// Nonce of the order that made the deployment.
    pub deployment: u64,
    /// Why, in words.
    pub reason: String,
}

/// Where a deployment is on its way.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, CandidType, Serialize, Deserialize,
)]
pub enum Phase {
    /// Adopted; waits for its budget's grants.
    Ordered,
    /// The transaction that creates it is signed and on its way.
    Created,
    /// It is on the chain, and bids are collected.
    Bidding,
    /// Bids are chosen, and the transaction that takes them is on its way.
    Leased,
    /// The providers have the manifest; the service starts.
    ManifestSent,
    /// The service answers.
    Live,
    /// The transaction that closes it is on its way.
    Closing,
    /// Closed on the chain; the escrow account says what came back.
    Closed,
    /// Closed, and the budget is released. Nothing more happens.
    Settled,
    /// Only an adopted order or a later successful probe goes on from here.
    Stuck,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct DeploymentView {
    /// Nonce of its order.
    pub nonce: u64,
    /// SHA-256 of the payload that was voted on.
    #[serde(with = "serde_bytes")]
    pub payload_hash: Vec<u8>,
    /// What it is called.
    pub name: String,
    /// Id of the budget that pays.
    pub budget: String,
    /// Where it is.
    pub phase: Phase,
    /// Since when. **Units** ns since the Unix epoch.
    pub phase_since_ns: u64,
    /// Why it is closed, closing, stuck, or waiting; in words.
    pub reason: Option<String>,
    /// Owner of the deployment on Akash.
    pub owner: Option<String>,
    /// Its sequence number on Akash.
    pub dseq: Option<u64>,
    /// One for each group.
    pub leases: Vec<LeaseView>,
    /// Put into escrow. **Units** uact.
    pub deposit_uact: u64,
    /// Paid to providers, known once closed. **Units** uact.
    pub spent_uact: Option<u64>,
    /// Returned to the treasury, known once closed. **Units** uact.
    pub refund_uact: Option<u64>,
    /// When stuck: what may be lost. **Units** uact.
    pub at_risk_uact: Option<u64>,
    /// **Units** ns since the Unix epoch.
    pub adopted_at_ns: u64,
    /// When the service first answered. **Units** ns since the Unix epoch.
    pub live_at_ns: Option<u64>,
    /// End of the term. **Units** ns since the Unix epoch.
    pub ends_at_ns: Option<u64>,
    /// Its transactions, oldest first.
    pub transactions: Vec<TransactionView>,
}

/// One lease of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct LeaseView {
    /// Group.
    pub gseq: u32,
    /// Order of the group.
    pub oseq: u32,
    /// Provider, `akash1...`.
    pub provider: String,
    /// Its gateway, `https://...`.
    pub host_uri: String,
    /// **Units** uact per block, a decimal text with at most 18 places.
    pub price_uact_per_block: String,
    /// Addresses where the services of this lease answer.
    pub uris: Vec<String>,
}

/// One transaction of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct TransactionView {
    /// What it was for: `create`, `lease`, `close lease`, `close`.
    pub purpose: String,
    /// Hash, upper-case hexadecimal.
    pub hash: String,
    /// `sent`, `confirmed`, `dead`, or `refused: ...`.
    pub state: String,
    /// **Units** ns since the Unix epoch.
    pub signed_at_ns: u64,
}

/// What is left of a budget as the gateway sees it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BudgetUse {
    /// Id.
    pub id: String,
    /// Mandate, as the treasury last told it. **Units** uact.
    pub total_uact: u64,
    /// Escrow of deployments that are not settled. **Units** uact.
    pub reserved_uact: u64,
    /// Paid by settled deployments. **Units** uact.
    pub spent_uact: u64,
    /// When the treasury last told. **Units** ns since the Unix epoch.
    pub told_at_ns: u64,
}

/// What the canister was installed with, or an upgrade changed.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct ConfigView {
    /// SNS governance.
    pub governance: Principal,
    /// The treasury canister.
    pub treasury: Principal,
    /// Name of the threshold key.
    pub key_name: String,
    /// The Akash chain and where to reach it.
    pub chain: ChainArgs,
    /// How long a vote on an ordinary topic may take.
    pub voting: VotingArgs,
}

/// Which deployments to list.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct ListArgs {
    /// Only those with a nonce above this one: the last of the page before.
    pub after: Option<u64>,
    /// How many at most; 100 is the most that is given.
    pub limit: u32,
}

/// Which events to read.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct EventsArgs {
    /// The first is 0.
    pub start: u64,
    /// How many at most; 1000, and about a megabyte in all, is the most that is given.
    pub length: u64,
}
