//! Doing one act: the only part of the saga that touches the world, through the ports.

use super::choose::choose;
use super::event::{Deposit, Event, Purpose, SeenBid, Terms};
use super::limits::{
    DEATH_MARGIN, MAX_BIDS_PER_ORDER, TOKEN_BACKDATE_S, TOKEN_LIFE_S, TOKEN_SPARE_S, TX_LIFE,
};
use super::next::{Act, Surroundings};
use super::plan::{Plan, plan};
use super::state::{Deployment, Lease, Phase, Standing};
use crate::akash::ids::{BidId, UACT};
use crate::akash::message::Message;
use crate::akash::read::{
    self, Bid, DeploymentInfo, Deposited, LeaseInfo, LeaseState, ProviderInfo,
};
use crate::akash::tx::{self, SignedTx, TxPlan};
use crate::akash::{address, gas};
use crate::kernel::chain::Endpoint;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::{Uact, Uakt};
use crate::kernel::paths::budget_path;
use crate::kernel::port::{HttpRequest, HttpResponse, Outcome, Runtime};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use crate::provider::gateway::{self, ManifestReply};
use crate::provider::jwt::{Claims, Scope};
use crate::submit::{self, Agreement, Verdict};
use std::collections::BTreeMap;

/// Tokens for the providers of one deployment. Secrets that live minutes: kept in memory only,
/// never recorded, lost by an upgrade and then signed again.
#[derive(Default)]
pub struct Tokens {
    by_provider: BTreeMap<String, Token>,
}

struct Token {
    text: String,
    expires_s: u64,
}

/// What it may show of itself: how many there are.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.by_provider.len())
    }
}

/// Does one act, and tells what happened, to be recorded in this order.
///
/// The act must be what [`next`](super::next()) names for the same deployment and surroundings.
/// Between the call and its end only an adopted close may be recorded; the events fit then too.
pub async fn perform(
    rt: &impl Runtime,
    d: &Deployment,
    act: Act,
    s: &Surroundings,
    tokens: &mut Tokens,
) -> Vec<Event> {
    let event = match act {
        Act::Conclude(event) => event,
        Act::Plan => planned(d, s),
        Act::DeriveKey => derive_key(rt, d, s).await,
        Act::SignCreate => sign_create(rt, d, s).await,
        Act::SignLease => sign_lease(rt, d, s).await,
        Act::SignCloseLease { gseq } => sign_close_lease(rt, d, s, gseq).await,
        Act::SignClose => sign_close(rt, d, s).await,
        Act::Broadcast => broadcast(rt, d, s).await,
        Act::Probe => probe(rt, d, s).await,
        Act::ReadBids { agreed } => read_bids(rt, d, s, agreed).await,
        Act::Inspect { provider } => inspect(rt, d, s, provider).await,
        Act::PutManifest { provider } => put_manifest(rt, d, s, tokens, provider).await,
        Act::ReadStatus { gseq } => read_status(rt, d, s, tokens, gseq).await,
        Act::ReadDeployment => read_deployment(rt, d, s).await,
        Act::Watch => watch(rt, d, s).await,
    };
    vec![event]
}

/// One endpoint failed, or no endpoint was involved.
fn fruitless(d: &Deployment, s: &Surroundings, why: impl ToString) -> Event {
    let failed = usize::try_from(d.retry.tries)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    Event::Fruitless {
        why: why.to_string(),
        round: failed >= s.chain.endpoints.len(),
    }
}

/// All endpoints failed, or trying the next one would not help.
fn fruitless_round(why: impl ToString) -> Event {
    Event::Fruitless {
        why: why.to_string(),
        round: true,
    }
}

/// The endpoint whose turn it is. Deployments begin at different ones.
fn endpoint<'a>(d: &Deployment, s: &'a Surroundings) -> Option<&'a Endpoint> {
    let count = u64::try_from(s.chain.endpoints.len()).ok()?;
    let turn = d.order.dseq.wrapping_add(u64::from(d.turns));
    let index = usize::try_from(turn.checked_rem(count)?).ok()?;
    s.chain.endpoints.get(index)
}

