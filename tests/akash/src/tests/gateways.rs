//! Providers as their tenants meet them: tokens, manifests, status, and every kind of trouble.

use super::vectors::high_s;
use super::*;
use crate::Behaviour;
use crate::address;
use crate::chain::deployment::GroupState;
use crate::chain::escrow::EscrowState;
use crate::chain::market::LeaseState;
use crate::proto::{DeploymentReclamation, GroupSpec, Seconds};
use crate::providers::{jwt, manifest, presets};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message as _;
use serde_json::{Value, json};

const SECOND: u64 = 1_000_000_000;

/// One SDL's groups and manifest, made by the reference library.
struct Vector {
    name: String,
    groups: Vec<GroupSpec>,
    manifest: String,
    hash: Vec<u8>,
    window_s: Option<i64>,
}

fn manifests() -> Vec<Vector> {
    let list: Vec<Value> =
        serde_json::from_str(include_str!("../../vectors/manifests.json")).expect("JSON");
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let group = |v: &Value| {
        let bytes = hex::decode(text(v)).expect("hexadecimal");
        GroupSpec::decode(bytes.as_slice()).expect("decodes")
    };
    list.iter()
        .map(|v| Vector {
            name: text(&v["name"]),
            groups: v["group_specs_protobuf_hex"]
                .as_array()
                .expect("list")
                .iter()
                .map(group)
                .collect(),
            manifest: text(&v["manifest_sorted_json"]),
            hash: hex::decode(text(&v["manifest_sha256_hex"])).expect("hexadecimal"),
            window_s: v["reclamation"]["min_window_seconds"].as_i64(),
        })
        .collect()
}

fn web() -> Vector {
    manifests().remove(0)
}

fn token(wallet: &Wallet, now_ns: u64, leases: &Value) -> String {
    let now = now_ns / SECOND;
    token_of(
        wallet,
        &json!({"alg": "ES256K", "typ": "JWT"}),
        &json!({
            "iss": wallet.address(), "iat": now - 60, "nbf": now - 60, "exp": now + 600,
            "version": "v1", "leases": leases,
        }),
    )
}

