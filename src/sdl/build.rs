//! Document to groups, manifest and what voters read.
//!
//! **Source** Akash chain-sdk, `groupBuilder_v2_1.go`, for both versions of the SDL: services
//! that share a compute profile in a placement share a unit. Names are in bytewise order.

use super::cross_check;
use super::error::{Mark, Path, Problems};
use super::limits::{
    MAX_COUNT, MAX_GROUP_CPU_MILLI, MAX_GROUP_GPU_UNITS, MAX_GROUP_MEMORY_BYTES,
    MAX_GROUP_STORAGE_BYTES, MAX_MANIFEST_BYTES, MAX_UNITS,
};
use super::manifest::{self, Resources, ServiceExpose};
use super::rules::TEE_ATTRIBUTE;
use super::schema::{Compute, Document, Expose, Placement, Service};
use super::types::{
    Attribute, Endpoint, EndpointKind, EnvVar, Group, Image, Port, Protocol, Reach, Replicas,
    Requirements, Sdl, Service as Shown, Unit,
};
use std::collections::BTreeMap;

/// The one external port that is HTTP. **Source** Akash chain-sdk, `IsIngress`.
const INGRESS_PORT: u16 = 80;

pub(super) fn sdl(document: &Document, problems: &mut Problems) -> Option<Sdl> {
    let sequences = sequences(document);
    let exposed: BTreeMap<&str, Vec<ServiceExpose<'_>>> = document
        .services
        .iter()
        .filter_map(|(name, (_, service))| {
            Some((
                name.as_str(),
                service_exposes(service.as_ref()?, &sequences),
            ))
        })
        .collect();
    let mut groups = Vec::new();
    let mut shown: BTreeMap<&str, Vec<Replicas>> = BTreeMap::new();
    let mut listed = Vec::new();
    for (name, (mark, placement)) in &document.placements {
        let placement = placement.as_ref()?;
        let members = members(document, name)?;
        if members.is_empty() {
            // The chain has no group for a placement that nothing runs in.
            continue;
        }
        let (group, units) = group(name, placement, &members, &exposed)?;
        for (member, unit) in members.iter().zip(units) {
            shown.entry(member.name).or_default().push(Replicas {
                placement: name.clone(),
                unit,
                count: member.count,
            });
        }
        let root = Path::ROOT.key("profiles");
        let root = root.key("placement");
        limits(&group, *mark, &root.key(name), problems);
        listed.push((group.name.clone(), members));
        groups.push(group);
    }
    if !problems.is_empty() {
        return None;
    }
    let manifest: Vec<_> = listed
        .iter()
        .zip(&groups)
        .map(|((name, members), group)| manifest_group(name, members, group, &shown, &exposed))
        .collect::<Option<_>>()?;
    let Some(encoded) = manifest::encode(&manifest) else {
        let problem =
            format!("expected a manifest of at most {MAX_MANIFEST_BYTES} bytes, got more");
        problems.add(Mark::START, &Path::ROOT, problem);
        return None;
    };
    debug_assert_eq!(cross_check(&groups, &encoded.json), Ok(()));
    let services: Vec<_> = document
        .services
        .iter()
        .map(|(name, (_, service))| {
            let replicas = shown.remove(name.as_str()).unwrap_or_default();
            Some((
                service.as_ref()?,
                show(name, service.as_ref()?, replicas, &exposed),
            ))
        })
        .collect::<Option<_>>()?;
    Some(Sdl {
        groups,
        manifest: encoded,
        images: services
            .iter()
            .map(|(service, shown)| image(service, &shown.name))
            .collect(),
        has_credentials: services
            .iter()
            .any(|(service, _)| service.credentials.is_some()),
        services: services.into_iter().map(|(_, shown)| shown).collect(),
        reclamation_min_window_s: document.reclamation_min_window_s,
    })
}

/// One service in one placement.
struct Member<'a> {
    name: &'a str,
    service: &'a Service,
    profile: &'a str,
    compute: &'a Compute,
    count: u32,
}

/// Services of a placement, by name.
fn members<'a>(document: &'a Document, placement: &str) -> Option<Vec<Member<'a>>> {
    let mut members = Vec::new();
    for (name, placements) in &document.deployment {
        let Some((_, replicas)) = placements.get(placement) else {
            continue;
        };
        let replicas = replicas.as_ref()?;
        members.push(Member {
            name,
            service: document.services.get(name)?.1.as_ref()?,
            profile: &replicas.profile,
            compute: document.compute.get(&replicas.profile)?.1.as_ref()?,
            count: replicas.count,
        });
    }
    Some(members)
}

