use candid::{Decode, Encode, Nat};

use super::*;
use crate::calls::Reject;
use crate::voting::ONE_DAY;

const NOW: u64 = 2_000_000_000;
const TOKEN: u64 = treasury::E8S_PER_TOKEN;
const YEAR: u64 = 31_557_600;
const CALL: u64 = 1_000;

fn principal(byte: u8) -> Principal {
    Principal::from_slice(&[byte, 1])
}

fn own_id() -> Principal {
    principal(100)
}

fn neuron_id(byte: u8) -> NeuronId {
    NeuronId { id: vec![byte; 32] }
}

/// A proposal about nothing that nobody may vote on.
pub(crate) fn empty_proposal() -> ProposalData {
    ProposalData {
        id: None,
        payload_text_rendering: None,
        action: 1,
        failure_reason: None,
        action_auxiliary: None,
        ballots: BTreeMap::new(),
        minimum_yes_proportion_of_total: None,
        reward_event_round: 0,
        failed_timestamp_seconds: 0,
        reward_event_end_timestamp_seconds: None,
        proposal_creation_timestamp_seconds: NOW,
        initial_voting_period_seconds: 0,
        reject_cost_e8s: 0,
        latest_tally: None,
        wait_for_quiet_deadline_increase_seconds: 0,
        decided_timestamp_seconds: 0,
        proposal: None,
        proposer: None,
        wait_for_quiet_state: None,
        minimum_yes_proportion_of_exercised: None,
        is_eligible_for_rewards: true,
        executed_timestamp_seconds: 0,
        topic: None,
    }
}

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
        initial_voting_period_seconds: Some(4 * ONE_DAY),
        neuron_minimum_dissolve_delay_to_vote_seconds: Some(YEAR / 2),
        reject_cost_e8s: Some(TOKEN),
        max_proposals_to_keep_per_action: Some(100),
        wait_for_quiet_deadline_increase_seconds: Some(ONE_DAY),
        max_number_of_neurons: Some(10),
        transaction_fee_e8s: Some(10_000),
        max_number_of_proposals_with_ballots: Some(700),
        max_age_bonus_percentage: Some(25),
        neuron_grantable_permissions: Some(NeuronPermissionList::default()),
        voting_rewards_parameters: Some(VotingRewardsParameters {
            final_reward_rate_basis_points: Some(0),
            initial_reward_rate_basis_points: Some(0),
            reward_rate_transition_duration_seconds: Some(0),
            round_duration_seconds: Some(ONE_DAY),
        }),
        maturity_modulation_disabled: Some(false),
        max_number_of_principals_per_neuron: Some(5),
        automatically_advance_target_version: None,
        custom_proposal_criticality: None,
    }
}

fn function(id: u64, topic: Option<Topic>) -> NervousSystemFunction {
    NervousSystemFunction {
        id,
        name: format!("function {id}"),
        description: None,
        function_type: Some(FunctionType::GenericNervousSystemFunction(
            GenericNervousSystemFunction {
                target_canister_id: Some(principal(20)),
                target_method_name: Some("deploy".to_string()),
                validator_canister_id: Some(principal(21)),
                validator_method_name: Some("validate_deploy".to_string()),
                topic,
            },
        )),
    }
}

/// Neuron `n` belongs to principal `n` and has the `n`th of these stakes.
fn record(stakes: &[u64]) -> Governance {
    let neurons = stakes.iter().zip(1_u8..).map(|(stake, byte)| {
        let neuron = Neuron {
            id: Some(neuron_id(byte)),
            permissions: vec![NeuronPermission {
                principal: Some(principal(byte)),
                permission_type: (1..=10).collect(),
            }],
            cached_neuron_stake_e8s: *stake,
            dissolve_state: Some(DissolveState::DissolveDelaySeconds(YEAR)),
            voting_power_percentage_multiplier: 100,
            ..Neuron::default()
        };
        (neuron_id(byte).to_hex(), neuron)
    });
    Governance {
        root_canister_id: Some(principal(101)),
        ledger_canister_id: Some(principal(102)),
        swap_canister_id: Some(principal(103)),
        id_to_nervous_system_functions: BTreeMap::from([(
            CALL,
            function(CALL, Some(Topic::ApplicationBusinessLogic)),
        )]),
        mode: MODE_NORMAL,
        parameters: Some(parameters()),
        sns_metadata: Some(ManageSnsMetadata {
            url: Some("https://example.org".to_string()),
            logo: None,
            name: Some("Some DAO".to_string()),
            description: Some("Governs something.".to_string()),
        }),
        sns_initialization_parameters: String::new(),
        proposals: BTreeMap::new(),
        in_flight_commands: BTreeMap::new(),
        neurons: neurons.collect(),
        genesis_timestamp_seconds: 0,
    }
}

