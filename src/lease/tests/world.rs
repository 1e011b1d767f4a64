//! A small world in memory: one chain behind three endpoints, and providers.
//!
//! It knows what a transaction is for because the driver tells it (by hash), so that it needs no
//! decoder; everything else arrives as requests and leaves as the JSON of the real routes.

use super::super::{Deployment, Purpose, SeenBid};
use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError};
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SECOND: Nanos = NANOS_PER_SECOND;
pub(super) const BLOCK: Nanos = 6 * SECOND;

/// How a provider behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manners {
    Honest,
    /// Its bid is gone when it is taken.
    Vanishes,
    RefusesManifest,
    SilentManifest,
    NeverReady,
    /// Its gateway does not answer at all.
    Gone,
    /// Its gateway says that it is somebody else.
    WrongAddress,
    /// Its bid has a price above everything.
    Greedy,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call is not performed, and there is no answer.
    Lost,
    /// The call is performed, and there is no answer.
    Unanswered,
    /// The other side answers 500.
    Error500,
    /// The other side refuses, in the words of the route.
    Refused,
    /// The other side takes a transaction and forgets it.
    Forgotten,
    /// The other side answers that there is nothing.
    Nothing,
    /// The other side has no room for a transaction.
    Full,
}

pub(super) const FAULTS: [Fault; 7] = [
    Fault::Lost,
    Fault::Unanswered,
    Fault::Error500,
    Fault::Refused,
    Fault::Forgotten,
    Fault::Nothing,
    Fault::Full,
];

/// Which calls go wrong, by their number from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) fault: Fault,
    pub(super) from: usize,
    pub(super) count: usize,
}

#[derive(Clone, Debug)]
struct Known {
    purpose: Purpose,
    timeout_ns: Nanos,
}

#[derive(Clone, Debug)]
struct OnChain {
    active: bool,
    deposit: u128,
    transferred: u128,
    oseqs: BTreeMap<u32, (u32, Nanos)>,
    leases: Vec<ChainLease>,
}

#[derive(Clone, Debug)]
struct ChainLease {
    bid: SeenBid,
    since: u64,
    until: Option<u64>,
    reason: &'static str,
}

#[derive(Clone, Debug, Default)]
struct Chain {
    known: BTreeMap<String, Known>,
    pool: BTreeMap<String, Nanos>,
    included: BTreeMap<String, (u64, u32, &'static str)>,
    height: u64,
    block_time: Nanos,
    deployment: Option<OnChain>,
    manifests: BTreeMap<String, Nanos>,
    vanished: BTreeMap<String, u32>,
}

pub(super) struct World {
    now: RefCell<Nanos>,
    chain: RefCell<Chain>,
    owner: RefCell<String>,
    dseq: u64,
    treasury: String,
    pub(super) providers: Vec<(String, u64, Manners)>,
    key: SigningKey,
    troubles: Vec<Trouble>,
    pub(super) outcalls: RefCell<Vec<String>>,
    pub(super) signatures: RefCell<usize>,
    pub(super) sign_trouble: RefCell<Option<(usize, usize)>>,
    /// The chain refuses what would create the deployment.
    pub(super) no_grant: bool,
    /// This provider bids on this group alone.
    pub(super) only_group: Option<(String, u32)>,
    /// Groups of the deployment.
    pub(super) groups: u32,
    /// The chain stands still.
    pub(super) halted: RefCell<bool>,
}

impl World {
    pub(super) fn new(now: Nanos, dseq: u64, treasury: &str) -> Self {
        Self {
            now: RefCell::new(now),
            chain: RefCell::new(Chain {
                height: 1_000,
                block_time: now,
                ..Chain::default()
            }),
            owner: RefCell::default(),
            dseq,
            treasury: treasury.into(),
            providers: Vec::new(),
            key: SigningKey::from_slice(&[7; 32]).expect("a valid scalar"),
            troubles: Vec::new(),
            outcalls: RefCell::default(),
            signatures: RefCell::default(),
            sign_trouble: RefCell::default(),
            no_grant: false,
            only_group: None,
            groups: 1,
            halted: RefCell::new(false),
        }
    }

