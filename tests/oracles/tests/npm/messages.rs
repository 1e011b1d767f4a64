//! Random messages that chain-sdk makes, read and written again by the stand-in's own types.

use super::{oracle, text};
use akash_standin::{proto, schema};
use conformance::{Suite, confirm};
use prost::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many random messages are read.
const CASES: u64 = 1_000;

/// Reads and writes bytes with a type of the stand-in.
type Again = fn(&[u8]) -> Result<Vec<u8>, prost::DecodeError>;

fn again<T: Message + Default>(bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(T::decode(bytes)?.encode_to_vec())
}

/// The stand-in's types by the names that chain-sdk gives them.
fn ours() -> BTreeMap<&'static str, Again> {
    BTreeMap::from([
        (
            "akash.deployment.v1beta4.MsgCreateDeployment",
            again::<proto::MsgCreateDeployment> as Again,
        ),
        (
            "akash.deployment.v1beta4.MsgUpdateDeployment",
            again::<proto::MsgUpdateDeployment>,
        ),
        (
            "akash.deployment.v1beta4.MsgCloseDeployment",
            again::<proto::MsgCloseDeployment>,
        ),
        (
            "akash.market.v1beta5.MsgCreateBid",
            again::<proto::MsgCreateBid>,
        ),
        (
            "akash.market.v1beta5.MsgCloseBid",
            again::<proto::MsgWithReason>,
        ),
        (
            "akash.market.v1beta5.MsgCreateLease",
            again::<proto::MsgLease>,
        ),
        (
            "akash.market.v1beta5.MsgCloseLease",
            again::<proto::MsgLease>,
        ),
        (
            "akash.market.v1beta5.MsgWithdrawLease",
            again::<proto::MsgLease>,
        ),
        (
            "akash.escrow.v1.MsgAccountDeposit",
            again::<proto::MsgAccountDeposit>,
        ),
        (
            "akash.escrow.v1.DepositAuthorization",
            again::<proto::DepositAuthorization>,
        ),
        ("akash.bme.v1.MsgMintACT", again::<proto::MsgBurnMint>),
        ("akash.bme.v1.MsgBurnACT", again::<proto::MsgBurnMint>),
        (
            "akash.bme.v1.LedgerRecordID",
            again::<proto::LedgerRecordId>,
        ),
        (
            "akash.provider.v1beta4.Provider",
            again::<proto::MsgProvider>,
        ),
    ])
}

#[test]
fn should_read_what_chain_sdk_writes() {
    let Some(mut oracle) = oracle() else { return };
    let ours = ours();
    let mut read = BTreeMap::<String, u64>::new();
    for seed in 0..4 {
        let cases = oracle.ask("random", json!({"seed": seed, "count": CASES / 4}));
        let cases = cases.expect("makes cases");
        for case in cases.as_array().expect("a list") {
            let (name, bytes) = (text(&case["type"]), text(&case["hex"]));
            let bytes = hex::decode(bytes).expect("hex");
            let Some(again) = ours.get(name) else {
                continue;
            };
            let written = again(&bytes).unwrap_or_else(|error| panic!("{name}: {error}: {case}"));
            assert_eq!(hex::encode(written), text(&case["hex"]), "{case}");
            if let Some(known) = schema::of_type(&format!("/{name}")) {
                let checked = schema::check(&bytes, known, schema::Unknown::Refused);
                assert_eq!(checked, Ok(()), "{case}");
            }
            *read.entry(name.to_string()).or_default() += 1;
        }
    }
    let missing: Vec<_> = ours
        .keys()
        .filter(|name| !read.contains_key(**name))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new(), "no case was made");
    confirm(Suite::Npm, "message/stand-in", &oracle.versions.of_akash());
}

/// The oracle answers a wrong question with an error, so that an agreement means something.
#[test]
fn should_not_agree_to_everything() {
    let Some(mut oracle) = oracle() else { return };
    let close = "akash.deployment.v1beta4.MsgCloseDeployment";
    let rows = [
        (
            "an unknown field",
            json!({"type": close, "hex": "0a0208019a0600"}),
        ),
        ("a wrong wire type", json!({"type": close, "hex": "0801"})),
        ("cut short", json!({"type": close, "hex": "0a10"})),
        ("no such type", json!({"type": "akash.Nothing", "hex": ""})),
    ];
    for (desc, question) in rows {
        let answer = oracle.ask("decode", question);
        assert!(answer.is_err(), "{desc}: {answer:?}");
    }
    let good = oracle.ask("decode", json!({"type": close, "hex": "0a021001"}));
    assert_eq!(good.expect("reads"), json!({"id": {"dseq": "1"}}));
    assert!(
        oracle
            .ask("no such operation", Value::Object(Default::default()))
            .is_err()
    );
}
