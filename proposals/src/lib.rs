//! Proposals: a template that people write becomes a payload that governance carries.
//!
//! No rule of an order lives here. A built payload is checked by the validator of the canister
//! that will get it, the same function that governance calls.

pub mod audit;
pub mod check;
pub mod functions;
pub mod launch;
pub mod template;
pub mod text;
pub mod units;

pub use check::{World, WorldError};
pub use template::{Built, Moment, SdlSource, TemplateError, build, build_file};
