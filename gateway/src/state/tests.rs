//! The log alone rebuilds the state, in memory and in stable memory.

use super::*;
use crate::storage;
use crate::test_fixtures::{GOVERNANCE, NOW, World, bytes, close_order, config, order};
use crate::types::DeployOrder;
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::money::Uakt;
use orchestrator::lease::{Order, Policy, Terms};
use orchestrator::sdl::Attribute;

fn planned() -> lease::Event {
    lease::Event::Planned {
        terms: Terms {
            deposit: Uact(8_640_000),
            max_price: Decimal::from_whole(50),
            group_max: vec![Decimal::from_whole(50)],
            fees: Uakt(30_000),
        },
    }
}

fn given_up() -> lease::Event {
    lease::Event::GivenUp {
        reason: "no time".into(),
    }
}

fn settled(spent: u64, refund: u64) -> lease::Event {
    lease::Event::Settled {
        spent: Uact(spent),
        refund: Uact(refund),
    }
}

/// Two deployments, one of them given up, one ordered to close.
fn world() -> World {
    let mut world = World::new();
    world.adopt(&order()).expect("a good order");
    world.happened(17, planned());
    world.now += 1;
    world
        .adopt(&DeployOrder {
            nonce: 3,
            ..order()
        })
        .expect("a good order");
    world.happened(3, given_up());
    world.happened(3, settled(0, 0));
    let close = crate::doors::close(GOVERNANCE, &bytes(&close_order()), &world.context());
    world.record(close.expect("a good order"));
    world
}

#[test]
fn should_rebuild_the_state_from_the_log() {
    let world = world();
    let replayed = replay(world.log.iter().map(Vec::as_slice));
    assert_eq!(replayed.as_ref(), Ok(&world.state));
    assert_eq!(world.state.ignored(), 0);
    // Each entry matters: without any one of them the state is another.
    for missing in 0..world.log.len() {
        let entries = world.log.iter().enumerate();
        let rest = entries.filter(|(i, _)| *i != missing).map(|(_, e)| &e[..]);
        assert_ne!(replay(rest).as_ref(), Ok(&world.state), "entry {missing}");
    }
}

#[test]
fn should_rebuild_the_live_state_from_stable_memory() {
    let world = world();
    for entry in &world.log {
        let Recorded { at, event } = Recorded::decode(entry).expect("our own entry");
        live::process(at, event);
    }
    live::tell(world.told.clone().expect("it has told"));
    let before = live::read(Clone::clone);
    assert_eq!(before, world.state);
    assert_eq!(storage::event_count(), 7);
    live::restore();
    assert_eq!(live::read(Clone::clone), before);
    assert_eq!(live::read_with_told(|_, told| told.cloned()), world.told);
    let mut kept = Vec::new();
    storage::for_each_event(|entry| kept.push(entry.to_vec()));
    assert_eq!(kept, world.log);
}

#[test]
fn should_restore_without_a_word_of_the_treasury_that_does_not_decode() {
    live::process(NOW, Event::Configured { config: config() });
    storage::keep_told(b"of another version");
    live::restore();
    assert_eq!(live::read_with_told(|_, told| told.cloned()), None);
    assert!(live::read(|state| state.config().is_some()));
}

#[test]
fn should_survive_storage_event_by_event() {
    let order = Order {
        nonce: u64::MAX,
        payload_hash: [7; 32],
        budget: "web".into(),
        name: "Überfluß".into(),
        sdl: "x".repeat(70_000),
        policy: Policy {
            max_uact_per_block: 1,
            required_attributes: vec![Attribute {
                key: "host".into(),
                value: "akash".into(),
            }],
            audited_by: vec!["a".into()],
            allowed_providers: vec!["b".into()],
            denied_providers: vec!["c".into()],
        },
        term_s: 2,
        allow_tags: true,
        dseq: 3,
        expires_at_s: 4,
    };
    for event in [
        Event::Configured { config: config() },
        Event::DeployAdopted {
            order,
            deposit: Uact(5),
            told_at: 6,
        },
        Event::CloseAdopted {
            nonce: 1,
            payload_hash: [8; 32],
            deployment: 2,
            reason: "because".into(),
        },
        Event::Deployment {
            nonce: 1,
            event: planned(),
        },
    ] {
        let recorded = Recorded { at: NOW, event };
        let bytes = recorded.encode();
        assert_eq!(Recorded::decode(&bytes).as_ref(), Ok(&recorded));
        for end in 0..bytes.len().min(200) {
            assert!(Recorded::decode(&bytes[..end]).is_err());
        }
        assert!(Recorded::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

/// The bytes of released entries must be read for ever.
#[test]
fn should_read_what_was_written_before() {
    let close = Recorded {
        at: 1_000,
        event: Event::CloseAdopted {
            nonce: 1,
            payload_hash: [8; 32],
            deployment: 2,
            reason: "because".into(),
        },
    };
    let written = format!(
        "821903e882028401{}{}0267{}",
        "5820",
        "08".repeat(32),
        hex::encode("because")
    );
    assert_eq!(hex::encode(close.encode()), written);
}

#[test]
fn should_change_nothing_by_an_event_that_does_not_fit() {
    let before = world();
    let adopted = |nonce, dseq| {
        let template = &before.state.deployment(17).expect("adopted").deployment;
        Event::DeployAdopted {
            order: Order {
                nonce,
                dseq,
                ..template.order.clone()
            },
            deposit: Uact(1),
            told_at: 0,
        }
    };
    let close = |nonce, deployment| Event::CloseAdopted {
        nonce,
        payload_hash: [1; 32],
        deployment,
        reason: "x".into(),
    };
    for (desc, event) in [
        ("nonce of a deploy order", adopted(17, u64::MAX)),
        ("nonce of a close order", adopted(18, u64::MAX)),
        (
            "dseq that was used",
            adopted(99, crate::test_fixtures::NOW_S + 1),
        ),
        ("close with a used nonce", close(17, 17)),
        ("close of nothing", close(99, 98)),
        (
            "something that happened to nothing",
            Event::Deployment {
                nonce: 98,
                event: planned(),
            },
        ),
    ] {
        let mut after = before.clone();
        after.record(event);
        assert_eq!(after.state.ignored(), 1, "{desc}");
        after.state.ignored = 0;
        assert_eq!(after.state, before.state, "{desc}");
    }
}

#[test]
fn should_find_deployments_by_the_payloads_of_their_orders() {
    let world = world();
    let of = |hash: &[u8]| Some(world.state.by_hash(hash)?.deployment.order.nonce);
    let deploy = world
        .state
        .deployment(17)
        .expect("adopted")
        .deployment
        .order
        .payload_hash;
    assert_eq!(of(&deploy), Some(17));
    let close: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        bytes(&close_order()),
    ))
    .into();
    assert_eq!(of(&close), Some(17));
    assert_eq!(of(&[0; 32]), None);
    assert_eq!(of(&[0; 31]), None);
}

#[test]
fn should_reserve_from_the_adoption_until_it_is_settled() {
    let world = world();
    let reserved = |nonce| world.state.deployment(nonce).expect("adopted").reserved();
    // Adopted and planned, and given up.
    assert_eq!((reserved(17), reserved(3)), (Uact(8_640_000), Uact::ZERO));
    let mut young = World::new();
    young.adopt(&order()).expect("a good order");
    let adopted = young.state.deployment(17).expect("adopted");
    assert_eq!(adopted.reserved(), Uact(8_640_000));
    assert_eq!(adopted.spent(), Uact::ZERO);
}
