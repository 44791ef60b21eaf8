//! The log for programs without async: the same calls, each driven to its end on the calling thread.
//!
//! Every call parks its thread while the storage works; no executor is needed, and calling one of them inside an executor
//! blocks the thread of that executor, nothing else. Many threads that share one log use
//! [`GroupCommit`](crate::GroupCommit), whose futures any `block_on` drives from a plain thread.

mod park;

use crate::chain::rule::Rule;
use crate::chain::tip::Tip;
use crate::format::appended::Appended;
use crate::format::checksum::Checksum;
use crate::format::operation::Operation;
use crate::format::prepare::Prepare;
use crate::log::aof::{Seam, Successor};
use crate::log::meta::Meta;
use crate::log::options::LogOptions;
use crate::log::recovery::report::Recovery;
use crate::read::entries::LocatedEntry;
use crate::read::find::Target;
use crate::read::scan::DamagedRange;
use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::Result;
use crate::validate::validator::Validation;
use park::block_on;

/// An [`Aof`](crate::Aof) whose calls block.
///
/// ```
/// use aof_api::log::blocking::Aof;
/// use aof_api::{LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new())?;
/// log.append(Operation(200), b"one")?;
/// log.checkpoint()?;
/// let mut entries = log.entries()?;
/// assert_eq!(entries.next()?.unwrap().body(), b"one");
/// # Ok::<(), aof_api::Error>(())
/// ```
pub struct Aof<B> {
    log: crate::Aof<B>,
}

impl<B: AofBackend> Aof<B> {
    /// As [`Aof::create`](crate::Aof::create).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn create(backend: B, options: LogOptions) -> Result<Aof<B>> {
        Ok(Aof { log: block_on(crate::Aof::create(backend, options))? })
    }

    /// As [`Aof::open`](crate::Aof::open).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn open(backend: B, options: LogOptions) -> Result<(Aof<B>, Recovery)> {
        let (log, recovery) = block_on(crate::Aof::open(backend, options))?;
        Ok((Aof { log }, recovery))
    }

    /// As [`Aof::open_with`](crate::Aof::open_with).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn open_with(
        backend: B,
        options: LogOptions,
        visit: impl FnMut(LocatedEntry<'_>) -> Result<()> + Send,
    ) -> Result<(Aof<B>, Recovery)> {
        let (log, recovery) = block_on(crate::Aof::open_with(backend, options, visit))?;
        Ok((Aof { log }, recovery))
    }

    /// As [`Aof::write`](crate::Aof::write).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn write(&mut self, prepare: &Prepare) -> Result<u64> {
        block_on(self.log.write(prepare))
    }

    /// As [`Aof::write_all`](crate::Aof::write_all).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn write_all(&mut self, prepares: &[Prepare]) -> Result<u64> {
        block_on(self.log.write_all(prepares))
    }

    /// As [`Aof::append`](crate::Aof::append).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn append(&mut self, operation: Operation, body: &[u8]) -> Result<Appended> {
        block_on(self.log.append(operation, body))
    }

    /// As [`Aof::append_with`](crate::Aof::append_with).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn append_with(&mut self, meta: Meta, operation: Operation, body: &[u8]) -> Result<Appended> {
        block_on(self.log.append_with(meta, operation, body))
    }

    /// As [`Aof::append_all`](crate::Aof::append_all).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn append_all(&mut self, entries: &[(Operation, impl AsRef<[u8]> + Sync)]) -> Result<Vec<Appended>> {
        block_on(self.log.append_all(entries))
    }

    /// As [`Aof::checkpoint`](crate::Aof::checkpoint).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn checkpoint(&mut self) -> Result<u64> {
        block_on(self.log.checkpoint())
    }

    /// Begins a checkpoint, to be waited for later; the log is written meanwhile.
    ///
    /// ```
    /// # use aof_api::log::blocking::Aof;
    /// # use aof_api::{LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// let mut log = Aof::create(MemoryBackend::new(), LogOptions::new())?;
    /// log.append(Operation(200), b"one")?;
    /// let checkpoint = log.start_checkpoint();
    /// log.append(Operation(200), b"two")?;
    /// assert_eq!(checkpoint.wait()?, 275);
    /// # Ok::<(), aof_api::Error>(())
    /// ```
    pub fn start_checkpoint(&mut self) -> Checkpoint<B> {
        Checkpoint { under_way: self.log.checkpoint() }
    }

    /// As [`Aof::prune`](crate::Aof::prune).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn prune(&mut self, op: u64) -> Result<u64> {
        block_on(self.log.prune(op))
    }

    /// As [`Aof::get`](crate::Aof::get).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn get(&mut self, op: u64) -> Result<Option<Prepare>> {
        block_on(self.log.get(op))
    }

    /// As [`Aof::seam`](crate::Aof::seam).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn seam(&mut self) -> Result<Option<Seam>> {
        block_on(self.log.seam())
    }

    /// As [`Aof::continue_in`](crate::Aof::continue_in).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn continue_in(&mut self, next: Successor<B>) -> Result<B> {
        self.log.continue_in(next)
    }

    /// As [`Aof::validate`](crate::Aof::validate).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn validate(&mut self, rule: Rule, expected_tip: Option<Checksum>) -> Result<Validation> {
        block_on(self.log.validate(rule, expected_tip))
    }

    /// As [`Aof::entries`](crate::Aof::entries).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn entries(&mut self) -> Result<Entries<B::Reader>> {
        Ok(Entries { entries: block_on(self.log.entries())? })
    }

    /// As [`Aof::entries_from`](crate::Aof::entries_from).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn entries_from(&mut self, target: Target) -> Result<Entries<B::Reader>> {
        Ok(Entries { entries: block_on(self.log.entries_from(target))? })
    }

    /// As [`Aof::tip`](crate::Aof::tip).
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        self.log.tip()
    }

    /// As [`Aof::len`](crate::Aof::len).
    #[must_use]
    pub fn len(&self) -> u64 {
        self.log.len()
    }

    /// As [`Aof::is_empty`](crate::Aof::is_empty).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// As [`Aof::start`](crate::Aof::start).
    #[must_use]
    pub fn start(&self) -> u64 {
        self.log.start()
    }

    /// As [`Aof::durable_len`](crate::Aof::durable_len).
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.log.durable_len()
    }

    /// As [`Aof::unflushed`](crate::Aof::unflushed).
    #[must_use]
    pub fn unflushed(&self) -> u64 {
        self.log.unflushed()
    }

    /// As [`Aof::backend`](crate::Aof::backend).
    #[must_use]
    pub fn backend(&self) -> &B {
        self.log.backend()
    }

    /// The log whose calls do not block, for functions that take one: drive their futures by an executor of your own.
    pub fn get_mut(&mut self) -> &mut crate::Aof<B> {
        &mut self.log
    }

    /// As [`Aof::into_inner`](crate::Aof::into_inner).
    #[must_use]
    pub fn into_inner(self) -> B {
        self.log.into_inner()
    }

    /// As [`Aof::close`](crate::Aof::close).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn close(self) -> Result<()> {
        block_on(self.log.close())
    }
}

