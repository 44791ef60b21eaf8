//! B1 to B8 and B12 where nothing fails.

use crate::fixture::{Place, block_on, checkpoint, read_everything, write};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::fault::Operation;
use aof_file::{FileOptions, SyncOn};
use std::io::IoSlice;

#[test]
fn b1_a_write_appends_all_parts_and_answers_where() {
    let place = Place::new();
    let mut backend = place.create();
    let parts = [IoSlice::new(b""), IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"c"), IoSlice::new(b"")];
    assert_eq!(block_on(backend.write(&parts)).unwrap(), 0);
    assert_eq!(write(&mut backend, b"def").unwrap(), 3);
    assert_eq!(backend.len(), 6);
    assert_eq!(place.bytes(), b"abcdef");
}

#[test]
fn b1_a_write_is_one_system_call() {
    let place = Place::new();
    let mut backend = place.create();
    place.system.take_calls();
    block_on(backend.write(&[IoSlice::new(b"head"), IoSlice::new(b"body"), IoSlice::new(b"pad")])).unwrap();
    assert_eq!(place.operations(), [Operation::Write]);
}

#[test]
fn b1_a_write_may_have_more_parts_than_a_system_call() {
    let place = Place::new();
    let mut backend = place.create();
    let bytes: Vec<u8> = (0..5000_u32).map(|index| index as u8).collect();
    let mut parts: Vec<_> = bytes.chunks(1).map(IoSlice::new).collect();
    // More empty parts in a row than one call takes, in the middle.
    parts.splice(1500..1500, std::iter::repeat_n(IoSlice::new(b""), 2500));
    assert_eq!(block_on(backend.write(&parts)).unwrap(), 0);
    assert_eq!(place.bytes(), bytes);
}

#[test]
fn b1_an_empty_write_does_nothing() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.take_calls();
    assert_eq!(block_on(backend.write(&[])).unwrap(), 3);
    assert_eq!(block_on(backend.write(&[IoSlice::new(b"")])).unwrap(), 3);
    assert_eq!(place.operations(), []);
}

#[test]
fn b2_the_cursor_and_the_end_do_not_move_each_other() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    block_on(async {
        let mut buf = [0; 2];
        backend.seek(1).await.unwrap();
        assert_eq!(backend.read(&mut buf).await.unwrap(), 2);
        backend.write(&[IoSlice::new(b"ghi")]).await.unwrap();
        assert_eq!(backend.read(&mut buf).await.unwrap(), 2);
        assert_eq!(&buf, b"de");
        backend.seek(1).await.unwrap();
        assert_eq!(backend.write(&[IoSlice::new(b"j")]).await.unwrap(), 9);
    });
    assert_eq!(place.bytes(), b"abcdefghij");
}

#[test]
fn b3_what_was_written_is_seen_at_once() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    assert_eq!(read_everything(&mut backend), b"abc");
    assert_eq!(read_everything(&mut block_on(backend.reader()).unwrap()), b"abc");
}

