//! Records what a real node says, as vectors for readers of headers and proofs.

use crate::actor::Actor;
use crate::genesis::{Account, Genesis, Vesting, module_address};
use crate::http::get;
use crate::node::{Kind, Node, Settings};
use crate::raw::{Raw, any};
use anyhow::{Context, Result, bail, ensure};
use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use cosmos_sdk_proto::cosmos::staking::v1beta1::MsgDelegate;
use orchestrator::akash::address;
use orchestrator::akash::read::{self, BroadcastReply, account_reply, account_request};
use orchestrator::akash::tx::SignedTx;
use serde_json::{Value, json};
use std::path::Path;
use std::time::SystemTime;

/// **Units** uakt. What each account of the vectors holds.
const HOLDS: u64 = 10_000_000;

/// **Units** uakt. What of it vests.
const VESTS: u64 = 8_000_000;

/// **Units** uakt. What a vesting account has delegated, which counts against what is locked.
const DELEGATED: u64 = 3_000_000;

/// A validator that is away is jailed after about so many blocks.
const JAIL_WINDOW: u64 = 24;

/// Runs a chain of four validators, three of which never sign, and writes into `folder`: commits and
/// validator sets before and after the three are jailed, and proofs at a height between.
pub fn record(program: &Path, folder: &Path) -> Result<()> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .context("a clock")?
        .as_secs();
    let (start_s, end_s) = (now - 1_000, now + 100_000);
    let payer = Actor::new("vectors payer");
    let vesting = |name: &str| Actor::new(&format!("vectors {name}"));
    let holder = |actor: &Actor| Account::new(&actor.address, &[("uakt", HOLDS), ("uact", 7)]);
    let periods = vec![
        (500, 1_000_000),
        (400, 2_000_000),
        (100_000, VESTS - 3_000_000),
    ];
    let kinds = [
        ("continuous", Vesting::Continuous { start_s, end_s }),
        ("delegated", Vesting::Continuous { start_s, end_s }),
        ("delayed", Vesting::Delayed { end_s }),
        ("matured", Vesting::Delayed { end_s: now - 1 }),
        ("periodic", Vesting::Periodic { start_s, periods }),
        ("permanent", Vesting::Permanent),
    ];
    let mut genesis = Genesis::new("cosmos-node-vectors");
    genesis.accounts.push(holder(&payer));
    genesis.accounts.push(holder(&vesting("silent")));
    for (name, kind) in &kinds {
        genesis
            .accounts
            .push(holder(&vesting(name)).vesting(VESTS, kind.clone()));
    }
    genesis.power = 100;
    genesis.absent = vec![15, 12, 10];
    genesis.jail_window = JAIL_WINDOW;
    let mut node = Node::start(Kind::Cosmos, program, &genesis, &Settings::default())?;
    let before = node.tip()?.height;
    ensure!(
        before + 8 < JAIL_WINDOW,
        "the machine is too slow: height {before} already"
    );
    transactions(&mut node, &payer, &vesting("delegated"))?;

    let proven = node.tip()?.height;
    node.wait_for_height(proven + 4)?;
    let mut writer = Writer {
        node: &node,
        folder,
        height: proven,
    };
    std::fs::create_dir_all(folder).context("cannot make the folder")?;
    let bank = |address: &str, denom: &str| {
        let raw = address::decode(address).expect("an account");
        [&[2, 20], &raw[..], denom.as_bytes()].concat()
    };
    let account = |address: &str| {
        let raw = address::decode(address).expect("an account");
        [&[1], &raw[..]].concat()
    };
    let nobody = Actor::new("vectors nobody").address;
    writer.proof(
        "balance",
        "bank",
        &bank(&payer.address, "uakt"),
        Some(&payer.address),
    )?;
    writer.proof(
        "balance-absent",
        "bank",
        &bank(&nobody, "uakt"),
        Some(&nobody),
    )?;
    writer.proof("supply", "bank", b"\x00uact", None)?;
    writer.proof("supply-absent", "bank", b"\x00uzzz", None)?;
    writer.proof(
        "account-signed",
        "acc",
        &account(&payer.address),
        Some(&payer.address),
    )?;
    let silent = vesting("silent").address;
    writer.proof("account-silent", "acc", &account(&silent), Some(&silent))?;
    writer.proof("account-absent", "acc", &account(&nobody), Some(&nobody))?;
    let module = module_address("distribution");
    writer.proof("account-module", "acc", &account(&module), Some(&module))?;
    for (name, _) in &kinds {
        let who = vesting(name).address;
        writer.proof(
            &format!("account-{name}"),
            "acc",
            &account(&who),
            Some(&who),
        )?;
        writer.proof(
            &format!("balance-{name}"),
            "bank",
            &bank(&who, "uakt"),
            Some(&who),
        )?;
    }
    // Key bytes at the edges of a tree: before its first and behind its last key.
    writer.proof("first-absent", "bank", &[0], None)?;
    writer.proof("last-absent", "bank", &[0xff; 8], None)?;
    let early = [proven, proven + 1, proven + 2];
    for (index, height) in (0..).zip(early) {
        writer.header(index, height)?;
    }

    let late = jailed(&mut node, proven)?;
    let writer = Writer {
        node: &node,
        folder,
        height: proven,
    };
    for (index, height) in (3..).zip([late, late + 1]) {
        writer.header(index, height)?;
    }
    writer.write("chain.json", &json!({
        "chain_id": genesis.chain_id,
        "program": "cosmos-node: Cosmos SDK v0.53.8, CometBFT v0.38.23",
        "proven_height": proven,
        "header_of_proofs": proven + 1,
        "headers": [early[0], early[1], early[2], late, late + 1],
        "powers_at_first": [genesis.power, genesis.absent[0], genesis.absent[1], genesis.absent[2]],
    }))
}

