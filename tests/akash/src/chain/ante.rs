//! Checks before the messages run. Their order is that of the SDK's ante handlers.

use super::failure::{Outcome, code, sdk};
use super::tx::Tx;
use super::{Ctx, State, UAKT, gas};
use crate::address;
use cosmos_sdk_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmos_sdk_proto::cosmos::tx::v1beta1::{Fee, SignDoc, SignerInfo};
use cosmos_sdk_proto::traits::Message as _;

/// Longest memo. **Source** auth params, `max_memo_characters`.
pub const MAX_MEMO: usize = 256;
/// Most signatures. **Source** auth params, `tx_sig_limit`.
pub const MAX_SIGNATURES: usize = 7;
/// Life of an unordered transaction. **Source** SDK 0.53, `DefaultMaxTimeoutDuration`.
pub const MAX_UNORDERED_NS: u64 = 600_000_000_000;
/// `SIGN_MODE_DIRECT`.
const DIRECT: i32 = 1;

/// When the checks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At a node's door; the only time when the gas price is looked at.
    Check,
    /// In a block.
    Deliver,
    /// On a copy: signatures are not looked at, and there is no limit of gas.
    Simulate,
}

impl State {
    /// Runs all checks and charges the fee. Returns the gas used so far.
    pub fn ante(&mut self, ctx: &Ctx, tx: &Tx, mode: Mode) -> Outcome<u64> {
        let signers = signers(tx);
        let fee = tx.auth_info.fee.clone().unwrap_or_default();
        if !tx.body.extension_options.is_empty() {
            return sdk(code::UNKNOWN_EXTENSION, "unknown extension options");
        }
        if tx.signatures.is_empty() {
            return sdk(code::NO_SIGNATURES, "no signatures supplied");
        }
        if tx.signatures.len() != signers.len() || tx.auth_info.signer_infos.len() != signers.len()
        {
            let (expected, got) = (signers.len(), tx.signatures.len());
            return sdk(
                code::UNAUTHORIZED,
                format!("wrong number of signers; expected {expected}, got {got}: unauthorized"),
            );
        }
        timeouts(ctx, tx)?;
        if tx.body.memo.len() > MAX_MEMO {
            let got = tx.body.memo.len();
            return sdk(
                code::MEMO_TOO_LARGE,
                format!("maximum number of characters is {MAX_MEMO} but received {got}"),
            );
        }
        let used = gas::checks(tx);
        if used > fee.gas_limit && mode != Mode::Simulate {
            return out_of_gas(fee.gas_limit, used);
        }
        self.charge(ctx, tx, &fee, &signers[0], mode)?;
        if tx.signatures.len() > MAX_SIGNATURES {
            return sdk(14, format!("signatures: {}: maximum", tx.signatures.len()));
        }
        let infos = tx.auth_info.signer_infos.iter().zip(&tx.signatures);
        for (signer, (info, signature)) in signers.iter().zip(infos) {
            self.verify(ctx, tx, signer, info, signature, mode)?;
        }
        if tx.body.unordered {
            self.spend_nonce(ctx, tx, &signers)?;
        } else {
            for signer in &signers {
                self.account_mut(signer).expect("verified above").sequence += 1;
            }
        }
        Ok(used)
    }

    fn charge(
        &mut self,
        ctx: &Ctx,
        tx: &Tx,
        fee: &Fee,
        first_signer: &str,
        mode: Mode,
    ) -> Outcome<()> {
        let mut coins: Vec<(String, u128)> = Vec::new();
        for coin in &fee.amount {
            let coin = super::bank::amount_of(&coin.denom, &coin.amount)
                .or_else(|_| sdk(code::INSUFFICIENT_FEE, "invalid fee provided"))?;
            coins.push(coin);
        }
        if mode == Mode::Check {
            let price = u128::from(ctx.rules.min_gas_price_micro_uakt);
            let required = (u128::from(fee.gas_limit) * price).div_ceil(1_000_000);
            let paid = coins.iter().find(|(d, _)| d == UAKT).map_or(0, |(_, n)| *n);
            if paid < required {
                return sdk(
                    code::INSUFFICIENT_FEE,
                    format!(
                        "insufficient fees; got: {paid}{UAKT} required: {required}{UAKT}: \
                         insufficient fee"
                    ),
                );
            }
        }
        let payer = if fee.payer.is_empty() {
            first_signer
        } else {
            &fee.payer
        };
        if payer != first_signer {
            return sdk(code::UNAUTHORIZED, "a fee payer must sign: unauthorized");
        }
        let mut from = payer;
        if !fee.granter.is_empty() && fee.granter != payer {
            let urls: Vec<&str> = tx.messages.iter().map(|(url, _)| url.as_str()).collect();
            self.use_allowance(ctx, &fee.granter, payer, &coins, &urls)?;
            from = &fee.granter;
        }
        if self.account(from).is_none() {
            return sdk(
                code::UNKNOWN_ADDRESS,
                format!("fee payer address: {from} does not exist: unknown address"),
            );
        }
        for (denom, amount) in &coins {
            self.transfer(from, &address::of_module("fee_collector"), denom, *amount)?;
        }
        Ok(())
    }

