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

/// What the canister certifies: the root of the tree that [`skip_header`] shows.
#[must_use]
pub fn certified_data() -> [u8; 32] {
    let leaf = hash("ic-hashtree-leaf", &[]);
    let expression: [u8; 32] = Sha256::digest(EXPRESSION).into();
    let node = labelled(&expression, &leaf);
    PATH.iter()
        .rev()
        .fold(node, |below, label| labelled(label.as_bytes(), &below))
}

/// The headers that prove it. `certificate` is what the system gives in a query.
#[must_use]
pub fn skip_header(certificate: &[u8]) -> [(String, String); 2] {
    let mut path = Encoder::new(Vec::new());
    let mut tree = Encoder::new(Vec::new());
    let written = write_path(&mut path).and_then(|()| write_tree(&mut tree));
    written.expect("no write fails in memory");
    let value = format!(
        "certificate=:{}:, tree=:{}:, expr_path=:{}:, version=2",
        STANDARD.encode(certificate),
        STANDARD.encode(tree.into_writer()),
        STANDARD.encode(path.into_writer())
    );
    [
        ("ic-certificate".to_string(), value),
        (
            "ic-certificateexpression".to_string(),
            EXPRESSION.to_string(),
        ),
    ]
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write_path(e: &mut Encoder<Vec<u8>>) -> Written {
    e.tag(SELF_DESCRIBED)?
        .array(2)?
        .str(PATH[0])?
        .str(PATH[1])?;
    Ok(())
}

fn write_tree(e: &mut Encoder<Vec<u8>>) -> Written {
    const LABELLED: u8 = 2;
    const LEAF: u8 = 3;
    e.tag(SELF_DESCRIBED)?;
    for label in PATH {
        e.array(3)?.u8(LABELLED)?.bytes(label.as_bytes())?;
    }
    e.array(3)?
        .u8(LABELLED)?
        .bytes(&Sha256::digest(EXPRESSION))?;
    e.array(2)?.u8(LEAF)?.bytes(&[])?;
    Ok(())
}

fn labelled(label: &[u8], below: &[u8; 32]) -> [u8; 32] {
    hash("ic-hashtree-labeled", &[label, below])
}

fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let length = u8::try_from(domain.len()).expect("domain separators are short");
    let mut hasher = Sha256::new();
    hasher.update([length]);
    hasher.update(domain);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}
