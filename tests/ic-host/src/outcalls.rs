//! HTTPS outcalls: checked and priced here, performed and answered from outside.

use crate::context::{Origin, Request};
use crate::faults::{Fault, Point};
use crate::fees::MAX_HTTP_BYTES;
use crate::ic::{Ic, MANAGEMENT};
use crate::management::{Caller, encode};
use crate::reject::{ErrorCode, Reject, RejectCode};
use crate::scheduler::chosen_reject;
use candid::Principal;
use ic_management_canister_types::{
    HttpHeader, HttpMethod as Verb, HttpRequestArgs, HttpRequestResult, TransformArgs,
    TransformContext,
};

/// **Source** interface specification, `http_request`.
const MAX_URL_BYTES: usize = 8_192;
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 8 << 10;
const MAX_HEADERS_BYTES: usize = 48 << 10;
const MAX_REQUEST_BYTES: usize = 2_000_000;
/// **Source** dfinity/ic, `types/src/canister_http.rs`: 60 s since the request.
const TIMEOUT_NS: u64 = 60 * 1_000_000_000;

/// HTTP verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`, only not replicated.
    Put,
    /// `DELETE`, only not replicated.
    Delete,
    /// `PATCH`, only not replicated.
    Patch,
}

impl HttpMethod {
    /// As it stands in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
        }
    }
}

