//! Rates for reading: what the exchange-rate canister says, and when it is believed.
//!
//! No payment depends on them. They show voters amounts in coins that they know.

use crate::state::Rates;
use candid::{CandidType, Deserialize};
use orchestrator::kernel::amount::RATE_PLACES;

/// Cycles that a question must carry; what it does not use comes back.
/// **Source** exchange-rate canister, `XRC_REQUEST_CYCLES_COST`.
pub const CYCLES: u128 = 1_000_000_000;

/// Fewest sources behind each side of a rate.
pub const MIN_RECEIVED_RATES: u32 = 3;

/// Most places of a rate that fit the arithmetic.
const MAX_DECIMALS: u32 = 18;

/// One side of a rate. **Source** exchange-rate canister, `xrc.did`.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct Asset {
    /// Symbol.
    pub symbol: String,
    /// Kind.
    pub class: AssetClass,
}

/// Kinds of assets.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub enum AssetClass {
    /// A coin.
    Cryptocurrency,
    /// A currency of a state.
    FiatCurrency,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct Request {
    /// What is priced.
    pub base_asset: Asset,
    /// In what.
    pub quote_asset: Asset,
    /// When; now, when left out.
    pub timestamp: Option<u64>,
}

/// An answer. Why there is none is not read: it is asked again.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub enum Answer {
    /// A rate.
    Ok(ExchangeRate),
    /// None.
    Err(candid::Reserved),
}

/// A rate.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct ExchangeRate {
    /// When it was valid. **Units** seconds since the Unix epoch.
    pub timestamp: u64,
    /// **Units** 10^-`decimals` of the quote asset.
    pub rate: u64,
    /// How it came about.
    pub metadata: Metadata,
}

/// How a rate came about.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct Metadata {
    /// Places of the rate.
    pub decimals: u32,
    /// Sources that answered for the base asset.
    pub base_asset_num_received_rates: u64,
}

/// Asks for a coin in USD.
#[must_use]
pub fn in_usd(symbol: &str) -> Request {
    let asset = |symbol: &str, class| Asset {
        symbol: symbol.into(),
        class,
    };
    Request {
        base_asset: asset(symbol, AssetClass::Cryptocurrency),
        quote_asset: asset("USD", AssetClass::FiatCurrency),
        timestamp: None,
    }
}

/// Both rates together, as old as the older one. **Errors** in words, when one is not good enough.
pub fn judge(akt: &Answer, icp: &Answer) -> Result<Rates, String> {
    let akt = judge_one("AKT", akt)?;
    let icp = judge_one("ICP", icp)?;
    Ok(Rates {
        akt_usd_e9: akt.0,
        icp_usd_e9: icp.0,
        at_s: akt.1.min(icp.1),
    })
}

/// **Units** 10^-9 USD, rounded down: a coin is not shown as worth more than it is.
fn judge_one(symbol: &str, answer: &Answer) -> Result<(u64, u64), String> {
    let Answer::Ok(found) = answer else {
        return Err(format!("no rate for {symbol}"));
    };
    let sources = found.metadata.base_asset_num_received_rates;
    if sources < u64::from(MIN_RECEIVED_RATES) {
        return Err(format!(
            "rate for {symbol}: expected {MIN_RECEIVED_RATES} sources or more, got {sources}"
        ));
    }
    let decimals = found.metadata.decimals;
    if decimals > MAX_DECIMALS {
        return Err(format!(
            "rate for {symbol}: expected at most {MAX_DECIMALS} places, got {decimals}"
        ));
    }
    let scaled = u128::from(found.rate) * 10_u128.pow(RATE_PLACES) / 10_u128.pow(decimals);
    match u64::try_from(scaled) {
        Ok(rate) if rate > 0 => Ok((rate, found.timestamp)),
        _ => Err(format!(
            "rate for {symbol}: got {} x 10^-{decimals}",
            found.rate
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rate: u64, decimals: u32, sources: u64, timestamp: u64) -> Answer {
        Answer::Ok(ExchangeRate {
            timestamp,
            rate,
            metadata: Metadata {
                decimals,
                base_asset_num_received_rates: sources,
            },
        })
    }

    #[test]
    fn should_believe_enough_sources_and_scale() {
        let akt = answer(612_345_678, 9, 3, 200);
        let icp = answer(412, 2, 5, 100);
        assert_eq!(
            judge(&akt, &icp),
            Ok(Rates {
                akt_usd_e9: 612_345_678,
                icp_usd_e9: 4_120_000_000,
                at_s: 100
            })
        );
    }

    #[test]
    fn should_refuse_what_is_not_good_enough() {
        let good = || answer(1_000_000_000, 9, 3, 1);
        for (desc, bad) in [
            ("too few sources", answer(1_000_000_000, 9, 2, 1)),
            ("nothing", answer(0, 9, 3, 1)),
            ("less than a place", answer(1, 18, 3, 1)),
            ("too many places", answer(1, 19, 3, 1)),
            ("more than fits", answer(u64::MAX, 0, 3, 1)),
            ("none", Answer::Err(candid::Reserved)),
        ] {
            assert!(judge(&bad, &good()).is_err(), "{desc}");
            assert!(judge(&good(), &bad).is_err(), "{desc}");
        }
        assert!(judge(&good(), &good()).is_ok());
    }

    #[test]
    fn should_read_what_the_canister_says_and_not_mind_the_rest() {
        #[derive(CandidType)]
        enum Real {
            Err(Reason),
        }
        #[derive(CandidType)]
        enum Reason {
            Pending,
        }
        let bytes = candid::encode_one(Real::Err(Reason::Pending)).expect("encodes");
        let got: Answer = candid::decode_one(&bytes).expect("an answer");
        assert_eq!(got, Answer::Err(candid::Reserved));
    }
}
