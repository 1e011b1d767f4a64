use super::*;
use crate::akash::message::Message;
use crate::akash::tx::Order;
use crate::kernel::money::Uakt;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Status and body; status 0 is no answer.
type Answer = (u16, String);

/// A world that answers from a list, in order, and notes what it was asked.
#[derive(Default)]
struct Script {
    now: Nanos,
    answers: RefCell<VecDeque<Result<HttpResponse, NoAnswer>>>,
    asked: RefCell<Vec<String>>,
}

impl Script {
    fn new(answers: Vec<Answer>) -> Self {
        let answers = answers.into_iter().map(|(status, body)| {
            if status == 0 {
                Err(NoAnswer {
                    code: 2,
                    message: body,
                })
            } else {
                Ok(HttpResponse {
                    status,
                    body: body.into_bytes(),
                })
            }
        });
        Self {
            now: 0,
            answers: RefCell::new(answers.collect()),
            asked: RefCell::default(),
        }
    }
}

impl Runtime for Script {
    fn now(&self) -> Nanos {
        self.now
    }

    async fn outcall(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        self.asked.borrow_mut().push(request.url);
        let next = self.answers.borrow_mut().pop_front();
        next.expect("the script has run dry")
    }

    async fn sign(&self, path: Vec<Vec<u8>>, digest: [u8; 32]) -> Result<[u8; 64], SignError> {
        assert_eq!(path, [b"path".to_vec()]);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&digest);
        Ok(signature)
    }

    async fn public_key(&self, _: Option<Vec<u8>>, _: Vec<Vec<u8>>) -> Result<[u8; 33], SignError> {
        unreachable!("nothing here asks for a key")
    }
}

/// Nothing here ever waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a scripted future waits"),
    }
}

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

fn receipt(code: u32) -> Answer {
    let body = format!(
        r#"{{"tx_response":{{"height":"9","txhash":"AB","codespace":"sdk","code":{code},"raw_log":"words"}}}}"#
    );
    (200, body)
}

