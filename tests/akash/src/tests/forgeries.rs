//! Lies of validators, changes of the set, halts, upgrades, forgetful nodes.

use super::proofs::{ask, balance_key, check, light_block, rpc, verify};
use super::*;
use crate::chain::bme::MintStatus;
use crate::{Conspiracy, EndpointFault, Layout};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tendermint_light_client_verifier::Verdict;
use tendermint_light_client_verifier::types::{LightBlock, PeerId};

const NANOS: u64 = 1_000_000_000;

/// What a light client makes of forged answers.
fn forged_block(forgery: &crate::Forgery) -> LightBlock {
    let result = |body: Vec<u8>| -> Value {
        serde_json::from_slice::<Value>(&body).expect("JSON")["result"].clone()
    };
    let commit = result(forgery.commit_reply());
    let set = result(forgery.validators_reply());
    let set: Vec<tendermint::validator::Info> =
        serde_json::from_value(set["validators"].clone()).expect("validators");
    let set = tendermint_light_client_verifier::types::ValidatorSet::without_proposer(set);
    let signed = serde_json::from_value(commit["signed_header"].clone()).expect("a header");
    LightBlock::new(signed, set.clone(), set, PeerId::new([7; 20]))
}

#[test]
fn should_let_two_thirds_lie_and_no_fewer() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(20);
    let height = akash.height() - 1;
    let trusted = light_block(&mut akash, height - 10);
    // A balance that was never there, and its proof.
    let rich = Wallet::new("never rich");
    let lie = akash
        .imagine(height - 1, |state| {
            state.mint(rich.address(), "uakt", 5_000)
        })
        .expect("kept");
    let key = balance_key(rich.address(), "uakt");
    let reply: Value = serde_json::from_slice(&lie.store_reply("bank", &key)).expect("JSON");
    let proof = check(&lie.app_hash(), "bank", &key, &reply["result"]);
    assert_eq!(proof, Ok(Some(b"5000".to_vec())));
    assert_eq!(
        ask(&mut akash, "bank", &key, height - 1),
        Ok(None),
        "the truth"
    );
    // Powers 1 000, 900, 800 and 700 thousand: two thirds are 2 266 666.
    let rows = [
        ("one", vec![0], false, false),
        ("more than a third", vec![1, 3], false, false),
        ("two thirds less a little", vec![1, 3, 4], false, false),
        ("more than two thirds", vec![1, 2, 3], true, true),
        ("all", vec![0, 1, 2, 3], true, true),
    ];
    for (desc, signers, by_a_third, by_two_thirds) in rows {
        let forgery = akash.forge(height, &Conspiracy::of(&signers), |header| {
            header.app_hash = lie.app_hash();
        });
        let block = forged_block(&forgery);
        for (trust, expected) in [((1, 3), by_a_third), ((2, 3), by_two_thirds)] {
            let verdict = verify(&akash, &block, &trusted, trust);
            assert_eq!(verdict == Verdict::Success, expected, "{desc}: {verdict:?}");
        }
    }
    // The same height, twice, both verified: an equivocation.
    let all = akash.forge(height, &Conspiracy::of(&[0, 1, 2, 3]), |h| {
        h.app_hash = [9; 32]
    });
    let truth = light_block(&mut akash, height);
    assert_eq!(verify(&akash, &truth, &trusted, (2, 3)), Verdict::Success);
    assert_ne!(
        all.header.hash().as_slice(),
        truth.signed_header.header.hash().as_bytes()
    );
    // One block, two rounds: another commit of the same header.
    let again = Conspiracy {
        round: 3,
        ..Conspiracy::of(&[0, 1, 2, 3])
    };
    let again = akash.forge(height, &again, |_| {});
    assert_eq!(
        again.header.hash().as_slice(),
        truth.signed_header.header.hash().as_bytes()
    );
    assert_eq!(
        verify(&akash, &forged_block(&again), &trusted, (2, 3)),
        Verdict::Success
    );
}

