//! A vote becomes a lease, and ends with its deposit returned.

mod common;

use akash_standin::{Behaviour, EndpointFault, ProviderConfig};
use anyhow::ensure;
use common::{HOUR, MINUTE, SECOND, close, deploy, first_provider, outcome, world, world_of};
use gateway::types::Phase;
use local_network::checks;
use local_network::figures::Mark;
use local_network::orders::{Budget, Deploy};
use local_network::world::{Setting, Told, World};

#[test]
fn should_run_what_was_voted_on_and_return_what_is_left() -> Told<()> {
    let mut w = world(1)?;
    let mark = Mark::set(&w);
    let live = deploy(&mut w)?;
    ensure!(live.phase == Phase::Live, "{:?}", live.reason);
    ensure!(live.leases.len() == 1 && !live.leases[0].uris.is_empty());
    let figures = mark.since(&w)?;
    ensure!(figures.signatures <= 3, "{figures:?}");
    ensure!(figures.outcalls <= 7, "{figures:?}");
    ensure!(figures.cycles <= 85_000_000_000, "{figures:?}");
    ensure!(figures.instructions_max <= 2_000_000_000, "{figures:?}");
    ensure!(figures.gateway_wasm_gz <= 1_500_000, "{figures:?}");
    ensure!(figures.treasury_wasm_gz <= 1_000_000, "{figures:?}");
    checks::all(&mut w)?;

    w.pass(10 * MINUTE)?;
    let closed = close(&mut w, live.nonce)?;
    ensure!(closed.phase == Phase::Settled, "{:?}", closed.reason);
    ensure!(closed.spent_uact.is_some_and(|spent| spent > 0));
    ensure!(closed.refund_uact.is_some_and(|refund| refund > 0));
    let used = w.budget_use()?;
    ensure!(used[0].reserved_uact == 0, "{used:?}");
    ensure!(Some(used[0].spent_uact) == closed.spent_uact, "{used:?}");
    checks::settled(&mut w)
}

#[test]
fn should_end_by_itself_when_the_term_is_over() -> Told<()> {
    let mut w = world(2)?;
    let nonce = w.deploy(&Deploy {
        term: "2 hours".into(),
        ..Deploy::default()
    })?;
    let live = outcome(&mut w, nonce)?;
    ensure!(live.phase == Phase::Live, "{:?}", live.reason);
    w.pass(HOUR)?;
    ensure!(w.deployment(nonce)?.phase == Phase::Live, "too early");
    let ended = w.until_phase(nonce, &[Phase::Settled, Phase::Stuck], 3 * HOUR)?;
    ensure!(ended.phase == Phase::Settled, "{:?}", ended.reason);
    checks::settled(&mut w)
}

/// A cheap provider that does not do its part costs time, not money, and never the service.
#[test]
fn should_go_live_with_another_provider_when_the_first_fails() -> Told<()> {
    for behaviour in [
        Behaviour::NoBid,
        // Gone before it is read, and gone between reading and taking it.
        Behaviour::BidThenVanish { after_blocks: 1 },
        Behaviour::BidThenVanish { after_blocks: 4 },
        Behaviour::RefuseManifest(422, "manifest rejected: not here".into()),
        Behaviour::RefuseManifest(500, "context deadline exceeded".into()),
        Behaviour::SilentManifest,
        Behaviour::Gone,
        Behaviour::WrongAddress,
        Behaviour::UntrustedCertificate,
        Behaviour::OldManifest,
        Behaviour::Slow {
            lease_unseen_s: 40,
            ready_s: 60,
        },
    ] {
        let desc = format!("{behaviour:?}");
        let slow = matches!(behaviour, Behaviour::Slow { .. });
        let mut w = world_of(Setting::seeded(3).with_providers(first_provider(behaviour)))?;
        let first = w.akash.providers()[0].address().to_string();
        let live = deploy(&mut w)?;
        ensure!(live.phase == Phase::Live, "{desc}: {:?}", live.reason);
        let with_first = live.leases[0].provider == first;
        ensure!(with_first == slow, "{desc}: {}", live.leases[0].provider);
        let closed = close(&mut w, live.nonce)?;
        ensure!(
            closed.phase == Phase::Settled,
            "{desc}: {:?}",
            closed.reason
        );
        checks::settled(&mut w)?;
    }
    Ok(())
}

