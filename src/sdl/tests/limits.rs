//! Each limit at its edge: the last that is accepted, the first that is not.

use super::{WEB, good, refuse, with};
use crate::sdl::limits::*;
use crate::sdl::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_KEY_BYTES, MAX_NODES, MAX_SDL_BYTES};

struct Edge<'a> {
    desc: &'a str,
    old: &'a str,
    fits: &'a [&'a str],
    exceeds: &'a [&'a str],
    path: &'a str,
}

#[test]
fn should_hold_each_quantity_to_its_limits() {
    let resources = "profiles.compute.small.resources";
    let gpu = |n: u64| {
        let vendor = if n == 0 {
            ""
        } else {
            ", attributes: {vendor: {nvidia: }}"
        };
        format!("        gpu: {{units: {n}{vendor}}}\n        memory:")
    };
    let volumes = |n: usize| {
        let list: Vec<_> = (0..n)
            .map(|i| format!("{{name: v{i}, size: 1Gi}}"))
            .collect();
        format!("        storage: [{}]\n", list.join(", "))
    };
    let http = |line: String| format!("        http_options: {{{line}}}\n        to:");
    for edge in [
        Edge {
            desc: "cpu",
            old: "units: 250m",
            fits: &[
                &format!("units: {MIN_CPU_MILLI}m"),
                &format!("units: {MAX_CPU_MILLI}m"),
                "units: 384",
            ],
            exceeds: &[
                "units: 9m",
                "units: 0.009",
                "units: 384001m",
                "units: 384.001",
            ],
            path: &format!("{resources}.cpu.units"),
        },
        Edge {
            desc: "memory",
            old: "size: 256Mi",
            fits: &["size: 1Mi", "size: 2Ti", "size: 1024Ki"],
            exceeds: &["size: 1023Ki", "size: 2049Gi", "size: 2147483649Ki"],
            path: &format!("{resources}.memory.size"),
        },
        Edge {
            desc: "volume",
            old: "size: 1Gi",
            fits: &["size: 5Mi", "size: 32Ti"],
            exceeds: &["size: 5119Ki", "size: 34359738369Ki"],
            path: &format!("{resources}.storage.size"),
        },
        Edge {
            desc: "gpu",
            old: "        memory:",
            fits: &[&gpu(0), &gpu(1), &gpu(MAX_GPU_UNITS)],
            exceeds: &[&gpu(MAX_GPU_UNITS + 1)],
            path: &format!("{resources}.gpu.units"),
        },
        Edge {
            desc: "volumes",
            old: "        storage:\n          size: 1Gi\n",
            fits: &[&volumes(1), &volumes(MAX_VOLUMES)],
            exceeds: &[&volumes(0), &volumes(MAX_VOLUMES + 1)],
            path: &format!("{resources}.storage"),
        },
        Edge {
            desc: "price",
            old: "amount: 50",
            fits: &[
                "amount: 0.000000000000000001",
                &format!("amount: {MAX_PRICE}"),
            ],
            exceeds: &["amount: 0", "amount: 10000000.000000000000000001"],
            path: "profiles.placement.anywhere.pricing.small.amount",
        },
        Edge {
            desc: "count",
            old: "count: 1",
            fits: &["count: 1", &format!("count: {MAX_COUNT}")],
            exceeds: &["count: 0", &format!("count: {}", MAX_COUNT + 1)],
            path: "deployment.site.anywhere.count",
        },
        Edge {
            desc: "port",
            old: "port: 8080",
            fits: &["port: 1", "port: 65535"],
            exceeds: &["port: 0", "port: 65536"],
            path: "services.site.expose[0].port",
        },
        Edge {
            desc: "external port",
            old: "as: 80",
            fits: &["as: 1", "as: 65535"],
            exceeds: &["as: 0", "as: 65536"],
            path: "services.site.expose[0].as",
        },
        Edge {
            desc: "body size",
            old: "        to:",
            fits: &[
                &http("max_body_size: 1".into()),
                &http(format!("max_body_size: {MAX_BODY_BYTES}")),
            ],
            exceeds: &[
                &http("max_body_size: 0".into()),
                &http(format!("max_body_size: {}", MAX_BODY_BYTES + 1)),
            ],
            path: "services.site.expose[0].http_options.max_body_size",
        },
        Edge {
            desc: "timeout",
            old: "        to:",
            fits: &[&http(format!("send_timeout: {MAX_HTTP_TIMEOUT_MS}"))],
            exceeds: &[
                &http("send_timeout: 0".into()),
                &http(format!("send_timeout: {}", MAX_HTTP_TIMEOUT_MS + 1)),
            ],
            path: "services.site.expose[0].http_options.send_timeout",
        },
    ] {
        for fits in edge.fits {
            good(&with(WEB, edge.old, fits));
        }
        for exceeds in edge.exceeds {
            refuse(
                edge.desc,
                &with(WEB, edge.old, exceeds),
                edge.path,
                "expected",
            );
        }
    }
}

