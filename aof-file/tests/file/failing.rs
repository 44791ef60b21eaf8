//! B7 and B12: what a failure leaves.

use crate::fixture::{Place, block_on, checkpoint, io_kind, is_poisoned, read_everything, write};
use aof_api::storage::IoCall;
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::fault::{Fault, Operation};
use aof_file::{FileBackend, SyncOn};
use std::fs::OpenOptions;
use std::io::{ErrorKind, IoSlice, Write};

#[test]
fn short_writes_are_finished() {
    for max_bytes in 1..12 {
        let place = Place::new();
        place.system.shorten_writes(max_bytes);
        let mut backend = place.create();
        let parts = [IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"defgh"), IoSlice::new(b"ij")];
        block_on(backend.write(&parts)).unwrap();
        assert_eq!(place.bytes(), b"abcdefghij");
    }
}

#[test]
fn interrupted_calls_are_made_again() {
    let place = Place::new();
    let mut backend = place.create();
    place.system.inject(Fault::once(1).on(Operation::Write).kind(ErrorKind::Interrupted));
    place.system.inject(Fault::once(1).on(Operation::Read).kind(ErrorKind::Interrupted));
    write(&mut backend, b"abc").unwrap();
    assert_eq!(read_everything(&mut backend), b"abc");
}

#[test]
fn b7_a_write_that_fails_in_the_middle_is_undone() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.shorten_writes(2);
    place.system.inject(Fault::once(2).on(Operation::Write));
    let error = write(&mut backend, b"defg").unwrap_err();
    assert_eq!(io_kind(&error), ErrorKind::Other);
    assert_eq!((backend.len(), place.bytes()), (3, b"abc".to_vec()));
    assert_eq!(write(&mut backend, b"hi").unwrap(), 3);
    assert_eq!(place.bytes(), b"abchi");
}

#[test]
fn b7_the_checkpoint_after_an_undone_write_syncs() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    place.system.inject(Fault::once(1).on(Operation::Write));
    write(&mut backend, b"defg").unwrap_err();
    place.system.take_calls();
    checkpoint(&mut backend).unwrap();
    assert!(place.operations().contains(&Operation::SyncData));
}

#[test]
fn b7_a_write_that_cannot_be_undone_poisons() {
    for undoing in [Operation::SetLen, Operation::FileStatus] {
        let place = Place::new();
        let mut backend = place.with(b"abc");
        checkpoint(&mut backend).unwrap();
        place.system.shorten_writes(2);
        place.system.inject(Fault::once(2).on(Operation::Write));
        place.system.inject(Fault::once(1).on(undoing));
        assert!(is_poisoned(&write(&mut backend, b"defg")));
        assert!(is_poisoned(&write(&mut backend, b"hi")));
        assert!(is_poisoned(&checkpoint(&mut backend)));
        assert!(is_poisoned(&block_on(backend.truncate(0))));
        assert_eq!((backend.len(), backend.durable_len()), (3, 3));
        assert_eq!(read_everything(&mut backend), b"abc");
    }
}

#[test]
fn b12_no_room_is_full_and_nothing_was_appended() {
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge] {
        let place = Place::new();
        let mut backend = place.with(b"abc");
        place.system.shorten_writes(2);
        place.system.inject(Fault::once(2).on(Operation::Write).kind(kind));
        let error = write(&mut backend, b"defg").unwrap_err();
        match error {
            Error::Full { needed: 4, available } => assert_eq!(available > 0, kind == ErrorKind::StorageFull),
            other => panic!("{other:?}"),
        }
        assert_eq!((backend.len(), place.bytes()), (3, b"abc".to_vec()));
        assert_eq!(read_everything(&mut backend), b"abc");
        assert_eq!(checkpoint(&mut backend).unwrap(), 3);
        assert_eq!(write(&mut backend, b"d").unwrap(), 3);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn b12_the_numbers_of_the_system_are_known() {
    use rustix::io::Errno;
    for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
        let place = Place::new();
        let mut backend = place.create();
        place.system.inject(Fault::once(1).on(Operation::Write).errno(errno.raw_os_error()));
        assert!(matches!(write(&mut backend, b"abc"), Err(Error::Full { needed: 3, .. })), "{errno}");
    }
}

#[test]
fn b12_what_passes_the_largest_offset_is_full() {
    let place = Place::in_memory();
    let file = OpenOptions::new().write(true).create_new(true).open(&place.log).unwrap();
    // The largest file that the file system takes; where that is less than the largest offset, it says so itself.
    let largest = i64::MAX as u64 - 1;
    let len = [largest, 16 * (1_u64 << 40) - 4096].into_iter().find(|len| file.set_len(*len).is_ok());
    let Some(len) = len else {
        println!("skipped: no large sparse files here");
        return;
    };
    for write_buffer_bytes in [0, 20_000] {
        let mut backend = place.options().write_buffer_bytes(write_buffer_bytes).open(&place.log).unwrap();
        let refused = write(&mut backend, &[1; 5000]).and_then(|_| checkpoint(&mut backend));
        let Err(Error::Full { needed: 5000, available }) = refused else { panic!("{refused:?}") };
        assert_eq!(place.log.metadata().unwrap().len(), len);
        if len == largest {
            assert_eq!((available, backend.len()), (1, len), "nothing but the offset was in the way");
        }
        drop(backend);
    }
    if len == largest {
        let mut backend = place.options().open(&place.log).unwrap();
        assert_eq!(write(&mut backend, b"!").unwrap(), len, "the last byte of all");
        assert!(matches!(write(&mut backend, b"!"), Err(Error::Full { needed: 1, available: 0 })));
    }
}

