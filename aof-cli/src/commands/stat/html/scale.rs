//! How long a bar is for a value: in proportion, or by its logarithm where the values differ too much for that.

/// From this ratio on, the smallest bar would not be seen beside the largest.
const LOGARITHMIC_FROM: f64 = 1000.0;

/// The scale of the bars of one plot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    smallest: f64,
    largest: f64,
    logarithmic: bool,
}

impl Scale {
    /// For values, zeros left out; none where nothing is left.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Scale> {
        let both = values.filter(|value| *value > 0.0).map(|value| (value, value));
        let (smallest, largest) = both.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))?;
        Some(Scale { smallest, largest, logarithmic: largest / smallest >= LOGARITHMIC_FROM })
    }

    /// Up to a round number that is at least the largest value, so that each quarter of it is one too; as it is, where it is
    /// logarithmic.
    pub(super) fn rounded(self) -> Scale {
        if self.is_logarithmic() {
            return self;
        }
        let quarter = self.largest / 4.0;
        let power = 10_f64.powf(quarter.log10().floor());
        let round = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|round| *round >= quarter);
        Scale { largest: round.map_or(self.largest, |round| round * 4.0), ..self }
    }

    pub(super) fn is_logarithmic(self) -> bool {
        self.logarithmic
    }

    /// The length of the bar, from 0 to 1. What is there is seen.
    pub(super) fn part(self, value: f64) -> f64 {
        if value <= 0.0 {
            return 0.0;
        }
        let part = match self.is_logarithmic() {
            false => value / self.largest,
            // A tenth of the smallest has no length.
            true => (value / self.bottom()).log10() / (self.largest / self.bottom()).log10(),
        };
        part.clamp(0.005, 1.0)
    }

    /// The value of a bar of this length.
    pub(super) fn at(self, part: f64) -> f64 {
        match self.is_logarithmic() {
            false => self.largest * part,
            true => self.bottom() * (self.largest / self.bottom()).powf(part),
        }
    }

    fn bottom(self) -> f64 {
        self.smallest / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_until_the_smallest_would_not_be_seen() {
        let scale = Scale::of([0.0, 10.0, 40.0].into_iter()).unwrap();
        assert!(!scale.is_logarithmic());
        assert_eq!((scale.part(10.0), scale.part(0.0), scale.at(0.5)), (0.25, 0.0, 20.0));
        let scale = Scale::of([1.0, 100_000.0].into_iter()).unwrap();
        assert!(scale.is_logarithmic());
        assert!((scale.part(1.0) - 1.0 / 6.0).abs() < 1e-9 && scale.part(100_000.0) == 1.0);
        assert!((scale.at(scale.part(100.0)) - 100.0).abs() < 1e-6);
        assert!(Scale::of([0.0].into_iter()).is_none());
    }

    #[test]
    fn lines_are_at_round_numbers_above_all_bars() {
        for (largest, top) in [(1.0, 1.0), (40.0, 40.0), (2_819_000.0, 4_000_000.0), (0.3, 0.4), (999.0, 1000.0)] {
            let scale = Scale::of([largest, largest / 900.0].into_iter()).unwrap().rounded();
            assert!((scale.at(1.0) / top - 1.0_f64).abs() < 1e-9, "{largest}: {}", scale.at(1.0));
            assert!(scale.part(largest) <= 1.0 && !scale.is_logarithmic(), "{largest}");
        }
    }
}
