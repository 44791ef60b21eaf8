//! `open_with`: entries are handed over in the pass that verifies them.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION};
use crate::support::opening::{open, options};
use aof_api::storage::IoCall;
use aof_api::{Aof, Error, LogOptions, Recovery, Rule, Tail};

fn visited(disk: &Disk, options: LogOptions) -> (Vec<(u64, u64)>, Recovery) {
    let mut seen = Vec::new();
    let (_, recovery) = block_on(Aof::open_with(disk.clone(), options, |entry| {
        seen.push((entry.op(), entry.offset));
        Ok(())
    }))
    .unwrap();
    (seen, recovery)
}

fn ops(seen: &[(u64, u64)]) -> Vec<u64> {
    seen.iter().map(|(op, _)| *op).collect()
}

#[test]
fn every_entry_that_counts_is_visited_once_in_order() {
    let log = Log::appended(300, &[100]);
    let disk = Disk::with(&log.bytes());
    for options in [options(), options().verify_threads(2), options().read_threads(2), options().rule(Rule::SeenParent)]
    {
        let (seen, recovery) = visited(&disk, options);
        let expected: Vec<_> = (0..300).map(|index| (index as u64 + 1, log.offset(index))).collect();
        assert_eq!(seen, expected);
        assert_eq!(recovery.entries, 300);
    }
}

#[test]
fn opening_with_a_visitor_finds_what_opening_finds() {
    let log = Log::appended(40, &[10]);
    let mut bytes = log.bytes();
    bytes[log.range(30).start + 20] ^= 1;
    for options in [options(), options().tail(Tail::Keep), options().rule(Rule::SeenParent)] {
        let (_, expected) = open(&Disk::with(&bytes), options.clone());
        let (seen, recovery) = visited(&Disk::with(&bytes), options);
        assert_eq!(recovery, expected);
        assert_eq!(ops(&seen), (1..=30).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_recorded_again_after_damage_is_visited_in_its_place() {
    let log = Log::appended(7, &[]);
    let entry = |op: usize| log.prepares[op - 1].as_entry_bytes();
    let torn = &entry(4)[..100];
    // Op 4 was torn; the replica recorded again from op 2.
    let bytes = [entry(1), entry(2), entry(3), torn, entry(2), entry(3), entry(4), entry(5)].concat();
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let (seen, recovery) = visited(&Disk::with(&bytes), options().rule(rule));
        assert_eq!(ops(&seen), [1, 2, 3, 2, 3, 4, 5], "{rule}");
        assert_eq!((recovery.entries, recovery.kept_count), (7, 1), "{rule}");
        assert!(seen.windows(2).all(|pair| pair[0].1 < pair[1].1), "{rule}: {seen:?}");
    }
}

#[test]
fn an_error_of_the_visitor_refuses_the_log_before_anything_is_cut() {
    let log = Log::appended(5, &[]);
    let bytes = &log.bytes()[..log.range(4).end - 10];
    let disk = Disk::with(bytes);
    let refused = block_on(Aof::open_with(disk.clone(), options(), |entry| match entry.op() {
        4 => Err(Error::io(IoCall::Verify, entry.offset, std::io::Error::other("not what this program writes"))),
        _ => Ok(()),
    }));
    assert!(matches!(refused, Err(Error::Io { call: IoCall::Verify, offset, .. }) if offset == log.offset(3)));
    assert_eq!((disk.bytes(), disk.truncates()), (bytes.to_vec(), vec![]));
}

#[test]
fn a_visitor_begins_at_the_start_unless_it_is_told_not_to() {
    let disk = Disk::new();
    block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        for op in 1..=20 {
            log.append(OPERATION, &[op; 50]).await.unwrap();
            if op % 5 == 0 && op < 20 {
                log.checkpoint().await.unwrap();
            }
        }
    });
    let disk = disk.reopened();
    let log = Log::parse(&disk.bytes());
    let (seen, recovery) = visited(&disk, options());
    assert_eq!((ops(&seen), recovery.read_from), ((1..=20).collect(), 0));
    // Above what the note covers, in it, at its beginning, and below everything.
    for (from, read_from) in [(18, 15), (16, 15), (15, 14), (7, 6), (1, 0), (0, 0)] {
        let (seen, recovery) = visited(&disk, options().visit_from(from));
        assert_eq!(ops(&seen), (from.max(1)..=20).collect::<Vec<_>>(), "from op {from}");
        assert_eq!((recovery.read_from, recovery.entries), (log.offset(read_from), 20), "from op {from}");
        let without_note = Disk::with(&disk.bytes());
        assert_eq!(visited(&without_note, options().visit_from(from)).0, seen, "from op {from}");
    }
}
