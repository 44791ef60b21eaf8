//! Fixtures of segments in a directory.

use crate::disk::Disk;
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Error, Result};
use aof_file::{FileOptions, SyncOn};
use aof_segments::{DirectoryReader, SegmentedBackend, SegmentedOptions};
use aof_testkit::{Call, Capabilities, Fixture, Notes, Trouble};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct SegmentsFixture {
    directory: TempDir,
    disk: Arc<Disk>,
    options: SegmentedOptions,
    file: FileOptions,
    zeros_ahead: bool,
    /// Segments are larger than what the suite writes where it prunes.
    is_coarse: bool,
    buffers_writes: bool,
}

impl SegmentsFixture {
    pub(crate) fn new(segment_bytes: u64, sync_on: SyncOn) -> SegmentsFixture {
        let directory = temporary_directory();
        let disk = Arc::new(Disk::new(&directory.path().join("log")));
        let file = FileOptions::new().keep_cut(false).system(disk.clone());
        let options = SegmentedOptions::new().segment_bytes(segment_bytes).sync_on(sync_on).file(file.clone());
        SegmentsFixture {
            directory,
            disk,
            options,
            file,
            zeros_ahead: false,
            is_coarse: segment_bytes > 1000,
            buffers_writes: false,
        }
    }

    /// With a buffer for small writes.
    pub(crate) fn buffering(mut self, bytes: usize) -> SegmentsFixture {
        self.file = self.file.write_buffer_bytes(bytes);
        self.options = self.options.file(self.file.clone());
        self.buffers_writes = true;
        self
    }

    /// With zeros ahead of the end.
    pub(crate) fn preallocating(mut self, bytes: u64) -> SegmentsFixture {
        self.file = self.file.preallocate_bytes(bytes);
        self.options = self.options.file(self.file.clone());
        self.zeros_ahead = true;
        self
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

impl Fixture for SegmentsFixture {
    type Backend = SegmentedBackend;

    fn capabilities(&self) -> Capabilities {
        let failing = [Call::Read, Call::Write, Call::Checkpoint, Call::Truncate, Call::Prune];
        let mut all = Capabilities::new().truncate().capacity().crash().locks().prune().notes(Notes::Some);
        all = all.failing(&failing);
        // Readers elsewhere see zeros ahead.
        all = if self.zeros_ahead { all.zeros_ahead() } else { all.readers_elsewhere() };
        if self.is_coarse {
            all = all.coarse();
        }
        if self.buffers_writes {
            all = all.buffers_writes();
        }
        all
    }

    async fn create(&self) -> Result<SegmentedBackend> {
        self.options.create(self.path())
    }

    async fn reopen(&self, mut backend: SegmentedBackend) -> Result<SegmentedBackend> {
        let _ = backend.close().await;
        self.options.open(self.path())
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<SegmentedBackend> {
        self.disk.bound(capacity);
        self.create().await
    }

    async fn second_writer(&self) -> Result<SegmentedBackend> {
        self.options.open(self.path())
    }

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        match self.zeros_ahead {
            true => Err(Error::Unsupported { what: "a reader elsewhere that sees no zeros ahead" }),
            false => Ok(Box::new(DirectoryReader::open(self.path())?)),
        }
    }

    async fn crash(&self, backend: SegmentedBackend, seed: u64) -> Result<SegmentedBackend> {
        self.disk.lose_power(seed);
        drop(backend);
        self.disk.come_back();
        self.options.open(self.path())
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        self.disk.trouble(trouble)
    }
}

/// The plain fixture, for those who have no such disk: everything else is refused.
pub(crate) struct PlainFixture(TempDir);

impl PlainFixture {
    pub(crate) fn new() -> PlainFixture {
        PlainFixture(temporary_directory())
    }
}

impl Fixture for PlainFixture {
    type Backend = SegmentedBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate().locks().prune().notes(Notes::Some).readers_elsewhere().coarse()
    }

    async fn create(&self) -> Result<SegmentedBackend> {
        SegmentedOptions::new().segment_bytes(10_000).create(self.0.path())
    }

    async fn reopen(&self, mut backend: SegmentedBackend) -> Result<SegmentedBackend> {
        let _ = backend.close().await;
        self.second_writer().await
    }

    async fn second_writer(&self) -> Result<SegmentedBackend> {
        SegmentedOptions::new().segment_bytes(10_000).open(self.0.path())
    }

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        Ok(Box::new(DirectoryReader::open(self.0.path())?))
    }
}

fn temporary_directory() -> TempDir {
    tempfile::tempdir().expect("the tests need a temporary directory")
}
