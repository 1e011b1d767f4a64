//! The tree of one store: an immutable AVL tree with versions, as `cosmos/iavl` 1.2 builds it.
//!
//! Every change makes new nodes along its way and shares the others, so that a tree of each block
//! costs only what the block changed. Shapes and hashes equal those of the original when keys are
//! written in their order, as the SDK's cache does at the end of a block.
//! **Source** `mutable_tree.go`, `node.go`, `proof_ics23.go`.

use super::proof::{CommitmentProof, Existence, InnerOp, LeafOp, NonExistence};
use crate::address::sha256;
use crate::consensus::merkle::Hash;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Part of a tree.
#[derive(Debug)]
struct Node {
    /// Of a leaf its own; of an inner node the smallest key on its right.
    key: Arc<[u8]>,
    /// Block that made the node.
    version: u64,
    kind: Kind,
    hash: OnceLock<Hash>,
}

#[derive(Clone, Debug)]
enum Kind {
    Leaf(Arc<[u8]>),
    Inner {
        height: u8,
        size: u64,
        left: Arc<Node>,
        right: Arc<Node>,
    },
}

/// A tree as it was after one block. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(Option<Arc<Node>>);

/// A step from an inner node to one of its children.
struct Step<'a> {
    node: &'a Node,
    /// Which child was taken.
    right: bool,
}

impl Node {
    fn leaf(key: Arc<[u8]>, value: Arc<[u8]>, version: u64) -> Arc<Node> {
        let kind = Kind::Leaf(value);
        Arc::new(Node {
            key,
            version,
            kind,
            hash: OnceLock::new(),
        })
    }

    fn inner(key: Arc<[u8]>, left: Arc<Node>, right: Arc<Node>, version: u64) -> Arc<Node> {
        let kind = Kind::Inner {
            height: 1 + left.height().max(right.height()),
            size: left.size() + right.size(),
            left,
            right,
        };
        Arc::new(Node {
            key,
            version,
            kind,
            hash: OnceLock::new(),
        })
    }

    fn height(&self) -> u8 {
        match &self.kind {
            Kind::Leaf(_) => 0,
            Kind::Inner { height, .. } => *height,
        }
    }

    fn size(&self) -> u64 {
        match &self.kind {
            Kind::Leaf(_) => 1,
            Kind::Inner { size, .. } => *size,
        }
    }

    fn children(&self) -> Option<(&Arc<Node>, &Arc<Node>)> {
        match &self.kind {
            Kind::Leaf(_) => None,
            Kind::Inner { left, right, .. } => Some((left, right)),
        }
    }

    /// Height of the left side above that of the right one.
    fn balance(&self) -> i16 {
        self.children().map_or(0, |(left, right)| {
            i16::from(left.height()) - i16::from(right.height())
        })
    }

    /// What every hash begins with: height, size, version.
    fn prefix(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(80);
        zigzag(u64::from(self.height()), &mut out);
        zigzag(self.size(), &mut out);
        zigzag(self.version, &mut out);
        out
    }

    fn hash(&self) -> &Hash {
        self.hash.get_or_init(|| {
            let mut bytes = self.prefix();
            match &self.kind {
                Kind::Leaf(value) => {
                    chunk(&self.key, &mut bytes);
                    chunk(&sha256(value), &mut bytes);
                }
                Kind::Inner { left, right, .. } => {
                    chunk(left.hash(), &mut bytes);
                    chunk(right.hash(), &mut bytes);
                }
            }
            sha256(&bytes)
        })
    }
}

/// A signed varint of a number that is not negative.
fn zigzag(n: u64, out: &mut Vec<u8>) {
    prost::encoding::encode_varint(n * 2, out);
}

/// Length and bytes.
fn chunk(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u64::try_from(bytes.len()).expect("a length");
    prost::encoding::encode_varint(length, out);
    out.extend_from_slice(bytes);
}

/// Tag of a child's hash inside an inner node: it is 32 bytes long.
const CHILD: u8 = 32;

