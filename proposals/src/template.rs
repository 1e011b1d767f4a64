//! A template: one YAML file per proposal, with the kind on top.
//!
//! Every error names the file and, where the reader can tell, line and column.

use crate::functions;
use crate::units;
use candid::Encode;
use gateway::types::{Attribute, BidPolicy, CloseOrder, DeployOrder};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use treasury::types::BudgetOrder;

/// Largest template or SDL file. **Units** bytes.
pub const MAX_FILE_BYTES: u64 = 262_144;

/// What a template cannot know by itself.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now. **Units** seconds since the Unix epoch.
    pub now_s: u64,
    /// For a template that names no nonce; must not have been used.
    pub fresh_nonce: u64,
}

/// A payload, ready to be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Whom the proposal calls.
    pub function_id: u64,
    /// The order's nonce.
    pub nonce: u64,
    /// The bytes that validator and executor get.
    pub payload: Vec<u8>,
    /// Where the SDL of a deploy order was written.
    pub sdl: Option<SdlSource>,
}

/// An SDL and the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdlSource {
    /// The text.
    pub text: String,
    /// The file that holds it: its own, or the template.
    pub file: PathBuf,
    /// How many lines of the file stand before it, and how many columns before each of its lines.
    /// `None` where a line of the text is no line of the file.
    pub offset: Option<(u64, u64)>,
}

impl SdlSource {
    /// Every problem of the SDL, at its place in the file.
    #[must_use]
    pub fn problems(&self) -> Vec<TemplateError> {
        let Err(errors) = orchestrator::sdl::parse(&self.text) else {
            return Vec::new();
        };
        let place = |line: usize, column: usize, (lines, columns): (u64, u64)| {
            Some((
                u64::try_from(line).ok()?.checked_add(lines)?,
                u64::try_from(column).ok()?.checked_add(columns)?,
            ))
        };
        let problems = errors.0.into_iter().map(|error| {
            let place = self.offset.and_then(|o| place(error.line, error.column, o));
            let problem = match (place, error.path.as_str()) {
                (None, _) => format!("in the SDL: {error}"),
                (Some(_), "") => error.problem,
                (Some(_), path) => format!("{path}: {}", error.problem),
            };
            TemplateError {
                file: self.file.clone(),
                place,
                problem,
            }
        });
        problems.collect()
    }
}

/// Why a template is not a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The file.
    pub file: PathBuf,
    /// Line and column, from 1.
    pub place: Option<(u64, u64)>,
    /// Expected and got.
    pub problem: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for TemplateError {}

