//! Whole transactions that we make, read and made again by cosmjs and chain-sdk; transactions
//! that cosmjs makes, taken by the stand-in.

use super::{oracle, text};
use akash_standin::address;
use akash_standin::{Akash, Genesis, GenesisAccount};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::{Suite, confirm};
use k256::ecdsa::SigningKey;
use k256::ecdsa::signature::hazmat::PrehashSigner;
use oracles::Dice;
use orchestrator::akash::ids::BidId;
use orchestrator::akash::message::Message;
use orchestrator::akash::tx::{Order, TxPlan};
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::sdl;
use serde_json::{Map, Value, json};

/// How many random transactions are compared.
const CASES: u64 = 300;

fn address_of(dice: &mut Dice) -> String {
    address::encode(&dice.bytes::<20>())
}

fn attribute(dice: &mut Dice) -> sdl::Attribute {
    let keys = [
        "region",
        "host",
        "vendor/nvidia/model/*",
        "class",
        "tee/type",
    ];
    let values = ["true", "us-west", "akash", "<&> é", ""];
    sdl::Attribute {
        key: format!("{}{}", dice.pick(&keys), dice.below(9)),
        value: dice.pick(&values).to_string(),
    }
}

fn unit(dice: &mut Dice) -> sdl::Unit {
    use sdl::EndpointKind::{LeasedIp, RandomPort, SharedHttp};
    sdl::Unit {
        id: dice.wide32(),
        cpu: sdl::Cpu {
            milli: dice.wide(),
            attributes: dice.list(0, 2, attribute),
        },
        memory: sdl::Memory {
            bytes: dice.wide(),
            attributes: dice.list(0, 2, attribute),
        },
        storage: dice.list(0, 3, |dice| sdl::Volume {
            name: dice.pick(&["default", "data", "ram"]).to_string(),
            bytes: dice.wide(),
            attributes: dice.list(0, 2, attribute),
        }),
        gpu: sdl::Gpu {
            units: dice.below(3),
            attributes: dice.list(0, 2, attribute),
        },
        endpoints: dice.list(0, 3, |dice| sdl::Endpoint {
            kind: *dice.pick(&[&SharedHttp, &RandomPort, &LeasedIp]),
            sequence: dice.wide32() % 4,
        }),
        count: dice.wide32(),
        price: if dice.one_in(2) {
            Decimal::from_whole(dice.below(10_000_000))
        } else {
            Decimal::from_scaled(u128::from(dice.wide()))
        },
    }
}

fn group(dice: &mut Dice) -> sdl::Group {
    sdl::Group {
        name: dice.pick(&["westcoast", "any-where", "é"]).to_string(),
        requirements: sdl::Requirements {
            signed_by: sdl::SignedBy {
                all_of: dice.list(0, 2, address_of),
                any_of: dice.list(0, 2, address_of),
            },
            attributes: dice.list(0, 3, attribute),
        },
        units: dice.list(0, 3, unit),
    }
}

/// chain-sdk cannot write numbers from 2^63 on.
fn dseq(dice: &mut Dice) -> u64 {
    dice.wide() >> 1
}

fn bid(dice: &mut Dice) -> BidId {
    BidId {
        owner: address_of(dice),
        dseq: dseq(dice),
        gseq: dice.wide32(),
        oseq: dice.wide32(),
        provider: address_of(dice),
        bseq: dice.wide32() % 3,
    }
}

/// How many kinds of messages [`message`] makes.
const KINDS: u64 = 11;

fn message(dice: &mut Dice, kind: u64) -> Message {
    let (granter, grantee) = (address_of(dice), address_of(dice));
    match kind {
        0 => Message::CreateDeployment {
            owner: granter,
            dseq: dseq(dice),
            groups: dice.list(0, 3, group),
            hash: dice.bytes(),
            deposit: Uact(dice.wide()),
            reclamation_min_window_s: dice.one_in(2).then(|| dice.between(1, 2_592_000)),
        },
        1 => Message::CreateLease { bid: bid(dice) },
        2 => Message::CloseLease { lease: bid(dice) },
        3 => Message::CloseDeployment {
            owner: granter,
            dseq: dseq(dice),
        },
        4 => Message::GrantDeposit {
            granter,
            grantee,
            limit: Uact(dice.wide()),
        },
        5 => Message::RevokeDeposit { granter, grantee },
        6 => Message::GrantFees {
            granter,
            grantee,
            limit: Uakt(dice.wide()),
            allowed: dice.list(1, 4, |dice| format!("/akash.x.v1.Msg{}", dice.below(99))),
        },
        7 => Message::RevokeFees { granter, grantee },
        8 => Message::Send {
            from: granter,
            to: grantee,
            denom: dice.pick(&["uakt", "ibc/0123"]).to_string(),
            amount: u128::from(dice.wide()) * u128::from(dice.below(3)),
        },
        9 => Message::MintAct {
            owner: granter,
            burn: Uakt(dice.wide()),
        },
        _ => Message::BurnAct {
            owner: granter,
            burn: Uact(dice.wide()),
        },
    }
}

