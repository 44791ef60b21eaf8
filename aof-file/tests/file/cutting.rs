//! B8: what becomes of the bytes that are cut, and of a cut that fails.

use crate::fixture::{Place, block_on, checkpoint, io_kind, is_poisoned, write};
use aof_api::AofBackend;
use aof_file::fault::{Fault, Operation};
use std::fs;
use std::io::ErrorKind;

#[test]
fn cut_bytes_are_kept_beside_the_log() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    block_on(backend.truncate(2)).unwrap();
    assert_eq!(place.names(), ["log.aof", "log.aof.cut-2"]);
    let kept = backend.kept_cut().unwrap();
    assert!(kept.ends_with("log.aof.cut-2"));
    assert_eq!(fs::read(kept).unwrap(), b"cdef");
}

#[test]
fn cut_bytes_are_durable_before_the_log_is_cut() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    place.system.take_calls();
    block_on(backend.truncate(2)).unwrap();
    let calls = place.system.calls();
    let of_log = |call: &&aof_file::fault::Call| call.path.ends_with("log.aof");
    let cut = calls.iter().position(|call| call.operation == Operation::SetLen && of_log(&call)).unwrap();
    let before: Vec<_> = calls[..cut].iter().filter(|call| !of_log(call)).map(|call| call.operation).collect();
    let expected = [Operation::Open, Operation::Write, Operation::SetLen, Operation::SyncAll, Operation::SyncDirectory];
    assert_eq!(before, expected);
}

#[test]
fn kept_bytes_are_never_overwritten() {
    let place = Place::new();
    let mut backend = place.create();
    for bytes in [b"one".as_slice(), b"two", b"three"] {
        write(&mut backend, bytes).unwrap();
        block_on(backend.truncate(0)).unwrap();
    }
    assert_eq!(place.names(), ["log.aof", "log.aof.cut-0", "log.aof.cut-0.1", "log.aof.cut-0.2"]);
    assert_eq!(fs::read(place.directory.path().join("log.aof.cut-0")).unwrap(), b"one");
    assert_eq!(fs::read(place.directory.path().join("log.aof.cut-0.2")).unwrap(), b"three");
}

#[test]
fn nothing_is_kept_when_the_options_say_so() {
    let place = Place::new();
    let mut backend = place.options().keep_cut(false).create(&place.log).unwrap();
    write(&mut backend, b"abcdef").unwrap();
    block_on(backend.truncate(2)).unwrap();
    assert_eq!(place.names(), ["log.aof"]);
    assert_eq!(backend.kept_cut(), None);
}

#[test]
fn long_cuts_are_kept_whole_through_short_reads_and_writes() {
    let place = Place::new();
    let bytes: Vec<u8> = (0..700_001_u32).map(|index| (index / 5000 % 3 * (index % 101)) as u8).collect();
    let mut backend = place.with(&bytes);
    place.system.shorten_reads(10_007);
    place.system.shorten_writes(5_003);
    block_on(backend.truncate(13)).unwrap();
    assert_eq!(fs::read(backend.kept_cut().unwrap()).unwrap(), &bytes[13..]);
}

#[cfg(unix)]
#[test]
fn zeros_are_kept_as_holes() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    fs::write(&place.log, b"abc").unwrap();
    fs::OpenOptions::new().write(true).open(&place.log).unwrap().set_len(64 << 20).unwrap();
    let mut backend = aof_file::FileBackend::open(&place.log).unwrap();
    block_on(backend.truncate(2)).unwrap();
    let kept = fs::metadata(backend.kept_cut().unwrap()).unwrap();
    assert_eq!(kept.len(), (64 << 20) - 2);
    assert!(kept.blocks() * 512 < 1 << 20, "{} blocks", kept.blocks());
}

#[test]
fn nothing_but_zeros_is_not_kept() {
    let place = Place::new();
    fs::write(&place.log, [b"ab".as_slice(), &[0; 700_000]].concat()).unwrap();
    let mut backend = aof_file::FileBackend::open(&place.log).unwrap();
    block_on(backend.truncate(2)).unwrap();
    assert_eq!(backend.kept_cut(), None);
    assert_eq!(place.names(), ["log.aof"]);
    assert_eq!(place.bytes(), b"ab");
}

#[cfg(unix)]
#[test]
fn kept_bytes_are_as_private_as_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    fs::write(&place.log, b"secret").unwrap();
    fs::set_permissions(&place.log, fs::Permissions::from_mode(0o600)).unwrap();
    let mut backend = aof_file::FileBackend::open(&place.log).unwrap();
    block_on(backend.truncate(0)).unwrap();
    let mode = fs::metadata(backend.kept_cut().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_is_cut_on_a_full_disk_too_and_leaves_no_half_copy() {
    for operation in
        [Operation::Open, Operation::Write, Operation::SetLen, Operation::SyncAll, Operation::SyncDirectory]
    {
        let place = Place::new();
        let mut backend = place.with(b"abcdef");
        place.system.inject(Fault::once(1).on(operation).kind(ErrorKind::StorageFull));
        block_on(backend.truncate(2)).unwrap();
        assert_eq!((place.bytes(), backend.durable_len()), (b"ab".to_vec(), 2), "{operation:?}");
        assert_eq!((place.names(), backend.kept_cut()), (vec!["log.aof".to_owned()], None), "{operation:?}");
    }
}

#[test]
fn nothing_is_cut_when_the_cut_bytes_cannot_be_kept() {
    for operation in [Operation::Read, Operation::Open, Operation::Write, Operation::SyncAll, Operation::SyncDirectory]
    {
        let place = Place::new();
        let mut backend = place.with(b"abcdef");
        place.system.inject(Fault::once(1).on(operation).kind(ErrorKind::PermissionDenied));
        assert_eq!(io_kind(&block_on(backend.truncate(2)).unwrap_err()), ErrorKind::PermissionDenied);
        assert_eq!((backend.len(), place.bytes()), (6, b"abcdef".to_vec()), "{operation:?}");
        assert_eq!(place.names(), ["log.aof"]);
        assert!(is_poisoned(&write(&mut backend, b"x")));
    }
}

#[test]
fn b7_a_failed_cut_poisons_and_leaves_the_old_length() {
    let place = Place::new();
    let mut backend = place.options().keep_cut(false).create(&place.log).unwrap();
    write(&mut backend, b"abcdef").unwrap();
    checkpoint(&mut backend).unwrap();
    place.system.inject(Fault::once(1).on(Operation::SetLen));
    block_on(backend.truncate(2)).unwrap_err();
    assert_eq!((backend.len(), backend.durable_len()), (6, 6));
    assert!(is_poisoned(&checkpoint(&mut backend)));
    assert!(is_poisoned(&block_on(backend.truncate(2))));
}

#[test]
fn b7_a_cut_whose_sync_fails_poisons() {
    let place = Place::new();
    let mut backend = place.options().keep_cut(false).create(&place.log).unwrap();
    write(&mut backend, b"abcdef").unwrap();
    checkpoint(&mut backend).unwrap();
    place.system.inject(Fault::once(1).on(Operation::SyncAll));
    block_on(backend.truncate(2)).unwrap_err();
    assert!(is_poisoned(&checkpoint(&mut backend)));
    assert!(backend.durable_len() <= backend.len());
}
