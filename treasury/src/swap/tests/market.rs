//! Prices and commits, at every edge.

use super::world::*;
use crate::icp::IcpAccount;
use crate::icp::account::{ANONYMOUS, MINTER};
use crate::swap::{
    Auction, Event, Market, Price, PriceError, Rates, Refusal, Request, Settings, is_module,
    reference,
};
use orchestrator::akash::address;
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::money::{E8s, Uakt};
use sha2::{Digest, Sha256};

#[test]
fn should_take_the_price_that_is_best_for_the_treasury() {
    let settings = Settings::default();
    type Change = fn(&mut Rates, &mut crate::swap::ChainPrice);
    let rows: [(&str, Change, u64); 4] = [
        ("all the same", |_, _| {}, PRICE),
        (
            "ten minutes ago AKT was cheaper",
            |r, _| r.before.akt.usd_e9 = 490_000_000,
            10_204_082,
        ),
        (
            "Akash's oracle has AKT cheaper",
            |_, c| c.usd = "0.49".parse::<Decimal>().expect("a decimal"),
            10_204_082,
        ),
        (
            "AKT has risen since: the old price stands",
            |r, _| r.now.akt.usd_e9 = 507_000_000,
            PRICE,
        ),
    ];
    for (desc, change, expected) in rows {
        let mut given = (rates(START), chain_price(START));
        change(&mut given.0, &mut given.1);
        let got = reference(&settings, Some(&given.0), &given.1, START);
        assert_eq!(got, Ok(Price(expected)), "{desc}");
    }
}

#[test]
fn should_have_no_price_where_sources_are_few_old_or_apart() {
    let settings = Settings::default();
    type Change = fn(&mut Rates, &mut crate::swap::ChainPrice);
    let rows: [(&str, Change, bool); 20] = [
        ("two rates of AKT", |r, _| r.now.akt.sources = 2, true),
        ("one rate of AKT left", |r, _| r.now.akt.sources = 1, false),
        (
            "one rate of AKT before",
            |r, _| r.before.akt.sources = 1,
            false,
        ),
        ("four rates of ICP", |r, _| r.now.icp.sources = 4, true),
        ("three rates of ICP", |r, _| r.now.icp.sources = 3, false),
        (
            "deviation at its edge",
            |r, _| r.now.akt.deviation_e9 = 7_500_000,
            true,
        ),
        (
            "deviation past it",
            |r, _| r.now.akt.deviation_e9 = 7_500_001,
            false,
        ),
        ("age at its edge", |r, _| r.now.icp.at_s -= 120, true),
        ("age past it", |r, _| r.now.icp.at_s -= 121, false),
        (
            "older rates too old",
            |r, _| r.before.icp.at_s -= 121,
            false,
        ),
        (
            "rates of now for those of before",
            |r, _| r.before = r.now,
            false,
        ),
        ("nothing", |r, _| r.now.akt.usd_e9 = 0, false),
        (
            "header at its edge",
            |_, c| c.header_time = START - 120 * SECOND,
            false,
        ),
        (
            "header and price at theirs",
            |_, c| {
                c.header_time = START - 120 * SECOND;
                c.at = c.header_time - 60 * SECOND;
            },
            true,
        ),
        (
            "header past it",
            |_, c| {
                c.header_time = START - 120 * SECOND - 1;
                c.at = c.header_time;
            },
            false,
        ),
        (
            "Akash's price stale",
            |_, c| c.at = c.header_time - 60 * SECOND - 1,
            false,
        ),
        (
            "Akash's price unhealthy",
            |_, c| c.is_healthy = false,
            false,
        ),
        ("Akash's price gone", |_, c| c.usd = Decimal::ZERO, false),
        // Two of three books pushed for a minute: 15 % and a third of it are both too far.
        (
            "AKT pushed by 15 %",
            |r, _| r.now.akt.usd_e9 = 575_000_000,
            false,
        ),
        (
            "AKT pushed by 5 %",
            |r, _| r.now.akt.usd_e9 = 525_000_000,
            false,
        ),
    ];
    for (desc, change, holds) in rows {
        let mut given = (rates(START), chain_price(START));
        change(&mut given.0, &mut given.1);
        let got = reference(&settings, Some(&given.0), &given.1, START);
        assert_eq!(got.is_ok(), holds, "{desc}: {got:?}");
    }
    assert_eq!(
        reference(&settings, None, &chain_price(START), START),
        Err(PriceError::NoRates { most_s: 120 })
    );
}

