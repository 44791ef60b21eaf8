//! A log in a plain file keeps every promise that can be tried without a disk that fails; `aof-testkit` has one that does.

use aof_api::{AofBackend, Result};
use aof_file::FileBackend;
use aof_testkit::{Capabilities, Fixture, conformance};
use std::path::PathBuf;
use tempfile::TempDir;

struct FileFixture(TempDir);

impl FileFixture {
    fn new() -> FileFixture {
        FileFixture(tempfile::tempdir().expect("the tests need a temporary directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("log.aof")
    }
}

impl Fixture for FileFixture {
    type Backend = FileBackend;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate().locks()
    }

    async fn create(&self) -> Result<FileBackend> {
        FileBackend::create(self.path())
    }

    async fn reopen(&self, mut backend: FileBackend) -> Result<FileBackend> {
        // What close answers is the failure of something else; the lock is gone all the same.
        let _ = backend.close().await;
        FileBackend::open(self.path())
    }

    async fn second_writer(&self) -> Result<FileBackend> {
        FileBackend::open(self.path())
    }
}

conformance!(FileFixture::new);
