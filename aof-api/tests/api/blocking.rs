//! The log without async: the same calls, the same bytes.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body};
use crate::support::reader::SliceReader;
use crate::support::reading::small_chunks;
use aof_api::log::Meta;
use aof_api::log::blocking;
use aof_api::read::find::Target;
use aof_api::{Error, LogOptions, Operation, Rule};

fn options() -> LogOptions {
    LogOptions::new().clock(|| 1_000).read(small_chunks())
}

#[test]
fn every_call_does_what_its_async_twin_does() {
    let asynchronous = Disk::new();
    let expected = block_on(async {
        let mut log = aof_api::Aof::create(asynchronous.clone(), options()).await.unwrap();
        log.append(OPERATION, b"one").await.unwrap();
        log.checkpoint().await.unwrap();
        log.append_all(&[(Operation(200), body(2)), (Operation(201), body(3))]).await.unwrap();
        log.validate(Rule::Linear, None).await.unwrap()
    });

    let disk = Disk::new();
    let mut log = blocking::Aof::create(disk.clone(), options()).unwrap();
    assert!(log.is_empty());
    assert_eq!(log.append(OPERATION, b"one").unwrap().op, 1);
    assert_eq!((log.len(), log.unflushed(), log.durable_len()), (275, 275, 0));
    assert_eq!(log.checkpoint().unwrap(), 275);
    let appended = log.append_all(&[(Operation(200), body(2)), (Operation(201), body(3))]).unwrap();
    assert_eq!(log.validate(Rule::Linear, Some(appended[1].checksum)).unwrap(), expected);
    assert_eq!(log.tip(), expected.tip);
    assert_eq!(disk.bytes(), asynchronous.bytes());
    assert_eq!(log.backend().bytes(), disk.bytes());
    log.close().unwrap();
}

#[test]
fn writing_and_opening_are_the_same() {
    let history = Log::history(5);
    let disk = Disk::new();
    let mut log = blocking::Aof::create(disk.clone(), options()).unwrap();
    assert_eq!(log.write(&history.prepares[0]).unwrap(), 0);
    assert_eq!(log.write_all(&history.prepares[1..]).unwrap(), history.offset(1));
    assert_eq!(log.into_inner().bytes(), history.bytes());
    let (log, recovery) = blocking::Aof::open(disk, options()).unwrap();
    assert_eq!((recovery.entries, log.tip().unwrap().op), (5, 5));
}

#[test]
fn errors_are_the_same() {
    let disk = Disk::with(b"text");
    assert!(matches!(blocking::Aof::create(disk.clone(), options()), Err(Error::NotEmpty { len: 4 })));
    assert!(matches!(blocking::Aof::open(disk, options()), Err(Error::Corrupt { offset: 0, .. })));
    let mut log = blocking::Aof::create(Disk::new(), options()).unwrap();
    assert!(matches!(log.append(Operation::ROOT, b""), Err(Error::Reserved { operation: 1 })));
}

#[test]
fn entries_are_the_same() {
    let history = Log::history(6);
    let mut bytes = history.bytes();
    bytes[history.offset(2) as usize] ^= 1;
    let mut entries = blocking::Entries::from(aof_api::Entries::new(SliceReader::new(&bytes), small_chunks()));
    assert_eq!(entries.next().unwrap().unwrap().op(), 1);
    assert_eq!(entries.next().unwrap().unwrap().op(), 2);
    assert!(matches!(entries.next(), Err(Error::Corrupt { offset, .. }) if offset == history.offset(2)));
    assert_eq!(entries.resync().unwrap().unwrap().offset, history.offset(2));
    assert_eq!(entries.next().unwrap().unwrap().op(), 4);
    entries.seek(history.offset(5));
    assert_eq!(entries.next().unwrap().unwrap().op(), 6);
    assert!(entries.next().unwrap().is_none());
}

#[test]
fn storage_that_is_not_ready_is_waited_for() {
    let disk = Disk::new().pending(3, 2);
    let mut log = blocking::Aof::create(disk, options()).unwrap();
    log.append(OPERATION, b"one").unwrap();
    log.checkpoint().unwrap();
    let mut entries = log.entries().unwrap();
    assert_eq!(entries.next().unwrap().unwrap().body(), b"one");
    assert!(log.validate(Rule::Linear, None).unwrap().is_clean());
}

#[test]
fn the_calls_work_inside_an_executor() {
    let appended = block_on(async {
        let mut log = blocking::Aof::create(Disk::new().pending(2, 2), options()).unwrap();
        log.append(OPERATION, b"one").unwrap();
        log.checkpoint().unwrap();
        log.get(1).unwrap().unwrap().op()
    });
    assert_eq!(appended, 1);
}

#[test]
fn a_checkpoint_is_waited_for_while_the_log_is_written() {
    let mut log = blocking::Aof::create(Disk::new(), options()).unwrap();
    let first = log.append(OPERATION, b"one").unwrap();
    let checkpoint = log.start_checkpoint();
    let second = log.append(OPERATION, b"two").unwrap();
    assert_eq!(checkpoint.wait().unwrap(), second.offset);
    assert_eq!((log.durable_len(), first.op, second.op), (second.offset, 1, 2));
}

#[test]
fn entries_are_visited_got_pruned_and_begun_from() {
    let disk = Disk::new();
    let mut log = blocking::Aof::create(disk.clone(), options()).unwrap();
    log.append_with(Meta::new().view(3), OPERATION, b"one").unwrap();
    log.checkpoint().unwrap();
    log.append(OPERATION, b"two").unwrap();
    log.checkpoint().unwrap();
    assert_eq!(log.get(1).unwrap().unwrap().header().view.get(), 3);
    assert_eq!(log.prune(2).unwrap(), log.start());
    assert_eq!(log.entries_from(Target::Op(2)).unwrap().next().unwrap().unwrap().body(), b"two");
    let next = block_on(log.seam().unwrap().unwrap().begin(Disk::new())).unwrap();
    log.continue_in(next).unwrap();
    let mut seen = Vec::new();
    let opened = blocking::Aof::open_with(disk.reopened(), options(), |entry| {
        seen.push(entry.op());
        Ok(())
    });
    assert_eq!((opened.unwrap().0.tip().unwrap().op, seen), (2, vec![2]));
}
