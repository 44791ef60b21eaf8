//! Readers of a simulated disk.

use super::sim_disk::SimDisk;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::{Fault, injected, io_call};
use aof_api::storage::extent::ExtentView;
use aof_api::{AofRead, Error, Result};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

/// A reader of a [`SimDisk`]: beside a [`SimBackend`](super::SimBackend), and then it lives on when that is closed, or
/// [elsewhere](SimDisk::reader). It does not outlive the power.
#[derive(Debug)]
pub struct SimReader {
    disk: SimDisk,
    /// What the writer shows; none of a reader elsewhere.
    view: Option<ExtentView>,
    lifetime: u64,
    cursor: u64,
}

impl SimReader {
    pub(super) fn new(disk: SimDisk, view: ExtentView, lifetime: u64) -> SimReader {
        let cursor = view.start();
        SimReader { disk, view: Some(view), lifetime, cursor }
    }

    pub(super) fn elsewhere(disk: SimDisk, cursor: u64, lifetime: u64) -> SimReader {
        SimReader { disk, view: None, lifetime, cursor }
    }

    fn shown_start(&self) -> u64 {
        self.view.as_ref().map_or_else(|| self.disk.state().start, ExtentView::start)
    }

    fn shown_end(&self) -> u64 {
        self.view.as_ref().map_or_else(|| self.disk.state().len(), ExtentView::end)
    }

    /// How many of the `wanted` bytes at the cursor this reader may see.
    fn readable(&self, wanted: usize) -> Result<usize> {
        if let Some(view) = &self.view {
            return view.readable(self.cursor, wanted);
        }
        let start = self.shown_start();
        if self.cursor < start {
            return Err(Error::Pruned { start });
        }
        let there = self.shown_end().saturating_sub(self.cursor);
        Ok(usize::try_from(there).map_or(wanted, |there| there.min(wanted)))
    }

    fn check_alive(&self, call: Call) -> Result<()> {
        self.disk.state().check_alive(self.lifetime, call, self.cursor)
    }
}

/// The error of everything that was opened before the power went.
pub(super) fn dead(call: Call, offset: u64) -> Error {
    Error::io(io_call(call), offset, io::Error::other("the simulated machine lost power: open the disk again"))
}

/// What a reader that waits at `cursor` hears where that is below the start: it would miss what is gone.
fn pruned(disk: &SimDisk, cursor: u64) -> Option<Error> {
    let start = disk.state().start;
    (cursor < start).then_some(Error::Pruned { start })
}

/// Fills `buf` from the live image at `cursor`, which is there, as the faults will have it.
pub(super) async fn read_live(disk: &SimDisk, cursor: &mut u64, buf: &mut [u8]) -> Result<usize> {
    let wanted = match disk.faults().strike(Call::Read) {
        Some(Fault::ReadFails) => return Err(injected(Call::Read, *cursor)),
        Some(Fault::ReadIsShort) => buf.len().min(1),
        Some(Fault::ReadIsInterrupted) => {
            pending(1).await;
            buf.len()
        }
        _ => buf.len(),
    };
    let state = disk.state();
    let live = &state.images.live;
    // Nothing is wanted past the end, where the cursor may be anything; and a truncation may have come in between.
    let from = usize::try_from(*cursor).unwrap_or(usize::MAX).min(live.len());
    let count = wanted.min(live.len() - from);
    buf[..count].copy_from_slice(&live[from..from + count]);
    drop(state);
    disk.faults().flip(*cursor, &mut buf[..count]);
    *cursor += count as u64;
    Ok(count)
}

impl AofRead for SimReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive(Call::Seek)?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive(Call::Read)?;
        let wanted = self.readable(buf.len())?;
        let mut cursor = self.cursor;
        let read = read_live(&self.disk, &mut cursor, &mut buf[..wanted]).await?;
        // A truncation and new bytes, or a prune, may have come in between.
        let count = self.readable(read)?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive(Call::Start)?;
        Ok(self.shown_start())
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive(Call::End)?;
        match self.disk.faults().strike(Call::End) {
            Some(_) => Err(injected(Call::End, self.shown_end())),
            None => Ok(self.shown_end()),
        }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.check_alive(Call::Changed)?;
        if let Some(view) = &mut self.view {
            let (disk, cursor) = (&self.disk, self.cursor);
            let mut changed = pin!(view.changed(end));
            return poll_fn(|context| match changed.as_mut().poll(context) {
                Poll::Pending => pruned(disk, cursor).map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
                heard => heard,
            })
            .await;
        }
        poll_fn(|context| {
            if let Err(error) = self.check_alive(Call::Changed) {
                return Poll::Ready(Err(error));
            }
            let (now, pruned) = (self.shown_end(), pruned(&self.disk, self.cursor));
            match (now, pruned) {
                (now, _) if now > end => Poll::Ready(Ok(now)),
                (_, Some(error)) => Poll::Ready(Err(error)),
                (now, None) if now < end => Poll::Ready(Err(Error::Truncated { offset: end, len: now })),
                _ => {
                    self.disk.state().watch(context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
