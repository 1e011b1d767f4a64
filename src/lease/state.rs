//! One deployment: what is known of it, rebuilt from its events alone.

use super::event::{Deposit, Event, Purpose, SeenBid, Terms};
use super::limits::{
    BID_WAIT, DOUBT_WAIT, MAX_BIDS_PER_ORDER, MAX_REASON_BYTES, MAX_TRANSACTIONS, MAX_URIS,
    RESIGN_WAIT, RESIGN_WAIT_MAX, RETRY_SOON, ROUND_WAIT, ROUND_WAIT_MAX, STUCK_EVERY,
};
use super::order::Order;
use super::plan::plan;
use crate::akash::ids::BidId;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::Uact;
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::BTreeMap;

/// Where a deployment is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Adopted; waits for its budget's grants.
    Ordered,
    /// The transaction that creates it is signed and on its way.
    Created,
    /// It is on the chain, and bids are collected.
    Bidding,
    /// Bids are chosen, and the transaction that takes them is on its way.
    Leased,
    /// The providers have the manifest; the service starts.
    ManifestSent,
    /// The service answers.
    Live,
    /// The transaction that closes it is on its way.
    Closing,
    /// Closed on the chain, or never opened there; the escrow account says what came back.
    Closed,
    /// Closed, and the budget is released. Nothing more happens.
    Settled,
    /// No progress for long. Only an adopted order or a later successful probe goes on from here.
    Stuck,
}

/// One deployment. Read it; only [`Deployment::apply`] writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// What was adopted.
    pub order: Order,
    /// When.
    pub adopted_at: Nanos,
    /// Where it is on its way; being stuck is told by [`Deployment::phase`].
    pub stage: Phase,
    /// Since when.
    pub stage_since: Nanos,
    /// Since when it is stuck.
    pub stuck_since: Option<Nanos>,
    /// What the plan says about money, once planned.
    pub terms: Option<Terms>,
    /// Key of the budget's account, once derived.
    pub public_key: Option<[u8; 33]>,
    /// Owner on the chain, once derived.
    pub owner: Option<String>,
    /// The owner's account number, as signed.
    pub account_number: Option<u64>,
    /// Who pays deposit and gas.
    pub treasury: Option<String>,
    /// In escrow, or on its way there. Zero before the create is signed and when it came to
    /// nothing.
    pub deposit: Uact,
    /// When the last create that was signed dies. Nothing may be called absent before.
    pub create_timeout_ns: Nanos,
    /// Whether it is certain that it was opened: enough nodes said so, or a provider that reads
    /// the chain itself.
    pub exists: bool,
    /// One for each group of the plan.
    pub groups: Vec<GroupState>,
    /// The one transaction whose fate is not known.
    pub flight: Option<Flight>,
    /// The newest transactions, oldest first.
    pub transactions: Vec<Transaction>,
    /// Since when bids are awaited.
    pub bidding_since: Nanos,
    /// When they are first read.
    pub bids_due: Nanos,
    /// The bids last read.
    pub bids: Option<Bids>,
    /// What is known of providers.
    pub providers: BTreeMap<String, Standing>,
    /// Leases that came to nothing.
    pub lease_failures: u32,
    /// Transactions in a row that died.
    pub tx_deaths: u32,
    /// Closes in a row that failed in a block.
    pub close_failures: u32,
    /// The chain's final no to the create.
    pub create_refused: Option<String>,
    /// An adopted close.
    pub close_ordered: Option<String>,
    /// Whether the deployment was looked at since the close was decided.
    pub looked: bool,
    /// The escrow account as last seen open.
    pub escrow: Option<Escrow>,
    /// Why it is closing, closed or stuck.
    pub reason: Option<String>,
    /// Whether it was given up before anything was on the chain.
    pub given_up: bool,
    /// Paid to providers, once closed.
    pub spent: Option<Uact>,
    /// Back with the treasury, once closed.
    pub refund: Option<Uact>,
    /// When the service first answered.
    pub live_at: Option<Nanos>,
    /// When the leases were last seen standing.
    pub watched_at: Nanos,
    /// Failures since something last went well.
    pub retry: Retry,
    /// When something last went forward.
    pub progress_at: Nanos,
    /// Moves on to the next endpoint at each failure.
    pub turns: u32,
    /// Events that did not fit and changed nothing: an audit finding when it is not zero.
    pub ignored: u32,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    /// Number, from 1.
    pub gseq: u32,
    /// Number of its order, from 1; each closed lease opens the next.
    pub oseq: u32,
    /// The lease, from the moment its transaction is signed.
    pub lease: Option<Lease>,
}

