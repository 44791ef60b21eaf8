//! The backend: what is written, what is durable, and what a failure leaves behind.

use crate::open::lock::LockedFile;
use crate::system::failure::failed;
use crate::system::{FileStatus, OpenFile, System};
use crate::writer::cut;
use crate::writer::end::{End, WriteFailure};
use crate::writer::sync::{Scope, Syncer};
use crate::{Draft, FileOptions, FileReader};
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One log in one file, locked by its one writer.
///
/// Offsets and lengths are bytes from the beginning of the file, at most `i64::MAX`. What is durable when, and what lies
/// on disk, stands at the [crate].
///
/// Beside the errors of the contract ([`AofBackend`]):
///
/// - `write` answers [`Full`](Error::Full) when the disk, a quota or a limit on the size of files is reached.
///   `available` is what the file system has free, and 0 where another limit was hit.
/// - `write` answers [`Io`](Error::Io) when it failed and was undone, and [`Poisoned`](Error::Poisoned) when it could not
///   be undone: whether the file ends in half a write is then found out by opening it anew.
/// - `checkpoint` answers [`Moved`](Error::Moved) when the path no longer names the file, or cannot be looked up any
///   more. Everything is durable, `durable_len` says so, and the backend goes on.
/// - `checkpoint` and `truncate` answer [`Io`](Error::Io) and poison when the file is not as long as what was written:
///   another program cut it, or wrote to it.
/// - `truncate` answers [`Io`](Error::Io) and poisons, before anything is cut, when the bytes to be cut cannot be read or
///   kept (except for want of room). [`FileOptions::keep_cut`] cuts without keeping.
///
/// ```
/// use aof_api::{AofBackend, Error};
/// use aof_file::FileBackend;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank.aof");
/// # futures::executor::block_on(async {
/// let mut backend = FileBackend::open_or_create(&path)?;
/// assert!(matches!(FileBackend::open(&path), Err(Error::Locked { .. })));
///
/// backend.close().await?;
/// let backend = FileBackend::open(&path)?;
/// # drop(backend);
/// # Ok::<(), aof_api::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileBackend {
    /// None once it is closed.
    open: Option<Open>,
    path: PathBuf,
    /// As it was opened, and as the file that a rotation makes is opened.
    options: FileOptions,
    keep_cut: bool,
    end: End,
    durable_len: u64,
    cursor: u64,
    /// What every later write and checkpoint answers.
    poison: Option<Error>,
    kept_cut: Option<PathBuf>,
}

/// What a closed backend has no more.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) system: Arc<dyn System>,
    pub(crate) file: LockedFile,
    /// What the file was when it was opened, to tell whether the path still names it.
    pub(crate) status: FileStatus,
    pub(crate) syncer: Syncer,
}

impl FileBackend {
    /// Makes a new log at `path` and locks it; a file without a byte in it will do too. Nothing is ever overwritten.
    ///
    /// Durable on return: the file and its name. The directory must exist, and be readable.
    ///
    /// # Errors
    ///
    /// [`NotEmpty`](Error::NotEmpty) when the file has bytes; [`Locked`](Error::Locked), at once, when another writer
    /// holds it; [`Io`](Error::Io) when it cannot be made, locked or synced, or is not a regular file.
    pub fn create(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().create(path)
    }

