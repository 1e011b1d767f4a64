//! State as grpc-gateway prints it: proto names, 64-bit numbers as strings, enums as names, bytes
//! in base64 except resource values, decimals with 18 places, every field present.

use crate::chain::State;
use crate::chain::bme::{LedgerId, Record};
use crate::chain::deployment::{Deployment, Group, GroupState};
use crate::chain::escrow::{EscrowAccount, EscrowState, Payment, Source};
use crate::chain::market::{Bid, BidState, Lease, LeaseState, Order, OrderState, Reclamation};
use crate::num::Dec;
use crate::proto::{
    Attribute, BidId, DecCoin, DeploymentId, EscrowId, GroupId, GroupSpec, MsgProvider, OrderId,
    ResourceOffer, ResourceValue, Resources,
};
use crate::{address, http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn u64s(n: u64) -> Value {
    Value::String(n.to_string())
}

pub(crate) fn coin(denom: &str, amount: u128) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

pub(crate) fn dec_coin(denom: &str, amount: Dec) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

fn wire_dec_coin(coin: Option<&DecCoin>) -> Value {
    let coin = coin.cloned().unwrap_or_default();
    dec_coin(
        &coin.denom,
        Dec::from_wire(&coin.amount).unwrap_or_default(),
    )
}

fn duration(seconds: Option<i64>) -> Value {
    seconds.map_or(Value::Null, |s| Value::String(format!("{s}s")))
}

pub(crate) fn attributes(list: &[Attribute]) -> Value {
    list.iter()
        .map(|a| json!({"key": a.key, "value": a.value}))
        .collect()
}

fn val(value: Option<&ResourceValue>) -> Value {
    let digits = value.map(|v| String::from_utf8_lossy(&v.val).into_owned());
    json!({"val": digits.unwrap_or_default()})
}

pub(crate) fn resources(r: &Resources) -> Value {
    let units = |u: &crate::proto::Units| json!({"units": val(u.units.as_ref()), "attributes": attributes(&u.attributes)});
    let storage = r.storage.iter().map(|s| {
        json!({
            "name": s.name,
            "quantity": val(s.quantity.as_ref()),
            "attributes": attributes(&s.attributes),
        })
    });
    let endpoints = r.endpoints.iter().map(|e| {
        let kind = match e.kind {
            0 => "SHARED_HTTP",
            1 => "RANDOM_PORT",
            _ => "LEASED_IP",
        };
        json!({"kind": kind, "sequence_number": e.sequence_number})
    });
    json!({
        "id": r.id,
        "cpu": r.cpu.as_ref().map(units),
        "memory": r.memory.as_ref().map(|m| {
            json!({"quantity": val(m.quantity.as_ref()), "attributes": attributes(&m.attributes)})
        }),
        "storage": storage.collect::<Value>(),
        "gpu": r.gpu.as_ref().map(units),
        "endpoints": endpoints.collect::<Value>(),
    })
}

pub(crate) fn group_spec(spec: &GroupSpec) -> Value {
    let requirements = spec.requirements.clone().unwrap_or_default();
    let signed_by = requirements.signed_by.unwrap_or_default();
    let units = spec.resources.iter().map(|unit| {
        json!({
            "resource": resources(&unit.resource.clone().unwrap_or_default()),
            "count": unit.count,
            "price": wire_dec_coin(unit.price.as_ref()),
        })
    });
    json!({
        "name": spec.name,
        "requirements": {
            "signed_by": {"all_of": signed_by.all_of, "any_of": signed_by.any_of},
            "attributes": attributes(&requirements.attributes),
        },
        "resources": units.collect::<Value>(),
    })
}

pub(crate) fn deployment_id(id: &DeploymentId) -> Value {
    json!({"owner": id.owner, "dseq": u64s(id.dseq)})
}

pub(crate) fn group_id(id: &GroupId) -> Value {
    json!({"owner": id.owner, "dseq": u64s(id.dseq), "gseq": id.gseq})
}

fn order_id(id: &OrderId) -> Value {
    json!({"owner": id.owner, "dseq": u64s(id.dseq), "gseq": id.gseq, "oseq": id.oseq})
}

pub(crate) fn bid_id(id: &BidId) -> Value {
    json!({
        "owner": id.owner,
        "dseq": u64s(id.dseq),
        "gseq": id.gseq,
        "oseq": id.oseq,
        "provider": id.provider,
        "bseq": id.bseq,
    })
}

pub(crate) fn group(id: &GroupId, group: &Group) -> Value {
    json!({
        "id": group_id(id),
        "state": group_state(group.state),
        "group_spec": group_spec(&group.spec),
        "created_at": u64s(group.created_at),
    })
}

/// Name of a group's state.
pub(crate) fn group_state(state: GroupState) -> &'static str {
    match state {
        GroupState::Open => "open",
        GroupState::Paused => "paused",
        GroupState::InsufficientFunds => "insufficient_funds",
        GroupState::Closed => "closed",
    }
}

