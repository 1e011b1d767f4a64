//! What a provider does on the chain: bid, give up, leave, collect.

use super::{
    BID_TIMEOUT_NS, Behaviour, Capacity, HEALTH_TIMEOUT_NS, MANIFEST_TIMEOUT_NS, Pricing, Provider,
    Tenancy, WITHDRAWAL_PERIOD_NS,
};
use crate::chain::blocks::Chain;
use crate::chain::deployment::{group_price, number};
use crate::chain::market::{BidState, LeaseState, OrderState};
use crate::chain::{State, UACT, UAKT, matching};
use crate::num::{Dec, ONE};
use crate::proto::{
    Any, BidId, Coin, DecCoin, Deposit, GroupSpec, MsgCreateBid, MsgLease, MsgWithReason, OrderId,
    ResourceOffer, Seconds,
};
use crate::wallet::TxOptions;
use prost::Message as _;

/// Gas limit of everything that a provider sends.
const GAS: u64 = 400_000;
/// Volumes in one unit. **Source** provider, `bidengine`, `MaxGroupVolumes`.
const MAX_VOLUMES: usize = 4;

const SECOND: u64 = 1_000_000_000;

impl Provider {
    /// Acts after a block, and sets when to act next.
    pub(crate) fn act(&mut self, chain: &mut Chain) {
        let state = chain.state().clone();
        let now = chain.time_ns();
        self.next_due_ns = u64::MAX;
        let mut messages = Vec::new();
        self.answer_orders(&state, &mut messages);
        self.review_bids(&state, chain, now, &mut messages);
        self.review_leases(&state, chain, now, &mut messages);
        for message in messages {
            self.send(chain, message);
        }
    }

    fn due(&mut self, at_ns: u64) {
        self.next_due_ns = self.next_due_ns.min(at_ns);
    }

    fn answer_orders(&mut self, state: &State, messages: &mut Vec<Any>) {
        if self.config.behaviour == Behaviour::NoBid {
            return;
        }
        let open = state.orders().filter(|(_, o)| o.state == OrderState::Open);
        for (id, order) in open {
            if self.seen.contains(id) || id.owner == self.address {
                continue;
            }
            self.seen.insert(id.clone());
            let window = self.config.reclamation_window_s;
            if order
                .min_window_s
                .is_some_and(|min| window.is_none_or(|w| w < min))
            {
                continue;
            }
            if let Some(price) = self.offer(state, &order.spec) {
                messages.push(self.bid(id, &order.spec, price, window));
            }
        }
    }

    /// The price of a group; `None` when this provider cannot or will not serve it.
    fn offer(&self, state: &State, spec: &GroupSpec) -> Option<Dec> {
        let own = self.attributes();
        if !state.meets_requirements(&self.address, &own, spec)
            || !matching::meets_resources(&own, spec)
        {
            return None;
        }
        // The chain leaves the architecture to the provider's own inventory.
        let arch = match self.attribute("capabilities/cpu/arch") {
            Some("arm") => "arm64",
            _ => "amd64",
        };
        let wanted = |r: &crate::proto::Resources| {
            let mut attributes = r.cpu.iter().flat_map(|c| &c.attributes);
            attributes.all(|a| a.key != "arch" || a.value == arch)
        };
        if !spec
            .resources
            .iter()
            .filter_map(|u| u.resource.as_ref())
            .all(wanted)
        {
            return None;
        }
        let volumes = |r: &crate::proto::Resources| r.storage.len() <= MAX_VOLUMES;
        if !spec
            .resources
            .iter()
            .filter_map(|u| u.resource.as_ref())
            .all(volumes)
        {
            return None;
        }
        let ip_lease = self.attribute("feat-endpoint-ip") == Some("true");
        let need = demand(spec);
        if need.ips > 0 && !ip_lease {
            return None;
        }
        let used = self.committed(state);
        let all = &self.config.capacity;
        let fits = used.cpu_milli + need.cpu_milli <= all.cpu_milli
            && used.memory + need.memory <= all.memory
            && used.storage + need.storage <= all.storage
            && used.gpu + need.gpu <= all.gpu
            && used.ips + need.ips <= all.ips;
        let (denom, max) = group_price(spec).ok()?;
        let price = match &self.config.pricing {
            Pricing::PerMille(share) => Dec(max.0 / 1_000 * i128::from(*share)),
            Pricing::PerResource {
                milli_cpu,
                memory_mib,
                storage_gib,
                gpu,
                endpoint,
                ip,
            } => {
                let endpoints = spec.resources.iter().filter_map(|u| u.resource.as_ref());
                let endpoints: usize = endpoints.map(|r| r.endpoints.len()).sum();
                let micro = need.cpu_milli * u128::from(*milli_cpu)
                    + (need.memory >> 20) * u128::from(*memory_mib)
                    + (need.storage >> 30) * u128::from(*storage_gib)
                    + need.gpu * u128::from(*gpu)
                    + u128::try_from(endpoints).ok()? * u128::from(*endpoint)
                    + need.ips * u128::from(*ip);
                Dec(i128::try_from(micro).ok()? * (ONE / 1_000_000))
            }
        };
        (fits && denom == UACT && price.is_positive() && price <= max).then_some(price)
    }

