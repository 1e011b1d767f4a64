//! How a chain under test begins: the node's own default genesis, with our accounts in it.
//!
//! Validators are written straight into the staking module instead of being created by signed
//! genesis transactions, so no key store is needed and every account is known before the chain runs.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orchestrator::akash::address;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// uakt of one unit of voting power. **Source** Cosmos SDK, `types/staking.go`, power reduction.
const UAKT_PER_POWER: u64 = 1_000_000;

/// What Akash's genesis says. **Source** node:cmd/akash/cmd/genesis.go. **Units** seconds.
pub const UNBONDING_S: u64 = 14 * 24 * 60 * 60;

/// How coins of an account become its own over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vesting {
    /// A little with every second from `start_s` to `end_s`.
    Continuous {
        /// **Units** Unix seconds.
        start_s: u64,
        /// **Units** Unix seconds.
        end_s: u64,
    },
    /// All at `end_s`.
    Delayed {
        /// **Units** Unix seconds.
        end_s: u64,
    },
    /// In steps: so many seconds after the step before, so many uakt.
    Periodic {
        /// **Units** Unix seconds.
        start_s: u64,
        /// Length in seconds, amount in uakt.
        periods: Vec<(u64, u64)>,
    },
    /// Never.
    Permanent,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Address.
    pub address: String,
    /// What it holds: amounts by denom.
    pub coins: Vec<(&'static str, u64)>,
    /// Of how much of its uakt, and how, it is not free to dispose.
    pub vesting: Option<(u64, Vesting)>,
}

impl Account {
    /// A plain account.
    #[must_use]
    pub fn new(address: &str, coins: &[(&'static str, u64)]) -> Self {
        Self {
            address: address.into(),
            coins: coins.to_vec(),
            vesting: None,
        }
    }

    /// The same, with `locked` uakt that vest.
    #[must_use]
    pub fn vesting(mut self, locked: u64, vesting: Vesting) -> Self {
        self.vesting = Some((locked, vesting));
        self
    }
}

/// How a chain begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Part of every signature.
    pub chain_id: String,
    /// In the order of their numbers, which begin with 0.
    pub accounts: Vec<Account>,
    /// Voting power of the validator that runs.
    pub power: u64,
    /// Voting powers of validators that never sign. Together they must stay below a third.
    pub absent: Vec<u64>,
    /// After how many blocks a validator that misses half of them is jailed.
    pub jail_window: u64,
    /// How old evidence may be, and so how many blocks a node has to keep; the default when `None`.
    pub evidence_blocks: Option<u64>,
}

impl Genesis {
    /// One validator and no accounts.
    #[must_use]
    pub fn new(chain_id: &str) -> Self {
        Self {
            chain_id: chain_id.into(),
            accounts: vec![],
            power: 100,
            absent: vec![],
            jail_window: 30_000,
            evidence_blocks: None,
        }
    }

    /// Writes this beginning over the default genesis in `home`. **Errors** that file has another
    /// shape than a chain of the SDK gives it.
    pub fn write(&self, home: &Path) -> Result<()> {
        let total = self.power + self.absent.iter().sum::<u64>();
        ensure!(
            self.power * 3 > total * 2,
            "the validator that runs needs more than two thirds, got {} of {total}",
            self.power
        );
        let file = home.join("config/genesis.json");
        let mut genesis = read(&file)?;
        genesis["chain_id"] = json!(self.chain_id);
        if let Some(blocks) = self.evidence_blocks {
            let evidence = at(&mut genesis, "/consensus/params/evidence")?;
            evidence["max_age_num_blocks"] = json!(blocks.to_string());
            evidence["max_age_duration"] = json!("1000000000");
        }
        let state = genesis
            .get_mut("app_state")
            .context("the genesis has no app_state")?;
        self.accounts(state)?;
        self.validators(state, home)?;
        write(&file, &genesis)
    }

    fn accounts(&self, state: &mut Value) -> Result<()> {
        let accounts = self.accounts.iter().zip(0_u64..);
        *at(state, "/auth/accounts")? = accounts.map(|(a, number)| account(a, number)).collect();
        let balances = at(state, "/bank/balances")?;
        let mut all = balances.as_array().cloned().unwrap_or_default();
        for account in &self.accounts {
            all.push(balance(&account.address, &account.coins));
        }
        *balances = Value::Array(all);
        // An empty supply is counted from the balances.
        *at(state, "/bank/supply")? = json!([]);
        // As on Akash: only modules move uact.
        *at(state, "/bank/send_enabled")? = json!([{"denom": "uact", "enabled": false}]);
        Ok(())
    }

