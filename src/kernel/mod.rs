//! What every room shares: units of money, time, and the ports to the world.
//!
//! Nothing here knows Akash, SNS or a canister.

pub mod amount;
pub mod chain;
pub mod decimal;
pub mod markdown;
pub mod money;
pub mod order;
pub mod paths;
pub mod port;
pub mod time;

/// Nanoseconds since the Unix epoch, as the Internet Computer counts time.
pub type Nanos = u64;

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: Nanos = 1_000_000_000;
