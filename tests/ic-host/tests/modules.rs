//! Which modules install, and what the host makes of their exports.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use candid::Principal;
use common::{CYCLES, USER, ic, installed, module, number, numbers, query, update};
use ic_host::{ErrorCode, Ic, IcConfig, InstallMode, RejectCode};

/// Every function of the system API with its type; `I` stands for the width of pointers.
const IMPORTS: &str = "
  msg_arg_data_size:->I msg_arg_data_copy:III msg_caller_size:->I msg_caller_copy:III
  msg_caller_info_data_size:->I msg_caller_info_data_copy:III
  msg_caller_info_signer_size:->I msg_caller_info_signer_copy:III
  msg_reject_code:->i32 msg_reject_msg_size:->I msg_reject_msg_copy:III msg_deadline:->i64
  msg_reply_data_append:II msg_reply: msg_reject:II msg_cycles_available128:I
  msg_cycles_refunded128:I msg_cycles_accept128:LLI cycles_burn128:LLI
  canister_self_size:->I canister_self_copy:III canister_cycle_balance128:I
  canister_liquid_cycle_balance128:I canister_status:->i32 canister_version:->i64
  subnet_self_size:->I subnet_self_copy:III subnet_self_node_count:->i32
  msg_method_name_size:->I msg_method_name_copy:III accept_message: call_new:IIIIIIII
  call_on_cleanup:II call_data_append:II call_with_best_effort_response:i call_cycles_add128:LL
  call_perform:->i32 stable64_size:->i64 stable64_grow:L->i64 stable64_write:LLL
  stable64_read:LLL root_key_size:->I root_key_copy:III certified_data_set:II
  data_certificate_present:->i32 data_certificate_size:->I data_certificate_copy:III time:->i64
  global_timer_set:L->i64 performance_counter:i->i64 is_controller:II->i32
  in_replicated_execution:->i32 cost_call:LLI cost_create_canister:I cost_http_request:LLI
  cost_http_request_v2:III cost_sign_with_ecdsa:IIiI->i32 cost_sign_with_schnorr:IIiI->i32
  cost_vetkd_derive_key:IIiI->i32 env_var_count:->I env_var_name_size:I->I
  env_var_name_copy:IIII env_var_name_exists:II->i32 env_var_value_size:II->I
  env_var_value_copy:IIIII debug_print:II trap:II mint_cycles:L->i64 mint_cycles128:LLI";
const OLD_IMPORTS: &str = "
  msg_cycles_available:->i64 msg_cycles_refunded:->i64 msg_cycles_accept:L->i64
  canister_cycle_balance:->i64 call_cycles_add:L stable_size:->i32 stable_grow:i->i32
  stable_write:iii stable_read:iii";

fn imports(list: &str, pointer: &str) -> String {
    let width = |letter: char| match letter {
        'I' => pointer.to_owned(),
        'L' => "i64".to_owned(),
        _ => "i32".to_owned(),
    };
    list.split_whitespace()
        .map(|entry| {
            let (name, ty) = entry.split_once(':').unwrap();
            let (params, result) = ty.split_once("->").unwrap_or((ty, ""));
            let params: Vec<String> = params.chars().map(width).collect();
            let result = if result == "I" { pointer } else { result };
            let params = params.join(" ");
            format!("(import \"ic0\" \"{name}\" (func (param {params}) (result {result})))\n")
        })
        .collect()
}

#[test]
fn should_provide_the_whole_system_api() {
    for (desc, pointer, memory, list) in [
        (
            "32-bit",
            "i32",
            "(memory 1)",
            format!("{IMPORTS} {OLD_IMPORTS}"),
        ),
        ("64-bit", "i64", "(memory i64 1)", IMPORTS.to_owned()),
    ] {
        let text = format!("(module {} {memory})", imports(&list, pointer));
        let wasm = wat::parse_str(text).unwrap();
        let mut ic = ic();
        let id = ic.create_canister(vec![USER], CYCLES);
        let result = ic.install(USER, id, InstallMode::Install, &wasm, b"");
        assert_eq!(result, Ok(()), "{desc}");
    }
}

