//! Accounts, balances, and what one account lets another do.

use super::wire::{Coin, number, uact};
use super::{NOT_FOUND, ReadError, body, body_or_absent, get, grpc_code, plain};
use crate::akash::ids::{UACT, UAKT};
use crate::kernel::money::{Uact, Uakt};
use crate::kernel::port::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// An account or a balance. **Units** bytes.
const MAX_ACCOUNT: u64 = 4_096;

/// Permissions between two accounts. **Units** bytes.
const MAX_PERMISSION: u64 = 16_384;

/// gRPC code of "internal". The fee-grant module answers it for "no such allowance".
/// **Source** Cosmos SDK, `x/feegrant/keeper/grpc_query.go`.
const INTERNAL: i64 = 13;

/// An account on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Part of every signature; never changes.
    pub number: u64,
    /// How many ordered transactions it has signed.
    pub sequence: u64,
    /// Whether the chain knows its key: it does once the account has signed.
    pub has_key: bool,
}

/// Asks for an account.
#[must_use]
pub fn account_request(rest: &str, address: &str) -> HttpRequest {
    get(
        format!("{rest}/cosmos/auth/v1beta1/account_info/{}", plain(address)),
        MAX_ACCOUNT,
    )
}

/// `None` for an account that never got anything.
pub fn account_reply(response: &HttpResponse) -> Result<Option<Account>, ReadError> {
    #[derive(Deserialize)]
    struct Envelope {
        info: Info,
    }
    #[derive(Deserialize)]
    struct Info {
        pub_key: Option<serde_json::Value>,
        #[serde(deserialize_with = "number")]
        account_number: u64,
        #[serde(deserialize_with = "number")]
        sequence: u64,
    }
    let found: Option<Envelope> = body_or_absent("an account", response)?;
    Ok(found.map(|Envelope { info }| Account {
        number: info.account_number,
        sequence: info.sequence,
        has_key: info.pub_key.is_some(),
    }))
}

/// Asks how much of `denom` an account has.
#[must_use]
pub fn balance_request(rest: &str, address: &str, denom: &str) -> HttpRequest {
    get(
        format!(
            "{rest}/cosmos/bank/v1beta1/balances/{}/by_denom?denom={}",
            plain(address),
            plain(denom)
        ),
        MAX_ACCOUNT,
    )
}

/// **Units** millionths of the denom that was asked for; 0 when there is none.
pub fn balance_reply(response: &HttpResponse) -> Result<u64, ReadError> {
    #[derive(Deserialize)]
    struct Envelope {
        balance: Coin,
    }
    body::<Envelope>("a balance", response)?
        .balance
        .whole()
        .map_err(shape("a balance"))
}

/// Asks what `grantee` may do in the name of `granter`.
#[must_use]
pub fn deposit_limit_request(rest: &str, granter: &str, grantee: &str) -> HttpRequest {
    get(
        format!(
            "{rest}/cosmos/authz/v1beta1/grants?granter={}&grantee={}",
            plain(granter),
            plain(grantee)
        ),
        MAX_PERMISSION,
    )
}

/// How much `grantee` may still deposit, or `None` when it may not.
pub fn deposit_limit_reply(response: &HttpResponse) -> Result<Option<Uact>, ReadError> {
    const EXPECTED: &str = "permissions";
    #[derive(Deserialize)]
    struct Envelope {
        grants: Vec<Grant>,
    }
    #[derive(Deserialize)]
    struct Grant {
        authorization: Authorization,
    }
    #[derive(Deserialize)]
    struct Authorization {
        #[serde(rename = "@type")]
        kind: String,
        spend_limits: Option<Vec<Coin>>,
    }
    let Some(Envelope { grants }) = body_or_absent(EXPECTED, response)? else {
        return Ok(None);
    };
    let ours = grants
        .iter()
        .find(|g| g.authorization.kind == "/akash.escrow.v1.DepositAuthorization");
    let Some(ours) = ours else {
        return Ok(None);
    };
    let Some(limits) = &ours.authorization.spend_limits else {
        return Err(shape(EXPECTED)("a permission without limits".into()));
    };
    let limit = uact(limits).map_err(shape(EXPECTED))?;
    limit
        .floor()
        .map(|limit| Some(Uact(limit)))
        .ok_or_else(|| shape(EXPECTED)(format!("{limit} {UACT}, more than 64 bits hold")))
}

/// Asks how much gas `grantee` may burn of `granter`.
#[must_use]
pub fn fee_limit_request(rest: &str, granter: &str, grantee: &str) -> HttpRequest {
    get(
        format!(
            "{rest}/cosmos/feegrant/v1beta1/allowance/{}/{}",
            plain(granter),
            plain(grantee)
        ),
        MAX_PERMISSION,
    )
}

/// How much gas `grantee` may still burn, or `None` when it may not.
///
/// The module says "internal" where there is no allowance, so an endpoint in trouble can look like
/// that. **Errors** any other answer, and an allowance without a limit: ours have one.
pub fn fee_limit_reply(response: &HttpResponse) -> Result<Option<Uakt>, ReadError> {
    const EXPECTED: &str = "a fee allowance with a limit in uakt";
    #[derive(Deserialize)]
    struct Envelope {
        allowance: Grant,
    }
    #[derive(Deserialize)]
    struct Grant {
        allowance: Allowance,
    }
    /// Either kind: the inner one has the limit.
    #[derive(Deserialize)]
    struct Allowance {
        allowance: Option<Box<Allowance>>,
        spend_limit: Option<Vec<Coin>>,
    }
    if matches!(grpc_code(response), Some(NOT_FOUND | INTERNAL)) {
        return Ok(None);
    }
    let outer = body::<Envelope>(EXPECTED, response)?.allowance.allowance;
    let inner = outer.allowance.as_deref().unwrap_or(&outer);
    let limits = inner.spend_limit.as_deref().unwrap_or_default();
    let coin = limits.iter().find(|c| c.denom == UAKT);
    let limit = coin.map_or_else(|| Err("none".into()), Coin::whole);
    limit
        .map(|limit| Some(Uakt(limit)))
        .map_err(shape(EXPECTED))
}

pub(super) fn shape(expected: &'static str) -> impl Fn(String) -> ReadError {
    move |got| ReadError::Shape { expected, got }
}