/// Some of everything: an ordered and an unordered transaction, and a delegation of coins that vest.
fn transactions(node: &mut Node, payer: &Actor, delegator: &Actor) -> Result<()> {
    let send = |amount: u64| {
        any(
            "/cosmos.bank.v1beta1.MsgSend",
            &MsgSend {
                from_address: payer.address.clone(),
                to_address: Actor::new("vectors friend").address,
                amount: vec![coin(amount)],
            },
        )
    };
    let operator = node.client().json(&format!(
        "{}/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED",
        node.rest()
    ))?;
    let operator = operator
        .pointer("/validators/0/operator_address")
        .and_then(Value::as_str)
        .context("no validator")?;
    let delegate = any(
        "/cosmos.staking.v1beta1.MsgDelegate",
        &MsgDelegate {
            delegator_address: delegator.address.clone(),
            validator_address: operator.into(),
            amount: Some(coin(DELEGATED)),
        },
    );
    let raw = |number: u64, sequence: u64| Raw {
        account_numbers: vec![number],
        sequences: vec![sequence],
        gas: 400_000,
        fee: 10_000,
        ..Raw::default()
    };
    let number = |node: &Node, actor: &Actor| -> Result<u64> {
        let response = node
            .client()
            .send(&account_request(node.rest(), &actor.address))?;
        Ok(account_reply(&response)?
            .context("an account of the genesis")?
            .number)
    };
    let (payer_number, delegator_number) = (number(node, payer)?, number(node, delegator)?);
    let timeout = node.tip()?.time_ns + 60_000_000_000;
    let txs = [
        (
            payer,
            Raw {
                messages: vec![send(1)],
                ..raw(payer_number, 0)
            },
        ),
        (
            payer,
            Raw {
                messages: vec![send(2)],
                unordered: true,
                timeout_ns: Some(timeout),
                ..raw(payer_number, 0)
            },
        ),
        (
            delegator,
            Raw {
                messages: vec![delegate],
                ..raw(delegator_number, 0)
            },
        ),
    ];
    for (signer, raw) in txs {
        let tx = raw.signed(&[signer], node.chain_id());
        include(node, &tx)?;
    }
    Ok(())
}

fn coin(amount: u64) -> Coin {
    Coin {
        denom: "uakt".into(),
        amount: amount.to_string(),
    }
}