/// The group, and the unit of each member.
fn group(
    name: &str,
    placement: &Placement,
    members: &[Member<'_>],
    exposed: &BTreeMap<&str, Vec<ServiceExpose<'_>>>,
) -> Option<(Group, Vec<u32>)> {
    let mut units: Vec<Unit> = Vec::new();
    let mut ids = Vec::new();
    let mut by_profile: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members {
        let at = *by_profile.entry(member.profile).or_insert(units.len());
        if at == units.len() {
            units.push(Unit {
                id: u32::try_from(at + 1).ok()?,
                cpu: member.compute.cpu.clone(),
                memory: member.compute.memory.clone(),
                storage: member.compute.storage.clone(),
                gpu: member.compute.gpu.clone(),
                endpoints: Vec::new(),
                count: 0,
                price: placement.pricing.get(member.profile)?.1?,
            });
        }
        let unit = &mut units[at];
        unit.count = unit.count.checked_add(member.count)?;
        unit.endpoints.extend(endpoints(exposed.get(member.name)?));
        ids.push(unit.id);
    }
    for unit in &mut units {
        // Stable: endpoints of one sequence number stay in the order of the services.
        unit.endpoints.sort_by_key(|endpoint| endpoint.sequence);
    }
    let mut attributes = placement.attributes.clone();
    let tee = members
        .iter()
        .find_map(|m| m.service.params.as_ref().and_then(|params| params.tee));
    if let Some((kind, _)) = tee
        && !attributes.iter().any(|a| a.key == TEE_ATTRIBUTE)
    {
        attributes.push(Attribute {
            key: TEE_ATTRIBUTE.to_string(),
            value: kind.to_string(),
        });
        attributes.sort();
    }
    let group = Group {
        name: name.to_string(),
        requirements: Requirements {
            signed_by: placement.signed_by.clone(),
            attributes,
        },
        units,
    };
    Some((group, ids))
}

/// Limits that hold for a unit or a group as a whole.
fn limits(group: &Group, mark: Mark, path: &Path<'_>, problems: &mut Problems) {
    if group.units.len() > MAX_UNITS {
        let got = group.units.len();
        let problem = format!("expected at most {MAX_UNITS} compute profiles in use, got {got}");
        problems.add(mark, path, problem);
    }
    for unit in &group.units {
        if unit.count > MAX_COUNT {
            let got = unit.count;
            let problem = format!("expected at most {MAX_COUNT} replicas of a profile, got {got}");
            problems.add(mark, path, problem);
        }
    }
    let sum = |of: fn(&Unit) -> u128| -> u128 {
        group
            .units
            .iter()
            .map(|unit| of(unit) * u128::from(unit.count))
            .sum()
    };
    let storage = |unit: &Unit| unit.storage.iter().map(|v| u128::from(v.bytes)).sum();
    for (got, max, what) in [
        (
            sum(|u| u.cpu.milli.into()),
            MAX_GROUP_CPU_MILLI,
            "thousandths of a core",
        ),
        (
            sum(|u| u.gpu.units.into()),
            MAX_GROUP_GPU_UNITS,
            "graphics processors",
        ),
        (
            sum(|u| u.memory.bytes.into()),
            MAX_GROUP_MEMORY_BYTES,
            "bytes of memory",
        ),
        (sum(storage), MAX_GROUP_STORAGE_BYTES, "bytes of storage"),
    ] {
        if got > u128::from(max) {
            let problem = format!("expected at most {max} {what} in all, got {got}");
            problems.add(mark, path, problem);
        }
    }
}

/// Numbers of the leased addresses: the last position of each name in the sorted list of all
/// uses.
fn sequences(document: &Document) -> BTreeMap<&str, u32> {
    let services = document
        .services
        .values()
        .filter_map(|(_, service)| service.as_ref());
    let targets = services
        .flat_map(|s| &s.expose)
        .flat_map(|expose| &expose.to);
    let mut names: Vec<_> = targets
        .filter(|target| target.global)
        .filter_map(|target| target.ip.as_deref())
        .collect();
    names.sort_unstable();
    names.into_iter().zip(1..).collect()
}

/// What a service exposes, in the order that providers demand.
fn service_exposes<'a>(
    service: &'a Service,
    sequences: &BTreeMap<&str, u32>,
) -> Vec<ServiceExpose<'a>> {
    let mut exposes: Vec<_> = service
        .expose
        .iter()
        .flat_map(|expose| expose.to.iter().map(move |target| (expose, target)))
        .map(|(expose, target)| ServiceExpose {
            expose,
            service: target.service.as_deref().unwrap_or(""),
            global: target.global,
            ip: target.ip.as_deref().unwrap_or(""),
            sequence: target
                .ip
                .as_deref()
                .and_then(|ip| sequences.get(ip))
                .map_or(0, |n| *n),
        })
        .collect();
    exposes.sort_by_key(|e| {
        (
            e.service,
            e.expose.port,
            e.expose.protocol.name(),
            !e.global,
        )
    });
    exposes
}

