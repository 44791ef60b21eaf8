//! One thing wrong with a log, anywhere: it is always detected, located, and nothing else is lost.

use crate::golden::SOLO;
use crate::support::block_on;
use crate::support::log::{Log, forged, prepare};
use crate::support::reader::SliceReader;
use crate::support::reading::{options, small_chunks, validate_bytes};
use aof_api::format::{Damage, Digester, ENTRY_SIZE_MIN, MAGIC, MAGIC_LEGACY, MESSAGE_SIZE_MAX};
use aof_api::read::digest;
use aof_api::storage::CorruptReason;
use aof_api::validate::{Finding, FindingKind, validate};
use aof_api::{Entries, Error, Rule};

/// Reads up to the first error: how many entries are before it, and what it is.
fn first_error(bytes: &[u8]) -> (usize, Option<Error>) {
    let mut entries = Entries::new(SliceReader::new(bytes), small_chunks());
    for count in 0.. {
        match block_on(entries.next()) {
            Ok(Some(_)) => {}
            Ok(None) => return (count, None),
            Err(error) => return (count, Some(error)),
        }
    }
    unreachable!("a log ends")
}

fn finding(offset: u64, op: Option<u64>, kind: FindingKind) -> Finding {
    Finding::new(0, offset, op, kind)
}

/// Asserts that `bytes`, which are `log` with something wrong in entry number `index`, are found to be just that.
fn assert_one_entry_is_damaged(log: &Log, index: usize, bytes: &[u8], damage: Damage, rule: Rule, context: &str) {
    let op = log.prepares[index].op();
    let (offset, next) = (log.offset(index), log.offset(index + 1));
    let op_in_header = (damage == Damage::BodyChecksum).then_some(op);
    let len = next - offset;
    let mut expected =
        vec![finding(offset, op_in_header, FindingKind::Damage { len, damage, zeros: false, torn_end: false })];
    if index > 0 && index + 1 < log.len() {
        let kind = FindingKind::Gap { missing: op..=op, parent: log.checksum(index) };
        expected.push(finding(next, Some(op + 1), kind));
    }
    let validation = validate_bytes(rule, bytes);
    assert_eq!(validation.findings, expected, "{rule}, {context}");
    assert_eq!(validation.entries, log.len() as u64 - 1, "{rule}, {context}");
    assert_eq!(validation.bytes, bytes.len() as u64, "{rule}, {context}");
    let (before, error) = first_error(bytes);
    let Some(Error::Corrupt { offset: found, reason }) = error else { panic!("{error:?}, {context}") };
    assert_eq!((before, found, reason), (index, offset, CorruptReason::Damaged(damage)), "{context}");
}

/// What is said about an entry in which the byte at `at` is not what was written.
fn damage_at(at: usize) -> Damage {
    match at {
        0..16 => Damage::Magic,
        16..ENTRY_SIZE_MIN => Damage::HeaderChecksum,
        _ => Damage::BodyChecksum,
    }
}

fn flip_every_bit(log: &Log, index: usize) {
    let whole = log.bytes();
    let range = log.range(index);
    for at in range.clone() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let damage = damage_at(at - range.start);
            let context = format!("bit {bit} of byte {at}, entry {index}");
            // Either rule sees the same; taking turns halves the time.
            let rule = [Rule::Linear, Rule::SeenParent][bit % 2];
            assert_one_entry_is_damaged(log, index, &bytes, damage, rule, &context);
        }
    }
}

#[test]
fn every_flipped_bit_of_a_small_log_is_found_and_all_other_entries_are_kept() {
    let log = Log::of([&b"one"[..], b"", b"three is longer than the others"]);
    (0..log.len()).for_each(|index| flip_every_bit(&log, index));
}

/// The smallest entry in the middle of a real log.
fn smallest(log: &Log) -> usize {
    (3..9).min_by_key(|index| log.range(*index).len()).unwrap()
}

#[test]
fn every_flipped_bit_of_an_entry_of_a_real_log_is_found_and_its_neighbours_are_kept() {
    let log = Log::parse(SOLO);
    let index = smallest(&log);
    flip_every_bit(&Log { prepares: log.prepares[index - 1..=index + 1].to_vec() }, 1);
}

#[test]
fn a_flipped_bit_of_every_byte_of_an_entry_of_a_real_log_is_found_and_all_other_entries_are_kept() {
    let log = Log::parse(SOLO);
    let index = smallest(&log);
    let range = log.range(index);
    for at in range.clone() {
        let mut bytes = SOLO.to_vec();
        bytes[at] ^= 1 << (at % 8);
        let damage = damage_at(at - range.start);
        assert_one_entry_is_damaged(&log, index, &bytes, damage, Rule::Linear, &format!("byte {at}"));
    }
}

