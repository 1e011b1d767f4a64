//! The endpoints of the stand-in for SNS governance. They decide nothing.

use std::cell::RefCell;
use std::time::Duration;

use candid::Principal;
use ic_cdk::call::{Call as CanisterCall, CallFailed};
use ic_cdk::{init, post_upgrade, pre_upgrade, query, update};
use sns_governance_standin::State;
use sns_governance_standin::calls::{Answer, Call, Execution, Reject};
use sns_governance_standin::types::{
    CommandResponse, Empty, GetMetadataResponse, GetModeResponse, GetNeuron, GetNeuronResponse,
    GetProposal, GetProposalResponse, GetSnsInitializationParametersResponse, Governance,
    GovernanceError, ListNervousSystemFunctionsResponse, ListNeurons, ListNeuronsResponse,
    ListProposals, ListProposalsResponse, ListTopicsRequest, ListTopicsResponse, ManageNeuron,
    ManageNeuronResponse, ManageSnsMetadata, NervousSystemParameters, NeuronId, SetMode,
};

/// How often proposals are looked at whose time may have come. **Source** SNS governance,
/// `RUN_PERIODIC_TASKS_INTERVAL`.
const PERIOD: Duration = Duration::from_secs(10);

/// `SYS_TRANSIENT`: the code of a call that could not even be sent.
const NOT_SENT: u32 = 2;

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(|state| f(state.as_mut().expect("the canister is installed")))
}

/// **Units** s since the Unix epoch.
fn now() -> u64 {
    ic_cdk::api::time() / 1_000_000_000
}

fn start(record: Governance) {
    match State::new(record, ic_cdk::api::canister_self(), now()) {
        Ok(state) => STATE.set(Some(state)),
        Err(why) => ic_cdk::trap(format!("Cannot start canister: {why}")),
    }
    ic_cdk_timers::set_timer_interval(PERIOD, || async {
        with(|state| state.process_due(now()));
        start_executions();
    });
}

#[init]
fn init(record: Governance) {
    start(record);
}

#[pre_upgrade]
fn pre_upgrade() {
    let record = with(|state| state.record().clone());
    ic_cdk::storage::stable_save((record,)).expect("the record encodes");
}

#[post_upgrade]
fn post_upgrade() {
    let (record,) = ic_cdk::storage::stable_restore().expect("the record was saved before");
    start(record);
}

/// Makes a call: no cycles, unbounded wait, as governance does.
async fn call(call: Call) -> Answer {
    let answer = CanisterCall::unbounded_wait(call.method.canister, &call.method.name)
        .with_raw_args(&call.arg)
        .await;
    match answer {
        Ok(reply) => Ok(reply.into_bytes()),
        Err(CallFailed::CallRejected(rejected)) => Err(Reject {
            code: rejected.raw_reject_code(),
            message: rejected.reject_message().to_string(),
        }),
        Err(CallFailed::InsufficientLiquidCycleBalance(_) | CallFailed::CallPerformFailed(_)) => {
            Err(Reject {
                code: NOT_SENT,
                message: "Couldn't send message".to_string(),
            })
        }
    }
}

/// Starts the calls of adopted proposals. They go on after the message that adopted them.
fn start_executions() {
    for Execution {
        proposal,
        kind,
        call: wanted,
    } in with(State::take_executions)
    {
        ic_cdk::futures::spawn(async move {
            let answer = call(wanted).await;
            with(|state| state.executed(now(), proposal, kind, &answer));
        });
    }
}

/// Unlocks the neuron when its command is done, and also when its callback traps.
struct Lock(NeuronId);

impl Drop for Lock {
    fn drop(&mut self) {
        with(|state| state.release(&self.0));
    }
}

#[update]
async fn manage_neuron(request: ManageNeuron) -> ManageNeuronResponse {
    let caller = ic_cdk::api::msg_caller();
    let command = manage(caller, &request)
        .await
        .unwrap_or_else(CommandResponse::Error);
    start_executions();
    ManageNeuronResponse {
        command: Some(command),
    }
}

async fn manage(
    caller: Principal,
    request: &ManageNeuron,
) -> Result<CommandResponse, GovernanceError> {
    let asked_at = now();
    let lock = Lock(with(|state| state.admit(asked_at, caller, request))?);
    let command = request
        .command
        .as_ref()
        .expect("a request without a command is not admitted");
    let answer = match with(|state| state.question(&lock.0, command)) {
        Some(question) => Some(call(question).await),
        None => None,
    };
    with(|state| state.perform(asked_at, now(), caller, &lock.0, command, answer.as_ref()))
}

#[update]
fn set_mode(request: SetMode) -> Empty {
    let caller = ic_cdk::api::msg_caller();
    if let Err(why) = with(|state| state.set_mode(caller, request.mode)) {
        ic_cdk::trap(why);
    }
    Empty {}
}

#[query]
fn get_mode(_: Empty) -> GetModeResponse {
    GetModeResponse {
        mode: Some(with(|state| state.record().mode)),
    }
}

#[query]
fn get_proposal(request: GetProposal) -> GetProposalResponse {
    let id = request
        .proposal_id
        .expect("GetProposal must have proposal_id");
    with(|state| state.get_proposal(id))
}

#[query]
fn list_proposals(request: ListProposals) -> ListProposalsResponse {
    let caller = ic_cdk::api::msg_caller();
    with(|state| state.list_proposals(now(), caller, &request))
}

#[query]
fn list_nervous_system_functions() -> ListNervousSystemFunctionsResponse {
    with(|state| state.list_functions())
}

#[query]
fn list_topics(_: ListTopicsRequest) -> ListTopicsResponse {
    with(|state| state.list_topics())
}

#[query]
fn get_neuron(request: GetNeuron) -> GetNeuronResponse {
    let id = request.neuron_id.expect("GetNeuron must have neuron_id");
    with(|state| state.get_neuron(&id))
}

#[query]
fn list_neurons(request: ListNeurons) -> ListNeuronsResponse {
    with(|state| state.list_neurons(&request))
}

#[query]
fn get_nervous_system_parameters(_: ()) -> NervousSystemParameters {
    with(|state| state.record().parameters.clone()).expect("the record was validated")
}

#[query]
fn get_metadata(_: Empty) -> GetMetadataResponse {
    let ManageSnsMetadata {
        url,
        logo,
        name,
        description,
    } = with(|state| state.record().sns_metadata.clone()).expect("the record was validated");
    GetMetadataResponse {
        url,
        logo,
        name,
        description,
    }
}

#[query]
fn get_sns_initialization_parameters(_: Empty) -> GetSnsInitializationParametersResponse {
    let sns_initialization_parameters =
        with(|state| state.record().sns_initialization_parameters.clone());
    GetSnsInitializationParametersResponse {
        sns_initialization_parameters,
    }
}

ic_cdk::export_candid!();

fn main() {}

#[cfg(test)]
mod tests {
    use candid_parser::utils::{CandidSource, service_equal};

    #[test]
    fn should_have_the_interface_of_the_did_file() {
        service_equal(
            CandidSource::Text(&super::__export_service()),
            CandidSource::File(
                &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("governance.did"),
            ),
        )
        .expect("the interface and the file are the same");
    }
}
