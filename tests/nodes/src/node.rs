//! A chain of one process on this machine.

use crate::actor::Actor;
use crate::genesis::{self, Genesis, at, module_address};
use crate::go;
use crate::http::Client;
use crate::process::{Process, free_port};
use anyhow::{Context, Result, bail, ensure};
use orchestrator::akash::read;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for a node's first blocks.
const START: Duration = Duration::from_secs(90);

/// Longest wait for one more block.
const BLOCK: Duration = Duration::from_secs(30);

/// The chain is ready at this height: REST answers from committed state, and a genesis time that is
/// past no longer shows in block times.
const READY: u64 = 3;

/// Starts that are tried with other ports before giving up.
const TRIES: u32 = 3;

/// What a node says when a port is taken. **Source** Go, `syscall.EADDRINUSE`.
const PORT_TAKEN: &str = "address already in use";

/// Which program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program of `tests/cosmos-node`.
    Cosmos,
    /// A program of Akash. What is particular to it here follows from its sources and was not run
    /// by this project.
    Akash,
}

/// How it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Pause between blocks.
    pub block: Duration,
    /// States and blocks that are kept; all when `None`.
    pub keep: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            block: Duration::from_millis(300),
            keep: None,
        }
    }
}

/// A running chain. Dropped, it is stopped and its folder removed.
#[derive(Debug)]
pub struct Node {
    process: Process,
    client: Client,
    home: PathBuf,
    chain_id: String,
    rest: String,
    rpc: String,
}

impl Node {
    /// Starts a chain and waits for its third block. **Errors** with the last words of the program;
    /// nothing is left running.
    pub fn start(
        kind: Kind,
        program: &Path,
        genesis: &Genesis,
        settings: &Settings,
    ) -> Result<Self> {
        let home = new_folder()?;
        let started = Self::start_in(kind, program, genesis, settings, &home);
        if started.is_err() {
            remove(&home);
        }
        started
    }

    fn start_in(
        kind: Kind,
        program: &Path,
        genesis: &Genesis,
        settings: &Settings,
        home: &Path,
    ) -> Result<Self> {
        prepare(kind, program, genesis, settings, home)?;
        for attempt in 1.. {
            let client = Client::default();
            let (arguments, rest, rpc) = arguments(home, settings)?;
            let log = home.join("log");
            let mut node = Self {
                process: Process::start(program, &arguments, home, &log)?,
                client,
                home: home.into(),
                chain_id: genesis.chain_id.clone(),
                rest,
                rpc,
            };
            match node.wait_for(READY, START) {
                Ok(()) => return Ok(node),
                Err(error) => {
                    let taken = node.process.last_words().contains(PORT_TAKEN);
                    node.process.stop()?;
                    // The folder is used again, or removed by the caller.
                    node.home = PathBuf::new();
                    if !taken || attempt == TRIES {
                        return Err(error.context("the node did not start"));
                    }
                    // A chain may have begun before the second port was found taken.
                    for part in ["data", "wasm"] {
                        remove(&home.join(part));
                    }
                    prepare(kind, program, genesis, settings, home)?;
                }
            }
        }
        unreachable!("the last try returns")
    }

    /// REST address, without a trailing slash.
    #[must_use]
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// RPC address, without a trailing slash.
    #[must_use]
    pub fn rpc(&self) -> &str {
        &self.rpc
    }

    /// Part of every signature.
    #[must_use]
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// Carries requests to it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Height and time of its newest block. **Errors** it has ended, or says nothing.
    pub fn tip(&mut self) -> Result<read::Block> {
        self.process.check()?;
        let response = self.client.send(&read::status_request(&self.rest))?;
        read::status_reply(&response).context("the node's status")
    }

    /// Waits until a block stands. **Errors** the node has ended, or makes no blocks.
    pub fn wait_for_height(&mut self, height: u64) -> Result<()> {
        self.wait_for(height, BLOCK)
    }

    fn wait_for(&mut self, height: u64, patience: Duration) -> Result<()> {
        let mut last = Instant::now();
        let mut seen = 0;
        loop {
            // While it starts there is no answer; that it has ended is another matter.
            self.process.check()?;
            let tip = self.tip().map_or(0, |block| block.height);
            if tip >= height {
                return Ok(());
            }
            if tip > seen {
                (seen, last) = (tip, Instant::now());
            }
            if last.elapsed() > patience {
                let words = self.process.last_words();
                bail!("no block after {seen} within {patience:?}; last words:\n{words}");
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Err(error) = self.process.stop() {
            eprintln!("warning: {error:#}");
            return;
        }
        if !self.home.as_os_str().is_empty() {
            remove(&self.home);
        }
    }
}

/// A folder that no other run uses.
fn new_folder() -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let home = go::folder().join(format!("run/{}-{number}", std::process::id()));
    // What a killed run with the same process number has left.
    remove(&home);
    std::fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    Ok(home)
}

fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            eprintln!("warning: cannot remove {}: {why}", folder.display());
        }
        _ => {}
    }
}

