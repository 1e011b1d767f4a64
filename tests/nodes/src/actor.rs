//! Accounts whose keys are known: made from names, always the same.

use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{Signature, SigningKey};
use orchestrator::akash::address;
use orchestrator::akash::tx::{SignedTx, TxPlan};
use sha2::{Digest, Sha256};

/// A key and its account.
#[derive(Clone, Debug)]
pub struct Actor {
    key: SigningKey,
    /// Its account.
    pub address: String,
}

impl Actor {
    /// The actor of a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let secret = Sha256::digest(format!("real-nodes/{name}"));
        let key = SigningKey::from_slice(&secret).expect("a hash is a scalar, all but surely");
        let address = address::address(&public_key(&key));
        Self { key, address }
    }

    /// Compressed public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 33] {
        public_key(&self.key)
    }

    /// Signs as the threshold key does: `r || s`, `s` in the lower half.
    #[must_use]
    pub fn sign(&self, digest: [u8; 32]) -> [u8; 64] {
        let signature: Signature = self.key.sign_prehash(&digest).expect("32 bytes are signed");
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_bytes().into()
    }

    /// The other signature that fits the same digest: `s` in the upper half. Chains refuse it,
    /// because it would give one transaction two names.
    #[must_use]
    pub fn sign_high(&self, digest: [u8; 32]) -> [u8; 64] {
        let low = Signature::from_slice(&self.sign(digest)).expect("made above");
        let (r, s) = low.split_scalars();
        let high = Signature::from_scalars(r.to_bytes(), (-s.as_ref()).to_bytes());
        high.expect("neither is zero").to_bytes().into()
    }

    /// A whole transaction.
    #[must_use]
    pub fn transaction(&self, plan: &TxPlan, chain_id: &str) -> SignedTx {
        let unsigned = plan.unsigned(chain_id);
        let signature = self.sign(unsigned.digest());
        unsigned.signed(signature)
    }
}

fn public_key(key: &SigningKey) -> [u8; 33] {
    let point = key.verifying_key().to_encoded_point(true);
    point
        .as_bytes()
        .try_into()
        .expect("compressed points have 33 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::signature::hazmat::PrehashVerifier;

    #[test]
    fn should_sign_either_way() {
        let actor = Actor::new("someone");
        let digest = [9; 32];
        let (low, high) = (actor.sign(digest), actor.sign_high(digest));
        assert_eq!(low[..32], high[..32]);
        assert!(low[32..] < high[32..]);
        let signature = Signature::from_slice(&low).expect("two scalars");
        let verifier = actor.key.verifying_key();
        verifier.verify_prehash(&digest, &signature).expect("valid");
    }
}