fn state(stakes: &[u64]) -> State {
    State::new(record(stakes), own_id(), NOW).expect("the record is valid")
}

fn propose(action: Action) -> Command {
    Command::MakeProposal(Proposal {
        title: "t".to_string(),
        url: String::new(),
        summary: "s".to_string(),
        action: Some(action),
    })
}

fn motion() -> Action {
    Action::Motion(Motion {
        motion_text: "m".to_string(),
    })
}

fn call(payload: &[u8]) -> Action {
    Action::ExecuteGenericNervousSystemFunction(ExecuteGenericNervousSystemFunction {
        function_id: CALL,
        payload: payload.to_vec(),
    })
}

fn accepted() -> Answer {
    Ok(Encode!(&Ok::<String, String>("fine".to_string())).expect("encodes"))
}

/// Does a command of neuron `byte` for its owner, at once.
fn command(
    state: &mut State,
    now: u64,
    byte: u8,
    command: Command,
    answer: Option<&Answer>,
) -> Result<CommandResponse, GovernanceError> {
    let caller = principal(byte);
    let request = ManageNeuron {
        subaccount: vec![byte; 32],
        command: Some(command.clone()),
    };
    let id = state.admit(now, caller, &request)?;
    assert_eq!(
        state.question(&id, &command).is_some(),
        answer.is_some(),
        "question and answer"
    );
    let outcome = state.perform(now, now, caller, &id, &command, answer);
    state.release(&id);
    outcome
}

fn made(outcome: Result<CommandResponse, GovernanceError>) -> u64 {
    match outcome {
        Ok(CommandResponse::MakeProposal(GetProposal {
            proposal_id: Some(id),
        })) => id.id,
        other => unreachable!("expected a proposal, got {other:?}"),
    }
}

fn vote(state: &mut State, now: u64, byte: u8, proposal: u64, vote: i32) -> Result<(), i32> {
    let vote = RegisterVote {
        vote,
        proposal: Some(ProposalId { id: proposal }),
    };
    command(state, now, byte, Command::RegisterVote(vote), None)
        .map(|_| ())
        .map_err(|error| error.error_type)
}

fn data(state: &State, proposal: u64) -> &ProposalData {
    &state.record.proposals[&proposal]
}

fn fees(state: &State, byte: u8) -> u64 {
    state.record.neurons[&neuron_id(byte).to_hex()].neuron_fees_e8s
}

#[test]
fn should_start_only_with_a_record_that_the_real_canister_takes() {
    type Change = fn(&mut Governance);
    let rows: [(&str, Change, bool); 9] = [
        ("complete", |_| {}, true),
        ("no root", |r| r.root_canister_id = None, false),
        ("no mode", |r| r.mode = 0, false),
        ("no parameters", |r| r.parameters = None, false),
        (
            "voting for less than a day",
            |r| {
                let parameters = r.parameters.as_mut().expect("set");
                parameters.initial_voting_period_seconds = Some(ONE_DAY - 1);
            },
            false,
        ),
        (
            "quiet for more than half the period",
            |r| {
                let parameters = r.parameters.as_mut().expect("set");
                parameters.wait_for_quiet_deadline_increase_seconds = Some(2 * ONE_DAY + 1);
            },
            false,
        ),
        ("no metadata", |r| r.sns_metadata = None, false),
        (
            "a function under another key",
            |r| {
                r.id_to_nervous_system_functions
                    .insert(1_001, function(1_002, Some(Topic::Governance)));
            },
            false,
        ),
        (
            "a multiplier above 100",
            |r| {
                for neuron in r.neurons.values_mut() {
                    neuron.voting_power_percentage_multiplier = 101;
                }
            },
            false,
        ),
    ];
    for (desc, change, expected) in rows {
        let mut changed = record(&[TOKEN]);
        change(&mut changed);
        let started = State::new(changed, own_id(), NOW);
        assert_eq!(started.is_ok(), expected, "{desc}: {:?}", started.err());
    }
}

#[test]
fn should_keep_its_record_through_candid() {
    let mut state = state(&[10 * TOKEN]);
    made(command(&mut state, NOW, 1, propose(motion()), None));
    let bytes = Encode!(state.record()).expect("encodes");
    let read = Decode!(&bytes, Governance).expect("decodes");
    assert_eq!(&read, state.record());
    let again = State::new(read, own_id(), NOW + 1).expect("valid");
    assert_eq!(again.record(), state.record(), "genesis is not repeated");
}

