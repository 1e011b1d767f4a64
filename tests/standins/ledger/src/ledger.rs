//! The ledger as a state machine: who has what, who may spend what, and every block.
//!
//! **Source** the ICP ledger as of June 2026: order of checks, windows, fees that vanish, and that
//! the legacy `transfer` is always deduplicated, by the time of the block when the caller gives
//! none.

use std::collections::{BTreeMap, VecDeque};

use candid::{CandidType, Deserialize, Encode, Int, Nat, Principal};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use crate::account::AccountIdentifier;
use crate::types::{
    Account, Allowance, AllowanceArgs, ApproveArgs, ApproveError, Block, GetBlocksArgs,
    Icrc1TransferError, InitArgs, Operation, QueryBlocksResponse, TimeStamp, Tokens, Transaction,
    TransferArg, TransferArgs, TransferError, TransferFromArgs, TransferFromError,
};

/// Fee of a transfer unless the ledger is installed with another. **Units** e8s.
pub const DEFAULT_FEE_E8S: u64 = 10_000;
/// Time in which equal transactions are told apart. **Units** ns.
pub const DEFAULT_WINDOW_NS: u64 = 24 * 60 * 60 * 1_000_000_000;
/// How far ahead a caller's clock may be. **Units** ns.
pub const PERMITTED_DRIFT_NS: u64 = 60 * 1_000_000_000;
/// **Units** bytes.
pub const MAX_MEMO_BYTES: usize = 32;
/// Blocks in one answer.
pub const MAX_BLOCKS: u64 = 2_000;
/// Places after the point.
pub const DECIMALS: u8 = 8;

/// What one account may spend of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, CandidType, Deserialize)]
struct Approval {
    e8s: u64,
    expires_at: Option<u64>,
}

/// The whole state. It is kept across upgrades as it is.
#[derive(Clone, Debug, CandidType, Deserialize)]
pub struct Ledger {
    minting_account: AccountIdentifier,
    icrc1_minting_account: Option<Account>,
    fee_e8s: u64,
    window_ns: u64,
    symbol: String,
    name: String,
    balances: BTreeMap<AccountIdentifier, u64>,
    approvals: BTreeMap<(AccountIdentifier, AccountIdentifier), Approval>,
    blocks: Vec<Block>,
    last_hash: Option<ByteBuf>,
    /// Transactions that a repetition is recognised by, and their blocks.
    recent: BTreeMap<ByteBuf, u64>,
    /// The same, oldest first, with the times of their blocks.
    recent_by_age: VecDeque<(u64, ByteBuf)>,
}

/// Why nothing happened, before it is worded for the method that was called.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    BadFee { expected: u64 },
    BadBurn { min: u64 },
    InsufficientFunds { balance: u64 },
    InsufficientAllowance { allowance: u64 },
    AllowanceChanged { current: u64 },
    Expired,
    TooOld,
    CreatedInFuture,
    Duplicate { of: u64 },
}

/// A call that the ledger does not answer but trap on, with the words it traps with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

fn trap<T>(why: &str) -> Result<T, Trap> {
    Err(Trap(why.to_string()))
}

fn address(owner: Principal, subaccount: Option<&ByteBuf>) -> Result<AccountIdentifier, Trap> {
    AccountIdentifier::of(owner, subaccount)
        .ok_or_else(|| Trap("expected a subaccount of 32 bytes".to_string()))
}

fn checked_memo(memo: Option<&ByteBuf>) -> Result<(), Trap> {
    match memo {
        Some(memo) if memo.len() > MAX_MEMO_BYTES => trap("the memo field is too large"),
        Some(_) | None => Ok(()),
    }
}

fn e8s(e8s: u64) -> Tokens {
    Tokens { e8s }
}

/// A transaction before it is a block.
struct Proposed {
    memo: u64,
    icrc1_memo: Option<ByteBuf>,
    operation: Operation,
    created_at_ns: Option<u64>,
}

