//! Public nodes: faults, pages, routes.

use super::*;
use crate::EndpointFault;
use crate::chain::failure::code;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn at(akash: &mut Akash, index: usize, path: &str) -> Result<Response, String> {
    let now = akash.block_time();
    akash.http(
        now,
        &Request::get(format!("{}{path}", Akash::rest_url(index))),
    )
}

fn post(akash: &mut Akash, index: usize, bytes: &[u8]) -> Result<Value, String> {
    let body = json!({"tx_bytes": STANDARD.encode(bytes), "mode": "BROADCAST_MODE_SYNC"});
    let request = Request {
        method: "POST".into(),
        url: format!("{}/cosmos/tx/v1beta1/txs", Akash::rest_url(index)),
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let now = akash.block_time();
    akash.http(now, &request).map(|r| r.value())
}

fn rpc(akash: &mut Akash, path: &str) -> Response {
    let now = akash.block_time();
    akash
        .http(now, &Request::get(format!("{}{path}", Akash::rpc_url(0))))
        .expect("answers")
}

fn payment(akash: &Akash, tenant: &Wallet) -> Vec<u8> {
    let message = tenant.send(Wallet::new("friend").address(), 1, "uakt");
    tenant.tx(akash.chain(), vec![message], &TxOptions::default())
}

#[test]
fn should_fail_in_each_of_the_ways() {
    let height = "/cosmos/base/tendermint/v1beta1/blocks/latest";
    let rows = [
        // Fault; reads: status; broadcasts: answered, included.
        (EndpointFault::None, Ok(200), true, true),
        (EndpointFault::Error500, Ok(500), true, false),
        (EndpointFault::Timeout, Err(()), false, false),
        (EndpointFault::Lagging { blocks: 3 }, Ok(200), true, true),
        (EndpointFault::LosesBroadcasts, Ok(200), true, false),
        (EndpointFault::AcceptsWithoutReply, Ok(200), false, true),
        (EndpointFault::Lies, Ok(200), true, false),
    ];
    for (fault, read, answered, included) in rows {
        let (mut akash, tenant) = network(vec![]);
        akash.advance_blocks(5);
        akash.endpoint_fault(0, fault);
        let got = at(&mut akash, 0, height).map(|r| r.status).map_err(|_| ());
        assert_eq!(got, read, "{fault:?}");
        assert_eq!(
            at(&mut akash, 1, height).map(|r| r.status),
            Ok(200),
            "the others work"
        );
        let bytes = payment(&akash, &tenant);
        let reply = post(&mut akash, 0, &bytes);
        assert_eq!(reply.is_ok(), answered, "{fault:?}");
        if fault == EndpointFault::LosesBroadcasts || fault == EndpointFault::Lies {
            assert_eq!(
                reply.expect("answered")["tx_response"]["code"],
                0,
                "{fault:?}"
            );
        }
        akash.advance_blocks(1);
        assert_eq!(!akash.txs().is_empty(), included, "{fault:?}");
    }
}

#[test]
fn should_lag_behind_and_lie_plausibly() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(5);
    let path = format!(
        "/cosmos/bank/v1beta1/balances/{}/by_denom?denom=uakt",
        tenant.address()
    );
    let amount = |akash: &mut Akash, i| {
        at(akash, i, &path).expect("answers").value()["balance"]["amount"].clone()
    };
    akash.endpoint_fault(0, EndpointFault::Lagging { blocks: 2 });
    akash.endpoint_fault(1, EndpointFault::Lies);
    let bytes = payment(&akash, &tenant);
    akash.broadcast(&bytes).expect("accepted");
    akash.advance_blocks(1);
    let truth = json!((RICH - 50_001).to_string());
    assert_eq!(amount(&mut akash, 2), truth);
    assert_eq!(amount(&mut akash, 0), json!(RICH.to_string()));
    assert_ne!(amount(&mut akash, 1), truth);
    let hash = akash.txs()[0].tx.hash.clone();
    let path = format!("/cosmos/tx/v1beta1/txs/{hash}");
    assert_eq!(at(&mut akash, 0, &path).map(|r| r.status), Ok(404));
    let lie = at(&mut akash, 1, &path).expect("answers").value();
    assert_ne!(lie["tx_response"]["code"], 0);
    akash.advance_blocks(2);
    assert_eq!(amount(&mut akash, 0), truth);
}

