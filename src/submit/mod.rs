//! Sign, send, watch: the pipeline of every transaction, and reads that several endpoints agree on.
//!
//! What a transaction is for is not known here, and nothing is journaled here: each function makes
//! at most one write to the outside, and its caller records what came of it.

use crate::akash::read::{
    self, Block, BroadcastReply, ReadError, TxResult, status_reply, status_request, tx_reply,
    tx_request,
};
use crate::akash::tx::{SignedTx, TxPlan};
use crate::kernel::chain::{ChainConfig, Endpoint};
use crate::kernel::port::{HttpRequest, HttpResponse, NoAnswer, Outcome, Runtime, SignError};
use crate::kernel::{NANOS_PER_SECOND, Nanos};

#[cfg(test)]
mod tests;

/// How much later than a timeout a block must be before the transaction counts as dead: nodes
/// index a block some time after they have made it. **Units** ns.
pub const DEATH_MARGIN: Nanos = 30 * NANOS_PER_SECOND;

/// What a node has against a transaction. A claim of that node, and no proof that the transaction is
/// in no block: a node that checks one which it has executed already says code 18 of `sdk` (its
/// nonce is used), or 32 (its sequence is), or 42 (it is past its timeout by now).
/// **Source** Cosmos SDK 0.53, `x/auth/ante`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{codespace} {code}: {log}")]
pub struct Refusal {
    /// Which module refuses.
    pub codespace: String,
    /// Its code.
    pub code: u32,
    /// Its words.
    pub log: String,
}

/// What became of a transaction, as enough endpoints say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is in a block and did what it is for.
    Included {
        /// Block.
        height: u64,
        /// What its messages answered ([`TxResult::data`]).
        data: Vec<u8>,
    },
    /// It is in a block and failed there: nothing happened but the fee.
    Failed {
        /// Block.
        height: u64,
        /// Which module refused.
        codespace: String,
        /// Its code.
        code: u32,
        /// Its words.
        log: String,
    },
    /// It is in no block and cannot come any more.
    Dead,
    /// None of these is certain.
    Pending,
}

/// What endpoints agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement<T> {
    /// As many as configured say this.
    Agreed(T),
    /// Not so: what they said, for people.
    Open(String),
}

/// Signs a plan. **Errors** the key could not be used; asking again is always safe.
pub async fn sign(
    rt: &impl Runtime,
    chain: &ChainConfig,
    path: Vec<Vec<u8>>,
    plan: &TxPlan,
) -> Result<SignedTx, SignError> {
    let unsigned = plan.unsigned(&chain.chain_id);
    let signature = rt.sign(path, unsigned.digest()).await?;
    Ok(unsigned.signed(signature))
}

/// Sends a transaction to one endpoint. Repeating it does no harm.
///
/// `Done` means that it is in a mempool. `NotDone` is this endpoint's claim: it also says so of a
/// transaction that is in a block already ([`Refusal`]). Only [`probe`] decides.
pub async fn broadcast(
    rt: &impl Runtime,
    endpoint: &Endpoint,
    tx: &SignedTx,
) -> Outcome<(), Refusal> {
    let request = read::broadcast_request(&endpoint.rest, tx);
    let Ok(reply) = ask(rt, request, read::broadcast_reply).await else {
        return Outcome::Unknown;
    };
    match reply {
        BroadcastReply::Accepted | BroadcastReply::AlreadyKnown => Outcome::Done(()),
        BroadcastReply::Refused {
            codespace,
            code,
            log,
        } => Outcome::NotDone(Refusal {
            codespace,
            code,
            log,
        }),
    }
}

