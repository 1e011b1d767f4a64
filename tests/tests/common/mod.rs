//! Set-ups that several stories share.

// Each file of stories uses a part of this.
#![allow(dead_code)]

use akash_standin::{Behaviour, ProviderConfig};
use gateway::types::{DeploymentView, Phase};
use local_network::orders::{Budget, Deploy};
use local_network::world::{Setting, Told, World};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// One second. **Units** ns.
pub(crate) const SECOND: Nanos = NANOS_PER_SECOND;

/// One minute. **Units** ns.
pub(crate) const MINUTE: Nanos = 60 * SECOND;

/// One hour. **Units** ns.
pub(crate) const HOUR: Nanos = 60 * MINUTE;

/// A world with an open budget.
pub(crate) fn world(seed: u64) -> Told<World> {
    world_of(Setting::seeded(seed))
}

/// The same with a setting of its own.
pub(crate) fn world_of(setting: Setting) -> Told<World> {
    let mut world = World::new(setting)?;
    world.open_budget(&Budget::default())?;
    Ok(world)
}

/// A cheap provider that behaves so, and two dearer honest ones.
pub(crate) fn first_provider(behaviour: Behaviour) -> Vec<ProviderConfig> {
    let mut first = ProviderConfig::honest("first", 300);
    first.behaviour = behaviour;
    vec![
        first,
        ProviderConfig::honest("second", 500),
        ProviderConfig::honest("third", 700),
    ]
}

/// Deploys the example, and waits until it is live or has ended.
pub(crate) fn deploy(world: &mut World) -> Told<DeploymentView> {
    let nonce = world.deploy(&Deploy::default())?;
    outcome(world, nonce)
}

/// Waits until a deployment is live or has ended.
pub(crate) fn outcome(world: &mut World, nonce: u64) -> Told<DeploymentView> {
    let ends = [Phase::Live, Phase::Settled, Phase::Stuck];
    world.until_phase(nonce, &ends, 3 * HOUR)
}

/// Adopts the end of a deployment, and waits for it.
pub(crate) fn close(world: &mut World, nonce: u64) -> Told<DeploymentView> {
    world.close(nonce)?;
    world.until_phase(nonce, &[Phase::Settled, Phase::Stuck], 3 * HOUR)
}
