//! Why a transaction fails: codespace, code, text.

/// A failure as the ABCI reports it. Numbers are under consensus, the text is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{log} ({codespace} {code})")]
pub struct Failure {
    /// Module that numbers its errors.
    pub codespace: &'static str,
    /// Its number.
    pub code: u32,
    /// Words for people.
    pub log: String,
}

/// Result of one step of the state machine.
pub type Outcome<T> = Result<T, Failure>;

/// Builds a failure.
pub fn fail<T>(codespace: &'static str, code: u32, log: impl Into<String>) -> Outcome<T> {
    Err(Failure {
        codespace,
        code,
        log: log.into(),
    })
}

/// A failure of the SDK itself.
pub fn sdk<T>(code: u32, log: impl Into<String>) -> Outcome<T> {
    fail("sdk", code, log)
}

/// Numbers of the codespace `sdk`. **Source** Cosmos SDK, `types/errors/errors.go`.
pub mod code {
    pub const TX_DECODE: u32 = 2;
    pub const INVALID_SEQUENCE: u32 = 3;
    pub const UNAUTHORIZED: u32 = 4;
    pub const INSUFFICIENT_FUNDS: u32 = 5;
    pub const UNKNOWN_REQUEST: u32 = 6;
    pub const INVALID_ADDRESS: u32 = 7;
    pub const INVALID_PUBKEY: u32 = 8;
    pub const UNKNOWN_ADDRESS: u32 = 9;
    pub const INVALID_COINS: u32 = 10;
    pub const OUT_OF_GAS: u32 = 11;
    pub const MEMO_TOO_LARGE: u32 = 12;
    pub const INSUFFICIENT_FEE: u32 = 13;
    pub const NO_SIGNATURES: u32 = 15;
    pub const INVALID_REQUEST: u32 = 18;
    pub const IN_MEMPOOL_CACHE: u32 = 19;
    pub const TX_TOO_LARGE: u32 = 21;
    pub const TIMEOUT_HEIGHT: u32 = 30;
    pub const UNKNOWN_EXTENSION: u32 = 31;
    pub const WRONG_SEQUENCE: u32 = 32;
    pub const NOT_FOUND: u32 = 38;
    pub const CONFLICT: u32 = 36;
    pub const NOT_SUPPORTED: u32 = 37;
    pub const TX_TIMEOUT: u32 = 42;
    /// A handler panicked.
    pub const PANIC: u32 = 111_222;
}
