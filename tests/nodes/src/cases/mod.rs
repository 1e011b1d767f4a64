//! What a chain does with our bytes, case by case: the same on the SDK and on the stand-in.
//!
//! Each case is a row with what is expected, so that either chain alone can fail it; a difference
//! between the two cannot hide. Cases have accounts of their own and may run in any order.

mod door;
mod permissions;
mod readings;

use crate::actor::Actor;
use crate::raw::Raw;
use crate::world::{CHAIN_ID, Fate, World, submit, tip};
use anyhow::{Context, Result};
use orchestrator::akash::gas;
use orchestrator::akash::message::Message;
use orchestrator::akash::read::{
    self, account_reply, account_request, balance_reply, balance_request,
};
use orchestrator::akash::tx::{Order, SignedTx, TxPlan};
use orchestrator::kernel::Nanos;
use std::cell::Cell;

/// What nodes ask for. **Units** thousandths of a uakt per gas.
const PRICE: u64 = 25;

/// How long transactions of the cases live. **Units** ns.
const LIFE: Nanos = 120_000_000_000;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was done.
    pub desc: String,
    /// What has to come of it.
    pub expected: String,
    /// What came of it.
    pub got: String,
}

impl Row {
    /// Whether it is as it has to be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.expected == self.got
    }
}

/// How much gas a transaction of ours took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasRow {
    /// What it did.
    pub desc: String,
    /// What it asked for.
    pub limit: u64,
    /// What it took.
    pub used: u64,
}

/// What all cases found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Outcomes.
    pub rows: Vec<Row>,
    /// Gas of the transactions that did what they are for.
    pub gas: Vec<GasRow>,
}

/// Names of all accounts that the cases want to be funded.
const NAMES: [&str; 10] = [
    "door",
    "order",
    "twin",
    "fees",
    "granter",
    "grantee of more",
    "single",
    "partner",
    "reader",
    "prober",
];

/// All accounts that have to be funded at the beginning of a chain.
#[must_use]
pub fn actors() -> Vec<Actor> {
    let mut actors: Vec<Actor> = NAMES.iter().map(|name| Actor::new(name)).collect();
    actors.push(crate::node::feeder());
    actors
}

/// Runs every case. **Errors** the chain does not answer; what it answers is in the rows.
pub fn run(world: &mut impl World) -> Result<Findings> {
    let mut stage = Stage {
        world,
        findings: Findings::default(),
        nonce: Cell::new(0),
    };
    door::run(&mut stage).context("at the door")?;
    permissions::run(&mut stage).context("permissions")?;
    readings::run(&mut stage).context("readings")?;
    Ok(stage.findings)
}

struct Stage<'a, W> {
    world: &'a mut W,
    findings: Findings,
    /// Makes every timeout another one.
    nonce: Cell<u64>,
}

impl<W: World> Stage<'_, W> {
    fn row(&mut self, desc: &str, expected: &str, got: impl ToString) {
        self.findings.rows.push(Row {
            desc: desc.into(),
            expected: expected.into(),
            got: got.to_string(),
        });
    }

    /// Sends a transaction, waits, and notes what became of it.
    fn fate(&mut self, desc: &str, expected: &str, tx: &SignedTx) -> Result<Fate> {
        let fate = submit(self.world, tx)?;
        self.row(desc, expected, &fate);
        Ok(fate)
    }

    /// A transaction of ours as the product makes it; its gas is noted when it is included.
    fn ours(&mut self, desc: &str, expected: &str, plan: &TxPlan, signer: &Actor) -> Result<Fate> {
        let tx = signer.transaction(plan, CHAIN_ID);
        let fate = self.fate(desc, expected, &tx)?;
        if let Fate::Included(_) = &fate {
            let request = read::tx_request(&self.world.rest(), &tx.hash);
            let response = self.world.send(&request)?;
            let answer: serde_json::Value = serde_json::from_slice(&response.body)?;
            let used = answer
                .pointer("/tx_response/gas_used")
                .and_then(|v| v.as_str());
            let used = used
                .context("a receipt without gas")?
                .parse()
                .context("gas")?;
            self.findings.gas.push(GasRow {
                desc: desc.into(),
                limit: plan.gas,
                used,
            });
        }
        Ok(fate)
    }

    /// A timeout that no other transaction has.
    fn timeout(&mut self) -> Result<Nanos> {
        self.nonce.set(self.nonce.get() + 1);
        Ok(tip(self.world)?.time_ns + LIFE + self.nonce.get())
    }

    /// An account's number and sequence. **Errors** there is no such account.
    fn account(&mut self, who: &str) -> Result<read::Account> {
        let request = account_request(&self.world.rest(), who);
        account_reply(&self.world.send(&request)?)?.with_context(|| format!("no account {who}"))
    }

    fn balance(&mut self, who: &str, denom: &str) -> Result<u64> {
        let request = balance_request(&self.world.rest(), who, denom);
        Ok(balance_reply(&self.world.send(&request)?)?)
    }

    fn balance_row(&mut self, desc: &str, expected: &str, who: &str, denom: &str) -> Result<()> {
        let got = self.balance(who, denom)?;
        self.row(desc, expected, got);
        Ok(())
    }

    fn sequence_row(&mut self, desc: &str, expected: &str, who: &Actor) -> Result<()> {
        let got = self.account(&who.address)?.sequence;
        self.row(desc, expected, got);
        Ok(())
    }

    /// An unordered transaction as the product makes them.
    fn plan(&mut self, signer: &Actor, messages: Vec<Message>) -> Result<TxPlan> {
        let gas = gas::limit(&messages);
        Ok(TxPlan {
            messages,
            memo: String::new(),
            public_key: signer.public_key(),
            account_number: self.account(&signer.address)?.number,
            order: Order::Unordered,
            timeout_ns: Some(self.timeout()?),
            gas,
            fee: gas::fee(gas, PRICE).context("a fee")?,
            granter: None,
        })
    }

    /// An ordered transaction made apart from the product.
    fn raw(&mut self, signer: &Actor, messages: Vec<akash_standin::proto::Any>) -> Result<Raw> {
        let account = self.account(&signer.address)?;
        Ok(Raw {
            messages,
            account_numbers: vec![account.number],
            sequences: vec![account.sequence],
            gas: 400_000,
            fee: 10_000,
            ..Raw::default()
        })
    }
}

/// A send of ours.
fn send(from: &Actor, to: &str, denom: &str, amount: u128) -> Message {
    Message::Send {
        from: from.address.clone(),
        to: to.into(),
        denom: denom.into(),
        amount,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::StandIn;

    #[test]
    fn should_hold_on_the_stand_in() {
        let findings = run(&mut StandIn::new(&actors())).expect("it answers");
        let wrong: Vec<&Row> = findings.rows.iter().filter(|row| !row.holds()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(findings.rows.len() > 100, "{}", findings.rows.len());
        let dry = findings.gas.iter().find(|row| row.used > row.limit);
        assert_eq!(dry, None);
    }

    #[test]
    fn should_notice_a_wrong_row() {
        let row = |got: &str| Row {
            desc: String::new(),
            expected: "included".into(),
            got: got.into(),
        };
        assert!(row("included").holds());
        assert!(!row("failed sdk 5").holds());
    }
}
