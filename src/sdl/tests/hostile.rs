//! Texts that are written to hurt, and the YAML that honest authors write.

use super::{WEB, bad, good, refuse, with};
use std::time::{Duration, Instant};

/// Far more than any text may take, far less than a bomb would.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn should_refuse_bombs_at_once() {
    let mut laughs = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (name, before) in "bcdefghi".chars().zip("abcdefgh".chars()) {
        laughs += &format!(
            "{name}: &{name} [{}]\n",
            vec![format!("*{before}"); 9].join(",")
        );
    }
    let merges = "a: &a {b: c}\nd: {<<: [*a, *a, *a], <<: *a}\n".to_string();
    let keys: String = (0..4_000).map(|i| format!("k{i}: 1\n")).collect();
    for (desc, text, words) in [
        ("billion laughs", laughs, "nodes"),
        ("brackets", "[".repeat(65_536), "levels"),
        ("5,000 brackets", "[".repeat(5_000), "levels"),
        ("braces", "{a: ".repeat(16_000), "levels"),
        ("dashes", "- ".repeat(32_000), "levels"),
        ("question marks", "? ".repeat(32_000), ""),
        (
            "nested maps",
            (0..300).map(|i| format!("{}a:\n", " ".repeat(i))).collect(),
            "levels",
        ),
        ("NUL", "version: \"2.0\"\0".to_string(), ""),
        (
            "NUL in a text",
            "version: \"2.0\\0\"".to_string(),
            "control",
        ),
        ("bell in a text", "version: \"\\a\"".to_string(), "control"),
        ("merge twice", merges, "each key once"),
        ("unknown keys", keys, "no key but"),
        ("itself", "a: &a [*a]".to_string(), "inside itself"),
        ("nobody", "a: *b".to_string(), "not YAML"),
        ("alias as key", "&a a: b\n*a : c".to_string(), "key"),
        ("list as key", "[a]: b".to_string(), "list or map"),
        ("tag", "version: !!str 2.0".to_string(), "no YAML tags"),
        (
            "custom tag",
            "version: !x '2.0'".to_string(),
            "no YAML tags",
        ),
        (
            "binary",
            "version: !!binary aGk=".to_string(),
            "no YAML tags",
        ),
        (
            "directive",
            "%YAML 1.2\n---\nversion: '2.0'".to_string(),
            "not YAML",
        ),
        ("two documents", format!("{WEB}---\n{WEB}"), "one document"),
        ("nothing", String::new(), "empty document"),
        ("only a comment", "# hello\n".to_string(), "empty document"),
        ("a text", "hello".to_string(), "a map"),
        ("a list", "- a".to_string(), "a map"),
        ("tab", "a:\n\tb: c".to_string(), ""),
        ("unclosed", "a: 'b".to_string(), "not YAML"),
        ("number as key", format!("{WEB}80: x\n"), "text as key"),
        ("nothing as key", format!("{WEB}~: x\n"), "text as key"),
        ("empty key", format!("{WEB}'': x\n"), "expected a key"),
        ("merge of a text", format!("{WEB}<<: x\n"), "under `<<`"),
        ("line separator", format!("{WEB}# \u{2028}\n"), "U+2028"),
        ("long key", format!("{}: x", "k".repeat(5_000)), ""),
        ("long flow text", format!("{{{}", "k ".repeat(32_000)), ""),
        ("comments", "#\n".repeat(32_000), "empty document"),
        ("colons", ":".repeat(65_000), ""),
        (
            "anchors",
            (0..9_000).map(|i| format!("&a{i} ")).collect(),
            "",
        ),
        ("quotes", "'".repeat(65_001), ""),
        ("pipes", "|\n".repeat(30_000), ""),
    ] {
        let start = Instant::now();
        let errors = bad(&text);
        assert!(start.elapsed() < PATIENCE, "{desc}");
        assert!(
            errors.iter().any(|e| e.problem.contains(words)),
            "{desc}: expected {words:?}, got {errors:?}"
        );
    }
}

