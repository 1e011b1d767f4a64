//! What a node checks before it lets a transaction in, and what a block does with it.

use super::{CHAIN_ID, PRICE, Stage, send};
use crate::actor::Actor;
use crate::genesis::module_address;
use crate::raw::{Raw, any};
use crate::world::{CREDIT, RICH, World, broadcast, settle, tip};
use akash_standin::proto::Any;
use anyhow::{Context, Result, bail};
use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use orchestrator::akash::gas;
use orchestrator::akash::ids::{UACT, UAKT};
use orchestrator::akash::message::SEND;
use orchestrator::akash::read::BroadcastReply;
use orchestrator::akash::tx::{OrderedSigner, TxPlan};
use orchestrator::kernel::Nanos;

/// Longest life of an unordered transaction. **Source** SDK 0.53, `DefaultMaxTimeoutDuration`.
const LONGEST: Nanos = 600_000_000_000;

const SECOND: Nanos = 1_000_000_000;

pub(super) fn run(stage: &mut Stage<'_, impl World>) -> Result<()> {
    unordered(stage)?;
    signatures(stage)?;
    ordered(stage)?;
    envelope(stage)?;
    sends(stage)?;
    several_signers(stage)?;
    single_use(stage)
}

fn unordered(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let signer = Actor::new("door");
    let friend = Actor::new("friend of the door").address;
    let messages = || vec![send(&signer, &friend, UAKT, 1)];

    let plan = stage.plan(&signer, messages())?;
    let tx = signer.transaction(&plan, CHAIN_ID);
    stage.ours("unordered", "included", &plan, &signer)?;
    stage.fate("unordered, the same bytes after their block", "known", &tx)?;
    let other = TxPlan {
        memo: "another".into(),
        ..plan.clone()
    };
    let other = signer.transaction(&other, CHAIN_ID);
    stage.fate(
        "unordered, other bytes of the same timeout after the block",
        "refused sdk 18",
        &other,
    )?;
    let account = stage.account(&signer.address)?;
    stage.row("unordered, sequence afterwards", "0", account.sequence);
    stage.row(
        "unordered, the key is known afterwards",
        "true",
        account.has_key,
    );

    twice_before_a_block(stage, &signer, &friend)?;

    let now = tip(stage.world)?.time_ns;
    for (desc, timeout_ns, expected) in [
        ("no timeout", None, "refused sdk 18"),
        (
            "a timeout a minute ago",
            Some(now - 60 * SECOND),
            "refused sdk 42",
        ),
        (
            "a timeout that no clock reaches",
            Some(now + LONGEST + 60 * SECOND),
            "refused sdk 18",
        ),
        (
            "the longest life that we give",
            Some(now + orchestrator::akash::tx::MAX_TX_LIFE),
            "included",
        ),
        (
            "half a minute less than the longest",
            Some(now + LONGEST - 30 * SECOND),
            "included",
        ),
    ] {
        let plan = TxPlan {
            timeout_ns,
            ..stage.plan(&signer, messages())?
        };
        stage.ours(&format!("unordered, {desc}"), expected, &plan, &signer)?;
    }

    let timeout_ns = Some(stage.timeout()?);
    let message = sdk_send(&signer.address, &friend, &[(UAKT, "1")]);
    let mut raw = stage.raw(&signer, vec![message])?;
    (raw.unordered, raw.timeout_ns, raw.sequences) = (true, timeout_ns, vec![1]);
    let tx = raw.signed(&[&signer], CHAIN_ID);
    stage.fate("unordered with a sequence", "refused sdk 18", &tx)?;
    Ok(())
}

/// Two that meet in a mempool. A block may come between them, so it is tried until none does.
fn twice_before_a_block(
    stage: &mut Stage<'_, impl World>,
    signer: &Actor,
    friend: &str,
) -> Result<()> {
    for _ in 0..10 {
        let plan = stage.plan(signer, vec![send(signer, friend, UAKT, 1)])?;
        let tx = signer.transaction(&plan, CHAIN_ID);
        let twin = TxPlan {
            memo: "twin".into(),
            ..plan
        };
        let twin = signer.transaction(&twin, CHAIN_ID);
        let before = tip(stage.world)?.height;
        let first = broadcast(stage.world, &tx)?;
        let again = broadcast(stage.world, &tx)?;
        let other = broadcast(stage.world, &twin)?;
        let alone = tip(stage.world)?.height == before;
        let fate = settle(stage.world, &tx.hash)?;
        if alone {
            stage.row("unordered, first of two", "accepted", shown(&first));
            stage.row(
                "unordered, the same bytes before a block",
                "known",
                shown(&again),
            );
            let desc = "unordered, other bytes of the same timeout before a block";
            stage.row(desc, "refused sdk 18", shown(&other));
            stage.row("unordered, the first of them", "included", fate);
            return Ok(());
        }
    }
    bail!("blocks come faster than requests")
}

