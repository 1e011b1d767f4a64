//! What is not believed, and what freezes a client.

use super::chain::{HEIGHT, SECOND, anchored, awaiting, believe, rewritten, set, with_commit};
use super::*;
use tendermint_proto::v0_38::types as raw;
use tendermint_testgen::Validator;

fn base() -> Spec {
    Spec::at(HEIGHT - 100)
}

#[test]
fn should_count_power_and_not_heads() {
    let client = anchored(&base());
    // Two thirds of 100 are 66.7: one has to have more.
    type Row<'a> = (&'a str, [u64; 4], &'a [&'a str], u64, bool);
    let rows: [Row; 4] = [
        ("the two strongest", [40, 30, 20, 10], &["1", "2"], 70, true),
        (
            "three weak ones",
            [40, 30, 20, 10],
            &["2", "3", "4"],
            60,
            false,
        ),
        ("just enough", [40, 27, 23, 10], &["1", "2"], 67, true),
        ("just not enough", [40, 26, 24, 10], &["1", "2"], 66, false),
    ];
    for (desc, powers, signers, power, is_enough) in rows {
        let mut anchor = base();
        anchor.next = validators(&powers);
        let client = if powers == [40, 30, 20, 10] {
            client.clone()
        } else {
            anchored(&anchor)
        };
        let mut block = Spec::at(HEIGHT).signed_by(signers);
        block.validators = validators(&powers);
        let got = client.check(&block.push(), NOW);
        if is_enough {
            assert!(matches!(got, Ok(Verified::New(_))), "{desc}: {got:?}");
        } else {
            let expected = LightError::NotEnoughTrust {
                level: TrustLevel::TWO_THIRDS,
                total: 100,
                signed: power,
            };
            assert_eq!(got, Err(expected), "{desc}");
        }
        // Right above, only its own set counts.
        let mut next = Spec::at(HEIGHT - 99).signed_by(signers);
        next.validators = validators(&powers);
        next.last_hash = client.newest().map(|newest| newest.hash);
        let got = client.check(&next.push(), NOW);
        if is_enough {
            assert!(matches!(got, Ok(Verified::New(_))), "{desc}: {got:?}");
        } else {
            let expected = LightError::NotEnoughSigners {
                total: 100,
                signed: power,
            };
            assert_eq!(got, Err(expected), "{desc}");
        }
    }
}

#[test]
fn should_want_exactly_two_thirds_and_one_more() {
    let mut anchor = base();
    anchor.next = validators(&[1, 1, 1]);
    let client = anchored(&anchor);
    let mut block = Spec::at(HEIGHT).signed_by(&["1", "2"]);
    block.validators = validators(&[1, 1, 1]);
    let expected = LightError::NotEnoughTrust {
        level: TrustLevel::TWO_THIRDS,
        total: 3,
        signed: 2,
    };
    assert_eq!(client.check(&block.push(), NOW), Err(expected));
}

/// The votes of a set that nobody believes in are not even looked at.
#[test]
fn should_not_believe_a_set_of_its_own_making() {
    let client = anchored(&base());
    let strangers: Vec<Validator> = (0..4)
        .map(|i| Validator::new(&format!("stranger {i}")).voting_power(1_000))
        .collect();
    let mut block = Spec::at(HEIGHT);
    block.validators = strangers.clone();
    let push = block.push_with(&base().next);
    let expected = LightError::NotEnoughTrust {
        level: TrustLevel::TWO_THIRDS,
        total: 100,
        signed: 0,
    };
    assert_eq!(client.check(&push, NOW), Err(expected.clone()));
    // Their signatures do not matter, so they are not looked at.
    let mut spoilt = with_commit(&push, |commit| {
        for vote in &mut commit.signatures {
            vote.signature = vec![1; 64];
        }
    });
    assert_eq!(client.check(&spoilt, NOW), Err(expected));
    // Nor is their set when they claim that it was the believed one.
    spoilt.trusted_next_validators = Some(set(&strangers));
    assert!(matches!(
        client.check(&spoilt, NOW),
        Err(LightError::ValidatorsHash {
            what: "next validators",
            ..
        })
    ));
    block.height = HEIGHT - 99;
    assert!(matches!(
        client.check(&block.push(), NOW),
        Err(LightError::NotNext { .. })
    ));
}

#[test]
fn should_bisect_when_too_few_remain() {
    let mut client = anchored(&base());
    let mut far = Spec::at(HEIGHT);
    far.validators = validators(&[10, 10, 10, 10, 50, 50]);
    let got = client.check(
        &far.clone()
            .signed_by(&["5", "6", "1"])
            .push_with(&base().next),
        NOW,
    );
    let expected = LightError::NotEnoughTrust {
        level: TrustLevel::TWO_THIRDS,
        total: 100,
        signed: 40,
    };
    assert_eq!(got, Err(expected));
    // A header in between, signed by both, leads there.
    let mut between = Spec::at(HEIGHT - 50);
    between.next = far.validators.clone();
    believe(&mut client, &between);
    far.signers = Some(vec!["5".into(), "6".into(), "1".into()]);
    believe(&mut client, &far);
}

