//! A world that follows a script: what tests of everything behind the ports run on.
//!
//! Each step is one call that is expected next, and its answer. A call that does not come next
//! fails the test, and so does a script that runs dry or has steps left. Signatures are real: keys
//! come from the path, as the threshold key's do, so that what is signed can be verified.

use crate::kernel::Nanos;
use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError};
use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub mod headers;

#[cfg(test)]
mod tests;

/// Reject code of an outcall that failed for good: its answer was too long, for one.
/// **Source** interface specification, `SYS_FATAL`.
pub const FATAL: u32 = 1;

/// Reject code of a call that may do better later. **Source** interface specification,
/// `SYS_TRANSIENT`.
pub const TRANSIENT: u32 = 2;

type Answer = Result<HttpResponse, NoAnswer>;

enum Step {
    Outcall {
        method: HttpMethod,
        url: String,
        answer: Box<dyn FnOnce(&HttpRequest) -> Answer>,
    },
    Signature {
        path: Vec<Vec<u8>>,
        error: Option<SignError>,
    },
    PublicKey {
        canister: Option<Vec<u8>>,
        path: Vec<Vec<u8>>,
    },
}

impl Step {
    fn name(&self) -> String {
        match self {
            Self::Outcall { method, url, .. } => format!("{method:?} {url}"),
            Self::Signature { path, .. } => format!("a signature at {}", shown(path)),
            Self::PublicKey { path, .. } => format!("the public key at {}", shown(path)),
        }
    }
}

/// The script, and the world that follows it.
#[derive(Default)]
pub struct Script {
    now: Cell<Nanos>,
    steps: RefCell<VecDeque<Step>>,
}

impl Script {
    /// An empty script: nothing is expected, and it is 1970.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock.
    #[must_use]
    pub fn at(self, now: Nanos) -> Self {
        self.now.set(now);
        self
    }

    /// Expects a request to exactly `url`, and answers what `answer` says to it.
    #[must_use]
    pub fn then_outcall(
        self,
        method: HttpMethod,
        url: impl Into<String>,
        answer: impl FnOnce(&HttpRequest) -> Answer + 'static,
    ) -> Self {
        self.then(Step::Outcall {
            method,
            url: url.into(),
            answer: Box::new(answer),
        })
    }

    /// Expects a GET of exactly `url`, and answers with this.
    #[must_use]
    pub fn then_get(self, url: impl Into<String>, answer: Answer) -> Self {
        self.then_outcall(HttpMethod::Get, url, |_| answer)
    }

    /// Expects a signature with the key at `path`, and gives it.
    #[must_use]
    pub fn then_signature(self, path: Vec<Vec<u8>>) -> Self {
        self.then(Step::Signature { path, error: None })
    }

    /// Expects a signature with the key at `path`, and refuses it.
    #[must_use]
    pub fn then_no_signature(self, path: Vec<Vec<u8>>) -> Self {
        let error = SignError {
            code: TRANSIENT,
            message: "the script refuses".into(),
        };
        self.then(Step::Signature {
            path,
            error: Some(error),
        })
    }

    /// Expects to be asked for the public key at `path`: our own, or that of a canister.
    #[must_use]
    pub fn then_public_key(self, canister: Option<Vec<u8>>, path: Vec<Vec<u8>>) -> Self {
        self.then(Step::PublicKey { canister, path })
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.get_mut().push_back(step);
        self
    }

    fn next(&self, got: &str) -> Step {
        let step = self.steps.borrow_mut().pop_front();
        step.unwrap_or_else(|| panic!("the script has run dry: got {got}"))
    }
}

/// Steps that are left fail the test, unless it has failed already.
impl Drop for Script {
    fn drop(&mut self) {
        let steps = self.steps.get_mut();
        if let Some(step) = steps.front()
            && !std::thread::panicking()
        {
            panic!(
                "{} steps of the script are left, the first is {}",
                steps.len(),
                step.name()
            );
        }
    }
}

