//! Calls that governance wants made, and their answers, as data.

use crate::functions::Method;

/// A call to make: no cycles, unbounded wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    /// The argument, as it goes out.
    pub arg: Vec<u8>,
}

/// A call that was not replied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Reject code of the Internet Computer.
    pub code: u32,
    pub message: String,
}

/// The reply, as it came in, or the reject.
pub type Answer = Result<Vec<u8>, Reject>;

/// A reject as the real canister words it: a code that might be missing, and a message.
pub fn failed(reject: &Reject) -> String {
    format!("{:?}", (Some(reject.code), &reject.message))
}

/// A call that executes an adopted proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    pub proposal: u64,
    pub kind: ExecutionKind,
    pub call: Call,
}

/// What an execution does, which decides what its answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionKind {
    /// A registered function: any reply is success, and its content does not matter.
    Generic,
    /// A payment out of the ICP treasury.
    IcpTransfer,
    /// A payment out of the treasury of SNS tokens.
    TokenTransfer,
}
