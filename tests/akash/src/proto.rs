//! Protobuf messages of the Akash modules, and of the Cosmos SDK 0.53 where the crate lags behind.
//!
//! Field numbers follow `chain-sdk` tag `go/v0.2.14`. Written by hand and apart from the product's
//! own, so that a wrong number on either side shows.

use prost::Message;

/// `cosmos.base.v1beta1.Coin`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Coin {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub amount: String,
}

/// `cosmos.base.v1beta1.DecCoin`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DecCoin {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub amount: String,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// `google.protobuf.Timestamp` and `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Seconds {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `cosmos.tx.v1beta1.TxBody` with the fields that SDK 0.53 added.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TxBody {
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Any>,
    #[prost(string, tag = "2")]
    pub memo: String,
    #[prost(uint64, tag = "3")]
    pub timeout_height: u64,
    #[prost(bool, tag = "4")]
    pub unordered: bool,
    #[prost(message, optional, tag = "5")]
    pub timeout_timestamp: Option<Seconds>,
    #[prost(message, repeated, tag = "1023")]
    pub extension_options: Vec<Any>,
    #[prost(message, repeated, tag = "2047")]
    pub non_critical_extension_options: Vec<Any>,
}

/// `cosmos.vesting.v1beta1.Period`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct VestingPeriod {
    /// **Units** seconds.
    #[prost(int64, tag = "1")]
    pub length: i64,
    #[prost(message, repeated, tag = "2")]
    pub amount: Vec<Coin>,
}

/// `cosmos.vesting.v1beta1.MsgCreateVestingAccount`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreateVestingAccount {
    #[prost(string, tag = "1")]
    pub from_address: String,
    #[prost(string, tag = "2")]
    pub to_address: String,
    #[prost(message, repeated, tag = "3")]
    pub amount: Vec<Coin>,
    /// **Units** seconds.
    #[prost(int64, tag = "4")]
    pub end_time: i64,
    #[prost(bool, tag = "5")]
    pub delayed: bool,
}

/// `cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreatePermanentLockedAccount {
    #[prost(string, tag = "1")]
    pub from_address: String,
    #[prost(string, tag = "2")]
    pub to_address: String,
    #[prost(message, repeated, tag = "3")]
    pub amount: Vec<Coin>,
}

/// `cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreatePeriodicVestingAccount {
    #[prost(string, tag = "1")]
    pub from_address: String,
    #[prost(string, tag = "2")]
    pub to_address: String,
    /// **Units** seconds.
    #[prost(int64, tag = "3")]
    pub start_time: i64,
    #[prost(message, repeated, tag = "4")]
    pub vesting_periods: Vec<VestingPeriod>,
}

/// `akash.base.attributes.v1.Attribute`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// `akash.base.attributes.v1.SignedBy`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SignedBy {
    #[prost(string, repeated, tag = "1")]
    pub all_of: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub any_of: Vec<String>,
}

/// `akash.base.attributes.v1.PlacementRequirements`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PlacementRequirements {
    #[prost(message, optional, tag = "1")]
    pub signed_by: Option<SignedBy>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<Attribute>,
}

/// `akash.base.deposit.v1.Deposit`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Deposit {
    #[prost(message, optional, tag = "1")]
    pub amount: Option<Coin>,
    #[prost(int32, repeated, tag = "5")]
    pub sources: Vec<i32>,
}

/// `akash.base.resources.v1beta4.ResourceValue`: ASCII decimal digits.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ResourceValue {
    #[prost(bytes = "vec", tag = "1")]
    pub val: Vec<u8>,
}

/// `CPU` and `GPU`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Units {
    #[prost(message, optional, tag = "1")]
    pub units: Option<ResourceValue>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<Attribute>,
}

/// `Memory`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Memory {
    #[prost(message, optional, tag = "1")]
    pub quantity: Option<ResourceValue>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<Attribute>,
}

/// `Storage`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Storage {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub quantity: Option<ResourceValue>,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
}

/// `Endpoint`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Endpoint {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(uint32, tag = "2")]
    pub sequence_number: u32,
}

/// `Resources`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Resources {
    #[prost(uint32, tag = "1")]
    pub id: u32,
    #[prost(message, optional, tag = "2")]
    pub cpu: Option<Units>,
    #[prost(message, optional, tag = "3")]
    pub memory: Option<Memory>,
    #[prost(message, repeated, tag = "4")]
    pub storage: Vec<Storage>,
    #[prost(message, optional, tag = "5")]
    pub gpu: Option<Units>,
    #[prost(message, repeated, tag = "6")]
    pub endpoints: Vec<Endpoint>,
}

