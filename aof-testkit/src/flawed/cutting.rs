//! Truncates and prunes with a flaw.

use super::Flaw;
use super::backend::BadBackend;
use super::shared::lock;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::injected;
use aof_api::{AofBackend, Error, Result};
use std::sync::atomic::Ordering;

impl BadBackend {
    pub(super) async fn truncate_flawed(&mut self, len: u64) -> Result<()> {
        let before = self.inner.len();
        if self.shared.loses(Call::Truncate) {
            // Everything is cut, and the storage does not know.
            self.inner.truncate(len).await?;
            return Err(injected(Call::Truncate, len));
        }
        match self.flaw {
            Flaw::TearsWithoutTruncate => return Err(Error::Unsupported { what: "cutting" }),
            Flaw::WaitsForTheEarlierOne => self.shared.wait_for_all().await,
            Flaw::FailedTruncateContinues if self.shared.fails(Call::Truncate) => {
                return Err(injected(Call::Truncate, len));
            }
            Flaw::CutIsNotDurable if len < before => {
                self.inner.disk().state().images.truncate(len as usize, false);
                self.durable_len = Some(len);
                return Ok(());
            }
            Flaw::CutBytesComeBack if len < before => {
                *lock(&self.shared.cut) = self.inner.disk().live();
            }
            // Not by so much that it fills the memory.
            Flaw::TruncateExtends if len > before && len < 1 << 20 => {
                self.store(&vec![0; (len - before) as usize]).await?;
                return Ok(());
            }
            Flaw::DroppedTruncateStopsHalfway if len < before => {
                self.inner.truncate(len + (before - len) / 2).await?;
                pending(1).await;
            }
            Flaw::TruncateIgnoresTheFence => {
                pending(1).await;
                if self.inner.settler().check().is_err() {
                    self.inner.disk().state().images.truncate(len as usize, true);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.inner.truncate(len).await?;
        self.durable_len = None;
        self.shared.durable_len.store(len, Ordering::SeqCst);
        Ok(())
    }

    pub(super) async fn prune_flawed(&mut self, to: u64) -> Result<u64> {
        let durable = self.inner.durable_len();
        match self.flaw {
            Flaw::PruneGivesNothingBack if to <= durable => Ok(0),
            Flaw::PruneTakesAnything => self.inner.prune(to.min(durable)).await,
            Flaw::PruneDoesNotDrive | Flaw::WaitsForTheEarlierOne | Flaw::RefusedPruneWaits => {
                self.shared.wait_for_all().await;
                self.inner.prune(to).await
            }
            Flaw::DroppedPruneLeavesAnyStart => {
                self.inner.disk().state().start = to / 2 + 1;
                pending(1).await;
                self.inner.prune(to).await
            }
            Flaw::FailedPruneMovesTheStart if self.shared.fails(Call::Prune) => {
                self.inner.prune(to).await?;
                Err(injected(Call::Prune, to))
            }
            Flaw::LostPruneContinues if self.shared.loses(Call::Prune) => {
                self.inner.prune(to).await?;
                Err(injected(Call::Prune, to))
            }
            Flaw::FencedWriterPrunes => match self.inner.prune(to).await {
                Err(Error::Fenced { .. }) => {
                    self.inner.disk().state().start = to;
                    Ok(to)
                }
                other => other,
            },
            _ => self.inner.prune(to).await,
        }
    }
}
