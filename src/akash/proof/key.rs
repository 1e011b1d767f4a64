//! Where things are in the chain's stores.
//!
//! **Source** Akash v2, `x/*/keeper/keys`, `x/bme/keeper/codec.go`; Cosmos SDK 0.53,
//! `x/bank/types/keys.go`, `x/auth/types/keys.go`, `collections`.

use crate::akash::address;
use crate::akash::ids::{BidId, LedgerId};

/// A thing in the state of the chain.
///
/// Accounts are 20 bytes where the chain keys them by bytes or by a text that is made here; a
/// [`BidId`] brings its texts along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// What an account has of a denom. A balance of nothing is absent.
    Balance {
        /// Account.
        address: [u8; 20],
        /// Denom.
        denom: String,
    },
    /// How much of a denom there is.
    Supply {
        /// Denom.
        denom: String,
    },
    /// The record of an account.
    Account {
        /// Account.
        address: [u8; 20],
    },
    /// A deployment, active or closed.
    Deployment {
        /// Owner.
        owner: [u8; 20],
        /// Deployment.
        dseq: u64,
    },
    /// A group of a deployment.
    Group {
        /// Owner.
        owner: [u8; 20],
        /// Deployment.
        dseq: u64,
        /// Group.
        gseq: u32,
    },
    /// Parameters of deployments.
    DeploymentParams,
    /// An order of a group.
    Order {
        /// Owner.
        owner: [u8; 20],
        /// Deployment.
        dseq: u64,
        /// Group.
        gseq: u32,
        /// Order.
        oseq: u32,
    },
    /// A bid, in whatever state.
    Bid(BidId),
    /// A lease, in whatever state.
    Lease(BidId),
    /// Parameters of the market.
    MarketParams,
    /// The escrow account of a deployment, while it is in this state: the key changes with it.
    EscrowAccount {
        /// Owner.
        owner: [u8; 20],
        /// Deployment.
        dseq: u64,
        /// State.
        state: EscrowKeyState,
    },
    /// The escrow payment of a lease, while it is in this state. Its key has no `bseq`.
    EscrowPayment {
        /// Lease.
        lease: BidId,
        /// State.
        state: EscrowKeyState,
    },
    /// The escrow account of a bid, while it is in this state. Its key has no `bseq`.
    EscrowBid {
        /// Bid.
        bid: BidId,
        /// State.
        state: EscrowKeyState,
    },
    /// A provider's record.
    Provider {
        /// Account of the provider.
        owner: [u8; 20],
    },
    /// What an auditor says of a provider.
    AuditedAttributes {
        /// Account of the provider.
        owner: [u8; 20],
        /// Account of the auditor.
        auditor: [u8; 20],
    },
    /// A burn or mint, while it is at this stage: the key changes with it.
    BmeRecord {
        /// The record.
        id: LedgerId,
        /// Stage.
        stage: LedgerStage,
    },
    /// Whether ACT is minted.
    BmeStatus,
    /// Parameters of burning and minting.
    BmeParams,
    /// The price that the chain computed of its sources.
    OraclePrice {
        /// What is priced: `akt`.
        denom: String,
        /// In what: `usd`.
        base: String,
    },
    /// Whether that price may be used.
    OracleHealth {
        /// What is priced: `akt`.
        denom: String,
        /// In what: `usd`.
        base: String,
    },
    /// Parameters of the oracle.
    OracleParams,
}

/// State of an escrow account or payment, as part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EscrowKeyState {
    /// Funds are paid out of it.
    Open,
    /// Settled and refunded.
    Closed,
    /// Its funds ran out.
    Overdrawn,
}

/// Stage of a burn or mint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerStage {
    /// Asked for.
    Pending,
    /// Burned and minted.
    Executed,
    /// Given back.
    Cancelled,
}

impl EscrowKeyState {
    /// **Source** `akash.escrow.types.v1.State`.
    fn byte(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Closed => 2,
            Self::Overdrawn => 3,
        }
    }
}

impl LedgerStage {
    fn byte(self) -> u8 {
        match self {
            Self::Pending => 1,
            Self::Executed => 2,
            Self::Cancelled => 4,
        }
    }
}

