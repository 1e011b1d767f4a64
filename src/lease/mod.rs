//! The saga of one deployment: from an adopted order to a live service, and back to nothing.
//!
//! [`next`](next()) looks at a [`Deployment`] and its [`Surroundings`] and names one act.
//! [`perform`](perform()) does it and returns the events that it led to; [`Deployment::apply`] of
//! recorded events is the only thing that changes a deployment. The caller loops:
//!
//! ```text
//! loop { match next(&d, &s) {
//!     Do(act) => for event in perform(rt, &d, act, &s, &mut tokens).await { record(event) },
//!     NeedBudget => have the treasury tell, then again,
//!     Wait { until, .. } => wake then,
//!     Done => forget it,
//! } }
//! ```
//!
//! Invariants:
//! - One act at a time for one deployment (the caller's guard), at most one write to the world
//!   per act, and every act may be repeated: after a trap or an upgrade the loop starts again
//!   from [`next`](next()).
//! - Signed bytes are recorded before they are sent, so a transaction is sent again, never made
//!   again, until its fate is known. At most one is in flight, so no two messages on one escrow
//!   account can meet in one block.
//! - One endpoint's word is enough where the chain or the provider refuses what follows from a
//!   false one. Enough endpoints must agree before anything is given up, closed as absent, or
//!   settled.
//! - Everything needed to go on is in the events, but for the provider tokens: they are secrets,
//!   live minutes, and are signed again when lost.
//! - Absent: SNS, storage, `ic-cdk`, clocks, randomness.

mod choose;
mod event;
pub mod limits;
mod next;
mod order;
mod perform;
mod plan;
mod state;

#[cfg(test)]
mod tests;

pub use choose::choose;
pub use event::{Deposit, Event, Purpose, SeenBid, Terms};
pub use next::{Act, BudgetFacts, Step, Surroundings, next};
pub use order::{Order, Policy};
pub use perform::{Tokens, perform};
pub use plan::{Plan, plan};
pub use state::{
    Bids, Deployment, Escrow, Flight, GroupState, Lease, Phase, Retry, Standing, Transaction,
    TxState,
};
