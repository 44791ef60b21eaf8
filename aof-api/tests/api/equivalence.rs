//! One log has one validation, however it is read.

use crate::golden::SOLO;
use crate::support::block_on;
use crate::support::log::{Log, forged, sibling};
use crate::support::random::Random;
use crate::support::reader::{Manner, SliceReader};
use crate::support::reading::{small_chunks, validate_one_part, validate_parts};
use aof_api::format::{MAGIC, MAGIC_LEGACY};
use aof_api::validate::{self, FindingKind, Observation, Validation};
use aof_api::{Entries, Error, Rule, read};

type Outcome = (Validation, Vec<Observation>);

fn outcome(reader: SliceReader, rule: Rule, read: read::Options) -> Outcome {
    validate_parts(validate::Options::new().rule(rule).read(read), [reader])
}

/// Chunk sizes and threads.
const READINGS: [(usize, usize); 8] =
    [(4096, 1), (4096, 2), (4096, 3), (5000, 1), (8192, 2), (65_536, 1), (65_536, 3), (1 << 20, 2)];

fn manners() -> [Manner; 3] {
    [Manner::Whole, Manner::OneByte, Manner::Short(Random(11))]
}

/// Asserts that every way to read finds what the plainest one finds, and returns that.
fn assert_one_validation(reader: &SliceReader, rule: Rule, context: &str) -> Outcome {
    let expected = outcome(reader.clone(), rule, small_chunks());
    for (chunk_len, threads) in READINGS {
        let read = read::Options::new().chunk_len(chunk_len).verify_threads(threads);
        let found = outcome(reader.clone(), rule, read);
        assert_eq!(found, expected, "{context}, {rule}, chunks of {chunk_len}, {threads} threads");
        // A set of all that was seen is the model of one that is made where it is needed.
        let options = validate::Options::new().rule(rule).read(read);
        let found = validate_one_part(options, vec![reader.clone()]);
        assert_eq!(found, expected, "{context}, {rule}, one part, chunks of {chunk_len}, {threads} threads");
    }
    for manner in manners() {
        let awkward = reader.clone().manner(manner.clone());
        let found = outcome(awkward, rule, small_chunks().verify_threads(2));
        assert_eq!(found, expected, "{context}, {rule}, {manner:?}");
    }
    expected
}

/// A log of some batches: entries from 272 bytes to 5 KiB.
fn log() -> Log {
    Log::of((0..40_u8).map(|number| vec![number; usize::from(number) * 127 % 4800]))
}

/// Logs of every shape, each with its name.
fn shapes() -> Vec<(String, Vec<u8>)> {
    let whole = log().bytes();
    let log = log();
    let at = |index: usize| log.offset(index) as usize;
    let mut shapes = vec![
        ("nothing".to_owned(), vec![]),
        ("a whole log".to_owned(), whole.clone()),
        ("a real log".to_owned(), SOLO.to_vec()),
        ("a restart".to_owned(), Log::of_ops(&[1, 2, 3, 4, 2, 3, 4, 5]).bytes()),
        ("gaps".to_owned(), Log::of_ops(&[1, 2, 5, 6, 20, 3, 21]).bytes()),
        ("zeros".to_owned(), vec![0; 30_000]),
        ("text".to_owned(), b"no entry, however long one looks; ".repeat(900)),
        ("an old file".to_owned(), [&MAGIC_LEGACY[..], &[5; 9000]].concat()),
        ("magics".to_owned(), MAGIC.repeat(1000)),
        ("torn".to_owned(), whole[..whole.len() - 100].to_vec()),
        ("a zero tail".to_owned(), [&whole[..], &[0; 9000]].concat()),
        ("torn and written again".to_owned(), [&whole[..at(20) + 700], &whole[at(20)..]].concat()),
    ];
    let mut fork = log.clone();
    fork.prepares.push(sibling(&log.prepares[7]));
    shapes.push(("a fork".to_owned(), fork.bytes()));
    for size in [0, 255, (1 << 20) + 1, u32::MAX] {
        let forged = forged(|header| header.size = size.into());
        let bytes = [&whole[..at(9)], &forged, &whole[at(9)..]].concat();
        shapes.push((format!("an entry of size {size}"), bytes));
    }
    let forged = forged(|header| header.size = (1 << 20).into());
    shapes.push(("a long entry that is not there".to_owned(), [&whole[..at(9)], &forged, &whole[at(9)..]].concat()));
    for (index, byte) in [(0, 0), (5, 16 + 96), (5, 16 + 97), (17, 5), (18, 300), (25, 100), (39, 3), (39, 271)] {
        let mut bytes = whole.clone();
        bytes[at(index) + byte] ^= 0x20;
        shapes.push((format!("byte {byte} of entry {index}"), bytes));
    }
    for (index, len) in [(3, 1), (10, 4096), (10, 20_000), (30, 100_000)] {
        for fill in [0, 0xaa] {
            let mut bytes = whole.clone();
            let end = bytes.len().min(at(index) + len);
            bytes[at(index)..end].fill(fill);
            shapes.push((format!("{len} bytes of {fill} from entry {index}"), bytes));
        }
    }
    let mut bytes = whole.clone();
    (0..40).for_each(|index| bytes[at(index) + 20] ^= 1);
    shapes.push(("damage in every header".to_owned(), bytes));
    let mut bytes = whole;
    (0..40).step_by(2).for_each(|index| bytes[at(index) + 3] ^= 1);
    shapes.push(("damage in every other magic".to_owned(), bytes));
    shapes
}

