//! Calls on their way: requests, the contexts in which they are worked on, callbacks, responses.

use crate::message::Closure;
use crate::reject::Reject;
use candid::Principal;

/// Names an ingress message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 32]);

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Ingress(MessageId),
    Canister {
        canister: Principal,
        callback: u64,
        deadline: Option<u64>,
    },
    /// Nobody: timer, heartbeat and the like.
    System,
}

impl Origin {
    pub(crate) fn deadline(&self) -> Option<u64> {
        match self {
            Self::Canister { deadline, .. } => *deadline,
            Self::Ingress(_) | Self::System => None,
        }
    }

    pub(crate) fn is_canister(&self) -> bool {
        matches!(self, Self::Canister { .. })
    }
}

/// A call that was not yet delivered.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) origin: Origin,
    pub(crate) sender: Principal,
    pub(crate) receiver: Principal,
    pub(crate) method: String,
    pub(crate) arg: Vec<u8>,
    pub(crate) cycles: u128,
}

/// An answer on its way to a callback.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) callback: u64,
    pub(crate) result: Result<Vec<u8>, Reject>,
    pub(crate) refund: u128,
}

/// A call that the canister works on.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) origin: Origin,
    pub(crate) caller: Principal,
    /// The method, for measurements.
    pub(crate) method: String,
    pub(crate) answered: bool,
    /// Its code is gone: nothing runs in it any more.
    pub(crate) deleted: bool,
    /// Cycles still on the call.
    pub(crate) available: u128,
    /// Callbacks that were not run yet.
    pub(crate) outstanding: usize,
    pub(crate) instructions: u64,
}

/// What runs when an answer arrives.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) context: u64,
    pub(crate) callee: Principal,
    pub(crate) on_reply: Closure,
    pub(crate) on_reject: Closure,
    pub(crate) on_cleanup: Option<Closure>,
    pub(crate) deadline: Option<u64>,
    /// An answer is in the queue; what arrives later is dropped.
    pub(crate) answered: bool,
    /// Prepaid for the transmission of the answer.
    pub(crate) prepaid_response: u128,
    /// Prepaid for the callback.
    pub(crate) prepaid_execution: u128,
}
