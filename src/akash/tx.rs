//! Transactions: what is signed, and what is sent.

use super::gas;
use super::ids::UAKT;
use super::message::{Message, coin};
use super::proto::{Any, Timestamp, tx};
use crate::kernel::money::Uakt;
use crate::kernel::{NANOS_PER_SECOND, Nanos};
use minicbor::{Decode, Encode};
use prost::Message as _;
use sha2::{Digest, Sha256};

/// Longest life of an unordered transaction that we sign, counted from the last block time that
/// was seen. The chain allows ten minutes. **Units** ns. **Source** Cosmos SDK,
/// `x/auth/ante/unordered`, less two minutes for clocks that differ.
pub const MAX_TX_LIFE: Nanos = 8 * 60 * NANOS_PER_SECOND;

/// Signature mode "direct". **Source** `cosmos.tx.signing.v1beta1.SignMode`.
const SIGN_MODE_DIRECT: i32 = 1;

/// What keeps a transaction from being executed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The timeout, which must be unique for its signer.
    Unordered,
    /// The account's sequence.
    Sequence(u64),
}

/// Everything that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxPlan {
    /// What it does, in order, all or nothing.
    pub messages: Vec<Message>,
    /// At most 256 characters.
    pub memo: String,
    /// Compressed key of the signer.
    pub public_key: [u8; 33],
    /// The signer's account number.
    pub account_number: u64,
    /// How it is kept from being executed twice.
    pub order: Order,
    /// After a block time later than this it is dead. Required when unordered.
    pub timeout_ns: Option<Nanos>,
    /// Gas limit.
    pub gas: u64,
    /// Fee.
    pub fee: Uakt,
    /// Who pays the fee, when not the signer.
    pub granter: Option<String>,
}

/// An account that signs in order. Number and sequence come from a proven account record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderedSigner {
    /// Compressed key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub public_key: [u8; 33],
    /// The account's number.
    #[n(1)]
    pub account_number: u64,
    /// How many ordered transactions of it are in blocks.
    #[n(2)]
    pub sequence: u64,
}

/// A transaction that lacks its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTx {
    body: Vec<u8>,
    auth_info: Vec<u8>,
    digest: [u8; 32],
}

/// A transaction that can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedTx {
    /// `TxRaw`.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, upper-case hexadecimal: how the chain names it.
    #[n(1)]
    pub hash: String,
}

impl TxPlan {
    /// A transaction of an account that signs in order, and pays for itself. Of two with the same
    /// sequence the chain takes one alone, so that one with a higher fee replaces one that hangs.
    ///
    /// `price` is in thousandths of a uakt per gas. `None` when the fee does not fit its type.
    #[must_use]
    pub fn ordered(
        signer: &OrderedSigner,
        messages: Vec<Message>,
        memo: String,
        timeout_ns: Nanos,
        price: u64,
    ) -> Option<Self> {
        let gas = gas::limit(&messages);
        Some(Self {
            messages,
            memo,
            public_key: signer.public_key,
            account_number: signer.account_number,
            order: Order::Sequence(signer.sequence),
            timeout_ns: Some(timeout_ns),
            gas,
            fee: gas::fee(gas, price)?,
            granter: None,
        })
    }

