//! A backend over an embedded database, `redb`: five blocking methods, and what it takes to test it.
//!
//! `cargo run -p aof-testkit --example redb_backend` prints what the suite says of it;
//! `cargo test -p aof-testkit --example redb_backend` runs every case as a test.

use aof_api::storage::IoCall;
use aof_api::storage::simple::{Simple, SimpleStore};
use aof_api::{AofBackend, Error, Result};
use aof_testkit::{Capabilities, Fixture, Scale, run_all};
use redb::{Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The bytes of the log, in rows whose key is the offset of their first byte.
const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// The longest row: a read fetches whole rows.
const ROW_LEN_MAX: usize = 64 << 10;

/// A log in a database file, which `redb` locks: one process, and one handle in it.
struct RedbStore(Database);

/// The error of a call of the database.
fn failure(call: IoCall, offset: u64, error: impl Into<redb::Error>) -> Error {
    Error::io(call, offset, io::Error::other(error.into()))
}

impl RedbStore {
    /// Opens the log in this file, or makes one.
    fn open(path: &Path) -> Result<RedbStore> {
        match Database::create(path) {
            Ok(database) => {
                let store = RedbStore(database);
                // The table, so that reading need not ask whether there is one.
                store.change(IoCall::Open, 0, Durability::Immediate, |_| Ok(()))?;
                Ok(store)
            }
            Err(DatabaseError::DatabaseAlreadyOpen) => Err(Error::Locked { what: path.display().to_string() }),
            Err(error) => Err(failure(IoCall::Open, 0, error)),
        }
    }

    /// Makes one change, all of it or nothing.
    fn change(
        &self,
        call: IoCall,
        offset: u64,
        durability: Durability,
        change: impl FnOnce(&mut redb::Table<'_, u64, &'static [u8]>) -> std::result::Result<(), redb::Error>,
    ) -> Result<()> {
        let run = || {
            let mut transaction: WriteTransaction = self.0.begin_write()?;
            transaction.set_durability(durability)?;
            change(&mut transaction.open_table(ROWS)?)?;
            transaction.commit()?;
            Ok::<(), redb::Error>(())
        };
        run().map_err(|error| failure(call, offset, error))
    }
}

impl SimpleStore for RedbStore {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let mut run = || {
            let rows = self.0.begin_read()?.open_table(ROWS)?;
            let Some(row) = rows.range(..=offset)?.next_back() else { return Ok(0) };
            let (key, bytes) = row?;
            let there = bytes.value().get((offset - key.value()) as usize..).unwrap_or_default();
            let count = there.len().min(buf.len());
            buf[..count].copy_from_slice(&there[..count]);
            Ok::<usize, redb::Error>(count)
        };
        run().map_err(|error| failure(IoCall::Read, offset, error))
    }

    fn append(&self, at: u64, parts: &[IoSlice<'_>]) -> Result<()> {
        let bytes = parts.iter().map(|part| &**part).collect::<Vec<_>>().concat();
        self.change(IoCall::Write, at, Durability::None, |rows| {
            for (row, offset) in bytes.chunks(ROW_LEN_MAX).zip((at..).step_by(ROW_LEN_MAX)) {
                rows.insert(offset, row)?;
            }
            Ok(())
        })
    }

    fn sync(&self) -> Result<()> {
        // A durable commit makes those before it durable too.
        self.change(IoCall::Sync, 0, Durability::Immediate, |_| Ok(()))
    }

    fn cut(&self, len: u64) -> Result<()> {
        self.change(IoCall::Truncate, len, Durability::Immediate, |rows| {
            rows.retain_in(len.., |_, _| false)?;
            let last = rows.last()?.map(|(key, bytes)| (key.value(), bytes.value().to_vec()));
            if let Some((key, bytes)) = last
                && let Some(kept) = bytes.get(..(len - key) as usize)
            {
                rows.insert(key, kept)?;
            }
            Ok(())
        })
    }

    fn len(&self) -> Result<u64> {
        let run = || {
            let rows = self.0.begin_read()?.open_table(ROWS)?;
            let last = rows.last()?.map(|(key, bytes)| key.value() + bytes.value().len() as u64);
            Ok::<u64, redb::Error>(last.unwrap_or(0))
        };
        run().map_err(|error| failure(IoCall::Stat, 0, error))
    }
}

// From here on, all that it takes to test it.

struct RedbFixture(TempDir);

impl RedbFixture {
    fn new() -> RedbFixture {
        RedbFixture(tempfile::tempdir().expect("the cases need a temporary directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("log.redb")
    }

    fn open(&self) -> Result<Simple<RedbStore>> {
        Simple::new(RedbStore::open(&self.path())?)
    }
}

impl Fixture for RedbFixture {
    type Backend = Simple<RedbStore>;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new().truncate().crash().locks().readers_hold_the_lock()
    }

    async fn create(&self) -> Result<Simple<RedbStore>> {
        self.open()
    }

    async fn reopen(&self, mut backend: Simple<RedbStore>) -> Result<Simple<RedbStore>> {
        let _ = backend.close().await;
        self.open()
    }

    async fn second_writer(&self) -> Result<Simple<RedbStore>> {
        self.open()
    }

    async fn crash(&self, backend: Simple<RedbStore>, _seed: u64) -> Result<Simple<RedbStore>> {
        // The file as it is now; dropping the database would make everything durable first.
        let image = self.0.path().join("image.redb");
        std::fs::copy(self.path(), &image).map_err(|error| Error::io_at(IoCall::Write, &image, 0, error))?;
        drop(backend);
        std::fs::rename(&image, self.path()).map_err(|error| Error::io_at(IoCall::Rename, &image, 0, error))?;
        self.open()
    }

    fn scale(&self) -> Scale {
        // A commit takes milliseconds: as many as ever, of fewer bytes.
        Scale { bytes: 2 << 20, write_bytes: 8 << 20, ..Scale::default() }
    }
}

aof_testkit::conformance!(RedbFixture::new);

fn main() {
    println!("{}", run_all(RedbFixture::new));
}
