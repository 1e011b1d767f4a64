//! A world that tells the truth about the chain and the ledger, and loses answers when told to.

use crate::book::{Account, Asset, Book, Draft};
use crate::icp::port::{Attempt, Condition, Ledger, Moved, NoAnswer, Page, Search, search};
use crate::icp::{
    self, Answer, Arguments, From, Icp, IcpAccount, budget_subaccount, collateral_subaccount,
};
use crate::swap::{
    Act, ChainPrice, Event, Excuse, Fill, Item, Market, Pair, Price, Rate, Rates, Record, Refusal,
    Request, Seen, Step, SwapOrder, Swaps, SweepTx, Tries, World, booked, next,
};
use orchestrator::akash::address;
use orchestrator::kernel::chain::ChainConfig;
use orchestrator::kernel::decimal::Decimal;
use orchestrator::kernel::money::{E8s, Uakt};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;

pub(super) const SECOND: Nanos = NANOS_PER_SECOND;
pub(super) const MINUTE: Nanos = 60 * SECOND;
pub(super) const HOUR: Nanos = 60 * MINUTE;
pub(super) const DAY: Nanos = 24 * HOUR;
pub(super) const START: Nanos = 1_795_478_400 * SECOND;
pub(super) const AKT: u64 = 1_000_000;
pub(super) const ICP: u64 = 100_000_000;
pub(super) const FEE: u64 = 10_000;
/// Ten AKT an ICP is what every source says.
pub(super) const PRICE: u64 = 10 * AKT;
pub(super) const ORDER: u64 = 77;
pub(super) const THIS: &[u8] = &[9; 10];
pub(super) const BLOCK: Nanos = 6 * SECOND;

/// A ledger with deduplication, whose answers can get lost.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) balances: BTreeMap<[u8; 32], u64>,
    pub(super) blocks: Vec<Moved>,
    pub(super) fee: u64,
    pub(super) now: Nanos,
    /// The answers of so many transfers get lost after they were made.
    pub(super) lose: u32,
    /// So many transfers are not taken at all, and nobody learns so.
    pub(super) drop: u32,
    pub(super) asked: u32,
}

pub(super) struct Script(pub(super) RefCell<Books>);

fn identifier(account: &IcpAccount) -> [u8; 32] {
    account.owned_by(THIS).identifier()
}

impl Script {
    pub(super) fn balance_of(&self, account: &IcpAccount) -> u64 {
        let books = self.0.borrow();
        books
            .balances
            .get(&identifier(account))
            .copied()
            .unwrap_or(0)
    }

    pub(super) fn give(&self, account: &IcpAccount, amount: u64) {
        *self
            .0
            .borrow_mut()
            .balances
            .entry(identifier(account))
            .or_default() += amount;
    }

    fn make(&self, arguments: &Arguments) -> Attempt {
        let mut books = self.0.borrow_mut();
        books.asked += 1;
        if books.drop > 0 {
            books.drop -= 1;
            return Attempt::Unknown;
        }
        if arguments.fee.0 != books.fee {
            return Attempt::Refused(Answer::BadFee);
        }
        if arguments.created_at + 24 * HOUR + MINUTE < books.now {
            return Attempt::Refused(Answer::TooOld);
        }
        let from = match &arguments.from {
            From::Subaccount(subaccount) => IcpAccount::own(*subaccount),
            From::Allowance(account) => account.clone(),
        };
        let moved = Moved {
            index: books.blocks.len() as u64,
            from: identifier(&from),
            to: identifier(&arguments.to),
            amount: arguments.amount,
            memo: Some(arguments.memo.to_vec()),
            created_at: Some(arguments.created_at),
        };
        let twin = books.blocks.iter().find(|b| {
            Moved {
                index: moved.index,
                ..(*b).clone()
            } == moved
        });
        if let Some(twin) = twin {
            return Attempt::Done(twin.index);
        }
        let cost = arguments.amount.0 + arguments.fee.0;
        let held = books.balances.entry(moved.from).or_default();
        if *held < cost {
            return Attempt::Refused(Answer::InsufficientFunds);
        }
        *held -= cost;
        *books.balances.entry(moved.to).or_default() += arguments.amount.0;
        let index = moved.index;
        books.blocks.push(moved);
        if books.lose > 0 {
            books.lose -= 1;
            return Attempt::Unknown;
        }
        Attempt::Done(index)
    }
}

