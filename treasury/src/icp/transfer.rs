//! The life of one ledger transfer.

use super::{From, IcpAccount};
use crate::swap::Settings;
use minicbor::{Decode, Encode};
use orchestrator::kernel::money::E8s;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use sha2::{Digest, Sha256};

/// Later than so long after `created_at_time` no ledger accepts a transfer: its window of 24 hours
/// and what it lets clocks differ, with room. **Units** ns. **Source** ICRC-1, deduplication;
/// `TRANSACTION_WINDOW` and `PERMITTED_DRIFT` of the ledger.
pub const WINDOW: Nanos = (24 * 60 * 60 + 10 * 60) * NANOS_PER_SECOND;

/// What a transfer is for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Purpose {
    /// Collateral from a maker's account.
    #[n(0)]
    Deposit {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
    },
    /// Collateral back to a maker.
    #[n(1)]
    Withdrawal {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
    },
    /// ICP for AKT that has arrived.
    #[n(2)]
    Payout {
        /// Of which fill.
        #[n(0)]
        fill: u64,
        /// From which budget.
        #[n(1)]
        budget: String,
    },
    /// A lost bond, to the budget.
    #[n(3)]
    Forfeit {
        /// Of which fill.
        #[n(0)]
        fill: u64,
        /// To which budget.
        #[n(1)]
        budget: String,
    },
    /// What invalid pushes have cost a maker, to the treasury's own account.
    #[n(4)]
    Penalties {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
    },
}

impl Purpose {
    /// Whose collateral it touches, if it begins or ends there at a maker's wish.
    pub(super) fn maker(&self) -> Option<&[u8]> {
        match self {
            Self::Deposit { maker } | Self::Withdrawal { maker } | Self::Penalties { maker } => {
                Some(maker)
            }
            Self::Payout { .. } | Self::Forfeit { .. } => None,
        }
    }

    /// Whether the ledger's fee is taken from the amount rather than paid beside it.
    const fn bears_fee(&self) -> bool {
        matches!(
            self,
            Self::Withdrawal { .. } | Self::Forfeit { .. } | Self::Penalties { .. }
        )
    }

    /// The budget whose subaccount it touches.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        match self {
            Self::Payout { budget, .. } | Self::Forfeit { budget, .. } => Some(budget),
            _ => None,
        }
    }
}

/// Why the ledger has certainly not made a transfer at one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Answer {
    /// The fee is another one now.
    #[n(0)]
    BadFee,
    /// The arguments are older than its window.
    #[n(1)]
    TooOld,
    /// Its clock is behind.
    #[n(2)]
    CreatedInFuture,
    /// Too little in the account from which it takes.
    #[n(3)]
    InsufficientFunds,
    /// Too little was allowed, or the permission is over.
    #[n(4)]
    InsufficientAllowance,
    /// Not now.
    #[n(5)]
    Unavailable,
    /// It says something else, or says it in other words.
    #[n(6)]
    Other,
}

/// Where a transfer is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Phase {
    /// It has no arguments yet.
    #[n(0)]
    Due,
    /// It has, and may be asked for, again and again.
    #[n(1)]
    Prepared(#[n(0)] Prepared),
    /// Only the ledger's blocks can tell.
    #[n(2)]
    Doubtful(#[n(0)] Prepared),
}

/// What was recorded before the first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Prepared {
    /// `created_at_time`.
    #[n(0)]
    pub created_at: Nanos,
    /// The ledger's fee.
    #[n(1)]
    pub fee: E8s,
    /// How many blocks the ledger had.
    #[n(2)]
    pub tip: u64,
    /// An attempt whose answer was not recorded yet.
    #[n(3)]
    pub open: bool,
    /// An answer was lost: a block may be there.
    #[n(4)]
    pub lost: bool,
}

/// One transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Transfer {
    /// Ours, never used twice.
    #[n(0)]
    pub id: u64,
    /// What it is for.
    #[n(1)]
    pub purpose: Purpose,
    /// From where.
    #[n(2)]
    pub from: From,
    /// To where.
    #[n(3)]
    pub to: IcpAccount,
    /// What it moves, the ledger's fee included where the purpose bears it.
    #[n(4)]
    pub amount: E8s,
    /// Where it is.
    #[n(5)]
    pub phase: Phase,
}

/// What is sent to the ledger, byte for byte the same at each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// From where.
    pub from: From,
    /// To where.
    pub to: IcpAccount,
    /// What arrives.
    pub amount: E8s,
    /// The ledger's fee.
    pub fee: E8s,
    /// What tells it from every other transfer of the treasury.
    pub memo: [u8; 32],
    /// When it was made.
    pub created_at: Nanos,
}

