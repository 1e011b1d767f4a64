//! The local network: both sides of the bridge in one process, with a seed and one clock.
//!
//! [`world::World`] is what a story is told on. `checks` hold after every step of every story.

pub mod checks;
pub mod figures;
pub mod install;
pub mod modules;
pub mod orders;
pub mod sns;
pub mod world;
