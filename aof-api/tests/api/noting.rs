//! The note that a storage keeps with a checkpoint: what it claims when the log is opened, and where reading begins.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, prepare};
use crate::support::opening::{corrupt_at, open, options};
use aof_api::log::NoteFound;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, LogOptions, Rule, Tail};

/// Eight ops, the first five noted at a checkpoint, on a disk that was stopped and is opened again.
fn noted_disk() -> (Disk, Log) {
    let disk = Disk::new();
    block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        for op in 1..=8 {
            log.append(OPERATION, &[op as u8; 100]).await.unwrap();
            if op == 5 {
                log.checkpoint().await.unwrap();
            }
        }
    });
    let log = Log::parse(&disk.bytes());
    assert_eq!(disk.notes().len(), 1);
    (disk.reopened(), log)
}

fn refused(disk: &Disk, options: LogOptions) -> Error {
    let bytes = disk.bytes();
    let error = block_on(Aof::open(disk.clone(), options)).err().expect("this must not open");
    assert_eq!((disk.bytes(), disk.truncates()), (bytes, vec![]), "a refused log was changed: {error}");
    error
}

#[test]
fn reading_begins_where_the_note_says() {
    let (disk, log) = noted_disk();
    let mut bytes = disk.bytes();
    bytes[log.range(1).start + 300] ^= 1; // Never looked at.
    disk.replace(&bytes);
    let (mut opened, recovery) = open(&disk, options());
    assert_eq!((recovery.read_from, recovery.note), (log.offset(5), NoteFound::Intact));
    assert_eq!((recovery.entries, recovery.tip.unwrap().op, recovery.start), (8, 8, 0));
    let first = recovery.first.unwrap();
    assert_eq!((first.op, first.parent), (1, log.prepares[0].header().parent));
    assert_eq!(block_on(opened.append(OPERATION, b"")).unwrap().op, 9);
}

#[test]
fn everything_is_read_where_that_is_asked_for_or_the_rule_needs_it() {
    let (disk, log) = noted_disk();
    for options in [options().verify_all(true), options().rule(Rule::SeenParent), options().ignore_note(true)] {
        let (_, recovery) = open(&disk, options);
        assert_eq!((recovery.read_from, recovery.entries), (0, 8));
    }
    let mut bytes = disk.bytes();
    bytes[log.range(1).start + 300] ^= 1;
    disk.replace(&bytes);
    let reason = corrupt_at(refused(&disk, options().verify_all(true))).1;
    assert!(matches!(reason, CorruptReason::Noted { covered, .. } if covered == log.offset(5)), "{reason}");
}

#[test]
fn what_the_note_covers_was_durable_under_every_rule_and_every_policy() {
    let (_, log) = noted_disk();
    for rule in Rule::ALL {
        for tail in [Tail::Truncate, Tail::TruncateTorn, Tail::Keep] {
            // The last entry that it covers: damage there is what a tail looks like, and nothing after it is left.
            let (disk, _) = noted_disk();
            let mut bytes = disk.bytes();
            bytes.truncate(log.range(4).end);
            bytes[log.range(4).start + 280] ^= 1;
            disk.replace(&bytes);
            let (offset, reason) = corrupt_at(refused(&disk, options().rule(rule).tail(tail)));
            assert_eq!(offset, log.offset(4), "{rule}");
            assert!(matches!(reason, CorruptReason::Noted { .. }), "{rule}: {reason}");
        }
    }
}

#[test]
fn a_log_that_ends_below_what_the_note_covers_is_refused() {
    let (disk, log) = noted_disk();
    for len in [log.range(3).end, log.range(4).end - 1, log.range(0).end, 0] {
        disk.replace(&log.bytes()[..len]);
        let error = refused(&disk, options());
        assert!(matches!(error, Error::Corrupt { reason: CorruptReason::Noted { .. }, .. }), "{len} bytes: {error}");
        let (_, recovery) = open(&Disk::with(&log.bytes()[..len]), options());
        assert_eq!(recovery.note, NoteFound::None);
    }
}

#[test]
fn damage_after_what_the_note_covers_is_a_tail_as_ever() {
    let (disk, log) = noted_disk();
    let mut bytes = disk.bytes();
    bytes[log.range(6).start + 280] ^= 1;
    disk.replace(&bytes);
    let (opened, recovery) = open(&disk, options());
    assert_eq!((recovery.entries, opened.tip().unwrap().op), (6, 6));
    assert_eq!(recovery.cut.unwrap().offset, log.offset(6));
}

