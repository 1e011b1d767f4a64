//! Records of the mint, the oracle, deployments, leases and escrow.

use super::{ValueError, wire, wrong};
use crate::akash::ids::UACT;
use crate::akash::proto::{Coin, Timestamp};
use crate::akash::read::{Deposited, Escrow, Executed, LeaseState};
use crate::kernel::decimal::Decimal;
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use prost::Message;

/// Whether the chain mints. **Source** `akash.bme.v1.MintStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MintStatus {
    /// It does.
    Healthy,
    /// It does, and what backs ACT grows thin.
    Warning,
    /// It does not: too little backs ACT.
    HaltedByRatio,
    /// It does not: there is no price to be had.
    HaltedByOracle,
}

impl MintStatus {
    /// Whether AKT becomes ACT.
    #[must_use]
    pub fn mints(self) -> bool {
        matches!(self, Self::Healthy | Self::Warning)
    }
}

/// A burn or mint that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRecord {
    /// Who asked.
    pub owner: String,
    /// What is to be burned.
    pub denom: String,
    /// How much of it. **Units** the denom's smallest.
    pub amount: u64,
    /// What is to be minted.
    pub to_denom: String,
}

/// The price that the chain computed of its sources. **Units** of prices: the base for one whole
/// coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OraclePrice {
    /// What is priced.
    pub denom: String,
    /// Average over time.
    pub twap: Decimal,
    /// Middle of the sources.
    pub median: Decimal,
    /// Lowest of the sources.
    pub min: Decimal,
    /// Highest of the sources.
    pub max: Decimal,
    /// When it was computed.
    pub at: Nanos,
    /// How many sources it has.
    pub sources: u32,
    /// How far they are apart. **Units** ten-thousandths.
    pub deviation_bps: u64,
}

/// Whether a price may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleHealth {
    /// What is priced.
    pub denom: String,
    /// Whether the chain uses it.
    pub is_healthy: bool,
    /// Whether enough sources have reported.
    pub has_min_sources: bool,
    /// Whether they are close enough together.
    pub deviation_ok: bool,
    /// How many there are.
    pub sources: u32,
    /// How many of them are fresh.
    pub healthy_sources: u32,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRecord {
    /// Active or closed.
    pub active: bool,
    /// Hash of its manifest.
    pub hash: Vec<u8>,
    /// Height at which it was opened.
    pub created_at: u64,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRecord {
    /// Where it is on its way.
    pub state: LeaseState,
    /// Denom of the price.
    pub denom: String,
    /// **Units** denom per block.
    pub price: Decimal,
    /// Height at which it was signed.
    pub created_at: u64,
    /// Height at which it ended, 0 before.
    pub closed_on: u64,
    /// Number of why it ended. **Source** `akash.market.v1.LeaseClosedReason`.
    pub reason: i32,
}

/// The escrow payment of a lease, as of the last settlement of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The provider.
    pub owner: String,
    /// Neither closed nor overdrawn.
    pub open: bool,
    /// The account ran out and owes.
    pub overdrawn: bool,
    /// **Units** uact per block.
    pub rate_uact: Decimal,
    /// Earned and not withdrawn.
    pub balance_uact: Decimal,
    /// Earned and not yet covered.
    pub unsettled_uact: Decimal,
    /// Withdrawn. **Units** uact.
    pub withdrawn_uact: u64,
}

/// Whether the chain mints.
pub fn mint_status(value: &[u8]) -> Result<MintStatus, ValueError> {
    const EXPECTED: &str = "the status of the mint";
    let record: wire::BmeStatus = decode(EXPECTED, value)?;
    match record.status {
        1 => Ok(MintStatus::Healthy),
        2 => Ok(MintStatus::Warning),
        3 => Ok(MintStatus::HaltedByRatio),
        4 => Ok(MintStatus::HaltedByOracle),
        other => Err(wrong(EXPECTED)(format!("status {other}"))),
    }
}

/// A burn or mint that was asked for.
pub fn pending(value: &[u8]) -> Result<PendingRecord, ValueError> {
    const EXPECTED: &str = "a request to the mint";
    let record: wire::LedgerPendingRecord = decode(EXPECTED, value)?;
    let coin = record.coins_to_burn.unwrap_or_default();
    Ok(PendingRecord {
        owner: record.owner,
        amount: whole(&coin).map_err(wrong(EXPECTED))?,
        denom: coin.denom,
        to_denom: record.denom_to_mint,
    })
}

