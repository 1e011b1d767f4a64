use super::net::{Fault, HOUR, MINUTE, Net, SECOND, owner, treasury};
use crate::book::{Account, Asset};
use crate::budget::Phase;
use crate::grants::PAID_MESSAGES;
use crate::limits::{OWN_GAS_RESERVE_UAKT, QUIET_AFTER, THOROUGH_EVERY};
use crate::state::TxState;
use crate::types::BudgetPhase;
use crate::view;
use akash_standin::EndpointFault;
use orchestrator::kernel::money::{Uact, Uakt};

const ACT: u64 = 1_000_000;
const AKT: u64 = 1_000_000;

fn phase(net: &Net) -> Phase {
    net.state.budgets["web"].phase
}

fn problem(net: &Net) -> Option<String> {
    view::problem(&net.state, "web", &net.state.budgets["web"], net.now)
}

fn open() -> Net {
    let mut net = Net::new(400 * ACT, 20 * AKT);
    net.run_for(MINUTE);
    net.adopt(|_| {});
    net.run_until("open", 10 * MINUTE, |net| phase(net) == Phase::Open);
    net
}

#[test]
fn should_open_a_budget() {
    let net = open();
    net.assert_grants("web", Some(200 * ACT), Some(5 * AKT));
    net.assert_settled();
    assert!(net.state.budgets["web"].account_number.is_some());
    assert_eq!(problem(&net), None);
    let akash = net.akash();
    assert_eq!(akash.txs().len(), 1, "one transaction for both grants");
    let (deposit, fees) = akash.grants(&treasury(), &owner("web"));
    assert_eq!(deposit.expect("a grant").scopes, [1]);
    let allowed = fees.expect("an allowance").allowed.expect("a list");
    assert_eq!(allowed, PAID_MESSAGES);
    drop(akash);
    assert!(matches!(
        net.state.transactions[0].state,
        TxState::Included(_)
    ));
    let view = view::budget(&net.state, "web", &net.state.budgets["web"], net.now);
    assert_eq!(
        (view.limit_uact, view.limit_left_uact, view.gas_left_uakt),
        (200 * ACT, 200 * ACT, 5 * AKT)
    );
}

#[test]
fn should_book_a_deployment_from_deposit_to_refund() {
    let mut net = open();
    let mut fees = net.create("web", 7, 50 * ACT);
    fees += net.lease("web", 7);
    net.look();
    net.assert_settled();
    assert_eq!(net.state.book.escrow("web"), 50 * ACT);
    net.run_for(2 * HOUR);
    net.assert_settled();
    fees += net.close("web", 7);
    net.look();
    net.assert_settled();
    let spent = Account::Spent("web".into());
    let spent = net.state.book.amount(&spent, Asset::Uact);
    assert!(spent > 0);
    assert_eq!(net.state.book.escrow("web"), 0);
    net.assert_grants("web", Some(200 * ACT - spent), Some(5 * AKT - fees));
    let gas = Account::Gas("web".into());
    assert_eq!(net.state.book.amount(&gas, Asset::Uakt), fees);
}

#[test]
fn should_book_a_deployment_that_came_and_went_unseen() {
    let mut net = open();
    net.create("web", 7, 50 * ACT);
    net.lease("web", 7);
    net.now += 10 * MINUTE;
    net.close("web", 7);
    net.look();
    net.assert_settled();
    let spent = Account::Spent("web".into());
    assert!(net.state.book.amount(&spent, Asset::Uact) > 0);
}

#[test]
fn should_ask_for_deployments_only_when_something_tells_of_a_change() {
    let mut net = open();
    let deployments = |net: &Net| {
        let asked = net.asked();
        assert!(!asked.is_empty());
        asked
            .iter()
            .filter(|url| url.contains("/deployment/"))
            .count()
    };
    deployments(&net);
    net.run_for(HOUR);
    assert_eq!(deployments(&net), 0, "nothing runs");
    net.create("web", 7, 50 * ACT);
    net.run_for(HOUR);
    assert_eq!(deployments(&net), 2, "the limit fell: two endpoints list");
    net.run_for(HOUR);
    assert_eq!(deployments(&net), 0, "the limit stands");
    net.look();
    assert_eq!(deployments(&net), 2, "the gateway asked for it");
    net.run_for(THOROUGH_EVERY + MINUTE);
    assert_eq!(deployments(&net), 2, "from time to time anyway");
    net.close("web", 7);
    net.run_for(HOUR);
    assert_eq!(deployments(&net), 2, "the limit rose");
    net.run_for(HOUR);
    assert_eq!(deployments(&net), 0);
    net.assert_settled();
    assert_eq!(net.state.book.escrow("web"), 0);
}

#[test]
fn should_call_a_budget_closed_once_no_deposit_is_possible() {
    let mut net = open();
    let told = |net: &Net| {
        let budget = &net.state.budgets["web"];
        let view = view::budget(&net.state, "web", budget, net.now);
        (view.phase, view.problem)
    };
    net.adopt(|o| o.total = Uact::ZERO);
    let closing = Some("it is being closed".to_string());
    assert_eq!(told(&net), (BudgetPhase::Changing, closing));
    net.run_until("closed", 5 * MINUTE, |net| {
        told(net).0 == BudgetPhase::Closed
    });
    assert_eq!(net.grants("web").0, None);
    assert_eq!(told(&net).1, None);
}

