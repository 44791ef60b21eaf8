//! B6 and B7: what a checkpoint resolves to, whoever polls it and whenever.

use crate::fixture::{Place, Woken, block_on, checkpoint, io_kind, is_poisoned, poll, wait_durable, write};
use aof_api::{AofBackend, Error};
use aof_file::SyncOn;
use aof_file::fault::{Fault, Operation};
use std::io::ErrorKind;
use std::sync::Arc;

const BOTH: [SyncOn; 2] = [SyncOn::Caller, SyncOn::Helper];

#[test]
fn b6_what_was_durable_before_a_failure_resolves_to_ok() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Helper);
    let early = backend.checkpoint(&[]);
    wait_durable(&backend, 3);
    write(&mut backend, b"def").unwrap();
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    assert_eq!(io_kind(&checkpoint(&mut backend).unwrap_err()), ErrorKind::Other);
    assert_eq!(block_on(early).unwrap(), 3);
    assert!(is_poisoned(&checkpoint(&mut backend)));
}

#[test]
fn b6_what_a_close_has_driven_resolves_to_ok() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        let under_way = backend.checkpoint(&[]);
        block_on(backend.close()).unwrap();
        assert_eq!(backend.durable_len(), 3);
        assert_eq!(block_on(under_way).unwrap(), 3);
        assert!(matches!(checkpoint(&mut backend), Err(Error::Closed)), "one that is called now");
    }
}

#[test]
fn b6_what_a_truncation_has_driven_resolves_to_ok_and_to_its_own_length() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        let under_way = backend.checkpoint(&[]);
        block_on(backend.truncate(1)).unwrap();
        assert_eq!(block_on(under_way).unwrap(), 3);
        assert_eq!((backend.len(), backend.durable_len(), place.bytes()), (1, 1, b"a".to_vec()));
    }
}

#[test]
fn b6_a_truncation_syncs_what_is_under_way_before_it_cuts() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        let _under_way = backend.checkpoint(&[]);
        block_on(backend.truncate(1)).unwrap();
        let calls = place.operations();
        let first = |wanted| calls.iter().position(|made| *made == wanted).unwrap();
        assert!(first(Operation::SyncData) < first(Operation::SetLen), "{calls:?}");
    }
}

#[test]
fn b6_one_that_is_dropped_before_anything_began_owes_nothing_and_the_next_covers_it() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Caller);
    place.system.take_calls();
    drop(backend.checkpoint(&[]));
    block_on(backend.truncate(3)).unwrap();
    assert_eq!(place.syncs(), 1, "that of the truncation");
    write(&mut backend, b"def").unwrap();
    drop(backend.checkpoint(&[]));
    assert_eq!(checkpoint(&mut backend).unwrap(), 6);
    assert_eq!(place.syncs(), 2);
    write(&mut backend, b"ghi").unwrap();
    drop(backend.checkpoint(&[]));
    block_on(backend.close()).unwrap();
    assert_eq!((place.syncs(), backend.durable_len()), (2, 6));
}

#[test]
fn b6_of_a_failed_sync_all_hear_who_wait_for_it_and_none_begins_after_it() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        place.system.take_calls();
        place.system.inject(Fault::once(1).on(Operation::SyncData));
        place.system.hold(Operation::SyncData);
        let first = backend.checkpoint(&[]);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| block_on(first));
            place.wait_for(Operation::SyncData);
            write(&mut backend, b"def").unwrap();
            let (mut second, woken) = (backend.checkpoint(&[]), Arc::<Woken>::default());
            assert!(poll(&mut second, &woken).is_pending());
            let third = backend.checkpoint(&[]);
            place.system.release();
            assert_eq!(io_kind(&first.join().unwrap().unwrap_err()), ErrorKind::Other);
            woken.wait(0);
            assert!(is_poisoned(&block_on(second)));
            assert!(is_poisoned(&block_on(third)));
        });
        assert_eq!((place.syncs(), backend.durable_len()), (1, 0));
        assert!(is_poisoned(&write(&mut backend, b"x")));
        assert!(is_poisoned(&block_on(backend.truncate(0))));
        assert!(is_poisoned(&block_on(backend.prune(0))));
        assert_eq!(place.syncs(), 1);
    }
}

#[test]
fn b6_those_who_share_a_sync_share_its_failure() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        place.system.inject(Fault::once(1).on(Operation::SyncData));
        place.system.hold(Operation::SyncData);
        let (one, two) = (backend.checkpoint(&[]), backend.checkpoint(&[]));
        place.system.release();
        assert_eq!(io_kind(&block_on(two).unwrap_err()), ErrorKind::Other);
        assert_eq!(io_kind(&block_on(one).unwrap_err()), ErrorKind::Other);
    }
}

