//! Deployments, orders, bids and leases: what the chain refuses, and what it does.

use super::*;
use crate::chain::deployment::{GroupState, MAX_UNIT_PRICE};
use crate::chain::market::{BidState, LeaseState, OrderState};
use crate::proto::{
    Attribute, DeploymentReclamation, GroupId, MsgCreateBid, MsgGroup, MsgUpdateDeployment,
    MsgWithReason, Seconds,
};
use crate::providers::presets;
use crate::{Behaviour, Pricing};

fn try_create(change: impl Fn(&mut MsgCreateDeployment)) -> (&'static str, u32) {
    let (mut akash, tenant) = network(vec![]);
    let mut message = create(
        tenant.address(),
        1,
        vec![web_group("a", 10), web_group("b", 10)],
        500_000,
    );
    change(&mut message);
    run(&mut akash, &tenant, vec![create_any(&message)])
}

type Change = fn(&mut MsgCreateDeployment);

fn resources(m: &mut MsgCreateDeployment) -> &mut Resources {
    m.groups[0].resources[0].resource.as_mut().expect("has one")
}

#[test]
fn should_check_a_new_deployment_in_the_words_of_the_chain() {
    const PLAIN: (&str, u32) = ("undefined", 1);
    let rows: [(&str, Change, (&str, u32)); 33] = [
        ("as it is", |_| {}, OK),
        (
            "no dseq",
            |m| m.id.as_mut().expect("id").dseq = 0,
            ("sdk", 3),
        ),
        ("no groups", |m| m.groups.clear(), ("deployment", 7)),
        ("no hash", |m| m.hash.clear(), ("deployment", 9)),
        ("short hash", |m| m.hash.truncate(31), ("deployment", 10)),
        (
            "low deposit",
            |m| set_deposit(m, UACT, 499_999),
            ("deployment", 20),
        ),
        (
            "uakt deposit",
            |m| set_deposit(m, "uakt", 500_000),
            ("deployment", 20),
        ),
        (
            "too much",
            |m| set_deposit(m, UACT, u128::from(RICH)),
            ("market", 28),
        ),
        ("no sources", |m| sources(m, &[]), ("deposit", 1)),
        ("source twice", |m| sources(m, &[1, 1]), ("deposit", 1)),
        ("unknown source", |m| sources(m, &[3]), ("deposit", 1)),
        ("no grant", |m| sources(m, &[2]), ("market", 28)),
        ("grant after balance", |m| sources(m, &[1, 2]), OK),
        ("group name empty", |m| m.groups[0].name.clear(), PLAIN),
        (
            "group name twice",
            |m| m.groups[1].name = "a".into(),
            ("deployment", 7),
        ),
        (
            "price in uakt",
            |m| price(m, "uakt", "1000000000000000000"),
            ("deployment", 20),
        ),
        ("price zero", |m| price(m, UACT, "0"), OK),
        (
            "highest price",
            |m| price(m, UACT, &format!("{MAX_UNIT_PRICE}000000000000000000")),
            OK,
        ),
        (
            "higher price",
            |m| price(m, UACT, &format!("{MAX_UNIT_PRICE}000000000000000001")),
            PLAIN,
        ),
        ("no id", |m| resources(m).id = 0, PLAIN),
        ("no cpu", |m| resources(m).cpu = None, PLAIN),
        (
            "little cpu",
            |m| resources(m).cpu.as_mut().expect("cpu").units = value(9),
            PLAIN,
        ),
        (
            "most cpu",
            |m| resources(m).cpu.as_mut().expect("cpu").units = value(384_000),
            OK,
        ),
        (
            "more cpu",
            |m| resources(m).cpu.as_mut().expect("cpu").units = value(384_001),
            PLAIN,
        ),
        ("no gpu", |m| resources(m).gpu = None, PLAIN),
        (
            "most gpu",
            |m| resources(m).gpu.as_mut().expect("gpu").units = value(24),
            OK,
        ),
        (
            "more gpu",
            |m| resources(m).gpu.as_mut().expect("gpu").units = value(25),
            PLAIN,
        ),
        (
            "missing value",
            |m| resources(m).gpu.as_mut().expect("gpu").units = None,
            PLAIN,
        ),
        (
            "little memory",
            |m| resources(m).memory.as_mut().expect("memory").quantity = value((1 << 20) - 1),
            PLAIN,
        ),
        ("no storage", |m| resources(m).storage.clear(), PLAIN),
        (
            "little storage",
            |m| resources(m).storage[0].quantity = value((5 << 20) - 1),
            PLAIN,
        ),
        ("short notice", |m| notice(m, 3_599), ("deployment", 26)),
        ("shortest notice", |m| notice(m, 3_600), OK),
    ];
    for (desc, change, expected) in rows {
        assert_eq!(try_create(change), expected, "{desc}");
    }
}

