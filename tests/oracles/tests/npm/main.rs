//! Our bytes, tokens, manifests and signatures against those of chain-sdk and cosmjs, both ways.

mod messages;
mod sdl;
mod tokens;
mod transactions;

use conformance::Suite;
use oracles::Oracle;
use serde_json::Value;
use std::sync::{LazyLock, Mutex, MutexGuard};

/// The one oracle of this process, or why there is none.
static ORACLE: LazyLock<Result<Mutex<Oracle>, String>> = LazyLock::new(|| {
    let install = std::env::var_os(conformance::REPORT).is_some();
    let oracle = Oracle::start(install).map_err(|error| format!("{error:#}"));
    oracle.map(Mutex::new)
});

/// The oracle, or `None` after saying why there is none.
fn oracle() -> Option<MutexGuard<'static, Oracle>> {
    match &*ORACLE {
        Ok(oracle) => Some(oracle.lock().unwrap_or_else(|broken| broken.into_inner())),
        Err(reason) => {
            conformance::absent(Suite::Npm, reason);
            None
        }
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("expected a text, got {value}"))
}
