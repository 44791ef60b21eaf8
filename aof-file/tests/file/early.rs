//! Large writes are on their way to the disk before the sync asks for them.

use crate::fixture::{Place, block_on, checkpoint, read_everything, write};
use aof_api::AofBackend;
use aof_file::fault::{Fault, Operation};
use std::io::{ErrorKind, IoSlice};

const MIB: usize = 1 << 20;

/// What of the log was begun since the last look: offset and length.
fn begun(place: &Place) -> Vec<(u64, u64)> {
    let calls = place.system.take_calls().into_iter();
    let begun = calls.filter(|call| call.operation == Operation::StartWriteback && call.path == place.log);
    begun.map(|call| (call.offset, call.len)).collect()
}

#[test]
fn what_is_not_synced_yet_is_begun_two_mebibytes_at_a_time() {
    let place = Place::new();
    let mut backend = place.create();
    let mib = vec![7; MIB];
    // Of many parts in one write, the disk has the first before the last is copied.
    block_on(backend.write(&[IoSlice::new(&mib); 5])).unwrap();
    assert_eq!(begun(&place), [(0, 2 << 20), (2 << 20, 2 << 20)]);
    // The rest of it, and the next write, make a piece together.
    write(&mut backend, &mib).unwrap();
    assert_eq!(begun(&place), [(4 << 20, 2 << 20)]);
}

#[test]
fn what_was_synced_is_not_begun_again_and_so_stays_in_the_page_cache() {
    let place = Place::new();
    let mut backend = place.create();
    let bytes = vec![7; 3 * MIB / 2];
    for _ in 0..4 {
        write(&mut backend, &bytes).unwrap();
        checkpoint(&mut backend).unwrap();
    }
    assert_eq!(begun(&place), []);
    // Cut and written again: to be begun from the cut on.
    block_on(backend.truncate(0)).unwrap();
    write(&mut backend, &[&bytes[..], &bytes].concat()).unwrap();
    assert_eq!(begun(&place), [(0, 3 << 20)]);
}

#[test]
fn a_write_that_was_taken_back_is_begun_again_from_where_it_stood() {
    let place = Place::new();
    let mut backend = place.create();
    let mib = vec![7; MIB];
    place.system.inject(Fault::once(2).on(Operation::Write).kind(ErrorKind::StorageFull));
    block_on(backend.write(&[IoSlice::new(&mib); 4])).unwrap_err();
    assert_eq!((backend.len(), begun(&place)), (0, vec![(0, 2 << 20)]));
    block_on(backend.write(&[IoSlice::new(&mib); 2])).unwrap();
    assert_eq!(begun(&place), [(0, 2 << 20)]);
}

#[test]
fn a_disk_that_takes_no_hint_is_no_failure() {
    let place = Place::new();
    let mut backend = place.create();
    place.system.inject(Fault::for_good_from(1).on(Operation::StartWriteback));
    let bytes = vec![7; 5 * MIB];
    write(&mut backend, &bytes).unwrap();
    assert_eq!(begun(&place).len(), 1);
    assert_eq!(checkpoint(&mut backend).unwrap(), bytes.len() as u64);
    assert!(read_everything(&mut backend) == bytes);
}
