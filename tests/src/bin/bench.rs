//! Counts, not seconds: outcalls, signatures, cycles, instructions and bytes, each beside its
//! bound. Ends with an error when a bound is broken.

use anyhow::{Context, Result, bail};
use gateway::types::Phase;
use local_network::figures::Mark;
use local_network::orders::{Budget, Deploy, example};
use local_network::world::{Setting, World};
use orchestrator::kernel::NANOS_PER_SECOND;
use std::time::Instant;

/// Deployments of the last row.
const MANY: usize = 20;

/// Bytes of the large SDL. **Source** the validator's bound is stated for 30 kB.
const LARGE_SDL: usize = 30_000;

fn main() -> Result<()> {
    let mut rows: Vec<(&str, u128, u128)> = Vec::new();

    let mut world = World::new(Setting::seeded(1))?;
    world.open_budget(&Budget::default())?;
    let mark = Mark::set(&world);
    let nonce = world.deploy(&Deploy::default())?;
    let ends = [Phase::Live, Phase::Settled, Phase::Stuck];
    let live = world.until_phase(nonce, &ends, 3600 * NANOS_PER_SECOND)?;
    if live.phase != Phase::Live {
        bail!("not live: {:?}", live.reason);
    }
    let figures = mark.since(&world)?;
    rows.push(("outcalls to live", figures.outcalls.into(), 7));
    rows.push(("signatures to live", figures.signatures.into(), 3));
    rows.push(("cycles to live", figures.cycles, 85_000_000_000));
    rows.push((
        "gateway module, bytes gzipped",
        figures.gateway_wasm_gz as u128,
        1_500_000,
    ));
    rows.push((
        "treasury module, bytes gzipped",
        figures.treasury_wasm_gz as u128,
        1_000_000,
    ));

    // A comment fills the SDL up: every byte is read, and a long image list is no longer valid.
    let text = std::fs::read_to_string(example("web.yaml"))?;
    let mut large = text.clone();
    while large.len() < LARGE_SDL {
        large.push_str("# a line that voters may read and that means nothing to the machine\n");
    }
    large.truncate(LARGE_SDL);
    let file = std::env::temp_dir().join(format!("bench-{}.yaml", std::process::id()));
    std::fs::write(&file, &large)?;
    let order = world.deploy_order(&Deploy {
        sdl: file.clone(),
        ..Deploy::default()
    });
    std::fs::remove_file(&file)?;
    let order = order?;
    world
        .propose_call(order.function_id, order.payload)?
        .map_err(|e| anyhow::anyhow!(e.error_message))?;
    let meter = world.ic.meter(world.canisters.gateway);
    let validator = meter
        .instructions_max_by_method
        .get("validate_deploy")
        .copied()
        .context("the validator was not called")?;
    rows.push((
        "validator, 30 kB SDL, instructions",
        validator.into(),
        500_000_000,
    ));

    let started = Instant::now();
    for number in 0..MANY {
        let mut world = World::new(Setting::seeded(100 + number as u64))?;
        world.open_budget(&Budget::default())?;
        let nonce = world.deploy(&Deploy::default())?;
        let found = world.until_phase(nonce, &ends, 3600 * NANOS_PER_SECOND)?;
        if found.phase != Phase::Live {
            bail!("story {number} is not live: {:?}", found.reason);
        }
    }
    rows.push((
        "20 stories to live, milliseconds of this machine",
        started.elapsed().as_millis(),
        60_000,
    ));
    let meters = [world.canisters.gateway, world.canisters.treasury].map(|c| world.ic.meter(c));
    let largest = meters.iter().map(|m| m.instructions_max).max().unwrap_or(0);
    rows.push((
        "largest message, instructions",
        largest.into(),
        2_000_000_000,
    ));

    let mut broken = 0;
    for (name, got, bound) in rows {
        let verdict = if got <= bound { "" } else { "  BROKEN" };
        broken += usize::from(got > bound);
        println!("{name:>50} | {got:>14} | at most {bound:>14}{verdict}");
    }
    if broken > 0 {
        bail!("{broken} bounds are broken");
    }
    Ok(())
}
