//! Rotation, and continuing after a move, with zeros ahead of the log and a buffer before it.

use crate::every_call::{OPTIONS, every_option};
use crate::fixture::{Place, block_on};
use crate::rotating::{append, ops, reopen};
use aof_api::{Aof, AofBackend, LogOptions, Operation};
use aof_file::fault::{Fault, Operation as Call};
use aof_file::{FileBackend, FileOptions, SyncOn, continue_after_move, rotate};
use std::fs;
use std::path::PathBuf;

/// A log with a durable entry and two that are not, and where it is to be archived.
fn log(place: &Place, options: &FileOptions) -> (Aof<FileBackend>, PathBuf) {
    let mut log = block_on(Aof::create(options.create(&place.log).unwrap(), LogOptions::new())).unwrap();
    append(&mut log).unwrap();
    for body in [b"waits", b"too  "] {
        block_on(log.append(Operation(200), body)).unwrap();
    }
    (log, place.directory.path().join("archive.aof"))
}

/// What a rotation has moved, by whatever way.
fn rotate_by(way: &str, log: &mut Aof<FileBackend>, place: &Place, archive: &PathBuf) -> aof_api::Result<()> {
    if way == "rotate" {
        return block_on(rotate(log, archive));
    }
    fs::rename(&place.log, archive).unwrap();
    block_on(continue_after_move(log)).map(|continued| assert!(continued))
}

const WAYS: [&str; 2] = ["rotate", "move"];

#[test]
fn what_waits_in_the_buffer_is_archived_and_the_zeros_ahead_are_not() {
    for way in WAYS {
        for options in 0..OPTIONS {
            let place = Place::new();
            let (mut log, archive) = log(&place, &every_option(&place.options())[options]);
            let len = log.len();
            rotate_by(way, &mut log, &place, &archive).unwrap();
            assert_eq!(archive.metadata().unwrap().len(), len, "{way}, options {options}");
            assert_eq!(ops(&archive), [1, 2, 3], "{way}, options {options}");
            assert_eq!(append(&mut log).unwrap(), 4);
            block_on(log.close()).unwrap();
            assert_eq!(ops(&place.log), [3, 4], "{way}, options {options}");
            assert_eq!(append(&mut reopen(&place.log)).unwrap(), 5);
        }
    }
}

#[test]
fn the_new_file_is_allocated_ahead_and_buffered_like_the_old_one() {
    for way in WAYS {
        let place = Place::new();
        let options = place.options().sync_on(SyncOn::Caller).preallocate_bytes(1 << 20).write_buffer_bytes(64 << 10);
        let (mut log, archive) = log(&place, &options);
        rotate_by(way, &mut log, &place, &archive).unwrap();
        append(&mut log).unwrap();
        let allocated = place.log.metadata().unwrap().len();
        assert!(allocated > log.len() + 200_000, "{way}: {allocated} bytes");
        place.system.take_calls();
        for _ in 0..20 {
            block_on(log.append(Operation(200), b"waits")).unwrap();
        }
        assert!(!place.operations().contains(&Call::Write), "{way}: it waits");
        block_on(log.checkpoint()).unwrap();
        let written = place.operations().iter().filter(|call| **call == Call::Write).count();
        assert_eq!((written, place.log.metadata().unwrap().len()), (1, allocated), "{way}");
        assert_eq!(log.backend().durable_len(), log.len());
    }
}

/// Faults 22 and 23 with every option: the Nth call fails, for every N; once, and for good as if the process was killed.
#[test]
fn whatever_call_of_a_rotation_fails_what_was_durable_is_there_and_files_are_one_chain() {
    for options in 0..OPTIONS {
        for for_good in [false, true] {
            for nth in 1.. {
                let context = format!("options {options}, for good: {for_good}, call {nth}");
                let place = Place::new();
                let (mut log, archive) = log(&place, &every_option(&place.options())[options]);
                place.system.take_calls();
                place.system.inject(if for_good { Fault::for_good_from(nth) } else { Fault::once(nth) });
                let rotated = block_on(rotate(&mut log, &archive));
                let clean = place.system.calls().iter().all(|call| !call.failed);
                assert!(rotated.is_ok() || !clean, "{context}: {rotated:?}");
                if for_good {
                    drop(log);
                    place.system.heal();
                } else {
                    place.system.heal();
                    drop(log);
                }
                let mut log = reopen(&place.log);
                let next = append(&mut log).unwrap();
                block_on(log.close()).unwrap();
                let (found, archived) = (ops(&place.log), if archive.exists() { ops(&archive) } else { Vec::new() });
                if found[0] == 1 {
                    // The old file still; two entries of it were not durable.
                    assert!((2..=4).contains(&next), "{context}: {next}");
                    assert_eq!(found, (1..=next).collect::<Vec<_>>(), "{context}");
                } else {
                    assert_eq!((archived, found), (vec![1, 2, 3], vec![3, 4]), "{context}");
                }
                if clean {
                    assert!(nth > 10, "{nth} calls");
                    break;
                }
            }
        }
    }
}
