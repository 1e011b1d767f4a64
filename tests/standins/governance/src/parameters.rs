//! Checks of what governance is installed with, so that the real canister would take it too.

use std::collections::BTreeSet;

use crate::types::{
    Governance, MODE_NORMAL, MODE_PRE_INITIALIZATION_SWAP, ManageSnsMetadata,
    NervousSystemParameters, Permission,
};
use crate::voting::ONE_DAY;

/// Native actions that an SNS may declare critical. **Source** SNS governance, `types.rs`.
const MAY_BE_MADE_CRITICAL: [u64; 6] = [1, 3, 7, 10, 14, 15];

fn set<T: Clone>(name: &str, value: &Option<T>) -> Result<T, String> {
    value
        .clone()
        .ok_or_else(|| format!("NervousSystemParameters.{name} must be set"))
}

fn within(name: &str, value: u64, min: u64, max: u64) -> Result<(), String> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(format!(
        "NervousSystemParameters.{name}: expected {min} to {max}, got {value}"
    ))
}

impl NervousSystemParameters {
    /// Whether all of them are set and within their bounds.
    pub fn validate(&self) -> Result<(), String> {
        set("reject_cost_e8s", &self.reject_cost_e8s)?;
        let fee = set("transaction_fee_e8s", &self.transaction_fee_e8s)?;
        let stake = set("neuron_minimum_stake_e8s", &self.neuron_minimum_stake_e8s)?;
        within(
            "neuron_minimum_stake_e8s",
            stake,
            fee.saturating_add(1),
            u64::MAX,
        )?;
        let keep = set(
            "max_proposals_to_keep_per_action",
            &self.max_proposals_to_keep_per_action,
        )?;
        within("max_proposals_to_keep_per_action", u64::from(keep), 1, 700)?;
        let period = set(
            "initial_voting_period_seconds",
            &self.initial_voting_period_seconds,
        )?;
        within(
            "initial_voting_period_seconds",
            period,
            ONE_DAY,
            30 * ONE_DAY,
        )?;
        let quiet = set(
            "wait_for_quiet_deadline_increase_seconds",
            &self.wait_for_quiet_deadline_increase_seconds,
        )?;
        let quiet_max = (period / 2).min(30 * ONE_DAY);
        within(
            "wait_for_quiet_deadline_increase_seconds",
            quiet,
            1,
            quiet_max,
        )?;
        if !set("default_followees", &self.default_followees)?
            .followees
            .is_empty()
        {
            return Err("NervousSystemParameters.default_followees must be empty".to_string());
        }
        let neurons = set("max_number_of_neurons", &self.max_number_of_neurons)?;
        within("max_number_of_neurons", neurons, 1, 200_000)?;
        let max_delay = set(
            "max_dissolve_delay_seconds",
            &self.max_dissolve_delay_seconds,
        )?;
        let min_delay = set(
            "neuron_minimum_dissolve_delay_to_vote_seconds",
            &self.neuron_minimum_dissolve_delay_to_vote_seconds,
        )?;
        within(
            "neuron_minimum_dissolve_delay_to_vote_seconds",
            min_delay,
            0,
            max_delay,
        )?;
        let followees = set(
            "max_followees_per_function",
            &self.max_followees_per_function,
        )?;
        within("max_followees_per_function", followees, 0, 15)?;
        set(
            "max_neuron_age_for_age_bonus",
            &self.max_neuron_age_for_age_bonus,
        )?;
        let ballots = set(
            "max_number_of_proposals_with_ballots",
            &self.max_number_of_proposals_with_ballots,
        )?;
        within("max_number_of_proposals_with_ballots", ballots, 1, 700)?;
        let claimers = set(
            "neuron_claimer_permissions",
            &self.neuron_claimer_permissions,
        )?;
        let claimers: BTreeSet<i32> = claimers.permissions.into_iter().collect();
        for needed in [
            Permission::ManagePrincipals,
            Permission::Vote,
            Permission::SubmitProposal,
        ] {
            if !claimers.contains(&(needed as i32)) {
                return Err(format!(
                    "NervousSystemParameters.neuron_claimer_permissions is missing {needed:?}"
                ));
            }
        }
        set(
            "neuron_grantable_permissions",
            &self.neuron_grantable_permissions,
        )?;
        let principals = set(
            "max_number_of_principals_per_neuron",
            &self.max_number_of_principals_per_neuron,
        )?;
        within("max_number_of_principals_per_neuron", principals, 5, 15)?;
        self.validate_rewards()?;
        let delay_bonus = set(
            "max_dissolve_delay_bonus_percentage",
            &self.max_dissolve_delay_bonus_percentage,
        )?;
        within("max_dissolve_delay_bonus_percentage", delay_bonus, 0, 900)?;
        let age_bonus = set("max_age_bonus_percentage", &self.max_age_bonus_percentage)?;
        within("max_age_bonus_percentage", age_bonus, 0, 400)?;
        for id in self
            .custom_proposal_criticality
            .iter()
            .flat_map(|made| &made.additional_critical_native_action_ids)
        {
            if !MAY_BE_MADE_CRITICAL.contains(id) {
                return Err(format!(
                    "NervousSystemParameters.custom_proposal_criticality: expected ids out of \
                     {MAY_BE_MADE_CRITICAL:?}, got {id}"
                ));
            }
        }
        Ok(())
    }

