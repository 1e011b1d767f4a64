//! What to do now. Pure: the deployment and its surroundings decide, nothing else.

use super::choose::choose;
use super::event::{Event, Purpose};
use super::limits::{
    BID_EVERY, BID_WAIT, BIDDING_WINDOW, BIDS_FRESH, BUDGET_FRESH, BUDGET_POLL, DEATH_MARGIN,
    FIRST_LOOK, MANIFEST_EVERY, MANIFEST_FIRST, MANIFEST_TRIES_BEFORE_PROBE, MANIFEST_WINDOW,
    MAX_LEASE_ATTEMPTS, MAX_TX_ATTEMPTS, READY_WINDOW, STATUS_EVERY, STATUS_FIRST, STUCK_AFTER,
    WATCH_EVERY,
};
use super::state::{Deployment, Flight, Lease, Phase, Standing};
use crate::kernel::chain::ChainConfig;
use crate::kernel::money::{Uact, Uakt};
use crate::kernel::{NANOS_PER_SECOND, Nanos};

/// What is known of the world around a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The time of the current message.
    pub now: Nanos,
    /// The chain and its endpoints.
    pub chain: ChainConfig,
    /// The budget that pays, as the treasury last told.
    pub budget: Option<BudgetFacts>,
}

/// A budget, as the treasury last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetFacts {
    /// When the treasury told it.
    pub told_at: Nanos,
    /// Whether new deployments may begin.
    pub open: bool,
    /// Its account on the chain.
    pub owner: String,
    /// The account's number, once the grants created it.
    pub account_number: Option<u64>,
    /// The treasury's account, which grants deposits and gas.
    pub treasury_account: String,
    /// What of the deposit grant is left for this deployment: what the treasury last read, less
    /// what other deployments have reserved since.
    pub limit_left: Uact,
    /// Most that one deployment may hold in escrow.
    pub per_deployment: Uact,
    /// What of the gas allowance is left.
    pub gas_left: Uakt,
    /// No deployment begins after. **Units** seconds since the Unix epoch.
    pub valid_until_s: u64,
    /// What stands in the way, in words.
    pub problem: Option<String>,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This act.
    Do(Act),
    /// The facts about the budget are missing or older than [`BUDGET_FRESH`]: have them told
    /// again, then ask again.
    NeedBudget,
    /// Nothing before then.
    Wait {
        /// When to ask again.
        until: Nanos,
        /// What is awaited, in words.
        why: String,
    },
    /// Nothing ever again.
    Done,
}

/// One act: at most one write to the world, and safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Plan the order. No call.
    Plan,
    /// Ask for the public key of the budget's account.
    DeriveKey,
    /// Sign the transaction that creates the deployment.
    SignCreate,
    /// Send the transaction in flight to the next endpoint.
    Broadcast,
    /// Ask enough endpoints what became of the transaction in flight.
    Probe,
    /// Read the bids: from one endpoint, or until enough endpoints say the same.
    ReadBids {
        /// Whether enough endpoints must say the same.
        agreed: bool,
    },
    /// Look at a provider: its record on the chain, and whether it answers there as itself.
    Inspect {
        /// Its account.
        provider: String,
    },
    /// Sign the transaction that takes the chosen bids.
    SignLease,
    /// Deliver the manifest.
    PutManifest {
        /// To whom.
        provider: String,
    },
    /// Ask a provider for the status of the services of one lease.
    ReadStatus {
        /// Group.
        gseq: u32,
    },
    /// Sign the transaction that closes the lease of one group.
    SignCloseLease {
        /// Group.
        gseq: u32,
    },
    /// Sign the transaction that closes the deployment.
    SignClose,
    /// Ask enough endpoints for the deployment and its escrow account.
    ReadDeployment,
    /// See whether the leases of the live service stand.
    Watch,
    /// Record what follows from what is known. No call.
    Conclude(Event),
}

