//! The log on top: opening it when its end, or something before its end, is damaged.

use crate::generate::{Bodies, Log, Wound};
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, holds, sees};
use crate::suite::verdict::{Verdict, ensure, ensure_eq, ensure_refused};
use crate::wrap::lent::Lent;
use aof_api::format::Damage;
use aof_api::log::{CutPiece, TailKind};
use aof_api::storage::CorruptReason;
use aof_api::{Aof, Error, LogOptions, Operation, Recovery, Tail};

const TAILS: [Tail; 4] = [Tail::Truncate, Tail::TruncateTorn, Tail::Keep, Tail::Refuse];

/// The bytes of a cut.
fn pieces(recovery: &Recovery) -> Vec<u8> {
    let cut = recovery.cut.iter().flat_map(|cut| &cut.pieces);
    cut.flat_map(|piece| match piece {
        CutPiece::Bytes(bytes) => bytes.clone(),
        CutPiece::Zeros(len) => vec![0; *len as usize],
    })
    .collect()
}

impl<F: Fixture> Trial<'_, F> {
    /// 12 entries as `append` makes them, with a checkpoint after the eighth, which the last four record.
    fn acknowledged_log(&self) -> Log {
        self.generator().entries(12).bodies(Bodies::Fixed(100)).checkpoint_every(8).linear()
    }

    /// Opens a damaged log under each policy, and checks that the damage was found to be a tail.
    async fn tail_at(&self, log: &Log, damaged: &[u8], whole: usize, options: LogOptions) -> Verdict {
        let offset = log.offset(whole);
        let tip = log.prepares()[..whole].last().map(|prepare| prepare.checksum());

        let written = self.written(damaged).await?;
        let opened = Aof::open(written.backend, options.clone().tail(Tail::Refuse)).await.map(|_| ());
        ensure_refused!(
            opened,
            Error::Corrupt { offset: found, reason: CorruptReason::TailRefused { .. } } if found == offset,
            "opening with Tail::Refuse, with a tail at {offset}"
        );

        let written = self.written(damaged).await?;
        let (mut opened, recovery) = Aof::open(written.backend, options.clone().tail(Tail::Keep)).await?;
        ensure_eq!(recovery.entries, whole as u64, "entries of a log that kept its tail");
        ensure_eq!(opened.len(), damaged.len() as u64, "the length of a log that kept its tail");
        let appended = opened.append(Operation(200), b"after the tail").await?;
        ensure_eq!(appended.op, whole as u64 + 1, "the op of an append after a kept tail");
        ensure!(appended.offset >= damaged.len() as u64, "it is at {}, inside a tail that was kept", appended.offset);
        let last = opened.append(Operation(200), b"one more").await?;
        opened.checkpoint().await?;
        let mut backend = opened.into_inner();
        // Nothing is missing now, under any policy.
        for tail in TAILS {
            let reopened = written.trial.fixture.reopen(backend).await?;
            let (again, recovery) = Aof::open(reopened, options.clone().tail(tail)).await?;
            ensure_eq!((recovery.entries, recovery.cut), (whole as u64 + 2, None), "{tail:?} after a kept tail");
            ensure_eq!(again.tip().map(|tip| tip.checksum), Some(last.checksum), "its tip, {tail:?}");
            backend = again.into_inner();
        }

        let mut written = self.written(damaged).await?;
        self.needs_truncate(&mut written.backend).await?;
        let (opened, recovery) = Aof::open(written.backend, options.clone()).await?;
        ensure_eq!(recovery.entries, whole as u64, "entries of a log whose tail was cut");
        ensure_eq!(opened.tip().map(|tip| tip.checksum), tip, "its tip");
        ensure_eq!(opened.len(), offset, "its length");
        ensure_eq!(opened.durable_len(), offset, "its durable length");
        ensure_eq!(pieces(&recovery), &damaged[offset as usize..], "what the recovery says was cut");
        let mut backend = written.trial.fixture.reopen(opened.into_inner()).await?;
        holds(&mut backend, &damaged[..offset as usize], "a log whose tail was cut, opened again").await?;

        let written = self.written(damaged).await?;
        let opened = Aof::open(written.backend, options.tail(Tail::TruncateTorn)).await;
        if recovery.cut.is_some_and(|cut| cut.kind == TailKind::Corrupt) {
            ensure_refused!(
                opened.map(|_| ()),
                Error::Corrupt { offset: found, reason: CorruptReason::TailRefused { .. } } if found == offset,
                "opening with Tail::TruncateTorn, with more than a torn entry at {offset}"
            );
        } else {
            ensure_eq!(opened?.0.len(), offset, "the length after opening with Tail::TruncateTorn");
        }
        Ok(())
    }

    /// Opens a damaged log under each policy, and checks that it is refused and left as it is.
    async fn loss_at(&self, damaged: &[u8], options: LogOptions, due: fn(&CorruptReason) -> bool) -> Verdict {
        for tail in TAILS {
            let written = self.written(damaged).await?;
            let (lent, slot) = Lent::new(written.backend);
            match Aof::open(lent, options.clone().tail(tail)).await.map(|_| ()) {
                Err(Error::Corrupt { reason, .. }) if due(&reason) => {}
                other => ensure!(false, "opening a log that lost something, {tail:?}: {other:?}"),
            }
            match slot.take() {
                Some(mut backend) => sees(&mut backend, damaged, "a log after a refused opening").await?,
                None => ensure!(false, "a refused opening kept the storage"),
            }
        }
        Ok(())
    }
}

