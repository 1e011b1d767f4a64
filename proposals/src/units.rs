//! Amounts, prices and times as people write them.

use std::time::Duration;

/// Places of ACT and AKT. **Source** both denoms are millionths.
const PLACES: usize = 6;

/// Reads `50 ACT` or `0.5 AKT` into millionths.
///
/// **Errors** what was expected, and what came: another unit, no number, more than six places, or
/// more than 64 bits hold.
pub fn amount(text: &str, unit: &str) -> Result<u64, String> {
    let wrong = || {
        format!("expected an amount such as `50 {unit}` with at most {PLACES} places, got `{text}`")
    };
    let number = text.strip_suffix(unit).ok_or_else(wrong)?.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !digits(whole) || !digits(fraction) || fraction.len() > PLACES {
        return Err(wrong());
    }
    format!("{}{fraction:0<PLACES$}", whole.replace('_', ""))
        .parse()
        .map_err(|_| wrong())
}

/// Reads `120 uact/block`.
///
/// **Errors** what was expected, and what came.
pub fn price(text: &str) -> Result<u64, String> {
    text.strip_suffix("uact/block")
        .and_then(|number| number.trim_end().replace('_', "").parse().ok())
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
        ] {
            assert_eq!(amount(text, "ACT").ok(), expected, "{text}");
        }
    }

    #[test]
    fn should_read_prices_and_times() {
        assert_eq!(price("1_200 uact/block"), Ok(1200));
        assert!(price("12 uakt/block").is_err());
        assert!(price("1.5 uact/block").is_err());
        assert_eq!(seconds("30 days"), Ok(2_592_000));
        assert!(seconds("30").is_err());
        assert!(seconds("1500ms").is_err());
    }
}
