//! Blocks and the mempool.

use super::ante::Mode;
use super::failure::{Failure, Outcome, code, sdk};
use super::headers::Ledger;
use super::tx::{self, Tx};
use super::{Ctx, Rules, State};
use crate::address;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Largest transaction. **Source** CometBFT, `mempool.max_tx_bytes`.
pub const MAX_TX_BYTES: usize = 1_048_576;
/// Most transactions that wait. **Source** CometBFT, `mempool.size`.
pub const MEMPOOL_SIZE: usize = 5_000;

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Included {
    /// The transaction.
    pub tx: Arc<Tx>,
    /// Its block.
    pub height: u64,
    /// Position in it.
    pub index: u32,
    /// What became of it.
    pub failure: Option<Failure>,
    /// Limit.
    pub gas_wanted: u64,
    /// Estimate.
    pub gas_used: u64,
    /// `TxMsgData`.
    pub data: Vec<u8>,
}

/// One chain.
#[derive(Debug)]
pub struct Chain {
    rules: Arc<Rules>,
    first_height: u64,
    times_ns: Vec<u64>,
    /// States after the last blocks, the newest last.
    history: VecDeque<State>,
    check: State,
    mempool: Vec<Arc<Tx>>,
    /// Hashes that a mempool remembers.
    cache: BTreeSet<[u8; 32]>,
    included: Vec<Included>,
    by_hash: BTreeMap<String, usize>,
    pub(super) ledger: Ledger,
}

impl Chain {
    /// A chain whose first block is `height` at `time_ns`.
    pub(crate) fn new(
        rules: Rules,
        height: u64,
        time_ns: u64,
        state: State,
        ledger: Ledger,
    ) -> Chain {
        Chain {
            ledger,
            rules: Arc::new(rules),
            first_height: height,
            times_ns: vec![time_ns],
            history: VecDeque::from([state.clone()]),
            check: state,
            mempool: Vec::new(),
            cache: BTreeSet::new(),
            included: Vec::new(),
            by_hash: BTreeMap::new(),
        }
    }

    /// Fixed rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Last block.
    pub fn height(&self) -> u64 {
        self.first_height + u64::try_from(self.times_ns.len()).expect("a length") - 1
    }

    /// Its time.
    pub fn time_ns(&self) -> u64 {
        *self.times_ns.last().expect("a chain has a block")
    }

    /// First block.
    pub fn first_height(&self) -> u64 {
        self.first_height
    }

    /// Time of a block, if it exists.
    pub fn time_at(&self, height: u64) -> Option<u64> {
        let index = usize::try_from(height.checked_sub(self.first_height)?).ok()?;
        self.times_ns.get(index).copied()
    }

    /// Hash of a block's header; zeros when there is no such block.
    pub fn block_hash(&self, height: u64) -> [u8; 32] {
        self.block_id(height).map_or([0; 32], |id| id.hash)
    }

    /// Context of a height, for reading and checking.
    pub fn ctx(&self, height: u64, time_ns: u64) -> Ctx {
        Ctx {
            height,
            time_ns,
            rules: self.rules.clone(),
        }
    }

    /// Context of the last block.
    pub fn now(&self) -> Ctx {
        self.ctx(self.height(), self.time_ns())
    }

    /// State after the last block.
    pub fn state(&self) -> &State {
        self.history.back().expect("a chain has a state")
    }

    /// State after an earlier block; `None` when it is pruned or does not exist.
    pub fn state_at(&self, height: u64) -> Option<&State> {
        let back = usize::try_from(self.height().checked_sub(height)?).ok()?;
        self.history
            .len()
            .checked_sub(back + 1)
            .map(|i| &self.history[i])
    }

    /// Changes the state outside any block. For genesis and for tests of rules.
    pub fn state_mut(&mut self) -> &mut State {
        self.check = State::default();
        self.ledger.forget_tip();
        self.history.back_mut().expect("a chain has a state")
    }

    /// After [`Chain::state_mut`].
    pub fn refresh(&mut self) {
        self.check = self.state().clone();
    }

    /// Included transactions in order.
    pub fn txs(&self) -> &[Included] {
        &self.included
    }

    /// One included transaction.
    pub fn tx(&self, hash: &str) -> Option<&Included> {
        self.by_hash.get(hash).map(|i| &self.included[*i])
    }

    /// Transactions of a block.
    pub fn block_txs(&self, height: u64) -> &[Included] {
        let start = self.included.partition_point(|t| t.height < height);
        let end = self.included.partition_point(|t| t.height <= height);
        &self.included[start..end]
    }

