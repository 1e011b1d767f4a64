//! The swap: ICP of a budget for AKT that has arrived.
//!
//! What lives here: adopted orders, auctions, commits of makers, proofs of what they delivered, and
//! how each fill ends. Everything but [`perform`] is pure: [`Swaps::apply`] is the only writer and
//! total, [`next`] names one act, which holds all that it needs.
//!
//! Invariants:
//! - Each fill ends in exactly one of the ways of [`Ending`], and is paid at most once.
//! - ICP that was set aside for a fill is paid or released, to the last unit.
//! - Nothing is signed from a fill's address before its outcome is certain.
//! - No bond is lost without a proof of a block after the deadline.
//! - The order, the repetition and the sender of proofs change no outcome.
//! - What is open, and what was committed in a day, is bounded when it is committed, never when it
//!   is paid.
//!
//! Absent on purpose: a way to change the terms of a fill, and a payment that anybody's word can
//! cause.

mod commit;
mod event;
mod fill;
mod next;
mod order;
mod price;
mod settings;
mod sweep;

#[cfg(test)]
mod tests;

pub use commit::{CYCLES_FLOOR, FEE_ROOM_E8S, Market, Quote, Refusal, Request, is_module};
pub use event::Event;
pub use fill::{Ending, EvidenceError, Excuse, Fill, Outcome, Record, Seen, Terms};
pub use next::{Act, Item, Step, Tries, World, booked, next};
pub use order::{Sale, Spare, SwapOrder};
pub use price::{
    AKT, Auction, BEFORE_S, ChainPrice, ICP, Pair, Price, PriceError, Rate, Rates, reference,
};
pub use settings::{BPS, Settings, SettingsError, share_ceil, share_floor};
pub use sweep::{MAX_FAILURES, Plan, REFUND_FAILURES, Sweep, SweepTx, Todo, todo};

use crate::book::{Account, Asset, Draft, OrderRef};
use crate::icp::{Icp, IcpAccount, Purpose};
use minicbor::{Decode, Encode};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{E8s, Uakt};
use std::collections::{BTreeMap, BTreeSet};

/// Most fills that are kept after they are over, the newest; the log has all.
pub const MAX_OVER: usize = 2_000;

/// Most orders that are kept after they are over, the newest.
pub const MAX_SALES: usize = 200;

/// Most times without verifiable headers that are kept, the newest.
const MAX_DARK: usize = 32;

/// Everything about swaps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Swaps {
    /// The numbers.
    #[n(0)]
    pub settings: Settings,
    /// Whether new commits are refused.
    #[n(1)]
    pub paused: bool,
    /// Orders, by nonce.
    #[n(2)]
    pub sales: BTreeMap<u64, Sale>,
    /// Fills, by number.
    #[n(3)]
    pub fills: BTreeMap<u64, Fill>,
    /// Counts addresses; never reset.
    #[n(4)]
    pub next_fill: u64,
    /// Nonces of all orders ever.
    #[n(5)]
    pub used: BTreeSet<u64>,
    /// Since when headers cannot be verified.
    #[n(6)]
    pub dark_since: Option<Nanos>,
    /// When they could not, before.
    #[n(7)]
    pub dark: Vec<(Nanos, Nanos)>,
    /// How many fills ended in each way.
    #[n(8)]
    pub endings: BTreeMap<Ending, u64>,
}

impl Swaps {
    /// Fills with something left to do.
    pub fn open_fills(&self) -> impl Iterator<Item = (&u64, &Fill)> {
        self.fills.iter().filter(|(_, fill)| !fill.is_over())
    }

    /// Whether headers could not be verified at a moment.
    #[must_use]
    pub fn was_dark_at(&self, moment: Nanos) -> bool {
        self.dark_since.is_some_and(|since| since <= moment)
            || self
                .dark
                .iter()
                .any(|(from, to)| *from <= moment && moment <= *to)
    }

    /// Whether an address is one of the single-use ones.
    #[must_use]
    pub fn is_fill_address(&self, address: &str) -> bool {
        let spare = self.sales.values().flat_map(|sale| sale.spare.values());
        self.fills
            .values()
            .any(|fill| fill.terms.address() == address)
            || spare.into_iter().any(|spare| spare.address() == address)
    }

    /// Whether a nonce was used by an order here.
    #[must_use]
    pub fn is_used(&self, nonce: u64) -> bool {
        self.used.contains(&nonce)
    }

    /// The order that a budget is selling for.
    #[must_use]
    pub fn sale_of(&self, budget: &str, now: Nanos) -> Option<&Sale> {
        self.sales
            .values()
            .find(|sale| sale.order.budget == budget && sale.is_alive(now))
    }

