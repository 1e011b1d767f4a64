//! Decoding of transactions: canonical form, no unknown fields, messages into their kinds.

use super::authz::{DEPOSIT_URL, DepositGrant};
use super::failure::{Outcome, code, fail, sdk};
use super::feegrant::Allowance;
use super::vesting::VestingTerms;
use super::{bank, deployment, market};
use crate::proto::{
    self, BidId, DeploymentId, EscrowId, GroupId, MsgCreateBid, MsgCreateDeployment, MsgProvider,
};
use crate::schema::Unknown;
use crate::{address, schema};
use cosmos_sdk_proto::cosmos::authz::v1beta1 as authz_pb;
use cosmos_sdk_proto::cosmos::feegrant::v1beta1 as feegrant_pb;
use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, TxRaw};
use cosmos_sdk_proto::traits::Message as _;
use prost::Message as _;

/// A message that this chain serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A message that its handler refuses without a look at the state.
    Refused {
        signer: String,
        failure: super::failure::Failure,
    },
    /// `cosmos.bank.v1beta1.MsgSend`.
    Send {
        from: String,
        to: String,
        coins: Vec<(String, u128)>,
    },
    /// `cosmos.vesting.v1beta1.MsgCreateVestingAccount` and its two siblings.
    CreateVesting {
        from: String,
        to: String,
        terms: VestingTerms,
    },
    /// `cosmos.authz.v1beta1.MsgGrant` of a deposit authorization.
    GrantDeposit {
        granter: String,
        grantee: String,
        grant: DepositGrant,
    },
    /// `cosmos.authz.v1beta1.MsgRevoke`.
    Revoke {
        granter: String,
        grantee: String,
        url: String,
    },
    /// `cosmos.feegrant.v1beta1.MsgGrantAllowance`.
    GrantFees {
        granter: String,
        grantee: String,
        allowance: Allowance,
    },
    /// `cosmos.feegrant.v1beta1.MsgRevokeAllowance`.
    RevokeFees { granter: String, grantee: String },
    /// `akash.escrow.v1.MsgAccountDeposit`.
    Deposit {
        signer: String,
        id: EscrowId,
        coin: (String, u128),
        sources: Vec<i32>,
    },
    /// `akash.deployment.v1beta4.MsgCreateDeployment`.
    CreateDeployment(Box<MsgCreateDeployment>),
    /// `akash.deployment.v1beta4.MsgUpdateDeployment`.
    UpdateDeployment { id: DeploymentId, hash: Vec<u8> },
    /// `akash.deployment.v1beta4.MsgCloseDeployment`.
    CloseDeployment(DeploymentId),
    /// `akash.deployment.v1beta4.MsgCloseGroup`.
    CloseGroup(GroupId),
    /// `akash.deployment.v1beta4.MsgPauseGroup`.
    PauseGroup(GroupId),
    /// `akash.deployment.v1beta4.MsgStartGroup`.
    StartGroup(GroupId),
    /// `akash.market.v1beta5.MsgCreateBid`.
    CreateBid(Box<MsgCreateBid>),
    /// `akash.market.v1beta5.MsgCloseBid`.
    CloseBid { id: BidId, reason: i32 },
    /// `akash.market.v1beta5.MsgCreateLease`.
    CreateLease(BidId),
    /// `akash.market.v1beta5.MsgCloseLease`.
    CloseLease(BidId),
    /// `akash.market.v1beta5.MsgWithdrawLease`.
    WithdrawLease(BidId),
    /// `akash.market.v1beta5.MsgLeaseStartReclaim`.
    StartReclaim { id: BidId, reason: i32 },
    /// `akash.bme.v1.MsgMintACT`, `MsgBurnACT`, `MsgBurnMint`.
    BurnMint {
        owner: String,
        to: String,
        coin: (String, u128),
        denom: String,
    },
    /// `akash.provider.v1beta4.MsgCreateProvider`, `MsgUpdateProvider`.
    PutProvider { record: MsgProvider, create: bool },
    /// `akash.audit.v1.MsgSignProviderAttributes`.
    SignAttributes(proto::MsgSignProviderAttributes),
    /// `akash.audit.v1.MsgDeleteProviderAttributes`.
    DeleteAttributes(proto::MsgDeleteProviderAttributes),
}

