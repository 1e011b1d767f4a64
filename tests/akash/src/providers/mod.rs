//! Providers: bidders on the chain, and gateways that take manifests.

mod bidder;
mod gateway;
pub(crate) mod jwt;
pub(crate) mod manifest;
pub mod presets;

use crate::proto::{Attribute, BidId, OrderId};
use crate::wallet::Wallet;
use manifest::ManifestGroup;
use std::collections::{BTreeMap, BTreeSet};

/// Port of every gateway.
pub const PORT: u16 = 8443;
/// From the lease to the provider's patience with a missing manifest.
/// **Source** provider, `--manifest-timeout`.
pub const MANIFEST_TIMEOUT_NS: u64 = 300_000_000_000;
/// Life of a bid without a lease. **Source** provider, `--bid-timeout`.
pub const BID_TIMEOUT_NS: u64 = 300_000_000_000;
/// From the manifest to giving up on a workload. **Source** provider, `cluster/monitor.go`.
pub const HEALTH_TIMEOUT_NS: u64 = 480_000_000_000;
/// Between two withdrawals of what was earned. **Source** provider, `--withdrawal-period`.
pub const WITHDRAWAL_PERIOD_NS: u64 = 86_400_000_000_000;

/// How a provider acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Honest,
    /// Never bids.
    NoBid,
    /// Bids, and takes the bid back.
    BidThenVanish {
        /// Blocks after the bid.
        after_blocks: u64,
    },
    /// Answers every manifest with this.
    RefuseManifest(u16, String),
    /// Never answers a manifest; answers everything else.
    SilentManifest,
    /// Takes the manifest; the workload never becomes ready, and after a while it closes the lease.
    NeverReady,
    /// Bids; its gateway cannot be reached.
    Gone,
    /// Its gateway works until some time after the lease.
    GoneAfter {
        /// **Units** seconds.
        seconds: u64,
    },
    /// `/address` answers another address: someone else sits behind the host name.
    WrongAddress,
    /// Its gateway has a certificate that nobody trusts.
    UntrustedCertificate,
    /// Works, late.
    Slow {
        /// How long its node does not know a lease. **Units** seconds.
        lease_unseen_s: u64,
        /// From manifest to ready. **Units** seconds.
        ready_s: u64,
    },
    /// Leaves a lease after some time.
    ClosesLeaseAfter {
        /// **Units** seconds.
        seconds: u64,
        /// Number of the reason, 10000 to 19999.
        reason: i32,
    },
    /// Gives notice after some time and leaves when it has run out. Needs a window in its bids.
    ReclaimNotice {
        /// **Units** seconds after the lease.
        seconds: u64,
    },
    /// Knows fewer fields of a manifest than the tenant: every hash differs.
    OldManifest,
}

/// How a provider finds its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// A share of the most that the order allows. **Units** thousandths.
    PerMille(u32),
    /// Sum over resources. **Units** millionths of a uact per block.
    PerResource {
        /// For each thousandth of a core.
        milli_cpu: u64,
        /// For each MiB.
        memory_mib: u64,
        /// For each GiB of any class.
        storage_gib: u64,
        /// For each processor.
        gpu: u64,
        /// For each endpoint.
        endpoint: u64,
        /// For each leased address.
        ip: u64,
    },
}

/// What a provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// **Units** thousandths of a core.
    pub cpu_milli: u128,
    /// **Units** bytes.
    pub memory: u128,
    /// **Units** bytes, all classes together.
    pub storage: u128,
    /// Processors.
    pub gpu: u128,
    /// Addresses that can be leased.
    pub ips: u128,
}

impl Capacity {
    /// A small data centre.
    pub const LARGE: Capacity = Capacity {
        cpu_milli: 512_000,
        memory: 2 << 40,
        storage: 200 << 40,
        gpu: 64,
        ips: 32,
    };
}

