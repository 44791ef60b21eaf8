//! When a segment is sealed, what opening reads then, and a name that finds no room.

use crate::life::{Life, Place, block_on};
use aof_api::{Aof, AofBackend, AofReadExt, Error, LogOptions};
use aof_file::SyncOn;
use aof_file::fault::{Fault, Operation};
use aof_segments::SegmentedBackend;
use std::io::{ErrorKind, IoSlice};

#[test]
fn a_segment_is_sealed_only_where_a_note_says_that_an_entry_ends() {
    let place = Place::new();
    let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
    for note in [&b"note"[..], b"", b"", b"note", b""] {
        block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
        block_on(log.checkpoint(note)).unwrap();
    }
    // The first one found no segment made ahead.
    assert_eq!(log.segments().iter().map(|segment| segment.base).collect::<Vec<_>>(), [0, 400]);
    // A segment without bytes is not sealed.
    let mut empty = place.options(SyncOn::Caller).create(place.log.with_extension("empty")).unwrap();
    for _ in 0..3 {
        block_on(empty.checkpoint(b"note")).unwrap();
    }
    assert_eq!(empty.segments().len(), 1);
}

#[test]
fn opening_reads_the_last_segment_only() {
    let place = Place::new();
    let options = place.options(SyncOn::Caller);
    let mut log = block_on(Aof::create(options.create(&place.log).unwrap(), LogOptions::new())).unwrap();
    let mut life = Life::default();
    for _ in 0..50 {
        life.append(&mut log, 1000).unwrap();
        life.checkpoint(&mut log).unwrap();
    }
    let last = log.backend().segments().last().unwrap().base;
    block_on(log.close()).unwrap();
    place.system.take_calls();
    let (log, recovery) = block_on(Aof::open(options.open(&place.log).unwrap(), LogOptions::new())).unwrap();
    assert_eq!((recovery.read_from, recovery.entries), (last, 50));
    drop(log);
    let mut read: Vec<_> = place.system.calls();
    read.retain(|call| call.operation == Operation::Read && call.path.extension().is_some_and(|it| it == "aof"));
    read.sort_by(|one, other| one.path.cmp(&other.path));
    read.dedup_by(|one, other| one.path == other.path);
    // The first header, and what ends in and follows the note.
    assert!(read.len() <= 3, "{read:?}");
}

#[test]
fn a_seal_that_finds_no_room_for_the_name_is_owed_and_finished_later() {
    let place = Place::new();
    let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
    block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
    block_on(log.checkpoint(b"note")).unwrap();
    let no_room = Fault::for_good_from(1).on(Operation::RenameNew).kind(ErrorKind::StorageFull);
    place.system.inject(no_room);
    block_on(log.write(&[IoSlice::new(&[2; 100])])).unwrap();
    assert_eq!(block_on(log.checkpoint(b"note")).unwrap(), 200, "the sealed bytes are durable");
    block_on(log.write(&[IoSlice::new(&[3; 100])])).unwrap();
    for _ in 0..2 {
        assert!(matches!(block_on(log.checkpoint(b"note")), Err(Error::Full { .. })));
        assert_eq!(log.durable_len(), 200);
    }
    // It stops no cut: one below drops the segment that has no name.
    block_on(log.truncate(150)).unwrap();
    assert_eq!((log.len(), log.durable_len()), (150, 150));
    block_on(log.write(&[IoSlice::new(&[4; 100])])).unwrap();
    place.system.heal();
    assert_eq!(block_on(log.checkpoint(b"note")).unwrap(), 250);
    block_on(log.close()).unwrap();
    let log = place.options(SyncOn::Caller).open(&place.log).unwrap();
    assert_eq!((log.len(), log.note()), (250, Some((250, b"note".to_vec()))));
}

/// A log of which 200 bytes are durable and sealed, and 300 more are in a segment that found no room for its name.
fn owed(place: &Place) -> SegmentedBackend {
    let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
    block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
    block_on(log.checkpoint(b"note")).unwrap();
    place.system.inject(Fault::for_good_from(1).on(Operation::RenameNew).kind(ErrorKind::StorageFull));
    block_on(log.write(&[IoSlice::new(&[2; 100])])).unwrap();
    assert_eq!(block_on(log.checkpoint(b"note")).unwrap(), 200);
    block_on(log.write(&[IoSlice::new(&[3; 300])])).unwrap();
    log
}

