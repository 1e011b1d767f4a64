//! The treasury canister.

pub mod types;
