//! Rounds: which message runs when, and what its end brings about.

use crate::canister::{LowMemory, Status};
use crate::context::{Callback, Context, Origin, Request, Response};
use crate::execution::{Entry, Ran};
use crate::faults::{Fault, Point};
use crate::fees::CallFee;
use crate::ic::{Ic, MANAGEMENT, not_found, out_of_cycles};
use crate::instructions::{LIMIT_ROUND, LIMIT_UPDATE};
use crate::message::{Answer, Call, Message, Mode, Trap};
use crate::module::MethodKind;
use crate::reject::{ErrorCode, Reject, RejectCode};
use candid::Principal;
use std::sync::Arc;

/// How a message begins. What is left out is as for a message without it.
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    pub(crate) caller: Vec<u8>,
    pub(crate) arg: Vec<u8>,
    pub(crate) method: String,
    pub(crate) reject: Option<(u32, String)>,
    pub(crate) deadline: u64,
    pub(crate) available: u128,
    pub(crate) refunded: u128,
    pub(crate) answered: bool,
    pub(crate) context_instructions: u64,
    pub(crate) limit: u64,
    pub(crate) certificate: bool,
}

impl Setup {
    pub(crate) fn new(mode: Mode, caller: &[u8]) -> Self {
        Self {
            mode,
            caller: caller.to_vec(),
            arg: Vec::new(),
            method: String::new(),
            reject: None,
            deadline: 0,
            available: 0,
            refunded: 0,
            answered: false,
            context_instructions: 0,
            limit: LIMIT_UPDATE,
            certificate: false,
        }
    }
}

/// What remains of a message that ran.
struct Effects {
    result: Result<(), Trap>,
    instructions: u64,
    answer: Option<Answer>,
    calls: Vec<Call>,
    available: u128,
}

impl Ic {
    /// One round: what is due, then messages until nothing is left or the round is full.
    pub fn round(&mut self) {
        self.advance_round_time();
        self.round += 1;
        self.charge_storage();
        self.end_waits();
        self.finish_deferred();
        let mut order: Vec<Principal> = self.canisters.keys().copied().collect();
        self.scheduling.shuffle(&mut order);
        let mut spent = 0;
        for id in order {
            spent += self.run_tasks(id);
        }
        while spent < LIMIT_ROUND {
            while let Some(request) = self.management.pop_front() {
                self.manage(request);
            }
            let ready: Vec<Principal> = self
                .canisters
                .values()
                .filter(|canister| canister.has_input())
                .map(|canister| canister.id)
                .collect();
            if ready.is_empty() {
                break;
            }
            let chosen = ready[self.scheduling.below(ready.len())];
            spent += self.run_one(chosen);
        }
        self.state_changed();
    }

    /// Low-memory hook, timer and heartbeat of one canister. Returns instructions.
    fn run_tasks(&mut self, id: Principal) -> u64 {
        let mut spent = 0;
        let now = self.now;
        let Some(canister) = self.canisters.get_mut(&id) else {
            return 0;
        };
        let Some(machine) = &canister.machine else {
            return 0;
        };
        if canister.status != Status::Running {
            return 0;
        }
        let has = |hook| machine.compiled.has_hook(hook);
        let (low, timer, heartbeat) = (
            canister.low_memory == LowMemory::Ready && has("canister_on_low_wasm_memory"),
            canister.timer > 0 && canister.timer <= now,
            has("canister_heartbeat"),
        );
        let has_timer = has("canister_global_timer");
        if low {
            canister.low_memory = LowMemory::Executed;
            spent += self.run_task(id, "canister_on_low_wasm_memory");
        }
        if timer {
            // Disarmed first: the canister arms it again, or not, even if it traps.
            self.canisters.get_mut(&id).expect("looked up above").timer = 0;
            if has_timer {
                spent += self.run_task(id, "canister_global_timer");
            }
        }
        if heartbeat {
            spent += self.run_task(id, "canister_heartbeat");
        }
        spent
    }

