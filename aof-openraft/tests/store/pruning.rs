//! Storage that is given back.

use super::*;
use aof_testkit::disk::NoteKeeping;
use openraft::Vote;

fn disk() -> SimDisk {
    SimDisk::new().pruning().keeping_notes(NoteKeeping::All)
}

#[test]
fn a_purge_gives_storage_back_and_loses_nothing_that_counts() {
    Types::run(async {
        let disk = disk();
        let mut store = open(&disk).await;
        store.save_vote(&Vote::new_committed(1, 1)).await.unwrap();
        store.save_committed(Some(id(50))).await.unwrap();
        for batch in 0..10 {
            append(&mut store, batch * 10..batch * 10 + 10).await.unwrap().await.unwrap();
        }
        store.purge(id(59)).await.unwrap();
        store.flush().await.unwrap();
        store.close().await.unwrap();
        assert!(disk.start() > 10_000, "{}", disk.start());

        let mut store = open(&disk).await;
        assert_eq!(indices(&mut store).await, Vec::from_iter(60..100));
        assert_eq!(store.get_log_reader().await.read_vote().await.unwrap(), Some(Vote::new_committed(1, 1)));
        assert_eq!(store.read_committed().await.unwrap(), Some(id(50)));
        let state = store.get_log_state().await.unwrap();
        assert_eq!((state.last_purged_log_id, state.last_log_id), (Some(id(59)), Some(id(99))));
    });
}

#[test]
fn a_snapshot_ahead_of_the_log_is_a_jump() {
    Types::run(async {
        let disk = disk();
        let mut store = open(&disk).await;
        append(&mut store, 0..10).await.unwrap().await.unwrap();
        store.purge(id(500)).await.unwrap();
        assert!(append(&mut store, 10..11).await.is_err());
        append(&mut store, 501..505).await.unwrap().await.unwrap();
        store.close().await.unwrap();
        assert!(disk.start() > 0);
        let mut store = open(&disk).await;
        assert_eq!(indices(&mut store).await, [501, 502, 503, 504]);
        assert_eq!(store.get_log_state().await.unwrap().last_purged_log_id, Some(id(500)));
    });
}

#[test]
fn a_log_that_was_pruned_past_what_counts_is_refused() {
    Types::run(async {
        let disk = disk();
        let mut store = open(&disk).await;
        for index in 0..20 {
            append(&mut store, index..index + 1).await.unwrap().await.unwrap();
        }
        store.close().await.unwrap();
        // Somebody prunes it without a purge.
        let (mut log, _) = aof_api::Aof::open(disk.open().unwrap(), aof_api::LogOptions::new()).await.unwrap();
        assert!(log.prune(10).await.unwrap() > 0);
        log.close().await.unwrap();
        let opened = AofLogStore::<Types, _>::open(disk.open().unwrap(), StoreOptions::new()).await;
        assert!(matches!(opened, Err(aof_openraft::OpenError::Record { .. })));
    });
}
