//! One budget's turn: what its grants should be, and the way there.

use super::{Act, Step, Target, act, conclude, credit, observe, wait};
use crate::book::{Account, Asset};
use crate::budget::{Budget, Phase};
use crate::limits::{
    FUNDS_EVERY, MIN_RAISE_UACT, MIN_RAISE_UAKT, OBSERVATION_FRESH, QUIET_AFTER, QUIET_EVERY,
    QUIET_MARGIN, TX_LIFE,
};
use crate::state::{Change, Config, Event, GrantPlan, OwnAccount, State};
use orchestrator::akash::gas;
use orchestrator::akash::message::{self, Message};
use orchestrator::akash::tx::{Order, TxPlan};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{Uact, Uakt};

/// Messages of a budget's account whose gas T pays: what opens, runs and closes a deployment.
pub const PAID_MESSAGES: [&str; 7] = [
    message::CREATE_DEPLOYMENT,
    "/akash.deployment.v1beta4.MsgUpdateDeployment",
    message::CLOSE_DEPLOYMENT,
    "/akash.deployment.v1beta4.MsgStartGroup",
    message::CREATE_LEASE,
    message::CLOSE_LEASE,
    message::ACCOUNT_DEPOSIT,
];

/// One budget's turn.
pub(super) struct Turn<'a> {
    pub(super) state: &'a State,
    pub(super) own: &'a OwnAccount,
    pub(super) config: &'a Config,
    pub(super) now: Nanos,
    pub(super) id: &'a str,
    pub(super) budget: &'a Budget,
    pub(super) target: Target,
}

