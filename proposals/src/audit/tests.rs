use super::*;
use candid::{Nat, Principal};
use ic_cbor::HashTreeToCbor;
use ic_certification::HashTree;
use ic_verify_bls_signature::PrivateKey;
use live_runtime::certificate::{certified_data, tip_tree};
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::order::Voting;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use treasury::book::Account;
use treasury::log::Tip;
use treasury::log::icrc3::{DataCertificate, GetBlocksArgs, get_blocks};
use treasury::state::{
    BudgetSeen, Change, Config, EscrowSeen, Event, GrantPlan, Observation, Order, OwnSeen, Recorded,
};
use treasury::view;

/// 2026-11-24T23:59:40Z: the books pass midnight.
const START: Nanos = 1_795_564_780 * NANOS_PER_SECOND;

const DER_PREFIX: &[u8] = b"\x30\x81\x82\x30\x1d\x06\x0d\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\
    \x01\x02\x01\x06\x0c\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x02\x01\x03\x61\x00";

fn canister() -> Principal {
    Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, 7, 1, 1])
}

/// A treasury with a history, as an auditor meets it.
struct Story {
    blocks: Vec<Block>,
    state: State,
    root: PrivateKey,
}

impl Story {
    fn new() -> Self {
        let mut story = Self {
            blocks: vec![],
            state: State::default(),
            root: PrivateKey::deserialize(&[7; 32]).expect("a key"),
        };
        story.tell();
        story
    }

    fn event(&mut self, event: Event) {
        let at = START + self.blocks.len() as u64 * 5 * NANOS_PER_SECOND;
        let recorded = Recorded { at, event };
        let entries = self.state.apply(&recorded);
        let block = Block::new(self.tip().as_ref(), &recorded, entries);
        self.blocks.push(block);
    }

    fn tip(&self) -> Option<Tip> {
        let last = self.blocks.last()?;
        Some(Tip {
            index: self.blocks.len() as u64 - 1,
            hash: last.hash(),
        })
    }

    fn observe(&mut self, height: u64, own: (u64, u64), budgets: Vec<BudgetSeen>) {
        self.event(Event::Observed {
            seen: Observation {
                height,
                block_time: START,
                own: Some(OwnSeen {
                    account_number: Some(7),
                    uact: Uact(own.0),
                    uakt: Uakt(own.1),
                }),
                budgets,
                thorough: true,
            },
        });
    }

    fn tell(&mut self) {
        self.event(Event::Configured {
            config: Config {
                governance: vec![1; 10],
                gateway: vec![2; 10],
                exchange_rates: vec![3; 10],
                key_name: "key_1".into(),
                chain: ChainConfig {
                    chain_id: "akashnet-2".into(),
                    endpoints: vec![Endpoint {
                        rest: "https://rest.test".into(),
                        rpc: "https://rpc.test".into(),
                    }],
                    agreement: 1,
                    gas_price_milli_uakt: 25,
                },
                voting: Voting::CRITICAL,
            },
        });
        self.event(Event::AccountDerived {
            public_key: [2; 33],
            address: "akash1t".into(),
        });
        self.observe(100, (260_000_000, 8_000_001), vec![]);
        for (nonce, budget) in [(1, "web"), (u64::MAX, "a-1")] {
            self.event(Event::Adopted {
                order: Order {
                    nonce,
                    budget: budget.into(),
                    purpose: "x".into(),
                    total: Uact(200_000_000),
                    per_deployment: Uact(50_000_000),
                    gas: Uakt(5_000_000),
                    valid_until_s: 2_000_000_000,
                },
                payload_hash: [9; 32],
            });
        }
        self.event(Event::Credited {
            budget: "web".into(),
            uact: Uact(200_000_000),
            uakt: Uakt(5_000_000),
        });
        self.event(Event::TxSigned {
            plan: GrantPlan {
                budget: "web".into(),
                deposit: Change::Grant(Uact(200_000_000)),
                fees: Change::Grant(Uakt(5_000_000)),
                replaces_fees: false,
            },
            bytes: vec![1; 40],
            hash: "AB".repeat(32),
            timeout_ns: 1,
            fee: Uakt(15_000),
        });
        self.event(Event::TxIncluded { height: 101 });
        let web = |limit, gas, open, ours, transferred| BudgetSeen {
            budget: "web".into(),
            account_number: Some(8),
            limit: Some(Uact(limit)),
            gas: Some(Uakt(gas)),
            escrows: vec![EscrowSeen {
                dseq: 7_654_321,
                open,
                ours: Uact(ours),
                others: Uact(0),
                transferred: Uact(transferred),
            }],
        };
        let running = web(150_000_000, 4_990_000, true, 43_999_999, 6_000_001);
        self.observe(102, (210_000_000, 7_975_001), vec![running]);
        let closed = web(192_000_000, 4_980_000, false, 0, 8_000_000);
        // Somebody sent 5 ACT more than anything explains: seen twice, it goes to suspense.
        self.observe(103, (257_000_000, 7_965_001), vec![closed]);
        self.observe(104, (257_000_000, 7_965_001), vec![]);
    }