fn token_of(wallet: &Wallet, header: &Value, claims: &Value) -> String {
    let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = wallet.sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn ask(method: &str, index: usize, path: &str, token: Option<&str>, body: &str) -> Request {
    let mut headers = Vec::new();
    if let Some(token) = token {
        headers.push(("Authorization".into(), format!("Bearer {token}")));
    }
    Request {
        method: method.into(),
        url: format!("https://provider-{index}.akash.test:8443{path}"),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

/// Deploys a vector and leases every group to the only provider. Returns the leases.
fn deploy(akash: &mut Akash, tenant: &Wallet, vector: &Vector, deposit: u128) -> Vec<BidId> {
    let mut message = create(tenant.address(), 7, vector.groups.clone(), deposit);
    message.hash = vector.hash.clone();
    message.reclamation = vector.window_s.map(|seconds| DeploymentReclamation {
        min_window: Some(Seconds { seconds, nanos: 0 }),
    });
    assert_eq!(
        run(akash, tenant, vec![create_any(&message)]),
        OK,
        "{}",
        vector.name
    );
    akash.advance_blocks(1);
    let bids: Vec<BidId> = akash
        .bids(tenant.address(), 7)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(
        bids.len(),
        vector.groups.len(),
        "{}: a bid for each group",
        vector.name
    );
    let messages = bids.iter().map(lease_any).collect();
    assert_eq!(run(akash, tenant, messages), OK, "{}", vector.name);
    bids
}

fn put(akash: &mut Akash, tenant: &Wallet, body: &str) -> Result<(u16, String), String> {
    let now = akash.block_time();
    let token = token(tenant, now, &json!({"access": "full"}));
    let request = ask("PUT", 0, "/deployment/7/manifest", Some(&token), body);
    let response = akash.http(now, &request)?;
    Ok((
        response.status,
        String::from_utf8_lossy(&response.body)
            .trim_end()
            .to_owned(),
    ))
}

fn status(akash: &mut Akash, tenant: &Wallet, gseq: u32) -> (u16, Value) {
    let now = akash.block_time();
    let token = token(
        tenant,
        now,
        &json!({"access": "scoped", "scope": ["status"]}),
    );
    let path = format!("/lease/7/{gseq}/1/status");
    let response = akash
        .http(now, &ask("GET", 0, &path, Some(&token), ""))
        .expect("answers");
    (response.status, response.value())
}

fn full() -> ProviderConfig {
    presets::full("full", "na-us-west", 500)
}

fn acting(behaviour: Behaviour) -> (Akash, Wallet) {
    network(vec![full().acting(behaviour)])
}

#[test]
fn should_take_the_manifests_of_the_reference_library() {
    let all = manifests();
    assert_eq!(all.len(), 9);
    for vector in all {
        let mut provider = full();
        provider.reclamation_window_s = vector.window_s;
        // What the examples ask for, besides.
        for group in &vector.groups {
            let requirements = group.requirements.clone().unwrap_or_default();
            for a in requirements.attributes {
                provider = provider.with(&[(a.key.as_str(), a.value.as_str())]);
            }
            let signed_by = requirements.signed_by.unwrap_or_default();
            provider.audited_by.extend(signed_by.all_of);
            provider.audited_by.extend(signed_by.any_of);
        }
        let mut providers = vec![provider];
        if vector.name.starts_with("07") {
            // Its two placements want two places.
            providers = Vec::new();
            for group in &vector.groups {
                let mut provider = full();
                for a in group.requirements.clone().unwrap_or_default().attributes {
                    provider = provider.with(&[(a.key.as_str(), a.value.as_str())]);
                }
                providers.push(provider);
            }
        }
        let count = providers.len();
        let (mut akash, tenant) = network(providers);
        let ids = deploy(&mut akash, &tenant, &vector, 50_000_000);
        for index in 0..count {
            let now = akash.block_time();
            let token = token(&tenant, now, &json!({"access": "full"}));
            let path = "/deployment/7/manifest";
            let request = ask("PUT", index, path, Some(&token), &vector.manifest);
            let response = akash.http(now, &request).expect("answers");
            let text = String::from_utf8_lossy(&response.body).into_owned();
            assert_eq!(
                (response.status, text.as_str()),
                (200, ""),
                "{}",
                vector.name
            );
        }
        akash.advance_blocks(2);
        assert!(
            ids.iter().all(|id| akash.runs_since(id).is_some()),
            "{}",
            vector.name
        );
    }
}

#[test]
fn should_find_bidders_for_every_example_among_the_demo_providers() {
    for vector in manifests() {
        let (mut akash, tenant) = network(crate::demo_providers());
        let mut message = create(tenant.address(), 7, vector.groups.clone(), 5_000_000);
        message.hash = vector.hash.clone();
        message.reclamation = vector.window_s.map(|seconds| DeploymentReclamation {
            min_window: Some(Seconds { seconds, nanos: 0 }),
        });
        assert_eq!(
            run(&mut akash, &tenant, vec![create_any(&message)]),
            OK,
            "{}",
            vector.name
        );
        akash.advance_blocks(1);
        let bids = akash.bids(tenant.address(), 7);
        for gseq in (1..).take(vector.groups.len()) {
            let count = bids.iter().filter(|(id, _)| id.gseq == gseq).count();
            assert!(count > 0, "{}: nobody wants group {gseq}", vector.name);
        }
    }
}

#[test]
fn should_refuse_a_manifest_after_any_change_of_a_value() {
    for vector in manifests() {
        let original: Value = serde_json::from_str(&vector.manifest).expect("JSON");
        let mut paths = Vec::new();
        leaves(&original, &mut Vec::new(), &mut paths);
        assert!(paths.len() > 10, "{}", vector.name);
        for path in paths {
            let mut changed = original.clone();
            let leaf = path.iter().fold(&mut changed, |v, step| step_into(v, step));
            *leaf = match leaf {
                Value::Bool(b) => Value::Bool(!*b),
                Value::Number(n) => json!(n.as_u64().expect("whole") + 1),
                Value::String(s) => json!(format!("{s}x")),
                // A missing list and an empty one hash differently.
                Value::Null => json!([]),
                Value::Array(_) => Value::Null,
                Value::Object(_) => unreachable!("not a leaf"),
            };
            let groups = manifest::decode(changed.to_string().as_bytes());
            let verdict = groups.and_then(|g| manifest::check(&g, &vector.hash, &vector.groups));
            assert!(verdict.is_err(), "{} at {path:?}", vector.name);
        }
        let groups = manifest::decode(vector.manifest.as_bytes()).expect("decodes");
        assert_eq!(
            manifest::hash(&groups).to_vec(),
            vector.hash,
            "{}",
            vector.name
        );
        assert_eq!(
            manifest::check(&groups, &vector.hash, &vector.groups),
            Ok(())
        );
        // Spaces, order of keys and unknown keys do not matter.
        let spaced = serde_json::to_string_pretty(&original).expect("JSON");
        let known_more = spaced.replacen('{', "{\"unheardOf\": 1,", 1);
        let groups = manifest::decode(known_more.as_bytes()).expect("decodes");
        assert_eq!(
            manifest::hash(&groups).to_vec(),
            vector.hash,
            "{}",
            vector.name
        );
    }
}

fn step_into<'a>(value: &'a mut Value, step: &str) -> &'a mut Value {
    match value {
        Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
        other => &mut other[step],
    }
}

fn leaves(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let mut into = |step: String, inner: &Value, out: &mut Vec<Vec<String>>| {
        path.push(step);
        leaves(inner, path, out);
        path.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| into(k.clone(), v, out)),
        Value::Array(list) if !list.is_empty() => {
            (0..)
                .zip(list)
                .for_each(|(i, v): (usize, _)| into(i.to_string(), v, out));
        }
        _ => out.push(path.clone()),
    }
}

