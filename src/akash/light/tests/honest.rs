//! What is believed.

use super::chain::{HEIGHT, anchored, awaiting, believe};
use super::*;

#[test]
fn should_believe_the_anchor_and_what_follows() {
    let anchor = Spec::at(HEIGHT - 100);
    let mut client = awaiting(&anchor);
    assert_eq!(client.newest(), None);
    assert!(client.expired(NOW));
    let header = believe(&mut client, &anchor);
    assert_eq!(header.hash, anchor.hash());
    assert_eq!(header.time, anchor.time);
    assert_eq!(header.app_hash, [7; 32]);
    assert!(!client.expired(NOW));
    let mut next = Spec::at(HEIGHT - 99);
    next.last_hash = Some(anchor.hash());
    believe(&mut client, &next);
    let last = believe(&mut client, &Spec::at(HEIGHT));
    assert_eq!(client.newest(), Some(&last));
    assert_eq!(client.headers().count(), 3);
    let again = client.check(&Spec::at(HEIGHT).push(), NOW);
    assert_eq!(again, Ok(Verified::Known(last)));
}

#[test]
fn should_follow_a_changed_set() {
    let anchor = Spec::at(HEIGHT - 100);
    let client = anchored(&anchor);
    let mut changed = Spec::at(HEIGHT);
    changed.validators = validators(&[40, 30, 20, 12, 5]);
    let missing = LightError::TrustedNextMissing {
        height: HEIGHT - 100,
    };
    assert_eq!(client.check(&changed.push(), NOW), Err(missing));
    let push = changed.push_with(&anchor.next);
    assert!(matches!(client.check(&push, NOW), Ok(Verified::New(_))));
}

#[test]
fn should_wait_for_the_unbonding_period_only_with_an_anchor() {
    let anchor = Spec::at(HEIGHT);
    let mut client = anchored(&anchor);
    assert!(!client.expired(anchor.time + 14 * DAY - 1));
    assert!(client.expired(anchor.time + 14 * DAY));
    let mut next = Spec::at(HEIGHT + 1);
    next.last_hash = Some(anchor.hash());
    believe(&mut client, &next);
    assert!(!client.expired(next.time + 9 * DAY - 1));
    assert!(client.expired(next.time + 9 * DAY));
}