/// Name of an order's state.
pub(crate) fn order_state(state: OrderState) -> &'static str {
    match state {
        OrderState::Open => "open",
        OrderState::Active => "active",
        OrderState::Closed => "closed",
    }
}

/// Name of a bid's state.
pub(crate) fn bid_state(state: BidState) -> &'static str {
    match state {
        BidState::Open => "open",
        BidState::Active => "active",
        BidState::Lost => "lost",
        BidState::Closed => "closed",
    }
}

/// Name of a lease's state.
pub(crate) fn lease_state(state: LeaseState) -> &'static str {
    match state {
        LeaseState::Active => "active",
        LeaseState::InsufficientFunds => "insufficient_funds",
        LeaseState::Closed => "closed",
        LeaseState::Reclaiming => "reclaiming",
    }
}

/// Name of the reason for which a lease ended.
pub(crate) fn reason(reason: i32) -> &'static str {
    match reason {
        1 => "lease_closed_owner",
        10_000 => "lease_closed_reason_unstable",
        10_001 => "lease_closed_reason_decommission",
        10_002 => "lease_closed_reason_unspecified",
        10_003 => "lease_closed_reason_manifest_timeout",
        20_000 => "lease_closed_reason_insufficient_funds",
        _ => "lease_closed_invalid",
    }
}

/// Name of an escrow state.
pub(crate) fn escrow_state(state: EscrowState) -> &'static str {
    match state {
        EscrowState::Open => "open",
        EscrowState::Closed => "closed",
        EscrowState::Overdrawn => "overdrawn",
    }
}

pub(crate) fn escrow_id(id: &EscrowId) -> Value {
    let scope = if id.scope == 1 { "deployment" } else { "bid" };
    json!({"scope": scope, "xid": id.xid})
}

pub(crate) fn escrow_account(id: &EscrowId, account: &EscrowAccount) -> Value {
    let list = |coins: &[(String, Dec)]| -> Value {
        coins
            .iter()
            .map(|(denom, amount)| dec_coin(denom, *amount))
            .collect()
    };
    let deposits = account.deposits.iter().map(|d| {
        let source = if d.source == Source::Balance {
            "balance"
        } else {
            "grant"
        };
        json!({
            "owner": d.owner,
            "height": u64s(d.height),
            "source": source,
            "balance": dec_coin(&d.denom, d.amount),
        })
    });
    json!({
        "id": escrow_id(id),
        "state": {
            "owner": account.owner,
            "state": escrow_state(account.state),
            "transferred": list(&account.transferred),
            "settled_at": u64s(account.settled_at),
            "funds": list(&account.funds),
            "deposits": deposits.collect::<Value>(),
        },
    })
}

pub(crate) fn payment(id: &(EscrowId, String), payment: &Payment) -> Value {
    json!({
        "id": {"aid": escrow_id(&id.0), "xid": id.1},
        "state": {
            "owner": payment.owner,
            "state": escrow_state(payment.state),
            "rate": dec_coin(&payment.denom, payment.rate),
            "balance": dec_coin(&payment.denom, payment.balance),
            "unsettled": dec_coin(&payment.denom, payment.unsettled),
            "withdrawn": coin(&payment.denom, payment.withdrawn),
        },
    })
}

pub(crate) fn deployment(state: &State, id: &DeploymentId, d: &Deployment) -> Value {
    let groups = state.groups(id);
    let escrow = state.escrow_account(&id.escrow());
    json!({
        "deployment": {
            "id": deployment_id(id),
            "state": if d.active { "active" } else { "closed" },
            "hash": base64(&d.hash),
            "created_at": u64s(d.created_at),
            "reclamation": d.min_window_s.map(|s| json!({"min_window": duration(Some(s))})),
        },
        "groups": groups.iter().map(|(id, g)| group(id, g)).collect::<Value>(),
        "escrow_account": escrow.map(|a| escrow_account(&id.escrow(), a)),
    })
}

pub(crate) fn order(id: &OrderId, order: &Order) -> Value {
    json!({
        "id": order_id(id),
        "state": order_state(order.state),
        "spec": group_spec(&order.spec),
        "created_at": u64s(order.created_at),
        "reclamation": order.min_window_s.map(|s| json!({"min_window": duration(Some(s))})),
    })
}

