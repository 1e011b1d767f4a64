//! Cycles on calls, timers, upgrades, limits, determinism.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use candid::Principal;
use common::{CYCLES, USER, ic, ic_with_seed, installed, module, number, numbers, query, update};
use ic_host::{ErrorCode, Ic, InstallMode, RandomFaults, RejectCode};

/// Pays 1000 cycles with a call to the canister in the argument.
const PAYER: &str = r#"
  (table 4 funcref) (elem (i32.const 1) $paid)
  (data (i32.const 200) "takefailnone")
  (func $paid (param i32)
    (call $refunded128 (i32.const 16)) (call $answer (i64.load (i32.const 16))))
  (func $pay (param $name i32)
    (call $call_arg (local.get $name) (i32.const 4) (i32.const 1))
    (call $add_cycles (i64.const 0) (i64.const 1000))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update take") (call $pay (i32.const 200)))
  (func (export "canister_update fail") (call $pay (i32.const 204)))
  (func (export "canister_update none") (call $pay (i32.const 208)))
  (func (export "canister_update too_much")
    (call $call_arg (i32.const 200) (i32.const 4) (i32.const 1))
    (call $add_cycles (i64.const 1) (i64.const 0)))
"#;
const PAYEE: &str = r#"
  (data (i32.const 200) "broke")
  (func $accept (param i64) (result i64)
    (call $accept128 (i64.const 0) (local.get 0) (i32.const 16)) (i64.load (i32.const 16)))
  (func (export "canister_update take")
    (if (i64.ne (call $accept (i64.const 300)) (i64.const 300)) (then (unreachable)))
    (call $available128 (i32.const 16))
    (if (i64.ne (i64.load (i32.const 16)) (i64.const 700)) (then (unreachable)))
    (call $reply)
    (if (i64.ne (call $accept (i64.const 1)) (i64.const 0)) (then (unreachable))))
  (func (export "canister_update fail")
    (drop (call $accept (i64.const 1000))) (call $trap (i32.const 200) (i32.const 5)))
  (func (export "canister_query none") (call $reply))
"#;

#[test]
fn should_refund_what_was_not_accepted() {
    for (desc, method, refund) in [
        ("part is accepted", "take", 700),
        ("a trap accepts nothing", "fail", 1000),
        ("a query called as update accepts nothing", "none", 1000),
    ] {
        let mut ic = ic();
        let payer = installed(&mut ic, PAYER);
        let payee = installed(&mut ic, PAYEE);
        let before = |ic: &Ic, id| (ic.canister(id).unwrap().cycles, ic.meter(id).cycles_charged);
        let (payer_before, payee_before) = (before(&ic, payer), before(&ic, payee));
        let reply = ic.update(USER, payer, method, payee.as_slice().to_vec());
        assert_eq!(number(reply), refund, "{desc}");
        // Nothing appears or disappears: balances change by the payment and the fees.
        let paid = 1000 - u128::from(refund);
        let (payer_after, payee_after) = (before(&ic, payer), before(&ic, payee));
        let fees = payer_after.1 - payer_before.1;
        assert_eq!(payer_before.0 - payer_after.0, paid + fees, "{desc}: payer");
        let fees = payee_after.1 - payee_before.1;
        assert_eq!(payee_before.0 + paid, payee_after.0 + fees, "{desc}: payee");
    }
}

#[test]
fn should_trap_when_more_is_attached_than_there_is() {
    let mut ic = ic();
    let payer = installed(&mut ic, PAYER);
    let reject = ic
        .update(USER, payer, "too_much", payer.as_slice().to_vec())
        .unwrap_err();
    assert_eq!(reject.error, ErrorCode::CONTRACT);
}

#[test]
fn should_not_run_what_cannot_be_paid() {
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], 300_000_000_000);
    let poor = ic
        .install(USER, id, InstallMode::Install, &module(PAYEE), b"")
        .unwrap_err();
    assert_eq!(
        poor.error,
        ErrorCode::OUT_OF_CYCLES,
        "300 G are prepaid, and more is frozen"
    );
    ic.add_cycles(id, 40_000_000_000).unwrap();
    ic.install(USER, id, InstallMode::Install, &module(PAYEE), b"")
        .unwrap();
    assert!(query(&mut ic, id, "none").is_ok());
    assert!(
        update(&mut ic, id, "none").is_ok(),
        "340 G are enough for a message"
    );
    // About 42 G are needed for a call.
    let payer = ic.create_canister(vec![USER], 345_000_000_000);
    ic.install(USER, payer, InstallMode::Install, &module(PAYER), b"")
        .unwrap();
    assert!(
        ic.update(USER, payer, "none", id.as_slice().to_vec())
            .is_ok()
    );
}

