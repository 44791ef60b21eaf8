//! Where a log ends, and where the write that is under way will lead.

use crate::chain::tip::Tip;
use crate::format::header::Header;
use crate::format::layout::size_disk;

/// Where a log ends.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    /// What the next append follows: the last entry, or the origin of an empty log.
    pub(crate) base: Tip,
    pub(crate) op_max: u64,
    pub(crate) timestamp: u64,
    /// The size of the last entry, header and body; 0 where there is none.
    pub(crate) size: u32,
    /// Whether `base` is an entry of this log.
    pub(crate) is_written: bool,
    /// Whether each entry names the one before it, with the next op.
    pub(crate) is_linear: bool,
}

impl Position {
    /// Of a log without an entry.
    pub(crate) fn before(base: Tip) -> Position {
        Position { base, op_max: base.op, timestamp: 0, size: 0, is_written: false, is_linear: true }
    }

    /// After the entry with this header.
    #[inline]
    pub(crate) fn after(&self, header: &Header) -> Position {
        let op = header.op.get();
        // The first entry may follow anything.
        let follows = !self.is_written || (header.parent == self.base.checksum && op.wrapping_sub(1) == self.base.op);
        Position {
            base: Tip { op, checksum: header.checksum },
            op_max: self.op_max.max(op),
            timestamp: self.timestamp.max(header.timestamp.get()),
            size: header.size.get(),
            is_written: true,
            is_linear: self.is_linear && follows,
        }
    }

    /// The last entry.
    pub(crate) fn tip(&self) -> Option<Tip> {
        self.is_written.then_some(self.base)
    }

    /// Where the last entry begins in a log of `len` bytes that ends with it.
    pub(crate) fn tip_offset(&self, len: u64) -> u64 {
        len.saturating_sub(size_disk(self.size))
    }
}

/// Where the log ends, and where it ends once a write is accepted.
///
/// The two are filled in place and take turns. Copying what was just stored piece by piece has to wait for the bytes of
/// the entry before it to reach the caches, which costs more than all the rest of a write to memory.
pub(crate) struct Positions {
    slots: [Position; 2],
    /// The slot where the log is.
    turn: bool,
    /// How long the log is if the write that was begun, and whose end was not seen, has been accepted.
    pending_len: Option<u64>,
}

impl Positions {
    pub(crate) fn new(position: Position) -> Positions {
        Positions { slots: [position; 2], turn: false, pending_len: None }
    }

    /// Where the log ends, once it is [settled](Positions::settle).
    pub(crate) fn now(&self) -> &Position {
        &self.slots[usize::from(self.turn)]
    }

    /// Where a log of `len` bytes ends, settled or not.
    pub(crate) fn at_len(&self, len: u64) -> &Position {
        if self.pending_len == Some(len) { &self.slots[usize::from(!self.turn)] } else { self.now() }
    }

    pub(crate) fn next(&self) -> &Position {
        &self.slots[usize::from(!self.turn)]
    }

    pub(crate) fn next_mut(&mut self) -> &mut Position {
        &mut self.slots[usize::from(!self.turn)]
    }

    /// A write begins that leads to `next`, and makes the log `len` bytes long if it is accepted.
    pub(crate) fn begin(&mut self, len: u64) {
        self.pending_len = Some(len);
    }

    /// The write that was begun has ended.
    pub(crate) fn end(&mut self, is_accepted: bool) {
        self.pending_len = None;
        self.turn ^= is_accepted;
    }

    /// Finds out by the length whether a write was accepted whose future was dropped (**B9**), and returns that.
    #[inline]
    pub(crate) fn settle(&mut self, len: u64) -> bool {
        let accepted = self.pending_len.take() == Some(len);
        self.turn ^= accepted;
        accepted
    }
}
