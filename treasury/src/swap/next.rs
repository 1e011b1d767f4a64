//! What to do now: the state and the surroundings come in, one act comes out.
//!
//! Failures of acts are not facts and are not recorded: [`Tries`] lives in memory, and an upgrade
//! merely makes everything due at once.

use super::fill::Fill;
use super::order::Sale;
use super::sweep::{Plan, SweepTx, Todo, todo};
use super::{Event, Swaps};
use crate::icp::{self, Arguments, From, Icp, Phase, Transfer, budget_subaccount};
use orchestrator::akash::ids::UAKT;
use orchestrator::akash::message::Message;
use orchestrator::akash::tx::{OrderedSigner, SignedTx, TxPlan};
use orchestrator::kernel::chain::{ChainConfig, Endpoint};
use orchestrator::kernel::money::Uakt;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::BTreeMap;

const SECOND: Nanos = NANOS_PER_SECOND;
const MINUTE: Nanos = 60 * SECOND;

/// After a fruitless act, doubled each time up to [`RETRY_MAX`].
const RETRY: Nanos = 5 * SECOND;

/// Longest wait after fruitless acts.
const RETRY_MAX: Nanos = 30 * MINUTE;

/// Between two readings of the subaccount of a budget that is selling.
const FUNDS_EVERY: Nanos = 5 * MINUTE;

/// Between two readings of the subaccount of any other budget.
const FUNDS_SELDOM: Nanos = 60 * MINUTE;

/// Longest wait for anything: nothing is missed for longer.
const IDLE: Nanos = 5 * MINUTE;

/// Life of a sweep: after that it is dead, and another with a higher fee is signed.
const SWEEP_LIFE: Nanos = 8 * MINUTE;

/// A sweep is sent again after so many looks in vain.
const LOOKS_BEFORE_RESEND: u32 = 4;

/// Addresses that are ready for the next fills of an order.
const SPARES: usize = 4;

/// What an act is about: its failures count apart from those of all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Random bytes for an order.
    Seed(u64),
    /// The next slice of an order.
    Draw(u64),
    /// The next address of an order.
    Address(u64),
    /// The subaccount of a budget.
    Budget(String),
    /// A ledger transfer.
    Transfer(u64),
    /// What is at the address of a fill.
    Probe(u64),
    /// The sweep of a fill.
    Sweep(u64),
    /// A header.
    Header,
}

/// Tries of an act since it last worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Try {
    /// How many.
    count: u32,
    /// Nothing before.
    not_before: Nanos,
}

/// Tries of all acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries(BTreeMap<Item, Try>);

impl Tries {
    /// Notes that an act had no result.
    pub fn failed(&mut self, item: Item, now: Nanos) {
        let tried = self.0.entry(item).or_default();
        let wait = RETRY
            .saturating_mul(1 << tried.count.min(20))
            .min(RETRY_MAX);
        tried.count = tried.count.saturating_add(1);
        tried.not_before = now.saturating_add(wait);
    }

    /// Notes that an act worked, and is not needed again before.
    pub fn worked(&mut self, item: Item, not_before: Nanos) {
        self.0.insert(
            item,
            Try {
                count: 0,
                not_before,
            },
        );
    }

    /// Counts an act that was done and whose effect shows later.
    pub fn counted(&mut self, item: Item, not_before: Nanos) {
        let tried = self.0.entry(item).or_default();
        tried.count = tried.count.saturating_add(1);
        tried.not_before = not_before;
    }

    /// Forgets an item.
    pub fn forget(&mut self, item: &Item) {
        self.0.remove(item);
    }

    fn of(&self, item: &Item) -> Try {
        self.0.get(item).copied().unwrap_or_default()
    }
}

