//! One service.

use super::{Credentials, Expose, HttpOptions, Params, Service, Target};
use crate::sdl::error::{Mark, Path, Problems, quote};
use crate::sdl::limits::{
    MAX_BODY_BYTES, MAX_HOST_BYTES, MAX_HTTP_TIMEOUT_MS, MAX_SERVICE_NAME_BYTES, MIN_EMAIL_CHARS,
    MIN_PASSWORD_CHARS,
};
use crate::sdl::reader::{self, Fields};
use crate::sdl::types::{Mount, Protocol};
use crate::sdl::yaml::scalar::Value;
use crate::sdl::yaml::{Entry, Kind, Node};

const PORT: (u64, u64) = (1, 65_535);

/// What `next_cases` may list. **Source** SDL schema, `httpErrorCode`.
const NEXT_CASES: [&str; 10] = [
    "error", "timeout", "500", "502", "503", "504", "403", "404", "429", "off",
];

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_body_size: 1_048_576,
            read_timeout: 60_000,
            send_timeout: 60_000,
            next_tries: 3,
            next_timeout: 0,
            next_cases: vec!["error", "timeout"],
        }
    }
}

pub(super) fn read(entry: &Entry, path: &Path<'_>, problems: &mut Problems) -> Option<Service> {
    const KNOWN: [&str; 8] = [
        "image",
        "command",
        "args",
        "env",
        "expose",
        "dependencies",
        "params",
        "credentials",
    ];
    if !is_service_name(&entry.key) {
        let problem = format!(
            "expected a service name of at most {MAX_SERVICE_NAME_BYTES} of a-z, 0-9 and -, that \
             begins with a letter and does not end with -"
        );
        problems.add(entry.mark, path, problem);
    }
    let fields = Fields::read(&entry.value, path, &KNOWN, problems)?;
    let image = fields
        .required("image", path, problems)
        .and_then(|node| image(node, &path.key("image"), problems));
    let command = optional_texts(&fields, "command", path, problems);
    let args = optional_texts(&fields, "args", path, problems);
    let env = env(&fields, path, problems);
    let expose = exposes(&fields, path, problems);
    if let Some(node) = fields.get("dependencies") {
        dependencies(node, &path.key("dependencies"), problems);
    }
    let params = match fields.get("params") {
        Some(node) => Some(params(node, &path.key("params"), problems)?),
        None => None,
    };
    let credentials = match fields.get("credentials") {
        Some(node) => Some(credentials(node, &path.key("credentials"), problems)?),
        None => None,
    };
    let (image, image_mark, pinned) = image?;
    Some(Service {
        image,
        image_mark,
        pinned,
        command: command?,
        args: args?,
        env: env?,
        expose: expose?,
        params,
        credentials,
    })
}

/// `^[a-z]([-a-z0-9]*[a-z0-9])?$`
fn is_service_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= MAX_SERVICE_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(inner)
        && !name.ends_with('-')
}

/// Reference, place, and whether it is named by digest.
fn image(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<(String, Mark, bool)> {
    const EXPECTED: &str = "an image reference";
    let text = reader::text(node, path, EXPECTED, problems)?;
    if text.is_empty() {
        let problem = "expected an image reference of at least one character, got \"\"";
        problems.add(node.mark, path, problem);
        return None;
    }
    // No image has other characters, and lookalikes of these would mislead whoever reads them.
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b);
    if !text.bytes().all(fine) {
        let got = quote(text);
        let problem =
            format!("expected an image reference of ASCII letters, digits and ._-/:@, got {got}");
        problems.add(node.mark, path, problem);
        return None;
    }
    let pinned = match text.split_once('@') {
        None => false,
        Some((name, digest)) => {
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            let fine = digest
                .strip_prefix("sha256:")
                .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex));
            if !fine || name.is_empty() {
                let got = quote(text);
                let problem = format!(
                    "expected a name, @sha256: and 64 lower-case hexadecimal digits, got {got}"
                );
                problems.add(node.mark, path, problem);
                return None;
            }
            true
        }
    };
    Some((text.to_string(), node.mark, pinned))
}

