//! Accounts that may not send all, single-use accounts, transactions of several.

use super::*;
use crate::chain::vesting::{Vesting, VestingKind};
use crate::proto::{
    MsgCreatePeriodicVestingAccount, MsgCreatePermanentLockedAccount, MsgCreateVestingAccount,
    VestingPeriod,
};
use crate::wallet::joint_tx;

const IBC: &str = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1";

fn uakt(amount: u128) -> Vec<Coin> {
    vec![Coin {
        denom: "uakt".into(),
        amount: amount.to_string(),
    }]
}

/// A plain fee: 100 000 gas cost 2 500 uakt.
fn cheap() -> TxOptions {
    TxOptions {
        gas: 100_000,
        ..TxOptions::default()
    }
}

#[test]
fn should_lock_coins_in_each_of_the_four_kinds() {
    let url = |name: &str| format!("/cosmos.vesting.v1beta1.{name}");
    let (_, tenant) = network(vec![]);
    let from = tenant.address().to_owned();
    let end_time = 1_795_543_200 + 600;
    let once = |to: &str, delayed| {
        let message = MsgCreateVestingAccount {
            from_address: from.clone(),
            to_address: to.into(),
            amount: uakt(1_000_000),
            end_time,
            delayed,
        };
        any(&url("MsgCreateVestingAccount"), &message)
    };
    let periodic = |to: &str| {
        let message = MsgCreatePeriodicVestingAccount {
            from_address: from.clone(),
            to_address: to.into(),
            start_time: 1_795_543_200,
            vesting_periods: vec![
                VestingPeriod {
                    length: 300,
                    amount: uakt(400_000),
                },
                VestingPeriod {
                    length: 300,
                    amount: uakt(600_000),
                },
            ],
        };
        any(&url("MsgCreatePeriodicVestingAccount"), &message)
    };
    let locked = |to: &str| {
        let message = MsgCreatePermanentLockedAccount {
            from_address: from.clone(),
            to_address: to.into(),
            amount: uakt(1_000_000),
        };
        any(&url("MsgCreatePermanentLockedAccount"), &message)
    };
    let holder = Wallet::new("holder");
    let to = holder.address();
    let rows = [
        (
            "ContinuousVestingAccount",
            once(to, false),
            [true, true],
            true,
        ),
        (
            "DelayedVestingAccount",
            once(to, true),
            [false, false],
            true,
        ),
        ("PeriodicVestingAccount", periodic(to), [false, true], true),
        ("PermanentLockedAccount", locked(to), [false, false], false),
    ];
    for (name, message, [early, middle], late) in rows {
        let (mut akash, tenant) = network(vec![]);
        assert_eq!(
            run(&mut akash, &tenant, vec![message.clone()]),
            OK,
            "{name}"
        );
        let shown = rest(&mut akash, &format!("/cosmos/auth/v1beta1/accounts/{to}")).value();
        assert_eq!(
            shown["account"]["@type"],
            format!("/cosmos.vesting.v1beta1.{name}")
        );
        assert_eq!(
            akash.balance(to, "uakt"),
            1_000_000,
            "{name}: all of it is its own"
        );
        assert_eq!(
            run(&mut akash, &tenant, vec![message]),
            ("sdk", 18),
            "{name}: exists"
        );
        let start = 1_795_543_200_000_000_000;
        let pays = |akash: &mut Akash, at_s: u64, amount: u128| {
            akash.advance_to(start + at_s * 1_000_000_000);
            let message = holder.send(tenant.address(), amount, "uakt");
            let free = akash.state().spendable(to, "uakt");
            let answer = run_with(akash, &holder, vec![message], &cheap());
            assert_eq!(
                answer == OK,
                free >= 2_500 + amount,
                "{name} at {at_s}: {answer:?}, {free}"
            );
            answer == OK
        };
        assert_eq!(pays(&mut akash, 60, 50_000), early, "{name}, early");
        assert_eq!(
            pays(&mut akash, 330, 300_000),
            middle,
            "{name}, in the middle"
        );
        assert_eq!(pays(&mut akash, 660, 600_000), late, "{name}, late");
    }
}

#[test]
fn should_refuse_senseless_vesting() {
    let (mut akash, tenant) = network(vec![]);
    let create = |to: &str, denom: &str, end_time: i64| {
        let message = MsgCreateVestingAccount {
            from_address: tenant.address().into(),
            to_address: to.into(),
            amount: vec![Coin {
                denom: denom.into(),
                amount: "5".into(),
            }],
            end_time,
            delayed: true,
        };
        any("/cosmos.vesting.v1beta1.MsgCreateVestingAccount", &message)
    };
    let new = Wallet::new("new");
    let module = crate::address::of_module("bme");
    let rows = [
        ("no end", create(new.address(), "uakt", 0), ("sdk", 18)),
        ("uact", create(new.address(), UACT, 1), ("bank", 5)),
        ("a module's account", create(&module, "uakt", 1), ("sdk", 4)),
        ("itself", create(tenant.address(), "uakt", 1), ("sdk", 18)),
        (
            "more than there is",
            create(new.address(), IBC, 1),
            ("sdk", 5),
        ),
    ];
    for (desc, message, expected) in rows {
        assert_eq!(run(&mut akash, &tenant, vec![message]), expected, "{desc}");
        assert!(akash.state().account(new.address()).is_none(), "{desc}");
    }
}

