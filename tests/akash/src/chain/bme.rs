//! Burning uakt for uact and back: queue, epochs, spread, circuit breaker; and the price oracle.
//!
//! **Source** node, `x/bme/keeper/{keeper,abci}.go`; the oracle is reduced to one healthy or
//! silent source.

use super::failure::{Outcome, code, fail, sdk};
use super::{Ctx, State, UACT, UAKT};
use crate::address;
use crate::num::Dec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A price older than this is stalled. **Source** oracle params, `max_price_staleness_period`.
pub const MAX_PRICE_AGE_NS: u64 = 30_000_000_000;
/// Shortest epoch. **Units** blocks.
pub const MIN_EPOCH_BLOCKS: u64 = 10;
/// Longest epoch while the ratio is low. **Units** blocks.
pub const MAX_EPOCH_BLOCKS: u64 = 14_400;
/// Healthy only above. **Units** basis points.
pub const WARN_THRESHOLD_BPS: u32 = 9_500;
/// Minting stops at or below. **Units** basis points.
pub const HALT_THRESHOLD_BPS: u32 = 9_000;
/// Kept from what a minter would receive. **Units** basis points.
pub const MINT_SPREAD_BPS: u32 = 25;
/// Smallest mint. **Units** uact.
pub const MIN_MINT_UACT: u128 = 10_000_000;
/// Most records of one direction in one epoch.
pub const MAX_RECORDS: usize = 50;
/// Tries before a record is cancelled.
pub const MAX_ATTEMPTS: u32 = 3;
/// Growth of an epoch for each 10 basis points below the warning. **Units** percent.
pub const BACKOFF_PERCENT: u32 = 10;

/// The oracle's last word on AKT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oracle {
    /// **Units** USD per AKT.
    pub price: Dec,
    /// Block time of the last entry; `None` before the first.
    pub updated_ns: Option<u64>,
    /// Whether each block brings a new entry.
    pub feeding: bool,
    /// Price and block time of the last aggregation that was healthy.
    pub aggregate: Option<(Dec, u64)>,
    /// Whether the last aggregation was.
    pub healthy: bool,
}

/// `MintStatus`, with the numbers of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MintStatus {
    /// 1.
    Healthy,
    /// 2.
    Warning,
    /// 3. The status before the first epoch.
    #[default]
    HaltCr,
    /// 4.
    HaltOracle,
}

impl MintStatus {
    /// No minting.
    pub fn is_halted(self) -> bool {
        self >= MintStatus::HaltCr
    }

    /// Name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            MintStatus::Healthy => "mint_status_healthy",
            MintStatus::Warning => "mint_status_warning",
            MintStatus::HaltCr => "mint_status_halt_cr",
            MintStatus::HaltOracle => "mint_status_halt_oracle",
        }
    }
}

/// Name of a request: the order of the queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerId {
    /// Burned denom.
    pub denom: String,
    /// Minted denom.
    pub to_denom: String,
    /// Raw address of the owner.
    pub source: [u8; 20],
    /// Block of the request.
    pub height: u64,
    /// From 1 in each block.
    pub sequence: u64,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Waiting for an epoch.
    Pending {
        /// Failed tries.
        attempts: u32,
        /// What was taken.
        burned: u128,
    },
    /// Done.
    Executed {
        /// What was taken.
        burned: u128,
        /// Price of the burned coin.
        burn_price: Dec,
        /// Result before the spread.
        minted: u128,
        /// Price of the minted coin.
        mint_price: Dec,
        /// Kept by the vault.
        spread: u128,
        /// Part that came from remint credit.
        reminted: u128,
    },
    /// Refunded.
    Canceled {
        /// What was given back.
        burned: u128,
        /// Name in JSON.
        reason: &'static str,
    },
}

