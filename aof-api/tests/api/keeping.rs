//! Keeping a damaged tail and writing after it, as TigerBeetle does.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, prepare, sibling};
use crate::support::opening::{corrupt_at, open, options, refusal, with_damage};
use crate::support::polling::poll_then_drop;
use aof_api::format::{Damage, Header, MAGIC, MAGIC_LEGACY, Prepare};
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, Recovery, Rule, Tail};
use aof_memory::MemoryBackend;

#[test]
fn keep_leaves_a_torn_tail_and_appends_behind_it() {
    for log in [Log::appended(4, &[2]), Log::history(4)] {
        let last = log.range(3);
        for end in [last.start + 1, last.start + 15, last.start + 100, last.start + 272, last.end - 1] {
            let torn = log.bytes()[..end].to_vec();
            let disk = Disk::with(&torn);
            let (mut opened, recovery) = open(&disk, options().tail(Tail::Keep));
            assert_eq!((recovery.entries, recovery.len, recovery.cut), (3, end as u64, None), "torn at {end}");
            assert_eq!(recovery.kept_count, 1, "torn at {end}");
            let kept = recovery.kept[0];
            let expected = (last.start as u64, (end - last.start) as u64, true);
            assert_eq!((kept.offset, kept.len, kept.at_end), expected, "torn at {end}");
            assert_eq!(disk.bytes(), torn);

            let appended = block_on(opened.append(OPERATION, b"behind")).unwrap();
            // What decides whether the torn entry is one: its magic, its header, its body.
            let decided = match end - last.start {
                ..16 => end + 1,
                16..272 => last.start + 272,
                _ => last.end,
            };
            assert_eq!((appended.op, appended.offset), (4, decided as u64), "torn at {end}");
            assert!(disk.bytes().starts_with(&torn));
            // Nothing is missing from the chain, so what was torn is no tail any more.
            for tail in [Tail::Truncate, Tail::TruncateTorn, Tail::Keep, Tail::Refuse] {
                let before = disk.bytes();
                let (again, recovery) = open(&disk, options().tail(tail));
                assert_eq!((recovery.entries, recovery.cut), (4, None), "torn at {end}");
                assert_eq!((recovery.kept.len(), recovery.kept_count), (1, 1), "torn at {end}");
                assert!(!recovery.kept[0].at_end);
                assert_eq!(again.tip().unwrap().checksum, appended.checksum);
                assert_eq!(disk.bytes(), before);
            }
        }
    }
}

#[test]
fn keep_leaves_a_torn_first_entry_too_and_the_log_opens_again() {
    let first = Log::appended(1, &[]).bytes();
    let tails = (1..first.len()).map(|len| first[..len].to_vec()).chain([vec![0; 1], vec![0; 15], vec![0; 300]]);
    for tail in tails {
        let disk = Disk::with(&tail);
        let (mut opened, _) = open(&disk, options().tail(Tail::Keep));
        let appended = block_on(opened.append(OPERATION, b"behind")).unwrap();
        block_on(opened.checkpoint()).unwrap();
        let again = block_on(Aof::open(disk.clone(), options().tail(Tail::Keep)));
        let (again, recovery) = again.unwrap_or_else(|error| panic!("after {} bytes: {error}", tail.len()));
        assert_eq!((recovery.entries, recovery.kept_count), (1, 1), "after {} bytes", tail.len());
        assert_eq!(again.tip().unwrap().checksum, appended.checksum);
    }
}

#[test]
fn behind_a_torn_entry_that_somebody_else_kept_nobody_guesses() {
    let log = Log::appended(4, &[2]);
    let last = log.range(3);
    let end = last.start + 280;
    // Without a filler, as TigerBeetle leaves it.
    let bytes = [&log.bytes()[..end], log.prepares[3].as_entry_bytes()].concat();
    for tail in [Tail::Truncate, Tail::TruncateTorn, Tail::Refuse] {
        // What is after a whole header may be its body, and a client makes bodies.
        let (offset, reason) = corrupt_at(refusal(&bytes, options().tail(tail)));
        assert_eq!(offset, last.start as u64);
        assert!(matches!(reason, CorruptReason::EntriesBehind { next, .. } if next == end as u64));
    }
    let (opened, recovery) = open(&Disk::with(&bytes), options().tail(Tail::Keep));
    assert_eq!((recovery.entries, recovery.kept_count), (4, 1));
    assert_eq!(opened.tip().unwrap().checksum, log.checksum(3));
}

