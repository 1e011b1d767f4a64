//! Tokens: what a provider accepts as its tenant's word (AEP-64).
//!
//! **Source** chain-sdk `go/util/jwt`, provider `gateway/utils`, golang-jwt v5 for the order of
//! the checks: shape, signature, times, structure.

use crate::address;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Number, Value, json};

/// A status and a message, as JSON `{"message": ...}`.
pub(crate) type AuthRefusal = (u16, &'static str);

const INVALID: AuthRefusal = (401, "JWT is invalid");
const INVALID_CLAIMS: AuthRefusal = (400, "JWT has invalid claims");
/// The token does not cover what is asked, or there is none.
pub(crate) const UNAUTHORIZED: AuthRefusal = (401, "unauthorized access");

const SCOPES: [&str; 10] = [
    "send-manifest",
    "get-manifest",
    "logs",
    "shell",
    "events",
    "status",
    "restart",
    "hostname-migrate",
    "ip-migrate",
    "attestation",
];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    iat: Option<Number>,
    nbf: Option<Number>,
    exp: Option<Number>,
    version: String,
    leases: Leases,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Leases {
    access: String,
    scope: Option<Vec<String>>,
    permissions: Option<Vec<Permission>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Permission {
    provider: String,
    access: String,
    scope: Option<Vec<String>>,
    deployments: Option<Vec<Deployment>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Deployment {
    scope: Option<Vec<String>>,
    dseq: u64,
    gseq: u32,
    oseq: u32,
    services: Option<Vec<String>>,
}

/// What the chain knows of an issuer.
pub(crate) enum Issuer {
    /// No such account.
    Unknown,
    /// An account that never signed: the provider's handler panics.
    WithoutKey,
    /// Compressed public key.
    Key(Vec<u8>),
}

/// Why a token is not taken.
pub(crate) enum Reject {
    /// An answer.
    Answer(AuthRefusal),
    /// The connection is dropped.
    Dropped,
}

impl From<AuthRefusal> for Reject {
    fn from(refusal: AuthRefusal) -> Reject {
        Reject::Answer(refusal)
    }
}

/// Verifies a token at `now_ns`.
pub(crate) fn verify(
    token: &str,
    now_ns: u64,
    issuer: impl Fn(&str) -> Issuer,
) -> Result<Claims, Reject> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(INVALID.into());
    };
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let (Some(header_json), Some(claims_json), Some(signature)) =
        (part(header), part(payload), part(signature))
    else {
        return Err(INVALID.into());
    };
    let header_json: Value = serde_json::from_slice(&header_json).unwrap_or_default();
    let Ok(claims) = serde_json::from_slice::<Claims>(&claims_json) else {
        return Err(INVALID.into());
    };
    let permissions = claims.leases.permissions.iter().flatten();
    // An address that cannot be parsed makes the whole token malformed; an empty one does not.
    let bad = |p: &Permission| !p.provider.is_empty() && address::decode(&p.provider).is_none();
    if permissions.into_iter().any(bad) {
        return Err(INVALID.into());
    }
    let input = format!("{header}.{payload}");
    let signed = match header_json["alg"].as_str() {
        Some("ES256K") => input.into_bytes(),
        Some("ES256KADR36") => adr36(&claims.iss, &input).into_bytes(),
        _ => return Err(INVALID.into()),
    };
    if address::decode(&claims.iss).is_none() {
        return Err(INVALID.into());
    }
    let key = match issuer(&claims.iss) {
        Issuer::Unknown => return Err(INVALID.into()),
        Issuer::WithoutKey => return Err(Reject::Dropped),
        Issuer::Key(key) => key,
    };
    if signature.len() != 64 || !address::verify(&key, &signed, &signature) {
        return Err(INVALID.into());
    }
    if !claims.in_time(now_ns) || !claims.is_valid() {
        return Err(INVALID_CLAIMS.into());
    }
    Ok(claims)
}

/// The sign bytes of a browser wallet.
fn adr36(signer: &str, data: &str) -> String {
    json!({
        "account_number": "0",
        "chain_id": "",
        "fee": {"amount": [], "gas": "0"},
        "memo": "",
        "msgs": [{
            "type": "sign/MsgSignData",
            "value": {"data": STANDARD.encode(data), "signer": signer},
        }],
        "sequence": "0",
    })
    .to_string()
}

/// Whole seconds of a claim.
fn seconds(number: Option<&Number>) -> Option<u64> {
    let text = number?.to_string();
    text.split('.').next()?.parse().ok()
}

impl Claims {
    /// No leeway, on either side.
    fn in_time(&self, now_ns: u64) -> bool {
        let begun = |n: Option<&Number>| {
            seconds(n).is_none_or(|s| now_ns >= s.saturating_mul(1_000_000_000))
        };
        let expired = |s: u64| now_ns >= s.saturating_mul(1_000_000_000);
        begun(self.nbf.as_ref()) && !seconds(self.exp.as_ref()).is_some_and(expired)
    }

    fn is_valid(&self) -> bool {
        self.iat.is_some()
            && self.nbf.is_some()
            && self.exp.is_some()
            && self.version == "v1"
            && self.leases.is_valid()
    }

    /// Whether the token speaks to this provider at all.
    pub(crate) fn reaches(&self, provider: &str) -> bool {
        self.leases.access != "granular" || self.permission(provider).is_some()
    }

    fn permission(&self, provider: &str) -> Option<&Permission> {
        self.leases
            .permissions
            .iter()
            .flatten()
            .find(|p| p.provider == provider)
    }

    /// Whether the token covers a deployment, or one lease of it, and with a scope when one is
    /// asked for.
    pub(crate) fn covers(
        &self,
        provider: &str,
        dseq: u64,
        lease: Option<(u32, u32)>,
        scope: Option<&str>,
    ) -> bool {
        let has = |list: Option<&Vec<String>>| match scope {
            None => true,
            Some(scope) => list.is_some_and(|l| l.iter().any(|s| s == scope)),
        };
        match self.leases.access.as_str() {
            "full" => true,
            "scoped" => has(self.leases.scope.as_ref()),
            "granular" => {
                let Some(permission) = self.permission(provider) else {
                    return false;
                };
                match permission.access.as_str() {
                    "full" => true,
                    "scoped" => has(permission.scope.as_ref()),
                    _ => permission.deployments.iter().flatten().any(|d| {
                        let inside = lease.is_none_or(|(gseq, oseq)| {
                            (d.gseq == 0 || d.gseq == gseq) && (d.oseq == 0 || d.oseq == oseq)
                        });
                        d.dseq == dseq && inside && has(d.scope.as_ref())
                    }),
                }
            }
            _ => false,
        }
    }
}

fn valid_scopes(list: Option<&Vec<String>>) -> bool {
    let Some(list) = list.filter(|l| !l.is_empty()) else {
        return false;
    };
    let known = list.iter().all(|s| SCOPES.contains(&s.as_str()));
    known && unique(list)
}

fn unique(list: &[String]) -> bool {
    list.iter().enumerate().all(|(i, s)| !list[..i].contains(s))
}

fn is_empty<T>(list: Option<&Vec<T>>) -> bool {
    list.is_none_or(Vec::is_empty)
}

impl Leases {
    fn is_valid(&self) -> bool {
        match self.access.as_str() {
            "full" => is_empty(self.permissions.as_ref()) && is_empty(self.scope.as_ref()),
            "scoped" => self.permissions.is_none() && valid_scopes(self.scope.as_ref()),
            "granular" => {
                let list = self.permissions.as_deref().unwrap_or_default();
                let providers: Vec<String> = list.iter().map(|p| p.provider.clone()).collect();
                !list.is_empty()
                    && unique(&providers)
                    && list.iter().all(|p| !p.provider.is_empty() && p.is_valid())
            }
            _ => false,
        }
    }
}

impl Permission {
    fn is_valid(&self) -> bool {
        match self.access.as_str() {
            "full" => is_empty(self.deployments.as_ref()) && is_empty(self.scope.as_ref()),
            "scoped" => self.deployments.is_none() && valid_scopes(self.scope.as_ref()),
            "granular" => {
                let list = self.deployments.as_deref().unwrap_or_default();
                self.scope.is_none() && !list.is_empty() && list.iter().all(Deployment::is_valid)
            }
            _ => false,
        }
    }
}

impl Deployment {
    fn is_valid(&self) -> bool {
        let services = self.services.as_deref().unwrap_or_default();
        valid_scopes(self.scope.as_ref())
            && self.dseq > 0
            && (self.oseq == 0 || self.gseq > 0)
            && !services.is_empty()
            && unique(services)
    }
}
