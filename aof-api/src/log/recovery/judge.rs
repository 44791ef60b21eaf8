//! The end of the walk: damage at the end is a tail that is cut, kept or refused, or a loss of acknowledged data.

use super::Opened;
use super::report::{Cut, TailKind};
use super::tail::{kind, read_pieces};
use super::walk::{Suspect, Walk};
use crate::format::damage::Damage;
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::log::filler::Filler;
use crate::log::options::{Marks, Tail};
use crate::read::scan::DamagedRange;
use crate::storage::backend::AofBackend;
use crate::storage::error::{CorruptReason, Error, Result};

impl Walk<'_, '_> {
    /// Decides about the tail of a log that was read up to `end`, and does what was decided. Before anything is changed, a
    /// log that is to be refused is refused.
    pub(super) async fn finish<B: AofBackend>(mut self, backend: &mut B, end: u64) -> Result<Opened> {
        self.recovery.tip = self.position.tip();
        self.recovery.len = end;
        self.check_reach(end)?;
        let mut filler = None;
        if let Some(suspect) = self.suspect.take() {
            self.judge(&suspect)?;
            self.check_expected()?;
            self.check_head(suspect.first.damage)?;
            let kind = kind(&suspect, end);
            let cuts = match self.options.tail {
                Tail::Truncate => true,
                Tail::TruncateTorn => kind != TailKind::Corrupt,
                Tail::Keep | Tail::Refuse => false,
            };
            if cuts {
                self.cut(backend, &suspect, kind, end).await?;
            } else if self.options.tail == Tail::Keep {
                filler = Filler::find(backend, &suspect.first, end).await?;
                self.recovery.keep(suspect);
            } else {
                let Suspect { first: DamagedRange { offset, damage, .. }, entries_after, .. } = suspect;
                let reason = CorruptReason::TailRefused { damage, entries: self.recovery.entries, entries_after };
                return Err(Error::Corrupt { offset, reason });
            }
        }
        self.check_expected()?;
        self.check_head(Damage::Torn { have: 0, need: ENTRY_SIZE_MIN as u64 })?;
        Ok(Opened {
            recovery: self.recovery,
            cluster: self.cluster,
            root: self.root,
            position: self.position,
            index: self.index,
            filler,
        })
    }

    async fn cut<B: AofBackend>(&mut self, backend: &mut B, suspect: &Suspect, kind: TailKind, end: u64) -> Result<()> {
        let (offset, len) = (suspect.first.offset, end - suspect.first.offset);
        let pieces = read_pieces(backend, offset, end, self.options.cut_len_max).await?;
        let (damage, entries) = (suspect.first.damage, suspect.entries_after);
        tracing::warn!(offset, len, ?kind, entries, "cutting an unacknowledged tail");
        match backend.truncate(offset).await {
            Err(Error::Unsupported { .. }) => {
                return Err(Error::Corrupt { offset, reason: CorruptReason::CannotCut(damage) });
            }
            cut => cut?,
        }
        self.recovery.len = offset;
        self.recovery.cut = Some(Cut { offset, len, kind, damage, entries, pieces });
        Ok(())
    }

    /// Whether the suspect part may be treated as an unacknowledged tail.
    fn judge(&self, suspect: &Suspect) -> Result<()> {
        let DamagedRange { offset, damage, .. } = suspect.first;
        let refused = |reason| Err(Error::Corrupt { offset, reason });
        if let Some(durable_len) = self.options.durable_len.filter(|durable_len| offset < *durable_len) {
            return refused(CorruptReason::Durable { damage, durable_len });
        }
        if let Some(note) = self.claim.filter(|note| offset < note.end) {
            return refused(CorruptReason::Noted { damage, covered: note.end });
        }
        if self.start > 0 && offset == self.start {
            return refused(CorruptReason::PrunedHeadLost(damage));
        }
        // Every op up to the highest before the damage is there; an empty log begins after its origin.
        let op_max = self.position.op_max;
        let acknowledged = self.recovery.acknowledged_op;
        if self.options.marks == Marks::Own && op_max < acknowledged {
            return refused(CorruptReason::Acknowledged { damage, op: op_max + 1, acknowledged });
        }
        // The caller who says what was durable has decided about the rest.
        let unmarked = suspect.unmarked || self.options.marks == Marks::Foreign;
        let next = suspect.next.filter(|_| unmarked).or(suspect.doubtful);
        match next.filter(|_| self.options.durable_len.is_none()) {
            Some(next) => refused(CorruptReason::EntriesBehind { damage, next }),
            None => Ok(()),
        }
    }

    /// A log that ends below what was durable has lost acknowledged data.
    fn check_reach(&self, end: u64) -> Result<()> {
        let torn = |need| Damage::Torn { have: end, need };
        if let (Some(durable_len), None) = (self.options.durable_len.filter(|len| end < *len), &self.suspect) {
            let reason = CorruptReason::Durable { damage: torn(durable_len), durable_len };
            return Err(Error::Corrupt { offset: end, reason });
        }
        if let (Some(note), None) = (self.claim.filter(|note| end < note.end), &self.suspect) {
            let reason = CorruptReason::Noted { damage: torn(note.end), covered: note.end };
            return Err(Error::Corrupt { offset: end, reason });
        }
        Ok(())
    }

    /// The entries that the caller, and the note of the storage, say must be there.
    fn check_expected(&self) -> Result<()> {
        let found = self.recovery.tip.map(|tip| tip.checksum);
        if let Some(note) = self.claim.filter(|_| !self.noted_found) {
            return Err(Error::NoteTipMissing { expected: note.tip.checksum, covered: note.end, found });
        }
        match self.options.expected_tip.filter(|_| !self.expected_found) {
            Some(expected) if self.start > 0 => Err(Error::MaybePruned { expected, start: self.start }),
            Some(expected) => Err(Error::ChecksumMismatch { expected, found }),
            None => Ok(()),
        }
    }

    /// Pruning never leaves a log without an entry.
    fn check_head(&self, damage: Damage) -> Result<()> {
        if self.start > 0 && !self.position.is_written {
            return Err(Error::Corrupt { offset: self.start, reason: CorruptReason::PrunedHeadLost(damage) });
        }
        Ok(())
    }
}
