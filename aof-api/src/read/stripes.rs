//! One log, read by several readers at once, each on a thread of its own.
//!
//! The log is cut into stripes of equal length. A thread finds the first entry of a stripe as a resync does, reads and
//! verifies up to the first entry of the next, and summarizes them. The caller takes the stripes in order
//! and believes one only where it begins exactly where the one before ended; everything else, damage above all, it
//! reads again by itself. So a body that holds a whole entry can cost time, and nothing else.

use crate::chain::run::Run;
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::read::batch::{Batch, Last, Stop};
use crate::read::bounded::Bounded;
use crate::read::index::SparseIndex;
use crate::read::options::Options;
use crate::read::pace::Pace;
use crate::read::pool::Pool;
use crate::read::scan::find_entry;
use crate::read::window::Window;
use crate::storage::backend::AofRead;
use crate::storage::error::Result;
use futures::channel::oneshot;
use futures::executor::block_on;
use std::collections::VecDeque;
use std::ops::Range;

/// Long against what finding the first entry costs, short against the memory of what was read ahead.
pub(crate) const STRIPE_LEN: u64 = 4 << 20;

/// What one stripe holds, all of it whole.
#[derive(Debug, Default)]
pub(crate) struct Stripe {
    /// Where its first entry begins.
    pub(crate) start: u64,
    /// Where its last entry ends.
    pub(crate) end: u64,
    /// What its entries say as a whole.
    pub(crate) run: Run,
    /// Where its entries are.
    pub(crate) index: SparseIndex,
}

/// What a thread reads with.
struct Striper<R> {
    reader: R,
    batch: Batch,
    /// Where the first entry is looked for.
    window: Window,
    chunk_len: usize,
    pace: Pace,
}

impl<R: AofRead> Striper<R> {
    async fn run(&mut self, job: StripeJob) {
        if job.done.is_canceled() {
            return;
        }
        let stripe = self.read_stripe(job.is_first, job.range).await;
        // An error is met again when the stripe is read by itself. Nobody waits where the caller was dropped.
        let _ = job.done.send(stripe.ok().flatten());
    }

    /// Reads the entries that begin in `range`; `None` where there are none, or not all that is there is whole.
    async fn read_stripe(&mut self, is_first: bool, range: Range<u64>) -> Result<Option<Stripe>> {
        let Striper { reader, batch, window, chunk_len, pace } = self;
        // What is there may have changed since the last stripe.
        window.clear();
        let limit = range.end;
        let start = if is_first {
            range.start
        } else {
            // What begins at the limit belongs to the next stripe, and is not searched for here: where a long stretch
            // holds no entry, each thread would search all of it.
            let mut bounded = Bounded::new(&mut *reader, limit.saturating_add(ENTRY_SIZE_MIN as u64 - 1));
            // The search begins one byte after what it is given.
            let found = find_entry(window, &mut bounded, range.start - 1, *chunk_len, pace).await?;
            if found.at_end {
                return Ok(None);
            }
            found.offset
        };
        let mut stripe = Stripe { start, end: start, run: Run::default(), index: SparseIndex::default() };
        while stripe.end < limit {
            // No chunk goes past the limit, so the last entry of the last chunk begins before it.
            let left = usize::try_from(limit - stripe.end).map_or(*chunk_len, |left| left.min(*chunk_len));
            pace.rest().await;
            batch.fill(reader, stripe.end, left, Last::Whole).await?;
            let whole = batch.verify_into(Some(&mut stripe.run)) == batch.len();
            pace.work(batch.offset_of(batch.len()) - stripe.end);
            if !whole || batch.stop() == Stop::Suspect {
                return Ok(None);
            }
            batch.entries(batch.len()).for_each(|(offset, entry)| stripe.index.push(entry.op(), offset));
            stripe.end = batch.offset_of(batch.len());
            if batch.stop() == Stop::End {
                break;
            }
        }
        Ok(Some(stripe))
    }
}

/// A stripe for a thread to read.
struct StripeJob {
    range: Range<u64>,
    /// The walk begins with it, so that its first entry need not be searched for.
    is_first: bool,
    done: oneshot::Sender<Option<Stripe>>,
}

/// A stripe that a thread reads, or will.
struct Waiting {
    /// Where the next stripe begins.
    limit: u64,
    stripe: oneshot::Receiver<Option<Stripe>>,
}

/// Stripes on their way.
pub(crate) struct Stripes<R> {
    own: Striper<R>,
    pool: Pool<StripeJob>,
    waiting: VecDeque<Waiting>,
    depth: usize,
    /// What is to be read in all.
    range: Range<u64>,
    /// Where the next stripe to queue begins.
    next: u64,
}

impl<R: AofRead + 'static> Stripes<R> {
    /// The stripes of a part of a log that begins at an entry, read by `reader` on the thread of the caller and by
    /// `others` on threads of their own.
    pub(crate) fn new(
        reader: R,
        others: impl IntoIterator<Item = R>,
        range: Range<u64>,
        options: Options,
    ) -> Stripes<R> {
        let chunk_len = options.chunk_len_bytes();
        let striper = |reader| Striper {
            reader,
            batch: Batch::default(),
            window: Window::default(),
            chunk_len,
            pace: Pace::default(),
        };
        let others: Vec<_> = others.into_iter().map(striper).collect();
        // Each thread has one to do and one to continue with, the caller included.
        let depth = 2 * (others.len() + 1);
        let pool = Pool::new(others, |striper, job: StripeJob| block_on(striper.run(job)));
        let next = range.start;
        Stripes { own: striper(reader), pool, waiting: VecDeque::new(), depth, range, next }
    }

    /// The next stripe in order, and where the one after it begins at the earliest; without the stripe, where it must be
    /// read by itself. `None` after the last one.
    pub(crate) async fn next(&mut self) -> Option<(u64, Option<Stripe>)> {
        while self.waiting.len() < self.depth && self.next < self.range.end {
            let (done, stripe) = oneshot::channel();
            let (start, limit) = (self.next, self.next.saturating_add(STRIPE_LEN));
            self.pool.submit(StripeJob { range: start..limit, is_first: start == self.range.start, done });
            self.waiting.push_back(Waiting { limit, stripe });
            self.next = limit;
        }
        let Waiting { limit, stripe: mut waiting } = self.waiting.pop_front()?;
        let stripe = loop {
            match waiting.try_recv() {
                Ok(None) => {}
                Ok(Some(stripe)) => break stripe,
                Err(oneshot::Canceled) => break None,
            }
            match self.pool.take() {
                Some(job) => self.own.run(job).await,
                None => break waiting.await.ok().flatten(),
            }
        };
        Some((limit, stripe))
    }

    /// Leaves out the stripes that end before `offset`: what they hold was read by itself.
    pub(crate) fn skip_to(&mut self, offset: u64) {
        while self.waiting.front().is_some_and(|waiting| waiting.limit <= offset) {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() && self.next < offset {
            self.next += (offset - self.next) / STRIPE_LEN * STRIPE_LEN;
        }
    }

    /// The reader of the caller's thread, for what must be read by itself.
    pub(crate) fn reader(&mut self) -> &mut R {
        &mut self.own.reader
    }
}
