//! Accounts and limits of the SNS's treasuries.

use candid::Principal;
use sha2::{Digest, Sha224, Sha256};

use crate::types::Action;
use crate::types::{
    FROM_ICP_TREASURY, FROM_SNS_TOKEN_TREASURY, ProposalData, TransferSnsTreasuryFunds,
};
use crate::voting::ONE_DAY;

/// **Units** e8s in a token.
pub const E8S_PER_TOKEN: u64 = 100_000_000;
/// Fee of the ICP ledger. **Units** e8s.
pub const ICP_FEE_E8S: u64 = 10_000;

/// Up to this value a treasury may be emptied within the period. **Units** XDR.
pub const SMALL_TREASURY_XDR: u64 = 100_000;
/// Up to this value a quarter of a treasury may be paid out within the period. **Units** XDR.
pub const MEDIUM_TREASURY_XDR: u64 = 1_200_000;
/// Of a treasury worth more, this may be paid out within the period. **Units** XDR.
pub const LARGE_TREASURY_LIMIT_XDR: u64 = 300_000;
/// The period for which payments are added up. **Units** s.
pub const LIMIT_PERIOD: u64 = 7 * ONE_DAY;

/// Most that may leave a treasury of this balance within seven days.
///
/// The real canister asks for prices. Here a token is worth one ICP and an ICP one XDR, which is
/// the lowest price of ICP that the real canister goes by.
///
/// **Units** e8s.
pub fn limit_e8s(balance_e8s: u64) -> u64 {
    if balance_e8s <= SMALL_TREASURY_XDR * E8S_PER_TOKEN {
        balance_e8s
    } else if balance_e8s <= MEDIUM_TREASURY_XDR * E8S_PER_TOKEN {
        balance_e8s / 4
    } else {
        LARGE_TREASURY_LIMIT_XDR * E8S_PER_TOKEN
    }
}

/// Sum of the payments out of this treasury that were executed within the last seven days.
///
/// **Units** e8s.
pub fn spent_e8s<'a>(
    proposals: impl Iterator<Item = &'a ProposalData>,
    from_treasury: i32,
    now: u64,
) -> u64 {
    let since = now.saturating_sub(LIMIT_PERIOD);
    proposals
        .filter(|data| {
            data.executed_timestamp_seconds > 0 && data.executed_timestamp_seconds >= since
        })
        .filter_map(|data| match data.proposal.as_ref()?.action.as_ref()? {
            Action::TransferSnsTreasuryFunds(transfer)
                if transfer.from_treasury == from_treasury =>
            {
                Some(transfer.amount_e8s)
            }
            _ => None,
        })
        .fold(0, u64::saturating_add)
}

/// What voters read of a payment, or everything that is wrong with it.
///
/// `defects` are those already found: the amount is checked before the rest.
pub fn validate_and_render_transfer(
    transfer: &TransferSnsTreasuryFunds,
    token_fee_e8s: u64,
    mut defects: Vec<String>,
) -> Result<String, String> {
    let (from, unit, minimum) = match transfer.from_treasury {
        FROM_ICP_TREASURY => ("ICP Treasury (ICP Ledger)", "ICP", ICP_FEE_E8S),
        FROM_SNS_TOKEN_TREASURY => (
            "SNS Token Treasury (SNS Ledger)",
            "SNS Tokens",
            token_fee_e8s,
        ),
        _ => {
            defects.push(
                "Must specify a treasury from which to transfer the funds (ICP/SNS Token)."
                    .to_string(),
            );
            ("", "", 0)
        }
    };
    if transfer.amount_e8s < minimum {
        defects.push(format!(
            "For transactions from {from}, the fee and minimum transaction is {minimum} e8s"
        ));
    }
    match transfer.to_principal {
        None => defects.push("Must specify a principal to make the transfer to.".to_string()),
        Some(principal) if principal == Principal::anonymous() => {
            defects.push("to_principal must not be anonymous.".to_string());
        }
        Some(_) => {}
    }
    let subaccount = match &transfer.to_subaccount {
        None => [0; 32],
        Some(given) => given.subaccount.as_slice().try_into().unwrap_or_else(|_| {
            defects.push("Invalid subaccount".to_string());
            [0; 32]
        }),
    };
    let (Some(to), true) = (transfer.to_principal, defects.is_empty()) else {
        return Err(format!(
            "TransferSnsTreasuryFunds proposal was invalid for the following reason(s):\n{}",
            defects.join("\n")
        ));
    };
    let whole = transfer.amount_e8s / E8S_PER_TOKEN;
    let part = transfer.amount_e8s % E8S_PER_TOKEN;
    let account = account_text(to, &subaccount);
    Ok([
        "# Proposal to transfer SNS Treasury funds:".to_string(),
        format!("## Source treasury: {from}"),
        format!("## Amount: {whole}.{part:08} {unit}"),
        format!("## Amount (e8s): {}", transfer.amount_e8s),
        format!("## Target principal: {to}"),
        format!("## Target account: {account}"),
        format!("## Memo: {}", transfer.memo.unwrap_or(0)),
    ]
    .join("\n"))
}

