//! What the compiler does not check.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Longest source file. **Units** lines.
const MAX_LINES: usize = 1_500;

/// Words that must not be in a tracked text, spelt in two halves so that this file may be.
const FORBIDDEN: [(&str, &str); 3] = [("TO", "DO"), ("FIX", "ME"), ("#[ig", "nore")];

/// Endings of files that hold something built.
const BINARIES: [&str; 4] = [".wasm", ".wasm.gz", ".so", ".a"];

/// Checks the tracked files below `root`. **Errors** every finding at once.
pub(crate) fn check(root: &Path) -> Result<()> {
    let listed = Command::new("git")
        .arg("ls-files")
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    let listed = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    let mut findings = Vec::new();
    for name in listed.lines() {
        if BINARIES.iter().any(|ending| name.ends_with(ending)) {
            findings.push(format!("{name}: something built is tracked"));
        }
        let Ok(text) = std::fs::read_to_string(root.join(name)) else {
            continue;
        };
        let lines = text.lines().count();
        if name.ends_with(".rs") && lines > MAX_LINES {
            findings.push(format!(
                "{name}: expected at most {MAX_LINES} lines, got {lines}"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            for (left, right) in FORBIDDEN {
                if name.ends_with(".rs") && line.contains(&format!("{left}{right}")) {
                    findings.push(format!("{name}:{}: {left}{right}", number + 1));
                }
            }
        }
    }
    if !findings.is_empty() {
        bail!("{} findings:\n{}", findings.len(), findings.join("\n"));
    }
    println!("tidy: {} files", listed.lines().count());
    Ok(())
}
