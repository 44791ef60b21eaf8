//! One writer, whoever opens the log and whatever the wire does.

use crate::wire::{Strike, Troubles, Wire, wire_to};
use crate::{seen_from, take, write};
use aof_api::{AofBackend, Error};
use aof_object_store::{ObjectStoreBackend, OpenMode, Options};
use futures::executor::block_on;
use object_store::memory::InMemory;
use std::sync::Arc;
use std::time::Duration;

fn wire(troubles: Troubles) -> Wire {
    wire_to(Arc::new(InMemory::new()), troubles)
}

#[test]
fn two_writers_that_take_the_log_from_each_other_keep_everything_acknowledged() {
    block_on(async {
        for troubles in [Troubles::none(), Troubles::many(3)] {
            let wire = wire(troubles);
            let mut log = Vec::new();
            let mut holder = take(&wire).await.unwrap();
            for round in 0..100u8 {
                write(&mut holder, &[round; 40]).await.unwrap();
                holder.checkpoint(&[]).await.unwrap();
                log.extend([round; 40]);
                write(&mut holder, &[0xff; 7]).await.unwrap();
                let successor = take(&wire).await.unwrap();
                assert_eq!(successor.len(), log.len() as u64, "round {round}");
                let told = holder.checkpoint(&[]).await;
                assert!(matches!(told, Err(Error::Fenced { .. })), "round {round}: {told:?}");
                holder = successor;
            }
            assert_eq!(seen_from(&wire, 0).await.unwrap(), log);
        }
    });
}

#[test]
fn every_way_to_lose_an_answer_ends_in_one_chunk() {
    block_on(async {
        for strike in [Strike::Fails, Strike::AnswerLost, Strike::Conflict, Strike::LostThenExists] {
            let wire = wire(Troubles::none());
            let mut backend = take(&wire).await.unwrap();
            for round in 0..3u8 {
                wire.way.strike_next("/c/", strike);
                write(&mut backend, &[round; 10]).await.unwrap();
                assert_eq!(backend.checkpoint(&[]).await.unwrap(), 10 * (u64::from(round) + 1), "{strike:?}");
            }
            let wanted = [[0; 10], [1; 10], [2; 10]].concat();
            assert_eq!(seen_from(&wire, 0).await.unwrap(), wanted, "{strike:?}");
        }
    });
}

#[test]
fn an_opening_whose_fence_meets_trouble_opens_once() {
    block_on(async {
        for strike in [Strike::Fails, Strike::AnswerLost, Strike::Conflict, Strike::LostThenExists] {
            let wire = wire(Troubles::none());
            for part in ["/m/", "/c/"] {
                wire.way.strike_next(part, strike);
                let mut backend = take(&wire).await.unwrap();
                let len = backend.len();
                write(&mut backend, b"one").await.unwrap();
                assert_eq!(backend.checkpoint(&[]).await.unwrap(), len + 3, "{strike:?} at {part}");
            }
        }
    });
}

#[test]
fn a_listing_that_misses_the_newest_chunks_loses_nothing() {
    block_on(async {
        let wire = wire(Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        for _ in 0..20 {
            write(&mut backend, b"0123456789").await.unwrap();
            backend.checkpoint(&[]).await.unwrap();
        }
        for missed in [1, 5, 100] {
            wire.way.lists_miss(missed);
            let mut backend = take(&wire).await.unwrap();
            assert_eq!(backend.len(), 200, "a listing without the {missed} newest objects");
            backend.checkpoint(&[]).await.unwrap();
            assert_eq!(seen_from(&wire, 0).await.unwrap().len(), 200);
        }
    });
}

#[test]
fn an_idle_log_is_opened_and_a_busy_one_is_locked() {
    block_on(async {
        let wire = wire(Troubles::none());
        let open = |idle| {
            let options = Options::new().mode(OpenMode::OnlyIfIdle(idle));
            ObjectStoreBackend::open(Arc::new(wire.clone()), "logs/a", options)
        };
        let mut backend = open(Duration::from_secs(60)).await.expect("a new log is idle");
        write(&mut backend, b"mine").await.unwrap();
        backend.checkpoint(&[]).await.unwrap();
        let refused = open(Duration::from_secs(60)).await.unwrap_err();
        assert!(matches!(&refused, Error::Locked { what } if what.contains("logs/a")), "{refused:?}");
        // It was refused before it fenced anybody off.
        write(&mut backend, b"still mine").await.unwrap();
        backend.checkpoint(&[]).await.unwrap();
        std::thread::sleep(Duration::from_millis(30));
        open(Duration::from_millis(20)).await.expect("a log that nobody wrote for a while is idle");
        assert!(matches!(backend.checkpoint(&[1]).await, Err(Error::Fenced { .. })));
    });
}

#[test]
fn a_deadline_that_passes_poisons_and_opening_again_finds_the_truth() {
    block_on(async {
        let wire = wire(Troubles::none());
        let options = Options::new().take_over().deadline(Duration::ZERO);
        let mut backend = ObjectStoreBackend::open(Arc::new(wire.clone()), "logs/a", options).await.unwrap();
        write(&mut backend, b"first").await.unwrap();
        wire.way.strike_next("/c/", Strike::Fails);
        let failed = backend.checkpoint(&[]).await.unwrap_err();
        assert!(matches!(failed, Error::Io { .. }), "{failed:?}");
        assert!(matches!(write(&mut backend, b"more").await, Err(Error::Poisoned { .. })));
        assert_eq!(take(&wire).await.unwrap().len(), 0);
    });
}
