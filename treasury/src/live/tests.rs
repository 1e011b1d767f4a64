use super::*;
use crate::state::fixtures::{World, closed, open, seen};
use orchestrator::kernel::money::{Uact, Uakt};
use proptest::prelude::*;

/// Each thread has its own memory, and each test its own thread.
fn record(world: &World, from: usize) {
    for recorded in &world.log[from..] {
        append(recorded.at, recorded.event.clone());
    }
}

/// Forgets what an upgrade forgets.
fn forget() {
    STATE.with_borrow_mut(|state| *state = State::default());
    TIP.set(None);
}

fn upgraded(expected: &State) -> Option<SnapshotError> {
    let tip_before = tip();
    forget();
    let why = restore();
    read(|state| assert_eq!(state, expected));
    assert_eq!(tip(), tip_before);
    why
}

#[test]
fn should_come_back_from_an_upgrade_with_a_snapshot_and_without() {
    assert_eq!(restore(), Some(SnapshotError::Missing), "an empty log");
    let mut world = World::funded(100, 70);
    record(&world, 0);
    assert_eq!(tip().map(|tip| tip.index), Some(2));
    assert_eq!(upgraded(&world.state), Some(SnapshotError::Missing));
    save();
    assert_eq!(upgraded(&world.state), None);
    // Something happens after the snapshot was taken.
    let before = world.log.len();
    world.observe(Some((130, 70)), vec![]);
    record(&world, before);
    let why = upgraded(&world.state);
    assert!(matches!(why, Some(SnapshotError::Stale { .. })), "{why:?}");
    save();
    assert_eq!(upgraded(&world.state), None);
    let mut damaged = storage::snapshot();
    damaged[40] ^= 1;
    storage::save_snapshot(&damaged);
    assert_eq!(upgraded(&world.state), Some(SnapshotError::Damaged));
    storage::save_snapshot(&[]);
    assert_eq!(upgraded(&world.state), Some(SnapshotError::Missing));
    // And it goes on from there.
    let before = world.log.len();
    world.observe(Some((130, 70)), vec![]);
    record(&world, before);
    read(|state| assert_eq!(state, &world.state));
    let mut replay = crate::log::Replay::default();
    storage::for_each_block(|bytes| {
        let block = Block::decode(bytes).expect("ours");
        replay.next(&block.value()).expect("a sound log");
    });
    assert_eq!(replay.tip, tip());
}

#[test]
fn should_find_entries_by_their_number() {
    let mut world = World::funded(260_000_000, 8_000_000);
    world.adopt(|_| {});
    for turn in 0..5_u64 {
        world.event(Event::Fruitless { why: "down".into() });
        // Two entries in one block: what the budget did, and what T has too much.
        let budget = seen(None, None, vec![open(turn, 5_000_000 + turn, 7)]);
        world.observe(Some((9 + turn, 7)), vec![budget.clone()]);
        world.observe(Some((9 + turn, 7)), vec![budget]);
        world.observe(None, vec![seen(None, None, vec![closed(turn, 5)])]);
    }
    record(&world, 0);
    let total = world.entries.len() as u64;
    assert!(total > 12, "{total}");
    assert_eq!(storage::entry_count(), total);
    for start in 0..=total + 1 {
        for length in 0..=total + 1 {
            let found = entries(start, length);
            let numbers: Vec<u64> = found.iter().map(|booked| booked.number).collect();
            let end = start.saturating_add(length).min(total);
            assert_eq!(
                numbers,
                (start..end).collect::<Vec<_>>(),
                "{start}, {length}"
            );
            for booked in found {
                let index = usize::try_from(booked.number).expect("small");
                assert_eq!(booked.entry, world.entries[index]);
                assert_eq!(storage::entry_block(booked.number), Some(booked.block));
            }
        }
    }
    let newest: Vec<u64> = newest_entries(3).iter().map(|b| b.number).collect();
    assert_eq!(newest, [total - 1, total - 2, total - 3]);
    assert_eq!(entries(0, u64::MAX).len() as u64, total);
}

#[test]
fn should_end_a_page_of_entries_at_its_limits() {
    let credit = |uact| Event::Credited {
        budget: "web".into(),
        uact: Uact(uact),
        uakt: Uakt(0),
    };
    let mut world = World::funded(260_000_000, 8_000_000);
    world.adopt(|_| {});
    for _ in 0..=MAX_PAGE {
        world.event(credit(1));
    }
    record(&world, 0);
    assert_eq!(entries(0, u64::MAX).len() as u64, MAX_PAGE);
    assert_eq!(entries(0, MAX_PAGE - 1).len() as u64, MAX_PAGE - 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens, and whenever a snapshot is taken: after an upgrade all is as it was.
    #[test]
    fn should_come_back_whatever_happened(
        events in proptest::collection::vec(crate::state::tests::arb_event(), 0..30),
        saved_at in 0..40_usize,
    ) {
        // On a thread of its own, and so with a memory of its own.
        let run = std::thread::spawn(move || {
            let mut world = World::funded(260_000_000, 8_000_000);
            record(&world, 0);
            for (turn, event) in events.iter().enumerate() {
                if turn == saved_at {
                    save();
                }
                let before = world.log.len();
                world.now += 1;
                world.event(event.clone());
                record(&world, before);
            }
            let stale = upgraded(&world.state);
            assert_eq!(
                matches!(stale, Some(SnapshotError::Stale { .. })),
                saved_at < events.len(),
            );
            save();
            assert_eq!(upgraded(&world.state), None);
        });
        prop_assert!(run.join().is_ok());
    }
}