#[test]
fn should_return_the_deposit_when_nobody_will_do_it() -> Told<()> {
    for behaviour in [
        Behaviour::NoBid,
        Behaviour::RefuseManifest(422, "manifest rejected: not here".into()),
        Behaviour::SilentManifest,
        Behaviour::NeverReady,
        Behaviour::Gone,
    ] {
        let desc = format!("{behaviour:?}");
        let provider = |name: &str| {
            let mut provider = ProviderConfig::honest(name, 400);
            provider.behaviour = behaviour.clone();
            provider
        };
        let providers = vec![provider("a"), provider("b")];
        let mut w = world_of(Setting::seeded(4).with_providers(providers))?;
        let before = w.akash.balance(&w.t, "uact");
        let ended = deploy(&mut w)?;
        ensure!(ended.phase == Phase::Settled, "{desc}: {:?}", ended.phase);
        ensure!(ended.reason.is_some(), "{desc}: no reason");
        let spent = u128::from(ended.spent_uact.unwrap_or(0));
        let after = w.akash.balance(&w.t, "uact");
        ensure!(
            before - after == spent,
            "{desc}: {before} to {after}, spent {spent}"
        );
        checks::settled(&mut w)?;
    }
    Ok(())
}

/// The first endpoint of three misbehaves; two of the three must agree on what is final.
#[test]
fn should_survive_an_endpoint_that_misbehaves() -> Told<()> {
    for fault in [
        EndpointFault::Error500,
        EndpointFault::Timeout,
        EndpointFault::Lagging { blocks: 20 },
        EndpointFault::LosesBroadcasts,
        EndpointFault::AcceptsWithoutReply,
        EndpointFault::Lies,
    ] {
        for index in 0..3 {
            let mut w = world(5)?;
            w.akash.endpoint_fault(index, fault);
            let live = deploy(&mut w)?;
            ensure!(
                live.phase == Phase::Live,
                "{fault:?} at {index}: {:?} {:?}",
                live.phase,
                live.reason
            );
            let closed = close(&mut w, live.nonce)?;
            ensure!(
                closed.phase == Phase::Settled,
                "{fault:?}: {:?}",
                closed.reason
            );
            checks::settled(&mut w)?;
        }
    }
    Ok(())
}

#[test]
fn should_wait_out_a_world_that_does_not_answer() -> Told<()> {
    let mut w = world(6)?;
    for index in 0..3 {
        w.akash.endpoint_fault(index, EndpointFault::Timeout);
    }
    let nonce = w.deploy(&Deploy::default())?;
    w.pass(20 * MINUTE)?;
    ensure!(w.deployment(nonce)?.phase != Phase::Live);
    for index in 0..3 {
        w.akash.endpoint_fault(index, EndpointFault::None);
    }
    let live = outcome(&mut w, nonce)?;
    ensure!(
        matches!(live.phase, Phase::Live | Phase::Settled),
        "{:?} {:?}",
        live.phase,
        live.reason
    );
    checks::settled(&mut w)
}

#[test]
fn should_return_what_is_left_when_a_provider_leaves() -> Told<()> {
    let leaves = Behaviour::ClosesLeaseAfter {
        seconds: 1800,
        reason: 10_001,
    };
    let mut w = world_of(Setting::seeded(7).with_providers(first_provider(leaves)))?;
    let live = deploy(&mut w)?;
    ensure!(live.phase == Phase::Live, "{:?}", live.reason);
    let ended = w.until_phase(live.nonce, &[Phase::Settled, Phase::Stuck], 12 * HOUR)?;
    ensure!(ended.phase == Phase::Settled, "{:?}", ended.reason);
    ensure!(ended.reason.is_some());
    checks::settled(&mut w)
}

