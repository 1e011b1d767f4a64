//! Answers of the treasury, kept to be audited.

use candid::{CandidType, Decode, Nat, Principal};
use serde::{Deserialize, Serialize};
use treasury::log::Value;
use treasury::log::icrc3::{BlockWithId, DataCertificate, GetBlocksResult};
use treasury::types::{Balances, Snapshot};

/// Answers as they came, in hexadecimal: whoever keeps them need not understand them.
///
/// The order in which they are asked for is no matter: blocks that came after the certificate are
/// left out, and what the canister says about its books is looked for in the newest blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dump {
    /// The treasury.
    pub canister: String,
    /// Answers of `icrc3_get_blocks`, from the first block on, without gaps.
    pub blocks: Vec<String>,
    /// Answer of `icrc3_get_tip_certificate`, as a query.
    pub tip: String,
    /// Answer of `get_balances`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balances: Option<String>,
    /// Answer of `snapshot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Answers of `icrc1_balance_of` of the ICP ledger, one for each account of the treasury.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledger: Vec<String>,
    /// What a node of Akash says that T has: the answer of
    /// `/cosmos/bank/v1beta1/balances/<address>`, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
}

/// Why answers cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    /// Not a dump at all.
    #[error("expected a dump of the treasury's answers, got {0}")]
    Json(String),
    /// Not an answer of this method.
    #[error("{method}: expected its answer in hexadecimal, got {why}")]
    Answer {
        /// Which method.
        method: &'static str,
        /// Why not.
        why: String,
    },
    /// A page is missing.
    #[error("icrc3_get_blocks: expected block {expected} next, got {got}")]
    Gap {
        /// The index that comes next.
        expected: u64,
        /// The index that came.
        got: String,
    },
}

impl Dump {
    /// From a file. **Errors** anything else.
    pub fn read(text: &str) -> Result<Self, DumpError> {
        serde_json::from_str(text).map_err(|why| DumpError::Json(why.to_string()))
    }

    /// For a file.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts alone") + "\n"
    }

    pub(super) fn principal(&self) -> Result<Principal, DumpError> {
        Principal::from_text(&self.canister)
            .map_err(|why| DumpError::Json(format!("the canister {:?}: {why}", self.canister)))
    }

    /// Every block, in order.
    pub(super) fn values(&self) -> Result<Vec<Value>, DumpError> {
        let mut values: Vec<Value> = Vec::new();
        for page in &self.blocks {
            let page: GetBlocksResult = decode("icrc3_get_blocks", page)?;
            for BlockWithId { id, block } in page.blocks {
                let expected = values.len() as u64;
                if id != expected {
                    let got = id.to_string();
                    return Err(DumpError::Gap { expected, got });
                }
                values.push(block);
            }
        }
        Ok(values)
    }

    pub(super) fn certificate(&self) -> Result<Option<DataCertificate>, DumpError> {
        decode("icrc3_get_tip_certificate", &self.tip)
    }

    pub(super) fn said_balances(&self) -> Result<Option<Balances>, DumpError> {
        let answer = self.balances.as_ref();
        answer.map(|hex| decode("get_balances", hex)).transpose()
    }

    pub(super) fn said_snapshot(&self) -> Result<Option<Snapshot>, DumpError> {
        let answer = self.snapshot.as_ref();
        answer.map(|hex| decode("snapshot", hex)).transpose()
    }

    /// What the ICP ledger has for the treasury. **Units** e8s.
    pub(super) fn ledger_e8s(&self) -> Result<Option<Nat>, DumpError> {
        if self.ledger.is_empty() {
            return Ok(None);
        }
        let mut sum = Nat::from(0_u8);
        for answer in &self.ledger {
            let balance: Nat = decode("icrc1_balance_of", answer)?;
            sum += balance;
        }
        Ok(Some(sum))
    }

    /// What T has on Akash. **Units** uakt and uact.
    pub(super) fn chain_balances(&self) -> Result<Option<(u64, u64)>, DumpError> {
        let Some(text) = &self.chain else {
            return Ok(None);
        };
        let bad = |why: String| DumpError::Answer {
            method: "/cosmos/bank/v1beta1/balances",
            why,
        };
        let answer: BankBalances =
            serde_json::from_str(text).map_err(|why| bad(why.to_string()))?;
        let amount = |denom: &str| {
            let coin = answer.balances.iter().find(|coin| coin.denom == denom);
            coin.map_or(Ok(0), |coin| coin.amount.parse::<u64>())
                .map_err(|why| bad(format!("{denom}: {why}")))
        };
        Ok(Some((amount("uakt")?, amount("uact")?)))
    }
}

#[derive(Deserialize)]
struct BankBalances {
    balances: Vec<Coin>,
}

#[derive(Deserialize)]
struct Coin {
    denom: String,
    amount: String,
}

fn decode<T>(method: &'static str, answer: &str) -> Result<T, DumpError>
where
    T: CandidType + for<'de> Deserialize<'de>,
{
    let bad = |why: String| DumpError::Answer { method, why };
    let bytes = hex::decode(answer.trim()).map_err(|why| bad(why.to_string()))?;
    Decode!(&bytes, T).map_err(|why| bad(why.to_string()))
}
