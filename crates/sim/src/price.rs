//! Exact decimal dollars, as fine as the upstream's price strings are.
//!
//! A price such as `0.0000000208333333333333` has 22 decimal places and is multiplied with token counts.
//! Money is counted here in units of 10⁻²⁴ dollars, so that no product is ever rounded; the bill itself
//! is kept in nano-dollars, rounded once per request from the very text that was sent.

use std::fmt;
use std::ops::Add;

/// Decimal places kept.
const PLACES: usize = 24;

/// An amount of dollars in units of 10⁻²⁴, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(u128);

// === impl Decimal ===

impl Decimal {
    /// Reads plain decimal text (`0.00000125`); `None` for a sign, an exponent or too many places.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > PLACES {
            return None;
        }
        format!("{whole}{fraction:0<PLACES$}").parse().ok().map(Self)
    }

    /// The price of `units` of something at this amount each.
    pub(crate) const fn times(self, units: u64) -> Self {
        Self(self.0.saturating_mul(units as u128))
    }
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Decimal {
    /// Plain decimal text without trailing zeros: valid as a JSON number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(PLACES as u32);
        let digits = format!("{:0>PLACES$}", self.0 % unit);
        match digits.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / unit),
            fraction => write!(f, "{}.{fraction}", self.0 / unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_survives() {
        for text in ["0", "1", "0.00106995", "0.0000000208333333333333", "12.5", "0.000000000000000000000001"]
        {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["", "-1", "1e-7", ".5", "1.2.3", "0.0000000000000000000000001"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn products_are_exact() {
        let price = Decimal::parse("0.0000001234567").unwrap();
        assert_eq!(price.times(7).to_string(), "0.0000008641969");
    }
}
