//! What the wrappers add to a storage: counts, and faults.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use aof_api::{AofBackend, AofRead, DynAofBackend, Error};
use aof_testkit::Notes;
use aof_testkit::disk::{SimBackend, SimDisk};
use aof_testkit::{Call, Fault, Faults, Faulty, Metered, drop_after};
use futures::FutureExt;
use futures::executor::block_on;
use std::io::IoSlice;
use std::time::Duration;

fn disk() -> SimDisk {
    SimDisk::new().pruning().keeping_notes(Notes::Every)
}

fn write(backend: &mut impl AofBackend, len: usize) {
    block_on(backend.write(&[IoSlice::new(&vec![1; len])])).unwrap();
}

#[test]
fn a_checkpoint_is_measured_from_its_call_until_it_resolves() {
    let mut metered = Metered::new(disk().open().unwrap());
    let metrics = metered.metrics();
    write(&mut metered, 100);
    let checkpoint = metered.checkpoint(b"a note");
    assert_eq!(metrics.of(Call::Checkpoint).count, 0);
    std::thread::sleep(Duration::from_millis(3));
    write(&mut metered, 100);
    assert_eq!(block_on(checkpoint).unwrap(), 100);
    let measured = metrics.of(Call::Checkpoint);
    assert_eq!((measured.count, measured.errors), (1, 0));
    assert!(measured.latency.quantile(0.5).unwrap() > Duration::from_millis(3));
    drop(metered.checkpoint(&[]));
    assert_eq!(metrics.of(Call::Checkpoint).count, 1, "one that was dropped counts");
}

#[test]
fn every_call_of_the_second_contract_is_counted() {
    let mut metered = Metered::new(disk().open().unwrap());
    let metrics = metered.metrics();
    write(&mut metered, 100);
    block_on(metered.checkpoint(b"divide here")).unwrap();
    write(&mut metered, 100);
    block_on(metered.checkpoint(&[])).unwrap();
    assert_eq!(block_on(metered.prune(150)).unwrap(), 100);
    let mut reader = block_on(metered.reader()).unwrap();
    assert_eq!(block_on(reader.start()).unwrap(), 100);
    assert_eq!(block_on(reader.changed(100)).unwrap(), 200);
    assert!(matches!(block_on(metered.changed(200)), Err(Error::Unsupported { .. })));
    for (call, count, errors) in [
        (Call::Start, 1, 0),
        (Call::Changed, 2, 1),
        (Call::Prune, 1, 0),
        (Call::Reader, 1, 0),
        (Call::Write, 2, 0),
        (Call::Checkpoint, 2, 0),
    ] {
        let measured = metrics.of(call);
        assert_eq!((measured.count, measured.errors), (count, errors), "{call}");
    }
}

fn faulty(faults: Faults) -> Faulty<SimBackend> {
    Faulty::new(disk().open().unwrap(), faults)
}

#[test]
fn an_injected_failure_of_a_checkpoint_poisons_at_its_call_and_not_the_one_before() {
    let mut backend = faulty(Faults::none().on_nth(Fault::CheckpointFails, 2));
    write(&mut backend, 100);
    let before = backend.checkpoint(&[]);
    write(&mut backend, 100);
    let failing = backend.checkpoint(&[]);
    assert!(matches!(block_on(backend.write(&[])), Err(Error::Poisoned { .. })));
    let later = backend.checkpoint(&[]);
    assert!(matches!(block_on(later), Err(Error::Poisoned { .. })));
    assert!(matches!(block_on(failing), Err(Error::Io { .. })));
    assert_eq!(block_on(before).unwrap(), 100);
    assert_eq!(backend.durable_len(), 100);
}

#[test]
fn the_failure_of_a_dropped_checkpoint_is_heard_of() {
    let mut backend = faulty(Faults::none().on_nth(Fault::CheckpointFails, 1));
    write(&mut backend, 100);
    drop(backend.checkpoint(&[]));
    assert!(matches!(block_on(backend.checkpoint(&[])), Err(Error::Poisoned { .. })));
}

#[test]
fn no_room_for_a_checkpoint_does_not_poison() {
    let mut backend = faulty(Faults::none().on_nth(Fault::CheckpointIsFull, 1));
    write(&mut backend, 100);
    assert!(matches!(block_on(backend.checkpoint(&[])), Err(Error::Full { .. })));
    write(&mut backend, 100);
    assert_eq!(block_on(backend.checkpoint(&[])).unwrap(), 200);
}

#[test]
fn a_checkpoint_that_lies_claims_more_than_is_durable_until_a_cut() {
    let mut backend = faulty(Faults::none().on_nth(Fault::CheckpointLies, 1));
    write(&mut backend, 100);
    assert_eq!(block_on(backend.checkpoint(&[])).unwrap(), 100);
    assert_eq!(backend.durable_len(), 100);
    block_on(backend.truncate(50)).unwrap();
    assert_eq!(backend.durable_len(), 50);
}

#[test]
fn a_failed_prune_leaves_the_start() {
    let mut backend = faulty(Faults::none().on_nth(Fault::PruneFails, 1).on_nth(Fault::PruneStopsHalfway, 2));
    write(&mut backend, 100);
    block_on(backend.checkpoint(b"divide here")).unwrap();
    write(&mut backend, 100);
    block_on(backend.checkpoint(&[])).unwrap();
    assert!(matches!(block_on(backend.prune(100)), Err(Error::Io { .. })));
    assert_eq!(block_on(backend.start()).unwrap(), 0);
    write(&mut backend, 1);
    assert!(matches!(block_on(backend.prune(100)), Err(Error::Io { .. })));
    assert!(matches!(block_on(backend.prune(100)), Err(Error::Poisoned { .. })));
}

#[test]
fn a_reader_that_waits_hears_of_the_poison_and_first_of_what_is_there() {
    let mut backend = faulty(Faults::none().on_nth(Fault::CheckpointFails, 1));
    let mut reader = block_on(backend.reader()).unwrap();
    write(&mut backend, 100);
    let mut changed = Box::pin(reader.changed(100));
    assert!(changed.as_mut().now_or_never().is_none());
    let _ = block_on(backend.checkpoint(&[]));
    assert!(matches!(block_on(changed), Err(Error::Poisoned { .. })));
    assert_eq!(block_on(reader.changed(50)).unwrap(), 100);
}

#[test]
fn a_boxed_storage_pipelines_as_the_one_in_the_box() {
    let disk = disk().with_faults(Faults::none().pending(2, 1.0));
    let boxed: Box<dyn DynAofBackend> = Box::new(Metered::new(Faulty::new(disk.open().unwrap(), Faults::none())));
    let mut backend = boxed;
    write(&mut backend, 100);
    let mut first = backend.checkpoint(b"a hundred");
    assert!(block_on(drop_after(1, &mut first)).is_none());
    write(&mut backend, 100);
    let second = backend.checkpoint(&[]);
    assert_eq!(block_on(second).unwrap(), 200);
    assert_eq!(block_on(first).unwrap(), 100);
    assert_eq!(disk.note(), Some((100, b"a hundred".to_vec())));
}
