//! Who is at work on what. Volatile: an upgrade starts with nobody at work.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// Most deployments that are driven at the same time: each holds an open call.
pub const MAX_CONCURRENT_DEPLOYMENTS: usize = 50;

/// What only one task may work on at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A deployment.
    Deployment(u64),
    /// The deposits of a budget: two that are signed for at once would both count on what is
    /// left of it.
    Deposit(String),
    /// The question to the treasury.
    Treasury,
}

thread_local! {
    static HELD: RefCell<BTreeSet<Key>> = const { RefCell::new(BTreeSet::new()) };
}

/// Held while a task works; bind it to a name.
#[must_use]
#[derive(Debug)]
pub(super) struct Guard(Key);

impl Guard {
    /// `None` when somebody else is at work, or too many are.
    pub(super) fn take(key: Key) -> Option<Self> {
        HELD.with_borrow_mut(|held| {
            let is_deployment = |key: &Key| matches!(key, Key::Deployment(_));
            let full = is_deployment(&key)
                && held.iter().filter(|k| is_deployment(k)).count() >= MAX_CONCURRENT_DEPLOYMENTS;
            // Built only when it is taken: a guard that is built is dropped, and dropping it
            // would release what somebody else holds.
            (!full && held.insert(key.clone())).then(|| Self(key))
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| held.remove(&self.0));
    }
}

/// How many deployments are being driven.
#[must_use]
pub fn at_work() -> usize {
    HELD.with_borrow(|held| {
        held.iter()
            .filter(|key| matches!(key, Key::Deployment(_)))
            .count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_let_one_in_until_it_is_dropped() {
        let guard = Guard::take(Key::Deployment(1)).expect("nobody is there");
        assert!(Guard::take(Key::Deployment(1)).is_none());
        let other = Guard::take(Key::Deposit("web".into())).expect("another thing");
        drop(guard);
        assert!(Guard::take(Key::Deployment(1)).is_some());
        drop(other);
    }

    #[test]
    fn should_count_to_its_limit() {
        let most = u64::try_from(MAX_CONCURRENT_DEPLOYMENTS).expect("a small number");
        let guards: Vec<Guard> = (0..most)
            .map(|n| Guard::take(Key::Deployment(n)).expect("below the limit"))
            .collect();
        assert_eq!(at_work(), MAX_CONCURRENT_DEPLOYMENTS);
        assert!(Guard::take(Key::Deployment(most)).is_none());
        assert!(Guard::take(Key::Treasury).is_some());
        drop(guards);
        assert!(Guard::take(Key::Deployment(most)).is_some());
    }
}
