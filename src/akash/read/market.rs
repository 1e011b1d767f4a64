//! Bids, leases and providers.

use super::account::shape;
use super::wire::{Coin, Page, WireBidId, is_whole};
use super::{ReadError, body, body_or_absent, get, plain};
use crate::akash::ids::BidId;
use crate::kernel::decimal::Decimal;
use crate::kernel::port::{HttpRequest, HttpResponse};
use crate::sdl::Attribute;
use serde::Deserialize;

/// Most bids on one order. **Source** market module, parameter `order_max_bids` (20), and its
/// check that lets one more pass.
pub const MAX_BIDS_PER_ORDER: u64 = 21;

/// A bid with its resources offer and its escrow account. **Units** bytes.
const MAX_BID: u64 = 6_144;

/// A lease with its payment. **Units** bytes.
const MAX_LEASE: u64 = 2_048;

/// The frame of a list. **Units** bytes.
const LIST: u64 = 2_048;

/// Most that an outcall may reserve. **Units** bytes. **Source** management canister.
const MAX_OUTCALL: u64 = 2_000_000;

/// A provider with its attributes. **Units** bytes.
const MAX_PROVIDER: u64 = 32_768;

/// An open bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Its name.
    pub id: BidId,
    /// Denom of the price.
    pub denom: String,
    /// **Units** denom per block.
    pub price: Decimal,
}

/// Where a lease is on its way. **Source** `akash.market.v1.Lease.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// It runs.
    Active,
    /// It runs, and the provider has said that it will leave.
    Reclaiming,
    /// It ended because the escrow ran out.
    InsufficientFunds,
    /// It ended.
    Closed,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseInfo {
    /// Its name.
    pub id: BidId,
    /// Where it is.
    pub state: LeaseState,
    /// **Units** uact per block.
    pub price: Decimal,
    /// Why it ended, as the chain calls it. No logic may depend on it.
    pub reason: String,
}

/// A provider's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInfo {
    /// Its account.
    pub owner: String,
    /// Its gateway, `https://host:port`.
    pub host_uri: String,
    /// What it says of itself.
    pub attributes: Vec<Attribute>,
}

/// Asks for the open bids on a deployment of `groups` groups.
#[must_use]
pub fn bids_request(rest: &str, owner: &str, dseq: u64, groups: u64) -> HttpRequest {
    let limit = MAX_BIDS_PER_ORDER.saturating_mul(groups);
    get(
        format!(
            "{rest}/akash/market/v1beta5/bids/list?filters.owner={}&filters.dseq={dseq}\
             &filters.state=open&pagination.limit={limit}",
            plain(owner)
        ),
        MAX_OUTCALL.min(LIST.saturating_add(limit.saturating_mul(MAX_BID))),
    )
}

/// The bids of the first page: where there are more than may come, they are enough to choose from.
pub fn bids_reply(response: &HttpResponse) -> Result<Vec<Bid>, ReadError> {
    const EXPECTED: &str = "a list of bids";
    #[derive(Deserialize)]
    struct Envelope {
        bids: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        bid: WireBid,
    }
    #[derive(Deserialize)]
    struct WireBid {
        id: WireBidId,
        state: String,
        price: Coin,
    }
    body::<Envelope>(EXPECTED, response)?
        .bids
        .into_iter()
        .map(|item| item.bid)
        .filter(|bid| bid.state == "open")
        .map(|bid| {
            Ok(Bid {
                price: bid.price.decimal().map_err(shape(EXPECTED))?,
                denom: bid.price.denom,
                id: bid.id.into(),
            })
        })
        .collect()
}

/// Asks for the leases of a deployment, those that ended included.
#[must_use]
pub fn leases_request(rest: &str, owner: &str, dseq: u64, expected: u64) -> HttpRequest {
    get(
        format!(
            "{rest}/akash/market/v1beta5/leases/list?filters.owner={}&filters.dseq={dseq}\
             &pagination.limit={expected}",
            plain(owner)
        ),
        MAX_OUTCALL.min(LIST.saturating_add(expected.saturating_mul(MAX_LEASE))),
    )
}

/// All of them. **Errors** any other answer, the beginning of a longer list included: a lease that
/// is not on it would pass for one that ended.
pub fn leases_reply(response: &HttpResponse) -> Result<Vec<LeaseInfo>, ReadError> {
    const EXPECTED: &str = "all leases";
    #[derive(Deserialize)]
    struct Envelope {
        leases: Vec<Item>,
        pagination: Option<Page>,
    }
    #[derive(Deserialize)]
    struct Item {
        lease: WireLease,
    }
    #[derive(Deserialize)]
    struct WireLease {
        id: WireBidId,
        state: String,
        price: Coin,
        #[serde(default)]
        reason: String,
    }
    let list: Envelope = body(EXPECTED, response)?;
    is_whole(list.pagination).map_err(shape(EXPECTED))?;
    list.leases
        .into_iter()
        .map(|item| item.lease)
        .map(|lease| {
            Ok(LeaseInfo {
                state: match lease.state.as_str() {
                    "active" => LeaseState::Active,
                    "reclaiming" => LeaseState::Reclaiming,
                    "insufficient_funds" => LeaseState::InsufficientFunds,
                    "closed" => LeaseState::Closed,
                    other => return Err(shape(EXPECTED)(format!("the lease state {other:?}"))),
                },
                price: lease.price.decimal().map_err(shape(EXPECTED))?,
                id: lease.id.into(),
                reason: lease.reason,
            })
        })
        .collect()
}

/// Asks for a provider's record.
#[must_use]
pub fn provider_request(rest: &str, provider: &str) -> HttpRequest {
    get(
        format!(
            "{rest}/akash/provider/v1beta4/providers/{}",
            plain(provider)
        ),
        MAX_PROVIDER,
    )
}

/// `None` for an account that is no provider.
pub fn provider_reply(response: &HttpResponse) -> Result<Option<ProviderInfo>, ReadError> {
    #[derive(Deserialize)]
    struct Envelope {
        provider: Record,
    }
    #[derive(Deserialize)]
    struct Record {
        owner: String,
        host_uri: String,
        attributes: Vec<WireAttribute>,
    }
    #[derive(Deserialize)]
    struct WireAttribute {
        key: String,
        value: String,
    }
    let found: Option<Envelope> = body_or_absent("a provider", response)?;
    Ok(found.map(|Envelope { provider }| ProviderInfo {
        owner: provider.owner,
        host_uri: provider.host_uri,
        attributes: provider
            .attributes
            .into_iter()
            .map(|a| Attribute {
                key: a.key,
                value: a.value,
            })
            .collect(),
    }))
}
