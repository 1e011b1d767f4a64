//! The step table: what is done in each situation.

use super::super::limits::{
    BID_EVERY, BID_WAIT, BIDDING_WINDOW, BIDS_FRESH, BUDGET_FRESH, BUDGET_POLL, DEATH_MARGIN,
    FIRST_LOOK, MANIFEST_EVERY, MANIFEST_FIRST, MANIFEST_WINDOW, MAX_LEASE_ATTEMPTS,
    MAX_TX_ATTEMPTS, READY_WINDOW, RETRY_SOON, ROUND_WAIT, ROUND_WAIT_MAX, STATUS_EVERY,
    STATUS_FIRST, STUCK_AFTER, STUCK_EVERY, TX_LIFE, WATCH_EVERY,
};
use super::super::{Act, Event, Phase, Purpose, Step, Surroundings, next};
use super::*;

/// One word for a step, so that the table can be read.
fn word(step: &Step, now: Nanos) -> String {
    match step {
        Step::Do(Act::Conclude(event)) => format!("conclude {event:?}"),
        Step::Do(act) => format!("{act:?}"),
        Step::NeedBudget => "need budget".into(),
        Step::Wait { until, .. } => format!("wait {} s", (until - now) / SECOND),
        Step::Done => "done".into(),
    }
}

fn step(story: &Story) -> String {
    word(&next(&story.d, &surroundings(story.now)), story.now)
}

fn refused(endpoint: &str) -> Event {
    Event::TxRefused {
        endpoint: endpoint.into(),
        why: "insufficient fee".into(),
    }
}

fn failed(code: u32) -> Event {
    Event::TxFailed {
        height: 5,
        codespace: "market".into(),
        code,
        log: "bid not open".into(),
    }
}

fn fruitless(round: bool) -> Event {
    Event::Fruitless {
        why: "no answer".into(),
        round,
    }
}

fn tried(why: &str) -> Event {
    Event::ManifestTried {
        provider: CHEAP.into(),
        why: why.into(),
    }
}

fn lease_failed() -> Event {
    Event::LeaseFailed {
        provider: CHEAP.into(),
        why: "silent".into(),
    }
}

fn no_bids(agreed: bool) -> Event {
    Event::BidsSeen {
        bids: vec![],
        agreed,
    }
}

fn created_empty() -> Story {
    Story::created()
        .then(Event::TxAccepted)
        .after(BID_WAIT)
        .then(no_bids(false))
        .then(Event::TxConfirmed { height: Some(4) })
}

fn close_failed() -> Story {
    let story = Story::close_sent().then(failed(5));
    let wait = story.d.retry.not_before.saturating_sub(story.now);
    story.after(wait)
}

