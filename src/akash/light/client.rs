//! The client: what is believed, and what a push adds to it.

use super::LightError;
use super::block::{Block, Push, validators, words};
use super::event::{Anchor, Event, Evidence, Trusted};
use super::params::{Params, TrustLevel};
use super::signature::Ed25519;
use crate::kernel::Nanos;
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};
use tendermint::account::Id;
use tendermint::block::Height;
use tendermint::validator::Set;
use tendermint_light_client_verifier::operations::ProdCommitValidator;
use tendermint_light_client_verifier::operations::voting_power::ProvidedVotingPowerCalculator;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::predicates::ProdPredicates;
use tendermint_light_client_verifier::types::{
    TrustThreshold, TrustedBlockState, UntrustedBlockState,
};
use tendermint_light_client_verifier::{PredicateVerifier, Verdict};

/// Most headers that are kept because they are recent. Older ones go, save the pinned.
pub const MAX_TRUSTED: usize = 128;

/// Most heights that are pinned at a time.
pub const MAX_PINNED: usize = 256;

/// Most headers that one vote names.
pub const MAX_ANCHORS: usize = 16;

/// A light client of one chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Client {
    #[n(0)]
    params: Params,
    /// Named by a vote and not yet seen.
    #[n(1)]
    awaited: BTreeMap<u64, Anchor>,
    /// Height of the anchor from which others are verified.
    #[n(2)]
    anchor: Option<u64>,
    #[n(3)]
    trusted: BTreeMap<u64, Trusted>,
    /// Heights whose headers stay, and how many want each of them to.
    #[n(4)]
    pins: BTreeMap<u64, u32>,
    #[n(5)]
    frozen: Option<Evidence>,
}

/// What a push is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A header that is believed already. Nothing is to be recorded.
    Known(Trusted),
    /// A header that is believed from now on.
    New(Trusted),
    /// A header as well signed as one that it contradicts. Record it: the client freezes.
    Conflict(Evidence),
}

impl Verified {
    /// What is to be recorded, if anything.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::Known(_) => None,
            Self::New(header) => Some(Event::Verified(header.clone())),
            Self::Conflict(evidence) => Some(Event::Conflicted(evidence.clone())),
        }
    }

    /// The believed header, if it is one.
    #[must_use]
    pub fn header(&self) -> Option<&Trusted> {
        match self {
            Self::Known(header) | Self::New(header) => Some(header),
            Self::Conflict(_) => None,
        }
    }
}

impl Client {
    /// A client that waits for its anchor.
    #[must_use]
    pub fn new(params: Params) -> Self {
        Self {
            params,
            awaited: BTreeMap::new(),
            anchor: None,
            trusted: BTreeMap::new(),
            pins: BTreeMap::new(),
            frozen: None,
        }
    }

    /// What it was told.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The highest believed header.
    #[must_use]
    pub fn newest(&self) -> Option<&Trusted> {
        self.trusted.last_key_value().map(|(_, header)| header)
    }

    /// The believed header at a height, if it is kept.
    #[must_use]
    pub fn at(&self, height: u64) -> Option<&Trusted> {
        self.trusted.get(&height)
    }

    /// All believed headers that are kept, lowest first.
    pub fn headers(&self) -> impl DoubleEndedIterator<Item = &Trusted> {
        self.trusted.values()
    }

    /// Headers that a vote named and that have not come yet, lowest first.
    pub fn awaited(&self) -> impl DoubleEndedIterator<Item = &Anchor> {
        self.awaited.values()
    }

    /// Why it believes nothing more, if so.
    #[must_use]
    pub fn frozen(&self) -> Option<&Evidence> {
        self.frozen.as_ref()
    }

    /// Whether nothing that is believed can vouch for a new header: a new anchor is needed, or the
    /// one that is awaited.
    #[must_use]
    pub fn expired(&self, now: Nanos) -> bool {
        self.newest()
            .is_none_or(|header| now >= self.vouches_until(header))
    }