/// What to do now.
#[must_use]
pub fn next(d: &Deployment, s: &Surroundings) -> Step {
    if d.stage == Phase::Settled {
        return Step::Done;
    }
    let troubled =
        d.retry.tries > 0 || d.retry.rounds > 0 || d.close_failures > 0 || d.tx_deaths > 0;
    let overdue = s.now >= d.progress_at.saturating_add(STUCK_AFTER);
    if d.stuck_since.is_none() && d.may_exist_or_closed() && troubled && overdue {
        return conclude(Event::Stuck {
            reason: d.retry.why.clone(),
        });
    }
    if s.now < d.retry.not_before {
        return wait(d.retry.not_before, &d.retry.why);
    }
    if let Some(flight) = &d.flight {
        return in_flight(d, flight, s);
    }
    match d.stage {
        Phase::Ordered => ordered(d, s),
        Phase::Created | Phase::Bidding => bidding(d, s),
        Phase::Leased | Phase::ManifestSent => leased(d, s),
        Phase::Live => live(d, s),
        Phase::Closing if d.looked => Step::Do(Act::SignClose),
        Phase::Closed if d.given_up => conclude(Event::Settled {
            spent: Uact::ZERO,
            refund: Uact::ZERO,
        }),
        Phase::Closing | Phase::Closed => Step::Do(Act::ReadDeployment),
        Phase::Settled | Phase::Stuck => Step::Done,
    }
}

impl Deployment {
    /// Whether money may depend on it: an order that waits for its budget is never stuck.
    fn may_exist_or_closed(&self) -> bool {
        self.may_exist() || (self.stage == Phase::Closed && !self.given_up)
    }
}

fn conclude(event: Event) -> Step {
    Step::Do(Act::Conclude(event))
}

fn wait(until: Nanos, why: &str) -> Step {
    Step::Wait {
        until,
        why: why.to_string(),
    }
}

fn give_up(reason: String) -> Step {
    conclude(Event::GivenUp { reason })
}

fn close(reason: String) -> Step {
    conclude(Event::CloseDecided { reason })
}

/// Nothing is on the chain.
fn ordered(d: &Deployment, s: &Surroundings) -> Step {
    if let Some(reason) = &d.close_ordered {
        return give_up(format!("closed before anything was opened: {reason}"));
    }
    if let Some(why) = &d.create_refused {
        return give_up(format!("the chain refused the deployment: {why}"));
    }
    if d.tx_deaths >= MAX_TX_ATTEMPTS {
        return give_up(format!(
            "{} transactions that were to open the deployment died by their timeout",
            d.tx_deaths
        ));
    }
    let expires = d.order.expires_at_s.saturating_mul(NANOS_PER_SECOND);
    let obstacle = s.budget.as_ref().and_then(|facts| obstacle(d, facts, s));
    if s.now >= expires {
        let why = obstacle.unwrap_or_else(|| d.retry.why.clone());
        let why = if why.is_empty() { "no time" } else { &why };
        return give_up(format!("the order expired before it could begin: {why}"));
    }
    if d.terms.is_none() {
        return Step::Do(Act::Plan);
    }
    if d.public_key.is_none() {
        return Step::Do(Act::DeriveKey);
    }
    match &s.budget {
        Some(facts) if s.now < facts.told_at.saturating_add(BUDGET_FRESH) => {}
        _ => return Step::NeedBudget,
    }
    match obstacle {
        Some(why) => wait(s.now.saturating_add(BUDGET_POLL).min(expires), &why),
        None => Step::Do(Act::SignCreate),
    }
}

/// Why the budget cannot bear this deployment now.
fn obstacle(d: &Deployment, facts: &BudgetFacts, s: &Surroundings) -> Option<String> {
    let terms = d.terms.as_ref()?;
    let deposit = terms.deposit;
    let budget = &d.order.budget;
    if let Some(problem) = &facts.problem {
        return Some(format!("budget {budget:?}: {problem}"));
    }
    if !facts.open {
        return Some(format!("budget {budget:?} is not open"));
    }
    if s.now / NANOS_PER_SECOND >= facts.valid_until_s {
        return Some(format!("budget {budget:?} is past its end"));
    }
    if facts.account_number.is_none() {
        return Some(format!("the grants of budget {budget:?} are not seen yet"));
    }
    if d.owner.as_ref() != Some(&facts.owner) {
        return Some(format!(
            "budget {budget:?}: expected the account {} of our key, the treasury names {}",
            d.owner.as_deref().unwrap_or("?"),
            facts.owner
        ));
    }
    for (what, left) in [
        ("one deployment may hold", facts.per_deployment),
        ("the grant has left", facts.limit_left),
    ] {
        if deposit > left {
            return Some(format!(
                "budget {budget:?}: the deposit is {deposit}, {what} {left}"
            ));
        }
    }
    if terms.fees > facts.gas_left {
        return Some(format!(
            "budget {budget:?}: opening and closing take {} of gas, the allowance has {} left",
            terms.fees, facts.gas_left
        ));
    }
    None
}