async fn ask<T, E: ToString>(
    rt: &impl Runtime,
    request: HttpRequest,
    reply: impl Fn(&HttpResponse) -> Result<T, E>,
) -> Result<T, String> {
    let response = rt.outcall(request).await.map_err(|e| e.to_string())?;
    reply(&response).map_err(|e| e.to_string())
}

fn planned(d: &Deployment, s: &Surroundings) -> Event {
    match plan(&d.order) {
        Err(problems) => Event::GivenUp {
            reason: format!("the order cannot be planned: {}", problems.join("; ")),
        },
        Ok(plan) => {
            let fees = fees_of_life(d, s, &plan);
            Event::Planned {
                terms: Terms {
                    deposit: plan.deposit,
                    max_price: plan.max_price,
                    group_max: plan.group_max,
                    fees,
                },
            }
        }
    }
}

/// Create, one lease transaction, close: nothing is opened that could not be closed.
fn fees_of_life(d: &Deployment, s: &Surroundings, plan: &Plan) -> Uakt {
    let bid = |gseq| BidId {
        owner: String::new(),
        dseq: d.order.dseq,
        gseq,
        oseq: 1,
        provider: String::new(),
        bseq: 0,
    };
    let leases: Vec<Message> = (1..)
        .zip(&plan.groups)
        .map(|(gseq, _)| Message::CreateLease { bid: bid(gseq) })
        .collect();
    let close = [Message::CloseDeployment {
        owner: String::new(),
        dseq: d.order.dseq,
    }];
    let gas = [
        gas::limit(&[create_message(String::new(), d, plan)]),
        gas::limit(&leases),
        gas::limit_with_bids(&close, bids_on(plan.groups.len())),
    ];
    // A price at which a fee has no number is one that no allowance covers.
    let price = s.chain.gas_price_milli_uakt;
    let fees = gas
        .into_iter()
        .map(|gas| gas::fee(gas, price).map_or(u64::MAX, |fee| fee.0));
    Uakt(fees.fold(0, u64::saturating_add))
}

/// Most bids that may be open on so many orders.
fn bids_on(orders: usize) -> u64 {
    let orders = u64::try_from(orders).unwrap_or(u64::MAX);
    orders.saturating_mul(gas::OTHER_BIDS + 1)
}

fn create_message(owner: String, d: &Deployment, plan: &Plan) -> Message {
    Message::CreateDeployment {
        owner,
        dseq: d.order.dseq,
        groups: plan.groups.clone(),
        hash: plan.manifest.hash,
        deposit: plan.deposit,
        reclamation_min_window_s: plan.reclamation_min_window_s,
    }
}

async fn derive_key(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    match rt.public_key(None, budget_path(&d.order.budget)).await {
        Ok(public_key) => Event::KeyDerived {
            owner: address::address(&public_key),
            public_key,
        },
        Err(e) => fruitless(d, s, e),
    }
}

async fn sign_create(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    let plan = match plan(&d.order) {
        Ok(plan) => plan,
        Err(problems) => {
            return Event::GivenUp {
                reason: format!("the order cannot be planned: {}", problems.join("; ")),
            };
        }
    };
    let (Some(facts), Some(owner)) = (&s.budget, &d.owner) else {
        return fruitless_round("the budget is not known");
    };
    let Some(account_number) = facts.account_number else {
        return fruitless_round("the account number is not known");
    };
    let purpose = Purpose::Create {
        account_number,
        treasury: facts.treasury_account.clone(),
        deposit: plan.deposit,
    };
    let messages = vec![create_message(owner.clone(), d, &plan)];
    sign(rt, d, s, purpose, messages).await
}

async fn sign_lease(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    match choose(d) {
        Err(why) => fruitless_round(why),
        Ok(bids) => {
            let messages = bids
                .iter()
                .map(|bid| Message::CreateLease {
                    bid: bid.id.clone(),
                })
                .collect();
            sign(rt, d, s, Purpose::Lease { bids }, messages).await
        }
    }
}