fn set_deposit(m: &mut MsgCreateDeployment, denom: &str, amount: u128) {
    let coin = Coin {
        denom: denom.into(),
        amount: amount.to_string(),
    };
    m.deposit.as_mut().expect("has one").amount = Some(coin);
}

fn sources(m: &mut MsgCreateDeployment, list: &[i32]) {
    m.deposit.as_mut().expect("has one").sources = list.to_vec();
}

fn price(m: &mut MsgCreateDeployment, denom: &str, amount: &str) {
    let price = DecCoin {
        denom: denom.into(),
        amount: amount.into(),
    };
    for group in &mut m.groups {
        group.resources[0].price = Some(price.clone());
    }
}

fn notice(m: &mut MsgCreateDeployment, seconds: i64) {
    m.reclamation = Some(DeploymentReclamation {
        min_window: Some(Seconds { seconds, nanos: 0 }),
    });
}

#[test]
fn should_never_take_a_dseq_twice() {
    let (mut akash, tenant) = network(vec![]);
    let message = || {
        create_any(&create(
            tenant.address(),
            1,
            vec![web_group("a", 10)],
            500_000,
        ))
    };
    assert_eq!(run(&mut akash, &tenant, vec![message()]), OK);
    assert_eq!(run(&mut akash, &tenant, vec![message()]), ("deployment", 3));
    assert_eq!(
        run(&mut akash, &tenant, vec![close_any(tenant.address(), 1)]),
        OK
    );
    assert_eq!(run(&mut akash, &tenant, vec![message()]), ("deployment", 3));
    let again = run(&mut akash, &tenant, vec![close_any(tenant.address(), 1)]);
    assert_eq!(again, ("deployment", 5));
    let other = run(&mut akash, &tenant, vec![close_any(tenant.address(), 2)]);
    assert_eq!(other, ("deployment", 4));
}

#[test]
fn should_update_the_hash_only_and_only_to_another() {
    let (mut akash, tenant) = network(vec![]);
    let message = create(tenant.address(), 1, vec![web_group("a", 10)], 500_000);
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    let update = |byte: u8| {
        let id = Some(DeploymentId {
            owner: tenant.address().into(),
            dseq: 1,
        });
        let message = MsgUpdateDeployment {
            id,
            hash: vec![byte; 32],
        };
        vec![any(
            "/akash.deployment.v1beta4.MsgUpdateDeployment",
            &message,
        )]
    };
    assert_eq!(run(&mut akash, &tenant, update(7)), ("deployment", 10));
    assert_eq!(run(&mut akash, &tenant, update(8)), OK);
    let deployment = akash.deployment(tenant.address(), 1).expect("exists");
    assert_eq!(deployment.hash, vec![8; 32]);
}

fn group_any(kind: &str, owner: &str, dseq: u64) -> Vec<Any> {
    let id = Some(GroupId {
        owner: owner.into(),
        dseq,
        gseq: 1,
    });
    vec![any(
        &format!("/akash.deployment.v1beta4.{kind}"),
        &MsgGroup { id },
    )]
}

#[test]
fn should_open_a_new_order_when_a_tenant_closes_a_lease() {
    let (mut akash, tenant) = network(vec![ProviderConfig::honest("one", 500)]);
    let id = leased(&mut akash, &tenant, 1, 5_000_000);
    let close = |id: &BidId| {
        let message = MsgWithReason {
            id: Some(id.clone()),
            reason: 0,
        };
        vec![any("/akash.market.v1beta5.MsgCloseLease", &message)]
    };
    assert_eq!(run(&mut akash, &tenant, close(&id)), OK);
    let (_, lease) = akash.leases(tenant.address()).pop().expect("a lease");
    assert_eq!((lease.state, lease.reason), (LeaseState::Closed, 1));
    assert_eq!(lease.closed_on, akash.height());
    let states: Vec<OrderState> = akash.state().orders().map(|(_, o)| o.state).collect();
    assert_eq!(states, [OrderState::Closed, OrderState::Open]);
    assert_eq!(run(&mut akash, &tenant, close(&id)), ("market", 24));
    akash.advance_blocks(1);
    let open: Vec<_> = akash.bids(tenant.address(), 1);
    assert!(
        open.iter()
            .any(|(b, bid)| b.oseq == 2 && bid.state == BidState::Open)
    );
}

