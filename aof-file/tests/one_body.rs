//! One generic body of code, over every backend, chosen by type or at run time.

use aof_api::{Aof, AofBackend, DynAofBackend, LogOptions, Operation, Result, Rule};
use aof_file::{FileBackend, FileOptions, SyncOn};
use aof_memory::MemoryBackend;
use futures::TryStreamExt;
use futures::executor::block_on;
use std::path::Path;

/// Writes a log, reads it while it grows, closes it, opens it again, continues.
async fn write_close_and_go_on<B: AofBackend>(backend: B, reopen: impl FnOnce(B) -> B) -> Result<()> {
    let mut log = Aof::create(backend, LogOptions::new().cluster(7)).await?;
    let mut entries = log.entries().await?;
    let first = log.append(Operation(128), b"one").await?;
    assert_eq!(entries.next().await?.map(|entry| entry.checksum()), Some(first.checksum));
    log.append_all(&[(Operation(128), "two"), (Operation(129), "three")]).await?;
    assert!(entries.next().await?.is_some_and(|entry| entry.body() == b"two"));
    assert_eq!(log.unflushed(), log.len());
    assert_eq!(log.checkpoint().await?, log.len());

    let (mut log, recovery) = Aof::open(reopen(log.into_inner()), LogOptions::new().verify_threads(2)).await?;
    assert_eq!((recovery.entries, recovery.cut), (3, None));
    let last = log.append(Operation(128), b"four").await?;
    assert_eq!(last.op, 4);
    let validation = log.validate(Rule::Linear, Some(last.checksum)).await?;
    assert!(validation.is_clean() && validation.notes.is_empty());
    let prepares: Vec<_> = log.entries().await?.into_stream().try_collect().await?;
    assert_eq!(
        prepares.iter().map(|prepare| prepare.body()).collect::<Vec<_>>(),
        [&b"one"[..], b"two", b"three", b"four"]
    );
    assert!(prepares.iter().all(|prepare| prepare.header().lints().next().is_none()));
    log.close().await
}

fn reopen_file(path: &Path, backend: impl AofBackend) -> FileBackend {
    drop(backend);
    FileBackend::open(path).expect("the file was just there")
}

#[test]
fn memory_by_type() {
    let reopen = |backend: MemoryBackend| MemoryBackend::from_bytes(&backend.snapshot());
    block_on(write_close_and_go_on(MemoryBackend::new(), reopen)).unwrap();
}

#[test]
fn memory_at_run_time() {
    let backend: Box<dyn DynAofBackend> = Box::new(MemoryBackend::new());
    block_on(write_close_and_go_on(backend, |backend| backend)).unwrap();
}

#[test]
fn a_file_by_type_however_it_is_synced() {
    for sync_on in [SyncOn::Caller, SyncOn::Helper] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.aof");
        let backend = FileOptions::new().sync_on(sync_on).create(&path).unwrap();
        block_on(write_close_and_go_on(backend, |backend| reopen_file(&path, backend))).unwrap();
    }
}

#[test]
fn a_file_at_run_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.aof");
    let backend: Box<dyn DynAofBackend> = Box::new(FileBackend::create(&path).unwrap());
    let reopen = |backend| Box::new(reopen_file(&path, backend)) as Box<dyn DynAofBackend>;
    block_on(write_close_and_go_on(backend, reopen)).unwrap();
}

#[test]
fn both_backends_hold_the_same_bytes() {
    async fn bytes(mut log: Aof<impl AofBackend>) -> Vec<u8> {
        for number in 0..100_u8 {
            log.append(Operation(128), &vec![number; usize::from(number) * 7]).await.unwrap();
        }
        let len = usize::try_from(log.len()).unwrap();
        let mut bytes = vec![0; len];
        aof_api::AofReadExt::read_all(&mut log.into_inner(), &mut bytes).await.unwrap();
        bytes
    }
    let directory = tempfile::tempdir().unwrap();
    let options = || LogOptions::new().clock(|| 1_700_000_000_000_000_000);
    let memory = block_on(async { bytes(Aof::create(MemoryBackend::new(), options()).await.unwrap()).await });
    let path = directory.path().join("log.aof");
    let file =
        block_on(async { bytes(Aof::create(FileBackend::create(&path).unwrap(), options()).await.unwrap()).await });
    assert!(memory == file && std::fs::read(&path).unwrap() == memory);
}
