//! A follower beside the callers: what it was handed out.

use super::super::*;
use aof_api::Tip;
use std::sync::{Mutex, PoisonError};

/// What a follower has seen, and from where it began.
#[derive(Clone, Debug)]
pub(super) struct Following {
    pub(super) from: Option<Tip>,
    /// The checksums of the entries that it has to hand out first.
    before: Vec<Checksum>,
    seen: Arc<Mutex<Sight>>,
}

#[derive(Debug, Default)]
struct Sight {
    /// The entries, and how much was durable when each was handed out.
    entries: Vec<(Checksum, u64)>,
    ended: Option<Error>,
}

impl Following {
    /// One that begins after `from`; with none, at the first of `entries`.
    pub(super) fn of(entries: &[Entry], from: Option<Tip>) -> Following {
        let before = entries.iter().map(|entry| entry.checksum).collect();
        Following { from, before, seen: Arc::default() }
    }

    pub(super) fn sees(&self, checksum: Checksum, durable_len: u64) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).entries.push((checksum, durable_len));
    }

    pub(super) fn ends(&self, error: Error) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).ended = Some(error);
    }

    /// Checks that it was handed out the entries of the log after its beginning: in order, each once, none that was not
    /// durable; and all that are, where the log was closed. Returns how many it saw.
    pub(super) fn check(&self, model: &Model, durable_len: u64, closed: bool) -> Seen<u64> {
        let sight = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = match (self.before.first(), self.from) {
            (Some(first), _) => model.entries.iter().position(|entry| entry.checksum == *first),
            (None, Some(from)) => {
                // Where it was recorded again, the last place: what is recorded again is not handed out.
                model.entries.iter().rposition(|entry| entry.checksum == from.checksum).map(|place| place + 1)
            }
            (None, None) => Some(0),
        };
        let first = first.ok_or("the entry that a follower begins at is not in the log")?;
        let expected = &model.entries[first..];
        must!(sight.entries.len() <= expected.len(), "a follower saw {} of {}", sight.entries.len(), expected.len());
        for ((seen, durable), entry) in sight.entries.iter().zip(expected) {
            must!(*seen == entry.checksum, "a follower saw {seen} in place of op {}", entry.op);
            let end = entry.end();
            must!(end <= *durable, "a follower saw op {}, which ends at {end}, with {durable} bytes durable", entry.op);
        }
        if closed {
            let all = expected.iter().filter(|entry| entry.end() <= durable_len).count();
            must!(
                sight.entries.len() == all,
                "a follower of a closed log saw {} of {all} entries, and ended with {:?}",
                sight.entries.len(),
                sight.ended
            );
            must!(sight.ended.is_some(), "a follower of a closed log waits for more");
        }
        Ok(sight.entries.len() as u64)
    }
}
