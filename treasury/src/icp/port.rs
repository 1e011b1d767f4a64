//! The ledger, as tasks see it.

use super::{Answer, Arguments, IcpAccount};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::E8s;
use std::future::Future;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is in this block, now or since an earlier attempt.
    Done(u64),
    /// This attempt had no effect.
    Refused(Answer),
    /// No answer came.
    Unknown,
}

/// What the ledger is like now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What a transfer costs.
    pub fee: E8s,
    /// How many blocks there are.
    pub length: u64,
}

/// One block that moves ICP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it stands.
    pub index: u64,
    /// Account identifier.
    pub from: [u8; 32],
    /// Account identifier.
    pub to: [u8; 32],
    /// What arrived.
    pub amount: E8s,
    /// As its sender gave it.
    pub memo: Option<Vec<u8>>,
    /// As its sender gave it.
    pub created_at: Option<Nanos>,
}

/// A page of blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Those of the page that move ICP.
    pub moved: Vec<Moved>,
    /// The first block after the page.
    pub next: u64,
}

/// No answer, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger: {0}")]
pub struct NoAnswer(pub String);

/// The ICP ledger.
pub trait Ledger {
    /// Raw principal of the treasury.
    fn this(&self) -> Vec<u8>;

    /// What a transfer costs, and how long the ledger is. **Errors** no answer.
    fn condition(&self) -> impl Future<Output = Result<Condition, NoAnswer>>;

    /// What an account of the treasury holds. **Errors** no answer.
    fn balance(&self, subaccount: [u8; 32]) -> impl Future<Output = Result<E8s, NoAnswer>>;

    /// Asks for a transfer. The same arguments are the same transfer.
    fn transfer(&self, arguments: &Arguments) -> impl Future<Output = Attempt>;

    /// Blocks from an index on, at most so many. **Errors** no answer, or not all of the page.
    fn blocks(&self, start: u64, length: u64) -> impl Future<Output = Result<Page, NoAnswer>>;
}

/// What a search says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// It is in this block.
    Found(u64),
    /// It is in no block that there was when the search began.
    Absent,
}

/// Blocks that are asked for at once. **Source** ICP ledger, `MAX_BLOCKS_PER_REQUEST` is 2000; less,
/// so that an answer of an archive stays far below 2 MiB.
pub const PAGE: u64 = 1_000;

/// Looks for a transfer from block `start` on.
///
/// **Errors** the ledger did not show every block up to its length when the search began.
pub async fn search(
    ledger: &impl Ledger,
    start: u64,
    arguments: &Arguments,
) -> Result<Search, NoAnswer> {
    let end = ledger.condition().await?.length;
    let this = ledger.this();
    let from = match &arguments.from {
        super::From::Subaccount(subaccount) => IcpAccount::own(*subaccount).owned_by(&this),
        super::From::Allowance(account) => account.clone(),
    };
    let (from, to) = (from.identifier(), arguments.to.owned_by(&this).identifier());
    let mut next = start;
    while next < end {
        let page = ledger.blocks(next, PAGE.min(end - next)).await?;
        if page.next <= next {
            return Err(NoAnswer(format!(
                "expected blocks from {next} on, got none"
            )));
        }
        let found = page.moved.iter().find(|moved| {
            moved.memo.as_deref() == Some(&arguments.memo[..])
                && moved.created_at == Some(arguments.created_at)
                && moved.from == from
                && moved.to == to
                && moved.amount == arguments.amount
        });
        if let Some(found) = found {
            return Ok(Search::Found(found.index));
        }
        next = page.next;
    }
    Ok(Search::Absent)
}
