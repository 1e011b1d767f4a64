//! What is done with a neuron besides proposing and voting: dissolving, staking, following.

use std::collections::{BTreeMap, BTreeSet};

use crate::types::{
    Ballot, Configure, DissolveState, ErrorType, FolloweesForTopic, GovernanceError, Neuron,
    NeuronId, Operation, SetFollowing, Topic, VOTE_NO, VOTE_UNSPECIFIED, VOTE_YES,
};

/// Neurons that a neuron can follow in a topic.
pub const MAX_FOLLOWEES_PER_TOPIC: usize = 15;
/// Bytes of the name that a neuron gives to one that it follows.
pub const MAX_ALIAS_BYTES: usize = 128;
/// The function whose followees count where nothing else is said.
pub const CATCH_ALL: u64 = 0;

fn invalid(message: impl Into<String>) -> GovernanceError {
    GovernanceError::new(ErrorType::InvalidCommand, message)
}

impl Neuron {
    /// Whether the neuron is not yet free to change its dissolve state.
    pub fn is_vesting(&self, now: u64) -> bool {
        self.vesting_period_seconds
            .is_some_and(|period| self.created_timestamp_seconds.saturating_add(period) >= now)
    }

    /// Changes the dissolve state.
    pub fn configure(
        &mut self,
        now: u64,
        command: &Configure,
        max_delay: u64,
    ) -> Result<(), GovernanceError> {
        match &command.operation {
            None => Err(invalid("Configure must have an operation.")),
            Some(Operation::IncreaseDissolveDelay(by)) => {
                let by = u64::from(by.additional_dissolve_delay_seconds);
                self.increase_dissolve_delay(now, by, max_delay)
            }
            Some(Operation::SetDissolveTimestamp(to)) => {
                let wanted = to
                    .dissolve_timestamp_seconds
                    .checked_sub(now)
                    .ok_or_else(|| invalid("The dissolve delay must be set to a future time."))?;
                let by = wanted
                    .checked_sub(self.dissolve_delay(now))
                    .ok_or_else(|| {
                        invalid(
                            "Can't set a dissolve delay that is smaller than the current dissolve \
                         delay.",
                        )
                    })?;
                if by > u64::from(u32::MAX) {
                    return Err(invalid("Can't convert u64 dissolve delay into u32."));
                }
                self.increase_dissolve_delay(now, by, max_delay)
            }
            Some(Operation::StartDissolving(_)) => match self.dissolve_state {
                Some(DissolveState::DissolveDelaySeconds(delay)) if delay > 0 => {
                    let at = now.saturating_add(delay);
                    self.dissolve_state = Some(DissolveState::WhenDissolvedTimestampSeconds(at));
                    // A dissolving neuron has no age: its age starts at the end of time.
                    self.aging_since_timestamp_seconds = u64::MAX;
                    Ok(())
                }
                _ => Err(GovernanceError::new(ErrorType::RequiresNotDissolving, "")),
            },
            Some(Operation::StopDissolving(_)) => match self.dissolve_state {
                Some(DissolveState::WhenDissolvedTimestampSeconds(at)) if at > now => {
                    self.dissolve_state = Some(DissolveState::DissolveDelaySeconds(at - now));
                    self.aging_since_timestamp_seconds = now;
                    Ok(())
                }
                _ => Err(GovernanceError::new(ErrorType::RequiresDissolving, "")),
            },
            Some(Operation::ChangeAutoStakeMaturity(change)) => {
                self.auto_stake_maturity = change
                    .requested_setting_for_auto_stake_maturity
                    .then_some(true);
                Ok(())
            }
        }
    }

    fn increase_dissolve_delay(
        &mut self,
        now: u64,
        by: u64,
        max_delay: u64,
    ) -> Result<(), GovernanceError> {
        if by == 0 {
            return Err(invalid("Additional delay is 0."));
        }
        let delay = self.dissolve_delay(now);
        let longer = delay.saturating_add(by).min(max_delay);
        match self.dissolve_state {
            Some(DissolveState::WhenDissolvedTimestampSeconds(at)) if at > now => {
                let at = now.saturating_add(longer);
                self.dissolve_state = Some(DissolveState::WhenDissolvedTimestampSeconds(at));
                self.aging_since_timestamp_seconds = u64::MAX;
            }
            _ => {
                self.dissolve_state = Some(DissolveState::DissolveDelaySeconds(longer));
                // Only a neuron that was dissolved starts to age anew.
                if delay == 0 {
                    self.aging_since_timestamp_seconds = now;
                }
            }
        }
        Ok(())
    }

    /// Takes over the balance on the ledger; new stake lowers the age in proportion.
    ///
    /// **Units** e8s.
    pub fn update_stake(&mut self, now: u64, stake: u64) {
        if self.aging_since_timestamp_seconds < now && self.cached_neuron_stake_e8s <= stake {
            let age = u128::from(now - self.aging_since_timestamp_seconds);
            let kept = (age * u128::from(self.cached_neuron_stake_e8s))
                .checked_div(u128::from(stake))
                .and_then(|kept| u64::try_from(kept).ok())
                .unwrap_or_default();
            self.aging_since_timestamp_seconds = now.saturating_sub(kept);
        }
        self.cached_neuron_stake_e8s = stake;
    }

