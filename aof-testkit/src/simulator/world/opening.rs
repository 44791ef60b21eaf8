//! Opening the log, and what it must find.

use super::visiting::Visits;
use super::*;
use aof_api::log::NoteFound;

impl World {
    /// Opens the log, and checks what it found against the model. What it found is the model from then on.
    pub(super) async fn open(&mut self, policy: Policy) -> Seen {
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        self.open_on(backend, policy).await
    }

    /// As [`open`](World::open), by this backend.
    pub(super) async fn open_on(&mut self, backend: SimBackend, policy: Policy) -> Seen {
        // Faults that were scripted and have not struck: opening that fails has a test of its own.
        self.faults().forget_script();
        self.reader = None;
        let found = self.disk.live();
        if let Some(offset) = self.doubtful.take() {
            self.model.extend_from(&found, offset);
        }
        let highest = self.start_doubtful.take().unwrap_or(self.model.start);
        self.pruned(self.disk.start(), highest).await?;
        let due = self.tail_due(&found);
        let note = backend.note();
        let mut visits = self.draw_visits();
        match visits.open(backend, self.options(policy)).await {
            Ok((log, recovery)) => {
                if let (Some(due), Some(cut)) = (due, &recovery.cut) {
                    must!(cut.kind == due, "the tail at {} is {:?}, expected {due:?}", cut.offset, cut.kind);
                    self.tally.zero_tails += u64::from(found.last() == Some(&0));
                }
                self.check_note(&recovery, note.map(|(covered, _)| covered), &visits)?;
                self.opened(log, &recovery, &found, policy)?;
                self.check_visits(&visits)?;
                self.check_files().await
            }
            Err(Error::Corrupt { reason: CorruptReason::TailRefused { .. }, .. })
                if matches!(policy, Policy::RefuseThenTruncate | Policy::TornThenTruncate) =>
            {
                self.tally.refusals += 1;
                must!(due.is_none() || policy == Policy::RefuseThenTruncate, "a tail that is {due:?} was refused");
                must!(self.disk.live() == found, "a refused opening changed the log");
                Box::pin(self.open(Policy::Truncate)).await
            }
            Err(error) => Err(format!("the log does not open: {error:?} (durable: {} entries)", self.model.durable)),
        }
    }

    /// Whether reading began where it had to, given how far the note of the disk reaches.
    fn check_note(&mut self, recovery: &Recovery, covered: Option<u64>, visits: &Visits) -> Seen {
        let note = if covered.is_some() { NoteFound::Intact } else { NoteFound::None };
        must!(recovery.note == note, "the note was {:?}, expected {note:?}", recovery.note);
        let begin = covered.filter(|_| self.kind == Kind::Append).unwrap_or(self.model.start);
        let (start, read_from) = (recovery.start, recovery.read_from);
        must!(start == self.model.start, "the log begins at {start}, expected {}", self.model.start);
        // A visitor that wants entries before the end of the note has them read.
        let visited = visits.is_some() && (start..begin).contains(&read_from);
        must!(read_from == begin || visited, "reading began at {read_from}, expected {begin} of a note at {covered:?}");
        self.tally.noted += u64::from(read_from > start);
        let first = recovery.first.map_or(self.model.begins_after, |first| first.parent);
        must!(first == self.model.begins_after, "the log begins after {first}, not {}", self.model.begins_after);
        Ok(())
    }

    /// What kind of tail a crash has left, where there is no doubt: nothing but zeros, or the beginning of the next entry,
    /// at the end of the log or in zeros that reach further than it would.
    fn tail_due(&mut self, found: &[u8]) -> Option<TailKind> {
        let shown = self.shown.take()?;
        if self.kind != Kind::Append || self.model.scarred {
            return None;
        }
        let whole = self.model.whole_prefix(found);
        let end = self.model.entries[..whole].last().map_or(self.model.start, Entry::end) as usize;
        let tail = &found[end..];
        if tail.is_empty() {
            return None;
        }
        let Some(last) = tail.iter().rposition(|byte| *byte != 0) else { return Some(TailKind::Zero) };
        let have = last + 1;
        let begins = shown.get(end..end + have) == Some(&tail[..have]);
        let torn = self.model.entries.get(whole).filter(|entry| begins && (have as u64) < entry.len)?;
        // The size of an entry that lacks a part of its header is not known; it is taken to be at most this.
        let reach = torn.len.max(4096);
        (tail.len() == have || tail.len() as u64 > reach).then_some(TailKind::Torn)
    }

