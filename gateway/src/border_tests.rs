//! The interface file says what the canister does: same methods, same types, same modes.

use candid::CandidType;
use candid::types::internal::TypeContainer;
use candid::types::subtype::{Gamma, equal};
use candid::types::{FuncMode, Function, Type, TypeEnv, TypeInner};
use candid_parser::{IDLProg, check_prog};
use gateway::types::{
    BudgetUse, CloseOrder, ConfigView, DeployOrder, DeploymentView, Events, EventsArgs,
    HttpRequest, HttpResponse, InitArgs, ListArgs,
};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

const INTERFACE: &str = include_str!("../gateway.did");

/// The types behind the methods. Doors take raw bytes, so that their argument is what they
/// decode.
struct Methods {
    types: TypeContainer,
    functions: BTreeMap<&'static str, Function>,
}

impl Methods {
    fn new() -> Self {
        Self {
            types: TypeContainer::new(),
            functions: BTreeMap::new(),
        }
    }

    fn of<T: CandidType>(&mut self) -> Type {
        self.types.add::<T>()
    }

    fn add(&mut self, name: &'static str, query: bool, args: Vec<Type>, rets: Vec<Type>) {
        let modes = if query { vec![FuncMode::Query] } else { vec![] };
        let function = Function { modes, args, rets };
        assert!(self.functions.insert(name, function).is_none());
    }
}

fn methods() -> Methods {
    let mut m = Methods::new();
    type Verdict = Result<String, String>;
    let (deploy, close, verdict) = (
        m.of::<DeployOrder>(),
        m.of::<CloseOrder>(),
        m.of::<Verdict>(),
    );
    m.add(
        "validate_deploy",
        true,
        vec![deploy.clone()],
        vec![verdict.clone()],
    );
    m.add("validate_close", true, vec![close.clone()], vec![verdict]);
    m.add("deploy", false, vec![deploy], vec![]);
    m.add("close", false, vec![close], vec![]);
    let (nonce, hash, view) = (
        m.of::<u64>(),
        m.of::<ByteBuf>(),
        m.of::<Option<DeploymentView>>(),
    );
    m.add("get_deployment", true, vec![nonce], vec![view.clone()]);
    m.add("get_deployment_by_hash", true, vec![hash], vec![view]);
    let (args, list) = (m.of::<ListArgs>(), m.of::<Vec<DeploymentView>>());
    m.add("list_deployments", true, vec![args], vec![list]);
    let budgets = m.of::<Vec<BudgetUse>>();
    m.add("get_budgets", true, vec![], vec![budgets]);
    let (args, events) = (m.of::<EventsArgs>(), m.of::<Events>());
    m.add("get_events", true, vec![args], vec![events]);
    let config = m.of::<Option<ConfigView>>();
    m.add("get_config", true, vec![], vec![config]);
    let (request, response) = (m.of::<HttpRequest>(), m.of::<HttpResponse>());
    m.add("http_request", true, vec![request], vec![response]);
    m
}

#[test]
fn should_describe_every_method_as_it_is() {
    let mut methods = methods();
    let init = methods.of::<InitArgs>();
    let functions = methods.functions.into_iter();
    let service = functions
        .map(|(name, function)| (name.to_string(), TypeInner::Func(function).into()))
        .collect();
    let class = TypeInner::Class(vec![init], TypeInner::Service(service).into());

    let program: IDLProg = INTERFACE.parse().expect("the interface file parses");
    let mut env = TypeEnv::new();
    let actor = check_prog(&mut env, &program).expect("the interface file checks");
    let actor = actor.expect("the interface file has a service");
    // Types of equal names get another name, so that each side keeps its own.
    let class = env.merge_type(methods.types.env, class.into());

    let (init, service) = parts(&actor);
    let (expected_init, expected_service) = parts(&class);
    assert_equal(&env, "argument of the install", init, expected_init);
    let described = env.as_service(service).expect("a service");
    let expected = env.as_service(expected_service).expect("a service");
    let names = |methods: &[(String, Type)]| -> Vec<String> {
        methods.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(described), names(expected));
    for ((name, described), (_, expected)) in described.iter().zip(expected) {
        assert_equal(&env, name, described, expected);
    }
}

fn parts(class: &Type) -> (&Type, &Type) {
    match class.as_ref() {
        TypeInner::Class(args, service) if args.len() == 1 => (&args[0], service),
        other => panic!("expected a service with one argument, got {other:?}"),
    }
}

fn assert_equal(env: &TypeEnv, what: &str, described: &Type, expected: &Type) {
    let same = equal(&mut Gamma::default(), env, described, expected);
    assert!(same.is_ok(), "{what}: {same:?}");
}

/// Every endpoint of `main.rs` is in the file, with its mode; and none is missing.
#[test]
fn should_export_what_is_described_and_nothing_else() {
    let source = include_str!("main.rs");
    let mut exported = BTreeMap::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let query = line.starts_with("#[ic_cdk::query");
        if query || line.starts_with("#[ic_cdk::update") {
            let signature = lines.next().expect("a function follows its attribute");
            let name = signature
                .strip_prefix("fn ")
                .and_then(|rest| rest.split('(').next())
                .expect("endpoints are plain functions");
            exported.insert(name, query);
        }
    }
    let methods = methods();
    let described: BTreeMap<&str, bool> = methods
        .functions
        .iter()
        .map(|(name, function)| (*name, function.is_query()))
        .collect();
    assert_eq!(exported, described);
}

/// Every type and method of the file is explained, or says all with its name.
#[test]
fn should_explain_every_method_that_changes_something() {
    let lines: Vec<&str> = INTERFACE.lines().map(str::trim).collect();
    for (before, line) in lines.iter().zip(&lines[1..]) {
        let is_update = line.contains(") -> ();");
        assert!(!is_update || before.starts_with("//"), "{line}");
    }
}
