//! Rotation, and continuing after an operator's `mv`.

use crate::fixture::{Place, block_on};
use aof_api::{Aof, Entries, Error, LogOptions, Operation, read};
use aof_file::fault::{Fault, Operation as Call};
use aof_file::{FileBackend, FileReader, SyncOn, continue_after_move, is_locked, rotate};
use std::fs;
use std::path::{Path, PathBuf};

const BODY: Operation = Operation(200);

/// A log with `count` entries, durable, and the path where it is to be archived.
fn log(place: &Place, count: u32) -> (Aof<FileBackend>, PathBuf) {
    let backend = place.options().sync_on(SyncOn::Caller).create(&place.log).unwrap();
    let mut log = block_on(Aof::create(backend, LogOptions::new())).unwrap();
    for _ in 0..count {
        append(&mut log).unwrap();
    }
    (log, place.directory.path().join("archive.aof"))
}

/// Appends one entry durably; its op.
pub(crate) fn append(log: &mut Aof<FileBackend>) -> aof_api::Result<u64> {
    block_on(async {
        let op = log.append(BODY, b"body").await?.op;
        log.checkpoint().await?;
        Ok(op)
    })
}

/// The ops in a file.
pub(crate) fn ops(path: &Path) -> Vec<u64> {
    let mut entries = Entries::new(FileReader::open_read_only(path).unwrap(), read::Options::default());
    let mut ops = Vec::new();
    block_on(async {
        while let Some(entry) = entries.next().await.unwrap() {
            ops.push(entry.header().op.get());
        }
    });
    ops
}

pub(crate) fn reopen(path: &Path) -> Aof<FileBackend> {
    block_on(Aof::open(FileBackend::open(path).unwrap(), LogOptions::new())).unwrap().0
}

#[test]
fn the_new_file_begins_with_the_last_entry_and_the_old_one_is_whole_and_unlocked() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 3);
    let whole = place.bytes();
    block_on(rotate(&mut log, &archive)).unwrap();
    assert_eq!(place.names(), ["archive.aof", "log.aof"]);
    assert_eq!(fs::read(&archive).unwrap(), whole);
    assert_eq!(ops(&place.log), [3]);
    assert!(whole.ends_with(&place.bytes()));
    assert!(!is_locked(&archive).unwrap());
    assert!(is_locked(&place.log).unwrap());
    assert_eq!(append(&mut log).unwrap(), 4);
    assert_eq!(log.backend().path(), place.log);
    drop(log);
    assert_eq!(ops(&place.log), [3, 4]);
}

#[test]
fn a_crash_before_the_first_new_append_begins_no_second_history() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 3);
    block_on(rotate(&mut log, archive)).unwrap();
    drop(log);
    assert_eq!(append(&mut reopen(&place.log)).unwrap(), 4);
}

#[test]
fn the_seam_is_durable_before_the_path_means_the_new_file() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 3);
    place.system.take_calls();
    block_on(rotate(&mut log, archive)).unwrap();
    let calls = place.operations();
    let last = |operation| calls.iter().rposition(|call| *call == operation).unwrap();
    assert!(last(Call::Write) < last(Call::SyncData), "{calls:?}");
    assert!(last(Call::SyncData) < last(Call::Link), "{calls:?}");
    let between = &calls[last(Call::Link)..last(Call::Exchange)];
    assert!(between.contains(&Call::SyncDirectory), "{calls:?}");
    assert!(last(Call::Exchange) < last(Call::SyncDirectory), "{calls:?}");
}

#[test]
fn readers_of_the_old_file_go_on() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 3);
    let mut entries = block_on(log.entries()).unwrap();
    block_on(rotate(&mut log, archive)).unwrap();
    append(&mut log).unwrap();
    let mut count = 0;
    while block_on(entries.next()).unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn an_archive_that_exists_is_never_replaced_and_the_log_goes_on() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    fs::write(&archive, b"precious").unwrap();
    assert!(matches!(block_on(rotate(&mut log, &archive)), Err(Error::NotEmpty { len: 8 })));
    assert_eq!(fs::read(&archive).unwrap(), b"precious");
    assert_eq!(place.names(), ["archive.aof", "log.aof"]);
    assert_eq!(append(&mut log).unwrap(), 3);
}

#[test]
fn an_empty_log_has_nothing_to_archive() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 0);
    let error = block_on(rotate(&mut log, archive)).unwrap_err();
    assert!(error.to_string().contains("the log is empty"), "{error}");
    assert_eq!(append(&mut log).unwrap(), 1);
}

#[test]
fn a_poisoned_log_is_not_rotated() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    block_on(log.append(BODY, b"lost")).unwrap();
    place.system.inject(Fault::once(1).on(Call::SyncData));
    block_on(log.checkpoint()).unwrap_err();
    assert!(matches!(block_on(rotate(&mut log, &archive)), Err(Error::Poisoned { .. })));
    assert!(!archive.exists());
}

#[test]
fn an_archive_on_another_file_system_is_an_error_and_the_log_goes_on() {
    let place = Place::new();
    let (mut log, _) = log(&place, 2);
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
        println!("skipped: no /dev/shm here");
        return;
    };
    let archive = elsewhere.path().join("archive.aof");
    match block_on(rotate(&mut log, &archive)) {
        Err(Error::Io { source, .. }) => assert_eq!(source.kind(), std::io::ErrorKind::CrossesDevices),
        Ok(()) => println!("skipped: the temporary directory is on the file system of /dev/shm"),
        other => panic!("{other:?}"),
    }
    assert_eq!(append(&mut log).unwrap(), 3);
}

