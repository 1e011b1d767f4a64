//! Domain types as the public sees them, and public types as the domain takes them.

use crate::budget::{Told, Use};
use crate::state::{Adopted, Config, State};
use crate::types::{
    BudgetUse, ChainArgs, ConfigView, DeployOrder, DeploymentView, Endpoint, InitArgs, LeaseView,
    Phase, TransactionView, VotingArgs,
};
use candid::Principal;
use orchestrator::kernel::chain::{self, ChainConfig};
use orchestrator::kernel::order::Voting;
use orchestrator::lease::{self, Order, Policy};
use orchestrator::sdl::Attribute;

/// The configuration that follows from what the canister was installed with.
///
/// **Errors** a bound that does not hold, in words.
pub fn config(args: InitArgs) -> Result<Config, String> {
    if args.key_name.is_empty() {
        return Err("key_name: expected the name of a threshold key, got nothing".into());
    }
    let chain = chain_config(args.chain);
    chain.check().map_err(|e| format!("chain: {e}"))?;
    let voting = args.voting.map_or(Voting::ORDINARY, |voting| Voting {
        period_s: voting.period_s,
        wait_for_quiet_s: voting.wait_for_quiet_s,
    });
    let latest = voting.latest_end_s(0);
    if latest >= orchestrator::kernel::order::MAX_ORDER_LIFE_S {
        return Err(format!(
            "voting: expected votes shorter than the longest life of an order ({} s), got {latest} s",
            orchestrator::kernel::order::MAX_ORDER_LIFE_S
        ));
    }
    Ok(Config {
        governance: args.governance.as_slice().to_vec(),
        treasury: args.treasury.as_slice().to_vec(),
        key_name: args.key_name,
        chain,
        voting,
    })
}

fn chain_config(args: ChainArgs) -> ChainConfig {
    let endpoints = args.endpoints.into_iter().map(|e| chain::Endpoint {
        rest: e.rest,
        rpc: e.rpc,
    });
    ChainConfig {
        chain_id: args.chain_id,
        endpoints: endpoints.collect(),
        agreement: args.agreement,
        gas_price_milli_uakt: args.gas_price_milli_uakt,
    }
}

/// The configuration, for everybody.
#[must_use]
pub fn config_view(config: &Config) -> ConfigView {
    let endpoints = config.chain.endpoints.iter().map(|e| Endpoint {
        rest: e.rest.clone(),
        rpc: e.rpc.clone(),
    });
    ConfigView {
        governance: Principal::from_slice(&config.governance),
        treasury: Principal::from_slice(&config.treasury),
        key_name: config.key_name.clone(),
        chain: ChainArgs {
            chain_id: config.chain.chain_id.clone(),
            endpoints: endpoints.collect(),
            agreement: config.chain.agreement,
            gas_price_milli_uakt: config.chain.gas_price_milli_uakt,
        },
        voting: VotingArgs {
            period_s: config.voting.period_s,
            wait_for_quiet_s: config.voting.wait_for_quiet_s,
        },
    }
}

/// An order as the saga takes it.
#[must_use]
pub fn order(order: DeployOrder, payload_hash: [u8; 32], dseq: u64) -> Order {
    let policy = order.policy;
    let attributes = policy.required_attributes.into_iter().map(|a| Attribute {
        key: a.key,
        value: a.value,
    });
    Order {
        nonce: order.nonce,
        payload_hash,
        budget: order.budget,
        name: order.name,
        sdl: order.sdl,
        policy: Policy {
            max_uact_per_block: policy.max_uact_per_block,
            required_attributes: attributes.collect(),
            audited_by: policy.audited_by,
            allowed_providers: policy.allowed_providers,
            denied_providers: policy.denied_providers,
        },
        term_s: order.term_s,
        allow_tags: order.allow_tags,
        dseq,
        expires_at_s: order.expires_at_s,
    }
}

/// A deployment, for everybody.
#[must_use]
pub fn deployment(adopted: &Adopted) -> DeploymentView {
    let d = &adopted.deployment;
    DeploymentView {
        nonce: d.order.nonce,
        payload_hash: d.order.payload_hash.to_vec(),
        name: d.order.name.clone(),
        budget: d.order.budget.clone(),
        phase: phase(d.phase()),
        phase_since_ns: d.phase_since(),
        reason: d.reason().map(ToString::to_string),
        owner: d.owner.clone(),
        // Before the create is signed the number means nothing on the chain.
        dseq: (!d.transactions.is_empty()).then_some(d.order.dseq),
        leases: d.groups.iter().filter_map(lease_view).collect(),
        deposit_uact: d.deposit.0,
        spent_uact: d.spent.map(|spent| spent.0),
        refund_uact: d.refund.map(|refund| refund.0),
        at_risk_uact: d.at_risk().map(|risk| risk.0),
        adopted_at_ns: d.adopted_at,
        live_at_ns: d.live_at,
        ends_at_ns: d.ends_at(),
        transactions: d.transactions.iter().map(transaction).collect(),
    }
}

/// A phase, for everybody.
#[must_use]
pub fn phase(phase: lease::Phase) -> Phase {
    match phase {
        lease::Phase::Ordered => Phase::Ordered,
        lease::Phase::Created => Phase::Created,
        lease::Phase::Bidding => Phase::Bidding,
        lease::Phase::Leased => Phase::Leased,
        lease::Phase::ManifestSent => Phase::ManifestSent,
        lease::Phase::Live => Phase::Live,
        lease::Phase::Closing => Phase::Closing,
        lease::Phase::Closed => Phase::Closed,
        lease::Phase::Settled => Phase::Settled,
        lease::Phase::Stuck => Phase::Stuck,
    }
}

fn lease_view(group: &lease::GroupState) -> Option<LeaseView> {
    let lease = group.lease.as_ref()?;
    Some(LeaseView {
        gseq: group.gseq,
        oseq: lease.bid.oseq,
        provider: lease.bid.provider.clone(),
        host_uri: lease.host_uri.clone(),
        price_uact_per_block: lease.price.to_string(),
        uris: lease.uris.clone(),
    })
}

fn transaction(transaction: &lease::Transaction) -> TransactionView {
    TransactionView {
        purpose: transaction.purpose.to_string(),
        hash: transaction.hash.clone(),
        state: transaction.state.to_string(),
        signed_at_ns: transaction.signed_at,
    }
}

/// What is used of each budget that the treasury knows.
#[must_use]
pub fn budgets(state: &State, told: Option<&Told>) -> Vec<BudgetUse> {
    let known = told.into_iter().flat_map(|told| {
        told.snapshot
            .budgets
            .iter()
            .map(|budget| (budget, told.told_at))
    });
    known
        .map(|(budget, told_at_ns)| {
            let used = Use::of(state, &budget.id, None);
            BudgetUse {
                id: budget.id.clone(),
                total_uact: budget.total_uact,
                reserved_uact: used.reserved.0,
                spent_uact: used.spent.0,
                told_at_ns,
            }
        })
        .collect()
}
