//! The file backend passes the whole suite, on a disk that fills up, fails and loses power.

mod disk;
mod fixture;

use aof_api::Error;
use aof_file::SyncOn;
use aof_testkit::{Fixture, conformance};
use fixture::{BoxedFileFixture, FileFixture, PlainFileFixture};

conformance!(file, || FileFixture::new(SyncOn::Caller));
conformance!(file_helper, || FileFixture::new(SyncOn::Helper));
conformance!(file_plain, PlainFileFixture::new);
conformance!(boxed_file, || BoxedFileFixture(FileFixture::new(SyncOn::Helper)));

// Every option, and some of them together.
conformance!(file_buffer_of_2, || FileFixture::new(SyncOn::Caller).buffering(2));
conformance!(file_buffer_of_1500, || FileFixture::new(SyncOn::Helper).buffering(1500));
conformance!(file_buffer_of_64_kib, || FileFixture::new(SyncOn::Caller).buffering(64 << 10));
conformance!(file_preallocated, || FileFixture::new(SyncOn::Caller).preallocating(4 << 20));
conformance!(file_preallocated_little, || FileFixture::new(SyncOn::Helper).buffering(1500).preallocating(300_000));
conformance!(file_preallocated_buffered, || FileFixture::new(SyncOn::Helper)
    .buffering(64 << 10)
    .preallocating(4 << 20));

/// An error that names the file, as all of them should.
#[test]
fn the_refusal_of_a_second_writer_names_the_file() {
    let fixture = PlainFileFixture::new();
    fixture.block_on(async {
        let _first = fixture.create().await.unwrap();
        match fixture.second_writer().await {
            Err(Error::Locked { what }) => assert!(what.contains("log.aof"), "{what}"),
            other => panic!("{other:?}"),
        }
    });
}