/// `akash.deployment.v1.DeploymentID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Message)]
pub struct DeploymentId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    pub dseq: u64,
}

/// `akash.deployment.v1.GroupID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Message)]
pub struct GroupId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
}

/// `akash.market.v1.OrderID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Message)]
pub struct OrderId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
    #[prost(uint32, tag = "4")]
    pub oseq: u32,
}

/// `akash.market.v1.BidID` and `LeaseID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Message)]
pub struct BidId {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(uint64, tag = "2")]
    pub dseq: u64,
    #[prost(uint32, tag = "3")]
    pub gseq: u32,
    #[prost(uint32, tag = "4")]
    pub oseq: u32,
    #[prost(string, tag = "5")]
    pub provider: String,
    #[prost(uint32, tag = "6")]
    pub bseq: u32,
}

/// `akash.deployment.v1.DeploymentReclamation`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct DeploymentReclamation {
    #[prost(message, optional, tag = "1")]
    pub min_window: Option<Seconds>,
}

/// `akash.deployment.v1beta4.ResourceUnit`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ResourceUnit {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resources>,
    #[prost(uint32, tag = "2")]
    pub count: u32,
    #[prost(message, optional, tag = "3")]
    pub price: Option<DecCoin>,
}

/// `akash.deployment.v1beta4.GroupSpec`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GroupSpec {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub requirements: Option<PlacementRequirements>,
    #[prost(message, repeated, tag = "3")]
    pub resources: Vec<ResourceUnit>,
}

/// `akash.deployment.v1beta4.MsgCreateDeployment`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreateDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(message, repeated, tag = "2")]
    pub groups: Vec<GroupSpec>,
    #[prost(bytes = "vec", tag = "3")]
    pub hash: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    pub deposit: Option<Deposit>,
    #[prost(message, optional, tag = "5")]
    pub reclamation: Option<DeploymentReclamation>,
}

/// `akash.deployment.v1beta4.MsgUpdateDeployment`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgUpdateDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
    #[prost(bytes = "vec", tag = "3")]
    pub hash: Vec<u8>,
}

/// `akash.deployment.v1beta4.MsgCloseDeployment`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCloseDeployment {
    #[prost(message, optional, tag = "1")]
    pub id: Option<DeploymentId>,
}

/// `MsgCloseGroup`, `MsgPauseGroup` and `MsgStartGroup`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgGroup {
    #[prost(message, optional, tag = "1")]
    pub id: Option<GroupId>,
}

/// `akash.market.v1beta5.OfferPrices`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct OfferPrices {
    #[prost(message, optional, tag = "2")]
    pub cpu: Option<DecCoin>,
    #[prost(message, optional, tag = "3")]
    pub memory: Option<DecCoin>,
    #[prost(message, repeated, tag = "4")]
    pub storage: Vec<DecCoin>,
    #[prost(message, optional, tag = "5")]
    pub gpu: Option<DecCoin>,
    #[prost(message, repeated, tag = "6")]
    pub endpoints: Vec<DecCoin>,
}

/// `akash.market.v1beta5.ResourceOffer`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ResourceOffer {
    #[prost(message, optional, tag = "1")]
    pub resources: Option<Resources>,
    #[prost(uint32, tag = "2")]
    pub count: u32,
    #[prost(message, optional, tag = "3")]
    pub prices: Option<OfferPrices>,
}

/// `akash.market.v1beta5.MsgCreateBid`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreateBid {
    #[prost(message, optional, tag = "1")]
    pub id: Option<BidId>,
    #[prost(message, optional, tag = "2")]
    pub price: Option<DecCoin>,
    #[prost(message, optional, tag = "3")]
    pub deposit: Option<Deposit>,
    #[prost(message, repeated, tag = "4")]
    pub resources_offer: Vec<ResourceOffer>,
    #[prost(message, optional, tag = "5")]
    pub reclamation_window: Option<Seconds>,
}

/// `MsgCloseBid`, `MsgCloseLease` and `MsgLeaseStartReclaim`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgWithReason {
    #[prost(message, optional, tag = "1")]
    pub id: Option<BidId>,
    #[prost(int32, tag = "2")]
    pub reason: i32,
}

/// `MsgCreateLease` and `MsgWithdrawLease`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgLease {
    #[prost(message, optional, tag = "1")]
    pub id: Option<BidId>,
}

/// `akash.escrow.id.v1.Account`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
pub struct EscrowId {
    #[prost(int32, tag = "1")]
    pub scope: i32,
    #[prost(string, tag = "2")]
    pub xid: String,
}

