//! Audit: what the treasury says, checked by somebody who believes nothing but the root key of the
//! Internet Computer, and its books in the formats of accounting tools.
//!
//! The log is fetched as anybody can fetch it ([`Dump`]), its chain and its certificate are checked,
//! and its events are replayed by the treasury's own library. No rule of the books lives here.

mod certificate;
mod dump;
mod export;
#[cfg(test)]
mod tests;
mod verify;

pub use certificate::{CertificateError, MAINNET_ROOT_KEY};
pub use dump::{Dump, DumpError};
pub use export::{Format, export};
pub use verify::{Check, Report, verify};

use treasury::log::Block;
use treasury::state::State;

/// A log that was replayed without a fault.
#[derive(Clone, Debug)]
pub struct Audited {
    /// All blocks, in order.
    pub blocks: Vec<Block>,
    /// After the last of them.
    pub state: State,
}
