//! Builds a world: canisters, neurons, registered functions.

use crate::modules::module;
use crate::sns::person;
use crate::world::{CHAIN_ID, CYCLES, Canisters, KEY_NAME, Setting, Told, World, genesis, subnet};
use akash_standin::Akash;
use anyhow::{Context, anyhow};
use candid::Principal;
use exchange_rate_standin::{Asset, AssetClass, SetRate};
use ic_host::{Ic, InstallMode};
use orchestrator::akash::address::address;
use orchestrator::kernel::paths::treasury_path;
use proposals::functions;
use sns_governance_standin::types::{Action, NervousSystemFunction};
use treasury::types::{ChainArgs, Endpoint};

/// **Units** 10^-9 USD for one AKT.
const AKT_USD_E9: u64 = 1_150_000_000;

/// **Units** 10^-9 USD for one ICP.
const ICP_USD_E9: u64 = 5_250_000_000;

pub(crate) fn world(setting: Setting) -> Told<World> {
    let mut ic = subnet(setting.seed);
    let root = person("sns root");
    let mut create = || ic.create_canister(vec![root], CYCLES);
    let canisters = Canisters {
        governance: create(),
        ledger: create(),
        rates: create(),
        treasury: create(),
        gateway: create(),
    };
    let key = ic
        .public_key(canisters.treasury, &treasury_path(), KEY_NAME)
        .context("the subnet has no such key")?;
    let t = address(&key);
    let akash = Akash::new(genesis(&setting, &t));
    let neurons = crate::sns::neurons();
    let chain = chain(&setting);
    let modules: [(&str, Principal, Vec<u8>); 5] = [
        (
            "sns-governance-standin",
            canisters.governance,
            crate::sns::governance_argument(&canisters, &neurons)?,
        ),
        (
            "icp-ledger-standin",
            canisters.ledger,
            crate::sns::ledger_argument(&canisters)?,
        ),
        (
            "exchange-rate-standin",
            canisters.rates,
            candid::encode_args(())?,
        ),
        (
            "treasury",
            canisters.treasury,
            candid::encode_one(treasury::types::InitArgs {
                governance: canisters.governance,
                gateway: canisters.gateway,
                exchange_rates: canisters.rates,
                key_name: KEY_NAME.into(),
                chain: chain.clone(),
                voting: None,
            })?,
        ),
        (
            "gateway",
            canisters.gateway,
            candid::encode_one(gateway::types::InitArgs {
                governance: canisters.governance,
                treasury: canisters.treasury,
                key_name: KEY_NAME.into(),
                chain,
                voting: None,
            })?,
        ),
    ];
    for (package, canister, argument) in modules {
        ic.install(
            root,
            canister,
            InstallMode::Install,
            &module(package)?,
            &argument,
        )
        .map_err(|reject| anyhow!("install of {package}: {reject}"))?;
    }
    set_rate(&mut ic, canisters.rates, "AKT", AKT_USD_E9)?;
    set_rate(&mut ic, canisters.rates, "ICP", ICP_USD_E9)?;
    let mut world = World::assemble(setting, ic, akash, canisters, neurons, t);
    for function in functions::all(canisters.gateway, canisters.treasury) {
        let title = function.name.clone();
        // The same bytes that a proposer of the real governance would send.
        let function: NervousSystemFunction = candid::decode_one(&candid::encode_one(function)?)?;
        world.adopt(&title, Action::AddGenericNervousSystemFunction(function))?;
    }
    Ok(world)
}

/// The chain as the canisters are told of it.
fn chain(setting: &Setting) -> ChainArgs {
    ChainArgs {
        chain_id: CHAIN_ID.into(),
        endpoints: (0..setting.endpoints)
            .map(|index| Endpoint {
                rest: Akash::rest_url(index),
                rpc: Akash::rpc_url(index),
            })
            .collect(),
        agreement: setting.agreement,
        gas_price_milli_uakt: 25,
    }
}

/// Tells the exchange-rate stand-in a price in USD. **Units** 10^-9 USD.
fn set_rate(ic: &mut Ic, rates: Principal, symbol: &str, rate: u64) -> Told<()> {
    let asset = |symbol: &str, class| Asset {
        symbol: symbol.into(),
        class,
    };
    let told = SetRate {
        base_asset: asset(symbol, AssetClass::Cryptocurrency),
        quote_asset: asset("USD", AssetClass::FiatCurrency),
        rate,
        received: 6,
        queried: 7,
        standard_deviation: 0,
        age_seconds: 0,
    };
    ic.update(
        person("exchange rates"),
        rates,
        "set_rate",
        candid::encode_one(told)?,
    )
    .map_err(|reject| anyhow!("set_rate: {reject}"))?;
    Ok(())
}
