//! The optional abilities of a storage.

use crate::suite::trouble::Trouble;
use crate::wrap::call::Call;

/// The optional abilities that a [`Fixture`](crate::Fixture) declares for its storage.
///
/// A declared ability is tested; an undeclared one is tested to be refused.
///
/// ```
/// use aof_testkit::{Call, Capabilities, Trouble};
///
/// let file = Capabilities::new().truncate().locks();
/// assert!(file.can_truncate() && !file.can_crash() && !file.can_have(Trouble::Fails(Call::Write)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    truncate: bool,
    capacity: bool,
    crash: bool,
    zeros_ahead: bool,
    buffers_writes: bool,
    prune: bool,
    coarse: bool,
    notes: Notes,
    second_writer: SecondWriter,
    readers_hold_the_lock: bool,
    readers_elsewhere: bool,
    failing: u16,
    losing_answers: u16,
}

/// What happens when a second writer opens a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SecondWriter {
    /// A log cannot be opened by two writers, as in memory.
    #[default]
    Impossible,
    /// It is refused with [`Error::Locked`](aof_api::Error::Locked).
    Locked,
    /// It takes over, and the first fails with [`Error::Fenced`](aof_api::Error::Fenced) from then on.
    TakesOver,
}

/// Which notes a storage keeps with its checkpoints (B14).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Notes {
    /// None: `note()` is always none.
    #[default]
    None,
    /// Some: after opening, `note()` is none, or one that was durable.
    Some,
    /// Every one: after opening, `note()` is the newest that was durable.
    Every,
}

impl Capabilities {
    /// Nothing beyond what is required.
    #[must_use]
    pub const fn new() -> Capabilities {
        Capabilities {
            truncate: false,
            capacity: false,
            crash: false,
            zeros_ahead: false,
            buffers_writes: false,
            prune: false,
            coarse: false,
            notes: Notes::None,
            second_writer: SecondWriter::Impossible,
            readers_hold_the_lock: false,
            readers_elsewhere: false,
            failing: 0,
            losing_answers: 0,
        }
    }

    /// The log can be cut (B8).
    #[must_use]
    pub const fn truncate(mut self) -> Capabilities {
        self.truncate = true;
        self
    }

    /// The fixture can make a log with a bound, so that it can be filled (B12).
    #[must_use]
    pub const fn capacity(mut self) -> Capabilities {
        self.capacity = true;
        self
    }

    /// The fixture can lose power (B6, B8, B11).
    #[must_use]
    pub const fn crash(mut self) -> Capabilities {
        self.crash = true;
        self
    }

    /// The storage allocates space ahead of the end, so that a log that was not closed cleanly may end in zeros that no call
    /// wrote. Opening the log on top cuts them (B11).
    #[must_use]
    pub const fn zeros_ahead(mut self) -> Capabilities {
        self.zeros_ahead = true;
        self
    }

    /// Writes may wait in a buffer, so that a checkpoint finds that the storage fails or is full; the buffered bytes then wait
    /// for room (B7, B12).
    #[must_use]
    pub const fn buffers_writes(mut self) -> Capabilities {
        self.buffers_writes = true;
        self
    }

    /// A second writer is refused with `Locked` (B10).
    #[must_use]
    pub const fn locks(mut self) -> Capabilities {
        self.second_writer = SecondWriter::Locked;
        self
    }

    /// A second writer takes over, and the first is `Fenced` (B10).
    #[must_use]
    pub const fn takes_over(mut self) -> Capabilities {
        self.second_writer = SecondWriter::TakesOver;
        self
    }

    /// The last reader releases the lock, where it outlives the writer, because the engine below has one exclusive handle
    /// that readers share (B10).
    #[must_use]
    pub const fn readers_hold_the_lock(mut self) -> Capabilities {
        self.readers_hold_the_lock = true;
        self
    }

