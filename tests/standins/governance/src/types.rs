//! The public shapes of SNS governance, as Candid shows them.
//!
//! Names, fields and numbers are the interface of the real canister; a value that is encoded from
//! these types decodes there, and the other way round. Optional fields of the real interface that
//! nothing here reads are left out: Candid fills them with null on one side and skips them on the
//! other. Fields of `NervousSystemFunction` are in the order in which voters see them dumped.

// The words of this interface belong to SNS governance, and its documentation explains them.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

/// Declares Candid records and variants with the derives that all of them share.
macro_rules! shapes {
    ($($(#[$meta:meta])* $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Clone, Debug, PartialEq, CandidType, Deserialize)]
        $(#[$meta])*
        pub $kind $name $body
    )*};
}

shapes! {
    #[derive(Eq, PartialOrd, Ord, Default)]
    struct NeuronId {
        #[serde(with = "serde_bytes")]
        pub id: Vec<u8>,
    }
    #[derive(Copy, Eq)]
    struct ProposalId {
        pub id: u64,
    }
    #[derive(Eq)]
    struct Subaccount {
        #[serde(with = "serde_bytes")]
        pub subaccount: Vec<u8>,
    }
    #[derive(Eq)]
    struct Account {
        pub owner: Option<Principal>,
        pub subaccount: Option<Subaccount>,
    }
    #[derive(Copy, Eq)]
    struct Amount {
        pub e8s: u64,
    }
    #[derive(Copy, Eq)]
    struct Tokens {
        pub e8s: Option<u64>,
    }
    #[derive(Copy, Eq)]
    struct Percentage {
        pub basis_points: Option<u64>,
    }
    #[derive(Eq)]
    struct Decimal {
        pub human_readable: Option<String>,
    }
    #[derive(Copy, Eq, Default)]
    struct Empty {}
    #[derive(Eq)]
    struct GovernanceError {
        pub error_type: i32,
        pub error_message: String,
    }

    // Functions and topics.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    enum Topic {
        DaoCommunitySettings,
        SnsFrameworkManagement,
        DappCanisterManagement,
        ApplicationBusinessLogic,
        Governance,
        TreasuryAssetManagement,
        CriticalDappOperations,
    }
    #[derive(Eq)]
    struct NervousSystemFunction {
        pub id: u64,
        pub name: String,
        pub description: Option<String>,
        pub function_type: Option<FunctionType>,
    }
    #[derive(Eq)]
    enum FunctionType {
        NativeNervousSystemFunction(Empty),
        GenericNervousSystemFunction(GenericNervousSystemFunction),
    }
    #[derive(Eq)]
    struct GenericNervousSystemFunction {
        pub target_canister_id: Option<Principal>,
        pub target_method_name: Option<String>,
        pub validator_canister_id: Option<Principal>,
        pub validator_method_name: Option<String>,
        pub topic: Option<Topic>,
    }
    #[derive(Eq)]
    struct ListNervousSystemFunctionsResponse {
        pub functions: Vec<NervousSystemFunction>,
        pub reserved_ids: Vec<u64>,
    }
    #[derive(Eq)]
    struct ListTopicsRequest {}
    #[derive(Eq)]
    struct ListTopicsResponse {
        pub topics: Option<Vec<TopicInfo>>,
        pub uncategorized_functions: Option<Vec<NervousSystemFunction>>,
    }
    #[derive(Eq)]
    struct TopicInfo {
        pub topic: Option<Topic>,
        pub name: Option<String>,
        pub description: Option<String>,
        pub native_functions: Option<Vec<NervousSystemFunction>>,
        pub custom_functions: Option<Vec<NervousSystemFunction>>,
        pub extension_operations: Option<Vec<RegisteredExtensionOperationSpec>>,
        pub is_critical: Option<bool>,
    }
    #[derive(Eq)]
    struct RegisteredExtensionOperationSpec {
        pub canister_id: Option<Principal>,
        pub spec: Option<ExtensionOperationSpec>,
    }
    #[derive(Eq)]
    struct ExtensionOperationSpec {
        pub operation_type: Option<ExtensionOperationType>,
        pub description: Option<String>,
        pub extension_type: Option<ExtensionType>,
        pub topic: Option<Topic>,
    }
    #[derive(Copy, Eq)]
    enum ExtensionOperationType {
        TreasuryManagerDeposit,
        TreasuryManagerWithdraw,
    }
    #[derive(Copy, Eq)]
    enum ExtensionType {
        TreasuryManager,
    }

    // Proposals and their actions.
    #[derive(Eq)]
    struct Proposal {
        pub title: String,
        pub url: String,
        pub summary: String,
        pub action: Option<Action>,
    }
    #[derive(Eq)]
    enum Action {
        Unspecified(Empty),
        Motion(Motion),
        ManageNervousSystemParameters(Box<NervousSystemParameters>),
        UpgradeSnsControlledCanister(UpgradeSnsControlledCanister),
        AddGenericNervousSystemFunction(NervousSystemFunction),
        RemoveGenericNervousSystemFunction(u64),
        ExecuteGenericNervousSystemFunction(ExecuteGenericNervousSystemFunction),
        UpgradeSnsToNextVersion(Empty),
        ManageSnsMetadata(ManageSnsMetadata),
        TransferSnsTreasuryFunds(TransferSnsTreasuryFunds),
        RegisterDappCanisters(RegisterDappCanisters),
        DeregisterDappCanisters(DeregisterDappCanisters),
        MintSnsTokens(MintSnsTokens),
        ManageLedgerParameters(ManageLedgerParameters),
        ManageDappCanisterSettings(ManageDappCanisterSettings),
        AdvanceSnsTargetVersion(AdvanceSnsTargetVersion),
        SetTopicsForCustomProposals(SetTopicsForCustomProposals),
        RegisterExtension(RegisterExtension),
        ExecuteExtensionOperation(ExecuteExtensionOperation),
        UpgradeExtension(UpgradeExtension),
    }
    #[derive(Eq)]
    struct Motion {
        pub motion_text: String,
    }
    #[derive(Eq)]
    struct ExecuteGenericNervousSystemFunction {
        pub function_id: u64,
        #[serde(with = "serde_bytes")]
        pub payload: Vec<u8>,
    }
    #[derive(Eq)]
    struct SetTopicsForCustomProposals {
        pub custom_function_id_to_topic: BTreeMap<u64, Topic>,
    }
    #[derive(Eq)]
    struct TransferSnsTreasuryFunds {
        pub from_treasury: i32,
        pub to_principal: Option<Principal>,
        pub to_subaccount: Option<Subaccount>,
        pub memo: Option<u64>,
        pub amount_e8s: u64,
    }
    #[derive(Eq)]
    struct ChunkedCanisterWasm {
        #[serde(with = "serde_bytes")]
        pub wasm_module_hash: Vec<u8>,
        pub store_canister_id: Option<Principal>,
        pub chunk_hashes_list: Vec<ByteBuf>,
    }
    #[derive(Eq)]
    struct UpgradeSnsControlledCanister {
        #[serde(with = "serde_bytes")]
        pub new_canister_wasm: Vec<u8>,
        pub chunked_canister_wasm: Option<ChunkedCanisterWasm>,
        pub mode: Option<i32>,
        pub canister_id: Option<Principal>,
        pub canister_upgrade_arg: Option<ByteBuf>,
    }
    #[derive(Eq)]
    struct ManageSnsMetadata {
        pub url: Option<String>,
        pub logo: Option<String>,
        pub name: Option<String>,
        pub description: Option<String>,
    }
    #[derive(Eq)]
    struct RegisterDappCanisters {
        pub canister_ids: Vec<Principal>,
    }
    #[derive(Eq)]
    struct DeregisterDappCanisters {
        pub canister_ids: Vec<Principal>,
        pub new_controllers: Vec<Principal>,
    }
    #[derive(Eq)]
    struct MintSnsTokens {
        pub to_principal: Option<Principal>,
        pub to_subaccount: Option<Subaccount>,
        pub memo: Option<u64>,
        pub amount_e8s: Option<u64>,
    }
    #[derive(Eq)]
    struct ManageLedgerParameters {
        pub token_symbol: Option<String>,
        pub transfer_fee: Option<u64>,
        pub token_logo: Option<String>,
        pub token_name: Option<String>,
    }
    #[derive(Eq)]
    struct ManageDappCanisterSettings {
        pub freezing_threshold: Option<u64>,
        pub canister_ids: Vec<Principal>,
        pub reserved_cycles_limit: Option<u64>,
        pub log_visibility: Option<i32>,
        pub snapshot_visibility: Option<i32>,
        pub wasm_memory_limit: Option<u64>,
        pub memory_allocation: Option<u64>,
        pub compute_allocation: Option<u64>,
        pub wasm_memory_threshold: Option<u64>,
    }
    #[derive(Eq)]
    struct SnsVersion {
        pub governance_wasm_hash: Option<ByteBuf>,
        pub swap_wasm_hash: Option<ByteBuf>,
        pub root_wasm_hash: Option<ByteBuf>,
        pub index_wasm_hash: Option<ByteBuf>,
        pub ledger_wasm_hash: Option<ByteBuf>,
        pub archive_wasm_hash: Option<ByteBuf>,
    }
    #[derive(Eq)]
    struct AdvanceSnsTargetVersion {
        pub new_target: Option<SnsVersion>,
    }
    #[derive(Eq)]
    enum PreciseValue {
        Bool(bool),
        Blob(ByteBuf),
        Text(String),
        Nat(u64),
        Int(i64),
        Array(Vec<PreciseValue>),
        Map(BTreeMap<String, PreciseValue>),
    }
    #[derive(Eq)]
    struct ExtensionInit {
        pub value: Option<PreciseValue>,
    }
    #[derive(Eq)]
    struct RegisterExtension {
        pub chunked_canister_wasm: Option<ChunkedCanisterWasm>,
        pub extension_init: Option<ExtensionInit>,
    }
    #[derive(Eq)]
    struct ExtensionOperationArg {
        pub value: Option<PreciseValue>,
    }
    #[derive(Eq)]
    struct ExecuteExtensionOperation {
        pub extension_canister_id: Option<Principal>,
        pub operation_name: Option<String>,
        pub operation_arg: Option<ExtensionOperationArg>,
    }
    #[derive(Eq)]
    struct ExtensionUpgradeArg {
        pub value: Option<PreciseValue>,
    }
    #[derive(Eq)]
    enum Wasm {
        Bytes(ByteBuf),
        Chunked(ChunkedCanisterWasm),
    }
    #[derive(Eq)]
    struct UpgradeExtension {
        pub extension_canister_id: Option<Principal>,
        pub canister_upgrade_arg: Option<ExtensionUpgradeArg>,
        pub wasm: Option<Wasm>,
    }
    #[derive(Eq)]
    struct ProposalData {
        pub id: Option<ProposalId>,
        pub payload_text_rendering: Option<String>,
        pub action: u64,
        pub failure_reason: Option<GovernanceError>,
        pub action_auxiliary: Option<ActionAuxiliary>,
        pub ballots: BTreeMap<String, Ballot>,
        pub minimum_yes_proportion_of_total: Option<Percentage>,
        pub reward_event_round: u64,
        pub failed_timestamp_seconds: u64,
        pub reward_event_end_timestamp_seconds: Option<u64>,
        pub proposal_creation_timestamp_seconds: u64,
        pub initial_voting_period_seconds: u64,
        pub reject_cost_e8s: u64,
        pub latest_tally: Option<Tally>,
        pub wait_for_quiet_deadline_increase_seconds: u64,
        pub decided_timestamp_seconds: u64,
        pub proposal: Option<Proposal>,
        pub proposer: Option<NeuronId>,
        pub wait_for_quiet_state: Option<WaitForQuietState>,
        pub minimum_yes_proportion_of_exercised: Option<Percentage>,
        pub is_eligible_for_rewards: bool,
        pub executed_timestamp_seconds: u64,
        pub topic: Option<Topic>,
    }
    #[derive(Eq)]
    enum ActionAuxiliary {
        TransferSnsTreasuryFunds(ValuationAuxiliary),
        MintSnsTokens(ValuationAuxiliary),
        AdvanceSnsTargetVersion(AdvanceSnsTargetVersionActionAuxiliary),
    }
    #[derive(Eq)]
    struct ValuationAuxiliary {
        pub valuation: Option<Valuation>,
    }
    #[derive(Eq)]
    struct AdvanceSnsTargetVersionActionAuxiliary {
        pub target_version: Option<SnsVersion>,
    }
    #[derive(Eq)]
    struct Valuation {
        pub token: Option<i32>,
        pub account: Option<Account>,
        pub valuation_factors: Option<ValuationFactors>,
        pub timestamp_seconds: Option<u64>,
    }
    #[derive(Eq)]
    struct ValuationFactors {
        pub xdrs_per_icp: Option<Decimal>,
        pub icps_per_token: Option<Decimal>,
        pub tokens: Option<Tokens>,
    }
    #[derive(Copy, Eq)]
    struct Ballot {
        pub vote: i32,
        pub cast_timestamp_seconds: u64,
        pub voting_power: u64,
    }
    #[derive(Copy, Eq)]
    struct Tally {
        pub no: u64,
        pub yes: u64,
        pub total: u64,
        pub timestamp_seconds: u64,
    }
    #[derive(Copy, Eq)]
    struct WaitForQuietState {
        pub current_deadline_timestamp_seconds: u64,
    }
    #[derive(Copy, Eq)]
    struct GetProposal {
        pub proposal_id: Option<ProposalId>,
    }
    #[derive(Eq)]
    struct GetProposalResponse {
        pub result: Option<GetProposalResult>,
    }
    #[derive(Eq)]
    enum GetProposalResult {
        Error(GovernanceError),
        Proposal(Box<ProposalData>),
    }
    #[derive(Eq, Default)]
    struct ListProposals {
        pub include_reward_status: Vec<i32>,
        pub before_proposal: Option<ProposalId>,
        pub limit: u32,
        pub exclude_type: Vec<u64>,
        pub include_status: Vec<i32>,
        pub include_topics: Option<Vec<TopicSelector>>,
    }
    #[derive(Copy, Eq)]
    struct TopicSelector {
        pub topic: Option<Topic>,
    }
    #[derive(Eq)]
    struct ListProposalsResponse {
        pub include_ballots_by_caller: Option<bool>,
        pub include_topic_filtering: Option<bool>,
        pub proposals: Vec<ProposalData>,
    }

    // Neurons and what is done with them.
    #[derive(Eq, Default)]
    struct Neuron {
        pub id: Option<NeuronId>,
        pub staked_maturity_e8s_equivalent: Option<u64>,
        pub permissions: Vec<NeuronPermission>,
        pub maturity_e8s_equivalent: u64,
        pub cached_neuron_stake_e8s: u64,
        pub created_timestamp_seconds: u64,
        pub source_nns_neuron_id: Option<u64>,
        pub auto_stake_maturity: Option<bool>,
        pub aging_since_timestamp_seconds: u64,
        pub dissolve_state: Option<DissolveState>,
        pub voting_power_percentage_multiplier: u64,
        pub vesting_period_seconds: Option<u64>,
        pub disburse_maturity_in_progress: Vec<DisburseMaturityInProgress>,
        pub followees: BTreeMap<u64, Followees>,
        pub topic_followees: Option<TopicFollowees>,
        pub neuron_fees_e8s: u64,
    }
    #[derive(Eq)]
    struct NeuronPermission {
        pub principal: Option<Principal>,
        pub permission_type: Vec<i32>,
    }
    #[derive(Eq, Default)]
    struct NeuronPermissionList {
        pub permissions: Vec<i32>,
    }
    #[derive(Copy, Eq)]
    enum DissolveState {
        DissolveDelaySeconds(u64),
        WhenDissolvedTimestampSeconds(u64),
    }
    #[derive(Eq)]
    struct DisburseMaturityInProgress {
        pub timestamp_of_disbursement_seconds: u64,
        pub amount_e8s: u64,
        pub account_to_disburse_to: Option<Account>,
        pub finalize_disbursement_timestamp_seconds: Option<u64>,
    }
    #[derive(Eq)]
    struct Followees {
        pub followees: Vec<NeuronId>,
    }
    #[derive(Eq, Default)]
    struct TopicFollowees {
        pub topic_id_to_followees: BTreeMap<i32, FolloweesForTopic>,
    }
    #[derive(Eq)]
    struct FolloweesForTopic {
        pub followees: Vec<Followee>,
        pub topic: Option<Topic>,
    }
    #[derive(Eq)]
    struct Followee {
        pub neuron_id: Option<NeuronId>,
        pub alias: Option<String>,
    }
    #[derive(Eq)]
    struct ManageNeuron {
        #[serde(with = "serde_bytes")]
        pub subaccount: Vec<u8>,
        pub command: Option<Command>,
    }
    #[derive(Eq)]
    enum Command {
        Split(Split),
        Follow(Follow),
        SetFollowing(SetFollowing),
        DisburseMaturity(DisburseMaturity),
        ClaimOrRefresh(ClaimOrRefresh),
        Configure(Configure),
        RegisterVote(RegisterVote),
        MakeProposal(Proposal),
        StakeMaturity(StakeMaturity),
        RemoveNeuronPermissions(RemoveNeuronPermissions),
        AddNeuronPermissions(AddNeuronPermissions),
        MergeMaturity(MergeMaturity),
        Disburse(Disburse),
    }
    #[derive(Eq)]
    struct Split {
        pub memo: u64,
        pub amount_e8s: u64,
    }
    #[derive(Eq)]
    struct Follow {
        pub function_id: u64,
        pub followees: Vec<NeuronId>,
    }
    #[derive(Eq)]
    struct SetFollowing {
        pub topic_following: Vec<FolloweesForTopic>,
    }
    #[derive(Eq)]
    struct DisburseMaturity {
        pub to_account: Option<Account>,
        pub percentage_to_disburse: u32,
    }
    #[derive(Eq)]
    struct ClaimOrRefresh {
        pub by: Option<By>,
    }
    #[derive(Eq)]
    enum By {
        MemoAndController(MemoAndController),
        NeuronId(Empty),
    }
    #[derive(Eq)]
    struct MemoAndController {
        pub controller: Option<Principal>,
        pub memo: u64,
    }
    #[derive(Eq)]
    struct Configure {
        pub operation: Option<Operation>,
    }
    #[derive(Eq)]
    enum Operation {
        ChangeAutoStakeMaturity(ChangeAutoStakeMaturity),
        StopDissolving(Empty),
        StartDissolving(Empty),
        IncreaseDissolveDelay(IncreaseDissolveDelay),
        SetDissolveTimestamp(SetDissolveTimestamp),
    }
    #[derive(Copy, Eq)]
    struct ChangeAutoStakeMaturity {
        pub requested_setting_for_auto_stake_maturity: bool,
    }
    #[derive(Copy, Eq)]
    struct IncreaseDissolveDelay {
        pub additional_dissolve_delay_seconds: u32,
    }
    #[derive(Copy, Eq)]
    struct SetDissolveTimestamp {
        pub dissolve_timestamp_seconds: u64,
    }
    #[derive(Copy, Eq)]
    struct RegisterVote {
        pub vote: i32,
        pub proposal: Option<ProposalId>,
    }
    #[derive(Copy, Eq)]
    struct StakeMaturity {
        pub percentage_to_stake: Option<u32>,
    }
    #[derive(Eq)]
    struct RemoveNeuronPermissions {
        pub permissions_to_remove: Option<NeuronPermissionList>,
        pub principal_id: Option<Principal>,
    }
    #[derive(Eq)]
    struct AddNeuronPermissions {
        pub permissions_to_add: Option<NeuronPermissionList>,
        pub principal_id: Option<Principal>,
    }
    #[derive(Copy, Eq)]
    struct MergeMaturity {
        pub percentage_to_merge: u32,
    }
    #[derive(Eq)]
    struct Disburse {
        pub to_account: Option<Account>,
        pub amount: Option<Amount>,
    }
    #[derive(Eq)]
    struct ManageNeuronResponse {
        pub command: Option<CommandResponse>,
    }
    #[derive(Eq)]
    enum CommandResponse {
        Error(GovernanceError),
        Split(SplitResponse),
        Follow(Empty),
        SetFollowing(Empty),
        DisburseMaturity(DisburseMaturityResponse),
        ClaimOrRefresh(ClaimOrRefreshResponse),
        Configure(Empty),
        RegisterVote(Empty),
        MakeProposal(GetProposal),
        RemoveNeuronPermission(Empty),
        StakeMaturity(StakeMaturityResponse),
        MergeMaturity(MergeMaturityResponse),
        Disburse(DisburseResponse),
        AddNeuronPermission(Empty),
    }
    #[derive(Eq)]
    struct SplitResponse {
        pub created_neuron_id: Option<NeuronId>,
    }
    #[derive(Copy, Eq)]
    struct DisburseMaturityResponse {
        pub amount_disbursed_e8s: u64,
        pub amount_deducted_e8s: Option<u64>,
    }
    #[derive(Eq)]
    struct ClaimOrRefreshResponse {
        pub refreshed_neuron_id: Option<NeuronId>,
    }
    #[derive(Copy, Eq)]
    struct StakeMaturityResponse {
        pub maturity_e8s: u64,
        pub staked_maturity_e8s: u64,
    }
    #[derive(Copy, Eq)]
    struct MergeMaturityResponse {
        pub merged_maturity_e8s: u64,
        pub new_stake_e8s: u64,
    }
    #[derive(Copy, Eq)]
    struct DisburseResponse {
        pub transfer_block_height: u64,
    }
    #[derive(Eq)]
    struct GetNeuron {
        pub neuron_id: Option<NeuronId>,
    }
    #[derive(Eq)]
    struct GetNeuronResponse {
        pub result: Option<GetNeuronResult>,
    }
    #[derive(Eq)]
    enum GetNeuronResult {
        Error(GovernanceError),
        Neuron(Box<Neuron>),
    }
    #[derive(Eq)]
    struct ListNeurons {
        pub of_principal: Option<Principal>,
        pub limit: u32,
        pub start_page_at: Option<NeuronId>,
    }
    #[derive(Eq)]
    struct ListNeuronsResponse {
        pub neurons: Vec<Neuron>,
    }

    // The whole of it: what the canister is installed with and keeps across upgrades.
    #[derive(Eq)]
    struct Governance {
        pub root_canister_id: Option<Principal>,
        pub ledger_canister_id: Option<Principal>,
        pub swap_canister_id: Option<Principal>,
        pub id_to_nervous_system_functions: BTreeMap<u64, NervousSystemFunction>,
        pub mode: i32,
        pub parameters: Option<NervousSystemParameters>,
        pub sns_metadata: Option<ManageSnsMetadata>,
        pub sns_initialization_parameters: String,
        pub proposals: BTreeMap<u64, ProposalData>,
        pub in_flight_commands: BTreeMap<String, NeuronInFlightCommand>,
        pub neurons: BTreeMap<String, Neuron>,
        pub genesis_timestamp_seconds: u64,
    }
    #[derive(Eq)]
    struct NeuronInFlightCommand {
        pub command: Option<CommandInFlight>,
        pub timestamp: u64,
    }
    #[derive(Eq)]
    enum CommandInFlight {
        Split(Split),
        Follow(Follow),
        SetFollowing(SetFollowing),
        DisburseMaturity(DisburseMaturity),
        Configure(Configure),
        RegisterVote(RegisterVote),
        SyncCommand(Empty),
        MakeProposal(Proposal),
        FinalizeDisburseMaturity(FinalizeDisburseMaturity),
        ClaimOrRefreshNeuron(ClaimOrRefresh),
        RemoveNeuronPermissions(RemoveNeuronPermissions),
        AddNeuronPermissions(AddNeuronPermissions),
        MergeMaturity(MergeMaturity),
        Disburse(Disburse),
    }
    #[derive(Eq)]
    struct FinalizeDisburseMaturity {
        pub amount_to_be_disbursed_e8s: u64,
        pub to_account: Option<Account>,
    }
    #[derive(Eq, Default)]
    struct NervousSystemParameters {
        pub default_followees: Option<DefaultFollowees>,
        pub max_dissolve_delay_seconds: Option<u64>,
        pub max_dissolve_delay_bonus_percentage: Option<u64>,
        pub max_followees_per_function: Option<u64>,
        pub neuron_claimer_permissions: Option<NeuronPermissionList>,
        pub neuron_minimum_stake_e8s: Option<u64>,
        pub max_neuron_age_for_age_bonus: Option<u64>,
        pub initial_voting_period_seconds: Option<u64>,
        pub neuron_minimum_dissolve_delay_to_vote_seconds: Option<u64>,
        pub reject_cost_e8s: Option<u64>,
        pub max_proposals_to_keep_per_action: Option<u32>,
        pub wait_for_quiet_deadline_increase_seconds: Option<u64>,
        pub max_number_of_neurons: Option<u64>,
        pub transaction_fee_e8s: Option<u64>,
        pub max_number_of_proposals_with_ballots: Option<u64>,
        pub max_age_bonus_percentage: Option<u64>,
        pub neuron_grantable_permissions: Option<NeuronPermissionList>,
        pub voting_rewards_parameters: Option<VotingRewardsParameters>,
        pub maturity_modulation_disabled: Option<bool>,
        pub max_number_of_principals_per_neuron: Option<u64>,
        pub automatically_advance_target_version: Option<bool>,
        pub custom_proposal_criticality: Option<CustomProposalCriticality>,
    }
    #[derive(Eq, Default)]
    struct DefaultFollowees {
        pub followees: BTreeMap<u64, Followees>,
    }
    #[derive(Copy, Eq)]
    struct VotingRewardsParameters {
        pub final_reward_rate_basis_points: Option<u64>,
        pub initial_reward_rate_basis_points: Option<u64>,
        pub reward_rate_transition_duration_seconds: Option<u64>,
        pub round_duration_seconds: Option<u64>,
    }
    #[derive(Eq)]
    struct CustomProposalCriticality {
        pub additional_critical_native_action_ids: Vec<u64>,
    }
    #[derive(Eq)]
    struct GetModeResponse {
        pub mode: Option<i32>,
    }
    #[derive(Copy, Eq)]
    struct SetMode {
        pub mode: i32,
    }
    #[derive(Eq)]
    struct GetMetadataResponse {
        pub url: Option<String>,
        pub logo: Option<String>,
        pub name: Option<String>,
        pub description: Option<String>,
    }
    #[derive(Eq)]
    struct GetSnsInitializationParametersResponse {
        pub sns_initialization_parameters: String,
    }
}

/// Kinds of errors. **Source** `GovernanceError.ErrorType` of SNS governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ErrorType {
    Unspecified = 0,
    Unavailable = 1,
    NotAuthorized = 2,
    NotFound = 3,
    InvalidCommand = 4,
    RequiresNotDissolving = 5,
    RequiresDissolving = 6,
    RequiresDissolved = 7,
    AccessControlList = 8,
    ResourceExhausted = 9,
    PreconditionFailed = 10,
    External = 11,
    NeuronLocked = 12,
    InsufficientFunds = 13,
    InvalidPrincipal = 14,
    InvalidProposal = 15,
    InvalidNeuronId = 16,
    InconsistentInternalData = 17,
    UnreachableCode = 18,
}

