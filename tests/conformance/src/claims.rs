//! The table of claims, a file for each outside part.

mod messages;
mod provider;
mod sdl;

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
    /// Providers' gateways.
    Provider,
}

impl Part {
    /// Every part, in the order of the document.
    pub const ALL: [Part; 3] = [Part::Messages, Part::Sdl, Part::Provider];

    /// Heading in the document.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Part::Messages => "Akash: transactions and messages",
            Part::Sdl => "Akash: SDL, manifest, hash",
            Part::Provider => "Akash: providers",
        }
    }
}

/// Every claim.
pub fn all() -> impl Iterator<Item = &'static Claim> {
    TABLES.iter().flat_map(|table| table.iter())
}

const TABLES: [&[Claim]; 3] = [messages::CLAIMS, sdl::CLAIMS, provider::CLAIMS];
