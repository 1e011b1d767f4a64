//! What is refused, and in which words.

use super::{WEB, bad, good, refuse, with};
use crate::sdl::{MAX_PROBLEMS, parse};
use serde_json::Value;

/// Case of the reference library, path of the problem, and a word of the rule.
const CASES: [(&str, &str, &str); 44] = [
    ("unsupported-version", "version", "2.0 or 2.1"),
    ("version-as-number", "version", "quotes"),
    ("missing-image", "services.site.image", "`image`"),
    (
        "empty-image",
        "services.site.image",
        "at least one character",
    ),
    (
        "unknown-service-field",
        "services.site.imagePullPolicy",
        "no key but",
    ),
    ("unknown-top-level-field", "volumes", "no key but"),
    (
        "port-zero",
        "services.site.expose[0].port",
        "from 1 to 65535",
    ),
    (
        "port-too-high",
        "services.site.expose[0].port",
        "from 1 to 65535",
    ),
    ("bad-proto", "services.site.expose[0].proto", "tcp or udp"),
    (
        "count-zero",
        "deployment.site.anywhere.count",
        "from 1 to 50",
    ),
    (
        "denom-ibc",
        "profiles.placement.anywhere.pricing.small.denom",
        "uact",
    ),
    (
        "negative-price",
        "profiles.placement.anywhere.pricing.small.amount",
        "price",
    ),
    (
        "no-pricing-for-profile",
        "profiles.placement.anywhere.pricing.small",
        "price for the profile",
    ),
    (
        "unknown-compute-profile",
        "deployment.site.anywhere.profile",
        "compute profile",
    ),
    (
        "unknown-placement",
        "deployment.site.elsewhere",
        "name of a placement",
    ),
    (
        "service-without-deployment",
        "deployment.extra",
        "entry for the service",
    ),
    (
        "cpu-zero",
        "profiles.compute.small.resources.cpu.units",
        "from 10 to 384000",
    ),
    (
        "cpu-negative",
        "profiles.compute.small.resources.cpu.units",
        "processor share",
    ),
    (
        "missing-memory",
        "profiles.compute.small.resources.memory",
        "`memory`",
    ),
    (
        "body-size-over-limit",
        "services.site.expose[0].http_options.max_body_size",
        "to 104857600",
    ),
    (
        "read-timeout-over-limit",
        "services.site.expose[0].http_options.read_timeout",
        "to 60000",
    ),
    (
        "next-cases-off-plus-other",
        "services.site.expose[0].http_options.next_cases",
        "`off` alone",
    ),
    (
        "next-cases-unquoted-number",
        "services.site.expose[0].http_options.next_cases[0]",
        "quotes",
    ),
    (
        "ip-without-global",
        "services.db.expose[0].to[0].ip",
        "global: true",
    ),
    (
        "ip-unknown-endpoint",
        "services.db.expose[0].to[0].ip",
        "under `endpoints`",
    ),
    (
        "endpoint-declared-not-used",
        "endpoints.spare",
        "uses this endpoint",
    ),
    ("endpoint-bad-name", "endpoints.Dbip", "endpoint name"),
    (
        "ip-port-collision",
        "services.db.expose[1].to[0].ip",
        "once",
    ),
    (
        "persistent-without-mount",
        "services.db.params.storage.data",
        "mount for the persistent",
    ),
    (
        "mount-not-absolute",
        "services.db.params.storage.data.mount",
        "absolute",
    ),
    (
        "duplicate-mount",
        "services.db.params.storage.shm.mount",
        "mount of its own",
    ),
    (
        "mount-of-unknown-volume",
        "services.db.params.storage.other",
        "volume of the profile",
    ),
    (
        "ram-persistent",
        "profiles.compute.db.resources.storage[0].attributes.persistent",
        "ram is not persistent",
    ),
    (
        "beta3-not-persistent",
        "profiles.compute.db.resources.storage[2].attributes.persistent",
        "but ram is persistent",
    ),
    (
        "gpu-units-without-attributes",
        "profiles.compute.gpu-node.resources.gpu.attributes",
        "`attributes`",
    ),
    (
        "gpu-attributes-with-zero-units",
        "profiles.compute.gpu-node.resources.gpu.units",
        "more than 0 units",
    ),
    (
        "gpu-vendor-amd",
        "profiles.compute.gpu-node.resources.gpu.attributes.vendor.amd",
        "no key but nvidia",
    ),
    (
        "gpu-bad-interface",
        "profiles.compute.gpu-node.resources.gpu.attributes.vendor.nvidia[0].interface",
        "pcie or sxm",
    ),
    (
        "credentials-no-host",
        "services.app.credentials.host",
        "`host`",
    ),
    (
        "credentials-short-password",
        "services.app.credentials.password",
        "at least 6",
    ),
    (
        "tee-unknown",
        "services.enclave.params.tee",
        "cpu or cpu-gpu",
    ),
    (
        "tee-cpu-gpu-without-gpu",
        "services.enclave.params.tee",
        "gpu units",
    ),
    (
        "reclamation-compound-window",
        "reclamation.min_window",
        "one of s, m, h",
    ),
    (
        "permissions-unknown-scope",
        "services.enclave.params.permissions.read[0]",
        "deployment or logs",
    ),
];

