//! The built canister modules.
//!
//! `cargo xtask test` builds them first and names the folder; a bare `cargo test` builds them
//! here, once a process.

use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Names the folder of ready modules.
pub const MODULES_DIR: &str = "MODULES_DIR";

/// The compressed module of a package of this workspace.
///
/// **Errors** the canisters do not build, or the named folder lacks the module.
pub fn module(package: &str) -> Result<Vec<u8>> {
    let file = folder()?.join(format!("{package}.wasm.gz"));
    std::fs::read(&file).with_context(|| format!("no module {}", file.display()))
}

fn folder() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT
        .get_or_init(|| match std::env::var_os(MODULES_DIR) {
            Some(folder) => Ok(folder.into()),
            None => {
                let all = [&xtask::modules::PRODUCT[..], &xtask::modules::STANDINS[..]].concat();
                xtask::modules::build(&all)
                    .map(|_| xtask::root().join(xtask::modules::FOLDER))
                    .map_err(|error| format!("{error:#}"))
            }
        })
        .clone()
        .map_err(anyhow::Error::msg)
}
