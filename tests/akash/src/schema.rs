//! What a transaction may contain on the wire.
//!
//! The chain refuses a transaction with a field that it does not know, anywhere inside
//! (**Source** Cosmos SDK, `codec/unknownproto`); decoding with `prost` alone would skip it.

/// What a field holds.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A varint.
    Int,
    /// Varints, packed or not.
    Ints,
    /// A string or bytes.
    Bytes,
    /// A nested message.
    Message(&'static Schema),
    /// A `google.protobuf.Any` whose content is looked up by its type url.
    Any,
}

/// Fields by number.
pub type Schema = [(u32, Kind)];

use Kind::{Any, Bytes, Int, Ints, Message};

const COIN: &Schema = &[(1, Bytes), (2, Bytes)];
const SECONDS: &Schema = &[(1, Int), (2, Int)];
const ATTRIBUTE: &Schema = &[(1, Bytes), (2, Bytes)];
const REQUIREMENTS: &Schema = &[
    (1, Message(&[(1, Bytes), (2, Bytes)])),
    (2, Message(ATTRIBUTE)),
];
const DEPOSIT: &Schema = &[(1, Message(COIN)), (5, Ints)];
const VALUE: &Schema = &[(1, Bytes)];
const QUANTITY: &Schema = &[(1, Message(VALUE)), (2, Message(ATTRIBUTE))];
const STORAGE: &Schema = &[(1, Bytes), (2, Message(VALUE)), (3, Message(ATTRIBUTE))];
const RESOURCES: &Schema = &[
    (1, Int),
    (2, Message(QUANTITY)),
    (3, Message(QUANTITY)),
    (4, Message(STORAGE)),
    (5, Message(QUANTITY)),
    (6, Message(&[(1, Int), (2, Int)])),
];
const UNIT: &Schema = &[(1, Message(RESOURCES)), (2, Int), (3, Message(COIN))];
const GROUP: &Schema = &[(1, Bytes), (2, Message(REQUIREMENTS)), (3, Message(UNIT))];
const DEPLOYMENT_ID: &Schema = &[(1, Bytes), (2, Int)];
const GROUP_ID: &Schema = &[(1, Bytes), (2, Int), (3, Int)];
const BID_ID: &Schema = &[
    (1, Bytes),
    (2, Int),
    (3, Int),
    (4, Int),
    (5, Bytes),
    (6, Int),
];
const PRICES: &Schema = &[
    (2, Message(COIN)),
    (3, Message(COIN)),
    (4, Message(COIN)),
    (5, Message(COIN)),
    (6, Message(COIN)),
];
const OFFER: &Schema = &[(1, Message(RESOURCES)), (2, Int), (3, Message(PRICES))];
const PROVIDER: &Schema = &[
    (1, Bytes),
    (2, Bytes),
    (3, Message(ATTRIBUTE)),
    (4, Message(&[(1, Bytes), (2, Bytes)])),
];
const BURN: &Schema = &[(1, Bytes), (2, Bytes), (3, Message(COIN))];

/// `cosmos.tx.v1beta1.TxBody`.
pub const TX_BODY: &Schema = &[
    (1, Any),
    (2, Bytes),
    (3, Int),
    (4, Int),
    (5, Message(SECONDS)),
    (1023, Any),
    (2047, Any),
];

/// `cosmos.tx.v1beta1.AuthInfo`.
pub const AUTH_INFO: &Schema = &[
    (
        1,
        Message(&[
            (1, Any),
            (
                2,
                Message(&[
                    (1, Message(&[(1, Int)])),
                    (2, Message(&[(1, Bytes), (2, Bytes)])),
                ]),
            ),
            (3, Int),
        ]),
    ),
    (
        2,
        Message(&[(1, Message(COIN)), (2, Int), (3, Bytes), (4, Bytes)]),
    ),
    (3, Message(&[(1, Message(COIN)), (2, Bytes)])),
];

