//! One run of the reconciler on a scripted world: each answer of the treasury, each guard, and
//! what may happen while it waits.

use super::drive::{After, Treasury, drive, due, hear, waiting_for};
use super::guard::{Guard, Key};
use crate::budget::Told;
use crate::state::{Event, Recorded, live};
use crate::storage;
use crate::test_fixtures::{NOW, World, close_order, order, snapshot};
use orchestrator::akash::address::address;
use orchestrator::kernel::paths::budget_path;
use orchestrator::kernel::port::{
    HttpMethod, HttpRequest, HttpResponse, NoAnswer, Runtime, SignError,
};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use orchestrator::lease::Phase;
use orchestrator::lease::limits::BUDGET_FRESH;
use orchestrator::test_fixtures::{Script, answer, key, public_key, run};
use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use treasury::types::Snapshot;

/// Answers in turn, the last one first; an answer that is not there fails the test.
#[derive(Default)]
struct Answers(RefCell<Vec<Result<Snapshot, String>>>);

impl Treasury for Answers {
    async fn snapshot(&self) -> Result<Snapshot, String> {
        let answer = self.0.borrow_mut().pop();
        answer.expect("the treasury was asked once too often")
    }
}

fn silent() -> Answers {
    Answers::default()
}

fn telling(snapshot: Snapshot) -> Answers {
    Answers(RefCell::new(vec![Ok(snapshot)]))
}

/// What the treasury tells of our own key.
fn ours(at: Nanos) -> Snapshot {
    let owner = address(&public_key(&key(None, &budget_path("web"))));
    let mut snapshot = snapshot();
    snapshot.at_ns = at;
    snapshot.budgets[0].owner = Some(owner);
    snapshot
}

/// An adopted order in the live state, with fresh words of the treasury.
fn adopted() {
    let mut world = World::new();
    world.adopt(&order()).expect("a good order");
    for entry in &world.log {
        let Recorded { at, event } = Recorded::decode(entry).expect("our own entry");
        live::process(at, event);
    }
    live::tell(Told::new(NOW, ours(NOW)));
}

fn phase() -> Phase {
    live::read(|state| state.deployment(17).expect("adopted").deployment.phase())
}

fn path() -> Vec<Vec<u8>> {
    budget_path("web")
}

/// From the order to the broadcast: the key, a signature, and one outcall.
fn until_broadcast(script: Script) -> Script {
    script
        .then_public_key(None, path())
        .then_signature(path())
        .then_outcall(HttpMethod::Post, broadcast_url(), |_| {
            answer(
                200,
                r#"{"tx_response":{"code":0,"codespace":"","raw_log":""}}"#,
            )
        })
}

/// The endpoint whose turn it is: the sequence number decides which is first.
fn broadcast_url() -> String {
    let turn = crate::test_fixtures::NOW_S % 3 + 1;
    format!("https://rest-{turn}.test/cosmos/tx/v1beta1/txs")
}

fn waits() -> String {
    waiting_for(17).expect("it waits").1
}

#[test]
fn should_drive_an_order_until_it_waits() {
    adopted();
    assert_eq!(due(NOW), [17]);
    let script = until_broadcast(Script::new().at(NOW));
    let after = run(drive(&script, &silent(), || true, 17));
    let After::At(at) = after else {
        panic!("expected a wait, got {after:?}");
    };
    assert!(at > NOW);
    assert_eq!((phase(), waits().as_str()), (Phase::Created, "bids"));
    assert_eq!(due(at - 1), [0; 0]);
    assert_eq!(due(at), [17]);
    // Configured, adopted, planned, key, signed, accepted: each in the log, each applied.
    assert_eq!(storage::event_count(), 6);
    let before = live::read(Clone::clone);
    live::restore();
    assert_eq!(live::read(Clone::clone), before);
}

#[test]
fn should_ask_the_treasury_when_its_words_are_too_old() {
    adopted();
    let late = NOW + BUDGET_FRESH;
    let script = until_broadcast(Script::new().at(late));
    let after = run(drive(&script, &telling(ours(late)), || true, 17));
    assert!(matches!(after, After::At(_)));
    assert_eq!(phase(), Phase::Created);
    assert_eq!(
        live::read_with_told(|_, told| told.map(|t| t.told_at)),
        Some(late)
    );
}

#[test]
fn should_not_ask_while_the_words_are_fresh() {
    adopted();
    let script = until_broadcast(Script::new().at(NOW + BUDGET_FRESH - 1));
    run(drive(&script, &silent(), || true, 17));
    assert_eq!(phase(), Phase::Created);
}

#[test]
fn should_sign_nothing_when_the_treasury_does_not_answer() {
    adopted();
    let late = NOW + BUDGET_FRESH;
    let script = Script::new().at(late).then_public_key(None, path());
    let refusing = Answers(RefCell::new(vec![Err("timeout".into())]));
    let after = run(drive(&script, &refusing, || true, 17));
    assert_eq!(after, After::At(late + 15 * NANOS_PER_SECOND));
    assert_eq!(
        (phase(), waits().as_str()),
        (Phase::Ordered, "the treasury to tell")
    );
}

#[test]
fn should_not_trust_words_that_were_old_when_they_came() {
    adopted();
    let late = NOW + BUDGET_FRESH;
    let script = Script::new().at(late).then_public_key(None, path());
    let after = run(drive(&script, &telling(ours(NOW)), || true, 17));
    assert_eq!(after, After::At(late + 15 * NANOS_PER_SECOND));
    assert_eq!(phase(), Phase::Ordered);
}

