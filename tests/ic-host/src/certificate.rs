//! Certificates: what the subnet signs, as a hash tree in CBOR.
//!
//! **Source** interface specification, certification. The root key signs a delegation to the
//! subnet's key, with the ranges of canister ids; the subnet's key signs the state.

use crate::rng::Rng;
use candid::Principal;
use ic_verify_bls_signature::PrivateKey;
use sha2::{Digest, Sha224, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// DER of a BLS12-381 public key, up to the key. **Source** interface specification.
const DER_PREFIX: &[u8] = b"\x30\x81\x82\x30\x1d\x06\x0d\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\
    \x01\x02\x01\x06\x0c\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x02\x01\x03\x61\x00";
/// CBOR tag 55799.
const SELF_DESCRIBED: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// The keys of the network, from the seed.
#[derive(Debug)]
pub(crate) struct Keys {
    root: PrivateKey,
    subnet: PrivateKey,
    pub(crate) root_der: Vec<u8>,
    subnet_der: Vec<u8>,
    pub(crate) subnet_id: Principal,
}

impl Keys {
    pub(crate) fn new(seed: u64) -> Self {
        let root = private_key(seed, "root key");
        let subnet = private_key(seed, "subnet key");
        let subnet_der = der(&subnet);
        let mut id = Sha224::digest(&subnet_der).to_vec();
        id.push(2);
        Self {
            root_der: der(&root),
            subnet_id: Principal::from_slice(&id),
            root,
            subnet,
            subnet_der,
        }
    }

    /// The certificate in which the root key names the subnet's key and canisters.
    pub(crate) fn delegation(&self, ranges: &[(Principal, Principal)], time: u64) -> Vec<u8> {
        let subnet = Node::map([
            ("public_key", Node::leaf(self.subnet_der.clone())),
            ("canister_ranges", Node::leaf(cbor_ranges(ranges))),
        ]);
        let state = Node::map([
            ("time", Node::leaf(leb128(time))),
            (
                "subnet",
                Node::branch([(self.subnet_id.as_slice().to_vec(), subnet)]),
            ),
        ]);
        certificate(&state.full(), &self.root, None)
    }

    pub(crate) fn subnet_node(&self, ranges: &[(Principal, Principal)]) -> Node {
        Node::branch([(
            self.subnet_id.as_slice().to_vec(),
            Node::map([
                ("public_key", Node::leaf(self.subnet_der.clone())),
                ("canister_ranges", Node::leaf(cbor_ranges(ranges))),
            ]),
        )])
    }
}

fn private_key(seed: u64, label: &str) -> PrivateKey {
    let mut rng = Rng::new(seed, label);
    loop {
        // About half of all 32-byte numbers are below the group order.
        if let Ok(key) = PrivateKey::deserialize(&rng.bytes()) {
            return key;
        }
    }
}

fn der(key: &PrivateKey) -> Vec<u8> {
    [DER_PREFIX, &key.public_key().serialize()].concat()
}

/// The state as it is certified.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Leaf(Vec<u8>),
    /// A large leaf whose hash is known.
    Hashed(Arc<Vec<u8>>, [u8; 32]),
    Branch(BTreeMap<Vec<u8>, Node>),
}

impl Node {
    pub(crate) fn leaf(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Leaf(bytes.into())
    }

    pub(crate) fn map<const N: usize>(items: [(&str, Self); N]) -> Self {
        Self::branch(items.map(|(label, node)| (label.as_bytes().to_vec(), node)))
    }

    pub(crate) fn branch(items: impl IntoIterator<Item = (Vec<u8>, Self)>) -> Self {
        Self::Branch(items.into_iter().collect())
    }

    /// The tree with everything in it.
    fn full(&self) -> Tree {
        self.witness(&[&[]])
    }