#[test]
fn should_refuse_votes_that_are_not_for_this_header() {
    let client = anchored(&base());
    let push = Spec::at(HEIGHT).push();
    type Change = fn(&mut raw::Commit);
    let rows: [(&str, Change); 9] = [
        ("another round", |c| c.round += 1),
        ("another hash of parts", |c| {
            let id = c.block_id.as_mut().expect("an id");
            id.part_set_header.as_mut().expect("parts").hash = vec![3; 32];
        }),
        ("another header", |c| {
            c.block_id.as_mut().expect("an id").hash = vec![3; 32];
        }),
        ("another height", |c| c.height += 1),
        ("another time of a vote", |c| {
            let vote = &mut c.signatures[0];
            vote.timestamp.as_mut().expect("a time").nanos ^= 1;
        }),
        ("votes swapped between validators", |c| {
            let first = c.signatures[0].signature.clone();
            c.signatures[0].signature = c.signatures[1].signature.clone();
            c.signatures[1].signature = first;
        }),
        ("one vote twice", |c| {
            c.signatures[1] = c.signatures[0].clone()
        }),
        ("one vote less", |c| {
            c.signatures.pop();
        }),
        ("no votes", |c| c.signatures.clear()),
    ];
    for (desc, change) in rows {
        let got = client.check(&with_commit(&push, change), NOW);
        assert!(got.is_err(), "{desc}: {got:?}");
    }
    // A vote for nothing, or none at all, counts for nothing: the strongest are needed.
    for flag in [raw::BlockIdFlag::Absent, raw::BlockIdFlag::Nil] {
        let got = client.check(
            &with_commit(&push, |commit| {
                let vote = &mut commit.signatures[0];
                vote.block_id_flag = flag as i32;
                if flag == raw::BlockIdFlag::Absent {
                    *vote = raw::CommitSig {
                        block_id_flag: flag as i32,
                        ..Default::default()
                    };
                }
            }),
            NOW,
        );
        let expected = LightError::NotEnoughTrust {
            level: TrustLevel::TWO_THIRDS,
            total: 100,
            signed: 60,
        };
        assert_eq!(got, Err(expected), "{flag:?}");
    }
    // The order of votes does not matter, as each names its validator.
    let reordered = with_commit(&push, |commit| commit.signatures.reverse());
    assert!(client.check(&reordered, NOW).is_ok());
}

#[test]
fn should_refuse_sets_with_something_wrong() {
    let client = anchored(&base());
    let push = Spec::at(HEIGHT).push();
    type Change = fn(&mut raw::ValidatorSet);
    let rows: [(&str, Change); 7] = [
        ("one validator less", |s| {
            s.validators.pop();
        }),
        ("one validator twice", |s| {
            let first = s.validators[0].clone();
            s.validators.push(first);
        }),
        ("addresses swapped", |s| {
            let first = s.validators[0].address.clone();
            s.validators[0].address = s.validators[1].address.clone();
            s.validators[1].address = first;
        }),
        ("another power", |s| s.validators[0].voting_power += 1),
        ("negative power", |s| s.validators[0].voting_power = -1),
        ("more power than a chain has", |s| {
            for v in &mut s.validators {
                v.voting_power = i64::MAX;
            }
        }),
        ("nobody", |s| s.validators.clear()),
    ];
    for (desc, change) in rows {
        let mut changed = push.clone();
        changed.validators = rewritten(&push.validators, |set: &mut raw::ValidatorSet| {
            set.total_voting_power = 0;
            change(set);
        });
        let got = client.check(&changed, NOW);
        assert!(got.is_err(), "{desc}: {got:?}");
    }
    // A header may name a set with one validator twice; it is refused all the same.
    let mut block = Spec::at(HEIGHT);
    block.validators = vec![
        Validator::new("1").voting_power(40),
        Validator::new("1").voting_power(40),
    ];
    let push = block.push_with(&base().next);
    let twice = LightError::Twice { what: "validators" };
    assert_eq!(client.check(&push, NOW), Err(twice));
}

