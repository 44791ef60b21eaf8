//! Logs in segments: in a real directory, and in one that loses power.

use crate::Types;
use crate::disk::Disk;
use crate::places::open;
use aof_file::{FileOptions, SyncOn};
use aof_openraft::AofLogStore;
use aof_openraft::testing::Fixture;
use aof_segments::{SegmentedBackend, SegmentedOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

type Store = AofLogStore<Types, SegmentedBackend>;

/// Every checkpoint may end a segment, so that a case has many.
const SEGMENT_BYTES: u64 = 1;

/// A directory as the system has it. Nothing here loses power: a crash is a process that ends without a close.
pub(crate) struct Directory;

impl Fixture<Types> for Directory {
    type Place = TempDir;
    type Store = Store;

    /// In memory where the system has such a directory, which syncs at once: nothing here needs a disk.
    fn place(&self) -> io::Result<TempDir> {
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
    }

    async fn open(&self, place: &TempDir) -> io::Result<Store> {
        let options = SegmentedOptions::new().segment_bytes(SEGMENT_BYTES);
        open(options.open_or_create(place.path().join("log")).map_err(io::Error::other)?).await
    }

    async fn flush(&self, store: &mut Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, _: &TempDir, store: Store) -> io::Result<()> {
        store.close().await
    }

    async fn crash(&self, _: &TempDir, store: Store) -> io::Result<()> {
        drop(store.into_inner().await?);
        Ok(())
    }
}

/// A directory that loses power: of names and sectors that were not synced, each is there or is not.
pub(crate) struct LosingPower {
    sync_on: SyncOn,
    seed: AtomicU64,
}

impl LosingPower {
    pub(crate) fn new(sync_on: SyncOn) -> LosingPower {
        LosingPower { sync_on, seed: AtomicU64::new(0) }
    }
}

/// Where such a log is.
pub(crate) struct Place {
    directory: TempDir,
    disk: Arc<Disk>,
}

impl Place {
    fn path(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

impl Fixture<Types> for LosingPower {
    type Place = Place;
    type Store = Store;

    fn place(&self) -> io::Result<Place> {
        let directory = tempfile::tempdir()?;
        let disk = Arc::new(Disk::new(&directory.path().join("log")));
        Ok(Place { directory, disk })
    }

    async fn open(&self, place: &Place) -> io::Result<Store> {
        let file = FileOptions::new().keep_cut(false).system(place.disk.clone());
        let options = SegmentedOptions::new().segment_bytes(SEGMENT_BYTES).sync_on(self.sync_on).file(file);
        open(options.open_or_create(place.path()).map_err(io::Error::other)?).await
    }

    async fn flush(&self, store: &mut Store) -> io::Result<()> {
        AofLogStore::flush(store).await
    }

    async fn close(&self, _: &Place, store: Store) -> io::Result<()> {
        store.close().await
    }

    async fn crash(&self, place: &Place, store: Store) -> io::Result<()> {
        place.disk.lose_power(self.seed.fetch_add(1, Ordering::Relaxed));
        drop(store.into_inner().await?);
        place.disk.come_back();
        Ok(())
    }
}

/// As many segments as the cases are meant to have.
#[test]
fn the_log_of_a_case_is_in_many_segments() {
    use openraft::storage::RaftLogStorage;
    use openraft::type_config::TypeConfigExt;

    Types::run(async {
        let place = Directory.place().unwrap();
        let mut store = Directory.open(&place).await.unwrap();
        for term in 1..20 {
            store.save_vote(&openraft::Vote::new(term, 1)).await.unwrap();
        }
        let backend = store.into_inner().await.unwrap();
        assert!(backend.segments().len() > 5, "{:?}", backend.segments());
    });
}