async fn sign_close_lease(rt: &impl Runtime, d: &Deployment, s: &Surroundings, gseq: u32) -> Event {
    match lease_of(d, gseq) {
        None => fruitless_round(format!("group {gseq} has no lease")),
        Some(lease) => {
            let messages = vec![Message::CloseLease {
                lease: lease.bid.clone(),
            }];
            sign(rt, d, s, Purpose::CloseLease { gseq }, messages).await
        }
    }
}

async fn sign_close(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    let messages = vec![Message::CloseDeployment {
        owner: d.owner.clone().unwrap_or_default(),
        dseq: d.order.dseq,
    }];
    sign(rt, d, s, Purpose::Close, messages).await
}

/// Signs and returns; sending is another act, after this one is recorded.
async fn sign(
    rt: &impl Runtime,
    d: &Deployment,
    s: &Surroundings,
    purpose: Purpose,
    messages: Vec<Message>,
) -> Event {
    let (account_number, granter) = match &purpose {
        Purpose::Create {
            account_number,
            treasury,
            ..
        } => (Some(*account_number), Some(treasury.clone())),
        _ => (d.account_number, d.treasury.clone()),
    };
    let (Some(account_number), Some(public_key)) = (account_number, d.public_key) else {
        return fruitless_round("the budget's account is not known");
    };
    let timeout_ns = timeout(rt.now(), d.order.dseq);
    let gas = match &purpose {
        // A close ends the orders that are still open, with all their bids.
        Purpose::Close => {
            let open = d.groups.iter().filter(|group| group.lease.is_none());
            gas::limit_with_bids(&messages, bids_on(open.count()))
        }
        _ => gas::limit(&messages),
    };
    let Some(fee) = gas::fee(gas, s.chain.gas_price_milli_uakt) else {
        return fruitless_round("the fee is past all bounds");
    };
    let plan = TxPlan {
        messages,
        memo: format!("order {}", d.order.nonce),
        public_key,
        account_number,
        order: tx::Order::Unordered,
        timeout_ns: Some(timeout_ns),
        gas,
        fee,
        granter,
    };
    match submit::sign(rt, &s.chain, budget_path(&d.order.budget), &plan).await {
        Ok(SignedTx { bytes, hash }) => Event::TxSigned {
            purpose,
            bytes,
            hash,
            timeout_ns,
        },
        Err(e) => fruitless_round(e),
    }
}

/// An unordered transaction is named by its signer and its timeout. All deployments of a budget
/// share a signer, so the part below a millisecond comes from the dseq; two transactions of one
/// deployment are further apart than that.
pub(super) fn timeout(now: Nanos, dseq: u64) -> Nanos {
    const MILLISECOND: Nanos = 1_000_000;
    let end = now.saturating_add(TX_LIFE);
    end - end % MILLISECOND + dseq % MILLISECOND
}

fn tx_in_flight(d: &Deployment) -> Option<SignedTx> {
    d.flight.as_ref().map(|flight| SignedTx {
        bytes: flight.bytes.clone(),
        hash: flight.hash.clone(),
    })
}

async fn broadcast(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    /// A full mempool says nothing about the transaction. **Source** Cosmos SDK, codespace `sdk`.
    const MEMPOOL_FULL: u32 = 20;
    let (Some(tx), Some(endpoint)) = (tx_in_flight(d), endpoint(d, s)) else {
        return fruitless_round("nothing to send, or nowhere to send it");
    };
    match submit::broadcast(rt, endpoint, &tx).await {
        Outcome::Done(()) => Event::TxAccepted,
        Outcome::NotDone(refusal) if refusal.codespace == "sdk" && refusal.code == MEMPOOL_FULL => {
            fruitless(d, s, refusal)
        }
        Outcome::NotDone(refusal) => Event::TxRefused {
            endpoint: endpoint.rest.clone(),
            why: refusal.to_string(),
        },
        Outcome::Unknown => fruitless(d, s, format!("no answer to a broadcast: {}", endpoint.rest)),
    }
}

