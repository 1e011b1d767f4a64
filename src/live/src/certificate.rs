//! Tells HTTP gateways that answers are not certified, in a way that they can verify.
//!
//! **Source** Internet Computer HTTP gateway protocol, response verification version 2:
//! `no_certification` at the wildcard of the root covers every path.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minicbor::Encoder;
use minicbor::data::Tag;
use sha2::{Digest, Sha256};

const EXPRESSION: &str = "default_certification(ValidationArgs{no_certification:Empty{}})";

const PATH: [&str; 2] = ["http_expr", "<*>"];

/// Self-described CBOR. **Source** RFC 8949, section 3.4.6.
const SELF_DESCRIBED: Tag = Tag::new(55799);

/// Kinds of nodes of a hash tree. **Source** interface specification, certificates.
const LABELED: u8 = 2;
const LEAF: u8 = 3;

/// What a canister certifies so that nothing it serves is certified: the root hash of the tree
/// that [`skip_header`] shows.
#[must_use]
pub fn certified_data() -> [u8; 32] {
    let leaf = hash("ic-hashtree-leaf", &[]);
    labels().iter().rev().fold(leaf, |below, label| {
        hash("ic-hashtree-labeled", &[label, &below])
    })
}

/// The two headers that prove it. `certificate` is what the system gives in a query.
#[must_use]
pub fn skip_header(certificate: &[u8]) -> [(String, String); 2] {
    let value = format!(
        "certificate=:{}:, tree=:{}:, expr_path=:{}:, version=2",
        STANDARD.encode(certificate),
        STANDARD.encode(written(write_tree)),
        STANDARD.encode(written(write_path)),
    );
    [
        ("ic-certificate".to_string(), value),
        (
            "ic-certificateexpression".to_string(),
            EXPRESSION.to_string(),
        ),
    ]
}

/// From the root down.
fn labels() -> [Vec<u8>; 3] {
    let [first, second] = PATH.map(|label| label.as_bytes().to_vec());
    [first, second, Sha256::digest(EXPRESSION).to_vec()]
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn written(write: impl Fn(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder).expect("no write fails in memory");
    encoder.into_writer()
}

fn write_path(encoder: &mut Encoder<Vec<u8>>) -> Written {
    encoder.tag(SELF_DESCRIBED)?.array(PATH.len() as u64)?;
    for label in PATH {
        encoder.str(label)?;
    }
    Ok(())
}

fn write_tree(encoder: &mut Encoder<Vec<u8>>) -> Written {
    encoder.tag(SELF_DESCRIBED)?;
    for label in labels() {
        encoder.array(3)?.u8(LABELED)?.bytes(&label)?;
    }
    encoder.array(2)?.u8(LEAF)?.bytes(&[])?;
    Ok(())
}

fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let length = u8::try_from(domain.len()).expect("domain separators are short");
    let mut hasher = Sha256::new();
    hasher.update([length]);
    hasher.update(domain);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as bytes, taken apart by hand: `2, label, subtree` three times, then `3, leaf`.
    #[test]
    fn should_show_the_tree_that_it_certifies() {
        let [(name, value), (_, expression)] = skip_header(b"cert");
        assert_eq!(name, "ic-certificate");
        assert_eq!(expression, EXPRESSION);
        assert!(
            value.starts_with("certificate=:Y2VydA==:, tree=:"),
            "{value}"
        );
        let tree = value.split(':').nth(3).expect("a tree");
        let tree = STANDARD.decode(tree).expect("base64");
        let expected = [
            &[0xd9, 0xd9, 0xf7, 0x83, 2, 0x49][..],
            b"http_expr",
            &[0x83, 2, 0x43],
            b"<*>",
            &[0x83, 2, 0x58, 32],
            &Sha256::digest(EXPRESSION),
            &[0x82, 3, 0x40],
        ]
        .concat();
        assert_eq!(tree, expected);
        let leaf: [u8; 32] = Sha256::digest(b"\x10ic-hashtree-leaf").into();
        let label = |label: &[u8], below: [u8; 32]| -> [u8; 32] {
            Sha256::digest([&b"\x13ic-hashtree-labeled"[..], label, &below].concat()).into()
        };
        let expression: [u8; 32] = Sha256::digest(EXPRESSION).into();
        let root = label(b"http_expr", label(b"<*>", label(&expression, leaf)));
        assert_eq!(certified_data(), root);
    }

    /// **Source** what `ic-http-certification` writes for `skip_certification_certified_data` and
    /// `add_skip_certification_header`.
    #[test]
    fn should_write_what_the_reference_library_writes() {
        assert_eq!(
            hex::encode(certified_data()),
            "55ecc31c3e8047fc158f20ea0aa0609aacc7b57e06ea40dc41860272a7d64291"
        );
        let [(_, certificate), _] = skip_header(&[1, 2, 3]);
        assert_eq!(
            certificate,
            "certificate=:AQID:, tree=:2dn3gwJJaHR0cF9leHBygwJDPCo+gwJYIMMautvQsFn51GT9bfTani3Ah659\
             C0BGjTNyJtQTszcjggNA:, expr_path=:2dn3gmlodHRwX2V4cHJjPCo+:, version=2"
        );
    }
}
