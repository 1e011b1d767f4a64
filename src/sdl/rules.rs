//! Rules between the parts of a document.
//!
//! A part that could not be read has its own problem; the rules that need it are left out.

use super::error::{Mark, Path, Problems, quote};
use super::limits::{MAX_GROUPS, MAX_TARGETS};
use super::schema::{
    CLASS, Compute, Document, RAM_CLASS, Replicas, Service, attribute, persistence,
};
use std::collections::{BTreeMap, BTreeSet};

/// Requirement that asks for a trusted execution environment. **Source** Akash chain-sdk,
/// `tee.go`.
pub(super) const TEE_ATTRIBUTE: &str = "tee/type";

pub(super) fn check(document: &Document, problems: &mut Problems) {
    services(document, problems);
    deployment(document, problems);
    exposes(document, problems);
    trusted_execution(document, problems);
}

/// Each service runs somewhere.
fn services(document: &Document, problems: &mut Problems) {
    if document.unread.deployment {
        return;
    }
    for (name, (mark, _)) in &document.services {
        if !document.deployment.contains_key(name) {
            let problem = format!(
                "expected an entry for the service {}, got none",
                quote(name)
            );
            problems.add(*mark, &Path::ROOT.key("deployment").key(name), problem);
        }
    }
}

fn deployment(document: &Document, problems: &mut Problems) {
    let root = Path::ROOT.key("deployment");
    let mut groups = BTreeSet::new();
    for (name, placements) in &document.deployment {
        let path = root.key(name);
        let service = document.services.get(name);
        if service.is_none() && !document.unread.services {
            let mark = document.deployment_marks.get(name).copied();
            let problem = format!("expected the name of a service, got {}", quote(name));
            problems.add(mark.unwrap_or(Mark::START), &path, problem);
        }
        let service = service.and_then(|(_, service)| service.as_ref());
        for (placement, (mark, replicas)) in placements {
            groups.insert(placement);
            let path = path.key(placement);
            let known = document.placements.get(placement);
            if known.is_none() && !document.unread.placements {
                let problem = format!("expected the name of a placement, got {}", quote(placement));
                problems.add(*mark, &path, problem);
            }
            let Some(replicas) = replicas else { continue };
            profile(document, placement, replicas, &path, problems);
            let compute = document.compute.get(&replicas.profile);
            if let (Some(service), Some((_, Some(compute)))) = (service, compute) {
                volumes(name, service, compute, replicas, problems);
                graphics(name, service, compute, problems);
            }
        }
    }
    if groups.len() > MAX_GROUPS {
        let problem = format!(
            "expected at most {MAX_GROUPS} placements, got {}",
            groups.len()
        );
        problems.add(Mark::START, &root, problem);
    }
}

/// The profile exists, and has a price where it is used.
fn profile(
    document: &Document,
    placement: &str,
    replicas: &Replicas,
    path: &Path<'_>,
    problems: &mut Problems,
) {
    let name = &replicas.profile;
    if !document.compute.contains_key(name) && !document.unread.compute {
        let problem = format!(
            "expected the name of a compute profile, got {}",
            quote(name)
        );
        problems.add(replicas.profile_mark, &path.key("profile"), problem);
        return;
    }
    if let Some((mark, Some(known))) = document.placements.get(placement)
        && !known.pricing.contains_key(name)
    {
        let root = Path::ROOT.key("profiles");
        let (root, pricing) = (root.key("placement"), "pricing");
        let path = root.key(placement);
        let problem = format!("expected a price for the profile {}, got none", quote(name));
        problems.add(*mark, &path.key(pricing).key(name), problem);
    }
}

/// Mounts name volumes of the profile, and each persistent volume has one.
fn volumes(
    name: &str,
    service: &Service,
    compute: &Compute,
    replicas: &Replicas,
    problems: &mut Problems,
) {
    let root = Path::ROOT.key("services");
    let root = root.key(name);
    let root = root.key("params");
    let path = root.key("storage");
    let params = service.params.as_ref();
    let mounts = params
        .and_then(|params| params.storage.as_deref())
        .unwrap_or(&[]);
    let mut paths = BTreeMap::new();
    for (mount, mark) in mounts {
        let path = path.key(&mount.volume);
        let Some(volume) = compute.storage.iter().find(|v| v.name == mount.volume) else {
            let profile = quote(&replicas.profile);
            let problem = format!("expected a volume of the profile {profile}, got another name");
            problems.add(*mark, &path, problem);
            continue;
        };
        if mount.read_only && attribute(volume, CLASS) == Some(RAM_CLASS) {
            let problem = "expected false for a volume of class ram, got true";
            problems.add(*mark, &path.key("readOnly"), problem);
        }
        if let Some(other) = paths.insert(&mount.path, &mount.volume) {
            let problem = format!(
                "expected a mount of its own, got {}, which {} has already",
                quote(&mount.path),
                quote(other)
            );
            problems.add(*mark, &path.key("mount"), problem);
        }
    }
    for volume in &compute.storage {
        let is_mounted = mounts.iter().any(|(mount, _)| mount.volume == volume.name);
        if persistence(volume) == Some("true") && !is_mounted {
            let mark = params.map_or(service.image_mark, |params| params.mark);
            let problem = format!(
                "expected a mount for the persistent volume {}, got none",
                quote(&volume.name)
            );
            problems.add(mark, &path.key(&volume.name), problem);
        }
    }
}

