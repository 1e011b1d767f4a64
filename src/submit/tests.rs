use super::*;
use crate::akash::message::Message;
use crate::akash::read::bids_request;
use crate::akash::tx::Order;
use crate::kernel::money::Uakt;
use crate::kernel::port::HttpMethod;
use crate::test_fixtures::{Script, answer, key, public_key, run, silence};
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{Signature, VerifyingKey};

type Answer = Result<HttpResponse, NoAnswer>;

/// Noon: when the transactions of these tests time out.
const TIMEOUT: Nanos = 1_795_521_600 * NANOS_PER_SECOND;

fn chain(endpoints: usize, agreement: u8) -> ChainConfig {
    ChainConfig {
        chain_id: "akashnet-2".into(),
        endpoints: (0..endpoints)
            .map(|i| Endpoint {
                rest: format!("https://rest-{i}"),
                rpc: format!("https://rpc-{i}"),
            })
            .collect(),
        agreement,
        gas_price_milli_uakt: 25,
    }
}

fn tx() -> SignedTx {
    SignedTx {
        bytes: vec![1, 2, 3],
        hash: "AB".into(),
    }
}

fn receipt_of(hash: &str, code: u32) -> Answer {
    answer(
        200,
        format!(
            r#"{{"tx_response":{{"height":"9","txhash":"{hash}","codespace":"sdk","code":{code},"raw_log":"words","data":"1200"}}}}"#
        ),
    )
}

fn included() -> Verdict {
    Verdict::Included {
        height: 9,
        data: vec![0x12, 0],
    }
}

fn receipt(code: u32) -> Answer {
    receipt_of("AB", code)
}