    /// Opens the log at `path`, which must exist, and locks it.
    ///
    /// Durable on return: the name of the file. Its bytes were synced and its page cache dropped, so that reading shows
    /// what the disk holds; yet [`durable_len`](AofBackend::durable_len) is 0 until the first checkpoint. Where the bytes
    /// end in half an entry after a crash is not looked at here: that is for `Aof::open`.
    ///
    /// # Errors
    ///
    /// [`Locked`](Error::Locked), at once, when another writer holds it; [`Io`](Error::Io) when it does not exist, cannot
    /// be opened to write, locked or synced, or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().open(path)
    }

    /// Opens the log at `path` as [`open`](FileBackend::open) does, or makes it as [`create`](FileBackend::create) does.
    ///
    /// # Errors
    ///
    /// [`Locked`](Error::Locked), at once, when another writer holds it; [`Io`](Error::Io) when it cannot be opened, made,
    /// locked or synced, or is not a regular file.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<FileBackend> {
        FileOptions::new().open_or_create(path)
    }

    /// Opens the log at `path` to read it only, beside a live writer or without one: as [`FileReader::open_read_only`].
    ///
    /// # Errors
    ///
    /// Those of [`FileReader::open_read_only`].
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<FileReader> {
        FileReader::open_read_only(path)
    }

    /// The path under which the log was opened, from the root. The file may have been moved since.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the last truncation kept the bytes that it cut; none when there was no truncation, nothing but zeros was cut,
    /// there was no room, or the options say not to keep them.
    #[must_use]
    pub fn kept_cut(&self) -> Option<&Path> {
        self.kept_cut.as_deref()
    }

    /// Makes a [`Draft`] that is to take the place of this log: beside it, with its owner and its permissions.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when it cannot be made, or this process may not give files to the owner of this one;
    /// [`Closed`](Error::Closed) after a close.
    pub fn draft(&self) -> Result<Draft> {
        let open = self.open.as_ref().ok_or(Error::Closed)?;
        // Nobody's but its maker's until it has the owner that it is to have.
        let mut draft = Draft::new(&self.options, &self.path, 0o600)?;
        draft.backend().give_as(open.file.file(), 0o777)?;
        Ok(draft)
    }

    /// Gives the file the owner of `original`, and its permissions as far as `mode_max` has them too.
    pub(crate) fn give_as(&mut self, original: &OpenFile, mode_max: u32) -> Result<()> {
        let open = opened(&mut self.open)?;
        let given = open.system.give_as(original, open.file.file(), mode_max);
        given.map_err(|source| failed("give to the owner of the original", 0, original.path(), source))
    }

    /// Makes a checkpoint, and gives back what was [allocated ahead](FileOptions::preallocate_bytes): the file is as long as
    /// the log, byte for byte, until a later checkpoint allocates again.
    ///
    /// For a log that will not be written for a while, or whose file another program is to read or move. Durable on return:
    /// everything written before, and the length of the file.
    ///
    /// # Errors
    ///
    /// Those of [`checkpoint`](AofBackend::checkpoint), save [`Moved`](Error::Moved): the path is not looked at.
    pub async fn trim(&mut self) -> Result<()> {
        self.flush_to_sync()?;
        // What was written first: should the file turn out to be another's too, nothing is cut.
        self.sync(Scope::Data).await?;
        let open = unpoisoned(&mut self.open, &self.poison)?;
        self.end.trim(open).inspect_err(|failure| {
            poison(&mut self.poison, failure);
        })?;
        self.sync(Scope::All).await
    }

    /// The file and what belongs to it.
    pub(crate) fn open_parts(&self) -> Result<&Open> {
        self.open.as_ref().ok_or(Error::Closed)
    }

    /// Goes on as `log` was opened: a draft allocates nothing ahead.
    pub(crate) fn open_as(&mut self, log: &FileBackend) {
        self.options = log.options.clone();
        self.end.allocate_from_now(self.options.preallocate_bytes);
    }

    /// Says that the file was given the name `path` for good.
    pub(crate) fn rename(&mut self, path: &Path) {
        self.path = path.to_owned();
        if let Some(open) = &self.open {
            open.file.file().rename(path);
        }
    }

    /// Poisons for good, for a failure outside of the calls of the contract.
    pub(crate) fn poison(&mut self, failure: &Error) {
        poison(&mut self.poison, failure);
    }

    /// Whether the path still names the file.
    pub(crate) fn check_path(&self) -> Result<()> {
        self.open.as_ref().ok_or(Error::Closed)?.check_path()
    }

    pub(crate) fn new(options: &FileOptions, file: LockedFile, status: FileStatus) -> FileBackend {
        let system = Arc::clone(&options.system);
        FileBackend {
            path: file.file().path().to_owned(),
            options: options.clone(),
            keep_cut: options.keep_cut,
            end: End::new(status.len, options.write_buffer_bytes, options.preallocate_bytes),
            durable_len: 0,
            cursor: 0,
            poison: None,
            kept_cut: None,
            open: Some(Open {
                syncer: Syncer::new(options.sync_on, Arc::clone(&system), file.share()),
                system,
                file,
                status,
            }),
        }
    }

    fn append(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        if let Some(source) = open.syncer.failure() {
            // A checkpoint was dropped, and its sync has failed since.
            let failure = failed("sync", self.durable_len, &self.path, source);
            return Err(poison(&mut self.poison, &failure));
        }
        let offset = self.end.len();
        let needed = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.len() as u64));
        if needed > 0 {
            self.end.append(open, parts, needed).map_err(|failure| heard(&mut self.poison, failure))?;
        }
        Ok(offset)
    }

    /// Brings what waits in the write buffer into the file. What cannot be written goes on waiting.
    fn flush(&mut self) -> Result<()> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        self.end.flush(open).map_err(|failure| heard(&mut self.poison, failure))
    }

    /// As [`flush`](FileBackend::flush), for a checkpoint or a truncation, which poison when they fail; save for want of
    /// room, as no sync has been issued.
    fn flush_to_sync(&mut self) -> Result<()> {
        self.flush().inspect_err(|failure| {
            if !matches!(failure, Error::Full { .. } | Error::Closed) {
                poison(&mut self.poison, failure);
            }
        })
    }

    /// Makes everything written so far durable, and sees that the file has it; the write buffer is empty.
    async fn sync(&mut self, scope: Scope) -> Result<()> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        let synced = open.syncer.sync(scope).await;
        let synced = synced.map_err(|source| failed("sync", self.durable_len, &self.path, source));
        let synced = synced.and_then(|()| open.check_length(self.end.file_len()));
        synced.inspect_err(|failure| {
            poison(&mut self.poison, failure);
        })?;
        self.durable_len = self.end.len();
        self.end.synced();
        Ok(())
    }

    fn allocate_ahead(&mut self) -> Result<()> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        let (unsynced, is_first) = (self.end.len() - self.durable_len, self.durable_len == 0);
        let allocated = self.end.allocate_ahead(open, unsynced, is_first);
        allocated.inspect_err(|failure| {
            poison(&mut self.poison, failure);
        })
    }

    /// The part of a truncation that happens at once: the copy of what is cut, and the cut.
    fn cut(&mut self, len: u64) -> Result<()> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        // A file that someone else has shortened must not be lengthened again by what should be a cut.
        open.check_length(self.end.file_len())?;
        self.kept_cut = None;
        if self.keep_cut {
            self.kept_cut = cut::keep(&*open.system, open.file.file(), open.status.mode, len..self.end.len())?;
        }
        self.end.cut(open, len)?;
        self.durable_len = self.durable_len.min(len);
        Ok(())
    }

    /// What a close does before the file goes: the buffer and the zeros ahead of the log are no business of the next who
    /// opens it.
    async fn finish(&mut self) -> Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let joined = open.syncer.join().await;
        joined.map_err(|source| failed("sync", self.durable_len, &self.path, source))?;
        if self.poison.is_some() {
            return Ok(());
        }
        self.flush()?;
        if self.end.is_ahead() {
            let open = opened(&mut self.open)?;
            open.check_length(self.end.file_len())?;
            self.end.trim(open)?;
            // So that a power loss does not bring the zeros back.
            self.sync(Scope::All).await?;
        }
        Ok(())
    }
}