#[test]
fn should_not_let_strangers_sign() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(20);
    let height = akash.height() - 1;
    let trusted = light_block(&mut akash, height - 10);
    let succeed = |h: &mut crate::consensus::Header| h.next_validators_hash = h.validators_hash;
    // Two of the trusted set, a little more than a third, and a newcomer with most of the power.
    let usurpers = Conspiracy {
        powers: Some(vec![1_000_000, 900_000, 0, 0, 9_000_000]),
        ..Conspiracy::of(&[0, 1, 4])
    };
    let block = forged_block(&akash.forge(height, &usurpers, succeed));
    assert_eq!(verify(&akash, &block, &trusted, (1, 3)), Verdict::Success);
    let verdict = verify(&akash, &block, &trusted, (2, 3));
    assert!(matches!(verdict, Verdict::NotEnoughTrust(_)), "{verdict:?}");
    let strangers = Conspiracy {
        powers: Some(vec![0, 0, 0, 0, 5]),
        ..Conspiracy::of(&[4])
    };
    let block = forged_block(&akash.forge(height, &strangers, succeed));
    let verdict = verify(&akash, &block, &trusted, (1, 3));
    assert!(matches!(verdict, Verdict::NotEnoughTrust(_)), "{verdict:?}");
}

#[test]
fn should_change_the_set_by_the_delay_of_the_protocol() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(5);
    let now = akash.height();
    let from = akash.set_validators(&[0, 900_000, 800_000, 0, 1_000_000, 600_000]);
    assert_eq!(from, now + 3);
    akash.advance_blocks(10);
    let blocks: Vec<LightBlock> = (now..now + 8).map(|h| light_block(&mut akash, h)).collect();
    let hashes = |i: usize| {
        let header = &blocks[i].signed_header.header;
        (header.validators_hash, header.next_validators_hash)
    };
    let (old, new) = (hashes(0).0, hashes(3).0);
    assert_ne!(old, new);
    assert_eq!(
        [hashes(1), hashes(2), hashes(3)],
        [(old, old), (old, new), (new, new)]
    );
    for pair in blocks.windows(2) {
        assert_eq!(verify(&akash, &pair[1], &pair[0], (2, 3)), Verdict::Success);
    }
    // Half of the old power is still there: enough for a third, not for two.
    assert_eq!(
        verify(&akash, &blocks[6], &blocks[0], (1, 3)),
        Verdict::Success
    );
    let verdict = verify(&akash, &blocks[6], &blocks[0], (2, 3));
    assert!(matches!(verdict, Verdict::NotEnoughTrust(_)), "{verdict:?}");
}

#[test]
fn should_halt_and_go_on() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(3);
    let (height, last) = (akash.height(), akash.block_time());
    let end = last + 360 * NANOS;
    akash.halt_until(end);
    akash.advance_to(end - 1);
    assert_eq!(akash.height(), height);
    let message = tenant.send(Wallet::new("friend").address(), 5, "uakt");
    let bytes = tenant.tx(akash.chain(), vec![message], &TxOptions::default());
    let hash = akash.broadcast(&bytes).expect("taken in");
    akash.advance_to(end + 60 * NANOS);
    assert_eq!(akash.tx(&hash).map(|t| t.height), Some(height + 1));
    assert_eq!(akash.chain().time_at(height + 1), Some(end));
    assert!(akash.height() > height + 8);
    let blocks = [height, height + 1, height + 2].map(|h| light_block(&mut akash, h));
    for pair in blocks.windows(2) {
        assert_eq!(verify(&akash, &pair[1], &pair[0], (2, 3)), Verdict::Success);
    }
}

#[test]
fn should_move_what_is_known_when_the_layout_changes() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(3);
    let key = balance_key(tenant.address(), "uakt");
    let moved = [&[0xf0], key.as_slice()].concat();
    let rich = Some(RICH.to_string().into_bytes());
    let after = |akash: &mut Akash, layout: Layout| {
        akash.change_store_layout(layout);
        akash.advance_blocks(2);
        akash.height() - 1
    };
    let height = akash.height() - 1;
    assert_eq!(ask(&mut akash, "bank", &key, height), Ok(rich.clone()));
    let height = after(&mut akash, Layout::KeysMoved);
    assert_eq!(
        ask(&mut akash, "bank", &key, height),
        Ok(None),
        "proven absent"
    );
    assert_eq!(ask(&mut akash, "bank", &moved, height), Ok(rich.clone()));
    let height = after(&mut akash, Layout::BankRenamed);
    assert!(
        ask(&mut akash, "bank", &key, height).is_err(),
        "no such store"
    );
    assert_eq!(ask(&mut akash, "bank2", &key, height), Ok(rich.clone()));
    // What changes meanwhile is written where it belongs.
    let message = tenant.send(Wallet::new("friend").address(), 5, "uakt");
    assert_eq!(run(&mut akash, &tenant, vec![message]), OK);
    let height = after(&mut akash, Layout::Known);
    let friend = balance_key(Wallet::new("friend").address(), "uakt");
    assert_eq!(
        ask(&mut akash, "bank", &friend, height),
        Ok(Some(b"5".to_vec()))
    );
    assert_ne!(ask(&mut akash, "bank", &key, height), Ok(rich));
    assert_eq!(ask(&mut akash, "bank", &moved, height), Ok(None));
}

