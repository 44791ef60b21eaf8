//! Where the logs of the suite are.

use crate::Types;
use aof_api::{AofBackend, DynAofBackend};
use aof_file::FileBackend;
use aof_memory::MemoryBackend;
use aof_openraft::testing::Fixture;
use aof_openraft::{AofLogStore, StoreOptions};
use aof_testkit::Notes;
use aof_testkit::disk::{Retention, SimBackend, SimDisk};
use std::io;
use std::sync::Mutex;
use tempfile::TempDir;

type Store<B> = AofLogStore<Types, B>;

/// Entries are read from the storage, except the newest few: both ways are tried.
pub(crate) async fn open<B: AofBackend + 'static>(backend: B) -> io::Result<Store<B>> {
    Ok(AofLogStore::open(backend, StoreOptions::new().cache_bytes(64)).await?.0)
}

/// Bytes in memory. A checkpoint is immediate, so that a crash loses nothing.
pub(crate) struct Memory;

impl Fixture<Types> for Memory {
    type Place = Mutex<Vec<u8>>;
    type Store = Store<MemoryBackend>;

    fn place(&self) -> io::Result<Mutex<Vec<u8>>> {
        Ok(Mutex::default())
    }

    async fn open(&self, place: &Mutex<Vec<u8>>) -> io::Result<Self::Store> {
        let backend = MemoryBackend::from_bytes_with_capacity(&place.lock().unwrap(), 1 << 20);
        open(backend).await
    }

    async fn flush(&self, store: &mut Self::Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, place: &Mutex<Vec<u8>>, store: Self::Store) -> io::Result<()> {
        store.flush().await?;
        *place.lock().unwrap() = store.into_inner().await?.snapshot();
        Ok(())
    }

    async fn crash(&self, place: &Mutex<Vec<u8>>, store: Self::Store) -> io::Result<()> {
        let backend = store.into_inner().await?;
        // Just what is durable.
        let durable = usize::try_from(backend.durable_len()).unwrap();
        *place.lock().unwrap() = backend.snapshot()[..durable].to_vec();
        Ok(())
    }
}

/// A file. A crash keeps what was known to be durable, and nothing else.
pub(crate) struct File;

impl Fixture<Types> for File {
    type Place = TempDir;
    type Store = Store<FileBackend>;

    fn place(&self) -> io::Result<TempDir> {
        tempfile::tempdir()
    }

    async fn open(&self, place: &TempDir) -> io::Result<Self::Store> {
        open(FileBackend::open_or_create(place.path().join("raft.aof")).map_err(io::Error::other)?).await
    }

    async fn flush(&self, store: &mut Self::Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, _: &TempDir, store: Self::Store) -> io::Result<()> {
        store.close().await
    }

    async fn crash(&self, place: &TempDir, store: Self::Store) -> io::Result<()> {
        let durable = store.into_inner().await?.durable_len();
        std::fs::OpenOptions::new().write(true).open(place.path().join("raft.aof"))?.set_len(durable)
    }
}

/// A disk that loses power.
pub(crate) struct Disk(fn() -> SimDisk);

impl Disk {
    pub(crate) fn plain() -> Disk {
        Disk(SimDisk::new)
    }

    pub(crate) fn pruning() -> Disk {
        Disk(|| SimDisk::new().pruning().keeping_notes(Notes::Every).syncing_in(3))
    }
}

impl Fixture<Types> for Disk {
    type Place = SimDisk;
    type Store = Store<SimBackend>;

    fn place(&self) -> io::Result<SimDisk> {
        Ok(self.0())
    }

    async fn open(&self, disk: &SimDisk) -> io::Result<Self::Store> {
        open(disk.open().map_err(io::Error::other)?).await
    }

    async fn flush(&self, store: &mut Self::Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, _: &SimDisk, store: Self::Store) -> io::Result<()> {
        store.close().await
    }

    async fn crash(&self, disk: &SimDisk, store: Self::Store) -> io::Result<()> {
        disk.crash_keeping(Retention::None);
        drop(store);
        Ok(())
    }
}

/// A disk that loses power, chosen at run time.
pub(crate) struct Boxed;

impl Fixture<Types> for Boxed {
    type Place = SimDisk;
    type Store = Store<Box<dyn DynAofBackend>>;

    fn place(&self) -> io::Result<SimDisk> {
        Ok(SimDisk::new())
    }

    async fn open(&self, disk: &SimDisk) -> io::Result<Self::Store> {
        let backend: Box<dyn DynAofBackend> = Box::new(disk.open().map_err(io::Error::other)?);
        open(backend).await
    }

    async fn flush(&self, store: &mut Self::Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, _: &SimDisk, store: Self::Store) -> io::Result<()> {
        store.close().await
    }

    async fn crash(&self, disk: &SimDisk, store: Self::Store) -> io::Result<()> {
        disk.crash_keeping(Retention::None);
        drop(store);
        Ok(())
    }
}
