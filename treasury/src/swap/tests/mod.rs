//! The pure core, under a simulated chain and ledger.

mod endings;
mod market;
mod properties;
mod stories;
mod world;
