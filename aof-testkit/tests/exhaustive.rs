//! Loops that leave nothing out: every cut length, every bit, every call that can fail.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use aof_api::format::{Checksum, Prepare};
use aof_api::log::TailKind;
use aof_api::storage::IoCall;
use aof_api::validate::{self, FindingKind, validate};
use aof_api::{Aof, AofBackend, Entries, Error, LogOptions, Operation, Recovery, Result, Rule, Tail, read};
use aof_testkit::disk::{SimDisk, SimReader};
use aof_testkit::generate::{Bodies, Generator, Log};
use aof_testkit::{Fault, Faults, Random};
use futures::executor::block_on;
use std::io;

fn small_log() -> Log {
    Generator::new(7).entries(3).bodies(Bodies::Fixed(12)).linear()
}

fn open(bytes: &[u8], options: LogOptions) -> Result<(Vec<u8>, Recovery)> {
    let disk = SimDisk::from_bytes(bytes);
    let (log, recovery) = block_on(Aof::open(disk.open()?, options))?;
    drop(log);
    Ok((disk.live(), recovery))
}

#[test]
fn a_log_cut_at_any_length_keeps_its_whole_entries_and_reports_the_rest() {
    let log = small_log();
    for len in 0..=log.bytes().len() {
        let bytes = &log.bytes()[..len];
        let whole = log.whole_in(len as u64);
        let end = log.offset(whole) as usize;

        let (left, recovery) = open(bytes, LogOptions::new()).unwrap();
        assert_eq!(left, &log.bytes()[..end], "cut at {len}");
        assert_eq!(recovery.entries, whole as u64, "cut at {len}");
        let cut = recovery.cut.map(|cut| (cut.offset, cut.len, cut.kind, cut.entries));
        let due = (end < len).then_some((end as u64, (len - end) as u64, TailKind::Torn, 0));
        assert_eq!(cut, due, "cut at {len}");

        let (left, recovery) = open(bytes, LogOptions::new().tail(Tail::Keep)).unwrap();
        assert_eq!((left.as_slice(), recovery.entries), (bytes, whole as u64), "cut at {len}, kept");

        let refused = open(bytes, LogOptions::new().tail(Tail::Refuse));
        assert_eq!(refused.is_err(), end < len, "cut at {len}: {refused:?}");
        if let Some(durable) = (end as u64).checked_add(1).filter(|durable| *durable <= log.bytes().len() as u64) {
            assert!(open(bytes, LogOptions::new().durable_len(durable)).is_err(), "cut at {len}, {durable} durable");
        }
    }
}

fn reader(bytes: &[u8]) -> SimReader {
    SimDisk::from_bytes(bytes).reader()
}

/// The smallest: there is little to allocate.
fn windows() -> read::Options {
    read::Options::new().chunk_len(4096)
}

fn readable(bytes: &[u8]) -> Vec<Checksum> {
    let mut entries = Entries::new(reader(bytes), windows());
    let mut found = Vec::new();
    block_on(async {
        loop {
            match entries.next().await {
                Ok(Some(entry)) => found.push(entry.checksum()),
                Ok(None) => return,
                Err(_) => assert!(entries.resync().await.unwrap().is_some(), "resync passed nothing"),
            }
        }
    });
    found
}

#[test]
fn every_flipped_bit_is_located_and_costs_one_entry() {
    let log = small_log();
    let all: Vec<_> = log.prepares().iter().map(Prepare::checksum).collect();
    for bit in 0..log.bytes().len() * 8 {
        let mut bytes = log.bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let entry = (0..all.len()).find(|entry| log.range(*entry).contains(&(bit / 8))).unwrap();

        let due: Vec<_> = (0..all.len()).filter(|other| *other != entry).map(|other| all[other]).collect();
        assert_eq!(readable(&bytes), due, "bit {bit}");

        let options = validate::Options::new().rule(Rule::SeenParent).read(windows());
        let validation = block_on(validate(reader(&bytes), options, None)).unwrap();
        let first = &validation.findings[0];
        assert_eq!(first.offset, log.offset(entry), "bit {bit}");
        assert!(matches!(first.kind, FindingKind::Damage { .. }), "bit {bit}: {first:?}");
    }
}