/// A log of three entries and a torn fourth one that lacks just these bytes.
fn torn_log(lacking: &[u8]) -> (Vec<u8>, Log) {
    let log = Log::appended(3, &[2]);
    let disk = Disk::with(&log.bytes());
    let (mut opened, _) = open(&disk, options());
    block_on(opened.append(OPERATION, &[b"torn ", lacking].concat())).unwrap();
    let bytes = disk.bytes();
    (bytes[..bytes.len() - lacking.len()].to_vec(), log)
}

#[test]
fn nothing_that_is_written_behind_a_kept_entry_completes_it() {
    let next = Log::appended(1, &[]).bytes();
    let counts = 1..=next.len();
    let beginnings = counts.clone().map(|len| next[..len].to_vec());
    let fillers = counts.flat_map(|len| [vec![0xff; len], vec![0xfe; len], vec![0; len]]);
    for lacking in beginnings.chain(fillers) {
        let (torn, log) = torn_log(&lacking);
        let disk = Disk::with(&torn);
        let (mut opened, _) = open(&disk, options().tail(Tail::Keep));
        assert_eq!(disk.bytes(), torn, "an opening that keeps changes nothing");
        let appended = block_on(opened.append(OPERATION, b"behind")).unwrap();
        block_on(opened.append(OPERATION, b"and one more")).unwrap();
        for tail in [Tail::Truncate, Tail::TruncateTorn, Tail::Keep, Tail::Refuse] {
            let (_, recovery) = open(&disk, options().tail(tail));
            let context = format!("{tail:?}, lacking {lacking:?}");
            assert_eq!((recovery.entries, recovery.kept_count, recovery.cut), (5, 1, None), "{context}");
            let kept = recovery.kept[0];
            assert_eq!((kept.offset, kept.offset + kept.len), (log.offset(3), appended.offset), "{context}");
        }
    }
}

#[test]
fn a_kept_tail_without_a_torn_entry_is_followed_at_once() {
    let log = Log::appended(3, &[2]);
    for tail in [&[0; 300][..], &[7; 20], &MAGIC_LEGACY] {
        let bytes = [&log.bytes()[..], tail].concat();
        let disk = Disk::with(&bytes);
        let (mut opened, _) = open(&disk, options().tail(Tail::Keep));
        let appended = block_on(opened.append(OPERATION, b"behind")).unwrap();
        assert_eq!((appended.offset, disk.writes()), (bytes.len() as u64, 1));
    }
}

#[test]
fn what_stands_behind_a_kept_entry_is_written_once_however_often_the_write_is_dropped() {
    for polls in 0..12 {
        let (torn, _) = torn_log(b"\x82");
        let disk = Disk::with(&torn);
        let (mut opened, _) = open(&disk, options().tail(Tail::Keep));
        disk.set_pending(1, 1);
        let dropped = poll_then_drop(opened.append(OPERATION, b"perhaps"), polls);
        disk.set_pending(0, 0);
        let entries = 3 + u64::from(dropped.is_some() || opened.tip().unwrap().op == 4);
        let appended = block_on(opened.append(OPERATION, b"behind")).unwrap();
        assert_eq!(appended.op, entries + 1, "dropped after {polls} polls");
        let (_, recovery) = open(&disk, options().tail(Tail::Refuse));
        assert_eq!((recovery.entries, recovery.kept_count), (entries + 1, 1), "dropped after {polls} polls");
        assert_eq!(recovery.kept[0].len, 272 + 6, "dropped after {polls} polls");
    }
}

#[test]
fn a_log_with_a_kept_tail_opens_on_a_full_storage_and_refuses_to_write() {
    let (torn, _) = torn_log(&[7; 50]);
    for room in 0..50 + 272 {
        let backend = MemoryBackend::from_bytes_with_capacity(&torn, torn.len() as u64 + room);
        let (mut opened, recovery) = block_on(Aof::open(backend, options().tail(Tail::Keep))).unwrap();
        assert_eq!(recovery.entries, 3);
        let error = block_on(opened.append(OPERATION, b"")).unwrap_err();
        assert!(matches!(error, Error::Full { .. }), "{room} bytes of room: {error}");
        assert_eq!(opened.tip().unwrap().op, 3);
    }
}

