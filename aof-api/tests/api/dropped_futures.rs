//! A future that is dropped, at every await point: the log agrees with its bytes, and continues.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, header};
use crate::support::polling::poll_then_drop;
use crate::support::reader::SliceReader;
use crate::support::reading::{options, small_chunks, validate_bytes};
use aof_api::format::{Checksum, Prepare};
use aof_api::validate::validate;
use aof_api::{Aof, AofBackend, Entries, Error, LogOptions, Operation, Rule, Tail};

/// How often a backend is not ready before it accepts, and how often afterwards.
const PENDING: [(usize, usize); 6] = [(0, 0), (0, 1), (1, 0), (1, 1), (3, 2), (0, 4)];

fn log_options() -> LogOptions {
    LogOptions::new().clock(|| 1_000).read(small_chunks())
}

/// A log with one durable entry, on storage that is not ready at once from now on.
fn slow_log(before: usize, after: usize) -> (Disk, Aof<Disk>) {
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), log_options())).unwrap();
    block_on(log.append(OPERATION, b"durable")).unwrap();
    block_on(log.checkpoint()).unwrap();
    disk.set_pending(before, after);
    (disk, log)
}

/// Asserts that the log says what its bytes say, now and after more was appended.
fn assert_agrees(disk: &Disk, log: &mut Aof<Disk>, context: &str) {
    let check = |log: &Aof<Disk>| {
        let bytes = disk.bytes();
        let last = Log::parse(&bytes).prepares.pop().unwrap();
        assert_eq!(log.len(), bytes.len() as u64, "{context}");
        assert_eq!(log.tip().map(|tip| (tip.op, tip.checksum)), Some((last.op(), last.checksum())), "{context}");
    };
    check(log);
    disk.set_pending(0, 0);
    let next = log.tip().unwrap().op + 1;
    assert_eq!(block_on(log.append(OPERATION, b"goes on")).unwrap().op, next, "{context}");
    check(log);
    block_on(log.append_all(&[(OPERATION, b"and"), (OPERATION, b"on ")])).unwrap();
    check(log);
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!((&validation.findings[..], &validation.notes[..]), (&[][..], &[][..]), "{context}");
    assert_eq!(block_on(log.checkpoint()).unwrap(), log.len(), "{context}");
}

#[test]
fn a_dropped_append_is_in_the_log_or_is_not() {
    for (before, after) in PENDING {
        for polls in 0..=before + after + 2 {
            let (disk, mut log) = slow_log(before, after);
            let len = log.len();
            let appended = poll_then_drop(log.append(OPERATION, b"perhaps"), polls);
            let context = format!("pending {before} + {after}, {polls} polls");
            assert_eq!(log.len() > len, polls > before, "{context}");
            if let Some(appended) = appended {
                assert_eq!(Some(appended.unwrap().checksum), log.tip().map(|tip| tip.checksum), "{context}");
            }
            assert_agrees(&disk, &mut log, &context);
        }
    }
}

#[test]
fn a_dropped_append_of_many_is_in_the_log_or_is_not() {
    for (before, after) in PENDING {
        for polls in 0..=before + after + 2 {
            let (disk, mut log) = slow_log(before, after);
            let entries: Vec<(Operation, [u8; 20])> = (0..5).map(|number| (OPERATION, [number; 20])).collect();
            let _ = poll_then_drop(log.append_all(&entries), polls);
            let context = format!("pending {before} + {after}, {polls} polls");
            assert_eq!(log.tip().unwrap().op, if polls > before { 6 } else { 1 }, "{context}");
            assert_agrees(&disk, &mut log, &context);
        }
    }
}

#[test]
fn a_dropped_write_is_in_the_log_or_is_not() {
    for many in [false, true] {
        for (before, after) in PENDING {
            for polls in 0..=before + after + 2 {
                let (disk, mut log) = slow_log(before, after);
                let parent = log.tip().unwrap().checksum;
                let two = crate::support::log::prepare(2, parent, b"two");
                let three = crate::support::log::prepare(3, two.checksum(), b"three");
                let context = format!("many: {many}, pending {before} + {after}, {polls} polls");
                if many {
                    let _ = poll_then_drop(log.write_all(&[two, three]), polls);
                } else {
                    let _ = poll_then_drop(log.write(&two), polls);
                }
                let accepted = if many { 3 } else { 2 };
                assert_eq!(log.tip().unwrap().op, if polls > before { accepted } else { 1 }, "{context}");
                assert_agrees(&disk, &mut log, &context);
            }
        }
    }
}

#[test]
fn a_dropped_write_of_an_older_entry_is_still_a_step_back() {
    let (disk, mut log) = slow_log(0, 2);
    disk.set_pending(0, 0);
    let one = Log::parse(&disk.bytes()).prepares.remove(0);
    block_on(log.append(OPERATION, b"two")).unwrap();
    disk.set_pending(0, 2);
    assert!(poll_then_drop(log.write(&one), 1).is_none());
    assert_eq!(log.tip().unwrap().op, 1);
    disk.set_pending(0, 0);
    assert!(matches!(block_on(log.append(OPERATION, b"")), Err(Error::Forked { op: 2, .. })));
}

#[test]
fn several_dropped_appends_in_a_row_are_a_chain() {
    let (disk, mut log) = slow_log(1, 2);
    for round in 0..30 {
        let _ = poll_then_drop(log.append(OPERATION, &[round; 9]), usize::from(round) % 6);
    }
    assert_agrees(&disk, &mut log, "thirty appends");
    assert_eq!(Log::parse(&disk.bytes()).prepares.len(), 1 + 30 / 6 * 4 + 3);
}

