//! Writes with a flaw.

use super::Flaw;
use super::backend::BadBackend;
use super::shared::lock;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::injected;
use aof_api::{AofBackend, AofRead, Error, Result};
use std::io::IoSlice;
use std::thread;
use std::time::Duration;

impl BadBackend {
    pub(super) async fn write_flawed(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let at = self.inner.len();
        let all = parts.iter().map(|part| &**part).collect::<Vec<_>>().concat();
        let available = self.inner.disk().capacity().saturating_sub(at);
        let fits = all.len() as u64 <= available;
        if self.shared.loses(Call::Write) {
            // A good storage finds out that it is there, or undoes it.
            return self.store(&[&all[..], &all[..]].concat()).await;
        }
        match self.flaw {
            Flaw::WriteWaitsForCheckpoints => {
                // Not for ever, so that no test is left hanging: ten times as long as the fixture has patience.
                for _ in 0..2000 {
                    if !self.shared.is_any_under_way() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                self.inner.write(parts).await
            }
            Flaw::ShortWriteIsWhole => self.store(&all[..all.len().min(4096)]).await,
            Flaw::WriteStopsAt32Mib => self.store(&all[..all.len().min(32 << 20)]).await,
            Flaw::PartsPast1024AreDropped => self.inner.write(&parts[..parts.len().min(1024)]).await,
            Flaw::EmptyPartEndsTheWrite => {
                let end = parts.iter().position(|part| part.is_empty()).unwrap_or(parts.len());
                self.inner.write(&parts[..end]).await
            }
            Flaw::WriteReturnsTheNewLength => self.store(&all).await.map(|offset| offset + all.len() as u64),
            Flaw::WriteGoesToTheCursor => self.store_at_cursor(&all).await,
            Flaw::WriteMovesTheCursor => {
                let offset = self.store(&all).await?;
                self.seek(offset + all.len() as u64).await?;
                Ok(offset)
            }
            Flaw::WritesAfterAFailedCheckpoint => match self.store(&all).await {
                Err(Error::Poisoned { .. }) => Ok(at),
                other => other,
            },
            Flaw::FailedWriteKeepsAPart if self.shared.fails(Call::Write) => {
                self.store(&all[..all.len() / 2]).await?;
                Err(injected(Call::Write, at))
            }
            Flaw::DroppedWriteLeavesHalf => {
                let (half, rest) = all.split_at(all.len() / 2);
                self.store(half).await?;
                pending(1).await;
                self.store(rest).await?;
                Ok(at)
            }
            Flaw::FencedWriterContinues => match self.store(&all).await {
                Err(Error::Fenced { .. }) => Ok(at),
                other => other,
            },
            Flaw::ChecksThenWrites => {
                self.inner.settler().check()?;
                pending(1).await;
                match self.store(&all).await {
                    // Another writer took over after the check: these bytes overwrite those of that writer.
                    Err(fenced @ Error::Fenced { .. }) => {
                        *lock(&self.shared.stray) = Some((at, all));
                        Err(fenced)
                    }
                    other => other,
                }
            }
            Flaw::FencedWriteIsKept => {
                let offset = self.store(&all).await?;
                pending(1).await;
                self.inner.settler().check().map(|()| offset)
            }
            Flaw::FullAppendsWhatFits if !fits => {
                self.store(&all[..available as usize]).await?;
                Err(Error::Full { needed: all.len() as u64, available })
            }
            Flaw::FullPoisons if !fits => {
                let full = Error::Full { needed: all.len() as u64, available };
                self.shared.poison(&full);
                Err(full)
            }
            Flaw::FullLosesTheBuffer if !fits => Ok(at),
            Flaw::FullIsAnIoError if !fits => Err(injected(Call::Write, at)),
            Flaw::CutMakesNoRoom if self.longest > at && all.len() as u64 > available - (self.longest - at) => {
                Err(Error::Full { needed: all.len() as u64, available: available - (self.longest - at) })
            }
            _ => self.inner.write(parts).await,
        }
    }

    /// Stores these bytes in place of those that were asked for.
    pub(super) async fn store(&mut self, bytes: &[u8]) -> Result<u64> {
        self.inner.write(&[IoSlice::new(bytes)]).await
    }

    async fn store_at_cursor(&mut self, bytes: &[u8]) -> Result<u64> {
        let (at, len) = (self.cursor, self.inner.len());
        // A hole, as a file would get one; not one that fills the memory.
        let hole = at.saturating_sub(len).min(1 << 16);
        self.store(&vec![0; hole as usize]).await?;
        let over = (self.inner.len().saturating_sub(at) as usize).min(bytes.len());
        self.inner.disk().overwrite(at as usize, &bytes[..over]);
        self.store(&bytes[over..]).await?;
        self.cursor = at.saturating_add(bytes.len() as u64);
        self.inner.seek(self.cursor).await?;
        Ok(at)
    }
}
