//! The shape of an SDL: tree to document, one part at a time, without looking across.
//!
//! **Source** Akash chain-sdk, `sdl-input.schema.yaml`, read strictly: no key is ignored. What
//! Akash's readers take differently, or read in silence as something else, is refused.

mod profiles;
mod service;

pub(super) use profiles::{CLASS, RAM_CLASS, attribute, persistence};

use super::error::{Mark, Path, Problems};
use super::limits::{MAX_COUNT, MAX_RECLAMATION_S, MIN_RECLAMATION_S};
use super::quantity;
use super::reader::{self, Fields};
use super::types::{Attribute, Cpu, Gpu, Memory, Mount, Protocol, SignedBy, Volume};
use super::yaml::{Entry, Node};
use crate::kernel::decimal::Decimal;
use std::collections::BTreeMap;

/// A document as far as it could be read. A part that could not is `None`, so that references to
/// its name still hold.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) services: Named<Service>,
    pub(super) compute: Named<Compute>,
    pub(super) placements: Named<Placement>,
    pub(super) deployment: BTreeMap<String, Named<Replicas>>,
    /// Where each service stands in `deployment`.
    pub(super) deployment_marks: BTreeMap<String, Mark>,
    pub(super) endpoints: BTreeMap<String, Mark>,
    pub(super) reclamation_min_window_s: Option<u64>,
    /// Parts that the checks between parts need and that could not be read at all.
    pub(super) unread: Unread,
}

/// Which maps could not be read: then a missing name is no news.
#[derive(Debug, Default)]
pub(super) struct Unread {
    pub(super) services: bool,
    pub(super) compute: bool,
    pub(super) placements: bool,
    pub(super) deployment: bool,
    pub(super) endpoints: bool,
}

/// Parts by name, and where each is named.
pub(super) type Named<T> = BTreeMap<String, (Mark, Option<T>)>;

#[derive(Debug)]
pub(super) struct Service {
    pub(super) image: String,
    pub(super) image_mark: Mark,
    pub(super) pinned: bool,
    pub(super) command: Option<Vec<String>>,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<String>>,
    pub(super) expose: Vec<Expose>,
    pub(super) params: Option<Params>,
    pub(super) credentials: Option<Credentials>,
}

#[derive(Debug)]
pub(super) struct Expose {
    pub(super) port: u16,
    /// 0 where the SDL gives none.
    pub(super) external: u16,
    pub(super) protocol: Protocol,
    pub(super) hosts: Option<Vec<(String, Mark)>>,
    pub(super) http: HttpOptions,
    pub(super) to: Vec<Target>,
}

#[derive(Debug)]
pub(super) struct Target {
    pub(super) mark: Mark,
    pub(super) service: Option<String>,
    pub(super) global: bool,
    pub(super) ip: Option<String>,
}

/// **Source** defaults: Akash chain-sdk, `expose.go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpOptions {
    pub(super) max_body_size: u64,
    pub(super) read_timeout: u64,
    pub(super) send_timeout: u64,
    pub(super) next_tries: u64,
    pub(super) next_timeout: u64,
    pub(super) next_cases: Vec<&'static str>,
}

#[derive(Debug)]
pub(super) struct Params {
    pub(super) mark: Mark,
    /// Sorted by volume.
    pub(super) storage: Option<Vec<(Mount, Mark)>>,
    pub(super) permissions: Option<Vec<&'static str>>,
    pub(super) tee: Option<(&'static str, Mark)>,
}

#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) host: String,
    pub(super) email: String,
    pub(super) username: String,
    pub(super) password: String,
}

#[derive(Debug)]
pub(super) struct Compute {
    pub(super) cpu: Cpu,
    pub(super) memory: Memory,
    pub(super) storage: Vec<Volume>,
    pub(super) gpu: Gpu,
}

#[derive(Debug)]
pub(super) struct Placement {
    pub(super) attributes: Vec<Attribute>,
    pub(super) signed_by: SignedBy,
    /// Most that a replica of a profile may cost. **Units** uact per block.
    pub(super) pricing: Named<Decimal>,
}

#[derive(Debug)]
pub(super) struct Replicas {
    pub(super) profile: String,
    pub(super) profile_mark: Mark,
    pub(super) count: u32,
}

