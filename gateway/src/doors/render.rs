//! What voters read, from the same values that are executed.
//!
//! Headings are of level 3 or lower: governance puts its own above. Texts of the proposer stand
//! in code spans and fenced blocks only.

use super::Context;
use super::check::{CloseCheck, DeployCheck};
use super::words::{attributes, endpoints, list, port, resources};
use crate::budget::Use;
use orchestrator::kernel::NANOS_PER_SECOND;
use orchestrator::kernel::amount::{
    act, akt, e8s_worth_ceil, icp, rate, span, uakt_worth_ceil, usd,
};
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::markdown::{block, code};
use orchestrator::kernel::money::Uact;
use orchestrator::kernel::time::rfc3339;
use orchestrator::lease::limits::{MIN_BLOCK_TIME_S, MIN_DEPOSIT_UACT};
use orchestrator::lease::{Order, Plan};
use orchestrator::sdl::{Group, Image, Service};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use treasury::types::{BudgetPhase, BudgetView};

/// A month of costs. **Units** seconds.
const MONTH_S: u64 = 30 * 24 * 60 * 60;

/// A page, line by line. Writing to memory does not fail.
struct Page(String);

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    fn heading(&mut self, level: usize, text: impl AsRef<str>) {
        let marks = "#".repeat(level);
        write!(self.0, "\n{marks} {}\n\n", text.as_ref()).expect("no write fails in memory");
    }

    fn item(&mut self, text: impl AsRef<str>) {
        self.line(format!("- {}", text.as_ref()));
    }
}

pub(super) fn deploy(checked: &DeployCheck, context: &Context<'_>) -> String {
    let (order, plan) = (&checked.order, &checked.plan);
    let mut page = Page(String::new());
    page.line(format!("### Deploy {}", code(&order.name)));
    page.line("");
    warnings(&mut page, plan);
    page.item(format!("Runs for {} once it answers.", span(order.term_s)));
    page.item(format!(
        "Costs at most {} of budget {}, paid from a deposit of {}; what is not used comes back.",
        act(term_cost(order, plan)),
        code(&order.budget),
        act(plan.deposit)
    ));
    what_runs(&mut page, plan);
    costs(&mut page, order, plan, context);
    budget(&mut page, order, plan, context);
    provider(&mut page, order, plan);
    identity(&mut page, order, plan, context);
    page.heading(4, "SDL, as it will be executed");
    page.0.push_str(&block(&order.sdl, "yaml"));
    page.0
}

fn warnings(page: &mut Page, plan: &Plan) {
    let loose: Vec<&Image> = plan.images.iter().filter(|image| !image.pinned).collect();
    if !loose.is_empty() {
        let names = list(loose.iter().map(|image| &image.reference));
        page.line(format!(
            "**Warning: images named by a tag alone: {names}. Whoever owns a tag can move it to \
             other software, before the vote ends or later.**"
        ));
        page.line("");
    }
    if plan.has_credentials {
        page.line(
            "**Warning: the SDL carries the password of an image registry. Everybody can read \
             it, in this proposal and from now on.**",
        );
        page.line("");
    }
    if plan.services.iter().any(|service| !service.env.is_empty()) {
        page.line(
            "Environment variables are public: whatever secret stands in one is a secret no more.",
        );
        page.line("");
    }
}

fn what_runs(page: &mut Page, plan: &Plan) {
    page.heading(4, "What runs");
    for service in &plan.services {
        one_service(page, service, plan);
    }
}

