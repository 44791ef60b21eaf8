//! A backend chosen at run time is the backend.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body};
use crate::support::reader::SliceReader;
use crate::support::reading::{options, small_chunks, validate_bytes};
use aof_api::storage::DynAofRead;
use aof_api::validate::{Validator, validate};
use aof_api::{Aof, AofBackend, AofRead, DynAofBackend, Entries, Error, LogOptions, Rule};
use aof_memory::MemoryBackend;

fn log_options() -> LogOptions {
    LogOptions::new().clock(|| 1_000).read(small_chunks())
}

#[test]
fn a_log_over_a_box_is_the_same_log() {
    let plain = Disk::new();
    let boxed = Disk::new();
    block_on(async {
        let mut log = Aof::create(plain.clone(), log_options()).await.unwrap();
        let object: Box<dyn DynAofBackend> = Box::new(boxed.clone());
        let mut erased = Aof::create(object, log_options()).await.unwrap();
        for op in 1..=5 {
            let expected = log.append(OPERATION, &body(op)).await.unwrap();
            assert_eq!(erased.append(OPERATION, &body(op)).await.unwrap(), expected);
        }
        assert_eq!(erased.checkpoint().await.unwrap(), log.checkpoint().await.unwrap());
        let expected = log.validate(Rule::Linear, None).await.unwrap();
        assert_eq!(erased.validate(Rule::Linear, None).await.unwrap(), expected);
        assert_eq!((erased.len(), erased.durable_len()), (log.len(), log.durable_len()));
        let mut entries = erased.entries().await.unwrap();
        assert_eq!(entries.next().await.unwrap().unwrap().op(), 1);
        erased.close().await.unwrap();
    });
    assert_eq!(boxed.bytes(), plain.bytes());
}

#[test]
fn a_boxed_backend_is_opened_and_cut() {
    let log = Log::history(3);
    let disk = Disk::with(&log.bytes()[..log.offset(3) as usize - 1]);
    let object: Box<dyn DynAofBackend> = Box::new(disk.clone());
    let (_, recovery) = block_on(Aof::open(object, log_options())).unwrap();
    assert_eq!((recovery.entries, disk.bytes().len() as u64), (2, log.offset(2)));
}

#[test]
fn every_call_goes_through_a_box() {
    let log = Log::history(2);
    let disk = Disk::with(&log.bytes()).noted(log.offset(1), b"a note");
    let mut object: Box<dyn DynAofBackend> = Box::new(disk.clone());
    block_on(async {
        assert_eq!(AofBackend::len(&object), log.offset(2));
        assert_eq!(AofBackend::note(&object), Some((log.offset(1), b"a note".to_vec())));
        assert_eq!(AofRead::start(&mut object).await.unwrap(), 0);
        assert_eq!(AofRead::changed(&mut object, 10).await.unwrap(), log.offset(2));
        assert!(matches!(AofBackend::prune(&mut object, 1).await, Err(Error::OutOfBounds { .. })));
        assert_eq!(AofRead::end(&mut object).await.unwrap(), log.offset(2));
        AofRead::seek(&mut object, log.offset(1)).await.unwrap();
        let mut buf = [0; 16];
        assert_eq!(AofRead::read(&mut object, &mut buf).await.unwrap(), 16);
        assert_eq!(buf, aof_api::format::MAGIC);
        AofBackend::truncate(&mut object, 10).await.unwrap();
        assert!(matches!(AofBackend::truncate(&mut object, 11).await, Err(Error::OutOfBounds { .. })));
        assert_eq!((AofBackend::checkpoint(&mut object, &[]).await.unwrap(), object.durable_len()), (10, 10));
    });
    assert_eq!(disk.bytes().len(), 10);
}

#[test]
fn boxed_and_borrowed_readers_read_the_same() {
    let log = Log::history(7);
    let expected = validate_bytes(Rule::SeenParent, &log.bytes());
    let boxed: Box<dyn DynAofRead> = Box::new(SliceReader::new(&log.bytes()));
    assert_eq!(block_on(validate(boxed, options(Rule::SeenParent), None)).unwrap(), expected);
    let mut reader = SliceReader::new(&log.bytes());
    assert_eq!(block_on(validate(&mut reader, options(Rule::SeenParent), None)).unwrap(), expected);
    let mut entries = Entries::new(&mut reader, small_chunks());
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 1);
}

#[test]
fn different_backends_make_one_list_of_logs() {
    let first = Log::of_ops(&[1, 2]);
    let second = Log::of_ops(&[3, 4]);
    let parts: [Box<dyn DynAofRead>; 2] =
        [Box::new(MemoryBackend::from_bytes(&first.bytes())), Box::new(SliceReader::new(&second.bytes()))];
    let mut validator = Validator::new(options(Rule::Linear));
    for part in parts {
        block_on(validator.read(part, |observation| panic!("{observation:?}"))).unwrap();
    }
    assert_eq!(validator.finish().ops, Some(1..=4));
}
