//! Reads what a budget's account and T have on the chain: all at one height, each agreed by
//! enough endpoints.
//!
//! Every request names the height, so that a deposit between two of them cannot make the parts
//! contradict one another, and so that endpoints at different heights can agree at all.

use crate::budget::Deposit;
use crate::state::{BudgetSeen, EscrowSeen, Observation, OwnSeen};
use orchestrator::akash::ids::{UACT, UAKT};
use orchestrator::akash::read::{
    Block, DeploymentInfo, ReadError, account_reply, account_request, active_deployments_reply,
    active_deployments_request, balance_reply, balance_request, deployment_reply,
    deployment_request, deposit_limit_reply, deposit_limit_request, fee_limit_reply,
    fee_limit_request, status_reply, status_request,
};
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::port::{HttpRequest, HttpResponse, Runtime};
use orchestrator::submit::{self, Agreement};
use std::collections::BTreeMap;

/// Makes a query run on the state after a block. **Source** Cosmos SDK, `server/grpc`,
/// `GRPCBlockHeightHeader`.
const HEIGHT_HEADER: &str = "x-cosmos-block-height";

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// T.
    pub account: String,
    /// Whether T's balances are wanted; then all budgets must be here.
    pub balances: bool,
    /// T's account number, where it is known.
    pub number: Option<u64>,
    /// Whether every deployment is read again, even where nothing tells of a change.
    pub thorough: bool,
    /// No reading of an earlier block counts.
    pub at_least: u64,
    /// Budgets.
    pub budgets: Vec<BudgetQuery>,
}

/// One budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetQuery {
    /// Which.
    pub budget: String,
    /// Its account.
    pub owner: String,
    /// The account's number, where it is known.
    pub number: Option<u64>,
    /// Deployments that were active when last seen.
    pub known: BTreeMap<u64, Deposit>,
    /// What is left of the limit if nothing new has happened.
    pub expected: Option<Uact>,
    /// Whether it must be certain that nothing runs, although no limit tells.
    pub list: bool,
}

/// Reads. **Errors** in words, when too few endpoints agree on any part.
pub async fn observe(
    rt: &impl Runtime,
    chain: &ChainConfig,
    query: &Query,
) -> Result<Observation, String> {
    let reader = reference(rt, chain, query.at_least).await?;
    let mut budgets = Vec::new();
    for budget in &query.budgets {
        budgets.push(reader.budget(query, budget).await?);
    }
    let own = if query.balances {
        Some(reader.own(query).await?)
    } else {
        None
    };
    Ok(Observation {
        height: reader.block.height,
        block_time: reader.block.time_ns,
        own,
        budgets,
        thorough: query.thorough,
    })
}

/// The newest block that as many endpoints have as must agree, and the earliest time that one of
/// them gives: as long as one of them is honest, the chain is at least that far.
async fn reference<'a, R: Runtime>(
    rt: &'a R,
    chain: &'a ChainConfig,
    at_least: u64,
) -> Result<Reader<'a, R>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut behind = 0_u64;
    let mut last_error = String::new();
    for endpoint in &chain.endpoints {
        let request = status_request(&endpoint.rest);
        match submit::ask(rt, request, status_reply).await {
            Ok(block) if block.height < at_least => behind += 1,
            Ok(block) => blocks.push(block),
            Err(why) => last_error = why.to_string(),
        }
        if blocks.len() == usize::from(chain.agreement) {
            break;
        }
    }
    let height = blocks.iter().map(|block| block.height).min();
    let time_ns = blocks.iter().map(|block| block.time_ns).min();
    match (height, time_ns) {
        (Some(height), Some(time_ns)) if blocks.len() == usize::from(chain.agreement) => {
            Ok(Reader {
                rt,
                chain,
                block: Block { height, time_ns },
            })
        }
        _ => Err(format!(
            "expected {} endpoints at block {at_least} or later, got {}, {behind} behind it \
             {last_error}",
            chain.agreement,
            blocks.len()
        )),
    }
}

/// Reads at one height.
struct Reader<'a, R> {
    rt: &'a R,
    chain: &'a ChainConfig,
    block: Block,
}

