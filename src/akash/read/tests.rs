//! Answers as nodes write them: 64-bit numbers are texts, bytes are base64, every field is there.

use super::*;
use crate::akash::ids::BidId;
use crate::akash::tx::SignedTx;
use crate::kernel::NANOS_PER_SECOND;
use crate::kernel::money::{Uact, Uakt};
use crate::sdl::Attribute;
use proptest::prelude::*;
use serde_json::{Value, json};

const OWNER: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
const PROVIDER: &str = "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls";
const TREASURY: &str = "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee";
const REST: &str = "https://rest.test";

fn reply(value: &Value) -> HttpResponse {
    HttpResponse {
        status: 200,
        body: value.to_string().into_bytes(),
    }
}

fn error(status: u16, code: i64) -> HttpResponse {
    HttpResponse {
        status,
        body: json!({"code": code, "message": "not found", "details": []})
            .to_string()
            .into_bytes(),
    }
}

fn amount(denom: &str, amount: &str) -> Value {
    json!({"denom": denom, "amount": amount})
}

fn bid_id() -> Value {
    json!({"owner": OWNER, "dseq": "12345", "gseq": 1, "oseq": 2, "provider": PROVIDER, "bseq": 0})
}

fn our_bid_id() -> BidId {
    BidId {
        owner: OWNER.into(),
        dseq: 12345,
        gseq: 1,
        oseq: 2,
        provider: PROVIDER.into(),
        bseq: 0,
    }
}

fn unit() -> Value {
    json!({"id": 1,
        "cpu": {"units": {"val": "1000"}, "attributes": []},
        "memory": {"quantity": {"val": "1073741824"}, "attributes": []},
        "storage": [{"name": "default", "quantity": {"val": "1073741824"}, "attributes": []}],
        "gpu": {"units": {"val": "1"}, "attributes": [
            {"key": "vendor/nvidia/model/h100/ram/80Gi/interface/sxm", "value": "true"}]},
        "endpoints": [{"kind": "SHARED_HTTP", "sequence_number": 0}]})
}

fn escrow_account(scope: &str, xid: &str, balance: &str) -> Value {
    json!({"id": {"scope": scope, "xid": xid},
        "state": {"owner": OWNER, "state": "open",
            "transferred": [amount("uact", "1000.000000000000000000")],
            "settled_at": "27300000",
            "funds": [amount("uact", balance)],
            "deposits": [{"owner": TREASURY, "height": "27300000", "source": "grant",
                "balance": amount("uact", balance)}]}})
}

fn bid() -> Value {
    json!({"bid": {"id": bid_id(), "state": "open",
            "price": amount("uact", "812.500000000000000000"), "created_at": "27300001",
            "resources_offer": [{"resources": unit(), "count": 1, "prices": null}],
            "reclamation_window": null},
        "escrow_account": escrow_account("bid", &format!("{OWNER}/12345/1/2/{PROVIDER}"),
            "500000.000000000000000000")})
}

fn page(key: &str, items: Vec<Value>) -> Value {
    json!({key: items, "pagination": {"next_key": null, "total": items.len().to_string()}})
}

fn lease() -> Value {
    json!({"lease": {"id": bid_id(), "state": "active",
            "price": amount("uact", "812.500000000000000000"), "created_at": "27300002",
            "closed_on": "0", "reason": "lease_closed_invalid", "reclamation": null},
        "escrow_payment": {
            "id": {"aid": {"scope": "deployment", "xid": format!("{OWNER}/12345")},
                "xid": format!("1/2/{PROVIDER}")},
            "state": {"owner": PROVIDER, "state": "open",
                "rate": amount("uact", "812.500000000000000000"),
                "balance": amount("uact", "0.000000000000000000"),
                "unsettled": amount("uact", "0.000000000000000000"),
                "withdrawn": amount("uact", "0")}}})
}

