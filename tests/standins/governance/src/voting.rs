//! Voting power, thresholds, decisions and deadlines: integers only, and no state.
//!
//! **Source** SNS governance, `neuron.rs`, `proposal.rs` and the crate of proposal criticality, as
//! of June 2026.

use crate::types::{
    DissolveState, GovernanceError, NervousSystemParameters, Neuron, Percentage, Permission,
    ProposalData, Tally, VOTE_NO, VOTE_YES,
};
use crate::types::{ErrorType, WaitForQuietState};
use candid::Principal;

/// **Units** s.
pub const ONE_DAY: u64 = 24 * 60 * 60;

/// What a proposal needs, and how long it may be voted on. Fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Of the votes cast, strictly more than this must be yes. **Units** basis points.
    pub exercised: u64,
    /// Of all voting power, at least this must be yes. **Units** basis points.
    pub total: u64,
    /// **Units** s.
    pub voting_period: u64,
    /// Wait-for-quiet increase. **Units** s.
    pub quiet_increase: u64,
}

impl Rules {
    /// Share of the votes cast for normal and for critical proposals. **Units** basis points.
    pub const EXERCISED: (u64, u64) = (5_000, 6_700);
    /// Share of all voting power for normal and for critical proposals. **Units** basis points.
    pub const TOTAL: (u64, u64) = (300, 2_000);
    /// A critical proposal is open for at least so long. **Units** s.
    pub const CRITICAL_VOTING_PERIOD: u64 = 5 * ONE_DAY;
    /// The wait-for-quiet increase of a critical proposal is at least this. **Units** s.
    pub const CRITICAL_QUIET_INCREASE: u64 = 5 * ONE_DAY / 2;

    /// The rules for a proposal made now.
    pub fn of(critical: bool, parameters: &NervousSystemParameters) -> Self {
        let voting_period = parameters.initial_voting_period_seconds.unwrap_or_default();
        let quiet_increase = parameters
            .wait_for_quiet_deadline_increase_seconds
            .unwrap_or_default();
        if critical {
            Self {
                exercised: Self::EXERCISED.1,
                total: Self::TOTAL.1,
                voting_period: voting_period.max(Self::CRITICAL_VOTING_PERIOD),
                quiet_increase: quiet_increase.max(Self::CRITICAL_QUIET_INCREASE),
            }
        } else {
            Self {
                exercised: Self::EXERCISED.0,
                total: Self::TOTAL.0,
                voting_period,
                quiet_increase,
            }
        }
    }
}

/// What votes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Yes,
    No,
    Open,
}

/// What `yes` and `no` say out of `total`, when more than `threshold` must be yes.
///
/// **Units** voting power; `threshold` in basis points.
pub fn decide(yes: u64, no: u64, total: u64, threshold: u64) -> Decision {
    let (yes, no, total) = (u128::from(yes), u128::from(no), u128::from(total));
    if yes * 10_000 > total * u128::from(threshold) {
        Decision::Yes
    } else if no * 10_000 >= total * u128::from(10_000_u64.saturating_sub(threshold)) {
        Decision::No
    } else {
        Decision::Open
    }
}

/// Status of a proposal, by its number in the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    Open = 1,
    Rejected = 2,
    Adopted = 3,
    Executed = 4,
    Failed = 5,
}

/// Votes still count towards rewards.
pub const REWARD_ACCEPT_VOTES: i32 = 1;
/// Voting is over, and rewards are not distributed yet.
pub const REWARD_READY_TO_SETTLE: i32 = 2;
/// Rewards are distributed.
pub const REWARD_SETTLED: i32 = 3;

fn basis_points(share: Option<Percentage>, default: u64) -> u64 {
    share
        .and_then(|share| share.basis_points)
        .unwrap_or(default)
}

impl ProposalData {
    /// Where the proposal is.
    pub fn status(&self) -> Status {
        if self.decided_timestamp_seconds == 0 {
            Status::Open
        } else if !self.is_accepted() {
            Status::Rejected
        } else if self.executed_timestamp_seconds > 0 {
            Status::Executed
        } else if self.failed_timestamp_seconds > 0 {
            Status::Failed
        } else {
            Status::Adopted
        }
    }

    /// Where its rewards are.
    pub fn reward_status(&self, now: u64) -> i32 {
        if self.reward_event_end_timestamp_seconds.is_some() || self.reward_event_round > 0 {
            REWARD_SETTLED
        } else if self.accepts_vote(now) {
            REWARD_ACCEPT_VOTES
        } else if self.is_eligible_for_rewards {
            REWARD_READY_TO_SETTLE
        } else {
            REWARD_SETTLED
        }
    }

    /// When voting ends, as far as is known. **Units** s since the Unix epoch.
    pub fn deadline(&self) -> u64 {
        self.wait_for_quiet_state.map_or(
            self.proposal_creation_timestamp_seconds
                .saturating_add(self.initial_voting_period_seconds),
            |state| state.current_deadline_timestamp_seconds,
        )
    }

    /// Whether the deadline is still ahead.
    pub fn accepts_vote(&self, now: u64) -> bool {
        now < self.deadline()
    }

    fn exercised_threshold(&self) -> u64 {
        basis_points(self.minimum_yes_proportion_of_exercised, Rules::EXERCISED.0)
    }

