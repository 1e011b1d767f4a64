//! Orders, bids, leases.

use super::deployment::{self, GroupState, MAX_RECLAMATION_S, MIN_RECLAMATION_S, group_price};
use super::escrow::PaymentId;
use super::failure::{Outcome, code, fail, sdk};
use super::{Ctx, State, UACT, UAKT, matching};
use crate::address;
use crate::num::Dec;
use crate::proto::{BidId, GroupId, GroupSpec, MsgCreateBid, OrderId, ResourceOffer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bids on an order; one more slips through. **Source** market params, `order_max_bids`.
pub const ORDER_MAX_BIDS: usize = 20;
/// Smallest deposit of a bid. **Units** uact or uakt.
pub const MIN_BID_DEPOSIT: u128 = 500_000;

/// State of an order, with the numbers of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// 1.
    Open,
    /// 2.
    Active,
    /// 3.
    Closed,
}

/// State of a bid, with the numbers of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidState {
    /// 1.
    Open,
    /// 2.
    Active,
    /// 3.
    Lost,
    /// 4.
    Closed,
}

/// State of a lease, with the numbers of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// 1.
    Active,
    /// 2.
    InsufficientFunds,
    /// 3.
    Closed,
    /// 4.
    Reclaiming,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// State.
    pub state: OrderState,
    /// What is wanted.
    pub spec: GroupSpec,
    /// Height.
    pub created_at: u64,
    /// Shortest notice. **Units** seconds.
    pub min_window_s: Option<i64>,
}

/// One bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// State.
    pub state: BidState,
    /// Coin of the price.
    pub denom: String,
    /// Per block.
    pub price: Dec,
    /// Height.
    pub created_at: u64,
    /// What is offered.
    pub offer: Vec<ResourceOffer>,
    /// Offered notice. **Units** seconds.
    pub window_s: Option<i64>,
}

/// Notice of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reclamation {
    /// **Units** seconds.
    pub window_s: i64,
    /// Height; 0 before notice is given.
    pub started_at: u64,
    /// Block time from which the provider may close. **Units** seconds.
    pub deadline_s: u64,
    /// Provider's reason.
    pub reason: i32,
}

/// One lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// State.
    pub state: LeaseState,
    /// Coin of the price.
    pub denom: String,
    /// Per block.
    pub price: Dec,
    /// Height.
    pub created_at: u64,
    /// Height; 0 while open.
    pub closed_on: u64,
    /// Number of the reason.
    pub reason: i32,
    /// Present when the bid offered a window.
    pub reclamation: Option<Reclamation>,
}

/// Module `market`.
#[derive(Clone, Debug, Default)]
pub struct Market {
    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) bids: BTreeMap<BidId, Bid>,
    pub(crate) leases: BTreeMap<BidId, Lease>,
}

fn err<T>(code: u32, log: &str) -> Outcome<T> {
    fail("market", code, log)
}

