//! Accounts whose coins come free over time, or never.
//!
//! **Source** SDK 0.53, `x/auth/vesting`. Nobody delegates here, so what has not vested is locked.

use super::failure::{Outcome, code, sdk};
use super::{State, bank};
use crate::num::Dec;
use std::collections::BTreeMap;

/// Amounts by denom.
type Coins = Vec<(String, u128)>;

/// How a vesting account gives its coins free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VestingKind {
    /// Evenly from a start to the end. **Units** seconds.
    Continuous { start_s: i64 },
    /// All at the end.
    Delayed,
    /// In steps, each some seconds after the one before.
    Periodic {
        start_s: i64,
        periods: Vec<(i64, Coins)>,
    },
    /// Never.
    PermanentLocked,
}

/// What a vesting account may not send yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vesting {
    /// What it began with.
    pub original: Coins,
    /// When all is free; 0 when that never comes. **Units** seconds.
    pub end_s: i64,
    /// How.
    pub kind: VestingKind,
}

/// What a message that creates a vesting account says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VestingTerms {
    /// From the block on evenly, or all at the end.
    Once {
        coins: Coins,
        /// **Units** seconds.
        end_s: i64,
        delayed: bool,
    },
    /// In steps.
    Periodic {
        /// **Units** seconds.
        start_s: i64,
        periods: Vec<(i64, Coins)>,
    },
    /// Never.
    Never { coins: Coins },
}

impl VestingTerms {
    /// What the account will be. **Errors** `sdk` 10 and 18.
    pub fn vesting(&self, time_ns: u64) -> Outcome<Vesting> {
        let invalid = |log: &str| sdk(code::INVALID_REQUEST, format!("{log}: invalid request"));
        let now_s = i64::try_from(time_ns / 1_000_000_000).expect("a time");
        let vesting = match self {
            VestingTerms::Once { end_s, .. } if *end_s <= 0 => return invalid("invalid end time"),
            VestingTerms::Once {
                coins,
                end_s,
                delayed,
            } => Vesting {
                original: coins.clone(),
                end_s: *end_s,
                kind: if *delayed {
                    VestingKind::Delayed
                } else {
                    VestingKind::Continuous { start_s: now_s }
                },
            },
            VestingTerms::Never { coins } => Vesting {
                original: coins.clone(),
                end_s: 0,
                kind: VestingKind::PermanentLocked,
            },
            VestingTerms::Periodic { start_s, .. } if *start_s < 1 => {
                return invalid("invalid start time");
            }
            VestingTerms::Periodic { start_s, periods } => {
                if periods.is_empty() || periods.iter().any(|(length, _)| *length < 1) {
                    return invalid("invalid period length");
                }
                if periods.iter().any(|(_, coins)| coins.is_empty()) {
                    return sdk(code::INVALID_COINS, "invalid coins");
                }
                Vesting {
                    original: total(periods.iter().map(|(_, coins)| coins)),
                    end_s: start_s + periods.iter().map(|(length, _)| length).sum::<i64>(),
                    kind: VestingKind::Periodic {
                        start_s: *start_s,
                        periods: periods.clone(),
                    },
                }
            }
        };
        if vesting.original.is_empty() {
            return sdk(code::INVALID_COINS, "invalid coins");
        }
        Ok(vesting)
    }
}

impl Vesting {
    /// What of a denom is locked at a block time. **Units** as the denom.
    pub fn locked(&self, denom: &str, time_ns: u64) -> u128 {
        let amount_in = |coins: &Coins| {
            coins
                .iter()
                .filter(|(d, _)| d == denom)
                .map(|(_, n)| *n)
                .sum::<u128>()
        };
        let original = amount_in(&self.original);
        let now_s = i64::try_from(time_ns / 1_000_000_000).expect("a time");
        let started = |start_s: i64| now_s > start_s;
        let vested = match &self.kind {
            VestingKind::PermanentLocked => 0,
            _ if now_s >= self.end_s && self.has_started(now_s) => original,
            VestingKind::Delayed => 0,
            VestingKind::Continuous { start_s } | VestingKind::Periodic { start_s, .. }
                if !started(*start_s) =>
            {
                0
            }
            VestingKind::Continuous { start_s } => {
                let whole = |n: i64| Dec::whole(u128::try_from(n).expect("between start and end"));
                let share = whole(now_s - start_s).quo(whole(self.end_s - start_s));
                Dec::whole(original).product(share).round()
            }
            VestingKind::Periodic { start_s, periods } => {
                let mut ends = *start_s;
                let over = |(length, _): &&(i64, Coins)| {
                    ends += length;
                    now_s >= ends
                };
                periods
                    .iter()
                    .take_while(over)
                    .map(|(_, coins)| amount_in(coins))
                    .sum()
            }
        };
        original.saturating_sub(vested)
    }

