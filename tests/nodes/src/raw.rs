//! Transactions made apart from the product: messages that it does not send, and envelopes that it
//! would not make.

use crate::actor::Actor;
use akash_standin::proto::{Any, Seconds, TxBody};
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey;
use cosmos_sdk_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxRaw};
use cosmos_sdk_proto::traits::Message as _;
use orchestrator::akash::tx::SignedTx;
use prost::Message as _;
use sha2::{Digest, Sha256};

/// What is to be signed, field by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// What it does.
    pub messages: Vec<Any>,
    /// Note.
    pub memo: String,
    /// Block after which it is dead; 0 for none.
    pub timeout_height: u64,
    /// Time after which it is dead. **Units** ns.
    pub timeout_ns: Option<u64>,
    /// Without a sequence.
    pub unordered: bool,
    /// Part of the signature, one for each signer.
    pub account_numbers: Vec<u64>,
    /// One for each signer.
    pub sequences: Vec<u64>,
    /// Gas limit.
    pub gas: u64,
    /// **Units** uakt.
    pub fee: u64,
}

impl Raw {
    /// Signed by `signers`, the payer first. **Panics** when there are not as many numbers.
    #[must_use]
    pub fn signed(&self, signers: &[&Actor], chain_id: &str) -> SignedTx {
        let body = TxBody {
            messages: self.messages.clone(),
            memo: self.memo.clone(),
            timeout_height: self.timeout_height,
            unordered: self.unordered,
            timeout_timestamp: self.timeout_ns.map(|ns| Seconds {
                seconds: i64::try_from(ns / 1_000_000_000).expect("a time"),
                nanos: i32::try_from(ns % 1_000_000_000).expect("below a second"),
            }),
            ..TxBody::default()
        }
        .encode_to_vec();
        let infos = signers.iter().zip(&self.sequences);
        let auth_info = AuthInfo {
            signer_infos: infos
                .map(|(signer, sequence)| SignerInfo {
                    public_key: Some(cosmos_sdk_proto::Any {
                        type_url: "/cosmos.crypto.secp256k1.PubKey".into(),
                        value: PubKey {
                            key: signer.public_key().to_vec(),
                        }
                        .encode_to_vec(),
                    }),
                    mode_info: Some(ModeInfo {
                        sum: Some(Sum::Single(Single { mode: 1 })),
                    }),
                    sequence: *sequence,
                })
                .collect(),
            fee: Some(Fee {
                amount: vec![Coin {
                    denom: "uakt".into(),
                    amount: self.fee.to_string(),
                }],
                gas_limit: self.gas,
                payer: String::new(),
                granter: String::new(),
            }),
            ..AuthInfo::default()
        }
        .encode_to_vec();
        let signatures = signers.iter().zip(&self.account_numbers);
        let signatures = signatures
            .map(|(signer, number)| {
                let document = SignDoc {
                    body_bytes: body.clone(),
                    auth_info_bytes: auth_info.clone(),
                    chain_id: chain_id.into(),
                    account_number: *number,
                };
                let digest: [u8; 32] = Sha256::digest(document.encode_to_vec()).into();
                signer.sign(digest).to_vec()
            })
            .collect();
        let bytes = TxRaw {
            body_bytes: body,
            auth_info_bytes: auth_info,
            signatures,
        }
        .encode_to_vec();
        let hash = hex::encode_upper(Sha256::digest(&bytes));
        SignedTx { bytes, hash }
    }
}

/// A message of the SDK in its envelope.
#[must_use]
pub fn any(url: &str, message: &impl cosmos_sdk_proto::traits::Message) -> Any {
    Any {
        type_url: url.into(),
        value: message.encode_to_vec(),
    }
}
