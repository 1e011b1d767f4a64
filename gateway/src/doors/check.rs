//! What must hold of an order, when it is proposed and again when it is executed.

use super::{Context, Moment};
use crate::budget;
use crate::state::Adopted;
use crate::types::{CloseOrder, DeployOrder};
use crate::view;
use live_runtime::payload;
use orchestrator::kernel::markdown::is_printable;
use orchestrator::kernel::order::{
    OrderError, check_expiry_at_execution, check_expiry_at_submission, check_nonce,
};
use orchestrator::lease::{self, Order, Phase, Plan};
use sha2::{Digest, Sha256};

/// Longest reason of a close order. **Units** bytes. What a deployment keeps of a reason.
pub const MAX_REASON_BYTES: usize = lease::limits::MAX_REASON_BYTES;

/// A deploy order that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployCheck {
    /// As the saga takes it.
    pub order: Order,
    /// What follows from it.
    pub plan: Plan,
}

/// A close order that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseCheck<'a> {
    /// The order.
    pub order: CloseOrder,
    /// SHA-256 of its payload.
    pub payload_hash: [u8; 32],
    /// What it closes.
    pub target: &'a Adopted,
}

/// Checks a deploy order.
///
/// **Errors** every problem at once, in words for voters.
pub fn check_deploy(
    payload: &[u8],
    context: &Context<'_>,
    moment: Moment,
) -> Result<DeployCheck, Vec<String>> {
    let order: DeployOrder =
        payload::decode(payload, "DeployOrder").map_err(|e| vec![e.to_string()])?;
    let mut problems = common(order.nonce, order.expires_at_s, context, moment);
    if !is_printable(&order.name) {
        problems.push("name: expected characters that can be seen, got hidden ones".into());
    }
    let dseq = context.state.next_dseq(context.now_s());
    let order = view::order(order, hash(payload), dseq);
    let plan = match lease::plan(&order) {
        Ok(plan) => Some(plan),
        Err(more) => {
            problems.extend(more);
            None
        }
    };
    problems.extend(budget::problems(
        context.state,
        context.told,
        &order.budget,
        plan.as_ref().map(|plan| plan.deposit),
        context.now_s(),
    ));
    match plan {
        Some(plan) if problems.is_empty() => Ok(DeployCheck { order, plan }),
        _ => Err(problems),
    }
}

/// Checks a close order.
///
/// **Errors** every problem at once, in words for voters.
pub fn check_close<'a>(
    payload: &[u8],
    context: &Context<'a>,
    moment: Moment,
) -> Result<CloseCheck<'a>, Vec<String>> {
    let order: CloseOrder =
        payload::decode(payload, "CloseOrder").map_err(|e| vec![e.to_string()])?;
    let mut problems = common(order.nonce, order.expires_at_s, context, moment);
    let length = order.reason.len();
    if length == 0 || length > MAX_REASON_BYTES || !is_printable(&order.reason) {
        problems.push(format!(
            "reason: expected 1 to {MAX_REASON_BYTES} bytes of characters that can be seen, on \
             one line, got {length} bytes"
        ));
    }
    let target = context.state.deployment(order.deployment);
    match target {
        None => problems.push(format!(
            "deployment: expected the nonce of an adopted deploy order, got {}",
            order.deployment
        )),
        Some(target) => problems.extend(closing_problem(target)),
    }
    match target {
        Some(target) if problems.is_empty() => Ok(CloseCheck {
            order,
            payload_hash: hash(payload),
            target,
        }),
        _ => Err(problems),
    }
}

/// Why there is nothing to close.
fn closing_problem(target: &Adopted) -> Option<String> {
    let d = &target.deployment;
    let state = match d.stage {
        Phase::Settled => "is settled",
        Phase::Closed => "is closed",
        Phase::Closing => "is being closed",
        _ if d.close_ordered.is_some() => "was ordered to close before",
        _ => return None,
    };
    let reason = d.reason().map_or(String::new(), |why| format!(" ({why})"));
    Some(format!(
        "deployment: expected one that runs or waits, {} {state}{reason}",
        d.order.nonce
    ))
}

fn common(nonce: u64, expires_at_s: u64, context: &Context<'_>, moment: Moment) -> Vec<String> {
    let now_s = context.now_s();
    let expiry = match moment {
        Moment::Submission => check_expiry_at_submission(expires_at_s, now_s, &context.voting),
        Moment::Execution => check_expiry_at_execution(expires_at_s, now_s),
    };
    let nonce = check_nonce(nonce, |nonce| context.state.is_used(nonce));
    let problems = [nonce, expiry].into_iter().filter_map(Result::err);
    problems.map(|e: OrderError| e.to_string()).collect()
}

fn hash(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}
