//! From domain to public shapes, and back.

use crate::book::{Account, Asset};
use crate::budget::{Budget, Phase};
use crate::grants;
use crate::live::Booked;
use crate::state::{Config, State};
use crate::types::{
    BalanceView, Balances, BudgetPhase, BudgetView, ChainArgs, ConfigView, Endpoint, EntryView,
    InitArgs, PostingView, Rates, Snapshot, VotingArgs,
};
use candid::Principal;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::amount::{act, akt};
use orchestrator::kernel::chain;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::order::Voting;

/// A configuration from what the canister is installed with. **Errors** why it is refused.
pub fn config(args: InitArgs) -> Result<Config, String> {
    let chain = chain::ChainConfig {
        chain_id: args.chain.chain_id,
        endpoints: args
            .chain
            .endpoints
            .into_iter()
            .map(|endpoint| chain::Endpoint {
                rest: endpoint.rest,
                rpc: endpoint.rpc,
            })
            .collect(),
        agreement: args.chain.agreement,
        gas_price_milli_uakt: args.chain.gas_price_milli_uakt,
    };
    chain.check().map_err(|why| why.to_string())?;
    let principals = [args.governance, args.gateway, args.exchange_rates];
    if principals.contains(&Principal::anonymous()) {
        return Err("expected canisters, got the anonymous principal".into());
    }
    Ok(Config {
        governance: args.governance.as_slice().to_vec(),
        gateway: args.gateway.as_slice().to_vec(),
        exchange_rates: args.exchange_rates.as_slice().to_vec(),
        key_name: args.key_name,
        chain,
        voting: args.voting.map_or(Voting::CRITICAL, |voting| Voting {
            period_s: voting.period_s,
            wait_for_quiet_s: voting.wait_for_quiet_s,
        }),
    })
}

/// The configuration as it is shown.
#[must_use]
pub fn config_view(config: &Config) -> ConfigView {
    ConfigView {
        governance: Principal::from_slice(&config.governance),
        gateway: Principal::from_slice(&config.gateway),
        exchange_rates: Principal::from_slice(&config.exchange_rates),
        key_name: config.key_name.clone(),
        chain: ChainArgs {
            chain_id: config.chain.chain_id.clone(),
            endpoints: config
                .chain
                .endpoints
                .iter()
                .map(|endpoint| Endpoint {
                    rest: endpoint.rest.clone(),
                    rpc: endpoint.rpc.clone(),
                })
                .collect(),
            agreement: config.chain.agreement,
            gas_price_milli_uakt: config.chain.gas_price_milli_uakt,
        },
        voting: VotingArgs {
            period_s: config.voting.period_s,
            wait_for_quiet_s: config.voting.wait_for_quiet_s,
        },
    }
}

/// What the treasury tells.
#[must_use]
pub fn snapshot(state: &State, now: Nanos) -> Snapshot {
    let own = state.own.as_ref();
    Snapshot {
        at_ns: now,
        account: own.map(|own| own.address.clone()),
        balance_uakt: own.map_or(0, |own| own.uakt.0),
        balance_uact: own.map_or(0, |own| own.uact.0),
        read_at_ns: own.map_or(0, |own| own.read_at),
        budgets: state
            .budgets
            .iter()
            .map(|(id, found)| budget(state, id, found, now))
            .collect(),
        rates: state.rates.map(|rates| Rates {
            akt_usd_e9: rates.akt_usd_e9,
            icp_usd_e9: rates.icp_usd_e9,
            at_s: rates.at_s,
        }),
    }
}

