//! Rules that every order keeps, whatever it orders: a nonce that was never used, and an expiry.
//!
//! Governance passes no proposal id and executes whatever was adopted, as often as it was
//! adopted. The nonce makes an order happen once; the expiry ends an order that nobody acted on.

use minicbor::{Decode, Encode};

/// Furthest an expiry may be away: what was decided long ago was decided about another world.
/// **Units** seconds.
pub const MAX_ORDER_LIFE_S: u64 = 60 * DAY_S;

const DAY_S: u64 = 24 * 60 * 60;

/// How long a vote may take: bounds from the DAO's own parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Voting {
    /// **Units** seconds.
    #[n(0)]
    pub period_s: u64,
    /// By how much a late change of the majority moves the end, at most twice. **Units** seconds.
    #[n(1)]
    pub wait_for_quiet_s: u64,
}

impl Voting {
    /// What an SNS has by default for ordinary topics. **Source** SNS governance,
    /// `DEFAULT_INITIAL_VOTING_PERIOD_SECONDS`, `DEFAULT_WAIT_FOR_QUIET_DEADLINE_INCREASE_SECONDS`.
    pub const ORDINARY: Self = Self {
        period_s: 4 * DAY_S,
        wait_for_quiet_s: DAY_S,
    };

    /// What an SNS has for critical topics. **Source** SNS governance, minimum voting period and
    /// wait-for-quiet increase of critical proposals.
    pub const CRITICAL: Self = Self {
        period_s: 5 * DAY_S,
        wait_for_quiet_s: 5 * DAY_S / 2,
    };

    /// The latest moment at which a vote that begins now can end. **Units** seconds.
    #[must_use]
    pub fn latest_end_s(&self, now_s: u64) -> u64 {
        now_s
            .saturating_add(self.period_s)
            .saturating_add(self.wait_for_quiet_s.saturating_mul(2))
    }
}

/// Why an order is refused for its nonce or expiry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It was executed before, or another order took the nonce.
    #[error("nonce: expected one that was never used, got {got}")]
    NonceUsed {
        /// The nonce.
        got: u64,
    },
    /// Too late.
    #[error("expires_at_s: the order expired at {got}, it is {now_s} (Unix seconds)")]
    Expired {
        /// The expiry.
        got: u64,
        /// The time.
        now_s: u64,
    },
    /// The vote could outlast the order.
    #[error(
        "expires_at_s: expected later than {end_s} (Unix seconds), when a vote that begins now may \
         end, got {got}"
    )]
    ExpiresBeforeVoteEnds {
        /// The expiry.
        got: u64,
        /// The latest end of the vote.
        end_s: u64,
    },
    /// Too far away.
    #[error("expires_at_s: expected at most {max} (Unix seconds), 60 days from now, got {got}")]
    ExpiresTooLate {
        /// The expiry.
        got: u64,
        /// The latest that is accepted.
        max: u64,
    },
}

/// Checks an expiry when a proposal is made.
///
/// **Errors** in the past, before the latest possible end of the vote, or too far away.
pub fn check_expiry_at_submission(
    expires_at_s: u64,
    now_s: u64,
    voting: &Voting,
) -> Result<(), OrderError> {
    check_expiry_at_execution(expires_at_s, now_s)?;
    let end_s = voting.latest_end_s(now_s);
    if expires_at_s <= end_s {
        return Err(OrderError::ExpiresBeforeVoteEnds {
            got: expires_at_s,
            end_s,
        });
    }
    Ok(())
}

/// Checks an expiry when an adopted proposal is executed.
///
/// **Errors** not later than now, or too far away.
pub fn check_expiry_at_execution(expires_at_s: u64, now_s: u64) -> Result<(), OrderError> {
    if expires_at_s <= now_s {
        return Err(OrderError::Expired {
            got: expires_at_s,
            now_s,
        });
    }
    let max = now_s.saturating_add(MAX_ORDER_LIFE_S);
    if expires_at_s > max {
        return Err(OrderError::ExpiresTooLate {
            got: expires_at_s,
            max,
        });
    }
    Ok(())
}

/// Checks a nonce. **Errors** when it is among the used ones.
pub fn check_nonce(nonce: u64, is_used: impl Fn(u64) -> bool) -> Result<(), OrderError> {
    if is_used(nonce) {
        return Err(OrderError::NonceUsed { got: nonce });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_478_400;

    #[test]
    fn should_refuse_an_expiry_that_the_vote_may_outlast() {
        let end = NOW + 6 * DAY_S;
        for (desc, expires, expected) in [
            ("one second after the vote", end + 1, Ok(())),
            (
                "as the vote may end",
                end,
                Err(OrderError::ExpiresBeforeVoteEnds {
                    got: end,
                    end_s: end,
                }),
            ),
            (
                "now",
                NOW,
                Err(OrderError::Expired {
                    got: NOW,
                    now_s: NOW,
                }),
            ),
            ("as far as may be", NOW + MAX_ORDER_LIFE_S, Ok(())),
            (
                "further",
                NOW + MAX_ORDER_LIFE_S + 1,
                Err(OrderError::ExpiresTooLate {
                    got: NOW + MAX_ORDER_LIFE_S + 1,
                    max: NOW + MAX_ORDER_LIFE_S,
                }),
            ),
        ] {
            let got = check_expiry_at_submission(expires, NOW, &Voting::ORDINARY);
            assert_eq!(got, expected, "{desc}");
        }
    }

    #[test]
    fn should_let_critical_votes_take_longer() {
        let end = NOW + 10 * DAY_S;
        assert_eq!(Voting::CRITICAL.latest_end_s(NOW), end);
        assert!(check_expiry_at_submission(end, NOW, &Voting::CRITICAL).is_err());
        assert!(check_expiry_at_submission(end + 1, NOW, &Voting::CRITICAL).is_ok());
    }

    #[test]
    fn should_execute_until_the_last_second() {
        assert!(check_expiry_at_execution(NOW + 1, NOW).is_ok());
        assert!(check_expiry_at_execution(NOW, NOW).is_err());
        assert!(check_expiry_at_execution(u64::MAX, NOW).is_err());
        assert!(check_expiry_at_execution(u64::MAX, u64::MAX - 1).is_ok());
    }

    #[test]
    fn should_use_a_nonce_once() {
        let used = |nonce| nonce == 7;
        assert_eq!(check_nonce(7, used), Err(OrderError::NonceUsed { got: 7 }));
        assert_eq!(check_nonce(8, used), Ok(()));
    }
}
