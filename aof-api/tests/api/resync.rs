//! Finding the next entry after damage: no edge is missed, and nothing but a verified header is believed.

use crate::support::block_on;
use crate::support::log::{Log, forged, prepare};
use crate::support::random::Random;
use crate::support::reader::SliceReader;
use crate::support::reading::{small_chunks, validate_bytes};
use aof_api::format::{Checksum, Damage, MAGIC, Prepare};
use aof_api::read::{self, DamagedRange};
use aof_api::validate::FindingKind;
use aof_api::{Entries, Error, Rule};

const CHUNKS: [usize; 3] = [4096, 8192, 16_384];

/// Everything in a log: the ops of its entries, and the damage between them.
fn read_past_damage(bytes: &[u8], options: read::Options) -> (Vec<u64>, Vec<DamagedRange>) {
    let mut entries = Entries::new(SliceReader::new(bytes), options);
    let (mut ops, mut ranges) = (Vec::new(), Vec::new());
    loop {
        match block_on(entries.next()) {
            Ok(Some(entry)) => ops.push(entry.op()),
            Ok(None) => return (ops, ranges),
            Err(Error::Corrupt { offset, .. }) => {
                let range = block_on(entries.resync()).unwrap().unwrap();
                assert_eq!(range.offset, offset);
                ranges.push(range);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Lengths of damage that put the magic after it into the last 300 bytes of a window, and a little after them.
fn lengths_near_window_edges(chunk_len: usize) -> Vec<usize> {
    let mut lengths: Vec<usize> = (1..40).collect();
    let (mut start, mut window_len) = (0, 4096);
    for _ in 0..3 {
        let end = start + window_len;
        lengths.extend(end - 300..end + 20);
        start = end - 15;
        window_len = (window_len * 2).min(chunk_len);
    }
    // Multiples of the chunk from the beginning of the damage, whatever the windows are.
    lengths.extend((1..=3).flat_map(|count| (count * chunk_len.min(16_384)).saturating_sub(20)..).take(60));
    lengths
}

/// Entry 1, damage made by `fill`, entry 2.
fn assert_every_window_edge_is_passed(chunk_len: usize, fill: impl Fn(usize) -> Vec<u8>) {
    let log = Log::history(2);
    let (first, second) = (log.prepares[0].as_entry_bytes(), log.prepares[1].as_entry_bytes());
    let options = read::Options::new().chunk_len(chunk_len);
    for len in lengths_near_window_edges(chunk_len) {
        let bytes = [first, &fill(len), second].concat();
        let (ops, ranges) = read_past_damage(&bytes, options);
        assert_eq!(ops, [1, 2], "{len} bytes of damage, chunks of {chunk_len}");
        let [range] = ranges[..] else { panic!("{len} bytes of damage, chunks of {chunk_len}: {ranges:?}") };
        assert_eq!((range.offset, range.len), (first.len() as u64, len as u64), "chunks of {chunk_len}");
        assert!(!range.at_end, "{len} bytes of damage, chunks of {chunk_len}");
    }
}

#[test]
fn no_magic_at_the_edge_of_a_window_is_missed_behind_junk() {
    for chunk_len in CHUNKS {
        let junk = Random(1).junk(64 << 10);
        assert_every_window_edge_is_passed(chunk_len, |len| junk[..len].to_vec());
    }
}

#[test]
fn no_magic_at_the_edge_of_a_window_is_missed_behind_beginnings_of_magics() {
    let junk = MAGIC[..15].repeat(5000);
    assert_every_window_edge_is_passed(4096, |len| junk[junk.len() - len..].to_vec());
    let junk = MAGIC[..1].repeat(64 << 10);
    assert_every_window_edge_is_passed(8192, |len| junk[..len].to_vec());
}

#[test]
fn no_magic_at_the_edge_of_a_window_is_missed_behind_magics_without_a_header() {
    let junk = [&MAGIC[..], b"odd"].concat().repeat(4000);
    assert_every_window_edge_is_passed(4096, |len| junk[junk.len() - len..].to_vec());
}

#[test]
fn no_magic_at_the_edge_of_a_window_is_missed_behind_zeros() {
    assert_every_window_edge_is_passed(4096, |len| vec![0; len]);
}

#[test]
fn zeros_before_a_valid_entry_are_called_zeros_however_many_they_are() {
    let log = Log::history(2);
    let (first, second) = (log.prepares[0].as_entry_bytes(), log.prepares[1].as_entry_bytes());
    for chunk_len in CHUNKS {
        for len in lengths_near_window_edges(chunk_len) {
            let bytes = [first, &vec![0; len], second].concat();
            let (_, ranges) = read_past_damage(&bytes, read::Options::new().chunk_len(chunk_len));
            assert!(ranges[0].zeros, "{len} zeros before an entry, chunks of {chunk_len}: {ranges:?}");
        }
    }
}

#[test]
fn one_byte_that_is_not_zero_makes_a_stretch_no_zeros() {
    let log = Log::history(2);
    let (first, second) = (log.prepares[0].as_entry_bytes(), log.prepares[1].as_entry_bytes());
    for at in [0, 1, 4080, 4081, 4095, 4096, 9999] {
        let mut damage = vec![0; 10_000];
        damage[at] = 1;
        let (_, ranges) = read_past_damage(&[first, &damage, second].concat(), small_chunks());
        assert!(!ranges[0].zeros, "byte {at}");
        let (_, ranges) = read_past_damage(&[first, &damage].concat(), small_chunks());
        assert!(!ranges[0].zeros && ranges[0].at_end, "byte {at} of a tail");
    }
}

#[test]
fn the_magic_in_a_body_is_part_of_the_body() {
    let bodies = [MAGIC.to_vec(), MAGIC.repeat(100), [&[1; 5000][..], &MAGIC, &[2; 300]].concat()];
    let log = Log::of(bodies);
    assert_eq!(read_past_damage(&log.bytes(), small_chunks()), (vec![1, 2, 3], vec![]));
}

#[test]
fn the_magic_in_a_damaged_body_is_not_believed() {
    for at in (0..400).chain(3600..4200) {
        let mut body = vec![7; 4500];
        body[at..at + 16].copy_from_slice(&MAGIC);
        let log = Log::of([&b"before"[..], &body, b"behind"]);
        let mut bytes = log.bytes();
        let end = log.offset(2) as usize;
        bytes[end - 1] ^= 1;
        let (ops, ranges) = read_past_damage(&bytes, small_chunks());
        assert_eq!(ops, [1, 3], "a magic at byte {at} of the body");
        let [range] = ranges[..] else { panic!("{ranges:?}") };
        assert_eq!((range.offset, range.len), (log.offset(1), end as u64 - log.offset(1)));
        assert_eq!((range.damage, range.op), (Damage::BodyChecksum, Some(2)));
    }
}

#[test]
fn a_forged_header_with_an_impossible_size_is_not_believed() {
    for size in [0, 255, (1 << 20) + 1, u32::MAX] {
        let body = [&[7; 100][..], &forged(|header| header.size = size.into()), &[7; 100]].concat();
        let log = Log::of([&b"before"[..], &body, b"behind"]);
        let mut bytes = log.bytes();
        bytes[log.offset(2) as usize - 1] ^= 1;
        let (ops, ranges) = read_past_damage(&bytes, small_chunks());
        assert_eq!((ops, ranges.len()), (vec![1, 3], 1), "size {size}");
    }
}

/// A log whose second entry carries a whole entry in its body.
fn log_with_an_entry_in_a_body() -> (Log, Prepare) {
    let inner = prepare(77, Checksum::of(b"elsewhere"), b"inner");
    let body = [&[3; 500][..], inner.as_entry_bytes(), &[4; 500]].concat();
    (Log::of([&b"before"[..], &body, b"behind"]), inner)
}

#[test]
fn a_whole_entry_in_a_body_is_not_seen_while_the_entry_around_it_is_whole() {
    let (log, _) = log_with_an_entry_in_a_body();
    assert_eq!(read_past_damage(&log.bytes(), small_chunks()), (vec![1, 2, 3], vec![]));
    assert!(validate_bytes(Rule::Linear, &log.bytes()).is_clean());
}

#[test]
fn a_whole_entry_in_a_damaged_body_is_reported_as_out_of_the_chain() {
    let (log, _) = log_with_an_entry_in_a_body();
    let mut bytes = log.bytes();
    bytes[log.offset(1) as usize + 272] ^= 1;
    let (ops, ranges) = read_past_damage(&bytes, small_chunks());
    assert_eq!(ops, [1, 77, 3], "nothing tells it from an entry after lost ones");
    assert_eq!(ranges.len(), 2);
    let validation = validate_bytes(Rule::SeenParent, &bytes);
    let kinds: Vec<_> = validation.findings.iter().map(|finding| (finding.op, finding.kind.name())).collect();
    assert_eq!(kinds, [(Some(2), "damage"), (Some(77), "gap"), (None, "damage"), (Some(3), "break")]);
}

#[test]
fn a_torn_entry_with_valid_entries_after_it_is_one_stretch_of_damage() {
    // As TigerBeetle leaves it: it opens without a cut and records the torn op again.
    let log = Log::of([&[1; 40][..], &[2; 10], &[3; 90], &[4; 20], &[5; 5]]);
    let whole = log.bytes();
    let torn = log.range(2);
    for cut in torn.start + 1..torn.end {
        let bytes = [&whole[..cut], &whole[torn.start..]].concat();
        let (ops, ranges) = read_past_damage(&bytes, small_chunks());
        assert_eq!(ops, [1, 2, 3, 4, 5], "torn at {cut}");
        let [range] = ranges[..] else { panic!("torn at {cut}: {ranges:?}") };
        assert_eq!((range.offset, range.len), (torn.start as u64, (cut - torn.start) as u64), "torn at {cut}");
        for rule in Rule::ALL {
            let validation = validate_bytes(rule, &bytes);
            let [finding] = &validation.findings[..] else {
                panic!("{rule}, torn at {cut}: {:?}", validation.findings)
            };
            assert_eq!(finding.offset, torn.start as u64, "{rule}, torn at {cut}");
            assert_eq!(validation.entries, 5, "{rule}, torn at {cut}");
        }
    }
}

#[test]
fn damage_in_every_body_is_a_finding_for_every_entry() {
    let log = Log::of((0..50).map(|number| vec![number; 100 + number as usize]));
    let mut bytes = log.bytes();
    for index in 0..50 {
        bytes[log.offset(index) as usize + 300] ^= 0x10;
    }
    for chunk_len in CHUNKS {
        let (ops, ranges) = read_past_damage(&bytes, read::Options::new().chunk_len(chunk_len));
        assert_eq!(ops, []);
        assert!(ranges.iter().map(|range| range.op.unwrap()).eq(1..=50));
        assert!(ranges.iter().map(|range| range.offset).eq((0..50).map(|index| log.offset(index))));
        assert!(ranges.iter().all(|range| range.damage == Damage::BodyChecksum && !range.zeros));
        assert!(ranges.iter().map(|range| range.at_end).eq((1..=50).map(|op| op == 50)));
    }
}

#[test]
fn damage_in_every_header_is_one_stretch() {
    let log = Log::history(50);
    let mut bytes = log.bytes();
    for index in 0..50 {
        bytes[log.offset(index) as usize + 100] ^= 0x10;
    }
    let validation = validate_bytes(Rule::Linear, &bytes);
    let kind =
        FindingKind::Damage { len: bytes.len() as u64, damage: Damage::HeaderChecksum, zeros: false, torn_end: false };
    assert_eq!(validation.findings.len(), 1);
    assert_eq!((validation.findings[0].offset, &validation.findings[0].kind), (0, &kind));
    assert_eq!(validation.entries, 0);
}

#[test]
fn damage_in_every_other_entry_leaves_the_others() {
    let log = Log::history(60);
    for at in [0, 20, 112, 271] {
        let mut bytes = log.bytes();
        for index in (0..60).step_by(2) {
            bytes[log.offset(index) as usize + at] ^= 1;
        }
        for chunk_len in CHUNKS {
            let (ops, ranges) = read_past_damage(&bytes, read::Options::new().chunk_len(chunk_len));
            assert!(ops.iter().copied().eq((2..=60).step_by(2)), "byte {at} of every other entry: {ops:?}");
            assert_eq!(ranges.len(), 30, "byte {at} of every other entry");
        }
    }
}

#[test]
fn resync_from_the_middle_of_an_entry_finds_the_next() {
    let log = Log::history(4);
    let bytes = log.bytes();
    for offset in 0..=bytes.len() as u64 {
        let mut entries = Entries::starting_at(SliceReader::new(&bytes), offset, small_chunks());
        let passed = block_on(entries.resync()).unwrap();
        let next = (0..=4).map(|index| log.offset(index)).find(|start| *start >= offset).unwrap();
        assert_eq!(entries.offset(), next);
        assert_eq!(passed.map_or(0, |range| range.len), next - offset);
        let op = block_on(entries.next()).unwrap().map(|entry| entry.op());
        assert_eq!(op, log.prepares.iter().find(|p| log.offset(p.op() as usize - 1) == next).map(Prepare::op));
    }
}

#[test]
fn resync_where_an_entry_begins_passes_nothing() {
    let log = Log::history(3);
    let mut entries = Entries::new(SliceReader::new(&log.bytes()), small_chunks());
    for op in 1..=3 {
        assert_eq!(block_on(entries.resync()).unwrap(), None);
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), op);
    }
    assert_eq!(block_on(entries.resync()).unwrap(), None);
    assert!(block_on(entries.next()).unwrap().is_none());
}
