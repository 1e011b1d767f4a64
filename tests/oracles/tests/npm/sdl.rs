//! SDLs: what `src/sdl` makes of a text, against the SDL tool of chain-sdk: groups, manifest, hash.

use super::{oracle, text};
use akash_standin::address;
use akash_standin::proto::{MsgCreateDeployment, TxBody};
use conformance::{Suite, confirm};
use oracles::{Dice, Oracle};
use orchestrator::akash::message::Message;
use orchestrator::akash::tx::{Order, TxPlan};
use orchestrator::kernel::money::{Uact, Uakt};
use orchestrator::sdl::{self, Sdl};
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How many random SDLs are compared.
const CASES: u64 = 400;

/// Names that every collation sorts alike.
const SERVICES: [&str; 4] = ["api", "db", "queue", "web"];
const PROFILES: [&str; 2] = ["large", "small"];
const PLACEMENTS: [&str; 2] = ["east", "west"];

/// A random SDL that both tools must read alike: what stands in lists is written in the order in
/// which the chain wants it, since chain-sdk keeps the order of the text.
fn random_sdl(dice: &mut Dice) -> String {
    let mut out = format!("version: {}\n", dice.pick(&["\"2.0\"", "\"2.1\""]));
    let services: Vec<&str> = SERVICES.into_iter().filter(|_| !dice.one_in(3)).collect();
    let services = if services.is_empty() {
        vec!["web"]
    } else {
        services
    };
    let volumes = [dice.below(3), dice.below(3)];
    let gpus = [dice.one_in(4), dice.one_in(4)];
    let placements: &[&str] = if dice.one_in(2) {
        &PLACEMENTS
    } else {
        &PLACEMENTS[..1]
    };
    let profile_of: Vec<usize> = services
        .iter()
        .map(|_| usize::from(dice.one_in(2)))
        .collect();
    out.push_str("services:\n");
    for (at, service) in services.iter().enumerate() {
        // A host name may occur once in a manifest, so at one placement only.
        let hosts = placements.len() == 1;
        let volumes = volumes[profile_of[at]];
        write_service(&mut out, dice, service, &services, at == 0, hosts, volumes);
    }
    out.push_str("profiles:\n  compute:\n");
    for (at, profile) in PROFILES.iter().enumerate() {
        if profile_of.contains(&at) {
            write_compute(&mut out, dice, profile, volumes[at], gpus[at]);
        }
    }
    out.push_str("  placement:\n");
    for placement in placements {
        write_placement(&mut out, dice, placement, &profile_of);
    }
    out.push_str("deployment:\n");
    for (at, service) in services.iter().enumerate() {
        let _ = writeln!(out, "  {service}:");
        let all = at == 0 || dice.one_in(2);
        let of_service = if all { placements } else { &placements[..1] };
        for placement in of_service {
            let profile = PROFILES[profile_of[at]];
            let count = dice.between(1, 12);
            let _ = writeln!(
                out,
                "    {placement}: {{profile: {profile}, count: {count}}}"
            );
        }
    }
    out
}

