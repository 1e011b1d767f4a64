//! Everything that the treasury knows, rebuilt from its events alone.
//!
//! [`State::apply`] is the only writer. It is total: an event that does not fit changes nothing
//! and is counted, so that a log always replays.
//!
//! Everything here can be written down and read back ([`crate::log::snapshot`]), and none of it
//! grows with the number of events: what grows is in the log.

mod booking;
mod event;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
pub(crate) mod tests;

pub use event::{
    BudgetSeen, Change, Config, EscrowSeen, Event, GrantPlan, Observation, Order, OwnSeen, Rates,
    Recorded,
};

use crate::book::{Account, Asset, Book, Draft, Entry, OrderRef};
use crate::budget::{Budget, Phase};
use crate::icp::{self, Icp};
use crate::limits::{
    MAX_REASON_BYTES, MAX_TRANSACTIONS, RESIGN, RESIGN_MAX, RETRY, RETRY_MAX, SECOND_LOOK,
};
use crate::swap::{self, Swaps, booked};
use minicbor::{Decode, Encode};
use orchestrator::akash::tx::SignedTx;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{Uact, Uakt};
use std::collections::BTreeMap;

/// The treasury.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct State {
    /// What it was installed with.
    #[n(0)]
    pub config: Option<Config>,
    /// T.
    #[n(1)]
    pub own: Option<OwnAccount>,
    /// By id.
    #[n(2)]
    pub budgets: BTreeMap<String, Budget>,
    /// Every adopted order, by nonce.
    #[n(3)]
    pub orders: BTreeMap<u64, Adopted>,
    /// The one transaction of T whose fate is not known.
    #[n(4)]
    pub flight: Option<Flight>,
    /// The newest transactions, oldest first.
    #[n(5)]
    pub transactions: Vec<Transaction>,
    /// Every movement of money.
    #[n(6)]
    pub book: Book,
    /// The last rates.
    #[n(7)]
    pub rates: Option<Rates>,
    /// Failures since something last went well.
    #[n(8)]
    pub retry: Retry,
    /// No timeout of a transaction is used twice: the next one is later.
    #[n(9)]
    pub last_timeout: Nanos,
    /// Events that did not fit and changed nothing: an audit finding when it is not zero.
    #[n(10)]
    pub ignored: u64,
    /// Swaps.
    #[n(20)]
    pub swap: Swaps,
    /// ICP on its ledger.
    #[n(21)]
    pub icp: Icp,
}

/// T on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OwnAccount {
    /// Its key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub public_key: [u8; 33],
    /// Its address.
    #[n(1)]
    pub address: String,
    /// Its number, once something was sent to it.
    #[n(2)]
    pub account_number: Option<u64>,
    /// What it held when last read.
    #[n(3)]
    pub uakt: Uakt,
    /// What it held when last read.
    #[n(4)]
    pub uact: Uact,
    /// When it was last read, with all budgets; 0 is never.
    #[n(5)]
    pub read_at: Nanos,
    /// Block of that reading.
    #[n(6)]
    pub read_height: u64,
    /// When every running deployment was last read too.
    #[n(7)]
    pub thorough_at: Nanos,
    /// What the books did not explain at that reading, more being positive: uakt, uact.
    #[cbor(n(8), with = "crate::codec::amounts")]
    pub unexplained: (i128, i128),
    /// When to look again at what the books did not explain.
    #[n(9)]
    pub look_again: Option<Nanos>,
    /// Block of the last transaction of T. Older readings are not believed.
    #[n(10)]
    pub tx_height: u64,
}

/// An adopted order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Adopted {
    /// What it says.
    #[n(0)]
    pub order: Order,
    /// SHA-256 of the payload that was voted on.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
    /// When.
    #[n(2)]
    pub at: Nanos,
}

/// A transaction whose fate is not known.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Flight {
    /// What it does.
    #[n(0)]
    pub plan: GrantPlan,
    /// What is sent.
    #[n(1)]
    pub tx: SignedTx,
    /// After a block time later than this it is dead.
    #[n(2)]
    pub timeout_ns: Nanos,
    /// What T pays for it.
    #[n(3)]
    pub fee: Uakt,
    /// When a node last took it.
    #[n(4)]
    pub accepted_at: Option<Nanos>,
    /// Looks in vain since it was last sent.
    #[n(5)]
    pub looks: u32,
    /// When it was last looked for in vain.
    #[n(6)]
    pub looked_at: Nanos,
    /// How often it was sent: the next endpoint is tried each time.
    #[n(7)]
    pub sends: u32,
    /// Which nodes refused it, and why.
    #[n(8)]
    pub refusals: BTreeMap<String, String>,
}