#[test]
fn should_adopt_and_execute_at_once_with_a_majority() {
    let mut state = state(&[100 * TOKEN, 10 * TOKEN]);
    let id = made(command(&mut state, NOW, 1, propose(motion()), None));
    assert_eq!(id, 1);
    assert_eq!(data(&state, id).status(), Status::Executed);
    assert_eq!(data(&state, id).executed_timestamp_seconds, NOW);
    assert_eq!(fees(&state, 1), 0, "the fee is given back");
    assert!(state.take_executions().is_empty());
}

#[test]
fn should_ask_the_validator_before_anything_else_and_lock_the_neuron() {
    let mut state = state(&[100 * TOKEN]);
    let stranger = principal(9);
    let wanted = propose(call(&[1, 2]));
    let request = ManageNeuron {
        subaccount: vec![1; 32],
        command: Some(wanted.clone()),
    };
    let id = state
        .admit(NOW, stranger, &request)
        .expect("who calls does not matter yet");
    let question = state
        .question(&id, &wanted)
        .expect("the validator is asked");
    assert_eq!(question.method.canister, principal(21));
    assert_eq!(question.method.name, "validate_deploy");
    assert_eq!(question.arg, [1, 2], "the payload as it is");
    let locked = state
        .admit(NOW, principal(1), &request)
        .expect_err("locked");
    assert_eq!(locked.error_type, ErrorType::NeuronLocked as i32);
    let refused = state.perform(NOW, NOW, stranger, &id, &wanted, Some(&accepted()));
    let refused = refused.expect_err("a stranger may not propose");
    assert_eq!(refused.error_type, ErrorType::NotAuthorized as i32);
    state.release(&id);
    assert!(state.admit(NOW, principal(1), &request).is_ok());
    assert!(state.record.proposals.is_empty());
    assert_eq!(fees(&state, 1), 0);
}

#[test]
fn should_execute_a_call_once_and_tell_what_became_of_it() {
    let trapped = Reject {
        code: 5,
        message: "boom".to_string(),
    };
    let rows: [(&str, Answer, Status, Option<&str>); 3] = [
        (
            "any reply is success",
            Ok(vec![0xff]),
            Status::Executed,
            None,
        ),
        (
            "even one that says Err",
            Ok(Encode!(&Err::<(), String>("no".to_string())).expect("encodes")),
            Status::Executed,
            None,
        ),
        (
            "a trap",
            Err(trapped),
            Status::Failed,
            Some("Canister method call to execute proposal failed: (Some(5), \"boom\")"),
        ),
    ];
    for (desc, answer, status, reason) in rows {
        let mut state = state(&[100 * TOKEN]);
        let payload = vec![3; 100];
        let id = made(command(
            &mut state,
            NOW,
            1,
            propose(call(&payload)),
            Some(&accepted()),
        ));
        assert_eq!(data(&state, id).status(), Status::Adopted, "{desc}");
        assert_eq!(data(&state, id).action, CALL, "{desc}");
        let executions = state.take_executions();
        let [execution] = executions.as_slice() else {
            unreachable!("{desc}: {executions:?}");
        };
        assert_eq!(execution.call.method.canister, principal(20), "{desc}");
        assert_eq!(execution.call.method.name, "deploy", "{desc}");
        assert_eq!(execution.call.arg, payload, "{desc}");
        state.executed(NOW + 7, id, execution.kind, &answer);
        assert_eq!(data(&state, id).status(), status, "{desc}");
        let failure = data(&state, id).failure_reason.clone();
        assert_eq!(
            failure.as_ref().map(|e| e.error_message.as_str()),
            reason,
            "{desc}"
        );
        assert!(
            failure.is_none_or(|e| e.error_type == ErrorType::External as i32),
            "{desc}"
        );
        state.process_due(NOW + 9 * ONE_DAY);
        assert!(state.take_executions().is_empty(), "{desc}: never again");
    }
}