#[test]
fn should_page_with_the_traps_of_the_chain() {
    let (mut akash, tenant) = network(vec![]);
    let owner = tenant.address().to_owned();
    for dseq in 1..=5 {
        let message = create(&owner, dseq, vec![web_group("web", 10)], 500_000);
        assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    }
    assert_eq!(run(&mut akash, &tenant, vec![close_any(&owner, 2)]), OK);
    let mut list = |query: &str| {
        let path = format!("/akash/deployment/v1beta4/deployments/list?{query}");
        let response = at(&mut akash, 0, &path).expect("answers");
        let value = response.value();
        let dseqs: Vec<u64> = value["deployments"]
            .as_array()
            .map(|l| {
                let dseq = |d: &Value| {
                    d["deployment"]["id"]["dseq"]
                        .as_str()
                        .expect("text")
                        .parse()
                };
                l.iter().map(|d| dseq(d).expect("a number")).collect()
            })
            .unwrap_or_default();
        (response.status, dseqs, value["pagination"].clone())
    };
    let mine = format!("filters.owner={owner}");
    assert_eq!(list(&mine).1, [1, 2, 3, 4, 5]);
    assert_eq!(list("").1, [1, 3, 4, 5, 2], "without an owner by state");
    assert_eq!(list(&format!("{mine}&filters.state=closed")).1, [2]);
    assert_eq!(list(&format!("{mine}&filters.dseq=3")).1, [3]);
    assert_eq!(list(&format!("{mine}&filters.state=gone")).0, 400);
    assert_eq!(list(&format!("{mine}&pagination.offset=1")).0, 400);
    assert_eq!(
        list(&format!("{mine}&filters.state=active&pagination.offset=1")).1,
        [3, 4, 5]
    );
    assert_eq!(
        list(&format!("{mine}&pagination.reverse=true")).1,
        [5, 4, 3, 2, 1]
    );
    let (_, first, page) = list(&format!("{mine}&filters.state=active&pagination.limit=2"));
    assert_eq!((first, page["total"].clone()), (vec![1, 3], json!("2")));
    let key = page["next_key"]
        .as_str()
        .expect("more")
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    // The key brings its own filters; those that come with it are void.
    let (_, second, page) = list(&format!("filters.dseq=1&pagination.key={key}"));
    assert_eq!(
        (second, page["next_key"].clone()),
        (vec![4, 5], Value::Null)
    );
    assert_eq!(list("pagination.key=AAAA").0, 400);
}

