//! The management canister: outcalls, keys, randomness, settings, chunks.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use candid::{Encode, Principal, decode_one, encode_args, encode_one};
use common::{
    CYCLES, USER, forward, forwarded, ic, ic_with_seed, installed, module, proxy, unwrapped,
};
use ic_host::{
    ErrorCode, Fault, Faults, HttpMethod, Ic, MessageId, OutcallReply, Point, RejectCode,
};
use ic_management_canister_types as types;
use ic_secp256k1::PublicKey;

const MANAGEMENT: Principal = Principal::management_canister();

/// Transforms: the first keeps the reply, `empty` drops all of it, others fail.
const TRANSFORMER: &str = r#"
  (func (export "canister_query trapping") (unreachable))
  (func (export "canister_query silent"))
  (func (export "canister_query garbage") (call $reply))
  (func (export "canister_query fixed")
    (call $append (i32.const 2048) (i32.load (i32.const 2040))) (call $reply))
  (func (export "canister_update teach")
    (call $arg_copy (i32.const 2048) (i32.const 0) (call $arg_size))
    (i32.store (i32.const 2040) (call $arg_size)) (call $reply))
"#;

fn request(url: &str, method: types::HttpMethod) -> types::HttpRequestArgs {
    types::HttpRequestArgs {
        url: url.to_owned(),
        max_response_bytes: Some(2_000),
        method,
        ..Default::default()
    }
}

fn get() -> types::HttpRequestArgs {
    request("https://example.com/", types::HttpMethod::GET)
}

fn reply(body: &[u8]) -> OutcallReply {
    OutcallReply {
        status: 200,
        headers: vec![("a".into(), "b".into())],
        body: body.to_vec(),
    }
}

const PLENTY: u64 = 100_000_000_000;

fn submit(ic: &mut Ic, proxy: Principal, args: &types::HttpRequestArgs, cycles: u64) -> MessageId {
    let arg = forwarded(MANAGEMENT, "http_request", cycles, &Encode!(args).unwrap());
    let id = ic.submit(USER, proxy, "forward", arg).unwrap();
    ic.round();
    id
}

fn outcome(ic: &mut Ic, id: &MessageId) -> Result<Vec<u8>, (u32, String)> {
    ic.round();
    unwrapped(ic.answer(id).expect("answered").clone())
}

#[test]
fn should_hand_out_an_outcall_and_bring_back_its_answer() {
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    let before = ic.canister(proxy).unwrap().cycles;
    let args = types::HttpRequestArgs {
        headers: vec![types::HttpHeader {
            name: "x".into(),
            value: "y".into(),
        }],
        body: Some(b"question".to_vec()),
        is_replicated: Some(false),
        ..request("https://example.com/", types::HttpMethod::PUT)
    };
    let id = submit(&mut ic, proxy, &args, PLENTY);
    assert!(ic.is_idle(), "it waits for us");
    let pending = ic.pending_outcalls();
    let [outcall] = pending.as_slice() else {
        panic!("{pending:?}")
    };
    assert_eq!((outcall.canister, outcall.method), (proxy, HttpMethod::Put));
    assert_eq!(
        (outcall.url.as_str(), outcall.body.as_slice()),
        (args.url.as_str(), &b"question"[..])
    );
    assert_eq!(outcall.headers[0], ("x".to_owned(), "y".to_owned()));
    assert_eq!(
        (outcall.max_response_bytes, outcall.replicated),
        (2_000, false)
    );
    assert!(ic.answer_outcall(outcall.id, Ok(reply(b"answer"))));
    assert!(!ic.answer_outcall(outcall.id, Ok(reply(b"again"))), "once");
    let result = outcome(&mut ic, &id).unwrap();
    let result: types::HttpRequestResult = decode_one(&result).unwrap();
    assert_eq!(
        (result.status, result.body),
        (200u16.into(), b"answer".to_vec())
    );
    let meter = ic.meter(proxy);
    assert_eq!(meter.outcalls, 1);
    // 13 * (3_000_000 + 60_000 * 13 + 400 * 30 + 800 * 2000), of which the rest came back.
    let fee = 13 * (3_000_000 + 780_000 + 400 * (20 + 2 + 8) + 800 * 2_000);
    assert_eq!(
        before - ic.canister(proxy).unwrap().cycles,
        meter.cycles_charged - charged_before()
    );
    assert!(meter.cycles_charged > fee);
}

/// Installation is measured too, before the balance is looked at.
fn charged_before() -> u128 {
    let mut ic = ic();
    let id = proxy(&mut ic);
    ic.meter(id).cycles_charged
}

