//! The live runtime: the ports of [`orchestrator::kernel::port`] over the management canister.
//!
//! The only library of the product that knows `ic-cdk`. It decides nothing, retries nothing and
//! keeps no state: a refused call is an answer.
//!
//! Beside them, what both canisters need at their doors: [`payload`], [`arguments`],
//! [`certificate`].

pub mod arguments;
pub mod beat;
pub mod certificate;
pub mod payload;

use candid::Principal;
use ic_cdk::call::{Call, CallFailed};
use ic_management_canister_types as mgmt;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::port::{
    HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError,
};

/// `SYS_TRANSIENT`: the code we give to calls that this canister could not even send.
const NOT_SENT: u32 = 2;

/// `CANISTER_ERROR`: the code we give to replies that do not decode.
const BAD_REPLY: u32 = 5;

/// Curve number of secp256k1 in the system API. **Source** interface specification,
/// `ic0.cost_sign_with_ecdsa`.
const SECP256K1: u32 = 0;

/// The ports, live.
#[derive(Clone, Debug)]
pub struct LiveRuntime {
    /// Name of the threshold key, e.g. `key_1`.
    pub key_name: String,
}

impl LiveRuntime {
    fn key_id(&self) -> mgmt::EcdsaKeyId {
        mgmt::EcdsaKeyId {
            curve: mgmt::EcdsaCurve::Secp256k1,
            name: self.key_name.clone(),
        }
    }
}

impl Runtime for LiveRuntime {
    fn now(&self) -> Nanos {
        ic_cdk::api::time()
    }

    async fn outcall(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let cycles = ic_cdk::api::cost_http_request(size_of(&request), request.max_response_bytes);
        let args = mgmt::HttpRequestArgs {
            url: request.url,
            max_response_bytes: Some(request.max_response_bytes),
            method: match request.method {
                HttpMethod::Get => mgmt::HttpMethod::GET,
                HttpMethod::Post => mgmt::HttpMethod::POST,
                HttpMethod::Put => mgmt::HttpMethod::PUT,
            },
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| mgmt::HttpHeader { name, value })
                .collect(),
            body: Some(request.body).filter(|body| !body.is_empty()),
            transform: None,
            is_replicated: Some(false),
            pricing_version: None,
        };
        let no_answer = |(code, message)| NoAnswer { code, message };
        let reply = call("http_request", &args, cycles)
            .await
            .map_err(no_answer)?;
        let reply: mgmt::HttpRequestResult = decode(&reply).map_err(no_answer)?;
        let status = u16::try_from(reply.status.0).map_err(|_| NoAnswer {
            code: BAD_REPLY,
            message: "the HTTP status is not a 16-bit number".into(),
        })?;
        Ok(HttpResponse {
            status,
            body: reply.body,
        })
    }

    async fn sign(&self, path: Vec<Vec<u8>>, digest: [u8; 32]) -> Result<[u8; 64], SignError> {
        let cycles = ic_cdk::api::cost_sign_with_ecdsa(&self.key_name, SECP256K1).map_err(|e| {
            SignError {
                code: NOT_SENT,
                message: e.to_string(),
            }
        })?;
        let args = mgmt::SignWithEcdsaArgs {
            message_hash: digest.to_vec(),
            derivation_path: path,
            key_id: self.key_id(),
        };
        let cannot_sign = |(code, message)| SignError { code, message };
        let reply = call("sign_with_ecdsa", &args, cycles)
            .await
            .map_err(cannot_sign)?;
        let reply: mgmt::SignWithEcdsaResult = decode(&reply).map_err(cannot_sign)?;
        let got = reply.signature.len();
        reply.signature.try_into().map_err(|_| SignError {
            code: BAD_REPLY,
            message: format!("expected a signature of 64 bytes, got {got}"),
        })
    }

    async fn public_key(
        &self,
        canister: Option<Vec<u8>>,
        path: Vec<Vec<u8>>,
    ) -> Result<[u8; 33], SignError> {
        let args = mgmt::EcdsaPublicKeyArgs {
            canister_id: canister.as_deref().map(Principal::from_slice),
            derivation_path: path,
            key_id: self.key_id(),
        };
        let cannot_tell = |(code, message)| SignError { code, message };
        let reply = call("ecdsa_public_key", &args, 0)
            .await
            .map_err(cannot_tell)?;
        let reply: mgmt::EcdsaPublicKeyResult = decode(&reply).map_err(cannot_tell)?;
        let got = reply.public_key.len();
        reply.public_key.try_into().map_err(|_| SignError {
            code: BAD_REPLY,
            message: format!("expected a compressed key of 33 bytes, got {got}"),
        })
    }
}

/// Bytes of a request as the price counts them. **Source** cycles cost of HTTPS outcalls:
/// URL, names and values of headers, body, and the transform (we have none).
fn size_of(request: &HttpRequest) -> u64 {
    let headers: usize = request.headers.iter().map(|(n, v)| n.len() + v.len()).sum();
    (request.url.len() + headers + request.body.len()) as u64
}

/// One call to the management canister. It always answers, so waiting is unbounded: a bounded
/// wait could lose the reply and the cycles.
async fn call<A: candid::CandidType>(
    method: &str,
    args: &A,
    cycles: u128,
) -> Result<Vec<u8>, (u32, String)> {
    Call::unbounded_wait(Principal::management_canister(), method)
        .with_arg(args)
        .with_cycles(cycles)
        .await
        .map(ic_cdk::call::Response::into_bytes)
        .map_err(|failed| match failed {
            CallFailed::CallRejected(rejected) => (
                rejected.raw_reject_code(),
                rejected.reject_message().to_string(),
            ),
            not_sent => (NOT_SENT, not_sent.to_string()),
        })
}

fn decode<T: candid::CandidType + serde::de::DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, (u32, String)> {
    candid::decode_one(bytes).map_err(|e| (BAD_REPLY, format!("the reply does not decode: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_count_every_byte_that_is_charged() {
        let request = HttpRequest {
            url: "https://a.b".into(),
            method: HttpMethod::Post,
            headers: vec![("ab".into(), "cde".into())],
            body: vec![0; 7],
            max_response_bytes: 1,
        };
        assert_eq!(size_of(&request), 11 + 5 + 7);
    }
}
