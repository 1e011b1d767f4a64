//! Addresses of accounts on the ICP ledger.

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha224};

use crate::types::Account;

/// Length of an address and of a subaccount. **Units** bytes.
pub const ADDRESS_BYTES: usize = 32;

/// Address of an account: a checksum and a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, CandidType, Deserialize)]
pub struct AccountIdentifier([u8; ADDRESS_BYTES]);

impl AccountIdentifier {
    /// Address of an account; none when the subaccount is not 32 bytes long.
    pub fn of(owner: Principal, subaccount: Option<&ByteBuf>) -> Option<Self> {
        let subaccount: [u8; ADDRESS_BYTES] = match subaccount {
            Some(bytes) => bytes.as_slice().try_into().ok()?,
            None => [0; ADDRESS_BYTES],
        };
        let mut hash = Sha224::new();
        hash.update(b"\x0aaccount-id");
        hash.update(owner.as_slice());
        hash.update(subaccount);
        let hash: [u8; 28] = hash.finalize().into();
        let mut out = [0; ADDRESS_BYTES];
        out[..4].copy_from_slice(&crc32(&hash).to_be_bytes());
        out[4..].copy_from_slice(&hash);
        Some(Self(out))
    }

    /// Address of an ICRC-1 account; none when the subaccount is not 32 bytes long.
    pub fn of_account(account: &Account) -> Option<Self> {
        Self::of(account.owner, account.subaccount.as_ref())
    }

    /// The address with these bytes; none when they are not 32 or the checksum is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; ADDRESS_BYTES] = bytes.try_into().ok()?;
        (bytes[..4] == crc32(&bytes[4..]).to_be_bytes()).then_some(Self(bytes))
    }

    /// The address with this text of 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_bytes(&hex::decode(text).ok()?)
    }

    /// Its text.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Its bytes, as calls carry them.
    pub fn to_blob(self) -> ByteBuf {
        ByteBuf::from(self.0.to_vec())
    }
}

/// CRC-32 as ISO 3309 and ITU-T V.42 have it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_derive_the_published_address_of_the_anonymous_principal() {
        let address = AccountIdentifier::of(Principal::anonymous(), None).expect("no subaccount");
        let text = "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79";
        assert_eq!(address.to_hex(), text);
        assert_eq!(AccountIdentifier::from_hex(text), Some(address));
    }

    #[test]
    fn should_take_32_zero_bytes_for_no_subaccount_and_refuse_other_lengths() {
        let owner = Principal::from_slice(&[1, 2, 3]);
        let of =
            |length: usize| AccountIdentifier::of(owner, Some(&ByteBuf::from(vec![0; length])));
        assert_eq!(of(32), AccountIdentifier::of(owner, None));
        assert_eq!(of(31), None);
        assert_eq!(of(33), None);
    }

    #[test]
    fn should_refuse_an_address_with_a_wrong_checksum() {
        let address = AccountIdentifier::of(Principal::anonymous(), None).expect("no subaccount");
        for index in 0..ADDRESS_BYTES {
            let mut bytes = address.to_blob().into_vec();
            bytes[index] ^= 1;
            assert_eq!(AccountIdentifier::from_bytes(&bytes), None, "byte {index}");
        }
        assert_eq!(AccountIdentifier::from_bytes(&[0; 31]), None);
    }
}
