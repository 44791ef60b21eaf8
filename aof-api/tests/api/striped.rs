//! Several readers of one log: what is found is what one reader finds.

use crate::support::block_on;
use crate::support::log::{Log, header, prepare, sibling};
use crate::support::random::Random;
use crate::support::reader::{Manner, SliceReader};
use aof_api::format::{Checksum, MAGIC, Prepare};
use aof_api::validate::{self, Observation, Validation, Validator};
use aof_api::{Error, Rule, read};
use std::ops::Range;
use std::sync::OnceLock;

/// As in the source; a log is striped from two of them on.
const STRIPE_LEN: usize = 4 << 20;

const BODY_LEN: usize = 64 << 10;

/// Two stripes and a quarter.
fn long_log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| Log::of((0..145).map(|number| vec![number; BODY_LEN - usize::from(number)])))
}

fn long_bytes() -> Vec<u8> {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| long_log().bytes()).clone()
}

/// The entry that the first byte of a stripe belongs to.
fn entry_across(stripe: usize) -> usize {
    let log = long_log();
    (0..log.len()).find(|index| log.range(*index).contains(&(stripe * STRIPE_LEN))).unwrap()
}

type Outcome = Result<(Validation, Vec<Observation>), String>;

fn outcome(validator: &Validator, read: Result<(), Error>, observations: Vec<Observation>) -> Outcome {
    read.map(|()| (validator.finish(), observations)).map_err(|error| error.to_string())
}

fn by_one(reader: SliceReader, options: validate::Options) -> Outcome {
    let mut validator = Validator::new(options);
    let mut observations = Vec::new();
    let read = block_on(validator.read(reader, |observation| observations.push(observation)));
    outcome(&validator, read, observations)
}

fn by_several(reader: &SliceReader, readers: usize, options: validate::Options) -> Outcome {
    striped(Validator::new(options), reader, readers)
}

/// By a validator that remembers entries only where it must.
fn of_one_part(reader: &SliceReader, readers: usize, options: validate::Options) -> Outcome {
    striped(Validator::for_one_part(options), reader, readers)
}

fn striped(mut validator: Validator, reader: &SliceReader, readers: usize) -> Outcome {
    let mut observations = Vec::new();
    let readers = vec![reader.clone(); readers];
    let read = block_on(validator.read_striped(readers, |observation| observations.push(observation)));
    outcome(&validator, read, observations)
}

/// Asserts that several readers, and several verifying threads, find what one finds, and returns what that is.
fn assert_alike(reader: SliceReader, rule: Rule, context: &str) -> (Validation, Vec<Observation>) {
    let options = validate::Options::new().rule(rule);
    let expected = by_one(reader.clone(), options);
    for readers in 1..=3 {
        let chunk_len = [64 << 10, 200_000, 1 << 20][readers - 1];
        let options = options.read(read::Options::new().chunk_len(chunk_len));
        let found = by_several(&reader, readers, options);
        assert!(found == expected, "{context}, {rule}: {readers} readers:\n{found:?}\none reader:\n{expected:?}");
        let found = of_one_part(&reader, readers, options);
        assert!(
            found == expected,
            "{context}, {rule}: {readers} readers of one part:\n{found:?}\none reader:\n{expected:?}"
        );
    }
    expected.unwrap()
}

fn assert_alike_bytes(bytes: &[u8], context: &str) -> (Validation, Vec<Observation>) {
    assert_alike(SliceReader::new(bytes), Rule::Linear, context)
}

#[test]
fn a_whole_log_is_clean() {
    let (validation, observations) = assert_alike_bytes(&long_bytes(), "a whole log");
    assert_eq!(observations, []);
    assert_eq!((validation.entries, validation.ops), (145, Some(1..=145)));
    assert_eq!(validation.bytes, long_log().offset(145));
    assert!(validation.bytes as usize > 2 * STRIPE_LEN);
}

#[test]
fn the_other_rules_are_followed_too() {
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let (_, observations) = assert_alike(SliceReader::new(&long_bytes()), rule, "a whole log");
        assert_eq!(observations, []);
    }
}

