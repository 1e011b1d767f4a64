//! Adversarial stories, as far as the pure core can tell them.

use super::world::*;
use crate::swap::{Ending, Event, EvidenceError, Refusal, Request};
use orchestrator::kernel::money::{E8s, Uakt};

/// Story 2, 5: a proof counts by the time of its header alone.
#[test]
fn should_judge_a_delivery_by_the_time_of_the_header() {
    for (desc, offset, on_time) in [
        ("at the deadline", 0, true),
        ("a nanosecond later", 1, false),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        let deadline = net.fill(fill).terms.deadline;
        net.reachable = false;
        net.to(deadline + 23 * HOUR);
        let mut seen = net.seen(fill, deadline);
        seen.time = deadline + offset;
        net.event(Event::Proven { fill, seen });
        net.after(2 * HOUR);
        let ending = net.fill(fill).ending.expect("an ending");
        let expected = if on_time {
            Ending::Paid
        } else {
            Ending::LateRefunded
        };
        assert_eq!(ending, expected, "{desc}");
    }
}

/// Story 5: a relayer that is silent for 23 hours does not turn on-time into late, and at D + 24 h
/// it is over.
#[test]
fn should_take_a_proof_on_time_until_a_day_after_the_deadline() {
    for (desc, wait, ending) in [
        ("23 h", 23 * HOUR, Ending::Paid),
        ("24 h", 24 * HOUR, Ending::Paid),
        ("24 h and 1 ns", 24 * HOUR + 1, Ending::LateRefunded),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        let deadline = net.fill(fill).terms.deadline;
        // The canister's own look shows a full balance after the deadline: nobody is judged by it.
        net.to(deadline + HOUR);
        assert!(
            net.fill(fill).late.is_some() && net.fill(fill).is_open(),
            "{desc}"
        );
        net.to(deadline + wait);
        let seen = net.seen(fill, deadline - MINUTE);
        let taken = net.try_event(Event::Proven { fill, seen });
        assert_eq!(taken.is_some(), ending == Ending::Paid, "{desc}");
        net.after(HOUR);
        assert_eq!(net.fill(fill).ending, Some(ending), "{desc}");
        net.check_rest();
    }
}

/// Story 1: a proof of before the commit, of the commit's own header, and without a canary.
#[test]
fn should_refuse_replays_and_an_empty_treasury() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.deliver(fill, 500 * AKT);
    net.after(MINUTE);
    let good = net.seen(fill, net.now);
    let floor = net.fill(fill).terms.floor_height;
    let mut old = good;
    old.height = floor;
    let known = net.fill(fill);
    assert_eq!(
        known.check(&old, net.now),
        Err(EvidenceError::TooEarly { floor, got: floor })
    );
    let mut blind = good;
    blind.canary = Uakt::ZERO;
    assert_eq!(
        known.check(&blind, net.now),
        Ok(()),
        "what is there shows itself"
    );
    for blind in [
        crate::swap::Seen {
            balance: Uakt::ZERO,
            spendable: Uakt::ZERO,
            ..blind
        },
        crate::swap::Seen {
            time: known.terms.deadline + 1,
            ..blind
        },
    ] {
        assert_eq!(known.check(&blind, net.now), Err(EvidenceError::NoCanary));
    }
    let mut bare = good;
    bare.record = crate::swap::Record::Absent;
    assert!(matches!(
        known.check(&bare, net.now),
        Err(EvidenceError::NoAccount { .. })
    ));
    let mut first = good;
    first.height = floor + 1;
    assert_eq!(known.check(&first, net.now), Ok(()));
    net.push(fill).expect("a proof");
    assert_eq!(net.push(fill), None, "the same proof again is no news");
    net.check_rest();
}

/// Story 4: what vesting locks is not delivered, and a griefer's locked coin spoils nothing.
#[test]
fn should_pay_for_what_can_be_spent() {
    for (desc, locked, extra, ending) in [
        ("all of it locked", 500 * AKT, 0, Ending::Forfeited),
        ("a griefer locked 1 uakt before", 1, 1, Ending::Paid),
        (
            "a griefer locked much before",
            900 * AKT,
            900 * AKT,
            Ending::Paid,
        ),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT + extra);
        let address = net.address(fill);
        net.places.get_mut(&address).expect("a place").locked = locked;
        net.after(MINUTE);
        net.push(fill);
        net.after(2 * DAY);
        assert_eq!(net.fill(fill).ending, Some(ending), "{desc}");
        net.check_rest();
    }
}