    /// The header that would vouch for one at `height`: the highest one below. Whoever pushes
    /// `height` looks here which set of next validators to bring.
    #[must_use]
    pub fn base(&self, height: u64) -> Option<&Trusted> {
        self.trusted.range(..height).next_back().map(|(_, h)| h)
    }

    /// Judges a push. The cheap checks come first, and the first bad signature ends it.
    ///
    /// **Errors** why the header is not believed.
    pub fn check(&self, push: &Push, now: Nanos) -> Result<Verified, LightError> {
        if let Some(Evidence { pushed, .. }) = &self.frozen {
            let height = pushed.height;
            return Err(LightError::Frozen { height });
        }
        push.check_sizes()?;
        let block = Block::decode(&push.signed_header)?;
        let header = &block.kept;
        let expected = &self.params.chain_id;
        let got = block.signed.header.chain_id.as_str();
        if got != expected {
            return Err(LightError::ChainId {
                expected: expected.clone(),
                got: got.into(),
            });
        }
        let latest = now.saturating_add(self.params.clock_drift);
        if header.time >= latest {
            let got = header.time;
            return Err(LightError::FromTheFuture { latest, got });
        }
        if let Some(anchor) = self.awaited.get(&header.height) {
            return self.check_anchor(anchor, &block, push, now);
        }
        let known = self.trusted.get(&header.height);
        if let Some(known) = known.filter(|known| known.hash == header.hash) {
            return Ok(Verified::Known(known.clone()));
        }
        self.check_from_below(&block, push, known, now)
    }

    /// A header that a vote named is believed when it is that one, with a commit of its own set.
    fn check_anchor(
        &self,
        anchor: &Anchor,
        block: &Block,
        push: &Push,
        now: Nanos,
    ) -> Result<Verified, LightError> {
        let header = &block.kept;
        let (expected, got) = (anchor.hash, header.hash);
        // A hash covers the time as well; a vote that misstated it would have been judged by a
        // wrong age.
        if expected != got || anchor.time != header.time {
            return Err(LightError::AnchorHash {
                height: anchor.height,
                expected,
                got,
            });
        }
        let until = anchor.time.saturating_add(self.params.unbonding_period);
        if self.anchor == Some(anchor.height) && now >= until {
            let height = anchor.height;
            return Err(LightError::Expired { height, until, now });
        }
        let set = validators("validators", &push.validators, header.validators_hash)?;
        self.check_votes(block, &set, None)?;
        Ok(self.judge(block))
    }

    /// A header that a believed one vouches for.
    fn check_from_below(
        &self,
        block: &Block,
        push: &Push,
        known: Option<&Trusted>,
        now: Nanos,
    ) -> Result<Verified, LightError> {
        let header = &block.kept;
        // The set of a height is fixed: when a header of that height is believed and this one has
        // the same set, its signers signed twice, whatever is believed below.
        let twin = known.filter(|known| known.validators_hash == header.validators_hash);
        let Some(base) = twin.or_else(|| self.base(header.height)) else {
            return Err(self.without_base(header.height));
        };
        let until = self.vouches_until(base);
        if now >= until {
            let height = base.height;
            return Err(LightError::Expired { height, until, now });
        }
        let is_next = base.height.checked_add(1) == Some(header.height);
        let (expected, got) = (base.next_validators_hash, header.validators_hash);
        if is_next && expected != got {
            return Err(LightError::NotNext { expected, got });
        }
        let is_skip = twin.is_none() && !is_next;
        let level = self.params.trust_level;
        let next = push.trusted_next_validators.as_deref();
        let set = validators("validators", &push.validators, got)?;
        if !is_skip {
            self.check_votes(block, &set, None)?;
        } else if expected == got {
            self.check_votes(block, &set, Some((&set, level)))?;
        } else if let Some(next) = next {
            let next = validators("next validators", next, expected)?;
            self.check_votes(block, &set, Some((&next, level)))?;
        } else {
            let height = base.height;
            return Err(LightError::TrustedNextMissing { height });
        }
        Ok(self.judge(block))
    }

