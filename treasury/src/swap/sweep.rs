//! What becomes of the coins at a fill's address, once its outcome is certain.
//!
//! The address signs ordered transactions with the account number and sequence of a proven
//! account record, and pays their gas itself. Two transactions with the same sequence exclude one
//! another, so that one that hangs can be signed again with a higher fee.

use super::fill::{Fill, Record, Seen};
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::Uakt;

/// Failures after which nothing is sent to the refund address any more: it may refuse coins.
pub const REFUND_FAILURES: u32 = 3;

/// Failures after which the rest stays where it is, until somebody pays for another try.
pub const MAX_FAILURES: u32 = 6;

/// By how many times the first fee a later one may grow. Eight times the fee of two messages at
/// today's price is below the smallest dust that settings allow.
const MAX_FEE_FACTOR: u64 = 8;

/// A signed sweep.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepTx {
    /// What is sent.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Its hash, upper-case hexadecimal.
    #[n(1)]
    pub hash: String,
    /// What it does.
    #[n(2)]
    pub plan: Plan,
    /// After a block time later than this it is dead.
    #[n(3)]
    pub timeout_ns: Nanos,
}

/// What a sweep does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Plan {
    /// Of the account, as proven.
    #[n(0)]
    pub number: u64,
    /// Of the account, as proven.
    #[n(1)]
    pub sequence: u64,
    /// Paid for, and now T's; the gas is taken from it.
    #[n(2)]
    pub bought: Uakt,
    /// Not paid for, too little to send back, and so sent to T too.
    #[n(3)]
    pub kept: Uakt,
    /// Goes to the refund address.
    #[n(4)]
    pub refund: Uakt,
    /// Gas, from what is at the address.
    #[n(5)]
    pub fee: Uakt,
}

impl Plan {
    /// What is sent to T.
    #[must_use]
    pub const fn to_t(&self) -> Uakt {
        if self.bought.0 == 0 {
            return Uakt(self.kept.0);
        }
        Uakt(
            self.bought
                .0
                .saturating_add(self.kept.0)
                .saturating_sub(self.fee.0),
        )
    }

    /// What it takes from the address.
    #[must_use]
    pub const fn total(&self) -> Uakt {
        let fee = if self.bought.0 == 0 { self.fee.0 } else { 0 };
        Uakt(
            self.bought
                .0
                .saturating_add(self.kept.0)
                .saturating_add(self.refund.0)
                .saturating_add(fee),
        )
    }
}

/// Where a sweep is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Sweep {
    /// The transaction whose fate is not known.
    #[n(0)]
    pub flight: Option<SweepTx>,
    /// Proofs must be of later blocks: they show what the last transaction left.
    #[n(1)]
    pub after: u64,
    /// Whether one has worked, and what was paid for is with T.
    #[n(2)]
    pub is_done: bool,
    /// Whether somebody paid for another one.
    #[n(3)]
    pub is_asked: bool,
    /// Tries that did not work.
    #[n(4)]
    pub failures: u32,
    /// Of the last one, in words.
    #[n(5)]
    pub failure: String,
    /// The sequence that a dead transaction had, and how often: the next one pays more.
    #[n(6)]
    pub dead: u32,
    /// A proof that may be acted on.
    #[n(7)]
    pub proof: Option<Seen>,
    /// To T, in all: paid for.
    #[n(8)]
    pub swept: Uakt,
    /// To the refund address, in all.
    #[n(9)]
    pub refunded: Uakt,
    /// Gas, in all.
    #[n(10)]
    pub gas: Uakt,
    /// To T, in all: not paid for.
    #[n(11)]
    pub kept: Uakt,
}

impl Sweep {
    /// Whether a proof would help.
    #[must_use]
    pub fn wants_proof(&self) -> bool {
        self.flight.is_none()
            && self.failures < MAX_FAILURES
            && (!self.is_done || self.is_asked)
            && self.proof.is_none()
    }

    pub(super) fn seen(&mut self, seen: &Seen) {
        if seen.height > self.after && self.flight.is_none() && seen.record != Record::Unknown {
            self.proof = Some(*seen);
        }
    }

