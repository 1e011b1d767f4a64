//! What happened to a deployment: the only thing that changes it.
//!
//! Variants and fields are numbered and the numbers are never reused: the log outlives upgrades.

use crate::akash::ids::BidId;
use crate::kernel::Nanos;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::{Uact, Uakt};
use minicbor::{Decode, Encode};

/// A past fact about one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// The order's SDL was planned.
    #[n(0)]
    Planned {
        /// What the choice of bids and the reservation depend on.
        #[n(0)]
        terms: Terms,
    },
    /// The key of the budget's account is known.
    #[n(1)]
    KeyDerived {
        /// Compressed secp256k1 point.
        #[cbor(n(0), with = "minicbor::bytes")]
        public_key: [u8; 33],
        /// Its address: the deployment's owner.
        #[n(1)]
        owner: String,
    },
    /// A transaction was signed. It has not been sent yet.
    #[n(2)]
    TxSigned {
        /// What it is for.
        #[n(0)]
        purpose: Purpose,
        /// What is sent.
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
        /// Its hash, upper-case hexadecimal.
        #[n(2)]
        hash: String,
        /// After a block time later than this it is dead.
        #[n(3)]
        timeout_ns: Nanos,
    },
    /// A node took the transaction, or knew it already. That is a claim.
    #[n(3)]
    TxAccepted,
    /// A node refused the transaction. That is a claim.
    #[n(4)]
    TxRefused {
        /// Which node.
        #[n(0)]
        endpoint: String,
        /// Its words.
        #[n(1)]
        why: String,
    },
    /// The transaction is in a block and did what it is for.
    #[n(5)]
    TxConfirmed {
        /// Block, where it was looked up; `None` where a later read showed the effect.
        #[n(0)]
        height: Option<u64>,
    },
    /// The transaction is in a block and failed there: nothing happened but the fee.
    #[n(6)]
    TxFailed {
        /// Block.
        #[n(0)]
        height: u64,
        /// Which module refused.
        #[n(1)]
        codespace: String,
        /// Its code.
        #[n(2)]
        code: u32,
        /// Its words.
        #[n(3)]
        log: String,
    },
    /// The transaction was looked for, is in no block, and may still come.
    #[n(7)]
    TxPending,
    /// The transaction is in no block and cannot come any more.
    #[n(8)]
    TxDead {
        /// When enough nodes refused it: why.
        #[n(0)]
        refused: Option<String>,
    },
    /// Bids were read: those that are open, ours, and in the right denom.
    #[n(9)]
    BidsSeen {
        /// All of them.
        #[n(0)]
        bids: Vec<SeenBid>,
        /// Whether enough nodes said the same.
        #[n(1)]
        agreed: bool,
    },
    /// A provider is registered, and answers at its address as itself.
    #[n(10)]
    ProviderFound {
        /// Its account.
        #[n(0)]
        provider: String,
        /// Its gateway.
        #[n(1)]
        host_uri: String,
    },
    /// The first look at a provider failed; a second one decides.
    #[n(11)]
    ProviderDoubted {
        /// Its account.
        #[n(0)]
        provider: String,
        /// What failed.
        #[n(1)]
        why: String,
    },
    /// A provider is not used for this deployment.
    #[n(12)]
    ProviderDenied {
        /// Its account.
        #[n(0)]
        provider: String,
        /// Why.
        #[n(1)]
        why: String,
    },
    /// A provider has the manifest. It checks the lease on the chain first, so the lease stands.
    #[n(13)]
    ManifestAccepted {
        /// Its account.
        #[n(0)]
        provider: String,
    },
    /// A provider did not take the manifest; it is tried again.
    #[n(14)]
    ManifestTried {
        /// Its account.
        #[n(0)]
        provider: String,
        /// Its words, or why there are none.
        #[n(1)]
        why: String,
    },
    /// A service is not ready; it is asked again.
    #[n(15)]
    StatusRead {
        /// Group.
        #[n(0)]
        gseq: u32,
        /// What is missing.
        #[n(1)]
        why: String,
    },
    /// Every service of a lease is available.
    #[n(16)]
    ServiceReady {
        /// Group.
        #[n(0)]
        gseq: u32,
        /// Where they answer.
        #[n(1)]
        uris: Vec<String>,
    },
    /// A provider failed us: its leases of this deployment are to be closed, and it is not used
    /// again.
    #[n(17)]
    LeaseFailed {
        /// Its account.
        #[n(0)]
        provider: String,
        /// Why.
        #[n(1)]
        why: String,
    },
    /// All leases of a live service were seen standing.
    #[n(18)]
    Watched,
    /// A close was adopted. The door records this, at any time.
    #[n(19)]
    CloseOrdered {
        /// In the words of the order.
        #[n(0)]
        reason: String,
    },
    /// The deployment is to be closed.
    #[n(20)]
    CloseDecided {
        /// Why.
        #[n(0)]
        reason: String,
    },
    /// The escrow account was read while it was open.
    #[n(21)]
    EscrowSeen {
        /// Owner and balance of each deposit, in the order in which they are spent. **Units**
        /// uact.
        #[n(0)]
        deposits: Vec<Deposit>,
        /// Paid so far. **Units** uact.
        #[n(1)]
        transferred: Decimal,
    },
    /// The deployment is closed on the chain and what came back is known.
    #[n(22)]
    Settled {
        /// Paid to providers.
        #[n(0)]
        spent: Uact,
        /// Back with the treasury.
        #[n(1)]
        refund: Uact,
    },
    /// The order is given up: nothing of it is on the chain, or can still come.
    #[n(23)]
    GivenUp {
        /// Why.
        #[n(0)]
        reason: String,
    },
    /// An act had no result.
    #[n(24)]
    Fruitless {
        /// Why.
        #[n(0)]
        why: String,
        /// Whether every endpoint has failed now, one after the other or at once.
        #[n(1)]
        round: bool,
    },
    /// There was no progress for a long time.
    #[n(25)]
    Stuck {
        /// What stands in the way.
        #[n(0)]
        reason: String,
    },
}

