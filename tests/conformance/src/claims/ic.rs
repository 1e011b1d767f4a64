//! The Internet Computer: calls, outcalls, keys, ledgers, rates.

use super::Basis::{self, Open, Read};
use super::{Claim, Part, Source};

const fn ic(
    id: &'static str,
    part: Part,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    ic(
        "rule/outcall-put",
        Part::Ic,
        "PUT is served, and only by a non-replicated outcall",
        "src/live/src/lib.rs",
        &[Read(Source::Ic, "rs/types/types/src/canister_http.rs")],
    ),
    ic(
        "figure/outcall-limits",
        Part::Ic,
        "2,000,000 bytes of request and of answer, addresses of 8,192 bytes, 64 headers",
        "src/live/src/lib.rs",
        &[Read(Source::Ic, "rs/types/types/src/canister_http.rs")],
    ),
    ic(
        "figure/outcall-price",
        Part::Ic,
        "price of an outcall of 13 nodes: 3,000,000 + 60,000 n + 400 a byte asked + 800 a byte reserved, times n",
        "tests/ic-host/src/outcalls.rs",
        &[Read(Source::Ic, "rs/config/src/subnet_config.rs")],
    ),
    ic(
        "rule/outcall-tls",
        Part::Ic,
        "an outcall goes to https alone, with the roots of the node; a certificate that is not publicly trusted fails it",
        "src/provider/gateway.rs",
        &[Read(
            Source::Ic,
            "rs/https_outcalls/adapter/src/rpc_server.rs",
        )],
    ),
    ic(
        "rule/outcall-port",
        Part::Ic,
        "port 8443 can be reached, over IPv4 as well",
        "src/provider/gateway.rs",
        &[Open(
            "needs a node of the main network",
            "a provider is asked for its address before its bid is taken, and one that cannot be reached is passed over; anyone may carry the manifest instead",
        )],
    ),
    ic(
        "code/outcall-refusals",
        Part::Ic,
        "which reject code tells a lost connection, an answer too large, too few cycles",
        "src/live/src/lib.rs",
        &[Open(
            "texts and codes of the main network were not seen",
            "every reject means unknown: what it was about is looked for before anything is done again",
        )],
    ),
    ic(
        "figure/signature-price",
        Part::Ic,
        "a threshold signature costs 26,153,846,153 cycles on 34 nodes; the canister asks the system for the price",
        "src/live/src/lib.rs",
        &[Read(Source::Ic, "rs/config/src/subnet_config.rs")],
    ),
    ic(
        "rule/signature-queue",
        Part::Ic,
        "a full queue of signatures rejects the call",
        "src/live/src/lib.rs",
        &[Open(
            "not seen on the main network",
            "a signature that was not given is asked for again at the next wake",
        )],
    ),
    ic(
        "figure/storage-price",
        Part::Ic,
        "317,500 cycles a GiB and second on 13 nodes",
        "tests/ic-host/src/fees.rs",
        &[Read(Source::Ic, "rs/config/src/subnet_config.rs")],
    ),
    ic(
        "rule/ledger-dedup",
        Part::Ledger,
        "identical arguments with a time are answered with the first transfer's block, for 24 hours; the time may be 60 s ahead; it is too old once it is more than the window past",
        "tests/standins/ledger/src/ledger.rs",
        &[Read(
            Source::Ic,
            "rs/ledger_suite/common/ledger_canister_core/src/ledger.rs",
        )],
    ),
    ic(
        "rule/ledger-legacy",
        Part::Ledger,
        "the method transfer of the ICP ledger gives a time to what has none, so it always deduplicates",
        "tests/standins/ledger/src/ledger.rs",
        &[Read(Source::Ic, "rs/ledger_suite/icp/ledger")],
    ),
    ic(
        "rule/rates-price",
        Part::Rates,
        "a question carries 1,000,000,000 cycles, of which at most 500,000,000 stay",
        "treasury/src/rates.rs",
        &[Read(Source::Rates, "src/xrc/src/lib.rs, api.rs")],
    ),
    ic(
        "shape/rates",
        Part::Rates,
        "an answer has rate, time, decimals, and how many sources answered for each side",
        "treasury/src/rates.rs",
        &[Read(Source::Rates, "src/xrc/xrc.did")],
    ),
];