/// Module `bme`.
#[derive(Clone, Debug, Default)]
pub struct Bme {
    /// Set by every end blocker.
    pub status: MintStatus,
    /// The one before it; `None` before the first change.
    pub previous_status: Option<MintStatus>,
    /// Every request ever made.
    pub ledger: BTreeMap<LedgerId, Record>,
    /// Sum of pending records, by denom.
    pub pending: BTreeMap<String, u128>,
    /// AKT that was burned and may be paid out again.
    pub remint_credit: u128,
    /// By denom.
    pub total_burned: BTreeMap<String, u128>,
    /// By denom.
    pub total_minted: BTreeMap<String, u128>,
    sequence: (u64, u64),
}

/// The epoch counters, apart from the rest because every tenth block moves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epochs {
    pub(crate) burn: u64,
    pub(crate) mint: u64,
    pub(crate) length: u64,
}

impl Epochs {
    /// At genesis the mint epoch is the tenth block.
    pub fn genesis(height: u64) -> Epochs {
        Epochs {
            burn: 0,
            mint: height + MIN_EPOCH_BLOCKS,
            length: MIN_EPOCH_BLOCKS,
        }
    }
}

/// Why a record was not executed.
struct Refusal {
    reason: &'static str,
    fatal: bool,
}

impl State {
    /// Price in USD. **Errors** `oracle.v2` 4 when the last entry is too old.
    pub fn price(&self, ctx: &Ctx, denom: &str) -> Outcome<Dec> {
        if denom == UACT {
            return Ok(Dec::whole(1));
        }
        let age = self
            .oracle
            .updated_ns
            .map(|t| ctx.time_ns.saturating_sub(t));
        if age.is_none_or(|age| age > MAX_PRICE_AGE_NS) {
            return fail("oracle.v2", 4, "price stalled");
        }
        Ok(self.oracle.price)
    }

    /// Worth of the vault over the supply of uact. **Errors** as [`State::price`], `bme` 12.
    pub fn collateral_ratio(&self, ctx: &Ctx) -> Outcome<Dec> {
        let price = self.price(ctx, UAKT)?;
        if price.is_zero() {
            return fail("bme", 12, "oracle price is zero");
        }
        let pending = self.bme.pending.get(UAKT).copied().unwrap_or(0);
        let vault = self
            .balance(&address::of_module("bme"), UAKT)
            .saturating_sub(pending);
        let worth = Dec::whole(vault).product(price);
        let supply = self.supply(UACT);
        Ok(if supply == 0 {
            worth
        } else {
            worth.quo(Dec::whole(supply))
        })
    }

    /// Accepts a request. Returns its name.
    /// **Errors** `bme` 3, 6, 8 and 9, `oracle.v2` 4, `sdk` 5.
    pub fn request_burn_mint(
        &mut self,
        ctx: &Ctx,
        owner: &str,
        to: &str,
        coin: &(String, u128),
        to_denom: &str,
    ) -> Outcome<LedgerId> {
        let Some(source) = address::decode(owner) else {
            return sdk(code::INVALID_ADDRESS, "invalid owner address");
        };
        if owner != to {
            return fail("bme", 3, "owner and to addresses must match: unauthorized");
        }
        let (denom, amount) = coin;
        if *amount == 0 {
            return fail("bme", 8, "amount must not be 0: invalid amount");
        }
        let route = [denom.as_str(), to_denom];
        if route != [UAKT, UACT] && route != [UACT, UAKT] {
            let log = format!("invalid swap route {denom} -> {to_denom}: invalid denomination");
            return fail("bme", 9, log);
        }
        self.price(ctx, UAKT)?;
        let refund = denom == UACT;
        let status = self.bme.status;
        if status.is_halted() && !(status == MintStatus::HaltCr && refund) {
            return fail("bme", 6, "circuit breaker is active");
        }
        self.transfer(owner, &address::of_module("bme"), denom, *amount)?;
        let bme = Arc::make_mut(&mut self.bme);
        let last = if bme.sequence.0 == ctx.height {
            bme.sequence.1
        } else {
            0
        };
        bme.sequence = (ctx.height, last + 1);
        *bme.pending.entry(denom.clone()).or_default() += amount;
        let id = LedgerId {
            denom: denom.clone(),
            to_denom: to_denom.to_owned(),
            source,
            height: ctx.height,
            sequence: last + 1,
        };
        bme.ledger.insert(
            id.clone(),
            Record::Pending {
                attempts: 0,
                burned: *amount,
            },
        );
        Ok(id)
    }