#[test]
fn should_refuse_outcalls_that_break_a_limit() {
    use types::HttpMethod as M;
    let header = |length: usize| types::HttpHeader {
        name: "n".into(),
        value: "v".repeat(length),
    };
    let base = get();
    for (desc, args, cycles, accepted) in [
        ("fine", base.clone(), PLENTY, true),
        (
            "plain http",
            request("http://example.com", M::GET),
            PLENTY,
            false,
        ),
        (
            "plain http to this machine",
            request("http://localhost:80", M::GET),
            PLENTY,
            true,
        ),
        (
            "PUT replicated",
            request("https://a", M::PUT),
            PLENTY,
            false,
        ),
        (
            "DELETE replicated",
            request("https://a", M::DELETE),
            PLENTY,
            false,
        ),
        (
            "POST replicated",
            request("https://a", M::POST),
            PLENTY,
            true,
        ),
        (
            "a long url",
            request(&format!("https://{}", "a".repeat(8_184)), M::GET),
            PLENTY,
            true,
        ),
        (
            "a longer one",
            request(&format!("https://{}", "a".repeat(8_185)), M::GET),
            PLENTY,
            false,
        ),
        (
            "64 headers",
            types::HttpRequestArgs {
                headers: vec![header(1); 64],
                ..base.clone()
            },
            PLENTY,
            true,
        ),
        (
            "65 headers",
            types::HttpRequestArgs {
                headers: vec![header(1); 65],
                ..base.clone()
            },
            PLENTY,
            false,
        ),
        (
            "a header of 8 KiB",
            types::HttpRequestArgs {
                headers: vec![header(8_192)],
                ..base.clone()
            },
            PLENTY,
            true,
        ),
        (
            "a header of one byte more",
            types::HttpRequestArgs {
                headers: vec![header(8_193)],
                ..base.clone()
            },
            PLENTY,
            false,
        ),
        (
            "the largest response",
            types::HttpRequestArgs {
                max_response_bytes: Some(2_000_000),
                ..base.clone()
            },
            PLENTY,
            true,
        ),
        (
            "a larger one",
            types::HttpRequestArgs {
                max_response_bytes: Some(2_000_001),
                ..base.clone()
            },
            PLENTY,
            false,
        ),
        (
            "just enough cycles",
            base.clone(),
            13 * (3_780_000 + 400 * 20 + 800 * 2_000),
            true,
        ),
        (
            "one cycle less",
            base,
            13 * (3_780_000 + 400 * 20 + 800 * 2_000) - 1,
            false,
        ),
    ] {
        let mut ic = ic();
        let proxy = proxy(&mut ic);
        let id = submit(&mut ic, proxy, &args, cycles);
        assert_eq!(ic.pending_outcalls().len(), usize::from(accepted), "{desc}");
        if !accepted {
            let (code, _) = outcome(&mut ic, &id).unwrap_err();
            assert_eq!(code, RejectCode::CanisterReject.number(), "{desc}");
        }
    }
}

#[test]
fn should_take_outcalls_for_nothing_where_they_are_free() {
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    submit(&mut ic, proxy, &get(), 0);
    assert_eq!(ic.pending_outcalls().len(), 0);
    ic.free_outcalls(proxy).unwrap();
    submit(&mut ic, proxy, &get(), 0);
    assert_eq!(ic.pending_outcalls().len(), 1);
}

#[test]
fn should_reject_answers_that_are_too_large() {
    for (desc, length, accepted) in [("fits", 1_900, true), ("too large", 2_000, false)] {
        let mut ic = ic();
        let proxy = proxy(&mut ic);
        let id = submit(&mut ic, proxy, &get(), PLENTY);
        let outcall = ic.pending_outcalls()[0].id;
        ic.answer_outcall(outcall, Ok(reply(&vec![1; length])));
        match outcome(&mut ic, &id) {
            Ok(_) => assert!(accepted, "{desc}"),
            Err((code, _)) => {
                assert!(!accepted, "{desc}");
                assert_eq!(code, RejectCode::SysFatal.number(), "{desc}");
            }
        }
    }
}

