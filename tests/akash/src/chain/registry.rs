//! Providers and what auditors signed for them.

use super::State;
use super::deployment::validate_attributes;
use super::failure::{Outcome, fail};
use crate::proto::{Attribute, MsgProvider};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Module `provider` and module `audit`.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(crate) providers: BTreeMap<String, MsgProvider>,
    /// By owner and auditor.
    audits: BTreeMap<(String, String), Vec<Attribute>>,
}

impl State {
    /// One provider's record.
    pub fn provider(&self, owner: &str) -> Option<&MsgProvider> {
        self.registry.providers.get(owner)
    }

    /// All records.
    pub fn providers(&self) -> impl Iterator<Item = &MsgProvider> {
        self.registry.providers.values()
    }

    /// What auditors signed: provider, auditor, attributes.
    pub fn audits(&self) -> impl Iterator<Item = (&str, &str, &Vec<Attribute>)> {
        self.registry
            .audits
            .iter()
            .map(|((o, a), list)| (o.as_str(), a.as_str(), list))
    }

    /// `MsgCreateProvider` and `MsgUpdateProvider`. **Errors** `provider` 2, 3 and 4, `akash`.
    pub fn put_provider(&mut self, record: &MsgProvider, create: bool) -> Outcome<()> {
        let host = record.host_uri.strip_prefix("https://").unwrap_or_default();
        if host.is_empty() || host.contains(['/', '?', '#']) {
            return fail(
                "provider",
                2,
                format!("invalid provider: host uri {}", record.host_uri),
            );
        }
        validate_attributes(&record.attributes)?;
        match (create, self.registry.providers.contains_key(&record.owner)) {
            (true, true) => return fail("provider", 4, "invalid provider: already exists"),
            (false, false) => return fail("provider", 3, "invalid provider: address not found"),
            _ => {}
        }
        let registry = Arc::make_mut(&mut self.registry);
        registry
            .providers
            .insert(record.owner.clone(), record.clone());
        Ok(())
    }

    /// `MsgSignProviderAttributes`: adds to, or overwrites, what this auditor signed.
    pub fn sign_attributes(&mut self, owner: &str, auditor: &str, list: &[Attribute]) {
        let key = (owner.to_owned(), auditor.to_owned());
        let signed = Arc::make_mut(&mut self.registry)
            .audits
            .entry(key)
            .or_default();
        for attribute in list {
            signed.retain(|a| a.key != attribute.key);
            signed.push(attribute.clone());
        }
        signed.sort_by(|a, b| a.key.cmp(&b.key));
    }

    /// `MsgDeleteProviderAttributes`: those keys, or all. **Errors** `audit` 1.
    pub fn delete_attributes(
        &mut self,
        owner: &str,
        auditor: &str,
        keys: &[String],
    ) -> Outcome<()> {
        let key = (owner.to_owned(), auditor.to_owned());
        let audits = &mut Arc::make_mut(&mut self.registry).audits;
        let Some(signed) = audits.get_mut(&key) else {
            return fail("audit", 1, "provider not found");
        };
        signed.retain(|a| !keys.is_empty() && !keys.contains(&a.key));
        if signed.is_empty() {
            audits.remove(&key);
        }
        Ok(())
    }
}
