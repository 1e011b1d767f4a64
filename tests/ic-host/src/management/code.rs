//! Code: install, upgrade, uninstall, and the store of chunks.

use super::{Answer, Caller, decode, done, refused, reply};
use crate::canister::Canister;
use crate::execution::{Entry, Machine};
use crate::fees::Fees;
use crate::ic::{Ic, not_found, out_of_cycles};
use crate::instructions::LIMIT_INSTALL;
use crate::message::{Mode, Trap};
use crate::module::{Compiled, compile};
use crate::reject::{ErrorCode, Reject};
use crate::scheduler::Setup;
use crate::stable::Stable;
use candid::Principal;
use ic_management_canister_types::{
    CanisterIdRecord, CanisterInstallMode, Change, ChangeDetails, ChangeOrigin, ChunkHash,
    CodeDeploymentMode, CodeDeploymentRecord, FromCanisterRecord, FromUserRecord,
    InstallChunkedCodeArgs, InstallCodeArgs, UninstallCodeArgs, UploadChunkArgs,
    WasmMemoryPersistence,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// **Source** interface specification, `upload_chunk`.
const MAX_CHUNK_BYTES: usize = 1 << 20;
/// How many chunks a canister stores.
const MAX_CHUNKS: usize = 100;
/// A module with this section keeps its heap, or says that it does not.
const PERSISTENCE_SECTION: &str = "enhanced-orthogonal-persistence";

/// How to put code into a canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallMode {
    /// Into an empty canister.
    Install,
    /// Whatever is there is dropped, stable memory too.
    Reinstall,
    /// Stable memory stays.
    Upgrade {
        /// Do not ask the old code.
        skip_pre_upgrade: bool,
    },
}

impl InstallMode {
    fn recorded(self) -> CodeDeploymentMode {
        match self {
            Self::Install => CodeDeploymentMode::Install,
            Self::Reinstall => CodeDeploymentMode::Reinstall,
            Self::Upgrade { .. } => CodeDeploymentMode::Upgrade,
        }
    }
}

/// What an installation that fails puts back.
struct Before {
    machine: Option<Machine>,
    stable: Option<Stable>,
    certified_data: Vec<u8>,
    timer: u64,
    version: u64,
    cycles: u128,
}

impl Ic {
    pub(super) fn install_code_call(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: InstallCodeArgs = decode(name, arg)?;
        let (mode, persistence) = mode_of(args.mode);
        self.put_code(
            caller,
            args.canister_id,
            (mode, persistence),
            &args.wasm_module,
            &args.arg,
        )?;
        done()
    }

    pub(super) fn install_chunked_code(
        &mut self,
        caller: &Caller,
        name: &str,
        arg: &[u8],
    ) -> Answer {
        let args: InstallChunkedCodeArgs = decode(name, arg)?;
        let store = args.store_canister.unwrap_or(args.target_canister);
        if store != args.target_canister && caller.principal != store {
            self.check_controller(caller, store)?;
        }
        let canister = self.canisters.get(&store).ok_or_else(|| not_found(store))?;
        let mut module = Vec::new();
        for ChunkHash { hash } in &args.chunk_hashes_list {
            let chunk = <[u8; 32]>::try_from(hash.as_slice())
                .ok()
                .and_then(|hash| canister.chunks.get(&hash))
                .ok_or_else(|| refused(format!("Wasm chunk {} not found", hex::encode(hash))))?;
            module.extend_from_slice(chunk);
        }
        let hash = Sha256::digest(&module);
        if hash.as_slice() != args.wasm_module_hash {
            return Err(refused(format!(
                "Wasm module hash {} does not match the expected hash {}",
                hex::encode(hash),
                hex::encode(args.wasm_module_hash)
            )));
        }
        self.put_code(
            caller,
            args.target_canister,
            mode_of(args.mode),
            &module,
            &args.arg,
        )?;
        done()
    }

    pub(crate) fn install_code(
        &mut self,
        caller: &Caller,
        id: Principal,
        mode: InstallMode,
        module: &[u8],
        arg: &[u8],
    ) -> Result<(), Reject> {
        self.put_code(caller, id, (mode, None), module, arg)
    }

