//! Headers and commits of the chain, and the states that they commit to.
//!
//! A block leaves behind only hashes of what it did. Headers, which name one another, are made
//! when somebody asks for one, all up to it in one go; signatures are made each time they are
//! asked for, and come out the same. So a story that never looks pays for neither.

use super::State;
use super::blocks::{Chain, Included};
use crate::address::sha256;
use crate::consensus::validators::Ballot;
use crate::consensus::{
    BlockId, Commit, Hash, Header, Validator, ValidatorSet, Vote, consensus_hash, merkle, wire,
};
use crate::store::Stores;
use prost::Message as _;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a block leaves behind for the headers.
#[derive(Clone, Copy, Debug)]
struct Trace {
    data_hash: Hash,
    results_hash: Hash,
    /// Hash of the state after it; unknown while it is the last.
    app_hash: Option<Hash>,
}

/// What a header that was made leaves behind for the next.
#[derive(Clone, Copy, Debug)]
struct Sealed {
    last_commit_hash: Hash,
    id: BlockId,
}

/// The part of a chain that validators see.
#[derive(Debug)]
pub(crate) struct Ledger {
    seed: u64,
    /// Sets by the first height at which they vote.
    sets: BTreeMap<u64, Arc<ValidatorSet>>,
    app_versions: BTreeMap<u64, u64>,
    traces: Vec<Trace>,
    /// Trees after the last blocks, the newest last, without the last block's.
    stores: VecDeque<Stores>,
    /// State that the newest of these trees holds.
    stored: State,
    tip: RefCell<Option<Stores>>,
    sealed: RefCell<Vec<Sealed>>,
}

impl Ledger {
    /// Before the first block.
    pub(crate) fn new(seed: u64, height: u64, powers: &[u64], app_version: u64) -> Ledger {
        let trace = Trace {
            data_hash: merkle::empty(),
            results_hash: merkle::empty(),
            app_hash: None,
        };
        Ledger {
            seed,
            sets: BTreeMap::from([(height, Arc::new(ValidatorSet::new(seed, powers)))]),
            app_versions: BTreeMap::from([(height, app_version)]),
            traces: vec![trace],
            stores: VecDeque::new(),
            stored: State::default(),
            tip: RefCell::default(),
            sealed: RefCell::default(),
        }
    }

    /// The trees of the last block, which led to `state`.
    fn of_tip(&self, height: u64, state: &State) -> Stores {
        let mut tip = self.tip.borrow_mut();
        let make = || match self.stores.back() {
            None => Stores::genesis(state, height),
            Some(last) => last.next(&self.stored, state, height),
        };
        tip.get_or_insert_with(make).clone()
    }

    /// The last block's state was changed by hand.
    pub(crate) fn forget_tip(&mut self) {
        self.tip.take();
    }

    /// Keeps what the last block led to: the next one is about to be made.
    pub(crate) fn settle(&mut self, height: u64, state: &State, keeps: usize) {
        let stores = self.of_tip(height, state);
        self.tip.take();
        self.traces
            .last_mut()
            .expect("a chain has a block")
            .app_hash = Some(stores.app_hash());
        self.stores.push_back(stores);
        // The last block's trees are the one more that is kept.
        while self.stores.len() >= keeps.max(2) {
            self.stores.pop_front();
        }
        self.stored = state.clone();
    }

    /// Records a new block.
    pub(crate) fn push(&mut self, txs: &[Included]) {
        let (data_hash, results_hash) = if txs.is_empty() {
            (merkle::empty(), merkle::empty())
        } else {
            let leaves: Vec<Hash> = txs.iter().map(|t| sha256(&t.tx.bytes)).collect();
            let results: Vec<Vec<u8>> = txs.iter().map(|t| result(t).encode_to_vec()).collect();
            (merkle::root(&leaves), merkle::root(&results))
        };
        self.traces.push(Trace {
            data_hash,
            results_hash,
            app_hash: None,
        });
    }
}

fn result(tx: &Included) -> wire::TxResult {
    let signed = |gas: u64| i64::try_from(gas).expect("gas fits");
    wire::TxResult {
        code: tx.failure.as_ref().map_or(0, |f| f.code),
        data: tx.data.clone(),
        gas_wanted: signed(tx.gas_wanted),
        gas_used: signed(tx.gas_used),
    }
}

/// A hash that stands for what was before the first block.
fn before(what: &str, chain_id: &str) -> Hash {
    sha256(format!("{what} before the first block of {chain_id}").as_bytes())
}

/// Blocks after which a set that is changed now votes: the block that is made next decides it, the
/// one after that announces it. **Source** CometBFT, `state/execution.go`, `updateState`.
const SET_DELAY: u64 = 3;

impl Chain {
    /// Who votes on a block.
    pub fn validators_at(&self, height: u64) -> &Arc<ValidatorSet> {
        let sets = &self.ledger.sets;
        let found = sets
            .range(..=height)
            .next_back()
            .or_else(|| sets.first_key_value());
        found.expect("there is a first set").1
    }

    /// Changes who votes, by the delay of the protocol: the next block decides it, its successor
    /// announces it, and from the third on the new set votes. Returns that height.
    pub fn set_validators(&mut self, powers: &[u64]) -> u64 {
        let set = ValidatorSet::new(self.ledger.seed, powers);
        let from = self.height() + SET_DELAY;
        self.ledger.sets.insert(from, Arc::new(set));
        from
    }

    /// A set of this world's validators that does not vote.
    pub(crate) fn other_validators(&self, powers: &[u64]) -> ValidatorSet {
        ValidatorSet::new(self.ledger.seed, powers)
    }

