//! Reading a log: what is on the store, and what its writer of this process has not put yet.

mod remote;
mod spans;

use crate::core::Core;
use crate::index::Entry;
use crate::options::Options;
use crate::requests::broken;
use aof_api::storage::IoCall;
use aof_api::storage::extent::ExtentView;
use aof_api::storage::unflushed::UnflushedView;
use aof_api::{AofRead, Error, Result};
use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use remote::Remote;
use spans::Spans;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

/// How often bytes are looked for again when their object is not where the index says.
const LOOKS_MAX: usize = 8;

/// A cursor over a log on a store.
///
/// [`AofBackend::reader`](aof_api::AofBackend::reader) makes one that also sees what its writer has not put yet;
/// [`open`](ObjectReader::open) makes one for a log that another process writes, which needs no permission to write.
#[derive(Debug)]
pub struct ObjectReader {
    core: Arc<Core>,
    source: Source,
    position: u64,
    spans: Spans,
}

#[derive(Debug)]
enum Source {
    /// The writer is in this process.
    Local { view: ExtentView, unflushed: UnflushedView },
    /// Only the store is shared with the writer.
    Remote(Remote),
}

impl ObjectReader {
    /// Opens the log below `prefix` for reading only.
    ///
    /// Requests: two LISTs, one of them a page for each 1,000 chunks, and four GETs.
    ///
    /// ```
    /// use aof_api::{AofBackend, AofReadExt};
    /// use aof_object_store::{ObjectReader, ObjectStoreBackend, Options};
    /// use object_store::memory::InMemory;
    /// use std::io::IoSlice;
    /// use std::sync::Arc;
    ///
    /// # futures::executor::block_on(async {
    /// let store = Arc::new(InMemory::new());
    /// let mut log = ObjectStoreBackend::open(store.clone(), "logs/a", Options::new()).await?;
    /// log.write(&[IoSlice::new(b"bytes")]).await?;
    /// log.checkpoint(&[]).await?;
    ///
    /// let mut reader = ObjectReader::open(store, "logs/a", Options::new()).await?;
    /// let mut bytes = [0; 5];
    /// reader.read_all_at(0, &mut bytes).await?;
    /// assert_eq!(&bytes, b"bytes");
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with the kind `NotFound` where there is no log, and where a request failed until the
    /// [deadline](Options::deadline).
    pub async fn open(store: Arc<dyn ObjectStore>, prefix: impl AsRef<str>, options: Options) -> Result<ObjectReader> {
        let (core, remote) = Remote::open(store, crate::backend::prefix(prefix.as_ref())?, options).await?;
        let position = core.index().start();
        let spans = Spans::new(core.requests.options.cache_len_max);
        Ok(ObjectReader { core, source: Source::Remote(remote), position, spans })
    }

    pub(crate) fn local(core: Arc<Core>, view: ExtentView, unflushed: UnflushedView) -> ObjectReader {
        let position = core.index().start();
        let spans = Spans::new(core.requests.options.cache_len_max);
        ObjectReader { core, source: Source::Local { view, unflushed }, position, spans }
    }

    async fn read_local(&mut self, buf: &mut [u8]) -> Result<usize> {
        for _ in 0..LOOKS_MAX {
            let (offset, Source::Local { view, unflushed }) = (self.position, &self.source) else { break };
            let count = view.readable(offset, buf.len())?;
            self.check_start(offset)?;
            if count == 0 {
                return Ok(0);
            }
            // The buffer first: what it does not hold any more, the store has had since before.
            let read = match unflushed.read_at(offset, &mut buf[..count]) {
                Some(count) => Some(count),
                None => read_object(&self.core, &mut self.spans, offset, &mut buf[..count]).await?,
            };
            if let (Some(read), Source::Local { view, .. }) = (read, &self.source) {
                // What was fenced off meanwhile is not in the log.
                let count = view.readable(offset, read)?;
                self.position += count as u64;
                return Ok(count);
            }
        }
        self.check_start(self.position)?;
        Err(self.lost())
    }

