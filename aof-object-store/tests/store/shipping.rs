//! A copy that follows a log, and continues after any stop.

use crate::take;
use crate::wire::{Troubles, Wire, wire_to};
use aof_api::read::find::Target;
use aof_api::{Aof, AofBackend, AofRead, AofReadExt, Error, LogOptions, Operation};
use aof_memory::MemoryBackend;
use aof_object_store::{ObjectReader, ObjectStoreBackend, Options, Shipper};
use futures::executor::block_on;
use object_store::memory::InMemory;
use std::sync::Arc;

async fn append(log: &mut Aof<MemoryBackend>, count: usize) {
    for number in 0..count {
        log.append(Operation(200), &vec![number as u8; number * 37 % 3000]).await.unwrap();
    }
    log.checkpoint().await.unwrap();
}

async fn shipped_bytes(wire: &Wire) -> Vec<u8> {
    crate::seen_from(wire, 0).await.unwrap()
}

fn wire() -> Wire {
    wire_to(Arc::new(InMemory::new()), Troubles::none())
}

#[test]
fn a_copy_equals_the_source_byte_for_byte_after_every_step_and_every_stop() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::many(11));
        let mut log = Aof::create(MemoryBackend::with_capacity(64 << 20), LogOptions::new()).await.unwrap();
        let mut source = log.backend_mut().reader().await.unwrap();
        for round in 0..50 {
            append(&mut log, 1 + round % 7).await;
            // As after a kill: nothing but the store is left of the shipper before.
            let mut shipper = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
            shipper.step(&mut source).await.unwrap();
            append(&mut log, 2).await;
            let shipped = shipper.step(&mut source).await.unwrap();
            assert_eq!((shipped.entries, shipped.bytes_behind), (2, 0), "round {round}");
            assert_eq!(shipped.tip, log.tip());
        }
        let source = log.into_inner();
        assert!(shipped_bytes(&wire).await == source.snapshot());
    });
}

/// A file to which its writer is just adding: the reads before `left` is 0 see less of it than those after.
struct Growing {
    left: usize,
    before: MemoryBackend,
    after: MemoryBackend,
}

impl Growing {
    fn now(&mut self) -> &mut MemoryBackend {
        if self.left > 0 { &mut self.before } else { &mut self.after }
    }
}

impl AofRead for Growing {
    async fn seek(&mut self, offset: u64) -> aof_api::Result<()> {
        self.before.seek(offset).await?;
        self.after.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> aof_api::Result<usize> {
        let read = self.now().read(buf).await;
        self.left = self.left.saturating_sub(1);
        read
    }

    async fn start(&mut self) -> aof_api::Result<u64> {
        self.now().start().await
    }

    async fn end(&mut self) -> aof_api::Result<u64> {
        self.now().end().await
    }

    async fn changed(&mut self, end: u64) -> aof_api::Result<u64> {
        self.now().changed(end).await
    }
}

#[test]
fn an_entry_that_is_finished_while_it_is_read_is_no_damage() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 20).await;
        let cut = log.len() as usize - 1000;
        append(&mut log, 3).await;
        let whole = log.into_inner().snapshot();
        // Cut within an entry; and, as with zeros ahead, zeros from there on.
        let zeros = [&whole[..cut], &vec![0; whole.len() - cut][..]].concat();
        for before in [&whole[..cut], &zeros] {
            for left in 0..12 {
                let wire = wire();
                let mut shipper = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
                let (before, after) = (MemoryBackend::from_bytes(before), MemoryBackend::from_bytes(&whole));
                let mut source = Growing { left, before, after };
                for _ in 0..3 {
                    let shipped = shipper.step(&mut source).await;
                    shipped.unwrap_or_else(|error| panic!("after {left} reads: {error}"));
                }
                source.left = 0;
                shipper.step(&mut source).await.unwrap();
                assert!(shipped_bytes(&wire).await == whole, "after {left} reads");
            }
        }
    });
}

#[test]
fn a_torn_end_is_left_for_the_next_step() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 20).await;
        let whole = log.into_inner().snapshot();
        let wire = wire();
        let mut shipper = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
        for cut in [whole.len() / 2, whole.len() - 1, whole.len()] {
            let mut source = MemoryBackend::from_bytes(&whole[..cut]);
            let shipped = shipper.step(&mut source).await.unwrap();
            assert_eq!(shipped.len + shipped.bytes_behind, cut as u64);
            assert!(shipped_bytes(&wire).await == whole[..shipped.len as usize], "cut at {cut}");
        }
        assert_eq!(shipper.log().len(), whole.len() as u64);
    });
}

#[test]
fn a_copy_of_another_log_is_refused_and_not_changed() {
    block_on(async {
        let wire = wire();
        let mut other = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut other, 5).await;
        let mut shipper = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
        shipper.step(&mut other.into_inner()).await.unwrap();
        let before = shipped_bytes(&wire).await;
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 9).await;
        shipper.change_source();
        let refused = shipper.step(&mut log.into_inner()).await;
        assert!(matches!(refused, Err(Error::ChecksumMismatch { .. })), "{refused:?}");
        assert!(shipped_bytes(&wire).await == before);
    });
}

#[test]
fn damage_ends_the_copy_with_everything_before_it() {
    block_on(async {
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 20).await;
        let mut damaged = log.into_inner().snapshot();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        let wire = wire();
        let mut shipper = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
        let refused = shipper.step(&mut MemoryBackend::from_bytes(&damaged)).await;
        assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
        let copied = shipped_bytes(&wire).await;
        assert!(!copied.is_empty() && copied.len() <= middle && copied == damaged[..copied.len()]);
    });
}

#[test]
fn the_way_back_gives_the_log_up_to_an_op() {
    block_on(async {
        let wire = wire();
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 30).await;
        let mut source = log.into_inner();
        Shipper::open(take(&wire).await.unwrap()).await.unwrap().step(&mut source).await.unwrap();
        let mut remote = ObjectReader::open(Arc::new(wire.clone()), "logs/a", Options::new()).await.unwrap();
        let mut back = Shipper::open(MemoryBackend::new()).await.unwrap().until(Target::Op(12));
        let shipped = back.step(&mut remote).await.unwrap();
        assert_eq!((shipped.tip.unwrap().op, shipped.is_complete), (12, true));
        let mut back = Shipper::open(MemoryBackend::new()).await.unwrap().live(false);
        assert!(!back.step(&mut remote).await.unwrap().is_complete);
        let mut all = vec![0; source.len() as usize];
        let mut copy = back.log().backend().snapshot();
        copy.truncate(all.len());
        source.read_all_at(0, &mut all).await.unwrap();
        assert!(copy == all);
    });
}

#[test]
fn a_shipper_that_is_displaced_reports_it() {
    block_on(async {
        let wire = wire();
        let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await.unwrap();
        append(&mut log, 3).await;
        let mut source = log.into_inner();
        let mut shipper: Shipper<ObjectStoreBackend> = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
        let mut successor = Shipper::open(take(&wire).await.unwrap()).await.unwrap();
        assert!(matches!(shipper.step(&mut source).await, Err(Error::Fenced { .. })));
        assert_eq!(successor.step(&mut source).await.unwrap().entries, 3);
    });
}
