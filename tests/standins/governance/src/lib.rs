//! A stand-in for the SNS governance canister.
//!
//! It has the real interface where it has one, and the real rules for what the project depends on:
//! neurons and their votes, proposals and their decisions, validators, rendering, execution. The
//! rules are pure and are tested here; `main.rs` has only the endpoints.
//!
//! **Deliberately absent**: voting rewards and maturity, and with them the clearing of old
//! proposals; disbursing, splitting and sharing neurons; upgrades; extensions; metrics. What is
//! absent is refused in words. Prices are fixed where the real canister asks for them, see
//! [`treasury::limit_e8s`].

pub mod calls;
pub mod functions;
pub mod governance;
pub mod ledger;
pub mod neurons;
pub mod parameters;
pub mod render;
pub mod treasury;
pub mod types;
pub mod voting;

pub use governance::State;