#[test]
fn a_dropped_first_write_decides_about_the_cluster_when_it_was_accepted() {
    let mut header = header(1, Prepare::root(7).checksum());
    header.cluster = 7.into();
    let first = Prepare::seal(header, b"").unwrap();
    for many in [false, true] {
        let disk = Disk::new().pending(0, 1);
        let mut log = block_on(Aof::create(disk.clone(), log_options())).unwrap();
        let dropped = if many {
            poll_then_drop(log.write_all(std::slice::from_ref(&first)), 1)
        } else {
            poll_then_drop(log.write(&first), 1)
        };
        assert!(dropped.is_none());
        assert_eq!(log.tip().unwrap().op, 1, "it was accepted");
        disk.set_pending(0, 0);
        block_on(log.append(OPERATION, b"")).unwrap();
        let clusters: Vec<u128> =
            Log::parse(&disk.bytes()).prepares.iter().map(|prepare| prepare.header().cluster.get()).collect();
        assert_eq!(clusters, [7, 7], "one log, one cluster; many: {many}");
    }
}

#[test]
fn a_dropped_checkpoint_loses_nothing_and_claims_nothing() {
    for (before, after) in PENDING {
        for polls in 0..=before + after + 2 {
            let (disk, mut log) = slow_log(0, 0);
            block_on(log.append(OPERATION, b"two")).unwrap();
            disk.set_pending(before, after);
            let _ = poll_then_drop(log.checkpoint(), polls);
            let context = format!("pending {before} + {after}, {polls} polls");
            let durable = disk.durable_len() == disk.len();
            disk.set_pending(0, 0);
            block_on(log.append(OPERATION, b"three")).unwrap();
            let commit = Log::parse(&disk.bytes()).prepares[2].header().commit.get();
            assert!(commit == 1 || durable && commit == 2, "{context}: commit {commit}, durable: {durable}");
            assert_agrees(&disk, &mut log, &context);
        }
    }
}

#[test]
fn a_dropped_validation_or_listing_leaves_the_log_alone() {
    for polls in 0..40 {
        let (disk, mut log) = slow_log(1, 1);
        let before = disk.bytes();
        let _ = poll_then_drop(log.validate(Rule::Linear, None), polls);
        let _ = poll_then_drop(log.entries(), polls);
        assert_eq!(disk.bytes(), before);
        assert_agrees(&disk, &mut log, &format!("{polls} polls"));
    }
}

#[test]
fn a_dropped_opening_can_be_repeated() {
    let log = Log::appended(6, &[2]);
    let torn = log.bytes()[..log.offset(5) as usize + 100].to_vec();
    for tail in [Tail::Truncate, Tail::Keep] {
        let mut finished = false;
        for polls in 0..1000 {
            let disk = Disk::with(&torn).pending(1, 1);
            let options = log_options().tail(tail);
            finished = poll_then_drop(Aof::open(disk.clone(), options.clone()), polls).is_some();
            let bytes = disk.bytes();
            assert!(bytes == torn || bytes == log.bytes()[..log.offset(5) as usize], "{tail:?}, {polls} polls");
            disk.set_pending(0, 0);
            let (again, recovery) = block_on(Aof::open(disk, options)).unwrap();
            assert_eq!((recovery.entries, again.tip().unwrap().op), (5, 5), "{tail:?}, {polls} polls");
            if finished {
                break;
            }
        }
        assert!(finished, "an opening takes a bounded number of polls");
    }
}

/// Reads on, with every call dropped after so many polls until one comes through: the ops, and the damage.
fn read_impatiently(bytes: &[u8], pending: usize) -> (Vec<u64>, Vec<u64>) {
    let mut entries = Entries::new(SliceReader::new(bytes).pending(pending), small_chunks());
    let (mut ops, mut damage) = (Vec::new(), Vec::new());
    loop {
        // A little more patience each time, up to what one call takes.
        let next = (0..).find_map(|polls| match poll_then_drop(entries.next(), polls) {
            None => None,
            Some(Ok(entry)) => Some(Ok(entry.map(|entry| entry.op()))),
            Some(Err(error)) => Some(Err(error)),
        });
        match next.unwrap() {
            Ok(Some(op)) => ops.push(op),
            Ok(None) => return (ops, damage),
            Err(Error::Corrupt { offset, .. }) => {
                let passed = (0..).find_map(|polls| poll_then_drop(entries.resync(), polls)).unwrap().unwrap();
                // A dropped resync may have come through already, all but its answer.
                assert!(passed.is_none_or(|range| range.offset == offset));
                damage.push(offset);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_dropped_read_loses_no_entry_and_finds_the_same_damage() {
    let log = Log::history(12);
    let mut bytes = log.bytes();
    bytes[log.offset(3) as usize + 5] ^= 1;
    bytes[log.offset(7) as usize + 280] ^= 1;
    bytes.truncate(log.offset(11) as usize + 100);
    let damage = vec![log.offset(3), log.offset(7), log.offset(11)];
    for pending in [0, 1, 2] {
        let (ops, found) = read_impatiently(&bytes, pending);
        assert_eq!(ops, [1, 2, 3, 5, 6, 7, 9, 10, 11], "pending {pending}");
        assert_eq!(found, damage, "pending {pending}");
    }
}

#[test]
fn readers_that_are_not_ready_change_no_result() {
    let log = Log::history(9);
    let mut bytes = log.bytes();
    bytes[log.offset(4) as usize] ^= 1;
    let expected = validate_bytes(Rule::Linear, &bytes);
    for pending in [1, 5] {
        let reader = SliceReader::new(&bytes).pending(pending);
        assert_eq!(block_on(validate(reader, options(Rule::Linear), None)).unwrap(), expected);
    }
    assert_eq!(expected.tip.map(|tip| tip.checksum), Some(Checksum::from(log.checksum(8).to_u128())));
}
