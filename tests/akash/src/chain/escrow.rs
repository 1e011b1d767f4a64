//! Escrow accounts and payments: lazy settlement, whole coins, first in first out.
//!
//! **Source** node, `x/escrow/keeper/keeper.go`. The hazard of facts 3.7 is kept: payments are
//! looked at only when at least one block has passed since the last settlement.

use super::authz::DepositGrant;
use super::failure::{Failure, Outcome, code, fail, sdk};
use super::{Ctx, State, UAKT};
use crate::address;
use crate::num::Dec;
use crate::proto::EscrowId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// State of an account or a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscrowState {
    /// 1.
    Open,
    /// 2.
    Closed,
    /// 3.
    Overdrawn,
}

/// Where a deposit came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The signer's own coins.
    Balance,
    /// A granter's.
    Grant,
}

/// Part of an account that belongs to one depositor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depositor {
    /// Who gets back what is left.
    pub owner: String,
    /// When.
    pub height: u64,
    /// From where.
    pub source: Source,
    /// Coin.
    pub denom: String,
    /// What is left of it.
    pub amount: Dec,
}

/// `akash.escrow.types.v1.AccountState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscrowAccount {
    /// Owner of the deployment, or provider of the bid.
    pub owner: String,
    /// State.
    pub state: EscrowState,
    /// Settled to payments so far, by denom in order of first deposit.
    pub transferred: Vec<(String, Dec)>,
    /// Height of the last settlement.
    pub settled_at: u64,
    /// What is left; negative when overdrawn.
    pub funds: Vec<(String, Dec)>,
    /// In order of consumption.
    pub deposits: Vec<Depositor>,
}

/// `akash.escrow.types.v1.PaymentState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Provider.
    pub owner: String,
    /// State.
    pub state: EscrowState,
    /// Coin of all amounts.
    pub denom: String,
    /// Per block.
    pub rate: Dec,
    /// Settled and not yet withdrawn.
    pub balance: Dec,
    /// Owed when the account ran dry.
    pub unsettled: Dec,
    /// Paid out.
    pub withdrawn: u128,
}

/// Name of a payment: its account and `gseq/oseq/provider`.
pub type PaymentId = (EscrowId, String);

/// Module `escrow`.
#[derive(Clone, Debug, Default)]
pub struct Escrow {
    pub(crate) accounts: BTreeMap<EscrowId, EscrowAccount>,
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
}

/// One payment while an account is being settled.
struct Touched {
    id: PaymentId,
    payment: Payment,
    was: EscrowState,
}

/// Codespace of the module.
const SPACE: &str = "escrow";

fn error(code: u32) -> Failure {
    let log = match code {
        1 => "account exists",
        2 => "account closed",
        3 => "account not found",
        4 => "account overdrawn",
        5 => "invalid denomination",
        6 => "payment exists",
        7 => "payment closed",
        8 => "payment not found",
        9 => "payment rate zero",
        15 => "unauthorized deposit scope",
        16 => "invalid deposit",
        _ => "escrow",
    };
    Failure {
        codespace: SPACE,
        code,
        log: log.into(),
    }
}

impl EscrowAccount {
    fn fund_mut(&mut self, denom: &str) -> Option<&mut Dec> {
        self.funds
            .iter_mut()
            .find(|(d, _)| d == denom)
            .map(|(_, amount)| amount)
    }

    /// Takes from the deposits, first in first out; the rest makes the funds negative.
    /// Returns what was taken, and whether that was too little.
    fn deduct(&mut self, denom: &str, amount: Dec) -> (Dec, bool) {
        let (mut remaining, mut taken) = (amount, Dec::ZERO);
        for deposit in self.deposits.iter_mut().filter(|d| d.denom == denom) {
            let part = deposit.amount.min(remaining);
            deposit.amount -= part;
            remaining -= part;
            taken += part;
            if remaining.is_zero() {
                break;
            }
        }
        if let Some((_, transferred)) = self.transferred.iter_mut().find(|(d, _)| d == denom) {
            *transferred += taken;
        }
        self.deposits.retain(|d| !d.amount.is_zero());
        let overdrawn = !remaining.is_zero();
        if let Some(fund) = self.fund_mut(denom) {
            *fund -= taken + remaining;
        }
        (taken, overdrawn)
    }
}

