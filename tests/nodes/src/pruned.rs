//! What a node says of states that it has dropped.

use crate::actor::Actor;
use crate::cases::Row;
use crate::http::get;
use crate::node::{Kind, Node, Settings};
use crate::world::genesis;
use anyhow::Result;
use orchestrator::akash::ids::UAKT;
use orchestrator::akash::read::balance_request;
use std::path::Path;
use std::time::Duration;

/// States and blocks that the node keeps.
const KEEPS: u64 = 12;

/// Starts a node that drops its past, and asks it for some.
pub fn run(program: &Path) -> Result<Vec<Row>> {
    let reader = Actor::new("reader");
    let settings = Settings {
        block: Duration::from_millis(50),
        keep: Some(KEEPS),
    };
    let mut genesis = genesis(std::slice::from_ref(&reader));
    genesis.evidence_blocks = Some(KEEPS);
    let mut node = Node::start(Kind::Cosmos, program, &genesis, &settings)?;
    node.wait_for_height(4 * KEEPS)?;
    let newest = node.tip()?.height;
    let mut rows = Vec::new();
    let mut row = |desc: &str, expected: &str, got: String| {
        rows.push(Row {
            desc: desc.into(),
            expected: expected.into(),
            got,
        });
    };
    for (desc, height, expected) in [
        ("a state that is dropped", 3, "500 2"),
        ("a state that is kept", newest - 4, "200"),
    ] {
        let mut request = balance_request(node.rest(), &reader.address, UAKT);
        request
            .headers
            .push(("x-cosmos-block-height".into(), height.to_string()));
        let response = node.client().send(&request)?;
        row(
            &format!("pruned: REST, {desc}"),
            expected,
            shown(response.status, &response.body),
        );
    }
    for (desc, url, expected) in [
        (
            "a block that is dropped",
            format!("{}/cosmos/base/tendermint/v1beta1/blocks/3", node.rest()),
            "500 2",
        ),
        (
            "a commit that is dropped",
            format!("{}/commit?height=3", node.rpc()),
            "500 -32603",
        ),
        (
            "validators of a block that is dropped",
            format!("{}/validators?height=3", node.rpc()),
            "500 -32603",
        ),
        (
            "a proof of a state that is dropped",
            format!(
                "{}/abci_query?path=%22/store/bank/key%22&data=0x00&height=3&prove=true",
                node.rpc()
            ),
            "200 store 7",
        ),
        (
            "a proof of a state that is ahead",
            format!(
                "{}/abci_query?path=%22/store/bank/key%22&data=0x00&height={}&prove=true",
                node.rpc(),
                newest + 1_000
            ),
            "200 store 7",
        ),
    ] {
        let response = node.client().send(&get(&url))?;
        row(
            &format!("pruned: {desc}"),
            expected,
            shown(response.status, &response.body),
        );
    }
    Ok(rows)
}

/// Status with the code of REST, of JSON-RPC or of the application.
fn shown(status: u16, body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(code) = body.pointer("/error/code").or(body.pointer("/code")) {
        return format!("{status} {code}");
    }
    match body.pointer("/result/response") {
        Some(response) if response["code"] != 0 => {
            let space = response["codespace"].as_str().unwrap_or_default();
            format!("{status} {space} {}", response["code"])
        }
        _ => status.to_string(),
    }
}