fn block(time: &str) -> Answer {
    let body = format!(r#"{{"block":{{"header":{{"height":"9","time":"{time}"}}}}}}"#);
    (200, body)
}

fn absent() -> Answer {
    (404, r#"{"code":5,"message":"tx not found"}"#.into())
}

fn nothing() -> Answer {
    (0, "timeout".into())
}

#[test]
fn should_sign_what_it_sends() {
    let plan = TxPlan {
        messages: vec![Message::CloseDeployment {
            owner: "akash1a".into(),
            dseq: 1,
        }],
        memo: String::new(),
        public_key: [2; 33],
        account_number: 1,
        order: Order::Unordered,
        timeout_ns: Some(7),
        gas: 1,
        fee: Uakt(1),
        granter: None,
    };
    let rt = Script::default();
    let signed = run(sign(&rt, &chain(1, 1), vec![b"path".to_vec()], &plan)).expect("a signature");
    let digest = plan.unsigned("akashnet-2").digest();
    assert_eq!(signed.bytes[signed.bytes.len() - 64..][..32], digest);
}

#[test]
fn should_take_a_refusal_as_a_claim() {
    let refused = Outcome::NotDone(Refusal {
        codespace: "sdk".into(),
        code: 4,
        log: "words".into(),
    });
    for (answer, expected) in [
        (receipt(0), Outcome::Done(())),
        (receipt(19), Outcome::Done(())),
        (receipt(4), refused),
        ((502, "<html>".into()), Outcome::Unknown),
        (nothing(), Outcome::Unknown),
    ] {
        let rt = Script::new(vec![answer.clone()]);
        let got = run(broadcast(&rt, &chain(1, 1).endpoints[0], &tx()));
        assert_eq!(got, expected, "{answer:?}");
    }
}

/// The timeout is at 12:00:00; death is certain half a minute later.
#[test]
fn should_judge_a_transaction_by_enough_endpoints() {
    const TIMEOUT: Nanos = 1_795_521_600 * NANOS_PER_SECOND;
    let late = || block("2026-11-24T12:00:30.000000001Z");
    let edge = || block("2026-11-24T12:00:30Z");
    let failed = Verdict::Failed {
        height: 9,
        codespace: "sdk".into(),
        code: 11,
        log: "words".into(),
    };
    let another = || {
        let (status, body) = receipt(0);
        (status, body.replace("AB", "CD"))
    };
    let rows: [(&str, Vec<Answer>, Verdict); 9] = [
        (
            "two say it is in a block",
            vec![late(), receipt(0), late(), receipt(0)],
            Verdict::Included { height: 9 },
        ),
        (
            "two say it failed there",
            vec![late(), receipt(11), late(), receipt(11)],
            failed,
        ),
        (
            "two say it cannot come any more",
            vec![late(), absent(), late(), absent()],
            Verdict::Dead,
        ),
        (
            "one says dead, one lags, one says dead",
            vec![late(), absent(), edge(), absent(), late(), absent()],
            Verdict::Dead,
        ),
        (
            "at the margin it may still come",
            vec![edge(), absent(), edge(), absent()],
            Verdict::Pending,
        ),
        (
            "one liar decides nothing",
            vec![late(), absent(), late(), receipt(0), late(), receipt(0)],
            Verdict::Included { height: 9 },
        ),
        (
            "an error is not a vote",
            vec![nothing(), late(), nothing(), late(), absent()],
            Verdict::Pending,
        ),
        (
            "another transaction is not this one",
            vec![late(), another(), late(), another(), late(), absent()],
            Verdict::Pending,
        ),
        (
            "each says something else",
            vec![late(), absent(), late(), receipt(0), late(), receipt(11)],
            Verdict::Pending,
        ),
    ];
    for (desc, answers, expected) in rows {
        let mut rt = Script::new(answers);
        rt.now = TIMEOUT + DEATH_MARGIN + 1;
        let got = run(probe(&rt, &chain(3, 2), &tx(), TIMEOUT));
        assert_eq!(got, expected, "{desc}");
        assert!(rt.answers.borrow().is_empty(), "{desc}: answers are left");
        let asked = rt.asked.borrow();
        let first = asked.first().expect("a request");
        assert!(
            first.contains("blocks/latest"),
            "{desc}: asked {first} first"
        );
    }
}

#[test]
fn should_not_read_blocks_before_one_can_be_late_enough() {
    const TIMEOUT: Nanos = 1_795_521_600 * NANOS_PER_SECOND;
    for (desc, answers, expected) in [
        (
            "in a block",
            vec![receipt(0), receipt(0)],
            Verdict::Included { height: 9 },
        ),
        ("not yet", vec![absent(), absent()], Verdict::Pending),
        (
            "one lags",
            vec![absent(), receipt(0), receipt(0)],
            Verdict::Included { height: 9 },
        ),
    ] {
        let mut rt = Script::new(answers);
        rt.now = TIMEOUT + DEATH_MARGIN;
        let got = run(probe(&rt, &chain(3, 2), &tx(), TIMEOUT));
        assert_eq!(got, expected, "{desc}");
        assert!(rt.answers.borrow().is_empty(), "{desc}: answers are left");
        let asked = rt.asked.borrow();
        assert!(asked.iter().all(|url| url.contains("/txs/AB")), "{desc}");
    }
}

#[test]
fn should_ask_until_enough_agree() {
    let found = |code| receipt(code);
    let rows: [(&str, Vec<Answer>, Option<u64>); 4] = [
        ("the first two", vec![found(0), found(0)], Some(9)),
        ("the last two", vec![nothing(), found(0), found(0)], Some(9)),
        ("all fail", vec![nothing(), nothing(), nothing()], None),
        ("one is alone", vec![nothing(), nothing(), found(0)], None),
    ];
    for (desc, answers, expected) in rows {
        let rt = Script::new(answers);
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