impl<R: Runtime> Reader<'_, R> {
    async fn agree<T: Eq + Clone>(
        &self,
        what: &str,
        request: impl Fn(&str) -> HttpRequest,
        reply: impl Fn(&HttpResponse) -> Result<T, ReadError>,
    ) -> Result<T, String> {
        let pinned = |rest: &str| {
            let mut request = request(rest);
            let height = self.block.height.to_string();
            request.headers.push((HEIGHT_HEADER.into(), height));
            request
        };
        let request = |endpoint: &_| pinned(rest_of(endpoint));
        match submit::agree(self.rt, self.chain, request, reply).await {
            Agreement::Agreed(answer) => Ok(answer),
            Agreement::Open(why) => Err(format!("{what}: {why}")),
        }
    }

    async fn own(&self, query: &Query) -> Result<OwnSeen, String> {
        let account = &query.account;
        let found = self.number(query.number, account).await?;
        let balance = async |denom| {
            let request = |rest: &str| balance_request(rest, account, denom);
            self.agree("balance of T", request, balance_reply).await
        };
        Ok(OwnSeen {
            account_number: found,
            uakt: Uakt(balance(UAKT).await?),
            uact: Uact(balance(UACT).await?),
        })
    }

    /// A number never changes, so that one that is known is not asked for again.
    async fn number(&self, known: Option<u64>, address: &str) -> Result<Option<u64>, String> {
        if known.is_some() {
            return Ok(known);
        }
        let found = self.agree(
            "account",
            |rest| account_request(rest, address),
            |response| Ok(account_reply(response)?.map(|account| account.number)),
        );
        found.await
    }

    async fn budget(&self, all: &Query, query: &BudgetQuery) -> Result<BudgetSeen, String> {
        let (treasury, owner) = (all.account.as_str(), &query.owner);
        let limit = self
            .agree(
                "deposit authorization",
                |rest| deposit_limit_request(rest, treasury, owner),
                deposit_limit_reply,
            )
            .await?;
        let gas = self
            .agree(
                "fee allowance",
                |rest| fee_limit_request(rest, treasury, owner),
                fee_limit_reply,
            )
            .await?;
        // Deposits and refunds show in the limit, as long as there is one.
        let changed = limit.is_none() || limit != query.expected;
        let mut escrows = BTreeMap::new();
        let known = query.known.iter().filter(|_| changed || all.thorough);
        for (dseq, before) in known {
            let seen = self
                .agree(
                    "deployment",
                    |rest| deployment_request(rest, owner, *dseq),
                    |response| deployment_reply(response)?.map_or(Ok(None), |d| see(&d, treasury)),
                )
                .await?
                .ok_or_else(|| format!("deployment {dseq}: expected it to be there, got none"))?;
            escrows.insert(*dseq, (*before, seen));
        }
        // Lists are long and dear. The limit falls by each deposit, so that it says whether there
        // is anything new to list.
        let unexplained = limit != expected(query.expected, escrows.values());
        let nothing_runs = escrows.values().all(|(_, seen)| !seen.open);
        if (query.list && nothing_runs) || (unexplained && limit.is_some()) {
            let request = |rest: &str| active_deployments_request(rest, owner);
            let reply = |response: &HttpResponse| {
                let list = active_deployments_reply(response)?;
                let seen = list.iter().map(|found| see(found, treasury));
                seen.filter_map(Result::transpose)
                    .collect::<Result<Vec<_>, _>>()
            };
            for seen in self.agree("active deployments", request, reply).await? {
                let nothing = Deposit {
                    deposited: Uact::ZERO,
                    left: Uact::ZERO,
                    shared: false,
                };
                escrows.entry(seen.dseq).or_insert((nothing, seen));
            }
        }
        Ok(BudgetSeen {
            budget: query.budget.clone(),
            account_number: self.number(query.number, owner).await?,
            limit,
            gas,
            escrows: escrows.into_values().map(|(_, seen)| seen).collect(),
        })
    }
}

fn rest_of(endpoint: &orchestrator::kernel::chain::Endpoint) -> &str {
    &endpoint.rest
}

/// What the limit is when no unknown deployment has touched it.
fn expected<'a>(
    before: Option<Uact>,
    known: impl Iterator<Item = &'a (Deposit, EscrowSeen)>,
) -> Option<Uact> {
    let mut limit = i128::from(before?.0);
    for (before, seen) in known {
        let deposited = i128::from(before.deposited.0);
        let transferred = i128::from(seen.transferred.0);
        limit += if seen.open {
            deposited - i128::from(seen.ours.0) - transferred
        } else {
            deposited - transferred
        };
    }
    u64::try_from(limit).ok().map(Uact)
}

/// One escrow account, with what T has in it apart from what anybody else has.
fn see(found: &DeploymentInfo, treasury: &str) -> Result<Option<EscrowSeen>, ReadError> {
    let escrow = &found.escrow;
    let sum = |ours: bool| {
        escrow
            .deposits
            .iter()
            .filter(|deposit| (deposit.owner == treasury) == ours)
            .try_fold(Decimal::ZERO, |sum, d| sum.checked_add(d.left_uact))
    };
    let whole = |amount: Option<Decimal>, round: fn(Decimal) -> Option<u64>| {
        amount
            .and_then(round)
            .map(Uact)
            .ok_or_else(|| ReadError::Shape {
                expected: "amounts of uact that 64 bits hold",
                got: format!("deployment {}", found.dseq),
            })
    };
    Ok(Some(EscrowSeen {
        dseq: found.dseq,
        open: escrow.open,
        ours: whole(sum(true), Decimal::floor)?,
        others: whole(sum(false), Decimal::ceil)?,
        transferred: whole(Some(escrow.transferred_uact), Decimal::ceil)?,
    }))
}
