//! The table of claims, a file for each outside part.

mod ic;
mod messages;
mod network;
mod proofs;
mod provider;
mod reads;
mod rules;
mod sdl;
mod sns;

use crate::suite::Suite;

/// One thing outside that we rely on.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Kind and name: `message/`, `query/`, `key/`, `value/`, `rule/`, `code/`, `figure/`, `shape/`.
    pub id: &'static str,
    /// To whom it belongs.
    pub part: Part,
    /// What is relied on, in one sentence.
    pub what: &'static str,
    /// Where in this repository.
    pub at: &'static str,
    /// What founds it.
    pub bases: &'static [Basis],
}

impl Claim {
    /// The suites that check it.
    pub fn suites(&self) -> impl Iterator<Item = Suite> {
        self.bases.iter().filter_map(|basis| match basis {
            Basis::Check(suite) => Some(*suite),
            Basis::Read(..) | Basis::Open(..) => None,
        })
    }
}

/// What founds a claim.
#[derive(Clone, Copy, Debug)]
pub enum Basis {
    /// Tests of this suite confirm it when its counterpart is there.
    Check(Suite),
    /// It was read in a source: which, and in which file.
    Read(Source, &'static str),
    /// Nothing could be had. First why, then what makes being wrong harmless.
    Open(&'static str, &'static str),
}

/// A source that was read, at one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// akash-network/node.
    Node,
    /// akash-network/chain-sdk.
    ChainSdk,
    /// akash-network/provider.
    Provider,
    /// akash-network/cosmos-sdk.
    CosmosSdk,
    /// dfinity/ic.
    Ic,
    /// dfinity/exchange-rate-canister.
    Rates,
}

impl Source {
    /// Repository and commit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Source::Node => "akash-network/node@3efe26bf",
            Source::ChainSdk => "akash-network/chain-sdk@55f1c683",
            Source::Provider => "akash-network/provider@afc4dd7c",
            Source::CosmosSdk => "akash-network/cosmos-sdk@b848f4c6",
            Source::Ic => "dfinity/ic@8739df29",
            Source::Rates => "dfinity/exchange-rate-canister@b1a82c88",
        }
    }
}

/// Part of the world outside; the document has a table for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Transactions and their messages.
    Messages,
    /// SDL, manifest and hash.
    Sdl,
    /// Queries of nodes.
    Reads,
    /// Rules and codes of the chain.
    Rules,
    /// Headers and proofs.
    Proofs,
    /// Providers' gateways.
    Provider,
    /// Figures of live networks.
    Network,
    /// Calls, outcalls, signatures.
    Ic,
    /// The ICP ledger.
    Ledger,
    /// The exchange-rate canister.
    Rates,
    /// SNS governance.
    Sns,
}

impl Part {
    /// Every part, in the order of the document.
    pub const ALL: [Part; 11] = [
        Part::Messages,
        Part::Sdl,
        Part::Reads,
        Part::Rules,
        Part::Proofs,
        Part::Provider,
        Part::Network,
        Part::Ic,
        Part::Ledger,
        Part::Rates,
        Part::Sns,
    ];

    /// Heading in the document.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Part::Messages => "Akash: transactions and messages",
            Part::Sdl => "Akash: SDL, manifest, hash",
            Part::Reads => "Akash: what nodes are asked",
            Part::Rules => "Akash: rules and codes",
            Part::Proofs => "Akash: headers, proofs, store keys",
            Part::Provider => "Akash: providers",
            Part::Network => "Akash: the live network",
            Part::Ic => "Internet Computer: outcalls and signatures",
            Part::Ledger => "Internet Computer: ICP ledger",
            Part::Rates => "Internet Computer: exchange rates",
            Part::Sns => "SNS governance",
        }
    }
}

/// Every claim.
pub fn all() -> impl Iterator<Item = &'static Claim> {
    TABLES.iter().flat_map(|table| table.iter())
}

const TABLES: [&[Claim]; 9] = [
    messages::CLAIMS,
    sdl::CLAIMS,
    reads::CLAIMS,
    rules::CLAIMS,
    proofs::CLAIMS,
    provider::CLAIMS,
    network::CLAIMS,
    ic::CLAIMS,
    sns::CLAIMS,
];
