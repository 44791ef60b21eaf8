//! What opening a log makes of the walk over it.

use super::foreign::begins_foreign;
use super::walk::Walk;
use crate::chain::run::Run;
use crate::format::checksum::Checksum;
use crate::read::drive::{Damaged, Visit};
use crate::read::entries::LocatedEntry;
use crate::read::index::SparseIndex;
use crate::read::scan::{Scan, Step};
use crate::read::unreadable::Unreadable;
use crate::storage::backend::AofRead;
use crate::storage::error::{CorruptReason, Error, Result};
use std::ops::Range;

/// The walk of recovery, and a second reader where some of the log may have to be read twice.
pub(super) struct Visiting<'a, 'v, A> {
    pub(super) walk: Walk<'a, 'v>,
    pub(super) again: Option<A>,
}

impl<A: AofRead> Visit for Visiting<'_, '_, A> {
    const TAKES_RUNS: bool = true;
    const SEES_RUNS: bool = true;

    fn take_run(&mut self, run: &Run, range: Range<u64>) -> bool {
        self.walk.take_run(run, range)
    }

    fn taken(&mut self, entry: LocatedEntry<'_>) -> Result<()> {
        self.walk.taken(entry.offset, entry.entry)
    }

    fn taken_index(&mut self, index: SparseIndex) {
        self.walk.take_index(index);
    }

    fn again_from(&self, entry: LocatedEntry<'_>) -> Option<u64> {
        self.again.as_ref().and_then(|_| self.walk.repeated_from(entry.offset, entry.header()))
    }

    /// Visits what was recorded again between damage and where the chain continues.
    async fn read_again<R: AofRead>(&mut self, _reader: &mut R, range: Range<u64>) -> Result<()> {
        let Visiting { walk, again: Some(again) } = self else { return Ok(()) };
        let mut scan = Scan::new(again, range.start, walk.options.read).limited(range.end);
        while scan.offset() < range.end {
            match scan.step().await? {
                Step::Entries => {
                    for (offset, entry) in scan.entries().take_while(|(offset, _)| *offset < range.end) {
                        walk.visit_if_repeated(offset, entry)?;
                    }
                }
                Step::Damage(_) => {
                    scan.resync().await?;
                }
                Step::End => break,
            }
        }
        Ok(())
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> Result<()> {
        self.walk.take(entry.offset, entry.entry)
    }

    fn look_ahead(&mut self, _checksums: impl Iterator<Item = Checksum>) {}

    fn damaged(&mut self, Damaged { range, entry_end, head }: Damaged<'_>) -> Result<()> {
        // Where something says what was durable, this is a log; but then there are entries.
        let sure = (self.walk.options.durable_len.is_some() || self.walk.is_noted()) && !range.at_end;
        if range.offset == 0 && !sure && begins_foreign(head, range.len) {
            let (damage, next) = (range.damage, range.len);
            let reason = match range.at_end {
                true => CorruptReason::NotALog(damage),
                false => CorruptReason::EntriesBehind { damage, next },
            };
            return Err(Error::Corrupt { offset: 0, reason });
        }
        self.walk.damage(range, entry_end);
        Ok(())
    }

    fn unreadable(&mut self, unreadable: Unreadable) -> Result<()> {
        Err(unreadable.error)
    }
}
