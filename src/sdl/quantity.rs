//! Numbers with units, as an SDL writes them.
//!
//! Only what every reader of SDLs takes for the same number: plain decimal digits without a
//! leading zero, suffixes in their exact case, and fractions that come out whole.

/// Longest run of digits: what is longer is beyond every limit, and this keeps sums in range.
const MAX_DIGITS: usize = 18;

/// What suffixes mean. **Units** bytes.
const SUFFIXES: [(&str, u64); 12] = [
    ("k", 1_000),
    ("Ki", 1 << 10),
    ("M", 1_000_000),
    ("Mi", 1 << 20),
    ("G", 1_000_000_000),
    ("Gi", 1 << 30),
    ("T", 1_000_000_000_000),
    ("Ti", 1 << 40),
    ("P", 1_000_000_000_000_000),
    ("Pi", 1 << 50),
    ("E", 1_000_000_000_000_000_000),
    ("Ei", 1 << 60),
];

/// `250m`, `0.5`, `2`. **Units** of the result: thousandths of a core.
pub(super) fn cpu_milli(text: &str) -> Option<u64> {
    match text.strip_suffix('m') {
        Some(milli) => whole(milli),
        None => scaled(text, 1_000),
    }
}

/// `512Mi`, `1.5G`. **Units** of the result: bytes.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, suffix) = text.split_at(at);
    let (_, factor) = SUFFIXES.iter().find(|(name, _)| *name == suffix)?;
    scaled(number, *factor)
}

/// `80Gi`, `1Ti`: whole binary gibibytes.
pub(super) fn gibibytes(text: &str) -> Option<u64> {
    let bytes = text.ends_with('i').then(|| bytes(text))??;
    (bytes > 0 && bytes % (1 << 30) == 0).then_some(bytes >> 30)
}

/// `90s`, `30m`, `24h`. **Units** of the result: seconds.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (number, factor) = [("s", 1), ("m", 60), ("h", 3_600)]
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    whole(number)
        .filter(|n| *n > 0)
        .and_then(|n| n.checked_mul(*factor))
}

/// Plain digits without a leading zero.
pub(super) fn whole(text: &str) -> Option<u64> {
    is_whole(text).then(|| text.parse().ok())?
}

/// `0`, `12`, `0.5`, `12.25`.
pub(super) fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        None => is_whole(text),
        Some((whole, fraction)) => is_whole(whole) && is_fraction(fraction),
    }
}

fn is_whole(text: &str) -> bool {
    let canonical = text == "0" || !text.starts_with('0');
    canonical && is_fraction(text)
}

fn is_fraction(text: &str) -> bool {
    (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A decimal times a factor, when that is a whole number.
fn scaled(text: &str, factor: u64) -> Option<u64> {
    if !is_decimal(text) {
        return None;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let places = u32::try_from(fraction.len()).ok()?;
    // Both products stay below 10^18 x 2^60 < 2^128.
    let factor = u128::from(factor);
    let fraction = fraction.parse::<u128>().ok()? * factor;
    let unit = 10_u128.pow(places);
    if fraction % unit != 0 {
        return None;
    }
    u64::try_from(whole.parse::<u128>().ok()? * factor + fraction / unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_read_processor_shares() {
        for (text, milli) in [
            ("250m", Some(250)),
            ("0.5", Some(500)),
            ("2", Some(2_000)),
            ("1.5", Some(1_500)),
            ("0.001", Some(1)),
            ("0", Some(0)),
            ("0m", Some(0)),
            ("1.0005", None),
            ("1.5m", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1_000", None),
            ("0777", None),
            ("02m", None),
            (".5", None),
            ("1.", None),
            ("", None),
            ("m", None),
            ("2 ", None),
            ("999999999999999999999", None),
        ] {
            assert_eq!(cpu_milli(text), milli, "{text:?}");
        }
    }

    #[test]
    fn should_read_sizes() {
        for (text, size) in [
            ("1k", Some(1_000)),
            ("1Ki", Some(1_024)),
            ("256Mi", Some(268_435_456)),
            ("1500M", Some(1_500_000_000)),
            ("2G", Some(2_000_000_000)),
            ("1.5Gi", Some(1_610_612_736)),
            ("1T", Some(1_000_000_000_000)),
            ("1Pi", Some(1 << 50)),
            ("15Ei", Some(15 << 60)),
            ("16Ei", None),
            ("0.0000001k", None),
            ("1.1Ki", None),
            ("1024", None),
            ("1gi", None),
            ("1GI", None),
            ("1GB", None),
            ("1 Gi", None),
            ("Gi", None),
            ("-1Gi", None),
            ("01Gi", None),
        ] {
            assert_eq!(bytes(text), size, "{text:?}");
        }
    }

    #[test]
    fn should_read_graphics_memory_in_gibibytes() {
        for (text, gibi) in [
            ("80Gi", Some(80)),
            ("1Ti", Some(1_024)),
            ("81920Mi", Some(80)),
            ("40GB", None),
            ("80G", None),
            ("100Mi", None),
            ("0Gi", None),
        ] {
            assert_eq!(gibibytes(text), gibi, "{text:?}");
        }
    }

    #[test]
    fn should_read_windows() {
        for (text, s) in [
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("24h", Some(86_400)),
            ("1h30m", None),
            ("0h", None),
            ("24", None),
            ("1d", None),
            ("999999999999999999h", None),
        ] {
            assert_eq!(seconds(text), s, "{text:?}");
        }
    }
}
