//! Account addresses.

use bech32::{Bech32, Hrp};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// Human-readable part of account addresses. **Source** chain-sdk, `sdkutil`.
pub const PREFIX: &str = "akash";

/// Bytes of an account address that a single key owns.
pub const ADDRESS_BYTES: usize = 20;

/// Why a text is not an account address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an account address ({PREFIX}1... of {ADDRESS_BYTES} bytes), got {got:?}")]
pub struct AddressError {
    /// The text.
    pub got: String,
}

/// The account of a compressed secp256k1 key. **Source** Cosmos SDK, `crypto/keys/secp256k1`.
#[must_use]
pub fn address(public_key: &[u8; 33]) -> String {
    encode(&Ripemd160::digest(Sha256::digest(public_key)).into())
}

/// The text of 20 bytes.
#[must_use]
pub fn encode(bytes: &[u8; ADDRESS_BYTES]) -> String {
    let prefix = Hrp::parse(PREFIX).expect("the prefix is a constant");
    bech32::encode::<Bech32>(prefix, bytes).expect("20 bytes are below the length limit")
}

/// The bytes of an account address. **Errors** another prefix, length, case or checksum.
pub fn decode(text: &str) -> Result<[u8; ADDRESS_BYTES], AddressError> {
    let parse = || {
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text).ok()?;
        if checked.hrp().as_str() != PREFIX {
            return None;
        }
        checked.byte_iter().collect::<Vec<u8>>().try_into().ok()
    };
    parse().ok_or_else(|| AddressError { got: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";

    #[test]
    fn should_agree_with_the_reference_vectors() {
        assert_eq!(encode(&[1; 20]), A);
        assert_eq!(decode(A), Ok([1; 20]));
        let key = hex::decode("031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f")
            .expect("a constant");
        assert_eq!(
            address(&key.try_into().expect("33 bytes")),
            "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee"
        );
    }

    #[test]
    fn should_refuse_what_is_no_account() {
        let upper = A.to_uppercase();
        for text in [
            "",
            "akash1",
            upper.as_str(),
            "cosmos1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du",
            "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5y",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