/// A decoded transaction.
#[derive(Clone, Debug)]
pub struct Tx {
    /// SHA-256 of the bytes, upper-case hexadecimal.
    pub hash: String,
    /// All of it.
    pub bytes: Vec<u8>,
    /// Signed.
    pub body_bytes: Vec<u8>,
    /// Signed.
    pub auth_info_bytes: Vec<u8>,
    /// One for each signer.
    pub signatures: Vec<Vec<u8>>,
    /// Decoded.
    pub body: proto::TxBody,
    /// Decoded.
    pub auth_info: AuthInfo,
    /// Type urls and messages.
    pub messages: Vec<(String, Msg)>,
}

/// Decodes and checks the form, as the node does before anything else.
/// **Errors** `sdk` 2 and 18, and those of `ValidateBasic` of each message of Akash's own modules.
pub fn decode(bytes: &[u8]) -> Outcome<Tx> {
    let malformed = |log: String| sdk(code::TX_DECODE, format!("{log}: tx parse error"));
    if let Err(log) = canonical(bytes) {
        return malformed(log);
    }
    let Ok(raw) = TxRaw::decode(bytes) else {
        return malformed("cannot decode".into());
    };
    if let Err(log) = schema::check(&raw.body_bytes, schema::TX_BODY, Unknown::NonCritical) {
        return malformed(log);
    }
    if let Err(log) = schema::check(&raw.auth_info_bytes, schema::AUTH_INFO, Unknown::Refused) {
        return malformed(log);
    }
    let body = match proto::TxBody::decode(raw.body_bytes.as_slice()) {
        Ok(body) => body,
        Err(error) => return malformed(error.to_string()),
    };
    let auth_info = match AuthInfo::decode(raw.auth_info_bytes.as_slice()) {
        Ok(info) => info,
        Err(error) => return malformed(error.to_string()),
    };
    if body.messages.is_empty() {
        return sdk(
            code::INVALID_REQUEST,
            "must contain at least one message: invalid request",
        );
    }
    let mut messages = Vec::new();
    for any in &body.messages {
        messages.push((
            any.type_url.clone(),
            Msg::decode(&any.type_url, &any.value)?,
        ));
    }
    Ok(Tx {
        hash: hex::encode_upper(address::sha256(bytes)),
        bytes: bytes.to_vec(),
        body_bytes: raw.body_bytes,
        auth_info_bytes: raw.auth_info_bytes,
        signatures: raw.signatures,
        body,
        auth_info,
        messages,
    })
}

/// ADR-027: fields of `TxRaw` in order, none twice but signatures, shortest varints.
fn canonical(mut bytes: &[u8]) -> Result<(), String> {
    let mut last = 0;
    while !bytes.is_empty() {
        let before = bytes;
        let (field, wire) = schema::tag(&mut bytes)?;
        if before.len() - bytes.len() != 1 || !(1..=3).contains(&field) || wire != 2 {
            return Err(format!(
                "expected {{1, 2, 3}} of bytes in TxRaw, got {field} of {wire}"
            ));
        }
        if field < last || (field == last && field != 3) {
            return Err(format!("non ADR-027 TxRaw: field {field} after {last}"));
        }
        last = field;
        let before = bytes;
        let content = schema::chunk(&mut bytes)?;
        let length_bytes = before.len() - bytes.len() - content.len();
        let shortest = prost::length_delimiter_len(content.len());
        if length_bytes != shortest {
            return Err("length prefix of TxRaw is not as short as possible".into());
        }
    }
    Ok(())
}

fn timestamp_ns(seconds: i64, nanos: i32) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

