//! Our bytes against those of implementations that share no code with us.
//!
//! `npm/oracle.mjs` holds the npm packages; [`Oracle`] asks it. Everything random comes from a
//! seed, [`Dice`].

mod dice;
mod npm;

pub use dice::Dice;
pub use npm::{Oracle, Versions};
