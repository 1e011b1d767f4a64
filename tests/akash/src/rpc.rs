//! The CometBFT door of a node: the methods that wallets and gateways use.

use crate::address;
use crate::chain::blocks::{Chain, Included};
use crate::chain::failure::{Failure, code};
use crate::consensus::{Commit, Header, MAX_BYTES, MAX_GAS, block_id_json, merkle};
use crate::endpoints::Node;
use crate::http::{Request, Response, Url, rfc3339};
use crate::query;
use crate::rest::json::base64;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a method asks of the endpoint.
pub(crate) enum Call {
    /// A read, already answered.
    Answered(Response),
    /// Bytes to be broadcast; the answer is made by [`broadcast_reply`].
    Broadcast { id: Value, bytes: Vec<u8> },
}

/// Takes a request apart and answers reads.
pub(crate) fn call(node: &Node<'_>, request: &Request, url: &Url) -> Call {
    let (id, method, params) = if request.method == "POST" {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return Call::Answered(error(&Value::Null, -32700, "Parse error", ""));
        };
        let mut params = BTreeMap::new();
        if let Some(object) = body["params"].as_object() {
            for (name, value) in object {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                params.insert(name.clone(), text);
            }
        }
        (
            body["id"].clone(),
            body["method"].as_str().unwrap_or_default().to_owned(),
            params,
        )
    } else {
        let quoted = |v: &String| v.trim_matches('"').to_owned();
        let params = url
            .query
            .iter()
            .map(|(k, v)| (k.clone(), quoted(v)))
            .collect();
        (json!(-1), url.segments().join("/"), params)
    };
    let param = |name: &str| params.get(name).map_or("", String::as_str);
    let posted = request.method == "POST";
    match method.as_str() {
        "broadcast_tx_sync" | "broadcast_tx_async" => match bytes(param("tx"), posted) {
            Some(bytes) => Call::Broadcast { id, bytes },
            None => Call::Answered(error(&id, -32602, "Invalid params", "cannot decode tx")),
        },
        _ => Call::Answered(match read(node, &method, param, posted) {
            Some(Ok(result)) => success(&id, &result),
            Some(Err(data)) => error(&id, -32603, "Internal error", &data),
            None => error(&id, -32601, "Method not found", ""),
        }),
    }
}

/// The answer to a broadcast.
pub(crate) fn broadcast_reply(
    id: &Value,
    bytes: &[u8],
    outcome: &Result<String, Failure>,
) -> Response {
    let hash = hex::encode_upper(address::sha256(bytes));
    let (space, number, log) = match outcome {
        Ok(_) => ("", 0, ""),
        Err(f) if f.code == code::IN_MEMPOOL_CACHE => {
            return error(id, -32603, "Internal error", "tx already exists in cache");
        }
        Err(f) => (f.codespace, f.code, f.log.as_str()),
    };
    let result = json!({"code": number, "data": "", "log": log, "codespace": space, "hash": hash});
    success(id, &result)
}

fn success(id: &Value, result: &Value) -> Response {
    Response::json(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// Body of a successful answer to a `GET`.
pub(crate) fn body(result: &Value) -> Vec<u8> {
    success(&json!(-1), result).body
}

fn error(id: &Value, number: i32, message: &str, data: &str) -> Response {
    let error = json!({"code": number, "message": message, "data": data});
    Response::json(500, &json!({"jsonrpc": "2.0", "id": id, "error": error}))
}

/// Bytes of a parameter: base64 in JSON, `0x` and hexadecimal or a quoted string in an address.
fn bytes(text: &str, posted: bool) -> Option<Vec<u8>> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).ok(),
        None if posted => STANDARD.decode(text).ok(),
        None => Some(text.as_bytes().to_vec()),
    }
}

