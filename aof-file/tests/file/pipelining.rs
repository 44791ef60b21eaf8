//! B6: the writer continues while checkpoints are under way.

use crate::fixture::{Place, Woken, block_on, checkpoint, poll, read_everything, wait_durable, write};
use aof_api::AofBackend;
use aof_file::SyncOn;
use aof_file::fault::{Fault, Operation};
use std::io::ErrorKind;
use std::sync::Arc;
use std::task::Poll;

const BOTH: [SyncOn; 2] = [SyncOn::Caller, SyncOn::Helper];

#[test]
fn b6_a_checkpoint_changes_nothing_after_its_call() {
    for sync_on in BOTH {
        let place = Place::new();
        let options = place.options().sync_on(sync_on).preallocate_bytes(64 << 10).write_buffer_bytes(1000);
        let mut backend = options.create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        place.system.hold(Operation::SyncData);
        let under_way = backend.checkpoint(&[]);
        if sync_on == SyncOn::Helper {
            place.wait_for(Operation::SyncData);
        }
        let allocated = place.bytes();
        assert!(allocated.starts_with(b"abc") && allocated.len() >= 64 << 10, "buffer and zeros, in the call");
        place.system.take_calls();
        // Large enough to go by the buffer, to where the zeros are.
        write(&mut backend, &[7; 5000]).unwrap();
        place.system.release();
        assert_eq!(block_on(under_way).unwrap(), 3);
        let changes = [Operation::Write, Operation::SetLen];
        let changed: Vec<_> = place.operations().into_iter().filter(|made| changes.contains(made)).collect();
        assert_eq!(changed, [Operation::Write], "that of the entry");
        assert_eq!(place.bytes()[..5003], [&b"abc"[..], &[7; 5000]].concat());
        assert_eq!(checkpoint(&mut backend).unwrap(), 5003);
    }
}

#[test]
fn b6_zeros_that_find_no_room_are_given_back_in_the_call() {
    for sync_on in BOTH {
        let place = Place::new();
        let options = place.options().sync_on(sync_on).preallocate_bytes(64 << 10);
        let mut backend = options.create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        place.system.shorten_writes(100);
        place.system.inject(Fault::once(3).on(Operation::Write).kind(ErrorKind::StorageFull));
        let under_way = backend.checkpoint(&[]);
        assert_eq!(place.bytes(), b"abc");
        write(&mut backend, b"def").unwrap();
        assert_eq!(block_on(under_way).unwrap(), 3);
        assert_eq!(place.bytes(), b"abcdef", "the undo is over before the writer continues");
    }
}

#[test]
fn b6_zeros_ahead_may_go_while_a_checkpoint_is_under_way() {
    let place = Place::new();
    let mut backend = place.options().preallocate_bytes(64 << 10).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.hold(Operation::SyncData);
    let under_way = backend.checkpoint(&[]);
    place.wait_for(Operation::SyncData);
    // Taking a failed write back cuts the file to the end of the log.
    place.system.inject(Fault::once(1).on(Operation::Write));
    write(&mut backend, b"def").unwrap_err();
    assert_eq!(place.bytes(), b"abc");
    place.system.release();
    assert_eq!(block_on(under_way).unwrap(), 3);
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
}

#[test]
fn b6_a_file_that_grows_during_the_sync_is_no_error_and_one_cut_below_the_checkpoint_is() {
    for (len, is_error) in [(100, false), (3, false), (2, true)] {
        let place = Place::new();
        let mut backend = place.syncing_on(SyncOn::Helper);
        place.system.hold(Operation::SyncData);
        let under_way = backend.checkpoint(&[]);
        place.wait_for(Operation::SyncData);
        std::fs::OpenOptions::new().write(true).open(&place.log).unwrap().set_len(len).unwrap();
        place.system.release();
        assert_eq!(block_on(under_way).is_err(), is_error, "{len}");
        assert_eq!(backend.durable_len(), if is_error { 0 } else { 3 });
    }
}

#[test]
fn b6_with_a_helper_bytes_become_durable_and_nobody_polls() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Helper);
    let _unpolled = backend.checkpoint(&[]);
    wait_durable(&backend, 3);
    write(&mut backend, b"def").unwrap();
    drop(backend.checkpoint(&[]));
    wait_durable(&backend, 6);
}

