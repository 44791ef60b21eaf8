//! Bytes that a reader has fetched, and those that it fetches ahead.

use aof_api::Result;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::ops::Range;

/// The shortest fetch: it costs nearly the same as that of a few bytes.
const FETCH_LEN_MIN: usize = 64 << 10;

/// The longest fetch ahead.
const FETCH_LEN_MAX: usize = 4 << 20;

type Fetched = BoxFuture<'static, Result<Option<Bytes>>>;

/// A bounded cache of what was read last, with read-ahead where reading is sequential.
pub(super) struct Spans {
    /// Bytes of the log and their offset, the last used at the back.
    held: VecDeque<(u64, Bytes)>,
    held_len: usize,
    held_len_max: usize,
    ahead: Option<(Range<u64>, Fetched)>,
    /// Where the last fetch ended, and how long it was to be.
    last_end: u64,
    last_len: usize,
}

impl Spans {
    pub(super) fn new(held_len_max: usize) -> Spans {
        Spans { held: VecDeque::new(), held_len: 0, held_len_max, ahead: None, last_end: u64::MAX, last_len: 0 }
    }

    /// Copies bytes at `offset`; `None` where they are not held and not on their way.
    pub(super) async fn read(&mut self, offset: u64, buf: &mut [u8]) -> Result<Option<usize>> {
        if let Some((range, fetching)) = &mut self.ahead
            && range.contains(&offset)
        {
            let (start, fetched) = (range.start, fetching.await);
            self.ahead = None;
            if let Some(bytes) = fetched? {
                self.keep(start, bytes);
            }
        }
        let holds = |(start, bytes): &(u64, Bytes)| {
            offset.checked_sub(*start).is_some_and(|within| within < bytes.len() as u64)
        };
        let Some(at) = self.held.iter().rposition(holds) else { return Ok(None) };
        let Some((start, bytes)) = self.held.remove(at) else { return Ok(None) };
        let there = &bytes[(offset - start) as usize..];
        let count = there.len().min(buf.len());
        buf[..count].copy_from_slice(&there[..count]);
        self.held.push_back((start, bytes));
        Ok(Some(count))
    }

    /// How many bytes to fetch at `offset` for a read of `wanted` bytes.
    pub(super) fn next_len(&mut self, offset: u64, wanted: usize) -> usize {
        self.last_len = if offset == self.last_end { self.last_len * 2 } else { FETCH_LEN_MIN };
        self.last_len = self.last_len.clamp(FETCH_LEN_MIN, FETCH_LEN_MAX.min(self.held_len_max / 2).max(FETCH_LEN_MIN));
        self.last_len.max(wanted.min(self.held_len_max))
    }

    /// Keeps bytes that were fetched.
    pub(super) fn keep(&mut self, start: u64, bytes: Bytes) {
        self.last_end = start + bytes.len() as u64;
        self.held_len += bytes.len();
        self.held.push_back((start, bytes));
        while self.held_len > self.held_len_max && self.held.len() > 1 {
            self.held_len -= self.held.pop_front().map_or(0, |(_, bytes)| bytes.len());
        }
    }

    /// Begins the next fetch, if `offset` is in what was fetched last and that was not the first of its kind.
    pub(super) fn read_ahead<F>(&mut self, offset: u64, fetch: impl FnOnce(u64, usize) -> Option<(Range<u64>, F)>)
    where
        F: Future<Output = Result<Option<Bytes>>> + Send + 'static,
    {
        let in_last = self.held.back().is_some_and(|(start, bytes)| {
            start + bytes.len() as u64 == self.last_end && offset >= *start && offset <= self.last_end
        });
        if self.ahead.is_some() || !in_last || self.last_len <= FETCH_LEN_MIN {
            return;
        }
        let len = self.next_len(self.last_end, 0);
        self.ahead = fetch(self.last_end, len).map(|(range, fetching)| (range, Box::pin(fetching) as Fetched));
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("held_len", &self.held_len).field("ahead", &self.ahead.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use std::future::ready;

    #[test]
    fn what_is_kept_is_bounded_and_the_last_used_stays() {
        let mut spans = Spans::new(300);
        for at in 0..3 {
            spans.keep(at * 100, vec![at as u8; 100].into());
        }
        assert_eq!(block_on(spans.read(50, &mut [0; 10])).unwrap(), Some(10));
        spans.keep(300, vec![3; 100].into());
        assert_eq!(block_on(spans.read(150, &mut [0; 10])).unwrap(), None);
        assert_eq!(block_on(spans.read(50, &mut [0; 80])).unwrap(), Some(50));
        assert_eq!(spans.held_len, 300);
    }

    #[test]
    fn reading_in_order_fetches_ahead_and_reading_anywhere_does_not() {
        let mut spans = Spans::new(16 << 20);
        let mut begun = Vec::new();
        for offset in [500_000_000, 0, FETCH_LEN_MIN as u64] {
            let len = spans.next_len(offset, 10);
            spans.keep(offset, vec![7; len].into());
            spans.read_ahead(offset, |at, len| {
                begun.push((at, len));
                Some((at..at + len as u64, ready(Ok(Some(Bytes::from(vec![8; len]))))))
            });
        }
        assert_eq!(begun, [(3 * FETCH_LEN_MIN as u64, 4 * FETCH_LEN_MIN)]);
        let mut bytes = [0; 3];
        assert_eq!(block_on(spans.read(3 * FETCH_LEN_MIN as u64 + 5, &mut bytes)).unwrap(), Some(3));
        assert_eq!(bytes, [8; 3]);
    }
}
