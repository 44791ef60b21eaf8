//! The log on top: reading it past damage, beside the writer, and through windows.

use crate::generate::{Bodies, Log, Wound};
use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trial::Trial;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use aof_api::format::{Checksum, Damage};
use aof_api::validate::{self, validate};
use aof_api::{Aof, AofBackend, AofRead, Entries, Error, LogOptions, Operation, Rule, read};

/// The smallest windows that there are, so that there are many edges.
const WINDOW: usize = 4096;

fn windows() -> read::Options {
    read::Options::new().chunk_len(WINDOW)
}

/// Every entry that a reader finds, past all damage.
async fn readable<R: AofRead>(reader: R) -> Result<Vec<Checksum>, Stop> {
    let mut entries = Entries::new(reader, windows());
    let mut found = Vec::new();
    loop {
        match entries.next().await {
            Ok(Some(entry)) => found.push(entry.checksum()),
            Ok(None) => return Ok(found),
            Err(Error::Corrupt { .. }) => drop(entries.resync().await?),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The checksums of all entries but those.
fn others(log: &Log, lost: std::ops::Range<usize>) -> Vec<Checksum> {
    let entries = log.prepares().iter().enumerate().filter(|(entry, _)| !lost.contains(entry));
    entries.map(|(_, prepare)| prepare.checksum()).collect()
}

pub(crate) async fn log_resync_finds_entries_at_every_window_edge<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(2).bodies(Bodies::Fixed(20)).linear();
    let mut random = trial.random();
    // The magic of the entry after the damage begins just before, on and just past the edges.
    let edges = [1, 2].into_iter().flat_map(|window| (0..20).map(move |back| window * WINDOW + 2 - back));
    for len in edges {
        let start = log.range(0).len();
        let garbage = random.bytes(len - start);
        let bytes = [&log.bytes()[..start], &garbage, &log.bytes()[start..]].concat();
        let mut written = trial.written(&bytes).await?;
        let found = readable(written.backend.reader().await?).await?;
        ensure_eq!(found, others(&log, 2..2), "entries with a magic at {len}, read in windows of {WINDOW}");
    }
    Ok(())
}

pub(crate) async fn log_a_magic_inside_a_body_is_not_an_entry<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(40).bodies(Bodies::Deceptive).linear();
    let mut written = trial.written(log.bytes()).await?;
    ensure_eq!(readable(written.backend.reader().await?).await?, others(&log, 40..40), "entries of a whole log");
    for entry in [0, 7, 20, 39] {
        let wounded = log.wounded(&Wound::Header { entry, bit: 771 });
        let mut written = trial.written(&wounded.bytes).await?;
        let found = readable(written.backend.reader().await?).await?;
        ensure_eq!(found, others(&log, wounded.lost), "entries where the header of entry {entry} is damaged");
    }
    Ok(())
}

pub(crate) async fn log_every_wound_is_found_and_every_other_entry_is_read<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.generator().linear();
    let mut random = Random::new(trial.seed);
    for _ in 0..60 {
        let wound = Wound::draw(&mut random, &log);
        let wounded = log.wounded(&wound);
        let mut written = trial.written(&wounded.bytes).await?;
        let found = readable(written.backend.reader().await?).await?;
        let due = others(&log, wounded.lost.clone());
        match wound {
            // An old entry in a wrong place is whole, if it fits there.
            Wound::Misdirected { .. } => {
                let read: Vec<_> = found.into_iter().filter(|checksum| due.contains(checksum)).collect();
                ensure!(read.len() >= due.len(), "{wound:?}: {} of {} entries are read", read.len(), due.len());
            }
            _ => ensure_eq!(found, due, "entries that are read after {wound:?}"),
        }
        let options = validate::Options::new().rule(Rule::Linear).read(windows());
        let validation = validate(written.backend.reader().await?, options, log.tip()).await;
        // Cut between two entries, or without the last one, nothing but the expected tip can tell.
        let reported = validation.is_err() || validation.is_ok_and(|validation| !validation.is_clean());
        ensure!(reported, "{wound:?} was passed over in silence");
    }
    Ok(())
}

pub(crate) async fn log_an_impossible_size_is_named_and_passed<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(3).linear();
    for size in [0, 1, 255, (1 << 20) + 1, u32::MAX] {
        let wounded = log.wounded(&Wound::Size { entry: 1, size });
        let mut written = trial.written(&wounded.bytes).await?;
        let mut entries = Entries::new(written.backend.reader().await?, windows());
        entries.next().await?;
        match entries.next().await {
            Err(Error::Corrupt { offset, reason }) => {
                ensure_eq!((offset, reason.damage()), (log.offset(1), Damage::Size { size }), "the damage");
            }
            other => ensure!(false, "an entry of size {size} was read as {other:?}"),
        }
        entries.resync().await?;
        let next = entries.next().await?.map(|entry| entry.checksum());
        ensure_eq!(next, log.tip(), "the entry after one of size {size}");
    }
    Ok(())
}

pub(crate) async fn log_entries_are_read_while_they_are_written<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut log = Aof::create(trial.create().await?, LogOptions::new()).await?;
    let mut entries = log.entries().await?;
    let mut random = trial.random();
    let (mut written, mut read) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        for _ in 0..random.index(4) {
            let len = random.between(0, 3000);
            written.push(log.append(Operation(200), &random.bytes(len)).await?.checksum);
        }
        // A reader made earlier may see less, and sees everything from the next checkpoint on.
        let durable = random.chance(0.3);
        if durable {
            log.checkpoint().await?;
        }
        loop {
            match entries.next().await {
                Ok(Some(entry)) => read.push(entry.checksum()),
                Ok(None) => break,
                // The last entry is not there yet.
                Err(Error::Corrupt { reason, .. }) if !durable && matches!(reason.damage(), Damage::Torn { .. }) => {
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(written.starts_with(&read), "a reader beside the writer found something else");
        ensure!(!durable || read.len() == written.len(), "{} of {} entries are read", read.len(), written.len());
    }
    Ok(())
}
