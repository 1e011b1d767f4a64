//! From an order to a plan, and every reason why not.

use super::super::limits::{
    MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES, MAX_DEPOSIT_UACT, MAX_DSEQ, MAX_NAME_CHARS,
    MAX_POLICY_ITEMS, MAX_TERM_S, MIN_BLOCK_TIME_S, MIN_DEPOSIT_UACT, MIN_TERM_S,
};
use super::super::{Order, plan};
use super::sweep::{SDL, order};
use crate::akash::address;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::Uact;
use crate::sdl::Attribute;

const A: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
const P: &str = "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls";

fn attribute(key: &str, value: &str) -> Attribute {
    Attribute {
        key: key.into(),
        value: value.into(),
    }
}

fn addresses(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| address::encode(&[u8::try_from(n).expect("few"); 20]))
        .collect()
}

fn attributes(count: usize) -> Vec<Attribute> {
    (0..count)
        .map(|n| attribute(&format!("key-{n}"), "x"))
        .collect()
}

#[test]
fn should_accept_up_to_each_edge_and_refuse_past_it() {
    type Change = fn(&mut Order);
    let rows: Vec<(&str, Change, Option<&str>)> = vec![
        ("as it is", |_| {}, None),
        ("no name", |o| o.name.clear(), Some("name")),
        (
            "longest name",
            |o| o.name = "ä".repeat(MAX_NAME_CHARS),
            None,
        ),
        (
            "longer name",
            |o| o.name = "ä".repeat(MAX_NAME_CHARS + 1),
            Some("name"),
        ),
        (
            "a line break in the name",
            |o| o.name = "a\nb".into(),
            Some("name"),
        ),
        ("shortest term", |o| o.term_s = MIN_TERM_S, None),
        (
            "shorter term",
            |o| o.term_s = MIN_TERM_S - 1,
            Some("term_s"),
        ),
        ("longest term", |o| o.term_s = MAX_TERM_S, None),
        ("longer term", |o| o.term_s = MAX_TERM_S + 1, Some("term_s")),
        ("no dseq", |o| o.dseq = 0, Some("dseq")),
        ("highest dseq", |o| o.dseq = MAX_DSEQ - 1, None),
        ("higher dseq", |o| o.dseq = MAX_DSEQ, Some("dseq")),
        (
            "no price",
            |o| o.policy.max_uact_per_block = 0,
            Some("max_uact_per_block"),
        ),
        (
            "most attributes",
            |o| o.policy.required_attributes = attributes(MAX_POLICY_ITEMS),
            None,
        ),
        (
            "more attributes",
            |o| o.policy.required_attributes = attributes(MAX_POLICY_ITEMS + 1),
            Some("required_attributes"),
        ),
        (
            "an attribute twice",
            |o| o.policy.required_attributes = vec![attribute("host", "x"); 2],
            Some("twice"),
        ),
        (
            "longest value",
            |o| {
                o.policy.required_attributes =
                    vec![attribute("host", &"x".repeat(MAX_ATTRIBUTE_VALUE_BYTES))];
            },
            None,
        ),
        (
            "longer value",
            |o| {
                o.policy.required_attributes = vec![attribute(
                    "host",
                    &"x".repeat(MAX_ATTRIBUTE_VALUE_BYTES + 1),
                )];
            },
            Some("value"),
        ),
        (
            "no value",
            |o| o.policy.required_attributes = vec![attribute("host", "")],
            Some("value"),
        ),
        ("an auditor", |o| o.policy.audited_by = vec![A.into()], None),
        (
            "not an auditor",
            |o| o.policy.audited_by = vec!["akash1nobody".into()],
            Some("audited_by"),
        ),
        (
            "an auditor twice",
            |o| o.policy.audited_by = vec![A.into(), A.into()],
            Some("twice"),
        ),
        (
            "most providers",
            |o| o.policy.allowed_providers = addresses(MAX_POLICY_ITEMS),
            None,
        ),
        (
            "more providers",
            |o| o.policy.allowed_providers = addresses(MAX_POLICY_ITEMS + 1),
            Some("allowed_providers"),
        ),
        (
            "not a provider",
            |o| o.policy.denied_providers = vec!["x".into()],
            Some("denied_providers"),
        ),
        (
            "allowed and denied",
            |o| {
                o.policy.allowed_providers = vec![P.into()];
                o.policy.denied_providers = vec![P.into()];
            },
            Some("both allowed and denied"),
        ),
        ("no SDL", |o| o.sdl.clear(), Some("sdl")),
        (
            "a tag",
            |o| o.sdl = o.sdl.replace(DIGEST, ":1.27"),
            Some("expected a digest"),
        ),
        (
            "a tag, allowed",
            |o| {
                o.sdl = o.sdl.replace(DIGEST, ":1.27");
                o.allow_tags = true;
            },
            None,
        ),
    ];
    for (desc, change, problem) in rows {
        let mut order = order();
        change(&mut order);
        match (plan(&order), problem) {
            (Ok(_), None) => {}
            (Err(problems), Some(expected)) => {
                assert_eq!(problems.len(), 1, "{desc}: {problems:?}");
                assert!(problems[0].contains(expected), "{desc}: {problems:?}");
            }
            (got, expected) => panic!("{desc}: expected {expected:?}, got {got:?}"),
        }
    }
}

