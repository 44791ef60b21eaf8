//! Where a log stands, and where the write that is under way will lead.

use crate::chain::tip::Tip;
use crate::format::header::Header;

/// Where a log stands.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    /// What the next append stands on: the last entry, or the start of an empty log.
    pub(crate) base: Tip,
    pub(crate) op_max: u64,
    pub(crate) timestamp: u64,
    /// Whether `base` is an entry of this log.
    pub(crate) is_written: bool,
}

impl Position {
    /// Behind the entry with this header.
    pub(crate) fn after(&self, header: &Header) -> Position {
        let op = header.op.get();
        Position {
            base: Tip { op, checksum: header.checksum },
            op_max: self.op_max.max(op),
            timestamp: self.timestamp.max(header.timestamp.get()),
            is_written: true,
        }
    }

    /// The last entry.
    pub(crate) fn tip(&self) -> Option<Tip> {
        self.is_written.then_some(self.base)
    }
}

/// Where the log stands, and where it stands once a write is accepted.
///
/// The two are filled in place and take turns. Copying what was just stored piece by piece has to wait for the bytes of
/// the entry before it to reach the caches, which costs more than all the rest of a write to memory.
pub(crate) struct Positions {
    slots: [Position; 2],
    /// The slot where the log stands.
    turn: bool,
    /// How long the log is if the write that was begun, and whose end was not seen, has been accepted.
    pending_len: Option<u64>,
}

impl Positions {
    pub(crate) fn new(position: Position) -> Positions {
        Positions { slots: [position; 2], turn: false, pending_len: None }
    }

    /// Where the log stands, once it is [settled](Positions::settle).
    pub(crate) fn now(&self) -> &Position {
        &self.slots[usize::from(self.turn)]
    }

    /// Where a log of `len` bytes stands, settled or not.
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

    /// Finds out by the length whether a write was accepted whose future was dropped (**B9**).
    pub(crate) fn settle(&mut self, len: u64) {
        if self.pending_len.take() == Some(len) {
            self.turn = !self.turn;
        }
    }
}
