//! How values are spread, in memory that does not grow with their number.

/// Values below this are counted one by one; above, each power of two has as many classes, so that a percentile is at most
/// one part in 16 above the value.
const EXACT: u64 = 16;
const CLASSES: usize = 16 * 61;

/// Counts of values, by their size.
pub(super) struct Distribution {
    classes: Box<[u64; CLASSES]>,
    pub(super) count: u64,
    pub(super) largest: u64,
}

impl Distribution {
    pub(super) fn new() -> Distribution {
        Distribution { classes: Box::new([0; CLASSES]), count: 0, largest: 0 }
    }

    pub(super) fn add(&mut self, value: u64) {
        self.classes[class(value)] += 1;
        self.count += 1;
        self.largest = self.largest.max(value);
    }

    /// The value that so many in a hundred are not above; 0 where there are none.
    pub(super) fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut below = 0;
        for (class, count) in self.classes.iter().enumerate() {
            below += count;
            if below >= rank {
                return end(class).min(self.largest);
            }
        }
        self.largest
    }
}

fn class(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let power = value.ilog2() - EXACT.ilog2();
    // The four bits after the first one.
    (u64::from(power + 1) * EXACT + ((value >> power) - EXACT)) as usize
}

/// The largest value of a class.
fn end(class: usize) -> u64 {
    let class = class as u64;
    if class < EXACT {
        return class;
    }
    let (power, rest) = (class / EXACT - 1, class % EXACT);
    ((u128::from(EXACT + rest + 1) << power) - 1).min(u128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_class_that_ends_at_most_a_sixteenth_above_it() {
        for value in (0..1000).chain([1 << 20, (1 << 40) + 12345, u64::MAX - 1, u64::MAX]) {
            let end = end(class(value));
            assert!(end >= value && end - value <= value / 16, "{value}: {end}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_values() {
        let mut distribution = Distribution::new();
        (1..=10).for_each(|value| distribution.add(value));
        assert_eq!([50, 90, 99, 100].map(|percent| distribution.percentile(percent)), [5, 9, 10, 10]);
        assert_eq!(Distribution::new().percentile(50), 0);
    }
}
