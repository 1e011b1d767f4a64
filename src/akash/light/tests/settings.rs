//! Parameters, anchors, and answers of nodes.

use super::chain::{HEIGHT, SECOND};
use super::*;
use crate::kernel::port::HttpResponse;
use crate::test_fixtures::headers;
use serde_json::{Value, json};
use tendermint::block::signed_header::SignedHeader;
use tendermint::validator::Set;
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types as raw;

#[test]
fn should_bound_parameters() {
    assert_eq!(trusting_period(14 * DAY), 9 * DAY);
    assert_eq!(trusting_period(12 * DAY), 8 * DAY);
    let usual = || Params::new("akashnet-2", 12 * DAY);
    let level = |numerator, denominator| TrustLevel {
        numerator,
        denominator,
    };
    type Change<'a> = &'a dyn Fn(&mut Params);
    let rows: [(&str, Change, bool); 14] = [
        ("the usual", &|_| {}, true),
        ("no chain", &|p| p.chain_id.clear(), false),
        ("longest name", &|p| p.chain_id = "x".repeat(50), true),
        ("longer name", &|p| p.chain_id = "x".repeat(51), false),
        ("no trust", &|p| p.trusting_period = 0, false),
        ("a moment of trust", &|p| p.trusting_period = 1, true),
        (
            "too much trust",
            &|p| p.trusting_period = 8 * DAY + 1,
            false,
        ),
        (
            "more than nine days",
            &|p| {
                p.unbonding_period = 30 * DAY;
                p.trusting_period = 9 * DAY + 1;
            },
            false,
        ),
        ("a third", &|p| p.trust_level = level(1, 3), true),
        (
            "less than a third",
            &|p| p.trust_level = level(4, 13),
            false,
        ),
        ("all", &|p| p.trust_level = level(15, 15), true),
        ("more than all", &|p| p.trust_level = level(4, 3), false),
        ("fine fractions", &|p| p.trust_level = level(11, 16), false),
        ("no fraction", &|p| p.trust_level = level(0, 0), false),
    ];
    for (desc, change, is_accepted) in rows {
        let mut params = usual();
        change(&mut params);
        assert_eq!(params.check().is_ok(), is_accepted, "{desc}");
    }
}

#[test]
fn should_bound_the_age_of_an_anchor() {
    let params = Params::new("akashnet-2", 14 * DAY);
    let at = |height, time| Anchor {
        height,
        time,
        hash: [1; 32],
    };
    let drift = 10 * SECOND;
    let rows = [
        ("fresh", at(5, NOW), true, true),
        ("at height 1", at(1, NOW), true, true),
        ("at height 0", at(0, NOW), false, false),
        ("as far ahead as may be", at(5, NOW + drift - 1), true, true),
        ("too far ahead", at(5, NOW + drift), false, false),
        ("almost a day old", at(5, NOW - DAY + 1), true, true),
        ("a day old", at(5, NOW - DAY), false, true),
        (
            "older than the trusting period",
            at(5, NOW - 10 * DAY),
            false,
            true,
        ),
        ("almost unbonded", at(5, NOW - 14 * DAY + 1), false, true),
        ("unbonded", at(5, NOW - 14 * DAY), false, false),
    ];
    for (desc, anchor, submitted, adopted) in rows {
        let got = anchor.check_at_submission(NOW, &params);
        assert_eq!(got.is_ok(), submitted, "{desc}: {got:?}");
        let got = anchor.check_at_adoption(NOW, &params);
        assert_eq!(got.is_ok(), adopted, "{desc}: {got:?}");
    }
}

/// A node's answers about a block, 100 validators on a page.
fn answers(push: &Push) -> (Value, Vec<Value>) {
    let header = <SignedHeader as Protobuf<raw::SignedHeader>>::decode(&push.signed_header[..]);
    let commit = json!({"jsonrpc": "2.0", "id": -1, "result": {
        "signed_header": header.expect("a header"),
        "canonical": true,
    }});
    let set = <Set as Protobuf<raw::ValidatorSet>>::decode(&push.validators[..]);
    let all = set.expect("a set").validators().clone();
    let pages = all.chunks(100).map(|page| {
        json!({"jsonrpc": "2.0", "id": -1, "result": {
            "block_height": "1000",
            "validators": page,
            "count": page.len().to_string(),
            "total": all.len().to_string(),
        }})
    });
    (commit, pages.collect())
}