    pub(super) fn with(mut self, provider: &str, price: u64, manners: Manners) -> Self {
        self.providers.push((provider.into(), price, manners));
        self
    }

    pub(super) fn trouble(mut self, trouble: Trouble) -> Self {
        self.troubles.push(trouble);
        self
    }

    pub(super) fn public_key(&self) -> [u8; 33] {
        let point = self.key.verifying_key().to_encoded_point(true);
        point.as_bytes().try_into().expect("33 bytes")
    }

    /// Time passes, blocks are made.
    pub(super) fn advance_to(&self, now: Nanos) {
        let now = now.max(*self.now.borrow());
        *self.now.borrow_mut() = now;
        if *self.halted.borrow() {
            return;
        }
        let mut chain = self.chain.borrow_mut();
        while chain.block_time + BLOCK <= now {
            chain.block_time += BLOCK;
            chain.height += 1;
            self.block(&mut chain);
        }
    }

    /// What the driver knows of the transaction in flight.
    pub(super) fn learn(&self, d: &Deployment) {
        if let Some(owner) = &d.owner {
            self.owner.borrow_mut().clone_from(owner);
        }
        if let Some(flight) = &d.flight {
            self.chain.borrow_mut().known.insert(
                flight.hash.clone(),
                Known {
                    purpose: flight.purpose.clone(),
                    timeout_ns: flight.timeout_ns,
                },
            );
        }
    }

    /// Whether the deployment is open on the chain, what was paid, and what came back.
    pub(super) fn truth(&self) -> Option<(bool, u128, u128)> {
        let chain = self.chain.borrow();
        let on = chain.deployment.as_ref()?;
        Some((on.active, on.transferred, on.deposit - on.transferred))
    }

    /// The deployment is there before the saga begins.
    pub(super) fn open_already(&self, deposit: u64) {
        let mut chain = self.chain.borrow_mut();
        let time = chain.block_time;
        chain.deployment = Some(OnChain {
            active: true,
            deposit: u128::from(deposit),
            transferred: 0,
            oseqs: (1..=self.groups).map(|gseq| (gseq, (1, time))).collect(),
            leases: Vec::new(),
        });
    }

    /// So is this lease.
    pub(super) fn lease_already(&self, bid: &SeenBid) {
        let mut chain = self.chain.borrow_mut();
        let since = chain.height;
        if let Some(on) = &mut chain.deployment {
            on.leases.push(ChainLease {
                bid: bid.clone(),
                since,
                until: None,
                reason: "lease_closed_invalid",
            });
        }
    }

    /// A lease ends from the provider's side.
    pub(super) fn provider_closes(&self) {
        let mut chain = self.chain.borrow_mut();
        let height = chain.height;
        if let Some(on) = &mut chain.deployment {
            settle(on, height);
            for lease in on.leases.iter_mut().filter(|l| l.until.is_none()) {
                lease.until = Some(height);
                lease.reason = "lease_closed_reason_unstable";
            }
        }
    }

    fn block(&self, chain: &mut Chain) {
        let pool = std::mem::take(&mut chain.pool);
        let mut sent = 0;
        for (hash, at) in pool {
            let known = chain.known[&hash].clone();
            if at + SECOND > chain.block_time {
                chain.pool.insert(hash, at);
                continue;
            }
            if known.timeout_ns < chain.block_time {
                continue;
            }
            sent += 1;
            let (code, codespace) = match self.execute(chain, &known.purpose) {
                Ok(()) => (0, ""),
                Err(refusal) => refusal,
            };
            chain.included.insert(hash, (chain.height, code, codespace));
        }
        assert!(sent <= 1, "two transactions of one deployment in one block");
    }

