//! What earlier notes of this project said, and what it is.

/// One statement that proved wrong.
#[derive(Clone, Copy, Debug)]
pub struct Correction {
    /// What was believed.
    pub said: &'static str,
    /// What it is.
    pub is: &'static str,
    /// What showed it.
    pub shown_by: &'static str,
}

/// Every correction.
pub const ALL: &[Correction] = &[];
