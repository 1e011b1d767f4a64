//! A treasury on a chain: the reconciler runs against the stand-in for Akash, which checks every
//! signature and every rule on its own.

use crate::book::{Account, Asset};
use crate::grants::{Act, Step, next, perform};
use crate::state::fixtures::{self, GATEWAY};
use crate::state::{Event, Order, Recorded, State, replay};
use akash_standin::address::sha256;
use akash_standin::{Akash, Genesis, ProviderConfig, Request};
use orchestrator::akash::address::address;
use orchestrator::akash::gas;
use orchestrator::akash::ids::BidId;
use orchestrator::akash::message::Message;
use orchestrator::akash::tx::{Order as TxOrder, TxPlan};
use orchestrator::kernel::chain::Endpoint;
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::kernel::paths::{budget_path, treasury_path};
use orchestrator::kernel::port::{
    HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError,
};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::sdl;
use orchestrator::test_fixtures::{key, public_key, run, sign};
use std::cell::{Cell, RefCell};

pub(super) const SECOND: Nanos = NANOS_PER_SECOND;
pub(super) const MINUTE: Nanos = 60 * SECOND;
pub(super) const HOUR: Nanos = 60 * MINUTE;

const SDL: &str = r#"
version: "2.0"
services:
  web:
    image: nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000
    expose:
      - port: 80
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu:
          units: 1
        memory:
          size: 512Mi
        storage:
          size: 1Gi
  placement:
    dc:
      pricing:
        web:
          denom: uact
          amount: 2000
deployment:
  web:
    dc:
      profile: web
      count: 1
"#;

/// What goes wrong with one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is done, and then its result is lost: a trap in the callback.
    Lost,
    /// No call of it is answered, and none is performed.
    Silence,
    /// It is done and recorded, and then the canister is upgraded.
    Upgrade,
}

pub(super) struct Net {
    akash: RefCell<Akash>,
    silent: Cell<bool>,
    asked: RefCell<Vec<String>>,
    pub(super) now: Nanos,
    pub(super) state: State,
    log: Vec<Recorded>,
    pub(super) acts: usize,
    pub(super) fault: Option<(usize, Fault)>,
    /// Seed of faults at one act in four.
    pub(super) chaos: Option<u64>,
    nudged_at: Option<Nanos>,
    /// Largest total that was ever adopted for each budget.
    largest: std::collections::BTreeMap<String, u64>,
}

/// The account T.
pub(super) fn treasury() -> String {
    address(&public_key(&key(None, &treasury_path())))
}

fn owner_key(budget: &str) -> [u8; 33] {
    public_key(&key(Some(&GATEWAY), &budget_path(budget)))
}

/// The account of a budget.
pub(super) fn owner(budget: &str) -> String {
    address(&owner_key(budget))
}

impl Net {
    /// T holds so much.
    pub(super) fn new(uact: u64, uakt: u64) -> Self {
        let start = fixtures::START_S * NANOS_PER_SECOND;
        let genesis = Genesis {
            start_ns: start,
            balances: vec![(treasury(), vec![(uact, "uact"), (uakt, "uakt")])],
            providers: vec![ProviderConfig::honest("oak", 800)],
            ..Genesis::default()
        };
        let mut net = Self {
            akash: RefCell::new(Akash::new(genesis)),
            silent: Cell::new(false),
            asked: RefCell::default(),
            now: start,
            state: State::default(),
            log: vec![],
            acts: 0,
            fault: None,
            chaos: None,
            nudged_at: None,
            largest: std::collections::BTreeMap::new(),
        };
        let mut config = fixtures::config();
        config.chain.endpoints = (0..3)
            .map(|i| Endpoint {
                rest: Akash::rest_url(i),
                rpc: Akash::rpc_url(i),
            })
            .collect();
        net.record(Event::Configured { config });
        net
    }