#[test]
fn what_a_restart_repeats_is_found_by_the_other_rules_too() {
    let log = long_log();
    // Repeated from the beginning, from the middle, and a fork at the end; then it continues.
    for (from, until, again) in [(0, 100, 0), (0, 145, 70), (0, 120, 119)] {
        let mut repeated = log.clone();
        repeated.prepares.truncate(until);
        repeated.prepares.extend_from_slice(&log.prepares[again..]);
        repeated.prepares.push(sibling(&log.prepares[again + 1]));
        for rule in [Rule::SeenParent, Rule::TigerBeetle] {
            let context = format!("{from}..{until}, then from {again}");
            let (validation, observations) = assert_alike(SliceReader::new(&repeated.bytes()), rule, &context);
            assert_eq!(validation.entries as usize, repeated.prepares.len());
            assert!(!observations.is_empty(), "{context}");
        }
    }
}

#[test]
fn threads_that_verify_beside_the_readers_change_nothing() {
    let mut bytes = long_bytes();
    bytes[STRIPE_LEN + 100_000] ^= 1;
    let reader = SliceReader::new(&bytes);
    let expected = by_one(reader.clone(), validate::Options::new());
    for threads in [2, 3] {
        let options = validate::Options::new().verify_threads(threads);
        assert_eq!(by_one(reader.clone(), options), expected, "{threads} threads");
        assert_eq!(by_several(&reader, 2, options), expected, "{threads} threads and 2 readers");
    }
}

#[test]
fn damage_at_the_edge_of_a_stripe_is_found_once() {
    let log = long_log();
    let across = entry_across(1);
    let range = log.range(across);
    // Bytes that are flipped: around the edge, and in the entries before, across and after it.
    let places = [
        range.start,
        range.start + 200,
        range.end - 1,
        log.range(across - 1).end - 1,
        log.range(across + 1).start,
        STRIPE_LEN - 1,
        STRIPE_LEN,
    ];
    for at in places {
        let mut bytes = long_bytes();
        bytes[at] ^= 1;
        let (validation, observations) = assert_alike_bytes(&bytes, &format!("byte {at}"));
        assert_eq!((validation.entries, observations.len()), (144, 2), "byte {at}: damage and a gap");
    }
}

#[test]
fn bytes_between_entries_at_the_edge_of_a_stripe_are_found_once() {
    let log = long_log();
    let across = entry_across(1);
    // Behind the entry across the edge, the next stripe begins with an entry that continues the chain, further down.
    for index in [across - 1, across, across + 1] {
        for between in [&b"#"[..], &[7; 300], &[0; 70_000]] {
            let mut bytes = long_bytes();
            let end = log.range(index).end;
            bytes.splice(end..end, between.iter().copied());
            let context = format!("{} bytes after entry {index}", between.len());
            let (validation, observations) = assert_alike_bytes(&bytes, &context);
            assert_eq!((validation.entries, observations.len()), (145, 1), "{context}");
        }
    }
}

#[test]
fn damage_anywhere_is_found() {
    let log = long_log();
    for index in [0, 1, 70, 143, 144] {
        for at in [0, 100, 5000] {
            let mut bytes = long_bytes();
            bytes[log.range(index).start + at] ^= 1;
            let (validation, _) = assert_alike_bytes(&bytes, &format!("byte {at} of entry {index}"));
            assert_eq!(validation.entries, 144, "byte {at} of entry {index}");
        }
    }
}

#[test]
fn long_stretches_of_damage_are_found_across_stripes() {
    let log = long_log();
    let end = log.range(144).end;
    let stretches: [(Range<usize>, u8); 6] = [
        (STRIPE_LEN - 100_000..STRIPE_LEN + 100_000, 0),
        (STRIPE_LEN - 100_000..STRIPE_LEN + 100_000, b'x'),
        (STRIPE_LEN..2 * STRIPE_LEN, 0),
        (1..2 * STRIPE_LEN + 5, b'x'),
        (STRIPE_LEN + 1..end, 0),
        (0..end, b'x'),
    ];
    for (stretch, fill) in stretches {
        let mut bytes = long_bytes();
        bytes[stretch.clone()].fill(fill);
        assert_alike_bytes(&bytes, &format!("bytes {stretch:?} are {fill}"));
    }
}