#[test]
fn should_refuse_what_the_reference_refuses() {
    let invalid: Value =
        serde_json::from_str(include_str!("../vectors/invalid.json")).expect("JSON");
    let cases = invalid["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), CASES.len());
    for case in cases {
        let id = case["id"].as_str().expect("an id");
        let row = CASES.iter().find(|(name, ..)| *name == id);
        let (_, path, words) = row.expect("a row for each case");
        refuse(id, case["sdl_yaml"].as_str().expect("a text"), path, words);
    }
}

#[test]
fn should_refuse_what_readers_take_differently() {
    let expose = "services.site.expose[0]";
    let compute = "profiles.compute.small.resources";
    for (desc, old, new, path, words) in [
        (
            "no `to`",
            "        to:\n          - global: true\n",
            "",
            "to",
            "`to`",
        ),
        (
            "empty `to`",
            "        to:\n          - global: true\n",
            "        to: []\n",
            "to",
            "at least one",
        ),
        (
            "null `to`",
            "        to:\n          - global: true\n",
            "        to:\n",
            "to",
            "a list",
        ),
        (
            "nobody",
            "          - global: true\n",
            "          - {}\n",
            "to[0]",
            "neither",
        ),
        ("nobody", "global: true", "global: no", "to[0]", "neither"),
        (
            "quoted truth",
            "global: true",
            "global: 'true'",
            "to[0].global",
            "true or false",
        ),
        (
            "empty `accept`",
            "        to:",
            "        accept: []\n        to:",
            "accept",
            "at least one",
        ),
        (
            "zero",
            "        to:",
            "        http_options: {next_tries: 0}\n        to:",
            "http_options.next_tries",
            "at least 1|from 1",
        ),
        (
            "buffer",
            "        to:",
            "        http_options: {proxy_buffer_size: 1}\n        to:",
            "http_options.proxy_buffer_size",
            "no key but",
        ),
        ("octal", "port: 8080", "port: 0777", "port", "which is 511"),
        (
            "exponent",
            "port: 8080",
            "port: 1e3",
            "port",
            "plain decimal",
        ),
        (
            "underscore",
            "port: 8080",
            "port: 1_000",
            "port",
            "which is 1000",
        ),
        (
            "hexadecimal",
            "port: 8080",
            "port: 0x50",
            "port",
            "which is 80",
        ),
        (
            "quoted",
            "port: 8080",
            "port: '8080'",
            "port",
            "without quotes",
        ),
        ("point", "port: 8080", "port: 80.0", "port", "plain decimal"),
    ] {
        let path = format!("{expose}.{path}");
        let words = words.split('|').next_back().expect("a word");
        refuse(desc, &with(WEB, old, new), &path, words);
    }
    for (desc, old, new, path, words) in [
        (
            "no suffix",
            "size: 256Mi",
            "size: 268435456",
            "memory.size",
            "quotes",
        ),
        (
            "no suffix, quoted",
            "size: 256Mi",
            "size: '268435456'",
            "memory.size",
            "such as 512Mi",
        ),
        (
            "case",
            "size: 256Mi",
            "size: 256mi",
            "memory.size",
            "such as 512Mi",
        ),
        (
            "part of a byte",
            "size: 256Mi",
            "size: 1024.0001Ki",
            "memory.size",
            "whole bytes",
        ),
        (
            "part of a milli",
            "units: 250m",
            "units: 1.0005",
            "cpu.units",
            "processor share",
        ),
        (
            "octal",
            "units: 250m",
            "units: 01",
            "cpu.units",
            "processor share",
        ),
        (
            "exponent",
            "units: 250m",
            "units: 1e0",
            "cpu.units",
            "processor share",
        ),
        (
            "attribute",
            "units: 250m",
            "units: 250m\n          attributes: {kind: x}",
            "cpu.attributes.kind",
            "no key but arch",
        ),
        (
            "memory attribute",
            "size: 256Mi",
            "size: 256Mi\n          attributes: {}",
            "memory.attributes",
            "no key but size",
        ),
        (
            "half the attributes",
            "size: 1Gi",
            "size: 1Gi\n          attributes: {class: beta2}",
            "storage.attributes.persistent",
            "`persistent`",
        ),
        (
            "class",
            "size: 1Gi",
            "size: 1Gi\n          attributes: {class: nvme, persistent: true}",
            "storage.attributes.class",
            "default or beta1",
        ),
        (
            "gpu ram",
            "        memory:",
            "        gpu: {units: 1, attributes: {vendor: {nvidia: [{model: a100, ram: 40GB}]}}}\n        memory:",
            "gpu.attributes.vendor.nvidia[0].ram",
            "80Gi",
        ),
        (
            "gpu nobody",
            "        memory:",
            "        gpu: {units: 1, attributes: {vendor: {nvidia: []}}}\n        memory:",
            "gpu.attributes.vendor.nvidia",
            "nothing for any model",
        ),
        (
            "gpu model",
            "        memory:",
            "        gpu: {units: 1, attributes: {vendor: {nvidia: [{ram: 80Gi}]}}}\n        memory:",
            "gpu.attributes.vendor.nvidia[0].model",
            "`model`",
        ),
        (
            "gpu model path",
            "        memory:",
            "        gpu: {units: 1, attributes: {vendor: {nvidia: [{model: a/b}]}}}\n        memory:",
            "gpu.attributes.vendor.nvidia[0].model",
            "letters",
        ),
        (
            "gpu twice",
            "        memory:",
            "        gpu: {units: 1, attributes: {vendor: {nvidia: [{model: t4}, {model: t4}]}}}\n        memory:",
            "gpu.attributes.vendor.nvidia[1]",
            "once",
        ),
        (
            "gpu fraction",
            "        memory:",
            "        gpu: {units: 0.5}\n        memory:",
            "gpu.units",
            "whole number",
        ),
        (
            "volumes",
            "          size: 1Gi",
            "          - {size: 1Gi}\n          - {size: 2Gi}",
            "storage[1].name",
            "once",
        ),
    ] {
        refuse(
            desc,
            &with(WEB, old, new),
            &format!("{compute}.{path}"),
            words,
        );
    }
}

#[test]
fn should_refuse_what_is_not_in_the_schema_or_breaks_a_rule() {
    let service = |line: &str| with(WEB, "    expose:", &format!("    {line}\n    expose:"));
    let placement = |line: &str| {
        with(
            WEB,
            "      pricing:",
            &format!("      {line}\n      pricing:"),
        )
    };
    let amount = |new: &str| with(WEB, "amount: 50", &format!("amount: {new}"));
    let price = "profiles.placement.anywhere.pricing.small";
    for (desc, text, path, words) in [
        (
            "a number for a text",
            service("args: [-1]"),
            "services.site.args[0]",
            "quotes",
        ),
        (
            "a truth value for a text",
            service("args: [true]"),
            "services.site.args[0]",
            "quotes",
        ),
        (
            "a date for a text",
            service("args: [2001-01-01]"),
            "services.site.args[0]",
            "the date",
        ),
        (
            "nothing for a text",
            service("args: [~]"),
            "services.site.args[0]",
            "got nothing",
        ),
        (
            "a map for a text",
            service("env: [{A: b}]"),
            "services.site.env[0]",
            "a map",
        ),
        (
            "a text for a list",
            service("command: sh"),
            "services.site.command",
            "a list",
        ),
        (
            "no name",
            service("env: [=x]"),
            "services.site.env[0]",
            "variable's name",
        ),
        (
            "a digit first",
            service("env: [1A=x]"),
            "services.site.env[0]",
            "variable's name",
        ),
        (
            "two points first",
            service("env: [..A=x]"),
            "services.site.env[0]",
            "variable's name",
        ),
        (
            "a space in it",
            service("env: ['A B=x']"),
            "services.site.env[0]",
            "variable's name",
        ),
        (
            "empty params",
            service("params: {}"),
            "services.site.params",
            "empty map",
        ),
        (
            "no mounts",
            service("params: {storage: {}}"),
            "services.site.params.storage",
            "at least one",
        ),
        (
            "no mount",
            service("params: {storage: {default: {readOnly: true}}}"),
            "services.site.params.storage.default.mount",
            "`mount`",
        ),
        (
            "no scopes",
            service("params: {permissions: {read: []}}"),
            "services.site.params.permissions.read",
            "at least one",
        ),
        (
            "object for tee",
            service("params: {tee: {type: cpu}}"),
            "services.site.params.tee",
            "a map",
        ),
        (
            "blank host",
            service("credentials: {host: ' ', username: u, password: secret}"),
            "services.site.credentials.host",
            "at least 1",
        ),
        (
            "short email",
            service("credentials: {host: h, username: u, password: secret, email: a@b}"),
            "services.site.credentials.email",
            "at least 5",
        ),
        (
            "image with a space",
            with(WEB, "static-site:1.4.2", "'a b'").replace("ghcr.io/example/'a b'", "'a b'"),
            "services.site.image",
            "ASCII",
        ),
        (
            "image of lookalikes",
            with(WEB, "static-site", "stаtic"),
            "services.site.image",
            "ASCII",
        ),
        (
            "half a digest",
            with(WEB, "static-site:1.4.2", "static-site@sha256:abc"),
            "services.site.image",
            "64 lower-case",
        ),
        (
            "service name",
            WEB.replace("  site:\n", "  Site:\n"),
            "services.Site",
            "service name",
        ),
        (
            "attribute key",
            placement("attributes: {a: b}"),
            "profiles.placement.anywhere.attributes.a",
            "2 to 128",
        ),
        (
            "attribute value",
            placement("attributes: {ab: 1.50}"),
            "profiles.placement.anywhere.attributes.ab",
            "quotes",
        ),
        (
            "attribute truth value",
            placement("attributes: {ab: True}"),
            "profiles.placement.anywhere.attributes.ab",
            "quotes",
        ),
        (
            "attribute nothing",
            placement("attributes: {ab: }"),
            "profiles.placement.anywhere.attributes.ab",
            "got nothing",
        ),
        (
            "empty auditor",
            placement("signedBy: {allOf: ['']}"),
            "profiles.placement.anywhere.signedBy.allOf",
            "an empty one",
        ),
        (
            "signedBy",
            placement("signedBy: {anyof: []}"),
            "profiles.placement.anywhere.signedBy.anyof",
            "no key but",
        ),
        (
            "uakt",
            with(WEB, "denom: uact", "denom: uakt"),
            &format!("{price}.denom"),
            "uact",
        ),
        (
            "free",
            amount("0"),
            &format!("{price}.amount"),
            "more than 0",
        ),
        (
            "exponent",
            amount("1e3"),
            &format!("{price}.amount"),
            "plain decimal",
        ),
        (
            "underscore",
            amount("1_000"),
            &format!("{price}.amount"),
            "plain decimal",
        ),
        (
            "octal",
            amount("0777"),
            &format!("{price}.amount"),
            "plain decimal",
        ),
        (
            "too fine",
            amount("0.0000000000000000001"),
            &format!("{price}.amount"),
            "plain decimal",
        ),
        (
            "who",
            with(WEB, "global: true", "service: db"),
            "services.site.expose[0].to[0].service",
            "name of a service",
        ),
        (
            "deployment of nothing",
            with(
                WEB,
                "deployment:\n",
                "deployment:\n  db: {anywhere: {profile: small, count: 1}}\n",
            ),
            "deployment.db",
            "name of a service",
        ),
        (
            "no placement",
            with(
                WEB,
                "  site:\n    anywhere:\n      profile: small\n      count: 1\n",
                "  site: {}\n",
            ),
            "deployment.site",
            "at least one placement",
        ),
        (
            "no deployment",
            with(
                WEB,
                "  site:\n    anywhere:\n      profile: small\n      count: 1\n",
                "  {}\n",
            ),
            "deployment",
            "at least one service",
        ),
        (
            "nothing reachable",
            with(WEB, "global: true", "service: site"),
            "services",
            "global: true",
        ),
        (
            "kind",
            format!("{WEB}endpoints: {{ab: {{kind: port}}}}\n"),
            "endpoints.ab.kind",
            "ip",
        ),
        (
            "include",
            format!("{WEB}include: yes\n"),
            "include",
            "a list",
        ),
        (
            "reclamation",
            format!("{WEB}reclamation: {{}}\n"),
            "reclamation.min_window",
            "`min_window`",
        ),
    ] {
        refuse(desc, &text, path, words);
    }
}

#[test]
fn should_hold_services_to_one_another() {
    let two = with(
        &with(
            WEB,
            "profiles:\n",
            "  other:\n    image: b\n    params: {tee: cpu}\nprofiles:\n",
        ),
        "deployment:\n",
        "deployment:\n  other: {anywhere: {profile: small, count: 1}}\n",
    );
    good(&two);
    let asked = "      attributes: {tee/type: cpu-gpu}\n      pricing:";
    refuse(
        "the placement says otherwise",
        &with(&two, "      pricing:", asked),
        "services.other.params.tee",
        "one kind",
    );
    let host = "        accept: [a.example]\n        to:";
    let hosted = with(WEB, "        to:", host);
    good(&hosted);
    let again = "          - global: true\n          - service: site\n";
    refuse(
        "a host for two targets",
        &with(&hosted, "          - global: true\n", again),
        "services.site.expose[0].accept",
        "once in the manifest",
    );
    let twice = with(&hosted, "a.example]", "a.example, a.example]");
    refuse(
        "a host twice",
        &twice,
        "services.site.expose[0].accept",
        "once in the manifest",
    );
    let upper = with(&hosted, "a.example", "A.example");
    refuse(
        "upper case",
        &upper,
        "services.site.expose[0].accept[0]",
        "lower-case",
    );
}

#[test]
fn should_tell_all_problems_in_the_order_of_the_text() {
    let text = WEB
        .replace("port: 8080", "port: 0")
        .replace("count: 1", "count: 0")
        .replace("units: 250m", "units: 1m")
        .replace("image:", "imag:");
    let errors = bad(&text);
    let places: Vec<_> = errors
        .iter()
        .map(|e| (e.line, e.column, e.path.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (4, 5, "services.site.imag"),
            (4, 5, "services.site.image"),
            (6, 15, "services.site.expose[0].port"),
            (15, 18, "profiles.compute.small.resources.cpu.units"),
            (30, 14, "deployment.site.anywhere.count"),
        ]
    );
    assert_eq!(
        errors[2].to_string(),
        "line 6, column 15: services.site.expose[0].port: \
         expected a whole number from 1 to 65535, got the number 0"
    );
}

#[test]
fn should_not_tell_more_problems_than_its_limit() {
    let unknown = |n: usize| -> String { (0..n).map(|i| format!("x{i}: 1\n")).collect() };
    let errors = bad(&format!("{WEB}{}", unknown(MAX_PROBLEMS)));
    assert_eq!(errors.len(), MAX_PROBLEMS);
    let errors = bad(&format!("{WEB}{}", unknown(MAX_PROBLEMS + 1)));
    assert_eq!(errors.len(), MAX_PROBLEMS + 1);
    assert!(errors[MAX_PROBLEMS].problem.contains("more problems"));
}

#[test]
fn should_not_quote_a_password() {
    let line = "    credentials: {host: h, username: u, password: 12345}\n    expose:";
    let errors = parse(&with(WEB, "    expose:", line)).expect_err("too short");
    assert!(!errors.to_string().contains("12345"), "{errors}");
}