impl Ledger for Script {
    fn this(&self) -> Vec<u8> {
        THIS.to_vec()
    }

    async fn condition(&self) -> Result<Condition, NoAnswer> {
        let books = self.0.borrow();
        Ok(Condition {
            fee: E8s(books.fee),
            length: books.blocks.len() as u64,
        })
    }

    async fn balance(&self, subaccount: [u8; 32]) -> Result<E8s, NoAnswer> {
        Ok(E8s(self.balance_of(&IcpAccount::own(subaccount))))
    }

    async fn transfer(&self, arguments: &Arguments) -> Attempt {
        self.make(arguments)
    }

    async fn blocks(&self, start: u64, length: u64) -> Result<Page, NoAnswer> {
        let books = self.0.borrow();
        let chosen = books
            .blocks
            .iter()
            .filter(|b| (start..start + length).contains(&b.index));
        Ok(Page {
            moved: chosen.cloned().collect(),
            next: start + length,
        })
    }
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the script never waits"),
    }
}

/// Coins at an address: when, how many, and what of all is locked for good.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) arrivals: Vec<(Nanos, u64)>,
    pub(super) locked: u64,
    pub(super) unknown: bool,
    pub(super) sequence: u64,
    pub(super) gone: u64,
    pub(super) gone_at: Nanos,
}

pub(super) struct Net {
    pub(super) swaps: Swaps,
    pub(super) icp: Icp,
    pub(super) book: Book,
    pub(super) log: Vec<(Nanos, Event)>,
    pub(super) ledger: Script,
    pub(super) now: Nanos,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) tries: Tries,
    pub(super) frozen: bool,
    pub(super) dark: bool,
    /// Whether the canister reaches the chain by itself.
    pub(super) reachable: bool,
    /// Chain time stands still in it.
    pub(super) halt: Option<(Nanos, Nanos)>,
    pub(super) chain: ChainConfig,
    pub(super) t: u64,
    pub(super) refunded: u64,
    pub(super) gas: u64,
    pub(super) made: u64,
    pub(super) refuses_refunds: bool,
    pub(super) traps: u32,
}

pub(super) fn own() -> String {
    address::encode(&[0xaa; 20])
}

pub(super) fn maker(n: u8) -> Vec<u8> {
    vec![n; 10]
}

pub(super) fn payee(n: u8) -> IcpAccount {
    IcpAccount {
        owner: maker(n),
        subaccount: [0; 32],
    }
}

pub(super) fn order() -> SwapOrder {
    SwapOrder {
        nonce: ORDER,
        budget: "web".into(),
        icp: E8s(1_000 * ICP),
        least: Price(9 * AKT),
        band_bps: 300,
        slices: 10,
        spread_s: 86_400,
        life_s: 14 * 86_400,
    }
}

pub(super) fn rate(usd_e9: u64, at: Nanos) -> Rate {
    Rate {
        usd_e9,
        sources: 6,
        deviation_e9: usd_e9 / 200,
        at_s: at / SECOND,
    }
}

pub(super) fn rates(now: Nanos) -> Rates {
    let pair = |at| Pair {
        icp: rate(5_000_000_000, at),
        akt: rate(500_000_000, at),
    };
    Rates {
        now: pair(now),
        before: pair(now - 600 * SECOND),
    }
}

pub(super) fn chain_price(now: Nanos) -> ChainPrice {
    ChainPrice {
        usd: "0.5".parse::<Decimal>().expect("a decimal"),
        at: now - 10 * SECOND,
        is_healthy: true,
        header_time: now - 5 * SECOND,
    }
}

