//! Bytes that other implementations made.

use super::*;
use crate::address;
use crate::chain::blocks::Chain;
use crate::chain::failure::code;
use crate::chain::tx::{Msg, decode};
use crate::proto::{MsgAccountDeposit, MsgBurnMint};
use crate::{GenesisAccount, schema};
use cosmos_sdk_proto::cosmos::tx::v1beta1::TxRaw;
use cosmos_sdk_proto::traits::Message as _;
use prost::Message as _;

const A: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
const P: &str = "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls";

const MINT: &str = "0a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c6776653578122c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c67766535781a100a0475616b7412083130303030303030";
const CREATE: &str = "0a310a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c677665357810b9601282010a0977657374636f61737412150a0012110a06726567696f6e120775732d776573741a5e0a3a080112070a050a033130301a0c0a0a0a08313637373732313622160a0764656661756c74120b0a093133343231373732382a050a030a0130320010011a1e0a04756163741216313030303030303030303030303030303030303030301a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f22140a0f0a04756163741207353030303030302a0101";
const DEPOSIT: &str = "0a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c6776653578123608011232616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c67766535782f31323334351a140a0f0a04756163741207353030303030302a0101";
const LEASE: &str = "0a630a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c677665357810b960180120012a2c616b61736831716770717971737a716770717971737a716770717971737a716770717971737a777632756c73";
const CLOSE: &str = "0a310a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c677665357810b960";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hexadecimal")
}

#[test]
fn should_decode_and_encode_the_messages_of_the_facts() {
    let mint = MsgBurnMint::decode(bytes(MINT).as_slice()).expect("decodes");
    assert_eq!((mint.owner.as_str(), mint.to.as_str()), (A, A));
    assert_eq!(mint.encode_to_vec(), bytes(MINT));
    let create = MsgCreateDeployment::decode(bytes(CREATE).as_slice()).expect("decodes");
    assert_eq!(create.groups[0].name, "westcoast");
    assert_eq!(create.encode_to_vec(), bytes(CREATE));
    let deposit = MsgAccountDeposit::decode(bytes(DEPOSIT).as_slice()).expect("decodes");
    assert_eq!(deposit.encode_to_vec(), bytes(DEPOSIT));
    let lease = MsgLease::decode(bytes(LEASE).as_slice()).expect("decodes");
    assert_eq!(lease.id.as_ref().map(|id| id.provider.as_str()), Some(P));
    assert_eq!(lease.encode_to_vec(), bytes(LEASE));
    let close = MsgCloseDeployment::decode(bytes(CLOSE).as_slice()).expect("decodes");
    assert_eq!(close.encode_to_vec(), bytes(CLOSE));
    let rows = [
        ("/akash.bme.v1.MsgMintACT", MINT),
        ("/akash.deployment.v1beta4.MsgCreateDeployment", CREATE),
        ("/akash.escrow.v1.MsgAccountDeposit", DEPOSIT),
        ("/akash.market.v1beta5.MsgCreateLease", LEASE),
        ("/akash.deployment.v1beta4.MsgCloseDeployment", CLOSE),
    ];
    for (url, message) in rows {
        let known = schema::of_type(url).expect("served");
        let check = |bytes: &[u8]| schema::check(bytes, known, schema::Unknown::NonCritical);
        assert_eq!(check(&bytes(message)), Ok(()), "{url}");
        // One field more than the chain knows.
        let unknown = [bytes(message), vec![0xf8, 0x01, 0x01]].concat();
        assert!(check(&unknown).is_err(), "{url}");
        // One whose number, 1024, says that it may be unknown.
        let harmless = [bytes(message), vec![0x80, 0x40, 0x01]].concat();
        assert_eq!(check(&harmless), Ok(()), "{url}");
        let strict = schema::check(&harmless, known, schema::Unknown::Refused);
        assert!(strict.is_err(), "{url}");
    }
}