#[test]
fn should_announce_another_version_of_the_application() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(1);
    let height = akash.height();
    akash.set_app_version(7);
    akash.advance_blocks(2);
    let version = |akash: &mut Akash, height: u64| {
        rpc(akash, &format!("/header?height={height}"))["header"]["version"].clone()
    };
    assert_eq!(version(&mut akash, height), json!({"block": "11"}));
    assert_eq!(
        version(&mut akash, height + 1),
        json!({"block": "11", "app": "7"})
    );
    let blocks = [height, height + 1].map(|h| light_block(&mut akash, h));
    assert_eq!(
        verify(&akash, &blocks[1], &blocks[0], (2, 3)),
        Verdict::Success
    );
}

#[test]
fn should_forget_blocks_and_states() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(30);
    let tip = akash.height();
    akash.endpoint_fault(
        0,
        EndpointFault::Pruned {
            blocks: 10,
            states: 5,
        },
    );
    let key = hex::encode(balance_key(tenant.address(), "uakt"));
    let mut commit = |height: u64| rpc(&mut akash, &format!("/commit?height={height}"));
    assert_eq!(commit(tip - 9)["canonical"], json!(true));
    let lowest = format!(
        "height {} is not available, lowest height is {}",
        tip - 10,
        tip - 9
    );
    assert_eq!(commit(tip - 10)["data"], json!(lowest));
    let mut state = |height: u64| {
        let path = format!("/abci_query?path=\"/store/bank/key\"&data=0x{key}&height={height}");
        rpc(&mut akash, &format!("{path}&prove=true"))["response"]["code"].clone()
    };
    assert_eq!((state(tip - 4), state(tip - 5)), (json!(0), json!(18)));
    let earliest = rpc(&mut akash, "/status")["sync_info"]["earliest_block_height"].clone();
    assert_eq!(earliest, json!((tip - 9).to_string()));
}

#[test]
fn should_answer_instead_until_told_otherwise() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(3);
    let height = akash.height() - 1;
    let path = format!("/commit?height={height}");
    let truth = rpc(&mut akash, &path);
    let forgery = akash.forge(height, &Conspiracy::of(&[0]), |h| h.app_hash = [1; 32]);
    akash.answer_instead(0, &path, forgery.commit_reply());
    let shown = rpc(&mut akash, &path)["signed_header"]["header"]["app_hash"].clone();
    assert_eq!(shown, json!("01".repeat(32)));
    akash.answer_truly();
    assert_eq!(rpc(&mut akash, &path), truth);
}

#[test]
fn should_halt_the_mint_and_resume_it() {
    let (mut akash, tenant) = network(vec![]);
    akash.advance_blocks(12);
    let mint = bme::mint_any(tenant.address(), 100_000_000);
    assert_eq!(run(&mut akash, &tenant, vec![mint.clone()]), OK);
    let vault = akash.balance(&crate::address::of_module("bme"), "uakt");
    akash.halt_mint();
    akash.advance_blocks(25);
    assert_eq!(akash.state().bme.status, MintStatus::HaltCr);
    assert_eq!(run(&mut akash, &tenant, vec![mint]), ("bme", 6));
    let acts = akash.balance(tenant.address(), UACT);
    // Without a price as well, the halt keeps its first reason.
    akash.set_oracle_feeding(false);
    akash.advance_blocks(10);
    assert_eq!(akash.state().bme.status, MintStatus::HaltCr);
    akash.set_oracle_feeding(true);
    akash.resume_mint();
    akash.advance_blocks(25);
    assert_eq!(akash.state().bme.status, MintStatus::Healthy);
    assert_eq!(
        akash.balance(&crate::address::of_module("bme"), "uakt"),
        vault
    );
    assert!(
        akash.balance(tenant.address(), UACT) > acts,
        "what waited was minted"
    );
}