#[test]
fn should_hold_names_to_their_lengths() {
    let name = |n: usize| WEB.replace("site:\n", &format!("{}:\n", "a".repeat(n)));
    good(&name(MAX_SERVICE_NAME_BYTES));
    let path = format!("services.{}", "a".repeat(MAX_SERVICE_NAME_BYTES + 1));
    refuse(
        "service",
        &name(MAX_SERVICE_NAME_BYTES + 1),
        &path,
        "at most 63",
    );

    let host = |n: usize| {
        let line = format!("        accept: [{}]\n        to:", "a".repeat(n));
        with(WEB, "        to:", &line)
    };
    good(&host(MAX_HOST_BYTES));
    let path = "services.site.expose[0].accept[0]";
    refuse("host", &host(MAX_HOST_BYTES + 1), path, "host name");

    let login = |password: &str, email: &str| {
        let line = format!(
            "    credentials: {{host: h, username: u, password: {password}, email: {email}}}\n    expose:"
        );
        with(WEB, "    expose:", &line)
    };
    good(&login("secret", "a@b.c"));
    refuse(
        "password",
        &login("secre", "a@b.c"),
        "services.site.credentials.password",
        "at least 6",
    );
    refuse(
        "email",
        &login("secret", "a@bc"),
        "services.site.credentials.email",
        "at least 5",
    );

    let window = |text: &str| format!("{WEB}reclamation: {{min_window: {text}}}\n");
    let path = "reclamation.min_window";
    assert_eq!(
        good(&window("3600s")).reclamation_min_window_s,
        Some(MIN_RECLAMATION_S)
    );
    assert_eq!(
        good(&window("720h")).reclamation_min_window_s,
        Some(MAX_RECLAMATION_S)
    );
    refuse("window", &window("3599s"), path, "from 3600");
    refuse("window", &window("2592001s"), path, "to 2592000");

    let key = |n: usize| {
        let line = format!("      attributes: {{{}: x}}\n      pricing:", "a".repeat(n));
        with(WEB, "      pricing:", &line)
    };
    good(&key(2));
    good(&key(MAX_KEY_BYTES));
    let path = "profiles.placement.anywhere.attributes";
    refuse("key", &key(MAX_KEY_BYTES + 1), path, "at most 128");
}

/// `n` services, each with its own profile, placement by placement.
fn many(services: usize, profiles: usize, placements: usize, count: usize) -> String {
    let mut text = String::from("version: '2.1'\nservices:\n");
    for i in 0..services {
        let expose = if i == 0 {
            ", expose: [{port: 80, to: [{global: true}]}]"
        } else {
            ""
        };
        text += &format!("  s{i}: {{image: a{expose}}}\n");
    }
    text += "profiles:\n  compute:\n";
    for i in 0..profiles {
        text += &format!(
            "    c{i}: {{resources: {{cpu: {{units: 1}}, memory: {{size: 1Gi}}, \
             storage: {{size: 1Gi}}}}}}\n"
        );
    }
    text += "  placement:\n";
    for i in 0..placements {
        text += &format!("    p{i}: {{pricing: {{");
        for j in 0..profiles {
            text += &format!("c{j}: {{denom: uact, amount: 1}}, ");
        }
        text += "}}\n";
    }
    text += "deployment:\n";
    for i in 0..services {
        text += &format!("  s{i}: {{");
        for j in 0..placements {
            text += &format!("p{j}: {{profile: c{}, count: {count}}}, ", i % profiles);
        }
        text += "}\n";
    }
    text
}

#[test]
fn should_hold_groups_and_units_to_their_numbers() {
    assert_eq!(good(&many(1, 1, MAX_GROUPS, 1)).groups.len(), MAX_GROUPS);
    refuse(
        "groups",
        &many(1, 1, MAX_GROUPS + 1, 1),
        "deployment",
        "at most 20 placements",
    );
    assert_eq!(
        good(&many(MAX_UNITS, MAX_UNITS, 1, 1)).groups[0]
            .units
            .len(),
        MAX_UNITS
    );
    let path = "profiles.placement.p0";
    refuse(
        "units",
        &many(MAX_UNITS + 1, MAX_UNITS + 1, 1, 1),
        path,
        "at most 20 compute",
    );
    // Services that share a profile share a unit, whose replicas add up.
    assert_eq!(good(&many(2, 1, 1, 25)).groups[0].units[0].count, MAX_COUNT);
    refuse("replicas", &many(3, 1, 1, 17), path, "at most 50 replicas");
}

