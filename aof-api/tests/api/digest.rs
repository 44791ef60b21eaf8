//! The data checksum chain, against its definition.

use crate::support::block_on;
use crate::support::log::{Log, body, header};
use crate::support::reader::SliceReader;
use crate::support::reading::{small_chunks, validate_bytes};
use aof_api::format::{Digest, Digester, Header, Prepare};
use aof_api::read::{self, digest};
use aof_api::{Error, Rule};

/// What the format says: BLAKE3 over body checksum, timestamp and operation of each replayable entry.
fn by_definition<'a>(headers: impl IntoIterator<Item = &'a Header>) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for header in headers {
        if [128, 129, 130, 138, 139, 146, 147].contains(&header.operation) {
            hasher.update(&header.checksum_body.to_le_bytes());
            hasher.update(&header.timestamp.get().to_le_bytes());
            hasher.update(&[header.operation]);
        }
    }
    let hash = hasher.finalize();
    Digest(u128::from_le_bytes(hash.as_bytes()[..16].try_into().unwrap()))
}

fn digest_of(log: &Log) -> Digest {
    block_on(digest([SliceReader::new(&log.bytes())], small_chunks())).unwrap()
}

/// A chain in which every operation from 2 up has its turn.
fn every_operation() -> Log {
    let mut prepares: Vec<Prepare> = Vec::new();
    for op in 1..=254 {
        let parent = prepares.last().map_or_else(|| Prepare::root(0).checksum(), Prepare::checksum);
        let mut header = header(op, parent);
        header.operation = op as u8 + 1;
        prepares.push(Prepare::seal(header, &body(op)).unwrap());
    }
    Log { prepares }
}

#[test]
fn the_digest_of_nothing_is_that_of_the_reference() {
    let nothing: [SliceReader; 0] = [];
    let expected = "98081761841810822994326224503485043631";
    assert_eq!(block_on(digest(nothing, read::Options::new())).unwrap().to_string(), expected);
    assert_eq!(digest_of(&Log::of_ops(&[])).to_string(), expected);
    assert_eq!(Digester::default().digest(), by_definition([]));
}

#[test]
fn exactly_the_replayable_operations_count() {
    let log = every_operation();
    let expected = by_definition(log.prepares.iter().map(Prepare::header));
    assert_eq!(digest_of(&log), expected);
    for rule in Rule::ALL {
        assert_eq!(validate_bytes(rule, &log.bytes()).digest, expected, "{rule}");
    }
    let mut digester = Digester::new();
    log.prepares.iter().for_each(|prepare| digester.update(prepare.header()));
    assert_eq!(digester.digest(), expected);
}

#[test]
fn a_long_log_is_digested_as_a_short_one() {
    // More than what is hashed in one piece.
    let log = Log::of((0..2500).map(|number: u32| number.to_le_bytes()));
    let expected = by_definition(log.prepares.iter().map(Prepare::header));
    assert_eq!(digest_of(&log), expected);
    assert_eq!(validate_bytes(Rule::Linear, &log.bytes()).digest, expected);
    assert_eq!(validate_bytes(Rule::SeenParent, &log.bytes()).digest, expected);
}

#[test]
fn what_is_recorded_again_counts_once() {
    let once = digest_of(&Log::of_ops(&[1, 2, 3, 4, 5]));
    for ops in [&[1, 2, 3, 1, 2, 3, 4, 5][..], &[1, 1, 2, 3, 4, 4, 5], &[1, 2, 3, 4, 5, 1], &[1, 2, 3, 4, 5, 3, 4, 5]] {
        let log = Log::of_ops(ops);
        assert_eq!(digest_of(&log), once, "{ops:?}");
        for rule in Rule::ALL {
            assert_eq!(validate_bytes(rule, &log.bytes()).digest, once, "{ops:?} under {rule}");
        }
    }
    assert_ne!(digest_of(&Log::of_ops(&[1, 2, 3, 5])), once);
}

#[test]
fn several_files_have_the_digest_of_one() {
    let log = Log::history(40);
    let bytes = log.bytes();
    let expected = digest_of(&log);
    for index in 0..=40 {
        let middle = log.offset(index) as usize;
        let readers = [&bytes[..middle], &bytes[middle..]].map(SliceReader::new);
        assert_eq!(block_on(digest(readers, small_chunks())).unwrap(), expected, "cut after op {index}");
    }
}

#[test]
fn a_digest_over_less_than_everything_is_refused() {
    let log = Log::history(4);
    for index in 0..4 {
        let mut bytes = log.bytes();
        bytes[log.offset(index) as usize + 30] ^= 1;
        let error = block_on(digest([SliceReader::new(&bytes)], small_chunks())).unwrap_err();
        assert!(matches!(error, Error::Corrupt { offset, .. } if offset == log.offset(index)), "{error}");
    }
    let torn = &log.bytes()[..log.offset(4) as usize - 1];
    let error = block_on(digest([SliceReader::new(torn)], small_chunks())).unwrap_err();
    assert!(matches!(error, Error::Corrupt { offset, .. } if offset == log.offset(3)), "{error}");
}

#[test]
fn threads_do_not_change_a_digest() {
    let log = Log::of((0..300).map(|number: u32| number.to_le_bytes().repeat(20)));
    for threads in 0..=3 {
        let reader = SliceReader::new(&log.bytes());
        let found = block_on(digest([reader], small_chunks().verify_threads(threads))).unwrap();
        assert_eq!(found, by_definition(log.prepares.iter().map(Prepare::header)), "{threads} threads");
    }
}
