//! B11: what is left when the power goes while checkpoints are under way.

use crate::{poll_once, slow, write};
use aof_api::{AofBackend, Error};
use aof_testkit::disk::SimDisk;
use futures::executor::block_on;
use std::collections::BTreeSet;

#[test]
fn a_crash_between_call_and_resolution_keeps_what_was_durable_and_any_part_of_the_rest() {
    let mut lens = BTreeSet::new();
    for seed in 0..300 {
        let (disk, mut backend) = slow(SimDisk::new());
        write(&mut backend, 1, 1000);
        block_on(backend.checkpoint(&[])).unwrap();
        write(&mut backend, 2, 3000);
        let mut one = backend.checkpoint(&[]);
        write(&mut backend, 3, 3000);
        let other = backend.checkpoint(&[]);
        assert!(poll_once(&mut one).is_none());
        disk.crash(seed);
        let left = disk.live();
        assert_eq!(left[..1000], [1; 1000]);
        lens.insert(left.iter().filter(|byte| [2, 3].contains(*byte)).count());
        for future in [one, other] {
            assert!(matches!(block_on(future), Err(Error::Io { .. })));
        }
    }
    // Nothing, the first checkpoint just so, everything, and much in between.
    assert!([0, 3000, 6000].iter().all(|len| lens.contains(len)) && lens.len() > 20, "{lens:?}");
}

#[test]
fn a_disk_that_cannot_cut_holds_whole_writes_after_a_crash() {
    let mut lens = BTreeSet::new();
    for seed in 0..200 {
        let disk = SimDisk::new().append_only();
        let mut backend = disk.open().unwrap();
        assert!(matches!(block_on(backend.truncate(0)), Err(Error::Unsupported { .. })));
        write(&mut backend, 1, 1000);
        block_on(backend.checkpoint(&[])).unwrap();
        for byte in 2..6 {
            write(&mut backend, byte, 1000);
        }
        disk.crash(seed);
        let left = disk.live();
        assert_eq!(left.len() % 1000, 0);
        assert!(left.chunks(1000).zip(1..).all(|(write, byte)| write.iter().all(|found| *found == byte)));
        lens.insert(left.len());
    }
    assert_eq!(lens.into_iter().collect::<Vec<_>>(), [1000, 2000, 3000, 4000, 5000]);
}