    /// What is to be signed for one chain.
    #[must_use]
    pub fn unsigned(&self, chain_id: &str) -> UnsignedTx {
        let (unordered, sequence) = match self.order {
            Order::Unordered => (true, 0),
            Order::Sequence(sequence) => (false, sequence),
        };
        let body = tx::TxBody {
            messages: self.messages.iter().map(Message::to_any).collect(),
            memo: self.memo.clone(),
            unordered,
            timeout_timestamp: self.timeout_ns.map(timestamp),
        }
        .encode_to_vec();
        let auth_info = tx::AuthInfo {
            signer_infos: vec![tx::SignerInfo {
                public_key: Some(Any {
                    type_url: "/cosmos.crypto.secp256k1.PubKey".into(),
                    value: tx::PubKey {
                        key: self.public_key.to_vec(),
                    }
                    .encode_to_vec(),
                }),
                mode_info: Some(tx::ModeInfo {
                    single: Some(tx::Single {
                        mode: SIGN_MODE_DIRECT,
                    }),
                }),
                sequence,
            }],
            fee: Some(tx::Fee {
                amount: vec![coin(UAKT, self.fee.0)],
                gas_limit: self.gas,
                payer: String::new(),
                granter: self.granter.clone().unwrap_or_default(),
            }),
        }
        .encode_to_vec();
        let doc = tx::SignDoc {
            body_bytes: body.clone(),
            auth_info_bytes: auth_info.clone(),
            chain_id: chain_id.into(),
            account_number: self.account_number,
        };
        UnsignedTx {
            body,
            auth_info,
            digest: Sha256::digest(doc.encode_to_vec()).into(),
        }
    }
}

impl UnsignedTx {
    /// What the key signs.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// With its signature, `r || s` with `s` in the lower half.
    #[must_use]
    pub fn signed(self, signature: [u8; 64]) -> SignedTx {
        let bytes = tx::TxRaw {
            body_bytes: self.body,
            auth_info_bytes: self.auth_info,
            signatures: vec![signature.to_vec()],
        }
        .encode_to_vec();
        let hash = hex::encode_upper(Sha256::digest(&bytes));
        SignedTx { bytes, hash }
    }
}

