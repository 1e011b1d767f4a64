//! Numbers of the chain: decimals with 18 places, and wide multiplication.
//!
//! Rounding follows `cosmossdk.io/math.LegacyDec`: multiplication and division round half to even
//! unless a function says that it truncates.

use std::fmt;

/// One in units of the last place.
pub const ONE: i128 = 1_000_000_000_000_000_000;

/// A decimal with 18 places. **Source** `cosmossdk.io/math`, `LegacyPrecision`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dec(pub i128);

impl Dec {
    /// Zero.
    pub const ZERO: Dec = Dec(0);

    /// A whole number. **Panics** beyond 1.7e20, which no amount of this chain reaches.
    pub fn whole(n: u128) -> Dec {
        let n = i128::try_from(n).expect("amounts of this chain fit");
        Dec(n.checked_mul(ONE).expect("amounts of this chain fit"))
    }

    /// Reads the wire form: an integer scaled by 10^18.
    pub fn from_wire(text: &str) -> Option<Dec> {
        text.parse().ok().map(Dec)
    }

    /// Writes the wire form.
    pub fn to_wire(self) -> String {
        self.0.to_string()
    }

    /// Reads the form with a point.
    pub fn parse(text: &str) -> Option<Dec> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || fraction.len() > 18 {
            return None;
        }
        if !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let scaled = format!("{whole}{fraction:0<18}");
        scaled.parse().ok().map(Dec)
    }

    /// The whole part, towards zero; zero for negative numbers.
    pub fn trunc(self) -> u128 {
        u128::try_from(self.0 / ONE).unwrap_or(0)
    }

    /// The nearest whole number, halves to the even one; zero for negative numbers.
    /// **Source** `RoundInt`.
    pub fn round(self) -> u128 {
        u128::try_from(muldiv_even(self.0, 1, ONE)).unwrap_or(0)
    }

    /// The whole part as a decimal, towards zero.
    pub fn trunc_dec(self) -> Dec {
        Dec(self.0 / ONE * ONE)
    }

    /// Times a whole number.
    pub fn times(self, n: u128) -> Dec {
        let n = i128::try_from(n).expect("counts fit");
        Dec(self.0.checked_mul(n).expect("amounts of this chain fit"))
    }

    /// Product, rounded half to even in the last place.
    pub fn product(self, other: Dec) -> Dec {
        Dec(muldiv_even(self.0, other.0, ONE))
    }

    /// Quotient, rounded half to even in the last place. **Panics** on zero.
    pub fn quo(self, other: Dec) -> Dec {
        assert!(other.0 != 0, "division by zero");
        Dec(muldiv_even(self.0, ONE, other.0))
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Exactly zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl std::ops::Add for Dec {
    type Output = Dec;
    fn add(self, other: Dec) -> Dec {
        Dec(self.0 + other.0)
    }
}

impl std::ops::Sub for Dec {
    type Output = Dec;
    fn sub(self, other: Dec) -> Dec {
        Dec(self.0 - other.0)
    }
}

impl std::ops::AddAssign for Dec {
    fn add_assign(&mut self, other: Dec) {
        self.0 += other.0;
    }
}

impl std::ops::SubAssign for Dec {
    fn sub_assign(&mut self, other: Dec) {
        self.0 -= other.0;
    }
}

/// With a point and always 18 places, as REST prints it.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        write!(f, "{sign}{}.{:018}", n / one, n % one)
    }
}

/// `a * b / c`, rounded half to even, with an intermediate of 256 bits.
fn muldiv_even(a: i128, b: i128, c: i128) -> i128 {
    let negative = (a < 0) ^ (b < 0) ^ (c < 0);
    let (high, low) = wide_mul(a.unsigned_abs(), b.unsigned_abs());
    let divisor = c.unsigned_abs();
    let (quotient, remainder) = wide_div(high, low, divisor);
    let twice = remainder.checked_mul(2);
    let up = match twice {
        None => true,
        Some(t) if t > divisor => true,
        Some(t) if t == divisor => quotient % 2 == 1,
        Some(_) => false,
    };
    let magnitude = i128::try_from(quotient + u128::from(up)).expect("amounts of this chain fit");
    if negative { -magnitude } else { magnitude }
}

fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    let mask = u128::from(u64::MAX);
    let (a1, a0, b1, b0) = (a >> 64, a & mask, b >> 64, b & mask);
    let low = a0 * b0;
    let middle = a1 * b0 + (low >> 64);
    let middle2 = a0 * b1 + (middle & mask);
    let high = a1 * b1 + (middle >> 64) + (middle2 >> 64);
    (high, (middle2 << 64) | (low & mask))
}

fn wide_div(high: u128, low: u128, divisor: u128) -> (u128, u128) {
    if high == 0 {
        return (low / divisor, low % divisor);
    }
    assert!(high < divisor, "quotient beyond 128 bits");
    let (mut remainder, mut quotient) = (high, 0u128);
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_multiply_and_divide_like_legacy_dec() {
        let d = |s: &str| Dec::parse(s).expect(s);
        let rows = [
            (
                "product",
                d("1.5").product(d("2.25")),
                "3.375000000000000000",
            ),
            (
                "half to even, down",
                Dec(5).product(d("0.1")),
                "0.000000000000000000",
            ),
            (
                "half to even, up",
                Dec(15).product(d("0.1")),
                "0.000000000000000002",
            ),
            ("one third", d("1").quo(d("3")), "0.333333333333333333"),
            ("two thirds", d("2").quo(d("3")), "0.666666666666666667"),
            (
                "wide",
                d("300000000000000").product(d("1.14")),
                "342000000000000.000000000000000000",
            ),
            (
                "negative",
                (Dec::ZERO - d("1.25")).product(d("2")),
                "-2.500000000000000000",
            ),
        ];
        for (desc, got, expected) in rows {
            assert_eq!(got.to_string(), expected, "{desc}");
        }
    }

    #[test]
    fn should_read_and_write_both_forms() {
        assert_eq!(Dec::parse("812"), Some(Dec::whole(812)));
        assert_eq!(Dec::parse("0.5"), Some(Dec(ONE / 2)));
        for bad in ["", ".5", "-1", "1.2.3", "1.0000000000000000001", "1e3"] {
            assert_eq!(Dec::parse(bad), None, "{bad}");
        }
        assert_eq!(Dec::whole(50).to_wire(), "50000000000000000000");
        assert_eq!(Dec::from_wire("500000000000000000"), Some(Dec(ONE / 2)));
    }
}
