use super::*;
use candid::Decode;

const MOMENT: Moment = Moment {
    now_s: 1_800_000_000,
    fresh_nonce: 77,
};

const DAY_S: u64 = 24 * 60 * 60;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates")
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect(name)
}

#[test]
fn should_build_the_deploy_template() {
    let built = build_file(&folder().join("deploy.yaml"), MOMENT).expect("our own template");
    assert_eq!((built.function_id, built.nonce), (functions::DEPLOY, 77));
    let order = Decode!(&built.payload, DeployOrder).expect("our own bytes");
    let sdl = built.sdl.expect("a deploy order has one");
    assert!(sdl.file.ends_with("web.yaml"));
    assert_eq!(sdl.problems(), []);
    assert_eq!(order.sdl, sdl.text);
    assert_eq!(
        order,
        DeployOrder {
            nonce: 77,
            expires_at_s: MOMENT.now_s + 10 * DAY_S,
            budget: "web".into(),
            name: "Site of the DAO".into(),
            sdl: sdl.text,
            policy: BidPolicy {
                max_uact_per_block: 60,
                required_attributes: vec![],
                audited_by: vec![],
                allowed_providers: vec![],
                denied_providers: vec![],
            },
            term_s: 30 * DAY_S,
            allow_tags: false,
        }
    );
}

#[test]
fn should_build_the_close_template() {
    let built = build_file(&folder().join("close.yaml"), MOMENT).expect("our own template");
    assert_eq!((built.function_id, built.sdl), (functions::CLOSE, None));
    let order = Decode!(&built.payload, CloseOrder).expect("our own bytes");
    assert_eq!(
        order,
        CloseOrder {
            nonce: 77,
            expires_at_s: MOMENT.now_s + 10 * DAY_S,
            deployment: 17,
            reason: "The site has moved.".into(),
        }
    );
}

#[test]
fn should_build_the_budget_template() {
    let built = build_file(&folder().join("budget.yaml"), MOMENT).expect("our own template");
    assert_eq!((built.function_id, built.nonce), (functions::BUDGET, 77));
    let order = Decode!(&built.payload, BudgetOrder).expect("our own bytes");
    assert_eq!(
        order,
        BudgetOrder {
            nonce: 77,
            expires_at_s: MOMENT.now_s + 20 * DAY_S,
            budget: "web".into(),
            purpose: "The DAO's web site".into(),
            total_uact: 200_000_000,
            per_deployment_uact: 50_000_000,
            gas_uakt: 5_000_000,
            valid_until_s: MOMENT.now_s + 365 * DAY_S,
        }
    );
}

#[test]
fn should_take_the_nonce_of_the_template_first() {
    for name in ["deploy.yaml", "close.yaml", "budget.yaml"] {
        let text = text_of(name).replace("# nonce:", "nonce:");
        let built = build(&folder().join(name), &text, MOMENT).expect(name);
        assert_ne!(built.nonce, MOMENT.fresh_nonce, "{name}");
    }
}

#[test]
fn should_name_every_kind_that_has_a_function() {
    let [gateway, treasury] = [[1_u8; 10], [2; 10]].map(|id| candid::Principal::from_slice(&id));
    let mut functions: Vec<_> = functions::all(gateway, treasury)
        .iter()
        .map(|f| f.id)
        .collect();
    let mut built: Vec<_> = std::fs::read_dir(folder())
        .expect("the folder of the templates")
        .map(|entry| build_file(&entry.expect("a template").path(), MOMENT).expect("ours"))
        .map(|built| built.function_id)
        .collect();
    functions.sort_unstable();
    built.sort_unstable();
    assert_eq!(functions, built, "one template for each function");
}

/// Line and column, from 1, of the last place in `text` where `words` stand.
fn place_of(text: &str, words: &str) -> (u64, u64) {
    let before = &text[..text.rfind(words).expect(words)];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    let number = |n| u64::try_from(n).expect("small");
    (number(line), number(column))
}

