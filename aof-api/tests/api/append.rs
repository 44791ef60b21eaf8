//! `append`: what is in the entries it makes, and when it makes none.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body};
use crate::support::reading::{small_chunks, validate_bytes};
use aof_api::format::{BODY_SIZE_MAX, CHECKPOINT_MARK, ENTRY_SIZE_MAX, Prepare, Release};
use aof_api::{Aof, Error, LogOptions, Operation, Origin, Rule};
use aof_memory::MemoryBackend;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn options() -> LogOptions {
    LogOptions::new().clock(|| 1_000).read(small_chunks())
}

fn create(options: LogOptions) -> (Disk, Aof<Disk>) {
    let disk = Disk::new();
    let log = block_on(Aof::create(disk.clone(), options)).unwrap();
    (disk, log)
}

#[test]
fn each_entry_stands_on_the_one_before_it() {
    let (disk, mut log) = create(options());
    assert_eq!((log.tip(), log.len(), log.is_empty()), (None, 0, true));
    let mut parent = Prepare::root(0).checksum();
    for op in 1..=10 {
        let appended = block_on(log.append(OPERATION, &body(op))).unwrap();
        let prepare = Log::parse(&disk.bytes()).prepares.pop().unwrap();
        assert_eq!((appended.op, appended.checksum), (op, prepare.checksum()));
        assert_eq!(appended.offset + prepare.size_disk(), log.len());
        assert_eq!((prepare.op(), prepare.header().parent), (op, parent));
        assert_eq!(prepare.body(), body(op));
        assert_eq!(log.tip().map(|tip| (tip.op, tip.checksum)), Some((op, appended.checksum)));
        parent = appended.checksum;
    }
    assert!(!log.is_empty());
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!((&validation.findings[..], &validation.notes[..]), (&[][..], &[][..]));
    assert_eq!(validation.entries, 10);
}

#[test]
fn every_field_is_what_the_options_say() {
    let release = Release::new(3, 2, 1);
    let (disk, mut log) = create(options().cluster(9).client(0xc1).release(release).request(5));
    block_on(log.append(Operation(200), b"body")).unwrap();
    let prepare = Log::parse(&disk.bytes()).prepares.pop().unwrap();
    let header = prepare.header();
    assert_eq!((header.cluster.get(), header.client.get(), header.request.get()), (9, 0xc1, 5));
    assert_eq!((header.release(), header.operation(), header.command), (release, Operation(200), 6));
    assert_eq!((header.timestamp.get(), header.commit.get()), (1_000, 0));
    assert_eq!(header.checkpoint_id.get(), CHECKPOINT_MARK);
    assert!(header.has_checkpoint_mark());
    assert_eq!(header.parent, Prepare::root(9).checksum());
    assert_eq!(header.lints().count(), 0);
}

#[test]
fn fields_that_must_not_be_zero_are_not() {
    let (disk, mut log) = create(options().client(0).release(Release(0)).request(0).clock(|| 0));
    block_on(log.append(Operation(200), b"")).unwrap();
    let prepare = Log::parse(&disk.bytes()).prepares.pop().unwrap();
    let header = prepare.header();
    assert_eq!((header.client.get(), header.release.get(), header.request.get()), (1, 1, 1));
    assert_eq!((header.timestamp.get(), header.lints().count()), (1, 0));
}

#[test]
fn commit_is_the_op_of_the_last_checkpoint() {
    let log = Log::appended(7, &[2, 3, 6]);
    let commits: Vec<u64> = log.prepares.iter().map(|prepare| prepare.header().commit.get()).collect();
    assert_eq!(commits, [0, 0, 2, 3, 3, 3, 6]);
}

