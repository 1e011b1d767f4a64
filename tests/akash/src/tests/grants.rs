//! Deposits from grants, and fees from allowances.

use super::*;
use crate::chain::failure::code;
use crate::num::Dec;
use crate::proto::{DepositAuthorization, EscrowId, MsgAccountDeposit};
use cosmos_sdk_proto::cosmos::authz::v1beta1::{Grant, MsgGrant, MsgRevoke};
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin as SdkCoin;
use cosmos_sdk_proto::cosmos::feegrant::v1beta1::{
    AllowedMsgAllowance, BasicAllowance, MsgGrantAllowance, MsgRevokeAllowance,
};
use cosmos_sdk_proto::traits::Message as SdkMessage;
use prost::Message as _;

fn sdk_any(url: &str, message: &impl SdkMessage) -> Any {
    Any {
        type_url: url.into(),
        value: message.encode_to_vec(),
    }
}

fn authorization(scopes: &[i32], limit: u128) -> DepositAuthorization {
    let coin = |denom: &str, n: u128| Coin {
        denom: denom.into(),
        amount: n.to_string(),
    };
    DepositAuthorization {
        spend_limit: Some(coin("uakt", 0)),
        scopes: scopes.to_vec(),
        spend_limits: vec![coin(UACT, limit)],
    }
}

fn grant_any(granter: &str, grantee: &str, scopes: &[i32], limit: u128) -> Any {
    let authorization = cosmos_sdk_proto::Any {
        type_url: "/akash.escrow.v1.DepositAuthorization".into(),
        value: authorization(scopes, limit).encode_to_vec(),
    };
    let message = MsgGrant {
        granter: granter.into(),
        grantee: grantee.into(),
        grant: Some(Grant {
            authorization: Some(authorization),
            expiration: None,
        }),
    };
    sdk_any("/cosmos.authz.v1beta1.MsgGrant", &message)
}

fn revoke_any(granter: &str, grantee: &str) -> Any {
    let message = MsgRevoke {
        granter: granter.into(),
        grantee: grantee.into(),
        msg_type_url: "/akash.escrow.v1.MsgAccountDeposit".into(),
    };
    sdk_any("/cosmos.authz.v1beta1.MsgRevoke", &message)
}

fn fees_any(
    granter: &str,
    grantee: &str,
    uakt: u64,
    allowed: &[&str],
    expires_s: Option<i64>,
) -> Any {
    let basic = BasicAllowance {
        spend_limit: vec![SdkCoin {
            denom: "uakt".into(),
            amount: uakt.to_string(),
        }],
        expiration: expires_s.map(|seconds| cosmos_sdk_proto::Timestamp { seconds, nanos: 0 }),
    };
    let pack = |url: &str, value| cosmos_sdk_proto::Any {
        type_url: url.into(),
        value,
    };
    let mut allowance = pack(
        "/cosmos.feegrant.v1beta1.BasicAllowance",
        SdkMessage::encode_to_vec(&basic),
    );
    if !allowed.is_empty() {
        let list = AllowedMsgAllowance {
            allowance: Some(allowance),
            allowed_messages: allowed.iter().map(|s| (*s).to_owned()).collect(),
        };
        allowance = pack(
            "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
            SdkMessage::encode_to_vec(&list),
        );
    }
    let message = MsgGrantAllowance {
        granter: granter.into(),
        grantee: grantee.into(),
        allowance: Some(allowance),
    };
    sdk_any("/cosmos.feegrant.v1beta1.MsgGrantAllowance", &message)
}

fn revoke_fees_any(granter: &str, grantee: &str) -> Any {
    let message = MsgRevokeAllowance {
        granter: granter.into(),
        grantee: grantee.into(),
    };
    sdk_any("/cosmos.feegrant.v1beta1.MsgRevokeAllowance", &message)
}

const CREATE: &str = "/akash.deployment.v1beta4.MsgCreateDeployment";
const CLOSE: &str = "/akash.deployment.v1beta4.MsgCloseDeployment";

/// A rich granter and a grantee that holds nothing and has both grants.
fn granted(limit: u128, fees: u64) -> (Akash, Wallet, Wallet) {
    let (mut akash, granter) = network(vec![ProviderConfig::honest("one", 500)]);
    let grantee = Wallet::new("grantee");
    let messages = vec![
        grant_any(granter.address(), grantee.address(), &[1], limit),
        fees_any(
            granter.address(),
            grantee.address(),
            fees,
            &[CREATE, CLOSE],
            None,
        ),
    ];
    assert_eq!(run(&mut akash, &granter, messages), OK);
    (akash, granter, grantee)
}

