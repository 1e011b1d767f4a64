use super::icrc3::{GetBlocksArgs, get_blocks};
use super::snapshot::{SnapshotError, decode, encode};
use super::*;
use crate::book::Asset;
use crate::limits::{MAX_PAGE, MAX_PAGE_BYTES, MAX_RANGES};
use crate::state::fixtures::{World, open, seen};
use crate::state::{Change, GrantPlan};
use candid::Nat;
use icrc_ledger_types::icrc::generic_value::{ICRC3Value, Value as Generic};
use orchestrator::kernel::money::{Uact, Uakt};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

fn map<const N: usize>(items: [(&str, Value); N]) -> Value {
    Value::Map(items.map(|(key, value)| (key.to_string(), value)).to_vec())
}

/// **Source** ICRC-3, `HASHINGVALUES.md`, test vectors.
#[test]
fn should_hash_as_the_standard_does() {
    let from = "00abcdef0012340056789a00bcdef000012345678900abcdef01";
    let to = "00ab0def0012340056789a00bcdef000012345678900abcdef01";
    let blob = |text: &str| Value::blob(hex::decode(text).expect("hex"));
    for (value, hash) in [
        (
            Value::nat(42),
            "684888c0ebb17f374298b65ee2807526c066094c701bcc7ebbe1c1095f494fc1",
        ),
        (
            Value::Int((-42).into()),
            "de5a6f78116eca62d7fc5ce159d23ae6b889b365a1739ad2cf36f925a140d0cc",
        ),
        (
            Value::text("Hello, World!"),
            "dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f",
        ),
        (
            blob("01020304"),
            "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a",
        ),
        (
            Value::Array(vec![Value::nat(3), Value::text("foo"), blob("0506")]),
            "514a04011caa503990d446b7dec5d79e19c221ae607fb08b2848c67734d468d6",
        ),
        (
            map([
                ("from", blob(from)),
                ("to", blob(to)),
                ("amount", Value::nat(42)),
                ("created_at", Value::nat(1_699_218_263)),
                ("memo", Value::nat(0)),
            ]),
            "c56ece650e1de4269c5bdeff7875949e3e2033f85b2d193c2ff4f7f78bdcfc75",
        ),
    ] {
        assert_eq!(hex::encode(value.hash()), hash, "{value:?}");
    }
    // The sign is a bit of its own: 64 takes two bytes.
    let expected: [u8; 32] = Sha256::digest([0xc0, 0x00]).into();
    assert_eq!(Value::Int(64.into()).hash(), expected);
}

/// As the reference library has it.
fn reference(value: &Value) -> ICRC3Value {
    match value {
        Value::Blob(bytes) => ICRC3Value::Blob(bytes.clone()),
        Value::Text(text) => ICRC3Value::Text(text.clone()),
        Value::Nat(number) => ICRC3Value::Nat(number.clone()),
        Value::Int(number) => ICRC3Value::Int(number.clone()),
        Value::Array(items) => ICRC3Value::Array(items.iter().map(reference).collect()),
        Value::Map(items) => ICRC3Value::Map(
            items
                .iter()
                .map(|(key, value)| (key.clone(), reference(value)))
                .collect::<BTreeMap<_, _>>(),
        ),
    }
}

fn arb_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::blob),
        ".{0,12}".prop_map(Value::text),
        any::<u64>().prop_map(Value::nat),
        // Only negative ones: of others, the library hashes the unsigned encoding.
        (i128::MIN..0).prop_map(|number| Value::Int(number.into())),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::btree_map("[a-z_]{0,8}", inner, 0..6)
                .prop_map(|items| Value::Map(items.into_iter().collect())),
        ]
    })
}

proptest! {
    /// **Source** the library that the ledgers of the Internet Computer are made with.
    #[test]
    fn should_hash_as_the_reference_library_does(value in arb_value()) {
        let reference = reference(&value);
        prop_assert_eq!(value.hash(), reference.clone().hash());
        prop_assert_eq!(value.hash(), Generic::from(reference).hash());
        let encoded = candid::encode_one(&value).expect("it encodes");
        prop_assert!(encoded.len() <= value.size() + 64, "{}: {}", encoded.len(), value.size());
    }
}

