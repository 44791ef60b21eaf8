//! Fault 23: the life of a log, in which each system call in turn fails, once and for good.

use crate::fixture::{Place, block_on};
use aof_api::{Aof, LogOptions, Operation};
use aof_file::fault::{Call, Fault, Operation as SystemCall};
use aof_file::{FileBackend, FileOptions, SyncOn};
use std::io::ErrorKind;

/// What a life of the log had done when it ended.
#[derive(Default)]
struct Life {
    /// The bodies that were appended, in order.
    appended: Vec<Vec<u8>>,
    /// How many of them a checkpoint has made durable.
    acknowledged: usize,
}

impl Life {
    fn append(&mut self, log: &mut Aof<FileBackend>, body: &[u8]) -> aof_api::Result<()> {
        let before = log.len();
        let appended = block_on(log.append(Operation(200), body));
        assert_eq!(log.len() > before, appended.is_ok(), "the length says whether it was appended");
        appended?;
        self.appended.push(body.to_vec());
        Ok(())
    }

    fn checkpoint(&mut self, log: &mut Aof<FileBackend>) -> aof_api::Result<()> {
        let len = log.len();
        let checkpoint = block_on(log.checkpoint());
        if log.durable_len() == len {
            self.acknowledged = self.appended.len();
        }
        checkpoint.map(|_| ())
    }

    /// Appends while a checkpoint is under way, and waits for the later one first.
    fn pipeline(&mut self, log: &mut Aof<FileBackend>) -> aof_api::Result<()> {
        self.append(log, b"covered by both")?;
        let (first_len, first) = (log.len(), log.checkpoint());
        let covered = self.appended.len();
        let appended = self.append(log, b"covered by the second");
        let second = log.checkpoint();
        let (second, first) = (block_on(second), block_on(first));
        if log.durable_len() >= first_len {
            self.acknowledged = covered;
        }
        if log.durable_len() == log.len() {
            self.acknowledged = self.appended.len();
        }
        assert!(first.is_err() || log.durable_len() >= first_len);
        appended.and(first).and(second).map(|_| ())
    }

    /// Create, append, checkpoint, close; a torn tail from outside; open, which cuts; append, checkpoint, close.
    fn live(&mut self, place: &Place, options: &FileOptions) -> aof_api::Result<()> {
        let mut log = block_on(Aof::create(options.create(&place.log)?, LogOptions::new()))?;
        for body in [&b"one"[..], b"two", &[3; 3000]] {
            self.append(&mut log, body)?;
            self.append(&mut log, b"more")?;
            self.checkpoint(&mut log)?;
        }
        self.pipeline(&mut log)?;
        self.append(&mut log, b"before the close")?;
        let len = log.len();
        block_on(log.close())?;
        self.acknowledged = self.appended.len();
        let torn = std::fs::OpenOptions::new().write(true).open(&place.log).unwrap();
        torn.set_len(len + 700).unwrap();
        let (mut log, recovery) = block_on(Aof::open(options.open(&place.log)?, LogOptions::new()))?;
        assert_eq!(recovery.entries as usize, self.appended.len());
        self.append(&mut log, b"after the opening")?;
        self.checkpoint(&mut log)?;
        block_on(log.close())
    }
}

/// Every option, and the two threads on which syncs run.
pub(crate) fn every_option(options: &FileOptions) -> [FileOptions; OPTIONS] {
    let caller = options.clone().sync_on(SyncOn::Caller).keep_cut(false);
    [
        caller.clone(),
        caller.clone().keep_cut(true),
        caller.clone().write_buffer_bytes(1000),
        caller.clone().preallocate_bytes(AHEAD),
        caller.write_buffer_bytes(100_000).preallocate_bytes(AHEAD),
        options.clone().sync_on(SyncOn::Helper).write_buffer_bytes(1000).preallocate_bytes(AHEAD),
    ]
}

/// Little, because every life pays for it.
const AHEAD: u64 = 64 << 10;

pub(crate) const OPTIONS: usize = 6;

