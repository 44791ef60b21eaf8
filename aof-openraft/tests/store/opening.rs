//! What opening a store accepts.

use super::*;
use aof_api::{Aof, LogOptions, Operation};
use aof_openraft::{OpenError, RecordError, record};

async fn refusal(operation: Operation, body: &[u8]) -> OpenError {
    let disk = SimDisk::new();
    let mut log = Aof::create(disk.open().unwrap(), LogOptions::new()).await.unwrap();
    log.append(operation, body).await.unwrap();
    log.close().await.unwrap();
    let before = disk.live();
    let refused = AofLogStore::<Types, _>::open(disk.open().unwrap(), StoreOptions::new()).await.err().unwrap();
    assert_eq!(disk.live(), before, "nothing was changed");
    refused
}

#[test]
fn the_log_of_another_program_is_refused() {
    Types::run(async {
        let refused = refusal(Operation(138), b"transfers").await;
        let OpenError::Record { op: 1, offset: 0, reason } = refused else { panic!("{refused}") };
        assert!(matches!(reason, RecordError::Foreign { operation: 138 }), "{reason}");
    });
}

#[test]
fn a_record_of_another_layout_is_refused() {
    Types::run(async {
        let refused = refusal(record::PURGE, &[1, 2, 3]).await;
        assert!(matches!(refused, OpenError::Record { reason: RecordError::Layout { .. }, .. }), "{refused}");
    });
}

#[test]
fn a_record_of_another_codec_is_refused() {
    Types::run(async {
        let refused = refusal(record::VOTE, b"{\"term\":1}").await;
        assert!(matches!(refused, OpenError::Record { reason: RecordError::Value { .. }, .. }), "{refused}");
    });
}
