//! The simulated disk passes the whole suite.

use aof_testkit::disk::SimFixture;
use aof_testkit::{Fault, Faults, conformance};

/// Everything a caller has to put up with, and no broken promise.
fn rough() -> Faults {
    Faults::seeded(11).with(Fault::ReadIsInterrupted, 0.2).pending(2, 0.5)
}

conformance!(sim_disk, SimFixture::new);
conformance!(sim_disk_fencing, SimFixture::fencing);
conformance!(sim_disk_allocating_ahead, SimFixture::allocating_ahead);
conformance!(sim_disk_rough, || SimFixture::with_faults(rough()));
