//! Copying from one storage to another.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use crate::support::reader::{Manner, SliceReader};
use aof_api::copy::{self, Copied, Copier, copy};
use aof_api::format::Damage;
use aof_api::storage::{CorruptReason, IoCall};
use aof_api::{Error, Result, read};
use aof_memory::MemoryBackend;
use futures::future::BoxFuture;

fn copied(source: &[u8], destination: &Disk, options: copy::Options) -> Result<Copied, copy::Error> {
    block_on(copy(SliceReader::new(source), &mut destination.clone(), options))
}

fn copy_of(source: &[u8], destination: &Disk) -> Result<Copied, copy::Error> {
    copied(source, destination, copy::Options::new())
}

#[test]
fn a_copy_is_the_same_byte_for_byte_and_durable() {
    let log = Log::history(50);
    let disk = Disk::new();
    let copied = copy_of(&log.bytes(), &disk).unwrap();
    assert_eq!(disk.bytes(), log.bytes());
    assert_eq!((copied.entries, copied.bytes, copied.resumed_at), (50, log.bytes().len() as u64, 0));
    assert_eq!(copied.tip.unwrap().checksum, log.checksum(49));
    assert_eq!(aof_api::AofBackend::durable_len(&disk), copied.bytes);
    assert_eq!(copy_of(&[], &Disk::new()).unwrap().tip, None);
}

#[test]
fn what_a_restarted_replica_recorded_again_is_copied_as_it_stands() {
    let bytes = Log::of_ops(&[1, 2, 3, 2, 3, 4, 6]).bytes();
    let disk = Disk::new();
    assert_eq!(copy_of(&bytes, &disk).unwrap().entries, 7);
    assert_eq!(disk.bytes(), bytes);
}

#[test]
fn a_copy_that_stopped_at_any_byte_continues_after_its_last_whole_entry() {
    let log = Log::history(4);
    let bytes = log.bytes();
    for len in 0..=bytes.len() {
        let disk = Disk::with(&bytes[..len]);
        let ends = (0..4).map(|index| log.range(index).end).chain([0]);
        let whole = ends.filter(|end| *end <= len).max().unwrap() as u64;
        assert_eq!(copy_of(&bytes, &disk).unwrap().resumed_at, whole);
        assert_eq!(disk.bytes(), bytes, "stopped at {len}");
        assert_eq!(disk.truncates(), if whole < len as u64 { vec![whole] } else { vec![] });
    }
}

#[test]
fn a_torn_entry_that_cannot_be_cut_is_completed() {
    let bytes = Log::history(4).bytes();
    let disk = Disk::with(&bytes[..700]);
    disk.set_cannot_cut();
    assert_eq!(copy_of(&bytes, &disk).unwrap().resumed_at, 700);
    assert_eq!(disk.bytes(), bytes);
}

#[test]
fn a_tail_of_zeros_that_a_power_loss_left_is_replaced() {
    let bytes = Log::history(4).bytes();
    for kept in [0, 1, 100, bytes.len() - 300, bytes.len()] {
        let mut there = bytes[..kept].to_vec();
        there.resize(kept + 5_000, 0);
        let disk = Disk::with(&there);
        let copied = copy_of(&bytes, &disk).unwrap();
        assert_eq!(disk.bytes(), bytes);
        assert!(copied.resumed_at <= kept as u64 + 2 && copied.entries == 4);
    }
}

#[test]
fn a_destination_that_is_no_beginning_of_the_source_is_left_alone() {
    let bytes = Log::history(4).bytes();
    let mut flipped = bytes.clone();
    flipped[500] ^= 1;
    let longer = [&bytes[..], b"more"].concat();
    for (there, differs_at) in [(flipped, 500), (longer, bytes.len() as u64), (b"hello".to_vec(), 0)] {
        let disk = Disk::with(&there);
        let error = copy_of(&bytes, &disk).unwrap_err();
        assert!(matches!(error, copy::Error::Differs { offset } if offset == differs_at), "{error}");
        assert_eq!((disk.bytes(), disk.writes()), (there, 0));
    }
}

#[test]
fn what_was_copied_is_told_when_not_all_could_be() {
    let log = Log::history(5);
    let mut damaged = log.bytes();
    damaged[log.range(3).end - 1] ^= 1;
    // Also where the destination holds the rest already, from before the source was damaged.
    let torn = log.range(1).end - 7;
    for (there, resumed_at) in [(0, 0), (torn, log.offset(1)), (log.bytes().len(), log.offset(3))] {
        let disk = Disk::with(&log.bytes()[..there]);
        let mut copier = Copier::new(copy::Options::new());
        let so_far = copier.entries_so_far();
        let error = block_on(copier.copy(SliceReader::new(&damaged), &mut disk.clone())).unwrap_err();
        assert!(matches!(error, copy::Error::Storage(Error::Corrupt { .. })), "{error}");
        let copied = copier.copied();
        assert_eq!((copied.entries, copied.bytes), (3, log.offset(3)));
        assert_eq!(copied.resumed_at, resumed_at);
        assert_eq!(copied.tip.unwrap().checksum, log.checksum(2));
        assert_eq!(copier.stopped().unwrap().op, Some(4));
        assert_eq!(so_far.load(std::sync::atomic::Ordering::Relaxed), 3);
        assert_eq!(disk.bytes(), log.bytes()[..there.max(log.range(3).start)]);
    }
}

