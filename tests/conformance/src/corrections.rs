//! What earlier notes of this project said and what it is; and where a counterpart differs from us
//! on purpose, or from itself.

/// One statement that proved wrong.
#[derive(Clone, Copy, Debug)]
pub struct Correction {
    /// What was believed.
    pub said: &'static str,
    /// What it is.
    pub is: &'static str,
    /// What showed it: a claim, or a test.
    pub shown_by: &'static str,
}

/// One place where a counterpart and we differ, and it is no fault of ours.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Which counterpart.
    pub counterpart: &'static str,
    /// What it does.
    pub theirs: &'static str,
    /// What we do.
    pub ours: &'static str,
    /// Why.
    pub why: &'static str,
}

const fn row(said: &'static str, is: &'static str, shown_by: &'static str) -> Correction {
    Correction { said, is, shown_by }
}

/// Every correction.
pub const CORRECTIONS: &[Correction] = &[
    row(
        "a deposit authorization that is used up is gone",
        "it stays with empty limits, and a refund gives it its limit back",
        "rule/deposit-grant-kept",
    ),
    row(
        "deposits of a closed escrow account tell to whom what was left went",
        "the list is empty once the account is closed; the balance, the grant and the account before it tell",
        "rule/deposits-empty",
    ),
    row(
        "a fee allowance that is not there is answered with 404 and code 5",
        "it is answered with 500 and code 13",
        "query/fee-allowance",
    ),
    row(
        "a grant that is not there is an empty list",
        "it is when no message is named; with a message named it is an error of code 2",
        "query/authz-grants",
    ),
    row(
        "a repeated broadcast is refused with sdk 19, or with sdk 32 after inclusion",
        "19 holds while it waits; after inclusion an unordered one is refused with sdk 18, and once its time is past with sdk 42",
        "rule/unordered-once",
    ),
    row(
        "duplicate group names give deployment 25, mixed denoms deployment 24",
        "duplicate names give deployment 7; a price in another denom than the deposit is refused before that, with deployment 20",
        "code/groups",
    ),
    row(
        "resources beyond the limits give deployment 7",
        "they give codespace undefined, code 1: the check has an error without a code",
        "code/limits",
    ),
    row(
        "several leases on one account are safe once a block lies between them",
        "a second lease in a later block loses what the first provider earned since the last settlement; no tenant loses by it",
        "rule/second-lease",
    ),
    row(
        "bids stay until the order is closed",
        "a provider takes its bid back after five minutes",
        "figure/bid-timeout",
    ),
    row(
        "services may be left out of a token for single deployments",
        "they must be there; a token for a provider needs none",
        "rule/jwt-services",
    ),
    row(
        "an expired token is told from a forged one before its signature is looked at",
        "the signature is checked first (401), then the times (400)",
        "rule/jwt-order",
    ),
    row(
        "a host name of up to 255 characters may occur once",
        "it ends at 253, and is counted once for each expose that names it",
        "rule/hosts",
    ),
    row(
        "transfers of the ICP ledger deduplicate only with a time",
        "true of its ICRC-1 methods; the older method transfer sets the time itself, so it always deduplicates",
        "rule/ledger-legacy",
    ),
    row(
        "a transfer is too old before now less window less drift",
        "it is too old once its time plus the window is before now; the drift counts only for times ahead",
        "rule/ledger-dedup",
    ),
    row(
        "the exchange-rate canister may keep all of the 1,000,000,000 cycles",
        "it gives at least half of them back at once",
        "rule/rates-price",
    ),
    row(
        "a proposal's deadline counts from its submission",
        "it counts from before the call of the validator, which may take long",
        "rule/deadline",
    ),
    row(
        "wasmtime counts no fuel for entering a function",
        "it counts 1",
        "tests/ic-host/src/meter.rs",
    ),
    row(
        "the TypeScript package writes the recorded bytes of MsgCreateDeployment",
        "it writes lists of enums one by one; the recorded bytes have them packed, as the chain's Go code writes them; the chain reads both",
        "message/packed-enums",
    ),
    row(
        "the newest TypeScript package knows reclamation, limits of deposits and trusted execution",
        "1.0.0-alpha.25 knows none of the three; they were read in the sources",
        "message/reclamation",
    ),
    row(
        "a price of ACT storage: 127,000 or 317,500 cycles a GiB and second",
        "317,500",
        "figure/storage-price",
    ),
];

/// Every difference.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "writes lists of enums one field each",
        ours: "one packed field",
        why: "so does the chain's Go code; the chain reads both",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "sorts the endpoints of a unit by kind, then number",
        ours: "by number, then as in the text",
        why: "so does the Go tool; a provider only counts them",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "keeps exposes, volumes and models in the order of the text",
        ours: "sorted",
        why: "so does the Go tool, and a provider refuses exposes that are not sorted",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "drops an expose without a target",
        ours: "refused",
        why: "the Go tool keeps it; voters should see what is meant",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "takes a price in uakt, an explicit 0 in http_options, an empty list of hosts, a broken number of bytes, a suffix in small letters, 51 replicas",
        ours: "refused",
        why: "the chain refuses the first; the Go tool reads the others differently, or providers may",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "leaves U+2028 and U+2029 as they are",
        ours: "escaped",
        why: "so does Go, and with it the provider that computes the hash",
    },
    Difference {
        counterpart: "chain-sdk 1.0.0-alpha.25",
        theirs: "cannot write numbers from 2^63 on",
        ours: "can",
        why: "our deployment numbers stay below 2^53",
    },
    Difference {
        counterpart: "cosmjs-types 0.11.0",
        theirs: "writes numbers from 2^31 to 2^32 - 1 wrong",
        ours: "right",
        why: "its own decoder reads ours, not its own",
    },
    Difference {
        counterpart: "cosmjs 0.39.0",
        theirs: "verifies a signature whose s is in the upper half",
        ours: "never made",
        why: "the chain refuses it",
    },
];