    /// What open bids and leases already take.
    fn committed(&self, state: &State) -> Capacity {
        let mut used = Capacity {
            cpu_milli: 0,
            memory: 0,
            storage: 0,
            gpu: 0,
            ips: 0,
        };
        for (id, bid) in state.bids() {
            let live = matches!(bid.state, BidState::Open | BidState::Active);
            if id.provider != self.address || !live {
                continue;
            }
            if let Some(order) = state.order(&id.order()) {
                let need = demand(&order.spec);
                used.cpu_milli += need.cpu_milli;
                used.memory += need.memory;
                used.storage += need.storage;
                used.gpu += need.gpu;
                used.ips += need.ips;
            }
        }
        used
    }

    fn bid(&self, order: &OrderId, spec: &GroupSpec, price: Dec, window: Option<i64>) -> Any {
        let OrderId {
            owner,
            dseq,
            gseq,
            oseq,
        } = order.clone();
        let id = BidId {
            owner,
            dseq,
            gseq,
            oseq,
            provider: self.address.clone(),
            bseq: 0,
        };
        let offer = spec.resources.iter().map(|unit| ResourceOffer {
            resources: unit.resource.clone(),
            count: unit.count,
            prices: None,
        });
        let message = MsgCreateBid {
            id: Some(id),
            price: Some(DecCoin {
                denom: UACT.into(),
                amount: price.to_wire(),
            }),
            deposit: Some(Deposit {
                amount: Some(Coin {
                    denom: UAKT.into(),
                    amount: "500000".into(),
                }),
                sources: vec![1],
            }),
            resources_offer: offer.collect(),
            reclamation_window: window.map(|seconds| Seconds { seconds, nanos: 0 }),
        };
        any(
            "/akash.market.v1beta5.MsgCreateBid",
            message.encode_to_vec(),
        )
    }

    fn review_bids(&mut self, state: &State, chain: &Chain, now: u64, messages: &mut Vec<Any>) {
        let mine: Vec<_> = state
            .bids()
            .filter(|(id, bid)| id.provider == self.address && bid.state == BidState::Open)
            .map(|(id, bid)| (id.clone(), bid.created_at))
            .collect();
        for (id, created_at) in mine {
            let born = chain.time_at(created_at).unwrap_or(now);
            let expiry = born + BID_TIMEOUT_NS;
            let taken = state
                .order(&id.order())
                .is_none_or(|o| o.state != OrderState::Open);
            let vanishes = match self.config.behaviour {
                Behaviour::BidThenVanish { after_blocks } => {
                    if chain.height() < created_at + after_blocks {
                        self.due(now);
                    }
                    chain.height() >= created_at + after_blocks
                }
                _ => false,
            };
            if taken || vanishes || now >= expiry {
                messages.push(with_reason("MsgCloseBid", &id, 10_002));
            } else {
                self.due(expiry);
            }
        }
    }

    fn review_leases(&mut self, state: &State, chain: &Chain, now: u64, messages: &mut Vec<Any>) {
        let mine: Vec<_> = state
            .leases()
            .filter(|(id, _)| id.provider == self.address)
            .map(|(id, lease)| (id.clone(), lease.clone()))
            .collect();
        for (id, lease) in mine {
            if !matches!(lease.state, LeaseState::Active | LeaseState::Reclaiming) {
                self.tenancies.remove(&id);
                continue;
            }
            let born = chain.time_at(lease.created_at).unwrap_or(now);
            let fresh = Tenancy {
                since_ns: born,
                withdrawn_ns: born,
                ..Tenancy::default()
            };
            let mut tenancy = self.tenancies.remove(&id).unwrap_or(fresh);
            if let Some(message) = self.leave(&id, &tenancy, &lease, now) {
                tenancy.leaving = true;
                messages.push(message);
            } else if self.must_collect(state, chain, &id, &tenancy, now) {
                tenancy.withdrawn_ns = now;
                let message = MsgLease {
                    id: Some(id.clone()),
                };
                let url = "/akash.market.v1beta5.MsgWithdrawLease";
                messages.push(any(url, message.encode_to_vec()));
            }
            self.tenancies.insert(id, tenancy);
        }
    }

