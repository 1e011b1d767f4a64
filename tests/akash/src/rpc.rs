//! The CometBFT door of a node: the methods that wallets and gateways use.

use crate::address;
use crate::chain::blocks::{Chain, Included};
use crate::chain::failure::{Failure, code};
use crate::http::{Request, Response, Url, rfc3339};
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

/// Takes a request apart and answers reads on a node that is at `tip`.
pub(crate) fn call(chain: &Chain, tip: u64, request: &Request, url: &Url) -> Call {
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
        _ => Call::Answered(match read(chain, tip, &method, param, posted) {
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
    chain: &Chain,
    tip: u64,
    method: &str,
    param: impl Fn(&str) -> &'a str,
    posted: bool,
) -> Option<Result<Value, String>> {
    let height = || -> Result<u64, String> {
        let text = param("height");
        let height = if text.is_empty() {
            Ok(tip)
        } else {
            text.parse()
        };
        let height = height.map_err(|_| "invalid height".to_owned())?;
        if height == 0 || height > tip {
            return Err(format!(
                "height {height} must be less than or equal to the current blockchain height {tip}"
            ));
        }
        Ok(height)
    };
    Some(match method {
        "health" => Ok(json!({})),
        "status" => Ok(status(chain, tip)),
        "block" => height().map(|h| block(chain, h)),
        "block_results" => height().map(|h| {
            let results = chain.block_txs(h).iter().map(result).collect::<Value>();
            json!({"height": h.to_string(), "txs_results": results, "finalize_block_events": []})
        }),
        "tx" => {
            let hash = bytes(param("hash"), posted).unwrap_or_default();
            let hash = hex::encode_upper(hash);
            match chain.tx(&hash).filter(|t| t.height <= tip) {
                Some(found) => Ok(json!({
                    "hash": hash,
                    "height": found.height.to_string(),
                    "index": found.index,
                    "tx_result": result(found),
                    "tx": base64(&found.tx.bytes),
                })),
                None => Err(format!("tx ({hash}) not found")),
            }
        }
        "abci_info" => Ok(json!({"response": {
            "data": "akash",
            "version": "v2.1.1",
            "last_block_height": tip.to_string(),
            "last_block_app_hash": base64(&chain.block_hash(tip)),
        }})),
        _ => return None,
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

fn status(chain: &Chain, tip: u64) -> Value {
    let earliest = chain.first_height();
    let hash = |height: u64| hex::encode_upper(chain.block_hash(height));
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
            "latest_app_hash": hash(tip.saturating_sub(1)),
            "latest_block_height": tip.to_string(),
            "latest_block_time": time(chain, tip),
            "earliest_block_hash": hash(earliest),
            "earliest_app_hash": hash(earliest),
            "earliest_block_height": earliest.to_string(),
            "earliest_block_time": time(chain, earliest),
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

fn block(chain: &Chain, height: u64) -> Value {
    let hash = |height: u64| hex::encode_upper(chain.block_hash(height));
    let (this, last) = (hash(height), hash(height.saturating_sub(1)));
    let id = |hash: &str| json!({"hash": hash, "parts": {"total": 1, "hash": hash}});
    let when = time(chain, height);
    let signatures = (0..crate::rest::cosmos::VALIDATORS).map(|i| {
        let seed = address::sha256(format!("validator {i} at {height}").as_bytes());
        json!({
            "block_id_flag": 2,
            "validator_address": hex::encode_upper(&seed[..20]),
            "timestamp": when,
            "signature": base64(&[seed, seed].concat()),
        })
    });
    let txs = chain.block_txs(height).iter().map(|t| base64(&t.tx.bytes));
    json!({
        "block_id": id(&this),
        "block": {
            "header": {
                "version": {"block": "11"},
                "chain_id": chain.rules().chain_id,
                "height": height.to_string(),
                "time": when,
                "last_block_id": id(&last),
                "last_commit_hash": last,
                "data_hash": this,
                "validators_hash": this,
                "next_validators_hash": this,
                "consensus_hash": this,
                "app_hash": last,
                "last_results_hash": last,
                "evidence_hash": this,
                "proposer_address": this[..40],
            },
            "data": {"txs": txs.collect::<Value>()},
            "evidence": {"evidence": []},
            "last_commit": {
                "height": height.saturating_sub(1).to_string(),
                "round": 0,
                "block_id": id(&last),
                "signatures": signatures.collect::<Value>(),
            },
        },
    })
}
