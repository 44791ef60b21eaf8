//! Who is expected back before the next checkpoint.

/// Counts the callers of `append`, who wait for a checkpoint and then usually call again at once.
///
/// If the next checkpoint is called before they are back, each checkpoint covers half of them. With 64 threads on a file,
/// that was slower (by a third to a half) than waiting for all of them, although the return of one half then overlaps with
/// the sync of the other.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting: usize,
    /// How many there were when the last checkpoint ended: those that it released, and those that still waited.
    expected: usize,
}

impl Pace {
    /// A caller waits from now on.
    pub(super) fn come(&mut self) {
        self.waiting += 1;
    }

    /// A caller got its result, or was dropped.
    pub(super) fn go(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// A checkpoint has ended; the callers that it covers are released next.
    pub(super) fn end(&mut self) {
        self.expected = self.waiting;
    }

    /// How many callers wait, where more are expected.
    pub(super) fn to_gather(&self) -> Option<usize> {
        (self.waiting < self.expected).then_some(self.waiting)
    }
}