#[test]
fn should_pass_on_rejects_and_time_out() {
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    let id = submit(&mut ic, proxy, &get(), PLENTY);
    let outcall = ic.pending_outcalls()[0].id;
    ic.answer_outcall(outcall, Err((2, "no consensus".to_owned())));
    assert_eq!(outcome(&mut ic, &id), Err((2, "no consensus".to_owned())));
    let id = submit(&mut ic, proxy, &get(), PLENTY);
    let made = ic.pending_outcalls()[0].made_ns;
    ic.set_time(made + 59_999_999_999);
    ic.round();
    assert_eq!(ic.pending_outcalls().len(), 1);
    assert_eq!(ic.next_timer(), Some(made + 60_000_000_000));
    ic.set_time(made + 60_000_000_000);
    let (code, text) = outcome(&mut ic, &id).unwrap_err();
    assert_eq!(
        (code, text.as_str()),
        (2, "Canister http request timed out")
    );
    assert!(ic.pending_outcalls().is_empty());
}

#[test]
fn should_transform_answers_with_a_query_of_the_canister() {
    let body = format!("{}{}", common_proxy(), TRANSFORMER);
    for (desc, method, expected) in [
        ("replaced", "fixed", Ok(b"short".to_vec())),
        (
            "the transform traps",
            "trapping",
            Err(RejectCode::CanisterError.number()),
        ),
        (
            "the transform says nothing",
            "silent",
            Err(RejectCode::CanisterError.number()),
        ),
        (
            "the transform says nonsense",
            "garbage",
            Err(RejectCode::SysFatal.number()),
        ),
        (
            "there is no transform",
            "missing",
            Err(RejectCode::CanisterError.number()),
        ),
    ] {
        let mut ic = ic();
        let id = installed(&mut ic, &body);
        let taught = types::HttpRequestResult {
            status: 200u16.into(),
            headers: vec![],
            body: b"short".to_vec(),
        };
        ic.update(USER, id, "teach", Encode!(&taught).unwrap())
            .unwrap();
        let transform = types::TransformContext {
            function: types::TransformFunc(candid::Func {
                principal: id,
                method: method.into(),
            }),
            context: b"context".to_vec(),
        };
        let args = types::HttpRequestArgs {
            transform: Some(transform),
            ..get()
        };
        let message = submit(&mut ic, id, &args, PLENTY);
        let outcall = ic.pending_outcalls().remove(0);
        assert!(outcall.has_transform);
        ic.answer_outcall(outcall.id, Ok(reply(b"the original")));
        let got = outcome(&mut ic, &message)
            .map(|bytes| decode_one::<types::HttpRequestResult>(&bytes).unwrap().body)
            .map_err(|(code, _)| code);
        assert_eq!(got, expected, "{desc}");
    }
}

fn common_proxy() -> &'static str {
    common::PROXY
}

#[test]
fn should_refuse_a_transform_of_another_canister() {
    let mut ic = ic();
    let id = proxy(&mut ic);
    let transform = types::TransformContext {
        function: types::TransformFunc(candid::Func {
            principal: USER,
            method: "x".into(),
        }),
        context: vec![],
    };
    let args = types::HttpRequestArgs {
        transform: Some(transform),
        ..get()
    };
    let message = submit(&mut ic, id, &args, PLENTY);
    assert_eq!(outcome(&mut ic, &message).unwrap_err().0, 4);
}

fn key(name: &str) -> types::EcdsaKeyId {
    types::EcdsaKeyId {
        curve: types::EcdsaCurve::Secp256k1,
        name: name.to_owned(),
    }
}

fn sign_args(name: &str, hash: &[u8]) -> Vec<u8> {
    encode_one(types::SignWithEcdsaArgs {
        message_hash: hash.to_vec(),
        derivation_path: vec![b"path".to_vec()],
        key_id: key(name),
    })
    .unwrap()
}