pub(super) fn document(root: &Node, problems: &mut Problems) -> Option<Document> {
    const KNOWN: [&str; 7] = [
        "version",
        "include",
        "services",
        "profiles",
        "deployment",
        "endpoints",
        "reclamation",
    ];
    let path = &Path::ROOT;
    let fields = Fields::read(root, path, &KNOWN, problems)?;
    let mut document = Document::default();
    if let Some(node) = fields.required("version", path, problems) {
        // The two versions have one schema, and one meaning here: that of 2.1.
        reader::word(node, &path.key("version"), &["2.0", "2.1"], problems);
    }
    if let Some(node) = fields.get("include") {
        // Akash's readers take a list and ignore it.
        reader::texts(node, &path.key("include"), "a list of texts", problems);
    }
    match fields.required("services", path, problems) {
        Some(node) => {
            let path = path.key("services");
            match named(node, &path, "a map of services", problems, service::read) {
                Some(services) => document.services = services,
                None => document.unread.services = true,
            }
        }
        None => document.unread.services = true,
    }
    match fields.required("profiles", path, problems) {
        Some(node) => profiles::read(node, &path.key("profiles"), &mut document, problems),
        None => (document.unread.compute, document.unread.placements) = (true, true),
    }
    match fields.required("deployment", path, problems) {
        Some(node) => deployment(node, &path.key("deployment"), &mut document, problems),
        None => document.unread.deployment = true,
    }
    if let Some(node) = fields.get("endpoints") {
        endpoints(node, &path.key("endpoints"), &mut document, problems);
    }
    if let Some(node) = fields.get("reclamation") {
        document.reclamation_min_window_s = reclamation(node, &path.key("reclamation"), problems);
    }
    Some(document)
}

/// A map from names to parts.
fn named<T>(
    node: &Node,
    path: &Path<'_>,
    expected: &str,
    problems: &mut Problems,
    read: impl Fn(&Entry, &Path<'_>, &mut Problems) -> Option<T>,
) -> Option<Named<T>> {
    let entries = reader::map(node, path, expected, problems)?;
    let mut parts = BTreeMap::new();
    for entry in entries {
        let part = read(entry, &path.key(&entry.key), problems);
        parts.insert(entry.key.clone(), (entry.mark, part));
    }
    Some(parts)
}

fn deployment(node: &Node, path: &Path<'_>, document: &mut Document, problems: &mut Problems) {
    let Some(entries) = reader::map(node, path, "a map of services", problems) else {
        document.unread.deployment = true;
        return;
    };
    if entries.is_empty() {
        problems.add(node.mark, path, "expected at least one service, got none");
    }
    for entry in entries {
        let path = path.key(&entry.key);
        let placements = named(
            &entry.value,
            &path,
            "a map of placements",
            problems,
            replicas,
        );
        if placements.as_ref().is_some_and(BTreeMap::is_empty) {
            problems.add(
                entry.mark,
                &path,
                "expected at least one placement, got none",
            );
        }
        let placements = placements.unwrap_or_default();
        document.deployment.insert(entry.key.clone(), placements);
        document
            .deployment_marks
            .insert(entry.key.clone(), entry.mark);
    }
}

fn replicas(entry: &Entry, path: &Path<'_>, problems: &mut Problems) -> Option<Replicas> {
    let fields = Fields::read(&entry.value, path, &["profile", "count"], problems)?;
    let profile = fields.required("profile", path, problems);
    let count = fields.required("count", path, problems);
    let name = profile.and_then(|node| {
        reader::text(
            node,
            &path.key("profile"),
            "the name of a profile",
            problems,
        )
    });
    let count = count
        .and_then(|node| reader::number(node, &path.key("count"), (1, MAX_COUNT.into()), problems));
    Some(Replicas {
        profile: name?.to_string(),
        profile_mark: profile?.mark,
        count: u32::try_from(count?).ok()?,
    })
}

fn endpoints(node: &Node, path: &Path<'_>, document: &mut Document, problems: &mut Problems) {
    let Some(entries) = reader::map(node, path, "a map of endpoints", problems) else {
        document.unread.endpoints = true;
        return;
    };
    for entry in entries {
        let path = path.key(&entry.key);
        if !is_endpoint_name(&entry.key) {
            let problem = "expected an endpoint name that begins with a-z and goes on with at \
                           least one of a-z, 0-9, - and _";
            problems.add(entry.mark, &path, problem);
        }
        if let Some(fields) = Fields::read(&entry.value, &path, &["kind"], problems)
            && let Some(kind) = fields.required("kind", &path, problems)
        {
            reader::word(kind, &path.key("kind"), &["ip"], problems);
        }
        document.endpoints.insert(entry.key.clone(), entry.mark);
    }
}

/// `^[a-z]+[-_0-9a-z]+$`
fn is_endpoint_name(name: &str) -> bool {
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    name.len() >= 2 && name.as_bytes()[0].is_ascii_lowercase() && name.bytes().all(rest)
}

fn reclamation(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<u64> {
    const EXPECTED: &str = "a whole number and one of s, m, h, such as 24h";
    let fields = Fields::read(node, path, &["min_window"], problems)?;
    let node = fields.required("min_window", path, problems)?;
    let path = path.key("min_window");
    let text = reader::text(node, &path, EXPECTED, problems)?;
    let Some(seconds) = quantity::seconds(text) else {
        reader::unexpected(node, &path, EXPECTED, problems);
        return None;
    };
    if !(MIN_RECLAMATION_S..=MAX_RECLAMATION_S).contains(&seconds) {
        let problem = format!(
            "expected from {MIN_RECLAMATION_S} s to {MAX_RECLAMATION_S} s, got {seconds} s"
        );
        problems.add(node.mark, &path, problem);
        return None;
    }
    Some(seconds)
}
