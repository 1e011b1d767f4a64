//! The public shapes of the ICP ledger, as Candid shows them.
//!
//! Names and fields are the interface of the real canister.

// The words of this interface belong to the ledger and to ICRC-1 and ICRC-2, which explain them.
#![allow(missing_docs)]

use candid::{CandidType, Deserialize, Int, Nat, Principal};
use serde_bytes::ByteBuf;

/// Declares Candid records and variants with the derives that all of them share.
macro_rules! shapes {
    ($($(#[$meta:meta])* $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, CandidType, Deserialize)]
        $(#[$meta])*
        pub $kind $name $body
    )*};
}

shapes! {
    #[derive(Copy, PartialOrd, Ord)]
    struct Tokens { pub e8s: u64 }
    #[derive(Copy)]
    struct TimeStamp { pub timestamp_nanos: u64 }
    struct Account { pub owner: Principal, pub subaccount: Option<ByteBuf> }

    // Installing.
    enum LedgerCanisterPayload {
        Init(InitArgs),
        Upgrade(Option<UpgradeArgs>),
    }
    struct InitArgs {
        pub minting_account: String,
        pub icrc1_minting_account: Option<Account>,
        pub initial_values: Vec<(String, Tokens)>,
        pub max_message_size_bytes: Option<u64>,
        pub transaction_window: Option<Duration>,
        pub archive_options: Option<ArchiveOptions>,
        pub send_whitelist: Vec<Principal>,
        pub transfer_fee: Option<Tokens>,
        pub token_symbol: Option<String>,
        pub token_name: Option<String>,
        pub feature_flags: Option<FeatureFlags>,
    }
    struct Duration { pub secs: u64, pub nanos: u32 }
    #[derive(Copy)]
    struct FeatureFlags { pub icrc2: bool }
    struct ArchiveOptions {
        pub trigger_threshold: u64,
        pub num_blocks_to_archive: u64,
        pub node_max_memory_size_bytes: Option<u64>,
        pub max_message_size_bytes: Option<u64>,
        pub controller_id: Principal,
        pub more_controller_ids: Option<Vec<Principal>>,
        pub cycles_for_archive_creation: Option<u64>,
        pub max_transactions_per_response: Option<u64>,
    }
    struct UpgradeArgs {
        pub icrc1_minting_account: Option<Account>,
        pub feature_flags: Option<FeatureFlags>,
        pub change_archive_options: Option<ChangeArchiveOptions>,
    }
    struct ChangeArchiveOptions {
        pub trigger_threshold: Option<u64>,
        pub num_blocks_to_archive: Option<u64>,
        pub node_max_memory_size_bytes: Option<u64>,
        pub max_message_size_bytes: Option<u64>,
        pub controller_id: Option<Principal>,
        pub more_controller_ids: Option<Vec<Principal>>,
        pub cycles_for_archive_creation: Option<u64>,
        pub max_transactions_per_response: Option<u64>,
    }

    // The ledger's own interface.
    struct TransferArgs {
        pub memo: u64,
        pub amount: Tokens,
        pub fee: Tokens,
        pub from_subaccount: Option<ByteBuf>,
        pub to: ByteBuf,
        pub created_at_time: Option<TimeStamp>,
    }
    enum TransferError {
        BadFee { expected_fee: Tokens },
        InsufficientFunds { balance: Tokens },
        TxTooOld { allowed_window_nanos: u64 },
        TxCreatedInFuture,
        TxDuplicate { duplicate_of: u64 },
    }
    struct AccountBalanceArgs { pub account: ByteBuf }
    struct TransferFeeArg {}
    struct TransferFee { pub transfer_fee: Tokens }
    #[derive(Copy)]
    struct GetBlocksArgs { pub start: u64, pub length: u64 }
    struct Block {
        pub parent_hash: Option<ByteBuf>,
        pub transaction: Transaction,
        pub timestamp: TimeStamp,
    }
    struct Transaction {
        pub memo: u64,
        pub icrc1_memo: Option<ByteBuf>,
        pub operation: Option<Operation>,
        pub created_at_time: TimeStamp,
    }
    enum Operation {
        Mint { to: ByteBuf, amount: Tokens },
        Burn { from: ByteBuf, spender: Option<ByteBuf>, amount: Tokens },
        Transfer {
            from: ByteBuf,
            to: ByteBuf,
            amount: Tokens,
            fee: Tokens,
            spender: Option<ByteBuf>,
        },
        Approve {
            from: ByteBuf,
            spender: ByteBuf,
            allowance_e8s: Int,
            allowance: Tokens,
            fee: Tokens,
            expires_at: Option<TimeStamp>,
            expected_allowance: Option<Tokens>,
        },
    }
    struct QueryBlocksResponse {
        pub chain_length: u64,
        pub certificate: Option<ByteBuf>,
        pub blocks: Vec<Block>,
        pub first_block_index: u64,
        pub archived_blocks: Vec<ArchivedBlocksRange>,
    }
    struct ArchivedBlocksRange { pub start: u64, pub length: u64, pub callback: QueryArchiveFn }
    struct BlockRange { pub blocks: Vec<Block> }
    enum QueryArchiveError {
        BadFirstBlockIndex { requested_index: u64, first_valid_index: u64 },
        Other { error_code: u64, error_message: String },
    }
    struct Archive { pub canister_id: Principal }
    struct Archives { pub archives: Vec<Archive> }
    struct Symbol { pub symbol: String }
    struct Name { pub name: String }
    struct Decimals { pub decimals: u32 }
    struct TipOfChainRes { pub certification: Option<ByteBuf>, pub tip_index: u64 }

    // ICRC-1 and ICRC-2.
    struct TransferArg {
        pub from_subaccount: Option<ByteBuf>,
        pub to: Account,
        pub amount: Nat,
        pub fee: Option<Nat>,
        pub memo: Option<ByteBuf>,
        pub created_at_time: Option<u64>,
    }
    enum Icrc1TransferError {
        BadFee { expected_fee: Nat },
        BadBurn { min_burn_amount: Nat },
        InsufficientFunds { balance: Nat },
        TooOld,
        CreatedInFuture { ledger_time: u64 },
        TemporarilyUnavailable,
        Duplicate { duplicate_of: Nat },
        GenericError { error_code: Nat, message: String },
    }
    struct ApproveArgs {
        pub from_subaccount: Option<ByteBuf>,
        pub spender: Account,
        pub amount: Nat,
        pub expected_allowance: Option<Nat>,
        pub expires_at: Option<u64>,
        pub fee: Option<Nat>,
        pub memo: Option<ByteBuf>,
        pub created_at_time: Option<u64>,
    }
    enum ApproveError {
        BadFee { expected_fee: Nat },
        InsufficientFunds { balance: Nat },
        AllowanceChanged { current_allowance: Nat },
        Expired { ledger_time: u64 },
        TooOld,
        CreatedInFuture { ledger_time: u64 },
        Duplicate { duplicate_of: Nat },
        TemporarilyUnavailable,
        GenericError { error_code: Nat, message: String },
    }
    struct AllowanceArgs { pub account: Account, pub spender: Account }
    struct Allowance { pub allowance: Nat, pub expires_at: Option<u64> }
    struct TransferFromArgs {
        pub spender_subaccount: Option<ByteBuf>,
        pub from: Account,
        pub to: Account,
        pub amount: Nat,
        pub fee: Option<Nat>,
        pub memo: Option<ByteBuf>,
        pub created_at_time: Option<u64>,
    }
    enum TransferFromError {
        BadFee { expected_fee: Nat },
        BadBurn { min_burn_amount: Nat },
        InsufficientFunds { balance: Nat },
        InsufficientAllowance { allowance: Nat },
        TooOld,
        CreatedInFuture { ledger_time: u64 },
        Duplicate { duplicate_of: Nat },
        TemporarilyUnavailable,
        GenericError { error_code: Nat, message: String },
    }
    enum Value { Nat(Nat), Int(Int), Text(String), Blob(ByteBuf) }
    struct StandardRecord { pub name: String, pub url: String }
}

candid::define_function!(pub QueryArchiveFn : (GetBlocksArgs) -> (Result<BlockRange, QueryArchiveError>) query);
