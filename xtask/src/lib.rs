//! What the chores of the workspace share: where it is, and how its canister modules are built.
//!
//! The local network links this library, so it stays light.

pub mod modules;
pub mod route;

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in a folder of the workspace")
        .to_path_buf()
}
