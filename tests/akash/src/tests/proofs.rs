//! Headers and proofs, judged by crates that share nothing with this one.

use super::*;
use crate::chain::blocks::Chain;
use crate::consensus::Hash;
use crate::store::STORES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ics23::{CommitmentProof, HostFunctionsManager, ProofSpec};
use prost_ics23::Message as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tendermint::block::signed_header::SignedHeader;
use tendermint::validator;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{LightBlock, PeerId, TrustThreshold, ValidatorSet};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier as _};

/// Reads from the first node's RPC; the result, or the error.
pub(super) fn rpc(akash: &mut Akash, path: &str) -> Value {
    let now = akash.block_time();
    let request = Request::get(format!("{}{path}", Akash::rpc_url(0)));
    let reply = akash.http(now, &request).expect("a node answers").value();
    match reply.get("error") {
        Some(error) => error.clone(),
        None => reply["result"].clone(),
    }
}

fn validators(akash: &mut Akash, height: u64) -> ValidatorSet {
    let mut list: Vec<validator::Info> = Vec::new();
    for page in 1.. {
        let path = format!("/validators?height={height}&page={page}&per_page=100");
        let reply = rpc(akash, &path);
        let found = reply["validators"].clone();
        list.extend::<Vec<validator::Info>>(serde_json::from_value(found).expect("validators"));
        let total = reply["total"].as_str().expect("a number in text");
        if total.parse() == Ok(list.len()) {
            break;
        }
    }
    ValidatorSet::without_proposer(list)
}

/// What a light client fetches for a height.
pub(super) fn light_block(akash: &mut Akash, height: u64) -> LightBlock {
    let reply = rpc(akash, &format!("/commit?height={height}"));
    let signed: SignedHeader =
        serde_json::from_value(reply["signed_header"].clone()).expect("a signed header");
    let (set, next) = (validators(akash, height), validators(akash, height + 1));
    LightBlock::new(signed, set, next, PeerId::new([7; 20]))
}

fn options(numerator: u64, denominator: u64) -> Options {
    Options {
        trust_threshold: TrustThreshold::new(numerator, denominator).expect("a fraction"),
        trusting_period: Duration::from_secs(9 * 86_400),
        clock_drift: Duration::from_secs(10),
    }
}

pub(super) fn verify(
    akash: &Akash,
    block: &LightBlock,
    trusted: &LightBlock,
    trust: (u64, u64),
) -> Verdict {
    let now_s = i64::try_from(akash.block_time() / 1_000_000_000 + 1).expect("a time");
    let now = tendermint::Time::from_unix_timestamp(now_s, 0).expect("a time");
    ProdVerifier::default().verify_update_header(
        block.as_untrusted_state(),
        trusted.as_trusted_state(),
        &options(trust.0, trust.1),
        now,
    )
}

/// Checks an answer against an application hash; the value if there is one.
pub(super) fn check(
    app_hash: &Hash,
    store: &str,
    key: &[u8],
    reply: &Value,
) -> Result<Option<Vec<u8>>, String> {
    let response = &reply["response"];
    let decode = |v: &Value| {
        STANDARD
            .decode(v.as_str().unwrap_or_default())
            .expect("base64")
    };
    let ops = response["proofOps"]["ops"].as_array().ok_or("no proof")?;
    assert_eq!(
        (&ops[0]["type"], &ops[1]["type"]),
        (&json!("ics23:iavl"), &json!("ics23:simple"))
    );
    assert_eq!(
        (decode(&ops[0]["key"]), decode(&ops[1]["key"])),
        (key.to_vec(), store.into())
    );
    assert_eq!(decode(&response["key"]), key);
    let proof = |i: usize| CommitmentProof::decode(decode(&ops[i]["data"]).as_slice());
    let (iavl, simple) = (proof(0).expect("a proof"), proof(1).expect("a proof"));
    let Some(ics23::commitment_proof::Proof::Exist(stored)) = &simple.proof else {
        return Err("the store is not proven".into());
    };
    let (root, simple_spec, iavl_spec): (_, ProofSpec, _) = (
        stored.value.clone(),
        ics23::tendermint_spec(),
        ics23::iavl_spec(),
    );
    let name = store.as_bytes();
    let host = ics23::verify_membership::<HostFunctionsManager>;
    if !host(&simple, &simple_spec, &app_hash.to_vec(), name, &root) {
        return Err("the store's root does not lead to the application hash".into());
    }
    if response["value"].is_null() {
        let absent = ics23::verify_non_membership::<HostFunctionsManager>;
        return if absent(&iavl, &iavl_spec, &root, key) {
            Ok(None)
        } else {
            Err("absence is not proven".into())
        };
    }
    let value = decode(&response["value"]);
    if host(&iavl, &iavl_spec, &root, key, &value) {
        Ok(Some(value))
    } else {
        Err("the value is not proven".into())
    }
}