#[test]
fn should_say_what_is_wrong_with_a_manifest() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full()]);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    let m = &vector.manifest;
    let double = format!("{},{}]", &m[..m.len() - 1], &m[1..m.len() - 1]);
    let rows = [
        ("nothing", String::new(), 422, "EOF"),
        ("no JSON", "{".into(), 422, "json: cannot unmarshal"),
        (
            "empty",
            "[]".into(),
            422,
            "invalid manifest: manifest is empty",
        ),
        (
            "group twice",
            double,
            422,
            "invalid manifest: duplicate group \"anywhere\"",
        ),
        (
            "no services",
            r#"[{"name":"anywhere","services":null}]"#.into(),
            422,
            "invalid manifest: group \"anywhere\" contains no services",
        ),
        (
            "nothing global",
            m.replace("\"global\":true", "\"global\":false"),
            422,
            "invalid manifest: zero global services",
        ),
        (
            "service name",
            m.replace("\"name\":\"site\"", "\"name\":\"Site\""),
            422,
            "invalid manifest: service \"Site\" name is invalid",
        ),
        (
            "no image",
            m.replace("ghcr.io/example/static-site:1.4.2", ""),
            422,
            "invalid manifest: service \"site\" has empty image name",
        ),
        (
            "variable",
            m.replace("\"env\":null", "\"env\":[\"1A=b\"]"),
            422,
            "invalid manifest: service \"site\" defines an env. var. with an invalid name \"1A\"",
        ),
        (
            "port",
            m.replace("\"port\":8080", "\"port\":0"),
            422,
            "invalid manifest: service \"site\": port value must be 0 < value <= 65535",
        ),
        (
            "protocol",
            m.replace("\"proto\":\"TCP\"", "\"proto\":\"SCTP\""),
            422,
            "invalid manifest: service \"site\": protocol \"SCTP\" unknown",
        ),
        (
            "host",
            m.replace("\"hosts\":null", "\"hosts\":[\"-x.org\"]"),
            422,
            "invalid manifest: service \"site\": has invalid hostname \"-x.org\"",
        ),
        (
            "id",
            m.replace("\"id\":1", "\"id\":0"),
            500,
            "resources ID must be > 0",
        ),
        (
            "another image",
            m.replace("1.4.2", "1.4.3"),
            422,
            "manifest version validation failed",
        ),
    ];
    for (desc, body, code, text) in rows {
        let (status, answer) = put(&mut akash, &tenant, &body).expect("answers");
        assert_eq!(status, code, "{desc}: {answer}");
        assert!(answer.starts_with(text), "{desc}: {answer}");
    }
    assert_eq!(put(&mut akash, &tenant, m), Ok((200, String::new())));
}

#[test]
fn should_cross_check_a_manifest_with_the_chain() {
    let vector = manifests().remove(1);
    let groups = manifest::decode(vector.manifest.as_bytes()).expect("decodes");
    type Change = fn(&mut Vec<GroupSpec>);
    fn unit(groups: &mut [GroupSpec]) -> &mut Resources {
        groups[0].resources[0].resource.as_mut().expect("has one")
    }
    let rows: [(&str, Change, u16, &str); 12] = [
        (
            "one group more",
            |g| g.push(web_group("x", 1)),
            500,
            "invalid manifest: group count mismatch",
        ),
        (
            "another group",
            |g| g[0].name = "x".into(),
            500,
            "invalid manifest: unknown deployment group",
        ),
        (
            "another id",
            |g| unit(g).id = 9,
            422,
            "not found deployment group resources with ID = 1",
        ),
        (
            "fewer replicas",
            |g| g[0].resources[0].count -= 1,
            422,
            "over-utilized replicas",
        ),
        (
            "more replicas",
            |g| g[0].resources[0].count += 1,
            422,
            "under-utilized (1) resources",
        ),
        (
            "cpu",
            |g| unit(g).cpu.as_mut().expect("has").units = value(9),
            422,
            "CPU resources mismatch",
        ),
        (
            "gpu",
            |g| unit(g).gpu.as_mut().expect("has").units = value(9),
            422,
            "GPU resources mismatch",
        ),
        (
            "memory",
            |g| unit(g).memory.as_mut().expect("has").quantity = value(9),
            422,
            "Memory resources mismatch",
        ),
        (
            "storage",
            |g| unit(g).storage[0].name = "x".into(),
            422,
            "Storage resources mismatch",
        ),
        (
            "http",
            |g| unit(g).endpoints.truncate(0),
            422,
            "over-utilized HTTP endpoints",
        ),
        (
            "port",
            |g| {
                unit(g).endpoints.push(Endpoint {
                    kind: 1,
                    sequence_number: 0,
                })
            },
            422,
            "under-utilized (1) PORT endpoints",
        ),
        (
            "address",
            |g| {
                unit(g).endpoints.push(Endpoint {
                    kind: 2,
                    sequence_number: 1,
                })
            },
            422,
            "under-utilized (1) IP endpoints",
        ),
    ];
    for (desc, change, status, text) in rows {
        let mut specs = vector.groups.clone();
        change(&mut specs);
        let (got, answer) = manifest::check(&groups, &vector.hash, &specs).expect_err(desc);
        assert_eq!(got, status, "{desc}: {answer}");
        assert!(answer.contains(text), "{desc}: {answer}");
        let prefixed = answer.starts_with("manifest cross-validation error: group \"main\": ");
        assert_eq!(prefixed, status == 422, "{desc}: {answer}");
    }
}