/// One transaction is on its way: nothing else is sent before its fate is known.
fn in_flight(d: &Deployment, flight: &Flight, s: &Surroundings) -> Step {
    let over = flight.timeout_ns.saturating_add(DEATH_MARGIN);
    if s.now >= flight.timeout_ns {
        return if s.now >= over {
            Step::Do(Act::Probe)
        } else {
            wait(over, "whether a transaction past its timeout was in time")
        };
    }
    let Some(accepted_at) = flight.accepted_at else {
        if d.stage == Phase::Closing && flight.purpose != Purpose::Close {
            // Nobody wants it any more. It may have been sent, so it is not forgotten either.
            return wait(over, "that an unwanted transaction is dead for certain");
        }
        let enough = flight.refusals.len() >= usize::from(s.chain.agreement);
        return match (enough, flight.probed) {
            (false, _) => Step::Do(Act::Broadcast),
            (true, false) => Step::Do(Act::Probe),
            (true, true) => wait(over, "that a refused transaction is dead for certain"),
        };
    };
    match &flight.purpose {
        Purpose::Create { .. } if d.stage == Phase::Created => {
            let first = accepted_at.saturating_add(BID_WAIT);
            let read = d.bids.as_ref().is_some_and(|bids| bids.at >= accepted_at);
            match read {
                true => Step::Do(Act::Probe),
                false if s.now < first => wait(first, "bids"),
                false => Step::Do(Act::ReadBids { agreed: false }),
            }
        }
        Purpose::Lease { .. } if d.stage == Phase::Leased => {
            match manifests(d, s, Some(accepted_at)) {
                Some(step) if flight.puts < MANIFEST_TRIES_BEFORE_PROBE => step,
                _ => Step::Do(Act::Probe),
            }
        }
        purpose => {
            let first = accepted_at.saturating_add(FIRST_LOOK);
            if s.now < first {
                wait(first, "that a transaction is in a block")
            } else if *purpose == Purpose::Close && !flight.read {
                Step::Do(Act::ReadDeployment)
            } else {
                Step::Do(Act::Probe)
            }
        }
    }
}

/// Collects bids, chooses, looks at the providers of the choice.
fn bidding(d: &Deployment, s: &Surroundings) -> Step {
    if let Some(step) = repair(d) {
        return step;
    }
    if d.lease_failures >= MAX_LEASE_ATTEMPTS || d.tx_deaths >= MAX_TX_ATTEMPTS {
        return close(format!(
            "{} leases failed, {} transactions died: {}",
            d.lease_failures, d.tx_deaths, d.retry.why
        ));
    }
    let Some(bids) = &d.bids else {
        return if s.now < d.bids_due {
            wait(d.bids_due, "bids")
        } else {
            Step::Do(Act::ReadBids { agreed: false })
        };
    };
    match choose(d) {
        Ok(_) if s.now >= bids.at.saturating_add(BIDS_FRESH) => {
            Step::Do(Act::ReadBids { agreed: false })
        }
        Ok(chosen) => chosen
            .iter()
            .find(|bid| {
                !matches!(
                    d.providers.get(&bid.id.provider),
                    Some(Standing::Found { .. })
                )
            })
            .map_or(Step::Do(Act::SignLease), |bid| {
                Step::Do(Act::Inspect {
                    provider: bid.id.provider.clone(),
                })
            }),
        Err(why) => {
            let end = d.bidding_since.saturating_add(BIDDING_WINDOW);
            // The longer nothing comes, the more rarely is asked.
            let backed_off = bids.at.saturating_sub(d.bidding_since) / 4;
            let again = bids.at.saturating_add(BID_EVERY.max(backed_off));
            if s.now < again {
                return wait(again, &why);
            }
            match (s.now >= end, bids.agreed && bids.at >= end) {
                (false, _) => Step::Do(Act::ReadBids { agreed: false }),
                (true, false) => Step::Do(Act::ReadBids { agreed: true }),
                (true, true) => close(why),
            }
        }
    }
}

