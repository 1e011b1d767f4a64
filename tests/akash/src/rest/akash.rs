//! Routes of the Akash modules.

use super::paging::{Item, page, plain_page};
use super::{Answer, Status, View, invalid, json as out, no_such_route, not_found, number};
use crate::chain::{State, UACT, UAKT, bme, deployment, market};
use crate::http::Url;
use crate::num::Dec;
use crate::proto::{BidId, DeploymentId, GroupId, OrderId};
use crate::{address, chain::failure::Failure};
use serde_json::{Value, json};

pub(crate) fn route(view: &View<'_>, url: &Url, path: &[&str]) -> Answer<Value> {
    let state = view.state;
    match path {
        ["deployment", "v1beta4", "deployments", "list"] => deployments(state, url),
        ["deployment", "v1beta4", "deployments", "info"] => {
            let id = DeploymentId {
                owner: owner(url)?,
                dseq: number(url.get("id.dseq"))?,
            };
            match state.deployment(&id) {
                Some(found) => Ok(out::deployment(state, &id, found)),
                None => not_found("Deployment not found"),
            }
        }
        ["deployment", "v1beta4", "groups", "info"] => {
            let (dseq, gseq) = (number(url.get("id.dseq"))?, number(url.get("id.gseq"))?);
            let id = GroupId {
                owner: owner(url)?,
                dseq,
                gseq,
            };
            match state.group(&id) {
                Some(group) => Ok(json!({"group": out::group(&id, group)})),
                None => not_found("Group not found"),
            }
        }
        ["deployment", "v1beta4", "params"] => {
            let min = deployment::MIN_DEPOSIT;
            Ok(json!({"params": {"min_deposits": [out::coin(UAKT, min), out::coin(UACT, min)]}}))
        }
        ["market", "v1beta5", rest @ ..] => market_route(state, url, rest),
        ["escrow", "v1", "types", "accounts"] => escrow(state, url, true),
        ["escrow", "v1", "types", "payments"] => escrow(state, url, false),
        ["bme", "v1", rest @ ..] => bme_route(view, url, rest),
        ["oracle", "v2", rest @ ..] => oracle_route(view, rest),
        ["provider", "v1beta4", "providers"] => {
            let all = state.providers().map(out::provider).collect();
            let (providers, pagination) = plain_page(url, all);
            Ok(json!({"providers": providers, "pagination": pagination}))
        }
        ["provider", "v1beta4", "providers", owner] => match state.provider(owner) {
            Some(record) => Ok(json!({"provider": out::provider(record)})),
            None => not_found("invalid provider: address not found"),
        },
        ["audit", "v1", "audit", "attributes", "list"] => audits(state, url, |_, _| true),
        ["audit", "v1", "audit", "attributes", owner, "list"] => {
            audits(state, url, |o, _| o == *owner)
        }
        ["audit", "v1", "audit", "attributes", auditor, owner] => {
            audits(state, url, |o, a| o == *owner && a == *auditor)
        }
        ["provider", "v1", "auditor", auditor, "list"] => audits(state, url, |_, a| a == *auditor),
        _ => no_such_route(),
    }
}

fn owner(url: &Url) -> Answer<String> {
    let owner = url.get("id.owner");
    if address::decode(owner).is_none() {
        return invalid("invalid owner address");
    }
    Ok(owner.to_owned())
}

fn wanted(url: &Url, name: &str, got: u64) -> Answer<bool> {
    let filter: u64 = number(url.get(name))?;
    Ok(filter == 0 || filter == got)
}

fn deployments(state: &State, url: &Url) -> Answer<Value> {
    let mut items = Vec::new();
    for (id, found) in state.deployments() {
        let (shared, id, found) = (state.clone(), id.clone(), found.clone());
        items.push(Item {
            key: format!("{}/{}", id.owner, id.dseq),
            owner: id.owner.clone(),
            state: if found.active { "active" } else { "closed" },
            passes: wanted(url, "filters.dseq", id.dseq)?,
            value: Box::new(move || out::deployment(&shared, &id, &found)),
        });
    }
    let (deployments, pagination) = page(url, &["active", "closed"], items)?;
    Ok(json!({"deployments": deployments, "pagination": pagination}))
}