impl Transfer {
    pub(super) fn new(id: u64, purpose: Purpose, from: From, to: IcpAccount, amount: E8s) -> Self {
        Self {
            id,
            purpose,
            from,
            to,
            amount,
            phase: Phase::Due,
        }
    }

    /// What was recorded before the first attempt.
    #[must_use]
    pub const fn record(&self) -> Option<&Prepared> {
        match &self.phase {
            Phase::Due => None,
            Phase::Prepared(record) | Phase::Doubtful(record) => Some(record),
        }
    }

    /// The fee that it is sent with.
    #[must_use]
    pub fn fee(&self) -> E8s {
        self.record().map_or(E8s::ZERO, |record| record.fee)
    }

    /// Tells it from every other transfer: a hash of what it is for, and for a payment of the
    /// number of its fill, which is never used again.
    #[must_use]
    pub fn memo(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        match &self.purpose {
            Purpose::Payout { fill, .. } => {
                hasher.update(b"treasury/fill/1");
                hasher.update(fill.to_be_bytes());
            }
            _ => {
                hasher.update(b"treasury/transfer/1");
                hasher.update(self.id.to_be_bytes());
            }
        }
        hasher.finalize().into()
    }

    /// What is sent. `None` before it is prepared.
    #[must_use]
    pub fn arguments(&self) -> Option<Arguments> {
        let record = self.record()?;
        let amount = if self.purpose.bears_fee() {
            E8s(self.amount.0.saturating_sub(record.fee.0))
        } else {
            self.amount
        };
        Some(Arguments {
            from: self.from.clone(),
            to: self.to.clone(),
            amount,
            fee: record.fee,
            memo: self.memo(),
            created_at: record.created_at,
        })
    }

    /// Whether it is past its retries: from now on only the ledger's blocks decide.
    #[must_use]
    pub fn is_past_retries(&self, settings: &Settings, now: Nanos) -> bool {
        match &self.phase {
            Phase::Due => false,
            Phase::Doubtful(_) => true,
            Phase::Prepared(record) => {
                let life = settings.retry_transfer_s.saturating_mul(NANOS_PER_SECOND);
                now >= record.created_at.saturating_add(life)
            }
        }
    }

    /// When a search that does not find it shows that it is not there.
    #[must_use]
    pub fn is_decided_after(&self) -> Nanos {
        self.record()
            .map_or(0, |record| record.created_at.saturating_add(WINDOW))
    }

    pub(super) fn prepared(&mut self, created_at: Nanos, fee: E8s, tip: u64) -> Option<()> {
        if self.phase != Phase::Due {
            return None;
        }
        self.phase = Phase::Prepared(Prepared {
            created_at,
            fee,
            tip,
            open: false,
            lost: false,
        });
        Some(())
    }

    pub(super) fn tried(&mut self) -> Option<()> {
        let Phase::Prepared(record) = &mut self.phase else {
            return None;
        };
        record.lost |= record.open;
        record.open = true;
        Some(())
    }

    /// An attempt had no effect. True when the transfer is over: a deposit that is not allowed.
    pub(super) fn refused(&mut self, answer: Answer) -> Option<bool> {
        let Phase::Prepared(record) = &mut self.phase else {
            return None;
        };
        record.open = false;
        let is_deposit = matches!(self.purpose, Purpose::Deposit { .. });
        let record = *record;
        match answer {
            // Whether an earlier attempt was made does not follow from either.
            Answer::BadFee if record.lost => self.phase = Phase::Doubtful(record),
            Answer::TooOld => self.phase = Phase::Doubtful(record),
            // None was: every earlier attempt has its answer.
            Answer::BadFee => self.phase = Phase::Due,
            Answer::InsufficientAllowance | Answer::InsufficientFunds
                if is_deposit && !record.lost =>
            {
                return Some(true);
            }
            Answer::InsufficientAllowance | Answer::InsufficientFunds if is_deposit => {
                self.phase = Phase::Doubtful(record);
            }
            Answer::InsufficientAllowance
            | Answer::InsufficientFunds
            | Answer::CreatedInFuture
            | Answer::Unavailable
            | Answer::Other => {}
        }
        Some(false)
    }

    /// It is in no block and cannot come. True when the transfer is over: nobody waits for a
    /// deposit of yesterday.
    pub(super) fn absent(&mut self) -> Option<bool> {
        if self.phase == Phase::Due {
            return None;
        }
        if matches!(self.purpose, Purpose::Deposit { .. }) {
            return Some(true);
        }
        self.phase = Phase::Due;
        Some(false)
    }
}
