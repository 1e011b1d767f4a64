//! The endpoints of the stand-in for the ICP ledger. They decide nothing.

use std::cell::RefCell;

use candid::{Nat, Principal};
use ic_cdk::{init, post_upgrade, pre_upgrade, query, update};
use icp_ledger_standin::ledger::{DECIMALS, Trap};
use icp_ledger_standin::types::{
    Account, AccountBalanceArgs, Allowance, AllowanceArgs, ApproveArgs, ApproveError, Archives,
    Decimals, GetBlocksArgs, Icrc1TransferError, LedgerCanisterPayload, Name, QueryBlocksResponse,
    StandardRecord, Symbol, TipOfChainRes, Tokens, TransferArg, TransferArgs, TransferError,
    TransferFee, TransferFeeArg, TransferFromArgs, TransferFromError, Value,
};
use icp_ledger_standin::{AccountIdentifier, Ledger};
use serde_bytes::ByteBuf;

thread_local! {
    static LEDGER: RefCell<Option<Ledger>> = const { RefCell::new(None) };
}

fn with<R>(f: impl FnOnce(&mut Ledger) -> R) -> R {
    LEDGER.with_borrow_mut(|ledger| f(ledger.as_mut().expect("the canister is installed")))
}

/// Runs a call, and traps where the ledger traps.
fn call<R>(f: impl FnOnce(&mut Ledger, u64, Principal) -> Result<R, Trap>) -> R {
    let (now, caller) = (ic_cdk::api::time(), ic_cdk::api::msg_caller());
    match with(|ledger| f(ledger, now, caller)) {
        Ok(answer) => answer,
        Err(Trap(why)) => ic_cdk::trap(why),
    }
}

fn address_of(account: &Account) -> AccountIdentifier {
    match AccountIdentifier::of_account(account) {
        Some(address) => address,
        None => ic_cdk::trap("expected a subaccount of 32 bytes"),
    }
}

#[init]
fn init(payload: LedgerCanisterPayload) {
    let args = match payload {
        LedgerCanisterPayload::Init(args) => args,
        LedgerCanisterPayload::Upgrade(_) => {
            ic_cdk::trap("Cannot initialize the canister with an Upgrade argument.")
        }
    };
    match Ledger::new(args, ic_cdk::api::time()) {
        Ok(ledger) => LEDGER.set(Some(ledger)),
        Err(why) => ic_cdk::trap(why),
    }
}

#[pre_upgrade]
fn pre_upgrade() {
    let ledger = with(|ledger| ledger.clone());
    ic_cdk::storage::stable_save((ledger,)).expect("the ledger encodes");
}

#[post_upgrade]
fn post_upgrade() {
    let (ledger,) = ic_cdk::storage::stable_restore().expect("the ledger was saved before");
    LEDGER.set(Some(ledger));
}

#[update]
fn transfer(args: TransferArgs) -> Result<u64, TransferError> {
    call(|ledger, now, caller| ledger.transfer(now, caller, args))
}

#[query]
fn account_balance(args: AccountBalanceArgs) -> Tokens {
    // An address that is none has nothing.
    let e8s = AccountIdentifier::from_bytes(&args.account)
        .map_or(0, |address| with(|ledger| ledger.balance(address)));
    Tokens { e8s }
}

#[query]
fn account_identifier(account: Account) -> ByteBuf {
    address_of(&account).to_blob()
}

#[query]
fn transfer_fee(_: TransferFeeArg) -> TransferFee {
    TransferFee {
        transfer_fee: Tokens {
            e8s: with(|ledger| ledger.fee()),
        },
    }
}

#[query]
fn query_blocks(args: GetBlocksArgs) -> QueryBlocksResponse {
    with(|ledger| ledger.query_blocks(args))
}

#[query]
fn tip_of_chain() -> TipOfChainRes {
    let tip_index = with(|ledger| ledger.tip()).expect("there is a block");
    TipOfChainRes {
        certification: None,
        tip_index,
    }
}

#[query]
fn archives() -> Archives {
    Archives {
        archives: Vec::new(),
    }
}

#[query]
fn symbol() -> Symbol {
    Symbol {
        symbol: icrc1_symbol(),
    }
}

#[query]
fn name() -> Name {
    Name { name: icrc1_name() }
}

#[query]
fn decimals() -> Decimals {
    Decimals {
        decimals: u32::from(DECIMALS),
    }
}

#[query]
fn icrc1_name() -> String {
    with(|ledger| ledger.name().to_string())
}

#[query]
fn icrc1_symbol() -> String {
    with(|ledger| ledger.symbol().to_string())
}

#[query]
fn icrc1_decimals() -> u8 {
    DECIMALS
}

#[query]
fn icrc1_metadata() -> Vec<(String, Value)> {
    vec![
        (
            "icrc1:decimals".to_string(),
            Value::Nat(Nat::from(DECIMALS)),
        ),
        ("icrc1:name".to_string(), Value::Text(icrc1_name())),
        ("icrc1:symbol".to_string(), Value::Text(icrc1_symbol())),
        ("icrc1:fee".to_string(), Value::Nat(icrc1_fee())),
    ]
}

#[query]
fn icrc1_total_supply() -> Nat {
    Nat::from(with(|ledger| ledger.total_supply()))
}

#[query]
fn icrc1_fee() -> Nat {
    Nat::from(with(|ledger| ledger.fee()))
}

#[query]
fn icrc1_minting_account() -> Option<Account> {
    with(|ledger| ledger.icrc1_minting_account())
}

#[query]
fn icrc1_balance_of(account: Account) -> Nat {
    let address = address_of(&account);
    Nat::from(with(|ledger| ledger.balance(address)))
}

#[update]
fn icrc1_transfer(args: TransferArg) -> Result<Nat, Icrc1TransferError> {
    call(|ledger, now, caller| ledger.icrc1_transfer(now, caller, args))
}

#[query]
fn icrc1_supported_standards() -> Vec<StandardRecord> {
    [1, 2]
        .into_iter()
        .map(|number| StandardRecord {
            name: format!("ICRC-{number}"),
            url: format!("https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-{number}"),
        })
        .collect()
}

#[update]
fn icrc2_approve(args: ApproveArgs) -> Result<Nat, ApproveError> {
    call(|ledger, now, caller| ledger.icrc2_approve(now, caller, args))
}

#[query]
fn icrc2_allowance(args: AllowanceArgs) -> Allowance {
    call(|ledger, now, _| ledger.allowance(now, &args))
}

#[update]
fn icrc2_transfer_from(args: TransferFromArgs) -> Result<Nat, TransferFromError> {
    call(|ledger, now, caller| ledger.icrc2_transfer_from(now, caller, args))
}

ic_cdk::export_candid!();

fn main() {}

#[cfg(test)]
mod tests {
    use candid_parser::utils::{CandidSource, service_equal};

    #[test]
    fn should_have_the_interface_of_the_did_file() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger.did");
        service_equal(
            CandidSource::Text(&super::__export_service()),
            CandidSource::File(&file),
        )
        .expect("the interface and the file are the same");
    }
}
