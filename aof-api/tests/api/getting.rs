//! One entry, or the log from an entry on.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, prepare};
use crate::support::opening::{open, options};
use aof_api::format::{Checksum, Prepare, Release};
use aof_api::log::Meta;
use aof_api::read::find::Target;
use aof_api::{Aof, Error, LogOptions, Operation, Rule};
use aof_memory::MemoryBackend;

#[test]
fn every_op_of_a_log_is_got_whether_it_was_appended_or_found() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        let mut appended = Vec::new();
        for size in (0..400).map(|number| number * 53 % 3001) {
            appended.push(log.append(OPERATION, &vec![7; size]).await.unwrap());
        }
        let bytes = log.into_inner().snapshot();
        for threads in [0, 1, 2] {
            let options = LogOptions::new().read_threads(threads);
            let (mut log, _) = Aof::open(MemoryBackend::from_bytes(&bytes), options).await.unwrap();
            appended.push(log.append(OPERATION, b"one more").await.unwrap());
            for entry in &appended {
                let got = log.get(entry.op).await.unwrap().unwrap();
                assert_eq!((got.checksum(), got.op()), (entry.checksum, entry.op));
            }
            assert!(log.get(0).await.unwrap().is_none());
            assert!(log.get(402).await.unwrap().is_none());
            appended.pop();
        }
    });
}

#[test]
fn the_last_recording_of_an_op_is_got() {
    let mut log = block_on(Aof::create(Disk::new(), options())).unwrap();
    let entries = Log::of_ops(&[1, 2, 3, 4, 2, 3, 5, 4]);
    // Another entry of op 3, as after a fork: the last one counts.
    let other = Prepare::seal(*entries.prepares[2].header(), b"another").unwrap();
    block_on(log.write_all(&entries.prepares)).unwrap();
    block_on(log.write(&other)).unwrap();
    assert_eq!(block_on(log.get(3)).unwrap(), Some(other));
    for op in [1, 2, 4, 5] {
        let got = block_on(log.get(op)).unwrap().unwrap();
        assert_eq!(got.op(), op);
    }
    assert_eq!(block_on(log.get(6)).unwrap(), None);
}

#[test]
fn an_op_before_what_was_read_at_opening_is_searched() {
    let disk = Disk::new();
    block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        for op in 1..=200_u64 {
            log.append(OPERATION, &op.to_le_bytes()).await.unwrap();
        }
        log.checkpoint().await.unwrap();
    });
    let (mut opened, recovery) = open(&disk.reopened(), options());
    assert_eq!(recovery.read_from, disk.bytes().len() as u64);
    block_on(opened.append(OPERATION, b"")).unwrap();
    for op in [1, 2, 100, 199, 200] {
        assert_eq!(block_on(opened.get(op)).unwrap().unwrap().body(), op.to_le_bytes());
    }
    assert_eq!(block_on(opened.get(201)).unwrap().unwrap().body(), b"");
}

#[test]
fn reading_begins_at_an_op_or_a_time_and_continues() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new().clock(|| 1_000)).await.unwrap();
        for op in 1..=500_u64 {
            log.append(OPERATION, &vec![1; (op % 90) as usize]).await.unwrap();
        }
        for op in [1, 2, 250, 499, 500] {
            for target in [Target::Op(op), Target::Timestamp(999 + op)] {
                let mut entries = log.entries_from(target).await.unwrap();
                for expected in op..=500 {
                    assert_eq!(entries.next().await.unwrap().unwrap().op(), expected, "{target:?}");
                }
                assert!(entries.next().await.unwrap().is_none());
            }
        }
        let mut later = log.entries_from(Target::Op(501)).await.unwrap();
        assert!(later.next().await.unwrap().is_none());
        log.append(OPERATION, b"later").await.unwrap();
        assert_eq!(later.next().await.unwrap().unwrap().op(), 501);
    });
}

#[test]
fn a_damaged_entry_is_not_got() {
    let log = Log::appended(9, &[9]);
    let disk = Disk::with(&log.bytes());
    let (mut opened, _) = open(&disk, options());
    let mut bytes = disk.bytes();
    bytes[log.range(4).start + 275] ^= 1;
    disk.replace(&bytes);
    let refused = block_on(opened.get(5));
    assert!(matches!(refused, Err(Error::Corrupt { offset, .. }) if offset == log.offset(4)), "{refused:?}");
    assert_eq!(block_on(opened.get(4)).unwrap().unwrap().op(), 4);
}

#[test]
fn meta_sets_what_the_caller_says_and_nothing_else() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new().clock(|| 5)).await.unwrap();
        let plain = log.append(OPERATION, b"").await.unwrap();
        let release = Release::new(1, 2, 3);
        let meta = Meta::new().client(9).request(10).view(11).release(release);
        let op = log.append_with(meta, OPERATION, b"body").await.unwrap().op;
        let entry = log.get(op).await.unwrap().unwrap();
        let header = entry.header();
        assert_eq!((header.client.get(), header.request.get(), header.view.get()), (9, 10, 11));
        assert_eq!((header.release.get(), header.parent, header.op.get()), (release.0, plain.checksum, 2));
        assert!(log.validate(Rule::Linear, Some(entry.checksum())).await.unwrap().is_clean());
    });
}

#[test]
fn meta_that_breaks_a_rule_of_the_format_is_refused_and_nothing_is_written() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        let bad = [
            (Meta::new().client(0), OPERATION),
            (Meta::new().request(0), OPERATION),
            (Meta::new().release(Release(0)), OPERATION),
            (Meta::new().client(1), Operation::PULSE),
            (Meta::new().request(1), Operation::REGISTER),
        ];
        for (meta, operation) in bad {
            let refused = log.append_with(meta, operation, b"").await;
            assert!(matches!(refused, Err(Error::BadMeta { .. })), "{meta:?}: {refused:?}");
        }
        assert_eq!((log.len(), log.tip()), (0, None));
        assert_eq!(log.append(OPERATION, b"").await.unwrap().op, 1);
    });
}

#[test]
fn nothing_follows_the_highest_op() {
    let header = prepare(u64::MAX, Checksum::EMPTY, b"");
    let mut log = block_on(Aof::create(MemoryBackend::new(), LogOptions::new())).unwrap();
    block_on(log.write(&header)).unwrap();
    assert!(matches!(block_on(log.append(OPERATION, b"")), Err(Error::OpsExhausted)));
    assert_eq!(block_on(log.get(u64::MAX)).unwrap().unwrap().checksum(), header.checksum());
}
