//! Protobuf messages of CometBFT. What Go keeps by value is always `Some`.

use super::{CommitSig as Line, Vote};
use crate::proto::Seconds;
use prost::Message;

/// `SIGNED_MSG_TYPE_PRECOMMIT`.
pub(crate) const PRECOMMIT: i32 = 2;

/// `google.protobuf.BytesValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Bytes {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) value: Vec<u8>,
}

/// `google.protobuf.StringValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Text {
    #[prost(string, tag = "1")]
    pub(crate) value: String,
}

/// `google.protobuf.Int64Value`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Int {
    #[prost(int64, tag = "1")]
    pub(crate) value: i64,
}

/// `tendermint.version.Consensus`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Version {
    #[prost(uint64, tag = "1")]
    block: u64,
    #[prost(uint64, tag = "2")]
    app: u64,
}

/// `tendermint.types.PartSetHeader` and its canonical form.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Parts {
    #[prost(uint32, tag = "1")]
    total: u32,
    #[prost(bytes = "vec", tag = "2")]
    hash: Vec<u8>,
}

/// `tendermint.types.BlockID` and its canonical form.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BlockId {
    #[prost(bytes = "vec", tag = "1")]
    hash: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    parts: Option<Parts>,
}

/// `tendermint.types.Header`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(message, optional, tag = "1")]
    pub(crate) version: Option<Version>,
    #[prost(string, tag = "2")]
    chain_id: String,
    #[prost(int64, tag = "3")]
    pub(crate) height: i64,
    #[prost(message, optional, tag = "4")]
    pub(crate) time: Option<Seconds>,
    #[prost(message, optional, tag = "5")]
    pub(crate) last_block_id: Option<BlockId>,
    #[prost(bytes = "vec", tag = "6")]
    last_commit_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    data_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    validators_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    next_validators_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    consensus_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "11")]
    app_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "12")]
    last_results_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "13")]
    evidence_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "14")]
    proposer_address: Vec<u8>,
}

/// `tendermint.types.CommitSig`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CommitSig {
    #[prost(int32, tag = "1")]
    block_id_flag: i32,
    #[prost(bytes = "vec", tag = "2")]
    validator_address: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    timestamp: Option<Seconds>,
    #[prost(bytes = "vec", tag = "4")]
    signature: Vec<u8>,
}

/// `tendermint.types.Commit`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Commit {
    #[prost(int64, tag = "1")]
    height: i64,
    #[prost(int32, tag = "2")]
    round: i32,
    #[prost(message, optional, tag = "3")]
    block_id: Option<BlockId>,
    #[prost(message, repeated, tag = "4")]
    signatures: Vec<CommitSig>,
}

/// `tendermint.types.Data`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Data {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) txs: Vec<Vec<u8>>,
}

/// `tendermint.types.EvidenceList` without entries.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Evidence {}

/// `tendermint.types.Block`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Block {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<Header>,
    #[prost(message, optional, tag = "2")]
    pub(crate) data: Option<Data>,
    #[prost(message, optional, tag = "3")]
    pub(crate) evidence: Option<Evidence>,
    #[prost(message, optional, tag = "4")]
    pub(crate) last_commit: Option<Commit>,
}

/// `tendermint.types.CanonicalVote`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CanonicalVote {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(sfixed64, tag = "2")]
    pub(crate) height: i64,
    #[prost(sfixed64, tag = "3")]
    pub(crate) round: i64,
    #[prost(message, optional, tag = "4")]
    pub(crate) block_id: Option<BlockId>,
    #[prost(message, optional, tag = "5")]
    pub(crate) timestamp: Option<Seconds>,
    #[prost(string, tag = "6")]
    pub(crate) chain_id: String,
}

/// `tendermint.crypto.PublicKey` of the kind that validators have.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PublicKey {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ed25519: Vec<u8>,
}

/// `tendermint.types.SimpleValidator`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SimpleValidator {
    #[prost(message, optional, tag = "1")]
    pub(crate) pub_key: Option<PublicKey>,
    #[prost(int64, tag = "2")]
    pub(crate) voting_power: i64,
}

/// `tendermint.types.HashedParams`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HashedParams {
    #[prost(int64, tag = "1")]
    pub(crate) block_max_bytes: i64,
    #[prost(int64, tag = "2")]
    pub(crate) block_max_gas: i64,
}

/// `tendermint.abci.ExecTxResult`, reduced to what every node agrees on.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TxResult {
    #[prost(uint32, tag = "1")]
    pub(crate) code: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
    #[prost(int64, tag = "5")]
    pub(crate) gas_wanted: i64,
    #[prost(int64, tag = "6")]
    pub(crate) gas_used: i64,
}

/// Seconds of Go's zero time.
const NO_TIME: i64 = -62_135_596_800;

fn signed(height: u64) -> i64 {
    i64::try_from(height).expect("heights fit")
}

impl From<&super::BlockId> for BlockId {
    fn from(id: &super::BlockId) -> BlockId {
        let parts = Parts {
            total: id.total,
            hash: id.parts.to_vec(),
        };
        BlockId {
            hash: id.hash.to_vec(),
            parts: Some(parts),
        }
    }
}

impl From<&super::Header> for Header {
    fn from(h: &super::Header) -> Header {
        let none = BlockId {
            hash: Vec::new(),
            parts: Some(Parts::default()),
        };
        Header {
            version: Some(Version {
                block: super::BLOCK_PROTOCOL,
                app: h.app_version,
            }),
            chain_id: h.chain_id.clone(),
            height: signed(h.height),
            time: Some(crate::store::values::timestamp(h.time_ns)),
            last_block_id: Some(h.last_block_id.as_ref().map_or(none, BlockId::from)),
            last_commit_hash: h.last_commit_hash.to_vec(),
            data_hash: h.data_hash.to_vec(),
            validators_hash: h.validators_hash.to_vec(),
            next_validators_hash: h.next_validators_hash.to_vec(),
            consensus_hash: h.consensus_hash.to_vec(),
            app_hash: h.app_hash.to_vec(),
            last_results_hash: h.last_results_hash.to_vec(),
            evidence_hash: h.evidence_hash.to_vec(),
            proposer_address: h.proposer.to_vec(),
        }
    }
}

impl From<&Line> for CommitSig {
    fn from(line: &Line) -> CommitSig {
        if line.vote == Vote::Absent {
            let timestamp = Some(Seconds {
                seconds: NO_TIME,
                nanos: 0,
            });
            let block_id_flag = line.vote.flag();
            return CommitSig {
                block_id_flag,
                timestamp,
                ..CommitSig::default()
            };
        }
        CommitSig {
            block_id_flag: line.vote.flag(),
            validator_address: line.address.to_vec(),
            timestamp: Some(crate::store::values::timestamp(line.time_ns)),
            signature: line.signature.to_vec(),
        }
    }
}

impl From<&super::Commit> for Commit {
    fn from(c: &super::Commit) -> Commit {
        Commit {
            height: signed(c.height),
            round: i32::try_from(c.round).expect("rounds are few"),
            block_id: Some(BlockId::from(&c.block_id)),
            signatures: c.signatures.iter().map(CommitSig::from).collect(),
        }
    }
}
