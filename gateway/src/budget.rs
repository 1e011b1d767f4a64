//! What a budget can bear. Pure.
//!
//! The rule: what unsettled deployments have reserved, what settled ones have cost and the new
//! deposit together stay within the mandate; the deposit stays within the cap of one deployment;
//! and it stays within what is left of the grant on the chain. It is checked when a proposal is
//! made, when it is executed, and before the deposit is signed for.
//!
//! What a budget is, the treasury says; what was reserved, our own log says.

use crate::state::{Adopted, State};
use orchestrator::kernel::amount::act;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::lease::limits::DEATH_MARGIN;
use orchestrator::lease::{BudgetFacts, Phase, Purpose};
use treasury::types::{BudgetPhase, BudgetView, Snapshot};

/// How far the node that the treasury reads may lag behind the one that told us.
const READ_LAG: Nanos = 60 * NANOS_PER_SECOND;

/// What the treasury told, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The earlier of the treasury's own time and the moment of our question, so that no lag on
    /// the way makes it look younger than it is.
    pub told_at: Nanos,
    /// Its words.
    pub snapshot: Snapshot,
}

impl Told {
    /// Of an answer to a question that was asked at `asked_at`.
    #[must_use]
    pub fn new(asked_at: Nanos, snapshot: Snapshot) -> Self {
        Self {
            told_at: asked_at.min(snapshot.at_ns),
            snapshot,
        }
    }

    /// A budget by its id.
    #[must_use]
    pub fn budget(&self, id: &str) -> Option<&BudgetView> {
        self.snapshot.budgets.iter().find(|budget| budget.id == id)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        candid::encode_args((self.told_at, &self.snapshot)).expect("our own types encode")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (told_at, snapshot) = candid::decode_args(bytes).ok()?;
        Some(Self { told_at, snapshot })
    }
}

/// What the gateway's own deployments take of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Deposits of those that are not settled.
    pub reserved: Uact,
    /// Paid by those that are.
    pub spent: Uact,
}

impl Use {
    /// Of one budget, without one deployment.
    #[must_use]
    pub fn of(state: &State, budget: &str, without: Option<u64>) -> Self {
        others(state, budget, without).fold(Self::default(), |sum, adopted| Self {
            reserved: add(sum.reserved, adopted.reserved()),
            spent: add(sum.spent, adopted.spent()),
        })
    }

    /// Both together.
    #[must_use]
    pub fn total(&self) -> Uact {
        add(self.reserved, self.spent)
    }
}

/// What cannot be summed counts as everything: then nothing is left.
fn add(a: Uact, b: Uact) -> Uact {
    a.checked_add(b).unwrap_or(Uact(u64::MAX))
}

/// Never below zero: what is overdrawn has nothing left.
fn less(a: Uact, b: Uact) -> Uact {
    a.checked_sub(b).unwrap_or(Uact::ZERO)
}

fn others<'a>(
    state: &'a State,
    budget: &'a str,
    without: Option<u64>,
) -> impl Iterator<Item = &'a Adopted> {
    state
        .deployments(None)
        .filter(move |(nonce, _)| Some(*nonce) != without)
        .map(|(_, adopted)| adopted)
        .filter(move |adopted| adopted.deployment.order.budget == budget)
}

/// Deposits of other deployments that are drawn on the grant, or on their way, and that the
/// treasury's last look at the chain may have missed.
fn drawn_since(state: &State, budget: &BudgetView, without: Option<u64>) -> Uact {
    others(state, &budget.id, without)
        .map(|adopted| &adopted.deployment)
        .filter(|d| d.stage != Phase::Settled && !d.given_up && d.deposit > Uact::ZERO)
        .filter(|d| {
            let creating = matches!(
                d.flight.as_ref().map(|flight| &flight.purpose),
                Some(Purpose::Create { .. })
            );
            let certain = d.create_timeout_ns.saturating_add(DEATH_MARGIN);
            let seen = if creating || d.bidding_since == 0 {
                certain
            } else {
                certain.min(d.bidding_since)
            };
            budget.read_at_ns <= seen.saturating_add(READ_LAG)
        })
        .fold(Uact::ZERO, |sum, d| add(sum, d.deposit))
}

