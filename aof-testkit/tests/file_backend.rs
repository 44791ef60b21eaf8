//! The file backend passes the whole suite, on a disk that fills up, fails and loses power.

mod fixtures;

use aof_api::Error;
use aof_file::SyncOn;
use aof_testkit::{Fixture, conformance};
use fixtures::file::{FileFixture, PlainFileFixture};

conformance!(file, || FileFixture::new(SyncOn::Caller));
conformance!(file_helper, || FileFixture::new(SyncOn::Helper));
conformance!(file_plain, PlainFileFixture::new);

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