fn from_grant(owner: &str, dseq: u64, amount: u128) -> Any {
    let mut message = create(owner, dseq, vec![web_group("web", 1_000)], amount);
    message.deposit.as_mut().expect("has one").sources = vec![2];
    create_any(&message)
}

fn limit(akash: &Akash, granter: &Wallet, grantee: &Wallet) -> Option<u128> {
    let (grant, _) = akash.grants(granter.address(), grantee.address());
    grant.map(|g| g.limits.get(UACT).copied().unwrap_or(0))
}

fn fee_left(akash: &Akash, granter: &Wallet, grantee: &Wallet) -> Option<u128> {
    let (_, allowance) = akash.grants(granter.address(), grantee.address());
    allowance.map(|a| a.limit.expect("limited").get("uakt").copied().unwrap_or(0))
}

#[test]
fn should_fund_a_deployment_of_an_account_that_holds_nothing() {
    let (mut akash, granter, grantee) = granted(3_000_000, 1_000_000);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let message = from_grant(grantee.address(), 1, 2_000_000);
    let before = akash.balance(granter.address(), UACT);
    assert_eq!(run_with(&mut akash, &grantee, vec![message], &options), OK);
    assert_eq!(akash.balance(granter.address(), UACT), before - 2_000_000);
    assert_eq!(limit(&akash, &granter, &grantee), Some(1_000_000));
    assert_eq!(fee_left(&akash, &granter, &grantee), Some(950_000));
    let deposits = &akash.escrow(grantee.address(), 1).expect("open").deposits;
    assert_eq!(
        (deposits[0].owner.as_str(), deposits[0].amount),
        (granter.address(), Dec::whole(2_000_000))
    );
    // The refund goes to the granter and restores the limit.
    let close = close_any(grantee.address(), 1);
    assert_eq!(run_with(&mut akash, &grantee, vec![close], &options), OK);
    assert_eq!(akash.balance(granter.address(), UACT), before);
    assert_eq!(limit(&akash, &granter, &grantee), Some(3_000_000));
    assert_eq!(akash.balance(grantee.address(), UACT), 0);
}

#[test]
fn should_keep_a_used_up_grant_so_that_a_refund_restores_it() {
    let (mut akash, granter, grantee) = granted(600_000, 1_000_000);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let rows = [(600_001, ("market", 28)), (600_000, OK)];
    for (amount, expected) in rows {
        let message = from_grant(grantee.address(), 1, amount);
        assert_eq!(
            run_with(&mut akash, &grantee, vec![message], &options),
            expected
        );
    }
    assert_eq!(limit(&akash, &granter, &grantee), Some(0), "still there");
    assert_eq!(
        run_with(
            &mut akash,
            &grantee,
            vec![close_any(grantee.address(), 1)],
            &options
        ),
        OK
    );
    assert_eq!(limit(&akash, &granter, &grantee), Some(600_000));
}

#[test]
fn should_not_restore_a_revoked_grant_but_refund_all_the_same() {
    let (mut akash, granter, grantee) = granted(600_000, 1_000_000);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let before = akash.balance(granter.address(), UACT);
    let message = from_grant(grantee.address(), 1, 600_000);
    assert_eq!(run_with(&mut akash, &grantee, vec![message], &options), OK);
    let revoke = || vec![revoke_any(granter.address(), grantee.address())];
    assert_eq!(run(&mut akash, &granter, revoke()), OK);
    assert_eq!(run(&mut akash, &granter, revoke()), ("authz", 2));
    let close = vec![close_any(grantee.address(), 1)];
    assert_eq!(run_with(&mut akash, &grantee, close, &options), OK);
    assert_eq!(akash.balance(granter.address(), UACT), before);
    assert_eq!(limit(&akash, &granter, &grantee), None);
}