fn shown(reply: &BroadcastReply) -> String {
    match reply {
        BroadcastReply::Accepted => "accepted".into(),
        BroadcastReply::AlreadyKnown => "known".into(),
        BroadcastReply::Refused {
            codespace, code, ..
        } => format!("refused {codespace} {code}"),
    }
}

fn signatures(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let signer = Actor::new("twin");
    let friend = Actor::new("friend of the twin").address;
    let messages = || vec![send(&signer, &friend, UAKT, 1)];
    let plan = stage.plan(&signer, messages())?;

    let tx = signer.transaction(&plan, "another-chain");
    stage.fate("a signature for another chain", "refused sdk 4", &tx)?;
    let number = TxPlan {
        account_number: plan.account_number + 1,
        ..plan.clone()
    };
    stage.ours(
        "a signature for another account number",
        "refused sdk 4",
        &number,
        &signer,
    )?;
    let unsigned = plan.unsigned(CHAIN_ID);
    let high = signer.sign_high(unsigned.digest());
    stage.fate(
        "a signature with a high s",
        "refused sdk 4",
        &unsigned.signed(high),
    )?;
    let tx = Actor::new("door").transaction(&plan, CHAIN_ID);
    stage.fate("a signature of another key", "refused sdk 4", &tx)?;
    let stranger = TxPlan {
        public_key: Actor::new("door").public_key(),
        ..plan.clone()
    };
    stage.ours("another's public key", "refused sdk 8", &stranger, &signer)?;
    stage.ours("after all of these", "included", &plan, &signer)?;

    let nobody = Actor::new("nobody");
    let plan = TxPlan {
        messages: vec![send(&nobody, &friend, UAKT, 1)],
        public_key: nobody.public_key(),
        timeout_ns: Some(stage.timeout()?),
        ..plan
    };
    stage.ours(
        "an account that does not exist",
        "refused sdk 9",
        &plan,
        &nobody,
    )?;
    Ok(())
}

fn ordered(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let signer = Actor::new("order");
    let friend = Actor::new("friend of order").address;
    let plan = |stage: &mut Stage<'_, _>, sequence: u64, memo: &str| -> Result<TxPlan> {
        let account_number = stage.account(&signer.address)?.number;
        let public_key = signer.public_key();
        let ordered = OrderedSigner {
            public_key,
            account_number,
            sequence,
        };
        let messages = vec![send(&signer, &friend, UAKT, 1)];
        let timeout = stage.timeout()?;
        TxPlan::ordered(&ordered, messages, memo.into(), timeout, PRICE).context("a fee")
    };
    let first = plan(stage, 0, "")?;
    stage.ours("ordered", "included", &first, &signer)?;
    stage.sequence_row("ordered, sequence afterwards", "1", &signer)?;
    let tx = signer.transaction(&first, CHAIN_ID);
    stage.fate("ordered, the same bytes after their block", "known", &tx)?;
    let other = plan(stage, 0, "another")?;
    stage.ours(
        "ordered, a sequence that is used",
        "refused sdk 32",
        &other,
        &signer,
    )?;
    let ahead = plan(stage, 2, "")?;
    stage.ours(
        "ordered, a sequence that is not reached",
        "refused sdk 32",
        &ahead,
        &signer,
    )?;
    let next = plan(stage, 1, "")?;
    let past = TxPlan {
        timeout_ns: Some(tip(stage.world)?.time_ns - SECOND),
        ..next.clone()
    };
    stage.ours(
        "ordered, past its timeout",
        "refused sdk 42",
        &past,
        &signer,
    )?;
    stage.ours("ordered, the next sequence", "included", &next, &signer)?;
    // A failure in a block uses the sequence too.
    let mut failing = plan(stage, 2, "")?;
    failing.messages = vec![send(&signer, &friend, UAKT, u128::from(RICH))];
    stage.ours(
        "ordered, more than there is",
        "failed sdk 5",
        &failing,
        &signer,
    )?;
    stage.sequence_row("ordered, sequence after a failure", "3", &signer)?;

    // An unordered transaction between them leaves the sequence alone.
    let between = stage.plan(&signer, vec![send(&signer, &friend, UAKT, 1)])?;
    stage.ours(
        "unordered between ordered ones",
        "included",
        &between,
        &signer,
    )?;
    let next = plan(stage, 3, "")?;
    stage.ours("ordered after an unordered one", "included", &next, &signer)?;
    Ok(())
}

