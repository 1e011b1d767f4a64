//! Routes of the Cosmos SDK's modules.

use super::paging::plain_page;
use super::{
    Answer, Status, View, invalid, json as out, no_such_route, not_found, number, unknown,
};
use crate::chain::auth::Account;
use crate::chain::authz::{DEPOSIT_URL, DepositGrant};
use crate::chain::blocks::Included;
use crate::chain::feegrant::Allowance;
use crate::chain::vesting::{Vesting, VestingKind};
use crate::consensus::{BLOCK_PROTOCOL, BlockId, CommitSig, Hash, Vote};
use crate::http::{Url, rfc3339};
use crate::{address, query, tx_json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn route(view: &View<'_>, url: &Url, path: &[&str]) -> Answer<Value> {
    let (state, ctx) = (view.state, &view.ctx);
    match path {
        ["auth", "v1beta1", "accounts", who] => match state.account(known(who)?) {
            Some(account) => Ok(json!({"account": full_account(who, account)})),
            None => not_found(format!("account {who} not found")),
        },
        ["auth", "v1beta1", "account_info", who] => match state.account(known(who)?) {
            Some(account) => Ok(json!({"info": base_account(who, account)})),
            None => not_found(format!("account {who} not found")),
        },
        ["bank", "v1beta1", "balances", who, "by_denom"] => {
            let denom = url.get("denom");
            if denom.is_empty() {
                return invalid("empty denom");
            }
            let amount = state.balance(valid(who)?, denom);
            Ok(json!({"balance": out::coin(denom, amount)}))
        }
        [
            "bank",
            "v1beta1",
            kind @ ("balances" | "spendable_balances"),
            who,
        ] => {
            let mut all = state.balances(valid(who)?);
            if *kind == "spendable_balances" {
                for (denom, amount) in &mut all {
                    *amount = state.spendable(who, denom);
                }
                all.retain(|(_, amount)| *amount > 0);
            }
            let (balances, pagination) = plain_page(url, coins(&all));
            Ok(json!({"balances": balances, "pagination": pagination}))
        }
        ["bank", "v1beta1", "supply"] => {
            let (supply, pagination) = plain_page(url, coins(&state.supplies()));
            Ok(json!({"supply": supply, "pagination": pagination}))
        }
        ["bank", "v1beta1", "supply", "by_denom"] => {
            let denom = url.get("denom");
            Ok(json!({"amount": out::coin(denom, state.supply(denom))}))
        }
        ["authz", "v1beta1", "grants"] => {
            let (granter, grantee) = (valid(url.get("granter"))?, valid(url.get("grantee"))?);
            let wanted = url.get("msg_type_url");
            let grant = state.deposit_grant(ctx, granter, grantee);
            let Some(grant) = grant.filter(|_| wanted.is_empty() || wanted == DEPOSIT_URL) else {
                if wanted.is_empty() {
                    let pagination = json!({"next_key": null, "total": "0"});
                    return Ok(json!({"grants": [], "pagination": pagination}));
                }
                // The module's error has no gRPC code of its own: the gateway says 500.
                let message =
                    format!("authorization not found for {wanted} type: authorization not found");
                return Err(Status { code: 2, message });
            };
            let pagination = if wanted.is_empty() {
                json!({"next_key": null, "total": "1"})
            } else {
                Value::Null
            };
            Ok(json!({"grants": [print_grant(grant)], "pagination": pagination}))
        }
        [
            "authz",
            "v1beta1",
            "grants",
            side @ ("granter" | "grantee"),
            who,
        ] => {
            let who = valid(who)?;
            let all = state.deposit_grants(ctx).into_iter();
            let all = all.filter(|(a, b, _)| who == if *side == "granter" { a } else { b });
            let print = |(granter, grantee, grant): (String, String, DepositGrant)| {
                let mut entry = print_grant(&grant);
                entry["granter"] = Value::String(granter);
                entry["grantee"] = Value::String(grantee);
                entry
            };
            let (grants, pagination) = plain_page(url, all.map(print).collect());
            Ok(json!({"grants": grants, "pagination": pagination}))
        }
        ["feegrant", "v1beta1", "allowance", granter, grantee] => {
            let (granter, grantee) = (known(granter)?, known(grantee)?);
            match state.allowance(granter, grantee) {
                Some(a) => Ok(json!({"allowance": print_allowance(granter, grantee, a)})),
                // The keeper's error has no gRPC code of its own: the gateway says 500.
                None => Err(Status {
                    code: 13,
                    message: "fee-grant not found: not found".into(),
                }),
            }
        }
        ["feegrant", "v1beta1", side @ ("allowances" | "issued"), who] => {
            let who = valid(who)?;
            let all = state.allowances().into_iter();
            let all = all.filter(|(a, b, _)| who == if *side == "issued" { a } else { b });
            let all = all.map(|(a, b, x)| print_allowance(&a, &b, &x)).collect();
            let (allowances, pagination) = plain_page(url, all);
            Ok(json!({"allowances": allowances, "pagination": pagination}))
        }
        ["tx", "v1beta1", "txs"] => {
            // Older clients say `events`, newer ones `query`.
            let query = match url.get("query") {
                "" => url.get("events"),
                query => query,
            };
            let found = crate::rpc::search(view.chain, view.tip, query);
            let found = found.or_else(|message| invalid(&message))?;
            let responses: Vec<Value> = found.iter().map(|t| tx(view, t)).collect();
            Ok(json!({
                "txs": responses.iter().map(|t| t["tx"].clone()).collect::<Value>(),
                "tx_responses":
                    responses.iter().map(|t| t["tx_response"].clone()).collect::<Value>(),
                "pagination": null,
                "total": found.len().to_string(),
            }))
        }
        ["tx", "v1beta1", "txs", hash] => {
            if hex::decode(hash).is_err() {
                return unknown("encoding/hex: invalid byte");
            }
            match view
                .chain
                .tx(&hash.to_uppercase())
                .filter(|t| t.height <= view.tip)
            {
                Some(found) => Ok(tx(view, found)),
                None => not_found(format!("tx not found: {hash}")),
            }
        }
        ["staking", "v1beta1", "params"] => Ok(json!({"params": {
            "unbonding_time": format!("{}s", view.chain.rules().unbonding_s),
            "max_validators": 100,
            "max_entries": 7,
            "historical_entries": 10_000,
            "bond_denom": crate::chain::UAKT,
            "min_commission_rate": "0.050000000000000000",
        }})),
        ["base", "tendermint", "v1beta1", rest @ ..] => tendermint(view, url, rest),
        ["base", "node", "v1beta1", "config"] => {
            let micro = view.chain.rules().min_gas_price_micro_uakt;
            let price = crate::num::Dec(i128::from(micro) * 1_000_000_000_000);
            Ok(json!({
                "minimum_gas_price": format!("{price}uakt"),
                "pruning_keep_recent": "100",
                "pruning_interval": "10",
                "halt_height": "0",
            }))
        }
        ["base", "node", "v1beta1", "status"] => Ok(json!({
            "earliest_store_height": out::u64s(view.oldest),
            "height": out::u64s(view.tip),
            "timestamp": out::time(view.chain.time_at(view.tip)),
            "app_hash": "",
            "validator_hash": "",
        })),
        _ => no_such_route(),
    }
}

fn valid(who: &str) -> Answer<&str> {
    if address::decode(who).is_none() {
        return invalid("decoding bech32 failed: invalid address");
    }
    Ok(who)
}

/// An address, for routes that pass the codec's error on as it is.
fn known(who: &str) -> Answer<&str> {
    if address::decode(who).is_none() {
        return unknown("decoding bech32 failed: invalid address");
    }
    Ok(who)
}

fn coins(list: &[(String, u128)]) -> Vec<Value> {
    list.iter()
        .map(|(denom, amount)| out::coin(denom, *amount))
        .collect()
}

fn base_account(who: &str, account: &Account) -> Value {
    let key = account
        .public_key
        .as_ref()
        .map(|key| json!({"@type": "/cosmos.crypto.secp256k1.PubKey", "key": out::base64(key)}));
    json!({
        "address": who,
        "pub_key": key,
        "account_number": out::u64s(account.number),
        "sequence": out::u64s(account.sequence),
    })
}

fn full_account(who: &str, account: &Account) -> Value {
    let mut base = base_account(who, account);
    match (account.module, &account.vesting) {
        (None, None) => {
            base["@type"] = "/cosmos.auth.v1beta1.BaseAccount".into();
            base
        }
        (None, Some(vesting)) => vesting_account(&base, vesting),
        (Some(name), _) => json!({
            "@type": "/cosmos.auth.v1beta1.ModuleAccount",
            "base_account": base,
            "name": name,
            "permissions": [],
        }),
    }
}

fn vesting_account(base: &Value, vesting: &Vesting) -> Value {
    let mut account = json!({
        "base_vesting_account": {
            "base_account": base,
            "original_vesting": coins(&vesting.original),
            "delegated_free": [],
            "delegated_vesting": [],
            "end_time": vesting.end_s.to_string(),
        },
    });
    let name = match &vesting.kind {
        VestingKind::Continuous { start_s } => {
            account["start_time"] = start_s.to_string().into();
            "ContinuousVestingAccount"
        }
        VestingKind::Delayed => "DelayedVestingAccount",
        VestingKind::Periodic { start_s, periods } => {
            account["start_time"] = start_s.to_string().into();
            let print = |(length, amount): &(i64, Vec<(String, u128)>)| json!({"length": length.to_string(), "amount": coins(amount)});
            account["vesting_periods"] = periods.iter().map(print).collect();
            "PeriodicVestingAccount"
        }
        VestingKind::PermanentLocked => "PermanentLockedAccount",
    };
    account["@type"] = format!("/cosmos.vesting.v1beta1.{name}").into();
    account
}

fn limits(map: &BTreeMap<String, u128>) -> Value {
    map.iter()
        .map(|(denom, amount)| out::coin(denom, *amount))
        .collect()
}

pub(crate) fn print_authorization(grant: &DepositGrant) -> Value {
    let scope = |s: &i32| match s {
        1 => "deployment",
        2 => "bid",
        _ => "invalid",
    };
    json!({
        "@type": "/akash.escrow.v1.DepositAuthorization",
        "spend_limit": out::coin("uakt", 0),
        "scopes": grant.scopes.iter().map(scope).collect::<Value>(),
        "spend_limits": limits(&grant.limits),
    })
}

fn print_grant(grant: &DepositGrant) -> Value {
    json!({
        "authorization": print_authorization(grant),
        "expiration": out::time(grant.expires_ns),
    })
}

/// An allowance inside its envelope.
pub(crate) fn print_fee_allowance(allowance: &Allowance) -> Value {
    let basic = json!({
        "@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
        "spend_limit": allowance.limit.as_ref().map_or(json!([]), limits),
        "expiration": out::time(allowance.expires_ns),
    });
    match &allowance.allowed {
        None => basic,
        Some(urls) => json!({
            "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
            "allowance": basic,
            "allowed_messages": urls,
        }),
    }
}

fn print_allowance(granter: &str, grantee: &str, allowance: &Allowance) -> Value {
    json!({
        "granter": granter,
        "grantee": grantee,
        "allowance": print_fee_allowance(allowance),
    })
}

fn tx(view: &View<'_>, found: &Included) -> Value {
    let tx = tx_json::tx(&found.tx);
    let mut wrapped = tx.clone();
    wrapped["@type"] = "/cosmos.tx.v1beta1.Tx".into();
    let failure = found.failure.as_ref();
    json!({
        "tx": tx,
        "tx_response": {
            "height": out::u64s(found.height),
            "txhash": found.tx.hash,
            "codespace": failure.map_or("", |f| f.codespace),
            "code": failure.map_or(0, |f| f.code),
            "data": hex::encode_upper(&found.data),
            "raw_log": failure.map_or("", |f| f.log.as_str()),
            "logs": [],
            "info": "",
            "gas_wanted": out::u64s(found.gas_wanted),
            "gas_used": out::u64s(found.gas_used),
            "tx": wrapped,
            "timestamp": out::time(view.chain.time_at(found.height)),
            "events": tx_json::events(found),
        },
    })
}

/// A question to the stores, straight to the application.
fn store_query(view: &View<'_>, url: &Url) -> Answer<Value> {
    let path = url.get("path");
    if path.is_empty() {
        return invalid("empty query path");
    }
    let root = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    if !["app", "store", "p2p", "custom"].contains(&root) {
        return invalid(&format!("unsupported ABCI query path: {path}"));
    }
    let Ok(data) = STANDARD.decode(url.get("data")) else {
        return invalid("type mismatch, parameter: data");
    };
    let query = query::Query {
        path,
        data,
        height: number(url.get("height"))?,
        prove: url.get("prove") == "true",
    };
    Ok(query::answer(view.chain, view.tip, view.oldest, &query).rest())
}

fn tendermint(view: &View<'_>, url: &Url, path: &[&str]) -> Answer<Value> {
    match path {
        ["abci_query"] => store_query(view, url),
        ["validatorsets", height] => {
            let height = number(if *height == "latest" { "" } else { height })?;
            validator_set(view, if height == 0 { view.tip } else { height })
        }
        ["blocks", "latest"] => Ok(block(view, view.tip).unwrap_or_default()),
        ["blocks", height] => {
            let height: u64 = number(height)?;
            if height == 0 {
                return unknown("height must be greater than 0");
            }
            if height > view.tip {
                return invalid("requested block height is bigger then the chain length");
            }
            match block(view, height).filter(|_| height >= view.base) {
                Some(block) => Ok(block),
                None => unknown(format!("height {height} is not available")),
            }
        }
        ["syncing"] => Ok(json!({"syncing": false})),
        ["node_info"] => Ok(json!({
            "default_node_info": {
                "protocol_version": {"p2p": "8", "block": "11", "app": "0"},
                "default_node_id": "0000000000000000000000000000000000000000",
                "listen_addr": "tcp://0.0.0.0:26656",
                "network": view.chain.rules().chain_id,
                "version": "0.38.21",
                "channels": "QCAhIiMwOGBhAA==",
                "moniker": "stand-in",
                "other": {"tx_index": "on", "rpc_address": "tcp://0.0.0.0:26657"},
            },
            "application_version": {
                "name": "akash",
                "app_name": "akash",
                "version": "v2.1.1",
                "git_commit": "",
                "build_tags": "",
                "go_version": "",
                "build_deps": [],
                "cosmos_sdk_version": "v0.53.7",
            },
        })),
        _ => no_such_route(),
    }
}

fn validator_set(view: &View<'_>, height: u64) -> Answer<Value> {
    if height > view.tip || height < view.base {
        return invalid("requested block height is not available");
    }
    let print = |v: &crate::consensus::Validator| {
        json!({
            "address": address::encode_as("akashvalcons", &v.address),
            "pub_key": {
                "@type": "/cosmos.crypto.ed25519.PubKey",
                "key": out::base64(&v.public_key()),
            },
            "voting_power": out::u64s(v.power),
            "proposer_priority": "0",
        })
    };
    let list = view.chain.validators_at(height).list();
    Ok(json!({
        "block_height": out::u64s(height),
        "validators": list.iter().map(print).collect::<Value>(),
        "pagination": {"next_key": null, "total": list.len().to_string()},
    }))
}

/// A block, in both of the forms that the route repeats.
fn block(view: &View<'_>, height: u64) -> Option<Value> {
    let chain = view.chain;
    let header = chain.header(height)?;
    let block_id = |id: Option<&BlockId>| {
        let hash = |f: fn(&BlockId) -> Hash| id.map(|i| out::base64(&f(i))).unwrap_or_default();
        let parts = json!({"total": id.map_or(0, |i| i.total), "hash": hash(|i| i.parts)});
        json!({"hash": hash(|i| i.hash), "part_set_header": parts})
    };
    let signature = |sig: &CommitSig| {
        let flag = match sig.vote {
            Vote::Absent => "BLOCK_ID_FLAG_ABSENT",
            Vote::Block => "BLOCK_ID_FLAG_COMMIT",
            Vote::Nil => "BLOCK_ID_FLAG_NIL",
        };
        let line = sig.json();
        let absent = sig.vote == Vote::Absent;
        json!({
            "block_id_flag": flag,
            "validator_address":
                if absent { String::new() } else { out::base64(&sig.address) },
            "timestamp": line["timestamp"],
            "signature": line["signature"],
        })
    };
    let commit = height
        .checked_sub(1)
        .and_then(|h| chain.commit(h))
        .map(|(commit, _)| commit);
    let lines = commit.iter().flat_map(|c| &c.signatures).map(signature);
    let last_commit = json!({
        "height": out::u64s(commit.as_ref().map_or(0, |c| c.height)),
        "round": commit.as_ref().map_or(0, |c| c.round),
        "block_id": block_id(commit.as_ref().map(|c| &c.block_id)),
        "signatures": lines.collect::<Value>(),
    });
    let txs = chain
        .block_txs(height)
        .iter()
        .map(|t| out::base64(&t.tx.bytes));
    let inner = |proposer: Value| {
        json!({
            "header": {
                "version": {"block": out::u64s(BLOCK_PROTOCOL), "app": out::u64s(header.app_version)},
                "chain_id": header.chain_id,
                "height": out::u64s(height),
                "time": rfc3339(header.time_ns),
                "last_block_id": block_id(header.last_block_id.as_ref()),
                "last_commit_hash": out::base64(&header.last_commit_hash),
                "data_hash": out::base64(&header.data_hash),
                "validators_hash": out::base64(&header.validators_hash),
                "next_validators_hash": out::base64(&header.next_validators_hash),
                "consensus_hash": out::base64(&header.consensus_hash),
                "app_hash": out::base64(&header.app_hash),
                "last_results_hash": out::base64(&header.last_results_hash),
                "evidence_hash": out::base64(&header.evidence_hash),
                "proposer_address": proposer,
            },
            "data": {"txs": txs.clone().collect::<Value>()},
            "evidence": {"evidence": []},
            "last_commit": last_commit,
        })
    };
    // The second form prints the proposer as an address of the SDK.
    let proposer = address::encode_as("akashvalcons", &header.proposer);
    Some(json!({
        "block_id": block_id(Some(&chain.block_id(height)?)),
        "block": inner(out::base64(&header.proposer).into()),
        "sdk_block": inner(proposer.into()),
    }))
}