fn one_service(page: &mut Page, service: &Service, plan: &Plan) {
    page.item(format!("Service {}", code(&service.name)));
    let detail = |page: &mut Page, text: String| page.line(format!("  - {text}"));
    let pinned = plan
        .images
        .iter()
        .any(|image| image.service == service.name && image.pinned);
    let how = if pinned { "by digest" } else { "by tag" };
    detail(page, format!("image {} ({how})", code(&service.image)));
    for (what, words) in [("command", &service.command), ("arguments", &service.args)] {
        if let Some(words) = words {
            detail(page, format!("{what} {}", list(words)));
        }
    }
    for replicas in &service.replicas {
        let unit = plan
            .groups
            .iter()
            .find(|group| group.name == replicas.placement)
            .and_then(|group| group.units.iter().find(|unit| unit.id == replicas.unit));
        if let Some(unit) = unit {
            detail(
                page,
                format!(
                    "{} x ({}) in placement {}, at most {} uact per block each",
                    replicas.count,
                    resources(unit),
                    code(&replicas.placement),
                    unit.price
                ),
            );
        }
    }
    for way in &service.ports {
        detail(page, format!("port {}", port(way)));
    }
    for mount in &service.mounts {
        let read_only = if mount.read_only { ", read only" } else { "" };
        detail(
            page,
            format!(
                "volume {} at {}{read_only}",
                code(&mount.volume),
                code(&mount.path)
            ),
        );
    }
    if !service.env.is_empty() {
        let names = list(service.env.iter().map(|variable| &variable.name));
        detail(page, format!("environment {names}"));
    }
    if !service.permissions.is_empty() {
        detail(
            page,
            format!(
                "may itself read of its lease: {}",
                list(&service.permissions)
            ),
        );
    }
    if let Some(tee) = &service.tee {
        detail(page, format!("trusted execution environment {}", code(tee)));
    }
    if let Some(registry) = &service.registry {
        detail(
            page,
            format!("logs in to image registry {}", code(registry)),
        );
    }
}

/// The whole term at the highest admissible price, rounded up.
fn term_cost(order: &Order, plan: &Plan) -> Uact {
    cost(plan.max_price, order.term_s)
}

/// So long at `price`, with the shortest blocks that deposits reckon with, rounded up.
fn cost(price: Decimal, seconds: u64) -> Uact {
    let blocks = seconds.div_ceil(MIN_BLOCK_TIME_S);
    let uact = price.checked_mul(blocks).and_then(Decimal::ceil);
    Uact(uact.unwrap_or(u64::MAX))
}

fn costs(page: &mut Page, order: &Order, plan: &Plan, context: &Context<'_>) {
    page.heading(4, "What it costs at most");
    page.line(format!(
        "The highest bids that the order admits, {} uact per block for all groups together, and \
         blocks of {MIN_BLOCK_TIME_S} s. Figures are rounded up.",
        plan.max_price
    ));
    page.line("");
    let rates = context.told.and_then(|told| told.snapshot.rates.as_ref());
    let one_block = Uact(plan.max_price.ceil().unwrap_or(u64::MAX));
    for (what, amount) in [
        ("per block", one_block),
        ("per month (30 d)", cost(plan.max_price, MONTH_S)),
        ("for the whole term", term_cost(order, plan)),
        ("deposit", plan.deposit),
    ] {
        let mut worth = vec![act(amount)];
        if let Some(rates) = rates {
            worth.extend(uakt_worth_ceil(amount, rates.akt_usd_e9).map(akt));
            worth.extend(e8s_worth_ceil(amount, rates.icp_usd_e9).map(icp));
        }
        worth.push(usd(amount));
        page.item(format!("{what}: {}", worth.join(" = ")));
    }
    page.line("");
    page.line(match rates {
        Some(rates) => format!(
            "Rates of {}, {} old: 1 ACT = 1 USD (fixed by the chain), 1 AKT = {}, 1 ICP = {}. \
             They are for reading only: what is paid is ACT.",
            rfc3339(rates.at_s.saturating_mul(NANOS_PER_SECOND)),
            span(context.now_s().saturating_sub(rates.at_s)),
            rate(rates.akt_usd_e9),
            rate(rates.icp_usd_e9)
        ),
        None => "No rates known: AKT and ICP are not shown. 1 ACT = 1 USD is fixed by the chain."
            .to_string(),
    });
    if plan.deposit == Uact(MIN_DEPOSIT_UACT) {
        page.line("The deposit is the smallest that the chain accepts.");
    }
    page.line("Gas is paid in AKT from the budget's own allowance.");
}