#[test]
fn should_fail_an_adopted_call_whose_function_is_gone() {
    let mut state = state(&[10 * TOKEN, 100 * TOKEN]);
    let id = made(command(
        &mut state,
        NOW,
        1,
        propose(call(&[])),
        Some(&accepted()),
    ));
    assert_eq!(data(&state, id).status(), Status::Open);
    let remove = propose(Action::RemoveGenericNervousSystemFunction(CALL));
    let removal = made(command(&mut state, NOW, 2, remove, None));
    assert_eq!(data(&state, removal).status(), Status::Executed);
    assert_eq!(state.list_functions().reserved_ids, [CALL]);
    assert_eq!(vote(&mut state, NOW, 2, id, VOTE_YES), Ok(()));
    assert_eq!(data(&state, id).status(), Status::Failed);
    let reason = data(&state, id)
        .failure_reason
        .as_ref()
        .map(|reason| reason.error_type);
    assert_eq!(reason, Some(ErrorType::InvalidProposal as i32));
    let again = propose(Action::AddGenericNervousSystemFunction(function(
        CALL,
        Some(Topic::Governance),
    )));
    let refused = command(&mut state, NOW, 2, again, None).expect_err("ids are not used twice");
    assert!(
        refused
            .error_message
            .contains("already a NervousSystemFunction"),
        "{refused:?}"
    );
}

#[test]
fn should_register_functions_and_move_them_between_topics() {
    let mut state = state(&[100 * TOKEN]);
    let added = function(1_001, Some(Topic::TreasuryAssetManagement));
    let add = propose(Action::AddGenericNervousSystemFunction(added.clone()));
    let id = made(command(&mut state, NOW, 1, add, None));
    assert_eq!(data(&state, id).status(), Status::Executed);
    assert_eq!(data(&state, id).topic, Some(Topic::CriticalDappOperations));
    assert!(state.list_functions().functions.contains(&added));
    let change = SetTopicsForCustomProposals {
        custom_function_id_to_topic: BTreeMap::from([(1_001, Topic::Governance)]),
    };
    let moved = propose(Action::SetTopicsForCustomProposals(change));
    let id = made(command(&mut state, NOW, 1, moved, None));
    let text = data(&state, id)
        .payload_text_rendering
        .clone()
        .expect("a text");
    let expected = "# Set topics for custom SNS proposal types\n\n### If adopted, the following \
                    proposals will be categorized under the specified topics:\n\n  - function \
                    1001 under topic Governance (changing from TreasuryAssetManagement)";
    assert_eq!(text, expected);
    let topics = state.list_topics().topics.expect("all topics");
    let governance = topics
        .iter()
        .find(|info| info.topic == Some(Topic::Governance));
    let custom = governance
        .and_then(|info| info.custom_functions.clone())
        .expect("functions");
    assert_eq!(
        custom
            .iter()
            .map(|function| function.id)
            .collect::<Vec<_>>(),
        [1_001]
    );
}

#[test]
fn should_refuse_functions_that_may_not_be() {
    type Change = fn(&mut GenericNervousSystemFunction);
    let rows: [(&str, Change, &str); 7] = [
        (
            "governance",
            |g| g.target_canister_id = Some(own_id()),
            "reserved canister",
        ),
        (
            "root",
            |g| g.validator_canister_id = Some(principal(101)),
            "reserved canister",
        ),
        (
            "ledger",
            |g| g.target_canister_id = Some(principal(102)),
            "reserved canister",
        ),
        (
            "swap",
            |g| g.target_canister_id = Some(principal(103)),
            "reserved canister",
        ),
        (
            "ICP ledger",
            |g| g.target_canister_id = Some(ledger::icp_ledger()),
            "reserved canister",
        ),
        (
            "management",
            |g| g.target_canister_id = Some(Principal::management_canister()),
            "reserved canister",
        ),
        ("no topic", |g| g.topic = None, "must have a topic"),
    ];
    for (desc, change, expected) in rows {
        let mut state = state(&[100 * TOKEN]);
        let mut added = function(1_001, Some(Topic::Governance));
        match &mut added.function_type {
            Some(FunctionType::GenericNervousSystemFunction(generic)) => change(generic),
            _ => unreachable!("the function is generic"),
        }
        let add = propose(Action::AddGenericNervousSystemFunction(added));
        let refused = command(&mut state, NOW, 1, add, None).expect_err(desc);
        assert_eq!(
            refused.error_type,
            ErrorType::InvalidProposal as i32,
            "{desc}"
        );
        assert!(
            refused.error_message.contains(expected),
            "{desc}: {refused:?}"
        );
    }
}

#[test]
fn should_decide_at_the_deadline_and_keep_the_fee_of_a_rejection() {
    let rows = [
        ("nobody else votes", None, Status::Executed, 0),
        ("more against", Some(VOTE_NO), Status::Rejected, TOKEN),
        ("more for", Some(VOTE_YES), Status::Executed, 0),
    ];
    for (desc, second, status, fee) in rows {
        let mut state = state(&[30 * TOKEN, 31 * TOKEN, 100 * TOKEN]);
        let id = made(command(&mut state, NOW, 1, propose(motion()), None));
        assert_eq!(fees(&state, 1), TOKEN, "{desc}: taken up front");
        if let Some(cast) = second {
            assert_eq!(vote(&mut state, NOW + 1, 2, id, cast), Ok(()), "{desc}");
        }
        let deadline = data(&state, id).deadline();
        state.process_due(deadline - 1);
        assert_eq!(data(&state, id).status(), Status::Open, "{desc}");
        state.process_due(deadline);
        assert_eq!(data(&state, id).status(), status, "{desc}");
        assert_eq!(
            data(&state, id).decided_timestamp_seconds,
            deadline,
            "{desc}"
        );
        assert_eq!(fees(&state, 1), fee, "{desc}");
    }
}