#[test]
fn should_do_one_thing_in_each_situation() {
    let rows: Vec<(&str, Story, &str)> = vec![
        // Ordered
        ("adopted", Story::new(), "Plan"),
        (
            "planned",
            Story::new().then(Event::Planned { terms: terms(1) }),
            "DeriveKey",
        ),
        ("keyed", Story::planned(1), "SignCreate"),
        (
            "could not sign",
            Story::planned(1).then(fruitless(true)),
            "wait 5 s",
        ),
        (
            "closed before anything",
            Story::planned(1).then(Event::CloseOrdered {
                reason: "no more".into(),
            }),
            "conclude GivenUp { reason: \"closed before anything was opened: no more\" }",
        ),
        (
            "expired",
            Story::planned(1).after(7 * 24 * 3_600 * SECOND),
            "conclude GivenUp { reason: \"the order expired before it could begin: no time\" }",
        ),
        (
            "one moment before it expires",
            Story::planned(1).after(7 * 24 * 3_600 * SECOND - 1),
            "SignCreate",
        ),
        // Created
        ("create signed", Story::created(), "Broadcast"),
        (
            "an endpoint errors: the next, nearly at once",
            Story::created().then(fruitless(false)),
            "wait 1 s",
        ),
        (
            "all endpoints error",
            Story::created().then(fruitless(true)),
            "wait 5 s",
        ),
        (
            "one refusal is a claim",
            Story::created().then(refused("a")).after(RETRY_SOON),
            "Broadcast",
        ),
        (
            "the same endpoint twice is one refusal",
            Story::created()
                .then(refused("a"))
                .then(refused("a"))
                .after(RETRY_SOON),
            "Broadcast",
        ),
        (
            "enough refusals: perhaps it is on the chain already",
            Story::created()
                .then(refused("a"))
                .then(refused("b"))
                .after(RETRY_SOON),
            "Probe",
        ),
        (
            "refused, and not on the chain: it may still come until it dies",
            Story::created()
                .then(refused("a"))
                .then(refused("b"))
                .then(Event::TxPending)
                .after(ROUND_WAIT),
            "wait 280 s",
        ),
        (
            "refused and dead",
            Story::created().then(Event::TxDead {
                refused: Some("insufficient fee".into()),
            }),
            "conclude GivenUp { reason: \"the chain refused the deployment: insufficient fee\" }",
        ),
        (
            "a node that takes it outweighs those that refused before",
            Story::created()
                .then(refused("a"))
                .then(Event::TxAccepted)
                .then(Event::TxPending)
                .then(refused("b"))
                .after(ROUND_WAIT),
            "Broadcast",
        ),
        (
            "accepted",
            Story::created().then(Event::TxAccepted),
            "wait 30 s",
        ),
        (
            "accepted, bids may be there",
            Story::created().then(Event::TxAccepted).after(BID_WAIT),
            "ReadBids { agreed: false }",
        ),
        (
            "no bids: is it on the chain at all?",
            Story::created()
                .then(Event::TxAccepted)
                .after(BID_WAIT)
                .then(no_bids(false)),
            "Probe",
        ),
        (
            "not on the chain: the same bytes again",
            Story::created()
                .then(Event::TxAccepted)
                .after(BID_WAIT)
                .then(no_bids(false))
                .then(Event::TxPending)
                .after(ROUND_WAIT),
            "Broadcast",
        ),
        (
            "past its timeout: never again, but not dead before the chain's clock says so",
            Story::created().after(TX_LIFE),
            "wait 45 s",
        ),
        (
            "past its timeout and the margin",
            Story::created().after(TX_LIFE + DEATH_MARGIN),
            "Probe",
        ),
        (
            "dead: a new one",
            Story::created().then(Event::TxDead { refused: None }),
            "SignCreate",
        ),
        (
            "failed on the chain",
            Story::created().then(failed(28)),
            "conclude GivenUp { reason: \"the chain refused the deployment: market code 28: bid \
             not open\" }",
        ),
        (
            "close ordered while the create is on its way: first its fate",
            Story::created()
                .then(Event::TxAccepted)
                .then(Event::CloseOrdered {
                    reason: "no more".into(),
                })
                .after(FIRST_LOOK),
            "Probe",
        ),
        (
            "close ordered before the create was sent: it is left to die",
            Story::created().then(Event::CloseOrdered {
                reason: "no more".into(),
            }),
            "wait 285 s",
        ),
        (
            "close ordered while the create was being signed",
            {
                let story = Story::planned(1).then(Event::CloseOrdered {
                    reason: "no more".into(),
                });
                let signed = create(story.now);
                story.then(signed)
            },
            "wait 285 s",
        ),
        (
            "close ordered, the create died",
            Story::created()
                .then(Event::CloseOrdered {
                    reason: "no more".into(),
                })
                .then(Event::TxDead { refused: None }),
            "conclude GivenUp { reason: \"closed before anything was opened: no more\" }",
        ),
        (
            "close ordered, the create succeeded",
            Story::created()
                .then(Event::CloseOrdered {
                    reason: "no more".into(),
                })
                .then(Event::TxConfirmed { height: Some(4) }),
            "ReadDeployment",
        ),
        // Bidding
        (
            "bids: look at the cheapest",
            Story::bidding(),
            "Inspect { provider: \"akash1cheap\" }",
        ),
        (
            "doubted: not at once",
            Story::bidding().then(Event::ProviderDoubted {
                provider: CHEAP.into(),
                why: "silent".into(),
            }),
            "wait 10 s",
        ),
        (
            "denied: the next",
            Story::bidding().then(Event::ProviderDenied {
                provider: CHEAP.into(),
                why: "silent".into(),
            }),
            "Inspect { provider: \"akash1dear\" }",
        ),
        ("found", Story::bidding().then(found(CHEAP)), "SignLease"),
        (
            "found, but the bids are old",
            Story::bidding().then(found(CHEAP)).after(BIDS_FRESH),
            "ReadBids { agreed: false }",
        ),
        ("no bids yet", created_empty(), "wait 15 s"),
        (
            "no bids yet, again",
            created_empty().after(BID_EVERY),
            "ReadBids { agreed: false }",
        ),
        (
            "no bids in the window: do all say so?",
            created_empty().after(BIDDING_WINDOW),
            "ReadBids { agreed: true }",
        ),
        (
            "no bids in the window, agreed",
            created_empty()
                .after(BIDDING_WINDOW)
                .then(no_bids(true))
                .after(2 * BIDDING_WINDOW),
            "conclude CloseDecided { reason: \"no bids on group 1\" }",
        ),
        // Leased
        ("lease accepted", Story::leased(), "wait 12 s"),
        (
            "time for the manifest",
            Story::leased().after(MANIFEST_FIRST),
            "PutManifest { provider: \"akash1cheap\" }",
        ),
        (
            "no lease yet, says the provider",
            Story::leased()
                .after(MANIFEST_FIRST)
                .then(tried("no lease")),
            "wait 15 s",
        ),
        (
            "three times no lease: is it on the chain?",
            Story::leased()
                .then(tried("no lease"))
                .then(tried("no lease"))
                .then(tried("no lease")),
            "Probe",
        ),
        (
            "it is: go on",
            Story::leased()
                .then(tried("no lease"))
                .then(tried("no lease"))
                .then(tried("no lease"))
                .then(Event::TxConfirmed { height: Some(9) })
                .after(MANIFEST_EVERY),
            "PutManifest { provider: \"akash1cheap\" }",
        ),
        (
            "bid gone: read again",
            Story::leased().then(failed(12)),
            "ReadBids { agreed: false }",
        ),
        (
            "lease died: read again",
            Story::leased().then(Event::TxDead { refused: None }),
            "ReadBids { agreed: false }",
        ),
        (
            "no manifest in the window",
            Story::leased()
                .then(Event::TxConfirmed { height: Some(9) })
                .after(MANIFEST_WINDOW)
                .then(tried("silent")),
            "conclude LeaseFailed { provider: \"akash1cheap\", why: \"the provider did not take \
             the manifest: silent\" }",
        ),
        (
            "refused by the provider before the lease is known to stand",
            Story::leased().then(lease_failed()),
            "Probe",
        ),
        (
            "a lease that failed",
            Story::leased()
                .then(Event::TxConfirmed { height: Some(9) })
                .then(lease_failed()),
            "SignCloseLease { gseq: 1 }",
        ),
        (
            "close ordered while the lease is on its way",
            Story::leased()
                .then(Event::CloseOrdered {
                    reason: "no more".into(),
                })
                .after(FIRST_LOOK),
            "Probe",
        ),
        (
            "a lease that was closed: its order has no bids yet",
            {
                let story = Story::leased()
                    .then(Event::TxConfirmed { height: Some(9) })
                    .then(lease_failed());
                let signed = tx(Purpose::CloseLease { gseq: 1 }, story.now);
                story
                    .then(signed)
                    .then(Event::TxConfirmed { height: Some(10) })
            },
            "wait 30 s",
        ),
        (
            "a provider with another lease takes the manifest for that one: is the new one there?",
            {
                let story = Story::planned(2);
                let signed = create(story.now);
                let story = story.then(signed).then(Event::TxConfirmed { height: None });
                let first = lease(story.now, &[bid(1, CHEAP, 400)]);
                let story =
                    story
                        .then(first)
                        .then(Event::TxAccepted)
                        .then(Event::ManifestAccepted {
                            provider: CHEAP.into(),
                        });
                let second = lease(story.now, &[bid(2, CHEAP, 400)]);
                story
                    .then(second)
                    .then(Event::TxAccepted)
                    .then(Event::ManifestAccepted {
                        provider: CHEAP.into(),
                    })
                    .after(FIRST_LOOK)
            },
            "Probe",
        ),
        // ManifestSent
        ("manifest sent", Story::sent(), "wait 30 s"),
        (
            "time for the status",
            Story::sent().after(STATUS_FIRST),
            "ReadStatus { gseq: 1 }",
        ),
        (
            "not ready",
            Story::sent().after(STATUS_FIRST).then(Event::StatusRead {
                gseq: 1,
                why: "web 0/1".into(),
            }),
            "wait 20 s",
        ),
        (
            "not ready, again",
            Story::sent()
                .then(Event::StatusRead {
                    gseq: 1,
                    why: "web 0/1".into(),
                })
                .after(STATUS_EVERY),
            "ReadStatus { gseq: 1 }",
        ),
        (
            "never ready",
            Story::sent().after(READY_WINDOW).then(Event::StatusRead {
                gseq: 1,
                why: "web 0/1".into(),
            }),
            "conclude LeaseFailed { provider: \"akash1cheap\", why: \"the service did not become \
             ready: web 0/1\" }",
        ),
        // Live
        ("live", Story::live(), "wait 1800 s"),
        ("time to watch", Story::live().after(WATCH_EVERY), "Watch"),
        (
            "watched",
            Story::live().after(WATCH_EVERY).then(Event::Watched),
            "wait 1800 s",
        ),
        (
            "end of term",
            Story::live().after(30 * 24 * 3_600 * SECOND),
            "conclude CloseDecided { reason: \"end of term\" }",
        ),
        (
            "close ordered",
            Story::live().then(Event::CloseOrdered {
                reason: "no more".into(),
            }),
            "ReadDeployment",
        ),
        // Closing
        ("first a look", Story::closing(), "ReadDeployment"),
        (
            "a look that fails does not keep a lease open",
            Story::closing().then(fruitless(true)).after(ROUND_WAIT),
            "SignClose",
        ),
        ("close sent", Story::close_sent(), "ReadDeployment"),
        (
            "still open",
            Story::close_sent().then(fruitless(true)).after(ROUND_WAIT),
            "Probe",
        ),
        (
            "close died: a new one",
            Story::close_sent().then(Event::TxDead { refused: None }),
            "SignClose",
        ),
        (
            "close died twice: a new one after a while",
            {
                let story = Story::close_sent().then(Event::TxDead { refused: None });
                let signed = tx(Purpose::Close, story.now);
                story.then(signed).then(Event::TxDead { refused: None })
            },
            "wait 300 s",
        ),
        (
            "close failed on the chain: why?",
            close_failed(),
            "ReadDeployment",
        ),
        (
            "close failed on the chain, and it cannot be seen why: no new one",
            close_failed().then(fruitless(true)).after(ROUND_WAIT),
            "ReadDeployment",
        ),
        (
            "close confirmed: what came back?",
            Story::close_sent().then(Event::TxConfirmed { height: Some(3) }),
            "ReadDeployment",
        ),
        (
            "given up",
            Story::planned(1).then(Event::GivenUp {
                reason: "no time".into(),
            }),
            "conclude Settled { spent: Uact(0), refund: Uact(0) }",
        ),
        (
            "settled",
            Story::close_sent().then(Event::Settled {
                spent: Uact(1),
                refund: Uact(4_999_999),
            }),
            "done",
        ),
    ];
    for (desc, story, expected) in rows {
        assert_eq!(step(&story), expected, "{desc}");
    }
}

