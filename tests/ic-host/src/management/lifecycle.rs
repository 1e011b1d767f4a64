//! Canisters come, change, stop and go; and what can be read of them.

use super::types::{SettingsReply, StatusReply};
use super::{Answer, Caller, Handled, canisters_only, decode, done, refused, reply};
use crate::canister::{Canister, Status, StopWaiter};
use crate::context::Request;
use crate::ic::{Ic, MANAGEMENT, not_found};
use crate::reject::{ErrorCode, Reject};
use crate::settings::Settings;
use candid::{Nat, Principal};
use ic_management_canister_types::{
    CanisterIdRecord, CanisterInfoArgs, CanisterInfoResult, CanisterLogFilter, CanisterLogRecord,
    CanisterMetadataArgs, CanisterMetadataResult, CanisterSettings, CanisterStatusType,
    ChangeDetails, ControllersChangeRecord, CreateCanisterArgs, CreationRecord,
    FetchCanisterLogsArgs, FetchCanisterLogsResult, LogVisibility, MemoryMetrics,
    ProvisionalCreateCanisterWithCyclesArgs, ProvisionalTopUpCanisterArgs, QueryStats,
    StatusVisibility, UpdateSettingsArgs,
};
use std::sync::Arc;

/// A `stop_canister` call waits so long. **Source** dfinity/ic, execution environment.
const STOP_PATIENCE_NS: u64 = 300 * 1_000_000_000;
/// What `provisional_create_canister_with_cycles` gives by default.
const PROVISIONAL_CYCLES: u128 = 100_000_000_000_000;

impl Ic {
    pub(super) fn create_from_call(
        &mut self,
        caller: &Caller,
        name: &str,
        arg: &[u8],
        cycles: &mut u128,
    ) -> Answer {
        canisters_only(caller, name)?;
        let args: CreateCanisterArgs = decode(name, arg)?;
        let fee = self.subnet.fees.canister_creation();
        if *cycles < fee {
            let text = format!("Creating a canister costs {fee} cycles, got {cycles}");
            return Err(Reject::new(ErrorCode::CREATION_CYCLES, text));
        }
        let id = self.create(caller, args.settings, None, *cycles - fee)?;
        *cycles = 0;
        if let Some(creator) = self.canisters.get_mut(&caller.principal) {
            creator.meter.cycles_charged += fee;
        }
        reply(CanisterIdRecord { canister_id: id })
    }

    pub(super) fn provisional_create(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: ProvisionalCreateCanisterWithCyclesArgs = decode(name, arg)?;
        let amount = match &args.amount {
            Some(amount) => amount_of(amount)?,
            None => PROVISIONAL_CYCLES,
        };
        let id = self.create(caller, args.settings, args.specified_id, amount)?;
        reply(CanisterIdRecord { canister_id: id })
    }

    fn create(
        &mut self,
        caller: &Caller,
        settings: Option<CanisterSettings>,
        id: Option<Principal>,
        cycles: u128,
    ) -> Result<Principal, Reject> {
        let settings = Settings::new(vec![caller.principal])
            .with(&settings.unwrap_or_default())
            .map_err(refused)?;
        let controllers = settings.controllers.clone();
        let id = match id {
            Some(id) if self.canisters.contains_key(&id) => {
                let text = format!("Canister {id} already exists");
                return Err(Reject::new(ErrorCode::ID_EXISTS, text));
            }
            Some(id) => id,
            None => self.free_id(),
        };
        self.insert_canister(id, settings, cycles);
        let creation = CreationRecord {
            controllers,
            environment_variables_hash: None,
        };
        self.note_change(caller, id, ChangeDetails::Creation(creation));
        Ok(id)
    }

    pub(super) fn provisional_top_up(&mut self, name: &str, arg: &[u8]) -> Answer {
        let args: ProvisionalTopUpCanisterArgs = decode(name, arg)?;
        let amount = amount_of(&args.amount)?;
        self.add_cycles(args.canister_id, amount)?;
        done()
    }

    pub(super) fn update_settings(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: UpdateSettingsArgs = decode(name, arg)?;
        self.check_controller(caller, args.canister_id)?;
        let canister = self.canister_mut(args.canister_id)?;
        let settings = canister.settings.with(&args.settings).map_err(refused)?;
        let controllers = settings.controllers.clone();
        canister.settings = Arc::new(settings);
        canister.version += 1;
        if args.settings.controllers.is_some() {
            let change = ControllersChangeRecord { controllers };
            self.note_change(
                caller,
                args.canister_id,
                ChangeDetails::ControllersChange(change),
            );
        }
        done()
    }

    /// Lets a canister run. **Errors** the sender is no controller.
    pub fn start_canister(&mut self, sender: Principal, id: Principal) -> Result<(), Reject> {
        self.start(&Caller::user(sender), id)
    }

    pub(super) fn start_call(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: CanisterIdRecord = decode(name, arg)?;
        self.start(caller, args.canister_id)?;
        done()
    }