#[test]
fn should_pause_the_group_when_a_provider_leaves_and_let_the_tenant_start_it() {
    let leaves = Behaviour::ClosesLeaseAfter {
        seconds: 30,
        reason: 10_001,
    };
    let (mut akash, tenant) = network(vec![ProviderConfig::honest("one", 500).acting(leaves)]);
    let owner = tenant.address().to_owned();
    leased(&mut akash, &tenant, 1, 5_000_000);
    akash.advance_blocks(8);
    let (_, lease) = akash.leases(&owner).pop().expect("a lease");
    assert_eq!((lease.state, lease.reason), (LeaseState::Closed, 10_001));
    assert_eq!(akash.groups(&owner, 1)[0].1.state, GroupState::Paused);
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgPauseGroup", &owner, 1)),
        ("deployment", 17)
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgStartGroup", &owner, 1)),
        OK
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgStartGroup", &owner, 1)),
        ("deployment", 16)
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgPauseGroup", &owner, 1)),
        OK
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgCloseGroup", &owner, 1)),
        OK
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgStartGroup", &owner, 1)),
        ("deployment", 15)
    );
    assert_eq!(
        run(&mut akash, &tenant, group_any("MsgCloseGroup", &owner, 2)),
        ("deployment", 14)
    );
}

#[test]
fn should_refuse_leases_with_the_codes_of_the_market() {
    let (mut akash, tenant) = network(vec![
        ProviderConfig::honest("one", 500),
        ProviderConfig::honest("two", 600),
    ]);
    let id = leased(&mut akash, &tenant, 1, 5_000_000);
    let other = akash
        .bids(tenant.address(), 1)
        .into_iter()
        .find(|(b, _)| *b != id);
    let (lost, _) = other.expect("two bids");
    let nobody = BidId {
        provider: Wallet::new("nobody").address().into(),
        ..id.clone()
    };
    let bseq = BidId {
        bseq: 1,
        ..id.clone()
    };
    let own = BidId {
        provider: id.owner.clone(),
        ..id.clone()
    };
    let rows = [
        ("taken", &id, ("market", 12)),
        ("lost", &lost, ("market", 12)),
        ("no such bid", &nobody, ("market", 18)),
        ("bid sequence", &bseq, ("sdk", 36)),
        ("own bid", &own, ("sdk", 36)),
    ];
    for (desc, id, expected) in rows {
        assert_eq!(
            run(&mut akash, &tenant, vec![lease_any(id)]),
            expected,
            "{desc}"
        );
    }
}

#[test]
fn should_close_the_losing_bids_or_only_the_first_by_the_rules() {
    let providers = || {
        (0u32..3)
            .map(|n| ProviderConfig::honest(&n.to_string(), 500 + n))
            .collect()
    };
    for (only_first, expected) in [(false, 2), (true, 1)] {
        let tenant = Wallet::new("tenant");
        let balances = vec![(
            tenant.address().to_owned(),
            vec![(RICH, "uakt"), (RICH, UACT)],
        )];
        let mut akash = Akash::new(Genesis {
            balances,
            providers: providers(),
            only_first_losing_bid_closes: only_first,
            vault_uakt: u128::from(RICH) * 10,
            ..Genesis::default()
        });
        leased(&mut akash, &tenant, 1, 5_000_000);
        let bids = akash.bids(tenant.address(), 1);
        let lost = bids
            .iter()
            .filter(|(_, b)| b.state == BidState::Lost)
            .count();
        assert_eq!(lost, expected);
        akash.advance_blocks(2);
        let bids = akash.bids(tenant.address(), 1);
        assert!(
            bids.iter().all(|(_, b)| b.state != BidState::Open),
            "their providers give up"
        );
    }
}