/// One provider of a genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderConfig {
    /// For people, and part of its key's seed.
    pub name: String,
    /// On-chain attributes.
    pub attributes: Vec<(String, String)>,
    /// Auditors that signed all of them.
    pub audited_by: Vec<String>,
    /// How it finds its price.
    pub pricing: Pricing,
    /// What it has.
    pub capacity: Capacity,
    /// How it acts.
    pub behaviour: Behaviour,
    /// Notice that its bids offer, asked or not: a lease with a notice cannot be left without.
    /// **Units** seconds.
    pub reclamation_window_s: Option<i64>,
    /// From manifest to ready. **Units** seconds.
    pub ready_s: u64,
}

impl ProviderConfig {
    /// An honest provider with the usual attributes that asks for `per_mille` of the maximum.
    pub fn honest(name: &str, per_mille: u32) -> ProviderConfig {
        let attributes = [
            ("host", "akash"),
            ("tier", "community"),
            ("capabilities/storage/1/class", "beta3"),
            ("capabilities/storage/1/persistent", "true"),
            ("capabilities/storage/2/class", "ram"),
            ("capabilities/storage/2/persistent", "false"),
        ];
        ProviderConfig {
            name: name.into(),
            attributes: attributes
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            audited_by: Vec::new(),
            pricing: Pricing::PerMille(per_mille),
            capacity: Capacity::LARGE,
            behaviour: Behaviour::Honest,
            reclamation_window_s: None,
            ready_s: 8,
        }
    }

    /// With other or further attributes.
    #[must_use]
    pub fn with(mut self, attributes: &[(&str, &str)]) -> ProviderConfig {
        for (key, value) in attributes {
            self.attributes.retain(|(k, _)| k != key);
            self.attributes.push(((*key).into(), (*value).into()));
        }
        self
    }

    /// With another behaviour.
    #[must_use]
    pub fn acting(mut self, behaviour: Behaviour) -> ProviderConfig {
        self.behaviour = behaviour;
        self
    }
}

/// What a provider knows of one of its leases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenancy {
    /// Block time in which it saw the lease.
    pub(crate) since_ns: u64,
    /// A manifest was sent, good or bad: the watchdog sleeps.
    pub(crate) was_sent: bool,
    /// The group that it runs, and since when.
    pub(crate) running: Option<(ManifestGroup, u64)>,
    /// Last withdrawal.
    pub(crate) withdrawn_ns: u64,
    /// It has asked the chain to close or to give notice.
    pub(crate) leaving: bool,
}

/// One provider.
#[derive(Debug)]
pub struct Provider {
    pub(crate) config: ProviderConfig,
    pub(crate) index: usize,
    pub(crate) wallet: Wallet,
    pub(crate) address: String,
    /// Transactions that a node's door refused.
    pub(crate) refused: u64,
    /// Orders that it has answered, whatever came of it.
    pub(crate) seen: BTreeSet<OrderId>,
    pub(crate) tenancies: BTreeMap<BidId, Tenancy>,
    /// Block time at which it has something to do.
    pub(crate) next_due_ns: u64,
}

impl Provider {
    pub(crate) fn new(index: usize, config: ProviderConfig, seed: u64) -> Provider {
        let wallet = Wallet::new(&format!("provider {index} {} {seed}", config.name));
        Provider {
            address: wallet.address().to_owned(),
            config,
            index,
            wallet,
            refused: 0,
            seen: BTreeSet::new(),
            tenancies: BTreeMap::new(),
            next_due_ns: u64::MAX,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its account.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its behaviour.
    pub fn behaviour(&self) -> &Behaviour {
        &self.config.behaviour
    }

    /// How many of its transactions a node refused at the door. None, in a healthy network.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Its gateway.
    pub fn host_uri(&self) -> String {
        format!("https://{}:{PORT}", host(self.index))
    }

    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        let mut list = self.config.attributes.iter();
        list.find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let list = self.config.attributes.iter();
        list.map(|(key, value)| Attribute {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
    }
}

/// Host name of a provider's gateway.
pub fn host(index: usize) -> String {
    format!("provider-{index}.akash.test")
}