#[test]
fn a_byte_that_is_gone_or_too_many_is_found_and_all_other_entries_are_kept() {
    let log = Log::history(5);
    let whole = log.bytes();
    let range = log.range(2);
    for at in range {
        for (bytes, len_change) in [(without(&whole, at), -1), (with_one_more(&whole, at), 1)] {
            let validation = validate_bytes(Rule::Linear, &bytes);
            let context = format!("byte {at}, {len_change:+}");
            // A byte at the very boundary may be taken for the end of the entry before, or belong to neither.
            let first = &validation.findings[0];
            assert!(matches!(first.kind, FindingKind::Damage { .. }), "{context}: {first:?}");
            let at_boundary = len_change > 0 && at as u64 == log.offset(2);
            assert_eq!(first.offset, log.offset(2), "{context}");
            assert_eq!(validation.entries, if at_boundary { 5 } else { 4 }, "{context}");
            assert_eq!(validation.tip.unwrap().checksum, log.checksum(4), "{context}");
        }
    }
}

fn without(bytes: &[u8], at: usize) -> Vec<u8> {
    [&bytes[..at], &bytes[at + 1..]].concat()
}

fn with_one_more(bytes: &[u8], at: usize) -> Vec<u8> {
    [&bytes[..at], &[0x55], &bytes[at..]].concat()
}

#[test]
fn a_real_log_that_is_cut_anywhere_in_its_last_entry_is_torn_there() {
    let log = Log::parse(SOLO);
    let last = log.range(11);
    for cut in last.start + 1..last.end {
        let have = (cut - last.start) as u64;
        let (need, op) = match have {
            0..272 => (272, None),
            _ => (last.len() as u64, Some(12)),
        };
        let damage = Damage::Torn { have, need };
        let (before, error) = first_error(&SOLO[..cut]);
        let Some(Error::Corrupt { offset, reason }) = error else { panic!("{error:?}, cut at {cut}") };
        assert_eq!((before, offset, reason), (11, last.start as u64, CorruptReason::Damaged(damage)), "cut at {cut}");
        // Reading all of it for each byte would take long in a debug build: all of the header, and some of the body.
        if have < 300 || cut % 61 == 0 || cut + 10 > last.end {
            let validation = validate_bytes(Rule::Linear, &SOLO[..cut]);
            let kind = FindingKind::Damage { len: have, damage, zeros: false, torn_end: true };
            assert_eq!(validation.findings, [finding(last.start as u64, op, kind)], "cut at {cut}");
            assert_eq!((validation.entries, validation.ops), (11, Some(1..=11)), "cut at {cut}");
        }
    }
}

#[test]
fn a_log_that_is_cut_anywhere_is_torn_in_the_entry_of_the_cut() {
    let log = Log::history(4);
    let whole = log.bytes();
    for cut in 0..=whole.len() {
        let entries = (0..=4).rev().find(|index| log.offset(*index) <= cut as u64).unwrap();
        let (offset, len) = (log.offset(entries), cut as u64 - log.offset(entries));
        let validation = validate_bytes(Rule::Linear, &whole[..cut]);
        assert_eq!(validation.entries, entries as u64, "cut at {cut}");
        match &validation.findings[..] {
            [] => assert_eq!(len, 0, "cut at {cut}"),
            [
                Finding {
                    offset: found,
                    kind: FindingKind::Damage { len: found_len, damage, zeros: false, torn_end: true },
                    ..
                },
            ] => {
                assert_eq!((*found, *found_len), (offset, len), "cut at {cut}");
                assert!(matches!(damage, Damage::Torn { have, .. } if *have == len), "cut at {cut}: {damage}");
            }
            findings => panic!("cut at {cut}: {findings:?}"),
        }
    }
}

#[test]
fn nothing_is_an_empty_log() {
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, b"");
        assert!(validation.is_clean());
        assert_eq!((validation.entries, validation.bytes), (0, 0));
        assert_eq!((validation.ops, validation.root, validation.tip), (None, None, None));
        assert_eq!(validation.digest, Digester::new().digest());
        assert_eq!(validation.digest.to_string(), "98081761841810822994326224503485043631");
    }
    assert!(matches!(first_error(b""), (0, None)));
}

/// Bytes that hold no entry, and what is wrong at their beginning.
fn junk() -> Vec<(&'static str, Vec<u8>, Damage)> {
    let text = b"Dear diary, today I looked for an entry and found none.\n".repeat(200);
    let torn = |have: usize| Damage::Torn { have: have as u64, need: 272 };
    let sized = |size: u32| {
        let mut bytes = forged(|header| header.size = size.into());
        bytes.resize(3000, b'b');
        bytes
    };
    vec![
        ("one letter", b"x".to_vec(), Damage::Magic),
        ("text", text, Damage::Magic),
        ("one zero", vec![0], Damage::Magic),
        ("zeros", vec![0; 20_000], Damage::Magic),
        ("ones", vec![0xff; 5000], Damage::Magic),
        ("an old magic", MAGIC_LEGACY.to_vec(), Damage::Legacy),
        ("an old file", [&MAGIC_LEGACY[..], &[7; 9000]].concat(), Damage::Legacy),
        ("half of an old magic", MAGIC_LEGACY[..8].to_vec(), Damage::Magic),
        ("the first byte of a magic", MAGIC[..1].to_vec(), torn(1)),
        ("all but the last byte of a magic", MAGIC[..15].to_vec(), torn(15)),
        ("a magic", MAGIC.to_vec(), torn(16)),
        ("a magic and zeros", [&MAGIC[..], &[0; 256]].concat(), Damage::HeaderChecksum),
        ("nothing but magics", MAGIC.repeat(600), Damage::HeaderChecksum),
        ("a size of 0", sized(0), Damage::Size { size: 0 }),
        ("a size below the smallest", sized(255), Damage::Size { size: 255 }),
        ("a size above the largest", sized(MESSAGE_SIZE_MAX + 1), Damage::Size { size: MESSAGE_SIZE_MAX + 1 }),
        ("the largest size there is", sized(u32::MAX), Damage::Size { size: u32::MAX }),
    ]
}

