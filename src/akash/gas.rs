//! How much gas a transaction asks for, and what it costs.
//!
//! The limits are generous figures of the console and of earlier clients, not measurements: what
//! is not used is paid for all the same, but a transaction that runs out of gas is lost.

use super::message::Message;
use crate::kernel::money::Uakt;

/// Signature, envelope, fee deduction by a granter, and the nonce of an unordered transaction.
pub const BASE: u64 = 150_000;

/// A deployment with its escrow account, deposited by a grant.
pub const CREATE_DEPLOYMENT: u64 = 250_000;

/// Each group with its order.
pub const PER_GROUP: u64 = 100_000;

/// A lease: every other bid on the order is closed and refunded, and there may be twenty.
pub const CREATE_LEASE: u64 = 1_000_000;

/// A lease, its bid and its order, and the new order.
pub const CLOSE_LEASE: u64 = 400_000;

/// A deployment with all its groups, orders, bids and leases.
pub const CLOSE_DEPLOYMENT: u64 = 600_000;

/// Giving or taking a permission.
pub const PERMISSION: u64 = 150_000;

/// What a transaction of these messages asks for. **Units** gas.
#[must_use]
pub fn limit(messages: &[Message]) -> u64 {
    messages.iter().fold(BASE, |sum, message| {
        sum + match message {
            Message::CreateDeployment { groups, .. } => {
                CREATE_DEPLOYMENT + PER_GROUP * groups.len() as u64
            }
            Message::CreateLease { .. } => CREATE_LEASE,
            Message::CloseLease { .. } => CLOSE_LEASE,
            Message::CloseDeployment { .. } => CLOSE_DEPLOYMENT,
            Message::GrantDeposit { .. }
            | Message::RevokeDeposit { .. }
            | Message::GrantFees { .. }
            | Message::RevokeFees { .. } => PERMISSION,
        }
    })
}

/// What gas costs, rounded up as nodes demand. `price` is in thousandths of a uakt per gas.
/// `None` past the type's edge.
#[must_use]
pub fn fee(gas: u64, price: u64) -> Option<Uakt> {
    Some(Uakt(gas.checked_mul(price)?.div_ceil(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_round_the_fee_up() {
        assert_eq!(fee(200_000, 25), Some(Uakt(5_000)));
        assert_eq!(fee(200_001, 25), Some(Uakt(5_001)));
        assert_eq!(fee(u64::MAX, 2), None);
    }
}
