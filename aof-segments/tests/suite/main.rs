//! Segments in a directory pass the whole suite, on a disk that fills up, fails and loses power.

mod disk;
mod fixture;
mod images;

use aof_file::SyncOn;
use aof_testkit::conformance;
use fixture::{PlainFixture, SegmentsFixture};

const KIB: u64 = 1 << 10;

// A segment for each checkpoint that may divide the log.
conformance!(segments_of_1_byte, || SegmentsFixture::new(1, SyncOn::Caller));
conformance!(segments_of_1_byte_helper, || SegmentsFixture::new(1, SyncOn::Helper));
conformance!(segments_of_64_kib, || SegmentsFixture::new(64 * KIB, SyncOn::Caller));
conformance!(segments_of_64_kib_helper, || SegmentsFixture::new(64 * KIB, SyncOn::Helper));
conformance!(segments_of_64_mib, || SegmentsFixture::new(64 * KIB * KIB, SyncOn::Helper));
conformance!(segments_plain, PlainFixture::new);

// Every option of the files below.
conformance!(segments_preallocated, || SegmentsFixture::new(1, SyncOn::Caller).preallocating(300_000));
conformance!(segments_buffered, || SegmentsFixture::new(1, SyncOn::Helper).buffering(1500));
conformance!(segments_preallocated_buffered, || SegmentsFixture::new(64 * KIB, SyncOn::Helper)
    .preallocating(4 << 20)
    .buffering(64 << 10));