#[test]
fn a_file_that_takes_the_place_of_the_log_in_mid_rotation_is_put_back() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    place.system.hold(Call::Exchange);
    let rotated = std::thread::scope(|scope| {
        let rotating = scope.spawn(|| block_on(rotate(&mut log, &archive)));
        place.wait_for(Call::Exchange);
        fs::rename(&place.log, place.directory.path().join("moved.aof")).unwrap();
        fs::write(&place.log, b"another file").unwrap();
        place.system.release();
        rotating.join().unwrap()
    });
    assert!(matches!(rotated, Err(Error::Moved { .. })), "{rotated:?}");
    assert_eq!(place.bytes(), b"another file");
    assert_eq!(place.names(), ["log.aof", "moved.aof"]);
    assert!(matches!(append(&mut log), Err(Error::Moved { .. })));
    assert_eq!(ops(&place.directory.path().join("moved.aof")), [1, 2, 3]);
}

#[test]
fn a_rotation_that_was_killed_half_way_is_finished_by_the_same_call() {
    let place = Place::new();
    let (log, archive) = log(&place, 2);
    drop(log);
    fs::hard_link(&place.log, &archive).unwrap();
    let mut log = reopen(&place.log);
    block_on(rotate(&mut log, &archive)).unwrap();
    assert_eq!((ops(&archive), ops(&place.log)), (vec![1, 2], vec![2]));
}

#[test]
fn a_file_system_that_cannot_exchange_names_rotates_too() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    place.system.inject(Fault::for_good_from(1).on(Call::Exchange).kind(std::io::ErrorKind::Unsupported));
    block_on(rotate(&mut log, &archive)).unwrap();
    assert_eq!((ops(&archive), ops(&place.log)), (vec![1, 2], vec![2]));
    assert_eq!(place.names(), ["archive.aof", "log.aof"]);
}

/// Faults 22 and 23: the Nth call of a rotation fails, for every N; once, and for good as if the process was killed.
#[test]
fn whatever_call_of_a_rotation_fails_nothing_is_lost_and_no_second_history_begins() {
    for for_good in [false, true] {
        for nth in 1.. {
            let place = Place::new();
            let (mut log, archive) = log(&place, 3);
            place.system.take_calls();
            place.system.inject(if for_good { Fault::for_good_from(nth) } else { Fault::once(nth) });
            let rotated = block_on(rotate(&mut log, &archive));
            let clean = place.system.calls().iter().all(|call| !call.failed);
            place.system.heal();
            assert!(rotated.is_ok() || !clean, "call {nth}: {rotated:?}");
            let mut next_op = 4;
            if !for_good && let Ok(op) = append(&mut log) {
                assert_eq!(op, next_op, "call {nth}");
                next_op += 1;
            }
            drop(log);
            let found = ops(&place.log);
            let archived = if archive.exists() { ops(&archive) } else { Vec::new() };
            assert!(found.first() == Some(&1) || (archived == [1, 2, 3] && found[0] == 3), "call {nth}: {found:?}");
            assert_eq!(append(&mut reopen(&place.log)).unwrap(), next_op, "call {nth}");
            if clean {
                assert!(nth > 10, "{nth} calls");
                break;
            }
        }
    }
}

#[test]
fn a_directory_that_cannot_be_synced_at_the_end_poisons_and_opening_anew_goes_on() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 3);
    // The sync of the new file's name when it is made, that of the archived name, and the last one.
    place.system.inject(Fault::once(3).on(Call::SyncDirectory));
    assert!(matches!(block_on(rotate(&mut log, &archive)), Err(Error::Io { .. })));
    assert!(matches!(append(&mut log), Err(Error::Poisoned { .. })));
    drop(log);
    assert_eq!(append(&mut reopen(&place.log)).unwrap(), 4);
}

#[test]
fn after_a_move_the_log_goes_on_in_a_new_file_with_a_seam() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    assert!(!block_on(continue_after_move(&mut log)).unwrap());
    fs::rename(&place.log, &archive).unwrap();
    assert!(matches!(append(&mut log), Err(Error::Moved { .. })));
    assert!(matches!(block_on(rotate(&mut log, place.directory.path().join("other"))), Err(Error::Moved { .. })));
    assert!(block_on(continue_after_move(&mut log)).unwrap());
    assert_eq!(ops(&archive), [1, 2, 3]);
    assert!(!is_locked(&archive).unwrap());
    assert_eq!(append(&mut log).unwrap(), 4);
    assert_eq!(ops(&place.log), [3, 4]);
}

#[test]
fn after_a_move_a_path_that_names_another_file_is_an_error() {
    let place = Place::new();
    let (mut log, archive) = log(&place, 2);
    fs::rename(&place.log, &archive).unwrap();
    fs::write(&place.log, b"another file").unwrap();
    assert!(matches!(block_on(continue_after_move(&mut log)), Err(Error::Moved { .. })));
    assert_eq!(place.bytes(), b"another file");
    assert_eq!(place.names(), ["archive.aof", "log.aof"]);
    assert_eq!(block_on(log.append(BODY, b"goes on")).unwrap().op, 3);
}

#[test]
fn a_removed_log_is_not_forgotten() {
    let place = Place::new();
    let (mut log, _) = log(&place, 2);
    fs::remove_file(&place.log).unwrap();
    match block_on(continue_after_move(&mut log)) {
        Err(Error::Moved { what }) => assert!(what.contains("removed"), "{what}"),
        other => panic!("{other:?}"),
    }
    assert!(!place.log.exists());
}
