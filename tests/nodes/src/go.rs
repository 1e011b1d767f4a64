//! Programs that are built from published Go modules: found, or built once and kept.

use crate::skip::{Skip, reason_of_build};
use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program of `tests/cosmos-node` is called in reports.
pub const COSMOS_NODE: &str = "Cosmos SDK node";

/// What a real node of Akash is called in reports.
pub const AKASH_NODE: &str = "real Akash node";

/// The published module of Akash's node, and the version that this project is written for.
const AKASH_MODULE: &str = "pkg.akt.dev/node/v2";
/// **Source** network upgrade v2.1.0; the newest release whose checksum is on record.
const AKASH_VERSION: &str = "v2.1.0";

/// Where programs, logs and the folders of running chains lie.
#[must_use]
pub fn folder() -> PathBuf {
    root().join("target/real-nodes")
}

pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("this crate lies two folders below the root")
        .to_path_buf()
}

/// The node of the Cosmos SDK: the program that `COSMOS_NODE_BIN` names, or the one built from
/// `tests/cosmos-node`. A first build takes about ten minutes and a few hundred megabytes.
///
/// **Errors** why there is none.
pub fn cosmos_node() -> Result<PathBuf, Skip> {
    let skip = |reason: String| Skip::new(COSMOS_NODE, reason);
    if let Some(program) = from_environment("COSMOS_NODE_BIN") {
        return checked(program).map_err(skip);
    }
    let source = root().join("tests/cosmos-node");
    let toolchain = toolchain().map_err(skip)?;
    build_once(&source, "cosmos-node", &toolchain, |temporary, log| {
        let arguments = ["build", "-mod=readonly", "-trimpath", "-p", "2", "-o"];
        let mut go = go(&source);
        go.env("CGO_ENABLED", "0")
            .args(arguments)
            .arg(temporary)
            .arg(".");
        run(&mut go, log)
    })
    .map_err(skip)
}

/// The node of Akash: the program that `AKASH_BIN` names, or one built from `tests/akash-node`.
///
/// What the second way does after its modules were served has not been run by this project: where it
/// was written the proxy refused them. **Errors** why there is none.
pub fn akash_node() -> Result<PathBuf, Skip> {
    let skip = |reason: String| Skip::new(AKASH_NODE, reason);
    if let Some(program) = from_environment("AKASH_BIN") {
        return checked(program).map_err(skip);
    }
    let source = root().join("tests/akash-node");
    let toolchain = toolchain().map_err(skip)?;
    build_once(&source, "akash", &toolchain, |temporary, log| {
        build_akash(&source, temporary, log)
    })
    .map_err(skip)
}

fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

/// A program that can say its version. **Errors** it cannot.
fn checked(program: PathBuf) -> Result<PathBuf, String> {
    let home = folder().join("version");
    let shown = program.display();
    let output = std::fs::create_dir_all(&home).and_then(|()| {
        Command::new(&program)
            .args(["version", "--home"])
            .arg(&home)
            .output()
    });
    match output {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => Err(format!(
            "{shown} cannot say its version ({})",
            output.status
        )),
        Err(why) => Err(format!("{shown} cannot be run: {why}")),
    }
}

/// The go command in a folder, deaf to settings of its user that would change what is built.
fn go(folder: &Path) -> Command {
    let mut go = Command::new("go");
    go.current_dir(folder)
        .env("GOFLAGS", "-buildvcs=false")
        // A missing toolchain is a reason to skip, not one to download another.
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off");
    go
}

/// Which Go this is. **Errors** there is none.
fn toolchain() -> Result<Vec<u8>, String> {
    let version = Command::new("go")
        .args(["env", "GOVERSION"])
        .env("GOTOOLCHAIN", "local")
        .output();
    match version {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => Err(format!("go does not work ({})", output.status)),
        Err(_) => Err("Go is not installed".into()),
    }
}

