//! The backend: one writer of one file.

use crate::open::file::LogFile;
use crate::open::lock::LockedFile;
use crate::open::options::FileOptions;
use crate::reader::view::FileView;
use crate::reader::{FileReader, next_data};
use crate::writer::checkpoint::Checkpoint;
use crate::writer::end::{End, WriteFailure};
use crate::writer::sync::Syncer;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One log in one file, locked by its one writer.
///
/// Offsets and lengths are bytes from the beginning of the file, at most `i64::MAX`. The page of the [crate] says what is
/// durable when, and what is on disk.
///
/// Beside the errors of the contract ([`AofBackend`]):
///
/// - `write` fails with [`Full`](Error::Full) when the disk, a quota or a limit on the size of files is reached.
///   `available` is what the file system has free, and 0 where another limit was hit.
/// - `write` fails with [`Io`](Error::Io) when it was undone, and with [`Poisoned`](Error::Poisoned) when it could not be
///   undone: whether the file ends in half a write is then found out by opening it again.
/// - `checkpoint` fails with [`Moved`](Error::Moved) when the path no longer names the file, or cannot be looked up any
///   more. Everything is durable, `durable_len` says so, and the backend continues.
/// - `checkpoint` and `truncate` fail with [`Io`](Error::Io) and poison when the file is not as long as what was written:
///   another program cut it, or wrote to it. So does a checkpoint when the file has become shorter during its sync.
/// - `truncate` fails with [`Io`](Error::Io) and poisons, before anything is cut, when the bytes to be cut cannot be read or
///   kept (except for want of room). [`FileOptions::keep_cut`] cuts without keeping.
/// - `prune` fails with [`Unsupported`](Error::Unsupported): rotate the log, or keep it in segments.
///
/// # Blocking
///
/// Every call works on the calling thread, and its future is ready at the first poll, except for syncs: with
/// [`SyncOn::Helper`](crate::SyncOn::Helper), the default, a thread of the backend makes them, and the futures of
/// `checkpoint`, `truncate` and `close` wait for it and block nobody; only the copy that a truncation keeps is synced on the
/// calling thread. The table at the [crate](crate#blocking) says how
/// long which call may take. In an executor that must not wait for a disk at all:
///
/// ```
/// use aof_api::{AofBackend, AofBackendExt};
/// use aof_file::FileBackend;
/// use std::io::IoSlice;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank.aof");
/// // With tokio: `tokio::task::spawn_blocking(move || ..)`.
/// let appending = std::thread::spawn(move || {
///     futures::executor::block_on(async {
///         let mut backend = FileBackend::create(&path)?;
///         backend.write(&[IoSlice::new(b"entry")]).await?;
///         backend.checkpoint(&[]).await?;
///         Ok::<u64, aof_api::Error>(backend.unflushed())
///     })
/// });
/// assert_eq!(appending.join().unwrap()?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Example
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
    pub(super) open: Option<Open>,
    path: PathBuf,
    /// As it was opened, and as the file that a rotation makes is opened.
    options: FileOptions,
    pub(super) end: End,
    cursor: u64,
    pub(super) kept_cut: Option<PathBuf>,
}

/// What a closed backend has no more.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) log: Arc<LogFile>,
    pub(super) syncer: Syncer,
    /// Last, so that nothing of the others outlives it.
    _lock: LockedFile,
}

impl FileBackend {
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

    /// The bytes of the file, for a storage that knows itself how far its log reaches.
    ///
    /// # Errors
    ///
    /// [`Closed`](Error::Closed) after a close.
    pub fn view(&mut self) -> Result<FileView> {
        let (_, unflushed) = self.end.views();
        Ok(FileView::of_writer(self.log_file()?, unflushed))
    }

    pub(super) fn new(options: &FileOptions, lock: LockedFile, log: LogFile) -> FileBackend {
        let log = Arc::new(log);
        let end = End::new(log.status.len, options.write_buffer_bytes, options.preallocate_bytes);
        let syncer = Syncer::new(options.sync_on, Arc::clone(&log), end.reach().settler());
        FileBackend {
            path: log.path().to_owned(),
            options: options.clone(),
            end,
            cursor: 0,
            kept_cut: None,
            open: Some(Open { log, syncer, _lock: lock }),
        }
    }

