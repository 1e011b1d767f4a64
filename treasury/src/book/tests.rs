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
    book.post(found);
    let mut credit = Draft::new("credit");
    credit.transfer(Asset::Uact, Account::Unallocated, web(), 60);
    book.post(credit);
    let mut deposit = Draft::new("deposit");
    deposit.transfer(Asset::Uact, web(), Account::Escrow("web".into(), 9), 40);
    deposit.transfer(
        Asset::Uact,
        Account::Escrow("web".into(), 9),
        Account::Spent("web".into()),
        15,
    );
    book.post(deposit);
    assert_eq!(book.findings(), Vec::<String>::new());
    assert_eq!(book.balance(&Account::Outside, Asset::Uact), -100);
    assert_eq!(book.held(Asset::Uact), 60);
    assert_eq!(book.held(Asset::Uakt), 7);
    assert_eq!(book.escrow("web"), 25);
    assert_eq!(book.escrow("we"), 0);
    assert_eq!(book.amount(&Account::Spent("web".into()), Asset::Uact), 15);
    let mut refund = Draft::new("refund");
    refund.transfer(Asset::Uact, Account::Escrow("web".into(), 9), web(), 25);
    book.post(refund);
    assert_eq!(book.findings(), Vec::<String>::new());
    let names: Vec<String> = book.balances().map(|(a, ..)| a.to_string()).collect();
    assert!(!names.contains(&"escrow:web/9".to_string()), "{names:?}");
    let entries = book.take_entries();
    let whys: Vec<&str> = entries.iter().map(|entry| entry.why.as_str()).collect();
    assert_eq!(whys, ["found", "credit", "deposit", "refund"]);
    assert_eq!(book.take_entries(), []);
}

#[test]
fn should_leave_no_trace_of_nothing() {
    let mut book = Book::default();
    let mut nothing = Draft::new("nothing");
    nothing.transfer(Asset::Uact, Account::Outside, web(), 0);
    book.post(nothing);
    assert_eq!(book, Book::default());
}

#[test]
fn should_find_what_is_wrong() {
    let good = || {
        let mut book = Book::default();
        let mut draft = Draft::new("found");
        draft.transfer(Asset::Uact, Account::Outside, Account::Unallocated, 5);
        book.post(draft);
        book
    };
    assert_eq!(good().findings(), Vec::<String>::new());

    let mut cooked = good();
    cooked
        .balances
        .insert((Account::Unallocated, Asset::Uact), 6);
    assert_eq!(cooked.findings(), ["all accounts sum to 1 uact"]);

    let mut overdrawn = good();
    let mut draft = Draft::new("too much");
    draft.transfer(Asset::Uact, Account::Unallocated, web(), 6);
    overdrawn.post(draft);
    assert_eq!(overdrawn.findings(), ["unallocated has -1 uact"]);
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
        (Account::SnsTreasury, "sns_treasury"),
        (Account::Makers, "makers"),
        (Account::Reserve(5), "reserve:5"),
        (Account::Collateral(vec![4]), "collateral:2vxsx-fae"),
        (Account::Payable(1), "payable:1"),
        (Account::Fill(2), "fill:2"),
        (Account::Staging(3), "staging:3"),
        (Account::Minting(4), "minting:4"),
        (Account::Bme, "bme"),
        (Account::LedgerFees, "ledger_fees"),
        (Account::Kept, "kept"),
    ] {
        assert_eq!(account.to_string(), name);
    }
}

#[test]
fn should_say_who_has_what() {
    let mut book = Book::default();
    let mut draft = Draft::new("a swap");
    let (icp, akt, act) = (Asset::Icp, Asset::Uakt, Asset::Uact);
    for (asset, from, to, amount) in [
        (icp, Account::SnsTreasury, web(), 900),
        (icp, web(), Account::Reserve(5), 500),
        (icp, Account::Makers, Account::Collateral(vec![1]), 70),
        (icp, Account::Reserve(5), Account::Payable(1), 300),
        (icp, Account::Payable(1), Account::LedgerFees, 10),
        (icp, Account::Payable(1), Account::Makers, 290),
        (icp, Account::Outside, Account::Unallocated, 3),
        (akt, Account::Makers, Account::Fill(1), 41),
        (akt, Account::Makers, Account::Fill(2), 9),
        (akt, Account::Fill(1), Account::Unallocated, 40),
        (akt, Account::Fill(1), Account::Kept, 1),
        (akt, Account::Unallocated, Account::Staging(3), 8),
        (akt, Account::Unallocated, Account::Minting(4), 12),
        (akt, Account::Minting(4), Account::Bme, 11),
        (act, Account::Bme, web(), 20),
    ] {
        draft.transfer(asset, from, to, amount);
    }
    book.post(draft);
    assert_eq!(book.findings(), Vec::<String>::new());
    let expected = BTreeMap::from([
        ((Holder::IcpLedger, icp), 900 + 70 - 300 + 3),
        ((Holder::T, akt), 40 - 8 - 12 + 1),
        ((Holder::T, act), 20),
        ((Holder::FillAddress(2), akt), 9),
        ((Holder::StagingAddress(3), akt), 8),
        ((Holder::Chain, akt), 1),
    ]);
    assert_eq!(book.holdings(), expected);
    for ((holder, asset), amount) in expected {
        assert_eq!(book.holds(holder, asset), amount, "{holder:?} {asset:?}");
    }
    assert_eq!(book.held(Asset::Icp), 0);
    let names: Vec<String> = book.balances().map(|(a, ..)| a.to_string()).collect();
    for gone in ["payable:1", "fill:1"] {
        assert!(!names.contains(&gone.to_string()), "{gone} in {names:?}");
    }
}
