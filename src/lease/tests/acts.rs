//! Single acts against the small world.

use super::super::limits::{DEATH_MARGIN, TOKEN_LIFE_S, TOKEN_SPARE_S};
use super::super::perform::{is_gateway, our_bids};
use super::super::{Act, Deployment, Event, Tokens, perform};
use super::sweep::block_on;
use super::world::{Fault, Manners, Trouble, World};
use super::*;
use crate::akash::read::Bid;

fn world() -> World {
    World::new(T0, order().dseq, TREASURY).with(CHEAP, 800, Manners::Honest)
}

fn does(world: &World, d: &Deployment, act: Act, tokens: &mut Tokens) -> Event {
    world.learn(d);
    let now = crate::kernel::port::Runtime::now(world);
    let mut events = block_on(perform(world, d, act, &surroundings(now), tokens));
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn read(world: &World, d: &Deployment) -> Event {
    does(world, d, Act::ReadDeployment, &mut Tokens::default())
}

#[test]
fn should_call_absent_only_what_was_never_certain_and_cannot_come() {
    let ordered = Event::CloseOrdered { reason: "x".into() };
    let only_bids = Story::bidding().then(ordered).d;
    let world = world();
    let event = read(&world, &only_bids);
    assert!(
        matches!(event, Event::Fruitless { .. }),
        "too early: {event:?}"
    );
    world.advance_to(only_bids.create_timeout_ns + 2 * DEATH_MARGIN);
    let event = read(&world, &only_bids);
    assert!(matches!(event, Event::GivenUp { .. }), "{event:?}");
    let event = read(&world, &Story::closing().d);
    assert!(
        matches!(event, Event::Fruitless { .. }),
        "a provider saw it: {event:?}"
    );
}

#[test]
fn should_not_settle_before_it_is_seen_closed() {
    let world = world();
    world.open_already(5_000_000);
    let closing = Story::closing();
    let event = read(&world, &closing.d);
    assert!(matches!(event, Event::EscrowSeen { .. }), "{event:?}");
    let closed = Story::close_sent().then(Event::TxConfirmed { height: Some(3) });
    let event = read(&world, &closed.d);
    assert!(
        matches!(event, Event::Fruitless { round: true, .. }),
        "{event:?}"
    );
}

#[test]
fn should_believe_that_a_lease_ended_only_when_enough_nodes_say_so() {
    let mut story = Story::live();
    for turns in 0..3 {
        story.d.turns = turns;
        let world = world().trouble(Trouble {
            fault: Fault::Nothing,
            from: 0,
            count: 100,
        });
        world.open_already(5_000_000);
        world.lease_already(&bid(1, CHEAP, 800));
        let event = does(&world, &story.d, Act::Watch, &mut Tokens::default());
        assert_eq!(event, Event::Watched, "one of three nodes lies");
        world.provider_closes();
        let event = does(&world, &story.d, Act::Watch, &mut Tokens::default());
        assert!(matches!(event, Event::CloseDecided { .. }), "{event:?}");
    }
}

#[test]
fn should_not_call_a_full_mempool_a_refusal() {
    for (fault, refused) in [(Fault::Full, false), (Fault::Refused, true)] {
        let world = world().trouble(Trouble {
            fault,
            from: 0,
            count: 1,
        });
        let story = Story::created();
        let mut d = story.d;
        // The hash is that of the bytes, which the world looks at.
        if let Some(flight) = &mut d.flight {
            flight.hash = "039058C6F2C0CB492C533B0A4D14EF77CC0F78ABCCCED5287D84A1A2011CFB81".into();
        }
        let event = does(&world, &d, Act::Broadcast, &mut Tokens::default());
        let got = matches!(event, Event::TxRefused { .. });
        assert_eq!(got, refused, "{fault:?}: {event:?}");
    }
}

#[test]
fn should_sign_a_token_again_when_little_of_it_is_left() {
    let world = world();
    let story = Story::leased();
    let mut tokens = Tokens::default();
    let put = || Act::PutManifest {
        provider: CHEAP.into(),
    };
    let mut d = story.d;
    d.order = super::sweep::order();
    let _ = does(&world, &d, put(), &mut tokens);
    assert_eq!(*world.signatures.borrow(), 1);
    let start = T0 + TOKEN_LIFE_S * SECOND;
    for (at, signatures) in [
        (start - (TOKEN_SPARE_S + 1) * SECOND, 1),
        (start - TOKEN_SPARE_S * SECOND, 2),
    ] {
        world.advance_to(at);
        let _ = does(&world, &d, put(), &mut tokens);
        assert_eq!(*world.signatures.borrow(), signatures);
    }
}

#[test]
fn should_collect_only_bids_that_can_be_taken() {
    let story = Story::bidding();
    let good = || Bid {
        id: bid(1, CHEAP, 800).id,
        price: Decimal::from_whole(800),
        denom: "uact".into(),
    };
    type Change = fn(&mut Bid);
    let rows: [(&str, Change, usize); 4] = [
        ("as it is", |_| {}, 1),
        ("in another denom", |b| b.denom = "uakt".into(), 0),
        ("on another deployment", |b| b.id.dseq += 1, 0),
        ("of another owner", |b| b.id.owner = "akash1x".into(), 0),
    ];
    for (desc, change, expected) in rows {
        let mut bid = good();
        change(&mut bid);
        assert_eq!(our_bids(&story.d, vec![bid]).len(), expected, "{desc}");
    }
    assert_eq!(our_bids(&story.d, vec![good(), good()]).len(), 1, "twice");
}

#[test]
fn should_call_only_addresses_that_are_gateways() {
    for (address, good) in [
        ("https://provider.example.org:8443", true),
        ("http://provider.example.org:8443", false),
        ("https://provider.example.org", false),
        ("https://provider.example.org:8443/", false),
        ("https://provider.example.org:8443/x?y=", false),
        ("https://user@provider.example.org:8443", false),
        ("https://:8443", false),
        ("https://provider.example.org:0", false),
        ("https://provider.example.org:65536", false),
        ("", false),
    ] {
        assert_eq!(is_gateway(address), good, "{address:?}");
    }
}

#[test]
fn should_sign_what_the_chain_asks_for() {
    use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
    use cosmos_sdk_proto::prost::Message as _;
    let two = || {
        Story::planned(2)
            .then(create(T0))
            .then(Event::TxConfirmed { height: Some(1) })
    };
    let leased = |story: Story, bids: &[SeenBid]| {
        let signed = lease(story.now, bids);
        story
            .then(signed)
            .then(Event::TxConfirmed { height: Some(2) })
    };
    let one = [bid(1, CHEAP, 800)];
    let both = [bid(1, CHEAP, 400), bid(2, CHEAP, 400)];
    for (desc, story, open_bids) in [
        ("no leases", two(), 2 * 21),
        ("one of two", leased(two(), &one), 21),
        ("both", leased(two(), &both), 0),
    ] {
        let world = world();
        let Event::TxSigned {
            purpose,
            bytes,
            timeout_ns,
            ..
        } = does(&world, &story.d, Act::SignClose, &mut Tokens::default())
        else {
            panic!("{desc}: not signed");
        };
        assert_eq!(purpose, Purpose::Close, "{desc}");
        let raw = TxRaw::decode(bytes.as_slice()).expect("our bytes");
        let body = TxBody::decode(raw.body_bytes.as_slice()).expect("our bytes");
        assert_eq!(
            body.messages[0].type_url,
            "/akash.deployment.v1beta4.MsgCloseDeployment"
        );
        assert_eq!(body.memo, "order 7");
        assert!(timeout_ns > T0 && timeout_ns <= T0 + TX_LIFE + SECOND);
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).expect("our bytes");
        let fee = auth.fee.expect("a fee");
        assert_eq!(fee.granter, TREASURY, "{desc}");
        let close = [crate::akash::message::Message::CloseDeployment {
            owner: OWNER.into(),
            dseq: order().dseq,
        }];
        let expected = crate::akash::gas::limit_with_bids(&close, open_bids);
        assert_eq!(fee.gas_limit, expected, "{desc}");
    }
}
