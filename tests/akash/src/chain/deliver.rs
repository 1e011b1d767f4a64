//! Messages in a block: all or nothing.

use super::ante::{Mode, out_of_gas};
use super::failure::{Failure, Outcome};
use super::tx::{Msg, Tx};
use super::{Ctx, State, gas};
use crate::address;
use crate::proto::{Any, LedgerRecordId, MsgBurnMintResponse, TxMsgData};
use prost::Message as _;

/// What became of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// `None` when everything worked.
    pub failure: Option<Failure>,
    /// Estimate.
    pub gas_used: u64,
    /// `TxMsgData`.
    pub data: Vec<u8>,
}

impl State {
    /// Runs a transaction. A failure of the checks changes nothing; a failure of a message keeps
    /// the fee and the sequence.
    pub fn deliver(&mut self, ctx: &Ctx, tx: &Tx) -> Executed {
        let mut checked = self.clone();
        let gas_used = match checked.ante(ctx, tx, Mode::Deliver) {
            Ok(used) => used,
            Err(failure) => {
                return Executed {
                    failure: Some(failure),
                    gas_used: 0,
                    data: Vec::new(),
                };
            }
        };
        *self = checked.clone();
        let wanted = tx.auth_info.fee.as_ref().map_or(0, |f| f.gas_limit);
        let mut used = gas_used;
        match checked.run(ctx, tx, wanted, &mut used) {
            Ok(data) => {
                *self = checked;
                Executed {
                    failure: None,
                    gas_used: used,
                    data: data.encode_to_vec(),
                }
            }
            Err(failure) => Executed {
                failure: Some(failure),
                gas_used: used,
                data: Vec::new(),
            },
        }
    }

    /// Runs a transaction on a copy, without looking at signatures or the gas limit: the gas that
    /// it would use.
    /// **Errors** those of the checks and of the messages.
    pub fn simulate(&self, ctx: &Ctx, tx: &Tx) -> Outcome<u64> {
        let mut copy = self.clone();
        let mut used = copy.ante(ctx, tx, Mode::Simulate)?;
        copy.run(ctx, tx, u64::MAX, &mut used)?;
        Ok(used)
    }

    fn run(&mut self, ctx: &Ctx, tx: &Tx, wanted: u64, used: &mut u64) -> Outcome<TxMsgData> {
        let mut data = TxMsgData::default();
        for (index, (url, msg)) in tx.messages.iter().enumerate() {
            *used += gas::message(self, msg);
            if *used > wanted {
                return out_of_gas(wanted, *used);
            }
            let value = self.execute_message(ctx, msg).map_err(|f| Failure {
                log: format!(
                    "failed to execute message; message index: {index}: {}",
                    f.log
                ),
                ..f
            })?;
            data.msg_responses.push(Any {
                type_url: format!("{url}Response"),
                value,
            });
        }
        Ok(data)
    }

    fn execute_message(&mut self, ctx: &Ctx, msg: &Msg) -> Outcome<Vec<u8>> {
        match msg {
            Msg::Send { from, to, coins } => self.send(from, to, coins)?,
            Msg::Refused { failure, .. } => return Err(failure.clone()),
            Msg::CreateVesting { from, to, terms } => {
                let vesting = terms.vesting(ctx.time_ns)?;
                self.create_vesting_account(from, to, vesting)?;
            }
            Msg::GrantDeposit {
                granter,
                grantee,
                grant,
            } => {
                self.grant_deposit(ctx, granter, grantee, grant.clone())?;
            }
            Msg::Revoke {
                granter,
                grantee,
                url,
            } => self.revoke(granter, grantee, url)?,
            Msg::GrantFees {
                granter,
                grantee,
                allowance,
            } => {
                self.grant_fees(ctx, granter, grantee, allowance.clone())?;
            }
            Msg::RevokeFees { granter, grantee } => self.revoke_fees(granter, grantee)?,
            Msg::Deposit {
                signer,
                id,
                coin,
                sources,
            } => {
                let deposits = self.authorize_deposit(ctx, signer, id.scope, coin, sources)?;
                self.escrow_deposit(ctx, id, deposits)?;
            }
            Msg::CreateDeployment(m) => self.create_deployment(ctx, m)?,
            Msg::UpdateDeployment { id, hash } => self.update_deployment(id, hash)?,
            Msg::CloseDeployment(id) => self.close_deployment(ctx, id)?,
            Msg::CloseGroup(id) => self.close_group(ctx, id)?,
            Msg::PauseGroup(id) => self.pause_group(ctx, id)?,
            Msg::StartGroup(id) => self.start_group(ctx, id)?,
            Msg::CreateBid(m) => self.create_bid(ctx, m)?,
            Msg::CloseBid { id, reason } => self.close_bid(ctx, id, *reason)?,
            Msg::CreateLease(id) => self.create_lease(ctx, id)?,
            Msg::CloseLease(id) => self.close_lease(ctx, id)?,
            Msg::WithdrawLease(id) => self.withdraw_lease(ctx, id)?,
            Msg::StartReclaim { id, reason } => self.start_reclaim(ctx, id, *reason)?,
            Msg::BurnMint {
                owner,
                to,
                coin,
                denom,
            } => {
                let id = self.request_burn_mint(ctx, owner, to, coin, denom)?;
                let id = LedgerRecordId {
                    denom: id.denom,
                    to_denom: id.to_denom,
                    source: address::encode(&id.source),
                    height: i64::try_from(id.height).expect("a height"),
                    sequence: i64::try_from(id.sequence).expect("a sequence"),
                };
                return Ok(MsgBurnMintResponse {
                    id: Some(id),
                    status: 0,
                }
                .encode_to_vec());
            }
            Msg::PutProvider { record, create } => self.put_provider(record, *create)?,
            Msg::SignAttributes(m) => self.sign_attributes(&m.owner, &m.auditor, &m.attributes),
            Msg::DeleteAttributes(m) => self.delete_attributes(&m.owner, &m.auditor, &m.keys)?,
        }
        Ok(Vec::new())
    }
}
