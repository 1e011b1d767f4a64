//! Units of money: integers that do not mix.
//!
//! No conversion between units exists but by a named function that says its rounding direction.
//! No arithmetic here wraps, saturates or floats: what does not fit is `None`.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $symbol:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, Encode, Decode,
        )]
        #[serde(transparent)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub u64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// What the unit is called, as ledgers and chains write it.
            pub const SYMBOL: &'static str = $symbol;

            /// The sum, or `None` past the type's edge.
            #[must_use]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// The difference, or `None` below zero.
            #[must_use]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// The product with a count, or `None` past the type's edge.
            #[must_use]
            pub fn checked_mul(self, times: u64) -> Option<Self> {
                self.0.checked_mul(times).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, $symbol)
            }
        }
    };
}

unit! {
    /// Compute credit on Akash. **Units** 10^-6 ACT; the chain's oracle fixes 1 ACT at 1 USD.
    Uact, "uact"
}
unit! {
    /// The staking and gas coin of Akash. **Units** 10^-6 AKT.
    Uakt, "uakt"
}
unit! {
    /// ICP. **Units** 10^-8 ICP.
    E8s, "e8s"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_refuse_to_pass_the_edges() {
        assert_eq!(Uact(u64::MAX).checked_add(Uact(1)), None);
        assert_eq!(Uact(0).checked_sub(Uact(1)), None);
        assert_eq!(Uact(u64::MAX).checked_mul(2), None);
        assert_eq!(
            Uact(u64::MAX - 1).checked_add(Uact(1)),
            Some(Uact(u64::MAX))
        );
    }

    #[test]
    fn should_name_the_unit() {
        assert_eq!(Uakt(5_000).to_string(), "5000 uakt");
    }
}
