//! What is wrong with an SDL, and where.

use std::fmt;

/// Most problems that one reading reports. More are counted, not told.
pub const MAX_PROBLEMS: usize = 50;

/// Most characters of the text that a problem quotes.
const MAX_QUOTE_CHARS: usize = 64;

/// Everything that is wrong with one SDL, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SdlErrors(pub Vec<SdlError>);

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SdlError {
    /// Line. First is 1.
    pub line: usize,
    /// Column, in characters. First is 1.
    pub column: usize,
    /// Where in the document, `services.web.expose[0].port`; empty for the whole of it.
    pub path: String,
    /// What was expected, and what was found.
    pub problem: String,
}

impl fmt::Display for SdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

/// One problem a line.
impl fmt::Display for SdlErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// First is 1.
    pub(super) line: usize,
    /// First is 1.
    pub(super) column: usize,
}

impl Mark {
    /// Where a document begins.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// A place in the document. It borrows, so that walking costs nothing unless a problem is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    pub(super) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    pub(super) fn index(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        let first = self.parent.is_none_or(|p| matches!(p.step, Step::Root));
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) if first => write!(f, "{}", Shown(key)),
            Step::Key(key) => write!(f, ".{}", Shown(key)),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A key as it is, or in quotes where it could be mistaken for structure.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            f.write_str(self.0)
        } else {
            f.write_str(&quote(self.0))
        }
    }
}

/// A text in quotes, escaped and shortened, fit for a problem.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTE_CHARS) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<SdlError>,
    untold: usize,
}

impl Problems {
    pub(super) fn add(&mut self, mark: Mark, path: &Path<'_>, problem: impl Into<String>) {
        if self.found.len() == MAX_PROBLEMS {
            self.untold += 1;
            return;
        }
        self.found.push(SdlError {
            line: mark.line,
            column: mark.column,
            path: path.to_string(),
            problem: problem.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether there is no use in looking for more.
    pub(super) fn is_full(&self) -> bool {
        self.untold > 0
    }

    /// In the order of the text.
    pub(super) fn into_errors(mut self) -> SdlErrors {
        self.found
            .sort_by(|a, b| (a.line, a.column, &a.path).cmp(&(b.line, b.column, &b.path)));
        if let (Some(last), true) = (self.found.last(), self.untold > 0) {
            let (line, column) = (last.line, last.column);
            self.found.push(SdlError {
                line,
                column,
                path: String::new(),
                problem: format!("there are more problems than {MAX_PROBLEMS}: mend these first"),
            });
        }
        SdlErrors(self.found)
    }
}
