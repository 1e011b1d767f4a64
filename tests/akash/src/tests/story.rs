//! The life of a deployment, from creation to refund.

use super::*;
use crate::Provider;
use crate::chain::escrow::EscrowState;
use crate::chain::market::{BidState, LeaseState};
use crate::num::Dec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

#[test]
fn should_go_from_order_to_refund() {
    let providers = vec![
        ProviderConfig::honest("dear", 900),
        ProviderConfig::honest("cheap", 500),
    ];
    let (mut akash, tenant) = network(providers);
    let owner = tenant.address().to_owned();
    let id = leased(&mut akash, &tenant, 42, 5_000_000);
    assert_eq!(
        akash.provider_of(&id.provider).map(Provider::name),
        Some("cheap")
    );
    let (_, lease) = akash.leases(&owner).pop().expect("a lease");
    assert_eq!(
        (lease.state, lease.price),
        (LeaseState::Active, Dec::whole(500))
    );
    let lost: Vec<_> = akash
        .bids(&owner, 42)
        .into_iter()
        .filter(|(b, _)| *b != id)
        .collect();
    assert_eq!(lost[0].1.state, BidState::Lost);
    let before = akash.balance(&owner, "uact");
    akash.advance_blocks(10);
    assert_eq!(run(&mut akash, &tenant, vec![close_any(&owner, 42)]), OK);
    // Eleven blocks at 500 uact: the closing block counts.
    assert_eq!(akash.balance(&owner, "uact") - before, 5_000_000 - 11 * 500);
    assert_eq!(akash.balance(&id.provider, "uact"), 11 * 500);
    assert_eq!(
        akash.escrow(&owner, 42).map(|e| e.state),
        Some(EscrowState::Closed)
    );
    assert_eq!(
        akash.balance(&crate::address::of_module("escrow"), "uact"),
        0
    );
    assert_eq!(
        akash.balance(&crate::address::of_module("escrow"), "uakt"),
        0
    );
    assert!(akash.providers().iter().all(|p| p.refused() == 0));
}

#[test]
fn should_show_the_life_of_a_deployment_over_rest() {
    let (mut akash, tenant) = network(vec![ProviderConfig::honest("one", 500)]);
    let owner = tenant.address().to_owned();
    let message = create(&owner, 42, vec![web_group("web", 1_000)], 5_000_000);
    let bytes = tenant.tx(
        akash.chain(),
        vec![create_any(&message)],
        &TxOptions::default(),
    );
    let body = json!({"tx_bytes": STANDARD.encode(&bytes), "mode": "BROADCAST_MODE_SYNC"});
    let post = Request {
        method: "POST".into(),
        url: format!("{}/cosmos/tx/v1beta1/txs", Akash::rest_url(0)),
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let now = akash.block_time();
    let reply = akash.http(now, &post).expect("a node answers").value();
    assert_eq!(reply["tx_response"]["code"], 0);
    let hash = reply["tx_response"]["txhash"]
        .as_str()
        .expect("a hash")
        .to_owned();
    let again = akash.http(now, &post).expect("a node answers").value();
    assert_eq!(again["tx_response"]["code"], 19);
    let path = format!("/cosmos/tx/v1beta1/txs/{hash}");
    let absent = rest(&mut akash, &path);
    assert_eq!(
        (absent.status, absent.value()["code"].clone()),
        (404, json!(5))
    );
    akash.advance_blocks(2);
    let found = rest(&mut akash, &path).value();
    assert_eq!(found["tx_response"]["code"], 0);
    assert_eq!(found["tx_response"]["height"], "30000001");
    let list = format!(
        "/akash/market/v1beta5/bids/list?filters.owner={owner}&filters.dseq=42&filters.state=open"
    );
    let bids = rest(&mut akash, &list).value();
    assert_eq!(bids["bids"].as_array().map(Vec::len), Some(1));
    let bid = &bids["bids"][0]["bid"];
    assert_eq!(
        bid["price"],
        json!({"denom": "uact", "amount": "500.000000000000000000"})
    );
    assert_eq!(bid["id"]["dseq"], "42");
    assert_eq!(bid["id"]["gseq"], 1);
    let info = format!("/akash/deployment/v1beta4/deployments/info?id.owner={owner}&id.dseq=42");
    let info = rest(&mut akash, &info).value();
    assert_eq!(info["deployment"]["state"], "active");
    assert_eq!(
        info["escrow_account"]["state"]["funds"][0]["amount"],
        "5000000.000000000000000000"
    );
    assert_eq!(info["groups"][0]["state"], "open");
    let provider = bid["id"]["provider"].as_str().expect("an address");
    let record = rest(
        &mut akash,
        &format!("/akash/provider/v1beta4/providers/{provider}"),
    );
    assert_eq!(
        record.value()["provider"]["host_uri"],
        "https://provider-0.akash.test:8443"
    );
    let address = akash
        .http(
            akash.block_time(),
            &Request::get("https://provider-0.akash.test:8443/address"),
        )
        .expect("a provider answers");
    assert_eq!(address.value(), json!({"address": provider}));
}

#[test]
fn should_pin_reads_to_a_height() {
    let (mut akash, tenant) = network(vec![]);
    let owner = tenant.address().to_owned();
    let before = akash.height();
    let message = create(&owner, 42, vec![web_group("web", 1_000)], 5_000_000);
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    let path = format!("/cosmos/bank/v1beta1/balances/{owner}/by_denom?denom=uact");
    let at = |akash: &mut Akash, height: u64| {
        let mut request = Request::get(format!("{}{path}", Akash::rest_url(0)));
        request
            .headers
            .push(("X-Cosmos-Block-Height".into(), height.to_string()));
        let now = akash.block_time();
        akash.http(now, &request).expect("a node answers")
    };
    let amount = |r: &Response| r.value()["balance"]["amount"].clone();
    assert_eq!(amount(&at(&mut akash, before)), (RICH / 10).to_string());
    let later = at(&mut akash, before + 1);
    assert_eq!(amount(&later), (RICH / 10 - 5_000_000).to_string());
    let pinned = (
        "grpc-metadata-x-cosmos-block-height".to_owned(),
        (before + 1).to_string(),
    );
    assert!(later.headers.contains(&pinned));
    assert_eq!(at(&mut akash, before + 2).status, 500);
    akash.advance_blocks(99);
    assert_eq!(at(&mut akash, before + 1).status, 200);
    assert_eq!(at(&mut akash, before).status, 500);
}

#[test]
fn should_repeat_itself_exactly() {
    let run_once = || {
        let (mut akash, tenant) = network(crate::demo_providers());
        leased(&mut akash, &tenant, 42, 5_000_000);
        akash.advance_blocks(50);
        let info = "/akash/market/v1beta5/bids/list";
        let bids: Value = rest(&mut akash, info).value();
        (akash.height(), akash.block_time(), bids.to_string())
    };
    assert_eq!(run_once(), run_once());
}
