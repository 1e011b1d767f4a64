//! Events outlive upgrades: they survive the log, and their numbers never change.

use super::super::{Deposit, Event, Order, Policy, Purpose, SeenBid, Terms};
use crate::akash::ids::BidId;
use crate::kernel::decimal::Decimal;
use crate::kernel::money::{Uact, Uakt};
use crate::sdl::Attribute;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn arb_decimal() -> impl Strategy<Value = Decimal> {
    any::<u128>().prop_map(Decimal::from_scaled)
}

fn arb_bid() -> impl Strategy<Value = SeenBid> {
    (any::<(String, u64, u32, u32, String, u32)>(), arb_decimal()).prop_map(
        |((owner, dseq, gseq, oseq, provider, bseq), price)| SeenBid {
            id: BidId {
                owner,
                dseq,
                gseq,
                oseq,
                provider,
                bseq,
            },
            price,
        },
    )
}

fn arb_terms() -> impl Strategy<Value = Terms> {
    (
        any::<u64>(),
        arb_decimal(),
        vec(arb_decimal(), 0..3),
        any::<u64>(),
    )
        .prop_map(|(deposit, max_price, group_max, fees)| Terms {
            deposit: Uact(deposit),
            max_price,
            group_max,
            fees: Uakt(fees),
        })
}

fn arb_purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        any::<(u64, String, u64)>().prop_map(|(account_number, treasury, deposit)| {
            Purpose::Create {
                account_number,
                treasury,
                deposit: Uact(deposit),
            }
        }),
        vec(arb_bid(), 0..3).prop_map(|bids| Purpose::Lease { bids }),
        any::<u32>().prop_map(|gseq| Purpose::CloseLease { gseq }),
        Just(Purpose::Close),
    ]
}

fn arb_deposit() -> impl Strategy<Value = Deposit> {
    (any::<String>(), arb_decimal()).prop_map(|(owner, balance)| Deposit { owner, balance })
}

pub(super) fn arb_event() -> impl Strategy<Value = Event> {
    let text = any::<String>();
    let pair = any::<(String, String)>();
    prop_oneof![
        arb_terms().prop_map(|terms| Event::Planned { terms }),
        (vec(any::<u8>(), 33), text).prop_map(|(key, owner)| Event::KeyDerived {
            public_key: key.try_into().expect("33 bytes were made"),
            owner
        }),
        (arb_purpose(), vec(any::<u8>(), 0..9), text, any::<u64>()).prop_map(
            |(purpose, bytes, hash, timeout_ns)| Event::TxSigned {
                purpose,
                bytes,
                hash,
                timeout_ns
            }
        ),
        Just(Event::TxAccepted),
        pair.prop_map(|(endpoint, why)| Event::TxRefused { endpoint, why }),
        option::of(any::<u64>()).prop_map(|height| Event::TxConfirmed { height }),
        any::<(u64, String, u32, String)>().prop_map(|(height, codespace, code, log)| {
            Event::TxFailed {
                height,
                codespace,
                code,
                log,
            }
        }),
        Just(Event::TxPending),
        option::of(text).prop_map(|refused| Event::TxDead { refused }),
        (vec(arb_bid(), 0..4), any::<bool>())
            .prop_map(|(bids, agreed)| Event::BidsSeen { bids, agreed }),
        pair.prop_map(|(provider, host_uri)| Event::ProviderFound { provider, host_uri }),
        pair.prop_map(|(provider, why)| Event::ProviderDoubted { provider, why }),
        pair.prop_map(|(provider, why)| Event::ProviderDenied { provider, why }),
        text.prop_map(|provider| Event::ManifestAccepted { provider }),
        pair.prop_map(|(provider, why)| Event::ManifestTried { provider, why }),
        any::<(u32, String)>().prop_map(|(gseq, why)| Event::StatusRead { gseq, why }),
        any::<(u32, Vec<String>)>().prop_map(|(gseq, uris)| Event::ServiceReady { gseq, uris }),
        pair.prop_map(|(provider, why)| Event::LeaseFailed { provider, why }),
        Just(Event::Watched),
        text.prop_map(|reason| Event::CloseOrdered { reason }),
        text.prop_map(|reason| Event::CloseDecided { reason }),
        (vec(arb_deposit(), 0..3), arb_decimal()).prop_map(|(deposits, transferred)| {
            Event::EscrowSeen {
                deposits,
                transferred,
            }
        }),
        any::<(u64, u64)>().prop_map(|(spent, refund)| Event::Settled {
            spent: Uact(spent),
            refund: Uact(refund)
        }),
        text.prop_map(|reason| Event::GivenUp { reason }),
        any::<(String, bool)>().prop_map(|(why, round)| Event::Fruitless { why, round }),
        text.prop_map(|reason| Event::Stuck { reason }),
    ]
}

proptest! {
    #[test]
    fn should_read_back_each_event(event in arb_event()) {
        let bytes = minicbor::to_vec(&event).expect("memory does not fail");
        prop_assert_eq!(minicbor::decode::<Event>(&bytes).expect("as written"), event);
    }

    #[test]
    fn should_read_back_each_order(
        numbers in any::<(u64, u64, u64, u64, u64)>(),
        texts in any::<(String, String, String)>(),
        lists in any::<(Vec<String>, Vec<String>, Vec<String>, Vec<(String, String)>)>(),
        hash in any::<[u8; 32]>(),
        allow_tags: bool,
    ) {
        let (nonce, max_uact_per_block, term_s, dseq, expires_at_s) = numbers;
        let (budget, name, sdl) = texts;
        let (audited_by, allowed_providers, denied_providers, attributes) = lists;
        let required_attributes = attributes
            .into_iter()
            .map(|(key, value)| Attribute { key, value })
            .collect();
        let order = Order {
            nonce, payload_hash: hash, budget, name, sdl, term_s, allow_tags, dseq, expires_at_s,
            policy: Policy {
                max_uact_per_block, required_attributes, audited_by, allowed_providers,
                denied_providers,
            },
        };
        let bytes = minicbor::to_vec(&order).expect("memory does not fail");
        prop_assert_eq!(minicbor::decode::<Order>(&bytes).expect("as written"), order);
    }
}

#[test]
fn should_never_renumber_what_is_in_the_log() {
    let rows: [(Event, &str); 5] = [
        (Event::TxAccepted, "820380"),
        (Event::TxPending, "820780"),
        (Event::Watched, "821280"),
        (
            Event::Settled {
                spent: Uact(1),
                refund: Uact(2),
            },
            "8216820102",
        ),
        (
            Event::Fruitless {
                why: "x".into(),
                round: true,
            },
            "82181882617 8f5",
        ),
    ];
    for (event, expected) in rows {
        let bytes = minicbor::to_vec(&event).expect("memory does not fail");
        assert_eq!(hex::encode(bytes), expected.replace(' ', ""), "{event:?}");
    }
}
