//! One proposal from vote to lease to close, for people to follow.

use anyhow::{Context, Result, bail};
use gateway::types::{DeploymentView, Phase};
use local_network::checks;
use local_network::figures::{Figures, Mark};
use local_network::orders::{Budget, Deploy, example};
use local_network::world::{START, Setting, Told, World};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos, time};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How long a phase may take before the demo gives up. **Units** ns.
const PATIENCE: Nanos = 3600 * NANOS_PER_SECOND;

/// How long the service is left to run before the vote to close it. **Units** ns.
const RUN: Nanos = 600 * NANOS_PER_SECOND;

/// Term of the demo's deployment.
const TERM: &str = "1 day";

/// What is asked on the command line.
struct Options {
    sdl: PathBuf,
    json: bool,
    seed: u64,
}

/// The last line of `--json`.
#[derive(Serialize)]
struct Summary {
    state: String,
    dseq: u64,
    provider: String,
    #[serde(flatten)]
    figures: Figures,
    closed: bool,
    refund_uact: u64,
}

fn main() -> Result<()> {
    let options = options()?;
    let text = std::fs::read_to_string(&options.sdl)
        .with_context(|| format!("cannot read {}", options.sdl.display()))?;
    let sdl = orchestrator::sdl::parse(&text)
        .map_err(|errors| anyhow::anyhow!("{} is refused:\n{errors}", options.sdl.display()))?;
    let unpinned: Vec<&str> = sdl
        .images
        .iter()
        .filter(|image| !image.pinned)
        .map(|image| image.reference.as_str())
        .collect();

    println!("The local network: a subnet, SNS governance, Akash with its providers (stand-ins).");
    let mut world = World::new(Setting::seeded(options.seed))?;
    let mut telling = Telling::default();
    telling.line(
        &world,
        "dao",
        "three neurons govern; the functions are registered by vote",
    );
    if !unpinned.is_empty() {
        telling.line(
            &world,
            "note",
            &format!(
                "named by a tag, which its owner can move: {}; adopted with `allow_tags: true`",
                unpinned.join(", ")
            ),
        );
    }

    let price = sdl
        .groups
        .iter()
        .try_fold(
            orchestrator::kernel::decimal::Decimal::ZERO,
            |sum, group| sum.checked_add(group.max_price()?),
        )
        .and_then(|price| price.ceil())
        .context("the SDL's prices are past any budget")?;
    let deploy = Deploy {
        sdl: std::path::absolute(&options.sdl)?,
        max_price: price,
        term: TERM.into(),
        allow_tags: !unpinned.is_empty(),
        ..Deploy::default()
    };
    let budget = Budget {
        total: "80_000 ACT".into(),
        per_deployment: "40_000 ACT".into(),
        gas: "50 AKT".into(),
        ..Budget::default()
    };
    world.open_budget(&budget)?;
    let view = world.budget(&budget.id)?;
    telling.line(
        &world,
        "vote",
        &format!(
            "budget `{}` adopted: {} in all",
            view.id,
            act(view.total_uact)
        ),
    );
    telling.line(
        &world,
        "akash",
        &format!(
            "T grants {} a deposit limit of {} and gas of {} uakt",
            view.owner.as_deref().unwrap_or("?"),
            act(view.limit_uact),
            view.gas_limit_uakt
        ),
    );

    let built = world.deploy_order(&deploy)?;
    let mark = Mark::set(&world);
    let executed = world.now();
    let proposal = world.adopt_built(&built)?;
    let nonce = built.nonce;
    telling.line(
        &world,
        "vote",
        &format!("deployment {nonce} adopted; voters read:"),
    );
    let rendering = world.rendering(proposal)?;
    for line in rendering.lines() {
        println!("              | {line}");
    }
    telling.follow(&mut world, nonce, |d| {
        matches!(d.phase, Phase::Live | Phase::Settled | Phase::Stuck)
    })?;
    let live = world.deployment(nonce)?;
    let figures = mark.since(&world)?;
    let took = world.now() - executed;
    if live.phase != Phase::Live {
        bail!(
            "not live: {:?}: {}",
            live.phase,
            live.reason.as_deref().unwrap_or("no reason")
        );
    }
    checks::all(&mut world)?;

    world.pass(RUN)?;
    let close = world.close_order(nonce)?;
    world.adopt_built(&close)?;
    telling.line(&world, "vote", "the end of it adopted");
    telling.follow(&mut world, nonce, |d| {
        matches!(d.phase, Phase::Settled | Phase::Stuck)
    })?;
    let closed = world.deployment(nonce)?;
    checks::all(&mut world)?;
    checks::replay(&mut world)?;

    let summary = Summary {
        state: format!("{:?}", live.phase),
        dseq: live.dseq.context("a live deployment has a number")?,
        provider: providers(&live),
        figures,
        closed: closed.phase == Phase::Settled,
        refund_uact: closed.refund_uact.unwrap_or(0),
    };
    table(&live, &closed, &summary, took);
    if options.json {
        println!("{}", serde_json::to_string(&summary)?);
    }
    if !summary.closed {
        bail!("not closed: {:?}", closed.reason);
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        sdl: example("web.yaml"),
        json: false,
        seed: 1,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("expected a value behind {argument}"))
        };
        match argument.as_str() {
            "--sdl" => options.sdl = value()?.into(),
            "--seed" => options.seed = value()?.parse().context("--seed takes a number")?,
            "--json" => options.json = true,
            other => bail!("expected --sdl FILE, --json or --seed N, got {other:?}"),
        }
    }
    Ok(options)
}

