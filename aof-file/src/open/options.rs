//! How a log is opened.

use crate::system::{OsSystem, System};
use std::sync::Arc;

/// The thread on which a checkpoint syncs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncOn {
    /// The thread that polls the checkpoint, which blocks meanwhile: the least latency where a thread has one log. A
    /// checkpoint that is polled while another thread syncs the same file is pending, and is woken. Nothing is synced that
    /// nobody polls, except by `truncate` and `close`.
    Caller,
    /// A helper thread of the backend's own, made at the first checkpoint: no executor is held up, and the bytes become
    /// durable whether the checkpoint is polled or not. Where no thread can be made, the polling one does it.
    #[default]
    Helper,
}

/// How a log is opened: where its syncs run, what is buffered and allocated ahead, and whether a cut keeps what it cuts.
///
/// ```
/// use aof_api::AofBackend;
/// use aof_file::{FileOptions, SyncOn};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank.aof");
/// let backend = FileOptions::new().sync_on(SyncOn::Caller).keep_cut(false).open_or_create(&path)?;
/// assert_eq!(backend.len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileOptions {
    pub(crate) sync_on: SyncOn,
    pub(crate) keep_cut: bool,
    pub(crate) write_buffer_bytes: usize,
    pub(crate) preallocate_bytes: u64,
    pub(crate) mode_max: u32,
    pub(crate) system: Arc<dyn System>,
}

impl Default for FileOptions {
    fn default() -> FileOptions {
        FileOptions {
            sync_on: SyncOn::default(),
            keep_cut: true,
            write_buffer_bytes: 0,
            preallocate_bytes: 0,
            mode_max: 0o777,
            system: Arc::new(OsSystem),
        }
    }
}

impl FileOptions {
    /// The defaults: syncs on a helper thread, nothing buffered or allocated ahead, cut bytes kept.
    #[must_use]
    pub fn new() -> FileOptions {
        FileOptions::default()
    }

    /// Chooses the thread on which a checkpoint syncs; [`SyncOn::Helper`] by default.
    #[must_use]
    pub fn sync_on(mut self, sync_on: SyncOn) -> FileOptions {
        self.sync_on = sync_on;
        self
    }

    /// Chooses whether a truncation first copies what it cuts to `LOG.cut-OFFSET`; it does by default.
    #[must_use]
    pub fn keep_cut(mut self, keep_cut: bool) -> FileOptions {
        self.keep_cut = keep_cut;
        self
    }

    /// Sets how many bytes of small writes are gathered before they go to the file in one system call; 0, the default, for
    /// none.
    ///
    /// For programs that append many small entries to a checkpoint, one by one; 64 to 256 KiB are reasonable. Off by
    /// default for what it costs: a process that is killed loses what waits, where without a buffer only a power loss takes
    /// what no checkpoint made durable.
    ///
    /// Writes of half as much and more go to the file at once, after what was gathered. A checkpoint, a truncation, a
    /// close and a drop bring everything to the file. What waits is seen by the backend and by all of its readers; another
    /// process sees it after the next checkpoint at the latest. A disk that is full shows in the call that brings the bytes
    /// to the file, as [`Full`](aof_api::Error::Full), also from a checkpoint: the bytes continue to wait, nothing is
    /// poisoned, and with more room the next checkpoint makes them durable. A close without room loses them, and says so.
    #[must_use]
    pub fn write_buffer_bytes(mut self, bytes: usize) -> FileOptions {
        self.write_buffer_bytes = bytes;
        self
    }

    /// Sets how far ahead of the end zeros are written, in bytes; 0, the default, for not at all.
    ///
    /// Syncs then write data and no metadata, to space that the disk has given already: faster on most file systems, most
    /// of all for small checkpoints and on disks that are thin. The first checkpoint after opening the log (for `Aof::open`, its
    /// own) pays for the first `bytes`, and when they are used up, one of many small checkpoints pays for the next.
    /// Checkpoints of more than a 64th of `bytes` use zeros that are there, but have no new ones written: they would
    /// write everything twice. 4 to 64 MiB are reasonable; give as much as the log is to grow between two openings where
    /// nothing but speed counts, and the time at the opening does not.
    ///
    /// While the log is open, and after a crash, the file is longer than the log by zeros, the one case in which its
    /// bytes are not those of the reference. `close` and a drop cut them off, and after a crash `Aof::open` does (the
    /// backend cannot: a body may end in zeros, too). Readers of this backend do not see them; to others they are
    /// *pending* while a writer holds the log. A disk without room for zeros is no error: they are given back, and
    /// allocating ahead ends until the log is opened again. See [what is on disk](crate#what-is-on-disk), and
    /// [`trim`](crate::FileBackend::trim).
    #[must_use]
    pub fn preallocate_bytes(mut self, bytes: u64) -> FileOptions {
        self.preallocate_bytes = bytes;
        self
    }

    /// Lets a file that is made be no more open than one with the permission bits `mode`; called again, than with any of
    /// them. Unix only. By default the umask alone decides.
    ///
    /// For logs that are made from others, which nobody is to read who may not read those: give the
    /// [mode](crate::FileReader::mode) of each. The file has no other bits from the moment it exists, and the umask takes more
    /// away. Its owner may read and write it in any case. What is there already stays as it is, save that a
    /// [`Draft`](crate::Draft) that replaces it is as private as both.
    ///
    /// ```
    /// use aof_file::{FileOptions, FileReader};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let (path, copy) = (directory.path().join("bank.aof"), directory.path().join("copy.aof"));
    /// # std::fs::write(&path, b"")?;
    /// let source = FileReader::open_read_only(&path)?;
    /// let backend = FileOptions::new().no_more_open_than(source.mode()?).create(&copy)?;
    /// # drop(backend);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn no_more_open_than(mut self, mode: u32) -> FileOptions {
        self.mode_max &= mode | 0o600;
        self
    }

    /// The permission bits with which a file is made, before the umask.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.mode_max & 0o666
    }

    /// Whether a truncation keeps what it cuts: [`keep_cut`](FileOptions::keep_cut).
    #[must_use]
    pub fn keeps_cut(&self) -> bool {
        self.keep_cut
    }

    /// The system calls under the backend: for storages that keep other files beside the log. Needs the feature `system`.
    #[cfg(feature = "system")]
    #[must_use]
    pub fn calls(&self) -> &Arc<dyn System> {
        &self.system
    }

    /// Puts other system calls under the backend: for tests. See [`system`](crate::system). Needs the feature `system`.
    #[cfg(feature = "system")]
    #[must_use]
    pub fn system(mut self, system: Arc<dyn System>) -> FileOptions {
        self.system = system;
        self
    }
}