#[test]
fn should_say_where_and_what_is_wrong() {
    for (desc, name, old, new, place, words) in [
        (
            "unknown kind",
            "close",
            "kind: close",
            "kind: open",
            "open",
            "deploy, close or budget",
        ),
        ("no kind", "close", "kind: close\n", "", "", "kind"),
        (
            "unknown key",
            "close",
            "reason:",
            "reasn:",
            "reasn:",
            "reasn",
        ),
        (
            "missing key",
            "close",
            "reason: The site has moved.\n",
            "",
            "",
            "reason",
        ),
        (
            "twice",
            "close",
            "reason:",
            "deployment: 1\nreason:",
            "deployment: 1",
            "deployment",
        ),
        (
            "time",
            "close",
            "10 days",
            "10 suns",
            "10 suns",
            "such as `30 days`",
        ),
        (
            "no unit of time",
            "close",
            "10 days",
            "10",
            "10\n",
            "such as `30 days`",
        ),
        (
            "number",
            "close",
            "deployment: 17",
            "deployment: -17",
            "-17",
            "",
        ),
        (
            "amount",
            "budget",
            "200 ACT",
            "200 AKT",
            "200 AKT",
            "such as `50 ACT`",
        ),
        (
            "gas",
            "budget",
            "5 AKT",
            "5 ACT",
            "5 ACT",
            "such as `50 AKT`",
        ),
        (
            "price",
            "deploy",
            "60 uact/block",
            "60",
            "60\n",
            "such as `120 uact/block`",
        ),
        (
            "no file",
            "deploy",
            "/web.yaml",
            "/none.yaml",
            "../examples",
            "cannot be read",
        ),
        (
            "no SDL",
            "deploy",
            "sdl: ../examples/web.yaml",
            "",
            "deploy\n",
            "got neither",
        ),
        (
            "two SDLs",
            "deploy",
            "term:",
            "sdl_text: two\nterm:",
            "two\n",
            "got both",
        ),
        (
            "truth",
            "deploy",
            "allow_tags: false",
            "allow_tags: maybe",
            "maybe",
            "",
        ),
        (
            "too far",
            "close",
            "10 days",
            "584542046090 years",
            "584542046090",
            "end of time",
        ),
    ] {
        let text = text_of(&format!("{name}.yaml"));
        assert_eq!(
            text.matches(old).count(),
            1,
            "{desc}: {old} stands there once"
        );
        let file = folder().join(format!("{name}.yaml"));
        let text = text.replace(old, new);
        let error = build(&file, &text, MOMENT).expect_err(desc);
        assert_eq!(error.file, file, "{desc}");
        assert!(error.problem.contains(words), "{desc}: {error}");
        if !place.is_empty() {
            assert_eq!(error.place, Some(place_of(&text, place)), "{desc}: {error}");
        }
    }
}

#[test]
fn should_say_where_an_sdl_is_wrong() {
    let sdl = "version: '3'\nservices: {}\n";
    let inline = |block: &str| {
        let text = text_of("deploy.yaml").replace("sdl: ../examples/web.yaml", block);
        let built = build(&folder().join("deploy.yaml"), &text, MOMENT).expect("a template");
        built.sdl.expect("a deploy order has one")
    };
    let block = inline("sdl_text: |\n    version: '3'\n    services: {}");
    assert_eq!(block.text, sdl);
    let first = &block.problems()[0];
    assert!(first.file.ends_with("deploy.yaml"));
    let template = text_of("deploy.yaml");
    let (line, _) = place_of(&template, "sdl: ../examples/web.yaml");
    assert_eq!(first.place, Some((line + 1, 5)), "{first}");
    assert!(
        block
            .problems()
            .iter()
            .any(|p| p.place == Some((line + 1, 14))),
        "the version"
    );

    let quoted = inline("sdl_text: \"version: '3'\\nservices: {}\\n\"");
    assert_eq!(quoted.text, sdl);
    let first = &quoted.problems()[0];
    assert_eq!(first.place, None);
    assert!(
        first.problem.starts_with("in the SDL: line 1, column 1"),
        "{first}"
    );
}

#[test]
fn should_refuse_large_files() {
    let file = std::env::temp_dir().join(format!("template-{}.yaml", std::process::id()));
    let close = text_of("close.yaml");
    let padded = |bytes: u64| {
        let bytes = usize::try_from(bytes).expect("small");
        format!("{close}#{}", "x".repeat(bytes - close.len() - 1))
    };
    std::fs::write(&file, padded(MAX_FILE_BYTES)).expect("a temporary file");
    build_file(&file, MOMENT).expect("the limit itself fits");
    std::fs::write(&file, padded(MAX_FILE_BYTES + 1)).expect("a temporary file");
    let error = build_file(&file, MOMENT).expect_err("one byte more");
    assert!(
        error.problem.contains("at most 262144 bytes, got 262145"),
        "{error}"
    );
    std::fs::remove_file(&file).expect("our own file");
}
