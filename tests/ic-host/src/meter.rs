//! What canisters used.

use std::collections::BTreeMap;

/// What one canister used since it was created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// HTTPS outcalls that were taken.
    pub outcalls: u64,
    /// Threshold signatures that were asked for and paid.
    pub signatures: u64,
    /// All fees: execution, calls, ingress, outcalls, signatures, storage. **Units** cycles.
    pub cycles_charged: u128,
    /// Instructions of all replicated messages.
    pub instructions_total: u64,
    /// The largest message.
    pub instructions_max: u64,
    /// The largest message of each method; callbacks count for the method whose call they belong
    /// to, under `<method> (callback)`.
    pub instructions_max_by_method: BTreeMap<String, u64>,
    /// Replicated messages that ran.
    pub messages: u64,
}

impl Meter {
    pub(crate) fn note(&mut self, name: &str, instructions: u64) {
        self.messages += 1;
        self.instructions_total += instructions;
        self.instructions_max = self.instructions_max.max(instructions);
        match self.instructions_max_by_method.get_mut(name) {
            Some(max) => *max = (*max).max(instructions),
            None => {
                self.instructions_max_by_method
                    .insert(name.to_owned(), instructions);
            }
        }
    }
}
