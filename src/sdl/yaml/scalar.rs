//! What a scalar is taken for.
//!
//! **Source** gopkg.in/yaml.v3, `resolve.go`: the reader that Akash's own tools use. Where it and
//! other readers take the same text for different things, the SDL's readers here refuse it, and
//! this module is how they notice.

use super::super::error::quote;

/// A scalar as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// After escapes and line folding.
    pub(crate) text: String,
    /// Whether it stands without quotes and is no block.
    pub(crate) plain: bool,
}

/// What Akash's reader takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing: `~`, `null`, or no text at all.
    Null,
    /// `true` or `false` in one of their three spellings.
    Bool(bool),
    /// A whole number, in whatever base.
    Int(i128),
    /// A number with a point or an exponent, infinite, or none at all.
    Float,
    /// A date, or a date with a time.
    Timestamp,
    /// Anything else, and everything in quotes.
    Text,
}

impl Scalar {
    /// What Akash's reader takes it for.
    pub(crate) fn value(&self) -> Value {
        if self.plain {
            resolve(&self.text)
        } else {
            Value::Text
        }
    }

    /// For a problem: what it is, and as it is written.
    pub(crate) fn shown(&self) -> String {
        let text = &self.text;
        match self.value() {
            Value::Null => "nothing".to_string(),
            Value::Bool(_) => format!("the truth value {text}"),
            Value::Int(value) if *text == value.to_string() => format!("the number {text}"),
            Value::Int(value) => format!("the number {}, which is {value}", quote(text)),
            Value::Float => format!("the number {}", quote(text)),
            Value::Timestamp => format!("the date {}", quote(text)),
            Value::Text => quote(text),
        }
    }

    /// A truth value, as Akash's reader takes it where one is expected.
    pub(crate) fn truth(&self) -> Option<bool> {
        match (self.value(), self.text.as_str()) {
            (Value::Bool(value), _) => Some(value),
            (Value::Text, "y" | "Y" | "yes" | "on") => Some(true),
            (Value::Text, "n" | "N" | "no" | "off") => Some(false),
            _ => None,
        }
    }
}

fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float,
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Value::Float;
    }
    let begins_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !begins_number {
        return Value::Text;
    }
    if is_timestamp(text) {
        return Value::Timestamp;
    }
    let plain = text.replace('_', "");
    match integer(&plain) {
        Some(value) => Value::Int(value),
        None if is_float(&plain) => Value::Float,
        None => Value::Text,
    }
}

/// Go's `ParseInt` with base 0: `0x`, `0o`, `0b`, and `0` alone for octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = sign * i128::from(u64::from_str_radix(digits, radix).ok()?);
    (value >= i128::from(i64::MIN)).then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent_is_fine = exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    let mantissa_is_fine = match mantissa.split_once('.') {
        None => digits(mantissa),
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    };
    exponent_is_fine && mantissa_is_fine
}

/// A date, alone or with something that begins like a time. Wider than Go's layouts, which is on
/// the safe side: a text that looks like a date has to stand in quotes.
fn is_timestamp(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |t: &str, most: usize| {
        (1..=most).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit())
    };
    let (day, time) = match rest.find(['T', 't', ' ']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    year.len() == 4
        && digits(year, 4)
        && digits(month, 2)
        && digits(day, 2)
        && time.is_none_or(|t| t.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_take_plain_scalars_for_what_akash_takes_them() {
        for (text, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("nULL", Value::Text),
            ("true", Value::Bool(true)),
            ("TRUE", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("tRUE", Value::Text),
            // Truth values of YAML 1.1 are texts, unless a truth value is asked for.
            ("yes", Value::Text),
            ("no", Value::Text),
            ("on", Value::Text),
            ("off", Value::Text),
            ("80", Value::Int(80)),
            ("-1", Value::Int(-1)),
            ("+1", Value::Int(1)),
            ("1_000", Value::Int(1_000)),
            ("0777", Value::Int(0o777)),
            ("0o777", Value::Int(0o777)),
            ("0x1F", Value::Int(31)),
            ("0b11", Value::Int(3)),
            ("0", Value::Int(0)),
            ("08", Value::Float),
            ("18446744073709551615", Value::Int(u64::MAX.into())),
            ("18446744073709551616", Value::Float),
            ("-9223372036854775808", Value::Int(i64::MIN.into())),
            ("-9223372036854775809", Value::Float),
            ("1e3", Value::Float),
            ("1.", Value::Float),
            (".5", Value::Float),
            ("1.5", Value::Float),
            ("2.0", Value::Float),
            ("1_0.5", Value::Float),
            (".inf", Value::Float),
            ("-.INF", Value::Float),
            (".nan", Value::Float),
            ("1:30", Value::Text),
            ("2001-12-14", Value::Timestamp),
            ("2001-12-14T21:59:43Z", Value::Timestamp),
            ("2001-12-14 and more", Value::Text),
            ("250m", Value::Text),
            ("1Gi", Value::Text),
            ("1e", Value::Text),
            ("-", Value::Text),
            (".", Value::Text),
            ("1.2.3", Value::Text),
            ("0x", Value::Text),
            ("--1", Value::Text),
            ("10.0.0.1", Value::Text),
        ] {
            let plain = Scalar {
                text: text.to_string(),
                plain: true,
            };
            assert_eq!(plain.value(), value, "{text:?}");
            let quoted = Scalar {
                plain: false,
                ..plain
            };
            assert_eq!(quoted.value(), Value::Text, "{text:?} in quotes");
        }
    }

    #[test]
    fn should_take_old_truth_values_where_one_is_asked_for() {
        for (text, plain, truth) in [
            ("true", true, Some(true)),
            ("no", true, Some(false)),
            ("off", true, Some(false)),
            ("yes", false, Some(true)),
            ("true", false, None),
            ("No", true, None),
            ("1", true, None),
        ] {
            let scalar = Scalar {
                text: text.to_string(),
                plain,
            };
            assert_eq!(scalar.truth(), truth, "{text:?}, plain: {plain}");
        }
    }
}
