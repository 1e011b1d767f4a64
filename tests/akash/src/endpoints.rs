//! Public nodes, and how they fail.

use crate::chain::blocks::Chain;
use crate::chain::failure::{Failure, code};
use crate::http::{Request, Response, Url};
use crate::rest::{self, Status};
use crate::rpc;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How one node misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointFault {
    /// Not at all.
    #[default]
    None,
    /// Answers everything with an HTML page and status 500.
    Error500,
    /// Never answers, and passes nothing on.
    Timeout,
    /// Is some blocks behind; passes transactions on.
    Lagging {
        /// How many.
        blocks: u64,
    },
    /// Has forgotten all but its last blocks and states.
    Pruned {
        /// Blocks that it still has.
        blocks: u64,
        /// States that it still has, at most as many as the network keeps.
        states: u64,
    },
    /// Accepts transactions, says so, and never passes them on.
    LosesBroadcasts,
    /// Passes transactions on, but the answer is lost. Reads work.
    AcceptsWithoutReply,
    /// Answers reads with plausible falsehoods; drops transactions and says that it took them.
    Lies,
}

/// A node as a read sees it.
pub(crate) struct Node<'a> {
    pub(crate) chain: &'a Chain,
    /// Its last block.
    pub(crate) tip: u64,
    /// Its first block.
    pub(crate) base: u64,
    /// The first block after which it still has the state.
    pub(crate) oldest_state: u64,
}

/// What a failed connection looks like from outside.
pub(crate) type NoConnection = String;

/// Answers one request at a node.
pub(crate) fn serve(
    chain: &mut Chain,
    fault: EndpointFault,
    rest: bool,
    request: &Request,
    url: &Url,
) -> Result<Response, NoConnection> {
    match fault {
        EndpointFault::Timeout => return Err("timeout".into()),
        EndpointFault::Error500 => {
            let page = "<html><head><title>500 Internal Server Error</title></head></html>";
            return Ok(Response::text(500, page));
        }
        _ => {}
    }
    let tip = match fault {
        EndpointFault::Lagging { blocks } => chain
            .height()
            .saturating_sub(blocks)
            .max(chain.first_height()),
        _ => chain.height(),
    };
    let keeps = u64::try_from(chain.rules().keeps).expect("a count");
    let (blocks, states) = match fault {
        EndpointFault::Pruned { blocks, states } => (blocks.max(1), states.clamp(1, keeps)),
        _ => (u64::MAX, keeps),
    };
    let oldest = |kept: u64| {
        (chain.height() + 1)
            .saturating_sub(kept)
            .max(chain.first_height())
    };
    let (base, oldest_state) = (oldest(blocks), oldest(states));
    let broadcast = if rest {
        rest_broadcast(request, url)
    } else {
        None
    };
    if let Some(parsed) = broadcast {
        let bytes = match parsed {
            Ok(bytes) => bytes,
            Err(status) => return Ok(status.response()),
        };
        let outcome = submit(chain, fault, &bytes);
        if fault == EndpointFault::AcceptsWithoutReply {
            return Err("connection closed before message completed".into());
        }
        return Ok(rest_reply(&bytes, &outcome));
    }
    if rest && request.method == "POST" && url.path.last().is_some_and(|p| p == "simulate") {
        return Ok(simulate(chain, request));
    }
    if rest {
        let node = Node {
            chain,
            tip,
            base,
            oldest_state,
        };
        let response = rest::get(&node, request, url);
        return Ok(if fault == EndpointFault::Lies {
            lie(&response)
        } else {
            response
        });
    }
    let node = Node {
        chain,
        tip,
        base,
        oldest_state,
    };
    match rpc::call(&node, request, url) {
        rpc::Call::Answered(response) => Ok(if fault == EndpointFault::Lies {
            lie(&response)
        } else {
            response
        }),
        rpc::Call::Broadcast { id, bytes } => {
            let outcome = submit(chain, fault, &bytes);
            if fault == EndpointFault::AcceptsWithoutReply {
                return Err("connection closed before message completed".into());
            }
            Ok(rpc::broadcast_reply(&id, &bytes, &outcome))
        }
    }
}

