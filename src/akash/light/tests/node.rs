//! Headers of a chain of the published Cosmos SDK (`vectors/node`).

use super::*;
use crate::kernel::Nanos;

const COMMITS: [&str; 5] = [
    include_str!("../../vectors/node/commit-0.json"),
    include_str!("../../vectors/node/commit-1.json"),
    include_str!("../../vectors/node/commit-2.json"),
    include_str!("../../vectors/node/commit-3.json"),
    include_str!("../../vectors/node/commit-4.json"),
];

const VALIDATORS: [&str; 5] = [
    include_str!("../../vectors/node/validators-0.json"),
    include_str!("../../vectors/node/validators-1.json"),
    include_str!("../../vectors/node/validators-2.json"),
    include_str!("../../vectors/node/validators-3.json"),
    include_str!("../../vectors/node/validators-4.json"),
];

const MINUTE: Nanos = DAY / (24 * 60);

fn push(header: usize, next: Option<usize>) -> Push {
    let next = next.map(|next| [VALIDATORS[next].as_bytes()]);
    let validators = [VALIDATORS[header].as_bytes()];
    let push = Push::from_rpc(
        COMMITS[header].as_bytes(),
        &validators,
        next.as_ref().map(|pages| &pages[..]),
    );
    push.expect("a header")
}

fn anchor(header: usize) -> Anchor {
    let json: serde_json::Value = serde_json::from_str(COMMITS[header]).expect("JSON");
    let signed = &json["result"]["signed_header"];
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_string();
    let hash = hex::decode(text(&signed["commit"]["block_id"]["hash"])).expect("hex");
    let time = text(&signed["header"]["time"]);
    Anchor {
        height: text(&signed["header"]["height"]).parse().expect("a number"),
        time: crate::kernel::time::parse_rfc3339(&time).expect("a time"),
        hash: hash.try_into().expect("32 bytes"),
    }
}

fn client(header: usize) -> (Client, Nanos) {
    let mut client = Client::new(Params::new("cosmos-node-vectors", 14 * DAY));
    let now = anchor(4).time + MINUTE;
    let anchored = Event::Anchored(vec![anchor(header)]);
    client.apply(now, &anchored).expect("an anchor");
    believe(&mut client, &push(header, None), now);
    (client, now)
}

fn believe(client: &mut Client, push: &Push, now: Nanos) {
    let verified = client.check(push, now).expect("a good header");
    assert!(matches!(verified, Verified::New(_)), "{verified:?}");
    let event = verified.event().expect("something to record");
    client.apply(now, &event).expect("it can happen");
}

#[test]
fn should_follow_a_real_chain_header_by_header() {
    let (mut client, now) = client(0);
    believe(&mut client, &push(1, None), now);
    believe(&mut client, &push(2, None), now);
    let kept: Vec<_> = client.headers().map(|h| (h.height, h.hash)).collect();
    let expected: Vec<_> = (0..3).map(anchor).map(|a| (a.height, a.hash)).collect();
    assert_eq!(kept, expected);
}

#[test]
fn should_skip_to_another_set_of_a_real_chain() {
    let (mut client, now) = client(1);
    // The set changed twice since: when a power grew, and when those who never sign were jailed.
    let missing = LightError::TrustedNextMissing {
        height: anchor(1).height,
    };
    assert_eq!(client.check(&push(3, None), now), Err(missing));
    believe(&mut client, &push(3, Some(2)), now);
    believe(&mut client, &push(4, None), now);
}

#[test]
fn should_fit_a_real_chain_into_its_limits() {
    for (commit, validators) in COMMITS.iter().zip(VALIDATORS) {
        assert!(u64::try_from(commit.len()).expect("small") < COMMIT_MAX_BYTES);
        assert!(u64::try_from(validators.len()).expect("small") < VALIDATORS_MAX_BYTES);
    }
}

#[test]
fn should_refuse_a_real_chain_under_another_name() {
    let (client, now) = client(0);
    let mut other = Client::new(Params::new("akashnet-2", 14 * DAY));
    let event = Event::Anchored(vec![anchor(0)]);
    other.apply(now, &event).expect("an anchor");
    assert!(matches!(
        other.check(&push(0, None), now),
        Err(LightError::ChainId { .. })
    ));
    assert!(client.check(&push(0, None), now).is_ok());
}