impl Ledger {
    /// Starts with these balances, each in a block of its own.
    ///
    /// **Errors** an address that is none, or an amount that does not fit.
    pub fn new(args: InitArgs, now_ns: u64) -> Result<Self, String> {
        let parse = |text: &str| {
            AccountIdentifier::from_hex(text).ok_or_else(|| format!("not an address: {text}"))
        };
        let window_ns = match &args.transaction_window {
            Some(window) => window
                .secs
                .checked_mul(1_000_000_000)
                .and_then(|ns| ns.checked_add(u64::from(window.nanos)))
                .ok_or("transaction_window does not fit")?,
            None => DEFAULT_WINDOW_NS,
        };
        let mut ledger = Self {
            minting_account: parse(&args.minting_account)?,
            icrc1_minting_account: args.icrc1_minting_account,
            fee_e8s: args.transfer_fee.map_or(DEFAULT_FEE_E8S, |fee| fee.e8s),
            window_ns,
            symbol: args.token_symbol.unwrap_or_else(|| "ICP".to_string()),
            name: args
                .token_name
                .unwrap_or_else(|| "Internet Computer".to_string()),
            balances: BTreeMap::new(),
            approvals: BTreeMap::new(),
            blocks: Vec::new(),
            last_hash: None,
            recent: BTreeMap::new(),
            recent_by_age: VecDeque::new(),
        };
        // Sorted by address: the real canister's order is that of a hash map.
        let mut initial = BTreeMap::new();
        for (text, amount) in &args.initial_values {
            initial.insert(parse(text)?, *amount);
        }
        for (to, amount) in initial {
            let operation = Operation::Mint {
                to: to.to_blob(),
                amount,
            };
            let proposed = Proposed {
                memo: 0,
                icrc1_memo: None,
                operation,
                created_at_ns: Some(now_ns),
            };
            ledger
                .record(now_ns, proposed, |ledger| ledger.credit(to, amount.e8s))
                .map_err(|refusal| format!("cannot pay the initial values: {refusal:?}"))?;
        }
        Ok(ledger)
    }

    // Reading.

    /// **Units** e8s.
    pub fn balance(&self, of: AccountIdentifier) -> u64 {
        self.balances.get(&of).copied().unwrap_or(0)
    }

    /// Everything outside the minting account. **Units** e8s.
    pub fn total_supply(&self) -> u64 {
        self.balances
            .values()
            .fold(0, |sum, balance| sum.saturating_add(*balance))
    }

    /// **Units** e8s.
    pub fn fee(&self) -> u64 {
        self.fee_e8s
    }

    /// Symbol of the token.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Name of the token.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where tokens come from and go to.
    pub fn icrc1_minting_account(&self) -> Option<Account> {
        self.icrc1_minting_account.clone()
    }

    /// Index of the last block.
    pub fn tip(&self) -> Option<u64> {
        self.length().checked_sub(1)
    }

    fn length(&self) -> u64 {
        u64::try_from(self.blocks.len()).expect("a count of blocks fits in 64 bits")
    }

    /// `query_blocks`. There are no archives and no certificate here.
    pub fn query_blocks(&self, args: GetBlocksArgs) -> QueryBlocksResponse {
        let chain_length = self.length();
        let start = args.start.min(chain_length);
        let end = start
            .saturating_add(args.length.min(MAX_BLOCKS))
            .min(chain_length);
        let range = usize::try_from(start).unwrap_or(usize::MAX)
            ..usize::try_from(end).unwrap_or(usize::MAX);
        QueryBlocksResponse {
            chain_length,
            certificate: None,
            blocks: self.blocks.get(range).unwrap_or_default().to_vec(),
            first_block_index: start,
            archived_blocks: Vec::new(),
        }
    }

    /// `icrc2_allowance`.
    pub fn allowance(&self, now_ns: u64, args: &AllowanceArgs) -> Result<Allowance, Trap> {
        let from = address(args.account.owner, args.account.subaccount.as_ref())?;
        let spender = address(args.spender.owner, args.spender.subaccount.as_ref())?;
        let approval = self.approval(now_ns, from, spender);
        Ok(Allowance {
            allowance: Nat::from(approval.map_or(0, |approval| approval.e8s)),
            expires_at: approval.and_then(|approval| approval.expires_at),
        })
    }