/// Any number but those that cosmjs-types 0.11.0 writes wrong: from 2^31 to 2^32 - 1 it leaves out
/// the low bits.
fn number(dice: &mut Dice) -> u64 {
    let number = dice.wide();
    if number >> 31 == 1 {
        number << 8
    } else {
        number
    }
}

fn plan(dice: &mut Dice, key: &SigningKey, messages: Vec<Message>) -> TxPlan {
    let unordered = dice.one_in(2);
    TxPlan {
        messages,
        memo: dice.pick(&["", "a memo", "é <&>"]).to_string(),
        public_key: address::public_key(key),
        // Account numbers pass through doubles in JavaScript.
        account_number: number(dice) % (1 << 52),
        order: if unordered {
            Order::Unordered
        } else {
            Order::Sequence(number(dice))
        },
        timeout_ns: (unordered || dice.one_in(2))
            .then(|| 1_795_478_400_000_000_000 + dice.below(10_000_000_000_000)),
        gas: number(dice),
        fee: Uakt(dice.wide()),
        granter: dice.one_in(2).then(|| address_of(dice)),
    }
}

/// A field that proto JSON leaves out when it is the default.
fn put(map: &mut Value, key: &str, value: Value) {
    let default = match &value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_u64() == Some(0),
        Value::String(s) => s.is_empty() || s == "0",
        Value::Array(a) => a.is_empty(),
        Value::Object(_) => false,
    };
    if !default {
        map[key] = value;
    }
}

fn object(fields: &[(&str, Value)]) -> Value {
    let mut map = Value::Object(Map::new());
    for (key, value) in fields {
        put(&mut map, key, value.clone());
    }
    map
}

/// An amount of a coin is always said, also when it is "0".
fn coin_json(denom: &str, amount: impl ToString) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

fn attributes_json(list: &[sdl::Attribute]) -> Value {
    let one =
        |a: &sdl::Attribute| object(&[("key", a.key[..].into()), ("value", a.value[..].into())]);
    list.iter().map(one).collect()
}

fn quantity_json(key: &str, number: u64, attributes: &[sdl::Attribute]) -> Value {
    let val = json!({"val": STANDARD.encode(number.to_string())});
    object(&[(key, val), ("attributes", attributes_json(attributes))])
}

fn unit_json(unit: &sdl::Unit) -> Value {
    let volume = |v: &sdl::Volume| {
        let mut json = quantity_json("quantity", v.bytes, &v.attributes);
        put(&mut json, "name", v.name[..].into());
        json
    };
    let endpoint = |e: &sdl::Endpoint| {
        let kind = match e.kind {
            sdl::EndpointKind::SharedHttp => Value::Null,
            sdl::EndpointKind::RandomPort => "RANDOM_PORT".into(),
            sdl::EndpointKind::LeasedIp => "LEASED_IP".into(),
        };
        object(&[("kind", kind), ("sequence_number", e.sequence.into())])
    };
    let resource = object(&[
        ("id", unit.id.into()),
        (
            "cpu",
            quantity_json("units", unit.cpu.milli, &unit.cpu.attributes),
        ),
        (
            "memory",
            quantity_json("quantity", unit.memory.bytes, &unit.memory.attributes),
        ),
        ("storage", unit.storage.iter().map(volume).collect()),
        (
            "gpu",
            quantity_json("units", unit.gpu.units, &unit.gpu.attributes),
        ),
        ("endpoints", unit.endpoints.iter().map(endpoint).collect()),
    ]);
    object(&[
        ("resource", resource),
        ("count", unit.count.into()),
        ("price", coin_json("uact", unit.price)),
    ])
}

fn group_json(group: &sdl::Group) -> Value {
    let signed_by = &group.requirements.signed_by;
    let signed_by = object(&[
        ("all_of", signed_by.all_of.clone().into()),
        ("any_of", signed_by.any_of.clone().into()),
    ]);
    let requirements = object(&[
        ("signed_by", signed_by),
        (
            "attributes",
            attributes_json(&group.requirements.attributes),
        ),
    ]);
    object(&[
        ("name", group.name[..].into()),
        ("requirements", requirements),
        ("resources", group.units.iter().map(unit_json).collect()),
    ])
}