#[test]
fn a_tail_that_any_filler_would_complete_is_not_kept() {
    // As many entries as there are fillers, one in the other, each of which lacks just one byte.
    let mut tail: Vec<u8> = Vec::new();
    for byte in 1..=u8::MAX {
        let whole = Prepare::seal(Header::new(OPERATION), &[&tail[..], &[byte]].concat()).unwrap();
        tail = whole.as_entry_bytes()[..whole.size_disk() as usize - 1].to_vec();
    }
    let log = Log::appended(3, &[]);
    let bytes = [log.bytes(), tail].concat();
    let (offset, reason) = corrupt_at(refusal(&bytes, options().tail(Tail::Keep)));
    assert_eq!(offset, log.offset(3));
    assert!(matches!(reason, CorruptReason::TailForged(_)), "{reason}");
    open(&Disk::with(&bytes), options());
}

#[test]
fn several_torn_entries_that_somebody_appended_behind_are_all_kept() {
    let log = Log::appended(5, &[]);
    let whole = log.bytes();
    let part = |index: usize, len: usize| whole[log.range(index)][..len].to_vec();
    let entry = |index: usize| whole[log.range(index)].to_vec();
    let bytes = [part(0, 100), entry(0), entry(1), part(2, 20), part(2, 280), entry(2), part(3, 1), entry(3)].concat();
    let (opened, recovery) = open(&Disk::with(&bytes), options().tail(Tail::Keep));
    assert_eq!((recovery.entries, recovery.cut, recovery.kept_count), (4, None, 4));
    let lens: Vec<u64> = recovery.kept.iter().map(|range| range.len).collect();
    assert_eq!(lens, [100, 20, 280, 1]);
    assert_eq!(opened.tip().unwrap().checksum, log.checksum(3));
}

#[test]
fn what_stands_on_an_entry_that_was_lost_in_damage_that_was_passed_is_a_tail() {
    let log = Log::appended(7, &[]);
    let entry = |op: usize| &log.prepares[op - 1];
    let torn = &entry(4).as_entry_bytes()[..100];
    // Op 5 followed the torn op 4. Op 4 was recorded again, and op 5 was not.
    let parts = |ops: &[usize]| -> Vec<u8> { ops.iter().flat_map(|op| entry(*op).as_entry_bytes()).copied().collect() };
    let before = [&parts(&[1, 2, 3])[..], torn, &parts(&[5, 4])].concat();
    let bytes = [&before[..], &parts(&[6, 7])].concat();
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let disk = Disk::with(&bytes);
        let (opened, recovery) = open(&disk, options().rule(rule));
        assert_eq!((recovery.entries, recovery.kept_count), (4, 1), "{rule}");
        let cut = recovery.cut.unwrap();
        assert_eq!((cut.offset, cut.entries, cut.damage), (before.len() as u64, 2, Damage::ParentLost), "{rule}");
        assert_eq!((opened.tip().unwrap().op, disk.bytes()), (4, before.clone()), "{rule}");
        let (offset, reason) = corrupt_at(refusal(&bytes, options().rule(rule).tail(Tail::Refuse)));
        let refused = CorruptReason::TailRefused { damage: Damage::ParentLost, entries: 4, entries_after: 2 };
        assert_eq!((offset, reason), (before.len() as u64, refused), "{rule}");
        assert!(reason.to_string().ends_with("(4 whole entries before it, 2 whole entries after it)"), "{reason}");

        // Recorded again, op 5 is no loss, and neither is what a replica repeats.
        let whole = [&before[..], &parts(&[5, 6, 1, 2, 3, 4, 5, 6, 7])].concat();
        let (opened, recovery) = open(&Disk::with(&whole), options().rule(rule));
        assert_eq!((recovery.entries, recovery.cut, recovery.kept_count), (13, None, 1), "{rule}");
        assert_eq!(opened.tip().unwrap().op, 7, "{rule}");
    }
}

