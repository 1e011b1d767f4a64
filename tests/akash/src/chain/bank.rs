//! Balances and supply.

use super::failure::{Outcome, code, fail, sdk};
use super::{State, UACT, UAKT};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Module `bank`.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    pub(crate) balances: BTreeMap<(String, String), u128>,
    pub(crate) supply: BTreeMap<String, u128>,
}

impl State {
    /// What an account holds of one denom. **Units** as the denom.
    pub fn balance(&self, address: &str, denom: &str) -> u128 {
        let key = (address.to_owned(), denom.to_owned());
        self.bank.balances.get(&key).copied().unwrap_or(0)
    }

    /// All that an account holds, by denom.
    pub fn balances(&self, address: &str) -> Vec<(String, u128)> {
        let from = (address.to_owned(), String::new());
        let range = self.bank.balances.range(from..);
        range
            .take_while(|((a, _), _)| a == address)
            .map(|((_, d), n)| (d.clone(), *n))
            .collect()
    }

    /// Total of one denom.
    pub fn supply(&self, denom: &str) -> u128 {
        self.bank.supply.get(denom).copied().unwrap_or(0)
    }

    /// Every denom with a supply.
    pub fn supplies(&self) -> Vec<(String, u128)> {
        self.bank
            .supply
            .iter()
            .map(|(d, n)| (d.clone(), *n))
            .collect()
    }

    fn set_balance(&mut self, address: &str, denom: &str, amount: u128) {
        let bank = Arc::make_mut(&mut self.bank);
        let key = (address.to_owned(), denom.to_owned());
        if amount == 0 {
            bank.balances.remove(&key);
        } else {
            bank.balances.insert(key, amount);
        }
    }

    /// Moves coins that are not locked; a recipient that never existed gets an account.
    /// **Errors** `sdk` 5.
    pub fn transfer(&mut self, from: &str, to: &str, denom: &str, amount: u128) -> Outcome<()> {
        let free = self.spendable(from, denom);
        if free < amount {
            return sdk(
                code::INSUFFICIENT_FUNDS,
                format!(
                    "spendable balance {free}{denom} is smaller than {amount}{denom}: \
                     insufficient funds"
                ),
            );
        }
        if amount > 0 {
            let have = self.balance(from, denom);
            self.set_balance(from, denom, have - amount);
            let there = self.balance(to, denom);
            self.set_balance(to, denom, there + amount);
        }
        self.ensure_account(to);
        Ok(())
    }

    /// Creates coins.
    pub fn mint(&mut self, to: &str, denom: &str, amount: u128) {
        let there = self.balance(to, denom);
        self.set_balance(to, denom, there + amount);
        *Arc::make_mut(&mut self.bank)
            .supply
            .entry(denom.to_owned())
            .or_default() += amount;
    }

    /// Destroys coins. **Errors** `sdk` 5.
    pub fn burn(&mut self, from: &str, denom: &str, amount: u128) -> Outcome<()> {
        let have = self.balance(from, denom);
        if have < amount {
            return sdk(code::INSUFFICIENT_FUNDS, "insufficient funds");
        }
        self.set_balance(from, denom, have - amount);
        *Arc::make_mut(&mut self.bank)
            .supply
            .entry(denom.to_owned())
            .or_default() -= amount;
        Ok(())
    }

    /// `MsgSend`. **Errors** `bank` 5 for uact, `sdk` 4 for a module account, `sdk` 5.
    pub fn send(&mut self, from: &str, to: &str, coins: &[(String, u128)]) -> Outcome<()> {
        check_send_enabled(coins)?;
        if self.is_module_account(to) {
            return sdk(
                code::UNAUTHORIZED,
                format!("{to} is not allowed to receive funds: unauthorized"),
            );
        }
        for (denom, amount) in coins {
            self.transfer(from, to, denom, *amount)?;
        }
        Ok(())
    }
}

/// Whether accounts may send these coins. **Errors** `bank` 5 for uact.
pub fn check_send_enabled(coins: &[(String, u128)]) -> Outcome<()> {
    match coins.iter().find(|(denom, _)| denom == UACT) {
        Some((denom, _)) => fail(
            "bank",
            5,
            format!("{denom} transfers are currently disabled"),
        ),
        None => Ok(()),
    }
}

/// Reads one coin of a message. **Errors** `sdk` 10.
pub fn coin(coin: Option<&crate::proto::Coin>) -> Outcome<(String, u128)> {
    let denom = coin.map(|c| c.denom.as_str()).unwrap_or_default();
    let amount = coin.map(|c| c.amount.as_str()).unwrap_or_default();
    amount_of(denom, amount)
}

/// Reads a denom and an amount. **Errors** `sdk` 10.
pub fn amount_of(denom: &str, amount: &str) -> Outcome<(String, u128)> {
    let mut letters = denom.chars();
    let valid_denom = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && (3..=128).contains(&denom.len())
        && letters.all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c));
    let digits = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit());
    match amount.parse() {
        Ok(n) if valid_denom && digits => Ok((denom.to_owned(), n)),
        _ => sdk(
            code::INVALID_COINS,
            format!("invalid coins: {amount:?}{denom}"),
        ),
    }
}

/// Denoms of the chain.
pub const DENOMS: [&str; 2] = [UACT, UAKT];
