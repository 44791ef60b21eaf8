//! B3 and B15: what readers see, and what they wait for.

use crate::fixture::{Place, Woken, block_on, checkpoint, is_poisoned, poll, read_everything, write};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::FileReader;
use aof_file::fault::{Fault, Operation};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

#[test]
fn b3_an_earlier_reader_sees_every_write_that_returned_buffered_or_not() {
    for (buffer, ahead) in [(0, 0), (1000, 0), (1000, 64 << 10), (0, 64 << 10)] {
        let place = Place::new();
        let options = place.options().write_buffer_bytes(buffer).preallocate_bytes(ahead);
        let mut backend = options.create(&place.log).unwrap();
        let mut reader = block_on(backend.reader()).unwrap();
        let mut all = Vec::new();
        for round in 0..60_u8 {
            let bytes = vec![round + 1; [7, 200, 700, 0, 499][usize::from(round) % 5]];
            write(&mut backend, &bytes).unwrap();
            all.extend(bytes);
            if round % 7 == 0 {
                checkpoint(&mut backend).unwrap();
            }
            if round % 25 == 24 {
                block_on(backend.truncate(all.len() as u64 - 100)).unwrap();
                all.truncate(all.len() - 100);
                reader = block_on(backend.reader()).unwrap();
            }
            assert!(read_everything(&mut reader) == all, "buffer {buffer}, ahead {ahead}, round {round}");
            assert!(read_everything(&mut backend) == all, "the backend itself");
        }
    }
}

#[test]
fn b15_a_waiting_reader_is_woken_by_the_write_and_not_polled() {
    for buffer in [0, 1000] {
        let place = Place::new();
        let mut backend = place.options().write_buffer_bytes(buffer).create(&place.log).unwrap();
        let mut reader = block_on(backend.reader()).unwrap();
        let woken = Arc::<Woken>::default();
        let mut changed = pin!(reader.changed(0));
        assert!(poll(&mut changed, &woken).is_pending());
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(woken.times(), 0);
        write(&mut backend, b"abc").unwrap();
        assert_eq!(woken.times(), 1, "buffer {buffer}");
        assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Ok(3))));
    }
}

#[test]
fn b15_the_backend_itself_has_nothing_to_wait_for() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    assert_eq!(block_on(backend.changed(2)).unwrap(), 3);
    assert!(matches!(block_on(backend.changed(3)), Err(Error::Unsupported { .. })));
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    checkpoint(&mut backend).unwrap_err();
    assert!(is_poisoned(&block_on(backend.changed(3))));
    block_on(backend.close()).unwrap();
    assert!(matches!(block_on(backend.changed(0)), Err(Error::Closed)));
}

#[test]
fn b15_a_reader_hears_of_the_end_after_the_durable_bytes() {
    for close in [true, false] {
        let place = Place::new();
        let mut backend = place.with(b"abc");
        checkpoint(&mut backend).unwrap();
        write(&mut backend, b"def").unwrap();
        let mut reader = block_on(backend.reader()).unwrap();
        let woken = Arc::<Woken>::default();
        {
            let mut changed = pin!(reader.changed(6));
            assert!(poll(&mut changed, &woken).is_pending());
            match close {
                true => block_on(backend.close()).unwrap(),
                false => drop(backend),
            }
            woken.wait(0);
            assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Err(Error::Closed))));
        }
        assert_eq!(block_on(reader.changed(0)).unwrap(), 3);
        assert!(matches!(block_on(reader.changed(3)), Err(Error::Closed)));
    }
}

#[test]
fn b15_a_cut_at_or_below_is_heard_although_the_log_has_grown_since() {
    let place = Place::new();
    let mut backend = place.with(&[1; 100]);
    let mut reader = block_on(backend.reader()).unwrap();
    let woken = Arc::<Woken>::default();
    let mut changed = pin!(reader.changed(100));
    assert!(poll(&mut changed, &woken).is_pending());
    block_on(backend.truncate(50)).unwrap();
    write(&mut backend, &[2; 30]).unwrap();
    woken.wait(0);
    assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Err(Error::Truncated { len: 50, .. }))));
    let mut later = block_on(backend.reader()).unwrap();
    assert_eq!(block_on(later.changed(50)).unwrap(), 80);
}

