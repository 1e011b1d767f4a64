//! What a provider checks between the manifest that it is sent and the groups on the chain.
//!
//! **Source** Akash chain-sdk, `manifest/v2beta3`, `CheckAgainstGSpecs`. The check reads the
//! manifest's bytes as a provider does and shares no code with the builder.

use super::types::{EndpointKind, Group, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a provider would refuse the manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossCheckError {
    /// The manifest is not in the shape of one.
    #[error("expected a manifest, got {0}")]
    NotAManifest(String),
    /// One side has a group that the other has not.
    #[error("expected the groups {expected:?}, got {got:?}")]
    Groups {
        /// On the chain.
        expected: Vec<String>,
        /// In the manifest.
        got: Vec<String>,
    },
    /// No service can be reached from outside.
    #[error("expected a global expose, got none")]
    NothingGlobal,
    /// A service names resources that its group has not.
    #[error("service {service}: expected a unit of the group, got {id}")]
    UnknownUnit {
        /// Service.
        service: String,
        /// Id of the unit.
        id: u32,
    },
    /// A service asks for other resources than its unit.
    #[error("service {service}: expected the resources of unit {id}, got others")]
    Resources {
        /// Service.
        service: String,
        /// Id of the unit.
        id: u32,
    },
    /// The services of a unit do not use it up exactly.
    #[error("unit {id}: expected {expected} {what}, got {got}")]
    Use {
        /// Id of the unit.
        id: u32,
        /// Replicas or a kind of endpoint.
        what: &'static str,
        /// On the chain.
        expected: u64,
        /// In the manifest.
        got: u64,
    },
}

#[derive(Deserialize)]
struct GroupJson {
    name: String,
    services: Vec<ServiceJson>,
}

#[derive(Deserialize)]
struct ServiceJson {
    name: String,
    count: u64,
    expose: Vec<ExposeJson>,
    resources: ResourcesJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExposeJson {
    port: u64,
    external_port: u64,
    proto: String,
    global: bool,
    ip: String,
}

#[derive(Deserialize)]
struct ResourcesJson {
    id: u32,
    cpu: UnitsJson,
    gpu: UnitsJson,
    memory: UnitsJson,
    storage: Vec<UnitsJson>,
}

#[derive(Deserialize)]
struct UnitsJson {
    #[serde(alias = "size")]
    units: ValJson,
    #[serde(default)]
    name: String,
    #[serde(default)]
    attributes: Vec<AttributeJson>,
}

#[derive(Deserialize)]
struct ValJson {
    val: String,
}

#[derive(Deserialize)]
struct AttributeJson {
    key: String,
    value: String,
}

/// What a provider would say to this manifest for a deployment with these groups.
///
/// # Errors
///
/// The first thing that a provider refuses.
pub fn cross_check(groups: &[Group], manifest: &str) -> Result<(), CrossCheckError> {
    let manifest: Vec<GroupJson> = serde_json::from_str(manifest)
        .map_err(|error| CrossCheckError::NotAManifest(error.to_string()))?;
    let mut expected: Vec<_> = groups.iter().map(|group| group.name.clone()).collect();
    let mut got: Vec<_> = manifest.iter().map(|group| group.name.clone()).collect();
    expected.sort();
    got.sort();
    if expected != got {
        return Err(CrossCheckError::Groups { expected, got });
    }
    let mut exposes = manifest
        .iter()
        .flat_map(|g| &g.services)
        .flat_map(|s| &s.expose);
    if !exposes.any(|expose| expose.global) {
        return Err(CrossCheckError::NothingGlobal);
    }
    for group in groups {
        let services = manifest
            .iter()
            .filter(|g| g.name == group.name)
            .flat_map(|g| &g.services);
        check_group(group, services)?;
    }
    Ok(())
}

fn check_group<'a>(
    group: &Group,
    services: impl Iterator<Item = &'a ServiceJson>,
) -> Result<(), CrossCheckError> {
    let mut used: BTreeMap<u32, [u64; 4]> = BTreeMap::new();
    for service in services {
        let id = service.resources.id;
        let name = || service.name.clone();
        let unit = group.units.iter().find(|unit| unit.id == id);
        let unit = unit.ok_or_else(|| CrossCheckError::UnknownUnit {
            service: name(),
            id,
        })?;
        if !same_resources(unit, &service.resources) {
            return Err(CrossCheckError::Resources {
                service: name(),
                id,
            });
        }
        let used = used.entry(id).or_default();
        used[0] += service.count;
        for expose in service.expose.iter().filter(|expose| expose.global) {
            let external = match expose.external_port {
                0 => expose.port,
                external => external,
            };
            let is_http = expose.proto == "TCP" && external == 80;
            used[if is_http { 1 } else { 2 }] += 1;
            used[3] += u64::from(!expose.ip.is_empty());
        }
    }
    for unit in &group.units {
        let used = used.get(&unit.id).copied().unwrap_or_default();
        let endpoints = |kind| unit.endpoints.iter().filter(|e| e.kind == kind).count() as u64;
        let expected = [
            (u64::from(unit.count), "replicas"),
            (endpoints(EndpointKind::SharedHttp), "HTTP endpoints"),
            (endpoints(EndpointKind::RandomPort), "port endpoints"),
            (endpoints(EndpointKind::LeasedIp), "IP endpoints"),
        ];
        for ((expected, what), got) in expected.into_iter().zip(used) {
            if expected != got {
                return Err(CrossCheckError::Use {
                    id: unit.id,
                    what,
                    expected,
                    got,
                });
            }
        }
    }
    Ok(())
}

/// Order counts, as it does for a provider.
fn same_resources(unit: &Unit, got: &ResourcesJson) -> bool {
    let same = |bytes: u64, name: &str, attributes: &[super::Attribute], got: &UnitsJson| {
        bytes.to_string() == got.units.val
            && name == got.name
            && attributes
                .iter()
                .map(|a| (&a.key, &a.value))
                .eq(got.attributes.iter().map(|a| (&a.key, &a.value)))
    };
    same(unit.cpu.milli, "", &unit.cpu.attributes, &got.cpu)
        && same(unit.gpu.units, "", &unit.gpu.attributes, &got.gpu)
        && same(unit.memory.bytes, "", &unit.memory.attributes, &got.memory)
        && unit.storage.len() == got.storage.len()
        && unit
            .storage
            .iter()
            .zip(&got.storage)
            .all(|(volume, got)| same(volume.bytes, &volume.name, &volume.attributes, got))
}
