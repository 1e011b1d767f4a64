//! What a trap undoes, and what remains.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{USER, ic, installed, number, query, update};
use ic_host::{ErrorCode, InstallMode, RejectCode};

/// Heap at 2048, a global, stable memory: all hold the same number.
const COUNTER: &str = r#"
  (global $g (mut i64) (i64.const 0))
  (data (i32.const 100) "boom")
  (func $set (param i64)
    (i64.store (i32.const 2048) (local.get 0))
    (global.set $g (local.get 0))
    (call $stable_store (local.get 0)))
  (func (export "canister_update set")
    (call $read_arg) (call $set (i64.load (i32.const 1024))) (call $answer (global.get $g)))
  (func (export "canister_update set_and_trap")
    (call $set (i64.const 666)) (call $trap (i32.const 100) (i32.const 4)))
  (func (export "canister_update set_grow_and_trap")
    (drop (memory.grow (i32.const 10)))
    (i64.store (i32.const 500000) (i64.const 5))
    (drop (call $stable_grow (i64.const 9)))
    (call $certify (i32.const 100) (i32.const 4))
    (drop (call $timer (i64.const 1)))
    (call $set (i64.const 666)) (unreachable))
  (func (export "canister_update spin") (call $set (i64.const 666)) (loop (memory.fill (i32.const 4096) (i32.const 1) (i32.const 32768)) (br 0)))
  (func (export "canister_query set_in_query")
    (call $set (i64.const 666)) (call $answer (global.get $g)))
  (func (export "canister_query heap") (call $answer (call $load (i32.const 2048))))
  (func (export "canister_query global") (call $answer (global.get $g)))
  (func (export "canister_query stable") (call $answer (call $stable_load)))
  (func (export "canister_query pages")
    (call $put (i64.extend_i32_u (memory.size))) (call $answer (call $stable_size)))
"#;

#[test]
fn should_undo_heap_globals_and_stable_memory() {
    for (desc, method, error) in [
        ("ic0.trap", "set_and_trap", ErrorCode::CALLED_TRAP),
        (
            "a trap after growth",
            "set_grow_and_trap",
            ErrorCode::TRAPPED,
        ),
        (
            "too many instructions",
            "spin",
            ErrorCode::INSTRUCTION_LIMIT,
        ),
    ] {
        let mut ic = ic();
        let id = installed(&mut ic, COUNTER);
        ic.update(USER, id, "set", 41u64.to_le_bytes().to_vec())
            .unwrap();
        for _ in 0..2 {
            let reject = update(&mut ic, id, method).unwrap_err();
            assert_eq!(
                (reject.code, reject.error),
                (RejectCode::CanisterError, error),
                "{desc}"
            );
            for state in ["heap", "global", "stable"] {
                assert_eq!(number(query(&mut ic, id, state)), 41, "{desc}: {state}");
            }
            assert_eq!(
                common::numbers(query(&mut ic, id, "pages")),
                [1, 1],
                "{desc}"
            );
            let info = ic.canister(id).unwrap();
            assert_eq!(
                (info.timer_ns, info.certified_data),
                (None, vec![]),
                "{desc}"
            );
        }
        ic.update(USER, id, "set", 42u64.to_le_bytes().to_vec())
            .unwrap();
        assert_eq!(number(query(&mut ic, id, "heap")), 42, "{desc}: it goes on");
    }
}

#[test]
fn should_keep_nothing_of_a_query() {
    let mut ic = ic();
    let id = installed(&mut ic, COUNTER);
    ic.update(USER, id, "set", 41u64.to_le_bytes().to_vec())
        .unwrap();
    for round in 0..3 {
        assert_eq!(number(query(&mut ic, id, "set_in_query")), 666, "{round}");
        // The same query, called as an update.
        assert_eq!(number(update(&mut ic, id, "set_in_query")), 666, "{round}");
        for state in ["heap", "global", "stable"] {
            assert_eq!(number(query(&mut ic, id, state)), 41, "{round}: {state}");
        }
    }
}

#[test]
fn should_keep_logs_and_fees_of_a_trap() {
    let mut ic = ic();
    let id = installed(&mut ic, COUNTER);
    let before = (ic.canister(id).unwrap().cycles, ic.meter(id).cycles_charged);
    update(&mut ic, id, "set_and_trap").unwrap_err();
    let after = (ic.canister(id).unwrap().cycles, ic.meter(id).cycles_charged);
    assert_eq!(before.0 - after.0, after.1 - before.1);
    assert!(before.0 - after.0 > 5_000_000 + 1_200_000);
    assert!(ic.logs(id)[0].text().contains("boom"), "{:?}", ic.logs(id));
}

#[test]
fn should_find_its_code_by_gzip_and_hash_what_was_uploaded() {
    use std::io::Write;
    let raw = common::module(COUNTER);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&raw).unwrap();
    let zipped = encoder.finish().unwrap();
    let mut ic = ic();
    let id = ic.create_canister(vec![USER], common::CYCLES);
    for module in [&raw, &zipped] {
        ic.install(USER, id, InstallMode::Reinstall, module, b"")
            .unwrap();
        let expected: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(module).into();
        assert_eq!(ic.canister(id).unwrap().module_hash, Some(expected));
        assert_eq!(number(query(&mut ic, id, "heap")), 0);
    }
}