#[test]
fn should_draw_on_sources_in_their_order_and_on_several_grants() {
    let (mut akash, first, grantee) = granted(400_000, 1_000_000);
    let second = Wallet::new("second granter");
    assert_eq!(
        run(
            &mut akash,
            &first,
            vec![first.send(second.address(), 10_000_000, "uakt")]
        ),
        OK
    );
    // The second has a grant but no uact: the draw on it fails when coins move.
    let message = grant_any(second.address(), grantee.address(), &[1], 400_000);
    assert_eq!(run(&mut akash, &second, vec![message]), OK);
    let options = TxOptions {
        granter: first.address().into(),
        ..TxOptions::default()
    };
    let message = from_grant(grantee.address(), 1, 700_000);
    let result = run_with(&mut akash, &grantee, vec![message], &options);
    assert_eq!(result, ("sdk", code::INSUFFICIENT_FUNDS));
    assert_eq!(
        limit(&akash, &first, &grantee),
        Some(400_000),
        "nothing was drawn"
    );
    let mut both = create(grantee.address(), 1, vec![web_group("web", 1_000)], 700_000);
    both.deposit.as_mut().expect("has one").sources = vec![1, 2];
    let result = run_with(&mut akash, &grantee, vec![create_any(&both)], &options);
    assert_eq!(
        result.1,
        code::INSUFFICIENT_FUNDS,
        "an empty balance gives nothing"
    );
    // A tenant with a balance of its own spends that first.
    let message = grant_any(second.address(), first.address(), &[1], 400_000);
    assert_eq!(run(&mut akash, &second, vec![message]), OK);
    let mut own = create(first.address(), 1, vec![web_group("web", 1_000)], 700_000);
    own.deposit.as_mut().expect("has one").sources = vec![1, 2];
    assert_eq!(run(&mut akash, &first, vec![create_any(&own)]), OK);
    assert_eq!(limit(&akash, &second, &first), Some(400_000));
}

#[test]
fn should_check_scopes_and_shapes_of_grants() {
    let (mut akash, granter) = network(vec![]);
    let grantee = Wallet::new("grantee").address().to_owned();
    let me = granter.address().to_owned();
    let rows = [
        ("to itself", grant_any(&me, &me, &[1], 1), ("authz", 7)),
        ("no scope", grant_any(&me, &grantee, &[], 1), ("escrow", 17)),
        (
            "unknown scope",
            grant_any(&me, &grantee, &[3], 1),
            ("escrow", 17),
        ),
        (
            "scope twice",
            grant_any(&me, &grantee, &[1, 1], 1),
            ("escrow", 17),
        ),
        (
            "zero limit",
            grant_any(&me, &grantee, &[1], 0),
            ("sdk", code::INVALID_COINS),
        ),
        ("both scopes", grant_any(&me, &grantee, &[1, 2], 5), OK),
        ("again, absolute", grant_any(&me, &grantee, &[2], 3), OK),
    ];
    for (desc, message, expected) in rows {
        assert_eq!(run(&mut akash, &granter, vec![message]), expected, "{desc}");
    }
    let (grant, _) = akash.grants(&me, &grantee);
    let grant = grant.expect("granted");
    assert_eq!((grant.scopes, grant.limits.get(UACT)), (vec![2], Some(&3)));
    let account = akash
        .state()
        .account(&grantee)
        .expect("a grant creates the account");
    assert_eq!((account.sequence, account.public_key.clone()), (0, None));
}

#[test]
fn should_not_fund_a_deployment_from_a_grant_for_bids() {
    let (mut akash, granter, grantee) = granted(1_000_000, 1_000_000);
    let again = grant_any(granter.address(), grantee.address(), &[2], 1_000_000);
    assert_eq!(run(&mut akash, &granter, vec![again]), OK);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let message = from_grant(grantee.address(), 1, 600_000);
    assert_eq!(
        run_with(&mut akash, &grantee, vec![message], &options),
        ("market", 28)
    );
}

#[test]
fn should_pay_fees_only_for_allowed_messages_and_within_the_limit() {
    let (mut akash, granter, grantee) = granted(9_000_000, 100_000);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let refused = revoke_any(grantee.address(), granter.address());
    assert_eq!(
        run_with(&mut akash, &grantee, vec![refused], &options),
        ("feegrant", 7)
    );
    assert_eq!(
        fee_left(&akash, &granter, &grantee),
        Some(100_000),
        "costs nothing"
    );
    let dear = TxOptions {
        fee_uakt: Some(100_001),
        ..options.clone()
    };
    let message = || vec![from_grant(grantee.address(), 1, 600_000)];
    assert_eq!(
        run_with(&mut akash, &grantee, message(), &dear),
        ("feegrant", 2)
    );
    assert_eq!(run_with(&mut akash, &grantee, message(), &options), OK);
    let failing = run_with(&mut akash, &grantee, message(), &options);
    assert_eq!(failing, ("deployment", 3), "a failure is paid for as well");
    assert_eq!(
        fee_left(&akash, &granter, &grantee),
        None,
        "used up and gone"
    );
    let close = vec![close_any(grantee.address(), 1)];
    assert_eq!(
        run_with(&mut akash, &grantee, close, &options),
        ("sdk", code::NOT_FOUND)
    );
}