fn read<'a>(
    node: &Node<'_>,
    method: &str,
    param: impl Fn(&str) -> &'a str,
    posted: bool,
) -> Option<Result<Value, String>> {
    let (chain, tip) = (node.chain, node.tip);
    let height = |latest: u64| -> Result<u64, String> {
        let text = param("height");
        if text.is_empty() {
            return Ok(latest);
        }
        let height: u64 = text.parse().map_err(|_| "invalid height".to_owned())?;
        if height == 0 {
            return Err("height must be greater than 0, but got 0".into());
        }
        if height > latest {
            return Err(format!(
                "height {height} must be less than or equal to the current blockchain height \
                 {latest}"
            ));
        }
        if height < node.base {
            let base = node.base;
            return Err(format!(
                "height {height} is not available, lowest height is {base}"
            ));
        }
        Ok(height)
    };
    Some(match method {
        "health" => Ok(json!({})),
        "status" => Ok(status(chain, tip, node.base)),
        "block" => height(tip).map(|h| block(chain, h).unwrap_or_default()),
        "header" => {
            height(tip).map(|h| json!({"header": chain.header(h).map(|header| header.json())}))
        }
        "commit" => height(tip).map(|h| commit_at(chain, tip, h).unwrap_or_default()),
        "validators" => height(tip + 1).and_then(|h| {
            chain
                .validators_at(h)
                .page(h, param("page"), param("per_page"))
        }),
        "abci_query" => store_query(node, &param).map(|answer| answer.rpc()),
        "block_results" => height(tip).map(|h| {
            let results = chain.block_txs(h).iter().map(result).collect::<Value>();
            let app_hash = chain.app_hash_after(h).unwrap_or_default();
            json!({
                "height": h.to_string(),
                "txs_results": results,
                "finalize_block_events": [],
                "validator_updates": null,
                "consensus_param_updates": null,
                "app_hash": base64(&app_hash),
            })
        }),
        "tx" => {
            let hash = bytes(param("hash"), posted).unwrap_or_default();
            let hash = hex::encode_upper(hash);
            match chain.tx(&hash).filter(|t| t.height <= tip) {
                Some(found) => Ok(tx(chain, found, param("prove") == "true")),
                None => Err(format!("tx ({hash}) not found")),
            }
        }
        "tx_search" => search(chain, tip, param("query")).map(|found| {
            let prove = param("prove") == "true";
            let per_page = match param("per_page").parse().unwrap_or(0) {
                0 => 30,
                n => usize::min(n, 100),
            };
            let skip = param("page")
                .parse::<usize>()
                .unwrap_or(1)
                .saturating_sub(1)
                * per_page;
            let shown = found.iter().skip(skip).take(per_page);
            json!({
                "txs": shown.map(|t| tx(chain, t, prove)).collect::<Value>(),
                "total_count": found.len().to_string(),
            })
        }),
        "consensus_params" => height(tip + 1).map(consensus_params),
        "abci_info" => Ok(json!({"response": {
            "data": "akash",
            "version": "v2.1.1",
            "last_block_height": tip.to_string(),
            "last_block_app_hash": base64(&chain.app_hash_after(tip).unwrap_or_default()),
        }})),
        _ => return None,
    })
}

/// A question to the stores. **Errors** a parameter that is none.
fn store_query<'a>(
    node: &Node<'_>,
    param: &impl Fn(&str) -> &'a str,
) -> Result<query::Answer, String> {
    let data = param("data");
    let data = hex::decode(data.strip_prefix("0x").unwrap_or(data)).map_err(|e| e.to_string())?;
    let height = match param("height") {
        "" => 0,
        text => text.parse().map_err(|_| "invalid height".to_owned())?,
    };
    let prove = param("prove") == "true";
    let query = query::Query {
        path: param("path"),
        data,
        height,
        prove,
    };
    Ok(query::answer(
        node.chain,
        node.tip,
        node.oldest_state,
        &query,
    ))
}

/// Finds transactions, the oldest first. Serves conditions of the forms `tx.height=1`, `>=` and
/// `<=`, and `type.attribute='text'`, joined by `AND`. **Errors** any other question.
pub(crate) fn search<'a>(
    chain: &'a Chain,
    tip: u64,
    query: &str,
) -> Result<Vec<&'a Included>, String> {
    let unknown = || format!("failed to parse query: {query}");
    let mut found: Vec<&Included> = chain.txs().iter().filter(|t| t.height <= tip).collect();
    for condition in query.split(" AND ").map(str::trim) {
        if let Some(rest) = condition.strip_prefix("tx.height") {
            let rest = rest.trim_start();
            let (order, number) =
                rest.split_at(rest.len() - rest.trim_start_matches(['<', '>', '=']).len());
            let height: u64 = number.trim().parse().map_err(|_| unknown())?;
            match order {
                "=" => found.retain(|t| t.height == height),
                ">=" => found.retain(|t| t.height >= height),
                "<=" => found.retain(|t| t.height <= height),
                _ => return Err(unknown()),
            }
            continue;
        }
        let (name, text) = condition.split_once('=').ok_or_else(unknown)?;
        let (kind, key) = name.trim().rsplit_once('.').ok_or_else(unknown)?;
        let text = text.trim().trim_matches('\'');
        found.retain(|t| {
            let events = crate::tx_json::events(t);
            let mut events = events.as_array().into_iter().flatten();
            events.any(|e| {
                let mut attributes = e["attributes"].as_array().into_iter().flatten();
                e["type"] == kind && attributes.any(|a| a["key"] == key && a["value"] == text)
            })
        });
    }
    Ok(found)
}

