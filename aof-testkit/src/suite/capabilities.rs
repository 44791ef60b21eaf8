//! What a storage can do beyond what every storage must.

use crate::wrap::call::Call;

/// What a [`Fixture`](crate::Fixture) declares: everything that is not required of every storage.
///
/// ```
/// use aof_testkit::{Call, Capabilities};
///
/// let file = Capabilities::new().truncate().locks();
/// assert!(file.can_truncate() && !file.can_crash() && !file.can_fail(Call::Write));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    truncate: bool,
    capacity: bool,
    crash: bool,
    zeros_ahead: bool,
    buffers_writes: bool,
    second_writer: SecondWriter,
    failing: u16,
}

/// What happens when a second writer opens a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SecondWriter {
    /// A log cannot be named twice, so there is never a second one.
    #[default]
    Impossible,
    /// It is refused with [`Error::Locked`](aof_api::Error::Locked).
    Locked,
    /// It takes over, and the first answers [`Error::Fenced`](aof_api::Error::Fenced) from then on.
    Fences,
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
            second_writer: SecondWriter::Impossible,
            failing: 0,
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

    /// The storage allocates space ahead of the end, so that a log which was not closed well may end in zeros that nobody
    /// wrote, and that an opening of the log on top cuts (B11).
    #[must_use]
    pub const fn zeros_ahead(mut self) -> Capabilities {
        self.zeros_ahead = true;
        self
    }

    /// Writes may wait in a buffer, so that it is a checkpoint which finds that the storage fails or is full; what was
    /// written then goes on waiting for room (B7, B12).
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
    pub const fn fences(mut self) -> Capabilities {
        self.second_writer = SecondWriter::Fences;
        self
    }

    /// The fixture can make these calls fail (B7).
    #[must_use]
    pub const fn failing(mut self, calls: &[Call]) -> Capabilities {
        let mut index = 0;
        while index < calls.len() {
            self.failing |= 1 << calls[index] as u16;
            index += 1;
        }
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

    /// What happens to a second writer.
    #[must_use]
    pub const fn second_writer(self) -> SecondWriter {
        self.second_writer
    }

    /// Whether `call` was among those of [`failing`](Capabilities::failing).
    #[must_use]
    pub const fn can_fail(self, call: Call) -> bool {
        self.failing & (1 << call as u16) != 0
    }
}