impl proto::TxBody {
    /// Block time after which the transaction is refused; `None` when it sets none.
    pub fn timeout_ns(&self) -> Option<u64> {
        let stamp = self.timeout_timestamp?;
        (stamp != proto::Seconds::default()).then(|| timestamp_ns(stamp.seconds, stamp.nanos))
    }
}

fn accounts(addresses: &[&str]) -> Outcome<()> {
    match addresses.iter().find(|a| address::decode(a).is_none()) {
        Some(bad) => sdk(code::INVALID_ADDRESS, format!("invalid address {bad:?}")),
        None => Ok(()),
    }
}

fn coins<'a>(list: impl Iterator<Item = (&'a str, &'a str)>) -> Outcome<Vec<(String, u128)>> {
    let mut out: Vec<(String, u128)> = Vec::new();
    for (denom, amount) in list {
        let coin = bank::amount_of(denom, amount)?;
        if coin.1 == 0 || out.last().is_some_and(|(last, _)| *last >= coin.0) {
            return sdk(
                code::INVALID_COINS,
                "coins must be positive, sorted and unique",
            );
        }
        out.push(coin);
    }
    Ok(out)
}

impl Msg {
    /// Decodes one message and checks what needs no state.
    fn decode(url: &str, value: &[u8]) -> Outcome<Msg> {
        use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
        fn own<M: prost::Message + Default>(value: &[u8]) -> Outcome<M> {
            M::decode(value).or_else(|e| sdk(code::TX_DECODE, format!("{e}: tx parse error")))
        }
        fn sdk_msg<M: cosmos_sdk_proto::traits::Message + Default>(value: &[u8]) -> Outcome<M> {
            M::decode(value).or_else(|e| sdk(code::TX_DECODE, format!("{e}: tx parse error")))
        }
        let msg = match url {
            "/cosmos.bank.v1beta1.MsgSend" => {
                let m: MsgSend = sdk_msg(value)?;
                accounts(&[&m.from_address])?;
                in_block(m.from_address.clone(), send(m))
            }
            "/cosmos.authz.v1beta1.MsgGrant" => {
                let m: authz_pb::MsgGrant = sdk_msg(value)?;
                accounts(&[&m.granter])?;
                in_block(m.granter.clone(), grant(m))
            }
            "/cosmos.vesting.v1beta1.MsgCreateVestingAccount" => {
                let m: proto::MsgCreateVestingAccount = own(value)?;
                accounts(&[&m.from_address])?;
                let once = |coins| VestingTerms::Once {
                    coins,
                    end_s: m.end_time,
                    delayed: m.delayed,
                };
                let terms = own_coins(&m.amount).map(once);
                create_vesting(m.from_address, m.to_address, terms)
            }
            "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount" => {
                let m: proto::MsgCreatePermanentLockedAccount = own(value)?;
                accounts(&[&m.from_address])?;
                let terms = own_coins(&m.amount).map(|coins| VestingTerms::Never { coins });
                create_vesting(m.from_address, m.to_address, terms)
            }
            "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount" => {
                let m: proto::MsgCreatePeriodicVestingAccount = own(value)?;
                accounts(&[&m.from_address])?;
                let period =
                    |p: &proto::VestingPeriod| own_coins(&p.amount).map(|coins| (p.length, coins));
                let periods: Outcome<Vec<_>> = m.vesting_periods.iter().map(period).collect();
                let start_s = m.start_time;
                let terms = periods.map(|periods| VestingTerms::Periodic { start_s, periods });
                create_vesting(m.from_address, m.to_address, terms)
            }
            "/cosmos.authz.v1beta1.MsgRevoke" => {
                let m: authz_pb::MsgRevoke = sdk_msg(value)?;
                accounts(&[&m.granter, &m.grantee])?;
                Msg::Revoke {
                    granter: m.granter,
                    grantee: m.grantee,
                    url: m.msg_type_url,
                }
            }
            "/cosmos.feegrant.v1beta1.MsgGrantAllowance" => {
                let m: feegrant_pb::MsgGrantAllowance = sdk_msg(value)?;
                accounts(&[&m.granter])?;
                in_block(m.granter.clone(), allowance(m))
            }
            "/cosmos.feegrant.v1beta1.MsgRevokeAllowance" => {
                let m: feegrant_pb::MsgRevokeAllowance = sdk_msg(value)?;
                accounts(&[&m.granter, &m.grantee])?;
                Msg::RevokeFees {
                    granter: m.granter,
                    grantee: m.grantee,
                }
            }
            "/akash.escrow.v1.MsgAccountDeposit" => {
                let m: proto::MsgAccountDeposit = own(value)?;
                accounts(&[&m.signer])?;
                let id = m.id.unwrap_or_default();
                let parts = id.xid.split('/').count();
                if !matches!((id.scope, parts), (1, 2) | (2, 5)) {
                    return fail("escrow", 12, "invalid xid format: invalid ID");
                }
                let (coin, sources) = deployment::deposit(m.deposit.as_ref())?;
                if coin.1 == 0 {
                    return fail("escrow", 16, "invalid deposit");
                }
                Msg::Deposit {
                    signer: m.signer,
                    id,
                    coin,
                    sources,
                }
            }
            "/akash.deployment.v1beta4.MsgCreateDeployment" => {
                let m: MsgCreateDeployment = own(value)?;
                deployment::validate_create(&m)?;
                Msg::CreateDeployment(Box::new(m))
            }
            "/akash.deployment.v1beta4.MsgUpdateDeployment" => {
                let m: proto::MsgUpdateDeployment = own(value)?;
                deployment::validate_hash(&m.hash)?;
                let id = deployment::deployment_id(m.id.as_ref())?;
                Msg::UpdateDeployment { id, hash: m.hash }
            }
            "/akash.deployment.v1beta4.MsgCloseDeployment" => {
                let m: proto::MsgCloseDeployment = own(value)?;
                Msg::CloseDeployment(deployment::deployment_id(m.id.as_ref())?)
            }
            "/akash.deployment.v1beta4.MsgCloseGroup"
            | "/akash.deployment.v1beta4.MsgPauseGroup"
            | "/akash.deployment.v1beta4.MsgStartGroup" => {
                let m: proto::MsgGroup = own(value)?;
                let id = deployment::group_id(m.id.as_ref())?;
                match url.rsplit('.').next() {
                    Some("MsgCloseGroup") => Msg::CloseGroup(id),
                    Some("MsgPauseGroup") => Msg::PauseGroup(id),
                    _ => Msg::StartGroup(id),
                }
            }
            "/akash.market.v1beta5.MsgCreateBid" => {
                let m: MsgCreateBid = own(value)?;
                market::bid_id(m.id.as_ref())?;
                deployment::deposit(m.deposit.as_ref())?;
                if m.price
                    .as_ref()
                    .is_none_or(|p| p.amount.trim_matches('0').is_empty())
                {
                    return fail("market", 19, "invalid bid: zero price");
                }
                Msg::CreateBid(Box::new(m))
            }
            "/akash.market.v1beta5.MsgCloseBid" => {
                let m: proto::MsgWithReason = own(value)?;
                market::provider_reason(m.reason)?;
                Msg::CloseBid {
                    id: market::bid_id(m.id.as_ref())?,
                    reason: m.reason,
                }
            }
            "/akash.market.v1beta5.MsgLeaseStartReclaim" => {
                let m: proto::MsgWithReason = own(value)?;
                market::provider_reason(m.reason)?;
                Msg::StartReclaim {
                    id: market::bid_id(m.id.as_ref())?,
                    reason: m.reason,
                }
            }
            "/akash.market.v1beta5.MsgCloseLease" => {
                let m: proto::MsgWithReason = own(value)?;
                Msg::CloseLease(market::bid_id(m.id.as_ref())?)
            }
            "/akash.market.v1beta5.MsgCreateLease" => {
                let m: proto::MsgLease = own(value)?;
                Msg::CreateLease(market::bid_id(m.id.as_ref())?)
            }
            "/akash.market.v1beta5.MsgWithdrawLease" => {
                let m: proto::MsgLease = own(value)?;
                Msg::WithdrawLease(market::bid_id(m.id.as_ref())?)
            }
            "/akash.bme.v1.MsgMintACT"
            | "/akash.bme.v1.MsgBurnACT"
            | "/akash.bme.v1.MsgBurnMint" => {
                let m: proto::MsgBurnMint = own(value)?;
                accounts(&[&m.owner, &m.to])?;
                let denom = match url.rsplit('.').next() {
                    Some("MsgMintACT") => super::UACT.to_owned(),
                    Some("MsgBurnACT") => super::UAKT.to_owned(),
                    _ => m.denom_to_mint,
                };
                let coin = bank::coin(m.coins_to_burn.as_ref())?;
                Msg::BurnMint {
                    owner: m.owner,
                    to: m.to,
                    coin,
                    denom,
                }
            }
            "/akash.provider.v1beta4.MsgCreateProvider"
            | "/akash.provider.v1beta4.MsgUpdateProvider" => {
                let record: MsgProvider = own(value)?;
                accounts(&[&record.owner])?;
                Msg::PutProvider {
                    record,
                    create: url.ends_with("MsgCreateProvider"),
                }
            }
            "/akash.audit.v1.MsgSignProviderAttributes" => {
                let m: proto::MsgSignProviderAttributes = own(value)?;
                accounts(&[&m.owner, &m.auditor])?;
                deployment::validate_attributes(&m.attributes)?;
                Msg::SignAttributes(m)
            }
            "/akash.audit.v1.MsgDeleteProviderAttributes" => {
                let m: proto::MsgDeleteProviderAttributes = own(value)?;
                accounts(&[&m.owner, &m.auditor])?;
                Msg::DeleteAttributes(m)
            }
            _ => {
                return sdk(
                    code::UNKNOWN_REQUEST,
                    format!("unrecognized message type: {url}: unknown request"),
                );
            }
        };
        Ok(msg)
    }

