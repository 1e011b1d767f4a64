//! Arithmetic of escrow accounts, against figures worked out by hand.

use super::*;
use crate::address;
use crate::chain::bme::MintStatus;
use crate::chain::escrow::{Depositor, EscrowState, PaymentId, Source};
use crate::chain::failure::code;
use crate::chain::{Ctx, Rules, State, UAKT};
use crate::num::Dec;
use crate::proto::EscrowId;
use std::sync::Arc;

const OWNER: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";

fn ctx(height: u64) -> Ctx {
    let rules = Rules {
        chain_id: "akashnet-2".into(),
        min_gas_price_micro_uakt: 0,
        only_first_losing_bid_closes: false,
        keeps: 100,
        unbonding_s: 1_209_600,
    };
    Ctx {
        height,
        time_ns: height * 6_000_000_000,
        rules: Arc::new(rules),
    }
}

fn account_id() -> EscrowId {
    EscrowId {
        scope: 1,
        xid: format!("{OWNER}/1"),
    }
}

fn payment_id(n: u8) -> PaymentId {
    (account_id(), format!("{n}/1/{}", address::encode(&[n; 20])))
}

fn deposit(owner: &str, denom: &str, amount: u128) -> Depositor {
    Depositor {
        owner: owner.into(),
        height: 100,
        source: Source::Balance,
        denom: denom.into(),
        amount: Dec::whole(amount),
    }
}

/// An account opened at height 100 with these deposits, all by different people.
fn opened(deposits: &[(&str, u128)]) -> State {
    let mut state = State::default();
    let mut list = Vec::new();
    for (n, (denom, amount)) in (100u8..).zip(deposits) {
        let who = address::encode(&[n; 20]);
        state.mint(&who, denom, *amount);
        list.push(deposit(&who, denom, *amount));
    }
    state
        .escrow_create(&ctx(100), &account_id(), OWNER, list)
        .expect("opens");
    state
}

fn funds(state: &State) -> String {
    let account = state.escrow_account(&account_id()).expect("exists");
    let list: Vec<String> = account
        .funds
        .iter()
        .map(|(d, a)| format!("{a} {d}"))
        .collect();
    list.join(", ").replace(".000000000000000000", "")
}

fn provider(n: u8) -> String {
    address::encode(&[n; 20])
}

#[test]
fn should_owe_whole_coins_for_each_settlement() {
    // Rate, heights of withdrawal, sum that the provider has then.
    let rows: [(&str, &[u64], u128); 6] = [
        ("10", &[101], 10),
        ("10", &[110], 100),
        ("0.5", &[101], 0),
        ("0.5", &[101, 102], 0),
        ("0.5", &[102], 1),
        ("1.9", &[110, 111, 120], 19 + 1 + 17),
    ];
    for (rate, heights, expected) in rows {
        let mut state = opened(&[(UACT, 1_000_000)]);
        let rate_dec = Dec::parse(rate).expect("a rate");
        state
            .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate_dec)
            .expect("opens");
        for height in heights {
            state
                .payment_withdraw(&ctx(*height), &payment_id(1))
                .expect("withdraws");
        }
        assert_eq!(
            state.balance(&provider(1), UACT),
            expected,
            "{rate} at {heights:?}"
        );
    }
}

#[test]
fn should_keep_the_balance_between_withdrawals_and_account_for_it() {
    let mut state = opened(&[(UACT, 1_000)]);
    let rate = Dec::whole(7);
    state
        .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate)
        .expect("opens");
    // A deposit touches an open account without settling it.
    let who = provider(50);
    state.mint(&who, UACT, 500);
    state
        .escrow_deposit(&ctx(110), &account_id(), vec![deposit(&who, UACT, 500)])
        .expect("deposits");
    assert_eq!(funds(&state), "1500 uact");
    assert_eq!(
        state.escrow_account(&account_id()).map(|a| a.settled_at),
        Some(100)
    );
    state
        .payment_withdraw(&ctx(120), &payment_id(1))
        .expect("withdraws");
    assert_eq!(funds(&state), "1360 uact");
    let account = state.escrow_account(&account_id()).expect("exists");
    assert_eq!(
        account.transferred,
        vec![(UACT.to_owned(), Dec::whole(140))]
    );
    assert_eq!(
        state.payment(&payment_id(1)).map(|p| p.withdrawn),
        Some(140)
    );
}

#[test]
fn should_consume_deposits_first_in_first_out_and_refund_each_depositor() {
    let mut state = opened(&[(UACT, 100), (UACT, 200), (UACT, 300)]);
    let rate = Dec::whole(15);
    state
        .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate)
        .expect("opens");
    state
        .escrow_close(&ctx(110), &account_id())
        .expect("closes");
    let have = |n| state.balance(&address::encode(&[n; 20]), UACT);
    assert_eq!((have(100), have(101), have(102)), (0, 150, 300));
    assert_eq!(state.balance(&provider(1), UACT), 150);
    assert_eq!(funds(&state), "0 uact");
    assert_eq!(state.balance(&address::of_module("escrow"), UACT), 0);
    assert_eq!(
        state.payment(&payment_id(1)).map(|p| p.state),
        Some(EscrowState::Closed)
    );
}