#[test]
fn should_add_to_a_vesting_account_what_is_free() {
    let (mut akash, tenant) = network(vec![]);
    let holder = Wallet::new("holder");
    let vesting = Vesting {
        original: vec![("uakt".into(), 1)],
        end_s: 0,
        kind: VestingKind::PermanentLocked,
    };
    akash.create_vesting(holder.address(), vesting);
    let message = tenant.send(holder.address(), 102_500, "uakt");
    assert_eq!(
        run(&mut akash, &tenant, vec![message]),
        OK,
        "a griefer's uakt does no harm"
    );
    assert_eq!(akash.state().spendable(holder.address(), "uakt"), 102_500);
    let all = holder.send(tenant.address(), 100_001, "uakt");
    assert_eq!(
        run_with(&mut akash, &holder, vec![all], &cheap()),
        ("sdk", 5)
    );
    assert_eq!(
        akash.state().spendable(holder.address(), "uakt"),
        100_000,
        "the fee is gone"
    );
    let path = format!(
        "/cosmos/bank/v1beta1/spendable_balances/{}",
        holder.address()
    );
    assert_eq!(
        rest(&mut akash, &path).value()["balances"][0]["amount"],
        "100000"
    );
}

#[test]
fn should_pay_gas_from_a_fresh_account_and_empty_it() {
    let (mut akash, tenant) = network(vec![]);
    let fresh = Wallet::new("fresh");
    let message = tenant.send(fresh.address(), 1_000_000, "uakt");
    assert_eq!(run(&mut akash, &tenant, vec![message]), OK);
    akash.give(fresh.address(), 77, IBC);
    let (a, b) = (Wallet::new("a"), Wallet::new("b"));
    let three = vec![
        fresh.send(a.address(), 900_000, "uakt"),
        fresh.send(b.address(), 97_500, "uakt"),
        fresh.send(b.address(), 77, IBC),
    ];
    // Three messages of 28 000 need more than 100 000 gas: the sequence is used, the coins stay.
    assert_eq!(
        run_with(&mut akash, &fresh, three.clone(), &cheap()),
        ("sdk", 11)
    );
    assert_eq!(akash.balance(fresh.address(), "uakt"), 997_500);
    assert_eq!(
        akash.state().account(fresh.address()).map(|a| a.sequence),
        Some(1)
    );
    // Twins with one sequence: one of them goes in, the other never can.
    let twin = |fee_uakt| TxOptions {
        gas: 200_000,
        fee_uakt: Some(fee_uakt),
        sequence: Some(1),
        ..TxOptions::default()
    };
    let less = vec![fresh.send(a.address(), 900_000, "uakt")];
    let first = fresh.tx(akash.chain(), three, &twin(0));
    let second = fresh.tx(akash.chain(), less, &twin(5_000));
    assert_eq!(akash.broadcast(&first).expect_err("no fee").code, 13);
    akash.broadcast(&second).expect("the bumped twin");
    akash.advance_blocks(1);
    assert_eq!(akash.balance(a.address(), "uakt"), 900_000);
    let late = fresh.tx(
        akash.chain(),
        vec![fresh.send(b.address(), 1, "uakt")],
        &twin(5_001),
    );
    assert_eq!(
        akash
            .broadcast(&late)
            .expect_err("its sequence is used")
            .code,
        32
    );
    let rest_of_it = vec![
        fresh.send(b.address(), 90_000, "uakt"),
        fresh.send(b.address(), 77, IBC),
    ];
    let exact = TxOptions {
        gas: 100_000,
        fee_uakt: Some(2_500),
        ..TxOptions::default()
    };
    assert_eq!(run_with(&mut akash, &fresh, rest_of_it, &exact), OK);
    assert_eq!(akash.balance(fresh.address(), "uakt"), 0, "nothing is left");
    assert_eq!(akash.balance(b.address(), IBC), 77);
    let more = vec![fresh.send(b.address(), 1, "uakt")];
    assert_eq!(
        run_with(&mut akash, &fresh, more, &exact),
        ("sdk", 5),
        "nothing for gas"
    );
}

#[test]
fn should_take_what_several_sign() {
    let (mut akash, tenant) = network(vec![]);
    let second = Wallet::new("second");
    akash.give(second.address(), 500, "uakt");
    let friend = Wallet::new("friend");
    let messages = || {
        vec![
            tenant.send(friend.address(), 7, "uakt"),
            second.send(friend.address(), 8, "uakt"),
        ]
    };
    let options = TxOptions::default();
    let alone = tenant.tx(akash.chain(), messages(), &options);
    assert_eq!(akash.broadcast(&alone).expect_err("one is missing").code, 4);
    let swapped = joint_tx(&[&second, &tenant], akash.chain(), messages(), &options);
    assert!(
        akash.broadcast(&swapped).is_err(),
        "in the order of the messages"
    );
    let joint = joint_tx(&[&tenant, &second], akash.chain(), messages(), &options);
    akash.broadcast(&joint).expect("accepted");
    akash.advance_blocks(1);
    assert_eq!(akash.balance(friend.address(), "uakt"), 15);
    assert_eq!(
        akash.balance(second.address(), "uakt"),
        492,
        "the first pays the fee"
    );
}
