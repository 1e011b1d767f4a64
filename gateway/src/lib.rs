//! The gateway canister: SNS doors for deployments, and the orchestrator's tasks.
//!
//! What lives here: what is checked and rendered when a proposal is made ([`doors`]), what was
//! adopted and what became of it ([`state`], an event log and nothing else), what a budget can
//! bear ([`budget`]), the reconciler that drives deployments ([`tasks`]), and what people see
//! ([`http`]). Entry points of the canister are in `main.rs`.
//!
//! Invariants:
//! - State changes only by recorded events; [`replay`] of the log gives the same state.
//! - Doors await nothing, and a refusal changes nothing.
//! - Absent: AKT and ACT, what a budget is (the treasury says it), administrators.

pub mod budget;
pub mod doors;
pub mod http;
pub mod state;
pub mod storage;
pub mod tasks;
#[cfg(test)]
mod test_fixtures;
pub mod types;
pub mod view;

pub use state::{EntryError, State, replay};
