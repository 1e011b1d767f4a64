//! What was spent, what came back, what is reserved; and names of transactions.

use super::super::perform::{settle, timeout};
use super::super::{Deposit, Event};
use super::*;

fn deposits(list: &[(&str, u64)]) -> Vec<Deposit> {
    list.iter()
        .map(|(owner, balance)| Deposit {
            owner: (*owner).into(),
            balance: Decimal::from_whole(*balance),
        })
        .collect()
}

#[test]
fn should_count_only_what_is_ours() {
    let half = Decimal::from_scaled(crate::kernel::decimal::SCALE / 2);
    let whole = Decimal::from_whole;
    type Seen = Option<(&'static [(&'static str, u64)], u64)>;
    let rows: [(&str, Seen, Decimal, (u64, u64)); 9] = [
        ("nothing paid", None, whole(0), (0, 5_000_000)),
        ("some paid", None, whole(2_000_000), (2_000_000, 3_000_000)),
        ("a fraction paid is paid", None, half, (1, 4_999_999)),
        ("all paid", None, whole(5_000_000), (5_000_000, 0)),
        (
            "more paid than ours: a stranger helped",
            None,
            whole(6_000_000),
            (5_000_000, 0),
        ),
        (
            "seen before the close",
            Some((&[(TREASURY, 4_000_000)], 1_000_000)),
            whole(1_500_000),
            (1_500_000, 3_500_000),
        ),
        (
            "a stranger after us gets his own back",
            Some((&[(TREASURY, 1_000), ("akash1stranger", 9_000)], 0)),
            whole(5_000),
            (5_000_000, 0),
        ),
        (
            "a stranger before us is spent first",
            Some((
                &[("akash1stranger", 1_000), (TREASURY, 4_000_000)],
                1_000_000,
            )),
            whole(1_000_500),
            (1_000_000, 4_000_000),
        ),
        (
            "never more than was put in",
            Some((&[(TREASURY, 9_000_000)], 0)),
            whole(0),
            (0, 5_000_000),
        ),
    ];
    for (desc, seen, transferred, expected) in rows {
        let mut story = Story::closing();
        if let Some((list, transferred)) = seen {
            story = story.then(Event::EscrowSeen {
                deposits: deposits(list),
                transferred: whole(transferred),
            });
        }
        let (spent, refund) = settle(&story.d, transferred);
        assert_eq!((spent.0, refund.0), expected, "{desc}");
    }
}

#[test]
fn should_reserve_from_adoption_to_the_end() {
    let rows: Vec<(&str, Story, u64)> = vec![
        ("planned", Story::planned(1), 5_000_000),
        ("created", Story::created(), 5_000_000),
        (
            "create died, to be signed again",
            Story::created().then(Event::TxDead { refused: None }),
            5_000_000,
        ),
        (
            "given up",
            Story::planned(1).then(Event::GivenUp { reason: "x".into() }),
            0,
        ),
        ("live", Story::live(), 5_000_000),
        (
            "closed, not settled",
            Story::close_sent().then(Event::TxConfirmed { height: Some(1) }),
            5_000_000,
        ),
        (
            "settled",
            Story::close_sent().then(Event::Settled {
                spent: Uact(1),
                refund: Uact(2),
            }),
            0,
        ),
    ];
    for (desc, story, expected) in rows {
        assert_eq!(story.d.reserved(), Uact(expected), "{desc}");
    }
}

#[test]
fn should_name_transactions_apart() {
    let now = T0 + 123;
    assert_eq!(timeout(now, 77) % 1_000_000, 77);
    assert_ne!(timeout(now, 77), timeout(now, 78), "another deployment");
    assert_ne!(timeout(now, 77), timeout(now + SECOND, 77), "another time");
    for dseq in [0, 999_999, u64::MAX] {
        let end = timeout(now, dseq);
        assert!(end <= now + TX_LIFE + 1_000_000 && end + 1_000_000 > now + TX_LIFE);
    }
}