#[test]
fn should_change_a_grant_only_when_no_deposit_can_be_on_its_way() {
    let mut net = open();
    net.create("web", 7, 50 * ACT);
    let adopted = net.now;
    net.adopt(|o| o.total = Uact(120 * ACT));
    net.run_until("quiet nearly", 20 * MINUTE, |net| {
        net.now >= adopted + QUIET_AFTER - 20 * SECOND
    });
    assert_eq!(phase(&net), Phase::Changing);
    assert_eq!(net.grants("web").0, Some(150 * ACT), "the old grant stands");
    // Signed on facts of a minute, and late: the last deposit that can still land.
    net.create("web", 8, 50 * ACT);
    net.run_until("open", 10 * MINUTE, |net| phase(net) == Phase::Open);
    assert!(net.now > adopted + QUIET_AFTER);
    assert_eq!(net.grants("web").0, Some(20 * ACT), "both deposits count");
    net.look();
    net.assert_settled();
}

#[test]
fn should_raise_lower_and_close() {
    let mut net = open();
    let fees = net.create("web", 7, 50 * ACT);
    net.adopt(|o| {
        o.total = Uact(300 * ACT);
        o.gas = Uakt(7 * AKT);
    });
    net.run_until("raised", 20 * MINUTE, |net| phase(net) == Phase::Open);
    net.assert_grants("web", Some(250 * ACT), Some(7 * AKT - fees));
    // Below what is in escrow: nothing new, and what runs goes on.
    net.adopt(|o| {
        o.total = Uact(50 * ACT);
        o.gas = Uakt(6 * AKT);
    });
    net.run_until("lowered", 20 * MINUTE, |net| phase(net) == Phase::Open);
    net.assert_grants("web", None, Some(6 * AKT - fees));
    let why = problem(&net).expect("it is used up");
    assert!(why.contains("50 ACT are used up"), "{why}");
    // It comes back whole, and so does the grant.
    let fees = fees + net.close("web", 7);
    net.look();
    net.run_for(MINUTE);
    net.assert_grants("web", Some(50 * ACT), Some(6 * AKT - fees));
    assert_eq!(problem(&net), None);

    let fees = fees + net.create("web", 8, 30 * ACT);
    net.adopt(|o| o.total = Uact::ZERO);
    net.run_until("no deposits", 5 * MINUTE, |net| {
        net.grants("web").0.is_none()
    });
    net.run_for(2 * HOUR);
    net.assert_grants("web", None, Some(6 * AKT - fees));
    net.close("web", 8);
    net.look();
    net.run_until("gone", 5 * MINUTE, |net| net.state.budgets["web"].is_gone());
    net.run_for(2 * HOUR);
    assert_eq!(net.grants("web"), (None, None));
    net.assert_settled();
    let free = net.state.book.amount(&Account::Unallocated, Asset::Uact);
    assert_eq!(free, 400 * ACT, "all of it is free again");
    let acts = net.acts;
    net.run_for(3 * HOUR);
    assert!(net.acts - acts <= 3, "nothing but a look now and then");
}

#[test]
fn should_end_with_its_validity_and_go_on_when_prolonged() {
    let mut net = Net::new(400 * ACT, 20 * AKT);
    let end_s = crate::state::fixtures::START_S + 3_600;
    net.adopt(|o| o.valid_until_s = end_s);
    net.run_until("open", 10 * MINUTE, |net| phase(net) == Phase::Open);
    net.create("web", 7, 50 * ACT);
    net.run_for(2 * HOUR);
    assert_eq!(net.grants("web").0, None);
    assert!(net.grants("web").1.is_some(), "a deployment runs");
    assert_eq!(problem(&net), Some("it is past its end".into()));
    net.adopt(|_| {});
    net.run_for(5 * MINUTE);
    assert_eq!(net.grants("web").0, Some(150 * ACT));
    assert_eq!(problem(&net), None);
    net.look();
    net.assert_settled();
}

#[test]
fn should_wait_for_funds_and_use_what_comes() {
    let mut net = Net::new(0, 0);
    net.adopt(|_| {});
    net.run_for(HOUR);
    let why = problem(&net).expect("nothing is there");
    assert!(
        why.contains("does not hold enough: 0 ACT and 0 AKT"),
        "{why}"
    );
    // One budget takes the gas of a second one, but for the reserve.
    let mut net = Net::new(400 * ACT, 4 * AKT);
    net.adopt(|_| {});
    net.adopt(|o| o.budget = "late".into());
    net.run_for(HOUR);
    assert_eq!(net.grants("late"), (None, None));
    let late = &net.state.budgets["late"];
    let why = view::problem(&net.state, "late", late, net.now).expect("no gas");
    assert!(why.contains("does not hold enough: 200 ACT and"), "{why}");
    let fee = net
        .state
        .book
        .amount(&Account::OwnGas("web".into()), Asset::Uakt);
    let rest = 4 * AKT - OWN_GAS_RESERVE_UAKT;
    assert_eq!(net.grants("web").1, Some(rest), "{fee}");
    net.adopt(|o| o.total = Uact::ZERO);
    net.run_for(HOUR);
    assert_eq!(net.grants("web"), (None, None));
    assert_eq!(net.grants("late").0, Some(200 * ACT));
    net.look();
    net.assert_settled();
}