fn deployment() -> Value {
    json!({"deployment": {"id": {"owner": OWNER, "dseq": "12345"}, "state": "active",
            "hash": "GYkU5MPqeZ46VwKqB/Q6Y9ilAUiW1i/mBAN84YsWfyg=", "created_at": "27300000",
            "reclamation": null},
        "groups": [{"id": {"owner": OWNER, "dseq": "12345", "gseq": 1}, "state": "open",
            "group_spec": {"name": "west", "requirements": {"signed_by": {"all_of": [],
                "any_of": []}, "attributes": []}, "resources": [{"resource": unit(), "count": 1,
                "price": amount("uact", "1000.000000000000000000")}]},
            "created_at": "27300000"}],
        "escrow_account": escrow_account("deployment", &format!("{OWNER}/12345"),
            "5000000.000000000000000000")})
}

fn tx_response(code: u32, codespace: &str) -> Value {
    json!({"height": "27300005", "txhash": "AB12", "codespace": codespace, "code": code,
        "data": "", "raw_log": "its words", "logs": [], "info": "", "gas_wanted": "300000",
        "gas_used": "103000", "tx": null, "timestamp": "2026-11-24T00:00:00Z", "events": []})
}

fn node() -> Value {
    json!({"earliest_store_height": "0", "height": "27300005",
        "timestamp": "2026-11-24T00:00:00.000000017Z", "app_hash": "qg==", "validator_hash": "qg=="})
}

fn account() -> Value {
    json!({"info": {"address": OWNER, "pub_key": {"@type": "/cosmos.crypto.secp256k1.PubKey",
        "key": "A8+74KEJp7OBb2ZaVJWb2YSexPZ2wQJlRXpUFKkM6pKC"}, "account_number": "7",
        "sequence": "3"}})
}

fn grants() -> Value {
    json!({"grants": [{"authorization": {"@type": "/akash.escrow.v1.DepositAuthorization",
            "spend_limit": amount("uakt", "0"), "scopes": ["deployment"],
            "spend_limits": [amount("uact", "25000000")]}, "expiration": null}],
        "pagination": {"next_key": null, "total": "0"}})
}

fn allowance() -> Value {
    json!({"allowance": {"granter": TREASURY, "grantee": OWNER, "allowance": {
        "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
        "allowance": {"@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
            "spend_limit": [amount("uakt", "90000")], "expiration": null},
        "allowed_messages": ["/akash.market.v1beta5.MsgCreateLease"]}}})
}

fn provider() -> Value {
    json!({"provider": {"owner": PROVIDER, "host_uri": "https://provider.example.com:8443",
        "attributes": [{"key": "region", "value": "us-west"}],
        "info": {"email": "", "website": ""}}})
}

/// Every reader: its name, a good answer, and what of it may not be missing.
type Reader = fn(&HttpResponse) -> Result<(), ReadError>;

