use super::*;
use crate::types::Duration;

const NOW: u64 = 1_800_000_000_000_000_000;
const HOUR: u64 = 3_600 * 1_000_000_000;
const FEE: u64 = DEFAULT_FEE_E8S;

fn principal(byte: u8) -> Principal {
    Principal::from_slice(&[byte, 1])
}

fn account(byte: u8) -> Account {
    Account {
        owner: principal(byte),
        subaccount: None,
    }
}

fn id(byte: u8) -> AccountIdentifier {
    AccountIdentifier::of_account(&account(byte)).expect("no subaccount")
}

/// Principal 0 mints; principal 1 has 1,000,000 e8s.
fn init_args() -> InitArgs {
    InitArgs {
        minting_account: id(0).to_hex(),
        icrc1_minting_account: Some(account(0)),
        initial_values: vec![(id(1).to_hex(), e8s(1_000_000))],
        max_message_size_bytes: None,
        transaction_window: None,
        archive_options: None,
        send_whitelist: Vec::new(),
        transfer_fee: None,
        token_symbol: None,
        token_name: None,
        feature_flags: None,
    }
}

fn ledger() -> Ledger {
    Ledger::new(init_args(), NOW).expect("valid arguments")
}

fn to(byte: u8, amount: u64) -> TransferArg {
    TransferArg {
        from_subaccount: None,
        to: account(byte),
        amount: Nat::from(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

fn legacy(byte: u8, amount: u64) -> TransferArgs {
    TransferArgs {
        memo: 1,
        amount: e8s(amount),
        fee: e8s(FEE),
        from_subaccount: None,
        to: id(byte).to_blob(),
        created_at_time: None,
    }
}

fn approve(spender: u8, amount: u64) -> ApproveArgs {
    ApproveArgs {
        from_subaccount: None,
        spender: account(spender),
        amount: Nat::from(amount),
        expected_allowance: None,
        expires_at: None,
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

fn pull(byte: u8, amount: u64) -> TransferFromArgs {
    TransferFromArgs {
        spender_subaccount: None,
        from: account(1),
        to: account(byte),
        amount: Nat::from(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

fn allowance(ledger: &Ledger, now: u64) -> Nat {
    let args = AllowanceArgs {
        account: account(1),
        spender: account(2),
    };
    ledger
        .allowance(now, &args)
        .expect("no subaccounts")
        .allowance
}

#[test]
fn should_start_with_a_block_for_each_balance() {
    let ledger = ledger();
    assert_eq!(ledger.balance(id(1)), 1_000_000);
    assert_eq!(ledger.balance(id(0)), 0);
    assert_eq!(ledger.total_supply(), 1_000_000);
    assert_eq!(
        (ledger.fee(), ledger.symbol(), ledger.tip()),
        (10_000, "ICP", Some(0))
    );
    let mut wrong = init_args();
    wrong.minting_account.replace_range(0..1, "x");
    assert!(Ledger::new(wrong, NOW).is_err());
    let mut too_much = init_args();
    too_much
        .initial_values
        .push((id(2).to_hex(), e8s(u64::MAX)));
    assert!(Ledger::new(too_much, NOW).is_err());
}

#[test]
fn should_move_tokens_and_let_the_fee_vanish() {
    let mut ledger = ledger();
    let outcome = ledger.icrc1_transfer(NOW, principal(1), to(2, 300));
    assert_eq!(outcome, Ok(Ok(Nat::from(1_u8))));
    assert_eq!(
        (ledger.balance(id(1)), ledger.balance(id(2))),
        (1_000_000 - 300 - FEE, 300)
    );
    assert_eq!(ledger.total_supply(), 1_000_000 - FEE);
    let outcome = ledger.transfer(NOW, principal(1), legacy(3, 50));
    assert_eq!(outcome, Ok(Ok(2)));
    assert_eq!(ledger.balance(id(3)), 50);
}

#[test]
fn should_mint_and_burn_without_a_fee() {
    let mut ledger = ledger();
    assert!(matches!(
        ledger.icrc1_transfer(NOW, principal(0), to(2, 5)),
        Ok(Ok(_))
    ));
    assert_eq!(
        (ledger.balance(id(2)), ledger.total_supply()),
        (5, 1_000_005)
    );
    assert!(matches!(
        ledger.icrc1_transfer(NOW, principal(1), to(0, FEE)),
        Ok(Ok(_))
    ));
    assert_eq!(ledger.total_supply(), 1_000_005 - FEE);
    let small = ledger.icrc1_transfer(NOW, principal(1), to(0, FEE - 1));
    let min = Nat::from(FEE);
    assert_eq!(
        small,
        Ok(Err(Icrc1TransferError::BadBurn {
            min_burn_amount: min.clone()
        }))
    );
    assert!(
        matches!(
            ledger.icrc1_transfer(NOW, principal(2), to(0, 5)),
            Ok(Ok(_))
        ),
        "all of it"
    );
    let none = ledger.icrc1_transfer(NOW, principal(2), to(0, 0));
    assert_eq!(
        none,
        Ok(Err(Icrc1TransferError::BadBurn {
            min_burn_amount: min
        }))
    );
    assert!(
        ledger.transfer(NOW, principal(0), legacy(2, 5)).is_err(),
        "a fee for minting traps"
    );
    let free = TransferArgs {
        fee: e8s(0),
        ..legacy(2, 5)
    };
    assert!(matches!(
        ledger.transfer(NOW, principal(0), free),
        Ok(Ok(_))
    ));
}

#[test]
fn should_check_the_fee() {
    let rows = [
        ("none given", 1, 2, None, Ok(())),
        ("the fee", 1, 2, Some(FEE), Ok(())),
        ("less", 1, 2, Some(FEE - 1), Err(FEE)),
        ("more", 1, 2, Some(FEE + 1), Err(FEE)),
        ("zero for a burn", 1, 0, Some(0), Ok(())),
        ("the fee for a burn", 1, 0, Some(FEE), Err(0)),
        ("the fee for a mint", 0, 2, Some(FEE), Err(0)),
    ];
    for (desc, from, receiver, fee, expected) in rows {
        let args = TransferArg {
            fee: fee.map(Nat::from),
            ..to(receiver, FEE)
        };
        let outcome = ledger()
            .icrc1_transfer(NOW, principal(from), args)
            .expect("no trap");
        let expected = expected.map_err(|fee| Icrc1TransferError::BadFee {
            expected_fee: Nat::from(fee),
        });
        assert_eq!(outcome.map(|_| ()), expected, "{desc}");
    }
    let wrong = TransferArgs {
        fee: e8s(FEE - 1),
        ..legacy(2, 5)
    };
    let outcome = ledger().transfer(NOW, principal(1), wrong);
    assert_eq!(
        outcome,
        Ok(Err(TransferError::BadFee {
            expected_fee: e8s(FEE)
        }))
    );
    let args = ApproveArgs {
        fee: Some(Nat::from(FEE + 1)),
        ..approve(2, 5)
    };
    let outcome = ledger().icrc2_approve(NOW, principal(1), args);
    assert_eq!(
        outcome,
        Ok(Err(ApproveError::BadFee {
            expected_fee: Nat::from(FEE)
        }))
    );
}

#[test]
fn should_debit_no_more_than_there_is() {
    let all = 1_000_000 - FEE;
    let balance = Nat::from(1_000_000_u64);
    for (desc, amount, expected) in [
        ("all of it", Nat::from(all), Ok(())),
        ("one more", Nat::from(all + 1), Err(())),
        ("most there can be", Nat::from(u64::MAX), Err(())),
        ("more than can be", Nat::from(u128::MAX), Err(())),
    ] {
        let mut ledger = ledger();
        let args = TransferArg { amount, ..to(2, 0) };
        let outcome = ledger
            .icrc1_transfer(NOW, principal(1), args)
            .expect("no trap");
        let expected = expected.map_err(|()| Icrc1TransferError::InsufficientFunds {
            balance: balance.clone(),
        });
        assert_eq!(outcome.map(|_| ()), expected, "{desc}");
    }
    let outcome = ledger().transfer(NOW, principal(1), legacy(2, all + 1));
    let expected = TransferError::InsufficientFunds {
        balance: e8s(1_000_000),
    };
    assert_eq!(outcome, Ok(Err(expected)));
}

#[test]
fn should_refuse_repetitions_within_the_window_only() {
    let window = DEFAULT_WINDOW_NS;
    let rows = [
        ("no time given", None, NOW, Ok(())),
        (
            "again",
            Some(NOW),
            NOW,
            Err(Icrc1TransferError::Duplicate {
                duplicate_of: Nat::from(1_u8),
            }),
        ),
        (
            "again, at the end of the window",
            Some(NOW),
            NOW + window,
            Err(Icrc1TransferError::Duplicate {
                duplicate_of: Nat::from(1_u8),
            }),
        ),
        (
            "too old",
            Some(NOW),
            NOW + window + 1,
            Err(Icrc1TransferError::TooOld),
        ),
        ("another time", Some(NOW + 1), NOW, Ok(())),
        (
            "as far ahead as allowed",
            Some(NOW + PERMITTED_DRIFT_NS),
            NOW,
            Ok(()),
        ),
        (
            "too far ahead",
            Some(NOW + PERMITTED_DRIFT_NS + 1),
            NOW,
            Err(Icrc1TransferError::CreatedInFuture { ledger_time: NOW }),
        ),
    ];
    for (desc, created_at_time, now, expected) in rows {
        let mut ledger = ledger();
        let first = TransferArg {
            created_at_time: Some(NOW),
            ..to(2, 5)
        };
        assert!(
            matches!(ledger.icrc1_transfer(NOW, principal(1), first), Ok(Ok(_))),
            "{desc}"
        );
        let again = TransferArg {
            created_at_time,
            ..to(2, 5)
        };
        let outcome = ledger
            .icrc1_transfer(now, principal(1), again)
            .expect("no trap");
        assert_eq!(outcome.map(|_| ()), expected, "{desc}");
    }
}

#[test]
fn should_tell_transactions_apart_by_every_field() {
    let first = || TransferArg {
        created_at_time: Some(NOW),
        ..to(2, 5)
    };
    let memo = || Some(ByteBuf::from(vec![1]));
    let rows = [
        ("same", 1, first(), false),
        ("other caller", 3, first(), true),
        (
            "other amount",
            1,
            TransferArg {
                amount: Nat::from(6_u8),
                ..first()
            },
            true,
        ),
        (
            "other receiver",
            1,
            TransferArg {
                to: account(4),
                ..first()
            },
            true,
        ),
        (
            "a memo",
            1,
            TransferArg {
                memo: memo(),
                ..first()
            },
            true,
        ),
        (
            "the fee spelled out",
            1,
            TransferArg {
                fee: Some(Nat::from(FEE)),
                ..first()
            },
            false,
        ),
    ];
    for (desc, caller, args, expected) in rows {
        let mut ledger = ledger();
        let funds = ledger.icrc1_transfer(NOW, principal(1), to(3, 50_000));
        assert!(matches!(funds, Ok(Ok(_))), "{desc}");
        assert!(
            matches!(ledger.icrc1_transfer(NOW, principal(1), first()), Ok(Ok(_))),
            "{desc}"
        );
        let outcome = ledger
            .icrc1_transfer(NOW, principal(caller), args)
            .expect("no trap");
        assert_eq!(outcome.is_ok(), expected, "{desc}: {outcome:?}");
    }
}

#[test]
fn should_always_deduplicate_the_legacy_transfer() {
    let mut ledger = ledger();
    assert_eq!(ledger.transfer(NOW, principal(1), legacy(2, 5)), Ok(Ok(1)));
    let again = ledger.transfer(NOW, principal(1), legacy(2, 5));
    assert_eq!(
        again,
        Ok(Err(TransferError::TxDuplicate { duplicate_of: 1 }))
    );
    assert_eq!(
        ledger.transfer(NOW + 1, principal(1), legacy(2, 5)),
        Ok(Ok(2))
    );
    let at = |timestamp_nanos| TransferArgs {
        created_at_time: Some(TimeStamp { timestamp_nanos }),
        ..legacy(2, 5)
    };
    let old = ledger.transfer(NOW + 25 * HOUR, principal(1), at(NOW));
    let allowed_window_nanos = DEFAULT_WINDOW_NS;
    assert_eq!(
        old,
        Ok(Err(TransferError::TxTooOld {
            allowed_window_nanos
        }))
    );
    let future = ledger.transfer(NOW, principal(1), at(NOW + PERMITTED_DRIFT_NS + 1));
    assert_eq!(future, Ok(Err(TransferError::TxCreatedInFuture)));
}

#[test]
fn should_forget_transactions_once_they_are_too_old() {
    let mut ledger = ledger();
    let first = TransferArg {
        created_at_time: Some(NOW),
        ..to(2, 5)
    };
    assert!(matches!(
        ledger.icrc1_transfer(NOW, principal(1), first),
        Ok(Ok(_))
    ));
    assert_eq!(
        ledger.recent.len(),
        2,
        "the initial balance and the transfer"
    );
    let kept = DEFAULT_WINDOW_NS + PERMITTED_DRIFT_NS;
    assert!(matches!(
        ledger.icrc1_transfer(NOW + kept, principal(1), to(2, 5)),
        Ok(Ok(_))
    ));
    assert_eq!(ledger.recent.len(), 2);
    assert!(matches!(
        ledger.icrc1_transfer(NOW + kept + 1, principal(1), to(2, 5)),
        Ok(Ok(_))
    ));
    assert_eq!((ledger.recent.len(), ledger.recent_by_age.len()), (0, 0));
}

#[test]
fn should_honour_the_window_it_was_installed_with() {
    let mut args = init_args();
    args.transaction_window = Some(Duration { secs: 1, nanos: 5 });
    let mut ledger = Ledger::new(args, NOW).expect("valid");
    let at = |created| TransferArg {
        created_at_time: Some(created),
        ..to(2, 5)
    };
    let edge = NOW + 1_000_000_005;
    assert!(matches!(
        ledger.icrc1_transfer(edge, principal(1), at(NOW)),
        Ok(Ok(_))
    ));
    let late = ledger.icrc1_transfer(edge + 1, principal(1), at(NOW));
    assert_eq!(late, Ok(Err(Icrc1TransferError::TooOld)));
}

#[test]
fn should_let_a_spender_spend_what_was_approved_and_its_fee() {
    let mut ledger = ledger();
    let index = ledger.icrc2_approve(NOW, principal(1), approve(2, 500 + FEE));
    assert_eq!(index, Ok(Ok(Nat::from(1_u8))));
    assert_eq!(
        ledger.balance(id(1)),
        1_000_000 - FEE,
        "the owner pays the fee"
    );
    assert_eq!(allowance(&ledger, NOW), 500 + FEE);
    let more = ledger.icrc2_transfer_from(NOW, principal(2), pull(3, 501));
    let allowed = Nat::from(500 + FEE);
    assert_eq!(
        more,
        Ok(Err(TransferFromError::InsufficientAllowance {
            allowance: allowed
        }))
    );
    assert!(matches!(
        ledger.icrc2_transfer_from(NOW, principal(2), pull(3, 100)),
        Ok(Ok(_))
    ));
    assert_eq!(ledger.balance(id(3)), 100);
    assert_eq!(allowance(&ledger, NOW), 400_u64);
    let stranger = ledger.icrc2_transfer_from(NOW, principal(4), pull(3, 1));
    let nothing = Nat::from(0_u8);
    assert_eq!(
        stranger,
        Ok(Err(TransferFromError::InsufficientAllowance {
            allowance: nothing
        }))
    );
    assert!(
        matches!(
            ledger.icrc2_transfer_from(NOW, principal(1), pull(3, 1)),
            Ok(Ok(_))
        ),
        "own"
    );
}

#[test]
fn should_check_the_allowance_before_the_balance_and_change_neither_on_failure() {
    let mut ledger = ledger();
    let lots = approve(2, u64::MAX);
    assert!(matches!(
        ledger.icrc2_approve(NOW, principal(1), lots),
        Ok(Ok(_))
    ));
    let balance = 1_000_000 - FEE;
    let outcome = ledger.icrc2_transfer_from(NOW, principal(2), pull(3, balance));
    let expected = TransferFromError::InsufficientFunds {
        balance: Nat::from(balance),
    };
    assert_eq!(outcome, Ok(Err(expected)));
    assert_eq!(
        (ledger.balance(id(1)), allowance(&ledger, NOW)),
        (balance, Nat::from(u64::MAX))
    );
}

#[test]
fn should_set_allowances_and_compare_the_one_expected() {
    let rows = [
        ("nothing expected", None, None, Ok(())),
        ("as expected", Some(7), None, Ok(())),
        ("not as expected", Some(8), None, Err("changed")),
        ("none expected", Some(0), None, Err("changed")),
        ("expires later", None, Some(NOW + 1), Ok(())),
        ("expired already", None, Some(NOW), Err("expired")),
    ];
    for (desc, expected_allowance, expires_at, expected) in rows {
        let mut ledger = ledger();
        assert!(matches!(
            ledger.icrc2_approve(NOW, principal(1), approve(2, 7)),
            Ok(Ok(_))
        ));
        let expected_allowance = expected_allowance.map(|e: u64| Nat::from(e));
        let args = ApproveArgs {
            expected_allowance,
            expires_at,
            ..approve(2, 9)
        };
        let outcome = ledger
            .icrc2_approve(NOW, principal(1), args)
            .expect("no trap");
        let left = if expected.is_ok() { 9_u64 } else { 7 };
        let expected = expected.map_err(|kind| match kind {
            "changed" => ApproveError::AllowanceChanged {
                current_allowance: Nat::from(7_u8),
            },
            _ => ApproveError::Expired { ledger_time: NOW },
        });
        assert_eq!(outcome.map(|_| ()), expected, "{desc}");
        assert_eq!(allowance(&ledger, NOW), left, "{desc}");
    }
}

#[test]
fn should_end_allowances_at_their_time() {
    let mut ledger = ledger();
    let args = ApproveArgs {
        expires_at: Some(NOW + 10),
        ..approve(2, 500_000)
    };
    assert!(matches!(
        ledger.icrc2_approve(NOW, principal(1), args),
        Ok(Ok(_))
    ));
    assert!(matches!(
        ledger.icrc2_transfer_from(NOW + 9, principal(2), pull(3, 1)),
        Ok(Ok(_))
    ));
    let late = ledger.icrc2_transfer_from(NOW + 10, principal(2), pull(3, 1));
    assert!(
        matches!(
            late,
            Ok(Err(TransferFromError::InsufficientAllowance { .. }))
        ),
        "{late:?}"
    );
    assert_eq!(allowance(&ledger, NOW + 10), 0_u8);
}

#[test]
fn should_trap_where_the_ledger_traps() {
    let mut ledger = ledger();
    let long = || Some(ByteBuf::from(vec![0; MAX_MEMO_BYTES + 1]));
    let longest = Some(ByteBuf::from(vec![0; MAX_MEMO_BYTES]));
    let args = TransferArg {
        memo: longest,
        ..to(2, 1)
    };
    assert!(matches!(
        ledger.icrc1_transfer(NOW, principal(1), args),
        Ok(Ok(_))
    ));
    let args = TransferArg {
        memo: long(),
        ..to(2, 1)
    };
    assert!(
        ledger.icrc1_transfer(NOW, principal(1), args).is_err(),
        "memo too long"
    );
    let args = ApproveArgs {
        memo: long(),
        ..approve(2, 1)
    };
    assert!(
        ledger.icrc2_approve(NOW, principal(1), args).is_err(),
        "memo too long"
    );
    assert!(
        ledger
            .icrc2_approve(NOW, principal(1), approve(1, 1))
            .is_err(),
        "self approval"
    );
    assert!(
        ledger
            .icrc2_approve(NOW, principal(0), approve(1, 1))
            .is_err(),
        "minting account"
    );
    let short = Some(ByteBuf::from(vec![0; 31]));
    let args = TransferArg {
        from_subaccount: short,
        ..to(2, 1)
    };
    assert!(
        ledger.icrc1_transfer(NOW, principal(1), args).is_err(),
        "subaccount"
    );
    let args = TransferArgs {
        to: ByteBuf::from(vec![0; 32]),
        ..legacy(2, 1)
    };
    assert!(
        ledger.transfer(NOW, principal(1), args).is_err(),
        "checksum"
    );
    let minted = TransferFromArgs {
        from: account(0),
        ..pull(3, 1)
    };
    assert!(
        ledger
            .icrc2_transfer_from(NOW, principal(2), minted)
            .is_err(),
        "delegated mint"
    );
}

#[test]
fn should_chain_blocks_and_page_through_them() {
    let mut ledger = ledger();
    let args = TransferArg {
        memo: Some(ByteBuf::from(vec![9])),
        ..to(2, 5)
    };
    assert!(matches!(
        ledger.icrc1_transfer(NOW + 1, principal(1), args),
        Ok(Ok(_))
    ));
    assert!(matches!(
        ledger.icrc2_approve(NOW + 2, principal(1), approve(2, 70_000)),
        Ok(Ok(_))
    ));
    assert!(matches!(
        ledger.icrc2_transfer_from(NOW + 3, principal(2), pull(3, 1)),
        Ok(Ok(_))
    ));
    let all = ledger.query_blocks(GetBlocksArgs {
        start: 0,
        length: u64::MAX,
    });
    assert_eq!(
        (all.chain_length, all.first_block_index, all.blocks.len()),
        (4, 0, 4)
    );
    assert_eq!(all.certificate, None);
    assert_eq!(all.blocks[0].parent_hash, None);
    for pair in all.blocks.windows(2) {
        assert_eq!(pair[1].parent_hash, Some(hash(&pair[0])));
    }
    let transfer = Operation::Transfer {
        from: id(1).to_blob(),
        to: id(2).to_blob(),
        amount: e8s(5),
        fee: e8s(FEE),
        spender: None,
    };
    let transaction = &all.blocks[1].transaction;
    assert_eq!(transaction.operation, Some(transfer));
    assert_eq!(transaction.icrc1_memo, Some(ByteBuf::from(vec![9])));
    assert_eq!(
        transaction.created_at_time.timestamp_nanos,
        NOW + 1,
        "the time of the block"
    );
    assert!(matches!(&all.blocks[3].transaction.operation,
        Some(Operation::Transfer { spender: Some(spender), .. }) if *spender == id(2).to_blob()));
    let rows = [
        ("middle", 1, 2, 1, 2),
        ("past the end", 3, 9, 3, 1),
        ("beyond", 9, 9, 4, 0),
        ("nothing", 1, 0, 1, 0),
    ];
    for (desc, start, length, first, count) in rows {
        let page = ledger.query_blocks(GetBlocksArgs { start, length });
        assert_eq!(
            (page.first_block_index, page.blocks.len()),
            (first, count),
            "{desc}"
        );
    }
}

#[test]
fn should_give_at_most_2000_blocks() {
    let mut ledger = ledger();
    let block = ledger.blocks[0].clone();
    ledger.blocks = vec![block; 2_001];
    let page = ledger.query_blocks(GetBlocksArgs {
        start: 0,
        length: 2_001,
    });
    assert_eq!((page.blocks.len(), page.chain_length), (2_000, 2_001));
}

#[test]
fn should_keep_everything_through_candid() {
    let mut ledger = ledger();
    let args = TransferArg {
        created_at_time: Some(NOW),
        ..to(2, 5)
    };
    assert!(matches!(
        ledger.icrc1_transfer(NOW, principal(1), args.clone()),
        Ok(Ok(_))
    ));
    assert!(matches!(
        ledger.icrc2_approve(NOW, principal(1), approve(2, 7)),
        Ok(Ok(_))
    ));
    let bytes = candid::encode_one(&ledger).expect("encodes");
    let mut read: Ledger = candid::decode_one(&bytes).expect("decodes");
    assert_eq!(read.blocks, ledger.blocks);
    assert_eq!(
        (read.balance(id(2)), allowance(&read, NOW)),
        (5, Nat::from(7_u8))
    );
    let again = read.icrc1_transfer(NOW, principal(1), args);
    assert!(
        matches!(again, Ok(Err(Icrc1TransferError::Duplicate { .. }))),
        "{again:?}"
    );
}
