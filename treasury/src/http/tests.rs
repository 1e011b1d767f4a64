use super::*;
use crate::state::fixtures::World;

fn get(url: &str, world: &World) -> (u16, String) {
    let report = Report {
        now: world.now,
        state: &world.state,
        at_work: false,
        newest: &[],
        events: 7,
        event_bytes: 70,
        cycles: 3,
    };
    let request = HttpRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![],
        body: vec![],
        certificate_version: Some(2),
    };
    let response = respond(&request, &report);
    let body = String::from_utf8(response.body).expect("text");
    (response.status_code, body)
}

#[test]
fn should_show_budgets_and_books_escaped() {
    let mut world = World::funded(100_000_000, 10_000_000);
    world.adopt(|order| order.purpose = "<script>&\"".into());
    let (status, page) = get("/", &world);
    assert_eq!(status, 200);
    assert!(
        page.contains("<td>&lt;script&gt;&amp;&quot;</td>"),
        "{page}"
    );
    assert!(
        page.contains("<td>unallocated</td><td>100000000 uact</td>"),
        "{page}"
    );
    assert!(!page.contains("<script"));
}

#[test]
fn should_show_metrics() {
    let world = World::funded(5, 10_000_000);
    let (status, text) = get("/metrics?x=1", &world);
    assert_eq!(status, 200);
    assert!(text.contains("treasury_account{account=\"unallocated\",asset=\"uact\"} 5\n"));
    assert!(text.contains("\ntreasury_events_total 7\n"));
    assert!(text.contains("\ntreasury_book_findings 0\n"));
}

#[test]
fn should_not_find_anything_else() {
    let world = World::funded(5, 5);
    assert_eq!(get("/x", &world), (404, "not found\n".into()));
}
