//! Replies that must satisfy clients of several ages: the union of the fields they know.

use crate::settings::Settings;
use candid::{CandidType, Nat, Principal};
use ic_management_canister_types::{
    CanisterStatusType, EnvironmentVariable, LogVisibility, MemoryMetrics, QueryStats,
    SnapshotVisibility, StatusVisibility,
};

#[derive(CandidType)]
pub(super) struct SettingsReply {
    controllers: Vec<Principal>,
    compute_allocation: Nat,
    memory_allocation: Nat,
    freezing_threshold: Nat,
    reserved_cycles_limit: Nat,
    minimum_incoming_canister_call_cycles: Nat,
    log_visibility: LogVisibility,
    snapshot_visibility: SnapshotVisibility,
    status_visibility: StatusVisibility,
    log_memory_limit: Nat,
    wasm_memory_limit: Nat,
    wasm_memory_threshold: Nat,
    environment_variables: Vec<EnvironmentVariable>,
}

impl From<&Settings> for SettingsReply {
    fn from(settings: &Settings) -> Self {
        let variable = |(name, value): &(String, String)| EnvironmentVariable {
            name: name.clone(),
            value: value.clone(),
        };
        Self {
            controllers: settings.controllers.clone(),
            compute_allocation: settings.compute_allocation.into(),
            memory_allocation: settings.memory_allocation.into(),
            freezing_threshold: settings.freezing_threshold_s.into(),
            reserved_cycles_limit: settings.reserved_cycles_limit.into(),
            minimum_incoming_canister_call_cycles: settings.minimum_incoming_call_cycles.into(),
            log_visibility: settings.log_visibility.clone(),
            snapshot_visibility: settings.snapshot_visibility.clone(),
            status_visibility: settings.status_visibility.clone(),
            log_memory_limit: settings.log_memory_limit.into(),
            wasm_memory_limit: settings.wasm_memory_limit.into(),
            wasm_memory_threshold: settings.wasm_memory_threshold.into(),
            environment_variables: settings.variables.iter().map(variable).collect(),
        }
    }
}

#[derive(CandidType)]
pub(super) struct StatusReply {
    pub(super) status: CanisterStatusType,
    pub(super) ready_for_migration: bool,
    pub(super) version: u64,
    pub(super) settings: SettingsReply,
    pub(super) module_hash: Option<Vec<u8>>,
    pub(super) memory_size: Nat,
    pub(super) memory_metrics: MemoryMetrics,
    pub(super) cycles: Nat,
    pub(super) reserved_cycles: Nat,
    pub(super) idle_cycles_burned_per_day: Nat,
    pub(super) query_stats: QueryStats,
}
