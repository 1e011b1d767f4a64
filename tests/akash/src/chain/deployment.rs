//! Deployments and their groups.

use super::bank;
use super::failure::{Failure, Outcome, code, fail, sdk};
use super::{Ctx, State, UACT, UAKT};
use crate::address;
use crate::num::Dec;
use crate::proto::{
    Attribute, DeploymentId, Deposit, EscrowId, GroupId, GroupSpec, MsgCreateDeployment,
    ResourceUnit, ResourceValue,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Smallest deposit. **Units** uact, and uakt.
pub const MIN_DEPOSIT: u128 = 500_000;
/// Shortest reclamation window. **Units** seconds.
pub const MIN_RECLAMATION_S: i64 = 3_600;
/// Longest reclamation window. **Units** seconds.
pub const MAX_RECLAMATION_S: i64 = 720 * 3_600;
/// Highest price of one unit. **Units** uact per block.
pub const MAX_UNIT_PRICE: u128 = 10_000_000;

const MIB: u128 = 1 << 20;
const TIB: u128 = 1 << 40;

/// State of a group, with the numbers of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// 1.
    Open,
    /// 2.
    Paused,
    /// 3.
    InsufficientFunds,
    /// 4.
    Closed,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Active, or closed.
    pub active: bool,
    /// Hash of the manifest.
    pub hash: Vec<u8>,
    /// Height.
    pub created_at: u64,
    /// Shortest notice of a provider. **Units** seconds.
    pub min_window_s: Option<i64>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// State.
    pub state: GroupState,
    /// What is wanted.
    pub spec: GroupSpec,
    /// Height.
    pub created_at: u64,
}

/// Module `deployment`.
#[derive(Clone, Debug, Default)]
pub struct Deployments {
    pub(crate) deployments: BTreeMap<DeploymentId, Deployment>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
}

const SPACE: &str = "deployment";

fn err<T>(code: u32, log: &str) -> Outcome<T> {
    fail(SPACE, code, log)
}

impl State {
    /// One deployment.
    pub fn deployment(&self, id: &DeploymentId) -> Option<&Deployment> {
        self.deployments.deployments.get(id)
    }

    /// All deployments in key order.
    pub fn deployments(&self) -> impl DoubleEndedIterator<Item = (&DeploymentId, &Deployment)> {
        self.deployments.deployments.iter()
    }

