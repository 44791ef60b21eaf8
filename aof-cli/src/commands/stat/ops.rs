//! What is missing, and what is recorded again.

use aof_api::format::Checksum;
use aof_api::validate::NoteKind;
use std::ops::RangeInclusive;

/// How many of the last ops are remembered, to compare an entry that is recorded again.
pub(super) const REMEMBERED: usize = 1 << 16;

/// How many gaps are listed.
const LISTED: usize = 100;

/// The ops of a log, in the order in which they come.
pub(super) struct Ops {
    pub(super) first: Option<u64>,
    /// The lowest op; none before the first entry.
    pub(super) lowest: Option<u64>,
    pub(super) highest: u64,
    /// The first gaps, and how many there are and how many ops they lack.
    pub(super) gaps: Vec<RangeInclusive<u64>>,
    pub(super) gap_count: u64,
    pub(super) missing: u64,
    /// How often the ops go back.
    pub(super) backtracks: u64,
    /// Entries whose op is not above every op before them: the same entry again; another one with the op; one that was
    /// missing until then; too far back to say.
    pub(super) duplicates: u64,
    pub(super) others: u64,
    pub(super) late: u64,
    pub(super) unknown: u64,
    before: u64,
    /// The last op of each residue, and its checksum.
    remembered: Vec<(u64, Checksum)>,
}

impl Ops {
    pub(super) fn new() -> Ops {
        Ops {
            first: None,
            lowest: None,
            highest: 0,
            gaps: Vec::new(),
            gap_count: 0,
            missing: 0,
            backtracks: 0,
            duplicates: 0,
            others: 0,
            late: 0,
            unknown: 0,
            before: 0,
            remembered: vec![(0, Checksum::EMPTY); REMEMBERED],
        }
    }

    /// That the beginning of the log is elsewhere, where it is.
    pub(super) fn head_missing(&self) -> Option<NoteKind> {
        self.lowest.filter(|op| *op > 1).map(|op| NoteKind::HeadMissing { op })
    }

    /// Counts an entry; returns whether it was recorded before.
    pub(super) fn add(&mut self, op: u64, checksum: Checksum) -> bool {
        let duplicates = self.duplicates;
        self.lowest = Some(self.lowest.map_or(op, |lowest| lowest.min(op)));
        let slot = &mut self.remembered[(op % REMEMBERED as u64) as usize];
        if self.first.is_none() {
            self.first = Some(op);
        } else if op <= self.highest {
            match *slot {
                (known, same) if known == op && same == checksum => self.duplicates += 1,
                (known, _) if known == op => self.others += 1,
                (known, _) if known < op => self.late += 1,
                _ => self.unknown += 1,
            }
            self.backtracks += u64::from(op <= self.before);
        } else if op - self.highest > 1 {
            let gap = self.highest + 1..=op - 1;
            self.gap_count += 1;
            self.missing += op - self.highest - 1;
            if self.gaps.len() < LISTED {
                self.gaps.push(gap);
            }
        }
        if op >= slot.0 {
            *slot = (op, checksum);
        }
        self.highest = self.highest.max(op);
        self.before = op;
        self.duplicates > duplicates
    }

    pub(super) fn recorded_again(&self) -> u64 {
        self.duplicates + self.others + self.late + self.unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_repetitions_are_distinguished() {
        let mut ops = Ops::new();
        for op in [5, 6, 9, 10, 9, 10, 11, 7] {
            ops.add(op, Checksum::from(u128::from(op)));
        }
        ops.add(11, Checksum::from(99_u128));
        assert_eq!((ops.first, ops.highest, ops.missing, ops.gap_count), (Some(5), 11, 2, 1));
        assert_eq!(ops.gaps, [7..=8]);
        assert_eq!((ops.duplicates, ops.others, ops.late, ops.unknown), (2, 1, 1, 0));
        assert_eq!(ops.backtracks, 2);
    }

    #[test]
    fn what_is_too_long_ago_is_said_to_be() {
        let mut ops = Ops::new();
        for op in 1..=REMEMBERED as u64 + 10 {
            ops.add(op, Checksum::from(u128::from(op)));
        }
        ops.add(1, Checksum::from(1_u128));
        ops.add(11, Checksum::from(11_u128));
        assert_eq!((ops.duplicates, ops.unknown), (1, 1));
    }
}
