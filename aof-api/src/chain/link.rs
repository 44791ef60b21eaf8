//! The chain rule: how an entry links to the ones before it.

use crate::chain::rule::Rule;
use crate::chain::run::Run;
use crate::chain::seen::{RecordIndex, Seen};
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::header::Header;
use crate::storage::error::Result;
use std::ops::RangeInclusive;

/// How an entry links to the ones before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// It continues the chain, or begins it.
    Next,
    /// It is recorded again.
    Duplicate,
    /// It repeats the last entry of the file before, as a rotation leaves it.
    Seam,
    /// Its parent was not seen, and ops are missing before it.
    Gap { missing: RangeInclusive<u64> },
    /// Its parent was not seen, though no op is missing; under the linear rule, it is not the entry before it.
    Break { expected: Checksum },
    /// Another entry already follows its parent.
    Fork { other: Checksum },
}

/// Follows the chain of a log, entry by entry.
pub(crate) struct Chain {
    rule: Rule,
    tip: Option<Tip>,
    op_max: u64,
    seen: Seen,
    /// The record of the tip, where there is one: most entries follow it, and then nothing needs to be looked up.
    tip_record: Option<RecordIndex>,
    /// The record of the first entry's parent, until that parent is recorded itself, which it usually never is.
    unrecorded: Option<RecordIndex>,
    /// The next entry is the first of a file.
    at_seam: bool,
    /// Whether what was taken can be read again, so that it need not be remembered before somebody asks for it.
    can_defer: bool,
    /// The entries after `tip_record`, up to the tip, were taken and are not remembered: each follows the one before it,
    /// with a higher op than all before, so nothing had to be looked up for them.
    deferred: bool,
}

impl Chain {
    pub(crate) fn new(rule: Rule) -> Chain {
        let seen = Seen::default();
        let (can_defer, deferred) = (false, false);
        Chain {
            rule,
            tip: None,
            op_max: 0,
            seen,
            tip_record: None,
            unrecorded: None,
            at_seam: false,
            can_defer,
            deferred,
        }
    }

    /// A chain under the linear rule that has come to `tip`, and whose highest op is `op_max`.
    pub(crate) fn resume(tip: Tip, op_max: u64) -> Chain {
        Chain { tip: Some(tip), op_max, ..Chain::new(Rule::Linear) }
    }

    /// From now on, runs of entries are taken without remembering each of them, as far as the chain is straight. Before
    /// each [`push`](Chain::push), the caller asks whether the chain [must remember](Chain::must_remember) them.
    pub(crate) fn deferring(mut self) -> Chain {
        self.can_defer = true;
        self
    }

    /// Whether the next run can be taken as a whole, if it is straight.
    pub(crate) fn takes_runs(&self) -> bool {
        let is_leaf = |tip| self.seen.child(tip).is_none();
        self.rule == Rule::Linear || (self.can_defer && (self.deferred || self.tip_record.is_some_and(is_leaf)))
    }

    /// Whether what this entry is depends on entries that were taken and not remembered. All of them are to be given to
    /// [`remember`](Chain::remember) first, and then [`remembered`](Chain::remembered) is called.
    pub(crate) fn must_remember(&self, header: &Header) -> bool {
        self.deferred && !self.is_straight(header) && !self.is_seam(header)
    }

    /// Remembers the next of the entries that were taken and not remembered.
    pub(crate) fn remember(&mut self, header: &Header) -> Result<()> {
        let (record, _) = self.seen.insert(header.checksum)?;
        if let Some(parent) = self.tip_record {
            self.seen.child_or_insert(parent, record);
        }
        self.tip_record = Some(record);
        Ok(())
    }

    /// All entries are remembered now. Returns whether they were the ones that were taken.
    pub(crate) fn remembered(&mut self) -> bool {
        self.deferred = false;
        self.tip_record.map(|record| self.seen.checksum(record)) == self.tip.map(|tip| tip.checksum)
    }

    /// Whether entries were taken and not remembered.
    pub(crate) fn is_deferred(&self) -> bool {
        self.deferred
    }

    /// Whether it is the first entry of a file, and the last one of the file before.
    fn is_seam(&self, header: &Header) -> bool {
        self.at_seam && self.tip.is_some_and(|tip| tip.checksum == header.checksum)
    }

    /// Whether it follows the tip with an op above all before: then it is new, and nothing else follows the tip.
    fn is_straight(&self, header: &Header) -> bool {
        self.tip.is_some_and(|tip| tip.checksum == header.parent && header.op.get() > self.op_max)
    }

