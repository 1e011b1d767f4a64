//! Who gets how much of what T holds.

use super::credit;
use crate::book::{Account, Asset};
use crate::budget::Budget;
use crate::limits::{MIN_PER_DEPLOYMENT_UACT, OWN_GAS_RESERVE_UAKT};
use crate::state::State;
use orchestrator::akash::gas;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::money::{Uact, Uakt};
use std::collections::BTreeMap;

/// How often a budget may have to try to close one deployment.
const CLOSES: u64 = 2;

/// What a budget's account should be able to use now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Deposits.
    pub uact: Uact,
    /// Gas.
    pub uakt: Uakt,
}

impl Target {
    /// Whether anything could run on it at all.
    #[must_use]
    pub fn is_enough_to_open(&self) -> bool {
        self.uact.0 >= MIN_PER_DEPLOYMENT_UACT && self.uakt > Uakt::ZERO
    }
}

/// The target of every budget. What one has and wants it keeps, the older ones first; what is
/// left goes to those that want more, the older ones first. The sum is at most what T holds, and
/// nothing more is promised of the reserve for its own gas. (What was promised before is not taken
/// back when T dips into that: every such change would cost gas and so lead to the next.)
#[must_use]
pub fn targets(state: &State, chain: &ChainConfig, now: Nanos) -> BTreeMap<String, Target> {
    let held = |asset| u64::try_from(state.book.held(asset).max(0)).unwrap_or(u64::MAX);
    let uact = shares(state, Asset::Uact, held(Asset::Uact), 0, |id, budget| {
        wanted_uact(state, id, budget, now)
    });
    let reserve = OWN_GAS_RESERVE_UAKT;
    let uakt = shares(
        state,
        Asset::Uakt,
        held(Asset::Uakt),
        reserve,
        |id, budget| wanted_uakt(state, id, budget, chain, now),
    );
    let share = |shares: &BTreeMap<&str, u64>, id: &str| shares.get(id).copied().unwrap_or(0);
    state
        .budgets
        .keys()
        .map(|id| {
            let target = Target {
                uact: Uact(share(&uact, id)),
                uakt: Uakt(share(&uakt, id)),
            };
            (id.clone(), target)
        })
        .collect()
}

fn shares<'a>(
    state: &'a State,
    asset: Asset,
    mut funds: u64,
    reserve: u64,
    wanted: impl Fn(&str, &Budget) -> u64,
) -> BTreeMap<&'a str, u64> {
    let mut ranked: Vec<(&'a str, &Budget, u64)> = state
        .budgets
        .iter()
        .map(|(id, budget)| (id.as_str(), budget, wanted(id, budget)))
        .collect();
    ranked.sort_by_key(|(_, budget, _)| budget.rank);
    let mut shares = BTreeMap::new();
    for (id, _, wanted) in &ranked {
        let keeps = credit(state, id, asset).min(*wanted).min(funds);
        funds -= keeps;
        shares.insert(*id, keeps);
    }
    funds = funds.saturating_sub(reserve);
    for (id, _, wanted) in &ranked {
        let share = shares.entry(*id).or_default();
        let more = wanted.saturating_sub(*share).min(funds);
        funds -= more;
        *share += more;
    }
    shares
}

/// What the mandate has left: never more than was voted for, in escrow and spent included.
fn wanted_uact(state: &State, id: &str, budget: &Budget, now: Nanos) -> u64 {
    if budget.is_over(now) {
        return 0;
    }
    let spent = Account::Spent(id.to_string());
    let spent = state.book.amount(&spent, Asset::Uact);
    let used = state.book.escrow(id).saturating_add(spent);
    budget.mandate.total.0.saturating_sub(used)
}

/// What the mandate has left; and enough to close what runs, even when the mandate was lowered
/// below it.
fn wanted_uakt(state: &State, id: &str, budget: &Budget, chain: &ChainConfig, now: Nanos) -> u64 {
    if budget.is_over(now) {
        let may_run = budget.limit.is_some() || budget.gas.is_some();
        return if may_run {
            credit(state, id, Asset::Uakt)
        } else {
            0
        };
    }
    let burned = Account::Gas(id.to_string());
    let left = budget
        .mandate
        .gas
        .0
        .saturating_sub(state.book.amount(&burned, Asset::Uakt));
    left.max(closing_gas(budget.deployments.len(), chain).0)
}

/// Gas that must stay while so many deployments run. It counts as everything when it does not
/// fit: then nothing is lowered.
#[must_use]
pub fn closing_gas(deployments: usize, chain: &ChainConfig) -> Uakt {
    let close = gas::BASE + gas::CLOSE_DEPLOYMENT;
    let fee = gas::fee(close, chain.gas_price_milli_uakt);
    fee.and_then(|fee| fee.checked_mul(CLOSES)?.checked_mul(deployments as u64))
        .unwrap_or(Uakt(u64::MAX))
}