#[test]
fn should_keep_its_promises_to_several_budgets() {
    let mut net = Net::new(300 * ACT, 20 * AKT);
    for id in ["web", "api", "lab"] {
        net.adopt(|o| o.budget = id.into());
    }
    net.run_for(HOUR);
    assert_eq!(net.grants("web").0, Some(200 * ACT));
    assert_eq!(net.grants("api").0, Some(100 * ACT), "what is left");
    assert_eq!(net.grants("lab").0, None);
    net.create("api", 7, 50 * ACT);
    net.adopt(|o| o.total = Uact(60 * ACT));
    net.run_for(HOUR);
    assert_eq!(net.grants("web").0, Some(60 * ACT));
    assert_eq!(
        net.grants("api").0,
        Some(150 * ACT),
        "it grew when it could"
    );
    assert_eq!(net.grants("lab").0, Some(40 * ACT));
    net.look();
    net.assert_settled();
}

/// The whole life of a budget, with deployments in it.
fn life(net: &mut Net) {
    net.run_for(MINUTE);
    net.adopt(|_| {});
    net.run_until("open", 2 * HOUR, |net| phase(net) == Phase::Open);
    net.create("web", 7, 50 * ACT);
    net.lease("web", 7);
    net.adopt(|o| o.total = Uact(120 * ACT));
    net.run_until("changed", 2 * HOUR, |net| phase(net) == Phase::Open);
    net.close("web", 7);
    net.adopt(|o| o.total = Uact::ZERO);
    net.nudge();
    net.run_until("gone", 4 * HOUR, |net| net.state.budgets["web"].is_gone());
    net.look();
    net.run_for(10 * MINUTE);
    net.assert_settled();
    assert_eq!(net.grants("web"), (None, None));
    let spent = net
        .state
        .book
        .amount(&Account::Spent("web".into()), Asset::Uact);
    let free = net.state.book.amount(&Account::Unallocated, Asset::Uact);
    assert_eq!(free + spent, 400 * ACT);
    assert!(spent > 0);
}

#[test]
fn should_survive_a_fault_at_every_act() {
    let mut calm = Net::new(400 * ACT, 20 * AKT);
    life(&mut calm);
    let acts = calm.acts;
    let paid = |net: &Net| net.akash().txs().len();
    for at in 0..acts {
        for fault in [Fault::Lost, Fault::Silence, Fault::Upgrade] {
            let mut net = Net::new(400 * ACT, 20 * AKT);
            net.fault = Some((at, fault));
            life(&mut net);
            // A signature may be lost with its bytes, but nothing is granted once more.
            assert_eq!(paid(&net), paid(&calm), "{fault:?} at act {at} of {acts}");
        }
    }
}

#[test]
fn should_settle_after_many_faults() {
    for seed in 0..8 {
        let mut net = Net::new(400 * ACT, 20 * AKT);
        net.chaos = Some(seed);
        let bad = usize::try_from(seed % 3).expect("small");
        let fault = [EndpointFault::LosesBroadcasts, EndpointFault::Timeout];
        net.akash()
            .endpoint_fault(bad, fault[usize::from(seed % 2 == 0)]);
        println!("seed {seed}");
        life(&mut net);
    }
}

#[test]
fn should_live_with_one_bad_endpoint() {
    for index in 0..3 {
        for fault in [
            EndpointFault::Error500,
            EndpointFault::Timeout,
            EndpointFault::Lagging { blocks: 3 },
            EndpointFault::Lagging { blocks: 200 },
            EndpointFault::LosesBroadcasts,
            EndpointFault::AcceptsWithoutReply,
            EndpointFault::Lies,
        ] {
            let mut net = Net::new(400 * ACT, 20 * AKT);
            net.akash().endpoint_fault(index, fault);
            life(&mut net);
        }
    }
}

#[test]
fn should_wait_while_all_endpoints_are_bad() {
    let mut net = Net::new(400 * ACT, 20 * AKT);
    net.adopt(|_| {});
    net.run_for(10 * SECOND);
    for index in 0..3 {
        net.akash().endpoint_fault(index, EndpointFault::Timeout);
    }
    net.run_for(3 * HOUR);
    let acts = net.acts;
    net.run_for(HOUR);
    assert!(net.acts - acts <= 13, "at most one try in five minutes");
    for index in 0..3 {
        net.akash().endpoint_fault(index, EndpointFault::None);
    }
    net.run_until("open", HOUR, |net| phase(net) == Phase::Open);
    net.assert_grants("web", Some(200 * ACT), Some(5 * AKT));
}