#[test]
fn should_refuse_bids_with_the_codes_of_the_market() {
    let quiet = ProviderConfig::honest("one", 500).acting(Behaviour::NoBid);
    let (mut akash, tenant) = network(vec![quiet.clone(), quiet]);
    let owner = tenant.address().to_owned();
    let mut group = web_group("web", 1_000);
    group.requirements.as_mut().expect("has").attributes = vec![Attribute {
        key: "host".into(),
        value: "akash".into(),
    }];
    let mut message = create(&owner, 1, vec![group], 5_000_000);
    notice(&mut message, 7_200);
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    let wallet = akash.providers()[0].wallet.clone();
    let good = MsgCreateBid {
        id: Some(BidId {
            owner: owner.clone(),
            dseq: 1,
            gseq: 1,
            oseq: 1,
            provider: wallet.address().into(),
            bseq: 0,
        }),
        price: Some(DecCoin {
            denom: UACT.into(),
            amount: "1000000000000000000000".into(),
        }),
        deposit: Some(Deposit {
            amount: Some(Coin {
                denom: "uakt".into(),
                amount: "500000".into(),
            }),
            sources: vec![1],
        }),
        resources_offer: Vec::new(),
        reclamation_window: Some(Seconds {
            seconds: 7_200,
            nanos: 0,
        }),
    };
    type Change = fn(&mut MsgCreateBid);
    let rows: Vec<(&str, Change, (&str, u32))> = vec![
        (
            "price zero",
            |m| m.price.as_mut().expect("has").amount = "0".into(),
            ("market", 19),
        ),
        (
            "a little too dear",
            |m| m.price.as_mut().expect("has").amount = "1000000000000000000001".into(),
            ("market", 22),
        ),
        (
            "in uakt",
            |m| m.price.as_mut().expect("has").denom = "uakt".into(),
            ("market", 22),
        ),
        (
            "low deposit",
            |m| {
                m.deposit
                    .as_mut()
                    .expect("has")
                    .amount
                    .as_mut()
                    .expect("has")
                    .amount = "499999".into()
            },
            ("market", 28),
        ),
        (
            "no such order",
            |m| m.id.as_mut().expect("has").oseq = 2,
            ("market", 15),
        ),
        ("no notice", |m| m.reclamation_window = None, ("market", 40)),
        (
            "short notice",
            |m| {
                m.reclamation_window = Some(Seconds {
                    seconds: 7_199,
                    nanos: 0,
                })
            },
            ("market", 41),
        ),
        (
            "endless notice",
            |m| {
                m.reclamation_window = Some(Seconds {
                    seconds: 2_592_001,
                    nanos: 0,
                })
            },
            ("market", 39),
        ),
        ("as it should be", |_| {}, OK),
        ("again", |_| {}, ("market", 21)),
    ];
    for (desc, change, expected) in rows {
        let mut message = good.clone();
        change(&mut message);
        let message = vec![any("/akash.market.v1beta5.MsgCreateBid", &message)];
        assert_eq!(run(&mut akash, &wallet, message), expected, "{desc}");
    }
    // The tenant is no provider.
    let stranger = Wallet::new("stranger");
    assert_eq!(
        run(
            &mut akash,
            &tenant,
            vec![tenant.send(stranger.address(), 9_000_000, "uakt")]
        ),
        OK
    );
    let mut message = good.clone();
    message.id.as_mut().expect("has").provider = stranger.address().into();
    let message = vec![any("/akash.market.v1beta5.MsgCreateBid", &message)];
    assert_eq!(run(&mut akash, &stranger, message), ("market", 30));
    // A provider may take its bid back for a reason of its own only.
    let close = |reason| {
        let message = MsgWithReason {
            id: good.id.clone(),
            reason,
        };
        vec![any("/akash.market.v1beta5.MsgCloseBid", &message)]
    };
    assert_eq!(run(&mut akash, &wallet, close(1)), ("market", 33));
    assert_eq!(run(&mut akash, &wallet, close(10_002)), OK);
    assert_eq!(
        akash.balance(&crate::address::of_module("escrow"), "uakt"),
        0,
        "deposit is back"
    );
}

