//! Governance as a state machine: commands and answers in, calls to make out.
//!
//! Nothing here awaits and nothing here knows the time: whoever drives it says what time it is, and
//! makes the calls that it asks for. What it holds is the record that it was installed with, as it
//! stands now; the record alone survives an upgrade.

use std::collections::{BTreeMap, BTreeSet};

use candid::Principal;

use crate::calls::{Answer, Call, Execution, ExecutionKind, failed};
use crate::functions::{
    Method, TOPIC_TEXTS, deletion_marker, is_native_id, name_and_id, native_functions, native_topic,
};
use crate::ledger;
use crate::neurons::cast_vote;
use crate::render;
use crate::treasury;
use crate::types::*;
use crate::voting::{Rules, Status};

/// Proposals, neurons and so on in one answer.
pub const MAX_LIST: usize = 100;
/// Proposals with ballots at a time, except for calls of registered functions.
pub const MAX_PROPOSALS_WITH_BALLOTS: usize = 700;
/// Voting power of a neuron that is claimed. **Units** percent.
const CLAIMED_MULTIPLIER: u64 = 100;

/// The whole state.
#[derive(Clone, Debug)]
pub struct State {
    record: Governance,
    /// Id of this canister.
    own_id: Principal,
    /// The one payment out of a treasury that is under way.
    paying: Option<u64>,
    /// Calls that adopted proposals want made.
    executions: Vec<Execution>,
}

/// A refusal of this kind.
fn refuse<T>(kind: ErrorType, message: impl Into<String>) -> Result<T, GovernanceError> {
    Err(GovernanceError::new(kind, message))
}

impl State {
    /// Starts with this record. A record without a time of genesis starts now, and so does the age
    /// of its neurons.
    ///
    /// **Errors** what the real canister would refuse to be installed with.
    pub fn new(mut record: Governance, own_id: Principal, now: u64) -> Result<Self, String> {
        record.validate()?;
        if record.genesis_timestamp_seconds == 0 {
            record.genesis_timestamp_seconds = now;
            for neuron in record.neurons.values_mut() {
                neuron.created_timestamp_seconds = now;
                neuron.aging_since_timestamp_seconds = now;
            }
        }
        Ok(Self {
            record,
            own_id,
            paying: None,
            executions: Vec::new(),
        })
    }

    /// The record as it stands.
    pub fn record(&self) -> &Governance {
        &self.record
    }

    /// Takes the calls that adopted proposals want made. Each is made once.
    pub fn take_executions(&mut self) -> Vec<Execution> {
        std::mem::take(&mut self.executions)
    }

    fn parameters(&self) -> &NervousSystemParameters {
        self.record
            .parameters
            .as_ref()
            .expect("the record was validated when it was installed")
    }

    fn ledger_id(&self) -> Principal {
        self.record
            .ledger_canister_id
            .expect("the record was validated when it was installed")
    }

    /// Canisters that no function may call.
    fn reserved(&self) -> Vec<Principal> {
        let sns = [
            self.record.root_canister_id,
            self.record.ledger_canister_id,
            self.record.swap_canister_id,
        ];
        sns.into_iter()
            .flatten()
            .chain([
                self.own_id,
                ledger::icp_ledger(),
                Principal::management_canister(),
            ])
            .collect()
    }

    fn neuron(&self, id: &NeuronId) -> Result<&Neuron, GovernanceError> {
        self.record
            .neurons
            .get(&id.to_hex())
            .ok_or_else(|| not_found(id))
    }

    fn neuron_mut(&mut self, id: &NeuronId) -> Result<&mut Neuron, GovernanceError> {
        self.record
            .neurons
            .get_mut(&id.to_hex())
            .ok_or_else(|| not_found(id))
    }

    fn is_swap(&self, caller: Principal) -> bool {
        self.record.swap_canister_id == Some(caller)
    }

    /// Admits a command to a neuron and locks the neuron, until [`Self::release`].
    ///
    /// Who the caller is does not matter yet.
    pub fn admit(
        &mut self,
        now: u64,
        caller: Principal,
        request: &ManageNeuron,
    ) -> Result<NeuronId, GovernanceError> {
        let id = match &request.command {
            Some(Command::ClaimOrRefresh(ClaimOrRefresh {
                by: Some(By::MemoAndController(by)),
            })) => {
                let controller = by.controller.unwrap_or(caller);
                treasury::neuron_subaccount(controller, by.memo).to_vec()
            }
            _ => request.subaccount.clone(),
        };
        if id.len() != 32 {
            return refuse(ErrorType::PreconditionFailed, "Invalid subaccount");
        }
        let id = NeuronId { id };
        let Some(command) = &request.command else {
            return refuse(
                ErrorType::InvalidCommand,
                "ManageNeuron lacks a value in its command field.",
            );
        };
        self.check_mode_allows(command, self.is_swap(caller))?;
        self.check_vesting_allows(now, &id, command)?;
        let hex = id.to_hex();
        if self.record.in_flight_commands.contains_key(&hex) {
            return refuse(ErrorType::NeuronLocked, "Neuron has an ongoing operation.");
        }
        let lock = NeuronInFlightCommand {
            command: None,
            timestamp: now,
        };
        self.record.in_flight_commands.insert(hex, lock);
        Ok(id)
    }

    /// Unlocks a neuron.
    pub fn release(&mut self, id: &NeuronId) {
        self.record.in_flight_commands.remove(&id.to_hex());
    }

