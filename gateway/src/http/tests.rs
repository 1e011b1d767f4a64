//! What is served, and that nothing of it can be bent by words of others.

use super::*;
use crate::test_fixtures::{NOW, World, order};
use crate::types::DeployOrder;

fn get(url: &str, world: &World) -> (u16, String) {
    let report = Report {
        now: world.now,
        state: &world.state,
        told: world.told.as_ref(),
        waits: BTreeMap::from([(17, (NOW, "bids <now>".to_string()))]),
        at_work: 1,
        events: 5,
        event_bytes: 1_234,
        cycles: 9_000_000_000_000,
    };
    let request = HttpRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![],
        body: vec![],
        certificate_version: Some(2),
    };
    let response = respond(&request, &report);
    let body = String::from_utf8(response.body).expect("all bodies are text");
    (response.status_code, body)
}

fn world() -> World {
    let mut world = World::new();
    let order = DeployOrder {
        name: "<script>alert('x')</script> & \"co\"".into(),
        ..order()
    };
    world.adopt(&order).expect("a good order");
    world.now += 90 * NANOS_PER_SECOND;
    world
}

#[test]
fn should_serve_a_page_with_every_word_escaped() {
    let (status, page) = get("/", &world());
    assert_eq!(status, 200);
    for part in [
        "<td>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;co&quot;</td>",
        "<td>Ordered</td><td>1</td><td>1 min 30 s</td>",
        "<td>web</td><td>50 ACT</td><td>8.64 ACT</td><td>0 ACT</td><td>41.36 ACT</td>",
        "The treasury told this 1 min 50 s ago.",
        "bids &lt;now&gt;, until 2026-11-24T00:00:00Z",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn should_serve_metrics_that_name_the_oldest_in_each_phase() {
    let (status, metrics) = get("/metrics?x=1", &world());
    assert_eq!(status, 200);
    for line in [
        "gateway_deployments{phase=\"Ordered\"} 1",
        "gateway_deployments{phase=\"Stuck\"} 0",
        "gateway_oldest_seconds{phase=\"Ordered\"} 90",
        "gateway_budget_uact{budget=\"web\",kind=\"reserved\"} 8640000",
        "gateway_treasury_told_age_seconds 110",
        "gateway_ignored_events 0",
        "gateway_events_total 5",
        "gateway_cycles 9000000000000",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}: {metrics}");
    }
    assert!(!metrics.contains("oldest_seconds{phase=\"Stuck\"}"));
    for line in metrics.lines() {
        assert!(
            line.starts_with("# ") || line.starts_with("gateway_"),
            "{line}"
        );
    }
}

#[test]
fn should_serve_deployments_a_page_at_a_time() {
    let mut world = World::new();
    world.budget_mut().total_uact = u64::MAX;
    world.budget_mut().limit_left_uact = u64::MAX;
    for nonce in 1..=101 {
        let order = DeployOrder { nonce, ..order() };
        world.adopt(&order).expect("a good order");
    }
    let page = |url: &str| -> serde_json::Value {
        let (status, body) = get(url, &world);
        assert_eq!(status, 200);
        serde_json::from_str(&body).expect("JSON")
    };
    let first = page("/deployments.json");
    assert_eq!(first["deployments"].as_array().map(Vec::len), Some(100));
    assert_eq!(first["next"], 100);
    let row = &first["deployments"][16];
    assert_eq!(
        (&row["nonce"], &row["phase"]),
        (&17.into(), &"Ordered".into())
    );
    assert_eq!(row["payload_hash"].as_str().map(str::len), Some(64));
    assert_eq!(row["waits_for"], "bids <now>");
    let second = page("/deployments.json?after=100");
    assert_eq!(second["deployments"].as_array().map(Vec::len), Some(1));
    assert!(second["next"].is_null());
}

#[test]
fn should_know_no_other_address() {
    assert_eq!(get("/admin", &world()).0, 404);
}

#[test]
fn should_serve_before_anything_was_told() {
    let mut world = World::new();
    world.told = None;
    let (_, page) = get("/", &world);
    assert!(page.contains("The treasury has told nothing yet."));
    let (_, metrics) = get("/metrics", &world);
    assert!(!metrics.contains("told_age"));
}
