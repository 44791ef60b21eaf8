//! Going on in another storage: what a rotation needs of the log.

use super::Aof;
use crate::format::layout::{ENTRY_SIZE_MAX, MAGIC};
use crate::format::prepare::Prepare;
use crate::storage::backend::{AofBackend, AofBackendExt, AofReadExt};
use crate::storage::error::{Error, Result};
use memchr::memmem;

impl<B: AofBackend> Aof<B> {
    /// The storage, for what it can do beside the contract. Do not write to it or truncate it: the log would not know.
    pub fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }

    /// The last entry, whole: what the next file of this log has to begin with (its *seam*), so that it cannot begin a
    /// second history. `None` in an empty log.
    ///
    /// It is searched backwards from the end: a megabyte or two are read, more only where damage was kept there.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`] when [`write`](Aof::write) has gone back, so that the last entry is not the one with the highest
    /// op: another file that begins with it would begin a second history. [`Error::ChecksumMismatch`] when the entry is
    /// not in the storage any more. The failures of the backend.
    pub async fn seam(&mut self) -> Result<Option<Prepare>> {
        self.settle();
        let position = *self.positions.now();
        let Some(tip) = position.tip() else { return Ok(None) };
        let mut end = self.backend.len();
        if tip.op != position.op_max {
            return Err(Error::Forked { offset: end, op: tip.op.saturating_add(1), parent: tip.checksum });
        }
        let finder = memmem::FinderRev::new(&MAGIC);
        let mut window = vec![0; 2 * ENTRY_SIZE_MAX];
        loop {
            // Entries that begin before `end`; those that begin behind it were looked at.
            let start = end.saturating_sub(ENTRY_SIZE_MAX as u64);
            let count = self.backend.read_all_at(start, &mut window).await?;
            for at in finder.rfind_iter(&window[..count]) {
                if let Ok(prepare) = Prepare::decode(&window[at..count])
                    && prepare.checksum() == tip.checksum
                {
                    return Ok(Some(prepare));
                }
            }
            if start == 0 {
                return Err(Error::ChecksumMismatch { expected: tip.checksum, found: None });
            }
            end = start;
        }
    }

    /// Goes on in `next`, which holds `seam` and nothing else, durably; gives back the storage of before as it stands: no
    /// checkpoint, no close. Offsets and lengths are those of `next` from here on.
    ///
    /// # Errors
    ///
    /// [`Error::ChecksumMismatch`] when `seam` is not the last entry of the log, or `next` is not as long as it is;
    /// [`Error::Unflushed`] when `next` is not durable. The log goes on where it was.
    ///
    /// ```
    /// # use aof_api::{Aof, AofBackend, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # use std::io::IoSlice;
    /// # futures::executor::block_on(async {
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// log.append(Operation(200), b"one").await?;
    /// log.checkpoint().await?;
    ///
    /// let seam = log.seam().await?.expect("the log has an entry");
    /// let mut next = MemoryBackend::new();
    /// next.write(&[IoSlice::new(seam.as_entry_bytes())]).await?;
    /// next.checkpoint(&[]).await?;
    /// let archived = log.continue_in(next, &seam)?;
    /// assert_eq!(log.append(Operation(200), b"two").await?.op, 2);
    /// assert_eq!(archived.len(), seam.size_disk());
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn continue_in(&mut self, next: B, seam: &Prepare) -> Result<B> {
        self.settle();
        let tip = self.positions.now().tip().map(|tip| tip.checksum);
        if tip != Some(seam.checksum()) || next.len() != seam.size_disk() {
            return Err(Error::ChecksumMismatch { expected: seam.checksum(), found: tip });
        }
        if next.unflushed() > 0 {
            return Err(Error::Unflushed { unflushed: next.unflushed() });
        }
        self.filler = None;
        self.lending.left(self.backend.len());
        Ok(std::mem::replace(&mut self.backend, next))
    }
}
