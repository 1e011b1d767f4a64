//! One budget: its mandate, and what is known of it on the chain.

use crate::book::OrderRef;
use crate::state::Order;
use minicbor::{Decode, Encode};
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::BTreeMap;

/// Where a budget is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Phase {
    /// Adopted; the grants are not on the chain yet.
    #[n(0)]
    Opening,
    /// Grants stand; deployments may be ordered.
    #[n(1)]
    Open,
    /// No new deployments until the new grants stand.
    #[n(2)]
    Changing,
    /// No new deployments; the gas allowance stands until the last one is settled.
    #[n(3)]
    Closed,
}

/// What an adopted order allows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Mandate {
    /// What the money is for.
    #[n(0)]
    pub purpose: String,
    /// In all, since the budget was first opened.
    #[n(1)]
    pub total: Uact,
    /// For one deployment.
    #[n(2)]
    pub per_deployment: Uact,
    /// Gas, since the budget was first opened.
    #[n(3)]
    pub gas: Uakt,
    /// No new deployment after. **Units** seconds since the Unix epoch.
    #[n(4)]
    pub valid_until_s: u64,
}

/// One budget. Read it; only events write it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Budget {
    /// What it allows.
    #[n(0)]
    pub mandate: Mandate,
    /// The order that says so.
    #[n(1)]
    pub order: OrderRef,
    /// How many budgets were opened before it: the older one is funded first.
    #[n(2)]
    pub rank: u64,
    /// Where it is.
    #[n(3)]
    pub phase: Phase,
    /// Its account on the chain, once derived.
    #[n(4)]
    pub owner: Option<String>,
    /// The account's number, once the first grant created it.
    #[n(5)]
    pub account_number: Option<u64>,
    /// Deposit authorization as last set by us.
    #[n(6)]
    pub limit_set: Option<Uact>,
    /// What should be left of it: set, less deposits, plus refunds; as read when last read.
    /// `None` when there is none.
    #[n(7)]
    pub limit: Option<Uact>,
    /// Fee allowance as last set by us.
    #[n(8)]
    pub gas_set: Option<Uakt>,
    /// What is left of it, as read when last read. `None` when there is none.
    #[n(9)]
    pub gas: Option<Uakt>,
    /// Deployments that were active when last seen.
    #[n(10)]
    pub deployments: BTreeMap<u64, Deposit>,
    /// Since when deposits under the old mandate must have died out before a grant is set anew.
    /// `None` when there is nothing to wait for.
    #[n(11)]
    pub change_since: Option<Nanos>,
    /// Why it is changing, in words.
    #[n(12)]
    pub change_why: String,
    /// Whether it was read at a block time at which no such deposit can land any more.
    #[n(13)]
    pub quiet: bool,
    /// Whether its grants were set since they were last read. A refund that came just before is
    /// overwritten then.
    #[n(14)]
    pub set_since_read: bool,
    /// Last change of its grants in a block. Older readings are not believed.
    #[n(15)]
    pub set_height: u64,
    /// Block of the last reading.
    #[n(16)]
    pub read_height: u64,
    /// When it was last read; 0 is never.
    #[n(17)]
    pub read_at: Nanos,
    /// Transactions in a row that did not do what they were for, and why the last one did not.
    #[n(18)]
    pub failures: u32,
    /// Why the last one did not.
    #[n(19)]
    pub failure: Option<String>,
    /// No new transaction before.
    #[n(20)]
    pub not_before: Nanos,
}

/// What T has in one escrow account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Deposit {
    /// Put in.
    #[n(0)]
    pub deposited: Uact,
    /// Of it, left.
    #[n(1)]
    pub left: Uact,
    /// Whether anybody else has put something in: then what providers got is not all ours.
    #[n(2)]
    pub shared: bool,
}

impl Budget {
    /// As adopted; nothing is on the chain.
    #[must_use]
    pub fn new(order: &Order, reference: OrderRef, rank: u64) -> Self {
        Self {
            mandate: Mandate::from(order),
            order: reference,
            rank,
            phase: Phase::Opening,
            owner: None,
            account_number: None,
            limit_set: None,
            limit: None,
            gas_set: None,
            gas: None,
            deployments: BTreeMap::new(),
            change_since: None,
            change_why: String::new(),
            quiet: false,
            set_since_read: false,
            set_height: 0,
            read_height: 0,
            read_at: 0,
            failures: 0,
            failure: None,
            not_before: 0,
        }
    }

    /// Takes a new mandate.
    pub(crate) fn change(&mut self, order: &Order, reference: OrderRef, at: Nanos) {
        let old = std::mem::replace(&mut self.mandate, Mandate::from(order));
        self.order = reference;
        self.failures = 0;
        self.failure = None;
        self.not_before = 0;
        if order.total == Uact::ZERO {
            // The other figures play no part in a close. Gas stays as it was: what runs must be
            // closed.
            self.mandate = Mandate {
                total: Uact::ZERO,
                purpose: order.purpose.clone(),
                ..old
            };
            self.phase = Phase::Closed;
            self.change_since = None;
            self.quiet = false;
            return;
        }
        let same_grants = old.total == order.total && old.gas == order.gas;
        if self.phase == Phase::Open && same_grants {
            return;
        }
        if self.phase != Phase::Opening {
            self.begin_change("its mandate changes", at);
        }
    }

    pub(crate) fn begin_change(&mut self, why: &str, at: Nanos) {
        self.phase = Phase::Changing;
        self.change_since = Some(at);
        self.change_why = why.to_string();
        self.quiet = false;
    }

    /// Whether new deployments are over: nothing is to be deposited any more.
    #[must_use]
    pub fn is_over(&self, now: Nanos) -> bool {
        self.phase == Phase::Closed || now / NANOS_PER_SECOND >= self.mandate.valid_until_s
    }

    /// Whether nothing of it is on the chain, nor can come there.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Closed
            && self.limit.is_none()
            && self.gas.is_none()
            && self.deployments.is_empty()
    }
}

impl From<&Order> for Mandate {
    fn from(order: &Order) -> Self {
        Self {
            purpose: order.purpose.clone(),
            total: order.total,
            per_deployment: order.per_deployment,
            gas: order.gas,
            valid_until_s: order.valid_until_s,
        }
    }
}
