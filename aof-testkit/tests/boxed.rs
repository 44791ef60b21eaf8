//! Storage that is chosen at run time keeps every promise of the one that is in the box: here a file, in `aof-memory`
//! memory.

mod fixtures;

use aof_file::SyncOn;
use aof_testkit::conformance;
use fixtures::file::{BoxedFileFixture, FileFixture};

conformance!(boxed_file, || BoxedFileFixture(FileFixture::new(SyncOn::Helper)));
