//! Who is expected back before the next checkpoint.

/// Counts the callers of `append`, who wait until they are answered and then usually come back at once.
///
/// Where the next checkpoint were called before they are back, each would cover half of them, and they would wait for two:
/// measured with 64 threads on a file, that makes half of the appends each second, though the return of one half overlaps
/// with the sync of the other.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting: usize,
    /// How many there were when the last checkpoint ended: those that it answered, and those that waited then.
    expected: usize,
}

impl Pace {
    /// A caller waits from now on.
    pub(super) fn come(&mut self) {
        self.waiting += 1;
    }

    /// A caller was answered, or will never be.
    pub(super) fn go(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// A checkpoint has ended; those that it covers are answered next.
    pub(super) fn end(&mut self) {
        self.expected = self.waiting;
    }

    /// How many callers wait, where more are expected.
    pub(super) fn to_gather(&self) -> Option<usize> {
        (self.waiting < self.expected).then_some(self.waiting)
    }
}