/// An outcall that waits for [`Ic::answer_outcall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcall {
    /// Names it.
    pub id: u64,
    /// Who calls.
    pub canister: Principal,
    /// Where to.
    pub url: String,
    /// Verb.
    pub method: HttpMethod,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Empty if there is none.
    pub body: Vec<u8>,
    /// Bound on headers and body of the response.
    pub max_response_bytes: u64,
    /// Whether every node sends it. One answer stands for all nodes.
    pub replicated: bool,
    /// Whether the canister transforms the response.
    pub has_transform: bool,
    /// When it was made. **Units** nanoseconds since 1970.
    pub made_ns: u64,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcallReply {
    /// Status code.
    pub status: u16,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

pub(crate) struct Pending {
    outcall: Outcall,
    origin: Origin,
    refund: u128,
    transform: Option<(String, Vec<u8>)>,
}

impl Ic {
    /// Outcalls that wait for an answer, oldest first.
    #[must_use]
    pub fn pending_outcalls(&self) -> Vec<Outcall> {
        self.outcalls
            .values()
            .map(|pending| pending.outcall.clone())
            .collect()
    }

    /// Answers an outcall: with what the server said, or with a reject code and its text. Limits
    /// and transform are applied here; the canister sees it in the next round.
    /// Returns whether the outcall was waiting.
    pub fn answer_outcall(&mut self, id: u64, answer: Result<OutcallReply, (u32, String)>) -> bool {
        let Some(pending) = self.outcalls.remove(&id) else {
            return false;
        };
        let result = match answer {
            Ok(reply) => self.conclude_outcall(&pending, reply),
            Err((code, text)) => Err(chosen_reject(code, text)),
        };
        let point = Point::OutcallReply {
            canister: pending.outcall.canister,
            url: pending.outcall.url.clone(),
        };
        let result = match self.fault(&point) {
            Fault::Reject(code, text) => Err(Reject::with_code(code, text)),
            _ => result,
        };
        self.respond(MANAGEMENT, pending.origin, result, pending.refund);
        true
    }

    fn conclude_outcall(
        &mut self,
        pending: &Pending,
        reply: OutcallReply,
    ) -> Result<Vec<u8>, Reject> {
        let limit = pending.outcall.max_response_bytes;
        check_headers(&reply.headers)?;
        let headers: usize = reply
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let size = length(headers + reply.body.len());
        if size > limit {
            let text = format!("Http body exceeds size limit of {limit} bytes: got {size}.");
            return Err(Reject::with_code(RejectCode::SysFatal, text));
        }
        let response = HttpRequestResult {
            status: reply.status.into(),
            headers: reply
                .headers
                .into_iter()
                .map(|(name, value)| HttpHeader { name, value })
                .collect(),
            body: reply.body,
        };
        let encoded = match &pending.transform {
            None => encode((response,)),
            Some((method, context)) => {
                let arg = encode((TransformArgs {
                    response,
                    context: context.clone(),
                },));
                let encoded = self.transform(pending.outcall.canister, method, arg)?;
                candid::decode_one::<HttpRequestResult>(&encoded).map_err(|error| {
                    let text = format!("the transform gave no http response: {error}");
                    Reject::with_code(RejectCode::SysFatal, text)
                })?;
                encoded
            }
        };
        if length(encoded.len()) > limit {
            let got = encoded.len();
            let text = format!("Transformed http response exceeds limit: {limit}, got {got}");
            return Err(Reject::with_code(RejectCode::SysFatal, text));
        }
        Ok(encoded)
    }

    pub(crate) fn take_outcall(
        &mut self,
        caller: &Caller,
        request: &Request,
        args: HttpRequestArgs,
        cycles: u128,
    ) -> Result<(), Reject> {
        let outcall = self.checked_outcall(caller.principal, &args)?;
        let transform = checked_transform(caller.principal, args.transform)?;
        let sent: usize = outcall.url.len()
            + outcall
                .headers
                .iter()
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>()
            + outcall.body.len()
            + transform
                .as_ref()
                .map_or(0, |(method, context)| method.len() + context.len());
        let free = self.canister_mut(caller.principal)?.free_outcalls;
        let price = self
            .subnet
            .fees
            .http(length(sent), outcall.max_response_bytes);
        let fee = if free { 0 } else { price };
        if cycles < fee {
            return Err(refused(format!(
                "http_request request sent with {cycles} cycles, but {fee} cycles are required."
            )));
        }
        let canister = self.canister_mut(caller.principal)?;
        canister.meter.outcalls += 1;
        canister.meter.cycles_charged += fee;
        let pending = Pending {
            origin: request.origin,
            refund: cycles - fee,
            transform,
            outcall,
        };
        self.next_outcall += 1;
        self.outcalls.insert(pending.outcall.id, pending);
        Ok(())
    }

    fn checked_outcall(
        &self,
        canister: Principal,
        args: &HttpRequestArgs,
    ) -> Result<Outcall, Reject> {
        if args.url.len() > MAX_URL_BYTES {
            let got = args.url.len();
            return Err(refused(format!(
                "expected a url of {MAX_URL_BYTES} bytes, got {got}"
            )));
        }
        if !args.url.starts_with("https://") && !is_local(&args.url) {
            return Err(refused(format!("expected an https url, got {}", args.url)));
        }
        let max_response_bytes = args.max_response_bytes.unwrap_or(MAX_HTTP_BYTES);
        if max_response_bytes > MAX_HTTP_BYTES {
            return Err(refused(format!(
                "expected max_response_bytes in the range [0..{MAX_HTTP_BYTES}], got \
                 {max_response_bytes}"
            )));
        }
        let headers: Vec<(String, String)> = args
            .headers
            .iter()
            .map(|HttpHeader { name, value }| (name.clone(), value.clone()))
            .collect();
        check_headers(&headers)?;
        let body = args.body.clone().unwrap_or_default();
        let size: usize = headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size + body.len() > MAX_REQUEST_BYTES {
            return Err(refused(format!(
                "expected at most {MAX_REQUEST_BYTES} bytes of request"
            )));
        }
        let method = match args.method {
            Verb::GET => HttpMethod::Get,
            Verb::HEAD => HttpMethod::Head,
            Verb::POST => HttpMethod::Post,
            Verb::PUT => HttpMethod::Put,
            Verb::DELETE => HttpMethod::Delete,
            Verb::PATCH => HttpMethod::Patch,
        };
        let replicated = args.is_replicated.unwrap_or(true);
        let changes = matches!(
            method,
            HttpMethod::Put | HttpMethod::Delete | HttpMethod::Patch
        );
        if replicated && changes {
            let name = method.name();
            return Err(refused(format!(
                "{name} requests need is_replicated to be false"
            )));
        }
        Ok(Outcall {
            id: self.next_outcall,
            canister,
            url: args.url.clone(),
            method,
            headers,
            body,
            max_response_bytes,
            replicated,
            has_transform: args.transform.is_some(),
            made_ns: self.now,
        })
    }

    pub(crate) fn end_outcalls(&mut self) {
        let now = self.now;
        let late: Vec<u64> = self
            .outcalls
            .iter()
            .filter(|(_, pending)| pending.outcall.made_ns + TIMEOUT_NS <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            let Some(pending) = self.outcalls.remove(&id) else {
                continue;
            };
            let text = "Canister http request timed out";
            let reject = Reject::with_code(RejectCode::SysTransient, text);
            self.respond(MANAGEMENT, pending.origin, Err(reject), pending.refund);
        }
    }

    pub(crate) fn next_outcall_end(&self) -> Option<u64> {
        self.outcalls
            .values()
            .map(|pending| pending.outcall.made_ns + TIMEOUT_NS)
            .min()
    }
}

fn checked_transform(
    canister: Principal,
    transform: Option<TransformContext>,
) -> Result<Option<(String, Vec<u8>)>, Reject> {
    let Some(transform) = transform else {
        return Ok(None);
    };
    let function = transform.function.0;
    if function.principal != canister {
        let got = function.principal;
        return Err(refused(format!(
            "expected a transform of {canister}, got one of {got}"
        )));
    }
    Ok(Some((function.method, transform.context)))
}

/// PocketIC allows plain HTTP to servers on the same machine.
fn is_local(url: &str) -> bool {
    ["http://localhost", "http://127.0.0.1"]
        .iter()
        .any(|start| url.starts_with(start))
}

fn check_headers(headers: &[(String, String)]) -> Result<(), Reject> {
    if headers.len() > MAX_HEADERS {
        return Err(refused(format!(
            "expected {MAX_HEADERS} headers, got {}",
            headers.len()
        )));
    }
    let total: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    let long = |text: &String| text.len() > MAX_HEADER_BYTES;
    if total > MAX_HEADERS_BYTES
        || headers
            .iter()
            .any(|(name, value)| long(name) || long(value))
    {
        return Err(refused(format!(
            "expected headers of {MAX_HEADER_BYTES} bytes each, {MAX_HEADERS_BYTES} in all"
        )));
    }
    Ok(())
}

fn refused(text: String) -> Reject {
    Reject::new(ErrorCode::REJECTED, text)
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("addresses have at most 64 bits")
}