/// Default files of the program, then ours over them.
fn prepare(
    kind: Kind,
    program: &Path,
    genesis: &Genesis,
    settings: &Settings,
    home: &Path,
) -> Result<()> {
    let text = home.display().to_string();
    // With a chain id Akash's command would first look for that chain's genesis on the internet.
    let init: &[&str] = match kind {
        Kind::Cosmos => &["init", "node", "--overwrite", "--home", &text],
        Kind::Akash => &["genesis", "init", "node", "--overwrite", "--home", &text],
    };
    let output = Command::new(program)
        .args(init)
        .env_clear()
        .env("HOME", home)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the node writes no genesis: {}",
        words.trim()
    );
    genesis.write(home)?;
    if kind == Kind::Akash {
        let file = home.join("config/genesis.json");
        let mut written = genesis::read(&file)?;
        akash(&mut written)?;
        genesis::write(&file, &written)?;
    }
    let pause = format!("\"{}ms\"", settings.block.as_millis());
    configure(
        &home.join("config/config.toml"),
        &[
            ("timeout_commit", &pause),
            ("timeout_propose", "\"300ms\""),
            ("timeout_propose_delta", "\"50ms\""),
            ("timeout_prevote", "\"50ms\""),
            ("timeout_precommit", "\"50ms\""),
            ("pprof_laddr", "\"\""),
        ],
    )
}

/// Replaces values of a TOML file. **Errors** a name that is not in it: it would be ignored.
fn configure(file: &Path, values: &[(&str, &str)]) -> Result<()> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for (name, value) in values {
        let line = lines.iter_mut().find(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        });
        *line.with_context(|| format!("{shown} has no {name}"))? = format!("{name} = {value}");
    }
    std::fs::write(file, lines.join("\n") + "\n").with_context(|| format!("cannot write {shown}"))
}

/// Arguments of the start, and where REST and RPC will answer.
fn arguments(home: &Path, settings: &Settings) -> Result<(Vec<String>, String, String)> {
    let [rest, rpc, grpc, peers] = [free_port()?, free_port()?, free_port()?, free_port()?];
    let home = home.display();
    let mut line = format!(
        "start --home {home} --rpc.laddr tcp://127.0.0.1:{rpc} --p2p.laddr tcp://127.0.0.1:{peers} \
         --p2p.pex=false --grpc.address 127.0.0.1:{grpc} --grpc-web.enable=false --api.enable \
         --api.address tcp://127.0.0.1:{rest} --minimum-gas-prices 0.025uakt --log_level error"
    );
    match settings.keep {
        None => line += " --pruning nothing",
        Some(keep) => {
            line += &format!(
                " --pruning custom --pruning-keep-recent {keep} --pruning-interval 10 \
                 --min-retain-blocks {keep}"
            );
        }
    }
    ensure!(
        !home.to_string().contains(' '),
        "expected a path without blanks, got {home}"
    );
    let arguments = line
        .split(' ')
        .filter(|a| !a.is_empty())
        .map(String::from)
        .collect();
    Ok((
        arguments,
        format!("http://127.0.0.1:{rest}"),
        format!("http://127.0.0.1:{rpc}"),
    ))
}

/// Who feeds the price of a chain of Akash.
#[must_use]
pub fn feeder() -> Actor {
    Actor::new("feeder")
}

/// What Akash's own modules need so that ACT can be minted at once: one account that feeds the
/// price, which stays good for years; a vault that holds uakt; a mint at each block.
///
/// Not run by this project: no node of Akash could be had where it was written.
fn akash(genesis: &mut Value) -> Result<()> {
    let state = at(genesis, "/app_state")?;
    for (place, value) in [
        ("/oracle/params/sources", json!([feeder().address])),
        ("/oracle/params/min_price_sources", json!(1)),
        ("/oracle/params/max_price_deviation_bps", json!("1000")),
        (
            "/oracle/params/max_price_staleness_period",
            json!("315360000s"),
        ),
        ("/oracle/params/price_retention", json!("630720000s")),
        ("/oracle/params/twap_window", json!("1s")),
        ("/bme/params/min_epoch_blocks", json!("1")),
        (
            "/bme/params/min_mint",
            json!([{"denom": "uact", "amount": "1000000"}]),
        ),
    ] {
        *at(state, place)? = value;
    }
    // Only a balance: a plain account at a module's address would break the module.
    let vault = json!({
        "address": module_address("bme"),
        "coins": [{"denom": "uakt", "amount": "1000000000000"}],
    });
    let balances = at(state, "/bank/balances")?;
    balances
        .as_array_mut()
        .context("balances are no list")?
        .push(vault);
    Ok(())
}
