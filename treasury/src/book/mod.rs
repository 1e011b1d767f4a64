//! Books: every movement of money, twice.
//!
//! Each posting adds to one account what another loses, so an entry sums to zero in every asset.
//! A [`Draft`] knows no other way to move money; the checker looks all the same.
//!
//! What the account T holds on the chain is the sum of [`Account::Unallocated`] and all
//! [`Account::Budget`]. What a deployment holds is its [`Account::Escrow`].

#[cfg(test)]
mod tests;

use orchestrator::kernel::Nanos;
use std::collections::BTreeMap;
use std::fmt;

/// A kind of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asset {
    /// Gas. **Units** 10^-6 AKT.
    Uakt,
    /// Compute credit. **Units** 10^-6 ACT.
    Uact,
}

impl Asset {
    /// As the chain writes it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Uakt => "uakt",
            Self::Uact => "uact",
        }
    }
}

/// Where money is, or where it went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// Whoever funded T before its first reading. Negative: what they gave.
    Outside,
    /// Held by T and promised to nobody.
    Unallocated,
    /// Held by T and promised to a budget: its compute credit, and its gas.
    Budget(String),
    /// In the escrow account of one deployment of a budget.
    Escrow(String, u64),
    /// Paid to providers for a budget.
    Spent(String),
    /// Burned as gas by a budget's account.
    Gas(String),
    /// Burned as gas by T itself, for a budget's grants.
    OwnGas(String),
    /// Differences that no entry explains. Negative: what T has too much.
    Suspense,
}

impl Account {
    /// Whether T holds it on the chain.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Unallocated | Self::Budget(_))
    }
}

/// `budget:web`, `escrow:web/7`, `suspense`.
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
        }
    }
}

/// One side of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// What.
    pub asset: Asset,
    /// How much more is there now.
    pub amount: i128,
}

/// The order on whose account money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRef {
    /// Its nonce.
    pub nonce: u64,
    /// SHA-256 of its payload.
    pub payload_hash: [u8; 32],
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 0, without gaps.
    pub number: u64,
    /// When it was booked.
    pub at: Nanos,
    /// In words.
    pub why: String,
    /// The order that it follows from.
    pub order: Option<OrderRef>,
    /// The transaction of T, upper-case hexadecimal.
    pub tx_hash: Option<String>,
    /// Block of the chain.
    pub height: Option<u64>,
    /// They sum to zero in each asset.
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

/// All entries, and what they come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    entries: Vec<Entry>,
    balances: BTreeMap<(Account, Asset), i128>,
}

impl Book {
    /// Books a draft. One that moves nothing leaves no trace.
    pub fn post(&mut self, at: Nanos, draft: Draft) {
        if draft.postings.is_empty() {
            return;
        }
        for posting in &draft.postings {
            let key = (posting.account.clone(), posting.asset);
            // 2^64 entries of 2^64 units stay below the edge of 128 bits.
            *self.balances.entry(key).or_default() += posting.amount;
        }
        self.balances.retain(is_kept);
        self.entries.push(Entry {
            number: self.entries.len() as u64,
            at,
            why: draft.why,
            order: draft.order,
            tx_hash: draft.tx_hash,
            height: draft.height,
            postings: draft.postings,
        });
    }

    /// Every entry, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every account that was ever touched, but for empty escrow accounts.
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

    /// What T should hold on the chain.
    #[must_use]
    pub fn held(&self, asset: Asset) -> i128 {
        self.balances()
            .filter(|(account, of, _)| *of == asset && account.is_held())
            .map(|(_, _, amount)| amount)
            .sum()
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

    /// Whatever is wrong with the books alone, in words. Nothing is, ever.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let mut balances: BTreeMap<(Account, Asset), i128> = BTreeMap::new();
        for (position, entry) in self.entries.iter().enumerate() {
            if entry.number != position as u64 {
                findings.push(format!("entry {} stands at {position}", entry.number));
            }
            let mut sums: BTreeMap<Asset, i128> = BTreeMap::new();
            for posting in &entry.postings {
                *sums.entry(posting.asset).or_default() += posting.amount;
                let key = (posting.account.clone(), posting.asset);
                *balances.entry(key).or_default() += posting.amount;
            }
            for (asset, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
                findings.push(format!(
                    "entry {} sums to {sum} {}",
                    entry.number,
                    asset.symbol()
                ));
            }
        }
        balances.retain(is_kept);
        if balances != self.balances {
            findings.push("the balances are not the sums of the postings".into());
        }
        for ((account, asset), amount) in &self.balances {
            let may_be_negative = matches!(account, Account::Outside | Account::Suspense);
            if *amount < 0 && !may_be_negative {
                findings.push(format!("{account} has {amount} {}", asset.symbol()));
            }
        }
        findings
    }
}

/// Deployments come and go: an escrow account that is empty is forgotten.
fn is_kept((account, _): &(Account, Asset), amount: &mut i128) -> bool {
    *amount != 0 || !matches!(account, Account::Escrow(..))
}
