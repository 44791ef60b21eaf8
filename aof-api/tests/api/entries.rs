//! Reading entry by entry and as a stream, from any offset, while the log is written.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::{Log, OPERATION, body};
use crate::support::random::Random;
use crate::support::reader::{Manner, SliceReader};
use crate::support::reading::small_chunks;
use aof_api::format::{BODY_SIZE_MAX, Damage, Prepare};
use aof_api::storage::CorruptReason;
use aof_api::{Aof, AofBackend, AofBackendExt, AofRead, AofReadExt, Entries, Error, LogOptions, read};
use aof_memory::MemoryBackend;
use futures::StreamExt;
use std::io::IoSlice;

fn entries(bytes: &[u8]) -> Entries<SliceReader> {
    Entries::new(SliceReader::new(bytes), small_chunks())
}

fn write(backend: &mut impl AofBackend, bytes: &[u8]) {
    block_on(backend.write(&[IoSlice::new(bytes)])).unwrap();
}

#[test]
fn every_entry_comes_with_its_offset_in_order() {
    let log = Log::history(30);
    let mut entries = entries(&log.bytes());
    for index in 0..30 {
        assert_eq!(entries.offset(), log.offset(index));
        let entry = block_on(entries.next()).unwrap().unwrap();
        assert_eq!((entry.offset, entry.to_prepare()), (log.offset(index), log.prepares[index].clone()));
    }
    assert_eq!(entries.offset(), log.offset(30));
    for _ in 0..3 {
        assert!(block_on(entries.next()).unwrap().is_none());
    }
}

#[test]
fn however_a_reader_answers_the_entries_are_the_same() {
    let log = Log::of((0..40).map(|number| vec![number; usize::from(number) * 53]));
    let bytes = log.bytes();
    let manners = [Manner::Whole, Manner::OneByte, Manner::Short(Random(7)), Manner::Short(Random(8))];
    for manner in manners {
        for options in [small_chunks(), read::Options::new(), small_chunks().verify_threads(3)] {
            let reader = SliceReader::new(&bytes).manner(manner.clone());
            let stream = Entries::new(reader, options).into_stream().map(Result::unwrap);
            let prepares: Vec<Prepare> = block_on(stream.collect());
            assert!(prepares == log.prepares, "{manner:?}, {options:?}");
        }
    }
}

#[test]
fn entries_of_every_size_are_read_whatever_the_chunk() {
    let sizes = [0, 1, 3823, 3824, 3825, 4096, 8191, 65_536, BODY_SIZE_MAX as usize, 0, 100];
    let log = Log::of(sizes.map(|size| vec![0x33; size]));
    let bytes = log.bytes();
    for chunk_len in [0, 4096, 10_000, 1 << 20, usize::MAX] {
        let mut entries =
            Entries::new(SliceReader::new(&bytes), read::Options::new().chunk_len(chunk_len.min(8 << 20)));
        for size in sizes {
            let entry = block_on(entries.next()).unwrap().unwrap();
            assert_eq!(entry.body().len(), size, "chunks of {chunk_len}");
        }
        assert!(block_on(entries.next()).unwrap().is_none());
    }
}

#[test]
fn reading_begins_anywhere() {
    let log = Log::history(8);
    let bytes = log.bytes();
    for index in 0..=8 {
        let mut entries = Entries::starting_at(SliceReader::new(&bytes), log.offset(index), small_chunks());
        let op = block_on(entries.next()).unwrap().map(|entry| entry.op());
        assert_eq!(op, log.prepares.get(index).map(Prepare::op));
    }
    for offset in [bytes.len() as u64 + 1, 1 << 40, u64::MAX] {
        let mut entries = Entries::starting_at(SliceReader::new(&bytes), offset, small_chunks());
        assert!(block_on(entries.next()).unwrap().is_none(), "offset {offset}");
        assert!(block_on(entries.resync()).unwrap().is_none(), "offset {offset}");
    }
}

#[test]
fn seeking_goes_anywhere_and_back() {
    let log = Log::history(8);
    let mut entries = entries(&log.bytes());
    for index in [5, 0, 7, 3, 3, 8, 1] {
        entries.seek(log.offset(index));
        assert_eq!(entries.offset(), log.offset(index));
        let op = block_on(entries.next()).unwrap().map(|entry| entry.op());
        assert_eq!(op, log.prepares.get(index).map(Prepare::op));
    }
}

