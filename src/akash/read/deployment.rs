//! Deployments and their escrow accounts.

use super::account::shape;
use super::wire::{Coin, Page, is_whole, number, uact};
use super::{ReadError, body, body_or_absent, get, plain};
use crate::kernel::decimal::Decimal;
use crate::kernel::port::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A deployment with its groups and escrow account. The most that an SDL may ask for, 20 groups of
/// 20 units, makes 250 KB; strangers may deposit too, and each deposit makes 0.2 KB. What does not
/// fit could never be settled. **Units** bytes.
const MAX_DEPLOYMENT: u64 = 393_216;

/// Most deployments of one owner that run at once and are listed. **Source** ours.
pub const MAX_ACTIVE: u64 = 100;

/// Such a list. **Units** bytes.
const MAX_LIST: u64 = 1_000_000;

/// A deployment on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentInfo {
    /// Which of its owner's.
    pub dseq: u64,
    /// Active or closed.
    pub active: bool,
    /// Hash of its manifest.
    pub hash: Vec<u8>,
    /// Its groups, by gseq.
    pub groups: Vec<(u32, GroupState)>,
    /// Its money.
    pub escrow: Escrow,
}

/// Where a group is on its way. **Source** `akash.deployment.v1beta4.Group.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It has an order or a lease.
    Open,
    /// Its lease ended; it can be started again.
    Paused,
    /// It ended because the escrow ran out.
    InsufficientFunds,
    /// It ended.
    Closed,
}

/// An escrow account, as of the block at which it was last settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escrow {
    /// Neither closed nor overdrawn.
    pub open: bool,
    /// It ran out and owes.
    pub overdrawn: bool,
    /// Block of the last settlement.
    pub settled_at: u64,
    /// What is in it. **Units** uact.
    pub funds_uact: Decimal,
    /// What providers got. **Units** uact.
    pub transferred_uact: Decimal,
    /// What is left of each deposit, and whose it is.
    pub deposits: Vec<Deposited>,
}

/// What is left of a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// Whose money: a granter where it came from a grant.
    pub owner: String,
    /// **Units** uact.
    pub left_uact: Decimal,
}

#[derive(Deserialize)]
struct Wire {
    deployment: WireDeployment,
    groups: Vec<WireGroup>,
    escrow_account: WireEscrow,
}

#[derive(Deserialize)]
struct WireDeployment {
    id: WireId,
    state: String,
    hash: String,
}

#[derive(Deserialize)]
struct WireId {
    #[serde(deserialize_with = "number")]
    dseq: u64,
}

#[derive(Deserialize)]
struct WireGroup {
    id: WireGroupId,
    state: String,
}

#[derive(Deserialize)]
struct WireGroupId {
    gseq: u32,
}

#[derive(Deserialize)]
struct WireEscrow {
    state: WireEscrowState,
}

#[derive(Deserialize)]
struct WireEscrowState {
    state: String,
    #[serde(deserialize_with = "number")]
    settled_at: u64,
    funds: Vec<Coin>,
    transferred: Vec<Coin>,
    deposits: Vec<WireDeposit>,
}

#[derive(Deserialize)]
struct WireDeposit {
    owner: String,
    balance: Coin,
}

/// Asks for one deployment.
#[must_use]
pub fn deployment_request(rest: &str, owner: &str, dseq: u64) -> HttpRequest {
    get(
        format!(
            "{rest}/akash/deployment/v1beta4/deployments/info?id.owner={}&id.dseq={dseq}",
            plain(owner)
        ),
        MAX_DEPLOYMENT,
    )
}

/// `None` for one that was never created.
pub fn deployment_reply(response: &HttpResponse) -> Result<Option<DeploymentInfo>, ReadError> {
    body_or_absent::<Wire>("a deployment", response)?
        .map(TryInto::try_into)
        .transpose()
}

/// Asks for the deployments of an owner that are not closed, at most [`MAX_ACTIVE`].
#[must_use]
pub fn active_deployments_request(rest: &str, owner: &str) -> HttpRequest {
    get(
        format!(
            "{rest}/akash/deployment/v1beta4/deployments/list?filters.owner={}\
             &filters.state=active&pagination.limit={MAX_ACTIVE}",
            plain(owner)
        ),
        MAX_LIST,
    )
}

/// All of them. **Errors** any other answer, the beginning of a longer list included.
pub fn active_deployments_reply(response: &HttpResponse) -> Result<Vec<DeploymentInfo>, ReadError> {
    const EXPECTED: &str = "all deployments";
    #[derive(Deserialize)]
    struct Envelope {
        deployments: Vec<Wire>,
        pagination: Option<Page>,
    }
    let list: Envelope = body(EXPECTED, response)?;
    is_whole(list.pagination).map_err(shape(EXPECTED))?;
    list.deployments
        .into_iter()
        .map(TryInto::try_into)
        .collect()
}

impl TryFrom<Wire> for DeploymentInfo {
    type Error = ReadError;

    fn try_from(wire: Wire) -> Result<Self, ReadError> {
        let wrong = shape("a deployment");
        let escrow = wire.escrow_account.state;
        let active = match wire.deployment.state.as_str() {
            "active" => true,
            "closed" => false,
            other => return Err(wrong(format!("the deployment state {other:?}"))),
        };
        let (open, overdrawn) = match escrow.state.as_str() {
            "open" => (true, false),
            "closed" => (false, false),
            "overdrawn" => (false, true),
            other => return Err(wrong(format!("the escrow state {other:?}"))),
        };
        let groups = wire
            .groups
            .iter()
            .map(|group| {
                let state = match group.state.as_str() {
                    "open" => GroupState::Open,
                    "paused" => GroupState::Paused,
                    "insufficient_funds" => GroupState::InsufficientFunds,
                    "closed" => GroupState::Closed,
                    other => return Err(wrong(format!("the group state {other:?}"))),
                };
                Ok((group.id.gseq, state))
            })
            .collect::<Result<_, _>>()?;
        let deposits = escrow
            .deposits
            .into_iter()
            .map(|deposit| {
                Ok(Deposited {
                    left_uact: uact(std::slice::from_ref(&deposit.balance))?,
                    owner: deposit.owner,
                })
            })
            .collect::<Result<_, String>>()
            .map_err(&wrong)?;
        Ok(Self {
            dseq: wire.deployment.id.dseq,
            active,
            hash: STANDARD
                .decode(&wire.deployment.hash)
                .map_err(|_| wrong("a hash that is not base64".into()))?,
            groups,
            escrow: Escrow {
                open,
                overdrawn,
                settled_at: escrow.settled_at,
                funds_uact: uact(&escrow.funds).map_err(&wrong)?,
                transferred_uact: uact(&escrow.transferred).map_err(&wrong)?,
                deposits,
            },
        })
    }
}