fn readers() -> Vec<(&'static str, Value, Reader, &'static [&'static str])> {
    vec![
        (
            "broadcast",
            json!({"tx_response": tx_response(0, "")}),
            |r| broadcast_reply(r).map(drop),
            &[
                "/tx_response",
                "/tx_response/code",
                "/tx_response/codespace",
            ],
        ),
        (
            "tx",
            json!({"tx": {}, "tx_response": tx_response(0, "")}),
            |r| tx_reply(r).map(drop),
            &[
                "/tx_response",
                "/tx_response/txhash",
                "/tx_response/height",
                "/tx_response/code",
                "/tx_response/codespace",
            ],
        ),
        (
            "node",
            node(),
            |r| status_reply(r).map(drop),
            &["/height", "/timestamp"],
        ),
        (
            "bids",
            page("bids", vec![bid()]),
            |r| bids_reply(r).map(drop),
            &[
                "/bids",
                "/bids/0/bid/id/owner",
                "/bids/0/bid/id/dseq",
                "/bids/0/bid/id/oseq",
                "/bids/0/bid/id/provider",
                "/bids/0/bid/state",
                "/bids/0/bid/price/denom",
                "/bids/0/bid/price/amount",
            ],
        ),
        (
            "leases",
            page("leases", vec![lease()]),
            |r| leases_reply(r).map(drop),
            &[
                "/leases",
                "/leases/0/lease/id",
                "/leases/0/lease/state",
                "/leases/0/lease/price",
            ],
        ),
        (
            "provider",
            provider(),
            |r| provider_reply(r).map(drop),
            &["/provider", "/provider/owner", "/provider/host_uri"],
        ),
        (
            "deployment",
            deployment(),
            |r| deployment_reply(r).map(drop),
            &[
                "/deployment",
                "/deployment/state",
                "/deployment/hash",
                "/groups",
                "/groups/0/state",
                "/escrow_account/state/state",
                "/escrow_account/state/deposits",
                "/escrow_account/state/deposits/0/owner",
                "/escrow_account/state/deposits/0/balance",
                "/escrow_account/state/transferred",
                "/escrow_account/state/settled_at",
            ],
        ),
        (
            "deployments",
            page("deployments", vec![deployment()]),
            |r| active_deployments_reply(r).map(drop),
            &["/deployments", "/deployments/0/escrow_account"],
        ),
        (
            "account",
            account(),
            |r| account_reply(r).map(drop),
            &["/info", "/info/account_number", "/info/sequence"],
        ),
        (
            "balance",
            json!({"balance": amount("uact", "12")}),
            |r| balance_reply(r).map(drop),
            &["/balance", "/balance/denom", "/balance/amount"],
        ),
        (
            "deposit limit",
            grants(),
            |r| deposit_limit_reply(r).map(drop),
            &[
                "/grants",
                "/grants/0/authorization/@type",
                "/grants/0/authorization/spend_limits",
            ],
        ),
        (
            "fee limit",
            allowance(),
            |r| fee_limit_reply(r).map(drop),
            &[
                "/allowance",
                "/allowance/allowance/allowance",
                "/allowance/allowance/allowance/spend_limit",
            ],
        ),
    ]
}

#[test]
fn should_demand_what_was_asked_for() {
    for (desc, good, read, needed) in readers() {
        assert_eq!(read(&reply(&good)), Ok(()), "{desc}");
        for pointer in needed {
            let mut bad = good.clone();
            let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
            bad.pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .and_then(|object| object.remove(field))
                .unwrap_or_else(|| panic!("{desc}: the good answer has no {pointer}"));
            let why = read(&reply(&bad)).expect_err(pointer).to_string();
            assert!(
                why.starts_with("expected ") && why.contains("got "),
                "{why}"
            );
        }
    }
}

#[test]
fn should_skip_what_it_does_not_know() {
    for (desc, mut good, read, _) in readers() {
        good["new"] = json!({"in": ["a", "later", 1, null]});
        assert_eq!(read(&reply(&good)), Ok(()), "{desc}");
    }
}

#[test]
fn should_refuse_truncated_answers() {
    for (desc, good, read, _) in readers() {
        let whole = reply(&good);
        for length in 0..whole.body.len() {
            let cut = HttpResponse {
                status: 200,
                body: whole.body[..length].to_vec(),
            };
            assert!(read(&cut).is_err(), "{desc} cut to {length}");
        }
    }
}

#[test]
fn should_refuse_other_statuses_whatever_the_body() {
    for (desc, good, read, _) in readers() {
        for status in [0, 100, 201, 204, 301, 400, 404, 429, 500, 502, 503] {
            let response = HttpResponse {
                status,
                ..reply(&good)
            };
            let why = read(&response).expect_err(desc);
            assert!(matches!(why, ReadError::Status { .. }), "{desc} {status}");
        }
    }
}

#[test]
fn should_tell_absence_from_trouble() {
    type Absent = fn(&HttpResponse) -> Result<bool, ReadError>;
    let rows: [(&str, Absent, &[i64]); 6] = [
        ("tx", |r| tx_reply(r).map(|x| x.is_none()), &[5]),
        ("provider", |r| provider_reply(r).map(|x| x.is_none()), &[5]),
        (
            "deployment",
            |r| deployment_reply(r).map(|x| x.is_none()),
            &[5],
        ),
        ("account", |r| account_reply(r).map(|x| x.is_none()), &[5]),
        (
            "deposit limit",
            |r| deposit_limit_reply(r).map(|x| x.is_none()),
            &[5],
        ),
        (
            "fee limit",
            |r| fee_limit_reply(r).map(|x| x.is_none()),
            &[5, 13],
        ),
    ];
    for (desc, absent, codes) in rows {
        for code in 0..=16 {
            let status = if code == 5 { 404 } else { 500 };
            let got = absent(&error(status, code));
            if codes.contains(&code) {
                assert_eq!(got, Ok(true), "{desc} {code}");
            } else {
                assert!(got.is_err(), "{desc} {code}");
            }
        }
        let proxy = HttpResponse {
            status: 404,
            body: b"<html>404 page not found</html>".to_vec(),
        };
        assert!(absent(&proxy).is_err(), "{desc}: a proxy's 404");
    }
}

#[test]
fn should_sort_receipts() {
    let refused = |codespace: &str, code| BroadcastReply::Refused {
        codespace: codespace.into(),
        code,
        log: "its words".into(),
    };
    for (desc, code, codespace, expected) in [
        ("taken", 0, "", BroadcastReply::Accepted),
        ("in the mempool", 19, "sdk", BroadcastReply::AlreadyKnown),
        ("19 of another module", 19, "market", refused("market", 19)),
        (
            "nonce used, in a block perhaps",
            18,
            "sdk",
            refused("sdk", 18),
        ),
        ("past its timeout", 42, "sdk", refused("sdk", 42)),
    ] {
        let got = broadcast_reply(&reply(
            &json!({"tx_response": tx_response(code, codespace)}),
        ));
        assert_eq!(got, Ok(expected), "{desc}");
    }
}

#[test]
fn should_send_the_bytes_of_a_transaction() {
    let tx = SignedTx {
        bytes: vec![0, 1, 0xff],
        hash: "AB".into(),
    };
    let request = broadcast_request(REST, &tx);
    assert_eq!(request.method, HttpMethod::Post);
    assert_eq!(request.url, "https://rest.test/cosmos/tx/v1beta1/txs");
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"tx_bytes": "AAH/", "mode": "BROADCAST_MODE_SYNC"})
    );
}