    fn root_key(&self) -> Vec<u8> {
        [DER_PREFIX, &self.root.public_key().serialize()].concat()
    }

    fn dump(&self) -> Dump {
        let tip = self.tip().expect("blocks");
        let count = self.blocks.len() as u64;
        let read = |index: u64| Some(self.blocks[usize::try_from(index).ok()?].encode());
        let pages = (0..count).step_by(4).map(|start| {
            let args = [GetBlocksArgs {
                start: Nat::from(start),
                length: Nat::from(4_u8),
            }];
            encoded(&get_blocks(&args, count, read))
        });
        let now = START + 3600 * NANOS_PER_SECOND;
        let answer = DataCertificate {
            certificate: self.certificate(canister(), now).into(),
            hash_tree: tip_tree(&tip).into(),
        };
        Dump {
            canister: canister().to_text(),
            blocks: pages.collect(),
            tip: encoded(&Some(answer)),
            balances: Some(encoded(&view::balances(&self.state))),
            snapshot: Some(encoded(&view::snapshot(&self.state, now))),
            ledger: vec![encoded(&Nat::from(0_u8))],
            chain: Some(
                r#"{"balances":[{"denom":"ibc/1","amount":"99999999999999999999999"},
                    {"denom":"uact","amount":"257000000"},{"denom":"uakt","amount":"7965001"}],
                    "pagination":{"next_key":null,"total":"3"}}"#
                    .into(),
            ),
        }
    }

    /// As a subnet without a delegation signs it.
    fn certificate(&self, canister: Principal, at: Nanos) -> Vec<u8> {
        let labeled = |label: &[u8], below: Vec<u8>| [vec![0x83, 2], cbor(label), below].concat();
        let leaf = |bytes: &[u8]| [vec![0x82, 3], cbor(bytes)].concat();
        let data = labeled(
            b"certified_data",
            leaf(&certified_data(self.tip().as_ref())),
        );
        let canister = labeled(b"canister", labeled(canister.as_slice(), data));
        let mut time = Vec::new();
        Nat::from(at).encode(&mut time).expect("LEB128");
        let tree = [vec![0x83, 1], canister, labeled(b"time", leaf(&time))].concat();
        let root = HashTree::from_cbor(&tree).expect("a tree").digest();
        let message = [b"\x0dic-state-root".as_slice(), &root].concat();
        let signature = self.root.sign(&message).serialize();
        [
            vec![0xd9, 0xd9, 0xf7, 0xa2, 0x64],
            b"tree".to_vec(),
            tree,
            vec![0x69],
            b"signature".to_vec(),
            cbor(&signature),
        ]
        .concat()
    }

    fn audited(&self) -> Audited {
        let report = verify(&self.dump(), &self.root_key());
        assert!(report.is_green(), "{report}");
        report.audited.expect("green")
    }
}

fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    [&[0x58, length][..], bytes].concat()
}

fn encoded(answer: &impl candid::CandidType) -> String {
    hex::encode(candid::encode_one(answer).expect("it encodes"))
}

#[track_caller]
fn red(dump: &Dump, root_key: &[u8], what: &str) {
    let report = verify(dump, root_key);
    assert!(!report.is_green(), "{what}: nobody noticed\n{report}");
    assert!(report.audited.is_none(), "{what}");
    let text = report.to_string();
    assert!(text.contains(what), "expected {what:?} in\n{text}");
}