#[test]
fn a_cut_within_a_segment_that_is_owed_its_name_makes_room_for_it() {
    let place = Place::new();
    let mut log = owed(&place);
    place.system.heal();
    place.system.inject(Fault::once(1).on(Operation::RenameNew).kind(ErrorKind::StorageFull));
    block_on(log.truncate(250)).unwrap();
    assert_eq!((log.len(), log.durable_len(), log.segments().len()), (250, 250, 2));
    drop(log);
    let log = place.options(SyncOn::Caller).open(&place.log).unwrap();
    assert_eq!((log.len(), log.segments().len()), (250, 2));
}

#[test]
fn a_cut_within_a_segment_that_finds_no_room_for_its_name_is_durable_with_the_next_checkpoint() {
    let place = Place::new();
    let mut log = owed(&place);
    for _ in 0..2 {
        assert!(matches!(block_on(log.truncate(250)), Err(Error::Full { .. })));
        assert_eq!((log.len(), log.durable_len()), (250, 200));
    }
    block_on(log.write(&[IoSlice::new(&[4; 10])])).unwrap();
    place.system.heal();
    assert_eq!(block_on(log.checkpoint(b"note")).unwrap(), 260);
    drop(log);
    let mut log = place.options(SyncOn::Caller).open(&place.log).unwrap();
    let mut bytes = [0; 300];
    assert_eq!(block_on(log.read_all(&mut bytes)).unwrap(), 260);
    assert_eq!(bytes[..260], [&[1; 100][..], &[2; 100], &[3; 50], &[4; 10]].concat());
}

#[test]
fn an_owed_seal_is_finished_by_the_next_checkpoint_or_by_a_close() {
    for closes in [false, true] {
        let place = Place::new();
        let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
        block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
        place.system.inject(Fault::once(1).on(Operation::RenameNew).kind(ErrorKind::StorageFull));
        block_on(log.write(&[IoSlice::new(&[2; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
        block_on(log.write(&[IoSlice::new(&[3; 100])])).unwrap();
        if !closes {
            assert_eq!(block_on(log.checkpoint(&[])).unwrap(), 300);
        }
        block_on(log.close()).unwrap();
        let log = place.options(SyncOn::Caller).open(&place.log).unwrap();
        assert_eq!((log.len(), log.segments().len()), (300, 2));
    }
}

#[test]
fn a_cut_over_segments_keeps_what_it_cuts_and_forgets_the_note() {
    let place = Place::new();
    let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
    for round in 1..=4 {
        block_on(log.write(&[IoSlice::new(&[round; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
    }
    block_on(log.truncate(150)).unwrap();
    drop(log);
    let cut: Vec<_> = place.names().into_iter().filter(|name| name.contains(".cut-")).collect();
    let bytes: usize = cut.iter().map(|name| std::fs::read(place.log.join(name)).unwrap().len()).sum();
    assert_eq!(bytes, 250, "{cut:?}");
    let log = place.options(SyncOn::Caller).open(&place.log).unwrap();
    assert_eq!((log.len(), log.note()), (150, None));
}

#[test]
fn a_clean_close_keeps_the_note_of_the_last_checkpoint_and_a_cut_forgets_it() {
    let place = Place::new();
    let options = place.options(SyncOn::Caller).segment_bytes(1000);
    let mut log = options.create(&place.log).unwrap();
    block_on(log.write(&[IoSlice::new(&[1; 50])])).unwrap();
    block_on(log.checkpoint(b"note")).unwrap();
    block_on(log.write(&[IoSlice::new(&[1; 30])])).unwrap();
    block_on(log.checkpoint(b"last")).unwrap();
    block_on(log.close()).unwrap();
    let mut log = options.open(&place.log).unwrap();
    assert_eq!(log.note(), Some((80, b"last".to_vec())));
    // What no note covers at the end leaves the one before.
    block_on(log.write(&[IoSlice::new(&[1; 10])])).unwrap();
    block_on(log.checkpoint(b"")).unwrap();
    block_on(log.close()).unwrap();
    let mut log = options.open(&place.log).unwrap();
    assert_eq!(log.note(), Some((80, b"last".to_vec())));
    block_on(log.truncate(60)).unwrap();
    block_on(log.close()).unwrap();
    assert_eq!(options.open(&place.log).unwrap().note(), None);
}
