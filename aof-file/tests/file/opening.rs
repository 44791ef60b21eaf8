//! Creating and opening: what is refused, what is synced, and in which order.

use crate::fixture::{Place, checkpoint, io_kind, read_everything, write};
use aof_api::{AofBackend, Error};
use aof_file::fault::{Fault, Operation};
use aof_file::system::System;
use aof_file::{FileBackend, FileReader, is_locked};
use std::fs;
use std::io::ErrorKind;

#[test]
fn creating_syncs_the_file_then_its_directory() {
    let place = Place::new();
    drop(place.create());
    let syncs: Vec<_> = place
        .operations()
        .into_iter()
        .filter(|operation| matches!(operation, Operation::SyncAll | Operation::SyncDirectory))
        .collect();
    assert_eq!(syncs, [Operation::SyncAll, Operation::SyncDirectory]);
}

#[test]
fn creating_fails_when_a_sync_fails() {
    for operation in [Operation::SyncAll, Operation::SyncDirectory] {
        let place = Place::new();
        place.system.inject(Fault::once(1).on(operation));
        let error = place.options().create(&place.log).unwrap_err();
        assert_eq!(io_kind(&error), ErrorKind::Other);
        // What is left is an empty file, which the next attempt takes.
        place.create();
    }
}

#[test]
fn creating_takes_an_empty_file_and_refuses_one_with_bytes() {
    let place = Place::new();
    fs::write(&place.log, b"").unwrap();
    drop(FileBackend::create(&place.log).unwrap());
    fs::write(&place.log, b"precious").unwrap();
    assert!(matches!(FileBackend::create(&place.log), Err(Error::NotEmpty { len: 8 })));
    assert_eq!(place.bytes(), b"precious");
    assert!(!is_locked(&place.log).unwrap());
}

#[test]
fn opening_or_creating_does_what_is_needed() {
    let place = Place::new();
    let mut backend = FileBackend::open_or_create(&place.log).unwrap();
    write(&mut backend, b"abc").unwrap();
    drop(backend);
    let mut backend = FileBackend::open_or_create(&place.log).unwrap();
    assert_eq!(read_everything(&mut backend), b"abc");
}

#[test]
fn opening_a_missing_file_names_it_and_makes_nothing() {
    let place = Place::new();
    for error in [
        FileBackend::open(&place.log).unwrap_err(),
        FileReader::open_read_only(&place.log).unwrap_err(),
        is_locked(&place.log).unwrap_err(),
        FileBackend::create(place.log.join("log.aof")).unwrap_err(),
    ] {
        assert_eq!(io_kind(&error), ErrorKind::NotFound);
        assert!(error.to_string().contains("log.aof"), "{error}");
    }
    assert!(place.names().is_empty());
}

#[test]
fn a_directory_is_refused_by_name() {
    let place = Place::new();
    fs::create_dir(&place.log).unwrap();
    for error in [
        FileBackend::open(&place.log).unwrap_err(),
        FileBackend::create(&place.log).unwrap_err(),
        FileBackend::open_or_create(&place.log).unwrap_err(),
        FileBackend::open_read_only(&place.log).unwrap_err(),
        is_locked(&place.log).unwrap_err(),
    ] {
        assert_eq!(io_kind(&error), ErrorKind::IsADirectory);
        assert!(error.to_string().contains("log.aof"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_fifo_is_refused_without_waiting_for_its_other_end() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let place = Place::new();
    mknodat(CWD, &place.log, FileType::Fifo, Mode::RWXU, 0).unwrap();
    for error in [
        FileBackend::open(&place.log).unwrap_err(),
        FileBackend::open_or_create(&place.log).unwrap_err(),
        FileBackend::open_read_only(&place.log).unwrap_err(),
        is_locked(&place.log).unwrap_err(),
    ] {
        assert_eq!(io_kind(&error), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("fifo"), "{error}");
    }
}

#[test]
fn b7_opening_syncs_and_drops_the_page_cache_before_it_reads() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    place.system.inject(Fault::once(1).on(Operation::SyncData));
    checkpoint(&mut backend).unwrap_err();
    drop(backend);
    place.system.take_calls();

    let mut backend = place.options().open(&place.log).unwrap();
    assert_eq!(backend.durable_len(), 0);
    read_everything(&mut backend);
    let operations = place.operations();
    let at = |wanted| operations.iter().position(|operation| *operation == wanted).unwrap();
    assert!(at(Operation::SyncAll) < at(Operation::DropCache));
    assert!(at(Operation::DropCache) < at(Operation::Read));
}

#[test]
fn a_name_that_is_taken_is_never_taken_over() {
    let place = Place::new();
    let system: &dyn System = &*place.system;
    let [from, taken, free] = ["from", "taken", "free"].map(|name| place.directory.path().join(name));
    fs::write(&from, b"from").unwrap();
    fs::write(&taken, b"taken").unwrap();
    for refused in [system.rename_new(&from, &taken), system.link(&from, &taken)] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&from).unwrap(), fs::read(&taken).unwrap()), (b"from".to_vec(), b"taken".to_vec()));
    }
    system.link(&from, &free).unwrap();
    fs::remove_file(&free).unwrap();
    system.rename_new(&from, &free).unwrap();
    assert_eq!(fs::read(&free).unwrap(), b"from");
    assert!(!from.exists());
}

