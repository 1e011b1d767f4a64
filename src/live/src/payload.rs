//! Payloads of proposals: Candid from anybody, decoded strictly and within bounds.
//!
//! Governance hands on whatever bytes a proposer wrote. A canister that lets the CDK decode them
//! traps on bad ones, and Candid's subtyping drops fields that the receiver does not know: voters
//! would decide on a text that leaves out a part of what was written. So doors take raw bytes,
//! and what does not fit exactly is refused with a text.

use candid::CandidType;
use candid::de::{DecoderConfig, IDLDeserialize};
use serde::Deserialize;

/// Largest payload. **Units** bytes.
pub const MAX_PAYLOAD_BYTES: usize = 100_000;

/// Largest table of types in a payload; our orders need less than 400. **Units** bytes.
const MAX_HEADER_BYTES: usize = 4_096;

/// Most types in it.
const MAX_TYPES: usize = 64;

/// Most work for a payload, in Candid's own cost units: about one a byte, three an element.
const DECODING_QUOTA: usize = 500_000;

/// Most work for unknown fields, to tell that it is them that do not fit.
const SKIPPING_QUOTA: usize = 10_000;

/// Most characters of the decoder's own words.
const MAX_WORDS: usize = 300;

/// Why a payload is not an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// Too many bytes.
    TooLarge {
        /// How many.
        got: usize,
    },
    /// More fields or arguments than the order has.
    Unknown {
        /// What was expected.
        expected: &'static str,
    },
    /// Not Candid, or not of this type, or more work than an order can be.
    Malformed {
        /// What was expected.
        expected: &'static str,
        /// The decoder's words.
        why: String,
    },
}

impl std::fmt::Display for PayloadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { got } => write!(
                f,
                "payload: expected at most {MAX_PAYLOAD_BYTES} bytes, got {got}"
            ),
            Self::Unknown { expected } => write!(
                f,
                "payload: expected one {expected} and no other field or argument, got unknown ones"
            ),
            Self::Malformed { expected, why } => {
                write!(f, "payload: expected one {expected} in Candid: {why}")
            }
        }
    }
}

impl std::error::Error for PayloadError {}