#[test]
fn b6_syncs_never_overlap_and_checkpoints_called_meanwhile_share_the_next() {
    for sync_on in BOTH {
        let place = Place::new();
        let mut backend = place.syncing_on(sync_on);
        place.system.take_calls();
        place.system.hold(Operation::SyncData);
        let first = backend.checkpoint(&[]);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| block_on(first));
            place.wait_for(Operation::SyncData);
            let mut later = Vec::new();
            for bytes in [b"def", b"ghi"] {
                write(&mut backend, bytes).unwrap();
                later.push(backend.checkpoint(&[]));
            }
            let woken = [(); 2].map(|()| Arc::<Woken>::default());
            for (checkpoint, woken) in later.iter_mut().zip(&woken) {
                assert!(poll(checkpoint, woken).is_pending(), "another one syncs");
            }
            assert_eq!((place.syncs(), backend.durable_len()), (1, 0));
            assert_eq!(read_everything(&mut backend), b"abcdefghi", "no lock is held meanwhile");
            place.system.release();
            assert_eq!(first.join().unwrap().unwrap(), 3);
            woken.iter().for_each(|woken| woken.wait(0));
            let ends: Vec<_> = later.into_iter().map(|later| block_on(later).unwrap()).collect();
            assert_eq!((ends, place.syncs()), (vec![6, 9], 2));
        });
        assert_eq!(backend.durable_len(), 9);
    }
}

#[test]
fn b6_the_later_one_drives_the_earlier_one() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Caller);
    let first = backend.checkpoint(&[]);
    write(&mut backend, b"def").unwrap();
    let second = backend.checkpoint(&[]);
    place.system.take_calls();
    assert_eq!(block_on(second).unwrap(), 6);
    assert_eq!(block_on(first).unwrap(), 3);
    assert_eq!(place.syncs(), 1);
}

#[test]
fn b6_a_checkpoint_with_nothing_new_waits_for_the_one_under_way() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Helper);
    place.system.take_calls();
    place.system.hold(Operation::SyncData);
    let first = backend.checkpoint(&[]);
    let mut second = backend.checkpoint(&[]);
    assert!(poll(&mut second, &Arc::default()).is_pending());
    place.system.release();
    assert_eq!((block_on(second).unwrap(), block_on(first).unwrap(), place.syncs()), (3, 3, 1));
}

#[test]
fn b16_the_waker_of_the_last_poll_is_woken() {
    let place = Place::new();
    let mut backend = place.syncing_on(SyncOn::Helper);
    place.system.hold(Operation::SyncData);
    let mut under_way = backend.checkpoint(&[]);
    let (former, latter) = (Arc::<Woken>::default(), Arc::<Woken>::default());
    assert!(poll(&mut under_way, &former).is_pending());
    assert!(poll(&mut under_way, &latter).is_pending());
    place.system.release();
    latter.wait(0);
    assert_eq!(former.times(), 0);
    assert!(matches!(poll(&mut under_way, &latter), Poll::Ready(Ok(3))));
}

#[test]
fn b14_a_note_that_is_too_long_changes_nothing() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(100).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.take_calls();
    let refused = block_on(backend.checkpoint(&[0; 257]));
    assert!(matches!(refused, Err(aof_api::Error::TooLarge { size: 257, limit: 256, .. })), "{refused:?}");
    assert_eq!((place.operations(), backend.durable_len()), (vec![], 0));
    assert_eq!(block_on(backend.checkpoint(&[0; 256])).unwrap(), 3);
}

#[test]
fn b1_a_write_of_65_mib_is_taken() {
    for buffer in [0, 1000, 200 << 20] {
        let place = Place::in_memory();
        let mut backend = place.options().write_buffer_bytes(buffer).create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        let bytes = vec![7; aof_api::storage::WRITE_LEN_MAX];
        assert_eq!(write(&mut backend, &bytes).unwrap(), 3);
        let mut reader = block_on(backend.reader()).unwrap();
        assert!(read_everything(&mut reader)[3..] == bytes);
        assert_eq!(checkpoint(&mut backend).unwrap(), bytes.len() as u64 + 3);
    }
}
