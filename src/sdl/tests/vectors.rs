//! What the reference library makes of nine SDLs.

use super::{WEB, good, with};
use crate::akash::proto::deployment::GroupSpec;
use crate::sdl::{Attribute, EndpointKind, Group, Port, Protocol, Reach, Replicas, cross_check};
use prost::Message;
use serde_json::{Map, Value, json};

const VECTORS: [&str; 9] = [
    include_str!("../vectors/01-minimal-web.json"),
    include_str!("../vectors/02-multi-service-internal.json"),
    include_str!("../vectors/03-persistent-storage-ip.json"),
    include_str!("../vectors/04-gpu-two-models.json"),
    include_str!("../vectors/05-http-options.json"),
    include_str!("../vectors/06-credentials.json"),
    include_str!("../vectors/07-two-placements.json"),
    include_str!("../vectors/08-gpu-any-nvidia.json"),
    include_str!("../vectors/09-tee-cpu-reclamation.json"),
];

pub(super) fn texts() -> Vec<String> {
    let text = |vector: &str| str_of(&read(vector), "sdl_yaml").to_string();
    VECTORS.iter().map(|vector| text(vector)).collect()
}

fn read(vector: &str) -> Value {
    serde_json::from_str(vector).expect("a vector")
}

fn str_of<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().expect(key)
}

#[test]
fn should_give_the_manifest_of_the_reference_byte_for_byte() {
    for vector in VECTORS.map(read) {
        let name = str_of(&vector, "name");
        let sdl = good(str_of(&vector, "sdl_yaml"));
        assert_eq!(
            sdl.manifest.json,
            str_of(&vector, "manifest_sorted_json"),
            "{name}"
        );
        assert_eq!(
            hex::encode(sdl.manifest.hash),
            str_of(&vector, "manifest_sha256_hex"),
            "{name}"
        );
    }
    for id in ["rule/sdl-manifest", "rule/sdl-hash"] {
        conformance::confirm(
            conformance::Suite::Vectors,
            id,
            "output of chain-sdk at 55f1c683, recorded",
        );
    }
}

#[test]
fn should_give_the_groups_of_the_reference() {
    for vector in VECTORS.map(read) {
        let sdl = good(str_of(&vector, "sdl_yaml"));
        let groups: Vec<_> = sdl.groups.iter().map(group_json).collect();
        assert_eq!(
            Value::from(groups),
            vector["group_specs"],
            "{}",
            str_of(&vector, "name")
        );
    }
}

/// Beyond this room: the groups, in the words of the chain, are those of the reference.
#[test]
fn should_give_the_chain_the_groups_of_the_reference() {
    for vector in VECTORS.map(read) {
        let sdl = good(str_of(&vector, "sdl_yaml"));
        let groups = sdl.groups.iter().map(GroupSpec::from);
        let bytes: Vec<_> = groups
            .map(|group| hex::encode(group.encode_to_vec()))
            .collect();
        let expected = &vector["group_specs_protobuf_hex"];
        assert_eq!(&Value::from(bytes), expected, "{}", str_of(&vector, "name"));
    }
    conformance::confirm(
        conformance::Suite::Vectors,
        "rule/sdl-groups",
        "output of chain-sdk at 55f1c683, recorded",
    );
}

#[test]
fn should_give_the_reclamation_of_the_reference() {
    for vector in VECTORS.map(read) {
        let sdl = good(str_of(&vector, "sdl_yaml"));
        let expected = vector["reclamation"]["min_window_seconds"].as_u64();
        assert_eq!(
            sdl.reclamation_min_window_s,
            expected,
            "{}",
            str_of(&vector, "name")
        );
    }
}

#[test]
fn should_write_sorted_keys() {
    for text in texts() {
        let json = good(&text).manifest.json;
        // The map behind `Value` sorts by bytes, so a second writing shows what is out of place.
        let value: Value = serde_json::from_str(&json).expect("JSON");
        let escaped = json
            .replace("\\u0026", "&")
            .replace("\\u003c", "<")
            .replace("\\u003e", ">");
        assert_eq!(value.to_string(), escaped);
    }
}

