//! The doors through which governance comes: checks, what voters read, and what is recorded.
//!
//! Everything here is pure and bounded, takes bytes from anybody, and never panics. A validator
//! checks and renders; an executor checks again and names the event. Nothing awaits: an open call
//! would keep governance from being stopped.

mod check;
mod render;

#[cfg(test)]
mod tests;

pub use check::{BudgetCheck, check_budget, least_gas};

use crate::state::{Event, State};
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// What a door knows of the world.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time of the message.
    pub now: Nanos,
    /// How long a vote may take.
    pub voting: Voting,
    /// Everything else.
    pub state: &'a State,
}

impl Context<'_> {
    /// **Units** seconds since the Unix epoch.
    #[must_use]
    pub fn now_s(&self) -> u64 {
        self.now / NANOS_PER_SECOND
    }
}

/// When an order is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A vote is to begin: the order must outlast it.
    Submission,
    /// The vote is over.
    Execution,
}

/// What voters read about an order to open, change or close a budget. **Errors** every problem,
/// one a line.
pub fn validate_budget(payload: &[u8], context: &Context<'_>) -> Result<String, String> {
    check_budget(payload, context, Moment::Submission)
        .map(|checked| render::budget(&checked, context))
        .map_err(|problems| problems.join("\n"))
}

/// Executes an order about a budget. `caller` is a raw principal: that it is governance is the
/// only evidence of adoption that there is.
///
/// **Errors** why the order is refused; nothing is changed then.
pub fn budget(caller: &[u8], payload: &[u8], context: &Context<'_>) -> Result<Event, String> {
    match &context.state.config {
        Some(config) if config.governance == caller => {}
        _ => return Err("caller: expected SNS governance, got somebody else".into()),
    }
    check_budget(payload, context, Moment::Execution)
        .map(|checked| Event::Adopted {
            order: checked.order,
            payload_hash: checked.payload_hash,
        })
        .map_err(|problems| problems.join("\n"))
}