#[test]
fn commit_is_the_last_op_of_the_log_before_where_there_is_one() {
    let start = Origin::After { op: 100, checksum: aof_api::format::Checksum::of(b"op 100") };
    let (disk, mut log) = create(options().origin(start));
    for _ in 0..2 {
        block_on(log.append(OPERATION, b"")).unwrap();
    }
    block_on(log.checkpoint()).unwrap();
    block_on(log.append(OPERATION, b"")).unwrap();
    let parsed = Log::parse(&disk.bytes());
    let found: Vec<_> = parsed.prepares.iter().map(|p| (p.op(), p.header().commit.get())).collect();
    assert_eq!(found, [(101, 100), (102, 100), (103, 102)]);
    assert!(parsed.prepares.iter().all(|prepare| prepare.header().lints().count() == 0));
}

#[test]
fn timestamps_increase_whatever_the_clock_does() {
    // What the clock says, and what the entries say.
    let cases: [(&[u64], &[u64]); 5] = [
        (&[1_000, 1_000, 1_000], &[1_000, 1_001, 1_002]),
        (&[1_000, 10, 5_000, 4_000], &[1_000, 1_001, 5_000, 5_001]),
        (&[0, 0, 0], &[1, 2, 3]),
        (&[u64::MAX - 1, 0], &[u64::MAX - 1, u64::MAX]),
        (&[7, 8, 9], &[7, 8, 9]),
    ];
    for (clock, expected) in cases {
        let times: Vec<u64> = clock.to_vec();
        let next = AtomicU64::new(0);
        let clock = move || times[next.fetch_add(1, Ordering::Relaxed) as usize];
        let (disk, mut log) = create(options().clock(clock));
        for _ in expected {
            block_on(log.append(OPERATION, b"")).unwrap();
        }
        let found: Vec<u64> = Log::parse(&disk.bytes()).prepares.iter().map(|p| p.header().timestamp.get()).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn timestamps_increase_across_an_opening() {
    let (disk, mut log) = create(options().clock(|| 9_000));
    block_on(log.append(OPERATION, b"")).unwrap();
    let (mut log, _) = block_on(Aof::open(disk.clone(), options().clock(|| 20))).unwrap();
    block_on(log.append(OPERATION, b"")).unwrap();
    let found: Vec<u64> = Log::parse(&disk.bytes()).prepares.iter().map(|p| p.header().timestamp.get()).collect();
    assert_eq!(found, [9_000, 9_001]);
}

#[test]
fn timestamps_increase_behind_an_entry_that_was_written() {
    let (disk, mut log) = create(options().clock(|| 20));
    block_on(log.write(&Log::history(1).prepares[0])).unwrap();
    block_on(log.append_all(&[(OPERATION, b"two"), (OPERATION, b"six")])).unwrap();
    let found: Vec<u64> = Log::parse(&disk.bytes()).prepares.iter().map(|p| p.header().timestamp.get()).collect();
    assert_eq!(found, [1_001, 1_002, 1_003]);
}

#[test]
fn no_operation_makes_a_header_that_breaks_a_rule() {
    let (disk, mut log) = create(options());
    for operation in 2..=255 {
        block_on(log.append(Operation(operation), &[operation])).unwrap();
    }
    let parsed = Log::parse(&disk.bytes());
    for prepare in &parsed.prepares {
        let header = prepare.header();
        assert_eq!(header.lints().collect::<Vec<_>>(), [], "operation {}", header.operation());
        let clientless = matches!(header.operation, 4 | 5);
        assert_eq!(header.client.get() == 0, clientless, "operation {}", header.operation());
        assert_eq!(header.request.get() == 0, clientless || header.operation == 2, "operation {}", header.operation());
    }
    assert_eq!(validate_bytes(Rule::Linear, &disk.bytes()).notes, []);
}

#[test]
fn reserved_operations_are_refused() {
    let (disk, mut log) = create(options());
    for operation in [0, 1] {
        let error = block_on(log.append(Operation(operation), b"")).unwrap_err();
        assert!(matches!(error, Error::Reserved { operation: found } if found == operation), "{error}");
        let error = block_on(log.append_all(&[(OPERATION, b""), (Operation(operation), b"")])).unwrap_err();
        assert!(matches!(error, Error::Reserved { .. }), "{error}");
    }
    assert_eq!((disk.bytes(), log.tip()), (vec![], None));
}

#[test]
fn a_body_above_the_largest_is_refused_and_nothing_is_written() {
    let (disk, mut log) = create(options());
    let body = vec![1; BODY_SIZE_MAX as usize + 1];
    let error = block_on(log.append(OPERATION, &body)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit, .. } if limit == BODY_SIZE_MAX.into()), "{error}");
    let error = block_on(log.append_all(&[(OPERATION, &b"small"[..]), (OPERATION, &body)])).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert_eq!((disk.writes(), log.len(), log.tip()), (0, 0, None));
    let appended = block_on(log.append(OPERATION, &body[1..])).unwrap();
    assert_eq!((appended.op, log.len()), (1, ENTRY_SIZE_MAX as u64));
}

