//! What timers do: drive each deployment that is due, and hear what the treasury has to tell.
//!
//! Every task takes no input but which deployment it is about, does a bounded number of steps,
//! and may run twice: a guard per deployment makes the second run do nothing. Guards are released
//! when they are dropped, also by the clean-up after a trap, so that a trap never locks a
//! deployment. Each deployment is driven by a timer of its own, and so in a call context of its
//! own: a trap in one ends no other. A heartbeat wakes whatever a lost timer has forgotten.

mod drive;
mod guard;
pub mod timers;

pub use drive::{After, MAX_STEPS, Treasury, drive, due, hear, waiting_for};
pub use guard::{MAX_CONCURRENT_DEPLOYMENTS, at_work};

#[cfg(test)]
mod tests;