    fn check_mode_allows(&self, command: &Command, by_swap: bool) -> Result<(), GovernanceError> {
        if self.record.mode != MODE_PRE_INITIALIZATION_SWAP {
            return Ok(());
        }
        match command {
            Command::Follow(_)
            | Command::MakeProposal(_)
            | Command::RegisterVote(_)
            | Command::AddNeuronPermissions(_)
            | Command::RemoveNeuronPermissions(_) => Ok(()),
            Command::ClaimOrRefresh(_) if by_swap => Ok(()),
            _ => refuse(
                ErrorType::PreconditionFailed,
                format!(
                    "Because governance is currently in PreInitializationSwap mode, manage_neuron \
                     commands of this type are not allowed (caller_is_swap_canister={by_swap}). \
                     command: {command:#?}"
                ),
            ),
        }
    }

    fn check_vesting_allows(
        &self,
        now: u64,
        id: &NeuronId,
        command: &Command,
    ) -> Result<(), GovernanceError> {
        if matches!(command, Command::ClaimOrRefresh(_)) {
            return Ok(());
        }
        if !self.neuron(id)?.is_vesting(now) {
            return Ok(());
        }
        let forbidden = match command {
            Command::Configure(Configure {
                operation: Some(operation),
            }) => match operation {
                Operation::IncreaseDissolveDelay(_) => "IncreaseDissolveDelay",
                Operation::StartDissolving(_) => "StartDissolving",
                Operation::StopDissolving(_) => "StopDissolving",
                Operation::SetDissolveTimestamp(_) => "SetDissolveTimestamp",
                Operation::ChangeAutoStakeMaturity(_) => return Ok(()),
            },
            Command::Disburse(_) => "Disburse",
            Command::Split(_) => "Split",
            _ => return Ok(()),
        };
        refuse(
            ErrorType::PreconditionFailed,
            format!(
                "Neuron {} is vesting and cannot call {forbidden}",
                id.to_hex()
            ),
        )
    }

