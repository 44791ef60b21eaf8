//! The life of a log that seals, prunes, truncates and is opened again, on calls that may fail.

use aof_api::{Aof, AofBackend, LogOptions, Operation, Result};
use aof_file::{FileOptions, SyncOn, fault::FaultySystem};
use aof_segments::{SegmentedBackend, SegmentedOptions};
pub(crate) use futures::executor::block_on;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A directory of its own, and the calls on it.
pub(crate) struct Place {
    _directory: TempDir,
    pub(crate) log: PathBuf,
    pub(crate) system: Arc<FaultySystem>,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place::within(tempfile::tempdir().unwrap())
    }

    /// In memory, where the system has a file system there: for thousands of lives in which faults are injected, and whose
    /// syncs would take most of the time on a disk.
    pub(crate) fn in_memory() -> Place {
        let in_memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Place::within(in_memory.unwrap())
    }

    fn within(directory: TempDir) -> Place {
        Place { log: directory.path().join("log"), _directory: directory, system: Arc::default() }
    }

    pub(crate) fn file(&self) -> FileOptions {
        FileOptions::new().system(self.system.clone())
    }

    /// A segment for each checkpoint.
    pub(crate) fn options(&self, sync_on: SyncOn) -> SegmentedOptions {
        SegmentedOptions::new().segment_bytes(1).sync_on(sync_on).file(self.file())
    }

    /// The names in the directory that are not fixed, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&self.log)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| !["lock", "note", "start", "start.next"].contains(&&**name));
        names.sort();
        names
    }
}

/// What a life has done when it ended.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// The bodies that were appended, in order, from op 1.
    pub(crate) appended: Vec<Vec<u8>>,
    /// How many of them a checkpoint has made durable.
    pub(crate) acknowledged: usize,
    /// The highest op that may have been pruned up to.
    pub(crate) pruned_to: u64,
    /// The start that a prune has returned.
    pub(crate) start: u64,
}

impl Life {
    pub(crate) fn append(&mut self, log: &mut Aof<SegmentedBackend>, len: usize) -> Result<()> {
        let body = vec![self.appended.len() as u8; len];
        let before = log.len();
        let appended = block_on(log.append(Operation(200), &body));
        assert_eq!(log.len() > before, appended.is_ok(), "the length says whether it was appended");
        appended?;
        self.appended.push(body);
        Ok(())
    }

    pub(crate) fn checkpoint(&mut self, log: &mut Aof<SegmentedBackend>) -> Result<()> {
        let len = log.len();
        let checkpoint = block_on(log.checkpoint());
        assert!(checkpoint.is_err() || log.durable_len() >= len);
        if log.durable_len() == len {
            self.acknowledged = self.appended.len();
        }
        checkpoint.map(|_| ())
    }

    pub(crate) fn prune(&mut self, log: &mut Aof<SegmentedBackend>, op: u64) -> Result<()> {
        self.pruned_to = op;
        self.start = block_on(log.prune(op))?;
        Ok(())
    }

    /// Seals five times, with a checkpoint under way; prunes; closes; a torn tail, and a cut over two segments; opens again.
    pub(crate) fn live(&mut self, place: &Place, options: &SegmentedOptions) -> Result<()> {
        let mut log = block_on(Aof::create(options.create(&place.log)?, LogOptions::new()))?;
        for _ in 0..4 {
            self.append(&mut log, 100)?;
            self.append(&mut log, 300)?;
            self.checkpoint(&mut log)?;
        }
        self.pipeline(&mut log)?;
        self.prune(&mut log, 6)?;
        self.append(&mut log, 50)?;
        block_on(log.close())?;
        self.acknowledged = self.appended.len();

        let mut backend = options.open(&place.log)?;
        block_on(backend.write(&[std::io::IoSlice::new(&[9; 30])]))?;
        block_on(backend.checkpoint(&[]))?;
        block_on(backend.close())?;
        let (mut log, recovery) = block_on(Aof::open(options.open(&place.log)?, LogOptions::new()))?;
        assert_eq!(recovery.lost_bytes(), 30);
        for _ in 0..3 {
            self.append(&mut log, 200)?;
            self.checkpoint(&mut log)?;
        }
        let keep = self.appended.len() - 2;
        block_on(log.close())?;
        self.cut_to(place, options, keep)?;
        let (mut log, _) = block_on(Aof::open(options.open(&place.log)?, LogOptions::new()))?;
        assert_eq!(log.tip().unwrap().op, keep as u64);
        self.append(&mut log, 70)?;
        self.checkpoint(&mut log)?;
        block_on(log.close())
    }