    fn validators(&self, state: &mut Value, home: &Path) -> Result<()> {
        let ours = read(&home.join("config/priv_validator_key.json"))?;
        let ours = ours.pointer("/pub_key/value").and_then(Value::as_str);
        let ours = ours.context("the validator's key file has no public key")?;
        let mut keys = vec![(ours.to_string(), self.power)];
        for (index, power) in (0_u8..).zip(&self.absent) {
            // Nobody has this key: 32 bytes are all that a validator set needs of one who is away.
            let key = Sha256::digest([index; 32]);
            keys.push((STANDARD.encode(key), *power));
        }
        let mut validators = Vec::new();
        let mut delegations = Vec::new();
        for (index, (key, power)) in (0_u8..).zip(&keys) {
            let raw: [u8; 20] = Sha256::digest(format!("validator {index}"))[..20]
                .try_into()
                .context("twenty bytes")?;
            let operator = operator(&raw);
            let shares = format!("{}.000000000000000000", power * UAKT_PER_POWER);
            validators.push(validator(&operator, key, power * UAKT_PER_POWER, &shares));
            delegations.push(json!({
                "delegator_address": address::encode(&raw),
                "validator_address": operator,
                "shares": shares,
            }));
        }
        *at(state, "/staking/validators")? = Value::Array(validators);
        *at(state, "/staking/delegations")? = Value::Array(delegations);
        *at(state, "/staking/params/unbonding_time")? = json!(format!("{UNBONDING_S}s"));
        *at(state, "/slashing/params/signed_blocks_window")? = json!(self.jail_window.to_string());
        let staked = keys.iter().map(|(_, power)| power * UAKT_PER_POWER).sum();
        // They begin unbonded and are bonded by the module itself, hooks and all, before block 1.
        let pool = module_address("not_bonded_tokens_pool");
        let balances = at(state, "/bank/balances")?;
        let all = balances.as_array_mut().context("balances are no list")?;
        all.push(balance(&pool, &[("uakt", staked)]));
        Ok(())
    }
}

/// Address of a module's account. **Source** Cosmos SDK, `x/auth/types/account.go`.
#[must_use]
pub fn module_address(name: &str) -> String {
    let hash = Sha256::digest(name);
    address::encode(&hash[..20].try_into().expect("a hash has 32 bytes"))
}

fn operator(raw: &[u8; 20]) -> String {
    let prefix = bech32::Hrp::parse("akashvaloper").expect("the prefix is a constant");
    bech32::encode::<bech32::Bech32>(prefix, raw).expect("20 bytes are below the length limit")
}

fn coin(denom: &str, amount: u64) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

fn balance(address: &str, coins: &[(&'static str, u64)]) -> Value {
    let mut coins = coins.to_vec();
    coins.sort_unstable();
    let coins: Value = coins
        .iter()
        .map(|(denom, amount)| coin(denom, *amount))
        .collect();
    json!({"address": address, "coins": coins})
}

fn account(account: &Account, number: u64) -> Value {
    let base = json!({
        "address": account.address,
        "pub_key": null,
        "account_number": number.to_string(),
        "sequence": "0",
    });
    let Some((locked, vesting)) = &account.vesting else {
        let mut plain = base;
        plain["@type"] = json!("/cosmos.auth.v1beta1.BaseAccount");
        return plain;
    };
    let inner = |end_s: u64| {
        json!({
            "base_account": base,
            "original_vesting": [coin("uakt", *locked)],
            "delegated_free": [],
            "delegated_vesting": [],
            "end_time": end_s.to_string(),
        })
    };
    match vesting {
        Vesting::Continuous { start_s, end_s } => json!({
            "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
            "base_vesting_account": inner(*end_s),
            "start_time": start_s.to_string(),
        }),
        Vesting::Delayed { end_s } => json!({
            "@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount",
            "base_vesting_account": inner(*end_s),
        }),
        Vesting::Periodic { start_s, periods } => json!({
            "@type": "/cosmos.vesting.v1beta1.PeriodicVestingAccount",
            "base_vesting_account":
                inner(start_s + periods.iter().map(|(length, _)| length).sum::<u64>()),
            "start_time": start_s.to_string(),
            "vesting_periods": periods
                .iter()
                .map(|(length, amount)| json!({
                    "length": length.to_string(),
                    "amount": [coin("uakt", *amount)],
                }))
                .collect::<Value>(),
        }),
        Vesting::Permanent => json!({
            "@type": "/cosmos.vesting.v1beta1.PermanentLockedAccount",
            "base_vesting_account": inner(0),
        }),
    }
}

fn validator(operator: &str, key: &str, tokens: u64, shares: &str) -> Value {
    json!({
        "operator_address": operator,
        "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
        "jailed": false,
        "status": "BOND_STATUS_UNBONDED",
        "tokens": tokens.to_string(),
        "delegator_shares": shares,
        "description": {
            "moniker": "validator", "identity": "", "website": "",
            "security_contact": "", "details": "",
        },
        "unbonding_height": "0",
        "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {
            "commission_rates": {
                "rate": "0.100000000000000000",
                "max_rate": "0.200000000000000000",
                "max_change_rate": "0.010000000000000000",
            },
            "update_time": "1970-01-01T00:00:00Z",
        },
        "min_self_delegation": "1",
        "unbonding_on_hold_ref_count": "0",
        "unbonding_ids": [],
    })
}

/// A place in a JSON document. **Errors** there is none.
pub(crate) fn at<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Value> {
    value
        .pointer_mut(pointer)
        .with_context(|| format!("the genesis has no {pointer}"))
}

pub(crate) fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))
}

pub(crate) fn write(file: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).context("JSON can be written")?;
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