fn budget(page: &mut Page, order: &Order, plan: &Plan, context: &Context<'_>) {
    // Checked before: without a word of the treasury, or without the budget, nothing is rendered.
    let Some(told) = context.told else { return };
    let Some(view) = told.budget(&order.budget) else {
        return;
    };
    page.heading(4, format!("Budget {}", code(&view.id)));
    let used = Use::of(context.state, &view.id, None);
    let total = Uact(view.total_uact);
    let before = total.checked_sub(used.total()).unwrap_or_default();
    let after = before.checked_sub(plan.deposit).unwrap_or_default();
    page.item(format!("purpose {}", code(&view.purpose)));
    page.item(format!(
        "mandate {}; {} reserved by deployments, {} spent",
        act(total),
        act(used.reserved),
        act(used.spent)
    ));
    page.item(format!(
        "left before {}, left after {}",
        act(before),
        act(after)
    ));
    page.item(format!(
        "one deployment may hold {}",
        act(Uact(view.per_deployment_uact))
    ));
    page.item(phase(view));
    page.item(format!(
        "new deployments may begin until {}{}",
        rfc3339(view.valid_until_s.saturating_mul(NANOS_PER_SECOND)),
        if view.valid_until_s <= context.voting.latest_end_s(context.now_s()) {
            " (**the vote may end later, and then nothing runs**)"
        } else {
            ""
        }
    ));
    if let Some(problem) = &view.problem {
        page.item(format!("problem: {}", code(problem)));
    }
    page.line("");
    page.line(format!(
        "The treasury said so {} ago; the chain was last read {}.",
        age(context, told.told_at),
        match view.read_at_ns {
            0 => "never".to_string(),
            at => format!("{} ago", age(context, at)),
        }
    ));
}

fn age(context: &Context<'_>, at_ns: u64) -> String {
    span(context.now.saturating_sub(at_ns) / NANOS_PER_SECOND)
}

fn phase(budget: &BudgetView) -> String {
    match budget.phase {
        BudgetPhase::Opening => {
            "its grants are not on the chain yet: the order waits for them, until it expires".into()
        }
        BudgetPhase::Open => format!(
            "its grant on Akash has {} left",
            act(Uact(budget.limit_left_uact))
        ),
        BudgetPhase::Changing => {
            "a change of it was adopted: the order waits for the new grants, until it expires"
                .into()
        }
        BudgetPhase::Closed => "closed".into(),
    }
}

fn provider(page: &mut Page, order: &Order, plan: &Plan) {
    page.heading(4, "How a provider is chosen");
    page.line(
        "The cheapest bid on each group that satisfies all of this, together within the price \
         above. A provider that fails before the service answers is left for another; the chain \
         enforces attributes and auditors too.",
    );
    page.line("");
    let policy = &order.policy;
    let or_any = |texts: &[String], none: &str| {
        if texts.is_empty() {
            none.to_string()
        } else {
            list(texts)
        }
    };
    page.item(format!(
        "policy: at most {} uact per block",
        policy.max_uact_per_block
    ));
    page.item(format!(
        "only these providers: {}",
        or_any(&policy.allowed_providers, "any")
    ));
    page.item(format!(
        "never these: {}",
        or_any(&policy.denied_providers, "none")
    ));
    for group in &plan.groups {
        placement(page, group);
    }
    if let Some(seconds) = plan.reclamation_min_window_s {
        page.item(format!(
            "a provider that wants its resources back gives {} notice",
            span(seconds)
        ));
    }
}

