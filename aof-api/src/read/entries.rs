//! Reading: entry by entry, borrowed or as a stream, from any offset, past damage, while the log is written.

use crate::format::damage::Damage;
use crate::format::entry::AofEntry;
use crate::format::prepare::Prepare;
use crate::read::options::Options;
use crate::read::scan::{DamagedRange, Scan, Step};
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};
use futures::stream::{self, Stream};
use std::ops::Deref;

/// An entry, and where it is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocatedEntry<'a> {
    /// The offset of its magic.
    pub offset: u64,
    /// The entry.
    pub entry: AofEntry<'a>,
}

impl<'a> Deref for LocatedEntry<'a> {
    type Target = AofEntry<'a>;

    fn deref(&self) -> &AofEntry<'a> {
        &self.entry
    }
}

/// Reads the entries of a log over any [`AofRead`], verified, many for each read of the backend.
///
/// The chain is not checked: use [`validate`](crate::validate::validate()) for that. Memory is bounded by
/// [`Options::chunk_len`] and one entry.
///
/// At the end of the log, [`next`](Entries::next) returns `None`, and asking again looks for more, so a log that grows
/// can be followed. An incomplete last entry of a log that somebody writes is [`Damage::Torn`](crate::format::Damage::Torn);
/// it is *pending*: asking again looks again.
///
/// ```
/// use aof_api::{Aof, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
/// let mut entries = log.entries().await?;
/// log.append(Operation(200), b"one").await?;
/// log.append(Operation(200), b"two").await?;
/// let mut bodies = Vec::new();
/// while let Some(entry) = entries.next().await? {
///     bodies.push(entry.body().to_vec());
/// }
/// assert_eq!(bodies, [b"one", b"two"]);
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
pub struct Entries<R> {
    scan: Scan<R>,
    /// The next entry of the batch that the scan is at.
    index: usize,
}

impl<R: AofRead> Entries<R> {
    /// Reads from where the log begins: the first byte ever written, or, once it was pruned, the first that is held.
    pub fn new(reader: R, options: Options) -> Entries<R> {
        Entries { scan: Scan::from_start(reader, options), index: 0 }
    }

    /// Reads from `offset`, where an entry should begin; [`resync`](Entries::resync) finds one from anywhere.
    pub fn starting_at(reader: R, offset: u64, options: Options) -> Entries<R> {
        Entries { scan: Scan::new(reader, offset, options), index: 0 }
    }

    /// The next entry, borrowed until the next call; `None` at the end of the log.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where no whole entry begins: the reader stays there, [`resync`](Entries::resync) passes it.
    /// [`Error::Io`] and the other failures of [`AofRead::read`]: the reader stays there, and asking again tries again.
    pub async fn next(&mut self) -> Result<Option<LocatedEntry<'_>>> {
        while self.index >= self.scan.entry_count() {
            self.index = 0;
            match self.scan.step().await? {
                Step::Entries => {}
                Step::Damage(at) => return Err(Error::damaged(at.offset, at.damage)),
                Step::End => return Ok(None),
            }
        }
        let (offset, entry) = self.scan.entry(self.index);
        self.index += 1;
        Ok(Some(LocatedEntry { offset, entry }))
    }

    /// Where the next entry should begin; 0 before the first call of [`next`](Entries::next), unless another offset was
    /// chosen.
    #[must_use]
    pub fn offset(&self) -> u64 {
        if self.index < self.scan.entry_count() { self.scan.entry(self.index).0 } else { self.scan.offset() }
    }

    /// Continues at `offset`, where an entry should begin.
    pub fn seek(&mut self, offset: u64) {
        self.index = 0;
        self.scan.seek(offset);
    }

    /// Passes damage: goes to the next entry with a valid header, or to the end of the log, and returns what was
    /// passed; `None` where a whole entry begins here: its place is looked at once more in the end, so that an entry which
    /// its writer finished meanwhile is not taken for damage.
    ///
    /// A magic alone is not enough, because a body may contain one: the header after it must verify.
    ///
    /// # Errors
    ///
    /// As [`AofRead::read`].
    pub async fn resync(&mut self) -> Result<Option<DamagedRange>> {
        if self.index < self.scan.entry_count() {
            return Ok(None);
        }
        self.index = 0;
        // What was incomplete may be whole by now.
        let known = self.scan.damage().is_some_and(|damage| !matches!(damage, Damage::Torn { .. }));
        if known || matches!(self.scan.step().await?, Step::Damage(_)) {
            return self.scan.resync().await;
        }
        Ok(None)
    }

    /// The entries as a stream of owned prepares. It ends at the end of the log and after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Prepare>> + Send {
        self.stream(false)
    }

    /// As [`into_stream`](Entries::into_stream), but damage does not end the stream: its [`Error::Corrupt`] is an item,
    /// and the next valid entry follows. Other errors end it.
    pub fn into_resyncing_stream(self) -> impl Stream<Item = Result<Prepare>> + Send {
        self.stream(true)
    }

    fn stream(self, resync: bool) -> impl Stream<Item = Result<Prepare>> + Send {
        stream::unfold(Some(self), move |entries| async move {
            let mut entries = entries?;
            match entries.next().await {
                Ok(entry) => {
                    let prepare = entry?.to_prepare();
                    Some((Ok(prepare), Some(entries)))
                }
                Err(error @ Error::Corrupt { .. }) if resync => match entries.resync().await {
                    Ok(_) => Some((Err(error), Some(entries))),
                    Err(error) => Some((Err(error), None)),
                },
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    pub(crate) fn options(&self) -> Options {
        self.scan.options()
    }

    /// The reader underneath, for what it can do beside reading.
    pub(crate) fn reader_mut(&mut self) -> &mut R {
        self.scan.reader()
    }

    /// The reader underneath; its cursor is unspecified.
    pub fn into_inner(self) -> R {
        self.scan.into_reader()
    }
}
