//! Tokens: ours before the npm package's validator, the package's before the stand-in's provider.

use super::oracle;
use akash_standin::wallet::{TxOptions, Wallet};
use akash_standin::{Akash, Genesis, ProviderConfig, Request, address, demo_providers};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conformance::{Suite, confirm};
use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{Signature, SigningKey};
use oracles::Dice;
use orchestrator::provider::jwt::{Claims, Scope};
use serde_json::{Value, json};

const SCOPES: [&[Scope]; 3] = [
    &[Scope::SendManifest],
    &[Scope::Status],
    &[Scope::SendManifest, Scope::Status],
];

fn token(key: &SigningKey, claims: &Claims) -> String {
    let signature: Signature = key.sign_prehash(&claims.digest()).expect("a signature");
    claims.token(&signature.to_bytes().into())
}

#[test]
fn should_make_tokens_that_chain_sdk_takes() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(4);
    for case in 0..60 {
        let key = address::key_of(&format!("token {}", case % 4));
        let public_key = address::public_key(&key);
        let claims = Claims {
            issuer: address::of_key(&public_key),
            provider: address::encode(&dice.bytes::<20>()),
            scopes: SCOPES[case % 3].to_vec(),
            not_before_s: dice.between(1, 2_000_000_000),
            expires_s: dice.between(2_000_000_001, 4_000_000_000),
        };
        let token = token(&key, &claims);
        let verdict = oracle
            .ask("jwt_validate", json!({"token": token}))
            .expect("a verdict");
        assert_eq!(verdict, json!({"valid": true, "errors": []}), "{token}");
        let question = json!({"token": token, "public_key": hex::encode(public_key)});
        let signed = oracle.ask("jwt_verify", question).expect("a verdict");
        assert_eq!(signed, Value::Bool(true), "{token}");
        let other = address::public_key(&address::key_of("somebody else"));
        let question = json!({"token": token, "public_key": hex::encode(other)});
        let signed = oracle.ask("jwt_verify", question).expect("a verdict");
        assert_eq!(signed, Value::Bool(false), "{token}");
    }
    let by = oracle.versions.of_akash();
    confirm(Suite::Npm, "shape/jwt-claims", &by);
    confirm(
        Suite::Npm,
        "rule/jwt-signature",
        &oracle.versions.of_cosmos(),
    );
}

/// The validator is no friend of ours.
#[test]
fn should_see_chain_sdk_refuse_bad_claims() {
    let Some(mut oracle) = oracle() else { return };
    let key = address::key_of("token");
    let claims = Claims {
        issuer: address::of_key(&address::public_key(&key)),
        provider: address::encode(&[5; 20]),
        scopes: vec![Scope::Status],
        not_before_s: 1,
        expires_s: 4_000_000_000,
    };
    let input = claims.signing_input();
    let (header, body) = input.split_once('.').expect("two parts");
    let body = URL_SAFE_NO_PAD.decode(body).expect("base64url");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let mut changed = |change: &dyn Fn(&mut Value)| {
        let mut body = body.clone();
        change(&mut body);
        let body = URL_SAFE_NO_PAD.encode(body.to_string());
        let token = format!("{header}.{body}.AAAA");
        let verdict = oracle
            .ask("jwt_validate", json!({"token": token}))
            .expect("a verdict");
        verdict["valid"].as_bool().expect("a verdict")
    };
    assert!(changed(&|_| {}));
    type Row<'a> = (&'a str, &'a dyn Fn(&mut Value));
    let rows: [Row<'_>; 9] = [
        ("no issuer", &|c| c["iss"] = Value::Null),
        ("issuer of another chain", &|c| {
            c["iss"] = "cosmos1qqqq".into()
        }),
        ("times as texts", &|c| c["exp"] = "4000000000".into()),
        ("another version", &|c| c["version"] = "v2".into()),
        ("one claim more", &|c| c["aud"] = "x".into()),
        ("an unknown scope", &|c| {
            c["leases"]["permissions"][0]["scope"] = json!(["all"])
        }),
        ("no scope", &|c| {
            c["leases"]["permissions"][0]["scope"] = json!([])
        }),
        ("a provider twice", &|c| {
            let one = c["leases"]["permissions"][0].clone();
            c["leases"]["permissions"] = json!([one, one]);
        }),
        ("a deployment without services", &|c| {
            c["leases"]["permissions"][0] = json!({
                "provider": address::encode(&[5; 20]), "access": "granular",
                "deployments": [{"dseq": 7, "scope": ["status"]}],
            });
        }),
    ];
    for (desc, change) in rows {
        assert!(!changed(change), "{desc}");
    }
    confirm(Suite::Npm, "rule/jwt-services", &oracle.versions.of_akash());
}