/// Prints what changes.
#[derive(Default)]
struct Telling {
    transactions: BTreeSet<(String, String)>,
}

impl Telling {
    fn line(&self, world: &World, who: &str, what: &str) {
        let seconds = (world.now() - START) / NANOS_PER_SECOND;
        println!(
            "{:>5}:{:02}:{:02} {who:>8} | {what}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
    }

    fn follow(
        &mut self,
        world: &mut World,
        nonce: u64,
        done: impl Fn(&DeploymentView) -> bool,
    ) -> Told<()> {
        let mut phase = None;
        let end = world.now() + PATIENCE;
        loop {
            let d = world.deployment(nonce)?;
            for tx in &d.transactions {
                if self
                    .transactions
                    .insert((tx.hash.clone(), tx.state.clone()))
                {
                    let hash = tx.hash.get(..12).unwrap_or(&tx.hash);
                    self.line(
                        world,
                        "akash",
                        &format!("{} {hash}: {}", tx.purpose, tx.state),
                    );
                }
            }
            if phase != Some(d.phase) {
                phase = Some(d.phase);
                let reason = d.reason.as_deref().map(|r| format!(" ({r})"));
                let reason = reason.unwrap_or_default();
                self.line(world, "gateway", &format!("{:?}{reason}", d.phase));
                for lease in d.leases.iter().filter(|_| d.phase == Phase::Live) {
                    self.line(
                        world,
                        "provider",
                        &format!(
                            "{} serves group {} at {} uact per block: {}",
                            lease.host_uri,
                            lease.gseq,
                            lease.price_uact_per_block,
                            lease.uris.join(", ")
                        ),
                    );
                }
            }
            if done(&d) {
                return Ok(());
            }
            if world.now() >= end {
                bail!(
                    "it takes longer than {} s\n{}",
                    PATIENCE / NANOS_PER_SECOND,
                    world.picture()
                );
            }
            world.tick()?;
        }
    }
}

fn providers(d: &DeploymentView) -> String {
    let providers: BTreeSet<&str> = d.leases.iter().map(|l| l.provider.as_str()).collect();
    providers.into_iter().collect::<Vec<_>>().join(",")
}

/// Micro units as whole ones.
fn act(uact: u64) -> String {
    format!("{}.{:06} ACT", uact / 1_000_000, uact % 1_000_000)
}

fn table(live: &DeploymentView, closed: &DeploymentView, summary: &Summary, took: Nanos) {
    let prices: Vec<&str> = live
        .leases
        .iter()
        .map(|l| l.price_uact_per_block.as_str())
        .collect();
    let seconds = took / NANOS_PER_SECOND;
    let figures = &summary.figures;
    println!();
    for (name, value) in [
        (
            "state",
            format!("{}, then {:?}", summary.state, closed.phase),
        ),
        ("dseq", summary.dseq.to_string()),
        ("provider", summary.provider.clone()),
        ("price, uact per block", prices.join(" + ")),
        ("deposit", act(live.deposit_uact)),
        ("spent", act(closed.spent_uact.unwrap_or(0))),
        ("refund", act(summary.refund_uact)),
        (
            "live at (Internet Computer)",
            time::rfc3339(live.live_at_ns.unwrap_or(0)),
        ),
        ("vote to live (both clocks)", format!("{seconds} s")),
        ("HTTPS outcalls to live", figures.outcalls.to_string()),
        (
            "threshold signatures to live",
            figures.signatures.to_string(),
        ),
        ("cycles to live", figures.cycles.to_string()),
        (
            "largest message, instructions",
            figures.instructions_max.to_string(),
        ),
        (
            "gateway module, bytes gzipped",
            figures.gateway_wasm_gz.to_string(),
        ),
        (
            "treasury module, bytes gzipped",
            figures.treasury_wasm_gz.to_string(),
        ),
    ] {
        println!("{name:>31} | {value}");
    }
}