impl State {
    /// One account.
    pub fn escrow_account(&self, id: &EscrowId) -> Option<&EscrowAccount> {
        self.escrow.accounts.get(id)
    }

    /// All accounts.
    pub fn escrow_accounts(&self) -> impl Iterator<Item = (&EscrowId, &EscrowAccount)> {
        self.escrow.accounts.iter()
    }

    /// One payment.
    pub fn payment(&self, id: &PaymentId) -> Option<&Payment> {
        self.escrow.payments.get(id)
    }

    /// All payments.
    pub fn payments(&self) -> impl Iterator<Item = (&PaymentId, &Payment)> {
        self.escrow.payments.iter()
    }

    /// Finds who pays a deposit, in the order of its sources, and draws on grants.
    /// **Errors** `market` 28.
    pub fn authorize_deposit(
        &mut self,
        ctx: &Ctx,
        signer: &str,
        scope: i32,
        coin: &(String, u128),
        sources: &[i32],
    ) -> Outcome<Vec<Depositor>> {
        let (denom, mut remainder) = (coin.0.clone(), coin.1);
        let mut found = Vec::new();
        let depositor = |owner: &str, source, amount: u128| Depositor {
            owner: owner.to_owned(),
            height: ctx.height,
            source,
            denom: denom.clone(),
            amount: Dec::whole(amount),
        };
        for source in sources {
            if *source == 1 {
                let part = self.spendable(signer, &denom).min(remainder);
                if part > 0 {
                    found.push(depositor(signer, Source::Balance, part));
                    remainder -= part;
                }
            } else {
                for (granter, grantee, mut grant) in self.deposit_grants(ctx) {
                    let left = grant.limits.get(&denom).copied().unwrap_or(0);
                    let part = left.min(remainder);
                    if grantee != signer || !grant.scopes.contains(&scope) || part == 0 {
                        continue;
                    }
                    // A grant that is used up stays, so that a refund can restore it.
                    set_limit(&mut grant, &denom, left - part);
                    self.save_deposit_grant(&granter, signer, grant);
                    found.push(depositor(&granter, Source::Grant, part));
                    remainder -= part;
                    if remainder == 0 {
                        break;
                    }
                }
            }
            if remainder == 0 {
                break;
            }
        }
        if remainder > 0 {
            return fail("market", 28, "deposit invalid: insufficient balance");
        }
        Ok(found)
    }

    /// Opens an account. **Errors** `escrow` 1, `sdk` 5.
    pub fn escrow_create(
        &mut self,
        ctx: &Ctx,
        id: &EscrowId,
        owner: &str,
        deposits: Vec<Depositor>,
    ) -> Outcome<()> {
        if self.escrow.accounts.contains_key(id) {
            return Err(error(1));
        }
        let mut account = EscrowAccount {
            owner: owner.to_owned(),
            state: EscrowState::Open,
            transferred: Vec::new(),
            settled_at: ctx.height,
            funds: Vec::new(),
            deposits: Vec::new(),
        };
        self.collect(&mut account, deposits)?;
        self.put_account(id, account);
        Ok(())
    }

    /// Adds to an account; pays the debt of an overdrawn one.
    /// **Errors** `escrow` 2 and 3, `sdk` 5.
    pub fn escrow_deposit(
        &mut self,
        ctx: &Ctx,
        id: &EscrowId,
        deposits: Vec<Depositor>,
    ) -> Outcome<()> {
        let mut account = self.load(id)?;
        if account.state == EscrowState::Closed {
            return Err(error(2));
        }
        let was = account.state;
        self.collect(&mut account, deposits)?;
        let mut touched = Vec::new();
        if was == EscrowState::Overdrawn {
            let (payments, overdrawn) = self.settle(ctx, id, &mut account)?;
            touched = payments;
            for t in &mut touched {
                if t.payment.state == EscrowState::Open {
                    t.payment.state = EscrowState::Closed;
                }
                self.pay_out(&mut t.payment)?;
            }
            if !overdrawn {
                account.state = EscrowState::Closed;
            }
        }
        self.save(ctx, id, account, touched)
    }