#[test]
fn should_sign_nothing_that_the_budget_cannot_bear() {
    type Change = fn(&mut Snapshot);
    let rows: [(&str, Change, &str); 6] = [
        (
            "mandate",
            |s| s.budgets[0].total_uact = 8_639_999,
            "of 8.639999 ACT there are 8.639999 ACT left",
        ),
        (
            "cap",
            |s| s.budgets[0].per_deployment_uact = 8_639_999,
            "one deployment may hold 8639999 uact",
        ),
        (
            "grant",
            |s| s.budgets[0].limit_left_uact = 8_639_999,
            "the grant has left 8639999 uact",
        ),
        (
            "changing",
            |s| s.budgets[0].phase = treasury::types::BudgetPhase::Changing,
            "is not open",
        ),
        (
            "gone",
            |s| s.budgets.clear(),
            "the treasury knows no such budget",
        ),
        (
            "another owner",
            |s| s.budgets[0].owner = Some("akash1other".into()),
            "the treasury names akash1other",
        ),
    ];
    for (desc, change, expected) in rows {
        let test = move || {
            adopted();
            let mut words = ours(NOW);
            change(&mut words);
            live::tell(Told::new(NOW, words));
            let script = Script::new().at(NOW).then_public_key(None, path());
            run(drive(&script, &silent(), || true, 17));
            assert_eq!(phase(), Phase::Ordered, "{desc}");
            assert!(waits().contains(expected), "{desc}: {}", waits());
        };
        // The live state belongs to its thread: each row gets its own.
        std::thread::spawn(test).join().expect(desc);
    }
}

#[test]
fn should_do_nothing_while_somebody_else_is_at_work() {
    adopted();
    let guard = Guard::take(Key::Deployment(17)).expect("nobody is there");
    let after = run(drive(&Script::new().at(NOW), &silent(), || true, 17));
    assert_eq!(after, After::Busy);
    drop(guard);
    let script = until_broadcast(Script::new().at(NOW));
    assert!(matches!(
        run(drive(&script, &silent(), || true, 17)),
        After::At(_)
    ));
}

#[test]
fn should_sign_for_one_deposit_of_a_budget_at_a_time() {
    adopted();
    let guard = Guard::take(Key::Deposit("web".into())).expect("nobody is there");
    let script = Script::new().at(NOW).then_public_key(None, path());
    run(drive(&script, &silent(), || true, 17));
    assert_eq!(
        (phase(), waits().as_str()),
        (Phase::Ordered, "another deposit of the budget")
    );
    drop(guard);
}

#[test]
fn should_call_nobody_while_the_canister_is_being_stopped() {
    adopted();
    let after = run(drive(&Script::new().at(NOW), &silent(), || false, 17));
    assert!(matches!(after, After::At(_)));
    assert_eq!(waits(), "the canister is being stopped");
}

#[test]
fn should_have_nothing_to_do_for_what_is_not_there() {
    assert_eq!(
        run(drive(&Script::new(), &silent(), || true, 1)),
        After::Never
    );
    assert_eq!(due(NOW), [0; 0]);
}

/// Governance closes the deployment while the treasury is being asked.
struct Closing;

impl Treasury for Closing {
    async fn snapshot(&self) -> Result<Snapshot, String> {
        let late = NOW + BUDGET_FRESH;
        let close = close_order();
        live::process(
            late,
            Event::CloseAdopted {
                nonce: close.nonce,
                payload_hash: [1; 32],
                deployment: close.deployment,
                reason: close.reason,
            },
        );
        Ok(ours(late))
    }
}

#[test]
fn should_see_a_close_that_was_adopted_while_it_waited() {
    adopted();
    let script = Script::new()
        .at(NOW + BUDGET_FRESH)
        .then_public_key(None, path());
    let after = run(drive(&script, &Closing, || true, 17));
    assert_eq!((after, phase()), (After::Never, Phase::Settled));
    assert_eq!(due(NOW + BUDGET_FRESH), [0; 0]);
}

/// A world in which calls never end.
struct Endless;

impl Runtime for Endless {
    fn now(&self) -> Nanos {
        NOW
    }
    async fn outcall(&self, _: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        std::future::pending().await
    }
    async fn sign(&self, _: Vec<Vec<u8>>, _: [u8; 32]) -> Result<[u8; 64], SignError> {
        std::future::pending().await
    }
    async fn public_key(&self, _: Option<Vec<u8>>, _: Vec<Vec<u8>>) -> Result<[u8; 33], SignError> {
        std::future::pending().await
    }
}

/// What the clean-up after a trap does is to drop the future where it waited.
#[test]
fn should_release_a_deployment_whose_run_ended_in_a_trap() {
    adopted();
    {
        let treasury = silent();
        let mut first = pin!(drive(&Endless, &treasury, || true, 17));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(first.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(super::at_work(), 1);
        let again = run(drive(&Script::new().at(NOW), &silent(), || true, 17));
        assert_eq!(again, After::Busy);
    }
    assert_eq!(super::at_work(), 0);
    assert_eq!(due(NOW), [17]);
    // What was recorded before stays: the order is planned, the key comes next.
    let script = until_broadcast(Script::new().at(NOW));
    assert!(matches!(
        run(drive(&script, &silent(), || true, 17)),
        After::At(_)
    ));
}

#[test]
fn should_ask_the_treasury_one_question_at_a_time() {
    let guard = Guard::take(Key::Treasury).expect("nobody asks");
    run(hear(&Script::new().at(NOW), &silent()));
    drop(guard);
    run(hear(&Script::new().at(NOW), &telling(ours(NOW - 5))));
    assert_eq!(
        live::read_with_told(|_, told| told.map(|t| t.told_at)),
        Some(NOW - 5)
    );
}