#[test]
fn should_refuse_what_is_no_canister_module() {
    for (desc, text, valid) in [
        ("nothing in it", "(module)", true),
        (
            "no memory, a method",
            "(module (func (export \"canister_update a b <c>\")))",
            true,
        ),
        (
            "an import from elsewhere",
            "(module (import \"env\" \"f\" (func)))",
            false,
        ),
        (
            "an unknown import",
            "(module (import \"ic0\" \"f\" (func)))",
            false,
        ),
        (
            "an import of another type",
            "(module (import \"ic0\" \"time\" (func)))",
            false,
        ),
        (
            "an imported memory",
            "(module (import \"ic0\" \"m\" (memory 1)))",
            false,
        ),
        (
            "a reserved name",
            "(module (func (export \"canister_other\")))",
            false,
        ),
        (
            "a method that is no function",
            "(module (memory (export \"canister_update m\") 1))",
            false,
        ),
        (
            "a method of two kinds",
            "(module (func (export \"canister_update m\")) (func (export \"canister_query m\")))",
            false,
        ),
        (
            "metadata",
            "(module (@custom \"icp:public x\" \"1\"))",
            true,
        ),
        (
            "metadata of no kind",
            "(module (@custom \"icp:other x\" \"1\"))",
            false,
        ),
        (
            "metadata twice",
            "(module (@custom \"icp:public x\" \"1\") (@custom \"icp:private x\" \"1\"))",
            false,
        ),
        ("two memories", "(module (memory 1) (memory 1))", false),
    ] {
        let wasm = wat::parse_str(text).unwrap();
        let mut ic = ic();
        let id = ic.create_canister(vec![USER], CYCLES);
        let result = ic.install(USER, id, InstallMode::Install, &wasm, b"");
        assert_eq!(result.is_ok(), valid, "{desc}: {result:?}");
        if let Err(reject) = result {
            assert_eq!(reject.error, ErrorCode::INVALID_WASM, "{desc}");
        }
    }
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], CYCLES);
    for (desc, bytes) in [
        ("nothing", &b""[..]),
        ("text", b"hello"),
        ("gzip of nothing", b"\x1f\x8b\x08"),
    ] {
        let reject = ic
            .install(USER, id, InstallMode::Install, bytes, b"")
            .unwrap_err();
        assert_eq!(reject.error, ErrorCode::INVALID_WASM, "{desc}");
    }
}

#[test]
fn should_bound_the_number_of_methods() {
    for (count, valid) in [(1_000, true), (1_001, false)] {
        let exports: String = (0..count)
            .map(|number| format!("(export \"canister_query {number}\" (func 0))"))
            .collect();
        let wasm = wat::parse_str(format!("(module (func) {exports})")).unwrap();
        let mut ic = ic();
        let id = ic.create_canister(vec![USER], CYCLES);
        let result = ic.install(USER, id, InstallMode::Install, &wasm, b"");
        assert_eq!(result.is_ok(), valid, "{count} methods");
    }
}

#[test]
fn should_run_the_start_function_once_for_each_installation() {
    let body = r#"
      (func $start (call $add (i32.const 2048) (i64.const 1)))
      (start $start)
      (func (export "canister_update fail") (drop (memory.grow (i32.const 1))) (unreachable))
      (func (export "canister_query starts") (call $answer (call $load (i32.const 2048))))"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    assert_eq!(number(query(&mut ic, id, "starts")), 1);
    // A trap after growth makes a new instance.
    update(&mut ic, id, "fail").unwrap_err();
    assert_eq!(number(query(&mut ic, id, "starts")), 1);
    let mode = InstallMode::Upgrade {
        skip_pre_upgrade: false,
    };
    ic.install(USER, id, mode, &module(body), b"").unwrap();
    assert_eq!(number(query(&mut ic, id, "starts")), 1, "a fresh heap");
}

#[test]
fn should_find_tables_fresh_in_each_message() {
    let body = r#"
      (table 2 funcref) (elem (i32.const 0) $one $two) (elem declare func $two)
      (type $f (func (result i64)))
      (func $one (result i64) (i64.const 1)) (func $two (result i64) (i64.const 2))
      (func (export "canister_update change")
        (table.set 0 (i32.const 0) (ref.func $two))
        (call $add (i32.const 2048) (i64.const 1))
        (call $answer (call_indirect (type $f) (i32.const 0))))
      (func (export "canister_query look")
        (call $put (call $load (i32.const 2048)))
        (call $answer (call_indirect (type $f) (i32.const 0))))"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    for times in 1..3 {
        assert_eq!(number(update(&mut ic, id, "change")), 2);
        assert_eq!(
            numbers(query(&mut ic, id, "look")),
            [times, 1],
            "the heap stays"
        );
    }
}

