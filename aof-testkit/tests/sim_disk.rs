//! The simulated disk under pipelined checkpoints, prune, notes and takeovers: what it promises, and what it may lose.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod sim_disk {
    pub(crate) mod checkpoints;
    pub(crate) mod crashes;
    pub(crate) mod notes;
    pub(crate) mod pruning;
    pub(crate) mod readers;
    pub(crate) mod takeover;
}

use aof_api::AofBackend;
use aof_testkit::disk::{SimBackend, SimDisk};
use aof_testkit::{Faults, drop_after};
use futures::executor::block_on;
use std::io::IoSlice;

/// A disk on which every call waits twice, and a sync takes two steps and the one that settles it.
fn waiting(disk: SimDisk) -> SimDisk {
    disk.with_faults(Faults::none().pending(2, 1.0))
}

/// Such a disk, and its writer.
fn slow(disk: SimDisk) -> (SimDisk, SimBackend) {
    let disk = waiting(disk);
    let backend = disk.open().unwrap();
    (disk, backend)
}

/// Appends so many bytes of this value.
fn write(backend: &mut SimBackend, byte: u8, len: usize) {
    block_on(backend.write(&[IoSlice::new(&vec![byte; len])])).unwrap();
}

/// Polls once, and says whether it is done.
fn poll_once<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    block_on(drop_after(1, future))
}