fn market_route(state: &State, url: &Url, path: &[&str]) -> Answer<Value> {
    match path {
        ["orders", "list"] => {
            let mut items = Vec::new();
            for (id, order) in state.orders() {
                let (id, order) = (id.clone(), order.clone());
                items.push(Item {
                    key: format!("{id:?}"),
                    owner: id.owner.clone(),
                    state: out::order_state(order.state),
                    passes: wanted(url, "filters.dseq", id.dseq)?
                        && wanted(url, "filters.gseq", id.gseq.into())?
                        && wanted(url, "filters.oseq", id.oseq.into())?,
                    value: Box::new(move || out::order(&id, &order)),
                });
            }
            let (orders, pagination) = page(url, &["open", "active", "closed"], items)?;
            Ok(json!({"orders": orders, "pagination": pagination}))
        }
        ["orders", "info"] => {
            let id = OrderId {
                owner: owner(url)?,
                dseq: number(url.get("id.dseq"))?,
                gseq: number(url.get("id.gseq"))?,
                oseq: number(url.get("id.oseq"))?,
            };
            match state.order(&id) {
                Some(order) => Ok(json!({"order": out::order(&id, order)})),
                None => not_found("invalid order: order not found"),
            }
        }
        ["bids", "list"] => {
            let mut items = Vec::new();
            for (id, bid) in state.bids() {
                let (shared, id, bid) = (state.clone(), id.clone(), bid.clone());
                items.push(Item {
                    key: format!("{id:?}"),
                    owner: id.owner.clone(),
                    state: out::bid_state(bid.state),
                    passes: passes(url, &id)?,
                    value: Box::new(move || out::bid(&shared, &id, &bid)),
                });
            }
            let (bids, pagination) = page(url, &["open", "active", "lost", "closed"], items)?;
            Ok(json!({"bids": bids, "pagination": pagination}))
        }
        ["bids", "info"] => {
            let id = bid_id(url)?;
            match state.bid(&id) {
                Some(bid) => Ok(out::bid(state, &id, bid)),
                None => not_found("invalid bid: bid not found"),
            }
        }
        ["leases", "list"] => {
            let mut items = Vec::new();
            for (id, lease) in state.leases() {
                let (shared, id, lease) = (state.clone(), id.clone(), lease.clone());
                items.push(Item {
                    key: format!("{id:?}"),
                    owner: id.owner.clone(),
                    state: out::lease_state(lease.state),
                    passes: passes(url, &id)?,
                    value: Box::new(move || out::lease(&shared, &id, &lease)),
                });
            }
            let states = ["active", "insufficient_funds", "closed", "reclaiming"];
            let (leases, pagination) = page(url, &states, items)?;
            Ok(json!({"leases": leases, "pagination": pagination}))
        }
        ["leases", "info"] => {
            let id = bid_id(url)?;
            match state.lease(&id) {
                Some(lease) => Ok(out::lease(state, &id, lease)),
                None => not_found("invalid lease: lease not found"),
            }
        }
        ["params"] => {
            let min = market::MIN_BID_DEPOSIT;
            Ok(json!({"params": {
                "bid_min_deposit": out::coin(UAKT, min),
                "order_max_bids": market::ORDER_MAX_BIDS,
                "bid_min_deposits": [out::coin(UAKT, min), out::coin(UACT, min)],
                "min_reclamation_window": format!("{}s", deployment::MIN_RECLAMATION_S),
                "max_reclamation_window": format!("{}s", deployment::MAX_RECLAMATION_S),
            }}))
        }
        _ => no_such_route(),
    }
}

