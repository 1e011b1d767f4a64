//! States for tests.

use super::{BudgetSeen, Config, EscrowSeen, Event, Observation, Order, OwnSeen, Recorded, State};
use crate::book::{Account, Asset, Entry};
use crate::log::{Block, snapshot};
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// 2026-11-24T00:00:00Z. **Units** seconds.
pub(crate) const START_S: u64 = 1_795_478_400;

pub(crate) const DAY_S: u64 = 86_400;

pub(crate) const GOVERNANCE: [u8; 10] = [1; 10];

pub(crate) const GATEWAY: [u8; 10] = [2; 10];

/// A treasury with its log.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<Recorded>,
    /// What all events together did to the books.
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Nanos,
    pub(crate) height: u64,
}

pub(crate) fn config() -> Config {
    Config {
        governance: GOVERNANCE.to_vec(),
        gateway: GATEWAY.to_vec(),
        exchange_rates: vec![3; 10],
        key_name: "key_1".into(),
        chain: ChainConfig {
            chain_id: "akashnet-2".into(),
            endpoints: (0..3)
                .map(|i| Endpoint {
                    rest: format!("https://rest-{i}.test"),
                    rpc: format!("https://rpc-{i}.test"),
                })
                .collect(),
            agreement: 2,
            gas_price_milli_uakt: 25,
        },
        voting: Voting::CRITICAL,
    }
}

/// 200 ACT, 50 each, 5 AKT of gas, for a year.
pub(crate) fn order(nonce: u64) -> Order {
    Order {
        nonce,
        budget: "web".into(),
        purpose: "The DAO's web site".into(),
        total: Uact(200_000_000),
        per_deployment: Uact(50_000_000),
        gas: Uakt(5_000_000),
        valid_until_s: START_S + 365 * DAY_S,
    }
}

impl World {
    /// Configured, and nothing else.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            state: State::default(),
            log: vec![],
            entries: vec![],
            now: START_S * NANOS_PER_SECOND,
            height: 100,
        };
        world.event(Event::Configured { config: config() });
        world
    }

    /// T is known and holds so much.
    pub(crate) fn funded(uact: u64, uakt: u64) -> Self {
        let mut world = Self::new();
        world.event(Event::AccountDerived {
            public_key: [2; 33],
            address: "akash1t".into(),
        });
        world.observe(Some((uact, uakt)), vec![]);
        world
    }

    pub(crate) fn event(&mut self, event: Event) {
        let recorded = Recorded {
            at: self.now,
            event,
        };
        let entries = self.state.apply(&recorded);
        let block = Block::new(None, &recorded, entries.clone());
        assert!(block.kind().is_some(), "{recorded:?} has no type of block");
        self.entries.extend(entries);
        self.log.push(recorded);
    }

    /// Adopts [`order`] with a fresh nonce, after a change to it.
    pub(crate) fn adopt(&mut self, change: impl FnOnce(&mut Order)) {
        let mut order = order(self.state.orders.len() as u64 + 1);
        change(&mut order);
        self.event(Event::Adopted {
            order,
            payload_hash: [9; 32],
        });
    }

    /// Reads the chain a block later.
    pub(crate) fn observe(&mut self, own: Option<(u64, u64)>, budgets: Vec<BudgetSeen>) {
        self.height += 1;
        self.event(Event::Observed {
            seen: Observation {
                height: self.height,
                block_time: self.now,
                own: own.map(|(uact, uakt)| OwnSeen {
                    account_number: Some(7),
                    uakt: Uakt(uakt),
                    uact: Uact(uact),
                }),
                budgets,
                thorough: true,
            },
        });
    }

    pub(crate) fn balance(&self, account: &str, asset: Asset) -> i128 {
        let mut balances = self.state.book.balances();
        balances
            .find(|(found, of, _)| found.to_string() == account && *of == asset)
            .map_or(0, |(_, _, amount)| amount)
    }

    /// The books are sound, and the log alone rebuilds the state.
    pub(crate) fn check(&self) {
        assert_eq!(self.state.book.findings(), Vec::<String>::new());
        assert_eq!(super::replay(&self.log), self.state, "replay differs");
        let saved = snapshot::encode(None, &self.state);
        let restored = snapshot::decode(&saved, None);
        assert_eq!(restored.as_ref(), Ok(&self.state), "a snapshot differs");
        for (number, entry) in self.entries.iter().enumerate() {
            for asset in Asset::ALL {
                let postings = entry.postings.iter().filter(|p| p.asset == asset);
                let sum: i128 = postings.map(|posting| posting.amount).sum();
                assert_eq!(sum, 0, "entry {number}: {entry:?}");
            }
        }
        let log: Vec<Recorded> = self
            .log
            .iter()
            .map(|r| Recorded::decode(&r.encode()).expect("our bytes"))
            .collect();
        assert_eq!(log, self.log, "the codec loses something");
        for (id, budget) in &self.state.budgets {
            let held = Account::Budget(id.clone());
            let credit = self.state.book.balance(&held, Asset::Uact);
            let limit = i128::from(budget.limit.unwrap_or_default().0);
            assert!(limit <= credit, "{id}: limit {limit} above credit {credit}");
            let credit = self.state.book.balance(&held, Asset::Uakt);
            let gas = i128::from(budget.gas.unwrap_or_default().0);
            assert!(gas <= credit, "{id}: gas {gas} above credit {credit}");
        }
    }
}

/// A budget as it is on the chain.
pub(crate) fn seen(limit: Option<u64>, gas: Option<u64>, escrows: Vec<EscrowSeen>) -> BudgetSeen {
    BudgetSeen {
        budget: "web".into(),
        account_number: Some(8),
        limit: limit.map(Uact),
        gas: gas.map(Uakt),
        escrows,
    }
}

/// An open escrow account with nobody's money but ours.
pub(crate) fn open(dseq: u64, ours: u64, transferred: u64) -> EscrowSeen {
    EscrowSeen {
        dseq,
        open: true,
        ours: Uact(ours),
        others: Uact::ZERO,
        transferred: Uact(transferred),
    }
}

/// A closed one.
pub(crate) fn closed(dseq: u64, transferred: u64) -> EscrowSeen {
    EscrowSeen {
        dseq,
        open: false,
        ours: Uact::ZERO,
        others: Uact::ZERO,
        transferred: Uact(transferred),
    }
}
