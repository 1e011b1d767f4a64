//! Burning, minting, epochs, the circuit breaker.

use super::*;
use crate::chain::bme::{MIN_EPOCH_BLOCKS, MintStatus, Record};
use crate::proto::{MsgBurnMint, MsgBurnMintResponse, TxMsgData};
use prost::Message as _;

pub(super) fn mint_any(owner: &str, uakt: u128) -> Any {
    burn_mint("/akash.bme.v1.MsgMintACT", owner, owner, "uakt", uakt)
}

fn burn_any(owner: &str, uact: u128) -> Any {
    burn_mint("/akash.bme.v1.MsgBurnACT", owner, owner, UACT, uact)
}

fn burn_mint(url: &str, owner: &str, to: &str, denom: &str, amount: u128) -> Any {
    let coins_to_burn = Some(Coin {
        denom: denom.into(),
        amount: amount.to_string(),
    });
    let message = MsgBurnMint {
        owner: owner.into(),
        to: to.into(),
        coins_to_burn,
        denom_to_mint: String::new(),
    };
    any(url, &message)
}

fn records(akash: &Akash) -> Vec<Record> {
    akash.state().bme.ledger.values().cloned().collect()
}

fn uact(akash: &Akash, who: &Wallet) -> u128 {
    akash.balance(who.address(), UACT)
}

#[test]
fn should_mint_at_the_epoch_less_the_spread() {
    let (mut akash, tenant) = network(vec![]);
    let before = uact(&akash, &tenant);
    let bytes = tenant.tx(
        akash.chain(),
        vec![mint_any(tenant.address(), 100_000_000)],
        &TxOptions::default(),
    );
    let hash = akash.broadcast(&bytes).expect("accepted");
    akash.advance_blocks(1);
    let data = &akash.tx(&hash).expect("included").data;
    let responses = TxMsgData::decode(data.as_slice())
        .expect("decodes")
        .msg_responses;
    assert_eq!(responses[0].type_url, "/akash.bme.v1.MsgMintACTResponse");
    let response = MsgBurnMintResponse::decode(responses[0].value.as_slice()).expect("decodes");
    let id = response.id.expect("a name");
    assert_eq!(
        (id.height, id.sequence, id.to_denom.as_str()),
        (30_000_001, 1, UACT)
    );
    assert_eq!(uact(&akash, &tenant), before, "nothing yet");
    assert!(matches!(records(&akash)[..], [Record::Pending { .. }]));
    akash.advance_blocks(MIN_EPOCH_BLOCKS);
    // 100 AKT at 1.14 USD are 114 ACT; a quarter of a percent stays in the vault.
    assert_eq!(uact(&akash, &tenant) - before, 114_000_000 - 285_000);
    assert!(matches!(
        records(&akash)[..],
        [Record::Executed {
            minted: 114_000_000,
            spread: 285_000,
            reminted: 0,
            ..
        }]
    ));
    let shown = rest(
        &mut akash,
        "/akash/bme/v1/ledger?filters.status=ledger_record_status_executed",
    );
    let record = &shown.value()["records"][0];
    assert_eq!(
        record["executed_record"]["minted"]["coin"]["amount"],
        "114000000"
    );
    assert_eq!(record["executed_record"]["burned"], serde_json::Value::Null);
}

#[test]
fn should_pay_redemptions_from_what_was_burned_before() {
    let (mut akash, tenant) = network(vec![]);
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![mint_any(tenant.address(), 20_000_000)]
        ),
        OK
    );
    akash.advance_blocks(2 * MIN_EPOCH_BLOCKS);
    let supply = akash.supply("uakt");
    let before = akash.balance(tenant.address(), "uakt");
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![burn_any(tenant.address(), 11_400_000)]
        ),
        OK
    );
    akash.advance_blocks(MIN_EPOCH_BLOCKS + 1);
    assert_eq!(
        akash.balance(tenant.address(), "uakt") - before,
        10_000_000 - 50_000
    );
    assert_eq!(akash.supply("uakt"), supply, "ten of twenty AKT of credit");
    assert_eq!(akash.state().bme.remint_credit, 10_000_000);
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![burn_any(tenant.address(), 22_800_000)]
        ),
        OK
    );
    akash.advance_blocks(MIN_EPOCH_BLOCKS + 1);
    assert_eq!(
        akash.supply("uakt"),
        supply + 10_000_000,
        "the rest is minted"
    );
    assert_eq!(akash.state().bme.remint_credit, 0);
}

#[test]
fn should_refuse_at_once_what_can_never_be() {
    let (mut akash, tenant) = network(vec![]);
    let me = tenant.address().to_owned();
    let friend = Wallet::new("friend").address().to_owned();
    let url = "/akash.bme.v1.MsgMintACT";
    let rows = [
        (
            "for somebody else",
            burn_mint(url, &me, &friend, "uakt", 1),
            ("bme", 3),
        ),
        ("nothing", burn_mint(url, &me, &me, "uakt", 0), ("bme", 8)),
        (
            "uact for uact",
            burn_mint(url, &me, &me, UACT, 1),
            ("bme", 9),
        ),
        (
            "another coin",
            burn_mint(url, &me, &me, "ibc/1", 1),
            ("bme", 9),
        ),
        (
            "more than there is",
            mint_any(&me, u128::from(RICH) * 2),
            ("sdk", 5),
        ),
    ];
    for (desc, message, expected) in rows {
        assert_eq!(run(&mut akash, &tenant, vec![message]), expected, "{desc}");
    }
    assert!(records(&akash).is_empty());
}

