//! What happened: the only thing that changes the state.
//!
//! Variants and fields are numbered and the numbers are never reused: the log outlives upgrades.

use crate::{icp, swap};
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::order::Voting;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Recorded {
    /// When.
    #[n(0)]
    pub at: Nanos,
    /// What.
    #[n(1)]
    pub event: Event,
}

/// A past fact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// The canister was installed, or upgraded with a new configuration.
    #[n(0)]
    Configured {
        /// All of it.
        #[n(0)]
        config: Config,
    },
    /// Governance executed an order about a budget.
    #[n(1)]
    Adopted {
        /// The order.
        #[n(0)]
        order: Order,
        /// SHA-256 of the payload that was voted on.
        #[cbor(n(1), with = "minicbor::bytes")]
        payload_hash: [u8; 32],
    },
    /// The key of T is known.
    #[n(2)]
    AccountDerived {
        /// Compressed secp256k1 point.
        #[cbor(n(0), with = "minicbor::bytes")]
        public_key: [u8; 33],
        /// Its address.
        #[n(1)]
        address: String,
    },
    /// The account of a budget is known.
    #[n(3)]
    OwnerDerived {
        /// Which budget.
        #[n(0)]
        budget: String,
        /// Address of the gateway's key for it.
        #[n(1)]
        owner: String,
    },
    /// The chain was read at one height, and enough endpoints said the same.
    #[n(4)]
    Observed {
        /// What they said.
        #[n(0)]
        seen: Observation,
    },
    /// Money that nobody had was promised to a budget.
    #[n(5)]
    Credited {
        /// Which budget.
        #[n(0)]
        budget: String,
        /// More compute credit.
        #[n(1)]
        uact: Uact,
        /// More gas.
        #[n(2)]
        uakt: Uakt,
    },
    /// Money that was promised to a budget, and that no grant lets it use, is free again.
    #[n(6)]
    Released {
        /// Which budget.
        #[n(0)]
        budget: String,
        /// Less compute credit.
        #[n(1)]
        uact: Uact,
        /// Less gas.
        #[n(2)]
        uakt: Uakt,
    },
    /// A transaction was signed. It has not been sent yet.
    #[n(7)]
    TxSigned {
        /// What it does.
        #[n(0)]
        plan: GrantPlan,
        /// What is sent.
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
        /// Its hash, upper-case hexadecimal.
        #[n(2)]
        hash: String,
        /// After a block time later than this it is dead.
        #[n(3)]
        timeout_ns: Nanos,
        /// What T pays for it.
        #[n(4)]
        fee: Uakt,
    },
    /// A node took the transaction, or knew it already. That is a claim.
    #[n(8)]
    TxAccepted,
    /// A node refused the transaction. That is a claim.
    #[n(9)]
    TxRefused {
        /// Which node.
        #[n(0)]
        endpoint: String,
        /// Its words.
        #[n(1)]
        why: String,
    },
    /// The transaction is in a block and did what it is for.
    #[n(10)]
    TxIncluded {
        /// Block.
        #[n(0)]
        height: u64,
    },
    /// The transaction is in a block and failed there: nothing happened but the fee.
    #[n(11)]
    TxFailed {
        /// Block.
        #[n(0)]
        height: u64,
        /// Which module refused, and its code.
        #[n(1)]
        code: String,
        /// Its words.
        #[n(2)]
        log: String,
    },
    /// The transaction was looked for, is in no block, and may still come.
    #[n(12)]
    TxPending,
    /// The transaction is in no block and cannot come any more.
    #[n(13)]
    TxDead,
    /// The grants of an open budget must be set anew: no new deployments until they are.
    #[n(14)]
    ChangeBegan {
        /// Which budget.
        #[n(0)]
        budget: String,
        /// Why.
        #[n(1)]
        why: String,
    },
    /// The grants of a budget stand as they should.
    #[n(15)]
    ChangeEnded {
        /// Which budget.
        #[n(0)]
        budget: String,
    },
    /// Rates were read.
    #[n(16)]
    RatesRead {
        /// They.
        #[n(0)]
        rates: Rates,
    },
    /// A node did not say whether it took the transaction. It may be on its way.
    #[n(18)]
    TxUnanswered,
    /// About swaps.
    #[n(20)]
    Swap(#[n(0)] swap::Event),
    /// About ICP on its ledger.
    #[n(25)]
    Icp(#[n(0)] icp::Event),
    /// An act had no result.
    #[n(17)]
    Fruitless {
        /// Why.
        #[n(0)]
        why: String,
    },
}

/// What the treasury was installed with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Config {
    /// Raw principal of SNS governance.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub governance: Vec<u8>,
    /// Raw principal of the gateway.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub gateway: Vec<u8>,
    /// Raw principal of the exchange-rate canister.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub exchange_rates: Vec<u8>,
    /// Name of the threshold key.
    #[n(3)]
    pub key_name: String,
    /// The chain and its endpoints.
    #[n(4)]
    pub chain: ChainConfig,
    /// How long a vote on a critical topic may take.
    #[n(5)]
    pub voting: Voting,
}

