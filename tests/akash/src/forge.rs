//! Headers and states that the chain never had, signed by validators who lie.

use crate::chain::State;
use crate::chain::blocks::Chain;
use crate::consensus::validators::Ballot;
use crate::consensus::{Commit, Hash, Header, ValidatorSet, Vote};
use crate::query::{self, Query};
use crate::rpc;
use crate::store::Stores;
use std::sync::Arc;

/// Who signs a forged header, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conspiracy {
    /// Numbers of the validators who sign; the others are absent.
    pub signers: Vec<usize>,
    /// Round of the commit.
    pub round: u32,
    /// A set of powers instead of the one that votes at that height: validator `i` has
    /// `powers[i]`. The header names it, unless it is changed afterwards.
    pub powers: Option<Vec<u64>>,
}

impl Conspiracy {
    /// These validators of the set that votes at that height, in round 0.
    pub fn of(signers: &[usize]) -> Conspiracy {
        Conspiracy {
            signers: signers.to_vec(),
            ..Conspiracy::default()
        }
    }
}

/// A header that the chain never had.
#[derive(Clone, Debug)]
pub struct Forgery {
    /// The header.
    pub header: Header,
    /// The votes for it.
    pub commit: Commit,
    /// Who could vote.
    pub validators: Arc<ValidatorSet>,
}

impl Forgery {
    pub(crate) fn make(
        chain: &Chain,
        height: u64,
        conspiracy: &Conspiracy,
        change: impl FnOnce(&mut Header),
    ) -> Forgery {
        let tip = chain.height();
        let mut header = chain
            .header(height.min(tip))
            .expect("a block that the chain has");
        let ahead = height.saturating_sub(tip);
        header.height = height;
        header.time_ns += ahead * BLOCK_NS;
        let validators = match &conspiracy.powers {
            None => chain.validators_at(height).clone(),
            Some(powers) => Arc::new(chain.other_validators(powers)),
        };
        header.validators_hash = validators.hash();
        change(&mut header);
        let ballot = Ballot {
            chain_id: &header.chain_id,
            height: header.height,
            round: conspiracy.round,
            block_id: header.block_id(Vec::new(), None),
            median_ns: header.time_ns + BLOCK_NS,
        };
        let commit = validators.vote(&ballot, |v| {
            if conspiracy.signers.contains(&v.number) {
                Vote::Block
            } else {
                Vote::Absent
            }
        });
        Forgery {
            header,
            commit,
            validators,
        }
    }

    /// What a node would answer to `/commit`.
    pub fn commit_reply(&self) -> Vec<u8> {
        rpc::body(&rpc::commit(&self.header, &self.commit, true))
    }

    /// What a node would answer to `/validators` with one page of a hundred.
    pub fn validators_reply(&self) -> Vec<u8> {
        let page = self.validators.page(self.header.height, "1", "100");
        rpc::body(&page.expect("there is a first page"))
    }
}

/// Length of a block that never was. **Units** ns.
const BLOCK_NS: u64 = 6_000_000_000;

/// A state that the chain never had.
#[derive(Clone, Debug)]
pub struct Imagined {
    height: u64,
    stores: Stores,
}

impl Imagined {
    pub(crate) fn make(
        chain: &Chain,
        height: u64,
        change: impl FnOnce(&mut State),
    ) -> Option<Imagined> {
        let (state, stores) = (chain.state_at(height)?, chain.stores_at(height)?);
        let mut changed = state.clone();
        change(&mut changed);
        let stores = stores.next(state, &changed, height);
        Some(Imagined { height, stores })
    }

    /// Its hash: what the next header would carry.
    pub fn app_hash(&self) -> Hash {
        self.stores.app_hash()
    }

    /// What a node would answer to `/abci_query` with proof.
    pub fn store_reply(&self, store: &str, key: &[u8]) -> Vec<u8> {
        let query = Query {
            path: "",
            data: key.to_vec(),
            height: self.height,
            prove: true,
        };
        rpc::body(&query::found(&self.stores, store, &query, self.height).rpc())
    }
}
