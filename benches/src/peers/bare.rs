//! A bare file, the floor: the payloads and nothing else, and what the disk takes for them.

use super::{DurableLog, Peer};
use crate::cold::files;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// As much as `okaywal` is given.
pub(super) const PREALLOCATED: u64 = 1 << 30;

/// What a validation asks for at once, by default.
const CHUNK_LEN: usize = 256 << 10;

pub(super) const POSITIONED: Peer = Peer {
    name: "bare file, preallocated, pwrite + fdatasync",
    promise: "fdatasync after every write, by every caller",
    durable: true,
    create: |directory| Box::new(Positioned::new(directory)),
};

pub(super) const APPENDED: Peer = Peer {
    name: "bare file, append + fdatasync",
    promise: "fdatasync after every write",
    durable: true,
    create: |directory| {
        let file = File::create_new(directory.join("bare")).expect("the directory takes a file");
        Box::new(Appended(Mutex::new((file, Vec::new()))))
    },
};

struct Positioned {
    file: File,
    next: AtomicU64,
}

impl Positioned {
    fn new(directory: &Path) -> Positioned {
        let file = File::create_new(directory.join("bare")).expect("the directory takes a file");
        let zeros = vec![0; 1 << 20];
        for at in (0..PREALLOCATED).step_by(zeros.len()) {
            file.write_all_at(&zeros, at).expect("the disk has room");
        }
        file.sync_all().expect("the disk syncs");
        Positioned { file, next: AtomicU64::new(0) }
    }
}

impl DurableLog for Positioned {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        let joined;
        let bytes = match payloads {
            [payload] => payload,
            _ => {
                joined = payloads.concat();
                joined.as_slice()
            }
        };
        // Where the preallocated space ends, it begins again: no metadata, as in a log that is recycled.
        let at = self.next.fetch_add(bytes.len() as u64, Ordering::Relaxed) % (PREALLOCATED - bytes.len() as u64);
        self.file.write_all_at(bytes, at).expect("the disk has room");
        self.file.sync_data().expect("the disk syncs");
    }
}

/// The file, and a buffer in which a group becomes one write.
struct Appended(Mutex<(File, Vec<u8>)>);

impl DurableLog for Appended {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        let mut locked = self.0.lock().expect("no thread has panicked");
        let (file, buffer) = &mut *locked;
        buffer.clear();
        payloads.iter().for_each(|payload| buffer.extend_from_slice(payload));
        file.write_all(buffer).expect("the disk has room");
        file.sync_data().expect("the disk syncs");
    }
}

/// Reads the files of a directory without looking, in the chunks in which a log is read. Returns how many bytes.
#[must_use]
pub fn read_without_looking(directory: &Path) -> u64 {
    let mut buffer = vec![0; CHUNK_LEN];
    let mut total = 0;
    for path in files(directory) {
        let mut file = File::open(path).expect("the file is there");
        loop {
            match file.read(&mut buffer).expect("the disk reads") {
                0 => break,
                count => total += count as u64,
            }
        }
    }
    total
}