/// 2048 counts timers; `arm` sets the timer to the time in the argument.
const CLOCK: &str = r#"
  (func (export "canister_global_timer") (call $add (i32.const 2048) (i64.const 1)))
  (func (export "canister_update arm")
    (call $read_arg) (call $answer (call $timer (i64.load (i32.const 1024)))))
  (func (export "canister_update arm_and_trap")
    (drop (call $timer (i64.const 5))) (unreachable))
  (func (export "canister_query fired")
    (call $put (call $load (i32.const 2048))) (call $answer (call $time)))
"#;
const TRAPPING_CLOCK: &str = r#"
  (func (export "canister_global_timer") (unreachable))
  (func (export "canister_init") (drop (call $timer (i64.const 1))))
"#;

fn arm(ic: &mut Ic, id: Principal, at: u64) -> u64 {
    number(ic.update(USER, id, "arm", at.to_le_bytes().to_vec()))
}

#[test]
fn should_fire_a_timer_once() {
    let mut ic = ic();
    let id = installed(&mut ic, CLOCK);
    let at = ic.time() + 1_000_000_000;
    assert_eq!(arm(&mut ic, id, at), 0);
    assert_eq!(ic.next_timer(), Some(at));
    assert_eq!(arm(&mut ic, id, at), at, "the previous value");
    for (desc, time, fired) in [
        ("too early", at - 1, 0),
        ("on time", at, 1),
        ("only once", at + 1, 1),
        ("still once", at + 5_000_000_000, 1),
    ] {
        ic.set_time(time);
        ic.round();
        assert_eq!(
            numbers(query(&mut ic, id, "fired")),
            [fired, time],
            "{desc}"
        );
    }
    assert_eq!(ic.next_timer(), None);
    update(&mut ic, id, "arm_and_trap").unwrap_err();
    assert_eq!(ic.next_timer(), None, "a trap undoes it");
    arm(&mut ic, id, 1);
    assert!(!ic.is_idle(), "a timer in the past is due");
    ic.round();
    assert!(ic.is_idle());
    assert_eq!(numbers(query(&mut ic, id, "fired"))[0], 2);
}

#[test]
fn should_disarm_a_timer_that_traps_and_any_timer_at_an_upgrade() {
    let mut ic = ic();
    let id = installed(&mut ic, TRAPPING_CLOCK);
    assert_eq!(ic.next_timer(), Some(1));
    ic.round();
    assert_eq!(ic.next_timer(), None);
    assert_eq!(ic.logs(id).len(), 1);
    let id = installed(&mut ic, CLOCK);
    let far = ic.time() + 1_000_000_000;
    arm(&mut ic, id, far);
    let mode = InstallMode::Upgrade {
        skip_pre_upgrade: false,
    };
    ic.install(USER, id, mode, &module(CLOCK), b"").unwrap();
    assert_eq!(ic.next_timer(), None);
}

