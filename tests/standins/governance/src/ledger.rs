//! The calls that governance makes to ledgers, and what it makes of the answers.

use candid::{CandidType, Decode, Deserialize, Encode, Nat, Principal};
use serde_bytes::ByteBuf;

use crate::calls::{Answer, failed};
use crate::treasury::{ICP_FEE_E8S, account_identifier};
use crate::types::Tokens as OptionalTokens;

/// The ICP ledger. **Source** its id on the main network; the real canister has it built in.
pub fn icp_ledger() -> Principal {
    Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").expect("the text is a principal")
}

/// An amount on the ICP ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct Icp {
    e8s: u64,
}

/// Time in a call to the ICP ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct TimeStamp {
    timestamp_nanos: u64,
}

/// Argument of the legacy `transfer` of the ICP ledger.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct TransferArgs {
    memo: u64,
    amount: Icp,
    fee: Icp,
    from_subaccount: Option<ByteBuf>,
    to: ByteBuf,
    created_at_time: Option<TimeStamp>,
}

/// Why the ICP ledger did not transfer.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
enum TransferError {
    BadFee { expected_fee: Icp },
    InsufficientFunds { balance: Icp },
    TxTooOld { allowed_window_nanos: u64 },
    TxCreatedInFuture,
    TxDuplicate { duplicate_of: u64 },
}

/// An account as ICRC-1 has it.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct Account {
    owner: Principal,
    subaccount: Option<ByteBuf>,
}

/// Argument of `icrc1_transfer`.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct Icrc1TransferArg {
    from_subaccount: Option<ByteBuf>,
    to: Account,
    amount: Nat,
    fee: Option<Nat>,
    memo: Option<ByteBuf>,
    created_at_time: Option<u64>,
}

/// Why an ICRC-1 ledger did not transfer.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
enum Icrc1TransferError {
    BadFee { expected_fee: Nat },
    BadBurn { min_burn_amount: Nat },
    InsufficientFunds { balance: Nat },
    TooOld,
    CreatedInFuture { ledger_time: u64 },
    Duplicate { duplicate_of: Nat },
    TemporarilyUnavailable,
    GenericError { error_code: Nat, message: String },
}

fn account(owner: Principal, subaccount: Option<[u8; 32]>) -> Account {
    Account {
        owner,
        subaccount: subaccount.map(|bytes| ByteBuf::from(bytes.to_vec())),
    }
}

/// Argument of `icrc1_balance_of`.
pub fn balance_arg(owner: Principal, subaccount: Option<[u8; 32]>) -> Vec<u8> {
    Encode!(&account(owner, subaccount)).expect("the type encodes")
}

/// The balance that `icrc1_balance_of` gave, or why there is none. **Units** e8s.
pub fn balance(answer: &Answer) -> Result<u64, String> {
    let reply = answer
        .as_ref()
        .map_err(|reject| format!("Unable to obtain balance from ledger: {}", failed(reject)))?;
    let balance = Decode!(reply, Nat)
        .map_err(|error| format!("Unable to obtain balance from ledger: {error}"))?;
    u64::try_from(&balance.0).map_err(|_| format!("expected a balance in 64 bits, got {balance}"))
}

/// Argument of the payment out of the ICP treasury, which is the default account of governance.
///
/// **Units** e8s.
pub fn icp_transfer_arg(
    to: Principal,
    to_subaccount: [u8; 32],
    amount_e8s: u64,
    memo: u64,
) -> Vec<u8> {
    Encode!(&TransferArgs {
        memo,
        amount: Icp { e8s: amount_e8s },
        fee: Icp { e8s: ICP_FEE_E8S },
        from_subaccount: None,
        to: ByteBuf::from(account_identifier(to, &to_subaccount).to_vec()),
        created_at_time: None,
    })
    .expect("the type encodes")
}

/// What became of the payment out of the ICP treasury.
pub fn icp_transfer_outcome(answer: &Answer) -> Result<(), String> {
    let why = match answer {
        Err(reject) => format!(
            "Error calling method 'transfer' of the ledger canister. Code: {}. Message: {}",
            reject.code, reject.message
        ),
        Ok(reply) => match Decode!(reply, Result<u64, TransferError>) {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => format!("Error transferring funds: {error:?}"),
            Err(error) => format!("cannot decode the reply of 'transfer': {error}"),
        },
    };
    Err(format!("Error making ICP treasury transfer: {why}"))
}

/// Argument of the payment out of the treasury of SNS tokens.
///
/// **Units** e8s.
pub fn token_transfer_arg(
    from_subaccount: [u8; 32],
    to: Principal,
    to_subaccount: Option<[u8; 32]>,
    amount_e8s: u64,
    fee_e8s: u64,
    memo: u64,
) -> Vec<u8> {
    Encode!(&Icrc1TransferArg {
        from_subaccount: Some(ByteBuf::from(from_subaccount.to_vec())),
        to: account(to, to_subaccount),
        amount: Nat::from(amount_e8s),
        fee: Some(Nat::from(fee_e8s)),
        memo: Some(ByteBuf::from(memo.to_be_bytes().to_vec())),
        created_at_time: None,
    })
    .expect("the type encodes")
}

/// What became of the payment out of the treasury of SNS tokens.
pub fn token_transfer_outcome(answer: &Answer) -> Result<(), String> {
    let why = match answer {
        Err(reject) => format!(
            "Error calling method 'icrc1_transfer' of the icrc1 ledger canister. Code: {}. \
             Message: {}",
            reject.code, reject.message
        ),
        Ok(reply) => match Decode!(reply, Result<Nat, Icrc1TransferError>) {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => {
                format!("'icrc1_transfer' of the icrc1 ledger canister failed. Error: {error:?}")
            }
            Err(error) => format!("cannot decode the reply of 'icrc1_transfer': {error}"),
        },
    };
    Err(format!("Error making SNS Token treasury transfer: {why}"))
}

/// A treasury's balance as `ValuationFactors` carries it.
pub fn tokens(e8s: u64) -> Option<OptionalTokens> {
    Some(OptionalTokens { e8s: Some(e8s) })
}