#[test]
fn should_agree_up_to_three_percent_and_no_further() {
    let settings = Settings::default();
    for (usd, holds) in [(515_463_918, true), (515_470_000, false)] {
        let mut given = rates(START);
        given.now.akt.usd_e9 = usd;
        let got = reference(&settings, Some(&given), &chain_price(START), START);
        assert_eq!(got.is_ok(), holds, "{got:?}");
    }
}

#[test]
fn should_fall_from_one_percent_better_to_the_stricter_floor() {
    let settings = Settings::default();
    let rows = [
        ("the limit is far", 1, 10_100_000, 9_700_000),
        ("a limit ten times off", AKT, 10_100_000, 9_700_000),
        ("the limit is stricter", 9_900_000, 10_100_000, 9_900_000),
        ("the limit is above all", 11 * AKT, 11_000_000, 11_000_000),
    ];
    for (desc, limit, start, floor) in rows {
        let auction = Auction::new(&settings, Price(PRICE), Price(limit));
        assert_eq!(
            (auction.start, auction.floor),
            (Price(start), Price(floor)),
            "{desc}"
        );
        assert_eq!(auction.at(0), Price(start), "{desc}");
        assert_eq!(auction.at(HOUR), Price(floor), "{desc}");
        assert_eq!(auction.at(u64::MAX), Price(floor), "{desc}");
        let half = auction.at(HOUR / 2);
        assert_eq!(half, Price((start + floor).div_ceil(2)), "{desc}");
        let mut last = auction.at(0);
        for step in 1..=100 {
            let price = auction.at(HOUR / 100 * step);
            assert!(price <= last && price >= Price(floor), "{desc}");
            last = price;
        }
    }
}

#[test]
fn should_round_payments_down_and_never_pay_more_than_was_set_aside() {
    assert_eq!(Price(3).icp_for(Uakt(1)), E8s(33_333_333));
    assert_eq!(Price(0).icp_for(Uakt(1)), E8s(0));
    assert_eq!(Price(1).icp_for(Uakt(u64::MAX)), E8s(u64::MAX));
    let mut net = Net::new();
    let fill = net.commit(1);
    let terms = &net.fill(fill).terms;
    assert_eq!(terms.payment(terms.amount), terms.icp);
    assert_eq!(terms.payment(Uakt(u64::MAX)), terms.icp);
    assert_eq!(terms.payment(Uakt(terms.min_paid.0 - 1)), E8s::ZERO);
    assert_eq!(terms.forfeit(terms.amount), E8s::ZERO);
    assert_eq!(terms.forfeit(Uakt(terms.amount.0 - 1)), E8s(1));
    assert_eq!(terms.forfeit(Uakt::ZERO), terms.bond);
}