fn tx(chain: &Chain, found: &Included, prove: bool) -> Value {
    let mut value = json!({
        "hash": found.tx.hash,
        "height": found.height.to_string(),
        "index": found.index,
        "tx_result": result(found),
        "tx": base64(&found.tx.bytes),
    });
    if prove {
        let hash = |t: &Included| merkle::leaf(&address::sha256(&t.tx.bytes));
        let leaves: Vec<_> = chain.block_txs(found.height).iter().map(hash).collect();
        let index = usize::try_from(found.index).expect("an index");
        let aunts = merkle::path(&leaves, index);
        value["proof"] = json!({
            "root_hash": hex::encode_upper(merkle::of_hashes(&leaves)),
            "data": base64(&found.tx.bytes),
            "proof": {
                "total": leaves.len().to_string(),
                "index": index.to_string(),
                "leaf_hash": base64(&leaves[index]),
                "aunts": aunts.iter().map(|(_, hash)| base64(hash)).collect::<Value>(),
            },
        });
    }
    value
}

fn consensus_params(height: u64) -> Value {
    json!({
        "block_height": height.to_string(),
        "consensus_params": {
            "block": {"max_bytes": MAX_BYTES.to_string(), "max_gas": MAX_GAS.to_string()},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {},
            "abci": {"vote_extensions_enable_height": "0"},
        },
    })
}

fn result(found: &Included) -> Value {
    let failure = found.failure.as_ref();
    json!({
        "code": failure.map_or(0, |f| f.code),
        "data": base64(&found.data),
        "log": failure.map_or("", |f| f.log.as_str()),
        "info": "",
        "gas_wanted": found.gas_wanted.to_string(),
        "gas_used": found.gas_used.to_string(),
        "events": crate::tx_json::events(found),
        "codespace": failure.map_or("", |f| f.codespace),
    })
}

fn time(chain: &Chain, height: u64) -> String {
    chain.time_at(height).map(rfc3339).unwrap_or_default()
}

fn status(chain: &Chain, tip: u64, base: u64) -> Value {
    let hash = |height: u64| hex::encode_upper(chain.block_hash(height));
    let app_hash = |height: u64| {
        chain
            .header(height)
            .map(|h| hex::encode_upper(h.app_hash))
            .unwrap_or_default()
    };
    let id = hex::encode(&address::sha256(b"node")[..20]);
    json!({
        "node_info": {
            "protocol_version": {"p2p": "8", "block": "11", "app": "0"},
            "id": id,
            "listen_addr": "tcp://0.0.0.0:26656",
            "network": chain.rules().chain_id,
            "version": "0.38.21",
            "channels": "40202122233038606100",
            "moniker": "stand-in",
            "other": {"tx_index": "on", "rpc_address": "tcp://0.0.0.0:26657"},
        },
        "sync_info": {
            "latest_block_hash": hash(tip),
            "latest_app_hash": app_hash(tip),
            "latest_block_height": tip.to_string(),
            "latest_block_time": time(chain, tip),
            "earliest_block_hash": hash(base),
            "earliest_app_hash": app_hash(base),
            "earliest_block_height": base.to_string(),
            "earliest_block_time": time(chain, base),
            "catching_up": false,
        },
        "validator_info": {
            "address": id.to_uppercase(),
            "pub_key": {
                "type": "tendermint/PubKeyEd25519",
                "value": base64(&address::sha256(b"validator")),
            },
            "voting_power": "0",
        },
    })
}

/// `/commit`. What the last block's votes are is not settled yet.
pub(crate) fn commit(header: &Header, commit: &Commit, canonical: bool) -> Value {
    json!({
        "signed_header": {"header": header.json(), "commit": commit.json()},
        "canonical": canonical,
    })
}

/// The votes for a block at a node whose last block is `tip`.
fn commit_at(chain: &Chain, tip: u64, height: u64) -> Option<Value> {
    let (votes, canonical) = chain.commit(height)?;
    Some(commit(
        &chain.header(height)?,
        &votes,
        canonical && height < tip,
    ))
}

fn block(chain: &Chain, height: u64) -> Option<Value> {
    let txs = chain.block_txs(height).iter().map(|t| base64(&t.tx.bytes));
    let last_commit = match height.checked_sub(1).and_then(|h| chain.commit(h)) {
        Some((commit, _)) => commit.json(),
        // Before the first block that this network remembers.
        None => json!({
            "height": "0",
            "round": 0,
            "block_id": block_id_json(None),
            "signatures": [],
        }),
    };
    Some(json!({
        "block_id": block_id_json(Some(&chain.block_id(height)?)),
        "block": {
            "header": chain.header(height)?.json(),
            "data": {"txs": txs.collect::<Value>()},
            "evidence": {"evidence": []},
            "last_commit": last_commit,
        },
    }))
}
