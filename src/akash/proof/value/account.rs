//! Account records, and what a vesting account cannot spend yet.

use super::{ValueError, wire, wrong};
use crate::akash::proto::{Any, Coin};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use prost::Message;

const EXPECTED: &str = "an account record";

/// 10^18: decimals of the chain have 18 places. **Source** Cosmos SDK, `math.LegacyPrecision`.
const ONE: u128 = 1_000_000_000_000_000_000;

/// What the chain knows of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRecord {
    /// Of a type whose rules are known here.
    Known(Account),
    /// Of another type: whether it can spend is not known.
    Unknown {
        /// Name of the type.
        type_url: String,
    },
}

/// An account of a known type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `akash1...`.
    pub address: String,
    /// Part of every signature; never changes.
    pub number: u64,
    /// How many ordered transactions it has signed.
    pub sequence: u64,
    /// Whether the chain knows its key: it does once the account has signed.
    pub has_key: bool,
    /// What kind of account.
    pub kind: AccountKind,
}

/// Kinds of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A key owns it, and all that is in it.
    Base,
    /// A key owns it, and in time all that is in it.
    Vesting(Vesting),
    /// A module of the chain owns it: no key does.
    Module {
        /// Name of the module.
        name: String,
    },
}

/// What a vesting account was given, and when it may spend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vesting {
    original: Coins,
    delegated: Coins,
    end: i64,
    schedule: Schedule,
}

/// Denoms, and how much of each.
type Coins = Vec<(String, u128)>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Schedule {
    /// Evenly from a start to the end. **Units** seconds since 1970.
    Continuous { start: i64 },
    /// All at the end.
    Delayed,
    /// Piece by piece from a start; each piece comes so many seconds after the one before.
    Periodic {
        start: i64,
        periods: Vec<(i64, Coins)>,
    },
    /// Never.
    Permanent,
}

/// Reads an account record. **Errors** a record of a known type that does not hold what it must.
/// **Source** Cosmos SDK, `x/auth`, `x/auth/vesting`.
pub fn account(value: &[u8]) -> Result<AccountRecord, ValueError> {
    let any: Any = decode(value)?;
    let bytes = &any.value[..];
    let vesting = |schedule: fn(wire::VestingAccount) -> Schedule| {
        let mut account: wire::VestingAccount = decode(bytes)?;
        let base = account.base.take().ok_or_else(no_base)?;
        let kind = AccountKind::Vesting(Vesting {
            original: coins(base.original_vesting),
            delegated: coins(base.delegated_vesting),
            end: base.end_time,
            schedule: schedule(account),
        });
        known(base.base_account, kind)
    };
    match any.type_url.as_str() {
        "/cosmos.auth.v1beta1.BaseAccount" => known(Some(decode(bytes)?), AccountKind::Base),
        "/cosmos.auth.v1beta1.ModuleAccount" => {
            let module: wire::ModuleAccount = decode(bytes)?;
            let name = module.name;
            known(module.base_account, AccountKind::Module { name })
        }
        "/cosmos.vesting.v1beta1.ContinuousVestingAccount" => {
            vesting(|account| Schedule::Continuous {
                start: account.start_time,
            })
        }
        "/cosmos.vesting.v1beta1.DelayedVestingAccount" => vesting(|_| Schedule::Delayed),
        "/cosmos.vesting.v1beta1.PeriodicVestingAccount" => vesting(|account| Schedule::Periodic {
            start: account.start_time,
            periods: account
                .periods
                .into_iter()
                .map(|period| (period.length, coins(period.amount)))
                .collect(),
        }),
        "/cosmos.vesting.v1beta1.PermanentLockedAccount" => vesting(|_| Schedule::Permanent),
        _ => Ok(AccountRecord::Unknown {
            type_url: any.type_url,
        }),
    }
}

/// How much of a balance an account can spend at a time. `None` where no key can spend it, or
/// where that is not known.
///
/// **Units** the denom's smallest. Locked more than there is leaves nothing.
#[must_use]
pub fn spendable(balance: u128, record: &AccountRecord, denom: &str, at: Nanos) -> Option<u128> {
    let AccountRecord::Known(account) = record else {
        return None;
    };
    match &account.kind {
        AccountKind::Base => Some(balance),
        AccountKind::Vesting(vesting) => Some(balance.saturating_sub(vesting.locked(denom, at))),
        AccountKind::Module { .. } => None,
    }
}

