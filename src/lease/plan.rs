//! What follows from an order: all that is sent to the chain and to providers.

use super::limits::{
    MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES, MAX_DEPOSIT_UACT, MAX_DSEQ, MAX_NAME_CHARS,
    MAX_POLICY_ITEMS, MAX_TERM_S, MIN_BLOCK_TIME_S, MIN_DEPOSIT_UACT, MIN_TERM_S,
};
use super::order::{Order, Policy};
use crate::akash::address;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::Uact;
use crate::sdl::{self, Group, Image, Manifest, Service};
use std::collections::BTreeSet;

/// What follows from an order: all that is sent to the chain and to providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Groups of the deployment, the policy merged into their requirements.
    pub groups: Vec<Group>,
    /// What providers are sent.
    pub manifest: Manifest,
    /// What runs.
    pub images: Vec<Image>,
    /// What voters read about each service.
    pub services: Vec<Service>,
    /// Notice that a provider must give before it leaves. **Units** seconds.
    pub reclamation_min_window_s: Option<u64>,
    /// Whether the SDL carries passwords, which a vote makes public.
    pub has_credentials: bool,
    /// Put into escrow: the whole term at the highest admissible price.
    pub deposit: Uact,
    /// Most that the bids may cost together: the lower of the policy's and the SDL's maximum.
    /// **Units** uact per block.
    pub max_price: Decimal,
    /// Most that the bid on each group may cost, by the SDL. **Units** uact per block.
    pub group_max: Vec<Decimal>,
}

/// Plans an order. Pure; validator and executor alike use it.
///
/// **Errors** every problem at once, in words for voters.
pub fn plan(order: &Order) -> Result<Plan, Vec<String>> {
    let mut problems = Vec::new();
    check_words(order, &mut problems);
    check_policy(&order.policy, &mut problems);
    let sdl = match sdl::parse(&order.sdl) {
        Ok(sdl) => sdl,
        Err(errors) => {
            problems.extend(errors.0.iter().map(|e| format!("sdl: {e}")));
            return Err(problems);
        }
    };
    if !order.allow_tags {
        for image in sdl.images.iter().filter(|image| !image.pinned) {
            problems.push(format!(
                "sdl, line {}: image of service {:?}: expected a digest (@sha256:...), got {:?}; \
                 a tag can be moved after the vote, set allow_tags to accept that",
                image.line, image.service, image.reference
            ));
        }
    }
    let mut groups = sdl.groups;
    for group in &mut groups {
        require(group, &order.policy, &mut problems);
    }
    let group_max: Option<Vec<Decimal>> = groups.iter().map(Group::max_price).collect();
    let asked = group_max.as_ref().and_then(|all| {
        all.iter()
            .try_fold(Decimal::ZERO, |sum, price| sum.checked_add(*price))
    });
    let priced = group_max.zip(asked).and_then(|(group_max, asked)| {
        let max_price = asked.min(Decimal::from_whole(order.policy.max_uact_per_block));
        Some((group_max, max_price, deposit(max_price, order.term_s)?))
    });
    let Some((group_max, max_price, deposit)) = priced else {
        problems.push(format!(
            "price and term: expected a deposit of at most {MAX_DEPOSIT_UACT} uact, got more"
        ));
        return Err(problems);
    };
    if problems.is_empty() {
        Ok(Plan {
            groups,
            manifest: sdl.manifest,
            images: sdl.images,
            services: sdl.services,
            reclamation_min_window_s: sdl.reclamation_min_window_s,
            has_credentials: sdl.has_credentials,
            deposit,
            max_price,
            group_max,
        })
    } else {
        Err(problems)
    }
}

/// The whole term at `price`, rounded up: a deposit that is too small would end the lease early.
/// `None` past [`MAX_DEPOSIT_UACT`].
fn deposit(price: Decimal, term_s: u64) -> Option<Uact> {
    let blocks = term_s.div_ceil(MIN_BLOCK_TIME_S);
    let uact = price
        .checked_mul(blocks)?
        .ceil()
        .filter(|uact| *uact <= MAX_DEPOSIT_UACT)?;
    Some(Uact(uact.max(MIN_DEPOSIT_UACT)))
}

fn check_words(order: &Order, problems: &mut Vec<String>) {
    let chars = order.name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || order.name.chars().any(char::is_control) {
        problems.push(format!(
            "name: expected 1 to {MAX_NAME_CHARS} printable characters, got {:?}",
            order.name.chars().take(MAX_NAME_CHARS).collect::<String>()
        ));
    }
    if !(MIN_TERM_S..=MAX_TERM_S).contains(&order.term_s) {
        problems.push(format!(
            "term_s: expected {MIN_TERM_S} to {MAX_TERM_S} seconds, got {}",
            order.term_s
        ));
    }
    if order.dseq == 0 || order.dseq >= MAX_DSEQ {
        problems.push(format!(
            "dseq: expected 1 to {}, got {}",
            MAX_DSEQ - 1,
            order.dseq
        ));
    }
}

