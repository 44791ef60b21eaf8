//! Opening: what is taken for a log, for this log, and for a chain; and that opening again changes nothing.

use crate::golden::SOLO;
use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, header, sibling};
use crate::support::opening::{assert_cut, corrupt_at, open, options, refusal, with_damage};
use crate::support::reading::validate_bytes;
use aof_api::format::{Checksum, Damage, MAGIC_LEGACY, Prepare};
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, Operation, Origin, Rule, Tail};

#[test]
fn an_expected_tip_that_is_in_the_log_opens_it() {
    let log = Log::appended(5, &[]);
    for index in 0..5 {
        let (opened, _) = open(&Disk::with(&log.bytes()), options().expected_tip(log.checksum(index)));
        assert_eq!(opened.tip().unwrap().op, 5);
    }
}

#[test]
fn an_expected_tip_that_is_missing_refuses_the_log() {
    let log = Log::appended(5, &[]);
    let missing = Checksum::of(b"acknowledged, and gone");
    let error = refusal(&log.bytes(), options().expected_tip(missing));
    let Error::ChecksumMismatch { expected, found } = error else { panic!("{error}") };
    assert_eq!((expected, found), (missing, Some(log.checksum(4))));
    let error = refusal(b"", options().expected_tip(missing));
    assert!(matches!(error, Error::ChecksumMismatch { found: None, .. }), "{error}");
}

#[test]
fn an_expected_tip_in_what_would_be_cut_refuses_the_log_and_leaves_the_tail() {
    let log = Log::appended(6, &[2]);
    let hole = with_damage(&log, 3, &[100]);
    let torn = log.bytes()[..log.offset(5) as usize + 280].to_vec();
    for (bytes, tip) in [(&hole, 3), (&hole, 4), (&hole, 5), (&torn, 5)] {
        for tail in [Tail::Truncate, Tail::Keep] {
            let error = refusal(bytes, options().tail(tail).expected_tip(log.checksum(tip)));
            assert!(matches!(error, Error::ChecksumMismatch { .. }), "tip {tip}: {error}");
        }
    }
    assert_cut(&hole, &log, 3, options().expected_tip(log.checksum(2)), "op 3 is before the hole");
}

#[test]
fn a_file_that_is_no_log_is_refused_and_untouched() {
    let old = [&MAGIC_LEGACY[..], &[1; 5000]].concat();
    let cases: [(&[u8], Damage); 5] = [
        (b"x", Damage::Magic),
        (b"hello, this is a text file\n", Damage::Magic),
        (&[0xff; 10_000], Damage::Magic),
        (&MAGIC_LEGACY, Damage::Legacy),
        (&old, Damage::Legacy),
    ];
    for (bytes, damage) in cases {
        for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
            let (offset, reason) = corrupt_at(refusal(bytes, options().tail(tail).durable_len(0)));
            assert_eq!((offset, reason), (0, CorruptReason::NotALog(damage)), "{:?}", &bytes[..bytes.len().min(16)]);
        }
    }
}

#[test]
fn a_log_of_another_cluster_is_refused() {
    let error = refusal(&Log::history(3).bytes(), options().cluster(7));
    assert!(matches!(error, Error::WrongCluster { expected: 7, found: 0 }), "{error}");
    let (_, recovery) = open(&Disk::with(&Log::history(3).bytes()), options().cluster(0));
    assert_eq!(recovery.entries, 3);
}

#[test]
fn a_log_of_two_clusters_is_refused() {
    let log = Log::history(2);
    let mut foreign = header(3, log.checksum(1));
    foreign.cluster = 9.into();
    let foreign = Prepare::seal(foreign, b"").unwrap();
    let error = refusal(&[&log.bytes(), foreign.as_entry_bytes()].concat(), options());
    assert!(matches!(error, Error::WrongCluster { expected: 0, found: 9 }), "{error}");
}

#[test]
fn a_log_goes_on_in_its_own_cluster() {
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), options().cluster(7))).unwrap();
    block_on(log.append(OPERATION, b"one")).unwrap();
    let (mut log, _) = open(&disk, options());
    block_on(log.append(OPERATION, b"two")).unwrap();
    let parsed = Log::parse(&disk.bytes());
    assert!(parsed.prepares.iter().all(|prepare| prepare.header().cluster.get() == 7));
    assert_eq!(parsed.prepares[0].header().parent, Prepare::root(7).checksum());
}

#[test]
fn a_restarted_replica_breaks_the_chain_under_linear_and_opens_under_the_other_rules() {
    let log = Log::of_ops(&[1, 2, 3, 4, 2, 3, 4, 5]);
    let bytes = log.bytes();
    let error = refusal(&bytes, options());
    let Error::ChainBroken { offset, op, expected, found } = error else { panic!("{error}") };
    assert_eq!((offset, op), (log.offset(4), 2));
    assert_eq!((expected, found), (Some(log.checksum(3)), log.checksum(0)));
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let (opened, recovery) = open(&Disk::with(&bytes), options().rule(rule));
        assert_eq!((recovery.entries, opened.tip().unwrap().op), (8, 5), "{rule}");
    }
}

