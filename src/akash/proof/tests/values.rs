//! What proven values mean, with records made by the SDK's own Rust types where it has them.

use super::super::value::{
    AccountRecord, MintStatus, account, balance, cancelled, deployment, escrow, executed, lease,
    mint_status, oracle_health, oracle_price, payment, pending, spendable,
};
use crate::akash::read::LeaseState;
use crate::kernel::NANOS_PER_SECOND;
use crate::kernel::decimal::{Decimal, SCALE};
use cosmos_sdk_proto::Any;
use cosmos_sdk_proto::cosmos::auth::v1beta1::BaseAccount;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use cosmos_sdk_proto::cosmos::vesting::v1beta1::{
    BaseVestingAccount, ContinuousVestingAccount, DelayedVestingAccount, Period,
    PeriodicVestingAccount, PermanentLockedAccount,
};
use cosmos_sdk_proto::prost::Message;

/// Nothing to do with the real clock. **Units** seconds.
const START: i64 = 1_000;
const END: i64 = 2_000;

fn coin(denom: &str, amount: &str) -> Coin {
    Coin {
        denom: denom.into(),
        amount: amount.into(),
    }
}

fn base(original: &str, delegated: &str) -> Option<BaseVestingAccount> {
    Some(BaseVestingAccount {
        base_account: Some(BaseAccount {
            address: "akash1x".into(),
            pub_key: None,
            account_number: 5,
            sequence: 6,
        }),
        original_vesting: vec![coin("uakt", original)],
        delegated_free: vec![coin("uakt", "1")],
        delegated_vesting: vec![coin("uakt", delegated)],
        end_time: END,
    })
}

fn any(kind: &str, value: &impl Message) -> Vec<u8> {
    let any = Any {
        type_url: format!("/cosmos.vesting.v1beta1.{kind}"),
        value: value.encode_to_vec(),
    };
    any.encode_to_vec()
}

fn continuous(original: &str, delegated: &str) -> Vec<u8> {
    let account = ContinuousVestingAccount {
        base_vesting_account: base(original, delegated),
        start_time: START,
    };
    any("ContinuousVestingAccount", &account)
}

fn delayed(original: &str, delegated: &str) -> Vec<u8> {
    let account = DelayedVestingAccount {
        base_vesting_account: base(original, delegated),
    };
    any("DelayedVestingAccount", &account)
}

fn permanent(original: &str, delegated: &str) -> Vec<u8> {
    let account = PermanentLockedAccount {
        base_vesting_account: base(original, delegated),
    };
    any("PermanentLockedAccount", &account)
}

fn periodic(original: &str, delegated: &str) -> Vec<u8> {
    let period = |length, amount: &str| Period {
        length,
        amount: vec![coin("uact", "3"), coin("uakt", amount)],
    };
    let account = PeriodicVestingAccount {
        base_vesting_account: base(original, delegated),
        start_time: START,
        vesting_periods: vec![period(100, "10"), period(200, "20"), period(700, "70")],
    };
    any("PeriodicVestingAccount", &account)
}

