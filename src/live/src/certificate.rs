//! What a canister certifies: that its answers over HTTP are not certified, which HTTP gateways can
//! verify, and the newest block of its log, where it has one to show.
//!
//! **Source** Internet Computer HTTP gateway protocol, response verification version 2:
//! `no_certification` at the wildcard of the root covers every path. ICRC-3, *Blocks Verification*:
//! the leaves `last_block_index` and `last_block_hash`. Both are in one tree, as a canister has one
//! word of 32 bytes to certify.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::Tag;
use minicbor::{Decode, Encode, Encoder};
use sha2::{Digest, Sha256};

const EXPRESSION: &str = "default_certification(ValidationArgs{no_certification:Empty{}})";

const PATH: [&str; 2] = ["http_expr", "<*>"];

/// Labels of the newest block. Like all labels of a tree they are in order, and after `http_expr`.
const LAST_BLOCK_HASH: &str = "last_block_hash";
const LAST_BLOCK_INDEX: &str = "last_block_index";

/// Self-described CBOR. **Source** RFC 8949, section 3.4.6.
const SELF_DESCRIBED: Tag = Tag::new(55799);

/// The newest block of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tip {
    /// Its index; the first block's is 0.
    #[n(0)]
    pub index: u64,
    /// Its hash.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// A hash tree. **Source** interface specification, *Certificates*.
enum Tree {
    Fork(Box<Tree>, Box<Tree>),
    Labeled(Vec<u8>, Box<Tree>),
    Leaf(Vec<u8>),
    Pruned([u8; 32]),
}

impl Tree {
    fn labeled(label: &[u8], below: Self) -> Self {
        Self::Labeled(label.to_vec(), Box::new(below))
    }

    fn fork(left: Self, right: Self) -> Self {
        Self::Fork(Box::new(left), Box::new(right))
    }

    /// Only that it is there.
    fn pruned(&self) -> Self {
        Self::Pruned(self.digest())
    }

    fn digest(&self) -> [u8; 32] {
        match self {
            Self::Fork(left, right) => hash("ic-hashtree-fork", &[&left.digest(), &right.digest()]),
            Self::Labeled(label, below) => hash("ic-hashtree-labeled", &[label, &below.digest()]),
            Self::Leaf(bytes) => hash("ic-hashtree-leaf", &[bytes]),
            Self::Pruned(digest) => *digest,
        }
    }

