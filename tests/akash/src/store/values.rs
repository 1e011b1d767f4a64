//! What the modules write into their stores: keys and values.
//!
//! **Source** the keepers of the node at 3efe26bf and of the SDK at 0.53; messages of `chain-sdk`
//! at `go/v0.2.14`. A message that Go keeps by value is written even when it is empty.

use super::Pair;
use crate::address;
use crate::chain::auth::Account;
use crate::chain::bme::{LedgerId, MintStatus, Record};
use crate::chain::deployment::{Deployment, Group};
use crate::chain::escrow::{EscrowAccount, EscrowState, Payment, PaymentId, Source};
use crate::chain::market::{Bid, Lease, Order};
use crate::chain::vesting::{Vesting, VestingKind};
use crate::num::Dec;
use crate::proto::{
    Any, BidId, Coin, DecCoin, DeploymentId, DeploymentReclamation, EscrowId, GroupId, GroupSpec,
    MsgProvider, OrderId, PlacementRequirements, ResourceOffer, ResourceValue, Seconds, SignedBy,
};
use prost::Message;

/// `cosmos.auth.v1beta1.BaseAccount`.
#[derive(Clone, PartialEq, Message)]
struct BaseAccount {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(message, optional, tag = "2")]
    pub_key: Option<Any>,
    #[prost(uint64, tag = "3")]
    account_number: u64,
    #[prost(uint64, tag = "4")]
    sequence: u64,
}

/// `cosmos.auth.v1beta1.ModuleAccount`.
#[derive(Clone, PartialEq, Message)]
struct ModuleAccount {
    #[prost(message, optional, tag = "1")]
    base_account: Option<BaseAccount>,
    #[prost(string, tag = "2")]
    name: String,
}

/// `cosmos.vesting.v1beta1.BaseVestingAccount`; nobody delegates here.
#[derive(Clone, PartialEq, Message)]
struct BaseVestingAccount {
    #[prost(message, optional, tag = "1")]
    base_account: Option<BaseAccount>,
    #[prost(message, repeated, tag = "2")]
    original_vesting: Vec<Coin>,
    #[prost(int64, tag = "5")]
    end_time: i64,
}

/// The four kinds of vesting account: two of them have a start, one has periods.
#[derive(Clone, PartialEq, Message)]
struct VestingAccount {
    #[prost(message, optional, tag = "1")]
    base_vesting_account: Option<BaseVestingAccount>,
    #[prost(int64, tag = "2")]
    start_time: i64,
    #[prost(message, repeated, tag = "3")]
    vesting_periods: Vec<crate::proto::VestingPeriod>,
}

/// `akash.deployment.v1.Deployment`.
#[derive(Clone, PartialEq, Message)]
struct StoredDeployment {
    #[prost(message, optional, tag = "1")]
    id: Option<DeploymentId>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(bytes = "vec", tag = "3")]
    hash: Vec<u8>,
    #[prost(int64, tag = "4")]
    created_at: i64,
    #[prost(message, optional, tag = "5")]
    reclamation: Option<DeploymentReclamation>,
}

/// `akash.deployment.v1beta4.Group`.
#[derive(Clone, PartialEq, Message)]
struct StoredGroup {
    #[prost(message, optional, tag = "1")]
    id: Option<GroupId>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, optional, tag = "3")]
    group_spec: Option<GroupSpec>,
    #[prost(int64, tag = "4")]
    created_at: i64,
}

/// `akash.market.v1beta5.Order`.
#[derive(Clone, PartialEq, Message)]
struct StoredOrder {
    #[prost(message, optional, tag = "1")]
    id: Option<OrderId>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, optional, tag = "3")]
    spec: Option<GroupSpec>,
    #[prost(int64, tag = "4")]
    created_at: i64,
    #[prost(message, optional, tag = "5")]
    reclamation: Option<DeploymentReclamation>,
}

/// `akash.market.v1beta5.Bid`.
#[derive(Clone, PartialEq, Message)]
struct StoredBid {
    #[prost(message, optional, tag = "1")]
    id: Option<BidId>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, optional, tag = "3")]
    price: Option<DecCoin>,
    #[prost(int64, tag = "4")]
    created_at: i64,
    #[prost(message, repeated, tag = "5")]
    resources_offer: Vec<ResourceOffer>,
    #[prost(message, optional, tag = "6")]
    reclamation_window: Option<Seconds>,
}

