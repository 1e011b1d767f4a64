//! Commitment proofs. **Source** ICS-23, `cosmos/ics23/v1/proofs.proto`.

use prost::Message;

/// `SHA256` of the enum `HashOp`.
const SHA256: i32 = 1;
/// `VAR_PROTO` of the enum `LengthOp`.
const VAR_PROTO: i32 = 1;

/// `LeafOp`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct LeafOp {
    #[prost(int32, tag = "1")]
    hash: i32,
    #[prost(int32, tag = "2")]
    prehash_key: i32,
    #[prost(int32, tag = "3")]
    prehash_value: i32,
    #[prost(int32, tag = "4")]
    length: i32,
    #[prost(bytes = "vec", tag = "5")]
    prefix: Vec<u8>,
}

impl LeafOp {
    /// SHA-256 over prefix, key and hash of the value, both with their lengths.
    pub(crate) fn of(prefix: Vec<u8>) -> LeafOp {
        LeafOp {
            hash: SHA256,
            prehash_key: 0,
            prehash_value: SHA256,
            length: VAR_PROTO,
            prefix,
        }
    }
}

/// `InnerOp`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct InnerOp {
    #[prost(int32, tag = "1")]
    hash: i32,
    #[prost(bytes = "vec", tag = "2")]
    prefix: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    suffix: Vec<u8>,
}

impl InnerOp {
    /// SHA-256 over prefix, child and suffix.
    pub(crate) fn sha256(prefix: Vec<u8>, suffix: Vec<u8>) -> InnerOp {
        InnerOp {
            hash: SHA256,
            prefix,
            suffix,
        }
    }
}

/// `ExistenceProof`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Existence {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub(crate) leaf: Option<LeafOp>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) path: Vec<InnerOp>,
}

/// `NonExistenceProof`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct NonExistence {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub(crate) left: Option<Existence>,
    #[prost(message, optional, tag = "3")]
    pub(crate) right: Option<Existence>,
}

/// `CommitmentProof`, of one key.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct CommitmentProof {
    #[prost(message, optional, tag = "1")]
    exist: Option<Existence>,
    #[prost(message, optional, tag = "2")]
    nonexist: Option<NonExistence>,
}

impl CommitmentProof {
    pub(crate) fn existence(proof: Existence) -> CommitmentProof {
        CommitmentProof {
            exist: Some(proof),
            nonexist: None,
        }
    }

    pub(crate) fn absence(proof: NonExistence) -> CommitmentProof {
        CommitmentProof {
            exist: None,
            nonexist: Some(proof),
        }
    }
}
