//! What holds whatever is pushed.

use super::chain::{HEIGHT, anchored, set, time};
use super::*;
use crate::kernel::Nanos;
use proptest::prelude::*;
use std::time::Duration;
use tendermint::validator::Set;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{
    Height, TrustThreshold, TrustedBlockState, UntrustedBlockState,
};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier};
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types as raw;
use tendermint_testgen::Validator;

/// Whatever is changed, nothing else is ever believed.
#[test]
fn should_never_believe_anything_else_when_a_bit_flips() {
    let client = anchored(&Spec::at(HEIGHT - 100));
    let mut spec = Spec::at(HEIGHT);
    spec.validators = validators(&[40, 30, 20, 12]);
    let push = spec.push_with(&validators(&[40, 30, 20, 10]));
    let Ok(Verified::New(honest)) = client.check(&push, NOW) else {
        panic!("expected a good header");
    };
    type Place = fn(&mut Push) -> &mut Vec<u8>;
    let places: [Place; 3] = [
        |p| &mut p.signed_header,
        |p| &mut p.validators,
        |p| p.trusted_next_validators.get_or_insert_default(),
    ];
    let mut refused = 0;
    for place in places {
        let length = place(&mut push.clone()).len();
        for byte in 0..length {
            let mut changed = push.clone();
            place(&mut changed)[byte] ^= 1 << (byte % 8);
            match client.check(&changed, NOW) {
                Ok(Verified::New(header)) => assert_eq!(header, honest, "byte {byte}"),
                Ok(other) => panic!("byte {byte}: {other:?}"),
                Err(_) => refused += 1,
            }
            let mut cut = push.clone();
            place(&mut cut).truncate(byte);
            match client.check(&cut, NOW) {
                Ok(Verified::New(header)) => assert_eq!(header, honest, "cut at {byte}"),
                Ok(other) => panic!("cut at {byte}: {other:?}"),
                Err(_) => {}
            }
        }
    }
    // Most bytes matter; those of votes past two thirds do not.
    assert!(refused > 1_000, "{refused}");
}

fn decoded(validators: &[Validator]) -> Set {
    <Set as Protobuf<raw::ValidatorSet>>::decode(&set(validators)[..]).expect("a set")
}

/// What the library alone says of the same headers.
fn library(base: &Spec, spec: &Spec, now: Nanos) -> bool {
    let signed = spec.signed_header();
    let (own, next) = (decoded(&spec.validators), decoded(&base.next));
    let header = base.signed_header().header;
    let untrusted = UntrustedBlockState {
        signed_header: &signed,
        validators: &own,
        next_validators: None,
    };
    let trusted = TrustedBlockState {
        chain_id: &header.chain_id,
        header_time: header.time,
        height: Height::try_from(base.height).expect("a height"),
        next_validators: &next,
        next_validators_hash: header.next_validators_hash,
    };
    let options = Options {
        trust_threshold: TrustThreshold::TWO_THIRDS,
        trusting_period: Duration::from_nanos(14 * DAY),
        clock_drift: Duration::from_nanos(CLOCK_DRIFT),
    };
    let verdict =
        ProdVerifier::default().verify_update_header(untrusted, trusted, &options, time(now));
    verdict == Verdict::Success
}

prop_compose! {
    fn arb_set()(powers in proptest::collection::vec(1_u64..50, 1..7)) -> Vec<Validator> {
        validators(&powers)
    }
}

prop_compose! {
    /// A header after (or at, or before) a base, by some validators, some of whom signed.
    fn arb_blocks()(
        next in arb_set(),
        changed in arb_set(),
        keeps in any::<bool>(),
        above in prop_oneof![Just(1_u64), 2_u64..50],
        hours in -2_i64..24 * 16,
        age in 0_u64..24 * 15,
        signs in proptest::collection::vec(prop::bool::weighted(0.8), 7),
        same_chain in prop::bool::weighted(0.95),
    ) -> (Spec, Spec, Nanos) {
        const HOUR: Nanos = DAY / 24;
        let mut base = Spec::at(HEIGHT);
        base.next = next.clone();
        let mut spec = Spec::at(HEIGHT + above);
        spec.last_hash = (above == 1).then(|| base.hash());
        spec.validators = if keeps { next } else { changed };
        let delta = hours.unsigned_abs() * HOUR;
        spec.time = if hours < 0 { base.time - delta } else { base.time + delta };
        if !same_chain {
            spec.chain = "akashnet-3".into();
        }
        let names = (1..=spec.validators.len()).map(|i| i.to_string());
        let names = names.zip(signs).filter(|(_, signs)| *signs);
        spec.signers = Some(names.map(|(name, _)| name).collect());
        (base.clone(), spec, base.time + age * HOUR)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The client believes exactly what the library verifies, with other crypto and its own order
    /// of checks. What the library refuses for its time alone is evidence here.
    #[test]
    fn should_agree_with_the_library((base, spec, now) in arb_blocks()) {
        prop_assume!(spec.signers.as_ref().is_some_and(|names| !names.is_empty()));
        let client = anchored(&base);
        let push = spec.push_with(&base.next);
        let got = client.check(&push, now);
        let is_believed = matches!(got, Ok(Verified::New(_)));
        prop_assert_eq!(is_believed, library(&base, &spec, now), "{:?}", got);
        if let Ok(Verified::Conflict(_)) = got {
            prop_assert!(spec.time <= base.time);
        }
    }
}

#[test]
fn should_never_stop_the_program() {
    let client = anchored(&Spec::at(HEIGHT - 100));
    let push = Spec::at(HEIGHT).push();
    let noise = || proptest::collection::vec(any::<u8>(), 0..300);
    proptest!(|(signed_header in noise(), validators in noise())| {
        let half = Push { validators: validators.clone(), ..push.clone() };
        prop_assert!(client.check(&half, NOW).is_err());
        let noise = Push { signed_header, validators, trusted_next_validators: None };
        prop_assert!(client.check(&noise, NOW).is_err());
    });
}
