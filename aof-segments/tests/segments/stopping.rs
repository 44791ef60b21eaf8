//! The end of a writer while a seal is under way: nothing of it changes the log of the next one.

use crate::life::{Place, block_on};
use aof_api::{AofBackend, AofReadExt, Error};
use aof_file::SyncOn;
use aof_file::fault::Operation;
use std::io::IoSlice;
use std::thread;
use std::time::Duration;

#[test]
fn a_seal_of_a_dropped_writer_does_nothing_to_the_log_of_the_next() {
    let place = Place::new();
    let options = place.options(SyncOn::Caller);
    let mut first = options.create(&place.log).unwrap();
    block_on(first.write(&[IoSlice::new(&[1; 100])])).unwrap();
    block_on(first.checkpoint(b"note")).unwrap();
    block_on(first.write(&[IoSlice::new(&[2; 100])])).unwrap();
    let seal = first.checkpoint(b"note");
    drop(first);
    let mut second = options.open(&place.log).unwrap();
    assert_eq!(second.len(), 200, "what was written before a seal is in a segment that has its name");
    block_on(second.write(&[IoSlice::new(&[3; 100])])).unwrap();
    block_on(second.checkpoint(b"note")).unwrap();
    assert!(matches!(block_on(seal), Err(Error::Closed)));
    block_on(second.close()).unwrap();
    let mut third = options.open(&place.log).unwrap();
    let mut bytes = [0; 400];
    assert_eq!(block_on(third.read_all_at(0, &mut bytes)).unwrap(), 300);
    assert_eq!(bytes[200..300], [3; 100]);
}

#[test]
fn a_drop_waits_for_a_name_that_is_being_given_and_the_bytes_are_durable() {
    let place = Place::new();
    let options = place.options(SyncOn::Helper);
    let mut log = options.create(&place.log).unwrap();
    // The helper makes a spare after the first checkpoint.
    block_on(log.write(&[IoSlice::new(&[1; 100])])).unwrap();
    block_on(log.checkpoint(b"note")).unwrap();
    while !place.names().iter().any(|name| name.starts_with("spare")) {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(20));
    place.system.hold(Operation::RenameNew);
    block_on(log.write(&[IoSlice::new(&[2; 100])])).unwrap();
    let seal = log.checkpoint(b"note");
    while log.durable_len() < 200 {
        thread::sleep(Duration::from_millis(1));
    }
    let dropping = thread::spawn(move || drop(log));
    thread::sleep(Duration::from_millis(30));
    assert!(!dropping.is_finished());
    assert!(matches!(options.open(&place.log), Err(Error::Locked { .. })));
    place.system.release();
    dropping.join().unwrap();
    assert_eq!(block_on(seal).unwrap(), 200);
    assert_eq!(options.open(&place.log).unwrap().segments().len(), 2);
}
