//! What is in the directory, and what is refused.

use crate::life::{Life, Place, block_on};
use aof_api::storage::ErrorClass;
use aof_api::{Aof, AofBackend, AofRead, AofReadExt, Error, LogOptions};
use aof_file::SyncOn;
use aof_segments::{DirectoryReader, SegmentedBackend};
use std::fs;
use std::io::IoSlice;

/// A log of four segments, closed.
fn four(place: &Place) -> Vec<String> {
    let mut log =
        block_on(Aof::create(place.options(SyncOn::Caller).create(&place.log).unwrap(), LogOptions::new())).unwrap();
    let mut life = Life::default();
    // The first checkpoint has no spare yet.
    for _ in 0..4 {
        life.append(&mut log, 100).unwrap();
        life.checkpoint(&mut log).unwrap();
    }
    assert_eq!(log.backend().segments().len(), 4);
    block_on(log.close()).unwrap();
    place.names()
}

#[test]
fn a_segment_is_named_by_its_offset_and_nothing_else_is_left_after_a_close() {
    let place = Place::new();
    let names = four(&place);
    assert_eq!(names.len(), 4);
    let mut offset = 0;
    for name in names {
        assert_eq!(name, format!("{offset:020}.aof"));
        offset += fs::metadata(place.log.join(name)).unwrap().len();
    }
}

#[test]
fn a_missing_segment_is_refused_by_writers_and_readers() {
    let place = Place::new();
    let names = four(&place);
    for missing in [&names[0], &names[1]] {
        let (path, away) = (place.log.join(missing), place.log.join("away"));
        fs::rename(&path, &away).unwrap();
        let from = missing.trim_end_matches(".aof").parse().unwrap();
        let refused = [SegmentedBackend::open(&place.log).err(), DirectoryReader::open(&place.log).err()];
        for refused in refused.map(Option::unwrap) {
            assert_eq!(refused.class(), ErrorClass::Data);
            let text = refused.to_string();
            assert!(text.contains(&*path.to_string_lossy()) && text.contains("restore it"), "{text}");
            let Error::Missing { from: found, to, .. } = refused else { panic!("{refused:?}") };
            assert_eq!((found, to), (from, Some(from + fs::metadata(&away).unwrap().len())));
        }
        fs::rename(&away, &path).unwrap();
    }
    drop(SegmentedBackend::open(&place.log).unwrap());
}

#[test]
fn a_segment_that_is_longer_or_shorter_than_it_was_is_refused() {
    let place = Place::new();
    let names = four(&place);
    let path = place.log.join(&names[1]);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let refused = SegmentedBackend::open(&place.log).unwrap_err();
    assert!(matches!(refused, Error::Missing { .. }), "{refused:?}");
    assert!(
        refused.to_string().contains(&format!("or the end of {}, is missing or cut short", path.display())),
        "{refused}"
    );
    fs::write(&path, [&bytes[..], b"more"].concat()).unwrap();
    assert!(matches!(SegmentedBackend::open(&place.log), Err(Error::Io { .. })));
}

#[test]
fn a_name_that_looks_like_a_part_of_the_log_is_refused_and_any_other_is_left_alone() {
    let place = Place::new();
    four(&place);
    fs::write(place.log.join("README"), "by hand").unwrap();
    drop(SegmentedBackend::open(&place.log).unwrap());
    assert!(place.log.join("README").exists());
    fs::write(place.log.join("copy.aof"), "by hand").unwrap();
    let refused = SegmentedBackend::open(&place.log).unwrap_err().to_string();
    assert!(refused.contains("copy.aof") && refused.contains("move it"), "{refused}");
}

#[test]
fn a_damaged_start_is_refused_and_a_damaged_note_ignored() {
    let place = Place::new();
    four(&place);
    fs::write(place.log.join("note"), "damaged").unwrap();
    assert_eq!(SegmentedBackend::open(&place.log).unwrap().note(), None);
    fs::write(place.log.join("start"), "damaged").unwrap();
    assert!(matches!(SegmentedBackend::open(&place.log), Err(Error::Io { .. })));
}

#[test]
fn a_second_writer_is_refused_and_the_error_names_the_directory() {
    let place = Place::new();
    let _writer = SegmentedBackend::create(&place.log).unwrap();
    match SegmentedBackend::open(&place.log) {
        Err(Error::Locked { what }) => assert!(what.ends_with("log"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn opening_where_there_is_no_log_makes_nothing() {
    let place = Place::new();
    assert!(SegmentedBackend::open(&place.log).is_err());
    assert!(!place.log.exists());
    fs::create_dir(&place.log).unwrap();
    assert!(SegmentedBackend::open(&place.log).is_err());
    assert_eq!(fs::read_dir(&place.log).unwrap().count(), 0);
    fs::write(place.log.with_extension("aof"), "a file").unwrap();
    assert!(SegmentedBackend::open_or_create(place.log.with_extension("aof")).is_err());
}

#[test]
fn a_directory_that_was_moved_is_noticed_and_one_put_in_its_place_is_left_alone() {
    let place = Place::new();
    let options = place.options(SyncOn::Caller);
    let mut log = options.create(&place.log).unwrap();
    for _ in 0..3 {
        block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
    }
    let away = place.log.with_extension("away");
    fs::rename(&place.log, &away).unwrap();
    block_on(log.write(&[IoSlice::new(&[2; 100])])).unwrap();
    assert!(matches!(block_on(log.checkpoint(b"note")), Err(Error::Moved { .. })));
    assert_eq!(log.durable_len(), 400);
    let mut other = options.create(&place.log).unwrap();
    block_on(other.write(&[IoSlice::new(&[3; 100])])).unwrap();
    block_on(other.checkpoint(b"note")).unwrap();
    let names = place.names();
    assert!(matches!(block_on(log.prune(200)), Err(Error::Moved { .. })));
    drop(log);
    assert_eq!(place.names(), names);
    drop(other);
    assert_eq!(options.open(&away).unwrap().len(), 400);
}

#[cfg(unix)]
#[test]
fn a_private_log_is_private_with_its_directory() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let options = place.options(SyncOn::Caller).file(place.file().no_more_open_than(0o600));
    let mut log = options.create(&place.log).unwrap();
    for _ in 0..3 {
        block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
    }
    block_on(log.prune(150)).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.log), 0o700);
    for entry in fs::read_dir(&place.log).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_reader_of_the_directory_follows_seals_and_prunes() {
    let place = Place::new();
    let mut log = place.options(SyncOn::Caller).create(&place.log).unwrap();
    let mut reader = DirectoryReader::open(&place.log).unwrap();
    for round in 0..6_u8 {
        block_on(log.write(&[IoSlice::new(&[round; 100])])).unwrap();
        block_on(log.checkpoint(b"note")).unwrap();
        let mut bytes = [0; 200];
        assert_eq!(block_on(reader.read_all(&mut bytes)).unwrap(), 100);
        assert_eq!(bytes[..100], [round; 100]);
    }
    assert_eq!(reader.prune_plan(350).unwrap().start, 300);
    assert_eq!(block_on(log.prune(350)).unwrap(), 300);
    assert_eq!(block_on(reader.start()).unwrap(), 300);
    block_on(reader.seek(250)).unwrap();
    assert!(matches!(block_on(reader.read(&mut [0; 10])), Err(Error::Pruned { start: 300 })));
    block_on(reader.seek(300)).unwrap();
    assert_eq!(block_on(reader.read_all(&mut [0; 1000])).unwrap(), 300);
}