fn graphics(name: &str, service: &Service, compute: &Compute, problems: &mut Problems) {
    let tee = service.params.as_ref().and_then(|params| params.tee);
    if let Some(("cpu-gpu", mark)) = tee
        && compute.gpu.units == 0
    {
        let root = Path::ROOT.key("services");
        let root = root.key(name);
        let root = root.key("params");
        let problem = "expected a compute profile with gpu units for cpu-gpu, got one without";
        problems.add(mark, &root.key("tee"), problem);
    }
}

/// Endpoints exist, are used, and collide nowhere; host names stand once in the manifest.
fn exposes(document: &Document, problems: &mut Problems) {
    let mut used = BTreeSet::new();
    let mut ports = BTreeSet::new();
    let mut hosts = BTreeSet::new();
    let (mut targets, mut globals, mut complete) = (0, 0, true);
    for (name, (_, service)) in &document.services {
        let Some(service) = service else {
            complete = false;
            continue;
        };
        let root = Path::ROOT.key("services");
        let root = root.key(name);
        let root = root.key("expose");
        // The manifest has the service once for each placement.
        let placements = document.deployment.get(name).map_or(0, BTreeMap::len);
        for (i, expose) in service.expose.iter().enumerate() {
            let path = root.index(i);
            for (host, mark) in expose.hosts.iter().flatten() {
                let times = expose.to.len() * placements;
                if !hosts.insert(host.as_str()) || times > 1 {
                    let problem = format!(
                        "expected the host name {} once in the manifest, got it again: one entry \
                         of `accept`, `to` and `deployment` each is all it may have",
                        quote(host)
                    );
                    problems.add(*mark, &path.key("accept"), problem);
                }
            }
            let path = path.key("to");
            for (j, target) in expose.to.iter().enumerate() {
                let path = path.index(j);
                targets += 1;
                globals += usize::from(target.global);
                if let Some(to) = &target.service
                    && !document.services.contains_key(to)
                {
                    let problem = format!("expected the name of a service, got {}", quote(to));
                    problems.add(target.mark, &path.key("service"), problem);
                }
                let Some(ip) = &target.ip else { continue };
                used.insert(ip);
                if !document.endpoints.contains_key(ip) && !document.unread.endpoints {
                    let problem = format!("expected a name under `endpoints`, got {}", quote(ip));
                    problems.add(target.mark, &path.key("ip"), problem);
                }
                let external = if expose.external == 0 {
                    expose.port
                } else {
                    expose.external
                };
                if !ports.insert((ip, external, expose.protocol)) || placements > 1 {
                    let problem = format!(
                        "expected {} {external} of the endpoint {} once, got it again",
                        expose.protocol.name(),
                        quote(ip)
                    );
                    problems.add(target.mark, &path.key("ip"), problem);
                }
            }
        }
    }
    let path = Path::ROOT.key("services");
    if targets > MAX_TARGETS {
        let problem = format!("expected at most {MAX_TARGETS} entries of `to`, got {targets}");
        problems.add(Mark::START, &path, problem);
    }
    if !complete || document.unread.services {
        return;
    }
    if globals == 0 {
        let problem = "expected at least one port with `global: true`, got none";
        problems.add(Mark::START, &path, problem);
    }
    for (name, mark) in &document.endpoints {
        if !used.contains(name) {
            let problem = "expected a port that uses this endpoint, got none";
            problems.add(*mark, &Path::ROOT.key("endpoints").key(name), problem);
        }
    }
}

/// The services of a placement agree about their environment, and the placement's own attribute
/// does not say otherwise.
fn trusted_execution(document: &Document, problems: &mut Problems) {
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, placements) in &document.deployment {
        let Some((_, Some(service))) = document.services.get(name) else {
            continue;
        };
        let Some((kind, mark)) = service.params.as_ref().and_then(|params| params.tee) else {
            continue;
        };
        for placement in placements.keys() {
            let known = document.placements.get(placement);
            let asked = known
                .and_then(|(_, placement)| placement.as_ref())
                .and_then(|p| p.attributes.iter().find(|a| a.key == TEE_ATTRIBUTE))
                .map(|attribute| attribute.value.as_str());
            let agreed = *kinds.entry(placement).or_insert(asked.unwrap_or(kind));
            if agreed != kind {
                let root = Path::ROOT.key("services");
                let root = root.key(name);
                let root = root.key("params");
                let problem = format!(
                    "expected one kind in the placement {}, {}, got {kind}",
                    quote(placement),
                    quote(agreed)
                );
                problems.add(mark, &root.key("tee"), problem);
            }
        }
    }
}
