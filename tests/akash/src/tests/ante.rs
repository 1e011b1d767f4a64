//! Each check before the messages, at its edge.

use super::*;
use crate::chain::ante::{MAX_MEMO, MAX_UNORDERED_NS};
use crate::chain::failure::code;
use crate::chain::gas;

fn outcome(akash: &mut Akash, wallet: &Wallet, options: &TxOptions) -> (&'static str, u32) {
    let to = Wallet::new("friend").address().to_owned();
    run_with(akash, wallet, vec![wallet.send(&to, 1, "uakt")], options)
}

#[test]
fn should_refuse_at_the_door_with_the_codes_of_the_sdk() {
    let base = TxOptions::default;
    let rows: Vec<(&str, TxOptions, u32)> = vec![
        ("as it should be", base(), 0),
        (
            "chain id",
            TxOptions {
                chain_id: Some("x".into()),
                ..base()
            },
            code::UNAUTHORIZED,
        ),
        (
            "account number",
            TxOptions {
                account_number: Some(99),
                ..base()
            },
            code::UNAUTHORIZED,
        ),
        (
            "sequence ahead",
            TxOptions {
                sequence: Some(1),
                ..base()
            },
            code::WRONG_SEQUENCE,
        ),
        (
            "longest memo",
            TxOptions {
                memo: "m".repeat(MAX_MEMO),
                ..base()
            },
            0,
        ),
        (
            "longer memo",
            TxOptions {
                memo: "m".repeat(MAX_MEMO + 1),
                ..base()
            },
            code::MEMO_TOO_LARGE,
        ),
        (
            "fee at the price",
            TxOptions {
                gas: 200_001,
                fee_uakt: Some(5_001),
                ..base()
            },
            0,
        ),
        (
            "fee below the price",
            TxOptions {
                gas: 200_001,
                fee_uakt: Some(5_000),
                ..base()
            },
            code::INSUFFICIENT_FEE,
        ),
        (
            "timeout height ahead",
            TxOptions {
                timeout_height: 30_000_001,
                ..base()
            },
            0,
        ),
        (
            "timeout height passed",
            TxOptions {
                timeout_height: 30_000_000,
                ..base()
            },
            code::TIMEOUT_HEIGHT,
        ),
        (
            "gas for less than the checks",
            TxOptions {
                gas: 30_000,
                ..base()
            },
            code::OUT_OF_GAS,
        ),
        (
            "an allowance that is not there",
            TxOptions {
                granter: Wallet::new("nobody").address().into(),
                ..base()
            },
            code::NOT_FOUND,
        ),
    ];
    for (desc, options, expected) in rows {
        let (mut akash, tenant) = network(vec![]);
        let (space, got) = outcome(&mut akash, &tenant, &options);
        assert_eq!(got, expected, "{desc}");
        assert_eq!(space.is_empty(), expected == 0, "{desc}");
        if expected != 0 {
            let balance = akash.balance(tenant.address(), "uakt");
            assert_eq!(balance, u128::from(RICH), "{desc}: costs nothing");
        }
    }
}

#[test]
fn should_refuse_accounts_that_cannot_pay_or_do_not_exist() {
    let (mut akash, tenant) = network(vec![]);
    let poor = Wallet::new("poor");
    assert_eq!(
        outcome(&mut akash, &poor, &TxOptions::default()).1,
        code::UNKNOWN_ADDRESS
    );
    let gift = tenant.send(poor.address(), 49_999, "uakt");
    assert_eq!(run(&mut akash, &tenant, vec![gift]), OK);
    // Two million gas cost 50 000 uakt.
    assert_eq!(
        outcome(&mut akash, &poor, &TxOptions::default()).1,
        code::INSUFFICIENT_FUNDS
    );
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![tenant.send(poor.address(), 2, "uakt")]
        ),
        OK
    );
    assert_eq!(outcome(&mut akash, &poor, &TxOptions::default()), OK);
    assert_eq!(akash.balance(poor.address(), "uakt"), 0);
}

#[test]
fn should_charge_for_a_transaction_whose_message_fails() {
    let (mut akash, tenant) = network(vec![]);
    let too_much = tenant.send(Wallet::new("friend").address(), u128::from(RICH), "uakt");
    let result = run(&mut akash, &tenant, vec![too_much]);
    assert_eq!(result, ("sdk", code::INSUFFICIENT_FUNDS));
    assert_eq!(
        akash.balance(tenant.address(), "uakt"),
        u128::from(RICH) - 50_000
    );
    assert_eq!(
        akash.state().account(tenant.address()).map(|a| a.sequence),
        Some(1)
    );
}

#[test]
fn should_undo_all_messages_when_one_fails() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend").address().to_owned();
    let messages = vec![
        tenant.send(&friend, 5, "uakt"),
        tenant.send(&friend, u128::from(RICH), "uakt"),
    ];
    assert_eq!(
        run(&mut akash, &tenant, messages).1,
        code::INSUFFICIENT_FUNDS
    );
    assert_eq!(akash.balance(&friend, "uakt"), 0);
}

