//! What a budget allows, on both sides of the bridge.

mod common;

use anyhow::ensure;
use common::{HOUR, MINUTE, close, deploy, outcome, world};
use gateway::types::Phase;
use local_network::checks;
use local_network::orders::{Budget, Deploy};
use local_network::world::{Setting, Told, World};
use treasury::types::BudgetPhase;

/// One ACT. **Units** uact.
const ACT: u64 = 1_000_000;

fn grants(w: &mut World, id: &str) -> Told<(Option<u128>, Option<u128>)> {
    let owner = w.budget(id)?.owner.unwrap_or_default();
    let (deposit, fees) = w.akash.grants(&w.t, &owner);
    Ok((
        deposit.map(|g| g.limits.get("uact").copied().unwrap_or(0)),
        fees.map(|a| {
            a.limit
                .unwrap_or_default()
                .get("uakt")
                .copied()
                .unwrap_or(0)
        }),
    ))
}

fn until_phase(w: &mut World, id: &str, phase: BudgetPhase) -> Told<()> {
    w.until(&format!("{phase:?} of {id}"), 2 * HOUR, |w| {
        Ok(w.budget(id)?.phase == phase)
    })
}

#[test]
fn should_put_the_mandate_on_the_chain() -> Told<()> {
    let mut w = world(60)?;
    let view = w.budget("web")?;
    ensure!(view.phase == BudgetPhase::Open, "{view:?}");
    ensure!(view.account_number.is_some());
    let (deposit, fees) = grants(&mut w, "web")?;
    ensure!(deposit == Some(u128::from(500 * ACT)), "{deposit:?}");
    ensure!(fees == Some(20_000_000), "{fees:?}");
    checks::settled(&mut w)
}

#[test]
fn should_grow_shrink_and_close() -> Told<()> {
    let mut w = world(61)?;
    let live = deploy(&mut w)?;
    ensure!(live.phase == Phase::Live, "{:?}", live.reason);
    for (total, expected) in [("800 ACT", 800 * ACT), ("300 ACT", 300 * ACT)] {
        let order = w.budget_order(&Budget {
            total: total.into(),
            per_deployment: "50 ACT".into(),
            ..Budget::default()
        })?;
        w.adopt_built(&order)?;
        ensure!(w.budget("web")?.phase == BudgetPhase::Changing);
        until_phase(&mut w, "web", BudgetPhase::Open)?;
        let (deposit, _) = grants(&mut w, "web")?;
        let committed = deposit.unwrap_or(0) + u128::from(live.deposit_uact);
        // What the lease has cost so far is out of escrow and out of the limit for good.
        let expected = u128::from(expected);
        ensure!(
            committed <= expected && committed + u128::from(ACT) >= expected,
            "{total}: {committed} of {expected}"
        );
        checks::all(&mut w)?;
    }
    let order = w.budget_order(&Budget {
        total: "0 ACT".into(),
        per_deployment: "0 ACT".into(),
        gas: "20 AKT".into(),
        ..Budget::default()
    })?;
    w.adopt_built(&order)?;
    until_phase(&mut w, "web", BudgetPhase::Closed)?;
    w.until("the end of the deposit grant", HOUR, |w| {
        Ok(grants(w, "web")?.0.is_none())
    })?;
    let (_, fees) = grants(&mut w, "web")?;
    ensure!(fees.is_some(), "the lease could not be closed any more");
    let closed = close(&mut w, live.nonce)?;
    ensure!(closed.phase == Phase::Settled, "{:?}", closed.reason);
    w.until("the end of the allowance", 6 * HOUR, |w| {
        Ok(grants(w, "web")?.1.is_none())
    })?;
    checks::settled(&mut w)
}