    /// The call that must be answered before the command can be done, if there is one.
    ///
    /// For a proposal this comes before any check of who proposes it.
    pub fn question(&self, id: &NeuronId, command: &Command) -> Option<Call> {
        let balance_of = |ledger, owner, subaccount| {
            Some(Call {
                method: Method {
                    canister: ledger,
                    name: "icrc1_balance_of".to_string(),
                },
                arg: ledger::balance_arg(owner, subaccount),
            })
        };
        match command {
            Command::ClaimOrRefresh(ClaimOrRefresh { by: Some(_) }) => {
                let subaccount = id.id.as_slice().try_into().ok()?;
                balance_of(self.ledger_id(), self.own_id, Some(subaccount))
            }
            Command::MakeProposal(proposal) => match proposal.action.as_ref()? {
                Action::ExecuteGenericNervousSystemFunction(call) => {
                    let function = self
                        .record
                        .id_to_nervous_system_functions
                        .get(&call.function_id)?;
                    let validator = function.validated().ok()?.validator;
                    Some(Call {
                        method: validator,
                        arg: call.payload.clone(),
                    })
                }
                Action::TransferSnsTreasuryFunds(transfer) => match transfer.from_treasury {
                    FROM_ICP_TREASURY => balance_of(ledger::icp_ledger(), self.own_id, None),
                    FROM_SNS_TOKEN_TREASURY => {
                        let subaccount = treasury::treasury_subaccount(self.own_id);
                        balance_of(self.ledger_id(), self.own_id, Some(subaccount))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Does an admitted command. `asked_at` is when it was admitted, `now` when its question, if
    /// there was one, was answered.
    pub fn perform(
        &mut self,
        asked_at: u64,
        now: u64,
        caller: Principal,
        id: &NeuronId,
        command: &Command,
        answer: Option<&Answer>,
    ) -> Result<CommandResponse, GovernanceError> {
        match command {
            Command::MakeProposal(proposal) => self
                .make_proposal(asked_at, now, caller, id, proposal, answer)
                .map(|id| {
                    CommandResponse::MakeProposal(GetProposal {
                        proposal_id: Some(id),
                    })
                }),
            Command::RegisterVote(vote) => self
                .register_vote(now, caller, id, *vote)
                .map(|()| CommandResponse::RegisterVote(Empty {})),
            Command::Follow(follow) => self
                .follow(caller, id, follow)
                .map(|()| CommandResponse::Follow(Empty {})),
            Command::SetFollowing(following) => self
                .set_following(caller, id, following)
                .map(|()| CommandResponse::SetFollowing(Empty {})),
            Command::Configure(configure) => self
                .configure(now, caller, id, configure)
                .map(|()| CommandResponse::Configure(Empty {})),
            Command::ClaimOrRefresh(claim) => self
                .claim_or_refresh(now, caller, id, claim, answer)
                .map(|()| {
                    let refreshed_neuron_id = Some(id.clone());
                    CommandResponse::ClaimOrRefresh(ClaimOrRefreshResponse {
                        refreshed_neuron_id,
                    })
                }),
            Command::Split(_)
            | Command::DisburseMaturity(_)
            | Command::StakeMaturity(_)
            | Command::RemoveNeuronPermissions(_)
            | Command::AddNeuronPermissions(_)
            | Command::MergeMaturity(_)
            | Command::Disburse(_) => refuse(
                ErrorType::Unavailable,
                "This stand-in does not know this command.",
            ),
        }
    }

    // Proposals.

    fn make_proposal(
        &mut self,
        asked_at: u64,
        now: u64,
        caller: Principal,
        id: &NeuronId,
        proposal: &Proposal,
        answer: Option<&Answer>,
    ) -> Result<ProposalId, GovernanceError> {
        let rendered = self.validate_and_render(now, proposal.action.as_ref(), answer);
        let (rendering, action_auxiliary) = render::with_text_defects(proposal, rendered)
            .map_err(|defects| GovernanceError::new(ErrorType::InvalidProposal, defects))?;
        let Some(action) = &proposal.action else {
            return refuse(ErrorType::InvalidProposal, "No action.");
        };
        self.check_mode_allows_action(action)?;
        let parameters = self.parameters();
        let reject_cost_e8s = parameters.reject_cost_e8s.unwrap_or_default();
        let proposer = self.neuron(id)?;
        proposer.check_authorized(caller, Permission::SubmitProposal)?;
        let min_delay = parameters
            .neuron_minimum_dissolve_delay_to_vote_seconds
            .unwrap_or_default();
        let delay = proposer.dissolve_delay(asked_at);
        if delay < min_delay {
            return refuse(
                ErrorType::PreconditionFailed,
                format!(
                    "The proposer's dissolve delay {delay} is less than the minimum required \
                     dissolve delay of {min_delay}"
                ),
            );
        }
        if proposer.stake() < reject_cost_e8s {
            return refuse(
                ErrorType::PreconditionFailed,
                "Neuron doesn't have enough stake to submit proposal.",
            );
        }
        let with_ballots = self
            .record
            .proposals
            .values()
            .filter(|data| !data.ballots.is_empty())
            .count();
        let exempt = matches!(action, Action::ExecuteGenericNervousSystemFunction(_));
        if with_ballots >= MAX_PROPOSALS_WITH_BALLOTS && !exempt {
            return refuse(
                ErrorType::ResourceExhausted,
                "Reached maximum number of proposals that have not yet been taken into account \
                 for voting rewards. Please try again later.",
            );
        }
        let mut ballots = self.electoral_roll(now)?;
        let (topic, critical) = self.topic_and_criticality(action)?;
        let rules = Rules::of(critical, parameters);
        let (_, function) = name_and_id(action);
        let voter = id.to_hex();
        cast_vote(
            &mut ballots,
            &self.record.neurons,
            &voter,
            VOTE_YES,
            function,
            topic,
            asked_at,
        );
        let number = self
            .record
            .proposals
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        let data = ProposalData {
            id: Some(ProposalId { id: number }),
            payload_text_rendering: Some(rendering),
            action: function,
            failure_reason: None,
            action_auxiliary,
            ballots,
            minimum_yes_proportion_of_total: Some(Percentage {
                basis_points: Some(rules.total),
            }),
            reward_event_round: 0,
            failed_timestamp_seconds: 0,
            reward_event_end_timestamp_seconds: None,
            proposal_creation_timestamp_seconds: asked_at,
            initial_voting_period_seconds: rules.voting_period,
            reject_cost_e8s,
            latest_tally: None,
            wait_for_quiet_deadline_increase_seconds: rules.quiet_increase,
            decided_timestamp_seconds: 0,
            proposal: Some(proposal.clone()),
            proposer: Some(id.clone()),
            wait_for_quiet_state: Some(WaitForQuietState {
                current_deadline_timestamp_seconds: asked_at.saturating_add(rules.voting_period),
            }),
            minimum_yes_proportion_of_exercised: Some(Percentage {
                basis_points: Some(rules.exercised),
            }),
            is_eligible_for_rewards: true,
            executed_timestamp_seconds: 0,
            topic: Some(topic),
        };
        // The cost of a rejection is taken up front, and given back on adoption.
        let fees = &mut self.neuron_mut(id)?.neuron_fees_e8s;
        *fees = fees.saturating_add(reject_cost_e8s);
        self.record.proposals.insert(number, data);
        self.process(now, number);
        Ok(ProposalId { id: number })
    }

    fn validate_and_render(
        &self,
        now: u64,
        action: Option<&Action>,
        answer: Option<&Answer>,
    ) -> Result<(String, Option<ActionAuxiliary>), String> {
        let action = action.ok_or("No action was specified.")?;
        let rendering = match action {
            Action::Unspecified(_) => {
                Err("`unspecified` was used, but is not a valid Proposal action.".to_string())
            }
            Action::Motion(motion) => render::motion(motion),
            Action::AddGenericNervousSystemFunction(function) => {
                render::add_function(&self.record, &self.reserved(), function)
            }
            Action::RemoveGenericNervousSystemFunction(id) => {
                render::remove_function(&self.record, *id)
            }
            Action::ExecuteGenericNervousSystemFunction(call) => {
                let function = self
                    .record
                    .id_to_nervous_system_functions
                    .get(&call.function_id)
                    .filter(|function| !function.is_deletion_marker())
                    .ok_or_else(|| {
                        format!(
                            "There is no NervousSystemFunction with id: {}",
                            call.function_id
                        )
                    })?;
                // Without an answer the function has no validator to ask: it says why.
                let answer = answer.ok_or_else(|| {
                    function
                        .validated()
                        .err()
                        .unwrap_or_else(|| "not validated".to_string())
                })?;
                render::execute_generic(call, function, answer)
            }
            Action::TransferSnsTreasuryFunds(transfer) => {
                return self.validate_and_render_transfer(now, transfer, answer);
            }
            Action::SetTopicsForCustomProposals(change) => render::set_topics(&self.record, change),
            Action::ManageNervousSystemParameters(_)
            | Action::UpgradeSnsControlledCanister(_)
            | Action::UpgradeSnsToNextVersion(_)
            | Action::ManageSnsMetadata(_)
            | Action::RegisterDappCanisters(_)
            | Action::DeregisterDappCanisters(_)
            | Action::MintSnsTokens(_)
            | Action::ManageLedgerParameters(_)
            | Action::ManageDappCanisterSettings(_)
            | Action::AdvanceSnsTargetVersion(_)
            | Action::RegisterExtension(_)
            | Action::ExecuteExtensionOperation(_)
            | Action::UpgradeExtension(_) => Err(format!(
                "This stand-in does not know the action {}.",
                name_and_id(action).0
            )),
        };
        rendering.map(|rendering| (rendering, None))
    }

    fn validate_and_render_transfer(
        &self,
        now: u64,
        transfer: &TransferSnsTreasuryFunds,
        answer: Option<&Answer>,
    ) -> Result<(String, Option<ActionAuxiliary>), String> {
        let balance = match answer {
            Some(answer) => ledger::balance(answer),
            None => Err(
                "Invalid TransferSnsTreasuryFunds: The `from_treasury` field holds an \
                         unrecognized value"
                    .to_string(),
            ),
        };
        let balance = balance.and_then(|balance| {
            let limit = treasury::limit_e8s(balance);
            let spent =
                treasury::spent_e8s(self.record.proposals.values(), transfer.from_treasury, now);
            if transfer.amount_e8s <= limit.saturating_sub(spent) {
                return Ok(balance);
            }
            let [spent, limit, amount] =
                [spent, limit, transfer.amount_e8s].map(treasury::tokens_text);
            Err(format!(
                "Amount is too large. Within the past 7 days, a total of {spent} tokens has \
                 already been executed in like proposals. Whereas, at most {limit} is allowed. An \
                 additional {amount} tokens from this proposal would cause that upper bound to be \
                 exceeded. Maybe, try again in a few days?"
            ))
        });
        let fee = self.parameters().transaction_fee_e8s.unwrap_or_default();
        let defects = balance.as_ref().err().cloned().into_iter().collect();
        let rendering = treasury::validate_and_render_transfer(transfer, fee, defects)?;
        let valuation = self.valuation(now, transfer.from_treasury, balance?);
        let auxiliary = ValuationAuxiliary {
            valuation: Some(valuation),
        };
        Ok((
            rendering,
            Some(ActionAuxiliary::TransferSnsTreasuryFunds(auxiliary)),
        ))
    }

    fn valuation(&self, now: u64, from_treasury: i32, balance_e8s: u64) -> Valuation {
        let one = || {
            Some(Decimal {
                human_readable: Some("1".to_string()),
            })
        };
        let subaccount = (from_treasury == FROM_SNS_TOKEN_TREASURY).then(|| Subaccount {
            subaccount: treasury::treasury_subaccount(self.own_id).to_vec(),
        });
        Valuation {
            token: Some(from_treasury),
            account: Some(Account {
                owner: Some(self.own_id),
                subaccount,
            }),
            valuation_factors: Some(ValuationFactors {
                xdrs_per_icp: one(),
                icps_per_token: one(),
                tokens: ledger::tokens(balance_e8s),
            }),
            timestamp_seconds: Some(now),
        }
    }

    fn check_mode_allows_action(&self, action: &Action) -> Result<(), GovernanceError> {
        if self.record.mode != MODE_PRE_INITIALIZATION_SWAP {
            return Ok(());
        }
        let why = match action {
            Action::ExecuteGenericNervousSystemFunction(call) => {
                let target = self
                    .record
                    .id_to_nervous_system_functions
                    .get(&call.function_id)
                    .and_then(|function| function.validated().ok())
                    .map(|function| function.target.canister);
                let closed = [
                    self.record.root_canister_id,
                    self.record.ledger_canister_id,
                    Some(self.own_id),
                ];
                if target.is_none() || !closed.contains(&target) {
                    return Ok(());
                }
                "ExecuteGenericNervousSystemFunction proposals targeting this canister are not \
                 allowed while governance is in PreInitializationSwap mode"
                    .to_string()
            }
            Action::ManageNervousSystemParameters(_)
            | Action::UpgradeSnsControlledCanister(_)
            | Action::TransferSnsTreasuryFunds(_)
            | Action::RegisterDappCanisters(_)
            | Action::DeregisterDappCanisters(_)
            | Action::MintSnsTokens(_) => format!(
                "Proposal type for {} is not allowed while governance is in PreInitializationSwap \
                 ({MODE_PRE_INITIALIZATION_SWAP}) mode.",
                name_and_id(action).0
            ),
            _ => return Ok(()),
        };
        refuse(ErrorType::PreconditionFailed, why)
    }

    /// An empty ballot for every neuron that may vote now.
    fn electoral_roll(&self, now: u64) -> Result<BTreeMap<String, Ballot>, GovernanceError> {
        let parameters = self.parameters();
        let min_delay = parameters
            .neuron_minimum_dissolve_delay_to_vote_seconds
            .unwrap_or_default();
        let ballots: BTreeMap<String, Ballot> = self
            .record
            .neurons
            .iter()
            .filter(|(_, neuron)| neuron.dissolve_delay(now) >= min_delay)
            .map(|(id, neuron)| {
                let voting_power = neuron.voting_power(now, parameters);
                let ballot = Ballot {
                    vote: VOTE_UNSPECIFIED,
                    cast_timestamp_seconds: 0,
                    voting_power,
                };
                (id.clone(), ballot)
            })
            .collect();
        let total: u128 = ballots
            .values()
            .map(|ballot| u128::from(ballot.voting_power))
            .sum();
        if total >= u128::from(u64::MAX) {
            return refuse(ErrorType::PreconditionFailed, "Voting power overflow.");
        }
        if ballots.is_empty() {
            return refuse(ErrorType::PreconditionFailed, "No eligible voters.");
        }
        Ok(ballots)
    }

    /// Topic of a proposal made now, and whether the higher thresholds hold for it.
    fn topic_and_criticality(&self, action: &Action) -> Result<(Topic, bool), GovernanceError> {
        let (name, id) = name_and_id(action);
        let topic = match native_topic(id) {
            Some(topic) => topic,
            None => {
                let function = self
                    .record
                    .id_to_nervous_system_functions
                    .get(&id)
                    .ok_or_else(|| {
                        let message = format!("Invalid action with ID {id}.");
                        GovernanceError::new(ErrorType::InvalidProposal, message)
                    })?;
                let Some(topic) = function.topic() else {
                    return refuse(
                        ErrorType::InvalidProposal,
                        format!(
                            "Proposal type with action {name} ({id}) must be assigned a topic \
                             before such proposals can be submitted. Please submit \
                             `SetTopicsForCustomProposals` to do this."
                        ),
                    );
                };
                topic
            }
        };
        let made_critical = self
            .parameters()
            .custom_proposal_criticality
            .as_ref()
            .is_some_and(|made| made.additional_critical_native_action_ids.contains(&id));
        Ok((topic, topic.is_critical() || made_critical))
    }

    fn register_vote(
        &mut self,
        now: u64,
        caller: Principal,
        id: &NeuronId,
        request: RegisterVote,
    ) -> Result<(), GovernanceError> {
        self.neuron(id)?
            .check_authorized(caller, Permission::Vote)?;
        let Some(ProposalId { id: number }) = request.proposal else {
            return refuse(
                ErrorType::PreconditionFailed,
                "Registering of vote must include a proposal id.",
            );
        };
        let hex = id.to_hex();
        let Some(data) = self.record.proposals.get_mut(&number) else {
            return refuse(ErrorType::NotFound, "Can't find proposal.");
        };
        if ![VOTE_YES, VOTE_NO].contains(&request.vote) {
            return refuse(ErrorType::PreconditionFailed, "Invalid vote specified.");
        }
        let Some(ballot) = data.ballots.get(&hex) else {
            return refuse(
                ErrorType::NotAuthorized,
                "Neuron not eligible to vote on proposal.",
            );
        };
        if ballot.vote != VOTE_UNSPECIFIED {
            return refuse(
                ErrorType::PreconditionFailed,
                "Neuron already voted on proposal.",
            );
        }
        if now > data.deadline() {
            return refuse(
                ErrorType::PreconditionFailed,
                "Proposal deadline has passed.",
            );
        }
        let topic = data.topic.unwrap_or(Topic::Governance);
        let ballots = &mut data.ballots;
        cast_vote(
            ballots,
            &self.record.neurons,
            &hex,
            request.vote,
            data.action,
            topic,
            now,
        );
        self.process(now, number);
        Ok(())
    }

    /// Decides every open proposal whose time has come.
    pub fn process_due(&mut self, now: u64) {
        let open: Vec<u64> = self
            .record
            .proposals
            .iter()
            .filter(|(_, data)| data.status() == Status::Open && !data.accepts_vote(now))
            .map(|(number, _)| *number)
            .collect();
        for number in open {
            self.process(now, number);
        }
    }

    /// Counts the votes of a proposal, decides it if it can be decided, and starts its execution.
    fn process(&mut self, now: u64, number: u64) {
        let Some(data) = self.record.proposals.get_mut(&number) else {
            return;
        };
        if data.status() == Status::Open || data.accepts_vote(now) {
            data.recompute_tally(now);
        }
        if data.status() != Status::Open || !data.can_make_decision(now) {
            return;
        }
        data.decided_timestamp_seconds = now;
        if !data.is_accepted() {
            return;
        }
        let cost = data.reject_cost_e8s;
        let proposer = data.proposer.clone().unwrap_or_default();
        let action = data
            .proposal
            .as_ref()
            .and_then(|proposal| proposal.action.clone());
        if let Ok(neuron) = self.neuron_mut(&proposer)
            && let Some(left) = neuron.neuron_fees_e8s.checked_sub(cost)
        {
            neuron.neuron_fees_e8s = left;
        }
        match self.execute(now, number, action.as_ref()) {
            Ok(Some((kind, call))) => {
                self.executions.push(Execution {
                    proposal: number,
                    kind,
                    call,
                });
            }
            Ok(None) => self.settle(now, number, Ok(())),
            Err(error) => self.settle(now, number, Err(error)),
        }
    }

    /// Executes an adopted action, or says which call does it.
    fn execute(
        &mut self,
        now: u64,
        number: u64,
        action: Option<&Action>,
    ) -> Result<Option<(ExecutionKind, Call)>, GovernanceError> {
        match action {
            Some(Action::Motion(_)) => Ok(None),
            Some(Action::AddGenericNervousSystemFunction(function)) => {
                self.add_function(function).map(|()| None)
            }
            Some(Action::RemoveGenericNervousSystemFunction(id)) => {
                match self.record.id_to_nervous_system_functions.get_mut(id) {
                    Some(function) => {
                        *function = deletion_marker();
                        Ok(None)
                    }
                    None => refuse(
                        ErrorType::NotFound,
                        format!(
                            "Failed to remove NervousSystemFunction. There is no \
                             NervousSystemFunction with id: {id}"
                        ),
                    ),
                }
            }
            Some(Action::ExecuteGenericNervousSystemFunction(call)) => {
                let Some(function) = self
                    .record
                    .id_to_nervous_system_functions
                    .get(&call.function_id)
                else {
                    return refuse(
                        ErrorType::NotFound,
                        format!(
                            "There is no generic NervousSystemFunction with id: {}",
                            call.function_id
                        ),
                    );
                };
                let method = function
                    .validated()
                    .map_err(|why| GovernanceError::new(ErrorType::InvalidProposal, why))?
                    .target;
                Ok(Some((
                    ExecutionKind::Generic,
                    Call {
                        method,
                        arg: call.payload.clone(),
                    },
                )))
            }
            Some(Action::TransferSnsTreasuryFunds(transfer)) => {
                self.start_payment(now, number, transfer).map(Some)
            }
            Some(Action::SetTopicsForCustomProposals(change)) => {
                render::set_topics(&self.record, change)
                    .map_err(|why| GovernanceError::new(ErrorType::InvalidProposal, why))?;
                for (id, topic) in &change.custom_function_id_to_topic {
                    let function = self.record.id_to_nervous_system_functions.get_mut(id);
                    if let Some(NervousSystemFunction {
                        function_type: Some(FunctionType::GenericNervousSystemFunction(generic)),
                        ..
                    }) = function
                    {
                        generic.topic = Some(*topic);
                    }
                }
                Ok(None)
            }
            Some(_) | None => refuse(ErrorType::InvalidProposal, "Proposal has no action."),
        }
    }

    fn add_function(&mut self, function: &NervousSystemFunction) -> Result<(), GovernanceError> {
        let known = self.record.id_to_nervous_system_functions.get(&function.id);
        if known.is_some_and(|known| !known.is_deletion_marker()) {
            return refuse(
                ErrorType::PreconditionFailed,
                format!(
                    "Failed to add NervousSystemFunction. There is/was already a \
                     NervousSystemFunction with id: {}",
                    function.id
                ),
            );
        }
        let valid = function
            .validated()
            .map_err(|why| GovernanceError::new(ErrorType::PreconditionFailed, why))?;
        let reserved = self.reserved();
        if reserved.contains(&valid.target.canister) || reserved.contains(&valid.validator.canister)
        {
            return refuse(
                ErrorType::PreconditionFailed,
                "Cannot add generic nervous system functions that targets sns core canisters, the \
                 NNS ledger, or ic00",
            );
        }
        self.record
            .id_to_nervous_system_functions
            .insert(function.id, function.clone());
        Ok(())
    }

    fn start_payment(
        &mut self,
        now: u64,
        number: u64,
        transfer: &TransferSnsTreasuryFunds,
    ) -> Result<(ExecutionKind, Call), GovernanceError> {
        if let Some(other) = self.paying {
            return refuse(
                ErrorType::PreconditionFailed,
                format!(
                    "Another TransferSnsTreasuryFunds proposal (ID = {other}) is already in \
                     progress."
                ),
            );
        }
        // The limit is the one of submission; what was spent since counts.
        let limit = treasury::limit_e8s(self.valued_balance(number));
        let spent =
            treasury::spent_e8s(self.record.proposals.values(), transfer.from_treasury, now);
        if transfer.amount_e8s > limit.saturating_sub(spent) {
            let [limit, spent, amount] =
                [limit, spent, transfer.amount_e8s].map(treasury::tokens_text);
            return refuse(
                ErrorType::PreconditionFailed,
                format!(
                    "Executing this proposal is not allowed at this time, because doing so would \
                     cause the 7 day upper bound of {limit} tokens to be exceeded. Maybe, try \
                     again later? The total amount transferred in the past 7 days stands at \
                     {spent} tokens, and the amount in this proposal is {amount} tokens."
                ),
            );
        }
        let (Some(to), subaccount) = (
            transfer.to_principal,
            transfer
                .to_subaccount
                .as_ref()
                .and_then(|to| to.subaccount.as_slice().try_into().ok()),
        ) else {
            return refuse(
                ErrorType::InvalidProposal,
                "Expected transfer to have a target",
            );
        };
        let memo = transfer.memo.unwrap_or(0);
        let (kind, canister, name, arg) = match transfer.from_treasury {
            FROM_ICP_TREASURY => {
                let to_subaccount = subaccount.unwrap_or_default();
                let arg = ledger::icp_transfer_arg(to, to_subaccount, transfer.amount_e8s, memo);
                (
                    ExecutionKind::IcpTransfer,
                    ledger::icp_ledger(),
                    "transfer",
                    arg,
                )
            }
            FROM_SNS_TOKEN_TREASURY => {
                let arg = ledger::token_transfer_arg(
                    treasury::treasury_subaccount(self.own_id),
                    to,
                    subaccount,
                    transfer.amount_e8s,
                    self.parameters().transaction_fee_e8s.unwrap_or_default(),
                    memo,
                );
                (
                    ExecutionKind::TokenTransfer,
                    self.ledger_id(),
                    "icrc1_transfer",
                    arg,
                )
            }
            _ => {
                return refuse(
                    ErrorType::PreconditionFailed,
                    "Invalid 'from_treasury' in transfer.",
                );
            }
        };
        self.paying = Some(number);
        Ok((
            kind,
            Call {
                method: Method {
                    canister,
                    name: name.to_string(),
                },
                arg,
            },
        ))
    }

    /// Balance of the treasury when the proposal was made. **Units** e8s.
    fn valued_balance(&self, number: u64) -> u64 {
        let auxiliary = self
            .record
            .proposals
            .get(&number)
            .and_then(|data| data.action_auxiliary.as_ref());
        match auxiliary {
            Some(ActionAuxiliary::TransferSnsTreasuryFunds(auxiliary)) => auxiliary
                .valuation
                .as_ref()
                .and_then(|valuation| valuation.valuation_factors.as_ref()?.tokens?.e8s)
                .unwrap_or_default(),
            _ => 0,
        }
    }

    /// Takes in what came of the call that executed a proposal.
    pub fn executed(&mut self, now: u64, number: u64, kind: ExecutionKind, answer: &Answer) {
        if self.paying == Some(number) {
            self.paying = None;
        }
        let outcome = match kind {
            ExecutionKind::Generic => answer.as_ref().map(|_| ()).map_err(|reject| {
                format!(
                    "Canister method call to execute proposal failed: {}",
                    failed(reject)
                )
            }),
            ExecutionKind::IcpTransfer => ledger::icp_transfer_outcome(answer),
            ExecutionKind::TokenTransfer => ledger::token_transfer_outcome(answer),
        };
        let outcome = outcome.map_err(|why| GovernanceError::new(ErrorType::External, why));
        self.settle(now, number, outcome);
    }

    fn settle(&mut self, now: u64, number: u64, outcome: Result<(), GovernanceError>) {
        let Some(data) = self.record.proposals.get_mut(&number) else {
            return;
        };
        match outcome {
            Ok(()) => data.executed_timestamp_seconds = now,
            Err(error) => {
                data.failed_timestamp_seconds = now;
                data.failure_reason = Some(error);
            }
        }
    }

    // Neurons.

    fn follow(
        &mut self,
        caller: Principal,
        id: &NeuronId,
        command: &Follow,
    ) -> Result<(), GovernanceError> {
        self.neuron(id)?
            .check_authorized(caller, Permission::Vote)?;
        let max = self
            .parameters()
            .max_followees_per_function
            .unwrap_or_default();
        if u64::try_from(command.followees.len()).is_ok_and(|asked| asked > max) {
            return refuse(ErrorType::InvalidCommand, "Too many followees.");
        }
        let known = is_native_id(command.function_id)
            || self
                .record
                .id_to_nervous_system_functions
                .get(&command.function_id)
                .is_some_and(|function| !function.is_deletion_marker());
        if !known {
            return refuse(
                ErrorType::NotFound,
                format!(
                    "Function with id: {} is not present among the current set of functions.",
                    command.function_id
                ),
            );
        }
        let neuron = self.neuron_mut(id)?;
        if command.followees.is_empty() {
            neuron.followees.remove(&command.function_id);
        } else {
            let followees = Followees {
                followees: command.followees.clone(),
            };
            neuron.followees.insert(command.function_id, followees);
        }
        Ok(())
    }

    fn set_following(
        &mut self,
        caller: Principal,
        id: &NeuronId,
        command: &SetFollowing,
    ) -> Result<(), GovernanceError> {
        self.neuron(id)?
            .check_authorized(caller, Permission::Vote)?;
        let topics: Vec<(u64, Option<Topic>)> = native_functions()
            .map(|(function, topic)| (function.id, topic))
            .chain(
                self.record
                    .id_to_nervous_system_functions
                    .iter()
                    .map(|(id, function)| (*id, function.topic())),
            )
            .collect();
        self.neuron_mut(id)?.set_following(command, |topic| {
            topics
                .iter()
                .filter(|(_, of)| *of == Some(topic))
                .map(|(id, _)| *id)
                .collect()
        })
    }

    fn configure(
        &mut self,
        now: u64,
        caller: Principal,
        id: &NeuronId,
        command: &Configure,
    ) -> Result<(), GovernanceError> {
        self.neuron(id)?
            .check_authorized(caller, Permission::ConfigureDissolveState)?;
        let max_delay = self
            .parameters()
            .max_dissolve_delay_seconds
            .unwrap_or_default();
        self.neuron_mut(id)?.configure(now, command, max_delay)
    }

    fn claim_or_refresh(
        &mut self,
        now: u64,
        caller: Principal,
        id: &NeuronId,
        command: &ClaimOrRefresh,
        answer: Option<&Answer>,
    ) -> Result<(), GovernanceError> {
        let (Some(by), Some(answer)) = (&command.by, answer) else {
            return refuse(
                ErrorType::InvalidCommand,
                "Need to provide a way by which to claim or refresh the neuron.",
            );
        };
        let is_new = !self.record.neurons.contains_key(&id.to_hex());
        let controller = match by {
            By::MemoAndController(by) => by.controller.unwrap_or(caller),
            By::NeuronId(_) if is_new => return Err(not_found(id)),
            By::NeuronId(_) => caller,
        };
        let balance = ledger::balance(answer)
            .map_err(|why| GovernanceError::new(ErrorType::External, why))?;
        let min_stake = self
            .parameters()
            .neuron_minimum_stake_e8s
            .unwrap_or_default();
        if balance < min_stake {
            let what = if is_new { "stake" } else { "refresh" };
            return refuse(
                ErrorType::InsufficientFunds,
                format!(
                    "Account does not have enough funds to {what} a neuron. Please make sure that \
                     account has at least {min_stake} e8s (was {balance} e8s)"
                ),
            );
        }
        if is_new {
            let max = self.parameters().max_number_of_neurons.unwrap_or_default();
            if u64::try_from(self.record.neurons.len()).is_ok_and(|count| count >= max) {
                return refuse(
                    ErrorType::PreconditionFailed,
                    "Cannot add neuron. Max number of neurons reached.",
                );
            }
            let permissions = self
                .parameters()
                .neuron_claimer_permissions
                .clone()
                .unwrap_or_default();
            let neuron = Neuron {
                id: Some(id.clone()),
                permissions: vec![NeuronPermission {
                    principal: Some(controller),
                    permission_type: permissions.permissions,
                }],
                created_timestamp_seconds: now,
                aging_since_timestamp_seconds: now,
                topic_followees: Some(TopicFollowees::default()),
                dissolve_state: Some(DissolveState::DissolveDelaySeconds(0)),
                voting_power_percentage_multiplier: CLAIMED_MULTIPLIER,
                ..Neuron::default()
            };
            self.record.neurons.insert(id.to_hex(), neuron);
        }
        let neuron = self.neuron_mut(id)?;
        if neuron.cached_neuron_stake_e8s != balance {
            neuron.update_stake(now, balance);
        }
        Ok(())
    }

    /// Ends the swap. Only the swap canister may, and only for normal mode.
    pub fn set_mode(&mut self, caller: Principal, mode: i32) -> Result<(), String> {
        if !self.is_swap(caller) {
            return Err("Caller must be the swap canister.".to_string());
        }
        if mode != MODE_NORMAL {
            return Err(format!("Entering mode {mode} is not allowed."));
        }
        self.record.mode = mode;
        Ok(())
    }

    // Reading.

    /// `get_proposal`.
    pub fn get_proposal(&self, id: ProposalId) -> GetProposalResponse {
        let result = match self.record.proposals.get(&id.id) {
            Some(data) => GetProposalResult::Proposal(Box::new(data.for_get())),
            None => GetProposalResult::Error(GovernanceError::new(
                ErrorType::PreconditionFailed,
                "No proposal for given ProposalId.",
            )),
        };
        GetProposalResponse {
            result: Some(result),
        }
    }

    /// `list_proposals`.
    pub fn list_proposals(
        &self,
        now: u64,
        caller: Principal,
        request: &ListProposals,
    ) -> ListProposalsResponse {
        let own_neurons: BTreeSet<String> = self
            .record
            .neurons
            .iter()
            .filter(|(_, neuron)| {
                neuron
                    .permissions
                    .iter()
                    .any(|p| p.principal == Some(caller))
            })
            .map(|(id, _)| id.clone())
            .collect();
        let topics: Vec<Option<Topic>> = request
            .include_topics
            .iter()
            .flatten()
            .map(|selector| selector.topic)
            .collect();
        let end = request.before_proposal.map_or(u64::MAX, |before| before.id);
        let wanted = |data: &ProposalData| {
            let among = |list: &[i32], value: i32| list.is_empty() || list.contains(&value);
            !request.exclude_type.contains(&data.action)
                && among(&request.include_reward_status, data.reward_status(now))
                && among(&request.include_status, data.status() as i32)
                && (topics.is_empty() || topics.contains(&data.topic))
        };
        let proposals = self
            .record
            .proposals
            .range(..end)
            .rev()
            .filter(|(_, data)| wanted(data))
            .take(list_limit(request.limit))
            .map(|(_, data)| data.for_list(&own_neurons))
            .collect();
        ListProposalsResponse {
            include_ballots_by_caller: Some(true),
            include_topic_filtering: Some(true),
            proposals,
        }
    }

    /// `list_nervous_system_functions`.
    pub fn list_functions(&self) -> ListNervousSystemFunctionsResponse {
        let known = &self.record.id_to_nervous_system_functions;
        let registered = known
            .values()
            .filter(|function| !function.is_deletion_marker())
            .cloned();
        ListNervousSystemFunctionsResponse {
            functions: native_functions()
                .map(|(function, _)| function)
                .chain(registered)
                .collect(),
            reserved_ids: known
                .iter()
                .filter(|(_, function)| function.is_deletion_marker())
                .map(|(id, _)| *id)
                .collect(),
        }
    }

    /// `list_topics`.
    pub fn list_topics(&self) -> ListTopicsResponse {
        let known = &self.record.id_to_nervous_system_functions;
        let registered = |topic: Option<Topic>| -> Vec<NervousSystemFunction> {
            known
                .values()
                .filter(|function| !function.is_deletion_marker() && function.topic() == topic)
                .cloned()
                .collect()
        };
        let topics = TOPIC_TEXTS
            .into_iter()
            .map(|(topic, name, description)| TopicInfo {
                topic: Some(topic),
                name: Some(name.to_string()),
                description: Some(description.to_string()),
                native_functions: Some(
                    native_functions()
                        .filter(|(_, of)| *of == Some(topic))
                        .map(|(function, _)| function)
                        .collect(),
                ),
                custom_functions: Some(registered(Some(topic))),
                extension_operations: Some(Vec::new()),
                is_critical: Some(topic.is_critical()),
            });
        ListTopicsResponse {
            topics: Some(topics.collect()),
            uncategorized_functions: Some(registered(None)),
        }
    }

    /// `get_neuron`.
    pub fn get_neuron(&self, id: &NeuronId) -> GetNeuronResponse {
        let result = match self.record.neurons.get(&id.to_hex()) {
            Some(neuron) => GetNeuronResult::Neuron(Box::new(neuron.clone())),
            None => GetNeuronResult::Error(GovernanceError::new(
                ErrorType::PreconditionFailed,
                "No neuron for given NeuronId.",
            )),
        };
        GetNeuronResponse {
            result: Some(result),
        }
    }

    /// `list_neurons`.
    pub fn list_neurons(&self, request: &ListNeurons) -> ListNeuronsResponse {
        let after = request.start_page_at.as_ref().map(NeuronId::to_hex);
        let wanted = |id: &String, neuron: &Neuron| match request.of_principal {
            Some(principal) => neuron
                .permissions
                .iter()
                .any(|p| p.principal == Some(principal)),
            None => after.as_ref().is_none_or(|after| id > after),
        };
        let neurons = self
            .record
            .neurons
            .iter()
            .filter(|(id, neuron)| wanted(id, neuron))
            .take(list_limit(request.limit))
            .map(|(_, neuron)| neuron.clone())
            .collect();
        ListNeuronsResponse { neurons }
    }
}

fn not_found(id: &NeuronId) -> GovernanceError {
    GovernanceError::new(
        ErrorType::NotFound,
        format!("Neuron not found: {}", id.to_hex()),
    )
}

/// Items in an answer: none asked for or too many mean the most there can be.
fn list_limit(asked: u32) -> usize {
    match usize::try_from(asked) {
        Ok(limit) if (1..=MAX_LIST).contains(&limit) => limit,
        _ => MAX_LIST,
    }
}

#[cfg(test)]
pub(crate) mod tests;
