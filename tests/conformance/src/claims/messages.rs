//! Transactions and the messages in them.

use super::Basis::{self, Check, Read};
use super::{Claim, Part, Source};
use crate::suite::Suite::{Npm, Vectors};

const fn message(id: &'static str, what: &'static str, bases: &'static [Basis]) -> Claim {
    in_file(id, what, "src/akash/message.rs", bases)
}

const fn in_file(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Messages,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    message(
        "message/create-deployment",
        "MsgCreateDeployment of deployment v1beta4 with its groups, hash and deposit: field numbers, ASCII digits in resource values, prices times 10^18",
        &[
            Check(Vectors),
            Check(Npm),
            Read(Source::ChainSdk, "proto/node/akash/deployment/v1beta4"),
        ],
    ),
    message(
        "message/reclamation",
        "field 5 of MsgCreateDeployment is the reclamation with its window, field 1, a Duration",
        &[Read(
            Source::ChainSdk,
            "proto/node/akash/deployment/v1beta4/deploymentmsg.proto",
        )],
    ),
    message(
        "message/packed-enums",
        "lists of enums (deposit sources, scopes) are written packed, as the chain's own Go code does; the chain reads both forms",
        &[
            Check(Vectors),
            Read(Source::ChainSdk, "go/node/types/deposit/v1/deposit.pb.go"),
        ],
    ),
    message(
        "message/create-lease",
        "MsgCreateLease of market v1beta5 carries the bid's id in field 1; bseq is field 6 of it",
        &[Check(Vectors), Check(Npm)],
    ),
    message(
        "message/close-lease",
        "MsgCloseLease of market v1beta5 carries the lease's id in field 1; its reason may be left out",
        &[Check(Npm)],
    ),
    message(
        "message/close-deployment",
        "MsgCloseDeployment of deployment v1beta4 carries the deployment's id in field 1",
        &[Check(Vectors), Check(Npm)],
    ),
    message(
        "message/deposit-authorization",
        "DepositAuthorization of escrow v1: the deprecated spend limit in field 1, scopes in field 2",
        &[Check(Npm)],
    ),
    message(
        "message/spend-limits",
        "DepositAuthorization holds its limits, one for each denom, in field 3",
        &[Read(
            Source::ChainSdk,
            "proto/node/akash/escrow/v1/authz.proto",
        )],
    ),
    message(
        "message/authz",
        "MsgGrant without an expiration, and MsgRevoke by the name of the message that is authorised",
        &[Check(Vectors), Check(Npm)],
    ),
    message(
        "message/feegrant",
        "MsgGrantAllowance with an AllowedMsgAllowance round a BasicAllowance, and MsgRevokeAllowance",
        &[Check(Vectors), Check(Npm)],
    ),
    message(
        "message/send",
        "MsgSend of bank v1beta1 with one coin",
        &[Check(Npm)],
    ),
    message(
        "message/mint-act",
        "MsgMintACT of bme v1 carries owner, receiver (the same) and the uakt to burn",
        &[Check(Npm)],
    ),
    message(
        "message/burn-act",
        "MsgBurnACT of bme v1 carries owner, receiver (the same) and the uact to burn",
        &[Check(Npm)],
    ),
    in_file(
        "message/transaction",
        "TxRaw, TxBody, AuthInfo, Fee with a granter, SignerInfo with a secp256k1 key and mode direct",
        "src/akash/tx.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    in_file(
        "message/sign-bytes",
        "what is signed is the SHA-256 of the SignDoc: body, auth info, chain id, account number; the transaction's name is the SHA-256 of TxRaw",
        "src/akash/tx.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    in_file(
        "message/unordered",
        "an unordered transaction sets field 4 of the body, has a timeout timestamp in field 5, to the nanosecond, and sequence 0",
        "src/akash/tx.rs",
        &[Check(Npm)],
    ),
    in_file(
        "message/address",
        "an account is RIPEMD-160 of SHA-256 of the compressed key, in bech32 with the prefix akash",
        "src/akash/address.rs",
        &[Check(Npm)],
    ),
    in_file(
        "message/stand-in",
        "the stand-in reads and writes, byte for byte, random messages of every kind that chain-sdk makes",
        "tests/akash/src/proto.rs",
        &[Check(Npm)],
    ),
];