    /// One group.
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        self.deployments.groups.get(id)
    }

    /// The groups of one deployment.
    pub fn groups(&self, id: &DeploymentId) -> Vec<(GroupId, Group)> {
        let from = GroupId {
            owner: id.owner.clone(),
            dseq: id.dseq,
            gseq: 0,
        };
        let range = self.deployments.groups.range(from..);
        let mine = range.take_while(|(g, _)| g.owner == id.owner && g.dseq == id.dseq);
        mine.map(|(g, group)| (g.clone(), group.clone())).collect()
    }

    fn set_group_state(&mut self, id: &GroupId, state: GroupState) {
        if let Some(group) = Arc::make_mut(&mut self.deployments).groups.get_mut(id) {
            group.state = state;
        }
    }

    fn deployment_mut(&mut self, id: &DeploymentId) -> Option<&mut Deployment> {
        Arc::make_mut(&mut self.deployments).deployments.get_mut(id)
    }

    /// `MsgCreateDeployment`. **Errors** facts 3.1, in that order.
    pub fn create_deployment(&mut self, ctx: &Ctx, msg: &MsgCreateDeployment) -> Outcome<()> {
        let id = deployment_id(msg.id.as_ref())?;
        if self.deployment(&id).is_some() {
            return err(3, "Deployment exists");
        }
        let (coin, sources) = deposit(msg.deposit.as_ref())?;
        if ![UACT, UAKT].contains(&coin.0.as_str()) {
            return err(20, "Invalid deposit denomination: Deposit invalid");
        }
        if coin.1 < MIN_DEPOSIT {
            let log = format!(
                "Deposit too low - {} < {MIN_DEPOSIT}: Deposit invalid",
                coin.1
            );
            return err(20, &log);
        }
        if coin.0 == UAKT {
            return err(20, "Deposit invalid");
        }
        let min_window_s = msg
            .reclamation
            .map(|r| r.min_window.unwrap_or_default().seconds);
        if min_window_s.is_some_and(|s| !(MIN_RECLAMATION_S..=MAX_RECLAMATION_S).contains(&s)) {
            return err(
                26,
                "min_window outside governance bounds: invalid reclamation",
            );
        }
        validate_groups(&msg.groups)?;
        let deposits = self.authorize_deposit(ctx, &id.owner, 1, &coin, &sources)?;
        let deployment = Deployment {
            active: true,
            hash: msg.hash.clone(),
            created_at: ctx.height,
            min_window_s,
        };
        Arc::make_mut(&mut self.deployments)
            .deployments
            .insert(id.clone(), deployment);
        for (gseq, spec) in (1..).zip(&msg.groups) {
            let gid = GroupId {
                owner: id.owner.clone(),
                dseq: id.dseq,
                gseq,
            };
            let group = Group {
                state: GroupState::Open,
                spec: spec.clone(),
                created_at: ctx.height,
            };
            Arc::make_mut(&mut self.deployments)
                .groups
                .insert(gid.clone(), group);
            self.create_order(ctx, &gid, spec.clone(), min_window_s)?;
        }
        self.escrow_create(ctx, &id.escrow(), &id.owner, deposits)
    }

    /// `MsgUpdateDeployment`. **Errors** `deployment` 4, 5 and 10.
    pub fn update_deployment(&mut self, id: &DeploymentId, hash: &[u8]) -> Outcome<()> {
        let Some(deployment) = self.deployment(id) else {
            return err(4, "Deployment not found");
        };
        if !deployment.active {
            return err(5, "Deployment closed");
        }
        if deployment.hash == hash {
            return err(10, "Invalid: deployment hash");
        }
        self.deployment_mut(id).expect("found above").hash = hash.to_vec();
        Ok(())
    }

    /// `MsgCloseDeployment`. **Errors** `deployment` 4 and 5.
    pub fn close_deployment(&mut self, ctx: &Ctx, id: &DeploymentId) -> Outcome<()> {
        let Some(deployment) = self.deployment(id) else {
            return err(4, "Deployment not found");
        };
        if !deployment.active {
            return err(5, "Deployment closed");
        }
        self.escrow_close(ctx, &id.escrow())
    }

    /// `MsgCloseGroup`. **Errors** `deployment` 14 and 15.
    pub fn close_group(&mut self, ctx: &Ctx, id: &GroupId) -> Outcome<()> {
        let Some(group) = self.group(id) else {
            return err(14, "Group not found");
        };
        if group.state == GroupState::Closed {
            return err(15, "Group already closed");
        }
        self.set_group_state(id, GroupState::Closed);
        self.on_group_closed(ctx, id, GroupState::Closed);
        Ok(())
    }

    /// `MsgPauseGroup`. **Errors** `deployment` 14, 15 and 17.
    pub fn pause_group(&mut self, ctx: &Ctx, id: &GroupId) -> Outcome<()> {
        let Some(group) = self.group(id) else {
            return err(14, "Group not found");
        };
        match group.state {
            GroupState::Closed => return err(15, "Group already closed"),
            GroupState::Paused => return err(17, "Group paused"),
            _ => {}
        }
        self.set_group_state(id, GroupState::Paused);
        self.on_group_closed(ctx, id, GroupState::Paused);
        Ok(())
    }

    /// `MsgStartGroup`. **Errors** `deployment` 14, 15 and 16, `market` 23.
    pub fn start_group(&mut self, ctx: &Ctx, id: &GroupId) -> Outcome<()> {
        let Some(group) = self.group(id).cloned() else {
            return err(14, "Group not found");
        };
        match group.state {
            GroupState::Closed => return err(15, "Group already closed"),
            GroupState::Open => return err(16, "Group open"),
            _ => {}
        }
        self.set_group_state(id, GroupState::Open);
        let window = self
            .deployment(&id.deployment())
            .and_then(|d| d.min_window_s);
        self.create_order(ctx, id, group.spec, window)
    }

    /// A provider left its lease: the group waits for its tenant.
    pub fn on_lease_left(&mut self, id: &GroupId) {
        self.set_group_state(id, GroupState::Paused);
    }

    /// Hook: the escrow account of a deployment is closed or overdrawn.
    pub fn on_account_closed(&mut self, ctx: &Ctx, id: &EscrowId, overdrawn: bool) -> Outcome<()> {
        let Some((owner, dseq)) = id.xid.split_once('/') else {
            return Ok(());
        };
        let dseq = dseq.parse().unwrap_or_default();
        let id = DeploymentId {
            owner: owner.to_owned(),
            dseq,
        };
        match self.deployment_mut(&id) {
            Some(deployment) if deployment.active => deployment.active = false,
            _ => return Ok(()),
        }
        let state = if overdrawn {
            GroupState::InsufficientFunds
        } else {
            GroupState::Closed
        };
        for (gid, group) in self.groups(&id) {
            if group.state != GroupState::Closed {
                self.set_group_state(&gid, state);
                self.on_group_closed(ctx, &gid, state);
            }
        }
        Ok(())
    }
}