#[test]
fn should_take_votes_until_the_deadline_once_each() {
    let mut state = state(&[10 * TOKEN, 10 * TOKEN, 100 * TOKEN]);
    let id = made(command(&mut state, NOW, 1, propose(motion()), None));
    let deadline = data(&state, id).deadline();
    let rows = [
        ("twice", 1, VOTE_NO, NOW, Err(ErrorType::PreconditionFailed)),
        (
            "neither yes nor no",
            2,
            3,
            NOW,
            Err(ErrorType::PreconditionFailed),
        ),
        (
            "too late",
            2,
            VOTE_YES,
            deadline + 1,
            Err(ErrorType::PreconditionFailed),
        ),
        ("at the deadline", 2, VOTE_YES, deadline, Ok(())),
        ("after the decision", 3, VOTE_NO, deadline, Ok(())),
    ];
    for (desc, byte, cast, now, expected) in rows {
        let outcome = vote(&mut state, now, byte, id, cast);
        assert_eq!(outcome, expected.map_err(|kind| kind as i32), "{desc}");
    }
    let missing = vote(&mut state, NOW, 1, id + 1, VOTE_YES);
    assert_eq!(missing, Err(ErrorType::NotFound as i32));
    let unknown = vote(&mut state, NOW, 9, id, VOTE_YES);
    assert_eq!(unknown, Err(ErrorType::NotFound as i32), "no such neuron");
}

#[test]
fn should_refuse_proposers_who_may_not() {
    type Change = fn(&mut Neuron);
    let rows: [(&str, Change, ErrorType); 3] = [
        (
            "delay a second short",
            |n| n.dissolve_state = Some(DissolveState::DissolveDelaySeconds(YEAR / 2 - 1)),
            ErrorType::PreconditionFailed,
        ),
        (
            "stake an e8 short",
            |n| n.neuron_fees_e8s = 9 * TOKEN + 1,
            ErrorType::PreconditionFailed,
        ),
        (
            "no permission",
            |n| {
                n.permissions[0]
                    .permission_type
                    .retain(|p| *p != Permission::SubmitProposal as i32)
            },
            ErrorType::NotAuthorized,
        ),
    ];
    for (desc, change, kind) in rows {
        let mut state = state(&[10 * TOKEN, TOKEN]);
        change(
            state
                .record
                .neurons
                .get_mut(&neuron_id(1).to_hex())
                .expect("neuron 1"),
        );
        let refused = command(&mut state, NOW, 1, propose(motion()), None).expect_err(desc);
        assert_eq!(refused.error_type, kind as i32, "{desc}: {refused:?}");
        assert!(state.record.proposals.is_empty(), "{desc}");
    }
    let mut state = state(&[10 * TOKEN]);
    state
        .record
        .neurons
        .get_mut(&neuron_id(1).to_hex())
        .expect("neuron 1")
        .neuron_fees_e8s = 9 * TOKEN;
    made(command(&mut state, NOW, 1, propose(motion()), None));
}

#[test]
fn should_exempt_calls_from_the_cap_on_proposals() {
    let mut state = state(&[10 * TOKEN]);
    let ballot = Ballot {
        vote: 0,
        cast_timestamp_seconds: 0,
        voting_power: 1,
    };
    for number in 1..=700 {
        let mut data = empty_proposal();
        data.ballots.insert(String::new(), ballot);
        state.record.proposals.insert(number, data);
    }
    let refused = command(&mut state, NOW, 1, propose(motion()), None).expect_err("full");
    assert_eq!(refused.error_type, ErrorType::ResourceExhausted as i32);
    made(command(
        &mut state,
        NOW,
        1,
        propose(call(&[])),
        Some(&accepted()),
    ));
    state
        .record
        .proposals
        .get_mut(&1)
        .expect("there")
        .ballots
        .clear();
    state
        .record
        .proposals
        .get_mut(&2)
        .expect("there")
        .ballots
        .clear();
    made(command(&mut state, NOW, 1, propose(motion()), None));
}

