//! Books: every movement of money, twice.
//!
//! Each posting adds to one account what another loses, so an entry sums to zero in every asset.
//! A [`Draft`] knows no other way to move money; the checker looks all the same.
//!
//! [`Account::holder`] says where the money of an account lies, so that what the ICP ledger, T and
//! each single-use address must have can be held against what they have.

#[cfg(test)]
mod tests;

use candid::Principal;
use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::collections::BTreeMap;
use std::fmt;

/// A kind of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Asset {
    /// Gas. **Units** 10^-6 AKT.
    #[n(0)]
    Uakt,
    /// Compute credit. **Units** 10^-6 ACT.
    #[n(1)]
    Uact,
    /// What the DAO pays makers with. **Units** 10^-8 ICP.
    #[n(2)]
    Icp,
}

impl Asset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Uakt, Self::Uact, Self::Icp];

    /// As the chain writes it; of ICP, the unit of its ledger.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Uakt => "uakt",
            Self::Uact => "uact",
            Self::Icp => "e8s",
        }
    }
}

/// Where money is, or where it went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(flat)]
pub enum Account {
    /// Whoever funded T before its first reading. Negative: what they gave.
    #[n(0)]
    Outside,
    /// Held and promised to nobody: by T, and in the treasury's own account on the ICP ledger.
    #[n(1)]
    Unallocated,
    /// Promised to a budget: its compute credit and its gas, held by T, and the ICP in its
    /// subaccount.
    #[n(2)]
    Budget(#[n(0)] String),
    /// In the escrow account of one deployment of a budget.
    #[n(3)]
    Escrow(#[n(0)] String, #[n(1)] u64),
    /// Paid to providers for a budget.
    #[n(4)]
    Spent(#[n(0)] String),
    /// Burned as gas by a budget's account.
    #[n(5)]
    Gas(#[n(0)] String),
    /// Burned as gas by T itself, for a budget's grants.
    #[n(6)]
    OwnGas(#[n(0)] String),
    /// Differences that no entry explains. Negative: what is there too much.
    #[n(7)]
    Suspense,
    /// The treasury account of the SNS. Negative: what it gave more than it got back.
    #[n(8)]
    SnsTreasury,
    /// All makers, outside of their collateral. Negative: what they gave more than they got.
    #[n(9)]
    Makers,
    /// Set aside for the open fills of an order, by its nonce.
    #[n(10)]
    Reserve(#[n(0)] u64),
    /// A maker's, by raw principal: deposited as a bond for what they commit to.
    #[n(11)]
    Collateral(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// Owed to the maker of a fill.
    #[n(12)]
    Payable(#[n(0)] u64),
    /// At the single-use address of a fill, before its sweep.
    #[n(13)]
    Fill(#[n(0)] u64),
    /// At the single-use address from which a fill of a sale is delivered.
    #[n(14)]
    Staging(#[n(0)] u64),
    /// In the chain's queue of burns and mints, by our number of the mint.
    #[n(15)]
    Minting(#[n(0)] u64),
    /// What the chain burned and minted. Negative: what it minted.
    #[n(16)]
    Bme,
    /// Taken by the ICP ledger for transfers.
    #[n(17)]
    LedgerFees,
    /// Remainders too small to send back.
    #[n(18)]
    Kept,
}

/// Who has the money of an account: what can be asked for a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The treasury's accounts on the ICP ledger, all subaccounts together.
    IcpLedger,
    /// T.
    T,
    /// The single-use address of a fill.
    FillAddress(u64),
    /// The single-use address of a fill of a sale.
    StagingAddress(u64),
    /// Modules of the chain: escrow accounts, and the queue of burns and mints.
    Chain,
}

impl Account {
    /// Who has it, so that it can be asked. `None`: it is nobody's balance but the other side of
    /// one.
    #[must_use]
    pub const fn holder(&self, asset: Asset) -> Option<Holder> {
        match self {
            Self::Outside
            | Self::Spent(_)
            | Self::Gas(_)
            | Self::OwnGas(_)
            | Self::Suspense
            | Self::SnsTreasury
            | Self::Makers
            | Self::Bme
            | Self::LedgerFees => None,
            Self::Fill(fill) => Some(Holder::FillAddress(*fill)),
            Self::Staging(fill) => Some(Holder::StagingAddress(*fill)),
            Self::Escrow(..) | Self::Minting(_) => Some(Holder::Chain),
            Self::Unallocated
            | Self::Budget(_)
            | Self::Reserve(_)
            | Self::Collateral(_)
            | Self::Payable(_)
            | Self::Kept => Some(match asset {
                Asset::Icp => Holder::IcpLedger,
                Asset::Uakt | Asset::Uact => Holder::T,
            }),
        }
    }

    /// Whether T holds it on the chain.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.holder(Asset::Uakt) == Some(Holder::T)
    }

    /// The other side of balances: it may be less than nothing.
    const fn may_be_negative(&self) -> bool {
        matches!(
            self,
            Self::Outside | Self::Suspense | Self::SnsTreasury | Self::Makers | Self::Bme
        )
    }

    /// Comes and goes: when it is empty, it is forgotten.
    const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Escrow(..)
                | Self::Reserve(_)
                | Self::Collateral(_)
                | Self::Payable(_)
                | Self::Fill(_)
                | Self::Staging(_)
                | Self::Minting(_)
        )
    }
}

/// `budget:web`, `escrow:web/7`, `suspense`, `fill:3`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("outside"),
            Self::Unallocated => f.write_str("unallocated"),
            Self::Budget(budget) => write!(f, "budget:{budget}"),
            Self::Escrow(budget, dseq) => write!(f, "escrow:{budget}/{dseq}"),
            Self::Spent(budget) => write!(f, "spent:{budget}"),
            Self::Gas(budget) => write!(f, "gas:{budget}"),
            Self::OwnGas(budget) => write!(f, "own_gas:{budget}"),
            Self::Suspense => f.write_str("suspense"),
            Self::SnsTreasury => f.write_str("sns_treasury"),
            Self::Makers => f.write_str("makers"),
            Self::Reserve(nonce) => write!(f, "reserve:{nonce}"),
            Self::Collateral(maker) => match Principal::try_from_slice(maker) {
                Ok(maker) => write!(f, "collateral:{maker}"),
                Err(_) => write!(f, "collateral:{}", hex::encode(maker)),
            },
            Self::Payable(fill) => write!(f, "payable:{fill}"),
            Self::Fill(fill) => write!(f, "fill:{fill}"),
            Self::Staging(fill) => write!(f, "staging:{fill}"),
            Self::Minting(mint) => write!(f, "minting:{mint}"),
            Self::Bme => f.write_str("bme"),
            Self::LedgerFees => f.write_str("ledger_fees"),
            Self::Kept => f.write_str("kept"),
        }
    }
}

/// One side of a movement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Posting {
    /// Where.
    #[n(0)]
    pub account: Account,
    /// What.
    #[n(1)]
    pub asset: Asset,
    /// How much more is there now.
    #[cbor(n(2), with = "crate::codec::amount")]
    pub amount: i128,
}

/// The order on whose account money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderRef {
    /// Its nonce.
    #[n(0)]
    pub nonce: u64,
    /// SHA-256 of its payload.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
}

/// One entry. When it was booked says the block of the log that has it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// In words.
    #[n(0)]
    pub why: String,
    /// The order that it follows from.
    #[n(1)]
    pub order: Option<OrderRef>,
    /// The transaction of T, upper-case hexadecimal.
    #[cbor(n(2), with = "crate::codec::hash")]
    pub tx_hash: Option<String>,
    /// Block of the chain.
    #[n(3)]
    pub height: Option<u64>,
    /// They sum to zero in each asset.
    #[n(4)]
    pub postings: Vec<Posting>,
}

/// An entry in the making. Money moves from one account to another; nothing else can be said.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// In words.
    pub why: String,
    /// The order that it follows from.
    pub order: Option<OrderRef>,
    /// The transaction of T.
    pub tx_hash: Option<String>,
    /// Block of the chain.
    pub height: Option<u64>,
    postings: Vec<Posting>,
}

