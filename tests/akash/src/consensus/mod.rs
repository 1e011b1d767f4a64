//! What the validators agree on: headers, votes, sets of validators.
//!
//! **Source** CometBFT 0.38, `types/{block,vote,canonical,validator_set}.go` and its protobuf
//! files.

pub(crate) mod merkle;
pub(crate) mod validators;
pub(crate) mod wire;

pub use merkle::Hash;
pub use validators::{Validator, ValidatorSet};

use crate::http::rfc3339;
use crate::rest::json::base64;
use prost::Message as _;
use serde_json::{Value, json};

/// Version of the block protocol. **Source** CometBFT 0.38, `version.BlockProtocol`.
pub const BLOCK_PROTOCOL: u64 = 11;
/// Largest part of a block that travels alone. **Source** CometBFT, `types.BlockPartSizeBytes`.
const PART_BYTES: usize = 65_536;
/// Largest block. **Source** consensus parameters of the network.
pub(crate) const MAX_BYTES: i64 = 22_020_096;
/// Most gas of a block: without limit.
pub(crate) const MAX_GAS: i64 = -1;

/// Name of a block: hash of its header, and root of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockId {
    /// Hash of the header.
    pub hash: Hash,
    /// How many parts.
    pub total: u32,
    /// Root over the parts.
    pub parts: Hash,
}

/// A block's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version of the application; raised by some upgrades.
    pub app_version: u64,
    /// Name of the chain.
    pub chain_id: String,
    /// Height.
    pub height: u64,
    /// Weighted median of the votes of the last commit. **Units** nanoseconds.
    pub time_ns: u64,
    /// The block before; `None` at height 1.
    pub last_block_id: Option<BlockId>,
    /// Votes for the block before.
    pub last_commit_hash: Hash,
    /// Transactions of this block.
    pub data_hash: Hash,
    /// Who votes on this block.
    pub validators_hash: Hash,
    /// Who votes on the next one.
    pub next_validators_hash: Hash,
    /// Consensus parameters.
    pub consensus_hash: Hash,
    /// State *before* this block: after the block before.
    pub app_hash: Hash,
    /// Results of the transactions of the block before.
    pub last_results_hash: Hash,
    /// Misdeeds that this block reports: none.
    pub evidence_hash: Hash,
    /// Who proposed it.
    pub proposer: [u8; 20],
}

/// What one validator said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Nothing in time.
    Absent,
    /// For the block.
    Block,
    /// For none.
    Nil,
}

/// One validator's line of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitSig {
    /// What it said.
    pub vote: Vote,
    /// Who.
    pub address: [u8; 20],
    /// When. **Units** nanoseconds.
    pub time_ns: u64,
    /// Ed25519 over the vote.
    pub signature: [u8; 64],
}

/// The votes for a block, in the order of the validator set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Height of the block.
    pub height: u64,
    /// Round that decided.
    pub round: u32,
    /// The block.
    pub block_id: BlockId,
    /// One line for each validator.
    pub signatures: Vec<CommitSig>,
}

/// Hash of the consensus parameters.
pub(crate) fn consensus_hash() -> Hash {
    let params = wire::HashedParams {
        block_max_bytes: MAX_BYTES,
        block_max_gas: MAX_GAS,
    };
    crate::address::sha256(&params.encode_to_vec())
}

impl Header {
    /// Merkle root over the fields, each encoded for itself.
    pub fn hash(&self) -> Hash {
        let wire = wire::Header::from(self);
        let wrapped = |bytes: &Hash| {
            wire::Bytes {
                value: bytes.to_vec(),
            }
            .encode_to_vec()
        };
        let leaves = [
            wire.version.unwrap_or_default().encode_to_vec(),
            wire::Text {
                value: self.chain_id.clone(),
            }
            .encode_to_vec(),
            wire::Int { value: wire.height }.encode_to_vec(),
            wire.time.unwrap_or_default().encode_to_vec(),
            wire.last_block_id.unwrap_or_default().encode_to_vec(),
            wrapped(&self.last_commit_hash),
            wrapped(&self.data_hash),
            wrapped(&self.validators_hash),
            wrapped(&self.next_validators_hash),
            wrapped(&self.consensus_hash),
            wrapped(&self.app_hash),
            wrapped(&self.last_results_hash),
            wrapped(&self.evidence_hash),
            wire::Bytes {
                value: self.proposer.to_vec(),
            }
            .encode_to_vec(),
        ];
        merkle::root(&leaves)
    }