#[test]
fn should_use_the_higher_thresholds_where_the_topic_is_critical() {
    let mut state = state(&[60 * TOKEN, 40 * TOKEN]);
    let normal = made(command(&mut state, NOW, 1, propose(motion()), None));
    assert_eq!(
        data(&state, normal).status(),
        Status::Executed,
        "60% is a majority"
    );
    let change = SetTopicsForCustomProposals {
        custom_function_id_to_topic: BTreeMap::from([(CALL, Topic::CriticalDappOperations)]),
    };
    let set = propose(Action::SetTopicsForCustomProposals(change));
    let critical = made(command(&mut state, NOW, 1, set, None));
    assert_eq!(
        data(&state, critical).status(),
        Status::Open,
        "60% is not enough"
    );
    assert_eq!(data(&state, critical).deadline(), NOW + 5 * ONE_DAY);
    let mut made_critical = parameters();
    made_critical.custom_proposal_criticality = Some(CustomProposalCriticality {
        additional_critical_native_action_ids: vec![1],
    });
    state.record.parameters = Some(made_critical);
    let motion = made(command(&mut state, NOW, 1, propose(motion()), None));
    assert_eq!(
        data(&state, motion).status(),
        Status::Open,
        "motions are critical now"
    );
}

fn payment(from_treasury: i32, amount_e8s: u64) -> Command {
    propose(Action::TransferSnsTreasuryFunds(TransferSnsTreasuryFunds {
        from_treasury,
        to_principal: Some(principal(30)),
        to_subaccount: Some(Subaccount {
            subaccount: vec![5; 32],
        }),
        memo: Some(77),
        amount_e8s,
    }))
}

fn balance(e8s: u64) -> Answer {
    Ok(Encode!(&Nat::from(e8s)).expect("encodes"))
}

#[test]
fn should_pay_out_of_the_treasury_one_at_a_time_and_within_the_limit() {
    let mut state = state(&[100 * TOKEN]);
    let pay = |amount| payment(FROM_ICP_TREASURY, amount);
    let holdings = balance(100 * TOKEN);
    let refused = command(&mut state, NOW, 1, pay(100 * TOKEN + 1), Some(&holdings));
    let refused = refused.expect_err("more than there is");
    assert!(
        refused.error_message.contains("Amount is too large."),
        "{refused:?}"
    );
    let first = made(command(
        &mut state,
        NOW,
        1,
        pay(60 * TOKEN),
        Some(&holdings),
    ));
    let second = made(command(
        &mut state,
        NOW,
        1,
        pay(50 * TOKEN),
        Some(&holdings),
    ));
    assert_eq!(data(&state, first).status(), Status::Adopted);
    assert_eq!(
        data(&state, second).status(),
        Status::Failed,
        "one at a time"
    );
    let executions = state.take_executions();
    let [
        Execution {
            kind: ExecutionKind::IcpTransfer,
            call,
            proposal,
        },
    ] = executions.as_slice()
    else {
        unreachable!("{executions:?}");
    };
    assert_eq!(*proposal, first);
    assert_eq!(call.method.canister, ledger::icp_ledger());
    assert_eq!(call.method.name, "transfer");
    let expected = ledger::icp_transfer_arg(principal(30), [5; 32], 60 * TOKEN, 77);
    assert_eq!(call.arg, expected);
    let paid = Ok(Encode!(&Ok::<u64, ()>(3)).expect("encodes"));
    state.executed(NOW + 1, first, ExecutionKind::IcpTransfer, &paid);
    assert_eq!(data(&state, first).status(), Status::Executed);
    // 60 of 100 are gone within the last seven days.
    let later = NOW + 2;
    assert!(command(&mut state, later, 1, pay(40 * TOKEN + 1), Some(&holdings)).is_err());
    let third = made(command(
        &mut state,
        later,
        1,
        pay(40 * TOKEN),
        Some(&holdings),
    ));
    let error = Encode!(&Err::<u64, _>(ShortOfFunds::InsufficientFunds)).expect("encodes");
    state.executed(later, third, ExecutionKind::IcpTransfer, &Ok(error));
    assert_eq!(data(&state, third).status(), Status::Failed);
    let week = NOW + 7 * ONE_DAY + 2;
    made(command(
        &mut state,
        week,
        1,
        pay(100 * TOKEN),
        Some(&holdings),
    ));
}

/// An error that the ledger does not have: the reply does not decode.
#[derive(candid::CandidType)]
enum ShortOfFunds {
    InsufficientFunds,
}