/// A transaction, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Transaction {
    /// For which budget.
    #[n(0)]
    pub budget: String,
    /// What it does.
    #[n(1)]
    pub what: String,
    /// Upper-case hexadecimal.
    #[n(2)]
    pub hash: String,
    /// What became of it.
    #[n(3)]
    pub state: TxState,
    /// When it was signed.
    #[n(4)]
    pub signed_at: Nanos,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TxState {
    /// Signed, perhaps sent.
    #[n(0)]
    Sent,
    /// In a block, and did what it is for.
    #[n(1)]
    Included(#[n(0)] u64),
    /// In a block, without effect.
    #[n(2)]
    Failed(#[n(0)] String),
    /// In no block, and never will be.
    #[n(3)]
    Dead,
}

impl std::fmt::Display for TxState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sent => f.write_str("sent"),
            Self::Included(height) => write!(f, "included at {height}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Dead => f.write_str("dead"),
        }
    }
}

/// Failures since something last went well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Retry {
    /// How many.
    #[n(0)]
    pub tries: u32,
    /// Nothing before.
    #[n(1)]
    pub not_before: Nanos,
    /// The last one, in words.
    #[n(2)]
    pub why: String,
}

/// Rebuilds everything from a log.
#[must_use]
pub fn replay<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> State {
    let mut state = State::default();
    for recorded in log {
        state.apply(recorded);
    }
    state
}

impl Recorded {
    /// As the log keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("no write fails in memory")
    }

    /// **Errors** bytes that no version of this canister wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(bytes)
    }
}

impl State {
    /// Applies one recorded event, and says what it did to the books. Replay calls this line alone.
    pub fn apply(&mut self, recorded: &Recorded) -> Vec<Entry> {
        let at = recorded.at;
        if self.try_apply(at, &recorded.event).is_none() {
            self.ignored += 1;
        } else {
            self.count_failures(at, &recorded.event);
        }
        self.book.take_entries()
    }

    fn count_failures(&mut self, at: Nanos, event: &Event) {
        match event {
            Event::TxUnanswered => self.fail(at, "no endpoint has taken the transaction yet"),
            Event::Fruitless { why } => self.fail(at, why),
            // These come from elsewhere and say nothing about the endpoints.
            Event::Adopted { .. } | Event::RatesRead { .. } | Event::Swap(_) | Event::Icp(_) => {}
            _ => self.retry = Retry::default(),
        }
    }

    fn fail(&mut self, at: Nanos, why: &str) {
        let wait = backed_off(RETRY, self.retry.tries, RETRY_MAX);
        self.retry = Retry {
            tries: self.retry.tries.saturating_add(1),
            not_before: at.saturating_add(wait),
            why: cut(why),
        };
    }

