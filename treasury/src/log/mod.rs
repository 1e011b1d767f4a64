//! The audit log: one block for each event, chained by hash, and readable as ICRC-3 says.
//!
//! A block holds what happened ([`Block::event`], for replay) and what it did to the books
//! ([`Block::entries`], for readers). It names the hash of the block before it, so that the hash of
//! the newest, which the canister certifies, stands for all of them.
//!
//! A block is kept as CBOR and becomes a [`Value`] when it is read. Whatever the bytes of a kept
//! block say must become the same value for ever, or the chain breaks: so the event is kept, and
//! hashed, as the bytes that were once written.
//!
//! What must not be here: storage, time, calls.

pub mod icrc3;
pub mod snapshot;
#[cfg(test)]
mod tests;
mod value;

pub use live_runtime::certificate::Tip;
pub use value::Value;

use crate::book::Entry;
use crate::state::{Event, Recorded, State};
use candid::Nat;
use minicbor::{Decode, Encode, Encoder};
use orchestrator::kernel::Nanos;

/// One block, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// Hash of the block before it. The first has none.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub parent: Option<[u8; 32]>,
    /// When.
    #[n(1)]
    pub at: Nanos,
    /// What happened: CBOR of an [`Event`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub event: Vec<u8>,
    /// What it did to the books.
    #[n(3)]
    pub entries: Vec<Entry>,
}

/// What a block calls what happened, by the number of the event's variant. Names are part of the
/// hash: lines are added and never changed.
const KINDS: &[(u32, &str)] = &[
    (0, "dao_configured"),
    (1, "dao_budget_adopted"),
    (2, "dao_account_derived"),
    (3, "dao_owner_derived"),
    (4, "dao_chain_observed"),
    (5, "dao_budget_credited"),
    (6, "dao_budget_released"),
    (7, "dao_tx_signed"),
    (8, "dao_tx_accepted"),
    (9, "dao_tx_refused"),
    (10, "dao_tx_included"),
    (11, "dao_tx_failed"),
    (12, "dao_tx_pending"),
    (13, "dao_tx_dead"),
    (14, "dao_change_began"),
    (15, "dao_change_ended"),
    (16, "dao_rates_read"),
    (17, "dao_fruitless"),
    (18, "dao_tx_unanswered"),
    (20, "dao_swap"),
    (21, "dao_mint"),
    (22, "dao_light_client"),
    (23, "dao_return"),
    (24, "dao_settings"),
    (25, "dao_icp_seen"),
];

/// Every type of block, as ICRC-3 wants them listed.
pub fn block_types() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, name)| *name)
}

impl Block {
    /// A block on top of another.
    #[must_use]
    pub fn new(tip: Option<&Tip>, recorded: &Recorded, entries: Vec<Entry>) -> Self {
        Self {
            parent: tip.map(|tip| tip.hash),
            at: recorded.at,
            event: minicbor::to_vec(&recorded.event).expect("no write fails in memory"),
            entries,
        }
    }

    /// As the log keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("no write fails in memory")
    }

    /// **Errors** bytes that no version of this canister wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(bytes)
    }

    /// What happened. **Errors** bytes that no version of this canister wrote.
    pub fn recorded(&self) -> Result<Recorded, minicbor::decode::Error> {
        let event: Event = minicbor::decode(&self.event)?;
        Ok(Recorded { at: self.at, event })
    }

    /// [`Recorded`] as bytes, without decoding what happened.
    #[must_use]
    pub fn recorded_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::with_capacity(self.event.len() + 10));
        encoder
            .array(2)
            .and_then(|e| e.u64(self.at))
            .expect("no write fails in memory");
        let mut bytes = encoder.into_writer();
        bytes.extend_from_slice(&self.event);
        bytes
    }

    /// The name of what happened, or `None` for an event that no version of this canister wrote.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        let mut decoder = minicbor::Decoder::new(&self.event);
        decoder.array().ok()?;
        let number = decoder.u32().ok()?;
        let known = KINDS.iter().find(|(known, _)| *known == number);
        known.map(|(_, name)| *name)
    }

    /// As ICRC-3 shows it.
    ///
    /// Fields: `phash`, the hash of the block before it; `btype`, see [`block_types`]; `ts`, when
    /// (ns since the Unix epoch); `event`, CBOR of what happened; `entries`, where there are any.
    /// Each entry is a map of `why`, and where they are known `nonce` and `payload_hash` of the
    /// order, `tx_hash` (bytes, or text where it is no hash), `height`, and `postings`: arrays of
    /// account, asset, what came in and what went out, which are the same sum in each asset.
    ///
    /// There is no `Int` in it: the library that most readers use hashes those that are not negative
    /// otherwise than the standard says.
    #[must_use]
    pub fn value(&self) -> Value {
        let mut map = Vec::new();
        let mut put = |name: &str, value| map.push((name.to_string(), value));
        if let Some(parent) = self.parent {
            put("phash", Value::blob(parent));
        }
        put(
            "btype",
            Value::text(self.kind().unwrap_or("dao_of_no_known_type")),
        );
        put("ts", Value::nat(self.at));
        put("event", Value::blob(self.event.clone()));
        if !self.entries.is_empty() {
            let entries = self.entries.iter().map(entry_value);
            put("entries", Value::Array(entries.collect()));
        }
        Value::Map(map)
    }

    /// The hash by which the next block names it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.value().hash()
    }
}