impl Turn<'_> {
    /// `None` when there is nothing to do until something is adopted or read.
    pub(super) fn next(&self) -> Option<Step> {
        let budget = self.budget;
        if let Some(step) = self.release() {
            return Some(step);
        }
        let untouched = budget.limit.is_none() && budget.gas.is_none();
        if budget.is_over(self.now) && untouched && budget.deployments.is_empty() {
            return None;
        }
        if budget.owner.is_none() {
            return Some(act(Act::DeriveOwner {
                budget: self.id.to_string(),
                gateway: self.config.gateway.clone(),
            }));
        }
        if budget.is_over(self.now) {
            return self.wind_down();
        }
        if budget.phase == Phase::Opening && untouched && !self.target.is_enough_to_open() {
            return None; // Both grants are given in one transaction, or none.
        }
        let deposit = self.deposit_change();
        let fees = self.fee_change();
        if (deposit, fees) == (Change::Keep, Change::Keep) {
            return self.conclude_change();
        }
        Some(self.set(deposit, fees))
    }

    /// Money that no grant lets the budget use, and that its mandate does not want, is free again.
    fn release(&self) -> Option<Step> {
        let surplus = |asset, granted: bool, wanted: u64| {
            let credit = credit(self.state, self.id, asset);
            if granted {
                0
            } else {
                credit.saturating_sub(wanted)
            }
        };
        let (limit, gas) = (self.budget.limit, self.budget.gas);
        let uact = surplus(Asset::Uact, limit.is_some(), self.target.uact.0);
        let uakt = surplus(Asset::Uakt, gas.is_some(), self.target.uakt.0);
        (uact > 0 || uakt > 0).then(|| {
            conclude(Event::Released {
                budget: self.id.to_string(),
                uact: Uact(uact),
                uakt: Uakt(uakt),
            })
        })
    }

    /// Nothing is to be deposited any more; what runs must be closable.
    fn wind_down(&self) -> Option<Step> {
        let budget = self.budget;
        if budget.limit.is_some() {
            return Some(self.sign(Change::Revoke, Change::Keep));
        }
        if budget.set_since_read || budget.read_at == 0 {
            return Some(self.look());
        }
        if budget.gas.is_some() && budget.deployments.is_empty() {
            return Some(self.sign(Change::Keep, Change::Revoke));
        }
        None
    }

    fn deposit_change(&self) -> Change<Uact> {
        let target = self.target.uact;
        match self.budget.limit {
            None if target == Uact::ZERO => Change::Keep,
            None => Change::Grant(target),
            Some(limit) if limit == target => Change::Keep,
            Some(_) if target == Uact::ZERO => Change::Revoke,
            Some(limit) if self.is_idle_raise(limit.0, target.0, MIN_RAISE_UACT) => Change::Keep,
            Some(_) => Change::Grant(target),
        }
    }

    fn fee_change(&self) -> Change<Uakt> {
        let target = self.target.uakt;
        match self.budget.gas {
            None if target == Uakt::ZERO => Change::Keep,
            None => Change::Grant(target),
            Some(left) if left == target => Change::Keep,
            Some(_) if target == Uakt::ZERO => Change::Revoke,
            Some(left) if self.is_idle_raise(left.0, target.0, MIN_RAISE_UAKT) => Change::Keep,
            Some(_) => Change::Grant(target),
        }
    }

    /// A raise that nobody has voted for now, and that is not worth the stop.
    fn is_idle_raise(&self, stands: u64, target: u64, least: u64) -> bool {
        self.budget.phase == Phase::Open
            && target
                .checked_sub(stands)
                .is_some_and(|raise| raise < least)
    }

    /// The grants are as they should be: new deployments may begin.
    fn conclude_change(&self) -> Option<Step> {
        let budget = self.budget;
        if budget.set_since_read {
            return Some(self.look());
        }
        if budget.phase == Phase::Open {
            return None;
        }
        if budget.account_number.is_none() {
            return Some(if self.now < budget.read_at.saturating_add(QUIET_EVERY) {
                let again = budget.read_at.saturating_add(QUIET_EVERY);
                wait(again, "the budget's account to be there")
            } else {
                self.look()
            });
        }
        Some(conclude(Event::ChangeEnded {
            budget: self.id.to_string(),
        }))
    }

    /// Sets grants anew.
    fn set(&self, deposit: Change<Uact>, fees: Change<Uakt>) -> Step {
        let budget = self.budget;
        // Only where deposits are possible now can one be on its way that the new limit would
        // not count.
        let exposed = matches!(deposit, Change::Grant(_))
            && budget.limit.is_some_and(|limit| limit > Uact::ZERO);
        if exposed && budget.phase == Phase::Open {
            return conclude(Event::ChangeBegan {
                budget: self.id.to_string(),
                why: "its grant differs from what its mandate and the funds of T allow".into(),
            });
        }
        if self.now < budget.not_before {
            let why = budget.failure.as_deref().unwrap_or("a while");
            return wait(budget.not_before, why);
        }
        if let (true, Some(since), false) = (exposed, budget.change_since, budget.quiet) {
            let end = since
                .saturating_add(QUIET_AFTER)
                .saturating_add(QUIET_MARGIN);
            let again = budget.read_at.saturating_add(QUIET_EVERY);
            let when = if budget.read_at >= end { again } else { end };
            return if self.now < when {
                wait(when, "deposits under the old mandate to die out")
            } else {
                self.look()
            };
        }
        // Of an account that nobody has granted anything there is nothing to read.
        let first = budget.read_height == 0 && budget.failures == 0;
        if !first && self.now >= budget.read_at.saturating_add(OBSERVATION_FRESH) {
            return self.look();
        }
        self.credit(deposit, fees)
            .unwrap_or_else(|| self.sign(deposit, fees))
    }

    /// What is to be granted must be the budget's own in the books before.
    fn credit(&self, deposit: Change<Uact>, fees: Change<Uakt>) -> Option<Step> {
        let missing =
            |asset, wanted: u64| wanted.saturating_sub(credit(self.state, self.id, asset));
        let uact = match deposit {
            Change::Grant(limit) => missing(Asset::Uact, limit.0),
            Change::Keep | Change::Revoke => 0,
        };
        let uakt = match fees {
            Change::Grant(limit) => missing(Asset::Uakt, limit.0),
            Change::Keep | Change::Revoke => 0,
        };
        (uact > 0 || uakt > 0).then(|| {
            conclude(Event::Credited {
                budget: self.id.to_string(),
                uact: Uact(uact),
                uakt: Uakt(uakt),
            })
        })
    }

    fn look(&self) -> Step {
        observe(
            self.state,
            self.own,
            &self.config.chain,
            Some(self.id),
            false,
        )
    }

    fn sign(&self, deposit: Change<Uact>, fees: Change<Uakt>) -> Step {
        if self.now < self.budget.not_before {
            let why = self.budget.failure.as_deref().unwrap_or("a while");
            return wait(self.budget.not_before, why);
        }
        let plan = GrantPlan {
            budget: self.id.to_string(),
            deposit,
            fees,
            replaces_fees: self.budget.gas.is_some(),
        };
        let grantee = self.budget.owner.as_deref().unwrap_or_default();
        let messages = messages(&plan, &self.own.address, grantee);
        let gas = gas::limit(&messages);
        let free = self.state.book.amount(&Account::Unallocated, Asset::Uakt);
        let fee = gas::fee(gas, self.config.chain.gas_price_milli_uakt);
        let Some(fee) = fee.filter(|fee| fee.0 <= free) else {
            let later = self.now.saturating_add(FUNDS_EVERY);
            return wait(later, "gas in the account T for its own transactions");
        };
        let timeout = self
            .now
            .saturating_add(TX_LIFE)
            .max(self.state.last_timeout.saturating_add(1));
        act(Act::Sign {
            chain: self.config.chain.clone(),
            tx: TxPlan {
                messages,
                memo: format!("budget {}, order {}", self.id, self.budget.order.nonce),
                public_key: self.own.public_key,
                account_number: self.own.account_number.unwrap_or_default(),
                order: Order::Unordered,
                timeout_ns: Some(timeout),
                gas,
                fee,
                granter: None,
            },
            plan,
        })
    }
}