#[test]
fn should_not_spend_more_than_the_mandate() -> Told<()> {
    let mut w = World::new(Setting::seeded(62))?;
    w.open_budget(&Budget {
        total: "5 ACT".into(),
        per_deployment: "3 ACT".into(),
        ..Budget::default()
    })?;
    // Two days at 50 uact per block: 1.728 ACT of deposit each.
    let first = deploy(&mut w)?;
    ensure!(first.phase == Phase::Live, "{:?}", first.reason);
    let second = deploy(&mut w)?;
    ensure!(second.phase == Phase::Live, "{:?}", second.reason);
    let third = w.deploy_order(&Deploy::default())?;
    ensure!(
        w.propose_call(third.function_id, third.payload)?.is_err(),
        "a third deposit does not fit and reaches a vote"
    );
    checks::all(&mut w)?;
    close(&mut w, first.nonce)?;
    w.pass(10 * MINUTE)?;
    let third = deploy(&mut w)?;
    ensure!(third.phase == Phase::Live, "{:?}", third.reason);
    checks::settled(&mut w)
}

/// Two orders that fit alone and not together, adopted in one breath.
#[test]
fn should_hold_the_mandate_against_two_orders_at_once() -> Told<()> {
    let mut w = World::new(Setting::seeded(63))?;
    w.open_budget(&Budget {
        total: "3 ACT".into(),
        per_deployment: "3 ACT".into(),
        ..Budget::default()
    })?;
    let orders = [
        w.deploy_order(&Deploy::default())?,
        w.deploy_order(&Deploy::default())?,
    ];
    let mut proposals = Vec::new();
    for order in &orders {
        let proposal = w.propose_call(order.function_id, order.payload.clone())?;
        proposals.push(proposal.map_err(|e| anyhow::anyhow!(e.error_message))?);
    }
    for proposal in proposals {
        w.vote(proposal, true)?;
    }
    w.pass(MINUTE)?;
    for d in checks::deployments(&mut w)? {
        outcome(&mut w, d.nonce)?;
    }
    let live = checks::deployments(&mut w)?
        .iter()
        .filter(|d| d.phase == Phase::Live)
        .count();
    ensure!(live == 1, "{live} are live");
    checks::all(&mut w)
}

/// T cannot promise what it does not hold.
#[test]
fn should_grant_no_more_than_there_is() -> Told<()> {
    let mut setting = Setting::seeded(64);
    setting.uact = 100 * ACT;
    let mut w = World::new(setting)?;
    w.open_budget(&Budget::default())?;
    let view = w.budget("web")?;
    ensure!(view.limit_uact == 100 * ACT, "{view:?}");
    let (deposit, _) = grants(&mut w, "web")?;
    ensure!(deposit == Some(u128::from(100 * ACT)), "{deposit:?}");
    checks::settled(&mut w)
}

#[test]
fn should_wait_for_money() -> Told<()> {
    for (desc, uakt, uact) in [("no ACT", 1_000_000_000, 0), ("no AKT", 0, 500 * ACT)] {
        let mut setting = Setting::seeded(66);
        (setting.uakt, setting.uact) = (uakt, uact);
        let mut w = World::new(setting)?;
        let order = w.budget_order(&Budget::default())?;
        w.adopt_built(&order)?;
        w.pass(20 * MINUTE)?;
        let view = w.budget("web")?;
        ensure!(view.phase == BudgetPhase::Opening, "{desc}: {view:?}");
        ensure!(view.problem.is_some(), "{desc}: {view:?}");
        checks::settled(&mut w)?;
    }
    Ok(())
}

#[test]
fn should_keep_two_budgets_apart() -> Told<()> {
    let mut w = world(65)?;
    w.open_budget(&Budget {
        id: "lab".into(),
        total: "2 ACT".into(),
        per_deployment: "2 ACT".into(),
        ..Budget::default()
    })?;
    let [web, lab] = [w.budget("web")?, w.budget("lab")?];
    ensure!(web.owner != lab.owner);
    let nonce = w.deploy(&Deploy {
        budget: "lab".into(),
        ..Deploy::default()
    })?;
    let live = outcome(&mut w, nonce)?;
    ensure!(live.phase == Phase::Live, "{:?}", live.reason);
    ensure!(live.owner == lab.owner);
    let (deposit, _) = grants(&mut w, "web")?;
    ensure!(deposit == Some(u128::from(500 * ACT)), "{deposit:?}");
    close(&mut w, nonce)?;
    checks::settled(&mut w)
}