#[test]
fn a_log_that_is_cut_is_torn_in_the_same_place() {
    let log = long_log();
    for len in [2 * STRIPE_LEN, 2 * STRIPE_LEN + 1, log.range(144).start + 10, log.range(144).end - 1] {
        let (_, observations) = assert_alike_bytes(&long_bytes()[..len], &format!("cut to {len}"));
        assert_eq!(observations.len(), 1, "cut to {len}");
    }
    // Shorter than two stripes: one reader reads it.
    assert_alike_bytes(&long_bytes()[..2 * STRIPE_LEN - 1], "too short for stripes");
}

#[test]
fn a_log_that_ends_at_the_edge_of_a_stripe_is_whole() {
    // Entries of 64 KiB, which end where the stripes do.
    let log = Log::of(vec![vec![9; BODY_LEN - 272]; 2 * STRIPE_LEN / BODY_LEN]);
    let bytes = log.bytes();
    assert_eq!(bytes.len(), 2 * STRIPE_LEN);
    let (validation, observations) = assert_alike_bytes(&bytes, "stripes of whole entries");
    assert_eq!((validation.entries, observations), (128, vec![]));
    let (_, observations) = assert_alike_bytes(&[&bytes[..], &MAGIC[..5]].concat(), "and five bytes");
    assert_eq!(observations.len(), 1);
}

#[test]
fn a_whole_entry_in_a_body_at_the_edge_of_a_stripe_is_not_believed() {
    let inner = prepare(900, Checksum::of(b"elsewhere"), &[1; 3000]);
    let mut log = long_log().prepares.clone();
    let across = entry_across(1);
    let start = long_log().range(across).start;
    // It begins at the edge, one byte after it, and a little later; a chain of several of them.
    for behind in [0, 1, 500] {
        let mut body = log[across].body().to_vec();
        let at = STRIPE_LEN - start - 272 + behind;
        let nested = inner.as_entry_bytes().repeat(3);
        let len = nested.len().min(body.len() - at);
        body[at..at + len].copy_from_slice(&nested[..len]);
        for index in across..log.len() {
            let parent = log[index - 1].checksum();
            let body = if index == across { body.clone() } else { log[index].body().to_vec() };
            log[index] = prepare(index as u64 + 1, parent, &body);
        }
        let bytes = Log { prepares: log.clone() }.bytes();
        let (validation, observations) = assert_alike_bytes(&bytes, &format!("{behind} bytes after the edge"));
        assert_eq!((validation.entries, observations), (145, vec![]), "{behind} bytes after the edge");
    }
}

/// The long log with other entries from `index` on, each on the one before it.
fn with_entries_after(index: usize, others: &[Prepare]) -> Vec<u8> {
    let log = long_log();
    let prepares = [&log.prepares[..index], others, &log.prepares[index..]].concat();
    Log { prepares }.bytes()
}

#[test]
fn irregular_chains_are_irregular_in_the_same_places() {
    let log = long_log();
    let across = entry_across(1);
    for at in [across, across + 1, 140] {
        // (what is there, besides what was there)
        let again = with_entries_after(at, &log.prepares[at - 3..at]);
        let fork = with_entries_after(at, &[sibling(&log.prepares[at - 1])]);
        let mut gap = log.prepares.clone();
        gap.remove(at);
        let mut foreign = header(at as u64 + 1, log.checksum(at - 1));
        foreign.cluster = 3.into();
        foreign.epoch = 1.into();
        let foreign = with_entries_after(at, &[Prepare::seal(foreign, b"").unwrap()]);
        let gap = Log { prepares: gap }.bytes();
        for (bytes, name) in [(again, "again"), (fork, "fork"), (gap, "gap"), (foreign, "foreign")] {
            let (_, observations) = assert_alike_bytes(&bytes, &format!("{name} at entry {at}"));
            assert_ne!(observations, [], "{name} at entry {at}");
        }
    }
}