    fn approval(
        &self,
        now_ns: u64,
        from: AccountIdentifier,
        spender: AccountIdentifier,
    ) -> Option<Approval> {
        self.approvals
            .get(&(from, spender))
            .copied()
            .filter(|approval| approval.expires_at.is_none_or(|at| at > now_ns))
    }

    // Writing.

    /// The legacy `transfer`.
    pub fn transfer(
        &mut self,
        now_ns: u64,
        caller: Principal,
        args: TransferArgs,
    ) -> Result<Result<u64, TransferError>, Trap> {
        let to = AccountIdentifier::from_bytes(&args.to)
            .ok_or_else(|| Trap("Invalid account identifier".to_string()))?;
        let from = address(caller, args.from_subaccount.as_ref())?;
        let amount = args.amount;
        let operation = if from == self.minting_account {
            if args.fee.e8s != 0 {
                return trap("Fee for minting should be zero");
            }
            if to == self.minting_account {
                return trap("It is illegal to mint to a minting_account");
            }
            Operation::Mint {
                to: to.to_blob(),
                amount,
            }
        } else if to == self.minting_account {
            if args.fee.e8s != 0 {
                return trap("Fee for burning should be zero");
            }
            if amount.e8s < self.fee_e8s.min(self.balance(from)) {
                return trap("Burns lower than the fee are not allowed");
            }
            Operation::Burn {
                from: from.to_blob(),
                spender: None,
                amount,
            }
        } else {
            if args.fee.e8s != self.fee_e8s {
                return Ok(Err(TransferError::BadFee {
                    expected_fee: e8s(self.fee_e8s),
                }));
            }
            let (from, to) = (from.to_blob(), to.to_blob());
            Operation::Transfer {
                from,
                to,
                amount,
                fee: args.fee,
                spender: None,
            }
        };
        let created_at = args.created_at_time.map_or(now_ns, |at| at.timestamp_nanos);
        let proposed = Proposed {
            memo: args.memo,
            icrc1_memo: None,
            operation,
            created_at_ns: Some(created_at),
        };
        let outcome = self.record(now_ns, proposed, |ledger| {
            ledger.apply(from, to, amount, None)
        });
        Ok(match outcome {
            Ok(index) => Ok(index),
            Err(Refusal::InsufficientFunds { balance }) => Err(TransferError::InsufficientFunds {
                balance: e8s(balance),
            }),
            Err(Refusal::TooOld) => Err(TransferError::TxTooOld {
                allowed_window_nanos: self.window_ns,
            }),
            Err(Refusal::CreatedInFuture) => Err(TransferError::TxCreatedInFuture),
            Err(Refusal::Duplicate { of }) => Err(TransferError::TxDuplicate { duplicate_of: of }),
            Err(other) => return trap(&format!("{other:?}")),
        })
    }

    /// `icrc1_transfer`.
    pub fn icrc1_transfer(
        &mut self,
        now_ns: u64,
        caller: Principal,
        args: TransferArg,
    ) -> Result<Result<Nat, Icrc1TransferError>, Trap> {
        use Icrc1TransferError as E;
        let from = Account {
            owner: caller,
            subaccount: args.from_subaccount.clone(),
        };
        let outcome = self.icrc1_send(now_ns, None, from, args)?;
        Ok(outcome.map(Nat::from).map_err(|refusal| match refusal {
            Refusal::BadFee { expected } => E::BadFee {
                expected_fee: Nat::from(expected),
            },
            Refusal::BadBurn { min } => E::BadBurn {
                min_burn_amount: Nat::from(min),
            },
            Refusal::InsufficientFunds { balance } => E::InsufficientFunds {
                balance: Nat::from(balance),
            },
            Refusal::TooOld => E::TooOld,
            Refusal::CreatedInFuture => E::CreatedInFuture {
                ledger_time: now_ns,
            },
            Refusal::Duplicate { of } => E::Duplicate {
                duplicate_of: Nat::from(of),
            },
            Refusal::InsufficientAllowance { .. }
            | Refusal::AllowanceChanged { .. }
            | Refusal::Expired => generic(&refusal, |error_code, message| E::GenericError {
                error_code,
                message,
            }),
        }))
    }

