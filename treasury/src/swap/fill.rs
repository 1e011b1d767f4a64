//! One fill: what was agreed, what was proven, how it ends.
//!
//! Until its outcome nothing is signed from its address, so that what can be spent there only
//! grows. Hence a proof on time is a lower bound of what was delivered on time, a proof after the
//! deadline an upper bound, and both stay true whatever is proven later.

use super::price::Price;
use super::sweep::Sweep;
use crate::icp::IcpAccount;
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{E8s, Uakt};

/// What was agreed when a maker committed. Pause, end of the order and new settings change nothing
/// of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    /// Nonce of the order.
    #[n(0)]
    pub order: u64,
    /// Raw principal of the maker.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub maker: Vec<u8>,
    /// Who is paid.
    #[n(2)]
    pub payee: IcpAccount,
    /// Where AKT goes that is not paid for.
    #[n(3)]
    pub refund: String,
    /// What is to arrive.
    #[n(4)]
    pub amount: Uakt,
    /// For how much.
    #[n(5)]
    pub price: Price,
    /// Paid for all of it.
    #[n(6)]
    pub icp: E8s,
    /// Lost for what is missing.
    #[n(7)]
    pub bond: E8s,
    /// A block later than this is too late.
    #[n(8)]
    pub deadline: Nanos,
    /// Proofs count until then, by our clock.
    #[n(9)]
    pub settle_by: Nanos,
    /// Proofs must be of later blocks.
    #[n(10)]
    pub floor_height: u64,
    /// When it was agreed.
    #[n(11)]
    pub committed_at: Nanos,
    /// Less than this on time is sent back.
    #[n(12)]
    pub min_paid: Uakt,
    /// Less than this is not sent.
    #[n(13)]
    pub dust: Uakt,
    /// Two adjacent headers further apart than this are a halt.
    #[n(14)]
    pub halt: Nanos,
    /// When the canister looks for itself, by our clock.
    #[n(15)]
    pub probe_at: Nanos,
    /// Key of the address.
    #[cbor(n(16), with = "minicbor::bytes")]
    pub public_key: [u8; 33],
}

impl Terms {
    /// The address on the chain.
    #[must_use]
    pub fn address(&self) -> String {
        orchestrator::akash::address::address(&self.public_key)
    }

    /// What so much on time is paid with.
    #[must_use]
    pub fn payment(&self, on_time: Uakt) -> E8s {
        if on_time < self.min_paid {
            return E8s::ZERO;
        }
        // The same division as at the commit, so that all of it is exactly what was set aside.
        self.price.icp_for(on_time.min(self.amount)).min(self.icp)
    }

    /// The share of the bond that so much missing costs, rounded up. What is not paid for is
    /// missing.
    #[must_use]
    pub fn forfeit(&self, on_time: Uakt) -> E8s {
        let got = if on_time < self.min_paid {
            0
        } else {
            on_time.0.min(self.amount.0)
        };
        let missing = u128::from(self.amount.0 - got) * u128::from(self.bond.0);
        let lost = missing.div_ceil(u128::from(self.amount.0.max(1)));
        E8s(u64::try_from(lost).unwrap_or(u64::MAX)).min(self.bond)
    }
}

/// What kind of account a proof shows at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Record {
    /// None: nothing ever arrived.
    #[n(0)]
    Absent,
    /// One that a key owns, perhaps with coins that are locked for a time.
    #[n(1)]
    Known {
        /// Part of every signature.
        #[n(0)]
        number: u64,
        /// How many transactions it has signed.
        #[n(1)]
        sequence: u64,
    },
    /// One that we cannot judge.
    #[n(2)]
    Unknown,
}

/// What a proof shows, all at one verified header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Seen {
    /// Block of the header; it has the state before that block.
    #[n(0)]
    pub height: u64,
    /// Time of the header.
    #[n(1)]
    pub time: Nanos,
    /// What is there.
    #[n(2)]
    pub balance: Uakt,
    /// Of it, what no vesting locks.
    #[n(3)]
    pub spendable: Uakt,
    /// The account.
    #[n(4)]
    pub record: Record,
    /// What T has at the same header, or the chain's vault where T has nothing: not zero, or the
    /// layout of the store has changed. Zero when it was not proven.
    #[n(5)]
    pub canary: Uakt,
}

/// Why a maker is not to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Excuse {
    /// The chain stood still while the fill was open.
    #[n(0)]
    Halt {
        /// The earlier of two adjacent headers.
        #[n(0)]
        height: u64,
        /// Its time.
        #[n(1)]
        from: Nanos,
        /// Time of the next.
        #[n(2)]
        to: Nanos,
    },
    /// Headers could not be verified when the time for proofs ended.
    #[n(1)]
    Dark,
}

