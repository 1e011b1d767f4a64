//! Proofs of a real node, what they mean, and what is left of them when they are changed.

mod hostile;
mod keys;
mod node;
mod values;
