//! Proofs of a chain of the published Cosmos SDK (`vectors/node`).

use super::super::value::{AccountKind, AccountRecord, account, balance, spendable};
use super::super::verify::verify_at;
use super::super::{Key, StoreProof, reply, request, verify};
use crate::akash::address;
use crate::kernel::Nanos;
use crate::kernel::port::HttpResponse;
use crate::kernel::time::parse_rfc3339;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

macro_rules! vectors {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../vectors/node/", $name, ".json")))),*]
    };
}

/// One store key each.
pub(super) fn vectors() -> Vec<Vector> {
    let files = vectors![
        "account-absent",
        "account-continuous",
        "account-delayed",
        "account-delegated",
        "account-matured",
        "account-module",
        "account-periodic",
        "account-permanent",
        "account-signed",
        "account-silent",
        "balance-absent",
        "balance-continuous",
        "balance-delayed",
        "balance-delegated",
        "balance-matured",
        "balance-periodic",
        "balance-permanent",
        "balance",
        "first-absent",
        "last-absent",
        "supply-absent",
        "supply",
    ];
    files
        .into_iter()
        .map(|(name, text)| Vector::read(name, text))
        .collect()
}

pub(super) struct Vector {
    pub(super) name: &'static str,
    pub(super) store: String,
    pub(super) key: Vec<u8>,
    pub(super) proof: StoreProof,
    pub(super) value: Option<Vec<u8>>,
    json: Value,
}

impl Vector {
    fn read(name: &'static str, text: &str) -> Self {
        let json: Value = serde_json::from_str(text).expect(name);
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str);
        let height = json["height"].as_u64().expect("a height");
        let response = HttpResponse {
            status: 200,
            body: json["reply"].to_string().into_bytes(),
        };
        Self {
            name,
            store: text("/store").expect("a store").into(),
            key: hex::decode(text("/key").expect("a key")).expect("hex"),
            proof: reply(&response, height).expect(name),
            value: text("/reply/result/response/value")
                .map(|value| STANDARD.decode(value).expect("base64")),
            json,
        }
    }

    /// What REST said of the account at the same height.
    fn rest(&self, pointer: &str) -> &Value {
        self.json
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{}: nothing at {pointer}", self.name))
    }

    fn address(&self) -> [u8; 20] {
        let text = self.rest("/address").as_str().expect("an address");
        address::decode(text).expect("an address")
    }

    /// What REST counts of a denom in a list, 0 where it is not on it.
    fn coins(&self, list: &str, denom: &str) -> u128 {
        let coins = self.rest(&format!("/{list}/body/balances"));
        let coins = coins.as_array().expect("a list").iter();
        let coin = coins.clone().find(|coin| coin["denom"] == denom);
        coin.map_or(0, |coin| {
            let amount = coin["amount"].as_str().expect("a text");
            amount.parse().expect("a number")
        })
    }
}

/// The header above the height of the proofs, and the time of the block at that height.
pub(super) fn header() -> ([u8; 32], Nanos) {
    let commit = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let above = commit(include_str!("../../vectors/node/commit-1.json"));
    let at = commit(include_str!("../../vectors/node/commit-0.json"));
    let text = |json: &Value, field: &str| {
        let pointer = format!("/result/signed_header/header/{field}");
        json.pointer(&pointer)
            .and_then(Value::as_str)
            .expect("a text")
            .to_string()
    };
    let hash = hex::decode(text(&above, "app_hash")).expect("hex");
    let time = parse_rfc3339(&text(&at, "time")).expect("a time");
    (hash.try_into().expect("32 bytes"), time)
}

#[test]
fn should_prove_what_a_real_node_has_and_what_it_has_not() {
    let (app_hash, _) = header();
    for vector in vectors() {
        let got = verify_at(&app_hash, &vector.store, &vector.key, &vector.proof);
        assert_eq!(got, Ok(vector.value.clone()), "{}", vector.name);
        let absent = vector.name.contains("absent");
        assert_eq!(vector.value.is_none(), absent, "{}", vector.name);
    }
}

#[test]
fn should_know_the_keys_of_a_real_node() {
    let uakt = |address| Key::Balance {
        address,
        denom: "uakt".into(),
    };
    let (app_hash, _) = header();
    for vector in vectors() {
        let key = match vector.name {
            "supply" => Key::Supply {
                denom: "uact".into(),
            },
            "supply-absent" => Key::Supply {
                denom: "uzzz".into(),
            },
            "first-absent" => Key::Supply {
                denom: String::new(),
            },
            "last-absent" => continue,
            name if name.starts_with("balance") => uakt(vector.address()),
            _ => Key::Account {
                address: vector.address(),
            },
        };
        assert_eq!(key.bytes(), vector.key, "{}", vector.name);
        assert_eq!(key.store(), vector.store, "{}", vector.name);
        let got = verify(&app_hash, &key, &vector.proof);
        assert_eq!(got, Ok(vector.value.clone()), "{}", vector.name);
    }
}