fn placement(page: &mut Page, group: &Group) {
    let requirements = &group.requirements;
    let mut parts = Vec::new();
    if !requirements.attributes.is_empty() {
        parts.push(format!(
            "attributes {}",
            attributes(&requirements.attributes)
        ));
    }
    if !requirements.signed_by.all_of.is_empty() {
        parts.push(format!(
            "audited by all of {}",
            list(&requirements.signed_by.all_of)
        ));
    }
    if !requirements.signed_by.any_of.is_empty() {
        parts.push(format!(
            "audited by one of {}",
            list(&requirements.signed_by.any_of)
        ));
    }
    let ways: Vec<_> = group
        .units
        .iter()
        .flat_map(|unit| unit.endpoints.iter().copied())
        .collect();
    let ways = endpoints(&ways);
    page.item(format!(
        "placement {}: {}; ways in: {}",
        code(&group.name),
        if parts.is_empty() {
            "no attributes, no auditors".to_string()
        } else {
            parts.join("; ")
        },
        if ways.is_empty() { "none" } else { &ways }
    ));
}

fn identity(page: &mut Page, order: &Order, plan: &Plan, context: &Context<'_>) {
    page.heading(4, "Which order this is");
    page.item(format!("nonce {}", order.nonce));
    expiry(page, order.expires_at_s, context);
    page.line("  What has not begun by then never begins.");
    page.item(format!(
        "payload SHA-256 {}",
        code(&hex::encode(order.payload_hash))
    ));
    page.item(format!(
        "SDL SHA-256 {}",
        code(&hex::encode(Sha256::digest(&order.sdl)))
    ));
    page.item(format!(
        "manifest SHA-256 (the deployment's hash on Akash) {}",
        code(&hex::encode(plan.manifest.hash))
    ));
}

fn expiry(page: &mut Page, expires_at_s: u64, context: &Context<'_>) {
    page.item(format!(
        "expires at {}, {} from when this was written",
        rfc3339(expires_at_s.saturating_mul(NANOS_PER_SECOND)),
        span(expires_at_s.saturating_sub(context.now_s()))
    ));
}

pub(super) fn close(checked: &CloseCheck<'_>, context: &Context<'_>) -> String {
    let order = &checked.order;
    let d = &checked.target.deployment;
    let mut page = Page(String::new());
    page.line(format!("### Close deployment {}", code(&d.order.name)));
    page.line("");
    page.item(format!("reason {}", code(&order.reason)));
    page.item(format!(
        "deployment of order {}, adopted {} ago, payload SHA-256 {}",
        d.order.nonce,
        age(context, d.adopted_at),
        code(&hex::encode(d.order.payload_hash))
    ));
    page.item(format!(
        "now {:?}, since {}{}",
        d.phase(),
        age(context, d.phase_since()),
        d.reason()
            .map_or(String::new(), |why| format!(" ({})", code(why)))
    ));
    if !d.transactions.is_empty() {
        page.item(format!(
            "on Akash: owner {}, dseq {}",
            code(d.owner.as_deref().unwrap_or_default()),
            d.order.dseq
        ));
    }
    for lease in d.leases() {
        page.item(format!(
            "lease of group {} with provider {} at {} uact per block",
            lease.bid.gseq,
            code(&lease.bid.provider),
            lease.price
        ));
    }
    page.item(match d.ends_at() {
        Some(end) => format!("its term would end at {}", rfc3339(end)),
        None => "it has not answered yet".to_string(),
    });
    page.heading(4, "What becomes of the money");
    page.line(format!(
        "{} of budget {} are reserved for it. What its providers have earned by then is paid, \
         the rest of the deposit goes back to the treasury and to the budget.",
        act(checked.target.reserved()),
        code(&d.order.budget)
    ));
    page.heading(4, "Which order this is");
    page.item(format!("nonce {}", order.nonce));
    expiry(&mut page, order.expires_at_s, context);
    page.item(format!(
        "payload SHA-256 {}",
        code(&hex::encode(checked.payload_hash))
    ));
    page.0
}
