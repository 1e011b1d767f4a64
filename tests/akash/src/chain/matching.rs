//! Who may bid on what. **Source** chain-sdk, `deployment/v1beta4/groupspec.go`, `attributes/v1`.

use super::State;
use super::deployment::number;
use crate::proto::{Attribute, GroupSpec};
use std::collections::BTreeMap;

impl State {
    /// Whether a provider's attributes, signed where that is asked, satisfy a group.
    pub fn meets_requirements(&self, provider: &str, own: &[Attribute], group: &GroupSpec) -> bool {
        let requirements = group.requirements.clone().unwrap_or_default();
        let signed_by = requirements.signed_by.unwrap_or_default();
        let wanted = &requirements.attributes;
        if signed_by.all_of.is_empty() && signed_by.any_of.is_empty() {
            return subset(wanted, own);
        }
        let signed = |auditor: &String| {
            let mut audits = self.audits();
            audits.any(|(o, a, list)| o == provider && a == auditor && subset(wanted, list))
        };
        signed_by.all_of.iter().all(signed)
            && (signed_by.any_of.is_empty() || signed_by.any_of.iter().any(signed))
    }
}

/// Whether a provider declares the storage classes and graphics processors of a group.
pub fn meets_resources(own: &[Attribute], group: &GroupSpec) -> bool {
    let classes = storage_classes(own);
    let gpus = gpu_models(own);
    group
        .resources
        .iter()
        .filter_map(|unit| unit.resource.as_ref())
        .all(|r| {
            let volumes = r.storage.iter().filter(|v| !v.attributes.is_empty());
            let stored = volumes
                .into_iter()
                .all(|v| classes.iter().any(|c| subset(&v.attributes, c)));
            let gpu = r.gpu.clone().unwrap_or_default();
            let units = gpu.units.as_ref().and_then(number).unwrap_or(0);
            let shown = units == 0
                || gpu.attributes.is_empty()
                || gpu
                    .attributes
                    .iter()
                    .any(|w| gpus.iter().any(|h| fits(w, h)));
            stored && shown
        })
}

/// `capabilities/storage/<n>/<key>`, by n.
fn storage_classes(own: &[Attribute]) -> Vec<Vec<Attribute>> {
    let mut groups: BTreeMap<&str, Vec<Attribute>> = BTreeMap::new();
    for Attribute { key, value } in own {
        let Some(rest) = key.strip_prefix("capabilities/") else {
            continue;
        };
        let parts: Vec<&str> = rest.split('/').collect();
        if let [kind, group, key] = parts[..]
            && kind.starts_with("storage")
        {
            let attribute = Attribute {
                key: key.into(),
                value: value.clone(),
            };
            groups.entry(group).or_default().push(attribute);
        }
    }
    groups.into_values().collect()
}

/// `capabilities/gpu/<rest>`, as rest.
fn gpu_models(own: &[Attribute]) -> Vec<Attribute> {
    let strip = |a: &Attribute| {
        let rest = a.key.strip_prefix("capabilities/gpu")?;
        let (_, rest) = rest.split_once('/')?;
        rest.contains('/').then(|| Attribute {
            key: rest.into(),
            value: a.value.clone(),
        })
    };
    own.iter().filter_map(strip).collect()
}

fn subset(wanted: &[Attribute], have: &[Attribute]) -> bool {
    wanted.iter().all(|w| have.iter().any(|h| fits(w, h)))
}

fn fits(wanted: &Attribute, have: &Attribute) -> bool {
    wanted.value == have.value && glob(wanted.key.as_bytes(), have.key.as_bytes())
}

/// Go's `filepath.Match` for keys, whose only special character is `*`: it does not cross `/`.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => {
            let reach = text.iter().position(|c| *c == b'/').unwrap_or(text.len());
            (0..=reach).any(|n| glob(rest, &text[n..]))
        }
        Some((c, rest)) => text
            .split_first()
            .is_some_and(|(t, text)| t == c && glob(rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_match_keys_like_go() {
        let rows = [
            ("vendor/nvidia/model/*", "vendor/nvidia/model/a100", true),
            (
                "vendor/nvidia/model/*",
                "vendor/nvidia/model/a100/ram/80Gi",
                false,
            ),
            ("region", "region", true),
            ("region", "regions", false),
            ("reg*", "region", true),
            ("reg*", "reg", true),
            ("*", "a/b", false),
        ];
        for (pattern, text, expected) in rows {
            let got = glob(pattern.as_bytes(), text.as_bytes());
            assert_eq!(got, expected, "{pattern} against {text}");
        }
    }
}