/// Asks for a key after a block and checks the answer against the next header.
pub(super) fn ask(
    akash: &mut Akash,
    store: &str,
    key: &[u8],
    height: u64,
) -> Result<Option<Vec<u8>>, String> {
    let path = format!(
        "/abci_query?path=%22/store/{store}/key%22&data=0x{}&height={height}&prove=true",
        hex::encode(key)
    );
    let reply = rpc(akash, &path);
    if reply["response"]["code"] != 0 {
        return Err(reply["response"]["log"].to_string());
    }
    assert_eq!(reply["response"]["height"], height.to_string());
    let header = akash.chain().header(height + 1).expect("a next header");
    check(&header.app_hash, store, key, &reply)
}

pub(super) fn balance_key(address: &str, denom: &str) -> Vec<u8> {
    let raw = crate::address::decode(address).expect("an address");
    [&[2, 20], raw.as_slice(), denom.as_bytes()].concat()
}

fn account_key(address: &str) -> Vec<u8> {
    [
        &[1],
        crate::address::decode(address)
            .expect("an address")
            .as_slice(),
    ]
    .concat()
}

#[test]
fn should_verify_every_header_adjacent_and_skipping() {
    let (mut akash, tenant) = network(vec![]);
    let first = akash.height();
    for i in 0..60 {
        if i % 5 == 0 {
            let message = tenant.send(Wallet::new("friend").address(), 1, "uakt");
            let bytes = tenant.tx(akash.chain(), vec![message], &TxOptions::default());
            akash.broadcast(&bytes).expect("accepted");
        }
        akash.advance_blocks(1);
    }
    let blocks: Vec<LightBlock> = (first..=akash.height())
        .map(|h| light_block(&mut akash, h))
        .collect();
    let mut flags = BTreeSet::new();
    for pair in blocks.windows(2) {
        assert_eq!(verify(&akash, &pair[1], &pair[0], (2, 3)), Verdict::Success);
        let header = &pair[1].signed_header.header;
        assert_eq!(
            header.last_block_id,
            Some(pair[0].signed_header.commit.block_id)
        );
        let lines = &pair[0].signed_header.commit.signatures;
        flags.extend(lines.iter().map(|s| (s.is_absent(), s.is_nil())));
    }
    assert_eq!(
        flags.len(),
        3,
        "somebody votes, somebody sleeps, somebody disagrees"
    );
    for block in &blocks[2..] {
        // More than two thirds sign, and nobody left: both levels hold.
        assert_eq!(verify(&akash, block, &blocks[0], (1, 3)), Verdict::Success);
        assert_eq!(verify(&akash, block, &blocks[0], (2, 3)), Verdict::Success);
    }
    let canonical = |akash: &mut Akash, height: u64| {
        rpc(akash, &format!("/commit?height={height}"))["canonical"].clone()
    };
    let tip = akash.height();
    assert_eq!(canonical(&mut akash, tip - 1), json!(true));
    assert_eq!(canonical(&mut akash, tip), json!(false));
}

