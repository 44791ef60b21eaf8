//! B13: pruning gives storage back, and never the last durable write.

use crate::suite::fixture::Fixture;
use crate::suite::polling::{Waits, within};
use crate::suite::trial::{Trial, append, holds, read_from, read_on, same};
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::call::Call;
use crate::wrap::dropping::drop_after;
use aof_api::{AofBackend, AofRead, Error};

/// A log in pieces, where it may be divided, and where its last durable write begins.
struct Pieces<B> {
    backend: B,
    log: Vec<u8>,
    /// 0, and the ends of checkpoints that carried a note.
    divisions: Vec<u64>,
    last_write: u64,
}

impl<B: AofBackend> Pieces<B> {
    /// Appends a piece and makes it durable; every third time without a note.
    async fn add(&mut self, bytes: &[u8], round: usize) -> Verdict {
        // In two writes, the end of the first of which is nowhere to divide the log.
        let (head, rest) = bytes.split_at(bytes.len() / 2);
        append(&mut self.backend, head).await?;
        self.last_write = self.backend.len();
        append(&mut self.backend, rest).await?;
        self.log.extend_from_slice(bytes);
        match round % 3 {
            2 => self.backend.checkpoint(&[]).await?,
            _ => {
                self.divisions.push(self.backend.len());
                self.backend.checkpoint(&[round as u8 + 1; 20]).await?
            }
        };
        Ok(())
    }

    /// Checks the start, and everything from there on.
    async fn begins_at(&mut self, start: u64, when: &str) -> Verdict {
        ensure_eq!(self.backend.start().await?, start, "{when}: start()");
        ensure_eq!(self.backend.len(), self.log.len() as u64, "{when}: len()");
        let mut reader = self.backend.reader().await?;
        ensure_eq!(reader.start().await?, start, "{when}: start() of a new reader");
        // A new reader is at the start, without a seek.
        same(&read_on(&mut reader).await?, &self.log[start as usize..], &format!("{when}: a new reader"))?;
        same(&read_from(&mut self.backend, start).await?, &self.log[start as usize..], &format!("{when}: the log"))?;
        for below in [0, start.saturating_sub(1)].into_iter().filter(|below| *below < start) {
            self.backend.seek(below).await?;
            let refused = self.backend.read(&mut [0; 10]).await;
            ensure_refused!(refused, Error::Pruned { start: said } if said == start, "{when}: a read at {below}");
            reader.seek(below).await?;
            ensure_refused!(reader.read(&mut [0; 10]).await, Error::Pruned { .. }, "{when}: a reader at {below}");
        }
        Ok(())
    }
}

impl<F: Fixture> Trial<'_, F> {
    /// Continues only where the log can be pruned; elsewhere checks that it refuses, whatever is asked for, and skips.
    pub(crate) async fn needs_prune(&self) -> Verdict {
        if self.fixture.capabilities().can_prune() {
            return Ok(());
        }
        let other = self.another();
        let mut backend = other.create_with(&[1; 1000]).await?;
        backend.checkpoint(&[7; 10]).await?;
        ensure_eq!(backend.start().await?, 0, "start() of a storage that does not prune");
        for to in [0, 500, 1000] {
            let refused = backend.prune(to).await.map(|_| ());
            if !matches!(refused, Err(Error::Unsupported { .. })) {
                return self.absent("prune", "Capabilities::prune", refused);
            }
        }
        Err(Stop::Absent("cannot prune".to_owned()))
    }

    /// A durable log of so many pieces.
    async fn pieces(&self, count: usize) -> Result<Pieces<F::Backend>, Stop> {
        let (backend, mut random) = (self.create().await?, self.random());
        let mut pieces = Pieces { backend, log: Vec::new(), divisions: vec![0], last_write: 0 };
        for round in 0..count {
            let len = random.between(200, 900);
            pieces.add(&random.bytes(len), round).await?;
        }
        Ok(pieces)
    }
}