#[test]
fn should_read_transactions_and_blocks() {
    let response = reply(&json!({"tx": {}, "tx_response": tx_response(6, "market")}));
    assert_eq!(
        tx_reply(&response),
        Ok(Some(TxResult {
            hash: "AB12".into(),
            height: 27_300_005,
            code: 6,
            codespace: "market".into(),
            log: "its words".into(),
            data: vec![],
        }))
    );
    assert_eq!(
        status_reply(&reply(&node())),
        Ok(Block {
            height: 27_300_005,
            time_ns: 1_795_478_400 * NANOS_PER_SECOND + 17,
        })
    );
    let mut odd = node();
    odd["timestamp"] = json!("yesterday");
    assert!(status_reply(&reply(&odd)).is_err());
}

#[test]
fn should_read_bids_and_leases() {
    let price = "812.5".parse().expect("a decimal");
    let mut lost = bid();
    lost["bid"]["state"] = json!("lost");
    let open = Bid {
        id: our_bid_id(),
        price,
        denom: "uact".into(),
    };
    assert_eq!(
        bids_reply(&reply(&page("bids", vec![lost, bid()]))),
        Ok(vec![open])
    );
    for (text, state) in [
        ("active", LeaseState::Active),
        ("reclaiming", LeaseState::Reclaiming),
        ("insufficient_funds", LeaseState::InsufficientFunds),
        ("closed", LeaseState::Closed),
    ] {
        let mut lease = lease();
        lease["lease"]["state"] = json!(text);
        let leases = leases_reply(&reply(&page("leases", vec![lease]))).expect(text);
        assert_eq!(leases.len(), 1);
        assert_eq!(leases[0].id, our_bid_id());
        assert_eq!((leases[0].state, leases[0].price), (state, price));
    }
    let mut unknown = lease();
    unknown["lease"]["state"] = json!("sleeping");
    assert!(leases_reply(&reply(&page("leases", vec![unknown]))).is_err());
}

