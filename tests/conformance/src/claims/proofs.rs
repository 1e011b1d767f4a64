//! Headers, proofs, and where things are in the chain's stores.

use super::Basis::{self, Open, Read};
use super::{Claim, Part, Source};

const fn proof(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Proofs,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    proof(
        "key/deployment",
        "deployments, groups and their parameters in the store deployment: prefixes 11 01, 12 01 and 14 00, owner as text",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/deployment/keeper/keys")],
    ),
    proof(
        "key/market",
        "orders, bids, leases and parameters in the store market: prefixes 11 01, 12 02, 13 02 and 14 00",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/market/keeper/keys")],
    ),
    proof(
        "key/escrow",
        "escrow accounts and payments in the store escrow: prefixes 11 00 and 12 00, then the state, then the id as text",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/escrow/keeper/key.go")],
    ),
    proof(
        "key/bme",
        "pending, executed and cancelled records in the store bme: prefixes 03 01, 03 02 and 03 04; status 04 00; parameters 09 00",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/bme/keeper/key.go, codec.go")],
    ),
    proof(
        "key/oracle",
        "price and health of a pair in the store oracle: prefixes 11 02 and 11 03; parameters 09",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/oracle/keeper/key.go, codec.go")],
    ),
    proof(
        "key/provider",
        "providers and audited attributes in the stores provider and audit: prefix 01, addresses with their length",
        "src/akash/proof/key.rs",
        &[Read(Source::Node, "x/provider/keeper, x/audit/keeper")],
    ),
    proof(
        "key/after-upgrade",
        "version 2.2 of the node keeps these keys",
        "src/akash/proof/key.rs",
        &[Open(
            "its source could not be read; its notes name a new module and no changed store",
            "a header's app version is part of what is trusted, and a moved key reads as absent, which alone releases no money: a canary balance is proven beside it",
        )],
    ),
    proof(
        "rule/trusting-period",
        "validators can be punished for 14 days, so a header may be trusted for at most two thirds of it and nine days",
        "src/akash/light/params.rs",
        &[
            Read(Source::Node, "cmd/akash/cmd/genesis.go"),
            Open(
                "the live figure could not be asked for",
                "it is a setting that is voted on",
            ),
        ],
    ),
];