/// `akash.market.v1.Lease`.
#[derive(Clone, PartialEq, Message)]
struct StoredLease {
    #[prost(message, optional, tag = "1")]
    id: Option<BidId>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, optional, tag = "3")]
    price: Option<DecCoin>,
    #[prost(int64, tag = "4")]
    created_at: i64,
    #[prost(int64, tag = "5")]
    closed_on: i64,
    #[prost(int32, tag = "6")]
    reason: i32,
    #[prost(message, optional, tag = "7")]
    reclamation: Option<StoredReclamation>,
}

/// `akash.market.v1.Reclamation`.
#[derive(Clone, PartialEq, Message)]
struct StoredReclamation {
    #[prost(message, optional, tag = "1")]
    window: Option<Seconds>,
    #[prost(int64, tag = "2")]
    started_at: i64,
    #[prost(int64, tag = "3")]
    deadline: i64,
    #[prost(int32, tag = "4")]
    reason: i32,
}

/// `akash.escrow.types.v1.AccountState`.
#[derive(Clone, PartialEq, Message)]
struct AccountState {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, repeated, tag = "3")]
    transferred: Vec<DecCoin>,
    #[prost(int64, tag = "4")]
    settled_at: i64,
    /// `Balance` has the fields of `DecCoin`.
    #[prost(message, repeated, tag = "5")]
    funds: Vec<DecCoin>,
    #[prost(message, repeated, tag = "6")]
    deposits: Vec<StoredDepositor>,
}

/// `akash.escrow.types.v1.Depositor`.
#[derive(Clone, PartialEq, Message)]
struct StoredDepositor {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(int64, tag = "2")]
    height: i64,
    #[prost(int32, tag = "3")]
    source: i32,
    #[prost(message, optional, tag = "4")]
    balance: Option<DecCoin>,
}

/// `akash.escrow.types.v1.PaymentState`.
#[derive(Clone, PartialEq, Message)]
struct PaymentState {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(message, optional, tag = "3")]
    rate: Option<DecCoin>,
    #[prost(message, optional, tag = "4")]
    balance: Option<DecCoin>,
    #[prost(message, optional, tag = "5")]
    unsettled: Option<DecCoin>,
    #[prost(message, optional, tag = "6")]
    withdrawn: Option<Coin>,
}

/// `akash.bme.v1.CoinPrice`.
#[derive(Clone, PartialEq, Message)]
struct CoinPrice {
    #[prost(message, optional, tag = "1")]
    coin: Option<Coin>,
    #[prost(string, tag = "2")]
    price: String,
}

/// `akash.bme.v1.LedgerPendingRecord`.
#[derive(Clone, PartialEq, Message)]
struct PendingRecord {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(string, tag = "2")]
    to: String,
    #[prost(message, optional, tag = "3")]
    coins_to_burn: Option<Coin>,
    #[prost(string, tag = "4")]
    denom_to_mint: String,
    #[prost(uint32, tag = "5")]
    attempts: u32,
}

/// `akash.bme.v1.LedgerRecord`.
#[derive(Clone, PartialEq, Message)]
struct ExecutedRecord {
    #[prost(string, tag = "1")]
    burned_from: String,
    #[prost(string, tag = "2")]
    minted_to: String,
    #[prost(string, tag = "3")]
    burner: String,
    #[prost(string, tag = "4")]
    minter: String,
    #[prost(message, optional, tag = "5")]
    burned: Option<CoinPrice>,
    #[prost(message, optional, tag = "6")]
    minted: Option<CoinPrice>,
    #[prost(message, optional, tag = "7")]
    spread: Option<Coin>,
    #[prost(message, optional, tag = "8")]
    remint_credit_issued: Option<CoinPrice>,
    #[prost(message, optional, tag = "9")]
    remint_credit_accrued: Option<CoinPrice>,
}

/// `akash.bme.v1.LedgerCanceledRecord`.
#[derive(Clone, PartialEq, Message)]
struct CanceledRecord {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(int32, tag = "2")]
    cancel_reason: i32,
    #[prost(string, tag = "3")]
    to: String,
    #[prost(message, optional, tag = "4")]
    coins_to_burn: Option<Coin>,
    #[prost(string, tag = "5")]
    denom_to_mint: String,
}

