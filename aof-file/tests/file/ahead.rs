//! Zeros ahead of the end of the log, and the buffer before it.

use crate::fixture::{Place, block_on, checkpoint, io_kind, is_poisoned, read_everything, write};
use aof_api::log::TailKind;
use aof_api::validate::{self, validate};
use aof_api::{Aof, AofBackend, Entries, Error, LogOptions, Operation, Tail, read};
use aof_file::fault::{Fault, Operation as Call};
use aof_file::{FileBackend, FileOptions, FileReader, SyncOn};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

const AHEAD: u64 = 1 << 20;

fn ahead(place: &Place) -> FileBackend {
    place.options().sync_on(SyncOn::Caller).preallocate_bytes(AHEAD).open_or_create(&place.log).unwrap()
}

fn file_len(place: &Place) -> u64 {
    place.log.metadata().unwrap().len()
}

/// A log of two entries that was killed with zeros ahead of it, and how long it was without them.
fn killed(place: &Place) -> u64 {
    let mut log = block_on(Aof::create(ahead(place), LogOptions::new())).unwrap();
    for body in [b"one", b"two"] {
        block_on(log.append(Operation(200), body)).unwrap();
        block_on(log.checkpoint()).unwrap();
    }
    let (len, bytes) = (log.len(), place.bytes());
    drop(log);
    std::fs::write(&place.log, bytes).unwrap();
    assert!(file_len(place) > len);
    len
}

#[test]
fn a_checkpoint_writes_real_zeros_ahead_and_the_next_ones_do_not() {
    let place = Place::new();
    let mut backend = ahead(&place);
    write(&mut backend, b"abc").unwrap();
    checkpoint(&mut backend).unwrap();
    let allocated = file_len(&place);
    assert!((AHEAD..AHEAD + 8192).contains(&allocated), "{allocated}");
    assert_eq!((backend.len(), backend.durable_len()), (3, 3));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert!(place.log.metadata().unwrap().blocks() * 512 >= allocated, "a hole is no space");
    }
    place.system.take_calls();
    for _ in 0..20 {
        write(&mut backend, &[1; 1000]).unwrap();
        checkpoint(&mut backend).unwrap();
    }
    let written: u64 =
        place.system.calls().iter().filter(|call| call.operation == Call::Write).map(|call| call.len).sum();
    assert_eq!((written, file_len(&place)), (20_000, allocated));
}

#[test]
fn the_first_checkpoint_pays_for_zeros_and_then_one_of_many_small_ones() {
    let place = Place::new();
    let mut backend = ahead(&place);
    write(&mut backend, &vec![1; AHEAD as usize / 2]).unwrap();
    checkpoint(&mut backend).unwrap();
    let ahead_of = |backend: &FileBackend| file_len(&place) - backend.len();
    assert!((AHEAD..AHEAD + 4096).contains(&ahead_of(&backend)), "also where it is large");

    write(&mut backend, &vec![1; AHEAD as usize + 4096]).unwrap();
    checkpoint(&mut backend).unwrap();
    assert_eq!(ahead_of(&backend), 0, "used up, and a large checkpoint has no more written");
    write(&mut backend, &vec![1; AHEAD as usize / 64 + 1]).unwrap();
    checkpoint(&mut backend).unwrap();
    assert_eq!(ahead_of(&backend), 0);

    write(&mut backend, &vec![1; AHEAD as usize / 64]).unwrap();
    checkpoint(&mut backend).unwrap();
    assert!((AHEAD..AHEAD + 4096).contains(&ahead_of(&backend)), "a small one has");
}

#[test]
fn close_and_drop_and_trim_leave_the_log_and_nothing_else() {
    for end in ["close", "drop", "trim"] {
        let place = Place::new();
        let mut backend = ahead(&place);
        write(&mut backend, b"abc").unwrap();
        checkpoint(&mut backend).unwrap();
        assert!(file_len(&place) > 3);
        place.system.take_calls();
        match end {
            "close" => block_on(backend.close()).unwrap(),
            "drop" => drop(backend),
            _ => {
                block_on(backend.trim()).unwrap();
                assert_eq!(place.bytes(), b"abc");
                write(&mut backend, b"def").unwrap();
                checkpoint(&mut backend).unwrap();
                assert!(file_len(&place) > 6, "a later checkpoint allocates again");
                continue;
            }
        }
        assert_eq!(place.bytes(), b"abc", "{end}");
        // A close makes the length durable, after it was set.
        let operations = place.operations();
        let cut = operations.iter().position(|operation| *operation == Call::SetLen).unwrap();
        assert_eq!(operations[cut..].contains(&Call::SyncAll), end == "close", "{operations:?}");
    }
}