fn envelope(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let signer = Actor::new("fees");
    let friend = Actor::new("friend of fees").address;
    let message = || sdk_send(&signer.address, &friend, &[(UAKT, "1")]);
    let wide = |unknown: &[u8]| {
        let mut message = message();
        message.value.extend_from_slice(unknown);
        message
    };
    let deposit = Any {
        type_url: "/akash.deployment.v1beta3.MsgCreateDeployment".into(),
        value: vec![],
    };
    let height = tip(stage.world)?.height;
    type Change = Box<dyn Fn(&mut Raw)>;
    let rows: Vec<(&str, Vec<Any>, Change, &str)> = vec![
        (
            "the longest note",
            vec![message()],
            Box::new(|raw| raw.memo = "m".repeat(256)),
            "included",
        ),
        (
            "a longer note",
            vec![message()],
            Box::new(|raw| raw.memo = "m".repeat(257)),
            "refused sdk 12",
        ),
        (
            "a fee at the price",
            vec![message()],
            Box::new(|raw| (raw.gas, raw.fee) = (200_001, 5_001)),
            "included",
        ),
        (
            "a fee below the price",
            vec![message()],
            Box::new(|raw| (raw.gas, raw.fee) = (200_001, 5_000)),
            "refused sdk 13",
        ),
        (
            "gas for less than the checks",
            vec![message()],
            Box::new(|raw| (raw.gas, raw.fee) = (30_000, 750)),
            "refused sdk 11",
        ),
        (
            "gas for the checks and no more",
            vec![message()],
            Box::new(|raw| (raw.gas, raw.fee) = (60_000, 1_500)),
            "failed sdk 11",
        ),
        (
            "a block that is past",
            vec![message()],
            Box::new(move |raw| raw.timeout_height = height - 1),
            "refused sdk 30",
        ),
        (
            "a block that is ahead",
            vec![message()],
            Box::new(move |raw| raw.timeout_height = height + 1_000),
            "included",
        ),
        ("no message", vec![], Box::new(|_| ()), "refused sdk 18"),
        (
            "a message that the chain does not know",
            vec![deposit],
            Box::new(|_| ()),
            "refused sdk 2",
        ),
        // Field 9, two bytes: fields of a message may not be unknown.
        (
            "a message with an unknown field",
            vec![wide(b"\x4a\x02hi")],
            Box::new(|_| ()),
            "refused sdk 2",
        ),
        // Bit 11 of its number says that field 1025 may be unknown, inside messages too.
        (
            "a message with an unknown field that may be unknown",
            vec![wide(b"\x8a\x40\x02hi")],
            Box::new(|_| ()),
            "included",
        ),
    ];
    for (desc, messages, change, expected) in rows {
        let mut raw = stage.raw(&signer, messages)?;
        change(&mut raw);
        let tx = raw.signed(&[&signer], CHAIN_ID);
        stage.fate(desc, expected, &tx)?;
    }
    let raw = stage.raw(&signer, vec![message()])?;
    let mut tx = raw.signed(&[&signer], CHAIN_ID);
    tx.bytes.truncate(tx.bytes.len() - 1);
    stage.fate("a transaction cut short", "refused sdk 2", &tx)?;
    let tx = raw.signed(&[], CHAIN_ID);
    stage.fate("no signature", "refused sdk 15", &tx)?;
    Ok(())
}

fn sends(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let signer = Actor::new("single");
    let friend = Actor::new("friend of the single").address;
    let plan = stage.plan(&signer, vec![send(&signer, &friend, UAKT, 5)])?;
    stage.ours(
        "a send to an account that is new",
        "included",
        &plan,
        &signer,
    )?;
    let plan = stage.plan(&signer, vec![send(&signer, &friend, UAKT, 5)])?;
    stage.ours(
        "a send to an account that is there",
        "included",
        &plan,
        &signer,
    )?;
    let many = (0..10).map(|i| {
        let to = Actor::new(&format!("one of many {i}")).address;
        send(&signer, &to, UAKT, 1)
    });
    let plan = stage.plan(&signer, many.collect())?;
    stage.ours(
        "ten sends to accounts that are new",
        "included",
        &plan,
        &signer,
    )?;
    stage.balance_row("what the friend has", "10", &friend, UAKT)?;

    let before = stage.balance(&signer.address, UAKT)?;
    let too_much = vec![
        send(&signer, &friend, UAKT, 5),
        send(&signer, &friend, UAKT, u128::from(RICH)),
    ];
    let plan = stage.plan(&signer, too_much)?;
    stage.ours(
        "two sends, one of more than there is",
        "failed sdk 5",
        &plan,
        &signer,
    )?;
    stage.balance_row("what the friend has afterwards", "10", &friend, UAKT)?;
    let paid = before - stage.balance(&signer.address, UAKT)?;
    let fee = gas::fee(plan.gas, PRICE).context("a fee")?;
    stage.row("what a failure costs, besides its fee", "0", paid - fee.0);

    let plan = stage.plan(&signer, vec![send(&signer, &friend, UACT, 1)])?;
    stage.ours("a send of uact", "failed bank 5", &plan, &signer)?;
    let plan = stage.plan(&signer, vec![send(&signer, &friend, UAKT, 0)])?;
    stage.ours("a send of nothing", "failed sdk 10", &plan, &signer)?;
    let module = module_address("distribution");
    let plan = stage.plan(&signer, vec![send(&signer, &module, UAKT, 1)])?;
    stage.ours("a send to a module", "failed sdk 4", &plan, &signer)?;
    let plan = stage.plan(&signer, vec![send(&signer, "akash1nonsense", UAKT, 1)])?;
    stage.ours("a send to no address", "failed sdk 7", &plan, &signer)?;
    stage.balance_row(
        "what uact is left",
        &CREDIT.to_string(),
        &signer.address,
        UACT,
    )?;
    Ok(())
}

