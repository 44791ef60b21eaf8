//! B3, B7 and B15.

use crate::write;
use aof_api::{AofBackend, AofRead, Error};
use aof_testkit::Fault;
use aof_testkit::disk::SimDisk;
use futures::FutureExt;
use futures::executor::block_on;

#[test]
fn a_reader_ends_at_what_its_writer_made_durable_once_that_is_closed() {
    let disk = SimDisk::new();
    let mut backend = disk.open().unwrap();
    write(&mut backend, 1, 100);
    block_on(backend.checkpoint(&[])).unwrap();
    write(&mut backend, 2, 100);
    let mut reader = block_on(backend.reader()).unwrap();
    assert_eq!(block_on(reader.end()).unwrap(), 200);
    drop(backend);
    // The next writer writes something else there.
    let mut next = disk.open().unwrap();
    block_on(next.truncate(100)).unwrap();
    write(&mut next, 3, 300);
    assert_eq!(block_on(reader.end()).unwrap(), 100);
    block_on(reader.seek(100)).unwrap();
    assert_eq!(block_on(reader.read(&mut [0])).unwrap(), 0);
    block_on(reader.seek(101)).unwrap();
    assert!(matches!(block_on(reader.read(&mut [0])), Err(Error::Closed)));
    assert!(matches!(block_on(reader.changed(100)), Err(Error::Closed)));
}

#[test]
fn a_waiting_reader_hears_of_the_next_write_and_of_a_power_loss() {
    for elsewhere in [false, true] {
        let disk = SimDisk::new();
        let mut backend = disk.open().unwrap();
        let mut reader = if elsewhere { disk.reader() } else { block_on(backend.reader()).unwrap() };
        let mut changed = Box::pin(reader.changed(0));
        assert!(changed.as_mut().now_or_never().is_none());
        write(&mut backend, 1, 100);
        assert_eq!(block_on(changed).unwrap(), 100);
        let mut changed = Box::pin(reader.changed(100));
        assert!(changed.as_mut().now_or_never().is_none());
        disk.crash(1);
        assert!(matches!(block_on(changed), Err(Error::Poisoned { .. } | Error::Io { .. })));
    }
}

#[test]
fn a_reader_elsewhere_sees_the_log_as_it_is_and_no_writers_end() {
    let disk = SimDisk::new();
    let mut reader = disk.reader();
    let mut backend = disk.open().unwrap();
    write(&mut backend, 1, 100);
    drop(backend);
    assert_eq!(block_on(reader.end()).unwrap(), 100);
    assert!(reader.changed(100).now_or_never().is_none());
    let mut next = disk.open().unwrap();
    block_on(next.truncate(50)).unwrap();
    assert!(matches!(block_on(reader.changed(100)), Err(Error::Truncated { offset: 100, len: 50 })));
}

#[test]
fn part_of_a_write_that_failed_is_shown_to_nobody() {
    let disk = SimDisk::new();
    let mut backend = disk.open().unwrap();
    write(&mut backend, 1, 100);
    disk.faults().strike_next(Fault::WriteKeepsPart);
    let failed = block_on(backend.write(&[std::io::IoSlice::new(&[2; 1000])]));
    assert!(matches!(failed, Err(Error::Io { .. })));
    assert_eq!(block_on(disk.reader().end()).unwrap(), 100);
    assert_eq!(backend.len(), 100);
}