#[test]
fn what_did_not_fit_was_not_copied() {
    let log = Log::history(60);
    let mut memory = MemoryBackend::with_capacity(log.offset(50));
    let mut copier = Copier::new(copy::Options::new().read(read::Options::new().chunk_len(4096)));
    let error = block_on(copier.copy(SliceReader::new(&log.bytes()), &mut memory)).unwrap_err();
    assert!(matches!(error, copy::Error::Storage(Error::Full { .. })), "{error}");
    let copied = copier.copied();
    assert!(copied.entries > 0 && copied.bytes == aof_api::AofBackend::len(&memory), "{copied:?}");
    assert_eq!(copied.bytes, log.offset(copied.entries as usize));
}

#[test]
fn everything_before_damage_is_copied_and_the_rest_once_it_is_mended() {
    let log = Log::history(5);
    let mut damaged = log.bytes();
    damaged[log.range(3).end - 1] ^= 1;
    let disk = Disk::new();
    let error = copy_of(&damaged, &disk).unwrap_err();
    let reason = CorruptReason::Damaged(Damage::BodyChecksum);
    assert!(
        matches!(error, copy::Error::Storage(Error::Corrupt { offset, reason: r }) if offset == log.offset(3) && r == reason),
        "{error}"
    );
    assert_eq!(disk.bytes(), log.bytes()[..log.range(3).start]);
    assert_eq!(aof_api::AofBackend::durable_len(&disk), log.offset(3));
    assert_eq!(copy_of(&log.bytes(), &disk).unwrap().resumed_at, log.offset(3));
    assert_eq!(disk.bytes(), log.bytes());
}

#[test]
fn an_entry_that_is_being_written_is_left_for_the_next_copy() {
    let log = Log::history(5);
    let torn = &log.bytes()[..log.range(4).end - 1];
    assert!(copy_of(torn, &Disk::new()).is_err());
    let disk = Disk::new();
    let live = copy::Options::new().live(true);
    let pending = (torn.len() - log.range(4).start) as u64;
    assert_eq!(copied(torn, &disk, live).unwrap().pending, pending);
    assert_eq!(disk.bytes(), torn[..log.range(4).start]);
    let preallocated = [log.bytes(), vec![0; 10_000]].concat();
    assert_eq!(copied(&preallocated, &disk, live).unwrap().pending, 10_000);
    assert_eq!(disk.bytes(), log.bytes());
}

#[test]
fn awkward_storage_and_threads_change_nothing() {
    let bytes = Log::history(300).bytes();
    let read = read::Options::new().chunk_len(4096).verify_threads(3);
    let source = SliceReader::new(&bytes).manner(Manner::OneByte).pending(1);
    let disk = Disk::with(&bytes[..5_000]).pending(1, 1);
    let copied = block_on(copy(source, &mut disk.clone(), copy::Options::new().read(read))).unwrap();
    assert_eq!(copied.entries, 300);
    assert!((4_000..=5_000).contains(&copied.resumed_at), "{}", copied.resumed_at);
    assert_eq!(disk.bytes(), bytes);
}

#[test]
fn a_destination_that_loses_what_it_was_given_is_caught() {
    let log = Log::history(5);
    let lying = Forgetful(Disk::new());
    let error = block_on(copy(SliceReader::new(&log.bytes()), &mut { lying }, copy::Options::new())).unwrap_err();
    assert!(matches!(error, copy::Error::Storage(Error::Io { call: IoCall::ReadBack, .. })), "{error}");
}

/// Takes a checkpoint for an occasion to change a byte.
struct Forgetful(Disk);

impl aof_api::AofRead for Forgetful {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.0.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.0.read(buf).await
    }

    async fn start(&mut self) -> Result<u64> {
        self.0.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.0.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.0.changed(end).await
    }
}

impl aof_api::AofBackend for Forgetful {
    type Reader = Disk;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[std::io::IoSlice<'_>]) -> Result<u64> {
        self.0.write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let mut bytes = self.0.bytes();
        if let Some(byte) = bytes.get_mut(700) {
            *byte ^= 1;
        }
        self.0.replace(&bytes);
        self.0.checkpoint(note)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.0.truncate(len).await
    }

    async fn reader(&mut self) -> Result<Disk> {
        self.0.reader().await
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close().await
    }

    fn len(&self) -> u64 {
        self.0.len()
    }

    fn durable_len(&self) -> u64 {
        self.0.durable_len()
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.0.prune(to).await
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.0.note()
    }
}
