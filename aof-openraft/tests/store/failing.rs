//! What a store does when its storage fails.

use super::*;
use aof_api::Error;
use aof_testkit::{Fault, Faults};

#[test]
fn a_failed_sync_is_told_to_everybody_and_ends_the_store() {
    Types::run(async {
        let disk = SimDisk::new().with_faults(Faults::none()).syncing_in(5);
        let mut store = open(&disk).await;
        disk.faults().strike_next(Fault::CheckpointFails);
        let first = append(&mut store, 0..3).await.unwrap();
        // The sync runs beside the store, so it may have failed before the second append or after it.
        match append(&mut store, 3..5).await {
            Ok(second) => assert!(second.await.is_err()),
            Err(refused) => assert!(matches!(cause(&refused), Error::Poisoned { .. }), "{refused}"),
        }
        assert!(first.await.is_err());
        let refused = append(&mut store, 5..6).await.err().unwrap();
        assert!(matches!(cause(&refused), Error::Poisoned { .. }), "{refused}");
        assert!(store.save_vote(&openraft::Vote::new(2, 1)).await.is_err());
    });
}

#[test]
fn entries_without_room_are_refused_and_nothing_of_them_is_there() {
    Types::run(async {
        let disk = SimDisk::new();
        let mut store =
            AofLogStore::open(disk.clone().with_capacity(1000).open().unwrap(), StoreOptions::new()).await.unwrap().0;
        append(&mut store, 0..2).await.unwrap().await.unwrap();
        let refused = append(&mut store, 2..20).await.err().unwrap();
        assert!(matches!(cause(&refused), Error::Full { .. }), "{refused}");
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert_eq!(indices(&mut store).await, [0, 1]);
        store.close().await.unwrap();
        assert_eq!(indices(&mut open(&disk).await).await, [0, 1]);
    });
}

#[test]
fn an_entry_that_would_leave_a_hole_is_refused() {
    Types::run(async {
        let mut store = open(&SimDisk::new()).await;
        append(&mut store, 0..2).await.unwrap().await.unwrap();
        assert!(append(&mut store, 3..4).await.is_err());
        assert!(append(&mut store, 1..2).await.is_err());
        append(&mut store, 2..3).await.unwrap().await.unwrap();
        assert_eq!(indices(&mut store).await, [0, 1, 2]);
    });
}

#[test]
fn nothing_is_called_durable_before_it_is() {
    Types::run(async {
        let disk = SimDisk::new().with_faults(Faults::seeded(3)).syncing_in(20);
        let mut store = open(&disk).await;
        for batch in 0..30 {
            append(&mut store, batch * 3..batch * 3 + 3).await.unwrap().await.unwrap();
            assert_eq!(disk.durable().len(), disk.live().len());
        }
        disk.crash(1);
        assert_eq!(indices(&mut open(&disk).await).await, Vec::from_iter(0..90));
    });
}

#[test]
fn after_a_close_every_call_fails() {
    Types::run(async {
        let mut store = open(&SimDisk::new()).await;
        store.close().await.unwrap();
        let refused = append(&mut store, 0..1).await.err().unwrap();
        assert!(matches!(cause(&refused), Error::Closed), "{refused}");
        assert!(store.close().await.is_err());
    });
}
