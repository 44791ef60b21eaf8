//! openraft's own suite, and ours: each of its cases with a restart after every call, on every kind of storage.
#![allow(clippy::unwrap_used, reason = "a test stops where something failed")]

#[path = "../../../aof-segments/tests/suite/disk.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "the suite needs the loss of power alone")]
mod disk;
#[path = "../../../aof-segments/tests/suite/images.rs"]
#[allow(unreachable_pub, missing_docs, reason = "what such a disk holds")]
mod images;
mod impatient;
#[path = "../../examples/cluster/kv/mod.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "the suite needs the state machine alone")]
mod kv;
mod places;
mod segments;

use aof_file::SyncOn;
use aof_openraft::testing::{Fixture, Restart, run_suite};
use kv::machine::KvMachine;
use kv::snapshots::Snapshots;
use openraft::type_config::TypeConfigExt;
use places::{Boxed, Disk, File, Memory};
use segments::{Directory, LosingPower};
use std::io;
use std::sync::{Arc, Mutex};

openraft::declare_raft_types!(
    /// The types of the suite.
    pub Types: D = kv::Put, R = kv::Previous, AsyncRuntime = impatient::Impatient
);

#[derive(Default)]
struct InMemory(Mutex<Option<Vec<u8>>>);

impl Snapshots for InMemory {
    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        *self.0.lock().unwrap() = Some(bytes.to_vec());
        Ok(())
    }

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().clone())
    }
}

fn run(fixture: impl Fixture<Types>, restart: Restart) {
    // Without optimisation the cases need more stack than a test has.
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(move || run_here(fixture, restart)).unwrap().join().unwrap();
}

fn run_here(fixture: impl Fixture<Types>, restart: Restart) {
    let machine = || KvMachine::<Types>::open(Arc::new(InMemory::default()), None).unwrap();
    Types::run(run_suite(fixture, restart, machine)).unwrap();
}

macro_rules! on {
    ($storage:ident: $fixture:expr) => {
        mod $storage {
            use super::*;

            #[test]
            fn the_suite_of_openraft_passes() {
                run($fixture, Restart::Never);
            }

            #[test]
            fn it_passes_with_a_reopen_after_every_call() {
                run($fixture, Restart::Close);
            }

            #[test]
            fn it_passes_with_a_crash_after_every_call() {
                run($fixture, Restart::Crash);
            }
        }
    };
}

on!(memory: Memory);
on!(file: File);
on!(simulated_disk: Disk::plain());
on!(simulated_disk_that_prunes: Disk::pruning());
on!(boxed: Boxed);
on!(segments_in_a_directory: Directory);
on!(segments_that_lose_power: LosingPower::new(SyncOn::Helper));
on!(segments_that_lose_power_synced_by_the_caller: LosingPower::new(SyncOn::Caller));