/// `akash.bme.v1.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    status: i32,
    #[prost(int32, tag = "2")]
    previous_status: i32,
    #[prost(int64, tag = "3")]
    epoch_height_diff: i64,
}

/// `akash.oracle.v2.AggregatedPrice`.
#[derive(Clone, PartialEq, Message)]
struct AggregatedPrice {
    #[prost(string, tag = "1")]
    denom: String,
    #[prost(string, tag = "2")]
    twap: String,
    #[prost(string, tag = "3")]
    median_price: String,
    #[prost(string, tag = "4")]
    min_price: String,
    #[prost(string, tag = "5")]
    max_price: String,
    #[prost(message, optional, tag = "6")]
    timestamp: Option<Seconds>,
    #[prost(uint32, tag = "7")]
    num_sources: u32,
    #[prost(uint64, tag = "8")]
    deviation_bps: u64,
}

/// `akash.oracle.v2.PriceHealth`.
#[derive(Clone, PartialEq, Message)]
struct PriceHealth {
    #[prost(string, tag = "1")]
    denom: String,
    #[prost(bool, tag = "3")]
    is_healthy: bool,
    #[prost(bool, tag = "4")]
    has_min_sources: bool,
    #[prost(bool, tag = "5")]
    deviation_ok: bool,
    #[prost(uint32, tag = "6")]
    total_sources: u32,
    #[prost(uint32, tag = "7")]
    total_healthy_sources: u32,
    #[prost(string, repeated, tag = "8")]
    failure_reason: Vec<String>,
}

fn i64_of(n: u64) -> i64 {
    i64::try_from(n).expect("heights and times fit")
}

fn coin(denom: &str, amount: u128) -> Coin {
    Coin {
        denom: denom.into(),
        amount: amount.to_string(),
    }
}

fn dec_coin(denom: &str, amount: Dec) -> DecCoin {
    DecCoin {
        denom: denom.into(),
        amount: amount.to_wire(),
    }
}

fn coins(list: &[(String, u128)]) -> Vec<Coin> {
    list.iter()
        .map(|(denom, amount)| coin(denom, *amount))
        .collect()
}

fn seconds(seconds: i64) -> Option<Seconds> {
    Some(Seconds { seconds, nanos: 0 })
}

/// A time as `google.protobuf.Timestamp`.
pub(crate) fn timestamp(ns: u64) -> Seconds {
    Seconds {
        seconds: i64_of(ns / 1_000_000_000),
        nanos: i32::try_from(ns % 1_000_000_000).expect("below a second"),
    }
}

fn raw(text: &str) -> [u8; 20] {
    address::decode(text).expect("every address of the state is one")
}

/// Text that is not the last part of a key.
fn text(part: &str) -> Vec<u8> {
    [part.as_bytes(), &[0]].concat()
}

/// Bytes after their length.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("parts of keys are short");
    [&[length], bytes].concat()
}

/// Store `bank`: a balance, and the index from the denom to its holder.
pub(crate) fn balance(holder: &str, denom: &str, amount: u128) -> Vec<Pair> {
    let raw = sized(&raw(holder));
    let key = [&[2], raw.as_slice(), denom.as_bytes()].concat();
    let index = [&[3], text(denom).as_slice(), &raw].concat();
    vec![(key, amount.to_string().into_bytes()), (index, Vec::new())]
}

/// Store `bank`: the total of a denom.
pub(crate) fn supply(denom: &str, amount: u128) -> Vec<Pair> {
    vec![(
        [&[0], denom.as_bytes()].concat(),
        amount.to_string().into_bytes(),
    )]
}

/// Store `bank`: which denoms may be sent.
pub(crate) fn send_enabled(denom: &str, enabled: bool) -> Vec<Pair> {
    // A `google.protobuf.BoolValue`, so that false is no byte at all.
    let value = if enabled { vec![8, 1] } else { Vec::new() };
    vec![([&[4], denom.as_bytes()].concat(), value)]
}