#[test]
fn a_log_that_ends_before_its_highest_op_takes_no_append() {
    let disk = Disk::with(&Log::of_ops(&[1, 2, 3, 4, 2, 3]).bytes());
    let (mut log, _) = open(&disk, options().rule(Rule::SeenParent));
    assert_eq!(log.tip().unwrap().op, 3);
    let error = block_on(log.append(OPERATION, b"")).unwrap_err();
    assert!(matches!(error, Error::Forked { op: 4, .. }), "{error}");
}

#[test]
fn a_gap_opens_only_under_the_rule_of_tigerbeetle() {
    let log = Log::of_ops(&[1, 2, 5, 6]);
    for rule in [Rule::Linear, Rule::SeenParent] {
        let error = refusal(&log.bytes(), options().rule(rule));
        assert!(
            matches!(error, Error::ChainBroken { op: 5, offset, .. } if offset == log.offset(2)),
            "{rule}: {error}"
        );
    }
    let (opened, recovery) = open(&Disk::with(&log.bytes()), options().rule(Rule::TigerBeetle));
    assert_eq!((recovery.entries, opened.tip().unwrap().op), (4, 6));
}

#[test]
fn two_histories_are_forked_under_every_rule_that_remembers() {
    let mut log = Log::history(4);
    let second = sibling(&log.prepares[2]);
    log.prepares.push(second);
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let error = refusal(&log.bytes(), options().rule(rule));
        let Error::Forked { offset, op, parent } = error else { panic!("{rule}: {error}") };
        assert_eq!((offset, op, parent), (log.offset(4), 3, log.checksum(1)), "{rule}");
    }
    assert!(matches!(refusal(&log.bytes(), options()), Error::ChainBroken { op: 3, .. }));
}

#[test]
fn a_log_that_begins_behind_another_says_so_when_it_is_made() {
    let before = Log::appended(3, &[]);
    let start = Origin::After { op: 3, checksum: before.checksum(2) };
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), options().origin(start))).unwrap();
    assert_eq!(log.tip(), None);
    let appended = block_on(log.append(OPERATION, b"four")).unwrap();
    assert_eq!((appended.op, appended.offset), (4, 0));
    let whole = Log::parse(&[before.bytes(), disk.bytes()].concat());
    assert_eq!(validate_bytes(Rule::Linear, &whole.bytes()).findings, []);
    // Opened, it needs no start: its entries say where it is.
    let (mut log, recovery) = open(&disk, options());
    assert_eq!(recovery.tip.unwrap().op, 4);
    assert_eq!(block_on(log.append(OPERATION, b"five")).unwrap().op, 5);
}

#[test]
fn an_empty_log_that_is_opened_begins_at_its_start() {
    let start = Origin::After { op: 41, checksum: Checksum::of(b"op 41") };
    let disk = Disk::new();
    let (mut log, recovery) = open(&disk, options().origin(start));
    assert_eq!((recovery.entries, recovery.tip), (0, None));
    assert_eq!(block_on(log.append(OPERATION, b"")).unwrap().op, 42);
    let first = &Log::parse(&disk.bytes()).prepares[0];
    assert_eq!((first.header().parent, first.header().commit.get()), (Checksum::of(b"op 41"), 41));
}

#[test]
fn a_torn_first_entry_behind_another_log_is_a_tail_and_not_a_loss() {
    let start = Origin::After { op: 41, checksum: Checksum::of(b"op 41") };
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), options().origin(start))).unwrap();
    for number in 0..3 {
        block_on(log.append(OPERATION, &[number; 50])).unwrap();
    }
    let log = Log::parse(&disk.bytes());
    // The entries after the damage record op 41 as checkpointed, which is that of the other log.
    let disk = Disk::with(&with_damage(&log, 0, &[100]));
    let (mut opened, recovery) = open(&disk, options().origin(start));
    assert_eq!(recovery.cut.unwrap().entries, 2);
    assert_eq!(block_on(opened.append(OPERATION, b"")).unwrap().op, 42);
}

