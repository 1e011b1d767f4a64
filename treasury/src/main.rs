//! Entry points of the treasury canister, and nothing else.

use candid::Principal;
use ic_cdk::api::{msg_caller, msg_reject, msg_reply, time};
use live_runtime::arguments;
use live_runtime::certificate::{skip_header, tip_tree};
use orchestrator::kernel::order::Voting;
use std::marker::PhantomData;
use treasury::doors::{self, Context};
use treasury::http::{self, Report};
use treasury::log::Block;
use treasury::log::icrc3::{
    self, ArchiveInfo, BlockType, DataCertificate, GetArchivesArgs, GetBlocksArgs, GetBlocksResult,
};
use treasury::state::Event;
use treasury::types::{
    Balances, BudgetView, ConfigView, Entries, EventEntry, Events, HttpRequest, HttpResponse,
    InitArgs, PageArgs, Snapshot,
};
use treasury::{limits, live, storage, tasks, view};

fn main() {}

#[ic_cdk::init(decode_with = "raw")]
fn init(argument: Vec<u8>) {
    configure(arguments::of_install(&argument).unwrap_or_else(|why| ic_cdk::trap(why.to_string())));
    started();
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    live::save();
}

/// The argument is `opt InitArgs`: the configuration from now on; without one, or with `null`, it
/// stays as it is.
#[ic_cdk::post_upgrade(decode_with = "raw")]
fn post_upgrade(argument: Vec<u8>) {
    if let Some(why) = live::restore() {
        ic_cdk::println!("the state was rebuilt from the log: {why}");
    }
    // A trap undoes the upgrade, and whoever asked for it reads why.
    let args: Option<InitArgs> =
        arguments::of_upgrade(&argument).unwrap_or_else(|why| ic_cdk::trap(why.to_string()));
    if let Some(args) = args {
        configure(args);
    }
    started();
}

fn configure(args: InitArgs) {
    // A trap: the install or upgrade is undone, and whoever asked for it reads why.
    let config = view::config(args).unwrap_or_else(|why| ic_cdk::trap(why));
    live::process(time(), Event::Configured { config });
}

fn started() {
    live::certify();
    tasks::start();
}

fn raw(argument: Vec<u8>) -> Vec<u8> {
    argument
}