    /// Who must sign.
    pub fn signer(&self) -> &str {
        match self {
            Msg::Send { from, .. } | Msg::CreateVesting { from, .. } => from,
            Msg::Refused { signer, .. } => signer,
            Msg::GrantDeposit { granter, .. }
            | Msg::Revoke { granter, .. }
            | Msg::GrantFees { granter, .. }
            | Msg::RevokeFees { granter, .. } => granter,
            Msg::Deposit { signer, .. } => signer,
            Msg::CreateDeployment(m) => m.id.as_ref().map_or("", |id| &id.owner),
            Msg::UpdateDeployment { id, .. } | Msg::CloseDeployment(id) => &id.owner,
            Msg::CloseGroup(id) | Msg::PauseGroup(id) | Msg::StartGroup(id) => &id.owner,
            Msg::CreateBid(m) => m.id.as_ref().map_or("", |id| &id.provider),
            Msg::CloseBid { id, .. } | Msg::StartReclaim { id, .. } | Msg::WithdrawLease(id) => {
                &id.provider
            }
            Msg::CreateLease(id) | Msg::CloseLease(id) => &id.owner,
            Msg::BurnMint { owner, .. } => owner,
            Msg::PutProvider { record, .. } => &record.owner,
            Msg::SignAttributes(m) => &m.auditor,
            Msg::DeleteAttributes(m) => &m.auditor,
        }
    }
}