#[test]
fn b4_reading_answers_zero_only_at_the_end_or_for_an_empty_buffer() {
    let place = Place::new();
    place.system.shorten_reads(1);
    let mut backend = place.with(b"abc");
    block_on(async {
        let mut buf = [0; 10];
        assert_eq!(backend.read(&mut []).await.unwrap(), 0);
        for _ in 0..3 {
            assert_eq!(backend.read(&mut buf).await.unwrap(), 1);
        }
        assert_eq!(backend.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn b5_any_offset_can_be_sought() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let mut reader = block_on(backend.reader()).unwrap();
    let mut beside = aof_file::FileReader::open_read_only(&place.log).unwrap();
    for offset in [3, 4, i64::MAX as u64 - 5, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX] {
        let mut buf = [0; 10];
        assert_eq!(block_on(backend.read_all_at(offset, &mut buf)).unwrap(), 0, "{offset}");
        assert_eq!(block_on(reader.read_all_at(offset, &mut buf)).unwrap(), 0, "{offset}");
        assert_eq!(block_on(beside.read_all_at(offset, &mut buf)).unwrap(), 0, "{offset}");
    }
    assert_eq!(write(&mut backend, b"d").unwrap(), 3);
}

#[test]
fn b6_a_checkpoint_syncs_what_was_written_on_either_thread() {
    for sync_on in [SyncOn::Caller, SyncOn::Helper] {
        let place = Place::new();
        let mut backend = place.options().sync_on(sync_on).create(&place.log).unwrap();
        assert_eq!(write(&mut backend, b"abc").unwrap(), 0);
        assert_eq!(backend.durable_len(), 0);
        place.system.take_calls();
        assert_eq!(checkpoint(&mut backend).unwrap(), 3);
        assert_eq!(backend.durable_len(), 3);
        use Operation::{FileStatus, PathStatus, SyncData};
        assert_eq!(place.operations(), [FileStatus, SyncData, FileStatus, PathStatus]);
    }
}

#[test]
fn b6_a_checkpoint_with_nothing_new_does_not_sync_again() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    place.system.take_calls();
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
    assert!(!place.operations().contains(&Operation::SyncData));
    write(&mut backend, b"d").unwrap();
    assert_eq!(checkpoint(&mut backend).unwrap(), 4);
    assert!(place.operations().contains(&Operation::SyncData));
}

#[test]
fn b6_the_first_checkpoint_after_opening_syncs() {
    let place = Place::new();
    drop(place.with(b"abc"));
    let mut backend = place.options().open(&place.log).unwrap();
    assert_eq!((backend.len(), backend.durable_len()), (3, 0));
    place.system.take_calls();
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
    assert!(place.operations().contains(&Operation::SyncData));
}

#[test]
fn b8_a_cut_is_durable_on_return() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    place.system.take_calls();
    block_on(backend.truncate(2)).unwrap();
    assert_eq!((backend.len(), backend.durable_len()), (2, 2));
    assert_eq!(place.bytes(), b"ab");
    let operations = place.operations();
    let cut = operations.iter().position(|operation| *operation == Operation::SetLen);
    assert!(operations[cut.unwrap()..].contains(&Operation::SyncAll));
    assert_eq!(write(&mut backend, b"xy").unwrap(), 2);
    assert_eq!(place.bytes(), b"abxy");
}

#[test]
fn b8_a_cut_at_the_end_is_a_checkpoint() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.take_calls();
    block_on(backend.truncate(3)).unwrap();
    assert_eq!((backend.len(), backend.durable_len()), (3, 3));
    assert_eq!(place.operations()[0], Operation::SyncAll);
    assert_eq!(place.names(), ["log.aof"]);
}

#[test]
fn b8_a_cut_behind_the_end_is_refused_and_changes_nothing() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    assert!(matches!(block_on(backend.truncate(4)), Err(Error::OutOfBounds { offset: 4, len: 3 })));
    assert_eq!(write(&mut backend, b"d").unwrap(), 3);
}

#[test]
fn a_closed_backend_answers_closed_and_can_be_closed_again() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    block_on(async {
        backend.close().await.unwrap();
        backend.close().await.unwrap();
        assert!(matches!(backend.write(&[IoSlice::new(b"x")]).await, Err(Error::Closed)));
        assert!(matches!(backend.checkpoint(&[]).await, Err(Error::Closed)));
        assert!(matches!(backend.truncate(0).await, Err(Error::Closed)));
        assert!(matches!(backend.reader().await, Err(Error::Closed)));
        assert!(matches!(backend.seek(0).await, Err(Error::Closed)));
        assert!(matches!(backend.read(&mut [0]).await, Err(Error::Closed)));
        assert!(matches!(backend.end().await, Err(Error::Closed)));
    });
    assert_eq!(backend.len(), 3);
}

#[test]
fn b14_a_file_keeps_no_note() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    block_on(backend.checkpoint(b"noted")).unwrap();
    assert_eq!(backend.note(), None);
    drop(backend);
    assert_eq!(place.options().open(&place.log).unwrap().note(), None);
    assert_eq!(place.bytes(), b"abc");
}

#[test]
fn a_log_passes_four_gibibytes() {
    let place = Place::new();
    let start = (1_u64 << 32) + 5;
    std::fs::File::create(&place.log).unwrap().set_len(start).unwrap();
    let mut backend = FileOptions::new().open(&place.log).unwrap();
    assert_eq!(write(&mut backend, b"abc").unwrap(), start);
    let mut buf = [0; 10];
    assert_eq!(block_on(backend.read_all_at(start, &mut buf)).unwrap(), 3);
    assert_eq!(&buf[..3], b"abc");
}

#[test]
fn futures_of_the_backend_can_be_sent() {
    fn is_send<T: Send>(_: T) {}
    let place = Place::new();
    let mut backend = place.create();
    is_send(backend.write(&[]));
    is_send(backend.checkpoint(&[]));
    is_send(backend.truncate(0));
    is_send(backend.close());
}