    async fn read_remote(&mut self, buf: &mut [u8]) -> Result<usize> {
        let offset = self.position;
        if buf.is_empty() {
            return Ok(0);
        }
        for look in 0..LOOKS_MAX {
            if look > 0 || offset >= self.core.index().end() {
                self.refresh().await?;
            }
            self.check_start(offset)?;
            let there = self.core.index().end().saturating_sub(offset);
            let count = usize::try_from(there).map_or(buf.len(), |there| there.min(buf.len()));
            if count == 0 {
                return Ok(0);
            }
            if let Some(count) = read_object(&self.core, &mut self.spans, offset, &mut buf[..count]).await? {
                self.position += count as u64;
                return Ok(count);
            }
        }
        Err(self.lost())
    }

    fn check_start(&self, offset: u64) -> Result<()> {
        let start = self.core.index().start();
        if offset < start { Err(Error::Pruned { start }) } else { Ok(()) }
    }

    /// Bytes that the index names, and the store does not have.
    fn lost(&self) -> Error {
        let entry = self.core.index().locate(self.position);
        let key = entry.map_or_else(|| self.core.requests.names.chunks(), |entry| self.key(&entry));
        broken(IoCall::Read, &key, self.position, "the object is gone: something else deletes objects of the log")
    }

    fn key(&self, entry: &Entry) -> Path {
        entry.object(&self.core.requests.names).0
    }

    async fn refresh(&mut self) -> Result<()> {
        match &self.source {
            Source::Local { .. } => Ok(()),
            Source::Remote(remote) => remote.refresh(&self.core).await,
        }
    }
}

/// Reads bytes that an object holds; `None` where it is not there.
async fn read_object(core: &Arc<Core>, spans: &mut Spans, offset: u64, buf: &mut [u8]) -> Result<Option<usize>> {
    if let Some(count) = spans.read(offset, buf).await? {
        spans.read_ahead(offset + count as u64, |at, len| fetch(core, at, len));
        return Ok(Some(count));
    }
    let len = spans.next_len(offset, buf.len());
    let Some((range, fetching)) = fetch(core, offset, len) else { return Ok(None) };
    let Some(bytes) = fetching.await? else { return Ok(None) };
    spans.keep(range.start, bytes);
    let count = spans.read(offset, buf).await?;
    spans.read_ahead(range.start, |at, len| fetch(core, at, len));
    Ok(count)
}

/// Begins to fetch up to `len` bytes from `offset` on, within one object: which bytes of the log, and a future of them.
fn fetch(
    core: &Arc<Core>,
    offset: u64,
    len: usize,
) -> Option<(Range<u64>, impl Future<Output = Result<Option<Bytes>>> + Send + 'static)> {
    let entry = core.index().locate(offset)?;
    let end = entry.end().min(offset.saturating_add(len as u64));
    let (key, payload_at) = entry.object(&core.requests.names);
    let within = payload_at + offset - entry.offset..payload_at + end - entry.offset;
    let requests = Arc::clone(&core.requests);
    let fetching = core.runtime.run_while_wanted(async move { requests.get(&key, within, offset).await });
    Some((offset..end, fetching))
}

impl AofRead for ObjectReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.position = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        match self.source {
            Source::Local { .. } => self.read_local(buf).await,
            Source::Remote(_) => self.read_remote(buf).await,
        }
    }

    async fn start(&mut self) -> Result<u64> {
        self.refresh().await?;
        Ok(self.core.index().start())
    }

    async fn end(&mut self) -> Result<u64> {
        match &self.source {
            Source::Local { view, .. } => Ok(view.end()),
            Source::Remote(remote) => {
                remote.refresh(&self.core).await?;
                Ok(self.core.index().end())
            }
        }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match &mut self.source {
            Source::Local { view, .. } => view.changed_at(self.position, end).await,
            Source::Remote(remote) => remote.changed(&self.core, end).await,
        }
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        let known = self.core.index().object_before(offset);
        match known {
            Some(boundary) => Ok(boundary),
            None => self.start().await,
        }
    }
}