    fn execute(&self, chain: &mut Chain, purpose: &Purpose) -> Result<(), (u32, &'static str)> {
        let (height, time) = (chain.height, chain.block_time);
        if let Purpose::Create { deposit, .. } = purpose {
            if self.no_grant {
                return Err((28, "market"));
            }
            if chain.deployment.is_some() {
                return Err((3, "deployment"));
            }
            chain.deployment = Some(OnChain {
                active: true,
                deposit: u128::from(deposit.0),
                transferred: 0,
                oseqs: (1..=self.groups).map(|gseq| (gseq, (1, time))).collect(),
                leases: Vec::new(),
            });
            return Ok(());
        }
        let vanished: Vec<String> = self
            .providers
            .iter()
            .filter(|(_, _, manners)| *manners == Manners::Vanishes)
            .map(|(name, _, _)| name.clone())
            .collect();
        let on = chain.deployment.as_mut().ok_or((4, "deployment"))?;
        if !on.active {
            return Err((5, "deployment"));
        }
        settle(on, height);
        match purpose {
            Purpose::Lease { bids } => {
                for bid in bids {
                    if vanished.contains(&bid.id.provider) {
                        chain.vanished.insert(bid.id.provider.clone(), 1);
                        return Err((12, "market"));
                    }
                    let open = on
                        .oseqs
                        .get(&bid.id.gseq)
                        .is_some_and(|(oseq, _)| *oseq == bid.id.oseq);
                    if !open || is_leased(on, bid.id.gseq) {
                        return Err((13, "market"));
                    }
                }
                on.leases.extend(bids.iter().map(|bid| ChainLease {
                    bid: bid.clone(),
                    since: height,
                    until: None,
                    reason: "lease_closed_invalid",
                }));
            }
            Purpose::CloseLease { gseq } => {
                let lease = on
                    .leases
                    .iter_mut()
                    .find(|l| l.bid.id.gseq == *gseq && l.until.is_none())
                    .ok_or((10, "market"))?;
                lease.until = Some(height);
                lease.reason = "lease_closed_owner";
                if let Some((oseq, since)) = on.oseqs.get_mut(gseq) {
                    *oseq += 1;
                    *since = time;
                }
            }
            Purpose::Close => {
                on.active = false;
                for lease in on.leases.iter_mut().filter(|l| l.until.is_none()) {
                    lease.until = Some(height);
                }
            }
            Purpose::Create { .. } => unreachable!("handled above"),
        }
        Ok(())
    }

    fn answer(&self, request: &HttpRequest, fault: Option<Fault>) -> HttpResponse {
        let url = &request.url;
        if fault == Some(Fault::Error500) {
            return text(500, "internal");
        }
        if request.method == HttpMethod::Post {
            return self.take(request, fault);
        }
        if request.method == HttpMethod::Put {
            return self.manifest(url, fault);
        }
        if matches!(fault, Some(Fault::Nothing | Fault::Refused)) {
            return if url.contains("/list") {
                reply(
                    &json!({"bids": [], "leases": [], "pagination": {"next_key": null, "total": "0"}}),
                )
            } else {
                not_found()
            };
        }
        let chain = self.chain.borrow();
        if url.ends_with("/node/v1beta1/status") {
            return reply(&node(&chain));
        }
        if let Some((_, hash)) = url.split_once("/cosmos/tx/v1beta1/txs/") {
            return chain
                .included
                .get(hash)
                .map_or_else(not_found, |(height, code, codespace)| {
                    reply(&json!({"tx": {}, "tx_response": {
                    "height": height.to_string(), "txhash": hash, "codespace": codespace,
                    "code": code, "data": "", "raw_log": if *code == 0 { "" } else { "refused" },
                    "logs": [], "info": "", "gas_wanted": "1", "gas_used": "1", "tx": null,
                    "timestamp": "2027-01-15T08:00:00Z", "events": []}}))
                });
        }
        if url.contains("/bids/list") {
            return reply(&self.bids(&chain));
        }
        if url.contains("/deployments/info") {
            return chain
                .deployment
                .as_ref()
                .map_or_else(not_found, |on| reply(&self.info(on, chain.height)));
        }
        if url.contains("/leases/list") {
            return reply(&leases(&chain));
        }
        if let Some((_, owner)) = url.split_once("/provider/v1beta4/providers/") {
            return reply(&json!({"provider": {"owner": owner,
                "host_uri": format!("https://{owner}.test:8443"), "attributes": [],
                "info": {"email": "", "website": ""}}}));
        }
        self.provider(url, &chain)
    }