#[test]
fn should_refuse_what_is_not_signed() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(5);
    let height = akash.height() - 1;
    let trusted = light_block(&mut akash, height - 2);
    let good = light_block(&mut akash, height);
    assert_eq!(verify(&akash, &good, &trusted, (2, 3)), Verdict::Success);
    let reply = rpc(&mut akash, &format!("/commit?height={height}"));
    let twisted = |path: &[&str], value: Value| {
        let mut reply = reply["signed_header"].clone();
        let mut part = &mut reply;
        for step in path {
            part = match step.parse::<usize>() {
                Ok(index) => &mut part[index],
                Err(_) => &mut part[*step],
            };
        }
        *part = value;
        let signed = serde_json::from_value(reply).expect("a signed header");
        LightBlock {
            signed_header: signed,
            ..good.clone()
        }
    };
    let zeros = json!("00".repeat(32));
    let signature = json!(STANDARD.encode([9; 64]));
    let rows = [
        (
            "another state",
            twisted(&["header", "app_hash"], zeros.clone()),
        ),
        (
            "another time",
            twisted(&["header", "time"], json!("2026-11-24T18:05:00Z")),
        ),
        (
            "another chain",
            twisted(&["header", "chain_id"], json!("akashnet-3")),
        ),
        (
            "other validators",
            twisted(&["header", "validators_hash"], zeros),
        ),
        (
            "another signature",
            twisted(&["commit", "signatures", "0", "signature"], signature),
        ),
    ];
    for (desc, block) in rows {
        assert_ne!(
            verify(&akash, &block, &trusted, (2, 3)),
            Verdict::Success,
            "{desc}"
        );
    }
}

#[test]
fn should_prove_balances_and_accounts() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend");
    akash.advance_blocks(2);
    let before = akash.height();
    let message = tenant.send(friend.address(), 77, "uakt");
    assert_eq!(run(&mut akash, &tenant, vec![message]), OK);
    let after = akash.height();
    akash.advance_blocks(1);
    let key = balance_key(friend.address(), "uakt");
    assert_eq!(ask(&mut akash, "bank", &key, before), Ok(None));
    assert_eq!(
        ask(&mut akash, "bank", &key, after),
        Ok(Some(b"77".to_vec()))
    );
    let key = account_key(friend.address());
    assert_eq!(ask(&mut akash, "acc", &key, before), Ok(None));
    let account = ask(&mut akash, "acc", &key, after)
        .expect("proven")
        .expect("a value");
    use cosmos_sdk_proto::cosmos::auth::v1beta1::BaseAccount;
    use cosmos_sdk_proto::{Any as SdkAny, traits::Message as _};
    let any = SdkAny::decode(account.as_slice()).expect("an any");
    assert_eq!(any.type_url, "/cosmos.auth.v1beta1.BaseAccount");
    let base = BaseAccount::decode(any.value.as_slice()).expect("an account");
    assert_eq!(base.address, friend.address());
    assert_eq!(base.pub_key, None);
    let supply = akash.supply("uakt").to_string().into_bytes();
    assert_eq!(ask(&mut akash, "bank", b"\0uakt", after), Ok(Some(supply)));
}

#[test]
fn should_prove_absence_anywhere() {
    let (mut akash, _) = network(demo());
    akash.advance_blocks(3);
    let height = akash.height() - 1;
    for i in 0..64u8 {
        let address = crate::address::encode(&crate::address::sha256(&[i])[..20]);
        for (store, key) in [
            ("bank", balance_key(&address, "uakt")),
            ("acc", account_key(&address)),
        ] {
            assert_eq!(
                ask(&mut akash, store, &key, height),
                Ok(None),
                "{store} {i}"
            );
        }
    }
    for store in STORES {
        assert_eq!(
            ask(&mut akash, store, &[0, 1], height),
            Ok(None),
            "{store}: the first key"
        );
        assert_eq!(
            ask(&mut akash, store, &[0xff], height),
            Ok(None),
            "{store}: the last key"
        );
    }
}

fn demo() -> Vec<ProviderConfig> {
    crate::demo_providers()
}

#[test]
fn should_refuse_wrong_proofs() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(3);
    let height = akash.height() - 1;
    let key = balance_key(tenant.address(), "uakt");
    let path = format!(
        "/abci_query?path=\"/store/bank/key\"&data=0x{}&height={height}&prove=true",
        hex::encode(&key)
    );
    let reply = rpc(&mut akash, &path);
    let right = akash.chain().header(height + 1).expect("a header").app_hash;
    let early = akash.chain().header(height).expect("a header").app_hash;
    assert_eq!(
        check(&right, "bank", &key, &reply),
        Ok(Some(RICH.to_string().into_bytes()))
    );
    assert!(
        check(&early, "bank", &key, &reply).is_err(),
        "the header of the block itself"
    );
    let mut more = reply.clone();
    more["response"]["value"] = json!(STANDARD.encode("9000000000000"));
    assert!(check(&right, "bank", &key, &more).is_err(), "another value");
    let mut none = reply;
    none["response"]["value"] = Value::Null;
    assert!(
        check(&right, "bank", &key, &none).is_err(),
        "a value that is there"
    );
}