    /// The oracle's end blocker: every block aggregates anew for as long as the last entry is
    /// fresh, so that the price that is kept has the time of the block, not that of the entry.
    pub fn oracle_end_block(&mut self, ctx: &Ctx) {
        let Some(updated) = self.oracle.updated_ns else {
            return;
        };
        self.oracle.healthy = ctx.time_ns.saturating_sub(updated) <= MAX_PRICE_AGE_NS;
        if self.oracle.healthy {
            self.oracle.aggregate = Some((self.oracle.price, ctx.time_ns));
        }
    }

    /// The module's end blocker.
    pub fn bme_end_block(&mut self, ctx: &Ctx) {
        if self.epochs.burn <= ctx.height {
            self.epochs.burn = ctx.height + MIN_EPOCH_BLOCKS;
            self.run_queue(ctx, UACT);
        }
        let before = self.bme.status;
        self.update_status(ctx);
        let minting = !self.bme.status.is_halted();
        if minting && before.is_halted() {
            self.epochs.mint = ctx.height + self.epochs.length;
        } else if minting && self.epochs.mint == ctx.height {
            self.epochs.mint = ctx.height + self.epochs.length;
            self.run_queue(ctx, UAKT);
            self.update_status(ctx);
        }
    }

    fn update_status(&mut self, ctx: &Ctx) {
        let status = match self.collateral_ratio(ctx) {
            // A halt for want of collateral is not forgotten for want of a price.
            Err(_) if self.bme.status == MintStatus::HaltCr => MintStatus::HaltCr,
            Err(_) => MintStatus::HaltOracle,
            Ok(ratio) => {
                let bps = ratio.times(10_000).trunc().min(u128::from(u32::MAX));
                let bps = u32::try_from(bps).expect("clamped");
                if bps > HALT_THRESHOLD_BPS {
                    self.epochs.length = epoch_blocks(bps);
                }
                match bps {
                    _ if bps > WARN_THRESHOLD_BPS => MintStatus::Healthy,
                    _ if bps > HALT_THRESHOLD_BPS => MintStatus::Warning,
                    _ => MintStatus::HaltCr,
                }
            }
        };
        if status != self.bme.status {
            let bme = Arc::make_mut(&mut self.bme);
            bme.previous_status = Some(bme.status);
            bme.status = status;
        }
    }

    fn run_queue(&mut self, ctx: &Ctx, denom: &str) {
        let waiting = |(id, r): (&LedgerId, &Record)| match r {
            Record::Pending { attempts, burned } if id.denom == denom => {
                Some((id.clone(), *attempts, *burned))
            }
            _ => None,
        };
        let due: Vec<_> = self
            .bme
            .ledger
            .iter()
            .filter_map(waiting)
            .take(MAX_RECORDS)
            .collect();
        for (id, attempts, burned) in due {
            let mut attempt = self.clone();
            match attempt.execute(ctx, &id, burned) {
                Ok(()) => *self = attempt,
                Err(refusal) if refusal.fatal => self.cancel(&id, burned, refusal.reason),
                Err(_) if attempts + 1 >= MAX_ATTEMPTS => {
                    self.cancel(&id, burned, "max_attempts");
                }
                Err(_) => {
                    let record = Record::Pending {
                        attempts: attempts + 1,
                        burned,
                    };
                    Arc::make_mut(&mut self.bme).ledger.insert(id, record);
                }
            }
        }
    }