#[test]
fn should_keep_time() {
    let client = anchored(&base());
    let until = base().time + 14 * DAY;
    let mut client_with_two = client.clone();
    believe(&mut client_with_two, &Spec::at(HEIGHT - 50));
    let second = Spec::at(HEIGHT - 50).time;
    let late = |time| {
        let mut spec = Spec::at(HEIGHT + 1_000);
        spec.time = time;
        spec
    };
    let drift = NOW + 10 * SECOND;
    let rows = [
        (
            "as far ahead as may be",
            &client,
            late(drift - 1),
            NOW,
            true,
        ),
        ("too far ahead", &client, late(drift), NOW, false),
        (
            "the anchor still vouches",
            &client,
            late(NOW),
            until - 1,
            true,
        ),
        (
            "the anchor no longer vouches",
            &client,
            late(NOW),
            until,
            false,
        ),
        (
            "a header still vouches",
            &client_with_two,
            late(NOW),
            second + 9 * DAY - 1,
            true,
        ),
        (
            "a header no longer vouches",
            &client_with_two,
            late(NOW),
            second + 9 * DAY,
            false,
        ),
    ];
    for (desc, client, spec, now, is_believed) in rows {
        let got = client.check(&spec.push(), now);
        assert_eq!(got.is_ok(), is_believed, "{desc}: {got:?}");
    }
}

#[test]
fn should_begin_with_the_anchor_alone() {
    let anchor = base();
    let client = awaiting(&anchor);
    let mut lie = base();
    lie.app_hash = [8; 32];
    let mut misstated = anchor.anchor();
    misstated.time += 1;
    let mut misled = Client::new(Params::new("akashnet-2", 14 * DAY));
    let event = Event::Anchored(vec![misstated]);
    misled.apply(NOW, &event).expect("an anchor");
    let mut unsigned = base();
    unsigned.signers = Some(vec!["1".into()]);
    let rows = [
        (
            "a later header",
            client.check(&Spec::at(HEIGHT).push(), NOW),
        ),
        ("an earlier one", client.check(&Spec::at(9).push(), NOW)),
        ("another at its height", client.check(&lie.push(), NOW)),
        (
            "it, when its time was misstated",
            misled.check(&anchor.push(), NOW),
        ),
        (
            "it, without enough votes",
            client.check(&unsigned.push(), NOW),
        ),
        (
            "it, when it is too old",
            client.check(&anchor.push(), anchor.time + 14 * DAY),
        ),
        (
            "any, when there is no anchor",
            Client::new(Params::new("akashnet-2", 14 * DAY)).check(&anchor.push(), NOW),
        ),
    ];
    let expected: [fn(&LightError) -> bool; 7] = [
        |e| matches!(e, LightError::NotTheAnchor { .. }),
        |e| matches!(e, LightError::NotTheAnchor { .. }),
        |e| matches!(e, LightError::AnchorHash { .. }),
        |e| matches!(e, LightError::AnchorHash { .. }),
        |e| matches!(e, LightError::NotEnoughSigners { .. }),
        |e| matches!(e, LightError::Expired { .. }),
        |e| matches!(e, LightError::NoAnchor),
    ];
    for ((desc, got), is_expected) in rows.into_iter().zip(expected) {
        let error = got.expect_err(desc);
        assert!(is_expected(&error), "{desc}: {error}");
    }
    assert!(
        client
            .check(&anchor.push(), anchor.time + 14 * DAY - 1)
            .is_ok()
    );
}

#[test]
fn should_take_heights_in_any_order_but_none_below_the_lowest() {
    let mut client = anchored(&base());
    believe(&mut client, &Spec::at(HEIGHT));
    believe(&mut client, &Spec::at(HEIGHT - 50));
    let heights: Vec<u64> = client.headers().map(|h| h.height).collect();
    assert_eq!(heights, [HEIGHT - 100, HEIGHT - 50, HEIGHT]);
    let below = LightError::Below {
        lowest: HEIGHT - 100,
        got: HEIGHT - 101,
    };
    let got = client.check(&Spec::at(HEIGHT - 101).push(), NOW);
    assert_eq!(got, Err(below));
    let known = client.check(&base().push(), NOW);
    assert!(matches!(known, Ok(Verified::Known(_))), "{known:?}");
}

