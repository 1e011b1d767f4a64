//! Validators: their keys, their order, their votes.

use super::merkle::{self, Hash};
use super::{BlockId, Commit, CommitSig, Vote, vote_bytes, wire};
use crate::address::sha256;
use crate::rest::json::base64;
use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;
use serde_json::{Value, json};

/// One validator.
#[derive(Clone, Debug)]
pub struct Validator {
    /// Which one: it keeps this number and its key in all sets.
    pub number: usize,
    /// First 20 bytes of SHA-256 of its public key.
    pub address: [u8; 20],
    /// Voting power.
    pub power: u64,
    key: SigningKey,
}

/// Validators in the order of the protocol: by power, the strongest first, then by address.
#[derive(Clone, Debug)]
pub struct ValidatorSet {
    list: Vec<Validator>,
    hash: Hash,
}

/// Who votes what on a block, and when.
pub(crate) struct Ballot<'a> {
    pub(crate) chain_id: &'a str,
    pub(crate) height: u64,
    pub(crate) round: u32,
    pub(crate) block_id: BlockId,
    /// Weighted median of all votes. **Units** nanoseconds.
    pub(crate) median_ns: u64,
}

impl Validator {
    /// The validator `number` of the world that has this seed.
    fn new(seed: u64, number: usize, power: u64) -> Validator {
        let key =
            SigningKey::from_bytes(&sha256(format!("validator {number} of {seed}").as_bytes()));
        let digest = sha256(key.verifying_key().as_bytes());
        let address = digest[..20].try_into().expect("twenty bytes");
        Validator {
            number,
            address,
            power,
            key,
        }
    }

    /// Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs as this validator; for what no honest one would.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    fn json(&self) -> Value {
        json!({
            "address": hex::encode_upper(self.address),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64(&self.public_key())},
            "voting_power": self.power.to_string(),
            "proposer_priority": "0",
        })
    }
}

impl ValidatorSet {
    /// The set in which validator `i` has `powers[i]`; 0 leaves it out.
    pub fn new(seed: u64, powers: &[u64]) -> ValidatorSet {
        let with_power = powers.iter().enumerate().filter(|(_, power)| **power > 0);
        let mut list: Vec<Validator> = with_power
            .map(|(i, power)| Validator::new(seed, i, *power))
            .collect();
        list.sort_by(|a, b| b.power.cmp(&a.power).then(a.address.cmp(&b.address)));
        let leaf = |v: &Validator| {
            let pub_key = Some(wire::PublicKey {
                ed25519: v.public_key().to_vec(),
            });
            let voting_power = i64::try_from(v.power).expect("powers fit");
            wire::SimpleValidator {
                pub_key,
                voting_power,
            }
            .encode_to_vec()
        };
        let leaves: Vec<Vec<u8>> = list.iter().map(leaf).collect();
        let hash = merkle::root(&leaves);
        ValidatorSet { list, hash }
    }

    /// All of them in order.
    pub fn list(&self) -> &[Validator] {
        &self.list
    }

    /// What a header says of the set.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// All power together.
    pub fn power(&self) -> u64 {
        self.list.iter().map(|v| v.power).sum()
    }

    /// Address of the proposer of a block: in turn.
    pub(crate) fn proposer(&self, height: u64) -> [u8; 20] {
        let count = u64::try_from(self.list.len()).expect("a length");
        self.list[usize::try_from(height % count).expect("below a length")].address
    }

    /// Has everybody vote. The strongest half votes at the median, the others a little earlier.
    pub(crate) fn vote(&self, ballot: &Ballot<'_>, say: impl Fn(&Validator) -> Vote) -> Commit {
        let voting = |v: &&Validator| say(v) != Vote::Absent;
        let all: u64 = self.list.iter().filter(voting).map(|v| v.power).sum();
        let mut counted = 0;
        let mut early_ns = 0;
        let line = |v: &Validator| {
            let vote = say(v);
            if vote == Vote::Absent {
                return CommitSig {
                    vote,
                    address: [0; 20],
                    time_ns: 0,
                    signature: [0; 64],
                };
            }
            if counted * 2 > all {
                early_ns += 1_000_000;
            }
            counted += v.power;
            let time_ns = ballot.median_ns - early_ns;
            let block = (vote == Vote::Block).then_some(&ballot.block_id);
            let bytes = vote_bytes(ballot.chain_id, ballot.height, ballot.round, block, time_ns);
            CommitSig {
                vote,
                address: v.address,
                time_ns,
                signature: v.sign(&bytes),
            }
        };
        Commit {
            height: ballot.height,
            round: ballot.round,
            block_id: ballot.block_id,
            signatures: self.list.iter().map(line).collect(),
        }
    }

    /// One page, as the RPC prints it. **Errors** a page that does not exist.
    pub(crate) fn page(&self, height: u64, page: &str, per_page: &str) -> Result<Value, String> {
        let per_page = match per_page.parse().unwrap_or(0) {
            0 => 30,
            n => usize::min(n, 100),
        };
        let pages = self.list.len().div_ceil(per_page).max(1);
        let page = match page {
            "" => 1,
            text => text
                .parse()
                .ok()
                .filter(|p| (1..=pages).contains(p))
                .ok_or_else(|| format!("page should be within [1, {pages}] range, given {text}"))?,
        };
        let shown: Vec<Value> = self
            .list
            .iter()
            .skip((page - 1) * per_page)
            .take(per_page)
            .map(Validator::json)
            .collect();
        Ok(json!({
            "block_height": height.to_string(),
            "count": shown.len().to_string(),
            "total": self.list.len().to_string(),
            "validators": shown,
        }))
    }
}
