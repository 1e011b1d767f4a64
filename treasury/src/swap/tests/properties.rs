//! Whatever happens, in whatever order: what must hold, holds.

use super::world::*;
use crate::book::Draft;
use crate::icp::Icp;
use crate::swap::{Event, Request, Swaps};
use orchestrator::kernel::money::Uakt;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Move {
    Commit(u8, u64),
    Deliver(usize, u64),
    Push(usize),
    PushOld(usize, u64),
    Halt(usize, u64, u64),
    Wait(u64),
    Lose(u32, u32, u32),
    Fee(bool),
    Dark(bool),
    Frozen(bool),
    Reachable(bool),
    Upgrade,
    Pause(bool),
    Mint(u64),
    Lock(usize, u64),
    Return(usize),
    RefuseRefunds(bool),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (1..=4_u8, 100..=970_u64).prop_map(|(n, a)| Move::Commit(n, a)),
        4 => (any::<usize>(), 0..=700_u64).prop_map(|(f, a)| Move::Deliver(f, a)),
        4 => any::<usize>().prop_map(Move::Push),
        2 => (any::<usize>(), 0..=120_u64).prop_map(|(f, m)| Move::PushOld(f, m)),
        1 => (any::<usize>(), 0..=60_u64, 1..=20_u64).prop_map(|(f, a, b)| Move::Halt(f, a, b)),
        6 => (1..=40_u64).prop_map(Move::Wait),
        2 => (60..=1_600_u64).prop_map(Move::Wait),
        1 => (0..=2_u32, 0..=2_u32, 0..=2_u32).prop_map(|(a, b, c)| Move::Lose(a, b, c)),
        1 => any::<bool>().prop_map(Move::Fee),
        1 => any::<bool>().prop_map(Move::Dark),
        1 => any::<bool>().prop_map(Move::Frozen),
        1 => any::<bool>().prop_map(Move::Reachable),
        1 => Just(Move::Upgrade),
        1 => any::<bool>().prop_map(Move::Pause),
        1 => (0..=2_000_u64).prop_map(Move::Mint),
        1 => (any::<usize>(), 0..=300_u64).prop_map(|(f, a)| Move::Lock(f, a)),
        1 => any::<usize>().prop_map(Move::Return),
        1 => any::<bool>().prop_map(Move::RefuseRefunds),
    ]
}

fn pick(net: &Net, index: usize) -> Option<u64> {
    let fills: Vec<u64> = net.swaps.fills.keys().copied().collect();
    (!fills.is_empty()).then(|| fills[index % fills.len()])
}

fn play(net: &mut Net, step: &Move) {
    match step {
        Move::Commit(n, amount) => {
            let request = Request {
                amount: Uakt(amount * AKT),
                ..net.request(*n)
            };
            let _ = net.try_commit(&request);
        }
        Move::Deliver(fill, amount) => {
            if let Some(fill) = pick(net, *fill) {
                net.deliver(fill, amount * AKT + amount % 7);
            }
        }
        Move::Push(fill) => {
            if let Some(fill) = pick(net, *fill).filter(|_| !net.dark && !net.frozen) {
                net.push(fill);
            }
        }
        Move::PushOld(fill, minutes) => {
            if let Some(fill) = pick(net, *fill).filter(|_| !net.dark && !net.frozen) {
                // A proof of the past shows the past: nothing is swept yet in it, or all is.
                let at = net.now.saturating_sub(minutes * MINUTE).max(START);
                net.push_of(fill, at);
            }
        }
        Move::Halt(fill, after, minutes) => {
            if let Some(fill) = pick(net, *fill) {
                let from = net.fill(fill).terms.committed_at + after * MINUTE;
                net.push_halt(fill, from, from + minutes * MINUTE);
            }
        }
        Move::Wait(minutes) => net.after(minutes * MINUTE),
        Move::Lose(lose, drop, traps) => {
            let mut books = net.ledger.0.borrow_mut();
            books.lose = *lose;
            books.drop = *drop;
            drop_guard(books);
            net.traps = *traps;
        }
        Move::Fee(high) => net.ledger.0.borrow_mut().fee = if *high { 2 * FEE } else { FEE },
        Move::Dark(dark) => net.dark = *dark,
        Move::Frozen(frozen) => net.frozen = *frozen,
        Move::Reachable(reachable) => net.reachable = *reachable,
        Move::Upgrade => {
            let bytes = minicbor::to_vec(&net.swaps).expect("it encodes");
            net.swaps = minicbor::decode(&bytes).expect("it decodes");
            let bytes = minicbor::to_vec(&net.icp).expect("it encodes");
            net.icp = minicbor::decode(&bytes).expect("it decodes");
            net.tries = crate::swap::Tries::default();
        }
        Move::Pause(paused) => {
            net.try_event(Event::Paused { paused: *paused });
        }
        Move::Mint(amount) => net.swaps.minted("web", Uakt(amount * AKT)),
        Move::Lock(fill, amount) => {
            // A griefer sends locked coins before anything else has come.
            if let Some(fill) = pick(net, *fill) {
                let address = net.address(fill);
                let place = net.places.entry(address).or_default();
                if place.arrivals.is_empty() && place.sequence == 0 {
                    place.locked = amount * AKT;
                    net.deliver(fill, amount * AKT);
                }
            }
        }
        Move::Return(fill) => {
            if let Some(fill) = pick(net, *fill) {
                net.try_event(Event::ReturnAsked {
                    fill,
                    maker: maker(4),
                });
            }
        }
        Move::RefuseRefunds(refuses) => net.refuses_refunds = *refuses,
    }
}