    fn pipeline(&mut self, log: &mut Aof<SegmentedBackend>) -> Result<()> {
        self.append(log, 10)?;
        let (first_len, covered, first) = (log.len(), self.appended.len(), log.checkpoint());
        let appended = self.append(log, 20);
        let second = log.checkpoint();
        let (second, first) = (block_on(second), block_on(first));
        if log.durable_len() >= first_len {
            self.acknowledged = covered;
        }
        if log.durable_len() == log.len() {
            self.acknowledged = self.appended.len();
        }
        appended.and(first).and(second).map(|_| ())
    }

    /// Cuts the log, on the storage below it, to its first entries: over the boundaries of segments.
    fn cut_to(&mut self, place: &Place, options: &SegmentedOptions, entries: usize) -> Result<()> {
        let sizes = self.appended.iter().map(|body| aof_api::format::size_disk(256 + body.len() as u32));
        let len: u64 = sizes.take(entries).sum();
        let mut backend = options.open(&place.log)?;
        // From here on they may be gone.
        self.acknowledged = entries;
        let cut = block_on(backend.truncate(len));
        if cut.is_ok() {
            self.appended.truncate(entries);
            assert_eq!((backend.len(), backend.durable_len()), (len, len));
        }
        cut?;
        block_on(backend.close())
    }

    /// Opens what is left, and compares it with what was appended.
    pub(crate) fn check(&self, place: &Place, context: &str) {
        place.system.heal();
        if !place.log.join(format!("{:020}.aof", 0)).exists() && self.pruned_to == 0 {
            assert!(self.appended.is_empty(), "{context}: nothing is left");
            return;
        }
        let options = place.options(SyncOn::Caller);
        let opened = options.open(&place.log).and_then(|backend| block_on(Aof::open(backend, LogOptions::new())));
        let (mut log, _) = opened.unwrap_or_else(|error| panic!("{context}: {error}, after {self:?}"));
        let found = log.tip().map_or(0, |tip| tip.op) as usize;
        assert!(found >= self.acknowledged, "{context}: {found} of {} acknowledged entries", self.acknowledged);
        assert!(found <= self.appended.len(), "{context}: {found} entries of {}", self.appended.len());
        assert!(log.start() >= self.start, "{context}: pruned entries are back");
        let mut entries = block_on(log.entries()).unwrap();
        let first = block_on(entries.next()).unwrap().map_or(1, |entry| entry.op());
        assert!(first <= self.pruned_to.max(1), "{context}: entries from {first} only, pruned to {}", self.pruned_to);
        let mut entries = block_on(log.entries()).unwrap();
        for (op, body) in (first..).zip(&self.appended[first as usize - 1..found]) {
            let entry = block_on(entries.next()).unwrap().unwrap();
            assert_eq!((entry.op(), entry.body()), (op, &**body), "{context}");
        }
        assert!(block_on(entries.next()).unwrap().is_none(), "{context}");
        // It continues, and nothing is left over.
        block_on(log.append(Operation(200), b"continues")).unwrap();
        block_on(log.checkpoint()).unwrap();
        block_on(log.close()).unwrap();
        let strays: Vec<_> = place.names().into_iter().filter(|name| !name.contains(".aof")).collect();
        assert!(strays.is_empty(), "{context}: {strays:?}");
    }
}