#[test]
fn should_sign_with_the_key_of_the_caller() {
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    let args = types::EcdsaPublicKeyArgs {
        canister_id: None,
        derivation_path: vec![b"path".to_vec()],
        key_id: key("key_1"),
    };
    let answer = forward(
        &mut ic,
        proxy,
        MANAGEMENT,
        "ecdsa_public_key",
        0,
        &Encode!(&args).unwrap(),
    );
    let public: types::EcdsaPublicKeyResult = decode_one(&answer.unwrap()).unwrap();
    let from_outside = ic.public_key(proxy, &[b"path".to_vec()], "key_1").unwrap();
    assert_eq!(public.public_key, from_outside);

    let fee = 26_153_846_153;
    let before = ic.meter(proxy).cycles_charged;
    let arg = sign_args("key_1", &[5; 32]);
    let answer = forward(&mut ic, proxy, MANAGEMENT, "sign_with_ecdsa", fee, &arg);
    let signed: types::SignWithEcdsaResult = decode_one(&answer.unwrap()).unwrap();
    let public = PublicKey::deserialize_sec1(&public.public_key).unwrap();
    assert!(public.verify_ecdsa_signature_prehashed(&[5; 32], &signed.signature));
    let meter = ic.meter(proxy);
    assert_eq!(meter.signatures, 1);
    assert!(meter.cycles_charged - before > u128::from(fee));
    for (desc, cycles, arg) in [
        ("one cycle less", fee - 1, sign_args("key_1", &[5; 32])),
        ("an unknown key", fee, sign_args("key_2", &[5; 32])),
        ("a short hash", fee, sign_args("key_1", &[5; 31])),
    ] {
        let answer = forward(&mut ic, proxy, MANAGEMENT, "sign_with_ecdsa", cycles, &arg);
        assert_eq!(answer.unwrap_err().0, 4, "{desc}");
    }
    assert_eq!(ic.meter(proxy).signatures, 1);
}

#[test]
fn should_fail_where_faults_strike() {
    struct At(fn(&Point) -> Fault);
    impl Faults for At {
        fn at(&mut self, point: &Point) -> Fault {
            (self.0)(point)
        }
    }
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    ic.set_faults(Some(Box::new(At(|point| match point {
        Point::Signing { .. } => Fault::Reject(RejectCode::SysTransient, "full".to_owned()),
        Point::OutcallReply { .. } => Fault::Reject(RejectCode::SysFatal, "gone".to_owned()),
        _ => Fault::None,
    }))));
    let before = ic.canister(proxy).unwrap().cycles;
    let answer = forward(
        &mut ic,
        proxy,
        MANAGEMENT,
        "sign_with_ecdsa",
        PLENTY,
        &sign_args("key_1", &[1; 32]),
    );
    assert_eq!(answer, Err((2, "full".to_owned())));
    assert!(
        before - ic.canister(proxy).unwrap().cycles < 1_000_000_000,
        "cycles came back"
    );
    let id = submit(&mut ic, proxy, &get(), PLENTY);
    let outcall = ic.pending_outcalls()[0].id;
    ic.answer_outcall(outcall, Ok(reply(b"performed all the same")));
    assert_eq!(outcome(&mut ic, &id), Err((1, "gone".to_owned())));
    ic.set_faults(Some(Box::new(At(|point| match point {
        Point::Request { .. } => Fault::Reject(RejectCode::SysTransient, "lost".to_owned()),
        _ => Fault::None,
    }))));
    let answer = forward(&mut ic, proxy, proxy, "forward", 5, b"");
    assert_eq!(answer, Err((2, "lost".to_owned())));
    ic.set_faults(None);
    let answer = forward(
        &mut ic,
        proxy,
        MANAGEMENT,
        "raw_rand",
        0,
        &encode_args(()).unwrap(),
    );
    assert!(answer.is_ok());
}

#[test]
fn should_give_random_bytes_from_the_seed() {
    let random = |seed| {
        let mut ic = ic_with_seed(seed);
        let proxy = proxy(&mut ic);
        let mut one = || -> Vec<u8> {
            let arg = encode_args(()).unwrap();
            let answer = forward(&mut ic, proxy, MANAGEMENT, "raw_rand", 0, &arg).unwrap();
            decode_one(&answer).unwrap()
        };
        (one(), one())
    };
    let (first, second) = random(1);
    assert_eq!(first.len(), 32);
    assert_ne!(first, second);
    assert_eq!(random(1), (first.clone(), second));
    assert_ne!(random(2).0, first);
}