/// Why a budget cannot bear a new deposit: every reason, in words for voters.
#[must_use]
pub fn problems(
    state: &State,
    told: Option<&Told>,
    id: &str,
    deposit: Option<Uact>,
    now_s: u64,
) -> Vec<String> {
    let Some(told) = told else {
        return vec!["budget: the treasury has told nothing yet, try again in a minute".into()];
    };
    let Some(budget) = told.budget(id) else {
        let known: Vec<&str> = told
            .snapshot
            .budgets
            .iter()
            .map(|b| b.id.as_str())
            .collect();
        return vec![format!(
            "budget: expected one of [{}], got {id:?}",
            known.join(", ")
        )];
    };
    let mut problems = Vec::new();
    if budget.phase == BudgetPhase::Closed || budget.total_uact == 0 {
        problems.push(format!("budget {id:?}: expected an open one, it is closed"));
    }
    if now_s >= budget.valid_until_s {
        problems.push(format!(
            "budget {id:?}: no deployment may begin after {} (Unix seconds), it is {now_s}",
            budget.valid_until_s
        ));
    }
    let Some(deposit) = deposit else {
        return problems;
    };
    if deposit > Uact(budget.per_deployment_uact) {
        problems.push(format!(
            "budget {id:?}: one deployment may hold {}, this one needs {}",
            act(Uact(budget.per_deployment_uact)),
            act(deposit)
        ));
    }
    problems.extend(mandate_problem(state, budget, deposit, None));
    // The limit is set when the grants are, so it binds only while they stand.
    if budget.phase == BudgetPhase::Open {
        let left = less(
            Uact(budget.limit_left_uact),
            drawn_since(state, budget, None),
        );
        if deposit > left {
            problems.push(format!(
                "budget {id:?}: the grant on Akash has {} left, this deployment needs {}",
                act(left),
                act(deposit)
            ));
        }
    }
    problems
}

fn mandate_problem(
    state: &State,
    budget: &BudgetView,
    deposit: Uact,
    without: Option<u64>,
) -> Option<String> {
    let used = Use::of(state, &budget.id, without);
    let left = less(Uact(budget.total_uact), used.total());
    (deposit > left).then(|| {
        format!(
            "budget {:?}: of {} there are {} left ({} reserved by deployments, {} spent), this \
             one needs {}",
            budget.id,
            act(Uact(budget.total_uact)),
            act(left),
            act(used.reserved),
            act(used.spent),
            act(deposit)
        )
    })
}

/// What the saga of one deployment may believe about its budget; `None` when the treasury has
/// told nothing.
#[must_use]
pub fn facts(state: &State, told: Option<&Told>, nonce: u64) -> Option<BudgetFacts> {
    let told = told?;
    let adopted = state.deployment(nonce)?;
    let id = &adopted.deployment.order.budget;
    let Some(budget) = told.budget(id) else {
        return Some(nothing(told, "the treasury knows no such budget"));
    };
    let (Some(owner), Some(account)) = (&budget.owner, &told.snapshot.account) else {
        return Some(nothing(told, "its accounts are not derived yet"));
    };
    let drawn = drawn_since(state, budget, Some(nonce));
    let problem = mandate_problem(state, budget, adopted.reserved(), Some(nonce));
    Some(BudgetFacts {
        told_at: told.told_at,
        open: budget.phase == BudgetPhase::Open,
        owner: owner.clone(),
        account_number: budget.account_number,
        treasury_account: account.clone(),
        limit_left: less(Uact(budget.limit_left_uact), drawn),
        per_deployment: Uact(budget.per_deployment_uact),
        gas_left: Uakt(budget.gas_left_uakt),
        valid_until_s: budget.valid_until_s,
        problem: problem.or_else(|| budget.problem.clone()),
    })
}

fn nothing(told: &Told, problem: &str) -> BudgetFacts {
    BudgetFacts {
        told_at: told.told_at,
        open: false,
        owner: String::new(),
        account_number: None,
        treasury_account: String::new(),
        limit_left: Uact::ZERO,
        per_deployment: Uact::ZERO,
        gas_left: Uakt::ZERO,
        valid_until_s: 0,
        problem: Some(problem.to_string()),
    }
}

#[cfg(test)]
mod tests;