fn passes(url: &Url, id: &BidId) -> Answer<bool> {
    let provider = url.get("filters.provider");
    Ok(wanted(url, "filters.dseq", id.dseq)?
        && wanted(url, "filters.gseq", id.gseq.into())?
        && wanted(url, "filters.oseq", id.oseq.into())?
        && wanted(url, "filters.bseq", id.bseq.into())?
        && (provider.is_empty() || provider == id.provider))
}

fn bid_id(url: &Url) -> Answer<BidId> {
    let provider = url.get("id.provider");
    if address::decode(provider).is_none() {
        return invalid("invalid provider address");
    }
    Ok(BidId {
        owner: owner(url)?,
        dseq: number(url.get("id.dseq"))?,
        gseq: number(url.get("id.gseq"))?,
        oseq: number(url.get("id.oseq"))?,
        provider: provider.to_owned(),
        bseq: number(url.get("id.bseq"))?,
    })
}

fn escrow(state: &State, url: &Url, accounts: bool) -> Answer<Value> {
    let (xid, wanted) = (url.get("xid"), url.get("state"));
    if !wanted.is_empty() && !["open", "closed", "overdrawn"].contains(&wanted) {
        return invalid("invalid state value");
    }
    let scope = |scope: i32| if scope == 1 { "deployment" } else { "bid" };
    // The filter is a prefix of the raw key.
    let matches =
        |key: String, name: &str| key.starts_with(xid) && (wanted.is_empty() || wanted == name);
    if accounts {
        let all = state.escrow_accounts().filter(|(id, a)| {
            matches(
                format!("{}/{}", scope(id.scope), id.xid),
                out::escrow_state(a.state),
            )
        });
        let all = all.map(|(id, a)| out::escrow_account(id, a)).collect();
        let (accounts, pagination) = plain_page(url, all);
        return Ok(json!({"accounts": accounts, "pagination": pagination}));
    }
    let all = state.payments().filter(|((id, xid), p)| {
        let key = format!("{}/{}/{xid}", scope(id.scope), id.xid);
        matches(key, out::escrow_state(p.state))
    });
    let all = all.map(|(id, p)| out::payment(id, p)).collect();
    let (payments, pagination) = plain_page(url, all);
    Ok(json!({"payments": payments, "pagination": pagination}))
}

fn internal(failure: Failure) -> Status {
    Status {
        code: 2,
        message: failure.log,
    }
}

fn bme_route(view: &View<'_>, url: &Url, path: &[&str]) -> Answer<Value> {
    let state = view.state;
    let list = |map: &std::collections::BTreeMap<String, u128>| -> Value {
        map.iter()
            .map(|(denom, amount)| out::coin(denom, *amount))
            .collect()
    };
    match path {
        ["status"] => {
            let ratio = state.collateral_ratio(&view.ctx).map_err(internal)?;
            let bps = |n: u32| Dec::whole(n.into()).quo(Dec::whole(10_000)).to_string();
            let status = state.bme.status;
            Ok(json!({
                "status": status.name(),
                "collateral_ratio": ratio.to_string(),
                "warn_threshold": bps(bme::WARN_THRESHOLD_BPS),
                "halt_threshold": bps(bme::HALT_THRESHOLD_BPS),
                "mints_allowed": !status.is_halted(),
                "refunds_allowed": status < bme::MintStatus::HaltOracle,
            }))
        }
        ["params"] => Ok(json!({"params": {
            "circuit_breaker_warn_threshold": bme::WARN_THRESHOLD_BPS,
            "circuit_breaker_halt_threshold": bme::HALT_THRESHOLD_BPS,
            "min_epoch_blocks": out::u64s(bme::MIN_EPOCH_BLOCKS),
            "epoch_blocks_backoff_percent": bme::BACKOFF_PERCENT,
            "mint_spread_bps": bme::MINT_SPREAD_BPS,
            "settle_spread_bps": 0,
            "max_endblocker_records": bme::MAX_RECORDS,
            "min_mint": [out::coin(UACT, bme::MIN_MINT_UACT)],
            "max_pending_attempts": bme::MAX_ATTEMPTS,
        }})),
        ["vault"] => {
            let vault = address::of_module("bme");
            let mut balances = vec![out::coin(UACT, state.supply(UACT))];
            balances.push(out::coin(UAKT, state.balance(&vault, UAKT)));
            Ok(json!({"vault_state": {
                "balances": balances,
                "total_burned": list(&state.bme.total_burned),
                "total_minted": list(&state.bme.total_minted),
                "remint_credits": [out::coin(UAKT, state.bme.remint_credit)],
            }}))
        }
        ["ledger"] => {
            let (source, status) = (url.get("filters.source"), url.get("filters.status"));
            let (denom, to_denom) = (url.get("filters.denom"), url.get("filters.to_denom"));
            let states = [
                "ledger_record_status_pending",
                "ledger_record_status_executed",
                "ledger_record_status_canceled",
            ];
            if !status.is_empty() && !states.contains(&status) {
                return invalid("invalid status filter value");
            }
            let mut all = Vec::new();
            for name in states.iter().filter(|s| status.is_empty() || **s == status) {
                for (id, record) in &state.bme.ledger {
                    let entry = out::ledger(id, record);
                    let passes = entry["status"] == **name
                        && (source.is_empty() || entry["id"]["source"] == source)
                        && (denom.is_empty() || id.denom == denom)
                        && (to_denom.is_empty() || id.to_denom == to_denom);
                    if passes {
                        all.push(entry);
                    }
                }
            }
            let (records, pagination) = plain_page(url, all);
            Ok(json!({"records": records, "pagination": pagination}))
        }
        _ => no_such_route(),
    }
}