impl Net {
    pub(super) fn new() -> Self {
        let mut net = Self {
            swaps: Swaps::default(),
            icp: Icp::default(),
            book: Book::default(),
            log: Vec::new(),
            ledger: Script(RefCell::new(Books {
                fee: FEE,
                now: START,
                ..Books::default()
            })),
            now: START,
            places: BTreeMap::new(),
            tries: Tries::default(),
            frozen: false,
            dark: false,
            reachable: true,
            halt: None,
            chain: crate::state::fixtures::config().chain,
            t: 0,
            refunded: 0,
            gas: 0,
            made: 0,
            refuses_refunds: false,
            traps: 0,
        };
        net.ledger
            .give(&IcpAccount::own(budget_subaccount("web")), 1_001 * ICP);
        for n in 1..=4 {
            net.ledger.give(&payee(n), 100 * ICP);
        }
        net.adopt(order());
        net.run();
        for n in 1..=4 {
            net.icp_event(icp::Event::DepositBegan {
                maker: maker(n),
                from: payee(n),
                amount: E8s(50 * ICP),
            });
        }
        net.run();
        // Past the spread and every delay: all slices have begun.
        net.to(START + 26 * HOUR);
        net
    }

    pub(super) fn adopt(&mut self, order: SwapOrder) {
        self.event(Event::Adopted {
            order,
            payload_hash: [1; 32],
        });
    }

    pub(super) fn height(&self, time: Nanos) -> u64 {
        let time = self.chain_time(time);
        (time - START) / BLOCK + 1_000
    }

    /// Time of the newest header.
    pub(super) fn chain_time(&self, time: Nanos) -> Nanos {
        let time = match self.halt {
            Some((from, to)) if time > from && time < to => from,
            _ => time,
        };
        time - (time - START) % BLOCK
    }

    pub(super) fn try_event(&mut self, event: Event) -> Option<()> {
        let mut draft = Draft::new("");
        let before = (self.swaps.clone(), self.icp.clone());
        let applied = self
            .swaps
            .apply(&mut self.icp, self.now, &event, &mut draft);
        if applied.is_none() {
            assert_eq!(
                before,
                (self.swaps.clone(), self.icp.clone()),
                "{event:?} left a trace"
            );
            return None;
        }
        self.book.post(draft);
        self.log.push((self.now, event));
        self.check();
        Some(())
    }

    pub(super) fn event(&mut self, event: Event) {
        let shown = format!("{event:?}");
        assert!(self.try_event(event).is_some(), "it does not fit: {shown}");
    }

    pub(super) fn icp_event(&mut self, event: icp::Event) {
        let mut draft = Draft::new("");
        let own = self
            .book
            .balance(&Account::Budget("web".into()), Asset::Icp);
        let booked = booked(&self.swaps, &self.icp, "web") + own;
        let done = self
            .icp
            .apply(&event, booked, &mut draft)
            .unwrap_or_else(|| panic!("it does not fit: {event:?}"));
        if let Some(done) = done {
            self.swaps.paid(&done.purpose, done.block);
        }
        self.book.post(draft);
        self.check();
    }

    pub(super) fn world<'a>(&'a self, own: &'a str) -> World<'a> {
        World {
            chain: Some(&self.chain),
            own: Some(own),
            is_frozen: self.frozen,
            is_dark: self.dark || self.frozen,
            newest_header: Some(self.now),
            budgets: vec!["web"],
            tries: &self.tries,
        }
    }

    /// Acts until there is nothing to do now.
    pub(super) fn run(&mut self) {
        for _ in 0..500 {
            let own = own();
            let step = next(&self.swaps, &self.icp, &self.world(&own), self.now);
            match step {
                Step::Wait(_) => return,
                Step::Do(act) => self.act(*act),
            }
        }
        panic!("it does not come to rest");
    }

    /// Lets time pass to a moment, acting whenever something is due.
    pub(super) fn to(&mut self, moment: Nanos) {
        loop {
            self.run();
            let own = own();
            let Step::Wait(until) = next(&self.swaps, &self.icp, &self.world(&own), self.now)
            else {
                panic!("it came to rest");
            };
            self.now = until.min(moment).max(self.now);
            self.ledger.0.borrow_mut().now = self.now;
            if self.now >= moment {
                self.run();
                return;
            }
        }
    }

    pub(super) fn after(&mut self, span: Nanos) {
        self.to(self.now + span);
    }

    /// Does one thing that is due.
    pub(super) fn run_one(&mut self) {
        let own = own();
        if let Step::Do(act) = next(&self.swaps, &self.icp, &self.world(&own), self.now) {
            self.act(*act);
        }
    }