/// One lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The bid that it came from.
    pub bid: BidId,
    /// **Units** uact per block.
    pub price: Decimal,
    /// The provider's gateway.
    pub host_uri: String,
    /// Since when it is known to stand on the chain.
    pub since: Option<Nanos>,
    /// Failed PUTs.
    pub manifest_tries: u32,
    /// When the last PUT failed, and why.
    pub manifest_tried: Option<(Nanos, String)>,
    /// When the provider took the manifest.
    pub manifest_at: Option<Nanos>,
    /// When the status was last not ready, and why.
    pub status_read: Option<(Nanos, String)>,
    /// Whether every service is available.
    pub ready: bool,
    /// Where the services answer.
    pub uris: Vec<String>,
    /// Why it is to be closed.
    pub failed: Option<String>,
}

/// A transaction whose fate is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// Its hash, upper-case hexadecimal.
    pub hash: String,
    /// After a block time later than this it is dead.
    pub timeout_ns: Nanos,
    /// When a node last took it.
    pub accepted_at: Option<Nanos>,
    /// Which nodes refused it, and why.
    pub refusals: BTreeMap<String, String>,
    /// Whether it was looked for in vain since it was last sent.
    pub probed: bool,
    /// PUTs that failed since it was last taken.
    pub puts: u32,
    /// Whether the deployment was read since it was last taken, and did not show its effect.
    pub read: bool,
}

/// One transaction, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What it was for.
    pub purpose: &'static str,
    /// Upper-case hexadecimal.
    pub hash: String,
    /// What became of it.
    pub state: TxState,
    /// When it was signed.
    pub signed_at: Nanos,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxState {
    /// Signed, perhaps sent.
    Sent,
    /// In a block, with its effect.
    Confirmed,
    /// In no block, and never will be.
    Dead,
    /// In a block, without effect; or refused by enough nodes until it died.
    Refused(String),
}

impl std::fmt::Display for TxState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sent => f.write_str("sent"),
            Self::Confirmed => f.write_str("confirmed"),
            Self::Dead => f.write_str("dead"),
            Self::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

/// Bids as last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bids {
    /// When.
    pub at: Nanos,
    /// Open, ours, in uact.
    pub bids: Vec<SeenBid>,
    /// Whether enough nodes said the same.
    pub agreed: bool,
}

/// What is known of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answers as itself.
    Found {
        /// Its gateway.
        host_uri: String,
    },
    /// The first look failed.
    Doubted {
        /// Why.
        why: String,
    },
    /// It is not used any more.
    Denied {
        /// Why.
        why: String,
    },
}

/// An open escrow account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escrow {
    /// In the order in which they are spent.
    pub deposits: Vec<Deposit>,
    /// **Units** uact.
    pub transferred: Decimal,
}

/// Failures since something last went well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// Since the last answer of any kind.
    pub tries: u32,
    /// Failures of all endpoints since the last progress; they set the pace.
    pub rounds: u32,
    /// Nothing is done before.
    pub not_before: Nanos,
    /// The last failure.
    pub why: String,
}

impl Deployment {
    /// A deployment begins when its order is adopted.
    #[must_use]
    pub fn adopted(order: Order, at: Nanos) -> Self {
        Self {
            order,
            adopted_at: at,
            stage: Phase::Ordered,
            stage_since: at,
            stuck_since: None,
            terms: None,
            public_key: None,
            owner: None,
            account_number: None,
            treasury: None,
            deposit: Uact::ZERO,
            create_timeout_ns: 0,
            exists: false,
            groups: Vec::new(),
            flight: None,
            transactions: Vec::new(),
            bidding_since: 0,
            bids_due: 0,
            bids: None,
            providers: BTreeMap::new(),
            lease_failures: 0,
            tx_deaths: 0,
            close_failures: 0,
            create_refused: None,
            close_ordered: None,
            looked: false,
            escrow: None,
            reason: None,
            given_up: false,
            spent: None,
            refund: None,
            live_at: None,
            watched_at: 0,
            retry: Retry::default(),
            progress_at: at,
            turns: 0,
            ignored: 0,
        }
    }

