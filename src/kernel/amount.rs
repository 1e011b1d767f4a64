//! Amounts, rates and times for people: whole units, and what one unit is worth in another.
//!
//! Showing loses nothing: an amount is written with all its places. Conversions are for reading
//! only and round up, against whoever spends; no payment depends on them.

use super::money::{E8s, Uact, Uakt};

/// Places of ACT and AKT. **Source** both denoms are millionths.
pub const MICRO_PLACES: u32 = 6;

/// Places of ICP. **Source** ICP ledger, `decimals`.
pub const E8S_PLACES: u32 = 8;

/// Places of rates in USD.
pub const RATE_PLACES: u32 = 9;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

/// Writes a count of 10^-`places` in whole units, without trailing zeros: `1500000` is `1.5`.
#[must_use]
pub fn whole(count: u64, places: u32) -> String {
    let digits = usize::try_from(places).unwrap_or(usize::MAX);
    let text = format!("{count:0>width$}", width = digits.saturating_add(1));
    let (whole, fraction) = text.split_at(text.len().saturating_sub(digits));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// `1.5 ACT`.
#[must_use]
pub fn act(amount: Uact) -> String {
    format!("{} ACT", whole(amount.0, MICRO_PLACES))
}

/// `0.005 AKT`.
#[must_use]
pub fn akt(amount: Uakt) -> String {
    format!("{} AKT", whole(amount.0, MICRO_PLACES))
}

/// `0.25 ICP`.
#[must_use]
pub fn icp(amount: E8s) -> String {
    format!("{} ICP", whole(amount.0, E8S_PLACES))
}

/// What ACT is worth in USD, with all its places and at least two: `1.50 USD`. The chain's oracle
/// fixes 1 ACT at 1 USD, so nothing is rounded.
#[must_use]
pub fn usd(amount: Uact) -> String {
    let exact = whole(amount.0, MICRO_PLACES);
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    format!("{whole}.{fraction:0<2} USD")
}

/// A rate in USD, all its places: `0.6123 USD`. **Units** of the argument: 10^-9 USD.
#[must_use]
pub fn rate(usd_e9: u64) -> String {
    format!("{} USD", whole(usd_e9, RATE_PLACES))
}

/// The AKT that so much ACT is worth at a rate, rounded up. `None` for a rate of zero, or what
/// does not fit. **Units** of the rate: 10^-9 USD for one AKT.
#[must_use]
pub fn uakt_worth_ceil(amount: Uact, akt_usd_e9: u64) -> Option<Uakt> {
    worth_ceil(amount, MICRO_PLACES, akt_usd_e9).map(Uakt)
}

/// The ICP that so much ACT is worth at a rate, rounded up. `None` for a rate of zero, or what
/// does not fit. **Units** of the rate: 10^-9 USD for one ICP.
#[must_use]
pub fn e8s_worth_ceil(amount: Uact, icp_usd_e9: u64) -> Option<E8s> {
    worth_ceil(amount, E8S_PLACES, icp_usd_e9).map(E8s)
}

/// `amount` x 10^-6 USD over the rate, in 10^-`places`. The widest product is 2^64 x 10^11, which
/// 128 bits hold.
fn worth_ceil(amount: Uact, places: u32, usd_e9: u64) -> Option<u64> {
    let factor = 10_u128.checked_pow((RATE_PLACES + places).checked_sub(MICRO_PLACES)?)?;
    let scaled = u128::from(amount.0).checked_mul(factor)?;
    if usd_e9 == 0 {
        return None;
    }
    u64::try_from(scaled.div_ceil(u128::from(usd_e9))).ok()
}

/// A span of time in its two largest units, the rest dropped: `30 d`, `1 d 6 h`, `5 min`.
#[must_use]
pub fn span(seconds: u64) -> String {
    let units = [
        (seconds / DAY_S, "d"),
        (seconds % DAY_S / HOUR_S, "h"),
        (seconds % HOUR_S / MINUTE_S, "min"),
        (seconds % MINUTE_S, "s"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let parts: Vec<String> = units[first..]
        .iter()
        .take(2)
        .enumerate()
        .filter(|(i, (count, _))| *i == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count} {unit}"))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_write_whole_units_with_all_their_places() {
        for (count, places, shown) in [
            (0, 6, "0"),
            (1, 6, "0.000001"),
            (1_500_000, 6, "1.5"),
            (50_000_000, 6, "50"),
            (u64::MAX, 6, "18446744073709.551615"),
            (u64::MAX, 8, "184467440737.09551615"),
            (7, 0, "7"),
        ] {
            assert_eq!(whole(count, places), shown);
        }
        assert_eq!(act(Uact(1_250_000)), "1.25 ACT");
        assert_eq!(akt(Uakt(5_000)), "0.005 AKT");
        assert_eq!(icp(E8s(25_000_000)), "0.25 ICP");
        assert_eq!(rate(612_300_000), "0.6123 USD");
        assert_eq!(usd(Uact(0)), "0.00 USD");
        assert_eq!(usd(Uact(1)), "0.000001 USD");
        assert_eq!(usd(Uact(1_500_000)), "1.50 USD");
    }

    #[test]
    fn should_round_up_against_the_spender() {
        // 1 ACT at 0.30 USD an AKT is 3.333334 AKT.
        assert_eq!(
            uakt_worth_ceil(Uact(1_000_000), 300_000_000),
            Some(Uakt(3_333_334))
        );
        assert_eq!(
            uakt_worth_ceil(Uact(3_000_000), 300_000_000),
            Some(Uakt(10_000_000))
        );
        // 1 ACT at 7 USD an ICP is 0.14285715 ICP.
        assert_eq!(
            e8s_worth_ceil(Uact(1_000_000), 7_000_000_000),
            Some(E8s(14_285_715))
        );
        assert_eq!(e8s_worth_ceil(Uact(1), 0), None);
        assert_eq!(e8s_worth_ceil(Uact(u64::MAX), 1), None);
    }

    #[test]
    fn should_write_spans() {
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_661, "1 h 1 min"),
            (30 * DAY_S, "30 d"),
            (DAY_S + 6 * HOUR_S + 5, "1 d 6 h"),
            (DAY_S + 59, "1 d"),
        ] {
            assert_eq!(span(seconds), shown);
        }
    }
}
