//! Headers made by `tendermint-testgen`, honest and not.

mod chain;
mod honest;
mod hostile;

use super::*;
use chain::{DAY, NOW, Spec, validators};
