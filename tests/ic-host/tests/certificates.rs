//! Certificates, checked by the verifier of the response-verification project.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use candid::Principal;
use common::{CYCLES, USER, ic, ic_with_seed, installed, module, numbers, query, update};
use ic_cbor::CertificateToCbor;
use ic_certificate_verification::VerifyCertificate;
use ic_certification::{Certificate, LookupResult};
use ic_host::{Ic, InstallMode};

const CERTIFIED: &str = r#"
  (data (i32.const 200) "certified data of 32 bytes......and more")
  (func (export "canister_update certify") (call $certify (i32.const 200) (i32.const 32)) (call $reply))
  (func (export "canister_update too_long") (call $certify (i32.const 200) (i32.const 33)))
  (func (export "canister_query certificate")
    (call $certificate_copy (i32.const 1024) (i32.const 0) (call $certificate_size))
    (call $append (i32.const 1024) (call $certificate_size)) (call $reply))
  (func (export "canister_query present")
    (call $answer (i64.extend_i32_u (call $certificate_present))))
"#;

const MINUTE: u128 = 60_000_000_000;

fn check(ic: &Ic, bytes: &[u8], canister: Principal, key: &[u8]) -> Result<Certificate, String> {
    let certificate = Certificate::from_cbor(bytes).map_err(|error| error.to_string())?;
    certificate
        .verify(canister.as_slice(), key, &ic.time().into(), &MINUTE)
        .map_err(|error| error.to_string())?;
    Ok(certificate)
}

fn leaf(certificate: &Certificate, path: &[&[u8]]) -> Option<Vec<u8>> {
    match certificate.tree.lookup_path(path) {
        LookupResult::Found(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

#[test]
fn should_certify_data_that_an_independent_verifier_accepts() {
    let mut ic = ic();
    let id = installed(&mut ic, CERTIFIED);
    update(&mut ic, id, "certify").unwrap();
    let bytes = query(&mut ic, id, "certificate").unwrap();
    let certificate = check(&ic, &bytes, id, &ic.root_key()).unwrap();
    let path: [&[u8]; 3] = [b"canister", id.as_slice(), b"certified_data"];
    assert_eq!(
        leaf(&certificate, &path).unwrap(),
        b"certified data of 32 bytes......"
    );
    assert!(
        certificate.delegation.is_some(),
        "the root key delegates to the subnet"
    );

    let foreign = Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").unwrap();
    assert!(
        check(&ic, &bytes, foreign, &ic.root_key()).is_err(),
        "outside the ranges"
    );
    let other_key = ic_with_seed(8).root_key();
    assert!(
        check(&ic, &bytes, id, &other_key).is_err(),
        "another root key"
    );
    let at = bytes
        .windows(9)
        .position(|window| window == b"certified")
        .unwrap();
    let mut forged = bytes.clone();
    forged[at] ^= 1;
    assert!(
        check(&ic, &forged, id, &ic.root_key()).is_err(),
        "forged data"
    );
    ic.set_time(ic.time() + 3_600_000_000_000);
    assert!(
        check(&ic, &bytes, id, &ic.root_key()).is_err(),
        "an hour old"
    );
}

#[test]
fn should_certify_canisters_with_ids_of_their_own() {
    let mut ic = ic();
    let id = Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").unwrap();
    ic.create_canister_with_id(id, vec![USER], CYCLES).unwrap();
    assert!(
        ic.create_canister_with_id(id, vec![USER], CYCLES).is_err(),
        "the id is taken"
    );
    ic.install(USER, id, InstallMode::Install, &module(CERTIFIED), b"")
        .unwrap();
    let bytes = query(&mut ic, id, "certificate").unwrap();
    check(&ic, &bytes, id, &ic.root_key()).unwrap();
}

#[test]
fn should_have_a_certificate_only_in_queries() {
    let mut ic = ic();
    let id = installed(&mut ic, CERTIFIED);
    assert_eq!(numbers(query(&mut ic, id, "present")), [1]);
    assert_eq!(
        numbers(update(&mut ic, id, "present")),
        [0],
        "called as an update"
    );
    assert!(update(&mut ic, id, "certificate").is_err());
    assert!(update(&mut ic, id, "too_long").is_err());
}

#[test]
fn should_certify_answers_module_hashes_and_controllers() {
    let mut ic = ic();
    let id = installed(&mut ic, CERTIFIED);
    let message = ic.submit(USER, id, "certify", vec![]).unwrap();
    ic.round();
    let label = |text: &str| text.as_bytes().to_vec();
    let paths = [
        vec![label("request_status"), message.0.to_vec()],
        vec![
            label("canister"),
            id.as_slice().to_vec(),
            label("module_hash"),
        ],
    ];
    let bytes = ic.read_certificate(&paths);
    let certificate = check(&ic, &bytes, id, &ic.root_key()).unwrap();
    assert_eq!(
        leaf(&certificate, &[b"request_status", &message.0, b"status"]).unwrap(),
        b"replied"
    );
    let hash = leaf(&certificate, &[b"canister", id.as_slice(), b"module_hash"]).unwrap();
    assert_eq!(hash, ic.canister(id).unwrap().module_hash.unwrap());
    assert_eq!(
        leaf(&certificate, &[b"canister", id.as_slice(), b"controllers"]),
        None,
        "pruned"
    );
}
