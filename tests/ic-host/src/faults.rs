//! Faults that the real network could also produce, at stated points.

use crate::reject::RejectCode;
use crate::rng::Rng;
use candid::Principal;

/// Where a fault may strike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// A call between canisters is about to be delivered. [`Fault::Reject`] with code 1 or 2
    /// keeps it from the callee. [`Fault::Lose`] drops a bounded-wait call and its cycles: the
    /// callee never sees it, and the caller gets `SYS_UNKNOWN`.
    Request {
        /// The caller.
        from: Principal,
        /// The callee; the management canister has the empty principal.
        to: Principal,
        /// What is called.
        method: String,
        /// Whether the caller waits only until a deadline.
        bounded: bool,
    },
    /// A callback is about to run. [`Fault::Trap`] lets it run, then traps: its changes are
    /// undone and the cleanup callback runs.
    Callback {
        /// The canister whose callback it is.
        canister: Principal,
        /// The method in whose context it runs.
        method: String,
        /// Whether the answer is a reply.
        reply: bool,
    },
    /// The callee has answered a bounded-wait call. [`Fault::Lose`] drops the answer and its
    /// cycles: the caller gets `SYS_UNKNOWN`.
    BoundedReply {
        /// The caller.
        to: Principal,
        /// The callee.
        from: Principal,
    },
    /// An outcall was answered. [`Fault::Reject`] replaces the answer, though the request was
    /// performed.
    OutcallReply {
        /// The canister that made the outcall.
        canister: Principal,
        /// Its address.
        url: String,
    },
    /// A signature is about to be made. [`Fault::Reject`] with code 2 refuses it.
    Signing {
        /// The canister that asks.
        canister: Principal,
    },
}

/// What happens at a [`Point`]. A fault that makes no sense there is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The call is rejected.
    Reject(RejectCode, String),
    /// The code traps after it ran.
    Trap,
    /// The request or the answer is lost.
    Lose,
}

/// Decides about faults. To keep runs repeatable, decide by what you are asked and by a seed.
pub trait Faults {
    /// What happens at `point`.
    fn at(&mut self, point: &Point) -> Fault;
}

/// Each point fails with the same probability, by a seed.
#[derive(Clone, Debug)]
pub struct RandomFaults {
    rng: Rng,
    per_mille: u16,
}

impl RandomFaults {
    /// `per_mille` of all points fail; more than 1000 means all.
    #[must_use]
    pub fn new(seed: u64, per_mille: u16) -> Self {
        Self {
            rng: Rng::new(seed, "faults"),
            per_mille,
        }
    }
}

impl Faults for RandomFaults {
    fn at(&mut self, point: &Point) -> Fault {
        if self.rng.below(1_000) >= usize::from(self.per_mille) {
            return Fault::None;
        }
        let transient = |text: &str| Fault::Reject(RejectCode::SysTransient, text.to_owned());
        match point {
            Point::Request { bounded: true, .. } if self.rng.below(2) == 0 => Fault::Lose,
            Point::Request { .. } => transient("injected: the queue is full"),
            Point::Callback { .. } => Fault::Trap,
            Point::BoundedReply { .. } => Fault::Lose,
            Point::OutcallReply { .. } => match self.rng.below(2) {
                0 => transient("injected: Canister http request timed out"),
                _ => Fault::Reject(
                    RejectCode::SysFatal,
                    "injected: Connecting to the server failed".to_owned(),
                ),
            },
            Point::Signing { .. } => transient("injected: the queue of signatures is full"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_fail_as_often_as_asked_and_repeat() {
        let count = |seed, per_mille| {
            let mut faults = RandomFaults::new(seed, per_mille);
            let point = Point::Signing {
                canister: Principal::anonymous(),
            };
            (0..1_000)
                .filter(|_| faults.at(&point) != Fault::None)
                .count()
        };
        assert_eq!(count(1, 0), 0);
        assert_eq!(count(1, 1_000), 1_000);
        let some = count(1, 100);
        assert!((60..140).contains(&some), "{some}");
        assert_eq!(some, count(1, 100));
    }
}