    /// Applies one event. `None` when it does not fit: nothing is changed then.
    pub fn apply(
        &mut self,
        icp: &mut Icp,
        at: Nanos,
        event: &Event,
        draft: &mut Draft,
    ) -> Option<()> {
        match event {
            Event::Adopted {
                order,
                payload_hash,
            } => self.adopted(at, order, *payload_hash)?,
            Event::Seeded { order, seed } => {
                let sale = self.sales.get_mut(order)?;
                if sale.seed.is_some() {
                    return None;
                }
                sale.seed = Some(*seed);
            }
            Event::SliceDrawn { order, begins_at } => {
                let sale = self.sales.get_mut(order)?;
                sale.next_draw()?;
                sale.begins.push(*begins_at);
            }
            Event::AddressDerived {
                order,
                fill,
                public_key,
            } => {
                if *fill != self.next_fill {
                    return None;
                }
                let sale = self.sales.get_mut(order)?;
                sale.seed?;
                let public_key = *public_key;
                sale.spare.insert(*fill, Spare { public_key });
                self.next_fill += 1;
            }
            Event::Committed { fill, terms } => self.committed(icp, at, *fill, terms, draft)?,
            Event::Proven { fill, seen } => self.proven(at, *fill, seen, draft)?,
            Event::Excused { fill, excuse } => self.fills.get_mut(fill)?.excuse(*excuse)?,
            Event::Concluded { fill, dark } => self.concluded(icp, at, *fill, *dark, draft)?,
            Event::BondSettled { fill, dark } => self.bond_settled(icp, at, *fill, *dark, draft)?,
            Event::SweepSigned { fill, tx } => {
                let fill = self.fills.get_mut(fill)?;
                fill.outcome?;
                fill.sweep.signed(tx)?;
            }
            Event::SweepIncluded { fill, height } => self.swept(*fill, *height, draft)?,
            Event::SweepFailed { fill, height, why } => {
                self.sweep_failed(*fill, *height, why, draft)?;
            }
            Event::SweepDead { fill } => self.fills.get_mut(fill)?.sweep.died()?,
            Event::ReturnAsked { fill, maker } => {
                let fill = self.fills.get_mut(fill)?;
                fill.ending?;
                let fee = E8s(self.settings.return_fee_e8s);
                let mut sweep = fill.sweep.clone();
                sweep.asked()?;
                icp.charge(maker, fee)?;
                fill.sweep = sweep;
                draft.why = "another sweep of a fill's address was paid for".into();
                let from = Account::Collateral(maker.clone());
                draft.transfer(Asset::Icp, from, Account::Unallocated, fee.0);
            }
            Event::Paused { paused } => {
                if self.paused == *paused {
                    return None;
                }
                self.paused = *paused;
            }
            Event::WentDark => {
                if self.dark_since.is_some() {
                    return None;
                }
                self.dark_since = Some(at);
            }
            Event::CameBack => {
                let since = self.dark_since.take()?;
                self.dark.push((since, at));
                if self.dark.len() > MAX_DARK {
                    self.dark.remove(0);
                }
            }
        }
        self.forget();
        Some(())
    }

    /// A payment of ours is in a block of the ledger.
    pub fn paid(&mut self, purpose: &Purpose, block: u64) {
        if let Purpose::Payout { fill, .. } = purpose {
            if let Some(fill) = self.fills.get_mut(fill) {
                fill.paid_block = Some(block);
            }
            self.forget();
        }
    }

    /// AKT of a budget was burned into ACT: the oldest order first.
    pub fn minted(&mut self, budget: &str, amount: Uakt) {
        let mut left = amount.0;
        for sale in self
            .sales
            .values_mut()
            .filter(|sale| sale.order.budget == budget)
        {
            let part = left.min(sale.unminted.0);
            sale.unminted.0 -= part;
            left -= part;
        }
    }

    /// AKT of a budget that was bought and is to be burned into ACT.
    #[must_use]
    pub fn unminted(&self, budget: &str) -> Uakt {
        let sales = self
            .sales
            .values()
            .filter(|sale| sale.order.budget == budget);
        Uakt(sales.fold(0, |sum, sale| sum.saturating_add(sale.unminted.0)))
    }

    fn reference(&self, order: u64) -> Option<OrderRef> {
        let payload_hash = self.sales.get(&order)?.payload_hash;
        Some(OrderRef {
            nonce: order,
            payload_hash,
        })
    }

