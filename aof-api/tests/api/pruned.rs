//! A log whose beginning was pruned is read from where it begins.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use aof_api::merge::{self, Merger};
use aof_api::read::find::{Target, find};
use aof_api::validate::{self, NoteKind, validate};
use aof_api::{Aof, AofRead, Entries, Error, LogOptions, Rule, read};

fn pruned(log: &Log, index: usize) -> Disk {
    Disk::with(&log.bytes()).pruned_to(log.offset(index))
}

fn ops(mut entries: Entries<Disk>) -> Vec<(u64, u64)> {
    let mut ops = Vec::new();
    while let Some(entry) = block_on(entries.next()).unwrap() {
        ops.push((entry.offset, entry.op()));
    }
    ops
}

#[test]
fn entries_begin_at_the_start_of_the_log() {
    let log = Log::history(9);
    let expected: Vec<_> = (4..9).map(|index| (log.offset(index), index as u64 + 1)).collect();
    assert_eq!(ops(Entries::new(pruned(&log, 4), read::Options::new())), expected);
    let from_below = Entries::starting_at(pruned(&log, 4), 0, read::Options::new());
    let mut from_below = from_below;
    assert!(matches!(block_on(from_below.next()), Err(Error::Pruned { start }) if start == log.offset(4)));
    // Another offset that is chosen before the first entry counts.
    let mut chosen = Entries::new(pruned(&log, 4), read::Options::new());
    chosen.seek(log.offset(6));
    assert_eq!(chosen.offset(), log.offset(6));
    assert_eq!(ops(chosen), expected[2..]);
}

#[test]
fn damage_at_the_start_of_a_pruned_log_is_passed_where_it_is() {
    let log = Log::history(9);
    let mut bytes = log.bytes();
    bytes[log.range(4).start + 3] ^= 1;
    let mut entries = Entries::new(Disk::with(&bytes).pruned_to(log.offset(4)), read::Options::new());
    let passed = block_on(entries.resync()).unwrap().unwrap();
    assert_eq!((passed.offset, passed.len), (log.offset(4), log.offset(5) - log.offset(4)));
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 6);
}

#[test]
fn a_digest_covers_what_is_held() {
    let log = Log::history(9);
    let held = Log::parse(&log.bytes()).bytes()[log.range(4).start..].to_vec();
    let of_pruned = block_on(read::digest([pruned(&log, 4)], read::Options::new())).unwrap();
    assert_eq!(of_pruned, block_on(read::digest([Disk::with(&held)], read::Options::new())).unwrap());
}

#[test]
fn a_validation_reports_where_the_log_begins_and_after_which_entry() {
    let log = Log::history(9);
    for rule in Rule::ALL {
        let options = validate::Options::new().rule(rule);
        let validation = block_on(validate(pruned(&log, 4), options, None)).unwrap();
        assert!(validation.is_clean());
        assert_eq!((validation.start, validation.root), (log.offset(4), Some(log.checksum(3))));
        assert_eq!((validation.entries, validation.ops), (5, Some(5..=9)));
        assert_eq!(validation.bytes, log.bytes().len() as u64 - log.offset(4));
        let kinds: Vec<_> = validation.notes.iter().map(|note| (note.offset, note.kind.clone())).collect();
        assert_eq!(kinds, [(log.offset(4), NoteKind::HeadMissing { op: 5 })]);
    }
}

#[test]
fn a_validation_by_several_readers_begins_there_too() {
    let log = Log::of((0..200).map(|number| vec![number; 65_000]));
    let mut validator = validate::Validator::new(validate::Options::new());
    let readers = vec![pruned(&log, 7), pruned(&log, 7)];
    block_on(validator.read_striped(readers, |finding| panic!("{finding:?}"))).unwrap();
    let validation = validator.finish();
    assert_eq!((validation.start, validation.entries, validation.tip.unwrap().op), (log.offset(7), 193, 200));
}

#[test]
fn a_pruned_log_opens_by_several_readers() {
    let log = Log::of((0..200).map(|number| vec![number; 65_000]));
    let options = LogOptions::new().read_threads(2);
    let (_, recovery) = block_on(Aof::open(pruned(&log, 7), options)).unwrap();
    assert_eq!((recovery.entries, recovery.tip.unwrap().op), (193, 200));
}

#[test]
fn a_merge_reads_and_writes_what_a_pruned_input_holds() {
    let log = Log::history(9);
    let mut merger = Merger::new(merge::Options::new());
    block_on(merger.read(pruned(&log, 4))).unwrap();
    block_on(merger.read(pruned(&log, 2))).unwrap();
    let mut output = Disk::new();
    let report = block_on(merger.write(&mut output)).unwrap();
    assert!(report.is_whole());
    assert_eq!(report.inputs[0].bytes, log.bytes().len() as u64 - log.offset(4));
    assert!(output.bytes() == log.bytes()[log.range(2).start..]);
}

#[test]
fn every_op_of_a_pruned_log_is_found_and_one_before_it_is_its_first() {
    let log = Log::of((0..300).map(|number| vec![number as u8; 40_000]));
    for begins in [1, 120, 290] {
        for op in [1, 121, 200, 299, 300] {
            let place = block_on(find(pruned(&log, begins), Target::Op(op), read::Options::new())).unwrap().unwrap();
            let index = (op as usize - 1).max(begins);
            assert_eq!((place.offset, place.op), (log.offset(index), index as u64 + 1), "op {op}, from {begins}");
        }
    }
}

#[test]
fn a_reader_learns_where_the_log_begins_now() {
    let log = Log::history(9);
    let mut disk = Disk::with(&log.bytes());
    let mut entries = Entries::new(disk.clone(), read::Options::new());
    disk = disk.pruned_to(log.offset(3));
    assert_eq!(block_on(disk.start()).unwrap(), log.offset(3));
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 4);
}