#[test]
fn should_pay_sns_tokens_from_their_own_subaccount() {
    let mut state = state(&[100 * TOKEN]);
    let pay = payment(FROM_SNS_TOKEN_TREASURY, TOKEN);
    made(command(&mut state, NOW, 1, pay, Some(&balance(5 * TOKEN))));
    let executions = state.take_executions();
    let call = &executions.first().expect("one payment").call;
    assert_eq!(
        (call.method.canister, call.method.name.as_str()),
        (principal(102), "icrc1_transfer")
    );
    let subaccount = treasury::treasury_subaccount(own_id());
    let expected =
        ledger::token_transfer_arg(subaccount, principal(30), Some([5; 32]), TOKEN, 10_000, 77);
    assert_eq!(call.arg, expected);
}

#[test]
fn should_refuse_what_it_does_not_know_in_words() {
    let mut state = state(&[100 * TOKEN]);
    let action = propose(Action::UpgradeSnsToNextVersion(Empty {}));
    let refused = command(&mut state, NOW, 1, action, None).expect_err("unknown action");
    assert_eq!(refused.error_type, ErrorType::InvalidProposal as i32);
    assert!(
        refused.error_message.contains("UpgradeSnsToNextVersion"),
        "{refused:?}"
    );
    let split = Command::Split(Split {
        memo: 0,
        amount_e8s: 1,
    });
    let refused = command(&mut state, NOW, 1, split, None).expect_err("unknown command");
    assert_eq!(refused.error_type, ErrorType::Unavailable as i32);
    let none = propose(Action::Unspecified(Empty {}));
    assert!(command(&mut state, NOW, 1, none, None).is_err());
    let unknown =
        Action::ExecuteGenericNervousSystemFunction(ExecuteGenericNervousSystemFunction {
            function_id: 1_009,
            payload: Vec::new(),
        });
    let refused = command(&mut state, NOW, 1, propose(unknown), None).expect_err("no function");
    assert!(
        refused
            .error_message
            .contains("There is no NervousSystemFunction with id: 1009")
    );
}

#[test]
fn should_refuse_a_call_of_a_function_without_a_topic() {
    let mut state = state(&[100 * TOKEN]);
    state
        .record
        .id_to_nervous_system_functions
        .insert(CALL, function(CALL, None));
    let refused = command(&mut state, NOW, 1, propose(call(&[])), Some(&accepted()));
    let refused = refused.expect_err("no topic");
    assert_eq!(refused.error_type, ErrorType::InvalidProposal as i32);
    assert!(
        refused.error_message.contains("must be assigned a topic"),
        "{refused:?}"
    );
    assert_eq!(
        state
            .list_topics()
            .uncategorized_functions
            .map(|list| list.len()),
        Some(1)
    );
}

#[test]
fn should_claim_a_neuron_and_refresh_its_stake() {
    let mut state = state(&[TOKEN]);
    let caller = principal(40);
    let by = MemoAndController {
        controller: None,
        memo: 5,
    };
    let claim = Command::ClaimOrRefresh(ClaimOrRefresh {
        by: Some(By::MemoAndController(by)),
    });
    let request = ManageNeuron {
        subaccount: Vec::new(),
        command: Some(claim.clone()),
    };
    let id = state.admit(NOW, caller, &request).expect("admitted");
    assert_eq!(id.id, treasury::neuron_subaccount(caller, 5));
    let question = state.question(&id, &claim).expect("the ledger is asked");
    assert_eq!(question.method.canister, principal(102));
    let short = state.perform(NOW, NOW, caller, &id, &claim, Some(&balance(TOKEN - 1)));
    assert_eq!(
        short.map_err(|error| error.error_type),
        Err(ErrorType::InsufficientFunds as i32)
    );
    let claimed = state.perform(NOW, NOW, caller, &id, &claim, Some(&balance(TOKEN)));
    assert!(
        matches!(claimed, Ok(CommandResponse::ClaimOrRefresh(_))),
        "{claimed:?}"
    );
    let refreshed = state.perform(NOW, NOW, caller, &id, &claim, Some(&balance(3 * TOKEN)));
    assert!(refreshed.is_ok(), "{refreshed:?}");
    let neuron = &state.record.neurons[&id.to_hex()];
    assert_eq!(neuron.cached_neuron_stake_e8s, 3 * TOKEN);
    assert_eq!(neuron.permissions[0].principal, Some(caller));
    assert_eq!(
        state
            .list_neurons(&ListNeurons {
                of_principal: Some(caller),
                limit: 0,
                start_page_at: None,
            })
            .neurons
            .len(),
        1
    );
}

