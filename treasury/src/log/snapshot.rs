//! The state as it was at one block, kept over an upgrade so that the log need not be replayed.
//!
//! It is a shortcut and never the truth: one that was not taken at the newest block, that another
//! way of keeping or building the state made, or that is damaged, is left aside, and the log is
//! replayed.

use super::Tip;
use crate::state::State;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// Counts up whenever the encoding of [`State`] changes, or what an event does to it: then what an
/// older module saved is not what this one would have built.
pub const STATE_VERSION: u64 = 1;

#[derive(Encode)]
struct Saved<'a> {
    #[n(0)]
    version: u64,
    #[n(1)]
    tip: Option<Tip>,
    #[n(2)]
    state: &'a State,
}

/// Decoded before the state is: what another version made may not decode at all.
#[derive(Decode)]
struct Head {
    #[n(0)]
    version: u64,
    #[n(1)]
    tip: Option<Tip>,
}

#[derive(Decode)]
struct Body {
    #[n(2)]
    state: State,
}

/// Why a snapshot is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// There is none.
    #[error("there is no snapshot")]
    Missing,
    /// Not what was written.
    #[error("the snapshot is damaged")]
    Damaged,
    /// From another module.
    #[error("expected a snapshot of version {STATE_VERSION}, got {got}")]
    Version {
        /// What wrote it.
        got: u64,
    },
    /// Of another moment.
    #[error("expected a snapshot at {expected:?}, got {got:?}")]
    Stale {
        /// The newest block.
        expected: Option<Tip>,
        /// The block at which it was taken.
        got: Option<Tip>,
    },
}

/// Bytes of a snapshot: a checksum, and what it is of.
#[must_use]
pub fn encode(tip: Option<Tip>, state: &State) -> Vec<u8> {
    let saved = Saved {
        version: STATE_VERSION,
        tip,
        state,
    };
    let body = minicbor::to_vec(saved).expect("no write fails in memory");
    let mut bytes = Sha256::digest(&body).to_vec();
    bytes.extend(body);
    bytes
}

/// The state, when the snapshot is of this module and of this block. **Errors** why it is not.
pub fn decode(bytes: &[u8], tip: Option<Tip>) -> Result<State, SnapshotError> {
    if bytes.is_empty() {
        return Err(SnapshotError::Missing);
    }
    let (checksum, body) = bytes.split_at_checked(32).ok_or(SnapshotError::Damaged)?;
    if Sha256::digest(body).as_slice() != checksum {
        return Err(SnapshotError::Damaged);
    }
    let head: Head = minicbor::decode(body).map_err(|_| SnapshotError::Damaged)?;
    if head.version != STATE_VERSION {
        return Err(SnapshotError::Version { got: head.version });
    }
    if head.tip != tip {
        return Err(SnapshotError::Stale {
            expected: tip,
            got: head.tip,
        });
    }
    let body: Body = minicbor::decode(body).map_err(|_| SnapshotError::Damaged)?;
    Ok(body.state)
}