fn write_service(
    out: &mut String,
    dice: &mut Dice,
    name: &str,
    all: &[&str],
    web: bool,
    hosts: bool,
    volumes: u64,
) {
    let tag = dice.below(99);
    let _ = writeln!(out, "  {name}:\n    image: ghcr.io/example/{name}:1.{tag}");
    if dice.one_in(3) {
        out.push_str("    command: [\"sh\", \"-c\", \"a && b > c\"]\n");
    }
    if dice.one_in(3) {
        out.push_str("    args: [\"--x\", \"\", \"é \\\"q\\\" \\\\ <&>\"]\n");
    }
    if dice.one_in(2) {
        let _ = writeln!(out, "    env: [\"A={}\", \"B=<&> /\", EMPTY=]", dice.wide());
    }
    if dice.one_in(5) {
        out.push_str("    credentials: {host: ghcr.io, username: me, password: a-secret}\n");
    }
    if volumes > 0 {
        out.push_str("    params:\n      storage:\n");
        for volume in 0..volumes {
            let read_only = if dice.one_in(2) {
                ", readOnly: true"
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "        vol{volume}: {{mount: /mnt/{volume}{read_only}}}"
            );
        }
    }
    let mut exposes = Vec::new();
    let mut ports = BTreeSet::new();
    for global in dice.list(u64::from(web), 3, |dice| dice.one_in(2)) {
        let port = dice.between(81, 60_000);
        if !ports.insert(port) {
            continue;
        }
        let target = if global || (web && exposes.is_empty()) {
            String::new()
        } else {
            dice.pick(all).to_string()
        };
        exposes.push((target, port));
    }
    exposes.sort();
    if exposes.is_empty() {
        return;
    }
    out.push_str("    expose:\n");
    for (at, (target, port)) in exposes.iter().enumerate() {
        let _ = writeln!(out, "      - port: {port}");
        let http = target.is_empty() && at == 0 && dice.one_in(2);
        if http {
            out.push_str("        as: 80\n");
            if hosts && dice.one_in(2) {
                let _ = writeln!(
                    out,
                    "        accept: [{name}.example.org, b-{name}.example.org]"
                );
            }
        }
        if dice.one_in(3) && !http {
            let _ = writeln!(out, "        proto: {}", dice.pick(&["tcp", "udp", "UDP"]));
        }
        if dice.one_in(4) {
            let _ = writeln!(
                out,
                "        http_options: {{max_body_size: {}, read_timeout: {}, send_timeout: {}, \
                 next_tries: {}, next_timeout: {}, next_cases: [error, \"502\"]}}",
                dice.between(1, 104_857_600),
                dice.between(1, 60_000),
                dice.between(1, 60_000),
                dice.between(1, 9),
                dice.below(60_000),
            );
        }
        if target.is_empty() {
            out.push_str("        to: [{global: true}]\n");
        } else {
            let _ = writeln!(out, "        to: [{{service: {target}}}]");
        }
    }
}

fn write_compute(out: &mut String, dice: &mut Dice, name: &str, volumes: u64, gpu: bool) {
    let _ = writeln!(out, "    {name}:\n      resources:");
    let units = match dice.below(3) {
        0 => format!("{}m", dice.between(10, 300_000)),
        1 => format!("{}", dice.between(1, 300)),
        _ => format!("\"{}.5\"", dice.between(0, 100)),
    };
    let arch = if dice.one_in(3) {
        ", attributes: {arch: amd64}"
    } else {
        ""
    };
    let _ = writeln!(out, "        cpu: {{units: {units}{arch}}}");
    let size = |dice: &mut Dice, low: u64| {
        let suffix = dice.pick(&["Mi", "Gi", "M", "G"]);
        format!("{}{suffix}", dice.between(low, low + 900))
    };
    let _ = writeln!(out, "        memory: {{size: {}}}", size(dice, 2));
    if volumes == 0 {
        let _ = writeln!(out, "        storage: {{size: {}}}", size(dice, 6));
    } else {
        out.push_str("        storage:\n          - {size: 6Mi}\n");
        for volume in 0..volumes {
            let class = dice.pick(&["beta2", "beta3"]);
            let gibibytes = 10 * (volume + 1) + dice.below(9);
            let _ = writeln!(
                out,
                "          - {{name: vol{volume}, size: {gibibytes}Gi, \
                 attributes: {{persistent: true, class: {class}}}}}"
            );
        }
    }
    if gpu {
        let models = dice.pick(&[
            "",
            "[{model: a100}]",
            "[{model: a100, ram: 80Gi}, {model: h100, ram: 80Gi, interface: sxm}]",
        ]);
        let _ = writeln!(
            out,
            "        gpu: {{units: {}, attributes: {{vendor: {{nvidia: {models}}}}}}}",
            dice.between(1, 8)
        );
    }
}

