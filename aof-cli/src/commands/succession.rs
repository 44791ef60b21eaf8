//! What is wrong between entries that are read one after the other, for commands that list or count.
//!
//! Memory does not grow with the log: a fork is noticed where the op that it repeats is one of the last that were seen.

use crate::output::json::log::{self, Finding};
use aof_api::Tip;
use aof_api::format::Checksum;
use aof_api::read::LocatedEntry;
use aof_api::validate::FindingKind;
use std::path::Path;

/// How many of the last ops are remembered, to compare an entry that is recorded again.
const REMEMBERED: usize = 1 << 16;

/// The entries so far.
pub(super) struct Succession {
    cluster: u128,
    /// The entry before; none at the start, and after damage, which is reported itself.
    before: Option<Tip>,
    highest: Option<u64>,
    /// The entry before is one of another history.
    forked: bool,
    /// The last op of each residue, and its checksum; made when there is an entry.
    remembered: Vec<(u64, Checksum)>,
}

impl Succession {
    pub(super) fn new() -> Succession {
        let remembered = Vec::new();
        Succession { cluster: 0, before: None, highest: None, forked: false, remembered }
    }

    /// Damage was passed over: what is missing there is no gap.
    pub(super) fn damaged(&mut self) {
        (self.before, self.highest) = (None, None);
    }

    /// Remembers an entry; returns what is wrong between it and the ones before.
    pub(super) fn see(&mut self, path: &Path, entry: &LocatedEntry<'_>) -> Option<Finding> {
        let (op, checksum, header) = (entry.op(), entry.checksum(), entry.header());
        let cluster = header.cluster.get();
        let is_first = self.remembered.is_empty();
        if is_first {
            self.remembered = vec![(0, Checksum::EMPTY); REMEMBERED];
        }
        let expected = std::mem::replace(&mut self.cluster, cluster);
        if expected != cluster && !is_first {
            // Ops of different clusters are not compared.
            self.damaged();
            self.remembered.fill((0, Checksum::EMPTY));
            self.remember(op, checksum);
            let kind = FindingKind::Cluster { expected, found: cluster };
            return Some(log::found(path, entry.offset, Some(op), &kind));
        }
        let (before, highest) = (self.before, self.highest);
        let known = self.remembered[(op % REMEMBERED as u64) as usize];
        self.remember(op, checksum);
        let (next, parent) = (highest.map(|highest| highest.saturating_add(1)), header.parent);
        let was_forked = std::mem::take(&mut self.forked);
        let kind = if known.0 == op && known.1 != checksum && highest.is_some() {
            self.forked = true;
            // One finding for all of a branch.
            (!was_forked).then_some(FindingKind::Fork { parent, other: known.1, checksum })
        } else if let Some(next) = next.filter(|next| *next < op) {
            Some(FindingKind::Gap { missing: next..=op - 1, parent })
        } else {
            let broken = before.filter(|before| before.op.checked_add(1) == Some(op) && before.checksum != parent);
            broken.map(|before| FindingKind::Break { expected: before.checksum, found: parent })
        };
        kind.map(|kind| log::found(path, entry.offset, Some(op), &kind))
    }

    fn remember(&mut self, op: u64, checksum: Checksum) {
        self.before = Some(Tip { op, checksum });
        self.highest = Some(self.highest.map_or(op, |highest| highest.max(op)));
        let slot = &mut self.remembered[(op % REMEMBERED as u64) as usize];
        // What came first stays, so that a branch that is recorded again is no fork of itself.
        if slot.0 < op || slot.1 == Checksum::EMPTY {
            *slot = (op, checksum);
        }
    }
}
