//! SNS governance.

use super::Basis::{self, Open, Read};
use super::{Claim, Part, Source};

const fn sns(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Sns,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    sns(
        "rule/validator",
        "a validator gets the payload's bytes as its argument and answers Ok or Err with a text; it is called before anyone's right is checked, and governance sends no cycles and no id",
        "gateway/src/doors/mod.rs",
        &[Read(
            Source::Ic,
            "rs/sns/governance/src/canister_control.rs",
        )],
    ),
    sns(
        "rule/executor",
        "any reply to the executor counts as success; only a reject or a trap makes the proposal Failed; it is called once",
        "gateway/src/doors/execute.rs",
        &[Read(
            Source::Ic,
            "rs/sns/governance/src/canister_control.rs",
        )],
    ),
    sns(
        "rule/deadline",
        "a proposal's deadline counts from before its validator was called; it ends at the latest one voting period and twice the wait-for-quiet increase later",
        "gateway/src/doors/check.rs",
        &[Read(Source::Ic, "rs/sns/governance/src/proposal.rs")],
    ),
    sns(
        "rule/critical",
        "critical topics want 67 % of the votes and 20 % of all power, and at least five days",
        "tests/standins/governance/src/voting.rs",
        &[Read(Source::Ic, "rs/sns/governance/proposal_criticality")],
    ),
    sns(
        "rule/rendering",
        "the rendering ends with the validator's text as it is, under headings of levels 1 and 2",
        "tests/standins/governance/src/render.rs",
        &[Read(Source::Ic, "rs/sns/governance/src/proposal.rs")],
    ),
    sns(
        "rule/treasury-transfer",
        "ICP of the treasury moves by the ledger's method transfer, to a subaccount, without notice to the receiver",
        "tests/standins/governance/src/treasury.rs",
        &[Read(Source::Ic, "rs/sns/governance/src/governance.rs")],
    ),
    sns(
        "rule/testflight",
        "registering canisters in a testflight",
        "docs/runbook.md",
        &[Open(
            "source and guide disagree",
            "nothing of ours depends on it: the launch file is checked by our own rules and by the sns tool",
        )],
    ),
    sns(
        "rule/later-releases",
        "governance releases after June 2026 keep these rules",
        "gateway/src/doors/mod.rs",
        &[Open(
            "their contents could not be read",
            "answers are decoded leniently, and a door that is not called right refuses",
        )],
    ),
];