    fn execute(&mut self, ctx: &Ctx, id: &LedgerId, burned: u128) -> Result<(), Refusal> {
        let retry = Refusal {
            reason: "",
            fatal: false,
        };
        let fatal = |reason| Refusal {
            reason,
            fatal: true,
        };
        let from = self.price(ctx, &id.denom).map_err(|_| retry)?;
        let into = self.price(ctx, &id.to_denom);
        let into = into.map_err(|_| Refusal {
            reason: "",
            fatal: false,
        })?;
        if from.is_zero() || into.is_zero() {
            return Err(Refusal {
                reason: "",
                fatal: false,
            });
        }
        let exact = Dec::whole(burned).product(from.quo(into));
        let minted = exact.trunc();
        if minted == 0 {
            return Err(fatal("epsilon"));
        }
        if id.to_denom == UACT && minted < MIN_MINT_UACT {
            return Err(fatal("minimum_mint"));
        }
        let mint = id.denom == UAKT;
        let spread = if mint {
            exact
                .product(Dec::whole(u128::from(MINT_SPREAD_BPS)))
                .quo(Dec::whole(10_000))
                .trunc()
        } else {
            0
        };
        let vault = address::of_module("bme");
        let owner = address::encode(&id.source);
        let mut reminted = 0;
        if mint {
            self.mint(&vault, UACT, minted);
        } else {
            reminted = self.bme.remint_credit.min(minted);
            let failed = |_| Refusal {
                reason: "",
                fatal: false,
            };
            self.burn(&vault, UACT, burned).map_err(failed)?;
            self.mint(&vault, UAKT, minted - reminted);
        }
        let paid = self.transfer(&vault, &owner, &id.to_denom, minted - spread);
        paid.map_err(|_| Refusal {
            reason: "",
            fatal: false,
        })?;
        let bme = Arc::make_mut(&mut self.bme);
        if mint {
            bme.remint_credit += burned;
            *bme.total_minted.entry(UACT.into()).or_default() += minted;
        } else {
            bme.remint_credit -= reminted;
            *bme.total_burned.entry(UACT.into()).or_default() += burned;
            if minted > reminted {
                *bme.total_minted.entry(UAKT.into()).or_default() += minted - reminted;
            }
        }
        *bme.pending.entry(id.denom.clone()).or_default() -= burned;
        let record = Record::Executed {
            burned,
            burn_price: from,
            minted,
            mint_price: into,
            spread,
            reminted,
        };
        bme.ledger.insert(id.clone(), record);
        Ok(())
    }

    fn cancel(&mut self, id: &LedgerId, burned: u128, reason: &'static str) {
        let owner = address::encode(&id.source);
        self.transfer(&address::of_module("bme"), &owner, &id.denom, burned)
            .expect("a pending amount is in the vault");
        let bme = Arc::make_mut(&mut self.bme);
        *bme.pending.entry(id.denom.clone()).or_default() -= burned;
        bme.ledger
            .insert(id.clone(), Record::Canceled { burned, reason });
    }
}

/// Length of the next mint epoch for a ratio. **Units** blocks.
fn epoch_blocks(ratio_bps: u32) -> u64 {
    if ratio_bps >= WARN_THRESHOLD_BPS {
        return MIN_EPOCH_BLOCKS;
    }
    let steps = (WARN_THRESHOLD_BPS - ratio_bps) / 10;
    let base = Dec::whole(u128::from(100 + BACKOFF_PERCENT)).quo(Dec::whole(100));
    let mut length = Dec::whole(u128::from(MIN_EPOCH_BLOCKS));
    for _ in 0..steps {
        length = length
            .product(base)
            .min(Dec::whole(u128::from(MAX_EPOCH_BLOCKS)));
    }
    u64::try_from(length.trunc())
        .expect("capped")
        .max(MIN_EPOCH_BLOCKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_lengthen_epochs_below_the_warning() {
        let rows = [
            (10_000, 10),
            (9_500, 10),
            (9_491, 10),
            (9_490, 11),
            (9_400, 25),
            (9_001, 1_067),
        ];
        for (bps, blocks) in rows {
            assert_eq!(epoch_blocks(bps), blocks, "{bps}");
        }
    }
}