#[test]
fn should_hold_an_order_until_its_budget_can_bear_it() {
    type Change = fn(&mut Surroundings);
    let rows: [(&str, Change, &str); 12] = [
        ("as it is", |_| {}, "SignCreate"),
        ("never told", |s| s.budget = None, "need budget"),
        (
            "told just in time",
            |s| facts_of(s).told_at = s.now - BUDGET_FRESH + 1,
            "SignCreate",
        ),
        (
            "told too long ago",
            |s| facts_of(s).told_at = s.now - BUDGET_FRESH,
            "need budget",
        ),
        ("closed", |s| facts_of(s).open = false, "wait 60 s"),
        (
            "over",
            |s| facts_of(s).valid_until_s = s.now / SECOND,
            "wait 60 s",
        ),
        (
            "no grants yet",
            |s| facts_of(s).account_number = None,
            "wait 60 s",
        ),
        (
            "another key",
            |s| facts_of(s).owner = "akash1other".into(),
            "wait 60 s",
        ),
        (
            "grant too small by one",
            |s| facts_of(s).limit_left = Uact(4_999_999),
            "wait 60 s",
        ),
        (
            "share too small by one",
            |s| facts_of(s).per_deployment = Uact(4_999_999),
            "wait 60 s",
        ),
        (
            "gas too little by one",
            |s| facts_of(s).gas_left = Uakt(49_999),
            "wait 60 s",
        ),
        (
            "a problem",
            |s| facts_of(s).problem = Some("no gas".into()),
            "wait 60 s",
        ),
    ];
    assert_eq!(BUDGET_POLL, 60 * SECOND);
    let story = Story::planned(1);
    for (desc, change, expected) in rows {
        let mut s = surroundings(story.now);
        change(&mut s);
        assert_eq!(word(&next(&story.d, &s), s.now), expected, "{desc}");
    }
}