fn submit(chain: &mut Chain, fault: EndpointFault, bytes: &[u8]) -> Result<String, Failure> {
    match fault {
        EndpointFault::LosesBroadcasts => chain.check_only_bytes(bytes),
        EndpointFault::Lies => Ok(hex::encode_upper(crate::address::sha256(bytes))),
        _ => chain.broadcast(bytes),
    }
}

/// The bytes of `POST /cosmos/tx/v1beta1/txs`; `None` for any other request.
fn rest_broadcast(request: &Request, url: &Url) -> Option<Result<Vec<u8>, Status>> {
    if request.method != "POST" || url.segments() != ["cosmos", "tx", "v1beta1", "txs"] {
        return None;
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let bytes = body["tx_bytes"]
        .as_str()
        .and_then(|t| STANDARD.decode(t).ok());
    let mode = body["mode"].as_str().unwrap_or_default();
    Some(match (bytes, mode) {
        (None, _) => rest::invalid("invalid empty tx"),
        (Some(bytes), "BROADCAST_MODE_SYNC" | "BROADCAST_MODE_ASYNC") => Ok(bytes),
        _ => Err(Status {
            code: 2,
            message: "unsupported return type ; supported types: sync, async".into(),
        }),
    })
}

/// `POST /cosmos/tx/v1beta1/simulate`.
fn simulate(chain: &Chain, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let bytes = STANDARD.decode(body["tx_bytes"].as_str().unwrap_or_default());
    match chain.simulate(&bytes.unwrap_or_default()) {
        Ok(used) => Response::json(
            200,
            &json!({
                "gas_info": {"gas_wanted": "0", "gas_used": used.to_string()},
                "result": null,
            }),
        ),
        Err(failure) => {
            let message = format!("{}: unknown request", failure.log);
            Status { code: 2, message }.response()
        }
    }
}

fn rest_reply(bytes: &[u8], outcome: &Result<String, Failure>) -> Response {
    let hash = hex::encode_upper(crate::address::sha256(bytes));
    let (space, number, log) = match outcome {
        Ok(_) => ("", 0, ""),
        Err(f) => (f.codespace, f.code, f.log.as_str()),
    };
    if number == 20 || number == code::TX_TOO_LARGE {
        let status = Status {
            code: 2,
            message: log.to_owned(),
        };
        return status.response();
    }
    Response::json(
        200,
        &json!({"tx_response": {
            "height": "0",
            "txhash": hash,
            "codespace": space,
            "code": number,
            "data": "",
            "raw_log": log,
            "logs": [],
            "info": "",
            "gas_wanted": "0",
            "gas_used": "0",
            "tx": null,
            "timestamp": "",
            "events": [],
        }}),
    )
}

/// Turns an answer into a plausible falsehood.
fn lie(response: &Response) -> Response {
    let mut value = response.value();
    twist(&mut value);
    Response {
        body: value.to_string().into_bytes(),
        ..response.clone()
    }
}

fn twist(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(twist),
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match (key.as_str(), inner.as_str()) {
                    ("state", Some("active" | "open")) => *inner = "closed".into(),
                    ("state", Some("closed")) => *inner = "active".into(),
                    ("amount", Some(text)) => *inner = format!("9{text}").into(),
                    ("account_number" | "sequence", Some(_)) => *inner = "77".into(),
                    ("app_hash", Some(text)) => {
                        *inner = hex::encode_upper(crate::address::sha256(text.as_bytes())).into();
                    }
                    ("host_uri", Some(_)) => *inner = "https://liar.akash.test:8443".into(),
                    ("code", None) if inner.is_number() => {
                        *inner = if inner.as_u64() == Some(0) {
                            5.into()
                        } else {
                            0.into()
                        };
                    }
                    _ => twist(inner),
                }
            }
        }
        _ => {}
    }
}