/// What the writer heard.
#[derive(Debug, Default)]
struct Told {
    /// Checksums in the order in which they were written.
    written: Vec<Checksum>,
    /// How many of them were durable when a checkpoint answered Ok.
    durable: usize,
}

/// A short life of a log: two openings, appends, checkpoints, a cut, a reader, a validation. It ends at the first error.
async fn live(disk: &SimDisk, told: &mut Told) -> Result<()> {
    let mut random = Random::new(3);
    for _ in 0..2 {
        let (mut log, _) = Aof::open(disk.open()?, LogOptions::new()).await?;
        for round in 0..3 {
            let body = random.bytes(200 * round);
            told.written.push(log.append(Operation(200), &body).await?.checksum);
            let many = [(Operation(200), random.bytes(700)), (Operation(201), random.bytes(10))];
            told.written.extend(log.append_all(&many).await?.iter().map(|appended| appended.checksum));
            if round < 2 {
                log.checkpoint().await?;
                told.durable = told.written.len();
            }
        }
        let mut entries = log.entries().await?;
        while entries.next().await?.is_some() {}
        let validation = log.validate(Rule::Linear, told.written.last().copied()).await?;
        // A validation continues after a place that cannot be read, and reports it.
        if let Some(finding) = validation.findings.first() {
            assert!(matches!(finding.kind, FindingKind::Unreadable { .. }), "{finding:?}");
            return Err(Error::io(IoCall::Read, finding.offset, io::Error::other("unreadable")));
        }
        // The cut keeps what was durable, and the last write is not.
        let mut backend = log.into_inner();
        let len = backend.durable_len();
        backend.truncate(len).await?;
        told.written.truncate(told.durable);
        backend.close().await?;
    }
    Ok(())
}

/// Row 1 of the faults after whatever happened: what was durable is there, and a prefix of what was written follows.
fn expect_row_1(disk: &SimDisk, told: &Told, when: &str) {
    disk.faults().disable();
    let (log, _) = block_on(Aof::open(disk.open().unwrap(), LogOptions::new())).unwrap_or_else(|error| {
        panic!("{when}: the log does not open: {error:?}");
    });
    drop(log);
    let found = readable(&disk.live());
    assert!(found.len() >= told.durable, "{when}: {} of {} durable entries", found.len(), told.durable);
    let common = found.len().min(told.written.len());
    assert_eq!(found[..common], told.written[..common], "{when}");
    // A write that failed may be there: its failure does not say that it is not. It is one call of at most two entries.
    assert!(found.len() <= told.written.len() + 2, "{when}: {} entries of {}", found.len(), told.written.len());
}

#[test]
fn the_nth_call_that_fails_leaves_what_was_durable_for_every_n() {
    for for_good in [false, true] {
        let mut clean = false;
        for nth in 1..500 {
            for crash in [false, true] {
                let disk = SimDisk::new().with_faults(Faults::seeded(nth).fail_nth_call(nth, for_good));
                let mut told = Told::default();
                let ended = block_on(live(&disk, &mut told));
                let when = format!(
                    "call {nth} failed (for good: {for_good}), crash: {crash}, {ended:?}, {:?}",
                    disk.faults().fired()
                );
                clean = disk.faults().fired().is_empty();
                // A read that fails once after whole entries is tried again, and then succeeds.
                let reads = disk.faults().fired().iter().all(|fired| fired.fault == Fault::ReadFails);
                assert!(if for_good || !reads { ended.is_ok() == clean } else { true }, "{when}");
                let typed = matches!(&ended, Ok(()) | Err(Error::Io { .. } | Error::Poisoned { .. }));
                assert!(typed, "{when}");
                if crash {
                    disk.crash(nth);
                }
                expect_row_1(&disk, &told, &when);
            }
            if clean {
                break;
            }
        }
        assert!(clean, "no run was clean");
    }
}