fn write_placement(out: &mut String, dice: &mut Dice, name: &str, profile_of: &[usize]) {
    let _ = writeln!(out, "    {name}:");
    if dice.one_in(2) {
        out.push_str("      attributes: {host: akash, location-region: na-us-west, tier: true}\n");
    }
    if dice.one_in(2) {
        let any = dice.list(0, 2, |dice| address::encode(&dice.bytes::<20>()));
        let all = dice.list(0, 1, |dice| address::encode(&dice.bytes::<20>()));
        let _ = writeln!(out, "      signedBy:");
        let _ = writeln!(out, "        anyOf: [{}]", any.join(", "));
        let _ = writeln!(out, "        allOf: [{}]", all.join(", "));
    }
    out.push_str("      pricing:\n");
    for (at, profile) in PROFILES.iter().enumerate() {
        if profile_of.contains(&at) {
            let amount = match dice.below(3) {
                0 => format!("{}", dice.between(1, 100_000)),
                1 => format!("{}.25", dice.below(100_000)),
                _ => format!("\"{}.000125\"", dice.below(1_000)),
            };
            let _ = writeln!(out, "        {profile}: {{denom: uact, amount: {amount}}}");
        }
    }
}

/// Our groups in the words of the chain, each in hexadecimal: taken from a whole transaction.
///
/// Endpoints of a unit are put in the package's order, by kind and number. Go, whom we follow,
/// sorts by the number alone; a provider only counts how many there are of each kind.
fn groups(sdl: &Sdl) -> Value {
    let plan = TxPlan {
        messages: vec![Message::CreateDeployment {
            owner: address::encode(&[1; 20]),
            dseq: 1,
            groups: sdl.groups.clone(),
            hash: sdl.manifest.hash,
            deposit: Uact(1),
            reclamation_min_window_s: None,
        }],
        memo: String::new(),
        public_key: [2; 33],
        account_number: 1,
        order: Order::Sequence(1),
        timeout_ns: None,
        gas: 1,
        fee: Uakt(1),
        granter: None,
    };
    let tx = plan.unsigned("akashnet-2").signed([0; 64]).bytes;
    let mut rest = &tx[..];
    akash_standin::schema::tag(&mut rest).expect("a tag");
    let body = akash_standin::schema::chunk(&mut rest).expect("a body");
    let body = TxBody::decode(body).expect("a body");
    let message = MsgCreateDeployment::decode(&body.messages[0].value[..]).expect("a message");
    let groups = message.groups.into_iter().map(|mut group| {
        for unit in &mut group.resources {
            let resources = unit.resource.as_mut().expect("a unit has resources");
            resources
                .endpoints
                .sort_by_key(|e| (e.kind, e.sequence_number));
        }
        hex::encode(group.encode_to_vec())
    });
    groups.collect()
}

/// What the tool makes of a text, or why it refuses it.
fn theirs(oracle: &mut Oracle, sdl: &str) -> Result<Value, String> {
    let made = oracle.ask("sdl", json!({"text": sdl})).expect("an answer");
    match made.get("errors") {
        Some(errors) => Err(errors.to_string()),
        None => Ok(made),
    }
}

fn assert_same(ours: &Sdl, theirs: &Value, desc: &str) {
    assert_eq!(ours.manifest.json, text(&theirs["manifest"]), "{desc}");
    assert_eq!(
        hex::encode(ours.manifest.hash),
        text(&theirs["hash"]),
        "{desc}"
    );
    assert_eq!(groups(ours), theirs["groups"], "{desc}");
}

#[test]
fn should_make_of_random_sdls_what_chain_sdk_makes() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(5);
    for case in 0..CASES {
        let sdl = random_sdl(&mut dice);
        let desc = format!("case {case}:\n{sdl}");
        let ours = sdl::parse(&sdl).unwrap_or_else(|errors| panic!("{errors:?}\n{desc}"));
        let theirs = theirs(&mut oracle, &sdl).unwrap_or_else(|why| panic!("{why}\n{desc}"));
        assert_same(&ours, &theirs, &desc);
    }
    let by = oracle.versions.of_akash();
    for id in ["rule/sdl-groups", "rule/sdl-manifest", "rule/sdl-hash"] {
        confirm(Suite::Npm, id, &by);
    }
}