/// Runs a build and keeps what it says. **Errors** its reason, in one line.
fn run(command: &mut Command, log: &Path) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|why| format!("go cannot be run: {why}"))?;
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let kept = std::fs::write(log, format!("{command:?}\n{said}{words}"));
    if let Err(why) = kept {
        eprintln!("warning: cannot write {}: {why}", log.display());
    }
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!(
            "{} (log: {})",
            reason_of_build(&format!("{said}{words}")),
            log.display()
        ))
    }
}

/// The program of a source folder, kept under a name that says what it was built from. It is built
/// under another name and renamed when it is whole and can say its version, so that a build that was
/// cut short leaves nothing that could be taken for a program.
fn build_once(
    source: &Path,
    name: &str,
    toolchain: &[u8],
    build: impl FnOnce(&Path, &Path) -> Result<String, String>,
) -> Result<PathBuf, String> {
    let digest = digest(source, toolchain).map_err(|why| format!("{why:#}"))?;
    let folder = folder().join("bin");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let program = folder.join(format!("{name}-{digest}"));
    if program.is_file() {
        match checked(program.clone()) {
            Ok(program) => return Ok(program),
            Err(why) => eprintln!("{why}; it is built again"),
        }
    }
    let log = folder.join(format!("{name}.log"));
    eprintln!("building {} (log: {})", source.display(), log.display());
    let temporary = folder.join(format!(".{name}-{}", std::process::id()));
    let built = build(&temporary, &log).and_then(|_| checked(temporary.clone()));
    let placed = built.and_then(|_| {
        std::fs::rename(&temporary, &program).map_err(|why| format!("{}: {why}", program.display()))
    });
    if placed.is_err() {
        // Nothing was written when the build was refused; what was must not stay.
        match std::fs::remove_file(&temporary) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                eprintln!("warning: cannot remove {}: {why}", temporary.display());
            }
            _ => {}
        }
    }
    placed.map(|()| program)
}

/// Names what a program is built from: the files of its module, and the toolchain.
fn digest(source: &Path, version: &[u8]) -> Result<String> {
    let entries = std::fs::read_dir(source).with_context(|| source.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.context("cannot list a folder")?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".go") || name == "go.mod" || name == "go.sum" {
            files.push((
                name,
                std::fs::read(&path).context(path.display().to_string())?,
            ));
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(version);
    for (name, bytes) in files {
        hash.update(name.len().to_be_bytes());
        hash.update(name);
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    }
    Ok(hex::encode(&hash.finalize()[..6]))
}

/// Builds Akash's node from its published module. Replacements of a dependency are not inherited, so
/// they are taken from the module's own go.mod.
///
/// Not run by this project past the first line that asks the proxy.
fn build_akash(source: &Path, program: &Path, log: &Path) -> Result<String, String> {
    let io = |why: std::io::Error| format!("cannot prepare the build: {why}");
    let folder = folder().join("akash-node");
    std::fs::create_dir_all(&folder).map_err(io)?;
    std::fs::copy(source.join("main.go"), folder.join("main.go")).map_err(io)?;
    for stale in ["go.mod", "go.sum"] {
        match std::fs::remove_file(folder.join(stale)) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(io(why)),
            _ => {}
        }
    }
    let module = format!("{AKASH_MODULE}@{AKASH_VERSION}");
    run(
        go(&folder).args(["mod", "init", "example.invalid/akash-node"]),
        log,
    )?;
    let found = run(go(&folder).args(["mod", "download", "-json", &module]), log)?;
    let found: Value = serde_json::from_str(&found).map_err(|why| format!("{module}: {why}"))?;
    let upstream = found["GoMod"]
        .as_str()
        .ok_or_else(|| format!("{module}: no go.mod"))?;
    let upstream = run(go(&folder).args(["mod", "edit", "-json", upstream]), log)?;
    let edits = edits_of(&upstream).map_err(|why| format!("{module}: {why:#}"))?;
    run(
        go(&folder)
            .args(["mod", "edit"])
            .args(edits)
            .arg(format!("-require={module}")),
        log,
    )?;
    let version = AKASH_VERSION.trim_start_matches('v');
    let name = "github.com/cosmos/cosmos-sdk/version";
    let flags = format!(
        "-X {name}.Name=akash -X {name}.AppName=akash -X {name}.Version={version} \
         -X {name}.BuildTags=osusergo,netgo"
    );
    // Its contracts' engine is a C library that the module carries: cgo cannot be left out.
    let mut build = go(&folder);
    build
        .env("CGO_ENABLED", "1")
        .args(["build", "-mod=mod", "-p", "2", "-tags", "osusergo,netgo"]);
    build.args(["-ldflags", &flags, "-o"]).arg(program).arg(".");
    run(&mut build, log)
}