fn set(node: &Arc<Node>, key: &Arc<[u8]>, value: &Arc<[u8]>, version: u64) -> Arc<Node> {
    let Some((left, right)) = node.children() else {
        let new = Node::leaf(key.clone(), value.clone(), version);
        return match key.cmp(&node.key) {
            Ordering::Less => Node::inner(node.key.clone(), new, node.clone(), version),
            Ordering::Equal => new,
            Ordering::Greater => Node::inner(key.clone(), node.clone(), new, version),
        };
    };
    let grown = if *key < node.key {
        let left = set(left, key, value, version);
        Node::inner(node.key.clone(), left, right.clone(), version)
    } else {
        let right = set(right, key, value, version);
        Node::inner(node.key.clone(), left.clone(), right, version)
    };
    balance(grown, version)
}

/// What stays of a subtree, and its new smallest key if that changed.
struct Rest {
    node: Option<Arc<Node>>,
    smallest: Option<Arc<[u8]>>,
}

/// Removes a key that is there.
fn remove(node: &Arc<Node>, key: &[u8], version: u64) -> Rest {
    let Some((left, right)) = node.children() else {
        return Rest {
            node: None,
            smallest: None,
        };
    };
    if *key < *node.key {
        let rest = remove(left, key, version);
        let Some(left) = rest.node else {
            return Rest {
                node: Some(right.clone()),
                smallest: Some(node.key.clone()),
            };
        };
        let shrunk = Node::inner(node.key.clone(), left, right.clone(), version);
        return Rest {
            node: Some(balance(shrunk, version)),
            smallest: rest.smallest,
        };
    }
    let rest = remove(right, key, version);
    let Some(right) = rest.node else {
        return Rest {
            node: Some(left.clone()),
            smallest: None,
        };
    };
    let key = rest.smallest.unwrap_or_else(|| node.key.clone());
    let shrunk = Node::inner(key, left.clone(), right, version);
    Rest {
        node: Some(balance(shrunk, version)),
        smallest: None,
    }
}

fn balance(node: Arc<Node>, version: u64) -> Arc<Node> {
    let Some((left, right)) = node.children() else {
        return node;
    };
    match node.balance() {
        2.. if left.balance() >= 0 => rotate_right(&node, version),
        2.. => {
            let left = rotate_left(left, version);
            rotate_right(
                &Node::inner(node.key.clone(), left, right.clone(), version),
                version,
            )
        }
        ..=-2 if right.balance() <= 0 => rotate_left(&node, version),
        ..=-2 => {
            let right = rotate_right(right, version);
            rotate_left(
                &Node::inner(node.key.clone(), left.clone(), right, version),
                version,
            )
        }
        _ => node,
    }
}

fn rotate_right(node: &Node, version: u64) -> Arc<Node> {
    let (left, right) = node.children().expect("a node out of balance has children");
    let (outer, middle) = left.children().expect("the higher side has children");
    let lowered = Node::inner(node.key.clone(), middle.clone(), right.clone(), version);
    Node::inner(left.key.clone(), outer.clone(), lowered, version)
}

fn rotate_left(node: &Node, version: u64) -> Arc<Node> {
    let (left, right) = node.children().expect("a node out of balance has children");
    let (middle, outer) = right.children().expect("the higher side has children");
    let lowered = Node::inner(node.key.clone(), left.clone(), middle.clone(), version);
    Node::inner(right.key.clone(), lowered, outer.clone(), version)
}

impl Tree {
    /// Root hash. Of no keys, the hash of nothing.
    pub(crate) fn hash(&self) -> Hash {
        self.0
            .as_ref()
            .map_or_else(|| sha256(b""), |root| *root.hash())
    }

    /// Writes a value, or removes the key, in block `version`.
    pub(crate) fn write(&mut self, key: &[u8], value: Option<&[u8]>, version: u64) {
        let root = match (&self.0, value) {
            (None, None) => None,
            (None, Some(value)) => Some(Node::leaf(key.into(), value.into(), version)),
            (Some(root), Some(value)) => Some(set(root, &key.into(), &value.into(), version)),
            (Some(root), None) if self.get(key).is_some() => remove(root, key, version).node,
            (Some(root), None) => Some(root.clone()),
        };
        self.0 = root;
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let mut node = self.0.as_deref()?;
        while let Some((left, right)) = node.children() {
            node = if *key < *node.key { left } else { right };
        }
        match &node.kind {
            Kind::Leaf(value) if *node.key == *key => Some(value),
            _ => None,
        }
    }

