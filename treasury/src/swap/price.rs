//! Prices: what is read, what is believed, and what an auction asks at a moment.
//!
//! A price is a whole number of uakt for one ICP; the more, the better for the treasury. All
//! candidates round up, in the treasury's favour.

use super::settings::{BPS, Settings, nanos, share_ceil};
use minicbor::{Decode, Encode};
use orchestrator::kernel::decimal::{Decimal, SCALE};
use orchestrator::kernel::money::{E8s, Uakt};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// One ICP. **Units** e8s.
pub const ICP: u64 = 100_000_000;

/// One AKT. **Units** uakt.
pub const AKT: u64 = 1_000_000;

/// A price. **Units** uakt for one ICP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Price(#[n(0)] pub u64);

impl Price {
    /// What so much AKT is paid with, rounded down: the treasury never pays for a part of a unit.
    #[must_use]
    pub fn icp_for(self, amount: Uakt) -> E8s {
        let scaled = u128::from(amount.0) * u128::from(ICP);
        let e8s = scaled.checked_div(u128::from(self.0)).unwrap_or(0);
        E8s(u64::try_from(e8s).unwrap_or(u64::MAX))
    }

    /// What so much ICP buys at least, rounded down.
    #[must_use]
    pub fn uakt_for(self, amount: E8s) -> Uakt {
        let uakt = u128::from(amount.0) * u128::from(self.0) / u128::from(ICP);
        Uakt(u64::try_from(uakt).unwrap_or(u64::MAX))
    }
}

/// One rate of the exchange-rate canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// **Units** 10^-9 USD for one coin.
    pub usd_e9: u64,
    /// Sources that answered.
    pub sources: u64,
    /// Standard deviation of the sources. **Units** 10^-9 USD.
    pub deviation_e9: u64,
    /// When it was valid. **Units** seconds since the Unix epoch.
    pub at_s: u64,
}

/// Both coins at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// ICP in USD.
    pub icp: Rate,
    /// AKT in USD.
    pub akt: Rate,
}

/// What the exchange-rate canister said: at the time of the reading, and ten minutes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The newest.
    pub now: Pair,
    /// Ten minutes before.
    pub before: Pair,
}

/// How far back the older rates lie. **Units** seconds.
pub const BEFORE_S: u64 = 600;

/// Akash's own price of AKT, as its state at a verified header has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPrice {
    /// USD for one AKT.
    pub usd: Decimal,
    /// When its oracle took it.
    pub at: Nanos,
    /// Whether the chain itself calls it healthy.
    pub is_healthy: bool,
    /// Time of the header that it was proven at.
    pub header_time: Nanos,
}

/// Why there is no reference price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Nobody asked for rates lately, or none came.
    #[error("rates: none are known, expected some of the last {most_s} s")]
    NoRates {
        /// Largest age.
        most_s: u64,
    },
    /// Too few sources.
    #[error("rate of {coin}: expected {least} sources or more, got {got}")]
    Sources {
        /// Which coin.
        coin: &'static str,
        /// Fewest.
        least: u64,
        /// What there was.
        got: u64,
    },
    /// Sources differ.
    #[error("rate of {coin}: expected a deviation of at most {most} bps, got {got}")]
    Deviation {
        /// Which coin.
        coin: &'static str,
        /// Largest.
        most: u64,
        /// What there was.
        got: u64,
    },
    /// Too old, or from the future.
    #[error("{what}: expected at most {most_s} s from now, got {got_s}")]
    Age {
        /// Of what.
        what: &'static str,
        /// Largest.
        most_s: u64,
        /// What there was.
        got_s: u64,
    },
    /// The chain does not trust its own price.
    #[error("Akash's price of AKT: expected a healthy one, got one that the chain calls unhealthy")]
    Unhealthy,
    /// Zero, or beyond what fits.
    #[error("{what}: expected a price, got {got}")]
    Senseless {
        /// Of what.
        what: &'static str,
        /// What there was.
        got: u64,
    },
    /// The sources contradict one another.
    #[error("prices: expected all within {most} bps, got {low} to {high} uakt per ICP")]
    Disagreement {
        /// Largest distance.
        most: u64,
        /// Lowest.
        low: u64,
        /// Highest.
        high: u64,
    },
}

