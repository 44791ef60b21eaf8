//! The step that goes on in another file, and what holds for all files of a log together.

use super::*;
use crate::simulator::action::Interruption;
use aof_api::log::Seam;
use aof_api::validate::{self, NoteKind, Observation, Validator};

/// A file that the log was before.
pub(super) struct Archive {
    disk: SimDisk,
    entries: u64,
    tip: Checksum,
    /// Whether bytes stand in it that are no entries.
    scarred: bool,
}

impl World {
    /// Goes on in a new file, as `aof_file::rotate` does; or loses the power on the way.
    pub(super) async fn rotate(&mut self, interrupted: Option<Interruption>) -> Seen {
        self.checkpoint(None).await?;
        if self.poisoned {
            // The checkpoint failed, as it had to, and the log goes on where it is.
            return Ok(());
        }
        let Some(seam) = self.seam().await? else { return Ok(()) };
        self.log()?.backend_mut().trim();
        let next = SimDisk::new().with_faults(self.faults().clone()).allocating_ahead(self.disk.zeros_ahead());
        let backend = next.open().map_err(|error| format!("a new disk does not open: {error:?}"))?;
        let last = seam.prepare().clone();
        let successor = match seam.begin(backend).await {
            Ok(successor) => successor,
            Err(error) => {
                must!(self.fail_write.take().is_some(), "a new file with the seam fails with {error:?}");
                self.tally.failures += 1;
                return Ok(());
            }
        };
        must!(self.fail_write.is_none(), "a write whose storage failed answered Ok");
        match interrupted {
            // The name means the old file still, and the new one is removed.
            Some(Interruption { renamed: false, seed, policy }) => self.crash(seed, policy).await,
            Some(Interruption { renamed: true, seed, policy }) => {
                drop(successor);
                self.log = None;
                self.archive(next, &last);
                self.crash(seed, policy).await
            }
            None => {
                let archived = self.log()?.continue_in(successor);
                let archived = archived.map_err(|error| format!("continue_in answered {error:?}"))?;
                let closed = { archived }.close().await;
                closed.map_err(|error| format!("closing the archive answered {error:?}"))?;
                self.archive(next, &last);
                let (len, seam_len) = (self.log()?.len(), last.size_disk());
                must!(len == seam_len, "the new file has {len} bytes where the seam has {seam_len}");
                self.check_tip()?;
                self.check_files().await
            }
        }
    }

    /// The last entry, where the log can go on in another file.
    async fn seam(&mut self) -> Seen<Option<Seam>> {
        let tip = self.model.tip().map(|tip| tip.checksum);
        let appendable = self.model.appendable();
        match self.log()?.seam().await {
            Ok(Some(seam)) => {
                must!(appendable, "a log whose last entry is not the highest has a seam");
                must!(Some(seam.prepare().checksum()) == tip, "the seam is {seam:?} where {tip:?} was due");
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
            Err(error) => Err(format!("seam() answered {error:?}")),
        }
    }

    /// The log is in `next` from now on, which begins with the seam.
    fn archive(&mut self, next: SimDisk, seam: &Prepare) {
        let disk = std::mem::replace(&mut self.disk, next);
        let (entries, scarred) = (self.model.entries.len() as u64, self.model.scarred);
        self.archives.push(Archive { disk, entries, tip: seam.checksum(), scarred });
        self.model.begin_with(seam);
        self.reader = None;
        self.unfilled = false;
        self.tally.rotations += 1;
    }

    /// All files of the log are one chain: nothing that was archived is lost, and no file begins a second history.
    pub(super) async fn check_files(&mut self) -> Seen {
        let Some(last) = self.archives.last() else { return Ok(()) };
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
            read.map_err(|error| format!("reading an archive answered {error:?}"))?;
        }
        let log = self.log.as_mut().ok_or("no log is open")?;
        let reader = log.backend_mut().reader().await.map_err(|error| format!("reader() answered {error:?}"))?;
        let read = validator.read(reader, &mut observe).await;
        read.map_err(|error| format!("reading the log answered {error:?}"))?;

        let validation = validator.finish();
        // Whole entries behind damage, which a policy kept and an opening did not count, are seen here.
        if self.model.scarred || self.archives.iter().any(|archive| archive.scarred) {
            return Ok(());
        }
        must!(findings.is_empty(), "{} files together: {findings:?}", self.archives.len() + 1);
        must!(seams == self.archives.len(), "{seams} seams in {} files", self.archives.len() + 1);
        let entries =
            self.archives.iter().map(|archive| archive.entries).sum::<u64>() + self.model.entries.len() as u64;
        must!(validation.entries == entries, "{} of {entries} entries are in all files", validation.entries);
        let root = Prepare::root(0).checksum();
        must!(validation.root == Some(root), "the files begin behind {:?}", validation.root);
        let tip = self.model.tip().map(|entry| entry.checksum);
        must!(validation.tip.map(|tip| tip.checksum) == tip, "the files end with {:?}, not {tip:?}", validation.tip);
        let ops = 1..=self.model.op_max();
        must!(validation.ops == Some(ops.clone()), "the files hold ops {:?}, not {ops:?}", validation.ops);
        Ok(())
    }
}
