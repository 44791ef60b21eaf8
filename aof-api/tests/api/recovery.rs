//! Opening: what is a tail that nobody was promised, what is a loss, and what happens to either.

use crate::golden::SOLO;
use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body, header, prepare, sibling};
use crate::support::reading::{small_chunks, validate_bytes};
use aof_api::{
    Aof, Checksum, CorruptReason, Cut, CutPiece, Damage, Error, MAGIC, MAGIC_LEGACY, Operation, Options, Prepare,
    Recovery, Rule, Start, Tail, TailKind,
};

fn options() -> Options {
    Options::new().clock(|| 1_000_000).read(small_chunks())
}

/// Opens a disk that must open.
fn open(disk: &Disk, options: Options) -> (Aof<Disk>, Recovery) {
    block_on(Aof::open(disk.clone(), options)).unwrap()
}

/// Opens bytes that must be refused, and asserts that nothing was changed.
fn refusal(bytes: &[u8], options: Options) -> Error {
    let disk = Disk::with(bytes);
    let error = block_on(Aof::open(disk.clone(), options)).err().expect("this must not open");
    assert_eq!(disk.bytes(), bytes, "a refused log was changed: {error}");
    assert_eq!((disk.writes(), disk.truncates()), (0, vec![]), "a refused log was touched: {error}");
    error
}

fn corrupt_at(error: Error) -> (u64, CorruptReason) {
    let Error::Corrupt { offset, reason } = error else { panic!("{error}") };
    (offset, reason)
}

/// What was cut, put together again.
fn cut_bytes(cut: &Cut) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in &cut.pieces {
        match piece {
            CutPiece::Bytes(piece) => bytes.extend_from_slice(piece),
            CutPiece::Zeros(len) => bytes.resize(bytes.len() + *len as usize, 0),
        }
    }
    bytes
}

/// Asserts that a log opens, loses everything from entry number `entries` on, and takes the next entry.
fn assert_cut(bytes: &[u8], log: &Log, entries: usize, options: Options, context: &str) -> Cut {
    let disk = Disk::with(bytes);
    let (mut opened, recovery) = open(&disk, options.clone());
    let offset = log.offset(entries);
    let cut = recovery.cut.clone().unwrap_or_else(|| panic!("nothing was cut: {context}"));
    assert_eq!((cut.offset, cut.len), (offset, bytes.len() as u64 - offset), "{context}");
    assert_eq!(cut_bytes(&cut), &bytes[offset as usize..], "{context}");
    assert_eq!((recovery.entries, recovery.len), (entries as u64, offset), "{context}");
    let tip = entries.checked_sub(1).map(|last| log.checksum(last));
    assert_eq!(recovery.tip.map(|tip| tip.checksum), tip, "{context}");
    assert_eq!((recovery.kept.len(), recovery.kept_count), (0, 0), "{context}");
    assert_eq!(disk.bytes(), &bytes[..offset as usize], "{context}");
    assert_eq!((opened.len(), opened.durable_len(), opened.unflushed()), (offset, offset, 0), "{context}");
    assert_eq!(opened.tip(), recovery.tip, "{context}");

    let appended = block_on(opened.append(OPERATION, b"after")).unwrap();
    assert_eq!((appended.op, appended.offset), (entries as u64 + 1, offset), "{context}");
    let validation = validate_bytes(Rule::Linear, &disk.bytes());
    assert_eq!(validation.findings, [], "{context}");
    assert_eq!(validation.entries, entries as u64 + 1, "{context}");

    let (_, again) = open(&disk, options);
    assert_eq!((again.cut, again.entries), (None, entries as u64 + 1), "{context}");
    cut
}

// ---- tails ----

#[test]
fn a_whole_log_opens_as_it_is() {
    for log in [Log::appended(6, &[3]), Log::history(6), Log::of_ops(&[])] {
        let disk = Disk::with(&log.bytes());
        let (opened, recovery) = open(&disk, options());
        assert_eq!((recovery.entries, recovery.len), (log.len() as u64, log.offset(log.len())));
        assert_eq!((recovery.cut, recovery.kept, recovery.kept_count), (None, vec![], 0));
        assert_eq!(recovery.tip.map(|tip| tip.checksum), log.prepares.last().map(Prepare::checksum));
        assert_eq!(disk.bytes(), log.bytes());
        assert_eq!(opened.durable_len(), opened.len(), "an opening ends with a checkpoint");
    }
}

#[test]
fn a_torn_tail_is_cut_at_open_wherever_it_was_torn() {
    for log in [Log::appended(4, &[2]), Log::history(4)] {
        let whole = log.bytes();
        let last = log.range(3);
        for end in last.start + 1..last.end {
            let context = format!("torn at byte {} of {}", end - last.start, last.len());
            let cut = assert_cut(&whole[..end], &log, 3, options(), &context);
            let have = (end - last.start) as u64;
            let need = if have < 272 { 272 } else { last.len() as u64 };
            assert_eq!((cut.kind, cut.damage), (TailKind::Torn, Damage::Torn { have, need }), "{context}");
            assert_eq!(cut.entries, 0, "{context}");
        }
    }
}