#[test]
fn should_run_a_workload_from_manifest_to_ready() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full()]);
    let ids = deploy(&mut akash, &tenant, &vector, 5_000_000);
    assert_eq!(status(&mut akash, &tenant, 1), (404, Value::Null));
    assert_eq!(
        put(&mut akash, &tenant, &vector.manifest),
        Ok((200, String::new()))
    );
    let (code, first) = status(&mut akash, &tenant, 1);
    assert_eq!(code, 200);
    assert_eq!(first["services"]["site"]["available"], 0);
    assert_eq!(first["services"]["site"]["total"], 1);
    assert_eq!(
        (first["forwarded_ports"].clone(), first["ips"].clone()),
        (Value::Null, Value::Null)
    );
    akash.advance_blocks(2);
    let (_, later) = status(&mut akash, &tenant, 1);
    assert_eq!(later["services"]["site"]["available"], 1);
    let uri = later["services"]["site"]["uris"][0]
        .as_str()
        .expect("a host")
        .to_owned();
    assert!(uri.ends_with(".ingress.provider-0.akash.test"), "{uri}");
    // The same manifest again changes nothing, not even the clock.
    let since = akash.runs_since(&ids[0]);
    assert_eq!(
        put(&mut akash, &tenant, &vector.manifest),
        Ok((200, String::new()))
    );
    assert_eq!(akash.runs_since(&ids[0]), since);
    assert_eq!(
        run(&mut akash, &tenant, vec![close_any(tenant.address(), 7)]),
        OK
    );
    akash.advance_blocks(1);
    assert_eq!(status(&mut akash, &tenant, 1).0, 404);
    let (code, text) = put(&mut akash, &tenant, &vector.manifest).expect("answers");
    assert_eq!((code, text.as_str()), (404, "no lease for deployment"));
}

#[test]
fn should_show_ports_and_addresses() {
    let vector = manifests().remove(2);
    let mut provider = full();
    for a in vector.groups[0]
        .requirements
        .clone()
        .unwrap_or_default()
        .attributes
    {
        provider = provider.with(&[(a.key.as_str(), a.value.as_str())]);
    }
    let (mut akash, tenant) = network(vec![provider]);
    deploy(&mut akash, &tenant, &vector, 50_000_000);
    assert_eq!(
        put(&mut akash, &tenant, &vector.manifest),
        Ok((200, String::new()))
    );
    let (_, shown) = status(&mut akash, &tenant, 1);
    let ports = shown["forwarded_ports"]["db"].as_array().expect("ports");
    assert_eq!(ports.len(), 2);
    assert_eq!(ports[1]["port"], 5_432);
    let ips = shown["ips"]["db"].as_array().expect("addresses");
    assert_eq!(
        (ips[0]["ExternalPort"].clone(), ips[0]["Protocol"].clone()),
        (json!(53), json!("UDP"))
    );
    assert_eq!(shown["services"]["db"]["uris"], Value::Null);
}

#[test]
fn should_close_a_lease_without_a_manifest_after_five_minutes() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full()]);
    let owner = tenant.address().to_owned();
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    let born = akash.block_time();
    while akash.leases(&owner)[0].1.state == LeaseState::Active {
        akash.advance_blocks(1);
        assert!(
            akash.block_time() < born + 330 * SECOND,
            "the watchdog sleeps"
        );
    }
    assert!(akash.block_time() >= born + 300 * SECOND);
    assert_eq!(akash.leases(&owner)[0].1.reason, 10_003);
    assert_eq!(akash.groups(&owner, 7)[0].1.state, GroupState::Paused);
}

