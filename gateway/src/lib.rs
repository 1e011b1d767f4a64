//! The gateway canister.

pub mod types;