/// Blocks of a small history: everything that comes often.
fn history() -> (World, Vec<Block>) {
    let mut world = World::funded(260_000_000, 8_000_000);
    world.adopt(|_| {});
    world.event(Event::OwnerDerived {
        budget: "web".into(),
        owner: "akash1g".into(),
    });
    world.event(Event::Credited {
        budget: "web".into(),
        uact: Uact(200_000_000),
        uakt: Uakt(5_000_000),
    });
    world.event(Event::TxSigned {
        plan: GrantPlan {
            budget: "web".into(),
            deposit: Change::Grant(Uact(200_000_000)),
            fees: Change::Grant(Uakt(5_000_000)),
            replaces_fees: false,
        },
        bytes: vec![1; 60],
        hash: "AB".repeat(32),
        timeout_ns: 1,
        fee: Uakt(15_000),
    });
    world.event(Event::TxAccepted);
    world.height += 1;
    world.event(Event::TxIncluded {
        height: world.height,
    });
    let running = seen(
        Some(150_000_000),
        Some(4_990_000),
        vec![open(7_654_321, 49_000_000, 1_000_000)],
    );
    world.observe(Some((210_000_000, 7_975_000)), vec![running]);
    world.event(Event::TxDead);
    world.check();
    let mut state = State::default();
    let mut tip = None;
    let mut blocks = Vec::new();
    for recorded in &world.log {
        let entries = state.apply(recorded);
        let block = Block::new(tip.as_ref(), recorded, entries);
        tip = Some(Tip {
            index: blocks.len() as u64,
            hash: block.hash(),
        });
        blocks.push(block);
    }
    (world, blocks)
}

fn replayed(blocks: &[Block]) -> Result<Replay, LogError> {
    let mut replay = Replay::default();
    blocks
        .iter()
        .try_for_each(|block| {
            let rebuilt = replay.next(&block.value())?;
            assert_eq!(&rebuilt, block);
            Ok(())
        })
        .map(|()| replay)
}

#[test]
fn should_rebuild_everything_from_its_blocks() {
    let (world, blocks) = history();
    let kept: Vec<Block> = blocks
        .iter()
        .map(|block| Block::decode(&block.encode()).expect("our bytes"))
        .collect();
    assert_eq!(kept, blocks);
    let replay = replayed(&kept).expect("a sound log");
    assert_eq!(replay.state, world.state);
    let last = blocks.last().expect("blocks");
    assert_eq!(replay.tip.map(|tip| tip.hash), Some(last.hash()));
    for (block, recorded) in blocks.iter().zip(&world.log) {
        assert_eq!(block.recorded_bytes(), recorded.encode());
        assert_eq!(&block.recorded().expect("ours"), recorded);
    }
}

#[test]
fn should_show_blocks_as_the_standard_wants_them() {
    let (_, blocks) = history();
    let types: Vec<&str> = block_types().collect();
    let mut parent = None;
    for block in &blocks {
        let value = block.value();
        let phash = parent.map(|hash: [u8; 32]| Value::blob(hash));
        assert_eq!(value.get("phash"), phash.as_ref());
        let Some(Value::Text(btype)) = value.get("btype") else {
            panic!("{value:?}")
        };
        assert!(types.contains(&btype.as_str()), "{btype}");
        assert_eq!(value.get("entries").is_some(), !block.entries.is_empty());
        parent = Some(value.hash());
    }
    let included = blocks[8].value();
    assert_eq!(included.get("btype"), Some(&Value::text("dao_tx_included")));
    let Some(Value::Array(entries)) = included.get("entries") else {
        panic!("{included:?}")
    };
    let fee = &entries[0];
    assert_eq!(fee.get("nonce"), Some(&Value::nat(1)));
    assert_eq!(fee.get("payload_hash"), Some(&Value::blob([9; 32])));
    assert_eq!(fee.get("tx_hash"), Some(&Value::blob([0xab; 32])));
    let posting = |account: &str, into, out| {
        Value::Array(vec![
            Value::text(account),
            Value::text("uakt"),
            Value::nat(into),
            Value::nat(out),
        ])
    };
    assert_eq!(
        fee.get("postings"),
        Some(&Value::Array(vec![
            posting("unallocated", 0, 15_000),
            posting("own_gas:web", 15_000, 0),
        ]))
    );
}