#[test]
fn opening_again_changes_nothing() {
    let appended = Log::appended(8, &[3]);
    let shapes = [
        appended.bytes(),
        appended.bytes()[..appended.offset(7) as usize + 50].to_vec(),
        [appended.bytes(), vec![0; 5000]].concat(),
        with_damage(&appended, 5, &[300]),
        Log::history(4).bytes(),
        SOLO.to_vec(),
    ];
    for (number, bytes) in shapes.into_iter().enumerate() {
        for tail in [Tail::Truncate, Tail::Keep] {
            let disk = Disk::with(&bytes);
            let (first, recovery) = open(&disk, options().tail(tail));
            let (after, tip) = (disk.bytes(), first.tip());
            for _ in 0..3 {
                let (again, repeated) = open(&disk, options().tail(tail));
                assert_eq!((disk.bytes(), again.tip()), (after.clone(), tip), "shape {number}");
                assert_eq!((repeated.entries, repeated.len), (recovery.entries, recovery.len), "shape {number}");
                assert_eq!((repeated.cut, repeated.kept), (None, recovery.kept.clone()), "shape {number}");
                assert_eq!(repeated.acknowledged_op, recovery.acknowledged_op, "shape {number}");
            }
        }
    }
}

#[test]
fn a_real_log_opens_and_is_continued() {
    let disk = Disk::with(SOLO);
    let (mut log, recovery) = open(&disk, options());
    assert_eq!((recovery.entries, recovery.acknowledged_op), (12, 0));
    let appended = block_on(log.append(Operation(146), b"")).unwrap();
    assert_eq!((appended.op, appended.offset), (13, 29_120));
    let last = Log::parse(&disk.bytes()).prepares.pop().unwrap();
    let before = Log::parse(SOLO).prepares.pop().unwrap();
    assert!(last.header().timestamp.get() > before.header().timestamp.get(), "the clock of this test is long past");
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!((&validation.findings[..], &validation.notes[..]), (&[][..], &[][..]));
}

#[test]
fn a_pruned_log_is_read_from_its_start() {
    let log = Log::appended(6, &[2]);
    let mut bytes = log.bytes();
    bytes[20] ^= 1; // Never looked at.
    let disk = Disk::with(&bytes).pruned_to(log.offset(4));
    let (mut opened, recovery) = open(&disk, options());
    assert_eq!((recovery.entries, recovery.tip.unwrap().op), (2, 6));
    assert_eq!(recovery.len, bytes.len() as u64);
    assert_eq!(block_on(opened.append(OPERATION, b"")).unwrap().op, 7);
}

#[test]
fn every_number_of_verifying_threads_opens_alike() {
    let log = Log::appended(40, &[10]);
    let mut bytes = with_damage(&log, 30, &[100]);
    bytes.truncate(log.offset(39) as usize + 30);
    let recovery = |threads| {
        let disk = Disk::with(&bytes);
        let (_, recovery) = open(&disk, options().verify_threads(threads));
        (recovery, disk.bytes())
    };
    let expected = recovery(1);
    assert_eq!(expected.0.entries, 30);
    for threads in [0, 2, 3] {
        assert_eq!(recovery(threads), expected, "{threads} threads");
    }
}

#[test]
fn a_log_whose_first_magic_is_damaged_is_judged_as_any_other_damage() {
    for at in 0..16 {
        let refused = |log: &Log| corrupt_at(refusal(&with_damage(log, 0, &[at]), options()));
        let (offset, reason) = refused(&Log::appended(5, &[3]));
        assert!(offset == 0 && matches!(reason, CorruptReason::Acknowledged { op: 1, .. }), "byte {at}: {reason}");
        let (offset, reason) = refused(&Log::history(5));
        assert!(offset == 0 && matches!(reason, CorruptReason::EntriesBehind { .. }), "byte {at}: {reason}");
        // Most of the magic is there, so this is a log, and nothing says that its one entry was acknowledged.
        let log = Log::appended(1, &[]);
        let (_, recovery) = open(&Disk::with(&with_damage(&log, 0, &[at])), options());
        assert_eq!(recovery.cut.map(|cut| (cut.offset, cut.len)), Some((0, log.bytes().len() as u64)), "byte {at}");
    }
}

#[test]
fn half_of_a_first_magic_is_enough_for_a_log_and_less_is_not() {
    let log = Log::appended(1, &[]);
    // Every other byte, so that nowhere a magic seems to begin.
    let half: Vec<usize> = (0..16).step_by(2).collect();
    let (_, recovery) = open(&Disk::with(&with_damage(&log, 0, &half)), options());
    assert_eq!(recovery.cut.map(|cut| cut.offset), Some(0));
    let (offset, reason) = corrupt_at(refusal(&with_damage(&log, 0, &[&half[..], &[1]].concat()), options()));
    assert_eq!((offset, reason), (0, CorruptReason::NotALog(Damage::Magic)));
}

#[test]
fn an_archive_that_holds_a_log_is_not_taken_for_one_and_is_untouched() {
    for log in [Log::appended(3, &[]), Log::appended(3, &[2]), Log::history(3)] {
        for (before, behind) in [(&[b't'; 512][..], &b"another file"[..]), (&[b't'; 512], b""), (b"name: ", &[0; 1024])]
        {
            refusal(&[before, &log.bytes(), behind].concat(), options());
        }
    }
}
