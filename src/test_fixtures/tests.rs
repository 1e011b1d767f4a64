use super::*;
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn request(url: &str) -> HttpRequest {
    HttpRequest {
        url: url.into(),
        method: HttpMethod::Get,
        headers: vec![],
        body: vec![],
        max_response_bytes: 4,
    }
}

fn path() -> Vec<Vec<u8>> {
    vec![b"a".to_vec(), b"b".to_vec()]
}

/// What a test dies of.
fn death(test: impl FnOnce()) -> String {
    let why = catch_unwind(AssertUnwindSafe(test)).expect_err("the test should have failed");
    why.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn should_follow_the_script() {
    let rt = Script::new()
        .at(7)
        .then_public_key(None, path())
        .then_signature(path())
        .then_no_signature(path())
        .then_get("https://a/1", answer(200, "four"))
        .then_get("https://a/2", silence())
        .then_outcall(HttpMethod::Get, "https://a/3", |request| {
            answer(200, request.url.split_at(10).0)
        });
    assert_eq!(rt.now(), 7);
    let public = run(rt.public_key(None, path())).expect("a key");
    let signature = run(rt.sign(path(), [9; 32])).expect("a signature");
    k256::ecdsa::VerifyingKey::from_sec1_bytes(&public)
        .expect("a point")
        .verify_prehash(
            &[9; 32],
            &Signature::from_slice(&signature).expect("two scalars"),
        )
        .expect("the key at this path");
    assert!(run(rt.sign(path(), [9; 32])).is_err());
    assert_eq!(run(rt.outcall(request("https://a/1"))), answer(200, "four"));
    assert_eq!(run(rt.outcall(request("https://a/2"))), silence());
    let too_long = run(rt.outcall(request("https://a/3"))).expect_err("past its bound");
    assert_eq!(too_long.code, FATAL);
}

#[test]
fn should_fail_a_test_that_leaves_the_script() {
    for (desc, test, words) in [
        (
            "dry",
            (|| drop(run(Script::new().outcall(request("https://a"))))) as fn(),
            "run dry: got Get https://a",
        ),
        (
            "steps are left",
            || drop(Script::new().then_get("https://a", silence())),
            "1 steps of the script are left, the first is Get https://a",
        ),
        (
            "another address",
            || {
                let rt = Script::new().then_get("https://a", silence());
                drop(run(rt.outcall(request("https://a/"))));
            },
            "expected Get https://a, got Get https://a/",
        ),
        (
            "another key",
            || {
                let rt = Script::new().then_signature(path());
                drop(run(rt.sign(vec![b"ab".to_vec()], [0; 32])));
            },
            "expected a signature at a / b, got a signature at ab",
        ),
        (
            "a key of another canister",
            || {
                let rt = Script::new().then_public_key(None, path());
                drop(run(rt.public_key(Some(vec![1]), path())));
            },
            "expected the public key at a / b, got",
        ),
    ] {
        let why = death(test);
        assert!(why.contains(words), "{desc}: {why}");
    }
}

#[test]
fn should_give_each_path_and_canister_its_own_key() {
    let keys = [
        key(None, &path()),
        key(None, &[b"ab".to_vec()]),
        key(None, &[b"b".to_vec(), b"a".to_vec()]),
        key(Some(b"a"), &[b"b".to_vec()]),
    ];
    for (i, a) in keys.iter().enumerate() {
        for b in &keys[i + 1..] {
            assert_ne!(public_key(a), public_key(b));
        }
    }
}
