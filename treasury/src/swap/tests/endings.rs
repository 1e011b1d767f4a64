//! Every ending, and what it costs whom.

use super::world::*;
use crate::swap::Ending;
use orchestrator::kernel::money::{E8s, Uakt};

/// A delivery, and what must come of it.
struct Row {
    desc: &'static str,
    /// AKT, so long after the commit.
    on_time: u64,
    /// AKT after the deadline.
    late: u64,
    ending: Ending,
    /// Paid, in hundredths of what was agreed.
    paid: u64,
    /// Of the bond.
    lost: u64,
    /// Back to the maker, before gas.
    back: u64,
}

#[test]
fn should_end_each_fill_in_one_way() {
    let rows = [
        Row {
            desc: "all of it",
            on_time: 500,
            late: 0,
            ending: Ending::Paid,
            paid: 100,
            lost: 0,
            back: 0,
        },
        Row {
            desc: "ten times too much",
            on_time: 5_000,
            late: 0,
            ending: Ending::Paid,
            paid: 100,
            lost: 0,
            back: 4_500,
        },
        Row {
            desc: "a half",
            on_time: 250,
            late: 0,
            ending: Ending::PartPaid,
            paid: 50,
            lost: 50,
            back: 0,
        },
        Row {
            desc: "a half, and the rest late",
            on_time: 250,
            late: 250,
            ending: Ending::PartPaid,
            paid: 50,
            lost: 50,
            back: 250,
        },
        Row {
            desc: "the least that is paid",
            on_time: 10,
            late: 0,
            ending: Ending::PartPaid,
            paid: 2,
            lost: 98,
            back: 0,
        },
        Row {
            desc: "less than that",
            on_time: 9,
            late: 0,
            ending: Ending::LateRefunded,
            paid: 0,
            lost: 100,
            back: 9,
        },
        Row {
            desc: "nothing",
            on_time: 0,
            late: 0,
            ending: Ending::Forfeited,
            paid: 0,
            lost: 100,
            back: 0,
        },
        Row {
            desc: "all too late",
            on_time: 0,
            late: 500,
            ending: Ending::LateRefunded,
            paid: 0,
            lost: 100,
            back: 500,
        },
    ];
    for row in rows {
        let mut net = Net::new();
        let fill = net.commit(1);
        let terms = net.fill(fill).terms.clone();
        net.after(10 * MINUTE);
        if row.on_time > 0 {
            net.deliver(fill, row.on_time * AKT);
        }
        net.after(MINUTE);
        if row.on_time > 0 {
            net.push(fill).expect("a proof");
        }
        net.to(terms.deadline + 2 * BLOCK);
        if row.late > 0 {
            net.deliver(fill, row.late * AKT);
        }
        net.after(2 * DAY);
        let fill = net.fill(fill);
        assert_eq!(fill.ending, Some(row.ending), "{}", row.desc);
        let outcome = fill.outcome.expect("an outcome");
        assert_eq!(outcome.paid.0, terms.icp.0 * row.paid / 100, "{}", row.desc);
        let held = net.icp.of(&maker(1));
        assert_eq!(held.bonds, E8s::ZERO, "{}", row.desc);
        let lost = 50 * ICP - held.free.0;
        assert_eq!(
            lost,
            (terms.bond.0 * row.lost).div_ceil(100),
            "{}",
            row.desc
        );
        let gas = fill.sweep.gas.0;
        let back = if row.paid > 0 {
            row.back * AKT
        } else {
            (row.back * AKT).saturating_sub(gas)
        };
        assert_eq!(fill.sweep.refunded, Uakt(back), "{}", row.desc);
        assert!(fill.is_over(), "{}: {:?}", row.desc, fill.sweep);
        assert_eq!(net.paid_to(1), outcome.paid.0, "{}", row.desc);
        net.check_rest();
    }
}
