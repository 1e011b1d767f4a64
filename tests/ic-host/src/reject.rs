//! Why a call was not answered with a reply.

use std::fmt;

/// The class of a reject, as canisters see it. **Source** interface specification, reject codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum RejectCode {
    /// The system refuses, and will refuse again.
    SysFatal = 1,
    /// The system refuses now.
    SysTransient = 2,
    /// There is no such canister or method of the management canister.
    DestinationInvalid = 3,
    /// The callee rejected.
    CanisterReject = 4,
    /// The callee failed.
    CanisterError = 5,
    /// Nobody knows; only for calls with bounded wait.
    SysUnknown = 6,
}

impl RejectCode {
    /// The number that `msg_reject_code` gives.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::SysFatal => 1,
            Self::SysTransient => 2,
            Self::DestinationInvalid => 3,
            Self::CanisterReject => 4,
            Self::CanisterError => 5,
            Self::SysUnknown => 6,
        }
    }

    /// The code with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::SysFatal,
            2 => Self::SysTransient,
            3 => Self::DestinationInvalid,
            4 => Self::CanisterReject,
            5 => Self::CanisterError,
            6 => Self::SysUnknown,
            _ => return None,
        })
    }
}

/// An error code of the replica (`IC0nnn`). Its hundreds digit gives the [`RejectCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorCode(pub u16);

impl ErrorCode {
    /// An input queue is full.
    pub const QUEUE_FULL: Self = Self(201);
    /// An ingress message was not finished in time.
    pub const INGRESS_TIMEOUT: Self = Self(202);
    /// The canister id is taken.
    pub const ID_EXISTS: Self = Self(205);
    /// `stop_canister` waited too long.
    pub const STOP_TIMEOUT: Self = Self(206);
    /// The canister cannot pay.
    pub const OUT_OF_CYCLES: Self = Self(207);
    /// No such canister.
    pub const CANISTER_NOT_FOUND: Self = Self(301);
    /// Too few cycles for a new canister.
    pub const CREATION_CYCLES: Self = Self(403);
    /// The canister rejected.
    pub const REJECTED: Self = Self(406);
    /// No such method of the management canister.
    pub const UNKNOWN_METHOD: Self = Self(407);
    /// An argument that the management canister cannot read.
    pub const BAD_PAYLOAD: Self = Self(408);
    /// The module trapped by itself (division by zero, out of bounds, ...).
    pub const TRAPPED: Self = Self(502);
    /// The module called `ic0.trap`.
    pub const CALLED_TRAP: Self = Self(503);
    /// The module broke a rule of the system API.
    pub const CONTRACT: Self = Self(504);
    /// Not a valid canister module.
    pub const INVALID_WASM: Self = Self(505);
    /// Nothing is left that could answer.
    pub const DID_NOT_REPLY: Self = Self(506);
    /// No more memory.
    pub const OUT_OF_MEMORY: Self = Self(507);
    /// The canister is stopped.
    pub const STOPPED: Self = Self(508);
    /// The canister is stopping.
    pub const STOPPING: Self = Self(509);
    /// The canister must be stopped first.
    pub const NOT_STOPPED: Self = Self(510);
    /// The canister was started while it was stopping.
    pub const STOP_CANCELLED: Self = Self(511);
    /// Only controllers may do this.
    pub const NOT_CONTROLLER: Self = Self(512);
    /// Too many instructions.
    pub const INSTRUCTION_LIMIT: Self = Self(522);
    /// Composite queries call in a circle.
    pub const QUERY_LOOP: Self = Self(517);
    /// Composite queries call too deep.
    pub const QUERY_TOO_DEEP: Self = Self(525);
    /// Composite queries use too many instructions.
    pub const QUERY_INSTRUCTIONS: Self = Self(526);
    /// Composite queries run only as queries.
    pub const COMPOSITE_REPLICATED: Self = Self(527);
    /// No such method.
    pub const METHOD_NOT_FOUND: Self = Self(536);
    /// The canister is empty.
    pub const NO_MODULE: Self = Self(537);
    /// The canister is not empty.
    pub const ALREADY_INSTALLED: Self = Self(538);
    /// More heap than the setting `wasm_memory_limit` allows.
    pub const WASM_MEMORY_LIMIT: Self = Self(539);
    /// Too few cycles came with the call.
    pub const CALL_CYCLES: Self = Self(520);
    /// A bounded wait ended.
    pub const DEADLINE_EXPIRED: Self = Self(601);
    /// The answer of a bounded-wait call was lost.
    pub const RESPONSE_DROPPED: Self = Self(602);

    /// The class of this error.
    #[must_use]
    pub fn reject_code(self) -> RejectCode {
        RejectCode::from_number(u32::from(self.0 / 100)).unwrap_or(RejectCode::SysFatal)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IC{:04}", self.0)
    }
}

/// A call that was not answered with a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error} ({code:?}): {message}")]
pub struct Reject {
    /// What canisters see.
    pub code: RejectCode,
    /// What users see besides.
    pub error: ErrorCode,
    /// For people.
    pub message: String,
}

impl Reject {
    pub(crate) fn new(error: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code: error.reject_code(),
            error,
            message: message.into(),
        }
    }

    /// A reject with a code chosen by a fault or by whoever answers an outcall.
    pub(crate) fn with_code(code: RejectCode, message: impl Into<String>) -> Self {
        let error = match code {
            RejectCode::SysFatal => ErrorCode(101),
            RejectCode::SysTransient => ErrorCode::QUEUE_FULL,
            RejectCode::DestinationInvalid => ErrorCode::CANISTER_NOT_FOUND,
            RejectCode::CanisterReject => ErrorCode::REJECTED,
            RejectCode::CanisterError => ErrorCode::DID_NOT_REPLY,
            RejectCode::SysUnknown => ErrorCode::DEADLINE_EXPIRED,
        };
        Self {
            code,
            error,
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_derive_the_class_from_the_hundreds_digit() {
        for (error, code) in [
            (ErrorCode(101), RejectCode::SysFatal),
            (ErrorCode::OUT_OF_CYCLES, RejectCode::SysTransient),
            (
                ErrorCode::CANISTER_NOT_FOUND,
                RejectCode::DestinationInvalid,
            ),
            (ErrorCode::REJECTED, RejectCode::CanisterReject),
            (ErrorCode::CALLED_TRAP, RejectCode::CanisterError),
            (ErrorCode::DEADLINE_EXPIRED, RejectCode::SysUnknown),
        ] {
            assert_eq!(error.reject_code(), code, "{error}");
            assert_eq!(RejectCode::from_number(code.number()), Some(code));
        }
        assert_eq!(RejectCode::from_number(7), None);
        assert_eq!(ErrorCode::CALLED_TRAP.to_string(), "IC0503");
    }
}