#[test]
fn opening_fails_when_the_page_cache_cannot_be_dropped() {
    let place = Place::new();
    drop(place.with(b"abc"));
    for operation in [Operation::SyncAll, Operation::SyncDirectory, Operation::DropCache] {
        place.system.inject(Fault::once(1).on(operation).kind(ErrorKind::PermissionDenied));
        assert_eq!(io_kind(&place.options().open(&place.log).unwrap_err()), ErrorKind::PermissionDenied);
        assert!(!is_locked(&place.log).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_file_replaced_between_opening_and_locking_is_opened_again() {
    use aof_file::FileOptions;
    use aof_file::system::{Access, FileStatus, OpenFile, OsSystem};
    use std::io::{self, IoSlice};
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Puts another file in place right after each of the first opens.
    #[derive(Debug)]
    struct Replacing {
        opens: AtomicU32,
        times: u32,
    }

    impl System for Replacing {
        fn open(&self, path: &Path, access: Access) -> io::Result<OpenFile> {
            let file = OsSystem.open(path, access)?;
            if self.opens.fetch_add(1, Ordering::Relaxed) < self.times {
                fs::write(path.with_extension("new"), b"replaced")?;
                fs::rename(path.with_extension("new"), path)?;
            }
            Ok(file)
        }
        fn file_status(&self, file: &OpenFile) -> io::Result<FileStatus> {
            OsSystem.file_status(file)
        }
        fn path_status(&self, path: &Path) -> io::Result<FileStatus> {
            OsSystem.path_status(path)
        }
        fn read_at(&self, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
            OsSystem.read_at(file, buf, offset)
        }
        fn write_at(&self, file: &OpenFile, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
            OsSystem.write_at(file, parts, offset)
        }
        fn set_len(&self, file: &OpenFile, len: u64) -> io::Result<()> {
            OsSystem.set_len(file, len)
        }
        fn sync_data(&self, file: &OpenFile) -> io::Result<()> {
            OsSystem.sync_data(file)
        }
        fn sync_all(&self, file: &OpenFile) -> io::Result<()> {
            OsSystem.sync_all(file)
        }
        fn sync_directory_of(&self, path: &Path) -> io::Result<()> {
            OsSystem.sync_directory_of(path)
        }
        fn start_writeback(&self, file: &OpenFile, offset: u64, len: u64) -> io::Result<()> {
            OsSystem.start_writeback(file, offset, len)
        }
        fn drop_cache(&self, file: &OpenFile) -> io::Result<()> {
            OsSystem.drop_cache(file)
        }
        fn next_data(&self, file: &OpenFile, offset: u64) -> io::Result<u64> {
            OsSystem.next_data(file, offset)
        }

        fn free_bytes(&self, file: &OpenFile) -> io::Result<u64> {
            OsSystem.free_bytes(file)
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            OsSystem.remove(path)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsSystem.rename(from, to)
        }
        fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsSystem.rename_new(from, to)
        }
        fn exchange(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsSystem.exchange(from, to)
        }

        fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsSystem.link(from, to)
        }
        fn give_as(&self, original: &OpenFile, new: &OpenFile, mode_max: u32) -> io::Result<()> {
            OsSystem.give_as(original, new, mode_max)
        }

        fn list(&self, path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
            OsSystem.list(path)
        }

        fn create_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
            OsSystem.create_directory(path, mode)
        }
    }

    let place = Place::new();
    fs::write(&place.log, b"first").unwrap();
    let replacing =
        |times| FileOptions::new().system(std::sync::Arc::new(Replacing { opens: AtomicU32::new(0), times }));
    let mut backend = replacing(3).open(&place.log).unwrap();
    assert_eq!(read_everything(&mut backend), b"replaced");
    assert_eq!(checkpoint(&mut backend).unwrap(), 8);
    drop(backend);
    assert_eq!(io_kind(&replacing(u32::MAX).open(&place.log).unwrap_err()), ErrorKind::ResourceBusy);
}

#[cfg(unix)]
#[test]
fn a_log_is_opened_through_a_symbolic_link() {
    let place = Place::new();
    drop(place.with(b"abc"));
    let link = place.directory.path().join("link");
    std::os::unix::fs::symlink(&place.log, &link).unwrap();
    let mut backend = FileBackend::open(&link).unwrap();
    assert_eq!(checkpoint(&mut backend).unwrap(), 3);
    assert!(matches!(FileBackend::open(&place.log), Err(Error::Locked { .. })));
}

#[test]
fn b11_what_was_written_is_there_after_reopening() {
    let place = Place::new();
    let mut backend = FileBackend::create(&place.log).unwrap();
    let mut expected = Vec::new();
    for size in [1, 255, 256, 4096, 100_000] {
        let bytes = vec![size as u8 | 1; size];
        write(&mut backend, &bytes).unwrap();
        expected.extend_from_slice(&bytes);
    }
    checkpoint(&mut backend).unwrap();
    drop(backend);
    assert_eq!(place.bytes(), expected);
    assert_eq!(read_everything(&mut FileBackend::open(&place.log).unwrap()), expected);
}
