//! B14.

use crate::{poll_once, slow, write};
use aof_api::storage::NOTE_LEN_MAX;
use aof_api::{AofBackend, Error};
use aof_testkit::Notes;
use aof_testkit::disk::{Defect, SimDisk};
use aof_testkit::{Fault, drop_after};
use futures::executor::block_on;

fn keeping(disk: SimDisk) -> SimDisk {
    disk.keeping_notes(Notes::Every)
}

/// A note is kept early on some runs of this: how many had one that covers more than is there.
fn crashes_with_a_note_ahead(disk: impl Fn() -> SimDisk) -> usize {
    let ahead = |seed| {
        let (disk, mut backend) = slow(disk());
        write(&mut backend, 1, 3000);
        let mut checkpoint = backend.checkpoint(b"three thousand");
        assert!(poll_once(&mut checkpoint).is_none());
        disk.crash(seed);
        let left = disk.live();
        disk.open().unwrap().note().is_some_and(|(covered, _)| left.get(..covered as usize) != Some(&[1; 3000]))
    };
    (0..200).filter(|seed| ahead(*seed)).count()
}

#[test]
fn a_note_is_kept_together_with_what_it_covers() {
    assert_eq!(crashes_with_a_note_ahead(|| keeping(SimDisk::new())), 0);
    assert!(crashes_with_a_note_ahead(|| keeping(SimDisk::new()).with_defect(Defect::NoteAheadOfTheDisk)) > 50);
}

#[test]
fn a_note_is_what_opening_found_and_the_newest_of_a_durable_checkpoint() {
    let disk = keeping(SimDisk::new());
    let mut backend = disk.open().unwrap();
    write(&mut backend, 1, 100);
    block_on(backend.checkpoint(b"a hundred")).unwrap();
    write(&mut backend, 2, 100);
    block_on(backend.checkpoint(&[])).unwrap();
    assert_eq!(backend.note(), None);
    drop(backend);
    assert_eq!(disk.open().unwrap().note(), Some((100, b"a hundred".to_vec())));
}

#[test]
fn what_a_note_covers_is_the_length_at_its_call() {
    let (disk, mut backend) = slow(keeping(SimDisk::new()));
    write(&mut backend, 1, 100);
    let checkpoint = backend.checkpoint(b"a hundred");
    write(&mut backend, 2, 100);
    block_on(checkpoint).unwrap();
    drop(backend);
    assert_eq!(disk.open().unwrap().note().map(|(covered, _)| covered), Some(100));
}

#[test]
fn the_note_of_a_checkpoint_that_failed_is_not_kept() {
    for fault in [Fault::CheckpointFails, Fault::CheckpointKeepsPart, Fault::CheckpointIsFull, Fault::CheckpointLies] {
        let disk = keeping(SimDisk::new());
        let mut backend = disk.open().unwrap();
        disk.faults().strike_next(fault);
        write(&mut backend, 1, 100);
        let _ = block_on(backend.checkpoint(b"a hundred"));
        drop(backend);
        assert_eq!(disk.open().unwrap().note(), None, "{fault:?}");
    }
}

#[test]
fn a_note_that_is_too_long_changes_nothing() {
    let mut backend = keeping(SimDisk::new()).open().unwrap();
    write(&mut backend, 1, 100);
    let refused = block_on(backend.checkpoint(&[7; NOTE_LEN_MAX + 1]));
    assert!(matches!(refused, Err(Error::TooLarge { size: 257, limit: 256, .. })));
    assert_eq!(backend.durable_len(), 0);
    assert_eq!(block_on(backend.checkpoint(&[7; NOTE_LEN_MAX])).unwrap(), 100);
}

#[test]
fn a_cut_forgets_the_notes_that_cover_more_before_it_cuts_and_keeps_the_others() {
    for dropped in [false, true] {
        let (disk, mut backend) = slow(keeping(SimDisk::new()));
        for len in [100_u8, 200] {
            write(&mut backend, 1, 100);
            block_on(backend.checkpoint(&[len])).unwrap();
        }
        let polls = if dropped { 3 } else { usize::MAX };
        let cut = block_on(drop_after(polls, backend.truncate(150)));
        assert_eq!(cut.is_none(), dropped);
        disk.crash(1);
        assert_eq!(disk.open().unwrap().note(), Some((100, vec![100])));
    }
}

#[test]
fn some_notes_are_kept_and_others_are_not() {
    let mut kept = 0;
    for seed in 0..100 {
        let disk = SimDisk::new().keeping_notes(Notes::Some).with_faults(aof_testkit::Faults::seeded(seed));
        let mut backend = disk.open().unwrap();
        write(&mut backend, 1, 100);
        block_on(backend.checkpoint(b"a hundred")).unwrap();
        drop(backend);
        kept += usize::from(disk.open().unwrap().note().is_some());
    }
    assert!((20..80).contains(&kept), "{kept}");
}
