//! The management canister. **Source** interface specification, the IC management canister.

mod code;
mod lifecycle;
mod services;
mod types;

pub use code::InstallMode;

use crate::context::{Origin, Request};
use crate::ic::{Ic, MANAGEMENT, not_found};
use crate::reject::{ErrorCode, Reject};
use candid::utils::ArgumentEncoder;
use candid::{CandidType, Principal};
use serde::de::DeserializeOwned;

/// Who calls.
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) is_canister: bool,
}

impl Caller {
    pub(crate) fn user(principal: Principal) -> Self {
        Self {
            principal,
            is_canister: false,
        }
    }
}

/// A service that answers in a later round.
pub(crate) struct Deferred {
    due: u64,
    origin: Origin,
    refund: u128,
    result: Result<Vec<u8>, Reject>,
}

/// What a method did.
enum Handled {
    /// Its answer. Cycles that it did not take go back.
    Now(Vec<u8>),
    /// The answer comes later; the handler keeps origin and cycles.
    Later,
}

type Answer = Result<Handled, Reject>;

fn reply(value: impl CandidType) -> Answer {
    encoded((value,))
}

fn done() -> Answer {
    encoded(())
}

fn encoded(values: impl ArgumentEncoder) -> Answer {
    Ok(Handled::Now(encode(values)))
}

pub(crate) fn encode(values: impl ArgumentEncoder) -> Vec<u8> {
    candid::encode_args(values).expect("our own types can be encoded")
}

fn decode<T: DeserializeOwned + CandidType>(method: &str, arg: &[u8]) -> Result<T, Reject> {
    candid::decode_one(arg).map_err(|error| {
        let text = format!("cannot decode the argument of {method}: {error}");
        Reject::new(ErrorCode::BAD_PAYLOAD, text)
    })
}

fn refused(text: impl Into<String>) -> Reject {
    Reject::new(ErrorCode::REJECTED, text)
}

impl Ic {
    /// Works on a call to the management canister.
    pub(crate) fn manage(&mut self, request: Request) {
        if !self.is_awaited(&request.origin) {
            return;
        }
        let mut cycles = request.cycles;
        let origin = request.origin;
        if let Some((reject, refund)) = self.request_fault(&request) {
            self.respond(MANAGEMENT, origin, Err(reject), refund);
            return;
        }
        let handled = self.handle(&request, &mut cycles);
        self.record(&[
            MANAGEMENT.as_slice(),
            request.sender.as_slice(),
            request.method.as_bytes(),
            &[u8::from(handled.is_ok())],
        ]);
        match handled {
            Ok(Handled::Now(bytes)) => self.respond(MANAGEMENT, origin, Ok(bytes), cycles),
            Ok(Handled::Later) => {}
            Err(reject) => self.respond(MANAGEMENT, origin, Err(reject), request.cycles),
        }
    }

    fn handle(&mut self, request: &Request, cycles: &mut u128) -> Answer {
        let caller = Caller {
            principal: request.sender,
            is_canister: request.origin.is_canister(),
        };
        let (method, arg) = (request.method.as_str(), request.arg.as_slice());
        match method {
            "create_canister" => self.create_from_call(&caller, method, arg, cycles),
            "provisional_create_canister_with_cycles" => {
                self.provisional_create(&caller, method, arg)
            }
            "provisional_top_up_canister" => self.provisional_top_up(method, arg),
            "update_settings" => self.update_settings(&caller, method, arg),
            "install_code" => self.install_code_call(&caller, method, arg),
            "install_chunked_code" => self.install_chunked_code(&caller, method, arg),
            "upload_chunk" => self.upload_chunk(&caller, method, arg),
            "stored_chunks" => self.stored_chunks(&caller, method, arg),
            "clear_chunk_store" => self.clear_chunk_store(&caller, method, arg),
            "uninstall_code" => self.uninstall_code(&caller, method, arg),
            "start_canister" => self.start_call(&caller, method, arg),
            "stop_canister" => self.stop_call(&caller, request, *cycles),
            "delete_canister" => self.delete_canister(&caller, method, arg),
            "canister_status" => self.canister_status(caller.principal, method, arg),
            "canister_info" => self.canister_info(&caller, method, arg),
            "canister_metadata" => self.canister_metadata(&caller, method, arg),
            "deposit_cycles" => self.deposit_cycles(&caller, method, arg, cycles),
            "raw_rand" => self.raw_rand(&caller, request, *cycles),
            "ecdsa_public_key" => self.ecdsa_public_key(&caller, method, arg),
            "sign_with_ecdsa" => self.sign_with_ecdsa(&caller, request, cycles),
            "http_request" => self.http_request(&caller, request, cycles),
            "fetch_canister_logs" => Err(refused("fetch_canister_logs can only be queried")),
            _ => Err(unknown(method)),
        }
    }

    /// A query to the management canister.
    pub(crate) fn management_query(
        &mut self,
        caller: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let handled = match method {
            "canister_status" => self.canister_status(caller, method, arg)?,
            "fetch_canister_logs" => self.fetch_canister_logs(caller, method, arg)?,
            _ => return Err(unknown(method)),
        };
        match handled {
            Handled::Now(bytes) => Ok(bytes),
            Handled::Later => Err(refused("a query cannot wait")),
        }
    }

    /// The service answers in the next round.
    fn defer(&mut self, origin: Origin, refund: u128, result: Result<Vec<u8>, Reject>) -> Answer {
        self.deferred.push_back(Deferred {
            due: self.round + 1,
            origin,
            refund,
            result,
        });
        Ok(Handled::Later)
    }

    pub(crate) fn finish_deferred(&mut self) {
        for _ in 0..self.deferred.len() {
            let Some(deferred) = self.deferred.pop_front() else {
                return;
            };
            if deferred.due > self.round {
                self.deferred.push_back(deferred);
            } else {
                self.respond(
                    MANAGEMENT,
                    deferred.origin,
                    deferred.result,
                    deferred.refund,
                );
            }
        }
    }

    fn check_controller(&self, caller: &Caller, id: Principal) -> Result<(), Reject> {
        let canister = self.canisters.get(&id).ok_or_else(|| not_found(id))?;
        if canister.settings.controllers.contains(&caller.principal) {
            return Ok(());
        }
        let text = format!(
            "Only the controllers of the canister {id} can control it. Canister's controllers: \
             {:?}. Sender's ID: {}",
            canister.settings.controllers, caller.principal
        );
        Err(Reject::new(ErrorCode::NOT_CONTROLLER, text))
    }
}

fn unknown(method: &str) -> Reject {
    Reject::new(
        ErrorCode::UNKNOWN_METHOD,
        format!("Management canister has no method '{method}'"),
    )
}

fn canisters_only(caller: &Caller, method: &str) -> Result<(), Reject> {
    if caller.is_canister {
        return Ok(());
    }
    Err(refused(format!(
        "{method} can only be called by a canister"
    )))
}
