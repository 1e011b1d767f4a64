//! A chain's validators, who sign whatever they are told: headers and proofs of any kind and size.
//!
//! Everything is written out here byte for byte, so that nothing of what verifies it is used to
//! make it. **Source** CometBFT 0.38, `types/block.go`, `types/canonical.go`, `crypto/merkle`.

use crate::akash::light::{Anchor, Push};
use crate::akash::proof::{Key, StoreProof};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

/// A validator, whose key comes from its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Which one.
    pub number: u32,
    /// Its voting power.
    pub power: u64,
}

/// A header, its validators, and who signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The chain.
    pub chain_id: String,
    /// Height.
    pub height: u64,
    /// Time of the block, and of its votes.
    pub time: Nanos,
    /// Hash of the header below.
    pub last_hash: Option<[u8; 32]>,
    /// Root of the state after the block below.
    pub app_hash: [u8; 32],
    /// Version of the application.
    pub app_version: u64,
    /// Validators of this height.
    pub validators: Vec<Validator>,
    /// Validators of the next.
    pub next: Vec<Validator>,
    /// Numbers of those who do not vote.
    pub absent: Vec<u32>,
}

/// So many validators, the first with this power, each further one with `less` less.
#[must_use]
pub fn validators(count: u32, power: u64, less: u64) -> Vec<Validator> {
    (0..count)
        .map(|number| Validator {
            number,
            power: power.saturating_sub(less.saturating_mul(u64::from(number))),
        })
        .collect()
}

impl Validator {
    fn signing_key(self) -> SigningKey {
        let name = [b"validator ", &self.number.to_be_bytes()[..]].concat();
        SigningKey::from_bytes(&Sha256::digest(name).into())
    }

    /// Its key in its envelope.
    fn key(self) -> Vec<u8> {
        let key = self.signing_key().verifying_key();
        field(1, key.as_bytes())
    }

    /// Begin of the hash of its key.
    fn address(self) -> [u8; 20] {
        let key = self.signing_key().verifying_key();
        let hash = Sha256::digest(key.as_bytes());
        hash[..20].try_into().expect("20 of 32 bytes")
    }
}

impl Block {
    /// The header as it is pushed.
    #[must_use]
    pub fn push(&self) -> Push {
        Push {
            signed_header: self.signed_header(),
            validators: set(&self.validators),
            trusted_next_validators: None,
        }
    }

    /// The header as it is pushed where the believed header below names another set as next.
    #[must_use]
    pub fn push_with(&self, next: &[Validator]) -> Push {
        Push {
            trusted_next_validators: Some(set(next)),
            ..self.push()
        }
    }

    /// The header as a vote names it.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor {
            height: self.height,
            time: self.time,
            hash: self.hash(),
        }
    }

    /// The block above, five seconds later, with the same state and the validators that this one
    /// names.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            height: self.height + 1,
            time: self.time + 5 * NANOS_PER_SECOND,
            last_hash: Some(self.hash()),
            validators: self.next.clone(),
            ..self.clone()
        }
    }

    /// Hash of the header: the root of its fields.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        root(&self.fields().map(|(_, wrapped)| wrapped))
    }

    /// The fields of the header, as they stand in the message and as they are hashed.
    fn fields(&self) -> [(Vec<u8>, Vec<u8>); 14] {
        let hash_of_nothing: [u8; 32] = Sha256::digest(b"").into();
        let bytes = |value: &[u8]| (value.to_vec(), field(1, value));
        let same = |value: Vec<u8>| (value.clone(), value);
        let version = [number(1, 11), number(2, self.app_version)].concat();
        let proposer = self.validators.first().map(|v| v.address());
        [
            same(version),
            bytes(self.chain_id.as_bytes()),
            (vec![], number(1, self.height)),
            same(time(self.time)),
            same(self.last_hash.map_or(vec![], block_id)),
            bytes(&hash_of_nothing),
            bytes(&hash_of_nothing),
            bytes(&set_hash(&self.validators)),
            bytes(&set_hash(&self.next)),
            bytes(&[5; 32]),
            bytes(&self.app_hash),
            bytes(&hash_of_nothing),
            bytes(&hash_of_nothing),
            bytes(&proposer.unwrap_or([0; 20])),
        ]
    }

    fn signed_header(&self) -> Vec<u8> {
        let mut header = vec![];
        for (tag, (value, _)) in (1..).zip(self.fields()) {
            header.extend(match tag {
                3 => number(3, self.height),
                _ => field(tag, &value),
            });
        }
        let id = block_id(self.hash());
        let votes = sorted(&self.validators).into_iter().map(|validator| {
            if self.absent.contains(&validator.number) {
                return field(4, &number(1, 1));
            }
            let vote = [
                number(1, 2),
                field(2, &validator.address()),
                field(3, &time(self.time)),
                field(4, &self.vote(validator)),
            ];
            field(4, &vote.concat())
        });
        let commit = [number(1, self.height), field(3, &id)].concat();
        let commit = [commit, votes.flatten().collect()].concat();
        [field(1, &header), field(2, &commit)].concat()
    }

    /// A precommit of round 0.
    fn vote(&self, validator: Validator) -> [u8; 64] {
        // What is signed has heights of fixed size, and no round where it is 0.
        let mut height = vec![0x11];
        height.extend(self.height.to_le_bytes());
        let vote = [
            number(1, 2),
            height,
            field(4, &block_id(self.hash())),
            field(5, &time(self.time)),
            field(6, self.chain_id.as_bytes()),
        ]
        .concat();
        let message = [varint(vote.len()), vote].concat();
        validator.signing_key().sign(&message).to_bytes()
    }
}

