//! Encodings that the CBOR library does not have: amounts of 128 bits, and hexadecimal as bytes.

use minicbor::data::{Int, Type};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

/// Amounts: a CBOR integer where one holds it, else 16 bytes, big-endian.
pub(crate) mod amount {
    use super::*;

    pub(crate) fn encode<C, W: Write>(
        amount: &i128,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match Int::try_from(*amount) {
            Ok(small) => e.int(small)?.ok(),
            Err(_) => e.bytes(&amount.to_be_bytes())?.ok(),
        }
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<i128, DecodeError> {
        if d.datatype()? == Type::Bytes {
            let bytes = d.bytes()?.try_into();
            let bytes = bytes.map_err(|_| DecodeError::message("expected 16 bytes"))?;
            return Ok(i128::from_be_bytes(bytes));
        }
        Ok(d.int()?.into())
    }
}

/// Two amounts.
pub(crate) mod amounts {
    use super::*;

    pub(crate) fn encode<C, W: Write>(
        (first, second): &(i128, i128),
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(2)?;
        amount::encode(first, e, c)?;
        amount::encode(second, e, c)
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, c: &mut C) -> Result<(i128, i128), DecodeError> {
        if d.array()? != Some(2) {
            return Err(DecodeError::message("expected two amounts"));
        }
        Ok((amount::decode(d, c)?, amount::decode(d, c)?))
    }
}

/// Hashes of transactions are text everywhere, upper-case hexadecimal, and half as long in bytes.
/// Whatever else a text is, it stays text.
pub(crate) mod hash {
    use super::*;

    pub(crate) fn encode<C, W: Write>(
        text: &Option<String>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        let Some(text) = text else {
            return e.null()?.ok();
        };
        match hex::decode(text) {
            Ok(bytes) if hex::encode_upper(&bytes) == *text => e.bytes(&bytes)?.ok(),
            _ => e.str(text)?.ok(),
        }
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Option<String>, DecodeError> {
        match d.datatype()? {
            Type::Null => d.null().map(|()| None),
            Type::Bytes => Ok(Some(hex::encode_upper(d.bytes()?))),
            _ => Ok(Some(d.str()?.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor::{Decode, Encode};

    #[derive(Debug, PartialEq, Encode, Decode)]
    struct All {
        #[cbor(n(0), with = "amount")]
        one: i128,
        #[cbor(n(1), with = "amounts")]
        two: (i128, i128),
        #[cbor(n(2), with = "hash")]
        hash: Option<String>,
    }

    #[test]
    fn should_lose_nothing_and_take_little_room() {
        for (desc, one, hash, size) in [
            ("nothing", 0, None, 5),
            ("small", -24, Some("AB"), 9),
            ("CBOR's largest", (1 << 64) - 1, Some("A"), 24),
            ("CBOR's smallest", -(1 << 64), Some("ab"), 25),
            ("one more", 1 << 64, Some(""), 38),
            ("one less", -(1 << 64) - 1, Some("no hash"), 45),
            ("the largest", i128::MAX, Some("00FF"), 40),
            ("the smallest", i128::MIN, None, 38),
        ] {
            let all = All {
                one,
                two: (one, 0),
                hash: hash.map(str::to_string),
            };
            let bytes = minicbor::to_vec(&all).expect("it encodes");
            assert_eq!(minicbor::decode::<All>(&bytes).ok(), Some(all), "{desc}");
            assert!(bytes.len() <= size, "{desc}: {}", bytes.len());
        }
    }
}
