//! The steps that write.

use super::*;

impl World {
    pub(super) fn log(&mut self) -> Seen<&mut Aof<SimBackend>> {
        self.log.as_mut().ok_or_else(|| "no log is open".to_owned())
    }

    /// Which error, if any, a write has to answer now; and takes note of what it does to the backend.
    fn write_failure(&mut self, error: &Error) -> Seen {
        self.tally.failures += 1;
        if self.poisoned {
            must!(matches!(error, Error::Poisoned { .. }), "a write to a poisoned log answered {error:?}");
            return Ok(());
        }
        // What fills up a kept tail is made durable at once.
        if self.unfilled && self.fail_write.is_none() && std::mem::take(&mut self.fail_checkpoint) {
            self.poisoned = true;
            return Ok(());
        }
        let Some(fault) = self.fail_write.take() else { return Err(format!("a write answered {error:?}")) };
        if fault == Fault::WriteKeepsPart {
            self.poisoned = true;
            self.doubtful = Some(self.log()?.len());
        }
        Ok(())
    }

    fn write_success(&mut self) -> Seen {
        self.unfilled = false;
        must!(!self.poisoned, "a write to a poisoned log answered Ok");
        must!(self.fail_write.is_none(), "a write whose storage failed answered Ok");
        Ok(())
    }

    pub(super) async fn append(&mut self, entries: usize, body: usize, many: bool) -> Seen {
        if self.kind == Kind::Record || (self.kind == Kind::Mixed && self.random.chance(0.5)) {
            return self.write_next(body).await;
        }
        let bodies: Vec<_> = (0..entries).map(|_| (OPERATION, self.body(body))).collect();
        let commit = self.model.checkpointed_op;
        let appendable = self.model.appendable();
        let log = self.log()?;
        let appended = match many {
            true => log.append_all(&bodies).await,
            false => log.append(OPERATION, &bodies[0].1).await.map(|appended| vec![appended]),
        };
        match appended {
            Err(Error::Forked { .. }) => {
                must!(!appendable && entries > 0, "an append on the highest op answered Forked");
                Ok(())
            }
            Err(error) => self.write_failure(&error),
            Ok(appended) => {
                must!(appendable || entries == 0, "an append below the highest op answered Ok");
                self.write_success()?;
                must!(appended.len() == entries, "{entries} appends answered {appended:?}");
                for appended in appended {
                    let end = self.model.tip().map_or(0, Entry::end);
                    must!(self.model.scarred || appended.offset == end, "{appended:?} where the log ends at {end}");
                    must!(appended.op == self.model.op_max() + 1, "{appended:?} behind op {}", self.model.op_max());
                    self.model.entries.push(Entry::appended(appended, body, commit));
                    self.tally.entries += 1;
                }
                self.check_tip()
            }
        }
    }

    pub(super) async fn append_dropped(&mut self, body: usize, polls: usize) -> Seen {
        // Where the outcome would be in doubt for the model, there is nothing to learn either.
        if self.kind == Kind::Record
            || !self.model.appendable()
            || self.poisoned
            || self.fail_write.is_some()
            || self.begun
            || (self.unfilled && self.fail_checkpoint)
        {
            return Ok(());
        }
        let bytes = self.body(body);
        let commit = self.model.checkpointed_op;
        self.faults().set_pending(1, 1.0);
        let before = self.log()?.len();
        let done = drop_after(polls, self.log()?.append(OPERATION, &bytes)).await;
        self.faults().set_pending(0, 0.0);
        let (len, tip) = (self.log()?.len(), self.log()?.tip());
        let size = aof_api::format::size_disk(256 + body as u32);
        // What was dropped may be the checkpoint behind a filler.
        self.begun |= self.unfilled && done.is_none() && polls > 0;
        let accepted = tip.map(|tip| tip.checksum) != self.model.tip().map(|tip| tip.checksum);
        let written = if accepted { size } else { 0 };
        let filled = self.unfilled && len >= before + written;
        must!(len == before + written || filled, "a dropped append of {size} bytes at {before} left {len}");
        must!(done.is_none() || accepted, "an append that was done left the tip as it was");
        if accepted {
            self.unfilled = false;
            let tip = tip.ok_or("an append was accepted, and there is no tip")?;
            must!(tip.op == self.model.op_max() + 1, "a dropped append was accepted, and the tip is {tip:?}");
            let appended = aof_api::Appended { op: tip.op, checksum: tip.checksum, offset: len - size };
            self.model.entries.push(Entry::appended(appended, body, commit));
            self.tally.entries += 1;
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
        // Going on from an old entry with something new would be a fork.
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
        match self.log()?.write(&prepare).await {
            Err(error) => self.write_failure(&error),
            Ok(offset) => {
                self.write_success()?;
                self.model.entries.push(Entry::written(prepare, offset));
                self.tally.entries += 1;
                self.check_tip()
            }
        }
    }

    /// Writes an entry of before once more, and those behind it, as a replica that restarts does.
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

    pub(super) async fn checkpoint(&mut self, dropped_after: Option<usize>) -> Seen {
        let polls = dropped_after.unwrap_or(usize::MAX);
        if dropped_after.is_some() {
            self.faults().set_pending(1, 1.0);
        }
        let len = self.log()?.len();
        let done = drop_after(polls, self.log()?.checkpoint()).await;
        self.faults().set_pending(0, 0.0);
        match done {
            None => {
                // Not polled, not begun; and a poisoned log refuses at the first poll.
                self.begun |= polls > 0;
                Ok(())
            }
            Some(Ok(durable)) => {
                must!(!self.poisoned, "a checkpoint of a poisoned log answered Ok");
                must!(!self.fail_checkpoint, "a checkpoint whose storage failed answered Ok");
                must!(durable == len, "a checkpoint of {len} bytes answered {durable}");
                must!(self.log()?.durable_len() == len, "durable_len() is not what the checkpoint answered, {len}");
                self.begun = false;
                self.model.checkpointed();
                Ok(())
            }
            Some(Err(error)) => {
                self.tally.failures += 1;
                must!(self.poisoned || self.fail_checkpoint, "a checkpoint answered {error:?}");
                must!(!self.poisoned || matches!(error, Error::Poisoned { .. }), "a poisoned log answered {error:?}");
                self.begun = false;
                self.fail_checkpoint = false;
                self.poisoned = true;
                Ok(())
            }
        }
    }

    pub(super) fn check_tip(&mut self) -> Seen {
        let expected = self.model.tip().map(|entry| (entry.op, entry.checksum));
        let tip = self.log()?.tip().map(|tip| (tip.op, tip.checksum));
        must!(tip == expected, "the tip is {tip:?} where {expected:?} was due");
        Ok(())
    }
}