    fn without_base(&self, got: u64) -> LightError {
        let awaited = self.anchor.and_then(|height| self.awaited.get(&height));
        match (self.trusted.first_key_value(), awaited) {
            (Some((&lowest, _)), _) => LightError::Below { lowest, got },
            (None, Some(anchor)) => LightError::NotTheAnchor {
                expected: anchor.height,
                got,
            },
            (None, None) => LightError::NoAnchor,
        }
    }

    /// When a believed header ceases to vouch. The anchor does so for the unbonding period as long
    /// as it is all there is: the vote that named it may have outlasted the trusting period.
    fn vouches_until(&self, header: &Trusted) -> Nanos {
        let is_alone = self.newest().is_some_and(|n| n.height == header.height);
        let period = if is_alone && self.anchor == Some(header.height) {
            self.params.unbonding_period
        } else {
            self.params.trusting_period
        };
        header.time.saturating_add(period)
    }

    /// Whether more than two thirds of its own set signed, and enough of the set that is believed.
    fn check_votes(
        &self,
        block: &Block,
        own: &Set,
        believed: Option<(&Set, TrustLevel)>,
    ) -> Result<(), LightError> {
        // What voters say costs nothing to add up. It spares the signatures of whoever brings a set
        // of its own making.
        let voters = block.voters();
        if let Some((set, level)) = believed {
            let (signed, total) = tally(set, &voters);
            if !level.is_met(signed, total) {
                return Err(LightError::NotEnoughTrust {
                    level,
                    total,
                    signed,
                });
            }
        }
        let (signed, total) = tally(own, &voters);
        if !TrustLevel::TWO_THIRDS.is_met(signed, total) {
            return Err(LightError::NotEnoughSigners { total, signed });
        }
        let calculator = ProvidedVotingPowerCalculator::new(Ed25519);
        let verifier = PredicateVerifier::new(ProdPredicates, calculator, ProdCommitValidator);
        let untrusted = UntrustedBlockState {
            signed_header: &block.signed,
            validators: own,
            next_validators: None,
        };
        verdict(verifier.verify_validator_sets(&untrusted))?;
        let Some((set, level)) = believed else {
            return verdict(verifier.verify_commit(&untrusted));
        };
        let header = &block.signed.header;
        // Only the set and the height are looked at. Height 0 stands for "not the one right below":
        // nothing is believed there, so the header is at least at height 2.
        let trusted = TrustedBlockState {
            chain_id: &header.chain_id,
            header_time: header.time,
            height: Height::from(0_u32),
            next_validators: set,
            next_validators_hash: header.next_validators_hash,
        };
        let options = Options {
            trust_threshold: TrustThreshold::new(level.numerator, level.denominator)
                .map_err(|why| LightError::Invalid { why: words(&why) })?,
            trusting_period: std::time::Duration::ZERO,
            clock_drift: std::time::Duration::ZERO,
        };
        verdict(verifier.verify_commit_against_trusted(&untrusted, &trusted, &options))
    }

    /// A well-signed header is new, unless it contradicts a believed one.
    fn judge(&self, block: &Block) -> Verified {
        let pushed = &block.kept;
        let at = self.trusted.get(&pushed.height);
        let below = self.base(pushed.height);
        let above = pushed.height.checked_add(1);
        let above = above.and_then(|height| self.trusted.range(height..).next());
        let above = above.map(|(_, header)| header);
        let is_linked = |low: &Trusted, high: &Trusted| {
            low.time < high.time
                && (low.height.checked_add(1) != Some(high.height)
                    || low.next_validators_hash == high.validators_hash)
        };
        let follows = |low: &Trusted| {
            let is_next = low.height.checked_add(1) == Some(pushed.height);
            is_linked(low, pushed) && (!is_next || block.last_hash == Some(low.hash))
        };
        let against = at
            .filter(|at| at.hash != pushed.hash)
            .or_else(|| below.filter(|below| !follows(below)))
            .or_else(|| above.filter(|above| !is_linked(pushed, above)));
        match against {
            Some(believed) => Verified::Conflict(Evidence {
                believed: believed.clone(),
                pushed: pushed.clone(),
            }),
            None => Verified::New(pushed.clone()),
        }
    }

