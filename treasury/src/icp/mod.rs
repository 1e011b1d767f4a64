//! ICP: the treasury's accounts on the ledger, and transfers that happen once and only once.
//!
//! What lives here: the subaccount of each budget, the collateral of makers, and [`Transfer`], the
//! life of one ledger transfer from its intent to its block. Pure: the ledger itself is behind
//! [`port::Ledger`].
//!
//! How a transfer is kept from happening twice:
//! - Its arguments, with `created_at_time`, memo and fee, are recorded before the first attempt,
//!   with how long the ledger was then. Only the very same arguments are sent again.
//! - The ledger answers a repetition with the block of the first, for a day. The retries end an
//!   hour before that.
//! - Afterwards, or when the ledger says that the arguments are too old or have the wrong fee, its
//!   blocks from that length on decide. Only when they were read later than the arguments can
//!   still be accepted, and do not have it, are new arguments made.

pub mod account;
pub mod port;
mod transfer;

pub use account::{IcpAccount, budget_subaccount, collateral_subaccount};
pub use transfer::{Answer, Arguments, Phase, Purpose, Transfer, WINDOW};

use crate::book::{Account, Asset, Draft};
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::E8s;
use std::collections::BTreeMap;

/// Most deposits and withdrawals that are on their way at once.
pub const MAX_MOVES: usize = 64;

/// Most makers whose collateral is kept.
pub const MAX_MAKERS: usize = 10_000;

/// Smallest deposit of collateral, so that no account is opened for nothing. **Units** e8s.
pub const MIN_DEPOSIT_E8S: u64 = 1_000_000;

/// Penalties of a maker below this stay where they are: moving them costs a ledger fee.
/// **Units** e8s.
pub const PENALTIES_MOVE_E8S: u64 = 10_000_000;

/// A lost share of a bond below this stays in the maker's subaccount, with penalties: moving it
/// would cost much of it. **Units** e8s.
pub const FORFEIT_MOVES_E8S: u64 = 100_000;

/// A past fact about ICP.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// A maker wants to deposit collateral, and has allowed it on the ledger.
    #[n(0)]
    DepositBegan {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
        /// From where.
        #[n(1)]
        from: IcpAccount,
        /// How much arrives.
        #[n(2)]
        amount: E8s,
    },
    /// A maker wants free collateral back.
    #[n(1)]
    WithdrawalBegan {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
        /// To where.
        #[n(1)]
        to: IcpAccount,
        /// How much leaves; the ledger's fee is taken from it.
        #[n(2)]
        amount: E8s,
    },
    /// The arguments of a transfer are fixed.
    #[n(2)]
    Prepared {
        /// Which.
        #[n(0)]
        id: u64,
        /// `created_at_time`.
        #[n(1)]
        created_at: Nanos,
        /// The ledger's fee.
        #[n(2)]
        fee: E8s,
        /// How many blocks the ledger had.
        #[n(3)]
        tip: u64,
    },
    /// The transfer is about to be asked for.
    #[n(3)]
    Tried {
        /// Which.
        #[n(0)]
        id: u64,
    },
    /// The ledger has certainly not made the transfer at this attempt.
    #[n(4)]
    Refused {
        /// Which.
        #[n(0)]
        id: u64,
        /// Why.
        #[n(1)]
        answer: Answer,
    },
    /// The transfer is in a block.
    #[n(5)]
    Done {
        /// Which.
        #[n(0)]
        id: u64,
        /// Where.
        #[n(1)]
        block: u64,
    },
    /// The ledger was searched later than the arguments can be accepted, and has no such block.
    #[n(6)]
    Absent {
        /// Which.
        #[n(0)]
        id: u64,
    },
    /// The subaccount of a budget was read while nothing of it was on its way.
    #[n(7)]
    BudgetSeen {
        /// Which.
        #[n(0)]
        budget: String,
        /// What is there.
        #[n(1)]
        balance: E8s,
    },
    /// Whoever pushed something invalid pays for the check.
    #[n(8)]
    Penalised {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
        /// How much.
        #[n(1)]
        amount: E8s,
    },
    /// Penalties of a maker are worth moving out of the maker's subaccount.
    #[n(9)]
    PenaltiesMoved {
        /// Raw principal.
        #[cbor(n(0), with = "minicbor::bytes")]
        maker: Vec<u8>,
    },
}

/// A maker's collateral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Collateral {
    /// Theirs to use or to take back.
    #[n(0)]
    pub free: E8s,
    /// Bonds of fills that have not ended.
    #[n(1)]
    pub bonds: E8s,
    /// On its way back to them.
    #[n(2)]
    pub leaving: E8s,
    /// Lost, but still in the subaccount.
    #[n(3)]
    pub penalties: E8s,
}

/// All ICP of the treasury.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Icp {
    /// By raw principal.
    #[n(0)]
    pub collateral: BTreeMap<Maker, Collateral>,
    /// Not done yet, by id.
    #[n(1)]
    pub transfers: BTreeMap<u64, Transfer>,
    /// Ids are never used twice.
    #[n(2)]
    pub next_id: u64,
}

