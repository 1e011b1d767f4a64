//! What proven values mean.
//!
//! The bytes are the chain's own, so a value that cannot be read means that the chain changed its
//! rules: nothing may be concluded from it, least of all that something is absent.

mod account;
mod records;
mod wire;

pub use account::{Account, AccountKind, AccountRecord, Vesting, account, spendable};
pub use records::{
    DeploymentRecord, LeaseRecord, MintStatus, OracleHealth, OraclePrice, PaymentRecord,
    PendingRecord, cancelled, deployment, escrow, executed, lease, mint_status, oracle_health,
    oracle_price, payment, pending,
};

use std::str;

/// Why a proven value says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct ValueError {
    /// What was proven.
    pub expected: &'static str,
    /// What is wrong with it.
    pub got: String,
}

pub(super) fn wrong(expected: &'static str) -> impl Fn(String) -> ValueError {
    move |got| ValueError { expected, got }
}

/// A balance, or a supply: decimal digits. What is absent is a balance of nothing.
///
/// **Units** the denom's smallest. **Source** Cosmos SDK, `math.Int`.
pub fn balance(value: Option<&[u8]>) -> Result<u128, ValueError> {
    let Some(value) = value else {
        return Ok(0);
    };
    let digits = str::from_utf8(value)
        .ok()
        .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    let amount = digits.and_then(|text| text.parse().ok());
    amount.ok_or_else(|| wrong("an amount of at most 128 bits in digits")(hex::encode(value)))
}
