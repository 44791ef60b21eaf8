//! Finding an op or a time.

use crate::support::block_on;
use crate::support::log::{Log, prepare};
use crate::support::random::Random;
use crate::support::reader::SliceReader;
use aof_api::format::Prepare;
use aof_api::read::find::{Place, Target, find};
use aof_api::{Entries, Error, read};

/// Long enough to be looked at in places: 24 MiB.
const LARGE: u64 = 3_000;

fn large(ops: impl IntoIterator<Item = u64>) -> Vec<Prepare> {
    let body = vec![7; 8 << 10];
    let mut parent = Prepare::root(0).checksum();
    let chain = |op| {
        let prepare = prepare(op, parent, &body);
        parent = prepare.checksum();
        prepare
    };
    ops.into_iter().map(chain).collect()
}

fn bytes_of(prepares: &[Prepare]) -> Vec<u8> {
    prepares.iter().map(Prepare::as_entry_bytes).collect::<Vec<_>>().concat()
}

fn found(bytes: &[u8], target: Target) -> Option<Place> {
    block_on(find(SliceReader::new(bytes), target, read::Options::new())).unwrap()
}

/// What reading everything finds.
fn walked(bytes: &[u8], target: Target) -> Option<(u64, u64)> {
    let mut entries = Entries::new(SliceReader::new(bytes), read::Options::new());
    loop {
        match block_on(entries.next()) {
            Ok(None) => return None,
            Ok(Some(entry)) => {
                let reached = match target {
                    Target::Op(op) => entry.op() >= op,
                    Target::Timestamp(time) => entry.header().timestamp.get() >= time,
                    other => panic!("{other:?}"),
                };
                if reached {
                    return Some((entry.offset, entry.op()));
                }
            }
            Err(Error::Corrupt { .. }) => {
                block_on(entries.resync()).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The offsets of entries with so many others between them.
fn every_nth(bytes: &[u8], nth: usize) -> Vec<u64> {
    let mut entries = Entries::new(SliceReader::new(bytes), read::Options::new());
    let mut offsets = Vec::new();
    loop {
        match block_on(entries.next()) {
            Ok(None) => return offsets.into_iter().step_by(nth).collect(),
            Ok(Some(entry)) => offsets.push(entry.offset),
            Err(Error::Corrupt { .. }) => {
                block_on(entries.resync()).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Finds what reading everything finds, in one piece and in many.
fn assert_as_walked(bytes: &[u8], target: Target) {
    let expected = walked(bytes, target);
    let place = found(bytes, target).map(|place| (place.offset, place.op));
    assert_eq!(place, expected, "{target:?}");
    for nth in [1, 7, 300] {
        let reader = SliceReader::new(bytes).divided_at(every_nth(bytes, nth));
        let place = block_on(find(reader, target, read::Options::new())).unwrap();
        let place = place.map(|place| (place.offset, place.op));
        assert_eq!(place, expected, "{target:?} in pieces of {nth} entries");
    }
}

#[test]
fn every_op_and_time_of_a_short_log_is_found() {
    let bytes = Log::history(30).bytes();
    for value in 0..=31 {
        assert_as_walked(&bytes, Target::Op(value));
        assert_as_walked(&bytes, Target::Timestamp(1_000 + value));
    }
    assert_eq!(found(&[], Target::Op(1)), None);
}

#[test]
fn a_long_log_is_not_read_as_a_whole() {
    let bytes = bytes_of(&large(1..=LARGE));
    let mut random = Random(7);
    for _ in 0..5 {
        let op = random.below(LARGE as usize + 1) as u64 + 1;
        let reader = SliceReader::new(&bytes);
        let place = block_on(find(reader.clone(), Target::Op(op), read::Options::new())).unwrap();
        assert_eq!(place.map(|place| place.op), (op <= LARGE).then_some(op));
        assert_eq!(place.map(|place| place.offset), walked(&bytes, Target::Op(op)).map(|(offset, _)| offset));
        assert!(reader.total() < bytes.len() / 2, "{} of {}", reader.total(), bytes.len());
    }
}

#[test]
fn an_op_in_a_gap_is_the_next_one() {
    let bytes = bytes_of(&large((1..=LARGE).filter(|op| !(1_000..2_000).contains(op))));
    assert_eq!(found(&bytes, Target::Op(1_500)).unwrap().op, 2_000);
    assert_as_walked(&bytes, Target::Op(1_500));
}

#[test]
fn the_first_place_is_found_where_a_restarted_replica_recorded_again() {
    let history = large(1..=LARGE);
    let twice = bytes_of(&[&history[..], &history[..]].concat());
    let place = found(&twice, Target::Op(2_500)).unwrap();
    assert_eq!((place.op, place.repeats_within), (2_500, u64::MAX));
    assert_as_walked(&twice, Target::Op(2_500));
    // A short stretch that is recorded again is between two of the places that are looked at.
    for again in [1_496, 1_480] {
        let log = bytes_of(&[&history[..1_500], &history[again..]].concat());
        for op in [1_481, 1_497, 1_500, 1_501] {
            let place = found(&log, Target::Op(op)).unwrap();
            assert_as_walked(&log, Target::Op(op));
            assert!(place.repeats_within >= (1_500 - again) as u64 * (8 << 10));
        }
    }
}

#[test]
fn entries_inside_of_bodies_do_not_mislead() {
    let inner = bytes_of(&large(5_000..5_100));
    let low = bytes_of(&large(1..=100));
    let mut prepares: Vec<Prepare> = Vec::new();
    for op in 1..=40 {
        let parent = prepares.last().map_or_else(|| Prepare::root(0).checksum(), Prepare::checksum);
        let body = if op % 2 == 0 { &inner[..] } else { &low[..] };
        prepares.push(prepare(op, parent, body));
    }
    let bytes = bytes_of(&prepares);
    assert!(bytes.len() > 24 << 20);
    for op in [1, 2, 3, 17, 20, 39, 40, 41, 5_050] {
        assert_as_walked(&bytes, Target::Op(op));
    }
}

#[test]
fn sorted_looking_entries_inside_of_bodies_do_not_mislead() {
    // Every byte in mid-file is in a body that holds entries with higher ops than its own, in order throughout.
    let mut prepares: Vec<Prepare> = Vec::new();
    for op in 1..=40 {
        let parent = prepares.last().map_or_else(|| Prepare::root(0).checksum(), Prepare::checksum);
        let first = 100 + op * 200;
        prepares.push(prepare(op, parent, &bytes_of(&large(first..first + 100))));
    }
    let bytes = bytes_of(&prepares);
    for op in [2, 20, 40, 41, 1_000, 7_000] {
        assert_as_walked(&bytes, Target::Op(op));
    }
}

#[test]
fn damage_is_passed_over() {
    let mut bytes = bytes_of(&large(1..=LARGE));
    for at in (1 << 20..bytes.len()).step_by(3 << 20) {
        bytes[at..at + 20_000].fill(0xaa);
    }
    for op in [1, 400, 1_500, 2_990, LARGE + 1] {
        assert_as_walked(&bytes, Target::Op(op));
    }
}

#[test]
fn a_long_tail_of_zeros_is_no_entry() {
    let mut bytes = bytes_of(&large(1..=1_000));
    bytes.resize(bytes.len() + (16 << 20), 0);
    for op in [1, 500, 1_000, 1_001] {
        assert_as_walked(&bytes, Target::Op(op));
    }
}

#[test]
fn a_place_that_cannot_be_read_matters_only_where_the_target_is() {
    let bytes = bytes_of(&large(1..=LARGE));
    let reader = || SliceReader::new(&bytes).unreadable(20 << 20..(20 << 20) + 4096);
    let find = |op| block_on(find(reader(), Target::Op(op), read::Options::new()));
    assert_eq!(find(300).unwrap().unwrap().op, 300);
    let unreadable = walked(&bytes, Target::Op(1)).map(|_| (20 << 20) / (8 << 10)).unwrap();
    assert!(matches!(find(unreadable), Err(Error::Io { .. })));
}

#[test]
fn a_piece_that_cannot_be_read_or_is_damaged_matters_only_where_the_target_is() {
    let mut bytes = bytes_of(&large(1..=LARGE));
    let pieces = every_nth(&bytes, 100);
    // The beginning of the piece in the middle, where looking begins.
    let middle = pieces[15];
    assert!(middle.abs_diff(bytes.len() as u64 / 2) < bytes.len() as u64 / 20);
    let reader = SliceReader::new(&bytes).divided_at(pieces.clone()).unreadable(middle..middle + 4096);
    let place = block_on(find(reader, Target::Op(300), read::Options::new())).unwrap();
    assert_eq!(place.unwrap().op, 300);
    bytes[middle as usize..middle as usize + 512].fill(0xaa);
    for op in [1, 300, 1_499, 1_501, 1_502, LARGE] {
        let reader = SliceReader::new(&bytes).divided_at(pieces.clone());
        let place = block_on(find(reader, Target::Op(op), read::Options::new())).unwrap();
        assert_eq!(place.map(|place| (place.offset, place.op)), walked(&bytes, Target::Op(op)));
    }
}
