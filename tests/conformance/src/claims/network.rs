//! Figures and facts of the live networks that nobody could ask from where this was made.

use super::Basis::{self, Open, Read};
use super::{Claim, Part, Source};

const fn live(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Network,
        what,
        at,
        bases,
    }
}

const UNASKED: &str = "no live network could be asked";

pub(super) const CLAIMS: &[Claim] = &[
    live(
        "figure/min-deposit",
        "a deployment's deposit is at least 500,000 uact",
        "src/lease/limits.rs",
        &[
            Read(Source::ChainSdk, "go/node/deployment/v1beta4/params.go"),
            Open(
                UNASKED,
                "a smaller minimum costs nothing, a larger one refuses the deployment before money moves",
            ),
        ],
    ),
    live(
        "figure/max-bids",
        "at most 20 bids, and one more, stand on an order",
        "src/akash/gas.rs",
        &[
            Read(Source::Node, "x/market/handler/server.go"),
            Open(
                UNASKED,
                "more bids than that make the gas limit too low, and the transaction is signed anew",
            ),
        ],
    ),
    live(
        "figure/mint-parameters",
        "ten blocks an epoch, 0.25 % spread, at least 10 ACT, 50 records an epoch, halted below a ratio of 0.9",
        "tests/akash/src/chain/bme.rs",
        &[
            Read(Source::ChainSdk, "go/node/bme/v1/params.go"),
            Open(
                UNASKED,
                "the status query and the executed record decide, not these figures",
            ),
        ],
    ),
    live(
        "figure/oracle-parameters",
        "a price is stale after 30 s",
        "tests/akash/src/chain/bme.rs",
        &[
            Read(Source::Node, "x/oracle/keeper"),
            Open(
                UNASKED,
                "we ask for the price's time and health and compare them with limits of our own",
            ),
        ],
    ),
    live(
        "figure/block-time",
        "a block takes about 5.9 s, and never less than 5 s for long",
        "src/lease/limits.rs",
        &[Open(
            "derived from the heights of upgrades, not measured",
            "faster blocks spend a deposit sooner: it is read and topped up or the deployment is closed inside its mandate",
        )],
    ),
    live(
        "figure/gas-price",
        "nodes ask for at most 0.025 uakt per gas",
        "src/akash/gas.rs",
        &[Open(
            UNASKED,
            "it is a setting; a refusal for too small a fee costs nothing",
        )],
    ),
    live(
        "figure/validators",
        "at most 100 validators sign",
        "src/akash/light/block.rs",
        &[
            Read(Source::Node, "cmd/akash/cmd/genesis.go"),
            Open(
                UNASKED,
                "the client has a limit of its own well above it, and says so when it is passed",
            ),
        ],
    ),
    live(
        "figure/tx-limits",
        "256 characters of memo, 1 MiB of transaction",
        "src/akash/tx.rs",
        &[Open(
            UNASKED,
            "our transactions are a few kilobytes without a memo",
        )],
    ),
    live(
        "rule/block-gas",
        "a block takes any of our transactions",
        "src/akash/gas.rs",
        &[Open(
            "the limit of a block on mainnet could not be asked",
            "a transaction that fits no block dies at its timeout and nothing has happened",
        )],
    ),
    live(
        "rule/endpoints",
        "some public nodes answer HTTPS from the Internet Computer",
        "src/akash/read/mod.rs",
        &[Open(
            "names and addresses could not be tried",
            "the list is voted on; nothing is concluded from silence, and what decides needs several nodes or a proof",
        )],
    ),
    live(
        "rule/cutover",
        "Akash announced a move to another chain, with a date to come",
        "src/akash/mod.rs",
        &[Open(
            "neither date nor mechanism is known",
            "one folder knows the chain; orders expire, and a date after which nothing new is opened is a setting",
        )],
    ),
    live(
        "rule/dangling-payments",
        "version 2.2 closes payments that the same-block hazard left open",
        "src/lease/plan.rs",
        &[Open("its source could not be read", "we never cause one")],
    ),
];