#[test]
fn should_hold_groups_to_their_sums() {
    let path = "profiles.placement.p0";
    for (desc, old, fits, exceeds, services, count, words) in [
        // 1 x 50 x 384000 is the limit to the milli; a second unit exceeds it.
        (
            "cpu",
            "units: 1",
            "units: 384",
            "units: 384",
            (1, 2),
            50,
            "19200000 thousandths",
        ),
        (
            "gpu",
            "cpu:",
            "gpu: {units: 24, attributes: {vendor: {nvidia: }}}, cpu:",
            "gpu: {units: 24, attributes: {vendor: {nvidia: }}}, cpu:",
            (1, 2),
            50,
            "1200 graphics",
        ),
        (
            "memory",
            "memory: {size: 1Gi}",
            "memory: {size: 2Ti}",
            "memory: {size: 2Ti}",
            (1, 2),
            50,
            "109951162777600 bytes of memory",
        ),
        (
            "storage",
            "storage: {size: 1Gi}",
            "storage: {size: 32Ti}",
            "storage: {size: 32Ti}",
            (1, 2),
            50,
            "bytes of storage",
        ),
    ] {
        good(&many(services.0, services.0, 1, count).replace(old, fits));
        refuse(
            desc,
            &many(services.1, services.1, 1, count).replace(old, exceeds),
            path,
            words,
        );
    }
}

#[test]
fn should_hold_targets_and_manifest_to_their_sizes() {
    let targets = |n: usize| {
        let list = "          - global: true\n".repeat(n);
        with(WEB, "          - global: true\n", &list)
    };
    good(&targets(MAX_TARGETS));
    refuse(
        "targets",
        &targets(MAX_TARGETS + 1),
        "services",
        "at most 200",
    );

    // The same text in 20 placements.
    let big = |bytes: usize| {
        let image = format!("image: a, args: ['{}']", "x".repeat(bytes));
        many(1, 1, MAX_GROUPS, 1).replace("image: a", &image)
    };
    let room = (MAX_MANIFEST_BYTES - good(&big(0)).manifest.json.len()) / MAX_GROUPS;
    assert!(good(&big(room)).manifest.json.len() <= MAX_MANIFEST_BYTES);
    refuse("manifest", &big(room + 1), "", "at most 262144 bytes");
}

#[test]
fn should_hold_the_text_to_its_size() {
    let padded = |bytes: usize| format!("{WEB}#{}", "x".repeat(bytes - WEB.len() - 1));
    good(&padded(MAX_SDL_BYTES));
    refuse(
        "bytes",
        &padded(MAX_SDL_BYTES + 1),
        "",
        "at most 65536 bytes, got 65537",
    );
}

#[test]
fn should_hold_the_tree_to_its_budgets() {
    // `include` is ignored by Akash's readers and bounded like everything else.
    let include = |list: String| format!("{WEB}include: [{list}]\n");
    let counts: Vec<usize> = (1..MAX_NODES).collect();
    let used = counts.partition_point(|n| fits(&include("a,".repeat(*n))));
    assert!(
        used > 9_900 && used < MAX_NODES,
        "{used} beside the SDL itself"
    );
    refuse(
        "nodes",
        &include("a,".repeat(used + 1)),
        &format!("include[{used}]"),
        "at most 10000 nodes",
    );

    let text = "x".repeat(60_000);
    let alias = |n: usize| include(format!("&a '{text}', {}", "*a,".repeat(n)));
    good(&alias(MAX_EXPANDED_BYTES / 60_000 - 1));
    refuse(
        "bytes",
        &alias(MAX_EXPANDED_BYTES / 60_000),
        "include[4]",
        "at most 262144 bytes",
    );

    let nested = |n: usize| include(format!("{}{}", "[".repeat(n), "]".repeat(n)));
    // The document and `include` are two levels themselves.
    let errors = super::bad(&nested(MAX_DEPTH - 2));
    assert!(!errors[0].problem.contains("levels"), "{errors:?}");
    let errors = super::bad(&nested(MAX_DEPTH - 1));
    assert!(
        errors[0].problem.contains("at most 32 levels"),
        "{errors:?}"
    );
}

fn fits(text: &str) -> bool {
    crate::sdl::parse(text).is_ok()
}
