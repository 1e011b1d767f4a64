//! What a stretch of a run used, counted by the subnet.

use crate::modules::module;
use crate::world::{Told, World};
use candid::Principal;
use ic_host::Meter;
use serde::Serialize;

/// What both canisters of ours used in a stretch of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// HTTPS outcalls.
    pub outcalls: u64,
    /// Threshold signatures.
    pub signatures: u64,
    /// All fees by the real schedule. **Units** cycles.
    pub cycles: u128,
    /// The largest message of the whole run.
    pub instructions_max: u64,
    /// The gateway's module, compressed. **Units** bytes.
    pub gateway_wasm_gz: usize,
    /// The treasury's module, compressed. **Units** bytes.
    pub treasury_wasm_gz: usize,
}

/// A point in a run from which to count.
#[derive(Clone, Debug)]
pub struct Mark {
    gateway: Meter,
    treasury: Meter,
}

impl Mark {
    /// Here.
    #[must_use]
    pub fn set(world: &World) -> Self {
        let meter = |canister: Principal| world.ic.meter(canister);
        Self {
            gateway: meter(world.canisters.gateway),
            treasury: meter(world.canisters.treasury),
        }
    }

    /// What was used since.
    pub fn since(&self, world: &World) -> Told<Figures> {
        let now = Self::set(world);
        let sum = |read: fn(&Meter) -> u64| {
            read(&now.gateway) - read(&self.gateway) + read(&now.treasury) - read(&self.treasury)
        };
        Ok(Figures {
            outcalls: sum(|m| m.outcalls),
            signatures: sum(|m| m.signatures),
            cycles: now.gateway.cycles_charged - self.gateway.cycles_charged
                + now.treasury.cycles_charged
                - self.treasury.cycles_charged,
            instructions_max: now
                .gateway
                .instructions_max
                .max(now.treasury.instructions_max),
            gateway_wasm_gz: module("gateway")?.len(),
            treasury_wasm_gz: module("treasury")?.len(),
        })
    }
}