/// What is certain about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Outcome {
    /// Arrived on time, as far as it was proven in time.
    #[n(0)]
    pub on_time: Uakt,
    /// Paid for it.
    #[n(1)]
    pub paid: E8s,
    /// When it became certain.
    #[n(2)]
    pub at: Nanos,
}

/// How a fill ends. Each ends in exactly one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Ending {
    /// All arrived on time and is paid for.
    #[n(0)]
    Paid,
    /// A part arrived on time and is paid for.
    #[n(1)]
    PartPaid,
    /// Nothing arrived that would be worth sending back.
    #[n(2)]
    Forfeited,
    /// It arrived late, or too little of it on time; it goes back, and the bond is lost.
    #[n(3)]
    LateRefunded,
    /// It counts as never agreed: what arrived goes back, and so does the bond.
    #[n(4)]
    Void,
}

/// A fill.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fill {
    /// What was agreed.
    #[n(0)]
    pub terms: Terms,
    /// The most that was proven on time.
    #[n(1)]
    pub best: Option<Seen>,
    /// The first proof after the deadline. What it shows bounds what arrived on time; a later one
    /// is kept where it shows less.
    #[n(2)]
    pub late: Option<Seen>,
    /// The newest proof.
    #[n(3)]
    pub newest: Option<Seen>,
    /// Why it does not go on: an account that we cannot judge.
    #[n(4)]
    pub stuck: Option<u64>,
    /// A reason for which the maker is not to blame.
    #[n(5)]
    pub excuse: Option<Excuse>,
    /// What is certain.
    #[n(6)]
    pub outcome: Option<Outcome>,
    /// How it ended.
    #[n(7)]
    pub ending: Option<Ending>,
    /// Block of the ICP ledger that paid it.
    #[n(8)]
    pub paid_block: Option<u64>,
    /// What becomes of the coins at its address.
    #[n(9)]
    pub sweep: Sweep,
    /// What the books have at its address.
    #[n(10)]
    pub booked: Uakt,
}

/// Why a proof changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It could be a replay.
    #[error("height: expected later than {floor}, the newest at the commit, got {got}")]
    TooEarly {
        /// Newest at the commit.
        floor: u64,
        /// What was given.
        got: u64,
    },
    /// It comes too late for a delivery on time.
    #[error("the time for proofs of this fill ended at {settle_by} ns, it is {now} ns")]
    TooLate {
        /// End.
        settle_by: Nanos,
        /// Time.
        now: Nanos,
    },
    /// The store may have changed its layout, or the proof was left out.
    #[error("canary: expected that T, or the vault, has something at this header, got nothing")]
    NoCanary,
    /// A balance without an account.
    #[error("account: expected one where {balance} are, got none")]
    NoAccount {
        /// What is there.
        balance: Uakt,
    },
    /// It shows no more than was known.
    #[error("the proof shows nothing that was not known")]
    Nothing,
}

