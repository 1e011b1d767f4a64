//! The document names exactly the claims of the code, and the claims name what is there.

use conformance::{Basis, Part, Suite, claims, render};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn should_name_each_claim_of_the_code_and_no_other() {
    let document = std::fs::read_to_string(root().join("docs/conformance.md")).expect("a document");
    let documented: Vec<&str> = render::named(&document).collect();
    let in_order = Part::ALL.iter().flat_map(|part| {
        let of_part = claims::all().filter(|claim| claim.part == *part);
        of_part.map(|claim| claim.id)
    });
    assert_eq!(
        documented,
        in_order.collect::<Vec<_>>(),
        "run `cargo xtask conformance --write`"
    );
    for claim in claims::all() {
        assert!(
            document.contains(&claim.what.replace('|', "\\|")),
            "{}",
            claim.id
        );
    }
}

#[test]
fn should_have_each_claim_once_with_a_kind_and_a_basis() {
    const KINDS: [&str; 9] = [
        "message", "query", "key", "value", "rule", "code", "figure", "shape", "vector",
    ];
    let mut seen = BTreeSet::new();
    for claim in claims::all() {
        assert!(seen.insert(claim.id), "{} is there twice", claim.id);
        let kind = claim.id.split_once('/').map(|(kind, _)| kind);
        assert!(
            kind.is_some_and(|kind| KINDS.contains(&kind)),
            "{}",
            claim.id
        );
        assert!(!claim.bases.is_empty(), "{}", claim.id);
        assert!(claim.what.len() > 10, "{}", claim.id);
        let place = root().join(claim.at);
        assert!(place.exists(), "{}: {}", claim.id, claim.at);
        let open = claim
            .bases
            .iter()
            .filter(|basis| matches!(basis, Basis::Open(..)));
        assert!(open.count() <= 1, "{}", claim.id);
    }
}

/// What a test confirms must be written out where it confirms it, so that a claim can be traced.
#[test]
fn should_be_confirmed_somewhere_when_a_suite_is_named() {
    let mut sources = String::new();
    for folder in ["src", "gateway", "treasury", "proposals", "tests"] {
        collect(&root().join(folder), &mut sources);
    }
    for claim in claims::all() {
        let checked = claim.suites().next().is_some();
        let quoted = format!("\"{}\"", claim.id);
        assert_eq!(sources.contains(&quoted), checked, "{}", claim.id);
    }
}

/// Rust sources below a folder, but for the table and its neighbours.
fn collect(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !["target", "node_modules", "conformance"].contains(&name) {
                collect(&path, into);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push_str(&std::fs::read_to_string(&path).expect("a text"));
        }
    }
}

#[test]
fn should_know_each_suite_by_its_name() {
    for suite in Suite::ALL {
        assert_eq!(Suite::of(suite.name()), Some(suite));
        assert!(!suite.commands().is_empty());
    }
    assert_eq!(Suite::of("nothing"), None);
}