    /// `icrc2_transfer_from`.
    pub fn icrc2_transfer_from(
        &mut self,
        now_ns: u64,
        caller: Principal,
        args: TransferFromArgs,
    ) -> Result<Result<Nat, TransferFromError>, Trap> {
        use TransferFromError as E;
        let TransferFromArgs {
            spender_subaccount,
            from,
            to,
            amount,
            fee,
            memo,
            created_at_time,
        } = args;
        let spender = address(caller, spender_subaccount.as_ref())?;
        let args = TransferArg {
            from_subaccount: None,
            to,
            amount,
            fee,
            memo,
            created_at_time,
        };
        let outcome = self.icrc1_send(now_ns, Some(spender), from, args)?;
        Ok(outcome.map(Nat::from).map_err(|refusal| match refusal {
            Refusal::BadFee { expected } => E::BadFee {
                expected_fee: Nat::from(expected),
            },
            Refusal::BadBurn { min } => E::BadBurn {
                min_burn_amount: Nat::from(min),
            },
            Refusal::InsufficientFunds { balance } => E::InsufficientFunds {
                balance: Nat::from(balance),
            },
            Refusal::InsufficientAllowance { allowance } => E::InsufficientAllowance {
                allowance: Nat::from(allowance),
            },
            Refusal::TooOld => E::TooOld,
            Refusal::CreatedInFuture => E::CreatedInFuture {
                ledger_time: now_ns,
            },
            Refusal::Duplicate { of } => E::Duplicate {
                duplicate_of: Nat::from(of),
            },
            Refusal::AllowanceChanged { .. } | Refusal::Expired => {
                generic(&refusal, |error_code, message| E::GenericError {
                    error_code,
                    message,
                })
            }
        }))
    }

    /// Mints, burns or transfers, for the owner or for a spender.
    fn icrc1_send(
        &mut self,
        now_ns: u64,
        spender: Option<AccountIdentifier>,
        from: Account,
        args: TransferArg,
    ) -> Result<Result<u64, Refusal>, Trap> {
        checked_memo(args.memo.as_ref())?;
        let from = address(from.owner, from.subaccount.as_ref())?;
        let to = address(args.to.owner, args.to.subaccount.as_ref())?;
        let balance = self.balance(from);
        // Nobody can have as much as does not fit.
        let Ok(amount) = u64::try_from(&args.amount.0).map(e8s) else {
            return Ok(Err(Refusal::InsufficientFunds { balance }));
        };
        let is_mint_or_burn = to == self.minting_account || from == self.minting_account;
        if to != self.minting_account && from == self.minting_account && spender.is_some() {
            return trap("the minter account cannot delegate mints");
        }
        let expected = if is_mint_or_burn { 0 } else { self.fee_e8s };
        if args.fee.is_some_and(|fee| fee != expected) {
            return Ok(Err(Refusal::BadFee { expected }));
        }
        let operation = if to == self.minting_account {
            if amount.e8s < self.fee_e8s.min(balance) {
                return Ok(Err(Refusal::BadBurn {
                    min: self.fee_e8s.min(balance),
                }));
            }
            if amount.e8s == 0 {
                return Ok(Err(Refusal::BadBurn { min: self.fee_e8s }));
            }
            let spender = spender.map(AccountIdentifier::to_blob);
            Operation::Burn {
                from: from.to_blob(),
                spender,
                amount,
            }
        } else if from == self.minting_account {
            Operation::Mint {
                to: to.to_blob(),
                amount,
            }
        } else {
            Operation::Transfer {
                from: from.to_blob(),
                to: to.to_blob(),
                amount,
                fee: e8s(self.fee_e8s),
                spender: spender.map(AccountIdentifier::to_blob),
            }
        };
        let proposed = Proposed {
            memo: 0,
            icrc1_memo: args.memo,
            operation,
            created_at_ns: args.created_at_time,
        };
        Ok(self.record(now_ns, proposed, |ledger| {
            ledger.apply(from, to, amount, spender.map(|spender| (now_ns, spender)))
        }))
    }

