//! Our bytes against those of cosmos-sdk-proto. What Akash adds is compared with its own library:
//! messages in [`super::message`], groups in the tests of [`crate::sdl`].

use super::address;
use super::ids::BidId;
use super::message::{ACCOUNT_DEPOSIT, CLOSE_DEPLOYMENT, CREATE_LEASE, Message};
use super::tx::{Order, SignedTx, TxPlan};
use crate::kernel::money::{Uact, Uakt};
use cosmos_sdk_proto::cosmos::authz::v1beta1 as authz;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use cosmos_sdk_proto::cosmos::crypto::secp256k1;
use cosmos_sdk_proto::cosmos::feegrant::v1beta1 as feegrant;
use cosmos_sdk_proto::cosmos::tx::v1beta1 as tx;
use cosmos_sdk_proto::prost::{Message as _, Name};
use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use k256::ecdsa::{Signature, SigningKey, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const GRANTER: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
const GRANTEE: &str = "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls";

/// A message of the SDK with its name.
fn packed(
    type_url: &str,
    message: &impl cosmos_sdk_proto::prost::Message,
) -> cosmos_sdk_proto::Any {
    cosmos_sdk_proto::Any {
        type_url: type_url.into(),
        value: message.encode_to_vec(),
    }
}

fn coin(denom: &str, amount: &str) -> Coin {
    Coin {
        denom: denom.into(),
        amount: amount.into(),
    }
}

fn named<T: Name>(message: &T) -> (String, Vec<u8>) {
    (T::type_url(), message.encode_to_vec())
}

#[test]
fn should_name_and_encode_permissions_as_the_sdk_does() {
    let names = || (GRANTER.to_string(), GRANTEE.to_string());
    let (granter, grantee) = names();
    // No Rust library has this one: spend_limit 0uakt, scopes [deployment], spend_limits [7uact].
    let deposit = cosmos_sdk_proto::Any {
        type_url: "/akash.escrow.v1.DepositAuthorization".into(),
        value: hex::decode("0a090a0475616b741201301201011a090a0475616374120137").expect("hex"),
    };
    let allowance = feegrant::AllowedMsgAllowance {
        allowance: Some(packed(
            "/cosmos.feegrant.v1beta1.BasicAllowance",
            &feegrant::BasicAllowance {
                spend_limit: vec![coin("uakt", "9")],
                expiration: None,
            },
        )),
        allowed_messages: vec![CREATE_LEASE.into(), CLOSE_DEPLOYMENT.into()],
    };
    let rows = [
        (
            Message::GrantDeposit {
                granter: granter.clone(),
                grantee: grantee.clone(),
                limit: Uact(7),
            },
            named(&authz::MsgGrant {
                granter: granter.clone(),
                grantee: grantee.clone(),
                grant: Some(authz::Grant {
                    authorization: Some(deposit),
                    expiration: None,
                }),
            }),
        ),
        (
            Message::RevokeDeposit {
                granter: granter.clone(),
                grantee: grantee.clone(),
            },
            named(&authz::MsgRevoke {
                granter: granter.clone(),
                grantee: grantee.clone(),
                msg_type_url: ACCOUNT_DEPOSIT.into(),
            }),
        ),
        (
            Message::GrantFees {
                granter: granter.clone(),
                grantee: grantee.clone(),
                limit: Uakt(9),
                allowed: vec![CREATE_LEASE.into(), CLOSE_DEPLOYMENT.into()],
            },
            named(&feegrant::MsgGrantAllowance {
                granter: granter.clone(),
                grantee: grantee.clone(),
                allowance: Some(packed(
                    "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
                    &allowance,
                )),
            }),
        ),
        (
            Message::RevokeFees {
                granter: granter.clone(),
                grantee: grantee.clone(),
            },
            named(&feegrant::MsgRevokeAllowance { granter, grantee }),
        ),
    ];
    for (message, (type_url, value)) in rows {
        let ours = message.to_any();
        assert_eq!(ours.type_url, type_url);
        assert_eq!(hex::encode(ours.value), hex::encode(value), "{type_url}");
    }
}

/// The whole of an ordered transaction, built once more with the types of the SDK.
fn reference(plan: &TxPlan, chain_id: &str, signature: [u8; 64]) -> ([u8; 32], Vec<u8>) {
    let Order::Sequence(sequence) = plan.order else {
        panic!("the SDK's Rust types know no unordered transactions yet");
    };
    let body_bytes = tx::TxBody {
        messages: plan
            .messages
            .iter()
            .map(Message::to_any)
            .map(|any| cosmos_sdk_proto::Any {
                type_url: any.type_url,
                value: any.value,
            })
            .collect(),
        memo: plan.memo.clone(),
        ..Default::default()
    }
    .encode_to_vec();
    let key = secp256k1::PubKey {
        key: plan.public_key.to_vec(),
    };
    let single = tx::mode_info::Single { mode: 1 };
    let auth_info_bytes = tx::AuthInfo {
        signer_infos: vec![tx::SignerInfo {
            public_key: Some(packed("/cosmos.crypto.secp256k1.PubKey", &key)),
            mode_info: Some(tx::ModeInfo {
                sum: Some(tx::mode_info::Sum::Single(single)),
            }),
            sequence,
        }],
        fee: Some(tx::Fee {
            amount: vec![coin("uakt", &plan.fee.0.to_string())],
            gas_limit: plan.gas,
            payer: String::new(),
            granter: plan.granter.clone().unwrap_or_default(),
        }),
        ..Default::default()
    }
    .encode_to_vec();
    let doc = tx::SignDoc {
        body_bytes: body_bytes.clone(),
        auth_info_bytes: auth_info_bytes.clone(),
        chain_id: chain_id.into(),
        account_number: plan.account_number,
    };
    let raw = tx::TxRaw {
        body_bytes,
        auth_info_bytes,
        signatures: vec![signature.to_vec()],
    };
    (
        Sha256::digest(doc.encode_to_vec()).into(),
        raw.encode_to_vec(),
    )
}

fn bid(dseq: u64, gseq: u32) -> BidId {
    BidId {
        owner: GRANTER.into(),
        dseq,
        gseq,
        oseq: 1,
        provider: GRANTEE.into(),
        bseq: 0,
    }
}

prop_compose! {
    fn arb_plan()(
        dseq: u64,
        gseq: u32,
        memo in "[a-z ü]{0,40}",
        public_key in proptest::array::uniform32(any::<u8>()),
        account_number: u64,
        sequence: u64,
        gas: u64,
        fee: u64,
        granter in proptest::option::of(Just(GRANTER.to_string())),
    ) -> TxPlan {
        let mut key = [2; 33];
        key[1..].copy_from_slice(&public_key);
        TxPlan {
            messages: vec![
                Message::CreateLease { bid: bid(dseq, gseq) },
                Message::CloseLease { lease: bid(dseq, gseq) },
                Message::CloseDeployment { owner: GRANTER.into(), dseq },
            ],
            memo,
            public_key: key,
            account_number,
            order: Order::Sequence(sequence),
            timeout_ns: None,
            gas,
            fee: Uakt(fee),
            granter,
        }
    }
}

proptest! {
    #[test]
    fn should_encode_transactions_as_the_sdk_does(plan in arb_plan(), byte: u8) {
        let signature = [byte; 64];
        let (digest, bytes) = reference(&plan, "akashnet-2", signature);
        let ours = plan.unsigned("akashnet-2");
        prop_assert_eq!(ours.digest(), digest);
        let SignedTx { bytes: our_bytes, hash } = ours.signed(signature);
        prop_assert_eq!(hash, hex::encode_upper(Sha256::digest(&bytes)));
        prop_assert_eq!(our_bytes, bytes);
    }
}

#[test]
fn should_sign_for_one_chain_and_one_account() {
    let key = SigningKey::from_slice(&[1; 32]).expect("a scalar");
    let point = key.verifying_key().to_encoded_point(true);
    let public_key: [u8; 33] = point.as_bytes().try_into().expect("a compressed point");
    assert_eq!(
        address::address(&public_key),
        "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee"
    );
    let plan = TxPlan {
        messages: vec![Message::CreateLease { bid: bid(12345, 1) }],
        memo: String::new(),
        public_key,
        account_number: 7,
        order: Order::Unordered,
        timeout_ns: Some(1_795_478_400_000_000_017),
        gas: 1,
        fee: Uakt(1),
        granter: None,
    };
    let digest = plan.unsigned("akashnet-2").digest();
    let signature: Signature = key.sign_prehash(&digest).expect("32 bytes");
    assert!(signature.normalize_s().is_none(), "a low s");
    let signed = plan
        .unsigned("akashnet-2")
        .signed(signature.to_bytes().into());
    let raw = tx::TxRaw::decode(&signed.bytes[..]).expect("our bytes");
    let sent = Signature::from_slice(&raw.signatures[0]).expect("two scalars");
    VerifyingKey::from_sec1_bytes(&public_key)
        .expect("a point")
        .verify_prehash(&digest, &sent)
        .expect("our signature");

    let another_account = TxPlan {
        account_number: 8,
        ..plan.clone()
    };
    let another_moment = TxPlan {
        timeout_ns: Some(1_795_478_400_000_000_018),
        ..plan.clone()
    };
    for other in [
        plan.unsigned("akashnet-3"),
        another_account.unsigned("akashnet-2"),
        another_moment.unsigned("akashnet-2"),
    ] {
        assert_ne!(other.digest(), digest);
    }
}

#[test]
fn should_survive_storage() {
    let tx = SignedTx {
        bytes: vec![0, 1, 2],
        hash: "AB".into(),
    };
    let stored = minicbor::to_vec(&tx).expect("memory does not fail");
    assert_eq!(minicbor::decode::<SignedTx>(&stored).expect("ours"), tx);
}

/// Module accounts are named by a hash: addresses that we did not make ourselves.
#[test]
fn should_write_addresses_as_the_chain_does() {
    for (module, text) in [
        ("gov", "akash10d07y265gmmuvt4z0w9aw880jnsr700jhe7z0f"),
        ("escrow", "akash14pphss726thpwws3yc458hggufynm9x77l4l2u"),
        ("bme", "akash1klpwzlvfnw7j8gtdd0cuu9vaw9ermsmd37sg55"),
        (
            "fee_collector",
            "akash17xpfvakm2amg962yls6f84z3kell8c5lazw8j8",
        ),
        (
            "distribution",
            "akash1jv65s3grqf6v6jl3dp4t6c9t9rk99cd82yfms9",
        ),
    ] {
        let hash = Sha256::digest(module);
        let bytes: [u8; 20] = hash[..20].try_into().expect("20 bytes");
        assert_eq!(address::encode(&bytes), text, "{module}");
        assert_eq!(address::decode(text), Ok(bytes), "{module}");
    }
}
