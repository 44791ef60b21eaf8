//! Copying a log whose beginning was pruned, and the places at which a copy may be divided.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, sibling};
use aof_api::copy::{self, Copied, copy};
use aof_api::storage::WRITE_LEN_MAX;
use aof_api::{Aof, AofRead, Error, LogOptions, Result, read};

fn copied(source: Disk, destination: &Disk) -> Result<Copied, copy::Error> {
    block_on(copy(source, &mut destination.clone(), copy::Options::new()))
}

/// The log, pruned up to the entry with this index.
fn pruned(log: &Log, index: usize) -> Disk {
    Disk::with(&log.bytes()).pruned_to(log.offset(index))
}

fn bytes_from(log: &Log, index: usize) -> Vec<u8> {
    log.bytes()[log.range(index).start..].to_vec()
}

#[test]
fn what_a_pruned_source_still_has_is_copied() {
    let log = Log::history(9);
    let destination = Disk::new();
    let copied = copied(pruned(&log, 4), &destination).unwrap();
    assert_eq!((copied.entries, copied.resumed_at), (5, 0));
    assert_eq!(copied.tip.unwrap().checksum, log.checksum(8));
    assert!(destination.bytes() == bytes_from(&log, 4));
}

/// The destination holds the entries from `first` up to the one before `end`; the source, those from `begins` on.
fn assert_continues(log: &Log, first: usize, end: usize, begins: usize) {
    let end_offset = if end < log.len() { log.range(end).start } else { log.bytes().len() };
    let there = &log.bytes()[log.range(first).start..end_offset];
    let destination = Disk::with(there);
    let context = format!("{first}..{end}, from {begins}");
    let copied = copied(pruned(log, begins), &destination).unwrap_or_else(|error| panic!("{context}: {error}"));
    // An empty destination begins where the source does.
    let first = if there.is_empty() { begins } else { first };
    let expected = bytes_from(log, first);
    assert!(destination.bytes() == expected, "{context}");
    let numbers = (copied.bytes, copied.entries, copied.resumed_at);
    assert_eq!(numbers, (expected.len() as u64, (log.len() - first) as u64, there.len() as u64), "{context}");
}

#[test]
fn a_copy_continues_after_its_last_entry_wherever_the_source_begins_by_then() {
    let log = Log::history(12);
    for first in 0..6 {
        for end in first..=12 {
            for begins in first..=end.min(11) {
                assert_continues(&log, first, end, begins);
            }
        }
    }
}

#[test]
fn a_torn_copy_of_a_pruned_source_continues_too() {
    let log = Log::history(9);
    let all = bytes_from(&log, 3);
    for len in (0..all.len()).step_by(13) {
        let destination = Disk::with(&all[..len]);
        copied(pruned(&log, 3), &destination).unwrap();
        assert!(destination.bytes() == all, "{len} bytes were there");
    }
}

#[test]
fn what_the_source_no_longer_has_is_pruned_and_nothing_is_changed() {
    let log = Log::history(9);
    let there = log.bytes()[..log.range(4).start].to_vec();
    let destination = Disk::with(&there);
    let error = copied(pruned(&log, 5), &destination).unwrap_err();
    assert!(matches!(error, copy::Error::Storage(Error::Pruned { start }) if start == log.offset(5)), "{error}");
    assert!(destination.bytes() == there && destination.writes() == 0);
}

#[test]
fn another_history_than_that_of_a_pruned_source_differs() {
    let log = Log::history(9);
    let other = sibling(&log.prepares[6]);
    let there = [&log.bytes()[log.range(3).start..log.range(6).start], other.as_entry_bytes()].concat();
    let destination = Disk::with(&there);
    let error = copied(pruned(&log, 3), &destination).unwrap_err();
    assert!(matches!(error, copy::Error::Differs { .. }), "{error}");
    assert!(destination.bytes() == there && destination.writes() == 0);
}

#[test]
fn a_copy_of_a_pruned_log_with_repeats_continues_at_the_right_one() {
    let log = Log::of_ops(&[1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6]);
    let all = bytes_from(&log, 1);
    for last in 1..12 {
        let destination = Disk::with(&log.bytes()[log.range(1).start..log.range(last).end]);
        copied(pruned(&log, 1), &destination).unwrap();
        assert!(destination.bytes() == all, "up to the entry at {last}");
    }
}

/// Is pruned when it was read so often.
struct PrunedMeanwhile {
    disk: Disk,
    reads_left: usize,
    to: u64,
}

impl AofRead for PrunedMeanwhile {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.disk.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        match self.reads_left.checked_sub(1) {
            Some(left) => self.reads_left = left,
            None => drop(self.disk.clone().pruned_to(self.to)),
        }
        self.disk.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.disk.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.disk.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.disk.changed(end).await
    }
}

#[test]
fn a_source_that_is_pruned_while_it_is_read_is_never_corrupt() {
    let log = Log::history(60);
    let mut was_pruned = false;
    for reads_left in 0..12 {
        let source = PrunedMeanwhile { disk: Disk::with(&log.bytes()), reads_left, to: log.offset(55) };
        let options = copy::Options::new().read(read::Options::new().chunk_len(4096));
        match block_on(copy(source, &mut Disk::new(), options)) {
            Ok(copied) => assert_eq!(copied.entries, 60),
            Err(copy::Error::Storage(Error::Pruned { .. })) => was_pruned = true,
            Err(error) => panic!("after {reads_left} reads: {error}"),
        }
    }
    assert!(was_pruned);
}

#[test]
fn every_checkpoint_of_a_copy_has_a_note_where_an_entry_ends() {
    let log = Log::of((0..70).map(|number| vec![number; 1_000_000]));
    let destination = Disk::new();
    let options = copy::Options::new().read(read::Options::new().chunk_len(64 << 20));
    block_on(copy(Disk::with(&log.bytes()), &mut destination.clone(), options)).unwrap();
    let notes = destination.notes();
    assert!(notes.len() >= 2, "{} notes", notes.len());
    for (covered, note) in notes {
        assert!(!note.is_empty());
        assert!((0..70).any(|index| log.range(index).end as u64 == covered), "{covered}");
    }
    assert!(destination.longest_write() <= WRITE_LEN_MAX, "{}", destination.longest_write());
    assert!(destination.bytes() == log.bytes());
}

#[test]
fn a_copy_that_stops_at_damage_before_other_bytes_has_no_note() {
    let log = Log::history(5);
    let mut damaged = log.bytes();
    damaged[log.range(3).end - 1] ^= 1;
    let whole = Disk::with(&log.bytes());
    copied(Disk::with(&damaged), &whole).unwrap_err();
    assert_eq!(whole.notes(), []);
    let empty = Disk::new();
    copied(Disk::with(&damaged), &empty).unwrap_err();
    assert_eq!(empty.notes().iter().map(|(covered, _)| *covered).collect::<Vec<_>>(), [log.offset(3)]);
}

#[test]
fn a_copy_of_a_pruned_log_opens_and_continues() {
    let log = Log::history(9);
    let destination = Disk::new();
    copied(pruned(&log, 4), &destination).unwrap();
    let (mut opened, recovery) = block_on(Aof::open(destination, LogOptions::new())).unwrap();
    assert_eq!((recovery.entries, recovery.tip.unwrap().op), (5, 9));
    assert_eq!(block_on(opened.append(aof_api::Operation(200), b"next")).unwrap().op, 10);
}
