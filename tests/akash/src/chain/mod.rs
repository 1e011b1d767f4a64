//! The chain: state, blocks, mempool.

pub mod ante;
pub mod auth;
pub mod authz;
pub mod bank;
pub mod blocks;
pub mod bme;
pub mod deliver;
pub mod deployment;
pub mod escrow;
pub mod failure;
pub mod feegrant;
pub mod gas;
pub(crate) mod headers;
pub mod market;
pub mod matching;
pub mod registry;
pub mod tx;
pub mod vesting;

use crate::store::Layout;
use std::sync::Arc;

/// Compute credit.
pub const UACT: &str = "uact";
/// Gas and stake.
pub const UAKT: &str = "uakt";

/// What does not change while the chain runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Part of every signature.
    pub chain_id: String,
    /// At a node's door. **Units** millionths of a uakt per unit of gas; 25 000 is 0.025.
    pub min_gas_price_micro_uakt: u64,
    /// Close one losing bid only when a lease is made. The node's code at 3efe26bf can be read
    /// that way: the hook refuses the account of a bid, and the loop stops at the first error.
    pub only_first_losing_bid_closes: bool,
    /// How many states can be read, the last one included.
    pub keeps: usize,
    /// How long stake stays punishable. **Units** seconds.
    pub unbonding_s: u64,
}

/// The block that a message runs in.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Height.
    pub height: u64,
    /// Block time.
    pub time_ns: u64,
    /// Fixed rules.
    pub rules: Arc<Rules>,
}

/// The state of all modules. Cheap to copy: each module is shared until it changes.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) auth: Arc<auth::Auth>,
    pub(crate) bank: Arc<bank::Bank>,
    pub(crate) authz: Arc<authz::Authz>,
    pub(crate) feegrant: Arc<feegrant::Feegrant>,
    pub(crate) escrow: Arc<escrow::Escrow>,
    pub(crate) deployments: Arc<deployment::Deployments>,
    pub(crate) market: Arc<market::Market>,
    pub(crate) registry: Arc<registry::Registry>,
    /// Module `bme`.
    pub bme: Arc<bme::Bme>,
    /// Its epochs.
    pub epochs: bme::Epochs,
    /// The price feed.
    pub oracle: bme::Oracle,
    /// Time of the block that is being made, or was made last.
    pub time_ns: u64,
    /// Where the stores keep things.
    pub layout: Layout,
}

impl State {
    /// Whether anything that providers watch is the same in both.
    pub fn same_market(&self, other: &State) -> bool {
        Arc::ptr_eq(&self.market, &other.market)
            && Arc::ptr_eq(&self.deployments, &other.deployments)
            && Arc::ptr_eq(&self.escrow, &other.escrow)
    }
}