/// A list of texts, nothing, or absent; the last two mean the same.
fn optional_texts(
    fields: &Fields<'_>,
    key: &str,
    path: &Path<'_>,
    problems: &mut Problems,
) -> Option<Option<Vec<String>>> {
    match fields.get(key) {
        None => Some(None),
        Some(node) if reader::is_null(node) => Some(None),
        Some(node) => reader::texts(node, &path.key(key), "a list of texts", problems).map(Some),
    }
}

fn env(
    fields: &Fields<'_>,
    path: &Path<'_>,
    problems: &mut Problems,
) -> Option<Option<Vec<String>>> {
    let Some(node) = fields.get("env").filter(|node| !reader::is_null(node)) else {
        return Some(None);
    };
    let path = path.key("env");
    let items = reader::list(node, &path, "a list of NAME=value texts", problems)?;
    let mut env = Some(Vec::new());
    for (i, item) in items.iter().enumerate() {
        let path = path.index(i);
        let text = reader::text(item, &path, "NAME=value", problems);
        let fine = text.filter(|text| {
            let name = text.split('=').next().unwrap_or("");
            let fine = is_env_name(name);
            if !fine {
                let problem = format!(
                    "expected an environment variable's name of letters, digits, -, _ and ., \
                     that begins with no digit, got {}",
                    quote(name)
                );
                problems.add(item.mark, &path, problem);
            }
            fine
        });
        match (fine, &mut env) {
            (Some(text), Some(env)) => env.push(text.to_string()),
            (None, env) => *env = None,
            (Some(_), None) => {}
        }
    }
    env.map(Some)
}

/// **Source** Kubernetes, `IsEnvVarName`.
fn is_env_name(name: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(fine)
        && name != "."
        && !name.starts_with("..")
}

fn exposes(fields: &Fields<'_>, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<Expose>> {
    let Some(node) = fields.get("expose").filter(|node| !reader::is_null(node)) else {
        return Some(Vec::new());
    };
    let path = path.key("expose");
    let items = reader::list(node, &path, "a list of ports", problems)?;
    let found: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(i, item)| expose(item, &path.index(i), problems))
        .collect();
    found.into_iter().collect()
}

