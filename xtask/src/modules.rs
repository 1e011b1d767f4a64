//! Canister modules: built for size, shrunk, labelled, compressed, hashed.

use crate::route::Route;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One canister of the workspace.
#[derive(Clone, Copy, Debug)]
pub struct Canister {
    /// Its package and binary.
    pub package: &'static str,
    /// Its interface, relative to the root.
    pub candid: &'static str,
}

/// The product's canisters.
pub const PRODUCT: [Canister; 2] = [
    Canister {
        package: "gateway",
        candid: "gateway/gateway.did",
    },
    Canister {
        package: "treasury",
        candid: "treasury/treasury.did",
    },
];

/// The canisters that stand in for the world's on the local network.
pub const STANDINS: [Canister; 3] = [
    Canister {
        package: "sns-governance-standin",
        candid: "tests/standins/governance/governance.did",
    },
    Canister {
        package: "icp-ledger-standin",
        candid: "tests/standins/ledger/ledger.did",
    },
    Canister {
        package: "exchange-rate-standin",
        candid: "tests/standins/rates/rates.did",
    },
];

/// A module, ready to install.
#[derive(Clone, Debug)]
pub struct Module {
    /// Package of the canister.
    pub package: &'static str,
    /// The compressed module.
    pub file: PathBuf,
    /// SHA-256 of the file: the hash that the Internet Computer shows once it is installed.
    pub sha256: String,
    /// **Units** bytes.
    pub size: u64,
}

/// Folder of ready modules, relative to the root.
pub const FOLDER: &str = "target/modules";

/// Builds the modules of `canisters` by the route of this machine.
///
/// **Errors** no route, a compiler error, or an interface file that is missing.
pub fn build(canisters: &[Canister]) -> Result<(Route, Vec<Module>)> {
    let route = Route::find()?;
    let root = crate::root();
    let mut cargo = route.cargo(&root);
    cargo.arg("build").args(["--quiet", "--locked"]);
    cargo.args(["--profile", "canister", "--target-dir", "target/canister"]);
    for canister in canisters {
        cargo.args(["--package", canister.package, "--bin", canister.package]);
    }
    cargo.args(route.arguments());
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the canisters do not build by the route: {route}");
    }
    let revision = revision(&root);
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let modules = canisters
        .iter()
        .map(|canister| finish(&root, &folder, *canister, &route, &revision))
        .collect::<Result<_>>()?;
    Ok((route, modules))
}

/// Shrinks, labels and compresses what the compiler made.
fn finish(
    root: &Path,
    folder: &Path,
    canister: Canister,
    route: &Route,
    revision: &str,
) -> Result<Module> {
    let built = root
        .join("target/canister")
        .join(crate::route::TARGET)
        .join("canister")
        .join(format!("{}.wasm", canister.package));
    let wasm = std::fs::read(&built).with_context(|| format!("no module {}", built.display()))?;
    let candid = root.join(canister.candid);
    let candid = std::fs::read(&candid)
        .with_context(|| format!("no interface file {}", candid.display()))?;

    let mut module = ic_wasm::utils::parse_wasm(&wasm, false)?;
    ic_wasm::shrink::shrink(&mut module);
    let labels: [(&str, Vec<u8>); 3] = [
        ("candid:service", candid),
        ("git_commit_id", revision.as_bytes().to_vec()),
        ("build_route", route.to_string().into_bytes()),
    ];
    for (name, text) in labels {
        ic_wasm::metadata::add_metadata(&mut module, ic_wasm::metadata::Kind::Public, name, text);
    }
    let bytes = module.emit_wasm();

    // No name and no time in the header, so that equal modules compress to equal bytes.
    let mut gz = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
    gz.write_all(&bytes)?;
    let bytes = gz.finish()?;

    let file = folder.join(format!("{}.wasm.gz", canister.package));
    // Tests of another process may be reading: they see the old file or the new one.
    let fresh = folder.join(format!(".{}.{}", canister.package, std::process::id()));
    std::fs::write(&fresh, &bytes)?;
    std::fs::rename(&fresh, &file)?;
    Ok(Module {
        package: canister.package,
        file,
        sha256: hex::encode(Sha256::digest(&bytes)),
        size: bytes.len() as u64,
    })
}

/// The commit that is checked out, marked when the tree differs from it.
fn revision(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args(arguments)
            .current_dir(root)
            .output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let Some(commit) = git(&["rev-parse", "HEAD"]) else {
        return "unknown".into();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit}-modified"),
    }
}
