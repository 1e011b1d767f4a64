//! What tests of several modules share.

use crate::budget::Told;
use crate::doors::Context;
use crate::state::{Config, Event, Recorded, State};
use crate::types::{BidPolicy, CloseOrder, DeployOrder};
use candid::Encode;
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::lease;
use treasury::types::{BudgetPhase, BudgetView, Rates, Snapshot};

pub(crate) const DAY_S: u64 = 24 * 60 * 60;
/// 2026-11-24T00:00:00Z.
pub(crate) const NOW_S: u64 = 1_795_478_400;
pub(crate) const NOW: Nanos = NOW_S * NANOS_PER_SECOND;
pub(crate) const GOVERNANCE: &[u8] = &[1, 2, 3];
pub(crate) const WEB: &str = include_str!("../../proposals/examples/web.yaml");
pub(crate) const RICH: &str = include_str!("../golden/rich.yaml");
pub(crate) const OWNER: &str = "akash1owner";

pub(crate) fn config() -> Config {
    let endpoint = |n: u32| Endpoint {
        rest: format!("https://rest-{n}.test"),
        rpc: format!("https://rpc-{n}.test"),
    };
    Config {
        governance: GOVERNANCE.to_vec(),
        treasury: vec![4, 5, 6],
        key_name: "key_1".into(),
        chain: ChainConfig {
            chain_id: "akashnet-2".into(),
            endpoints: (1..=3).map(endpoint).collect(),
            agreement: 2,
            gas_price_milli_uakt: 25,
        },
        voting: Voting::ORDINARY,
    }
}

/// 50 ACT in all, 30 for one deployment, open.
pub(crate) fn budget() -> BudgetView {
    BudgetView {
        id: "web".into(),
        purpose: "Web pages of the DAO".into(),
        order_nonce: 1,
        phase: BudgetPhase::Open,
        total_uact: 50_000_000,
        per_deployment_uact: 30_000_000,
        gas_uakt: 5_000_000,
        valid_until_s: NOW_S + 90 * DAY_S,
        owner: Some(OWNER.into()),
        account_number: Some(12),
        limit_uact: 50_000_000,
        limit_left_uact: 50_000_000,
        gas_limit_uakt: 5_000_000,
        gas_left_uakt: 5_000_000,
        escrow_uact: 0,
        spent_uact: 0,
        read_at_ns: NOW - 90 * NANOS_PER_SECOND,
        problem: None,
    }
}

pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        at_ns: NOW - 20 * NANOS_PER_SECOND,
        account: Some("akash1treasury".into()),
        balance_uakt: 100_000_000,
        balance_uact: 500_000_000,
        read_at_ns: NOW - 90 * NANOS_PER_SECOND,
        budgets: vec![budget()],
        rates: Some(Rates {
            akt_usd_e9: 612_300_000,
            icp_usd_e9: 4_250_000_000,
            at_s: NOW_S - 3_600,
        }),
    }
}

/// A world in which orders are looked at.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) told: Option<Told>,
    pub(crate) now: Nanos,
    /// All entries that made the state.
    pub(crate) log: Vec<Vec<u8>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            state: State::default(),
            told: Some(Told::new(NOW, snapshot())),
            now: NOW,
            log: Vec::new(),
        };
        world.record(Event::Configured { config: config() });
        world
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            voting: Voting::ORDINARY,
            state: &self.state,
            told: self.told.as_ref(),
        }
    }

    pub(crate) fn record(&mut self, event: Event) {
        let recorded = Recorded {
            at: self.now,
            event,
        };
        self.state.apply(&recorded);
        self.log.push(recorded.encode());
    }

    pub(crate) fn happened(&mut self, nonce: u64, event: lease::Event) {
        self.record(Event::Deployment { nonce, event });
    }

    pub(crate) fn adopt(&mut self, order: &DeployOrder) -> Result<(), String> {
        let event = crate::doors::deploy(GOVERNANCE, &bytes(order), &self.context())?;
        self.record(event);
        Ok(())
    }

    pub(crate) fn budget_mut(&mut self) -> &mut BudgetView {
        let told = self.told.as_mut().expect("it has told");
        &mut told.snapshot.budgets[0]
    }
}

/// The example for ten days: 50 uact per block, so 8.64 ACT.
pub(crate) fn order() -> DeployOrder {
    DeployOrder {
        nonce: 17,
        expires_at_s: NOW_S + 10 * DAY_S,
        budget: "web".into(),
        name: "Site of the DAO".into(),
        sdl: WEB.into(),
        policy: BidPolicy {
            max_uact_per_block: 60,
            required_attributes: vec![],
            audited_by: vec![],
            allowed_providers: vec![],
            denied_providers: vec![],
        },
        term_s: 10 * DAY_S,
        allow_tags: false,
    }
}

pub(crate) fn close_order() -> CloseOrder {
    CloseOrder {
        nonce: 18,
        expires_at_s: NOW_S + 10 * DAY_S,
        deployment: 17,
        reason: "The site moves".into(),
    }
}

pub(crate) fn bytes<T: candid::CandidType>(order: &T) -> Vec<u8> {
    Encode!(order).expect("our own types encode")
}