fn bidders(group: GroupSpec) -> Vec<String> {
    let mut providers = vec![
        ProviderConfig::honest("plain", 500),
        ProviderConfig::honest("west", 510).with(&[("region", "us-west")]),
        presets::full("full", "na-us-west", 520),
    ];
    providers[1].audited_by = vec![presets::EXAMPLE_AUDITOR.into()];
    let (mut akash, tenant) = network(providers);
    let message = create(tenant.address(), 1, vec![group], 5_000_000);
    assert_eq!(run(&mut akash, &tenant, vec![create_any(&message)]), OK);
    akash.advance_blocks(2);
    let bids = akash.bids(tenant.address(), 1);
    let mut names: Vec<String> = bids
        .iter()
        .map(|(id, _)| {
            akash
                .provider_of(&id.provider)
                .expect("known")
                .name()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn should_let_those_bid_who_meet_the_requirements() {
    let attribute = |key: &str, value: &str| Attribute {
        key: key.into(),
        value: value.into(),
    };
    let with = |change: &dyn Fn(&mut GroupSpec)| {
        let mut group = web_group("web", 1_000);
        change(&mut group);
        bidders(group)
    };
    let requirements = |g: &mut GroupSpec, key: &str, value: &str| {
        g.requirements.as_mut().expect("has").attributes = vec![attribute(key, value)];
    };
    let signed = |g: &mut GroupSpec, all: &[&str], any: &[&str]| {
        let list = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect();
        g.requirements.as_mut().expect("has").signed_by = Some(SignedBy {
            all_of: list(all),
            any_of: list(any),
        });
    };
    let unit = |g: &mut GroupSpec| g.resources[0].resource.clone().expect("has");
    assert_eq!(with(&|_| {}), ["full", "plain", "west"]);
    assert_eq!(
        with(&|g| requirements(g, "region", "us-west")),
        ["full", "west"]
    );
    assert_eq!(
        with(&|g| requirements(g, "reg*", "us-west")),
        ["full", "west"]
    );
    assert_eq!(
        with(&|g| requirements(g, "region", "moon")),
        Vec::<String>::new()
    );
    assert_eq!(with(&|g| signed(g, &[], &[crate::AUDITOR])), ["full"]);
    assert_eq!(
        with(&|g| signed(g, &[], &[crate::AUDITOR, presets::EXAMPLE_AUDITOR])),
        ["full", "west"]
    );
    assert_eq!(
        with(&|g| signed(g, &[crate::AUDITOR, presets::EXAMPLE_AUDITOR], &[])),
        Vec::<String>::new()
    );
    let class = |g: &mut GroupSpec, class: &str| {
        let mut r = unit(g);
        r.storage[0].attributes = vec![attribute("class", class), attribute("persistent", "true")];
        g.resources[0].resource = Some(r);
    };
    assert_eq!(with(&|g| class(g, "beta3")), ["full", "plain", "west"]);
    assert_eq!(with(&|g| class(g, "beta2")), ["full"]);
    assert_eq!(
        with(&|g| class(g, "ram")),
        Vec::<String>::new(),
        "ram is not persistent"
    );
    let gpu = |g: &mut GroupSpec, keys: &[&str]| {
        let mut r = unit(g);
        let attributes = keys.iter().map(|k| attribute(k, "true")).collect();
        r.gpu = Some(Units {
            units: value(1),
            attributes,
        });
        g.resources[0].resource = Some(r);
    };
    assert_eq!(with(&|g| gpu(g, &["vendor/nvidia/model/a100"])), ["full"]);
    assert_eq!(with(&|g| gpu(g, &["vendor/nvidia/model/*"])), ["full"]);
    assert_eq!(
        with(&|g| gpu(
            g,
            &[
                "vendor/nvidia/model/x1",
                "vendor/nvidia/model/h100/ram/80Gi"
            ]
        )),
        ["full"]
    );
    assert_eq!(
        with(&|g| gpu(g, &["vendor/amd/model/*"])),
        Vec::<String>::new()
    );
    let ip = |g: &mut GroupSpec| {
        let mut r = unit(g);
        r.endpoints.push(Endpoint {
            kind: 2,
            sequence_number: 1,
        });
        g.resources[0].resource = Some(r);
    };
    assert_eq!(with(&ip), ["full"], "the others lease no addresses");
}

#[test]
fn should_bid_by_price_and_capacity() {
    let metered = Pricing::PerResource {
        milli_cpu: 2_000_000,
        memory_mib: 500_000,
        storage_gib: 0,
        gpu: 0,
        endpoint: 1_250_000,
        ip: 0,
    };
    let mut provider = ProviderConfig::honest("metered", 0);
    provider.pricing = metered;
    provider.capacity.cpu_milli = 250;
    let (mut akash, tenant) = network(vec![provider]);
    let owner = tenant.address().to_owned();
    let bid_on = |akash: &mut Akash, dseq: u64, max: u128| {
        let message = create(&owner, dseq, vec![web_group("web", max)], 5_000_000);
        assert_eq!(run(akash, &tenant, vec![create_any(&message)]), OK);
        akash.advance_blocks(1);
        akash
            .bids(&owner, dseq)
            .first()
            .map(|(_, b)| b.price.to_string())
    };
    // 100 m at 2, 16 MiB at 0.5, one endpoint at 1.25.
    assert_eq!(
        bid_on(&mut akash, 1, 210).as_deref(),
        Some("209.250000000000000000")
    );
    assert_eq!(bid_on(&mut akash, 2, 209), None, "above the maximum");
    assert_eq!(
        bid_on(&mut akash, 3, 1_000).as_deref(),
        Some("209.250000000000000000")
    );
    assert_eq!(
        bid_on(&mut akash, 4, 1_000),
        None,
        "no third of 100 m in 250 m"
    );
}