    fn adopted(&mut self, at: Nanos, order: &SwapOrder, payload_hash: [u8; 32]) -> Option<()> {
        if !self.used.insert(order.nonce) {
            return None;
        }
        // What was being sold for the budget ends: one limit at a time is what voters see.
        let before = self.sales.values_mut();
        for sale in before.filter(|sale| sale.order.budget == order.budget && sale.is_alive(at)) {
            sale.ended_at = Some(at);
            sale.spare.clear();
        }
        if order.icp > E8s::ZERO {
            self.sales
                .insert(order.nonce, Sale::new(order, payload_hash, at));
        }
        Some(())
    }

    fn committed(
        &mut self,
        icp: &mut Icp,
        at: Nanos,
        number: u64,
        terms: &Terms,
        draft: &mut Draft,
    ) -> Option<()> {
        draft.order = self.reference(terms.order);
        let sale = self.sales.get_mut(&terms.order)?;
        let spare = sale.spare.get(&number)?;
        if spare.public_key != terms.public_key || self.fills.contains_key(&number) {
            return None;
        }
        let committed = sale.committed.checked_add(terms.icp)?;
        if committed > sale.order.icp {
            return None;
        }
        icp.bind(&terms.maker, terms.bond)?;
        sale.spare.remove(&number);
        sale.committed = committed;
        sale.reserved = sale.reserved.checked_add(terms.icp)?;
        sale.expected = sale.expected.checked_add(terms.amount)?;
        sale.note_commit(at, terms.icp);
        draft.why = "set aside for a fill".into();
        let from = Account::Budget(sale.order.budget.clone());
        draft.transfer(Asset::Icp, from, Account::Reserve(terms.order), terms.icp.0);
        self.fills.insert(number, Fill::new(terms.clone()));
        Some(())
    }

    fn proven(&mut self, at: Nanos, number: u64, seen: &Seen, draft: &mut Draft) -> Option<()> {
        let fill = self.fills.get_mut(&number)?;
        if !fill.take(seen, at) {
            return None;
        }
        let is_newest = fill.newest.as_ref() == Some(seen);
        if is_newest && fill.sweep.flight.is_none() && seen.height > fill.sweep.after {
            let more = seen.balance.0.saturating_sub(fill.booked.0);
            fill.booked.0 += more;
            draft.why = "AKT was proven at the address of a fill".into();
            draft.height = Some(seen.height);
            draft.transfer(Asset::Uakt, Account::Makers, Account::Fill(number), more);
            draft.order = self.reference(self.fills.get(&number)?.terms.order);
        }
        Some(())
    }

    fn concluded(
        &mut self,
        icp: &mut Icp,
        at: Nanos,
        number: u64,
        dark: bool,
        draft: &mut Draft,
    ) -> Option<()> {
        let fill = self.fills.get_mut(&number)?;
        let terms = fill.terms.clone();
        if !self.sales.contains_key(&terms.order) {
            return None;
        }
        let outcome = fill.conclude(at, dark)?;
        let released = E8s(terms.icp.0.saturating_sub(outcome.paid.0));
        let sale = self.sales.get_mut(&terms.order)?;
        sale.reserved.0 = sale.reserved.0.saturating_sub(terms.icp.0);
        sale.committed.0 = sale.committed.0.saturating_sub(released.0);
        sale.paid.0 = sale.paid.0.saturating_add(outcome.paid.0);
        sale.released.0 = sale.released.0.saturating_add(released.0);
        sale.expected.0 = sale.expected.0.saturating_sub(terms.amount.0);
        let budget = sale.order.budget.clone();
        if outcome.paid > E8s::ZERO {
            let bought = outcome.on_time.min(terms.amount);
            sale.unminted.0 = sale.unminted.0.saturating_add(bought.0);
            icp.begin(
                Purpose::Payout {
                    fill: number,
                    budget: budget.clone(),
                },
                crate::icp::From::Subaccount(crate::icp::budget_subaccount(&budget)),
                terms.payee.clone(),
                outcome.paid,
            );
        }
        draft.why = "what was delivered is certain".into();
        let reserve = || Account::Reserve(terms.order);
        let payable = Account::Payable(number);
        draft.transfer(Asset::Icp, reserve(), payable, outcome.paid.0);
        draft.transfer(Asset::Icp, reserve(), Account::Budget(budget), released.0);
        draft.order = self.reference(terms.order);
        Some(())
    }