/// One budget.
#[must_use]
pub fn budget(state: &State, id: &str, budget: &Budget, now: Nanos) -> BudgetView {
    let spent = Account::Spent(id.to_string());
    BudgetView {
        id: id.to_string(),
        purpose: budget.mandate.purpose.clone(),
        order_nonce: budget.order.nonce,
        phase: match budget.phase {
            Phase::Opening => BudgetPhase::Opening,
            Phase::Open => BudgetPhase::Open,
            Phase::Changing => BudgetPhase::Changing,
            // Until the chain takes no deposit any more, a close is a change under way.
            Phase::Closed if is_exposed(state, id, budget) => BudgetPhase::Changing,
            Phase::Closed => BudgetPhase::Closed,
        },
        total_uact: budget.mandate.total.0,
        per_deployment_uact: budget.mandate.per_deployment.0,
        gas_uakt: budget.mandate.gas.0,
        valid_until_s: budget.mandate.valid_until_s,
        owner: budget.owner.clone(),
        account_number: budget.account_number,
        limit_uact: budget.limit_set.unwrap_or_default().0,
        limit_left_uact: budget.limit.unwrap_or_default().0,
        gas_limit_uakt: budget.gas_set.unwrap_or_default().0,
        gas_left_uakt: budget.gas.unwrap_or_default().0,
        escrow_uact: state.book.escrow(id),
        spent_uact: state.book.amount(&spent, Asset::Uact),
        read_at_ns: budget.read_at,
        problem: problem(state, id, budget, now),
    }
}

/// What keeps new deployments of a budget from beginning, in words.
#[must_use]
pub fn problem(state: &State, id: &str, budget: &Budget, now: Nanos) -> Option<String> {
    if budget.phase == Phase::Closed {
        let closing = is_exposed(state, id, budget);
        return closing.then(|| "it is being closed".into());
    }
    if budget.is_over(now) {
        return Some("it is past its end".into());
    }
    let settled = budget.phase == Phase::Open;
    if let Some(why) = budget.failure.as_ref().filter(|_| !settled) {
        return Some(format!(
            "the last transaction for its grants came to nothing: {why}"
        ));
    }
    let own = state.own.as_ref();
    let free = |asset| state.book.amount(&Account::Unallocated, asset);
    let no_gas = free(Asset::Uakt) < grants::dearest_change(state).0;
    match budget.phase {
        Phase::Open | Phase::Closed => used_up(state, id, budget),
        Phase::Opening if own.is_none_or(|own| own.account_number.is_none()) => {
            Some("the treasury's account on Akash has nothing yet".into())
        }
        Phase::Opening if grants::lacks_funds(state, id, budget, now) => Some(format!(
            "the treasury does not hold enough: {} and {} are not promised to others",
            act(Uact(free(Asset::Uact))),
            akt(Uakt(free(Asset::Uakt)))
        )),
        _ if no_gas => Some("the treasury lacks gas for its own transactions".into()),
        Phase::Opening => Some("its grants are on their way".into()),
        Phase::Changing => Some(format!(
            "its grants are being set anew: {}",
            budget.change_why
        )),
    }
}

/// Whether deposits are possible on the chain, or may be once a transaction of T lands.
fn is_exposed(state: &State, id: &str, budget: &Budget) -> bool {
    let flies = state.flight.as_ref().is_some_and(|f| f.plan.budget == id);
    budget.limit.is_some() || (flies && budget.gas.is_none())
}

fn used_up(state: &State, id: &str, budget: &Budget) -> Option<String> {
    if budget.gas.is_none_or(|gas| gas == Uakt::ZERO) {
        return Some("its gas is used up".into());
    }
    if budget.limit.is_some_and(|limit| limit > Uact::ZERO) {
        return None;
    }
    let spent = Account::Spent(id.to_string());
    Some(format!(
        "its {} are used up: {} in escrow, {} paid to providers",
        act(budget.mandate.total),
        act(Uact(state.book.escrow(id))),
        act(Uact(state.book.amount(&spent, Asset::Uact)))
    ))
}

/// One entry of the books.
#[must_use]
pub fn entry(booked: &Booked) -> EntryView {
    let entry = &booked.entry;
    EntryView {
        number: booked.number,
        block: booked.block,
        at_ns: booked.at,
        why: entry.why.clone(),
        order_nonce: entry.order.map(|order| order.nonce),
        payload_hash: entry.order.map(|order| hex::encode(order.payload_hash)),
        tx_hash: entry.tx_hash.clone(),
        height: entry.height,
        postings: entry
            .postings
            .iter()
            .map(|posting| PostingView {
                account: posting.account.to_string(),
                asset: posting.asset.symbol().into(),
                amount: posting.amount,
            })
            .collect(),
    }
}