    fn put_code(
        &mut self,
        caller: &Caller,
        id: Principal,
        (mode, persistence): (InstallMode, Option<WasmMemoryPersistence>),
        module: &[u8],
        arg: &[u8],
    ) -> Result<(), Reject> {
        self.check_controller(caller, id)?;
        let canister = self.canister_mut(id)?;
        if mode == InstallMode::Install && canister.machine.is_some() {
            let text = format!("Canister {id} cannot be installed because it is not empty");
            return Err(Reject::new(ErrorCode::ALREADY_INSTALLED, text));
        }
        if matches!(mode, InstallMode::Upgrade { .. }) && canister.machine.is_none() {
            let text = format!("Canister {id} cannot be upgraded because it is empty");
            return Err(Reject::new(ErrorCode::NO_MODULE, text));
        }
        let compiled = compile(module, self.cache.as_deref())?;
        let keep = self.keeps_heap(id, mode, persistence, &compiled)?;
        let prepaid = self.prepay_install(id, compiled.memory64)?;
        let (result, instructions) = self.exchange(caller, id, mode, keep, &compiled, arg);
        let fees = self.subnet.fees;
        let canister = self.canister_mut(id)?;
        let price = fees.execution(instructions, compiled.memory64).min(prepaid);
        canister.cycles += prepaid - price;
        canister.meter.cycles_charged += price;
        canister.meter.note("install_code", instructions);
        if let Err(trap) = &result {
            let now = self.now;
            self.canister_mut(id)?
                .log(now, format!("[TRAP]: {trap}").into_bytes());
        }
        self.record(&[
            id.as_slice(),
            b"install_code",
            &compiled.hash,
            &instructions.to_be_bytes(),
            &[u8::from(result.is_ok())],
        ]);
        result.map_err(|trap| self.trapped(id, &trap))?;
        self.note_change(
            caller,
            id,
            ChangeDetails::CodeDeployment(CodeDeploymentRecord {
                mode: mode.recorded(),
                module_hash: compiled.hash.to_vec(),
            }),
        );
        Ok(())
    }

    fn keeps_heap(
        &self,
        id: Principal,
        mode: InstallMode,
        persistence: Option<WasmMemoryPersistence>,
        new: &Compiled,
    ) -> Result<bool, Reject> {
        if !matches!(mode, InstallMode::Upgrade { .. }) {
            return Ok(false);
        }
        let has = |compiled: &Compiled| compiled.metadata.contains_key(PERSISTENCE_SECTION);
        let old = self
            .canisters
            .get(&id)
            .and_then(|canister| canister.machine.as_ref());
        match persistence {
            Some(WasmMemoryPersistence::Keep) if !has(new) => Err(refused(format!(
                "expected the new module to have the section {PERSISTENCE_SECTION}"
            ))),
            Some(WasmMemoryPersistence::Keep) => Ok(true),
            Some(WasmMemoryPersistence::Replace) => Ok(false),
            None if old.is_some_and(|machine| has(&machine.compiled)) => Err(refused(
                "expected wasm_memory_persistence to be set, got null",
            )),
            None => Ok(false),
        }
    }

    fn prepay_install(&mut self, id: Principal, memory64: bool) -> Result<u128, Reject> {
        let fees: Fees = self.subnet.fees;
        let canister = self.canister_mut(id)?;
        let prepaid = fees.execution(LIMIT_INSTALL, memory64);
        if canister.cycles < canister.freezing_limit(fees).saturating_add(prepaid) {
            return Err(out_of_cycles(id));
        }
        canister.cycles -= prepaid;
        Ok(prepaid)
    }