    fn opened(&mut self, log: Aof<SimBackend>, recovery: &Recovery, found: &[u8], policy: Policy) -> Seen {
        self.tally.openings += 1;
        self.tally.seams += u64::from(!self.archives.is_empty() && recovery.entries == 1);
        self.tally.cuts += u64::from(recovery.cut.is_some());
        self.tally.cut_entries += u64::from(recovery.cut.as_ref().is_some_and(|cut| cut.entries > 0));
        self.notice();
        (self.poisoned, self.was_full, self.unfilled) = (false, false, false);
        if self.kind == Kind::Append {
            self.expect_prefix(recovery, found, policy)?;
        } else {
            self.expect_chain(&log, recovery)?;
        }
        let len = log.len();
        must!(log.durable_len() == len, "opening made {} of {len} bytes durable", log.durable_len());
        must!(recovery.len == len, "opening reports {} bytes where there are {len}", recovery.len);
        self.model.opened(len);
        self.log = Some(log);
        self.check_tip()
    }

    /// Row 1 of the faults: everything up to the last checkpoint, then a prefix of what was written; and just the prefix
    /// that is whole.
    fn expect_prefix(&mut self, recovery: &Recovery, found: &[u8], policy: Policy) -> Seen {
        let kept = recovery.entries as usize;
        self.raise_ghost(recovery)?;
        let (durable, written) = (self.model.durable, self.model.entries.len());
        must!(kept >= durable, "{kept} entries are left, {durable} were durable");
        must!(kept <= written, "{kept} entries are left of {written}");
        let whole = self.model.whole_prefix(found);
        must!(kept == whole, "{kept} entries are left, {whole} were whole ({durable} durable, {written} written)");
        let tip = self.model.entries[..kept].last().map(|entry| entry.checksum);
        must!(recovery.tip.map(|tip| tip.checksum) == tip, "the tip is {:?}, expected {tip:?}", recovery.tip);
        let torn = self.model.entries.split_off(kept);
        let end = self.model.end();
        let keeps = recovery.kept.last().is_some_and(|kept| kept.offset >= end);
        must!(keeps == (recovery.len > end), "{} bytes are left after {end}", recovery.len - end);
        must!(!keeps || policy == Policy::Keep, "{policy:?} left a damaged tail");
        must!(recovery.cut.is_none() || !keeps, "a tail was cut, and a part of it was kept");
        if keeps {
            self.model.ghosts.extend(torn);
            self.unfilled = true;
            self.tally.kept += 1;
        }
        let held = recovery.len - self.model.start;
        self.model.scarred = self.model.entries.iter().map(|entry| entry.len).sum::<u64>() != held;
        Ok(())
    }

    /// Whether the last entry is one that was torn and kept, and has become whole. It was unacknowledged.
    fn raise_ghost(&mut self, recovery: &Recovery) -> Seen {
        let Some(tip) = recovery.tip else { return Ok(()) };
        if self.model.entries.iter().any(|entry| entry.checksum == tip.checksum) {
            return Ok(());
        }
        let ghosts = std::mem::take(&mut self.model.ghosts);
        if let Some(ghost) = ghosts.into_iter().find(|ghost| ghost.checksum == tip.checksum) {
            let before = (recovery.entries as usize).saturating_sub(1);
            must!(before >= self.model.durable, "a torn entry that was kept is in place of {}", self.model.durable);
            self.model.entries.truncate(before);
            self.model.entries.push(ghost);
        }
        Ok(())
    }

    /// With backtracking, entries that were written again may be whole after damage, and then nothing is missing: what is
    /// left has to be all that was durable, and after it some of what was written, in order and without a gap.
    fn expect_chain(&mut self, log: &Aof<SimBackend>, recovery: &Recovery) -> Seen {
        let bytes = log.backend().disk().live();
        let durable = self.model.durable;
        let whole: Vec<_> = self.model.entries.iter().map(|entry| entry.is_whole_in(&bytes)).collect();
        must!(whole[..durable].iter().all(|whole| *whole), "not all of the {durable} durable entries are left");
        let mut known: Vec<_> = vec![self.model.begins_after];
        let (mut entries, mut orphans) = (Vec::new(), 0);
        for (entry, _) in self.model.entries.drain(..).zip(&whole).filter(|(_, whole)| **whole) {
            let parent = Prepare::decode(&bytes[entry.offset as usize..]).map(|prepare| prepare.header().parent);
            let continues = parent.is_ok_and(|parent| known.contains(&parent)) || known.contains(&entry.checksum);
            if continues {
                known.push(entry.checksum);
                entries.push(entry);
            } else {
                // Whole, after damage, and nothing that it follows is left: it does not count. Where something after it
                // continues from further up, it stays in the log all the same.
                orphans += 1;
            }
        }
        self.tally.orphans += orphans;
        must!(recovery.entries == entries.len() as u64, "{recovery:?} where {} entries are left", entries.len());
        let (sum, len) = (entries.iter().map(|entry| entry.len).sum::<u64>(), bytes.len() as u64);
        self.model.scarred = sum != len - self.model.start;
        let end = entries.last().map_or(self.model.start, Entry::end);
        must!(end == len, "{len} bytes are left, and the last are not an entry");
        self.model.entries = entries;
        Ok(())
    }
}