/// A block of so many validators.
fn block(count: u32) -> headers::Block {
    let set = headers::validators(count, 1_000_000, 3_000);
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

fn push(commit: &Value, pages: &[Value]) -> Result<Push, LightError> {
    let commit = commit.to_string();
    let pages: Vec<String> = pages.iter().map(Value::to_string).collect();
    let pages: Vec<&[u8]> = pages.iter().map(String::as_bytes).collect();
    Push::from_rpc(commit.as_bytes(), &pages, None)
}

#[test]
fn should_make_a_push_of_what_a_node_answers() {
    let block = block(101);
    let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
    let event = Event::Anchored(vec![block.anchor()]);
    client.apply(NOW, &event).expect("an anchor");
    let (commit, pages) = answers(&block.push());
    let whole = push(&commit, &pages).expect("both pages");
    assert!(matches!(client.check(&whole, NOW), Ok(Verified::New(_))));
    let mut powerful = pages[1].clone();
    powerful["result"]["validators"][0]["voting_power"] = u64::MAX.to_string().into();
    let rows = [
        ("a page short", &commit, vec![pages[0].clone()]),
        (
            "a page twice",
            &commit,
            vec![pages[0].clone(), pages[0].clone()],
        ),
        ("no page", &commit, vec![]),
        (
            "more pages than are looked at",
            &commit,
            vec![pages[0].clone(); 3],
        ),
        (
            "more power than there is",
            &commit,
            vec![pages[0].clone(), powerful],
        ),
        (
            "an error",
            &json!({"error": {"code": -32603}}),
            pages.clone(),
        ),
        ("answers swapped", &pages[0], vec![commit.clone()]),
    ];
    for (desc, commit, pages) in rows {
        assert!(push(commit, &pages).is_err(), "{desc}");
    }
}

/// Power that overflows a sum must not stop the program.
#[test]
fn should_survive_power_that_no_chain_has() {
    let (commit, mut pages) = answers(&Spec::at(HEIGHT).push());
    for validator in pages[0]["result"]["validators"]
        .as_array_mut()
        .expect("a list")
    {
        validator["voting_power"] = i64::MAX.to_string().into();
    }
    assert!(push(&commit, &pages).is_err());
}

#[test]
fn should_ask_for_named_heights_within_limits() {
    let requests = [
        (
            status_request("https://r"),
            "https://r/status",
            STATUS_MAX_BYTES,
        ),
        (
            commit_request("https://r", 7),
            "https://r/commit?height=7",
            COMMIT_MAX_BYTES,
        ),
        (
            validators_request("https://r", 7, 2),
            "https://r/validators?height=7&page=2&per_page=100",
            VALIDATORS_MAX_BYTES,
        ),
    ];
    for (request, url, max) in requests {
        assert_eq!(
            (request.url.as_str(), request.max_response_bytes),
            (url, max)
        );
    }
    // Akash has 100 validators; its answers fit.
    let (commit, pages) = answers(&block(100).push());
    let size = |json: &Value| u64::try_from(json.to_string().len()).expect("small");
    assert!(
        size(&commit) < COMMIT_MAX_BYTES * 3 / 4,
        "{}",
        size(&commit)
    );
    assert!(
        size(&pages[0]) < VALIDATORS_MAX_BYTES,
        "{}",
        size(&pages[0])
    );
}

#[test]
fn should_read_how_far_a_node_is() {
    let answer = json!({"result": {
        "node_info": {"network": "akashnet-2", "version": "0.38.23"},
        "sync_info": {
            "latest_block_hash": "AB",
            "latest_block_height": "27300000",
            "latest_block_time": "2026-11-24T00:00:00.5Z",
            "catching_up": false,
        },
    }});
    let read = |status, answer: &Value| {
        status_reply(&HttpResponse {
            status,
            body: answer.to_string().into_bytes(),
        })
    };
    let expected = Status {
        chain_id: "akashnet-2".into(),
        height: 27_300_000,
        time: 1_795_478_400 * SECOND + SECOND / 2,
        catching_up: false,
    };
    assert_eq!(read(200, &answer), Ok(expected));
    assert!(read(503, &answer).is_err());
    let mut timeless = answer.clone();
    timeless["result"]["sync_info"]["latest_block_time"] = "now".into();
    assert!(read(200, &timeless).is_err());
    assert!(read(200, &json!({})).is_err());
}
