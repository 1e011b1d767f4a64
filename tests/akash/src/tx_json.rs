//! Transactions as the REST door prints them, and the events that they leave.

use crate::chain::blocks::Included;
use crate::chain::tx::{Msg, Tx};
use crate::chain::vesting::VestingTerms;
use crate::num::Dec;
use crate::proto::{DecCoin, Deposit, ResourceOffer};
use crate::rest::cosmos::{print_authorization, print_fee_allowance};
use crate::rest::json as out;
use serde_json::{Value, json};

/// `cosmos.tx.v1beta1.Tx`.
pub(crate) fn tx(tx: &Tx) -> Value {
    let fee = tx.auth_info.fee.clone().unwrap_or_default();
    let amount = fee
        .amount
        .iter()
        .map(|c| json!({"denom": c.denom, "amount": c.amount}));
    let infos = tx.auth_info.signer_infos.iter().map(|info| {
        let key = info.public_key.as_ref().map(|any| {
            let key = any.value.get(2..).unwrap_or_default();
            json!({"@type": any.type_url, "key": out::base64(key)})
        });
        json!({
            "public_key": key,
            "mode_info": {"single": {"mode": "SIGN_MODE_DIRECT"}},
            "sequence": out::u64s(info.sequence),
        })
    });
    json!({
        "body": {
            "messages": tx.messages.iter().map(|(url, m)| message(url, m)).collect::<Value>(),
            "memo": tx.body.memo,
            "timeout_height": out::u64s(tx.body.timeout_height),
            "unordered": tx.body.unordered,
            "timeout_timestamp": out::time(tx.body.timeout_ns()),
            "extension_options": [],
            "non_critical_extension_options": [],
        },
        "auth_info": {
            "signer_infos": infos.collect::<Value>(),
            "fee": {
                "amount": amount.collect::<Value>(),
                "gas_limit": out::u64s(fee.gas_limit),
                "payer": fee.payer,
                "granter": fee.granter,
            },
            "tip": null,
        },
        "signatures": tx.signatures.iter().map(|s| out::base64(s)).collect::<Value>(),
    })
}

fn source(source: i32) -> &'static str {
    match source {
        1 => "balance",
        2 => "grant",
        _ => "invalid",
    }
}

fn deposit(deposit: Option<&Deposit>) -> Value {
    let deposit = deposit.cloned().unwrap_or_default();
    let amount = deposit.amount.unwrap_or_default();
    let sources = deposit
        .sources
        .iter()
        .map(|s| source(*s))
        .collect::<Value>();
    json!({
        "amount": {"denom": amount.denom, "amount": amount.amount},
        "sources": sources,
    })
}

fn dec_coin(coin: Option<&DecCoin>) -> Value {
    let coin = coin.cloned().unwrap_or_default();
    out::dec_coin(
        &coin.denom,
        Dec::from_wire(&coin.amount).unwrap_or_default(),
    )
}

fn coins(list: &[(String, u128)]) -> Value {
    list.iter()
        .map(|(denom, amount)| out::coin(denom, *amount))
        .collect()
}