    pub(crate) fn tip(&self) -> Option<Tip> {
        self.tip
    }

    /// The next entry begins another file.
    pub(crate) fn next_part(&mut self) {
        self.at_seam = self.tip.is_some();
    }

    /// Whether the entry is new and follows a known one, above every known op: then nothing is missing before it. An entry
    /// that is recorded again proves nothing about what was before it.
    pub(crate) fn continues(&self, header: &Header) -> bool {
        let follows = match (self.tip, self.rule) {
            (None, _) => false,
            (Some(tip), Rule::Linear) => tip.checksum == header.parent,
            (Some(_), _) => self.seen.get(header.parent).is_some() && !self.is_recorded(header),
        };
        follows && header.op.get() > self.op_max
    }

    /// Whether neither the entry nor its parent was there before; never under the linear rule.
    pub(crate) fn is_orphan(&self, header: &Header) -> bool {
        let known = self.rule == Rule::Linear || self.tip.is_none() || header.op.get() == 1;
        !known && self.seen.get(header.parent).is_none() && !self.is_recorded(header)
    }

    /// Whether the entry was there before; never under the linear rule, which remembers nothing.
    pub(crate) fn is_recorded(&self, header: &Header) -> bool {
        self.seen.get(header.checksum).is_some()
    }

    /// Takes a whole run of entries, if it continues the chain and each of them need not be remembered now.
    pub(crate) fn push_run(&mut self, run: &Run) -> bool {
        let continues = self.tip.is_some_and(|tip| tip.op == self.op_max && run.continues(tip.op, tip.checksum));
        if !continues || !self.takes_runs() {
            return false;
        }
        self.deferred = self.rule != Rule::Linear;
        self.at_seam = false;
        self.op_max = run.op_last;
        self.tip = Some(Tip { op: run.op_last, checksum: run.checksum });
        true
    }

    /// Says which entries come next, so that the memory that they need is at hand.
    pub(crate) fn look_ahead(&self, checksums: impl Iterator<Item = Checksum>) {
        if self.rule != Rule::Linear {
            self.seen.touch(checksums);
        }
    }

    /// Takes the next entry, which becomes the tip whatever it links to.
    pub(crate) fn push(&mut self, header: &Header) -> Result<Link> {
        let is_seam = self.is_seam(header);
        self.at_seam = false;
        let link = match (self.tip, self.rule) {
            (Some(_), _) if is_seam => Link::Seam,
            (tip, Rule::Linear) => match tip {
                Some(tip) if tip.checksum != header.parent => self.broken(header, tip),
                _ => Link::Next,
            },
            (_, Rule::SeenParent | Rule::TigerBeetle) if self.deferred => {
                debug_assert!(self.is_straight(header), "what was taken is to be remembered first");
                Link::Next
            }
            (tip, Rule::SeenParent | Rule::TigerBeetle) => self.push_seen(header, tip)?,
        };
        let op = header.op.get();
        self.tip = Some(Tip { op, checksum: header.checksum });
        self.op_max = self.op_max.max(op);
        Ok(link)
    }

    fn push_seen(&mut self, header: &Header, tip: Option<Tip>) -> Result<Link> {
        let parent = match (tip, self.tip_record) {
            (Some(tip), Some(record)) if tip.checksum == header.parent => Some(record),
            // The parent of the first entry is outside the log, and that of op 1 is the root, which no log records:
            // both count as seen, and each may be followed only once.
            (None, _) => {
                self.unrecorded = Some(self.seen.insert(header.parent)?.0);
                self.unrecorded
            }
            _ if header.op.get() == 1 => Some(self.seen.insert(header.parent)?.0),
            _ => self.seen.get(header.parent),
        };
        let (record, new) = self.seen.insert(header.checksum)?;
        self.tip_record = Some(record);
        if !new && self.unrecorded != Some(record) {
            return Ok(Link::Duplicate);
        }
        self.unrecorded = self.unrecorded.filter(|unrecorded| *unrecorded != record);
        let Some(parent) = parent else {
            return Ok(match tip {
                Some(tip) => self.broken(header, tip),
                None => Link::Next,
            });
        };
        let first = self.seen.child_or_insert(parent, record);
        Ok(if first == record { Link::Next } else { Link::Fork { other: self.seen.checksum(first) } })
    }

