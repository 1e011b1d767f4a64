//! A stand-in for the Akash chain, its public nodes and its providers.
//!
//! Everything that the network outside would decide is decided here, deterministically: no clock,
//! no threads, no sockets. Time is given by the caller, randomness comes from a seed.
//! It is written apart from `src/akash`, so that the product and its stand-in check one another.

#![warn(missing_docs)]

pub mod address;
#[expect(missing_docs, reason = "names of the protocol, which documents them")]
pub mod chain;
pub mod consensus;
mod controls;
mod endpoints;
mod forge;
mod genesis;
mod http;
pub mod num;
#[expect(missing_docs, reason = "names of the protocol, which documents them")]
pub mod proto;
pub mod providers;
mod query;
mod rest;
mod rpc;
pub mod schema;
pub mod store;
mod tx_json;
pub mod wallet;

#[cfg(test)]
mod tests;

pub use chain::vesting::{Vesting, VestingKind};
pub use endpoints::EndpointFault;
pub use forge::{Conspiracy, Forgery, Imagined};
pub use genesis::{Genesis, GenesisAccount};
pub use http::{Request, Response};
pub use providers::presets::{AUDITOR, demo_providers};
pub use providers::{Behaviour, Capacity, Pricing, Provider, ProviderConfig};
pub use store::Layout;

use chain::State;
use chain::authz::DepositGrant;
use chain::blocks::{Chain, Included};
use chain::deployment::{Deployment, Group};
use chain::escrow::EscrowAccount;
use chain::failure::Failure;
use chain::feegrant::Allowance;
use chain::market::{Bid, Lease};
use proto::{BidId, DeploymentId, GroupId};

/// The contract that feeds prices on mainnet.
pub const ORACLE_SOURCE: &str = "akash1nc5tatafv6eyq7llkr2gv50ff9e22mnf70qgjlv737ktmt4eswrqyagled";

/// A chain, its endpoints and its providers.
#[derive(Debug)]
pub struct Akash {
    chain: Chain,
    block_ns: u64,
    seed: u64,
    faults: Vec<EndpointFault>,
    providers: Vec<Provider>,
    /// State that the providers have last looked at.
    watched: State,
    /// No block is made before.
    halted_until_ns: u64,
    /// What a halt of minting took from the vault.
    drained_uakt: u128,
    /// Node, part of the address, body: see [`Akash::answer_instead`].
    answers: Vec<(usize, String, Vec<u8>)>,
}

impl Akash {
    /// Builds a network.
    pub fn new(genesis: Genesis) -> Akash {
        let providers: Vec<Provider> = genesis
            .providers
            .iter()
            .enumerate()
            .map(|(i, config)| Provider::new(i, config.clone(), genesis.seed))
            .collect();
        let chain = genesis.chain(&providers);
        let watched = chain.state().clone();
        Akash {
            chain,
            block_ns: genesis.block_ms * 1_000_000,
            seed: genesis.seed,
            faults: vec![EndpointFault::None; genesis.endpoints],
            providers,
            watched,
            halted_until_ns: 0,
            drained_uakt: 0,
            answers: Vec::new(),
        }
    }

    /// Makes every block that is due until `time_ns`.
    pub fn advance_to(&mut self, time_ns: u64) {
        loop {
            let next = self.next_ns();
            if next > time_ns {
                return;
            }
            self.chain.next_block(next);
            self.providers_act();
        }
    }

    /// Makes a number of blocks at once; for tests that count blocks.
    pub fn advance_blocks(&mut self, blocks: u64) {
        for _ in 0..blocks {
            let next = self.next_ns();
            self.advance_to(next);
        }
    }

    /// Time of the next block.
    fn next_ns(&self) -> u64 {
        (self.chain.time_ns() + self.interval_ns()).max(self.halted_until_ns)
    }

    /// From the last block to the next: the set length, give or take a twentieth.
    fn interval_ns(&self) -> u64 {
        let spread = self.block_ns / 10;
        let random = mix(self.chain.height() ^ self.seed.rotate_left(32)) >> 48;
        self.block_ns - spread / 2 + spread * random / u64::from(u16::MAX)
    }

    fn providers_act(&mut self) {
        let changed = !self.watched.same_market(self.chain.state());
        let now = self.chain.time_ns();
        for provider in &mut self.providers {
            if changed || now >= provider.next_due_ns {
                provider.act(&mut self.chain);
            }
        }
        self.watched = self.chain.state().clone();
    }

    /// Last block.
    pub fn height(&self) -> u64 {
        self.chain.height()
    }

    /// Its time. **Units** nanoseconds.
    pub fn block_time(&self) -> u64 {
        self.chain.time_ns()
    }