fn check_policy(policy: &Policy, problems: &mut Vec<String>) {
    if policy.max_uact_per_block == 0 {
        problems.push("policy.max_uact_per_block: expected at least 1, got 0".into());
    }
    let count = |field: &str, got: usize, problems: &mut Vec<String>| {
        if got > MAX_POLICY_ITEMS {
            problems.push(format!(
                "policy.{field}: expected at most {MAX_POLICY_ITEMS}, got {got}"
            ));
        }
    };
    count(
        "required_attributes",
        policy.required_attributes.len(),
        problems,
    );
    let mut keys = BTreeSet::new();
    for attribute in policy.required_attributes.iter().take(MAX_POLICY_ITEMS) {
        if !is_attribute_key(&attribute.key) {
            problems.push(format!(
                "policy.required_attributes: expected a key of 2 to {MAX_ATTRIBUTE_KEY_BYTES} \
                 letters, digits and _/.- that begins with a letter, got {:?}",
                attribute.key
            ));
        }
        let length = attribute.value.len();
        if length == 0
            || length > MAX_ATTRIBUTE_VALUE_BYTES
            || attribute.value.chars().any(char::is_control)
        {
            problems.push(format!(
                "policy.required_attributes, {:?}: expected a value of 1 to \
                 {MAX_ATTRIBUTE_VALUE_BYTES} printable bytes, got {length} bytes",
                attribute.key
            ));
        }
        if !keys.insert(&attribute.key) {
            problems.push(format!(
                "policy.required_attributes: expected each key once, got {:?} twice",
                attribute.key
            ));
        }
    }
    for (field, addresses) in [
        ("audited_by", &policy.audited_by),
        ("allowed_providers", &policy.allowed_providers),
        ("denied_providers", &policy.denied_providers),
    ] {
        count(field, addresses.len(), problems);
        let mut seen = BTreeSet::new();
        for text in addresses.iter().take(MAX_POLICY_ITEMS) {
            if address::decode(text).is_err() {
                problems.push(format!(
                    "policy.{field}: expected an address akash1..., got {text:?}"
                ));
            }
            if !seen.insert(text) {
                problems.push(format!(
                    "policy.{field}: expected each address once, got {text:?} twice"
                ));
            }
        }
    }
    for text in &policy.allowed_providers {
        if policy.denied_providers.contains(text) {
            problems.push(format!(
                "policy: expected no provider both allowed and denied, got {text:?}"
            ));
        }
    }
}

/// **Source** `akash.base.attributes.v1`: `^([a-zA-Z][\w\/\.\-]{1,126}[\w\*]?)$`.
fn is_attribute_key(key: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let inner = |b: u8| word(b) || matches!(b, b'/' | b'.' | b'-');
    let bytes = key.as_bytes();
    let [first, middle @ .., last] = bytes else {
        return false;
    };
    // The last character is either one of the run in the middle, or the optional one after it.
    let in_run = inner(*last) && bytes.len() < MAX_ATTRIBUTE_KEY_BYTES;
    let after_run = (word(*last) || *last == b'*') && !middle.is_empty();
    bytes.len() <= MAX_ATTRIBUTE_KEY_BYTES
        && first.is_ascii_alphabetic()
        && middle.iter().all(|b| inner(*b))
        && (in_run || after_run)
}

/// Merges the policy into what the chain requires of bidders, so that the chain enforces it too.
fn require(group: &mut Group, policy: &Policy, problems: &mut Vec<String>) {
    for attribute in &policy.required_attributes {
        match group
            .requirements
            .attributes
            .iter()
            .find(|own| own.key == attribute.key)
        {
            None => group.requirements.attributes.push(attribute.clone()),
            Some(own) if own.value == attribute.value => {}
            Some(own) => problems.push(format!(
                "policy.required_attributes, {:?}: expected what placement {:?} of the SDL asks \
                 for ({:?}), got {:?}",
                attribute.key, group.name, own.value, attribute.value
            )),
        }
    }
    group.requirements.attributes.sort();
    for auditor in &policy.audited_by {
        if !group.requirements.signed_by.all_of.contains(auditor) {
            group.requirements.signed_by.all_of.push(auditor.clone());
        }
    }
}