/// Rule 3: an account that we cannot judge is neither paid nor forfeited, and that is not the end.
#[test]
fn should_be_stuck_on_an_unknown_account_until_it_can_be_judged() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.deliver(fill, 500 * AKT);
    let address = net.address(fill);
    net.places.get_mut(&address).expect("a place").unknown = true;
    net.after(MINUTE);
    let seen_at = net.now;
    net.push(fill).expect("it is news");
    net.after(3 * DAY);
    let known = net.fill(fill);
    assert!(known.stuck.is_some() && known.is_open() && known.ending.is_none());
    // A later proof that can be judged frees it. This one is too late to be on time.
    net.places.get_mut(&address).expect("a place").unknown = false;
    assert_eq!(
        net.push_of(fill, seen_at),
        None,
        "the time for proofs on time is over"
    );
    net.push(fill);
    net.after(HOUR);
    assert_eq!(net.fill(fill).ending, Some(Ending::LateRefunded));
    net.check_rest();
}

/// Story 5: a halt of six minutes before, across and after the fill's time.
#[test]
fn should_blame_nobody_for_a_halt() {
    for (desc, from, to, touched) in [
        ("over before the commit", -10, -4, false),
        ("up to the commit", -6, 0, true),
        ("while it is open", 10, 16, true),
        ("across the deadline", 28, 34, true),
        ("from the deadline on", 30, 36, true),
        ("after the deadline", 31, 37, false),
        ("five minutes only", 10, 15, false),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        let start = i64::try_from(net.now).expect("it fits");
        let at = |minutes: i64| {
            u64::try_from(start + minutes * i64::try_from(MINUTE).expect("it fits"))
                .expect("it fits")
        };
        let got = net.push_halt(fill, at(from), at(to));
        assert_eq!(got.is_some(), touched, "{desc}");
        net.after(2 * DAY);
        let expected = if touched {
            Ending::Void
        } else {
            Ending::Forfeited
        };
        assert_eq!(net.fill(fill).ending, Some(expected), "{desc}");
        let free = net.icp.of(&maker(1)).free;
        assert_eq!(free == E8s(50 * ICP), touched, "{desc}");
        net.check_rest();
    }
}

/// A halt does not take away what was proven on time, and a late delivery goes back whole.
#[test]
fn should_return_everything_of_a_void_fill() {
    let mut net = Net::new();
    let fill = net.commit(1);
    let deadline = net.fill(fill).terms.deadline;
    net.halt = Some((deadline - 3 * MINUTE, deadline + 4 * MINUTE));
    net.to(deadline - MINUTE);
    net.deliver(fill, 500 * AKT);
    net.to(deadline + 10 * MINUTE);
    assert!(
        net.fill(fill).is_open(),
        "a full balance after the deadline judges nobody"
    );
    net.push_halt(fill, deadline - 3 * MINUTE, deadline + 4 * MINUTE)
        .expect("it touches");
    net.after(2 * DAY);
    let known = net.fill(fill);
    assert_eq!(known.ending, Some(Ending::Void));
    assert_eq!(known.sweep.refunded.0 + known.sweep.gas.0, 500 * AKT);
    assert_eq!(net.icp.of(&maker(1)).free, E8s(50 * ICP));
    net.check_rest();
}

/// Story 6: frozen or expired across D + 24 h.
#[test]
fn should_void_what_could_not_be_proven_for_want_of_headers() {
    for (desc, from, to, ending) in [
        ("across the end", 12 * HOUR, 30 * HOUR, Ending::Void),
        (
            "over before the end",
            2 * HOUR,
            23 * HOUR,
            Ending::LateRefunded,
        ),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        let deadline = net.fill(fill).terms.deadline;
        net.reachable = false;
        net.to(deadline + from);
        net.dark = true;
        net.to(deadline + to);
        net.dark = false;
        net.reachable = true;
        net.after(2 * DAY);
        let known = net.fill(fill);
        assert_eq!(known.ending, Some(ending), "{desc}");
        assert!(known.sweep.refunded > Uakt::ZERO, "{desc}");
        net.check_rest();
    }
}

