//! The ports: the few ways in which pure code may touch the world.
//!
//! The live implementation is a thin layer over the management canister; tests script it.
//! A port reports what is known and nothing more: [`Outcome::Unknown`] is an answer.

use super::Nanos;
use std::future::Future;

/// HTTP verbs that HTTPS outcalls know and we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// Read.
    Get,
    /// Broadcast.
    Post,
    /// Deliver a manifest. Outcalls carry it only when they are not replicated.
    Put,
}

/// One HTTPS outcall, sent by a single replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// An `https://` address.
    pub url: String,
    /// The verb.
    pub method: HttpMethod,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Empty when there is none.
    pub body: Vec<u8>,
    /// Bound on headers and body together. **Units** bytes. Reserved bytes are what outcalls cost.
    pub max_response_bytes: u64,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Body; headers are dropped at the port.
    pub body: Vec<u8>,
}

/// Why no response came. The request may still have been performed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer (reject code {code}): {message}")]
pub struct NoAnswer {
    /// Reject code of the management canister.
    pub code: u32,
    /// Its text: for people, never matched on.
    pub message: String,
}

/// Why a signature could not be had. Asking again is always safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot sign (reject code {code}): {message}")]
pub struct SignError {
    /// Reject code of the management canister.
    pub code: u32,
    /// Its text.
    pub message: String,
}

/// What became of an attempt to change the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<D, N> {
    /// It happened.
    Done(D),
    /// It did not, and will not by itself.
    NotDone(N),
    /// Nobody can say yet. Only a probe leaves this state.
    Unknown,
}

/// The world, as tasks see it.
pub trait Runtime {
    /// The time of the current message.
    fn now(&self) -> Nanos;

    /// Performs one outcall. **Errors** [`NoAnswer`]: the request may have been performed.
    fn outcall(&self, request: HttpRequest)
    -> impl Future<Output = Result<HttpResponse, NoAnswer>>;

    /// Signs a digest with the canister's threshold secp256k1 key at `path`.
    /// The signature is `r || s`, big-endian, with `s` in the lower half of the group order.
    fn sign(
        &self,
        path: Vec<Vec<u8>>,
        digest: [u8; 32],
    ) -> impl Future<Output = Result<[u8; 64], SignError>>;

    /// The compressed public key at `path`: of this canister, or of the one whose raw principal
    /// is given. Anyone may ask for anyone's; it is free.
    fn public_key(
        &self,
        canister: Option<Vec<u8>>,
        path: Vec<Vec<u8>>,
    ) -> impl Future<Output = Result<[u8; 33], SignError>>;
}
