//! The steps that write.

use super::*;
use aof_api::format::size_disk;

impl World {
    /// Checks that a write that was `refused`, or was not, had to be.
    fn wrote(&mut self, was_poisoned: bool, refused: Option<&Error>) -> Seen {
        let struck = self.notice();
        let failed = struck.iter().any(|fault| matches!(fault, Fault::WriteFails | Fault::WriteKeepsPart));
        let Some(error) = refused else {
            must!(!was_poisoned && !self.poisoned, "a write to a poisoned log returned Ok");
            must!(!failed, "a write whose storage failed returned Ok");
            self.unfilled = false;
            return Ok(());
        };
        self.tally.failures += 1;
        let poison = matches!(error, Error::Poisoned { .. });
        must!(!was_poisoned || poison, "a write to a poisoned log failed with {error:?}");
        // What fills up a kept tail is made durable at once.
        let full = self.unfilled && struck.contains(&Fault::CheckpointIsFull);
        must!(failed || full || self.poisoned, "a write failed with {error:?}");
        if struck.contains(&Fault::WriteKeepsPart) {
            self.doubtful = Some(self.log()?.len());
        }
        Ok(())
    }

    /// An entry was written that is not in the model yet.
    fn push(&mut self, entry: Entry) {
        self.model.entries.push(entry);
        self.tally.entries += 1;
        self.tally.pipelined += u64::from(!self.under_way.is_empty());
    }

    pub(super) async fn append(&mut self, entries: usize, body: usize, many: bool) -> Seen {
        if self.kind == Kind::Record || (self.kind == Kind::Mixed && self.random.chance(0.5)) {
            return self.write_next(body).await;
        }
        let bodies: Vec<_> = (0..entries).map(|_| (OPERATION, self.body(body))).collect();
        let (appendable, was_poisoned) = (self.model.appendable(), self.poisoned);
        let durable_len = self.log()?.durable_len();
        let commit = self.model.commit(durable_len);
        let log = self.log()?;
        let appended = match many {
            true => log.append_all(&bodies).await,
            false => log.append(OPERATION, &bodies[0].1).await.map(|appended| vec![appended]),
        };
        match appended {
            Err(Error::Forked { .. }) => {
                must!(!appendable && entries > 0, "an append after the highest op is Forked");
                Ok(())
            }
            Err(error) => self.wrote(was_poisoned, Some(&error)),
            Ok(appended) => {
                must!(appendable || entries == 0, "an append below the highest op returned Ok");
                self.wrote(was_poisoned, None)?;
                must!(appended.len() == entries, "{entries} appends returned {appended:?}");
                for appended in appended {
                    let end = self.model.end();
                    must!(self.model.scarred || appended.offset == end, "{appended:?} where the log ends at {end}");
                    must!(appended.op == self.model.op_max() + 1, "{appended:?} after op {}", self.model.op_max());
                    let entry = Entry::appended(appended, body, commit);
                    self.check_commit(&entry)?;
                    self.push(entry);
                }
                self.check_tip()
            }
        }
    }

    /// Whether an entry says what was checkpointed when it was made.
    fn check_commit(&self, entry: &Entry) -> Seen {
        let bytes = self.disk.bytes(entry.offset..entry.end());
        let prepare = Prepare::decode(&bytes).map_err(|error| format!("op {} was appended: {error}", entry.op))?;
        let (found, expected) = (prepare.header().commit.get(), entry.commit);
        must!(Some(found) == expected, "op {} says that op {found} is durable, not {expected:?}", entry.op);
        Ok(())
    }

    pub(super) async fn append_dropped(&mut self, body: usize, polls: usize) -> Seen {
        // Where the outcome would be in doubt for the model, there is nothing to learn either.
        if self.kind == Kind::Record || !self.model.appendable() || self.poisoned {
            return Ok(());
        }
        let bytes = self.body(body);
        self.faults().set_pending(1, 1.0);
        let log = self.log()?;
        let (before, durable_len) = (log.len(), log.durable_len());
        let done = drop_after(polls, log.append(OPERATION, &bytes)).await;
        self.faults().set_pending(0, 0.0);
        let (len, tip) = (self.log()?.len(), self.log()?.tip());
        let accepted = tip.map(|tip| tip.checksum) != self.model.tip().map(|tip| tip.checksum);
        if let Some(Err(error)) = done {
            must!(!accepted, "an append failed with {error:?}, and the tip is {tip:?}");
            return self.wrote(false, Some(&error));
        }
        let struck = self.notice();
        if struck.contains(&Fault::WriteKeepsPart) {
            self.doubtful = Some(len);
        }
        let size = size_disk(256 + body as u32);
        let written = if accepted { size } else { 0 };
        let filled = self.unfilled && len >= before + written;
        must!(len == before + written || filled, "a dropped append of {size} bytes at {before} left {len}");
        must!(done.is_none() || accepted, "an append that was done left the tip as it was");
        if accepted {
            self.unfilled = false;
            let tip = tip.ok_or("an append was accepted, and there is no tip")?;
            must!(tip.op == self.model.op_max() + 1, "a dropped append was accepted, and the tip is {tip:?}");
            let (op, checksum, offset) = (tip.op, tip.checksum, len - size);
            let commit = Some(self.model.commit(durable_len));
            let entry = Entry { op, checksum, offset, len: size, follows: true, commit, prepare: None };
            self.check_commit(&entry)?;
            self.push(entry);
        }
        self.check_tip()
    }

    /// Writes a prepare that continues the log, as a replica does.
    async fn write_next(&mut self, body: usize) -> Seen {
        let mut header = Header::new(OPERATION);
        let (op, parent) = match self.model.tip() {
            Some(tip) => (tip.op, tip.checksum),
            None => (0, Prepare::root(0).checksum()),
        };
        // Continuing from an old entry with something new would be a fork.
        if !self.model.appendable() {
            return Ok(());
        }
        header.op = (op + 1).into();
        header.parent = parent;
        header.commit = op.into();
        header.timestamp = self.clock.fetch_add(1, Ordering::Relaxed).into();
        header.release = 1.into();
        header.client = 1.into();
        header.request = 1.into();
        let body = self.body(body);
        let prepare = Prepare::seal(header, &body).map_err(|error| error.to_string())?;
        self.write(prepare).await
    }

    async fn write(&mut self, prepare: Prepare) -> Seen {
        let was_poisoned = self.poisoned;
        match self.log()?.write(&prepare).await {
            Err(error) => self.wrote(was_poisoned, Some(&error)),
            Ok(offset) => {
                self.wrote(was_poisoned, None)?;
                let entry = Entry::written(prepare, offset, self.model.tip());
                self.push(entry);
                self.check_tip()
            }
        }
    }

    /// Writes an entry of before once more, and those after it, as a replica that restarts does.
    pub(super) async fn write_again(&mut self, back: usize) -> Seen {
        let from = self.model.entries.len().saturating_sub(back + 1);
        let again: Vec<_> = self.model.entries[from..].iter().map(|entry| entry.prepare.clone()).collect();
        // Where the power goes in the middle of this, the ops have gone back.
        let stop = self.random.between(0, again.len());
        for prepare in again.into_iter().take(stop).flatten() {
            self.write(prepare).await?;
        }
        Ok(())
    }

    pub(super) fn check_tip(&mut self) -> Seen {
        let expected = self.model.tip().map(|entry| (entry.op, entry.checksum));
        let tip = self.log()?.tip().map(|tip| (tip.op, tip.checksum));
        must!(tip == expected, "the tip is {tip:?}, expected {expected:?}");
        Ok(())
    }
}
