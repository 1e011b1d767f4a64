//! How much gas a transaction asks for, and what it costs.
//!
//! The limits are counted from the chain's code (what its modules read and write, at the SDK's
//! prices: 2,000 gas a write and 30 for each of its bytes), with half as much again; they are to be
//! measured on a real node. What is not used is paid for all the same, but a transaction that runs
//! out of gas does nothing, and would again.

use super::message::Message;
use crate::kernel::money::Uakt;

/// Signature, envelope, fee deduction by a granter, and the nonce of an unordered transaction.
pub const BASE: u64 = 150_000;

/// A deployment with its escrow account, deposited by a grant.
pub const CREATE_DEPLOYMENT: u64 = 250_000;

/// Each group with its order.
pub const PER_GROUP: u64 = 100_000;

/// A lease with its payment, the order and the bid that is taken.
pub const CREATE_LEASE: u64 = 300_000;

/// Each open bid that an end of bidding closes: the bid with three indexes (42,000), its escrow
/// account (14,000), and the refund of its deposit (22,000).
pub const PER_BID: u64 = 100_000;

/// Open bids on one order besides the one that is taken. **Source** market module, parameter
/// `order_max_bids`, and its check that lets one more pass.
pub const OTHER_BIDS: u64 = 20;

/// A lease, its bid and its order, and the new order.
pub const CLOSE_LEASE: u64 = 400_000;

/// A deployment with its groups, orders and leases; bids that are open come on top.
pub const CLOSE_DEPLOYMENT: u64 = 600_000;

/// Giving or taking a permission.
pub const PERMISSION: u64 = 150_000;

/// Two balances, and an account that the first coins create.
pub const SEND: u64 = 100_000;

/// Two balances, a price, and a record in the queue that turns AKT into ACT and back.
pub const CONVERSION: u64 = 150_000;

/// What a transaction of these messages asks for, where no more bids are open than one full order
/// has for each lease that is taken and each deployment that is closed. **Units** gas.
///
/// A deployment of several groups that is closed before it has a lease needs more:
/// [`limit_with_bids`].
#[must_use]
pub fn limit(messages: &[Message]) -> u64 {
    let ends = messages.iter().filter(|message| {
        matches!(
            message,
            Message::CreateLease { .. } | Message::CloseDeployment { .. }
        )
    });
    limit_with_bids(messages, ends.count() as u64 * OTHER_BIDS)
}

/// What a transaction asks for that closes so many open bids on its way. **Units** gas.
#[must_use]
pub fn limit_with_bids(messages: &[Message], open_bids: u64) -> u64 {
    let bids = open_bids.saturating_mul(PER_BID);
    messages
        .iter()
        .fold(BASE.saturating_add(bids), |sum, message| {
            sum.saturating_add(match message {
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
                Message::Send { .. } => SEND,
                Message::MintAct { .. } | Message::BurnAct { .. } => CONVERSION,
            })
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

    fn close() -> Message {
        Message::CloseDeployment {
            owner: String::new(),
            dseq: 1,
        }
    }

    fn take() -> Message {
        Message::CreateLease {
            bid: crate::akash::ids::BidId {
                owner: String::new(),
                dseq: 1,
                gseq: 1,
                oseq: 1,
                provider: String::new(),
                bseq: 0,
            },
        }
    }

    #[test]
    fn should_have_gas_for_the_bids_that_end() {
        let full_order = OTHER_BIDS * PER_BID;
        for (desc, messages, expected) in [
            ("nothing", vec![], BASE),
            ("one lease", vec![take()], BASE + CREATE_LEASE + full_order),
            (
                "two leases",
                vec![take(), take()],
                BASE + 2 * (CREATE_LEASE + full_order),
            ),
            (
                "a close",
                vec![close()],
                BASE + CLOSE_DEPLOYMENT + full_order,
            ),
        ] {
            assert_eq!(limit(&messages), expected, "{desc}");
        }
        assert_eq!(limit_with_bids(&[close()], 0), BASE + CLOSE_DEPLOYMENT);
        assert_eq!(
            limit_with_bids(&[close()], 60),
            BASE + CLOSE_DEPLOYMENT + 60 * PER_BID
        );
        assert_eq!(limit_with_bids(&[close()], u64::MAX), u64::MAX);
    }

    #[test]
    fn should_round_the_fee_up() {
        assert_eq!(fee(200_000, 25), Some(Uakt(5_000)));
        assert_eq!(fee(200_001, 25), Some(Uakt(5_001)));
        assert_eq!(fee(u64::MAX, 2), None);
    }
}
