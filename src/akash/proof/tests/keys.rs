//! Where things are.

use super::super::*;
use crate::akash::ids::{BidId, LedgerId};

const A: [u8; 20] = [1; 20];

fn bid() -> BidId {
    BidId {
        owner: "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x".into(),
        dseq: 12_345,
        gseq: 1,
        oseq: 1,
        provider: "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls".into(),
        bseq: 0,
    }
}

/// **Source** derived by hand from Akash v2.1.
#[test]
fn should_know_where_things_are() {
    let text = |prefix: &str, path: &str| format!("{prefix}{}", hex::encode(path));
    let account = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
    let (open, closed) = (EscrowKeyState::Open, EscrowKeyState::Closed);
    let record = |stage| Key::BmeRecord {
        id: LedgerId {
            denom: "uakt".into(),
            to_denom: "uact".into(),
            source: bid().owner,
            height: 258,
            sequence: 3,
        },
        stage,
    };
    let ledger = "0475616b740475616374140101010101010101010101010101010101010101000000000000010200000000000000 03".replace(' ', "");
    let rows = [
        (
            "bank",
            Key::Balance {
                address: A,
                denom: "uact".into(),
            },
            "0214010101010101010101010101010101010101010175616374".to_string(),
        ),
        (
            "bank",
            Key::Supply {
                denom: "uact".into(),
            },
            "0075616374".into(),
        ),
        (
            "acc",
            Key::Account { address: A },
            "010101010101010101010101010101010101010101".into(),
        ),
        (
            "deployment",
            Key::Deployment {
                owner: A,
                dseq: 12_345,
            },
            "1101616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c6776653578000000000000003039".into(),
        ),
        (
            "deployment",
            Key::Group {
                owner: A,
                dseq: 12_345,
                gseq: 1,
            },
            "1201616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c677665357800000000000000303900000001".into(),
        ),
        (
            "market",
            Key::Order {
                owner: A,
                dseq: 12_345,
                gseq: 1,
                oseq: 1,
            },
            "1101616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c67766535780000000000000030390000000100000001".into(),
        ),
        ("market", Key::Bid(bid()), "1202616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c67766535780000000000000030390000000100000001616b61736831716770717971737a716770717971737a716770717971737a716770717971737a777632756c730000000000".into()),
        ("market", Key::Lease(bid()), "1302616b61736831717971737a716770717971737a716770717971737a716770717971737a7167706c67766535780000000000000030390000000100000001616b61736831716770717971737a716770717971737a716770717971737a716770717971737a777632756c730000000000".into()),
        (
            "escrow",
            Key::EscrowAccount {
                owner: A,
                dseq: 12_345,
                state: open,
            },
            text("110001", &format!("/deployment/{account}/12345")),
        ),
        (
            "escrow",
            Key::EscrowPayment {
                lease: bid(),
                state: open,
            },
            text(
                "120001",
                &format!("/deployment/{account}/12345/1/1/{}", bid().provider),
            ),
        ),
        (
            "escrow",
            Key::EscrowBid {
                bid: bid(),
                state: closed,
            },
            text(
                "110002",
                &format!("/bid/{account}/12345/1/1/{}", bid().provider),
            ),
        ),
        (
            "bme",
            record(LedgerStage::Pending),
            format!("0301{ledger}"),
        ),
        (
            "bme",
            record(LedgerStage::Executed),
            format!("0302{ledger}"),
        ),
        (
            "bme",
            record(LedgerStage::Cancelled),
            format!("0304{ledger}"),
        ),
        ("bme", Key::BmeStatus, "0400".into()),
        ("bme", Key::BmeParams, "0900".into()),
        (
            "oracle",
            Key::OraclePrice {
                denom: "akt".into(),
                base: "usd".into(),
            },
            "110203616b7403757364".into(),
        ),
        (
            "oracle",
            Key::OracleHealth {
                denom: "akt".into(),
                base: "usd".into(),
            },
            "110303616b7403757364".into(),
        ),
        ("oracle", Key::OracleParams, "09".into()),
        ("deployment", Key::DeploymentParams, "1400".into()),
        ("market", Key::MarketParams, "1400".into()),
        (
            "provider",
            Key::Provider { owner: A },
            format!("0114{}", "01".repeat(20)),
        ),
        (
            "audit",
            Key::AuditedAttributes {
                owner: A,
                auditor: [2; 20],
            },
            format!("0114{}14{}", "01".repeat(20), "02".repeat(20)),
        ),
    ];
    for (store, key, expected) in rows {
        assert_eq!(hex::encode(key.bytes()), expected, "{key:?}");
        assert_eq!(key.store(), store, "{key:?}");
    }
}
