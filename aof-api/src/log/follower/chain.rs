//! A follower's place in the chain.

use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::header::Header;
use crate::storage::error::{Error, Result};
use std::collections::VecDeque;

/// How many entries that were handed out are known again when they are recorded again. A replica records again what is
/// in its journal, which is far less.
const REMEMBERED_MAX: usize = 1 << 16;

/// What to do with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    HandOut,
    LeaveOut,
    /// It comes long after the entry that the follower was to begin after: what is between is not in the log.
    Missing,
}

#[derive(Debug)]
pub(super) struct Chain {
    /// The entry to begin after, which was not met yet.
    from: Option<Tip>,
    /// The last entry that was handed out, or the one that it began after.
    place: Option<Tip>,
    /// Entries up to this op come before the first one that was handed out.
    began_after: u64,
    /// The checksums of the entries up to the place, with consecutive ops.
    recent: VecDeque<Checksum>,
}

impl Chain {
    pub(super) fn new(from: Option<Tip>) -> Chain {
        Chain { from, place: None, began_after: 0, recent: VecDeque::new() }
    }

    pub(super) fn place(&self) -> Option<Tip> {
        self.place
    }

    /// Takes the next entry of the log, at `offset`.
    pub(super) fn take(&mut self, offset: u64, header: &Header) -> Result<Take> {
        let (op, checksum, parent) = (header.op.get(), header.checksum, header.parent);
        if let Some(from) = self.from {
            if op < from.op {
                return Ok(Take::LeaveOut);
            }
            if op > from.op.saturating_add(1) && parent != from.checksum {
                return Ok(Take::Missing);
            }
            let is_after = op > from.op;
            if (if is_after { parent } else { checksum }) != from.checksum {
                return Err(Error::Forked { offset, op, parent });
            }
            self.from = None;
            self.begin_after(from);
            if !is_after {
                return Ok(Take::LeaveOut);
            }
        }
        let Some(place) = self.place else {
            self.begin_after(Tip { op: op.saturating_sub(1), checksum: parent });
            self.hand_out(Tip { op, checksum });
            return Ok(Take::HandOut);
        };
        if parent == place.checksum && op > place.op {
            self.hand_out(Tip { op, checksum });
            return Ok(Take::HandOut);
        }
        if op < self.began_after || self.is_known(op, checksum) {
            return Ok(Take::LeaveOut);
        }
        Err(Error::ChainBroken { offset, op, expected: Some(place.checksum), found: parent })
    }

    fn begin_after(&mut self, tip: Tip) {
        self.place = Some(tip);
        self.began_after = tip.op;
        self.recent.push_back(tip.checksum);
    }

    fn hand_out(&mut self, tip: Tip) {
        if self.place.is_some_and(|place| place.op.checked_add(1) != Some(tip.op)) {
            self.recent.clear();
        }
        if self.recent.len() == REMEMBERED_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(tip.checksum);
        self.place = Some(tip);
    }

    /// Whether this entry was handed out.
    fn is_known(&self, op: u64, checksum: Checksum) -> bool {
        let back = self.place.and_then(|place| place.op.checked_sub(op)).and_then(|back| usize::try_from(back).ok());
        back.and_then(|back| self.recent.iter().rev().nth(back)) == Some(&checksum)
    }
}