    /// `None` when the event does not fit.
    fn try_apply(&mut self, at: Nanos, event: &Event) -> Option<()> {
        match event {
            Event::Configured { config } => self.config = Some(config.clone()),
            Event::Adopted {
                order,
                payload_hash,
            } => self.adopted(at, order, *payload_hash)?,
            Event::AccountDerived {
                public_key,
                address,
            } => {
                if self.own.is_some() {
                    return None;
                }
                self.own = Some(OwnAccount {
                    public_key: *public_key,
                    address: address.clone(),
                    account_number: None,
                    uakt: Uakt::ZERO,
                    uact: Uact::ZERO,
                    read_at: 0,
                    read_height: 0,
                    thorough_at: 0,
                    unexplained: (0, 0),
                    look_again: None,
                    tx_height: 0,
                });
            }
            Event::OwnerDerived { budget, owner } => {
                self.budgets.get_mut(budget)?.owner = Some(owner.clone());
            }
            Event::Observed { seen } => self.observed(at, seen)?,
            Event::Credited { budget, uact, uakt } => self.credited(budget, *uact, *uakt)?,
            Event::Released { budget, uact, uakt } => self.released(budget, *uact, *uakt)?,
            Event::ChangeBegan { budget, why } => {
                self.budgets.get_mut(budget)?.begin_change(why, at);
            }
            Event::ChangeEnded { budget } => {
                let budget = self.budgets.get_mut(budget)?;
                if budget.phase == Phase::Closed {
                    return None;
                }
                budget.phase = Phase::Open;
                budget.change_since = None;
                budget.change_why.clear();
                budget.quiet = false;
            }
            Event::RatesRead { rates } => self.rates = Some(*rates),
            Event::Fruitless { .. } => {}
            Event::Swap(event) => self.apply_swap(at, event)?,
            Event::Icp(event) => self.apply_icp(event)?,
            Event::TxSigned { .. }
            | Event::TxAccepted
            | Event::TxRefused { .. }
            | Event::TxUnanswered
            | Event::TxIncluded { .. }
            | Event::TxFailed { .. }
            | Event::TxPending
            | Event::TxDead => self.transaction(at, event)?,
        }
        Some(())
    }

    /// `None` when the event does not fit.
    fn apply_swap(&mut self, at: Nanos, event: &swap::Event) -> Option<()> {
        let mut draft = Draft::default();
        self.swap.apply(&mut self.icp, at, event, &mut draft)?;
        self.book.post(draft);
        Some(())
    }

    /// `None` when the event does not fit.
    fn apply_icp(&mut self, event: &icp::Event) -> Option<()> {
        let mut draft = Draft::default();
        let booked = match event {
            icp::Event::BudgetSeen { budget, .. } => self.booked_icp(budget),
            _ => 0,
        };
        let done = self.icp.apply(event, booked, &mut draft)?;
        if let Some(done) = done {
            self.swap.paid(&done.purpose, done.block);
        }
        self.book.post(draft);
        Some(())
    }

    /// What the subaccount of a budget should hold. **Units** e8s.
    #[must_use]
    pub fn booked_icp(&self, budget: &str) -> i128 {
        let own = Account::Budget(budget.to_string());
        booked(&self.swap, &self.icp, budget) + self.book.balance(&own, Asset::Icp)
    }

    fn adopted(&mut self, at: Nanos, order: &Order, payload_hash: [u8; 32]) -> Option<()> {
        if self.orders.contains_key(&order.nonce) {
            return None;
        }
        let adopted = Adopted {
            order: order.clone(),
            payload_hash,
            at,
        };
        self.orders.insert(order.nonce, adopted);
        let reference = OrderRef {
            nonce: order.nonce,
            payload_hash,
        };
        let rank = self.budgets.len() as u64;
        match self.budgets.get_mut(&order.budget) {
            Some(budget) => budget.change(order, reference, at),
            None => {
                let budget = Budget::new(order, reference, rank);
                self.budgets.insert(order.budget.clone(), budget);
            }
        }
        Some(())
    }

    fn credited(&mut self, id: &str, uact: Uact, uakt: Uakt) -> Option<()> {
        let mut draft = Draft::new("credited to the budget");
        draft.order = Some(self.budgets.get(id)?.order);
        let to = || Account::Budget(id.to_string());
        draft.transfer(Asset::Uact, Account::Unallocated, to(), uact.0);
        draft.transfer(Asset::Uakt, Account::Unallocated, to(), uakt.0);
        self.book.post(draft);
        Some(())
    }

    fn released(&mut self, id: &str, uact: Uact, uakt: Uakt) -> Option<()> {
        let mut draft = Draft::new("no longer promised to the budget");
        draft.order = Some(self.budgets.get(id)?.order);
        let from = || Account::Budget(id.to_string());
        draft.transfer(Asset::Uact, from(), Account::Unallocated, uact.0);
        draft.transfer(Asset::Uakt, from(), Account::Unallocated, uakt.0);
        self.book.post(draft);
        Some(())
    }