#[test]
fn the_only_entry_can_be_torn_too() {
    let log = Log::appended(1, &[]);
    for end in 1..log.bytes().len() {
        let cut = assert_cut(&log.bytes()[..end], &log, 0, options(), &format!("torn at byte {end}"));
        assert_eq!(cut.kind, TailKind::Torn, "torn at byte {end}");
    }
}

#[test]
fn a_zero_tail_is_cut_and_reported_as_a_length() {
    for log in [Log::appended(3, &[2]), Log::history(3), Log::of_ops(&[])] {
        for len in [1, 15, 16, 255, 271, 272, 273, 4095, 4096, 4097, 8192, 100_000] {
            let mut bytes = log.bytes();
            bytes.resize(bytes.len() + len, 0);
            let context = format!("{} entries and {len} zeros", log.len());
            let cut = assert_cut(&bytes, &log, log.len(), options(), &context);
            assert_eq!((cut.kind, cut.damage), (TailKind::Zero, Damage::Magic), "{context}");
            assert_eq!(cut.pieces, [CutPiece::Zeros(len as u64)], "{context}");
        }
    }
}

#[test]
fn a_tail_that_is_neither_torn_nor_zero_is_corrupt() {
    let log = Log::appended(4, &[2]);
    let last = log.range(3);
    // Bytes of the last entry that did not come, and what that looks like.
    let cases = [
        (0..16, Damage::Magic),
        (16..20, Damage::HeaderChecksum),
        (0..272, Damage::Magic),
        (272..last.len(), Damage::BodyChecksum),
        (100..last.len(), Damage::HeaderChecksum),
    ];
    for (missing, damage) in cases {
        let mut bytes = log.bytes();
        bytes[last.start + missing.start..last.start + missing.end].fill(0);
        let context = format!("bytes {missing:?} of the last entry are zero");
        let cut = assert_cut(&bytes, &log, 3, options(), &context);
        assert_eq!((cut.kind, cut.damage, cut.entries), (TailKind::Corrupt, damage, 0), "{context}");
    }
}

#[test]
fn a_large_tail_is_told_in_pieces_of_bytes_and_zeros() {
    let log = Log::appended(2, &[1]);
    let mut tail = vec![b'x'; 4096];
    tail.resize(3 * 4096, 0);
    tail.extend_from_slice(b"the end");
    let cut = assert_cut(&[log.bytes(), tail].concat(), &log, 2, options(), "bytes, zeros, bytes");
    assert_eq!(
        cut.pieces,
        [CutPiece::Bytes(vec![b'x'; 4096]), CutPiece::Zeros(8192), CutPiece::Bytes(b"the end".to_vec())]
    );
}

#[test]
fn a_tail_longer_than_the_limit_is_refused_and_zeros_do_not_count() {
    let log = Log::appended(2, &[1]);
    let tail = [&[b'x'; 5000][..], &[0; 50_000]].concat();
    let bytes = [log.bytes(), tail].concat();
    let error = refusal(&bytes, options().cut_len_max(5000));
    let Error::TooLarge { size, limit, .. } = error else { panic!("{error}") };
    assert_eq!((size, limit), (55_000, 5000));
    // What is not told apart in units of 4 KiB counts as bytes.
    assert_cut(&bytes, &log, 2, options().cut_len_max(8192), "8192 bytes are enough");
    let zeros = [log.bytes(), vec![0; 50_000]].concat();
    assert_cut(&zeros, &log, 2, options().cut_len_max(0), "zeros alone are no bytes at all");
}

// ---- holes: damage with valid entries behind it ----

/// How to damage an entry, as a list of bytes to flip in it or, where there are none, all of it made zero.
const DAMAGES: [&[usize]; 5] = [&[0], &[20], &[112], &[272], &[]];

fn with_damage(log: &Log, index: usize, damage: &[usize]) -> Vec<u8> {
    let mut bytes = log.bytes();
    let range = log.range(index);
    damage.iter().for_each(|at| bytes[range.start + at] ^= 1);
    if damage.is_empty() {
        bytes[range].fill(0);
    }
    bytes
}

#[test]
fn a_hole_above_the_last_checkpoint_is_cut_with_the_valid_entries_behind_it() {
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
            // A file that does not begin with a magic or zeros is not taken for a log at all.
            if lost == 1 && damage == [0] {
                continue;
            }
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
        // Everything an opening found is durable then, and the next entry says so.
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

// ---- logs made by `write`, which do not say what was checkpointed ----

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
    // (the op that is lost, whether an entry by write stands before it or behind)
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

// ---- the other tail policies ----

#[test]
fn refuse_refuses_every_damaged_tail_and_no_whole_log() {
    let log = Log::appended(4, &[2]);
    let torn = log.bytes()[..log.offset(3) as usize + 100].to_vec();
    let zeros = [log.bytes(), vec![0; 100]].concat();
    let hole = with_damage(&log, 2, &[100]);
    for (bytes, offset) in [(torn, log.offset(3)), (zeros, log.offset(4)), (hole, log.offset(2))] {
        let (found, reason) = corrupt_at(refusal(&bytes, options().tail(Tail::Refuse)));
        assert_eq!(found, offset);
        assert!(matches!(reason, CorruptReason::TailRefused(_)), "{reason}");
    }
    open(&Disk::with(&log.bytes()), options().tail(Tail::Refuse));
}

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
            assert_eq!((appended.op, appended.offset), (4, end as u64));
            assert!(disk.bytes().starts_with(&torn));
            // Nothing is missing from the chain, so what was torn is no tail any more, whatever the policy.
            for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
                let before = disk.bytes();
                let (again, recovery) = open(&disk, options().tail(tail));
                assert_eq!((recovery.entries, recovery.cut), (4, None), "torn at {end}");
                assert_eq!((recovery.kept.len(), recovery.kept_count), (1, 1), "torn at {end}");
                assert_eq!(recovery.kept[0].at_end, false);
                assert_eq!(again.tip().unwrap().checksum, appended.checksum);
                assert_eq!(disk.bytes(), before);
            }
        }
    }
}