#[test]
fn no_room_for_zeros_is_no_error_and_they_are_given_back() {
    for nth in 1..3 {
        let place = Place::new();
        let mut backend = ahead(&place);
        write(&mut backend, b"abc").unwrap();
        place.system.shorten_writes(100_000);
        place.system.inject(Fault::once(nth).on(Call::Write).kind(ErrorKind::StorageFull));
        assert_eq!(checkpoint(&mut backend).unwrap(), 3);
        assert_eq!(place.bytes(), b"abc");
        write(&mut backend, b"def").unwrap();
        assert_eq!(checkpoint(&mut backend).unwrap(), 6);
        assert_eq!(place.bytes(), b"abcdef", "exact from here on");
    }
}

#[test]
fn a_file_that_others_cut_or_append_to_is_found_out_with_zeros_ahead_too() {
    let place = Place::new();
    let mut backend = ahead(&place);
    write(&mut backend, b"abc").unwrap();
    checkpoint(&mut backend).unwrap();
    let cut = OpenOptions::new().write(true).open(&place.log).unwrap();
    cut.set_len(file_len(&place) - 1).unwrap();
    assert_eq!(io_kind(&checkpoint(&mut backend).unwrap_err()), ErrorKind::UnexpectedEof);
    assert!(is_poisoned(&checkpoint(&mut backend)));

    let place = Place::new();
    let mut backend = ahead(&place);
    write(&mut backend, b"abc").unwrap();
    checkpoint(&mut backend).unwrap();
    OpenOptions::new().append(true).open(&place.log).unwrap().write_all(b"foreign").unwrap();
    // Nothing of another's is cut off in passing.
    block_on(backend.close()).unwrap_err();
    assert!(place.bytes().ends_with(b"foreign"));
}

#[test]
fn opening_after_a_kill_cuts_the_zeros_and_leaves_no_copy_of_them() {
    for tail in [Tail::Truncate, Tail::TruncateTorn] {
        let place = Place::new();
        let len = killed(&place);
        let (log, recovery) = block_on(Aof::open(ahead(&place), LogOptions::new().tail(tail))).unwrap();
        assert_eq!((recovery.entries, log.len()), (2, len));
        assert_eq!(recovery.cut.unwrap().kind, TailKind::Zero);
        assert_eq!(log.backend().kept_cut(), None);
        assert_eq!(place.names(), ["log.aof"]);
        drop(log);
        assert_eq!(file_len(&place), len);
    }
    let place = Place::new();
    killed(&place);
    let refused = block_on(Aof::open(ahead(&place), LogOptions::new().tail(Tail::Refuse)));
    assert!(matches!(refused.map(|_| ()), Err(Error::Corrupt { .. })));
}

#[test]
fn an_entry_torn_at_any_byte_of_allocated_space_is_cut_as_torn() {
    let place = Place::new();
    let len = killed(&place) as usize;
    let whole = place.bytes();
    let first = len / 2;
    for torn in (1..len - first - 1).step_by(7) {
        let mut bytes = whole.clone();
        bytes[first + torn..len].fill(0);
        std::fs::write(&place.log, &bytes).unwrap();
        let opened = block_on(Aof::open(ahead(&place), LogOptions::new().tail(Tail::TruncateTorn)));
        let (log, recovery) = opened.unwrap_or_else(|error| panic!("torn after {torn} bytes: {error}"));
        assert_eq!((recovery.entries, log.len()), (1, first as u64), "torn after {torn} bytes");
        let cut = recovery.cut.unwrap();
        assert_eq!((cut.offset, cut.kind), (first as u64, TailKind::Torn), "torn after {torn} bytes");
    }
}