#[derive(Deserialize)]
struct Head {
    kind: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deploy {
    #[serde(rename = "kind")]
    _kind: String,
    nonce: Option<u64>,
    expires_in: Spanned<String>,
    budget: String,
    name: String,
    sdl: Option<Spanned<PathBuf>>,
    sdl_text: Option<Spanned<String>>,
    term: Spanned<String>,
    #[serde(default)]
    allow_tags: bool,
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    max_price: Spanned<String>,
    #[serde(default)]
    required_attributes: BTreeMap<String, String>,
    #[serde(default)]
    audited_by: Vec<String>,
    #[serde(default)]
    allowed_providers: Vec<String>,
    #[serde(default)]
    denied_providers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Close {
    #[serde(rename = "kind")]
    _kind: String,
    nonce: Option<u64>,
    expires_in: Spanned<String>,
    deployment: u64,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    #[serde(rename = "kind")]
    _kind: String,
    nonce: Option<u64>,
    expires_in: Spanned<String>,
    budget: String,
    purpose: String,
    total: Spanned<String>,
    per_deployment: Spanned<String>,
    gas: Spanned<String>,
    valid_for: Spanned<String>,
}

/// Builds the payload of the template in `file`. A path in it is relative to its folder.
///
/// **Errors** a file that cannot be read or is too large, or anything in it that is not understood.
pub fn build_file(file: &Path, moment: Moment) -> Result<Built, TemplateError> {
    build(file, &read(file)?, moment)
}

/// Builds the payload of a template's `text`. `file` says where it came from.
///
/// **Errors** anything that is not understood, and an SDL file that cannot be read.
pub fn build(file: &Path, text: &str, moment: Moment) -> Result<Built, TemplateError> {
    let at = Source { file, text };
    let head: Head = at.parse()?;
    let mut source = None;
    let (function_id, nonce, payload) = match head.kind.value.as_str() {
        "deploy" => {
            let t: Deploy = at.parse()?;
            let sdl = at.sdl(&head.kind, t.sdl, t.sdl_text)?;
            let order = DeployOrder {
                nonce: t.nonce.unwrap_or(moment.fresh_nonce),
                expires_at_s: at.later(&t.expires_in, moment)?,
                budget: t.budget,
                name: t.name,
                sdl: sdl.text.clone(),
                policy: BidPolicy {
                    max_uact_per_block: at.read(&t.policy.max_price, units::price)?,
                    required_attributes: t
                        .policy
                        .required_attributes
                        .into_iter()
                        .map(|(key, value)| Attribute { key, value })
                        .collect(),
                    audited_by: t.policy.audited_by,
                    allowed_providers: t.policy.allowed_providers,
                    denied_providers: t.policy.denied_providers,
                },
                term_s: at.read(&t.term, units::seconds)?,
                allow_tags: t.allow_tags,
            };
            source = Some(sdl);
            (functions::DEPLOY, order.nonce, Encode!(&order))
        }
        "close" => {
            let t: Close = at.parse()?;
            let order = CloseOrder {
                nonce: t.nonce.unwrap_or(moment.fresh_nonce),
                expires_at_s: at.later(&t.expires_in, moment)?,
                deployment: t.deployment,
                reason: t.reason,
            };
            (functions::CLOSE, order.nonce, Encode!(&order))
        }
        "budget" => {
            let t: Budget = at.parse()?;
            let order = BudgetOrder {
                nonce: t.nonce.unwrap_or(moment.fresh_nonce),
                expires_at_s: at.later(&t.expires_in, moment)?,
                budget: t.budget,
                purpose: t.purpose,
                total_uact: at.read(&t.total, |text| units::amount(text, "ACT"))?,
                per_deployment_uact: at
                    .read(&t.per_deployment, |text| units::amount(text, "ACT"))?,
                gas_uakt: at.read(&t.gas, |text| units::amount(text, "AKT"))?,
                valid_until_s: at.later(&t.valid_for, moment)?,
            };
            (functions::BUDGET, order.nonce, Encode!(&order))
        }
        other => {
            let problem = format!("kind: expected deploy, close or budget, got `{other}`");
            return Err(at.wrong(&head.kind, problem));
        }
    };
    Ok(Built {
        function_id,
        nonce,
        payload: payload.expect("our own types encode"),
        sdl: source,
    })
}

/// A text and where it came from.
struct Source<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, TemplateError> {
        serde_saphyr::from_str(self.text).map_err(|error| TemplateError {
            file: self.file.to_path_buf(),
            place: error.location().map(|l| (l.line(), l.column())),
            problem: error.without_snippet().to_string(),
        })
    }

    fn wrong<T>(&self, at: &Spanned<T>, problem: String) -> TemplateError {
        TemplateError {
            file: self.file.to_path_buf(),
            place: Some((at.referenced.line(), at.referenced.column())),
            problem,
        }
    }

    fn read<T>(
        &self,
        text: &Spanned<String>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, TemplateError> {
        read(&text.value).map_err(|problem| self.wrong(text, problem))
    }

    /// The SDL of a deploy order: of the file that `sdl` names, or what stands under `sdl_text`.
    fn sdl(
        &self,
        kind: &Spanned<String>,
        file: Option<Spanned<PathBuf>>,
        text: Option<Spanned<String>>,
    ) -> Result<SdlSource, TemplateError> {
        match (file, text) {
            (Some(named), None) => {
                let file = self
                    .file
                    .parent()
                    .unwrap_or(Path::new(""))
                    .join(&named.value);
                let text = read(&file).map_err(|e| self.wrong(&named, e.to_string()))?;
                Ok(SdlSource {
                    text,
                    file,
                    offset: Some((0, 0)),
                })
            }
            (None, Some(text)) => Ok(SdlSource {
                offset: self.block_offset(&text),
                text: text.value,
                file: self.file.to_path_buf(),
            }),
            (Some(_), Some(text)) => {
                let problem = "expected either `sdl` or `sdl_text`, got both";
                Err(self.wrong(&text, problem.to_string()))
            }
            (None, None) => {
                let problem = "expected `sdl` with a file or `sdl_text` with an SDL, got neither";
                Err(self.wrong(kind, problem.to_string()))
            }
        }
    }

    /// Where the lines of a literal block stand in the template: each of its lines has to be found
    /// in the file, behind the same indentation.
    fn block_offset(&self, text: &Spanned<String>) -> Option<(u64, u64)> {
        let (line, column) = (text.referenced.line(), text.referenced.column());
        let (before, indent) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let skipped = usize::try_from(before).ok()?;
        let width = usize::try_from(indent).ok()?;
        let mut lines = self.text.lines().skip(skipped);
        let is_line = |line: &str| {
            let found = lines.next().unwrap_or_default();
            found.get(width..).unwrap_or_default() == line
        };
        text.value.lines().all(is_line).then_some((before, indent))
    }

    fn later(&self, text: &Spanned<String>, moment: Moment) -> Result<u64, TemplateError> {
        let seconds = self.read(text, units::seconds)?;
        moment.now_s.checked_add(seconds).ok_or_else(|| {
            let problem = format!(
                "expected a time before the end of time, got `{}`",
                text.value
            );
            self.wrong(text, problem)
        })
    }
}

fn read(file: &Path) -> Result<String, TemplateError> {
    let error = |problem| TemplateError {
        file: file.to_path_buf(),
        place: None,
        problem,
    };
    let size = std::fs::metadata(file)
        .map_err(|why| error(format!("cannot be read: {why}")))?
        .len();
    if size > MAX_FILE_BYTES {
        return Err(error(format!(
            "expected at most {MAX_FILE_BYTES} bytes, got {size}"
        )));
    }
    std::fs::read_to_string(file).map_err(|why| error(format!("cannot be read: {why}")))
}

#[cfg(test)]
mod tests;