impl State {
    /// One order.
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        self.market.orders.get(id)
    }

    /// All orders in key order.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = (&OrderId, &Order)> {
        self.market.orders.iter()
    }

    /// One bid.
    pub fn bid(&self, id: &BidId) -> Option<&Bid> {
        self.market.bids.get(id)
    }

    /// All bids in key order.
    pub fn bids(&self) -> impl DoubleEndedIterator<Item = (&BidId, &Bid)> {
        self.market.bids.iter()
    }

    /// One lease.
    pub fn lease(&self, id: &BidId) -> Option<&Lease> {
        self.market.leases.get(id)
    }

    /// All leases in key order.
    pub fn leases(&self) -> impl DoubleEndedIterator<Item = (&BidId, &Lease)> {
        self.market.leases.iter()
    }

    /// Bids on one order in key order.
    pub fn bids_on(&self, order: &OrderId) -> Vec<(BidId, Bid)> {
        let OrderId {
            owner,
            dseq,
            gseq,
            oseq,
        } = order.clone();
        let from = BidId {
            owner,
            dseq,
            gseq,
            oseq,
            provider: String::new(),
            bseq: 0,
        };
        let range = self.market.bids.range(from..);
        let mine = range.take_while(|(id, _)| id.order() == *order);
        mine.map(|(id, bid)| (id.clone(), bid.clone())).collect()
    }

    fn orders_of(&self, group: &GroupId) -> Vec<(OrderId, Order)> {
        let GroupId { owner, dseq, gseq } = group.clone();
        let range = self.market.orders.range(
            OrderId {
                owner,
                dseq,
                gseq,
                oseq: 0,
            }..,
        );
        let mine = range.take_while(|(id, _)| id.group() == *group);
        mine.map(|(id, order)| (id.clone(), order.clone()))
            .collect()
    }

    fn set_order(&mut self, id: &OrderId, state: OrderState) {
        if let Some(order) = Arc::make_mut(&mut self.market).orders.get_mut(id) {
            order.state = state;
        }
    }

    fn set_bid(&mut self, id: &BidId, state: BidState) {
        if let Some(bid) = Arc::make_mut(&mut self.market).bids.get_mut(id) {
            bid.state = state;
        }
    }

    /// Opens an order for a group. **Errors** `market` 23.
    pub fn create_order(
        &mut self,
        ctx: &Ctx,
        group: &GroupId,
        spec: GroupSpec,
        min_window_s: Option<i64>,
    ) -> Outcome<()> {
        let existing = self.orders_of(group);
        if existing.iter().any(|(_, o)| o.state != OrderState::Closed) {
            return err(23, "order active: create order: active order exists");
        }
        let oseq = u32::try_from(existing.len() + 1).expect("few orders");
        let GroupId { owner, dseq, gseq } = group.clone();
        let order = Order {
            state: OrderState::Open,
            spec,
            created_at: ctx.height,
            min_window_s,
        };
        let id = OrderId {
            owner,
            dseq,
            gseq,
            oseq,
        };
        Arc::make_mut(&mut self.market).orders.insert(id, order);
        Ok(())
    }

    /// `MsgCreateBid`. **Errors** facts 3.4, in the order of the handler.
    pub fn create_bid(&mut self, ctx: &Ctx, msg: &MsgCreateBid) -> Outcome<()> {
        let id = bid_id(msg.id.as_ref())?;
        let (coin, sources) = deployment::deposit(msg.deposit.as_ref())?;
        if ![UACT, UAKT].contains(&coin.0.as_str()) || coin.1 < MIN_BID_DEPOSIT {
            let log = format!(
                "minimum:{MIN_BID_DEPOSIT} received:{}: deposit invalid",
                coin.1
            );
            return err(28, &log);
        }
        let order_id = id.order();
        let counted = |(_, b): &(BidId, Bid)| b.state != BidState::Lost;
        if self.bids_on(&order_id).into_iter().filter(counted).count() > ORDER_MAX_BIDS {
            return err(31, "too many existing bids (20): invalid bid");
        }
        let Some(order) = self.order(&order_id).cloned() else {
            return err(15, "invalid order: order not found");
        };
        match order.state {
            OrderState::Open => {}
            OrderState::Active => return err(23, "order active"),
            OrderState::Closed => return err(24, "order closed"),
        }
        let price = msg.price.clone().unwrap_or_default();
        let (max_denom, max) = group_price(&order.spec)?;
        let amount = Dec::from_wire(&price.amount).filter(|a| !a.is_negative());
        let Some(amount) = amount.filter(|a| price.denom == max_denom && *a <= max) else {
            return err(22, "bid price is invalid");
        };
        let mut wanted: BTreeMap<u32, u32> = BTreeMap::new();
        for unit in &order.spec.resources {
            wanted.insert(unit.resource.as_ref().map_or(0, |r| r.id), unit.count);
        }
        for offer in &msg.resources_offer {
            let offered = offer.resources.as_ref().map_or(0, |r| r.id);
            if wanted.remove(&offered) != Some(offer.count) {
                return err(32, "capabilities mismatch");
            }
        }
        let Some(record) = self.provider(&id.provider) else {
            return err(30, "unknown provider");
        };
        let own = record.attributes.clone();
        if !self.meets_requirements(&id.provider, &own, &order.spec) {
            return err(5, "attribute mismatch");
        }
        if !matching::meets_resources(&own, &order.spec) {
            return err(32, "capabilities mismatch");
        }
        let deposits = self.authorize_deposit(ctx, &id.provider, 2, &coin, &sources)?;
        let window_s = msg.reclamation_window.map(|w| w.seconds);
        if let Some(min) = order.min_window_s {
            match window_s {
                None => return err(40, "order requires reclamation but bid does not offer it"),
                Some(s) if s < min => {
                    return err(41, "reclamation window shorter than order minimum");
                }
                Some(_) => {}
            }
        }
        if window_s.is_some_and(|s| !(MIN_RECLAMATION_S..=MAX_RECLAMATION_S).contains(&s)) {
            return err(39, "reclamation window outside governance bounds");
        }
        if self.bid(&id).is_some() {
            return err(21, "invalid bid: bid exists from provider");
        }
        let bid = Bid {
            state: BidState::Open,
            denom: price.denom,
            price: amount,
            created_at: ctx.height,
            offer: msg.resources_offer.clone(),
            window_s,
        };
        Arc::make_mut(&mut self.market).bids.insert(id.clone(), bid);
        self.escrow_create(ctx, &id.escrow(), &id.provider, deposits)
    }

    /// `MsgCreateLease`. **Errors** `market` 18, 12, 15, 13, 16 and 17, `escrow`.
    pub fn create_lease(&mut self, ctx: &Ctx, id: &BidId) -> Outcome<()> {
        let Some(bid) = self.bid(id).cloned() else {
            return err(18, "invalid bid: bid not found");
        };
        if bid.state != BidState::Open {
            return err(12, "bid not open");
        }
        let order_id = id.order();
        let Some(order) = self.order(&order_id) else {
            return err(15, "invalid order: order not found");
        };
        if order.state != OrderState::Open {
            return err(13, "bid: order not open");
        }
        let Some(group) = self.group(&id.group()) else {
            return err(16, "group not found");
        };
        if group.state != GroupState::Open {
            return err(17, "group not open");
        }
        let payment: PaymentId = id.payment();
        self.payment_create(ctx, &payment, &id.provider, &bid.denom, bid.price)?;
        let reclamation = bid.window_s.map(|window_s| Reclamation {
            window_s,
            started_at: 0,
            deadline_s: 0,
            reason: 0,
        });
        let lease = Lease {
            state: LeaseState::Active,
            denom: bid.denom,
            price: bid.price,
            created_at: ctx.height,
            closed_on: 0,
            reason: 0,
            reclamation,
        };
        Arc::make_mut(&mut self.market)
            .leases
            .insert(id.clone(), lease);
        self.set_order(&order_id, OrderState::Active);
        self.set_bid(id, BidState::Active);
        let losing = |(_, b): &(BidId, Bid)| b.state == BidState::Open;
        for (losing, _) in self.bids_on(&order_id).into_iter().filter(losing) {
            self.set_bid(&losing, BidState::Lost);
            self.escrow_close(ctx, &losing.escrow())?;
            if ctx.rules.only_first_losing_bid_closes {
                break;
            }
        }
        Ok(())
    }

    /// `MsgCloseLease`. **Errors** `market` 15, 24, 18, 11 and 20, `escrow`.
    pub fn close_lease(&mut self, ctx: &Ctx, id: &BidId) -> Outcome<()> {
        let Some(order) = self.order(&id.order()).cloned() else {
            return err(15, "invalid order: order not found");
        };
        if order.state != OrderState::Active {
            return err(24, "order closed");
        }
        let Some(bid) = self.bid(id) else {
            return err(18, "invalid bid: bid not found");
        };
        if bid.state != BidState::Active {
            return err(11, "bid not active");
        }
        let Some(lease) = self.lease(id) else {
            return err(20, "invalid lease: lease not found");
        };
        if !matches!(lease.state, LeaseState::Active | LeaseState::Reclaiming) {
            return err(24, "order closed");
        }
        self.on_lease_closed(ctx, id, LeaseState::Closed, 1);
        self.on_bid_closed(ctx, id);
        self.set_order(&id.order(), OrderState::Closed);
        self.payment_close(ctx, &id.payment())?;
        let group = id.group();
        if self
            .group(&group)
            .is_some_and(|g| g.state == GroupState::Open)
        {
            self.create_order(ctx, &group, order.spec, order.min_window_s)?;
        }
        Ok(())
    }

    /// `MsgCloseBid`. **Errors** `market` 6, 9, 8, 37, 38, 10 and 11.
    pub fn close_bid(&mut self, ctx: &Ctx, id: &BidId, reason: i32) -> Outcome<()> {
        let Some(bid) = self.bid(id).cloned() else {
            return err(6, "unknown bid");
        };
        if self.order(&id.order()).is_none() {
            return err(9, "unknown order for bid");
        }
        if bid.state == BidState::Open {
            self.on_bid_closed(ctx, id);
            return Ok(());
        }
        let Some(lease) = self.lease(id).cloned() else {
            return err(8, "unknown lease for bid");
        };
        match (lease.state, lease.reclamation) {
            (LeaseState::Active, None) => {}
            (LeaseState::Active, Some(_)) => {
                return err(
                    37,
                    "reclamation not started; call MsgLeaseStartReclaim first",
                );
            }
            (LeaseState::Reclaiming, Some(r)) if ctx.time_ns / 1_000_000_000 >= r.deadline_s => {}
            (LeaseState::Reclaiming, _) => return err(38, "reclamation window has not elapsed"),
            _ => return err(10, "lease not active"),
        }
        if bid.state != BidState::Active {
            return err(11, "bid not active");
        }
        self.on_lease_left(&id.group());
        self.on_lease_closed(ctx, id, LeaseState::Closed, reason);
        self.on_bid_closed(ctx, id);
        self.set_order(&id.order(), OrderState::Closed);
        // The handler ignores what this answers.
        let before = self.clone();
        if self.payment_close(ctx, &id.payment()).is_err() {
            *self = before;
        }
        Ok(())
    }

    /// `MsgWithdrawLease`. **Errors** `market` 7, `escrow`.
    pub fn withdraw_lease(&mut self, ctx: &Ctx, id: &BidId) -> Outcome<()> {
        if self.lease(id).is_none() {
            return err(7, "unknown lease");
        }
        self.payment_withdraw(ctx, &id.payment())
    }

    /// `MsgLeaseStartReclaim`. **Errors** `market` 7, 10, 35 and 36.
    pub fn start_reclaim(&mut self, ctx: &Ctx, id: &BidId, reason: i32) -> Outcome<()> {
        let Some(lease) = self.lease(id) else {
            return err(7, "unknown lease");
        };
        if lease.state != LeaseState::Active {
            return err(10, "lease not active");
        }
        let Some(mut reclamation) = lease.reclamation else {
            return err(35, "lease does not have reclamation configured");
        };
        if reclamation.started_at != 0 {
            return err(36, "reclamation already in progress");
        }
        let window = u64::try_from(reclamation.window_s).unwrap_or(0);
        reclamation.started_at = ctx.height;
        reclamation.deadline_s = ctx.time_ns / 1_000_000_000 + window;
        reclamation.reason = reason;
        let leases = &mut Arc::make_mut(&mut self.market).leases;
        let lease = leases.get_mut(id).expect("found above");
        lease.reclamation = Some(reclamation);
        lease.state = LeaseState::Reclaiming;
        Ok(())
    }

    fn on_lease_closed(&mut self, ctx: &Ctx, id: &BidId, state: LeaseState, reason: i32) {
        let leases = &mut Arc::make_mut(&mut self.market).leases;
        let Some(lease) = leases.get_mut(id) else {
            return;
        };
        if !matches!(
            lease.state,
            LeaseState::Closed | LeaseState::InsufficientFunds
        ) {
            lease.state = state;
            lease.closed_on = ctx.height;
            lease.reason = reason;
        }
    }

    fn on_bid_closed(&mut self, ctx: &Ctx, id: &BidId) {
        let open = |b: &Bid| matches!(b.state, BidState::Open | BidState::Active);
        if self.bid(id).is_some_and(open) {
            self.set_bid(id, BidState::Closed);
            let before = self.clone();
            if self.escrow_close(ctx, &id.escrow()).is_err() {
                *self = before;
            }
        }
    }

    /// Closes the orders, bids and leases of a group.
    pub fn on_group_closed(&mut self, ctx: &Ctx, group: &GroupId, state: GroupState) {
        let (lease_state, reason) = if state == GroupState::InsufficientFunds {
            (LeaseState::InsufficientFunds, 20_000)
        } else {
            (LeaseState::Closed, 1)
        };
        for (order, old) in self.orders_of(group) {
            if old.state == OrderState::Closed {
                continue;
            }
            self.set_order(&order, OrderState::Closed);
            for (id, bid) in self.bids_on(&order) {
                if !matches!(bid.state, BidState::Open | BidState::Active) {
                    continue;
                }
                self.on_bid_closed(ctx, &id);
                if self.lease(&id).is_some() {
                    self.on_lease_closed(ctx, &id, lease_state, reason);
                    let before = self.clone();
                    if self.payment_close(ctx, &id.payment()).is_err() {
                        *self = before;
                    }
                }
            }
        }
    }

    /// Hook: a payment is closed or overdrawn.
    pub fn on_payment_closed(
        &mut self,
        ctx: &Ctx,
        payment: &PaymentId,
        overdrawn: bool,
    ) -> Outcome<()> {
        let (account, xid) = payment;
        let mut parts = account.xid.split('/').chain(xid.split('/'));
        let mut next = || parts.next().unwrap_or_default();
        let (owner, dseq, gseq, oseq, provider) = (next(), next(), next(), next(), next());
        let id = BidId {
            owner: owner.into(),
            dseq: dseq.parse().unwrap_or_default(),
            gseq: gseq.parse().unwrap_or_default(),
            oseq: oseq.parse().unwrap_or_default(),
            provider: provider.into(),
            bseq: 0,
        };
        if self.bid(&id).is_none_or(|b| b.state != BidState::Active) {
            return Ok(());
        }
        self.set_order(&id.order(), OrderState::Closed);
        self.on_bid_closed(ctx, &id);
        let (state, reason) = if overdrawn {
            (LeaseState::InsufficientFunds, 20_000)
        } else {
            (LeaseState::Closed, 10_002)
        };
        self.on_lease_closed(ctx, &id, state, reason);
        Ok(())
    }
}

/// **Errors** `sdk` 7, 3 and 36.
pub fn bid_id(id: Option<&BidId>) -> Outcome<BidId> {
    let id = id.cloned().unwrap_or_default();
    deployment::group_id(Some(&id.group()))?;
    if id.oseq == 0 {
        return sdk(code::INVALID_SEQUENCE, "OrderID: Invalid Order Sequence");
    }
    if address::decode(&id.provider).is_none() {
        return sdk(code::INVALID_ADDRESS, "BidID: Invalid Provider Address");
    }
    if id.owner == id.provider {
        return sdk(code::CONFLICT, "BidID: self-bid: conflict");
    }
    if id.bseq != 0 {
        return sdk(code::CONFLICT, "BidID: invalid bseq: conflict");
    }
    Ok(id)
}

/// A reason that a provider may give. **Errors** `market` 33.
pub fn provider_reason(reason: i32) -> Outcome<()> {
    if (10_000..20_000).contains(&reason) {
        return Ok(());
    }
    err(
        33,
        "value out of range 10000..19999: invalid lease closed reason",
    )
}
