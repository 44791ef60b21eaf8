//! Entries over time, in steps that widen as the time does.

/// How many steps there are at most.
const STEPS: usize = 96;
/// The narrowest step, in nanoseconds. Entries that were appended at once have timestamps a nanosecond apart, and what is
/// shorter says nothing about a rate.
pub(super) const WIDTH_MIN: u64 = 1_000_000;

/// What is in one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// When it begins, in nanoseconds since 1970.
    pub(super) begin: u64,
    /// Entries that were recorded for the first time.
    pub(super) entries: u64,
    /// Entries that were recorded again.
    pub(super) again: u64,
}

/// Entries in equal steps of time. Where an entry falls outside, steps are joined two by two until it does not.
pub(super) struct Series {
    /// Where the first step begins, and how wide steps are, in nanoseconds.
    start: u64,
    width: u64,
    /// Entries of each step: recorded for the first time, and again.
    steps: [(u64, u64); STEPS],
    pub(super) first: Option<u64>,
    pub(super) last: u64,
    /// How often the time of an entry that was recorded for the first time is before that of the one before it.
    pub(super) times_back: u64,
    before: u64,
    /// Entries with timestamp 0, which the format does not allow.
    pub(super) without_time: u64,
}

impl Series {
    pub(super) fn new() -> Series {
        Series {
            start: 0,
            width: WIDTH_MIN,
            steps: [(0, 0); STEPS],
            first: None,
            last: 0,
            times_back: 0,
            before: 0,
            without_time: 0,
        }
    }

    /// Counts an entry; `again` where it was recorded before.
    pub(super) fn add(&mut self, timestamp: u64, again: bool) {
        if timestamp == 0 {
            self.without_time += 1;
            return;
        }
        if !again {
            self.times_back += u64::from(timestamp < self.before);
            self.before = timestamp;
        }
        match &mut self.first {
            None => {
                self.first = Some(timestamp);
                self.start = timestamp;
            }
            Some(first) => *first = timestamp.min(*first),
        }
        self.last = self.last.max(timestamp);
        while timestamp < self.start || (timestamp - self.start) / self.width >= STEPS as u64 {
            self.widen(timestamp < self.start);
        }
        let step = &mut self.steps[((timestamp - self.start) / self.width) as usize];
        *if again { &mut step.1 } else { &mut step.0 } += 1;
    }

    /// Twice as wide, with the new room before the steps or after them. (Where that reaches back before 1970, it does not
    /// fit, and an old step may be counted to its neighbour.)
    fn widen(&mut self, towards_the_past: bool) {
        let width = self.width.saturating_mul(2);
        let room = if towards_the_past { self.width.saturating_mul(STEPS as u64) } else { 0 };
        let start = self.start.saturating_sub(room);
        let mut steps = [(0, 0); STEPS];
        for (index, (entries, again)) in self.steps.iter().enumerate().filter(|(_, step)| **step != (0, 0)) {
            let time = self.start + index as u64 * self.width;
            let step: &mut (u64, u64) = &mut steps[((time - start) / width) as usize];
            *step = (step.0 + entries, step.1 + again);
        }
        (self.start, self.width, self.steps) = (start, width, steps);
    }

    /// How wide a step is, in nanoseconds.
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    /// From the first step with entries to the last.
    pub(super) fn steps(&self) -> Vec<Step> {
        let there = |step: &(u64, u64)| *step != (0, 0);
        let Some(first) = self.steps.iter().position(there) else { return Vec::new() };
        let last = self.steps.iter().rposition(there).unwrap_or(first);
        let step = |index: usize| {
            let (entries, again) = self.steps[index];
            Step { begin: self.start + index as u64 * self.width, entries, again }
        };
        (first..=last).map(step).collect()
    }

    /// How many entries a second a step with so many has.
    pub(super) fn rate(&self, entries: u64) -> f64 {
        entries as f64 * 1e9 / self.width as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_in_the_step_of_its_time() {
        let times: Vec<u64> = (0..5_000_u64).map(|n| 1_700_000_000_000_000_000 + n * n * 977).collect();
        for order in [times.clone(), times.iter().rev().copied().collect(), [&times[2_500..], &times[..2_500]].concat()]
        {
            let mut series = Series::new();
            order.iter().for_each(|time| series.add(*time, false));
            let steps = series.steps();
            assert!(steps.len() > STEPS / 3, "{}", steps.len());
            for Step { begin, entries, .. } in steps {
                let within = times.iter().filter(|time| (begin..begin + series.width()).contains(time)).count();
                assert_eq!(entries, within as u64);
            }
            assert_eq!((series.first, series.last), (Some(times[0]), times[4_999]));
        }
    }

    #[test]
    fn what_was_appended_at_once_is_in_one_step() {
        let mut series = Series::new();
        (1..=1000).for_each(|time| series.add(time, false));
        assert_eq!(series.steps(), [Step { begin: 1, entries: 1000, again: 0 }]);
        assert_eq!(series.rate(1000), 1e6);
    }

    #[test]
    fn what_is_recorded_again_is_counted_apart_and_does_not_turn_time_back() {
        let mut series = Series::new();
        for (time, again) in [(10, false), (20, false), (10, true), (20, true), (15, false), (30, false)] {
            series.add(time, again);
        }
        assert_eq!(series.steps(), [Step { begin: 10, entries: 4, again: 2 }]);
        assert_eq!(series.times_back, 1);
    }

    #[test]
    fn the_ends_of_time_fit() {
        let mut series = Series::new();
        for time in [u64::MAX, 1, 0, 1 << 63] {
            series.add(time, false);
        }
        assert_eq!(series.steps().iter().map(|step| step.entries).sum::<u64>(), 3);
        assert_eq!(series.without_time, 1);
    }
}