    fn verify(
        &mut self,
        ctx: &Ctx,
        tx: &Tx,
        signer: &str,
        info: &SignerInfo,
        signature: &[u8],
        run: Mode,
    ) -> Outcome<()> {
        let Some(account) = self.account(signer).cloned() else {
            return sdk(
                code::UNKNOWN_ADDRESS,
                format!("account {signer} does not exist: unknown address"),
            );
        };
        let sent = match &info.public_key {
            None => None,
            Some(any) if any.type_url == "/cosmos.crypto.secp256k1.PubKey" => {
                use cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey;
                PubKey::decode(any.value.as_slice()).ok().map(|k| k.key)
            }
            Some(_) => return sdk(code::INVALID_PUBKEY, "only secp256k1 is served"),
        };
        if let Some(key) = &sent
            && (key.len() != 33 || address::of_key(key) != signer)
        {
            return sdk(
                code::INVALID_PUBKEY,
                format!("pubKey does not match signer address {signer}: invalid pubkey"),
            );
        }
        let Some(key) = account.public_key.or(sent) else {
            return sdk(
                code::INVALID_PUBKEY,
                "account pubkey not found: invalid pubkey",
            );
        };
        let mode = info.mode_info.as_ref().and_then(|m| m.sum.as_ref());
        if !matches!(mode, Some(Sum::Single(Single { mode: DIRECT }))) {
            return sdk(code::NOT_SUPPORTED, "only SIGN_MODE_DIRECT is served");
        }
        if tx.body.unordered && info.sequence != 0 {
            return sdk(
                code::INVALID_REQUEST,
                "sequence is not allowed for unordered transactions: invalid request",
            );
        }
        if !tx.body.unordered && info.sequence != account.sequence {
            let (expected, got) = (account.sequence, info.sequence);
            return sdk(
                code::WRONG_SEQUENCE,
                format!(
                    "account sequence mismatch, expected {expected}, got {got}: incorrect account \
                     sequence"
                ),
            );
        }
        let document = SignDoc {
            body_bytes: tx.body_bytes.clone(),
            auth_info_bytes: tx.auth_info_bytes.clone(),
            chain_id: ctx.rules.chain_id.clone(),
            account_number: account.number,
        };
        let valid =
            run == Mode::Simulate || address::verify(&key, &document.encode_to_vec(), signature);
        if !valid {
            let (number, chain) = (account.number, &ctx.rules.chain_id);
            return sdk(
                code::UNAUTHORIZED,
                format!(
                    "signature verification failed; please verify account number ({number}), \
                     sequence ({}) and chain-id ({chain}): unauthorized",
                    info.sequence
                ),
            );
        }
        self.account_mut(signer).expect("read above").public_key = Some(key);
        Ok(())
    }

    fn spend_nonce(&mut self, ctx: &Ctx, tx: &Tx, signers: &[String]) -> Outcome<()> {
        let invalid = |log: &str| sdk(code::INVALID_REQUEST, format!("{log}: invalid request"));
        let Some(timeout) = tx.body.timeout_ns() else {
            return invalid("unordered transaction must have timeout_timestamp set");
        };
        if timeout < ctx.time_ns {
            return invalid(
                "unordered transaction has a timeout_timestamp that has already passed",
            );
        }
        if timeout > ctx.time_ns + MAX_UNORDERED_NS {
            return invalid("unordered tx ttl exceeds 10m0s");
        }
        for signer in signers {
            self.add_nonce(timeout, signer)?;
        }
        Ok(())
    }
}

/// Signers in order of first appearance.
pub fn signers(tx: &Tx) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (_, msg) in &tx.messages {
        if !out.iter().any(|s| s == msg.signer()) {
            out.push(msg.signer().to_owned());
        }
    }
    out
}

/// **Errors** `sdk` 30 and 42.
fn timeouts(ctx: &Ctx, tx: &Tx) -> Outcome<()> {
    let height = tx.body.timeout_height;
    if height > 0 && ctx.height > height {
        let log = format!("block height: {}, timeout height: {height}", ctx.height);
        return sdk(code::TIMEOUT_HEIGHT, format!("{log}: tx timeout height"));
    }
    if tx.body.timeout_ns().is_some_and(|t| t < ctx.time_ns) {
        return sdk(code::TX_TIMEOUT, "timeout timestamp has passed: tx timeout");
    }
    Ok(())
}

/// **Errors** `sdk` 11, always.
pub fn out_of_gas<T>(wanted: u64, used: u64) -> Outcome<T> {
    sdk(
        code::OUT_OF_GAS,
        format!("out of gas in location: estimate; gasWanted: {wanted}, gasUsed: {used}"),
    )
}