fn entry_value(entry: &Entry) -> Value {
    let mut map = Vec::new();
    let mut put = |name: &str, value| map.push((name.to_string(), value));
    put("why", Value::text(entry.why.clone()));
    if let Some(order) = &entry.order {
        put("nonce", Value::nat(order.nonce));
        put("payload_hash", Value::blob(order.payload_hash));
    }
    if let Some(hash) = &entry.tx_hash {
        let bytes = hex::decode(hash).ok();
        let bytes = bytes.filter(|bytes| hex::encode_upper(bytes) == *hash);
        put(
            "tx_hash",
            bytes.map_or_else(|| Value::text(hash.clone()), Value::blob),
        );
    }
    if let Some(height) = entry.height {
        put("height", Value::nat(height));
    }
    let postings = entry.postings.iter().map(|posting| {
        let amount = || Value::Nat(Nat::from(posting.amount.unsigned_abs()));
        let (into, out) = if posting.amount < 0 {
            (Value::nat(0), amount())
        } else {
            (amount(), Value::nat(0))
        };
        Value::Array(vec![
            Value::text(posting.account.to_string()),
            Value::text(posting.asset.symbol()),
            into,
            out,
        ])
    });
    put("postings", Value::Array(postings.collect()));
    Value::Map(map)
}

/// A block that is no longer what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The bytes are not a block's.
    #[error("block {index}: {why}")]
    Unreadable {
        /// Which.
        index: u64,
        /// What is wrong with it.
        why: String,
    },
    /// It stands on another block than the one before it.
    #[error("block {index}: expected {expected} as hash of the block before it, got {got}")]
    Broken {
        /// Which.
        index: u64,
        /// Hexadecimal.
        expected: String,
        /// Hexadecimal.
        got: String,
    },
    /// It says something else than what its event leads to.
    #[error("block {index}: expected {expected} by its event, got {got}")]
    Other {
        /// Which.
        index: u64,
        /// By replay.
        expected: String,
        /// As it is.
        got: String,
    },
}

/// Rebuilds the state from a log, and checks everything that a log can be checked for by itself:
/// that each block names the one before it, that its event is readable, and that everything else in
/// it is what follows from the event.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// After all blocks so far.
    pub state: State,
    /// The last of them.
    pub tip: Option<Tip>,
}

impl Replay {
    /// Takes the next block, as ICRC-3 shows it. **Errors** what is wrong with it; then the state is
    /// of no more use.
    pub fn next(&mut self, value: &Value) -> Result<Block, LogError> {
        let index = self.tip.map_or(0, |tip| tip.index + 1);
        let unreadable = |why: String| LogError::Unreadable { index, why };
        let missing = |what: &str| unreadable(format!("expected {what}, got none that fits"));
        let parent = match value.get("phash") {
            None => None,
            Some(Value::Blob(hash)) => Some(hash.to_vec()),
            Some(_) => return Err(missing("bytes as phash")),
        };
        let expected = self.tip.map(|tip| tip.hash.to_vec());
        if parent != expected {
            let shown = |hash: Option<Vec<u8>>| hash.map_or("none".into(), hex::encode);
            return Err(LogError::Broken {
                index,
                expected: shown(expected),
                got: shown(parent),
            });
        }
        let (Some(Value::Nat(at)), Some(Value::Blob(event))) =
            (value.get("ts"), value.get("event"))
        else {
            return Err(missing("ts and event"));
        };
        let at = u64::try_from(&at.0).map_err(|_| missing("a time of 64 bits"))?;
        let decoded: Event = minicbor::decode(event)
            .map_err(|why| unreadable(format!("its event cannot be read: {why}")))?;
        let recorded = Recorded { at, event: decoded };
        let block = Block {
            parent: self.tip.map(|tip| tip.hash),
            at,
            event: event.to_vec(),
            entries: self.state.apply(&recorded),
        };
        let replayed = block.value();
        let hash = value.hash();
        // Not their hashes: a text and its bytes have the same, and so have `Nat` and `Int`.
        if replayed != *value {
            return Err(LogError::Other {
                index,
                expected: format!("{replayed:?}"),
                got: format!("{value:?}"),
            });
        }
        self.tip = Some(Tip { index, hash });
        Ok(block)
    }
}