#[test]
fn should_lock_what_has_not_vested() {
    type Make = fn(&str, &str) -> Vec<u8>;
    const LARGE: &str = "340282366920938463463374607431768211456";
    let rows: [(&str, Make, &str, &str, i64, u128); 25] = [
        ("continuous: before", continuous, "100", "0", START - 1, 0),
        ("continuous: at the start", continuous, "100", "0", START, 0),
        ("continuous: half", continuous, "100", "0", 1_500, 50),
        (
            "continuous: half of 1, to even",
            continuous,
            "1",
            "0",
            1_500,
            99,
        ),
        (
            "continuous: half of 3, to even",
            continuous,
            "3",
            "0",
            1_500,
            99,
        ),
        (
            "continuous: a third of 100",
            continuous,
            "100",
            "0",
            1_333,
            33,
        ),
        (
            "continuous: last second",
            continuous,
            "100",
            "0",
            END - 1,
            100,
        ),
        ("continuous: at the end", continuous, "100", "0", END, 100),
        (
            "continuous: some delegated",
            continuous,
            "100",
            "30",
            1_500,
            80,
        ),
        (
            "continuous: more delegated than locked",
            continuous,
            "100",
            "70",
            1_500,
            100,
        ),
        (
            "continuous: more locked than is there",
            continuous,
            "500",
            "0",
            START,
            0,
        ),
        (
            "continuous: 64 bits",
            continuous,
            "18446744073709551615",
            "0",
            1_500,
            0,
        ),
        (
            "continuous: more than 128 bits",
            continuous,
            LARGE,
            "0",
            1_500,
            0,
        ),
        ("delayed: last second", delayed, "100", "0", END - 1, 0),
        ("delayed: at the end", delayed, "100", "0", END, 100),
        ("delayed: some delegated", delayed, "60", "10", END - 1, 50),
        ("periodic: before", periodic, "100", "0", START, 0),
        (
            "periodic: just before the first",
            periodic,
            "100",
            "0",
            1_099,
            0,
        ),
        ("periodic: the first", periodic, "100", "0", 1_100, 10),
        (
            "periodic: just before the second",
            periodic,
            "100",
            "0",
            1_299,
            10,
        ),
        ("periodic: the second", periodic, "100", "0", 1_300, 30),
        ("periodic: at the end", periodic, "100", "0", END, 100),
        ("permanent: at the end", permanent, "100", "0", END, 0),
        (
            "permanent: long after",
            permanent,
            "40",
            "0",
            END * 1_000_000,
            60,
        ),
        ("permanent: delegated", permanent, "100", "25", END, 25),
    ];
    for (desc, make, original, delegated, second, expected) in rows {
        let record = account(&make(original, delegated)).expect(desc);
        let at = u64::try_from(second).expect("positive") * NANOS_PER_SECOND;
        assert_eq!(
            spendable(100, &record, "uakt", at),
            Some(expected),
            "{desc}"
        );
        assert_eq!(spendable(9, &record, "ibc/X", at), Some(9), "{desc}");
    }
}

#[test]
fn should_lock_large_amounts_exactly() {
    let record = account(&continuous("18446744073709551614", "0")).expect("a record");
    let at = 1_500 * NANOS_PER_SECOND;
    let balance = 18_446_744_073_709_551_614;
    let half = Some(9_223_372_036_854_775_807);
    assert_eq!(spendable(balance, &record, "uakt", at), half);
}

