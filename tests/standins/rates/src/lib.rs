//! A stand-in for the exchange rate canister.
//!
//! `get_exchange_rate` has the real types, the real errors and the real price. Where the real
//! canister asks exchanges, this one knows what it was told: `set_rate` and `set_error` exist only
//! here, and anybody may call them.

use std::collections::{BTreeMap, BTreeSet};

use candid::{CandidType, Deserialize, Principal};

/// Cycles to attach to a request. **Source** exchange rate canister, `XRC_REQUEST_CYCLES_COST`.
pub const REQUEST_CYCLES: u128 = 1_000_000_000;
/// Kept for every answer. **Source** exchange rate canister, `XRC_BASE_CYCLES_COST`.
pub const BASE_CYCLES: u128 = 20_000_000;
/// Kept for each round of questions to exchanges.
///
/// **Source** exchange rate canister, `XRC_OUTBOUND_HTTP_CALL_CYCLES_COST`.
pub const OUTBOUND_CYCLES: u128 = 240_000_000;
/// Kept for a refusal. **Source** exchange rate canister, `XRC_MINIMUM_FEE_COST`.
pub const FAILURE_CYCLES: u128 = 1_000_000;
/// Rounds of questions that a rate costs at most: one for the coin, one for stablecoins.
pub const OUTBOUND_ROUNDS: u128 = 2;
/// Places after the point of a rate. **Source** exchange rate canister, `DECIMALS`.
pub const DECIMALS: u32 = 9;
/// Rates are those of the beginning of a minute. **Units** s.
pub const MINUTE: u64 = 60;

/// Code of the error that a time lies in the future.
const FUTURE_TIMESTAMP: u32 = 1;
/// Code of the error that the symbol of the base asset is malformed.
const BAD_BASE_SYMBOL: u32 = 2;
/// Code of the error that the symbol of the quote asset is malformed.
const BAD_QUOTE_SYMBOL: u32 = 3;

/// Kind of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, CandidType, Deserialize)]
pub enum AssetClass {
    Cryptocurrency,
    FiatCurrency,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, CandidType, Deserialize)]
pub struct Asset {
    pub symbol: String,
    pub class: AssetClass,
}

/// Which rate, and of when.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct GetExchangeRateRequest {
    pub base_asset: Asset,
    pub quote_asset: Asset,
    /// **Units** s since the Unix epoch; null means now.
    pub timestamp: Option<u64>,
}

/// What a rate rests on.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct ExchangeRateMetadata {
    pub decimals: u32,
    pub base_asset_num_received_rates: u64,
    pub base_asset_num_queried_sources: u64,
    pub quote_asset_num_received_rates: u64,
    pub quote_asset_num_queried_sources: u64,
    pub standard_deviation: u64,
    pub forex_timestamp: Option<u64>,
}

/// A rate.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct ExchangeRate {
    pub base_asset: Asset,
    pub quote_asset: Asset,
    /// **Units** s since the Unix epoch.
    pub timestamp: u64,
    /// **Units** quote assets for a base asset, times ten to the power of the decimals.
    pub rate: u64,
    pub metadata: ExchangeRateMetadata,
}

/// An error that has no name of its own.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct OtherError {
    pub code: u32,
    pub description: String,
}

/// Why there is no rate.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub enum ExchangeRateError {
    AnonymousPrincipalNotAllowed,
    Pending,
    CryptoBaseAssetNotFound,
    CryptoQuoteAssetNotFound,
    StablecoinRateNotFound,
    StablecoinRateTooFewRates,
    StablecoinRateZeroRate,
    ForexInvalidTimestamp,
    ForexBaseAssetNotFound,
    ForexQuoteAssetNotFound,
    ForexAssetsNotFound,
    RateLimited,
    NotEnoughCycles,
    FailedToAcceptCycles,
    InconsistentRatesReceived,
    Other(OtherError),
}

/// Answer of `get_exchange_rate`.
pub type GetExchangeRateResult = Result<ExchangeRate, ExchangeRateError>;

/// What `set_rate` tells: from now on, this is the rate of this pair.
///
/// Only this stand-in has it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
pub struct SetRate {
    pub base_asset: Asset,
    pub quote_asset: Asset,
    /// **Units** quote assets for a base asset, times 10^9.
    pub rate: u64,
    /// Exchanges that answered.
    pub received: u64,
    /// Exchanges that were asked.
    pub queried: u64,
    /// **Units** as the rate.
    pub standard_deviation: u64,
    /// How much older than asked for the rate claims to be. **Units** s.
    pub age_seconds: u64,
}