/// What the plan says about money.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    /// Goes into escrow.
    #[n(0)]
    pub deposit: Uact,
    /// Most that all bids may cost together. **Units** uact per block.
    #[n(1)]
    pub max_price: Decimal,
    /// Most that the bid on each group may cost. **Units** uact per block.
    #[n(2)]
    pub group_max: Vec<Decimal>,
    /// Fees of all transactions of a straight life: create, lease, close. What is opened must be
    /// closable.
    #[n(3)]
    pub fees: Uakt,
}

/// What a transaction is for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Purpose {
    /// Open the deployment.
    #[n(0)]
    Create {
        /// Number of the owner's account on the chain: part of what is signed.
        #[n(0)]
        account_number: u64,
        /// The treasury's account, which pays deposit and gas.
        #[n(1)]
        treasury: String,
        /// Into escrow.
        #[n(2)]
        deposit: Uact,
    },
    /// Take these bids, one for each group that has no lease.
    #[n(1)]
    Lease {
        /// The bids.
        #[n(0)]
        bids: Vec<SeenBid>,
    },
    /// Close the lease of one group. Its order opens again.
    #[n(2)]
    CloseLease {
        /// Group.
        #[n(0)]
        gseq: u32,
    },
    /// Close the deployment.
    #[n(3)]
    Close,
}

impl Purpose {
    /// For people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Lease { .. } => "lease",
            Self::CloseLease { .. } => "close lease",
            Self::Close => "close",
        }
    }
}

/// An open bid in uact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct SeenBid {
    /// Which.
    #[n(0)]
    pub id: BidId,
    /// **Units** uact per block.
    #[n(1)]
    pub price: Decimal,
}

/// One deposit in an escrow account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Deposit {
    /// Who paid, and gets back what is left.
    #[n(0)]
    pub owner: String,
    /// What is left of it. **Units** uact.
    #[n(1)]
    pub balance: Decimal,
}
