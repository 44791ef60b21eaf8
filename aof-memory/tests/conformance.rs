//! Memory keeps every promise of a backend, by type and in a box.

mod fixture;

use aof_testkit::conformance;
use fixture::{BoxedMemoryFixture, MemoryFixture};

conformance!(memory, || MemoryFixture);
conformance!(boxed_memory, BoxedMemoryFixture::new);
