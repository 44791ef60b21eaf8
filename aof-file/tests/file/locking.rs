//! B10: one writer for one file.

use crate::fixture::{Place, block_on, checkpoint, read_everything, write};
use aof_api::{AofBackend, Error};
use aof_file::fault::Operation;
use aof_file::{FileBackend, is_locked};
use futures::FutureExt;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn b10_a_second_writer_is_refused_at_once_by_name() {
    let place = Place::new();
    let _backend = place.with(b"abc");
    let before = Instant::now();
    for refused in
        [FileBackend::open(&place.log), FileBackend::create(&place.log), FileBackend::open_or_create(&place.log)]
    {
        match refused {
            Err(Error::Locked { what }) => assert!(what.ends_with("log.aof"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(place.bytes(), b"abc");
}

#[test]
fn b10_the_lock_is_on_the_file_whatever_its_name() {
    let place = Place::new();
    let _backend = place.with(b"abc");
    let link = place.directory.path().join("hard-link");
    fs::hard_link(&place.log, &link).unwrap();
    assert!(matches!(FileBackend::open(&link), Err(Error::Locked { .. })));
}

#[test]
fn b10_the_lock_is_gone_after_close_while_readers_live() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    let mut reader = block_on(backend.reader()).unwrap();
    assert!(is_locked(&place.log).unwrap());
    block_on(backend.close()).unwrap();
    assert!(!is_locked(&place.log).unwrap());
    drop(FileBackend::open(&place.log).unwrap());
    assert_eq!(read_everything(&mut reader), b"abc");
}

#[test]
fn b10_the_lock_is_gone_after_a_drop_while_readers_live() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    let mut reader = block_on(backend.reader()).unwrap();
    drop(backend);
    drop(FileBackend::open(&place.log).unwrap());
    assert_eq!(read_everything(&mut reader), b"abc");
}

#[test]
fn b10_the_lock_is_gone_after_a_drop_while_a_sync_is_under_way() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.hold(Operation::SyncData);
    assert!(backend.checkpoint(&[]).now_or_never().is_none());
    place.wait_for(Operation::SyncData);
    drop(backend);
    let reopened = FileBackend::open(&place.log);
    place.system.release();
    assert_eq!(reopened.unwrap().len(), 3);
}

#[test]
fn asking_whether_a_log_is_locked_never_refuses_a_writer() {
    let place = Place::new();
    drop(place.create());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    is_locked(&place.log).unwrap();
                }
            });
        }
        let opened: Vec<_> = (0..50).map(|_| FileBackend::open(&place.log).map(drop)).collect();
        done.store(true, Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}

#[test]
fn of_many_writers_at_once_one_gets_the_log() {
    let place = Place::new();
    let barrier = std::sync::Barrier::new(8);
    let winners = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let backend = FileBackend::open_or_create(&place.log);
                    barrier.wait();
                    backend.is_ok()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(winners, 1);
}

#[test]
fn a_log_that_was_moved_is_found_at_the_next_checkpoint_and_goes_on() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let new_name = place.directory.path().join("rotated");
    fs::rename(&place.log, &new_name).unwrap();
    match checkpoint(&mut backend) {
        Err(Error::Moved { what }) => assert!(what.ends_with("log.aof"), "{what}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(backend.durable_len(), 3);
    write(&mut backend, b"def").unwrap();
    // Another file under the old name is no better.
    fs::write(&place.log, b"other").unwrap();
    assert!(matches!(checkpoint(&mut backend), Err(Error::Moved { .. })));
    assert_eq!(backend.durable_len(), 6);
    fs::rename(&new_name, &place.log).unwrap();
    assert_eq!(checkpoint(&mut backend).unwrap(), 6);
}

#[test]
fn a_log_that_was_removed_is_found_at_the_next_checkpoint() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    checkpoint(&mut backend).unwrap();
    fs::remove_file(&place.log).unwrap();
    assert!(matches!(checkpoint(&mut backend), Err(Error::Moved { .. })));
    assert_eq!(read_everything(&mut backend), b"abc");
}
