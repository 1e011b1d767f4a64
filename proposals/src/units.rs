//! Amounts, prices and times as people write them.
//!
//! ```text
//! amount = number [ "." digits ] [ space ] unit     at most six places; unit is ACT or AKT
//! price  = number [ space ] "uact/block"
//! time   = item { [ space ] item }                  whole seconds
//! item   = digits [ space ] ( "s" | "m" | "h" | "d" | "w" | "M" | "y" | their words )
//! number = digit { digit | "_" }
//! ```
//!
//! A month (`M`, `month`) is 30.44 days and a year 365.25, so templates count in days.

use std::time::Duration;

/// Places of ACT and AKT. **Source** both denoms are millionths.
const PLACES: usize = 6;

/// Places of ICP and of the tokens of an SNS.
const TOKEN_PLACES: usize = 8;

/// Places of a percentage.
const PERCENT_PLACES: usize = 2;

/// Reads `50 ACT` or `0.5 AKT` into millionths.
///
/// **Errors** what was expected, and what came: another unit, no number, more than six places, or
/// more than 64 bits hold.
pub fn amount(text: &str, unit: &str) -> Result<u64, String> {
    let wrong = || {
        format!("expected an amount such as `50 {unit}` with at most {PLACES} places, got `{text}`")
    };
    let number = text.strip_suffix(unit).ok_or_else(wrong)?.trim_end();
    fixed(number, PLACES).ok_or_else(wrong)
}

/// The digits of a number, which may be set apart by `_`.
fn digits(number: &str) -> Option<String> {
    let fine = number.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    (fine && number.starts_with(|c: char| c.is_ascii_digit())).then(|| number.replace('_', ""))
}

/// Reads `120 uact/block`.
///
/// **Errors** what was expected, and what came.
pub fn price(text: &str) -> Result<u64, String> {
    text.strip_suffix("uact/block")
        .and_then(|number| digits(number.trim_end())?.parse().ok())
        .ok_or_else(|| format!("expected a price such as `120 uact/block`, got `{text}`"))
}

/// Reads `30 days` or `1h 30m` into seconds.
///
/// **Errors** what was expected, and what came.
pub fn seconds(text: &str) -> Result<u64, String> {
    humantime::parse_duration(text)
        .map_err(|why| format!("expected a time such as `30 days`, got `{text}`: {why}"))
        .and_then(|time: Duration| {
            if time.subsec_nanos() == 0 {
                Ok(time.as_secs())
            } else {
                Err(format!("expected whole seconds, got `{text}`"))
            }
        })
}

/// Reads `14.9 tokens`, `1 token` or `10_000 e8s` into e8s, as the SNS does.
///
/// **Errors** what was expected, and what came.
pub fn tokens(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected tokens such as `1.5 tokens` or `10_000 e8s`, got `{text}`");
    if let Some(e8s) = text.strip_suffix("e8s") {
        return digits(e8s.trim_end())
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(wrong);
    }
    let number = text
        .strip_suffix("tokens")
        .or_else(|| text.strip_suffix("token"))
        .ok_or_else(wrong)?
        .trim_end();
    fixed(number, TOKEN_PLACES).ok_or_else(wrong)
}

/// Reads `2.25%` into hundredths of a percent, as the SNS does.
///
/// **Errors** what was expected, and what came.
pub fn basis_points(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a percentage such as `2.25%`, got `{text}`");
    let number = text.strip_suffix('%').ok_or_else(wrong)?;
    fixed(number, PERCENT_PLACES).ok_or_else(wrong)
}

/// A decimal in units of its last place.
fn fixed(number: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    if !is_fraction || fraction.len() > places {
        return None;
    }
    format!("{}{fraction:0<places$}", digits(whole)?)
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_read_amounts() {
        for (text, expected) in [
            ("50 ACT", Some(50_000_000)),
            ("0.5 ACT", Some(500_000)),
            ("1_000 ACT", Some(1_000_000_000)),
            ("0.000001 ACT", Some(1)),
            ("18446744073709.551615 ACT", Some(u64::MAX)),
            ("18446744073709.551616 ACT", None),
            ("0.0000001 ACT", None),
            ("50 AKT", None),
            ("50", None),
            ("ACT", None),
            ("-1 ACT", None),
            ("1e3 ACT", None),
            ("+1 ACT", None),
            ("_1 ACT", None),
            ("1.5_0 ACT", None),
            ("1. ACT", None),
            (".5 ACT", None),
            (" 1 ACT", None),
            ("1  ACT", Some(1_000_000)),
            ("1ACT", Some(1_000_000)),
            ("1 act", None),
        ] {
            assert_eq!(amount(text, "ACT").ok(), expected, "{text}");
        }
    }

    #[test]
    fn should_read_prices_and_times() {
        assert_eq!(price("1_200 uact/block"), Ok(1200));
        assert!(price("12 uakt/block").is_err());
        assert!(price("1.5 uact/block").is_err());
        assert!(price("+5 uact/block").is_err());
        assert!(price("uact/block").is_err());
        assert!(price("18446744073709551616 uact/block").is_err());
        assert_eq!(seconds("1h 30m"), Ok(5_400));
        assert_eq!(seconds("30 days"), Ok(2_592_000));
        assert!(seconds("30").is_err());
        assert!(seconds("1500ms").is_err());
    }

    #[test]
    fn should_read_tokens_and_percentages() {
        for (text, expected) in [
            ("1 token", Some(100_000_000)),
            ("14.9 tokens", Some(1_490_000_000)),
            ("0.00000001 tokens", Some(1)),
            ("10_000 e8s", Some(10_000)),
            ("0.000000001 tokens", None),
            ("1.5 e8s", None),
            ("1", None),
            ("-1 tokens", None),
        ] {
            assert_eq!(tokens(text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("2.25%", Some(225)),
            ("100%", Some(10_000)),
            ("0%", Some(0)),
            ("2.255%", None),
            ("2 %", None),
            ("2", None),
        ] {
            assert_eq!(basis_points(text).ok(), expected, "{text}");
        }
    }
}
