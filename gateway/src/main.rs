//! Entry points of the gateway canister, and nothing else.

use gateway::doors::{self, Context};
use gateway::http::{self, Report};
use gateway::state::{Event, Recorded, live};
use gateway::types::{
    BudgetUse, ConfigView, DeploymentView, EventEntry, Events, EventsArgs, HttpRequest,
    HttpResponse, InitArgs, ListArgs,
};
use gateway::{storage, tasks, view};
use ic_cdk::api::{msg_caller, msg_reject, msg_reply, time};
use live_runtime::arguments;
use orchestrator::kernel::order::Voting;
use std::marker::PhantomData;

/// Most deployments on one page of [`list_deployments`].
const MAX_DEPLOYMENTS: usize = 100;

/// Most events on one page of [`get_events`].
const MAX_EVENTS: u64 = 1_000;

/// After so many bytes a page of [`get_events`] ends: an answer holds at most 2 MiB, and one
/// entry is far smaller than what is left of that. **Units** bytes.
const MAX_EVENT_BYTES: usize = 1_000_000;

fn main() {}

/// The argument is `InitArgs`.
#[ic_cdk::init(decode_with = "raw")]
fn init(argument: Vec<u8>) {
    configure(arguments::of_install(&argument).unwrap_or_else(|why| ic_cdk::trap(why.to_string())));
    started();
}

/// The argument is `opt InitArgs`: the configuration from now on; without one, or with `null`, it
/// stays as it is.
#[ic_cdk::post_upgrade(decode_with = "raw")]
fn post_upgrade(argument: Vec<u8>) {
    live::restore();
    // A trap undoes the upgrade, and whoever asked for it reads why.
    let args: Option<InitArgs> =
        arguments::of_upgrade(&argument).unwrap_or_else(|why| ic_cdk::trap(why.to_string()));
    if let Some(args) = args {
        configure(args);
    }
    started();
}

fn configure(args: InitArgs) {
    let config = view::config(args).unwrap_or_else(|why| ic_cdk::trap(why));
    live::process(time(), Event::Configured { config });
}

fn started() {
    ic_cdk::api::certified_data_set(http::certified_data(None));
    tasks::timers::start();
}

fn raw(argument: Vec<u8>) -> Vec<u8> {
    argument
}

fn at_the_door<R>(answer: impl FnOnce(&Context<'_>) -> R) -> R {
    live::read_with_told(|state, told| {
        answer(&Context {
            now: time(),
            voting: state
                .config()
                .map_or(Voting::ORDINARY, |config| config.voting),
            state,
            told,
        })
    })
}

#[ic_cdk::query(decode_with = "raw")]
fn validate_deploy(payload: Vec<u8>) -> Result<String, String> {
    at_the_door(|context| doors::validate_deploy(&payload, context))
}

#[ic_cdk::query(decode_with = "raw")]
fn validate_close(payload: Vec<u8>) -> Result<String, String> {
    at_the_door(|context| doors::validate_close(&payload, context))
}

#[ic_cdk::update(decode_with = "raw", manual_reply = true)]
fn deploy(payload: Vec<u8>) -> PhantomData<()> {
    let caller = msg_caller();
    execute(at_the_door(|context| {
        doors::deploy(caller.as_slice(), &payload, context)
    }))
}

#[ic_cdk::update(decode_with = "raw", manual_reply = true)]
fn close(payload: Vec<u8>) -> PhantomData<()> {
    let caller = msg_caller();
    execute(at_the_door(|context| {
        doors::close(caller.as_slice(), &payload, context)
    }))
}

/// Records the order and replies, or rejects, so that the proposal shows as failed.
fn execute(verdict: Result<Event, String>) -> PhantomData<()> {
    match verdict {
        Err(refusal) => msg_reject(refusal),
        Ok(event) => {
            let touched = match &event {
                Event::DeployAdopted { order, .. } => Some(order.nonce),
                Event::CloseAdopted { deployment, .. } => Some(*deployment),
                Event::Configured { .. } | Event::Deployment { .. } => None,
            };
            live::process(time(), event);
            if let Some(nonce) = touched {
                tasks::timers::wake(nonce);
            }
            msg_reply(candid::encode_args(()).expect("nothing encodes"));
        }
    }
    PhantomData
}

#[ic_cdk::query]
fn get_deployment(nonce: u64) -> Option<DeploymentView> {
    live::read(|state| state.deployment(nonce).map(view::deployment))
}

#[ic_cdk::query]
fn get_deployment_by_hash(payload_hash: serde_bytes::ByteBuf) -> Option<DeploymentView> {
    live::read(|state| state.by_hash(&payload_hash).map(view::deployment))
}

#[ic_cdk::query]
fn list_deployments(args: ListArgs) -> Vec<DeploymentView> {
    let limit = usize::try_from(args.limit).unwrap_or(MAX_DEPLOYMENTS);
    live::read(|state| {
        state
            .deployments(args.after)
            .take(limit.min(MAX_DEPLOYMENTS))
            .map(|(_, adopted)| view::deployment(adopted))
            .collect()
    })
}

#[ic_cdk::query]
fn get_budgets() -> Vec<BudgetUse> {
    live::read_with_told(view::budgets)
}

#[ic_cdk::query]
fn get_events(args: EventsArgs) -> Events {
    let total = storage::event_count();
    let end = args
        .start
        .saturating_add(args.length.min(MAX_EVENTS))
        .min(total);
    let mut entries = Vec::new();
    let mut size = 0;
    for index in args.start..end {
        let Some(bytes) = storage::event(index) else {
            break;
        };
        size += bytes.len();
        if size > MAX_EVENT_BYTES && !entries.is_empty() {
            break;
        }
        let at_ns = Recorded::decode(&bytes).map_or(0, |recorded| recorded.at);
        entries.push(EventEntry {
            index,
            at_ns,
            bytes,
        });
    }
    Events { total, entries }
}

#[ic_cdk::query]
fn get_config() -> Option<ConfigView> {
    live::read(|state| state.config().map(view::config_view))
}

#[ic_cdk::query]
fn http_request(request: HttpRequest) -> HttpResponse {
    let mut response = live::read_with_told(|state, told| {
        let nonces = state.deployments(None).map(|(nonce, _)| nonce);
        let report = Report {
            now: time(),
            state,
            told,
            waits: nonces
                .filter_map(|nonce| Some((nonce, tasks::waiting_for(nonce)?)))
                .collect(),
            at_work: tasks::at_work(),
            events: storage::event_count(),
            event_bytes: storage::event_bytes(),
            cycles: ic_cdk::api::canister_cycle_balance(),
        };
        http::respond(&request, &report)
    });
    if let Some(certificate) = ic_cdk::api::data_certificate() {
        response
            .headers
            .extend(http::skip_header(&certificate, None));
    }
    response
}

#[cfg(test)]
mod border_tests;