/// The parts that a closed backend lacks.
fn opened(open: &mut Option<Open>) -> Result<&mut Open> {
    open.as_mut().ok_or(Error::Closed)
}

/// As [`opened`], for what a poisoned backend refuses.
fn unpoisoned<'open>(open: &'open mut Option<Open>, poison: &Option<Error>) -> Result<&'open mut Open> {
    let open = opened(open)?;
    poison.as_ref().map_or(Ok(open), |poison| Err(poison.clone()))
}

/// The error of a write to the file, which poisons where half a write may have stayed.
fn heard(poison_slot: &mut Option<Error>, failure: WriteFailure) -> Error {
    match failure {
        WriteFailure::Undone(error) => error,
        WriteFailure::Lost(error) => poison(poison_slot, &error),
    }
}

/// Poisons for good, and answers what every later call will.
fn poison(poison: &mut Option<Error>, failure: &Error) -> Error {
    poison.insert(failure.poison()).clone()
}

impl AofRead for FileBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        opened(&mut self.open)?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let open = opened(&mut self.open)?;
        let count = self.end.read(open, buf, self.cursor)?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn end(&mut self) -> Result<u64> {
        opened(&mut self.open)?;
        Ok(self.end.len())
    }
}

impl AofBackend for FileBackend {
    type Reader = FileReader;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.append(parts)
    }

    async fn checkpoint(&mut self) -> Result<u64> {
        self.flush_to_sync()?;
        self.allocate_ahead()?;
        self.sync(Scope::Data).await?;
        opened(&mut self.open)?.check_path()?;
        Ok(self.durable_len)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        let open = unpoisoned(&mut self.open, &self.poison)?;
        let end = self.end.len();
        if len > end {
            return Err(Error::OutOfBounds { offset: len, len: end });
        }
        // A sync that was left behind must be heard before anything is cut: its failure poisons.
        let joined = open.syncer.join().await;
        joined.map_err(|source| failed("sync", self.durable_len, &self.path, source)).inspect_err(|failure| {
            poison(&mut self.poison, failure);
        })?;
        match self.flush_to_sync() {
            // What waits for room behind the cut need not wait any longer, and a full log can be cut.
            Err(Error::Full { .. }) if self.end.discard_behind(len) => {}
            flushed => flushed?,
        }
        if len < self.end.len() {
            self.cut(len).inspect_err(|failure| {
                poison(&mut self.poison, failure);
            })?;
        }
        self.sync(Scope::All).await
    }

    async fn reader(&mut self) -> Result<FileReader> {
        opened(&mut self.open)?;
        if self.poison.is_none() {
            self.flush()?;
        }
        let open = opened(&mut self.open)?;
        Ok(FileReader::of_writer(Arc::clone(&open.system), open.file.share(), self.end.extent().view()))
    }

    async fn close(&mut self) -> Result<()> {
        let finished = self.finish().await;
        self.open = None;
        finished
    }

    fn len(&self) -> u64 {
        self.end.len()
    }

    fn durable_len(&self) -> u64 {
        self.durable_len
    }

    /// Always 0: the file does not say where its last whole write begins.
    fn recovery_offset(&self) -> u64 {
        0
    }
}

impl Drop for FileBackend {
    /// As a close, as far as it goes without waiting for a sync: nobody hears of a failure.
    fn drop(&mut self) {
        if self.flush().is_err() || !self.end.is_ahead() {
            return;
        }
        if let Some(open) = &mut self.open
            && open.check_length(self.end.file_len()).is_ok()
        {
            let _ = self.end.trim(open);
        }
    }
}
