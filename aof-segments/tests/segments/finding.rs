//! Entries are looked for in the segment that has them.

use crate::life::block_on;
use aof_api::read::find::{Target, find};
use aof_api::{Aof, AofRead, LogOptions, Operation, Result, read};
use aof_file::SyncOn;
use aof_memory::MemoryBackend;
use aof_segments::{DirectoryReader, SegmentedBackend, SegmentedOptions};
use aof_testkit::{Call, Metered, Metrics};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

const SEGMENTS: u64 = 1000;
const BODY_LEN: usize = 64 << 10;
const ENTRY_LEN: u64 = 272 + BODY_LEN as u64;

/// A log of 1,000 segments, each of one entry of 64 KiB, and the note of the last one.
fn long_log() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    std::fs::create_dir(&path).unwrap();
    block_on(async {
        let memory = MemoryBackend::with_capacity(SEGMENTS * ENTRY_LEN);
        let mut log = Aof::create(memory, LogOptions::new()).await.unwrap();
        let body = vec![7; BODY_LEN];
        for _ in 1..SEGMENTS {
            log.append(Operation(200), &body).await.unwrap();
        }
        // Without a sync for each: a thousand of them take longer than the test.
        for (number, segment) in log.into_inner().snapshot().chunks(ENTRY_LEN as usize).enumerate() {
            std::fs::write(path.join(format!("{:020}.aof", number as u64 * ENTRY_LEN)), segment).unwrap();
        }
        // So that the first checkpoint makes the segment in which the second one continues.
        let options = SegmentedOptions::new().segment_bytes(1).sync_on(SyncOn::Caller);
        let (mut log, _) = Aof::open(options.open(&path).unwrap(), LogOptions::new()).await.unwrap();
        log.checkpoint().await.unwrap();
        log.append(Operation(200), &body).await.unwrap();
        log.checkpoint().await.unwrap();
        log.close().await.unwrap();
    });
    (directory, path)
}

/// Opens the log, of which only the last segment is read, and what it reads from then on.
fn opened(path: &Path) -> (Aof<Metered<SegmentedBackend>>, Metrics) {
    let backend = Metered::new(SegmentedBackend::open(path).unwrap());
    let metrics = backend.metrics();
    let (log, recovery) = block_on(Aof::open(backend, LogOptions::new())).unwrap();
    assert!(recovery.read_from >= (SEGMENTS - 1) * ENTRY_LEN, "read from {}", recovery.read_from);
    (log, metrics)
}

/// How many reads `work` makes, and of how many bytes.
fn reads<T>(metrics: &Metrics, work: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = metrics.of(Call::Read);
    let result = work();
    let after = metrics.of(Call::Read);
    (result, after.count - before.count, after.bytes - before.bytes)
}

/// Counts the bytes that are read, and may keep to itself where the segments begin.
struct Counted<'count> {
    reader: DirectoryReader,
    is_divided: bool,
    bytes: &'count AtomicU64,
}

impl AofRead for Counted<'_> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.reader.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = self.reader.read(buf).await?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.reader.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.reader.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.reader.changed(end).await
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        match self.is_divided {
            true => self.reader.boundary(offset).await,
            false => self.start().await,
        }
    }
}

#[test]
fn right_after_a_fast_opening_an_entry_is_found_by_the_first_headers_of_segments() {
    let (_directory, path) = long_log();
    let (mut log, metrics) = opened(&path);
    for op in [1, 2, 33, 499, 500, 501, 967, 998, 999, 1000] {
        let (entry, count, bytes) = reads(&metrics, || block_on(log.get(op)).unwrap().unwrap());
        assert_eq!(entry.op(), op);
        // About log2(1,000) headers, and what is walked at the end, a read for each segment and one for each chunk.
        assert!(count <= 50 && bytes <= 5 << 19, "op {op}: {count} reads of {bytes} bytes");
        let (first, count, bytes) = reads(&metrics, || {
            block_on(async {
                let mut entries = log.entries_from(Target::Op(op)).await.unwrap();
                entries.next().await.unwrap().unwrap().op()
            })
        });
        assert_eq!(first, op);
        assert!(count <= 50 && bytes <= 5 << 19, "from op {op}: {count} reads of {bytes} bytes");
    }
}

#[test]
fn a_reader_of_the_directory_reads_less_where_it_knows_the_segments() {
    let (_directory, path) = long_log();
    for op in [1, 499, 500, 999] {
        let read_bytes = [true, false].map(|is_divided| {
            let (reader, bytes) = (DirectoryReader::open(&path).unwrap(), AtomicU64::new(0));
            let reader = Counted { reader, is_divided, bytes: &bytes };
            let place = block_on(find(reader, Target::Op(op), read::Options::new())).unwrap().unwrap();
            assert_eq!((place.op, place.offset), (op, (op - 1) * ENTRY_LEN));
            bytes.into_inner()
        });
        assert!(read_bytes[0] < read_bytes[1], "op {op}: {read_bytes:?} bytes");
    }
}