/// Every SDL of the reference vectors finds its providers.
#[test]
fn should_run_every_kind_of_sdl() -> Told<()> {
    let folder = xtask::root().join("src/sdl/vectors");
    let mut ran = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        let vector: serde_json::Value = serde_json::from_str(&text)?;
        let Some(sdl) = vector["sdl_yaml"].as_str() else {
            continue;
        };
        let file = std::env::temp_dir().join(format!("{}-{ran}.yaml", std::process::id()));
        std::fs::write(&file, sdl)?;
        let mut w = world_of(Setting::seeded(8))?;
        w.open_budget(&Budget {
            id: "all".into(),
            total: "60_000 ACT".into(),
            per_deployment: "30_000 ACT".into(),
            gas: "50 AKT".into(),
            ..Budget::default()
        })?;
        let nonce = w.deploy(&Deploy {
            budget: "all".into(),
            sdl: file.clone(),
            max_price: 1_000_000,
            term: "1 hour".into(),
            allow_tags: true,
            ..Deploy::default()
        })?;
        std::fs::remove_file(&file)?;
        let live = outcome(&mut w, nonce)?;
        ensure!(
            live.phase == Phase::Live,
            "{}: {:?} {:?}",
            path.display(),
            live.phase,
            live.reason
        );
        let closed = close(&mut w, nonce)?;
        ensure!(closed.phase == Phase::Settled, "{:?}", closed.reason);
        checks::settled(&mut w)?;
        ran += 1;
    }
    ensure!(ran == 9, "{ran} SDLs ran");
    Ok(())
}

#[test]
fn should_keep_to_the_policy() -> Told<()> {
    let mut w = world_of(Setting::seeded(9).with_providers(first_provider(Behaviour::Honest)))?;
    let [first, second, third] =
        [0, 1, 2].map(|index| w.akash.providers()[index].address().to_string());
    let rows: [(&str, Deploy, Option<&String>); 4] = [
        ("the cheapest", Deploy::default(), Some(&first)),
        (
            "the cheapest that is not denied",
            Deploy {
                denied: vec![first.clone()],
                ..Deploy::default()
            },
            Some(&second),
        ),
        (
            "only one is allowed",
            Deploy {
                allowed: vec![third.clone()],
                ..Deploy::default()
            },
            Some(&third),
        ),
        (
            "nobody has the attribute",
            Deploy {
                attributes: vec![("country".into(), "Atlantis".into())],
                ..Deploy::default()
            },
            None,
        ),
    ];
    for (desc, order, expected) in rows {
        let nonce = w.deploy(&order)?;
        let found = outcome(&mut w, nonce)?;
        let got = found.leases.first().map(|l| &l.provider);
        match expected {
            Some(_) => ensure!(got == expected, "{desc}: {got:?}"),
            None => ensure!(found.phase == Phase::Settled, "{desc}: {:?}", found.phase),
        }
    }
    checks::settled(&mut w)
}

#[test]
fn should_repeat_to_the_byte() -> Told<()> {
    let run = |seed: u64| -> Told<([u8; 32], u64)> {
        let mut w = world(seed)?;
        let live = deploy(&mut w)?;
        Ok((w.ic.trace(), live.live_at_ns.unwrap_or(0)))
    };
    ensure!(run(10)? == run(10)?, "the same seed, another run");
    ensure!(run(10)?.0 != run(11)?.0, "another seed, the same run");
    Ok(())
}

#[test]
fn should_carry_many_at_once() -> Told<()> {
    let mut w: World = world(12)?;
    let mut nonces = Vec::new();
    for _ in 0..8 {
        nonces.push(w.deploy(&Deploy {
            term: "1 hour".into(),
            ..Deploy::default()
        })?);
        w.pass(3 * SECOND)?;
    }
    for nonce in &nonces {
        let live = outcome(&mut w, *nonce)?;
        ensure!(live.phase == Phase::Live, "{nonce}: {:?}", live.reason);
    }
    checks::all(&mut w)?;
    for nonce in &nonces {
        let ended = w.until_phase(*nonce, &[Phase::Settled, Phase::Stuck], 4 * HOUR)?;
        ensure!(ended.phase == Phase::Settled, "{nonce}: {:?}", ended.reason);
    }
    checks::settled(&mut w)
}