    fn has_started(&self, now_s: i64) -> bool {
        match &self.kind {
            VestingKind::Continuous { start_s } | VestingKind::Periodic { start_s, .. } => {
                now_s > *start_s
            }
            VestingKind::Delayed | VestingKind::PermanentLocked => true,
        }
    }
}

impl State {
    /// What an account may send of a denom now. **Units** as the denom.
    pub fn spendable(&self, address: &str, denom: &str) -> u128 {
        let vesting = self.account(address).and_then(|a| a.vesting.as_ref());
        let locked = vesting.map_or(0, |v| v.locked(denom, self.time_ns));
        self.balance(address, denom).saturating_sub(locked)
    }

    /// Creates a vesting account and pays its coins in. The three messages of the module do this.
    /// **Errors** `bank` 5 for uact, `sdk` 4 for a module account, `sdk` 18 when the account
    /// exists, `sdk` 5.
    pub fn create_vesting_account(
        &mut self,
        from: &str,
        to: &str,
        vesting: Vesting,
    ) -> Outcome<()> {
        bank::check_send_enabled(&vesting.original)?;
        if self.is_module_account(to) {
            return sdk(
                code::UNAUTHORIZED,
                format!("{to} is not allowed to receive funds: unauthorized"),
            );
        }
        if self.account(to).is_some() {
            return sdk(
                code::INVALID_REQUEST,
                format!("account {to} already exists: invalid request"),
            );
        }
        self.ensure_account(to);
        let coins = vesting.original.clone();
        self.account_mut(to).expect("made above").vesting = Some(vesting);
        for (denom, amount) in &coins {
            self.transfer(from, to, denom, *amount)?;
        }
        Ok(())
    }
}

/// Sums coins by denom, in the order of denoms.
pub fn total<'a>(lists: impl Iterator<Item = &'a Coins>) -> Coins {
    let mut sums: BTreeMap<String, u128> = BTreeMap::new();
    for (denom, amount) in lists.flatten() {
        *sums.entry(denom.clone()).or_default() += amount;
    }
    sums.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coins(amount: u128) -> Coins {
        vec![("uakt".into(), amount)]
    }

    #[test]
    fn should_lock_what_has_not_vested() {
        let continuous = VestingKind::Continuous { start_s: 100 };
        let periods = vec![(10, coins(30)), (0, coins(1)), (20, coins(69))];
        let periodic = VestingKind::Periodic {
            start_s: 100,
            periods,
        };
        let rows = [
            ("before the start", continuous.clone(), 99, 100),
            ("at the start", continuous.clone(), 100, 100),
            ("a third, rounded", continuous.clone(), 110, 67),
            ("a sixth, rounded", continuous.clone(), 105, 83),
            ("just before the end", continuous.clone(), 129, 3),
            ("at the end", continuous, 130, 0),
            ("delayed, before", VestingKind::Delayed, 129, 100),
            ("delayed, at the end", VestingKind::Delayed, 130, 0),
            ("periodic, at the start", periodic.clone(), 100, 100),
            ("periodic, before the first", periodic.clone(), 109, 100),
            ("periodic, two at once", periodic.clone(), 110, 69),
            ("periodic, before the last", periodic.clone(), 129, 69),
            ("periodic, at the end", periodic, 130, 0),
            (
                "locked for ever",
                VestingKind::PermanentLocked,
                1_000_000,
                100,
            ),
        ];
        for (desc, kind, now_s, expected) in rows {
            let end_s = if kind == VestingKind::PermanentLocked {
                0
            } else {
                130
            };
            let vesting = Vesting {
                original: coins(100),
                end_s,
                kind,
            };
            let locked = vesting.locked("uakt", now_s * 1_000_000_000 + 999_999_999);
            assert_eq!(locked, expected, "{desc}");
            assert_eq!(vesting.locked("uact", 0), 0, "{desc}: another denom");
        }
    }
}
