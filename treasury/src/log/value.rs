//! What a block is for the world: a value of ICRC-3, and its hash.
//!
//! **Source** ICRC-3, *Value* and *Value Hash*: representation-independent hashing.

use candid::{CandidType, Int, Nat};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

/// A value without a schema.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub enum Value {
    /// Bytes.
    Blob(ByteBuf),
    /// Text.
    Text(String),
    /// A natural number.
    Nat(Nat),
    /// A whole number.
    Int(Int),
    /// In this order.
    Array(Vec<Value>),
    /// By name; the order of the names is no matter.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Bytes.
    #[must_use]
    pub fn blob(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Blob(ByteBuf::from(bytes))
    }

    /// Text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A natural number.
    #[must_use]
    pub fn nat(number: u64) -> Self {
        Self::Nat(Nat::from(number))
    }

    /// What a map has under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(items) = self else { return None };
        items.iter().find(|(key, _)| key == name).map(|(_, v)| v)
    }

    /// The hash by which others name it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        match self {
            Self::Blob(bytes) => sha256(bytes),
            Self::Text(text) => sha256(text.as_bytes()),
            Self::Nat(number) => {
                let mut bytes = Vec::new();
                number.encode(&mut bytes).expect("no write fails in memory");
                sha256(&bytes)
            }
            Self::Int(number) => {
                let mut bytes = Vec::new();
                number.encode(&mut bytes).expect("no write fails in memory");
                sha256(&bytes)
            }
            Self::Array(items) => {
                let mut hasher = Sha256::new();
                for item in items {
                    hasher.update(item.hash());
                }
                hasher.finalize().into()
            }
            Self::Map(items) => {
                let mut hashes: Vec<([u8; 32], [u8; 32])> = items
                    .iter()
                    .map(|(key, value)| (sha256(key.as_bytes()), value.hash()))
                    .collect();
                hashes.sort_unstable();
                let mut hasher = Sha256::new();
                for (key, value) in hashes {
                    hasher.update(key);
                    hasher.update(value);
                }
                hasher.finalize().into()
            }
        }
    }

    /// About how many bytes it takes in an answer. Never less.
    #[must_use]
    pub fn size(&self) -> usize {
        /// A tag, and a length that ten bytes hold.
        const HEAD: usize = 11;
        HEAD + match self {
            Self::Blob(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
            Self::Nat(number) => number_size(number.0.bits()),
            Self::Int(number) => number_size(number.0.bits()),
            Self::Array(items) => items.iter().map(Self::size).sum(),
            Self::Map(items) => items
                .iter()
                .map(|(key, value)| HEAD + key.len() + value.size())
                .sum(),
        }
    }
}

/// Bytes of a number in groups of seven bits, the sign being one more.
fn number_size(bits: u64) -> usize {
    usize::try_from(bits / 7).unwrap_or(usize::MAX - 2) + 2
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