#[test]
fn should_ask_the_canister_about_ingress() {
    let body = r#"
      (import "ic0" "accept_message" (func $accept))
      (import "ic0" "msg_method_name_size" (func $name_size (result i32)))
      (func (export "canister_inspect_message")
        (call $add (i32.const 2048) (i64.const 1))
        (if (i32.eq (call $name_size) (i32.const 2)) (then (call $accept)))
        (if (i32.eq (call $name_size) (i32.const 3)) (then (unreachable))))
      (func (export "canister_update ok") (call $answer (call $load (i32.const 2048))))
      (func (export "canister_update n"))
      (func (export "canister_update bad"))"#;
    // Imports come first in a module.
    let (imports, rest) = body.split_at(body.find("(func (export").unwrap());
    let text = String::from_utf8(prelude().into_bytes()).unwrap();
    let wasm = wat::parse_str(format!("(module {imports} {text} {rest})")).unwrap();
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], CYCLES);
    ic.install(USER, id, InstallMode::Install, &wasm, b"")
        .unwrap();
    assert_eq!(
        number(update(&mut ic, id, "ok")),
        0,
        "an inspection changes nothing"
    );
    let reject = update(&mut ic, id, "n").unwrap_err();
    assert_eq!(reject.code, RejectCode::CanisterReject);
    let reject = update(&mut ic, id, "bad").unwrap_err();
    assert_eq!(reject.error, ErrorCode::TRAPPED);
}

fn prelude() -> String {
    common::PRELUDE.to_owned()
}

#[test]
fn should_beat_once_a_round() {
    let body = r#"
      (func (export "canister_heartbeat") (call $add (i32.const 2048) (i64.const 1)))
      (func (export "canister_query beats") (call $answer (call $load (i32.const 2048))))"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    for _ in 0..3 {
        ic.round();
    }
    assert_eq!(number(query(&mut ic, id, "beats")), 3);
    ic.stop_canister(USER, id).unwrap();
    ic.round();
    ic.start_canister(USER, id).unwrap();
    assert_eq!(
        number(query(&mut ic, id, "beats")),
        3,
        "not while it is stopped"
    );
}

#[test]
fn should_keep_contracts_of_the_modes() {
    let body = r#"
      (func (export "canister_query certify") (call $certify (i32.const 0) (i32.const 1)))
      (func (export "canister_query call")
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (func (export "canister_update code") (drop (call $reject_code)))
      (func (export "canister_update certificate") (drop (call $certificate_size)))
      (func (export "canister_update outside") (call $append (i32.const 65536) (i32.const 1)))
      (func (export "canister_update perform") (drop (call $perform)))
      (func (export "canister_update text") (call $reject (i32.const 200) (i32.const 1)))
      (data (i32.const 200) "\ff")"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    for (is_query, method) in [
        (true, "certify"),
        (true, "call"),
        (false, "code"),
        (false, "certificate"),
        (false, "outside"),
        (false, "perform"),
        (false, "text"),
    ] {
        let result = if is_query {
            query(&mut ic, id, method)
        } else {
            update(&mut ic, id, method)
        };
        assert_eq!(result.unwrap_err().error, ErrorCode::CONTRACT, "{method}");
    }
}

