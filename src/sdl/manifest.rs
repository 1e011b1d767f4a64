//! The manifest's one form: keys sorted, no spaces, Go's escapes.
//!
//! **Source** Akash chain-sdk, `manifest/v2beta3`, as Go's `encoding/json` writes it, after
//! cosmos-sdk's `SortJSON`. A provider hashes its own re-encoding of what it is sent, so a
//! difference in one byte is a deployment that never starts. The fields of the structs below are
//! declared in the order of their names in JSON; a test holds them to it.

use super::limits::MAX_MANIFEST_BYTES;
use super::schema::{Expose, HttpOptions, Service as Described};
use super::types::{Attribute, Endpoint, EndpointKind, Manifest, Unit};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use sha2::{Digest, Sha256};
use std::io;

/// One group of the manifest.
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) services: Vec<Service<'a>>,
}

pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    pub(super) service: &'a Described,
    pub(super) count: u32,
    pub(super) resources: Resources<'a>,
    pub(super) exposes: &'a [ServiceExpose<'a>],
}

pub(super) struct Resources<'a> {
    pub(super) unit: &'a Unit,
    /// The service's own, in the order of its exposes.
    pub(super) endpoints: Vec<Endpoint>,
}

/// One target of one port.
pub(super) struct ServiceExpose<'a> {
    pub(super) expose: &'a Expose,
    pub(super) service: &'a str,
    pub(super) global: bool,
    pub(super) ip: &'a str,
    pub(super) sequence: u32,
}

/// The manifest, or `None` when it is larger than [`MAX_MANIFEST_BYTES`].
pub(super) fn encode(groups: &[Group<'_>]) -> Option<Manifest> {
    let groups: Vec<_> = groups.iter().map(group).collect();
    let mut out = Bounded(Vec::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, GoFormatter);
    groups.serialize(&mut serializer).ok()?;
    let json = String::from_utf8(out.0).expect("the serializer writes UTF-8");
    let hash = Sha256::digest(json.as_bytes()).into();
    Some(Manifest { json, hash })
}

/// Refuses to grow past the limit.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_MANIFEST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `serde_json` leaves raw and Go escapes.
struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (raw, found) = rest.split_at(at);
            writer.write_all(raw.as_bytes())?;
            let mut chars = found.chars();
            if let Some(c) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

#[derive(Serialize)]
struct GroupJson<'a> {
    name: &'a str,
    services: Vec<ServiceJson<'a>>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    args: Option<&'a [String]>,
    command: Option<&'a [String]>,
    count: u32,
    credentials: Option<CredentialsJson<'a>>,
    env: Option<&'a [String]>,
    expose: Vec<ExposeJson<'a>>,
    image: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<ParamsJson<'a>>,
    resources: ResourcesJson<'a>,
}

#[derive(Serialize)]
struct CredentialsJson<'a> {
    email: &'a str,
    host: &'a str,
    password: &'a str,
    username: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExposeJson<'a> {
    endpoint_sequence_number: u32,
    external_port: u16,
    global: bool,
    hosts: Option<Vec<&'a str>>,
    http_options: HttpOptionsJson<'a>,
    ip: &'a str,
    port: u16,
    proto: &'static str,
    service: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpOptionsJson<'a> {
    max_body_size: u64,
    next_cases: &'a [&'static str],
    next_timeout: u64,
    next_tries: u64,
    read_timeout: u64,
    send_timeout: u64,
}

#[derive(Serialize)]
struct ParamsJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<PermissionsJson<'a>>,
    storage: Option<Vec<MountJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tee: Option<TeeJson>,
}

#[derive(Serialize)]
struct PermissionsJson<'a> {
    read: &'a [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MountJson<'a> {
    mount: &'a str,
    name: &'a str,
    read_only: bool,
}

#[derive(Serialize)]
struct TeeJson {
    attestation: bool,
    r#type: &'static str,
}

#[derive(Serialize)]
struct ResourcesJson<'a> {
    cpu: UnitsJson<'a>,
    endpoints: Vec<EndpointJson>,
    gpu: UnitsJson<'a>,
    id: u32,
    memory: MemoryJson<'a>,
    storage: Vec<VolumeJson<'a>>,
}

#[derive(Serialize)]
struct UnitsJson<'a> {
    #[serde(
        skip_serializing_if = "<[Attribute]>::is_empty",
        serialize_with = "attributes"
    )]
    attributes: &'a [Attribute],
    units: Val,
}

#[derive(Serialize)]
struct MemoryJson<'a> {
    #[serde(
        skip_serializing_if = "<[Attribute]>::is_empty",
        serialize_with = "attributes"
    )]
    attributes: &'a [Attribute],
    size: Val,
}

