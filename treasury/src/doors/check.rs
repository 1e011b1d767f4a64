//! What must hold of an order, when it is proposed and again when it is executed.

use super::{Context, Moment};
use crate::book::{Account, Asset};
use crate::budget::{Budget, Phase};
use crate::grants::closing_gas;
use crate::limits::{
    MAX_AMOUNT, MAX_BUDGET_ID_BYTES, MAX_BUDGETS, MAX_PAYLOAD_BYTES, MAX_PURPOSE_CHARS,
    MAX_VALIDITY_S, MIN_PER_DEPLOYMENT_UACT,
};
use crate::state::Order;
use crate::types::BudgetOrder;
use live_runtime::payload;
use orchestrator::akash::gas;
use orchestrator::kernel::amount::akt;
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::markdown::is_printable;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::order::{
    check_expiry_at_execution, check_expiry_at_submission, check_nonce,
};
use sha2::{Digest, Sha256};

/// An order that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetCheck {
    /// As it is executed.
    pub order: Order,
    /// SHA-256 of its payload.
    pub payload_hash: [u8; 32],
    /// After this moment it is refused. **Units** seconds since the Unix epoch.
    pub expires_at_s: u64,
}

impl BudgetCheck {
    /// Whether it closes the budget.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.order.total == Uact::ZERO
    }
}