fn timestamp(ns: Nanos) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(ns / NANOS_PER_SECOND).expect("64-bit ns are fewer seconds"),
        nanos: i32::try_from(ns % NANOS_PER_SECOND).expect("below 10^9"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmos_sdk_proto::cosmos::tx::v1beta1 as sdk;
    use cosmos_sdk_proto::prost::Message as _;
    use k256::ecdsa::signature::hazmat::PrehashVerifier;
    use k256::ecdsa::{Signature, VerifyingKey};

    const KEY: &str = "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f";
    const SELF: &str = "akash10xcqpzrky6eff2g52qdye53xkk9jxkvrvmhmee";

    fn key() -> [u8; 33] {
        let bytes = hex::decode(KEY).expect("a constant");
        bytes.try_into().expect("33 bytes")
    }

    /// A whole transaction of cosmjs: account 7, sequence 3, MsgMintACT of 10 AKT to itself.
    #[test]
    fn should_agree_with_cosmjs() {
        let plan = TxPlan {
            messages: vec![Message::MintAct {
                owner: SELF.into(),
                burn: Uakt(10_000_000),
            }],
            memo: String::new(),
            public_key: key(),
            account_number: 7,
            order: Order::Sequence(3),
            timeout_ns: None,
            gas: 200_000,
            fee: Uakt(5_000),
            granter: None,
        };
        let unsigned = plan.unsigned("akashnet-2");
        assert_eq!(
            hex::encode(&unsigned.auth_info),
            "0a500a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21031b\
             84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f12040a020801180312120a0c\
             0a0475616b7412043530303010c09a0c"
                .replace(char::is_whitespace, "")
        );
        let digest = unsigned.digest();
        assert_eq!(
            hex::encode(digest),
            "f103006b32a7082182583f9b5d12c475ae28e00eaf7e00247ce4354645e09f06"
        );
        let signature: [u8; 64] = hex::decode(
            "a8fa8eed293e5175aeee251b30d5f71c00eb07818979467a20c0e82701569c181a5ee4d8b85fcafbdcdad1\
             89136682c0b50fb6746eb9e27b54e6c067f3237c06"
                .replace(char::is_whitespace, ""),
        )
        .expect("a constant")
        .try_into()
        .expect("64 bytes");
        let signed = unsigned.signed(signature);
        assert_eq!(signed.bytes.len(), 314);
        assert_eq!(
            signed.hash,
            "9984B3C035172B093268C1DF7853A5B740A5E0AFCC785463F496A2DF0803AE5D"
        );
        VerifyingKey::from_sec1_bytes(&key())
            .expect("a point")
            .verify_prehash(
                &digest,
                &Signature::from_slice(&signature).expect("two scalars"),
            )
            .expect("the signature of cosmjs");
        for id in ["message/transaction", "message/sign-bytes"] {
            conformance::confirm(
                conformance::Suite::Vectors,
                id,
                "a transaction of cosmjs, recorded",
            );
        }
    }

    /// A twin with a higher fee has the same place in the account's order: one of them is taken.
    #[test]
    fn should_give_a_dearer_twin_the_same_place() {
        let signer = OrderedSigner {
            public_key: key(),
            account_number: 7,
            sequence: 3,
        };
        let send = || Message::Send {
            from: SELF.into(),
            to: SELF.into(),
            denom: UAKT.into(),
            amount: 5,
        };
        let twin = |price| {
            let messages = vec![send(), send()];
            TxPlan::ordered(&signer, messages, "fill 1".into(), 9, price).expect("a small fee")
        };
        let (first, second) = (twin(25), twin(50));
        let gas = gas::BASE + 2 * gas::SEND;
        assert_eq!((first.gas, first.fee), (gas, Uakt(gas * 25 / 1000)));
        assert_eq!((second.gas, second.fee), (gas, Uakt(gas * 50 / 1000)));
        for plan in [&first, &second] {
            assert_eq!(plan.order, Order::Sequence(3));
            assert_eq!((plan.account_number, plan.timeout_ns), (7, Some(9)));
            assert_eq!(plan.granter, None);
        }
        assert_eq!(
            TxPlan::ordered(&signer, vec![send()], String::new(), 9, u64::MAX),
            None
        );
    }

    #[test]
    fn should_read_back_as_a_transaction_of_the_sdk() {
        let plan = TxPlan {
            messages: vec![Message::CloseDeployment {
                owner: SELF.into(),
                dseq: 9,
            }],
            memo: "a memo".into(),
            public_key: key(),
            account_number: 1,
            order: Order::Unordered,
            timeout_ns: Some(1_795_478_400_000_000_017),
            gas: 300_000,
            fee: Uakt(7_500),
            granter: Some("akash1granter".into()),
        };
        let unsigned = plan.unsigned("akashnet-2");
        let digest = unsigned.digest();
        let signed = unsigned.signed([7; 64]);
        let raw = sdk::TxRaw::decode(&signed.bytes[..]).expect("our bytes");
        assert_eq!(raw.signatures, [vec![7; 64]]);
        let auth = sdk::AuthInfo::decode(&raw.auth_info_bytes[..]).expect("our bytes");
        let fee = auth.fee.expect("a fee");
        assert_eq!(
            (fee.gas_limit, fee.granter.as_str()),
            (300_000, "akash1granter")
        );
        assert_eq!(auth.signer_infos[0].sequence, 0);
        let body = sdk::TxBody::decode(&raw.body_bytes[..]).expect("our bytes");
        assert_eq!(body.memo, "a memo");
        assert_eq!(body.messages.len(), 1);
        let doc = sdk::SignDoc {
            body_bytes: raw.body_bytes.clone(),
            auth_info_bytes: raw.auth_info_bytes,
            chain_id: "akashnet-2".into(),
            account_number: 1,
        };
        assert_eq!(
            digest,
            <[u8; 32]>::from(Sha256::digest(doc.encode_to_vec()))
        );
        // Fields 4 (unordered) and 5 (timeout_timestamp) are younger than the SDK's Rust types.
        let tail = "2001\
                    2a080880a793d806 1011"
            .replace(char::is_whitespace, "");
        assert!(
            hex::encode(&raw.body_bytes).ends_with(&tail),
            "{}",
            hex::encode(&raw.body_bytes)
        );
    }
}