    /// `icrc2_approve`.
    pub fn icrc2_approve(
        &mut self,
        now_ns: u64,
        caller: Principal,
        args: ApproveArgs,
    ) -> Result<Result<Nat, ApproveError>, Trap> {
        use ApproveError as E;
        let from = address(caller, args.from_subaccount.as_ref())?;
        if caller == args.spender.owner {
            return trap("self approval is not allowed");
        }
        let spender = address(args.spender.owner, args.spender.subaccount.as_ref())?;
        if from == self.minting_account {
            return trap("the minting account cannot delegate mints");
        }
        checked_memo(args.memo.as_ref())?;
        let allowance = u64::try_from(&args.amount.0).unwrap_or(u64::MAX);
        let current = self
            .approval(now_ns, from, spender)
            .map_or(0, |approval| approval.e8s);
        let changed = || E::AllowanceChanged {
            current_allowance: Nat::from(current),
        };
        let expected = match args.expected_allowance.map(|nat| u64::try_from(&nat.0)) {
            None => None,
            Some(Ok(expected)) => Some(expected),
            Some(Err(_)) => return Ok(Err(changed())),
        };
        if args.fee.is_some_and(|fee| fee != self.fee_e8s) {
            return Ok(Err(E::BadFee {
                expected_fee: Nat::from(self.fee_e8s),
            }));
        }
        let operation = Operation::Approve {
            from: from.to_blob(),
            spender: spender.to_blob(),
            allowance_e8s: Int::from(allowance),
            allowance: e8s(allowance),
            fee: e8s(self.fee_e8s),
            expires_at: args
                .expires_at
                .map(|timestamp_nanos| TimeStamp { timestamp_nanos }),
            expected_allowance: expected.map(e8s),
        };
        let proposed = Proposed {
            memo: 0,
            icrc1_memo: args.memo,
            operation,
            created_at_ns: args.created_at_time,
        };
        let outcome = self.record(now_ns, proposed, |ledger| {
            let balance = ledger.balance(from);
            let rest = balance
                .checked_sub(ledger.fee_e8s)
                .ok_or(Refusal::InsufficientFunds { balance })?;
            if args.expires_at.is_some_and(|at| at <= now_ns) {
                return Err(Refusal::Expired);
            }
            if expected.is_some_and(|expected| expected != current) {
                return Err(Refusal::AllowanceChanged { current });
            }
            ledger.set_balance(from, rest);
            if allowance == 0 {
                ledger.approvals.remove(&(from, spender));
            } else {
                let approval = Approval {
                    e8s: allowance,
                    expires_at: args.expires_at,
                };
                ledger.approvals.insert((from, spender), approval);
            }
            Ok(())
        });
        Ok(outcome.map(Nat::from).map_err(|refusal| match refusal {
            Refusal::InsufficientFunds { balance } => E::InsufficientFunds {
                balance: Nat::from(balance),
            },
            Refusal::AllowanceChanged { .. } => changed(),
            Refusal::Expired => E::Expired {
                ledger_time: now_ns,
            },
            Refusal::TooOld => E::TooOld,
            Refusal::CreatedInFuture => E::CreatedInFuture {
                ledger_time: now_ns,
            },
            Refusal::Duplicate { of } => E::Duplicate {
                duplicate_of: Nat::from(of),
            },
            Refusal::BadFee { .. }
            | Refusal::BadBurn { .. }
            | Refusal::InsufficientAllowance { .. } => {
                generic(&refusal, |error_code, message| E::GenericError {
                    error_code,
                    message,
                })
            }
        }))
    }

    // What all of them share.

