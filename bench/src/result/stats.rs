//! Percentiles of a round, quartiles over rounds.

/// The median and the quartiles of some values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quartiles {
    /// A quarter of the values is below.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// A quarter of the values is above.
    pub high: f64,
}

// === impl Quartiles ===

impl Quartiles {
    /// Of values in any order; `None` of none.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |quarters: usize| {
            let place = (values.len().saturating_sub(1)) as f64 * quarters as f64 / 4.0;
            let below = values.get(place.floor() as usize)?;
            let above = values.get(place.ceil() as usize)?;
            Some(below + (above - below) * place.fract())
        };
        Some(Self { low: at(1)?, middle: at(2)?, high: at(3)? })
    }
}

/// The value that so many of a hundred are not above; 0 of none.
#[must_use]
pub fn percentile(values: &mut [u64], percent: usize) -> f64 {
    values.sort_unstable();
    let place = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(place).map_or(0.0, |value| *value as f64)
}

/// How much `y` rises with each `x`, by least squares.
#[must_use]
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len().max(1) as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    let common: f64 = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum();
    if spread > 0.0 { common / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_quartiles_are_of_sorted_values() {
        let mut values: Vec<u64> = (1..=100).rev().collect();
        assert_eq!((percentile(&mut values, 50), percentile(&mut values, 99)), (51.0, 100.0));
        assert_eq!(percentile(&mut [], 50), 0.0);
        let quartiles = Quartiles::of(vec![5.0, 1.0, 3.0, 900.0, 4.0]);
        assert_eq!(quartiles, Some(Quartiles { low: 3.0, middle: 4.0, high: 5.0 }));
        assert_eq!(Quartiles::of(Vec::new()), None);
    }

    #[test]
    fn a_slope_is_what_each_step_adds() {
        let points = [(64.0, 12_000.0), (512.0, 12_000.0 + 448.0 * 20.0), (2000.0, 12_000.0 + 1936.0 * 20.0)];
        assert!((slope(&points) - 20.0).abs() < 1e-9);
    }
}