/// Keeps a number over upgrades; the argument of an upgrade says which hook traps.
const UPGRADABLE: &str = r#"
  (global $g (mut i64) (i64.const 0))
  (func (export "canister_init") (call $read_arg) (global.set $g (i64.load (i32.const 1024)))
    (call $certify (i32.const 1024) (i32.const 8)))
  (func (export "canister_pre_upgrade") (call $stable_store (global.get $g))
    (call $certify (i32.const 0) (i32.const 2))
    (if (i64.eq (global.get $g) (i64.const 13)) (then (unreachable))))
  (func (export "canister_post_upgrade") (call $read_arg)
    (global.set $g (call $stable_load))
    (call $stable_store (i64.const 99))
    (drop (call $timer (i64.const 77)))
    (call $certify (i32.const 0) (i32.const 3))
    (if (i32.gt_u (call $arg_size) (i32.const 0)) (then (unreachable))))
  (func (export "canister_update set")
    (call $read_arg) (global.set $g (i64.load (i32.const 1024))) (call $reply))
  (func (export "canister_query state")
    (call $put (global.get $g))
    (call $put (call $stable_size))
    (call $answer (if (result i64) (i64.eqz (call $stable_size))
      (then (i64.const 0)) (else (call $stable_load)))))
"#;

#[test]
fn should_upgrade_all_or_nothing() {
    let other = format!("{UPGRADABLE} (func (export \"canister_query new\") (call $reply))");
    for (desc, value, arg, skip, expected) in [
        ("both hooks run", 12, &b""[..], false, Ok([12, 1, 99])),
        ("pre_upgrade traps", 13, b"", false, Err([13, 0, 0])),
        ("post_upgrade traps", 12, b"x", false, Err([12, 0, 0])),
        (
            "pre_upgrade is skipped, nothing to read",
            12,
            b"",
            true,
            Err([12, 0, 0]),
        ),
    ] {
        let mut ic = ic();
        let id = ic.create_canister(vec![USER], CYCLES);
        let arg_of_init = 5u64.to_le_bytes();
        ic.install(
            USER,
            id,
            InstallMode::Install,
            &module(UPGRADABLE),
            &arg_of_init,
        )
        .unwrap();
        ic.update(USER, id, "set", u64::to_le_bytes(value).to_vec())
            .unwrap();
        let before = ic.canister(id).unwrap();
        let mode = InstallMode::Upgrade {
            skip_pre_upgrade: skip,
        };
        let result = ic.install(USER, id, mode, &module(&other), arg);
        let after = ic.canister(id).unwrap();
        match expected {
            Ok(state) => {
                result.unwrap();
                assert_eq!(numbers(query(&mut ic, id, "state")), state, "{desc}");
                assert!(query(&mut ic, id, "new").is_ok(), "{desc}");
                assert_eq!(after.timer_ns, Some(77), "{desc}");
                assert_eq!(after.certified_data.len(), 3, "{desc}");
                assert_eq!(after.version, before.version + 1, "{desc}");
            }
            Err(state) => {
                let error = result.unwrap_err().error;
                assert_eq!(error, ErrorCode::TRAPPED, "{desc}");
                assert_eq!(numbers(query(&mut ic, id, "state")), state, "{desc}");
                assert!(query(&mut ic, id, "new").is_err(), "{desc}");
                assert_eq!(after.module_hash, before.module_hash, "{desc}");
                assert_eq!(after.certified_data, before.certified_data, "{desc}");
                assert_eq!(
                    (after.timer_ns, after.version),
                    (None, before.version),
                    "{desc}"
                );
                ic.update(USER, id, "set", 3u64.to_le_bytes().to_vec())
                    .unwrap();
                assert_eq!(
                    numbers(query(&mut ic, id, "state"))[0],
                    3,
                    "{desc}: it goes on"
                );
            }
        }
    }
}

