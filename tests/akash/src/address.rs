//! Account addresses and keys.

use bech32::{Bech32, Hrp};
use k256::ecdsa::SigningKey;
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// Prefix of account addresses.
pub const PREFIX: &str = "akash";

/// The address of raw bytes.
pub fn encode(raw: &[u8]) -> String {
    encode_as(PREFIX, raw)
}

/// An address of another kind. **Panics** on a prefix that is none.
pub(crate) fn encode_as(prefix: &str, raw: &[u8]) -> String {
    let hrp = Hrp::parse(prefix).expect("a valid prefix");
    bech32::encode::<Bech32>(hrp, raw).expect("twenty bytes are short enough")
}

/// The bytes of an address; `None` unless it is a well-formed account address.
pub fn decode(text: &str) -> Option<[u8; 20]> {
    // Bech32 without the m: a checksum of the other kind is refused.
    let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text).ok()?;
    if parsed.hrp().as_str() != PREFIX || text.to_lowercase() != text {
        return None;
    }
    let raw: Vec<u8> = parsed.byte_iter().collect();
    raw.try_into().ok()
}

/// RIPEMD-160 of SHA-256 of a compressed public key.
pub fn of_key(public_key: &[u8]) -> String {
    encode(&Ripemd160::digest(Sha256::digest(public_key)))
}

/// Address of a module account: the first 20 bytes of SHA-256 of its name.
pub fn of_module(name: &str) -> String {
    encode(&Sha256::digest(name)[..20])
}

/// A key that the stand-in itself owns, derived from a text.
pub fn key_of(text: &str) -> SigningKey {
    SigningKey::from_slice(&Sha256::digest(text)).expect("a hash is a valid key")
}

/// Compressed public key.
pub fn public_key(key: &SigningKey) -> [u8; 33] {
    let point = key.verifying_key().to_encoded_point(true);
    point
        .as_bytes()
        .try_into()
        .expect("a compressed point has 33 bytes")
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Checks a 64-byte signature of a message as the chain does: low s only.
pub fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use k256::ecdsa::signature::hazmat::PrehashVerifier;
    use k256::ecdsa::{Signature, VerifyingKey};
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    if signature.normalize_s().is_some() {
        return false;
    }
    let Ok(key) = VerifyingKey::from_sec1_bytes(public_key) else {
        return false;
    };
    key.verify_prehash(&sha256(message), &signature).is_ok()
}

/// Signs a message with the stand-in's own key; deterministic, low s.
pub fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    use k256::ecdsa::Signature;
    use k256::ecdsa::signature::hazmat::PrehashSigner;
    let signature: Signature = key
        .sign_prehash(&sha256(message))
        .expect("a digest can be signed");
    signature
        .normalize_s()
        .unwrap_or(signature)
        .to_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_know_the_addresses_of_the_facts() {
        assert_eq!(
            encode(&[1; 20]),
            "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x"
        );
        assert_eq!(
            of_module("escrow"),
            "akash14pphss726thpwws3yc458hggufynm9x77l4l2u"
        );
        assert_eq!(
            of_module("bme"),
            "akash1klpwzlvfnw7j8gtdd0cuu9vaw9ermsmd37sg55"
        );
        let key = SigningKey::from_slice(&[1; 32]).expect("valid");
        assert_eq!(
            of_key(&public_key(&key)),
            "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee"
        );
    }

    #[test]
    fn should_refuse_what_is_not_an_account_address() {
        let good = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
        assert_eq!(decode(good), Some([1; 20]));
        for bad in [
            "",
            "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a",
            "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5y",
            "AKASH1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPLGVE5X",
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