/// Finds out what became of a transaction that dies after `timeout_ns`.
///
/// Each endpoint's newest block is read *before* the transaction is looked up there, so that "not
/// found" cannot mean "found just now". As long as no block can be late enough by our own clock it
/// is not read at all: "not found" settles nothing then.
pub async fn probe(
    rt: &impl Runtime,
    chain: &ChainConfig,
    tx: &SignedTx,
    timeout_ns: Nanos,
) -> Verdict {
    let dead_after = timeout_ns.saturating_add(DEATH_MARGIN);
    let may_be_dead = rt.now() > dead_after;
    let mut votes = Votes::new(chain);
    for endpoint in &chain.endpoints {
        let mut is_late = false;
        if may_be_dead {
            let request = status_request(&endpoint.rest);
            let Ok(Block { time_ns, .. }) = ask(rt, request, status_reply).await else {
                continue;
            };
            is_late = time_ns > dead_after;
        }
        let Ok(found) = ask(rt, tx_request(&endpoint.rest, &tx.hash), tx_reply).await else {
            continue;
        };
        let verdict = match found {
            // What a cache remembers of another transaction.
            Some(TxResult { hash, .. }) if hash != tx.hash => continue,
            Some(TxResult {
                height,
                code: 0,
                data,
                ..
            }) => Verdict::Included { height, data },
            Some(TxResult {
                height,
                code,
                codespace,
                log,
                ..
            }) => Verdict::Failed {
                height,
                codespace,
                code,
                log,
            },
            None if is_late => Verdict::Dead,
            None => Verdict::Pending,
        };
        // The words of a failure are not under consensus.
        let same = |a: &Verdict, b: &Verdict| match (a, b) {
            (
                Verdict::Failed {
                    height: h,
                    codespace: s,
                    code: c,
                    ..
                },
                Verdict::Failed {
                    height,
                    codespace,
                    code,
                    ..
                },
            ) => h == height && s == codespace && c == code,
            _ => a == b,
        };
        if let Some(verdict) = votes.cast(verdict, same) {
            return verdict;
        }
    }
    Verdict::Pending
}

/// Asks endpoints in turn until enough of them say the same. An error is not a vote.
pub async fn agree<T: Eq + Clone>(
    rt: &impl Runtime,
    chain: &ChainConfig,
    request: impl Fn(&Endpoint) -> HttpRequest,
    reply: impl Fn(&HttpResponse) -> Result<T, ReadError>,
) -> Agreement<T> {
    let mut votes = Votes::new(chain);
    let mut errors = Vec::new();
    for endpoint in &chain.endpoints {
        match ask(rt, request(endpoint), &reply).await {
            Ok(answer) => {
                if let Some(agreed) = votes.cast(answer, T::eq) {
                    return Agreement::Agreed(agreed);
                }
            }
            Err(why) => errors.push(format!("{}: {why}", endpoint.rest)),
        }
    }
    Agreement::Open(format!(
        "expected {} equal answers of {} endpoints, got {} different ones and {} errors{}",
        chain.agreement,
        chain.endpoints.len(),
        votes.seen.len(),
        errors.len(),
        errors
            .first()
            .map(|first| format!(" ({first})"))
            .unwrap_or_default()
    ))
}

/// Answers so far, and how many gave each.
struct Votes<T> {
    needed: usize,
    seen: Vec<(T, usize)>,
}

impl<T: Clone> Votes<T> {
    fn new(chain: &ChainConfig) -> Self {
        Self {
            needed: usize::from(chain.agreement),
            seen: Vec::new(),
        }
    }

    /// Counts a vote; gives the answer back once it has enough.
    fn cast(&mut self, answer: T, same: impl Fn(&T, &T) -> bool) -> Option<T> {
        let at = self.seen.iter().position(|(seen, _)| same(seen, &answer));
        let at = at.unwrap_or_else(|| {
            self.seen.push((answer, 0));
            self.seen.len() - 1
        });
        self.seen[at].1 += 1;
        (self.seen[at].1 >= self.needed).then(|| self.seen[at].0.clone())
    }
}

/// Why an endpoint said nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No answer came.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The answer says nothing.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// One request and the meaning of its answer.
pub async fn ask<T>(
    rt: &impl Runtime,
    request: HttpRequest,
    reply: impl Fn(&HttpResponse) -> Result<T, ReadError>,
) -> Result<T, AskError> {
    let response = rt.outcall(request).await?;
    Ok(reply(&response)?)
}