#[test]
fn should_find_an_account_overdrawn_at_the_next_touch() {
    let mut state = opened(&[(UACT, 100)]);
    let rate = Dec::whole(30);
    state
        .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate)
        .expect("opens");
    state
        .payment_withdraw(&ctx(105), &payment_id(1))
        .expect("is a success all the same");
    let payment = state.payment(&payment_id(1)).expect("exists");
    assert_eq!(
        (payment.state, payment.unsettled),
        (EscrowState::Overdrawn, Dec::whole(50))
    );
    assert_eq!(state.balance(&provider(1), UACT), 100);
    assert_eq!(funds(&state), "-50 uact");
    // A later deposit pays the debt, gives back the rest, and opens nothing again.
    let who = provider(50);
    state.mint(&who, UACT, 70);
    let pays = vec![deposit(&who, UACT, 70)];
    state
        .escrow_deposit(&ctx(200), &account_id(), pays)
        .expect("deposits");
    assert_eq!(state.balance(&provider(1), UACT), 150);
    assert_eq!(state.balance(&who, UACT), 20);
    let account = state.escrow_account(&account_id()).expect("exists");
    assert_eq!(account.state, EscrowState::Closed);
    let refused = state
        .escrow_deposit(&ctx(201), &account_id(), vec![])
        .expect_err("closed");
    assert_eq!((refused.codespace, refused.code), ("escrow", 2));
}

#[test]
fn should_pay_in_uakt_only_while_minting_is_halted() {
    for (halted, uakt) in [(false, 0), (true, 25)] {
        let mut state = opened(&[(UACT, 100), (UAKT, 1_000)]);
        state.oracle.price = Dec::whole(2);
        state.oracle.updated_ns = Some(ctx(105).time_ns);
        if !halted {
            Arc::make_mut(&mut state.bme).status = MintStatus::Healthy;
        }
        let rate = Dec::whole(30);
        state
            .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate)
            .expect("opens");
        state
            .payment_withdraw(&ctx(105), &payment_id(1))
            .expect("withdraws");
        assert_eq!(state.balance(&provider(1), UAKT), uakt, "halted {halted}");
        let expected = if halted {
            EscrowState::Open
        } else {
            EscrowState::Overdrawn
        };
        assert_eq!(
            state.payment(&payment_id(1)).map(|p| p.state),
            Some(expected)
        );
    }
}

#[test]
fn should_reproduce_the_hazard_of_two_touches_in_one_block() {
    let mut state = opened(&[(UACT, 1_000)]);
    let rate = Dec::whole(10);
    state
        .payment_create(&ctx(105), &payment_id(1), &provider(1), UACT, rate)
        .expect("opens");
    let panicked = state
        .clone()
        .payment_withdraw(&ctx(105), &payment_id(1))
        .expect_err("panics");
    assert_eq!((panicked.codespace, panicked.code), ("sdk", code::PANIC));
    state
        .payment_close(&ctx(105), &payment_id(1))
        .expect("says that it closed");
    assert_eq!(
        state.payment(&payment_id(1)).map(|p| p.state),
        Some(EscrowState::Open),
        "and leaves the payment open, which goes on draining the account"
    );
    state
        .payment_withdraw(&ctx(106), &payment_id(1))
        .expect("withdraws");
    assert_eq!(state.balance(&provider(1), UACT), 10);
}

#[test]
fn should_lose_what_a_first_payment_earned_when_a_second_opens() {
    let mut state = opened(&[(UACT, 1_000)]);
    let rate = Dec::whole(10);
    state
        .payment_create(&ctx(100), &payment_id(1), &provider(1), UACT, rate)
        .expect("opens");
    state
        .payment_create(&ctx(104), &payment_id(2), &provider(2), UACT, rate)
        .expect("opens");
    state
        .escrow_close(&ctx(105), &account_id())
        .expect("closes");
    // Four blocks of the first are deducted from the account and credited to nobody.
    assert_eq!(state.balance(&provider(1), UACT), 10);
    assert_eq!(state.balance(&provider(2), UACT), 10);
    assert_eq!(state.balance(&address::encode(&[100; 20]), UACT), 940);
    assert_eq!(state.balance(&address::of_module("escrow"), UACT), 40);
}

#[test]
fn should_refuse_with_the_codes_of_the_module() {
    let whole = Dec::whole;
    let open = |denom, rate| {
        let mut state = opened(&[(UACT, 1_000)]);
        let result = state.payment_create(&ctx(101), &payment_id(1), &provider(1), denom, rate);
        result.map_err(|f| f.code)
    };
    assert_eq!(open(UACT, whole(1)), Ok(()));
    assert_eq!(open(UAKT, whole(1)), Err(5), "no fund of that denom");
    assert_eq!(open(UACT, whole(0)), Err(9), "rate zero");
    let mut state = opened(&[(UACT, 1_000)]);
    let again = state.escrow_create(&ctx(101), &account_id(), OWNER, vec![]);
    assert_eq!(again.map_err(|f| f.code), Err(1));
    let missing = EscrowId {
        scope: 1,
        xid: format!("{OWNER}/2"),
    };
    assert_eq!(
        state.escrow_close(&ctx(101), &missing).map_err(|f| f.code),
        Err(3)
    );
    let none = state.payment_withdraw(&ctx(101), &payment_id(1));
    assert_eq!(none.map_err(|f| f.code), Err(8));
    let create = |s: &mut State, at| {
        s.payment_create(&ctx(at), &payment_id(1), &provider(1), UACT, whole(100))
    };
    create(&mut state, 101).expect("opens");
    assert_eq!(create(&mut state, 102).map_err(|f| f.code), Err(6));
    let overdrawn = create(&mut state.clone(), 120);
    assert_eq!(overdrawn.map_err(|f| f.code), Err(4));
    state
        .payment_close(&ctx(103), &payment_id(1))
        .expect("closes");
    let twice = state.payment_close(&ctx(104), &payment_id(1));
    assert_eq!(twice.map_err(|f| f.code), Err(7));
    state
        .escrow_close(&ctx(105), &account_id())
        .expect("closes");
    assert_eq!(
        state
            .escrow_close(&ctx(106), &account_id())
            .map_err(|f| f.code),
        Err(2)
    );
}
