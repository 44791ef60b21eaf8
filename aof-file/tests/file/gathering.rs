//! What waits in the write buffer while there is no room, and calls that leave everything as it is.

use crate::fixture::{Place, block_on, checkpoint, read_everything, write};
use aof_api::{AofBackend, Error};
use aof_file::FileBackend;
use aof_file::fault::{Fault, Operation};
use std::io::{ErrorKind, IoSlice};

/// A log with `abc` in its file and `def` in its buffer of 1000 bytes, for which there is no room from now on.
fn full(place: &Place) -> FileBackend {
    let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    checkpoint(&mut backend).unwrap();
    write(&mut backend, b"def").unwrap();
    place.system.inject(Fault::for_good_from(1).on(Operation::Write).kind(ErrorKind::StorageFull));
    backend
}

#[test]
fn b12_a_write_without_room_for_what_was_gathered_tells_of_itself() {
    for needed in [700, 499] {
        let place = Place::new();
        let mut backend = full(&place);
        let filling = vec![1; 499];
        // What is small is gathered until the buffer is full.
        let gathered = if needed < 500 { write(&mut backend, &filling).map(|_| 502).unwrap() } else { 3 };
        place.system.inject(Fault::once(1).on(Operation::FreeBytes));
        let refused = write(&mut backend, &vec![2; needed as usize]);
        assert!(matches!(refused, Err(Error::Full { needed: told, available: 0 }) if told == needed), "{refused:?}");
        assert_eq!((backend.len(), place.bytes()), (3 + gathered, b"abc".to_vec()));
        place.system.heal();
        assert_eq!(write(&mut backend, &vec![2; needed as usize]).unwrap(), 3 + gathered);
        assert_eq!(checkpoint(&mut backend).unwrap(), 3 + gathered + needed);
        assert!(place.bytes().starts_with(b"abcdef"));
    }
}

#[test]
fn b8_what_waits_for_room_is_let_go_by_a_cut_before_it_and_kept_by_one_within() {
    for len in [0, 2, 3] {
        let place = Place::new();
        let mut backend = full(&place);
        block_on(backend.truncate(len)).unwrap();
        assert_eq!((backend.len(), backend.durable_len()), (len, len));
        place.system.heal();
        write(&mut backend, b"xyz").unwrap();
        checkpoint(&mut backend).unwrap();
        assert_eq!(place.bytes(), [&b"abc"[..len as usize], b"xyz"].concat(), "cut to {len}");
    }
    for len in [4, 6] {
        let place = Place::new();
        let mut backend = full(&place);
        let refused = block_on(backend.truncate(len));
        assert!(matches!(refused, Err(Error::Full { .. })), "cut to {len}: {refused:?}");
        assert_eq!(read_everything(&mut backend), b"abcdef");
        place.system.heal();
        assert_eq!(checkpoint(&mut backend).unwrap(), 6, "it goes on");
    }
}

#[test]
fn writing_nothing_and_cutting_nothing_and_trimming_nothing_change_nothing() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    block_on(backend.truncate(4)).unwrap();
    let kept = backend.kept_cut().unwrap().to_owned();
    checkpoint(&mut backend).unwrap();
    place.system.take_calls();
    for parts in [&[][..], &[IoSlice::new(b""), IoSlice::new(b"")]] {
        assert_eq!(block_on(backend.write(parts)).unwrap(), 4);
    }
    checkpoint(&mut backend).unwrap();
    block_on(backend.truncate(4)).unwrap();
    block_on(backend.trim()).unwrap();
    assert_eq!(backend.kept_cut(), Some(&*kept), "of the last truncation that cut");
    block_on(backend.close()).unwrap();
    let changes = [Operation::Write, Operation::SetLen, Operation::SyncData, Operation::SyncAll];
    assert!(!place.operations().iter().any(|made| changes.contains(made)), "{:?}", place.operations());
}
