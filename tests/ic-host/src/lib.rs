//! A deterministic Internet Computer subnet that runs unmodified canister modules.
//!
//! [`Ic`] is one subnet. Messages run in rounds ([`Ic::round`]); time, the order of messages and
//! faults come from a seed, so that a run repeats to the byte. Outcalls are handed out
//! ([`Ic::pending_outcalls`]) and answered from outside ([`Ic::answer_outcall`]).
//!
//! What is like the real network: the system API, call contexts, roll-back of what traps, cycles
//! and fees, certificates, threshold ECDSA (keys and derivation as in PocketIC), instruction
//! counts by the network's cost table. Nothing here knows any particular canister.
//!
//! What is absent: several subnets, consensus, snapshots of canisters, Schnorr and vetKD keys,
//! flexible outcalls, reservation of cycles for storage, and slicing of long messages over rounds.

mod canister;
mod certificate;
mod context;
mod ecdsa;
mod execution;
mod faults;
mod fees;
mod ic;
mod instructions;
mod management;
mod memory;
mod message;
mod meter;
mod module;
mod outcalls;
mod query;
mod raw;
mod reject;
mod rng;
mod scheduler;
mod settings;
mod stable;
mod system_api;

pub use canister::{CanisterInfo, LogLine, Status};
pub use context::MessageId;
pub use faults::{Fault, Faults, Point, RandomFaults};
pub use ic::{Ic, IcConfig};
pub use instructions::{LIMIT_INSPECT, LIMIT_INSTALL, LIMIT_QUERY, LIMIT_ROUND, LIMIT_UPDATE};
pub use management::InstallMode;
pub use meter::Meter;
pub use outcalls::{HttpMethod, Outcall, OutcallReply};
pub use reject::{ErrorCode, Reject, RejectCode};