#[test]
fn what_a_replica_repeats_behind_a_torn_entry_counts_once_the_chain_goes_on() {
    let log = Log::appended(5, &[]);
    let entry = |op: usize| log.prepares[op - 1].as_entry_bytes();
    let torn = &entry(4)[..100];
    let bytes = [entry(1), entry(2), entry(3), torn, entry(2), entry(3), entry(4), entry(5)].concat();
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let (opened, recovery) = open(&Disk::with(&bytes), options().rule(rule));
        assert_eq!((recovery.entries, recovery.cut, recovery.kept_count), (7, None, 1), "{rule}");
        assert_eq!(opened.tip().unwrap().op, 5, "{rule}");
    }
}

#[test]
fn behind_a_torn_first_entry_a_log_begins_with_the_first_op_on_its_start_and_nothing_else() {
    let torn = &Log::history(1).bytes()[..100];
    let (root, other) = (Prepare::root(0).checksum(), Log::history(3).checksum(2));
    for (op, parent, begins) in [(1, root, true), (1, other, false), (2, root, false)] {
        let bytes = [torn, prepare(op, parent, b"first").as_entry_bytes()].concat();
        if begins {
            let (_, recovery) = open(&Disk::with(&bytes), options());
            assert_eq!((recovery.entries, recovery.kept_count), (1, 1));
        } else {
            let (_, reason) = corrupt_at(refusal(&bytes, options()));
            assert!(matches!(reason, CorruptReason::EntriesBehind { next: 100, .. }), "op {op}: {reason}");
        }
    }
}

#[test]
fn another_entry_with_the_highest_op_goes_on_with_nothing() {
    let log = Log::appended(3, &[]);
    let torn = &log.bytes()[..100];
    let other = sibling(&log.prepares[2]);
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let bytes = [&log.bytes()[..], torn, other.as_entry_bytes()].concat();
        let (_, recovery) = open(&Disk::with(&bytes), options().rule(rule));
        let cut = recovery.cut.unwrap();
        assert_eq!((recovery.entries, cut.offset, cut.entries), (3, log.offset(3), 1), "{rule}");
    }
}

#[test]
fn more_places_of_kept_damage_than_are_listed_are_counted() {
    let places = Recovery::KEPT_MAX as u64 + 76;
    let torn = &[&MAGIC[..], b"torn"].concat()[..];
    let log = Log::of((0..places).map(|_| b""));
    // Each entry after a torn one: nothing is missing.
    let bridged: Vec<u8> = log.prepares.iter().flat_map(|prepare| [torn, prepare.as_entry_bytes()].concat()).collect();
    let (_, recovery) = open(&Disk::with(&bridged), options());
    assert_eq!((recovery.kept.len(), recovery.kept_count), (Recovery::KEPT_MAX, places));
    assert_eq!(recovery.entries, places);
}

#[test]
fn more_places_of_damage_in_a_kept_tail_than_are_listed_are_counted() {
    let places = Recovery::KEPT_MAX as u64 + 76;
    // Op 1 is lost, so nothing after continues the chain, and every place is damage in the tail.
    let log = Log::of((0..=places).map(|_| b""));
    let torn = &[&MAGIC[..], b"torn"].concat()[..];
    let tail: Vec<u8> =
        log.prepares[1..].iter().flat_map(|prepare| [torn, prepare.as_entry_bytes()].concat()).collect();
    let (_, recovery) = open(&Disk::with(&tail), options().tail(Tail::Keep).durable_len(0));
    assert_eq!((recovery.entries, recovery.kept.len()), (0, Recovery::KEPT_MAX));
    assert_eq!(recovery.kept_count, places);
}

#[test]
fn keep_appends_behind_a_hole_and_the_log_opens_again() {
    let log = Log::appended(7, &[3]);
    let bytes = with_damage(&log, 4, &[100]);
    let disk = Disk::with(&bytes);
    let (mut opened, recovery) = open(&disk, options().tail(Tail::Keep));
    assert_eq!((recovery.entries, recovery.kept_count), (4, 1));
    let appended = block_on(opened.append(OPERATION, b"five again")).unwrap();
    assert_eq!((appended.op, appended.offset), (5, bytes.len() as u64));
    let (again, recovery) = open(&disk, options().tail(Tail::Keep));
    assert_eq!((recovery.entries, recovery.cut), (5, None));
    assert_eq!(again.tip().unwrap().checksum, appended.checksum);
}