/// Story 6: equivocation between proof and payment. Nothing that was not sent is sent.
#[test]
fn should_freeze_unsent_payments() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.deliver(fill, 500 * AKT);
    net.after(MINUTE);
    let seen = net.seen(fill, net.now);
    net.event(Event::Proven { fill, seen });
    net.frozen = true;
    net.after(3 * DAY);
    assert_eq!(net.paid_to(1), 0);
    assert!(net.fill(fill).sweep.flight.is_none() && !net.fill(fill).sweep.is_done);
    let got = net.try_commit(&net.request(2));
    assert_eq!(got, Err(Refusal::Dark));
    net.frozen = false;
    net.after(HOUR);
    assert_eq!(net.fill(fill).ending, Some(Ending::Paid));
    assert_eq!(net.paid_to(1), net.fill(fill).terms.icp.0);
    net.check_rest();
}

/// Rule 6: what was agreed stays, whatever is changed meanwhile.
#[test]
fn should_keep_the_terms_of_a_fill() {
    let mut net = Net::new();
    let fill = net.commit(1);
    let terms = net.fill(fill).terms.clone();
    net.event(Event::Paused { paused: true });
    let mut end = order();
    end.nonce = 79;
    end.icp = E8s::ZERO;
    net.adopt(end);
    net.swaps.settings.window_s = 600;
    net.swaps.settings.bond_bps = 5_000;
    net.swaps.settings.min_paid_uakt = 100 * AKT;
    net.deliver(fill, 500 * AKT);
    net.to(terms.deadline - MINUTE);
    net.push(fill).expect("a proof");
    assert_eq!(net.fill(fill).terms, terms);
    assert_eq!(net.fill(fill).ending, Some(Ending::Paid));
    assert_eq!(net.paid_to(1), terms.icp.0);
    net.check_rest();
}

/// Story 8: parts of two senders, short by a fee, much too much, after the sweep, before the
/// commit, and a claim on somebody else's delivery.
#[test]
fn should_count_what_arrives_whoever_sends_it() {
    let mut net = Net::new();
    let fill = net.commit(1);
    for part in [100, 150, 250] {
        net.deliver(fill, part * AKT);
        net.after(MINUTE);
    }
    net.push(fill).expect("a proof");
    assert_eq!(net.fill(fill).ending, Some(Ending::Paid));

    let short = net.commit(2);
    net.deliver(short, 500 * AKT - 5_000);
    net.after(MINUTE);
    net.push(short).expect("a proof");
    assert!(
        net.fill(short).is_open(),
        "there is still time for the rest"
    );
    net.after(2 * DAY);
    let known = net.fill(short);
    assert_eq!(known.ending, Some(Ending::PartPaid));
    let lost = 50 * ICP - net.icp.of(&maker(2)).free.0;
    assert_eq!(lost, (known.terms.bond.0 * 5_000).div_ceil(500 * AKT));
    net.check_rest();

    // Each fill has its own address: what arrived at one says nothing about another.
    net.swaps.minted("web", Uakt(1_000 * AKT));
    let (one, other) = (net.commit(3), net.commit(4));
    net.deliver(one, 500 * AKT);
    net.after(MINUTE);
    net.push(one).expect("a proof");
    net.push(other);
    assert_eq!(net.fill(one).ending, Some(Ending::Paid));
    assert_eq!(net.fill(other).on_time(), Uakt::ZERO);
    net.after(2 * DAY);
    assert_eq!(net.fill(other).ending, Some(Ending::Forfeited));
    net.check_rest();
}

/// Rule 4: what arrives after the sweep goes back on a proof and a fee, and never twice.
#[test]
fn should_return_what_arrives_after_the_sweep_for_a_fee() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.deliver(fill, 500 * AKT);
    net.after(MINUTE);
    net.push(fill).expect("a proof");
    net.after(HOUR);
    assert!(net.fill(fill).sweep.is_done);
    net.deliver(fill, 40 * AKT);
    net.after(DAY);
    assert_eq!(net.fill(fill).sweep.refunded, Uakt::ZERO);
    assert_eq!(net.push(fill), None, "a proof alone costs us a signature");
    let before = net.icp.of(&maker(2)).free.0;
    net.event(Event::ReturnAsked {
        fill,
        maker: maker(2),
    });
    assert_eq!(
        before - net.icp.of(&maker(2)).free.0,
        net.swaps.settings.return_fee_e8s
    );
    assert_eq!(
        net.try_event(Event::ReturnAsked {
            fill,
            maker: maker(2)
        }),
        None,
        "once"
    );
    net.after(HOUR);
    let sweep = &net.fill(fill).sweep;
    assert_eq!(
        sweep.refunded.0,
        40 * AKT - (sweep.gas.0 - gas_of_one(&net, fill))
    );
    assert!(net.fill(fill).paid_block.is_some());
    net.check_rest();
}

