//! Accounts whose keys the stand-in owns: providers, makers, tests.

use crate::address;
use crate::chain::UAKT;
use crate::chain::blocks::Chain;
use crate::proto::{Any, Seconds, TxBody};
use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin as SdkCoin;
use cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey;
use cosmos_sdk_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxRaw};
use cosmos_sdk_proto::traits::Message as _;
use k256::ecdsa::SigningKey;
use prost::Message as _;

/// A key and its account.
#[derive(Clone, Debug)]
pub struct Wallet {
    key: SigningKey,
    address: String,
}

/// How a transaction is to be made. Begin from `TxOptions::default()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxOptions {
    /// Gas limit; the fee follows from it and the chain's lowest price.
    pub gas: u64,
    /// Another fee than that. **Units** uakt.
    pub fee_uakt: Option<u64>,
    /// Who pays the fee by an allowance.
    pub granter: String,
    /// Note.
    pub memo: String,
    /// Timeout timestamp. **Units** nanoseconds.
    pub timeout_ns: Option<u64>,
    /// Timeout height.
    pub timeout_height: u64,
    /// Without a sequence; needs a timeout timestamp.
    pub unordered: bool,
    /// Another chain than this one.
    pub chain_id: Option<String>,
    /// Another account number than the account's.
    pub account_number: Option<u64>,
    /// Another sequence than the next.
    pub sequence: Option<u64>,
}

impl Default for TxOptions {
    fn default() -> TxOptions {
        TxOptions {
            gas: 2_000_000,
            fee_uakt: None,
            granter: String::new(),
            memo: String::new(),
            timeout_ns: None,
            timeout_height: 0,
            unordered: false,
            chain_id: None,
            account_number: None,
            sequence: None,
        }
    }
}

impl TxOptions {
    /// An unordered transaction that dies at a time.
    pub fn unordered(timeout_ns: u64) -> TxOptions {
        TxOptions {
            unordered: true,
            timeout_ns: Some(timeout_ns),
            ..TxOptions::default()
        }
    }
}

impl Wallet {
    /// The wallet of a name: always the same.
    pub fn new(name: &str) -> Wallet {
        Wallet::of_key(address::key_of(name))
    }

    /// The wallet of a key.
    pub fn of_key(key: SigningKey) -> Wallet {
        Wallet {
            address: address::of_key(&address::public_key(&key)),
            key,
        }
    }

    /// Its account.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Compressed public key.
    pub fn public_key(&self) -> [u8; 33] {
        address::public_key(&self.key)
    }

    /// Signs a message, as a chain or a provider verifies it.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        address::sign(&self.key, message)
    }

    /// A signed transaction with the next sequence of the account, those that wait counted.
    pub fn tx(&self, chain: &Chain, messages: Vec<Any>, options: &TxOptions) -> Vec<u8> {
        joint_tx(&[self], chain, messages, options)
    }

    fn signer_info(&self, sequence: u64) -> SignerInfo {
        let public_key = PubKey {
            key: self.public_key().to_vec(),
        };
        SignerInfo {
            public_key: Some(cosmos_sdk_proto::Any {
                type_url: "/cosmos.crypto.secp256k1.PubKey".into(),
                value: public_key.encode_to_vec(),
            }),
            mode_info: Some(ModeInfo {
                sum: Some(Sum::Single(Single { mode: 1 })),
            }),
            sequence,
        }
    }

    /// A `MsgSend` of this wallet.
    pub fn send(&self, to: &str, amount: u128, denom: &str) -> Any {
        let message = MsgSend {
            from_address: self.address.clone(),
            to_address: to.into(),
            amount: vec![SdkCoin {
                denom: denom.into(),
                amount: amount.to_string(),
            }],
        };
        Any {
            type_url: "/cosmos.bank.v1beta1.MsgSend".into(),
            value: message.encode_to_vec(),
        }
    }
}

/// A transaction that several sign, in the order in which its messages first name them; the first
/// pays. Numbers and sequences of the options hold for all.
pub fn joint_tx(
    wallets: &[&Wallet],
    chain: &Chain,
    messages: Vec<Any>,
    options: &TxOptions,
) -> Vec<u8> {
    let account = |wallet: &Wallet| {
        chain
            .pending_account(wallet.address())
            .cloned()
            .unwrap_or_default()
    };
    let price = u128::from(chain.rules().min_gas_price_micro_uakt);
    let lowest = (u128::from(options.gas) * price).div_ceil(1_000_000);
    let fee = options.fee_uakt.map_or(lowest, u128::from);
    let body = TxBody {
        messages,
        memo: options.memo.clone(),
        timeout_height: options.timeout_height,
        unordered: options.unordered,
        timeout_timestamp: options.timeout_ns.map(timestamp),
        ..TxBody::default()
    };
    let sequence = |wallet: &Wallet| {
        let next = if options.unordered {
            0
        } else {
            account(wallet).sequence
        };
        options.sequence.unwrap_or(next)
    };
    let infos = wallets.iter().map(|w| w.signer_info(sequence(w)));
    let info = AuthInfo {
        signer_infos: infos.collect(),
        fee: Some(Fee {
            amount: vec![SdkCoin {
                denom: UAKT.into(),
                amount: fee.to_string(),
            }],
            gas_limit: options.gas,
            payer: String::new(),
            granter: options.granter.clone(),
        }),
        ..AuthInfo::default()
    };
    let (body_bytes, auth_info_bytes) = (body.encode_to_vec(), info.encode_to_vec());
    let signature = |wallet: &&Wallet| {
        let document = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: options
                .chain_id
                .clone()
                .unwrap_or_else(|| chain.rules().chain_id.clone()),
            account_number: options.account_number.unwrap_or(account(wallet).number),
        };
        wallet.sign(&document.encode_to_vec()).to_vec()
    };
    let signatures = wallets.iter().map(signature).collect();
    let raw = TxRaw {
        body_bytes,
        auth_info_bytes,
        signatures,
    };
    raw.encode_to_vec()
}

/// A message of the Akash modules in its envelope.
pub fn any(url: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: url.into(),
        value: message.encode_to_vec(),
    }
}

fn timestamp(ns: u64) -> Seconds {
    Seconds {
        seconds: i64::try_from(ns / 1_000_000_000).expect("a time"),
        nanos: i32::try_from(ns % 1_000_000_000).expect("below a second"),
    }
}
