//! Each limit at its edge.

use super::chain::{HEIGHT, anchored, awaiting, believe};
use super::*;
use crate::test_fixtures::headers;
use minicbor::{decode, to_vec};

#[test]
fn should_look_at_blobs_up_to_their_limits() {
    let client = anchored(&Spec::at(HEIGHT - 100));
    let push = Spec::at(HEIGHT).push();
    // An unknown field fills a message up without changing what it says.
    let filled = |bytes: &[u8], size: usize| {
        let mut bytes = bytes.to_vec();
        let room = size - bytes.len() - 4;
        bytes.extend([0xfa, 0x01]);
        bytes.push(u8::try_from(room & 0x7f).expect("7 bits") | 0x80);
        bytes.push(u8::try_from(room >> 7).expect("7 bits"));
        bytes.resize(size, 0);
        bytes
    };
    type Place = fn(&mut Push) -> &mut Vec<u8>;
    let rows: [(&str, Place, usize); 2] = [
        (
            "signed header",
            |p| &mut p.signed_header,
            MAX_SIGNED_HEADER_BYTES - 8_192,
        ),
        (
            "validators",
            |p| &mut p.validators,
            MAX_VALIDATORS_BYTES - 4_096,
        ),
    ];
    for (what, place, size) in rows {
        let mut push = push.clone();
        *place(&mut push) = filled(place(&mut push), size);
        assert!(client.check(&push, NOW).is_ok(), "{what}");
    }
    let rows: [(&str, Place, usize); 3] = [
        (
            "signed header",
            |p| &mut p.signed_header,
            MAX_SIGNED_HEADER_BYTES,
        ),
        ("validators", |p| &mut p.validators, MAX_VALIDATORS_BYTES),
        (
            "next validators",
            |p| p.trusted_next_validators.get_or_insert_default(),
            MAX_VALIDATORS_BYTES,
        ),
    ];
    for (what, place, max) in rows {
        for got in [max, max + 1] {
            let mut push = push.clone();
            place(&mut push).resize(got, 0xff);
            let error = client.check(&push, NOW);
            let too_large = LightError::TooLarge { what, max, got };
            assert_eq!(error == Err(too_large), got > max, "{what}: {error:?}");
        }
    }
}

/// A block of the independent maker, so many validators strong.
fn strong(count: usize) -> headers::Block {
    let count = u32::try_from(count).expect("small");
    // The widest powers that a chain may have, so that blobs are as long as can be.
    let set = headers::validators(count, (i64::MAX / 8).unsigned_abs() / 256, 1);
    headers::Block {
        chain_id: "akashnet-2".into(),
        height: HEIGHT,
        time: NOW,
        last_hash: Some([3; 32]),
        app_hash: [7; 32],
        app_version: 1,
        validators: set.clone(),
        next: set,
        absent: vec![],
    }
}

#[test]
fn should_count_votes_up_to_its_limit() {
    for (count, is_believed) in [(MAX_VALIDATORS, true), (MAX_VALIDATORS + 1, false)] {
        let block = strong(count);
        let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
        let event = Event::Anchored(vec![block.anchor()]);
        client.apply(NOW, &event).expect("an anchor");
        let got = client.check(&block.push(), NOW);
        if is_believed {
            assert!(matches!(got, Ok(Verified::New(_))), "{got:?}");
        } else {
            let what = "votes";
            assert_eq!(got, Err(LightError::Count { what, got: count }));
        }
    }
}

/// The maker shares no code with what verifies, so that both agree on every byte.
#[test]
fn should_follow_a_chain_that_was_written_out_by_hand() {
    let mut block = strong(7);
    let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
    let event = Event::Anchored(vec![block.anchor()]);
    client.apply(NOW, &event).expect("an anchor");
    for height in HEIGHT..HEIGHT + 4 {
        let got = client.check(&block.push(), NOW + DAY);
        let Ok(Verified::New(header)) = &got else {
            panic!("height {height}: {got:?}");
        };
        assert_eq!((header.height, header.hash), (height, block.hash()));
        let event = Event::Verified(header.clone());
        client.apply(NOW, &event).expect("it can happen");
        block = block.next();
        let change = u32::try_from(height % 7).expect("small");
        block.absent = vec![change];
        block.next = headers::validators(5 + change, 100, 9);
    }
}