    fn take(&self, request: &HttpRequest, fault: Option<Fault>) -> HttpResponse {
        use base64::Engine as _;
        use sha2::Digest as _;
        let body: Value = serde_json::from_slice(&request.body).expect("a JSON body");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(body["tx_bytes"].as_str().expect("tx_bytes"))
            .expect("base64");
        let hash = hex::encode_upper(sha2::Sha256::digest(bytes));
        let (mut code, mut codespace) = (0, "");
        let mut chain = self.chain.borrow_mut();
        assert!(
            chain.known.contains_key(&hash),
            "sent what was not recorded first"
        );
        let known = chain.known[&hash].clone();
        if fault == Some(Fault::Refused) {
            (code, codespace) = (13, "sdk");
        } else if fault == Some(Fault::Full) {
            (code, codespace) = (20, "sdk");
        } else if chain.included.contains_key(&hash) {
            (code, codespace) = (18, "sdk");
        } else if chain.pool.contains_key(&hash) {
            (code, codespace) = (19, "sdk");
        } else if known.timeout_ns <= chain.block_time {
            (code, codespace) = (42, "sdk");
        } else if !matches!(fault, Some(Fault::Forgotten | Fault::Nothing)) {
            let now = *self.now.borrow();
            assert!(
                chain.pool.is_empty(),
                "two transactions of one deployment are on their way"
            );
            chain.pool.insert(hash.clone(), now);
        }
        reply(
            &json!({"tx_response": {"height": "0", "txhash": hash, "codespace": codespace,
            "code": code, "data": "", "raw_log": if code == 0 { "" } else { "refused" },
            "logs": [], "info": "", "gas_wanted": "0", "gas_used": "0", "tx": null,
            "timestamp": "", "events": []}}),
        )
    }

    fn manners_of(&self, url: &str) -> (&str, Manners) {
        self.providers
            .iter()
            .find(|(name, _, _)| url.starts_with(&format!("https://{name}.test:8443")))
            .map_or(("", Manners::Gone), |(name, _, manners)| (name, *manners))
    }

    fn manifest(&self, url: &str, fault: Option<Fault>) -> HttpResponse {
        let (name, manners) = self.manners_of(url);
        let mut chain = self.chain.borrow_mut();
        let leased = chain.deployment.as_ref().is_some_and(|on| {
            on.leases
                .iter()
                .any(|l| l.bid.id.provider == name && l.until.is_none())
        });
        if fault == Some(Fault::Refused) || manners == Manners::RefusesManifest {
            return text(422, "manifest rejected: no");
        }
        if !leased || fault == Some(Fault::Nothing) {
            return text(404, "no lease for deployment");
        }
        let now = *self.now.borrow();
        chain.manifests.entry(name.into()).or_insert(now);
        text(200, "")
    }

    fn provider(&self, url: &str, chain: &Chain) -> HttpResponse {
        let (name, manners) = self.manners_of(url);
        if url.ends_with("/address") {
            let address = if manners == Manners::WrongAddress {
                "akash1other"
            } else {
                name
            };
            return reply(&json!({ "address": address }));
        }
        if url.ends_with("/status") {
            let Some(since) = chain.manifests.get(name) else {
                return text(404, "");
            };
            let service = if url.ends_with("/2/1/status") {
                "api"
            } else {
                "web"
            };
            let up = manners != Manners::NeverReady && *self.now.borrow() >= since + 20 * SECOND;
            return reply(&json!({"services": {service: {"name": service,
                "available": u8::from(up), "total": 1, "uris": ["hello.test"],
                "observed_generation": 1, "replicas": 1, "updated_replicas": 1,
                "ready_replicas": u8::from(up), "available_replicas": u8::from(up)}},
                "forwarded_ports": null, "ips": null}));
        }
        not_found()
    }

