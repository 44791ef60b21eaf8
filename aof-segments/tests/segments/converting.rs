//! One file becomes segments, and segments one file.

use crate::life::{Place, block_on};
use aof_api::{Aof, Error, LogOptions, Operation};
use aof_file::{FileBackend, FileReader, SyncOn};
use aof_segments::{SegmentedBackend, adopt, join, split};
use std::fs;

fn file_of(place: &Place, entries: usize) -> std::path::PathBuf {
    let file = place.log.with_extension("aof");
    let mut log = block_on(Aof::create(FileBackend::create(&file).unwrap(), LogOptions::new())).unwrap();
    for _ in 0..entries {
        block_on(log.append(Operation(200), &[7; 100])).unwrap();
    }
    block_on(log.checkpoint()).unwrap();
    block_on(log.close()).unwrap();
    file
}

#[test]
fn a_file_that_was_adopted_and_written_joins_to_what_one_file_would_be() {
    let place = Place::new();
    let (file, options) = (file_of(&place, 10), place.options(SyncOn::Caller));
    let before = fs::read(&file).unwrap();
    adopt(&file, &place.log, &options).unwrap();
    assert!(!file.exists());
    let backend = options.open(&place.log).unwrap();
    let (mut log, recovery) = block_on(Aof::open(backend, LogOptions::new())).unwrap();
    assert_eq!((recovery.entries, log.len()), (10, before.len() as u64));
    for _ in 0..5 {
        block_on(log.append(Operation(200), &[8; 100])).unwrap();
        block_on(log.checkpoint()).unwrap();
    }
    assert!(log.backend().segments().len() > 3);
    assert!(matches!(
        block_on(join(&place.log, &file, &options)),
        Err(aof_api::copy::Error::Storage(Error::Locked { .. }))
    ));
    block_on(log.close()).unwrap();

    let copied = block_on(join(&place.log, &file, &options)).unwrap();
    assert_eq!(copied.entries, 15);
    let mut segments: Vec<_> = fs::read_dir(&place.log).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "aof"));
    segments.sort();
    let joined: Vec<u8> = segments.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    assert!(joined.starts_with(&before) && fs::read(&file).unwrap() == joined);
}

#[test]
fn a_file_is_not_adopted_into_a_log_or_from_under_a_writer() {
    let place = Place::new();
    let options = place.options(SyncOn::Caller);
    let file = file_of(&place, 2);
    let writer = FileBackend::open(&file).unwrap();
    assert!(matches!(adopt(&file, &place.log, &options), Err(Error::Locked { .. })));
    drop(writer);
    drop(SegmentedBackend::create(&place.log).unwrap());
    assert!(matches!(adopt(&file, &place.log, &options), Err(Error::NotEmpty { .. })));
    assert!(file.exists());
}

#[test]
fn a_file_that_is_split_holds_the_same_bytes() {
    let place = Place::new();
    let (file, options) = (file_of(&place, 10), place.options(SyncOn::Caller));
    let copied = block_on(split(FileReader::open_read_only(&file).unwrap(), &place.log, &options)).unwrap();
    assert_eq!(copied.entries, 10);
    let back = place.log.with_extension("back.aof");
    block_on(join(&place.log, &back, &options)).unwrap();
    assert!(fs::read(&file).unwrap() == fs::read(&back).unwrap());
}