/// A message of the SDK's own modules: since version 0.50 their checks are part of the handlers, so a
/// node lets them in, and they fail in a block.
fn in_block(signer: String, read: Outcome<Msg>) -> Msg {
    read.unwrap_or_else(|failure| Msg::Refused { signer, failure })
}

fn send(m: cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend) -> Outcome<Msg> {
    accounts(&[&m.to_address])?;
    let amount = m
        .amount
        .iter()
        .map(|c| (c.denom.as_str(), c.amount.as_str()));
    let coins = coins(amount)?;
    if coins.is_empty() {
        return sdk(code::INVALID_COINS, "invalid coins");
    }
    Ok(Msg::Send {
        from: m.from_address,
        to: m.to_address,
        coins,
    })
}

fn own_coins(list: &[proto::Coin]) -> Outcome<Vec<(String, u128)>> {
    coins(list.iter().map(|c| (c.denom.as_str(), c.amount.as_str())))
}

fn create_vesting(from: String, to: String, terms: Outcome<VestingTerms>) -> Msg {
    let signer = from.clone();
    let read = accounts(&[&to]).and(terms);
    in_block(
        signer,
        read.map(|terms| Msg::CreateVesting { from, to, terms }),
    )
}

fn grant(m: authz_pb::MsgGrant) -> Outcome<Msg> {
    accounts(&[&m.granter, &m.grantee])?;
    let Some(grant) = m.grant else {
        return fail("authz", 4, "unknown authorization type");
    };
    let any = grant.authorization.unwrap_or_default();
    if any.type_url != "/akash.escrow.v1.DepositAuthorization" {
        let log = format!(
            "{}: not served by the stand-in: unknown authorization",
            any.type_url
        );
        return fail("authz", 4, log);
    }
    let Ok(deposit) = proto::DepositAuthorization::decode(any.value.as_slice()) else {
        return sdk(code::TX_DECODE, "tx parse error");
    };
    if let Some(old) = &deposit.spend_limit
        && bank::coin(Some(old))?.1 != 0
    {
        return sdk(
            code::INVALID_COINS,
            "spend limit is deprecated and must be zero",
        );
    }
    let limits = deposit
        .spend_limits
        .iter()
        .map(|c| (c.denom.as_str(), c.amount.as_str()));
    let grant = DepositGrant {
        scopes: deposit.scopes,
        limits: coins(limits)?.into_iter().collect(),
        expires_ns: grant.expiration.map(|t| timestamp_ns(t.seconds, t.nanos)),
    };
    Ok(Msg::GrantDeposit {
        granter: m.granter,
        grantee: m.grantee,
        grant,
    })
}

