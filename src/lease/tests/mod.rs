//! Tests of the saga.

mod acts;
mod choice;
mod codec;
mod money;
mod planning;
mod sweep;
mod table;
mod world;

use super::limits::{BID_WAIT, FIRST_LOOK, MANIFEST_FIRST, STATUS_FIRST, TX_LIFE};
use super::{BudgetFacts, Deployment, Event, Order, Policy, Purpose, SeenBid, Surroundings, Terms};
use crate::akash::ids::BidId;
use crate::kernel::chain::{ChainConfig, Endpoint};
use crate::kernel::decimal::Decimal;
use crate::kernel::money::{Uact, Uakt};
use crate::kernel::{NANOS_PER_SECOND, Nanos};

const SECOND: Nanos = NANOS_PER_SECOND;
const T0: Nanos = 1_800_000_000 * SECOND;
const OWNER: &str = "akash1owner";
const TREASURY: &str = "akash1treasury";
const CHEAP: &str = "akash1cheap";
const DEAR: &str = "akash1dear";

fn order() -> Order {
    Order {
        nonce: 7,
        payload_hash: [9; 32],
        budget: "web".into(),
        name: "hello".into(),
        sdl: "never planned in these tests".into(),
        policy: Policy {
            max_uact_per_block: 1_000,
            ..Policy::default()
        },
        term_s: 30 * 24 * 3_600,
        allow_tags: false,
        dseq: 1_700_000_000_123,
        expires_at_s: T0 / SECOND + 7 * 24 * 3_600,
    }
}

fn terms(groups: usize) -> Terms {
    Terms {
        deposit: Uact(5_000_000),
        max_price: Decimal::from_whole(1_000),
        group_max: vec![Decimal::from_whole(1_000); groups],
        fees: Uakt(50_000),
    }
}

fn facts(now: Nanos) -> BudgetFacts {
    BudgetFacts {
        told_at: now,
        open: true,
        owner: OWNER.into(),
        account_number: Some(12),
        treasury_account: TREASURY.into(),
        limit_left: Uact(5_000_000),
        per_deployment: Uact(5_000_000),
        gas_left: Uakt(50_000),
        valid_until_s: now / SECOND + 1,
        problem: None,
    }
}

fn surroundings(now: Nanos) -> Surroundings {
    let endpoint = |n: u32| Endpoint {
        rest: format!("https://rest-{n}.test"),
        rpc: format!("https://rpc-{n}.test"),
    };
    Surroundings {
        now,
        chain: ChainConfig {
            chain_id: "akashnet-2".into(),
            endpoints: (1..=3).map(endpoint).collect(),
            agreement: 2,
            gas_price_milli_uakt: 25,
        },
        budget: Some(facts(now)),
    }
}

fn bid(gseq: u32, provider: &str, price: u64) -> SeenBid {
    SeenBid {
        id: BidId {
            owner: OWNER.into(),
            dseq: order().dseq,
            gseq,
            oseq: 1,
            provider: provider.into(),
            bseq: 0,
        },
        price: Decimal::from_whole(price),
    }
}

fn tx(purpose: Purpose, at: Nanos) -> Event {
    Event::TxSigned {
        purpose,
        bytes: vec![1, 2, 3],
        hash: "ABCD".into(),
        timeout_ns: at + TX_LIFE,
    }
}

fn create(at: Nanos) -> Event {
    tx(
        Purpose::Create {
            account_number: 12,
            treasury: TREASURY.into(),
            deposit: Uact(5_000_000),
        },
        at,
    )
}

fn lease(at: Nanos, bids: &[SeenBid]) -> Event {
    tx(
        Purpose::Lease {
            bids: bids.to_vec(),
        },
        at,
    )
}

fn found(provider: &str) -> Event {
    Event::ProviderFound {
        provider: provider.into(),
        host_uri: format!("https://{provider}.test:8443"),
    }
}

/// A deployment and its clock.
#[derive(Clone)]
struct Story {
    d: Deployment,
    now: Nanos,
}

impl Story {
    fn new() -> Self {
        Self {
            d: Deployment::adopted(order(), T0),
            now: T0,
        }
    }

    fn then(mut self, event: Event) -> Self {
        let before = self.d.ignored;
        self.d.apply(self.now, &event);
        assert_eq!(self.d.ignored, before, "{event:?} in {:?}", self.d.stage);
        self
    }

    fn after(mut self, wait: Nanos) -> Self {
        self.now += wait;
        self
    }

    fn planned(groups: usize) -> Self {
        Self::new()
            .then(Event::Planned {
                terms: terms(groups),
            })
            .then(Event::KeyDerived {
                public_key: [2; 33],
                owner: OWNER.into(),
            })
    }

    fn created() -> Self {
        let story = Self::planned(1);
        let signed = create(story.now);
        story.then(signed)
    }

    fn bidding() -> Self {
        Self::created()
            .then(Event::TxAccepted)
            .after(BID_WAIT)
            .then(Event::BidsSeen {
                bids: vec![bid(1, DEAR, 900), bid(1, CHEAP, 800)],
                agreed: false,
            })
    }

    fn leased() -> Self {
        let story = Self::bidding().then(found(CHEAP));
        let signed = lease(story.now, &[bid(1, CHEAP, 800)]);
        story.then(signed).then(Event::TxAccepted)
    }

    fn sent() -> Self {
        Self::leased()
            .after(MANIFEST_FIRST)
            .then(Event::ManifestAccepted {
                provider: CHEAP.into(),
            })
    }

    fn live() -> Self {
        Self::sent().after(STATUS_FIRST).then(Event::ServiceReady {
            gseq: 1,
            uris: vec!["hello.test".into()],
        })
    }

    fn closing() -> Self {
        Self::live().then(Event::CloseDecided {
            reason: "end of term".into(),
        })
    }

    fn close_sent() -> Self {
        let story = Self::closing().then(Event::EscrowSeen {
            deposits: vec![],
            transferred: Decimal::ZERO,
        });
        let signed = tx(Purpose::Close, story.now);
        story.then(signed).then(Event::TxAccepted).after(FIRST_LOOK)
    }
}
