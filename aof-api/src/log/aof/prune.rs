//! Giving storage back.

use super::Aof;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, Result};

impl<B: AofBackend> Aof<B> {
    /// Forgets entries below `op`, as far as the storage can, and returns the new [`start`](Aof::start) of the log.
    ///
    /// The storage decides where it can be divided, so entries below `op` may stay; the last durable entry always does.
    /// What is above is untouched, and offsets keep their meaning. Durable on return: the new start.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the storage cannot give anything back, and in a log whose ops are not consecutive or
    /// that holds kept damage: from its middle, it could not be known whether it is whole. The failures of the backend, and of
    /// finding the entry.
    pub async fn prune(&mut self, op: u64) -> Result<u64> {
        self.settle();
        self.checkpoints.settle(self.backend.durable_len());
        if !self.is_sorted() {
            return Err(Error::Unsupported {
                what: "pruning a log whose ops are not consecutive or that holds kept damage",
            });
        }
        let op = op.min(self.checkpoints.op());
        let to = match self.positions.now().is_written {
            true => self.cut_for(op).await?,
            false => 0,
        };
        self.start = self.backend.prune(to).await?;
        if self.positions.now().is_written {
            let first = self.first_op().await?;
            self.index.prune(first, self.start);
        }
        Ok(self.start)
    }

    /// The offset of the first entry at or above `op`; the start where `op` is below everything.
    async fn cut_for(&mut self, op: u64) -> Result<u64> {
        // Asked again, because an earlier call may have been dropped half way.
        self.start = self.backend.start().await?;
        if op <= self.first_op().await? {
            return Ok(self.start);
        }
        match self.offset_of(op).await? {
            Some(offset) => Ok(offset),
            None => Ok(self.find_place(crate::read::find::Target::Op(op)).await?.unwrap_or(self.start)),
        }
    }
}
