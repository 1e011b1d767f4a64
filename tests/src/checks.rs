//! The invariants of `docs/architecture.md`, each with its checker.
//!
//! [`quick`] runs after every step of every story and looks at the chain alone, in which nothing
//! can be hidden. [`all`] also asks both canisters, after steps in which something happened.

use crate::world::{Told, World};
use akash_standin::chain::{UACT, UAKT};
use anyhow::{Context, bail, ensure};
use candid::Principal;
use gateway::types::{DeploymentView, EventEntry, Events, EventsArgs, ListArgs, Phase};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::{BTreeMap, BTreeSet};
use treasury::types::{Balances, BudgetPhase};

/// Events of one page.
const PAGE: u64 = 500;

/// How long the treasury may take to look at the chain and to book what it sees: a second look at
/// a difference, and a change of grants that waits for deposits on their way. **Units** ns.
const LOOK: Nanos = 1800 * NANOS_PER_SECOND;

/// What holds on the chain at every block: the chain itself keeps the gateway inside its grants,
/// and T never grants more than it has.
pub fn quick(world: &World) -> Told<()> {
    let t = &world.t;
    let state = world.akash.state();
    let limits: u128 = state
        .deposit_grants(&world.akash.chain().now())
        .into_iter()
        .filter(|(granter, _, _)| granter == t)
        .map(|(_, _, grant)| grant.limits.get(UACT).copied().unwrap_or(0))
        .sum();
    let balance = world.akash.balance(t, UACT);
    ensure!(
        limits <= balance,
        "invariant 3: T grants {limits} uact and has {balance}"
    );
    let gas: u128 = state
        .allowances()
        .into_iter()
        .filter(|(granter, _, _)| granter == t)
        .map(|(_, _, allowance)| {
            let limit = allowance.limit.unwrap_or_default();
            limit.get(UAKT).copied().unwrap_or(0)
        })
        .sum();
    let balance = world.akash.balance(t, UAKT);
    ensure!(
        gas <= balance,
        "invariant 3: T allows {gas} uakt of gas and has {balance}"
    );
    Ok(())
}

/// Everything that both canisters say, held against one another and against the chain.
pub fn all(world: &mut World) -> Told<()> {
    quick(world)?;
    let deployments = deployments(world)?;
    orders_and_chain(world, &deployments)?;
    budgets(world, &deployments)?;
    flights(&deployments)?;
    books(world)
}

/// What must hold when faults have stopped and a story has come to its end.
pub fn settled(world: &mut World) -> Told<()> {
    all(world)?;
    for d in deployments(world)? {
        let ended = matches!(d.phase, Phase::Live | Phase::Settled | Phase::Stuck);
        ensure!(ended, "invariant 4: {} rests in {:?}", d.nonce, d.phase);
        if d.phase == Phase::Stuck {
            ensure!(
                d.reason.is_some() && d.at_risk_uact.is_some(),
                "invariant 4: {} is stuck without a reason or an amount",
                d.nonce
            );
        }
        if d.phase == Phase::Settled {
            let parts = d.spent_uact.unwrap_or(0) + d.refund_uact.unwrap_or(0);
            ensure!(
                parts == d.deposit_uact,
                "invariant 1: {} put in {} and got {parts} out",
                d.nonce,
                d.deposit_uact
            );
        }
    }
    books_and_chain(world)?;
    replay(world)
}