const DIGEST: &str = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn should_tell_all_problems_at_once() {
    let mut order = order();
    order.name.clear();
    order.term_s = 0;
    order.policy.audited_by = vec!["x".into()];
    order.sdl = "services: {}".into();
    let problems = plan(&order).expect_err("four problems");
    for part in ["name", "term_s", "audited_by", "sdl"] {
        assert!(
            problems.iter().any(|p| p.contains(part)),
            "{part}: {problems:?}"
        );
    }
}

#[test]
fn should_read_attribute_keys_as_the_chain_does() {
    let longest = "k".repeat(MAX_ATTRIBUTE_KEY_BYTES);
    let rows = [
        ("ab", true),
        ("a/", true),
        ("a", false),
        ("1a", false),
        ("a*", false),
        ("ab*", true),
        ("a*b", false),
        ("capabilities/gpu/vendor/nvidia/model/a100", true),
        ("a b", false),
        ("aä", false),
        (longest.as_str(), true),
    ];
    for (key, good) in rows {
        let mut order = order();
        order.policy.required_attributes = vec![attribute(key, "x")];
        assert_eq!(plan(&order).is_ok(), good, "{key:?}");
    }
    for end in ["kk", "-", "*"] {
        let mut order = order();
        let key = format!("{}{end}", &longest[1..]);
        order.policy.required_attributes = vec![attribute(&key, "x")];
        let good = end == "*";
        assert_eq!(plan(&order).is_ok(), good, "{} bytes, {end:?}", key.len());
    }
}

#[test]
fn should_have_the_chain_enforce_the_policy() {
    let mut order = order();
    order.policy.required_attributes = vec![attribute("tier", "x"), attribute("host", "akash")];
    order.policy.audited_by = vec![A.into()];
    let with_own = SDL.replace(
        "    one:\n      pricing:",
        "    one:\n      attributes:\n        host: akash\n      pricing:",
    );
    assert_ne!(with_own, SDL);
    for sdl in [SDL, &with_own] {
        order.sdl = sdl.into();
        let group = plan(&order).expect("a good order").groups.remove(0);
        assert_eq!(
            group.requirements.attributes,
            [attribute("host", "akash"), attribute("tier", "x")]
        );
        assert_eq!(group.requirements.signed_by.all_of, [A]);
    }
    order.policy.required_attributes = vec![attribute("host", "other")];
    let problems = plan(&order).expect_err("the SDL asks for another host");
    assert!(problems[0].contains("host"), "{problems:?}");
}

#[test]
fn should_keep_the_manifest_apart_from_the_policy() {
    let mut order = order();
    let before = plan(&order).expect("a good order").manifest;
    order.policy.audited_by = vec![A.into()];
    assert_eq!(plan(&order).expect("a good order").manifest, before);
}

#[test]
fn should_deposit_the_whole_term_at_the_highest_price() {
    // 1000 uact per block by the SDL.
    let rows = [
        ("the SDL's price is lower", 5_000, 3_600, 1_000, 720_000),
        ("the policy's price is lower", 999, 3_600, 999, 719_280),
        ("a begun block is paid", 1_000, 3_601, 1_000, 721_000),
        ("at least what the chain takes", 1, 60, 1, MIN_DEPOSIT_UACT),
    ];
    assert_eq!(MIN_BLOCK_TIME_S, 5);
    for (desc, policy, term_s, price, deposit) in rows {
        let mut order = order();
        order.policy.max_uact_per_block = policy;
        order.term_s = term_s;
        let plan = plan(&order).expect("a good order");
        assert_eq!(plan.max_price, Decimal::from_whole(price), "{desc}");
        assert_eq!(plan.deposit, Uact(deposit), "{desc}");
        assert_eq!(plan.group_max, [Decimal::from_whole(1_000)], "{desc}");
    }
    // The dearest SDL there is, for the longest term, is far below the chain's bound.
    assert!(u128::from(MAX_DEPOSIT_UACT) > 10_000_000 * 50 * u128::from(MAX_TERM_S));
}
