//! Manifests as a provider reads them: decoded into its own types, encoded again, hashed, checked.
//!
//! Unknown keys vanish and missing ones come back as nulls and zeros, as in Go; so only the
//! canonical text hashes to what the tenant put on the chain.
//! **Source** chain-sdk, `go/manifest/v2beta3`.

use crate::address;
use crate::proto::{self, GroupSpec};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a provider answers to a manifest: status and text.
pub(crate) type Refusal = (u16, String);

/// One group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ManifestGroup {
    pub(crate) name: String,
    pub(crate) services: Option<Vec<Service>>,
}

/// One service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) image: String,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    env: Option<Vec<String>>,
    resources: Resources,
    pub(crate) count: u32,
    pub(crate) expose: Option<Vec<Expose>>,
    params: Option<Params>,
    credentials: Option<Credentials>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    id: u32,
    cpu: Option<Units>,
    memory: Option<Memory>,
    storage: Option<Vec<Storage>>,
    gpu: Option<Units>,
    endpoints: Option<Vec<Endpoint>>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
struct Val {
    val: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
struct Attribute {
    key: String,
    value: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
struct Units {
    units: Val,
    attributes: Option<Vec<Attribute>>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
struct Memory {
    size: Val,
    attributes: Option<Vec<Attribute>>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
struct Storage {
    name: String,
    size: Val,
    attributes: Option<Vec<Attribute>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    kind: i32,
    sequence_number: u32,
}

/// One port.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Expose {
    pub(crate) port: u32,
    pub(crate) external_port: u32,
    pub(crate) proto: String,
    service: String,
    pub(crate) global: bool,
    pub(crate) hosts: Option<Vec<String>>,
    http_options: HttpOptions,
    pub(crate) ip: String,
    endpoint_sequence_number: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HttpOptions {
    max_body_size: u32,
    read_timeout: u32,
    send_timeout: u32,
    next_tries: u32,
    next_timeout: u32,
    next_cases: Option<Vec<String>>,
    proxy_buffer_size: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    storage: Option<Vec<Mount>>,
    credentials: Option<Credentials>,
    permissions: Option<Permissions>,
    tee: Option<Tee>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Mount {
    name: String,
    mount: String,
    read_only: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Permissions {
    read: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Tee {
    r#type: String,
    attestation: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    host: String,
    email: String,
    username: String,
    password: String,
}

/// Reads a body. **Errors** status 422.
pub(crate) fn decode(body: &[u8]) -> Result<Vec<ManifestGroup>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err((422, "EOF".into()));
    }
    // Go's decoder reads one value and ignores what follows.
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Option<Vec<_>>>();
    match values.next() {
        Some(Ok(groups)) => Ok(groups.unwrap_or_default()),
        Some(Err(error)) => Err((422, format!("json: cannot unmarshal: {error}"))),
        None => Err((422, "EOF".into())),
    }
}

/// SHA-256 of the manifest in its canonical form.
pub(crate) fn hash(groups: &[ManifestGroup]) -> [u8; 32] {
    let mut text = String::new();
    write(&groups.iter().map(ManifestGroup::json).collect(), &mut text);
    address::sha256(text.as_bytes())
}

/// One group as it is given back to its tenant.
pub(crate) fn group_json(group: &ManifestGroup) -> Value {
    group.json()
}

/// The checks of a provider, in its order. **Errors** as facts 4.4.
pub(crate) fn check(
    groups: &[ManifestGroup],
    hash_on_chain: &[u8],
    specs: &[GroupSpec],
) -> Result<(), Refusal> {
    validate(groups)?;
    if hash(groups) != *hash_on_chain {
        return Err((422, "manifest version validation failed".into()));
    }
    cross_check(groups, specs)
}

impl ManifestGroup {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "services": self.services.as_ref().map(|s| s.iter().map(Service::json).collect::<Value>()),
        })
    }
}

impl Service {
    /// Whether each replica gets an address below the provider's own domain.
    pub(crate) fn exposes(&self) -> &[Expose] {
        self.expose.as_deref().unwrap_or_default()
    }

