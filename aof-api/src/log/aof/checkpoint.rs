//! The durability barrier, and the note that it carries.

use super::Aof;
use crate::chain::note::LogNote;
use crate::chain::tip::Tip;
use crate::log::position::Position;
use crate::storage::backend::AofBackend;

impl<B: AofBackend> Aof<B> {
    /// The durability barrier (**B6**): its future resolves once everything written before this call survives a crash, to
    /// the number of bytes from the beginning that do. Nothing is discarded.
    ///
    /// The future borrows nothing: `log.checkpoint().await?` waits, and a log that keeps the future appends meanwhile.
    /// The storage may keep a note of up to 256 bytes with it, by which [`open`](Aof::open) knows what was durable.
    ///
    /// # Errors
    ///
    /// Those of [`AofBackend::checkpoint`]. After most of them the log is poisoned: close it and open it again.
    pub fn checkpoint(&mut self) -> B::Checkpoint {
        self.settle();
        self.checkpoints.settle(self.backend.durable_len());
        self.checkpoints.called(self.backend.len(), self.positions.now().op_max);
        match self.note() {
            Some(note) => self.backend.checkpoint(&note.encode()),
            None => self.backend.checkpoint(&[]),
        }
    }

    /// What is known of a log that ends in a whole entry; `None` where it may not be divided here.
    fn note(&self) -> Option<LogNote> {
        if self.filler.is_some() || self.has_damage {
            return None;
        }
        let len = self.backend.len();
        let position: &Position = self.positions.now();
        let Tip { op, checksum } = position.tip()?;
        Some(LogNote {
            end: len,
            tip_offset: position.tip_offset(len),
            tip: Tip { op, checksum },
            op_max: position.op_max,
            timestamp: position.timestamp,
            cluster: self.cluster?,
            root: self.root?,
            is_linear: position.is_linear,
        })
    }
}