fn bid_json(id: &BidId) -> Value {
    object(&[
        ("owner", id.owner[..].into()),
        ("dseq", id.dseq.to_string().into()),
        ("gseq", id.gseq.into()),
        ("oseq", id.oseq.into()),
        ("provider", id.provider[..].into()),
        ("bseq", id.bseq.into()),
    ])
}

/// A field by hand, for what is younger than the npm package.
fn nested(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag], content].concat()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 127).expect("7 bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 128);
    }
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let length = u64::try_from(bytes.len()).expect("a short field");
    [varint(length), bytes.to_vec()].concat()
}

fn coin_bytes(denom: &str, amount: u64) -> Vec<u8> {
    let field = |number: u8, text: &str| nested(number << 3 | 2, &counted(text.as_bytes()));
    [field(1, denom), field(2, &amount.to_string())].concat()
}

/// What a message says, in proto JSON with the fields in our order.
fn message_json(message: &Message) -> Value {
    let deployment = |owner: &str, dseq: u64| {
        object(&[("owner", owner.into()), ("dseq", dseq.to_string().into())])
    };
    match message {
        Message::CreateDeployment {
            owner,
            dseq,
            groups,
            hash,
            deposit,
            reclamation_min_window_s,
        } => object(&[
            (
                "@type",
                "/akash.deployment.v1beta4.MsgCreateDeployment".into(),
            ),
            ("id", deployment(owner, *dseq)),
            ("groups", groups.iter().map(group_json).collect()),
            ("hash", STANDARD.encode(hash).into()),
            (
                "deposit",
                json!({"amount": coin_json("uact", deposit.0), "sources": ["grant"]}),
            ),
            (
                "later",
                reclamation_min_window_s.map_or(Value::Null, |seconds| {
                    // Of field 5, the window, field 1, of which the seconds are field 1.
                    let seconds = nested(1 << 3, &varint(seconds));
                    let window = nested(1 << 3 | 2, &counted(&seconds));
                    json!([hex::encode(nested(5 << 3 | 2, &counted(&window)))])
                }),
            ),
        ]),
        Message::CreateLease { bid } => json!({
            "@type": "/akash.market.v1beta5.MsgCreateLease",
            "bid_id": bid_json(bid),
        }),
        Message::CloseLease { lease } => json!({
            "@type": "/akash.market.v1beta5.MsgCloseLease",
            "id": bid_json(lease),
        }),
        Message::CloseDeployment { owner, dseq } => json!({
            "@type": "/akash.deployment.v1beta4.MsgCloseDeployment",
            "id": deployment(owner, *dseq),
        }),
        Message::GrantDeposit {
            granter,
            grantee,
            limit,
        } => json!({
            "@type": "/cosmos.authz.v1beta1.MsgGrant",
            "granter": granter,
            "grantee": grantee,
            "grant": {"authorization": {
                "@type": "/akash.escrow.v1.DepositAuthorization",
                "spend_limit": coin_json("uakt", 0),
                "scopes": ["deployment"],
                "later": [hex::encode(nested(3 << 3 | 2, &counted(&coin_bytes("uact", limit.0))))],
            }},
        }),
        Message::RevokeDeposit { granter, grantee } => json!({
            "@type": "/cosmos.authz.v1beta1.MsgRevoke",
            "granter": granter,
            "grantee": grantee,
            "msg_type_url": "/akash.escrow.v1.MsgAccountDeposit",
        }),
        Message::GrantFees {
            granter,
            grantee,
            limit,
            allowed,
        } => json!({
            "@type": "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
            "granter": granter,
            "grantee": grantee,
            "allowance": {
                "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
                "allowance": {
                    "@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
                    "spend_limit": [coin_json("uakt", limit.0)],
                },
                "allowed_messages": allowed,
            },
        }),
        Message::RevokeFees { granter, grantee } => json!({
            "@type": "/cosmos.feegrant.v1beta1.MsgRevokeAllowance",
            "granter": granter,
            "grantee": grantee,
        }),
        Message::Send {
            from,
            to,
            denom,
            amount,
        } => json!({
            "@type": "/cosmos.bank.v1beta1.MsgSend",
            "from_address": from,
            "to_address": to,
            "amount": [coin_json(denom, amount)],
        }),
        Message::MintAct { owner, burn } => json!({
            "@type": "/akash.bme.v1.MsgMintACT",
            "owner": owner,
            "to": owner,
            "coins_to_burn": coin_json("uakt", burn.0),
        }),
        Message::BurnAct { owner, burn } => json!({
            "@type": "/akash.bme.v1.MsgBurnACT",
            "owner": owner,
            "to": owner,
            "coins_to_burn": coin_json("uact", burn.0),
        }),
    }
}