#[test]
fn should_stop_the_watchdog_even_with_a_bad_manifest() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full()]);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    let bad = vector.manifest.replace("1.4.2", "1.4.3");
    assert_eq!(put(&mut akash, &tenant, &bad).map(|a| a.0), Ok(422));
    akash.advance_blocks(70);
    assert_eq!(
        akash.leases(tenant.address())[0].1.state,
        LeaseState::Active
    );
}

#[test]
fn should_end_a_deployment_whose_account_runs_dry() {
    let vector = web();
    let (mut akash, tenant) = network(vec![presets::full("full", "na-us-west", 1_000)]);
    let owner = tenant.address().to_owned();
    // 500 000 uact at 50 a block: ten thousand blocks.
    deploy(&mut akash, &tenant, &vector, 500_000);
    let started = akash.height();
    assert_eq!(
        put(&mut akash, &tenant, &vector.manifest),
        Ok((200, String::new()))
    );
    akash.advance_blocks(9_995);
    assert!(akash.deployment(&owner, 7).expect("exists").active);
    while akash.deployment(&owner, 7).expect("exists").active {
        akash.advance_blocks(1);
        assert!(akash.height() <= started + 10_010, "nobody noticed");
    }
    assert!(akash.height() > started + 10_000);
    let (_, lease) = akash.leases(&owner).pop().expect("a lease");
    assert_eq!(
        (lease.state, lease.reason),
        (LeaseState::InsufficientFunds, 20_000)
    );
    assert_eq!(
        akash.groups(&owner, 7)[0].1.state,
        GroupState::InsufficientFunds
    );
    assert_eq!(
        akash.escrow(&owner, 7).map(|e| e.state),
        Some(EscrowState::Overdrawn)
    );
    assert_eq!(akash.balance(akash.providers()[0].address(), UACT), 500_000);
    assert!(akash.providers().iter().all(|p| p.refused() == 0));
}

#[test]
fn should_act_out_each_kind_of_trouble() {
    let vector = web();
    let m = vector.manifest.clone();
    // Refuses.
    let refusal = Behaviour::RefuseManifest(500, "not running".into());
    let (mut akash, tenant) = acting(refusal);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    assert_eq!(
        put(&mut akash, &tenant, &m),
        Ok((500, "not running".into()))
    );
    // Silent.
    let (mut akash, tenant) = acting(Behaviour::SilentManifest);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    assert!(put(&mut akash, &tenant, &m).is_err());
    assert_eq!(status(&mut akash, &tenant, 1).0, 404);
    // Gone, and with a certificate that nobody trusts.
    for behaviour in [Behaviour::Gone, Behaviour::UntrustedCertificate] {
        let (mut akash, tenant) = acting(behaviour);
        deploy(&mut akash, &tenant, &vector, 5_000_000);
        let now = akash.block_time();
        assert!(
            akash
                .http(now, &ask("GET", 0, "/address", None, ""))
                .is_err()
        );
    }
    // Gone after a while.
    let (mut akash, tenant) = acting(Behaviour::GoneAfter { seconds: 20 });
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    assert_eq!(put(&mut akash, &tenant, &m), Ok((200, String::new())));
    akash.advance_blocks(5);
    assert!(put(&mut akash, &tenant, &m).is_err());
    // Somebody else behind the name.
    let (mut akash, tenant) = acting(Behaviour::WrongAddress);
    let ids = deploy(&mut akash, &tenant, &vector, 5_000_000);
    let now = akash.block_time();
    let shown = akash
        .http(now, &ask("GET", 0, "/address", None, ""))
        .expect("answers")
        .value();
    assert_ne!(shown["address"], ids[0].provider);
    assert!(address::decode(shown["address"].as_str().expect("text")).is_some());
    // A struct that lacks a field.
    let (mut akash, tenant) = acting(Behaviour::OldManifest);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    let expected = (422, "manifest version validation failed".to_owned());
    assert_eq!(put(&mut akash, &tenant, &m), Ok(expected));
    // Slow.
    let (mut akash, tenant) = acting(Behaviour::Slow {
        lease_unseen_s: 30,
        ready_s: 60,
    });
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    let unseen = (404, "no lease for deployment".to_owned());
    assert_eq!(put(&mut akash, &tenant, &m), Ok(unseen));
    akash.advance_blocks(6);
    assert_eq!(put(&mut akash, &tenant, &m), Ok((200, String::new())));
    akash.advance_blocks(5);
    assert_eq!(
        status(&mut akash, &tenant, 1).1["services"]["site"]["available"],
        0
    );
    akash.advance_blocks(7);
    assert_eq!(
        status(&mut akash, &tenant, 1).1["services"]["site"]["available"],
        1
    );
    // Never ready, and then leaves.
    let (mut akash, tenant) = acting(Behaviour::NeverReady);
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    assert_eq!(put(&mut akash, &tenant, &m), Ok((200, String::new())));
    akash.advance_blocks(70);
    assert_eq!(
        status(&mut akash, &tenant, 1).1["services"]["site"]["available"],
        0
    );
    akash.advance_blocks(25);
    assert_eq!(akash.leases(tenant.address())[0].1.reason, 10_000);
    // No bid, and a bid that vanishes.
    for behaviour in [
        Behaviour::NoBid,
        Behaviour::BidThenVanish { after_blocks: 1 },
    ] {
        let (mut akash, tenant) = acting(behaviour);
        let mut message = create(tenant.address(), 7, vector.groups.clone(), 5_000_000);
        message.hash = vector.hash.clone();
        assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
        akash.advance_blocks(4);
        use crate::chain::market::BidState;
        let bids = akash.bids(tenant.address(), 7);
        assert!(bids.iter().all(|(_, b)| b.state == BidState::Closed));
        let bid = akash
            .bids(tenant.address(), 7)
            .first()
            .map(|(id, _)| id.clone());
        if let Some(bid) = bid {
            assert_eq!(
                run(&mut akash, &tenant, vec![lease_any(&bid)]),
                ("market", 12)
            );
        }
    }
}

