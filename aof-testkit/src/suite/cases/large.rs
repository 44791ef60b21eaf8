//! B1, B4 and B6 at size: many pieces, many bytes, one huge write.

use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, holds, same};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq};
use aof_api::{AofBackend, AofReadExt, Error};
use std::io::IoSlice;

/// Many bytes, of which no two blocks are the same, faster than random ones are made.
fn many_bytes(random: &mut Random, len: usize) -> Vec<u8> {
    // A prime, so that blocks begin anywhere in a sector, a page or a piece.
    let block = random.bytes(65_521);
    let mut bytes = Vec::with_capacity(len + block.len());
    while bytes.len() < len {
        let at = bytes.len();
        bytes.extend_from_slice(&block);
        bytes[at..at + 8].copy_from_slice(&(at as u64).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Where the pieces of a log end: as many as the scale says, of all lengths around the average.
fn ends(random: &mut Random, bytes: usize, pieces: usize) -> Vec<usize> {
    let average = (bytes / pieces.max(1)).max(1);
    let mut end = 0;
    (0..pieces)
        .map(|piece| {
            end += match piece % 100 {
                // Longer than 16 bits can say, and as short as can be.
                0 => average.max(70_000),
                1 => 1,
                _ => random.between(1, 2 * average - 1),
            };
            end
        })
        .collect()
}

impl<F: Fixture> Trial<'_, F> {
    /// A log of as many checkpoints as the scale says, its bytes, and where they were.
    async fn many_checkpoints(&self) -> Result<(F::Backend, Vec<u8>, Vec<usize>), Stop> {
        let (mut random, scale) = (self.random(), self.fixture.scale());
        let ends = ends(&mut random, scale.bytes, scale.checkpoints);
        let log = many_bytes(&mut random, ends.last().copied().unwrap_or_default());
        let mut backend = self.create_for(log.len() + 1024).await?;
        let mut from = 0;
        for (piece, end) in ends.iter().copied().enumerate() {
            append(&mut backend, &log[from..end]).await?;
            let durable = backend.checkpoint(&[]).await?;
            ensure!(durable >= end as u64, "checkpoint {piece} of {end} bytes resolved to {durable}");
            from = end;
            // What is counted from opening on begins again in the middle.
            if piece == ends.len() / 2 {
                backend = self.fixture.reopen(backend).await?;
                ensure_eq!(backend.len(), end as u64, "the length after {} checkpoints and a reopen", piece + 1);
            }
        }
        Ok((backend, log, ends))
    }
}

pub(crate) async fn b1_the_largest_write_is_whole<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let len = trial.fixture.scale().write_bytes;
    let bytes = many_bytes(&mut trial.random(), len);
    let mut backend = trial.create_for(len + 1024).await?;
    append(&mut backend, b"before").await?;
    let (head, rest) = bytes.split_at(len.min(272));
    match backend.write(&[IoSlice::new(head), IoSlice::new(&[]), IoSlice::new(rest)]).await {
        Ok(offset) => ensure_eq!(offset, 6, "the offset of a write of {len} bytes"),
        Err(Error::Full { .. }) if !trial.fixture.capabilities().can_fill() => {
            holds(&mut backend, b"before", "after a write for which there is no room").await?;
            return Err(Stop::Absent(format!("has no room for a write of {len} bytes")));
        }
        Err(error) => return Err(Stop::broken(format_args!("a write of {len} bytes failed: {error:?}"))),
    }
    append(&mut backend, b"after").await?;
    let log = [b"before", &bytes[..], b"after"].concat();
    drop(bytes);
    holds(&mut backend, &log, &format!("after a write of {len} bytes")).await?;
    let durable = backend.checkpoint(&[]).await?;
    ensure_eq!(durable, log.len() as u64, "what the checkpoint of a write of {len} bytes resolved to");
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, log.len()).await?;
    holds(&mut backend, &log, &format!("a write of {len} bytes, checkpointed and stopped")).await
}

pub(crate) async fn b4_reads_begin_inside_any_of_a_thousand_pieces<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, log, ends) = trial.many_checkpoints().await?;
    let (mut reader, mut random) = (backend.reader().await?, trial.random());
    let mut from = 0;
    for (piece, end) in ends.into_iter().enumerate() {
        let at = random.between(from, end - 1);
        let wanted = &log[at..log.len().min(at + 300)];
        let mut seen = vec![0; wanted.len()];
        let count = backend.read_all_at(at as u64, &mut seen).await?;
        same(&seen[..count], wanted, &format!("a read at {at}, inside piece {piece}"))?;
        let count = reader.read_all_at(at as u64, &mut seen).await?;
        same(&seen[..count], wanted, &format!("a reader at {at}, inside piece {piece}"))?;
        from = end;
    }
    Ok(())
}

pub(crate) async fn b6_a_thousand_checkpoints_are_there_after_a_reopen<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, log, _) = trial.many_checkpoints().await?;
    holds(&mut backend, &log, "after many checkpoints").await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    holds(&mut backend, &log, "many checkpoints after a reopen").await?;
    append(&mut backend, b"and more").await?;
    backend.checkpoint(&[]).await?;
    let mut backend = trial.fixture.reopen(backend).await?;
    holds(&mut backend, &[&log[..], b"and more"].concat(), "one checkpoint more after a reopen").await
}

pub(crate) async fn b6_a_thousand_checkpoints_survive_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let (mut backend, log, _) = trial.many_checkpoints().await?;
    append(&mut backend, b"not durable").await?;
    let mut backend = trial.fixture.crash(backend, trial.seed).await?;
    let mut seen = vec![0; log.len()];
    let count = backend.read_all_at(0, &mut seen).await?;
    same(&seen[..count], &log, "many checkpoints after a crash")
}

pub(crate) async fn b6_one_checkpoint_of_many_megabytes_survives<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = many_bytes(&mut trial.random(), trial.fixture.scale().bytes);
    let mut backend = trial.create_for(log.len() + 1024).await?;
    for piece in log.chunks(1 << 20) {
        append(&mut backend, piece).await?;
    }
    ensure_eq!(
        backend.checkpoint(&[]).await?,
        log.len() as u64,
        "what a checkpoint of {} bytes resolved to",
        log.len()
    );
    let mut backend = trial.stop(backend).await?;
    trial.cut_zeros_ahead(&mut backend, log.len()).await?;
    holds(&mut backend, &log, "one checkpoint of many megabytes, and a stop").await
}