#[test]
fn zeros_ahead_of_a_live_log_are_pending_to_other_readers_and_unseen_by_its_own() {
    let place = Place::new();
    let mut log = block_on(Aof::create(ahead(&place), LogOptions::new())).unwrap();
    block_on(log.append(Operation(200), b"one")).unwrap();
    block_on(log.checkpoint()).unwrap();
    let outside = || FileReader::open_read_only(&place.log).unwrap();
    assert!(file_len(&place) > log.len());

    let validation = block_on(validate(outside(), validate::Options::new().live(true), None)).unwrap();
    assert_eq!((validation.entries, validation.findings.len()), (1, 0));
    let validation = block_on(validate(outside(), validate::Options::new(), None)).unwrap();
    assert_eq!(validation.findings.len(), 1, "without a writer it is damage");

    let mut entries = Entries::new(outside(), read::Options::new());
    assert_eq!(block_on(entries.next()).unwrap().map(|entry| entry.header().op.get()), Some(1));
    let _pending = block_on(entries.next());
    block_on(log.append(Operation(200), b"two")).unwrap();
    assert_eq!(block_on(entries.next()).unwrap().map(|entry| entry.header().op.get()), Some(2));

    let mut own = block_on(log.entries()).unwrap();
    for op in [1, 2] {
        assert_eq!(block_on(own.next()).unwrap().map(|entry| entry.header().op.get()), Some(op));
    }
    assert!(block_on(own.next()).unwrap().is_none());
}

#[test]
fn small_writes_are_gathered_and_large_ones_go_by() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
    let mut earlier = block_on(backend.reader()).unwrap();
    place.system.take_calls();
    for _ in 0..10 {
        write(&mut backend, &[1; 99]).unwrap();
    }
    assert_eq!((place.operations(), backend.len(), place.bytes().len()), (vec![], 990, 0));
    assert_eq!(read_everything(&mut backend), [1; 990]);
    assert_eq!(read_everything(&mut earlier), [1; 990], "b3: a reader that was made before");
    assert_eq!(read_everything(&mut block_on(backend.reader()).unwrap()), [1; 990]);
    assert_eq!(place.bytes().len(), 0, "reading brings nothing to the file");
    write(&mut backend, &[2; 10]).unwrap();
    write(&mut backend, &[3; 700]).unwrap();
    assert_eq!(place.bytes().len(), 1700, "what was gathered first, then the large write");
    assert_eq!(read_everything(&mut earlier), [&[1; 990][..], &[2; 10], &[3; 700]].concat());
    write(&mut backend, &[4; 10]).unwrap();
    checkpoint(&mut backend).unwrap();
    assert_eq!(read_everything(&mut earlier).len(), 1710, "everything up to the checkpoint");
    let calls = place.system.calls();
    let writes: Vec<_> = calls.iter().filter(|call| call.operation == Call::Write).map(|call| call.len).collect();
    assert_eq!(writes, [1000, 700, 10]);
}

#[test]
fn b12_no_room_for_what_was_gathered_keeps_it_and_poisons_nothing() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.inject(Fault::once(1).on(Call::Write).kind(ErrorKind::StorageFull));
    assert!(matches!(checkpoint(&mut backend), Err(Error::Full { .. })));
    assert_eq!((backend.len(), backend.durable_len()), (3, 0));
    assert_eq!(read_everything(&mut backend), b"abc");
    write(&mut backend, b"def").unwrap();
    assert_eq!(checkpoint(&mut backend).unwrap(), 6);
    assert_eq!(place.bytes(), b"abcdef");
}

#[test]
fn b7_a_gathered_write_that_fails_in_a_checkpoint_poisons() {
    let place = Place::new();
    let mut backend = place.options().write_buffer_bytes(1000).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    place.system.inject(Fault::once(1).on(Call::Write));
    checkpoint(&mut backend).unwrap_err();
    assert!(is_poisoned(&checkpoint(&mut backend)));
    assert!(is_poisoned(&write(&mut backend, b"x")));
    assert_eq!(backend.durable_len(), 0);
}

#[test]
fn a_killed_process_loses_what_was_gathered_and_a_drop_does_not() {
    let place = Place::new();
    let mut backend = FileOptions::new().write_buffer_bytes(1000).create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    assert_eq!(place.bytes(), b"", "what a killed process would leave");
    drop(backend);
    assert_eq!(place.bytes(), b"abc");
}