    pub(super) fn akash(&self) -> std::cell::RefMut<'_, Akash> {
        self.akash.borrow_mut()
    }

    fn record(&mut self, event: Event) {
        let recorded = Recorded {
            at: self.now,
            event,
        };
        self.state.apply(&recorded);
        self.log.push(recorded);
    }

    /// Adopts the usual order with a fresh nonce, after a change to it.
    pub(super) fn adopt(&mut self, change: impl FnOnce(&mut Order)) {
        let mut order = fixtures::order(self.state.orders.len() as u64 + 1);
        change(&mut order);
        let largest = self.largest.entry(order.budget.clone()).or_default();
        *largest = (*largest).max(order.total.0);
        self.record(Event::Adopted {
            order,
            payload_hash: [9; 32],
        });
    }

    pub(super) fn nudge(&mut self) {
        self.nudged_at = Some(self.now);
    }

    /// Runs until `done` says so. **Panics** after `limit` of time.
    pub(super) fn run_until(&mut self, what: &str, limit: Nanos, done: impl Fn(&Self) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            assert!(self.now < end, "{what}: still not; {:?}", self.state.retry);
            self.step(end);
        }
    }

    /// Runs for a time.
    pub(super) fn run_for(&mut self, time: Nanos) {
        let end = self.now + time;
        while self.now < end {
            self.step(end);
        }
    }

    fn step(&mut self, end: Nanos) {
        let read_at = self.state.own.as_ref().map_or(0, |own| own.read_at);
        let nudged = self.nudged_at.is_some_and(|at| at >= read_at);
        match next(&self.state, self.now, nudged) {
            Step::Do(act) => self.act(*act),
            Step::Wait { until, why } => {
                assert!(until > self.now, "a wait that is over: {why}");
                self.now = until.min(end);
                self.akash().advance_to(self.now);
            }
        }
        self.check();
    }

    fn act(&mut self, act: Act) {
        let fault = self.next_fault();
        self.acts += 1;
        assert!(
            self.acts < 2_000,
            "the reconciler goes round in circles: {act:?}"
        );
        self.silent.set(fault == Some(Fault::Silence));
        let event = run(perform(&*self, act));
        self.silent.set(false);
        self.now += SECOND;
        self.akash().advance_to(self.now);
        match fault {
            // A heartbeat later the reconciler begins anew.
            Some(Fault::Lost) => self.now += MINUTE,
            Some(Fault::Upgrade) => {
                self.record(event);
                self.state = replay(&self.log);
            }
            _ => self.record(event),
        }
    }

    fn next_fault(&self) -> Option<Fault> {
        if let Some(seed) = self.chaos {
            let text = format!("{seed} {}", self.acts);
            return match sha256(text.as_bytes())[0] {
                0..22 => Some(Fault::Lost),
                22..44 => Some(Fault::Silence),
                44..64 => Some(Fault::Upgrade),
                _ => None,
            };
        }
        let planned = self.fault.filter(|(at, _)| *at == self.acts);
        planned.map(|(_, fault)| fault)
    }

    /// What holds at every moment.
    fn check(&self) {
        assert_eq!(self.state.book.findings(), Vec::<String>::new());
        assert_eq!(self.state.ignored, 0, "{:?}", self.log.last());
        let (mut limits, mut allowances) = (0, 0);
        for (id, budget) in &self.state.budgets {
            let (limit, gas) = self.grants(id);
            let (limit, gas) = (limit.unwrap_or(0), gas.unwrap_or(0));
            limits += limit;
            allowances += gas;
            let used = self.used_on_chain(id);
            let largest = self.largest[id];
            assert!(
                limit + used <= largest,
                "{id}: {limit} granted and {used} used, above {largest}"
            );
            let credit = |asset| self.state.book.amount(&Account::Budget(id.clone()), asset);
            let told = budget.limit.unwrap_or_default().0;
            assert!(told <= credit(Asset::Uact), "{id}: {told}");
            let told = budget.gas.unwrap_or_default().0;
            assert!(told <= credit(Asset::Uakt), "{id}: {told}");
        }
        let akash = self.akash.borrow();
        let held = |denom| akash.balance(&treasury(), denom);
        assert!(
            u128::from(limits) <= held("uact"),
            "{limits} granted in all"
        );
        assert!(
            u128::from(allowances) <= held("uakt"),
            "{allowances} granted in all"
        );
    }

    /// What T has in escrow and has spent for a budget, as the chain has it.
    fn used_on_chain(&self, id: &str) -> u64 {
        let akash = self.akash.borrow();
        let used: u128 = akash
            .deployments(&owner(id))
            .iter()
            .filter_map(|(dseq, _)| akash.escrow(&owner(id), *dseq))
            .map(|escrow| {
                let left = escrow.deposits.iter().map(|d| d.amount.trunc());
                let paid = escrow.transferred.iter().map(|(_, paid)| paid.trunc());
                left.sum::<u128>() + paid.sum::<u128>()
            })
            .sum();
        u64::try_from(used).expect("fits")
    }

    /// Both grants of a budget, as the chain has them.
    pub(super) fn grants(&self, id: &str) -> (Option<u64>, Option<u64>) {
        let akash = self.akash.borrow();
        let (deposit, fees) = akash.grants(&treasury(), &owner(id));
        let amount = |n: Option<&u128>| u64::try_from(n.copied().unwrap_or(0)).expect("fits");
        (
            deposit.map(|grant| amount(grant.limits.get("uact"))),
            fees.map(|fees| amount(fees.limit.expect("a limit").get("uakt"))),
        )
    }

    /// The books equal the chain, and nothing is unexplained.
    #[track_caller]
    pub(super) fn assert_settled(&self) {
        let akash = self.akash.borrow();
        for (asset, denom) in [(Asset::Uakt, "uakt"), (Asset::Uact, "uact")] {
            let held = akash.balance(&treasury(), denom);
            let held = i128::try_from(held).expect("fits");
            assert_eq!(self.state.book.held(asset), held, "{denom}");
            let suspense = self.state.book.balance(&Account::Suspense, asset);
            assert_eq!(suspense, 0, "{denom} in suspense");
        }
        assert!(self.state.flight.is_none());
        assert_eq!(replay(&self.log), self.state, "replay differs");
    }

    #[track_caller]
    pub(super) fn assert_grants(&self, id: &str, limit: Option<u64>, gas: Option<u64>) {
        assert_eq!(self.grants(id), (limit, gas));
        let budget = &self.state.budgets[id];
        assert_eq!(budget.limit, limit.map(Uact));
        assert_eq!(budget.gas, gas.map(Uakt));
    }

    /// The budget's account signs and sends, as the gateway would. Returns the fee.
    pub(super) fn gateway_sends(&mut self, budget: &str, messages: Vec<Message>) -> u64 {
        let now = self.now;
        self.akash().advance_to(now);
        let account_number = self.state.budgets[budget].account_number;
        let gas = gas::limit(&messages);
        let fee = gas::fee(gas, 25).expect("fits");
        let plan = TxPlan {
            messages,
            memo: String::new(),
            public_key: owner_key(budget),
            account_number: account_number.expect("the grant created it"),
            order: TxOrder::Unordered,
            timeout_ns: Some(self.now + 4 * MINUTE),
            gas,
            fee,
            granter: Some(treasury()),
        };
        let unsigned = plan.unsigned("akashnet-2");
        let key = key(Some(&GATEWAY), &budget_path(budget));
        let signature = sign(&key, &unsigned.digest());
        let signed = unsigned.signed(signature);
        self.akash()
            .broadcast(&signed.bytes)
            .expect("the chain takes it");
        self.now += 12 * SECOND;
        let now = self.now;
        let mut akash = self.akash();
        akash.advance_to(now);
        let included = akash.tx(&signed.hash).expect("it is in a block");
        assert!(included.failure.is_none(), "{:?}", included.failure);
        fee.0
    }

    pub(super) fn create(&mut self, budget: &str, dseq: u64, deposit: u64) -> u64 {
        let parsed = sdl::parse(SDL).expect("a good SDL");
        let create = Message::CreateDeployment {
            owner: owner(budget),
            dseq,
            groups: parsed.groups,
            hash: parsed.manifest.hash,
            deposit: Uact(deposit),
            reclamation_min_window_s: None,
        };
        self.gateway_sends(budget, vec![create])
    }

    /// Takes the first bid.
    pub(super) fn lease(&mut self, budget: &str, dseq: u64) -> u64 {
        self.now += MINUTE;
        let now = self.now;
        self.akash().advance_to(now);
        let bids = self.akash().bids(&owner(budget), dseq);
        let (id, _) = bids.first().expect("a bid").clone();
        let bid = BidId {
            owner: id.owner,
            dseq: id.dseq,
            gseq: id.gseq,
            oseq: id.oseq,
            provider: id.provider,
            bseq: id.bseq,
        };
        self.gateway_sends(budget, vec![Message::CreateLease { bid }])
    }

    pub(super) fn close(&mut self, budget: &str, dseq: u64) -> u64 {
        let owner = owner(budget);
        self.gateway_sends(budget, vec![Message::CloseDeployment { owner, dseq }])
    }

    /// What was asked of the chain since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.take()
    }

    /// Reads everything, and waits for it.
    pub(super) fn look(&mut self) {
        self.now += 2 * MINUTE;
        self.nudge();
        let at = self.now;
        self.run_until("a look", 10 * MINUTE, |net| {
            net.state.own.as_ref().is_some_and(|own| own.read_at > at)
        });
    }
}

