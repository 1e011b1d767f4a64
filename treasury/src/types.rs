//! The treasury's public shapes, as Candid shows them.
//!
//! Border types: they carry no rule. Domain types live elsewhere and are mapped here and back.

use candid::{CandidType, Deserialize, Principal};
use serde::Serialize;

/// What the treasury is installed with. Only an upgrade, itself a vote, changes it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct InitArgs {
    /// SNS governance: the only caller whose orders are adopted orders.
    pub governance: Principal,
    /// The gateway canister, whose key owns the accounts of the budgets.
    pub gateway: Principal,
    /// The exchange-rate canister.
    pub exchange_rates: Principal,
    /// Name of the threshold key, `key_1` on the main network.
    pub key_name: String,
    /// The Akash chain and where to reach it.
    pub chain: ChainArgs,
    /// How long a vote on a critical topic may take; left out, what an SNS has by default.
    pub voting: Option<VotingArgs>,
}

/// How long a vote may take: an order must not expire before.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct VotingArgs {
    /// Initial voting period. **Units** seconds.
    pub period_s: u64,
    /// By how much a late change of the majority moves the end, at most twice. **Units** seconds.
    pub wait_for_quiet_s: u64,
}

/// The Akash chain and where to reach it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct ChainArgs {
    /// Chain id, `akashnet-2` on the main network.
    pub chain_id: String,
    /// Public endpoints; the more owners, the better.
    pub endpoints: Vec<Endpoint>,
    /// How many endpoints must say the same before anything is given up, closed or written off.
    pub agreement: u8,
    /// **Units** thousandths of a uakt per unit of gas; 25 is what public nodes ask for.
    pub gas_price_milli_uakt: u64,
}

/// One node's two public doors, `https://` addresses without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Endpoint {
    /// REST (grpc-gateway).
    pub rest: String,
    /// CometBFT RPC.
    pub rpc: String,
}

/// Payload of proposal 1100: open a budget, or change the one with this id.
///
/// All figures are absolute. `total_uact = 0` closes the budget.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BudgetOrder {
    /// Chosen by the proposer, never used twice.
    pub nonce: u64,
    /// After this moment the order is refused. **Units** seconds since the Unix epoch.
    pub expires_at_s: u64,
    /// Id: 1 to 32 of `a-z`, `0-9`, `-`; begins with a letter.
    pub budget: String,
    /// What the money is for, in words.
    pub purpose: String,
    /// How much may be spent in all. **Units** uact.
    pub total_uact: u64,
    /// How much one deployment may hold in escrow. **Units** uact.
    pub per_deployment_uact: u64,
    /// How much gas may be burned for this budget. **Units** uakt.
    pub gas_uakt: u64,
    /// After this moment no new deployment starts. **Units** seconds since the Unix epoch.
    pub valid_until_s: u64,
}

/// Where a budget is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub enum BudgetPhase {
    /// Adopted; the grants are not on the chain yet.
    Opening,
    /// Grants stand; deployments may be ordered.
    Open,
    /// A change was adopted: no new deployments until the new grants stand.
    Changing,
    /// Closed: no new deployments; the gas allowance stands until the last one is settled.
    Closed,
}

/// One budget, as mandated and as last read on the chain.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BudgetView {
    /// Id.
    pub id: String,
    /// What the money is for.
    pub purpose: String,
    /// Nonce of the order that set the figures below.
    pub order_nonce: u64,
    /// Where it is.
    pub phase: BudgetPhase,
    /// Mandate. **Units** uact.
    pub total_uact: u64,
    /// Cap of one deployment. **Units** uact.
    pub per_deployment_uact: u64,
    /// Mandate for gas. **Units** uakt.
    pub gas_uakt: u64,
    /// **Units** seconds since the Unix epoch.
    pub valid_until_s: u64,
    /// The account that owns the budget's deployments, once derived.
    pub owner: Option<String>,
    /// Its account number on the chain, once read.
    pub account_number: Option<u64>,
    /// Spend limit of the deposit authorization, as last set. **Units** uact.
    pub limit_uact: u64,
    /// What of the limit was left when last read. **Units** uact.
    pub limit_left_uact: u64,
    /// Spend limit of the fee allowance, as last set. **Units** uakt.
    pub gas_limit_uakt: u64,
    /// What of the fee allowance was left when last read. **Units** uakt.
    pub gas_left_uakt: u64,
    /// In escrow of running deployments when last read. **Units** uact.
    pub escrow_uact: u64,
    /// Paid to providers when last read. **Units** uact.
    pub spent_uact: u64,
    /// When the chain was last read. **Units** ns since the Unix epoch; 0 is never.
    pub read_at_ns: u64,
    /// What stands in the way, in words.
    pub problem: Option<String>,
}