#[test]
fn should_ask_other_canisters_in_composite_queries() {
    let callee = r#"
      (func (export "canister_query get")
        (call $add (i32.const 2048) (i64.const 1)) (call $answer (call $load (i32.const 2048))))
      (func (export "canister_query fail") (unreachable))"#;
    let caller = r#"
      (table 3 funcref) (elem (i32.const 1) $got $twice)
      (data (i32.const 200) "getfailloop")
      (func $got (param i32)
        (if (call $reject_code)
          (then (call $answer (i64.extend_i32_u (call $reject_code))))
          (else
            (call $arg_copy (i32.const 3000) (i32.const 0) (i32.const 8))
            (call $put (call $load (i32.const 3000)))
            (call $answer (call $load (i32.const 2048))))))
      (func $twice (param i32)
        (call $add (i32.const 2048) (i64.const 10))
        (call $call_new (i32.const 1024) (i32.const 10) (i32.const 200) (i32.const 3)
          (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
        (drop (call $perform)))
      (func $go (param $name i32) (param $length i32) (param $fun i32)
        (call $call_arg (local.get $name) (local.get $length) (local.get $fun))
        (call $add (i32.const 2048) (i64.const 1))
        (drop (call $perform)))
      (func (export "canister_composite_query get") (call $go (i32.const 200) (i32.const 3) (i32.const 1)))
      (func (export "canister_composite_query twice")
        (call $go (i32.const 200) (i32.const 3) (i32.const 2)))
      (func (export "canister_composite_query fail")
        (call $go (i32.const 203) (i32.const 4) (i32.const 1)))
      (func (export "canister_composite_query loop")
        (call $go (i32.const 207) (i32.const 4) (i32.const 1)))
      (func (export "canister_composite_query silent"))"#;
    let mut ic = ic();
    let callee = installed(&mut ic, callee);
    let caller = installed(&mut ic, caller);
    let to = |id: Principal| id.as_slice().to_vec();
    for (desc, method, arg, expected) in [
        ("a query", "get", to(callee), vec![1, 1]),
        (
            "state lives over callbacks",
            "twice",
            to(callee),
            vec![1, 11],
        ),
        ("a reject", "fail", to(callee), vec![5]),
        ("a circle", "loop", to(caller), vec![5]),
    ] {
        for _ in 0..2 {
            let answer = ic.query(USER, caller, method, arg.clone());
            assert_eq!(numbers(answer), expected, "{desc}");
        }
    }
    assert_eq!(
        query(&mut ic, caller, "silent").unwrap_err().error,
        ErrorCode::DID_NOT_REPLY
    );
    let reject = ic.update(USER, caller, "get", to(callee)).unwrap_err();
    assert_eq!(reject.error, ErrorCode::COMPOSITE_REPLICATED);
}

#[test]
fn should_limit_the_heap_by_the_setting() {
    use ic_management_canister_types as types;
    let body = r#"
      (func (export "canister_update grow") (drop (memory.grow (i32.const 1)))
        (call $answer (i64.extend_i32_u (memory.size))))
      (func (export "canister_on_low_wasm_memory") (call $add (i32.const 2048) (i64.const 1)))
      (func (export "canister_query warned") (call $answer (call $load (i32.const 2048))))"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    let settings = types::CanisterSettings {
        wasm_memory_limit: Some((3u64 * 65_536).into()),
        wasm_memory_threshold: Some(65_536u64.into()),
        ..Default::default()
    };
    let args = types::UpdateSettingsArgs {
        canister_id: id,
        settings,
        sender_canister_version: None,
    };
    let management = Principal::management_canister();
    ic.update(
        USER,
        management,
        "update_settings",
        candid::encode_one(args).unwrap(),
    )
    .unwrap();
    assert_eq!(number(update(&mut ic, id, "grow")), 2);
    assert_eq!(number(query(&mut ic, id, "warned")), 0);
    assert_eq!(number(update(&mut ic, id, "grow")), 3);
    ic.round();
    ic.round();
    assert_eq!(number(query(&mut ic, id, "warned")), 1, "once");
    assert_eq!(
        update(&mut ic, id, "grow").unwrap_err().error,
        ErrorCode::WASM_MEMORY_LIMIT
    );
}

#[test]
fn should_keep_compiled_modules_on_disk() {
    let folder = std::env::temp_dir().join(format!("ic-host-cache-{}", std::process::id()));
    let config = || IcConfig {
        module_cache: Some(folder.clone()),
        ..IcConfig::default()
    };
    let cached = || std::fs::read_dir(&folder).map(Iterator::count).unwrap_or(0);
    let install = |wasm: &[u8]| {
        let mut ic = Ic::new(config());
        let id = ic.create_canister(vec![USER], CYCLES);
        ic.install(USER, id, InstallMode::Install, wasm, b"")
            .unwrap();
        number(query(&mut ic, id, "n"))
    };
    let wasm = |section: &str| {
        let body = format!("(@custom \"{section}\" \"\")");
        module(&format!(
            "(func (export \"canister_query n\") (call $answer (i64.const 77))) {body}"
        ))
    };
    assert_eq!(install(&wasm("a")), 77);
    assert_eq!(cached(), 1);
    // The same code with another custom section is another upload, but compiles to the same.
    assert_eq!(install(&wasm("b")), 77);
    assert_eq!(cached(), 1);
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&file, b"broken").unwrap();
    assert_eq!(install(&wasm("c")), 77, "a broken file is replaced");
    assert!(std::fs::metadata(&file).unwrap().len() > 1_000);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn should_show_metadata_and_logs() {
    let body = r#"
      (@custom "icp:public candid:service" "service : {}")
      (@custom "icp:private secret" "s")
      (data (i32.const 200) "hello")
      (func (export "canister_update say") (call $print (i32.const 200) (i32.const 5)) (call $reply))"#;
    let mut ic = ic();
    let id = installed(&mut ic, body);
    assert_eq!(ic.metadata(id, "candid:service").unwrap(), b"service : {}");
    assert_eq!(ic.metadata(id, "other"), None);
    update(&mut ic, id, "say").unwrap();
    let logs = ic.logs(id);
    assert_eq!(
        (logs.len(), logs[0].text().as_str(), logs[0].at_ns),
        (1, "hello", ic.time())
    );
}

/// A module with a 64-bit memory: its own imports, pointers and callbacks are wide.
const WIDE: &str = r#"(module
  (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "call_new" (func $call_new (param i64 i64 i64 i64 i64 i64 i64 i64)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory i64 1)
  (table 2 funcref) (elem (i32.const 1) $done)
  (data (i64.const 200) "raw_rand")
  (func $done (param i64)
    (i64.store (i64.const 0) (local.get 0))
    (call $append (i64.const 0) (i64.const 8)) (call $reply))
  (func (export "canister_update go")
    (drop (memory.grow (i64.const 100)))
    (i64.store (i64.const 6000000) (i64.const 3))
    (call $call_new (i64.const 0) (i64.const 0) (i64.const 200) (i64.const 8)
      (i64.const 1) (i64.const 0x100000007) (i64.const 1) (i64.const 0))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update fail") (i64.store (i64.const 6000000) (i64.const 4)) (unreachable))
  (func (export "canister_query far")
    (i64.store (i64.const 0) (i64.load (i64.const 6000000)))
    (call $append (i64.const 0) (i64.const 8)) (call $reply))
  (@custom "icp:private enhanced-orthogonal-persistence" ""))"#;

#[test]
fn should_run_modules_with_64_bit_memory() {
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], CYCLES);
    ic.install(
        USER,
        id,
        InstallMode::Install,
        &wat::parse_str(WIDE).unwrap(),
        b"",
    )
    .unwrap();
    assert_eq!(
        number(update(&mut ic, id, "go")),
        0x1_0000_0007,
        "the env has 64 bits"
    );
    assert_eq!(number(query(&mut ic, id, "far")), 3);
    update(&mut ic, id, "fail").unwrap_err();
    assert_eq!(number(query(&mut ic, id, "far")), 3);
}

