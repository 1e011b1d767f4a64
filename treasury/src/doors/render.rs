//! What voters read, from the same values that are executed.
//!
//! Headings are of level 3 or lower: governance puts its own above. Texts of the proposer stand
//! in code spans only.

use super::Context;
use super::check::BudgetCheck;
use crate::book::{Account, Asset};
use crate::budget::{Budget, Phase};
use crate::limits::{DEPOSIT_LIFE, FACTS_LIFE, OWN_GAS_RESERVE_UAKT};
use crate::state::{Order, State};
use orchestrator::kernel::NANOS_PER_SECOND;
use orchestrator::kernel::amount::{
    act, akt, e8s_worth_ceil, icp, rate, span, uakt_worth_ceil, usd,
};
use orchestrator::kernel::markdown::code;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::time::rfc3339;
use std::fmt::Write;

/// A page, line by line.
struct Page(String);

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    fn heading(&mut self, text: &str) {
        write!(self.0, "\n#### {text}\n\n").expect("no write fails in memory");
    }

    fn item(&mut self, text: impl AsRef<str>) {
        self.line(format!("- {}", text.as_ref()));
    }
}

pub(super) fn budget(checked: &BudgetCheck, context: &Context<'_>) -> String {
    let order = &checked.order;
    let known = context.state.budgets.get(&order.budget);
    let verb = match known {
        Some(_) if checked.closes() => "Close",
        Some(budget) if budget.phase == Phase::Closed => "Open again",
        Some(_) => "Change",
        None => "Open",
    };
    let mut page = Page(String::new());
    page.line(format!("### {verb} budget {}", code(&order.budget)));
    page.line("");
    page.item(format!("purpose: {}", code(&order.purpose)));
    if let Some(budget) = known.filter(|b| b.mandate.purpose != order.purpose) {
        page.item(format!("purpose before: {}", code(&budget.mandate.purpose)));
    }
    what_follows(&mut page, checked, known, context);
    if !checked.closes() {
        worth(&mut page, order, context.state);
    }
    before_and_after(&mut page, checked, known, context);
    grants(&mut page, checked, known, context);
    identity(&mut page, checked);
    page.0
}

/// What adoption leads to, in a sentence or two.
fn what_follows(
    page: &mut Page,
    checked: &BudgetCheck,
    known: Option<&Budget>,
    context: &Context<'_>,
) {
    let order = &checked.order;
    if checked.closes() {
        let running = known.map_or(0, |budget| budget.deployments.len());
        page.item(format!(
            "No new deployment begins. Those that run now ({running}) keep their deposits until \
             they end; what is left then returns to the treasury."
        ));
        page.item("The other figures of the order play no part.");
        return;
    }
    page.item(format!(
        "Deployments that neurons adopt may spend {} in all, {} each at most, and burn {} of gas.",
        act(order.total),
        act(order.per_deployment),
        akt(order.gas)
    ));
    page.item(format!(
        "No deployment begins after {}, in {}.",
        rfc3339(order.valid_until_s.saturating_mul(NANOS_PER_SECOND)),
        span(order.valid_until_s.saturating_sub(context.now_s()))
    ));
    if known.is_some_and(|budget| matches!(budget.phase, Phase::Open | Phase::Changing)) {
        page.item(format!(
            "While the grants change, no deployment begins for about {}.",
            span((FACTS_LIFE + DEPOSIT_LIFE) / NANOS_PER_SECOND + 60)
        ));
    }
}

fn worth(page: &mut Page, order: &Order, state: &State) {
    page.heading("What it is worth");
    for (what, amount) in [
        ("in all", order.total),
        ("one deployment", order.per_deployment),
    ] {
        let mut worth = vec![act(amount), usd(amount)];
        if let Some(rates) = &state.rates {
            worth.extend(uakt_worth_ceil(amount, rates.akt_usd_e9).map(akt));
            worth.extend(e8s_worth_ceil(amount, rates.icp_usd_e9).map(icp));
        }
        page.item(format!("{what}: {}", worth.join(" = ")));
    }
    page.line("");
    page.line(match &state.rates {
        Some(rates) => format!(
            "Rates of {}: 1 ACT = 1 USD (fixed by the chain), 1 AKT = {}, 1 ICP = {}. They are \
             for reading only, rounded up: what is spent is ACT.",
            rfc3339(rates.at_s.saturating_mul(NANOS_PER_SECOND)),
            rate(rates.akt_usd_e9),
            rate(rates.icp_usd_e9)
        ),
        None => "No rates known: AKT and ICP are not shown. 1 ACT = 1 USD is fixed by the chain."
            .to_string(),
    });
}