#[test]
fn should_find_nothing_wrong_with_a_sound_log() {
    let story = Story::new();
    let dump = story.dump();
    let report = verify(&dump, &story.root_key());
    assert!(report.is_green(), "{report}");
    let skipped = |check: &Check| matches!(check, Check::Skipped(_));
    assert!(!report.checks.iter().any(skipped), "{report}");
    assert_eq!(report.audited.map(|a| a.state), Some(story.state));
    let read = Dump::read(&dump.write());
    assert_eq!(read, Ok(dump.clone()));
    // What was not asked for is said, and is no fault.
    let bare = Dump {
        balances: None,
        snapshot: None,
        ledger: vec![],
        chain: None,
        ..dump
    };
    let report = verify(&bare, &Story::new().root_key());
    assert!(report.is_green(), "{report}");
    assert_eq!(report.checks.iter().filter(|c| skipped(c)).count(), 4);
}

#[test]
fn should_not_mind_a_log_that_grows_while_it_is_read() {
    let mut story = Story::new();
    let before = story.dump();
    story.event(Event::TxDead);
    story.observe(105, (1, 1), vec![]);
    let after = story.dump();
    let mixed = Dump {
        tip: before.tip.clone(),
        ..after
    };
    let report = verify(&mixed, &story.root_key());
    assert!(report.is_green(), "{report}");
    assert_eq!(report.audited.map(|a| a.blocks.len()), Some(11));
}

#[test]
fn should_see_through_every_lie() {
    let story = Story::new();
    let key = story.root_key();
    let good = story.dump();
    let other = PrivateKey::deserialize(&[8; 32]).expect("a key");
    let other = [DER_PREFIX, &other.public_key().serialize()].concat();
    red(&good, &other, "the signature does not hold");
    red(&good, &[], "the signature does not hold");
    let change = |change: &dyn Fn(&mut Dump)| {
        let mut dump = good.clone();
        change(&mut dump);
        dump
    };
    let elsewhere = Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, 8, 1, 1]);
    let d = change(&|d| d.canister = elsewhere.to_text());
    red(&d, &key, "expected certified_data in the tree");
    red(&change(&|d| d.canister = "x".into()), &key, "the canister");
    red(
        &change(&|d| d.tip = encoded(&None::<u8>)),
        &key,
        "expected a certificate, got none",
    );
    red(
        &change(&|d| d.tip.clear()),
        &key,
        "icrc3_get_tip_certificate",
    );
    red(
        &change(&|d| drop(d.blocks.pop())),
        &key,
        "expected 11 blocks, got 8",
    );
    red(
        &change(&|d| d.blocks.swap(0, 1)),
        &key,
        "expected block 0 next, got 4",
    );
    red(
        &change(&|d| d.blocks[1] = "zz".into()),
        &key,
        "icrc3_get_blocks",
    );

    let mut less = Story::new();
    less.event(Event::TxDead);
    let d = change(&|d| d.tip = less.dump().tip);
    red(&d, &key, "expected 12 blocks, got 11");

    let mut poorer = story.state.clone();
    let report = view::balances(&poorer);
    let lie = |change: &dyn Fn(&mut treasury::types::Balances)| {
        let mut said = report.clone();
        change(&mut said);
        let mut dump = good.clone();
        dump.balances = Some(encoded(&said));
        dump
    };
    red(
        &lie(&|said| said.accounts[0].amount += 1),
        &key,
        "get_balances: what the canister says",
    );
    red(
        &lie(&|said| said.held_uact -= 1),
        &key,
        "get_balances: what the canister says",
    );
    poorer.budgets.clear();
    let d = change(&|d| d.snapshot = Some(encoded(&view::snapshot(&poorer, START))));
    red(&d, &key, "snapshot: what the canister says");

    let d = change(&|d| d.ledger = vec![encoded(&Nat::from(1_u8))]);
    red(&d, &key, "expected 0 e8s by the books, got 1");
    let d = change(&|d| d.chain = d.chain.take().map(|c| c.replace("257000000", "257000001")));
    red(
        &d,
        &key,
        "expected T to have 257000000 uact by the books, got 257000001",
    );
    let d = change(&|d| d.chain = Some("{}".into()));
    red(&d, &key, "/cosmos/bank/v1beta1/balances");
}

/// Blocks that another canister would have written: sound in themselves, and not what was certified.
#[test]
fn should_not_take_another_history_for_this_one() {
    let story = Story::new();
    let mut other = Story::new();
    other.blocks.pop();
    other.event(Event::TxDead);
    let mut dump = story.dump();
    dump.blocks = other.dump().blocks;
    red(&dump, &story.root_key(), "of the last block");
    // An event that did not fit is an audit finding of its own.
    let other = verify(&other.dump(), &story.root_key());
    assert!(other.to_string().contains("did not fit"), "{other}");
}

