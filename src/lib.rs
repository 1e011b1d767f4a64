//! The orchestrator: an adopted order becomes an Akash lease, and stays one.
//!
//! What lives here: SDL, Akash words, the lease's life cycle, the transaction pipeline, proofs,
//! and the kernel that every room shares. It is a library: the gateway canister links it.
//!
//! What must not: `ic-cdk` (the world is reached through the ports of [`kernel::port`]) and SNS
//! types (what a vote is, the canisters know). Everything that is specific to the Akash chain
//! stays in [`akash`].

pub mod akash;
pub mod kernel;
pub mod lease;
pub mod provider;
pub mod sdl;
pub mod submit;
#[cfg(any(test, feature = "test-fixtures"))]
pub mod test_fixtures;
