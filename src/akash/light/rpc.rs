//! Headers from a node: what to ask, and how its JSON becomes a push.

use super::LightError;
use super::block::{MAX_VALIDATORS, Push, unreadable};
use crate::akash::read::wire::number;
use crate::akash::read::{ReadError, body, get, words};
use crate::kernel::port::{HttpRequest, HttpResponse};
use crate::kernel::{Nanos, time};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tendermint::block::signed_header::SignedHeader;
use tendermint::validator::{Info, Set};
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types as raw;

/// Room for response headers. **Units** bytes.
const HEADERS: u64 = 2 * 1024;

/// A status: the node, the newest and the oldest block, one validator. **Units** bytes.
pub const STATUS_MAX_BYTES: u64 = HEADERS + 4 * 1024;

/// A commit in JSON: a header, and 260 bytes for each of 150 votes. **Units** bytes.
pub const COMMIT_MAX_BYTES: u64 = HEADERS + 2 * 1024 + 150 * 260;

/// A page of validators in JSON, 260 bytes each. **Units** bytes.
pub const VALIDATORS_MAX_BYTES: u64 = HEADERS + 100 * 260;

/// Most validators on a page. **Source** CometBFT, `rpc/core/pipe.go`, `maxPerPage`.
pub const VALIDATORS_PER_PAGE: usize = 100;

/// Most pages that are looked at.
pub const MAX_VALIDATOR_PAGES: usize = MAX_VALIDATORS.div_ceil(VALIDATORS_PER_PAGE);

/// How far a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The chain that it follows.
    pub chain_id: String,
    /// Height of its newest block.
    pub height: u64,
    /// Time of its newest block.
    pub time: Nanos,
    /// Whether it is behind and knows it.
    pub catching_up: bool,
}

/// Asks how far a node is.
#[must_use]
pub fn status_request(rpc: &str) -> HttpRequest {
    get(format!("{rpc}/status"), STATUS_MAX_BYTES)
}

/// How far a node is. It is a claim, good for choosing which header to fetch.
pub fn status_reply(response: &HttpResponse) -> Result<Status, ReadError> {
    #[derive(Deserialize)]
    struct Wire {
        node_info: Node,
        sync_info: Sync,
    }
    #[derive(Deserialize)]
    struct Node {
        network: String,
    }
    #[derive(Deserialize)]
    struct Sync {
        #[serde(deserialize_with = "number")]
        latest_block_height: u64,
        latest_block_time: String,
        catching_up: bool,
    }
    let Envelope { result } = body::<Envelope<Wire>>("a node's status", response)?;
    let newest = result.sync_info;
    let time = time::parse_rfc3339(&newest.latest_block_time).ok_or_else(|| ReadError::Shape {
        expected: "a block's time (RFC 3339, UTC)",
        got: words(newest.latest_block_time.as_bytes()),
    })?;
    Ok(Status {
        chain_id: result.node_info.network,
        height: newest.latest_block_height,
        time,
        catching_up: newest.catching_up,
    })
}

/// Asks for a header and its votes. The height is always named: the newest is another at each
/// node.
#[must_use]
pub fn commit_request(rpc: &str, height: u64) -> HttpRequest {
    get(format!("{rpc}/commit?height={height}"), COMMIT_MAX_BYTES)
}

/// Asks for a page of the validators of a height, from 1. A second page is needed above
/// [`VALIDATORS_PER_PAGE`].
#[must_use]
pub fn validators_request(rpc: &str, height: u64, page: usize) -> HttpRequest {
    let url =
        format!("{rpc}/validators?height={height}&page={page}&per_page={VALIDATORS_PER_PAGE}");
    get(url, VALIDATORS_MAX_BYTES)
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: T,
}

impl Push {
    /// A push from the bodies of a node's answers: the commit of a height, the pages of its
    /// validators, and, where the set changed, the pages of the validators one above the believed
    /// header. **Errors** other shapes, and pages that are not the whole set.
    pub fn from_rpc(
        commit: &[u8],
        validators: &[&[u8]],
        trusted_next: Option<&[&[u8]]>,
    ) -> Result<Self, LightError> {
        #[derive(Deserialize)]
        struct Commit {
            signed_header: SignedHeader,
        }
        let Commit { signed_header } = result("commit", commit)?;
        let trusted_next = trusted_next.map(|pages| set("next validators", pages));
        Ok(Self {
            signed_header: Protobuf::<raw::SignedHeader>::encode_vec(signed_header),
            validators: set("validators", validators)?,
            trusted_next_validators: trusted_next.transpose()?,
        })
    }
}

/// The whole of a set from its pages, in protobuf.
fn set(what: &'static str, pages: &[&[u8]]) -> Result<Vec<u8>, LightError> {
    #[derive(Deserialize)]
    struct Page {
        validators: Vec<Info>,
        #[serde(deserialize_with = "number")]
        total: usize,
    }
    if pages.len() > MAX_VALIDATOR_PAGES {
        return Err(unreadable(what, &"more pages than are looked at"));
    }
    let mut all = Vec::new();
    let mut total = 0;
    for page in pages {
        let page: Page = result(what, page)?;
        all.extend(page.validators);
        total = page.total;
    }
    if all.len() != total || total == 0 {
        let why = format!(
            "expected pages with all {total} validators, got {}",
            all.len()
        );
        return Err(unreadable(what, &why));
    }
    // Its power is bounded before it is added up, where the library would stop the program.
    let power = all
        .iter()
        .fold(0_u64, |sum, v| sum.saturating_add(v.power()));
    if power > Set::MAX_TOTAL_VOTING_POWER {
        return Err(unreadable(what, &"more power than a chain has"));
    }
    let set = Set::without_proposer(all);
    Ok(Protobuf::<raw::ValidatorSet>::encode_vec(set))
}

fn result<T: DeserializeOwned>(what: &'static str, body: &[u8]) -> Result<T, LightError> {
    let envelope: Result<Envelope<T>, _> = serde_json::from_slice(body);
    envelope
        .map(|envelope| envelope.result)
        .map_err(|why| unreadable(what, &why))
}