#[test]
fn should_give_notice_before_it_leaves_a_lease_with_reclamation() {
    let mut vector = web();
    vector.window_s = Some(3_600);
    let mut provider = full().acting(Behaviour::ReclaimNotice { seconds: 60 });
    provider.reclamation_window_s = Some(3_600);
    let (mut akash, tenant) = network(vec![provider]);
    let owner = tenant.address().to_owned();
    deploy(&mut akash, &tenant, &vector, 5_000_000);
    akash.advance_blocks(70);
    let (_, lease) = akash.leases(&owner).pop().expect("a lease");
    assert_eq!(
        lease.state,
        LeaseState::Reclaiming,
        "without a manifest, and still not closed"
    );
    let notice = lease.reclamation.expect("given");
    let shown = rest(
        &mut akash,
        &format!("/akash/market/v1beta5/leases/list?filters.owner={owner}"),
    );
    assert_eq!(
        shown.value()["leases"][0]["lease"]["reclamation"]["window"],
        "3600s"
    );
    while akash.leases(&owner)[0].1.state == LeaseState::Reclaiming {
        akash.advance_blocks(1);
    }
    assert!(akash.block_time() / SECOND >= notice.deadline_s);
    assert_eq!(akash.leases(&owner)[0].1.reason, 10_001);
}

#[test]
fn should_take_a_bid_back_after_five_minutes() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full()]);
    let mut message = create(tenant.address(), 7, vector.groups.clone(), 5_000_000);
    message.hash = vector.hash.clone();
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    akash.advance_blocks(1);
    let born = akash.block_time();
    use crate::chain::market::BidState;
    while akash.bids(tenant.address(), 7)[0].1.state == BidState::Open {
        akash.advance_blocks(1);
        assert!(akash.block_time() < born + 330 * SECOND);
    }
    assert!(akash.block_time() >= born + 300 * SECOND);
}

#[test]
fn should_not_serve_one_host_name_twice() {
    let vector = manifests().remove(4);
    let mut provider = full();
    for a in vector.groups[0]
        .requirements
        .clone()
        .unwrap_or_default()
        .attributes
    {
        provider = provider.with(&[(a.key.as_str(), a.value.as_str())]);
    }
    let (mut akash, tenant) = network(vec![provider]);
    deploy(&mut akash, &tenant, &vector, 50_000_000);
    assert_eq!(
        put(&mut akash, &tenant, &vector.manifest),
        Ok((200, String::new()))
    );
    let mut message = create(tenant.address(), 8, vector.groups.clone(), 50_000_000);
    message.hash = vector.hash.clone();
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    akash.advance_blocks(1);
    let (bid, _) = akash.bids(tenant.address(), 8).remove(0);
    assert_eq!(run(&mut akash, &tenant, vec![lease_any(&bid)]), OK);
    let now = akash.block_time();
    let token = token(&tenant, now, &json!({"access": "full"}));
    let path = "/deployment/8/manifest";
    let request = ask("PUT", 0, path, Some(&token), &vector.manifest);
    let response = akash.http(now, &request).expect("answers");
    let text = String::from_utf8_lossy(&response.body).into_owned();
    assert_eq!(response.status, 500, "{text}");
    assert!(text.starts_with("hostname not allowed: host "), "{text}");
}