/// Go version and replacements of a go.mod in JSON, as arguments of `go mod edit`.
fn edits_of(module: &str) -> Result<Vec<String>> {
    let module: Value = serde_json::from_str(module).context("no JSON")?;
    let mut edits = Vec::new();
    if let Some(version) = module["Go"].as_str() {
        edits.push(format!("-go={version}"));
    }
    for replaced in module["Replace"].as_array().into_iter().flatten() {
        let text = |pointer: &str| replaced.pointer(pointer).and_then(Value::as_str);
        let old = text("/Old/Path").context("a replacement of nothing")?;
        let new = text("/New/Path").context("a replacement by nothing")?;
        let version = text("/New/Version").context("a replacement by a folder")?;
        edits.push(format!("-replace={old}={new}@{version}"));
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Build = fn(&Path) -> Result<String, String>;

    #[test]
    fn should_take_over_what_a_module_replaces() {
        let module = r#"{"Module":{"Path":"m"},"Go":"1.26.2","Replace":[
            {"Old":{"Path":"a.example/x"},"New":{"Path":"b.example/x","Version":"v1.2.3"}},
            {"Old":{"Path":"c.example/y"},"New":{"Path":"c.example/y","Version":"v0.1.0"}}]}"#;
        let expected = [
            "-go=1.26.2",
            "-replace=a.example/x=b.example/x@v1.2.3",
            "-replace=c.example/y=c.example/y@v0.1.0",
        ];
        assert_eq!(edits_of(module).expect("readable"), expected);
        let folder = r#"{"Replace":[{"Old":{"Path":"a"},"New":{"Path":"../a"}}]}"#;
        assert!(edits_of(folder).is_err(), "a folder is on another machine");
        assert!(edits_of("no JSON").is_err());
    }

    #[test]
    fn should_keep_no_half_of_a_program() {
        let source = folder().join(format!("tests/source-{}", std::process::id()));
        std::fs::create_dir_all(&source).expect("a folder");
        std::fs::write(source.join("main.go"), format!("// {}", std::process::id()))
            .expect("written");
        let name = format!("half-{}", std::process::id());
        let refused: Build = |_| Err("refused".into());
        let cut: Build = |path| {
            std::fs::write(path, "half").map_err(|e| e.to_string())?;
            Ok(String::new())
        };
        let rows = [
            ("a build that fails", refused, "refused"),
            ("a build that is cut short", cut, "cannot be run"),
        ];
        for (desc, build, expected) in rows {
            let error = build_once(&source, &name, b"go", |path, _| build(path)).expect_err(desc);
            assert!(error.contains(expected), "{desc}: {error}");
            let left = std::fs::read_dir(folder().join("bin")).expect("a folder");
            let left: Vec<_> = left.flatten().map(|e| e.file_name()).collect();
            assert!(
                !left
                    .iter()
                    .any(|file| file.to_string_lossy().contains(&name)),
                "{desc}: {left:?}"
            );
        }
        std::fs::remove_dir_all(source).expect("removable");
    }
}