/// Closes the first lease that failed, or everything when too many did.
fn repair(d: &Deployment) -> Option<Step> {
    let (gseq, why) = d.groups.iter().find_map(|group| {
        let failed = group.lease.as_ref()?.failed.as_ref()?;
        Some((group.gseq, failed))
    })?;
    Some(if d.lease_failures >= MAX_LEASE_ATTEMPTS {
        close(format!(
            "{} leases failed, the last: {why}",
            d.lease_failures
        ))
    } else if d.tx_deaths >= MAX_TX_ATTEMPTS {
        close(format!("a lease that failed could not be closed: {why}"))
    } else {
        Step::Do(Act::SignCloseLease { gseq })
    })
}

/// The leases stand: manifests, then what failed, then the services.
fn leased(d: &Deployment, s: &Surroundings) -> Step {
    if let Some(step) = manifests(d, s, None) {
        return step;
    }
    if let Some(step) = repair(d) {
        return step;
    }
    let mut soonest: Option<(Nanos, &str)> = None;
    for group in &d.groups {
        let Some((lease, sent_at)) = group.lease.as_ref().and_then(|l| Some((l, l.manifest_at?)))
        else {
            continue;
        };
        if lease.ready {
            continue;
        }
        let (due, why) = match &lease.status_read {
            None => (sent_at.saturating_add(STATUS_FIRST), "the service"),
            Some((read_at, why)) if *read_at >= sent_at.saturating_add(READY_WINDOW) => {
                return conclude(Event::LeaseFailed {
                    provider: lease.bid.provider.clone(),
                    why: format!("the service did not become ready: {why}"),
                });
            }
            Some((read_at, why)) => (read_at.saturating_add(STATUS_EVERY), why.as_str()),
        };
        if s.now >= due {
            return Step::Do(Act::ReadStatus { gseq: group.gseq });
        }
        if soonest.is_none_or(|(at, _)| due < at) {
            soonest = Some((due, why));
        }
    }
    match soonest {
        Some((due, why)) => wait(due, why),
        // A group without a lease: its bids are collected.
        None => bidding(d, s),
    }
}

/// The next PUT, or the wait for it; `None` when no provider is left to be served.
///
/// `accepted_at` is when the lease transaction was taken, while its fate is not known.
fn manifests(d: &Deployment, s: &Surroundings, accepted_at: Option<Nanos>) -> Option<Step> {
    let mut soonest: Option<(Nanos, String)> = None;
    let waiting = |lease: &&Lease| lease.manifest_at.is_none() && lease.failed.is_none();
    for lease in d.leases().filter(waiting) {
        let since = lease.since.or(accepted_at).unwrap_or(d.stage_since);
        let provider = &lease.bid.provider;
        let (due, why) = match &lease.manifest_tried {
            None => (since.saturating_add(MANIFEST_FIRST), "the lease"),
            Some((tried_at, why))
                if accepted_at.is_none() && *tried_at >= since.saturating_add(MANIFEST_WINDOW) =>
            {
                return Some(conclude(Event::LeaseFailed {
                    provider: provider.clone(),
                    why: format!("the provider did not take the manifest: {why}"),
                }));
            }
            Some((tried_at, why)) => (tried_at.saturating_add(MANIFEST_EVERY), why.as_str()),
        };
        if s.now >= due {
            return Some(Step::Do(Act::PutManifest {
                provider: provider.clone(),
            }));
        }
        if soonest.as_ref().is_none_or(|(at, _)| due < *at) {
            soonest = Some((due, why.to_string()));
        }
    }
    soonest.map(|(due, why)| wait(due, &why))
}

/// The service answers: until its term ends or a lease does.
fn live(d: &Deployment, s: &Surroundings) -> Step {
    let end = d.ends_at().unwrap_or(s.now);
    if s.now >= end {
        return close("end of term".into());
    }
    let watch = d.watched_at.saturating_add(WATCH_EVERY);
    if s.now >= watch {
        return Step::Do(Act::Watch);
    }
    wait(watch.min(end), "end of term")
}
