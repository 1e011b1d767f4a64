//! Protobuf shapes, written by hand: just the messages that we send or sign.
//!
//! Field numbers are the chain's. Bytes are compared with the reference libraries' in the tests
//! of [`super::message`] and [`super::tx`].

/// A message and its name.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Duration {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// An amount; also of `DecCoin`, whose amount is scaled by 10^18.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Coin {
    #[prost(string, tag = "1")]
    pub(crate) denom: String,
    #[prost(string, tag = "2")]
    pub(crate) amount: String,
}

/// The envelope. **Source** `cosmos.tx.v1beta1`.
pub(crate) mod tx {
    use super::{Any, Coin, Timestamp};

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TxRaw {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) body_bytes: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) auth_info_bytes: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "3")]
        pub(crate) signatures: Vec<Vec<u8>>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct SignDoc {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) body_bytes: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) auth_info_bytes: Vec<u8>,
        #[prost(string, tag = "3")]
        pub(crate) chain_id: String,
        #[prost(uint64, tag = "4")]
        pub(crate) account_number: u64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TxBody {
        #[prost(message, repeated, tag = "1")]
        pub(crate) messages: Vec<Any>,
        #[prost(string, tag = "2")]
        pub(crate) memo: String,
        #[prost(bool, tag = "4")]
        pub(crate) unordered: bool,
        #[prost(message, optional, tag = "5")]
        pub(crate) timeout_timestamp: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct AuthInfo {
        #[prost(message, repeated, tag = "1")]
        pub(crate) signer_infos: Vec<SignerInfo>,
        #[prost(message, optional, tag = "2")]
        pub(crate) fee: Option<Fee>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct SignerInfo {
        #[prost(message, optional, tag = "1")]
        pub(crate) public_key: Option<Any>,
        #[prost(message, optional, tag = "2")]
        pub(crate) mode_info: Option<ModeInfo>,
        #[prost(uint64, tag = "3")]
        pub(crate) sequence: u64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct ModeInfo {
        #[prost(message, optional, tag = "1")]
        pub(crate) single: Option<Single>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Single {
        #[prost(int32, tag = "1")]
        pub(crate) mode: i32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Fee {
        #[prost(message, repeated, tag = "1")]
        pub(crate) amount: Vec<Coin>,
        #[prost(uint64, tag = "2")]
        pub(crate) gas_limit: u64,
        #[prost(string, tag = "3")]
        pub(crate) payer: String,
        #[prost(string, tag = "4")]
        pub(crate) granter: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct PubKey {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) key: Vec<u8>,
    }
}

/// Deployments. **Source** `akash.deployment.v1beta4`, `akash.base.*`.
pub(crate) mod deployment {
    use super::{Coin, Duration};

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct DeploymentId {
        #[prost(string, tag = "1")]
        pub(crate) owner: String,
        #[prost(uint64, tag = "2")]
        pub(crate) dseq: u64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgCreateDeployment {
        #[prost(message, optional, tag = "1")]
        pub(crate) id: Option<DeploymentId>,
        #[prost(message, repeated, tag = "2")]
        pub(crate) groups: Vec<GroupSpec>,
        #[prost(bytes = "vec", tag = "3")]
        pub(crate) hash: Vec<u8>,
        #[prost(message, optional, tag = "4")]
        pub(crate) deposit: Option<Deposit>,
        #[prost(message, optional, tag = "5")]
        pub(crate) reclamation: Option<Reclamation>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Reclamation {
        #[prost(message, optional, tag = "1")]
        pub(crate) min_window: Option<Duration>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgCloseDeployment {
        #[prost(message, optional, tag = "1")]
        pub(crate) id: Option<DeploymentId>,
    }

    /// Sources are packed enums: 1 is the balance, 2 is a grant.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Deposit {
        #[prost(message, optional, tag = "1")]
        pub(crate) amount: Option<Coin>,
        #[prost(int32, repeated, tag = "5")]
        pub(crate) sources: Vec<i32>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct GroupSpec {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(message, optional, tag = "2")]
        pub(crate) requirements: Option<PlacementRequirements>,
        #[prost(message, repeated, tag = "3")]
        pub(crate) resources: Vec<ResourceUnit>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct PlacementRequirements {
        #[prost(message, optional, tag = "1")]
        pub(crate) signed_by: Option<SignedBy>,
        #[prost(message, repeated, tag = "2")]
        pub(crate) attributes: Vec<Attribute>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct SignedBy {
        #[prost(string, repeated, tag = "1")]
        pub(crate) all_of: Vec<String>,
        #[prost(string, repeated, tag = "2")]
        pub(crate) any_of: Vec<String>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Attribute {
        #[prost(string, tag = "1")]
        pub(crate) key: String,
        #[prost(string, tag = "2")]
        pub(crate) value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct ResourceUnit {
        #[prost(message, optional, tag = "1")]
        pub(crate) resource: Option<Resources>,
        #[prost(uint32, tag = "2")]
        pub(crate) count: u32,
        #[prost(message, optional, tag = "3")]
        pub(crate) price: Option<Coin>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Resources {
        #[prost(uint32, tag = "1")]
        pub(crate) id: u32,
        #[prost(message, optional, tag = "2")]
        pub(crate) cpu: Option<Quantity>,
        #[prost(message, optional, tag = "3")]
        pub(crate) memory: Option<Quantity>,
        #[prost(message, repeated, tag = "4")]
        pub(crate) storage: Vec<Storage>,
        #[prost(message, optional, tag = "5")]
        pub(crate) gpu: Option<Quantity>,
        #[prost(message, repeated, tag = "6")]
        pub(crate) endpoints: Vec<Endpoint>,
    }

    /// `CPU`, `Memory` and `GPU` have the same fields under the same numbers.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Quantity {
        #[prost(message, optional, tag = "1")]
        pub(crate) units: Option<ResourceValue>,
        #[prost(message, repeated, tag = "2")]
        pub(crate) attributes: Vec<Attribute>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Storage {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(message, optional, tag = "2")]
        pub(crate) quantity: Option<ResourceValue>,
        #[prost(message, repeated, tag = "3")]
        pub(crate) attributes: Vec<Attribute>,
    }

    /// The bytes are the ASCII digits of the number.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct ResourceValue {
        #[prost(bytes = "vec", tag = "1")]
        pub(crate) val: Vec<u8>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Endpoint {
        #[prost(int32, tag = "1")]
        pub(crate) kind: i32,
        #[prost(uint32, tag = "2")]
        pub(crate) sequence_number: u32,
    }
}

/// Leases. **Source** `akash.market.v1`, `akash.market.v1beta5`.
pub(crate) mod market {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct BidId {
        #[prost(string, tag = "1")]
        pub(crate) owner: String,
        #[prost(uint64, tag = "2")]
        pub(crate) dseq: u64,
        #[prost(uint32, tag = "3")]
        pub(crate) gseq: u32,
        #[prost(uint32, tag = "4")]
        pub(crate) oseq: u32,
        #[prost(string, tag = "5")]
        pub(crate) provider: String,
        #[prost(uint32, tag = "6")]
        pub(crate) bseq: u32,
    }

    /// Also `MsgCloseLease`: both carry one id under number 1.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgLease {
        #[prost(message, optional, tag = "1")]
        pub(crate) id: Option<BidId>,
    }
}

/// Permissions. **Source** `cosmos.authz.v1beta1`, `cosmos.feegrant.v1beta1`,
/// `akash.escrow.v1.DepositAuthorization`.
pub(crate) mod grant {
    use super::{Any, Coin, Timestamp};

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgGrant {
        #[prost(string, tag = "1")]
        pub(crate) granter: String,
        #[prost(string, tag = "2")]
        pub(crate) grantee: String,
        #[prost(message, optional, tag = "3")]
        pub(crate) grant: Option<Grant>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Grant {
        #[prost(message, optional, tag = "1")]
        pub(crate) authorization: Option<Any>,
        #[prost(message, optional, tag = "2")]
        pub(crate) expiration: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgRevoke {
        #[prost(string, tag = "1")]
        pub(crate) granter: String,
        #[prost(string, tag = "2")]
        pub(crate) grantee: String,
        #[prost(string, tag = "3")]
        pub(crate) msg_type_url: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct DepositAuthorization {
        #[prost(message, optional, tag = "1")]
        pub(crate) spend_limit: Option<Coin>,
        #[prost(int32, repeated, tag = "2")]
        pub(crate) scopes: Vec<i32>,
        #[prost(message, repeated, tag = "3")]
        pub(crate) spend_limits: Vec<Coin>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgGrantAllowance {
        #[prost(string, tag = "1")]
        pub(crate) granter: String,
        #[prost(string, tag = "2")]
        pub(crate) grantee: String,
        #[prost(message, optional, tag = "3")]
        pub(crate) allowance: Option<Any>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgRevokeAllowance {
        #[prost(string, tag = "1")]
        pub(crate) granter: String,
        #[prost(string, tag = "2")]
        pub(crate) grantee: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct BasicAllowance {
        #[prost(message, repeated, tag = "1")]
        pub(crate) spend_limit: Vec<Coin>,
        #[prost(message, optional, tag = "2")]
        pub(crate) expiration: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct AllowedMsgAllowance {
        #[prost(message, optional, tag = "1")]
        pub(crate) allowance: Option<Any>,
        #[prost(string, repeated, tag = "2")]
        pub(crate) allowed_messages: Vec<String>,
    }
}

/// Coins. **Source** `cosmos.bank.v1beta1`.
pub(crate) mod bank {
    use super::Coin;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgSend {
        #[prost(string, tag = "1")]
        pub(crate) from_address: String,
        #[prost(string, tag = "2")]
        pub(crate) to_address: String,
        #[prost(message, repeated, tag = "3")]
        pub(crate) amount: Vec<Coin>,
    }
}

/// AKT to ACT and back. **Source** `akash.bme.v1`.
pub(crate) mod bme {
    use super::{Any, Coin};

    /// `MsgMintACT` and `MsgBurnACT`: the same fields under the same numbers.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgConvert {
        #[prost(string, tag = "1")]
        pub(crate) owner: String,
        #[prost(string, tag = "2")]
        pub(crate) to: String,
        #[prost(message, optional, tag = "3")]
        pub(crate) coins_to_burn: Option<Coin>,
    }

    /// `cosmos.base.abci.v1beta1.TxMsgData`: what each message answered.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct TxMsgData {
        #[prost(message, repeated, tag = "2")]
        pub(crate) msg_responses: Vec<Any>,
    }

    /// `MsgMintACTResponse` and `MsgBurnACTResponse`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgConvertResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) id: Option<LedgerRecordId>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct LedgerRecordId {
        #[prost(string, tag = "1")]
        pub(crate) denom: String,
        #[prost(string, tag = "2")]
        pub(crate) to_denom: String,
        #[prost(string, tag = "3")]
        pub(crate) source: String,
        #[prost(int64, tag = "4")]
        pub(crate) height: i64,
        #[prost(int64, tag = "5")]
        pub(crate) sequence: i64,
    }
}
