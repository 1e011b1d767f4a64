//! The committed state: one tree for each store, and the hash over all of them.
//!
//! The modules keep their state as values of Rust; only what a block changed is encoded and
//! written into the trees.

pub(crate) mod iavl;
pub(crate) mod proof;
pub(crate) mod values;

use crate::address::sha256;
use crate::chain::State;
use crate::chain::bme::Oracle;
use crate::consensus::merkle::{self, Hash};
use iavl::Tree;
use proof::{CommitmentProof, Existence, InnerOp, LeafOp};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A key and its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// Stores under the application hash. **Source** node, `app/types/app.go`, `kvStoreKeys`.
pub const STORES: [&str; 26] = [
    "acc",
    "audit",
    "authz",
    "awasm",
    "bank",
    "bme",
    "cert",
    "consensus",
    "deployment",
    "distribution",
    "epochs",
    "escrow",
    "evidence",
    "feegrant",
    "gov",
    "ibc",
    "market",
    "mint",
    "oracle",
    "params",
    "provider",
    "slashing",
    "staking",
    "transfer",
    "upgrade",
    "wasm",
];

/// Why a price is not healthy.
pub(crate) const PRICE_FAILURE: [&str; 1] = ["no healthy price sources"];

/// Where the chain keeps things: changed by an upgrade that nobody announced to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// As this project knows it.
    #[default]
    Known,
    /// Every key of every store begins with another byte: what is looked for is proven absent.
    KeysMoved,
    /// The store `bank` has another name: there is nothing to ask.
    BankRenamed,
}

/// All trees after one block. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stores {
    trees: BTreeMap<&'static str, Store>,
}

/// One store: its tree, and what the tree's hash is in the map of all stores.
#[derive(Clone, Debug, Default)]
struct Store {
    tree: Tree,
    leaf: OnceLock<Hash>,
}

/// What one block changed in one store, in the order of keys: as the SDK's cache writes it.
#[derive(Default)]
struct Changes {
    layouts: (Layout, Layout),
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Changes {
    /// Replaces what an item wrote before by what it writes now.
    fn replace(&mut self, old: Vec<Pair>, new: Vec<Pair>) {
        let key = |layout, mut key: Vec<u8>| {
            if layout == Layout::KeysMoved {
                key.insert(0, MOVED);
            }
            key
        };
        let (before, after) = self.layouts;
        for (k, _) in old {
            // Another item may have written there already.
            self.writes.entry(key(before, k)).or_insert(None);
        }
        for (k, value) in new {
            self.writes.insert(key(after, k), Some(value));
        }
    }

    /// Compares all items of one kind.
    fn items<K: Ord, V: PartialEq>(
        &mut self,
        old: &BTreeMap<K, V>,
        new: &BTreeMap<K, V>,
        pairs: impl Fn(&K, &V) -> Vec<Pair>,
    ) {
        let relocated = self.layouts.0 != self.layouts.1;
        for (k, v) in old {
            let now = new.get(k);
            if relocated || now != Some(v) {
                self.replace(
                    pairs(k, v),
                    now.map(|now| pairs(k, now)).unwrap_or_default(),
                );
            }
        }
        for (k, v) in new {
            if !old.contains_key(k) {
                self.replace(Vec::new(), pairs(k, v));
            }
        }
    }
}

/// First byte of every key of [`Layout::KeysMoved`].
const MOVED: u8 = 0xf0;

fn oracle_pairs(oracle: &Oracle) -> Vec<Pair> {
    let Some((price, time_ns)) = oracle.aggregate else {
        return Vec::new();
    };
    let mut pairs = values::aggregated_price(price, time_ns);
    pairs.extend(values::price_health(oracle.healthy));
    pairs
}

fn bme_pairs(state: &State) -> Vec<Pair> {
    let bme = &state.bme;
    let mut pairs = values::mint_status(bme.status, bme.previous_status, state.epochs.length);
    pairs.extend(values::epoch("burn", state.epochs.burn));
    pairs.extend(values::epoch("mint", state.epochs.mint));
    pairs.extend(values::amount(
        [1, 0],
        crate::chain::UAKT,
        bme.remint_credit,
    ));
    let sums = [
        ([2, 1], &bme.total_burned),
        ([2, 2], &bme.total_minted),
        ([3, 3], &bme.pending),
    ];
    for (prefix, amounts) in sums {
        for (denom, amount) in amounts {
            pairs.extend(values::amount(prefix, denom, *amount));
        }
    }
    pairs
}

impl Stores {
    /// The stores of a state that nothing comes before.
    pub(crate) fn genesis(state: &State, height: u64) -> Stores {
        let mut stores = Stores::default();
        for name in STORES {
            // Parameters and what this chain does not model: something, so that nothing is empty.
            let tree = &mut stores.trees.entry(name).or_default().tree;
            tree.write(
                &[0xfe],
                Some(format!("{name} of the stand-in").as_bytes()),
                height,
            );
        }
        stores.next(&State::default(), state, height)
    }