#[test]
fn should_refuse_a_duplicate_key_where_it_stands() {
    let text = with(WEB, "    image:", "    image: a\n    image:");
    refuse(
        "duplicate",
        &text,
        "services.site",
        "each key once, got \"image\"",
    );
    let text = with(WEB, "    image:", "    image: a\n    'image':");
    let errors = bad(&text);
    assert_eq!(
        (errors[0].line, errors[0].column),
        (5, 5),
        "quoted is the same"
    );
}

#[test]
fn should_read_what_honest_authors_write() {
    let expected = good(WEB).manifest;
    let anchored = with(WEB, "amount: 50", "amount: &price 50")
        .replace("      size: 256Mi", "      size: &size 256Mi")
        .replace("count: 1", "count: 1 # one is enough");
    let flow = serde_json::json!({
        "version": "2.1",
        "services": {"site": {
            "image": "ghcr.io/example/static-site:1.4.2",
            "expose": [{"port": 8080, "as": 80, "to": [{"global": true}]}],
        }},
        "profiles": {
            "compute": {"small": {"resources": {
                "cpu": {"units": "0.25"}, "memory": {"size": "256Mi"}, "storage": [{"size": "1Gi"}],
            }}},
            "placement": {"anywhere": {"pricing": {"small": {"denom": "uact", "amount": "50"}}}},
        },
        "deployment": {"site": {"anywhere": {"profile": "small", "count": 1}}},
    });
    let merged = with(
        WEB,
        "    expose:\n      - port: 8080\n        as: 80\n        to:\n          - global: true\n",
        "    expose:\n      - <<: {as: 80, port: 1, to: [{global: true}]}\n        port: 8080\n",
    );
    let aliased = with(
        WEB,
        "          - global: true\n",
        "          - global: &yes true\n",
    )
    .replace("    image: ", "    image: &image ");
    for (desc, text) in [
        ("a document start", format!("---\n{WEB}")),
        ("a document end", format!("{WEB}...\n")),
        ("carriage returns", WEB.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{WEB}")),
        ("anchors and comments", anchored),
        ("JSON", flow.to_string()),
        ("a merge", merged),
        ("unused anchors", aliased),
        (
            "truth of YAML 1.1",
            with(WEB, "global: true", "global: yes"),
        ),
        ("an ignored include", format!("{WEB}include: [a.yaml]\n")),
        (
            "ignored dependencies",
            with(
                WEB,
                "    expose:",
                "    dependencies: [{service: db}]\n    expose:",
            ),
        ),
        (
            "nothing for optional lists",
            with(
                WEB,
                "    expose:",
                "    env:\n    args: ~\n    command: null\n    expose:",
            ),
        ),
        (
            "upper-case protocol",
            with(WEB, "        to:", "        proto: TCP\n        to:"),
        ),
        (
            "default options",
            with(
                WEB,
                "        to:",
                "        http_options: {next_timeout: 0}\n        to:",
            ),
        ),
        (
            "unused profiles",
            with(
                WEB,
                "  compute:\n",
                "  compute:\n    big: {resources: {cpu: {units: 4}, memory: {size: 1Gi}, storage: {size: 1Gi}}}\n",
            ),
        ),
        (
            "unused placements",
            with(
                WEB,
                "  placement:\n",
                "  placement:\n    mars: {pricing: {}}\n",
            ),
        ),
    ] {
        assert_eq!(good(&text).manifest, expected, "{desc}");
    }
}

#[test]
fn should_let_services_share_by_alias() {
    let text = with(WEB, "  site:\n    image:", "  site: &site\n    image:");
    let text = with(
        &text,
        "profiles:\n",
        "  twin:\n    <<: *site\n    expose:\nprofiles:\n",
    );
    let text = with(
        &text,
        "deployment:\n  site:\n",
        "deployment:\n  twin: &where\n",
    );
    let sdl = good(&format!("{text}  site: *where\n"));
    assert_eq!(sdl.groups[0].units[0].count, 2);
    assert_eq!(sdl.images[0].reference, sdl.images[1].reference);
    assert!(
        sdl.services[1].ports.is_empty(),
        "what stands in the map wins over the merge"
    );
}