    fn act(&mut self, act: Act) {
        let item = act.item();
        match act {
            Act::Conclude(event) => self.event(event),
            Act::ConcludeIcp(event) => self.icp_event(event),
            Act::Seed { order } => self.event(Event::Seeded {
                order,
                seed: [5; 32],
            }),
            Act::Draw { order, from, most } => {
                let delay = most / 2;
                self.event(Event::SliceDrawn {
                    order,
                    begins_at: from + delay,
                });
            }
            Act::Derive { order, fill, .. } => {
                let mut public_key = [2; 33];
                public_key[1..9].copy_from_slice(&fill.to_be_bytes());
                self.event(Event::AddressDerived {
                    order,
                    fill,
                    public_key,
                });
            }
            Act::ReadBudget {
                budget,
                subaccount,
                again,
            } => {
                let balance = block_on(self.ledger.balance(subaccount)).expect("it answers");
                let own = self
                    .book
                    .balance(&Account::Budget(budget.clone()), Asset::Icp);
                let expected = booked(&self.swaps, &self.icp, &budget) + own;
                if i128::from(balance.0) != expected {
                    self.icp_event(icp::Event::BudgetSeen {
                        budget: budget.clone(),
                        balance,
                    });
                }
                self.tries.worked(Item::Budget(budget), again);
            }
            Act::Prepare { id } => {
                let condition = block_on(self.ledger.condition()).expect("it answers");
                self.icp_event(icp::Event::Prepared {
                    id,
                    created_at: self.now,
                    fee: condition.fee,
                    tip: condition.length,
                });
            }
            Act::Transfer { id, arguments } => {
                self.icp_event(icp::Event::Tried { id });
                let attempt = block_on(self.ledger.transfer(&arguments));
                if self.traps > 0 {
                    // The answer came, and what should have recorded it trapped.
                    self.traps -= 1;
                    self.tries.failed(item.expect("a transfer"), self.now);
                    return;
                }
                match attempt {
                    Attempt::Done(block) => self.icp_event(icp::Event::Done { id, block }),
                    Attempt::Refused(answer) => {
                        self.icp_event(icp::Event::Refused { id, answer });
                        self.tries.failed(item.expect("a transfer"), self.now);
                    }
                    Attempt::Unknown => self.tries.failed(item.expect("a transfer"), self.now),
                }
            }
            Act::Search {
                id,
                start,
                arguments,
                decided_after,
            } => match block_on(search(&self.ledger, start, &arguments)).expect("it answers") {
                Search::Found(block) => self.icp_event(icp::Event::Done { id, block }),
                Search::Absent if self.now > decided_after => {
                    self.icp_event(icp::Event::Absent { id });
                }
                Search::Absent => self.tries.failed(item.expect("a transfer"), self.now),
            },
            Act::Probe {
                fill, later_than, ..
            } => {
                let time = self.chain_time(self.now);
                if !self.reachable || time <= later_than {
                    self.tries.failed(Item::Probe(fill), self.now);
                    return;
                }
                let seen = self.seen(fill, self.now);
                if self.try_event(Event::Proven { fill, seen }).is_none() {
                    self.tries.failed(Item::Probe(fill), self.now);
                }
            }
            Act::FetchHeader { .. } => panic!("headers are always fresh here"),
            Act::SignSweep { fill, plan, tx, .. } => {
                assert!(
                    self.swaps.fills[&fill].outcome.is_some(),
                    "signed before the outcome"
                );
                self.event(Event::SweepSigned {
                    fill,
                    tx: SweepTx {
                        bytes: vec![1],
                        hash: format!("{fill}-{}", plan.sequence),
                        plan,
                        timeout_ns: tx.timeout_ns.expect("a timeout"),
                    },
                });
            }
            Act::SendSweep { fill, .. } => {
                self.tries.counted(Item::Sweep(fill), self.now);
            }
            Act::ProbeSweep { fill, .. } => self.include(fill),
        }
    }