fn before_and_after(
    page: &mut Page,
    checked: &BudgetCheck,
    known: Option<&Budget>,
    context: &Context<'_>,
) {
    page.heading("Before and after");
    let order = &checked.order;
    let closes = checked.closes();
    let time = |s: u64| rfc3339(s.saturating_mul(NANOS_PER_SECOND));
    let old = known.map(|budget| &budget.mandate);
    let mut row = |what: &str, before: Option<String>, after: String| {
        let before = before.unwrap_or_else(|| "-".into());
        page.line(format!("| {what} | {before} | {after} |"));
    };
    row("", Some("before".into()), "after".into());
    row("---", Some("---".into()), "---".into());
    let closed = |text: String| if closes { "-".to_string() } else { text };
    row("in all", old.map(|m| act(m.total)), act(order.total));
    row(
        "one deployment",
        old.map(|m| act(m.per_deployment)),
        closed(act(order.per_deployment)),
    );
    row(
        "gas",
        old.map(|m| akt(m.gas)),
        old.filter(|_| closes)
            .map_or(akt(order.gas), |mandate| akt(mandate.gas)),
    );
    row(
        "new deployments until",
        old.map(|m| time(m.valid_until_s)),
        closed(time(order.valid_until_s)),
    );
    let used = Used::of(context.state, &order.budget);
    let left = |total: Uact| act(Uact(total.0.saturating_sub(used.uact())));
    row("left of it", old.map(|m| left(m.total)), left(order.total));
    page.line("");
    page.item(format!("in escrow of deployments: {}", act(used.escrow)));
    page.item(format!("paid to providers: {}", act(used.spent)));
    page.item(format!("gas burned: {}", akt(used.gas)));
    page.line(read_at(known, context));
    page.line("");
    if !closes && used.uact() >= order.total.0 && used.uact() > 0 {
        page.line(
            "**That is all that the order allows: what runs goes on, nothing new can begin.**",
        );
    }
}

fn read_at(known: Option<&Budget>, context: &Context<'_>) -> String {
    match known.map(|budget| budget.read_at).filter(|at| *at > 0) {
        Some(at) => format!(
            "\nThe chain was last read {} ago.",
            span(context.now.saturating_sub(at) / NANOS_PER_SECOND)
        ),
        None => "\nThe chain was not read for this budget yet.".to_string(),
    }
}

/// What the budget's account will be able to use on the chain, as things stand.
fn grants(page: &mut Page, checked: &BudgetCheck, known: Option<&Budget>, context: &Context<'_>) {
    page.heading("Grants on Akash");
    let order = &checked.order;
    let state = context.state;
    if let Some(own) = &state.own {
        page.item(format!("from the treasury's account {}", own.address));
    }
    if let Some(owner) = known.and_then(|budget| budget.owner.as_ref()) {
        page.item(format!("to the budget's account {owner}"));
    }
    let held = Account::Budget(order.budget.clone());
    let credit = state.book.amount(&held, Asset::Uact);
    let gas_credit = state.book.amount(&held, Asset::Uakt);
    if checked.closes() {
        page.item(format!(
            "deposits: {} now, none after",
            act(known.and_then(|b| b.limit).unwrap_or_default())
        ));
        page.item("gas: stays until the last deployment has ended, then none");
        return;
    }
    let used = Used::of(state, &order.budget);
    let free = state.book.amount(&Account::Unallocated, Asset::Uact);
    let wanted = order.total.0.saturating_sub(used.uact());
    let limit = wanted.min(credit.saturating_add(free));
    page.item(format!(
        "deposits: {} now, {} after",
        act(known.and_then(|b| b.limit).unwrap_or_default()),
        act(Uact(limit))
    ));
    let free_gas = state.book.amount(&Account::Unallocated, Asset::Uakt);
    let free_gas = free_gas.saturating_sub(OWN_GAS_RESERVE_UAKT);
    let wanted_gas = order.gas.0.saturating_sub(used.gas.0);
    let gas = wanted_gas.min(gas_credit.saturating_add(free_gas));
    page.item(format!(
        "gas: {} now, {} after",
        akt(known.and_then(|b| b.gas).unwrap_or_default()),
        akt(Uakt(gas))
    ));
    page.item(format!(
        "not promised to any budget: {} and {} of gas, of which {} stay for the treasury's own \
         transactions",
        act(Uact(free)),
        akt(Uakt(state.book.amount(&Account::Unallocated, Asset::Uakt))),
        akt(Uakt(OWN_GAS_RESERVE_UAKT))
    ));
    if limit < wanted || gas < wanted_gas {
        page.line("");
        page.line(
            "**The treasury does not hold enough for the whole mandate now. The grants grow when \
             it does.**",
        );
    }
}

fn identity(page: &mut Page, checked: &BudgetCheck) {
    page.heading("This order");
    page.item(format!("nonce: {}", checked.order.nonce));
    page.item(format!(
        "expires: {}",
        rfc3339(checked.expires_at_s.saturating_mul(NANOS_PER_SECOND))
    ));
    page.item(format!(
        "payload hash: {}",
        hex::encode(checked.payload_hash)
    ));
}

/// What a budget has used since it was first opened.
struct Used {
    escrow: Uact,
    spent: Uact,
    gas: Uakt,
}

impl Used {
    fn of(state: &State, id: &str) -> Self {
        let amount = |account, asset| state.book.amount(&account, asset);
        Self {
            escrow: Uact(state.book.escrow(id)),
            spent: Uact(amount(Account::Spent(id.to_string()), Asset::Uact)),
            gas: Uakt(amount(Account::Gas(id.to_string()), Asset::Uakt)),
        }
    }

    fn uact(&self) -> u64 {
        self.escrow.0.saturating_add(self.spent.0)
    }
}