    /// Settles and closes an account, refunds what is left. **Errors** `escrow` 2 and 3.
    pub fn escrow_close(&mut self, ctx: &Ctx, id: &EscrowId) -> Outcome<()> {
        let mut account = self.load(id)?;
        if account.state == EscrowState::Closed {
            return Err(error(2));
        }
        let (mut touched, _) = self.settle(ctx, id, &mut account)?;
        if account.state == EscrowState::Open {
            account.state = EscrowState::Closed;
        }
        for t in &mut touched {
            if t.payment.state == EscrowState::Open {
                t.payment.state = EscrowState::Closed;
            }
            self.pay_out(&mut t.payment)?;
        }
        self.save(ctx, id, account, touched)
    }

    /// Opens a payment. **Errors** `escrow` 3, 4, 5, 6 and 9.
    pub fn payment_create(
        &mut self,
        ctx: &Ctx,
        id: &PaymentId,
        owner: &str,
        denom: &str,
        rate: Dec,
    ) -> Outcome<()> {
        let mut account = self.load(&id.0)?;
        // The payments that this settles are not stored: the chain drops them here. They are
        // loaded again, with the same arithmetic, only after the next block; what they earned
        // until now is gone from the account and in no payment. Kept as it is.
        let (_, overdrawn) = self.settle(ctx, &id.0, &mut account)?;
        if overdrawn {
            return Err(error(4));
        }
        if account.fund_mut(denom).is_none() {
            return Err(error(5));
        }
        if rate.is_zero() {
            return Err(error(9));
        }
        if self.escrow.payments.contains_key(id) {
            return Err(error(6));
        }
        self.put_account(&id.0, account);
        let payment = Payment {
            owner: owner.to_owned(),
            state: EscrowState::Open,
            denom: denom.to_owned(),
            rate,
            balance: Dec::ZERO,
            unsettled: Dec::ZERO,
            withdrawn: 0,
        };
        self.put_payment(id, payment);
        Ok(())
    }

    /// Pays a provider what it has earned. **Errors** `escrow` 3, 7 and 8; `sdk` 111222 when the
    /// account was already settled in this block.
    pub fn payment_withdraw(&mut self, ctx: &Ctx, id: &PaymentId) -> Outcome<()> {
        let mut account = self.load(&id.0)?;
        let Some(payment) = self.payment(id) else {
            return Err(error(8));
        };
        if payment.state != EscrowState::Open {
            return Err(error(7));
        }
        let (mut touched, overdrawn) = self.settle(ctx, &id.0, &mut account)?;
        if !overdrawn {
            let Some(t) = touched.iter_mut().find(|t| &t.id == id) else {
                let log = format!(
                    "recovered: couldn't find payment {}/{}: panic",
                    id.0.xid, id.1
                );
                return sdk(code::PANIC, log);
            };
            self.pay_out(&mut t.payment)?;
        }
        self.save(ctx, &id.0, account, touched)
    }

    /// Settles and closes one payment. **Errors** `escrow` 2, 3, 7 and 8.
    pub fn payment_close(&mut self, ctx: &Ctx, id: &PaymentId) -> Outcome<()> {
        let mut account = self.load(&id.0)?;
        let Some(payment) = self.payment(id) else {
            return Err(error(8));
        };
        if payment.state == EscrowState::Closed {
            return Err(error(7));
        }
        let (mut touched, _) = self.settle(ctx, &id.0, &mut account)?;
        for t in touched.iter_mut().filter(|t| &t.id == id) {
            if t.payment.state == EscrowState::Open {
                t.payment.state = EscrowState::Closed;
            }
            self.pay_out(&mut t.payment)?;
        }
        self.save(ctx, &id.0, account, touched)
    }