    fn validate_rewards(&self) -> Result<(), String> {
        let rewards = set("voting_rewards_parameters", &self.voting_rewards_parameters)?;
        let all_set = rewards
            .round_duration_seconds
            .is_some_and(|duration| duration > 0)
            && rewards.reward_rate_transition_duration_seconds.is_some()
            && rewards.initial_reward_rate_basis_points.is_some()
            && rewards.final_reward_rate_basis_points.is_some();
        if all_set {
            return Ok(());
        }
        Err(
            "NervousSystemParameters.voting_rewards_parameters: expected all four set and a round \
             longer than 0"
                .to_string(),
        )
    }
}

impl ManageSnsMetadata {
    /// Whether name, text and address are set and of a fitting length.
    pub fn validate(&self) -> Result<(), String> {
        let texts = [
            ("url", &self.url, 10, 512),
            ("name", &self.name, 4, 255),
            ("description", &self.description, 10, 2_000),
        ];
        for (name, text, min, max) in texts {
            let length = text
                .as_ref()
                .ok_or_else(|| format!("SnsMetadata.{name} must be set"))?
                .len();
            if !(min..=max).contains(&length) {
                return Err(format!(
                    "SnsMetadata.{name}: expected {min} to {max} bytes, got {length}"
                ));
            }
        }
        if self
            .url
            .as_ref()
            .is_some_and(|url| !url.starts_with("https://"))
        {
            return Err("SnsMetadata.url must start with https://".to_string());
        }
        Ok(())
    }
}

impl Governance {
    /// Whether a canister can be installed with it.
    pub fn validate(&self) -> Result<(), String> {
        let ids = [
            ("root_canister_id", self.root_canister_id),
            ("ledger_canister_id", self.ledger_canister_id),
            ("swap_canister_id", self.swap_canister_id),
        ];
        for (name, id) in ids {
            if id.is_none() {
                return Err(format!("GovernanceProto {name} field must be populated."));
            }
        }
        if ![MODE_NORMAL, MODE_PRE_INITIALIZATION_SWAP].contains(&self.mode) {
            return Err(format!("Not a known governance mode code: {}", self.mode));
        }
        self.parameters
            .as_ref()
            .ok_or("GovernanceProto parameters field must be populated.")?
            .validate()?;
        self.sns_metadata
            .as_ref()
            .ok_or("GovernanceProto sns_metadata field must be populated.")?
            .validate()?;
        for (id, function) in &self.id_to_nervous_system_functions {
            if !function.is_deletion_marker() && function.validated()?.id != *id {
                return Err(format!("function {} has the key {id}", function.id));
            }
        }
        for (id, neuron) in &self.neurons {
            if neuron.voting_power_percentage_multiplier > 100 {
                return Err(format!(
                    "Neuron {id} has an invalid voting_power_percentage_multiplier ({}). Expected \
                     range is 0 to 100",
                    neuron.voting_power_percentage_multiplier
                ));
            }
        }
        Ok(())
    }
}