#[test]
fn should_manage_canisters_for_their_controller() {
    let mut ic = ic();
    let proxy = proxy(&mut ic);
    let mut call = |method: &str, cycles, arg: Vec<u8>| {
        forward(&mut ic, proxy, MANAGEMENT, method, cycles, &arg)
    };
    let create = Encode!(&types::CreateCanisterArgs::default()).unwrap();
    assert_eq!(
        call("create_canister", 499_999_999_999, create.clone())
            .unwrap_err()
            .0,
        4
    );
    let created = call("create_canister", 2_000_000_000_000, create).unwrap();
    let id = decode_one::<types::CanisterIdRecord>(&created)
        .unwrap()
        .canister_id;
    let record = || Encode!(&types::CanisterIdRecord { canister_id: id }).unwrap();

    let wasm = module("(func (export \"canister_query hi\") (call $answer (i64.const 3)))");
    let (first, second) = wasm.split_at(wasm.len() / 2);
    let mut hashes = Vec::new();
    for chunk in [first, second] {
        let args = types::UploadChunkArgs {
            canister_id: id,
            chunk: chunk.to_vec(),
        };
        let answer = call("upload_chunk", 0, Encode!(&args).unwrap()).unwrap();
        hashes.push(decode_one::<types::ChunkHash>(&answer).unwrap());
    }
    let stored = call("stored_chunks", 0, record()).unwrap();
    assert_eq!(
        decode_one::<Vec<types::ChunkHash>>(&stored).unwrap().len(),
        2
    );
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&wasm).to_vec();
    let install = |wasm_module_hash| {
        Encode!(&types::InstallChunkedCodeArgs {
            mode: types::CanisterInstallMode::Install,
            target_canister: id,
            store_canister: None,
            chunk_hashes_list: hashes.clone(),
            wasm_module_hash,
            arg: vec![],
            sender_canister_version: None,
        })
        .unwrap()
    };
    assert!(
        call("install_chunked_code", 0, install(vec![0; 32])).is_err(),
        "another hash"
    );
    call("install_chunked_code", 0, install(hash.clone())).unwrap();

    let settings = types::CanisterSettings {
        controllers: Some(vec![proxy, USER]),
        environment_variables: Some(vec![types::EnvironmentVariable {
            name: "NAME".into(),
            value: "value".into(),
        }]),
        ..Default::default()
    };
    let args = types::UpdateSettingsArgs {
        canister_id: id,
        settings,
        sender_canister_version: None,
    };
    call("update_settings", 0, Encode!(&args).unwrap()).unwrap();
    let status = call("canister_status", 0, record()).unwrap();
    let status: types::CanisterStatusResult = decode_one(&status).unwrap();
    assert_eq!(status.status, types::CanisterStatusType::Running);
    assert_eq!(status.module_hash, Some(hash));
    assert_eq!(status.settings.environment_variables[0].value, "value");
    let info = types::CanisterInfoArgs {
        canister_id: id,
        num_requested_changes: Some(2),
    };
    let info = call("canister_info", 0, Encode!(&info).unwrap()).unwrap();
    let info: types::CanisterInfoResult = decode_one(&info).unwrap();
    assert_eq!((info.total_num_changes, info.recent_changes.len()), (3, 2));
    assert_eq!(info.controllers.len(), 2);

    assert!(call("delete_canister", 0, record()).is_err(), "it runs");
    call("stop_canister", 0, record()).unwrap();
    assert!(
        call("install_code", 0, b"DIDL".to_vec()).is_err(),
        "not an argument"
    );
    assert!(call("no_such_method", 0, record()).is_err());
    call("uninstall_code", 0, {
        let args = types::UninstallCodeArgs {
            canister_id: id,
            sender_canister_version: None,
        };
        Encode!(&args).unwrap()
    })
    .unwrap();
    call("delete_canister", 0, record()).unwrap();
    assert_eq!(ic.canister(id), None);
}

#[test]
fn should_serve_users_and_refuse_strangers() {
    let mut ic = ic();
    let args = types::ProvisionalCreateCanisterWithCyclesArgs::default();
    let method = "provisional_create_canister_with_cycles";
    let created = ic
        .update(USER, MANAGEMENT, method, Encode!(&args).unwrap())
        .unwrap();
    let canister_id = decode_one::<types::CanisterIdRecord>(&created)
        .unwrap()
        .canister_id;
    assert_eq!(
        canister_id.to_text(),
        "lxzze-o7777-77777-aaaaa-cai",
        "as in PocketIC"
    );
    assert_eq!(ic.canister(canister_id).unwrap().cycles, CYCLES);
    let record = Encode!(&types::CanisterIdRecord { canister_id }).unwrap();
    assert!(
        ic.query(USER, MANAGEMENT, "canister_status", record.clone())
            .is_ok()
    );
    let stranger = Principal::from_slice(&[9]);
    for method in [
        "canister_status",
        "stop_canister",
        "start_canister",
        "delete_canister",
    ] {
        let reject = ic
            .update(stranger, MANAGEMENT, method, record.clone())
            .unwrap_err();
        assert_eq!(reject.error, ErrorCode::NOT_CONTROLLER, "{method}");
    }
    let reject = ic
        .update(USER, MANAGEMENT, "raw_rand", encode_args(()).unwrap())
        .unwrap_err();
    assert_eq!(reject.code, RejectCode::CanisterReject, "canisters only");
}