    fn id(&self, gseq: u32, oseq: u32, provider: &str) -> Value {
        json!({"owner": *self.owner.borrow(), "dseq": self.dseq.to_string(), "gseq": gseq,
            "oseq": oseq, "provider": provider, "bseq": 0})
    }

    fn bids(&self, chain: &Chain) -> Value {
        let mut bids = Vec::new();
        if let Some(on) = chain.deployment.as_ref().filter(|on| on.active) {
            for (gseq, (oseq, since)) in &on.oseqs {
                let early = chain.block_time < since + 2 * BLOCK;
                let leased = is_leased(on, *gseq);
                for (name, price, _) in &self.providers {
                    let elsewhere = self
                        .only_group
                        .as_ref()
                        .is_some_and(|(only, group)| only == name && group != gseq);
                    if early || leased || elsewhere || chain.vanished.contains_key(name) {
                        continue;
                    }
                    bids.push(
                        json!({"bid": {"id": self.id(*gseq, *oseq, name), "state": "open",
                        "price": {"denom": "uact", "amount": format!("{price}.000000000000000000")},
                        "created_at": "1", "resources_offer": [], "reclamation_window": null},
                        "escrow_account": {}}),
                    );
                }
            }
        }
        json!({"bids": bids, "pagination": {"next_key": null, "total": bids.len().to_string()}})
    }

    fn info(&self, on: &OnChain, height: u64) -> Value {
        let dec = |n: u128| format!("{n}.000000000000000000");
        let left = if on.active {
            on.deposit - on.transferred
        } else {
            0
        };
        let deposits = if on.active {
            json!([{"owner": self.treasury, "height": "1", "source": "grant",
                "balance": {"denom": "uact", "amount": dec(left)}}])
        } else {
            json!([])
        };
        let state = if on.active { "open" } else { "closed" };
        let owner = self.owner.borrow().clone();
        json!({"deployment": {"id": {"owner": owner, "dseq": self.dseq.to_string()},
                "state": if on.active { "active" } else { "closed" },
                "hash": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "created_at": "1",
                "reclamation": null},
            "groups": [{"id": {"owner": owner, "dseq": self.dseq.to_string(), "gseq": 1},
                "state": state, "group_spec": {}, "created_at": "1"}],
            "escrow_account": {
                "id": {"scope": "deployment", "xid": format!("{owner}/{}", self.dseq)},
                "state": {"owner": owner, "state": state,
                    "transferred": [{"denom": "uact", "amount": dec(on.transferred)}],
                    "settled_at": height.to_string(),
                    "funds": [{"denom": "uact", "amount": dec(left)}],
                    "deposits": deposits}}})
    }
}

fn is_leased(on: &OnChain, gseq: u32) -> bool {
    let mut leases = on.leases.iter();
    leases.any(|l| l.bid.id.gseq == gseq && l.until.is_none())
}

fn settle(on: &mut OnChain, height: u64) {
    for lease in on.leases.iter_mut().filter(|l| l.until.is_none()) {
        let price = lease.bid.price.floor().expect("small prices");
        let due = u128::from(price) * u128::from(height - lease.since);
        on.transferred = (on.transferred + due).min(on.deposit);
        lease.since = height;
    }
}

fn leases(chain: &Chain) -> Value {
    let leases: Vec<Value> = chain
        .deployment
        .iter()
        .flat_map(|on| &on.leases)
        .map(|lease| {
            let id = &lease.bid.id;
            json!({"lease": {"id": {"owner": id.owner, "dseq": id.dseq.to_string(),
                    "gseq": id.gseq, "oseq": id.oseq, "provider": id.provider, "bseq": id.bseq},
                "state": if lease.until.is_none() { "active" } else { "closed" },
                "price": {"denom": "uact", "amount": format!("{}.000000000000000000", lease.bid.price)},
                "created_at": "1", "closed_on": lease.until.unwrap_or(0).to_string(),
                "reason": lease.reason, "reclamation": null},
                "escrow_payment": {}})
        })
        .collect();
    json!({"leases": leases, "pagination": {"next_key": null, "total": leases.len().to_string()}})
}

fn node(chain: &Chain) -> Value {
    json!({"earliest_store_height": "0", "height": chain.height.to_string(),
        "timestamp": rfc3339(chain.block_time), "app_hash": "", "validator_hash": ""})
}

/// UTC with nine places.
fn rfc3339(ns: Nanos) -> String {
    let (seconds, nanos) = (ns / SECOND, ns % SECOND);
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = if leap { 366 } else { 365 };
        if days < length {
            let months = [
                31,
                if leap { 29 } else { 28 },
                31,
                30,
                31,
                30,
                31,
                31,
                30,
                31,
                30,
                31,
            ];
            let mut month = 1;
            for length in months {
                if days < length {
                    break;
                }
                days -= length;
                month += 1;
            }
            let mut text = String::new();
            let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
            write!(
                text,
                "{year}-{month:02}-{:02}T{h:02}:{m:02}:{s:02}.{nanos:09}Z",
                days + 1
            )
            .expect("memory does not fail");
            return text;
        }
        days -= length;
        year += 1;
    }
}