fn facts_of(s: &mut Surroundings) -> &mut BudgetFacts {
    s.budget.as_mut().expect("the surroundings have facts")
}

#[test]
fn should_tell_why_an_expired_order_could_not_begin() {
    let story = Story::planned(1).after(7 * 24 * 3_600 * SECOND);
    let mut s = surroundings(story.now);
    facts_of(&mut s).open = false;
    let step = word(&next(&story.d, &s), s.now);
    assert!(step.contains("budget \\\"web\\\" is not open"), "{step}");
}

#[test]
fn should_give_up_the_create_after_its_last_death() {
    let mut story = Story::planned(1);
    for _ in 1..MAX_TX_ATTEMPTS {
        let signed = create(story.now);
        story = story.then(signed).then(Event::TxDead { refused: None });
        assert_eq!(step(&story), "SignCreate");
    }
    let signed = create(story.now);
    story = story.then(signed).then(Event::TxDead { refused: None });
    assert!(step(&story).contains("GivenUp"), "{}", step(&story));
}

#[test]
fn should_close_after_the_last_failed_lease() {
    let mut story = Story::leased().then(Event::TxConfirmed { height: Some(9) });
    for attempt in 1..=MAX_LEASE_ATTEMPTS {
        story = story.then(lease_failed());
        if attempt == MAX_LEASE_ATTEMPTS {
            break;
        }
        assert_eq!(step(&story), "SignCloseLease { gseq: 1 }");
        let signed = tx(Purpose::CloseLease { gseq: 1 }, story.now);
        story = story
            .then(signed)
            .then(Event::TxConfirmed { height: Some(9) })
            .then(Event::BidsSeen {
                bids: vec![],
                agreed: false,
            });
        let mut again = bid(1, CHEAP, 800);
        again.id.oseq = attempt + 1;
        let signed = lease(story.now, &[again]);
        story = story
            .then(signed)
            .then(Event::TxConfirmed { height: Some(9) });
    }
    assert_eq!(
        step(&story),
        "conclude CloseDecided { reason: \"3 leases failed, the last: silent\" }"
    );
}