fn at_the_door<R>(answer: impl FnOnce(&Context<'_>) -> R) -> R {
    live::read(|state| {
        answer(&Context {
            now: time(),
            voting: state
                .config
                .as_ref()
                .map_or(Voting::CRITICAL, |config| config.voting),
            state,
        })
    })
}

#[ic_cdk::query(decode_with = "raw")]
fn validate_budget(payload: Vec<u8>) -> Result<String, String> {
    at_the_door(|context| doors::validate_budget(&payload, context))
}

/// Records the order and replies, or rejects, so that the proposal shows as failed.
#[ic_cdk::update(decode_with = "raw", manual_reply = true)]
fn budget(payload: Vec<u8>) -> PhantomData<()> {
    let caller = msg_caller();
    match at_the_door(|context| doors::budget(caller.as_slice(), &payload, context)) {
        Err(refusal) => msg_reject(refusal),
        Ok(event) => {
            live::process(time(), event);
            tasks::wake();
            msg_reply(candid::encode_args(()).expect("nothing encodes"));
        }
    }
    PhantomData
}

#[ic_cdk::query]
fn snapshot() -> Snapshot {
    live::read(|state| view::snapshot(state, time()))
}

#[ic_cdk::query]
fn get_budget(id: String) -> Option<BudgetView> {
    live::read(|state| {
        let budget = state.budgets.get(&id)?;
        Some(view::budget(state, &id, budget, time()))
    })
}

#[ic_cdk::query]
fn list_budgets() -> Vec<BudgetView> {
    live::read(|state| view::snapshot(state, time()).budgets)
}

#[ic_cdk::query]
fn get_entries(args: PageArgs) -> Entries {
    let entries = live::entries(args.start, args.length);
    Entries {
        total: storage::entry_count(),
        entries: entries.iter().map(view::entry).collect(),
    }
}

#[ic_cdk::query]
fn get_balances() -> Balances {
    live::read(view::balances)
}

#[ic_cdk::query]
fn get_events(args: PageArgs) -> Events {
    let total = storage::block_count();
    let length = args.length.min(limits::MAX_PAGE);
    let end = args.start.saturating_add(length).min(total);
    let mut entries = Vec::new();
    let mut size = 0;
    for index in args.start..end {
        let block = storage::block(index).and_then(|bytes| Block::decode(&bytes).ok());
        let Some(block) = block else { break };
        let bytes = block.recorded_bytes();
        size += bytes.len();
        if size > limits::MAX_PAGE_BYTES && !entries.is_empty() {
            break;
        }
        entries.push(EventEntry {
            index,
            at_ns: block.at,
            bytes,
        });
    }
    Events { total, entries }
}

#[ic_cdk::query]
fn icrc3_get_blocks(args: Vec<GetBlocksArgs>) -> GetBlocksResult {
    icrc3::get_blocks(&args, storage::block_count(), storage::block)
}

#[ic_cdk::query]
fn icrc3_get_archives(_: GetArchivesArgs) -> Vec<ArchiveInfo> {
    Vec::new()
}

/// The system has a certificate for a query of one replica alone.
#[ic_cdk::query]
fn icrc3_get_tip_certificate() -> Option<DataCertificate> {
    Some(DataCertificate {
        certificate: ic_cdk::api::data_certificate()?.into(),
        hash_tree: tip_tree(&live::tip()?).into(),
    })
}

#[ic_cdk::query]
fn icrc3_supported_block_types() -> Vec<BlockType> {
    icrc3::supported(ic_cdk::api::canister_self())
}

#[ic_cdk::query]
fn get_config() -> Option<ConfigView> {
    live::read(|state| state.config.as_ref().map(view::config_view))
}

/// The gateway is believed about nothing: it can only have the chain looked at sooner.
#[ic_cdk::update]
fn nudge() {
    let caller: Principal = msg_caller();
    let is_gateway = live::read(|state| {
        let config = state.config.as_ref();
        config.is_some_and(|config| config.gateway == caller.as_slice())
    });
    if !is_gateway {
        ic_cdk::trap("caller: expected the gateway, got somebody else");
    }
    tasks::nudge();
}

#[ic_cdk::query]
fn http_request(request: HttpRequest) -> HttpResponse {
    let mut response = live::read(|state| {
        let report = Report {
            now: time(),
            state,
            at_work: tasks::is_at_work(),
            events: storage::block_count(),
            event_bytes: storage::block_bytes(),
            newest: &live::newest_entries(http::MAX_ENTRIES),
            cycles: ic_cdk::api::canister_cycle_balance(),
        };
        http::respond(&request, &report)
    });
    if let Some(certificate) = ic_cdk::api::data_certificate() {
        response
            .headers
            .extend(skip_header(&certificate, live::tip().as_ref()));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use candid::TypeEnv;
    use candid::types::internal::TypeContainer;
    use candid_parser::utils::{CandidSource, service_equal};
    use treasury::types::BudgetOrder;

    /// The interface as the code has it. Doors and the install take raw bytes, and say so: what is
    /// sent there is an order, or a configuration. The executor replies by hand, with nothing.
    fn exported() -> String {
        candid::export_service!();
        let service = __export_service()
            .replace("service : (blob) ->", "service : (InitArgs) ->")
            .replace(
                "validate_budget : (blob)",
                "validate_budget : (BudgetOrder)",
            )
            .replace(
                " budget : (blob) -> (null)",
                " budget : (BudgetOrder) -> ()",
            );
        let mut types = TypeContainer::new();
        types.add::<BudgetOrder>();
        types.add::<InitArgs>();
        let unnamed = types.env.0.into_iter().filter_map(|(name, definition)| {
            let named = service.contains(&format!("type {name} ="));
            let one = TypeEnv([(name, definition)].into());
            (!named).then(|| candid::pretty::candid::compile(&one, &None))
        });
        unnamed
            .chain([service.clone()])
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn should_serve_exactly_what_the_interface_file_says() {
        let file = include_str!("../treasury.did");
        let exported = exported();
        service_equal(CandidSource::Text(&exported), CandidSource::Text(file))
            .unwrap_or_else(|e| panic!("{e}\nthe code has\n{exported}"));
    }
}