/// The content of an `Any`, by its type url; `None` for one that this chain does not serve.
pub fn of_type(url: &str) -> Option<&'static Schema> {
    Some(match url {
        "/cosmos.crypto.secp256k1.PubKey" => &[(1, Bytes)],
        "/cosmos.bank.v1beta1.MsgSend" => &[(1, Bytes), (2, Bytes), (3, Message(COIN))],
        "/cosmos.vesting.v1beta1.MsgCreateVestingAccount" => &[
            (1, Bytes),
            (2, Bytes),
            (3, Message(COIN)),
            (4, Int),
            (5, Int),
        ],
        "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount" => {
            &[(1, Bytes), (2, Bytes), (3, Message(COIN))]
        }
        "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount" => &[
            (1, Bytes),
            (2, Bytes),
            (3, Int),
            (4, Message(&[(1, Int), (2, Message(COIN))])),
        ],
        "/cosmos.authz.v1beta1.MsgGrant" => &[
            (1, Bytes),
            (2, Bytes),
            (3, Message(&[(1, Any), (2, Message(SECONDS))])),
        ],
        "/cosmos.authz.v1beta1.MsgRevoke" => &[(1, Bytes), (2, Bytes), (3, Bytes)],
        "/cosmos.feegrant.v1beta1.MsgGrantAllowance" => &[(1, Bytes), (2, Bytes), (3, Any)],
        "/cosmos.feegrant.v1beta1.MsgRevokeAllowance" => &[(1, Bytes), (2, Bytes)],
        "/cosmos.feegrant.v1beta1.BasicAllowance" => &[(1, Message(COIN)), (2, Message(SECONDS))],
        "/cosmos.feegrant.v1beta1.AllowedMsgAllowance" => &[(1, Any), (2, Bytes)],
        "/akash.escrow.v1.DepositAuthorization" => {
            &[(1, Message(COIN)), (2, Ints), (3, Message(COIN))]
        }
        "/akash.escrow.v1.MsgAccountDeposit" => &[
            (1, Bytes),
            (2, Message(&[(1, Int), (2, Bytes)])),
            (3, Message(DEPOSIT)),
        ],
        "/akash.deployment.v1beta4.MsgCreateDeployment" => &[
            (1, Message(DEPLOYMENT_ID)),
            (2, Message(GROUP)),
            (3, Bytes),
            (4, Message(DEPOSIT)),
            (5, Message(&[(1, Message(SECONDS))])),
        ],
        "/akash.deployment.v1beta4.MsgUpdateDeployment" => {
            &[(1, Message(DEPLOYMENT_ID)), (3, Bytes)]
        }
        "/akash.deployment.v1beta4.MsgCloseDeployment" => &[(1, Message(DEPLOYMENT_ID))],
        "/akash.deployment.v1beta4.MsgCloseGroup"
        | "/akash.deployment.v1beta4.MsgPauseGroup"
        | "/akash.deployment.v1beta4.MsgStartGroup" => &[(1, Message(GROUP_ID))],
        "/akash.market.v1beta5.MsgCreateBid" => &[
            (1, Message(BID_ID)),
            (2, Message(COIN)),
            (3, Message(DEPOSIT)),
            (4, Message(OFFER)),
            (5, Message(SECONDS)),
        ],
        "/akash.market.v1beta5.MsgCloseBid"
        | "/akash.market.v1beta5.MsgCloseLease"
        | "/akash.market.v1beta5.MsgLeaseStartReclaim" => &[(1, Message(BID_ID)), (2, Int)],
        "/akash.market.v1beta5.MsgCreateLease" | "/akash.market.v1beta5.MsgWithdrawLease" => {
            &[(1, Message(BID_ID))]
        }
        "/akash.bme.v1.MsgMintACT" | "/akash.bme.v1.MsgBurnACT" => BURN,
        "/akash.bme.v1.MsgBurnMint" => &[(1, Bytes), (2, Bytes), (3, Message(COIN)), (4, Bytes)],
        "/akash.provider.v1beta4.MsgCreateProvider"
        | "/akash.provider.v1beta4.MsgUpdateProvider" => PROVIDER,
        "/akash.audit.v1.MsgSignProviderAttributes" => {
            &[(1, Bytes), (2, Bytes), (3, Message(ATTRIBUTE))]
        }
        "/akash.audit.v1.MsgDeleteProviderAttributes" => &[(1, Bytes), (2, Bytes), (3, Bytes)],
        _ => return None,
    })
}