#[test]
fn should_drop_everything_at_a_reinstallation_and_nothing_if_it_fails() {
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], CYCLES);
    let failing = module("(func (export \"canister_init\") (unreachable))");
    let reject = ic
        .install(USER, id, InstallMode::Install, &failing, b"")
        .unwrap_err();
    assert_eq!(reject.error, ErrorCode::TRAPPED);
    assert_eq!(ic.canister(id).unwrap().module_hash, None, "still empty");
    let arg = 5u64.to_le_bytes();
    ic.install(USER, id, InstallMode::Install, &module(UPGRADABLE), &arg)
        .unwrap();
    let mode = InstallMode::Upgrade {
        skip_pre_upgrade: false,
    };
    ic.install(USER, id, mode, &module(UPGRADABLE), b"")
        .unwrap();
    assert_eq!(numbers(query(&mut ic, id, "state")), [5, 1, 99]);
    ic.install(USER, id, InstallMode::Reinstall, &failing, b"")
        .unwrap_err();
    assert_eq!(
        numbers(query(&mut ic, id, "state")),
        [5, 1, 99],
        "nothing has changed"
    );
    ic.install(USER, id, InstallMode::Reinstall, &module(UPGRADABLE), &arg)
        .unwrap();
    assert_eq!(numbers(query(&mut ic, id, "state")), [5, 0, 0]);
    let again = ic
        .install(USER, id, InstallMode::Install, &module(UPGRADABLE), &arg)
        .unwrap_err();
    assert_eq!(again.error, ErrorCode::ALREADY_INSTALLED);
    let stranger = Principal::from_slice(&[9]);
    let not_mine = ic
        .install(stranger, id, InstallMode::Reinstall, &failing, b"")
        .unwrap_err();
    assert_eq!(not_mine.error, ErrorCode::NOT_CONTROLLER);
}

