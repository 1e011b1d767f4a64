//! A chain that signs whatever it is told.

use super::super::{Anchor, Client, Event, Params, Push, Trusted, Verified};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use tendermint::block::signed_header::SignedHeader;
use tendermint::validator::Set;
use tendermint::{AppHash, Hash, Time};
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types as raw;
use tendermint_testgen::light_block::LightBlock;
use tendermint_testgen::validator::generate_validators;
use tendermint_testgen::{Commit, Generator, Header, Validator, Vote};

pub(super) const SECOND: Nanos = NANOS_PER_SECOND;
pub(super) const DAY: Nanos = 24 * 60 * 60 * SECOND;

/// Our clock. Blocks are made in the hours before it.
pub(super) const NOW: Nanos = 1_795_478_400 * SECOND;

/// Height of the block at [`NOW`]; one more each five seconds.
pub(super) const HEIGHT: u64 = 1_000;

/// A header to be made, its validators, and who signs it.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) chain: String,
    pub(super) height: u64,
    pub(super) time: Nanos,
    pub(super) validators: Vec<Validator>,
    pub(super) next: Vec<Validator>,
    /// Names of those who sign; `None` for all.
    pub(super) signers: Option<Vec<String>>,
    pub(super) app_hash: [u8; 32],
    pub(super) last_hash: Option<[u8; 32]>,
    pub(super) round: u32,
}

/// Validators `1`.. with these powers.
pub(super) fn validators(powers: &[u64]) -> Vec<Validator> {
    let named = powers.iter().enumerate();
    named
        .map(|(i, power)| Validator::new(&format!("{}", i + 1)).voting_power(*power))
        .collect()
}

impl Spec {
    pub(super) fn at(height: u64) -> Self {
        let four = validators(&[40, 30, 20, 10]);
        Self {
            chain: "akashnet-2".into(),
            height,
            time: (NOW + 5 * SECOND * height) - 5 * SECOND * HEIGHT,
            validators: four.clone(),
            next: four,
            signers: None,
            app_hash: [7; 32],
            last_hash: None,
            round: 1,
        }
    }

    pub(super) fn signed_by(mut self, names: &[&str]) -> Self {
        self.signers = Some(names.iter().map(|n| (*n).to_string()).collect());
        self
    }

    fn header(&self) -> Header {
        let header = Header::new(&self.validators)
            .next_validators(&self.next)
            .chain_id(&self.chain)
            .height(self.height)
            .time(time(self.time))
            .app_hash(AppHash::try_from(self.app_hash.to_vec()).expect("any bytes"));
        match self.last_hash {
            Some(hash) => header.last_block_id_hash(Hash::Sha256(hash)),
            None => header,
        }
    }

    pub(super) fn signed_header(&self) -> SignedHeader {
        let header = self.header();
        let commit = Commit::new(header.clone(), self.round);
        let commit = match &self.signers {
            None => commit,
            Some(names) => {
                let votes: Vec<Vote> = self
                    .validators
                    .iter()
                    .enumerate()
                    .filter(|(_, v)| names.contains(v.id.as_ref().expect("a name")))
                    .map(|(i, v)| {
                        Vote::new(v.clone(), header.clone())
                            .index(u16::try_from(i).expect("few"))
                            .round(self.round)
                    })
                    .collect();
                commit.votes(votes)
            }
        };
        let block = LightBlock::new(header, commit).validators(&self.validators);
        block.generate().expect("a block").signed_header
    }

    pub(super) fn push(&self) -> Push {
        Push {
            signed_header: Protobuf::<raw::SignedHeader>::encode_vec(self.signed_header()),
            validators: set(&self.validators),
            trusted_next_validators: None,
        }
    }

    pub(super) fn push_with(&self, next: &[Validator]) -> Push {
        Push {
            trusted_next_validators: Some(set(next)),
            ..self.push()
        }
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        let header = self.header().generate().expect("a header");
        header.hash().as_bytes().try_into().expect("32 bytes")
    }

    pub(super) fn anchor(&self) -> Anchor {
        Anchor {
            height: self.height,
            time: self.time,
            hash: self.hash(),
        }
    }
}

pub(super) fn set(validators: &[Validator]) -> Vec<u8> {
    let set = Set::without_proposer(generate_validators(validators).expect("validators"));
    Protobuf::<raw::ValidatorSet>::encode_vec(set)
}

pub(super) fn time(ns: Nanos) -> Time {
    let (secs, nanos) = (ns / SECOND, ns % SECOND);
    let secs = i64::try_from(secs).expect("in range");
    Time::from_unix_timestamp(secs, u32::try_from(nanos).expect("in range")).expect("in range")
}

/// A client that waits for this header.
pub(super) fn awaiting(spec: &Spec) -> Client {
    let mut client = Client::new(Params::new("akashnet-2", 14 * DAY));
    let anchored = Event::Anchored(vec![spec.anchor()]);
    client.apply(NOW, &anchored).expect("an anchor");
    client
}

/// A client that believes this header and nothing else.
pub(super) fn anchored(spec: &Spec) -> Client {
    let mut client = awaiting(spec);
    believe(&mut client, spec);
    client
}

/// Pushes a header that must be new, and applies it.
pub(super) fn believe(client: &mut Client, spec: &Spec) -> Trusted {
    let verified = client.check(&spec.push(), NOW).expect("a good header");
    let Verified::New(header) = &verified else {
        panic!("expected a new header, got {verified:?}");
    };
    let event = verified.event().expect("something to record");
    client.apply(NOW, &event).expect("it can happen");
    header.clone()
}

/// Changes a message behind its bytes.
pub(super) fn rewritten<T: prost::Message + Default>(
    bytes: &[u8],
    change: impl FnOnce(&mut T),
) -> Vec<u8> {
    let mut message = T::decode(bytes).expect("a message");
    change(&mut message);
    message.encode_to_vec()
}

/// Changes the commit of a push.
pub(super) fn with_commit(push: &Push, change: impl FnOnce(&mut raw::Commit)) -> Push {
    let signed_header = rewritten(&push.signed_header, |header: &mut raw::SignedHeader| {
        change(header.commit.as_mut().expect("a commit"));
    });
    Push {
        signed_header,
        ..push.clone()
    }
}
