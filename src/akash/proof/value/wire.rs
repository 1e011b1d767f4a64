//! Protobuf of the chain's records, just the fields that are read. What a newer chain adds is
//! passed over.

use crate::akash::proto::{Any, Coin, Timestamp};

/// **Source** Cosmos SDK, `cosmos.auth.v1beta1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct BaseAccount {
    #[prost(string, tag = "1")]
    pub(super) address: String,
    #[prost(message, optional, tag = "2")]
    pub(super) pub_key: Option<Any>,
    #[prost(uint64, tag = "3")]
    pub(super) account_number: u64,
    #[prost(uint64, tag = "4")]
    pub(super) sequence: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ModuleAccount {
    #[prost(message, optional, tag = "1")]
    pub(super) base_account: Option<BaseAccount>,
    #[prost(string, tag = "2")]
    pub(super) name: String,
}

/// **Source** Cosmos SDK, `cosmos.vesting.v1beta1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct BaseVestingAccount {
    #[prost(message, optional, tag = "1")]
    pub(super) base_account: Option<BaseAccount>,
    #[prost(message, repeated, tag = "2")]
    pub(super) original_vesting: Vec<Coin>,
    #[prost(message, repeated, tag = "4")]
    pub(super) delegated_vesting: Vec<Coin>,
    #[prost(int64, tag = "5")]
    pub(super) end_time: i64,
}

/// Of the four vesting types; a type lacks the fields that it has no use for.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct VestingAccount {
    #[prost(message, optional, tag = "1")]
    pub(super) base: Option<BaseVestingAccount>,
    #[prost(int64, tag = "2")]
    pub(super) start_time: i64,
    #[prost(message, repeated, tag = "3")]
    pub(super) periods: Vec<Period>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Period {
    #[prost(int64, tag = "1")]
    pub(super) length: i64,
    #[prost(message, repeated, tag = "2")]
    pub(super) amount: Vec<Coin>,
}

/// **Source** `akash.bme.v1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct BmeStatus {
    #[prost(int32, tag = "1")]
    pub(super) status: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CoinPrice {
    #[prost(message, optional, tag = "1")]
    pub(super) coin: Option<Coin>,
    #[prost(string, tag = "2")]
    pub(super) price: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct LedgerRecord {
    #[prost(message, optional, tag = "5")]
    pub(super) burned: Option<CoinPrice>,
    #[prost(message, optional, tag = "6")]
    pub(super) minted: Option<CoinPrice>,
    #[prost(message, optional, tag = "7")]
    pub(super) spread: Option<Coin>,
    #[prost(message, optional, tag = "8")]
    pub(super) remint_credit_issued: Option<CoinPrice>,
    #[prost(message, optional, tag = "9")]
    pub(super) remint_credit_accrued: Option<CoinPrice>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct LedgerPendingRecord {
    #[prost(string, tag = "1")]
    pub(super) owner: String,
    #[prost(message, optional, tag = "3")]
    pub(super) coins_to_burn: Option<Coin>,
    #[prost(string, tag = "4")]
    pub(super) denom_to_mint: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct LedgerCanceledRecord {
    #[prost(int32, tag = "2")]
    pub(super) cancel_reason: i32,
}

/// **Source** `akash.oracle.v2`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AggregatedPrice {
    #[prost(string, tag = "1")]
    pub(super) denom: String,
    #[prost(string, tag = "2")]
    pub(super) twap: String,
    #[prost(string, tag = "3")]
    pub(super) median_price: String,
    #[prost(string, tag = "4")]
    pub(super) min_price: String,
    #[prost(string, tag = "5")]
    pub(super) max_price: String,
    #[prost(message, optional, tag = "6")]
    pub(super) timestamp: Option<Timestamp>,
    #[prost(uint32, tag = "7")]
    pub(super) num_sources: u32,
    #[prost(uint64, tag = "8")]
    pub(super) deviation_bps: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PriceHealth {
    #[prost(string, tag = "1")]
    pub(super) denom: String,
    #[prost(bool, tag = "3")]
    pub(super) is_healthy: bool,
    #[prost(bool, tag = "4")]
    pub(super) has_min_sources: bool,
    #[prost(bool, tag = "5")]
    pub(super) deviation_ok: bool,
    #[prost(uint32, tag = "6")]
    pub(super) total_sources: u32,
    #[prost(uint32, tag = "7")]
    pub(super) total_healthy_sources: u32,
}

/// **Source** `akash.deployment.v1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Deployment {
    #[prost(int32, tag = "2")]
    pub(super) state: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) hash: Vec<u8>,
    #[prost(int64, tag = "4")]
    pub(super) created_at: i64,
}

/// **Source** `akash.market.v1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Lease {
    #[prost(int32, tag = "2")]
    pub(super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(super) price: Option<Coin>,
    #[prost(int64, tag = "4")]
    pub(super) created_at: i64,
    #[prost(int64, tag = "5")]
    pub(super) closed_on: i64,
    #[prost(int32, tag = "6")]
    pub(super) reason: i32,
}

/// **Source** `akash.escrow.types.v1`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AccountState {
    #[prost(int32, tag = "2")]
    pub(super) state: i32,
    #[prost(message, repeated, tag = "3")]
    pub(super) transferred: Vec<Coin>,
    #[prost(int64, tag = "4")]
    pub(super) settled_at: i64,
    #[prost(message, repeated, tag = "5")]
    pub(super) funds: Vec<Coin>,
    #[prost(message, repeated, tag = "6")]
    pub(super) deposits: Vec<Depositor>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Depositor {
    #[prost(string, tag = "1")]
    pub(super) owner: String,
    #[prost(message, optional, tag = "4")]
    pub(super) balance: Option<Coin>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PaymentState {
    #[prost(string, tag = "1")]
    pub(super) owner: String,
    #[prost(int32, tag = "2")]
    pub(super) state: i32,
    #[prost(message, optional, tag = "3")]
    pub(super) rate: Option<Coin>,
    #[prost(message, optional, tag = "4")]
    pub(super) balance: Option<Coin>,
    #[prost(message, optional, tag = "5")]
    pub(super) unsettled: Option<Coin>,
    #[prost(message, optional, tag = "6")]
    pub(super) withdrawn: Option<Coin>,
}
