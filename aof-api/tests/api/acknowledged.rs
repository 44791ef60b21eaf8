//! Opening a log with damage before valid entries: what was acknowledged is refused as lost, the rest is a tail.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body, prepare};
use crate::support::opening::{DAMAGES, assert_cut, corrupt_at, open, options, refusal, with_damage};
use aof_api::format::Damage;
use aof_api::log::TailKind;
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, Tail};

#[test]
fn a_hole_above_the_last_checkpoint_is_cut_with_the_valid_entries_after_it() {
    // Ops 1 to 3 were checkpointed, and ops 4 to 8 say so.
    let log = Log::appended(8, &[3]);
    for lost in 4..=8 {
        for damage in DAMAGES {
            let bytes = with_damage(&log, lost - 1, damage);
            let context = format!("op {lost}, bytes {damage:?}");
            let cut = assert_cut(&bytes, &log, lost - 1, options(), &context);
            assert_eq!(cut.entries, 8 - lost as u64, "{context}");
            let zero_tail = lost == 8 && damage.is_empty();
            assert_eq!(cut.kind, if zero_tail { TailKind::Zero } else { TailKind::Corrupt }, "{context}");
        }
    }
}

#[test]
fn a_hole_of_several_entries_above_the_last_checkpoint_is_cut_at_the_first() {
    let log = Log::appended(9, &[3]);
    let mut bytes = with_damage(&log, 4, &[300]);
    bytes[log.range(6)].fill(0);
    let cut = assert_cut(&bytes, &log, 4, options(), "ops 5 and 7");
    assert_eq!((cut.kind, cut.entries), (TailKind::Corrupt, 3));
}

#[test]
fn damage_at_or_below_the_last_checkpoint_is_lost_data_and_is_refused() {
    let log = Log::appended(8, &[3]);
    for lost in 1..=3 {
        for damage in DAMAGES {
            let bytes = with_damage(&log, lost - 1, damage);
            for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
                let (offset, reason) = corrupt_at(refusal(&bytes, options().tail(tail)));
                assert_eq!(offset, log.offset(lost - 1), "op {lost}, bytes {damage:?}");
                let CorruptReason::Acknowledged { op, acknowledged, .. } = reason else { panic!("{reason}") };
                assert_eq!((op, acknowledged), (lost as u64, 3), "op {lost}, bytes {damage:?}");
            }
        }
    }
}

#[test]
fn a_lost_acknowledged_entry_is_refused_though_another_hole_follows() {
    let log = Log::appended(9, &[3]);
    let mut bytes = with_damage(&log, 2, &[100]);
    bytes[log.range(5)].fill(0);
    let (offset, reason) = corrupt_at(refusal(&bytes, options()));
    assert_eq!(offset, log.offset(2));
    assert!(matches!(reason, CorruptReason::Acknowledged { op: 3, acknowledged: 3, .. }), "{reason}");
}

#[test]
fn a_checkpoint_that_no_entry_records_protects_nothing() {
    // Ops 1 to 6 were checkpointed, but nothing was appended since, so the log cannot know: a tail it is.
    let log = Log::appended(6, &[3, 6]);
    assert_cut(&with_damage(&log, 5, &[100]), &log, 5, options(), "op 6");
    // An expected tip or the length says it.
    let damaged = with_damage(&log, 5, &[100]);
    let error = refusal(&damaged, options().expected_tip(log.checksum(5)));
    assert!(matches!(error, Error::ChecksumMismatch { .. }), "{error}");
    let (_, reason) = corrupt_at(refusal(&damaged, options().durable_len(log.offset(6))));
    assert!(matches!(reason, CorruptReason::Durable { .. }), "{reason}");
}

#[test]
fn the_highest_recorded_checkpoint_counts_also_of_an_entry_behind_the_damage() {
    let log = Log::appended(9, &[2, 5, 7]);
    // Ops 8 and 9 record 7; with both gone, ops 6 and 7 record 5.
    let (_, reason) = corrupt_at(refusal(&with_damage(&log, 6, &[100]), options()));
    assert!(matches!(reason, CorruptReason::Acknowledged { op: 7, acknowledged: 7, .. }), "{reason}");
    let mut bytes = with_damage(&log, 5, &[100]);
    bytes.truncate(log.offset(7) as usize);
    let cut = assert_cut(&bytes, &log, 5, options(), "op 6 of 7");
    assert_eq!(cut.entries, 1);
}

