//! B13.

use crate::{waiting, write};
use aof_api::{AofBackend, AofRead, Error};
use aof_testkit::disk::{Defect, SimBackend, SimDisk};
use aof_testkit::{Fault, Faults, drop_after};
use futures::executor::block_on;
use std::collections::BTreeSet;

/// Five writes of 100 bytes, each with a checkpoint; all but the one at 200 carry a note.
fn filled(disk: SimDisk) -> (SimDisk, SimBackend) {
    let mut backend = disk.open().unwrap();
    for byte in 1..=5 {
        write(&mut backend, byte, 100);
        let note: &[u8] = if byte == 2 { &[] } else { b"divide here" };
        block_on(backend.checkpoint(note)).unwrap();
    }
    (disk, backend)
}

fn read_at(reader: &mut impl AofRead, offset: u64) -> Result<u8, Error> {
    let mut buf = [0];
    block_on(reader.seek(offset))?;
    block_on(reader.read(&mut buf)).map(|_| buf[0])
}

#[test]
fn a_prune_ends_where_a_checkpoint_carried_a_note_and_leaves_the_last_durable_write() {
    for (to, starts) in [(50, &[0][..]), (100, &[100]), (250, &[100]), (500, &[100, 300, 400])] {
        let (disk, mut backend) = filled(SimDisk::new().pruning());
        let mut earlier = block_on(backend.reader()).unwrap();
        let start = block_on(backend.prune(to)).unwrap();
        assert!(starts.contains(&start), "{start} after a prune to {to}");
        assert_eq!((block_on(backend.start()).unwrap(), backend.len(), disk.start()), (start, 500, start));
        for reader in [&mut earlier, &mut block_on(backend.reader()).unwrap()] {
            assert_eq!(read_at(reader, start).unwrap(), (start / 100 + 1) as u8);
            if start > 0 {
                assert!(matches!(read_at(reader, start - 1), Err(Error::Pruned { start: found }) if found == start));
            }
        }
        drop(backend);
        let mut again = disk.open().unwrap();
        assert_eq!((block_on(again.start()).unwrap(), again.durable_len(), again.len()), (start, start, 500));
    }
}

#[test]
fn what_is_not_durable_cannot_be_pruned_and_a_lower_offset_than_the_start_changes_nothing() {
    let (_, mut backend) = filled(SimDisk::new().pruning());
    write(&mut backend, 6, 100);
    assert!(matches!(block_on(backend.prune(501)), Err(Error::OutOfBounds { offset: 501, len: 500 })));
    let start = block_on(backend.prune(100)).unwrap();
    assert_eq!(block_on(backend.prune(40)).unwrap(), start);
    assert!(matches!(block_on(filled(SimDisk::new()).1.prune(100)), Err(Error::Unsupported { .. })));
}

#[test]
fn a_dropped_prune_leaves_the_old_start_the_new_one_or_one_between_whatever_comes_next() {
    let mut starts = BTreeSet::new();
    for seed in 0..200 {
        for polls in 0..8 {
            let faults = Faults::seeded(seed).pending(2, 1.0);
            let (disk, mut backend) = filled(SimDisk::new().pruning().with_faults(faults));
            let _ = block_on(drop_after(polls, backend.prune(400)));
            match seed % 2 {
                0 => disk.crash(seed),
                _ => drop(backend),
            }
            let mut again = disk.open().unwrap();
            let start = block_on(again.start()).unwrap();
            assert_eq!(read_at(&mut again, start).unwrap(), (start / 100 + 1) as u8, "seed {seed}, {polls} polls");
            starts.insert(start);
        }
    }
    assert_eq!(starts.into_iter().collect::<Vec<_>>(), [0, 100, 300, 400]);
}

#[test]
fn a_failed_prune_leaves_the_start_or_a_poisoned_backend() {
    let (disk, mut backend) = filled(SimDisk::new().pruning());
    disk.faults().strike_next(Fault::PruneFails);
    assert!(matches!(block_on(backend.prune(400)), Err(Error::Io { .. })));
    assert_eq!(block_on(backend.start()).unwrap(), 0);
    write(&mut backend, 6, 1);
    disk.faults().strike_next(Fault::PruneStopsHalfway);
    assert!(matches!(block_on(backend.prune(400)), Err(Error::Io { .. })));
    assert!(matches!(block_on(backend.write(&[])), Err(Error::Poisoned { .. })));
}

#[test]
fn a_prune_makes_room() {
    let (_, mut backend) = filled(SimDisk::new().pruning().with_capacity(550));
    let full = block_on(backend.write(&[std::io::IoSlice::new(&[6; 100])]));
    assert!(matches!(full, Err(Error::Full { needed: 100, available: 50 })));
    assert!(block_on(backend.prune(400)).unwrap() >= 100);
    write(&mut backend, 6, 100);
}

#[test]
fn the_defects_of_a_prune_break_what_they_say() {
    let (_, mut backend) = filled(SimDisk::new().pruning().with_defect(Defect::PruneCutsAnywhere));
    assert_eq!(block_on(backend.prune(250)).unwrap(), 250);
    let (_, mut backend) = filled(SimDisk::new().pruning().with_defect(Defect::PruneForgetsTheLastWrite));
    assert_eq!(block_on(backend.prune(500)).unwrap(), 500);
    let (disk, mut backend) =
        filled(waiting(SimDisk::new().pruning().with_defect(Defect::PruneRemovesBeforeItRecords)));
    let _ = block_on(drop_after(4, backend.prune(400)));
    disk.crash_keeping(aof_testkit::disk::Retention::None);
    let mut again = disk.open().unwrap();
    assert_eq!(block_on(again.start()).unwrap(), 0);
    assert_ne!(read_at(&mut again, 0).unwrap(), 1);
}