#[test]
fn several_torn_entries_that_somebody_appended_behind_are_all_kept() {
    let log = Log::appended(5, &[]);
    let whole = log.bytes();
    let part = |index: usize, len: usize| whole[log.range(index)][..len].to_vec();
    let entry = |index: usize| whole[log.range(index)].to_vec();
    let bytes = [part(0, 100), entry(0), entry(1), part(2, 20), part(2, 280), entry(2), part(3, 1), entry(3)].concat();
    let (opened, recovery) = open(&Disk::with(&bytes), options());
    assert_eq!((recovery.entries, recovery.cut, recovery.kept_count), (4, None, 4));
    let lens: Vec<u64> = recovery.kept.iter().map(|range| range.len).collect();
    assert_eq!(lens, [100, 20, 280, 1]);
    assert_eq!(opened.tip().unwrap().checksum, log.checksum(3));
}

#[test]
fn more_places_of_kept_damage_than_are_listed_are_counted() {
    let places = Recovery::KEPT_MAX as u64 + 76;
    let torn = &MAGIC[..3];
    let log = Log::of((0..places).map(|_| b""));
    // Each entry behind a torn one: nothing is missing.
    let bridged: Vec<u8> = log.prepares.iter().flat_map(|prepare| [torn, prepare.as_entry_bytes()].concat()).collect();
    let (_, recovery) = open(&Disk::with(&bridged), options());
    assert_eq!((recovery.kept.len(), recovery.kept_count), (Recovery::KEPT_MAX, places));
    assert_eq!(recovery.entries, places);
}

#[test]
fn more_places_of_damage_in_a_kept_tail_than_are_listed_are_counted() {
    let places = Recovery::KEPT_MAX as u64 + 76;
    // Op 1 is lost, so nothing behind continues the chain, and every place is damage in the tail.
    let log = Log::of((0..=places).map(|_| b""));
    let torn = &MAGIC[..3];
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

// ---- the expected tip ----

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

// ---- what is no log, or another one ----

#[test]
fn a_file_that_is_no_log_is_refused_and_untouched() {
    let old = [&MAGIC_LEGACY[..], &[1; 5000]].concat();
    let cases: [(&[u8], Damage); 6] = [
        (b"x", Damage::Magic),
        (b"hello, this is a text file\n", Damage::Magic),
        (&[0xff; 10_000], Damage::Magic),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0!", Damage::Magic),
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

// ---- the chain ----

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
    let start = Start::After { op: 3, checksum: before.checksum(2) };
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), options().start(start))).unwrap();
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
    let start = Start::After { op: 41, checksum: Checksum::of(b"op 41") };
    let disk = Disk::new();
    let (mut log, recovery) = open(&disk, options().start(start));
    assert_eq!((recovery.entries, recovery.tip), (0, None));
    assert_eq!(block_on(log.append(OPERATION, b"")).unwrap().op, 42);
    let first = &Log::parse(&disk.bytes()).prepares[0];
    assert_eq!((first.header().parent, first.header().commit.get()), (Checksum::of(b"op 41"), 41));
}

#[test]
fn a_torn_first_entry_behind_another_log_is_a_tail_and_not_a_loss() {
    let start = Start::After { op: 41, checksum: Checksum::of(b"op 41") };
    let disk = Disk::new();
    let mut log = block_on(Aof::create(disk.clone(), options().start(start))).unwrap();
    for number in 0..3 {
        block_on(log.append(OPERATION, &[number; 50])).unwrap();
    }
    let log = Log::parse(&disk.bytes());
    // The entries behind the damage record op 41 as checkpointed, which is that of the other log.
    let disk = Disk::with(&with_damage(&log, 0, &[100]));
    let (mut opened, recovery) = open(&disk, options().start(start));
    assert_eq!(recovery.cut.unwrap().entries, 2);
    assert_eq!(block_on(opened.append(OPERATION, b"")).unwrap().op, 42);
}

// ---- again and again ----

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
fn an_opening_reads_from_the_recovery_offset() {
    let log = Log::appended(6, &[2]);
    let mut bytes = log.bytes();
    bytes[20] ^= 1; // Never looked at.
    let disk = Disk::with(&bytes).recovery_from(log.offset(4));
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