/// A balance of 1,000,000 uakt, proven `depth` steps deep in its store among 32 stores, and the
/// root of the state.
#[must_use]
pub fn balance_proof(address: [u8; 20], depth: u8) -> ([u8; 32], Key, StoreProof) {
    let key = Key::Balance {
        address,
        denom: "uakt".into(),
    };
    let (path, value) = (key.bytes(), b"1000000");
    // Height, size and version of a leaf.
    let leaf_prefix = [0, 2, 14];
    let mut node = leaf(&leaf_prefix, &path, value);
    let mut steps = vec![];
    for step in 1..=depth {
        let sibling = Sha256::digest([step]);
        // Height in zigzag; the size and version do not matter.
        let mut prefix = [number_only(2 * u64::from(step)), vec![14, 14, 32]].concat();
        let mut suffix = vec![];
        if step % 2 == 0 {
            prefix.extend(sibling);
            prefix.push(32);
        } else {
            suffix.push(32);
            suffix.extend(sibling);
        }
        node = Sha256::digest([&prefix[..], &node, &suffix].concat()).into();
        steps.push((prefix, suffix));
    }
    let iavl = existence(&path, value, &leaf_prefix, &steps);
    let mut root = leaf(&[0], key.store().as_bytes(), &node);
    let mut steps = vec![];
    for step in 0..5_u8 {
        let sibling = Sha256::digest([0xff, step]).to_vec();
        root = Sha256::digest([&[1][..], &root, &sibling].concat()).into();
        steps.push((vec![1], sibling));
    }
    let simple = existence(key.store().as_bytes(), &node, &[0], &steps);
    (root, key, StoreProof { iavl, simple })
}

fn leaf(prefix: &[u8], key: &[u8], value: &[u8]) -> [u8; 32] {
    let value = Sha256::digest(value);
    let sized = |bytes: &[u8]| [varint(bytes.len()), bytes.to_vec()].concat();
    Sha256::digest([prefix.to_vec(), sized(key), sized(&value)].concat()).into()
}

fn existence(key: &[u8], value: &[u8], prefix: &[u8], steps: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    // SHA-256 of both, keys as they are, lengths before.
    let leaf = [number(1, 1), number(3, 1), number(4, 1), field(5, prefix)].concat();
    let steps = steps.iter().flat_map(|(prefix, suffix)| {
        field(
            4,
            &[number(1, 1), field(2, prefix), field(3, suffix)].concat(),
        )
    });
    let proof = [field(1, key), field(2, value), field(3, &leaf)].concat();
    field(1, &[proof, steps.collect()].concat())
}

/// A set in the order of the chain: the most powerful first, equals by address.
fn sorted(validators: &[Validator]) -> Vec<Validator> {
    let mut sorted: Vec<_> = validators.iter().map(|v| (v.address(), *v)).collect();
    sorted.sort_by_key(|(address, v)| (std::cmp::Reverse(v.power), *address));
    sorted.into_iter().map(|(_, validator)| validator).collect()
}

fn set(validators: &[Validator]) -> Vec<u8> {
    let entries = sorted(validators).into_iter().map(|validator| {
        let entry = [
            field(1, &validator.address()),
            field(2, &validator.key()),
            number(3, validator.power),
        ];
        field(1, &entry.concat())
    });
    entries.flatten().collect()
}

fn set_hash(validators: &[Validator]) -> [u8; 32] {
    let entries = sorted(validators)
        .into_iter()
        .map(|v| [field(1, &v.key()), number(2, v.power)].concat());
    root(&entries.collect::<Vec<_>>())
}

fn block_id(hash: [u8; 32]) -> Vec<u8> {
    let parts = [number(1, 1), field(2, &hash)].concat();
    [field(1, &hash), field(2, &parts)].concat()
}

fn time(at: Nanos) -> Vec<u8> {
    let (seconds, nanos) = (at / NANOS_PER_SECOND, at % NANOS_PER_SECOND);
    [number(1, seconds), number(2, nanos)].concat()
}

/// **Source** RFC 6962, section 2.1: the left side is the largest power of two below the count.
fn root<T: AsRef<[u8]>>(leaves: &[T]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [one] => Sha256::digest([&[0], one.as_ref()].concat()).into(),
        more => {
            let left = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(left);
            Sha256::digest([&[1], &root(left)[..], &root(right)].concat()).into()
        }
    }
}

/// A number field; nothing where it is 0, as protobuf has it.
fn number(tag: u8, number: u64) -> Vec<u8> {
    if number == 0 {
        return vec![];
    }
    [vec![tag << 3], number_only(number)].concat()
}

/// A field of bytes or of a message; an empty message is written, as Go does where one must be.
fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![tag << 3 | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

fn varint(length: usize) -> Vec<u8> {
    number_only(u64::try_from(length).expect("a length fits"))
}

fn number_only(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).expect("7 bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("7 bits"));
    bytes
}