fn oracle_route(view: &View<'_>, path: &[&str]) -> Answer<Value> {
    let state = view.state;
    match path {
        // This query does not normalise the denom: `akt` works, `uakt` does not.
        ["aggregated_price", "akt"] => {
            let Some((price, updated)) = state.oracle.aggregate else {
                return Err(Status {
                    code: 2,
                    message: "no price for akt".into(),
                });
            };
            let healthy = state.oracle.healthy;
            let price = price.to_string();
            let reasons: &[&str] = if healthy {
                &[]
            } else {
                &crate::store::PRICE_FAILURE
            };
            Ok(json!({
                "aggregated_price": {
                    "denom": "akt",
                    "twap": price,
                    "median_price": price,
                    "min_price": price,
                    "max_price": price,
                    "timestamp": out::time(Some(updated)),
                    "num_sources": 1,
                    "deviation_bps": "0",
                },
                "price_health": {
                    "denom": "akt",
                    "is_healthy": healthy,
                    "has_min_sources": healthy,
                    "deviation_ok": true,
                    "total_sources": 1,
                    "total_healthy_sources": u32::from(healthy),
                    "failure_reason": reasons,
                },
            }))
        }
        ["aggregated_price", _] => not_found("price not found"),
        ["params"] => Ok(json!({"params": {
            "sources": [crate::ORACLE_SOURCE],
            "min_price_sources": 1,
            "max_price_staleness_period":
                format!("{}s", bme::MAX_PRICE_AGE_NS / 1_000_000_000),
            "twap_window": "5s",
            "max_price_deviation_bps": "150",
            "feed_contracts_params": [],
            "price_retention": "86400s",
            "prune_epoch": "hour",
            "max_prune_per_epoch": "1000",
            "max_future_time_drift": "10s",
        }})),
        _ => no_such_route(),
    }
}

fn audits(state: &State, url: &Url, wanted: impl Fn(&str, &str) -> bool) -> Answer<Value> {
    let found = state
        .audits()
        .filter(|(owner, auditor, _)| wanted(owner, auditor));
    let print = |(owner, auditor, list): (&str, &str, &Vec<_>)| json!({"owner": owner, "auditor": auditor, "attributes": out::attributes(list)});
    let all: Vec<Value> = found.map(print).collect();
    if all.is_empty() {
        return not_found("provider not found: address not found");
    }
    let (providers, pagination) = plain_page(url, all);
    Ok(json!({"providers": providers, "pagination": pagination}))
}
