//! A child process that cannot outlive us.
//!
//! The program runs under a shell that holds the end of a pipe. When the pipe closes, because it is
//! stopped or because this process died in whatever way, the shell ends the program: first politely,
//! then not. Only that one process is ever signalled, by the number that the shell got when it
//! started it.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Ends the program when standard input ends; ends itself when the program does.
///
/// A program gets ten seconds to end after SIGTERM. Its number stays ours until the shell has
/// waited for it, so no other process can be met by the signal.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{
  cat <&3 >/dev/null
  kill "$child" 2>/dev/null
  tries=0
  while kill -0 "$child" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -9 "$child" 2>/dev/null
} 3<&3 >/dev/null 2>&1 &
exec 3<&-
wait "$child"
"#;

/// How long an end may take: longer than the guard waits before it stops asking politely.
const PATIENCE: Duration = Duration::from_secs(15);

/// Lines of the log that are shown when something went wrong.
const LAST_LINES: usize = 12;

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    guard: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program. What it says goes to the file `log`. **Errors** it cannot be started.
    pub fn start(program: &Path, arguments: &[String], home: &Path, log: &Path) -> Result<Self> {
        if !program.is_file() {
            bail!("expected a program, got no file at {}", program.display());
        }
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD, "guard"])
            .arg(program)
            .args(arguments)
            .current_dir(home)
            // What a person has set for another chain must not reach this one.
            .env_clear()
            .env("HOME", home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(out.try_clone().context("cannot share the log")?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            name: name.into_owned(),
            guard,
            log: log.into(),
        })
    }

    /// **Errors** it has ended, with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        match self.guard.try_wait().context("cannot ask for a child")? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    fn ended(&self, status: ExitStatus) -> anyhow::Error {
        anyhow::anyhow!(
            "{} ended ({status}); its last words:\n{}",
            self.name,
            self.last_words()
        )
    }

    /// The end of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        let from = lines.len().saturating_sub(LAST_LINES);
        lines[from..].join("\n")
    }

    /// Stops it and waits for its end. **Errors** it does not end.
    pub fn stop(&mut self) -> Result<()> {
        drop(self.guard.stdin.take());
        let until = Instant::now() + PATIENCE;
        loop {
            if self
                .guard
                .try_wait()
                .context("cannot ask for a child")?
                .is_some()
            {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("{} does not end within {PATIENCE:?}", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("warning: {error:#}");
        }
    }
}

/// A port of the loopback interface that is free now.
///
/// Between the question and its use another program may take it; a node then says so and ends, and
/// the start is tried again with another one. **Errors** there is none.
pub fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    Ok(listener.local_addr().context("no port is free")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/real-nodes/tests")
            .join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn start(home: &Path, script: &str) -> Process {
        let arguments = ["-c".to_string(), script.to_string()];
        Process::start(Path::new("/bin/sh"), &arguments, home, &home.join("log")).expect("starts")
    }

    /// Waits until `condition` holds.
    fn eventually(desc: &str, mut condition: impl FnMut() -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < until, "{desc}: never");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn number(home: &Path) -> u32 {
        let file = home.join("pid");
        let mut number = None;
        eventually("a number", || {
            number = std::fs::read_to_string(&file)
                .ok()
                .and_then(|t| t.trim().parse().ok());
            number.is_some()
        });
        number.expect("read above")
    }

    fn runs(number: u32) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    }

    #[test]
    fn should_leave_nothing_running() {
        for (desc, script) in [
            (
                "a polite program",
                "echo $$ >pid; while :; do sleep 0.05; done",
            ),
            (
                "one that ends slowly",
                "trap 'sleep 0.3; exit 0' TERM; echo $$ >pid; while :; do sleep 0.05; done",
            ),
        ] {
            let home = folder("leaves-nothing");
            let mut process = start(&home, script);
            let number = number(&home);
            process.check().expect(desc);
            assert!(runs(number), "{desc}");
            drop(process);
            assert!(!runs(number), "{desc}");
            std::fs::remove_dir_all(home).expect("removable");
        }
    }

    #[test]
    fn should_end_the_program_when_its_owner_dies() {
        let home = folder("owner-dies");
        let mut process = start(&home, "echo $$ >pid; while :; do sleep 0.05; done");
        let number = number(&home);
        // All that the death of an owner does: the pipe closes.
        drop(process.guard.stdin.take());
        eventually("an end", || !runs(number));
        std::fs::remove_dir_all(home).expect("removable");
    }

    #[test]
    fn should_say_why_a_program_ended() {
        let home = folder("says-why");
        let mut process = start(&home, "echo address already in use >&2; exit 3");
        let mut error = None;
        eventually("an end", || {
            error = process.check().err();
            error.is_some()
        });
        let text = format!("{:#}", error.expect("seen above"));
        assert!(text.contains("exit status: 3"), "{text}");
        assert!(text.contains("address already in use"), "{text}");
        std::fs::remove_dir_all(home).expect("removable");
    }

    #[test]
    fn should_refuse_a_program_that_is_not_there() {
        let home = folder("not-there");
        let missing = home.join("no-such-program");
        let error = Process::start(&missing, &[], &home, &home.join("log")).expect_err("missing");
        assert!(error.to_string().contains("no-such-program"), "{error}");
        std::fs::remove_dir_all(home).expect("removable");
    }
}