#[test]
fn should_be_stuck_after_a_day_without_progress_and_leave_it_by_any_progress() {
    let story = Story::closing().after(STUCK_AFTER).then(fruitless(true));
    let stuck = Story {
        now: story.now + 1,
        ..story.clone()
    };
    assert_eq!(
        step(&stuck),
        "conclude Stuck { reason: \"no answer\" }",
        "a day has passed"
    );
    let fresh = Story::closing()
        .after(STUCK_AFTER - 1)
        .then(fruitless(true));
    assert_eq!(step(&fresh), "wait 5 s", "a day has not passed");

    let stuck = stuck.then(Event::Stuck {
        reason: "no answer".into(),
    });
    assert_eq!(stuck.d.phase(), Phase::Stuck);
    assert_eq!(stuck.d.at_risk(), Some(Uact(5_000_000)));
    let slow = stuck.clone().then(fruitless(true));
    assert_eq!(
        step(&slow),
        format!("wait {} s", STUCK_EVERY / SECOND),
        "hourly"
    );
    let signed = tx(Purpose::Close, stuck.now);
    let left = stuck
        .then(signed)
        .then(Event::TxConfirmed { height: Some(8) });
    assert_eq!((left.d.phase(), left.d.at_risk()), (Phase::Closed, None));
}

