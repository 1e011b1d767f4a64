//! What follows from a report.

use conformance::claims::Source;
use conformance::report::{Outcome, Report};
use conformance::suite::Grade;
use conformance::{Basis, Claim, Part, Suite};
use std::collections::BTreeSet;

const CHECKED: Claim = Claim {
    id: "message/x",
    part: Part::Messages,
    what: "something outside",
    at: "src",
    bases: &[
        Basis::Check(Suite::Vectors),
        Basis::Check(Suite::Npm),
        Basis::Open("nobody could be had", "nothing happens"),
    ],
};

const READ: Claim = Claim {
    bases: &[
        Basis::Read(Source::Node, "x/y.go"),
        Basis::Check(Suite::Npm),
    ],
    ..CHECKED
};

fn outcome(claim: &Claim, report: &str, ran: &[Suite]) -> Outcome {
    let ran: BTreeSet<Suite> = ran.iter().copied().collect();
    Report::read(report).expect("a report").outcome(claim, &ran)
}

#[test]
fn should_draw_the_stated_conclusion() {
    let by = |grade, who: &str| (grade, who.to_string());
    let compared = |who| by(Grade::Compared, who);
    let read = by(Grade::Read, "akash-network/node@3efe26bf (x/y.go)");
    let vectors = "confirmed\tmessage/x\tvectors\tsdk 1\n";
    let npm = "confirmed\tmessage/x\tnpm\tcosmjs 2\n";
    let both = [Suite::Vectors, Suite::Npm];
    let open = Outcome::Open("nobody could be had", "nothing happens");
    let rows: [(&str, &Claim, String, &[Suite], Outcome); 8] = [
        ("nothing ran", &CHECKED, String::new(), &[], open.clone()),
        (
            "both confirm",
            &CHECKED,
            format!("{vectors}{npm}{npm}"),
            &both,
            Outcome::Confirmed(vec![compared("cosmjs 2"), compared("sdk 1")]),
        ),
        (
            "one was met and is silent",
            &CHECKED,
            vectors.to_string(),
            &both,
            Outcome::Forgotten(Suite::Npm),
        ),
        (
            "one is not there",
            &CHECKED,
            format!("{vectors}absent\tnpm\tno node\n"),
            &both,
            Outcome::Confirmed(vec![compared("sdk 1")]),
        ),
        (
            "none is there",
            &CHECKED,
            "absent\tnpm\tno node\nabsent\tvectors\tno file\n".to_string(),
            &both,
            open,
        ),
        (
            "read and not run",
            &READ,
            "absent\tnpm\tno node\n".to_string(),
            &both,
            Outcome::Confirmed(vec![read.clone()]),
        ),
        (
            "read and run: the better grade first",
            &READ,
            npm.to_string(),
            &both,
            Outcome::Confirmed(vec![compared("cosmjs 2"), read]),
        ),
        (
            "contradicted, whoever else agrees",
            &READ,
            format!("{npm}differs\tmessage/x\tvectors\tsdk 1\tother bytes\n"),
            &both,
            Outcome::Differs("sdk 1: other bytes".to_string()),
        ),
    ];
    for (desc, claim, report, ran, expected) in rows {
        assert_eq!(outcome(claim, &report, ran), expected, "{desc}");
    }
}

#[test]
fn should_say_why_nobody_was_met() {
    let claim = Claim {
        bases: &[Basis::Check(Suite::Npm)],
        ..CHECKED
    };
    let Outcome::NotHere(reason) = outcome(&claim, "absent\tnpm\tno node\n", &[Suite::Npm]) else {
        panic!("nobody was met");
    };
    assert!(reason.ends_with("no node"), "{reason}");
    let Outcome::NotHere(reason) = outcome(&claim, "", &[]) else {
        panic!("nobody was met");
    };
    assert!(reason.ends_with("not run"), "{reason}");
}

#[test]
fn should_refuse_what_is_no_report() {
    for wrong in [
        "x",
        "confirmed\ta",
        "confirmed\ta\tnobody\tb",
        "absent\tnobody\twhy",
        "",
    ] {
        assert_eq!(Report::read(wrong).is_ok(), wrong.is_empty(), "{wrong:?}");
    }
}
