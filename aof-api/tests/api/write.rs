//! `write`: prepared messages, stored exactly as they are.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, header, prepare};
use crate::support::reading::{small_chunks, validate_bytes};
use aof_api::format::{ENTRY_SIZE_MAX, Prepare};
use aof_api::{Aof, Error, LogOptions, Rule};
use aof_memory::MemoryBackend;

fn options() -> LogOptions {
    LogOptions::new().clock(|| 1_000).read(small_chunks())
}

fn create(options: LogOptions) -> (Disk, Aof<Disk>) {
    let disk = Disk::new();
    let log = block_on(Aof::create(disk.clone(), options)).unwrap();
    (disk, log)
}

fn write_all_of(log: &mut Aof<Disk>, ops: &[u64]) {
    for prepare in Log::of_ops(ops).prepares {
        block_on(log.write(&prepare)).unwrap();
    }
}

fn of_cluster(cluster: u128, op: u64) -> Prepare {
    let mut header = header(op, Prepare::root(cluster).checksum());
    header.cluster = cluster.into();
    Prepare::seal(header, b"").unwrap()
}

#[test]
fn a_prepare_is_stored_byte_for_byte() {
    let prepares = Log::history(5);
    let (disk, mut log) = create(options());
    for (index, prepare) in prepares.prepares.iter().enumerate() {
        assert_eq!(block_on(log.write(prepare)).unwrap(), prepares.offset(index));
        assert_eq!(log.tip().map(|tip| (tip.op, tip.checksum)), Some((prepare.op(), prepare.checksum())));
    }
    assert_eq!(disk.bytes(), prepares.bytes());
}

#[test]
fn duplicates_backtracking_gaps_and_forks_are_stored_as_the_reference_stores_them() {
    for ops in [&[1, 1, 1][..], &[1, 2, 3, 1, 2, 3], &[3, 2, 1], &[1, 5, 9], &[4]] {
        let (disk, mut log) = create(options());
        write_all_of(&mut log, ops);
        assert_eq!(disk.bytes(), Log::of_ops(ops).bytes(), "{ops:?}");
        assert_eq!(log.tip().unwrap().op, *ops.last().unwrap(), "{ops:?}");
    }
}

#[test]
fn after_going_back_nothing_is_appended_until_the_log_is_at_its_highest_op_again() {
    let history = Log::history(4);
    let (disk, mut log) = create(options());
    write_all_of(&mut log, &[1, 2, 3, 4, 2]);
    let before = disk.bytes();
    for _ in 0..2 {
        let error = block_on(log.append(OPERATION, b"")).unwrap_err();
        let Error::Forked { offset, op, parent } = error else { panic!("{error}") };
        assert_eq!((offset, op, parent), (before.len() as u64, 3, history.checksum(1)));
        let error = block_on(log.append_all(&[(OPERATION, b"")])).unwrap_err();
        assert!(matches!(error, Error::Forked { .. }), "{error}");
    }
    assert_eq!(disk.bytes(), before);
    block_on(log.write(&history.prepares[2])).unwrap();
    assert!(block_on(log.append(OPERATION, b"")).is_err());
    block_on(log.write(&history.prepares[3])).unwrap();
    let appended = block_on(log.append(OPERATION, b"five")).unwrap();
    assert_eq!(appended.op, 5);
    assert_eq!(validate_bytes(Rule::SeenParent, &disk.bytes()).findings, []);
}

#[test]
fn an_append_continues_what_was_written() {
    let (disk, mut log) = create(options());
    write_all_of(&mut log, &[1, 2, 3]);
    assert_eq!(block_on(log.append(OPERATION, b"four")).unwrap().op, 4);
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!((validation.findings, validation.entries), (vec![], 4));
}

#[test]
fn many_at_once_are_one_write() {
    let prepares = Log::history(30);
    let (disk, mut log) = create(options());
    assert_eq!(block_on(log.write_all(&prepares.prepares[..10])).unwrap(), 0);
    assert_eq!(block_on(log.write_all(&prepares.prepares[10..])).unwrap(), prepares.offset(10));
    assert_eq!((disk.bytes(), disk.writes()), (prepares.bytes(), 2));
    assert_eq!(log.tip().unwrap().op, 30);
}