impl Vesting {
    /// How much of a denom is locked at a time: what has not vested and was not delegated.
    ///
    /// **Units** the denom's smallest. **Source** Cosmos SDK, `x/auth/vesting/types`,
    /// `LockedCoinsFromVesting`. Amounts past 64 bits, which the chain's own coins never reach, are
    /// rounded against the account.
    #[must_use]
    pub fn locked(&self, denom: &str, at: Nanos) -> u128 {
        let original = amount(&self.original, denom);
        let vesting = original.saturating_sub(self.vested(denom, at));
        vesting.saturating_sub(vesting.min(amount(&self.delegated, denom)))
    }

    fn vested(&self, denom: &str, at: Nanos) -> u128 {
        let original = amount(&self.original, denom);
        // 64 bits of nanoseconds are 35 bits of seconds.
        let now = i64::try_from(at / NANOS_PER_SECOND).unwrap_or(i64::MAX);
        match &self.schedule {
            Schedule::Permanent => 0,
            Schedule::Delayed if now >= self.end => original,
            Schedule::Delayed => 0,
            Schedule::Continuous { start } if now <= *start => 0,
            Schedule::Periodic { start, .. } if now <= *start => 0,
            _ if now >= self.end => original,
            Schedule::Continuous { start } => {
                let passed = i128::from(now) - i128::from(*start);
                let whole = i128::from(self.end) - i128::from(*start);
                part(original, passed.unsigned_abs(), whole.unsigned_abs())
            }
            Schedule::Periodic { start, periods } => {
                let mut from = i128::from(*start);
                let mut vested = 0_u128;
                for (length, piece) in periods {
                    from = from.saturating_add(i128::from(*length));
                    if i128::from(now) < from {
                        break;
                    }
                    vested = vested.saturating_add(amount(piece, denom));
                }
                vested
            }
        }
    }
}

/// `amount` x `passed` / `whole`, rounded as the chain does: the quotient to 18 places, half to
/// even, then the product to a whole number, half to even. `passed` is below `whole`.
fn part(amount: u128, passed: u128, whole: u128) -> u128 {
    // Seconds of 64 bits: every product below fits 128 bits, or nothing has vested yet.
    let quotient = || {
        let scaled = passed.checked_mul(ONE)?;
        let (places, rest) = (scaled / whole, scaled % whole);
        let more = rest.checked_mul(ONE)? / whole;
        half_to_even(places, more)
    };
    let product = || {
        let scaled = amount.checked_mul(quotient()?)?;
        half_to_even(scaled / ONE, scaled % ONE)
    };
    product().unwrap_or(0)
}

/// `whole` and `rest` / 10^18, to the nearest whole number; a half goes to the even one.
fn half_to_even(whole: u128, rest: u128) -> Option<u128> {
    let is_up = rest > ONE / 2 || (rest == ONE / 2 && whole % 2 == 1);
    whole.checked_add(u128::from(is_up))
}

/// A number that does not fit is as large as can be: strangers may lock as much as they like of
/// coins of their own making, and must not make a record unreadable by it.
fn coins(coins: Vec<Coin>) -> Coins {
    let coins = coins.into_iter();
    coins
        .map(|coin| (coin.denom, coin.amount.parse().unwrap_or(u128::MAX)))
        .collect()
}

/// The sum of a denom.
fn amount(coins: &[(String, u128)], denom: &str) -> u128 {
    let ours = coins.iter().filter(|(name, _)| name == denom);
    ours.fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
}

fn known(base: Option<wire::BaseAccount>, kind: AccountKind) -> Result<AccountRecord, ValueError> {
    let base = base.ok_or_else(no_base)?;
    Ok(AccountRecord::Known(Account {
        address: base.address,
        number: base.account_number,
        sequence: base.sequence,
        has_key: base.pub_key.is_some(),
        kind,
    }))
}

fn no_base() -> ValueError {
    wrong(EXPECTED)("one without its base".into())
}

fn decode<T: Message + Default>(bytes: &[u8]) -> Result<T, ValueError> {
    T::decode(bytes).map_err(|why| wrong(EXPECTED)(why.to_string()))
}
