//! Logs that get their name only when they are complete.

use crate::fixture::{Place, block_on, checkpoint, io_kind, write};
use aof_api::Error;
use aof_file::fault::Fault;
use aof_file::{Draft, FileBackend, FileReader, is_locked};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

impl Place {
    /// A draft for the log that holds `bytes`.
    fn draft(&self, bytes: &[u8]) -> Draft {
        let mut draft = self.options().draft(&self.log).unwrap();
        write(draft.backend(), bytes).unwrap();
        draft
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// A draft for the place of an open log.
fn draft_of(original: &FileBackend, bytes: &[u8]) -> Draft {
    let mut draft = original.draft().unwrap();
    write(draft.backend(), bytes).unwrap();
    draft
}

#[test]
fn a_draft_has_its_name_only_once_it_is_published() {
    let place = Place::new();
    let draft = place.draft(b"complete");
    let names = place.names();
    assert!(names.len() == 1 && names[0].starts_with("log.aof.partial-"), "{names:?}");
    assert!(draft.temporary_path().ends_with(&names[0]));
    block_on(draft.publish()).unwrap();
    assert_eq!(place.names(), ["log.aof"]);
    assert_eq!(place.bytes(), b"complete");
    assert!(!is_locked(&place.log).unwrap());
}

#[test]
fn a_draft_is_buffered_where_it_is_asked_to_be_and_never_allocated_ahead() {
    let place = Place::new();
    let mut draft = place.options().write_buffer_bytes(1 << 20).preallocate_bytes(1 << 20).draft(&place.log).unwrap();
    write(draft.backend(), b"complete").unwrap();
    checkpoint(draft.backend()).unwrap();
    assert_eq!(fs::metadata(draft.temporary_path()).unwrap().len(), 8);
    write(draft.backend(), b" and more").unwrap();
    block_on(draft.publish()).unwrap();
    assert_eq!(place.bytes(), b"complete and more");
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let place = Place::new();
    drop(place.draft(b"half"));
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_name_that_is_taken_is_not_published_over() {
    let place = Place::new();
    for old in [&b"old"[..], b""] {
        fs::write(&place.log, old).unwrap();
        let error = block_on(place.draft(b"new").publish()).unwrap_err();
        assert!(matches!(error, Error::NotEmpty { len } if len == old.len() as u64), "{error}");
        assert_eq!((place.bytes(), place.names()), (old.to_vec(), vec!["log.aof".to_owned()]));
    }
}

#[test]
fn replacing_takes_the_place_of_what_is_there_or_of_nothing() {
    let place = Place::new();
    block_on(place.draft(b"first").replace()).unwrap();
    assert_eq!(place.bytes(), b"first");
    block_on(place.draft(b"second").replace()).unwrap();
    assert_eq!((place.bytes(), place.names()), (b"second".to_vec(), vec!["log.aof".to_owned()]));
}

#[test]
fn a_log_that_is_being_written_is_not_replaced() {
    let place = Place::new();
    let writer = place.with(b"live");
    assert!(matches!(block_on(place.draft(b"new").replace()), Err(Error::Locked { .. })));
    assert_eq!((place.bytes(), place.names()), (b"live".to_vec(), vec!["log.aof".to_owned()]));
    drop(writer);
    block_on(place.draft(b"new").replace()).unwrap();
}

#[test]
fn the_original_is_kept_beside_the_log_that_succeeds_it() {
    let place = Place::new();
    let original = place.with(b"old");
    let kept = block_on(draft_of(&original, b"new").succeed(&original)).unwrap();
    assert_eq!(kept, place.path("log.aof.broken"));
    assert_eq!((place.bytes(), fs::read(&kept).unwrap()), (b"new".to_vec(), b"old".to_vec()));
    assert_eq!(place.names(), ["log.aof", "log.aof.broken"]);
    assert!(is_locked(&kept).unwrap() && !is_locked(&place.log).unwrap());
}

#[test]
fn an_older_original_is_never_replaced() {
    let place = Place::new();
    fs::write(place.path("log.aof.broken"), b"older").unwrap();
    let original = place.with(b"old");
    let kept = block_on(draft_of(&original, b"new").succeed(&original)).unwrap();
    assert_eq!(kept, place.path("log.aof.broken.1"));
    assert_eq!(fs::read(place.path("log.aof.broken")).unwrap(), b"older");
    assert_eq!(fs::read(kept).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn a_second_name_from_a_run_that_was_interrupted_is_used_again() {
    let place = Place::new();
    let original = place.with(b"old");
    fs::hard_link(&place.log, place.path("log.aof.broken")).unwrap();
    let kept = block_on(draft_of(&original, b"new").succeed(&original)).unwrap();
    assert_eq!(kept, place.path("log.aof.broken"));
    assert_eq!(place.names(), ["log.aof", "log.aof.broken"]);
}

#[test]
fn a_log_whose_name_means_another_file_is_not_succeeded() {
    let place = Place::new();
    let original = place.with(b"old");
    let draft = draft_of(&original, b"new");
    fs::rename(&place.log, place.path("moved")).unwrap();
    fs::write(&place.log, b"another").unwrap();
    assert!(matches!(block_on(draft.succeed(&original)), Err(Error::Moved { .. })));
    assert_eq!((place.bytes(), fs::read(place.path("moved")).unwrap()), (b"another".to_vec(), b"old".to_vec()));
    assert_eq!(place.names(), ["log.aof", "moved"]);
}

#[cfg(unix)]
#[test]
fn a_successor_has_the_permissions_of_the_original() {
    use std::os::unix::fs::PermissionsExt;
    for mode in [0o600, 0o640, 0o664] {
        let place = Place::new();
        let original = place.with(b"old");
        fs::set_permissions(&place.log, fs::Permissions::from_mode(mode)).unwrap();
        let draft = draft_of(&original, b"new");
        assert_eq!(fs::metadata(draft.temporary_path()).unwrap().permissions().mode() & 0o777, mode);
        block_on(draft.succeed(&original)).unwrap();
        assert_eq!(fs::metadata(&place.log).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_still_names_what_it_named() {
    let place = Place::new();
    let link = place.path("link");
    std::os::unix::fs::symlink(&place.log, &link).unwrap();
    drop(place.with(b"old"));
    let mut draft = place.options().draft(&link).unwrap();
    write(draft.backend(), b"new").unwrap();
    block_on(draft.replace()).unwrap();
    assert_eq!(place.bytes(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

    let original = place.options().open(&link).unwrap();
    block_on(draft_of(&original, b"newer").succeed(&original)).unwrap();
    assert_eq!(place.names(), ["link", "log.aof", "log.aof.broken"]);
    assert_eq!(fs::read(&link).unwrap(), b"newer");
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let place = Place::new();
    let draft = |path| place.options().draft(path).map(drop).unwrap_err();
    assert_eq!(io_kind(&draft(place.directory.path().to_owned())), ErrorKind::IsADirectory);
    assert_eq!(io_kind(&draft(place.path("nowhere/log.aof"))), ErrorKind::NotFound);
}

#[test]
fn whether_a_path_names_the_file_that_is_read_is_told() {
    let place = Place::new();
    drop(place.with(b"log"));
    let reader = FileReader::open_read_only(&place.log).unwrap();
    fs::write(place.path("other"), b"log").unwrap();
    let roundabout = place.directory.path().join(".").join("log.aof");
    let told = [&place.log, &roundabout, &place.path("other"), &place.path("nothing")].map(|path| reader.is_at(path));
    assert_eq!(told.map(Result::unwrap), [true, true, false, false]);
}

/// Fails the Nth system call, once or from then on, for every N until nothing is left to fail; `make` answers whether it
/// reported success.
fn at_every_call(make: impl Fn(&Place) -> bool, check: impl Fn(&Place, bool)) {
    for fault in [Fault::once, Fault::for_good_from] {
        for nth in 1.. {
            let place = Place::new();
            fs::write(&place.log, b"old").unwrap();
            place.system.inject(fault(nth));
            let reported = make(&place);
            let failed = place.system.calls().iter().any(|call| call.failed);
            check(&place, reported);
            assert!(!place.names().iter().any(|name| name.contains(".partial-")), "{:?}", place.names());
            if !failed {
                assert!(nth > 10 && reported, "only {nth} calls were made");
                break;
            }
        }
    }
}

#[test]
fn whichever_call_fails_a_name_means_nothing_or_all_of_a_draft() {
    let make = |place: &Place| {
        fs::remove_file(&place.log).unwrap();
        let Ok(mut draft) = place.options().draft(&place.log) else { return false };
        write(draft.backend(), b"new").is_ok() && block_on(draft.publish()).is_ok()
    };
    at_every_call(make, |place, reported| match fs::read(&place.log) {
        Ok(bytes) => assert_eq!(bytes, b"new"),
        Err(_) => assert!(!reported),
    });
}

#[test]
fn whichever_call_fails_a_name_means_the_old_log_or_all_of_the_new() {
    let make = |place: &Place| {
        let Ok(mut draft) = place.options().draft(&place.log) else { return false };
        write(draft.backend(), b"new").is_ok() && block_on(draft.replace()).is_ok()
    };
    at_every_call(make, |place, reported| {
        let bytes = place.bytes();
        assert!(bytes == b"new" || (bytes == b"old" && !reported));
    });
}

#[test]
fn whichever_call_fails_an_original_is_never_lost() {
    let make = |place: &Place| {
        let Ok(original) = place.options().open(&place.log) else { return false };
        let Ok(mut draft) = original.draft() else { return false };
        write(draft.backend(), b"new").is_ok() && block_on(draft.succeed(&original)).is_ok()
    };
    at_every_call(make, |place, reported| {
        let (bytes, kept) = (place.bytes(), fs::read(place.path("log.aof.broken")));
        if bytes == b"old" {
            assert!(!reported);
        } else {
            assert_eq!((bytes.as_slice(), kept.unwrap().as_slice()), (&b"new"[..], &b"old"[..]));
        }
    });
}

#[cfg(unix)]
#[test]
fn what_replaces_a_log_is_as_private_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.with(b"secret"));
    std::fs::set_permissions(&place.log, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut draft = place.options().draft(&place.log).unwrap();
    write(draft.backend(), b"new").unwrap();
    block_on(draft.replace()).unwrap();
    assert_eq!(place.bytes(), b"new");
    assert_eq!(std::fs::metadata(&place.log).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn what_is_made_from_logs_is_no_more_open_than_any_of_them() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let made = |modes: &[u32]| {
        let place = Place::new();
        let options = modes.iter().fold(place.options(), |options, mode| options.no_more_open_than(*mode));
        let mut draft = options.draft(&place.log).unwrap();
        // From the first moment.
        let temporary = mode(draft.temporary_path());
        write(draft.backend(), b"new").unwrap();
        block_on(draft.publish()).unwrap();
        assert_eq!(mode(&place.log), temporary);
        drop(options.create(place.path("other")).unwrap());
        assert_eq!(mode(&place.path("other")), temporary);
        temporary
    };
    let by_umask = made(&[]);
    assert_eq!(made(&[0o600]), 0o600);
    assert_eq!(made(&[0o640, 0o604]), 0o600);
    assert_eq!(made(&[0o400]), 0o600);
    assert_eq!(made(&[0o777]), by_umask);
    assert_eq!(made(&[0o644]), 0o644 & by_umask);

    // What is replaced may be as open as it likes.
    let place = Place::new();
    drop(place.with(b"open"));
    fs::set_permissions(&place.log, fs::Permissions::from_mode(0o664)).unwrap();
    let mut draft = place.options().no_more_open_than(0o640).draft(&place.log).unwrap();
    write(draft.backend(), b"secret").unwrap();
    block_on(draft.replace()).unwrap();
    assert_eq!((mode(&place.log), place.bytes()), (0o640, b"secret".to_vec()));
}