fn base_account(address: &str, account: &Account) -> BaseAccount {
    use cosmos_sdk_proto::traits::Message as _;
    let any = |key: &Vec<u8>| Any {
        type_url: "/cosmos.crypto.secp256k1.PubKey".into(),
        value: cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey { key: key.clone() }
            .encode_to_vec(),
    };
    BaseAccount {
        address: address.into(),
        pub_key: account.public_key.as_ref().map(any),
        account_number: account.number,
        sequence: account.sequence,
    }
}

fn vesting(base: BaseAccount, vesting: &Vesting) -> (&'static str, Vec<u8>) {
    let mut account = VestingAccount {
        base_vesting_account: Some(BaseVestingAccount {
            base_account: Some(base),
            original_vesting: coins(&vesting.original),
            end_time: vesting.end_s,
        }),
        start_time: 0,
        vesting_periods: Vec::new(),
    };
    let name = match &vesting.kind {
        VestingKind::Continuous { start_s } => {
            account.start_time = *start_s;
            "ContinuousVestingAccount"
        }
        VestingKind::Delayed => "DelayedVestingAccount",
        VestingKind::Periodic { start_s, periods } => {
            account.start_time = *start_s;
            let period =
                |(length, amount): &(i64, Vec<(String, u128)>)| crate::proto::VestingPeriod {
                    length: *length,
                    amount: coins(amount),
                };
            account.vesting_periods = periods.iter().map(period).collect();
            "PeriodicVestingAccount"
        }
        VestingKind::PermanentLocked => "PermanentLockedAccount",
    };
    (name, account.encode_to_vec())
}

/// Store `acc`: an account, and the index from its number.
pub(crate) fn account(address: &str, account: &Account) -> Vec<Pair> {
    let base = base_account(address, account);
    let (type_url, value) = match (account.module, &account.vesting) {
        (Some(name), _) => {
            let module = ModuleAccount {
                base_account: Some(base),
                name: name.into(),
            };
            (
                "/cosmos.auth.v1beta1.ModuleAccount".to_owned(),
                module.encode_to_vec(),
            )
        }
        (None, Some(held)) => {
            let (name, value) = vesting(base, held);
            (format!("/cosmos.vesting.v1beta1.{name}"), value)
        }
        (None, None) => (
            "/cosmos.auth.v1beta1.BaseAccount".to_owned(),
            base.encode_to_vec(),
        ),
    };
    let raw = raw(address);
    let index = [b"accountNumber".as_slice(), &account.number.to_be_bytes()].concat();
    vec![
        (
            [&[1], raw.as_slice()].concat(),
            Any { type_url, value }.encode_to_vec(),
        ),
        (index, raw.to_vec()),
    ]
}

/// Store `acc`: the next account number.
pub(crate) fn next_account_number(number: u64) -> Vec<Pair> {
    vec![(vec![2], number.to_be_bytes().to_vec())]
}

/// Store `acc`: an unordered transaction that was seen.
pub(crate) fn nonce(timeout_ns: u64, signer: &str) -> Vec<Pair> {
    // A signed number: the sign bit is flipped.
    let time = (timeout_ns ^ (1 << 63)).to_be_bytes();
    vec![([&[90], time.as_slice(), &raw(signer)].concat(), Vec::new())]
}

/// A group with every message that Go keeps by value.
fn spec(group: &GroupSpec) -> GroupSpec {
    let mut group = group.clone();
    let requirements = group
        .requirements
        .get_or_insert_with(PlacementRequirements::default);
    requirements.signed_by.get_or_insert_with(SignedBy::default);
    for unit in &mut group.resources {
        let resource = unit.resource.get_or_insert_with(Default::default);
        for units in [&mut resource.cpu, &mut resource.gpu].into_iter().flatten() {
            units.units.get_or_insert_with(ResourceValue::default);
        }
        if let Some(memory) = &mut resource.memory {
            memory.quantity.get_or_insert_with(ResourceValue::default);
        }
        for storage in &mut resource.storage {
            storage.quantity.get_or_insert_with(ResourceValue::default);
        }
        unit.price.get_or_insert_with(DecCoin::default);
    }
    group
}

fn reclamation(min_window_s: Option<i64>) -> Option<DeploymentReclamation> {
    min_window_s.map(|s| DeploymentReclamation {
        min_window: seconds(s),
    })
}