#[test]
fn a_log_of_any_shape_has_one_validation() {
    for (name, bytes) in shapes() {
        assert_one_validation(&SliceReader::new(&bytes), Rule::Linear, &name);
    }
}

#[test]
fn a_log_of_any_shape_has_one_validation_under_the_other_rules() {
    for (name, bytes) in shapes().into_iter().step_by(3) {
        for rule in [Rule::SeenParent, Rule::TigerBeetle] {
            assert_one_validation(&SliceReader::new(&bytes), rule, &name);
        }
    }
}

#[test]
fn a_log_with_unreadable_ranges_has_one_validation() {
    let log = log();
    let whole = log.bytes();
    let mut damaged = whole.clone();
    damaged[log.offset(4) as usize] ^= 1;
    damaged[log.offset(12) as usize + 280] ^= 1;
    for bytes in [&whole, &damaged] {
        for starts in [&[1_u64][..], &[5000], &[4096, 16_384], &[20_000, 24_500, 60_000], &[70_000]] {
            let reader =
                starts.iter().fold(SliceReader::new(bytes), |reader, start| reader.unreadable(*start..start + 9));
            assert_one_validation(&reader, Rule::Linear, &format!("unreadable at {starts:?}"));
        }
    }
}

/// Breaks a log in one of many ways.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let len = 1 + random.below(700.min(bytes.len() - at));
    match random.below(8) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..at + len)),
        3 => bytes[at..at + len].fill(0),
        4 => drop(bytes.splice(at..at, random.junk(len))),
        5 => drop(bytes.splice(at..at, MAGIC)),
        6 => {
            let piece = bytes[at..at + len].to_vec();
            let to = random.below(bytes.len());
            drop(bytes.splice(to..to, piece));
        }
        _ => {
            let piece = bytes[at..at + len].to_vec();
            let to = random.below(bytes.len() - piece.len() + 1);
            bytes[to..to + piece.len()].copy_from_slice(&piece);
        }
    }
}

/// A small log, broken in up to five ways.
fn broken(seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let count = 1 + random.below(30) as u64;
    let mut bytes = Log::history(count).bytes();
    for _ in 0..1 + random.below(5) {
        mutate(&mut bytes, &mut random);
    }
    bytes
}

#[test]
fn a_log_that_is_broken_at_random_has_one_validation() {
    for seed in 0..400 {
        let bytes = broken(seed);
        let rule = Rule::ALL[seed as usize % 3];
        let reader = SliceReader::new(&bytes);
        let expected = outcome(reader.clone(), rule, small_chunks());
        let (chunk_len, threads) = READINGS[seed as usize % (READINGS.len() - 1)];
        let read = read::Options::new().chunk_len(chunk_len).verify_threads(threads);
        assert_eq!(outcome(reader.clone(), rule, read), expected, "seed {seed}, {read:?}");
        let short = reader.manner(Manner::Short(Random(seed)));
        assert_eq!(outcome(short, rule, small_chunks()), expected, "seed {seed}, short reads");
    }
}

#[test]
fn reading_past_damage_meets_what_validation_reports_and_every_byte_once() {
    let broken = (1000..1300).map(|seed| (format!("seed {seed}"), broken(seed)));
    for (name, bytes) in shapes().into_iter().chain(broken) {
        let (validation, observations) = outcome(SliceReader::new(&bytes), Rule::Linear, small_chunks());
        let damage: Vec<(u64, u64)> = observations
            .iter()
            .filter_map(|observation| match observation {
                Observation::Finding(finding) => match finding.kind {
                    FindingKind::Damage { len, .. } => Some((finding.offset, len)),
                    _ => None,
                },
                Observation::Note(_) => None,
            })
            .collect();
        let mut entries = Entries::new(SliceReader::new(&bytes), small_chunks());
        let (mut at, mut count, mut passed) = (0, 0, Vec::new());
        loop {
            assert_eq!(entries.offset(), at, "{name}");
            match block_on(entries.next()) {
                Ok(Some(entry)) => {
                    assert_eq!(entry.offset, at, "{name}");
                    at += entry.size_disk();
                    count += 1;
                }
                Ok(None) => break,
                Err(Error::Corrupt { offset, .. }) => {
                    assert_eq!(offset, at, "{name}");
                    let range = block_on(entries.resync()).unwrap().unwrap();
                    assert!(range.offset == at && range.len > 0, "{name}: {range:?}");
                    assert_eq!(range.at_end, at + range.len == bytes.len() as u64, "{name}: {range:?}");
                    let stretch = &bytes[at as usize..(at + range.len) as usize];
                    assert_eq!(range.zeros, stretch.iter().all(|byte| *byte == 0), "{name}: {range:?}");
                    passed.push((at, range.len));
                    at += range.len;
                }
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert_eq!((at, passed, count), (bytes.len() as u64, damage, validation.entries), "{name}");
        assert_eq!(validation.bytes, at, "{name}");
    }
}