/// `akash.escrow.v1.MsgAccountDeposit`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgAccountDeposit {
    #[prost(string, tag = "1")]
    pub signer: String,
    #[prost(message, optional, tag = "2")]
    pub id: Option<EscrowId>,
    #[prost(message, optional, tag = "3")]
    pub deposit: Option<Deposit>,
}

/// `akash.escrow.v1.DepositAuthorization`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DepositAuthorization {
    #[prost(message, optional, tag = "1")]
    pub spend_limit: Option<Coin>,
    #[prost(int32, repeated, tag = "2")]
    pub scopes: Vec<i32>,
    #[prost(message, repeated, tag = "3")]
    pub spend_limits: Vec<Coin>,
}

/// `akash.bme.v1.MsgMintACT` and `MsgBurnACT`, and `MsgBurnMint`, which names its target.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgBurnMint {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub to: String,
    #[prost(message, optional, tag = "3")]
    pub coins_to_burn: Option<Coin>,
    #[prost(string, tag = "4")]
    pub denom_to_mint: String,
}

/// `akash.bme.v1.LedgerRecordID`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LedgerRecordId {
    #[prost(string, tag = "1")]
    pub denom: String,
    #[prost(string, tag = "2")]
    pub to_denom: String,
    #[prost(string, tag = "3")]
    pub source: String,
    #[prost(int64, tag = "4")]
    pub height: i64,
    #[prost(int64, tag = "5")]
    pub sequence: i64,
}

/// `MsgMintACTResponse` and its two siblings.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgBurnMintResponse {
    #[prost(message, optional, tag = "1")]
    pub id: Option<LedgerRecordId>,
    #[prost(int32, tag = "2")]
    pub status: i32,
}

/// `cosmos.base.abci.v1beta1.TxMsgData` without its retired field.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TxMsgData {
    #[prost(message, repeated, tag = "2")]
    pub msg_responses: Vec<Any>,
}

/// `akash.provider.v1beta4.MsgCreateProvider` and `MsgUpdateProvider`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgProvider {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub host_uri: String,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
    #[prost(message, optional, tag = "4")]
    pub info: Option<ProviderInfo>,
}

/// `akash.provider.v1beta4.Info`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ProviderInfo {
    #[prost(string, tag = "1")]
    pub email: String,
    #[prost(string, tag = "2")]
    pub website: String,
}

/// `akash.audit.v1.MsgSignProviderAttributes`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgSignProviderAttributes {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub auditor: String,
    #[prost(message, repeated, tag = "3")]
    pub attributes: Vec<Attribute>,
}

/// `akash.audit.v1.MsgDeleteProviderAttributes`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgDeleteProviderAttributes {
    #[prost(string, tag = "1")]
    pub owner: String,
    #[prost(string, tag = "2")]
    pub auditor: String,
    #[prost(string, repeated, tag = "3")]
    pub keys: Vec<String>,
}

impl BidId {
    /// The order that the bid is for.
    pub fn order(&self) -> OrderId {
        OrderId {
            owner: self.owner.clone(),
            dseq: self.dseq,
            gseq: self.gseq,
            oseq: self.oseq,
        }
    }

    /// The group behind it.
    pub fn group(&self) -> GroupId {
        self.order().group()
    }

    /// Escrow account of the bid's deposit. The bid sequence is not part of it.
    pub fn escrow(&self) -> EscrowId {
        let BidId {
            owner,
            dseq,
            gseq,
            oseq,
            provider,
            ..
        } = self;
        EscrowId {
            scope: 2,
            xid: format!("{owner}/{dseq}/{gseq}/{oseq}/{provider}"),
        }
    }

    /// Name of the lease's payment inside the deployment's escrow account.
    pub fn payment(&self) -> (EscrowId, String) {
        let BidId {
            gseq,
            oseq,
            provider,
            ..
        } = self;
        (
            self.group().deployment().escrow(),
            format!("{gseq}/{oseq}/{provider}"),
        )
    }
}

impl OrderId {
    /// The group behind it.
    pub fn group(&self) -> GroupId {
        GroupId {
            owner: self.owner.clone(),
            dseq: self.dseq,
            gseq: self.gseq,
        }
    }
}

impl GroupId {
    /// The deployment behind it.
    pub fn deployment(&self) -> DeploymentId {
        DeploymentId {
            owner: self.owner.clone(),
            dseq: self.dseq,
        }
    }
}

impl DeploymentId {
    /// Its escrow account.
    pub fn escrow(&self) -> EscrowId {
        EscrowId {
            scope: 1,
            xid: format!("{}/{}", self.owner, self.dseq),
        }
    }
}