/// The price that is best for the treasury among what the exchange-rate canister says now, what it
/// said ten minutes before, and what Akash's own oracle says.
///
/// **Errors** any of them is missing, old, thinly sourced, or far from the others.
pub fn reference(
    settings: &Settings,
    rates: Option<&Rates>,
    chain: &ChainPrice,
    now: Nanos,
) -> Result<Price, PriceError> {
    let most_s = settings.max_rate_age_s;
    let rates = rates.ok_or(PriceError::NoRates { most_s })?;
    let now_s = now / NANOS_PER_SECOND;
    let sides = [
        ("ICP", settings.min_icp_rates, rates.now.icp, now_s),
        ("AKT", settings.min_akt_rates, rates.now.akt, now_s),
        (
            "ICP before",
            settings.min_icp_rates,
            rates.before.icp,
            now_s.saturating_sub(BEFORE_S),
        ),
        (
            "AKT before",
            settings.min_akt_rates,
            rates.before.akt,
            now_s.saturating_sub(BEFORE_S),
        ),
    ];
    for (coin, least, rate, at_s) in sides {
        believable(settings, coin, least, rate, at_s)?;
    }
    chain_believable(settings, chain, now)?;
    let candidates = [
        cross(
            rates.now.icp,
            u128::from(rates.now.akt.usd_e9) * (SCALE / 1_000_000_000),
        )?,
        cross(
            rates.before.icp,
            u128::from(rates.before.akt.usd_e9) * (SCALE / 1_000_000_000),
        )?,
        cross(rates.now.icp, chain.usd.scaled())?,
    ];
    let high = candidates.iter().max().map_or(0, |price| price.0);
    let low = candidates.iter().min().map_or(0, |price| price.0);
    // The distance is rounded up: the edge itself is still agreement.
    let distance = u128::from(high - low) * u128::from(BPS);
    if distance > u128::from(high) * u128::from(settings.agreement_bps) {
        return Err(PriceError::Disagreement {
            most: settings.agreement_bps,
            low,
            high,
        });
    }
    Ok(Price(high))
}

fn believable(
    settings: &Settings,
    coin: &'static str,
    least: u64,
    rate: Rate,
    at_s: u64,
) -> Result<(), PriceError> {
    if rate.sources < least {
        return Err(PriceError::Sources {
            coin,
            least,
            got: rate.sources,
        });
    }
    if rate.usd_e9 == 0 {
        return Err(PriceError::Senseless { what: coin, got: 0 });
    }
    let deviation = u128::from(rate.deviation_e9) * u128::from(BPS);
    let got = deviation.div_ceil(u128::from(rate.usd_e9));
    if got > u128::from(settings.max_deviation_bps) {
        return Err(PriceError::Deviation {
            coin,
            most: settings.max_deviation_bps,
            got: u64::try_from(got).unwrap_or(u64::MAX),
        });
    }
    near(coin, rate.at_s, at_s, settings.max_rate_age_s)
}

fn near(what: &'static str, at_s: u64, expected_s: u64, most_s: u64) -> Result<(), PriceError> {
    let got_s = at_s.abs_diff(expected_s);
    if got_s > most_s {
        return Err(PriceError::Age {
            what,
            most_s,
            got_s,
        });
    }
    Ok(())
}

fn chain_believable(settings: &Settings, chain: &ChainPrice, now: Nanos) -> Result<(), PriceError> {
    let most_s = settings.max_header_age_s;
    let distance = chain.header_time.abs_diff(now);
    if distance > nanos(most_s) {
        return Err(PriceError::Age {
            what: "header",
            most_s,
            got_s: distance.div_ceil(NANOS_PER_SECOND),
        });
    }
    let most_s = settings.max_price_age_s;
    let distance = chain.at.abs_diff(chain.header_time);
    if distance > nanos(most_s) {
        return Err(PriceError::Age {
            what: "Akash's price of AKT, from its header",
            most_s,
            got_s: distance.div_ceil(NANOS_PER_SECOND),
        });
    }
    if !chain.is_healthy {
        return Err(PriceError::Unhealthy);
    }
    Ok(())
}

/// How many uakt one ICP is worth, rounded up. **Units** of the second: 10^-18 USD for one AKT.
fn cross(icp: Rate, akt_usd_e18: u128) -> Result<Price, PriceError> {
    let senseless = |got| PriceError::Senseless {
        what: "price of AKT",
        got,
    };
    if akt_usd_e18 == 0 {
        return Err(senseless(0));
    }
    // Below 2^64 x 10^15 < 2^128.
    let scaled = u128::from(icp.usd_e9) * u128::from(AKT) * 1_000_000_000;
    match u64::try_from(scaled.div_ceil(akt_usd_e18)) {
        Ok(price) if price > 0 => Ok(Price(price)),
        _ => Err(senseless(u64::MAX)),
    }
}

/// What an auction asks, from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auction {
    /// At first.
    pub start: Price,
    /// At last: the stricter of the adopted limit and so much worse than the reference.
    pub floor: Price,
    /// How long the way takes.
    pub span: Nanos,
}

impl Auction {
    /// The auction of a slice at a reference price, under an adopted limit.
    #[must_use]
    pub fn new(settings: &Settings, reference: Price, limit: Price) -> Self {
        let better = BPS.saturating_add(settings.start_bps);
        let worse = BPS.saturating_sub(settings.worst_bps);
        let floor = Price(share_ceil(reference.0, worse)).max(limit);
        Self {
            start: Price(share_ceil(reference.0, better)).max(floor),
            floor,
            span: nanos(settings.auction_s),
        }
    }

    /// What is asked so long after the beginning: a straight line, rounded up.
    #[must_use]
    pub fn at(&self, elapsed: Nanos) -> Price {
        let elapsed = elapsed.min(self.span);
        let range = u128::from(self.start.0.saturating_sub(self.floor.0));
        let fallen = (range * u128::from(elapsed))
            .checked_div(u128::from(self.span))
            .unwrap_or(range);
        let fallen = u64::try_from(fallen).unwrap_or(u64::MAX);
        Price(self.start.0.saturating_sub(fallen)).max(self.floor)
    }
}