    /// The stores after the block `height`, which led from one state to another.
    pub(crate) fn next(&self, old: &State, new: &State, height: u64) -> Stores {
        let mut stores = self.clone();
        let layouts = (old.layout, new.layout);
        let relocated = old.layout != new.layout;
        let mut write = |name, fill: &dyn Fn(&mut Changes)| {
            let mut changes = Changes {
                layouts,
                ..Changes::default()
            };
            fill(&mut changes);
            let renamed = name == "bank" && old.layout == Layout::BankRenamed;
            let name = if renamed { RENAMED } else { name };
            let Store { tree, leaf } = stores.trees.entry(name).or_default();
            leaf.take();
            for (key, value) in &changes.writes {
                if tree.get(key) != value.as_deref() {
                    tree.write(key, value.as_deref(), height);
                }
            }
        };
        let (a, b) = (&old.auth, &new.auth);
        if relocated || !Arc::ptr_eq(a, b) {
            write("acc", &|c| {
                c.items(&a.accounts, &b.accounts, |k, v| values::account(k, v));
                let next =
                    |auth: &crate::chain::auth::Auth| values::next_account_number(auth.next_number);
                c.replace(next(a), next(b));
                let set = |nonces: &std::collections::BTreeSet<(u64, String)>| {
                    nonces
                        .iter()
                        .map(|n| (n.clone(), ()))
                        .collect::<BTreeMap<_, _>>()
                };
                c.items(&set(&a.nonces), &set(&b.nonces), |(time, who), ()| {
                    values::nonce(*time, who)
                });
            });
        }
        let (a, b) = (&old.bank, &new.bank);
        if relocated || !Arc::ptr_eq(a, b) {
            write("bank", &|c| {
                c.items(&a.balances, &b.balances, |(who, denom), n| {
                    values::balance(who, denom, *n)
                });
                c.items(&a.supply, &b.supply, |denom, n| values::supply(denom, *n));
                let rules = [(crate::chain::UACT, false), (crate::chain::UAKT, true)];
                for (denom, enabled) in rules {
                    let pairs = values::send_enabled(denom, enabled);
                    c.replace(pairs.clone(), pairs);
                }
            });
        }
        let (a, b) = (&old.deployments, &new.deployments);
        if relocated || !Arc::ptr_eq(a, b) {
            write("deployment", &|c| {
                c.items(&a.deployments, &b.deployments, values::deployment);
                c.items(&a.groups, &b.groups, values::group);
            });
        }
        let (a, b) = (&old.market, &new.market);
        if relocated || !Arc::ptr_eq(a, b) {
            write("market", &|c| {
                c.items(&a.orders, &b.orders, values::order);
                c.items(&a.bids, &b.bids, values::bid);
                c.items(&a.leases, &b.leases, values::lease);
            });
        }
        let (a, b) = (&old.escrow, &new.escrow);
        if relocated || !Arc::ptr_eq(a, b) {
            write("escrow", &|c| {
                c.items(&a.accounts, &b.accounts, values::escrow_account);
                c.items(&a.payments, &b.payments, values::payment);
            });
        }
        let (a, b) = (&old.registry, &new.registry);
        if relocated || !Arc::ptr_eq(a, b) {
            write("provider", &|c| {
                c.items(&a.providers, &b.providers, |k, v| values::provider(k, v));
            });
        }
        let (a, b) = (&old.bme, &new.bme);
        if relocated || !Arc::ptr_eq(a, b) || old.epochs != new.epochs {
            write("bme", &|c| {
                c.replace(bme_pairs(old), bme_pairs(new));
                if relocated || !Arc::ptr_eq(a, b) {
                    c.items(&a.ledger, &b.ledger, values::record);
                }
            });
        }
        if relocated || old.oracle != new.oracle {
            write("oracle", &|c| {
                c.replace(oracle_pairs(&old.oracle), oracle_pairs(&new.oracle))
            });
        }
        stores.rename(layouts);
        stores
    }

    fn rename(&mut self, (old, new): (Layout, Layout)) {
        let (from, to) = match (old, new) {
            (Layout::BankRenamed, Layout::BankRenamed) => return,
            (_, Layout::BankRenamed) => ("bank", RENAMED),
            (Layout::BankRenamed, _) => (RENAMED, "bank"),
            _ => return,
        };
        if let Some(store) = self.trees.remove(from) {
            self.trees.insert(
                to,
                Store {
                    tree: store.tree,
                    leaf: OnceLock::new(),
                },
            );
        }
    }

    /// The application hash: a map from the names to the hashes of the trees.
    pub(crate) fn app_hash(&self) -> Hash {
        merkle::of_hashes(&self.leaves())
    }

    /// **Source** `cosmossdk.io/store`, `internal/maps`: each value is hashed once more.
    fn leaves(&self) -> Vec<Hash> {
        let leaf = |(name, store): (&&'static str, &Store)| {
            *store.leaf.get_or_init(|| {
                let mut out = Vec::new();
                for part in [name.as_bytes(), &sha256(&store.tree.hash())] {
                    out.push(u8::try_from(part.len()).expect("names and hashes are short"));
                    out.extend_from_slice(part);
                }
                merkle::leaf(&out)
            })
        };
        self.trees.iter().map(leaf).collect()
    }

    /// Whether there is a store of this name.
    pub(crate) fn has(&self, store: &str) -> bool {
        self.trees.contains_key(store)
    }

    /// Value of a key, its proof in the store, and the store's proof under the application hash;
    /// `None` without such a store.
    pub(crate) fn prove(
        &self,
        store: &str,
        key: &[u8],
    ) -> Option<(Option<Vec<u8>>, CommitmentProof, CommitmentProof)> {
        let index = self.trees.keys().position(|name| *name == store)?;
        let tree = &self.trees[store].tree;
        let step = |(left, other): (bool, Hash)| {
            if left {
                InnerOp::sha256([&[1], other.as_slice()].concat(), Vec::new())
            } else {
                InnerOp::sha256(vec![1], other.to_vec())
            }
        };
        let simple = Existence {
            key: store.as_bytes().to_vec(),
            value: tree.hash().to_vec(),
            leaf: Some(LeafOp::of(vec![0])),
            path: merkle::path(&self.leaves(), index)
                .into_iter()
                .map(step)
                .collect(),
        };
        let value = tree.get(key).map(<[u8]>::to_vec);
        Some((value, tree.prove(key), CommitmentProof::existence(simple)))
    }
}

/// Name of the bank's store in [`Layout::BankRenamed`].
const RENAMED: &str = "bank2";