/// `ValidateBasic` of the creation, before any state is read.
pub fn validate_create(msg: &MsgCreateDeployment) -> Outcome<()> {
    deployment_id(msg.id.as_ref())?;
    let (coin, _) = deposit(msg.deposit.as_ref())?;
    if msg.groups.is_empty() {
        return err(7, "Invalid groups");
    }
    validate_hash(&msg.hash)?;
    for group in &msg.groups {
        validate_group(group)?;
        let (denom, _) = group_price(group)?;
        if coin.1 > 0 && denom != coin.0 {
            let log = format!(
                "Mismatched denominations ({} != {denom}): Deposit invalid",
                coin.0
            );
            return err(20, &log);
        }
    }
    Ok(())
}

/// Thirty-two bytes. **Errors** `deployment` 9 and 10.
pub fn validate_hash(hash: &[u8]) -> Outcome<()> {
    match hash.len() {
        0 => err(9, "Invalid: empty hash"),
        32 => Ok(()),
        _ => err(10, "Invalid: deployment hash"),
    }
}

/// **Errors** `sdk` 7 and 3.
pub fn deployment_id(id: Option<&DeploymentId>) -> Outcome<DeploymentId> {
    let id = id.cloned().unwrap_or_default();
    if address::decode(&id.owner).is_none() {
        return sdk(code::INVALID_ADDRESS, "DeploymentID: Invalid Owner Address");
    }
    if id.dseq == 0 {
        return sdk(
            code::INVALID_SEQUENCE,
            "DeploymentID: Invalid Deployment Sequence",
        );
    }
    Ok(id)
}

/// **Errors** as [`deployment_id`].
pub fn group_id(id: Option<&GroupId>) -> Outcome<GroupId> {
    let id = id.cloned().unwrap_or_default();
    deployment_id(Some(&id.deployment()))?;
    if id.gseq == 0 {
        return sdk(code::INVALID_SEQUENCE, "GroupID: Invalid Group Sequence");
    }
    Ok(id)
}