/// A maker, by raw principal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Maker(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// A transfer that was done, for whoever began it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// What it was for.
    pub purpose: Purpose,
    /// Where it is.
    pub block: u64,
}

impl Icp {
    /// What a maker has.
    #[must_use]
    pub fn of(&self, maker: &[u8]) -> Collateral {
        let maker = Maker(maker.to_vec());
        self.collateral.get(&maker).copied().unwrap_or_default()
    }

    /// Begins a transfer; it is made by the tasks.
    pub(crate) fn begin(&mut self, purpose: Purpose, from: From, to: IcpAccount, amount: E8s) {
        let id = self.next_id;
        self.next_id += 1;
        self.transfers
            .insert(id, Transfer::new(id, purpose, from, to, amount));
    }

    /// Applies one event. `None` when it does not fit. Some transfers complete what others began.
    /// `booked` is what the subaccount should hold that a reading is about.
    pub fn apply(
        &mut self,
        event: &Event,
        booked: i128,
        draft: &mut Draft,
    ) -> Option<Option<Completed>> {
        match event {
            Event::DepositBegan {
                maker,
                from,
                amount,
            } => {
                self.may_move(maker)?;
                self.collateral.entry(Maker(maker.clone())).or_default();
                self.begin(
                    Purpose::Deposit {
                        maker: maker.clone(),
                    },
                    From::Allowance(from.clone()),
                    IcpAccount::own(collateral_subaccount(maker)),
                    *amount,
                );
            }
            Event::WithdrawalBegan { maker, to, amount } => {
                self.may_move(maker)?;
                let held = self.collateral.get_mut(&Maker(maker.clone()))?;
                held.free = held.free.checked_sub(*amount)?;
                held.leaving = held.leaving.checked_add(*amount)?;
                self.begin(
                    Purpose::Withdrawal {
                        maker: maker.clone(),
                    },
                    From::Subaccount(collateral_subaccount(maker)),
                    to.clone(),
                    *amount,
                );
            }
            Event::Prepared {
                id,
                created_at,
                fee,
                tip,
            } => {
                self.transfers
                    .get_mut(id)?
                    .prepared(*created_at, *fee, *tip)?;
            }
            Event::Tried { id } => self.transfers.get_mut(id)?.tried()?,
            Event::Refused { id, answer } => {
                let transfer = self.transfers.get_mut(id)?;
                if transfer.refused(*answer)? {
                    self.gone(*id)?;
                }
            }
            Event::Absent { id } => {
                let transfer = self.transfers.get_mut(id)?;
                if transfer.absent()? {
                    self.gone(*id)?;
                }
            }
            Event::Done { id, block } => {
                let transfer = self.transfers.remove(id)?;
                let purpose = transfer.purpose.clone();
                self.done(&transfer, draft);
                return Some(Some(Completed {
                    purpose,
                    block: *block,
                }));
            }
            Event::BudgetSeen { budget, balance } => {
                let found = i128::from(balance.0);
                let account = || Account::Budget(budget.clone());
                let size = u64::try_from((found - booked).unsigned_abs()).ok()?;
                if found > booked {
                    draft.why = "ICP arrived in the subaccount of the budget".into();
                    draft.transfer(Asset::Icp, Account::SnsTreasury, account(), size);
                } else {
                    draft.why = "ICP is missing in the subaccount of the budget".into();
                    draft.transfer(Asset::Icp, account(), Account::Suspense, size);
                }
            }
            Event::Penalised { maker, amount } => {
                self.charge(maker, *amount)?;
                draft.why = "something invalid was pushed".into();
                let from = Account::Collateral(maker.clone());
                draft.transfer(Asset::Icp, from, Account::Unallocated, amount.0);
            }
            Event::PenaltiesMoved { maker } => {
                let held = self.collateral.get_mut(&Maker(maker.clone()))?;
                let amount = held.penalties;
                if amount.0 < PENALTIES_MOVE_E8S {
                    return None;
                }
                held.penalties = E8s::ZERO;
                self.begin(
                    Purpose::Penalties {
                        maker: maker.clone(),
                    },
                    From::Subaccount(collateral_subaccount(maker)),
                    IcpAccount::own([0; 32]),
                    amount,
                );
            }
        }
        Some(None)
    }

    /// One deposit or withdrawal of a maker at a time, and not too many of all.
    fn may_move(&self, maker: &[u8]) -> Option<()> {
        self.move_refusal(maker).is_none().then_some(())
    }

