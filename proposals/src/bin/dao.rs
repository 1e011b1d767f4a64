//! `dao`: templates to proposals, on the command line.

use candid::Principal;
use proposals::audit::{self, Dump, Format, MAINNET_ROOT_KEY};
use proposals::{Built, Moment, World, functions, launch, text};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const HELP: &str = "\
dao <command>

  build FILE [--nonce N] [--as summary|hex|action]
        turns a template into a payload; `action` is what a proposal carries, in Candid's text form
  check FILE --gateway HEX --treasury HEX [--nonce N]
        says whether the canisters would take the proposal, by their own validators; HEX names a
        file with an answer of get_events in hexadecimal; give the option once for each page
  render FILE --gateway HEX --treasury HEX [--nonce N]
        the same, and prints what voters will read
  sdl FILE
        reads an SDL and tells every problem, or what it asks for
  register --gateway ID --treasury ID
        the actions that register the functions of both canisters, one a line
  audit verify --from DUMP [--root-key HEX]
        checks the treasury's log: its hash chain, what the Internet Computer signed for its newest
        block, that its events lead to all entries and to what the canister says, and, where they are
        given, the balances of both chains. DUMP is a file of answers, see docs/audit.md; HEX names a
        file with a root key (DER, hexadecimal), and without it the key is the main network's
  audit export --from DUMP --format hledger|beancount|csv|json [--root-key HEX]
        the same checks, and prints the books for accounting tools
  launch [FILE]
        checks the file that launches the DAO (default: sns_init.yaml)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(out) => {
            println!("{}", out.trim_end());
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{}", problems.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), Arguments::read(rest)?),
        None => ("help", Arguments::default()),
    };
    match command {
        "build" => build(rest),
        "check" => check(rest).map(|(built, _)| summary(&built)),
        "render" => check(rest).map(|(_, text)| text),
        "sdl" => sdl(rest),
        "register" => register(rest),
        "audit" => audit(rest),
        "launch" => launch_file(rest),
        "help" | "--help" | "-h" => Ok(HELP.to_string()),
        other => Err(format!("expected a command, got {other}\n\n{HELP}")),
    }
}

/// A file and options with values.
#[derive(Default)]
struct Arguments {
    file: Option<PathBuf>,
    options: Vec<(String, String)>,
}

impl Arguments {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut read = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(option) = word.strip_prefix("--") {
                let value = words
                    .next()
                    .ok_or(format!("--{option}: expected a value"))?;
                read.options.push((option.to_string(), value.clone()));
            } else if read.file.replace(PathBuf::from(word)).is_some() {
                return Err(format!("expected one file, got {word} too"));
            }
        }
        Ok(read)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.options.iter().position(|(option, _)| option == name)?;
        Some(self.options.remove(at).1)
    }

    fn principal(&mut self, name: &str) -> Result<Principal, String> {
        let text = self.take(name).ok_or(format!("expected --{name}"))?;
        Principal::from_text(&text).map_err(|why| format!("--{name}: {text}: {why}"))
    }

    /// The bytes that the files of an option hold in hexadecimal.
    fn pages(&mut self, name: &str) -> Result<Vec<Vec<u8>>, String> {
        let mut pages = Vec::new();
        // In the order of the command line, which is the order of the pages.
        while let Some(at) = self.options.iter().position(|(option, _)| option == name) {
            let (_, file) = self.options.remove(at);
            let text = std::fs::read_to_string(&file)
                .map_err(|why| format!("--{name}: {file}: cannot be read: {why}"))?;
            let page =
                hex::decode(text.trim()).map_err(|why| format!("--{name}: {file}: {why}"))?;
            pages.push(page);
        }
        if pages.is_empty() {
            return Err(format!("expected --{name} with an answer of get_events"));
        }
        Ok(pages)
    }

    fn file(&mut self) -> Result<PathBuf, String> {
        self.file.take().ok_or("expected a file".to_string())
    }

    /// Nothing may be left over.
    fn done(self) -> Result<(), String> {
        match (self.file, self.options.first()) {
            (None, None) => Ok(()),
            (Some(file), _) => Err(format!("expected no file, got {}", file.display())),
            (_, Some((option, _))) => Err(format!("expected no option --{option}")),
        }
    }
}

fn build(mut arguments: Arguments) -> Result<String, String> {
    let form = arguments.take("as");
    let (built, _) = payload(&mut arguments)?;
    arguments.done()?;
    match form.as_deref() {
        None | Some("summary") => Ok(summary(&built)),
        Some("hex") => Ok(hex::encode(&built.payload)),
        Some("action") => Ok(text::execute(&built)),
        Some(other) => Err(format!(
            "--as: expected summary, hex or action, got {other}"
        )),
    }
}

