//! What a node's REST door says, and what our readers make of it.

use super::{CHAIN_ID, Stage, send};
use crate::actor::Actor;
use crate::http::get;
use crate::world::{RICH, World, tip};
use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orchestrator::akash::ids::UAKT;
use orchestrator::akash::read::{
    self, account_reply, account_request, balance_reply, balance_request,
};
use orchestrator::kernel::Nanos;
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::port::{
    HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError,
};
use orchestrator::submit::{Verdict, probe};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context as Wake, Poll, Waker};

pub(super) fn run(stage: &mut Stage<'_, impl World>) -> Result<()> {
    absences(stage)?;
    pinned(stage)?;
    broadcasts(stage)?;
    verdicts(stage)
}

/// HTTP status and gRPC code of an answer.
fn status(response: &HttpResponse) -> String {
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match body.get("code").filter(|_| response.status >= 400) {
        Some(code) => format!("{} {code}", response.status),
        None => response.status.to_string(),
    }
}

fn absences(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let rest = stage.world.rest();
    let nobody = Actor::new("nobody").address;
    let reader = Actor::new("reader").address;
    let account = account_reply(&stage.world.send(&account_request(&rest, &nobody))?)?;
    stage.row(
        "reader: an account that does not exist",
        "None",
        format!("{account:?}"),
    );
    let balance = balance_reply(&stage.world.send(&balance_request(&rest, &nobody, UAKT))?)?;
    stage.row("reader: its balance", "0", balance);
    let hash = "AB".repeat(32);
    let found = crate::world::look_up(stage.world, &hash)?;
    stage.row(
        "reader: a transaction that does not exist",
        "None",
        format!("{found:?}"),
    );
    let newest = tip(stage.world)?.height;
    let future = newest + 1_000;
    let base = "/cosmos/base/tendermint/v1beta1";
    for (desc, path, expected) in [
        (
            "an account that does not exist",
            format!("/cosmos/auth/v1beta1/account_info/{nobody}"),
            "404 5",
        ),
        (
            "no address, by the full record",
            "/cosmos/auth/v1beta1/accounts/none".into(),
            "500 2",
        ),
        (
            "the same by its full record",
            format!("/cosmos/auth/v1beta1/accounts/{nobody}"),
            "404 5",
        ),
        (
            "no address",
            "/cosmos/auth/v1beta1/account_info/none".into(),
            "500 2",
        ),
        (
            "a balance of no address",
            "/cosmos/bank/v1beta1/balances/none/by_denom?denom=uakt".into(),
            "400 3",
        ),
        (
            "a balance of no denom",
            format!("/cosmos/bank/v1beta1/balances/{reader}/by_denom"),
            "400 3",
        ),
        (
            "a transaction that does not exist",
            format!("/cosmos/tx/v1beta1/txs/{hash}"),
            "404 5",
        ),
        (
            "a hash that is too short",
            "/cosmos/tx/v1beta1/txs/ABCD".into(),
            "404 5",
        ),
        ("no hash", "/cosmos/tx/v1beta1/txs/none".into(), "500 2"),
        (
            "a block that is ahead",
            format!("{base}/blocks/{future}"),
            "400 3",
        ),
        ("block 0", format!("{base}/blocks/0"), "500 2"),
        ("no block", format!("{base}/blocks/none"), "400 3"),
        (
            "an allowance that does not exist",
            format!("/cosmos/feegrant/v1beta1/allowance/{reader}/{nobody}"),
            "500 13",
        ),
        (
            "an allowance of no address",
            format!("/cosmos/feegrant/v1beta1/allowance/none/{nobody}"),
            "500 2",
        ),
        (
            "permissions that do not exist",
            format!("/cosmos/authz/v1beta1/grants?granter={reader}&grantee={nobody}"),
            "200",
        ),
        (
            "a permission that does not exist",
            format!(
                "/cosmos/authz/v1beta1/grants?granter={reader}&grantee={nobody}\
                 &msg_type_url=/cosmos.bank.v1beta1.MsgSend"
            ),
            "500 2",
        ),
        (
            "a route that does not exist",
            "/cosmos/nothing".into(),
            "501 12",
        ),
    ] {
        let response = stage.world.send(&get(&format!("{rest}{path}")))?;
        stage.row(&format!("REST: {desc}"), expected, status(&response));
    }
    Ok(())
}

/// A balance as it was after a block.
fn balance_at(stage: &mut Stage<'_, impl World>, who: &str, height: &str) -> Result<HttpResponse> {
    let mut request = balance_request(&stage.world.rest(), who, UAKT);
    request
        .headers
        .push(("x-cosmos-block-height".into(), height.into()));
    stage.world.send(&request)
}

