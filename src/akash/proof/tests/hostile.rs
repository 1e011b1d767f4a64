//! Proofs that were changed, or that are of something else.

use super::super::verify::verify_at;
use super::super::{
    MAX_DEPTH, MAX_IAVL_PROOF_BYTES, MAX_SIMPLE_PROOF_BYTES, ProofError, StoreProof, verify,
};
use super::node::{Vector, header, vectors};
use crate::test_fixtures::headers::balance_proof;
use ics23::commitment_proof::Proof;
use ics23::{BatchProof, CommitmentProof, ExistenceProof, NonExistenceProof};
use proptest::prelude::*;
use prost_ics23::Message;

fn named(name: &str) -> Vector {
    vectors()
        .into_iter()
        .find(|v| v.name == name)
        .expect("a vector")
}

fn check(vector: &Vector, proof: &StoreProof) -> Result<Option<Vec<u8>>, ProofError> {
    verify_at(&header().0, &vector.store, &vector.key, proof)
}

/// Whatever is changed, nothing else is ever proven.
#[test]
fn should_never_prove_anything_else_when_a_bit_flips() {
    for name in ["supply", "supply-absent", "last-absent", "account-periodic"] {
        let vector = named(name);
        for bit in 0..vector.proof.iavl.len() * 8 {
            let mut proof = vector.proof.clone();
            proof.iavl[bit / 8] ^= 1 << (bit % 8);
            if let Ok(value) = check(&vector, &proof) {
                assert_eq!(value, vector.value, "{} bit {bit}", vector.name);
            }
        }
        for bit in 0..vector.proof.simple.len() * 8 {
            let mut proof = vector.proof.clone();
            proof.simple[bit / 8] ^= 1 << (bit % 8);
            if let Ok(value) = check(&vector, &proof) {
                assert_eq!(value, vector.value, "{} bit {bit}", vector.name);
            }
        }
    }
}

#[test]
fn should_refuse_every_part_of_a_proof() {
    for vector in vectors() {
        for length in 0..vector.proof.iavl.len() {
            let mut proof = vector.proof.clone();
            proof.iavl.truncate(length);
            assert!(check(&vector, &proof).is_err(), "{}", vector.name);
        }
        for length in 0..vector.proof.simple.len() {
            let mut proof = vector.proof.clone();
            proof.simple.truncate(length);
            assert!(check(&vector, &proof).is_err(), "{}", vector.name);
        }
    }
}

#[test]
fn should_refuse_a_proof_of_another_key_store_or_state() {
    let all = vectors();
    let (app_hash, _) = header();
    for mine in &all {
        for other in all.iter().filter(|v| v.key != mine.key) {
            let got = verify_at(&app_hash, &mine.store, &mine.key, &other.proof);
            // A gap is a gap for every key in it; nothing else is.
            let is_gap = got == Ok(None) && other.value.is_none() && mine.value.is_none();
            assert!(got.is_err() || is_gap, "{} by {}", mine.name, other.name);
            let swapped = StoreProof {
                iavl: mine.proof.iavl.clone(),
                simple: other.proof.simple.clone(),
            };
            let got = check(mine, &swapped);
            let same = mine.store == other.store;
            assert_eq!(got.is_ok(), same, "{} under {}", mine.name, other.name);
        }
        let other_state = verify_at(&[9; 32], &mine.store, &mine.key, &mine.proof);
        assert!(other_state.is_err(), "{}", mine.name);
        for store in ["", "ban", "banks", "staking"] {
            let other_store = verify_at(&app_hash, store, &mine.key, &mine.proof);
            assert!(other_store.is_err(), "{}", mine.name);
        }
    }
}

#[test]
fn should_not_take_a_member_for_absent() {
    let member = named("balance");
    let Some(Proof::Exist(leaf)) = decode(&member.proof.iavl) else {
        panic!("expected a member");
    };
    // Its own leaf cannot be both neighbours, nor one at the edge, of another key.
    let gaps = [
        (Some(leaf.clone()), Some(leaf.clone())),
        (Some(leaf.clone()), None),
        (None, Some(leaf.clone())),
        (None, None),
    ];
    for (left, right) in gaps {
        let gap = NonExistenceProof {
            key: member.key.clone(),
            left,
            right,
        };
        let proof = StoreProof {
            iavl: encode(Proof::Nonexist(gap)),
            simple: member.proof.simple.clone(),
        };
        for key in [
            member.key.clone(),
            [&member.key[..], &[0]].concat(),
            member.key[..9].to_vec(),
        ] {
            let got = verify_at(&header().0, "bank", &key, &proof);
            assert_eq!(got, Err(ProofError::Refuted { tree: "module" }));
        }
    }
    // Neighbours with a leaf between them leave no gap.
    let first = named("first-absent");
    let (Some(Proof::Nonexist(edge)), far) = (decode(&first.proof.iavl), leaf) else {
        panic!("expected a gap");
    };
    let gap = NonExistenceProof {
        key: vec![],
        left: edge.right,
        right: Some(far),
    };
    let proof = StoreProof {
        iavl: encode(Proof::Nonexist(gap)),
        simple: member.proof.simple.clone(),
    };
    let got = verify_at(&header().0, "bank", &named("supply-absent").key, &proof);
    assert_eq!(got, Err(ProofError::Refuted { tree: "module" }));
}