#[test]
fn what_a_log_records_as_checkpointed_is_in_the_report_and_survives_every_opening() {
    let log = Log::appended(6, &[4]);
    let disk = Disk::with(&log.bytes());
    for opening in 0..3_u64 {
        let (mut opened, recovery) = open(&disk, options());
        // Everything recovery found is durable then, and the next entry says so.
        let expected = if opening == 0 { 4 } else { 5 + opening };
        assert_eq!(recovery.acknowledged_op, expected, "opening {opening}");
        block_on(opened.append(OPERATION, b"next")).unwrap();
        let last = Log::parse(&disk.bytes()).prepares.pop().unwrap();
        assert_eq!((last.op(), last.header().commit.get()), (7 + opening, 6 + opening));
    }
    let grown = Log::parse(&disk.bytes());
    let (_, reason) = corrupt_at(refusal(&with_damage(&grown, 5, &[100]), options()));
    assert!(matches!(reason, CorruptReason::Acknowledged { op: 6, acknowledged: 8, .. }), "{reason}");
}

#[test]
fn a_hole_in_a_log_made_by_write_is_refused_without_a_durable_length() {
    let log = Log::history(6);
    for lost in 2..=5 {
        for damage in DAMAGES {
            let bytes = with_damage(&log, lost - 1, damage);
            let (offset, reason) = corrupt_at(refusal(&bytes, options()));
            assert_eq!(offset, log.offset(lost - 1), "op {lost}, bytes {damage:?}");
            let CorruptReason::EntriesBehind { next, .. } = reason else { panic!("{reason}") };
            assert_eq!(next, log.offset(lost), "op {lost}, bytes {damage:?}");
        }
    }
}

#[test]
fn a_hole_in_a_log_made_by_write_is_cut_above_the_durable_length_and_refused_below() {
    let log = Log::history(6);
    for lost in 1..=6 {
        let bytes = with_damage(&log, lost - 1, &[100]);
        let offset = log.offset(lost - 1);
        for durable_len in [0, offset - u64::from(lost > 1), offset] {
            let context = format!("op {lost}, {durable_len} bytes durable");
            let cut = assert_cut(&bytes, &log, lost - 1, options().durable_len(durable_len), &context);
            assert_eq!(cut.entries, 6 - lost as u64, "{context}");
        }
        for durable_len in [offset + 1, log.offset(lost), log.offset(6), u64::MAX] {
            let (found, reason) = corrupt_at(refusal(&bytes, options().durable_len(durable_len)));
            assert_eq!(found, offset);
            let expected = CorruptReason::Durable { damage: Damage::HeaderChecksum, durable_len };
            assert_eq!(reason, expected, "op {lost}, {durable_len} bytes durable");
        }
    }
}

#[test]
fn a_log_shorter_than_what_was_durable_is_refused() {
    let log = Log::history(4);
    let end = log.offset(4);
    let (offset, reason) = corrupt_at(refusal(&log.bytes(), options().durable_len(end + 1)));
    assert_eq!(offset, end);
    assert!(matches!(reason, CorruptReason::Durable { durable_len, .. } if durable_len == end + 1), "{reason}");
    open(&Disk::with(&log.bytes()), options().durable_len(end));
}

#[test]
fn one_entry_by_write_around_a_hole_is_enough_to_be_refused() {
    // Ops 1 to 3 by append, 4 by write, 5 and 6 by append.
    let disk = Disk::new();
    block_on(async {
        let mut log = Aof::create(disk.clone(), options()).await.unwrap();
        for op in 1..=3 {
            log.append(OPERATION, &body(op)).await.unwrap();
        }
        let parent = log.tip().unwrap().checksum;
        log.write(&prepare(4, parent, b"foreign")).await.unwrap();
        for op in 5..=6 {
            log.append(OPERATION, &body(op)).await.unwrap();
        }
    });
    let log = Log::parse(&disk.bytes());
    // (the op that is lost, whether an entry by write is before it or after)
    for (lost, refused) in [(3, true), (4, false), (5, true), (6, false)] {
        let bytes = with_damage(&log, lost - 1, &[100]);
        if refused {
            let (_, reason) = corrupt_at(refusal(&bytes, options()));
            assert!(matches!(reason, CorruptReason::EntriesBehind { .. }), "op {lost}: {reason}");
        } else {
            assert_cut(&bytes, &log, lost - 1, options(), &format!("op {lost}"));
        }
    }
}
