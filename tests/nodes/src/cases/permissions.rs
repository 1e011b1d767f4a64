//! What one account lets another do: fee allowances and authorizations.

use super::{CHAIN_ID, PRICE, Stage, send};
use crate::actor::Actor;
use crate::raw::any;
use crate::world::World;
use anyhow::{Context, Result};
use cosmos_sdk_proto::cosmos::authz::v1beta1::{GenericAuthorization, Grant, MsgGrant, MsgRevoke};
use cosmos_sdk_proto::traits::Message as _;
use orchestrator::akash::gas;
use orchestrator::akash::ids::UAKT;
use orchestrator::akash::message::{CLOSE_DEPLOYMENT, Message, SEND};
use orchestrator::akash::read::{
    deposit_limit_reply, deposit_limit_request, fee_limit_reply, fee_limit_request,
};
use orchestrator::akash::tx::TxPlan;
use orchestrator::kernel::money::{Uact, Uakt};

pub(super) fn run(stage: &mut Stage<'_, impl World>) -> Result<()> {
    allowances(stage)?;
    authorizations(stage)?;
    if stage.world.is_sdk() {
        generic(stage)?;
    }
    Ok(())
}

fn limit_row(
    stage: &mut Stage<'_, impl World>,
    desc: &str,
    expected: Option<u64>,
    (granter, grantee): (&str, &str),
) -> Result<()> {
    let request = fee_limit_request(&stage.world.rest(), granter, grantee);
    let got = fee_limit_reply(&stage.world.send(&request)?)?;
    let shown = |limit: Option<Uakt>| limit.map_or("none".into(), |l| l.0.to_string());
    stage.row(desc, &shown(expected.map(Uakt)), shown(got));
    Ok(())
}

fn allowances(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let granter = Actor::new("granter");
    // Nobody has ever sent it anything.
    let grantee = Actor::new("grantee of fees");
    let pair = (granter.address.as_str(), grantee.address.as_str());
    let grant = |limit: u64| Message::GrantFees {
        granter: granter.address.clone(),
        grantee: grantee.address.clone(),
        limit: Uakt(limit),
        allowed: vec![SEND.into(), CLOSE_DEPLOYMENT.into()],
    };
    let revoke = || Message::RevokeFees {
        granter: granter.address.clone(),
        grantee: grantee.address.clone(),
    };
    limit_row(stage, "fees, before a grant", None, pair)?;
    let plan = stage.plan(&granter, vec![revoke()])?;
    stage.ours(
        "fees, taken back where nothing was given",
        "failed sdk 38",
        &plan,
        &granter,
    )?;
    let plan = stage.plan(&granter, vec![grant(1_000)])?;
    stage.ours(
        "fees, granted to an account that is new",
        "included",
        &plan,
        &granter,
    )?;
    limit_row(stage, "fees, after a grant", Some(1_000), pair)?;
    let account = stage.account(&grantee.address)?;
    stage.row(
        "a grantee exists, and never signed",
        "0 false",
        format!("{} {}", account.sequence, account.has_key),
    );
    let plan = stage.plan(&granter, vec![grant(2_000)])?;
    stage.ours(
        "fees, granted a second time",
        "failed sdk 18",
        &plan,
        &granter,
    )?;
    limit_row(stage, "fees, as they were", Some(1_000), pair)?;

    let spend = |stage: &mut Stage<'_, _>, messages: Vec<Message>| -> Result<TxPlan> {
        let plan = stage.plan(&grantee, messages)?;
        Ok(TxPlan {
            granter: Some(granter.address.clone()),
            ..plan
        })
    };
    let sends = || vec![send(&grantee, &granter.address, UAKT, 1)];
    let fee = gas::fee(gas::limit(&sends()), PRICE).context("a fee")?.0;
    let plan = spend(stage, sends())?;
    stage.ours(
        "a fee above the allowance",
        "refused feegrant 2",
        &plan,
        &grantee,
    )?;
    // In one transaction, as a refill is: taken back and given anew.
    let plan = stage.plan(&granter, vec![revoke(), grant(2 * fee + 1)])?;
    stage.ours(
        "fees, taken back and granted anew",
        "included",
        &plan,
        &granter,
    )?;
    limit_row(stage, "fees, granted anew", Some(2 * fee + 1), pair)?;

    let before = stage.balance(&granter.address, UAKT)?;
    let plan = spend(stage, sends())?;
    // It has nothing to send, so the message fails; the fee is the granter's all the same.
    stage.ours(
        "a granted fee of a message that fails",
        "failed sdk 5",
        &plan,
        &grantee,
    )?;
    let paid = before - stage.balance(&granter.address, UAKT)?;
    stage.row("what the granter paid, besides the fee", "0", paid - fee);
    limit_row(stage, "fees, what is left of them", Some(fee + 1), pair)?;

    let forbidden = Message::RevokeFees {
        granter: grantee.address.clone(),
        grantee: granter.address.clone(),
    };
    let plan = spend(stage, vec![forbidden])?;
    stage.ours(
        "a granted fee for another message",
        "refused feegrant 7",
        &plan,
        &grantee,
    )?;
    let gift = stage.plan(&granter, vec![send(&granter, &grantee.address, UAKT, 2)])?;
    stage.ours("a send to the grantee", "included", &gift, &granter)?;
    let plan = TxPlan {
        fee: Uakt(fee + 1),
        ..spend(stage, sends())?
    };
    stage.ours("all of an allowance", "included", &plan, &grantee)?;
    limit_row(stage, "fees, spent to the last", None, pair)?;
    let plan = spend(stage, sends())?;
    stage.ours(
        "a fee without an allowance",
        "refused sdk 38",
        &plan,
        &grantee,
    )?;
    let plan = stage.plan(&granter, vec![revoke()])?;
    stage.ours(
        "fees, taken back after the last was spent",
        "failed sdk 38",
        &plan,
        &granter,
    )?;
    let plan = stage.plan(&granter, vec![grant(5)])?;
    stage.ours(
        "fees, granted after the last was spent",
        "included",
        &plan,
        &granter,
    )?;
    let plan = stage.plan(&granter, vec![revoke()])?;
    stage.ours("fees, taken back", "included", &plan, &granter)?;
    limit_row(stage, "fees, after they were taken back", None, pair)?;

    for (desc, message, expected) in [
        (
            "fees, granted to oneself",
            Message::GrantFees {
                granter: granter.address.clone(),
                grantee: granter.address.clone(),
                limit: Uakt(1),
                allowed: vec![SEND.into()],
            },
            "failed sdk 7",
        ),
        (
            "fees, granted for no message",
            Message::GrantFees {
                granter: granter.address.clone(),
                grantee: Actor::new("grantee of nothing").address,
                limit: Uakt(1),
                allowed: vec![],
            },
            "failed feegrant 6",
        ),
        (
            "fees, a grant of nothing",
            Message::GrantFees {
                granter: granter.address.clone(),
                grantee: Actor::new("grantee of nothing").address,
                limit: Uakt(0),
                allowed: vec![SEND.into()],
            },
            "failed sdk 10",
        ),
    ] {
        let plan = stage.plan(&granter, vec![message])?;
        stage.ours(desc, expected, &plan, &granter)?;
    }
    Ok(())
}

