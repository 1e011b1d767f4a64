//! Questions to the stores, with and without proof, as the application of a node answers them.
//!
//! **Source** SDK 0.53, `baseapp/abci.go`; `cosmossdk.io/store`, `rootmulti` and `iavl`.

use crate::chain::blocks::Chain;
use crate::rest::json::base64;
use crate::store::Stores;
use prost::Message as _;
use serde_json::{Value, json};

/// What is asked.
pub(crate) struct Query<'a> {
    /// `/store/<name>/key`.
    pub(crate) path: &'a str,
    /// The key.
    pub(crate) data: Vec<u8>,
    /// 0 is the last block.
    pub(crate) height: u64,
    pub(crate) prove: bool,
}

/// `ResponseQuery`.
#[derive(Default)]
pub(crate) struct Answer {
    code: u32,
    codespace: &'static str,
    log: String,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    height: u64,
    /// Type, key, proof.
    ops: Vec<(&'static str, Vec<u8>, Vec<u8>)>,
}

/// `sdk` codes of the store.
const TX_DECODE: u32 = 2;
const UNKNOWN_REQUEST: u32 = 6;
const INVALID_REQUEST: u32 = 18;

fn refuse(code: u32, log: impl Into<String>) -> Answer {
    Answer {
        code,
        codespace: "sdk",
        log: log.into(),
        ..Answer::default()
    }
}

/// Answers at a node that is at `tip` and keeps the trees from `oldest` on.
pub(crate) fn answer(chain: &Chain, tip: u64, oldest: u64, query: &Query<'_>) -> Answer {
    let height = if query.height == 0 { tip } else { query.height };
    let path: Vec<&str> = query.path.trim_start_matches('/').splitn(3, '/').collect();
    if path.first() != Some(&"store") {
        return refuse(UNKNOWN_REQUEST, "unknown query path: unknown request");
    }
    if height <= 1 && query.prove {
        return refuse(
            INVALID_REQUEST,
            "cannot query with proof when height <= 1; please provide a valid height: invalid \
             request",
        );
    }
    let kept = (oldest..=tip).contains(&height);
    let stores = kept.then(|| chain.stores_at(height)).flatten();
    let store = path.get(1).copied().unwrap_or_default();
    // Which stores there are is known at the tip, whatever the height.
    if !chain.stores_at(tip).is_some_and(|s| s.has(store)) {
        return refuse(
            UNKNOWN_REQUEST,
            format!("no such store: {store}: unknown request"),
        );
    }
    if query.data.is_empty() {
        return refuse(TX_DECODE, "query cannot be zero length: tx parse error");
    }
    if path.get(2) != Some(&"key") {
        return refuse(UNKNOWN_REQUEST, "unexpected query path: unknown request");
    }
    let Some(stores) = stores.filter(|s| s.has(store)) else {
        if query.prove {
            return refuse(
                INVALID_REQUEST,
                "proof is unexpectedly empty; ensure height has not been pruned: invalid request",
            );
        }
        let log = "version does not exist".into();
        return Answer {
            log,
            key: query.data.clone(),
            height,
            ..Answer::default()
        };
    };
    found(&stores, store, query, height)
}

/// Answers from given trees, whatever chain they belong to.
pub(crate) fn found(stores: &Stores, store: &str, query: &Query<'_>, height: u64) -> Answer {
    let Some((value, iavl, simple)) = stores.prove(store, &query.data) else {
        return refuse(
            UNKNOWN_REQUEST,
            format!("no such store: {store}: unknown request"),
        );
    };
    let ops = if query.prove {
        vec![
            ("ics23:iavl", query.data.clone(), iavl.encode_to_vec()),
            (
                "ics23:simple",
                store.as_bytes().to_vec(),
                simple.encode_to_vec(),
            ),
        ]
    } else {
        Vec::new()
    };
    Answer {
        key: query.data.clone(),
        value,
        height,
        ops,
        ..Answer::default()
    }
}

impl Answer {
    /// `jsonpb` prints what is not there as null.
    fn json(&self, ops_name: &str) -> Value {
        let bytes = |b: &[u8]| {
            if b.is_empty() {
                Value::Null
            } else {
                base64(b).into()
            }
        };
        let op = |(kind, key, data): &(&str, Vec<u8>, Vec<u8>)| json!({"type": kind, "key": base64(key), "data": base64(data)});
        let ops = if self.ops.is_empty() {
            Value::Null
        } else {
            json!({"ops": self.ops.iter().map(op).collect::<Value>()})
        };
        json!({
            "code": self.code,
            "log": self.log,
            "info": "",
            "index": "0",
            "key": bytes(&self.key),
            "value": bytes(self.value.as_deref().unwrap_or_default()),
            ops_name: ops,
            "height": self.height.to_string(),
            "codespace": self.codespace,
        })
    }

    /// As the RPC prints it.
    pub(crate) fn rpc(&self) -> Value {
        json!({"response": self.json("proofOps")})
    }

    /// As grpc-gateway prints it.
    pub(crate) fn rest(&self) -> Value {
        self.json("proof_ops")
    }
}
