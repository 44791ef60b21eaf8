//! Any backend, with counts, bytes and latencies.

use crate::wrap::call::Call;
use aof_api::storage::delegate_read;
use aof_api::{AofBackend, AofRead, Result};
use futures::future::BoxFuture;
use std::io::IoSlice;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one kind of call came to.
#[derive(Clone, Debug, Default)]
pub struct CallMetrics {
    /// Calls that came to an end; a call whose future was dropped does not.
    pub count: u64,
    /// Those of them that failed.
    pub errors: u64,
    /// Bytes read, or bytes written; 0 for the other calls.
    pub bytes: u64,
    /// How long they took; a checkpoint from its call until its future resolved.
    pub latency: Histogram,
}

/// Latencies in powers of two of a nanosecond.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// How many took from 2^index up to 2^(index + 1) nanoseconds.
    buckets: [u64; 64],
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { buckets: [0; 64] }
    }
}

impl Histogram {
    fn add(&mut self, elapsed: Duration) {
        let elapsed_ns = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[elapsed_ns.max(1).ilog2() as usize] += 1;
    }

    /// How many latencies there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The latency that this share of the calls, from 0 to 1, stayed below; at most twice what it was exactly. None of no
    /// calls.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let index = self.buckets.iter().position(|bucket| {
            seen += bucket;
            seen >= rank
        })?;
        Some(Duration::from_nanos(2_u64.checked_shl(index as u32).unwrap_or(u64::MAX)))
    }
}

/// The counts of a [`Metered`] backend and its readers; clone it to keep it while the backend is used.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    calls: Arc<Mutex<[CallMetrics; Call::ALL.len()]>>,
}

impl Metrics {
    /// What this kind of call came to, so far.
    #[must_use]
    pub fn of(&self, call: Call) -> CallMetrics {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)[call as usize].clone()
    }

    async fn measure<T>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T>>,
        bytes: impl Fn(&T) -> u64,
    ) -> Result<T> {
        let start = Instant::now();
        let result = work.await;
        self.count(call, start, &result, bytes);
        result
    }

    fn count<T>(&self, call: Call, start: Instant, result: &Result<T>, bytes: impl Fn(&T) -> u64) {
        let elapsed = start.elapsed();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let metrics = &mut calls[call as usize];
        metrics.count += 1;
        metrics.latency.add(elapsed);
        match result {
            Ok(value) => metrics.bytes += bytes(value),
            Err(_) => metrics.errors += 1,
        }
    }
}

/// A backend that counts what it is asked, and how long that takes.
///
/// ```
/// use aof_api::AofBackend;
/// use aof_memory::MemoryBackend;
/// use aof_testkit::{Call, Metered};
/// use std::io::IoSlice;
///
/// # futures::executor::block_on(async {
/// let mut backend = Metered::new(MemoryBackend::new());
/// let metrics = backend.metrics();
/// backend.write(&[IoSlice::new(b"twelve bytes")]).await?;
/// assert_eq!(metrics.of(Call::Write).count, 1);
/// assert_eq!(metrics.of(Call::Write).bytes, 12);
/// assert!(metrics.of(Call::Write).latency.quantile(0.99).is_some());
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Metered<B> {
    /// The backend inside, and its read half.
    read: MeteredReader<B>,
}

impl<B> Metered<B> {
    /// `inner`, with all counts at 0.
    pub fn new(inner: B) -> Metered<B> {
        Metered { read: MeteredReader { inner, metrics: Metrics::default() } }
    }

    /// The counts, which continue while the backend is used.
    pub fn metrics(&self) -> Metrics {
        self.read.metrics.clone()
    }

    /// The backend inside.
    pub fn into_inner(self) -> B {
        self.read.inner
    }
}

impl<B: AofBackend> AofRead for Metered<B> {
    // The hints are not counted: they are no calls of the contract.
    delegate_read!(read);
}

impl<B: AofBackend> AofBackend for Metered<B> {
    type Reader = MeteredReader<B::Reader>;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        self.read.metrics.measure(Call::Write, self.read.inner.write(parts), |_| bytes).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let metrics = self.read.metrics.clone();
        // From the call on: a storage may do all of the work in it.
        let start = Instant::now();
        let work = self.read.inner.checkpoint(note);
        Box::pin(async move {
            let result = work.await;
            metrics.count(Call::Checkpoint, start, &result, |_| 0);
            result
        })
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.read.metrics.measure(Call::Truncate, self.read.inner.truncate(len), |()| 0).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.read.metrics.measure(Call::Prune, self.read.inner.prune(to), |_| 0).await
    }

    async fn reader(&mut self) -> Result<MeteredReader<B::Reader>> {
        let inner = self.read.metrics.measure(Call::Reader, self.read.inner.reader(), |_| 0).await?;
        Ok(MeteredReader { inner, metrics: self.read.metrics.clone() })
    }

    async fn close(&mut self) -> Result<()> {
        self.read.metrics.measure(Call::Close, self.read.inner.close(), |()| 0).await
    }

    fn len(&self) -> u64 {
        self.read.inner.len()
    }

    fn durable_len(&self) -> u64 {
        self.read.inner.durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.read.inner.note()
    }
}

/// A reader of a [`Metered`] backend, which counts into the same [`Metrics`].
#[derive(Debug)]
pub struct MeteredReader<R> {
    inner: R,
    metrics: Metrics,
}

impl<R: AofRead> AofRead for MeteredReader<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.metrics.measure(Call::Seek, self.inner.seek(offset), |()| 0).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.metrics.measure(Call::Read, self.inner.read(buf), |count| *count as u64).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.metrics.measure(Call::Start, self.inner.start(), |_| 0).await
    }

    async fn end(&mut self) -> Result<u64> {
        self.metrics.measure(Call::End, self.inner.end(), |_| 0).await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.metrics.measure(Call::Changed, self.inner.changed(end), |_| 0).await
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        self.inner.next_data(offset).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.inner.boundary(offset).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_twice_the_latency() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for _ in 0..99 {
            histogram.add(Duration::from_nanos(1000));
        }
        histogram.add(Duration::from_millis(1));
        assert_eq!(histogram.quantile(0.5), Some(Duration::from_nanos(1024)));
        assert_eq!(histogram.quantile(1.0), Some(Duration::from_nanos(1 << 20)));
    }
}
