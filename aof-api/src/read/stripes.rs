//! One log, read by several readers at once, each on a thread of its own.
//!
//! The log is cut into stripes of equal length. A thread finds the first entry of a stripe as a resync does, reads and
//! verifies up to the first entry of the next, and tells about them as a whole. The caller takes the stripes in order
//! and believes one only where it begins exactly where the one before ended; everything else, damage above all, it
//! reads again by itself. So a body that holds a whole entry can cost time, and nothing else.

use crate::chain::run::Run;
use crate::read::batch::{Batch, Last, Stop};
use crate::read::index::SparseIndex;
use crate::read::options::Options;
use crate::read::pool::Pool;
use crate::read::scan::find_entry;
use crate::read::window::Window;
use crate::storage::backend::AofRead;
use crate::storage::error::Result;
use futures::channel::oneshot;
use futures::executor::block_on;
use std::collections::VecDeque;

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
}

impl<R: AofRead> Striper<R> {
    async fn run(&mut self, job: StripeJob) {
        let stripe = self.read_stripe(job.index).await;
        // An error is met again by whoever reads the stripe by itself. Nobody waits where the caller was dropped.
        let _ = job.done.send(stripe.ok().flatten());
    }

    /// Reads stripe `index`; `None` where it is not all whole entries.
    async fn read_stripe(&mut self, index: u64) -> Result<Option<Stripe>> {
        let Striper { reader, batch, window, chunk_len } = self;
        // What stands there may have changed since the last stripe.
        window.clear();
        let limit = (index + 1) * STRIPE_LEN;
        let start = match index * STRIPE_LEN {
            0 => 0,
            // The search begins one byte behind what it is given.
            begin => find_entry(window, reader, begin - 1, *chunk_len).await?.offset,
        };
        let mut stripe = Stripe { start, end: start, run: Run::default(), index: SparseIndex::default() };
        while stripe.end < limit {
            // No chunk goes past the limit, so the last entry of the last chunk begins before it.
            let left = usize::try_from(limit - stripe.end).map_or(*chunk_len, |left| left.min(*chunk_len));
            batch.fill(reader, stripe.end, left, Last::Whole).await?;
            let whole = batch.verify_into(Some(&mut stripe.run)) == batch.len();
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
    index: u64,
    done: oneshot::Sender<Option<Stripe>>,
}

/// Stripes on their way.
pub(crate) struct Stripes<R> {
    own: Striper<R>,
    pool: Pool<StripeJob>,
    waiting: VecDeque<oneshot::Receiver<Option<Stripe>>>,
    depth: usize,
    /// The next stripe to queue.
    next: u64,
    count: u64,
}

impl<R: AofRead + 'static> Stripes<R> {
    /// The stripes of a log of `len` bytes, read by `reader` on the thread of the caller and by `others` on threads of
    /// their own.
    pub(crate) fn new(reader: R, others: impl IntoIterator<Item = R>, len: u64, options: Options) -> Stripes<R> {
        let chunk_len = options.chunk_len_bytes();
        let striper = |reader| Striper { reader, batch: Batch::default(), window: Window::default(), chunk_len };
        let others: Vec<_> = others.into_iter().map(striper).collect();
        // Each thread has one to do and one to go on with, the caller included.
        let depth = 2 * (others.len() + 1);
        let pool = Pool::new(others, |striper, job: StripeJob| block_on(striper.run(job)));
        Stripes {
            own: striper(reader),
            pool,
            waiting: VecDeque::new(),
            depth,
            next: 0,
            count: len.div_ceil(STRIPE_LEN),
        }
    }

    /// The next stripe in order, and where the one behind begins at the earliest; without the stripe, where it must be
    /// read by itself. `None` behind the last one.
    pub(crate) async fn next(&mut self) -> Option<(u64, Option<Stripe>)> {
        while self.waiting.len() < self.depth && self.next < self.count {
            let (done, waiting) = oneshot::channel();
            self.pool.submit(StripeJob { index: self.next, done });
            self.waiting.push_back(waiting);
            self.next += 1;
        }
        let mut waiting = self.waiting.pop_front()?;
        let limit = (self.next - self.waiting.len() as u64) * STRIPE_LEN;
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

    /// The reader of the caller's thread, for what must be read by itself.
    pub(crate) fn reader(&mut self) -> &mut R {
        &mut self.own.reader
    }
}