/// An adopted order about a budget.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Order {
    /// Never used before.
    #[n(0)]
    pub nonce: u64,
    /// Which budget.
    #[n(1)]
    pub budget: String,
    /// What the money is for.
    #[n(2)]
    pub purpose: String,
    /// How much may be spent in all; nothing closes the budget.
    #[n(3)]
    pub total: Uact,
    /// How much one deployment may hold in escrow.
    #[n(4)]
    pub per_deployment: Uact,
    /// How much gas may be burned.
    #[n(5)]
    pub gas: Uakt,
    /// After this moment no new deployment starts. **Units** seconds since the Unix epoch.
    #[n(6)]
    pub valid_until_s: u64,
}

/// What one transaction of T changes for one budget.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GrantPlan {
    /// Which budget.
    #[n(0)]
    pub budget: String,
    /// The deposit authorization.
    #[n(1)]
    pub deposit: Change<Uact>,
    /// The fee allowance.
    #[n(2)]
    pub fees: Change<Uakt>,
    /// Whether a fee allowance stands that must go first.
    #[n(3)]
    pub replaces_fees: bool,
}

/// What becomes of one permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change<T> {
    /// It stays as it is.
    #[n(0)]
    Keep,
    /// It is given with this limit, whatever stood before.
    #[n(1)]
    Grant(#[n(0)] T),
    /// It is taken away.
    #[n(2)]
    Revoke,
}

/// The chain at one height.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Observation {
    /// Block after which everything was read.
    #[n(0)]
    pub height: u64,
    /// Its time, as the slowest of the endpoints that agreed had it.
    #[n(1)]
    pub block_time: Nanos,
    /// T, when all budgets were read too.
    #[n(2)]
    pub own: Option<OwnSeen>,
    /// Budgets.
    #[n(3)]
    pub budgets: Vec<BudgetSeen>,
    /// Whether every deployment that was active was read again.
    #[n(4)]
    pub thorough: bool,
}

/// The account T on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OwnSeen {
    /// `None` as long as it never got anything. It never changes.
    #[n(0)]
    pub account_number: Option<u64>,
    /// What it holds.
    #[n(1)]
    pub uakt: Uakt,
    /// What it holds.
    #[n(2)]
    pub uact: Uact,
}

/// One budget on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BudgetSeen {
    /// Which budget.
    #[n(0)]
    pub budget: String,
    /// Of its account, which the first grant creates. `None` as long as it is not there, and when
    /// it was known before.
    #[n(1)]
    pub account_number: Option<u64>,
    /// What is left of the deposit authorization; `None` when there is none.
    #[n(2)]
    pub limit: Option<Uact>,
    /// What is left of the fee allowance; `None` when there is none.
    #[n(3)]
    pub gas: Option<Uakt>,
    /// Deployments that were read: none, when nothing tells of any change.
    #[n(4)]
    pub escrows: Vec<EscrowSeen>,
}

/// The escrow account of one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EscrowSeen {
    /// Which deployment.
    #[n(0)]
    pub dseq: u64,
    /// Neither closed nor overdrawn.
    #[n(1)]
    pub open: bool,
    /// What is left of deposits of T. Rounded down: the books never count on more.
    #[n(2)]
    pub ours: Uact,
    /// What is left of deposits of anybody else.
    #[n(3)]
    pub others: Uact,
    /// What providers got in all. Rounded up.
    #[n(4)]
    pub transferred: Uact,
}

/// What one coin is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Rates {
    /// **Units** 10^-9 USD for one AKT.
    #[n(0)]
    pub akt_usd_e9: u64,
    /// **Units** 10^-9 USD for one ICP.
    #[n(1)]
    pub icp_usd_e9: u64,
    /// When they were valid. **Units** seconds since the Unix epoch.
    #[n(2)]
    pub at_s: u64,
}
