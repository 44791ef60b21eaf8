//! B10: after the lock is gone, nothing of the writer changes the storage, and nobody takes the next one's bytes for its.

use crate::fixture::{Place, Woken, block_on, checkpoint, poll, read_everything, write};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::fault::{Fault, Operation};
use aof_file::{FileBackend, SyncOn, is_locked};
use std::sync::Arc;

/// Another writer, which cuts all and writes its own.
fn take_over(place: &Place) -> FileBackend {
    let mut next = FileBackend::open(&place.log).unwrap();
    block_on(next.truncate(0)).unwrap();
    write(&mut next, b"another's log").unwrap();
    checkpoint(&mut next).unwrap();
    next
}

#[test]
fn b10_a_checkpoint_that_has_not_begun_when_its_writer_goes_resolves_to_closed_and_does_nothing() {
    for ahead in [0, 64 << 10] {
        let place = Place::new();
        let options = place.options().sync_on(SyncOn::Caller).preallocate_bytes(ahead).write_buffer_bytes(1000);
        let mut backend = options.create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        let under_way = backend.checkpoint(&[]);
        drop(backend);
        let mut next = take_over(&place);
        place.system.take_calls();
        assert!(matches!(block_on(under_way), Err(Error::Closed)));
        assert_eq!(place.operations(), []);
        assert_eq!(read_everything(&mut next), b"another's log");
    }
}

#[test]
fn b10_a_sync_may_outlive_the_lock_and_then_counts_for_nothing() {
    let place = Place::new();
    let mut backend = place.options().preallocate_bytes(64 << 10).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    let mut reader = block_on(backend.reader()).unwrap();
    place.system.hold(Operation::SyncData);
    let (mut begun, woken) = (backend.checkpoint(&[]), Arc::<Woken>::default());
    assert!(poll(&mut begun, &woken).is_pending());
    place.wait_for(Operation::SyncData);
    write(&mut backend, b"def").unwrap();
    let unbegun = backend.checkpoint(&[]);
    drop(backend);
    woken.wait(0);
    assert!(matches!(block_on(begun), Err(Error::Closed)));
    assert!(matches!(block_on(unbegun), Err(Error::Closed)));
    place.system.take_calls();
    let _next = take_over(&place);
    place.system.release();
    std::thread::sleep(std::time::Duration::from_millis(50));
    let changes = [Operation::Write, Operation::SetLen, Operation::SyncData, Operation::SyncAll];
    assert!(!place.operations().iter().any(|made| changes.contains(made)), "{:?}", place.operations());
    assert_eq!(place.bytes(), b"another's log");
    assert_eq!(block_on(reader.end()).unwrap(), 0);
    assert_eq!(read_everything(&mut reader), b"");
}

#[test]
fn b3_readers_end_at_what_their_writer_made_durable() {
    for close in [true, false] {
        let place = Place::new();
        let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        checkpoint(&mut backend).unwrap();
        write(&mut backend, b"def").unwrap();
        let mut reader = block_on(backend.reader()).unwrap();
        assert_eq!(read_everything(&mut reader), b"abcdef");
        match close {
            true => block_on(backend.close()).unwrap(),
            false => drop(backend),
        }
        let mut next = FileBackend::open(&place.log).unwrap();
        assert_eq!(next.len(), 6, "what waited was brought to the file under the lock");
        assert_eq!(next.durable_len(), 0);
        write(&mut next, b"ghi").unwrap();
        checkpoint(&mut next).unwrap();
        assert_eq!(read_everything(&mut reader), b"abc");
        assert_eq!(block_on(reader.read_all_at(3, &mut [0; 9])).unwrap(), 0);
        assert!(matches!(block_on(reader.read_all_at(4, &mut [0; 9])), Err(Error::Closed)));
    }
}

#[test]
fn a_poisoned_writer_leaves_the_file_as_it_is() {
    for close in [true, false] {
        let place = Place::new();
        let options = place.options().write_buffer_bytes(1000).preallocate_bytes(64 << 10);
        let mut backend = options.create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        place.system.hold(Operation::SyncData);
        place.system.inject(Fault::once(1).on(Operation::SyncData));
        let under_way = backend.checkpoint(&[]);
        write(&mut backend, b"waits in the buffer").unwrap();
        place.system.release();
        block_on(under_way).unwrap_err();
        let left = place.bytes();
        place.system.take_calls();
        match close {
            true => block_on(backend.close()).unwrap(),
            false => drop(backend),
        }
        assert_eq!(place.operations(), []);
        assert!(place.bytes() == left && left.len() >= 64 << 10);
        assert!(!is_locked(&place.log).unwrap());
    }
}

#[test]
fn b10_a_drop_settles_what_other_threads_wait_for() {
    let place = Place::new();
    let mut backend = place.options().sync_on(SyncOn::Caller).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.hold(Operation::SyncData);
    let under_way = backend.checkpoint(&[]);
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| block_on(under_way));
        place.wait_for(Operation::SyncData);
        write(&mut backend, b"def").unwrap();
        let next = backend.checkpoint(&[]);
        let waiting = scope.spawn(|| block_on(next));
        drop(backend);
        assert!(matches!(waiting.join().unwrap(), Err(Error::Closed)));
        assert!(!is_locked(&place.log).unwrap());
        place.system.release();
        assert!(matches!(syncing.join().unwrap(), Err(Error::Closed)));
    });
}
