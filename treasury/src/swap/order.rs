//! Adopted orders: how much may be sold, when, and from what price on.

use super::price::Price;
use super::settings::{Settings, nanos, share_floor};
use minicbor::{Decode, Encode};
use orchestrator::akash::address;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{E8s, Uakt};
use orchestrator::kernel::paths::fill_path;
use std::collections::BTreeMap;

/// What a vote says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SwapOrder {
    /// Never used before.
    #[n(0)]
    pub nonce: u64,
    /// Whose ICP.
    #[n(1)]
    pub budget: String,
    /// How much may be sold; nothing ends what is being sold for the budget.
    #[n(2)]
    pub icp: E8s,
    /// Never for less.
    #[n(3)]
    pub least: Price,
    /// How much worse than the reference price it may be. **Units** 1/10000.
    #[n(4)]
    pub band_bps: u64,
    /// In how many parts.
    #[n(5)]
    pub slices: u64,
    /// Over which time they begin. **Units** seconds.
    #[n(6)]
    pub spread_s: u64,
    /// How long it lives from its adoption. **Units** seconds.
    #[n(7)]
    pub life_s: u64,
}

/// An address that no fill has used.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Spare {
    /// Its key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub public_key: [u8; 33],
}

/// An order that was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sale {
    /// What it says.
    #[n(0)]
    pub order: SwapOrder,
    /// SHA-256 of its payload.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
    /// When it was adopted.
    #[n(2)]
    pub adopted_at: Nanos,
    /// Random bytes in the path of its addresses, once drawn.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub seed: Option<[u8; 32]>,
    /// When each slice begins, as far as it was drawn.
    #[n(4)]
    pub begins: Vec<Nanos>,
    /// Addresses for the next fills, by their number.
    #[n(5)]
    pub spare: BTreeMap<u64, Spare>,
    /// Committed and not released: paid, owed, or set aside.
    #[n(6)]
    pub committed: E8s,
    /// Set aside for open fills.
    #[n(7)]
    pub reserved: E8s,
    /// Paid or owed.
    #[n(8)]
    pub paid: E8s,
    /// Set aside once, and not paid.
    #[n(9)]
    pub released: E8s,
    /// Bought, and not burned into ACT yet as far as is known.
    #[n(10)]
    pub unminted: Uakt,
    /// Of open fills: what may still come.
    #[n(11)]
    pub expected: Uakt,
    /// Commits of the last day: when, and how much.
    #[n(12)]
    pub recent: Vec<(Nanos, E8s)>,
    /// When it was ended by a vote.
    #[n(13)]
    pub ended_at: Option<Nanos>,
}

/// A day.
pub(crate) const DAY: Nanos = 24 * 60 * 60 * orchestrator::kernel::NANOS_PER_SECOND;

impl Sale {
    pub(super) fn new(order: &SwapOrder, payload_hash: [u8; 32], at: Nanos) -> Self {
        Self {
            order: order.clone(),
            payload_hash,
            adopted_at: at,
            seed: None,
            begins: Vec::new(),
            spare: BTreeMap::new(),
            committed: E8s::ZERO,
            reserved: E8s::ZERO,
            paid: E8s::ZERO,
            released: E8s::ZERO,
            unminted: Uakt::ZERO,
            expected: Uakt::ZERO,
            recent: Vec::new(),
            ended_at: None,
        }
    }

    /// The moment at which it dies by itself.
    #[must_use]
    pub fn dies_at(&self) -> Nanos {
        self.adopted_at.saturating_add(nanos(self.order.life_s))
    }

    /// Whether new commits are possible as far as its own life goes.
    #[must_use]
    pub fn is_alive(&self, now: Nanos) -> bool {
        self.ended_at.is_none() && now < self.dies_at()
    }

    /// The moment from which the delay of a slice counts.
    #[must_use]
    pub fn slice_due(&self, slice: u64) -> Nanos {
        // The last slice begins at the end of the spread.
        let parts = self.order.slices.saturating_sub(1).max(1);
        let offset = u128::from(nanos(self.order.spread_s)) * u128::from(slice) / u128::from(parts);
        let offset = Nanos::try_from(offset).unwrap_or(Nanos::MAX);
        self.adopted_at.saturating_add(offset)
    }

    /// The slice whose beginning is to be drawn next, and when.
    #[must_use]
    pub fn next_draw(&self) -> Option<(u64, Nanos)> {
        let slice = self.begins.len() as u64;
        (slice < self.order.slices).then(|| (slice, self.slice_due(slice)))
    }

    /// The newest slice that has begun: its place, and when it began.
    #[must_use]
    pub fn slice(&self, now: Nanos) -> Option<(u64, Nanos)> {
        let begun = self.begins.iter().enumerate();
        begun
            .filter(|(_, begins_at)| **begins_at <= now)
            .max_by_key(|(_, begins_at)| **begins_at)
            .map(|(place, begins_at)| (place as u64, *begins_at))
    }

    /// What may be committed now: the slices that have begun, less what is committed. What a slice
    /// did not sell, the next one may.
    #[must_use]
    pub fn open_icp(&self, now: Nanos) -> E8s {
        let begun = self.begins.iter().filter(|begins| **begins <= now).count() as u64;
        let slices = self.order.slices.max(1);
        // The last slice holds what the division left over.
        let offered = u128::from(self.order.icp.0) * u128::from(begun) / u128::from(slices);
        let offered = u64::try_from(offered).unwrap_or(u64::MAX);
        E8s(offered.saturating_sub(self.committed.0))
    }

    /// Committed in the last day.
    #[must_use]
    pub fn committed_lately(&self, now: Nanos) -> u64 {
        sum_lately(&self.recent, now)
    }

    pub(super) fn note_commit(&mut self, at: Nanos, icp: E8s) {
        self.recent.retain(|(when, _)| is_lately(*when, at));
        self.recent.push((at, icp));
    }

    /// The most that one fill may take.
    #[must_use]
    pub fn largest_fill(&self, settings: &Settings) -> E8s {
        E8s(share_floor(self.order.icp.0, settings.max_fill_bps))
    }

    /// The path of the address of a fill, under the treasury's key.
    #[must_use]
    pub fn path(&self, fill: u64) -> Option<Vec<Vec<u8>>> {
        Some(fill_path(&self.seed?, fill))
    }
}

impl Spare {
    /// The address on the chain.
    #[must_use]
    pub fn address(&self) -> String {
        address::address(&self.public_key)
    }
}

/// Whether something lies in the day before.
pub(super) fn is_lately(when: Nanos, now: Nanos) -> bool {
    now < when.saturating_add(DAY)
}

pub(super) fn sum_lately(commits: &[(Nanos, E8s)], now: Nanos) -> u64 {
    commits
        .iter()
        .filter(|(when, _)| is_lately(*when, now))
        .fold(0, |sum, (_, icp)| sum.saturating_add(icp.0))
}
