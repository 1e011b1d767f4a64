//! Accounts on the ICP ledger.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha224, Sha256};

/// Raw principal of the anonymous caller. **Source** interface specification, principals.
pub const ANONYMOUS: &[u8] = &[4];

/// Raw principal of the NNS governance canister, whose default account mints and burns ICP.
/// **Source** `rrkah-fqaaa-aaaaa-aaaaq-cai`.
pub const MINTER: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 1, 1, 1];

/// Longest raw principal. **Units** bytes. **Source** interface specification, principals.
pub const MAX_PRINCIPAL_BYTES: usize = 29;

/// An account: an owner and one of their subaccounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct IcpAccount {
    /// Raw principal; empty stands for this canister.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub owner: Vec<u8>,
    /// 32 zeros are the default.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub subaccount: [u8; 32],
}

impl IcpAccount {
    /// One of the treasury's own.
    #[must_use]
    pub const fn own(subaccount: [u8; 32]) -> Self {
        Self {
            owner: Vec::new(),
            subaccount,
        }
    }

    /// With the owner filled in.
    #[must_use]
    pub fn owned_by(&self, this: &[u8]) -> Self {
        let owner = if self.owner.is_empty() {
            this.to_vec()
        } else {
            self.owner.clone()
        };
        Self {
            owner,
            subaccount: self.subaccount,
        }
    }

    /// How the ICP ledger's blocks name it.
    /// **Source** ICP ledger, `account_identifier`: CRC-32 and SHA-224 over a domain separator,
    /// owner and subaccount.
    #[must_use]
    pub fn identifier(&self) -> [u8; 32] {
        let mut hasher = Sha224::new();
        hasher.update(b"\x0aaccount-id");
        hasher.update(&self.owner);
        hasher.update(self.subaccount);
        let hash = hasher.finalize();
        let mut identifier = [0; 32];
        identifier[..4].copy_from_slice(&crc32(&hash).to_be_bytes());
        identifier[4..].copy_from_slice(&hash);
        identifier
    }
}

/// CRC-32 as in ISO 3309.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xedb8_8320 & mask);
        }
    }
    !crc
}

/// Where the ICP of a budget lies.
#[must_use]
pub fn budget_subaccount(budget: &str) -> [u8; 32] {
    subaccount(b"budget/1", budget.as_bytes())
}

/// Where the collateral of a maker lies.
#[must_use]
pub fn collateral_subaccount(maker: &[u8]) -> [u8; 32] {
    subaccount(b"collateral/1", maker)
}

/// A subaccount is part of an address: changing how it is made strands what lies there.
fn subaccount(tag: &[u8], name: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([tag.len().to_le_bytes()[0]]);
    hasher.update(tag);
    hasher.update(name);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_name_accounts_as_the_ledger_does() {
        let anonymous = IcpAccount {
            owner: ANONYMOUS.to_vec(),
            subaccount: [0; 32],
        };
        assert_eq!(
            hex::encode(anonymous.identifier()),
            "1c7a48ba6a562aa9eaa2481a9049cdf0433b9738c992d698c31d8abf89cadc79"
        );
    }

    #[test]
    fn should_know_the_minter() {
        let text = candid::Principal::from_slice(MINTER).to_text();
        assert_eq!(text, "rrkah-fqaaa-aaaaa-aaaaq-cai");
    }

    #[test]
    fn should_never_change_where_money_lies() {
        assert_eq!(
            hex::encode(budget_subaccount("web")),
            hex::encode(Sha256::digest(b"\x08budget/1web"))
        );
        assert_eq!(
            hex::encode(collateral_subaccount(&[7])),
            hex::encode(Sha256::digest(b"\x0ccollateral/1\x07"))
        );
        assert_ne!(budget_subaccount("web"), budget_subaccount("we"));
    }
}