#[test]
fn an_error_stays_until_it_is_passed() {
    let log = Log::history(4);
    let mut bytes = log.bytes();
    bytes[log.offset(1) as usize + 50] ^= 1;
    let mut entries = entries(&bytes);
    block_on(entries.next()).unwrap();
    for _ in 0..3 {
        let error = block_on(entries.next()).unwrap_err();
        let Error::Corrupt { offset, reason } = error else { panic!("{error}") };
        assert_eq!((offset, reason), (log.offset(1), CorruptReason::Damaged(Damage::HeaderChecksum)));
        assert_eq!(entries.offset(), log.offset(1));
    }
    let passed = block_on(entries.resync()).unwrap().unwrap();
    assert_eq!((passed.offset, passed.offset + passed.len), (log.offset(1), log.offset(2)));
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 3);
}

#[test]
fn a_stream_ends_behind_its_first_error() {
    let log = Log::history(4);
    let mut bytes = log.bytes();
    bytes[log.offset(2) as usize + 5] ^= 1;
    let items: Vec<_> = block_on(entries(&bytes).into_stream().collect());
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].as_ref().unwrap().op(), 1);
    assert_eq!(items[1].as_ref().unwrap().op(), 2);
    assert!(matches!(items[2], Err(Error::Corrupt { offset, .. }) if offset == log.offset(2)));
}

#[test]
fn a_resyncing_stream_goes_on_behind_damage() {
    let log = Log::history(7);
    let mut bytes = log.bytes();
    bytes[log.offset(1) as usize + 5] ^= 1;
    bytes[log.offset(2) as usize + 290] ^= 1;
    bytes[log.offset(4) as usize + 100] ^= 1;
    bytes.truncate(bytes.len() - 1);
    let items: Vec<_> = block_on(entries(&bytes).into_resyncing_stream().collect());
    let seen: Vec<_> = items
        .iter()
        .map(|item| match item {
            Ok(prepare) => Ok(prepare.op()),
            Err(Error::Corrupt { offset, .. }) => Err(*offset),
            Err(error) => panic!("{error}"),
        })
        .collect();
    let damaged = |index| Err(log.offset(index));
    assert_eq!(seen, [Ok(1), damaged(1), damaged(2), Ok(4), damaged(4), Ok(6), damaged(6)]);
}

#[test]
fn a_resyncing_stream_ends_where_the_storage_fails() {
    let log = Log::of([[0; 4000]; 10]);
    let reader = SliceReader::new(&log.bytes()).unreadable(20_000..20_001);
    let items: Vec<_> = block_on(Entries::new(reader, small_chunks()).into_resyncing_stream().collect());
    assert_eq!(items.len(), 5);
    assert!(matches!(items[4], Err(Error::Io { offset: 20_000, .. })), "{:?}", items[4]);
}

#[test]
fn streams_of_a_whole_log_are_alike() {
    let log = Log::history(20);
    let plain: Vec<_> = block_on(entries(&log.bytes()).into_stream().map(Result::unwrap).collect());
    let resyncing: Vec<_> = block_on(entries(&log.bytes()).into_resyncing_stream().map(Result::unwrap).collect());
    assert!(plain == log.prepares && resyncing == log.prepares);
    assert_eq!(block_on(entries(b"").into_stream().count()), 0);
}

#[test]
fn the_reader_comes_back() {
    let log = Log::history(2);
    let mut entries = entries(&log.bytes());
    block_on(entries.next()).unwrap();
    let mut reader = entries.into_inner();
    let mut bytes = vec![0; 10_000];
    let count = block_on(reader.read_all_at(0, &mut bytes)).unwrap();
    assert_eq!(bytes[..count], log.bytes());
}

#[test]
fn reading_goes_on_while_the_log_is_written() {
    let mut log = block_on(Aof::create(MemoryBackend::new(), LogOptions::new().read(small_chunks()))).unwrap();
    let mut entries = block_on(log.entries()).unwrap();
    assert!(block_on(entries.next()).unwrap().is_none());
    for op in 1..=50 {
        block_on(log.append(OPERATION, &body(op))).unwrap();
        if op % 3 == 0 {
            for expected in op - 2..=op {
                assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), expected);
            }
            assert!(block_on(entries.next()).unwrap().is_none());
        }
    }
}