    /// How many times the ordinary price of gas the next sweep pays.
    #[must_use]
    pub fn fee_factor(&self) -> u64 {
        1_u64
            .checked_shl(self.dead)
            .unwrap_or(MAX_FEE_FACTOR)
            .min(MAX_FEE_FACTOR)
    }

    pub(super) fn signed(&mut self, tx: &SweepTx) -> Option<()> {
        if self.flight.is_some() || self.proof.is_none() {
            return None;
        }
        self.flight = Some(tx.clone());
        Some(())
    }

    pub(super) fn included(&mut self, height: u64) -> Option<Plan> {
        let plan = self.flight.take()?.plan;
        self.after = height.saturating_add(1);
        self.proof = None;
        self.is_done = true;
        self.is_asked = false;
        self.failures = 0;
        self.dead = 0;
        self.swept.0 = self.swept.0.saturating_add(plan.bought.0);
        self.refunded.0 = self.refunded.0.saturating_add(plan.refund.0);
        self.kept.0 = self.kept.0.saturating_add(plan.kept.0);
        self.gas.0 = self.gas.0.saturating_add(plan.fee.0);
        Some(plan)
    }

    pub(super) fn failed(&mut self, height: u64, why: &str) -> Option<Plan> {
        let plan = self.flight.take()?.plan;
        self.after = height.saturating_add(1);
        self.proof = None;
        self.failures = self.failures.saturating_add(1);
        self.failure = why.to_string();
        self.gas.0 = self.gas.0.saturating_add(plan.fee.0);
        Some(plan)
    }

    pub(super) fn died(&mut self) -> Option<()> {
        self.flight.take()?;
        self.dead = self.dead.saturating_add(1);
        Some(())
    }

    pub(super) fn asked(&mut self) -> Option<()> {
        if self.flight.is_some() || self.is_asked {
            return None;
        }
        if !self.is_done && self.failures < MAX_FAILURES {
            return None;
        }
        self.is_asked = self.is_done;
        self.failures = 0;
        self.dead = 0;
        self.proof = None;
        Some(())
    }
}

/// What a sweep would do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Todo {
    /// Nothing: it is not time, or there is no proof yet, or a transaction is on its way.
    Nothing,
    /// What is there is not worth its gas, or is locked.
    TooLittle,
    /// This.
    Sign(Plan),
}

/// What is to be swept from a fill's address, at an ordinary fee.
#[must_use]
pub fn todo(fill: &Fill, ordinary_fee: Uakt) -> Todo {
    let sweep = &fill.sweep;
    let Some(outcome) = &fill.outcome else {
        return Todo::Nothing;
    };
    if sweep.flight.is_some() || (sweep.is_done && !sweep.is_asked) {
        return Todo::Nothing;
    }
    let Some(seen) = &sweep.proof else {
        return Todo::Nothing;
    };
    let Record::Known { number, sequence } = seen.record else {
        return Todo::TooLittle;
    };
    let fee = Uakt(ordinary_fee.0.saturating_mul(sweep.fee_factor()));
    let is_bought = outcome.paid.0 > 0 && !sweep.is_done;
    let owed = if is_bought {
        outcome.on_time.min(fill.terms.amount).min(seen.spendable)
    } else {
        Uakt::ZERO
    };
    let rest = seen.spendable.0 - owed.0;
    let may_refund = sweep.failures < REFUND_FAILURES;
    let plan = if owed > fee {
        let refund = if rest >= fill.terms.dust.0 && may_refund {
            rest
        } else {
            0
        };
        let kept = if rest < fill.terms.dust.0 { rest } else { 0 };
        Plan {
            number,
            sequence,
            bought: owed,
            kept: Uakt(kept),
            refund: Uakt(refund),
            fee,
        }
    } else {
        let refund = seen.spendable.0.saturating_sub(fee.0);
        if seen.spendable < fill.terms.dust || refund == 0 {
            return Todo::TooLittle;
        }
        Plan {
            number,
            sequence,
            bought: Uakt::ZERO,
            kept: Uakt::ZERO,
            refund: Uakt(refund),
            fee,
        }
    };
    Todo::Sign(plan)
}
