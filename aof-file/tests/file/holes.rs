//! Holes of sparse files are passed without reading them.

use crate::fixture::{Place, block_on, checkpoint, write};
use aof_api::validate::{self, FindingKind, validate};
use aof_api::{Aof, AofBackend, AofRead, LogOptions, Operation as Op, Rule};
use aof_file::fault::{Fault, Operation};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

const HOLE: u64 = 8 << 30;

/// Appends `count` entries to the log, and a hole to its file.
fn log_and_hole(place: &Place, count: usize) -> u64 {
    let mut log = block_on(Aof::create(place.create(), LogOptions::new())).unwrap();
    for _ in 0..count {
        block_on(log.append(Op(200), b"before the hole")).unwrap();
    }
    block_on(log.close()).unwrap();
    let file = OpenOptions::new().write(true).open(&place.log).unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len + HOLE).unwrap();
    len
}

/// Whether the file system knows of holes; if not, there is nothing to test.
fn knows_holes(place: &Place) -> bool {
    let mut reader = place.options().open_read_only(&place.log).unwrap();
    let knows = block_on(reader.next_data(HOLE / 2)).unwrap() > HOLE / 2;
    if !knows {
        println!("skipped: the file system of {} does not report holes", place.log.display());
    }
    knows
}

/// How many bytes were read since the calls were last taken, at most.
fn bytes_read(place: &Place) -> u64 {
    place.system.take_calls().iter().filter(|call| call.operation == Operation::Read).map(|call| call.len).sum()
}

#[test]
fn a_log_opens_without_reading_the_hole_at_its_end() {
    for place in [Place::new(), Place::in_memory()] {
        let len = log_and_hole(&place, 10);
        if !knows_holes(&place) {
            continue;
        }
        for threads in [1, 2] {
            OpenOptions::new().write(true).open(&place.log).unwrap().set_len(len + HOLE).unwrap();
            place.system.take_calls();
            let options = LogOptions::new().read_threads(threads);
            let (log, recovery) = block_on(Aof::open(place.options().open(&place.log).unwrap(), options)).unwrap();
            assert_eq!((log.len(), recovery.entries), (len, 10));
            assert_eq!(recovery.cut.unwrap().len, HOLE);
            let read = bytes_read(&place);
            assert!(read < 64 << 20, "{read} bytes were read with {threads} threads");
        }
    }
}

#[test]
fn a_hole_between_entries_is_one_damage_and_is_not_read() {
    for place in [Place::new(), Place::in_memory()] {
        let len = log_and_hole(&place, 10);
        if !knows_holes(&place) {
            continue;
        }
        let entries = std::fs::File::open(&place.log).unwrap();
        let mut copy = vec![0; len as usize];
        entries.read_exact_at(&mut copy, 0).unwrap();
        // Not at the beginning of a block, so that the data begins before the entry does.
        let file = OpenOptions::new().write(true).open(&place.log).unwrap();
        file.write_all_at(&copy, len + HOLE + 1234).unwrap();
        for threads in [1, 2] {
            place.system.take_calls();
            let reader = place.options().open_read_only(&place.log).unwrap();
            let options = validate::Options::new().rule(Rule::SeenParent).verify_threads(threads);
            let validation = block_on(validate(reader, options, None)).unwrap();
            assert_eq!(validation.entries, 20);
            let holes = validation.findings.iter().filter_map(|finding| match finding.kind {
                FindingKind::Damage { len, zeros: true, .. } => Some((finding.offset, len)),
                _ => None,
            });
            assert_eq!(holes.collect::<Vec<_>>(), [(len, HOLE + 1234)]);
            let read = bytes_read(&place);
            assert!(read < 64 << 20, "{read} bytes were read with {threads} threads");
        }
    }
}

#[test]
fn a_hole_that_is_cut_is_not_read() {
    let place = Place::new();
    let len = log_and_hole(&place, 1);
    if !knows_holes(&place) {
        return;
    }
    let mut backend = place.options().open(&place.log).unwrap();
    place.system.take_calls();
    block_on(backend.truncate(len)).unwrap();
    assert!(bytes_read(&place) <= 1 << 20);
    assert_eq!(backend.kept_cut(), None);
}

#[test]
fn what_waits_in_the_write_buffer_is_data() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(1 << 20).create(&place.log).unwrap();
    let mut reader = block_on(backend.reader()).unwrap();
    write(&mut backend, &[1; 10]).unwrap();
    checkpoint(&mut backend).unwrap();
    write(&mut backend, &[0; 10]).unwrap();
    for offset in [0, 9, 10, 19, 20, u64::MAX] {
        assert_eq!(block_on(backend.next_data(offset)).unwrap(), offset);
        assert_eq!(block_on(reader.next_data(offset)).unwrap(), offset);
    }
}

#[test]
fn a_system_that_fails_to_say_costs_time_only() {
    let place = Place::new();
    let mut log = block_on(Aof::create(place.create(), LogOptions::new())).unwrap();
    block_on(log.append(Op(200), b"before the hole")).unwrap();
    block_on(log.close()).unwrap();
    let file = OpenOptions::new().write(true).open(&place.log).unwrap();
    file.set_len(file.metadata().unwrap().len() + (1 << 20)).unwrap();
    place.system.inject(Fault::for_good_from(1).on(Operation::NextData));
    let (log, recovery) = block_on(Aof::open(place.options().open(&place.log).unwrap(), LogOptions::new())).unwrap();
    assert_eq!((log.tip().unwrap().op, recovery.cut.unwrap().len), (1, 1 << 20));
}