    /// The log can be pruned (B13).
    #[must_use]
    pub const fn prune(mut self) -> Capabilities {
        self.prune = true;
        self
    }

    /// The log is divided into pieces that are larger than the logs of the suite: a prune may give nothing back, and no note
    /// may be found (B13, B14).
    #[must_use]
    pub const fn coarse(mut self) -> Capabilities {
        self.coarse = true;
        self
    }

    /// Which notes are kept with checkpoints (B14).
    #[must_use]
    pub const fn notes(mut self, notes: Notes) -> Capabilities {
        self.notes = notes;
        self
    }

    /// The fixture can make a reader as another process would (B3, B15).
    #[must_use]
    pub const fn readers_elsewhere(mut self) -> Capabilities {
        self.readers_elsewhere = true;
        self
    }

    /// The fixture can make requests of these calls fail: [`Trouble::Fails`] (B7).
    #[must_use]
    pub const fn failing(mut self, calls: &[Call]) -> Capabilities {
        self.failing |= bits(calls);
        self
    }

    /// The fixture can lose the answers of requests of these calls: [`Trouble::AnswerLost`] (B7).
    #[must_use]
    pub const fn losing_answers(mut self, calls: &[Call]) -> Capabilities {
        self.losing_answers |= bits(calls);
        self
    }

    /// Whether [`truncate`](Capabilities::truncate) was declared.
    #[must_use]
    pub const fn can_truncate(self) -> bool {
        self.truncate
    }

    /// Whether [`capacity`](Capabilities::capacity) was declared.
    #[must_use]
    pub const fn can_fill(self) -> bool {
        self.capacity
    }

    /// Whether [`crash`](Capabilities::crash) was declared.
    #[must_use]
    pub const fn can_crash(self) -> bool {
        self.crash
    }

    /// Whether [`zeros_ahead`](Capabilities::zeros_ahead) was declared.
    #[must_use]
    pub const fn has_zeros_ahead(self) -> bool {
        self.zeros_ahead
    }

    /// Whether [`buffers_writes`](Capabilities::buffers_writes) was declared.
    #[must_use]
    pub const fn can_buffer_writes(self) -> bool {
        self.buffers_writes
    }

    /// Whether [`prune`](Capabilities::prune) was declared.
    #[must_use]
    pub const fn can_prune(self) -> bool {
        self.prune
    }

    /// Whether [`coarse`](Capabilities::coarse) was declared.
    #[must_use]
    pub const fn is_coarse(self) -> bool {
        self.coarse
    }

    /// Which notes are kept.
    #[must_use]
    pub const fn kept_notes(self) -> Notes {
        self.notes
    }

    /// What happens to a second writer.
    #[must_use]
    pub const fn second_writer(self) -> SecondWriter {
        self.second_writer
    }

    /// Whether [`readers_hold_the_lock`](Capabilities::readers_hold_the_lock) was declared.
    #[must_use]
    pub const fn lock_is_held_by_readers(self) -> bool {
        self.readers_hold_the_lock
    }

    /// Whether [`readers_elsewhere`](Capabilities::readers_elsewhere) was declared.
    #[must_use]
    pub const fn can_read_elsewhere(self) -> bool {
        self.readers_elsewhere
    }

    /// Whether this trouble was declared with [`failing`](Capabilities::failing) or
    /// [`losing_answers`](Capabilities::losing_answers).
    #[must_use]
    pub const fn can_have(self, trouble: Trouble) -> bool {
        let declared = match trouble {
            Trouble::Fails(_) => self.failing,
            Trouble::AnswerLost(_) => self.losing_answers,
        };
        declared & bits(&[trouble.call()]) != 0
    }
}

/// One bit for each call.
const fn bits(calls: &[Call]) -> u16 {
    let (mut bits, mut index) = (0, 0);
    while index < calls.len() {
        bits |= 1 << calls[index] as u16;
        index += 1;
    }
    bits
}
