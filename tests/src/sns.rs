//! The DAO of the local network: its neurons, parameters and first words to governance.

use crate::world::{Canisters, START, Told};
use candid::{Encode, Principal};
use icp_ledger_standin::account::AccountIdentifier;
use icp_ledger_standin::types::{InitArgs as LedgerInit, LedgerCanisterPayload, Tokens};
use orchestrator::kernel::NANOS_PER_SECOND;
use sns_governance_standin::types::{
    DefaultFollowees, DissolveState, Governance, ManageSnsMetadata, NervousSystemParameters,
    Neuron as NeuronRecord, NeuronId, NeuronPermission, NeuronPermissionList,
    VotingRewardsParameters,
};
use std::collections::BTreeMap;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Seconds of a year.
const YEAR: u64 = 31_557_600;

/// One token. **Units** e8s.
const TOKEN: u64 = 100_000_000;

/// Stakes of the neurons, in tokens. The first proposes and decides nothing alone; the first two
/// are more than 67 % together.
const STAKES: [u64; 3] = [40_000, 40_000, 20_000];

/// All permissions on a neuron. **Source** SNS governance, `NeuronPermissionType`.
const ALL_PERMISSIONS: [i32; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// A neuron and who may use it.
#[derive(Clone, Debug)]
pub struct Neuron {
    /// Id.
    pub id: NeuronId,
    /// Who holds every permission on it.
    pub controller: Principal,
}

/// A principal from a short name, for people on the local network.
#[must_use]
pub fn person(name: &str) -> Principal {
    Principal::self_authenticating(name.as_bytes())
}

/// The neurons of the DAO, by stake.
#[must_use]
pub fn neurons() -> Vec<Neuron> {
    (1..=u8::try_from(STAKES.len()).expect("a few"))
        .map(|number| Neuron {
            id: NeuronId {
                id: vec![number; 32],
            },
            controller: person(&format!("neuron {number}")),
        })
        .collect()
}

/// What governance is installed with: a DAO that has been launched.
pub(crate) fn governance_argument(canisters: &Canisters, neurons: &[Neuron]) -> Told<Vec<u8>> {
    let record = |(neuron, stake): (&Neuron, u64)| NeuronRecord {
        id: Some(neuron.id.clone()),
        staked_maturity_e8s_equivalent: None,
        permissions: vec![NeuronPermission {
            principal: Some(neuron.controller),
            permission_type: ALL_PERMISSIONS.to_vec(),
        }],
        maturity_e8s_equivalent: 0,
        cached_neuron_stake_e8s: stake * TOKEN,
        created_timestamp_seconds: 0,
        source_nns_neuron_id: None,
        auto_stake_maturity: None,
        aging_since_timestamp_seconds: START / NANOS_PER_SECOND,
        dissolve_state: Some(DissolveState::DissolveDelaySeconds(YEAR)),
        voting_power_percentage_multiplier: 100,
        vesting_period_seconds: None,
        disburse_maturity_in_progress: vec![],
        followees: BTreeMap::new(),
        topic_followees: None,
        neuron_fees_e8s: 0,
    };
    let governance = Governance {
        root_canister_id: Some(person("sns root")),
        ledger_canister_id: Some(canisters.ledger),
        swap_canister_id: Some(person("sns swap")),
        id_to_nervous_system_functions: BTreeMap::new(),
        mode: 1,
        parameters: Some(parameters()),
        sns_metadata: Some(ManageSnsMetadata {
            url: Some("https://dao.example.org".into()),
            logo: Some("data:image/png;base64,iVBORw0KGgo=".into()),
            name: Some("Local DAO".into()),
            description: Some("The DAO of the local network".into()),
        }),
        sns_initialization_parameters: String::new(),
        proposals: BTreeMap::new(),
        in_flight_commands: BTreeMap::new(),
        neurons: neurons
            .iter()
            .zip(STAKES)
            .map(|pair| (hex::encode(&pair.0.id.id), record(pair)))
            .collect(),
        genesis_timestamp_seconds: START / NANOS_PER_SECOND,
    };
    Ok(Encode!(&governance)?)
}

/// The defaults of a new SNS, with a month to vote.
fn parameters() -> NervousSystemParameters {
    NervousSystemParameters {
        default_followees: Some(DefaultFollowees::default()),
        max_dissolve_delay_seconds: Some(8 * YEAR),
        max_dissolve_delay_bonus_percentage: Some(100),
        max_followees_per_function: Some(15),
        neuron_claimer_permissions: Some(NeuronPermissionList {
            permissions: vec![2, 3, 4],
        }),
        neuron_minimum_stake_e8s: Some(TOKEN),
        max_neuron_age_for_age_bonus: Some(4 * YEAR),
        initial_voting_period_seconds: Some(4 * DAY),
        neuron_minimum_dissolve_delay_to_vote_seconds: Some(30 * DAY),
        reject_cost_e8s: Some(TOKEN),
        max_proposals_to_keep_per_action: Some(100),
        wait_for_quiet_deadline_increase_seconds: Some(DAY),
        max_number_of_neurons: Some(200_000),
        transaction_fee_e8s: Some(10_000),
        max_number_of_proposals_with_ballots: Some(700),
        max_age_bonus_percentage: Some(25),
        neuron_grantable_permissions: Some(NeuronPermissionList {
            permissions: vec![],
        }),
        voting_rewards_parameters: Some(VotingRewardsParameters {
            round_duration_seconds: Some(DAY),
            reward_rate_transition_duration_seconds: Some(0),
            initial_reward_rate_basis_points: Some(0),
            final_reward_rate_basis_points: Some(0),
        }),
        maturity_modulation_disabled: Some(false),
        max_number_of_principals_per_neuron: Some(5),
        automatically_advance_target_version: Some(true),
        custom_proposal_criticality: None,
    }
}

/// What the ICP ledger is installed with: the DAO's treasury is the default account of governance.
pub(crate) fn ledger_argument(canisters: &Canisters) -> Told<Vec<u8>> {
    let account = |owner| {
        AccountIdentifier::of(owner, None)
            .expect("no subaccount is too long")
            .to_hex()
    };
    let payload = LedgerCanisterPayload::Init(LedgerInit {
        minting_account: account(person("nns governance")),
        icrc1_minting_account: None,
        initial_values: vec![(
            account(canisters.governance),
            Tokens {
                e8s: 100_000 * TOKEN,
            },
        )],
        max_message_size_bytes: None,
        transaction_window: None,
        archive_options: None,
        send_whitelist: vec![],
        transfer_fee: None,
        token_symbol: None,
        token_name: None,
        feature_flags: None,
    });
    Ok(Encode!(&payload)?)
}