/// The payload of the template, and when it was built.
fn payload(arguments: &mut Arguments) -> Result<(Built, u64), String> {
    let file = arguments.file()?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|why| why.to_string())?;
    // A nonce has to be new, not secret: no two people propose in the same nanosecond.
    let drawn = u64::try_from(now.as_nanos()).map_err(|why| why.to_string())?;
    let fresh_nonce = match arguments.take("nonce") {
        None => drawn,
        Some(text) => text
            .parse()
            .map_err(|why| format!("--nonce: {text}: {why}"))?,
    };
    let moment = Moment {
        now_s: now.as_secs(),
        fresh_nonce,
    };
    let built = proposals::build_file(&file, moment).map_err(|why| why.to_string())?;
    let problems = built
        .sdl
        .as_ref()
        .map(|sdl| sdl.problems())
        .unwrap_or_default();
    if problems.is_empty() {
        Ok((built, moment.now_s))
    } else {
        Err(lines(problems))
    }
}

fn check(mut arguments: Arguments) -> Result<(Built, String), String> {
    let gateway = arguments.pages("gateway")?;
    let treasury = arguments.pages("treasury")?;
    let (built, now_s) = payload(&mut arguments)?;
    arguments.done()?;
    let world = World::read(now_s, &gateway, &treasury).map_err(|why| why.to_string())?;
    let text = world.check(&built)?;
    Ok((built, text))
}

fn summary(built: &Built) -> String {
    format!(
        "function      {}\nnonce         {}\npayload       {} bytes\npayload hash  {}",
        built.function_id,
        built.nonce,
        built.payload.len(),
        hex::encode(Sha256::digest(&built.payload))
    )
}

fn sdl(mut arguments: Arguments) -> Result<String, String> {
    let file = arguments.file()?;
    arguments.done()?;
    let text = std::fs::read_to_string(&file)
        .map_err(|why| format!("{}: cannot be read: {why}", file.display()))?;
    let sdl = orchestrator::sdl::parse(&text).map_err(|errors| {
        let place = |e: &orchestrator::sdl::SdlError| {
            let path = if e.path.is_empty() { "" } else { ": " };
            let (file, path) = (file.display(), format!("{path}{}", e.path));
            format!("{file}:{}:{}{path}: {}", e.line, e.column, e.problem)
        };
        lines(errors.0.iter().map(place))
    })?;
    let mut out = format!("manifest hash  {}\n", hex::encode(sdl.manifest.hash));
    for (gseq, group) in (1..).zip(&sdl.groups) {
        let price = group
            .max_price()
            .map_or("beyond count".to_string(), |p| p.to_string());
        out += &format!(
            "group {gseq}        {}, at most {price} uact per block\n",
            group.name
        );
    }
    for image in &sdl.images {
        let how = if image.pinned {
            "by digest"
        } else {
            "by tag, which can be moved"
        };
        out += &format!(
            "service        {}: {} ({how})\n",
            image.service, image.reference
        );
    }
    if sdl.has_credentials {
        out += "credentials    this SDL has a registry login, and every SDL is public\n";
    }
    Ok(out)
}

fn register(mut arguments: Arguments) -> Result<String, String> {
    let gateway = arguments.principal("gateway")?;
    let treasury = arguments.principal("treasury")?;
    arguments.done()?;
    Ok(lines(
        functions::all(gateway, treasury).iter().map(text::register),
    ))
}

/// A log that is not what was certified is not exported either.
fn audit(mut arguments: Arguments) -> Result<String, String> {
    let act = arguments.file.take().unwrap_or_default();
    let file = arguments.take("from").ok_or("expected --from")?;
    let format = arguments.take("format");
    let root_key = match arguments.take("root-key") {
        None => MAINNET_ROOT_KEY.to_string(),
        Some(file) => std::fs::read_to_string(&file)
            .map_err(|why| format!("--root-key: {file}: cannot be read: {why}"))?,
    };
    arguments.done()?;
    let root_key = hex::decode(root_key.trim()).map_err(|why| format!("--root-key: {why}"))?;
    let text = std::fs::read_to_string(&file)
        .map_err(|why| format!("--from: {file}: cannot be read: {why}"))?;
    let dump = Dump::read(&text).map_err(|why| format!("--from: {file}: {why}"))?;
    let report = audit::verify(&dump, &root_key);
    let audited = match &report.audited {
        Some(audited) => audited,
        None => return Err(report.to_string()),
    };
    match (act.to_str(), format.as_deref()) {
        (Some("verify"), None) => Ok(report.to_string()),
        (Some("export"), Some(name)) => Format::by_name(name)
            .map(|format| audit::export(audited, format))
            .ok_or(format!(
                "--format: expected hledger, beancount, csv or json, got {name}"
            )),
        (Some("export"), None) => Err("expected --format".into()),
        (Some("verify"), Some(_)) => Err("expected no option --format".into()),
        _ => Err(format!("audit: expected verify or export\n\n{HELP}")),
    }
}

fn launch_file(mut arguments: Arguments) -> Result<String, String> {
    let file = arguments
        .file
        .take()
        .unwrap_or_else(|| PathBuf::from("sns_init.yaml"));
    arguments.done()?;
    let text = std::fs::read_to_string(&file)
        .map_err(|why| format!("{}: cannot be read: {why}", file.display()))?;
    let problems = launch::problems(&text, file.parent().unwrap_or(Path::new("")));
    if problems.is_empty() {
        Ok(format!("{}: no problem found", file.display()))
    } else {
        Err(lines(
            problems.iter().map(|p| format!("{}: {p}", file.display())),
        ))
    }
}

fn lines<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let lines: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    lines.join("\n")
}