/// A network with one provider, and a tenant whose key the chain knows.
fn network(tenant: &Wallet) -> Akash {
    let providers: Vec<ProviderConfig> = demo_providers().into_iter().take(1).collect();
    let mut akash = Akash::new(Genesis {
        balances: vec![(tenant.address().into(), vec![(100_000_000, "uakt")])],
        providers,
        ..Genesis::default()
    });
    let message = tenant.send(&address::encode(&[9; 20]), 1, "uakt");
    let tx = tenant.tx(akash.chain(), vec![message], &TxOptions::default());
    akash.broadcast(&tx).expect("accepted");
    akash.advance_blocks(1);
    akash
}

/// Asks for the status of a lease that does not exist: 404 says that the token was good for it.
fn status(akash: &mut Akash, token: &str) -> u16 {
    let host = akash.providers()[0].host_uri();
    let mut request = Request::get(format!("{host}/lease/7/1/1/status"));
    request
        .headers
        .push(("authorization".into(), format!("Bearer {token}")));
    let now = akash.block_time();
    akash.http(now, &request).expect("an answer").status
}

#[test]
fn should_give_the_stand_in_tokens_that_it_takes() {
    let Some(mut oracle) = oracle() else { return };
    let key = address::key_of("tenant of a token");
    let secret = hex::encode(key.to_bytes());
    let tenant = Wallet::of_key(key);
    let mut akash = network(&tenant);
    let provider = akash.providers()[0].address().to_string();
    let permission =
        |scope: &[&str]| json!([{"provider": provider, "access": "scoped", "scope": scope}]);
    // The package looks at the clock of the machine, the stand-in at its own.
    let with = |leases: Value| {
        json!({"iss": tenant.address(), "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 4_000_000_000_u64,
               "version": "v1", "leases": leases})
    };
    let rows = [
        ("full", with(json!({"access": "full"})), 404),
        (
            "scoped",
            with(json!({"access": "scoped", "scope": ["status"]})),
            404,
        ),
        (
            "of another scope",
            with(json!({"access": "scoped", "scope": ["logs"]})),
            401,
        ),
        (
            "for this provider",
            with(json!({"access": "granular", "permissions": permission(&["status"])})),
            404,
        ),
        (
            "for this provider, of another scope",
            with(json!({"access": "granular", "permissions": permission(&["send-manifest"])})),
            401,
        ),
        (
            "for this lease",
            with(json!({"access": "granular", "permissions": [{
                "provider": provider, "access": "granular",
                "deployments": [{"dseq": 7, "scope": ["status"], "services": ["web"]}],
            }]})),
            404,
        ),
        (
            "for another lease",
            with(json!({"access": "granular", "permissions": [{
                "provider": provider, "access": "granular",
                "deployments": [{"dseq": 8, "scope": ["status"], "services": ["web"]}],
            }]})),
            401,
        ),
        (
            "for another provider",
            with(json!({"access": "granular", "permissions": [{
                "provider": address::encode(&[4; 20]), "access": "full",
            }]})),
            401,
        ),
    ];
    for (desc, claims, expected) in rows {
        for algorithm in ["ES256K", "ES256KADR36"] {
            let question = json!({"key": secret, "claims": claims, "algorithm": algorithm});
            let token = oracle.ask_text("jwt_sign", question).expect("a token");
            assert_eq!(status(&mut akash, &token), expected, "{desc}, {algorithm}");
            // A token whose last bytes are another's is no token.
            let broken = format!("{}AAAA", &token[..token.len() - 4]);
            assert_eq!(status(&mut akash, &broken), 401, "{desc}, {algorithm}");
        }
    }
}
