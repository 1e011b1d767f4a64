use super::*;
use crate::types::Subaccount;

fn governance() -> Principal {
    Principal::from_text("2jvtu-yqaaa-aaaaq-aaama-cai").expect("a principal")
}

#[test]
fn should_derive_the_published_subaccounts() {
    assert_eq!(
        hex::encode(treasury_subaccount(governance())),
        "d1216f443ead88f8f98a80b2ea59697726f18dffaa58d0a0156d0c605a01b672"
    );
    assert_eq!(
        hex::encode(neuron_subaccount(governance(), 0)),
        "bb906042b28bf661d6136ecebf7be9595deac0ce1d156ecce451769352a64e92"
    );
}

#[test]
fn should_derive_the_published_address_of_the_anonymous_principal() {
    assert_eq!(
        hex::encode(account_identifier(Principal::anonymous(), &[0; 32])),
        "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79"
    );
}

#[test]
fn should_write_accounts_as_the_standard_does() {
    // Source: ICRC-1, textual encoding, its examples.
    let owner =
        Principal::from_text("k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae")
            .expect("a principal");
    let counting: [u8; 32] = std::array::from_fn(|index| u8::try_from(index + 1).expect("small"));
    let mut one = [0; 32];
    one[31] = 1;
    let rows = [
        ("default", [0; 32], format!("{owner}")),
        (
            "counting",
            counting,
            format!(
                "{owner}-dfxgiyy.102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
            ),
        ),
        ("one", one, format!("{owner}-6cc627i.1")),
    ];
    for (desc, subaccount, expected) in rows {
        assert_eq!(account_text(owner, &subaccount), expected, "{desc}");
    }
}

#[test]
fn should_limit_what_leaves_a_treasury_by_its_size() {
    let e8s = |tokens: u64| tokens * E8S_PER_TOKEN;
    let rows = [
        ("empty", 0, 0),
        ("largest small one", e8s(100_000), e8s(100_000)),
        ("smallest medium one", e8s(100_000) + 4, e8s(25_000) + 1),
        ("largest medium one", e8s(1_200_000), e8s(300_000)),
        ("large", e8s(1_200_000) + 4, e8s(300_000)),
        ("very large", u64::MAX, e8s(300_000)),
    ];
    for (desc, balance, expected) in rows {
        assert_eq!(limit_e8s(balance), expected, "{desc}");
    }
}

#[test]
fn should_render_a_payment() {
    let transfer = TransferSnsTreasuryFunds {
        from_treasury: FROM_ICP_TREASURY,
        to_principal: Some(governance()),
        to_subaccount: None,
        memo: Some(7),
        amount_e8s: 150_000_000,
    };
    let expected = "# Proposal to transfer SNS Treasury funds:
## Source treasury: ICP Treasury (ICP Ledger)
## Amount: 1.50000000 ICP
## Amount (e8s): 150000000
## Target principal: 2jvtu-yqaaa-aaaaq-aaama-cai
## Target account: 2jvtu-yqaaa-aaaaq-aaama-cai
## Memo: 7";
    let text = validate_and_render_transfer(&transfer, 10_000, Vec::new());
    assert_eq!(text.as_deref(), Ok(expected));
}

#[test]
fn should_refuse_a_payment_for_every_reason() {
    let transfer = TransferSnsTreasuryFunds {
        from_treasury: FROM_ICP_TREASURY,
        to_principal: Some(governance()),
        to_subaccount: None,
        memo: None,
        amount_e8s: ICP_FEE_E8S,
    };
    type Change = fn(&mut TransferSnsTreasuryFunds);
    let rows: [(&str, Change, Option<&str>); 8] = [
        ("smallest", |_| {}, None),
        (
            "too small",
            |t| t.amount_e8s -= 1,
            Some("minimum transaction is 10000 e8s"),
        ),
        (
            "too small in tokens",
            |t| {
                t.from_treasury = FROM_SNS_TOKEN_TREASURY;
                t.amount_e8s = 499;
            },
            Some("minimum transaction is 500 e8s"),
        ),
        (
            "no treasury",
            |t| t.from_treasury = 0,
            Some("Must specify a treasury"),
        ),
        (
            "nobody",
            |t| t.to_principal = None,
            Some("Must specify a principal"),
        ),
        (
            "anonymous",
            |t| t.to_principal = Some(Principal::anonymous()),
            Some("to_principal must not be anonymous."),
        ),
        (
            "subaccount too short",
            |t| {
                t.to_subaccount = Some(Subaccount {
                    subaccount: vec![0; 31],
                })
            },
            Some("Invalid subaccount"),
        ),
        (
            "subaccount",
            |t| {
                t.to_subaccount = Some(Subaccount {
                    subaccount: vec![9; 32],
                })
            },
            None,
        ),
    ];
    for (desc, change, expected) in rows {
        let mut changed = transfer.clone();
        change(&mut changed);
        let outcome = validate_and_render_transfer(&changed, 500, Vec::new());
        match expected {
            None => assert!(outcome.is_ok(), "{desc}: {outcome:?}"),
            Some(part) => {
                let defects = outcome.expect_err(desc);
                assert!(defects.contains(part), "{desc}: {defects}");
            }
        }
    }
    let before = vec!["first".to_string()];
    let refused = validate_and_render_transfer(&transfer, 500, before).expect_err("a defect");
    assert!(refused.ends_with("reason(s):\nfirst"), "{refused}");
}

#[test]
fn should_write_tokens_without_idle_zeros() {
    for (e8s, text) in [
        (0, "0"),
        (1, "0.00000001"),
        (150_000_000, "1.5"),
        (200_000_000, "2"),
    ] {
        assert_eq!(tokens_text(e8s), text);
    }
}