/// A checkpoint that was begun. Dropping it loses nothing that was written.
#[must_use = "what was written is durable once this was waited for"]
pub struct Checkpoint<B: AofBackend> {
    under_way: B::Checkpoint,
}

impl<B: AofBackend> Checkpoint<B> {
    /// Waits until everything written before the checkpoint was begun is durable, and returns how many bytes from the
    /// beginning are.
    ///
    /// # Errors
    ///
    /// As [`Aof::checkpoint`](crate::Aof::checkpoint).
    pub fn wait(self) -> Result<u64> {
        block_on(self.under_way)
    }
}

/// [`Entries`](crate::Entries) whose calls block.
pub struct Entries<R> {
    entries: crate::Entries<R>,
}

impl<R: AofRead> Entries<R> {
    /// As [`Entries::next`](crate::Entries::next).
    ///
    /// # Errors
    ///
    /// The same.
    #[allow(clippy::should_implement_trait, reason = "it lends, which an iterator cannot")]
    pub fn next(&mut self) -> Result<Option<LocatedEntry<'_>>> {
        block_on(self.entries.next())
    }

    /// As [`Entries::resync`](crate::Entries::resync).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn resync(&mut self) -> Result<Option<DamagedRange>> {
        block_on(self.entries.resync())
    }

    /// As [`Entries::seek`](crate::Entries::seek).
    pub fn seek(&mut self, offset: u64) {
        self.entries.seek(offset);
    }
}

impl<R> From<crate::Entries<R>> for Entries<R> {
    fn from(entries: crate::Entries<R>) -> Entries<R> {
        Entries { entries }
    }
}