    /// Why a maker's collateral cannot move now.
    #[must_use]
    pub fn move_refusal(&self, maker: &[u8]) -> Option<&'static str> {
        let moves = || {
            self.transfers
                .values()
                .filter_map(|transfer| match &transfer.purpose {
                    Purpose::Deposit { maker } | Purpose::Withdrawal { maker } => Some(maker),
                    _ => None,
                })
        };
        if moves().any(|other| other == maker) {
            Some("one deposit or withdrawal at a time: another is on its way")
        } else if moves().count() >= MAX_MOVES {
            Some("too many deposits and withdrawals are on their way: try again later")
        } else if self.collateral.len() >= MAX_MAKERS
            && !self.collateral.contains_key(&Maker(maker.to_vec()))
        {
            Some("as many makers are known as can be")
        } else {
            None
        }
    }

    /// Moves free collateral into a bond.
    pub(crate) fn bind(&mut self, maker: &[u8], bond: E8s) -> Option<()> {
        let held = self.collateral.get_mut(&Maker(maker.to_vec()))?;
        held.free = held.free.checked_sub(bond)?;
        held.bonds = held.bonds.checked_add(bond)?;
        Some(())
    }

    /// Takes a fee from free collateral; it lies in the maker's subaccount until penalties move.
    pub(crate) fn charge(&mut self, maker: &[u8], fee: E8s) -> Option<()> {
        let held = self.collateral.get_mut(&Maker(maker.to_vec()))?;
        let free = held.free.checked_sub(fee)?;
        held.penalties = held.penalties.checked_add(fee)?;
        held.free = free;
        Some(())
    }

    /// Ends a bond: so much of it is lost, the rest is free again. True when what is lost moves to
    /// the budget; a crumb becomes a penalty.
    pub(crate) fn unbind(
        &mut self,
        maker: &[u8],
        bond: E8s,
        lost: E8s,
        fill: u64,
        budget: &str,
    ) -> Option<bool> {
        let held = self.collateral.get_mut(&Maker(maker.to_vec()))?;
        let bonds = held.bonds.checked_sub(bond)?;
        let free = held.free.checked_add(bond.checked_sub(lost)?)?;
        let moves = lost.0 >= FORFEIT_MOVES_E8S;
        if !moves {
            held.penalties = held.penalties.checked_add(lost)?;
        }
        held.bonds = bonds;
        held.free = free;
        if moves {
            self.begin(
                Purpose::Forfeit {
                    fill,
                    budget: budget.to_string(),
                },
                From::Subaccount(collateral_subaccount(maker)),
                IcpAccount::own(budget_subaccount(budget)),
                lost,
            );
        }
        Some(moves)
    }

    /// A transfer that will not be made: what it had set aside is free again.
    fn gone(&mut self, id: u64) -> Option<()> {
        let transfer = self.transfers.remove(&id)?;
        if let Purpose::Withdrawal { maker } = &transfer.purpose {
            let held = self.collateral.get_mut(&Maker(maker.clone()))?;
            held.leaving = held.leaving.checked_sub(transfer.amount)?;
            held.free = held.free.checked_add(transfer.amount)?;
        }
        self.forget_empty();
        Some(())
    }

    fn done(&mut self, transfer: &Transfer, draft: &mut Draft) {
        let fee = transfer.fee().0;
        let amount = transfer.amount.0;
        match &transfer.purpose {
            Purpose::Deposit { maker } => {
                draft.why = "a maker deposited collateral".into();
                let to = Account::Collateral(maker.clone());
                draft.transfer(Asset::Icp, Account::Makers, to, amount);
                let held = self.collateral.entry(Maker(maker.clone())).or_default();
                held.free = E8s(held.free.0.saturating_add(amount));
            }
            Purpose::Withdrawal { maker } => {
                draft.why = "a maker took collateral back".into();
                let from = || Account::Collateral(maker.clone());
                draft.transfer(
                    Asset::Icp,
                    from(),
                    Account::Makers,
                    amount.saturating_sub(fee),
                );
                draft.transfer(Asset::Icp, from(), Account::LedgerFees, fee.min(amount));
                if let Some(held) = self.collateral.get_mut(&Maker(maker.clone())) {
                    held.leaving = E8s(held.leaving.0.saturating_sub(amount));
                }
            }
            Purpose::Payout { fill, budget } => {
                draft.why = "the maker was paid".into();
                draft.transfer(Asset::Icp, Account::Payable(*fill), Account::Makers, amount);
                let from = Account::Budget(budget.clone());
                draft.transfer(Asset::Icp, from, Account::LedgerFees, fee);
            }
            // It was the budget's when it was lost: only the fee is news.
            Purpose::Forfeit { budget, .. } => {
                draft.why = "a lost bond was moved to the budget".into();
                let from = Account::Budget(budget.clone());
                draft.transfer(Asset::Icp, from, Account::LedgerFees, fee.min(amount));
            }
            Purpose::Penalties { .. } => {
                draft.why = "penalties were moved to the treasury".into();
                let fee = fee.min(amount);
                draft.transfer(Asset::Icp, Account::Unallocated, Account::LedgerFees, fee);
            }
        }
        self.forget_empty();
    }

    fn forget_empty(&mut self) {
        let busy: Vec<Maker> = self
            .transfers
            .values()
            .filter_map(|transfer| transfer.purpose.maker().map(|m| Maker(m.to_vec())))
            .collect();
        self.collateral
            .retain(|maker, held| *held != Collateral::default() || busy.contains(maker));
    }
}

/// From where a transfer takes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum From {
    /// One of the treasury's subaccounts.
    #[n(0)]
    Subaccount(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// Somebody's account, as they allowed on the ledger.
    #[n(1)]
    Allowance(#[n(0)] IcpAccount),
}