/// Coin and sources of a deposit. **Errors** `sdk` 10, `deposit` 1.
pub fn deposit(deposit: Option<&Deposit>) -> Outcome<((String, u128), Vec<i32>)> {
    let empty = Deposit::default();
    let deposit = deposit.unwrap_or(&empty);
    let coin = bank::coin(deposit.amount.as_ref())?;
    let mut sources: Vec<i32> = Vec::new();
    for source in &deposit.sources {
        if !(1..=2).contains(source) || sources.contains(source) {
            return fail(
                "deposit",
                1,
                format!("invalid deposit source type {source}"),
            );
        }
        sources.push(*source);
    }
    if sources.is_empty() {
        return fail(
            "deposit",
            1,
            "empty deposit sources: invalid deposit source",
        );
    }
    Ok((coin, sources))
}

/// Denom and price of a group: sum of count times price. **Errors** `deployment` 24.
pub fn group_price(group: &GroupSpec) -> Outcome<(String, Dec)> {
    let mut total: Option<(String, Dec)> = None;
    for unit in &group.resources {
        let (denom, price) = unit_price(unit)?;
        let full = price.times(u128::from(unit.count));
        total = Some(match total {
            None => (denom, full),
            Some((first, sum)) if first == denom => (first, sum + full),
            Some(_) => return err(7, "multi-denonimation group: Invalid groups"),
        });
    }
    Ok(total.unwrap_or_default())
}

/// Denom and price of one unit. **Errors** `deployment` 7.
pub fn unit_price(unit: &ResourceUnit) -> Outcome<(String, Dec)> {
    let price = unit.price.clone().unwrap_or_default();
    match (
        bank::amount_of(&price.denom, "0"),
        Dec::from_wire(&price.amount),
    ) {
        (Ok((denom, _)), Some(amount)) if !amount.is_negative() => Ok((denom, amount)),
        _ => err(7, "error: invalid price object: Invalid groups"),
    }
}

fn validate_groups(groups: &[GroupSpec]) -> Outcome<()> {
    // The handler wraps whatever it finds in its own error: code 7 with the inner text.
    let wrap = |log: &str| Failure {
        codespace: SPACE,
        code: 7,
        log: format!("{log}: Invalid groups"),
    };
    let mut names: Vec<&str> = Vec::new();
    let mut first = None;
    for group in groups {
        let (denom, _) = group_price(group)?;
        match &first {
            None => first = Some(denom),
            Some(f) if *f == denom => {}
            Some(f) => {
                let log = format!("inconsistent group denomination: {f} != {denom}: invalid price");
                return Err(wrap(&log));
            }
        }
        validate_group(group)?;
        if names.contains(&group.name.as_str()) {
            let name = &group.name;
            let log = format!("duplicate deployment group name {name}: duplicate group name");
            return Err(wrap(&log));
        }
        names.push(&group.name);
    }
    match first.as_deref() {
        Some(UACT) => Ok(()),
        Some("") | None => Err(wrap("unsupported denomination : invalid price")),
        Some(denom) => err(
            24,
            &format!("unsupported denomination {denom}: invalid price"),
        ),
    }
}

