//! Answers as the chain's REST interface writes them.

use super::*;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::{Uact, Uakt};
use proptest::prelude::*;

fn ok(body: &str) -> HttpResponse {
    answer(200, body)
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        body: body.as_bytes().to_vec(),
    }
}

const NOT_FOUND_BODY: &str = r#"{"code":5,"message":"not found","details":[]}"#;

#[test]
fn should_read_receipts() {
    let receipt = |code: u32, space: &str| {
        ok(&format!(
            r#"{{"tx_response":{{"height":"0","txhash":"AB","codespace":"{space}","code":{code},"data":"","raw_log":"words","logs":[],"info":"","gas_wanted":"0","gas_used":"0","tx":null,"timestamp":"","events":[]}}}}"#
        ))
    };
    assert_eq!(
        broadcast_reply(&receipt(0, "")),
        Ok(BroadcastReply::Accepted)
    );
    assert_eq!(
        broadcast_reply(&receipt(19, "sdk")),
        Ok(BroadcastReply::AlreadyKnown)
    );
    for (code, space) in [(19, "bme"), (4, "sdk")] {
        assert_eq!(
            broadcast_reply(&receipt(code, space)),
            Ok(BroadcastReply::Refused {
                codespace: space.into(),
                code,
                log: "words".into()
            })
        );
    }
    assert!(broadcast_reply(&answer(502, "<html>")).is_err());
}

#[test]
fn should_read_transactions() {
    let body = r#"{"tx":{},"tx_response":{"height":"27300000","txhash":"AB","codespace":"market","code":12,"raw_log":"bid not open"}}"#;
    assert_eq!(
        tx_reply(&ok(body)),
        Ok(Some(TxResult {
            height: 27_300_000,
            code: 12,
            codespace: "market".into(),
            log: "bid not open".into()
        }))
    );
    assert_eq!(tx_reply(&answer(404, NOT_FOUND_BODY)), Ok(None));
    assert!(
        tx_reply(&answer(404, "<html>no such page</html>")).is_err(),
        "a proxy"
    );
}

#[test]
fn should_read_blocks() {
    let body = r#"{"block_id":{},"block":{"header":{"chain_id":"akashnet-2","height":"7","time":"2026-11-24T00:00:00.5Z"}}}"#;
    assert_eq!(
        latest_block_reply(&ok(body)),
        Ok(Block {
            height: 7,
            time_ns: 1_795_478_400_500_000_000
        })
    );
    assert!(latest_block_reply(&ok(&body.replace("00.5Z", "00.5"))).is_err());
}

const BID: &str = r#"{"bid":{"id":{"owner":"akash1a","dseq":"12345","gseq":1,"oseq":1,"provider":"akash1p","bseq":0},"state":"open","price":{"denom":"uact","amount":"812.500000000000000000"},"created_at":"9","resources_offer":[]},"escrow_account":{}}"#;

