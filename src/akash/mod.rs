//! The Akash chain: the one folder that knows its words.
//!
//! Everything here is pure. It builds requests and reads answers; who sends them, and what is
//! believed, is decided elsewhere. If Akash moves to another chain, this folder is what changes.

pub mod address;
pub mod gas;
pub mod ids;
pub mod light;
pub mod message;
pub mod proof;
pub(crate) mod proto;
pub mod read;
pub mod tx;

#[cfg(test)]
mod tests;
