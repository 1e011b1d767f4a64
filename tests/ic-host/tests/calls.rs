//! Calls between canisters: replies, rejects, cleanup, order, starvation, deadlines.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use candid::Principal;
use common::{USER, ic, ic_with_seed, installed, number, numbers, query};
use ic_host::{ErrorCode, Fault, Faults, Ic, Point, RejectCode};

/// What callees do.
const CALLEE: &str = r#"
  (data (i32.const 100) "no, thank you")
  (func (export "canister_update echo")
    (call $append (i32.const 1024) (call $arg_size)) (call $reply))
  (func (export "canister_update answer") (call $add (i32.const 2048) (i64.const 1))
    (call $answer (call $load (i32.const 2048))))
  (func (export "canister_update decline") (call $reject (i32.const 100) (i32.const 13)))
  (func (export "canister_update burst") (call $trap (i32.const 100) (i32.const 13)))
  (func (export "canister_update silent"))
  (func (export "canister_update twice") (call $reply) (call $reply))
  (func (export "canister_query count") (call $answer (call $load (i32.const 2048))))
  (func (export "canister_composite_query composite") (call $reply))
"#;

/// Calls the canister in its argument; heap: 2048 callbacks, 2056 cleanups, 2064 work.
const CALLER: &str = r#"
  (table 8 funcref)
  (elem (i32.const 1) $on_answer $on_answer_trap $on_cleanup $on_answer_silent $on_answer_again
    $bad_cleanup)
  (data (i32.const 200) "answerdeclineburstsilentmissingcompositetwice")
  (func $on_answer (param i32)
    (call $add (i32.const 2048) (i64.const 1))
    (call $put (i64.extend_i32_u (call $reject_code)))
    (call $put (i64.extend_i32_u (local.get 0)))
    (call $reply))
  (func $on_answer_trap (param i32)
    (call $add (i32.const 2048) (i64.const 1)) (call $add (i32.const 2064) (i64.const 100))
    (call $trap (i32.const 200) (i32.const 6)))
  (func $on_cleanup (param i32)
    (call $add (i32.const 2056) (i64.extend_i32_u (local.get 0))))
  (func $bad_cleanup (param i32)
    (call $add (i32.const 2056) (i64.const 1000)) (unreachable))
  (func $on_answer_silent (param i32))
  (func $on_answer_again (param i32) (call $reply) (call $reply))
  (func $go (param $name i32) (param $length i32) (param $fun i32)
    (call $call_arg (local.get $name) (local.get $length) (local.get $fun))
    (call $add (i32.const 2064) (i64.const 1))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update to_answer") (call $go (i32.const 200) (i32.const 6) (i32.const 1)))
  (func (export "canister_update to_decline") (call $go (i32.const 206) (i32.const 7) (i32.const 1)))
  (func (export "canister_update to_burst") (call $go (i32.const 213) (i32.const 5) (i32.const 1)))
  (func (export "canister_update to_silent") (call $go (i32.const 218) (i32.const 6) (i32.const 1)))
  (func (export "canister_update to_missing") (call $go (i32.const 224) (i32.const 7) (i32.const 1)))
  (func (export "canister_update to_composite")
    (call $go (i32.const 231) (i32.const 9) (i32.const 1)))
  (func (export "canister_update to_twice") (call $go (i32.const 240) (i32.const 5) (i32.const 1)))
  (func (export "canister_update callback_traps")
    (call $call_arg (i32.const 200) (i32.const 6) (i32.const 2))
    (call $on_cleanup (i32.const 3) (i32.const 55))
    (call $add (i32.const 2064) (i64.const 1))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update cleanup_traps")
    (call $call_arg (i32.const 200) (i32.const 6) (i32.const 2))
    (call $on_cleanup (i32.const 6) (i32.const 55))
    (call $add (i32.const 2064) (i64.const 1))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update with_cleanup")
    (call $call_arg (i32.const 200) (i32.const 6) (i32.const 1))
    (call $on_cleanup (i32.const 3) (i32.const 55))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update callback_silent")
    (call $go (i32.const 200) (i32.const 6) (i32.const 4)))
  (func (export "canister_update callback_answers_twice")
    (call $go (i32.const 200) (i32.const 6) (i32.const 5)))
  (func (export "canister_update no_such_callback")
    (call $go (i32.const 200) (i32.const 6) (i32.const 99)))
  (func (export "canister_update call_then_trap")
    (call $go (i32.const 200) (i32.const 6) (i32.const 1)) (unreachable))
  (func (export "canister_update one_way_then_reply")
    (call $go (i32.const 200) (i32.const 6) (i32.const -1)) (call $reply))
  (func (export "canister_update bounded")
    (call $call_arg (i32.const 200) (i32.const 6) (i32.const 1))
    (call $bounded (i32.const 10))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_query state")
    (call $put (call $load (i32.const 2048)))
    (call $put (call $load (i32.const 2056)))
    (call $answer (call $load (i32.const 2064))))
"#;

fn pair(seed: u64) -> (Ic, Principal, Principal) {
    let mut ic = ic_with_seed(seed);
    let caller = installed_caller(&mut ic);
    let callee = installed(&mut ic, CALLEE);
    (ic, caller, callee)
}

/// The imports `$on_cleanup` and the function of that name must not collide.
fn installed_caller(ic: &mut Ic) -> Principal {
    installed(
        ic,
        &CALLER.replace("$on_cleanup $on", "$cleanup $on").replace(
            "(func $on_cleanup (param i32)",
            "(func $cleanup (param i32)",
        ),
    )
}

fn state(ic: &mut Ic, caller: Principal) -> Vec<u64> {
    numbers(query(ic, caller, "state"))
}

#[test]
fn should_run_the_callback_for_each_kind_of_answer() {
    let missing = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").unwrap();
    for (desc, method, exists, code) in [
        ("a reply", "to_answer", true, 0),
        (
            "a reject",
            "to_decline",
            true,
            RejectCode::CanisterReject.number(),
        ),
        (
            "a trap",
            "to_burst",
            true,
            RejectCode::CanisterError.number(),
        ),
        (
            "nothing",
            "to_silent",
            true,
            RejectCode::CanisterError.number(),
        ),
        (
            "a second reply traps",
            "to_twice",
            true,
            RejectCode::CanisterError.number(),
        ),
        (
            "no method",
            "to_missing",
            true,
            RejectCode::CanisterError.number(),
        ),
        (
            "a composite query",
            "to_composite",
            true,
            RejectCode::CanisterError.number(),
        ),
        (
            "no canister",
            "to_answer",
            false,
            RejectCode::DestinationInvalid.number(),
        ),
    ] {
        let (mut ic, caller, callee) = pair(1);
        let to = if exists { callee } else { missing };
        let reply = ic.update(USER, caller, method, to.as_slice().to_vec());
        // `reply_env` is 7, `reject_env` is 8.
        let env = if code == 0 { 7 } else { 8 };
        assert_eq!(numbers(reply), [u64::from(code), env], "{desc}");
        assert_eq!(state(&mut ic, caller), [1, 0, 1], "{desc}");
        assert_eq!(ic.canister(caller).unwrap().open_calls, 0, "{desc}");
    }
}

#[test]
fn should_clean_up_after_a_callback_that_traps() {
    for (desc, method, error, expected) in [
        (
            "cleanup runs on the state before",
            "callback_traps",
            ErrorCode::CALLED_TRAP,
            [0, 55, 1],
        ),
        (
            "a cleanup that traps is undone",
            "cleanup_traps",
            ErrorCode::CALLED_TRAP,
            [0, 0, 1],
        ),
        (
            "no cleanup, and a contract",
            "callback_answers_twice",
            ErrorCode::CONTRACT,
            [0, 0, 1],
        ),
        (
            "no table entry",
            "no_such_callback",
            ErrorCode::TRAPPED,
            [0, 0, 1],
        ),
        (
            "the callback says nothing",
            "callback_silent",
            ErrorCode::DID_NOT_REPLY,
            [0, 0, 1],
        ),
    ] {
        let (mut ic, caller, callee) = pair(1);
        let reject = ic
            .update(USER, caller, method, callee.as_slice().to_vec())
            .unwrap_err();
        assert_eq!(reject.error, error, "{desc}: {reject}");
        assert_eq!(state(&mut ic, caller), expected, "{desc}");
        assert_eq!(
            number(query(&mut ic, callee, "count")),
            1,
            "{desc}: the callee did its work"
        );
    }
}

#[test]
fn should_not_clean_up_after_a_callback_that_succeeds() {
    let (mut ic, caller, callee) = pair(1);
    ic.update(USER, caller, "with_cleanup", callee.as_slice().to_vec())
        .unwrap();
    assert_eq!(state(&mut ic, caller), [1, 0, 0]);
}

#[test]
fn should_send_nothing_if_the_message_traps() {
    let (mut ic, caller, callee) = pair(1);
    let before = ic.canister(caller).unwrap().cycles;
    ic.update(USER, caller, "call_then_trap", callee.as_slice().to_vec())
        .unwrap_err();
    ic.round();
    assert_eq!(number(query(&mut ic, callee, "count")), 0);
    assert!(
        before - ic.canister(caller).unwrap().cycles < 100_000_000,
        "the call was not paid"
    );
}

#[test]
fn should_let_one_way_calls_end_without_harm() {
    let (mut ic, caller, callee) = pair(1);
    ic.update(
        USER,
        caller,
        "one_way_then_reply",
        callee.as_slice().to_vec(),
    )
    .unwrap();
    ic.round();
    assert_eq!(number(query(&mut ic, callee, "count")), 1);
    assert_eq!(ic.canister(caller).unwrap().open_calls, 0);
}

#[test]
fn should_tell_why_a_starved_call_failed() {
    let (mut ic, _, callee) = pair(1);
    for (method, error) in [
        ("silent", ErrorCode::DID_NOT_REPLY),
        ("burst", ErrorCode::CALLED_TRAP),
        ("twice", ErrorCode::CONTRACT),
        ("missing", ErrorCode::METHOD_NOT_FOUND),
        ("composite", ErrorCode::COMPOSITE_REPLICATED),
    ] {
        let reject = common::update(&mut ic, callee, method).unwrap_err();
        assert_eq!(reject.error, error, "{method}: {reject}");
        assert_eq!(reject.code, RejectCode::CanisterError, "{method}");
    }
    let reject = common::update(&mut ic, callee, "decline").unwrap_err();
    assert_eq!(reject.message, "no, thank you");
    assert_eq!(reject.code, RejectCode::CanisterReject);
}

/// Sends the numbers 1..=n to the callee, which notes each and whether it came in order.
const SENDER: &str = r#"
  (table 2 funcref) (elem (i32.const 1) $ignore)
  (data (i32.const 200) "note")
  (func $ignore (param i32))
  (func (export "canister_update send") (local $i i64)
    (loop $next
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (call $call_arg (i32.const 200) (i32.const 4) (i32.const 1))
      (i64.store (i32.const 0) (local.get $i))
      (call $call_data (i32.const 0) (i32.const 8))
      (if (call $perform) (then (call $answer (local.get $i)) (return)))
      (br $next)))
"#;
const NOTER: &str = r#"
  (func (export "canister_update note")
    (call $read_arg)
    (if (i64.ne (i64.load (i32.const 1024))
          (i64.add (call $load (i32.const 2048)) (i64.const 1)))
      (then (call $add (i32.const 2056) (i64.const 1))))
    (i64.store (i32.const 2048) (i64.load (i32.const 1024)))
    (call $reply))
  (func (export "canister_query seen")
    (call $put (call $load (i32.const 2048))) (call $answer (call $load (i32.const 2056))))
"#;

#[test]
fn should_keep_the_order_between_two_canisters_and_bound_their_queue() {
    for seed in 0..3 {
        let mut ic = ic_with_seed(seed);
        let sender = installed(&mut ic, SENDER);
        let noter = installed(&mut ic, NOTER);
        ic.add_cycles(sender, 1_000_000_000_000_000).unwrap();
        let refused = number(ic.update(USER, sender, "send", noter.as_slice().to_vec()));
        assert_eq!(refused, 501, "call 501 is not performed");
        for _ in 0..3 {
            ic.round();
        }
        assert_eq!(
            numbers(query(&mut ic, noter, "seen")),
            [500, 0],
            "seed {seed}"
        );
    }
}

#[test]
fn should_lose_bounded_calls_before_or_after_the_callee_ran_and_no_others() {
    struct Lose(fn(&Point) -> bool);
    impl Faults for Lose {
        fn at(&mut self, point: &Point) -> Fault {
            if (self.0)(point) {
                Fault::Lose
            } else {
                Fault::None
            }
        }
    }
    for (desc, lose, done) in [
        (
            "the request",
            Lose(|point| matches!(point, Point::Request { .. })),
            0,
        ),
        (
            "the answer",
            Lose(|point| matches!(point, Point::BoundedReply { .. })),
            1,
        ),
    ] {
        let (mut ic, caller, callee) = pair(1);
        ic.set_faults(Some(Box::new(lose)));
        let reply = ic.update(USER, caller, "bounded", callee.as_slice().to_vec());
        assert_eq!(
            numbers(reply),
            [u64::from(RejectCode::SysUnknown.number()), 8],
            "{desc}"
        );
        assert_eq!(number(query(&mut ic, callee, "count")), done, "{desc}");
        let reply = ic.update(USER, caller, "to_answer", callee.as_slice().to_vec());
        assert_eq!(
            numbers(reply),
            [0, 7],
            "{desc}: calls without a deadline are never lost"
        );
    }
}

/// Holds a call open until `release` is called.
const HOLDER: &str = r#"
  (table 2 funcref) (elem (i32.const 1) $done)
  (data (i32.const 200) "raw_rand")
  (func $done (param i32)
    (if (i64.eqz (call $load (i32.const 2048)))
      (then (call $again)) (else (call $answer (call $deadline)))))
  (func $again
    (call $call_new (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
    (drop (call $perform)))
  (func (export "canister_update answer") (call $again))
  (func (export "canister_update release") (call $add (i32.const 2048) (i64.const 1)) (call $reply))
"#;

#[test]
fn should_expire_while_the_callee_works_and_drop_its_answer() {
    let mut ic = ic();
    let caller = installed_caller(&mut ic);
    let holder = installed(&mut ic, HOLDER);
    let id = ic
        .submit(USER, caller, "bounded", holder.as_slice().to_vec())
        .unwrap();
    for _ in 0..3 {
        ic.round();
    }
    assert!(ic.answer(&id).is_none(), "the holder holds");
    ic.set_time(ic.time() + 9_000_000_000);
    ic.round();
    assert!(ic.answer(&id).is_none(), "9 of 10 seconds");
    ic.set_time(ic.time() + 1_000_000_000);
    ic.round();
    let code = u64::from(RejectCode::SysUnknown.number());
    assert_eq!(numbers(ic.answer(&id).unwrap().clone()), [code, 8]);
    common::update(&mut ic, holder, "release").unwrap();
    for _ in 0..3 {
        ic.round();
    }
    assert_eq!(state(&mut ic, caller), [1, 0, 0], "one callback, not two");
    assert_eq!(ic.canister(holder).unwrap().open_calls, 0);
}

#[test]
fn should_stop_only_when_open_calls_have_ended() {
    use ic_host::Status;
    let mut ic = ic();
    let holder = installed(&mut ic, HOLDER);
    let id = ic.submit(USER, holder, "answer", vec![]).unwrap();
    ic.round();
    ic.stop_canister(USER, holder).unwrap();
    ic.round();
    assert_eq!(ic.canister(holder).unwrap().status, Status::Stopping);
    let reject = ic.submit(USER, holder, "release", vec![]).unwrap_err();
    assert_eq!(reject.error, ErrorCode::STOPPING);
    ic.start_canister(USER, holder).unwrap();
    common::update(&mut ic, holder, "release").unwrap();
    ic.stop_canister(USER, holder).unwrap();
    for _ in 0..3 {
        ic.round();
    }
    assert!(
        ic.answer(&id).unwrap().is_ok(),
        "the open call was finished"
    );
    assert_eq!(ic.canister(holder).unwrap().status, Status::Stopped);
    let reject = ic.submit(USER, holder, "release", vec![]).unwrap_err();
    assert_eq!(reject.error, ErrorCode::STOPPED);
}