    /// Applies what happened. `None` for what cannot have happened: nothing changes then.
    pub fn apply(&mut self, _at: Nanos, event: &Event) -> Option<()> {
        match event {
            Event::Configured(params) => {
                params.check().ok()?;
                if params.chain_id != self.params.chain_id {
                    *self = Self::new(params.clone());
                }
                self.params = params.clone();
            }
            Event::Anchored(anchors) => {
                let first = anchors.first()?;
                let by_height: BTreeMap<u64, Anchor> =
                    anchors.iter().map(|a| (a.height, a.clone())).collect();
                let are_below = by_height.last_key_value().map(|(h, _)| *h) == Some(first.height);
                if anchors.len() > MAX_ANCHORS || by_height.len() != anchors.len() || !are_below {
                    return None;
                }
                if self.frozen.take().is_some() {
                    self.trusted.clear();
                }
                self.anchor = Some(first.height);
                self.awaited = by_height;
            }
            Event::Verified(header) => {
                let is_same = |known: &Trusted| known == header;
                if self.frozen.is_some() || !self.at(header.height).is_none_or(is_same) {
                    return None;
                }
                self.awaited.remove(&header.height);
                self.trusted.insert(header.height, header.clone());
                self.forget();
            }
            Event::Conflicted(evidence) => {
                if self.frozen.is_some() {
                    return None;
                }
                self.frozen = Some(evidence.clone());
            }
            Event::Pinned(height) => {
                if !self.pins.contains_key(height) && self.pins.len() >= MAX_PINNED {
                    return None;
                }
                let pins = self.pins.entry(*height).or_default();
                *pins = pins.checked_add(1)?;
            }
            Event::Unpinned(height) => {
                let pins = self.pins.get_mut(height)?;
                *pins = pins.checked_sub(1)?;
                if *pins == 0 {
                    self.pins.remove(height);
                    self.forget();
                }
            }
        }
        Some(())
    }

    /// Whether another height can be pinned.
    #[must_use]
    pub fn can_pin(&self, height: u64) -> bool {
        self.pins.contains_key(&height) || self.pins.len() < MAX_PINNED
    }

    /// Drops the lowest headers past the limit that nobody wants to stay.
    fn forget(&mut self) {
        let loose = |height: &u64| !self.pins.contains_key(height);
        let loose: Vec<u64> = self.trusted.keys().copied().filter(loose).collect();
        let excess = loose.len().saturating_sub(MAX_TRUSTED);
        for height in loose.into_iter().take(excess) {
            self.trusted.remove(&height);
        }
    }
}

/// Power of those of a set who are among the voters, and of the whole set. The decoder bounds the
/// whole at 2^60.
fn tally(set: &Set, voters: &BTreeSet<Id>) -> (u64, u64) {
    let voted = set
        .validators()
        .iter()
        .filter(|v| voters.contains(&v.address));
    let signed = voted.fold(0_u64, |sum, v| sum.saturating_add(v.power()));
    (signed, set.total_voting_power().value())
}

fn verdict(verdict: Verdict) -> Result<(), LightError> {
    match verdict {
        Verdict::Success => Ok(()),
        Verdict::NotEnoughTrust(tally) => Err(LightError::Invalid { why: words(&tally) }),
        Verdict::Invalid(why) => Err(LightError::Invalid { why: words(&why) }),
    }
}
