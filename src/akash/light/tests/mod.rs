//! Headers made by `tendermint-testgen`, honest and not.

mod chain;
mod honest;
mod hostile;
mod limits;
mod node;
mod properties;
mod settings;

use super::*;
use chain::{DAY, NOW, Spec, validators};