#[test]
fn should_not_guess_about_unknown_accounts() {
    let unknown = Any {
        type_url: "/ibc.applications.interchain_accounts.v1.InterchainAccount".into(),
        value: vec![1, 2, 3],
    };
    let record = account(&unknown.encode_to_vec()).expect("it says what it is");
    assert!(matches!(record, AccountRecord::Unknown { .. }));
    assert_eq!(spendable(100, &record, "uakt", 0), None);
    let hollow = any(
        "DelayedVestingAccount",
        &DelayedVestingAccount {
            base_vesting_account: None,
        },
    );
    let no_base = any(
        "DelayedVestingAccount",
        &DelayedVestingAccount {
            base_vesting_account: Some(BaseVestingAccount::default()),
        },
    );
    let broken = Any {
        type_url: "/cosmos.auth.v1beta1.BaseAccount".into(),
        value: vec![0xff],
    };
    for bytes in [hollow, no_base, broken.encode_to_vec(), vec![0xff]] {
        assert!(account(&bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn should_read_balances() {
    for (value, expected) in [
        (None, Some(0)),
        (Some("0"), Some(0)),
        (Some("9979997"), Some(9_979_997)),
        (
            Some("340282366920938463463374607431768211455"),
            Some(u128::MAX),
        ),
        (Some("340282366920938463463374607431768211456"), None),
        (Some(""), None),
        (Some("+1"), None),
        (Some("-1"), None),
        (Some("1.0"), None),
        (Some(" 1"), None),
    ] {
        let got = balance(value.map(str::as_bytes));
        assert_eq!(got.ok(), expected, "{value:?}");
    }
}

/// Messages written field by field, independent of the types that read them.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn number(mut self, field: u8, number: u64) -> Self {
        self.0.push(field << 3);
        let mut rest = number;
        while rest >= 0x80 {
            self.0
                .push(u8::try_from(rest & 0x7f).expect("7 bits") | 0x80);
            rest >>= 7;
        }
        self.0.push(u8::try_from(rest).expect("7 bits"));
        self
    }

    fn bytes(mut self, field: u8, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.push(field << 3 | 2);
        self.0.push(u8::try_from(bytes.len()).expect("short"));
        self.0.extend(bytes);
        self
    }

    fn coin(self, field: u8, denom: &str, amount: &str) -> Self {
        let coin = Fields::default().bytes(1, denom).bytes(2, amount);
        self.bytes(field, coin.0)
    }

    fn priced(self, field: u8, denom: &str, amount: &str, price: &str) -> Self {
        let side = Fields::default().coin(1, denom, amount).bytes(2, price);
        self.bytes(field, side.0)
    }
}

fn new() -> Fields {
    Fields::default()
}

const HALF: &str = "500000000000000000";
const ONE: &str = "1000000000000000000";

#[test]
fn should_read_the_status_of_the_mint() {
    for (number, expected) in [
        (0, None),
        (1, Some((MintStatus::Healthy, true))),
        (2, Some((MintStatus::Warning, true))),
        (3, Some((MintStatus::HaltedByRatio, false))),
        (4, Some((MintStatus::HaltedByOracle, false))),
        (5, None),
    ] {
        // A previous status and a number of blocks follow, which mean nothing here.
        let value = new().number(1, number).number(2, 1).number(3, 10).0;
        let got = mint_status(&value).ok();
        assert_eq!(got.map(|s| (s, s.mints())), expected, "{number}");
    }
    assert!(mint_status(&[]).is_err());
}

#[test]
fn should_read_what_became_of_a_mint() {
    let value = new()
        .bytes(1, "akash1a")
        .bytes(2, "akash1a")
        .priced(5, "uakt", "20000000", HALF)
        .priced(6, "uact", "10000000", ONE)
        .coin(7, "uact", "25000");
    let got = executed(&value.0).expect("a record");
    assert_eq!(
        (got.burned, got.received, got.spread),
        (20_000_000, 9_975_000, 25_000)
    );
    assert_eq!(got.burned_price, Decimal::from_scaled(SCALE / 2));
    assert_eq!(got.received_price, Decimal::from_scaled(SCALE));
    // Of a burn, what is paid out again stands apart.
    let value = new()
        .priced(5, "uact", "1", ONE)
        .priced(9, "uact", "2", ONE)
        .priced(8, "uakt", "5", HALF);
    let got = executed(&value.0).expect("a record");
    assert_eq!((got.burned, got.received, got.spread), (3, 5, 0));
    let rows = [
        ("nothing", new()),
        ("no second side", new().priced(5, "uakt", "1", ONE)),
        (
            "a negative price",
            new()
                .priced(5, "uakt", "1", "-1")
                .priced(6, "uact", "1", ONE),
        ),
        (
            "a price with a point",
            new()
                .priced(5, "uakt", "1", "0.5")
                .priced(6, "uact", "1", ONE),
        ),
        (
            "more spread than coins",
            new()
                .priced(5, "uakt", "1", ONE)
                .priced(6, "uact", "1", ONE)
                .coin(7, "uact", "2"),
        ),
        (
            "more than 64 bits",
            new()
                .priced(5, "uakt", "18446744073709551616", ONE)
                .priced(6, "uact", "1", ONE),
        ),
        (
            "a sum of more than 64 bits",
            new()
                .priced(5, "uakt", "18446744073709551615", ONE)
                .priced(9, "uakt", "1", ONE)
                .priced(6, "uact", "1", ONE),
        ),
    ];
    for (desc, value) in rows {
        assert!(executed(&value.0).is_err(), "{desc}");
    }
    let value = new().bytes(1, "akash1a").number(2, 6).bytes(3, "akash1a");
    assert_eq!(cancelled(&value.0), Ok(6));
    let value = new()
        .bytes(1, "akash1a")
        .bytes(2, "akash1a")
        .coin(3, "uakt", "12")
        .bytes(4, "uact");
    let got = pending(&value.0).expect("a record");
    assert_eq!((got.owner.as_str(), got.amount), ("akash1a", 12));
    assert_eq!(
        (got.denom.as_str(), got.to_denom.as_str()),
        ("uakt", "uact")
    );
    assert!(pending(&[]).is_err(), "no coin");
}

#[test]
fn should_read_the_oracle() {
    let time = |seconds: u64, nanos: u64| new().number(1, seconds).number(2, nanos).0;
    let price = |at: Vec<u8>| {
        new()
            .bytes(1, "akt")
            .bytes(2, HALF)
            .bytes(3, ONE)
            .bytes(4, HALF)
            .bytes(5, ONE)
            .bytes(6, at)
            .number(7, 3)
            .number(8, 150)
    };
    let got = oracle_price(&price(time(1_700_000_000, 5)).0).expect("a price");
    assert_eq!(
        (got.denom.as_str(), got.sources, got.deviation_bps),
        ("akt", 3, 150)
    );
    assert_eq!(got.twap, Decimal::from_scaled(SCALE / 2));
    assert_eq!(
        (got.median, got.max),
        (Decimal::from_whole(1), Decimal::from_whole(1))
    );
    assert_eq!(got.at, 1_700_000_000 * NANOS_PER_SECOND + 5);
    for (desc, at) in [
        ("before 1970", time(u64::MAX, 0)),
        ("past 2554", time(u64::MAX / NANOS_PER_SECOND + 1, 0)),
        ("a whole second of nanoseconds", time(1, NANOS_PER_SECOND)),
        ("a negative fraction", time(1, u64::MAX)),
    ] {
        assert!(oracle_price(&price(at).0).is_err(), "{desc}");
    }
    assert!(oracle_price(&new().bytes(1, "akt").0).is_err(), "no price");
    let value = new().bytes(1, "akt").number(3, 1).number(4, 1).number(5, 1);
    let got = oracle_health(&value.number(6, 3).number(7, 2).bytes(8, "stale").0);
    let got = got.expect("a health");
    assert!(got.is_healthy && got.has_min_sources && got.deviation_ok);
    assert_eq!((got.sources, got.healthy_sources), (3, 2));
    let got = oracle_health(&new().bytes(1, "akt").0).expect("a health");
    assert!(!got.is_healthy);
}

#[test]
fn should_read_deployments_leases_and_escrow() {
    let id = new().bytes(1, "akash1a").number(2, 12_345).0;
    let value = |state| {
        new()
            .bytes(1, &id)
            .number(2, state)
            .bytes(3, [7; 32])
            .number(4, 99)
    };
    let got = deployment(&value(1).0).expect("a deployment");
    assert!(got.active);
    assert_eq!((got.hash, got.created_at), (vec![7; 32], 99));
    assert!(!deployment(&value(2).0).expect("a deployment").active);
    assert!(deployment(&value(0).0).is_err());
    assert!(deployment(&value(3).0).is_err());

    let value = |state| {
        let lease = new().bytes(1, &id).number(2, state).coin(3, "uact", ONE);
        lease.number(4, 99).number(5, 120).number(6, 10_000)
    };
    for (state, expected) in [
        (0, None),
        (1, Some(LeaseState::Active)),
        (2, Some(LeaseState::InsufficientFunds)),
        (3, Some(LeaseState::Closed)),
        (4, Some(LeaseState::Reclaiming)),
        (5, None),
    ] {
        let got = lease(&value(state).0).ok();
        assert_eq!(got.as_ref().map(|l| l.state), expected, "{state}");
        if let Some(lease) = got {
            assert_eq!(lease.price, Decimal::from_whole(1));
            assert_eq!((lease.closed_on, lease.reason), (120, 10_000));
        }
    }

    let deposit = new()
        .bytes(1, "akash1t")
        .number(2, 9)
        .number(3, 2)
        .coin(4, "uact", HALF);
    let value = |state, funds: &str| {
        let account = new().bytes(1, "akash1a").number(2, state);
        let account = account.coin(3, "uact", ONE).number(4, 120);
        account
            .coin(5, "uact", funds)
            .coin(5, "ibc/X", ONE)
            .bytes(6, &deposit.0)
    };
    let got = escrow(&value(1, HALF).0).expect("an account");
    assert!(got.open && !got.overdrawn);
    assert_eq!(got.funds_uact, Decimal::from_scaled(SCALE / 2));
    assert_eq!(got.transferred_uact, Decimal::from_whole(1));
    assert_eq!((got.settled_at, got.deposits.len()), (120, 1));
    assert_eq!(got.deposits[0].owner, "akash1t");
    assert_eq!(got.deposits[0].left_uact, Decimal::from_scaled(SCALE / 2));
    let owing = escrow(&value(3, "-5").0).expect("an account");
    assert!(!owing.open && owing.overdrawn);
    assert_eq!(owing.funds_uact, Decimal::ZERO);
    assert!(escrow(&value(0, HALF).0).is_err());
    assert!(escrow(&value(1, "--5").0).is_err());

    let value = new()
        .bytes(1, "akash1p")
        .number(2, 2)
        .coin(3, "uact", ONE)
        .coin(4, "uact", HALF)
        .coin(5, "uact", "0")
        .coin(6, "uact", "77");
    let got = payment(&value.0).expect("a payment");
    assert!(!got.open && !got.overdrawn);
    assert_eq!(
        (got.rate_uact, got.withdrawn_uact),
        (Decimal::from_whole(1), 77)
    );
    assert_eq!(got.balance_uact, Decimal::from_scaled(SCALE / 2));
}