    /// Changes the version of the application from the next block on.
    pub fn set_app_version(&mut self, version: u64) {
        let from = self.height() + 1;
        self.ledger.app_versions.insert(from, version);
    }

    /// A block's header; `None` unless there is such a block.
    pub fn header(&self, height: u64) -> Option<Header> {
        self.time_at(height)?;
        self.seal(height);
        let sealed = self.ledger.sealed.borrow();
        Some(self.header_after(height, &sealed, sealed[self.index(height)].last_commit_hash))
    }

    /// Name of a block; `None` unless there is such a block.
    pub fn block_id(&self, height: u64) -> Option<BlockId> {
        self.time_at(height)?;
        self.seal(height);
        Some(self.ledger.sealed.borrow()[self.index(height)].id)
    }

    /// The votes for a block, and whether they are those that the next block carries: of the last
    /// block only what one node has seen. `None` unless there is such a block.
    pub fn commit(&self, height: u64) -> Option<(Commit, bool)> {
        let id = self.block_id(height)?;
        Some(match self.time_at(height + 1) {
            Some(median) => (self.votes(height, id, median), true),
            None => (
                self.votes(height, id, self.time_at(height)? + SEEN_NS),
                false,
            ),
        })
    }

    fn index(&self, height: u64) -> usize {
        usize::try_from(height - self.first_height()).expect("an index")
    }

    /// Makes every header up to a block that exists.
    fn seal(&self, height: u64) {
        let mut sealed = self.ledger.sealed.borrow_mut();
        while sealed.len() <= self.index(height) {
            let next = self.first_height() + u64::try_from(sealed.len()).expect("a length");
            let last_commit = sealed.last().map(|last| {
                let time = self.time_at(next).expect("not above the last block");
                self.votes(next - 1, last.id, time)
            });
            let last_commit_hash = match &last_commit {
                Some(commit) => commit.hash(),
                None if next == 1 => merkle::empty(),
                None => before("commit", &self.rules().chain_id),
            };
            let header = self.header_after(next, &sealed, last_commit_hash);
            let txs = self
                .block_txs(next)
                .iter()
                .map(|t| t.tx.bytes.clone())
                .collect();
            let id = header.block_id(txs, last_commit.as_ref());
            sealed.push(Sealed {
                last_commit_hash,
                id,
            });
        }
    }

    /// The header at a height, whose predecessors are sealed.
    fn header_after(&self, height: u64, sealed: &[Sealed], last_commit_hash: Hash) -> Header {
        let index = self.index(height);
        let chain_id = &self.rules().chain_id;
        let last = index
            .checked_sub(1)
            .map(|i| (&sealed[i], &self.ledger.traces[i]));
        let pruned = || {
            let hash = before("block", chain_id);
            BlockId {
                hash,
                total: 1,
                parts: hash,
            }
        };
        let set = self.validators_at(height);
        let version = self.ledger.app_versions.range(..=height).next_back();
        Header {
            app_version: version.map_or(0, |(_, v)| *v),
            chain_id: chain_id.clone(),
            height,
            time_ns: self.time_at(height).expect("the block exists"),
            last_block_id: match last {
                Some((last, _)) => Some(last.id),
                None => (height > 1).then(pruned),
            },
            last_commit_hash,
            data_hash: self.ledger.traces[index].data_hash,
            validators_hash: set.hash(),
            next_validators_hash: self.validators_at(height + 1).hash(),
            consensus_hash: consensus_hash(),
            app_hash: match last {
                Some((_, trace)) => trace
                    .app_hash
                    .expect("settled when the next block was made"),
                None => before("state", chain_id),
            },
            last_results_hash: last.map_or_else(merkle::empty, |(_, trace)| trace.results_hash),
            evidence_hash: merkle::empty(),
            proposer: set.proposer(height),
        }
    }

    fn votes(&self, height: u64, block_id: BlockId, median_ns: u64) -> Commit {
        let set = self.validators_at(height);
        let random = crate::mix(height ^ self.ledger.seed.rotate_left(17));
        let ballot = Ballot {
            chain_id: &self.rules().chain_id,
            height,
            round: u32::from(random.is_multiple_of(31)),
            block_id,
            median_ns,
        };
        // Now and then somebody sleeps or disagrees, whenever the others suffice.
        let odd = usize::try_from(random >> 33).expect("31 bits") % set.list().len();
        let odd = &set.list()[odd];
        let suffices = (set.power() - odd.power) * 3 > set.power() * 2;
        let vote = match random % 7 {
            0 if suffices => Vote::Absent,
            1 if suffices => Vote::Nil,
            _ => Vote::Block,
        };
        set.vote(&ballot, |v: &Validator| {
            if v.number == odd.number {
                vote
            } else {
                Vote::Block
            }
        })
    }

    /// The trees after a block; `None` when they are pruned or do not exist.
    pub(crate) fn stores_at(&self, height: u64) -> Option<Stores> {
        let back = usize::try_from(self.height().checked_sub(height)?).ok()?;
        if back == 0 {
            return Some(self.ledger.of_tip(height, self.state()));
        }
        let index = self.ledger.stores.len().checked_sub(back)?;
        self.ledger.stores.get(index).cloned()
    }

    /// Hash of the state after a block. The next header carries it.
    pub fn app_hash_after(&self, height: u64) -> Option<Hash> {
        if height == self.height() {
            return Some(self.stores_at(height)?.app_hash());
        }
        self.time_at(height)?;
        self.ledger.traces[self.index(height)].app_hash
    }
}

/// How long after a block's time its votes come, as long as no next block says. **Units** ns.
const SEEN_NS: u64 = 1_000_000_000;