#[test]
fn should_count_what_a_real_node_says_is_free() {
    let (_, time) = header();
    let all = vectors();
    let named = |name: &str| all.iter().find(|v| v.name == name).expect("a vector");
    let mut kinds = 0;
    for kind in [
        "absent",
        "continuous",
        "delayed",
        "delegated",
        "matured",
        "periodic",
        "permanent",
    ] {
        let (record, coins) = (
            named(&format!("account-{kind}")),
            named(&format!("balance-{kind}")),
        );
        let held = balance(coins.value.as_deref()).expect(kind);
        assert_eq!(held, coins.coins("balances", "uakt"), "{kind}");
        let Some(value) = &record.value else {
            continue;
        };
        let account = account(value).expect(kind);
        let free = spendable(held, &account, "uakt", time);
        assert_eq!(free, Some(coins.coins("spendable", "uakt")), "{kind}");
        // What is given in one denom locks nothing of another.
        assert_eq!(spendable(7, &account, "uact", time), Some(7), "{kind}");
        kinds += 1;
    }
    assert_eq!(kinds, 6);
}

#[test]
fn should_read_the_accounts_of_a_real_node() {
    for vector in vectors() {
        let Some(value) = vector
            .value
            .as_ref()
            .filter(|_| vector.name.starts_with("account"))
        else {
            continue;
        };
        let got = account(value).expect(vector.name);
        let AccountRecord::Known(got) = got else {
            panic!("{}: {got:?}", vector.name);
        };
        let account = vector.rest("/account/body/account");
        let base = ["/base_vesting_account/base_account", "/base_account", ""];
        let base = base.iter().find_map(|path| account.pointer(path));
        let base = base.expect("a base");
        assert_eq!(base["address"], got.address, "{}", vector.name);
        assert_eq!(base["account_number"], got.number.to_string());
        assert_eq!(base["sequence"], got.sequence.to_string());
        assert_eq!(base["pub_key"].is_null(), !got.has_key, "{}", vector.name);
        let kind = account["@type"].as_str().expect("a type");
        let expected = match got.kind {
            AccountKind::Base => "BaseAccount",
            AccountKind::Module { .. } => "ModuleAccount",
            AccountKind::Vesting(_) => "ing",
        };
        assert!(
            kind.contains(expected) || kind.ends_with("PermanentLockedAccount"),
            "{}: {kind}",
            vector.name
        );
        if let AccountKind::Module { name } = &got.kind {
            assert_eq!(account["name"], *name);
            let record = AccountRecord::Known(got.clone());
            assert_eq!(spendable(7, &record, "uakt", 0), None);
        }
    }
}

#[test]
fn should_ask_as_a_node_expects() {
    let key = Key::Supply {
        denom: "uact".into(),
    };
    let request = request("https://rpc", &key, 7);
    assert_eq!(
        request.url,
        "https://rpc/abci_query?path=%22/store/bank/key%22&data=0x0075616374&height=7&prove=true"
    );
    for vector in vectors() {
        let size = u64::try_from(vector.json["reply"].to_string().len()).expect("small");
        assert!(size < request.max_response_bytes / 3, "{}", vector.name);
    }
}

#[test]
fn should_refuse_answers_to_another_question() {
    let all = vectors();
    let answer = &all.iter().find(|v| v.name == "balance").expect("one").json["reply"];
    let read = |json: &Value, status, height| {
        let response = HttpResponse {
            status,
            body: json.to_string().into_bytes(),
        };
        reply(&response, height)
    };
    assert!(read(answer, 200, 7).is_ok());
    assert!(read(answer, 500, 7).is_err(), "an error");
    assert!(read(answer, 200, 8).is_err(), "another height");
    type Change = fn(&mut Value);
    let rows: [(&str, Change); 6] = [
        ("a refusal", |r| r["code"] = 1.into()),
        ("no proof", |r| r["proofOps"] = Value::Null),
        ("one proof", |r| {
            r["proofOps"]["ops"].as_array_mut().expect("a list").pop();
        }),
        ("in another order", |r| {
            r["proofOps"]["ops"]
                .as_array_mut()
                .expect("a list")
                .reverse();
        }),
        ("no base64", |r| {
            r["proofOps"]["ops"][0]["data"] = "%".into();
        }),
        ("no height", |r| r["height"] = Value::Null),
    ];
    for (desc, change) in rows {
        let mut changed = answer.clone();
        change(&mut changed["result"]["response"]);
        assert!(read(&changed, 200, 7).is_err(), "{desc}");
    }
}