    fn transaction(&mut self, at: Nanos, event: &Event) -> Option<()> {
        if let Event::TxSigned {
            plan,
            bytes,
            hash,
            timeout_ns,
            fee,
        } = event
        {
            if self.flight.is_some() {
                return None;
            }
            self.last_timeout = self.last_timeout.max(*timeout_ns);
            self.transactions.push(Transaction {
                budget: plan.budget.clone(),
                what: plan.to_string(),
                hash: hash.clone(),
                state: TxState::Sent,
                signed_at: at,
            });
            if self.transactions.len() > MAX_TRANSACTIONS {
                self.transactions.remove(0);
            }
            self.flight = Some(Flight {
                plan: plan.clone(),
                tx: SignedTx {
                    bytes: bytes.clone(),
                    hash: hash.clone(),
                },
                timeout_ns: *timeout_ns,
                fee: *fee,
                accepted_at: None,
                looks: 0,
                looked_at: 0,
                sends: 0,
                refusals: BTreeMap::new(),
            });
            return Some(());
        }
        let flight = self.flight.as_mut()?;
        match event {
            Event::TxAccepted => {
                flight.accepted_at = Some(at);
                flight.looks = 0;
                flight.sends = flight.sends.saturating_add(1);
            }
            Event::TxRefused { endpoint, why } => {
                flight.refusals.insert(endpoint.clone(), cut(why));
                flight.sends = flight.sends.saturating_add(1);
            }
            Event::TxUnanswered => flight.sends = flight.sends.saturating_add(1),
            Event::TxPending => {
                flight.looks = flight.looks.saturating_add(1);
                flight.looked_at = at;
            }
            Event::TxIncluded { height } => self.included(at, *height)?,
            Event::TxFailed { height, code, log } => {
                let why = format!("{code}: {}", cut(log));
                self.pay_fee(*height, "gas of a transaction of T that failed")?;
                self.landed(at, TxState::Failed(why.clone()), Some(why))?;
            }
            Event::TxDead => {
                let refusal = flight.refusals.values().next().cloned();
                let why = refusal.unwrap_or_else(|| "it died by its timeout".into());
                self.landed(at, TxState::Dead, Some(why))?;
            }
            _ => return None,
        }
        Some(())
    }

    /// What the transaction in flight was for is on the chain now.
    fn included(&mut self, at: Nanos, height: u64) -> Option<()> {
        self.pay_fee(height, "gas of a transaction of T")?;
        let plan = self.flight.as_ref()?.plan.clone();
        let id = &plan.budget;
        let budget = self.budgets.get_mut(id)?;
        budget.set_height = height;
        budget.set_since_read = true;
        // What a grant does not let the budget use any more is free again. Before this block it
        // was not: two budgets could have been granted the same money.
        let mut draft = Draft::new("no longer granted to the budget");
        draft.order = Some(budget.order);
        draft.tx_hash = Some(self.flight.as_ref()?.tx.hash.clone());
        draft.height = Some(height);
        let account = Account::Budget(id.clone());
        let limit = changed(&plan.deposit);
        let gas = changed(&plan.fees);
        if let Some(limit) = limit {
            budget.limit = limit;
            budget.limit_set = limit;
            let left = self.book.amount(&account, Asset::Uact);
            let free = left.saturating_sub(limit.unwrap_or_default().0);
            draft.transfer(Asset::Uact, account.clone(), Account::Unallocated, free);
        }
        if let Some(gas) = gas {
            budget.gas = gas;
            budget.gas_set = gas;
            let left = self.book.amount(&account, Asset::Uakt);
            let free = left.saturating_sub(gas.unwrap_or_default().0);
            draft.transfer(Asset::Uakt, account, Account::Unallocated, free);
        }
        self.book.post(draft);
        self.landed(at, TxState::Included(height), None)
    }

    /// Books what T paid for the transaction in flight.
    fn pay_fee(&mut self, height: u64, why: &str) -> Option<()> {
        let flight = self.flight.as_ref()?;
        let id = &flight.plan.budget;
        let mut draft = Draft::new(why);
        draft.order = self.budgets.get(id).map(|budget| budget.order);
        draft.tx_hash = Some(flight.tx.hash.clone());
        draft.height = Some(height);
        draft.transfer(
            Asset::Uakt,
            Account::Unallocated,
            Account::OwnGas(id.clone()),
            flight.fee.0,
        );
        self.book.post(draft);
        let own = self.own.as_mut()?;
        own.tx_height = own.tx_height.max(height);
        Some(())
    }