pub(crate) async fn b13_a_pruned_log_begins_where_it_may_be_divided<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    let mut pieces = trial.pieces(40).await?;
    let mut earlier = pieces.backend.reader().await?;
    let (mut before, durable) = (0, pieces.backend.durable_len());
    for part in 1..=8 {
        let to = durable * part / 8;
        let start = pieces.backend.prune(to).await?;
        ensure!(start >= before && start <= to, "prune({to}) of a log that begins at {before} returned {start}");
        ensure!(pieces.divisions.contains(&start), "prune({to}) returned {start}, not one of {:?}", pieces.divisions);
        pieces.begins_at(start, &format!("after prune({to})")).await?;
        same(
            &read_from(&mut earlier, start).await?,
            &pieces.log[start as usize..],
            "an earlier reader above the start",
        )?;
        // Nothing below the start moves it.
        for again in [0, start / 2, start] {
            ensure_eq!(pieces.backend.prune(again).await?, start, "prune({again}) of a log that begins at {start}");
        }
        before = start;
    }
    if !trial.fixture.capabilities().is_coarse() {
        ensure!(before > 0, "prune is declared, and nothing of a log of 40 checkpoints was given back");
        earlier.seek(before - 1).await?;
        ensure_refused!(earlier.read(&mut [0; 5]).await, Error::Pruned { .. }, "an earlier reader below the start");
    }
    pieces.backend = trial.fixture.reopen(pieces.backend).await?;
    pieces.begins_at(before, "a pruned log after a reopen").await
}

pub(crate) async fn b13_a_pruned_log_continues_at_the_same_offsets<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    let mut pieces = trial.pieces(20).await?;
    let mut start = pieces.backend.prune(pieces.backend.durable_len() / 2).await?;
    let mut random = trial.random();
    for round in 0..8 {
        pieces.add(&random.bytes(500), round).await?;
        pieces.begins_at(start, "written after a prune").await?;
        if round % 4 == 3 {
            pieces.backend = trial.fixture.reopen(pieces.backend).await?;
            pieces.begins_at(start, "written after a prune, and opened again").await?;
            // What was found counts as durable only after this.
            pieces.backend.checkpoint(&[]).await?;
            let to = pieces.backend.durable_len() * 3 / 4;
            start = pieces.backend.prune(to).await?;
            pieces.begins_at(start, "pruned again after a reopen").await?;
        }
    }
    if trial.fixture.capabilities().can_truncate() && start > 0 {
        let refused = pieces.backend.truncate(start - 1).await;
        ensure_refused!(refused, Error::OutOfBounds { .. }, "a truncate below the start");
        pieces.begins_at(start, "after a truncate below the start was refused").await?;
    }
    Ok(())
}

pub(crate) async fn b13_prune_above_what_is_durable_is_refused<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    let mut pieces = trial.pieces(10).await?;
    let durable = pieces.backend.durable_len();
    append(&mut pieces.backend, &[1; 300]).await?;
    pieces.log.extend_from_slice(&[1; 300]);
    for to in [durable + 1, durable + 300, u64::MAX] {
        let refused = pieces.backend.prune(to).await;
        ensure_refused!(refused, Error::OutOfBounds { .. }, "prune({to}) with {durable} bytes durable");
        pieces.begins_at(0, "after a prune that was refused").await?;
    }
    Ok(())
}

pub(crate) async fn b13_the_last_durable_write_stays<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    for count in [1, 2, 10] {
        let trial = trial.another();
        let mut pieces = trial.pieces(count).await?;
        let durable = pieces.backend.durable_len();
        append(&mut pieces.backend, b"not durable, and so not what has to stay").await?;
        let start = pieces.backend.prune(durable).await?;
        ensure!(
            start <= pieces.last_write,
            "prune({durable}) returned {start}, the last durable write begins at {}",
            pieces.last_write
        );
        let mut backend = trial.stop(pieces.backend).await?;
        let seen = read_from(&mut backend, start).await?;
        let kept = &pieces.log[start as usize..];
        ensure!(seen.len() >= kept.len(), "{} bytes are left of {} that were durable", seen.len(), kept.len());
        same(&seen[..kept.len()], kept, "what was durable above the start")?;
    }
    Ok(())
}

pub(crate) async fn b13_a_prune_survives_a_crash<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    trial.needs_crash().await?;
    for round in 0..8 {
        let trial = trial.another();
        let mut pieces = trial.pieces(12 + round).await?;
        let start = pieces.backend.prune(pieces.backend.durable_len() * 2 / 3).await?;
        pieces.backend = trial.fixture.crash(pieces.backend, trial.seed.wrapping_add(round as u64)).await?;
        trial.cut_zeros_ahead(&mut pieces.backend, pieces.log.len()).await?;
        pieces.begins_at(start, "a pruned log after a crash").await?;
    }
    Ok(())
}

pub(crate) async fn b13_a_dropped_prune_leaves_an_old_start_or_a_new_one<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    let mut waits = Waits::default();
    for polls in 0..8 {
        let trial = trial.another();
        let mut pieces = trial.pieces(16).await?;
        let to = pieces.backend.durable_len() * 2 / 3;
        let done = drop_after(polls, pieces.backend.prune(to)).await;
        waits.saw(polls, done.is_some());
        pieces.backend = trial.stop(pieces.backend).await?;
        trial.cut_zeros_ahead(&mut pieces.backend, pieces.log.len()).await?;
        let start = pieces.backend.start().await?;
        ensure!(
            start <= to && pieces.divisions.contains(&start),
            "a prune({to}) dropped after {polls} polls left a start of {start}, not one of {:?}",
            pieces.divisions
        );
        pieces.begins_at(start, "after a dropped prune and a stop").await?;
    }
    waits.or_skip("dropped")
}