    fn run_task(&mut self, id: Principal, hook: &str) -> u64 {
        let Ok(prepaid) = self.prepay(id) else {
            return 0;
        };
        let setup = Setup::new(Mode::SYSTEM_TASK, MANAGEMENT.as_slice());
        let ran = self.run_hook(id, hook, setup);
        let effects = self.absorb(id, ran, true);
        self.settle(id, prepaid, effects.instructions, hook);
        let context = Context {
            origin: Origin::System,
            caller: MANAGEMENT,
            method: hook.to_owned(),
            answered: true,
            deleted: false,
            available: 0,
            outstanding: 0,
            instructions: effects.instructions,
        };
        let instructions = effects.instructions;
        self.open(id, context, effects);
        instructions
    }

    /// Delivers one request or response to this canister. Returns instructions.
    fn run_one(&mut self, id: Principal) -> u64 {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return 0;
        };
        let senders: Vec<Option<Principal>> = canister
            .requests
            .iter()
            .filter(|(_, queue)| !queue.is_empty())
            .map(|(sender, _)| *sender)
            .collect();
        let choices = senders.len() + usize::from(!canister.responses.is_empty());
        let choice = self.scheduling.below(choices);
        match senders.get(choice) {
            Some(sender) => {
                let queue = canister.requests.get_mut(sender).expect("listed above");
                let request = queue.pop_front().expect("not empty");
                self.deliver(request)
            }
            None => {
                // Nothing is promised about the order of responses.
                let index = self.scheduling.below(canister.responses.len());
                let response = canister.responses.remove(index);
                self.call_back(id, response)
            }
        }
    }

    /// Puts a request into the queue of its receiver.
    pub(crate) fn send(&mut self, request: Request) {
        if request.receiver == MANAGEMENT {
            self.management.push_back(request);
            return;
        }
        let sender = request.origin.is_canister().then_some(request.sender);
        match self.canisters.get_mut(&request.receiver) {
            Some(canister) => {
                canister
                    .requests
                    .entry(sender)
                    .or_default()
                    .push_back(request);
            }
            None => {
                let reject = not_found(request.receiver);
                self.respond(
                    request.receiver,
                    request.origin,
                    Err(reject),
                    request.cycles,
                );
            }
        }
    }

    /// Answers whoever waits. An answer that nobody waits for any more is dropped with its cycles.
    pub(crate) fn respond(
        &mut self,
        from: Principal,
        origin: Origin,
        mut result: Result<Vec<u8>, Reject>,
        mut refund: u128,
    ) {
        match origin {
            Origin::System => {}
            Origin::Ingress(id) => self.answer_ingress(id, result),
            Origin::Canister {
                canister,
                callback,
                deadline,
            } => {
                if deadline.is_some()
                    && self.fault(&Point::BoundedReply { to: canister, from }) == Fault::Lose
                {
                    let text = "injected: the response was dropped";
                    result = Err(Reject::new(ErrorCode::RESPONSE_DROPPED, text));
                    refund = 0;
                }
                let Some(caller) = self.canisters.get_mut(&canister) else {
                    return;
                };
                let Some(waiting) = caller.callbacks.get_mut(&callback) else {
                    return;
                };
                if !std::mem::replace(&mut waiting.answered, true) {
                    caller.responses.push(Response {
                        callback,
                        result,
                        refund,
                    });
                }
            }
        }
    }

    /// Whether somebody still waits for the answer to this request.
    pub(crate) fn is_awaited(&self, origin: &Origin) -> bool {
        match origin {
            Origin::Canister {
                canister, callback, ..
            } => self
                .canisters
                .get(canister)
                .and_then(|caller| caller.callbacks.get(callback))
                .is_some_and(|waiting| !waiting.answered),
            Origin::Ingress(_) | Origin::System => true,
        }
    }

    /// A fault that keeps a request from its receiver, and what of its cycles comes back.
    pub(crate) fn request_fault(&mut self, request: &Request) -> Option<(Reject, u128)> {
        if !request.origin.is_canister() {
            return None;
        }
        let bounded = request.origin.deadline().is_some();
        let point = Point::Request {
            from: request.sender,
            to: request.receiver,
            method: request.method.clone(),
            bounded,
        };
        match self.fault(&point) {
            Fault::Reject(code, text) => Some((Reject::with_code(code, text), request.cycles)),
            Fault::Lose if bounded => {
                let text = "injected: the request was dropped";
                Some((Reject::new(ErrorCode::DEADLINE_EXPIRED, text), 0))
            }
            _ => None,
        }
    }

    fn deliver(&mut self, request: Request) -> u64 {
        if !self.is_awaited(&request.origin) {
            return 0;
        }
        let id = request.receiver;
        if let Some((reject, refund)) = self.request_fault(&request) {
            self.respond(id, request.origin, Err(reject), refund);
            return 0;
        }
        let (kind, prepaid) = match self.check_request(&request) {
            Ok(checked) => checked,
            Err(reject) => {
                self.respond(id, request.origin, Err(reject), request.cycles);
                return 0;
            }
        };
        let mode = match kind {
            MethodKind::Update => Mode::UPDATE,
            _ => Mode::REPLICATED_QUERY,
        };
        let setup = Setup {
            arg: request.arg,
            method: request.method.clone(),
            deadline: request.origin.deadline().unwrap_or(0),
            available: request.cycles,
            ..Setup::new(mode, request.sender.as_slice())
        };
        let entry = Entry::Export(format!("{}{}", kind.prefix(), request.method));
        let ran = self.run(id, &entry, setup);
        let effects = self.absorb(id, ran, kind == MethodKind::Update);
        self.settle(id, prepaid, effects.instructions, &request.method);
        let context = Context {
            origin: request.origin,
            caller: request.sender,
            method: request.method,
            answered: false,
            deleted: false,
            // A trap gives back what the message accepted.
            available: if effects.result.is_ok() {
                effects.available
            } else {
                request.cycles
            },
            outstanding: 0,
            instructions: effects.instructions,
        };
        let instructions = effects.instructions;
        self.open(id, context, effects);
        instructions
    }

    fn check_request(&mut self, request: &Request) -> Result<(MethodKind, u128), Reject> {
        let id = request.receiver;
        let canister = self.running(id)?;
        let least = canister.settings.minimum_incoming_call_cycles;
        if request.origin.is_canister() && request.sender != id && request.cycles < least {
            let text = format!("expected at least {least} cycles, got {}", request.cycles);
            return Err(Reject::new(ErrorCode::CALL_CYCLES, text));
        }
        let machine = canister.machine.as_ref().expect("`running` checks it");
        let kind = match machine.compiled.methods.get(&request.method) {
            Some(MethodKind::CompositeQuery) => {
                let text = format!(
                    "Canister {id}: the composite query {} cannot run in replicated mode",
                    request.method
                );
                return Err(Reject::new(ErrorCode::COMPOSITE_REPLICATED, text));
            }
            Some(kind) => *kind,
            None => {
                let name = request.method.clone();
                return Err(self.trapped(
                    id,
                    &Trap::NoMethod {
                        kind: "update",
                        name,
                    },
                ));
            }
        };
        Ok((kind, self.prepay(id)?))
    }

    /// Takes the price of the largest message from the balance.
    fn prepay(&mut self, id: Principal) -> Result<u128, Reject> {
        let fees = self.subnet.fees;
        let canister = self.canister_mut(id)?;
        let memory64 = canister
            .machine
            .as_ref()
            .is_some_and(|machine| machine.compiled.memory64);
        let prepaid = fees.execution(LIMIT_UPDATE, memory64);
        if canister.cycles < canister.freezing_limit(fees).saturating_add(prepaid) {
            return Err(out_of_cycles(id));
        }
        canister.cycles -= prepaid;
        Ok(prepaid)
    }

    /// Gives back what was prepaid too much, and measures.
    fn settle(&mut self, id: Principal, prepaid: u128, instructions: u64, name: &str) {
        let fees = self.subnet.fees;
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        let memory64 = canister
            .machine
            .as_ref()
            .is_some_and(|machine| machine.compiled.memory64);
        let price = fees.execution(instructions, memory64).min(prepaid);
        canister.cycles += prepaid - price;
        canister.meter.cycles_charged += price;
        canister.meter.note(name, instructions);
    }

    pub(crate) fn run_hook(&mut self, id: Principal, hook: &str, setup: Setup) -> Ran {
        self.run(id, &Entry::Export(hook.to_owned()), setup)
    }

    /// Runs an entry point of a canister that has code. The caller absorbs or discards.
    pub(crate) fn run(&mut self, id: Principal, entry: &Entry, setup: Setup) -> Ran {
        let message = self.new_message(id, setup);
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        let machine = canister
            .machine
            .as_mut()
            .expect("the caller checked that it has code");
        machine.run(entry, message)
    }

    pub(crate) fn new_message(&mut self, id: Principal, setup: Setup) -> Box<Message> {
        let certificate = setup.certificate.then(|| self.certified_state());
        let fees = self.subnet.fees;
        let (now, subnet) = (self.now, Arc::clone(&self.subnet));
        let canister = self
            .canisters
            .get_mut(&id)
            .expect("the caller looked it up");
        let memory64 = canister
            .machine
            .as_ref()
            .is_some_and(|machine| machine.compiled.memory64);
        let mut open_calls = std::collections::BTreeMap::new();
        for callback in canister.callbacks.values() {
            *open_calls.entry(callback.callee).or_default() += 1;
        }
        Box::new(Message {
            mode: setup.mode,
            now,
            canister: id,
            subnet,
            settings: Arc::clone(&canister.settings),
            caller: setup.caller,
            arg: setup.arg,
            method: setup.method,
            reject: setup.reject,
            deadline: setup.deadline,
            status: canister.status_number(),
            version: canister.version,
            certificate,
            context_instructions: setup.context_instructions,
            limit: setup.limit,
            memory64,
            answered: setup.answered,
            reply_data: Vec::new(),
            answer: None,
            accepted: false,
            draft: None,
            calls: Vec::new(),
            open_calls,
            balance: canister.cycles,
            freezing_limit: canister.freezing_limit(fees),
            available: setup.available,
            refunded: setup.refunded,
            certified_data: None,
            timer: canister.timer,
            stable: std::mem::take(&mut canister.stable),
            log: Vec::new(),
            uncounted: 0,
        })
    }

    /// Ends a message without any effect.
    pub(crate) fn discard(&mut self, id: Principal, mut message: Box<Message>) {
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        message.stable.rollback();
        canister.stable = message.stable;
        if let Some(machine) = &mut canister.machine {
            machine.rollback();
        }
    }

    /// Ends a replicated message: commits it, or undoes it if it trapped. A query called as an
    /// update (`keep_state` false) keeps only its answer and its cycles.
    fn absorb(&mut self, id: Principal, ran: Ran, keep_state: bool) -> Effects {
        let Ran {
            mut message,
            result,
            instructions,
        } = ran;
        let now = self.now;
        message.drop_draft();
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        for line in std::mem::take(&mut message.log) {
            canister.log(now, line);
        }
        if let Err(trap) = &result {
            canister.log(now, format!("[TRAP]: {trap}").into_bytes());
        }
        let machine = canister.machine.as_mut().expect("it ran a message");
        let keep = keep_state && result.is_ok();
        if keep {
            message.stable.commit();
            machine.commit().expect("the heap's file can be written");
            if let Some(data) = message.certified_data.take() {
                canister.certified_data = data;
            }
            canister.timer = message.timer;
        } else {
            message.stable.rollback();
            machine.rollback();
        }
        canister.stable = std::mem::take(&mut message.stable);
        let result_number = u8::from(result.is_ok());
        let effects = if result.is_ok() {
            canister.version += 1;
            canister.cycles = message.balance;
            Effects {
                result,
                instructions,
                answer: message.answer.take(),
                calls: std::mem::take(&mut message.calls),
                available: message.available,
            }
        } else {
            Effects {
                result,
                instructions,
                answer: None,
                calls: Vec::new(),
                available: 0,
            }
        };
        canister.note_low_memory();
        let cycles = canister.cycles.to_be_bytes();
        let answer = match &effects.answer {
            Some(Answer::Reply(bytes)) => bytes.as_slice(),
            Some(Answer::Reject(text)) => text.as_bytes(),
            None => &[],
        };
        self.record(&[
            id.as_slice(),
            message.method.as_bytes(),
            &message.mode.0.to_be_bytes(),
            &instructions.to_be_bytes(),
            &[result_number],
            &cycles,
            answer,
        ]);
        effects
    }

    /// Begins a call context with what its first message brought about.
    fn open(&mut self, id: Principal, context: Context, effects: Effects) {
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        let number = canister.new_id();
        canister.contexts.insert(number, context);
        self.advance(id, number, effects);
    }

    /// Sends the calls of a message, answers, and ends the context if nothing is left of it.
    fn advance(&mut self, id: Principal, number: u64, effects: Effects) {
        let now = self.now;
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        let mut requests = Vec::new();
        for Call { draft, fee } in effects.calls {
            let callback = canister.new_id();
            let wait = |seconds: u32| now + u64::from(seconds) * 1_000_000_000;
            let deadline = draft.timeout_s.map(wait);
            let CallFee {
                request,
                response,
                execution,
            } = fee;
            canister.meter.cycles_charged += request;
            canister.callbacks.insert(
                callback,
                Callback {
                    context: number,
                    callee: draft.callee,
                    on_reply: draft.on_reply,
                    on_reject: draft.on_reject,
                    on_cleanup: draft.on_cleanup,
                    deadline,
                    answered: false,
                    prepaid_response: response,
                    prepaid_execution: execution,
                },
            );
            requests.push(Request {
                origin: Origin::Canister {
                    canister: id,
                    callback,
                    deadline,
                },
                sender: id,
                receiver: draft.callee,
                method: draft.method,
                arg: draft.arg,
                cycles: draft.cycles,
            });
        }
        let context = canister
            .contexts
            .get_mut(&number)
            .expect("contexts live until here");
        context.outstanding += requests.len();
        let mut response = None;
        if let Some(answer) = effects.answer {
            let result = match answer {
                Answer::Reply(bytes) => Ok(bytes),
                Answer::Reject(text) => Err(Reject::new(ErrorCode::REJECTED, text)),
            };
            context.answered = true;
            response = Some((
                context.origin,
                result,
                std::mem::take(&mut context.available),
            ));
        }
        for request in requests {
            self.send(request);
        }
        if let Some((origin, result, refund)) = response {
            self.respond(id, origin, result, refund);
        }
        self.conclude(id, number, effects.result.err());
    }

    /// Ends a context to which nothing refers any more; one that owes an answer is rejected.
    pub(crate) fn conclude(&mut self, id: Principal, number: u64, trap: Option<Trap>) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        if canister
            .contexts
            .get(&number)
            .is_none_or(|context| context.outstanding > 0)
        {
            return;
        }
        let context = canister.contexts.remove(&number).expect("looked up above");
        if !context.answered {
            let reject = match trap {
                Some(trap) => self.trapped(id, &trap),
                None => Reject::new(
                    ErrorCode::DID_NOT_REPLY,
                    format!("Error from Canister {id}: Canister did not reply to the call"),
                ),
            };
            self.respond(id, context.origin, Err(reject), context.available);
        }
        self.stop_if_done(id);
    }

    /// Runs the callback of a call that was answered. Returns instructions.
    fn call_back(&mut self, id: Principal, response: Response) -> u64 {
        let fees = self.subnet.fees;
        let Some(canister) = self.canisters.get_mut(&id) else {
            return 0;
        };
        let Some(callback) = canister.callbacks.remove(&response.callback) else {
            return 0;
        };
        let bytes = match &response.result {
            Ok(reply) => reply.len(),
            Err(reject) => reject.message.len(),
        };
        let transmission = fees.response(bytes).min(callback.prepaid_response);
        canister.cycles += response.refund + callback.prepaid_response - transmission;
        canister.meter.cycles_charged += transmission;
        let number = callback.context;
        let context = canister
            .contexts
            .get_mut(&number)
            .expect("callbacks keep their context");
        context.outstanding -= 1;
        if context.deleted || canister.machine.is_none() {
            canister.cycles += callback.prepaid_execution;
            self.conclude(id, number, None);
            return 0;
        }
        let context = context.clone();
        let reply = response.result.is_ok();
        let (arg, reject) = match response.result {
            Ok(reply) => (reply, None),
            Err(reject) => (Vec::new(), Some((reject.code.number(), reject.message))),
        };
        let setup = |mode, arg, reject| Setup {
            arg,
            method: context.method.clone(),
            reject,
            deadline: context.origin.deadline().unwrap_or(0),
            available: context.available,
            refunded: response.refund,
            answered: context.answered,
            context_instructions: context.instructions,
            ..Setup::new(mode, context.caller.as_slice())
        };
        let (mode, closure) = if reply {
            (Mode::REPLY, callback.on_reply)
        } else {
            (Mode::REJECT, callback.on_reject)
        };
        let mut ran = self.run(
            id,
            &Entry::Callback(closure),
            setup(mode, arg, reject.clone()),
        );
        let method = context.method.clone();
        let point = Point::Callback {
            canister: id,
            method,
            reply,
        };
        if ran.result.is_ok() && self.fault(&point) == Fault::Trap {
            ran.result = Err(Trap::Called("injected: trap in a callback".to_owned()));
        }
        let mut effects = self.absorb(id, ran, true);
        let mut instructions = effects.instructions;
        if effects.result.is_err() {
            effects.available = context.available;
            if let Some(cleanup) = callback.on_cleanup {
                let setup = setup(Mode::CLEANUP, Vec::new(), reject);
                let ran = self.run(id, &Entry::Callback(cleanup), setup);
                instructions += self.absorb(id, ran, true).instructions;
            }
        }
        let name = format!("{} (callback)", context.method);
        self.settle(id, callback.prepaid_execution, instructions, &name);
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        let context = canister.contexts.get_mut(&number).expect("still there");
        context.instructions += instructions;
        context.available = effects.available;
        self.advance(id, number, effects);
        instructions
    }

    /// Ends bounded waits, outcalls and stops whose time is over.
    fn end_waits(&mut self) {
        let now = self.now;
        for canister in self.canisters.values_mut() {
            for (number, callback) in &mut canister.callbacks {
                let over = callback.deadline.is_some_and(|deadline| deadline <= now);
                if over && !callback.answered {
                    callback.answered = true;
                    canister.responses.push(Response {
                        callback: *number,
                        result: Err(Reject::new(
                            ErrorCode::DEADLINE_EXPIRED,
                            "Call deadline has expired.",
                        )),
                        refund: 0,
                    });
                }
            }
        }
        self.end_outcalls();
        self.end_stops();
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let bounded = self
            .canisters
            .values()
            .flat_map(|canister| canister.callbacks.values())
            .filter(|callback| !callback.answered)
            .filter_map(|callback| callback.deadline);
        bounded
            .chain(self.next_outcall_end())
            .chain(self.next_stop_end())
            .min()
    }

    /// Charges for memory and allocations; a canister that cannot pay loses its code.
    fn charge_storage(&mut self) {
        /// Storage is charged when at least so much time is due.
        const INTERVAL_NS: u64 = 10 * 1_000_000_000;
        let (now, fees) = (self.now, self.subnet.fees);
        let mut broke = Vec::new();
        for canister in self.canisters.values_mut() {
            let due = now.saturating_sub(canister.paid_until);
            if due < INTERVAL_NS {
                continue;
            }
            canister.paid_until = now;
            let bytes = canister
                .memory_bytes()
                .max(canister.settings.memory_allocation);
            let price = fees.idle(bytes, canister.settings.compute_allocation, due.into());
            if price > canister.cycles {
                broke.push(canister.id);
            }
            canister.charge(price.min(canister.cycles));
        }
        for id in broke {
            self.uninstall(id);
        }
    }
}

impl crate::canister::Canister {
    fn note_low_memory(&mut self) {
        let limit = self.settings.wasm_memory_limit;
        let used = self.heap_bytes();
        let threshold = self.settings.wasm_memory_threshold;
        let low = limit > 0 && limit < used.saturating_add(threshold);
        self.low_memory = match (low, self.low_memory) {
            (true, LowMemory::NotSatisfied) => LowMemory::Ready,
            (true, state) => state,
            (false, _) => LowMemory::NotSatisfied,
        };
    }
}

/// The code of a reject that a fault or whoever answers an outcall chose by number.
pub(crate) fn chosen_reject(code: u32, text: String) -> Reject {
    let code = RejectCode::from_number(code).unwrap_or(RejectCode::SysFatal);
    Reject::with_code(code, text)
}