/// Spends instructions and tells how many.
const WORKER: &str = r#"
  (table 2 funcref) (elem (i32.const 1) $after)
  (data (i32.const 200) "raw_rand")
  (func $work (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1000)))))
  (func $after (param i32)
    (call $put (call $counter (i32.const 0))) (call $answer (call $counter (i32.const 1))))
  (func (export "canister_update work") (call $work) (call $answer (call $counter (i32.const 0))))
  (func (export "canister_update two_parts") (call $work)
    (call $call_new (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 8)
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
    (if (call $perform) (then (unreachable))))
  (func (export "canister_update unknown_counter") (drop (call $counter (i32.const 2))))
  (func (export "canister_update fill")
    (memory.fill (i32.const 4096) (i32.const 0) (i32.const 1000))
    (call $answer (call $counter (i32.const 0))))
  (func (export "canister_update grow")
    (drop (memory.grow (i32.const 1))) (call $answer (call $counter (i32.const 0))))
  (func (export "canister_update empty") (call $answer (call $counter (i32.const 0))))
"#;

#[test]
fn should_count_instructions_by_the_table() {
    let mut ic = ic();
    let id = installed(&mut ic, WORKER);
    let mut count = |method| number(update(&mut ic, id, method));
    let empty = count("empty");
    // 6 operators of which br_if costs 2 and the others 1, the call 5.
    let (each, calls) = (9, 5);
    assert_eq!(count("work") - empty, 1000 * each + calls, "the loop");
    assert_eq!(
        count("fill") - empty,
        100 + 1000 + 3,
        "a bulk operation and its operands"
    );
    assert_eq!(
        count("grow") - empty,
        300 + 1 + 1,
        "growth is dearer than the table can say"
    );
    assert_eq!(empty, count("empty"), "the same each time");
}

#[test]
fn should_sum_the_instructions_of_a_call_context() {
    let mut ic = ic();
    let id = installed(&mut ic, WORKER);
    let two = numbers(update(&mut ic, id, "two_parts"));
    assert!(two[1] > two[0] + 9_000, "{two:?}");
    let reject = update(&mut ic, id, "unknown_counter").unwrap_err();
    assert_eq!(reject.error, ErrorCode::CONTRACT);
    let meter = ic.meter(id);
    assert!(meter.instructions_max_by_method["two_parts"] > 9_000);
    assert!(meter.instructions_max_by_method["two_parts (callback)"] < 9_000);
    assert_eq!(
        meter.instructions_max,
        meter.instructions_max_by_method["two_parts"]
    );
}

/// Calls around with timers, random bytes and faults: much that could differ.
const BUSY: &str = r#"
  (table 4 funcref) (elem (i32.const 1) $on_random $clean)
  (data (i32.const 200) "raw_randpoke")
  (func $on_random (param i32)
    (call $add (i32.const 2048) (i64.const 1))
    (if (i32.gt_u (call $arg_size) (i32.const 8))
      (then (call $read_arg)
        (call $add (i32.const 2056) (i64.and (i64.load (i32.const 1032)) (i64.const 0xffff))))))
  (func $clean (param i32) (call $add (i32.const 2064) (i64.const 1)))
  (func $call_self (param $name i32) (param $length i32) (param $id i32)
    (call $call_new (i32.const 0) (local.get $id) (local.get $name) (local.get $length)
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
    (call $on_cleanup (i32.const 2) (i32.const 0))
    (call $bounded (i32.const 60))
    (drop (call $perform)))
  (func (export "canister_init") (drop (call $timer (i64.const 1))))
  (func (export "canister_global_timer")
    (drop (call $timer (i64.add (call $time) (i64.const 1000000000))))
    (call $call_self (i32.const 200) (i32.const 8) (i32.const 0)))
  (func (export "canister_update poke")
    (call $call_self (i32.const 200) (i32.const 8) (i32.const 0))
    (call $call_self (i32.const 200) (i32.const 8) (i32.const 0))
    (call $answer (call $load (i32.const 2056))))
  (func (export "canister_query state")
    (call $put (call $load (i32.const 2048)))
    (call $put (call $load (i32.const 2056)))
    (call $answer (call $load (i32.const 2064))))
"#;

fn busy_run(seed: u64, per_mille: u16) -> ([u8; 32], Vec<u64>) {
    let mut ic = ic_with_seed(seed);
    let ids: Vec<Principal> = (0..4).map(|_| installed(&mut ic, BUSY)).collect();
    ic.set_faults(Some(Box::new(RandomFaults::new(seed, per_mille))));
    for round in 0..40 {
        ic.set_time(ic.time() + 500_000_000);
        for id in &ids {
            if round % 3 == 0 {
                ic.submit(USER, *id, "poke", vec![]).unwrap();
            }
        }
        ic.round();
    }
    let states = ids
        .iter()
        .flat_map(|id| numbers(query(&mut ic, *id, "state")))
        .collect();
    (ic.trace(), states)
}

#[test]
fn should_repeat_a_run_to_the_byte() {
    for per_mille in [0, 200] {
        let first = busy_run(5, per_mille);
        assert_eq!(first, busy_run(5, per_mille));
        assert_ne!(
            first.0,
            busy_run(6, per_mille).0,
            "another seed, another run"
        );
        let cleanups: u64 = first.1.iter().skip(2).step_by(3).sum();
        assert_eq!(
            cleanups > 0,
            per_mille > 0,
            "faults strike callbacks: {:?}",
            first.1
        );
    }
}

#[test]
fn should_charge_storage_and_uninstall_who_cannot_pay() {
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], 400_000_000_000);
    ic.install(USER, id, InstallMode::Install, &module(PAYEE), b"")
        .unwrap();
    let before = ic.canister(id).unwrap().cycles;
    ic.set_time(ic.time() + 100 * 1_000_000_000);
    ic.round();
    let paid = before - ic.canister(id).unwrap().cycles;
    // 10 k for each second, and 317.5 k for each GiB.
    assert!((1_000_000..1_010_000).contains(&paid), "{paid}");
    ic.set_time(ic.time() + 10 * 365 * 86_400 * 1_000_000_000);
    ic.round();
    assert_eq!(ic.canister(id).unwrap().module_hash, None);
    let reject = query(&mut ic, id, "none").unwrap_err();
    assert_eq!(
        (reject.code, reject.error),
        (RejectCode::CanisterError, ErrorCode::NO_MODULE)
    );
}