fn gas_of_one(net: &Net, fill: u64) -> u64 {
    net.fill(fill).sweep.gas.0 / 2
}

/// Story 8: the refund address refuses coins. What was paid for still reaches T.
#[test]
fn should_sweep_what_is_ours_when_the_refund_is_refused() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.refuses_refunds = true;
    net.deliver(fill, 700 * AKT);
    net.after(MINUTE);
    net.push(fill).expect("a proof");
    net.after(DAY);
    let sweep = &net.fill(fill).sweep;
    assert!(sweep.is_done, "{sweep:?}");
    assert_eq!((sweep.swept.0, sweep.refunded), (500 * AKT, Uakt::ZERO));
    assert_eq!(
        net.fill(fill).booked.0,
        200 * AKT - (sweep.gas.0 - sweep.gas.0 / 4)
    );
    net.check_rest();
}

/// Story 1, rule 8: a maker who commits and vanishes, again and again, pays for it.
#[test]
fn should_earn_from_makers_who_vanish() {
    let mut net = Net::new();
    let mut vanished = 0_u64;
    for _ in 0..12 {
        let request = Request {
            amount: Uakt(970 * AKT),
            ..net.request(1)
        };
        match net.try_commit(&request) {
            Ok(_) => vanished += 1,
            Err(Refusal::NotOnSale { .. } | Refusal::OrderEndsFirst { .. }) => break,
            Err(_) => {}
        }
        net.after(DAY + HOUR);
    }
    assert!(vanished >= 9, "{vanished}");
    net.after(2 * DAY);
    let lost = 50 * ICP - net.icp.of(&maker(1)).free.0;
    assert_eq!(lost, vanished * 5 * ICP);
    assert_eq!(net.collateral_on_ledger(1), 50 * ICP - lost);
    assert_eq!(net.swaps.endings[&Ending::Forfeited], vanished);
    assert_eq!(net.swaps.sales[&ORDER].committed, E8s::ZERO);
    net.check_rest();
}

/// Story 9: the reply of each payment lost, once or many times, by the network or by a trap.
#[test]
fn should_pay_once_whatever_becomes_of_the_reply() {
    for (desc, lose, drop, traps) in [
        ("made, and the reply lost", 1, 0, 0),
        ("not made, and nobody knows", 0, 2, 0),
        ("a trap after the reply", 0, 0, 1),
        ("all of it", 2, 2, 2),
    ] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        net.after(MINUTE);
        {
            let mut books = net.ledger.0.borrow_mut();
            books.lose = lose;
            books.drop = drop;
        }
        net.traps = traps;
        net.push(fill).expect("a proof");
        net.after(3 * DAY);
        assert_eq!(net.paid_to(1), net.fill(fill).terms.icp.0, "{desc}");
        assert!(net.fill(fill).is_over(), "{desc}");
        net.check_rest();
    }
}

/// Story 9: past the deduplication window only the ledger's blocks decide, with the block there
/// and without.
#[test]
fn should_decide_by_the_blocks_after_a_day() {
    for (desc, made) in [("the block is there", true), ("it is not", false)] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        net.after(MINUTE);
        {
            let mut books = net.ledger.0.borrow_mut();
            books.lose = u32::from(made);
            books.drop = if made { 0 } else { 1 };
        }
        let seen = net.seen(fill, net.now);
        net.event(Event::Proven { fill, seen });
        net.run();
        // Nothing wakes the canister for 25 hours.
        net.now += 25 * HOUR;
        net.ledger.0.borrow_mut().now = net.now;
        let asked = net.ledger.0.borrow().asked;
        net.run();
        net.after(HOUR);
        let asked = net.ledger.0.borrow().asked - asked;
        assert_eq!(
            asked,
            u32::from(!made),
            "{desc}: asked again only where it is not there"
        );
        assert_eq!(net.paid_to(1), net.fill(fill).terms.icp.0, "{desc}");
        net.check_rest();
    }
}

/// Story 9: the ledger's fee changes between two attempts.
#[test]
fn should_learn_a_new_fee() {
    for (desc, lose) in [("before the first attempt", 0), ("after a lost reply", 1)] {
        let mut net = Net::new();
        let fill = net.commit(1);
        net.deliver(fill, 500 * AKT);
        net.after(MINUTE);
        net.ledger.0.borrow_mut().lose = lose;
        let seen = net.seen(fill, net.now);
        net.event(Event::Proven { fill, seen });
        if lose > 0 {
            net.run();
        }
        net.ledger.0.borrow_mut().fee = 2 * FEE;
        net.after(3 * DAY);
        let paid = net.paid_to(1);
        assert_eq!(paid, net.fill(fill).terms.icp.0, "{desc}");
        net.check_rest();
    }
}