    /// Where it is, for everybody.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.stuck_since {
            Some(_) => Phase::Stuck,
            None => self.stage,
        }
    }

    /// Since when it is there.
    #[must_use]
    pub fn phase_since(&self) -> Nanos {
        self.stuck_since.unwrap_or(self.stage_since)
    }

    /// Why it is closing, closed or stuck, or else what last went wrong.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        let trouble = Some(self.retry.why.as_str()).filter(|why| !why.is_empty());
        self.reason.as_deref().or(trouble)
    }

    /// End of the term, once live.
    #[must_use]
    pub fn ends_at(&self) -> Option<Nanos> {
        let term = self.order.term_s.saturating_mul(NANOS_PER_SECOND);
        Some(self.live_at?.saturating_add(term))
    }

    /// What this deployment holds of its budget: its deposit until it is settled.
    #[must_use]
    pub fn reserved(&self) -> Uact {
        if self.stage == Phase::Settled || self.given_up {
            return Uact::ZERO;
        }
        if self.deposit > Uact::ZERO {
            return self.deposit;
        }
        match &self.terms {
            Some(terms) => terms.deposit,
            // Only between adoption and the first act.
            None => plan(&self.order).map_or(Uact::ZERO, |plan| plan.deposit),
        }
    }

    /// What may be lost, while stuck: all that is or may be in escrow.
    #[must_use]
    pub fn at_risk(&self) -> Option<Uact> {
        self.stuck_since.map(|_| self.deposit)
    }

    /// Providers that are not used any more, and why.
    pub fn denied(&self) -> impl Iterator<Item = (&str, &str)> {
        self.providers
            .iter()
            .filter_map(|(provider, standing)| match standing {
                Standing::Denied { why } => Some((provider.as_str(), why.as_str())),
                _ => None,
            })
    }

    /// Leases, from the moment their transaction is signed.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.groups.iter().filter_map(|group| group.lease.as_ref())
    }

    /// Whether something of it is on the chain or may still come there.
    #[must_use]
    pub fn may_exist(&self) -> bool {
        match self.stage {
            Phase::Ordered | Phase::Closed | Phase::Settled => self.flight.is_some(),
            _ => true,
        }
    }

    /// Applies one event. Total: an event that does not fit changes nothing but a counter, so
    /// that a log can always be replayed. Live and replay call this alone.
    pub fn apply(&mut self, at: Nanos, event: &Event) {
        let fits = self.stage != Phase::Settled && self.change(at, event).is_some();
        if !fits {
            self.ignored = self.ignored.saturating_add(1);
            return;
        }
        match event {
            // Failures were counted where they were applied.
            Event::Fruitless { .. }
            | Event::TxRefused { .. }
            | Event::TxPending
            | Event::TxDead { .. }
            | Event::TxFailed { .. }
            | Event::ProviderDoubted { .. }
            | Event::Stuck { .. } => {}
            Event::TxAccepted
            | Event::TxSigned { .. }
            | Event::BidsSeen { .. }
            | Event::ManifestTried { .. }
            | Event::StatusRead { .. }
            | Event::EscrowSeen { .. } => self.answered(),
            _ => self.progressed(at),
        }
    }

    /// `None` when the event does not fit.
    fn change(&mut self, at: Nanos, event: &Event) -> Option<()> {
        match event {
            Event::Planned { terms } => self.planned(terms),
            Event::KeyDerived { public_key, owner } => {
                self.public_key = Some(*public_key);
                self.owner = Some(owner.clone());
                Some(())
            }
            Event::TxSigned {
                purpose,
                bytes,
                hash,
                timeout_ns,
            } => {
                if self.flight.is_some() {
                    return None;
                }
                self.signed(at, purpose, *timeout_ns)?;
                self.fly(at, purpose, bytes, hash, *timeout_ns)
            }
            Event::TxAccepted => {
                let flight = self.flight.as_mut()?;
                flight.accepted_at = Some(at);
                flight.refusals.clear();
                flight.probed = false;
                flight.puts = 0;
                flight.read = false;
                Some(())
            }
            Event::TxRefused { endpoint, why } => {
                let flight = self.flight.as_mut()?;
                flight.refusals.insert(endpoint.clone(), cut(why));
                flight.accepted_at = None;
                flight.probed = false;
                self.failed(at, why, false);
                Some(())
            }
            Event::TxConfirmed { height } => {
                self.confirmed(at)?;
                self.exists |= height.is_some();
                Some(())
            }
            Event::TxFailed {
                codespace,
                code,
                log,
                ..
            } => self.tx_failed(at, &format!("{codespace} code {code}: {log}")),
            Event::TxPending => {
                let flight = self.flight.as_mut()?;
                flight.accepted_at = None;
                flight.probed = true;
                self.failed(at, "a transaction is in no block yet", true);
                Some(())
            }
            Event::TxDead { refused } => self.died(at, refused.as_deref()),
            Event::BidsSeen { bids, agreed } => self.bids_seen(at, bids, *agreed),
            Event::ProviderFound { provider, host_uri } => self.stand(
                provider,
                Standing::Found {
                    host_uri: host_uri.clone(),
                },
            ),
            Event::ProviderDoubted { provider, why } => {
                self.turns = self.turns.wrapping_add(1);
                self.retry.not_before = at.saturating_add(DOUBT_WAIT);
                self.retry.why = cut(why);
                self.stand(provider, Standing::Doubted { why: cut(why) })
            }
            Event::ProviderDenied { provider, why } => {
                self.stand(provider, Standing::Denied { why: cut(why) })
            }
            Event::ManifestAccepted { provider } => self.manifest_accepted(at, provider),
            Event::ManifestTried { provider, why } => {
                if let Some(flight) = &mut self.flight {
                    flight.puts = flight.puts.saturating_add(1);
                }
                self.each_lease_of(provider, |lease| {
                    lease.manifest_tries = lease.manifest_tries.saturating_add(1);
                    lease.manifest_tried = Some((at, cut(why)));
                })
            }
            Event::StatusRead { gseq, why } => {
                self.lease_mut(*gseq)?.status_read = Some((at, cut(why)));
                Some(())
            }
            Event::ServiceReady { gseq, uris } => self.service_ready(at, *gseq, uris),
            Event::LeaseFailed { provider, why } => self.lease_failed(provider, why),
            Event::Watched => {
                if self.stage != Phase::Live {
                    return None;
                }
                self.watched_at = at;
                // Nobody is believed twice in a row.
                self.turns = self.turns.wrapping_add(1);
                Some(())
            }
            Event::CloseOrdered { reason } => {
                if self.close_ordered.is_some() {
                    return None;
                }
                self.close_ordered = Some(cut(reason));
                if self.may_exist() && self.stage < Phase::Closing {
                    self.close(at, reason);
                }
                Some(())
            }
            Event::CloseDecided { reason } => {
                if self.stage >= Phase::Closing || !self.may_exist() {
                    return None;
                }
                self.close(at, reason);
                Some(())
            }
            Event::EscrowSeen {
                deposits,
                transferred,
            } => {
                if let Some(flight) = &mut self.flight {
                    flight.read = true;
                }
                self.looked = true;
                self.exists = true;
                self.escrow = Some(Escrow {
                    deposits: deposits.clone(),
                    transferred: *transferred,
                });
                Some(())
            }
            Event::Settled { spent, refund } => self.settled(at, *spent, *refund),
            Event::GivenUp { reason } => {
                if self.flight.is_some() {
                    return None;
                }
                self.deposit = Uact::ZERO;
                self.given_up = true;
                self.reason = Some(cut(reason));
                self.enter(Phase::Closed, at);
                Some(())
            }
            Event::Fruitless { why, round } => {
                // Without a look the close is signed all the same: an open lease costs money. But
                // after a close that failed in a block it must be known why.
                match &mut self.flight {
                    Some(flight) => flight.read = true,
                    None if self.stage == Phase::Closing => {
                        self.looked |= self.close_failures == 0;
                    }
                    None => {}
                }
                self.failed(at, why, *round);
                Some(())
            }
            Event::Stuck { reason } => {
                self.stuck_since = Some(at);
                self.reason.get_or_insert_with(|| cut(reason));
                self.retry.why = cut(reason);
                Some(())
            }
        }
    }

    fn planned(&mut self, terms: &Terms) -> Option<()> {
        if self.terms.is_some() {
            return None;
        }
        self.groups = (1..)
            .zip(&terms.group_max)
            .map(|(gseq, _)| GroupState {
                gseq,
                oseq: 1,
                lease: None,
            })
            .collect();
        self.terms = Some(terms.clone());
        Some(())
    }

    /// A transaction was signed: the deployment enters the phase that it leads to.
    fn signed(&mut self, at: Nanos, purpose: &Purpose, end: Nanos) -> Option<()> {
        match purpose {
            Purpose::Create {
                account_number,
                treasury,
                deposit,
            } => {
                if self.stage != Phase::Ordered {
                    return None;
                }
                self.account_number = Some(*account_number);
                self.treasury = Some(treasury.clone());
                self.deposit = *deposit;
                self.create_timeout_ns = end;
                if self.close_ordered.is_none() {
                    self.enter(Phase::Created, at);
                }
            }
            Purpose::Lease { bids } => {
                if self.stage >= Phase::Closed {
                    return None;
                }
                for bid in bids {
                    self.take(bid);
                }
                self.before_closing(Phase::Leased, at);
            }
            Purpose::CloseLease { gseq } => {
                self.lease_mut(*gseq)?;
                self.before_closing(Phase::Bidding, at);
            }
            Purpose::Close => self.enter(Phase::Closing, at),
        }
        if self.close_ordered.is_some() && self.stage < Phase::Closing {
            // The order came while this was being signed.
            let reason = self.close_ordered.clone().unwrap_or_default();
            self.close(at, &reason);
        }
        Some(())
    }

    fn fly(
        &mut self,
        at: Nanos,
        purpose: &Purpose,
        bytes: &[u8],
        hash: &str,
        timeout_ns: Nanos,
    ) -> Option<()> {
        self.flight = Some(Flight {
            purpose: purpose.clone(),
            bytes: bytes.to_vec(),
            hash: hash.to_string(),
            timeout_ns,
            accepted_at: None,
            refusals: BTreeMap::new(),
            probed: false,
            puts: 0,
            read: false,
        });
        if self.transactions.len() == MAX_TRANSACTIONS {
            self.transactions.remove(0);
        }
        self.transactions.push(Transaction {
            purpose: purpose.name(),
            hash: hash.to_string(),
            state: TxState::Sent,
            signed_at: at,
        });
        Some(())
    }

    fn take(&mut self, bid: &SeenBid) {
        let host_uri = match self.providers.get(&bid.id.provider) {
            Some(Standing::Found { host_uri }) => host_uri.clone(),
            _ => String::new(),
        };
        if let Some(group) = self.groups.iter_mut().find(|g| g.gseq == bid.id.gseq) {
            group.oseq = bid.id.oseq;
            group.lease = Some(Lease {
                bid: bid.id.clone(),
                price: bid.price,
                host_uri,
                since: None,
                manifest_tries: 0,
                manifest_tried: None,
                manifest_at: None,
                status_read: None,
                ready: false,
                uris: Vec::new(),
                failed: None,
            });
        }
    }

    /// The transaction in flight did what it is for.
    fn confirmed(&mut self, at: Nanos) -> Option<()> {
        let flight = self.flight.take()?;
        self.record(TxState::Confirmed);
        self.tx_deaths = 0;
        match flight.purpose {
            Purpose::Create { .. } => {
                self.await_bids(at, at.saturating_add(BID_WAIT));
                self.before_closing(Phase::Bidding, at);
            }
            Purpose::Lease { bids } => {
                for bid in bids {
                    if let Some(lease) = self.lease_mut(bid.id.gseq) {
                        lease.since = Some(at);
                    }
                }
            }
            Purpose::CloseLease { gseq } => {
                if let Some(group) = self.groups.iter_mut().find(|g| g.gseq == gseq) {
                    group.lease = None;
                    group.oseq = group.oseq.saturating_add(1);
                }
                self.bids = None;
                self.await_bids(at, at.saturating_add(BID_WAIT));
            }
            Purpose::Close => self.enter(Phase::Closed, at),
        }
        Some(())
    }

    /// The transaction in flight is in a block and had no effect.
    fn tx_failed(&mut self, at: Nanos, why: &str) -> Option<()> {
        let flight = self.flight.take()?;
        self.record(TxState::Refused(cut(why)));
        self.tx_deaths = 0;
        self.turns = self.turns.wrapping_add(1);
        self.retry.why = cut(why);
        match flight.purpose {
            Purpose::Create { .. } => self.create_failed(at, Some(why)),
            Purpose::Lease { bids } => {
                self.lease_failures = self.lease_failures.saturating_add(1);
                self.drop_leases(at, &bids);
            }
            Purpose::CloseLease { .. } => {
                let reason = format!("a lease that failed cannot be closed: {why}");
                if self.stage < Phase::Closing {
                    self.close(at, &reason);
                }
            }
            Purpose::Close => {
                self.close_failures = self.close_failures.saturating_add(1);
                self.looked = false;
                self.slow_down(at, self.close_failures);
            }
        }
        Some(())
    }

    /// The transaction in flight can come no more.
    fn died(&mut self, at: Nanos, refused: Option<&str>) -> Option<()> {
        let flight = self.flight.take()?;
        self.record(match refused {
            Some(why) => TxState::Refused(cut(why)),
            None => TxState::Dead,
        });
        self.tx_deaths = self.tx_deaths.saturating_add(1);
        self.turns = self.turns.wrapping_add(1);
        self.retry.why = cut(refused.unwrap_or("a transaction died by its timeout"));
        match flight.purpose {
            Purpose::Create { .. } => self.create_failed(at, refused),
            Purpose::Lease { bids } => {
                if refused.is_some() {
                    self.lease_failures = self.lease_failures.saturating_add(1);
                }
                self.drop_leases(at, &bids);
            }
            Purpose::CloseLease { .. } => {}
            Purpose::Close => self.slow_down(at, self.tx_deaths.saturating_sub(1)),
        }
        Some(())
    }

    /// Nothing was opened, so nothing is in escrow.
    fn create_failed(&mut self, at: Nanos, refused: Option<&str>) {
        self.deposit = Uact::ZERO;
        self.create_refused = refused.map(cut);
        self.enter(Phase::Ordered, at);
    }

    /// Leases that were never opened, so that other bids can be taken.
    fn drop_leases(&mut self, at: Nanos, bids: &[SeenBid]) {
        for group in &mut self.groups {
            if bids.iter().any(|bid| bid.id.gseq == group.gseq) {
                group.lease = None;
            }
        }
        // Bids were there a moment ago: they are read again at once, with a whole window ahead.
        self.bids = None;
        self.await_bids(at, at);
        self.before_closing(Phase::Bidding, at);
    }

    fn await_bids(&mut self, since: Nanos, due: Nanos) {
        self.bidding_since = since;
        self.bids_due = due;
    }

    fn bids_seen(&mut self, at: Nanos, bids: &[SeenBid], agreed: bool) -> Option<()> {
        let most = MAX_BIDS_PER_ORDER * self.groups.len().max(1);
        if bids.len() > most || !matches!(self.stage, Phase::Created | Phase::Bidding) {
            return None;
        }
        self.bids = Some(Bids {
            at,
            bids: bids.to_vec(),
            agreed,
        });
        let creating = matches!(
            self.flight.as_ref().map(|f| &f.purpose),
            Some(Purpose::Create { .. })
        );
        if creating && !bids.is_empty() {
            self.confirmed(at)?;
        }
        Some(())
    }

    fn manifest_accepted(&mut self, at: Nanos, provider: &str) -> Option<()> {
        let leasing = matches!(
            self.flight.as_ref().map(|f| &f.purpose),
            Some(Purpose::Lease { .. })
        );
        // A provider that has another lease of this deployment takes the manifest for that one.
        let first = !self
            .leases()
            .any(|lease| lease.bid.provider == provider && lease.manifest_at.is_some());
        if leasing && first && self.leases().any(|lease| lease.bid.provider == provider) {
            self.confirmed(at)?;
        }
        self.each_lease_of(provider, |lease| {
            lease.manifest_at.get_or_insert(at);
        })?;
        self.exists = true;
        if self.groups.iter().all(|g| {
            g.lease
                .as_ref()
                .is_some_and(|lease| lease.manifest_at.is_some())
        }) {
            self.before_closing(Phase::ManifestSent, at);
        }
        Some(())
    }

    fn service_ready(&mut self, at: Nanos, gseq: u32, uris: &[String]) -> Option<()> {
        let lease = self.lease_mut(gseq)?;
        lease.ready = true;
        lease.uris = uris.iter().take(MAX_URIS).map(|uri| cut(uri)).collect();
        let all = self
            .groups
            .iter()
            .all(|g| g.lease.as_ref().is_some_and(|lease| lease.ready));
        if all && self.stage == Phase::ManifestSent {
            self.live_at.get_or_insert(at);
            self.watched_at = at;
            self.enter(Phase::Live, at);
        }
        Some(())
    }

    fn lease_failed(&mut self, provider: &str, why: &str) -> Option<()> {
        if !matches!(
            self.stage,
            Phase::Bidding | Phase::Leased | Phase::ManifestSent
        ) {
            return None;
        }
        self.each_lease_of(provider, |lease| lease.failed = Some(cut(why)))?;
        self.lease_failures = self.lease_failures.saturating_add(1);
        self.stand(provider, Standing::Denied { why: cut(why) })
    }

    fn settled(&mut self, at: Nanos, spent: Uact, refund: Uact) -> Option<()> {
        match &self.flight {
            // The chain shows it closed: the close in flight did it.
            Some(flight) if flight.purpose == Purpose::Close => {
                self.flight = None;
                self.record(TxState::Confirmed);
            }
            Some(_) => return None,
            None if self.stage < Phase::Closing => return None,
            None => {}
        }
        self.spent = Some(spent);
        self.refund = Some(refund);
        self.enter(Phase::Settled, at);
        Some(())
    }

    fn close(&mut self, at: Nanos, reason: &str) {
        self.looked = false;
        self.reason = Some(cut(reason));
        self.enter(Phase::Closing, at);
    }

    fn enter(&mut self, stage: Phase, at: Nanos) {
        if self.stage != stage {
            self.stage = stage;
            self.stage_since = at;
        }
    }

    /// Enters a phase of the way up, unless it is already on the way down.
    fn before_closing(&mut self, stage: Phase, at: Nanos) {
        if self.stage < Phase::Closing {
            self.enter(stage, at);
        }
    }

    fn record(&mut self, state: TxState) {
        if let Some(transaction) = self.transactions.last_mut() {
            transaction.state = state;
        }
    }

    fn stand(&mut self, provider: &str, standing: Standing) -> Option<()> {
        self.providers.insert(provider.to_string(), standing);
        Some(())
    }

    fn lease_mut(&mut self, gseq: u32) -> Option<&mut Lease> {
        let group = self.groups.iter_mut().find(|g| g.gseq == gseq)?;
        group.lease.as_mut()
    }

    /// `None` when there is no lease of this provider.
    fn each_lease_of(&mut self, provider: &str, change: impl Fn(&mut Lease)) -> Option<()> {
        let mut found = None;
        for lease in self.groups.iter_mut().filter_map(|g| g.lease.as_mut()) {
            if lease.bid.provider == provider {
                change(lease);
                found = Some(());
            }
        }
        found
    }

    fn failed(&mut self, at: Nanos, why: &str, round: bool) {
        self.turns = self.turns.wrapping_add(1);
        self.retry.tries = self.retry.tries.saturating_add(1);
        self.retry.why = cut(why);
        let wait = if round {
            let wait = doubled(ROUND_WAIT, self.retry.rounds, ROUND_WAIT_MAX);
            self.retry.tries = 0;
            self.retry.rounds = self.retry.rounds.saturating_add(1);
            if self.stuck_since.is_some() {
                STUCK_EVERY
            } else {
                wait
            }
        } else {
            RETRY_SOON
        };
        self.retry.not_before = at.saturating_add(wait);
    }

    /// Before a close is signed again.
    fn slow_down(&mut self, at: Nanos, failures: u32) {
        if failures > 0 {
            let wait = doubled(RESIGN_WAIT, failures - 1, RESIGN_WAIT_MAX);
            self.retry.not_before = at.saturating_add(wait);
        }
    }

    fn answered(&mut self) {
        self.retry.tries = 0;
        self.retry.not_before = 0;
    }

    fn progressed(&mut self, at: Nanos) {
        self.retry = Retry::default();
        self.progress_at = at;
        if self.stuck_since.take().is_some() && self.stage < Phase::Closing {
            self.reason = None;
        }
    }
}

fn doubled(first: Nanos, times: u32, most: Nanos) -> Nanos {
    1_u64
        .checked_shl(times)
        .and_then(|factor| first.checked_mul(factor))
        .map_or(most, |wait| wait.min(most))
}

/// At most [`MAX_REASON_BYTES`], cut between characters.
pub(super) fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_REASON_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_string()
}