/// Whatever we take of damaged texts, the tool takes too, and makes the same of it.
#[test]
fn should_take_no_damaged_sdl_that_chain_sdk_takes_otherwise() {
    let Some(mut oracle) = oracle() else { return };
    let mut dice = Dice::new(6);
    let (mut taken, mut refused) = (0, 0);
    for case in 0..CASES {
        let sdl = random_sdl(&mut dice);
        let mut lines: Vec<&str> = sdl.lines().collect();
        let count = u64::try_from(lines.len()).expect("a short text");
        let at = |dice: &mut Dice| usize::try_from(dice.below(count)).expect("a short text");
        let (one, other) = (at(&mut dice), at(&mut dice));
        let how = dice.below(3);
        match how {
            0 => drop(lines.remove(one)),
            1 => lines.insert(one, lines[other]),
            _ => lines.swap(one, other),
        }
        let damaged = lines.join("\n");
        let Ok(ours) = sdl::parse(&damaged) else {
            refused += 1;
            continue;
        };
        taken += 1;
        let desc = format!("case {case}:\n{damaged}");
        let theirs = theirs(&mut oracle, &damaged).unwrap_or_else(|why| panic!("{why}\n{desc}"));
        // The package keeps the order of the text, where Go and we sort.
        if how < 2 {
            assert_same(&ours, &theirs, &desc);
        }
    }
    assert!(
        taken > 20 && refused > 20,
        "taken {taken}, refused {refused}"
    );
}

fn folder(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

/// SDLs of the vectors and the examples.
fn given() -> Vec<(String, String)> {
    let mut given = Vec::new();
    for (of, ending) in [("src/sdl/vectors", "json"), ("proposals/examples", "yaml")] {
        let mut files: Vec<_> = std::fs::read_dir(folder(of))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|e| e == ending))
            .collect();
        files.sort();
        for path in files {
            let content = std::fs::read_to_string(&path).expect("a text");
            let name = path.display().to_string();
            if ending == "yaml" {
                given.push((name, content));
            } else if !name.ends_with("invalid.json") {
                let vector: Value = serde_json::from_str(&content).expect("JSON");
                given.push((name, text(&vector["sdl_yaml"]).to_string()));
            }
        }
    }
    given
}

#[test]
fn should_make_of_given_sdls_what_chain_sdk_makes() {
    let Some(mut oracle) = oracle() else { return };
    let mut compared = 0;
    for (name, sdl) in given() {
        let ours = sdl::parse(&sdl).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        match theirs(&mut oracle, &sdl) {
            Ok(theirs) => {
                assert_same(&ours, &theirs, &name);
                compared += 1;
            }
            // The package is older than these two keys.
            Err(why) => assert!(
                sdl.contains("tee:") && sdl.contains("reclamation:"),
                "{name}: {why}"
            ),
        }
    }
    assert!(compared > 8, "{compared}");
}

#[test]
fn should_refuse_what_chain_sdk_refuses() {
    let Some(mut oracle) = oracle() else { return };
    let content = std::fs::read_to_string(folder("src/sdl/vectors/invalid.json")).expect("a text");
    let content: Value = serde_json::from_str(&content).expect("JSON");
    let mut milder = Vec::new();
    for case in content["cases"].as_array().expect("a list") {
        let (id, sdl) = (text(&case["id"]), text(&case["sdl_yaml"]));
        assert!(sdl::parse(sdl).is_err(), "{id}");
        let theirs = theirs(&mut oracle, sdl);
        if theirs.is_ok() && case["accepted_by_ts"] == false {
            milder.push(id.to_string());
        } else {
            assert_eq!(
                theirs.is_ok(),
                case["accepted_by_ts"] == true,
                "{id}: {theirs:?}"
            );
        }
    }
    // Rules that the package got after the version that can be had.
    assert_eq!(milder, ["beta3-not-persistent"]);
    confirm(Suite::Npm, "rule/sdl-refused", &oracle.versions.of_akash());
}