#[test]
fn b7_a_write_that_poisons_takes_the_checkpoints_under_way_with_it() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        place.system.hold(Operation::SyncData);
        let under_way = backend.checkpoint(&[]);
        if sync_on == SyncOn::Helper {
            place.wait_for(Operation::SyncData);
        }
        place.system.shorten_writes(1);
        place.system.inject(Fault::once(2).on(Operation::Write));
        place.system.inject(Fault::once(1).on(Operation::SetLen));
        assert!(is_poisoned(&write(&mut backend, b"def")));
        let unbegun = backend.checkpoint(&[]);
        place.system.release();
        assert!(is_poisoned(&block_on(under_way)));
        assert!(is_poisoned(&block_on(unbegun)));
        assert_eq!(backend.durable_len(), 0, "it stays");
        assert!(place.syncs() <= 2, "the one of the opening, and the one that had begun");
    }
}

#[test]
fn b7_full_before_a_sync_does_not_poison_and_the_next_one_tries_again() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.options().sync_on(sync_on).write_buffer_bytes(1000).create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        let early = backend.checkpoint(&[]);
        write(&mut backend, b"def").unwrap();
        place.system.inject(Fault::once(1).on(Operation::Write).kind(ErrorKind::StorageFull));
        let full = backend.checkpoint(&[]);
        let later = backend.checkpoint(&[]);
        assert_eq!(block_on(later).unwrap(), 6);
        assert!(matches!(block_on(full), Err(Error::Full { needed: 3, .. })));
        assert_eq!(block_on(early).unwrap(), 3);
        assert_eq!((backend.durable_len(), place.bytes()), (6, b"abcdef".to_vec()));
    }
}

#[test]
fn b12_a_close_that_loses_accepted_bytes_says_so() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.inject(Fault::once(1).on(Operation::Write).kind(ErrorKind::StorageFull));
    assert!(matches!(block_on(backend.close()), Err(Error::Full { needed: 3, .. })));
    assert!(!aof_file::is_locked(&place.log).unwrap());
}

#[test]
fn b7_moved_counts_as_durable_for_all_who_shared_the_sync_and_stops_nothing() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        let aside = place.directory.path().join("aside");
        std::fs::rename(&place.log, &aside).unwrap();
        let (one, two) = (backend.checkpoint(&[]), backend.checkpoint(&[]));
        block_on(backend.truncate(2)).unwrap();
        for moved in [one, two] {
            assert!(matches!(block_on(moved), Err(Error::Moved { .. })));
        }
        assert_eq!(backend.durable_len(), 2);
        write(&mut backend, b"x").unwrap();
        let moved = backend.checkpoint(&[]);
        block_on(backend.close()).unwrap();
        assert!(matches!(block_on(moved), Err(Error::Moved { .. })));
        assert_eq!((backend.durable_len(), std::fs::read(&aside).unwrap()), (3, b"abx".to_vec()));
    }
}

#[test]
fn a_failure_that_nobody_has_heard_of_is_returned_once_by_what_comes_next() {
    let fail = |place: &Place| {
        let mut backend = place.syncing_on(SyncOn::Helper);
        place.system.inject(Fault::once(1).on(Operation::SyncData));
        let mut dropped = backend.checkpoint(&[]);
        let woken = Arc::<Woken>::default();
        if poll(&mut dropped, &woken).is_pending() {
            woken.wait(0);
            drop(dropped);
            return Some(backend);
        }
        // It was heard by this poll: try again.
        None
    };
    let failed = |place: &mut Place| loop {
        match fail(place) {
            Some(backend) => return backend,
            None => *place = Place::new(),
        }
    };
    let place = &mut Place::new();
    let mut backend = failed(place);
    assert_eq!(io_kind(&checkpoint(&mut backend).unwrap_err()), ErrorKind::Other);
    assert!(is_poisoned(&checkpoint(&mut backend)));
    block_on(backend.close()).unwrap();

    let place = &mut Place::new();
    let mut backend = failed(place);
    assert!(is_poisoned(&write(&mut backend, b"x")));
    block_on(backend.close()).unwrap();

    let place = &mut Place::new();
    let mut backend = failed(place);
    assert_eq!(io_kind(&block_on(backend.close()).unwrap_err()), ErrorKind::Other);
}

#[test]
fn b6_a_checkpoint_that_is_polled_again_resolves_to_the_same() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Caller);
    let mut done = backend.checkpoint(&[]);
    for _ in 0..2 {
        assert_eq!(block_on(&mut done).unwrap(), 3);
    }
}

#[test]
fn a_sync_that_panics_poisons_and_leaves_nobody_waiting() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        place.system.inject(Fault::once(1).on(Operation::SyncData).panics());
        let (one, two) = (backend.checkpoint(&[]), backend.checkpoint(&[]));
        let first = std::thread::spawn(move || block_on(one)).join();
        assert_eq!(first.is_err(), sync_on == SyncOn::Caller, "the panic is of the thread that syncs");
        let failure = block_on(two).unwrap_err();
        assert!(failure.to_string().contains("panicked"), "{failure}");
        assert!(is_poisoned(&write(&mut backend, b"x")));
        assert!(is_poisoned(&checkpoint(&mut backend)));
    }
}