#[test]
fn b7_a_failed_sync_poisons_for_good_on_either_thread() {
    for sync_on in [SyncOn::Caller, SyncOn::Helper] {
        let place = Place::new();
        let mut backend = place.options().sync_on(sync_on).create(&place.log).unwrap();
        write(&mut backend, b"abc").unwrap();
        checkpoint(&mut backend).unwrap();
        write(&mut backend, b"def").unwrap();
        place.system.inject(Fault::once(1).on(Operation::SyncData));
        let error = checkpoint(&mut backend).unwrap_err();
        assert_eq!(io_kind(&error), ErrorKind::Other);
        assert!(error.to_string().contains("log.aof"), "{error}");
        for _ in 0..2 {
            assert!(is_poisoned(&checkpoint(&mut backend)));
            assert!(is_poisoned(&write(&mut backend, b"x")));
            assert!(is_poisoned(&block_on(backend.truncate(6))));
        }
        assert_eq!((backend.len(), backend.durable_len()), (6, 3));
        assert_eq!(read_everything(&mut backend), b"abc", "what is durable, and nothing in doubt");
        let beyond = block_on(backend.read_all_at(4, &mut [0; 10]));
        assert!(is_poisoned(&beyond), "{beyond:?}");
        block_on(backend.close()).unwrap();
        let mut backend = place.options().open(&place.log).unwrap();
        assert_eq!(checkpoint(&mut backend).unwrap(), 6);
    }
}

#[test]
fn b7_no_room_found_by_a_sync_poisons() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData).kind(ErrorKind::StorageFull));
    assert_eq!(io_kind(&checkpoint(&mut backend).unwrap_err()), ErrorKind::StorageFull);
    assert!(is_poisoned(&checkpoint(&mut backend)));
}

#[test]
fn a_file_cut_from_outside_is_an_error_at_the_checkpoint() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    checkpoint(&mut backend).unwrap();
    OpenOptions::new().write(true).open(&place.log).unwrap().set_len(4).unwrap();
    let error = checkpoint(&mut backend).unwrap_err();
    assert_eq!(io_kind(&error), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("something else cut it"), "{error}");
    assert!(is_poisoned(&write(&mut backend, b"x")));
}

#[test]
fn a_file_cut_from_outside_is_not_lengthened_by_a_truncation() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    OpenOptions::new().write(true).open(&place.log).unwrap().set_len(2).unwrap();
    assert_eq!(io_kind(&block_on(backend.truncate(4)).unwrap_err()), ErrorKind::UnexpectedEof);
    assert_eq!(place.bytes(), b"ab");
}

#[test]
fn a_file_that_something_else_appends_to_is_an_error_at_the_checkpoint() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    OpenOptions::new().append(true).open(&place.log).unwrap().write_all(b"foreign").unwrap();
    let error = checkpoint(&mut backend).unwrap_err();
    assert!(error.to_string().contains("something else writes to it"), "{error}");
    assert!(is_poisoned(&checkpoint(&mut backend)));
}

#[test]
fn a_path_that_cannot_be_looked_up_does_not_poison() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::PathStatus).kind(ErrorKind::PermissionDenied));
    let Err(Error::Moved { what }) = checkpoint(&mut backend) else { panic!("it cannot be looked up") };
    assert!(what.ends_with("log.aof (it cannot be looked up: injected)"), "{what}");
    assert_eq!(backend.durable_len(), 3);
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
}

#[test]
fn a_failed_read_tells_its_offset_and_reading_goes_on_behind_it() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    let mut reader = block_on(backend.reader()).unwrap();
    block_on(async {
        let mut buf = [0; 2];
        reader.seek(2).await.unwrap();
        place.system.inject(Fault::once(1).on(Operation::Read));
        assert!(matches!(reader.read(&mut buf).await, Err(Error::Io { call: IoCall::Read, offset: 2, .. })));
        reader.seek(4).await.unwrap();
        assert_eq!(reader.read(&mut buf).await.unwrap(), 2);
        assert_eq!(&buf, b"ef");
    });
}

/// Fault 23: the Nth call fails, for every N until the run is clean, once and for good.
#[test]
fn whatever_call_fails_the_durable_prefix_survives() {
    for for_good in [false, true] {
        for nth in 1.. {
            let place = Place::new();
            place.system.inject(if for_good { Fault::for_good_from(nth) } else { Fault::once(nth) });
            let (mut tried, mut durable) = (Vec::new(), 0);
            let run = (|| -> aof_api::Result<()> {
                let mut backend = place.options().sync_on(SyncOn::Caller).open_or_create(&place.log)?;
                for bytes in [b"abc".as_slice(), b"defgh", b"i"] {
                    let written = write(&mut backend, bytes).map(|_| tried.extend_from_slice(bytes));
                    let synced = checkpoint(&mut backend);
                    assert_eq!(backend.len(), tried.len() as u64);
                    durable = backend.durable_len();
                    written.and(synced)?;
                }
                block_on(backend.truncate(7))?;
                tried.truncate(7);
                block_on(backend.close())
            })();
            let clean = place.system.calls().iter().all(|call| !call.failed);
            assert!(run.is_err() || clean || !for_good, "call {nth}");
            if !place.log.exists() {
                assert_eq!(durable, 0);
                continue;
            }
            let found = read_everything(&mut FileBackend::open(&place.log).unwrap());
            assert!(found.len() as u64 >= durable.min(7), "call {nth}");
            assert!(b"abcdefghi".starts_with(&found), "call {nth}: {found:?}");
            if clean {
                assert_eq!(found, b"abcdefg");
                break;
            }
        }
    }
}