#[test]
fn a_full_storage_leaves_the_log_as_it_was() {
    let backend = MemoryBackend::with_capacity(1000);
    let mut log = block_on(Aof::create(backend, options())).unwrap();
    block_on(log.append(OPERATION, &[1; 300])).unwrap();
    let (before, tip) = (log.backend().snapshot(), log.tip());
    let error = block_on(log.append(OPERATION, &[2; 300])).unwrap_err();
    let Error::Full { needed, available } = error else { panic!("{error}") };
    assert_eq!((needed, available), (572, 428));
    assert_eq!((log.backend().snapshot(), log.tip(), log.len()), (before.clone(), tip, 572));
    // All or nothing, though the first of them alone would fit.
    let error = block_on(log.append_all(&[(OPERATION, [3; 10]), (OPERATION, [4; 10])])).unwrap_err();
    assert!(matches!(error, Error::Full { needed: 564, .. }), "{error}");
    assert_eq!((log.backend().snapshot(), log.tip()), (before, tip));
    assert_eq!(block_on(log.checkpoint()).unwrap(), 572);
    // What fits continues where the log stood, and what is full to the byte is full.
    assert_eq!(block_on(log.append(OPERATION, &[5; 428 - 272])).unwrap().op, 2);
    assert_eq!(log.len(), 1000);
    assert!(matches!(block_on(log.append(OPERATION, b"")), Err(Error::Full { available: 0, .. })));
    let validation = block_on(log.validate(Rule::Linear, log.tip().map(|tip| tip.checksum))).unwrap();
    assert_eq!((validation.findings, validation.entries), (vec![], 2));
}

#[test]
fn many_at_once_are_the_same_bytes_as_one_by_one_in_one_write() {
    let entries: Vec<(Operation, Vec<u8>)> = (1..=20).map(|op| (Operation(128 + op as u8), body(op))).collect();
    let (single, mut log) = create(options());
    let one_by_one: Vec<_> =
        entries.iter().map(|(operation, body)| block_on(log.append(*operation, body)).unwrap()).collect();
    let (batch, mut log) = create(options());
    let at_once = block_on(log.append_all(&entries)).unwrap();
    assert_eq!(at_once, one_by_one);
    assert_eq!(batch.bytes(), single.bytes());
    assert_eq!((batch.writes(), single.writes()), (1, 20));
    assert_eq!(log.tip().unwrap().op, 20);
}

#[test]
fn none_at_once_changes_nothing() {
    let (disk, mut log) = create(options());
    let none: [(Operation, &[u8]); 0] = [];
    assert_eq!(block_on(log.append_all(&none)).unwrap(), []);
    assert_eq!((disk.bytes(), log.tip()), (vec![], None));
    block_on(log.append(OPERATION, b"one")).unwrap();
    let tip = log.tip();
    assert_eq!(block_on(log.append_all(&none)).unwrap(), []);
    assert_eq!((log.tip(), log.len()), (tip, 275));
}