#[test]
fn should_pass_what_a_provider_checks() {
    for text in texts() {
        let sdl = good(&text);
        assert_eq!(cross_check(&sdl.groups, &sdl.manifest.json), Ok(()));
        // And the check can fail.
        let mut groups = sdl.groups.clone();
        groups[0].units[0].count += 1;
        cross_check(&groups, &sdl.manifest.json).expect_err("one replica more");
        let mut groups = sdl.groups.clone();
        groups[0].units[0].memory.bytes += 1;
        cross_check(&groups, &sdl.manifest.json).expect_err("one byte more");
        let mut groups = sdl.groups.clone();
        groups[0].name.push('x');
        cross_check(&groups, &sdl.manifest.json).expect_err("another name");
        let mut groups = sdl.groups;
        if groups[0].units[0].endpoints.pop().is_some() {
            cross_check(&groups, &sdl.manifest.json).expect_err("one endpoint less");
        }
    }
}

#[test]
fn should_escape_as_go_does() {
    let env = r#"    env: ["A=<&>\u2028\u2029 \"\\ / \t é"]"#;
    let sdl = good(&with(WEB, "    expose:", &format!("{env}\n    expose:")));
    let expected = r#""env":["A=\u003c\u0026\u003e\u2028\u2029 \"\\ / \t é"]"#;
    assert!(
        sdl.manifest.json.contains(expected),
        "{}",
        sdl.manifest.json
    );
}

#[test]
fn should_sort_what_the_chain_and_providers_want_sorted() {
    let text = with(
        WEB,
        "      - port: 8080\n        as: 80\n        to:\n          - global: true\n",
        "      - port: 9000\n        to:\n          - global: true\n          - service: site\n\
         \u{20}     - port: 8080\n        proto: Udp\n        to:\n          - global: true\n\
         \u{20}     - port: 8080\n        as: 80\n        to:\n          - global: true\n",
    );
    let text = with(
        &text,
        "        storage:\n          size: 1Gi\n",
        "        storage:\n          - name: b\n            size: 1Gi\n          - name: ram\n\
         \u{20}           size: 1Gi\n            attributes: {persistent: no, class: ram}\n\
         \u{20}         - size: 512Mi\n          - name: a\n            size: 1Gi\n",
    );
    let sdl = good(&text);
    let ports: Vec<_> = sdl.services[0]
        .ports
        .iter()
        .map(|p| (p.port, p.protocol))
        .collect();
    let expected = [
        (8080, Protocol::Tcp),
        (8080, Protocol::Udp),
        (9000, Protocol::Tcp),
        (9000, Protocol::Tcp),
    ];
    assert_eq!(ports, expected);
    assert_eq!(
        sdl.services[0].ports[3].reach,
        Reach::Service("site".to_string())
    );
    let names: Vec<_> = sdl.groups[0].units[0]
        .storage
        .iter()
        .map(|v| v.name.as_str())
        .collect();
    assert_eq!(names, ["default", "a", "b", "ram"]);
}

#[test]
fn should_count_leased_addresses_as_the_reference_does() {
    let text = with(
        WEB,
        "          - global: true\n",
        "          - {global: true, ip: zz}\n      - port: 53\n        proto: udp\n        to:\n\
         \u{20}         - {global: true, ip: aa}\n      - port: 54\n        to:\n\
         \u{20}         - {global: true, ip: aa}\n",
    );
    let sdl = good(&format!(
        "{text}endpoints: {{aa: {{kind: ip}}, zz: {{kind: ip}}}}\n"
    ));
    let endpoints = &sdl.groups[0].units[0].endpoints;
    let leased: Vec<_> = endpoints
        .iter()
        .filter(|e| e.kind == EndpointKind::LeasedIp)
        .map(|e| e.sequence)
        .collect();
    assert_eq!(leased, [2, 2, 3], "aa stands at 1 and 2, zz at 3");
}

#[test]
fn should_ask_for_trusted_execution_once() {
    let text = with(WEB, "    expose:", "    params: {tee: cpu}\n    expose:");
    let expected = vec![Attribute {
        key: "tee/type".to_string(),
        value: "cpu".to_string(),
    }];
    assert_eq!(good(&text).groups[0].requirements.attributes, expected);
    let text = with(
        &text,
        "      pricing:",
        "      attributes: {tee/type: cpu}\n      pricing:",
    );
    assert_eq!(good(&text).groups[0].requirements.attributes, expected);
}

