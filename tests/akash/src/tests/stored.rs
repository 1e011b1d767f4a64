//! What the stores hold, each thing found under its key, proven, and compared with bytes that
//! other people's encoders read and write in the same way.

use super::proofs::ask;
use super::*;
use crate::chain::vesting::{Vesting, VestingKind};
use crate::proto::MsgBurnMint;
use serde::Deserialize;

/// One value, as `@akashnetwork/chain-sdk` 1.0.0-alpha.25 and `cosmjs-types` 0.11 encode it.
#[derive(Debug, Deserialize)]
struct Row {
    desc: String,
    /// Full name of the message.
    #[serde(rename = "type")]
    kind: String,
    /// Hexadecimal.
    value: String,
}

fn burn(owner: &Wallet, url: &str, denom: &str, amount: u128) -> Any {
    let message = MsgBurnMint {
        owner: owner.address().into(),
        to: owner.address().into(),
        coins_to_burn: Some(Coin {
            denom: denom.into(),
            amount: amount.to_string(),
        }),
        denom_to_mint: String::new(),
    };
    any(&format!("/akash.bme.v1.{url}"), &message)
}

fn raw(address: &str) -> [u8; 20] {
    crate::address::decode(address).expect("an address")
}

fn ledger_key(outcome: u8, owner: &Wallet, mint: bool, height: u64, sequence: u64) -> Vec<u8> {
    let (from, to) = if mint {
        ("uakt", "uact")
    } else {
        ("uact", "uakt")
    };
    let mut key = vec![3, outcome, 4];
    key.extend_from_slice(from.as_bytes());
    key.push(4);
    key.extend_from_slice(to.as_bytes());
    key.push(20);
    key.extend_from_slice(&raw(owner.address()));
    key.extend_from_slice(&height.to_be_bytes());
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// Description, message, store, key.
type Place = (String, &'static str, &'static str, Vec<u8>);

/// Everything that one story leaves behind.
fn story() -> (Akash, Vec<Place>) {
    let tenant = Wallet::new("tenant");
    let balances = vec![(
        tenant.address().to_owned(),
        vec![(RICH, "uakt"), (RICH / 10, UACT)],
    )];
    let mut akash = Akash::new(Genesis {
        balances,
        providers: vec![
            ProviderConfig::honest("one", 500),
            ProviderConfig::honest("two", 600),
        ],
        ..Genesis::default()
    });
    let coins = |amount| vec![("uakt".to_owned(), amount)];
    let start_s = 1_795_543_000;
    let periods = vec![(1_000, coins(30)), (2_000, coins(70))];
    let kinds = [
        (
            "ContinuousVestingAccount",
            start_s + 3_000,
            VestingKind::Continuous { start_s },
        ),
        (
            "DelayedVestingAccount",
            start_s + 3_000,
            VestingKind::Delayed,
        ),
        (
            "PeriodicVestingAccount",
            start_s + 3_000,
            VestingKind::Periodic { start_s, periods },
        ),
        ("PermanentLockedAccount", 0, VestingKind::PermanentLocked),
    ];
    let mut keys = Vec::new();
    for (name, end_s, kind) in kinds {
        let who = Wallet::new(name);
        akash.create_vesting(
            who.address(),
            Vesting {
                original: coins(100),
                end_s,
                kind,
            },
        );
        let key = [&[1], raw(who.address()).as_slice()].concat();
        keys.push((name.to_owned(), "google.protobuf.Any", "acc", key));
    }
    for (name, address) in [
        ("an account that has signed", tenant.address().to_owned()),
        ("a module's account", crate::address::of_module("bme")),
    ] {
        let key = [&[1], raw(&address).as_slice()].concat();
        keys.push((name.to_owned(), "google.protobuf.Any", "acc", key));
    }
    let minted = akash.height() + 1;
    let mints = vec![
        burn(&tenant, "MsgMintACT", "uakt", 100_000_000),
        burn(&tenant, "MsgMintACT", "uakt", 1_000_000),
    ];
    assert_eq!(run(&mut akash, &tenant, mints), OK);
    let id = leased(&mut akash, &tenant, 42, 5_000_000);
    akash.advance_blocks(12);
    let burned = akash.height() + 1;
    let burns = vec![burn(&tenant, "MsgBurnACT", UACT, 171_000_000)];
    assert_eq!(run(&mut akash, &tenant, burns), OK);
    // Beyond the epoch, so that what comes now waits for the next one.
    akash.advance_blocks(13);
    let late = akash.height() + 1;
    let mints = vec![burn(&tenant, "MsgMintACT", "uakt", 50_000_000)];
    assert_eq!(run(&mut akash, &tenant, mints), OK);
    akash.advance_blocks(1);

    let owner = [tenant.address().as_bytes(), &[0]].concat();
    let deployment = [owner.as_slice(), &42u64.to_be_bytes()].concat();
    let order = [deployment.as_slice(), &[0, 0, 0, 1, 0, 0, 0, 1]].concat();
    let bid = [order.as_slice(), id.provider.as_bytes(), &[0, 0, 0, 0, 0]].concat();
    let escrow = |kind: u8, rest: &str| {
        let path = format!("/deployment/{}/42{rest}", tenant.address());
        [&[kind, 0, 1], path.as_bytes()].concat()
    };
    let oracle = |kind: u8| [&[0x11, kind, 3], b"akt".as_slice(), &[3], b"usd"].concat();
    let mut add = |desc: &str, kind: &'static str, store: &'static str, key: Vec<u8>| {
        keys.push((desc.to_owned(), kind, store, key));
    };
    let with = |prefix: [u8; 2], key: &[u8]| [prefix.as_slice(), key].concat();
    add(
        "deployment",
        "akash.deployment.v1.Deployment",
        "deployment",
        with([0x11, 1], &deployment),
    );
    let group = [deployment.as_slice(), &[0, 0, 0, 1]].concat();
    add(
        "group",
        "akash.deployment.v1beta4.Group",
        "deployment",
        with([0x12, 1], &group),
    );
    add(
        "order",
        "akash.market.v1beta5.Order",
        "market",
        with([0x11, 1], &order),
    );
    add(
        "bid",
        "akash.market.v1beta5.Bid",
        "market",
        with([0x12, 2], &bid),
    );
    add(
        "lease",
        "akash.market.v1.Lease",
        "market",
        with([0x13, 2], &bid),
    );
    add(
        "escrow account",
        "akash.escrow.types.v1.AccountState",
        "escrow",
        escrow(0x11, ""),
    );
    let payment = escrow(0x12, &format!("/1/1/{}", id.provider));
    add(
        "escrow payment",
        "akash.escrow.types.v1.PaymentState",
        "escrow",
        payment,
    );
    let executed = "akash.bme.v1.LedgerRecord";
    add(
        "executed mint",
        executed,
        "bme",
        ledger_key(2, &tenant, true, minted, 1),
    );
    add(
        "executed burn",
        executed,
        "bme",
        ledger_key(2, &tenant, false, burned, 1),
    );
    let canceled = "akash.bme.v1.LedgerCanceledRecord";
    add(
        "cancelled mint",
        canceled,
        "bme",
        ledger_key(4, &tenant, true, minted, 2),
    );
    let pending = "akash.bme.v1.LedgerPendingRecord";
    add(
        "pending mint",
        pending,
        "bme",
        ledger_key(1, &tenant, true, late, 1),
    );
    add("mint status", "akash.bme.v1.Status", "bme", vec![4, 0]);
    add(
        "aggregated price",
        "akash.oracle.v2.AggregatedPrice",
        "oracle",
        oracle(2),
    );
    add(
        "price health",
        "akash.oracle.v2.PriceHealth",
        "oracle",
        oracle(3),
    );
    akash.advance_blocks(1);
    (akash, keys)
}

#[test]
fn should_hold_what_other_encoders_write() {
    let (mut akash, keys) = story();
    let height = akash.height() - 1;
    let vectors = include_str!("../../vectors/stores.json");
    let rows: Vec<Row> = serde_json::from_str(vectors).expect("rows");
    assert_eq!(rows.len(), keys.len());
    for (row, (desc, kind, store, key)) in rows.iter().zip(keys) {
        assert_eq!((&row.desc, row.kind.as_str()), (&desc, kind));
        let value = ask(&mut akash, store, &key, height).expect(&desc);
        assert_eq!(value.map(hex::encode).as_ref(), Some(&row.value), "{desc}");
    }
}