#[derive(Serialize)]
struct VolumeJson<'a> {
    #[serde(
        skip_serializing_if = "<[Attribute]>::is_empty",
        serialize_with = "attributes"
    )]
    attributes: &'a [Attribute],
    name: &'a str,
    size: Val,
}

/// A number that Go carries as a text.
#[derive(Serialize)]
struct Val {
    val: String,
}

#[derive(Serialize)]
struct EndpointJson {
    #[serde(skip_serializing_if = "is_zero")]
    kind: u8,
    sequence_number: u32,
}

#[derive(Serialize)]
struct AttributeJson<'a> {
    key: &'a str,
    value: &'a str,
}

fn attributes<S: serde::Serializer>(
    attributes: &[Attribute],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(attributes.iter().map(|attribute| AttributeJson {
        key: &attribute.key,
        value: &attribute.value,
    }))
}

fn is_zero(kind: &u8) -> bool {
    *kind == 0
}

fn val(number: u64) -> Val {
    Val {
        val: number.to_string(),
    }
}

fn group<'a>(group: &'a Group<'a>) -> GroupJson<'a> {
    GroupJson {
        name: group.name,
        services: group.services.iter().map(service).collect(),
    }
}

fn service<'a>(of: &'a Service<'a>) -> ServiceJson<'a> {
    let service = of.service;
    ServiceJson {
        args: service.args.as_deref(),
        command: service.command.as_deref(),
        count: of.count,
        credentials: service
            .credentials
            .as_ref()
            .map(|credentials| CredentialsJson {
                email: &credentials.email,
                host: &credentials.host,
                password: &credentials.password,
                username: &credentials.username,
            }),
        env: service.env.as_deref(),
        expose: of.exposes.iter().map(expose).collect(),
        image: &service.image,
        name: of.name,
        params: service.params.as_ref().map(|params| ParamsJson {
            permissions: params
                .permissions
                .as_deref()
                .map(|read| PermissionsJson { read }),
            storage: params.storage.as_ref().map(|mounts| {
                let mounts = mounts.iter().map(|(mount, _)| MountJson {
                    mount: &mount.path,
                    name: &mount.volume,
                    read_only: mount.read_only,
                });
                mounts.collect()
            }),
            tee: params.tee.map(|(kind, _)| TeeJson {
                attestation: true,
                r#type: kind,
            }),
        }),
        resources: resources(&of.resources),
    }
}

fn expose<'a>(of: &'a ServiceExpose<'a>) -> ExposeJson<'a> {
    let hosts = of.expose.hosts.as_ref();
    ExposeJson {
        endpoint_sequence_number: of.sequence,
        external_port: of.expose.external,
        global: of.global,
        hosts: hosts.map(|hosts| hosts.iter().map(|(host, _)| host.as_str()).collect()),
        http_options: http_options(&of.expose.http),
        ip: of.ip,
        port: of.expose.port,
        proto: of.expose.protocol.name(),
        service: of.service,
    }
}

fn http_options(options: &HttpOptions) -> HttpOptionsJson<'_> {
    HttpOptionsJson {
        max_body_size: options.max_body_size,
        next_cases: &options.next_cases,
        next_timeout: options.next_timeout,
        next_tries: options.next_tries,
        read_timeout: options.read_timeout,
        send_timeout: options.send_timeout,
    }
}

fn resources<'a>(of: &'a Resources<'a>) -> ResourcesJson<'a> {
    let unit = of.unit;
    ResourcesJson {
        cpu: UnitsJson {
            attributes: &unit.cpu.attributes,
            units: val(unit.cpu.milli),
        },
        endpoints: of.endpoints.iter().map(endpoint).collect(),
        gpu: UnitsJson {
            attributes: &unit.gpu.attributes,
            units: val(unit.gpu.units),
        },
        id: unit.id,
        memory: MemoryJson {
            attributes: &unit.memory.attributes,
            size: val(unit.memory.bytes),
        },
        storage: unit
            .storage
            .iter()
            .map(|volume| VolumeJson {
                attributes: &volume.attributes,
                name: &volume.name,
                size: val(volume.bytes),
            })
            .collect(),
    }
}

fn endpoint(endpoint: &Endpoint) -> EndpointJson {
    EndpointJson {
        kind: match endpoint.kind {
            EndpointKind::SharedHttp => 0,
            EndpointKind::RandomPort => 1,
            EndpointKind::LeasedIp => 2,
        },
        sequence_number: endpoint.sequence,
    }
}