impl GovernanceError {
    /// An error of this kind.
    pub fn new(kind: ErrorType, message: impl Into<String>) -> Self {
        Self {
            error_type: kind as i32,
            error_message: message.into(),
        }
    }
}

/// The value of a ballot that is not cast.
pub const VOTE_UNSPECIFIED: i32 = 0;
/// A vote for a proposal.
pub const VOTE_YES: i32 = 1;
/// A vote against a proposal.
pub const VOTE_NO: i32 = 2;

/// Mode in which everything is allowed.
pub const MODE_NORMAL: i32 = 1;
/// Mode before the decentralisation swap is over.
pub const MODE_PRE_INITIALIZATION_SWAP: i32 = 2;

/// `from_treasury` of the ICP treasury.
pub const FROM_ICP_TREASURY: i32 = 1;
/// `from_treasury` of the treasury of SNS tokens.
pub const FROM_SNS_TOKEN_TREASURY: i32 = 2;

/// What a principal may do with a neuron. **Source** `NeuronPermissionType` of SNS governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Permission {
    ConfigureDissolveState = 1,
    ManagePrincipals = 2,
    SubmitProposal = 3,
    Vote = 4,
    Disburse = 5,
    Split = 6,
    MergeMaturity = 7,
    DisburseMaturity = 8,
    StakeMaturity = 9,
    ManageVotingPermission = 10,
}

impl NeuronId {
    /// The id as it keys maps: lower-case hexadecimal.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.id)
    }
}

impl Topic {
    /// Every topic, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::DaoCommunitySettings,
        Self::SnsFrameworkManagement,
        Self::DappCanisterManagement,
        Self::ApplicationBusinessLogic,
        Self::Governance,
        Self::TreasuryAssetManagement,
        Self::CriticalDappOperations,
    ];

    /// The number that keys topic followees: 1 to 7.
    pub fn number(self) -> i32 {
        self as i32 + 1
    }

    /// Whether proposals of this topic need the higher thresholds and the longer period.
    pub fn is_critical(self) -> bool {
        match self {
            Self::DaoCommunitySettings
            | Self::TreasuryAssetManagement
            | Self::CriticalDappOperations => true,
            Self::SnsFrameworkManagement
            | Self::DappCanisterManagement
            | Self::ApplicationBusinessLogic
            | Self::Governance => false,
        }
    }
}