fn validate_group(group: &GroupSpec) -> Outcome<()> {
    // Errors of the shared validation are plain ones in Go: the ABCI reports them as internal.
    let plain = |log: String| fail("undefined", 1, log);
    if group.name.is_empty() {
        return plain("empty group spec name denomination".into());
    }
    let mut ids = Vec::new();
    let (mut cpu, mut memory, mut gpu) = (0u128, 0u128, 0u128);
    for unit in &group.resources {
        let Some(r) = &unit.resource else {
            return plain("error: invalid resources ID (> 0 fails)".into());
        };
        if r.id == 0 {
            return plain("error: invalid resources ID (> 0 fails)".into());
        }
        let Some(c) = &r.cpu else {
            return plain("error: invalid unit CPU, cannot be nil".into());
        };
        let Some(g) = &r.gpu else {
            return plain("error: invalid unit GPU, cannot be nil".into());
        };
        let Some(m) = &r.memory else {
            return plain("error: invalid unit memory, cannot be nil".into());
        };
        if r.storage.is_empty() {
            return plain("error: invalid unit storage, cannot be nil".into());
        }
        let c_units = quantity(c.units.as_ref(), "CPU", 10, 384_000)?;
        let g_units = quantity(g.units.as_ref(), "GPU", 0, 24)?;
        let m_bytes = quantity(m.quantity.as_ref(), "memory", MIB, 2 * TIB)?;
        if g_units == 0 && !g.attributes.is_empty() {
            let log = "error: invalid GPU state. attributes cannot be present if units == 0";
            return plain(log.into());
        }
        for list in [&c.attributes, &g.attributes, &m.attributes] {
            validate_attributes(list)?;
        }
        for volume in &r.storage {
            quantity(volume.quantity.as_ref(), "storage", 5 * MIB, 32 * TIB)?;
            validate_attributes(&volume.attributes)?;
        }
        if ids.contains(&r.id) {
            return plain(format!("duplicate resources ID ({}) within group", r.id));
        }
        ids.push(r.id);
        let count = u128::from(unit.count);
        cpu += c_units * count;
        memory += m_bytes * count;
        gpu += g_units * count;
    }
    if cpu == 0 || cpu > 19_200_000 {
        return plain(format!("invalid total CPU (19200000 > {cpu} > 0 fails)"));
    }
    if gpu > 1_200 {
        return plain(format!("invalid total GPU (1200 > {gpu} > 0 fails)"));
    }
    if memory == 0 || memory > 100 * TIB {
        return plain(format!(
            "invalid total memory ({} > {memory} > 0 fails)",
            100 * TIB
        ));
    }
    for unit in &group.resources {
        let (denom, price) = unit_price(unit)?;
        if price > Dec::whole(MAX_UNIT_PRICE) {
            let log =
                format!("error: invalid unit price ({MAX_UNIT_PRICE} > {price}{denom} fails)");
            return plain(format!("group {}: {log}", group.name));
        }
    }
    Ok(())
}

fn quantity(value: Option<&ResourceValue>, what: &str, min: u128, max: u128) -> Outcome<u128> {
    let parsed = value.and_then(number);
    match parsed {
        Some(n) if (min..=max).contains(&n) => Ok(n),
        got => {
            let got = got.map_or_else(|| "nothing".to_owned(), |n| n.to_string());
            fail(
                "undefined",
                1,
                format!("error: invalid unit {what} ({max} > {got} > {min} fails)"),
            )
        }
    }
}

/// Decimal digits of a resource value.
pub fn number(value: &ResourceValue) -> Option<u128> {
    std::str::from_utf8(&value.val)
        .ok()
        .filter(|t| !t.is_empty())
        .and_then(|t| t.parse().ok())
}

/// **Errors** `akash` 1 and 2. **Source** chain-sdk, `go/node/types/attributes/v1`.
pub fn validate_attributes(attributes: &[Attribute]) -> Outcome<()> {
    let mut seen = Vec::new();
    for Attribute { key, .. } in attributes {
        // ^([a-zA-Z][\w\/\.\-]{1,126}[\w\*]?)$
        let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        let middle = |c: u8| word(c) || b"/.-".contains(&c);
        let bytes = key.as_bytes();
        let plain = bytes.iter().skip(1).all(|c| middle(*c)) && (2..=127).contains(&bytes.len());
        let ended = match bytes.split_last() {
            Some((last, head)) => {
                (word(*last) || *last == b'*')
                    && head.iter().skip(1).all(|c| middle(*c))
                    && (2..=127).contains(&head.len())
            }
            None => false,
        };
        if !bytes.first().is_some_and(u8::is_ascii_alphabetic) || !(plain || ended) {
            return fail("akash", 2, "attribute key does not match regexp");
        }
        if seen.contains(&key) {
            return fail("akash", 1, "attributes cannot have duplicate keys");
        }
        seen.push(key);
    }
    Ok(())
}