#[test]
fn should_never_call_an_order_stuck_that_waits_for_its_budget() {
    let story = Story::planned(1)
        .then(fruitless(true))
        .after(2 * STUCK_AFTER);
    assert_eq!(step(&story), "SignCreate");
}

#[test]
fn should_slow_down_up_to_the_longest_wait() {
    let mut story = Story::created();
    let mut waits = Vec::new();
    for _ in 0..9 {
        story = story.then(fruitless(true));
        waits.push((story.d.retry.not_before - story.now) / SECOND);
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    assert_eq!(ROUND_WAIT_MAX, 300 * SECOND);
}

#[test]
fn should_ignore_what_does_not_fit_and_say_so() {
    let rows: Vec<(&str, Story, Event)> = vec![
        (
            "a second transaction while one is in flight",
            Story::created(),
            tx(Purpose::Close, T0),
        ),
        ("a create after the create", Story::bidding(), create(T0)),
        (
            "the end of a transaction that is not there",
            Story::live(),
            Event::TxConfirmed { height: None },
        ),
        (
            "a second plan",
            Story::planned(1),
            Event::Planned { terms: terms(2) },
        ),
        ("bids while live", Story::live(), no_bids(true)),
        (
            "a manifest for a provider without a lease",
            Story::leased(),
            Event::ManifestAccepted {
                provider: DEAR.into(),
            },
        ),
        ("a watch before it is live", Story::sent(), Event::Watched),
        (
            "giving up while a transaction is in flight",
            Story::created(),
            Event::GivenUp { reason: "x".into() },
        ),
        (
            "settled before it is closing",
            Story::live(),
            Event::Settled {
                spent: Uact(1),
                refund: Uact(1),
            },
        ),
        (
            "a second close order",
            Story::live().then(Event::CloseOrdered { reason: "a".into() }),
            Event::CloseOrdered { reason: "b".into() },
        ),
        (
            "anything after the end",
            Story::close_sent().then(Event::Settled {
                spent: Uact(1),
                refund: Uact(1),
            }),
            Event::Fruitless {
                why: "x".into(),
                round: true,
            },
        ),
    ];
    for (desc, story, event) in rows {
        let mut after = story.d.clone();
        after.apply(story.now, &event);
        assert_eq!(after.ignored, 1, "{desc}");
        after.ignored = 0;
        assert_eq!(after, story.d, "{desc}");
    }
}