#[test]
fn junk_is_one_finding_at_its_beginning() {
    for (name, bytes, damage) in junk() {
        let zeros = bytes.iter().all(|byte| *byte == 0);
        let torn_end = zeros || matches!(damage, Damage::Torn { .. });
        let kind = FindingKind::Damage { len: bytes.len() as u64, damage, zeros, torn_end };
        for rule in Rule::ALL {
            let validation = validate_bytes(rule, &bytes);
            assert_eq!(validation.findings, [finding(0, None, kind.clone())], "{name}");
            assert_eq!((validation.entries, validation.bytes), (0, bytes.len() as u64), "{name}");
        }
    }
}

#[test]
fn junk_is_an_error_with_its_offset_for_a_reader_and_for_a_digest() {
    for (name, bytes, damage) in junk() {
        let reason = CorruptReason::Damaged(damage);
        let (count, error) = first_error(&bytes);
        assert_eq!(count, 0, "{name}");
        assert!(matches!(error, Some(Error::Corrupt { offset: 0, reason: found }) if found == reason), "{name}");
        let refused = block_on(digest([SliceReader::new(&bytes)], small_chunks())).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { offset: 0, reason: found } if found == reason), "{name}");
    }
}

#[test]
fn junk_between_entries_is_passed() {
    let log = Log::history(6);
    for (name, junk, _) in junk() {
        let middle = log.offset(3) as usize;
        let whole = log.bytes();
        let bytes = [&whole[..middle], &junk, &whole[middle..]].concat();
        let validation = validate_bytes(Rule::Linear, &bytes);
        let [Finding { offset, kind: FindingKind::Damage { len, .. }, .. }] = validation.findings[..] else {
            panic!("{name}: {:?}", validation.findings)
        };
        assert_eq!((offset, len), (middle as u64, junk.len() as u64), "{name}");
        assert_eq!(validation.entries, 6, "{name}");
    }
}

#[test]
fn an_impossible_size_is_never_read_for() {
    for (name, bytes, _) in junk() {
        let reader = SliceReader::new(&bytes);
        let longest = reader.clone();
        block_on(validate(reader, options(Rule::Linear), None)).unwrap();
        assert!(longest.longest() <= 4096, "{name}: {} bytes were asked for at once", longest.longest());
    }
}

#[test]
fn a_size_that_is_possible_and_not_there_is_read_for_once_and_is_torn() {
    let bytes = forged(|header| header.size = MESSAGE_SIZE_MAX.into());
    let validation = validate_bytes(Rule::Linear, &bytes);
    let damage = Damage::Torn { have: 272, need: 16 + u64::from(MESSAGE_SIZE_MAX) };
    let kind = FindingKind::Damage { len: 272, damage, zeros: false, torn_end: true };
    assert_eq!(validation.findings, [finding(0, Some(1), kind)]);
}

#[test]
fn absurd_headers_with_checksums_that_hold_are_notes_and_no_panic() {
    let max = forged(|header| {
        let all = [0xff; 256];
        *header = zerocopy::FromBytes::read_from_bytes(&all[..]).unwrap();
        header.size = 256.into();
        header.checksum_body = aof_api::format::Checksum::EMPTY;
    });
    let zero = forged(|header| {
        *header = zerocopy::FromZeros::new_zeroed();
        header.size = 256.into();
        header.checksum_body = aof_api::format::Checksum::EMPTY;
    });
    let good = prepare(1, aof_api::format::Prepare::root(0).checksum(), b"good").as_entry_bytes().to_vec();
    for bytes in [
        [&max[..], &zero, &good].concat(),
        [&zero[..], &max, &good].concat(),
        [&good[..], &zero, &max].concat(),
        [&max[..], &max, &max, &zero, &zero].concat(),
    ] {
        for rule in Rule::ALL {
            let validation = validate_bytes(rule, &bytes);
            assert!(validation.entries >= 3, "{rule}");
            assert!(validation.notes.iter().any(|note| note.kind.name() == "lint"), "{rule}");
        }
    }
}
