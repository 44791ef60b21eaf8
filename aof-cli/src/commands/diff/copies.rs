//! What each copy of a log has, and how the copies differ.

use crate::input::source::Source;
use crate::output::failure::{Failure, Outcome};
use crate::output::progress::Progress;
use aof_api::format::Checksum;
use aof_api::read;
use aof_api::{Entries, Error};
use futures::executor::block_on;
use std::ops::RangeInclusive;

/// An entry of a copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Held {
    pub(super) op: u64,
    checksum: [u8; 16],
    pub(super) view: u32,
}

impl Held {
    pub(super) fn checksum(&self) -> Checksum {
        Checksum::from_le_bytes(self.checksum)
    }
}

/// Ops, as ranges of those in succession.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Ops(pub(super) Vec<RangeInclusive<u64>>);

impl Ops {
    /// For ops in ascending order.
    fn push(&mut self, ops: RangeInclusive<u64>) {
        match self.0.last_mut() {
            Some(last) if *last.end() >= *ops.start() - 1 => *last = *last.start()..=*ops.end().max(last.end()),
            _ => self.0.push(ops),
        }
    }
}

/// One of the copies.
#[derive(Default, Debug)]
pub(super) struct Copy {
    /// Each entry once, in the order of ops.
    pub(super) held: Vec<Held>,
    pub(super) duplicates: u64,
    /// Their clusters, in the order in which they come; one, unless logs are mixed.
    pub(super) clusters: Vec<u128>,
    /// Damaged places; not the end that is being written.
    pub(super) damage: u64,
    pub(super) gaps: Ops,
    pub(super) lacks: Ops,
    pub(super) only: Ops,
}

impl Copy {
    pub(super) fn read(source: &Source, progress: &Progress) -> Outcome<Copy> {
        let failure = Failure::at(&source.path);
        let mut entries = Entries::new(progress.watch(source.reader()?), read::Options::new());
        let (mut copy, mut recorded) = (Copy::default(), 0);
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    recorded += 1;
                    let cluster = entry.header().cluster.get();
                    if copy.clusters.last() != Some(&cluster) && !copy.clusters.contains(&cluster) {
                        copy.clusters.push(cluster);
                    }
                    // From outside: op 0 is never recorded, and would not be a range.
                    let (op, view) = (entry.op().max(1), entry.header().view.get());
                    copy.held.push(Held { op, checksum: entry.checksum().to_le_bytes(), view });
                }
                Ok(None) => break,
                Err(Error::Corrupt { .. }) => {
                    let range = block_on(entries.resync()).map_err(&failure)?.filter(|range| range.len > 0);
                    copy.damage += u64::from(range.is_some_and(|range| !(source.live && range.torn_end)));
                }
                Err(error) => return Err(failure(error)),
            }
        }
        copy.held.sort_unstable();
        copy.held.dedup();
        copy.duplicates = recorded - copy.held.len() as u64;
        for two in copy.held.windows(2) {
            if two[1].op > two[0].op.saturating_add(1) {
                copy.gaps.push(two[0].op + 1..=two[1].op - 1);
            }
        }
        Ok(copy)
    }
}

/// Several copies, compared.
#[derive(Debug)]
pub(super) struct Copies {
    pub(super) all: Vec<Copy>,
    /// The first op with different entries, and those with the numbers of the copies that have them.
    pub(super) parting: Vec<(usize, Held)>,
    /// The first op that not all have, or with different entries.
    pub(super) differs_at: Option<u64>,
}

impl Copies {
    /// Walks over all of them side by side, op by op.
    pub(super) fn compare(mut all: Vec<Copy>) -> Copies {
        let mut at = vec![0; all.len()];
        let (mut parting, mut differs_at) = (Vec::new(), None);
        while let Some(op) = all.iter().zip(&at).filter_map(|(copy, at)| copy.held.get(*at)).map(|held| held.op).min() {
            let mut here: Vec<(usize, Held)> = Vec::new();
            for (number, copy) in all.iter().enumerate() {
                while let Some(held) = copy.held.get(at[number]).filter(|held| held.op == op) {
                    here.push((number, *held));
                    at[number] += 1;
                }
            }
            let differ = here.iter().any(|(_, held)| *held != here[0].1);
            for (number, copy) in all.iter_mut().enumerate() {
                let mut own = here.iter().filter(|(holder, _)| *holder == number).peekable();
                if own.peek().is_none() {
                    copy.lacks.push(op..=op);
                    differs_at = differs_at.or(Some(op));
                }
                if own.any(|(_, held)| !here.iter().any(|(holder, other)| *holder != number && other == held)) {
                    copy.only.push(op..=op);
                }
            }
            if differ && parting.is_empty() {
                differs_at = differs_at.or(Some(op));
                parting = here;
            }
        }
        Copies { all, parting, differs_at }
    }

    /// The clusters of all.
    pub(super) fn clusters(&self) -> Vec<u128> {
        let mut clusters: Vec<u128> = self.all.iter().flat_map(|copy| copy.clusters.iter().copied()).collect();
        clusters.sort_unstable();
        clusters.dedup();
        clusters
    }

    /// Whether all have the same entries, no damage, and one cluster.
    pub(super) fn are_same(&self) -> bool {
        self.differs_at.is_none() && self.clusters().len() < 2 && self.all.iter().all(|copy| copy.damage == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(entries: &[(u64, u8)]) -> Copy {
        let held = |(op, first): &(u64, u8)| Held { op: *op, checksum: [*first; 16], view: 1 };
        Copy { held: entries.iter().map(held).collect(), ..Copy::default() }
    }

    #[test]
    fn each_copy_lacks_what_another_has() {
        let copies =
            Copies::compare(vec![copy(&[(1, 1), (2, 2), (3, 3), (5, 5)]), copy(&[(2, 2), (3, 9), (4, 4), (5, 5)])]);
        assert_eq!(copies.all[0].lacks, Ops(vec![4..=4]));
        assert_eq!(copies.all[1].lacks, Ops(vec![1..=1]));
        // At op 3 they part: each has an entry that the other has not.
        assert_eq!(copies.all[0].only, Ops(vec![1..=1, 3..=3]));
        assert_eq!(copies.all[1].only, Ops(vec![3..=4]));
        assert_eq!((copies.parting.len(), copies.parting[0].1.op, copies.differs_at), (2, 3, Some(1)));
    }

    #[test]
    fn the_same_entries_are_the_same_and_nothing_is_nothing() {
        let same = Copies::compare(vec![copy(&[(1, 1), (2, 2)]), copy(&[(1, 1), (2, 2)]), copy(&[(1, 1), (2, 2)])]);
        assert!(same.are_same() && same.parting.is_empty());
        assert!(Copies::compare(vec![copy(&[]), copy(&[])]).are_same());
        assert!(!Copies::compare(vec![copy(&[]), copy(&[(u64::MAX, 1)])]).are_same());
    }
}