impl Draft {
    /// Nothing has moved yet.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            ..Self::default()
        }
    }

    /// The entry, unless nothing has moved.
    #[must_use]
    pub fn finish(self) -> Option<Entry> {
        (!self.postings.is_empty()).then_some(Entry {
            why: self.why,
            order: self.order,
            tx_hash: self.tx_hash,
            height: self.height,
            postings: self.postings,
        })
    }

    /// Moves an amount. Nothing happens when it is zero.
    pub fn transfer(&mut self, asset: Asset, from: Account, to: Account, amount: u64) {
        if amount == 0 {
            return;
        }
        let amount = i128::from(amount);
        for (account, amount) in [(from, -amount), (to, amount)] {
            self.postings.push(Posting {
                account,
                asset,
                amount,
            });
        }
    }
}

/// What all entries come to. The entries themselves are in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    balances: BTreeMap<(Account, Asset), i128>,
    /// Posted since they were last taken.
    fresh: Vec<Entry>,
}

impl Book {
    /// Books a draft. One that moves nothing leaves no trace.
    pub fn post(&mut self, draft: Draft) {
        if let Some(entry) = draft.finish() {
            self.add(&entry);
            self.fresh.push(entry);
        }
    }

    /// Adds up an entry that was booked before, as the reader of a log does.
    pub fn add(&mut self, entry: &Entry) {
        for posting in &entry.postings {
            let key = (posting.account.clone(), posting.asset);
            // 2^64 entries of 2^64 units stay below the edge of 128 bits.
            *self.balances.entry(key).or_default() += posting.amount;
        }
        for posting in &entry.postings {
            if posting.account.is_passing() {
                let key = (posting.account.clone(), posting.asset);
                if self.balances.get(&key) == Some(&0) {
                    self.balances.remove(&key);
                }
            }
        }
    }