    fn load(&self, id: &EscrowId) -> Outcome<EscrowAccount> {
        self.escrow
            .accounts
            .get(id)
            .cloned()
            .ok_or_else(|| error(3))
    }

    fn put_account(&mut self, id: &EscrowId, account: EscrowAccount) {
        Arc::make_mut(&mut self.escrow)
            .accounts
            .insert(id.clone(), account);
    }

    fn put_payment(&mut self, id: &PaymentId, payment: Payment) {
        Arc::make_mut(&mut self.escrow)
            .payments
            .insert(id.clone(), payment);
    }

    fn collect(&mut self, account: &mut EscrowAccount, deposits: Vec<Depositor>) -> Outcome<()> {
        let module = address::of_module("escrow");
        for deposit in deposits {
            let denom = &deposit.denom;
            if account.fund_mut(denom).is_none() {
                account.funds.push((denom.clone(), Dec::ZERO));
                account.transferred.push((denom.clone(), Dec::ZERO));
            }
            self.transfer(&deposit.owner, &module, denom, deposit.amount.trunc())?;
            let fund = account.fund_mut(denom).expect("pushed above");
            *fund = deposit.amount + Dec(fund.0.max(0));
            account.deposits.push(deposit);
        }
        Ok(())
    }

    /// Moves what is owed from deposits to payments. Returns the payments that it looked at, and
    /// whether the account is overdrawn.
    fn settle(
        &mut self,
        ctx: &Ctx,
        id: &EscrowId,
        account: &mut EscrowAccount,
    ) -> Outcome<(Vec<Touched>, bool)> {
        if account.state == EscrowState::Closed {
            return Err(error(2));
        }
        if account
            .funds
            .first()
            .is_some_and(|(_, amount)| amount.is_negative())
        {
            return Ok((Vec::new(), true));
        }
        let mut blocks = 0;
        if account.state != EscrowState::Overdrawn {
            blocks = ctx.height - account.settled_at;
            account.settled_at = ctx.height;
        }
        let mut touched = self.payments_in(id, EscrowState::Overdrawn);
        if blocks > 0 {
            touched.extend(self.payments_in(id, EscrowState::Open));
        }
        let mut overdrawn = false;
        for t in &mut touched {
            let p = &mut t.payment;
            let owed = if t.was == EscrowState::Overdrawn {
                std::mem::take(&mut p.unsettled)
            } else {
                p.rate.times(u128::from(blocks)).trunc_dec()
            };
            let (taken, short) = account.deduct(&p.denom, owed);
            p.balance += taken;
            p.state = if short {
                EscrowState::Overdrawn
            } else {
                EscrowState::Open
            };
            if short {
                overdrawn = true;
                p.unsettled += owed - taken;
            }
        }
        if overdrawn {
            self.settle_in_akt(ctx, account, &mut touched)?;
            overdrawn = touched
                .iter()
                .any(|t| t.payment.state == EscrowState::Overdrawn);
        }
        if overdrawn {
            account.state = EscrowState::Overdrawn;
            for t in &mut touched {
                t.payment.state = EscrowState::Overdrawn;
                self.pay_out(&mut t.payment)?;
            }
        }
        Ok((touched, overdrawn))
    }