    fn bond_settled(
        &mut self,
        icp: &mut Icp,
        at: Nanos,
        number: u64,
        dark: bool,
        draft: &mut Draft,
    ) -> Option<()> {
        let fill = self.fills.get(&number)?;
        let budget = self.sales.get(&fill.terms.order)?.order.budget.clone();
        let mut after = fill.clone();
        let lost = after.settle_bond(at, dark)?;
        let (maker, bond) = (after.terms.maker.clone(), after.terms.bond);
        let moves = icp.unbind(&maker, bond, lost, number, &budget)?;
        let to = if moves {
            Account::Budget(budget)
        } else {
            Account::Unallocated
        };
        draft.why = "a share of a bond was lost".into();
        draft.order = self.reference(after.terms.order);
        let from = Account::Collateral(maker);
        draft.transfer(Asset::Icp, from, to, lost.0);
        *self.endings.entry(after.ending?).or_default() += 1;
        self.fills.insert(number, after);
        Some(())
    }

    fn swept(&mut self, number: u64, height: u64, draft: &mut Draft) -> Option<()> {
        let fill = self.fills.get_mut(&number)?;
        draft.tx_hash = fill.sweep.flight.as_ref().map(|tx| tx.hash.clone());
        draft.height = Some(height);
        let plan = fill.sweep.included(height)?;
        fill.booked.0 = fill.booked.0.saturating_sub(plan.total().0);
        draft.why = "the address of a fill was swept".into();
        let from = || Account::Fill(number);
        let gas = self.gas_account(number)?;
        let fee = plan.fee.0;
        // Where something was paid for, the gas comes out of that.
        let bought = plan.bought.0.saturating_sub(fee);
        draft.transfer(Asset::Uakt, from(), Account::Unallocated, bought);
        draft.transfer(Asset::Uakt, from(), gas, fee);
        draft.transfer(Asset::Uakt, from(), Account::Kept, plan.kept.0);
        draft.transfer(Asset::Uakt, from(), Account::Makers, plan.refund.0);
        draft.order = self.reference(self.fills.get(&number)?.terms.order);
        Some(())
    }

    fn sweep_failed(
        &mut self,
        number: u64,
        height: u64,
        why: &str,
        draft: &mut Draft,
    ) -> Option<()> {
        let fill = self.fills.get_mut(&number)?;
        draft.tx_hash = fill.sweep.flight.as_ref().map(|tx| tx.hash.clone());
        draft.height = Some(height);
        let plan = fill.sweep.failed(height, why)?;
        fill.booked.0 = fill.booked.0.saturating_sub(plan.fee.0);
        draft.why = "gas of a sweep that failed".into();
        let gas = self.gas_account(number)?;
        draft.transfer(Asset::Uakt, Account::Fill(number), gas, plan.fee.0);
        draft.order = self.reference(self.fills.get(&number)?.terms.order);
        Some(())
    }

    fn gas_account(&self, fill: u64) -> Option<Account> {
        let order = self.fills.get(&fill)?.terms.order;
        let budget = self.sales.get(&order)?.order.budget.clone();
        Some(Account::OwnGas(budget))
    }

    /// Keeps what has something left to do, and the newest of the rest.
    fn forget(&mut self) {
        let over = self.fills.values().filter(|fill| fill.is_over()).count();
        if over > MAX_OVER {
            let oldest = self.fills.iter().find(|(_, fill)| fill.is_over());
            if let Some(oldest) = oldest.map(|(number, _)| *number) {
                self.fills.remove(&oldest);
            }
        }
        if self.sales.len() > MAX_SALES {
            let fills = &self.fills;
            let idle = self.sales.iter().find(|(nonce, sale)| {
                sale.ended_at.is_some() && !fills.values().any(|fill| fill.terms.order == **nonce)
            });
            if let Some(idle) = idle.map(|(nonce, _)| *nonce) {
                self.sales.remove(&idle);
            }
        }
    }
}

impl Fill {
    /// Whether nothing is left to do for it by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let unpaid = self
            .outcome
            .is_none_or(|outcome| outcome.paid > E8s::ZERO && self.paid_block.is_none());
        self.ending.is_some() && !unpaid && self.sweep.flight.is_none() && !self.is_sweep_due()
    }

    /// Whether its address may hold something that should be moved.
    #[must_use]
    pub fn is_sweep_due(&self) -> bool {
        let sweep = &self.sweep;
        if self.outcome.is_none() || sweep.failures >= MAX_FAILURES {
            return false;
        }
        if sweep.is_done {
            return sweep.is_asked;
        }
        match &sweep.proof {
            None => true,
            // What cannot be spent, or is not worth a transaction, stays.
            Some(seen) => seen.spendable >= self.terms.dust,
        }
    }

    /// Who is paid, for views.
    #[must_use]
    pub fn payee(&self) -> &IcpAccount {
        &self.terms.payee
    }
}
