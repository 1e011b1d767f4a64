//! What is not.

use super::chain::{HEIGHT, anchored, believe};
use super::*;

#[test]
fn should_count_power_and_not_heads() {
    let anchor = Spec::at(HEIGHT - 100);
    let client = anchored(&anchor);
    let rows: [(&str, &[&str], u64); 4] = [
        ("the two strongest", &["1", "2"], 70),
        ("three that are 66 of 100", &["2", "3", "4"], 60),
        ("exactly two thirds would not do", &["1", "3"], 60),
        ("all but the strongest", &["2", "3", "4"], 60),
    ];
    for (desc, signers, power) in rows {
        let block = Spec::at(HEIGHT).signed_by(signers);
        let got = client.check(&block.push(), NOW);
        if power > 66 {
            assert!(matches!(got, Ok(Verified::New(_))), "{desc}: {got:?}");
        } else {
            let expected = LightError::NotEnoughTrust {
                level: TrustLevel::TWO_THIRDS,
                total: 100,
                signed: power,
            };
            assert_eq!(got, Err(expected), "{desc}");
        }
    }
}

#[test]
fn should_freeze_when_validators_sign_twice() {
    let anchor = Spec::at(HEIGHT - 100);
    let mut client = anchored(&anchor);
    let honest = believe(&mut client, &Spec::at(HEIGHT));
    let mut lie = Spec::at(HEIGHT);
    lie.app_hash = [8; 32];
    let got = client.check(&lie.push(), NOW).expect("it is well signed");
    let Verified::Conflict(evidence) = &got else {
        panic!("expected evidence, got {got:?}");
    };
    assert_eq!(evidence.believed, honest);
    assert_eq!(evidence.pushed.hash, lie.hash());
    let event = got.event().expect("something to record");
    client.apply(NOW, &event).expect("it can happen");
    let frozen = LightError::Frozen { height: HEIGHT };
    let next = Spec::at(HEIGHT + 1);
    assert_eq!(client.check(&next.push(), NOW), Err(frozen));
    // A new anchor thaws it, and nothing that was believed remains.
    let anchored = Event::Anchored(vec![next.anchor()]);
    client.apply(NOW, &anchored).expect("it can happen");
    assert_eq!(client.headers().count(), 0);
    believe(&mut client, &next);
}
