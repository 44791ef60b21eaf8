//! The step that continues in another file, and what holds for all files of a log together.

use super::*;
use crate::simulator::action::Interruption;
use aof_api::log::Seam;
use aof_api::validate::{self, NoteKind, Observation, Validator};

/// A file that the log was before.
pub(super) struct Archive {
    disk: SimDisk,
    entries: u64,
    begins_after: Checksum,
    op_first: u64,
    tip: Checksum,
    /// Whether there are bytes in it that are no entries.
    scarred: bool,
}

impl World {
    /// Continues in a new file, as `aof_file::rotate` does; or loses the power on the way.
    pub(super) async fn rotate(&mut self, interrupted: Option<Interruption>) -> Seen {
        self.checkpoint().await?;
        self.wait_for_checkpoints().await?;
        if self.poisoned || self.log()?.unflushed() > 0 {
            // The checkpoint failed, as it had to, and the log continues where it is.
            return Ok(());
        }
        let Some(seam) = self.seam().await? else { return Ok(()) };
        self.log()?.backend_mut().trim();
        let next = self.storage.disk(self.faults(), self.defect);
        let backend = next.open().map_err(|error| format!("a new disk does not open: {error:?}"))?;
        let last = seam.prepare().clone();
        let begun = seam.begin(backend).await;
        // What struck, struck the new file.
        let was_full = self.was_full;
        let struck = self.notice();
        (self.poisoned, self.was_full) = (false, was_full);
        let successor = match begun {
            Ok(successor) => successor,
            Err(error) => {
                must!(!struck.is_empty(), "a new file with the seam failed with {error:?}");
                self.tally.failures += 1;
                return Ok(());
            }
        };
        must!(struck.is_empty(), "a new file whose storage failed was begun");
        match interrupted {
            // The name means the old file still, and the new one is removed.
            Some(Interruption { renamed: false, seed, policy }) => self.crash(seed, policy).await,
            Some(Interruption { renamed: true, seed, policy }) => {
                self.claimed()?;
                drop(successor);
                self.log = None;
                self.archive(next, &last);
                self.crash(seed, policy).await
            }
            None => {
                let archived = self.log()?.continue_in(successor);
                let archived = archived.map_err(|error| format!("continue_in failed with {error:?}"))?;
                let closed = { archived }.close().await;
                closed.map_err(|error| format!("closing the archive failed with {error:?}"))?;
                self.archive(next, &last);
                let (len, seam_len) = (self.log()?.len(), last.size_disk());
                must!(len == seam_len, "the new file has {len} bytes where the seam has {seam_len}");
                self.check_tip()?;
                self.check_files().await
            }
        }
    }

    /// The last entry, where the log can continue in another file.
    async fn seam(&mut self) -> Seen<Option<Seam>> {
        let tip = self.model.tip().map(|tip| tip.checksum);
        let appendable = self.model.appendable();
        match self.log()?.seam().await {
            Ok(Some(seam)) => {
                must!(appendable, "a log whose last entry is not the highest has a seam");
                must!(Some(seam.prepare().checksum()) == tip, "the seam is {seam:?} expected {tip:?}");
                Ok(Some(seam))
            }
            Ok(None) => {
                must!(tip.is_none(), "a log that ends in {tip:?} has no seam");
                Ok(None)
            }
            Err(Error::Forked { .. }) => {
                must!(!appendable, "the seam of a log whose last entry is the highest is Forked");
                Ok(None)
            }
            Err(error) => Err(format!("seam() failed with {error:?}")),
        }
    }

    /// The log is in `next` from now on, which begins with the seam.
    fn archive(&mut self, next: SimDisk, seam: &Prepare) {
        let disk = std::mem::replace(&mut self.disk, next);
        let Model { entries, begins_after, scarred, .. } = &self.model;
        let op_first = entries.first().map_or(0, |entry| entry.op);
        let (begins_after, scarred, entries) = (*begins_after, *scarred, entries.len() as u64);
        let tip = seam.checksum();
        self.archives.push(Archive { disk, entries, begins_after, op_first, tip, scarred });
        self.model.begin_with(seam);
        self.reader = None;
        self.unfilled = false;
        self.tally.rotations += 1;
    }

    /// All files of the log are one chain: nothing that was archived is lost, and no file begins a second history.
    pub(super) async fn check_files(&mut self) -> Seen {
        let (Some(oldest), Some(last)) = (self.archives.first(), self.archives.last()) else { return Ok(()) };
        let (root, op_first) = (oldest.begins_after, oldest.op_first);
        let (archived, first) = (last.tip, self.model.entries.first().map(|entry| entry.checksum));
        must!(first == Some(archived), "a file begins with {first:?}, and the one before it ends with {archived}");

        let read = read::Options::new().chunk_len(4096);
        let mut validator = Validator::new(validate::Options::new().rule(self.rule()).read(read));
        let (mut findings, mut seams) = (Vec::new(), 0);
        let mut observe = |observation| match observation {
            Observation::Finding(finding) => findings.push(finding),
            Observation::Note(note) => seams += usize::from(note.kind == NoteKind::Seam),
        };
        for archive in &self.archives {
            let file = archive.disk.open().map_err(|error| format!("an archive does not open: {error:?}"))?;
            let read = validator.read(file, &mut observe).await;
            read.map_err(|error| format!("reading an archive failed with {error:?}"))?;
        }
        let log = self.log.as_mut().ok_or("no log is open")?;
        let reader = log.backend_mut().reader().await.map_err(|error| format!("reader() failed with {error:?}"))?;
        let read = validator.read(reader, &mut observe).await;
        read.map_err(|error| format!("reading the log failed with {error:?}"))?;

        let validation = validator.finish();
        // Whole entries after damage, which a policy kept and opening did not count, are seen here.
        if self.model.scarred || self.archives.iter().any(|archive| archive.scarred) {
            return Ok(());
        }
        must!(findings.is_empty(), "{} files together: {findings:?}", self.archives.len() + 1);
        must!(seams == self.archives.len(), "{seams} seams in {} files", self.archives.len() + 1);
        let entries =
            self.archives.iter().map(|archive| archive.entries).sum::<u64>() + self.model.entries.len() as u64;
        must!(validation.entries == entries, "{} of {entries} entries are in all files", validation.entries);
        must!(validation.root == Some(root), "the files begin after {:?}", validation.root);
        let tip = self.model.tip().map(|entry| entry.checksum);
        must!(validation.tip.map(|tip| tip.checksum) == tip, "the files end with {:?}, not {tip:?}", validation.tip);
        let ops = op_first..=self.model.op_max();
        must!(validation.ops == Some(ops.clone()), "the files hold ops {:?}, not {ops:?}", validation.ops);
        Ok(())
    }
}
