//! What a transaction costs, roughly.
//!
//! The real figures depend on store sizes; these are named estimates on the low side of what is
//! known (facts 6), so that a limit that is too small by design shows.

use super::State;
use super::market::BidState;
use super::tx::{Msg, Tx};

/// For each byte of the transaction. **Source** auth params, `tx_size_cost_per_byte`.
pub const PER_BYTE: u64 = 10;
/// For each signature. **Source** auth params, `sig_verify_cost_secp256k1`.
pub const PER_SIGNATURE: u64 = 1_000;
/// For the nonce of an unordered transaction. **Source** SDK 0.53, `DefaultUnorderedTxGasCost`.
pub const UNORDERED: u64 = 2_240;
/// Reads and writes of the checks before the messages.
pub const CHECKS: u64 = 36_000;
/// A fee allowance is read, changed and written.
pub const ALLOWANCE: u64 = 12_000;

/// What the checks before the messages cost.
pub fn checks(tx: &Tx) -> u64 {
    let bytes = u64::try_from(tx.bytes.len()).expect("a length");
    let signatures = u64::try_from(tx.signatures.len()).expect("a length");
    let unordered = if tx.body.unordered { UNORDERED } else { 0 };
    let granted = tx
        .auth_info
        .fee
        .as_ref()
        .is_some_and(|f| !f.granter.is_empty());
    let allowance = if granted { ALLOWANCE } else { 0 };
    CHECKS + bytes * PER_BYTE + signatures * PER_SIGNATURE + unordered + allowance
}

/// What one message costs.
pub fn message(state: &State, msg: &Msg) -> u64 {
    match msg {
        Msg::Send { .. } => 28_000,
        Msg::Refused { .. } => 2_000,
        Msg::CreateVesting { .. } => 36_000,
        Msg::GrantDeposit { .. } | Msg::GrantFees { .. } => 24_000,
        Msg::Revoke { .. } | Msg::RevokeFees { .. } => 12_000,
        Msg::Deposit { .. } => 60_000,
        Msg::CreateDeployment(m) => {
            let groups = u64::try_from(m.groups.len()).expect("a length");
            50_000 + 30_000 * groups
        }
        Msg::UpdateDeployment { .. } => 20_000,
        Msg::CloseDeployment(_) => 110_000,
        Msg::CloseGroup(_) | Msg::PauseGroup(_) | Msg::StartGroup(_) => 60_000,
        Msg::CreateBid(_) => 90_000,
        Msg::CloseBid { .. } => 80_000,
        Msg::CreateLease(id) => {
            let bids = state.bids_on(&id.order());
            let open = bids
                .iter()
                .filter(|(_, b)| b.state == BidState::Open)
                .count();
            let losing = u64::try_from(open.saturating_sub(1)).expect("a count");
            120_000 + 45_000 * losing
        }
        Msg::CloseLease(_) => 110_000,
        Msg::WithdrawLease(_) | Msg::StartReclaim { .. } => 60_000,
        Msg::BurnMint { .. } => 45_000,
        Msg::PutProvider { .. } => 40_000,
        Msg::SignAttributes(_) | Msg::DeleteAttributes(_) => 30_000,
    }
}