/// Every deployment that the gateway knows.
pub fn deployments(world: &mut World) -> Told<Vec<DeploymentView>> {
    let gateway = world.canisters.gateway;
    let mut found: Vec<DeploymentView> = Vec::new();
    loop {
        let after = found.last().map(|d| d.nonce);
        let page: Vec<DeploymentView> =
            world.query(gateway, "list_deployments", &ListArgs { after, limit: 100 })?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

/// Invariant 2: what is on the chain was ordered, once, and cost what the gateway says.
fn orders_and_chain(world: &mut World, deployments: &[DeploymentView]) -> Told<()> {
    let owners: BTreeSet<String> = world
        .snapshot()?
        .budgets
        .into_iter()
        .filter_map(|b| b.owner)
        .collect();
    let mut ordered: BTreeMap<(String, u64), &DeploymentView> = BTreeMap::new();
    for d in deployments {
        if let (Some(owner), Some(dseq)) = (&d.owner, d.dseq) {
            let twice = ordered.insert((owner.clone(), dseq), d);
            ensure!(
                twice.is_none(),
                "invariant 2: dseq {dseq} serves two orders"
            );
        }
    }
    for owner in owners {
        for (dseq, deployment) in world.akash.deployments(&owner) {
            let d = ordered
                .get(&(owner.clone(), dseq))
                .with_context(|| format!("invariant 2: nobody ordered {owner}/{dseq}"))?;
            let escrow = world
                .akash
                .escrow(&owner, dseq)
                .context("a deployment without an escrow account")?;
            if d.phase == Phase::Settled {
                ensure!(
                    !deployment.active,
                    "{} is settled and runs on the chain",
                    d.nonce
                );
                let spent: u128 = escrow
                    .transferred
                    .iter()
                    .filter(|(denom, _)| denom == UACT)
                    .map(|(_, amount)| amount.trunc())
                    .sum();
                let said = u128::from(d.spent_uact.unwrap_or(0));
                ensure!(
                    spent == said,
                    "invariant 1: {} spent {spent} uact on the chain and {said} in the books",
                    d.nonce
                );
            }
            if d.phase == Phase::Live {
                ensure!(
                    deployment.active,
                    "{} is live and closed on the chain",
                    d.nonce
                );
            }
        }
    }
    Ok(())
}

/// Invariant 2: no budget spends or holds more than its mandate, on either side.
fn budgets(world: &mut World, deployments: &[DeploymentView]) -> Told<()> {
    let snapshot = world.snapshot()?;
    for used in world.budget_use()? {
        ensure!(
            used.reserved_uact + used.spent_uact <= used.total_uact
                || snapshot
                    .budgets
                    .iter()
                    .any(|b| b.id == used.id && b.phase != BudgetPhase::Open),
            "invariant 2: budget {} holds {} and spent {} of {}",
            used.id,
            used.reserved_uact,
            used.spent_uact,
            used.total_uact
        );
    }
    for budget in snapshot.budgets {
        let Some(owner) = &budget.owner else { continue };
        for denom in [UACT, UAKT] {
            let held = world.akash.balance(owner, denom);
            ensure!(held == 0, "G of {} holds {held} {denom}", budget.id);
        }
        let (grant, _) = world.akash.grants(&world.t, owner);
        let limit = grant.and_then(|g| g.limits.get(UACT).copied()).unwrap_or(0);
        let mut committed = limit;
        for (dseq, _) in world.akash.deployments(owner) {
            let escrow = world
                .akash
                .escrow(owner, dseq)
                .context("no escrow account")?;
            committed += escrow
                .deposits
                .iter()
                .filter(|d| d.owner == world.t && d.denom == UACT)
                .map(|d| d.amount.trunc())
                .sum::<u128>();
            committed += escrow
                .transferred
                .iter()
                .filter(|(denom, _)| denom == UACT)
                .map(|(_, amount)| amount.trunc())
                .sum::<u128>();
        }
        if budget.phase == BudgetPhase::Open {
            // A settled amount may hang between two roundings: one uact for each deployment.
            let slack = deployments.len() as u128;
            ensure!(
                committed <= u128::from(budget.total_uact) + slack,
                "invariant 2: budget {} can reach {committed} of {}",
                budget.id,
                budget.total_uact
            );
        }
    }
    Ok(())
}

/// Invariant 7: at most one transaction of a deployment is on its way.
fn flights(deployments: &[DeploymentView]) -> Told<()> {
    for d in deployments {
        let flying = d
            .transactions
            .iter()
            .filter(|tx| tx.state == "sent" || tx.state == "signed")
            .count();
        ensure!(
            flying <= 1,
            "invariant 7: {} has {flying} in flight",
            d.nonce
        );
    }
    Ok(())
}

/// Invariant 5: the events alone rebuild what the canisters say.
pub fn replay(world: &mut World) -> Told<()> {
    let entries = events(world, world.canisters.gateway)?;
    let state = gateway::state::replay(entries.iter().map(|e| e.bytes.as_slice()))
        .map_err(|e| anyhow::anyhow!("invariant 5: {e}"))?;
    for said in deployments(world)? {
        let rebuilt = state.deployment(said.nonce).map(gateway::view::deployment);
        if rebuilt.as_ref() != Some(&said) {
            bail!("invariant 5: the gateway says {said:?}, its events say {rebuilt:?}");
        }
    }
    let entries = events(world, world.canisters.treasury)?;
    let recorded = entries
        .iter()
        .map(|e| treasury::state::Recorded::decode(&e.bytes))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| anyhow::anyhow!("invariant 5: {e}"))?;
    let state = treasury::state::replay(&recorded);
    let said = world.snapshot()?;
    let rebuilt = treasury::view::snapshot(&state, said.at_ns);
    ensure!(
        rebuilt == said,
        "invariant 5: the treasury says {said:?}, its events say {rebuilt:?}"
    );
    Ok(())
}

/// Every event of a canister.
pub fn events(world: &mut World, canister: Principal) -> Told<Vec<EventEntry>> {
    let mut found: Vec<EventEntry> = Vec::new();
    loop {
        let page: Events = world.query(
            canister,
            "get_events",
            &EventsArgs {
                start: found.len() as u64,
                length: PAGE,
            },
        )?;
        if page.entries.is_empty() {
            return Ok(found);
        }
        found.extend(page.entries);
    }
}

/// Invariant 1: every asset's entries sum to zero, and the books find nothing wrong with themselves.
fn books(world: &mut World) -> Told<()> {
    let balances = balances(world)?;
    ensure!(
        balances.findings.is_empty(),
        "invariant 1: {:?}",
        balances.findings
    );
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for account in &balances.accounts {
        *sums.entry(&account.asset).or_default() += account.amount;
    }
    for (asset, sum) in sums {
        ensure!(sum == 0, "invariant 1: {asset} sums to {sum}");
    }
    Ok(())
}

/// Invariant 1: once the treasury has looked at the chain again, its books say what the chain says.
fn books_and_chain(world: &mut World) -> Told<()> {
    let (gateway, treasury) = (world.canisters.gateway, world.canisters.treasury);
    world.until("books that equal the chain", LOOK, |w| {
        // The gateway's own nudge may have been lost to a fault.
        w.ic
            .update(gateway, treasury, "nudge", candid::encode_args(())?)
            .map_err(|reject| anyhow::anyhow!("nudge: {reject}"))?;
        let balances = balances(w)?;
        let held = (balances.held_uact, balances.held_uakt);
        let read = (balances.chain_uact.into(), balances.chain_uakt.into());
        let real = (
            i128::try_from(w.akash.balance(&w.t, UACT))?,
            i128::try_from(w.akash.balance(&w.t, UAKT))?,
        );
        Ok(held == read && read == real)
    })?;
    books(world)?;
    let balances = balances(world)?;
    let booked = |name: &str| -> i128 {
        let of = |account: &&treasury::types::BalanceView| {
            account.asset == UACT && account.account.starts_with(name)
        };
        balances.accounts.iter().filter(of).map(|a| a.amount).sum()
    };
    let mut escrow = 0;
    let mut spent = 0;
    for owner in world.snapshot()?.budgets.into_iter().filter_map(|b| b.owner) {
        for (dseq, _) in world.akash.deployments(&owner) {
            let account = world.akash.escrow(&owner, dseq).context("no escrow account")?;
            let ours = account.deposits.iter().filter(|d| d.owner == world.t && d.denom == UACT);
            escrow += i128::try_from(ours.map(|d| d.amount.trunc()).sum::<u128>())?;
            let paid = account.transferred.iter().filter(|(denom, _)| denom == UACT);
            spent += i128::try_from(paid.map(|(_, amount)| amount.trunc()).sum::<u128>())?;
        }
    }
    ensure!(
        (booked("escrow:"), booked("spent:")) == (escrow, spent),
        "invariant 1: the chain holds {escrow} uact in escrow and paid {spent}, the books say \
         {balances:?}"
    );
    ensure!(booked("suspense") == 0, "invariant 1: uact in suspense: {balances:?}");
    Ok(())
}

fn balances(world: &mut World) -> Told<Balances> {
    let treasury = world.canisters.treasury;
    world.query(treasury, "get_balances", &())
}