impl Key {
    /// Name of the store. **Source** Akash v2, `app/types/app.go`.
    #[must_use]
    pub fn store(&self) -> &'static str {
        match self {
            Self::Balance { .. } | Self::Supply { .. } => "bank",
            Self::Account { .. } => "acc",
            Self::Deployment { .. } | Self::Group { .. } | Self::DeploymentParams => "deployment",
            Self::Order { .. } | Self::Bid(_) | Self::Lease(_) | Self::MarketParams => "market",
            Self::EscrowAccount { .. } | Self::EscrowPayment { .. } | Self::EscrowBid { .. } => {
                "escrow"
            }
            Self::Provider { .. } => "provider",
            Self::AuditedAttributes { .. } => "audit",
            Self::BmeRecord { .. } | Self::BmeStatus | Self::BmeParams => "bme",
            Self::OraclePrice { .. } | Self::OracleHealth { .. } | Self::OracleParams => "oracle",
        }
    }

    /// The key in its store.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Balance { address, denom } => {
                Bytes::new(&[0x02]).sized(address).raw(denom.as_bytes())
            }
            Self::Supply { denom } => Bytes::new(&[0x00]).raw(denom.as_bytes()),
            Self::Account { address } => Bytes::new(&[0x01]).raw(address),
            Self::Deployment { owner, dseq } => Bytes::new(&[0x11, 0x01]).owner(owner).u64(*dseq),
            Self::Group { owner, dseq, gseq } => {
                let deployment = Bytes::new(&[0x12, 0x01]).owner(owner).u64(*dseq);
                deployment.u32(*gseq)
            }
            Self::DeploymentParams | Self::MarketParams => Bytes::new(&[0x14, 0x00]),
            Self::Order {
                owner,
                dseq,
                gseq,
                oseq,
            } => {
                let deployment = Bytes::new(&[0x11, 0x01]).owner(owner).u64(*dseq);
                deployment.u32(*gseq).u32(*oseq)
            }
            Self::Bid(id) => Bytes::new(&[0x12, 0x02]).bid(id),
            Self::Lease(id) => Bytes::new(&[0x13, 0x02]).bid(id),
            Self::EscrowAccount { owner, dseq, state } => {
                let path = format!("/deployment/{}/{dseq}", address::encode(owner));
                Bytes::new(&[0x11, 0x00, state.byte()]).raw(path.as_bytes())
            }
            Self::EscrowPayment { lease, state } => {
                let path = escrow_path("deployment", lease);
                Bytes::new(&[0x12, 0x00, state.byte()]).raw(path.as_bytes())
            }
            Self::EscrowBid { bid, state } => {
                let path = escrow_path("bid", bid);
                Bytes::new(&[0x11, 0x00, state.byte()]).raw(path.as_bytes())
            }
            Self::Provider { owner } => Bytes::new(&[0x01]).sized(owner),
            Self::AuditedAttributes { owner, auditor } => {
                Bytes::new(&[0x01]).sized(owner).sized(auditor)
            }
            Self::BmeRecord { id, stage } => Bytes::new(&[0x03, stage.byte()])
                .sized(id.denom.as_bytes())
                .sized(id.to_denom.as_bytes())
                .sized(&source(id))
                .u64(id.height)
                .u64(id.sequence),
            Self::BmeStatus => Bytes::new(&[0x04, 0x00]),
            Self::BmeParams => Bytes::new(&[0x09, 0x00]),
            Self::OraclePrice { denom, base } => Bytes::new(&[0x11, 0x02])
                .sized(denom.as_bytes())
                .sized(base.as_bytes()),
            Self::OracleHealth { denom, base } => Bytes::new(&[0x11, 0x03])
                .sized(denom.as_bytes())
                .sized(base.as_bytes()),
            Self::OracleParams => Bytes::new(&[0x09]),
        }
        .0
    }
}

fn escrow_path(scope: &str, id: &BidId) -> String {
    let (owner, provider) = (plain(&id.owner), plain(&id.provider));
    let (dseq, gseq, oseq) = (id.dseq, id.gseq, id.oseq);
    format!("/{scope}/{owner}/{dseq}/{gseq}/{oseq}/{provider}")
}

/// The bytes of who asked; none for a text that is no account, which names no record.
fn source(id: &LedgerId) -> Vec<u8> {
    address::decode(&id.source).map_or(vec![], |bytes| bytes.to_vec())
}

/// A text that is no account becomes a name that no store has, so that a hostile one cannot stand
/// for another key.
fn plain(account: &str) -> &str {
    let is_plain = !account.is_empty() && account.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plain { account } else { "none" }
}

/// A key that grows.
struct Bytes(Vec<u8>);

impl Bytes {
    fn new(prefix: &[u8]) -> Self {
        Self(prefix.to_vec())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// With the length in one byte before it. What is longer than any denom is cut, which names
    /// nothing that is there.
    fn sized(mut self, bytes: &[u8]) -> Self {
        let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        self.0.push(length);
        self.raw(bytes.get(..usize::from(length)).unwrap_or(bytes))
    }

    /// A text that is not the last part ends with a zero.
    fn text(self, text: &str) -> Self {
        self.raw(text.as_bytes()).raw(&[0])
    }

    fn owner(self, owner: &[u8; 20]) -> Self {
        self.text(&address::encode(owner))
    }

    fn u64(self, number: u64) -> Self {
        self.raw(&number.to_be_bytes())
    }

    fn u32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    fn bid(self, id: &BidId) -> Self {
        self.text(plain(&id.owner))
            .u64(id.dseq)
            .u32(id.gseq)
            .u32(id.oseq)
            .text(plain(&id.provider))
            .u32(id.bseq)
    }
}