pub(crate) async fn log_a_torn_tail_is_cut_at_every_byte<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(2).bodies(Bodies::Fixed(9)).linear();
    let (start, end) = (log.offset(1), log.offset(2));
    for len in start..end {
        let mut written = trial.written(&log.bytes()[..len as usize]).await?;
        if len > start {
            trial.needs_truncate(&mut written.backend).await?;
        }
        let (opened, recovery) = Aof::open(written.backend, LogOptions::new()).await?;
        ensure_eq!((recovery.entries, opened.len()), (1, start), "a log of two entries, torn at byte {len}");
        match recovery.cut {
            None => ensure_eq!(len, start, "the length of a log that was not cut"),
            Some(cut) => ensure_eq!(
                (cut.offset, cut.len, cut.kind),
                (start, len - start, TailKind::Torn),
                "the cut of a log that is torn at byte {len}"
            ),
        }
    }
    Ok(())
}

pub(crate) async fn log_a_tail_of_zeros_is_reported_and_cut<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(3).linear();
    for len in [1, 15, 16, 272, 4096, 10_000] {
        let damaged = log.wounded(&Wound::ZeroTail { len }).bytes;
        let mut written = trial.written(&damaged).await?;
        trial.needs_truncate(&mut written.backend).await?;
        let (opened, recovery) = Aof::open(written.backend, LogOptions::new()).await?;
        ensure_eq!((recovery.entries, opened.len()), (3, log.bytes().len() as u64), "a log with {len} zeros after it");
        ensure_eq!(recovery.cut.map(|cut| (cut.len, cut.kind)), Some((len as u64, TailKind::Zero)), "the cut");
    }
    Ok(())
}

pub(crate) async fn log_damage_above_the_last_checkpoint_is_a_tail<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.acknowledged_log();
    // Op 9 is the first that no checkpoint covered; a hole in it leaves whole entries after it.
    for entry in [8, 10, 11] {
        let damaged = log.wounded(&Wound::Body { entry, bit: 5 }).bytes;
        trial.tail_at(&log, &damaged, entry, LogOptions::new()).await?;
        for keep in [1, 100, 272, 371] {
            let torn = log.wounded(&Wound::TornInside { entry, keep }).bytes;
            trial.tail_at(&log, &torn, entry, LogOptions::new()).await?;
        }
    }
    // Sectors that did not come: of one entry, and of two.
    let entries = log.range(9).start..log.range(10).end;
    for range in [log.range(8), entries, log.range(11)] {
        let holed = log.wounded(&Wound::Hole { range });
        trial.tail_at(&log, &holed.bytes, holed.lost.start, LogOptions::new()).await?;
    }
    Ok(())
}

pub(crate) async fn log_damage_below_the_last_checkpoint_is_refused<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.acknowledged_log();
    for entry in [1, 7] {
        for wound in [
            Wound::Body { entry, bit: 5 },
            Wound::Header { entry, bit: 1900 },
            Wound::Magic { entry, bit: 0 },
            Wound::Hole { range: log.range(entry) },
            Wound::Removed { entry },
        ] {
            // A missing entry is not damage: the chain shows it.
            if matches!(wound, Wound::Removed { .. }) {
                let written = trial.written(&log.wounded(&wound).bytes).await?;
                let opened = Aof::open(written.backend, LogOptions::new()).await.map(|_| ());
                ensure_refused!(opened, Error::ChainBroken { .. }, "the opening of a log without entry {entry}");
                continue;
            }
            let damaged = log.wounded(&wound).bytes;
            trial
                .loss_at(&damaged, LogOptions::new(), |reason| matches!(reason, CorruptReason::Acknowledged { .. }))
                .await?;
        }
    }
    Ok(())
}

