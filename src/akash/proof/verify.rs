//! Whether a proof holds.

use super::key::Key;
use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HostFunctionsManager, NonExistenceProof};
use prost_ics23::Message;

/// Longest proof in a module's tree. A balance takes about 1,500 bytes; an account record can be
/// as large as the transaction that made it, which the mempool bounds at a mebibyte. **Units**
/// bytes. **Source** CometBFT, `config`, `mempool.max_tx_bytes`.
pub const MAX_IAVL_PROOF_BYTES: usize = 1_100_000;

/// Longest proof in the tree of all stores. Thirty stores take about 250 bytes. **Units** bytes.
pub const MAX_SIMPLE_PROOF_BYTES: usize = 4_096;

/// Most steps from a leaf to a root. An IAVL tree of n keys is at most 1.44 x log2(n) deep: 128
/// steps are more than any store has.
pub const MAX_DEPTH: usize = 128;

/// What a node answers to a query for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreProof {
    /// Protobuf `ics23.CommitmentProof` in the module's tree, with the value where there is one; at
    /// most [`MAX_IAVL_PROOF_BYTES`].
    pub iavl: Vec<u8>,
    /// Protobuf `ics23.CommitmentProof` of the module's root in the tree of all stores; at most
    /// [`MAX_SIMPLE_PROOF_BYTES`].
    pub simple: Vec<u8>,
}

/// Why a proof says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A blob past its limit.
    #[error("{tree} proof: expected at most {max} bytes, got {got}")]
    TooLarge {
        /// Which proof.
        tree: &'static str,
        /// Its limit. **Units** bytes.
        max: usize,
        /// Its size. **Units** bytes.
        got: usize,
    },
    /// Not a proof, or of a kind that no node sends.
    #[error("{tree} proof: expected a proof of one key, got something else")]
    Unreadable {
        /// Which proof.
        tree: &'static str,
    },
    /// More steps than any tree is deep.
    #[error("{tree} proof: expected at most {MAX_DEPTH} steps, got {got}")]
    TooDeep {
        /// Which proof.
        tree: &'static str,
        /// Its steps.
        got: usize,
    },
    /// The hashes, the key or the shape of the path are wrong.
    #[error("{tree} proof: it does not hold for this key and root")]
    Refuted {
        /// Which proof.
        tree: &'static str,
    },
}

const IAVL: &str = "module";
const SIMPLE: &str = "store";

/// What the state says about a key: its value, or `None` where there is no such key.
///
/// `app_hash` is that of the header *above* the height that was asked for.
/// **Errors** [`ProofError`]: then nothing is known.
pub fn verify(
    app_hash: &[u8; 32],
    key: &Key,
    proof: &StoreProof,
) -> Result<Option<Vec<u8>>, ProofError> {
    verify_at(app_hash, key.store(), &key.bytes(), proof)
}

/// The same for any key of a store.
pub(super) fn verify_at(
    app_hash: &[u8; 32],
    store: &str,
    key: &[u8],
    proof: &StoreProof,
) -> Result<Option<Vec<u8>>, ProofError> {
    let in_module = decode(IAVL, &proof.iavl, MAX_IAVL_PROOF_BYTES)?;
    let in_stores = decode(SIMPLE, &proof.simple, MAX_SIMPLE_PROOF_BYTES)?;
    let Some(Proof::Exist(module)) = &in_stores.proof else {
        return Err(ProofError::Unreadable { tree: SIMPLE });
    };
    depth(SIMPLE, module)?;
    let root = module.value.clone();
    let holds = ics23::verify_membership::<HostFunctionsManager>(
        &in_stores,
        &ics23::tendermint_spec(),
        &app_hash.to_vec(),
        store.as_bytes(),
        &root,
    );
    if !holds {
        return Err(ProofError::Refuted { tree: SIMPLE });
    }
    let spec = ics23::iavl_spec();
    let refuted = ProofError::Refuted { tree: IAVL };
    match &in_module.proof {
        Some(Proof::Exist(leaf)) => {
            depth(IAVL, leaf)?;
            let value = leaf.value.clone();
            ics23::verify_membership::<HostFunctionsManager>(&in_module, &spec, &root, key, &value)
                .then_some(Some(value))
                .ok_or(refuted)
        }
        Some(Proof::Nonexist(gap)) => {
            for leaf in gap.left.iter().chain(&gap.right) {
                depth(IAVL, leaf)?;
            }
            (paths_part(gap)
                && ics23::verify_non_membership::<HostFunctionsManager>(
                    &in_module, &spec, &root, key,
                ))
            .then_some(None)
            .ok_or(refuted)
        }
        // A node sends neither, and both would widen what a proof can be.
        Some(Proof::Batch(_) | Proof::Compressed(_)) | None => {
            Err(ProofError::Unreadable { tree: IAVL })
        }
    }
}

fn decode(tree: &'static str, bytes: &[u8], max: usize) -> Result<CommitmentProof, ProofError> {
    let got = bytes.len();
    if got > max {
        return Err(ProofError::TooLarge { tree, max, got });
    }
    CommitmentProof::decode(bytes).map_err(|_| ProofError::Unreadable { tree })
}

fn depth(tree: &'static str, leaf: &ExistenceProof) -> Result<(), ProofError> {
    let got = leaf.path.len();
    if got > MAX_DEPTH {
        return Err(ProofError::TooDeep { tree, got });
    }
    Ok(())
}

/// Whether the paths of two neighbours, from the root, part before either ends. The library takes
/// it for granted and would stop the program otherwise.
fn paths_part(gap: &NonExistenceProof) -> bool {
    let (Some(left), Some(right)) = (&gap.left, &gap.right) else {
        return true;
    };
    let mut steps = left.path.iter().rev().zip(right.path.iter().rev());
    steps.any(|(l, r)| l.prefix != r.prefix || l.suffix != r.suffix)
}
