//! Decimals with 18 places: how Akash writes prices and balances.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Places behind the point. **Source** Cosmos SDK, `math.LegacyPrecision`.
pub const PLACES: u32 = 18;

/// One, scaled. **Units** 10^-18.
pub const SCALE: u128 = 10_u128.pow(PLACES);

/// A decimal that is not negative. **Units** 10^-18 of whatever the field says.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(u128);

/// Why a text is not a [`Decimal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal number that is not negative with at most {PLACES} places, got {got:?}")]
pub struct DecimalError {
    /// The text.
    pub got: String,
}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a count of 10^-18, as protobuf messages carry it.
    #[must_use]
    pub const fn from_scaled(scaled: u128) -> Self {
        Self(scaled)
    }

    /// A count of 10^-18, as protobuf messages carry it.
    #[must_use]
    pub const fn scaled(self) -> u128 {
        self.0
    }

    /// A whole number. It always fits: 2^64 x 10^18 is below 2^128.
    #[must_use]
    pub const fn from_whole(whole: u64) -> Self {
        Self(whole as u128 * SCALE)
    }

    /// The sum, or `None` past the type's edge.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The product with a count, or `None` past the type's edge.
    #[must_use]
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        self.0.checked_mul(u128::from(times)).map(Self)
    }

    /// Whole part, the fraction dropped, or `None` when it does not fit.
    #[must_use]
    pub fn floor(self) -> Option<u64> {
        u64::try_from(self.0 / SCALE).ok()
    }

    /// The smallest whole number that is not below, or `None` when it does not fit.
    #[must_use]
    pub fn ceil(self) -> Option<u64> {
        u64::try_from(self.0.div_ceil(SCALE)).ok()
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let parse = || {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            let places = u32::try_from(fraction.len()).ok()?;
            if !digits(whole) || !digits(fraction) || places > PLACES {
                return None;
            }
            let fraction = fraction.parse::<u128>().ok()? * 10_u128.pow(PLACES - places);
            whole
                .parse::<u128>()
                .ok()?
                .checked_mul(SCALE)?
                .checked_add(fraction)
        };
        parse().map(Self).ok_or_else(|| DecimalError {
            got: text.to_string(),
        })
    }
}

/// Without trailing zeros: `1.5`, `20`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / SCALE)?;
        let fraction = self.0 % SCALE;
        if fraction == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{fraction:018}").trim_end_matches('0'))
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Self, DecimalError> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.to_string()
    }
}

impl<C> Encode<C> for Decimal {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0.to_be_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Decimal {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes: [u8; 16] = d
            .bytes()?
            .try_into()
            .map_err(|_| minicbor::decode::Error::message("a decimal has 16 bytes"))?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_read_and_write_decimals() {
        for (text, scaled, shown) in [
            ("0", 0, "0"),
            ("1.5", 1_500_000_000_000_000_000, "1.5"),
            ("812.000000000000000000", 812 * SCALE, "812"),
            ("0.000000000000000001", 1, "0.000000000000000001"),
        ] {
            let decimal: Decimal = text.parse().expect(text);
            assert_eq!(
                (decimal.scaled(), decimal.to_string().as_str()),
                (scaled, shown)
            );
        }
    }

    #[test]
    fn should_refuse_what_is_not_a_decimal() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1_000",
            " 1",
            "0.0000000000000000001",
            "999999999999999999999999999999999999999",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn should_round_where_it_says() {
        let half = Decimal::from_scaled(SCALE / 2);
        assert_eq!((half.floor(), half.ceil()), (Some(0), Some(1)));
        assert_eq!(Decimal::from_whole(3).ceil(), Some(3));
        assert_eq!(Decimal::from_whole(u64::MAX).floor(), Some(u64::MAX));
        assert_eq!(Decimal::from_scaled(u128::MAX).floor(), None);
        assert_eq!(Decimal::from_scaled(u128::MAX).checked_add(half), None);
    }

    #[test]
    fn should_survive_storage() {
        let price: Decimal = "12.000000000000000007".parse().expect("a decimal");
        let bytes = minicbor::to_vec(price).expect("no write fails in memory");
        assert_eq!(
            minicbor::decode::<Decimal>(&bytes).expect("our bytes"),
            price
        );
    }
}