/// Checks an order about a budget.
///
/// **Errors** every problem at once, in words for voters.
pub fn check_budget(
    bytes: &[u8],
    context: &Context<'_>,
    moment: Moment,
) -> Result<BudgetCheck, Vec<String>> {
    if bytes.len() > MAX_PAYLOAD_BYTES {
        return Err(vec![format!(
            "payload: expected at most {MAX_PAYLOAD_BYTES} bytes, got {}",
            bytes.len()
        )]);
    }
    let order: BudgetOrder =
        payload::decode(bytes, "BudgetOrder").map_err(|e| vec![e.to_string()])?;
    let mut problems = common(&order, context, moment);
    let known = context.state.budgets.get(&order.budget);
    if order.total_uact == 0 {
        problems.extend(close_problem(&order, known));
    } else {
        if known.is_none() && context.state.budgets.len() >= MAX_BUDGETS {
            problems.push(format!(
                "budget: expected one of the {MAX_BUDGETS} that are known, which is the most; a \
                 closed one can be opened again"
            ));
        }
        problems.extend(amount_problems(&order, context));
        problems.extend(validity_problem(&order, context, moment));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(BudgetCheck {
        payload_hash: Sha256::digest(bytes).into(),
        expires_at_s: order.expires_at_s,
        order: Order {
            nonce: order.nonce,
            budget: order.budget,
            purpose: order.purpose,
            total: Uact(order.total_uact),
            per_deployment: Uact(order.per_deployment_uact),
            gas: Uakt(order.gas_uakt),
            valid_until_s: order.valid_until_s,
        },
    })
}

/// What holds of every order about a budget.
fn common(order: &BudgetOrder, context: &Context<'_>, moment: Moment) -> Vec<String> {
    let used = |nonce: u64| context.state.orders.contains_key(&nonce);
    let nonce = check_nonce(order.nonce, used);
    let now_s = context.now_s();
    let expiry = match moment {
        Moment::Submission => {
            check_expiry_at_submission(order.expires_at_s, now_s, &context.voting)
        }
        Moment::Execution => check_expiry_at_execution(order.expires_at_s, now_s),
    };
    let errors = [nonce.err(), expiry.err()];
    let mut problems: Vec<String> = errors.iter().flatten().map(ToString::to_string).collect();
    if !is_budget_id(&order.budget) {
        problems.push(format!(
            "budget: expected 1 to {MAX_BUDGET_ID_BYTES} of a-z, 0-9 and -, beginning with a \
             letter, got {:?}",
            brief(&order.budget)
        ));
    }
    let chars = order.purpose.chars().count();
    if chars == 0 || chars > MAX_PURPOSE_CHARS {
        problems.push(format!(
            "purpose: expected 1 to {MAX_PURPOSE_CHARS} characters, got {chars}"
        ));
    }
    if !is_printable(&order.purpose) {
        problems.push(
            "purpose: expected one line of characters that can be seen, got hidden ones".into(),
        );
    }
    problems
}

fn close_problem(order: &BudgetOrder, known: Option<&Budget>) -> Option<String> {
    match known {
        None => Some(format!(
            "total_uact: 0 closes a budget, and there is none named {:?}",
            brief(&order.budget)
        )),
        Some(budget) if budget.phase == Phase::Closed => {
            Some("total_uact: 0 closes the budget, and it is closed already".to_string())
        }
        Some(_) => None,
    }
}

fn amount_problems(order: &BudgetOrder, context: &Context<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    if order.total_uact > MAX_AMOUNT {
        problems.push(format!(
            "total_uact: expected at most {MAX_AMOUNT}, got {}",
            order.total_uact
        ));
    }
    let most = order.total_uact;
    if !(MIN_PER_DEPLOYMENT_UACT..=most).contains(&order.per_deployment_uact) {
        problems.push(format!(
            "per_deployment_uact: expected {MIN_PER_DEPLOYMENT_UACT} (the chain's smallest \
             deposit) to {most} (total_uact), got {}",
            order.per_deployment_uact
        ));
    }
    let least = gas_floor(order, context);
    if !(least.0..=MAX_AMOUNT).contains(&order.gas_uakt) {
        problems.push(format!(
            "gas_uakt: expected {} ({}; what was burned, and what opening one deployment and \
             closing all takes) to {MAX_AMOUNT}, got {}",
            least.0,
            akt(least),
            order.gas_uakt
        ));
    }
    problems
}

/// Least gas that makes sense: burned already, for closing what runs, and for one deployment.
fn gas_floor(order: &BudgetOrder, context: &Context<'_>) -> Uakt {
    let chain = context.state.config.as_ref().map(|config| &config.chain);
    let price = chain.map_or(DEFAULT_GAS_PRICE, |chain| chain.gas_price_milli_uakt);
    let burned = Account::Gas(order.budget.clone());
    let burned = context.state.book.amount(&burned, Asset::Uakt);
    let known = context.state.budgets.get(&order.budget);
    let running = known.map_or(0, |budget| budget.deployments.len());
    let closing = chain.map_or(Uakt::ZERO, |chain: &ChainConfig| {
        closing_gas(running, chain)
    });
    let sum = least_gas(price).checked_add(Uakt(burned));
    sum.and_then(|sum| sum.checked_add(closing))
        .unwrap_or(Uakt(u64::MAX))
}

/// Thousandths of a uakt per gas. **Source** what public nodes ask for.
const DEFAULT_GAS_PRICE: u64 = 25;

/// Gas of one deployment of one group: create, lease, close. At a price in thousandths of a uakt.
#[must_use]
pub fn least_gas(price_milli_uakt: u64) -> Uakt {
    let bids = gas::OTHER_BIDS * gas::PER_BID;
    let create = gas::BASE + gas::CREATE_DEPLOYMENT + gas::PER_GROUP;
    let lease = gas::BASE + gas::CREATE_LEASE + bids;
    let close = gas::BASE + gas::CLOSE_DEPLOYMENT + bids;
    gas::fee(create + lease + close, price_milli_uakt).unwrap_or(Uakt(u64::MAX))
}

fn validity_problem(order: &BudgetOrder, context: &Context<'_>, moment: Moment) -> Option<String> {
    let now_s = context.now_s();
    let after = match moment {
        Moment::Submission => context.voting.latest_end_s(now_s),
        Moment::Execution => now_s,
    };
    let most = now_s.saturating_add(MAX_VALIDITY_S);
    let holds = order.valid_until_s > after && order.valid_until_s <= most;
    (!holds).then(|| {
        format!(
            "valid_until_s: expected later than {after} (the end of the vote) and at most {most} \
             (three years from now), in Unix seconds, got {}",
            order.valid_until_s
        )
    })
}

/// 1 to 32 of `a-z`, `0-9`, `-`, beginning with a letter.
fn is_budget_id(id: &str) -> bool {
    id.len() <= MAX_BUDGET_ID_BYTES
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// So much of a text as an error needs.
fn brief(text: &str) -> String {
    text.chars().take(2 * MAX_BUDGET_ID_BYTES).collect()
}