    /// The entries since the last call: they belong to the event that is being applied.
    pub(crate) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.fresh)
    }

    /// Every account that was ever touched, but for empty ones that come and go.
    pub fn balances(&self) -> impl Iterator<Item = (&Account, Asset, i128)> {
        self.balances
            .iter()
            .map(|((account, asset), amount)| (account, *asset, *amount))
    }

    /// What is in an account.
    #[must_use]
    pub fn balance(&self, account: &Account, asset: Asset) -> i128 {
        let key = (account.clone(), asset);
        self.balances.get(&key).copied().unwrap_or_default()
    }

    /// What is in an account, less than nothing counting as nothing.
    #[must_use]
    pub fn amount(&self, account: &Account, asset: Asset) -> u64 {
        u64::try_from(self.balance(account, asset).max(0)).unwrap_or(u64::MAX)
    }

    /// What T should hold on the chain. Of ICP, which T cannot hold, nothing.
    #[must_use]
    pub fn held(&self, asset: Asset) -> i128 {
        self.holds(Holder::T, asset)
    }

    /// What a holder should have.
    #[must_use]
    pub fn holds(&self, holder: Holder, asset: Asset) -> i128 {
        self.balances()
            .filter(|(account, of, _)| *of == asset && account.holder(asset) == Some(holder))
            .map(|(_, _, amount)| amount)
            .sum()
    }

    /// Every holder that should have something, with what and how much.
    #[must_use]
    pub fn holdings(&self) -> BTreeMap<(Holder, Asset), i128> {
        let mut sums = BTreeMap::new();
        for (account, asset, amount) in self.balances() {
            if let Some(holder) = account.holder(asset) {
                *sums.entry((holder, asset)).or_default() += amount;
            }
        }
        sums
    }

    /// What is in the escrow accounts of a budget.
    #[must_use]
    pub fn escrow(&self, budget: &str) -> u64 {
        let sum: i128 = self
            .balances()
            .filter(|(account, _, _)| matches!(account, Account::Escrow(b, _) if b == budget))
            .map(|(_, _, amount)| amount)
            .sum();
        u64::try_from(sum.max(0)).unwrap_or(u64::MAX)
    }

    /// Whatever is wrong with the balances alone, in words. Nothing is, ever.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let mut sums: BTreeMap<Asset, i128> = BTreeMap::new();
        for ((account, asset), amount) in &self.balances {
            *sums.entry(*asset).or_default() += amount;
            if *amount < 0 && !account.may_be_negative() {
                findings.push(format!("{account} has {amount} {}", asset.symbol()));
            }
        }
        for (asset, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
            findings.push(format!("all accounts sum to {sum} {}", asset.symbol()));
        }
        findings
    }
}

/// As a list of account, asset and amount. Entries that nobody took are not part of it: there are
/// none between two events.
impl<C> Encode<C> for Book {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.balances.len() as u64)?;
        for ((account, asset), amount) in &self.balances {
            let posting = Posting {
                account: account.clone(),
                asset: *asset,
                amount: *amount,
            };
            posting.encode(e, c)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Book {
    fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        let balances: Vec<Posting> = Vec::decode(d, c)?;
        let balances = balances
            .into_iter()
            .map(|balance| ((balance.account, balance.asset), balance.amount));
        Ok(Self {
            balances: balances.collect(),
            fresh: Vec::new(),
        })
    }
}
