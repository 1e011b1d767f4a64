//! Which bids are taken.

use super::super::{Deployment, Event, choose};
use super::*;

/// A deployment with these bids under this policy.
fn seen(groups: usize, policy: Policy, bids: &[SeenBid]) -> Deployment {
    let mut order = order();
    order.policy = policy;
    let mut d = Deployment::adopted(order, T0);
    for event in [
        Event::Planned {
            terms: terms(groups),
        },
        create(T0),
        Event::BidsSeen {
            bids: bids.to_vec(),
            agreed: false,
        },
    ] {
        d.apply(T0, &event);
    }
    assert_eq!(d.ignored, 0);
    d
}

fn providers(d: &Deployment) -> Result<Vec<String>, String> {
    choose(d).map(|bids| bids.into_iter().map(|bid| bid.id.provider).collect())
}

fn of_order(oseq: u32, mut bid: SeenBid) -> SeenBid {
    bid.id.oseq = oseq;
    bid
}

#[test]
fn should_take_the_cheapest_that_the_policy_admits() {
    /// What it is, groups, policy, bids, and who is chosen.
    type Row = (
        &'static str,
        usize,
        Policy,
        Vec<SeenBid>,
        Option<Vec<&'static str>>,
    );
    let any = Policy::default;
    let rows: Vec<Row> = vec![
        ("none", 1, any(), vec![], None),
        ("one", 1, any(), vec![bid(1, "a", 1_000)], Some(vec!["a"])),
        (
            "above the group's price",
            1,
            any(),
            vec![bid(1, "a", 1_001)],
            None,
        ),
        (
            "the cheaper",
            1,
            any(),
            vec![bid(1, "a", 9), bid(1, "b", 8), bid(1, "c", 10)],
            Some(vec!["b"]),
        ),
        (
            "equal: the lower address",
            1,
            any(),
            vec![bid(1, "b", 9), bid(1, "a", 9), bid(1, "c", 9)],
            Some(vec!["a"]),
        ),
        (
            "denied",
            1,
            Policy {
                denied_providers: vec!["b".into()],
                ..any()
            },
            vec![bid(1, "a", 9), bid(1, "b", 8)],
            Some(vec!["a"]),
        ),
        (
            "not allowed",
            1,
            Policy {
                allowed_providers: vec!["a".into()],
                ..any()
            },
            vec![bid(1, "a", 9), bid(1, "b", 8)],
            Some(vec!["a"]),
        ),
        (
            "allowed and denied",
            1,
            Policy {
                allowed_providers: vec!["a".into()],
                denied_providers: vec!["a".into()],
                ..any()
            },
            vec![bid(1, "a", 9)],
            None,
        ),
        (
            "one for each group",
            2,
            any(),
            vec![
                bid(1, "a", 500),
                bid(1, "b", 400),
                bid(2, "a", 300),
                bid(2, "b", 600),
            ],
            Some(vec!["b", "a"]),
        ),
        (
            "a group without bids",
            2,
            any(),
            vec![bid(1, "a", 500)],
            None,
        ),
        (
            "together at the edge",
            2,
            any(),
            vec![bid(1, "a", 500), bid(2, "a", 500)],
            Some(vec!["a", "a"]),
        ),
        (
            "together past it",
            2,
            any(),
            vec![bid(1, "a", 500), bid(2, "a", 501)],
            None,
        ),
        (
            "an order that is over",
            1,
            any(),
            vec![of_order(0, bid(1, "a", 5)), bid(1, "b", 6)],
            Some(vec!["b"]),
        ),
    ];
    for (desc, groups, policy, bids, expected) in rows {
        let d = seen(groups, policy, &bids);
        let expected = expected.map(|all| all.into_iter().map(String::from).collect::<Vec<_>>());
        assert_eq!(providers(&d).ok(), expected, "{desc}");
    }
}

#[test]
fn should_not_take_a_provider_that_failed_us() {
    let mut d = seen(1, Policy::default(), &[bid(1, "a", 9), bid(1, "b", 8)]);
    d.apply(
        T0,
        &Event::ProviderDenied {
            provider: "b".into(),
            why: "silent".into(),
        },
    );
    assert_eq!(providers(&d), Ok(vec!["a".into()]));
    assert_eq!(d.denied().collect::<Vec<_>>(), [("b", "silent")]);
}

#[test]
fn should_count_the_leases_that_stand() {
    let story = Story::planned(2);
    let signed = create(story.now);
    let story = story.then(signed).then(Event::BidsSeen {
        bids: vec![bid(1, "a", 700), bid(2, "b", 300)],
        agreed: false,
    });
    let taken = lease(story.now, &[bid(1, "a", 700), bid(2, "b", 300)]);
    let story = story
        .then(taken)
        .then(Event::TxConfirmed { height: Some(1) })
        .then(Event::LeaseFailed {
            provider: "b".into(),
            why: "silent".into(),
        })
        .then(tx(Purpose::CloseLease { gseq: 2 }, T0))
        .then(Event::TxConfirmed { height: Some(2) });
    for (price, fits) in [(300, true), (301, false)] {
        let story = story.clone().then(Event::BidsSeen {
            bids: vec![of_order(2, bid(2, "c", price)), bid(2, "d", 1)],
            agreed: false,
        });
        let expected = fits.then(|| vec!["c".to_string()]);
        assert_eq!(providers(&story.d).ok(), expected, "{price}");
    }
}