    /// The chain takes a sweep.
    fn include(&mut self, fill: u64) {
        let height = self.height(self.now);
        let known = &self.swaps.fills[&fill];
        let plan = known.sweep.flight.as_ref().expect("a sweep").plan;
        let address = known.terms.address();
        let place = self.places.entry(address).or_default();
        assert_eq!(place.sequence, plan.sequence, "a sequence is used once");
        place.sequence += 1;
        place.gone_at = self.now;
        if self.refuses_refunds && plan.refund > Uakt::ZERO {
            place.gone += plan.fee.0;
            self.gas += plan.fee.0;
            let why = "sdk 4: not allowed to receive funds".to_string();
            self.event(Event::SweepFailed { fill, height, why });
            self.now += BLOCK;
            return;
        }
        let arrived: u64 = place.arrivals.iter().map(|(_, amount)| amount).sum();
        place.gone += plan.total().0;
        assert!(
            arrived >= place.gone + place.locked,
            "it spends what is there"
        );
        self.t += plan.to_t().0;
        self.refunded += plan.refund.0;
        self.gas += plan.fee.0;
        self.event(Event::SweepIncluded { fill, height });
        self.tries.forget(&Item::Sweep(fill));
    }

    /// What a proof at the newest header of a moment shows.
    pub(super) fn seen(&self, fill: u64, at: Nanos) -> Seen {
        let time = self.chain_time(at);
        let place = self
            .places
            .get(&self.address(fill))
            .cloned()
            .unwrap_or_default();
        let arrived: u64 = place
            .arrivals
            .iter()
            .filter(|(when, _)| *when < time)
            .map(|(_, amount)| amount)
            .sum();
        let swept = place.gone_at > 0 && place.gone_at < time;
        let balance = if swept { arrived - place.gone } else { arrived };
        let sequence = if swept { place.sequence } else { 0 };
        Seen {
            height: self.height(at),
            time,
            balance: Uakt(balance),
            spendable: Uakt(balance.saturating_sub(place.locked)),
            record: match balance {
                _ if place.unknown => Record::Unknown,
                0 if !swept => Record::Absent,
                _ => Record::Known {
                    number: 7,
                    sequence,
                },
            },
            canary: Uakt(1),
        }
    }

    pub(super) fn address(&self, fill: u64) -> String {
        self.swaps.fills[&fill].terms.address()
    }

    pub(super) fn fill(&self, fill: u64) -> &Fill {
        &self.swaps.fills[&fill]
    }

    pub(super) fn request(&self, n: u8) -> Request {
        Request {
            maker: maker(n),
            order: ORDER,
            amount: Uakt(500 * AKT),
            most: Price(11 * AKT),
            payee: payee(n),
            refund: address::encode(&[n; 20]),
        }
    }

