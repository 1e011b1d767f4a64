//! Accounts: numbers, sequences, keys, nonces of unordered transactions.

use super::State;
use super::failure::{Outcome, code, sdk};
use super::vesting::Vesting;
use crate::address;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Module accounts that may not be sent to. **Source** node, `app/app.go`, `BlockedAddrs`.
pub const MODULES: [&str; 12] = [
    "fee_collector",
    "distribution",
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "gov",
    "mint",
    "transfer",
    "escrow",
    "deployment",
    "market",
    "bme",
    "wasm",
];

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Signed by every transaction.
    pub number: u64,
    /// Next sequence of an ordered transaction.
    pub sequence: u64,
    /// Known once the account has signed a transaction.
    pub public_key: Option<Vec<u8>>,
    /// Name, of a module's account.
    pub module: Option<&'static str>,
    /// What the account may not send yet.
    pub vesting: Option<Vesting>,
}

/// Module `auth`.
#[derive(Clone, Debug, Default)]
pub struct Auth {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) next_number: u64,
    /// Timeout and signer of unordered transactions that were included.
    pub(crate) nonces: BTreeSet<(u64, String)>,
}

impl State {
    /// Creates the modules' accounts. At genesis only.
    pub fn create_module_accounts(&mut self) {
        for name in MODULES {
            let address = address::of_module(name);
            self.ensure_account(&address);
            if let Some(account) = Arc::make_mut(&mut self.auth).accounts.get_mut(&address) {
                account.module = Some(name);
            }
        }
    }

    /// An account, if it exists.
    pub fn account(&self, address: &str) -> Option<&Account> {
        self.auth.accounts.get(address)
    }

    /// All accounts, by address.
    pub fn accounts(&self) -> impl Iterator<Item = (&String, &Account)> {
        self.auth.accounts.iter()
    }

    /// Changes an account.
    pub fn account_mut(&mut self, address: &str) -> Option<&mut Account> {
        Arc::make_mut(&mut self.auth).accounts.get_mut(address)
    }

    /// Creates an account unless there is one. Never gives a number twice.
    pub fn ensure_account(&mut self, address: &str) {
        if self.auth.accounts.contains_key(address) {
            return;
        }
        let auth = Arc::make_mut(&mut self.auth);
        while auth.accounts.values().any(|a| a.number == auth.next_number) {
            auth.next_number += 1;
        }
        let account = Account {
            number: auth.next_number,
            ..Account::default()
        };
        auth.next_number += 1;
        auth.accounts.insert(address.to_owned(), account);
    }

    /// Creates an account with a number and a sequence of choice. At genesis only.
    pub fn place_account(&mut self, address: &str, number: u64, sequence: u64) {
        let account = Account {
            number,
            sequence,
            ..Account::default()
        };
        Arc::make_mut(&mut self.auth)
            .accounts
            .insert(address.to_owned(), account);
    }

    /// Whether user transfers to it are blocked.
    pub fn is_module_account(&self, address: &str) -> bool {
        self.account(address).is_some_and(|a| a.module.is_some())
    }

    /// Records an unordered transaction. **Errors** `sdk` 18 when seen before.
    pub fn add_nonce(&mut self, timeout_ns: u64, signer: &str) -> Outcome<()> {
        let nonce = (timeout_ns, signer.to_owned());
        if self.auth.nonces.contains(&nonce) {
            return sdk(
                code::INVALID_REQUEST,
                format!(
                    "failed to add unordered nonce: already used timeout {timeout_ns} for address \
                     {signer}: invalid request"
                ),
            );
        }
        Arc::make_mut(&mut self.auth).nonces.insert(nonce);
        Ok(())
    }

    /// Forgets nonces whose transactions can never come back.
    pub fn prune_nonces(&mut self, block_time_ns: u64) {
        let expired = |n: &(u64, String)| n.0 < block_time_ns;
        if self.auth.nonces.first().is_some_and(expired) {
            Arc::make_mut(&mut self.auth).nonces.retain(|n| !expired(n));
        }
    }
}