fn authorizations(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let granter = Actor::new("granter");
    let grantee = Actor::new("grantee of more");
    let request = deposit_limit_request(&stage.world.rest(), &granter.address, &grantee.address);
    let limit = deposit_limit_reply(&stage.world.send(&request)?)?;
    stage.row("deposits, before a grant", "None", format!("{limit:?}"));
    let revoke = Message::RevokeDeposit {
        granter: granter.address.clone(),
        grantee: grantee.address.clone(),
    };
    let plan = stage.plan(&granter, vec![revoke])?;
    stage.ours(
        "deposits, taken back where nothing was given",
        "failed authz 2",
        &plan,
        &granter,
    )?;
    let grant = Message::GrantDeposit {
        granter: granter.address.clone(),
        grantee: grantee.address.clone(),
        limit: Uact(1),
    };
    // The SDK alone has no such permission; on Akash it is given.
    let expected = if stage.world.is_sdk() {
        "refused sdk 2"
    } else {
        "included"
    };
    let plan = stage.plan(&granter, vec![grant])?;
    stage.ours("deposits, granted", expected, &plan, &granter)?;
    Ok(())
}

/// Permissions as the SDK itself has them: what Akash's are a kind of.
fn generic(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let granter = Actor::new("granter");
    let grantee = Actor::new("grantee of more");
    let grant = |grantee: &str, message: &str| {
        let authorization = GenericAuthorization {
            msg: message.into(),
        };
        any(
            "/cosmos.authz.v1beta1.MsgGrant",
            &MsgGrant {
                granter: granter.address.clone(),
                grantee: grantee.into(),
                grant: Some(Grant {
                    authorization: Some(cosmos_sdk_proto::Any {
                        type_url: "/cosmos.authz.v1beta1.GenericAuthorization".into(),
                        value: authorization.encode_to_vec(),
                    }),
                    expiration: None,
                }),
            },
        )
    };
    let revoke = any(
        "/cosmos.authz.v1beta1.MsgRevoke",
        &MsgRevoke {
            granter: granter.address.clone(),
            grantee: grantee.address.clone(),
            msg_type_url: SEND.into(),
        },
    );
    let fresh = Actor::new("grantee that is new").address;
    let module = crate::genesis::module_address("distribution");
    for (desc, message, expected) in [
        (
            "permission, granted",
            grant(&grantee.address, SEND),
            "included",
        ),
        (
            "permission, granted a second time",
            grant(&grantee.address, SEND),
            "included",
        ),
        (
            "permission, granted to an account that is new",
            grant(&fresh, SEND),
            "included",
        ),
        (
            "permission, for a message that is not served",
            grant(&fresh, "/x.MsgY"),
            "failed sdk 29",
        ),
        (
            "permission, granted to oneself",
            grant(&granter.address, SEND),
            "failed authz 7",
        ),
        (
            "permission, granted to a module",
            grant(&module, SEND),
            "included",
        ),
        ("permission, taken back", revoke.clone(), "included"),
        ("permission, taken back again", revoke, "failed authz 2"),
    ] {
        let raw = stage.raw(&granter, vec![message])?;
        let tx = raw.signed(&[&granter], CHAIN_ID);
        stage.fate(desc, expected, &tx)?;
    }
    let request = deposit_limit_request(&stage.world.rest(), &granter.address, &fresh);
    let limit = deposit_limit_reply(&stage.world.send(&request)?)?;
    stage.row(
        "deposits, where another permission stands",
        "None",
        format!("{limit:?}"),
    );
    Ok(())
}
