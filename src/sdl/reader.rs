//! Typed reading of a tree: each function takes what it expects or reports what it got instead.

use super::error::{Mark, Path, Problems, quote};
use super::yaml::scalar::{Scalar, Value};
use super::yaml::{Entry, Kind, Node};

/// What a node is, for a problem.
pub(super) fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.shown(),
        Kind::List(_) => "a list".to_string(),
        Kind::Map(_) => "a map".to_string(),
    }
}

pub(super) fn is_null(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value() == Value::Null)
}

/// Reports that `node` is not what was expected.
pub(super) fn unexpected(node: &Node, path: &Path<'_>, expected: &str, problems: &mut Problems) {
    let got = shown(node);
    problems.add(node.mark, path, format!("expected {expected}, got {got}"));
}

pub(super) fn map<'t>(
    node: &'t Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
) -> Option<&'t [Entry]> {
    match &node.kind {
        Kind::Map(entries) => Some(entries),
        _ => {
            unexpected(node, path, expected, problems);
            None
        }
    }
}

/// The items of a list.
pub(super) fn list<'t>(
    node: &'t Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
) -> Option<Vec<&'t Node>> {
    match &node.kind {
        Kind::List(items) => Some(items.iter().map(AsRef::as_ref).collect()),
        _ => {
            unexpected(node, path, expected, problems);
            None
        }
    }
}

pub(super) fn scalar<'t>(
    node: &'t Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
) -> Option<&'t Scalar> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.value() != Value::Null => Some(scalar),
        _ => {
            unexpected(node, path, expected, problems);
            None
        }
    }
}

/// A text. What a reader could take for a number, a date or a truth value has to be in quotes.
pub(super) fn text<'t>(
    node: &'t Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
) -> Option<&'t str> {
    let scalar = scalar(node, path, expected, problems)?;
    if scalar.value() == Value::Text {
        return Some(&scalar.text);
    }
    let got = scalar.shown();
    let problem = format!("expected {expected}, got {got}: put it in quotes");
    problems.add(node.mark, path, problem);
    None
}

/// A list of texts.
pub(super) fn texts(
    node: &Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let items = list(node, path, expected, problems)?;
    let mut found = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        found.push(text(item, &path.index(i), "a text", problems)?.to_string());
    }
    Some(found)
}

/// A whole number without quotes, in plain decimal digits.
pub(super) fn number(
    node: &Node,
    path: &Path<'_>,
    (min, max): (u64, u64),
    problems: &mut Problems,
) -> Option<u64> {
    let expected = if max == u64::MAX {
        format!("a whole number of at least {min}")
    } else {
        format!("a whole number from {min} to {max}")
    };
    let scalar = scalar(node, path, &expected, problems)?;
    let hint = match scalar.value() {
        Value::Int(value) if value.to_string() == scalar.text => {
            match u64::try_from(value)
                .ok()
                .filter(|v| (min..=max).contains(v))
            {
                Some(value) => return Some(value),
                None => "",
            }
        }
        Value::Int(_) | Value::Float => " in plain decimal digits",
        Value::Text if !scalar.plain => " without quotes",
        _ => "",
    };
    let got = scalar.shown();
    problems.add(
        node.mark,
        path,
        format!("expected {expected}{hint}, got {got}"),
    );
    None
}

/// A truth value, as Akash's reader takes it.
pub(super) fn truth(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<bool> {
    const EXPECTED: &str = "true or false";
    let truth = scalar(node, path, EXPECTED, problems)?.truth();
    if truth.is_none() {
        unexpected(node, path, EXPECTED, problems);
    }
    truth
}

/// One of a few words.
pub(super) fn word(
    node: &Node,
    path: &Path<'_>,
    words: &[&'static str],
    problems: &mut Problems,
) -> Option<&'static str> {
    let expected = words.join(" or ");
    let text = text(node, path, &expected, problems)?;
    let found = words.iter().find(|word| **word == text).copied();
    if found.is_none() {
        let got = quote(text);
        problems.add(node.mark, path, format!("expected {expected}, got {got}"));
    }
    found
}

/// A map with known keys.
pub(super) struct Fields<'t> {
    entries: &'t [Entry],
    mark: Mark,
}

impl<'t> Fields<'t> {
    /// Reports every key that is not `known`.
    pub(super) fn read(
        node: &'t Node,
        path: &Path<'_>,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let expected = format!("a map with {}", known.join(", "));
        let entries = map(node, path, &expected, problems)?;
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let known = known.join(", ");
                let problem = format!("expected no key but {known}, got {}", quote(&entry.key));
                problems.add(entry.mark, &path.key(&entry.key), problem);
            }
        }
        Some(Self {
            entries,
            mark: node.mark,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.as_ref())
    }

    pub(super) fn required(
        &self,
        key: &str,
        path: &Path<'_>,
        problems: &mut Problems,
    ) -> Option<&'t Node> {
        let found = self.get(key);
        if found.is_none() {
            let problem = format!("expected `{key}`, got nothing of that name");
            problems.add(self.mark, &path.key(key), problem);
        }
        found
    }
}