    /// Takes over whom to follow in topics, and drops what older kinds of following said of them.
    pub fn set_following(
        &mut self,
        command: &SetFollowing,
        functions_of: impl Fn(Topic) -> Vec<u64>,
    ) -> Result<(), GovernanceError> {
        let mut wanted = BTreeMap::new();
        for entry in &command.topic_following {
            let topic = checked_topic_following(entry)?;
            if wanted.insert(topic, entry).is_some() {
                return Err(invalid(format!("topic {topic:?} is set more than once")));
            }
        }
        let kept = &mut self
            .topic_followees
            .get_or_insert_default()
            .topic_id_to_followees;
        for (topic, entry) in &wanted {
            if entry.followees.is_empty() {
                kept.remove(&topic.number());
            } else {
                kept.insert(topic.number(), (*entry).clone());
            }
        }
        let followed: BTreeSet<i32> = kept.keys().copied().collect();
        let in_all = |has: &dyn Fn(Topic) -> bool| {
            Topic::ALL
                .into_iter()
                .filter(|topic| !topic.is_critical())
                .all(has)
        };
        if in_all(&|topic| followed.contains(&topic.number()))
            || in_all(&|topic| wanted.contains_key(&topic))
        {
            self.followees.remove(&CATCH_ALL);
        }
        for topic in wanted.keys() {
            for function in functions_of(*topic) {
                self.followees.remove(&function);
            }
        }
        Ok(())
    }

    /// Whom the neuron follows on this function: by topic, else by function, else the catch-all,
    /// which does not serve critical topics.
    fn followees_for(&self, function: u64, topic: Topic) -> Vec<NeuronId> {
        let by_topic: Vec<NeuronId> = self
            .topic_followees
            .iter()
            .filter_map(|kept| kept.topic_id_to_followees.get(&topic.number()))
            .flat_map(|entry| {
                entry
                    .followees
                    .iter()
                    .filter_map(|one| one.neuron_id.clone())
            })
            .collect();
        if !by_topic.is_empty() {
            return by_topic;
        }
        let by_function = |id| self.followees.get(&id).map(|kept| kept.followees.clone());
        by_function(function)
            .filter(|followees| !followees.is_empty())
            .or_else(|| by_function(CATCH_ALL).filter(|_| !topic.is_critical()))
            .unwrap_or_default()
    }

    /// How the neuron votes because of those that it follows; 0 while that is open.
    fn vote_by_following(
        &self,
        function: u64,
        topic: Topic,
        ballots: &BTreeMap<String, Ballot>,
    ) -> i32 {
        let followees = self.followees_for(function, topic);
        if followees.is_empty() {
            return VOTE_UNSPECIFIED;
        }
        let count = |vote| {
            followees
                .iter()
                .filter_map(|id| ballots.get(&id.to_hex()))
                .filter(|ballot| ballot.vote == vote)
                .count()
        };
        if count(VOTE_YES) * 2 > followees.len() {
            VOTE_YES
        } else if count(VOTE_NO) * 2 >= followees.len() {
            VOTE_NO
        } else {
            VOTE_UNSPECIFIED
        }
    }
}

fn checked_topic_following(entry: &FolloweesForTopic) -> Result<Topic, GovernanceError> {
    let topic = entry
        .topic
        .ok_or_else(|| invalid("topic must be set to one from SnsGov.list_topics()"))?;
    if entry.followees.len() > MAX_FOLLOWEES_PER_TOPIC {
        return Err(invalid(format!(
            "a neuron can only follow up to {MAX_FOLLOWEES_PER_TOPIC} other neurons on a given \
             topic (requested {})",
            entry.followees.len()
        )));
    }
    let mut seen = BTreeSet::new();
    for followee in &entry.followees {
        let id = followee
            .neuron_id
            .as_ref()
            .ok_or_else(|| invalid("field neuron_id must be specified"))?;
        if !seen.insert(id) {
            return Err(invalid(format!(
                "followees on a given topic must have unique neuron IDs, got: {}",
                id.to_hex()
            )));
        }
        if let Some(alias) = &followee.alias
            && (alias.is_empty() || alias.len() > MAX_ALIAS_BYTES)
        {
            return Err(invalid(format!(
                "alias: expected 1 to {MAX_ALIAS_BYTES} bytes, got {}",
                alias.len()
            )));
        }
    }
    Ok(topic)
}

/// Casts a vote, and the votes of those that follow it, tier by tier.
///
/// A neuron without a ballot has no vote and passes none on. A ballot is cast once.
pub fn cast_vote(
    ballots: &mut BTreeMap<String, Ballot>,
    neurons: &BTreeMap<String, Neuron>,
    voter: &str,
    vote: i32,
    function: u64,
    topic: Topic,
    now: u64,
) {
    let mut tier = BTreeMap::from([(voter.to_string(), vote)]);
    while !tier.is_empty() {
        let mut cast = BTreeSet::new();
        for (id, vote) in &tier {
            if let Some(ballot) = ballots.get_mut(id)
                && ballot.vote == VOTE_UNSPECIFIED
            {
                ballot.vote = *vote;
                ballot.cast_timestamp_seconds = now;
                cast.insert(id.clone());
            }
        }
        tier = neurons
            .iter()
            .filter(|(_, neuron)| {
                neuron
                    .followees_for(function, topic)
                    .iter()
                    .any(|followee| cast.contains(&followee.to_hex()))
            })
            .map(|(id, neuron)| {
                (
                    id.clone(),
                    neuron.vote_by_following(function, topic, ballots),
                )
            })
            .filter(|(_, vote)| *vote != VOTE_UNSPECIFIED)
            .collect();
    }
}

#[cfg(test)]
mod tests;