    /// Whether and how a provider leaves a lease now.
    fn leave(
        &mut self,
        id: &BidId,
        tenancy: &Tenancy,
        lease: &crate::chain::market::Lease,
        now: u64,
    ) -> Option<Any> {
        if let (LeaseState::Reclaiming, Some(notice)) = (lease.state, lease.reclamation) {
            let deadline = notice.deadline_s * SECOND;
            if now >= deadline {
                return Some(with_reason("MsgCloseBid", id, notice.reason));
            }
            self.due(deadline);
            return None;
        }
        if tenancy.leaving {
            return None;
        }
        let reclaims = lease.reclamation.is_some();
        let mut limits = Vec::new();
        if !tenancy.was_sent {
            limits.push((
                tenancy.since_ns + MANIFEST_TIMEOUT_NS,
                "MsgCloseBid",
                10_003,
            ));
        }
        match (&self.config.behaviour, &tenancy.running) {
            (Behaviour::NeverReady, Some((_, since))) => {
                limits.push((since + HEALTH_TIMEOUT_NS, "MsgCloseBid", 10_000));
            }
            (Behaviour::ClosesLeaseAfter { seconds, reason }, _) => {
                limits.push((tenancy.since_ns + seconds * SECOND, "MsgCloseBid", *reason));
            }
            (Behaviour::ReclaimNotice { seconds }, _) if reclaims => {
                let at = tenancy.since_ns + seconds * SECOND;
                limits.push((at, "MsgLeaseStartReclaim", 10_001));
            }
            _ => {}
        }
        for (at, kind, reason) in limits {
            // The chain refuses to let a provider go that has promised a notice.
            if reclaims && kind == "MsgCloseBid" {
                continue;
            }
            if now >= at {
                return Some(with_reason(kind, id, reason));
            }
            self.due(at);
        }
        None
    }

    /// Collects once a day, and when the account must have run dry.
    fn must_collect(
        &mut self,
        state: &State,
        chain: &Chain,
        id: &BidId,
        tenancy: &Tenancy,
        now: u64,
    ) -> bool {
        let (account_id, _) = id.payment();
        let Some(account) = state.escrow_account(&account_id) else {
            return false;
        };
        let rates = state.payments().filter(|((a, _), p)| {
            *a == account_id && p.state == crate::chain::escrow::EscrowState::Open
        });
        let rate = rates.fold(Dec::ZERO, |sum, (_, p)| sum + p.rate);
        let funds = account.funds.first().map_or(Dec::ZERO, |(_, f)| *f);
        if rate.is_positive() {
            let blocks = u64::try_from((funds.0 / rate.0).max(0)).unwrap_or(u64::MAX);
            let dry = account.settled_at.saturating_add(blocks);
            if chain.height() > dry && chain.height() > account.settled_at {
                return true;
            }
            let left = dry.saturating_add(1) - chain.height().min(dry);
            self.due(now.saturating_add(left.saturating_mul(chain_block_ns(chain))));
        }
        let daily = tenancy.withdrawn_ns + WITHDRAWAL_PERIOD_NS;
        if now >= daily {
            return true;
        }
        self.due(daily);
        false
    }

    /// Signs and broadcasts one message in order.
    fn send(&mut self, chain: &mut Chain, message: Any) {
        let options = TxOptions {
            gas: GAS,
            ..TxOptions::default()
        };
        let bytes = self.wallet.tx(chain, vec![message], &options);
        // A provider whose coins are gone can no longer speak to the chain, and the rest goes on.
        self.refused += u64::from(chain.broadcast(&bytes).is_err());
    }
}

fn any(url: &str, value: Vec<u8>) -> Any {
    Any {
        type_url: url.into(),
        value,
    }
}

fn with_reason(kind: &str, id: &BidId, reason: i32) -> Any {
    let message = MsgWithReason {
        id: Some(id.clone()),
        reason,
    };
    any(
        &format!("/akash.market.v1beta5.{kind}"),
        message.encode_to_vec(),
    )
}

/// Typical length of a block.
fn chain_block_ns(chain: &Chain) -> u64 {
    let height = chain.height();
    let before = chain.time_at(height.saturating_sub(1)).unwrap_or(0);
    chain
        .time_ns()
        .saturating_sub(before)
        .clamp(SECOND, 60 * SECOND)
        / 2
}

/// Sum over units of count times what each asks for.
fn demand(spec: &GroupSpec) -> Capacity {
    let mut need = Capacity {
        cpu_milli: 0,
        memory: 0,
        storage: 0,
        gpu: 0,
        ips: 0,
    };
    for unit in &spec.resources {
        let count = u128::from(unit.count);
        let Some(r) = &unit.resource else { continue };
        let value = |v: Option<&crate::proto::ResourceValue>| v.and_then(number).unwrap_or(0);
        let units = |u: Option<&crate::proto::Units>| value(u.and_then(|u| u.units.as_ref()));
        need.cpu_milli += count * units(r.cpu.as_ref());
        need.gpu += count * units(r.gpu.as_ref());
        need.memory += count * value(r.memory.as_ref().and_then(|m| m.quantity.as_ref()));
        let volumes = r.storage.iter().map(|s| value(s.quantity.as_ref()));
        need.storage += count * volumes.sum::<u128>();
        let ips = r.endpoints.iter().filter(|e| e.kind == 2).count();
        need.ips += u128::try_from(ips).unwrap_or(0);
    }
    need
}
