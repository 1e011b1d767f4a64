//! Grants of deposit authorizations.

use super::failure::{Outcome, code, fail, sdk};
use super::{Ctx, State};
use crate::address;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Message type under which a deposit authorization is kept.
pub const DEPOSIT_URL: &str = "/akash.escrow.v1.MsgAccountDeposit";

/// One `DepositAuthorization`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepositGrant {
    /// 1 deployment, 2 bid.
    pub scopes: Vec<i32>,
    /// What is left, by denom; without zeros.
    pub limits: BTreeMap<String, u128>,
    /// After this block time it is gone.
    pub expires_ns: Option<u64>,
}

/// Module `authz`. Keyed by the raw addresses of granter and grantee, the order of the store.
#[derive(Clone, Debug, Default)]
pub struct Authz {
    grants: BTreeMap<([u8; 20], [u8; 20]), DepositGrant>,
}

fn raw(text: &str) -> [u8; 20] {
    address::decode(text).unwrap_or_default()
}

impl State {
    /// A grant that is still alive.
    pub fn deposit_grant(&self, ctx: &Ctx, granter: &str, grantee: &str) -> Option<&DepositGrant> {
        let grant = self.authz.grants.get(&(raw(granter), raw(grantee)))?;
        grant
            .expires_ns
            .is_none_or(|t| t > ctx.time_ns)
            .then_some(grant)
    }

    /// Every grant that is alive, as granter, grantee, grant.
    pub fn deposit_grants(&self, ctx: &Ctx) -> Vec<(String, String, DepositGrant)> {
        let alive = |g: &&DepositGrant| g.expires_ns.is_none_or(|t| t > ctx.time_ns);
        let grants = self.authz.grants.iter().filter(|(_, g)| alive(g));
        grants
            .map(|((a, b), g)| (address::encode(a), address::encode(b), g.clone()))
            .collect()
    }

    /// Replaces what a grant has left.
    pub fn save_deposit_grant(&mut self, granter: &str, grantee: &str, grant: DepositGrant) {
        Arc::make_mut(&mut self.authz)
            .grants
            .insert((raw(granter), raw(grantee)), grant);
    }

    /// `MsgGrant`: absolute; creates a missing grantee.
    /// **Errors** `authz` 7 and 3, `escrow` 17, `sdk` 10 and 4.
    pub fn grant_deposit(
        &mut self,
        ctx: &Ctx,
        granter: &str,
        grantee: &str,
        grant: DepositGrant,
    ) -> Outcome<()> {
        if granter == grantee {
            return fail("authz", 7, "grantee and granter should be different");
        }
        if grant.expires_ns.is_some_and(|t| t <= ctx.time_ns) {
            return fail(
                "authz",
                3,
                "expiration must be after the current block time",
            );
        }
        let mut seen = Vec::new();
        for scope in &grant.scopes {
            if !(1..=2).contains(scope) || seen.contains(scope) {
                return fail(
                    "escrow",
                    17,
                    format!("invalid scope {scope}: invalid authz scope"),
                );
            }
            seen.push(*scope);
        }
        if grant.scopes.is_empty() {
            return fail("escrow", 17, "empty scope: invalid authz scope");
        }
        if self.account(grantee).is_none() {
            self.ensure_account(grantee);
        } else if self.is_module_account(grantee) {
            return sdk(
                code::UNAUTHORIZED,
                format!("{grantee} is not allowed to receive funds"),
            );
        }
        self.save_deposit_grant(granter, grantee, grant);
        Ok(())
    }

    /// `MsgRevoke`. **Errors** `authz` 2.
    pub fn revoke(&mut self, granter: &str, grantee: &str, url: &str) -> Outcome<()> {
        let key = (raw(granter), raw(grantee));
        if url != DEPOSIT_URL || !self.authz.grants.contains_key(&key) {
            return fail(
                "authz",
                2,
                "failed to delete grant with key: authorization not found",
            );
        }
        Arc::make_mut(&mut self.authz).grants.remove(&key);
        Ok(())
    }

    /// Drops expired grants, as the module's begin blocker does.
    pub fn prune_grants(&mut self, ctx: &Ctx) {
        let dead = |g: &DepositGrant| g.expires_ns.is_some_and(|t| t <= ctx.time_ns);
        if self.authz.grants.values().any(dead) {
            Arc::make_mut(&mut self.authz)
                .grants
                .retain(|_, g| !dead(g));
        }
    }
}
