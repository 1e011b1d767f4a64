//! Providers: tokens, routes, answers.

use super::Basis::{self, Check, Read};
use super::{Claim, Part, Source};
use crate::suite::Suite::{Npm, Vectors};

const fn provider(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Provider,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    provider(
        "shape/jwt-claims",
        "claims of a token: issuer, three times as numbers, version v1, one provider with scopes",
        "src/provider/jwt.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    provider(
        "rule/jwt-signature",
        "ES256K: 64 bytes r and s over SHA-256 of the first two parts, by the account's key",
        "src/provider/jwt.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    provider(
        "rule/jwt-services",
        "a token for single deployments must name services; ours is for a provider and needs none",
        "src/provider/jwt.rs",
        &[Check(Npm), Read(Source::ChainSdk, "go/util/jwt/jwt.go")],
    ),
];
