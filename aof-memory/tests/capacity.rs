//! How much memory takes, and what it says about itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use aof_api::{AofBackend, Error};
use aof_memory::{CAPACITY_DEFAULT, MemoryBackend, SECTOR_SIZE};
use futures::executor::block_on;
use std::io::IoSlice;

fn room(backend: &mut MemoryBackend) -> u64 {
    let huge = vec![0; backend.capacity() as usize + 1];
    match block_on(backend.write(&[IoSlice::new(&huge)])) {
        Err(Error::Full { needed, available }) if needed == huge.len() as u64 => available,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_default_is_that_of_the_reference() {
    let mut backend = MemoryBackend::new();
    assert_eq!((CAPACITY_DEFAULT, backend.capacity(), room(&mut backend)), (33_554_432, 33_554_432, 33_554_432));
}

#[test]
fn a_capacity_is_kept_to_the_byte() {
    for capacity in [0, 1, 4095, 4096, 5000] {
        let mut backend = MemoryBackend::with_capacity(capacity);
        assert_eq!((backend.capacity(), room(&mut backend)), (capacity, capacity));
    }
}

#[test]
fn bytes_above_the_default_bring_their_own_room_in_whole_sectors() {
    let bytes = vec![7; CAPACITY_DEFAULT as usize + 1];
    let mut backend = MemoryBackend::from_bytes(&bytes);
    let left = SECTOR_SIZE as u64 - 1;
    assert_eq!((backend.capacity(), room(&mut backend)), (CAPACITY_DEFAULT + SECTOR_SIZE as u64, left));
    assert_eq!(MemoryBackend::from_bytes(b"few").capacity(), CAPACITY_DEFAULT);
}

#[test]
fn backend_and_reader_print_where_they_stand() {
    let mut backend = MemoryBackend::with_capacity(4096);
    block_on(backend.write(&[IoSlice::new(b"one")])).unwrap();
    let text = format!("{backend:?}");
    assert!(text.contains("len: 3") && text.contains("durable_len: 0") && text.contains("capacity: 4096"), "{text}");
    let reader = block_on(backend.reader()).unwrap();
    assert!(format!("{reader:?}").contains("cursor: 0"), "{reader:?}");
}