#[test]
fn should_freeze_when_validators_contradict_themselves() {
    let mut honest = anchored(&base());
    believe(&mut honest, &Spec::at(HEIGHT - 50));
    let mut lie = Spec::at(HEIGHT - 50);
    lie.app_hash = [8; 32];
    // At the lowest height nothing vouches from below, but the set is known.
    let mut lowest = base();
    lowest.app_hash = [8; 32];
    let mut other_set = Spec::at(HEIGHT - 50);
    other_set.validators = validators(&[40, 30, 20]);
    let mut early = Spec::at(HEIGHT - 20);
    early.time = Spec::at(HEIGHT - 50).time;
    let mut late = Spec::at(HEIGHT - 80);
    late.time = Spec::at(HEIGHT - 50).time;
    let mut unlinked = Spec::at(HEIGHT - 49);
    unlinked.last_hash = Some([3; 32]);
    let mut headless = Spec::at(HEIGHT - 49);
    headless.last_hash = None;
    let mut other_next = Spec::at(HEIGHT - 51);
    other_next.next = validators(&[40, 30, 20]);
    let rows = [
        ("two headers at a height", lie.push(), HEIGHT - 50),
        (
            "two headers at the lowest height",
            lowest.push(),
            HEIGHT - 100,
        ),
        (
            "another set at that height",
            other_set.push_with(&base().next),
            HEIGHT - 50,
        ),
        ("a later height at the same time", early.push(), HEIGHT - 50),
        (
            "an earlier height at the same time",
            late.push(),
            HEIGHT - 50,
        ),
        (
            "a next header of another branch",
            unlinked.push(),
            HEIGHT - 50,
        ),
        ("a next header of none", headless.push(), HEIGHT - 50),
        (
            "a header below that names another set",
            other_next.push(),
            HEIGHT - 50,
        ),
    ];
    for (desc, push, believed) in rows {
        let mut client = honest.clone();
        let got = client.check(&push, NOW).expect(desc);
        let Verified::Conflict(evidence) = &got else {
            panic!("{desc}: expected evidence, got {got:?}");
        };
        assert_eq!(evidence.believed.height, believed, "{desc}");
        assert_eq!(got.header(), None, "{desc}");
        let event = got.event().expect("something to record");
        client.apply(NOW, &event).expect("it can happen");
        let error = client.check(&Spec::at(HEIGHT).push(), NOW);
        assert!(matches!(error, Err(LightError::Frozen { .. })), "{desc}");
        assert_eq!(client.frozen(), Some(evidence), "{desc}");
        let after = Event::Verified(evidence.pushed.clone());
        assert_eq!(client.apply(NOW, &after), None, "{desc}: it stays frozen");
        assert_eq!(client.apply(NOW, &event), None, "{desc}: once is enough");
        // A new anchor thaws it, and nothing that was believed remains.
        let next = Spec::at(HEIGHT);
        let event = Event::Anchored(vec![next.anchor()]);
        client.apply(NOW, &event).expect("it can happen");
        assert_eq!((client.headers().count(), client.frozen()), (0, None));
        believe(&mut client, &next);
    }
}

/// Freezing takes as much power as being believed does.
#[test]
fn should_not_freeze_for_less_than_two_thirds() {
    let mut client = anchored(&base());
    believe(&mut client, &Spec::at(HEIGHT - 50));
    let mut lie = Spec::at(HEIGHT - 50).signed_by(&["2", "3", "4"]);
    lie.app_hash = [8; 32];
    let signers = LightError::NotEnoughSigners {
        total: 100,
        signed: 60,
    };
    assert_eq!(client.check(&lie.push(), NOW), Err(signers));
    lie.signers = None;
    let spoilt = with_commit(&lie.push(), |commit| {
        commit.signatures[0].signature = vec![1; 64];
    });
    assert!(matches!(
        client.check(&spoilt, NOW),
        Err(LightError::Invalid { .. })
    ));
    // Nor by those who could have left since.
    let expired = client.check(&lie.push(), Spec::at(HEIGHT - 50).time + 9 * DAY);
    assert!(matches!(expired, Err(LightError::Expired { .. })));
}

/// An honest header whose commit is of another round is the same header.
#[test]
fn should_know_a_header_by_its_hash_whatever_its_votes() {
    let mut client = anchored(&base());
    believe(&mut client, &Spec::at(HEIGHT));
    let mut again = Spec::at(HEIGHT).signed_by(&["1", "2"]);
    again.round = 7;
    let got = client.check(&again.push(), NOW);
    assert!(matches!(got, Ok(Verified::Known(_))), "{got:?}");
}

/// What a vote named beside the anchor is believed at its height, without anything below.
#[test]
fn should_take_further_headers_that_a_vote_named() {
    let (old, anchor) = (Spec::at(HEIGHT - 500), base());
    let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
    let event = Event::Anchored(vec![anchor.anchor(), old.anchor()]);
    client.apply(NOW, &event).expect("it can happen");
    assert_eq!(client.awaited().count(), 2);
    believe(&mut client, &old);
    believe(&mut client, &anchor);
    assert_eq!(client.awaited().count(), 0);
    believe(&mut client, &Spec::at(HEIGHT));
    // A further one must be below the anchor, and none may be named twice.
    for anchors in [
        vec![old.anchor(), anchor.anchor()],
        vec![anchor.anchor(), anchor.anchor()],
        vec![],
    ] {
        assert_eq!(client.apply(NOW, &Event::Anchored(anchors)), None);
    }
}