#[test]
fn should_tell_voters_what_runs() {
    let sdl = good(&texts()[1]);
    assert!(!sdl.has_credentials);
    let names: Vec<_> = sdl.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["gateway", "queue", "worker"]);
    let gateway = &sdl.services[0];
    assert_eq!(gateway.env[1].name, "BANNER");
    assert_eq!(gateway.env[1].value.as_deref(), Some("<dao> & friends"));
    let port = Port {
        port: 3000,
        external: 80,
        protocol: Protocol::Tcp,
        reach: Reach::World(EndpointKind::SharedHttp),
        hosts: Vec::new(),
        ip: None,
    };
    assert_eq!(gateway.ports, [port]);
    let replicas = Replicas {
        placement: "main".to_string(),
        unit: 1,
        count: 2,
    };
    assert_eq!(gateway.replicas, [replicas]);
    assert_eq!((sdl.images[0].line, sdl.images[0].pinned), (4, false));
    // 5 replicas at 120 and one at 240.5.
    let price = sdl.groups[0].max_price().expect("a small sum");
    assert_eq!(price.to_string(), "840.5");

    let sdl = good(&texts()[5]);
    assert!(sdl.has_credentials);
    assert_eq!(sdl.services[0].registry.as_deref(), Some("https://ghcr.io"));
}

#[test]
fn should_know_an_image_by_digest() {
    let digest = "0123456789abcdef".repeat(4);
    let text = with(
        WEB,
        "static-site:1.4.2",
        &format!("static-site@sha256:{digest}"),
    );
    assert!(good(&text).images[0].pinned);
}

fn group_json(group: &Group) -> Value {
    let units = group.units.iter().map(|unit| {
        let named = |name: &str, bytes: u64, attributes: &[Attribute]| {
            let mut volume = quantity("size", bytes, attributes);
            volume["name"] = name.into();
            volume
        };
        let endpoints: Vec<_> = unit
            .endpoints
            .iter()
            .map(|endpoint| match endpoint.kind {
                EndpointKind::SharedHttp => json!({"sequence_number": endpoint.sequence}),
                EndpointKind::RandomPort => {
                    json!({"kind": 1, "sequence_number": endpoint.sequence})
                }
                EndpointKind::LeasedIp => json!({"kind": 2, "sequence_number": endpoint.sequence}),
            })
            .collect();
        let storage = unit
            .storage
            .iter()
            .map(|v| named(&v.name, v.bytes, &v.attributes));
        json!({
            "count": unit.count,
            "price": {"amount": unit.price.to_string(), "denom": "uact"},
            "resource": {
                "id": unit.id,
                "cpu": quantity("units", unit.cpu.milli, &unit.cpu.attributes),
                "gpu": quantity("units", unit.gpu.units, &unit.gpu.attributes),
                "memory": quantity("size", unit.memory.bytes, &unit.memory.attributes),
                "storage": storage.collect::<Vec<_>>(),
                "endpoints": endpoints,
            },
        })
    });
    let signed_by = &group.requirements.signed_by;
    let mut requirements = json!({
        "signedBy": {"allOf": signed_by.all_of, "anyOf": signed_by.any_of},
    });
    put_attributes(&mut requirements, &group.requirements.attributes);
    json!({
        "name": group.name,
        "requirements": requirements,
        "resources": units.collect::<Vec<_>>(),
    })
}

fn quantity(key: &str, value: u64, attributes: &[Attribute]) -> Value {
    let mut map = Map::new();
    map.insert(key.to_string(), json!({"val": value.to_string()}));
    let mut quantity = Value::from(map);
    put_attributes(&mut quantity, attributes);
    quantity
}

fn put_attributes(value: &mut Value, attributes: &[Attribute]) {
    if !attributes.is_empty() {
        let list = attributes
            .iter()
            .map(|a| json!({"key": a.key, "value": a.value}));
        value["attributes"] = list.collect();
    }
}
