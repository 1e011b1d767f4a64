//! Lists, with the traps of this chain's pagination.
//!
//! `total` counts the page; an offset needs a state filter; a page key carries the owner and the
//! states and makes every other filter void.

use super::{Answer, invalid};
use crate::address;
use crate::http::Url;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

/// Default page. **Source** SDK, `types/query`, `DefaultLimit`.
pub(crate) const DEFAULT_LIMIT: usize = 100;

/// One item of a list, before it is printed.
pub(crate) struct Item {
    /// Position in the store, as text.
    pub(crate) key: String,
    pub(crate) owner: String,
    pub(crate) state: &'static str,
    /// Whether the other filters let it pass.
    pub(crate) passes: bool,
    /// Prints it.
    pub(crate) value: Box<dyn FnOnce() -> Value>,
}

/// Pages through a list of one of Akash's modules. `states` are the valid names.
pub(crate) fn page(url: &Url, states: &[&str], items: Vec<Item>) -> Answer<(Vec<Value>, Value)> {
    let number = |name: &str| -> Answer<usize> {
        let text = url.get(name);
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse().or_else(|_| invalid("invalid number"))
        }
    };
    let (limit, mut offset) = (number("pagination.limit")?, number("pagination.offset")?);
    let mut limit = if limit == 0 { DEFAULT_LIMIT } else { limit };
    let state = url.get("filters.state");
    if offset > 0 && state.is_empty() {
        return invalid(
            "invalid request parameters. if offset is set, filter.state must be provided",
        );
    }
    if !state.is_empty() && !states.contains(&state) {
        return invalid("invalid state value");
    }
    let mut owner = url.get("filters.owner").to_owned();
    let mut wanted = state.to_owned();
    let mut from = None;
    if !url.get("pagination.key").is_empty() {
        let Some((key_owner, key_state, position)) = open_key(url.get("pagination.key")) else {
            return invalid("pagination: invalid key");
        };
        (owner, wanted, from) = (key_owner, key_state, Some(position));
    }
    let resumed = from.is_some();
    let mut items: Vec<Item> = items
        .into_iter()
        .filter(|i| owner.is_empty() || i.owner == owner)
        .filter(|i| wanted.is_empty() || i.state == wanted)
        .filter(|i| resumed || i.passes)
        .collect();
    if owner.is_empty() {
        // Without an owner the index by state is walked.
        items.sort_by_key(|i| states.iter().position(|s| *s == i.state));
    }
    if url.get("pagination.reverse") == "true" {
        items.reverse();
    }
    if let Some(from) = from {
        let start = items
            .iter()
            .position(|i| i.key == from)
            .unwrap_or(items.len());
        items.drain(..start);
    }
    let mut values = Vec::new();
    let mut next = Value::Null;
    for item in items {
        if offset > 0 {
            offset -= 1;
            continue;
        }
        if limit == 0 {
            next = Value::String(seal_key(&owner, &wanted, &item.key));
            break;
        }
        limit -= 1;
        values.push((item.value)());
    }
    let pagination = json!({"next_key": next, "total": values.len().to_string()});
    Ok((values, pagination))
}

/// Pages through a list of one of the SDK's modules: `total` counts all when it is asked for.
pub(crate) fn plain_page(url: &Url, mut all: Vec<Value>) -> (Vec<Value>, Value) {
    if url.get("pagination.reverse") == "true" {
        all.reverse();
    }
    let number = |name: &str| url.get(name).parse::<usize>().unwrap_or(0);
    let limit = match number("pagination.limit") {
        0 => DEFAULT_LIMIT,
        n => n,
    };
    let key = STANDARD
        .decode(url.get("pagination.key"))
        .unwrap_or_default();
    let resumed = String::from_utf8_lossy(&key).parse().unwrap_or(0);
    let start = resumed.max(number("pagination.offset")).min(all.len());
    let end = (start + limit).min(all.len());
    let next = (end < all.len()).then(|| STANDARD.encode(end.to_string()));
    let total = all.len();
    let values: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    (
        values,
        json!({"next_key": next, "total": total.to_string()}),
    )
}

fn seal_key(owner: &str, state: &str, position: &str) -> String {
    let text = format!("{owner}\n{state}\n{position}");
    let mut bytes = address::sha256(text.as_bytes())[..4].to_vec();
    bytes.extend(text.as_bytes());
    STANDARD.encode(bytes)
}

fn open_key(key: &str) -> Option<(String, String, String)> {
    let bytes = STANDARD
        .decode(key)
        .or_else(|_| URL_SAFE.decode(key))
        .ok()?;
    let (sum, text) = bytes.split_at_checked(4)?;
    if address::sha256(text)[..4] != *sum {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let mut parts = text.splitn(3, '\n').map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}
