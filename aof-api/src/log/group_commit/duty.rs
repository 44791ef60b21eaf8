//! A shared future, polled by any of the waiting callers.

/// A shared future, polled by one at a time, outside of the lock that guards this.
///
/// Where it was woken, or has new work, while somebody polls it, that is kept for when it comes back.
#[derive(Debug)]
pub(super) struct Duty<F> {
    /// None while somebody polls it, and once it has ended.
    future: Option<F>,
    /// There is work for it, which the state shows: polling it at once makes progress.
    pub(super) asked: bool,
    /// What it waited for has happened.
    pub(super) woken: bool,
}

impl<F> Duty<F> {
    pub(super) fn new(future: F) -> Duty<F> {
        Duty { future: Some(future), asked: true, woken: false }
    }

    /// Whether polling it makes progress, and nobody does.
    pub(super) fn is_ready(&self) -> bool {
        self.future.is_some() && (self.asked || self.woken)
    }

    pub(super) fn take_ready(&mut self) -> Option<F> {
        if !self.is_ready() {
            return None;
        }
        (self.asked, self.woken) = (false, false);
        self.future.take()
    }

    pub(super) fn put_back(&mut self, future: F) {
        self.future = Some(future);
    }

    /// Takes it away, whatever it waits for.
    pub(super) fn take(&mut self) -> Option<F> {
        self.future.take()
    }

    pub(super) fn is_home(&self) -> bool {
        self.future.is_some()
    }
}
