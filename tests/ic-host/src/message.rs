//! All that one message sees and changes while it runs.

use crate::certificate::CertifiedState;
use crate::fees::{CallFee, Fees};
use crate::instructions::GROW_REMAINDER;
use crate::settings::Settings;
use crate::stable::Stable;
use candid::Principal;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::{Memory, ResourceLimiter};

/// The kind of entry point that runs; one bit each, so that sets are masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) u32);

impl Mode {
    pub(crate) const INIT: Self = Self(1);
    pub(crate) const PRE_UPGRADE: Self = Self(1 << 1);
    pub(crate) const UPDATE: Self = Self(1 << 2);
    pub(crate) const REPLICATED_QUERY: Self = Self(1 << 3);
    pub(crate) const QUERY: Self = Self(1 << 4);
    pub(crate) const TRANSFORM: Self = Self(1 << 5);
    pub(crate) const COMPOSITE: Self = Self(1 << 6);
    pub(crate) const REPLY: Self = Self(1 << 7);
    pub(crate) const REJECT: Self = Self(1 << 8);
    pub(crate) const COMPOSITE_REPLY: Self = Self(1 << 9);
    pub(crate) const COMPOSITE_REJECT: Self = Self(1 << 10);
    pub(crate) const CLEANUP: Self = Self(1 << 11);
    pub(crate) const COMPOSITE_CLEANUP: Self = Self(1 << 12);
    pub(crate) const INSPECT: Self = Self(1 << 13);
    pub(crate) const SYSTEM_TASK: Self = Self(1 << 14);
    pub(crate) const START: Self = Self(1 << 15);

    pub(crate) fn is_in(self, set: u32) -> bool {
        self.0 & set != 0
    }

    /// Whether every replica runs it and the result is agreed.
    pub(crate) fn is_replicated(self) -> bool {
        const SET: u32 = Mode::INIT.0
            | Mode::PRE_UPGRADE.0
            | Mode::UPDATE.0
            | Mode::REPLICATED_QUERY.0
            | Mode::REPLY.0
            | Mode::REJECT.0
            | Mode::CLEANUP.0
            | Mode::SYSTEM_TASK.0
            | Mode::START.0;
        self.is_in(SET)
    }

    pub(crate) fn name(self) -> &'static str {
        const NAMES: [&str; 16] = [
            "init",
            "pre upgrade",
            "update",
            "replicated query",
            "non replicated query",
            "transform",
            "composite query",
            "reply callback",
            "reject callback",
            "composite reply callback",
            "composite reject callback",
            "cleanup",
            "composite cleanup",
            "inspect message",
            "system task",
            "start",
        ];
        let index = usize::try_from(self.0.trailing_zeros()).unwrap_or(0);
        NAMES.get(index).copied().unwrap_or("idle")
    }
}

/// Why a message ended without its effects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trap {
    #[error("Canister called `ic0.trap` with message: {0}")]
    Called(String),
    #[error("Canister violated contract: {0}")]
    Contract(String),
    #[error("Canister exceeded the limit of {0} instructions for single message execution.")]
    Instructions(u64),
    #[error("Canister exceeded its current Wasm memory limit of {0} bytes.")]
    WasmMemoryLimit(u64),
    #[error("Canister trapped: {0}")]
    Wasm(String),
    #[error("Canister has no {kind} method '{name}'.")]
    NoMethod { kind: &'static str, name: String },
}

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Reply(Vec<u8>),
    Reject(String),
}

/// An entry of the function table and its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closure {
    pub(crate) fun: u64,
    pub(crate) env: u64,
}

/// A call under construction.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) callee: Principal,
    pub(crate) method: String,
    pub(crate) on_reply: Closure,
    pub(crate) on_reject: Closure,
    pub(crate) on_cleanup: Option<Closure>,
    pub(crate) arg: Vec<u8>,
    pub(crate) cycles: u128,
    pub(crate) timeout_s: Option<u32>,
}

/// A call that leaves when the message commits.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) draft: Draft,
    pub(crate) fee: CallFee,
}

/// Facts about the subnet that do not change.
#[derive(Debug)]
pub(crate) struct Subnet {
    pub(crate) id: Principal,
    pub(crate) fees: Fees,
    /// Root key, DER.
    pub(crate) root_key: Vec<u8>,
}

/// See the head of this file.
pub(crate) struct Message {
    pub(crate) mode: Mode,
    pub(crate) now: u64,
    pub(crate) canister: Principal,
    pub(crate) subnet: Arc<Subnet>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) caller: Vec<u8>,
    pub(crate) arg: Vec<u8>,
    pub(crate) method: String,
    /// Code and text, in a callback for a reject.
    pub(crate) reject: Option<(u32, String)>,
    /// Nanoseconds; 0 for none.
    pub(crate) deadline: u64,
    pub(crate) status: u32,
    pub(crate) version: u64,
    pub(crate) certificate: Option<Arc<CertifiedState>>,
    /// Instructions of earlier messages of the same call context.
    pub(crate) context_instructions: u64,
    pub(crate) limit: u64,
    pub(crate) memory64: bool,

    /// Whether an earlier message of the call context, or this one, answered.
    pub(crate) answered: bool,
    pub(crate) reply_data: Vec<u8>,
    pub(crate) answer: Option<Answer>,
    pub(crate) accepted: bool,
    pub(crate) draft: Option<Draft>,
    pub(crate) calls: Vec<Call>,
    /// Calls that wait for an answer, by callee, with those of this message.
    pub(crate) open_calls: BTreeMap<Principal, usize>,
    pub(crate) balance: u128,
    pub(crate) freezing_limit: u128,
    pub(crate) available: u128,
    pub(crate) refunded: u128,
    pub(crate) certified_data: Option<Vec<u8>>,
    pub(crate) timer: u64,
    pub(crate) stable: Stable,
    pub(crate) log: Vec<Vec<u8>>,
    /// Instructions that fuel cannot express.
    pub(crate) uncounted: u64,
}

impl Message {
    /// What may be attached to calls.
    pub(crate) fn liquid(&self) -> u128 {
        self.balance.saturating_sub(self.freezing_limit)
    }

    /// Drops the call under construction and takes its cycles back.
    pub(crate) fn drop_draft(&mut self) -> Option<Draft> {
        let draft = self.draft.take()?;
        self.balance += draft.cycles;
        Some(draft)
    }

    fn max_heap_bytes(&self) -> u64 {
        if self.memory64 { 6 << 30 } else { 4 << 30 }
    }
}

/// What a store holds besides the instance.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) memory: Option<Memory>,
    /// Present while something runs.
    pub(crate) message: Option<Box<Message>>,
}

impl Host {
    pub(crate) fn message(&mut self) -> &mut Message {
        self.message
            .as_mut()
            .expect("the host runs nothing without a message")
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Without a message an instance is made from committed state, which kept the limits.
        let Some(message) = &mut self.message else {
            return Ok(true);
        };
        let desired = u64::try_from(desired)?;
        message.uncounted += GROW_REMAINDER;
        let limit = message.settings.wasm_memory_limit;
        if limit > 0 && desired > limit && message.mode.is_replicated() {
            return Err(Trap::WasmMemoryLimit(limit).into());
        }
        Ok(desired <= message.max_heap_bytes())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if let Some(message) = &mut self.message {
            message.uncounted += GROW_REMAINDER;
        }
        Ok(true)
    }
}
