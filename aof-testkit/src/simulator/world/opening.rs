//! The steps that end in an opening.

use super::*;

impl World {
    /// Opens the log, and checks what it found against the model. What it found is the model from then on.
    pub(super) async fn open(&mut self, policy: Policy) -> Seen {
        // Faults that were scripted and have not struck: openings that fail have a test of their own.
        self.faults().forget_script();
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        let found = self.disk.live();
        if let Some(offset) = self.doubtful.take() {
            self.model.extend_from(&found, offset);
        }
        let due = self.tail_due(&found);
        match Aof::open(backend, self.options(policy)).await {
            Ok((log, recovery)) => {
                if let (Some(due), Some(cut)) = (due, &recovery.cut) {
                    must!(cut.kind == due, "the tail at {} is {:?} where {due:?} was due", cut.offset, cut.kind);
                    self.tally.zero_tails += u64::from(found.last() == Some(&0));
                }
                self.opened(log, &recovery, &found, policy)?;
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

    /// What kind of tail a crash has left, where there is no doubt: nothing but zeros, or the beginning of the next entry,
    /// at the end of the log or in zeros that reach further than it would.
    fn tail_due(&mut self, found: &[u8]) -> Option<TailKind> {
        let shown = self.shown.take()?;
        if self.kind != Kind::Append || self.model.scarred {
            return None;
        }
        let whole = self.model.whole_prefix(found);
        let end = self.model.entries[..whole].last().map_or(0, Entry::end) as usize;
        let tail = &found[end..];
        if tail.is_empty() {
            return None;
        }
        let Some(last) = tail.iter().rposition(|byte| *byte != 0) else { return Some(TailKind::Zero) };
        let have = last + 1;
        let begins = shown.get(end..end + have) == Some(&tail[..have]);
        let torn = self.model.entries.get(whole).filter(|entry| begins && (have as u64) < entry.len)?;
        // How far an entry would go that lacks a part of its header, nobody knows: not further than this, it is taken.
        let reach = torn.len.max(4096);
        (tail.len() == have || tail.len() as u64 > reach).then_some(TailKind::Torn)
    }

    fn opened(&mut self, log: Aof<SimBackend>, recovery: &Recovery, found: &[u8], policy: Policy) -> Seen {
        self.tally.openings += 1;
        self.tally.seams += u64::from(!self.archives.is_empty() && recovery.entries == 1);
        self.tally.cuts += u64::from(recovery.cut.is_some());
        self.tally.cut_entries += u64::from(recovery.cut.as_ref().is_some_and(|cut| cut.entries > 0));
        (self.poisoned, self.begun, self.fail_write, self.fail_checkpoint) = (false, false, None, false);
        self.reader = None;
        self.unfilled = false;
        if self.kind == Kind::Append {
            self.expect_prefix(recovery, found, policy)?;
        } else {
            self.expect_chain(&log, recovery)?;
        }
        let len = log.len();
        must!(log.durable_len() == len, "an opening made {} of {len} bytes durable", log.durable_len());
        must!(recovery.len == len, "an opening reports {} bytes where there are {len}", recovery.len);
        self.model.checkpointed();
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
        must!(recovery.tip.map(|tip| tip.checksum) == tip, "the tip is {:?} where {tip:?} was due", recovery.tip);
        let torn = self.model.entries.split_off(kept);
        let end = self.model.tip().map_or(0, Entry::end);
        let keeps = recovery.kept.last().is_some_and(|kept| kept.offset >= end);
        must!(keeps == (recovery.len > end), "{} bytes are left behind {end}", recovery.len - end);
        must!(!keeps || policy == Policy::Keep, "{policy:?} left a damaged tail");
        must!(recovery.cut.is_none() || !keeps, "a tail was cut, and a part of it was kept");
        if keeps {
            self.model.ghosts.extend(torn);
            self.unfilled = true;
            self.tally.kept += 1;
        }
        self.model.scarred = self.model.entries.iter().map(|entry| entry.len).sum::<u64>() != recovery.len;
        Ok(())
    }

    /// Whether the last entry is one that was torn and kept, and has become whole. Nobody was promised that it had not.
    fn raise_ghost(&mut self, recovery: &Recovery) -> Seen {
        let Some(tip) = recovery.tip else { return Ok(()) };
        if self.model.entries.iter().any(|entry| entry.checksum == tip.checksum) {
            return Ok(());
        }
        let ghosts = std::mem::take(&mut self.model.ghosts);
        if let Some(ghost) = ghosts.into_iter().find(|ghost| ghost.checksum == tip.checksum) {
            let before = (recovery.entries as usize).saturating_sub(1);
            must!(before >= self.model.durable, "a torn entry that was kept stands in place of {}", self.model.durable);
            self.model.entries.truncate(before);
            self.model.entries.push(ghost);
        }
        Ok(())
    }

    /// With backtracking, entries that were written again may be whole behind damage, and then nothing is missing: what
    /// is left has to be all that was durable, and behind it some of what was written, in order and without a gap.
    fn expect_chain(&mut self, log: &Aof<SimBackend>, recovery: &Recovery) -> Seen {
        let bytes = log.backend().disk().live();
        let durable = self.model.durable;
        let whole: Vec<_> = self.model.entries.iter().map(|entry| entry.is_whole_in(&bytes)).collect();
        must!(whole[..durable].iter().all(|whole| *whole), "not all of the {durable} durable entries are left");
        let mut known: Vec<_> = vec![self.model.begins_behind];
        let (mut entries, mut orphans) = (Vec::new(), 0);
        for (entry, _) in self.model.entries.drain(..).zip(&whole).filter(|(_, whole)| **whole) {
            let parent = Prepare::decode(&bytes[entry.offset as usize..]).map(|prepare| prepare.header().parent);
            let continues = parent.is_ok_and(|parent| known.contains(&parent)) || known.contains(&entry.checksum);
            if continues {
                known.push(entry.checksum);
                entries.push(entry);
            } else {
                // Whole, behind damage, and nothing that it stands on is left: the opening does not count it. Where
                // something behind it goes on from further up, it stays in the log all the same.
                orphans += 1;
            }
        }
        self.tally.orphans += orphans;
        must!(recovery.entries == entries.len() as u64, "{recovery:?} where {} entries are left", entries.len());
        let (sum, len) = (entries.iter().map(|entry| entry.len).sum::<u64>(), bytes.len() as u64);
        self.model.scarred = sum != len;
        must!(entries.last().map_or(0, Entry::end) == len, "{len} bytes are left, and the last are no entry");
        self.model.entries = entries;
        Ok(())
    }

    pub(super) async fn reopen(&mut self, close: bool, policy: Policy) -> Seen {
        if let Some(log) = self.log.take() {
            if close {
                let closed = log.close().await;
                match closed {
                    Ok(()) => {
                        must!(!self.poisoned && !self.fail_checkpoint, "closing a log that fails answered Ok");
                        self.model.checkpointed();
                    }
                    Err(error) => {
                        must!(self.poisoned || self.fail_checkpoint, "closing the log answered {error:?}");
                        self.tally.failures += 1;
                    }
                }
            } else {
                drop(log);
            }
        }
        self.open(policy).await
    }

    pub(super) async fn crash(&mut self, seed: u64, policy: Policy) -> Seen {
        self.shown = Some(self.disk.live());
        self.disk.crash(seed);
        self.log = None;
        self.tally.crashes += 1;
        self.open(policy).await
    }

    /// Cuts the storage behind an entry. Nothing of what is left is in doubt.
    pub(super) async fn truncate(&mut self, entries: usize) -> Seen {
        if self.poisoned || self.begun || self.model.scarred {
            return Ok(());
        }
        // Who cuts the seam of a rotation begins a second history.
        let left = self.model.entries.len().saturating_sub(entries).max(usize::from(!self.archives.is_empty()));
        let Some(log) = self.log.take() else { return Ok(()) };
        let mut backend = log.into_inner();
        let end = self.model.entries[..left].last().map_or(0, Entry::end);
        backend.truncate(end).await.map_err(|error| format!("a truncate to {end} answered {error:?}"))?;
        drop(backend);
        self.model.entries.truncate(left);
        self.model.durable = left;
        self.open(Policy::Truncate).await
    }

    /// A bit flips in a durable entry. It is never passed over: the opening is refused where the log says that the entry
    /// was acknowledged, and else the log ends before it.
    pub(super) async fn rot(&mut self, seed: u64) -> Seen {
        if self.model.durable == 0 || self.model.scarred || self.kind != Kind::Append {
            return Ok(());
        }
        self.log = None;
        self.faults().forget_script();
        let mut random = Random::new(seed);
        let index = random.index(self.model.durable);
        let entry = self.model.entries[index].clone();
        let place = (entry.offset + random.below(entry.len)) as usize;
        let byte = self.disk.live()[place] ^ 1 << random.below(8);
        self.disk.overwrite(place, &[byte]);
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        let damaged = self.disk.live();
        if let Some(offset) = self.doubtful.take() {
            self.model.extend_from(&damaged, offset);
        }
        let acknowledged = self.model.acknowledged_op(&damaged);
        match Aof::open(backend, self.options(Policy::Truncate)).await {
            Err(Error::Corrupt { offset, reason }) => {
                self.tally.refusals += 1;
                must!(offset == entry.offset, "damage in the entry at {} is reported at {offset}", entry.offset);
                // The first bytes of a log are what it is known by.
                let not_a_log = matches!(reason, CorruptReason::NotALog(_)) && entry.offset == 0;
                must!(entry.op <= acknowledged || not_a_log, "op {} was refused: {reason}", entry.op);
                must!(self.disk.live() == damaged, "a refused opening changed the log");
                Ok(())
            }
            Err(error) => Err(format!("a flipped bit at {place} ended in {error:?}")),
            Ok((_, recovery)) => {
                must!(entry.op > acknowledged, "op {} was acknowledged, is damaged, and the log opens", entry.op);
                must!(
                    recovery.entries as usize == index,
                    "{} entries are left of {index} whole ones",
                    recovery.entries
                );
                Ok(())
            }
        }
    }

    /// A sync that lies is caught by nothing but the tip that somebody remembers.
    pub(super) async fn lie(&mut self, seed: u64) -> Seen {
        if self.poisoned || self.begun || self.fail_checkpoint || self.model.scarred {
            return Ok(());
        }
        let Some(log) = &mut self.log else { return Ok(()) };
        self.disk.faults().forget_script();
        self.disk.faults().strike_next(Fault::CheckpointLies);
        log.checkpoint().await.map_err(|error| format!("a checkpoint that lies answered {error:?}"))?;
        self.log = None;
        let Some(tip) = self.model.tip().cloned() else { return Ok(()) };
        self.disk.crash(seed);
        self.tally.crashes += 1;
        let found = self.disk.live();
        let there = self.model.entries.iter().any(|entry| entry.checksum == tip.checksum && entry.is_whole_in(&found));
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        match Aof::open(backend, self.options(Policy::Truncate).expected_tip(tip.checksum)).await {
            Ok(_) => {
                must!(there, "the tip that was acknowledged is lost, and the log opens");
                Ok(())
            }
            Err(Error::ChecksumMismatch { .. } | Error::Corrupt { .. }) => {
                self.tally.refusals += 1;
                must!(self.disk.live() == found, "a refused opening changed the log");
                let whole = self.model.whole_prefix(&found);
                must!(whole < self.model.entries.len(), "nothing is lost, and the log does not open");
                Ok(())
            }
            Err(error) => Err(format!("a lie ended in {error:?}")),
        }
    }
}
