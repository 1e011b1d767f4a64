//! Real nodes beside the local network.
//!
//! What the local network plays is written by us, so it proves only that we agree with ourselves.
//! Here a real node is started on this machine, and our bytes and readers, and the stand-in chain
//! with them, are held against it. A part that is not to be had is named in a [`skip::Skip`].
//!
//! Two programs can be started: `cosmos-node`, our own wiring of the published Cosmos SDK, which has
//! the modules that Akash shares with every such chain; and a node of Akash, which nobody could run
//! where this was written.

#![warn(missing_docs)]

pub mod actor;
pub mod cases;
pub mod genesis;
pub mod go;
pub mod http;
pub mod node;
pub mod process;
pub mod pruned;
pub mod raw;
pub mod record;
pub mod skip;
pub mod world;
