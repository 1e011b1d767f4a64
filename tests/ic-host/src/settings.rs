//! Settings of a canister. **Source** interface specification, `canister_settings`.

use candid::Principal;
use ic_management_canister_types::{
    CanisterSettings, EnvironmentVariable, LogVisibility, SnapshotVisibility, StatusVisibility,
};

const MAX_CONTROLLERS: usize = 10;
const MAX_VARIABLES: usize = 20;
const MAX_VARIABLE_BYTES: usize = 128;
const DEFAULT_FREEZING_THRESHOLD_S: u64 = 2_592_000;
const DEFAULT_RESERVED_CYCLES_LIMIT: u128 = 5_000_000_000_000;
const DEFAULT_LOG_BYTES: u64 = 4_096;

/// See the head of this file.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) controllers: Vec<Principal>,
    pub(crate) compute_allocation: u64,
    pub(crate) memory_allocation: u64,
    pub(crate) freezing_threshold_s: u64,
    pub(crate) reserved_cycles_limit: u128,
    pub(crate) minimum_incoming_call_cycles: u128,
    pub(crate) log_visibility: LogVisibility,
    pub(crate) snapshot_visibility: SnapshotVisibility,
    pub(crate) status_visibility: StatusVisibility,
    pub(crate) log_memory_limit: u64,
    pub(crate) wasm_memory_limit: u64,
    pub(crate) wasm_memory_threshold: u64,
    /// Sorted by name.
    pub(crate) variables: Vec<(String, String)>,
}

impl Settings {
    pub(crate) fn new(controllers: Vec<Principal>) -> Self {
        Self {
            controllers,
            compute_allocation: 0,
            memory_allocation: 0,
            freezing_threshold_s: DEFAULT_FREEZING_THRESHOLD_S,
            reserved_cycles_limit: DEFAULT_RESERVED_CYCLES_LIMIT,
            minimum_incoming_call_cycles: 0,
            log_visibility: LogVisibility::Controllers,
            snapshot_visibility: SnapshotVisibility::Controllers,
            status_visibility: StatusVisibility::Controllers,
            log_memory_limit: DEFAULT_LOG_BYTES,
            wasm_memory_limit: 0,
            wasm_memory_threshold: 0,
            variables: Vec::new(),
        }
    }

    /// These settings with what `changes` names replaced.
    pub(crate) fn with(&self, changes: &CanisterSettings) -> Result<Self, String> {
        let mut new = self.clone();
        if let Some(controllers) = &changes.controllers {
            let mut controllers = controllers.clone();
            controllers.sort();
            controllers.dedup();
            if controllers.len() > MAX_CONTROLLERS {
                return Err(format!(
                    "expected at most {MAX_CONTROLLERS} controllers, got {}",
                    controllers.len()
                ));
            }
            new.controllers = controllers;
        }
        let number = |name: &str, value: &candid::Nat, max: u128| -> Result<u128, String> {
            u128::try_from(value.0.clone())
                .ok()
                .filter(|value| *value <= max)
                .ok_or_else(|| format!("expected {name} to be at most {max}, got {value}"))
        };
        let short = |name: &str, value: &Option<candid::Nat>, max: u64, into: &mut u64| {
            if let Some(value) = value {
                *into = u64::try_from(number(name, value, u128::from(max))?)
                    .map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        };
        const GIB: u64 = 1 << 30;
        short(
            "compute_allocation",
            &changes.compute_allocation,
            100,
            &mut new.compute_allocation,
        )?;
        short(
            "memory_allocation",
            &changes.memory_allocation,
            512 * GIB,
            &mut new.memory_allocation,
        )?;
        short(
            "freezing_threshold",
            &changes.freezing_threshold,
            u64::MAX,
            &mut new.freezing_threshold_s,
        )?;
        short(
            "log_memory_limit",
            &changes.log_memory_limit,
            2 << 20,
            &mut new.log_memory_limit,
        )?;
        short(
            "wasm_memory_limit",
            &changes.wasm_memory_limit,
            1 << 48,
            &mut new.wasm_memory_limit,
        )?;
        short(
            "wasm_memory_threshold",
            &changes.wasm_memory_threshold,
            u64::MAX,
            &mut new.wasm_memory_threshold,
        )?;
        if let Some(limit) = &changes.reserved_cycles_limit {
            new.reserved_cycles_limit = number("reserved_cycles_limit", limit, u128::MAX)?;
        }
        if let Some(least) = &changes.minimum_incoming_canister_call_cycles {
            new.minimum_incoming_call_cycles =
                number("minimum_incoming_canister_call_cycles", least, u128::MAX)?;
        }
        if let Some(visibility) = &changes.log_visibility {
            new.log_visibility = visibility.clone();
        }
        if let Some(visibility) = &changes.snapshot_visibility {
            new.snapshot_visibility = visibility.clone();
        }
        if let Some(visibility) = &changes.status_visibility {
            new.status_visibility = visibility.clone();
        }
        if let Some(variables) = &changes.environment_variables {
            new.variables = checked_variables(variables)?;
        }
        Ok(new)
    }
}

fn checked_variables(variables: &[EnvironmentVariable]) -> Result<Vec<(String, String)>, String> {
    if variables.len() > MAX_VARIABLES {
        return Err(format!(
            "expected at most {MAX_VARIABLES} variables, got {}",
            variables.len()
        ));
    }
    let mut sorted = std::collections::BTreeMap::new();
    for EnvironmentVariable { name, value } in variables {
        if name.len() > MAX_VARIABLE_BYTES || value.len() > MAX_VARIABLE_BYTES {
            return Err(format!(
                "the variable {name} is longer than {MAX_VARIABLE_BYTES} bytes"
            ));
        }
        if sorted.insert(name.clone(), value.clone()).is_some() {
            return Err(format!("the variable {name} occurs twice"));
        }
    }
    Ok(sorted.into_iter().collect())
}