fn pinned(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let reader = Actor::new("reader");
    let friend = Actor::new("friend of the reader").address;
    let before = tip(stage.world)?.height;
    let plan = stage.plan(&reader, vec![send(&reader, &friend, UAKT, 7)])?;
    stage.ours("a send between two heights", "included", &plan, &reader)?;
    let tx = reader.transaction(&plan, CHAIN_ID);
    let height = crate::world::look_up(stage.world, &tx.hash)?
        .context("it is included")?
        .height;
    stage.world.next_block()?;
    for (desc, at, expected) in [
        ("before the send", before, RICH),
        ("one block before it", height - 1, RICH),
        ("at its block", height, RICH - 7 - plan.fee.0),
    ] {
        let response = balance_at(stage, &reader.address, &at.to_string())?;
        let got = balance_reply(&response)?;
        stage.row(
            &format!("pinned: a balance {desc}"),
            &expected.to_string(),
            got,
        );
    }
    let newest = tip(stage.world)?.height;
    for (desc, at, expected) in [
        (
            "a height that is ahead",
            (newest + 1_000).to_string(),
            "500 2",
        ),
        ("height 0 is the newest", "0".into(), "200"),
        ("no number", "none".into(), "500 2"),
        ("a negative height", "-1".into(), "500 2"),
    ] {
        let response = balance_at(stage, &reader.address, &at)?;
        stage.row(&format!("pinned: {desc}"), expected, status(&response));
    }
    Ok(())
}

fn broadcasts(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let rest = stage.world.rest();
    let body = |tx: &str, mode: &str| format!(r#"{{"tx_bytes":"{tx}","mode":"{mode}"}}"#);
    let garbage = STANDARD.encode(b"no transaction");
    for (desc, body, expected) in [
        ("nothing", body("", "BROADCAST_MODE_SYNC"), "200 sdk 18"),
        (
            "no mode",
            body(&garbage, "BROADCAST_MODE_UNSPECIFIED"),
            "500 2",
        ),
        ("no JSON", "none".into(), "400 3"),
        ("no base64", body("?", "BROADCAST_MODE_SYNC"), "400 3"),
        (
            "bytes that are no transaction",
            body(&garbage, "BROADCAST_MODE_SYNC"),
            "200 sdk 2",
        ),
    ] {
        let response = stage.world.send(&HttpRequest {
            url: format!("{rest}/cosmos/tx/v1beta1/txs"),
            method: HttpMethod::Post,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes(),
            max_response_bytes: 8_192,
        })?;
        let got = match read::broadcast_reply(&response) {
            Ok(read::BroadcastReply::Refused {
                codespace, code, ..
            }) => {
                format!("{} {codespace} {code}", response.status)
            }
            Ok(other) => format!("{other:?}"),
            Err(_) => status(&response),
        };
        stage.row(&format!("REST: a broadcast of {desc}"), expected, got);
    }
    Ok(())
}

/// The chain as the product's pipeline sees it.
struct Port<'a, W> {
    world: RefCell<&'a mut W>,
    now: Nanos,
}

impl<W: World> Runtime for Port<'_, W> {
    fn now(&self) -> Nanos {
        self.now
    }

    async fn outcall(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let bound = request.max_response_bytes;
        let answer = self.world.borrow_mut().send(&request);
        let lost = |message: String| NoAnswer { code: 2, message };
        match answer {
            Ok(response) if response.body.len() as u64 > bound => Err(lost("too long".into())),
            Ok(response) => Ok(response),
            Err(why) => Err(lost(format!("{why:#}"))),
        }
    }

    async fn sign(&self, _: Vec<Vec<u8>>, _: [u8; 32]) -> Result<[u8; 64], SignError> {
        Err(no_key())
    }

    async fn public_key(&self, _: Option<Vec<u8>>, _: Vec<Vec<u8>>) -> Result<[u8; 33], SignError> {
        Err(no_key())
    }
}

fn no_key() -> SignError {
    SignError {
        code: 2,
        message: "this port only reads".into(),
    }
}

/// Runs a future that never waits.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Wake::from_waker(Waker::noop())) {
            return done;
        }
    }
}

fn verdicts(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let prober = Actor::new("prober");
    let friend = Actor::new("friend of the prober").address;
    let good = stage.plan(&prober, vec![send(&prober, &friend, UAKT, 1)])?;
    stage.ours("a send to be found", "included", &good, &prober)?;
    let bad = stage.plan(
        &prober,
        vec![send(&prober, &friend, UAKT, u128::from(RICH))],
    )?;
    stage.ours("a failure to be found", "failed sdk 5", &bad, &prober)?;
    let unsent = stage.plan(&prober, vec![send(&prober, &friend, UAKT, 1)])?;
    let now = tip(stage.world)?.time_ns;
    let mut late = stage.plan(&prober, vec![send(&prober, &friend, UAKT, 1)])?;
    late.timeout_ns = Some(now - 40_000_000_000);
    for (desc, plan, expected) in [
        ("an included transaction", good, "included"),
        ("a failed one", bad, "failed sdk 5"),
        ("one that was never sent", unsent, "pending"),
        ("one that is past its timeout", late, "dead"),
    ] {
        let chain = ChainConfig {
            chain_id: CHAIN_ID.into(),
            endpoints: vec![Endpoint {
                rest: stage.world.rest(),
                rpc: String::new(),
            }],
            agreement: 1,
            gas_price_milli_uakt: super::PRICE,
        };
        let tx = prober.transaction(&plan, CHAIN_ID);
        let port = Port {
            world: RefCell::new(&mut *stage.world),
            now,
        };
        let timeout = plan.timeout_ns.context("a timeout")?;
        let verdict = finish(probe(&port, &chain, &tx, timeout));
        let got = match verdict {
            Verdict::Included { .. } => "included".into(),
            Verdict::Failed {
                codespace, code, ..
            } => format!("failed {codespace} {code}"),
            Verdict::Dead => "dead".into(),
            Verdict::Pending => "pending".to_string(),
        };
        stage.row(&format!("probe: {desc}"), expected, got);
    }
    Ok(())
}