#[test]
fn should_not_take_the_beginning_of_a_list_for_all_of_it() {
    let cut = |key: &str, item| {
        let mut list = page(key, vec![item]);
        list["pagination"]["next_key"] = json!("AAEC");
        reply(&list)
    };
    assert!(leases_reply(&cut("leases", lease())).is_err());
    assert!(active_deployments_reply(&cut("deployments", deployment())).is_err());
    // A full page of bids is enough to choose from.
    assert!(bids_reply(&cut("bids", bid())).is_ok());
}

#[test]
fn should_read_deployments() {
    let whole = crate::kernel::decimal::Decimal::from_whole;
    let info = deployment_reply(&reply(&deployment()))
        .expect("a good answer")
        .expect("a deployment");
    assert_eq!(info.dseq, 12345);
    assert!(info.active);
    assert_eq!(info.hash.len(), 32);
    assert_eq!(info.groups, [(1, GroupState::Open)]);
    assert_eq!(
        info.escrow,
        Escrow {
            open: true,
            overdrawn: false,
            settled_at: 27_300_000,
            funds_uact: whole(5_000_000),
            transferred_uact: whole(1_000),
            deposits: vec![Deposited {
                owner: TREASURY.into(),
                left_uact: whole(5_000_000),
            }],
        }
    );
    let list = active_deployments_reply(&reply(&page("deployments", vec![deployment()])));
    assert_eq!(list, Ok(vec![info]));
}

#[test]
fn should_read_an_overdrawn_account_and_deposits_of_strangers() {
    let mut wire = deployment();
    wire["deployment"]["state"] = json!("closed");
    wire["groups"][0]["state"] = json!("insufficient_funds");
    let state = &mut wire["escrow_account"]["state"];
    state["state"] = json!("overdrawn");
    state["funds"] = json!([amount("uact", "-7.500000000000000000"), amount("uakt", "3")]);
    state["deposits"] = json!([
        {"owner": PROVIDER, "balance": amount("uakt", "9.000000000000000000")},
        {"owner": PROVIDER, "balance": amount("uact", "2.000000000000000000")}]);
    let info = deployment_reply(&reply(&wire))
        .expect("a good answer")
        .expect("a deployment");
    assert!(!info.active && !info.escrow.open && info.escrow.overdrawn);
    assert_eq!(info.groups, [(1, GroupState::InsufficientFunds)]);
    assert_eq!(
        info.escrow.funds_uact,
        crate::kernel::decimal::Decimal::ZERO
    );
    let two = crate::kernel::decimal::Decimal::from_whole(2);
    let left: Vec<_> = info.escrow.deposits.iter().map(|d| d.left_uact).collect();
    assert_eq!(left, [crate::kernel::decimal::Decimal::ZERO, two]);
    for bad in [
        "",
        "-",
        "--1",
        "1-",
        "1e9",
        "99999999999999999999999999999999999999999",
    ] {
        let mut wire = wire.clone();
        wire["escrow_account"]["state"]["funds"] = json!([amount("uact", bad)]);
        assert!(deployment_reply(&reply(&wire)).is_err(), "{bad}");
    }
}

#[test]
fn should_read_accounts_and_balances() {
    let with_key = Account {
        number: 7,
        sequence: 3,
        has_key: true,
    };
    assert_eq!(account_reply(&reply(&account())), Ok(Some(with_key)));
    let mut fresh = account();
    fresh["info"]["pub_key"] = Value::Null;
    let without_key = Account {
        has_key: false,
        ..with_key
    };
    assert_eq!(account_reply(&reply(&fresh)), Ok(Some(without_key)));
    for (desc, text, expected) in [
        ("none", "0", Some(0)),
        ("the largest", "18446744073709551615", Some(u64::MAX)),
        ("larger", "18446744073709551616", None),
        ("negative", "-1", None),
        ("decimal", "1.0", None),
    ] {
        let response = reply(&json!({"balance": amount("uact", text)}));
        assert_eq!(balance_reply(&response).ok(), expected, "{desc}");
    }
}