#[test]
fn should_keep_the_time_of_the_last_healthy_price() {
    let (mut akash, _) = network(vec![]);
    akash.advance_blocks(2);
    let shown = |akash: &mut Akash| {
        let reply = rest(akash, "/akash/oracle/v2/aggregated_price/akt").value();
        let price = &reply["aggregated_price"];
        let health = &reply["price_health"]["is_healthy"];
        (
            price["median_price"].clone(),
            price["timestamp"].clone(),
            health.clone(),
        )
    };
    let stopped = akash.block_time();
    akash.set_oracle_feeding(false);
    akash.advance_to(stopped + 29 * NANOS);
    let time = json!(crate::http::rfc3339(akash.block_time()));
    let kept = (json!("1.140000000000000000"), time, json!(true));
    assert_eq!(
        shown(&mut akash),
        kept,
        "each block aggregates what is fresh"
    );
    akash.advance_to(stopped + 60 * NANOS);
    assert_eq!(
        shown(&mut akash),
        (kept.0.clone(), kept.1.clone(), json!(false))
    );
    akash.set_oracle_feeding(true);
    akash.set_akt_price(1_311_000);
    akash.advance_blocks(1);
    assert_eq!(shown(&mut akash).0, json!("1.311000000000000000"));
    akash.remove_price();
    akash.advance_blocks(2);
    let height = akash.height() - 1;
    let key = [&[0x11, 2, 3], b"akt".as_slice(), &[3], b"usd"].concat();
    assert_eq!(ask(&mut akash, "oracle", &key, height), Ok(None));
    assert_eq!(
        rest(&mut akash, "/akash/oracle/v2/aggregated_price/akt").status,
        500
    );
}

#[test]
fn should_find_prove_and_simulate_transactions() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend");
    let message = || tenant.send(friend.address(), 5, "uakt");
    let bytes = tenant.tx(akash.chain(), vec![message()], &TxOptions::default());
    let now = akash.block_time();
    let request = Request {
        method: "POST".into(),
        url: format!("{}/cosmos/tx/v1beta1/simulate", Akash::rest_url(0)),
        body: json!({"tx_bytes": STANDARD.encode(&bytes)})
            .to_string()
            .into_bytes(),
        ..Request::default()
    };
    let reply = akash.http(now, &request).expect("answered").value();
    let gas: u64 = reply["gas_info"]["gas_used"]
        .as_str()
        .expect("gas")
        .parse()
        .expect("gas");
    for _ in 0..2 {
        let bytes = tenant.tx(akash.chain(), vec![message()], &TxOptions::default());
        akash.broadcast(&bytes).expect("accepted");
    }
    akash.advance_blocks(1);
    let (height, found) = (akash.height(), akash.txs()[1].clone());
    assert_eq!(akash.txs()[0].gas_used, gas);
    akash.advance_blocks(1);
    let reply = rpc(
        &mut akash,
        &format!("/tx?hash=0x{}&prove=true", found.tx.hash),
    );
    let proof: tendermint::tx::Proof =
        serde_json::from_value(reply["proof"].clone()).expect("a proof");
    let header = akash.chain().header(height).expect("a header");
    assert_eq!(proof.root_hash.as_bytes(), header.data_hash);
    assert_eq!((proof.proof.total, proof.proof.index), (2, 1));
    let search = |akash: &mut Akash, query: &str| {
        let url = format!("/tx_search?query=\"{query}\"");
        rpc(akash, &url)["total_count"].clone()
    };
    let by = |key: &str| format!("{key}='{}'", friend.address());
    assert_eq!(search(&mut akash, &by("transfer.recipient")), json!("2"));
    assert_eq!(search(&mut akash, &by("message.sender")), json!("0"));
    assert_eq!(
        search(&mut akash, &format!("tx.height={height}")),
        json!("2")
    );
    assert_eq!(
        search(&mut akash, &format!("tx.height>={}", height + 1)),
        json!("0")
    );
}