    fn broken(&self, header: &Header, tip: Tip) -> Link {
        let op = header.op.get();
        // `op_max` is below `op` here, so neither sum nor difference wraps.
        if op > self.op_max && op - self.op_max > 1 {
            Link::Gap { missing: self.op_max + 1..=op - 1 }
        } else {
            Link::Break { expected: tip.checksum }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::operation::Operation;

    fn header(op: u64, checksum: u128, parent: u128) -> Header {
        let mut header = Header::new(Operation(200));
        header.op = op.into();
        header.checksum = Checksum::from(checksum);
        header.parent = Checksum::from(parent);
        header
    }

    /// Links of entries given as (op, checksum, parent).
    fn links<const N: usize>(rule: Rule, entries: [(u64, u128, u128); N]) -> [Link; N] {
        let mut chain = Chain::new(rule);
        entries.map(|(op, checksum, parent)| chain.push(&header(op, checksum, parent)).unwrap())
    }

    const LOOSE: [Rule; 2] = [Rule::SeenParent, Rule::TigerBeetle];

    #[test]
    fn a_chain_is_a_chain_under_every_rule() {
        for rule in Rule::ALL {
            assert_eq!(links(rule, [(1, 11, 10), (2, 12, 11), (3, 13, 12)]), [Link::Next, Link::Next, Link::Next]);
        }
    }

    #[test]
    fn a_restart_repeats_entries() {
        let entries = [(1, 11, 10), (2, 12, 11), (1, 11, 10), (2, 12, 11), (3, 13, 12)];
        for rule in LOOSE {
            let expected = [Link::Next, Link::Next, Link::Duplicate, Link::Duplicate, Link::Next];
            assert_eq!(links(rule, entries), expected);
        }
        let expected = Link::Break { expected: Checksum::from(12) };
        assert_eq!(links(Rule::Linear, entries), [Link::Next, Link::Next, expected, Link::Next, Link::Next]);
    }

    #[test]
    fn a_gap_names_the_missing_ops() {
        for rule in Rule::ALL {
            let found = links(rule, [(1, 11, 10), (2, 12, 11), (6, 16, 15), (7, 17, 16)]);
            assert_eq!(found, [Link::Next, Link::Next, Link::Gap { missing: 3..=5 }, Link::Next]);
        }
    }

    #[test]
    fn two_entries_on_one_parent_are_a_fork_also_on_the_root() {
        for rule in LOOSE {
            let fork = Link::Fork { other: Checksum::from(12) };
            assert_eq!(links(rule, [(1, 11, 10), (2, 12, 11), (2, 22, 11)]), [Link::Next, Link::Next, fork]);
            let fork = Link::Fork { other: Checksum::from(11) };
            assert_eq!(links(rule, [(1, 11, 10), (2, 12, 11), (1, 21, 10)]), [Link::Next, Link::Next, fork]);
        }
    }

    #[test]
    fn a_second_entry_on_the_parent_of_the_first_is_a_fork_also_in_mid_chain() {
        for rule in LOOSE {
            let fork = Link::Fork { other: Checksum::from(15) };
            assert_eq!(links(rule, [(5, 15, 14), (5, 25, 14)]), [Link::Next, fork]);
        }
    }

    #[test]
    fn the_parent_of_the_first_entry_may_come_later() {
        for rule in LOOSE {
            let found = links(rule, [(5, 15, 14), (3, 13, 12), (4, 14, 13), (4, 14, 13)]);
            let expected = Link::Break { expected: Checksum::from(15) };
            assert_eq!(found, [Link::Next, expected, Link::Next, Link::Duplicate]);
        }
    }

    #[test]
    fn a_misdirected_old_entry_shows_under_every_rule_that_looks() {
        // Op 1 is where op 4 should be.
        let entries = [(1, 11, 10), (2, 12, 11), (3, 13, 12), (1, 11, 10), (5, 15, 14)];
        assert_eq!(
            links(Rule::Linear, entries)[3..],
            [Link::Break { expected: Checksum::from(13) }, Link::Gap { missing: 4..=4 }]
        );
        assert_eq!(links(Rule::SeenParent, entries)[3..], [Link::Duplicate, Link::Gap { missing: 4..=4 }]);
    }

    #[test]
    fn ops_at_the_end_of_the_range_do_not_wrap() {
        for rule in Rule::ALL {
            let found = links(rule, [(u64::MAX, 1, 2), (0, 3, 4), (u64::MAX, 5, 6)]);
            assert_eq!(found[0], Link::Next);
            assert!(matches!(found[1..], [Link::Break { .. }, Link::Break { .. }]), "{found:?}");
        }
    }
}