/// Rates with which validators show amounts in other units. For reading only: no payment
/// depends on them.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Rates {
    /// **Units** 10^-9 USD for one AKT.
    pub akt_usd_e9: u64,
    /// **Units** 10^-9 USD for one ICP.
    pub icp_usd_e9: u64,
    /// When they were valid. **Units** seconds since the Unix epoch.
    pub at_s: u64,
}

/// What the treasury tells the gateway, and everybody else.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Snapshot {
    /// When this was said. **Units** ns since the Unix epoch.
    pub at_ns: u64,
    /// The treasury account T on Akash, once derived.
    pub account: Option<String>,
    /// AKT of T when last read. **Units** uakt.
    pub balance_uakt: u64,
    /// ACT of T when last read. **Units** uact.
    pub balance_uact: u64,
    /// When the balances were last read. **Units** ns since the Unix epoch; 0 is never.
    pub read_at_ns: u64,
    /// All budgets, by id.
    pub budgets: Vec<BudgetView>,
    /// The last rates known.
    pub rates: Option<Rates>,
}

/// What the canister was installed with, or an upgrade changed.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct ConfigView {
    /// SNS governance.
    pub governance: Principal,
    /// The gateway canister.
    pub gateway: Principal,
    /// The exchange-rate canister.
    pub exchange_rates: Principal,
    /// Name of the threshold key.
    pub key_name: String,
    /// The Akash chain and where to reach it.
    pub chain: ChainArgs,
    /// How long a vote on a critical topic may take.
    pub voting: VotingArgs,
}

/// Which items of a list to give.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct PageArgs {
    /// The first is 0.
    pub start: u64,
    /// How many at most; 1000, and about a megabyte in all, is the most that is given.
    pub length: u64,
}

/// A page of the books.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Entries {
    /// How many there are in all.
    pub total: u64,
    /// In order, without gaps.
    pub entries: Vec<EntryView>,
}

/// One entry of the books: its postings sum to zero in each asset.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct EntryView {
    /// From 0, without gaps.
    pub number: u64,
    /// Index of the block of the log that has it.
    pub block: u64,
    /// When it was booked. **Units** ns since the Unix epoch.
    pub at_ns: u64,
    /// In words.
    pub why: String,
    /// Nonce of the order that it follows from.
    pub order_nonce: Option<u64>,
    /// SHA-256 of the order's payload, hexadecimal.
    pub payload_hash: Option<String>,
    /// Transaction of T, upper-case hexadecimal.
    pub tx_hash: Option<String>,
    /// Block of the chain.
    pub height: Option<u64>,
    /// Both sides of each movement.
    pub postings: Vec<PostingView>,
}

/// One side of a movement.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct PostingView {
    /// As the interface file lists them, e.g. `budget:<id>` or `suspense`.
    pub account: String,
    /// `uact`, `uakt` or `e8s`.
    pub asset: String,
    /// How much more is there now. **Units** of the asset.
    pub amount: i128,
}

/// What is in one account of the books.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BalanceView {
    /// As in [`PostingView`].
    pub account: String,
    /// `uact`, `uakt` or `e8s`.
    pub asset: String,
    /// **Units** of the asset.
    pub amount: i128,
}

/// What the books come to, and what the chain says.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Balances {
    /// Every account.
    pub accounts: Vec<BalanceView>,
    /// What T should hold. **Units** uakt.
    pub held_uakt: i128,
    /// What T should hold. **Units** uact.
    pub held_uact: i128,
    /// What T held when last read. **Units** uakt.
    pub chain_uakt: u64,
    /// What T held when last read. **Units** uact.
    pub chain_uact: u64,
    /// When that was. **Units** ns since the Unix epoch; 0 is never.
    pub read_at_ns: u64,
    /// What is wrong with the books, in words. Nothing is, ever.
    pub findings: Vec<String>,
}

/// A page of the event log.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct Events {
    /// How many there are in all.
    pub total: u64,
    /// In order, without gaps.
    pub entries: Vec<EventEntry>,
}

/// One entry of the event log.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct EventEntry {
    /// Position in the log.
    pub index: u64,
    /// **Units** ns since the Unix epoch.
    pub at_ns: u64,
    /// What happened, as the log keeps it: CBOR, read by the canister's `state::Recorded`.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A request as the HTTP gateway makes it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct HttpRequest {
    /// Verb.
    pub method: String,
    /// Path and query.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// Version of the certificate that is asked for.
    pub certificate_version: Option<u16>,
}

/// A response for the HTTP gateway.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct HttpResponse {
    /// HTTP status.
    pub status_code: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}