fn message(url: &str, msg: &Msg) -> Value {
    let mut value = match msg {
        // What was wrong with it is in the result; its fields are not kept.
        Msg::Refused { .. } => json!({}),
        Msg::Send {
            from,
            to,
            coins: list,
        } => {
            json!({"from_address": from, "to_address": to, "amount": coins(list)})
        }
        Msg::CreateVesting { from, to, terms } => {
            let mut value = json!({"from_address": from, "to_address": to});
            match terms {
                VestingTerms::Once {
                    coins: list,
                    end_s,
                    delayed,
                } => {
                    value["amount"] = coins(list);
                    value["end_time"] = end_s.to_string().into();
                    value["delayed"] = (*delayed).into();
                }
                VestingTerms::Never { coins: list } => value["amount"] = coins(list),
                VestingTerms::Periodic { start_s, periods } => {
                    let period = |(length, list): &(i64, Vec<(String, u128)>)| json!({"length": length.to_string(), "amount": coins(list)});
                    value["start_time"] = start_s.to_string().into();
                    value["vesting_periods"] = periods.iter().map(period).collect();
                }
            }
            value
        }
        Msg::GrantDeposit {
            granter,
            grantee,
            grant,
        } => json!({
            "granter": granter,
            "grantee": grantee,
            "grant": {
                "authorization": print_authorization(grant),
                "expiration": out::time(grant.expires_ns),
            },
        }),
        Msg::Revoke {
            granter,
            grantee,
            url,
        } => {
            json!({"granter": granter, "grantee": grantee, "msg_type_url": url})
        }
        Msg::GrantFees {
            granter,
            grantee,
            allowance,
        } => json!({
            "granter": granter,
            "grantee": grantee,
            "allowance": print_fee_allowance(allowance),
        }),
        Msg::RevokeFees { granter, grantee } => json!({"granter": granter, "grantee": grantee}),
        Msg::Deposit {
            signer,
            id,
            coin,
            sources,
        } => json!({
            "signer": signer,
            "id": out::escrow_id(id),
            "deposit": {
                "amount": out::coin(&coin.0, coin.1),
                "sources": sources.iter().map(|s| source(*s)).collect::<Value>(),
            },
        }),
        Msg::CreateDeployment(m) => json!({
            "id": out::deployment_id(&m.id.clone().unwrap_or_default()),
            "groups": m.groups.iter().map(out::group_spec).collect::<Value>(),
            "hash": out::base64(&m.hash),
            "deposit": deposit(m.deposit.as_ref()),
            "reclamation": m.reclamation.map(|r| {
                json!({"min_window": format!("{}s", r.min_window.unwrap_or_default().seconds)})
            }),
        }),
        Msg::UpdateDeployment { id, hash } => {
            json!({"id": out::deployment_id(id), "hash": out::base64(hash)})
        }
        Msg::CloseDeployment(id) => json!({"id": out::deployment_id(id)}),
        Msg::CloseGroup(id) | Msg::PauseGroup(id) | Msg::StartGroup(id) => {
            json!({"id": out::group_id(id)})
        }
        Msg::CreateBid(m) => json!({
            "id": out::bid_id(&m.id.clone().unwrap_or_default()),
            "price": dec_coin(m.price.as_ref()),
            "deposit": deposit(m.deposit.as_ref()),
            "resources_offer": m.resources_offer.iter().map(offer).collect::<Value>(),
            "reclamation_window": m.reclamation_window.map(|w| format!("{}s", w.seconds)),
        }),
        Msg::CloseBid { id, reason } | Msg::StartReclaim { id, reason } => {
            json!({"id": out::bid_id(id), "reason": out::reason(*reason)})
        }
        Msg::CreateLease(id) => json!({"bid_id": out::bid_id(id)}),
        Msg::CloseLease(id) => {
            json!({"id": out::bid_id(id), "reason": "lease_closed_invalid"})
        }
        Msg::WithdrawLease(id) => json!({"id": out::bid_id(id)}),
        Msg::BurnMint {
            owner,
            to,
            coin,
            denom,
        } => {
            let mut value =
                json!({"owner": owner, "to": to, "coins_to_burn": out::coin(&coin.0, coin.1)});
            if url.ends_with("MsgBurnMint") {
                value["denom_to_mint"] = denom.as_str().into();
            }
            value
        }
        Msg::PutProvider { record, .. } => out::provider(record),
        Msg::SignAttributes(m) => json!({
            "owner": m.owner,
            "auditor": m.auditor,
            "attributes": out::attributes(&m.attributes),
        }),
        Msg::DeleteAttributes(m) => {
            json!({"owner": m.owner, "auditor": m.auditor, "keys": m.keys})
        }
    };
    value["@type"] = url.into();
    value
}

fn offer(offer: &ResourceOffer) -> Value {
    json!({
        "resources": out::resources(&offer.resources.clone().unwrap_or_default()),
        "count": offer.count,
        "prices": null,
    })
}