#[test]
fn should_keep_recent_headers_and_those_that_are_wanted() {
    let lowest = HEIGHT - 500;
    let mut client = anchored(&Spec::at(lowest));
    let header = believe(&mut client, &Spec::at(lowest + 2));
    let add = |client: &mut Client, height: u64| {
        let mut header = header.clone();
        header.height = height;
        client.apply(NOW, &Event::Verified(header)).expect("new");
    };
    // One that is wanted before it comes, and one that is there.
    let (wanted, twice) = (lowest + 1, lowest + 2);
    for height in [wanted, twice, twice] {
        client.apply(NOW, &Event::Pinned(height)).expect("room");
    }
    let first = lowest + 10;
    let last = first + u64::try_from(MAX_TRUSTED).expect("small");
    for height in first..last - 1 {
        add(&mut client, height);
    }
    assert!(client.at(lowest).is_some(), "as many as are kept");
    add(&mut client, last - 1);
    assert!(client.at(lowest).is_none(), "one more than is kept");
    assert!(client.at(first).is_some() && client.at(twice).is_some());
    add(&mut client, wanted);
    assert!(client.at(wanted).is_some() && client.at(first).is_some());
    client.apply(NOW, &Event::Unpinned(twice)).expect("wanted");
    assert!(client.at(twice).is_some(), "someone else wants it");
    client.apply(NOW, &Event::Unpinned(twice)).expect("wanted");
    assert!(client.at(twice).is_none());
    assert_eq!(client.apply(NOW, &Event::Unpinned(twice)), None);
    assert_eq!(client.headers().count(), MAX_TRUSTED + 1);
}

#[test]
fn should_pin_up_to_its_limit() {
    let mut client = anchored(&Spec::at(HEIGHT));
    let max = u64::try_from(MAX_PINNED).expect("small");
    for height in 0..max {
        assert!(client.can_pin(height));
        client.apply(NOW, &Event::Pinned(height)).expect("room");
    }
    assert!(!client.can_pin(max) && client.can_pin(0));
    assert_eq!(client.apply(NOW, &Event::Pinned(max)), None);
    client.apply(NOW, &Event::Pinned(0)).expect("it is pinned");
}

#[test]
fn should_await_up_to_its_limit() {
    let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
    let anchors = |count: usize| {
        let anchor = Spec::at(HEIGHT).anchor();
        let heights = (0..count).map(|i| HEIGHT - u64::try_from(i).expect("small"));
        let anchors = heights.map(|height| Anchor {
            height,
            ..anchor.clone()
        });
        Event::Anchored(anchors.collect())
    };
    client.apply(NOW, &anchors(MAX_ANCHORS)).expect("room");
    assert_eq!(client.apply(NOW, &anchors(MAX_ANCHORS + 1)), None);
}

#[test]
fn should_come_back_from_its_bytes() {
    let spec = Spec::at(HEIGHT);
    let mut client = anchored(&spec);
    client.apply(NOW, &Event::Pinned(HEIGHT)).expect("room");
    let header = client.newest().expect("one").clone();
    let events = [
        Event::Configured(client.params().clone()),
        Event::Anchored(vec![spec.anchor()]),
        Event::Verified(header.clone()),
        Event::Conflicted(Evidence {
            believed: header.clone(),
            pushed: header,
        }),
        Event::Pinned(7),
        Event::Unpinned(7),
    ];
    for event in &events {
        let bytes = to_vec(event).expect("no limit");
        assert_eq!(&decode::<Event>(&bytes).expect("ours"), event);
    }
    let verified = to_vec(&events[2]).expect("no limit");
    assert!(verified.len() <= 170, "{} bytes", verified.len());
    let awaiting = awaiting(&spec);
    let mut frozen = client.clone();
    frozen.apply(NOW, &events[3]).expect("it can happen");
    for client in [client, awaiting, frozen] {
        let bytes = to_vec(&client).expect("no limit");
        assert_eq!(decode::<Client>(&bytes).expect("ours"), client);
    }
}

#[test]
fn should_forget_the_headers_of_another_chain() {
    let mut client = anchored(&Spec::at(HEIGHT));
    let mut params = client.params().clone();
    params.clock_drift += 1;
    let event = Event::Configured(params.clone());
    client.apply(NOW, &event).expect("it can happen");
    assert_eq!(client.params(), &params);
    assert!(client.newest().is_some());
    params.chain_id = "akashnet-3".into();
    let event = Event::Configured(params.clone());
    client.apply(NOW, &event).expect("it can happen");
    assert_eq!(client, Client::new(params.clone()));
    params.trusting_period = 0;
    assert_eq!(client.apply(NOW, &Event::Configured(params)), None);
}

/// A header that the log holds cannot come again as another.
#[test]
fn should_not_apply_what_cannot_have_happened() {
    let mut client = anchored(&Spec::at(HEIGHT));
    let header = client.newest().expect("one").clone();
    let again = Event::Verified(header.clone());
    client.apply(NOW, &again).expect("nothing new");
    let mut other = header;
    other.app_hash = [8; 32];
    assert_eq!(client.apply(NOW, &Event::Verified(other)), None);
}