fn tx_json(plan: &TxPlan, signature: &[u8]) -> Value {
    let (unordered, sequence) = match plan.order {
        Order::Unordered => (true, 0),
        Order::Sequence(sequence) => (false, sequence),
    };
    let timeout = plan.timeout_ns.map(
        |ns| json!({"seconds": (ns / 1_000_000_000).to_string(), "nanos": ns % 1_000_000_000}),
    );
    json!({
        "messages": plan.messages.iter().map(message_json).collect::<Vec<_>>(),
        "memo": plan.memo,
        "timeout_height": "0",
        "unordered": unordered,
        "timeout": timeout,
        "signers": [{
            "public_key": hex::encode(plan.public_key),
            "mode": 1,
            "sequence": sequence.to_string(),
        }],
        "fee": {
            "amount": [coin_json("uakt", plan.fee.0)],
            "gas": plan.gas.to_string(),
            "payer": "",
            "granter": plan.granter.clone().unwrap_or_default(),
        },
        "signatures": [hex::encode(signature)],
    })
}

#[test]
fn should_write_transactions_that_cosmjs_and_chain_sdk_read_and_write() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(1);
    for case in 0..CASES {
        let key = address::key_of(&format!("oracle {}", case % 5));
        // Each kind alone, and then any together.
        let messages = if case < 2 * KINDS {
            vec![message(&mut dice, case % KINDS)]
        } else {
            dice.list(0, 4, |dice| {
                let kind = dice.below(KINDS);
                message(dice, kind)
            })
        };
        let plan = plan(&mut dice, &key, messages);
        let chain = dice.pick(&["akashnet-2", "sandbox-2"]);
        let unsigned = plan.unsigned(chain);
        let digest = unsigned.digest();
        let signature: k256::ecdsa::Signature = key.sign_prehash(&digest).expect("a signature");
        let signature: [u8; 64] = signature.to_bytes().into();
        let signed = unsigned.signed(signature);
        let hex = hex::encode(&signed.bytes);
        let expected = tx_json(&plan, &signature);

        let read = oracle.ask("decode_tx", json!({"hex": hex})).expect("reads");
        assert_eq!(read, expected, "case {case}: {plan:?}");
        let made = oracle.ask_text("encode_tx", json!({"tx": expected}));
        assert_eq!(made.expect("writes"), hex, "case {case}: {plan:?}");
        let question =
            json!({"hex": hex, "chain": chain, "account": plan.account_number.to_string()});
        let theirs = oracle
            .ask_text("digest", question.clone())
            .expect("a digest");
        assert_eq!(theirs, hex::encode(digest), "case {case}");
        let verified = oracle.ask("verify_tx", question).expect("a verdict");
        assert_eq!(verified, Value::Bool(true), "case {case}");
        assert_eq!(
            signed.hash,
            hex::encode_upper(address::sha256(&signed.bytes))
        );
    }
    let (akash, cosmos) = (oracle.versions.of_akash(), oracle.versions.of_cosmos());
    for id in [
        "message/create-deployment",
        "message/create-lease",
        "message/close-lease",
        "message/close-deployment",
        "message/deposit-authorization",
        "message/mint-act",
        "message/burn-act",
    ] {
        confirm(Suite::Npm, id, &akash);
    }
    for id in [
        "message/authz",
        "message/feegrant",
        "message/transaction",
        "message/sign-bytes",
        "message/unordered",
        "message/send",
    ] {
        confirm(Suite::Npm, id, &cosmos);
    }
}