    /// As the RPC prints it.
    pub fn json(&self) -> Value {
        let version = if self.app_version == 0 {
            json!({"block": BLOCK_PROTOCOL.to_string()})
        } else {
            json!({"block": BLOCK_PROTOCOL.to_string(), "app": self.app_version.to_string()})
        };
        json!({
            "version": version,
            "chain_id": self.chain_id,
            "height": self.height.to_string(),
            "time": rfc3339(self.time_ns),
            "last_block_id": block_id_json(self.last_block_id.as_ref()),
            "last_commit_hash": hex::encode_upper(self.last_commit_hash),
            "data_hash": hex::encode_upper(self.data_hash),
            "validators_hash": hex::encode_upper(self.validators_hash),
            "next_validators_hash": hex::encode_upper(self.next_validators_hash),
            "consensus_hash": hex::encode_upper(self.consensus_hash),
            "app_hash": hex::encode_upper(self.app_hash),
            "last_results_hash": hex::encode_upper(self.last_results_hash),
            "evidence_hash": hex::encode_upper(self.evidence_hash),
            "proposer_address": hex::encode_upper(self.proposer),
        })
    }

    /// The name of the block that has this header, these transactions and this last commit.
    pub(crate) fn block_id(&self, txs: Vec<Vec<u8>>, last_commit: Option<&Commit>) -> BlockId {
        let block = wire::Block {
            header: Some(wire::Header::from(self)),
            data: Some(wire::Data { txs }),
            evidence: Some(wire::Evidence {}),
            last_commit: last_commit.map(wire::Commit::from),
        };
        let bytes = block.encode_to_vec();
        let parts: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
        BlockId {
            hash: self.hash(),
            total: u32::try_from(parts.len()).expect("blocks are small"),
            parts: merkle::root(&parts),
        }
    }
}

/// A block's name as the RPC prints it.
pub(crate) fn block_id_json(id: Option<&BlockId>) -> Value {
    let hash = |f: fn(&BlockId) -> Hash| id.map(|i| hex::encode_upper(f(i))).unwrap_or_default();
    json!({
        "hash": hash(|i| i.hash),
        "parts": {"total": id.map_or(0, |i| i.total), "hash": hash(|i| i.parts)},
    })
}

impl Commit {
    /// Merkle root over the lines.
    pub fn hash(&self) -> Hash {
        let line = |sig| wire::CommitSig::from(sig).encode_to_vec();
        let lines: Vec<Vec<u8>> = self.signatures.iter().map(line).collect();
        merkle::root(&lines)
    }

    /// As the RPC prints it.
    pub fn json(&self) -> Value {
        json!({
            "height": self.height.to_string(),
            "round": self.round,
            "block_id": block_id_json(Some(&self.block_id)),
            "signatures": self.signatures.iter().map(CommitSig::json).collect::<Value>(),
        })
    }
}

impl CommitSig {
    /// As the RPC prints it.
    pub fn json(&self) -> Value {
        let absent = self.vote == Vote::Absent;
        json!({
            "block_id_flag": self.vote.flag(),
            "validator_address":
                if absent { String::new() } else { hex::encode_upper(self.address) },
            "timestamp": if absent { NO_TIME.into() } else { rfc3339(self.time_ns) },
            "signature": if absent { Value::Null } else { base64(&self.signature).into() },
        })
    }
}

/// Go's zero time, which stands for none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

impl Vote {
    /// `BlockIDFlag`.
    pub(crate) fn flag(self) -> i32 {
        match self {
            Vote::Absent => 1,
            Vote::Block => 2,
            Vote::Nil => 3,
        }
    }
}

/// The bytes that a validator signs. **Source** `types.VoteSignBytes`.
pub fn vote_bytes(
    chain_id: &str,
    height: u64,
    round: u32,
    block: Option<&BlockId>,
    time_ns: u64,
) -> Vec<u8> {
    let vote = wire::CanonicalVote {
        kind: wire::PRECOMMIT,
        height: i64::try_from(height).expect("heights fit"),
        round: i64::from(round),
        block_id: block.map(wire::BlockId::from),
        timestamp: Some(crate::store::values::timestamp(time_ns)),
        chain_id: chain_id.into(),
    };
    vote.encode_length_delimited_to_vec()
}