/// Paths of which one is all of the other's end: the library alone would stop the program.
#[test]
fn should_refuse_paths_that_never_part() {
    let absent = named("balance-absent");
    let Some(Proof::Nonexist(gap)) = decode(&absent.proof.iavl) else {
        panic!("expected a gap");
    };
    let (left, right) = (gap.left.expect("a leaf"), gap.right.expect("a leaf"));
    let top = |leaf: &ExistenceProof, steps: usize| {
        let mut leaf = leaf.clone();
        leaf.path = leaf.path.split_off(leaf.path.len() - steps);
        leaf
    };
    let common = left
        .path
        .iter()
        .rev()
        .zip(right.path.iter().rev())
        .take_while(|(l, r)| l == r)
        .count();
    assert!(common > 0, "the vector lets paths share steps");
    for (l, r) in [
        (top(&left, 0), top(&right, 0)),
        (top(&left, common), right.clone()),
        (left.clone(), top(&right, common)),
        (left.clone(), left.clone()),
    ] {
        let gap = NonExistenceProof {
            key: absent.key.clone(),
            left: Some(l),
            right: Some(r),
        };
        let proof = StoreProof {
            iavl: encode(Proof::Nonexist(gap)),
            simple: absent.proof.simple.clone(),
        };
        let refuted = ProofError::Refuted { tree: "module" };
        assert_eq!(check(&absent, &proof), Err(refuted));
    }
}

#[test]
fn should_refuse_kinds_that_no_node_sends() {
    let member = named("balance");
    let proof = decode(&member.proof.iavl).expect("a proof");
    let Proof::Exist(leaf) = proof else {
        panic!("expected a member");
    };
    let entry = ics23::BatchEntry {
        proof: Some(ics23::batch_entry::Proof::Exist(leaf)),
    };
    let batch = BatchProof {
        entries: vec![entry],
    };
    let compressed = ics23::compress(&CommitmentProof {
        proof: Some(Proof::Batch(batch.clone())),
    });
    let compressed = compressed.expect("a proof").encode_to_vec();
    let nothing = CommitmentProof { proof: None }.encode_to_vec();
    for iavl in [encode(Proof::Batch(batch)), compressed, nothing] {
        let proof = StoreProof {
            iavl,
            simple: member.proof.simple.clone(),
        };
        let unreadable = ProofError::Unreadable { tree: "module" };
        assert_eq!(check(&member, &proof), Err(unreadable));
    }
    let proof = StoreProof {
        iavl: member.proof.iavl.clone(),
        simple: named("balance-absent").proof.iavl,
    };
    let unreadable = ProofError::Unreadable { tree: "store" };
    assert_eq!(check(&member, &proof), Err(unreadable));
}

#[test]
fn should_look_at_no_more_than_its_limits() {
    let member = named("balance");
    // At its limit a blob is looked at and is no proof; past it, it is not looked at.
    let sized = |iavl: usize, simple: usize| StoreProof {
        iavl: vec![0xff; iavl],
        simple: vec![0xff; simple],
    };
    let got = check(
        &member,
        &sized(MAX_IAVL_PROOF_BYTES, MAX_SIMPLE_PROOF_BYTES),
    );
    assert_eq!(got, Err(ProofError::Unreadable { tree: "module" }));
    let got = check(&member, &sized(MAX_IAVL_PROOF_BYTES + 1, 0));
    let too_large = ProofError::TooLarge {
        tree: "module",
        max: MAX_IAVL_PROOF_BYTES,
        got: MAX_IAVL_PROOF_BYTES + 1,
    };
    assert_eq!(got, Err(too_large));
    let mut proof = member.proof.clone();
    proof.simple = vec![0; MAX_SIMPLE_PROOF_BYTES + 1];
    assert!(matches!(
        check(&member, &proof),
        Err(ProofError::TooLarge { tree: "store", .. })
    ));
    let Some(Proof::Exist(leaf)) = decode(&member.proof.iavl) else {
        panic!("expected a member");
    };
    for (steps, expected) in [
        (MAX_DEPTH, ProofError::Refuted { tree: "module" }),
        (
            MAX_DEPTH + 1,
            ProofError::TooDeep {
                tree: "module",
                got: MAX_DEPTH + 1,
            },
        ),
    ] {
        let mut leaf = leaf.clone();
        leaf.path = vec![leaf.path[0].clone(); steps];
        let proof = StoreProof {
            iavl: encode(Proof::Exist(leaf)),
            simple: member.proof.simple.clone(),
        };
        assert_eq!(check(&member, &proof), Err(expected));
    }
}

fn decode(bytes: &[u8]) -> Option<Proof> {
    CommitmentProof::decode(bytes).expect("a proof").proof
}

fn encode(proof: Proof) -> Vec<u8> {
    CommitmentProof { proof: Some(proof) }.encode_to_vec()
}

#[test]
fn should_never_stop_the_program() {
    let member = named("supply");
    let noise = || proptest::collection::vec(any::<u8>(), 0..400);
    proptest!(|(iavl in noise(), simple in noise())| {
        let proof = StoreProof { iavl, simple };
        prop_assert!(check(&member, &proof).is_err());
        let proof = StoreProof { simple: member.proof.simple.clone(), ..proof };
        prop_assert!(check(&member, &proof).is_err());
    });
}

/// The maker shares no code with what verifies, so that both agree on every byte.
#[test]
fn should_hold_a_proof_that_was_written_out_by_hand() {
    for depth in [0, 1, 26, 32] {
        let (root, key, proof) = balance_proof([1; 20], depth);
        let value = verify(&root, &key, &proof);
        assert_eq!(value, Ok(Some(b"1000000".to_vec())), "{depth}");
    }
}
