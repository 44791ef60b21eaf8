//! Storage that fails on a range: reading says where, validating continues after it.

use crate::support::block_on;
use crate::support::log::Log;
use crate::support::reader::SliceReader;
use aof_api::format::Damage;
use aof_api::read::{self, digest};
use aof_api::storage::CorruptReason;
use aof_api::storage::IoCall;
use aof_api::validate::{self, FindingKind, Validation, validate};
use aof_api::{Aof, Entries, Error, LogOptions, Rule};
use std::ops::Range;

const BLOCK: u64 = 4096;
/// Every entry takes as many bytes, so that what a validation counts can be added up.
const ENTRY: u64 = 272 + 328;

fn log() -> Log {
    Log::of((0..100).map(|number| [number; 328]))
}

fn validate_reader(reader: SliceReader, chunk_len: usize) -> Validation {
    let options = validate::Options::new().rule(Rule::SeenParent).read(read::Options::new().chunk_len(chunk_len));
    block_on(validate(reader, options, None)).unwrap()
}

/// Offsets and lengths of what cannot be read.
fn unreadable(validation: &Validation) -> Vec<(u64, u64)> {
    let ranges = validation.findings.iter().filter_map(|finding| match &finding.kind {
        FindingKind::Unreadable { len, message } => {
            assert!(message.contains("bad sector"), "{message}");
            Some((finding.offset, *len))
        }
        _ => None,
    });
    ranges.collect()
}

/// Entries and what is said to be none are all of the log, each byte once.
fn assert_every_byte_is_accounted_for(validation: &Validation, context: &str) {
    let lost: u64 = validation
        .findings
        .iter()
        .map(|finding| match finding.kind {
            FindingKind::Unreadable { len, .. } | FindingKind::Damage { len, .. } => len,
            _ => 0,
        })
        .sum();
    assert_eq!(validation.entries * ENTRY + lost, validation.bytes, "{context}: {:?}", validation.findings);
}

/// How many entries touch none of these ranges.
fn untouched(ranges: &[Range<u64>]) -> u64 {
    let touches = |start: u64| ranges.iter().any(|range| start < range.end && range.start < start + ENTRY);
    (0..100).filter(|index| !touches(index * ENTRY)).count() as u64
}

/// The blocks that a range is in, save what is before it and was read.
fn passed_over(range: &Range<u64>) -> Range<u64> {
    range.start..range.end.next_multiple_of(BLOCK)
}

#[test]
fn validation_goes_on_behind_an_unreadable_range_and_loses_nothing_else() {
    let bytes = log().bytes();
    // (where, how long)
    let ranges = [
        (1, 1),
        (599, 1),
        (600, 1),
        (700, 10),
        (4095, 1),
        (4096, 1),
        (4096, 4096),
        (5000, 1),
        (8000, 400),
        (8191, 2),
        (12_288, 3 * 4096),
        (30_000, 1),
        (59_000, 1),
        (59_999, 1),
    ];
    for (start, len) in ranges {
        for chunk_len in [4096, 8192, 1 << 20] {
            let reader = SliceReader::new(&bytes).unreadable(start..start + len);
            let validation = validate_reader(reader, chunk_len);
            let context = format!("{len} bytes at {start}, chunks of {chunk_len}");
            assert_eq!(validation.bytes, bytes.len() as u64, "{context}");
            assert_eq!(validation.entries, untouched(&[passed_over(&(start..start + len))]), "{context}");
            let found = unreadable(&validation);
            // The entry that cannot be read begins before the range or in it, and is the first that is lost.
            assert_eq!(found[0].0, start / ENTRY * ENTRY, "{context}: {found:?}");
            assert_every_byte_is_accounted_for(&validation, &context);
        }
    }
}

#[test]
fn what_stands_between_two_unreadable_ranges_is_read() {
    let bytes = log().bytes();
    for behind in [12_288, 13_000, 16_384, 20_480, 40_000] {
        let ranges = [4096..4097, behind..behind + 1];
        for chunk_len in [4096, 8192, 1 << 20] {
            let reader = ranges.iter().fold(SliceReader::new(&bytes), |reader, range| reader.unreadable(range.clone()));
            let validation = validate_reader(reader, chunk_len);
            let context = format!("unreadable at 4096 and {behind}, chunks of {chunk_len}");
            assert_eq!(validation.entries, untouched(&ranges.each_ref().map(passed_over)), "{context}");
            assert_every_byte_is_accounted_for(&validation, &context);
        }
    }
}