fn expose(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Expose> {
    const KNOWN: [&str; 6] = ["port", "as", "proto", "accept", "http_options", "to"];
    let fields = Fields::read(node, path, &KNOWN, problems)?;
    let port = fields
        .required("port", path, problems)
        .and_then(|node| reader::number(node, &path.key("port"), PORT, problems));
    let external = match fields.get("as") {
        None => Some(0),
        Some(node) => reader::number(node, &path.key("as"), PORT, problems),
    };
    let protocol = match fields.get("proto") {
        None => Some(Protocol::Tcp),
        Some(node) => protocol(node, &path.key("proto"), problems),
    };
    let hosts = match fields.get("accept") {
        None => Some(None),
        Some(node) => hosts(node, &path.key("accept"), problems).map(Some),
    };
    let http = match fields.get("http_options") {
        None => Some(HttpOptions::default()),
        Some(node) => http_options(node, &path.key("http_options"), problems),
    };
    // Akash's readers disagree about a port without `to`: some emit it, some drop it.
    let to = fields
        .required("to", path, problems)
        .and_then(|node| targets(node, &path.key("to"), problems));
    Some(Expose {
        port: u16::try_from(port?).ok()?,
        external: u16::try_from(external?).ok()?,
        protocol: protocol?,
        hosts: hosts?,
        http: http?,
        to: to?,
    })
}

fn protocol(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Protocol> {
    const EXPECTED: &str = "tcp or udp";
    let text = reader::text(node, path, EXPECTED, problems)?;
    match text.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => {
            reader::unexpected(node, path, EXPECTED, problems);
            None
        }
    }
}

fn hosts(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<(String, Mark)>> {
    let items = reader::list(node, path, "a list of host names", problems)?;
    if items.is_empty() {
        // Readers disagree about what an empty list means for the hash.
        problems.add(
            node.mark,
            path,
            "expected at least one host name, got an empty list",
        );
        return None;
    }
    let found: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(i, item)| {
            let path = path.index(i);
            let host = reader::text(item, &path, "a host name", problems)?;
            if !is_host_name(host) {
                reader::unexpected(item, &path, "a lower-case host name", problems);
                return None;
            }
            Some((host.to_string(), item.mark))
        })
        .collect();
    found.into_iter().collect()
}

/// **Source** Kubernetes, DNS-1123 subdomain.
fn is_host_name(host: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= MAX_HOST_BYTES && host.split('.').all(label)
}

fn http_options(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<HttpOptions> {
    // `proxy_buffer_size` came and went on providers: a manifest with it does not hash alike.
    const KNOWN: [&str; 6] = [
        "max_body_size",
        "read_timeout",
        "send_timeout",
        "next_tries",
        "next_timeout",
        "next_cases",
    ];
    let fields = Fields::read(node, path, &KNOWN, problems)?;
    let mut option = |key: &str, range: (u64, u64), default: u64| match fields.get(key) {
        None => Some(default),
        Some(node) => reader::number(node, &path.key(key), range, problems),
    };
    let default = HttpOptions::default();
    // 0 would mean the default to one of Akash's readers and 0 to another.
    let timeout = (1, MAX_HTTP_TIMEOUT_MS);
    let max_body_size = option("max_body_size", (1, MAX_BODY_BYTES), default.max_body_size);
    let read_timeout = option("read_timeout", timeout, default.read_timeout);
    let send_timeout = option("send_timeout", timeout, default.send_timeout);
    let next_tries = option("next_tries", (1, u32::MAX.into()), default.next_tries);
    let next_timeout = option("next_timeout", (0, u32::MAX.into()), default.next_timeout);
    let next_cases = match fields.get("next_cases") {
        None => Some(default.next_cases),
        Some(node) => next_cases(node, &path.key("next_cases"), problems),
    };
    Some(HttpOptions {
        max_body_size: max_body_size?,
        read_timeout: read_timeout?,
        send_timeout: send_timeout?,
        next_tries: next_tries?,
        next_timeout: next_timeout?,
        next_cases: next_cases?,
    })
}

fn next_cases(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<&'static str>> {
    let items = reader::list(node, path, "a list of cases", problems)?;
    let mut cases = Vec::new();
    for (i, item) in items.iter().enumerate() {
        cases.push(reader::word(item, &path.index(i), &NEXT_CASES, problems)?);
    }
    if cases.is_empty() {
        problems.add(
            node.mark,
            path,
            "expected at least one case, got an empty list",
        );
        return None;
    }
    if cases.contains(&"off") && cases.len() > 1 {
        problems.add(
            node.mark,
            path,
            "expected `off` alone, got other cases beside it",
        );
        return None;
    }
    Some(cases)
}

fn targets(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<Target>> {
    let items = reader::list(node, path, "a list of who may reach the port", problems)?;
    if items.is_empty() {
        problems.add(
            node.mark,
            path,
            "expected at least one entry, got an empty list",
        );
        return None;
    }
    let found: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(i, item)| target(item, &path.index(i), problems))
        .collect();
    found.into_iter().collect()
}

fn target(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Target> {
    let fields = Fields::read(node, path, &["service", "global", "ip"], problems)?;
    let service = match fields.get("service") {
        None => None,
        Some(node) => Some(reader::text(
            node,
            &path.key("service"),
            "the name of a service",
            problems,
        )?),
    };
    let global = match fields.get("global") {
        None => false,
        Some(node) => reader::truth(node, &path.key("global"), problems)?,
    };
    let ip = match fields.get("ip") {
        None => None,
        Some(node) => Some(reader::text(
            node,
            &path.key("ip"),
            "the name of an endpoint",
            problems,
        )?),
    };
    if ip.is_some() && !global {
        let problem = "expected `global: true` beside `ip`, got none";
        problems.add(node.mark, &path.key("ip"), problem);
        return None;
    }
    if !global && service.is_none() {
        let problem = "expected `global: true` or a `service`, got neither";
        problems.add(node.mark, path, problem);
        return None;
    }
    Some(Target {
        mark: node.mark,
        service: service.map(str::to_string),
        global,
        ip: ip.map(str::to_string),
    })
}

/// Akash's readers take them and do nothing with them.
fn dependencies(node: &Node, path: &Path<'_>, problems: &mut Problems) {
    let Some(items) = reader::list(node, path, "a list of services", problems) else {
        return;
    };
    for (i, item) in items.iter().enumerate() {
        let path = path.index(i);
        if let Some(fields) = Fields::read(item, &path, &["service"], problems)
            && let Some(node) = fields.get("service")
        {
            reader::text(
                node,
                &path.key("service"),
                "the name of a service",
                problems,
            );
        }
    }
}

fn params(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Params> {
    const KNOWN: [&str; 3] = ["storage", "permissions", "tee"];
    let fields = Fields::read(node, path, &KNOWN, problems)?;
    if KNOWN.iter().all(|key| fields.get(key).is_none()) {
        problems.add(
            node.mark,
            path,
            "expected storage, permissions or tee, got an empty map",
        );
        return None;
    }
    let storage = match fields.get("storage") {
        None => Some(None),
        Some(node) => mounts(node, &path.key("storage"), problems).map(Some),
    };
    let permissions = match fields.get("permissions") {
        None => Some(None),
        Some(node) => permissions(node, &path.key("permissions"), problems).map(Some),
    };
    let tee = match fields.get("tee") {
        None => Some(None),
        Some(node) => reader::word(node, &path.key("tee"), &["cpu", "cpu-gpu"], problems)
            .map(|kind| Some((kind, node.mark))),
    };
    Some(Params {
        mark: node.mark,
        storage: storage?,
        permissions: permissions?,
        tee: tee?,
    })
}

fn mounts(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<(Mount, Mark)>> {
    const ABSOLUTE: &str = "an absolute path, which begins with /";
    let entries = reader::map(node, path, "a map of volumes", problems)?;
    if entries.is_empty() {
        problems.add(
            node.mark,
            path,
            "expected at least one volume, got an empty map",
        );
        return None;
    }
    let mut mounts = Vec::new();
    for entry in entries {
        let path = path.key(&entry.key);
        let fields = Fields::read(&entry.value, &path, &["mount", "readOnly"], problems)?;
        let read_only = match fields.get("readOnly") {
            None => false,
            Some(node) => reader::truth(node, &path.key("readOnly"), problems)?,
        };
        let node = fields.required("mount", &path, problems)?;
        let mount = reader::text(node, &path.key("mount"), ABSOLUTE, problems)?;
        if !mount.starts_with('/') || mount.chars().any(char::is_control) {
            reader::unexpected(node, &path.key("mount"), ABSOLUTE, problems);
            return None;
        }
        let mount = Mount {
            volume: entry.key.clone(),
            path: mount.to_string(),
            read_only,
        };
        mounts.push((mount, node.mark));
    }
    mounts.sort_by(|(a, _), (b, _)| a.volume.cmp(&b.volume));
    Some(mounts)
}

fn permissions(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<&'static str>> {
    let fields = Fields::read(node, path, &["read"], problems)?;
    let node = fields.required("read", path, problems)?;
    let path = path.key("read");
    let items = reader::list(node, &path, "a list of what may be read", problems)?;
    if items.is_empty() {
        problems.add(
            node.mark,
            &path,
            "expected at least one entry, got an empty list",
        );
        return None;
    }
    let mut scopes = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let words = ["deployment", "logs", "events"];
        scopes.push(reader::word(item, &path.index(i), &words, problems)?);
    }
    Some(scopes)
}

fn credentials(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Credentials> {
    const KNOWN: [&str; 4] = ["host", "email", "username", "password"];
    let fields = Fields::read(node, path, &KNOWN, problems)?;
    let mut read = |key: &str, min_chars: usize, optional: bool| {
        let node = match fields.get(key) {
            None if optional => return Some(String::new()),
            None => fields.required(key, path, problems)?,
            Some(node) => node,
        };
        let path = path.key(key);
        // No problem quotes the text itself: it may be a password.
        let text = match &node.kind {
            Kind::Scalar(scalar) if scalar.value() == Value::Text => &scalar.text,
            _ => {
                problems.add(
                    node.mark,
                    &path,
                    "expected a text in quotes, got something else",
                );
                return None;
            }
        };
        let chars = text.trim().chars().count();
        if chars < min_chars {
            let problem = format!("expected at least {min_chars} characters, got {chars}");
            problems.add(node.mark, &path, problem);
            return None;
        }
        Some(text.to_string())
    };
    let host = read("host", 1, false);
    let email = read("email", MIN_EMAIL_CHARS, true);
    let username = read("username", 1, false);
    let password = read("password", MIN_PASSWORD_CHARS, false);
    Some(Credentials {
        host: host?,
        email: email?,
        username: username?,
        password: password?,
    })
}
