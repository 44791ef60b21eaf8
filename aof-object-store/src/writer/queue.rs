//! Pieces of the log that wait for their PUT.

use crate::chunk::Note;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The end of a piece of the log: whole writes since the cut before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    /// Counts the cuts of this writer from 1.
    pub(crate) id: u64,
    /// The offset after the piece.
    pub(crate) to: u64,
    pub(crate) note: Option<Note>,
}

/// The cuts that wait, shared by the backend and its uploader.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    cuts: VecDeque<Cut>,
    is_closed: bool,
}

impl Queue {
    pub(crate) fn push(&self, cut: Cut) {
        self.lock().cuts.push_back(cut);
        self.changed.notify_one();
    }

    /// Takes what waits away, and ends the uploader.
    pub(crate) fn close(&self) {
        {
            let mut state = self.lock();
            state.cuts.clear();
            state.is_closed = true;
        }
        self.changed.notify_one();
    }

    /// Waits until there is something to put; false when there never will be.
    pub(super) async fn wait(&self) -> bool {
        loop {
            {
                let state = self.lock();
                if !state.cuts.is_empty() {
                    return true;
                }
                if state.is_closed {
                    return false;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Takes the cuts that make the next chunk, which begins at `from`: as many as fit into `chunk_len` bytes, and at
    /// least one. None where the queue was closed meanwhile.
    pub(super) fn take(&self, from: u64, chunk_len: usize) -> Option<Cut> {
        let mut state = self.lock();
        let mut taken = state.cuts.pop_front()?;
        while let Some(next) = state.cuts.front()
            && next.to - from <= chunk_len as u64
        {
            taken = Cut { note: next.note.clone().or(taken.note), ..*next };
            state.cuts.pop_front();
        }
        Some(taken)
    }

    /// Whether a chunk from `from` on is full already.
    pub(super) fn is_full(&self, from: u64, chunk_len: usize) -> bool {
        self.lock().cuts.back().is_some_and(|cut| cut.to - from >= chunk_len as u64)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is whole in itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(id: u64, to: u64, note: Option<u64>) -> Cut {
        Cut { id, to, note: note.map(|covered| Note { covered, bytes: vec![id as u8] }) }
    }

    #[test]
    fn cuts_that_fit_into_one_chunk_are_joined_and_keep_the_newest_note() {
        let queue = Queue::default();
        for cut in [cut(1, 10, Some(10)), cut(2, 30, None), cut(3, 101, None), cut(4, 400, Some(400))] {
            queue.push(cut);
        }
        let joined = Cut { note: Some(Note { covered: 10, bytes: vec![1] }), ..cut(2, 30, None) };
        assert_eq!(queue.take(0, 100), Some(joined));
        assert_eq!(queue.take(30, 100), Some(cut(3, 101, None)));
        assert_eq!(queue.take(101, 100), Some(cut(4, 400, Some(400))));
        assert_eq!(queue.take(400, 100), None);
    }

    #[test]
    fn a_closed_queue_gives_nothing_back() {
        let queue = Queue::default();
        queue.push(cut(1, 10, None));
        queue.close();
        assert_eq!(queue.take(0, 100), None);
        assert!(!futures::executor::block_on(queue.wait()));
    }
}
