//! YAML, as little of it as an SDL needs: text to a tree with a place on every node.
//!
//! The parser gives events; the tree is built here, under budgets, because a text comes from
//! anybody and a canister that runs out of instructions answers nothing. There is no stack
//! recursion over what the text nests, an alias shares its target instead of copying it, and the
//! budgets are charged as if it had been copied. No tags, no directives, one document, no key
//! twice, nothing but texts as keys.

pub(super) mod scalar;

use super::error::{Mark, Path, Problems, quote};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span};
use scalar::{Scalar, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Deepest nesting of lists and maps, after aliases are expanded.
pub const MAX_DEPTH: usize = 32;

/// Most nodes, keys included, after aliases are expanded.
pub const MAX_NODES: usize = 10_000;

/// Most bytes of scalars, keys included, after aliases are expanded.
pub const MAX_EXPANDED_BYTES: usize = 262_144;

/// Longest key. **Units** bytes.
pub const MAX_KEY_BYTES: usize = 128;

const TOO_DEEP: &str = "expected at most 32 levels of lists and maps, got more";
const _: () = assert!(MAX_DEPTH == 32, "the text above names it");

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) kind: Kind,
    /// What it costs wherever it stands.
    cost: Cost,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    Scalar(Scalar),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) mark: Mark,
    pub(super) value: Rc<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    nodes: usize,
    bytes: usize,
    height: usize,
}

/// A list or map that is not closed yet.
struct Open {
    mark: Mark,
    anchor: usize,
    cost: Cost,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Rc<Node>>),
    Map {
        entries: Vec<Entry>,
        seen: BTreeSet<String>,
        merged: Vec<Rc<Node>>,
        key: Option<(Key, Mark)>,
    },
}

enum Key {
    Text(String),
    /// `<<`: the value's entries become entries of this map, unless they are there already.
    Merge,
    /// Refused and reported; the value is read for its own problems and forgotten.
    Refused,
}

/// The tree of one text, or `None` with at least one problem.
///
/// The text's size is the caller's to check.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Rc<Node>> {
    if let Some(at) = text.find(['\u{2028}', '\u{2029}']) {
        // Readers of YAML 1.1 take these for line breaks, readers of YAML 1.2 for text.
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let problem = "expected no line or paragraph separator (U+2028, U+2029) in the text";
        problems.add(Mark { line, column }, &Path::ROOT, problem);
        return None;
    }
    let mut options = granit_parser::options! {
        disallow_directives: true,
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    };
    options.set_emit_comments(false);
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span, problems),
            Err(error) => {
                let marker = error.marker();
                let mark = Mark {
                    line: marker.line(),
                    column: marker.col() + 1,
                };
                let problem = match error.kind() {
                    ErrorKind::RecursionLimitExceeded => TOO_DEEP.to_string(),
                    _ => format!("not YAML: {}", error.info()),
                };
                builder.refuse(mark, problem, problems)
            }
        };
        // After the first broken event there is no tree to find more problems in.
        step.ok()?;
        if problems.is_full() {
            return None;
        }
    }
    if builder.root.is_none() {
        let problem = "expected an SDL, got an empty document";
        problems.add(Mark::START, &Path::ROOT, problem);
    }
    builder.root
}

