//! Which toolchain builds for `wasm32-unknown-unknown`.
//!
//! Two routes exist. A normal machine has the target's standard library installed by rustup. A
//! machine whose rustup can download nothing may have Debian's compiler with the standard
//! library's source, and builds that too. The route is part of a module's metadata: modules of
//! different routes differ, and only one route's hash belongs in a proposal.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target triple of canister modules.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages that make the second route.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Folder of Debian's `rustc` and `cargo`.
const DEBIAN_BIN: &str = "/usr/bin";

/// A way to build canister modules.
#[derive(Clone, Debug)]
pub enum Route {
    /// The toolchain in use has the target.
    Installed {
        /// `rustc --version`.
        rustc: String,
    },
    /// Debian's toolchain builds the standard library from source.
    BuildStd {
        /// `rustc --version`.
        rustc: String,
        /// Folder of `rustc` and `cargo`.
        bin: PathBuf,
        /// The linker.
        linker: PathBuf,
        /// Where the compiler keeps its libraries and sources.
        sysroot: PathBuf,
    },
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed { rustc } => write!(f, "installed target, {rustc}"),
            Self::BuildStd { rustc, .. } => write!(f, "standard library from source, {rustc}"),
        }
    }
}

impl Route {
    /// Looks which route this machine has. **Errors** neither, with both cures.
    pub fn find() -> Result<Self> {
        if let Some(found) = installed() {
            return Ok(found);
        }
        match build_std(Path::new(DEBIAN_BIN)) {
            Ok(found) => Ok(found),
            Err(why) => bail!(
                "no toolchain builds for {TARGET}: expected the target beside rustc \
                 (rustup target add {TARGET}), or Debian's toolchain with the standard library's \
                 source (apt-get install {}), got: {why:#}",
                DEBIAN_PACKAGES.join(" ")
            ),
        }
    }

    /// A cargo command that builds for the target, free of what an outer cargo has set.
    #[must_use]
    pub fn cargo(&self, workspace: &Path) -> Command {
        let mut remaps = vec![(workspace.to_path_buf(), "/workspace")];
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        remaps.extend(home.map(|home| (home, "/cargo")));
        let mut command = match self {
            Self::Installed { .. } => Command::new("cargo"),
            Self::BuildStd { bin, sysroot, .. } => {
                remaps.push((sysroot.clone(), "/rust"));
                Command::new(bin.join("cargo"))
            }
        };
        for name in [
            "RUSTC",
            "RUSTDOC",
            "CARGO",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_MAKEFLAGS",
            "LD_LIBRARY_PATH",
        ] {
            command.env_remove(name);
        }
        let flags: Vec<String> = remaps
            .iter()
            .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
            .collect();
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        if let Self::BuildStd { bin, linker, .. } = self {
            let path = std::env::var("PATH").unwrap_or_default();
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("PATH", format!("{}:{path}", bin.display()))
                .env("RUSTC", bin.join("rustc"))
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command.current_dir(workspace);
        command
    }

    /// Arguments that go behind the verb.
    #[must_use]
    pub fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["--target", TARGET];
        if matches!(self, Self::BuildStd { .. }) {
            arguments.push("-Zbuild-std=std,panic_abort");
        }
        arguments
    }
}

fn installed() -> Option<Route> {
    let folder =
        output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))
            .ok()?;
    let has_core = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"));
    let rustc = output(Command::new("rustc").arg("--version")).ok()?;
    has_core.then_some(Route::Installed { rustc })
}

fn build_std(bin: &Path) -> Result<Route> {
    let rustc = bin.join("rustc");
    if !bin.join("cargo").exists() || !rustc.exists() {
        bail!("no rustc and cargo in {}", bin.display());
    }
    let version = output(Command::new(&rustc).arg("--version"))?;
    let sysroot = PathBuf::from(output(Command::new(&rustc).args(["--print", "sysroot"]))?);
    let source = sysroot.join("lib/rustlib/src/rust/library/std");
    if !source.exists() {
        bail!("no source of the standard library at {}", source.display());
    }
    let linker = ["wasm-ld", "rust-lld"]
        .iter()
        .find_map(|name| on_path(name))
        .context("no wasm-ld and no rust-lld on the PATH")?;
    Ok(Route::BuildStd {
        rustc: version,
        bin: bin.to_path_buf(),
        linker,
        sysroot,
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}