#[test]
fn should_follow_known_functions_only() {
    let mut state = state(&[10 * TOKEN, 20 * TOKEN]);
    let follow = |function_id, followees: &[u8]| {
        let followees = followees.iter().map(|byte| neuron_id(*byte)).collect();
        Command::Follow(Follow {
            function_id,
            followees,
        })
    };
    let many = vec![1; 16];
    let rows = [
        ("a registered call", follow(CALL, &[1]), true),
        ("the catch-all", follow(0, &[1]), true),
        ("an unknown function", follow(1_009, &[1]), false),
        ("too many", follow(CALL, &many), false),
    ];
    for (desc, wanted, expected) in rows {
        let outcome = command(&mut state, NOW, 2, wanted, None);
        assert_eq!(outcome.is_ok(), expected, "{desc}: {outcome:?}");
    }
    let id = made(command(&mut state, NOW, 1, propose(motion()), None));
    assert_eq!(
        data(&state, id).status(),
        Status::Executed,
        "neuron 2 follows"
    );
    assert!(command(&mut state, NOW, 2, follow(0, &[]), None).is_ok());
    let id = made(command(&mut state, NOW, 1, propose(motion()), None));
    assert_eq!(
        data(&state, id).status(),
        Status::Open,
        "neuron 2 follows no more"
    );
}

#[test]
fn should_page_and_filter_proposals() {
    let mut state = state(&[1_000 * TOKEN, 10 * TOKEN]);
    for _ in 0..3 {
        made(command(&mut state, NOW, 1, propose(motion()), None));
    }
    let open = made(command(
        &mut state,
        NOW,
        2,
        propose(call(&[])),
        Some(&accepted()),
    ));
    let ids = |request: ListProposals| -> Vec<u64> {
        let response = state.list_proposals(NOW, principal(2), &request);
        response
            .proposals
            .iter()
            .filter_map(|data| Some(data.id?.id))
            .collect()
    };
    let all = ListProposals::default;
    let rows = [
        ("newest first", all(), vec![open, 3, 2, 1]),
        ("limit", ListProposals { limit: 2, ..all() }, vec![open, 3]),
        (
            "before",
            ListProposals {
                before_proposal: Some(ProposalId { id: 3 }),
                ..all()
            },
            vec![2, 1],
        ),
        (
            "status",
            ListProposals {
                include_status: vec![1],
                ..all()
            },
            vec![open],
        ),
        (
            "type",
            ListProposals {
                exclude_type: vec![1],
                ..all()
            },
            vec![open],
        ),
        (
            "topic",
            ListProposals {
                include_topics: Some(vec![TopicSelector {
                    topic: Some(Topic::Governance),
                }]),
                ..all()
            },
            vec![3, 2, 1],
        ),
        (
            "rewards",
            ListProposals {
                include_reward_status: vec![2],
                ..all()
            },
            vec![],
        ),
    ];
    for (desc, request, expected) in rows {
        assert_eq!(ids(request), expected, "{desc}");
    }
    let listed = state.list_proposals(NOW, principal(2), &all());
    let keys: Vec<&String> = listed.proposals[0].ballots.keys().collect();
    assert_eq!(
        keys,
        [&neuron_id(2).to_hex()],
        "ballots of the caller alone"
    );
    let unknown = state.get_proposal(ProposalId { id: 99 });
    assert!(
        matches!(unknown.result, Some(GetProposalResult::Error(error))
        if error.error_type == ErrorType::PreconditionFailed as i32)
    );
}

#[test]
fn should_hold_back_before_the_swap_is_over() {
    let mut before = record(&[100 * TOKEN]);
    before.mode = MODE_PRE_INITIALIZATION_SWAP;
    let mut state = State::new(before, own_id(), NOW).expect("valid");
    let pay = payment(FROM_ICP_TREASURY, TOKEN);
    let refused = command(&mut state, NOW, 1, pay.clone(), Some(&balance(TOKEN)));
    assert!(refused.is_err_and(|error| error.error_message.contains("PreInitializationSwap")));
    made(command(
        &mut state,
        NOW,
        1,
        propose(call(&[])),
        Some(&accepted()),
    ));
    let configure = Command::Configure(Configure { operation: None });
    assert!(command(&mut state, NOW, 1, configure, None).is_err());
    assert!(state.set_mode(principal(1), MODE_NORMAL).is_err());
    assert!(
        state
            .set_mode(principal(103), MODE_PRE_INITIALIZATION_SWAP)
            .is_err()
    );
    assert_eq!(state.set_mode(principal(103), MODE_NORMAL), Ok(()));
    made(command(&mut state, NOW, 1, pay, Some(&balance(TOKEN))));
}