#[test]
fn an_entry_that_is_being_written_is_torn_until_it_is_there() {
    let log = Log::history(3);
    let whole = log.bytes();
    let range = log.range(1);
    for cut in range.start + 1..range.end {
        let mut backend = MemoryBackend::with_capacity(8192);
        write(&mut backend, &whole[..cut]);
        let reader = block_on(backend.reader()).unwrap();
        let mut entries = Entries::new(reader, small_chunks());
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 1);
        for _ in 0..2 {
            let error = block_on(entries.next()).unwrap_err();
            let Error::Corrupt { offset, reason: CorruptReason::Damaged(Damage::Torn { have, .. }) } = error else {
                panic!("cut at {cut}: {error}")
            };
            assert_eq!((offset, have), (log.offset(1), (cut - range.start) as u64), "cut at {cut}");
        }
        write(&mut backend, &whole[cut..]);
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 2, "cut at {cut}");
        assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 3, "cut at {cut}");
        assert!(block_on(entries.next()).unwrap().is_none());
    }
}

#[test]
fn a_tail_of_zeros_is_followed_until_its_bytes_come() {
    // A log that was preallocated: zeros first, and entries in their place later.
    let log = Log::history(2);
    let disk = Disk::with(&[&log.bytes()[..log.offset(1) as usize], &[0; 1000]].concat());
    let mut entries = Entries::new(disk.clone(), small_chunks());
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 1);
    let error = block_on(entries.next()).unwrap_err();
    assert!(matches!(error, Error::Corrupt { reason: CorruptReason::Damaged(Damage::Magic), .. }), "{error}");
    disk.replace(&log.bytes());
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 2);
}

#[test]
fn a_reader_outlives_its_log() {
    let mut log = block_on(Aof::create(MemoryBackend::new(), LogOptions::new())).unwrap();
    block_on(log.append_all(&[(OPERATION, b"one"), (OPERATION, b"two")])).unwrap();
    let mut entries = block_on(log.entries()).unwrap();
    block_on(log.close()).unwrap();
    assert_eq!(block_on(entries.next()).unwrap().unwrap().body(), b"one");
    assert_eq!(block_on(entries.next()).unwrap().unwrap().body(), b"two");
}

#[test]
fn a_reader_above_a_cut_hears_of_it() {
    let log = Log::history(6);
    let mut backend = MemoryBackend::from_bytes_with_capacity(&log.bytes(), 8192);
    let reader = block_on(backend.reader()).unwrap();
    let mut entries = Entries::starting_at(reader, log.offset(3), small_chunks());
    block_on(backend.truncate(log.offset(2))).unwrap();
    let error = block_on(entries.next()).unwrap_err();
    assert!(matches!(error, Error::Truncated { len, .. } if len == log.offset(2)), "{error}");
    entries.seek(0);
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 1);
    assert_eq!(block_on(entries.next()).unwrap().unwrap().op(), 2);
}

#[test]
fn writing_while_reading_moves_neither() {
    let log = Log::history(4);
    let mut backend = MemoryBackend::with_capacity(8192);
    write(&mut backend, &log.bytes()[..log.offset(2) as usize]);
    let mut first = vec![0; log.range(0).len()];
    block_on(backend.read_all(&mut first)).unwrap();
    write(&mut backend, &log.bytes()[log.offset(2) as usize..]);
    let mut second = vec![0; log.range(1).len()];
    block_on(backend.read_all(&mut second)).unwrap();
    assert_eq!([first, second].concat(), log.bytes()[..log.offset(2) as usize]);
    assert_eq!(block_on(backend.end()).unwrap(), log.offset(4));
    assert_eq!((backend.unflushed(), block_on(backend.is_empty()).unwrap()), (log.offset(4), false));
}

#[test]
fn a_dropped_following_reader_of_threads_leaves_no_work_behind() {
    let log = Log::of(vec![vec![1; 3000]; 200]);
    for taken in [0, 1, 50, 199] {
        let mut entries = Entries::new(SliceReader::new(&log.bytes()), small_chunks().verify_threads(3));
        for _ in 0..taken {
            block_on(entries.next()).unwrap().unwrap();
        }
        drop(entries);
    }
}
