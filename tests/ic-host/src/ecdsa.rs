//! Threshold ECDSA with the keys and the derivation of PocketIC.
//!
//! **Source** interface specification, `ecdsa_public_key`; `ic-secp256k1` 0.3; the master secrets
//! as in dfinity/ic, `rs/state_machine_tests`.

use crate::fees::Fees;
use candid::Principal;
use ic_secp256k1::{DerivationIndex, DerivationPath, PrivateKey};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Names of the keys, and the number of nodes of the subnet that holds each.
const KEYS: [(&str, u32); 3] = [("key_1", 34), ("test_key_1", 13), ("dfx_test_key", 13)];
/// Longest derivation path, the canister id included.
pub(crate) const MAX_PATH: usize = 255;

static MASTERS: LazyLock<BTreeMap<&'static str, PrivateKey>> = LazyLock::new(|| {
    let root = Sha256::digest([0x2a; 32]);
    let root = PrivateKey::deserialize_sec1(&root).expect("below the group order");
    KEYS.iter()
        .map(|(name, _)| {
            let path = DerivationPath::new(vec![DerivationIndex(name.as_bytes().to_vec())]);
            (*name, root.derive_subkey(&path).0)
        })
        .collect()
});

/// Price of a signature by this key, if it exists.
pub(crate) fn signature_fee(key_name: &str) -> Option<u128> {
    let (_, nodes) = KEYS.iter().find(|(name, _)| *name == key_name)?;
    Some(Fees::signature(*nodes))
}

/// Compressed public key and chain code, if the key exists.
pub(crate) fn public_key(
    key_name: &str,
    canister: Principal,
    path: &[Vec<u8>],
) -> Option<([u8; 33], [u8; 32])> {
    let path = DerivationPath::from_canister_id_and_path(canister.as_slice(), path);
    let (key, chain_code) = MASTERS.get(key_name)?.public_key().derive_subkey(&path);
    let key = key
        .serialize_sec1(true)
        .try_into()
        .expect("a compressed key has 33 bytes");
    Some((key, chain_code))
}

/// `r || s` with low `s`, if the key exists.
pub(crate) fn sign(
    key_name: &str,
    canister: Principal,
    path: &[Vec<u8>],
    digest: &[u8; 32],
) -> Option<[u8; 64]> {
    let path = DerivationPath::from_canister_id_and_path(canister.as_slice(), path);
    Some(
        MASTERS
            .get(key_name)?
            .derive_subkey(&path)
            .0
            .sign_digest_with_ecdsa(digest),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_secp256k1::PublicKey;

    fn canister() -> Principal {
        Principal::from_text("lxzze-o7777-77777-aaaaa-cai").expect("valid")
    }

    #[test]
    fn should_have_the_master_keys_of_pocketic() {
        for (name, expected) in [
            (
                "key_1",
                "036ad6e838b46811ad79c37b2f4b854b7a05f406715b2935edc5d3251e7666977b",
            ),
            (
                "test_key_1",
                "03cc365e15cb552589c7175717b2ac63d1050b9bb2e5aed35432b1b1be55d3abcf",
            ),
            (
                "dfx_test_key",
                "03e6f78b1a90e361c5cc9903f73bb8acbe3bc17ad01e82554d25cf0ecd70c67484",
            ),
        ] {
            let key = MASTERS[name].public_key().serialize_sec1(true);
            assert_eq!(hex::encode(key), expected, "{name}");
        }
    }

    #[test]
    fn should_derive_as_the_real_keys_do() {
        let path = [b"abc".to_vec(), vec![0, 0, 0, 1]];
        for (name, path, key, chain_code) in [
            (
                "dfx_test_key",
                &[][..],
                "02595b249155eee068aba151ba20e688a22d7c9ad2963740637d20282bf4b8838e",
                "34512cd871dba87d218243cb5c42f1333aed8a5fd715c74a28da75e427be365a",
            ),
            (
                "dfx_test_key",
                &path[..],
                "036a76eb90b58de5231c782e17f45c22b66a776c994279cc9111bde2070c26081e",
                "e46493bc7655b5689decd1961e817bbc80dde3775e093ac1637875b64d29919f",
            ),
            (
                "key_1",
                &[][..],
                "02e2d3a35575bc4c23e07acd6e9a7205e98ca29fb944ceaad28234c151b9726ce4",
                "",
            ),
        ] {
            let (got_key, got_code) = public_key(name, canister(), path).expect("known key");
            assert_eq!(hex::encode(got_key), key, "{name} {path:?}");
            if !chain_code.is_empty() {
                assert_eq!(hex::encode(got_code), chain_code, "{name} {path:?}");
            }
        }
    }

    #[test]
    fn should_sign_what_the_derived_key_verifies() {
        let path = [vec![7; 5]];
        let digest = [3; 32];
        let signature = sign("key_1", canister(), &path, &digest).expect("known key");
        let (key, _) = public_key("key_1", canister(), &path).expect("known key");
        let key = PublicKey::deserialize_sec1(&key).expect("a key");
        assert!(key.verify_ecdsa_signature_prehashed(&digest, &signature));
        assert!(!key.verify_ecdsa_signature_prehashed(&[4; 32], &signature));
        assert!(sign("key_2", canister(), &path, &digest).is_none());
        assert_eq!(signature_fee("key_2"), None);
    }
}
