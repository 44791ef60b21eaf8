//! B12: a full storage refuses writes, and continues to work.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, sees};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use aof_api::{AofBackend, Error};
use std::io::IoSlice;

const CAPACITY: u64 = 64 * 1024;

/// What a fixture may give beyond the capacity that was asked for.
const CAPACITY_MAX: u64 = 2 * CAPACITY + 1024 * 1024;

/// Why a write was refused.
struct Refusal {
    needed: u64,
    available: u64,
}

impl<F: Fixture> Trial<'_, F> {
    /// A log with a bound, or a skip where there is none.
    async fn bounded(&self) -> Result<F::Backend, Stop> {
        let created = self.fixture.create_with_capacity(CAPACITY).await;
        if self.fixture.capabilities().can_fill() {
            return Ok(created?);
        }
        self.absent("bound a log", "Capabilities::capacity", created.map(|_| ()))?;
        Err(Stop::broken("a log with a bound was made"))
    }
}

/// Writes pieces of `size` bytes until one is refused.
async fn fill<B: AofBackend>(backend: &mut B, log: &mut Vec<u8>, size: usize) -> Result<Refusal, Stop> {
    loop {
        let piece = vec![(log.len() / size) as u8; size];
        match backend.write(&[IoSlice::new(&piece[..1]), IoSlice::new(&piece[1..])]).await {
            Ok(_) => log.extend(piece),
            Err(Error::Full { needed, available }) => return Ok(Refusal { needed, available }),
            Err(error) => return Err(Stop::broken(format_args!("a write at {} returned {error:?}", log.len()))),
        }
        ensure!(log.len() as u64 <= CAPACITY_MAX, "a log of {CAPACITY} bytes took {}", log.len());
    }
}

pub(crate) async fn b12_no_room_is_full_and_nothing_was_appended<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_unbuffered_writes()?;
    let (mut backend, mut log) = (trial.bounded().await?, Vec::new());
    let refusal = fill(&mut backend, &mut log, 7001).await?;
    ensure_eq!(refusal.needed, 7001, "the bytes that a refused write needs");
    ensure!(refusal.available < 7001, "a write of 7001 bytes was refused with {} available", refusal.available);
    ensure!(log.len() as u64 + 7001 > CAPACITY, "a log of {CAPACITY} bytes was full with {}", log.len());
    holds(&mut backend, &log, "after a write that did not fit").await?;
    backend.checkpoint(&[]).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    holds(&mut backend, &log, "a full log, opened again").await
}

pub(crate) async fn b12_a_write_that_never_fits_is_full_at_once<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.bounded().await?;
    append(&mut backend, b"small").await?;
    let huge = vec![1; CAPACITY_MAX as usize + 1];
    ensure_refused!(backend.write(&[IoSlice::new(&huge)]).await, Error::Full { .. }, "a write of {} bytes", huge.len());
    holds(&mut backend, b"small", "after a write that never fits").await?;
    append(&mut backend, b" continues").await?;
    holds(&mut backend, b"small continues", "after a write that fits").await
}

/// The one way in which a checkpoint may find that there is no room: nothing is lost by it.
pub(crate) async fn b12_a_checkpoint_without_room_keeps_what_was_written<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    if !trial.fixture.capabilities().can_buffer_writes() {
        return Err(Stop::Absent("does not buffer writes".to_owned()));
    }
    let (mut backend, mut log) = (trial.bounded().await?, Vec::new());
    let durable = loop {
        append(&mut backend, &[log.len() as u8; 701]).await?;
        log.resize(log.len() + 701, log.len() as u8);
        match backend.checkpoint(&[]).await {
            Ok(_) => {}
            Err(Error::Full { .. }) => break log.len() as u64 - 701,
            Err(error) => return Err(Stop::broken(format_args!("a checkpoint without room returned {error:?}"))),
        }
        ensure!(log.len() as u64 <= CAPACITY_MAX, "a log of {CAPACITY} bytes took {}", log.len());
    };
    ensure_eq!(backend.durable_len(), durable, "durable_len() after a checkpoint without room");
    holds(&mut backend, &log, "after a checkpoint without room").await?;
    ensure_refused!(backend.checkpoint(&[]).await, Error::Full { .. }, "one more checkpoint without room");
    trial.needs_truncate(&mut backend).await?;
    backend.truncate(701).await?;
    holds(&mut backend, &log[..701], "a full log after a cut").await?;
    append(&mut backend, b"continues").await?;
    ensure_eq!(backend.checkpoint(&[]).await?, 710, "a checkpoint where a cut has made room");
    Ok(())
}

pub(crate) async fn b12_a_full_log_still_reads_and_checkpoints<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_unbuffered_writes()?;
    let (mut backend, mut log) = (trial.bounded().await?, Vec::new());
    let mut earlier = backend.reader().await?;
    fill(&mut backend, &mut log, 3001).await?;
    let durable = backend.checkpoint(&[]).await?;
    ensure_eq!(durable, log.len() as u64, "the result of a checkpoint of a full log");
    ensure_eq!(backend.durable_len(), durable, "durable_len() of a full log");
    sees(&mut earlier, &log, "an earlier reader of a full log").await?;
    let mut later = backend.reader().await?;
    sees(&mut later, &log, "a reader of a full log").await?;
    // Refused again, for want of room and not for poison.
    ensure_refused!(backend.write(&[IoSlice::new(&[1; 3001])]).await, Error::Full { .. }, "a write to a full log");
    ensure_eq!(backend.checkpoint(&[]).await?, durable, "the result of one more checkpoint");
    holds(&mut backend, &log, "a full log").await
}

pub(crate) async fn b12_a_smaller_write_that_fits_is_taken<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut log) = (trial.bounded().await?, Vec::new());
    // Ever smaller pieces, down to the last byte.
    for size in [9973, 997, 97, 7, 2] {
        let refusal = fill(&mut backend, &mut log, size).await?;
        ensure_eq!(refusal.needed, size as u64, "the bytes that a refused write needs");
        holds(&mut backend, &log, &format!("filled with pieces of {size} bytes")).await?;
    }
    ensure!(log.len() as u64 + 2 > CAPACITY, "a log of {CAPACITY} bytes was full with {}", log.len());
    Ok(())
}

pub(crate) async fn b12_a_cut_makes_room<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_unbuffered_writes()?;
    let (mut backend, mut log) = (trial.bounded().await?, Vec::new());
    fill(&mut backend, &mut log, 5003).await?;
    trial.needs_truncate(&mut backend).await?;
    let full = log.len();
    backend.truncate(5003).await?;
    log.truncate(5003);
    holds(&mut backend, &log, "a full log after a cut").await?;
    fill(&mut backend, &mut log, 5003).await?;
    ensure_eq!(log.len(), full, "the bytes that fit after a cut");
    holds(&mut backend, &log, "a log filled again").await
}
