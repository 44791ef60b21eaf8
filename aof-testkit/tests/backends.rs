//! The simulated disk passes the whole suite, whatever it can do.

use aof_testkit::Notes;
use aof_testkit::disk::{SimDisk, SimFixture};
use aof_testkit::{Fault, Faults, conformance};

/// Everything a caller has to put up with, and no broken promise.
fn rough() -> Faults {
    Faults::seeded(11).with(Fault::ReadIsInterrupted, 0.2).pending(2, 0.5)
}

/// Every call waits, three polls long.
fn slow() -> Faults {
    Faults::seeded(12).pending(3, 1.0)
}

/// A disk that can be pruned, and keeps notes.
fn pruning(notes: Notes) -> SimDisk {
    SimDisk::new().pruning().keeping_notes(notes)
}

conformance!(sim_disk, SimFixture::new);
conformance!(sim_disk_fencing, SimFixture::fencing);
conformance!(sim_disk_fencing_slowly, || SimFixture::on(SimDisk::new().fencing().with_faults(slow())));
conformance!(sim_disk_allocating_ahead, SimFixture::allocating_ahead);
conformance!(sim_disk_rough, || SimFixture::with_faults(rough()));
conformance!(sim_disk_slow, || SimFixture::with_faults(slow()));
conformance!(sim_disk_helped, || SimFixture::on(SimDisk::new().helped().with_faults(slow())));
conformance!(sim_disk_append_only, || SimFixture::on(SimDisk::new().append_only()));
conformance!(sim_disk_pruning, || SimFixture::on(pruning(Notes::Every)));
conformance!(sim_disk_pruning_slowly, || SimFixture::on(pruning(Notes::Some).with_faults(slow())));
conformance!(sim_disk_pruning_fencing, || SimFixture::on(pruning(Notes::Every).fencing().with_faults(slow())));