/// Deepest nesting that is followed. **Source** SDK `unknownproto`: 10 000 nested `Any`; ours is
/// far below what its messages need.
const MAX_DEPTH: u32 = 32;

/// Fields whose number has this bit may be unknown, anywhere in a body.
/// **Source** SDK, `codec/unknownproto`, `bit11NonCritical`.
const NON_CRITICAL: u32 = 1 << 10;

/// Whether unknown fields may be passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// None.
    Refused,
    /// Those whose number says so.
    NonCritical,
}

/// Walks a message. **Errors** what is wrong, in the words of the SDK.
pub fn check(bytes: &[u8], schema: &Schema, unknown: Unknown) -> Result<(), String> {
    walk(bytes, schema, unknown, 0)
}

fn walk(mut bytes: &[u8], schema: &Schema, unknown: Unknown, depth: u32) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("message nested too deeply".into());
    }
    while !bytes.is_empty() {
        let (field, wire) = tag(&mut bytes)?;
        let Some((_, kind)) = schema.iter().find(|(number, _)| *number == field) else {
            if unknown == Unknown::NonCritical && field & NON_CRITICAL != 0 {
                skip(&mut bytes, wire)?;
                continue;
            }
            return Err(format!(
                "errUnknownField: {{TagNum: {field}, WireType: {wire}}}"
            ));
        };
        match (kind, wire) {
            (Int | Ints, 0) => {
                varint(&mut bytes)?;
            }
            (Ints | Bytes, 2) => {
                chunk(&mut bytes)?;
            }
            (Message(inner), 2) => walk(chunk(&mut bytes)?, inner, unknown, depth + 1)?,
            (Any, 2) => any(chunk(&mut bytes)?, unknown, depth + 1)?,
            _ => {
                return Err(format!(
                    "errMismatchedWireType: {{TagNum: {field}, got {wire}}}"
                ));
            }
        }
    }
    Ok(())
}

fn any(bytes: &[u8], unknown: Unknown, depth: u32) -> Result<(), String> {
    walk(bytes, &[(1, Bytes), (2, Bytes)], Unknown::Refused, depth)?;
    let (mut rest, mut url, mut value) = (bytes, "", &[][..]);
    while !rest.is_empty() {
        let (field, _) = tag(&mut rest)?;
        let content = chunk(&mut rest)?;
        if field == 1 {
            url = std::str::from_utf8(content).map_err(|e| e.to_string())?;
        } else {
            value = content;
        }
    }
    match of_type(url) {
        Some(schema) => walk(value, schema, unknown, depth + 1),
        None => Err(format!("unable to resolve type URL {url}")),
    }
}

/// Passes over a field that nobody knows.
fn skip(bytes: &mut &[u8], wire: u8) -> Result<(), String> {
    let fixed = match wire {
        0 => return varint(bytes).map(drop),
        2 => return chunk(bytes).map(drop),
        1 => 8,
        5 => 4,
        _ => return Err(format!("wire type {wire} of an unknown field")),
    };
    *bytes = bytes.get(fixed..).ok_or("unexpected EOF")?;
    Ok(())
}

/// Field number and wire type.
pub fn tag(bytes: &mut &[u8]) -> Result<(u32, u8), String> {
    let tag = varint(bytes)?;
    let field = u32::try_from(tag >> 3).map_err(|_| "invalid field number")?;
    if field == 0 {
        return Err("invalid field number 0".into());
    }
    Ok((field, u8::try_from(tag & 7).expect("three bits")))
}

/// A varint of at most ten bytes.
pub fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0u64;
    for i in 0..10 {
        let Some((first, rest)) = bytes.split_first() else {
            return Err("unexpected EOF".into());
        };
        *bytes = rest;
        value |= u64::from(first & 0x7f) << (7 * i);
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("varint overflow".into())
}

/// A length and that many bytes.
pub fn chunk<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = usize::try_from(varint(bytes)?).map_err(|_| "length overflow")?;
    if length > bytes.len() {
        return Err("unexpected EOF".into());
    }
    let (content, rest) = bytes.split_at(length);
    *bytes = rest;
    Ok(content)
}