fn external_port(expose: &Expose) -> u16 {
    if expose.external == 0 {
        expose.port
    } else {
        expose.external
    }
}

fn kind(expose: &Expose) -> EndpointKind {
    if expose.protocol == Protocol::Tcp && external_port(expose) == INGRESS_PORT {
        EndpointKind::SharedHttp
    } else {
        EndpointKind::RandomPort
    }
}

fn endpoints(exposes: &[ServiceExpose<'_>]) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for expose in exposes.iter().filter(|expose| expose.global) {
        endpoints.push(Endpoint {
            kind: kind(expose.expose),
            sequence: 0,
        });
        if !expose.ip.is_empty() {
            endpoints.push(Endpoint {
                kind: EndpointKind::LeasedIp,
                sequence: expose.sequence,
            });
        }
    }
    endpoints
}

fn manifest_group<'a>(
    name: &'a str,
    members: &'a [Member<'a>],
    group: &'a Group,
    shown: &BTreeMap<&str, Vec<Replicas>>,
    exposed: &'a BTreeMap<&str, Vec<ServiceExpose<'a>>>,
) -> Option<manifest::Group<'a>> {
    let mut services = Vec::new();
    for member in members {
        let replicas = shown
            .get(member.name)?
            .iter()
            .find(|r| r.placement == name)?;
        let unit = group.units.iter().find(|unit| unit.id == replicas.unit)?;
        let exposes = exposed.get(member.name)?;
        services.push(manifest::Service {
            name: member.name,
            service: member.service,
            count: member.count,
            resources: Resources {
                unit,
                endpoints: endpoints(exposes),
            },
            exposes,
        });
    }
    Some(manifest::Group { name, services })
}

fn image(service: &Service, name: &str) -> Image {
    Image {
        service: name.to_string(),
        reference: service.image.clone(),
        pinned: service.pinned,
        line: service.image_mark.line,
    }
}

fn show(
    name: &str,
    service: &Service,
    replicas: Vec<Replicas>,
    exposed: &BTreeMap<&str, Vec<ServiceExpose<'_>>>,
) -> Shown {
    let params = service.params.as_ref();
    let mounts = params
        .and_then(|params| params.storage.as_deref())
        .unwrap_or(&[]);
    let permissions = params.and_then(|p| p.permissions.as_deref()).unwrap_or(&[]);
    let exposes = exposed.get(name).map_or(&[][..], Vec::as_slice);
    Shown {
        name: name.to_string(),
        image: service.image.clone(),
        command: service.command.clone(),
        args: service.args.clone(),
        env: service
            .env
            .iter()
            .flatten()
            .map(|entry| env_var(entry))
            .collect(),
        ports: exposes.iter().map(port).collect(),
        mounts: mounts.iter().map(|(mount, _)| mount.clone()).collect(),
        permissions: permissions
            .iter()
            .map(|scope| (*scope).to_string())
            .collect(),
        tee: params
            .and_then(|params| params.tee)
            .map(|(kind, _)| kind.to_string()),
        registry: service.credentials.as_ref().map(|c| c.host.clone()),
        replicas,
    }
}

fn env_var(entry: &str) -> EnvVar {
    let (name, value) = match entry.split_once('=') {
        Some((name, value)) => (name, Some(value.to_string())),
        None => (entry, None),
    };
    EnvVar {
        name: name.to_string(),
        value,
    }
}

fn port(expose: &ServiceExpose<'_>) -> Port {
    Port {
        port: expose.expose.port,
        external: external_port(expose.expose),
        protocol: expose.expose.protocol,
        reach: if expose.global {
            Reach::World(kind(expose.expose))
        } else {
            Reach::Service(expose.service.to_string())
        },
        hosts: expose
            .expose
            .hosts
            .iter()
            .flatten()
            .map(|(host, _)| host.clone())
            .collect(),
        ip: (!expose.ip.is_empty()).then(|| expose.ip.to_string()),
    }
}