#[test]
fn should_read_bids() {
    let list = |items: &str| {
        ok(&format!(
            r#"{{"bids":[{items}],"pagination":{{"next_key":null,"total":"1"}}}}"#
        ))
    };
    let bids = bids_reply(&list(BID)).expect("a list");
    assert_eq!(bids.len(), 1);
    assert_eq!(bids[0].price.to_string(), "812.5");
    assert_eq!(
        (bids[0].id.dseq, bids[0].id.provider.as_str()),
        (12345, "akash1p")
    );
    let lost = BID.replace(r#""state":"open""#, r#""state":"lost""#);
    assert_eq!(bids_reply(&list(&lost)), Ok(vec![]));
    assert!(bids_reply(&list(&BID.replace(r#""12345""#, "12345"))).is_err());
    assert!(bids_reply(&answer(404, NOT_FOUND_BODY)).is_err());
}

#[test]
fn should_pay_for_as_many_bids_as_may_come() {
    let one = bids_request("https://a", "akash1a", 1, 1);
    assert!(one.url.ends_with("pagination.limit=21"), "{}", one.url);
    let two = bids_request("https://a", "akash1a", 1, 2);
    assert!(two.max_response_bytes > one.max_response_bytes);
    let many = bids_request("https://a", "akash1a", 1, u64::MAX);
    assert_eq!(many.max_response_bytes, 2_000_000);
}

#[test]
fn should_read_leases() {
    let lease = |state: &str| {
        ok(&format!(
            r#"{{"leases":[{{"lease":{{"id":{{"owner":"akash1a","dseq":"1","gseq":2,"oseq":3,"provider":"akash1p","bseq":0}},"state":"{state}","price":{{"denom":"uact","amount":"1.000000000000000000"}},"created_at":"1","closed_on":"0","reason":"lease_closed_owner"}},"escrow_payment":{{}}}}]}}"#
        ))
    };
    for (text, state) in [
        ("active", LeaseState::Active),
        ("reclaiming", LeaseState::Reclaiming),
        ("insufficient_funds", LeaseState::InsufficientFunds),
        ("closed", LeaseState::Closed),
    ] {
        let leases = leases_reply(&lease(text)).expect("a list");
        assert_eq!((leases[0].state, leases[0].id.oseq), (state, 3));
    }
    assert!(leases_reply(&lease("asleep")).is_err());
}

const DEPLOYMENT: &str = r#"{"deployment":{"id":{"owner":"akash1a","dseq":"7"},"state":"active","hash":"AAEC","created_at":"5"},"groups":[{"id":{"owner":"akash1a","dseq":"7","gseq":1},"state":"paused","group_spec":{},"created_at":"5"}],"escrow_account":{"id":{"scope":"deployment","xid":"akash1a/7"},"state":{"owner":"akash1a","state":"open","transferred":[{"denom":"uact","amount":"12.000000000000000000"}],"settled_at":"27300000","funds":[{"denom":"uact","amount":"4999988.000000000000000000"},{"denom":"uakt","amount":"9.000000000000000000"}],"deposits":[{"owner":"akash1t","height":"27300000","source":"grant","balance":{"denom":"uact","amount":"4999988.000000000000000000"}}]}}}"#;

#[test]
fn should_read_deployments() {
    let found = deployment_reply(&ok(DEPLOYMENT))
        .expect("a deployment")
        .expect("there");
    assert!(found.active && found.escrow.open && !found.escrow.overdrawn);
    assert_eq!((found.dseq, found.hash.as_slice()), (7, &[0, 1, 2][..]));
    assert_eq!(found.groups, [(1, GroupState::Paused)]);
    assert_eq!(found.escrow.funds_uact, Decimal::from_whole(4_999_988));
    assert_eq!(found.escrow.transferred_uact, Decimal::from_whole(12));
    assert_eq!(found.escrow.deposits[0].owner, "akash1t");
    assert_eq!(deployment_reply(&answer(404, NOT_FOUND_BODY)), Ok(None));
    let list = format!(r#"{{"deployments":[{DEPLOYMENT}],"pagination":{{}}}}"#);
    assert_eq!(active_deployments_reply(&ok(&list)), Ok(vec![found]));

    let overdrawn = DEPLOYMENT
        .replace(r#""state":"open""#, r#""state":"overdrawn""#)
        .replace("4999988.000000000000000000", "-3.000000000000000000");
    let overdrawn = deployment_reply(&ok(&overdrawn))
        .expect("a deployment")
        .expect("there");
    assert!(overdrawn.escrow.overdrawn && !overdrawn.escrow.open);
    assert_eq!(overdrawn.escrow.funds_uact, Decimal::ZERO);
}

#[test]
fn should_read_accounts_and_permissions() {
    let info =
        r#"{"info":{"address":"akash1a","pub_key":null,"account_number":"7","sequence":"3"}}"#;
    assert_eq!(
        account_reply(&ok(info)),
        Ok(Some(Account {
            number: 7,
            sequence: 3,
            has_key: false
        }))
    );
    assert_eq!(account_reply(&answer(404, NOT_FOUND_BODY)), Ok(None));
    assert_eq!(
        balance_reply(&ok(
            r#"{"balance":{"denom":"uact","amount":"18446744073709551615"}}"#
        )),
        Ok(u64::MAX)
    );
    assert!(
        balance_reply(&ok(
            r#"{"balance":{"denom":"uact","amount":"18446744073709551616"}}"#
        ))
        .is_err()
    );

    let grants = r#"{"grants":[{"authorization":{"@type":"/cosmos.authz.v1beta1.GenericAuthorization","msg":"x"},"expiration":null},{"authorization":{"@type":"/akash.escrow.v1.DepositAuthorization","spend_limit":{"denom":"uakt","amount":"0"},"scopes":["deployment"],"spend_limits":[{"denom":"uact","amount":"41"}]},"expiration":null}],"pagination":null}"#;
    assert_eq!(deposit_limit_reply(&ok(grants)), Ok(Some(Uact(41))));
    assert_eq!(deposit_limit_reply(&ok(r#"{"grants":[]}"#)), Ok(None));

    let allowance = r#"{"allowance":{"granter":"akash1t","grantee":"akash1g","allowance":{"@type":"/cosmos.feegrant.v1beta1.AllowedMsgAllowance","allowance":{"@type":"/cosmos.feegrant.v1beta1.BasicAllowance","spend_limit":[{"denom":"uakt","amount":"9"}],"expiration":null},"allowed_messages":[]}}}"#;
    assert_eq!(fee_limit_reply(&ok(allowance)), Ok(Some(Uakt(9))));
    let none = r#"{"code":13,"message":"fee-grant not found","details":[]}"#;
    assert_eq!(fee_limit_reply(&answer(500, none)), Ok(None));
    assert!(fee_limit_reply(&answer(502, "<html>")).is_err());
}

#[test]
fn should_read_providers() {
    let body = r#"{"provider":{"owner":"akash1p","host_uri":"https://provider.example.org:8443","attributes":[{"key":"host","value":"akash"}],"info":{"email":"","website":""}}}"#;
    let found = provider_reply(&ok(body))
        .expect("a provider")
        .expect("there");
    assert_eq!(found.host_uri, "https://provider.example.org:8443");
    assert_eq!(found.attributes[0].key, "host");
    assert_eq!(provider_reply(&answer(404, NOT_FOUND_BODY)), Ok(None));
}

#[test]
fn should_not_let_a_text_ask_for_something_else() {
    let url = account_request("https://a", "x/../../y?z").url;
    assert_eq!(url, "https://a/cosmos/auth/v1beta1/account_info/none");
}

proptest! {
    /// Answers come from strangers: nothing in them may stop a task.
    #[test]
    fn should_answer_anything_without_a_panic(status in 100..600_u16, body in ".{0,400}", at in 0..600_usize) {
        let mut cut = DEPLOYMENT.to_string();
        cut.truncate(at.min(cut.len()));
        for body in [body, cut] {
            let response = answer(status, &body);
            let _ = (broadcast_reply(&response), tx_reply(&response), latest_block_reply(&response));
            let _ = (bids_reply(&response), leases_reply(&response), provider_reply(&response));
            let _ = (deployment_reply(&response), active_deployments_reply(&response));
            let _ = (account_reply(&response), balance_reply(&response));
            let _ = (deposit_limit_reply(&response), fee_limit_reply(&response));
        }
    }
}