    pub(super) fn market<'a>(&self, rates: &'a Rates) -> Market<'a> {
        Market {
            rates: Some(rates),
            chain: chain_price(self.now),
            mint_is_open: true,
            newest: (self.height(self.now), self.chain_time(self.now), 0),
            is_dark: self.dark || self.frozen,
            cycles: 100_000_000_000_000,
            this: THIS.to_vec(),
            own: vec![],
        }
    }

    pub(super) fn try_commit(&mut self, request: &Request) -> Result<u64, Refusal> {
        let rates = rates(self.now);
        let market = self.market(&rates);
        let event = self
            .swaps
            .commit(request, &market, &self.book, &self.icp, self.now)?;
        let Event::Committed { fill, .. } = event else {
            panic!("a commit commits");
        };
        self.event(event);
        self.run();
        Ok(fill)
    }

    pub(super) fn commit(&mut self, n: u8) -> u64 {
        let request = self.request(n);
        self.try_commit(&request).expect("a good commit")
    }

    /// Coins arrive at the address of a fill.
    pub(super) fn deliver(&mut self, fill: u64, amount: u64) {
        let address = self.address(fill);
        let now = self.now;
        self.made += amount;
        self.places
            .entry(address)
            .or_default()
            .arrivals
            .push((now, amount));
    }

    /// Somebody pushes a proof at the newest header.
    pub(super) fn push(&mut self, fill: u64) -> Option<()> {
        self.push_of(fill, self.now)
    }

    /// Somebody pushes a proof at the header of a moment.
    pub(super) fn push_of(&mut self, fill: u64, at: Nanos) -> Option<()> {
        let seen = self.seen(fill, at);
        let done = self.try_event(Event::Proven { fill, seen });
        self.run();
        done
    }

    pub(super) fn push_halt(&mut self, fill: u64, from: Nanos, to: Nanos) -> Option<()> {
        let excuse = Excuse::Halt {
            height: 1,
            from,
            to,
        };
        self.try_event(Event::Excused { fill, excuse })
    }

    pub(super) fn paid_to(&self, n: u8) -> u64 {
        // Fifty ICP and a fee went into collateral; payees began with a hundred.
        self.ledger.balance_of(&payee(n)) + FEE - 50 * ICP
    }

    pub(super) fn collateral_on_ledger(&self, n: u8) -> u64 {
        self.ledger
            .balance_of(&IcpAccount::own(collateral_subaccount(&maker(n))))
    }

    /// What must hold at every step.
    pub(super) fn check(&self) {
        assert_eq!(self.book.findings(), Vec::<String>::new());
        for (nonce, sale) in &self.swaps.sales {
            let fills = || {
                let fills = self.swaps.fills.values();
                fills.filter(|fill| fill.terms.order == *nonce)
            };
            let open: u64 = fills().filter(|f| f.is_open()).map(|f| f.terms.icp.0).sum();
            assert_eq!(sale.reserved.0, open, "what is set aside is what is open");
            assert_eq!(
                self.book.amount(&Account::Reserve(*nonce), Asset::Icp),
                open
            );
            let all: u64 = fills().map(|f| f.terms.icp.0).sum();
            assert_eq!(
                all,
                open + sale.paid.0 + sale.released.0,
                "reserve = paid + released"
            );
            assert_eq!(sale.committed.0, open + sale.paid.0);
            assert!(sale.committed <= sale.order.icp);
        }
        for (number, fill) in &self.swaps.fills {
            let sweep = &fill.sweep;
            assert!(
                fill.outcome.is_some() || sweep.flight.is_none(),
                "signed before the outcome"
            );
            if let Some(outcome) = fill.outcome {
                let lost = matches!(
                    fill.ending,
                    Some(crate::swap::Ending::Forfeited | crate::swap::Ending::LateRefunded)
                );
                let late = fill
                    .late
                    .is_some_and(|late| late.time > fill.terms.deadline);
                assert!(
                    !lost || late,
                    "no bond is lost without a proof of a later block"
                );
                assert!(outcome.paid <= fill.terms.icp);
                assert!(outcome.paid == E8s::ZERO || fill.best.is_some());
            }
            let at_address = self.book.amount(&Account::Fill(*number), Asset::Uakt);
            assert_eq!(at_address, fill.booked.0);
        }
        for (maker, held) in &self.icp.collateral {
            let booked = self
                .book
                .amount(&Account::Collateral(maker.0.clone()), Asset::Icp);
            assert_eq!(booked, held.free.0 + held.bonds.0 + held.leaving.0);
        }
    }

    /// What must hold when nothing is on its way: the books are what ledger and chain say.
    pub(super) fn check_rest(&self) {
        self.check();
        assert!(self.icp.transfers.is_empty(), "{:?}", self.icp.transfers);
        let mut ours = 0;
        for subaccount in std::iter::once(budget_subaccount("web"))
            .chain(std::iter::once([0; 32]))
            .chain((1..=4).map(|n| collateral_subaccount(&maker(n))))
        {
            ours += self.ledger.balance_of(&IcpAccount::own(subaccount));
        }
        let booked = self.book.holds(crate::book::Holder::IcpLedger, Asset::Icp);
        assert_eq!(
            booked,
            i128::from(ours),
            "the books are what the ledger says"
        );
        assert_eq!(
            self.book.holds(crate::book::Holder::T, Asset::Uakt),
            i128::from(self.t)
        );
        let swept: u64 = self.swaps.fills.values().map(|f| f.sweep.swept.0).sum();
        let kept: u64 = self.swaps.fills.values().map(|f| f.sweep.kept.0).sum();
        let refunded: u64 = self.swaps.fills.values().map(|f| f.sweep.refunded.0).sum();
        let gas: u64 = self.swaps.fills.values().map(|f| f.sweep.gas.0).sum();
        assert_eq!((refunded, gas), (self.refunded, self.gas));
        let left: u64 = self
            .places
            .values()
            .map(|p| {
                let arrived: u64 = p.arrivals.iter().map(|(_, amount)| amount).sum();
                arrived - p.gone
            })
            .sum();
        assert_eq!(
            self.made,
            self.t + self.refunded + self.gas + left,
            "AKT is conserved"
        );
        let bought_gas: u64 = swept + kept - self.t;
        assert!(bought_gas <= gas);
    }
}
