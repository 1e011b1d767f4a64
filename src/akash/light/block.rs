//! A pushed header, decoded within bounds.

use super::LightError;
use super::event::Trusted;
use std::collections::BTreeSet;
use tendermint::account::Id;
use tendermint::block::CommitSig;
use tendermint::block::signed_header::SignedHeader;
use tendermint::hash::Hash;
use tendermint::validator::Set;
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types as raw;

/// Most validators, and votes of a commit, that are looked at. Each costs about 2 million
/// instructions at worst. **Source** Akash has 100 validators; twice that leaves room for a vote
/// of its own.
pub const MAX_VALIDATORS: usize = 200;

/// Longest signed header: a kilobyte for the header, 110 bytes for a vote. **Units** bytes.
pub const MAX_SIGNED_HEADER_BYTES: usize = 24 * 1024;

/// Longest set of validators: 90 bytes for each. **Units** bytes.
pub const MAX_VALIDATORS_BYTES: usize = 20 * 1024;

/// Most characters of a library's words that are kept.
const MAX_WORDS: usize = 200;

/// A header as it is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Protobuf `tendermint.types.SignedHeader`; at most [`MAX_SIGNED_HEADER_BYTES`].
    pub signed_header: Vec<u8>,
    /// Protobuf `tendermint.types.ValidatorSet` of the header; at most [`MAX_VALIDATORS_BYTES`].
    pub validators: Vec<u8>,
    /// The set that the believed header below names as next, where it is another than
    /// `validators`: the chain's set at that header's height + 1. Bounded like `validators`.
    pub trusted_next_validators: Option<Vec<u8>>,
}

impl Push {
    /// Checks the sizes. It is the first check, since it costs nothing.
    pub(super) fn check_sizes(&self) -> Result<(), LightError> {
        let rows = [
            (
                "signed header",
                self.signed_header.len(),
                MAX_SIGNED_HEADER_BYTES,
            ),
            ("validators", self.validators.len(), MAX_VALIDATORS_BYTES),
            (
                "next validators",
                self.trusted_next_validators.as_ref().map_or(0, Vec::len),
                MAX_VALIDATORS_BYTES,
            ),
        ];
        for (what, got, max) in rows {
            if got > max {
                return Err(LightError::TooLarge { what, max, got });
            }
        }
        Ok(())
    }
}

/// A header with its votes, and what will be kept of it.
pub(super) struct Block {
    pub(super) signed: SignedHeader,
    pub(super) kept: Trusted,
    /// Hash of the header below.
    pub(super) last_hash: Option<[u8; 32]>,
}

impl Block {
    /// Decodes a header whose commit names it; signatures are not looked at.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, LightError> {
        const WHAT: &str = "signed header";
        let signed = <SignedHeader as Protobuf<raw::SignedHeader>>::decode(bytes)
            .map_err(|why| unreadable(WHAT, &why))?;
        let (header, commit) = (&signed.header, &signed.commit);
        count("votes", commit.signatures.len())?;
        let hash = hash32(WHAT, header.hash())?;
        let named = hash32(WHAT, commit.block_id.hash)?;
        if hash != named {
            return Err(LightError::Invalid {
                why: format!(
                    "expected votes for {}, got votes for {}",
                    hex::encode(hash),
                    hex::encode(named)
                ),
            });
        }
        let app_hash = header.app_hash.as_bytes().try_into();
        let kept = Trusted {
            height: header.height.value(),
            time: u64::try_from(header.time.unix_timestamp_nanos())
                .map_err(|_| LightError::Time)?,
            hash,
            app_hash: app_hash.map_err(|_| LightError::Unreadable {
                what: WHAT,
                why: "expected an app hash of 32 bytes".into(),
            })?,
            validators_hash: hash32(WHAT, header.validators_hash)?,
            next_validators_hash: hash32(WHAT, header.next_validators_hash)?,
            app_version: header.version.app,
        };
        let last_hash = header.last_block_id.map(|id| hash32(WHAT, id.hash));
        let last_hash = last_hash.transpose()?;
        Ok(Self {
            signed,
            kept,
            last_hash,
        })
    }

    /// Addresses of those who say that they voted for this header. Not yet checked.
    pub(super) fn voters(&self) -> BTreeSet<Id> {
        let votes = self.signed.commit.signatures.iter();
        votes
            .filter(|vote| vote.is_commit())
            .filter_map(CommitSig::validator_address)
            .collect()
    }
}

/// Decodes a set of validators and checks that its hash is the expected one. That each address
/// belongs to its key is checked by the decoder, which matters since only keys are hashed.
pub(super) fn validators(
    what: &'static str,
    bytes: &[u8],
    expected: [u8; 32],
) -> Result<Set, LightError> {
    let set = <Set as Protobuf<raw::ValidatorSet>>::decode(bytes)
        .map_err(|why| unreadable(what, &why))?;
    count(what, set.validators().len())?;
    let addresses: BTreeSet<Id> = set.validators().iter().map(|v| v.address).collect();
    if addresses.len() != set.validators().len() {
        return Err(LightError::Twice { what });
    }
    let got = hash32(what, set.hash())?;
    if got != expected {
        return Err(LightError::ValidatorsHash {
            what,
            expected,
            got,
        });
    }
    Ok(set)
}

fn count(what: &'static str, got: usize) -> Result<(), LightError> {
    if got == 0 || got > MAX_VALIDATORS {
        return Err(LightError::Count { what, got });
    }
    Ok(())
}

fn hash32(what: &'static str, hash: Hash) -> Result<[u8; 32], LightError> {
    match hash {
        Hash::Sha256(bytes) => Ok(bytes),
        Hash::None => Err(LightError::Unreadable {
            what,
            why: "expected a hash, got none".into(),
        }),
    }
}

pub(super) fn unreadable(what: &'static str, why: &dyn std::fmt::Display) -> LightError {
    LightError::Unreadable {
        what,
        why: words(why),
    }
}

/// The beginning of a library's words, on one line.
pub(super) fn words(why: &dyn std::fmt::Display) -> String {
    let text = why.to_string();
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_WORDS)
        .collect()
}