    fn json(&self) -> Value {
        let mut value = json!({
            "name": self.name,
            "image": self.image,
            "command": self.command,
            "args": self.args,
            "env": self.env,
            "resources": self.resources.json(),
            "count": self.count,
            "expose": self.expose.as_ref().map(|e| e.iter().map(Expose::json).collect::<Value>()),
            "credentials": self.credentials.as_ref().map(Credentials::json),
        });
        if let Some(params) = &self.params {
            value["params"] = params.json();
        }
        value
    }
}

fn attributes(into: &mut Value, list: Option<&Vec<Attribute>>) {
    if let Some(list) = list.filter(|l| !l.is_empty()) {
        into["attributes"] = list
            .iter()
            .map(|a| json!({"key": a.key, "value": a.value}))
            .collect();
    }
}

impl Resources {
    fn json(&self) -> Value {
        let units = |u: &Units| {
            let mut value = json!({"units": {"val": u.units.val}});
            attributes(&mut value, u.attributes.as_ref());
            value
        };
        let mut value = json!({
            "id": self.id,
            "endpoints": self.endpoints.as_ref().map(|list| {
                list.iter().map(Endpoint::json).collect::<Value>()
            }),
        });
        if let Some(cpu) = &self.cpu {
            value["cpu"] = units(cpu);
        }
        if let Some(gpu) = &self.gpu {
            value["gpu"] = units(gpu);
        }
        if let Some(memory) = &self.memory {
            value["memory"] = json!({"size": {"val": memory.size.val}});
            attributes(&mut value["memory"], memory.attributes.as_ref());
        }
        if let Some(volumes) = self.storage.as_ref().filter(|v| !v.is_empty()) {
            let print = |s: &Storage| {
                let mut value = json!({"name": s.name, "size": {"val": s.size.val}});
                attributes(&mut value, s.attributes.as_ref());
                value
            };
            value["storage"] = volumes.iter().map(print).collect();
        }
        value
    }
}

impl Endpoint {
    fn json(&self) -> Value {
        let mut value = json!({"sequence_number": self.sequence_number});
        if self.kind != 0 {
            value["kind"] = self.kind.into();
        }
        value
    }
}

impl Expose {
    fn json(&self) -> Value {
        let http = &self.http_options;
        let mut options = json!({
            "maxBodySize": http.max_body_size,
            "readTimeout": http.read_timeout,
            "sendTimeout": http.send_timeout,
            "nextTries": http.next_tries,
            "nextTimeout": http.next_timeout,
        });
        if let Some(cases) = http.next_cases.as_ref().filter(|c| !c.is_empty()) {
            options["nextCases"] = json!(cases);
        }
        if http.proxy_buffer_size != 0 {
            options["proxyBufferSize"] = http.proxy_buffer_size.into();
        }
        json!({
            "port": self.port,
            "externalPort": self.external_port,
            "proto": self.proto,
            "service": self.service,
            "global": self.global,
            "hosts": self.hosts,
            "httpOptions": options,
            "ip": self.ip,
            "endpointSequenceNumber": self.endpoint_sequence_number,
        })
    }

    /// The port as it is seen from outside.
    pub(crate) fn outside_port(&self) -> u32 {
        if self.external_port == 0 {
            self.port
        } else {
            self.external_port
        }
    }

    /// Behind the provider's HTTP ingress.
    pub(crate) fn is_ingress(&self) -> bool {
        self.proto == "TCP" && self.global && self.outside_port() == 80
    }