#[test]
fn should_keep_the_heap_over_an_upgrade_if_told_so() {
    use ic_management_canister_types as types;
    let management = Principal::management_canister();
    let persistent = wat::parse_str(WIDE).unwrap();
    let failing = wat::parse_str(WIDE.replace(
        "(@custom",
        "(func (export \"canister_post_upgrade\")
           (i64.store (i64.const 6000000) (i64.const 9)) (unreachable)) (@custom",
    ))
    .unwrap();
    let upgrade = |id, persistence, wasm: &[u8]| {
        let flags = types::UpgradeFlags {
            skip_pre_upgrade: None,
            wasm_memory_persistence: persistence,
        };
        candid::encode_one(types::InstallCodeArgs {
            mode: types::CanisterInstallMode::Upgrade(Some(flags)),
            canister_id: id,
            wasm_module: wasm.to_vec(),
            arg: vec![],
            sender_canister_version: None,
        })
        .unwrap()
    };
    let keep = Some(types::WasmMemoryPersistence::Keep);
    let replace = Some(types::WasmMemoryPersistence::Replace);
    for (desc, persistence, wasm, accepted, far) in [
        ("not told", None, &persistent, false, Some(3)),
        ("kept", keep, &persistent, true, Some(3)),
        ("kept, but the hook traps", keep, &failing, false, Some(3)),
        ("replaced", replace, &persistent, true, None),
    ] {
        let mut ic = ic();
        let id = ic.create_canister(vec![USER], CYCLES);
        ic.install(USER, id, InstallMode::Install, &persistent, b"")
            .unwrap();
        update(&mut ic, id, "go").unwrap();
        let arg = upgrade(id, persistence, wasm);
        let result = ic.update(USER, management, "install_code", arg);
        assert_eq!(result.is_ok(), accepted, "{desc}: {result:?}");
        // A fresh heap has one page: reading far beyond it traps.
        assert_eq!(
            query(&mut ic, id, "far")
                .ok()
                .map(|bytes| number(Ok(bytes))),
            far,
            "{desc}"
        );
    }
}