/// The whole transaction that cosmjs made: account 7, sequence 3.
fn cosmjs() -> Vec<u8> {
    let owner = "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee";
    let message = MsgBurnMint {
        owner: owner.into(),
        to: owner.into(),
        coins_to_burn: Some(Coin {
            denom: "uakt".into(),
            amount: "10000000".into(),
        }),
        denom_to_mint: String::new(),
    };
    let body = [
        &bytes("0a8a010a18")[..],
        b"/akash.bme.v1.MsgMintACT",
        &bytes("126e"),
    ];
    let raw = TxRaw {
        body_bytes: [body.concat(), message.encode_to_vec()].concat(),
        auth_info_bytes: bytes(
            "0a500a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f12040a020801180312120a0c0a0475616b7412043530303010c09a0c",
        ),
        signatures: vec![bytes(
            "a8fa8eed293e5175aeee251b30d5f71c00eb07818979467a20c0e82701569c181a5ee4d8b85fcafbdcdad189136682c0b50fb6746eb9e27b54e6c067f3237c06",
        )],
    };
    raw.encode_to_vec()
}

fn genesis_with_cosmjs(number: u64, sequence: u64) -> Akash {
    let owner = "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee".to_owned();
    Akash::new(Genesis {
        balances: vec![(owner.clone(), vec![(100_000_000, "uakt")])],
        accounts: vec![GenesisAccount {
            address: owner,
            number,
            sequence,
        }],
        ..Genesis::default()
    })
}

#[test]
fn should_take_the_transaction_of_cosmjs() {
    let tx = cosmjs();
    assert_eq!(tx.len(), 314);
    let mut akash = genesis_with_cosmjs(7, 3);
    let hash = akash.broadcast(&tx).expect("passes the checks");
    assert_eq!(
        hash,
        "9984B3C035172B093268C1DF7853A5B740A5E0AFCC785463F496A2DF0803AE5D"
    );
    akash.advance_blocks(1);
    assert_eq!(akash.tx(&hash).map(|t| t.failure.clone()), Some(None));
    let owner = "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee";
    assert_eq!(
        akash.balance(owner, "uakt"),
        100_000_000 - 10_000_000 - 5_000
    );
    let account = akash.state().account(owner).expect("exists");
    assert_eq!((account.number, account.sequence), (7, 4));
    // Nobody can play it again, once it is out of the mempool's memory or at another node.
    let ctx = akash.chain().now();
    let decoded = decode(&tx).expect("decodes");
    let again = akash
        .state()
        .clone()
        .ante(&ctx, &decoded, crate::chain::ante::Mode::Check);
    assert_eq!(again.expect_err("refused").code, code::WRONG_SEQUENCE);
}

#[test]
fn should_refuse_the_transaction_of_cosmjs_after_any_change() {
    let tx = cosmjs();
    let with = |number, sequence| genesis_with_cosmjs(number, sequence);
    let codes = |akash: &mut Akash, tx: &[u8]| akash.broadcast(tx).expect_err("refused").code;
    assert_eq!(
        codes(&mut with(8, 3), &tx),
        code::UNAUTHORIZED,
        "account number"
    );
    assert_eq!(
        codes(&mut with(7, 4), &tx),
        code::WRONG_SEQUENCE,
        "sequence"
    );
    let mut other_chain = Akash::new(Genesis {
        chain_id: "sandbox-2".into(),
        balances: vec![(
            "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee".into(),
            vec![(100_000_000, "uakt")],
        )],
        accounts: vec![GenesisAccount {
            address: "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee".into(),
            number: 7,
            sequence: 3,
        }],
        ..Genesis::default()
    });
    assert_eq!(codes(&mut other_chain, &tx), code::UNAUTHORIZED, "chain id");
    let mut raw = TxRaw::decode(tx.as_slice()).expect("decodes");
    let high_s = high_s(&raw.signatures[0]);
    raw.signatures[0] = high_s;
    assert_eq!(
        codes(&mut with(7, 3), &raw.encode_to_vec()),
        code::UNAUTHORIZED,
        "high s"
    );
    for at in 0..tx.len() {
        let mut flipped = tx.clone();
        flipped[at] ^= 1;
        assert!(with(7, 3).broadcast(&flipped).is_err(), "bit of byte {at}");
    }
}