/// A commit that is refused, and the edge at which it is not.
#[test]
fn should_refuse_a_commit_for_each_reason() {
    type Change = fn(&mut Net, &mut Request, &mut Market<'_>);
    let rows: [(&str, Change, Option<&str>); 31] = [
        ("a good one", |_, _, _| {}, None),
        (
            "the anonymous caller",
            |_, r, _| r.maker = ANONYMOUS.to_vec(),
            Some("anonymous caller"),
        ),
        ("another order", |_, r, _| r.order = 1, Some("being sold")),
        (
            "paused",
            |n, _, _| n.event(Event::Paused { paused: true }),
            Some("paused"),
        ),
        (
            "ended by a vote",
            |n, _, _| {
                let mut end = order();
                end.nonce = 78;
                end.icp = E8s::ZERO;
                n.adopt(end);
            },
            Some("being sold"),
        ),
        (
            "frozen or expired",
            |_, _, m| m.is_dark = true,
            Some("light client"),
        ),
        (
            "the oldest header",
            |_, _, m| m.newest.1 -= 100 * SECOND,
            None,
        ),
        (
            "an older header",
            |_, _, m| m.newest.1 -= 121 * SECOND,
            Some("header: expected"),
        ),
        (
            "an upgraded chain",
            |n, _, _| n.swaps.settings.app_version_plus_one = 2,
            Some("app version"),
        ),
        (
            "the chain's end",
            |n, _, _| {
                n.swaps.settings.sunset_s = (n.now + 30 * MINUTE) / SECOND;
            },
            Some("to end"),
        ),
        (
            "after the chain's end",
            |n, _, _| {
                n.swaps.settings.sunset_s = (n.now + 31 * MINUTE) / SECOND;
            },
            None,
        ),
        (
            "mints halted",
            |_, _, m| m.mint_is_open = false,
            Some("halt"),
        ),
        ("no rates", |_, _, m| m.rates = None, Some("rates")),
        ("what is asked", |_, r, _| r.most = Price(9_700_000), None),
        (
            "less than is asked",
            |_, r, _| r.most = Price(9_699_999),
            Some("price: expected"),
        ),
        ("the smallest", |_, r, _| r.amount = Uakt(100 * AKT), None),
        (
            "too small",
            |_, r, _| r.amount = Uakt(100 * AKT - 1),
            Some("or more"),
        ),
        (
            "a tenth of the order",
            |_, r, _| r.amount = Uakt(970 * AKT),
            None,
        ),
        (
            "more than a tenth",
            |_, r, _| r.amount = Uakt(970 * AKT + 1),
            Some("amount: expected at most"),
        ),
        (
            "more than the order may buy before minting",
            |n, _, _| {
                n.swaps.sales.get_mut(&ORDER).expect("it").unminted = Uakt(1_440 * AKT + 1);
            },
            Some("not minted yet"),
        ),
        (
            "as much as that",
            |n, _, _| {
                n.swaps.sales.get_mut(&ORDER).expect("it").unminted = Uakt(1_440 * AKT);
            },
            None,
        ),
        (
            "no collateral",
            |_, r, _| r.maker = maker(9),
            Some("collateral"),
        ),
        (
            "few cycles",
            |_, _, m| m.cycles = 1_399_999_999_999,
            Some("cycles"),
        ),
        (
            "just enough cycles",
            |_, _, m| m.cycles = 1_400_000_000_000,
            None,
        ),
        (
            "a refund to nowhere",
            |_, r, _| r.refund = "akash1x".into(),
            Some("something else"),
        ),
        (
            "a refund to a module",
            |_, r, _| {
                let hash = Sha256::digest(b"bme");
                r.refund = address::encode(&hash[..20].try_into().expect("20 bytes"));
            },
            Some("module"),
        ),
        (
            "a refund to a fill",
            |n, r, _| {
                r.refund = n.swaps.sales[&ORDER]
                    .spare
                    .values()
                    .next()
                    .expect("one")
                    .address();
            },
            Some("single-use"),
        ),
        (
            "payee: the treasury",
            |_, r, _| {
                r.payee = IcpAccount {
                    owner: THIS.to_vec(),
                    subaccount: [1; 32],
                }
            },
            Some("of the treasury"),
        ),
        (
            "payee: the treasury, unnamed",
            |_, r, _| r.payee = IcpAccount::own([1; 32]),
            Some("of the treasury"),
        ),
        (
            "payee: nobody",
            |_, r, _| r.payee.owner = ANONYMOUS.to_vec(),
            Some("anonymous one"),
        ),
        (
            "payee: the minter",
            |_, r, _| r.payee.owner = MINTER.to_vec(),
            Some("mints"),
        ),
    ];
    for (desc, change, why) in rows {
        let mut net = Net::new();
        let given = rates(net.now);
        let mut request = net.request(1);
        let mut market = net.market(&given);
        change(&mut net, &mut request, &mut market);
        let before = net.swaps.clone();
        let got = net
            .swaps
            .commit(&request, &market, &net.book, &net.icp, net.now);
        match (why, got) {
            (None, got) => assert!(got.is_ok(), "{desc}: {got:?}"),
            (Some(why), Err(got)) => {
                assert!(got.to_string().contains(why), "{desc}: {got}");
            }
            (Some(_), Ok(_)) => panic!("{desc}: it was taken"),
        }
        assert_eq!(net.swaps, before, "{desc}");
    }
}

#[test]
fn should_refuse_a_refund_to_the_accounts_of_the_treasury() {
    let net = Net::new();
    let given = rates(net.now);
    let request = net.request(1);
    let mut market = net.market(&given);
    let refund = request.refund.clone();
    market.own = vec![&refund];
    let got = net
        .swaps
        .commit(&request, &market, &net.book, &net.icp, net.now);
    assert!(matches!(got, Err(Refusal::RefundAddress { .. })), "{got:?}");
    assert!(!is_module(&[1; 20]));
}

#[test]
fn should_cap_what_is_open_and_what_is_committed_in_a_day() {
    let mut net = Net::new();
    net.swaps.settings.max_unminted_bps = 10_000;
    let mut small = net.request(1);
    small.amount = Uakt(100 * AKT);
    for _ in 0..3 {
        net.try_commit(&small).expect("one of three");
    }
    let got = net.try_commit(&small);
    assert!(
        matches!(
            got,
            Err(Refusal::TooManyOpen {
                whose: "of one maker",
                ..
            })
        ),
        "{got:?}"
    );
    for n in [2, 2, 2, 3, 3] {
        let request = Request {
            amount: Uakt(100 * AKT),
            ..net.request(n)
        };
        net.try_commit(&request).expect("one of eight");
    }
    let request = Request {
        amount: Uakt(100 * AKT),
        ..net.request(4)
    };
    let got = net.try_commit(&request);
    assert!(
        matches!(
            got,
            Err(Refusal::TooManyOpen {
                whose: "in all",
                ..
            })
        ),
        "{got:?}"
    );

    let mut net = Net::new();
    net.swaps.settings.max_unminted_bps = 10_000;
    let large = |net: &Net, n| Request {
        amount: Uakt(970 * AKT),
        ..net.request(n)
    };
    for n in [1, 2] {
        let request = large(&net, n);
        net.try_commit(&request).expect("a tenth");
    }
    let request = large(&net, 3);
    let got = net.try_commit(&request);
    assert!(
        matches!(
            got,
            Err(Refusal::TooMuchToday {
                whose: "of this order",
                ..
            })
        ),
        "{got:?}"
    );
    // Even what came to nothing counts, for a day.
    net.after(DAY - MINUTE);
    let request = large(&net, 3);
    assert!(net.try_commit(&request).is_err());
    net.after(2 * MINUTE);
    net.try_commit(&request).expect("another day");

    let mut net = Net::new();
    net.swaps.settings.daily_e8s = 150 * ICP;
    net.swaps.settings.max_unminted_bps = 10_000;
    let request = large(&net, 1);
    net.try_commit(&request).expect("a tenth");
    let got = net.try_commit(&request);
    assert!(
        matches!(
            got,
            Err(Refusal::TooMuchToday {
                whose: "in all",
                ..
            })
        ),
        "{got:?}"
    );
}

#[test]
fn should_spread_an_order_over_slices_drawn_by_lot() {
    let mut net = Net::new();
    let mut fresh = order();
    fresh.nonce = 80;
    net.adopt(fresh);
    net.run();
    let adopted_at = net.now;
    assert!(
        net.swaps.sales[&ORDER].ended_at.is_some(),
        "one order of a budget at a time"
    );
    let request = Request {
        order: 80,
        ..net.request(1)
    };
    assert_eq!(net.try_commit(&request), Err(Refusal::NotBegun));
    for slice in 0..10 {
        let sale = &net.swaps.sales[&80];
        assert_eq!(
            sale.slice_due(slice),
            adopted_at + DAY / 9 * slice,
            "{slice}"
        );
        net.to(adopted_at + DAY / 9 * slice + 29 * MINUTE);
        assert_eq!(
            net.swaps.sales[&80].open_icp(net.now),
            E8s(100 * ICP * slice),
            "{slice}"
        );
        // The lot of this world is half of the longest delay.
        net.after(2 * MINUTE);
        let sale = &net.swaps.sales[&80];
        assert_eq!(
            sale.open_icp(net.now),
            E8s(100 * ICP * (slice + 1)),
            "{slice}"
        );
        let given = rates(net.now);
        let quote = net
            .swaps
            .quote(80, &net.market(&given), net.now)
            .expect("a quote");
        assert!(
            quote.price > Price(10_080_000),
            "an auction begins at its start price"
        );
    }
    net.to(adopted_at + 14 * DAY - 30 * MINUTE);
    assert!(net.try_commit(&request).is_ok());
    net.after(1);
    assert!(matches!(
        net.try_commit(&request),
        Err(Refusal::OrderEndsFirst { .. })
    ));
    net.after(30 * MINUTE);
    assert_eq!(
        net.try_commit(&request),
        Err(Refusal::NotOnSale { got: 80 })
    );
}

/// A voter who is a maker adopts a limit ten times off, and picks the best moment and height.
#[test]
fn should_lose_at_most_three_percent_to_an_absurd_limit() {
    let mut net = Net::new();
    let mut absurd = order();
    absurd.nonce = 81;
    absurd.least = Price(AKT);
    net.adopt(absurd);
    net.after(27 * HOUR);
    let given = rates(net.now);
    let mut market = net.market(&given);
    let mut best = u64::MAX;
    for usd in ["0.485", "0.49", "0.5", "0.51", "0.515"] {
        market.chain.usd = usd.parse().expect("a decimal");
        if let Ok(quote) = net.swaps.quote(81, &market, net.now) {
            best = best.min(quote.price.0);
        }
    }
    assert_eq!(best, 9_700_000);
}
