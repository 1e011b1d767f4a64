//! What governance ordered, turned into the one event that records it.

use super::check::{check_close, check_deploy};
use super::{Context, Moment, refusal};
use crate::state::Event;

/// Executes a deploy order. `caller` is a raw principal: that it is governance is the only
/// evidence of adoption that there is.
///
/// **Errors** why the order is refused; nothing is changed then.
pub fn deploy(caller: &[u8], payload: &[u8], context: &Context<'_>) -> Result<Event, String> {
    check_caller(caller, context)?;
    let checked = check_deploy(payload, context, Moment::Execution).map_err(|p| refusal(&p))?;
    Ok(Event::DeployAdopted {
        order: checked.order,
        deposit: checked.plan.deposit,
        told_at: context.told.map_or(0, |told| told.told_at),
    })
}

/// Executes a close order. `caller` as in [`deploy`].
///
/// **Errors** why the order is refused; nothing is changed then.
pub fn close(caller: &[u8], payload: &[u8], context: &Context<'_>) -> Result<Event, String> {
    check_caller(caller, context)?;
    let checked = check_close(payload, context, Moment::Execution).map_err(|p| refusal(&p))?;
    Ok(Event::CloseAdopted {
        nonce: checked.order.nonce,
        payload_hash: checked.payload_hash,
        deployment: checked.order.deployment,
        reason: checked.order.reason,
    })
}

fn check_caller(caller: &[u8], context: &Context<'_>) -> Result<(), String> {
    match context.state.config() {
        Some(config) if config.governance == caller => Ok(()),
        _ => Err("caller: expected SNS governance, got somebody else".into()),
    }
}