/// The surroundings.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The chain and its endpoints; `None` before the canister is configured.
    pub chain: Option<&'a ChainConfig>,
    /// Address of T, once derived.
    pub own: Option<&'a str>,
    /// Whether two headers contradicted one another.
    pub is_frozen: bool,
    /// Whether headers cannot be verified: frozen, expired, or never anchored.
    pub is_dark: bool,
    /// Time of the newest verified header.
    pub newest_header: Option<Nanos>,
    /// Ids of all budgets.
    pub budgets: Vec<&'a str>,
    /// What did not work lately.
    pub tries: &'a Tries,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This act.
    Do(Box<Act>),
    /// Nothing before then.
    Wait(Nanos),
}

/// One act: at most one write to the world, and safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Record what follows from what is known.
    Conclude(Event),
    /// Likewise, about ICP.
    ConcludeIcp(icp::Event),
    /// Draw random bytes for the addresses of an order.
    Seed {
        /// Which order.
        order: u64,
    },
    /// Draw by lot when the next slice begins.
    Draw {
        /// Which order.
        order: u64,
        /// The earliest moment.
        from: Nanos,
        /// How much later it may be.
        most: Nanos,
    },
    /// Derive a single-use address.
    Derive {
        /// Which order.
        order: u64,
        /// Its number.
        fill: u64,
        /// Its path.
        path: Vec<Vec<u8>>,
    },
    /// Read the subaccount of a budget.
    ReadBudget {
        /// Which.
        budget: String,
        /// Where.
        subaccount: [u8; 32],
        /// When to read it next.
        again: Nanos,
    },
    /// Fix the arguments of a transfer.
    Prepare {
        /// Which.
        id: u64,
    },
    /// Ask for a transfer: recorded as tried in the same message.
    Transfer {
        /// Which.
        id: u64,
        /// All of it.
        arguments: Arguments,
    },
    /// Look for a transfer in the ledger's blocks.
    Search {
        /// Which.
        id: u64,
        /// From which block on.
        start: u64,
        /// All of it.
        arguments: Arguments,
        /// A search that begins later and does not find it decides.
        decided_after: Nanos,
    },
    /// Fetch a header and prove what is at the address of a fill.
    Probe {
        /// Which fill.
        fill: u64,
        /// Its address.
        address: String,
        /// The chain.
        chain: ChainConfig,
        /// T.
        own: String,
        /// The header must be later than this moment.
        later_than: Nanos,
        /// And of a later block than this.
        above: u64,
    },
    /// Fetch a header, so that the light client does not expire.
    FetchHeader {
        /// The chain.
        chain: ChainConfig,
    },
    /// Sign a sweep.
    SignSweep {
        /// Which fill.
        fill: u64,
        /// The chain.
        chain: ChainConfig,
        /// Path of the key.
        path: Vec<Vec<u8>>,
        /// What it does.
        plan: Plan,
        /// All of it.
        tx: TxPlan,
    },
    /// Send a sweep to one endpoint.
    SendSweep {
        /// Which fill.
        fill: u64,
        /// Where.
        endpoint: Endpoint,
        /// What.
        tx: SignedTx,
    },
    /// Ask what became of a sweep.
    ProbeSweep {
        /// Which fill.
        fill: u64,
        /// The chain.
        chain: ChainConfig,
        /// What.
        tx: SignedTx,
        /// When it dies.
        timeout_ns: Nanos,
    },
}

impl Act {
    /// What its failure counts for; `None` when it cannot fail.
    #[must_use]
    pub fn item(&self) -> Option<Item> {
        Some(match self {
            Self::Conclude(_) | Self::ConcludeIcp(_) => return None,
            Self::Seed { order } => Item::Seed(*order),
            Self::Draw { order, .. } => Item::Draw(*order),
            Self::Derive { order, .. } => Item::Address(*order),
            Self::ReadBudget { budget, .. } => Item::Budget(budget.clone()),
            Self::Prepare { id } | Self::Transfer { id, .. } | Self::Search { id, .. } => {
                Item::Transfer(*id)
            }
            Self::Probe { fill, .. } => Item::Probe(*fill),
            Self::FetchHeader { .. } => Item::Header,
            Self::SignSweep { fill, .. }
            | Self::SendSweep { fill, .. }
            | Self::ProbeSweep { fill, .. } => Item::Sweep(*fill),
        })
    }
}