    /// Replaces the code, or leaves everything as it was.
    fn exchange(
        &mut self,
        caller: &Caller,
        id: Principal,
        mode: InstallMode,
        keep: bool,
        compiled: &Arc<Compiled>,
        arg: &[u8],
    ) -> (Result<(), Trap>, u64) {
        let mut left = LIMIT_INSTALL;
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        let mut before = Before {
            machine: None,
            stable: None,
            certified_data: canister.certified_data.clone(),
            timer: canister.timer,
            version: canister.version,
            cycles: canister.cycles,
        };
        let result = self.exchange_steps(
            caller,
            id,
            mode,
            keep,
            compiled,
            arg,
            &mut before,
            &mut left,
        );
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        match &result {
            Ok(()) => {
                canister.stable.commit();
                let machine = canister.machine.as_mut().expect("installed just now");
                machine.commit().expect("the heap's file can be written");
            }
            Err(_) => canister.restore(before),
        }
        (result, LIMIT_INSTALL - left)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the steps of one operation, kept together"
    )]
    fn exchange_steps(
        &mut self,
        caller: &Caller,
        id: Principal,
        mode: InstallMode,
        keep: bool,
        compiled: &Arc<Compiled>,
        arg: &[u8],
        before: &mut Before,
        left: &mut u64,
    ) -> Result<(), Trap> {
        let upgrade = match mode {
            InstallMode::Upgrade { skip_pre_upgrade } => {
                if !skip_pre_upgrade {
                    self.step(
                        caller,
                        id,
                        Mode::PRE_UPGRADE,
                        "canister_pre_upgrade",
                        &[],
                        left,
                    )?;
                }
                true
            }
            InstallMode::Install | InstallMode::Reinstall => false,
        };
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        let new = match &mut canister.machine {
            Some(old) if keep => Machine::with_heap_of(Arc::clone(compiled), old)?,
            _ => Machine::new(Arc::clone(compiled))?,
        };
        before.machine = canister.machine.replace(new);
        canister.timer = 0;
        canister.version += 1;
        if !upgrade {
            before.stable = Some(std::mem::take(&mut canister.stable));
            canister.certified_data.clear();
        }
        if compiled.has_start {
            self.step_entry(caller, id, Mode::START, &Entry::Start, &[], left)?;
        }
        let hook = if upgrade {
            "canister_post_upgrade"
        } else {
            "canister_init"
        };
        self.step(caller, id, Mode::INIT, hook, arg, left)
    }

    /// Runs a hook, if there is one, without committing anything.
    fn step(
        &mut self,
        caller: &Caller,
        id: Principal,
        mode: Mode,
        hook: &str,
        arg: &[u8],
        left: &mut u64,
    ) -> Result<(), Trap> {
        let canister = self.canisters.get(&id).expect("the caller looked it up");
        match &canister.machine {
            Some(machine) if machine.compiled.has_hook(hook) => {
                self.step_entry(caller, id, mode, &Entry::Export(hook.to_owned()), arg, left)
            }
            _ => Ok(()),
        }
    }

    fn step_entry(
        &mut self,
        caller: &Caller,
        id: Principal,
        mode: Mode,
        entry: &Entry,
        arg: &[u8],
        left: &mut u64,
    ) -> Result<(), Trap> {
        let setup = Setup {
            arg: arg.to_vec(),
            limit: *left,
            ..Setup::new(mode, caller.principal.as_slice())
        };
        let ran = self.run(id, entry, setup);
        let now = self.now;
        let mut message = ran.message;
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        *left = left.saturating_sub(ran.instructions);
        canister.stable = std::mem::take(&mut message.stable);
        for line in std::mem::take(&mut message.log) {
            canister.log(now, line);
        }
        ran.result?;
        canister.cycles = message.balance;
        canister.timer = message.timer;
        if let Some(data) = message.certified_data.take() {
            canister.certified_data = data;
        }
        Ok(())
    }

    pub(super) fn upload_chunk(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: UploadChunkArgs = decode(name, arg)?;
        self.check_store(caller, args.canister_id)?;
        if args.chunk.len() > MAX_CHUNK_BYTES {
            let got = args.chunk.len();
            return Err(refused(format!(
                "expected at most {MAX_CHUNK_BYTES} bytes, got {got}"
            )));
        }
        let canister = self.canister_mut(args.canister_id)?;
        let hash: [u8; 32] = Sha256::digest(&args.chunk).into();
        if canister.chunks.len() >= MAX_CHUNKS && !canister.chunks.contains_key(&hash) {
            return Err(refused(format!("expected at most {MAX_CHUNKS} chunks")));
        }
        canister.chunks.insert(hash, args.chunk);
        reply(ChunkHash {
            hash: hash.to_vec(),
        })
    }

    pub(super) fn stored_chunks(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: CanisterIdRecord = decode(name, arg)?;
        self.check_store(caller, args.canister_id)?;
        let canister = self.canister_mut(args.canister_id)?;
        let hashes: Vec<ChunkHash> = canister
            .chunks
            .keys()
            .map(|hash| ChunkHash {
                hash: hash.to_vec(),
            })
            .collect();
        reply(hashes)
    }

    pub(super) fn clear_chunk_store(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: CanisterIdRecord = decode(name, arg)?;
        self.check_store(caller, args.canister_id)?;
        self.canister_mut(args.canister_id)?.chunks.clear();
        done()
    }

    fn check_store(&self, caller: &Caller, id: Principal) -> Result<(), Reject> {
        if caller.principal == id {
            return Ok(());
        }
        self.check_controller(caller, id)
    }

    pub(super) fn uninstall_code(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        let args: UninstallCodeArgs = decode(name, arg)?;
        self.check_controller(caller, args.canister_id)?;
        self.uninstall(args.canister_id);
        self.note_change(caller, args.canister_id, ChangeDetails::CodeUninstall);
        done()
    }

    /// Removes code and state, and rejects the open calls.
    pub(crate) fn uninstall(&mut self, id: Principal) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        canister.machine = None;
        canister.stable = Stable::default();
        canister.certified_data.clear();
        canister.timer = 0;
        canister.version += 1;
        let mut answers = Vec::new();
        for context in canister.contexts.values_mut() {
            context.deleted = true;
            if !std::mem::replace(&mut context.answered, true) {
                answers.push((context.origin, std::mem::take(&mut context.available)));
            }
        }
        for (origin, refund) in answers {
            let reject = refused(format!("Canister {id} has been uninstalled"));
            self.respond(id, origin, Err(reject), refund);
        }
    }

    pub(super) fn note_change(&mut self, caller: &Caller, id: Principal, details: ChangeDetails) {
        let origin = if caller.is_canister {
            let canister_version = self.canisters.get(&caller.principal).map(|c| c.version);
            ChangeOrigin::FromCanister(FromCanisterRecord {
                canister_id: caller.principal,
                canister_version,
            })
        } else {
            ChangeOrigin::FromUser(FromUserRecord {
                user_id: caller.principal,
            })
        };
        let timestamp_nanos = self.now;
        if let Some(canister) = self.canisters.get_mut(&id) {
            let canister_version = canister.version;
            canister.remember(Change {
                timestamp_nanos,
                canister_version,
                origin,
                details: Some(details),
            });
        }
    }
}

impl Canister {
    fn restore(&mut self, before: Before) {
        if let Some(machine) = before.machine {
            self.machine = Some(machine);
        } else if before.stable.is_some() {
            // It was empty.
            self.machine = None;
        }
        if let Some(machine) = &mut self.machine {
            machine.rollback();
        }
        self.stable.rollback();
        if let Some(stable) = before.stable {
            self.stable = stable;
        }
        self.certified_data = before.certified_data;
        self.timer = before.timer;
        self.version = before.version;
        self.cycles = before.cycles;
    }
}

fn mode_of(mode: CanisterInstallMode) -> (InstallMode, Option<WasmMemoryPersistence>) {
    match mode {
        CanisterInstallMode::Install => (InstallMode::Install, None),
        CanisterInstallMode::Reinstall => (InstallMode::Reinstall, None),
        CanisterInstallMode::Upgrade(flags) => {
            let flags = flags.unwrap_or_default();
            let skip_pre_upgrade = flags.skip_pre_upgrade.unwrap_or(false);
            (
                InstallMode::Upgrade { skip_pre_upgrade },
                flags.wasm_memory_persistence,
            )
        }
    }
}
