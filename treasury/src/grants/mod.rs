//! The reconciler: what the mandates allow becomes grants on the chain, and stays so.
//!
//! [`next`] looks at the [`State`] and names one act; [`perform`] does it and returns the events
//! that it led to. The state before an act is the intent, the events after it are the outcome.
//!
//! Invariants:
//! - One act at a time (the caller's guard), at most one write to the world per act, and every
//!   act may be repeated.
//! - One transaction of T at a time. Signed bytes are recorded before they are sent.
//! - A budget's limit is at most its credit in the books, and credits are what T holds: so the
//!   sum of all limits is at most T's uact. Credit grows before a grant is signed, and shrinks
//!   only once the smaller grant is in a block. The same for gas, less the reserve for T's own.
//! - A limit is set anew only on a reading at a block time at which no deposit made under the old
//!   one can land any more. Taking a grant away needs no wait: a deposit that comes after finds
//!   none.
//! - The fee allowance goes last, when nothing runs any more: leases must be closable.

mod allocation;
mod perform;
#[cfg(test)]
mod tests;
mod turn;

pub use allocation::{Target, closing_gas, targets};
pub use perform::perform;
pub use turn::{PAID_MESSAGES, dearest_change};

use crate::book::{Account, Asset};
use crate::budget::{Budget, Phase};
use crate::limits::{
    DEATH_MARGIN, FIRST_LOOK, FUNDS_EVERY, LOOKS_BEFORE_RESEND, MIRROR_EVERY, NUDGE_EVERY,
    OWN_GAS_RESERVE_UAKT, RETRY_MAX, THOROUGH_EVERY,
};
use crate::mirror::{BudgetQuery, Query};
use crate::state::{Event, Flight, GrantPlan, OwnAccount, State};
use orchestrator::akash::tx::{SignedTx, TxPlan};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::money::{Uact, Uakt};
use turn::Turn;

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This act.
    Do(Box<Act>),
    /// Nothing before then.
    Wait {
        /// When to ask again.
        until: Nanos,
        /// What is awaited, in words.
        why: String,
    },
}

/// One act: at most one write to the world, and safe to repeat. It holds all that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ask for the public key of T.
    DeriveAccount,
    /// Ask for the account of a budget, which the gateway's key owns.
    DeriveOwner {
        /// Which budget.
        budget: String,
        /// Raw principal of the gateway.
        gateway: Vec<u8>,
    },
    /// Read the chain at one height, until enough endpoints agree.
    Observe {
        /// The chain.
        chain: ChainConfig,
        /// What to read.
        query: Query,
    },
    /// Sign a transaction of T.
    Sign {
        /// The chain.
        chain: ChainConfig,
        /// What it is for.
        plan: GrantPlan,
        /// All of it.
        tx: TxPlan,
    },
    /// Send the transaction in flight to one endpoint.
    Broadcast {
        /// Which.
        endpoint: Endpoint,
        /// What.
        tx: SignedTx,
    },
    /// Ask enough endpoints what became of the transaction in flight.
    Probe {
        /// The chain.
        chain: ChainConfig,
        /// Which.
        tx: SignedTx,
        /// When it dies.
        timeout_ns: Nanos,
    },
    /// Record what follows from what is known. No call.
    Conclude(Event),
}

/// What to do now. `nudged` says that somebody knows of news on the chain.
#[must_use]
pub fn next(state: &State, now: Nanos, nudged: bool) -> Step {
    let Some(config) = &state.config else {
        return wait(now.saturating_add(FUNDS_EVERY), "to be configured");
    };
    if now < state.retry.not_before {
        return wait(state.retry.not_before, &state.retry.why);
    }
    if let Some(flight) = &state.flight {
        return in_flight(flight, &config.chain, now);
    }
    let Some(own) = &state.own else {
        return act(Act::DeriveAccount);
    };
    let due = observation_due(state, own, now, nudged);
    if now >= due {
        let thorough = nudged || now >= own.thorough_at.saturating_add(THOROUGH_EVERY);
        return observe(state, own, &config.chain, None, thorough);
    }
    let mut until = due;
    let mut why = "the next reading of the chain".to_string();
    // What the books do not explain is looked at again before anything is granted.
    if own.account_number.is_none() || own.look_again.is_some() {
        return Step::Wait { until, why };
    }
    let targets = targets(state, &config.chain, now);
    for (id, budget) in &state.budgets {
        let turn = Turn {
            state,
            own,
            config,
            now,
            id,
            budget,
            target: within_reach(state, id, targets.get(id)),
        };
        match turn.next() {
            Some(Step::Wait {
                until: sooner,
                why: what,
            }) if sooner < until => (until, why) = (sooner, what),
            Some(Step::Wait { .. }) | None => {}
            Some(step) => return step,
        }
    }
    Step::Wait { until, why }
}

fn act(act: Act) -> Step {
    Step::Do(Box::new(act))
}

fn conclude(event: Event) -> Step {
    act(Act::Conclude(event))
}

fn wait(until: Nanos, why: &str) -> Step {
    Step::Wait {
        until,
        why: why.to_string(),
    }
}