/// Collects the first act that is due, and when the next one will be.
struct Agenda<'a> {
    now: Nanos,
    tries: &'a Tries,
    act: Option<Act>,
    until: Nanos,
}

impl Agenda<'_> {
    /// Proposes an act that is due at a moment.
    fn at(&mut self, due: Nanos, act: impl FnOnce() -> Act, item: &Item) {
        let due = due.max(self.tries.of(item).not_before);
        if due > self.now {
            self.until = self.until.min(due);
        } else if self.act.is_none() {
            self.act = Some(act());
        }
    }

    fn later(&mut self, due: Nanos) {
        if due > self.now {
            self.until = self.until.min(due);
        }
    }

    fn now(&mut self, act: Act) {
        if self.act.is_none() {
            self.act = Some(act);
        }
    }
}

/// What to do now.
#[must_use]
pub fn next(swaps: &Swaps, icp: &Icp, world: &World<'_>, now: Nanos) -> Step {
    let mut agenda = Agenda {
        now,
        tries: world.tries,
        act: None,
        until: now.saturating_add(IDLE),
    };
    if world.is_dark != swaps.dark_since.is_some() {
        agenda.now(Act::Conclude(if world.is_dark {
            Event::WentDark
        } else {
            Event::CameBack
        }));
    }
    conclusions(&mut agenda, swaps);
    transfers(&mut agenda, swaps, icp, world);
    // What contradicts itself must not move anything: a vote re-anchors first.
    if !world.is_frozen {
        probes(&mut agenda, swaps, world);
        sweeps(&mut agenda, swaps, world);
        header(&mut agenda, swaps, world);
    }
    sales(&mut agenda, swaps);
    budgets(&mut agenda, swaps, icp, world);
    match agenda.act {
        Some(act) => Step::Do(Box::new(act)),
        None => Step::Wait(agenda.until),
    }
}

/// What follows from proofs and from the passing of time.
fn conclusions(agenda: &mut Agenda<'_>, swaps: &Swaps) {
    let now = agenda.now;
    for (number, fill) in swaps.open_fills() {
        let settle_by = fill.terms.settle_by;
        let dark = now > settle_by && swaps.was_dark_at(settle_by);
        if fill.is_certain(now, dark) {
            agenda.now(Act::Conclude(Event::Concluded {
                fill: *number,
                dark,
            }));
        } else if fill.is_bond_due(now) {
            agenda.now(Act::Conclude(Event::BondSettled {
                fill: *number,
                dark,
            }));
        } else if fill.ending.is_none() {
            agenda.later(settle_by.saturating_add(1));
        }
    }
}

fn transfers(agenda: &mut Agenda<'_>, swaps: &Swaps, icp: &Icp, world: &World<'_>) {
    let now = agenda.now;
    for (id, transfer) in &icp.transfers {
        let item = Item::Transfer(*id);
        let unsent = match &transfer.phase {
            Phase::Due => true,
            Phase::Prepared(record) => !record.open && !record.lost,
            Phase::Doubtful(_) => false,
        };
        // Nothing new is paid while headers contradict one another. What may have been paid is
        // still found out about.
        if world.is_frozen && unsent {
            continue;
        }
        let Some(arguments) = transfer.arguments() else {
            agenda.at(now, || Act::Prepare { id: *id }, &item);
            continue;
        };
        if transfer.is_past_retries(&swaps.settings, now) {
            agenda.at(now, || search(transfer, arguments), &item);
            agenda.later(transfer.is_decided_after().saturating_add(1));
        } else {
            agenda.at(now, || Act::Transfer { id: *id, arguments }, &item);
        }
    }
    for (maker, held) in &icp.collateral {
        if held.penalties.0 >= icp::PENALTIES_MOVE_E8S {
            let maker = maker.0.clone();
            agenda.now(Act::ConcludeIcp(icp::Event::PenaltiesMoved { maker }));
        }
    }
}

