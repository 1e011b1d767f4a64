//! A provider's gateway: what it is asked, and with which token.
//!
//! This survives a move of Akash to another chain: a provider checks a token's signature and a
//! manifest's hash, whatever chain says who owns the lease.

pub mod gateway;
pub mod jwt;
