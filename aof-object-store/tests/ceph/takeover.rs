//! Two writers that take the log from each other on a real store.

use crate::fixture::options;
use crate::fresh_place;
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_object_store::{ObjectReader, ObjectStoreBackend};
use futures::executor::block_on;
use std::io::IoSlice;

#[test]
fn a_hundred_takeovers_leave_one_log_and_every_displaced_writer_is_fenced_off() {
    let Some(place) = fresh_place() else { return };
    block_on(async {
        let open = || ObjectStoreBackend::open(place.store.clone(), &place.prefix, options());
        let (mut holder, mut log) = (open().await.unwrap(), Vec::new());
        for round in 0..100u8 {
            holder.write(&[IoSlice::new(&[round; 100])]).await.unwrap();
            holder.checkpoint(&[]).await.unwrap();
            log.extend([round; 100]);
            // Under way while it is taken over: acknowledged and kept, or refused and told.
            holder.write(&[IoSlice::new(&[round; 50])]).await.unwrap();
            let racing = holder.checkpoint(&[]);
            let successor = open().await.unwrap();
            let raced = racing.await;
            if successor.len() == log.len() as u64 + 50 {
                log.extend([round; 50]);
            }
            assert_eq!(successor.len(), log.len() as u64, "round {round}: {raced:?}");
            assert!(
                raced.is_err() || successor.len() % 50 == 0 && raced.as_ref().is_ok_and(|n| *n == log.len() as u64)
            );
            let _ = holder.write(&[IoSlice::new(b"late")]).await;
            assert!(matches!(holder.checkpoint(&[]).await, Err(Error::Fenced { .. })), "round {round}");
            holder = successor;
        }
        let mut reader = ObjectReader::open(place.store.clone(), &place.prefix, options()).await.unwrap();
        let mut seen = vec![0; reader.end().await.unwrap() as usize];
        reader.read_all_at(0, &mut seen).await.unwrap();
        assert!(seen == log, "{} bytes are there, {} were acknowledged", seen.len(), log.len());
    });
}