    /// Whether the votes so far adopt it. Means something only once a decision can be made.
    pub fn is_accepted(&self) -> bool {
        let Some(Tally { yes, no, total, .. }) = self.latest_tally else {
            return false;
        };
        let of_total = basis_points(self.minimum_yes_proportion_of_total, Rules::TOTAL.0);
        let cast = yes.saturating_add(no);
        decide(yes, no, cast, self.exercised_threshold()) == Decision::Yes
            && u128::from(yes) * 10_000 >= u128::from(total) * u128::from(of_total)
    }

    /// Whether it can be decided now: the votes settle it, or the deadline has come.
    pub fn can_make_decision(&self, now: u64) -> bool {
        let Some(Tally { yes, no, total, .. }) = self.latest_tally else {
            return false;
        };
        !self.accepts_vote(now)
            || decide(yes, no, total, self.exercised_threshold()) != Decision::Open
    }

    /// Counts the ballots, and moves the deadline if the outcome turned.
    pub fn recompute_tally(&mut self, now: u64) {
        let (mut yes, mut no, mut total) = (0_u64, 0_u64, 0_u64);
        for ballot in self.ballots.values() {
            total = total.saturating_add(ballot.voting_power);
            match ballot.vote {
                VOTE_YES => yes = yes.saturating_add(ballot.voting_power),
                VOTE_NO => no = no.saturating_add(ballot.voting_power),
                _ => {}
            }
        }
        let new = Tally {
            no,
            yes,
            total,
            timestamp_seconds: now,
        };
        if let Some(old) = self.latest_tally {
            if (old.yes, old.no, old.total) == (yes, no, total) {
                return;
            }
            self.wait_for_quiet(now, old, new);
        }
        self.latest_tally = Some(new);
    }

    /// Gives voters more time when the outcome turns late.
    ///
    /// The turn is judged by the simple majority, for critical proposals too.
    fn wait_for_quiet(&mut self, now: u64, old: Tally, new: Tally) {
        let current = self.deadline();
        let settled = new.yes > new.total / 2 || new.no >= new.total.div_ceil(2);
        let turned = (old.yes > old.no) != (new.yes > new.no);
        if settled || !turned || now > current {
            return;
        }
        let elapsed = now.saturating_sub(self.proposal_creation_timestamp_seconds);
        let margin = self
            .wait_for_quiet_deadline_increase_seconds
            .saturating_add(self.initial_voting_period_seconds / 2)
            .saturating_sub(elapsed / 2);
        self.wait_for_quiet_state = Some(WaitForQuietState {
            current_deadline_timestamp_seconds: current.max(now.saturating_add(margin)),
        });
    }
}

impl Neuron {
    /// Time until the neuron is dissolved. **Units** s.
    pub fn dissolve_delay(&self, now: u64) -> u64 {
        match self.dissolve_state {
            Some(DissolveState::DissolveDelaySeconds(delay)) => delay,
            Some(DissolveState::WhenDissolvedTimestampSeconds(at)) => at.saturating_sub(now),
            None => 0,
        }
    }

    /// Stake that fees do not eat. **Units** e8s.
    pub fn stake(&self) -> u64 {
        self.cached_neuron_stake_e8s
            .saturating_sub(self.neuron_fees_e8s)
    }

    /// Voting power of a proposal made now.
    pub fn voting_power(&self, now: u64, parameters: &NervousSystemParameters) -> u64 {
        let stake = self
            .stake()
            .saturating_add(self.staked_maturity_e8s_equivalent.unwrap_or(0));
        let delayed = with_bonus(
            u128::from(stake),
            self.dissolve_delay(now),
            parameters.max_dissolve_delay_seconds.unwrap_or_default(),
            parameters
                .max_dissolve_delay_bonus_percentage
                .unwrap_or_default(),
        );
        let aged = with_bonus(
            delayed,
            now.saturating_sub(self.aging_since_timestamp_seconds),
            parameters.max_neuron_age_for_age_bonus.unwrap_or_default(),
            parameters.max_age_bonus_percentage.unwrap_or_default(),
        );
        let power = aged * u128::from(self.voting_power_percentage_multiplier) / 100;
        u64::try_from(power).unwrap_or(u64::MAX)
    }

    /// Refuses a caller who lacks this permission.
    pub fn check_authorized(
        &self,
        caller: Principal,
        permission: Permission,
    ) -> Result<(), GovernanceError> {
        // The first entry of a principal counts, as in the real canister.
        let allowed = self
            .permissions
            .iter()
            .find(|entry| entry.principal == Some(caller))
            .is_some_and(|entry| entry.permission_type.contains(&(permission as i32)));
        if allowed {
            return Ok(());
        }
        let id = self.id.clone().unwrap_or_default().to_hex();
        Err(GovernanceError::new(
            ErrorType::NotAuthorized,
            format!(
                "Caller '{caller}' is not authorized to perform action: '{permission:?}' on \
                 neuron '{id}'."
            ),
        ))
    }
}

/// `base` and a bonus that grows evenly to `percent` of it as `value` grows to `max`. Floor.
fn with_bonus(base: u128, value: u64, max: u64, percent: u64) -> u128 {
    if max == 0 {
        return base;
    }
    let value = u128::from(value.min(max));
    base + base * value * u128::from(percent) / (100 * u128::from(max))
}

#[cfg(test)]
mod tests;
