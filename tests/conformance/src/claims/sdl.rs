//! SDL, manifest and hash.

use super::Basis::{self, Check};
use super::{Claim, Part};
use crate::suite::Suite::{Npm, Vectors};

const fn sdl(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Sdl,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    sdl(
        "rule/sdl-groups",
        "groups, units, prices, attributes and endpoints that an SDL gives; a unit for each profile of a placement",
        "src/sdl/build.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    sdl(
        "rule/sdl-manifest",
        "the manifest that an SDL gives, with sorted keys, null for absent lists, and Go's escapes",
        "src/sdl/manifest.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    sdl(
        "rule/sdl-hash",
        "the deployment's hash is the SHA-256 of that manifest",
        "src/sdl/manifest.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    sdl(
        "rule/sdl-refused",
        "SDLs that the reference refuses are refused",
        "src/sdl/rules.rs",
        &[Check(Npm)],
    ),
];
