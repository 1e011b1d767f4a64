//! The subnet: its state, and what can be done with it from outside.

use crate::canister::{Canister, CanisterInfo, LogLine, Status};
use crate::certificate::{CertifiedState, Keys, Node, cbor_principals, leb128};
use crate::context::{MessageId, Origin, Request};
use crate::ecdsa;
use crate::faults::{Fault, Faults, Point};
use crate::fees::Fees;
use crate::instructions::LIMIT_INSPECT;
use crate::management::{Deferred, InstallMode};
use crate::message::{Mode, Subnet, Trap};
use crate::meter::Meter;
use crate::outcalls::Pending;
use crate::reject::{ErrorCode, Reject};
use crate::rng::Rng;
use crate::scheduler::Setup;
use crate::settings::Settings;
use candid::Principal;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// The management canister.
pub(crate) const MANAGEMENT: Principal = Principal::management_canister();
/// Largest ingress message. **Source** resource limits: 2 MiB.
const MAX_INGRESS_BYTES: usize = 2 << 20;
/// How many rounds [`Ic::update`] waits, as PocketIC does.
const MAX_ROUNDS: usize = 100;
/// How long answers to ingress stay in the certified state.
const ANSWER_LIFE_NS: u64 = 300 * 1_000_000_000;
/// First canister id of the subnet: that of a lone application subnet in PocketIC.
const FIRST_CANISTER: u64 = 0xffff_ffff_ffe0_0000;
const CANISTERS: u64 = 1 << 20;

/// How to make a subnet.
#[derive(Clone, Debug)]
pub struct IcConfig {
    /// Decides about scheduling, keys and `raw_rand`. The same seed and the same calls give the
    /// same run, to the byte.
    pub seed: u64,
    /// Time at the beginning. **Units** nanoseconds since 1970.
    pub start_ns: u64,
    /// Folder for compiled modules; none compiles in each process.
    pub module_cache: Option<PathBuf>,
    /// Number of nodes, for prices: 13 for an application subnet.
    pub nodes: u32,
}

impl Default for IcConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            start_ns: 1_620_328_630_000_000_000,
            module_cache: None,
            nodes: 13,
        }
    }
}

/// An answer and when it was given.
pub(crate) struct Answered {
    pub(crate) result: Result<Vec<u8>, Reject>,
    pub(crate) at: u64,
}

/// One subnet. See the head of the crate.
pub struct Ic {
    pub(crate) now: u64,
    time_was_set: bool,
    pub(crate) round: u64,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) subnet: Arc<Subnet>,
    pub(crate) scheduling: Rng,
    pub(crate) randomness: Rng,
    pub(crate) canisters: BTreeMap<Principal, Canister>,
    next_canister: u64,
    pub(crate) management: VecDeque<Request>,
    pub(crate) deferred: VecDeque<Deferred>,
    pub(crate) outcalls: BTreeMap<u64, Pending>,
    pub(crate) next_outcall: u64,
    next_message: u64,
    answers: BTreeMap<MessageId, Answered>,
    faults: Option<Box<dyn Faults>>,
    certified: Option<Arc<CertifiedState>>,
    delegation: Option<Arc<Vec<u8>>>,
    trace: Sha256,
}

impl Ic {
    /// An empty subnet.
    #[must_use]
    pub fn new(config: IcConfig) -> Self {
        let keys = Arc::new(Keys::new(config.seed));
        let subnet = Subnet {
            id: keys.subnet_id,
            fees: Fees {
                nodes: config.nodes,
            },
            root_key: keys.root_der.clone(),
        };
        Self {
            now: config.start_ns,
            time_was_set: true,
            round: 0,
            cache: config.module_cache,
            keys,
            subnet: Arc::new(subnet),
            scheduling: Rng::new(config.seed, "scheduling"),
            randomness: Rng::new(config.seed, "raw_rand"),
            canisters: BTreeMap::new(),
            next_canister: FIRST_CANISTER,
            management: VecDeque::new(),
            deferred: VecDeque::new(),
            outcalls: BTreeMap::new(),
            next_outcall: 0,
            next_message: 0,
            answers: BTreeMap::new(),
            faults: None,
            certified: None,
            delegation: None,
            trace: Sha256::new(),
        }
    }