fn search(transfer: &Transfer, arguments: Arguments) -> Act {
    Act::Search {
        id: transfer.id,
        start: transfer.record().map_or(0, |record| record.tip),
        arguments,
        decided_after: transfer.is_decided_after(),
    }
}

/// The canister looks for itself where nobody pushes proofs.
fn probes(agenda: &mut Agenda<'_>, swaps: &Swaps, world: &World<'_>) {
    let (Some(chain), Some(own), false) = (world.chain, world.own, world.is_dark) else {
        return;
    };
    for (number, fill) in swaps.open_fills() {
        let (due, later_than) = if fill.is_open() {
            if fill.late.is_some() && fill.stuck.is_none() {
                continue;
            }
            (fill.terms.probe_at, fill.terms.deadline)
        } else if fill.sweep.wants_proof() && fill.is_sweep_due() {
            (agenda.now, 0)
        } else {
            continue;
        };
        agenda.at(
            due,
            || Act::Probe {
                fill: *number,
                address: fill.terms.address(),
                chain: chain.clone(),
                own: own.to_string(),
                later_than,
                above: fill.sweep.after.max(fill.terms.floor_height),
            },
            &Item::Probe(*number),
        );
    }
}

fn sweeps(agenda: &mut Agenda<'_>, swaps: &Swaps, world: &World<'_>) {
    let (Some(chain), Some(own)) = (world.chain, world.own) else {
        return;
    };
    for (number, fill) in swaps.open_fills() {
        if let Some(tx) = &fill.sweep.flight {
            in_flight(agenda, *number, tx, chain);
        } else if let Some(act) = swaps
            .sales
            .get(&fill.terms.order)
            .and_then(|sale| sign(*number, fill, sale, own, chain, agenda.now))
        {
            agenda.at(agenda.now, || act, &Item::Sweep(*number));
        }
    }
}

fn in_flight(agenda: &mut Agenda<'_>, fill: u64, tx: &SweepTx, chain: &ChainConfig) {
    let item = Item::Sweep(fill);
    let tries = agenda.tries.of(&item).count;
    let sent = SignedTx {
        bytes: tx.bytes.clone(),
        hash: tx.hash.clone(),
    };
    let over = agenda.now >= tx.timeout_ns;
    let endpoints = chain.endpoints.len().max(1);
    let round = tries / LOOKS_BEFORE_RESEND;
    let place = usize::try_from(round).unwrap_or_default() % endpoints;
    let endpoint = chain.endpoints.get(place);
    let act = match endpoint {
        Some(endpoint) if !over && tries.is_multiple_of(LOOKS_BEFORE_RESEND) => Act::SendSweep {
            fill,
            endpoint: endpoint.clone(),
            tx: sent,
        },
        _ => Act::ProbeSweep {
            fill,
            chain: chain.clone(),
            tx: sent,
            timeout_ns: tx.timeout_ns,
        },
    };
    agenda.at(agenda.now, || act, &item);
}

fn sign(
    number: u64,
    fill: &Fill,
    sale: &Sale,
    own: &str,
    chain: &ChainConfig,
    now: Nanos,
) -> Option<Act> {
    let path = sale.path(number)?;
    let price = chain
        .gas_price_milli_uakt
        .checked_mul(fill.sweep.fee_factor())?;
    let timeout_ns = now.saturating_add(SWEEP_LIFE);
    let from = fill.terms.address();
    let build = |plan: &Plan| {
        let mut messages = Vec::new();
        for (to, amount) in [
            (own, plan.to_t()),
            (fill.terms.refund.as_str(), plan.refund),
        ] {
            if amount > Uakt::ZERO {
                messages.push(Message::Send {
                    from: from.clone(),
                    to: to.to_string(),
                    denom: UAKT.to_string(),
                    amount: u128::from(amount.0),
                });
            }
        }
        let signer = OrderedSigner {
            public_key: fill.terms.public_key,
            account_number: plan.number,
            sequence: plan.sequence,
        };
        TxPlan::ordered(
            &signer,
            messages,
            format!("fill {number}"),
            timeout_ns,
            price,
        )
    };
    // The fee depends on the messages, and what they move on the fee: two are the most there are.
    let most = build(&Plan {
        number: 0,
        sequence: 0,
        bought: Uakt(u64::MAX),
        kept: Uakt::ZERO,
        refund: Uakt(1),
        fee: Uakt::ZERO,
    })?;
    let ordinary = Uakt(most.fee.0 / fill.sweep.fee_factor());
    let Todo::Sign(mut plan) = todo(fill, ordinary) else {
        return None;
    };
    let mut tx = build(&plan)?;
    tx.gas = most.gas;
    tx.fee = most.fee;
    plan.fee = most.fee;
    Some(Act::SignSweep {
        fill: number,
        chain: chain.clone(),
        path,
        plan,
        tx,
    })
}