    fn start(&mut self, caller: &Caller, id: Principal) -> Result<(), Reject> {
        self.check_controller(caller, id)?;
        let canister = self.canister_mut(id)?;
        canister.status = Status::Running;
        canister.version += 1;
        for waiter in std::mem::take(&mut canister.stop_waiters) {
            let text = format!("Canister {id} was started while it was stopping");
            let reject = Reject::new(ErrorCode::STOP_CANCELLED, text);
            self.respond(MANAGEMENT, waiter.origin, Err(reject), waiter.cycles);
        }
        Ok(())
    }

    /// Stops a canister: it takes no calls from now on, and is stopped when the open ones have
    /// ended (see [`crate::CanisterInfo::status`]). Rounds bring that about.
    ///
    /// # Errors
    /// The sender is no controller.
    pub fn stop_canister(&mut self, sender: Principal, id: Principal) -> Result<(), Reject> {
        self.check_controller(&Caller::user(sender), id)?;
        self.stop(id, None)
    }

    pub(super) fn stop_call(&mut self, caller: &Caller, request: &Request, cycles: u128) -> Answer {
        let args: CanisterIdRecord = decode(&request.method, &request.arg)?;
        self.check_controller(caller, args.canister_id)?;
        let since = self.now;
        self.stop(
            args.canister_id,
            Some(StopWaiter {
                origin: request.origin,
                cycles,
                since,
            }),
        )?;
        Ok(Handled::Later)
    }

    fn stop(&mut self, id: Principal, waiter: Option<StopWaiter>) -> Result<(), Reject> {
        let canister = self.canister_mut(id)?;
        if canister.status == Status::Running {
            canister.status = Status::Stopping;
            canister.version += 1;
        }
        canister.stop_waiters.extend(waiter);
        self.stop_if_done(id);
        Ok(())
    }

    /// Ends the stopping of a canister that has no open calls any more.
    pub(crate) fn stop_if_done(&mut self, id: Principal) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        if canister.status == Status::Running || !canister.contexts.is_empty() {
            return;
        }
        canister.status = Status::Stopped;
        for waiter in std::mem::take(&mut canister.stop_waiters) {
            self.respond(
                MANAGEMENT,
                waiter.origin,
                Ok(super::encode(())),
                waiter.cycles,
            );
        }
    }

    pub(crate) fn end_stops(&mut self) {
        let now = self.now;
        let mut late = Vec::new();
        for canister in self.canisters.values_mut() {
            canister.stop_waiters.retain(|waiter| {
                let over = waiter.since + STOP_PATIENCE_NS <= now;
                if over {
                    late.push(waiter.clone());
                }
                !over
            });
        }
        for waiter in late {
            let reject = Reject::new(ErrorCode::STOP_TIMEOUT, "Stop canister request timed out");
            self.respond(MANAGEMENT, waiter.origin, Err(reject), waiter.cycles);
        }
    }

    pub(crate) fn next_stop_end(&self) -> Option<u64> {
        let waiters = self
            .canisters
            .values()
            .flat_map(|canister| &canister.stop_waiters);
        waiters.map(|waiter| waiter.since + STOP_PATIENCE_NS).min()
    }

    pub(super) fn delete_canister(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: CanisterIdRecord = decode(name, arg)?;
        let id = args.canister_id;
        self.check_controller(caller, id)?;
        if caller.principal == id {
            return Err(refused("a canister cannot delete itself"));
        }
        let canister = self.canister_mut(id)?;
        if canister.status != Status::Stopped {
            let text = format!("Canister {id} must be stopped before it is deleted");
            return Err(Reject::new(ErrorCode::NOT_STOPPED, text));
        }
        let requests = std::mem::take(&mut canister.requests);
        for request in requests.into_values().flatten() {
            self.respond(id, request.origin, Err(not_found(id)), request.cycles);
        }
        self.canisters.remove(&id);
        self.state_changed();
        done()
    }

    pub(super) fn canister_status(&mut self, caller: Principal, name: &str, arg: &[u8]) -> Answer {
        let args: CanisterIdRecord = decode(name, arg)?;
        let id = args.canister_id;
        let fees = self.subnet.fees;
        let canister = self.canisters.get(&id).ok_or_else(|| not_found(id))?;
        let visible = match &canister.settings.status_visibility {
            StatusVisibility::Public => true,
            StatusVisibility::AllowedViewers(viewers) => viewers.contains(&caller),
            StatusVisibility::Controllers => false,
        };
        if !visible && caller != id {
            self.check_controller(&Caller::user(caller), id)?;
        }
        reply(status_reply(canister, canister.idle_per_day(fees)))
    }

    pub(super) fn canister_info(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        canisters_only(caller, name)?;
        let args: CanisterInfoArgs = decode(name, arg)?;
        let canister = self.canister_mut(args.canister_id)?;
        let wanted = usize::try_from(args.num_requested_changes.unwrap_or(0)).unwrap_or(usize::MAX);
        let skipped = canister.history.len().saturating_sub(wanted);
        reply(CanisterInfoResult {
            total_num_changes: canister.changes,
            recent_changes: canister.history.iter().skip(skipped).cloned().collect(),
            module_hash: canister
                .machine
                .as_ref()
                .map(|machine| machine.compiled.hash.to_vec()),
            controllers: canister.settings.controllers.clone(),
        })
    }

    pub(super) fn canister_metadata(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        canisters_only(caller, name)?;
        let args: CanisterMetadataArgs = decode(name, arg)?;
        let id = args.canister_id;
        let is_controller = self.check_controller(caller, id).is_ok() || caller.principal == id;
        let canister = self.canister_mut(id)?;
        let section = canister
            .machine
            .as_ref()
            .and_then(|machine| machine.compiled.metadata.get(&args.name))
            .filter(|section| section.public || is_controller);
        match section {
            Some(section) => reply(CanisterMetadataResult {
                value: section.content.to_vec(),
            }),
            None => Err(refused(format!(
                "Canister {id} has no metadata section {}",
                args.name
            ))),
        }
    }

    pub(super) fn deposit_cycles(
        &mut self,
        caller: &Caller,
        name: &str,
        arg: &[u8],
        cycles: &mut u128,
    ) -> Answer {
        canisters_only(caller, name)?;
        let args: CanisterIdRecord = decode(name, arg)?;
        self.add_cycles(args.canister_id, *cycles)?;
        *cycles = 0;
        done()
    }

    pub(super) fn fetch_canister_logs(
        &mut self,
        caller: Principal,
        name: &str,
        arg: &[u8],
    ) -> Answer {
        let args: FetchCanisterLogsArgs = decode(name, arg)?;
        let id = args.canister_id;
        let canister = self.canisters.get(&id).ok_or_else(|| not_found(id))?;
        let visible = match &canister.settings.log_visibility {
            LogVisibility::Public => true,
            LogVisibility::AllowedViewers(viewers) => viewers.contains(&caller),
            LogVisibility::Controllers => false,
        };
        if !visible {
            self.check_controller(&Caller::user(caller), id)?;
        }
        let limit = usize::try_from(canister.settings.log_memory_limit).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let mut canister_log_records: Vec<CanisterLogRecord> = canister
            .logs
            .iter()
            .rev()
            .take_while(|line| {
                bytes += line.content.len();
                bytes <= limit
            })
            .filter(|line| match &args.filter {
                None => true,
                Some(CanisterLogFilter::ByIdx { start, end }) => {
                    (*start..*end).contains(&line.index)
                }
                Some(CanisterLogFilter::ByTimestampNanos { start, end }) => {
                    (*start..*end).contains(&line.at_ns)
                }
            })
            .map(|line| CanisterLogRecord {
                idx: line.index,
                timestamp_nanos: line.at_ns,
                content: line.content.clone(),
            })
            .collect();
        canister_log_records.reverse();
        reply(FetchCanisterLogsResult {
            canister_log_records,
        })
    }
}