pub(crate) async fn log_the_durable_length_distinguishes_a_tail_from_a_loss<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    // Recorded by a replica: no entry says what was checkpointed.
    let log = trial.generator().entries(8).bodies(Bodies::Fixed(50)).linear();
    let durable = |entries| LogOptions::new().durable_len(log.offset(entries));
    let damaged = log.wounded(&Wound::Body { entry: 4, bit: 0 }).bytes;
    trial.tail_at(&log, &damaged, 4, durable(4)).await?;
    trial.loss_at(&damaged, durable(5), |reason| matches!(reason, CorruptReason::Durable { .. })).await?;
    // Nothing records what was acknowledged, and whole entries follow the damage.
    trial.loss_at(&damaged, LogOptions::new(), |reason| matches!(reason, CorruptReason::EntriesBehind { .. })).await?;
    // The end of the log itself can be missing.
    let short = &log.bytes()[..log.offset(6) as usize];
    trial.loss_at(short, durable(7), |reason| matches!(reason, CorruptReason::Durable { .. })).await
}

pub(crate) async fn log_a_cautious_opening_cuts_only_what_is_torn<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().entries(4).bodies(Bodies::Fixed(100)).linear();
    let options = LogOptions::new().tail(Tail::TruncateTorn);
    let (header, end) = (log.range(2).start + 100, log.bytes().len());
    for wound in [
        Wound::Cut { len: end - 1 },
        Wound::ZeroTail { len: 600 },
        // Torn in space that was allocated ahead, in a header and in a body.
        Wound::CutInZeros { len: header, zeros: 10_000 },
        Wound::CutInZeros { len: end - 1, zeros: 10_000 },
    ] {
        let wounded = log.wounded(&wound);
        let mut written = trial.written(&wounded.bytes).await?;
        trial.needs_truncate(&mut written.backend).await?;
        let (opened, recovery) = Aof::open(written.backend, options.clone()).await?;
        let whole = wounded.lost.start;
        ensure_eq!((recovery.entries, opened.len()), (whole as u64, log.offset(whole)), "a log after {wound:?}");
    }
    let damaged = log.wounded(&Wound::Body { entry: 3, bit: 1 }).bytes;
    let written = trial.written(&damaged).await?;
    let opened = Aof::open(written.backend, options).await.map(|_| ());
    let refused = CorruptReason::TailRefused { damage: Damage::BodyChecksum, entries: 3, entries_after: 0 };
    ensure_refused!(opened, Error::Corrupt { reason, .. } if reason == refused, "a last entry with a flipped bit");
    Ok(())
}

pub(crate) async fn log_something_that_is_not_a_log_is_left_alone<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let page = b"<!DOCTYPE html> this is not a log, whatever its name says".repeat(30);
    trial.loss_at(&page, LogOptions::new(), |reason| matches!(reason, CorruptReason::NotALog(_))).await
}

pub(crate) async fn log_after_a_crash_all_that_was_checkpointed_is_there<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    trial.needs_crash().await?;
    let mut random = trial.random();
    let mut backend = trial.create().await?;
    let mut checkpointed = None;
    for round in 0..20 {
        let (mut log, recovery) = Aof::open(backend, LogOptions::new()).await?;
        let op = recovery.tip.map_or(0, |tip| tip.op);
        ensure!(checkpointed.is_none_or(|checkpointed| op >= checkpointed), "crash {round} left {op} entries");
        for _ in 0..random.index(5) {
            log.append(Operation(200), &vec![round; 300]).await?;
        }
        log.checkpoint().await?;
        checkpointed = log.tip().map(|tip| tip.op);
        for _ in 0..random.index(5) {
            log.append(Operation(200), &vec![round; 300]).await?;
        }
        let validation = log.validate(aof_api::Rule::Linear, log.tip().map(|tip| tip.checksum)).await?;
        ensure!(validation.is_clean(), "round {round}: {:?}", validation.findings);
        backend = trial.fixture.crash(log.into_inner(), random.next_u64()).await?;
    }
    Ok(())
}
