//! A chain under test: a real one, or the stand-in.

use crate::actor::Actor;
use crate::genesis::{Account, Genesis};
use crate::node::Node;
use anyhow::{Context, Result};
use orchestrator::akash::read::{self, Block, BroadcastReply, TxResult};
use orchestrator::akash::tx::SignedTx;
use orchestrator::kernel::port::{HttpMethod, HttpRequest, HttpResponse};
use std::fmt;

/// What each funded account has. **Units** uakt.
pub const RICH: u64 = 10_000_000_000;

/// What each funded account has of the coin that only modules move. **Units** uact.
pub const CREDIT: u64 = 1_000;

/// Chain id of every chain that cases run on.
pub const CHAIN_ID: &str = "conformance-1";

/// Blocks that a transaction may take from the mempool into a block.
const BLOCKS: u32 = 8;

/// A chain whose REST door is open.
pub trait World {
    /// Sends a request to it. **Errors** no answer.
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse>;

    /// REST address, without a trailing slash.
    fn rest(&self) -> String;

    /// Waits for one more block.
    fn next_block(&mut self) -> Result<()>;

    /// Whether it is the SDK itself: it knows generic permissions, and nothing of Akash's.
    fn is_sdk(&self) -> bool;
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in a block and did what it is for.
    Included(TxResult),
    /// It is in a block and failed there.
    Failed(TxResult),
    /// It did not pass a node's checks.
    Refused {
        /// Which module refuses.
        codespace: String,
        /// Its code.
        code: u32,
    },
    /// The node has it already.
    Known,
    /// It passed the checks and came into no block.
    Lost,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Included(_) => write!(f, "included"),
            Self::Failed(result) => write!(f, "failed {} {}", result.codespace, result.code),
            Self::Refused { codespace, code } => write!(f, "refused {codespace} {code}"),
            Self::Known => write!(f, "known"),
            Self::Lost => write!(f, "lost"),
        }
    }
}

/// How far the chain is. **Errors** no answer, or one without meaning.
pub fn tip(world: &mut impl World) -> Result<Block> {
    let request = read::status_request(&world.rest());
    read::status_reply(&world.send(&request)?).context("a node's status")
}

/// Hands bytes to a node. **Errors** no answer, or one without meaning.
pub fn broadcast(world: &mut impl World, tx: &SignedTx) -> Result<BroadcastReply> {
    let request = read::broadcast_request(&world.rest(), tx);
    read::broadcast_reply(&world.send(&request)?).context("a receipt")
}

/// What a block says of a transaction.
pub fn look_up(world: &mut impl World, hash: &str) -> Result<Option<TxResult>> {
    let request = read::tx_request(&world.rest(), hash);
    read::tx_reply(&world.send(&request)?).context("a transaction")
}

/// Waits until a transaction that passed the checks stands in a block.
pub fn settle(world: &mut impl World, hash: &str) -> Result<Fate> {
    for _ in 0..BLOCKS {
        world.next_block()?;
        match look_up(world, hash)? {
            Some(result) if result.code == 0 => return Ok(Fate::Included(result)),
            Some(result) => return Ok(Fate::Failed(result)),
            None => {}
        }
    }
    Ok(Fate::Lost)
}

/// Sends a transaction and waits for its fate.
pub fn submit(world: &mut impl World, tx: &SignedTx) -> Result<Fate> {
    Ok(match broadcast(world, tx)? {
        BroadcastReply::Accepted => settle(world, &tx.hash)?,
        BroadcastReply::AlreadyKnown => Fate::Known,
        BroadcastReply::Refused {
            codespace, code, ..
        } => Fate::Refused { codespace, code },
    })
}

/// The beginning of the real chain: every actor funded.
#[must_use]
pub fn genesis(actors: &[Actor]) -> Genesis {
    let mut genesis = Genesis::new(CHAIN_ID);
    let coins = [("uakt", RICH), ("uact", CREDIT)];
    genesis.accounts = actors
        .iter()
        .map(|a| Account::new(&a.address, &coins))
        .collect();
    genesis
}

impl World for Node {
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse> {
        self.client().send(request)
    }

    fn rest(&self) -> String {
        Node::rest(self).into()
    }

    fn next_block(&mut self) -> Result<()> {
        let next = self.tip()?.height + 1;
        self.wait_for_height(next)
    }

    fn is_sdk(&self) -> bool {
        true
    }
}

/// The stand-in, whose time only passes when a block is asked for.
#[derive(Debug)]
pub struct StandIn(akash_standin::Akash);

impl StandIn {
    /// A chain with the same accounts as the real one has.
    #[must_use]
    pub fn new(actors: &[Actor]) -> Self {
        let coins = || vec![(RICH, "uakt"), (CREDIT, "uact")];
        Self(akash_standin::Akash::new(akash_standin::Genesis {
            chain_id: CHAIN_ID.into(),
            balances: actors
                .iter()
                .map(|a| (a.address.clone(), coins()))
                .collect(),
            endpoints: 1,
            ..akash_standin::Genesis::default()
        }))
    }
}

impl World for StandIn {
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse> {
        let now = self.0.block_time();
        let method = match request.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
        };
        let request = akash_standin::Request {
            method: method.into(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let response = self.0.http(now, &request).map_err(anyhow::Error::msg)?;
        Ok(HttpResponse {
            status: response.status,
            body: response.body,
        })
    }

    fn rest(&self) -> String {
        akash_standin::Akash::rest_url(0)
    }

    fn next_block(&mut self) -> Result<()> {
        self.0.advance_blocks(1);
        Ok(())
    }

    fn is_sdk(&self) -> bool {
        false
    }
}