/// What `set_error` tells: from now on, requests are answered so; null ends it.
///
/// Only this stand-in has it.
pub type SetError = Option<ExchangeRateError>;

/// Two assets: base and quote.
type Pair = (Asset, Asset);

/// The whole state.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    known: BTreeMap<Pair, SetRate>,
    error: SetError,
    /// Pairs and minutes that were asked for before, and so cost no questions to exchanges.
    cached: BTreeSet<(Pair, u64)>,
}

impl Rates {
    /// Learns a rate.
    pub fn set_rate(&mut self, told: SetRate) {
        self.known
            .insert((told.base_asset.clone(), told.quote_asset.clone()), told);
    }

    /// Starts or stops answering with an error.
    pub fn set_error(&mut self, error: SetError) {
        self.error = error;
    }

    /// Answers a request, and says how many of the attached cycles to keep.
    ///
    /// **Units** `now` in s since the Unix epoch.
    pub fn get(
        &mut self,
        now: u64,
        caller: Principal,
        attached: u128,
        request: &GetExchangeRateRequest,
    ) -> (GetExchangeRateResult, u128) {
        if caller == Principal::anonymous() {
            return (Err(ExchangeRateError::AnonymousPrincipalNotAllowed), 0);
        }
        if attached < REQUEST_CYCLES {
            return (Err(ExchangeRateError::NotEnoughCycles), 0);
        }
        match self.find(now, request) {
            Ok((rate, true)) => (Ok(rate), BASE_CYCLES),
            Ok((rate, false)) => (Ok(rate), BASE_CYCLES + OUTBOUND_ROUNDS * OUTBOUND_CYCLES),
            Err(error) => (Err(error), FAILURE_CYCLES),
        }
    }

    /// The rate, and whether it was asked for before.
    fn find(
        &mut self,
        now: u64,
        request: &GetExchangeRateRequest,
    ) -> Result<(ExchangeRate, bool), ExchangeRateError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let base = normal(&request.base_asset)
            .ok_or_else(|| other(BAD_BASE_SYMBOL, "Base asset symbol is invalid"))?;
        let quote = normal(&request.quote_asset)
            .ok_or_else(|| other(BAD_QUOTE_SYMBOL, "Quote asset symbol is invalid"))?;
        let asked = request.timestamp.unwrap_or(now);
        if asked > now {
            let text = format!("Current IC time is {now}. {asked} is in the future!");
            return Err(other(FUTURE_TIMESTAMP, &text));
        }
        let minute = asked / MINUTE * MINUTE;
        let pair = (base, quote);
        let told = self.known.get(&pair).ok_or(match pair.0.class {
            AssetClass::Cryptocurrency => ExchangeRateError::CryptoBaseAssetNotFound,
            AssetClass::FiatCurrency => ExchangeRateError::ForexBaseAssetNotFound,
        })?;
        let rate = ExchangeRate {
            base_asset: pair.0.clone(),
            quote_asset: pair.1.clone(),
            timestamp: minute.saturating_sub(told.age_seconds),
            rate: told.rate,
            metadata: ExchangeRateMetadata {
                decimals: DECIMALS,
                base_asset_num_received_rates: told.received,
                base_asset_num_queried_sources: told.queried,
                quote_asset_num_received_rates: told.received,
                quote_asset_num_queried_sources: told.queried,
                standard_deviation: told.standard_deviation,
                forex_timestamp: (pair.1.class == AssetClass::FiatCurrency).then_some(minute),
            },
        };
        let is_cached = !self.cached.insert((pair, minute));
        Ok((rate, is_cached))
    }
}

/// An asset by its symbol in capital letters, if the symbol can be one.
fn normal(asset: &Asset) -> Option<Asset> {
    let is_symbol =
        !asset.symbol.is_empty() && asset.symbol.chars().all(|c| c.is_ascii_alphanumeric());
    is_symbol.then(|| Asset {
        symbol: asset.symbol.to_ascii_uppercase(),
        class: asset.class,
    })
}

fn other(code: u32, description: &str) -> ExchangeRateError {
    ExchangeRateError::Other(OtherError {
        code,
        description: description.to_string(),
    })
}

#[cfg(test)]
mod tests;