impl Runtime for Script {
    fn now(&self) -> Nanos {
        self.now.get()
    }

    async fn outcall(&self, request: HttpRequest) -> Answer {
        let got = format!("{:?} {}", request.method, request.url);
        let step = self.next(&got);
        let expected = step.name();
        match step {
            Step::Outcall {
                method,
                url,
                answer,
            } if (method, url.as_str()) == (request.method, request.url.as_str()) => {
                let response = answer(&request)?;
                let length = u64::try_from(response.body.len()).expect("a length");
                if length > request.max_response_bytes {
                    return Err(NoAnswer {
                        code: FATAL,
                        message: format!(
                            "expected at most {} bytes, got {length}",
                            request.max_response_bytes
                        ),
                    });
                }
                Ok(response)
            }
            _ => panic!("expected {expected}, got {got}"),
        }
    }

    async fn sign(&self, path: Vec<Vec<u8>>, digest: [u8; 32]) -> Result<[u8; 64], SignError> {
        let got = format!("a signature at {}", shown(&path));
        let step = self.next(&got);
        let expected = step.name();
        match step {
            Step::Signature {
                path: theirs,
                error,
            } if theirs == path => match error {
                Some(error) => Err(error),
                None => Ok(sign(&key(None, &path), &digest)),
            },
            _ => panic!("expected {expected}, got {got}"),
        }
    }

    async fn public_key(
        &self,
        canister: Option<Vec<u8>>,
        path: Vec<Vec<u8>>,
    ) -> Result<[u8; 33], SignError> {
        let got = format!("the public key at {} of {canister:?}", shown(&path));
        let step = self.next(&got);
        let expected = step.name();
        match step {
            Step::PublicKey {
                canister: whose,
                path: theirs,
            } if (&whose, &theirs) == (&canister, &path) => {
                Ok(public_key(&key(canister.as_deref(), &path)))
            }
            _ => panic!("expected {expected}, got {got}"),
        }
    }
}

/// The key at a path: ours, or that of a canister.
#[must_use]
pub fn key(canister: Option<&[u8]>, path: &[Vec<u8>]) -> SigningKey {
    let mut hash = Sha256::new();
    for part in [canister.unwrap_or_default()]
        .into_iter()
        .chain(path.iter().map(Vec::as_slice))
    {
        hash.update(u64::try_from(part.len()).expect("a length").to_be_bytes());
        hash.update(part);
    }
    SigningKey::from_slice(&hash.finalize()).expect("no hash is past the group's order by chance")
}

/// Its public half, compressed.
#[must_use]
pub fn public_key(key: &SigningKey) -> [u8; 33] {
    let point = key.verifying_key().to_encoded_point(true);
    point.as_bytes().try_into().expect("a compressed point")
}

/// A signature as the ports give it: `r || s`, `s` in the lower half.
#[must_use]
pub fn sign(key: &SigningKey, digest: &[u8; 32]) -> [u8; 64] {
    let signature: Signature = key.sign_prehash(digest).expect("a digest has 32 bytes");
    let low = signature.normalize_s().unwrap_or(signature);
    low.to_bytes().into()
}

/// An answer with a status and a body.
pub fn answer(status: u16, body: impl AsRef<[u8]>) -> Answer {
    Ok(HttpResponse {
        status,
        body: body.as_ref().to_vec(),
    })
}

/// No answer came.
pub fn silence() -> Answer {
    Err(NoAnswer {
        code: TRANSIENT,
        message: "timeout".into(),
    })
}

/// Runs a future to its end. A scripted world answers at once, so one look is enough.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a future waits for something that is not in the script"),
    }
}

fn shown(path: &[Vec<u8>]) -> String {
    let parts = path.iter().map(|part| String::from_utf8_lossy(part));
    parts.collect::<Vec<_>>().join(" / ")
}