    /// In the order that providers want: service, port, protocol, global first.
    fn rank(&self) -> (&str, u32, &str, bool) {
        (&self.service, self.port, &self.proto, !self.global)
    }
}

impl Params {
    fn json(&self) -> Value {
        let mount = |m: &Mount| json!({"name": m.name, "mount": m.mount, "readOnly": m.read_only});
        let mut value = json!({
            "storage": self.storage.as_ref().map(|s| s.iter().map(mount).collect::<Value>()),
        });
        if let Some(credentials) = &self.credentials {
            value["credentials"] = credentials.json();
        }
        if let Some(permissions) = &self.permissions {
            let mut read = Map::new();
            if let Some(list) = permissions.read.as_ref().filter(|l| !l.is_empty()) {
                read.insert("read".into(), json!(list));
            }
            value["permissions"] = read.into();
        }
        if let Some(tee) = &self.tee {
            value["tee"] = json!({"type": tee.r#type, "attestation": tee.attestation});
        }
        value
    }
}

impl Credentials {
    fn json(&self) -> Value {
        json!({
            "host": self.host,
            "email": self.email,
            "username": self.username,
            "password": self.password,
        })
    }
}

/// Writes JSON with sorted keys, no spaces and Go's escapes.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            out.push('{');
            for (i, (key, item)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
        Value::String(text) => write_text(text, out),
        other => out.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn validate(groups: &[ManifestGroup]) -> Result<(), Refusal> {
    let invalid = |text: String| Err((422, format!("invalid manifest: {text}")));
    if groups.is_empty() {
        return invalid("manifest is empty".into());
    }
    let mut names: Vec<&str> = Vec::new();
    let mut hosts: Vec<&str> = Vec::new();
    let mut global = 0;
    for group in groups {
        let name = &group.name;
        let services = group.services.as_deref().unwrap_or_default();
        if services.is_empty() {
            return invalid(format!("group {name:?} contains no services"));
        }
        if !services.is_sorted_by(|a, b| a.name <= b.name) {
            return invalid(format!("group {name:?} services is not sorted"));
        }
        for service in services {
            validate_service(service, &mut hosts, &mut global)?;
        }
        if names.contains(&name.as_str()) {
            return invalid(format!("duplicate group {name:?}"));
        }
        names.push(name);
    }
    if global == 0 {
        return invalid("zero global services".into());
    }
    Ok(())
}

fn validate_service<'a>(
    service: &'a Service,
    hosts: &mut Vec<&'a str>,
    global: &mut u32,
) -> Result<(), Refusal> {
    let name = &service.name;
    let invalid = |text: String| Err((422, format!("invalid manifest: {text}")));
    if name.is_empty() {
        return invalid("service name is empty".into());
    }
    if !is_label(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return invalid(format!("service {name:?} name is invalid"));
    }
    if service.image.is_empty() {
        return invalid(format!("service {name:?} has empty image name"));
    }
    let r = &service.resources;
    // Plain errors in Go, and therefore not mapped to a status of their own.
    let missing = [
        (r.id == 0, "resources ID must be > 0"),
        (r.cpu.is_none(), "CPU must not be nil"),
        (r.gpu.is_none(), "GPU must not be nil"),
        (r.memory.is_none(), "memory must not be nil"),
        (r.storage.is_none(), "storage must not be nil"),
        (r.endpoints.is_none(), "endpoints must not be nil"),
    ];
    if let Some((_, text)) = missing.iter().find(|(missing, _)| *missing) {
        return Err((500, (*text).into()));
    }
    for entry in service.env.iter().flatten() {
        let variable = entry.split('=').next().unwrap_or_default();
        if !is_env_name(variable) {
            return invalid(format!(
                "service {name:?} defines an env. var. with an invalid name {variable:?}"
            ));
        }
    }
    let exposes = service.exposes();
    if !exposes.is_sorted_by(|a, b| a.rank() <= b.rank()) {
        return invalid(format!("service {name:?}: expose is not sorted"));
    }
    for expose in exposes {
        let port = expose.port;
        let bad = |text: String| invalid(format!("service {name:?}: {text}"));
        if port == 0 || port > 65_535 {
            return bad("port value must be 0 < value <= 65535 ".into());
        }
        if !["TCP", "UDP"].contains(&expose.proto.as_str()) {
            return bad(format!("protocol {:?} unknown", expose.proto));
        }
        *global += u32::from(expose.global);
        for host in expose.hosts.iter().flatten() {
            if !is_host(host) {
                return bad(format!("has invalid hostname {host:?}"));
            }
            if hosts.contains(&host.as_str()) {
                return bad(format!(
                    "hostname {host:?} is duplicated, this is not allowed"
                ));
            }
            hosts.push(host);
        }
    }
    Ok(())
}

fn is_label(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let ends = !text.starts_with('-') && !text.ends_with('-');
    !text.is_empty() && ends && text.bytes().all(inner)
}

fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_env_name(text: &str) -> bool {
    let letter = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(letter)
        && text != "."
        && !text.starts_with("..")
}

/// What is left of a resource unit while services take from it.
struct Left {
    count: u32,
    http: u32,
    port: u32,
    ip: u32,
}

fn cross_check(groups: &[ManifestGroup], specs: &[GroupSpec]) -> Result<(), Refusal> {
    if groups.len() != specs.len() {
        let (got, expected) = (groups.len(), specs.len());
        let text = format!("invalid manifest: group count mismatch ({got} != {expected})");
        return Err((500, text));
    }
    let bad = |text: String| Err((422, format!("manifest cross-validation error: {text}")));
    for group in groups {
        let Some(spec) = specs.iter().find(|s| s.name == group.name) else {
            let text = format!(
                "invalid manifest: unknown deployment group ('{}')",
                group.name
            );
            return Err((500, text));
        };
        let mut left: BTreeMap<u32, Left> = BTreeMap::new();
        for unit in &spec.resources {
            let resources = unit.resource.clone().unwrap_or_default();
            let kinds = |k: i32| {
                let n = resources.endpoints.iter().filter(|e| e.kind == k).count();
                u32::try_from(n).expect("few endpoints")
            };
            let unit = Left {
                count: unit.count,
                http: kinds(0),
                port: kinds(1),
                ip: kinds(2),
            };
            left.insert(resources.id, unit);
        }
        let name = &group.name;
        for service in group.services.iter().flatten() {
            if let Err(text) = take(service, spec, &mut left) {
                return bad(format!(
                    "group {name:?}: service {:?}: {text}",
                    service.name
                ));
            }
        }
        for (id, unit) in &left {
            let rest = [(unit.http, "HTTP"), (unit.port, "PORT"), (unit.ip, "IP")];
            if let Some((n, kind)) = rest.iter().find(|(n, _)| *n > 0) {
                return bad(format!(
                    "group {name:?}: resources ID ({id}): under-utilized ({n}) {kind} endpoints"
                ));
            }
        }
        for (id, unit) in &left {
            if unit.count > 0 {
                return bad(format!(
                    "group {name:?}: resources ID ({id}): under-utilized ({}) resources",
                    unit.count
                ));
            }
        }
    }
    Ok(())
}

fn take(service: &Service, spec: &GroupSpec, left: &mut BTreeMap<u32, Left>) -> Result<(), String> {
    let r = &service.resources;
    let id = r.id;
    let units = spec.resources.iter().filter_map(|u| u.resource.as_ref());
    let (Some(unit), Some(left)) = (units.into_iter().find(|u| u.id == id), left.get_mut(&id))
    else {
        return Err(format!(
            "not found deployment group resources with ID = {id}"
        ));
    };
    if service.count > left.count {
        let (got, have) = (service.count, left.count);
        return Err(format!(
            "over-utilized replicas ({got}) > group spec resources count ({have})"
        ));
    }
    let same_units = |mine: Option<&Units>, theirs: Option<&proto::Units>| {
        mine.cloned()
            == theirs.map(|u| Units {
                units: val(u.units.as_ref()),
                attributes: list(&u.attributes),
            })
    };
    let mine = normal(r);
    if !same_units(mine.cpu.as_ref(), unit.cpu.as_ref()) {
        return Err(format!("CPU resources mismatch for ID {id}"));
    }
    if !same_units(mine.gpu.as_ref(), unit.gpu.as_ref()) {
        return Err(format!("GPU resources mismatch for ID {id}"));
    }
    let memory = unit.memory.as_ref().map(|m| Memory {
        size: val(m.quantity.as_ref()),
        attributes: list(&m.attributes),
    });
    if mine.memory != memory {
        return Err(format!("Memory resources mismatch for ID {id}"));
    }
    let volumes: Vec<Storage> = unit
        .storage
        .iter()
        .map(|s| Storage {
            name: s.name.clone(),
            size: val(s.quantity.as_ref()),
            attributes: list(&s.attributes),
        })
        .collect();
    if mine.storage.unwrap_or_default() != volumes {
        return Err(format!("Storage resources mismatch for ID {id}"));
    }
    for expose in service.exposes().iter().filter(|e| e.global) {
        let spend = |left: &mut u32, kind: &str| {
            let Some(rest) = left.checked_sub(1) else {
                return Err(format!("resource ID {id}: over-utilized {kind} endpoints"));
            };
            *left = rest;
            Ok(())
        };
        if expose.is_ingress() {
            spend(&mut left.http, "HTTP")?;
        } else {
            spend(&mut left.port, "PORT")?;
        }
        if !expose.ip.is_empty() {
            spend(&mut left.ip, "IP")?;
        }
    }
    left.count -= service.count;
    Ok(())
}

/// Empty and absent lists compare equal.
fn normal(r: &Resources) -> Resources {
    let mut r = r.clone();
    let empty = |l: &mut Option<Vec<Attribute>>| {
        if l.as_ref().is_some_and(Vec::is_empty) {
            *l = None;
        }
    };
    for units in r.cpu.iter_mut().chain(r.gpu.iter_mut()) {
        empty(&mut units.attributes);
    }
    r.memory.iter_mut().for_each(|m| empty(&mut m.attributes));
    r.storage
        .iter_mut()
        .flatten()
        .for_each(|s| empty(&mut s.attributes));
    r
}

fn val(value: Option<&proto::ResourceValue>) -> Val {
    let digits = value.map(|v| String::from_utf8_lossy(&v.val).into_owned());
    Val {
        val: digits.unwrap_or_default(),
    }
}

fn list(attributes: &[proto::Attribute]) -> Option<Vec<Attribute>> {
    let copy = |a: &proto::Attribute| Attribute {
        key: a.key.clone(),
        value: a.value.clone(),
    };
    (!attributes.is_empty()).then(|| attributes.iter().map(copy).collect())
}