#[test]
fn a_note_that_is_damaged_or_about_another_place_claims_nothing() {
    let (disk, log) = noted_disk();
    let (covered, note) = disk.notes().remove(0);
    let mut flipped = note.clone();
    flipped[40] ^= 1;
    for (covered, note) in [(covered, &flipped), (covered - 1, &note), (covered, &b"no note".to_vec())] {
        let disk = Disk::with(&log.bytes()[..log.range(2).end]).noted(covered, note);
        let (_, recovery) = open(&disk, options());
        assert_eq!((recovery.note, recovery.entries, recovery.read_from), (NoteFound::Damaged, 3, 0));
    }
}

#[test]
fn a_log_that_does_not_hold_the_entry_of_the_note_is_refused_unless_the_note_is_ignored() {
    let (disk, log) = noted_disk();
    let (covered, note) = disk.notes().remove(0);
    // As long, whole, of the same root, and another history.
    let other = Log::of((0..9).map(|_| vec![9; 100]));
    assert!(other.bytes().len() as u64 > covered && other.checksum(0) != log.checksum(0));
    for rule in Rule::ALL {
        let disk = Disk::with(&other.bytes()).noted(covered, &note);
        let error = refused(&disk, options().rule(rule));
        let Error::NoteTipMissing { expected, covered: found, .. } = error else { panic!("{rule}: {error}") };
        assert_eq!((expected, found), (log.checksum(4), covered), "{rule}");
        let (_, recovery) = open(&disk, options().rule(rule).ignore_note(true));
        assert_eq!((recovery.entries, recovery.note), (9, NoteFound::Ignored), "{rule}");
    }
}

#[test]
fn a_note_of_another_cluster_is_refused() {
    let (disk, log) = noted_disk();
    let (covered, note) = disk.notes().remove(0);
    let error = refused(&Disk::with(&log.bytes()).noted(covered, &note), options().cluster(7));
    assert!(matches!(error, Error::WrongCluster { expected: 7, found: 0 }), "{error}");
}

#[test]
fn an_expected_tip_before_the_note_is_looked_for_in_everything() {
    let (disk, log) = noted_disk();
    for index in 0..8 {
        let (_, recovery) = open(&disk, options().expected_tip(log.checksum(index)));
        assert_eq!(recovery.entries, 8, "entry {index}");
    }
    let missing = Log::history(3).checksum(2);
    let error = refused(&disk, options().expected_tip(missing));
    assert!(matches!(error, Error::ChecksumMismatch { expected, .. } if expected == missing), "{error}");
}

#[test]
fn what_was_cut_is_forgotten_by_the_notes_too() {
    let (disk, log) = noted_disk();
    let mut bytes = disk.bytes();
    bytes[log.range(6).start + 280] ^= 1;
    disk.replace(&bytes);
    open(&disk, options());
    let (_, recovery) = open(&disk.reopened(), options());
    assert_eq!((recovery.entries, recovery.read_from), (6, log.offset(6)));
}

#[test]
fn a_log_with_kept_damage_gives_no_note() {
    let log = Log::appended(5, &[]);
    let disk = Disk::with(&log.bytes()[..log.range(4).end - 10]);
    let (mut opened, recovery) = open(&disk, options().tail(Tail::Keep));
    assert_eq!(recovery.kept_count, 1);
    block_on(opened.append(OPERATION, b"after")).unwrap();
    block_on(opened.checkpoint()).unwrap();
    assert_eq!(disk.notes(), []);
}

#[test]
fn a_history_that_is_not_linear_gets_a_note_from_which_nobody_begins() {
    let disk = Disk::new();
    let log = Log::of_ops(&[1, 2, 3, 2, 3, 4]);
    block_on(async {
        let mut written = Aof::create(disk.clone(), options()).await.unwrap();
        written.write_all(&log.prepares).await.unwrap();
        written.checkpoint().await.unwrap();
    });
    let (_, recovery) = open(&disk.reopened(), options().rule(Rule::SeenParent));
    assert_eq!((recovery.note, recovery.read_from, recovery.entries), (NoteFound::Intact, 0, 6));
}

#[test]
fn an_entry_that_was_checkpointed_by_nobody_is_in_no_note() {
    let disk = Disk::new();
    block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        log.checkpoint().await.unwrap();
        log.append(OPERATION, b"").await.unwrap();
        let dropped = log.checkpoint();
        drop(dropped);
        assert_eq!(disk.notes(), []);
        log.write(&prepare(2, log.tip().unwrap().checksum, b"by hand")).await.unwrap();
        log.checkpoint().await.unwrap();
    });
    let covered: Vec<u64> = disk.notes().into_iter().map(|(covered, _)| covered).collect();
    assert_eq!(covered, [disk.bytes().len() as u64]);
}