/// The other valid s of a signature: accepted by ECDSA, refused by the chain.
pub(super) fn high_s(signature: &[u8]) -> Vec<u8> {
    use k256::ecdsa::Signature;
    let signature = Signature::from_slice(signature).expect("a signature");
    let (r, s) = signature.split_scalars();
    let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).expect("a signature");
    high.to_bytes().to_vec()
}

#[test]
fn should_refuse_what_is_not_canonical() {
    let tx = cosmjs();
    let raw = TxRaw::decode(tx.as_slice()).expect("decodes");
    let field = |number: u8, content: &[u8]| {
        let mut out = vec![number << 3 | 2];
        prost::encode_length_delimiter(content.len(), &mut out).expect("room");
        out.extend(content);
        out
    };
    let (body, info, sig) = (
        field(1, &raw.body_bytes),
        field(2, &raw.auth_info_bytes),
        field(3, &raw.signatures[0]),
    );
    let long = {
        // The length 64 in two bytes.
        let mut out = vec![3 << 3 | 2, 0xc0, 0x00];
        out.extend(&raw.signatures[0]);
        out
    };
    let rows: [(&str, Vec<&[u8]>, bool); 7] = [
        ("as it is", vec![&body, &info, &sig], true),
        ("order", vec![&info, &body, &sig], false),
        ("body twice", vec![&body, &body, &info, &sig], false),
        (
            "unknown field",
            vec![&body, &info, &sig, &[0x22, 0x00]],
            false,
        ),
        ("long length", vec![&body, &info, &long], false),
        ("cut short", vec![&body, &info, &sig[..20]], false),
        (
            "long tag",
            vec![&body, &info, &[0x9a, 0x00], &sig[1..]],
            false,
        ),
    ];
    for (desc, parts, accepted) in rows {
        let result = decode(&parts.concat());
        assert_eq!(result.is_ok(), accepted, "{desc}");
        if let Err(failure) = result {
            assert_eq!(
                (failure.codespace, failure.code),
                ("sdk", code::TX_DECODE),
                "{desc}"
            );
        }
    }
}

#[test]
fn should_know_the_digest_of_the_cosmjs_transaction() {
    use cosmos_sdk_proto::cosmos::tx::v1beta1::SignDoc;
    let decoded = decode(&cosmjs()).expect("decodes");
    let document = SignDoc {
        body_bytes: decoded.body_bytes.clone(),
        auth_info_bytes: decoded.auth_info_bytes.clone(),
        chain_id: "akashnet-2".into(),
        account_number: 7,
    };
    assert_eq!(
        hex::encode(address::sha256(&document.encode_to_vec())),
        "f103006b32a7082182583f9b5d12c475ae28e00eaf7e00247ce4354645e09f06"
    );
    let [(url, Msg::BurnMint { denom, .. })] = &decoded.messages[..] else {
        panic!("one mint expected, got {:?}", decoded.messages);
    };
    assert_eq!(
        (url.as_str(), denom.as_str()),
        ("/akash.bme.v1.MsgMintACT", "uact")
    );
}

#[test]
fn should_keep_the_mempool_in_order_and_drop_what_no_longer_passes() {
    let (mut akash, tenant) = network(vec![]);
    let to = Wallet::new("friend").address().to_owned();
    let send = |akash: &Akash, sequence: u64| {
        let options = TxOptions {
            sequence: Some(sequence),
            ..TxOptions::default()
        };
        tenant.tx(akash.chain(), vec![tenant.send(&to, 1, "uakt")], &options)
    };
    let first = send(&akash, 0);
    let second = send(&akash, 1);
    assert_eq!(
        akash.broadcast(&second).expect_err("too early").code,
        code::WRONG_SEQUENCE
    );
    let one = akash.broadcast(&first).expect("accepted");
    let two = akash.broadcast(&second).expect("accepted after the first");
    assert_eq!(
        akash.broadcast(&first).expect_err("again").code,
        code::IN_MEMPOOL_CACHE
    );
    akash.advance_blocks(1);
    let (one, two) = (akash.tx(&one).expect("in"), akash.tx(&two).expect("in"));
    assert_eq!(
        (one.index, two.index, one.height == two.height),
        (0, 1, true)
    );
    let chain: &Chain = akash.chain();
    assert!(chain.mempool().is_empty());
}