#[test]
fn should_cancel_and_refund_what_is_too_small() {
    // At 1.14 USD, 8 771 930 uakt are worth 10 000 000 uact and a little.
    let rows = [(8_771_930, true), (8_771_929, false)];
    for (uakt, executed) in rows {
        let (mut akash, tenant) = network(vec![]);
        let before = akash.balance(tenant.address(), "uakt");
        assert_eq!(
            run(&mut akash, &tenant, vec![mint_any(tenant.address(), uakt)]),
            OK
        );
        akash.advance_blocks(MIN_EPOCH_BLOCKS);
        let all = records(&akash);
        if executed {
            assert!(matches!(all[..], [Record::Executed { .. }]), "{uakt}");
        } else {
            assert_eq!(
                all,
                [Record::Canceled {
                    burned: uakt,
                    reason: "minimum_mint"
                }]
            );
            assert_eq!(akash.balance(tenant.address(), "uakt"), before - 50_000);
        }
    }
}

#[test]
fn should_refuse_while_the_price_is_stalled_and_keep_what_waits() {
    let (mut akash, tenant) = network(vec![]);
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![mint_any(tenant.address(), 20_000_000)]
        ),
        OK
    );
    akash.set_oracle_feeding(false);
    akash.advance_blocks(6);
    let result = run(
        &mut akash,
        &tenant,
        vec![mint_any(tenant.address(), 20_000_000)],
    );
    assert_eq!(result, ("oracle.v2", 4));
    assert_eq!(akash.state().bme.status, MintStatus::HaltOracle);
    assert_eq!(rest(&mut akash, "/akash/bme/v1/status").status, 500);
    akash.advance_blocks(20);
    assert!(matches!(
        records(&akash)[..],
        [Record::Pending { attempts: 0, .. }]
    ));
    let health = rest(&mut akash, "/akash/oracle/v2/aggregated_price/akt").value();
    assert_eq!(health["price_health"]["is_healthy"], false);
    akash.set_oracle_feeding(true);
    akash.advance_blocks(MIN_EPOCH_BLOCKS + 1);
    assert!(matches!(records(&akash)[..], [Record::Executed { .. }]));
}

#[test]
fn should_halt_minting_but_not_redeeming_when_the_vault_is_low() {
    let (mut akash, tenant) = network(vec![]);
    // 100 000 ACT of genesis against 300 000 AKT at 1.14: three and a half times covered.
    let status = rest(&mut akash, "/akash/bme/v1/status").value();
    assert_eq!(status["status"], "mint_status_healthy");
    assert_eq!(status["mints_allowed"], true);
    // 83 333 AKT left are worth 0.95 of the supply: not healthy, since not above.
    akash.drain_vault(300_000_000_000 - 83_333_000_000);
    akash.advance_blocks(1);
    assert_eq!(akash.state().bme.status, MintStatus::Warning);
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![mint_any(tenant.address(), 20_000_000)]
        ),
        OK
    );
    akash.drain_vault(5_000_000_000);
    akash.advance_blocks(1);
    assert_eq!(akash.state().bme.status, MintStatus::HaltCr);
    let result = run(
        &mut akash,
        &tenant,
        vec![mint_any(tenant.address(), 20_000_000)],
    );
    assert_eq!(result, ("bme", 6));
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![burn_any(tenant.address(), 1_000_000)]
        ),
        OK
    );
    let before = akash.balance(tenant.address(), "uakt");
    akash.advance_blocks(MIN_EPOCH_BLOCKS);
    assert_eq!(akash.balance(tenant.address(), "uakt") - before, 877_192);
    let pending = records(&akash)
        .iter()
        .filter(|r| matches!(r, Record::Pending { .. }))
        .count();
    assert_eq!(pending, 1, "the mint waits");
    let status = rest(&mut akash, "/akash/bme/v1/status").value();
    assert_eq!(
        (
            status["mints_allowed"].clone(),
            status["refunds_allowed"].clone()
        ),
        (false.into(), true.into())
    );
}

#[test]
fn should_serve_low_addresses_first_and_fifty_in_an_epoch() {
    let wallets: Vec<Wallet> = (0..51)
        .map(|i| Wallet::new(&format!("minter {i}")))
        .collect();
    let balances = wallets
        .iter()
        .map(|w| (w.address().to_owned(), vec![(100_000_000, "uakt")]));
    let mut akash = Akash::new(Genesis {
        balances: balances.collect(),
        ..Genesis::default()
    });
    for wallet in &wallets {
        let message = vec![mint_any(wallet.address(), 20_000_000)];
        let bytes = wallet.tx(akash.chain(), message, &TxOptions::default());
        akash.broadcast(&bytes).expect("accepted");
    }
    akash.advance_blocks(MIN_EPOCH_BLOCKS);
    let raw = |w: &Wallet| crate::address::decode(w.address()).expect("valid");
    let last = wallets.iter().max_by_key(|w| raw(w)).expect("some");
    let unserved: Vec<&str> = wallets
        .iter()
        .filter(|w| uact(&akash, w) == 0)
        .map(Wallet::address)
        .collect();
    assert_eq!(unserved, [last.address()]);
    akash.advance_blocks(MIN_EPOCH_BLOCKS);
    assert!(wallets.iter().all(|w| uact(&akash, w) > 0));
}
