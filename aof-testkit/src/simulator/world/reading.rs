//! The steps that read.

use super::*;

impl World {
    /// A reader reads on from where it was, to the end.
    pub(super) async fn read(&mut self) -> Seen {
        // A poisoned log ends where it is durable for its readers.
        if self.poisoned {
            return Ok(());
        }
        let (mut reader, mut count) = match self.reader.take() {
            Some(reader) => reader,
            None => {
                let log = self.log.as_mut().ok_or("no log is open")?;
                (log.entries().await.map_err(|error| format!("entries() answered {error:?}"))?, 0)
            }
        };
        // What a policy kept, and what stood in it, has a test of its own.
        if self.model.scarred {
            return Ok(());
        }
        loop {
            match reader.next().await {
                Ok(Some(found)) => {
                    let (offset, checksum) = (found.offset, found.checksum());
                    let Some(entry) = self.model.entries.get(count) else {
                        return Err(format!("a reader found an entry at {offset} behind the last one"));
                    };
                    must!(
                        (offset, checksum) == (entry.offset, entry.checksum),
                        "a reader found {checksum} at {offset} where {entry:?} was written"
                    );
                    count += 1;
                }
                Ok(None) => break,
                Err(error) => return Err(format!("a reader answered {error:?} behind entry {count}")),
            }
        }
        let written = self.model.entries.len();
        must!(count == written, "a reader found {count} of {written} entries");
        self.reader = Some((reader, count));
        Ok(())
    }

    pub(super) async fn validate(&mut self) -> Seen {
        if self.poisoned {
            return Ok(());
        }
        let rule = self.rule();
        // Whole entries behind damage, which a policy kept and an opening did not count, may be the last ones.
        let tip = self.model.tip().filter(|_| !self.model.scarred).map(|entry| entry.checksum);
        let log = self.log.as_mut().ok_or("no log is open")?;
        let validation = log.validate(rule, tip).await.map_err(|error| format!("validate answered {error:?}"))?;
        if !self.model.scarred {
            must!(validation.is_clean(), "findings: {:?}", validation.findings);
            must!(validation.entries == self.model.entries.len() as u64, "{} entries", validation.entries);
        }
        self.check_files().await
    }

    /// A read that fails is an error with its place, and the next one goes on.
    pub(super) async fn fail_read(&mut self) -> Seen {
        if self.poisoned || self.log.as_ref().is_none_or(Aof::is_empty) {
            return Ok(());
        }
        let log = self.log.as_mut().ok_or("no log is open")?;
        let mut reader = log.entries().await.map_err(|error| format!("entries() answered {error:?}"))?;
        self.disk.faults().strike_next(Fault::ReadFails);
        self.tally.failures += 1;
        match reader.next().await {
            Err(Error::Io { .. }) => {}
            other => return Err(format!("a read whose storage failed answered {other:?}")),
        }
        match reader.next().await {
            Ok(Some(_)) | Err(Error::Corrupt { .. }) => Ok(()),
            other => Err(format!("the read after a failed one answered {other:?}")),
        }
    }
}
