//! Queries: nothing of them remains.

use crate::execution::{Entry, Ran};
use crate::ic::{Ic, MANAGEMENT, out_of_cycles};
use crate::instructions::LIMIT_QUERY;
use crate::message::{Answer, Call, Mode, Trap};
use crate::module::MethodKind;
use crate::reject::{ErrorCode, Reject};
use crate::scheduler::Setup;
use candid::Principal;
use std::collections::VecDeque;

/// How deep composite queries may call. **Source** dfinity/ic, execution environment.
const MAX_DEPTH: usize = 6;

impl Ic {
    /// Asks a canister: a query or composite query, on the state after the last round.
    ///
    /// # Errors
    /// The reject of the canister or of the system.
    pub fn query(
        &mut self,
        sender: Principal,
        canister: Principal,
        method: impl Into<String>,
        arg: Vec<u8>,
    ) -> Result<Vec<u8>, Reject> {
        let method = method.into();
        if canister == MANAGEMENT {
            return self.management_query(sender, &method, &arg);
        }
        let mut left = LIMIT_QUERY;
        self.ask(sender, canister, &method, arg, &mut Vec::new(), &mut left)
    }

    fn ask(
        &mut self,
        sender: Principal,
        id: Principal,
        method: &str,
        arg: Vec<u8>,
        callers: &mut Vec<Principal>,
        left: &mut u64,
    ) -> Result<Vec<u8>, Reject> {
        let fees = self.subnet.fees;
        let canister = self.running(id)?;
        if canister.cycles < canister.freezing_limit(fees) {
            return Err(out_of_cycles(id));
        }
        let machine = canister.machine.as_ref().expect("`running` checks it");
        let kind = machine.compiled.methods.get(method).copied();
        let mode = match kind {
            Some(MethodKind::Query) => Mode::QUERY,
            Some(MethodKind::CompositeQuery) => Mode::COMPOSITE,
            Some(MethodKind::Update) | None => {
                let trap = Trap::NoMethod {
                    kind: "query",
                    name: method.to_owned(),
                };
                return Err(self.trapped(id, &trap));
            }
        };
        let prefix = kind.expect("matched above").prefix();
        let setup = Setup {
            arg,
            method: method.to_owned(),
            limit: *left,
            certificate: callers.is_empty(),
            ..Setup::new(mode, sender.as_slice())
        };
        let ran = self.run(id, &Entry::Export(format!("{prefix}{method}")), setup);
        callers.push(id);
        let answer = self.finish_query(sender, id, method, ran, callers, left);
        callers.pop();
        let canister = self.canisters.get_mut(&id).expect("it ran a message");
        canister.stable.rollback();
        if let Some(machine) = &mut canister.machine {
            machine.rollback();
        }
        answer
    }

    /// Makes the calls of a composite query and runs its callbacks until it answers.
    ///
    /// A callback that traps ends the whole query: its cleanup could change nothing that remains.
    fn finish_query(
        &mut self,
        sender: Principal,
        id: Principal,
        method: &str,
        first: Ran,
        callers: &mut Vec<Principal>,
        left: &mut u64,
    ) -> Result<Vec<u8>, Reject> {
        let mut calls = VecDeque::new();
        let mut instructions = 0;
        let mut ran = first;
        loop {
            // Changes stay until the query ends, so that callbacks see them.
            *left = left.saturating_sub(ran.instructions);
            instructions += ran.instructions;
            let mut message = ran.message;
            let canister = self.canisters.get_mut(&id).expect("it ran a message");
            canister.stable = std::mem::take(&mut message.stable);
            if let Err(trap) = ran.result {
                return Err(self.trapped(id, &trap));
            }
            match message.answer.take() {
                Some(Answer::Reply(bytes)) => return Ok(bytes),
                Some(Answer::Reject(text)) => return Err(Reject::new(ErrorCode::REJECTED, text)),
                None => calls.extend(std::mem::take(&mut message.calls)),
            }
            let Some(Call { draft, .. }) = calls.pop_front() else {
                let text = format!("Error from Canister {id}: Canister did not reply to the call");
                return Err(Reject::new(ErrorCode::DID_NOT_REPLY, text));
            };
            let result = if draft.callee == MANAGEMENT {
                self.management_query(id, &draft.method, &draft.arg)
            } else if callers.contains(&draft.callee) {
                let text = format!("Canister {} is already part of the query", draft.callee);
                Err(Reject::new(ErrorCode::QUERY_LOOP, text))
            } else if callers.len() >= MAX_DEPTH {
                let text = format!("expected at most {MAX_DEPTH} nested composite queries");
                Err(Reject::new(ErrorCode::QUERY_TOO_DEEP, text))
            } else {
                self.ask(id, draft.callee, &draft.method, draft.arg, callers, left)
            };
            if *left == 0 {
                let text = "the composite query needs too many instructions";
                return Err(Reject::new(ErrorCode::QUERY_INSTRUCTIONS, text));
            }
            let (mode, closure, arg, reject) = match result {
                Ok(reply) => (Mode::COMPOSITE_REPLY, draft.on_reply, reply, None),
                Err(reject) => {
                    let told = Some((reject.code.number(), reject.message));
                    (Mode::COMPOSITE_REJECT, draft.on_reject, Vec::new(), told)
                }
            };
            let setup = Setup {
                arg,
                method: method.to_owned(),
                reject,
                context_instructions: instructions,
                limit: *left,
                ..Setup::new(mode, sender.as_slice())
            };
            ran = self.run(id, &Entry::Callback(closure), setup);
        }
    }

    /// Runs a query as the transform of an outcall.
    pub(crate) fn transform(
        &mut self,
        id: Principal,
        method: &str,
        arg: Vec<u8>,
    ) -> Result<Vec<u8>, Reject> {
        let canister = self
            .canisters
            .get(&id)
            .ok_or_else(|| crate::ic::not_found(id))?;
        let kind = canister
            .machine
            .as_ref()
            .and_then(|m| m.compiled.methods.get(method));
        if kind != Some(&MethodKind::Query) {
            let trap = Trap::NoMethod {
                kind: "query",
                name: method.to_owned(),
            };
            return Err(self.trapped(id, &trap));
        }
        let setup = Setup {
            arg,
            method: method.to_owned(),
            limit: LIMIT_QUERY,
            ..Setup::new(Mode::TRANSFORM, MANAGEMENT.as_slice())
        };
        let prefix = MethodKind::Query.prefix();
        let mut ran = self.run(id, &Entry::Export(format!("{prefix}{method}")), setup);
        let answer = ran.message.answer.take();
        self.discard(id, ran.message);
        ran.result.map_err(|trap| self.trapped(id, &trap))?;
        match answer {
            Some(Answer::Reply(bytes)) => Ok(bytes),
            Some(Answer::Reject(text)) => Err(Reject::new(ErrorCode::REJECTED, text)),
            None => Err(Reject::new(
                ErrorCode::DID_NOT_REPLY,
                "the transform did not reply",
            )),
        }
    }
}
