//! SDL: the text that says what runs.
//!
//! [`Sdl`] is what a text means: groups for the chain, a manifest for the providers, and the hash
//! that binds the two. Nothing here knows a chain message.

pub mod types;

pub use types::{
    Attribute, Cpu, Endpoint, EndpointKind, Gpu, Group, Image, Manifest, Memory, Requirements, Sdl,
    SignedBy, Unit, Volume,
};