/// An amount in whole tokens, without zeros at the end. **Units** e8s in, tokens out.
pub fn tokens_text(e8s: u64) -> String {
    let text = format!("{}.{:08}", e8s / E8S_PER_TOKEN, e8s % E8S_PER_TOKEN);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Subaccount for `principal` and `nonce` in a domain.
///
/// **Source** SNS `compute_neuron_domain_subaccount_bytes`: SHA-256 of length and text of the
/// domain, the bytes of the principal, and the nonce as eight bytes, big end first.
fn domain_subaccount(domain: &str, principal: Principal, nonce: u64) -> [u8; 32] {
    let length = u8::try_from(domain.len()).expect("domains are short names in this file");
    let mut hash = Sha256::new();
    hash.update([length]);
    hash.update(domain);
    hash.update(principal.as_slice());
    hash.update(nonce.to_be_bytes());
    hash.finalize().into()
}

/// Where an SNS keeps its own tokens, on its own ledger.
pub fn treasury_subaccount(governance: Principal) -> [u8; 32] {
    domain_subaccount("token-distribution", governance, 0)
}

/// Where the stake of a neuron lies; also the id of the neuron.
pub fn neuron_subaccount(controller: Principal, memo: u64) -> [u8; 32] {
    domain_subaccount("neuron-stake", controller, memo)
}

/// Address of an account on the ICP ledger.
///
/// **Source** ICP ledger: CRC-32 and SHA-224 of a separator, the owner and the subaccount.
pub fn account_identifier(owner: Principal, subaccount: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha224::new();
    hash.update(b"\x0aaccount-id");
    hash.update(owner.as_slice());
    hash.update(subaccount);
    let hash: [u8; 28] = hash.finalize().into();
    let mut out = [0; 32];
    out[..4].copy_from_slice(&crc32(&hash).to_be_bytes());
    out[4..].copy_from_slice(&hash);
    out
}

/// Text of an account. **Source** ICRC-1, textual encoding of accounts.
pub fn account_text(owner: Principal, subaccount: &[u8; 32]) -> String {
    if *subaccount == [0; 32] {
        return owner.to_string();
    }
    let bytes = [owner.as_slice(), subaccount].concat();
    let checksum = base32(&crc32(&bytes).to_be_bytes());
    let digits = hex::encode(subaccount);
    format!("{owner}-{checksum}.{}", digits.trim_start_matches('0'))
}

/// CRC-32 as ISO 3309 and ITU-T V.42 have it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// RFC 4648 base 32 in lower case, without padding.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: [char; 32] = [
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
        's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
    ];
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    bits.chunks(5)
        .map(|chunk| {
            let value = (0..5).fold(0_usize, |value, bit| {
                value << 1 | usize::from(chunk.get(bit).copied().unwrap_or(false))
            });
            ALPHABET[value]
        })
        .collect()
}

#[cfg(test)]
mod tests;
