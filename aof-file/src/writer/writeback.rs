//! Early writeback: the bytes of a large write are on their way to the disk before a sync waits for them.

use crate::system::{OpenFile, System};

/// So many bytes are worth a system call, and a request to the disk, of their own: with less, the disk gains nothing, and
/// small checkpoints would send two requests for one.
pub(crate) const PIECE_LEN: u64 = 2 << 20;
/// The unit in which the page cache writes, in bytes. What ends within one is left to the next piece or the sync, which
/// would write it again.
const PAGE_LEN: u64 = 4096;

/// Up to where the system has begun to write to the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writeback {
    begun: u64,
}

impl Writeback {
    /// Nothing after `offset` is on its way.
    pub(crate) fn from(offset: u64) -> Writeback {
        Writeback { begun: offset }
    }

    /// The file was cut to `len` bytes.
    pub(crate) fn cut(&mut self, len: u64) {
        self.begun = self.begun.min(len);
    }

    /// Begins, where it is worth it, with what was written up to `end`.
    ///
    /// A hint: the sync that follows waits for these bytes as for all others, and reports their failure.
    pub(crate) fn reach(&mut self, system: &dyn System, file: &OpenFile, end: u64) {
        let until = end / PAGE_LEN * PAGE_LEN;
        if until.saturating_sub(self.begun) < PIECE_LEN {
            return;
        }
        if let Err(error) = system.start_writeback(file, self.begun, until - self.begun) {
            tracing::debug!(file = %file.path().display(), %error, "no early writeback");
        }
        self.begun = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Access;
    use crate::system::fault::{Call, Fault, FaultySystem, Operation};

    #[test]
    fn what_was_written_is_begun_once_in_large_pieces_of_whole_pages() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let system = FaultySystem::new();
        let file = system.open(&path, Access::CreateNew { mode: 0o600 }).unwrap();
        system.take_calls();
        let mut writeback = Writeback::from(100);
        // Less than a piece; a piece and part of a page; a little more; the next piece, refused; a cut, and a piece again.
        writeback.reach(&system, &file, PIECE_LEN + 99);
        writeback.reach(&system, &file, PIECE_LEN + PAGE_LEN + 7);
        writeback.reach(&system, &file, PIECE_LEN + PAGE_LEN + 8);
        system.inject(Fault::once(1));
        writeback.reach(&system, &file, 2 * PIECE_LEN + PAGE_LEN);
        writeback.cut(10);
        writeback.reach(&system, &file, 10 + PIECE_LEN + PAGE_LEN);
        let begun: Vec<_> =
            system.calls().into_iter().map(|Call { operation, offset, len, .. }| (operation, offset, len)).collect();
        let expected =
            [(100, PIECE_LEN + PAGE_LEN - 100), (PIECE_LEN + PAGE_LEN, PIECE_LEN), (10, PIECE_LEN + PAGE_LEN - 10)];
        assert_eq!(begun, expected.map(|(offset, len)| (Operation::StartWriteback, offset, len)));
    }
}