/// Key of a deployment after its prefix.
fn deployment_key(owner: &str, dseq: u64) -> Vec<u8> {
    [text(owner).as_slice(), &dseq.to_be_bytes()].concat()
}

/// Store `deployment`.
pub(crate) fn deployment(id: &DeploymentId, d: &Deployment) -> Vec<Pair> {
    let value = StoredDeployment {
        id: Some(id.clone()),
        state: if d.active { 1 } else { 2 },
        hash: d.hash.clone(),
        created_at: i64_of(d.created_at),
        reclamation: reclamation(d.min_window_s),
    };
    let key = [&[0x11, 1], deployment_key(&id.owner, id.dseq).as_slice()].concat();
    vec![(key, value.encode_to_vec())]
}

/// Store `deployment`.
pub(crate) fn group(id: &GroupId, group: &Group) -> Vec<Pair> {
    use crate::chain::deployment::GroupState;
    let state = match group.state {
        GroupState::Open => 1,
        GroupState::Paused => 2,
        GroupState::InsufficientFunds => 3,
        GroupState::Closed => 4,
    };
    let value = StoredGroup {
        id: Some(id.clone()),
        state,
        group_spec: Some(spec(&group.spec)),
        created_at: i64_of(group.created_at),
    };
    let deployment = deployment_key(&id.owner, id.dseq);
    let key = [&[0x12, 1], deployment.as_slice(), &id.gseq.to_be_bytes()].concat();
    vec![(key, value.encode_to_vec())]
}

fn order_key(id: &OrderId) -> Vec<u8> {
    let deployment = deployment_key(&id.owner, id.dseq);
    [
        deployment.as_slice(),
        &id.gseq.to_be_bytes(),
        &id.oseq.to_be_bytes(),
    ]
    .concat()
}

fn bid_key(id: &BidId) -> Vec<u8> {
    let (order, provider) = (order_key(&id.order()), text(&id.provider));
    [order.as_slice(), &provider, &id.bseq.to_be_bytes()].concat()
}

/// Store `market`.
pub(crate) fn order(id: &OrderId, order: &Order) -> Vec<Pair> {
    use crate::chain::market::OrderState;
    let state = match order.state {
        OrderState::Open => 1,
        OrderState::Active => 2,
        OrderState::Closed => 3,
    };
    let value = StoredOrder {
        id: Some(id.clone()),
        state,
        spec: Some(spec(&order.spec)),
        created_at: i64_of(order.created_at),
        reclamation: reclamation(order.min_window_s),
    };
    vec![(
        [&[0x11, 1], order_key(id).as_slice()].concat(),
        value.encode_to_vec(),
    )]
}

/// Store `market`.
pub(crate) fn bid(id: &BidId, bid: &Bid) -> Vec<Pair> {
    use crate::chain::market::BidState;
    let state = match bid.state {
        BidState::Open => 1,
        BidState::Active => 2,
        BidState::Lost => 3,
        BidState::Closed => 4,
    };
    let value = StoredBid {
        id: Some(id.clone()),
        state,
        price: Some(dec_coin(&bid.denom, bid.price)),
        created_at: i64_of(bid.created_at),
        resources_offer: bid.offer.clone(),
        reclamation_window: bid.window_s.and_then(seconds),
    };
    vec![(
        [&[0x12, 2], bid_key(id).as_slice()].concat(),
        value.encode_to_vec(),
    )]
}

/// Store `market`.
pub(crate) fn lease(id: &BidId, lease: &Lease) -> Vec<Pair> {
    use crate::chain::market::LeaseState;
    let state = match lease.state {
        LeaseState::Active => 1,
        LeaseState::InsufficientFunds => 2,
        LeaseState::Closed => 3,
        LeaseState::Reclaiming => 4,
    };
    let reclamation = lease.reclamation.map(|r| StoredReclamation {
        window: seconds(r.window_s),
        started_at: i64_of(r.started_at),
        deadline: i64_of(r.deadline_s),
        reason: r.reason,
    });
    let value = StoredLease {
        id: Some(id.clone()),
        state,
        price: Some(dec_coin(&lease.denom, lease.price)),
        created_at: i64_of(lease.created_at),
        closed_on: i64_of(lease.closed_on),
        reason: lease.reason,
        reclamation,
    };
    vec![(
        [&[0x13, 2], bid_key(id).as_slice()].concat(),
        value.encode_to_vec(),
    )]
}