/// A burn or mint that was done, with its prices.
///
/// What is burned for good stands in one field and what may be paid out again in another; likewise
/// on the other side: both are added.
pub fn executed(value: &[u8]) -> Result<Executed, ValueError> {
    const EXPECTED: &str = "a conversion of the mint";
    let record: wire::LedgerRecord = decode(EXPECTED, value)?;
    let sum = |sides: [&Option<wire::CoinPrice>; 2]| {
        let mut sides = sides.into_iter().flatten();
        let first = sides.next().ok_or("no amount")?;
        let price = scaled(&first.price)?;
        let mut amount = whole_of(first)?;
        for more in sides {
            let sum = amount.checked_add(whole_of(more)?);
            amount = sum.ok_or("a sum past the edge of the type")?;
        }
        Ok::<_, String>((amount, price))
    };
    let read = || {
        let (burned, burned_price) = sum([&record.burned, &record.remint_credit_accrued])?;
        let (minted, received_price) = sum([&record.minted, &record.remint_credit_issued])?;
        let spread = record.spread.as_ref().map_or(Ok(0), whole)?;
        Ok(Executed {
            burned,
            received: minted.checked_sub(spread).ok_or("more spread than coins")?,
            spread,
            burned_price,
            received_price,
        })
    };
    read().map_err(wrong(EXPECTED))
}

/// The number of why a burn or mint was given back. **Source**
/// `akash.bme.v1.LedgerCanceledRecord.BMCancelReason`.
pub fn cancelled(value: &[u8]) -> Result<i32, ValueError> {
    const EXPECTED: &str = "a cancelled request to the mint";
    let record: wire::LedgerCanceledRecord = decode(EXPECTED, value)?;
    Ok(record.cancel_reason)
}

/// The price that the chain computed.
pub fn oracle_price(value: &[u8]) -> Result<OraclePrice, ValueError> {
    const EXPECTED: &str = "a price of the oracle";
    let record: wire::AggregatedPrice = decode(EXPECTED, value)?;
    let wrong = wrong(EXPECTED);
    let price = |text: &str| scaled(text).map_err(&wrong);
    let at = record.timestamp.as_ref().and_then(nanos);
    Ok(OraclePrice {
        twap: price(&record.twap)?,
        median: price(&record.median_price)?,
        min: price(&record.min_price)?,
        max: price(&record.max_price)?,
        at: at.ok_or_else(|| wrong("one without a time".into()))?,
        denom: record.denom,
        sources: record.num_sources,
        deviation_bps: record.deviation_bps,
    })
}

/// Whether that price may be used.
pub fn oracle_health(value: &[u8]) -> Result<OracleHealth, ValueError> {
    let record: wire::PriceHealth = decode("the health of a price", value)?;
    Ok(OracleHealth {
        denom: record.denom,
        is_healthy: record.is_healthy,
        has_min_sources: record.has_min_sources,
        deviation_ok: record.deviation_ok,
        sources: record.total_sources,
        healthy_sources: record.total_healthy_sources,
    })
}

/// A deployment.
pub fn deployment(value: &[u8]) -> Result<DeploymentRecord, ValueError> {
    const EXPECTED: &str = "a deployment";
    let record: wire::Deployment = decode(EXPECTED, value)?;
    let wrong = wrong(EXPECTED);
    Ok(DeploymentRecord {
        active: match record.state {
            1 => true,
            2 => false,
            other => return Err(wrong(format!("state {other}"))),
        },
        hash: record.hash,
        created_at: height(record.created_at).map_err(&wrong)?,
    })
}

/// A lease.
pub fn lease(value: &[u8]) -> Result<LeaseRecord, ValueError> {
    const EXPECTED: &str = "a lease";
    let record: wire::Lease = decode(EXPECTED, value)?;
    let wrong = wrong(EXPECTED);
    let price = record.price.unwrap_or_default();
    Ok(LeaseRecord {
        state: match record.state {
            1 => LeaseState::Active,
            2 => LeaseState::InsufficientFunds,
            3 => LeaseState::Closed,
            4 => LeaseState::Reclaiming,
            other => return Err(wrong(format!("state {other}"))),
        },
        price: scaled(&price.amount).map_err(&wrong)?,
        denom: price.denom,
        created_at: height(record.created_at).map_err(&wrong)?,
        closed_on: height(record.closed_on).map_err(&wrong)?,
        reason: record.reason,
    })
}