/// Lives a log with this fault, opens what is left with everything healed, and returns whether nothing had failed.
fn live_with(fault: Fault, options: usize, context: &str) -> bool {
    let place = Place::new();
    let options = &every_option(&place.options())[options];
    place.system.inject(fault);
    let mut life = Life::default();
    let lived = life.live(&place, options);
    let clean = place.system.calls().iter().all(|call| !call.failed);
    assert!(!clean || lived.is_ok(), "{context}: {lived:?}");
    if !place.log.exists() {
        assert!(life.appended.is_empty(), "{context}");
        return clean;
    }
    let opened = FileBackend::open(&place.log).and_then(|backend| block_on(Aof::open(backend, LogOptions::new())));
    let (mut log, recovery) = opened.unwrap_or_else(|error| panic!("{context}: {error}, after {lived:?}"));
    let found = recovery.entries as usize;
    assert!(found >= life.acknowledged, "{context}: {found} of {} acknowledged entries", life.acknowledged);
    assert!(found <= life.appended.len(), "{context}: {found} entries of {}", life.appended.len());
    let mut entries = block_on(log.entries()).unwrap();
    for body in &life.appended[..found] {
        let entry = block_on(entries.next()).unwrap().unwrap();
        assert_eq!(entry.body(), body, "{context}");
    }
    // It continues, and allocates nothing that opening the log later meets.
    block_on(log.append(Operation(200), b"goes on")).unwrap();
    block_on(log.close()).unwrap();
    clean
}

#[test]
fn whichever_call_fails_once_the_log_opens_with_all_that_was_acknowledged() {
    for options in 0..OPTIONS {
        for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
            let fails =
                |nth| live_with(Fault::once(nth).kind(kind), options, &format!("options {options}, call {nth}"));
            let calls = (1..10_000).find(|nth| fails(*nth)).unwrap();
            assert!(calls > 20, "{calls} calls make no life");
        }
    }
}

#[test]
fn from_whichever_call_on_all_fail_the_log_opens_with_all_that_was_acknowledged() {
    for options in 0..OPTIONS {
        for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
            let fails = |nth| {
                live_with(Fault::for_good_from(nth).kind(kind), options, &format!("options {options}, from call {nth}"))
            };
            assert!((1..10_000).any(fails));
        }
    }
}

/// The calls on the log and its directory that write or sync, in order.
fn durable_calls(calls: &[Call]) -> Vec<SystemCall> {
    use SystemCall::{SetLen, SyncAll, SyncData, SyncDirectory, Write};
    let counts = |call: &&Call| matches!(call.operation, SetLen | SyncAll | SyncData | SyncDirectory | Write);
    calls.iter().filter(counts).map(|call| call.operation).collect()
}

#[test]
fn syncs_are_issued_behind_every_write_and_the_directory_before_the_first() {
    use SystemCall::{SyncAll, SyncData, SyncDirectory, Write};
    for options in 0..OPTIONS {
        let place = Place::new();
        Life::default().live(&place, &every_option(&place.options())[options]).unwrap();
        let calls = durable_calls(&place.system.calls());
        assert_eq!(calls[..2], [SyncAll, SyncDirectory], "the file and its name, before anything is written");
        let data_syncs = calls.iter().filter(|call| **call == SyncData).count();
        assert!(data_syncs >= 5, "each checkpoint that had something to sync: {calls:?}");
        let last = calls.iter().rposition(|call| *call == Write).unwrap();
        assert!(calls[last..].iter().any(|call| matches!(call, SyncData | SyncAll)), "{calls:?}");
    }
}

/// EIO, as the kernel answers once when writing back has failed.
const EIO: i32 = 5;

#[test]
fn opening_after_a_failed_sync_does_not_trust_the_page_cache() {
    for options in 0..OPTIONS {
        let place = Place::new();
        let options = &every_option(&place.options())[options];
        let mut log = block_on(Aof::create(options.create(&place.log).unwrap(), LogOptions::new())).unwrap();
        block_on(log.append(Operation(200), b"one")).unwrap();
        block_on(log.checkpoint()).unwrap();
        block_on(log.append(Operation(200), b"two")).unwrap();
        place.system.inject(Fault::once(1).on(SystemCall::SyncData).errno(EIO));
        block_on(log.checkpoint()).unwrap_err();
        assert!(block_on(log.checkpoint()).unwrap_err().to_string().contains("log.aof"), "poisoned, with the cause");
        drop(log);

        // As long as the disk fails, nothing is opened.
        place.system.inject(Fault::once(1).on(SystemCall::SyncAll).errno(EIO));
        options.open(&place.log).unwrap_err();
        // Synced, so that pages are clean; dropped, so that they are not read; and only then read.
        place.system.take_calls();
        let (log, recovery) = block_on(Aof::open(options.open(&place.log).unwrap(), LogOptions::new())).unwrap();
        assert!((1..=2).contains(&recovery.entries));
        let calls = place.operations();
        let first = |call| calls.iter().position(|made| *made == call).unwrap();
        assert!(first(SystemCall::SyncAll) < first(SystemCall::DropCache));
        assert!(first(SystemCall::DropCache) < first(SystemCall::Read));
        assert_eq!(log.durable_len(), log.len());
    }
}