pub(crate) async fn b13_prune_drives_what_is_under_way<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    let mut pieces = trial.pieces(12).await?;
    append(&mut pieces.backend, &[5; 400]).await?;
    pieces.log.extend_from_slice(&[5; 400]);
    let held = pieces.backend.checkpoint(&[]);
    let to = pieces.backend.durable_len();
    let start = within("prune() with a checkpoint under way", pieces.backend.prune(to)).await??;
    let resolved = within("a checkpoint that was called before a prune", held).await??;
    ensure_eq!(resolved, pieces.log.len() as u64, "what a checkpoint called before a prune resolved to");
    pieces.begins_at(start, "after a prune with a checkpoint under way").await
}

pub(crate) async fn b13_a_prune_that_is_refused_waits_for_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    if trial.fixture.capabilities().can_prune() {
        return Err(Stop::Absent("can prune, so that nothing is refused".to_owned()));
    }
    // What drives checkpoints is a prune that does something (B6). One that is refused changes nothing, and a checkpoint
    // under way keeps its own outcome, whether anybody polls it or not.
    let log = trial.random().bytes(2000);
    for polls in 0..4 {
        let trial = trial.another();
        let mut backend = trial.create_with(&log).await?;
        let mut checkpoint = Box::pin(backend.checkpoint(&[]));
        let early = drop_after(polls, checkpoint.as_mut()).await;
        let refused = within("a prune that is refused", backend.prune(0)).await?;
        ensure_refused!(refused, Error::Unsupported { .. }, "prune(0) with a checkpoint under way");
        let durable = match early {
            Some(durable) => durable?,
            None => within("a checkpoint that was under way", checkpoint).await??,
        };
        ensure_eq!(durable, 2000, "what a checkpoint resolved to, after a prune that was refused");
        holds(&mut backend, &log, "after a prune that was refused").await?;
    }
    Ok(())
}

pub(crate) async fn b13_after_a_failed_prune_the_start_is_what_it_was_or_it_is_poisoned<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    prune_meets(trial, Trouble::Fails(Call::Prune)).await
}

pub(crate) async fn b13_a_prune_whose_answer_is_lost_moved_the_start_or_poisons<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    prune_meets(trial, Trouble::AnswerLost(Call::Prune)).await
}

async fn prune_meets<F: Fixture>(trial: &Trial<'_, F>, trouble: Trouble) -> Verdict {
    trial.needs_prune().await?;
    trial.needs_trouble(trouble)?;
    let mut pieces = trial.pieces(16).await?;
    let to = pieces.backend.durable_len() / 2;
    trial.fixture.trouble(trouble)?;
    let pruned = pieces.backend.prune(to).await;
    let start = match &pruned {
        Ok(start) => *start,
        Err(_) => pieces.backend.start().await?,
    };
    match append(&mut pieces.backend, b"continues").await {
        Ok(()) => {
            ensure!(pruned.is_ok() || start == 0, "a failed prune moved the start to {start} and did not poison");
            pieces.log.extend_from_slice(b"continues");
            pieces.begins_at(start, "after a prune that met trouble").await?;
            pieces.backend.checkpoint(&[]).await?;
        }
        Err(_) => ensure!(pruned.is_err(), "prune returned {pruned:?}, and the next write failed"),
    }
    pieces.backend = trial.fixture.reopen(pieces.backend).await?;
    let start = pieces.backend.start().await?;
    ensure!(pieces.divisions.contains(&start) && start <= to, "the log begins at {start} after a reopen");
    pieces.begins_at(start, "after a prune that met trouble, and a reopen").await
}

pub(crate) async fn b13_a_fenced_writer_prunes_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_prune().await?;
    trial.needs_takeover().await?;
    let mut pieces = trial.pieces(12).await?;
    let to = pieces.backend.durable_len() / 2;
    let mut second = trial.fixture.second_writer().await?;
    let refused = pieces.backend.prune(to).await;
    ensure_refused!(refused, Error::Fenced { .. }, "prune({to}) by a fenced writer");
    ensure_eq!(second.start().await?, 0, "start() of the second writer");
    same(&read_from(&mut second, 0).await?, &pieces.log, "the log of the second writer")
}