/// When everything is to be read again.
fn observation_due(state: &State, own: &OwnAccount, now: Nanos, nudged: bool) -> Nanos {
    if own.read_at == 0 {
        return now;
    }
    let mut budgets = state.budgets.iter();
    let needy = own.account_number.is_none()
        || budgets.any(|(id, budget)| lacks_funds(state, id, budget, now));
    let pace = if needy { FUNDS_EVERY } else { MIRROR_EVERY };
    let mut due = own.read_at.saturating_add(pace);
    if let Some(again) = own.look_again {
        due = due.min(again);
    }
    if nudged {
        due = due.min(own.read_at.saturating_add(NUDGE_EVERY));
    }
    due
}

/// Whether a budget cannot open because T lacks coins for it.
#[must_use]
pub fn lacks_funds(state: &State, id: &str, budget: &Budget, now: Nanos) -> bool {
    let Some(config) = &state.config else {
        return false;
    };
    let opening = budget.phase == Phase::Opening && !budget.is_over(now);
    let flies = state.flight.as_ref().is_some_and(|f| f.plan.budget == id);
    if !opening || flies || budget.limit.is_some() {
        return false;
    }
    let target = targets(state, &config.chain, now)
        .get(id)
        .copied()
        .unwrap_or_default();
    !target.is_enough_to_open()
}

fn observe(
    state: &State,
    own: &OwnAccount,
    chain: &ChainConfig,
    only: Option<&str>,
    thorough: bool,
) -> Step {
    let chosen = |id: &str, budget: &Budget| only.map_or(!budget.is_gone(), |only| only == id);
    let budgets: Vec<(&String, &Budget)> = state
        .budgets
        .iter()
        .filter(|(id, budget)| chosen(id, budget))
        .collect();
    let at_least = budgets
        .iter()
        .map(|(_, budget)| budget.read_height.max(budget.set_height))
        .fold(own.tx_height.max(own.read_height), u64::max);
    let queries = budgets.into_iter().filter_map(|(id, budget)| {
        Some(BudgetQuery {
            budget: id.clone(),
            owner: budget.owner.clone()?,
            number: budget.account_number,
            known: budget.deployments.clone(),
            expected: budget.limit,
            // Where no limit tells of deposits, the list does.
            list: budget.limit.is_none() && budget.gas.is_some(),
        })
    });
    act(Act::Observe {
        chain: chain.clone(),
        query: Query {
            account: own.address.clone(),
            number: own.account_number,
            thorough,
            balances: only.is_none(),
            at_least,
            budgets: queries.collect(),
        },
    })
}

/// One transaction is on its way: nothing else is sent before its fate is known.
fn in_flight(flight: &Flight, chain: &ChainConfig, now: Nanos) -> Step {
    let over = flight.timeout_ns.saturating_add(DEATH_MARGIN);
    let probe = || {
        act(Act::Probe {
            chain: chain.clone(),
            tx: flight.tx.clone(),
            timeout_ns: flight.timeout_ns,
        })
    };
    let looked = flight.looked_at;
    // Each look in vain is followed by a longer wait: they may be in vain for hours.
    let pause = FIRST_LOOK.saturating_mul(1 << flight.looks.min(10));
    let again = looked.saturating_add(pause.min(RETRY_MAX));
    if now >= flight.timeout_ns {
        let when = if looked >= over { again } else { over };
        return if now < when {
            wait(when, "whether a transaction past its timeout was in time")
        } else {
            probe()
        };
    }
    let refused = flight.refusals.len() >= usize::from(chain.agreement);
    let taken = flight.accepted_at.is_some() && flight.looks < LOOKS_BEFORE_RESEND;
    if !taken && !refused {
        return broadcast(flight, chain);
    }
    // A node refuses what is in a block already, too: a look tells.
    if refused && !taken && flight.looks > 0 {
        return wait(flight.timeout_ns, "that a refused transaction is dead");
    }
    let sent = flight.accepted_at.unwrap_or_default();
    let when = sent.saturating_add(FIRST_LOOK).max(again);
    if now < when {
        return wait(when, "that a transaction is in a block");
    }
    probe()
}

fn broadcast(flight: &Flight, chain: &ChainConfig) -> Step {
    let turn = usize::try_from(flight.sends).unwrap_or_default();
    let turn = turn.checked_rem(chain.endpoints.len()).unwrap_or_default();
    match chain.endpoints.get(turn) {
        Some(endpoint) => act(Act::Broadcast {
            endpoint: endpoint.clone(),
            tx: flight.tx.clone(),
        }),
        None => wait(flight.timeout_ns, "an endpoint to be configured"),
    }
}

/// A target, as far as the money for it is free: what is to come from a budget that has too much
/// is there only once that one's smaller grant is in a block.
fn within_reach(state: &State, id: &str, target: Option<&Target>) -> Target {
    let target = target.copied().unwrap_or_default();
    let free = |asset| state.book.amount(&Account::Unallocated, asset);
    let reach = |asset, free: u64| credit(state, id, asset).saturating_add(free);
    let gas = free(Asset::Uakt).saturating_sub(OWN_GAS_RESERVE_UAKT);
    Target {
        uact: target.uact.min(Uact(reach(Asset::Uact, free(Asset::Uact)))),
        uakt: target.uakt.min(Uakt(reach(Asset::Uakt, gas))),
    }
}

/// What a budget's own account may still use, as the books have it.
fn credit(state: &State, id: &str, asset: Asset) -> u64 {
    state.book.amount(&Account::Budget(id.to_string()), asset)
}