#[test]
fn many_at_once_are_all_stored_or_none() {
    let mut prepares = Log::history(3).prepares;
    let backend = MemoryBackend::with_capacity(1000);
    let mut log = block_on(Aof::create(backend, options())).unwrap();
    let error = block_on(log.write_all(&prepares)).unwrap_err();
    assert!(matches!(error, Error::Full { available: 1000, .. }), "{error}");
    assert_eq!((log.len(), log.tip()), (0, None));

    prepares.push(of_cluster(7, 4));
    let (disk, mut log) = create(options());
    let error = block_on(log.write_all(&prepares)).unwrap_err();
    assert!(matches!(error, Error::WrongCluster { expected: 0, found: 7 }), "{error}");
    assert_eq!((disk.writes(), log.tip()), (0, None));
    // The refused call has not made up its mind about the cluster.
    block_on(log.write(&of_cluster(7, 1))).unwrap();
}

#[test]
fn none_at_once_changes_nothing() {
    let (disk, mut log) = create(options());
    assert_eq!(block_on(log.write_all(&[])).unwrap(), 0);
    write_all_of(&mut log, &[1, 2]);
    let (len, tip) = (log.len(), log.tip());
    assert_eq!(block_on(log.write_all(&[])).unwrap(), len);
    assert_eq!((disk.bytes().len() as u64, log.tip()), (len, tip));
}

#[test]
fn a_prepare_of_another_cluster_is_refused() {
    let (disk, mut log) = create(options().cluster(3));
    let error = block_on(log.write(&of_cluster(7, 1))).unwrap_err();
    assert!(matches!(error, Error::WrongCluster { expected: 3, found: 7 }), "{error}");
    block_on(log.write(&of_cluster(3, 1))).unwrap();
    assert!(block_on(log.write(&of_cluster(7, 2))).is_err());
    assert_eq!(disk.writes(), 1);
}

#[test]
fn a_log_for_any_cluster_is_of_the_cluster_of_its_first_entry() {
    let (disk, mut log) = create(options());
    block_on(log.write(&of_cluster(7, 1))).unwrap();
    let error = block_on(log.write(&of_cluster(8, 2))).unwrap_err();
    assert!(matches!(error, Error::WrongCluster { expected: 7, found: 8 }), "{error}");
    block_on(log.append(OPERATION, b"")).unwrap();
    assert!(Log::parse(&disk.bytes()).prepares.iter().all(|prepare| prepare.header().cluster.get() == 7));
}

#[test]
fn a_log_that_begins_with_an_append_takes_no_prepare_of_another_cluster() {
    let (disk, mut log) = create(options());
    block_on(log.append(OPERATION, b"")).unwrap();
    let written = block_on(log.write(&of_cluster(7, 2)));
    assert!(matches!(written, Err(Error::WrongCluster { expected: 0, found: 7 })), "{written:?}");
    block_on(Aof::open(disk, options().rule(Rule::TigerBeetle))).expect("a log that was written opens again");
}

#[test]
fn op_0_is_never_recorded() {
    let (disk, mut log) = create(options());
    assert!(matches!(block_on(log.write(&Prepare::root(0))), Err(Error::RootOp)));
    let zero = prepare(0, Prepare::root(0).checksum(), b"");
    assert!(matches!(block_on(log.write(&zero)), Err(Error::RootOp)));
    assert!(matches!(block_on(log.write_all(&[zero])), Err(Error::RootOp)));
    assert_eq!(disk.writes(), 0);
}

#[test]
fn the_bound_on_unflushed_bytes_holds_for_writes_too() {
    let parent = Prepare::root(0).checksum();
    let large = prepare(1, parent, &[0; 600_000]);
    let (disk, mut log) = create(options().unflushed_max(ENTRY_SIZE_MAX as u64));
    block_on(log.write(&large)).unwrap();
    assert!(matches!(block_on(log.write(&large)), Err(Error::UnflushedMax { unflushed: 600_272, .. })));
    assert!(matches!(block_on(log.write_all(std::slice::from_ref(&large))), Err(Error::UnflushedMax { .. })));
    assert!(matches!(block_on(log.write_all(&[large.clone(), large.clone()])), Err(Error::TooLarge { .. })));
    block_on(log.checkpoint()).unwrap();
    block_on(log.write(&large)).unwrap();
    assert_eq!(disk.writes(), 2);
}

#[test]
fn a_log_made_by_write_is_what_a_replica_made() {
    let golden = Log::parse(crate::golden::SOLO);
    let (disk, mut log) = create(options());
    block_on(log.write_all(&golden.prepares)).unwrap();
    block_on(log.checkpoint()).unwrap();
    assert_eq!(disk.bytes(), crate::golden::SOLO);
    let validation = block_on(log.validate(Rule::Linear, Some(golden.checksum(11)))).unwrap();
    assert!(validation.is_clean());
}
