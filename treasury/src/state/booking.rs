//! From a reading of the chain to entries in the books.

use super::{BudgetSeen, EscrowSeen, Observation, State};
use crate::book::{Account, Asset, Book, Draft};
use crate::budget::{Budget, Deposit};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::Uact;

impl State {
    /// Books what a budget's account did since it was last read.
    pub(super) fn see_budget(&mut self, at: Nanos, seen: &Observation, found: &BudgetSeen) {
        let Some(budget) = self.budgets.get_mut(&found.budget) else {
            return;
        };
        if seen.height < budget.read_height || seen.height < budget.set_height {
            return;
        }
        let mut booking = Booking {
            id: found.budget.clone(),
            draft: Draft::new("seen on the chain"),
            credit: self.book.amount(&held(&found.budget), Asset::Uact),
            gas: self.book.amount(&held(&found.budget), Asset::Uakt),
            refunds: 0,
        };
        booking.draft.order = Some(budget.order);
        booking.draft.height = Some(seen.height);
        for escrow in &found.escrows {
            booking.escrow(budget, escrow);
        }
        booking.limit(budget, found.limit, &self.book);
        booking.gas(budget, found);
        budget.account_number = found.account_number.or(budget.account_number);
        budget.read_at = at;
        budget.read_height = seen.height;
        budget.set_since_read = false;
        if let Some(since) = budget.change_since {
            budget.quiet = seen.block_time > since.saturating_add(crate::limits::QUIET_AFTER);
        }
        self.book.post(booking.draft);
    }
}

fn held(budget: &str) -> Account {
    Account::Budget(budget.to_string())
}

struct Booking {
    id: String,
    draft: Draft,
    /// Left of the budget's credit.
    credit: u64,
    /// Left of the budget's gas.
    gas: u64,
    /// Came back.
    refunds: u64,
}

impl Booking {
    fn spent(&self) -> Account {
        Account::Spent(self.id.clone())
    }

    /// Moves from the budget's credit. The chain lets it deposit no more than that; what it did
    /// all the same, nothing explains.
    fn pay(&mut self, to: Account, amount: u64) {
        let covered = amount.min(self.credit);
        self.credit -= covered;
        let from = held(&self.id);
        self.draft.transfer(Asset::Uact, from, to.clone(), covered);
        self.draft
            .transfer(Asset::Uact, Account::Suspense, to, amount - covered);
    }

    fn escrow(&mut self, budget: &mut Budget, seen: &EscrowSeen) {
        let known = budget.deployments.get(&seen.dseq).copied();
        if known.is_none() && !seen.open {
            return;
        }
        let before = known.unwrap_or(Deposit {
            deposited: Uact::ZERO,
            left: Uact::ZERO,
            shared: false,
        });
        let shared = before.shared || seen.others > Uact::ZERO;
        // What was put in is what is left and what was paid. Once strangers have put something in
        // too, what was paid is no longer ours alone, and only what is left can show a top-up.
        let all_ours = !shared || known.is_none();
        let (deposited, left) = if seen.open {
            let paid = if all_ours { seen.transferred.0 } else { 0 };
            let shown = seen.ours.0.saturating_add(paid);
            (before.deposited.0.max(shown), seen.ours.0)
        } else {
            (before.deposited.0, before.left.0)
        };
        let account = Account::Escrow(self.id.clone(), seen.dseq);
        let added = deposited.saturating_sub(before.deposited.0);
        self.pay(account.clone(), added);
        if let Some(limit) = &mut budget.limit {
            limit.0 = limit.0.saturating_sub(added);
        }
        let spent_before = before.deposited.0.saturating_sub(before.left.0);
        let spent = if seen.open {
            deposited.saturating_sub(left)
        } else {
            deposited.min(seen.transferred.0).max(spent_before)
        };
        self.draft.transfer(
            Asset::Uact,
            account.clone(),
            self.spent(),
            spent.saturating_sub(spent_before),
        );
        if seen.open {
            let deposit = Deposit {
                deposited: Uact(deposited),
                left: Uact(left),
                shared,
            };
            budget.deployments.insert(seen.dseq, deposit);
            return;
        }
        let refund = deposited.saturating_sub(spent);
        self.draft
            .transfer(Asset::Uact, account, held(&self.id), refund);
        self.credit = self.credit.saturating_add(refund);
        self.refunds = self.refunds.saturating_add(refund);
        if let Some(limit) = &mut budget.limit {
            limit.0 = limit.0.saturating_add(refund);
        }
        budget.deployments.remove(&seen.dseq);
    }

    /// The limit on the chain falls by each deposit and rises by each refund, and by nothing
    /// else. So it also tells of deployments that came and went unseen.
    fn limit(&mut self, budget: &mut Budget, found: Option<Uact>, book: &Book) {
        if let (Some(expected), Some(found)) = (budget.limit, found) {
            let missing = expected.0.saturating_sub(found.0);
            let overwritten = budget.set_since_read && missing <= self.refunds;
            if !overwritten {
                self.pay(self.spent(), missing);
            }
            let more = found.0.saturating_sub(expected.0);
            let spent = book.amount(&self.spent(), Asset::Uact);
            let back = more.min(spent);
            self.draft
                .transfer(Asset::Uact, self.spent(), held(&self.id), back);
        }
        budget.limit = found;
    }

    /// The allowance falls by the gas that the budget's account burns. The chain deletes it when
    /// nothing is left.
    fn gas(&mut self, budget: &mut Budget, found: &BudgetSeen) {
        if let Some(before) = budget.gas {
            let left = found.gas.unwrap_or_default();
            let used = before.0.saturating_sub(left.0).min(self.gas);
            self.draft.transfer(
                Asset::Uakt,
                held(&self.id),
                Account::Gas(self.id.clone()),
                used,
            );
        }
        budget.gas = found.gas;
    }
}
