//! Every chore of the workspace behind one command: `cargo xtask`.

mod conformance;
mod tidy;

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};
use xtask::modules::{self, Canister, Module};
use xtask::route::{DEBIAN_PACKAGES, Route, TARGET};

const HELP: &str = "\
cargo xtask <chore>

  setup            installs what building canister modules needs, if it is missing, and the
                   accounting tools that check the exported books, where it can
  build            builds both canister modules and prints their hashes
  test [ARGS]      builds all modules and runs every test; ARGS go to cargo test
  demo [OPTIONS]   one proposal from vote to lease to close on the local network
                     --sdl FILE   what to deploy (default: proposals/examples/web.yaml)
                     --json       the last line is one JSON object with the figures
                     --seed N     another run of the same world (default: 1)
  bench            counts outcalls, signatures, cycles, instructions and bytes
  conformance      runs the tests that meet a counterpart and says what they confirmed
                     --write      makes docs/conformance.md of it
                     --only NAME  one suite: it may be given again
                     --with FILE  a report of another run, to put beside this one's
  tidy             checks what the compiler does not: long files, forbidden words
  ci               format, lints, tidy, dependencies, tests
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let done = match arguments.first().map(String::as_str) {
        Some("setup") => setup().map(|route| {
            readers();
            println!("canister modules are built by the {route}");
        }),
        Some("build") => build(&modules::PRODUCT).map(drop),
        Some("test") => test(rest),
        Some("demo") => network("demo", rest),
        Some("bench") => network("bench", rest),
        Some("conformance") => conformance::run(rest),
        Some("tidy") => tidy::check(&xtask::root()),
        Some("ci") => ci(),
        None | Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(anyhow::anyhow!("expected a chore, got {other:?}\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Finds a route, or installs what makes one.
fn setup() -> Result<Route> {
    let missing = match Route::find() {
        Ok(route) => return Ok(route),
        Err(missing) => missing,
    };
    eprintln!("{missing:#}");
    let rustup = ["target", "add", TARGET];
    eprintln!("setup: rustup {}", rustup.join(" "));
    let added = Command::new("rustup").args(rustup).status();
    if !added.is_ok_and(|status| status.success()) && Path::new("/usr/bin/apt-get").exists() {
        eprintln!("setup: apt-get install {}", DEBIAN_PACKAGES.join(" "));
        run(Command::new("apt-get").args(["-qq", "update"]))?;
        run(Command::new("apt-get")
            .args(["-qq", "install", "-y", "--no-install-recommends"])
            .args(DEBIAN_PACKAGES))?;
    }
    Route::find()
}

fn build(canisters: &[Canister]) -> Result<Vec<Module>> {
    setup()?;
    let (route, modules) = modules::build(canisters)?;
    println!("route: {route}");
    for module in &modules {
        println!(
            "{}  {}  {} bytes",
            module.sha256,
            module.file.display(),
            module.size
        );
    }
    Ok(modules)
}

fn test(arguments: &[String]) -> Result<()> {
    build(&[&modules::PRODUCT[..], &modules::STANDINS[..]].concat())?;
    run(cargo(&["test", "--workspace", "--locked"])
        .env("MODULES_DIR", xtask::root().join(modules::FOLDER))
        .args(arguments))?;
    for (part, reason) in SKIPPED {
        println!("skipped: {part}: {reason}");
    }
    for (tool, how) in missing_readers() {
        println!("skipped: {tool} reads the exported books: it is not installed ({how})");
    }
    Ok(())
}

/// Where beancount is installed: beside everything else that is built.
const BEANCOUNT: &str = "target/beancount";

/// Tools that check the exported books and are not there, each with how to get it.
fn missing_readers() -> Vec<(&'static str, &'static str)> {
    let runs = |program: &Path| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let local = xtask::root().join(BEANCOUNT).join("bin/bean-check");
    let mut missing = Vec::new();
    if !runs(Path::new("hledger")) {
        missing.push(("hledger", "apt-get install hledger"));
    }
    if !runs(Path::new("bean-check")) && !runs(&local) {
        missing.push(("beancount", "pip install beancount"));
    }
    missing
}

/// Installs what it can of the tools that check the exported books. Without them their tests are
/// skipped, and say so.
fn readers() {
    for (tool, how) in missing_readers() {
        let root = xtask::root();
        let done = if tool == "hledger" {
            run(Command::new("apt-get").args(["-qq", "install", "-y", "hledger"]))
        } else {
            let venv = ["-m", "venv", BEANCOUNT];
            let pip = format!("{BEANCOUNT}/bin/pip");
            run(Command::new("python3").args(venv).current_dir(&root)).and_then(|()| {
                let install = ["-q", "install", "beancount"];
                run(Command::new(root.join(pip)).args(install))
            })
        };
        if let Err(error) = done {
            eprintln!("setup: {tool} ({how}): {error:#}");
        }
    }
}

/// Parts of the world that the tests meet only as stand-ins.
const SKIPPED: [(&str, &str); 3] = [
    ("real Akash node", "the harness has no driver for one"),
    (
        "real SNS, ledger and exchange-rate canisters",
        "the harness does not fetch them",
    ),
    (
        "PocketIC",
        "the harness has no driver for it; modules run on the embedded host",
    ),
];

/// Runs a program of the local network on freshly built modules.
fn network(program: &str, arguments: &[String]) -> Result<()> {
    setup()?;
    modules::build(&[&modules::PRODUCT[..], &modules::STANDINS[..]].concat())?;
    run(cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--package",
        "local-network",
        "--bin",
        program,
    ])
    .env("MODULES_DIR", xtask::root().join(modules::FOLDER))
    .arg("--")
    .args(arguments))
}

fn ci() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    tidy::check(&xtask::root())?;
    if Command::new("cargo")
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|o| o.status.success())
    {
        run(&mut cargo(&[
            "deny",
            "--config",
            ".cargo/deny.toml",
            "check",
        ]))?;
    } else {
        println!("skipped: dependency check: cargo-deny is not installed");
    }
    test(&[])
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(xtask::root());
    command
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
