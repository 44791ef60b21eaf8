//! What validation makes of the walk over one part.

use crate::chain::link::Chain;
use crate::chain::run::Run;
use crate::format::checksum::Checksum;
use crate::read::drive::{Damaged, Visit, drive};
use crate::read::entries::LocatedEntry;
use crate::read::unreadable::Unreadable;
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, IoCall, Result};
use crate::validate::finding::Finding;
use crate::validate::validator::{Observation, Validator};
use std::ops::Range;

/// The walk over one part.
pub(super) struct Reading<'a, O> {
    pub(super) validator: &'a mut Validator,
    pub(super) observe: &'a mut O,
}

impl<O: FnMut(Observation)> Visit for Reading<'_, O> {
    const TAKES_RUNS: bool = true;

    fn take_run(&mut self, run: &Run, range: Range<u64>) -> bool {
        self.validator.show_progress();
        self.validator.take_run(run, range.start)
    }

    fn wants_runs(&self) -> bool {
        self.validator.entries == 0 || self.validator.chain.takes_runs()
    }

    fn again_from(&self, entry: LocatedEntry<'_>) -> Option<u64> {
        let Validator { chain, unremembered_from, .. } = &*self.validator;
        chain.must_remember(entry.header()).then_some(*unremembered_from)
    }

    async fn read_again<R: AofRead>(&mut self, reader: &mut R, range: Range<u64>) -> Result<()> {
        if self.validator.cannot_remember() {
            return Err(Error::Unsupported { what: "a break that only an earlier part explains" });
        }
        let (offset, options) = (range.start, self.validator.options.read);
        let chain = &mut self.validator.chain;
        drive(reader, range, options, &mut Remembering(chain)).await?;
        if !chain.remembered() {
            let changed = std::io::Error::other("the log changed while it was read: what was whole is gone; try again");
            return Err(Error::io(IoCall::Read, offset, changed));
        }
        Ok(())
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> Result<()> {
        self.validator.take(entry.offset, entry.header(), self.observe)
    }

    fn look_ahead(&mut self, checksums: impl Iterator<Item = Checksum>) {
        self.validator.chain.look_ahead(checksums);
    }

    fn damaged(&mut self, damaged: Damaged<'_>) -> Result<()> {
        self.validator.report_damage(damaged.range, self.observe);
        Ok(())
    }

    fn unreadable(&mut self, unreadable: Unreadable) -> Result<()> {
        let (part, offset) = (self.validator.part, unreadable.offset);
        let kind = unreadable.into();
        (self.observe)(Observation::Finding(Finding { part, offset, op: None, kind }));
        Ok(())
    }
}

/// The second walk over entries that were not remembered at the first, which has reported the damage between them.
struct Remembering<'a>(&'a mut Chain);

impl Visit for Remembering<'_> {
    const TAKES_RUNS: bool = false;

    fn take_run(&mut self, _run: &Run, _range: Range<u64>) -> bool {
        false
    }

    fn take(&mut self, entry: LocatedEntry<'_>) -> Result<()> {
        self.0.remember(entry.header())
    }

    fn damaged(&mut self, _damaged: Damaged<'_>) -> Result<()> {
        Ok(())
    }

    fn unreadable(&mut self, _unreadable: Unreadable) -> Result<()> {
        Ok(())
    }
}
