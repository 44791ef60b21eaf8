//! How a log in segments is opened.

use aof_file::{FileOptions, SyncOn};

/// The smallest segment after which the log continues in another, in bytes, where nothing else is said.
const SEGMENT_BYTES: u64 = 64 << 20;

/// How a log in segments is opened: how large they are, how each file is opened, and which thread syncs.
///
/// ```
/// use aof_api::AofBackend;
/// use aof_file::FileOptions;
/// use aof_segments::SegmentedOptions;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("bank");
/// let options = SegmentedOptions::new().segment_bytes(16 << 20).file(FileOptions::new().preallocate_bytes(4 << 20));
/// let backend = options.open_or_create(&path)?;
/// assert_eq!(backend.len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SegmentedOptions {
    pub(crate) file: FileOptions,
    pub(crate) tuning: Tuning,
}

/// What does not depend on where the segments are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    pub(crate) segment_bytes: u64,
    pub(crate) sync_on: SyncOn,
    pub(crate) spares: usize,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning { segment_bytes: SEGMENT_BYTES, sync_on: SyncOn::default(), spares: 1 }
    }
}

impl Tuning {
    /// The defaults: segments of 64 MiB, checkpoints on a helper thread, one spare.
    #[must_use]
    pub fn new() -> Tuning {
        Tuning::default()
    }

    /// As [`SegmentedOptions::segment_bytes`].
    #[must_use]
    pub fn segment_bytes(mut self, bytes: u64) -> Tuning {
        self.segment_bytes = bytes.max(1);
        self
    }

    /// As [`SegmentedOptions::sync_on`].
    #[must_use]
    pub fn sync_on(mut self, sync_on: SyncOn) -> Tuning {
        self.sync_on = sync_on;
        self
    }

    /// As [`SegmentedOptions::spares`].
    #[must_use]
    pub fn spares(mut self, spares: usize) -> Tuning {
        self.spares = spares.max(1);
        self
    }
}

impl Default for SegmentedOptions {
    fn default() -> SegmentedOptions {
        SegmentedOptions { file: FileOptions::new().sync_on(SyncOn::Caller), tuning: Tuning::new() }
    }
}

impl SegmentedOptions {
    /// The defaults: segments of 64 MiB, checkpoints on a helper thread, one spare, nothing buffered or allocated ahead, cut
    /// bytes kept.
    #[must_use]
    pub fn new() -> SegmentedOptions {
        SegmentedOptions::default()
    }

    /// Sets how many bytes a segment has at least before a checkpoint seals it; at least 1, 64 MiB by default.
    ///
    /// The log is divided at a checkpoint that carries a note, which those of `Aof` do: so a segment is as much longer as
    /// was written between two checkpoints. Pruning gives back whole segments, and opening reads the last one.
    #[must_use]
    pub fn segment_bytes(mut self, bytes: u64) -> SegmentedOptions {
        self.tuning = self.tuning.segment_bytes(bytes);
        self
    }

    /// Sets how each file is opened. [`FileOptions::sync_on`] does not count here: see
    /// [`sync_on`](SegmentedOptions::sync_on).
    #[must_use]
    pub fn file(mut self, file: FileOptions) -> SegmentedOptions {
        // One thread for the log, not one for each file.
        self.file = file.sync_on(SyncOn::Caller);
        self
    }

    /// Chooses the thread on which checkpoints sync and segments are sealed, made ahead and removed; a helper of the backend's
    /// own by default.
    #[must_use]
    pub fn sync_on(mut self, sync_on: SyncOn) -> SegmentedOptions {
        self.tuning = self.tuning.sync_on(sync_on);
        self
    }

    /// Sets how many empty segments are made ahead, at least 1, the default.
    ///
    /// One is enough unless segments are sealed faster than the helper thread makes files. A checkpoint that finds none does
    /// not seal: the segment grows.
    #[must_use]
    pub fn spares(mut self, spares: usize) -> SegmentedOptions {
        self.tuning = self.tuning.spares(spares);
        self
    }
}