#[test]
fn a_reader_that_was_cut_hears_of_that_before_the_close() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    let mut reader = block_on(backend.reader()).unwrap();
    block_on(backend.truncate(2)).unwrap();
    block_on(backend.close()).unwrap();
    assert!(matches!(block_on(reader.changed(2)), Err(Error::Truncated { len: 2, .. })));
    assert!(matches!(block_on(reader.read_all_at(2, &mut [0; 4])), Err(Error::Truncated { len: 2, .. })));
    assert_eq!(block_on(reader.read_all_at(0, &mut [0; 2])).unwrap(), 2);
}

#[test]
fn poison_is_heard_before_a_close() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let mut reader = block_on(backend.reader()).unwrap();
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    checkpoint(&mut backend).unwrap_err();
    block_on(backend.close()).unwrap();
    assert!(is_poisoned(&write(&mut backend, b"x")));
    assert!(is_poisoned(&block_on(reader.changed(3))));
}

#[test]
fn b15_a_reader_of_another_handle_sees_the_file_grow_and_shrink() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let mut reader = FileReader::open_read_only(&place.log).unwrap();
    assert_eq!(block_on(reader.changed(2)).unwrap(), 3);
    let woken = Arc::<Woken>::default();
    {
        let mut changed = pin!(reader.changed(3));
        assert!(poll(&mut changed, &woken).is_pending());
        write(&mut backend, b"def").unwrap();
        woken.wait(0);
        assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Ok(6))));
    }
    {
        let mut changed = pin!(reader.changed(6));
        assert!(poll(&mut changed, &woken).is_pending());
        let before = woken.times();
        block_on(backend.truncate(1)).unwrap();
        woken.wait(before);
        assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Err(Error::Truncated { offset: 6, len: 1 }))));
    }
    assert!(matches!(block_on(reader.changed(6)), Err(Error::Truncated { offset: 6, len: 1 })), "at once");
    assert_eq!(block_on(reader.start()).unwrap(), 0);
}

#[test]
fn b15_nobody_looks_at_the_file_once_the_wait_or_the_reader_is_dropped() {
    let place = Place::new();
    drop(place.with(b"abc"));
    let mut reader = place.options().open_read_only(&place.log).unwrap();
    let looks = || place.operations().iter().filter(|made| **made == Operation::FileStatus).count();
    let is_quiet = || {
        // One look may be under way.
        std::thread::sleep(Duration::from_millis(30));
        let before = looks();
        std::thread::sleep(Duration::from_millis(60));
        looks() == before
    };
    {
        let mut changed = pin!(reader.changed(3));
        assert!(poll(&mut changed, &Arc::default()).is_pending());
        assert!(!is_quiet());
    }
    assert!(is_quiet());
    {
        let mut changed = pin!(reader.changed(3));
        assert!(poll(&mut changed, &Arc::default()).is_pending());
        assert!(!is_quiet(), "the same thread again");
    }
    drop(reader);
    assert!(is_quiet());
}

#[test]
fn b15_a_file_that_cannot_be_looked_at_ends_the_wait() {
    let place = Place::new();
    drop(place.with(b"abc"));
    let mut reader = place.options().open_read_only(&place.log).unwrap();
    let woken = Arc::<Woken>::default();
    let mut changed = pin!(reader.changed(3));
    assert!(poll(&mut changed, &woken).is_pending());
    place.system.inject(Fault::for_good_from(1).on(Operation::FileStatus));
    woken.wait(0);
    assert!(matches!(poll(&mut changed, &woken), Poll::Ready(Err(Error::Io { .. }))));
}

#[test]
fn b13_a_file_gives_nothing_back() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    let refused = block_on(backend.prune(2)).unwrap_err();
    assert!(refused.to_string().contains("rotate the log"), "{refused}");
    assert_eq!((block_on(backend.start()).unwrap(), backend.len()), (0, 3));
    block_on(backend.close()).unwrap();
    assert!(matches!(block_on(backend.prune(2)), Err(Error::Closed)));
}