fn block(time: &str) -> Answer {
    answer(200, format!(r#"{{"height":"9","timestamp":"{time}"}}"#))
}

fn absent() -> Answer {
    answer(404, r#"{"code":5,"message":"tx not found"}"#)
}

/// Endpoint `i` is asked for its newest block.
fn then_block(script: Script, i: usize, reply: Answer) -> Script {
    let path = "cosmos/base/node/v1beta1/status";
    script.then_get(format!("https://rest-{i}/{path}"), reply)
}

/// Endpoint `i` is asked for the transaction.
fn then_tx(script: Script, i: usize, reply: Answer) -> Script {
    script.then_get(format!("https://rest-{i}/cosmos/tx/v1beta1/txs/AB"), reply)
}

#[test]
fn should_sign_what_it_sends() {
    let path = || vec![b"path".to_vec()];
    let public_key = public_key(&key(None, &path()));
    let plan = TxPlan {
        messages: vec![Message::CloseDeployment {
            owner: "akash1a".into(),
            dseq: 1,
        }],
        memo: String::new(),
        public_key,
        account_number: 1,
        order: Order::Unordered,
        timeout_ns: Some(7),
        gas: 1,
        fee: Uakt(1),
        granter: None,
    };
    let rt = Script::new()
        .then_signature(path())
        .then_no_signature(path());
    let signed = run(sign(&rt, &chain(1, 1), path(), &plan)).expect("a signature");
    let signature = &signed.bytes[signed.bytes.len() - 64..];
    VerifyingKey::from_sec1_bytes(&public_key)
        .expect("a point")
        .verify_prehash(
            &plan.unsigned("akashnet-2").digest(),
            &Signature::from_slice(signature).expect("two scalars"),
        )
        .expect("a signature for this chain");
    assert!(run(sign(&rt, &chain(1, 1), path(), &plan)).is_err());
}

#[test]
fn should_take_a_refusal_as_a_claim() {
    let refused = |code| {
        Outcome::NotDone(Refusal {
            codespace: "sdk".into(),
            code,
            log: "words".into(),
        })
    };
    for (desc, reply, expected) in [
        ("taken", receipt(0), Outcome::Done(())),
        ("in this mempool already", receipt(19), Outcome::Done(())),
        ("a wrong signature", receipt(4), refused(4)),
        ("in a block already, perhaps", receipt(18), refused(18)),
        ("a proxy answers", answer(502, "<html>"), Outcome::Unknown),
        ("the answer is cut", answer(200, "{"), Outcome::Unknown),
        ("no answer", silence(), Outcome::Unknown),
        (
            "too long",
            answer(200, " ".repeat(10_000)),
            Outcome::Unknown,
        ),
    ] {
        let url = "https://rest-0/cosmos/tx/v1beta1/txs";
        let rt = Script::new().then_outcall(HttpMethod::Post, url, |request| {
            let body = r#"{"tx_bytes":"AQID","mode":"BROADCAST_MODE_SYNC"}"#;
            assert_eq!(request.body, body.as_bytes());
            reply
        });
        let got = run(broadcast(&rt, &chain(1, 1).endpoints[0], &tx()));
        assert_eq!(got, expected, "{desc}");
    }
}

/// After the timeout each endpoint says how late it is, then what it knows.
#[test]
fn should_judge_a_transaction_by_enough_endpoints() {
    let late = || block("2026-11-24T12:00:30.000000001Z");
    let edge = || block("2026-11-24T12:00:30Z");
    let failed = Verdict::Failed {
        height: 9,
        codespace: "sdk".into(),
        code: 11,
        log: "words".into(),
    };
    let another = || receipt_of("CD", 0);
    type Pair = (Answer, Option<Answer>);
    let both = |block: Answer, tx: Answer| -> Pair { (block, Some(tx)) };
    let rows: Vec<(&str, Vec<Pair>, Verdict)> = vec![
        (
            "two say it is in a block",
            vec![both(late(), receipt(0)), both(late(), receipt(0))],
            included(),
        ),
        (
            "two say it failed there",
            vec![both(late(), receipt(11)), both(edge(), receipt(11))],
            failed,
        ),
        (
            "two say it cannot come any more",
            vec![both(late(), absent()), both(late(), absent())],
            Verdict::Dead,
        ),
        (
            "one says dead, one lags, one says dead",
            vec![
                both(late(), absent()),
                both(edge(), absent()),
                both(late(), absent()),
            ],
            Verdict::Dead,
        ),
        (
            "at the margin it may still come",
            vec![both(edge(), absent()), both(edge(), absent())],
            Verdict::Pending,
        ),
        (
            "one liar decides nothing",
            vec![
                both(late(), absent()),
                both(late(), receipt(0)),
                both(late(), receipt(0)),
            ],
            included(),
        ),
        (
            "no block, no look-up; an error is not a vote",
            vec![
                (silence(), None),
                both(late(), answer(503, "")),
                both(late(), absent()),
            ],
            Verdict::Pending,
        ),
        (
            "the 404 of a proxy is not a vote",
            vec![
                both(late(), answer(404, "<html>")),
                both(late(), answer(404, "")),
                both(late(), absent()),
            ],
            Verdict::Pending,
        ),
        (
            "another transaction is not this one",
            vec![
                both(late(), another()),
                both(late(), another()),
                both(late(), absent()),
            ],
            Verdict::Pending,
        ),
        (
            "each says something else",
            vec![
                both(late(), absent()),
                both(late(), receipt(0)),
                both(late(), receipt(11)),
            ],
            Verdict::Pending,
        ),
    ];
    for (desc, answers, expected) in rows {
        let mut rt = Script::new().at(TIMEOUT + DEATH_MARGIN + 1);
        for (i, (block, tx)) in answers.into_iter().enumerate() {
            rt = then_block(rt, i, block);
            if let Some(tx) = tx {
                rt = then_tx(rt, i, tx);
            }
        }
        let got = run(probe(&rt, &chain(3, 2), &tx(), TIMEOUT));
        assert_eq!(got, expected, "{desc}");
    }
}

#[test]
fn should_not_read_blocks_before_one_can_be_late_enough() {
    for (desc, answers, expected) in [
        ("in a block", vec![receipt(0), receipt(0)], included()),
        ("not yet", vec![absent(), absent()], Verdict::Pending),
        (
            "one lags",
            vec![absent(), receipt(0), receipt(0)],
            included(),
        ),
    ] {
        let mut rt = Script::new().at(TIMEOUT + DEATH_MARGIN);
        for (i, reply) in answers.into_iter().enumerate() {
            rt = then_tx(rt, i, reply);
        }
        let got = run(probe(&rt, &chain(3, 2), &tx(), TIMEOUT));
        assert_eq!(got, expected, "{desc}");
    }
}

#[test]
fn should_ask_until_enough_agree() {
    for (desc, answers, expected) in [
        ("the first two", vec![receipt(0), receipt(0)], Some(9)),
        (
            "the last two",
            vec![silence(), receipt(0), receipt(0)],
            Some(9),
        ),
        ("all fail", vec![silence(), silence(), silence()], None),
        (
            "one is alone",
            vec![silence(), answer(500, "timeout"), receipt(0)],
            None,
        ),
    ] {
        let mut rt = Script::new();
        for (i, reply) in answers.into_iter().enumerate() {
            rt = then_tx(rt, i, reply);
        }
        let got = run(agree(
            &rt,
            &chain(3, 2),
            |endpoint| tx_request(&endpoint.rest, "AB"),
            |response| tx_reply(response).map(|tx| tx.map(|tx| tx.height)),
        ));
        match (got, expected) {
            (Agreement::Agreed(height), Some(_)) => assert_eq!(height, expected, "{desc}"),
            (Agreement::Open(why), None) => assert!(why.contains("timeout"), "{desc}: {why}"),
            (got, _) => panic!("{desc}: {got:?}"),
        }
    }
}

/// Outcalls are paid by reserved bytes: what a deployment that goes well reserves in all.
#[test]
fn should_reserve_little_on_the_happy_path() {
    use crate::akash::read::{broadcast_request, provider_request};
    use crate::provider::gateway::{address_request, manifest_request, status_request};
    let (rest, host) = ("https://rest-0", "https://p.example.org:8443");
    let seven = [
        broadcast_request(rest, &tx()),
        bids_request(rest, "akash1a", 1, 1),
        provider_request(rest, "akash1p"),
        address_request(host),
        broadcast_request(rest, &tx()),
        manifest_request(host, 1, "t", "[]"),
        status_request(host, 1, 1, 1, "t"),
    ];
    let reserved: u64 = seven.iter().map(|r| r.max_response_bytes).sum();
    assert!(reserved <= 250_000, "{reserved} bytes");
}