    /// The tree that shows what stands at `paths`, or that nothing does.
    fn witness(&self, paths: &[&[Vec<u8>]]) -> Tree {
        let whole = paths.iter().any(|path| path.is_empty());
        match self {
            Self::Leaf(bytes) => {
                let leaf = Tree::Leaf(bytes.clone());
                if whole {
                    leaf
                } else {
                    Tree::Pruned(leaf.hash())
                }
            }
            Self::Hashed(bytes, hash) => {
                if whole {
                    Tree::Leaf(bytes.to_vec())
                } else {
                    Tree::Pruned(*hash)
                }
            }
            Self::Branch(children) => {
                let shown = |label: &Vec<u8>| paths.iter().any(|path| path.first() == Some(label));
                let mut neighbours = Vec::new();
                for label in paths.iter().filter_map(|path| path.first()) {
                    if !children.contains_key(label) {
                        neighbours.extend(children.range(..label.clone()).next_back());
                        neighbours.extend(children.range(label.clone()..).next());
                    }
                }
                let trees = children
                    .iter()
                    .map(|(label, child)| {
                        let rest: Vec<&[Vec<u8>]> = if whole {
                            vec![&[]]
                        } else {
                            paths
                                .iter()
                                .filter(|path| path.first() == Some(label))
                                .map(|path| &path[1..])
                                .collect()
                        };
                        let visible = whole
                            || shown(label)
                            || neighbours.iter().any(|(neighbour, _)| *neighbour == label);
                        let below = child.witness(&rest);
                        let below = if rest.is_empty() {
                            below.pruned()
                        } else {
                            below
                        };
                        let tree = Tree::Labeled(label.clone(), Box::new(below));
                        if visible { tree } else { tree.pruned() }
                    })
                    .collect();
                forks(trees)
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Tree {
    Empty,
    Fork(Box<Tree>, Box<Tree>),
    Labeled(Vec<u8>, Box<Tree>),
    Leaf(Vec<u8>),
    Pruned([u8; 32]),
}

/// A balanced tree over the items in order; what is pruned on both sides is pruned as one.
fn forks(mut trees: Vec<Tree>) -> Tree {
    match trees.len() {
        0 => Tree::Empty,
        1 => trees.remove(0),
        length => {
            let right = forks(trees.split_off(length.div_ceil(2)));
            let left = forks(trees);
            let both = matches!((&left, &right), (Tree::Pruned(_), Tree::Pruned(_)));
            let fork = Tree::Fork(Box::new(left), Box::new(right));
            if both { fork.pruned() } else { fork }
        }
    }
}

fn domain(name: &str) -> Sha256 {
    let mut hasher = Sha256::new();
    hasher.update([u8::try_from(name.len()).expect("short")]);
    hasher.update(name);
    hasher
}

/// The hash of a leaf.
pub(crate) fn leaf_hash(bytes: &[u8]) -> [u8; 32] {
    domain("ic-hashtree-leaf")
        .chain_update(bytes)
        .finalize()
        .into()
}

impl Tree {
    fn hash(&self) -> [u8; 32] {
        match self {
            Self::Empty => domain("ic-hashtree-empty").finalize().into(),
            Self::Fork(left, right) => domain("ic-hashtree-fork")
                .chain_update(left.hash())
                .chain_update(right.hash())
                .finalize()
                .into(),
            Self::Labeled(label, tree) => domain("ic-hashtree-labeled")
                .chain_update(label)
                .chain_update(tree.hash())
                .finalize()
                .into(),
            Self::Leaf(bytes) => leaf_hash(bytes),
            Self::Pruned(hash) => *hash,
        }
    }

    fn pruned(self) -> Self {
        Self::Pruned(self.hash())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => out.extend([0x81, 0]),
            Self::Fork(left, right) => {
                out.extend([0x83, 1]);
                left.encode(out);
                right.encode(out);
            }
            Self::Labeled(label, tree) => {
                out.extend([0x83, 2]);
                cbor_bytes(out, label);
                tree.encode(out);
            }
            Self::Leaf(bytes) => {
                out.extend([0x82, 3]);
                cbor_bytes(out, bytes);
            }
            Self::Pruned(hash) => {
                out.extend([0x82, 4]);
                cbor_bytes(out, hash);
            }
        }
    }
}

fn certificate(tree: &Tree, key: &PrivateKey, delegation: Option<(Principal, &[u8])>) -> Vec<u8> {
    encode_certificate(tree, &sign(tree, key), delegation)
}

fn sign(tree: &Tree, key: &PrivateKey) -> [u8; 48] {
    let message = [b"\x0dic-state-root", tree.hash().as_slice()].concat();
    key.sign(&message).serialize()
}

fn encode_certificate(
    tree: &Tree,
    signature: &[u8],
    delegation: Option<(Principal, &[u8])>,
) -> Vec<u8> {
    let mut out = SELF_DESCRIBED.to_vec();
    out.push(if delegation.is_some() { 0xa3 } else { 0xa2 });
    cbor_text(&mut out, "tree");
    tree.encode(&mut out);
    cbor_text(&mut out, "signature");
    cbor_bytes(&mut out, signature);
    if let Some((subnet, certificate)) = delegation {
        cbor_text(&mut out, "delegation");
        out.push(0xa2);
        cbor_text(&mut out, "subnet_id");
        cbor_bytes(&mut out, subnet.as_slice());
        cbor_text(&mut out, "certificate");
        cbor_bytes(&mut out, certificate);
    }
    out
}

fn cbor_head(out: &mut Vec<u8>, major: u8, length: usize) {
    let major = major << 5;
    let length = u32::try_from(length).expect("certificates are small");
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 24 => out.push(major | short),
        (Ok(byte), _) => out.extend([major | 24, byte]),
        (Err(_), Ok(two)) => {
            out.push(major | 25);
            out.extend(two.to_be_bytes());
        }
        (Err(_), Err(_)) => {
            out.push(major | 26);
            out.extend(length.to_be_bytes());
        }
    }
}

fn cbor_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    cbor_head(out, 2, bytes.len());
    out.extend(bytes);
}

fn cbor_text(out: &mut Vec<u8>, text: &str) {
    cbor_head(out, 3, text.len());
    out.extend(text.as_bytes());
}

/// A list of principals. **Source** interface specification, controllers of a canister.
pub(crate) fn cbor_principals(principals: &[Principal]) -> Vec<u8> {
    let mut out = SELF_DESCRIBED.to_vec();
    cbor_head(&mut out, 4, principals.len());
    for principal in principals {
        cbor_bytes(&mut out, principal.as_slice());
    }
    out
}

fn cbor_ranges(ranges: &[(Principal, Principal)]) -> Vec<u8> {
    let mut out = SELF_DESCRIBED.to_vec();
    cbor_head(&mut out, 4, ranges.len());
    for (first, last) in ranges {
        cbor_head(&mut out, 4, 2);
        cbor_bytes(&mut out, first.as_slice());
        cbor_bytes(&mut out, last.as_slice());
    }
    out
}

/// Unsigned LEB128.
pub(crate) fn leb128(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return out;
        }
    }
}