    /// The transaction in flight is no longer: for the record, and for the wait before the next.
    fn landed(&mut self, at: Nanos, became: TxState, failure: Option<String>) -> Option<()> {
        let flight = self.flight.take()?;
        let mut log = self.transactions.iter_mut().rev();
        if let Some(entry) = log.find(|entry| entry.hash == flight.tx.hash) {
            entry.state = became;
        }
        let budget = self.budgets.get_mut(&flight.plan.budget)?;
        match failure {
            None => {
                budget.failures = 0;
                budget.failure = None;
            }
            Some(why) => {
                let wait = backed_off(RESIGN, budget.failures, RESIGN_MAX);
                budget.failures = budget.failures.saturating_add(1);
                budget.failure = Some(why);
                budget.not_before = at.saturating_add(wait);
                // What stands on the chain may not be what we thought: it is read again.
                budget.read_at = 0;
            }
        }
        Some(())
    }

    fn observed(&mut self, at: Nanos, seen: &Observation) -> Option<()> {
        let own = self.own.as_ref()?;
        if seen.height < own.tx_height || seen.height < own.read_height {
            return None;
        }
        for budget in &seen.budgets {
            self.see_budget(at, seen, budget);
        }
        if let Some(found) = &seen.own {
            self.see_own(at, seen, found);
        }
        Some(())
    }

    /// Compares T with the books. What was there at the first reading is as it is; what differs
    /// later goes to suspense once it was seen twice.
    fn see_own(&mut self, at: Nanos, seen: &Observation, found: &OwnSeen) {
        let difference = |asset, held: u64| i128::from(held) - self.book.held(asset);
        let now = (
            difference(Asset::Uakt, found.uakt.0),
            difference(Asset::Uact, found.uact.0),
        );
        let Some(own) = &mut self.own else { return };
        let first = own.account_number.is_none() && found.account_number.is_some();
        let again = own.unexplained == now;
        own.account_number = found.account_number.or(own.account_number);
        own.uakt = found.uakt;
        own.uact = found.uact;
        own.read_at = at;
        own.read_height = seen.height;
        if seen.thorough {
            own.thorough_at = at;
        }
        own.look_again = None;
        own.unexplained = (0, 0);
        if now == (0, 0) || found.account_number.is_none() {
            return;
        }
        if !first && !again {
            own.unexplained = now;
            own.look_again = Some(at.saturating_add(SECOND_LOOK));
            return;
        }
        let (account, why) = if first {
            (Account::Outside, "found in the account T")
        } else {
            (
                Account::Suspense,
                "T differs from the books, and no entry explains it",
            )
        };
        let mut draft = Draft::new(why);
        draft.height = Some(seen.height);
        for (asset, amount) in [(Asset::Uakt, now.0), (Asset::Uact, now.1)] {
            let size = u64::try_from(amount.unsigned_abs()).unwrap_or(u64::MAX);
            if amount > 0 {
                draft.transfer(asset, account.clone(), Account::Unallocated, size);
            } else {
                draft.transfer(asset, Account::Unallocated, account.clone(), size);
            }
        }
        self.book.post(draft);
    }
}

/// What a permission is after a change; `None` when it stays.
fn changed<T: Copy>(change: &Change<T>) -> Option<Option<T>> {
    match change {
        Change::Keep => None,
        Change::Grant(limit) => Some(Some(*limit)),
        Change::Revoke => Some(None),
    }
}

/// `first`, doubled for each failure before, at most `most`.
fn backed_off(first: Nanos, failures: u32, most: Nanos) -> Nanos {
    first.saturating_mul(1 << failures.min(20)).min(most)
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_REASON_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_string()
}

/// For people: `deposits 5 uact, gas kept`.
impl std::fmt::Display for GrantPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.deposit {
            Change::Keep => f.write_str("deposits as they are")?,
            Change::Grant(limit) => write!(f, "deposits up to {limit}")?,
            Change::Revoke => f.write_str("no more deposits")?,
        }
        match &self.fees {
            Change::Keep => f.write_str(", gas as it is"),
            Change::Grant(limit) => write!(f, ", gas up to {limit}"),
            Change::Revoke => f.write_str(", no more gas"),
        }
    }
}
