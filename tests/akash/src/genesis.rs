//! How a chain begins.

use crate::address;
use crate::chain::blocks::Chain;
use crate::chain::bme::{Epochs, Oracle};
use crate::chain::headers::Ledger;
use crate::chain::{Ctx, Rules, State, UAKT};
use crate::num::Dec;
use crate::proto::{MsgProvider, ProviderInfo};
use crate::providers::{Provider, ProviderConfig};
use std::sync::Arc;

/// What each provider has for gas and bid deposits. **Units** uakt.
const PROVIDER_UAKT: u128 = 100_000_000_000;

/// An account whose number and sequence matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Address.
    pub address: String,
    /// Account number.
    pub number: u64,
    /// Sequence.
    pub sequence: u64,
}

/// How a network begins. Begin from `Genesis::default()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Part of every signature.
    pub chain_id: String,
    /// Time of the first block.
    pub start_ns: u64,
    /// Its height.
    pub start_height: u64,
    /// Length of a block, give or take a twentieth.
    pub block_ms: u64,
    /// Addresses, and what each holds.
    pub balances: Vec<(String, Vec<(u64, &'static str)>)>,
    /// Accounts whose numbers matter.
    pub accounts: Vec<GenesisAccount>,
    /// In the order of their host names.
    pub providers: Vec<ProviderConfig>,
    /// How many nodes answer from outside.
    pub endpoints: usize,
    /// Of every random choice.
    pub seed: u64,
    /// **Units** millionths of a USD.
    pub akt_price_micro_usd: u64,
    /// What backs the uact. **Units** uakt.
    pub vault_uakt: u128,
    /// At a node's door. **Units** millionths of a uakt per unit of gas.
    pub min_gas_price_micro_uakt: u64,
    /// See [`Rules::only_first_losing_bid_closes`].
    pub only_first_losing_bid_closes: bool,
    /// Power of each validator.
    pub validators: Vec<u64>,
    /// How long stake stays punishable. **Units** seconds.
    pub unbonding_s: u64,
    /// Version of the application in the headers.
    pub app_version: u64,
    /// How many states the nodes keep. **Source** the default pruning of nodes, roughly.
    pub keeps: usize,
}

impl Default for Genesis {
    fn default() -> Genesis {
        Genesis {
            chain_id: "akashnet-2".into(),
            start_ns: 1_795_543_200_000_000_000,
            start_height: 30_000_000,
            block_ms: 6_000,
            balances: Vec::new(),
            accounts: Vec::new(),
            providers: Vec::new(),
            endpoints: 3,
            seed: 0,
            akt_price_micro_usd: 1_140_000,
            vault_uakt: 300_000_000_000,
            min_gas_price_micro_uakt: 25_000,
            only_first_losing_bid_closes: false,
            validators: vec![1_000_000, 900_000, 800_000, 700_000],
            unbonding_s: 14 * 86_400,
            app_version: 0,
            keeps: 100,
        }
    }
}

impl Genesis {
    pub(crate) fn chain(&self, providers: &[Provider]) -> Chain {
        let rules = Rules {
            chain_id: self.chain_id.clone(),
            min_gas_price_micro_uakt: self.min_gas_price_micro_uakt,
            only_first_losing_bid_closes: self.only_first_losing_bid_closes,
            keeps: self.keeps.max(1),
            unbonding_s: self.unbonding_s,
        };
        let mut state = State {
            time_ns: self.start_ns,
            ..State::default()
        };
        for account in &self.accounts {
            state.place_account(&account.address, account.number, account.sequence);
        }
        state.create_module_accounts();
        state.mint(&address::of_module("bme"), UAKT, self.vault_uakt);
        for (owner, coins) in &self.balances {
            state.ensure_account(owner);
            for (amount, denom) in coins {
                state.mint(owner, denom, u128::from(*amount));
            }
        }
        for provider in providers {
            state.ensure_account(provider.address());
            state.mint(provider.address(), UAKT, PROVIDER_UAKT);
            let record = MsgProvider {
                owner: provider.address().into(),
                host_uri: provider.host_uri(),
                attributes: provider.attributes(),
                info: Some(ProviderInfo {
                    email: format!("ops@{}.example", provider.name()),
                    website: format!("https://{}.example", provider.name()),
                }),
            };
            let attributes = record.attributes.clone();
            state
                .put_provider(&record, true)
                .expect("a provider of the genesis is valid");
            for auditor in &provider.config.audited_by {
                state.sign_attributes(provider.address(), auditor, &attributes);
            }
        }
        // Stands for the many accounts of the network: whatever is not there lies between two
        // that are. Without a greater balance the neighbour would be the first entry of the
        // bank's index, whose value is empty, and of such a neighbour there is no valid proof.
        state.mint(&address::encode(&[0xff; 20]), "ibc/stranger", 1);
        state.ensure_account(&address::encode(&[0xff; 20]));
        state.oracle = Oracle {
            price: Dec(i128::from(self.akt_price_micro_usd) * 1_000_000_000_000),
            updated_ns: Some(self.start_ns),
            feeding: true,
            aggregate: None,
            healthy: false,
        };
        state.epochs = Epochs::genesis(self.start_height);
        let ctx = Ctx {
            height: self.start_height,
            time_ns: self.start_ns,
            rules: Arc::new(rules.clone()),
        };
        state.oracle_end_block(&ctx);
        state.bme_end_block(&ctx);
        let ledger = Ledger::new(
            self.seed,
            self.start_height,
            &self.validators,
            self.app_version,
        );
        Chain::new(rules, self.start_height, self.start_ns, state, ledger)
    }
}