fn escrow_state(state: EscrowState) -> u8 {
    match state {
        EscrowState::Open => 1,
        EscrowState::Closed => 2,
        EscrowState::Overdrawn => 3,
    }
}

fn escrow_key(kind: u8, state: EscrowState, id: &EscrowId, payment: &str) -> Vec<u8> {
    let scope = if id.scope == 1 { "deployment" } else { "bid" };
    let path = format!("/{scope}/{}{payment}", id.xid);
    [&[kind, 0, escrow_state(state)], path.as_bytes()].concat()
}

fn dec_coins(list: &[(String, Dec)]) -> Vec<DecCoin> {
    list.iter()
        .map(|(denom, amount)| dec_coin(denom, *amount))
        .collect()
}

/// Store `escrow`.
pub(crate) fn escrow_account(id: &EscrowId, account: &EscrowAccount) -> Vec<Pair> {
    let deposits = account.deposits.iter().map(|d| StoredDepositor {
        owner: d.owner.clone(),
        height: i64_of(d.height),
        source: match d.source {
            Source::Balance => 1,
            Source::Grant => 2,
        },
        balance: Some(dec_coin(&d.denom, d.amount)),
    });
    let value = AccountState {
        owner: account.owner.clone(),
        state: escrow_state(account.state).into(),
        transferred: dec_coins(&account.transferred),
        settled_at: i64_of(account.settled_at),
        funds: dec_coins(&account.funds),
        deposits: deposits.collect(),
    };
    vec![(
        escrow_key(0x11, account.state, id, ""),
        value.encode_to_vec(),
    )]
}

/// Store `escrow`.
pub(crate) fn payment((account, xid): &PaymentId, payment: &Payment) -> Vec<Pair> {
    let amount = |n| Some(dec_coin(&payment.denom, n));
    let value = PaymentState {
        owner: payment.owner.clone(),
        state: escrow_state(payment.state).into(),
        rate: amount(payment.rate),
        balance: amount(payment.balance),
        unsettled: amount(payment.unsettled),
        withdrawn: Some(coin(&payment.denom, payment.withdrawn)),
    };
    let key = escrow_key(0x12, payment.state, account, &format!("/{xid}"));
    vec![(key, value.encode_to_vec())]
}

/// Store `provider`.
pub(crate) fn provider(owner: &str, record: &MsgProvider) -> Vec<Pair> {
    let mut record = record.clone();
    record.info.get_or_insert_with(Default::default);
    vec![(
        [&[1], sized(&raw(owner)).as_slice()].concat(),
        record.encode_to_vec(),
    )]
}

/// Key of a record after its prefix.
fn ledger_key(id: &LedgerId) -> Vec<u8> {
    [
        sized(id.denom.as_bytes()).as_slice(),
        &sized(id.to_denom.as_bytes()),
        &sized(&id.source),
        &id.height.to_be_bytes(),
        &id.sequence.to_be_bytes(),
    ]
    .concat()
}

/// Number of a reason. **Source** `akash.bme.v1`, `BMCancelReason`.
fn cancel_reason(name: &str) -> i32 {
    match name {
        "epsilon" => 1,
        "zero_price" => 2,
        "insufficient_funds" => 3,
        "invalid_denom" => 4,
        "invalid_amount" => 5,
        "minimum_mint" => 6,
        "mint_failed" => 7,
        "burn_failed" => 8,
        "max_attempts" => 9,
        _ => 0,
    }
}