    /// Proves a key's value, or that it has none. **Panics** on a tree without keys, of which
    /// nothing can be proven.
    pub(crate) fn prove(&self, key: &[u8]) -> CommitmentProof {
        let root = self.0.as_deref().expect("no store of this chain is empty");
        let mut steps = Vec::new();
        let leaf = descend(root, &mut steps, |node| *key >= *node.key);
        if *leaf.key == *key {
            return CommitmentProof::existence(existence(leaf, &steps));
        }
        // The way down ends beside the gap; the other neighbour hangs where the way last turned.
        let before = *leaf.key < *key;
        let near = existence(leaf, &steps);
        let turn = steps.iter().rposition(|s| s.right != before);
        let far = turn.map(|at| {
            steps.truncate(at + 1);
            steps[at].right = before;
            let leaf = descend(child(&steps[at]), &mut steps, |_| !before);
            existence(leaf, &steps)
        });
        let (left, right) = if before {
            (Some(near), far)
        } else {
            (far, Some(near))
        };
        CommitmentProof::absence(NonExistence {
            key: key.to_vec(),
            left,
            right,
        })
    }
}

fn child<'a>(step: &Step<'a>) -> &'a Node {
    let (left, right) = step
        .node
        .children()
        .expect("a step starts at an inner node");
    if step.right { right } else { left }
}

/// Follows the tree to a leaf and records the way.
fn descend<'a>(
    from: &'a Node,
    steps: &mut Vec<Step<'a>>,
    right: impl Fn(&Node) -> bool,
) -> &'a Node {
    let mut node = from;
    while node.children().is_some() {
        let step = Step {
            node,
            right: right(node),
        };
        node = child(&step);
        steps.push(step);
    }
    node
}

fn existence(leaf: &Node, steps: &[Step<'_>]) -> Existence {
    let Kind::Leaf(value) = &leaf.kind else {
        unreachable!("a way down ends at a leaf");
    };
    let op = |step: &Step<'_>| {
        let (left, right) = step
            .node
            .children()
            .expect("a step starts at an inner node");
        let mut prefix = step.node.prefix();
        prefix.push(CHILD);
        let mut suffix = Vec::new();
        if step.right {
            prefix.extend_from_slice(left.hash());
            prefix.push(CHILD);
        } else {
            suffix.push(CHILD);
            suffix.extend_from_slice(right.hash());
        }
        InnerOp::sha256(prefix, suffix)
    };
    Existence {
        key: leaf.key.to_vec(),
        value: value.to_vec(),
        leaf: Some(LeafOp::of(leaf.prefix())),
        path: steps.iter().rev().map(op).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Root hashes after each of forty blocks of random writes, as `cosmos/iavl` 1.2.6 made them.
    #[test]
    fn should_build_the_trees_of_the_original() {
        let vectors = include_str!("../../vectors/iavl.json");
        let expected: Vec<String> = serde_json::from_str(vectors).expect("hashes");
        let mut seed = sha256(b"iavl");
        let mut random = || {
            seed = sha256(&seed);
            u64::from_be_bytes(seed[..8].try_into().expect("eight bytes"))
        };
        let mut tree = Tree::default();
        for (version, expected) in (30_000_000..).zip(&expected) {
            let mut writes = BTreeMap::new();
            for _ in 0..random() % 12 + 1 {
                let key = format!("key {:02}", random() % 60);
                let removes = random() % 3 == 0;
                let value = (!removes).then(|| format!("value {}", random() % 1_000));
                writes.insert(key, value);
            }
            for (key, value) in writes {
                let value = value.as_ref().map(String::as_bytes);
                if tree.get(key.as_bytes()) != value {
                    tree.write(key.as_bytes(), value, version);
                }
            }
            assert_eq!(hex::encode(tree.hash()), *expected, "block {version}");
        }
    }
}