impl Runtime for Net {
    fn now(&self) -> Nanos {
        self.now
    }

    async fn outcall(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let no_answer = |message: String| NoAnswer { code: 2, message };
        if self.silent.get() {
            return Err(no_answer("silence".into()));
        }
        self.asked.borrow_mut().push(request.url.clone());
        // Whatever is booked is read at one height.
        let state = ["/auth/", "/bank/", "/authz/", "/feegrant/", "/deployment/"];
        if state.iter().any(|part| request.url.contains(part)) {
            let pinned = request.headers.iter().any(|(name, height)| {
                name == "x-cosmos-block-height" && height.parse::<u64>().is_ok()
            });
            assert!(pinned, "{} is not read at a height", request.url);
        }
        let method = match request.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
        };
        let sent = Request {
            method: method.into(),
            url: request.url,
            headers: request.headers,
            body: request.body,
        };
        let response = self
            .akash
            .borrow_mut()
            .http(self.now, &sent)
            .map_err(no_answer)?;
        let length = response.body.len() as u64;
        if length > request.max_response_bytes {
            return Err(no_answer(format!("{length} bytes are too many")));
        }
        Ok(HttpResponse {
            status: response.status,
            body: response.body,
        })
    }

    async fn sign(&self, path: Vec<Vec<u8>>, digest: [u8; 32]) -> Result<[u8; 64], SignError> {
        self.refuse()?;
        Ok(sign(&key(None, &path), &digest))
    }

    async fn public_key(
        &self,
        canister: Option<Vec<u8>>,
        path: Vec<Vec<u8>>,
    ) -> Result<[u8; 33], SignError> {
        self.refuse()?;
        Ok(public_key(&key(canister.as_deref(), &path)))
    }
}

impl Net {
    fn refuse(&self) -> Result<(), SignError> {
        if self.silent.get() {
            return Err(SignError {
                code: 2,
                message: "silence".into(),
            });
        }
        Ok(())
    }
}
