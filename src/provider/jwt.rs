//! Tokens that a provider accepts: JWT by AEP-64, signed with the account's key.
//!
//! A token names one provider, so that this provider cannot use it at another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Header of every token: ECDSA on secp256k1 over SHA-256. **Source** AEP-64.
const HEADER: &str = r#"{"alg":"ES256K","typ":"JWT"}"#;

/// Version of the claims. **Source** AEP-64.
const VERSION: &str = "v1";

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Hand in a manifest.
    SendManifest,
    /// Read the status of leases.
    Status,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Owner of the leases, whose key signs.
    pub issuer: String,
    /// The one provider that it is for.
    pub provider: String,
    /// What it allows there.
    pub scopes: Vec<Scope>,
    /// Not valid before. Providers have no leeway: date it back. **Units** seconds.
    pub not_before_s: u64,
    /// Not valid after. **Units** seconds since the Unix epoch.
    pub expires_s: u64,
}

#[derive(Serialize)]
struct Wire<'a> {
    exp: u64,
    iat: u64,
    iss: &'a str,
    leases: Leases<'a>,
    nbf: u64,
    version: &'static str,
}

#[derive(Serialize)]
struct Leases<'a> {
    access: &'static str,
    permissions: [Permission<'a>; 1],
}

#[derive(Serialize)]
struct Permission<'a> {
    access: &'static str,
    provider: &'a str,
    scope: &'a [Scope],
}

impl Claims {
    /// What is signed: `base64url(header).base64url(claims)`.
    #[must_use]
    pub fn signing_input(&self) -> String {
        let claims = Wire {
            exp: self.expires_s,
            iat: self.not_before_s,
            iss: &self.issuer,
            leases: Leases {
                access: "granular",
                permissions: [Permission {
                    access: "scoped",
                    provider: &self.provider,
                    scope: &self.scopes,
                }],
            },
            nbf: self.not_before_s,
            version: VERSION,
        };
        let claims = serde_json::to_vec(&claims).expect("texts and numbers are always JSON");
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(HEADER),
            URL_SAFE_NO_PAD.encode(claims)
        )
    }

    /// What the key signs.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.signing_input()).into()
    }

    /// The token. The signature is `r || s` with `s` in the lower half.
    #[must_use]
    pub fn token(&self, signature: &[u8; 64]) -> String {
        format!(
            "{}.{}",
            self.signing_input(),
            URL_SAFE_NO_PAD.encode(signature)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
    use k256::ecdsa::{Signature, SigningKey};
    use serde_json::Value;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("vectors/jwt.json")).expect("a vector file")
    }

    fn claims() -> Claims {
        Claims {
            issuer: "akash1ld7devtaw2ua7dqd4lckw783y8ttuecg5rtpwg".into(),
            provider: "akash1v3rjptydlz6xaxa28nznumvh2munp7ne42xc3j".into(),
            scopes: vec![Scope::SendManifest, Scope::Status],
            not_before_s: 1_767_225_600,
            expires_s: 4_102_444_800,
        }
    }

    fn decoded(part: &str) -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// The reference library's token says the same but for an optional id.
    #[test]
    fn should_say_what_the_reference_library_says() {
        let vectors = vectors();
        let vector = vectors["vectors"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|v| v["name"] == "granular-provider-scoped/ES256K")
            .expect("the vector");
        let input = claims().signing_input();
        let (header, body) = input.split_once('.').expect("two parts");
        let (expected_header, expected_body) = vector["signing_input"]
            .as_str()
            .and_then(|input| input.split_once('.'))
            .expect("two parts");
        assert_eq!(header, expected_header);
        let mut expected = decoded(expected_body);
        expected.as_object_mut().expect("an object").remove("jti");
        assert_eq!(decoded(body), expected);
        conformance::confirm(
            conformance::Suite::Vectors,
            "shape/jwt-claims",
            "tokens of chain-sdk at 55f1c683, recorded",
        );
    }

    /// The library's key signs our input; its deterministic signature of its own input is checked
    /// by the same verifier, so the verifier is no friend of ours.
    #[test]
    fn should_verify_with_the_accounts_key() {
        let vectors = vectors();
        let key = hex::decode(vectors["private_key_hex"].as_str().expect("a text")).expect("hex");
        let key = SigningKey::from_slice(&key).expect("a scalar");
        let vector = &vectors["vectors"][4];
        let text = |name: &str| vector[name].as_str().expect("a text").to_string();
        let theirs = hex::decode(text("signature_rs_hex")).expect("hex");
        let input = text("signing_input");
        key.verifying_key()
            .verify_prehash(
                &Sha256::digest(&input),
                &Signature::from_slice(&theirs).expect("two scalars"),
            )
            .expect("their signature");

        let claims = claims();
        let ours: Signature = key.sign_prehash(&claims.digest()).expect("a signature");
        let token = claims.token(&ours.to_bytes().into());
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert_eq!(signature.len(), 64);
        key.verifying_key()
            .verify_prehash(
                &Sha256::digest(input),
                &Signature::from_slice(&signature).expect("two scalars"),
            )
            .expect("our signature");
        conformance::confirm(
            conformance::Suite::Vectors,
            "rule/jwt-signature",
            "tokens of chain-sdk at 55f1c683, recorded",
        );
    }
}