/// A deposit that was not allowed comes to nothing; one whose reply was lost does not.
#[test]
fn should_take_collateral_once() {
    let mut net = Net::new();
    net.icp_event(crate::icp::Event::DepositBegan {
        maker: maker(1),
        from: payee(1),
        amount: E8s(500 * ICP),
    });
    net.run();
    assert_eq!(
        net.icp.of(&maker(1)).free,
        E8s(50 * ICP),
        "nobody has that much"
    );
    net.ledger.0.borrow_mut().lose = 1;
    net.icp_event(crate::icp::Event::DepositBegan {
        maker: maker(1),
        from: payee(1),
        amount: E8s(10 * ICP),
    });
    net.after(HOUR);
    assert_eq!(net.icp.of(&maker(1)).free, E8s(60 * ICP));
    net.icp_event(crate::icp::Event::WithdrawalBegan {
        maker: maker(1),
        to: payee(1),
        amount: E8s(60 * ICP),
    });
    net.after(HOUR);
    assert_eq!(net.icp.of(&maker(1)), crate::icp::Collateral::default());
    assert_eq!(net.ledger.balance_of(&payee(1)), 100 * ICP - 3 * FEE);
    net.check_rest();
}

/// Story 9: strangers top up the subaccount of a budget; it counts as the budget's.
#[test]
fn should_book_what_arrives_in_a_budget() {
    let mut net = Net::new();
    net.ledger.give(
        &crate::icp::IcpAccount::own(crate::icp::budget_subaccount("web")),
        7,
    );
    let before = net.book.clone();
    net.after(10 * MINUTE);
    let of = |book: &crate::book::Book| {
        book.amount(
            &crate::book::Account::Budget("web".into()),
            crate::book::Asset::Icp,
        )
    };
    assert_eq!(of(&net.book) - of(&before), 7);
    net.check_rest();
}

/// Rule 8: whoever pushes something invalid pays, and what was taken leaves the subaccount.
#[test]
fn should_charge_for_invalid_pushes() {
    let mut net = Net::new();
    for _ in 0..11 {
        net.icp_event(crate::icp::Event::Penalised {
            maker: maker(1),
            amount: E8s(1_000_000),
        });
    }
    net.after(HOUR);
    let held = net.icp.of(&maker(1));
    assert_eq!(held.free, E8s(50 * ICP - 11_000_000));
    assert_eq!(
        held.penalties,
        E8s::ZERO,
        "the tenth made it worth a transfer"
    );
    let own = crate::icp::IcpAccount::own([0; 32]);
    assert_eq!(net.ledger.balance_of(&own), 11_000_000 - FEE);
    net.check_rest();
}

/// Rule 5: a sweep that hangs is signed again with a higher fee and the same sequence.
#[test]
fn should_pay_more_for_a_sweep_that_died() {
    let mut net = Net::new();
    let fill = net.commit(1);
    net.deliver(fill, 500 * AKT);
    net.after(MINUTE);
    let seen = net.seen(fill, net.now);
    net.event(Event::Proven { fill, seen });
    net.event(Event::Concluded { fill, dark: false });
    let mut last = Uakt::ZERO;
    for _ in 0..5 {
        let own = own();
        let plan = loop {
            let step = crate::swap::next(&net.swaps, &net.icp, &net.world(&own), net.now);
            let crate::swap::Step::Do(act) = step else {
                panic!("a sweep is due")
            };
            if let crate::swap::Act::SignSweep { plan, .. } = *act {
                break plan;
            }
            if let crate::swap::Act::Conclude(event) = *act {
                net.event(event);
                continue;
            }
            net.run_one();
        };
        assert!(plan.fee >= last && plan.sequence == 0);
        last = plan.fee;
        let tx = crate::swap::SweepTx {
            bytes: vec![1],
            hash: "X".into(),
            plan,
            timeout_ns: net.now + MINUTE,
        };
        net.event(Event::SweepSigned { fill, tx });
        net.event(Event::SweepDead { fill });
    }
    assert_eq!(last.0 % 8, 0, "eight times the first is the most");
}
