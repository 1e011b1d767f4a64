//! How a vote's signature is checked.

use tendermint::crypto::default::signature::Verifier as Consensus;
use tendermint::crypto::signature::{Error, Verifier};
use tendermint::{PublicKey, Signature};

/// Checks with `ed25519-dalek`, which is less than half the work, and asks `ed25519-consensus`
/// when that refuses.
///
/// The chain follows ZIP-215, of which dalek's rule accepts a part: what dalek accepts the chain
/// accepts too, and what it refuses gets a second look. So both together are the chain's rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ed25519;

impl Verifier for Ed25519 {
    fn verify(&self, key: PublicKey, message: &[u8], signature: &Signature) -> Result<(), Error> {
        if is_plainly_valid(key, message, signature) {
            return Ok(());
        }
        Consensus.verify(key, message, signature)
    }
}

fn is_plainly_valid(key: PublicKey, message: &[u8], signature: &Signature) -> bool {
    let check = || {
        let key: [u8; 32] = key.ed25519()?.as_bytes().try_into().ok()?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).ok()?;
        let signature = ed25519_dalek::Signature::from_slice(signature.as_bytes()).ok()?;
        ed25519_dalek::Verifier::verify(&key, message, &signature).ok()
    };
    check().is_some()
}