fn drop_guard<T>(_: T) {}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// [`Net::check`] runs after every event; here everything then comes to its end.
    #[test]
    fn should_end_every_fill_once_and_lose_nothing(steps in prop::collection::vec(moves(), 1..60)) {
        let mut net = Net::new();
        let mut endings = std::collections::BTreeMap::new();
        for step in &steps {
            play(&mut net, step);
            net.run();
            for (number, fill) in &net.swaps.fills {
                if let Some(ending) = fill.ending {
                    let first = *endings.entry(*number).or_insert(ending);
                    prop_assert_eq!(first, ending, "an ending changed");
                }
            }
        }
        // Faults stop: everything must settle.
        play(&mut net, &Move::Lose(0, 0, 0));
        (net.dark, net.frozen, net.reachable, net.refuses_refunds) = (false, false, true, false);
        net.after(4 * DAY);
        for fill in net.swaps.fills.values() {
            prop_assert!(fill.ending.is_some(), "{:?}", fill);
            prop_assert!(fill.is_over(), "{:?}", fill);
            let paid = fill.outcome.is_some_and(|o| o.paid.0 > 0);
            prop_assert_eq!(paid, fill.paid_block.is_some());
        }
        net.check_rest();
    }

    /// Proofs in another order, repeated, change no outcome.
    #[test]
    fn should_not_mind_the_order_of_proofs(order in Just(vec![1_u64, 3, 5, 7, 9]).prop_shuffle(), twice in 0..5_usize) {
        let mut net = Net::new();
        let fill = net.commit(1);
        let start = net.now;
        for _ in 0..4 {
            net.deliver(fill, 100 * AKT);
            net.after(2 * MINUTE);
        }
        net.reachable = false;
        net.to(start + 12 * MINUTE);
        for minutes in &order {
            net.push_of(fill, start + minutes * MINUTE);
        }
        net.push_of(fill, start + order[twice] * MINUTE);
        net.reachable = true;
        net.after(2 * DAY);
        let outcome = net.fill(fill).outcome.expect("an outcome");
        prop_assert_eq!(outcome.on_time, Uakt(400 * AKT));
        net.check_rest();
    }

    /// The log alone rebuilds what it was recorded from, but for ICP, which has its own events.
    #[test]
    fn should_refuse_events_that_do_not_fit_without_a_trace(fill in 0..20_u64, height in 0..5_000_u64) {
        let mut swaps = Swaps::default();
        let mut icp = Icp::default();
        for event in [
            Event::SweepIncluded { fill, height },
            Event::Concluded { fill, dark: true },
            Event::BondSettled { fill, dark: true },
            Event::SweepDead { fill },
            Event::CameBack,
            Event::Seeded { order: fill, seed: [0; 32] },
        ] {
            let mut draft = Draft::new("");
            prop_assert_eq!(swaps.apply(&mut icp, height, &event, &mut draft), None);
            prop_assert_eq!(&swaps, &Swaps::default());
        }
    }
}
