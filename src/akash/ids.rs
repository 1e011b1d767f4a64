//! Names of things on the chain.

use minicbor::{Decode, Encode};

/// Denom in which deployments are priced, funded and paid.
pub const UACT: &str = "uact";

/// Denom in which gas is paid.
pub const UAKT: &str = "uakt";

/// One bid, and the lease that it becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct BidId {
    /// Owner of the deployment, `akash1...`.
    #[n(0)]
    pub owner: String,
    /// Deployment.
    #[n(1)]
    pub dseq: u64,
    /// Group, from 1.
    #[n(2)]
    pub gseq: u32,
    /// Order of the group, from 1; each new order counts up.
    #[n(3)]
    pub oseq: u32,
    /// Provider, `akash1...`.
    #[n(4)]
    pub provider: String,
    /// Bid of the provider on the order; 0 today.
    #[n(5)]
    pub bseq: u32,
}

/// One request to turn AKT into ACT, or back. **Source** `akash.bme.v1.LedgerRecordID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct LedgerId {
    /// What was burned.
    #[n(0)]
    pub denom: String,
    /// What it becomes.
    #[n(1)]
    pub to_denom: String,
    /// Whose request, `akash1...`.
    #[n(2)]
    pub source: String,
    /// Block of the request.
    #[n(3)]
    pub height: u64,
    /// Which one of that block, from 1.
    #[n(4)]
    pub sequence: u64,
}