#[test]
fn a_lint_in_every_stripe_is_noted() {
    let mut prepares: Vec<Prepare> = Vec::new();
    for op in 1..=145_u64 {
        let parent = prepares.last().map_or_else(|| Prepare::root(0).checksum(), Prepare::checksum);
        let mut header = header(op, parent);
        header.epoch = u32::from(op % 40 == 0).into();
        prepares.push(Prepare::seal(header, &vec![op as u8; BODY_LEN]).unwrap());
    }
    let (validation, observations) = assert_alike_bytes(&Log { prepares }.bytes(), "a lint in 40");
    assert_eq!((validation.entries, observations.len()), (145, 3));
}

#[test]
fn an_unreadable_range_is_found_in_the_same_place() {
    let bytes = long_bytes();
    let end = bytes.len() as u64;
    for range in [1000..1001, (STRIPE_LEN as u64) - 1..STRIPE_LEN as u64 + 1, 5_000_000..5_100_000, end - 1..end] {
        let reader = SliceReader::new(&bytes).unreadable(range.clone());
        let (_, observations) = assert_alike(reader, Rule::Linear, &format!("unreadable {range:?}"));
        assert_ne!(observations, [], "unreadable {range:?}");
    }
}

#[test]
fn a_log_that_cannot_be_read_at_all_is_the_same_error() {
    let reader = SliceReader::new(&long_bytes()).unreadable(0..u64::MAX);
    let expected = by_one(reader.clone(), validate::Options::new());
    assert!(expected.is_err());
    for readers in 1..=3 {
        assert_eq!(by_several(&reader, readers, validate::Options::new()), expected, "{readers} readers");
    }
}

#[test]
fn readers_may_answer_short_and_late() {
    let mut bytes = long_bytes();
    bytes[STRIPE_LEN + 5] ^= 1;
    let expected = by_one(SliceReader::new(&bytes), validate::Options::new());
    let short = SliceReader::new(&bytes).manner(Manner::Short(Random(3)));
    assert_eq!(by_several(&short, 2, validate::Options::new()), expected);
    let late = SliceReader::new(&bytes).pending(2);
    assert_eq!(by_several(&late, 3, validate::Options::new()), expected);
}

#[test]
fn no_reader_is_a_part_without_entries() {
    let mut validator = Validator::new(validate::Options::new());
    block_on(validator.read_striped(Vec::<SliceReader>::new(), |observation| panic!("{observation:?}"))).unwrap();
    let log = Log::history(3);
    let readers = vec![SliceReader::new(&log.bytes()[1..])];
    let mut parts = Vec::new();
    block_on(validator.read_striped(readers, |observation| {
        let Observation::Finding(finding) = observation else { panic!("{observation:?}") };
        parts.push(finding.part);
    }))
    .unwrap();
    assert_eq!((validator.finish().entries, parts), (2, vec![1]));
}

#[test]
fn striped_files_are_one_chain() {
    let log = long_log();
    let bytes = long_bytes();
    let next = prepare(146, log.checksum(144), b"in the next file");
    let mut validator = Validator::new(validate::Options::new());
    let readers = |bytes: &[u8]| vec![SliceReader::new(bytes); 2];
    block_on(validator.read_striped(readers(&bytes), |observation| panic!("{observation:?}"))).unwrap();
    let second = readers(next.as_entry_bytes());
    block_on(validator.read_striped(second, |observation| panic!("{observation:?}"))).unwrap();
    assert_eq!(validator.finish().ops, Some(1..=146));
}

#[test]
fn a_second_file_that_is_striped_begins_with_a_seam() {
    let log = long_log();
    let before = prepare_before(log);
    let mut validator = Validator::new(validate::Options::new());
    let mut observations = Vec::new();
    for bytes in [before, long_bytes()] {
        let readers = vec![SliceReader::new(&bytes); 3];
        block_on(validator.read_striped(readers, |observation| observations.push(observation))).unwrap();
    }
    let [Observation::Note(note)] = &observations[..] else { panic!("{observations:?}") };
    assert_eq!((note.part, note.offset, note.kind.name()), (1, 0, "seam"));
    assert_eq!(validator.finish().entries, 146);
}

/// A file that ends with the entry that the long log begins with.
fn prepare_before(log: &Log) -> Vec<u8> {
    log.prepares[0].as_entry_bytes().to_vec()
}
