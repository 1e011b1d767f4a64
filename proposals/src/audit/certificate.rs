//! What the Internet Computer signed: the newest block of the log.
//!
//! **Source** interface specification, *Certification*; ICRC-3, *Blocks Verification*.

use candid::{Nat, Principal};
use ic_cbor::{CertificateToCbor, HashTreeToCbor};
use ic_certificate_verification::VerifyCertificate;
use ic_certification::{Certificate, HashTree, LookupResult};
use orchestrator::kernel::Nanos;
use treasury::log::Tip;
use treasury::log::icrc3::DataCertificate;

/// The root key of the Internet Computer, DER, hexadecimal. **Source** the interface specification's
/// *Root of trust*; the same in every agent library.
pub const MAINNET_ROOT_KEY: &str = "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c0503\
    0201036100814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a\
    0c0b2cc5341583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98\
    091a0baaae";

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is none.
    #[error("expected a certificate, got none: it must be asked for as a query")]
    Missing,
    /// Not CBOR of a certificate or tree.
    #[error("the {what} cannot be read: {why}")]
    Unreadable {
        /// Which part.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The root key did not sign it, or not for this canister.
    #[error("the signature does not hold for this root key and canister: {0}")]
    Signature(String),
    /// The tree is not what was certified.
    #[error("expected the certified data {expected}, got a tree with the root {got}")]
    Root {
        /// Hexadecimal.
        expected: String,
        /// Hexadecimal.
        got: String,
    },
    /// A leaf is missing.
    #[error("expected {0} in the tree, got none")]
    Leaf(&'static str),
    /// A leaf is not what it should be.
    #[error("{0} is not what the standard says")]
    Shape(&'static str),
}

/// The newest block that was certified, and when.
pub(super) fn tip(
    answer: Option<&DataCertificate>,
    canister: Principal,
    root_key: &[u8],
) -> Result<(Tip, Nanos), CertificateError> {
    let answer = answer.ok_or(CertificateError::Missing)?;
    let unreadable = |what, why: String| CertificateError::Unreadable { what, why };
    let certificate = Certificate::from_cbor(&answer.certificate)
        .map_err(|why| unreadable("certificate", why.to_string()))?;
    let tree = HashTree::from_cbor(&answer.hash_tree)
        .map_err(|why| unreadable("hash tree", why.to_string()))?;
    let time = leaf(&certificate.tree, &[b"time"]).ok_or(CertificateError::Leaf("time"))?;
    let time = number(time).ok_or(CertificateError::Shape("time"))?;
    // When it was made is told, not judged: a log of last year is as true as it was.
    let now = u128::from(time);
    certificate
        .verify(canister.as_slice(), root_key, &now, &0)
        .map_err(|why| CertificateError::Signature(why.to_string()))?;
    let path: [&[u8]; 3] = [b"canister", canister.as_slice(), b"certified_data"];
    let expected =
        leaf(&certificate.tree, &path).ok_or(CertificateError::Leaf("certified_data"))?;
    let root = tree.digest();
    if expected != root {
        return Err(CertificateError::Root {
            expected: hex::encode(expected),
            got: hex::encode(root),
        });
    }
    let index = leaf(&tree, &[b"last_block_index"])
        .ok_or(CertificateError::Leaf("last_block_index"))
        .map(number)?
        .ok_or(CertificateError::Shape("last_block_index"))?;
    let hash = leaf(&tree, &[b"last_block_hash"])
        .ok_or(CertificateError::Leaf("last_block_hash"))?
        .try_into()
        .map_err(|_| CertificateError::Shape("last_block_hash"))?;
    Ok((Tip { index, hash }, time))
}

fn leaf<'a>(tree: &'a HashTree, path: &[&[u8]]) -> Option<&'a [u8]> {
    match tree.lookup_path(path) {
        LookupResult::Found(bytes) => Some(bytes),
        _ => None,
    }
}

/// LEB128 of a number that 64 bits hold, and nothing after it.
fn number(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes;
    let number = Nat::decode(&mut rest).ok()?;
    let number = u64::try_from(&number.0).ok()?;
    rest.is_empty().then_some(number)
}