#[test]
fn should_be_refused_by_cosmjs_after_any_change() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(2);
    let key = address::key_of("oracle");
    let close = message(&mut dice, 3);
    let plan = plan(&mut dice, &key, vec![close]);
    let unsigned = plan.unsigned("akashnet-2");
    let signature: k256::ecdsa::Signature =
        key.sign_prehash(&unsigned.digest()).expect("a signature");
    let signed = unsigned.signed(signature.to_bytes().into());
    let mut ask = |bytes: &[u8], chain: &str, account: u64| {
        let account = account.to_string();
        let question = json!({"hex": hex::encode(bytes), "chain": chain, "account": account});
        oracle.ask("verify_tx", question).ok()
    };
    let number = plan.account_number;
    assert_eq!(ask(&signed.bytes, "akashnet-2", number), Some(true.into()));
    assert_eq!(ask(&signed.bytes, "akashnet-3", number), Some(false.into()));
    assert_eq!(
        ask(&signed.bytes, "akashnet-2", number + 1),
        Some(false.into())
    );
    // cosmjs takes the other valid s as well; that the chain refuses it, cosmjs cannot show.
    let (r, s) = signature.split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes());
    let high = high.expect("a signature").to_bytes();
    let at = signed.bytes.len() - 64;
    let high = [&signed.bytes[..at], &high[..]].concat();
    assert_eq!(
        ask(&high, "akashnet-2", number),
        Some(true.into()),
        "high s"
    );
    // The tags and lengths of the envelope are not signed: 3 bytes before the body, and before
    // each of the other two.
    for at in 3..signed.bytes.len() {
        let mut flipped = signed.bytes.clone();
        flipped[at] ^= 1;
        let verdict = ask(&flipped, "akashnet-2", number);
        assert!(
            verdict != Some(true.into()) || is_envelope(&signed.bytes, at),
            "byte {at}"
        );
    }
}

/// Whether a byte belongs to a tag or a length of `TxRaw` itself.
fn is_envelope(tx: &[u8], at: usize) -> bool {
    let mut rest = tx;
    while !rest.is_empty() {
        let start = tx.len() - rest.len();
        akash_standin::schema::tag(&mut rest).expect("a tag");
        let chunk = akash_standin::schema::chunk(&mut rest).expect("a field");
        let end = tx.len() - rest.len();
        if (start..end - chunk.len()).contains(&at) {
            return true;
        }
    }
    false
}

#[test]
fn should_name_accounts_as_cosmjs_does() {
    let Some(mut oracle) = oracle() else { return };
    for n in 0..50 {
        let key = address::public_key(&address::key_of(&format!("account {n}")));
        let ours = orchestrator::akash::address::address(&key);
        let theirs = oracle.ask_text("address", json!({"public_key": hex::encode(key)}));
        assert_eq!(theirs.expect("an address"), ours);
    }
    confirm(Suite::Npm, "message/address", &oracle.versions.of_cosmos());
}

/// The stand-in takes what cosmjs signs, ordered and unordered, and nothing that it did not.
#[test]
fn should_give_the_stand_in_transactions_that_it_takes() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(3);
    for case in 0..20_u64 {
        let secret: [u8; 32] = dice.bytes();
        let Ok(key) = SigningKey::from_slice(&secret) else {
            continue;
        };
        let owner = address::of_key(&address::public_key(&key));
        let (number, sequence) = (dice.below(1 << 40), dice.below(1 << 40));
        let mut akash = Akash::new(Genesis {
            balances: vec![(owner.clone(), vec![(100_000_000, "uakt")])],
            accounts: vec![GenesisAccount {
                address: owner.clone(),
                number,
                sequence,
            }],
            ..Genesis::default()
        });
        let unordered = case % 2 == 1;
        let timeout = akash.block_time() + 1 + dice.below(500_000_000_000);
        let tx = json!({
            "messages": [{
                "@type": "/akash.bme.v1.MsgMintACT",
                "owner": owner,
                "to": owner,
                "coins_to_burn": coin_json("uakt", 20_000_000),
            }],
            "memo": "",
            "timeout_height": "0",
            "unordered": unordered,
            "timeout": unordered.then(|| {
                json!({"seconds": (timeout / 1_000_000_000).to_string(), "nanos": timeout % 1_000_000_000})
            }),
            "signers": [{"mode": 1, "sequence": if unordered { 0 } else { sequence }.to_string()}],
            "fee": {"amount": [coin_json("uakt", 5_000)], "gas": "200000", "payer": "", "granter": ""},
        });
        let question = json!({
            "key": hex::encode(secret), "tx": tx, "chain": "akashnet-2", "account": number.to_string(),
        });
        let signed = oracle.ask("sign_tx", question).expect("signs");
        assert_eq!(text(&signed["address"]), owner);
        let bytes = hex::decode(text(&signed["hex"])).expect("hex");
        for at in (0..bytes.len()).step_by(11) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(akash.broadcast(&flipped).is_err(), "case {case}, byte {at}");
        }
        let hash = akash.broadcast(&bytes).expect("the stand-in takes it");
        akash.advance_blocks(1);
        let included = akash.tx(&hash).expect("included");
        assert_eq!(included.failure, None, "case {case}");
        assert_eq!(
            akash.balance(&owner, "uakt"),
            100_000_000 - 20_000_000 - 5_000
        );
    }
}