#[test]
fn should_answer_store_questions_like_a_node() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(120);
    let tip = akash.height();
    let key = hex::encode(balance_key(tenant.address(), "uakt"));
    let mut query = |store: &str, height: u64, prove: bool| {
        let path = format!(
            "/abci_query?path=\"/store/{store}/key\"&data=0x{key}&height={height}&prove={prove}"
        );
        rpc(&mut akash, &path)["response"].clone()
    };
    let rows = [
        ("kept", query("bank", tip - 99, true), 0, true),
        (
            "pruned, with proof",
            query("bank", tip - 100, true),
            18,
            false,
        ),
        ("pruned, without", query("bank", tip - 100, false), 0, false),
        ("height 1 with proof", query("bank", 1, true), 18, false),
        ("to come", query("bank", tip + 1, true), 18, false),
        ("no such store", query("sink", tip, true), 6, false),
        ("height 0 is the last", query("bank", 0, true), 0, true),
    ];
    for (desc, response, code, found) in rows {
        assert_eq!(response["code"], code, "{desc}: {response}");
        assert_eq!(!response["value"].is_null(), found, "{desc}: {response}");
    }
    let data: String = STANDARD
        .encode(hex::decode(&key).expect("a key"))
        .replace('+', "%2B");
    let path = format!(
        "/cosmos/base/tendermint/v1beta1/abci_query?path=/store/bank/key&data={data}&height={}&prove=true",
        tip - 1
    );
    let answer = rest(&mut akash, &path).value();
    assert_eq!(answer["value"], json!(STANDARD.encode(RICH.to_string())));
    assert_eq!(answer["proof_ops"]["ops"].as_array().map(Vec::len), Some(2));
}

#[test]
fn should_page_validators_and_know_its_heights() {
    let powers: Vec<u64> = (1..=101).collect();
    let mut akash = Akash::new(Genesis {
        validators: powers,
        ..Genesis::default()
    });
    akash.advance_blocks(3);
    let tip = akash.height();
    let mut list = |query: &str| rpc(&mut akash, &format!("/validators?{query}"));
    assert_eq!(list("")["count"], "30");
    assert_eq!(list("per_page=100")["count"], "100");
    assert_eq!(
        list("per_page=100&page=2")["validators"][0]["voting_power"],
        "1"
    );
    assert_eq!(list("per_page=100")["validators"][0]["voting_power"], "101");
    assert!(
        list("per_page=100&page=3")["data"]
            .as_str()
            .expect("an error")
            .contains("[1, 2]")
    );
    assert_eq!(list(&format!("height={}", tip + 1))["total"], "101");
    assert!(list(&format!("height={}", tip + 2))["data"].is_string());
    for path in ["commit", "header", "block"] {
        for height in [0, 1, tip + 1] {
            let reply = rpc(&mut akash, &format!("/{path}?height={height}"));
            assert!(reply["data"].is_string(), "{path} {height}");
        }
    }
    let blocks = [tip - 2, tip - 1, tip].map(|h| light_block(&mut akash, h));
    assert_eq!(
        verify(&akash, &blocks[2], &blocks[0], (2, 3)),
        Verdict::Success
    );
}

/// A chain as its headers show it.
fn header_hashes(chain: &Chain) -> Vec<Hash> {
    (chain.first_height()..=chain.height())
        .map(|h| chain.block_hash(h))
        .collect()
}

#[test]
fn should_make_the_same_headers_however_they_are_asked_for() {
    let run = |look: bool| {
        let (mut akash, tenant) = network(demo());
        for i in 0..30 {
            if i % 7 == 0 {
                let message = create(tenant.address(), i + 1, vec![web_group("web", 10)], 500_000);
                let options = TxOptions::default();
                let bytes = tenant.tx(akash.chain(), vec![create_any(&message)], &options);
                akash.broadcast(&bytes).expect("accepted");
            }
            akash.advance_blocks(1);
            if look {
                rpc(&mut akash, "/status");
                rpc(&mut akash, "/abci_info");
            }
        }
        header_hashes(akash.chain())
    };
    assert_eq!(run(true), run(false));
}