/// What the books come to.
#[must_use]
pub fn balances(state: &State) -> Balances {
    let own = state.own.as_ref();
    Balances {
        accounts: state
            .book
            .balances()
            .map(|(account, asset, amount)| BalanceView {
                account: account.to_string(),
                asset: asset.symbol().into(),
                amount,
            })
            .collect(),
        held_uakt: state.book.held(Asset::Uakt),
        held_uact: state.book.held(Asset::Uact),
        chain_uakt: own.map_or(0, |own| own.uakt.0),
        chain_uact: own.map_or(0, |own| own.uact.0),
        read_at_ns: own.map_or(0, |own| own.read_at),
        findings: state.book.findings(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::World;

    fn args() -> InitArgs {
        InitArgs {
            governance: Principal::from_slice(&[1; 10]),
            gateway: Principal::from_slice(&[2; 10]),
            exchange_rates: Principal::from_slice(&[3; 10]),
            key_name: "key_1".into(),
            chain: ChainArgs {
                chain_id: "akashnet-2".into(),
                endpoints: vec![Endpoint {
                    rest: "https://rest.test".into(),
                    rpc: "https://rpc.test".into(),
                }],
                agreement: 1,
                gas_price_milli_uakt: 25,
            },
            voting: None,
        }
    }

    #[test]
    fn should_show_the_configuration_as_it_was_given() {
        let shown = config_view(&config(args()).expect("a good one"));
        assert_eq!(shown.chain, args().chain);
        assert_eq!(shown.governance, args().governance);
        assert_eq!(shown.gateway, args().gateway);
        assert_eq!(shown.exchange_rates, args().exchange_rates);
        assert_eq!(shown.voting.period_s, Voting::CRITICAL.period_s);
        let voting = VotingArgs {
            period_s: 7,
            wait_for_quiet_s: 3,
        };
        let other = InitArgs {
            voting: Some(voting.clone()),
            ..args()
        };
        assert_eq!(config_view(&config(other).expect("good")).voting, voting);
    }

    #[test]
    fn should_refuse_a_configuration_that_cannot_work() {
        for (desc, change) in [
            (
                "anybody governs",
                (|a| a.governance = Principal::anonymous()) as fn(&mut InitArgs),
            ),
            ("anybody is the gateway", |a| {
                a.gateway = Principal::anonymous();
            }),
            ("nobody to ask", |a| a.chain.endpoints.clear()),
            ("more votes than voters", |a| a.chain.agreement = 2),
        ] {
            let mut args = args();
            change(&mut args);
            assert!(config(args).is_err(), "{desc}");
        }
    }

    #[test]
    fn should_tell_what_is_known() {
        let mut world = World::funded(300, 70);
        world.adopt(|_| {});
        let told = snapshot(&world.state, world.now);
        assert_eq!(told.account.as_deref(), Some("akash1t"));
        assert_eq!((told.balance_uact, told.balance_uakt), (300, 70));
        assert_eq!((told.at_ns, told.read_at_ns), (world.now, world.now));
        let web = &told.budgets[0];
        assert_eq!((web.id.as_str(), web.order_nonce), ("web", 1));
        assert_eq!((web.total_uact, web.gas_uakt), (200_000_000, 5_000_000));
        assert_eq!((web.limit_left_uact, web.owner.as_ref()), (0, None));
        let why = web.problem.as_deref().expect("nothing is granted");
        assert!(
            why.starts_with("the treasury does not hold enough"),
            "{why}"
        );
        let balances = balances(&world.state);
        assert_eq!((balances.held_uact, balances.chain_uact), (300, 300));
        assert!(balances.findings.is_empty());
        let entry = entry(&Booked {
            number: 3,
            block: 4,
            at: 5,
            entry: world.entries[0].clone(),
        });
        assert_eq!((entry.number, entry.block, entry.at_ns), (3, 4, 5));
        let sum: i128 = entry.postings.iter().map(|p| p.amount).sum();
        assert_eq!((entry.postings.len(), sum), (4, 0));
        assert_eq!(entry.postings[0].account, "outside");
    }
}