fn reply(value: &Value) -> HttpResponse {
    HttpResponse {
        status: 200,
        body: value.to_string().into_bytes(),
    }
}

fn text(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        body: body.as_bytes().to_vec(),
    }
}

fn not_found() -> HttpResponse {
    HttpResponse {
        status: 404,
        body: json!({"code": 5, "message": "not found", "details": []})
            .to_string()
            .into_bytes(),
    }
}

/// A node that reads wrong things to us lies. Fewer do than must agree; the rest of what goes
/// wrong may go wrong everywhere.
fn is_lie(fault: Fault, request: &HttpRequest) -> bool {
    matches!(fault, Fault::Refused | Fault::Nothing)
        && request.method == HttpMethod::Get
        && request.url.contains("rest-")
}

impl Runtime for World {
    fn now(&self) -> Nanos {
        *self.now.borrow()
    }

    async fn outcall(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let number = self.outcalls.borrow().len();
        self.outcalls
            .borrow_mut()
            .push(format!("{:?} {}", request.method, request.url));
        let now = *self.now.borrow();
        self.advance_to(now + SECOND / 2);
        let fault = self
            .troubles
            .iter()
            .find(|t| (t.from..t.from.saturating_add(t.count)).contains(&number))
            .map(|t| t.fault)
            .filter(|fault| !is_lie(*fault, &request) || request.url.contains("rest-1."));
        let silent = NoAnswer {
            code: 2,
            message: "timeout".into(),
        };
        let (_, manners) = self.manners_of(&request.url);
        let gone = request.url.contains(":8443")
            && (manners == Manners::Gone
                || (manners == Manners::SilentManifest && request.method == HttpMethod::Put));
        if fault == Some(Fault::Lost) || gone {
            self.advance_to(now + 10 * SECOND);
            return Err(silent);
        }
        let answer = self.answer(&request, fault);
        self.advance_to(now + SECOND);
        assert!(
            u64::try_from(answer.body.len()).expect("small") <= request.max_response_bytes,
            "{} answers with {} bytes",
            request.url,
            answer.body.len()
        );
        if fault == Some(Fault::Unanswered) {
            return Err(silent);
        }
        Ok(answer)
    }

    async fn sign(&self, _: Vec<Vec<u8>>, digest: [u8; 32]) -> Result<[u8; 64], SignError> {
        let number = *self.signatures.borrow();
        *self.signatures.borrow_mut() += 1;
        if let Some((from, count)) = *self.sign_trouble.borrow()
            && (from..from + count).contains(&number)
        {
            return Err(SignError {
                code: 2,
                message: "busy".into(),
            });
        }
        let signature: Signature = self.key.sign_prehash(&digest).expect("32 bytes");
        let signature = signature.normalize_s().unwrap_or(signature);
        Ok(signature.to_bytes().into())
    }

    async fn public_key(&self, _: Option<Vec<u8>>, _: Vec<Vec<u8>>) -> Result<[u8; 33], SignError> {
        Ok(World::public_key(self))
    }
}