#[test]
fn what_stands_between_damage_and_an_unreadable_range_is_read() {
    let log = log();
    for (damaged_index, at) in [(2, 0), (2, 100), (2, 300), (20, 0), (20, 300)] {
        let mut bytes = log.bytes();
        let damaged = log.offset(damaged_index);
        bytes[damaged as usize + at] ^= 1;
        for behind in [damaged + 1300, damaged + 2500, damaged + 5000, damaged + 20_000] {
            let range = behind..behind + 1;
            for chunk_len in [4096, 8192, 1 << 20] {
                let validation = validate_reader(SliceReader::new(&bytes).unreadable(range.clone()), chunk_len);
                let context =
                    format!("byte {at} of entry {damaged_index}, unreadable at {behind}, chunks of {chunk_len}");
                let expected = untouched(&[damaged..damaged + ENTRY, passed_over(&range)]);
                assert_eq!(validation.entries, expected, "{context}: {:?}", validation.findings);
                assert_every_byte_is_accounted_for(&validation, &context);
            }
        }
    }
}

#[test]
fn damage_before_an_unreadable_range_is_called_damage() {
    let log = log();
    let mut bytes = log.bytes();
    bytes[log.offset(2) as usize] ^= 1;
    for chunk_len in [4096, 1 << 20] {
        let reader = SliceReader::new(&bytes).unreadable(20_000..20_001);
        let mut entries = Entries::new(reader, read::Options::new().chunk_len(chunk_len));
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 1);
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 2);
        let error = block_on(entries.next()).unwrap_err();
        let expected = CorruptReason::Damaged(Damage::Magic);
        let Error::Corrupt { offset, reason } = error else { panic!("{error}, chunks of {chunk_len}") };
        assert_eq!((offset, reason), (log.offset(2), expected), "chunks of {chunk_len}");
        let passed = block_on(entries.resync()).unwrap().unwrap();
        assert_eq!((passed.offset, passed.len), (log.offset(2), ENTRY), "chunks of {chunk_len}");
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 4);
    }
}

#[test]
fn a_reader_gives_every_entry_before_an_unreadable_place_and_then_its_error() {
    let bytes = log().bytes();
    for start in [1, 272, 600, 4096, 30_000] {
        for chunk_len in [4096, 1 << 20] {
            let reader = SliceReader::new(&bytes).unreadable(start..start + 1);
            let mut entries = Entries::new(reader, read::Options::new().chunk_len(chunk_len));
            for op in 1..=start / ENTRY {
                assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), op);
            }
            for attempt in 1..=3 {
                let error = block_on(entries.next()).unwrap_err();
                let Error::Io { call: IoCall::Read, offset, .. } = error else { panic!("attempt {attempt}: {error}") };
                assert_eq!(offset, start, "attempt {attempt}");
            }
            // It stays where it is; going elsewhere is the caller's business.
            assert_eq!(entries.offset(), start / ENTRY * ENTRY);
            let behind = start / ENTRY + 1;
            entries.seek(behind * ENTRY);
            assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), behind + 1);
        }
    }
}

#[test]
fn a_log_of_which_nothing_can_be_read_is_an_error() {
    let bytes = log().bytes();
    let reader = SliceReader::new(&bytes).unreadable(0..u64::MAX);
    let error = block_on(validate(reader, validate::Options::new(), None)).unwrap_err();
    assert!(matches!(error, Error::Io { offset: 0, .. }), "{error}");
}

#[test]
fn a_log_whose_first_block_cannot_be_read_is_validated_behind_it() {
    let bytes = log().bytes();
    let validation = validate_reader(SliceReader::new(&bytes).unreadable(0..4096), 4096);
    assert_eq!(unreadable(&validation), [(0, 4096)]);
    assert_eq!(validation.entries, untouched(&[passed_over(&(0..1))]));
}

#[test]
fn a_log_whose_end_cannot_be_read_keeps_what_stands_before() {
    let bytes = log().bytes();
    let validation = validate_reader(SliceReader::new(&bytes).unreadable(40_000..u64::MAX), 4096);
    assert_eq!(validation.entries, 40_000 / ENTRY);
    assert_eq!(validation.bytes, bytes.len() as u64);
    assert_every_byte_is_accounted_for(&validation, "everything from 40,000 on");
}

#[test]
fn a_digest_over_an_unreadable_range_is_an_error_with_its_offset() {
    let reader = SliceReader::new(&log().bytes()).unreadable(5000..5001);
    let error = block_on(digest([reader], read::Options::new())).unwrap_err();
    assert!(matches!(error, Error::Io { offset: 5000, .. }), "{error}");
}

#[test]
fn a_log_with_an_unreadable_range_is_not_opened() {
    use crate::support::disk::Disk;
    let bytes = log().bytes();
    let disk = Disk::with(&bytes);
    disk.set_unreadable(Some(5000..5001));
    let error = block_on(Aof::open(disk.clone(), LogOptions::new())).err().unwrap();
    assert!(matches!(error, Error::Io { offset: 5000, .. }), "{error}");
    assert_eq!((disk.bytes(), disk.truncates()), (bytes, vec![]));
}