    /// Answers one request at `now_ns`; blocks that are due come first.
    /// **Errors** when no connection comes about, or it breaks: the request may have been performed.
    pub fn http(&mut self, now_ns: u64, request: &Request) -> Result<Response, String> {
        self.advance_to(now_ns);
        let Some(url) = http::Url::parse(&request.url) else {
            return Err(format!("not an https address: {}", request.url));
        };
        let named = |prefix: &str| -> Option<usize> {
            let name = url.host.strip_suffix(".akash.test")?;
            name.strip_prefix(prefix)?.parse().ok()
        };
        if url.port == 443
            && let Some((index, rest)) = named("rest-")
                .map(|i| (i, true))
                .or_else(|| named("rpc-").map(|i| (i, false)))
            && let Some(fault) = self.faults.get(index)
        {
            let instead = self.answers.iter().rev();
            let mut instead =
                instead.filter(|(n, part, _)| *n == index && request.url.contains(part));
            if let Some((_, _, body)) = instead.next() {
                return Ok(Response::raw_json(body.clone()));
            }
            return endpoints::serve(&mut self.chain, *fault, rest, request, &url);
        }
        if url.port == providers::PORT
            && let Some(index) = named("provider-")
            && let Some(provider) = self.providers.get_mut(index)
        {
            let hosts = provider.hosts();
            return provider.serve(&self.chain, now_ns, request, &url, &hosts);
        }
        Err(format!("no such host: {}", url.host))
    }

    /// Sets how one node behaves. **Panics** when there is no such node.
    pub fn endpoint_fault(&mut self, index: usize, fault: EndpointFault) {
        self.faults[index] = fault;
    }

    /// How many nodes there are.
    pub fn endpoints(&self) -> usize {
        self.faults.len()
    }

    /// REST address of a node, without a trailing slash.
    pub fn rest_url(index: usize) -> String {
        format!("https://rest-{index}.akash.test")
    }

    /// RPC address of a node, without a trailing slash.
    pub fn rpc_url(index: usize) -> String {
        format!("https://rpc-{index}.akash.test")
    }

    /// All providers.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// A provider by its account.
    pub fn provider_of(&self, address: &str) -> Option<&Provider> {
        self.providers.iter().find(|p| p.address == address)
    }

    /// Changes how a provider acts from now on. **Panics** when there is no such provider.
    pub fn set_behaviour(&mut self, index: usize, behaviour: Behaviour) {
        let provider = &mut self.providers[index];
        provider.config.behaviour = behaviour;
        provider.next_due_ns = 0;
    }

    /// Broadcasts bytes to the network itself, past any endpoint. **Errors** what `CheckTx` says.
    pub fn broadcast(&mut self, bytes: &[u8]) -> Result<String, Failure> {
        self.chain.broadcast(bytes)
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        self.chain.state()
    }

    /// The chain with its blocks.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Balance of an account. **Units** as the denom.
    pub fn balance(&self, address: &str, denom: &str) -> u128 {
        self.state().balance(address, denom)
    }

    /// Total of a denom.
    pub fn supply(&self, denom: &str) -> u128 {
        self.state().supply(denom)
    }

    /// One deployment.
    pub fn deployment(&self, owner: &str, dseq: u64) -> Option<&Deployment> {
        self.state().deployment(&DeploymentId {
            owner: owner.into(),
            dseq,
        })
    }

    /// All deployments of an owner.
    pub fn deployments(&self, owner: &str) -> Vec<(u64, Deployment)> {
        let mine = self
            .state()
            .deployments()
            .filter(|(id, _)| id.owner == owner);
        mine.map(|(id, d)| (id.dseq, d.clone())).collect()
    }

    /// Groups of a deployment.
    pub fn groups(&self, owner: &str, dseq: u64) -> Vec<(GroupId, Group)> {
        self.state().groups(&DeploymentId {
            owner: owner.into(),
            dseq,
        })
    }

    /// Escrow account of a deployment.
    pub fn escrow(&self, owner: &str, dseq: u64) -> Option<&EscrowAccount> {
        let id = DeploymentId {
            owner: owner.into(),
            dseq,
        };
        self.state().escrow_account(&id.escrow())
    }

    /// Deposit authorization and fee allowance of a pair.
    pub fn grants(
        &self,
        granter: &str,
        grantee: &str,
    ) -> (Option<DepositGrant>, Option<Allowance>) {
        let deposit = self
            .state()
            .deposit_grant(&self.chain.now(), granter, grantee)
            .cloned();
        (deposit, self.state().allowance(granter, grantee).cloned())
    }

    /// Bids on a deployment.
    pub fn bids(&self, owner: &str, dseq: u64) -> Vec<(BidId, Bid)> {
        let mine = self
            .state()
            .bids()
            .filter(|(id, _)| id.owner == owner && id.dseq == dseq);
        mine.map(|(id, bid)| (id.clone(), bid.clone())).collect()
    }

    /// Leases of an owner.
    pub fn leases(&self, owner: &str) -> Vec<(BidId, Lease)> {
        let mine = self.state().leases().filter(|(id, _)| id.owner == owner);
        mine.map(|(id, lease)| (id.clone(), lease.clone()))
            .collect()
    }

    /// Every transaction that was included, in order.
    pub fn txs(&self) -> &[Included] {
        self.chain.txs()
    }

    /// A transaction by its hash in upper-case hexadecimal.
    pub fn tx(&self, hash: &str) -> Option<&Included> {
        self.chain.tx(hash)
    }

    /// Whether a lease has a manifest, and since when its workload runs.
    pub fn runs_since(&self, lease: &BidId) -> Option<u64> {
        let provider = self.provider_of(&lease.provider)?;
        let running = provider.tenancies.get(lease)?.running.as_ref();
        running.map(|(_, since)| *since)
    }
}

/// A number that looks random. **Source** splitmix64.
pub(crate) fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