const WEB: &str = r#"version: "2.0"
services:
  web:
    image: ghcr.io/example/web:1
    expose:
      - port: 8080
        as: 80
        to: [{global: true}]
profiles:
  compute:
    small:
      resources:
        cpu: {units: 250m}
        memory: {size: 256Mi}
        storage: {size: 1Gi}
  placement:
    east:
      pricing:
        small: {denom: uact, amount: 50}
deployment:
  web:
    east: {profile: small, count: 1}
"#;

/// Where the two tools differ on purpose. Each row of the document's list of differences that is
/// about SDLs stands here.
#[test]
fn should_differ_from_chain_sdk_only_as_stated() {
    let Some(mut oracle) = oracle() else { return };
    /// What becomes of a text: taken by us, taken by the package, and with the same hash.
    type Expected = (bool, bool, bool);
    let rows: [(&str, &str, &str, Expected); 12] = [
        ("nothing is changed", "", "", (true, true, true)),
        (
            "exposes not in order: we sort, as Go does; the package does not",
            "      - port: 8080\n",
            "      - port: 9000\n        to: [{global: true}]\n      - port: 8080\n",
            (true, true, false),
        ),
        (
            "volumes not in order: we sort, as Go does; the package does not",
            "storage: {size: 1Gi}",
            "storage: [{name: big, size: 2Gi}, {size: 1Gi}]",
            (true, true, false),
        ),
        (
            "models not in order: we sort, as Go does; the package does not",
            "storage: {size: 1Gi}",
            "storage: {size: 1Gi}\n        \
             gpu: {units: 1, attributes: {vendor: {nvidia: [{model: h100}, {model: a100}]}}}",
            (true, true, false),
        ),
        (
            "an expose without a target: Go reaches nobody with it, the package drops it",
            "        to: [{global: true}]\n",
            "        to: [{global: true}]\n      - port: 9000\n",
            (false, true, false),
        ),
        (
            "a price in uakt: the chain refuses it",
            "denom: uact",
            "denom: uakt",
            (false, true, false),
        ),
        (
            "an explicit 0 where Go takes it as the default",
            "        to: [{global: true}]\n",
            "        to: [{global: true}]\n        http_options: {max_body_size: 0}\n",
            (false, true, false),
        ),
        (
            "an empty list of hosts: null for Go, and for us",
            "        to: [{global: true}]\n",
            "        to: [{global: true}]\n        accept: []\n",
            (false, true, false),
        ),
        (
            "a broken number of bytes: Go truncates it, the package rounds it up",
            "size: 256Mi",
            "size: 0.3Mi",
            (false, true, false),
        ),
        (
            "line separators in a text: Go escapes them, the package does not",
            "    image: ghcr.io/example/web:1\n",
            "    image: ghcr.io/example/web:1\n    env: [\"A=\\u2028\"]\n",
            (true, true, false),
        ),
        (
            "more than 50 replicas: a documented limit that the chain does not check",
            "count: 1",
            "count: 51",
            (false, true, false),
        ),
        (
            "small letters where Go wants a capital",
            "size: 256Mi",
            "size: 256mi",
            (false, true, false),
        ),
    ];
    for (desc, from, to, expected) in rows {
        assert!(from.is_empty() || WEB.contains(from), "{desc}");
        let sdl = if from.is_empty() {
            WEB.to_string()
        } else {
            WEB.replacen(from, to, 1)
        };
        let ours = sdl::parse(&sdl);
        let theirs = theirs(&mut oracle, &sdl);
        let same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => hex::encode(ours.manifest.hash) == text(&theirs["hash"]),
            _ => false,
        };
        assert_eq!(
            (ours.is_ok(), theirs.is_ok(), same),
            expected,
            "{desc}: {ours:?} {theirs:?}"
        );
    }
}