/// Names are part of the hash: none may be taken twice, and a number keeps its name.
#[test]
fn should_name_each_type_once() {
    let numbers: std::collections::BTreeSet<u32> = KINDS.iter().map(|(n, _)| *n).collect();
    let names: std::collections::BTreeSet<&str> = block_types().collect();
    assert_eq!((numbers.len(), names.len()), (KINDS.len(), KINDS.len()));
    assert!(names.iter().all(|name| name.starts_with("dao_")));
}

#[test]
fn should_keep_typical_blocks_within_300_bytes() {
    let (_, blocks) = history();
    for block in &blocks[3..] {
        let size = block.encode().len();
        assert!(size <= 300, "{:?}: {size} bytes", block.kind());
    }
}

#[test]
fn should_find_the_block_that_was_changed() {
    let (_, blocks) = history();
    for (desc, index, change) in [
        ("a later time", 4, (|b| b.at += 1) as fn(&mut Block)),
        ("an amount", 5, |b| b.entries[0].postings[0].amount -= 1),
        ("a reason", 5, |b| b.entries[0].why.push('!')),
        ("an entry less", 5, |b| b.entries.clear()),
        ("another event", 6, |b| b.event = vec![0x82, 12, 0x80]),
        ("noise", 6, |b| b.event = vec![0xff]),
        ("no parent", 6, |b| b.parent = None),
    ] {
        let mut changed = blocks.clone();
        change(&mut changed[index]);
        let Err(error) = replayed(&changed) else {
            panic!("{desc}: nobody noticed")
        };
        let (LogError::Unreadable { index: at, .. }
        | LogError::Broken { index: at, .. }
        | LogError::Other { index: at, .. }) = error;
        assert!(
            [index, index + 1].contains(&usize::try_from(at).expect("small")),
            "{desc}: {at}"
        );
    }
    let mut missing = blocks.clone();
    missing.remove(5);
    assert!(replayed(&missing).is_err(), "a block is missing");
    let mut swapped = blocks.clone();
    swapped.swap(5, 6);
    assert!(replayed(&swapped).is_err(), "two blocks changed places");
}

/// Whichever bit of a kept block flips: it does not decode, or decodes to the same, or it is not the
/// block that the next one names. Nothing that a kept block says is outside of its hash.
#[test]
fn should_notice_every_bit_of_a_kept_block() {
    let (_, blocks) = history();
    for (index, block) in blocks.iter().enumerate() {
        let bytes = block.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let other = Block::decode(&flipped).ok();
            if let Some(other) = other.filter(|other| other != block) {
                assert_ne!(other.hash(), block.hash(), "block {index}, bit {bit}");
            }
        }
    }
}

fn ranges(ranges: &[(u64, u64)]) -> Vec<GetBlocksArgs> {
    let range = |(start, length): &(u64, u64)| GetBlocksArgs {
        start: Nat::from(*start),
        length: Nat::from(*length),
    };
    ranges.iter().map(range).collect()
}

