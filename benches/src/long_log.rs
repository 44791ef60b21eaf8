//! A long log in segments, made at once: the bodies are zeros and holes of the files, so that 100 GiB take a few hundred MiB,
//! and nothing is synced.

use aof_api::format::ENTRY_SIZE_MIN;
use aof_api::storage::IoCall;
use aof_api::{Aof, AofBackend, AofRead, Error, LogOptions, Operation, Result};
use aof_file::FileReader;
use aof_segments::{SegmentStore, SegmentedBackend};
use futures::executor::block_on;
use std::fs::File;
use std::future::{Ready, ready};
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// A log in segments of equal length.
pub struct LongLog {
    directory: TempDir,
    len: u64,
}

impl LongLog {
    /// A log of so many `segments` of so many `entries` each, with bodies of `body_len` zeros. Its note covers all segments
    /// but the last, as that of a writer does.
    ///
    /// # Panics
    ///
    /// When the temporary directory will not take it.
    #[must_use]
    pub fn new(segments: u64, entries: u64, body_len: usize) -> LongLog {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("log");
        std::fs::create_dir(&path).expect("a temporary directory takes another");
        let backend = Hollow { path: path.clone(), segment: None, base: 0, len: 0, note: None };
        let mut log = block_on(Aof::create(backend, LogOptions::new())).expect("there is nothing yet");
        let body = vec![0; body_len];
        for _ in 0..segments {
            // The note after which the log is divided.
            block_on(log.checkpoint()).expect("nothing is synced");
            for _ in 0..entries {
                block_on(log.append(Operation(200), &body)).expect("the disk has room");
            }
        }
        let Hollow { len, note, .. } = log.into_inner();
        let backend = SegmentedBackend::open(&path).expect("the segments are one log");
        if let Some((covered, note)) = note.filter(|(covered, _)| *covered > 0) {
            backend.store().put_note(covered, &note).expect("the disk has room");
        }
        drop(backend);
        LongLog { directory, len }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// How long it is, in bytes.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.len
    }
}

/// A storage that keeps what is not zeros, and begins another file after each note. Nothing of it can be read.
struct Hollow {
    path: PathBuf,
    segment: Option<File>,
    base: u64,
    len: u64,
    note: Option<(u64, Vec<u8>)>,
}

impl Hollow {
    fn keep(&mut self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        if self.segment.is_none() {
            self.base = self.len;
            self.segment = Some(File::create_new(self.path.join(format!("{:020}.aof", self.base)))?);
        }
        let Some(segment) = &self.segment else { return Ok(()) };
        for part in parts {
            // A body is nothing but zeros, and longer than magic and header.
            if part.len() <= ENTRY_SIZE_MIN {
                segment.write_all_at(part, self.len - self.base)?;
            }
            self.len += part.len() as u64;
        }
        segment.set_len(self.len - self.base)
    }
}

const UNREAD: Error = Error::Unsupported { what: "reading a log that is only being made" };

impl AofRead for Hollow {
    async fn seek(&mut self, _: u64) -> Result<()> {
        Err(UNREAD)
    }

    async fn read(&mut self, _: &mut [u8]) -> Result<usize> {
        Err(UNREAD)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.len)
    }

    async fn changed(&mut self, _: u64) -> Result<u64> {
        Err(UNREAD)
    }
}

impl AofBackend for Hollow {
    type Reader = FileReader;
    type Checkpoint = Ready<Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let offset = self.len;
        self.keep(parts).map_err(|source| Error::io(IoCall::Write, offset, source))?;
        Ok(offset)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Ready<Result<u64>> {
        if !note.is_empty() {
            (self.note, self.segment) = (Some((self.len, note.to_vec())), None);
        }
        ready(Ok(self.len))
    }

    async fn truncate(&mut self, _: u64) -> Result<()> {
        Err(UNREAD)
    }

    async fn prune(&mut self, _: u64) -> Result<u64> {
        Err(UNREAD)
    }

    async fn reader(&mut self) -> Result<FileReader> {
        Err(UNREAD)
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn durable_len(&self) -> u64 {
        self.len
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        None
    }
}