/// An account whose whole balance leaves with one ordered transaction: as fills and stages are
/// emptied.
fn single_use(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let (payer, single) = (Actor::new("single"), Actor::new("used once"));
    let target = Actor::new("friend of the single").address;
    let price = PRICE;
    let plan = stage.plan(&payer, vec![send(&payer, &single.address, UAKT, 1_000_000)])?;
    stage.ours(
        "a send to an account that is used once",
        "included",
        &plan,
        &payer,
    )?;
    let account = stage.account(&single.address)?;
    stage.row("its sequence", "0", account.sequence);
    stage.row("whether its key is known", "false", account.has_key);
    let signer = OrderedSigner {
        public_key: single.public_key(),
        account_number: account.number,
        sequence: 0,
    };
    let all = |amount: u128| vec![send(&single, &target, UAKT, amount)];
    let fee = gas::fee(gas::limit(&all(1)), price).context("a fee")?;
    let rest = u128::from(1_000_000 - fee.0);
    let timeout = stage.timeout()?;
    let much = TxPlan::ordered(&signer, all(rest + 1), String::new(), timeout, price);
    stage.ours(
        "one more than is left after the fee",
        "failed sdk 5",
        &much.context("a fee")?,
        &single,
    )?;
    // The failure took its fee, so that much less is there.
    let signer = OrderedSigner {
        sequence: 1,
        ..signer
    };
    let timeout = stage.timeout()?;
    let whole = TxPlan::ordered(
        &signer,
        all(rest - u128::from(fee.0)),
        String::new(),
        timeout,
        price,
    );
    stage.ours(
        "all that is left after the fee",
        "included",
        &whole.context("a fee")?,
        &single,
    )?;
    stage.balance_row("what an emptied account has", "0", &single.address, UAKT)?;
    let account = stage.account(&single.address)?;
    stage.row("an emptied account's sequence", "2", account.sequence);
    let signer = OrderedSigner {
        sequence: 2,
        ..signer
    };
    let timeout = stage.timeout()?;
    let none = TxPlan::ordered(&signer, all(1), String::new(), timeout, price);
    stage.ours(
        "a fee that is not there",
        "refused sdk 5",
        &none.context("a fee")?,
        &single,
    )?;
    Ok(())
}

fn several_signers(stage: &mut Stage<'_, impl World>) -> Result<()> {
    let (first, second) = (Actor::new("partner"), Actor::new("fees"));
    let friend = Actor::new("friend of both").address;
    let numbers = [
        stage.account(&first.address)?,
        stage.account(&second.address)?,
    ];
    let raw = Raw {
        messages: vec![
            sdk_send(&first.address, &friend, &[(UAKT, "3")]),
            sdk_send(&second.address, &friend, &[(UAKT, "4")]),
        ],
        account_numbers: numbers.iter().map(|a| a.number).collect(),
        sequences: numbers.iter().map(|a| a.sequence).collect(),
        gas: 400_000,
        fee: 10_000,
        ..Raw::default()
    };
    let tx = raw.signed(&[&first], CHAIN_ID);
    stage.fate("two signers, one signature", "refused sdk 4", &tx)?;
    let tx = raw.signed(&[&second, &first], CHAIN_ID);
    stage.fate("two signers in the wrong order", "refused sdk 8", &tx)?;
    let tx = raw.signed(&[&first, &second], CHAIN_ID);
    stage.fate("two signers", "included", &tx)?;
    stage.balance_row("what two signers sent", "7", &friend, UAKT)?;
    Ok(())
}

/// A send of the SDK's own type.
pub(super) fn sdk_send(from: &str, to: &str, coins: &[(&str, &str)]) -> Any {
    any(
        SEND,
        &MsgSend {
            from_address: from.into(),
            to_address: to.into(),
            amount: coins
                .iter()
                .map(|(denom, amount)| Coin {
                    denom: (*denom).into(),
                    amount: (*amount).into(),
                })
                .collect(),
        },
    )
}