/// Whatever bit of the log flips on its way: it is noticed, or the log says the same as before.
#[test]
fn should_turn_red_at_any_flipped_bit() {
    let story = Story::new();
    let key = story.root_key();
    let good = story.dump();
    let values = good.values().expect("a good dump");
    let mut flips = 0;
    for page in 0..good.blocks.len() {
        let bytes = hex::decode(&good.blocks[page]).expect("hex");
        // A prime: all bits of a byte come up in turn.
        for bit in (page..bytes.len() * 8).step_by(11) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut dump = good.clone();
            dump.blocks[page] = hex::encode(flipped);
            if dump.values().as_ref() == Ok(&values) {
                continue;
            }
            flips += 1;
            let report = verify(&dump, &key);
            assert!(!report.is_green(), "page {page}, bit {bit}\n{report}");
        }
    }
    assert!(flips > 500, "{flips}");
    let bytes = hex::decode(&good.tip).expect("hex");
    let mut same = 0;
    for bit in (0..bytes.len() * 8).step_by(37) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let dump = Dump {
            tip: hex::encode(flipped),
            ..good.clone()
        };
        let report = verify(&dump, &key);
        if !report.is_green() {
            continue;
        }
        // CBOR may say the same in other bytes: nothing that is certified may be another.
        let tip = |dump: &Dump| {
            let answer = dump.certificate().expect("it was read");
            certificate::tip(answer.as_ref(), canister(), &key)
        };
        assert_eq!(tip(&dump), tip(&good), "tip, bit {bit}");
        same += 1;
    }
    assert!(same < 5, "{same}");
}

#[test]
fn should_export_the_same_bytes_each_time() {
    let audited = Story::new().audited();
    for format in [
        Format::Hledger,
        Format::Beancount,
        Format::Csv,
        Format::Json,
    ] {
        let text = export(&audited, format);
        assert_eq!(text, export(&Story::new().audited(), format));
        assert!(text.contains("-200.000000"), "{text}");
    }
    let csv = export(&audited, Format::Csv);
    let postings: usize = audited
        .blocks
        .iter()
        .flat_map(|block| &block.entries)
        .map(|entry| entry.postings.len())
        .sum();
    assert_eq!(csv.lines().count(), postings + 1);
    assert!(
        csv.lines()
            .all(|line| line.matches(',').count() == 10 || line.contains('"')),
        "{csv}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&export(&audited, Format::Json)).expect("JSON");
    let entries = json.as_array().expect("a list");
    assert_eq!(entries[1]["nonce"], "1");
    assert_eq!(entries[1]["postings"][0]["account"], "unallocated");
    assert_eq!(entries[1]["postings"][0]["amount"], "-200.000000");
    assert_eq!(
        export(
            &Audited {
                blocks: vec![],
                state: State::default()
            },
            Format::Csv
        )
        .lines()
        .count(),
        1
    );
}

/// Every kind of account that there is.
fn all_accounts() -> Vec<Account> {
    let b = || "web-1".to_string();
    vec![
        Account::Outside,
        Account::Unallocated,
        Account::Budget(b()),
        Account::Escrow(b(), 7),
        Account::Spent(b()),
        Account::Gas(b()),
        Account::OwnGas(b()),
        Account::Suspense,
        Account::SnsTreasury,
        Account::Makers,
        Account::Reserve(u64::MAX),
        Account::Collateral(vec![4]),
        Account::Payable(1),
        Account::Fill(2),
        Account::Staging(3),
        Account::Minting(4),
        Account::Bme,
        Account::LedgerFees,
        Account::Kept,
    ]
}

/// Books that use every account, asset, and an awkward reason.
fn awkward() -> Audited {
    use treasury::book::{Asset, Book, Draft};
    let mut book = Book::default();
    let mut blocks = Vec::new();
    let accounts = all_accounts();
    for (turn, account) in accounts.iter().enumerate() {
        let mut draft = Draft::new(format!("\"{turn}\" \\ ; | {{#tag}} \u{e9}\n, and more"));
        for (asset, units) in [
            (Asset::Icp, 1),
            (Asset::Uakt, 999_999),
            (Asset::Uact, u64::MAX),
        ] {
            let from = accounts[(turn + 1) % accounts.len()].clone();
            draft.transfer(asset, from, account.clone(), units / (turn as u64 + 1));
        }
        let entries = draft.finish().into_iter().collect::<Vec<_>>();
        entries.iter().for_each(|entry| book.add(entry));
        blocks.push(Block {
            parent: None,
            at: START + turn as u64 * NANOS_PER_SECOND,
            event: vec![],
            entries,
        });
    }
    let state = State {
        book,
        ..State::default()
    };
    Audited { blocks, state }
}

/// A tool on the path, or where `cargo xtask setup` puts it.
fn tool(name: &str) -> Option<PathBuf> {
    let local = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/beancount/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([local])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Runs a tool over a file. Its answer, or what it finds wrong.
fn run(tool: &PathBuf, arguments: &[&str], text: &str, name: &str) -> Result<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    std::fs::write(&file, text).expect("a file");
    let output = Command::new(tool)
        .args(arguments)
        .arg(&file)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(output.stdout), text(output.stderr));
    if output.status.success() {
        Ok(out)
    } else {
        Err(format!("{out}{err}"))
    }
}