#[test]
fn should_give_the_blocks_that_are_asked_for() {
    let (_, blocks) = history();
    let count = blocks.len() as u64;
    let read = |index: u64| Some(blocks.get(usize::try_from(index).ok()?)?.encode());
    let end = |n: u64| (count - n..count).collect::<Vec<_>>();
    for (desc, asked, expected) in [
        ("nothing", vec![], vec![]),
        ("no length", vec![(3, 0)], vec![]),
        ("some", vec![(2, 3)], vec![2, 3, 4]),
        ("two ranges", vec![(5, 1), (0, 2)], vec![5, 0, 1]),
        ("past the end", vec![(count - 2, 9)], end(2)),
        ("at the end", vec![(count, 9)], vec![]),
        ("far beyond", vec![(u64::MAX, u64::MAX)], vec![]),
        ("all", vec![(0, u64::MAX)], end(count)),
    ] {
        let page = get_blocks(&ranges(&asked), count, read);
        assert_eq!(page.log_length, Nat::from(count), "{desc}");
        assert_eq!(page.archived_blocks, [], "{desc}");
        let ids: Vec<u64> = page
            .blocks
            .iter()
            .map(|found| u64::try_from(&found.id.0).expect("small"))
            .collect();
        assert_eq!(ids, expected, "{desc}");
        for found in &page.blocks {
            let index = usize::try_from(&found.id.0).expect("small");
            assert_eq!(found.block, blocks[index].value(), "{desc}");
        }
    }
    let beyond = Nat::from(u128::MAX);
    let asked = [GetBlocksArgs {
        start: beyond.clone(),
        length: beyond,
    }];
    assert_eq!(get_blocks(&asked, count, read).blocks, []);
}

#[test]
fn should_end_a_page_at_its_limits() {
    let (_, blocks) = history();
    let small = blocks[6].clone();
    let large = Block {
        event: vec![0; MAX_PAGE_BYTES / 4],
        ..small.clone()
    };
    let page = |block: &Block, asked: &[(u64, u64)], count| {
        let bytes = block.encode();
        let page = get_blocks(&ranges(asked), count, |_| Some(bytes.clone()));
        let size = candid::encode_one(&page).expect("it encodes").len();
        assert!(size < MAX_PAGE_BYTES + MAX_PAGE_BYTES / 2, "{size}");
        page.blocks.len() as u64
    };
    assert_eq!(page(&small, &[(0, MAX_PAGE - 1)], 9_999), MAX_PAGE - 1);
    assert_eq!(page(&small, &[(0, MAX_PAGE + 1)], 9_999), MAX_PAGE);
    assert_eq!(page(&large, &[(0, 9)], 9_999), 3);
    let single = vec![(0, 1); MAX_RANGES + 1];
    assert_eq!(page(&small, &single, 9_999), MAX_RANGES as u64);
    let huge = Block {
        event: vec![0; MAX_PAGE_BYTES + 1],
        ..small
    };
    assert_eq!(page(&huge, &[(0, 9)], 9_999), 1, "one always goes");
}

#[test]
fn should_take_a_snapshot_for_what_it_is() {
    let (world, blocks) = history();
    let tip = |index: u64| {
        Some(Tip {
            index,
            hash: blocks[usize::try_from(index).expect("small")].hash(),
        })
    };
    let bytes = encode(tip(8), &world.state);
    assert_eq!(decode(&bytes, tip(8)).as_ref(), Ok(&world.state));
    assert_eq!(decode(&[], tip(8)), Err(SnapshotError::Missing));
    let stale = |expected| SnapshotError::Stale {
        expected,
        got: tip(8),
    };
    assert_eq!(decode(&bytes, tip(7)), Err(stale(tip(7))));
    assert_eq!(decode(&bytes, None), Err(stale(None)));
    let other_hash = Some(Tip {
        index: 8,
        hash: [0; 32],
    });
    assert_eq!(decode(&bytes, other_hash), Err(stale(other_hash)));
    for cut in [1, 31, 32, 33, bytes.len() - 1] {
        assert_eq!(
            decode(&bytes[..cut], tip(8)),
            Err(SnapshotError::Damaged),
            "{cut} bytes"
        );
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            decode(&flipped, tip(8)),
            Err(SnapshotError::Damaged),
            "bit {bit}"
        );
    }
}

#[test]
fn should_book_each_asset_by_its_own_number() {
    for (asset, number) in [(Asset::Uakt, 0), (Asset::Uact, 1), (Asset::Icp, 2)] {
        assert_eq!(minicbor::to_vec(asset).expect("it encodes"), [number]);
    }
}