    /// While minting is halted, providers are paid from uakt deposits instead.
    fn settle_in_akt(
        &mut self,
        ctx: &Ctx,
        account: &mut EscrowAccount,
        touched: &mut [Touched],
    ) -> Outcome<()> {
        let has_akt = account.fund_mut(UAKT).is_some_and(|f| f.is_positive());
        if !has_akt || !self.bme.status.is_halted() {
            return Ok(());
        }
        let Ok(price) = self.price(ctx, UAKT) else {
            return Ok(());
        };
        let module = address::of_module("escrow");
        for t in touched.iter_mut() {
            let p = &mut t.payment;
            if p.state != EscrowState::Overdrawn || p.unsettled.is_zero() {
                continue;
            }
            let (taken, short) = account.deduct(UAKT, p.unsettled.quo(price));
            if taken.is_zero() {
                continue;
            }
            if short && let Some(fund) = account.fund_mut(UAKT) {
                *fund = Dec::ZERO;
            }
            self.transfer(&module, &p.owner, UAKT, taken.trunc())?;
            p.unsettled -= taken.product(price);
            if !p.unsettled.is_positive() {
                p.unsettled = Dec::ZERO;
                p.state = EscrowState::Open;
            }
            if short {
                break;
            }
        }
        Ok(())
    }

    fn payments_in(&self, id: &EscrowId, state: EscrowState) -> Vec<Touched> {
        let range = self.escrow.payments.range((id.clone(), String::new())..);
        let mine = range.take_while(|((account, _), _)| account == id);
        let wanted = mine.filter(|(_, p)| p.state == state);
        wanted
            .map(|(id, p)| Touched {
                id: id.clone(),
                payment: p.clone(),
                was: p.state,
            })
            .collect()
    }

    fn pay_out(&mut self, payment: &mut Payment) -> Outcome<()> {
        let earned = payment.balance.trunc();
        if earned > 0 {
            let module = address::of_module("escrow");
            self.transfer(&module, &payment.owner, &payment.denom, earned)?;
            payment.withdrawn += earned;
            payment.balance -= Dec::whole(earned);
        }
        Ok(())
    }

    fn save(
        &mut self,
        ctx: &Ctx,
        id: &EscrowId,
        account: EscrowAccount,
        touched: Vec<Touched>,
    ) -> Outcome<()> {
        self.save_account(ctx, id, account)?;
        for t in touched {
            let closed = t.payment.state != EscrowState::Open;
            let overdrawn = t.payment.state == EscrowState::Overdrawn;
            self.put_payment(&t.id, t.payment);
            if closed {
                self.on_payment_closed(ctx, &t.id, overdrawn)?;
            }
        }
        Ok(())
    }

    fn save_account(
        &mut self,
        ctx: &Ctx,
        id: &EscrowId,
        mut account: EscrowAccount,
    ) -> Outcome<()> {
        let open = account.state == EscrowState::Open;
        if !open {
            let deposits = std::mem::take(&mut account.deposits);
            let module = address::of_module("escrow");
            for deposit in deposits.iter().filter(|d| d.amount.is_positive()) {
                let refund = deposit.amount.trunc();
                self.transfer(&module, &deposit.owner, &deposit.denom, refund)?;
                if deposit.source == Source::Grant {
                    self.restore_grant(ctx, &account.owner, deposit, refund);
                }
                if let Some(fund) = account.fund_mut(&deposit.denom) {
                    *fund -= deposit.amount;
                }
            }
        }
        let overdrawn = account.state == EscrowState::Overdrawn;
        self.put_account(id, account);
        if !open && id.scope == 1 {
            self.on_account_closed(ctx, id, overdrawn)?;
        }
        Ok(())
    }

    fn restore_grant(&mut self, ctx: &Ctx, owner: &str, deposit: &Depositor, refund: u128) {
        if let Some(grant) = self.deposit_grant(ctx, &deposit.owner, owner) {
            let mut grant = grant.clone();
            let left = grant.limits.get(&deposit.denom).copied().unwrap_or(0);
            set_limit(&mut grant, &deposit.denom, left + refund);
            self.save_deposit_grant(&deposit.owner, owner, grant);
        }
    }
}

fn set_limit(grant: &mut DepositGrant, denom: &str, amount: u128) {
    if amount == 0 {
        grant.limits.remove(denom);
    } else {
        grant.limits.insert(denom.to_owned(), amount);
    }
}