/// What keeps orders sellable.
fn sales(agenda: &mut Agenda<'_>, swaps: &Swaps) {
    let now = agenda.now;
    let most = super::settings::nanos(swaps.settings.max_delay_s);
    for (nonce, sale) in swaps.sales.iter().filter(|(_, sale)| sale.is_alive(now)) {
        let order = *nonce;
        let Some(_) = sale.seed else {
            agenda.at(now, || Act::Seed { order }, &Item::Seed(order));
            continue;
        };
        if sale.spare.len() < SPARES {
            let fill = swaps.next_fill;
            let path = sale.path(fill).unwrap_or_default();
            let act = || Act::Derive { order, fill, path };
            agenda.at(now, act, &Item::Address(order));
        }
        if let Some((_, due)) = sale.next_draw() {
            let act = || Act::Draw {
                order,
                from: due.max(now),
                most,
            };
            agenda.at(due, act, &Item::Draw(order));
        }
        agenda.later(sale.dies_at());
    }
}

/// Reads what arrived, while nothing is on its way that would blur the reading.
fn budgets(agenda: &mut Agenda<'_>, swaps: &Swaps, icp: &Icp, world: &World<'_>) {
    let now = agenda.now;
    for budget in &world.budgets {
        let moving = icp.transfers.values().any(|transfer| {
            transfer.purpose.budget() == Some(budget) && transfer.phase != Phase::Due
        });
        if moving {
            continue;
        }
        let pace = if swaps.sale_of(budget, now).is_some() {
            FUNDS_EVERY
        } else {
            FUNDS_SELDOM
        };
        let act = || Act::ReadBudget {
            budget: (*budget).to_string(),
            subaccount: budget_subaccount(budget),
            again: now.saturating_add(pace),
        };
        agenda.at(now, act, &Item::Budget((*budget).to_string()));
    }
}

fn header(agenda: &mut Agenda<'_>, swaps: &Swaps, world: &World<'_>) {
    let (Some(chain), Some(newest), false) = (world.chain, world.newest_header, world.is_dark)
    else {
        return;
    };
    let due = newest.saturating_add(super::settings::nanos(swaps.settings.header_every_s));
    let act = || Act::FetchHeader {
        chain: chain.clone(),
    };
    agenda.at(due, act, &Item::Header);
}

/// What is in the subaccount of a budget beside its own: what is set aside for its orders, what is
/// owed to makers, less what is still to come from lost bonds. **Units** e8s.
#[must_use]
pub fn booked(swaps: &Swaps, icp: &Icp, budget: &str) -> i128 {
    let sales = || {
        swaps
            .sales
            .values()
            .filter(|sale| sale.order.budget == budget)
    };
    let reserved: i128 = sales().map(|sale| i128::from(sale.reserved.0)).sum();
    let transfers = icp.transfers.values();
    let moving: i128 = transfers
        .filter(|transfer| transfer.purpose.budget() == Some(budget))
        .map(|transfer| match transfer.from {
            From::Subaccount(from) if from == budget_subaccount(budget) => {
                i128::from(transfer.amount.0)
            }
            _ => -i128::from(transfer.amount.0),
        })
        .sum();
    reserved + moving
}