/// The reading cannot go on; the problem is reported.
struct Stop;

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    documents: usize,
    root: Option<Rc<Node>>,
    total: Cost,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span, problems: &mut Problems) -> Result<(), Stop> {
        let mark = Mark {
            line: span.start.line(),
            column: span.start.col() + 1,
        };
        if let Some(tag) = event.tag() {
            let problem = format!("expected no YAML tags, got {}", quote(&tag.original()));
            self.report(mark, problem, problems);
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let problem = "expected one document, got a second one";
                    return self.refuse(mark, problem.to_string(), problems);
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                self.scalar(text, style, anchor, mark, problems)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.start(mark, anchor, OpenKind::List(Vec::new()), problems)
            }
            Event::MappingStart(_, anchor, _) => {
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    seen: BTreeSet::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.start(mark, anchor, kind, problems)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(problems),
            Event::Alias(anchor) => self.alias(anchor, mark, problems),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        mark: Mark,
        problems: &mut Problems,
    ) -> Result<(), Stop> {
        self.charge(
            Cost {
                nodes: 1,
                bytes: text.len(),
                height: 0,
            },
            mark,
            problems,
        )?;
        let scalar = Scalar {
            text: text.into_owned(),
            plain: style == ScalarStyle::Plain,
        };
        if self.expects_key() {
            return self.key(scalar, anchor, mark, problems);
        }
        if let Some(c) = scalar.text.chars().find(|&c| is_forbidden(c)) {
            let problem = format!("expected no control characters, got {c:?}");
            self.report(mark, problem, problems);
        }
        let cost = Cost {
            nodes: 1,
            bytes: scalar.text.len(),
            height: 0,
        };
        let node = Rc::new(Node {
            mark,
            kind: Kind::Scalar(scalar),
            cost,
        });
        self.finish(node, anchor);
        Ok(())
    }

    fn expects_key(&self) -> bool {
        let kind = self.open.last().map(|open| &open.kind);
        matches!(kind, Some(OpenKind::Map { key: None, .. }))
    }

    fn key(
        &mut self,
        scalar: Scalar,
        anchor: usize,
        mark: Mark,
        problems: &mut Problems,
    ) -> Result<(), Stop> {
        let text = &scalar.text;
        let problem = if anchor != 0 {
            Some("expected no anchor on a key".to_string())
        } else if text.is_empty() {
            Some("expected a key, got nothing".to_string())
        } else if text.len() > MAX_KEY_BYTES {
            let got = text.len();
            Some(format!(
                "expected a key of at most {MAX_KEY_BYTES} bytes, got {got}"
            ))
        } else if text.chars().any(char::is_control) {
            Some(format!(
                "expected a key without control characters, got {}",
                quote(text)
            ))
        } else if scalar.value() != Value::Text {
            // Readers differ in what they make of such a key, so its author says it is a text.
            Some(format!(
                "expected a text as key, got {}: put it in quotes",
                scalar.shown()
            ))
        } else {
            None
        };
        let is_merge = scalar.plain && text == "<<";
        let duplicate = match self.open.last() {
            Some(Open {
                kind: OpenKind::Map { seen, .. },
                ..
            }) => seen.contains(text),
            _ => false,
        };
        let problem = problem.or_else(|| {
            duplicate.then(|| format!("expected each key once, got {} again", quote(text)))
        });
        let refused = problem.is_some();
        if let Some(problem) = problem {
            self.report(mark, problem, problems);
        }
        if let Some(Open {
            cost,
            kind: OpenKind::Map { seen, key, .. },
            ..
        }) = self.open.last_mut()
        {
            cost.nodes += 1;
            cost.bytes += text.len();
            seen.insert(text.clone());
            let new = match (refused, is_merge) {
                (true, _) => Key::Refused,
                (false, true) => Key::Merge,
                (false, false) => Key::Text(scalar.text),
            };
            *key = Some((new, mark));
        }
        Ok(())
    }

    fn start(
        &mut self,
        mark: Mark,
        anchor: usize,
        kind: OpenKind,
        problems: &mut Problems,
    ) -> Result<(), Stop> {
        if self.expects_key() {
            let problem = "expected a text as key, got a list or map".to_string();
            return self.refuse(mark, problem, problems);
        }
        let cost = Cost {
            nodes: 1,
            bytes: 0,
            height: 1,
        };
        self.charge(cost, mark, problems)?;
        self.open.push(Open {
            mark,
            anchor,
            cost,
            kind,
        });
        Ok(())
    }

    fn end(&mut self, problems: &mut Problems) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            let problem = "not YAML: an end without a start".to_string();
            return self.refuse(Mark::START, problem, problems);
        };
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map {
                mut entries,
                mut seen,
                merged,
                ..
            } => {
                for from in merged {
                    self.merge(&from, &mut entries, &mut seen, problems);
                }
                Kind::Map(entries)
            }
        };
        let node = Rc::new(Node {
            mark: open.mark,
            kind,
            cost: open.cost,
        });
        self.finish(node, open.anchor);
        Ok(())
    }

    /// What stands in the map stands; of several merged maps the first to have a key gives it.
    fn merge(
        &self,
        from: &Node,
        entries: &mut Vec<Entry>,
        seen: &mut BTreeSet<String>,
        problems: &mut Problems,
    ) {
        match &from.kind {
            Kind::Map(more) => {
                for entry in more {
                    if seen.insert(entry.key.clone()) {
                        entries.push(entry.clone());
                    }
                }
            }
            Kind::List(maps) if maps.iter().all(|m| matches!(m.kind, Kind::Map(_))) => {
                for map in maps {
                    self.merge(map, entries, seen, problems);
                }
            }
            _ => {
                let problem = "expected a map or a list of maps under `<<`".to_string();
                self.report(from.mark, problem, problems);
            }
        }
    }

    fn alias(&mut self, anchor: usize, mark: Mark, problems: &mut Problems) -> Result<(), Stop> {
        if self.expects_key() {
            let problem = "expected a text as key, got an alias".to_string();
            return self.refuse(mark, problem, problems);
        }
        let Some(target) = self.anchors.get(&anchor).cloned() else {
            let problem = "expected an alias of something complete, got one inside itself";
            return self.refuse(mark, problem.to_string(), problems);
        };
        self.charge(target.cost, mark, problems)?;
        self.finish(target, 0);
        Ok(())
    }

    /// Charges the budgets. The error of a bomb is here.
    fn charge(&mut self, cost: Cost, mark: Mark, problems: &mut Problems) -> Result<(), Stop> {
        self.total.nodes += cost.nodes;
        self.total.bytes += cost.bytes;
        let depth = self.open.len() + cost.height;
        let problem = if self.total.nodes > MAX_NODES {
            format!("expected at most {MAX_NODES} nodes, aliases expanded, got more")
        } else if self.total.bytes > MAX_EXPANDED_BYTES {
            format!("expected at most {MAX_EXPANDED_BYTES} bytes, aliases expanded, got more")
        } else if depth > MAX_DEPTH {
            TOO_DEEP.to_string()
        } else {
            return Ok(());
        };
        self.refuse(mark, problem, problems)
    }

    /// Gives a complete node to whatever it stands in.
    fn finish(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        parent.cost.nodes += node.cost.nodes;
        parent.cost.bytes += node.cost.bytes;
        parent.cost.height = parent.cost.height.max(node.cost.height + 1);
        match &mut parent.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map {
                entries,
                merged,
                key,
                ..
            } => match key.take() {
                Some((Key::Text(key), mark)) => entries.push(Entry {
                    key,
                    mark,
                    value: node,
                }),
                Some((Key::Merge, _)) => merged.push(node),
                Some((Key::Refused, _)) | None => {}
            },
        }
    }

    fn refuse(&self, mark: Mark, problem: String, problems: &mut Problems) -> Result<(), Stop> {
        self.report(mark, problem, problems);
        Err(Stop)
    }

    /// Reports a problem at the place that is being built.
    fn report(&self, mark: Mark, problem: String, problems: &mut Problems) {
        report_below(&self.open, &Path::ROOT, mark, problem, problems);
    }
}

/// Walks down what is open, at most [`MAX_DEPTH`] deep, so that the path can borrow.
fn report_below(
    open: &[Open],
    path: &Path<'_>,
    mark: Mark,
    problem: String,
    problems: &mut Problems,
) {
    let Some((first, rest)) = open.split_first() else {
        problems.add(mark, path, problem);
        return;
    };
    match &first.kind {
        OpenKind::List(items) => {
            report_below(rest, &path.index(items.len()), mark, problem, problems);
        }
        OpenKind::Map { key, .. } => match key {
            Some((Key::Text(key), _)) => {
                report_below(rest, &path.key(key), mark, problem, problems);
            }
            Some((Key::Merge, _)) => {
                report_below(rest, &path.key("<<"), mark, problem, problems);
            }
            Some((Key::Refused, _)) | None => problems.add(mark, path, problem),
        },
    }
}

/// Go versions differ in how they write most control characters, and the hash of the manifest
/// hangs on it.
fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}