/// Sends a transaction and waits until it stands in a block. **Errors** it is refused, or fails.
pub fn include(node: &mut Node, tx: &SignedTx) -> Result<read::TxResult> {
    let request = read::broadcast_request(node.rest(), tx);
    let reply = read::broadcast_reply(&node.client().send(&request)?)?;
    ensure!(
        reply == BroadcastReply::Accepted,
        "the node refuses: {reply:?}"
    );
    for _ in 0..20 {
        let next = node.tip()?.height + 1;
        node.wait_for_height(next)?;
        let request = read::tx_request(node.rest(), &tx.hash);
        if let Some(result) = read::tx_reply(&node.client().send(&request)?)? {
            ensure!(result.code == 0, "it fails: {result:?}");
            return Ok(result);
        }
    }
    bail!("{} comes into no block", tx.hash)
}

/// A height at which one validator is left, since the others were jailed.
fn jailed(node: &mut Node, from: u64) -> Result<u64> {
    for height in from..from + 20 * JAIL_WINDOW {
        // A commit is final once the next block carries it.
        node.wait_for_height(height + 3)?;
        let set = node
            .client()
            .json(&format!("{}/validators?height={height}", node.rpc()))?;
        if set.pointer("/result/total").and_then(Value::as_str) == Some("1") {
            return Ok(height);
        }
    }
    bail!("validators that never sign are not jailed")
}

struct Writer<'a> {
    node: &'a Node,
    folder: &'a Path,
    /// Of the proofs.
    height: u64,
}

impl Writer<'_> {
    fn write(&self, name: &str, value: &Value) -> Result<()> {
        let text = serde_json::to_string_pretty(value).context("JSON can be written")?;
        let file = self.folder.join(name);
        std::fs::write(&file, text + "\n").with_context(|| file.display().to_string())
    }

    /// Commit and validators of a height, as the RPC gives them.
    fn header(&self, index: u64, height: u64) -> Result<()> {
        let rpc = self.node.rpc();
        let commit = self
            .node
            .client()
            .json(&format!("{rpc}/commit?height={height}"))?;
        ensure!(
            commit.pointer("/result/canonical") == Some(&json!(true)),
            "{height} may change"
        );
        self.write(&format!("commit-{index}.json"), &commit)?;
        let pages = format!("{rpc}/validators?height={height}&page=1&per_page=100");
        let validators = self.node.client().json(&pages)?;
        self.write(&format!("validators-{index}.json"), &validators)
    }

    /// A value, or its absence, with its proof; and what REST says of `who` at the same height.
    fn proof(&mut self, name: &str, store: &str, key: &[u8], who: Option<&str>) -> Result<()> {
        let (rpc, height) = (self.node.rpc(), self.height);
        let key = hex::encode(key);
        let reply = self.node.client().json(&format!(
            "{rpc}/abci_query?path=%22/store/{store}/key%22&data=0x{key}&height={height}&prove=true"
        ))?;
        let code = reply.pointer("/result/response/code");
        ensure!(code == Some(&json!(0)), "{name}: {reply}");
        let mut entry = json!({
            "height": height,
            "header_height": height + 1,
            "store": store,
            "key": key,
            "reply": reply,
        });
        if let Some(who) = who {
            let rest = self.node.rest();
            entry["address"] = json!(who);
            for (field, path) in [
                ("account", format!("/cosmos/auth/v1beta1/accounts/{who}")),
                ("balances", format!("/cosmos/bank/v1beta1/balances/{who}")),
                (
                    "spendable",
                    format!("/cosmos/bank/v1beta1/spendable_balances/{who}"),
                ),
            ] {
                let mut request = get(&format!("{rest}{path}"));
                let pinned = ("x-cosmos-block-height".to_string(), height.to_string());
                request.headers.push(pinned);
                let response = self.node.client().send(&request)?;
                let body: Value = serde_json::from_slice(&response.body).context("no JSON")?;
                entry[field] = json!({"status": response.status, "body": body});
            }
        }
        self.write(&format!("{name}.json"), &entry)
    }
}