fn status_reply(canister: &Canister, idle_per_day: u128) -> StatusReply {
    let compiled = canister.machine.as_ref().map(|machine| &machine.compiled);
    let sections: usize = compiled.map_or(0, |compiled| {
        compiled
            .metadata
            .values()
            .map(|section| section.content.len())
            .sum()
    });
    let chunks: usize = canister.chunks.values().map(Vec::len).sum();
    StatusReply {
        status: match canister.status {
            Status::Running => CanisterStatusType::Running,
            Status::Stopping => CanisterStatusType::Stopping,
            Status::Stopped => CanisterStatusType::Stopped,
        },
        ready_for_migration: canister.status == Status::Stopped && !canister.has_input(),
        version: canister.version,
        settings: SettingsReply::from(&*canister.settings),
        module_hash: compiled.map(|compiled| compiled.hash.to_vec()),
        memory_size: canister.memory_bytes().into(),
        memory_metrics: MemoryMetrics {
            wasm_memory_size: canister.heap_bytes().into(),
            stable_memory_size: canister.stable.bytes().into(),
            global_memory_size: compiled
                .map_or(0, |compiled| compiled.globals.len() * 8)
                .into(),
            wasm_binary_size: compiled.map_or(0, |compiled| compiled.wasm_bytes).into(),
            custom_sections_size: sections.into(),
            canister_history_size: 0u8.into(),
            wasm_chunk_store_size: chunks.into(),
            snapshots_size: 0u8.into(),
            log_memory_store_size: 0u8.into(),
        },
        cycles: canister.cycles.into(),
        reserved_cycles: 0u8.into(),
        idle_cycles_burned_per_day: idle_per_day.into(),
        query_stats: QueryStats {
            num_calls_total: 0u8.into(),
            num_instructions_total: 0u8.into(),
            request_payload_bytes_total: 0u8.into(),
            response_payload_bytes_total: 0u8.into(),
        },
    }
}

fn amount_of(amount: &Nat) -> Result<u128, Reject> {
    u128::try_from(amount.0.clone())
        .map_err(|_| refused(format!("expected an amount below 2^128, got {amount}")))
}