#[test]
fn should_filter_escrow_accounts_by_a_prefix() {
    let (mut akash, tenant) = network(vec![]);
    let owner = tenant.address().to_owned();
    for dseq in [12, 123, 13] {
        let message = create(&owner, dseq, vec![web_group("web", 10)], 500_000);
        assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    }
    let path = format!("/akash/escrow/v1/types/accounts?xid=deployment/{owner}/12&state=open");
    let found = at(&mut akash, 0, &path).expect("answers").value();
    assert_eq!(found["accounts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn should_answer_errors_in_the_shape_of_the_gateway() {
    let (mut akash, tenant) = network(vec![]);
    let owner = tenant.address().to_owned();
    let nobody = Wallet::new("nobody").address().to_owned();
    let rows = [
        (
            format!("/akash/deployment/v1beta4/deployments/info?id.owner={owner}&id.dseq=1"),
            404,
            5,
        ),
        (
            "/akash/deployment/v1beta4/deployments/info?id.owner=x&id.dseq=1".into(),
            400,
            3,
        ),
        (
            format!("/akash/provider/v1beta4/providers/{nobody}"),
            404,
            5,
        ),
        (
            format!("/cosmos/auth/v1beta1/account_info/{nobody}"),
            404,
            5,
        ),
        (format!("/cosmos/tx/v1beta1/txs/{}", "0".repeat(64)), 404, 5),
        (
            "/cosmos/base/tendermint/v1beta1/blocks/99999999".into(),
            400,
            3,
        ),
        (
            format!("/cosmos/feegrant/v1beta1/allowance/{owner}/{nobody}"),
            500,
            13,
        ),
        (
            format!(
                "/cosmos/authz/v1beta1/grants?granter={owner}&grantee={nobody}\
                 &msg_type_url=/akash.escrow.v1.MsgAccountDeposit"
            ),
            500,
            2,
        ),
        ("/akash/deployment/v1beta3/deployments/list".into(), 501, 12),
        ("/".into(), 501, 12),
    ];
    for (path, status, number) in rows {
        let response = at(&mut akash, 0, &path).expect("answers");
        assert_eq!(response.status, status, "{path}");
        let value = response.value();
        assert_eq!(value["code"], number, "{path}");
        assert_eq!(value["details"], json!([]), "{path}");
    }
    let empty = format!("/cosmos/authz/v1beta1/grants?granter={owner}&grantee={nobody}");
    assert_eq!(
        at(&mut akash, 0, &empty).expect("answers").value()["grants"],
        json!([])
    );
    let broken = post(&mut akash, 0, b"").expect("answers");
    assert_eq!(broken["tx_response"]["code"], code::INVALID_REQUEST);
    let garbage = post(&mut akash, 0, b"garbage").expect("answers");
    assert_eq!(garbage["tx_response"]["code"], code::TX_DECODE);
}

#[test]
fn should_tell_accounts_blocks_and_parameters() {
    let (mut akash, tenant) = network(vec![ProviderConfig::honest("one", 500)]);
    let owner = tenant.address().to_owned();
    let mut value = |path: &str| at(&mut akash, 0, path).expect("answers").value();
    let info = value(&format!("/cosmos/auth/v1beta1/account_info/{owner}"));
    assert_eq!(info["info"]["pub_key"], Value::Null);
    assert_eq!(info["info"]["sequence"], "0");
    let module = crate::address::of_module("escrow");
    let full = value(&format!("/cosmos/auth/v1beta1/accounts/{module}"));
    assert_eq!(full["account"]["name"], "escrow");
    let latest = value("/cosmos/base/tendermint/v1beta1/blocks/latest");
    assert_eq!(latest["block"]["header"]["height"], "30000000");
    assert_eq!(latest["block"]["header"]["chain_id"], "akashnet-2");
    assert_eq!(latest["sdk_block"]["data"], latest["block"]["data"]);
    let proposer = latest["sdk_block"]["header"]["proposer_address"].as_str();
    assert!(proposer.is_some_and(|p| p.starts_with("akashvalcons1")));
    let one = value("/cosmos/base/tendermint/v1beta1/blocks/30000000");
    assert_eq!(one, latest);
    let node = value("/cosmos/base/tendermint/v1beta1/node_info");
    assert_eq!(node["default_node_info"]["network"], "akashnet-2");
    let params = value("/akash/market/v1beta5/params");
    assert_eq!(params["params"]["order_max_bids"], 20);
    let params = value("/akash/bme/v1/params");
    assert_eq!(
        params["params"]["min_mint"],
        json!([{"denom": "uact", "amount": "10000000"}])
    );
    let supply = value("/cosmos/bank/v1beta1/supply/by_denom?denom=uact");
    assert_eq!(supply["amount"]["amount"], (RICH / 10).to_string());
    let vault = value("/akash/bme/v1/vault");
    assert_eq!(vault["vault_state"]["remint_credits"][0]["amount"], "0");
    let providers = value("/akash/provider/v1beta4/providers");
    assert_eq!(providers["providers"].as_array().map(Vec::len), Some(1));
    let config = value("/cosmos/base/node/v1beta1/config");
    assert_eq!(config["minimum_gas_price"], "0.025000000000000000uakt");
}

#[test]
fn should_print_every_message_of_a_transaction() {
    let (mut akash, tenant) = network(vec![ProviderConfig::honest("one", 500)]);
    let id = leased(&mut akash, &tenant, 42, 5_000_000);
    assert_eq!(
        run(&mut akash, &tenant, vec![close_any(tenant.address(), 42)]),
        OK
    );
    let hashes: Vec<(String, String)> = akash
        .txs()
        .iter()
        .map(|t| (t.tx.hash.clone(), t.tx.messages[0].0.clone()))
        .collect();
    assert_eq!(hashes.len(), 4);
    for (hash, url) in &hashes {
        let found = rest(&mut akash, &format!("/cosmos/tx/v1beta1/txs/{hash}")).value();
        assert_eq!(found["tx"]["body"]["messages"][0]["@type"], *url);
        assert_eq!(found["tx_response"]["tx"]["@type"], "/cosmos.tx.v1beta1.Tx");
        assert_eq!(found["tx_response"]["txhash"], *hash);
        assert!(
            found["tx_response"]["events"]
                .as_array()
                .is_some_and(|e| e.len() > 7)
        );
    }
    let lease = hashes
        .iter()
        .find(|(_, url)| url.ends_with("MsgCreateLease"))
        .expect("one");
    let found = rest(&mut akash, &format!("/cosmos/tx/v1beta1/txs/{}", lease.0)).value();
    assert_eq!(
        found["tx"]["body"]["messages"][0]["bid_id"]["provider"],
        id.provider
    );
}

#[test]
fn should_speak_rpc_in_both_forms() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(2);
    let status = rpc(&mut akash, "/status").value();
    assert_eq!(
        status["result"]["sync_info"]["latest_block_height"],
        "30000002"
    );
    let block = rpc(&mut akash, "/block?height=30000001").value();
    assert_eq!(block["result"]["block"]["header"]["height"], "30000001");
    assert_eq!(rpc(&mut akash, "/block?height=40000000").status, 500);
    let bytes = payment(&akash, &tenant);
    let sync = format!("/broadcast_tx_sync?tx=0x{}", hex::encode(&bytes));
    let sent = rpc(&mut akash, &sync).value();
    assert_eq!(sent["result"]["code"], 0);
    let again = rpc(&mut akash, &sync).value();
    assert_eq!(again["error"]["data"], "tx already exists in cache");
    akash.advance_blocks(1);
    let hash = sent["result"]["hash"].as_str().expect("text").to_owned();
    let found = rpc(&mut akash, &format!("/tx?hash=0x{hash}")).value();
    assert_eq!(found["result"]["height"], "30000003");
    assert_eq!(found["result"]["tx_result"]["code"], 0);
    let missing = rpc(&mut akash, &format!("/tx?hash=0x{}", "0".repeat(64)));
    assert_eq!(missing.status, 500);
    let body = json!({
        "jsonrpc": "2.0", "id": 9, "method": "tx",
        "params": {"hash": STANDARD.encode(hex::decode(&hash).expect("hex"))},
    });
    let request = Request {
        method: "POST".into(),
        url: Akash::rpc_url(0),
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let now = akash.block_time();
    let posted = akash.http(now, &request).expect("answers").value();
    assert_eq!(posted["id"], 9);
    assert_eq!(posted["result"], found["result"]);
    assert_eq!(
        rpc(&mut akash, "/nothing").value()["error"]["code"],
        -32_601
    );
}

#[test]
fn should_keep_time_by_the_seed() {
    let times = |seed| {
        let mut akash = Akash::new(Genesis {
            seed,
            ..Genesis::default()
        });
        let start = akash.block_time();
        akash.advance_to(start + 600_000_000_000);
        let chain = akash.chain();
        let heights = chain.first_height()..=chain.height();
        heights
            .map(|h| chain.time_at(h).expect("made"))
            .collect::<Vec<_>>()
    };
    let (one, two) = (times(1), times(2));
    assert_eq!(one, times(1));
    assert_ne!(one, two);
    for pair in one.windows(2) {
        let length = pair[1] - pair[0];
        assert!(
            (5_700_000_000..=6_300_000_000).contains(&length),
            "{length}"
        );
    }
}