#[test]
fn should_read_permissions() {
    let limit = deposit_limit_reply(&reply(&grants()));
    assert_eq!(limit, Ok(Some(Uact(25_000_000))));
    for (desc, change, expected) in [
        ("none", json!([]), Ok(None)),
        (
            "another kind",
            json!([{"authorization": {"@type": "/cosmos.bank.v1beta1.SendAuthorization",
                "spend_limit": []}, "expiration": null}]),
            Ok(None),
        ),
        (
            "ours, used up but for another denom",
            json!([{"authorization": {"@type": "/akash.escrow.v1.DepositAuthorization",
                "spend_limits": [amount("uakt", "5")]}}]),
            Ok(Some(Uact(0))),
        ),
    ] {
        let got = deposit_limit_reply(&reply(&json!({"grants": change})));
        assert_eq!(got, expected, "{desc}");
    }
    assert_eq!(
        fee_limit_reply(&reply(&allowance())),
        Ok(Some(Uakt(90_000)))
    );
    let basic = json!({"allowance": {"granter": TREASURY, "grantee": OWNER, "allowance": {
        "@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
        "spend_limit": [amount("uakt", "4")], "expiration": null}}});
    assert_eq!(fee_limit_reply(&reply(&basic)), Ok(Some(Uakt(4))));
    let mut boundless = allowance();
    boundless["allowance"]["allowance"]["allowance"]["spend_limit"] = json!([]);
    assert!(fee_limit_reply(&reply(&boundless)).is_err());
}

#[test]
fn should_read_a_provider() {
    assert_eq!(
        provider_reply(&reply(&provider())),
        Ok(Some(ProviderInfo {
            owner: PROVIDER.into(),
            host_uri: "https://provider.example.com:8443".into(),
            attributes: vec![Attribute {
                key: "region".into(),
                value: "us-west".into(),
            }],
        }))
    );
}

#[test]
fn should_ask_at_the_right_place() {
    for (request, url) in [
        (
            bids_request(REST, OWNER, 12345, 2),
            "/akash/market/v1beta5/bids/list?filters.owner=OWNER&filters.dseq=12345\
             &filters.state=open&pagination.limit=42",
        ),
        (
            leases_request(REST, OWNER, 12345, 50),
            "/akash/market/v1beta5/leases/list?filters.owner=OWNER&filters.dseq=12345\
             &pagination.limit=50",
        ),
        (
            deployment_request(REST, OWNER, 12345),
            "/akash/deployment/v1beta4/deployments/info?id.owner=OWNER&id.dseq=12345",
        ),
        (
            active_deployments_request(REST, OWNER),
            "/akash/deployment/v1beta4/deployments/list?filters.owner=OWNER\
             &filters.state=active&pagination.limit=100",
        ),
        (
            provider_request(REST, PROVIDER),
            "/akash/provider/v1beta4/providers/PROVIDER",
        ),
        (
            account_request(REST, OWNER),
            "/cosmos/auth/v1beta1/account_info/OWNER",
        ),
        (
            balance_request(REST, OWNER, "uact"),
            "/cosmos/bank/v1beta1/balances/OWNER/by_denom?denom=uact",
        ),
        (
            deposit_limit_request(REST, PROVIDER, OWNER),
            "/cosmos/authz/v1beta1/grants?granter=PROVIDER&grantee=OWNER",
        ),
        (
            fee_limit_request(REST, PROVIDER, OWNER),
            "/cosmos/feegrant/v1beta1/allowance/PROVIDER/OWNER",
        ),
        (tx_request(REST, "AB12"), "/cosmos/tx/v1beta1/txs/AB12"),
        (status_request(REST), "/cosmos/base/node/v1beta1/status"),
    ] {
        let url = url.replace("OWNER", OWNER).replace("PROVIDER", PROVIDER);
        assert_eq!(request.url, format!("{REST}{url}"));
        assert_eq!((request.method, request.body.len()), (HttpMethod::Get, 0));
    }
}

