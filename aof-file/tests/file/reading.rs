//! B3: readers beside the writer, and after it.

use crate::fixture::{Place, block_on, read_everything, write};
use aof_api::{AofBackend, AofRead, AofReadExt, Error};
use aof_file::{FileBackend, FileReader};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_reader_follows_the_writer() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let mut reader = block_on(backend.reader()).unwrap();
    assert_eq!(read_everything(&mut reader), b"abc");
    write(&mut backend, b"def").unwrap();
    let mut buf = [0; 10];
    assert_eq!(block_on(reader.read_all(&mut buf)).unwrap(), 3);
    assert_eq!(&buf[..3], b"def");
    assert_eq!(reader.path(), backend.path());
}

#[test]
fn readers_have_cursors_of_their_own() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    block_on(async {
        let (mut one, mut two) = (backend.reader().await.unwrap(), backend.reader().await.unwrap());
        let mut buf = [0; 2];
        one.seek(4).await.unwrap();
        assert_eq!((two.read(&mut buf).await.unwrap(), &buf), (2, b"ab"));
        assert_eq!((one.read(&mut buf).await.unwrap(), &buf), (2, b"ef"));
        assert_eq!((backend.read(&mut buf).await.unwrap(), &buf), (2, b"ab"));
    });
}

#[test]
fn a_reader_from_before_a_cut_is_good_below_it_and_an_error_above() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    let mut old = block_on(backend.reader()).unwrap();
    block_on(backend.truncate(2)).unwrap();
    write(&mut backend, b"wxyz").unwrap();
    block_on(async {
        let mut buf = [0; 10];
        assert_eq!(old.end().await.unwrap(), 2);
        assert_eq!(old.read(&mut buf).await.unwrap(), 2);
        assert_eq!(&buf[..2], b"ab");
        for offset in [2, 3, u64::MAX] {
            old.seek(offset).await.unwrap();
            assert!(matches!(old.read(&mut buf).await, Err(Error::Truncated { len: 2, .. })), "{offset}");
        }
        let mut new = backend.reader().await.unwrap();
        assert_eq!(read_everything_of(&mut new).await, b"abwxyz");
    });
}

async fn read_everything_of(reader: &mut FileReader) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    let count = reader.read_all_at(0, &mut bytes).await.unwrap();
    bytes.truncate(count);
    bytes
}

#[test]
fn a_file_cut_from_outside_is_an_error_and_not_the_end() {
    let place = Place::new();
    let mut backend = place.with(b"abcdef");
    let mut reader = block_on(backend.reader()).unwrap();
    std::fs::OpenOptions::new().write(true).open(&place.log).unwrap().set_len(2).unwrap();
    let mut buf = [0; 10];
    assert!(matches!(block_on(backend.read_all_at(0, &mut buf)), Err(Error::Io { offset: 2, .. })));
    assert!(matches!(block_on(reader.read_all_at(0, &mut buf)), Err(Error::Io { offset: 2, .. })));
}

#[test]
fn a_read_only_opening_works_beside_a_live_writer() {
    let place = Place::new();
    let mut backend = place.with(b"abc");
    let mut reader = FileBackend::open_read_only(&place.log).unwrap();
    assert_eq!(read_everything(&mut reader), b"abc");
    write(&mut backend, b"def").unwrap();
    assert_eq!(block_on(reader.end()).unwrap(), 6);
    assert_eq!(read_everything(&mut reader), b"abcdef");
    drop(backend);
    assert_eq!(read_everything(&mut reader), b"abcdef");
    // And it holds no lock itself.
    drop(FileBackend::open(&place.log).unwrap());
}

#[cfg(unix)]
#[test]
fn a_read_only_opening_needs_no_right_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.with(b"abc"));
    std::fs::set_permissions(&place.log, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(read_everything(&mut FileReader::open_read_only(&place.log).unwrap()), b"abc");
}

#[test]
fn readers_on_other_threads_see_a_prefix_of_what_is_written_and_never_cut_bytes() {
    for buffer in [0, 1000] {
        write_beside_readers(buffer);
    }
}

fn write_beside_readers(buffer: usize) {
    let place = Place::new();
    let options = place.options().keep_cut(false).write_buffer_bytes(buffer).preallocate_bytes(64 << 10);
    let mut backend = options.create(&place.log).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The byte at each place tells the round in which it was written; a reader belongs to one round.
        for round in 1..=20_u8 {
            let mut reader = block_on(backend.reader()).unwrap();
            let done = &done;
            scope.spawn(move || {
                let mut buf = vec![0; 16 << 10];
                loop {
                    let stop = done.load(Ordering::Acquire);
                    block_on(reader.seek(0)).unwrap();
                    match block_on(reader.read_all(&mut buf)) {
                        Ok(count) => assert!(buf[..count].iter().all(|byte| *byte == round), "round {round}"),
                        Err(Error::Truncated { len: 0, .. }) => return,
                        Err(other) => panic!("{other}"),
                    }
                    if stop {
                        return;
                    }
                }
            });
            for _ in 0..50 {
                write(&mut backend, &[round; 100]).unwrap();
            }
            // Brings zeros ahead, which no reader may see.
            drop(backend.checkpoint(&[]));
            for _ in 0..50 {
                write(&mut backend, &[round; 100]).unwrap();
            }
            if round < 20 {
                block_on(backend.truncate(0)).unwrap();
            }
        }
        done.store(true, Ordering::Release);
    });
}

/// Fault 24: offsets are 64 bits wide all the way down.
#[test]
fn what_stands_past_4_gib_is_written_and_read() {
    const BEGIN: u64 = (5 << 30) + 7;
    let place = Place::new();
    let file = std::fs::File::create_new(&place.log).unwrap();
    if file.set_len(BEGIN).is_err() {
        println!("skipped: no sparse files here");
        return;
    }
    let mut backend = FileBackend::open(&place.log).unwrap();
    assert_eq!(write(&mut backend, b"far out").unwrap(), BEGIN);
    let mut bytes = [0; 10];
    let mut reader = block_on(backend.reader()).unwrap();
    assert_eq!(block_on(reader.read_all_at(BEGIN, &mut bytes)).unwrap(), 7);
    assert_eq!(&bytes[..7], b"far out");
    assert_eq!(block_on(reader.read_all_at(BEGIN - (1 << 32), &mut bytes)).unwrap(), 10);
    assert_eq!(bytes, [0; 10]);
}