/// Store `bme`: a record, in the place of its outcome.
///
/// A mint burns nothing: what it took is remint credit, with the price of AKT.
pub(crate) fn record(id: &LedgerId, record: &Record) -> Vec<Pair> {
    let owner = address::encode(&id.source);
    let priced = |denom: &str, amount: u128, price: Dec| {
        Some(CoinPrice {
            coin: Some(coin(denom, amount)),
            price: price.to_wire(),
        })
    };
    let (prefix, value) = match record {
        Record::Pending { attempts, burned } => {
            let pending = PendingRecord {
                owner: owner.clone(),
                to: owner,
                coins_to_burn: Some(coin(&id.denom, *burned)),
                denom_to_mint: id.to_denom.clone(),
                attempts: *attempts,
            };
            (1, pending.encode_to_vec())
        }
        Record::Executed {
            burned,
            burn_price,
            minted,
            mint_price,
            spread,
            reminted,
        } => {
            let mint = id.to_denom == crate::chain::UACT;
            let fresh = minted - reminted;
            let taken = priced(&id.denom, *burned, *burn_price);
            let (burned, accrued) = if mint { (None, taken) } else { (taken, None) };
            let given = |amount: u128| {
                (amount > 0)
                    .then(|| priced(&id.to_denom, amount, *mint_price))
                    .flatten()
            };
            let executed = ExecutedRecord {
                burned_from: owner.clone(),
                minted_to: owner,
                burner: "bme".into(),
                minter: "bme".into(),
                burned,
                minted: given(fresh),
                spread: Some(coin(&id.to_denom, *spread)),
                remint_credit_issued: given(*reminted),
                remint_credit_accrued: accrued,
            };
            (2, executed.encode_to_vec())
        }
        Record::Canceled { burned, reason } => {
            let canceled = CanceledRecord {
                owner: owner.clone(),
                cancel_reason: cancel_reason(reason),
                to: owner,
                coins_to_burn: Some(coin(&id.denom, *burned)),
                denom_to_mint: id.to_denom.clone(),
            };
            (4, canceled.encode_to_vec())
        }
    };
    vec![([&[3, prefix], ledger_key(id).as_slice()].concat(), value)]
}

/// Store `bme`: the mint status.
pub(crate) fn mint_status(
    status: MintStatus,
    previous: Option<MintStatus>,
    epoch_blocks: u64,
) -> Vec<Pair> {
    let number = |status| match status {
        MintStatus::Healthy => 1,
        MintStatus::Warning => 2,
        MintStatus::HaltCr => 3,
        MintStatus::HaltOracle => 4,
    };
    let value = Status {
        status: number(status),
        previous_status: previous.map_or(0, number),
        epoch_height_diff: i64_of(epoch_blocks),
    };
    vec![(vec![4, 0], value.encode_to_vec())]
}

/// Store `bme`: an amount by denom, under two bytes of prefix.
pub(crate) fn amount(prefix: [u8; 2], denom: &str, amount: u128) -> Vec<Pair> {
    vec![(
        [prefix.as_slice(), denom.as_bytes()].concat(),
        amount.to_string().into_bytes(),
    )]
}

/// Store `bme`: when an epoch ends. **Source** collections, `Int64Value`: sign bit flipped.
pub(crate) fn epoch(name: &str, height: u64) -> Vec<Pair> {
    let value = (height ^ (1 << 63)).to_be_bytes().to_vec();
    vec![([&[4, 1], name.as_bytes()].concat(), value)]
}

/// Store `oracle`: the last healthy price of AKT.
pub(crate) fn aggregated_price(price: Dec, time_ns: u64) -> Vec<Pair> {
    let wire = price.to_wire();
    let value = AggregatedPrice {
        denom: "akt".into(),
        twap: wire.clone(),
        median_price: wire.clone(),
        min_price: wire.clone(),
        max_price: wire,
        timestamp: Some(timestamp(time_ns)),
        num_sources: 1,
        deviation_bps: 0,
    };
    vec![(oracle_key(2), value.encode_to_vec())]
}

/// Store `oracle`: whether the price is to be used.
pub(crate) fn price_health(healthy: bool) -> Vec<Pair> {
    let reasons: &[&str] = if healthy { &[] } else { &super::PRICE_FAILURE };
    let value = PriceHealth {
        denom: "akt".into(),
        is_healthy: healthy,
        has_min_sources: healthy,
        deviation_ok: true,
        total_sources: 1,
        total_healthy_sources: u32::from(healthy),
        failure_reason: reasons.iter().map(|&r| r.to_owned()).collect(),
    };
    vec![(oracle_key(3), value.encode_to_vec())]
}

fn oracle_key(kind: u8) -> Vec<u8> {
    [&[0x11, kind], sized(b"akt").as_slice(), &sized(b"usd")].concat()
}
