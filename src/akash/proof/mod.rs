//! Proofs of the chain's state: that a key has a value, or that there is no such key.
//!
//! A node answers a query with two ICS-23 proofs: the key in the tree of its module's store, and
//! the root of that store in the tree of all stores, whose root the next header signs. A verified
//! header and a [`StoreProof`] together say what the state was; nobody's word is needed.
//!
//! The state after block h is proven against the header of h + 1 ([`crate::akash::light`]).
//!
//! **Source** ICS-23; Cosmos SDK, `store/rootmulti/proof.go`.

mod key;
mod rpc;
pub mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use key::{EscrowKeyState, Key, LedgerStage};
pub use rpc::{PROOF_MAX_BYTES, reply, request};
pub use verify::{
    MAX_DEPTH, MAX_IAVL_PROOF_BYTES, MAX_SIMPLE_PROOF_BYTES, ProofError, StoreProof, verify,
};
