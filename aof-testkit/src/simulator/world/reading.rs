//! The steps that read.

use super::*;

impl World {
    /// A reader reads on from where it was, to the end: of the log, or, where that is poisoned, of what is durable.
    pub(super) async fn read(&mut self) -> Seen {
        let (mut reader, mut count) = match self.reader.take() {
            Some(reader) => reader,
            None => (self.log()?.entries().await.map_err(|error| format!("entries() failed with {error:?}"))?, 0),
        };
        // What a policy kept, and what was in it, has a test of its own.
        if self.model.scarred {
            return Ok(());
        }
        let end = self.readable()?;
        loop {
            match reader.next().await {
                Ok(Some(found)) => {
                    let (offset, checksum) = (found.offset, found.checksum());
                    let Some(entry) = self.model.entries.get(count) else {
                        return Err(format!("a reader found an entry at {offset} after the last one"));
                    };
                    must!(
                        (offset, checksum) == (entry.offset, entry.checksum),
                        "a reader found {checksum} at {offset} where {entry:?} was written"
                    );
                    count += 1;
                }
                Ok(None) => break,
                // It has read more than is known to be in the log now.
                Err(Error::Poisoned { .. }) if self.poisoned && count > end => return Ok(()),
                Err(error) => return Err(format!("a reader failed with {error:?} after entry {count}")),
            }
        }
        must!(count == end, "a reader found {count} of {end} entries");
        self.reader = Some((reader, count));
        Ok(())
    }

    /// How many entries readers find.
    fn readable(&mut self) -> Seen<usize> {
        let durable_len = self.log()?.durable_len();
        Ok(if self.poisoned { self.model.entries_within(durable_len) } else { self.model.entries.len() })
    }

    pub(super) async fn validate(&mut self) -> Seen {
        let rule = self.rule();
        let (poisoned, scarred) = (self.poisoned, self.model.scarred);
        // Whole entries after damage, which a policy kept and opening did not count, may be the last ones.
        let tip = self.model.tip().filter(|_| !scarred && !poisoned).map(|entry| entry.checksum);
        let entries = self.readable()?;
        let validation = self.log()?.validate(rule, tip).await;
        let validation = validation.map_err(|error| format!("validate failed with {error:?}"))?;
        if !scarred {
            must!(validation.is_clean(), "findings: {:?}", validation.findings);
            must!(validation.entries == entries as u64, "{} of {entries} entries", validation.entries);
        }
        if poisoned { Ok(()) } else { self.check_files().await }
    }

    /// The entry of an op is its last recording; what was pruned is an error, and what never was is none.
    pub(super) async fn get(&mut self, back: usize) -> Seen {
        if self.poisoned || self.model.scarred {
            return Ok(());
        }
        let op = self.model.op_max().saturating_sub(back as u64) + 1;
        let expected = self.model.entries.iter().rfind(|entry| entry.op == op).map(|entry| entry.checksum);
        let first = self.model.entries.first().map_or(1, |entry| entry.op);
        match self.log()?.get(op).await {
            Ok(found) => {
                let found = found.map(|prepare| prepare.checksum());
                must!(found == expected, "the entry of op {op} is {found:?}, expected {expected:?}");
                Ok(())
            }
            Err(Error::Pruned { start }) => {
                let pruned = start == self.model.start && start > 0 && op < first;
                must!(pruned, "op {op} was pruned, of a log that begins at op {first}");
                Ok(())
            }
            Err(error) => Err(format!("get({op}) failed with {error:?}")),
        }
    }

    /// A read that fails is an error with its place, and the next one continues.
    pub(super) async fn fail_read(&mut self) -> Seen {
        if self.poisoned || self.log.as_ref().is_none_or(Aof::is_empty) {
            return Ok(());
        }
        let mut reader = self.log()?.entries().await.map_err(|error| format!("entries() failed with {error:?}"))?;
        self.faults().strike_next(Fault::ReadFails);
        self.tally.failures += 1;
        match reader.next().await {
            Err(Error::Io { .. }) => {}
            other => return Err(format!("a read whose storage failed returned {other:?}")),
        }
        match reader.next().await {
            Ok(Some(_)) | Err(Error::Corrupt { .. }) => Ok(()),
            other => Err(format!("the read after a failed one returned {other:?}")),
        }
    }
}
