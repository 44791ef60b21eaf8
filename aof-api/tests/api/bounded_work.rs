//! Reading past damage reads the log about once, whatever the headers claim.

use crate::support::block_on;
use crate::support::log::{Log, forged};
use crate::support::reader::SliceReader;
use aof_api::format::MESSAGE_SIZE_MAX;
use aof_api::validate::{self, validate};
use aof_api::{Entries, Error, Rule, read};
use std::ops::Range;

/// A header that claims the largest body.
fn hollow() -> Vec<u8> {
    forged(|header| header.size = MESSAGE_SIZE_MAX.into())
}

/// How many entries there are, and how many times the log was read.
fn read_past_damage(bytes: &[u8], options: read::Options) -> (usize, f64) {
    let reader = SliceReader::new(bytes);
    let mut entries = Entries::new(reader.clone(), options);
    let mut count = 0;
    loop {
        match block_on(entries.next()) {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, reader.total() as f64 / bytes.len() as f64),
            Err(Error::Corrupt { .. }) => assert!(block_on(entries.resync()).unwrap().is_some()),
            Err(error) => panic!("{error}"),
        }
    }
}

fn validated(bytes: &[u8], options: read::Options) -> (u64, f64) {
    let reader = SliceReader::new(bytes);
    let options = validate::Options::new().rule(Rule::SeenParent).read(options);
    let validation = block_on(validate(reader.clone(), options, None)).unwrap();
    (validation.entries, reader.total() as f64 / bytes.len() as f64)
}

/// The log after `len` bytes of zeros, so that no header is torn: what ends with the log is looked at again each time.
fn padded(bytes: &[u8]) -> Vec<u8> {
    [bytes, &vec![0; MESSAGE_SIZE_MAX as usize]].concat()
}

fn assert_read_about_once(bytes: &[u8], entries: usize, times: Range<f64>) {
    for chunk_len in [4096, 256 << 10, 4 << 20] {
        for threads in [1, 3] {
            let options = read::Options::new().chunk_len(chunk_len).verify_threads(threads);
            let context = format!("chunks of {chunk_len}, {threads} threads");
            let (count, read) = read_past_damage(bytes, options);
            assert!(count == entries && times.contains(&read), "{context}: {count} entries, read {read} times");
            let (count, read) = validated(bytes, options);
            assert!(count == entries as u64 && times.contains(&read), "{context}: {count} entries, read {read} times");
        }
    }
}

#[test]
fn headers_that_claim_bodies_they_do_not_have_are_read_about_once() {
    let bytes = padded(&hollow().repeat(1000));
    assert_read_about_once(&bytes, 0, 1.0..4.0);
}

#[test]
fn whole_entries_between_such_headers_are_all_found_at_the_price_of_a_page_each() {
    let log = Log::history(300);
    let bytes: Vec<u8> =
        log.prepares.iter().flat_map(|prepare| [&hollow(), prepare.as_entry_bytes()].concat()).collect();
    assert_read_about_once(&padded(&bytes), 300, 1.0..6.0);
}

#[test]
fn large_whole_entries_after_damage_are_read_a_few_times() {
    let log = Log::of((0..8).map(|_| vec![7; 900_000]));
    let bytes: Vec<u8> =
        log.prepares.iter().flat_map(|prepare| [&hollow(), prepare.as_entry_bytes()].concat()).collect();
    assert_read_about_once(&padded(&bytes), 8, 1.0..6.0);
}

#[test]
fn what_is_asked_for_outside_the_bounds_is_brought_inside() {
    let options = read::Options::new();
    for (asked, bound, inside) in [(0, 4096, 4097), (4095, 4096, 4097), (usize::MAX, 64 << 20, (64 << 20) - 1)] {
        assert_eq!(options.chunk_len(asked), options.chunk_len(bound), "{asked}");
        assert_ne!(options.chunk_len(asked), options.chunk_len(inside), "{asked}");
    }
    for (asked, bound, inside) in [(0, 1, 2), (1025, 1024, 1023), (usize::MAX, 1024, 1023)] {
        assert_eq!(options.verify_threads(asked), options.verify_threads(bound), "{asked}");
        assert_ne!(options.verify_threads(asked), options.verify_threads(inside), "{asked}");
    }
}
