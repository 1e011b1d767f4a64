//! A stand-in for the ICP ledger canister.
//!
//! It has the real interface where it has one: the legacy methods, ICRC-1, ICRC-2 and the blocks.
//! The rules are pure and are tested here; `main.rs` has only the endpoints.
//!
//! **Deliberately absent**: archives, certificates (`query_blocks` gives null), encoded blocks,
//! consent messages. Hashes of blocks chain them, but are not those of the real ledger.

pub mod account;
pub mod ledger;
pub mod types;

pub use account::AccountIdentifier;
pub use ledger::Ledger;