/// The state after a round. Signed when somebody asks.
#[derive(Debug)]
pub(crate) struct CertifiedState {
    keys: Arc<Keys>,
    delegation: Arc<Vec<u8>>,
    state: Node,
    signature: OnceLock<[u8; 48]>,
    data: Mutex<BTreeMap<Principal, Vec<u8>>>,
}

impl CertifiedState {
    pub(crate) fn new(keys: Arc<Keys>, delegation: Arc<Vec<u8>>, state: Node) -> Self {
        Self {
            keys,
            delegation,
            state,
            signature: OnceLock::new(),
            data: Mutex::default(),
        }
    }

    /// What `ic0.data_certificate_copy` gives.
    pub(crate) fn data_certificate(&self, canister: Principal) -> Vec<u8> {
        let mut known = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certificate) = known.get(&canister) {
            return certificate.clone();
        }
        let certificate = self.certificate(&[vec![
            b"canister".to_vec(),
            canister.as_slice().to_vec(),
            b"certified_data".to_vec(),
        ]]);
        known.insert(canister, certificate.clone());
        certificate
    }

    /// A certificate for these paths and the time.
    pub(crate) fn certificate(&self, paths: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let time = [b"time".to_vec()];
        let mut shown: Vec<&[Vec<u8>]> = vec![&time];
        shown.extend(paths.iter().map(Vec::as_slice));
        let tree = self.state.witness(&shown);
        let signature = self
            .signature
            .get_or_init(|| sign(&tree, &self.keys.subnet));
        let delegation = Some((self.keys.subnet_id, self.delegation.as_slice()));
        encode_certificate(&tree, signature, delegation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Node {
        Node::map([
            (
                "a",
                Node::map([("x", Node::leaf(b"1")), ("y", Node::leaf(b"2"))]),
            ),
            ("b", Node::leaf(b"3")),
            ("d", Node::leaf(b"4")),
        ])
    }

    /// **Source** interface specification, certification, encoding of certificates: the example
    /// tree and its root hash.
    #[test]
    fn should_hash_the_example_of_the_specification() {
        let leaf = |text: &str| Box::new(Tree::Leaf(text.as_bytes().to_vec()));
        let labeled = |label: &str, tree| Box::new(Tree::Labeled(label.as_bytes().to_vec(), tree));
        let fork = |left, right| Box::new(Tree::Fork(left, right));
        let a = fork(
            fork(labeled("x", leaf("hello")), Box::new(Tree::Empty)),
            labeled("y", leaf("world")),
        );
        let tree = fork(
            fork(labeled("a", a), labeled("b", leaf("good"))),
            fork(
                labeled("c", Box::new(Tree::Empty)),
                labeled("d", leaf("morning")),
            ),
        );
        let expected = "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0";
        assert_eq!(hex::encode(tree.hash()), expected);
    }

    #[test]
    fn should_keep_the_root_whatever_is_shown() {
        let root = node().full().hash();
        let path = |labels: &[&str]| -> Vec<Vec<u8>> {
            labels
                .iter()
                .map(|label| label.as_bytes().to_vec())
                .collect()
        };
        for (desc, shown, hidden, labels) in [
            ("one leaf", path(&["a", "y"]), b'1', &["a", "y"][..]),
            ("a branch", path(&["a"]), b'3', &["x", "y"]),
            ("nothing there", path(&["c"]), b'3', &["b", "d"]),
        ] {
            let tree = node().witness(&[&shown]);
            assert_eq!(tree.hash(), root, "{desc}");
            let mut bytes = Vec::new();
            tree.encode(&mut bytes);
            let leaf = [0x82, 3, 0x41, hidden];
            assert!(
                !bytes.windows(4).any(|window| window == leaf),
                "{desc} hides the rest"
            );
            for label in labels {
                let bytes_of_label = [&[0x83, 2, 0x41], label.as_bytes()].concat();
                assert!(
                    bytes.windows(4).any(|window| window == bytes_of_label),
                    "{desc} {label}"
                );
            }
        }
    }
}
