//! The node process that holds the npm packages.

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that answers questions, one at a time. It ends when this is dropped, or when this
/// process does.
#[derive(Debug)]
pub struct Oracle {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What it is made of.
    pub versions: Versions,
}

/// What an oracle is made of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Versions {
    /// The runtime.
    pub node: String,
    /// `@akashnetwork/chain-sdk`.
    pub chain_sdk: String,
    /// `@cosmjs/*`.
    pub cosmjs: String,
    /// `cosmjs-types`.
    pub cosmjs_types: String,
}

impl Versions {
    /// What Akash's messages were compared with.
    #[must_use]
    pub fn of_akash(&self) -> String {
        format!("chain-sdk {} (npm)", self.chain_sdk)
    }

    /// What the Cosmos SDK's messages and signatures were compared with.
    #[must_use]
    pub fn of_cosmos(&self) -> String {
        format!(
            "cosmjs {} with cosmjs-types {} (npm)",
            self.cosmjs, self.cosmjs_types
        )
    }
}

impl Oracle {
    /// Starts one. The packages are installed first when they are missing and `install` allows it.
    ///
    /// **Errors** why there is none: node or npm missing, the packages not installed, the
    /// installation refused.
    pub fn start(install: bool) -> Result<Oracle> {
        let folder = folder();
        let version = Command::new("node").arg("--version").output();
        version.context("node is not installed")?;
        if !is_installed(&folder) {
            if !install {
                bail!(
                    "the npm packages are not installed; `cargo xtask conformance` installs them"
                );
            }
            install_packages(&folder)?;
        }
        let mut process = Command::new("node")
            .arg("oracle.mjs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start node")?;
        let (questions, answers) = (process.stdin.take(), process.stdout.take());
        let answers = answers.context("node has no output")?;
        let mut oracle = Oracle {
            process,
            questions,
            answers: BufReader::new(answers),
            versions: Versions::default(),
        };
        let versions = oracle.ask("versions", json!({}))?;
        oracle.versions = serde_json::from_value(versions).context("versions")?;
        Ok(oracle)
    }

    /// Asks. **Errors** what it says is wrong with the question, or that it is gone.
    pub fn ask(&mut self, operation: &str, mut question: Value) -> Result<Value> {
        question["op"] = operation.into();
        let questions = self.questions.as_mut().context("an open pipe")?;
        writeln!(questions, "{question}").context("node does not listen")?;
        questions.flush().context("node does not listen")?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("node ended in the middle");
        }
        let mut answer: Value = serde_json::from_str(&line).context("not JSON")?;
        if let Some(error) = answer["error"].as_str() {
            bail!("{operation}: {error}");
        }
        Ok(answer["ok"].take())
    }

    /// Asks for a text. **Errors** as [`Oracle::ask`].
    pub fn ask_text(&mut self, operation: &str, question: Value) -> Result<String> {
        let answer = self.ask(operation, question)?;
        let text = answer.as_str().map(str::to_string);
        text.ok_or_else(|| anyhow!("{operation}: expected a text, got {answer}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The end of its input is how it is told to end.
        self.questions = None;
        if let Err(error) = self.process.wait() {
            eprintln!("node did not end: {error}");
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("npm")
}

/// Holds the lock file that was installed; absent while an installation is not complete.
const INSTALLED: &str = "node_modules/.installed-from";

fn is_installed(folder: &Path) -> bool {
    let wanted = std::fs::read(folder.join("package-lock.json")).ok();
    wanted.is_some() && wanted == std::fs::read(folder.join(INSTALLED)).ok()
}

fn install_packages(folder: &Path) -> Result<()> {
    let done = Command::new("npm")
        .args([
            "ci",
            "--prefer-offline",
            "--no-progress",
            "--loglevel=error",
        ])
        .current_dir(folder)
        .output()
        .context("npm is not installed")?;
    if !done.status.success() {
        let text = String::from_utf8_lossy(&done.stderr);
        let first = text.lines().next().unwrap_or("no reason given");
        bail!("npm refused to install the packages: {first}");
    }
    std::fs::copy(folder.join("package-lock.json"), folder.join(INSTALLED))
        .context("cannot note what was installed")?;
    Ok(())
}
