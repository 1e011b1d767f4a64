//! The endpoints of ICRC-3: shapes, and pages of the log.
//!
//! **Source** ICRC-3, *Specification*. There are no archives: all blocks are here. A page holds at
//! most [`MAX_PAGE`] blocks and about [`MAX_PAGE_BYTES`] bytes; whoever wants more asks for what
//! comes after the last block they got.

use super::{Block, Value, block_types};
use crate::limits::{MAX_PAGE, MAX_PAGE_BYTES, MAX_RANGES};
use candid::{CandidType, Nat, Principal, define_function};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Blocks that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct GetBlocksArgs {
    /// Index of the first.
    pub start: Nat,
    /// How many.
    pub length: Nat,
}

/// Blocks that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct GetBlocksResult {
    /// How many blocks there are in all.
    pub log_length: Nat,
    /// In the order in which they were asked for.
    pub blocks: Vec<BlockWithId>,
    /// None: all blocks are here.
    pub archived_blocks: Vec<ArchivedBlocks>,
}

/// A block with its index.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BlockWithId {
    /// The index.
    pub id: Nat,
    /// The block.
    pub block: Value,
}

define_function!(pub GetBlocksFn : (Vec<GetBlocksArgs>) -> (GetBlocksResult) query);

/// Blocks that another canister has.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct ArchivedBlocks {
    /// Which.
    pub args: Vec<GetBlocksArgs>,
    /// Where.
    pub callback: GetBlocksFn,
}

/// Which archives to list.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct GetArchivesArgs {
    /// Those after this one.
    pub from: Option<Principal>,
}

/// An archive.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct ArchiveInfo {
    /// Where.
    pub canister_id: Principal,
    /// Its first block.
    pub start: Nat,
    /// Its last block.
    pub end: Nat,
}

/// What the subnet signed for the newest block.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct DataCertificate {
    /// Of the root of the hash tree.
    pub certificate: ByteBuf,
    /// With the labels `last_block_index` and `last_block_hash`.
    pub hash_tree: ByteBuf,
}

/// A type of block.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct BlockType {
    /// As in `btype`.
    pub block_type: String,
    /// What it means.
    pub url: String,
}

/// Every type of block that the log can have. The canister's page at `/block-types` says what they
/// mean.
#[must_use]
pub fn supported(canister: Principal) -> Vec<BlockType> {
    let types = block_types().map(|name| BlockType {
        block_type: name.to_string(),
        url: format!("https://{canister}.icp0.io/block-types"),
    });
    types.collect()
}

/// A page: of at most [`MAX_RANGES`] ranges, as many blocks as fit. `read` gives a kept block.
pub fn get_blocks(
    args: &[GetBlocksArgs],
    count: u64,
    read: impl Fn(u64) -> Option<Vec<u8>>,
) -> GetBlocksResult {
    let mut blocks = Vec::new();
    let mut size = 0;
    let number = |nat: &Nat| u64::try_from(&nat.0).unwrap_or(u64::MAX);
    let ranges = args.iter().take(MAX_RANGES).map(|range| {
        let start = number(&range.start).min(count);
        start..start.saturating_add(number(&range.length)).min(count)
    });
    for index in ranges.flatten() {
        if blocks.len() as u64 == MAX_PAGE {
            break;
        }
        let Some(block) = read(index).and_then(|bytes| Block::decode(&bytes).ok()) else {
            break;
        };
        let block = block.value();
        size += block.size();
        if size > MAX_PAGE_BYTES && !blocks.is_empty() {
            break;
        }
        blocks.push(BlockWithId {
            id: Nat::from(index),
            block,
        });
    }
    GetBlocksResult {
        log_length: Nat::from(count),
        blocks,
        archived_blocks: Vec::new(),
    }
}