    /// Time of the last round, or the time that was set since. **Units** ns since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.now
    }

    /// Sets the time of the next round. Time never goes back: an earlier one is ignored.
    pub fn set_time(&mut self, ns: u64) {
        if ns > self.now {
            self.now = ns;
            self.time_was_set = true;
            self.certified = None;
        }
    }

    /// How many rounds there were.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.round
    }

    pub(crate) fn advance_round_time(&mut self) {
        if !std::mem::replace(&mut self.time_was_set, false) {
            self.now += 1;
        }
        self.certified = None;
    }

    /// Creates an empty canister with the next free id.
    pub fn create_canister(&mut self, controllers: Vec<Principal>, cycles: u128) -> Principal {
        let id = self.free_id();
        self.insert_canister(id, Settings::new(controllers), cycles);
        id
    }

    /// Creates an empty canister with the id of one's choice.
    ///
    /// # Errors
    /// The id is taken.
    pub fn create_canister_with_id(
        &mut self,
        id: Principal,
        controllers: Vec<Principal>,
        cycles: u128,
    ) -> Result<(), Reject> {
        if self.canisters.contains_key(&id) || id == MANAGEMENT {
            let text = format!("Canister {id} already exists");
            return Err(Reject::new(ErrorCode::ID_EXISTS, text));
        }
        self.insert_canister(id, Settings::new(controllers), cycles);
        Ok(())
    }

    pub(crate) fn free_id(&mut self) -> Principal {
        loop {
            let id = canister_id(self.next_canister);
            self.next_canister += 1;
            if !self.canisters.contains_key(&id) {
                return id;
            }
        }
    }

    pub(crate) fn insert_canister(&mut self, id: Principal, settings: Settings, cycles: u128) {
        self.canisters
            .insert(id, Canister::new(id, settings, cycles, self.now));
        if !own_range().contains(&id) {
            self.delegation = None;
        }
        self.certified = None;
    }

    /// Installs, reinstalls or upgrades a canister; `module` is raw or gzip.
    ///
    /// # Errors
    /// As `install_code` of the management canister; nothing has changed then.
    pub fn install(
        &mut self,
        sender: Principal,
        id: Principal,
        mode: InstallMode,
        module: &[u8],
        arg: &[u8],
    ) -> Result<(), Reject> {
        self.certified = None;
        self.install_code(
            &crate::management::Caller::user(sender),
            id,
            mode,
            module,
            arg,
        )
    }

    /// Hands in an ingress message; a later round works on it.
    ///
    /// # Errors
    /// The canister does not exist, does not run, cannot pay, or refuses it by
    /// `canister_inspect_message`.
    pub fn submit(
        &mut self,
        sender: Principal,
        canister: Principal,
        method: impl Into<String>,
        arg: Vec<u8>,
    ) -> Result<MessageId, Reject> {
        let method = method.into();
        let bytes = method.len() + arg.len();
        if canister != MANAGEMENT {
            self.accept_ingress(sender, canister, &method, &arg)?;
        }
        let id = self.new_message_id(sender, canister, &method, &arg);
        let origin = Origin::Ingress(id);
        let request = Request {
            origin,
            sender,
            receiver: canister,
            method,
            arg,
            cycles: 0,
        };
        match self.canisters.get_mut(&canister) {
            Some(target) => {
                target.charge(self.subnet.fees.ingress(bytes));
                target.requests.entry(None).or_default().push_back(request);
            }
            None => self.management.push_back(request),
        }
        Ok(id)
    }

    fn accept_ingress(
        &mut self,
        sender: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<(), Reject> {
        let bytes = method.len() + arg.len();
        if bytes > MAX_INGRESS_BYTES {
            let text =
                format!("expected at most {MAX_INGRESS_BYTES} bytes of ingress, got {bytes}");
            return Err(Reject::new(ErrorCode::BAD_PAYLOAD, text));
        }
        let fees = self.subnet.fees;
        let canister = self.running(id)?;
        let machine = canister.machine.as_ref().expect("`running` checks it");
        let must_ask = machine.compiled.has_hook("canister_inspect_message");
        if canister.cycles < canister.freezing_limit(fees) + fees.ingress(bytes) {
            return Err(out_of_cycles(id));
        }
        if !must_ask {
            return Ok(());
        }
        let setup = Setup {
            arg: arg.to_vec(),
            method: method.to_owned(),
            limit: LIMIT_INSPECT,
            ..Setup::new(Mode::INSPECT, sender.as_slice())
        };
        let ran = self.run_hook(id, "canister_inspect_message", setup);
        let accepted = ran.message.accepted;
        let result = ran.result.clone();
        self.discard(id, ran.message);
        match result {
            Ok(()) if accepted => Ok(()),
            Ok(()) => Err(Reject::new(
                ErrorCode::REJECTED,
                "Canister rejected the message",
            )),
            Err(trap) => Err(self.trapped(id, &trap)),
        }
    }

    fn new_message_id(
        &mut self,
        sender: Principal,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> MessageId {
        let mut hasher = Sha256::new();
        hasher.update(self.next_message.to_be_bytes());
        self.next_message += 1;
        for part in [
            sender.as_slice(),
            canister.as_slice(),
            method.as_bytes(),
            arg,
        ] {
            hasher.update(Sha256::digest(part));
        }
        MessageId(hasher.finalize().into())
    }

    /// The answer to an ingress message, once there is one.
    #[must_use]
    pub fn answer(&self, id: &MessageId) -> Option<&Result<Vec<u8>, Reject>> {
        self.answers.get(id).map(|answered| &answered.result)
    }

    /// Hands in an ingress message and runs rounds until it is answered, at most 100.
    /// Outcalls stay pending; an answer that waits for one does not come.
    ///
    /// # Errors
    /// As [`Self::submit`], the reject of the canister, or no answer in time.
    pub fn update(
        &mut self,
        sender: Principal,
        canister: Principal,
        method: impl Into<String>,
        arg: Vec<u8>,
    ) -> Result<Vec<u8>, Reject> {
        let id = self.submit(sender, canister, method, arg)?;
        for _ in 0..MAX_ROUNDS {
            self.round();
            if let Some(result) = self.answer(&id) {
                return result.clone();
            }
            if self.is_idle() && self.next_timer().is_none_or(|at| at > self.now + 1) {
                break;
            }
        }
        let text = "the message was not answered: it waits for time, an outcall or for ever";
        Err(Reject::new(ErrorCode::INGRESS_TIMEOUT, text))
    }

    /// Whether the next round would do nothing unless time moves or something comes from outside.
    /// Heartbeats do not count.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.management.is_empty()
            && self.deferred.is_empty()
            && !self.canisters.values().any(Canister::has_input)
            && self.next_timer().is_none_or(|at| at > self.now)
    }

    /// When the next global timer fires or the next bounded wait, outcall or stop ends.
    /// Below or equal to the time now if it is due. **Units** nanoseconds since 1970.
    #[must_use]
    pub fn next_timer(&self) -> Option<u64> {
        let timers = self
            .canisters
            .values()
            .filter(|canister| canister.status == Status::Running && canister.timer > 0)
            .map(|canister| canister.timer);
        timers.chain(self.next_deadline()).min()
    }

    /// Gives cycles to a canister, out of nothing. **Errors** there is no such canister.
    pub fn add_cycles(&mut self, id: Principal, cycles: u128) -> Result<u128, Reject> {
        let canister = self.canister_mut(id)?;
        canister.cycles += cycles;
        Ok(canister.cycles)
    }

    /// From now on outcalls of this canister cost nothing, as on a system subnet, where canisters
    /// attach no cycles to them. **Errors** there is no such canister.
    pub fn free_outcalls(&mut self, id: Principal) -> Result<(), Reject> {
        self.canister_mut(id)?.free_outcalls = true;
        Ok(())
    }

    /// What is known of a canister.
    #[must_use]
    pub fn canister(&self, id: Principal) -> Option<CanisterInfo> {
        self.canisters.get(&id).map(Canister::info)
    }

    /// All canisters, by id.
    pub fn canisters(&self) -> impl Iterator<Item = Principal> {
        self.canisters.keys().copied()
    }

    /// A custom section `icp:public <section>` or `icp:private <section>` of the module.
    #[must_use]
    pub fn metadata(&self, id: Principal, section: &str) -> Option<Vec<u8>> {
        let machine = self.canisters.get(&id)?.machine.as_ref()?;
        Some(machine.compiled.metadata.get(section)?.content.to_vec())
    }

    /// The log of a canister, oldest first: more than the canister's own limit keeps.
    #[must_use]
    pub fn logs(&self, id: Principal) -> Vec<LogLine> {
        let canister = self.canisters.get(&id);
        canister
            .map(|canister| canister.logs.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// What a canister used; zeros if there is no such canister.
    #[must_use]
    pub fn meter(&self, id: Principal) -> Meter {
        self.canisters
            .get(&id)
            .map(|canister| canister.meter.clone())
            .unwrap_or_default()
    }

    /// A copy of stable memory, without the zeros that were never written behind the last page.
    #[must_use]
    pub fn stable_memory(&self, id: Principal) -> Vec<u8> {
        self.canisters
            .get(&id)
            .map(|canister| canister.stable.content())
            .unwrap_or_default()
    }

    /// Root key of the network, DER.
    #[must_use]
    pub fn root_key(&self) -> Vec<u8> {
        self.keys.root_der.clone()
    }

    /// Id of the subnet.
    #[must_use]
    pub fn subnet_id(&self) -> Principal {
        self.keys.subnet_id
    }

    /// Threshold public key (compressed) of a canister; none if there is no such key name.
    #[must_use]
    pub fn public_key(
        &self,
        canister: Principal,
        path: &[Vec<u8>],
        key_name: &str,
    ) -> Option<[u8; 33]> {
        ecdsa::public_key(key_name, canister, path).map(|(key, _)| key)
    }

    /// A hash over everything that ran so far, in order, with its outcome.
    #[must_use]
    pub fn trace(&self) -> [u8; 32] {
        self.trace.clone().finalize().into()
    }

    /// From now on faults strike where `faults` says; none ends them.
    pub fn set_faults(&mut self, faults: Option<Box<dyn Faults>>) {
        self.faults = faults;
    }

    /// A certificate of what stands at these paths, and of the time.
    pub fn read_certificate(&mut self, paths: &[Vec<Vec<u8>>]) -> Vec<u8> {
        self.certified_state().certificate(paths)
    }

    pub(crate) fn fault(&mut self, point: &Point) -> Fault {
        self.faults
            .as_mut()
            .map_or(Fault::None, |faults| faults.at(point))
    }

    pub(crate) fn record(&mut self, parts: &[&[u8]]) {
        self.trace.update(self.now.to_be_bytes());
        for part in parts {
            self.trace.update(part.len().to_be_bytes());
            self.trace.update(part);
        }
    }

    pub(crate) fn answer_ingress(&mut self, id: MessageId, result: Result<Vec<u8>, Reject>) {
        self.answers.insert(
            id,
            Answered {
                result,
                at: self.now,
            },
        );
    }

    pub(crate) fn canister_mut(&mut self, id: Principal) -> Result<&mut Canister, Reject> {
        self.canisters.get_mut(&id).ok_or_else(|| not_found(id))
    }

    /// The canister, if it exists, runs and has code.
    pub(crate) fn running(&self, id: Principal) -> Result<&Canister, Reject> {
        let canister = self.canisters.get(&id).ok_or_else(|| not_found(id))?;
        match canister.status {
            Status::Running => {}
            Status::Stopping => {
                let text = format!("Canister {id} is not running: it is stopping");
                return Err(Reject::new(ErrorCode::STOPPING, text));
            }
            Status::Stopped => {
                let text = format!("Canister {id} is stopped");
                return Err(Reject::new(ErrorCode::STOPPED, text));
            }
        }
        if canister.machine.is_none() {
            let text = format!(
                "Error from Canister {id}: Attempted to execute a message, but the canister \
                 contains no Wasm module."
            );
            return Err(Reject::new(ErrorCode::NO_MODULE, text));
        }
        Ok(canister)
    }

    pub(crate) fn trapped(&self, id: Principal, trap: &Trap) -> Reject {
        let error = match trap {
            Trap::Called(_) => ErrorCode::CALLED_TRAP,
            Trap::Contract(_) => ErrorCode::CONTRACT,
            Trap::Instructions(_) => ErrorCode::INSTRUCTION_LIMIT,
            Trap::WasmMemoryLimit(_) => ErrorCode::WASM_MEMORY_LIMIT,
            Trap::Wasm(_) => ErrorCode::TRAPPED,
            Trap::NoMethod { .. } => ErrorCode::METHOD_NOT_FOUND,
        };
        Reject::new(error, format!("Error from Canister {id}: {trap}"))
    }

    /// What is certified now; built when somebody asks.
    pub(crate) fn certified_state(&mut self) -> Arc<CertifiedState> {
        if let Some(certified) = &self.certified {
            return Arc::clone(certified);
        }
        let ranges = self.ranges();
        let (keys, now) = (&self.keys, self.now);
        let delegation = self
            .delegation
            .get_or_insert_with(|| Arc::new(keys.delegation(&ranges, now)));
        let canisters = self.canisters.values().map(|canister| {
            let mut leaves = BTreeMap::from([
                (
                    b"certified_data".to_vec(),
                    Node::leaf(canister.certified_data.clone()),
                ),
                (
                    b"controllers".to_vec(),
                    Node::leaf(cbor_principals(&canister.settings.controllers)),
                ),
            ]);
            if let Some(machine) = &canister.machine {
                leaves.insert(b"module_hash".to_vec(), Node::leaf(machine.compiled.hash));
                let sections = machine.compiled.metadata.iter().map(|(name, section)| {
                    let node = Node::Hashed(Arc::clone(&section.content), section.hash);
                    (name.as_bytes().to_vec(), node)
                });
                leaves.insert(b"metadata".to_vec(), Node::branch(sections));
            }
            (canister.id.as_slice().to_vec(), Node::Branch(leaves))
        });
        let oldest = now.saturating_sub(ANSWER_LIFE_NS);
        let answers = self
            .answers
            .iter()
            .filter(|(_, answered)| answered.at >= oldest)
            .map(|(id, answered)| (id.0.to_vec(), request_status(&answered.result)));
        let state = Node::map([
            ("time", Node::leaf(leb128(now))),
            ("canister", Node::branch(canisters)),
            ("request_status", Node::branch(answers)),
            ("subnet", keys.subnet_node(&ranges)),
        ]);
        let certified = CertifiedState::new(Arc::clone(keys), Arc::clone(delegation), state);
        Arc::clone(self.certified.insert(Arc::new(certified)))
    }

    pub(crate) fn state_changed(&mut self) {
        self.certified = None;
    }

    fn ranges(&self) -> Vec<(Principal, Principal)> {
        let own = own_range();
        let mut ranges: Vec<_> = self
            .canisters
            .keys()
            .filter(|id| !own.contains(id))
            .map(|id| (*id, *id))
            .chain([own.clone().into_inner()])
            .collect();
        ranges.sort();
        ranges
    }
}

fn request_status(result: &Result<Vec<u8>, Reject>) -> Node {
    match result {
        Ok(reply) => Node::map([
            ("status", Node::leaf(b"replied")),
            ("reply", Node::leaf(reply.clone())),
        ]),
        Err(reject) => Node::map([
            ("status", Node::leaf(b"rejected")),
            (
                "reject_code",
                Node::leaf(leb128(u64::from(reject.code.number()))),
            ),
            ("reject_message", Node::leaf(reject.message.clone())),
            ("error_code", Node::leaf(reject.error.to_string())),
        ]),
    }
}

fn canister_id(number: u64) -> Principal {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend([1, 1]);
    Principal::from_slice(&bytes)
}

fn own_range() -> std::ops::RangeInclusive<Principal> {
    canister_id(FIRST_CANISTER)..=canister_id(FIRST_CANISTER + CANISTERS - 1)
}

pub(crate) fn not_found(id: Principal) -> Reject {
    Reject::new(
        ErrorCode::CANISTER_NOT_FOUND,
        format!("Canister {id} not found"),
    )
}

pub(crate) fn out_of_cycles(id: Principal) -> Reject {
    Reject::new(
        ErrorCode::OUT_OF_CYCLES,
        format!("Canister {id} is out of cycles: please top up the canister"),
    )
}