    fn write(&self, encoder: &mut Encoder<Vec<u8>>) -> Written {
        match self {
            Self::Fork(left, right) => {
                encoder.array(3)?.u8(1)?;
                left.write(encoder)?;
                right.write(encoder)
            }
            Self::Labeled(label, below) => {
                encoder.array(3)?.u8(2)?.bytes(label)?;
                below.write(encoder)
            }
            Self::Leaf(bytes) => encoder.array(2)?.u8(3)?.bytes(bytes)?.ok(),
            Self::Pruned(digest) => encoder.array(2)?.u8(4)?.bytes(digest)?.ok(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        written(|encoder| {
            encoder.tag(SELF_DESCRIBED)?;
            self.write(encoder)
        })
    }
}

/// That no answer is certified.
fn uncertified() -> Tree {
    let [first, second] = PATH.map(str::as_bytes);
    let expression = Sha256::digest(EXPRESSION);
    let leaf = Tree::labeled(&expression, Tree::Leaf(Vec::new()));
    Tree::labeled(first, Tree::labeled(second, leaf))
}

fn newest(tip: &Tip) -> Tree {
    Tree::fork(
        Tree::labeled(LAST_BLOCK_HASH.as_bytes(), Tree::Leaf(tip.hash.to_vec())),
        Tree::labeled(LAST_BLOCK_INDEX.as_bytes(), Tree::Leaf(leb128(tip.index))),
    )
}

/// What a canister certifies so that nothing it serves over HTTP is certified, but the newest block
/// of its log is: the root hash of the trees that [`skip_header`] and [`tip_tree`] show.
#[must_use]
pub fn certified_data(tip: Option<&Tip>) -> [u8; 32] {
    match tip {
        None => uncertified().digest(),
        Some(tip) => Tree::fork(uncertified(), newest(tip)).digest(),
    }
}

/// The two headers that prove it. `certificate` is what the system gives in a query.
#[must_use]
pub fn skip_header(certificate: &[u8], tip: Option<&Tip>) -> [(String, String); 2] {
    let tree = match tip {
        None => uncertified(),
        Some(tip) => Tree::fork(uncertified(), newest(tip).pruned()),
    };
    let value = format!(
        "certificate=:{}:, tree=:{}:, expr_path=:{}:, version=2",
        STANDARD.encode(certificate),
        STANDARD.encode(tree.encode()),
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

/// The tree with the newest block, in CBOR, as ICRC-3 wants it beside the certificate.
#[must_use]
pub fn tip_tree(tip: &Tip) -> Vec<u8> {
    Tree::fork(uncertified().pruned(), newest(tip)).encode()
}

/// **Source** DWARF 4, section 7.6: unsigned LEB128.
fn leb128(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
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
    use ic_cbor::HashTreeToCbor;
    use ic_certification::{HashTree, LookupResult};

    /// The tree as bytes, taken apart by hand: `2, label, subtree` three times, then `3, leaf`.
    #[test]
    fn should_show_the_tree_that_it_certifies() {
        let [(name, value), (_, expression)] = skip_header(b"cert", None);
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
        assert_eq!(certified_data(None), root);
    }

    /// **Source** what `ic-http-certification` writes for `skip_certification_certified_data` and
    /// `add_skip_certification_header`.
    #[test]
    fn should_write_what_the_reference_library_writes() {
        assert_eq!(
            hex::encode(certified_data(None)),
            "55ecc31c3e8047fc158f20ea0aa0609aacc7b57e06ea40dc41860272a7d64291"
        );
        let [(_, certificate), _] = skip_header(&[1, 2, 3], None);
        assert_eq!(
            certificate,
            "certificate=:AQID:, tree=:2dn3gwJJaHR0cF9leHBygwJDPCo+gwJYIMMautvQsFn51GT9bfTani3Ah659\
             C0BGjTNyJtQTszcjggNA:, expr_path=:2dn3gmlodHRwX2V4cHJjPCo+:, version=2"
        );
    }

    /// Read by the reference library: both trees have the root that is certified, and say what they
    /// should.
    #[test]
    fn should_show_the_newest_block_in_the_same_tree() {
        for index in [0, 127, 128, 1_000_000, u64::MAX] {
            let tip = Tip {
                index,
                hash: [7; 32],
            };
            let root = certified_data(Some(&tip));
            let tree: HashTree = HashTree::from_cbor(&tip_tree(&tip)).expect("a hash tree");
            assert_eq!(tree.digest(), root);
            let leaf = |label: &str| match tree.lookup_path([label]) {
                LookupResult::Found(bytes) => bytes.to_vec(),
                other => panic!("{label}: {other:?}"),
            };
            assert_eq!(leaf("last_block_hash"), tip.hash);
            let mut number = Vec::new();
            candid::Nat::from(index)
                .encode(&mut number)
                .expect("LEB128");
            assert_eq!(leaf("last_block_index"), number);
            let [(_, value), _] = skip_header(b"cert", Some(&tip));
            let tree = value.split(':').nth(3).expect("a tree");
            let tree = STANDARD.decode(tree).expect("base64");
            let tree: HashTree = HashTree::from_cbor(&tree).expect("a hash tree");
            assert_eq!(tree.digest(), root);
            let expression = Sha256::digest(EXPRESSION);
            let path = [b"http_expr".as_slice(), b"<*>", &expression];
            assert_eq!(tree.lookup_path(path), LookupResult::Found(b""));
        }
    }
}