#[test]
fn should_replace_an_allowance_only_by_revoking_it_first() {
    let (mut akash, granter, grantee) = granted(1, 100_000);
    let (a, b) = (granter.address().to_owned(), grantee.address().to_owned());
    let again = || fees_any(&a, &b, 7, &[], None);
    let result = run(&mut akash, &granter, vec![again()]);
    assert_eq!(result, ("sdk", code::INVALID_REQUEST));
    assert_eq!(
        run(&mut akash, &granter, vec![revoke_fees_any(&a, &b), again()]),
        OK
    );
    assert_eq!(fee_left(&akash, &granter, &grantee), Some(7));
    assert_eq!(run(&mut akash, &granter, vec![revoke_fees_any(&a, &b)]), OK);
    let result = run(&mut akash, &granter, vec![revoke_fees_any(&a, &b)]);
    assert_eq!(result, ("sdk", code::NOT_FOUND));
    let own = run(&mut akash, &granter, vec![fees_any(&a, &a, 1, &[], None)]);
    assert_eq!(own, ("sdk", code::INVALID_ADDRESS));
}

#[test]
fn should_forget_an_allowance_that_has_expired() {
    let (mut akash, granter) = network(vec![]);
    let grantee = Wallet::new("grantee");
    let (a, b) = (granter.address().to_owned(), grantee.address().to_owned());
    let now = i64::try_from(akash.block_time() / 1_000_000_000).expect("a time");
    let past = run(
        &mut akash,
        &granter,
        vec![fees_any(&a, &b, 100_000, &[], Some(now - 1))],
    );
    assert_eq!(past, ("feegrant", 3));
    let soon = fees_any(&a, &b, 100_000, &[], Some(now + 60));
    assert_eq!(run(&mut akash, &granter, vec![soon]), OK);
    assert!(akash.grants(&a, &b).1.is_some());
    akash.advance_blocks(12);
    assert_eq!(akash.grants(&a, &b).1, None);
}

#[test]
fn should_forget_a_deposit_grant_that_has_expired() {
    let (mut akash, granter) = network(vec![]);
    let grantee = Wallet::new("grantee");
    let seconds = i64::try_from(akash.block_time() / 1_000_000_000).expect("a time") + 60;
    let message = MsgGrant {
        granter: granter.address().into(),
        grantee: grantee.address().into(),
        grant: Some(Grant {
            authorization: Some(cosmos_sdk_proto::Any {
                type_url: "/akash.escrow.v1.DepositAuthorization".into(),
                value: authorization(&[1], 5).encode_to_vec(),
            }),
            expiration: Some(cosmos_sdk_proto::Timestamp { seconds, nanos: 0 }),
        }),
    };
    let any = sdk_any("/cosmos.authz.v1beta1.MsgGrant", &message);
    assert_eq!(run(&mut akash, &granter, vec![any]), OK);
    assert_eq!(limit(&akash, &granter, &grantee), Some(5));
    akash.advance_blocks(12);
    assert_eq!(limit(&akash, &granter, &grantee), None);
}

#[test]
fn should_let_anyone_deposit_into_an_open_account() {
    let (mut akash, granter, grantee) = granted(600_000, 1_000_000);
    let options = TxOptions {
        granter: granter.address().into(),
        ..TxOptions::default()
    };
    let message = from_grant(grantee.address(), 1, 600_000);
    assert_eq!(run_with(&mut akash, &grantee, vec![message], &options), OK);
    let deposit = |xid: String, denom: &str, amount: u128| {
        let message = MsgAccountDeposit {
            signer: granter.address().into(),
            id: Some(EscrowId { scope: 1, xid }),
            deposit: Some(Deposit {
                amount: Some(Coin {
                    denom: denom.into(),
                    amount: amount.to_string(),
                }),
                sources: vec![1],
            }),
        };
        any("/akash.escrow.v1.MsgAccountDeposit", &message)
    };
    let xid = format!("{}/1", grantee.address());
    let rows = [
        ("one coin", deposit(xid.clone(), UACT, 1), OK),
        (
            "another denom just sits there",
            deposit(xid.clone(), "uakt", 9),
            OK,
        ),
        ("nothing", deposit(xid.clone(), UACT, 0), ("escrow", 16)),
        (
            "no such account",
            deposit(format!("{}/2", grantee.address()), UACT, 1),
            ("escrow", 3),
        ),
        ("malformed", deposit("x".into(), UACT, 1), ("escrow", 12)),
    ];
    for (desc, message, expected) in rows {
        assert_eq!(run(&mut akash, &granter, vec![message]), expected, "{desc}");
    }
    let escrow = akash.escrow(grantee.address(), 1).expect("open");
    assert_eq!(escrow.deposits.len(), 3);
    assert_eq!(escrow.funds.len(), 2);
}
