//! Readers that ask to be waited for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the readers of a log are that asked to be waited for. Clones share it.
///
/// A follower that feeds a replica takes a [`Hold`], and advances it by what the replica has made durable; a
/// [`Retention`](crate::Retention) then prunes nothing that it needs. A hold that is never advanced keeps the log from
/// being pruned: drop it for a replica that is not to be waited for any more.
#[derive(Clone, Debug, Default)]
pub struct Holds {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    ops: BTreeMap<u64, u64>,
    made: u64,
}

/// A reader that is waited for, until this is dropped.
#[derive(Debug)]
pub struct Hold {
    holds: Holds,
    number: u64,
}

impl Holds {
    /// Nobody is waited for.
    #[must_use]
    pub fn new() -> Holds {
        Holds::default()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Each change is whole in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a reader that needs `op` and all after it.
    #[must_use = "what is held is given up when this is dropped"]
    pub fn hold(&self, op: u64) -> Hold {
        let mut held = self.lock();
        held.made += 1;
        let number = held.made;
        held.ops.insert(number, op);
        Hold { holds: self.clone(), number }
    }

    /// The lowest op that some reader needs; none where nobody is waited for.
    #[must_use]
    pub fn lowest(&self) -> Option<u64> {
        self.lock().ops.values().min().copied()
    }
}

impl Hold {
    /// The reader needs only `op` and what is after it from now on. A lower one than before changes nothing: what was given up
    /// may be pruned already.
    pub fn advance(&mut self, op: u64) {
        if let Some(held) = self.holds.lock().ops.get_mut(&self.number) {
            *held = op.max(*held);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holds.lock().ops.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_reader_counts_until_it_is_dropped() {
        let holds = Holds::new();
        assert_eq!(holds.lowest(), None);
        let (mut slow, mut fast) = (holds.hold(3), holds.hold(3));
        fast.advance(90);
        slow.advance(7);
        slow.advance(5);
        assert_eq!(holds.lowest(), Some(7));
        drop(slow);
        assert_eq!(holds.lowest(), Some(90));
        drop(fast);
        assert_eq!(holds.lowest(), None);
    }
}
