//! What a client is told before it starts.

use crate::kernel::chain::MAX_CHAIN_ID_BYTES;
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use minicbor::{Decode, Encode};
use std::fmt;

const DAY: Nanos = 24 * 60 * 60 * NANOS_PER_SECOND;

/// How far a header's time may be ahead of our clock. **Source** CometBFT, `light`,
/// `defaultMaxClockDrift`.
pub const CLOCK_DRIFT: Nanos = 10 * NANOS_PER_SECOND;

/// Longest trusting period, whatever the chain's unbonding period.
pub const MAX_TRUSTING_PERIOD: Nanos = 9 * DAY;

/// Largest denominator of a trust level. Powers end at 2^60, so that a product fits 64 bits.
const MAX_DENOMINATOR: u64 = 15;

/// How much of the power of believed validators must have signed a header that is not the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TrustLevel {
    /// At least a third of the denominator, at most all of it.
    #[n(0)]
    pub numerator: u64,
    /// From 1 to 15.
    #[n(1)]
    pub denominator: u64,
}

impl TrustLevel {
    /// More than two thirds: a header that skips is as well signed as one that does not.
    pub const TWO_THIRDS: Self = Self {
        numerator: 2,
        denominator: 3,
    };

    /// Whether `signed` is more than this part of `total`.
    #[must_use]
    pub fn is_met(self, signed: u64, total: u64) -> bool {
        u128::from(signed) * u128::from(self.denominator)
            > u128::from(total) * u128::from(self.numerator)
    }
}

impl fmt::Display for TrustLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// The chain, and how long a signed header vouches for later ones.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Params {
    /// The chain.
    #[n(0)]
    pub chain_id: String,
    /// How long a believed header vouches for later ones, from its own time.
    #[n(1)]
    pub trusting_period: Nanos,
    /// How long validators can be punished for what they signed. An anchor vouches this long, since
    /// a vote may outlast the trusting period.
    #[n(2)]
    pub unbonding_period: Nanos,
    /// How far a header's time may be ahead of our clock.
    #[n(3)]
    pub clock_drift: Nanos,
    /// How much of the believed validators must have signed what skips heights.
    #[n(4)]
    pub trust_level: TrustLevel,
}

/// Why parameters are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// No chain, or a name longer than any chain has.
    #[error("chain_id: expected 1 to {MAX_CHAIN_ID_BYTES} bytes, got {got}")]
    ChainId {
        /// Bytes.
        got: usize,
    },
    /// Validators could leave before what they signed is judged.
    #[error("trusting_period: expected 1 ns to {max} ns, got {got} ns")]
    TrustingPeriod {
        /// The shorter of two thirds of the unbonding period and nine days.
        max: Nanos,
        /// What was given.
        got: Nanos,
    },
    /// A third of a chain can always lie.
    #[error(
        "trust_level: expected 1/3 to 1 with a denominator of at most {MAX_DENOMINATOR}, got {got}"
    )]
    TrustLevel {
        /// What was given.
        got: TrustLevel,
    },
}

/// The longest trusting period of a chain: the shorter of nine days and two thirds of its
/// unbonding period, rounded down.
#[must_use]
pub fn trusting_period(unbonding_period: Nanos) -> Nanos {
    // Dividing first loses at most a nanosecond and cannot overflow.
    (unbonding_period / 3 * 2).min(MAX_TRUSTING_PERIOD)
}

impl Params {
    /// The usual parameters of a chain with this unbonding period.
    #[must_use]
    pub fn new(chain_id: &str, unbonding_period: Nanos) -> Self {
        Self {
            chain_id: chain_id.into(),
            trusting_period: trusting_period(unbonding_period),
            unbonding_period,
            clock_drift: CLOCK_DRIFT,
            trust_level: TrustLevel::TWO_THIRDS,
        }
    }

    /// Checks every bound. **Errors** the first that does not hold.
    pub fn check(&self) -> Result<(), ParamsError> {
        let got = self.chain_id.len();
        if got == 0 || got > MAX_CHAIN_ID_BYTES {
            return Err(ParamsError::ChainId { got });
        }
        let (got, max) = (self.trusting_period, trusting_period(self.unbonding_period));
        if got == 0 || got > max {
            return Err(ParamsError::TrustingPeriod { max, got });
        }
        let got = self.trust_level;
        let is_fraction = (1..=MAX_DENOMINATOR).contains(&got.denominator)
            && got.numerator <= got.denominator
            && u128::from(got.numerator) * 3 >= u128::from(got.denominator);
        if !is_fraction {
            return Err(ParamsError::TrustLevel { got });
        }
        Ok(())
    }
}