/// An escrow account, as of its last settlement.
pub fn escrow(value: &[u8]) -> Result<Escrow, ValueError> {
    const EXPECTED: &str = "an escrow account";
    let record: wire::AccountState = decode(EXPECTED, value)?;
    let wrong = wrong(EXPECTED);
    let (open, overdrawn) = state(record.state).map_err(&wrong)?;
    let deposits = record.deposits.into_iter().map(|deposit| {
        Ok(Deposited {
            left_uact: uact(deposit.balance.as_slice())?,
            owner: deposit.owner,
        })
    });
    Ok(Escrow {
        open,
        overdrawn,
        settled_at: height(record.settled_at).map_err(&wrong)?,
        funds_uact: uact(&record.funds).map_err(&wrong)?,
        transferred_uact: uact(&record.transferred).map_err(&wrong)?,
        deposits: deposits.collect::<Result<_, String>>().map_err(&wrong)?,
    })
}

/// The escrow payment of a lease.
pub fn payment(value: &[u8]) -> Result<PaymentRecord, ValueError> {
    const EXPECTED: &str = "an escrow payment";
    let record: wire::PaymentState = decode(EXPECTED, value)?;
    let wrong = wrong(EXPECTED);
    let (open, overdrawn) = state(record.state).map_err(&wrong)?;
    let withdrawn = record.withdrawn.filter(|coin| coin.denom == UACT);
    let withdrawn = withdrawn.as_ref().map_or(Ok(0), whole);
    Ok(PaymentRecord {
        owner: record.owner,
        open,
        overdrawn,
        rate_uact: uact(record.rate.as_slice()).map_err(&wrong)?,
        balance_uact: uact(record.balance.as_slice()).map_err(&wrong)?,
        unsettled_uact: uact(record.unsettled.as_slice()).map_err(&wrong)?,
        withdrawn_uact: withdrawn.map_err(&wrong)?,
    })
}

/// Open, and overdrawn. **Source** `akash.escrow.types.v1.State`.
fn state(number: i32) -> Result<(bool, bool), String> {
    match number {
        1 => Ok((true, false)),
        2 => Ok((false, false)),
        3 => Ok((false, true)),
        other => Err(format!("state {other}")),
    }
}

/// The sum of what is in uact. Overdrawn funds are negative: they count as nothing.
fn uact(coins: &[Coin]) -> Result<Decimal, String> {
    let mut sum = Decimal::ZERO;
    for coin in coins.iter().filter(|coin| coin.denom == UACT) {
        let amount = match coin.amount.strip_prefix('-') {
            None => scaled(&coin.amount)?,
            Some(owed) => scaled(owed).map(|_| Decimal::ZERO)?,
        };
        let more = sum.checked_add(amount);
        sum = more.ok_or("a sum past the edge of the type")?;
    }
    Ok(sum)
}

/// A decimal as messages carry it: its count of 10^-18 in digits.
fn scaled(text: &str) -> Result<Decimal, String> {
    digits(text).map(Decimal::from_scaled)
}

fn whole_of(side: &wire::CoinPrice) -> Result<u64, String> {
    side.coin.as_ref().map_or(Err("no coin".into()), whole)
}

fn whole(coin: &Coin) -> Result<u64, String> {
    let amount = digits(&coin.amount)?;
    u64::try_from(amount).map_err(|_| format!("{amount}, more than 64 bits hold"))
}

fn digits(text: &str) -> Result<u128, String> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number.ok_or_else(|| format!("{text:?} instead of digits of at most 128 bits"))
}

fn height(number: i64) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("height {number}"))
}

/// `None` before 1970, past 2554, and for a fraction that is none.
fn nanos(time: &Timestamp) -> Option<Nanos> {
    let seconds = Nanos::try_from(time.seconds).ok()?;
    let fraction = Nanos::try_from(time.nanos).ok()?;
    if fraction >= NANOS_PER_SECOND {
        return None;
    }
    seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(fraction)
}

fn decode<T: Message + Default>(expected: &'static str, bytes: &[u8]) -> Result<T, ValueError> {
    T::decode(bytes).map_err(|why| wrong(expected)(why.to_string()))
}
