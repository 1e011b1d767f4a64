//! Small canisters in text form, and a subnet to run them on.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "test helpers; not each test uses all"
)]

use candid::Principal;
use ic_host::{Ic, IcConfig, InstallMode, Reject};

pub(crate) const USER: Principal = Principal::anonymous();
pub(crate) const CYCLES: u128 = 100_000_000_000_000;

/// Imports and helpers that the bodies of test modules may use. Memory below 4096 is theirs:
/// 0..16 scratch, 1024.. the argument of the message (see `$read_arg`).
pub(crate) const PRELUDE: &str = r#"
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
  (import "ic0" "msg_caller_size" (func $caller_size (result i32)))
  (import "ic0" "msg_caller_copy" (func $caller_copy (param i32 i32 i32)))
  (import "ic0" "msg_reject_code" (func $reject_code (result i32)))
  (import "ic0" "msg_reject_msg_size" (func $reject_size (result i32)))
  (import "ic0" "msg_reject_msg_copy" (func $reject_copy (param i32 i32 i32)))
  (import "ic0" "msg_deadline" (func $deadline (result i64)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reject" (func $reject (param i32 i32)))
  (import "ic0" "msg_cycles_available128" (func $available128 (param i32)))
  (import "ic0" "msg_cycles_refunded128" (func $refunded128 (param i32)))
  (import "ic0" "msg_cycles_accept128" (func $accept128 (param i64 i64 i32)))
  (import "ic0" "canister_cycle_balance128" (func $balance128 (param i32)))
  (import "ic0" "canister_status" (func $status (result i32)))
  (import "ic0" "canister_version" (func $version (result i64)))
  (import "ic0" "call_new"
    (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_on_cleanup" (func $on_cleanup (param i32 i32)))
  (import "ic0" "call_data_append" (func $call_data (param i32 i32)))
  (import "ic0" "call_with_best_effort_response" (func $bounded (param i32)))
  (import "ic0" "call_cycles_add128" (func $add_cycles (param i64 i64)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (import "ic0" "stable64_size" (func $stable_size (result i64)))
  (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
  (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
  (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "data_certificate_present" (func $certificate_present (result i32)))
  (import "ic0" "data_certificate_size" (func $certificate_size (result i32)))
  (import "ic0" "data_certificate_copy" (func $certificate_copy (param i32 i32 i32)))
  (import "ic0" "time" (func $time (result i64)))
  (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
  (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
  (import "ic0" "in_replicated_execution" (func $replicated (result i32)))
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (import "ic0" "trap" (func $trap (param i32 i32)))
  (memory (export "memory") 1)
  (func $put (param i64)
    (i64.store (i32.const 0) (local.get 0))
    (call $append (i32.const 0) (i32.const 8)))
  (func $answer (param i64) (call $put (local.get 0)) (call $reply))
  (func $load (param i32) (result i64) (i64.load (local.get 0)))
  (func $add (param i32 i64)
    (i64.store (local.get 0) (i64.add (i64.load (local.get 0)) (local.get 1))))
  (func $stable_load (result i64)
    (call $stable_read (i64.const 0) (i64.const 0) (i64.const 8))
    (i64.load (i32.const 0)))
  (func $stable_store (param i64)
    (if (i64.eqz (call $stable_size)) (then (drop (call $stable_grow (i64.const 1)))))
    (i64.store (i32.const 0) (local.get 0))
    (call $stable_write (i64.const 0) (i64.const 0) (i64.const 8)))
  (func $read_arg (call $arg_copy (i32.const 1024) (i32.const 0) (call $arg_size)))
  ;; Begins a call to the canister whose id is the argument of this message.
  (func $call_arg (param $name i32) (param $length i32) (param $fun i32)
    (call $read_arg)
    (call $call_new (i32.const 1024) (call $arg_size) (local.get $name) (local.get $length)
      (local.get $fun) (i32.const 7) (local.get $fun) (i32.const 8)))
"#;

/// A module with the prelude; see there.
pub(crate) fn module(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {PRELUDE} {body})")).unwrap()
}

pub(crate) fn ic() -> Ic {
    ic_with_seed(7)
}

pub(crate) fn ic_with_seed(seed: u64) -> Ic {
    Ic::new(IcConfig {
        seed,
        ..IcConfig::default()
    })
}

/// A canister that runs this module; `USER` controls it.
pub(crate) fn installed(ic: &mut Ic, body: &str) -> Principal {
    let id = ic.create_canister(vec![USER], CYCLES);
    ic.install(USER, id, InstallMode::Install, &module(body), b"")
        .unwrap();
    id
}

pub(crate) fn number(reply: Result<Vec<u8>, Reject>) -> u64 {
    u64::from_le_bytes(reply.unwrap().try_into().unwrap())
}

pub(crate) fn numbers(reply: Result<Vec<u8>, Reject>) -> Vec<u64> {
    reply
        .unwrap()
        .chunks(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

pub(crate) fn update(ic: &mut Ic, id: Principal, method: &str) -> Result<Vec<u8>, Reject> {
    ic.update(USER, id, method, Vec::new())
}

pub(crate) fn query(ic: &mut Ic, id: Principal, method: &str) -> Result<Vec<u8>, Reject> {
    ic.query(USER, id, method, Vec::new())
}

/// Forwards calls: see [`forward`].
pub(crate) const PROXY: &str = r#"
  (table 3 funcref) (elem (i32.const 1) $replied $rejected)
  (func $first_byte (param i32)
    (i32.store8 (i32.const 0) (local.get 0)) (call $append (i32.const 0) (i32.const 1)))
  (func $replied (param i32)
    (call $first_byte (i32.const 0))
    (call $read_arg) (call $append (i32.const 1024) (call $arg_size)) (call $reply))
  (func $rejected (param i32)
    (call $first_byte (call $reject_code))
    (call $reject_copy (i32.const 1024) (i32.const 0) (call $reject_size))
    (call $append (i32.const 1024) (call $reject_size)) (call $reply))
  (func (export "canister_update forward") (local $callee i32) (local $name i32) (local $arg i32)
    (drop (memory.grow (i32.const 48)))
    (call $read_arg)
    (local.set $callee (i32.const 1033))
    (local.set $name (i32.add (i32.const 1034) (i32.load8_u (i32.const 1032))))
    (local.set $arg (i32.add (local.get $name)
      (i32.load8_u (i32.sub (local.get $name) (i32.const 1)))))
    (call $call_new
      (local.get $callee) (i32.load8_u (i32.const 1032))
      (local.get $name) (i32.load8_u (i32.sub (local.get $name) (i32.const 1)))
      (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 0))
    (call $call_data (local.get $arg)
      (i32.sub (i32.add (i32.const 1024) (call $arg_size)) (local.get $arg)))
    (call $add_cycles (i64.const 0) (i64.load (i32.const 1024)))
    (if (call $perform) (then (unreachable))))
"#;

pub(crate) fn proxy(ic: &mut Ic) -> Principal {
    installed(ic, PROXY)
}

/// The argument for `forward` of a proxy.
pub(crate) fn forwarded(callee: Principal, method: &str, cycles: u64, arg: &[u8]) -> Vec<u8> {
    let mut out = cycles.to_le_bytes().to_vec();
    for part in [callee.as_slice(), method.as_bytes()] {
        out.push(u8::try_from(part.len()).unwrap());
        out.extend(part);
    }
    out.extend(arg);
    out
}

/// What a proxy replied: the reply that it got, or code and text of the reject.
pub(crate) fn unwrapped(reply: Result<Vec<u8>, Reject>) -> Result<Vec<u8>, (u32, String)> {
    let reply = reply.unwrap();
    match reply[0] {
        0 => Ok(reply[1..].to_vec()),
        code => Err((code.into(), String::from_utf8(reply[1..].to_vec()).unwrap())),
    }
}

/// Calls through a proxy.
pub(crate) fn forward(
    ic: &mut Ic,
    proxy: Principal,
    callee: Principal,
    method: &str,
    cycles: u64,
    arg: &[u8],
) -> Result<Vec<u8>, (u32, String)> {
    let arg = forwarded(callee, method, cycles, arg);
    unwrapped(ic.update(USER, proxy, "forward", arg))
}