/// The events of an included transaction: those of the fee and of the signature, one for each
/// message, and the typed ones that Akash's clients look for.
pub(crate) fn events(found: &Included) -> Value {
    let tx = &found.tx;
    let fee = tx.auth_info.fee.clone().unwrap_or_default();
    let fee_text: Vec<String> = fee
        .amount
        .iter()
        .map(|c| format!("{}{}", c.amount, c.denom))
        .collect();
    let signer = tx.messages.first().map_or("", |(_, m)| m.signer());
    let payer = if fee.granter.is_empty() {
        signer
    } else {
        &fee.granter
    };
    let collector = crate::address::of_module("fee_collector");
    let fee_text = fee_text.join(",");
    let mut events = vec![
        event("coin_spent", &[("spender", payer), ("amount", &fee_text)]),
        event(
            "coin_received",
            &[("receiver", &collector), ("amount", &fee_text)],
        ),
        event(
            "transfer",
            &[
                ("recipient", &collector),
                ("sender", payer),
                ("amount", &fee_text),
            ],
        ),
        event("message", &[("sender", payer)]),
        event("tx", &[("fee", &fee_text), ("fee_payer", payer)]),
        event("tx", &[("acc_seq", &format!("{signer}/0"))]),
        event(
            "tx",
            &[("signature", &out::base64(&tx.signatures.concat()))],
        ),
    ];
    if found.failure.is_some() {
        return events.into_iter().collect();
    }
    for (index, (url, msg)) in tx.messages.iter().enumerate() {
        let index = index.to_string();
        let module = url
            .trim_start_matches('/')
            .split('.')
            .nth(1)
            .unwrap_or_default();
        events.push(event(
            "message",
            &[
                ("action", url),
                ("sender", msg.signer()),
                ("module", module),
                ("msg_index", &index),
            ],
        ));
        if let Msg::Send { from, to, coins } = msg {
            let text: Vec<String> = coins.iter().map(|(d, n)| format!("{n}{d}")).collect();
            let (amount, index) = (("amount", text.join(",")), ("msg_index", index.as_str()));
            let amount = (amount.0, amount.1.as_str());
            events.push(event("coin_spent", &[("spender", from), amount, index]));
            events.push(event("coin_received", &[("receiver", to), amount, index]));
            events.push(event(
                "transfer",
                &[("recipient", to), ("sender", from), amount, index],
            ));
        }
        for (kind, attributes) in typed(msg) {
            let mut attributes: Vec<(&str, &str)> =
                attributes.iter().map(|(k, v)| (*k, v.as_str())).collect();
            attributes.push(("msg_index", &index));
            events.push(event(kind, &attributes));
        }
    }
    events.into_iter().collect()
}

/// Typed events: each value is JSON.
fn typed(msg: &Msg) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    match msg {
        Msg::CreateDeployment(m) => {
            let id = m.id.clone().unwrap_or_default();
            let name = out::deployment_id(&id).to_string();
            let hash = Value::String(out::base64(&m.hash)).to_string();
            let mut events = vec![(
                "akash.deployment.v1.EventDeploymentCreated",
                vec![("hash", hash), ("id", name)],
            )];
            for gseq in 1..=m.groups.len() {
                let order = json!({
                    "owner": id.owner, "dseq": out::u64s(id.dseq), "gseq": gseq, "oseq": 1,
                });
                events.push((
                    "akash.market.v1.EventOrderCreated",
                    vec![("id", order.to_string())],
                ));
            }
            events
        }
        Msg::UpdateDeployment { id, hash } => {
            let hash = Value::String(out::base64(hash)).to_string();
            let id = out::deployment_id(id).to_string();
            vec![(
                "akash.deployment.v1.EventDeploymentUpdated",
                vec![("hash", hash), ("id", id)],
            )]
        }
        Msg::CloseDeployment(id) => {
            let id = out::deployment_id(id).to_string();
            vec![(
                "akash.deployment.v1.EventDeploymentClosed",
                vec![("id", id)],
            )]
        }
        Msg::CreateBid(m) => {
            let id = out::bid_id(&m.id.clone().unwrap_or_default()).to_string();
            let price = dec_coin(m.price.as_ref()).to_string();
            vec![(
                "akash.market.v1.EventBidCreated",
                vec![("id", id), ("price", price)],
            )]
        }
        Msg::CreateLease(id) => {
            let id = out::bid_id(id).to_string();
            vec![("akash.market.v1.EventLeaseCreated", vec![("id", id)])]
        }
        Msg::CloseLease(id) => {
            let reason = Value::String(out::reason(1).into()).to_string();
            let id = out::bid_id(id).to_string();
            vec![(
                "akash.market.v1.EventLeaseClosed",
                vec![("id", id), ("reason", reason)],
            )]
        }
        Msg::CloseBid { id, .. } => {
            vec![(
                "akash.market.v1.EventBidClosed",
                vec![("id", out::bid_id(id).to_string())],
            )]
        }
        _ => Vec::new(),
    }
}

fn event(kind: &str, attributes: &[(&str, &str)]) -> Value {
    let attributes = attributes
        .iter()
        .map(|(k, v)| json!({"key": k, "value": v, "index": true}));
    json!({"type": kind, "attributes": attributes.collect::<Value>()})
}