impl Fill {
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            terms,
            best: None,
            late: None,
            newest: None,
            stuck: None,
            excuse: None,
            outcome: None,
            ending: None,
            paid_block: None,
            sweep: Sweep::default(),
            booked: Uakt::ZERO,
        }
    }

    /// Whether ICP is set aside for it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// What was proven on time.
    #[must_use]
    pub fn on_time(&self) -> Uakt {
        self.best.map_or(Uakt::ZERO, |seen| seen.spendable)
    }

    /// Checks that a proof is about this fill's time. **Errors** why it changes nothing.
    pub fn check(&self, seen: &Seen, now: Nanos) -> Result<(), EvidenceError> {
        let terms = &self.terms;
        if seen.height <= terms.floor_height {
            return Err(EvidenceError::TooEarly {
                floor: terms.floor_height,
                got: seen.height,
            });
        }
        // What is there shows by itself that the key is the right one; what is missing does not.
        let claims_absence = seen.balance == Uakt::ZERO || seen.time > terms.deadline;
        if claims_absence && seen.canary == Uakt::ZERO {
            return Err(EvidenceError::NoCanary);
        }
        if seen.record == Record::Absent && seen.balance > Uakt::ZERO {
            return Err(EvidenceError::NoAccount {
                balance: seen.balance,
            });
        }
        let is_newer = self.newest.is_none_or(|known| seen.height > known.height);
        if self.is_open() && seen.record == Record::Unknown {
            if !is_newer {
                return Err(EvidenceError::Nothing);
            }
        } else if self.is_open() && seen.time <= terms.deadline {
            let is_more = seen.spendable > self.on_time();
            if is_more && now > terms.settle_by {
                return Err(EvidenceError::TooLate {
                    settle_by: terms.settle_by,
                    now,
                });
            }
            if !(is_more || self.stuck.is_some() && is_newer) {
                return Err(EvidenceError::Nothing);
            }
        } else if self.is_open() {
            let is_less = self.late.is_none_or(|late| seen.spendable < late.spendable);
            if !(is_less || self.stuck.is_some() && is_newer) {
                return Err(EvidenceError::Nothing);
            }
        } else if !is_newer || !self.sweep.wants_proof() {
            return Err(EvidenceError::Nothing);
        }
        Ok(())
    }

    /// Takes a proof that was checked. False when it changes nothing.
    pub(super) fn take(&mut self, seen: &Seen, now: Nanos) -> bool {
        if self.check(seen, now).is_err() {
            return false;
        }
        if self.newest.is_none_or(|known| seen.height > known.height) {
            self.newest = Some(*seen);
            self.sweep.seen(seen);
        }
        if !self.is_open() {
            return true;
        }
        if seen.record == Record::Unknown {
            self.stuck = Some(seen.height);
            return true;
        }
        self.stuck = None;
        if seen.time > self.terms.deadline {
            if self.late.is_none_or(|late| seen.spendable < late.spendable) {
                self.late = Some(*seen);
            }
        } else if seen.spendable > self.on_time() {
            self.best = Some(*seen);
        }
        true
    }

    /// Whether the delivery is certain, and so may be concluded now. `dark` says that headers could
    /// not be verified when the time for proofs ended.
    #[must_use]
    pub fn is_certain(&self, now: Nanos, dark: bool) -> bool {
        if !self.is_open() {
            return false;
        }
        let on_time = self.on_time();
        if on_time >= self.terms.amount {
            return true;
        }
        if self.stuck.is_some() {
            return false;
        }
        let over = now > self.terms.settle_by;
        match self.late {
            // Between both bounds nothing is left that would be paid for.
            Some(late) if late.spendable <= on_time => true,
            Some(late) if late.spendable < self.terms.min_paid => true,
            Some(_) => over,
            None => over && (dark || self.excuse.is_some()),
        }
    }

    /// Concludes. `None` when nothing is certain.
    pub(super) fn conclude(&mut self, now: Nanos, dark: bool) -> Option<Outcome> {
        if !self.is_certain(now, dark) {
            return None;
        }
        if dark && now > self.terms.settle_by && self.on_time() < self.terms.amount {
            self.excuse = self.excuse.or(Some(Excuse::Dark));
        }
        let on_time = self.on_time();
        let outcome = Outcome {
            on_time,
            paid: self.terms.payment(on_time),
            at: now,
        };
        self.outcome = Some(outcome);
        Some(outcome)
    }

    /// Whether the bond's fate may be settled now: at once when all was delivered or an excuse was
    /// shown, else when the time for excuses is over.
    #[must_use]
    pub fn is_bond_due(&self, now: Nanos) -> bool {
        let Some(outcome) = &self.outcome else {
            return false;
        };
        let complete = outcome.on_time >= self.terms.amount;
        let settled = complete || self.excuse.is_some() || now > self.terms.settle_by;
        self.ending.is_none() && settled
    }

    /// Settles the bond: what is lost of it. `None` when it is too early, or done.
    pub(super) fn settle_bond(&mut self, now: Nanos, dark: bool) -> Option<E8s> {
        if !self.is_bond_due(now) {
            return None;
        }
        let outcome = self.outcome?;
        if dark && now > self.terms.settle_by {
            self.excuse = self.excuse.or(Some(Excuse::Dark));
        }
        let excused = self.excuse.is_some();
        let complete = outcome.on_time >= self.terms.amount;
        let lost = if complete || excused {
            E8s::ZERO
        } else {
            // No bond is lost without a proof of a later block.
            self.late?;
            self.terms.forfeit(outcome.on_time)
        };
        let arrived = self
            .newest
            .is_some_and(|seen| seen.spendable >= self.terms.dust);
        self.ending = Some(match (outcome.paid > E8s::ZERO, complete) {
            (true, true) => Ending::Paid,
            (true, false) => Ending::PartPaid,
            (false, _) if excused => Ending::Void,
            (false, _) if arrived => Ending::LateRefunded,
            (false, _) => Ending::Forfeited,
        });
        Some(lost)
    }

    /// Whether a halt between two adjacent headers touches the time of this fill.
    #[must_use]
    pub fn is_touched(&self, from: Nanos, to: Nanos) -> bool {
        to.saturating_sub(from) > self.terms.halt
            && from <= self.terms.deadline
            && to >= self.terms.committed_at
    }

    pub(super) fn excuse(&mut self, excuse: Excuse) -> Option<()> {
        let Excuse::Halt { from, to, .. } = excuse else {
            return None;
        };
        if self.ending.is_some() || self.excuse.is_some() || !self.is_touched(from, to) {
            return None;
        }
        self.excuse = Some(excuse);
        Some(())
    }
}