#[test]
fn unflushed_bytes_are_counted_and_bounded() {
    let limit = ENTRY_SIZE_MAX as u64 + 5000;
    let (disk, mut log) = create(options().unflushed_max(limit));
    let half = vec![0; 600_000];
    block_on(log.append(OPERATION, &half)).unwrap();
    assert_eq!((log.unflushed(), log.durable_len()), (600_272, 0));
    let tip = log.tip();
    let error = block_on(log.append(OPERATION, &half)).unwrap_err();
    let Error::UnflushedMax { unflushed, needed, limit: found } = error else { panic!("{error}") };
    assert_eq!((unflushed, needed, found), (600_272, 600_272, limit));
    assert_eq!((disk.writes(), log.tip(), log.len()), (1, tip, 600_272));
    // Up to the bound it goes, and then no further.
    block_on(log.append(OPERATION, &vec![0; (limit - 600_272 - 272) as usize])).unwrap();
    assert_eq!(log.unflushed(), limit);
    assert!(matches!(block_on(log.append(OPERATION, b"")), Err(Error::UnflushedMax { .. })));
    assert_eq!(block_on(log.checkpoint()).unwrap(), limit);
    assert_eq!((log.unflushed(), log.durable_len()), (0, limit));
    assert_eq!(block_on(log.append(OPERATION, &half)).unwrap().op, 3);
}

#[test]
fn the_bound_on_unflushed_bytes_always_lets_one_entry_through() {
    let (_, mut log) = create(options().unflushed_max(1));
    block_on(log.append(OPERATION, &vec![0; BODY_SIZE_MAX as usize])).unwrap();
    assert!(matches!(block_on(log.append(OPERATION, b"")), Err(Error::UnflushedMax { .. })));
}

#[test]
fn many_at_once_above_the_bound_on_unflushed_bytes_are_refused_for_good() {
    let (disk, mut log) = create(options().unflushed_max(1));
    let half = vec![0; 600_000];
    let error = block_on(log.append_all(&[(OPERATION, &half), (OPERATION, &half)])).unwrap_err();
    let Error::TooLarge { size, limit, .. } = error else { panic!("{error}") };
    assert_eq!((size, limit), (1_200_544, ENTRY_SIZE_MAX as u64));
    assert_eq!((disk.writes(), log.tip()), (0, None));
}

#[test]
fn a_log_is_not_created_over_another() {
    for bytes in [Log::history(1).bytes(), b"text".to_vec(), vec![0]] {
        let disk = Disk::with(&bytes);
        let error = block_on(Aof::create(disk.clone(), options())).err().unwrap();
        assert!(matches!(error, Error::NotEmpty { len } if len == bytes.len() as u64), "{error}");
        assert_eq!((disk.bytes(), disk.writes()), (bytes, 0));
    }
}

#[test]
fn creating_writes_nothing() {
    let (disk, log) = create(options());
    assert_eq!((disk.bytes(), disk.writes()), (vec![], 0));
    assert_eq!(log.into_inner().bytes(), []);
}

#[test]
fn the_backend_comes_back_as_it_stands() {
    let mut log = block_on(Aof::create(MemoryBackend::new(), options())).unwrap();
    block_on(log.append(OPERATION, b"one")).unwrap();
    assert_eq!(log.backend().capacity(), aof_memory::CAPACITY_DEFAULT);
    let backend = log.into_inner();
    assert_eq!(Log::parse(&backend.snapshot()).len(), 1);
    assert_eq!(aof_api::AofBackend::durable_len(&backend), 0, "no checkpoint was asked for");
}

#[test]
fn closing_makes_everything_durable() {
    let (disk, mut log) = create(options());
    block_on(log.append(OPERATION, b"one")).unwrap();
    block_on(log.close()).unwrap();
    assert_eq!(aof_api::AofBackend::durable_len(&disk), 275);
}

#[test]
fn a_clock_is_asked_once_for_each_write_however_many_entries_it_has() {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let (disk, mut log) = create(options().clock(move || counter.fetch_add(1, Ordering::Relaxed) * 10 + 100));
    block_on(log.append_all(&[(OPERATION, b""); 5])).unwrap();
    block_on(log.append(OPERATION, b"")).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let found: Vec<u64> = Log::parse(&disk.bytes()).prepares.iter().map(|p| p.header().timestamp.get()).collect();
    assert_eq!(found, [100, 101, 102, 103, 104, 110]);
}