#[test]
fn should_be_read_by_hledger_with_the_balances_of_the_canister() {
    let Some(hledger) = tool("hledger") else {
        println!(
            "skipped: hledger reads the export: it is not installed (apt-get install hledger)"
        );
        return;
    };
    for (name, audited) in [("story", Story::new().audited()), ("awkward", awkward())] {
        let text = export(&audited, Format::Hledger);
        let file = format!("audit-{name}.journal");
        run(&hledger, &["check", "-f"], &text, &file).expect("it parses and all assertions hold");
        let arguments = [
            "balance",
            "--flat",
            "-E",
            "-N",
            "-O",
            "csv",
            "--layout=bare",
            "-f",
        ];
        let found = run(&hledger, &arguments, &text, &file).expect("balances");
        let found: BTreeMap<(String, String), i128> = found
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').map(|f| f.trim_matches('"')).collect();
                let units: i128 = fields[2].replace('.', "").parse().expect("units");
                ((fields[0].to_string(), fields[1].to_string()), units)
            })
            .filter(|(_, units)| *units != 0)
            .collect();
        assert_eq!(found, expected(&audited), "{name}");
        // And it would tell: a unit more in one assertion.
        let wrong = text.replacen(" = ", " = 1", 1);
        assert!(run(&hledger, &["check", "-f"], &wrong, "audit-wrong.journal").is_err());
    }
}

/// What is in each account, by name and commodity, in units. Nothing is left out.
fn expected(audited: &Audited) -> BTreeMap<(String, String), i128> {
    let balances = audited.state.book.balances();
    balances
        .filter(|(_, _, units)| *units != 0)
        .map(|(account, asset, units)| {
            let commodity = export::commodity(asset).to_string();
            ((export::name(account), commodity), units)
        })
        .collect()
}

#[test]
fn should_be_read_by_beancount_with_the_balances_of_the_canister() {
    let Some(check) = tool("bean-check") else {
        println!(
            "skipped: beancount reads the export: it is not installed (pip install beancount)"
        );
        return;
    };
    for (name, audited) in [("story", Story::new().audited()), ("awkward", awkward())] {
        let text = export(&audited, Format::Beancount);
        // Every balance of the canister is asserted, to the last unit, and the tool adds up itself.
        for ((account, commodity), units) in expected(&audited) {
            let digits = |line: &str| line.replace(['.', '-'], "").parse::<u128>().ok();
            let line = text.lines().find(|line| {
                line.contains(&format!(" balance {account} ")) && line.ends_with(&commodity)
            });
            let line = line.unwrap_or_else(|| panic!("no assertion of {account} {commodity}"));
            let amount = line.split_whitespace().nth(3).and_then(digits);
            assert_eq!(amount, Some(units.unsigned_abs()), "{line}");
        }
        run(&check, &[], &text, &format!("audit-{name}.beancount"))
            .expect("it parses and all assertions hold");
        // And it would tell: one unit more in an assertion.
        let wrong: Vec<String> = text
            .lines()
            .map(|line| match line.split_once(" ~ 0 ") {
                Some((head, tail)) if line.contains("Unallocated") => {
                    let (head, last) = head.split_at(head.len() - 1);
                    let digit = if last == "9" { "8" } else { "9" };
                    format!("{head}{digit} ~ 0 {tail}")
                }
                _ => line.to_string(),
            })
            .collect();
        let wrong = wrong.join("\n") + "\n";
        assert!(run(&check, &[], &wrong, "audit-wrong.beancount").is_err());
    }
}
