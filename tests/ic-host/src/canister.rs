//! One canister.

use crate::context::{Callback, Context, Origin, Request, Response};
use crate::execution::Machine;
use crate::fees::Fees;
use crate::meter::Meter;
use crate::settings::Settings;
use crate::stable::Stable;
use candid::Principal;
use ic_management_canister_types::Change;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How many changes of its history a canister keeps. **Source** interface specification: at
/// least 20.
const HISTORY: usize = 20;
/// How much of the logs the host keeps for those who look from outside.
const KEPT_LOG_LINES: usize = 20_000;

/// Whether a canister takes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Running,
    /// It finishes what it has begun.
    Stopping,
    /// It does not.
    Stopped,
}

/// One line of a canister's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Counts from 0 without gaps.
    pub index: u64,
    /// When it was written. **Units** nanoseconds since 1970.
    pub at_ns: u64,
    /// The bytes that the canister printed.
    pub content: Vec<u8>,
}

impl LogLine {
    /// The content, as far as it is text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// What is known of a canister from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanisterInfo {
    /// Whether it takes calls.
    pub status: Status,
    /// SHA-256 of the module as it was uploaded; none if the canister is empty.
    pub module_hash: Option<[u8; 32]>,
    /// Its balance.
    pub cycles: u128,
    /// Size of the heap.
    pub heap_bytes: u64,
    /// Size of stable memory.
    pub stable_bytes: u64,
    /// Who controls it.
    pub controllers: Vec<Principal>,
    /// Changes with code, settings and messages.
    pub version: u64,
    /// The certified data.
    pub certified_data: Vec<u8>,
    /// When its global timer fires; none if it is not set. **Units** nanoseconds since 1970.
    pub timer_ns: Option<u64>,
    /// Calls that it has not finished.
    pub open_calls: usize,
}

/// A `stop_canister` call that waits.
#[derive(Clone, Debug)]
pub(crate) struct StopWaiter {
    pub(crate) origin: Origin,
    pub(crate) cycles: u128,
    pub(crate) since: u64,
}

/// The hook for low memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LowMemory {
    NotSatisfied,
    Ready,
    Executed,
}

pub(crate) struct Canister {
    pub(crate) id: Principal,
    pub(crate) settings: Arc<Settings>,
    pub(crate) status: Status,
    pub(crate) stop_waiters: Vec<StopWaiter>,
    pub(crate) cycles: u128,
    pub(crate) version: u64,
    pub(crate) machine: Option<Machine>,
    pub(crate) stable: Stable,
    pub(crate) certified_data: Vec<u8>,
    /// 0 if it is not set.
    pub(crate) timer: u64,
    pub(crate) low_memory: LowMemory,
    pub(crate) contexts: BTreeMap<u64, Context>,
    pub(crate) callbacks: BTreeMap<u64, Callback>,
    pub(crate) next_id: u64,
    /// By sender; ingress has no sender.
    pub(crate) requests: BTreeMap<Option<Principal>, VecDeque<Request>>,
    pub(crate) responses: Vec<Response>,
    pub(crate) chunks: BTreeMap<[u8; 32], Vec<u8>>,
    pub(crate) history: VecDeque<Change>,
    pub(crate) changes: u64,
    pub(crate) logs: VecDeque<LogLine>,
    pub(crate) next_log: u64,
    pub(crate) meter: Meter,
    /// Outcalls cost it nothing.
    pub(crate) free_outcalls: bool,
    /// Until when storage was paid.
    pub(crate) paid_until: u64,
}

impl Canister {
    pub(crate) fn new(id: Principal, settings: Settings, cycles: u128, now: u64) -> Self {
        Self {
            id,
            settings: Arc::new(settings),
            status: Status::Running,
            stop_waiters: Vec::new(),
            cycles,
            version: 0,
            machine: None,
            stable: Stable::default(),
            certified_data: Vec::new(),
            timer: 0,
            low_memory: LowMemory::NotSatisfied,
            contexts: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            next_id: 0,
            requests: BTreeMap::new(),
            responses: Vec::new(),
            chunks: BTreeMap::new(),
            history: VecDeque::new(),
            changes: 0,
            logs: VecDeque::new(),
            next_log: 0,
            meter: Meter::default(),
            free_outcalls: false,
            paid_until: now,
        }
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn heap_bytes(&self) -> u64 {
        self.machine.as_ref().map_or(0, Machine::heap_bytes)
    }

    /// All memory that storage is paid for.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let module = self
            .machine
            .as_ref()
            .map_or(0, |machine| length(machine.compiled.wasm_bytes));
        let chunks: usize = self.chunks.values().map(Vec::len).sum();
        self.heap_bytes() + self.stable.bytes() + module + length(chunks)
    }

    /// What must stay in the balance.
    pub(crate) fn freezing_limit(&self, fees: Fees) -> u128 {
        let paid_memory = self.memory_bytes().max(self.settings.memory_allocation);
        let seconds = u128::from(self.settings.freezing_threshold_s);
        let day = fees.idle(
            paid_memory,
            self.settings.compute_allocation,
            86_400 * 1_000_000_000,
        );
        day.saturating_mul(seconds) / 86_400
    }

    pub(crate) fn idle_per_day(&self, fees: Fees) -> u128 {
        let paid_memory = self.memory_bytes().max(self.settings.memory_allocation);
        fees.idle(
            paid_memory,
            self.settings.compute_allocation,
            86_400 * 1_000_000_000,
        )
    }

    pub(crate) fn has_input(&self) -> bool {
        !self.responses.is_empty() || self.requests.values().any(|queue| !queue.is_empty())
    }

    /// Takes a fee; it must have been checked that the balance covers it.
    pub(crate) fn charge(&mut self, cycles: u128) {
        self.cycles = self.cycles.saturating_sub(cycles);
        self.meter.cycles_charged += cycles;
    }

    pub(crate) fn log(&mut self, at_ns: u64, content: Vec<u8>) {
        self.logs.push_back(LogLine {
            index: self.next_log,
            at_ns,
            content,
        });
        self.next_log += 1;
        if self.logs.len() > KEPT_LOG_LINES {
            self.logs.pop_front();
        }
    }

    pub(crate) fn remember(&mut self, change: Change) {
        self.changes += 1;
        self.history.push_back(change);
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }

    pub(crate) fn info(&self) -> CanisterInfo {
        CanisterInfo {
            status: self.status,
            module_hash: self.machine.as_ref().map(|machine| machine.compiled.hash),
            cycles: self.cycles,
            heap_bytes: self.heap_bytes(),
            stable_bytes: self.stable.bytes(),
            controllers: self.settings.controllers.clone(),
            version: self.version,
            certified_data: self.certified_data.clone(),
            timer_ns: (self.timer > 0).then_some(self.timer),
            open_calls: self.contexts.len(),
        }
    }

    /// The number that `ic0.canister_status` gives.
    pub(crate) fn status_number(&self) -> u32 {
        match self.status {
            Status::Running => 1,
            Status::Stopping => 2,
            Status::Stopped => 3,
        }
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("addresses have at most 64 bits")
}
