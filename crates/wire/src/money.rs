//! Exact money: integer nano-dollars, read from decimal text and never through a float.
//!
//! OpenRouter bills in US dollars with up to twenty decimal places (`usage.cost`, and the strings of a
//! model's `pricing`). One nano-dollar is 10⁻⁹ USD; `i64` then holds ±9.2 billion dollars.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Nano-dollars in one dollar.
const NANOS_PER_DOLLAR: i64 = 1_000_000_000;
/// Decimal places kept.
const PLACES: i32 = 9;

/// An amount of US dollars in units of 10⁻⁹, signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

/// Why a text is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a decimal number.
    #[error("`{0}` is not a decimal number")]
    NotDecimal(String),
    /// The amount does not fit into 64 bits of nano-dollars.
    #[error("`{0}` is more money than can be counted")]
    Overflow(String),
}

// === impl NanoUsd ===

impl NanoUsd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Parses decimal text (`0.00106995`, `1e-7`, `"-1"` without its quotes), rounding half to even.
    ///
    /// # Errors
    /// [`MoneyError`] when the text is no JSON-style decimal, or too large.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let not_decimal = || MoneyError::NotDecimal(text.chars().take(40).collect());
        let overflow = || MoneyError::Overflow(text.chars().take(40).collect());
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let signed = exponent.strip_prefix('+').unwrap_or(exponent);
                (mantissa, signed.parse::<i32>().map_err(|_| not_decimal())?)
            }
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return Err(not_decimal());
        }
        let digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
        // How many of the digits stand left of the nano-dollar's decimal point.
        let keep = i64::from(exponent) + i64::from(PLACES) + whole.len() as i64;
        let magnitude = round_half_even(digits, keep).ok_or_else(overflow)?;
        Ok(Self(if negative { -magnitude } else { magnitude }))
    }

    /// The amount in nano-dollars.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The sum, or the nearest representable amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The exact price of `units` at `self` dollars a unit, saturating.
    #[must_use]
    pub const fn times(self, units: i64) -> Self {
        Self(self.0.saturating_mul(units))
    }

    /// The amount as people read it: `$0.0042` under a cent, else two decimals (`$1.84`).
    #[must_use]
    pub fn display(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let scaled = |unit: u64| (nanos + unit / 2) / unit;
        if nanos == 0 {
            return "$0.00".to_owned();
        }
        if nanos >= 10_000_000 {
            let cents = scaled(10_000_000);
            return format!("{sign}${}.{:02}", cents / 100, cents % 100);
        }
        let hundredths = scaled(100_000);
        if hundredths == 0 {
            return format!("{sign}<$0.0001");
        }
        format!("{sign}$0.{hundredths:04}")
    }

    /// The same with `~` before an amount that is not known exactly.
    #[must_use]
    pub fn display_about(self, is_approximate: bool) -> String {
        let mark = if is_approximate { "~" } else { "" };
        format!("{mark}{}", self.display())
    }
}

/// The first `keep` digits as a number, the rest rounded half to even; `None` on overflow.
fn round_half_even(digits: impl Iterator<Item = u8>, keep: i64) -> Option<i64> {
    let mut value: i64 = 0;
    let mut place: i64 = 0;
    let mut next = None;
    let mut beyond = false;
    for digit in digits {
        if place < keep {
            value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
        } else if place == keep && keep >= 0 {
            next = Some(digit);
        } else {
            beyond |= digit != 0;
        }
        place += 1;
    }
    for _ in place..keep {
        if value == 0 {
            break;
        }
        value = value.checked_mul(10)?;
    }
    let round_up = match next {
        Some(digit) if digit > 5 => true,
        Some(5) => beyond || value % 2 == 1,
        _ => false,
    };
    value.checked_add(i64::from(round_up))
}

impl fmt::Display for NanoUsd {
    /// Plain decimal dollars with all nine places, without a sign for the currency.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let unit = NANOS_PER_DOLLAR.unsigned_abs();
        write!(f, "{sign}{}.{:09}", nanos / unit, nanos % unit)
    }
}

impl FromStr for NanoUsd {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

impl Add for NanoUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for NanoUsd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for NanoUsd {
    /// As an integer of nano-dollars.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for NanoUsd {
    /// From an integer of nano-dollars.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

/// Reads an optional dollar amount that the upstream sends as a number or as a decimal string.
///
/// `null`, an absent field and a text that is no number all give `None`: the caller then has no cost,
/// which is not the same as a cost of zero.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NanoUsd>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(NanoUsd::parse(raw.get().trim_matches('"')).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_becomes_nano_dollars() {
        for (text, nanos) in [
            ("0", 0),
            ("1", 1_000_000_000),
            ("0.00106995", 1_069_950),
            ("0.0076509169000000005", 7_650_917),
            ("1e-7", 100),
            ("1.5E+2", 150_000_000_000),
            ("-1", -1_000_000_000),
            ("0.0000000005", 0),
            ("0.0000000015", 2),
            ("0.0000000025", 2),
            ("0.00000000250000001", 3),
            ("0.00000000005", 0),
            ("5e-10", 0),
            ("5.1e-10", 1),
            ("9e-11", 0),
            ("0e400", 0),
            ("00.10", 100_000_000),
        ] {
            assert_eq!(NanoUsd::parse(text), Ok(NanoUsd(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", ".", "abc", "1.2.3", "1e", "0x10", "NaN", " 1", "1e99", "99999999999999"] {
            assert!(NanoUsd::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn people_read_dollars() {
        for (nanos, text) in [
            (0, "$0.00"),
            (4_200_000, "$0.0042"),
            (1_840_000_000, "$1.84"),
            (9_999_999, "$0.0100"),
            (10_000_000, "$0.01"),
            (12, "<$0.0001"),
            (-2_500_000_000, "-$2.50"),
        ] {
            assert_eq!(NanoUsd(nanos).display(), text);
        }
    }

    #[derive(Deserialize)]
    struct Priced {
        #[serde(default, deserialize_with = "dollars")]
        cost: Option<NanoUsd>,
    }

    #[test]
    fn cost_may_be_number_string_null_or_absent() {
        let read = |json: &str| serde_json::from_str::<Priced>(json).map(|p| p.cost).unwrap();
        assert_eq!(read(r#"{"cost":0.1}"#), Some(NanoUsd(100_000_000)));
        assert_eq!(read(r#"{"cost":"0.1"}"#), Some(NanoUsd(100_000_000)));
        assert_eq!(read(r#"{"cost":null}"#), None);
        assert_eq!(read(r#"{"cost":{}}"#), None);
        assert_eq!(read("{}"), None);
    }

    proptest::proptest! {
        #[test]
        fn display_and_parse_round_trip(nanos in proptest::prelude::any::<i64>().prop_filter("has a magnitude", |n| *n != i64::MIN)) {
            let amount = NanoUsd(nanos);
            proptest::prop_assert_eq!(NanoUsd::parse(&amount.to_string()), Ok(amount));
        }
    }

    use proptest::strategy::Strategy as _;
}
