//! Versions, to tell which of two programs is older.

/// The three numbers of a version. What does not parse counts as 0, so that an unknown version is an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u64; 3]);

// === impl Version ===

impl Version {
    pub(crate) fn parse(text: &str) -> Self {
        let plain = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = plain.split('.').map(|number| number.parse().unwrap_or(0));
        Self(std::array::from_fn(|_| numbers.next().unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_older_one_is_smaller() {
        for (older, newer) in [("0.1.0", "0.1.1"), ("0.9.0", "0.10.0"), ("", "0.0.1"), ("1.2", "1.2.1-beta")]
        {
            assert!(Version::parse(older) < Version::parse(newer), "{older} {newer}");
        }
        assert_eq!(Version::parse("1.2.3"), Version::parse("1.2.3+build"));
    }
}