    /// An account as the next transaction will find it: what waits is counted.
    pub fn pending_account(&self, address: &str) -> Option<&super::auth::Account> {
        self.check.account(address)
    }

    /// Transactions that wait.
    pub fn mempool(&self) -> &[Arc<Tx>] {
        &self.mempool
    }

    /// A node's door. Returns the hash. **Errors** what `CheckTx` reports; `sdk` 19 for bytes that
    /// the mempool knows.
    pub fn broadcast(&mut self, bytes: &[u8]) -> Outcome<String> {
        let hash = address::sha256(bytes);
        if bytes.len() > MAX_TX_BYTES {
            return sdk(code::TX_TOO_LARGE, "tx too large");
        }
        if self.mempool.len() >= MEMPOOL_SIZE {
            return sdk(20, "mempool is full");
        }
        if self.cache.contains(&hash) {
            return sdk(code::IN_MEMPOOL_CACHE, "tx already in mempool");
        }
        let tx = tx::decode(bytes)?;
        self.check_only(&tx)?;
        self.cache.insert(hash);
        let hash = tx.hash.clone();
        self.mempool.push(Arc::new(tx));
        Ok(hash)
    }

    /// A door that takes nothing in: checks and forgets. **Errors** as [`Chain::broadcast`].
    pub fn check_only_bytes(&self, bytes: &[u8]) -> Outcome<String> {
        let tx = tx::decode(bytes)?;
        let ctx = self.ctx(self.height() + 1, self.time_ns());
        self.check.clone().ante(&ctx, &tx, Mode::Check)?;
        Ok(tx.hash)
    }

    /// What a transaction would use, on the last state. **Errors** why it would fail.
    pub fn simulate(&self, bytes: &[u8]) -> Outcome<u64> {
        let tx = tx::decode(bytes)?;
        let ctx = self.ctx(self.height() + 1, self.time_ns());
        self.state().simulate(&ctx, &tx)
    }

    fn check_only(&mut self, tx: &Tx) -> Outcome<()> {
        // Nodes check with the height to come and the time of the last block.
        let ctx = self.ctx(self.height() + 1, self.time_ns());
        let mut state = self.check.clone();
        state.ante(&ctx, tx, Mode::Check)?;
        self.check = state;
        Ok(())
    }

    /// Checks what waits against the newest state again and drops what no longer passes.
    fn recheck(&mut self) {
        self.check = self.state().clone();
        for tx in std::mem::take(&mut self.mempool) {
            if self.check_only(&tx).is_ok() {
                self.mempool.push(tx);
            } else {
                self.cache.remove(&address::sha256(&tx.bytes));
            }
        }
    }

    /// Makes the next block from everything that waits.
    pub fn next_block(&mut self, time_ns: u64) {
        self.next_block_with(time_ns, |_| true);
    }

    /// Makes the next block from what waits and is `wanted`.
    pub fn next_block_with(&mut self, time_ns: u64, wanted: impl Fn(&Tx) -> bool) {
        let ctx = self.ctx(self.height() + 1, time_ns);
        let mut state = self.state().clone();
        self.ledger.settle(self.height(), &state, self.rules.keeps);
        state.time_ns = time_ns;
        if state.oracle.feeding {
            state.oracle.updated_ns = Some(time_ns);
        }
        state.prune_nonces(time_ns);
        state.prune_grants(&ctx);
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.mempool)
            .into_iter()
            .partition(|tx| wanted(tx));
        self.mempool = later;
        let had_txs = !now.is_empty();
        let included_before = self.included.len();
        for (index, tx) in (0..).zip(now) {
            let result = state.deliver(&ctx, &tx);
            if result.failure.is_some() {
                self.cache.remove(&address::sha256(&tx.bytes));
            }
            self.by_hash.insert(tx.hash.clone(), self.included.len());
            self.included.push(Included {
                height: ctx.height,
                index,
                failure: result.failure,
                gas_wanted: tx.auth_info.fee.as_ref().map_or(0, |f| f.gas_limit),
                gas_used: result.gas_used,
                data: result.data,
                tx,
            });
        }
        state.oracle_end_block(&ctx);
        state.bme_end_block(&ctx);
        state.prune_allowances(&ctx);
        self.times_ns.push(time_ns);
        self.history.push_back(state);
        while self.history.len() > self.rules.keeps {
            self.history.pop_front();
        }
        let txs = &self.included[included_before..];
        self.ledger.push(txs);
        if had_txs || !self.mempool.is_empty() {
            self.recheck();
        } else {
            self.check = self.state().clone();
        }
    }
}
