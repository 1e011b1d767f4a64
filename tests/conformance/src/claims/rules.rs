//! Rules and codes of the chain.

use super::Basis::{self, Open, Read};
use super::{Claim, Part, Source};

const fn rule(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Rules,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    rule(
        "rule/unordered-life",
        "an unordered transaction's timeout is at most ten minutes after the block time, or it is refused with sdk 18; once it is past it is refused with sdk 42",
        "src/akash/tx.rs",
        &[Read(
            Source::CosmosSdk,
            "x/auth/ante/sigverify.go, basic.go",
        )],
    ),
    rule(
        "rule/unordered-once",
        "the same bytes after inclusion are refused with sdk 18 until the timeout, so they never run twice; two with one timeout exclude one another",
        "src/submit/mod.rs",
        &[Read(Source::CosmosSdk, "x/auth/ante/sigverify.go")],
    ),
    rule(
        "rule/dead-after-timeout",
        "a transaction that is in no block when a block time is later than its timeout never will be",
        "src/submit/mod.rs",
        &[Read(Source::CosmosSdk, "x/auth/ante/basic.go")],
    ),
    rule(
        "rule/sequence",
        "an ordered transaction runs only at the account's sequence and raises it, also when its messages fail; a wrong one is refused with sdk 32",
        "src/akash/tx.rs",
        &[Read(Source::CosmosSdk, "x/auth/ante/sigverify.go")],
    ),
    rule(
        "rule/low-s",
        "a signature with s in the upper half is refused",
        "src/submit/mod.rs",
        &[Read(
            Source::CosmosSdk,
            "crypto/keys/secp256k1/secp256k1_nocgo.go",
        )],
    ),
    rule(
        "code/mempool",
        "the same bytes while they wait are refused with sdk 19, which counts as taken",
        "src/akash/read/tx.rs",
        &[Read(Source::CosmosSdk, "types/errors/errors.go")],
    ),
    rule(
        "rule/gas-price",
        "a node asks for its lowest price per gas at its door only; a fee below it is refused with sdk 13",
        "src/akash/gas.rs",
        &[Read(Source::CosmosSdk, "x/auth/ante/validator_tx_fee.go")],
    ),
    rule(
        "rule/grant-makes-account",
        "a grant, of either kind, creates the account of its grantee",
        "treasury/src/grants/mod.rs",
        &[
            Read(Source::CosmosSdk, "x/authz/keeper/msg_server.go"),
            Read(Source::CosmosSdk, "x/feegrant/keeper/keeper.go"),
        ],
    ),
    rule(
        "rule/allowance-once",
        "a fee allowance cannot be written over: it is revoked and given anew in one transaction",
        "treasury/src/grants/perform.rs",
        &[Read(Source::CosmosSdk, "x/feegrant/keeper/msg_server.go")],
    ),
    rule(
        "rule/deposit-grant-absolute",
        "a new deposit authorization takes the place of the one that stood",
        "treasury/src/grants/mod.rs",
        &[Read(Source::CosmosSdk, "x/authz/keeper/keeper.go")],
    ),
    rule(
        "rule/deposit-grant-kept",
        "a deposit authorization that is spent to zero stays, without limits, and a refund gives it its limit back",
        "treasury/src/grants/mod.rs",
        &[Read(
            Source::Node,
            "x/escrow/keeper/keeper.go, AuthorizeDeposits and saveAccount",
        )],
    ),
    rule(
        "rule/deposit-draws-all",
        "a deposit from grants draws on every authorization that the signer holds, in the order of the store",
        "treasury/src/grants/mod.rs",
        &[Read(
            Source::Node,
            "x/escrow/keeper/keeper.go, AuthorizeDeposits",
        )],
    ),
    rule(
        "rule/refund-to-granter",
        "what is left at the close goes at once, in the denom deposited, to whoever deposited it, a granter included",
        "src/lease/state.rs",
        &[Read(Source::Node, "x/escrow/keeper/keeper.go, saveAccount")],
    ),
    rule(
        "rule/deposits-empty",
        "deposits of a closed escrow account are an empty list: what came back is not read from there",
        "src/akash/read/deployment.rs",
        &[Read(Source::Node, "x/escrow/keeper/keeper.go, saveAccount")],
    ),
    rule(
        "rule/escrow-arithmetic",
        "an account is settled when something touches it: rate times blocks, whole uact, the fraction dropped; deposits are used first in, first out",
        "tests/akash/src/chain/escrow.rs",
        &[Read(
            Source::Node,
            "x/escrow/keeper/keeper.go, accountSettle",
        )],
    ),
    rule(
        "rule/same-block",
        "two messages on one escrow account in one block can leave a payment open; we never send two",
        "src/lease/plan.rs",
        &[Read(
            Source::Node,
            "x/escrow/keeper/keeper.go, accountSettle",
        )],
    ),
    rule(
        "rule/second-lease",
        "a second lease on an account, in a later block, settles it and does not save the first provider's earnings of those blocks: the provider loses them, we do not",
        "src/lease/next.rs",
        &[Read(
            Source::Node,
            "x/escrow/keeper/keeper.go, PaymentCreate",
        )],
    ),
    rule(
        "rule/uact-only",
        "a deployment is priced and deposited in uact; a deposit in uakt, and a price in another denom than the deposit, are refused with deployment 20",
        "src/sdl/rules.rs",
        &[
            Read(Source::Node, "x/deployment/handler/server.go"),
            Read(Source::ChainSdk, "go/node/deployment/v1beta4/msgs.go"),
        ],
    ),
    rule(
        "rule/dseq",
        "a deployment's number is the client's choice, not 0, and never used before by its owner; used again it is refused with deployment 3",
        "src/lease/plan.rs",
        &[Read(Source::Node, "x/deployment/handler/server.go")],
    ),
    rule(
        "code/groups",
        "duplicate group names are refused with deployment 7",
        "tests/akash/src/chain/deployment.rs",
        &[Read(Source::Node, "x/deployment/handler/server.go")],
    ),
    rule(
        "code/limits",
        "resources beyond the chain's limits are refused with codespace undefined, code 1",
        "tests/akash/src/chain/deployment.rs",
        &[Read(
            Source::ChainSdk,
            "go/node/deployment/v1beta4/resourceunits.go",
        )],
    ),
    rule(
        "figure/resource-limits",
        "limits of a unit and of a group: processor, memory, storage, accelerators, price",
        "src/sdl/limits.rs",
        &[Read(
            Source::ChainSdk,
            "go/node/deployment/v1beta4/validation_config.go",
        )],
    ),
    rule(
        "rule/bids-vanish",
        "an order has no window: bids come as long as it is open, may vanish at any time, and a lease on a bid that is gone is refused",
        "src/lease/choose.rs",
        &[Read(Source::Node, "x/market/handler/server.go")],
    ),
    rule(
        "rule/attributes",
        "a bid whose provider lacks a required attribute, or an auditor's signature for it, is refused by the chain",
        "src/lease/choose.rs",
        &[Read(
            Source::ChainSdk,
            "go/node/deployment/v1beta4/groupspec.go",
        )],
    ),
    rule(
        "rule/lease-closes-bids",
        "taking a bid closes the others and refunds them in the same transaction, so its gas grows with them",
        "src/akash/gas.rs",
        &[Read(Source::Node, "x/market/handler/server.go")],
    ),
    rule(
        "rule/close-lease-reopens",
        "giving a lease up opens a new order of its group, oseq one higher",
        "src/lease/next.rs",
        &[Read(Source::Node, "x/market/hooks/hooks.go")],
    ),
    rule(
        "rule/mint-queued",
        "a mint only queues: the uakt goes at once, the uact comes one or more epochs later at the price of that moment less 0.25 %, or the uakt comes back whole",
        "src/akash/read/bme.rs",
        &[Read(Source::Node, "x/bme/keeper/keeper.go")],
    ),
    rule(
        "rule/mint-refused",
        "a mint is refused with bme 6 while the mint is halted, and with oracle.v2 4 while the price is stale",
        "src/akash/read/bme.rs",
        &[Read(Source::Node, "x/bme/handler/server.go")],
    ),
    rule(
        "rule/mint-to-self",
        "what is minted goes to the signer alone, and uact cannot be sent",
        "src/akash/message.rs",
        &[Read(Source::Node, "x/bme/handler/server.go")],
    ),
    rule(
        "rule/no-send-to-modules",
        "a send to the account of a module is refused",
        "src/akash/message.rs",
        &[Read(Source::Node, "app/app.go")],
    ),
    rule(
        "rule/vesting",
        "there are vesting accounts on Akash, of every kind of the SDK: what they hold is not all theirs to spend",
        "src/akash/proof/mod.rs",
        &[Read(Source::Node, "app/modules.go")],
    ),
    rule(
        "figure/gas",
        "gas limits of our messages",
        "src/akash/gas.rs",
        &[Open(
            "the modules of Akash run in no node that could be had, so limits are counted from their code with half as much again",
            "a transaction that runs out of gas does nothing, costs its fee, and is signed anew with a higher limit; fees are booked and capped by the allowance",
        )],
    ),
    rule(
        "figure/akash-node",
        "whole stories on a node of Akash",
        "tests/nodes/src/go.rs",
        &[Open(
            "the module pkg.akt.dev/node/v2 is not served where this was made (403)",
            "what its modules do was read and is played by the stand-in, which was written apart from the product; every release of money waits for a proof or for agreeing nodes",
        )],
    ),
];
