//! B10: a second writer that takes over.

use crate::{poll_once, slow, write};
use aof_api::{AofBackend, AofRead, Error};
use aof_testkit::Notes;
use aof_testkit::disk::SimDisk;
use futures::FutureExt;
use futures::executor::block_on;

#[test]
fn the_first_writer_and_its_readers_hear_of_a_takeover_at_once() {
    let (disk, mut first) = slow(SimDisk::new().fencing());
    write(&mut first, 1, 100);
    let settled = first.checkpoint(&[]);
    while disk.step() {}
    write(&mut first, 2, 100);
    let mut under_way = first.checkpoint(&[]);
    assert!(poll_once(&mut under_way).is_none());
    let mut reader = block_on(first.reader()).unwrap();
    let changed = Box::pin(reader.changed(200));
    let mut second = disk.open().unwrap();
    write(&mut second, 3, 500);

    assert_eq!(block_on(settled).unwrap(), 100);
    assert!(matches!(block_on(under_way), Err(Error::Fenced { .. })));
    assert!(matches!(changed.now_or_never(), Some(Err(Error::Fenced { .. }))));
    assert_eq!((first.len(), first.durable_len()), (100, 100));
    block_on(reader.seek(101)).unwrap();
    assert!(matches!(block_on(reader.read(&mut [0])), Err(Error::Fenced { .. })));
    block_on(reader.seek(100)).unwrap();
    assert_eq!(block_on(reader.read(&mut [0])).unwrap(), 0);
    for refused in [block_on(first.write(&[])), block_on(first.checkpoint(&[])), block_on(first.prune(0))] {
        assert!(matches!(refused, Err(Error::Fenced { .. })));
    }
}

#[test]
fn a_takeover_keeps_all_that_was_durable_and_some_whole_writes_after_it() {
    let mut lens = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let faults = aof_testkit::Faults::seeded(seed);
        let disk = SimDisk::new().fencing().keeping_notes(Notes::Every).with_faults(faults);
        let mut first = disk.open().unwrap();
        write(&mut first, 1, 100);
        block_on(first.checkpoint(b"a hundred")).unwrap();
        write(&mut first, 2, 100);
        write(&mut first, 3, 100);
        let second = disk.open().unwrap();
        assert_eq!(second.note().map(|(covered, _)| covered), Some(100));
        lens.insert(second.len());
        drop(first);
        assert_eq!(disk.live().len() as u64, second.len(), "a displaced writer has changed the log");
    }
    assert_eq!(lens.into_iter().collect::<Vec<_>>(), [100, 200, 300]);
}