#[test]
fn should_not_let_a_name_ask_for_something_else() {
    for name in [
        "", "..", "../x", "a/b", "a?b=c", "a&b=c", "a%2fb", "a#b", "a b", "ä",
    ] {
        let url = provider_request(REST, name).url;
        assert_eq!(url, format!("{REST}/akash/provider/v1beta4/providers/none"));
    }
}

/// The fullest answers that we know of fit into what is reserved for them.
#[test]
fn should_reserve_enough_and_no_more() {
    // A provider that offers a dozen models, with deposits and prices at their longest.
    let mut longest = bid();
    let model =
        json!({"key": "vendor/nvidia/model/rtx4090/ram/24Gi/interface/pcie", "value": "true"});
    longest["bid"]["resources_offer"][0]["resources"]["gpu"]["attributes"] = json!(vec![model; 12]);
    let group_of_three = &mut longest["bid"]["resources_offer"];
    *group_of_three = json!(vec![group_of_three[0].clone(); 3]);
    let list = |groups: usize| page("bids", vec![longest.clone(); 21 * groups]).to_string();
    for (desc, request, body) in [
        (
            "bids on one group",
            bids_request(REST, OWNER, 1, 1),
            list(1),
        ),
        (
            "bids on five groups",
            bids_request(REST, OWNER, 1, 5),
            list(5),
        ),
        (
            "leases",
            leases_request(REST, OWNER, 1, 50),
            page("leases", vec![lease(); 50]).to_string(),
        ),
        (
            "account",
            account_request(REST, OWNER),
            account().to_string(),
        ),
        (
            "grants",
            deposit_limit_request(REST, OWNER, OWNER),
            grants().to_string(),
        ),
        (
            "allowance",
            fee_limit_request(REST, OWNER, OWNER),
            allowance().to_string(),
        ),
        (
            "deployments",
            active_deployments_request(REST, OWNER),
            page("deployments", vec![deployment(); 100]).to_string(),
        ),
    ] {
        let needed = u64::try_from(body.len()).expect("small") + 2_048; // and headers
        assert!(needed <= request.max_response_bytes, "{desc}: {needed}");
    }
    for groups in [1, 20, u64::MAX] {
        let reserved = bids_request(REST, OWNER, 1, groups).max_response_bytes;
        assert!(
            (100_000..=2_000_000).contains(&reserved),
            "{groups}: {reserved}"
        );
    }
}

#[test]
fn should_keep_words_short_and_plain() {
    assert_eq!(
        words("ä\n\u{7}b ".repeat(500).as_bytes()).chars().count(),
        MAX_WORDS
    );
    assert_eq!(words(b"a\r\nb\x00\n"), "ab");
    assert_eq!(words(&[0xff, b'x']), "\u{fffd}x");
}

proptest! {
    #[test]
    fn should_survive_any_bytes(
        status in prop_oneof![Just(200_u16), Just(404), any::<u16>()],
        body in proptest::collection::vec(any::<u8>(), 0..512),
    ) {
        let response = HttpResponse { status, body };
        for (desc, _, read, _) in readers() {
            prop_assert!(read(&response).is_err(), "{}", desc);
        }
    }

    #[test]
    fn should_survive_one_wrong_byte_in_a_good_answer(at in any::<prop::sample::Index>(), byte: u8) {
        for (_, good, read, _) in readers() {
            let mut response = reply(&good);
            let at = at.index(response.body.len());
            response.body[at] = byte;
            // Any verdict will do.
            let _ = read(&response);
        }
    }
}