#[test]
fn should_run_out_of_gas_one_unit_below_the_estimate() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend").address().to_owned();
    let options = |gas| TxOptions {
        gas,
        fee_uakt: Some(50_000),
        ..TxOptions::default()
    };
    // The length of the limit's varint does not change between the two limits.
    let probe = tenant.tx(
        akash.chain(),
        vec![tenant.send(&friend, 1, "uakt")],
        &options(70_000),
    );
    let decoded = crate::chain::tx::decode(&probe).expect("decodes");
    let need = gas::checks(&decoded) + gas::message(akash.state(), &decoded.messages[0].1);
    assert_eq!(outcome(&mut akash, &tenant, &options(need)), OK);
    assert_eq!(
        outcome(&mut akash, &tenant, &options(need - 1)),
        ("sdk", code::OUT_OF_GAS)
    );
    assert_eq!(akash.balance(&friend, "uakt"), 1);
}

#[test]
fn should_take_unordered_transactions_within_ten_minutes_once() {
    let (akash, _) = network(vec![]);
    let now = akash.block_time();
    let rows = [
        ("no timeout", None, code::INVALID_REQUEST),
        ("passed", Some(now - 1), code::TX_TIMEOUT),
        ("a minute", Some(now + 60_000_000_000), 0),
        ("ten minutes", Some(now + MAX_UNORDERED_NS), 0),
        (
            "more than ten minutes",
            Some(now + MAX_UNORDERED_NS + 1),
            code::INVALID_REQUEST,
        ),
    ];
    for (desc, timeout_ns, expected) in rows {
        let (mut akash, tenant) = network(vec![]);
        let options = TxOptions {
            timeout_ns,
            unordered: true,
            ..TxOptions::default()
        };
        assert_eq!(outcome(&mut akash, &tenant, &options).1, expected, "{desc}");
        let sequence = akash.state().account(tenant.address()).map(|a| a.sequence);
        assert_eq!(sequence, Some(0), "{desc}: no sequence is used");
    }
    let (mut akash, tenant) = network(vec![]);
    let options = TxOptions::unordered(akash.block_time() + 60_000_000_000);
    assert_eq!(outcome(&mut akash, &tenant, &options), OK);
    // Other bytes, same nonce.
    let twin = TxOptions {
        memo: "twin".into(),
        ..options.clone()
    };
    assert_eq!(outcome(&mut akash, &tenant, &twin).1, code::INVALID_REQUEST);
    let later = TxOptions {
        timeout_ns: options.timeout_ns.map(|t| t + 1),
        ..options.clone()
    };
    assert_eq!(outcome(&mut akash, &tenant, &later), OK);
    let numbered = TxOptions {
        sequence: Some(1),
        ..later
    };
    assert_eq!(
        outcome(&mut akash, &tenant, &numbered).1,
        code::INVALID_REQUEST
    );
}

#[test]
fn should_let_a_waiting_transaction_die_at_its_timeout() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend").address().to_owned();
    let options = TxOptions::unordered(akash.block_time() + 1);
    let bytes = tenant.tx(
        akash.chain(),
        vec![tenant.send(&friend, 1, "uakt")],
        &options,
    );
    let hash = akash.broadcast(&bytes).expect("in time at the door");
    akash.advance_blocks(1);
    let included = akash.tx(&hash).expect("included");
    assert_eq!(
        included.failure.as_ref().map(|f| f.code),
        Some(code::TX_TIMEOUT)
    );
    assert_eq!(
        akash.balance(tenant.address(), "uakt"),
        u128::from(RICH),
        "costs nothing"
    );
    // It may be sent again, and is refused at the door now.
    assert_eq!(
        akash.broadcast(&bytes).expect_err("dead").code,
        code::TX_TIMEOUT
    );
}

#[test]
fn should_not_let_users_move_uact_or_feed_module_accounts() {
    let (mut akash, tenant) = network(vec![]);
    let friend = Wallet::new("friend").address().to_owned();
    assert_eq!(
        run(&mut akash, &tenant, vec![tenant.send(&friend, 1, UACT)]),
        ("bank", 5)
    );
    let vault = crate::address::of_module("bme");
    let result = run(&mut akash, &tenant, vec![tenant.send(&vault, 1, "uakt")]);
    assert_eq!(result, ("sdk", code::UNAUTHORIZED));
    let none = run(&mut akash, &tenant, vec![tenant.send(&friend, 0, "uakt")]);
    assert_eq!(none, ("sdk", code::INVALID_COINS));
}

#[test]
fn should_refuse_messages_that_the_chain_does_not_serve() {
    let (mut akash, tenant) = network(vec![]);
    let message = Any {
        type_url: "/akash.deployment.v1beta3.MsgCreateDeployment".into(),
        value: vec![],
    };
    assert_eq!(
        run(&mut akash, &tenant, vec![message]),
        ("sdk", code::TX_DECODE)
    );
    assert_eq!(
        run(&mut akash, &tenant, vec![]),
        ("sdk", code::INVALID_REQUEST)
    );
}
