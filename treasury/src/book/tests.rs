use super::*;

fn web() -> Account {
    Account::Budget("web".into())
}

#[test]
fn should_keep_both_sides_of_each_movement() {
    let mut book = Book::default();
    let mut found = Draft::new("found");
    found.transfer(Asset::Uact, Account::Outside, Account::Unallocated, 100);
    found.transfer(Asset::Uakt, Account::Outside, Account::Unallocated, 7);
    book.post(1, found);
    let mut credit = Draft::new("credit");
    credit.transfer(Asset::Uact, Account::Unallocated, web(), 60);
    book.post(2, credit);
    let mut deposit = Draft::new("deposit");
    deposit.transfer(Asset::Uact, web(), Account::Escrow("web".into(), 9), 40);
    deposit.transfer(
        Asset::Uact,
        Account::Escrow("web".into(), 9),
        Account::Spent("web".into()),
        15,
    );
    book.post(3, deposit);
    assert_eq!(book.findings(), Vec::<String>::new());
    assert_eq!(book.balance(&Account::Outside, Asset::Uact), -100);
    assert_eq!(book.held(Asset::Uact), 60);
    assert_eq!(book.held(Asset::Uakt), 7);
    assert_eq!(book.escrow("web"), 25);
    assert_eq!(book.escrow("we"), 0);
    assert_eq!(book.amount(&Account::Spent("web".into()), Asset::Uact), 15);
    let mut refund = Draft::new("refund");
    refund.transfer(Asset::Uact, Account::Escrow("web".into(), 9), web(), 25);
    book.post(4, refund);
    assert_eq!(book.findings(), Vec::<String>::new());
    let names: Vec<String> = book.balances().map(|(a, ..)| a.to_string()).collect();
    assert!(!names.contains(&"escrow:web/9".to_string()), "{names:?}");
    assert_eq!(book.entries().len(), 4);
    assert_eq!(book.entries()[3].number, 3);
}

#[test]
fn should_leave_no_trace_of_nothing() {
    let mut book = Book::default();
    let mut nothing = Draft::new("nothing");
    nothing.transfer(Asset::Uact, Account::Outside, web(), 0);
    book.post(1, nothing);
    assert_eq!(book, Book::default());
}

#[test]
fn should_find_what_is_wrong() {
    let good = || {
        let mut book = Book::default();
        let mut draft = Draft::new("found");
        draft.transfer(Asset::Uact, Account::Outside, Account::Unallocated, 5);
        book.post(1, draft);
        book
    };
    assert_eq!(good().findings(), Vec::<String>::new());

    let mut lopsided = good();
    lopsided.entries[0].postings[0].amount = -4;
    assert_eq!(
        lopsided.findings(),
        [
            "entry 0 sums to 1 uact",
            "the balances are not the sums of the postings"
        ]
    );

    let mut cooked = good();
    cooked
        .balances
        .insert((Account::Unallocated, Asset::Uact), 6);
    assert_eq!(
        cooked.findings(),
        ["the balances are not the sums of the postings"]
    );

    let mut overdrawn = good();
    let mut draft = Draft::new("too much");
    draft.transfer(Asset::Uact, Account::Unallocated, web(), 6);
    overdrawn.post(2, draft);
    assert_eq!(overdrawn.findings(), ["unallocated has -1 uact"]);

    let mut gap = good();
    gap.entries[0].number = 1;
    assert_eq!(gap.findings(), ["entry 1 stands at 0"]);
}

#[test]
fn should_name_accounts() {
    for (account, name) in [
        (Account::Outside, "outside"),
        (Account::Unallocated, "unallocated"),
        (web(), "budget:web"),
        (Account::Escrow("web".into(), 7), "escrow:web/7"),
        (Account::Spent("web".into()), "spent:web"),
        (Account::Gas("web".into()), "gas:web"),
        (Account::OwnGas("web".into()), "own_gas:web"),
        (Account::Suspense, "suspense"),
    ] {
        assert_eq!(account.to_string(), name);
    }
}