#[test]
fn should_verify_the_tokens_of_the_reference_library() {
    let all: Value = serde_json::from_str(include_str!("../../vectors/jwt.json")).expect("JSON");
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let key = hex::decode(text(&all["public_key_compressed_hex"])).expect("hexadecimal");
    let owner = text(&all["address"]);
    assert_eq!(address::of_key(&key), owner);
    let provider = text(&all["test_provider_address"]);
    let now = 1_800_000_000 * SECOND;
    let verify = |token: &str, now| {
        jwt::verify(token, now, |iss| {
            assert_eq!(iss, owner);
            jwt::Issuer::Key(key.clone())
        })
    };
    let refusal = |token: &str, now| match verify(token, now) {
        Ok(_) => (200, ""),
        Err(jwt::Reject::Answer(answer)) => answer,
        Err(jwt::Reject::Dropped) => (0, ""),
    };
    for vector in all["vectors"].as_array().expect("list") {
        let name = text(&vector["name"]);
        let token = text(&vector["token"]);
        let claims = verify(&token, now).ok().expect("valid");
        assert!(claims.reaches(&provider), "{name}");
        let other = Wallet::new("other provider");
        let granular = vector["claims"]["leases"]["access"] == "granular";
        assert_eq!(claims.reaches(other.address()), !granular, "{name}");
        let manifest = Some("send-manifest");
        assert!(
            claims.covers(&provider, 1_234_567, Some((1, 1)), manifest),
            "{name}"
        );
        let full = vector["claims"]["leases"]["access"] == "full";
        assert_eq!(
            claims.covers(&provider, 1_234_567, None, Some("shell")),
            full,
            "{name}"
        );
        let named = name.starts_with("granular-deployment");
        assert_eq!(
            claims.covers(&provider, 7, None, manifest),
            !named,
            "{name}"
        );
        let lease = Some((1, 2));
        assert_eq!(
            claims.covers(&provider, 1_234_567, lease, manifest),
            !named,
            "{name}"
        );
        let high = text(&vector["invalid_high_s_token"]);
        assert_eq!(refusal(&high, now), (401, "JWT is invalid"), "{name}");
        // Not before, and until: to the second, without leeway.
        let rows = [
            (1_767_225_599_999_999_999, 400),
            (1_767_225_600 * SECOND, 200),
            (4_102_444_799_999_999_999, 200),
            (4_102_444_800 * SECOND, 400),
        ];
        for (at, status) in rows {
            assert_eq!(refusal(&token, at).0, status, "{name} at {at}");
        }
    }
}

#[test]
fn should_refuse_the_claims_that_the_reference_library_refuses() {
    let all: Value = serde_json::from_str(include_str!("../../vectors/jwt.json")).expect("JSON");
    let private = hex::decode(all["private_key_hex"].as_str().expect("text")).expect("hex");
    let key = k256::ecdsa::SigningKey::from_slice(&private).expect("valid");
    let wallet = Wallet::of_key(key);
    assert_eq!(wallet.address(), all["address"]);
    let list = all["invalid_claims"].as_array().expect("list");
    assert_eq!(list.len(), 15);
    for entry in list {
        let id = entry["id"].as_str().expect("text");
        let header = json!({"alg": "ES256K", "typ": "JWT"});
        let token = token_of(&wallet, &header, &entry["claims"]);
        let key = wallet.public_key().to_vec();
        let verdict = jwt::verify(&token, 1_800_000_000 * SECOND, |_| {
            jwt::Issuer::Key(key.clone())
        });
        let status = match verdict {
            Ok(_) => 200,
            Err(jwt::Reject::Answer((status, _))) => status,
            Err(jwt::Reject::Dropped) => 0,
        };
        let expected = match id {
            // Providers do not run the schema.
            "unknown-claim" => 200,
            // Does not even decode, or names no account.
            "string-iat" | "iss-not-akash" => 401,
            _ => 400,
        };
        assert_eq!(status, expected, "{id}");
    }
}

