//! Opening by a reader on each of several threads: what is found, refused and cut is what one thread finds.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use aof_api::{Aof, LogOptions, Recovery, Rule, Tail};
use std::sync::OnceLock;

/// As in the source; a log is read by stripes from two of them on.
const STRIPE_LEN: usize = 4 << 20;

const ENTRIES: usize = 145;

/// Two stripes and a quarter.
fn long_log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let mut log = block_on(Aof::create(Disk::new(), LogOptions::new().clock(|| 1))).unwrap();
        for number in 0..ENTRIES {
            block_on(log.append(aof_api::Operation(138), &vec![number as u8; (64 << 10) - number])).unwrap();
            if number == 100 {
                block_on(log.checkpoint()).unwrap();
            }
        }
        Log::parse(&log.into_inner().bytes())
    })
}

/// What recovery found or refused, what it left, and where the next entry would go.
type Outcome = Result<(Recovery, Vec<u8>, String), String>;

fn outcome(bytes: &[u8], options: LogOptions) -> Outcome {
    let disk = Disk::with(bytes);
    let opened = block_on(Aof::open(disk.clone(), options)).map_err(|error| error.to_string());
    opened.map(|(mut log, recovery)| {
        let next = block_on(log.append(aof_api::Operation(138), b"next"));
        (recovery, disk.bytes(), format!("{next:?}"))
    })
}

/// Asserts that several threads find what one finds, and returns what that is.
fn assert_alike(bytes: &[u8], options: &LogOptions, context: &str) -> Outcome {
    let options = options.clone().clock(|| 1);
    let expected = outcome(bytes, options.clone());
    for threads in [2, 3] {
        let found = outcome(bytes, options.clone().read_threads(threads));
        let as_text = |outcome: &Outcome| {
            outcome.as_ref().map(|(recovery, ..)| format!("{recovery:?}")).unwrap_or_else(String::clone)
        };
        assert!(found == expected, "{context}, {threads} threads: {} and {}", as_text(&found), as_text(&expected));
    }
    expected
}

#[test]
fn a_whole_log_opens_as_it_is() {
    let bytes = long_log().bytes();
    assert!(bytes.len() > 2 * STRIPE_LEN);
    for options in [LogOptions::new(), LogOptions::new().cluster(0), LogOptions::new().rule(Rule::SeenParent)] {
        let (recovery, ..) = assert_alike(&bytes, &options, "a whole log").unwrap();
        assert_eq!((recovery.entries, recovery.acknowledged_op), (ENTRIES as u64, 101));
        assert_eq!((recovery.cut, recovery.tip.map(|tip| tip.op)), (None, Some(ENTRIES as u64)));
    }
}

#[test]
fn an_expected_tip_is_found_wherever_it_stands() {
    let log = long_log();
    for index in [0, 70, ENTRIES - 1] {
        let options = LogOptions::new().expected_tip(log.checksum(index));
        assert!(assert_alike(&log.bytes(), &options, "an expected tip").is_ok(), "entry {index}");
    }
    let other = Log::history(3).checksum(2);
    assert!(assert_alike(&log.bytes(), &LogOptions::new().expected_tip(other), "another tip").is_err());
}

#[test]
fn a_torn_or_zero_tail_is_cut_wherever_it_was_torn() {
    let log = long_log();
    for index in [102, ENTRIES - 1] {
        let range = log.range(index);
        for end in [range.start + 1, range.start + 100, range.start + 300, range.end - 1] {
            let context = format!("torn at {end}");
            let (recovery, ..) = assert_alike(&log.bytes()[..end], &LogOptions::new(), &context).unwrap();
            assert_eq!((recovery.entries, recovery.len), (index as u64, range.start as u64), "{context}");
            let mut bytes = log.bytes()[..range.start].to_vec();
            bytes.resize(end + 2 * STRIPE_LEN, 0);
            let (recovery, ..) = assert_alike(&bytes, &LogOptions::new(), "zeros").unwrap();
            assert_eq!(recovery.len, range.start as u64, "zeros from {}", range.start);
        }
    }
}

#[test]
fn damage_is_judged_alike_before_and_behind_the_last_checkpoint_and_at_the_edges_of_stripes() {
    let log = long_log();
    let across = |stripe: usize| (0..ENTRIES).find(|index| log.range(*index).contains(&(stripe * STRIPE_LEN))).unwrap();
    for index in [0, across(1), across(1) + 1, 99, 101, across(2), ENTRIES - 1] {
        for at in [0, 5000] {
            let mut bytes = log.bytes();
            bytes[log.range(index).start + at] ^= 1;
            for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
                let context = format!("byte {at} of entry {index}, {tail:?}");
                let outcome = assert_alike(&bytes, &LogOptions::new().tail(tail), &context);
                assert_eq!(outcome.is_ok(), index > 100 && tail != Tail::Refuse, "{context}");
            }
        }
    }
}

#[test]
fn a_torn_entry_at_the_edge_of_a_stripe_behind_which_the_chain_goes_on_is_reported() {
    let log = long_log();
    let across = (0..ENTRIES).find(|index| log.range(*index).contains(&STRIPE_LEN)).unwrap();
    for index in [across - 1, across, across + 1] {
        let next = log.range(index + 1);
        // Torn in the body, and in the header, where nothing says that an entry begins.
        for end in [next.end - 1, next.start + 100] {
            let mut bytes = log.bytes();
            let torn = bytes[next.start..end].to_vec();
            bytes.splice(next.start..next.start, torn);
            let context = format!("torn after entry {index}, {} bytes", end - next.start);
            let (recovery, ..) = assert_alike(&bytes, &LogOptions::new().tail(Tail::Keep), &context).unwrap();
            assert_eq!((recovery.entries, recovery.kept_count), (ENTRIES as u64, 1), "{context}");
        }
    }
}

#[test]
fn a_pruned_log_is_read_from_its_start_by_many_threads() {
    let log = long_log();
    let mut bytes = log.bytes();
    bytes[20] ^= 1; // Never looked at.
    let disk = Disk::with(&bytes).pruned_to(log.offset(50));
    let (_, recovery) = block_on(Aof::open(disk, LogOptions::new().read_threads(3))).unwrap();
    assert_eq!((recovery.entries, recovery.len), (ENTRIES as u64 - 50, bytes.len() as u64));
}

#[test]
fn what_is_no_log_is_refused() {
    let mut bytes = vec![b'#'; 3 * STRIPE_LEN];
    assert!(assert_alike(&bytes, &LogOptions::new(), "no log").is_err());
    bytes[2 * STRIPE_LEN..][..log_start().len()].copy_from_slice(&log_start());
    assert!(assert_alike(&bytes, &LogOptions::new(), "no log before an entry").is_err());
}

fn log_start() -> Vec<u8> {
    long_log().bytes()[long_log().range(0)].to_vec()
}