async fn probe(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    /// The dseq is ours alone, so what exists is what an earlier create opened. **Source** Akash
    /// deployment module, `ErrDeploymentExists`.
    const EXISTS: (&str, u32) = ("deployment", 3);
    let (Some(tx), Some(flight)) = (tx_in_flight(d), &d.flight) else {
        return fruitless_round("no transaction is in flight");
    };
    match submit::probe(rt, &s.chain, &tx, flight.timeout_ns).await {
        Verdict::Included { height, .. } => Event::TxConfirmed {
            height: Some(height),
        },
        Verdict::Failed {
            height,
            codespace,
            code,
            ..
        } if matches!(flight.purpose, Purpose::Create { .. })
            && (codespace.as_str(), code) == EXISTS =>
        {
            Event::TxConfirmed {
                height: Some(height),
            }
        }
        Verdict::Failed {
            height,
            codespace,
            code,
            log,
        } => Event::TxFailed {
            height,
            codespace,
            code,
            log,
        },
        Verdict::Dead => Event::TxDead {
            refused: (flight.refusals.len() >= usize::from(s.chain.agreement))
                .then(|| flight.refusals.values().next().cloned())
                .flatten(),
        },
        Verdict::Pending => Event::TxPending,
    }
}

async fn read_bids(rt: &impl Runtime, d: &Deployment, s: &Surroundings, agreed: bool) -> Event {
    let owner = d.owner.as_deref().unwrap_or_default();
    let dseq = d.order.dseq;
    let groups = u64::try_from(d.groups.len()).unwrap_or(u64::MAX);
    let ours = |bids: Vec<Bid>| our_bids(d, bids);
    let bids = if agreed {
        let seen = submit::agree(
            rt,
            &s.chain,
            |endpoint| read::bids_request(&endpoint.rest, owner, dseq, groups),
            |response| read::bids_reply(response).map(ours),
        );
        match seen.await {
            Agreement::Agreed(bids) => bids,
            Agreement::Open(tally) => return fruitless_round(format!("bids: {tally}")),
        }
    } else {
        let Some(endpoint) = endpoint(d, s) else {
            return fruitless_round("there is no endpoint");
        };
        let request = read::bids_request(&endpoint.rest, owner, dseq, groups);
        match ask(rt, request, read::bids_reply).await {
            Ok(bids) => ours(bids),
            Err(why) => return fruitless(d, s, format!("bids: {why}")),
        }
    };
    Event::BidsSeen { bids, agreed }
}

/// What could be taken: open, on this deployment, in the one denom there is. Sorted, and no more
/// than an honest chain can have.
pub(super) fn our_bids(d: &Deployment, bids: Vec<Bid>) -> Vec<SeenBid> {
    let mut seen: Vec<SeenBid> = bids
        .into_iter()
        .filter(|bid| {
            bid.denom == UACT
                && Some(&bid.id.owner) == d.owner.as_ref()
                && bid.id.dseq == d.order.dseq
        })
        .map(|bid| SeenBid {
            id: bid.id,
            price: bid.price,
        })
        .collect();
    seen.sort();
    seen.dedup();
    seen.truncate(MAX_BIDS_PER_ORDER * d.groups.len());
    seen
}

async fn inspect(rt: &impl Runtime, d: &Deployment, s: &Surroundings, provider: String) -> Event {
    let doubted = matches!(d.providers.get(&provider), Some(Standing::Doubted { .. }));
    let problem = match provider_record(rt, d, s, &provider, doubted).await {
        Err(event) => return event,
        Ok(None) => "it is not registered".to_string(),
        Ok(Some(ProviderInfo { host_uri, .. })) if !is_gateway(&host_uri) => {
            format!("expected a gateway https://host:port, got {host_uri:?}")
        }
        Ok(Some(ProviderInfo { host_uri, .. })) => {
            match ask(
                rt,
                gateway::address_request(&host_uri),
                gateway::address_reply,
            )
            .await
            {
                Ok(address) if address == provider => {
                    return Event::ProviderFound { provider, host_uri };
                }
                Ok(address) => format!("{host_uri}: expected provider {provider}, got {address}"),
                Err(why) => format!("{host_uri}: {why}"),
            }
        }
    };
    // One endpoint could have lied about the record, one outcall may fail: a second look, at a
    // record that enough endpoints agree on, decides.
    if doubted {
        Event::ProviderDenied {
            provider,
            why: problem,
        }
    } else {
        Event::ProviderDoubted {
            provider,
            why: problem,
        }
    }
}