pub(crate) fn bid(state: &State, id: &BidId, bid: &Bid) -> Value {
    let offer = |o: &ResourceOffer| {
        let prices = o.prices.as_ref().map(|p| {
            json!({
                "cpu": wire_dec_coin(p.cpu.as_ref()),
                "memory": wire_dec_coin(p.memory.as_ref()),
                "storage": p.storage.iter().map(|c| wire_dec_coin(Some(c))).collect::<Value>(),
                "gpu": wire_dec_coin(p.gpu.as_ref()),
                "endpoints": p.endpoints.iter().map(|c| wire_dec_coin(Some(c))).collect::<Value>(),
            })
        });
        json!({
            "resources": resources(&o.resources.clone().unwrap_or_default()),
            "count": o.count,
            "prices": prices,
        })
    };
    let escrow = state.escrow_account(&id.escrow());
    json!({
        "bid": {
            "id": bid_id(id),
            "state": bid_state(bid.state),
            "price": dec_coin(&bid.denom, bid.price),
            "created_at": u64s(bid.created_at),
            "resources_offer": bid.offer.iter().map(offer).collect::<Value>(),
            "reclamation_window": duration(bid.window_s),
        },
        "escrow_account": escrow.map(|a| escrow_account(&id.escrow(), a)),
    })
}

pub(crate) fn lease(state: &State, id: &BidId, lease: &Lease) -> Value {
    let reclamation = |r: Reclamation| {
        json!({
            "window": duration(Some(r.window_s)),
            "started_at": u64s(r.started_at),
            "deadline": u64s(r.deadline_s),
            "reason": reason(r.reason),
        })
    };
    let payment_id = id.payment();
    let paid = state.payment(&payment_id);
    json!({
        "lease": {
            "id": bid_id(id),
            "state": lease_state(lease.state),
            "price": dec_coin(&lease.denom, lease.price),
            "created_at": u64s(lease.created_at),
            "closed_on": u64s(lease.closed_on),
            "reason": reason(lease.reason),
            "reclamation": lease.reclamation.map(reclamation),
        },
        "escrow_payment": paid.map(|p| payment(&payment_id, p)),
    })
}

pub(crate) fn provider(record: &MsgProvider) -> Value {
    let info = record.info.clone().unwrap_or_default();
    json!({
        "owner": record.owner,
        "host_uri": record.host_uri,
        "attributes": attributes(&record.attributes),
        "info": {"email": info.email, "website": info.website},
    })
}

pub(crate) fn ledger(id: &LedgerId, record: &Record) -> Value {
    let owner = address::encode(&id.source);
    let burned_coin = |burned: u128| coin(&id.denom, burned);
    let price = |denom: &str, amount: u128, price: Dec| json!({"coin": coin(denom, amount), "price": price.to_string()});
    let name = json!({
        "denom": id.denom,
        "to_denom": id.to_denom,
        "source": owner,
        "height": u64s(id.height),
        "sequence": u64s(id.sequence),
    });
    match record {
        Record::Pending { attempts, burned } => json!({
            "id": name,
            "status": "ledger_record_status_pending",
            "pending_record": {
                "owner": owner,
                "to": owner,
                "coins_to_burn": burned_coin(*burned),
                "denom_to_mint": id.to_denom,
                "attempts": attempts,
            },
        }),
        Record::Executed {
            burned,
            burn_price,
            minted,
            mint_price,
            spread,
            reminted,
        } => {
            let mint = id.to_denom == crate::chain::UACT;
            let fresh = minted - reminted;
            json!({
                "id": name,
                "status": "ledger_record_status_executed",
                "executed_record": {
                    "burned_from": owner,
                    "minted_to": owner,
                    "burner": "bme",
                    "minter": "bme",
                    "burned": (!mint).then(|| price(&id.denom, *burned, *burn_price)),
                    "minted": (fresh > 0).then(|| price(&id.to_denom, fresh, *mint_price)),
                    "spread": coin(&id.to_denom, *spread),
                    "remint_credit_issued":
                        (*reminted > 0).then(|| price(&id.to_denom, *reminted, *mint_price)),
                    "remint_credit_accrued": mint.then(|| price(&id.denom, *burned, *burn_price)),
                },
            })
        }
        Record::Canceled { burned, reason } => json!({
            "id": name,
            "status": "ledger_record_status_canceled",
            "canceled_record": {
                "owner": owner,
                "cancel_reason": reason,
                "to": owner,
                "coins_to_burn": burned_coin(*burned),
                "denom_to_mint": id.to_denom,
            },
        }),
    }
}

/// A time, or null.
pub(crate) fn time(ns: Option<u64>) -> Value {
    ns.map_or(Value::Null, |ns| Value::String(http::rfc3339(ns)))
}
