//! Tests of the SDL against vectors of the reference library, and of each rule.

mod hostile;
mod invalid;
mod limits;
mod properties;
mod vectors;

use super::{Sdl, SdlError, parse};

/// One service, one port, one placement: the least that is an SDL.
pub(super) const WEB: &str = r#"version: "2.0"
services:
  site:
    image: ghcr.io/example/static-site:1.4.2
    expose:
      - port: 8080
        as: 80
        to:
          - global: true
profiles:
  compute:
    small:
      resources:
        cpu:
          units: 250m
        memory:
          size: 256Mi
        storage:
          size: 1Gi
  placement:
    anywhere:
      pricing:
        small:
          denom: uact
          amount: 50
deployment:
  site:
    anywhere:
      profile: small
      count: 1
"#;

/// `text` with one part replaced, which has to be there once.
pub(super) fn with(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old:?} stands there once");
    text.replace(old, new)
}

pub(super) fn good(text: &str) -> Sdl {
    parse(text).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

pub(super) fn bad(text: &str) -> Vec<SdlError> {
    match parse(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(errors) => errors.0,
    }
}

/// Some problem is at `path` and says `words`.
pub(super) fn refuse(desc: &str, text: &str, path: &str, words: &str) {
    let errors = bad(text);
    assert!(
        errors
            .iter()
            .any(|e| e.path == path && e.problem.contains(words)),
        "{desc}: expected {path}: {words}; got {errors:#?}"
    );
}