/// Whether an address may be called and be given a token: `https`, a host and a port, nothing
/// behind.
pub(super) fn is_gateway(host_uri: &str) -> bool {
    let Some((host, port)) = host_uri
        .strip_prefix("https://")
        .and_then(|authority| authority.split_once(':'))
    else {
        return false;
    };
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    !host.is_empty() && host.bytes().all(named) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

async fn provider_record(
    rt: &impl Runtime,
    d: &Deployment,
    s: &Surroundings,
    provider: &str,
    agreed: bool,
) -> Result<Option<ProviderInfo>, Event> {
    let record = if agreed {
        let seen = submit::agree(
            rt,
            &s.chain,
            |endpoint| read::provider_request(&endpoint.rest, provider),
            read::provider_reply,
        );
        match seen.await {
            Agreement::Agreed(record) => record,
            Agreement::Open(tally) => {
                return Err(fruitless_round(format!("provider record: {tally}")));
            }
        }
    } else {
        let endpoint = endpoint(d, s).ok_or_else(|| fruitless_round("there is no endpoint"))?;
        let request = read::provider_request(&endpoint.rest, provider);
        ask(rt, request, read::provider_reply)
            .await
            .map_err(|why| fruitless(d, s, format!("provider record: {why}")))?
    };
    Ok(record.filter(|record| record.owner == provider))
}

fn lease_of(d: &Deployment, gseq: u32) -> Option<&Lease> {
    let group = d.groups.iter().find(|group| group.gseq == gseq)?;
    group.lease.as_ref()
}

/// The token for a provider: the one at hand, or a new one.
async fn token(
    rt: &impl Runtime,
    d: &Deployment,
    tokens: &mut Tokens,
    provider: &str,
) -> Result<String, Event> {
    let now_s = rt.now() / NANOS_PER_SECOND;
    if let Some(token) = tokens.by_provider.get(provider)
        && now_s.saturating_add(TOKEN_SPARE_S) < token.expires_s
    {
        return Ok(token.text.clone());
    }
    let expires_s = now_s.saturating_add(TOKEN_LIFE_S);
    let claims = Claims {
        issuer: d.owner.clone().unwrap_or_default(),
        provider: provider.to_string(),
        scopes: vec![Scope::SendManifest, Scope::Status],
        not_before_s: now_s.saturating_sub(TOKEN_BACKDATE_S),
        expires_s,
    };
    let signature = rt
        .sign(budget_path(&d.order.budget), claims.digest())
        .await
        .map_err(fruitless_round)?;
    let text = claims.token(&signature);
    tokens.by_provider.insert(
        provider.to_string(),
        Token {
            text: text.clone(),
            expires_s,
        },
    );
    Ok(text)
}

async fn put_manifest(
    rt: &impl Runtime,
    d: &Deployment,
    s: &Surroundings,
    tokens: &mut Tokens,
    provider: String,
) -> Event {
    let Some(lease) = d.leases().find(|lease| lease.bid.provider == provider) else {
        return fruitless(d, s, "there is no lease to send a manifest for");
    };
    let plan = match plan(&d.order) {
        Ok(plan) => plan,
        Err(problems) => return fruitless_round(problems.join("; ")),
    };
    let token = match token(rt, d, tokens, &provider).await {
        Ok(token) => token,
        Err(event) => return event,
    };
    let dseq = d.order.dseq;
    let request = gateway::manifest_request(&lease.host_uri, dseq, &token, &plan.manifest.json);
    let why = match rt.outcall(request).await {
        // It may have arrived all the same; a repeated PUT does no harm.
        Err(e) => e.to_string(),
        Ok(response) => match gateway::manifest_reply(&response) {
            ManifestReply::Accepted => return Event::ManifestAccepted { provider },
            ManifestReply::Retry { why } => why,
            ManifestReply::Refused { why } => {
                return Event::LeaseFailed {
                    provider,
                    why: format!("the provider refused the manifest: {why}"),
                };
            }
        },
    };
    Event::ManifestTried { provider, why }
}

async fn read_status(
    rt: &impl Runtime,
    d: &Deployment,
    s: &Surroundings,
    tokens: &mut Tokens,
    gseq: u32,
) -> Event {
    let Some(lease) = lease_of(d, gseq) else {
        return fruitless(d, s, format!("group {gseq} has no lease"));
    };
    let token = match token(rt, d, tokens, &lease.bid.provider).await {
        Ok(token) => token,
        Err(event) => return event,
    };
    let wanted = match plan(&d.order).map(|plan| wanted(&plan, gseq)) {
        Ok(Some(wanted)) => wanted,
        _ => return fruitless_round(format!("the plan has no group {gseq}")),
    };
    let oseq = lease.bid.oseq;
    let request = gateway::status_request(&lease.host_uri, d.order.dseq, gseq, oseq, &token);
    let status = match ask(rt, request, gateway::status_reply).await {
        Ok(status) => status,
        Err(why) => return Event::StatusRead { gseq, why },
    };
    let missing: Vec<String> = wanted
        .into_iter()
        .filter_map(|(name, count)| {
            let seen = status.services.iter().find(|service| service.name == name);
            let (available, total) = seen.map_or((0, 0), |s| (s.available, s.total));
            let enough = available >= total.max(count);
            (!enough).then(|| format!("{name} {available}/{}", total.max(count)))
        })
        .collect();
    if missing.is_empty() {
        let names = status.services.into_iter().flat_map(|s| s.uris);
        let uris = names.chain(status.ports).collect();
        Event::ServiceReady { gseq, uris }
    } else {
        let why = format!("not ready: {}", missing.join(", "));
        Event::StatusRead { gseq, why }
    }
}

/// Services of one group and how many replicas of each: what a provider leaves out of its answer
/// is missing, not ready.
fn wanted(plan: &Plan, gseq: u32) -> Option<BTreeMap<String, u64>> {
    let index = usize::try_from(gseq.checked_sub(1)?).ok()?;
    let group = plan.groups.get(index)?;
    let counts = plan.services.iter().filter_map(|service| {
        let here = service
            .replicas
            .iter()
            .find(|r| r.placement == group.name)?;
        Some((service.name.clone(), u64::from(here.count)))
    });
    Some(counts.collect())
}

/// What of a deployment does not depend on the height at which it is read.
#[derive(Clone, PartialEq, Eq)]
enum Sight {
    Absent,
    Open {
        deposits: Vec<Deposited>,
        transferred: Decimal,
    },
    Closed {
        transferred: Decimal,
    },
    /// Closed, and its escrow account is not: no state that the chain leaves.
    Between,
}

fn sight(info: Option<DeploymentInfo>) -> Sight {
    match info {
        None => Sight::Absent,
        Some(info) => match (info.active, info.escrow.open) {
            (true, _) => Sight::Open {
                deposits: info.escrow.deposits,
                transferred: info.escrow.transferred_uact,
            },
            (false, false) => Sight::Closed {
                transferred: info.escrow.transferred_uact,
            },
            (false, true) => Sight::Between,
        },
    }
}

async fn read_deployment(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    let owner = d.owner.as_deref().unwrap_or_default();
    let seen = submit::agree(
        rt,
        &s.chain,
        |endpoint| read::deployment_request(&endpoint.rest, owner, d.order.dseq),
        |response| read::deployment_reply(response).map(sight),
    );
    let seen = match seen.await {
        Agreement::Agreed(seen) => seen,
        Agreement::Open(tally) => return fruitless_round(format!("deployment: {tally}")),
    };
    match seen {
        Sight::Closed { transferred } => {
            let (spent, refund) = settle(d, transferred);
            Event::Settled { spent, refund }
        }
        Sight::Open { .. } if d.stage == Phase::Closed => {
            fruitless_round("the deployment is not seen closed yet")
        }
        Sight::Open {
            deposits,
            transferred,
        } => Event::EscrowSeen {
            deposits: deposits
                .into_iter()
                .map(|deposit| Deposit {
                    owner: deposit.owner,
                    balance: deposit.left_uact,
                })
                .collect(),
            transferred,
        },
        // Deployments are closed, never removed: what was certain once stays so.
        Sight::Absent
            if !d.exists
                && d.flight.is_none()
                && rt.now() >= d.create_timeout_ns.saturating_add(2 * DEATH_MARGIN) =>
        {
            Event::GivenUp {
                reason: format!(
                    "the chain does not know the deployment; {}",
                    d.reason.as_deref().unwrap_or("nothing was spent")
                ),
            }
        }
        Sight::Absent => fruitless_round("the chain does not know the deployment"),
        Sight::Between => fruitless_round("closed, and its escrow account is open"),
    }
}

/// Spent and refunded of our deposit. Deposits are spent first in, first out, and what is left of
/// each goes back to its owner, so what strangers put in counts only where it stands before ours.
pub(super) fn settle(d: &Deployment, transferred: Decimal) -> (Uact, Uact) {
    let after =
        |left: Decimal, paid: u128| Decimal::from_scaled(left.scaled().saturating_sub(paid));
    let refund = match &d.escrow {
        Some(seen) => {
            let mut paid = transferred
                .scaled()
                .saturating_sub(seen.transferred.scaled());
            let mut ours = Decimal::ZERO;
            for deposit in &seen.deposits {
                if Some(&deposit.owner) == d.treasury.as_ref() {
                    let left = after(deposit.balance, paid);
                    ours = ours.checked_add(left).unwrap_or(ours);
                }
                paid = paid.saturating_sub(deposit.balance.scaled());
            }
            ours
        }
        None => after(Decimal::from_whole(d.deposit.0), transferred.scaled()),
    };
    // Rounded down: what comes back is whole units of what was not paid. Never more than was put
    // in, whatever was read.
    let refund = Uact(refund.floor().unwrap_or(0).min(d.deposit.0));
    let spent = d.deposit.checked_sub(refund).unwrap_or(Uact::ZERO);
    (spent, refund)
}

async fn watch(rt: &impl Runtime, d: &Deployment, s: &Surroundings) -> Event {
    let owner = d.owner.as_deref().unwrap_or_default();
    let dseq = d.order.dseq;
    // Each order had at most one lease, and those that ended are listed too. One more shows that
    // the list is whole.
    let orders: u64 = d.groups.iter().map(|group| u64::from(group.oseq)).sum();
    let expected = orders.saturating_add(1);
    let Some(endpoint) = endpoint(d, s) else {
        return fruitless_round("there is no endpoint");
    };
    let request = read::leases_request(&endpoint.rest, owner, dseq, expected);
    match ask(rt, request, read::leases_reply).await {
        Err(why) => return fruitless(d, s, format!("leases: {why}")),
        Ok(leases) if fallen(d, &leases).is_empty() => return Event::Watched,
        // Not on one endpoint's word.
        Ok(_) => {}
    }
    let seen = submit::agree(
        rt,
        &s.chain,
        |endpoint| read::leases_request(&endpoint.rest, owner, dseq, expected),
        |response| read::leases_reply(response).map(|leases| fallen(d, &leases)),
    );
    match seen.await {
        Agreement::Open(tally) => fruitless_round(format!("leases: {tally}")),
        Agreement::Agreed(fallen) if fallen.is_empty() => Event::Watched,
        Agreement::Agreed(fallen) => Event::CloseDecided {
            reason: fallen.join("; "),
        },
    }
}

/// Leases of ours that do not stand any more, in words.
fn fallen(d: &Deployment, leases: &[LeaseInfo]) -> Vec<String> {
    d.leases()
        .filter_map(|ours| {
            let seen = leases.iter().find(|lease| lease.id == ours.bid);
            let how = match seen {
                Some(lease) => match lease.state {
                    // A provider that has announced to leave serves until it does.
                    LeaseState::Active | LeaseState::Reclaiming => return None,
                    LeaseState::InsufficientFunds => "the escrow ran out".to_string(),
                    LeaseState::Closed => lease.reason.clone(),
                },
                None => "absent".to_string(),
            };
            Some(format!(
                "lease of group {} with {} ended: {how}",
                ours.bid.gseq, ours.bid.provider
            ))
        })
        .collect()
}