    /// The file of the log.
    pub(crate) fn log_file(&self) -> Result<&Arc<LogFile>> {
        self.open.as_ref().map(|open| &open.log).ok_or(Error::Closed)
    }

    pub(crate) fn options(&self) -> &FileOptions {
        &self.options
    }

    /// Continues with the options of `log`: a draft allocates nothing ahead.
    pub(crate) fn open_as(&mut self, log: &FileBackend) {
        self.options = log.options.clone();
        self.end.allocate_from_now(self.options.preallocate_bytes);
    }

    /// Says that the file was given its final name, `path`.
    pub(crate) fn rename(&mut self, path: &Path) {
        self.path = path.to_owned();
        if let Some(open) = &self.open {
            open.log.file.rename(path);
        }
    }

    /// Refuses every later write and checkpoint, and returns their error.
    pub(crate) fn poison(&mut self, failure: &Error) -> Error {
        if let Some(open) = &self.open {
            // First, so that no sync that is under way counts any more.
            open.syncer.stop(failure.poison());
        }
        self.end.extent().poison(failure)
    }

    /// The error of a write to the file, which poisons where half a write may have stayed.
    pub(super) fn heard(&mut self, failure: WriteFailure) -> Error {
        match failure {
            WriteFailure::Undone(error) => error,
            WriteFailure::Lost(error) => self.poison(&error),
        }
    }

    fn append(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let open = check_writable(&self.open, &self.end)?;
        let offset = self.end.len();
        let needed = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.len() as u64));
        if needed > 0 {
            self.end.append(&open.log, parts, needed).map_err(|failure| self.heard(failure))?;
        }
        Ok(offset)
    }
}

/// Fails where the log takes no more writes.
fn check_writable<'open>(open: &'open Option<Open>, end: &End) -> Result<&'open Open> {
    let checked = end.reach().check();
    if let (Err(_), Some(open)) = (&checked, open) {
        // Whatever sync failed: this call returns it.
        drop(open.syncer.unheard());
    }
    checked?;
    open.as_ref().ok_or(Error::Closed)
}

impl AofRead for FileBackend {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.log_file()?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = self.end.read(self.log_file()?, buf, self.cursor)?;
        self.cursor += count as u64;
        Ok(count)
    }

    /// Always 0: nothing of a file is given back.
    async fn start(&mut self) -> Result<u64> {
        self.log_file().map(|_| 0)
    }

    async fn end(&mut self) -> Result<u64> {
        self.log_file().map(|_| self.end.len())
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.log_file()?;
        match self.end.len() {
            len if len > end => Ok(len),
            _ => {
                self.end.reach().check()?;
                Err(Error::Unsupported { what: "waiting on the backend itself, which nobody else can write," })
            }
        }
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        let log = self.log_file()?;
        Ok(next_data(log, offset, self.end.len_in_file()))
    }
}

impl AofBackend for FileBackend {
    type Reader = FileReader;
    type Checkpoint = Checkpoint;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.append(parts)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Checkpoint {
        self.begin_checkpoint(note).unwrap_or_else(|failure| Checkpoint::settled(Err(failure)))
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.cut_to(len).await
    }

    async fn prune(&mut self, _to: u64) -> Result<u64> {
        check_writable(&self.open, &self.end)?;
        Err(Error::Unsupported { what: "pruning one file (rotate the log, or keep it in segments)" })
    }

    async fn reader(&mut self) -> Result<FileReader> {
        let log = Arc::clone(self.log_file()?);
        Ok(FileReader::of_writer(&log, self.end.views()))
    }

    async fn close(&mut self) -> Result<()> {
        let finished = self.finish().await;
        self.give_up();
        finished
    }

    fn len(&self) -> u64 {
        self.end.len()
    }

    fn durable_len(&self) -> u64 {
        self.end.reach().durable_len()
    }

    /// Always `None`: the file has the bytes of the log and nothing else.
    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}