    /// Refuses repetitions and wrong clocks, applies, and writes the block.
    ///
    /// `apply` either does all of it or nothing.
    fn record(
        &mut self,
        now_ns: u64,
        proposed: Proposed,
        apply: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<u64, Refusal> {
        self.forget_old(now_ns);
        let Proposed {
            memo,
            icrc1_memo,
            operation,
            created_at_ns,
        } = proposed;
        let transaction = Transaction {
            memo,
            icrc1_memo,
            operation: Some(operation),
            created_at_time: TimeStamp {
                timestamp_nanos: created_at_ns.unwrap_or(now_ns),
            },
        };
        let hash = hash(&transaction);
        if let Some(created_at) = created_at_ns {
            if created_at.saturating_add(self.window_ns) < now_ns {
                return Err(Refusal::TooOld);
            }
            if created_at > now_ns.saturating_add(PERMITTED_DRIFT_NS) {
                return Err(Refusal::CreatedInFuture);
            }
            if let Some(of) = self.recent.get(&hash) {
                return Err(Refusal::Duplicate { of: *of });
            }
        }
        apply(self)?;
        let index = self.length();
        let block = Block {
            parent_hash: self.last_hash.clone(),
            transaction,
            timestamp: TimeStamp {
                timestamp_nanos: now_ns,
            },
        };
        self.last_hash = Some(self::hash(&block));
        self.blocks.push(block);
        if created_at_ns.is_some() {
            self.recent.insert(hash.clone(), index);
            self.recent_by_age.push_back((now_ns, hash));
        }
        Ok(index)
    }

    /// Forgets transactions whose repetition would be too old anyway.
    fn forget_old(&mut self, now_ns: u64) {
        let kept = self.window_ns.saturating_add(PERMITTED_DRIFT_NS);
        while let Some((at, hash)) = self.recent_by_age.front() {
            if at.saturating_add(kept) >= now_ns {
                break;
            }
            self.recent.remove(hash);
            self.recent_by_age.pop_front();
        }
    }

    /// Moves tokens. A spender who is the owner needs no allowance. The fee vanishes.
    fn apply(
        &mut self,
        from: AccountIdentifier,
        to: AccountIdentifier,
        amount: Tokens,
        spender: Option<(u64, AccountIdentifier)>,
    ) -> Result<(), Refusal> {
        let amount = amount.e8s;
        if from == self.minting_account && to != self.minting_account {
            return self.credit(to, amount);
        }
        let is_burn = to == self.minting_account;
        let fee = if is_burn { 0 } else { self.fee_e8s };
        let balance = self.balance(from);
        let debit = amount.checked_add(fee);
        let approval = match spender.filter(|(_, spender)| *spender != from) {
            None => None,
            Some((now_ns, spender)) => {
                let approval = self.approval(now_ns, from, spender);
                let allowance = approval.map_or(0, |approval| approval.e8s);
                let rest = debit
                    .and_then(|debit| allowance.checked_sub(debit))
                    .ok_or(Refusal::InsufficientAllowance { allowance })?;
                Some((
                    spender,
                    approval.map(|approval| Approval {
                        e8s: rest,
                        ..approval
                    }),
                ))
            }
        };
        let rest = debit
            .and_then(|debit| balance.checked_sub(debit))
            .ok_or(Refusal::InsufficientFunds { balance })?;
        self.set_balance(from, rest);
        if !is_burn {
            self.credit(to, amount)?;
        }
        match approval {
            Some((spender, Some(rest))) if rest.e8s > 0 => {
                self.approvals.insert((from, spender), rest);
            }
            Some((spender, _)) => {
                self.approvals.remove(&(from, spender));
            }
            None => {}
        }
        Ok(())
    }

    fn set_balance(&mut self, of: AccountIdentifier, balance: u64) {
        if balance == 0 {
            self.balances.remove(&of);
        } else {
            self.balances.insert(of, balance);
        }
    }

    /// **Errors** more than there can be: the whole supply fits in 64 bits.
    fn credit(&mut self, to: AccountIdentifier, amount: u64) -> Result<(), Refusal> {
        if self.total_supply().checked_add(amount).is_none() {
            return Err(Refusal::InsufficientFunds {
                balance: u64::MAX - self.total_supply(),
            });
        }
        let balance = self.balance(to);
        self.set_balance(to, balance + amount);
        Ok(())
    }
}

/// Words a refusal that the called method has no name for.
fn generic<E>(refusal: &Refusal, error: impl FnOnce(Nat, String) -> E) -> E {
    error(Nat::from(0_u8), format!("{refusal:?}"))
}

/// Hash of what Candid makes of it. The real ledger hashes its own encoding.
fn hash(value: &impl CandidType) -> ByteBuf {
    let bytes = Encode!(value).expect("the type encodes");
    ByteBuf::from(Sha256::digest(bytes).to_vec())
}

#[cfg(test)]
mod tests;
