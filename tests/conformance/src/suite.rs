//! Which tests meet which counterpart, and how they are run.

/// How well a claim is founded, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The real thing, or the code that it runs, was run here.
    Run,
    /// Compared with an encoder, a verifier or recorded output of code that is not ours.
    Compared,
    /// Read in its source, not run.
    Read,
    /// Neither.
    Open,
}

impl Grade {
    /// As the document calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Run => "run",
            Grade::Compared => "compared",
            Grade::Read => "read",
            Grade::Open => "open",
        }
    }
}

/// Tests that meet one counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// Recorded output of reference implementations, kept in this repository.
    Vectors,
    /// The npm packages `@akashnetwork/chain-sdk` and `@cosmjs/*`.
    Npm,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Suite; 2] = [Suite::Vectors, Suite::Npm];

    /// Its name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Suite::Vectors => "vectors",
            Suite::Npm => "npm",
        }
    }

    /// The suite of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// What it meets, in words.
    #[must_use]
    pub const fn counterpart(self) -> &'static str {
        match self {
            Suite::Vectors => "recorded output of reference implementations, and public crates",
            Suite::Npm => "chain-sdk and cosmjs (npm)",
        }
    }

    /// How well it founds a claim.
    #[must_use]
    pub const fn grade(self) -> Grade {
        match self {
            Suite::Vectors | Suite::Npm => Grade::Compared,
        }
    }

    /// Arguments of the cargo commands that run it.
    #[must_use]
    pub const fn commands(self) -> &'static [&'static [&'static str]] {
        match self {
            Suite::Vectors => &[&["test", "-p", "orchestrator", "-p", "akash-standin", "--lib"]],
            Suite::Npm => &[&["test", "-p", "oracles"]],
        }
    }
}
