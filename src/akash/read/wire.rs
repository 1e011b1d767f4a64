//! How REST answers write things.

use crate::akash::ids::{BidId, UACT};
use crate::kernel::decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::str::FromStr;

/// 64-bit numbers are texts.
pub(in crate::akash) fn number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("expected a number as text, got {text:?}")))
}

/// A coin or a decimal coin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Coin {
    pub(super) denom: String,
    pub(super) amount: String,
}

impl Coin {
    pub(super) fn whole(&self) -> Result<u64, String> {
        self.amount
            .parse()
            .map_err(|_| format!("a whole amount instead of {:?}", self.amount))
    }

    pub(super) fn decimal(&self) -> Result<Decimal, String> {
        self.amount.parse().map_err(|e| format!("{e}"))
    }
}

/// The sum of what is in uact. Overdrawn funds are negative: they count as nothing.
pub(super) fn uact(coins: &[Coin]) -> Result<Decimal, String> {
    let mut sum = Decimal::ZERO;
    for coin in coins.iter().filter(|c| c.denom == UACT) {
        let amount = match coin.amount.strip_prefix('-') {
            None => coin.decimal()?,
            Some(owed) => owed
                .parse()
                .map(|_: Decimal| Decimal::ZERO)
                .map_err(|e| e.to_string())?,
        };
        sum = sum
            .checked_add(amount)
            .ok_or("a sum past the edge of the type")?;
    }
    Ok(sum)
}

/// Where a list goes on. Some lists say nothing of it.
#[derive(Default, Deserialize)]
pub(super) struct Page {
    next_key: Option<String>,
}

/// Refuses the beginning of a list where all of it was asked for: what is not on it would pass for
/// what is not there.
pub(super) fn is_whole(page: Option<Page>) -> Result<(), String> {
    match page.unwrap_or_default().next_key {
        Some(key) if !key.is_empty() => Err("the first of them".into()),
        _ => Ok(()),
    }
}

/// A bid's or lease's name.
#[derive(Deserialize)]
pub(super) struct WireBidId {
    owner: String,
    #[serde(deserialize_with = "number")]
    dseq: u64,
    gseq: u32,
    oseq: u32,
    provider: String,
    bseq: u32,
}

impl From<WireBidId> for BidId {
    fn from(id: WireBidId) -> Self {
        Self {
            owner: id.owner,
            dseq: id.dseq,
            gseq: id.gseq,
            oseq: id.oseq,
            provider: id.provider,
            bseq: id.bseq,
        }
    }
}
