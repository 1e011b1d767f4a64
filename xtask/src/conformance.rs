//! Runs the tests that meet a counterpart, and makes `docs/conformance.md` from what they found.

use anyhow::{Context, Result, bail};
use conformance::report::Report;
use conformance::{Suite, render};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// The document, from the root.
const DOCUMENT: &str = "docs/conformance.md";

/// What the command line says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// Write the document.
    write: bool,
    /// Suites to run; all when empty.
    only: BTreeSet<Suite>,
    /// Reports of other runs or machines to put beside this one's.
    with: Vec<PathBuf>,
}

/// Runs the chore. **Errors** when a suite fails, when a counterpart contradicts a claim, and when
/// one was met and did not confirm a claim that names it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let root = xtask::root();
    let file = root.join("target/conformance.tsv");
    std::fs::create_dir_all(root.join("target")).context("cannot make target")?;
    std::fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))?;
    let ran: BTreeSet<Suite> = Suite::ALL
        .into_iter()
        .filter(|suite| options.only.is_empty() || options.only.contains(suite))
        .collect();
    let mut failed = Vec::new();
    for suite in &ran {
        println!("{}: {}", suite.name(), suite.counterpart());
        for arguments in suite.commands() {
            let mut command = Command::new("cargo");
            command.args(*arguments).arg("--locked").current_dir(&root);
            command.env(conformance::REPORT, &file);
            let status = command
                .status()
                .with_context(|| format!("cannot run {command:?}"))?;
            if !status.success() {
                failed.push(format!(
                    "{}: cargo {}: {status}",
                    suite.name(),
                    arguments.join(" ")
                ));
            }
        }
    }
    let mut text = std::fs::read_to_string(&file).context("cannot read the report")?;
    for other in &options.with {
        let more = std::fs::read_to_string(other);
        text += &more.with_context(|| format!("cannot read {}", other.display()))?;
    }
    let report = Report::read(&text).map_err(anyhow::Error::msg)?;
    println!("{}", render::listing(&report, &ran));
    failed.extend(report.check(&ran).err().unwrap_or_default());
    if !failed.is_empty() {
        bail!("{} findings:\n{}", failed.len(), failed.join("\n"));
    }
    if options.write {
        let document = render::document(&report, &ran);
        std::fs::write(root.join(DOCUMENT), document).context("cannot write the document")?;
        println!("wrote {DOCUMENT}");
    }
    Ok(())
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--write" => options.write = true,
            "--only" => {
                let name = rest.next().context("--only wants the name of a suite")?;
                let suite = Suite::of(name).with_context(|| {
                    let names: Vec<_> = Suite::ALL.iter().map(|suite| suite.name()).collect();
                    format!("expected one of {}, got {name:?}", names.join(", "))
                })?;
                options.only.insert(suite);
            }
            "--with" => {
                let file = rest.next().context("--with wants a report file")?;
                options.with.push(file.into());
            }
            other => bail!("expected --write, --only or --with, got {other:?}"),
        }
    }
    if options.write && !options.only.is_empty() {
        bail!("the document is written from all suites, so not with --only");
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_read_its_options() {
        let parse = |text: &str| {
            let arguments: Vec<String> = text.split_whitespace().map(str::to_string).collect();
            options(&arguments).map_err(|error| error.to_string())
        };
        assert_eq!(parse(""), Ok(Options::default()));
        let expected = Options {
            write: true,
            with: vec!["a".into()],
            ..Options::default()
        };
        assert_eq!(parse("--write --with a"), Ok(expected));
        let expected = Options {
            only: BTreeSet::from([Suite::Npm]),
            ..Options::default()
        };
        assert_eq!(parse("--only npm"), Ok(expected));
        for wrong in [
            "--only",
            "--only nothing",
            "--with",
            "-x",
            "--write --only npm",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
