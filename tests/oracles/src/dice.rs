//! Random choices from a seed.

/// Numbers that look random. **Source** splitmix64.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.any() % n
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Any number, each length in bits as likely as the others.
    pub fn wide(&mut self) -> u64 {
        let shift = self.below(64);
        self.any() >> shift
    }

    /// As [`Dice::wide`], of 32 bits.
    pub fn wide32(&mut self) -> u32 {
        u32::try_from(self.wide() & 0xffff_ffff).expect("masked")
    }

    /// One in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of them. **Panics** when there is none.
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let count = u64::try_from(of.len()).expect("a short list");
        let index = self.below(count);
        of[usize::try_from(index).expect("a short list")]
    }

    /// `low` to `high` things.
    pub fn list<T>(&mut self, low: u64, high: u64, mut make: impl FnMut(&mut Dice) -> T) -> Vec<T> {
        let count = self.between(low, high);
        (0..count).map(|_| make(self)).collect()
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| u8::try_from(self.below(256)).expect("below 256"))
    }
}
