//! Fee allowances.

use super::failure::{Outcome, code, fail, sdk};
use super::{Ctx, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `BasicAllowance`, with or without the restriction of an `AllowedMsgAllowance`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// What is left, by denom; `None` is without limit.
    pub limit: Option<BTreeMap<String, u128>>,
    /// After this block time it is gone.
    pub expires_ns: Option<u64>,
    /// Type urls that it pays for; `None` is all.
    pub allowed: Option<Vec<String>>,
}

/// Module `feegrant`, by granter and grantee.
#[derive(Clone, Debug, Default)]
pub struct Feegrant {
    allowances: BTreeMap<(String, String), Allowance>,
}

impl State {
    /// One allowance, expired or not: pruning is what removes it.
    pub fn allowance(&self, granter: &str, grantee: &str) -> Option<&Allowance> {
        self.feegrant
            .allowances
            .get(&(granter.to_owned(), grantee.to_owned()))
    }

    /// Every allowance, as granter, grantee, allowance.
    pub fn allowances(&self) -> Vec<(String, String, Allowance)> {
        let all = self.feegrant.allowances.iter();
        all.map(|((a, b), x)| (a.clone(), b.clone(), x.clone()))
            .collect()
    }

    /// `MsgGrantAllowance`; creates a missing grantee.
    /// **Errors** `sdk` 7 and 18, `feegrant` 6 and 3.
    pub fn grant_fees(
        &mut self,
        ctx: &Ctx,
        granter: &str,
        grantee: &str,
        allowance: Allowance,
    ) -> Outcome<()> {
        if granter == grantee {
            return sdk(code::INVALID_ADDRESS, "cannot self-grant fee authorization");
        }
        if allowance.allowed.as_ref().is_some_and(Vec::is_empty) {
            return fail(
                "feegrant",
                6,
                "allowed messages shouldn't be empty: no messages",
            );
        }
        if allowance.expires_ns.is_some_and(|t| t < ctx.time_ns) {
            return fail("feegrant", 3, "expiration is before current block time");
        }
        let key = (granter.to_owned(), grantee.to_owned());
        if self.feegrant.allowances.contains_key(&key) {
            return sdk(
                code::INVALID_REQUEST,
                "fee allowance already exists: invalid request",
            );
        }
        self.ensure_account(grantee);
        Arc::make_mut(&mut self.feegrant)
            .allowances
            .insert(key, allowance);
        Ok(())
    }

    /// `MsgRevokeAllowance`. **Errors** `sdk` 38.
    pub fn revoke_fees(&mut self, granter: &str, grantee: &str) -> Outcome<()> {
        let key = (granter.to_owned(), grantee.to_owned());
        if Arc::make_mut(&mut self.feegrant)
            .allowances
            .remove(&key)
            .is_none()
        {
            return sdk(code::NOT_FOUND, "fee-grant not found: not found");
        }
        Ok(())
    }

    /// Charges an allowance; one that is used up disappears.
    /// **Errors** `sdk` 38, `feegrant` 2, 3 and 7.
    pub fn use_allowance(
        &mut self,
        ctx: &Ctx,
        granter: &str,
        grantee: &str,
        fee: &[(String, u128)],
        urls: &[&str],
    ) -> Outcome<()> {
        let wrap = |log: &str| format!("{granter} does not allow to pay fees for {grantee}: {log}");
        let key = (granter.to_owned(), grantee.to_owned());
        let Some(allowance) = self.feegrant.allowances.get(&key) else {
            return sdk(code::NOT_FOUND, wrap("fee-grant not found: not found"));
        };
        let mut allowance = allowance.clone();
        if let Some(allowed) = &allowance.allowed
            && !urls.iter().all(|url| allowed.iter().any(|a| a == url))
        {
            let log = wrap("message does not exist in allowed messages: message not allowed");
            return fail("feegrant", 7, log);
        }
        if allowance.expires_ns.is_some_and(|t| t < ctx.time_ns) {
            return fail(
                "feegrant",
                3,
                wrap("basic allowance: fee allowance expired"),
            );
        }
        let allowances = &mut Arc::make_mut(&mut self.feegrant).allowances;
        if let Some(limit) = &mut allowance.limit {
            for (denom, amount) in fee {
                let left = limit.get(denom).copied().unwrap_or(0);
                let Some(left) = left.checked_sub(*amount) else {
                    return fail("feegrant", 2, wrap("basic allowance: fee limit exceeded"));
                };
                if left == 0 {
                    limit.remove(denom);
                } else {
                    limit.insert(denom.clone(), left);
                }
            }
            if limit.is_empty() {
                allowances.remove(&key);
                return Ok(());
            }
        }
        allowances.insert(key, allowance);
        Ok(())
    }

    /// Drops expired allowances, as the module's end blocker does.
    pub fn prune_allowances(&mut self, ctx: &Ctx) {
        let dead = |a: &Allowance| a.expires_ns.is_some_and(|t| t < ctx.time_ns);
        if self.feegrant.allowances.values().any(dead) {
            Arc::make_mut(&mut self.feegrant)
                .allowances
                .retain(|_, a| !dead(a));
        }
    }
}