/// Decodes exactly one `T`, called `expected` for people.
///
/// **Errors** every payload that is too large, malformed, or says more than a `T` does.
pub fn decode<T>(bytes: &[u8], expected: &'static str) -> Result<T, PayloadError>
where
    T: CandidType + for<'de> Deserialize<'de>,
{
    if bytes.len() > MAX_PAYLOAD_BYTES {
        return Err(PayloadError::TooLarge { got: bytes.len() });
    }
    // Nothing may be skipped: an unknown field has no room in a quota of zero.
    decode_within(bytes, 0).map_err(|error| {
        if decode_within::<T>(bytes, SKIPPING_QUOTA).is_ok() {
            PayloadError::Unknown { expected }
        } else {
            let why = format!("{error:#}").chars().take(MAX_WORDS).collect();
            PayloadError::Malformed { expected, why }
        }
    })
}

fn decode_within<T>(bytes: &[u8], skipping_quota: usize) -> candid::Result<T>
where
    T: CandidType + for<'de> Deserialize<'de>,
{
    let mut config = DecoderConfig::new();
    config
        .set_decoding_quota(DECODING_QUOTA)
        .set_skipping_quota(skipping_quota)
        .set_max_header_len(MAX_HEADER_BYTES)
        .set_max_type_len(MAX_TYPES)
        .set_full_error_message(false);
    let mut message = IDLDeserialize::new_with_config(bytes, &config)?;
    let value = message.get_value()?;
    message.done()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candid::Encode;

    #[derive(Debug, PartialEq, CandidType, Deserialize)]
    struct Order {
        nonce: u64,
        text: String,
        items: Vec<Item>,
    }

    #[derive(Debug, PartialEq, CandidType, Deserialize)]
    struct Item {
        key: String,
    }

    #[derive(CandidType)]
    struct Longer {
        nonce: u64,
        text: String,
        items: Vec<Item>,
        also: Option<u64>,
    }

    #[derive(CandidType)]
    struct LongerItem {
        key: String,
        also: (),
    }

    #[derive(CandidType)]
    struct WithLongerItems {
        nonce: u64,
        text: String,
        items: Vec<LongerItem>,
    }

    #[derive(CandidType)]
    struct Shorter {
        nonce: u64,
    }

    #[derive(CandidType)]
    struct Other {
        nonce: String,
        text: String,
        items: Vec<Item>,
    }

    fn order() -> Order {
        Order {
            nonce: 1,
            text: "a".into(),
            items: vec![Item { key: "k".into() }],
        }
    }

    #[derive(Debug, PartialEq)]
    enum Kind {
        Unknown,
        Malformed,
        TooLarge,
    }

    fn kind(bytes: &[u8]) -> Kind {
        match decode::<Order>(bytes, "Order").expect_err("a bad payload") {
            PayloadError::Unknown { .. } => Kind::Unknown,
            PayloadError::Malformed { .. } => Kind::Malformed,
            PayloadError::TooLarge { .. } => Kind::TooLarge,
        }
    }

    #[test]
    fn should_decode_what_fits_exactly() {
        let bytes = Encode!(&order()).expect("our own type");
        assert_eq!(decode::<Order>(&bytes, "Order"), Ok(order()));
    }

    #[test]
    fn should_refuse_what_says_more_or_less() {
        let longer = Longer {
            nonce: 1,
            text: "a".into(),
            items: vec![],
            also: None,
        };
        let items = WithLongerItems {
            nonce: 1,
            text: "a".into(),
            items: vec![LongerItem {
                key: "k".into(),
                also: (),
            }],
        };
        let other = Other {
            nonce: "1".into(),
            text: "a".into(),
            items: vec![],
        };
        let good = Encode!(&order()).expect("our own type");
        let trailing = [&good[..], &[0]].concat();
        let rows = [
            ("another field", Encode!(&longer), Kind::Unknown),
            ("another field deep inside", Encode!(&items), Kind::Unknown),
            ("another argument", Encode!(&order(), &1_u64), Kind::Unknown),
            (
                "a field missing",
                Encode!(&Shorter { nonce: 1 }),
                Kind::Malformed,
            ),
            ("a field of another type", Encode!(&other), Kind::Malformed),
            ("no argument", Encode!(), Kind::Malformed),
            ("bytes behind", Ok(trailing), Kind::Malformed),
            ("not Candid", Ok(b"{}".to_vec()), Kind::Malformed),
            ("nothing", Ok(vec![]), Kind::Malformed),
            ("cut", Ok(good[..good.len() - 1].to_vec()), Kind::Malformed),
            (
                "a table without end",
                Ok(b"DIDL\xff\xff\xff\xff\x0f".to_vec()),
                Kind::Malformed,
            ),
        ];
        for (desc, bytes, expected) in rows {
            assert_eq!(kind(&bytes.expect("it encodes")), expected, "{desc}");
        }
    }

    #[test]
    fn should_refuse_one_byte_too_many() {
        let sized = |text: usize| {
            let order = Order {
                text: "x".repeat(text),
                ..order()
            };
            Encode!(&order).expect("our own type")
        };
        let spare = MAX_PAYLOAD_BYTES - sized(50_000).len();
        let largest = sized(50_000 + spare);
        assert_eq!(largest.len(), MAX_PAYLOAD_BYTES);
        assert!(decode::<Order>(&largest, "Order").is_ok());
        assert_eq!(kind(&sized(50_001 + spare)), Kind::TooLarge);
    }

    #[test]
    fn should_bound_the_work_of_a_bomb() {
        // A vector of two hundred million nulls takes a few bytes on the wire.
        let bomb = b"DIDL\x01\x6d\x7f\x01\x00\x80\xc2\xd7\x5f";
        assert_eq!(kind(bomb), Kind::Malformed);
        // The same behind an order.
        let good = Encode!(&order(), &Vec::<()>::new()).expect("it encodes");
        let [head @ .., 0] = &good[..] else {
            panic!("an empty vector is a zero")
        };
        let bytes = [head, b"\x80\xc2\xd7\x5f"].concat();
        assert_eq!(kind(&bytes), Kind::Malformed);
        // Types nested as deep as the table allows.
        let mut deep = b"DIDL\x40".to_vec();
        for next in 1..=64_u8 {
            deep.extend([0x6e, if next == 64 { 0x7f } else { next }]);
        }
        deep.extend([1, 0]);
        deep.extend([1; 64]);
        assert_eq!(kind(&deep), Kind::Malformed);
    }

    #[test]
    fn should_never_panic_on_noise() {
        let good = Encode!(&order()).expect("our own type");
        for at in 0..good.len() {
            for byte in [0, 1, 0x6c, 0x6d, 0x6e, 0x7f, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = byte;
                let _ = decode::<Order>(&bytes, "Order");
            }
        }
    }
}
