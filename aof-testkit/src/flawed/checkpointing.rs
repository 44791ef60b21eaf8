//! Checkpoints with a flaw.

use super::Flaw;
use super::backend::BadBackend;
use super::shared::{lock, wait_for};
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::injected;
use aof_api::storage::NOTE_LEN_MAX;
use aof_api::{AofBackend, Error, Result};
use futures::future::{BoxFuture, ready};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is written as one chunk, for a flaw that forgets the others.
const CHUNK: u64 = 8 << 20;

impl BadBackend {
    pub(super) fn checkpoint_flawed(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let (before, end) = (self.inner.durable_len(), self.inner.len());
        if let Err(error) = self.check_open() {
            return Box::pin(ready(Err(error)));
        }
        lock(&self.shared.pieces).push(end);
        self.shared.erased.store(note.is_empty(), Ordering::SeqCst);
        if self.shared.loses(Call::Checkpoint) {
            // Everything is durable, and the storage does not know.
            let lost = self.inner.checkpoint(note).finish().and(Err(injected(Call::Checkpoint, before)));
            return Box::pin(ready(lost));
        }
        match self.flaw {
            Flaw::DroppedCheckpointIsForgotten if self.shared.fails(Call::Checkpoint) => {
                self.fail_in_the_future(before)
            }
            Flaw::DroppedCheckpointIsTheNextAnswer => self.checkpoint_answered_by_the_one_before(note),
            Flaw::WaitsForTheEarlierOne | Flaw::PruneDoesNotDrive | Flaw::RefusedPruneWaits => {
                self.checkpoint_after_the_earlier_ones(note)
            }
            Flaw::OneCheckpointAtATime if self.shared.is_any_under_way() => {
                Box::pin(ready(Err(injected(Call::Checkpoint, before))))
            }
            Flaw::OneCheckpointAtATime | Flaw::WriteWaitsForCheckpoints => {
                let ((under_way, _), work) = (self.shared.begin(), self.inner.checkpoint(note));
                Box::pin(async move {
                    pending(1).await;
                    let outcome = work.await;
                    drop(under_way);
                    outcome
                })
            }
            Flaw::FailedCloseKeepsTheLock | Flaw::NoteAheadOfTheDisk => Box::pin(self.inner.checkpoint(note)),
            Flaw::ZerosAheadInTheFuture => {
                let (disk, work) = (self.inner.disk().clone(), self.inner.checkpoint(note));
                Box::pin(async move {
                    pending(1).await;
                    disk.overwrite(end as usize, &[0; 512]);
                    work.await
                })
            }
            Flaw::GrowthPoisons => {
                let (disk, shared, work) =
                    (self.inner.disk().clone(), Arc::clone(&self.shared), self.inner.checkpoint(note));
                Box::pin(async move {
                    pending(1).await;
                    if disk.live().len() as u64 != end {
                        let error = injected(Call::Checkpoint, end);
                        shared.poison(&error);
                        return Err(error);
                    }
                    work.await
                })
            }
            Flaw::PromisesWhatCameMeanwhile => {
                let (disk, work) = (self.inner.disk().clone(), self.inner.checkpoint(note));
                Box::pin(async move {
                    pending(1).await;
                    work.await.map(|_| disk.live().len() as u64)
                })
            }
            Flaw::DroppedBackendSaysOk => {
                let work = self.inner.checkpoint(note);
                Box::pin(async move {
                    pending(1).await;
                    match work.await {
                        Err(Error::Closed) => Ok(end),
                        outcome => outcome,
                    }
                })
            }
            Flaw::CheckpointActsAfterTheDrop => {
                let (disk, alive, work) =
                    (self.inner.disk().clone(), Arc::downgrade(&self.alive), self.inner.checkpoint(note));
                Box::pin(async move {
                    pending(1).await;
                    let outcome = work.await;
                    if alive.strong_count() == 0 {
                        disk.state().images.truncate(end as usize, true);
                    }
                    outcome
                })
            }
            Flaw::FenceForgetsWhatWasDurable => {
                let outcome = self.inner.checkpoint(note).finish();
                let settler = self.inner.settler();
                Box::pin(async move {
                    pending(1).await;
                    settler.check()?;
                    outcome
                })
            }
            Flaw::FuturesAreBoundToAThread => {
                let work = self.inner.checkpoint(note);
                Box::pin(async move {
                    let first = std::thread::current().id();
                    pending(1).await;
                    match std::thread::current().id() == first {
                        true => work.await,
                        false => Err(injected(Call::Checkpoint, end)),
                    }
                })
            }
            Flaw::NoteCoversTheEnd => {
                let (disk, shared, note) = (self.inner.disk().clone(), Arc::clone(&self.shared), note.to_vec());
                let work = self.inner.checkpoint(&[]);
                Box::pin(async move {
                    pending(1).await;
                    if !note.is_empty() {
                        *lock(&shared.note) = Some((disk.live().len() as u64, note));
                    }
                    work.await
                })
            }
            _ => {
                let answer = self.checkpoint_now(note, before);
                Box::pin(async move {
                    pending(1).await;
                    answer
                })
            }
        }
    }