#[test]
fn should_answer_bad_tokens_with_the_statuses_of_a_gateway() {
    let vector = web();
    let (mut akash, tenant) = network(vec![full(), full()]);
    let mut message = create(tenant.address(), 7, vector.groups.clone(), 5_000_000);
    message.hash = vector.hash.clone();
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    let now = akash.block_time();
    let me = akash.providers()[0].address().to_owned();
    let other = akash.providers()[1].address().to_owned();
    let good = token(&tenant, now, &json!({"access": "full"}));
    let parts: Vec<&str> = good.split('.').collect();
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).expect("base64");
    let high = format!(
        "{}.{}.{}",
        parts[0],
        parts[1],
        URL_SAFE_NO_PAD.encode(high_s(&signature))
    );
    let scoped = |scope: &str| token(&tenant, now, &json!({"access": "scoped", "scope": [scope]}));
    let granular = |provider: &str, permission: Value| {
        let mut permission = permission;
        permission["provider"] = provider.into();
        token(
            &tenant,
            now,
            &json!({"access": "granular", "permissions": [permission]}),
        )
    };
    let for_manifest = json!({"access": "scoped", "scope": ["send-manifest"]});
    let on_dseq = |dseq: u64| {
        let deployment = json!({"dseq": dseq, "scope": ["send-manifest"], "services": ["site"]});
        json!({"access": "granular", "deployments": [deployment]})
    };
    let fresh = Wallet::new("never signed");
    let gift = tenant.send(fresh.address(), 1, "uakt");
    assert_eq!(run(&mut akash, &tenant, vec![gift]), OK);
    let stranger = token(&Wallet::new("stranger"), now, &json!({"access": "full"}));
    let ps = |alg: &str| {
        let s = now / SECOND;
        let claims = json!({
            "iss": tenant.address(), "iat": s, "nbf": s, "exp": s + 60,
            "version": "v1", "leases": {"access": "full"},
        });
        token_of(&tenant, &json!({"alg": alg}), &claims)
    };
    let no = (401, "unauthorized access");
    let bad = (401, "JWT is invalid");
    let rows: Vec<(&str, Option<String>, (u16, &str))> = vec![
        ("no token", None, no),
        ("not for this scope", Some(scoped("status")), no),
        (
            "for another provider",
            Some(granular(&other, for_manifest.clone())),
            no,
        ),
        (
            "for another deployment",
            Some(granular(&me, on_dseq(8))),
            no,
        ),
        ("high s", Some(high), bad),
        ("cut", Some(good[..good.len() - 4].to_owned()), bad),
        ("two parts", Some(format!("{}.{}", parts[0], parts[1])), bad),
        ("algorithm", Some(ps("ES256")), bad),
        ("nobody", Some(stranger), bad),
        (
            "unknown scope",
            Some(scoped("deploy")),
            (400, "JWT has invalid claims"),
        ),
    ];
    for (desc, token, (status, message)) in rows {
        let path = "/deployment/7/manifest";
        let request = ask("PUT", 0, path, token.as_deref(), &vector.manifest);
        let response = akash.http(now, &request).expect("answers");
        assert_eq!(response.status, status, "{desc}");
        assert_eq!(response.value(), json!({"message": message}), "{desc}");
    }
    // Good ones go on to the next question: there is no lease yet.
    for token in [
        good,
        scoped("send-manifest"),
        granular(&me, for_manifest),
        granular(&me, on_dseq(7)),
        ps("ES256K"),
    ] {
        let path = "/deployment/7/manifest";
        let now = akash.block_time();
        let request = ask("PUT", 0, path, Some(&token), &vector.manifest);
        let response = akash.http(now, &request).expect("answers");
        assert_eq!(response.body, b"no lease for deployment\n");
    }
    // An account that never signed a transaction has no key on the chain.
    let now = akash.block_time();
    let unsigned = token(&fresh, now, &json!({"access": "full"}));
    let request = ask("PUT", 0, "/deployment/7/manifest", Some(&unsigned), "[]");
    assert!(akash.http(now, &request).is_err());
    let mut garbled = ask("GET", 0, "/address", None, "");
    garbled
        .headers
        .push(("authorization".into(), "Basic x y".into()));
    let response = akash.http(now, &garbled).expect("answers");
    assert_eq!(response.status, 400);
    assert_eq!(
        response.value(),
        json!({"message": "invalid authorization header"})
    );
}

#[test]
fn should_route_like_a_gateway() {
    let (mut akash, tenant) = network(vec![full()]);
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![tenant.send(tenant.address(), 1, "uakt")]
        ),
        OK
    );
    let now = akash.block_time();
    let all = token(&tenant, now, &json!({"access": "full"}));
    let rows = [
        ("GET", "/version", None, 200),
        ("GET", "/status", None, 200),
        ("POST", "/address", None, 405),
        ("GET", "/nothing", None, 404),
        ("GET", "/deployment/7/manifest", Some(&all), 405),
        ("PUT", "/deployment/x/manifest", Some(&all), 400),
        ("PUT", "/deployment/9/manifest", Some(&all), 422),
        ("GET", "/lease/7/1/1/status", None, 401),
        ("GET", "/lease/7/1/x/status", Some(&all), 400),
        ("GET", "/lease/7/1/1/status", Some(&all), 404),
        ("GET", "/lease/7/1/1/manifest", Some(&all), 404),
    ];
    for (method, path, token, status) in rows {
        let request = ask(method, 0, path, token.map(String::as_str), "");
        let response = akash.http(now, &request).expect("answers");
        assert_eq!(response.status, status, "{method} {path}");
    }
    let mut wrong_port = ask("GET", 0, "/address", None, "");
    wrong_port.url = wrong_port.url.replace(":8443", "");
    assert!(akash.http(now, &wrong_port).is_err());
    assert!(
        akash
            .http(now, &ask("GET", 1, "/address", None, ""))
            .is_err()
    );
}