/// What a transaction of T costs at most: both grants, and an allowance that goes first.
#[must_use]
pub fn dearest_change(state: &State) -> Uakt {
    let price = state.config.as_ref().map(|c| c.chain.gas_price_milli_uakt);
    let plan = GrantPlan {
        budget: String::new(),
        deposit: Change::Grant(Uact::ZERO),
        fees: Change::Grant(Uakt::ZERO),
        replaces_fees: true,
    };
    let gas = gas::limit(&messages(&plan, "", ""));
    gas::fee(gas, price.unwrap_or_default()).unwrap_or(Uakt(u64::MAX))
}

/// What a plan comes to on the chain. An allowance cannot be overwritten, so the old one goes
/// first; a deposit authorization is simply replaced.
fn messages(plan: &GrantPlan, granter: &str, grantee: &str) -> Vec<Message> {
    let granter = || granter.to_string();
    let grantee = || grantee.to_string();
    let mut messages = Vec::new();
    let replaced = plan.replaces_fees && matches!(plan.fees, Change::Grant(_));
    if replaced || plan.fees == Change::Revoke {
        messages.push(Message::RevokeFees {
            granter: granter(),
            grantee: grantee(),
        });
    }
    if let Change::Grant(limit) = plan.fees {
        messages.push(Message::GrantFees {
            granter: granter(),
            grantee: grantee(),
            limit,
            allowed: PAID_MESSAGES.map(String::from).to_vec(),
        });
    }
    match plan.deposit {
        Change::Keep => {}
        Change::Grant(limit) => messages.push(Message::GrantDeposit {
            granter: granter(),
            grantee: grantee(),
            limit,
        }),
        Change::Revoke => messages.push(Message::RevokeDeposit {
            granter: granter(),
            grantee: grantee(),
        }),
    }
    messages
}