    /// The checkpoint of a flaw for which it makes no difference when the work is done.
    fn checkpoint_now(&mut self, note: &[u8], before: u64) -> Result<u64> {
        let answer = match self.flaw {
            Flaw::CheckpointDoesNothing => return self.claim(),
            Flaw::DroppedCheckpointIsForgotten if self.shared.forgotten.load(Ordering::SeqCst) => return self.claim(),
            Flaw::CheckpointForgetsTheLastSector => {
                let whole = self.inner.len() as usize / 512 * 512;
                self.inner.disk().state().images.sync_below(whole);
                return self.claim();
            }
            Flaw::OkAfterTheFirstChunk if self.inner.len() - before > CHUNK => {
                self.inner.disk().state().images.sync_below((before + CHUNK) as usize);
                return self.claim();
            }
            Flaw::CheckpointDiscards => {
                self.inner.checkpoint(note).finish()?;
                self.inner.disk().state().images.truncate(0, true);
                Ok(0)
            }
            Flaw::CheckpointReturnsTheLastOne => self.inner.checkpoint(note).finish().map(|_| before),
            Flaw::SecondCheckpointSucceeds => match self.inner.checkpoint(note).finish() {
                Err(Error::Poisoned { .. }) => return self.claim(),
                other => other,
            },
            Flaw::PoisonHasNoCause => match self.inner.checkpoint(note).finish() {
                Err(Error::Poisoned { .. }) => Err(Error::Poisoned { cause: Arc::new(Error::Closed) }),
                other => other,
            },
            Flaw::FencedWriterContinues => match self.inner.checkpoint(note).finish() {
                Err(Error::Fenced { .. }) => return self.claim(),
                other => other,
            },
            Flaw::LongNoteIsTaken => self.inner.checkpoint(&note[..note.len().min(NOTE_LEN_MAX)]).finish(),
            _ => self.inner.checkpoint(note).finish(),
        };
        self.shared.durable_len.store(self.inner.durable_len(), Ordering::SeqCst);
        self.durable_len = None;
        answer
    }

    fn fail_in_the_future(&mut self, before: u64) -> BoxFuture<'static, Result<u64>> {
        let shared = Arc::clone(&self.shared);
        shared.forgotten.store(true, Ordering::SeqCst);
        Box::pin(async move {
            pending(1).await;
            let error = injected(Call::Checkpoint, before);
            shared.poison(&error);
            Err(error)
        })
    }

    fn checkpoint_answered_by_the_one_before(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let mut begun = lock(&self.shared.begun);
        if let Some(end) = begun.take() {
            return Box::pin(ready(Ok(end)));
        }
        *begun = Some(self.inner.len());
        drop(begun);
        let (shared, work) = (Arc::clone(&self.shared), self.inner.checkpoint(note));
        Box::pin(async move {
            pending(1).await;
            *lock(&shared.begun) = None;
            work.await
        })
    }

    fn checkpoint_after_the_earlier_ones(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let ((under_way, earlier), work) = (self.shared.begin(), self.inner.checkpoint(note));
        Box::pin(async move {
            pending(1).await;
            wait_for(&earlier).await;
            let outcome = work.await;
            drop(under_way);
            outcome
        })
    }

    /// The checkpoint of a flaw that says `Ok` whatever happened.
    fn claim(&mut self) -> Result<u64> {
        let len = self.inner.len();
        self.durable_len = Some(len);
        self.shared.durable_len.store(len, Ordering::SeqCst);
        Ok(len)
    }
}
