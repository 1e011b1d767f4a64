//! The doors through which governance comes: checks, what voters read, and what is recorded.
//!
//! Everything here is pure and bounded, takes bytes from anybody, and never panics. A validator
//! checks and renders; an executor checks again and names the event. Nothing awaits: an open call
//! would keep governance from being stopped.

mod check;
mod execute;
mod render;
mod words;

pub use check::{CloseCheck, DeployCheck, MAX_REASON_BYTES, check_close, check_deploy};
pub use execute::{close, deploy};

use crate::budget::Told;
use crate::state::State;
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// Longest text of a refusal. **Units** bytes. Governance shows it in an error.
pub const MAX_REFUSAL_BYTES: usize = 20_000;

/// What a door knows of the world.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time of the message.
    pub now: Nanos,
    /// How long a vote may take.
    pub voting: Voting,
    /// All that was adopted before.
    pub state: &'a State,
    /// What the treasury last told.
    pub told: Option<&'a Told>,
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

/// What voters read about a deploy order. **Errors** every problem, one a line.
pub fn validate_deploy(payload: &[u8], context: &Context<'_>) -> Result<String, String> {
    check_deploy(payload, context, Moment::Submission)
        .map(|checked| render::deploy(&checked, context))
        .map_err(|problems| refusal(&problems))
}

/// What voters read about a close order. **Errors** every problem, one a line.
pub fn validate_close(payload: &[u8], context: &Context<'_>) -> Result<String, String> {
    check_close(payload, context, Moment::Submission)
        .map(|checked| render::close(&checked, context))
        .map_err(|problems| refusal(&problems))
}

/// All problems, one a line, cut at [`MAX_REFUSAL_BYTES`].
fn refusal(problems: &[String]) -> String {
    const CUT: &str = "\n(more problems are not shown)";
    let mut text = problems.join("\n");
    if text.len() > MAX_REFUSAL_BYTES {
        let mut end = MAX_REFUSAL_BYTES - CUT.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests;