fn allowance(m: feegrant_pb::MsgGrantAllowance) -> Outcome<Msg> {
    accounts(&[&m.granter, &m.grantee])?;
    let mut any = m.allowance.unwrap_or_default();
    let mut allowed = None;
    if any.type_url == "/cosmos.feegrant.v1beta1.AllowedMsgAllowance" {
        let Ok(list) = feegrant_pb::AllowedMsgAllowance::decode(any.value.as_slice()) else {
            return sdk(code::TX_DECODE, "tx parse error");
        };
        allowed = Some(list.allowed_messages);
        any = list.allowance.unwrap_or_default();
    }
    if any.type_url != "/cosmos.feegrant.v1beta1.BasicAllowance" {
        let log = format!("{}: not served by the stand-in", any.type_url);
        return fail("feegrant", 5, log);
    }
    let Ok(basic) = feegrant_pb::BasicAllowance::decode(any.value.as_slice()) else {
        return sdk(code::TX_DECODE, "tx parse error");
    };
    let limit = basic
        .spend_limit
        .iter()
        .map(|c| (c.denom.as_str(), c.amount.as_str()));
    let limit = coins(limit)?;
    let allowance = Allowance {
        limit: (!limit.is_empty()).then(|| limit.into_iter().collect()),
        expires_ns: basic.expiration.map(|t| timestamp_ns(t.seconds, t.nanos)),
        allowed,
    };
    Ok(Msg::GrantFees {
        granter: m.granter,
        grantee: m.grantee,
        allowance,
    })
}

/// The only authorization that this chain's tenants revoke.
pub const REVOCABLE: &str = DEPOSIT_URL;
